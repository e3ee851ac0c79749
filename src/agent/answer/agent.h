
/*
 * agent: one question answered: plan, validate, query, shape, write.  Used
 * by `work` (events and artifacts to Redis) and `ask` (to the terminal);
 * the difference is the sink.
 */

#ifndef MZ_AGENT_H
#define MZ_AGENT_H

#include "agent/plan/planner.h"
#include "agent/warehouse/warehouse.h"
#include "base/mz_id.h"


typedef struct mz_sink_s  mz_sink_t;

/*
 * An artifact as the agent makes it; the sink stores it.  Kind "table" keeps
 * the rows in columns, kind "json" has one object a row (JSON Lines).
 */

typedef struct {
    const char       *kind;
    const char       *name;         /* [a-z0-9_]+ */
    const char       *title;
    const mz_rset_t  *table;
    const json_t     *spec;
    const char       *sql;          /* NULL: none */
    int64_t           from_ms;      /* of the range; from == to: none */
    int64_t           to_ms;
    bool              is_truncated;
} mz_artifact_t;

typedef struct {
    /*
     * Each returns MZ_OK or the reason to stop: MZ_CANCELLED (cancelled, or
     * superseded by another attempt), MZ_UNAVAILABLE.  A sink that stores
     * nothing leaves *id empty.
     */
    mz_rc_t  (*progress)(mz_sink_t *sink, const char *phase,
                         const char *text, mz_err_t *err);
    mz_rc_t  (*artifact)(mz_sink_t *sink, const mz_artifact_t *artifact,
                         mz_id_t *id, mz_err_t *err);
} mz_sink_ops_t;

struct mz_sink_s {
    const mz_sink_ops_t  *ops;
};

/* What the run comes to; all owned. */

typedef struct {
    char    *answer;            /* Markdown text */
    json_t  *result;            /* {"spec","sql","assumptions","artifacts",
                                    "headline","facts"} */
    json_t  *spec;              /* the parent of the next question; NULL: the
                                   one before stays it */
} mz_answer_t;


/*
 * MZ_OK also for what cannot be answered: then the answer says what is
 * missing and has no numbers.  Otherwise *out is empty: MZ_INVALID (no
 * question), MZ_LIMIT, MZ_UNAVAILABLE (warehouse or sink), MZ_CANCELLED, ..
 */
mz_rc_t mz_agent_answer(mz_warehouse_t *wh, const mz_catalog_t *cat,
    mz_str_t question, const json_t *parent_spec, int64_t now_ms,
    mz_sink_t *sink, mz_answer_t *out, mz_err_t *err);

void mz_answer_free(mz_answer_t *a);


#endif /* MZ_AGENT_H */
