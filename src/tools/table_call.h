
/*
 * table_call: the state of a tool that reads one table artifact:
 * describe_table_artifact and query_table_artifact.
 */

#ifndef MZ_TABLE_CALL_H
#define MZ_TABLE_CALL_H

#include "query/tquery.h"
#include "tools/reading.h"


typedef struct {
    mz_reading_t   reading;
    mz_layout_t   *layout;
    mz_tquery_t   *query;
} mz_table_call_t;


/*
 * Runs the call up to the query's end.  args are the query's (borrowed for
 * the first REPLIES only).  true: t->query has its result; false: *step.
 */
bool mz_table_call_step(mz_call_t *call, mz_tool_event_t ev,
    const json_t *args, mz_table_call_t **t, mz_step_t *step);

void mz_table_call_release(mz_call_t *call);

/* Appends ["name", ..] of the result's columns. */
void mz_table_call_names(const mz_table_call_t *t, mz_buf_t *out);


#endif /* MZ_TABLE_CALL_H */
