
/*
 * table_call: the state of a tool that reads one table artifact:
 * describe_table_artifact and query_table_artifact.
 */

#ifndef MZ_TABLE_CALL_H
#define MZ_TABLE_CALL_H

#include "query/tquery.h"
#include "tools/reading.h"


#define MZ_TABLE_TAIL  256      /* bytes of a result behind its rows */

typedef struct mz_table_call_s  mz_table_call_t;

struct mz_table_call_s {
    mz_reading_t     reading;
    mz_layout_t     *layout;
    mz_tquery_t     *query;
    const char      *note;      /* describe: what of the columns is left out */
};

/*
 * Writes what stands before the rows into result.structured; the rows get
 * the room that is left.  false: *step, there will be no query.
 */
typedef bool (*mz_table_head_pt)(mz_call_t *call, mz_table_call_t *t,
    mz_step_t *step);


/*
 * Runs the call up to the query's end; args are the query's.  false: *step.
 * true: reading.rc says how it ended; MZ_OK: t->query has its result.
 */
bool mz_table_call_step(mz_call_t *call, mz_tool_event_t ev,
    mz_table_head_pt head, const json_t *args, mz_table_call_t **t,
    mz_step_t *step);

void mz_table_call_release(mz_call_t *call);


#endif /* MZ_TABLE_CALL_H */
