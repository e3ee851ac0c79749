
/*
 * status_result: what get_analytics_agent_status has gathered of a run, and
 * the object it answers with.
 */

#ifndef MZ_STATUS_RESULT_H
#define MZ_STATUS_RESULT_H

#include "store/run.h"
#include "tools/tool.h"


#define MZ_STATUS_EVENTS_MAX    200     /* events of one read */
#define MZ_STATUS_PROGRESS_MAX  50      /* newest entries of one result */

typedef struct {
    int64_t   deadline_ms;
    int64_t   seq;              /* newest event seen */
    int64_t   worker_seen_ms;   /* 0: no worker ever */
    int       rereads;
    bool      is_draining;
    json_t   *progress;         /* array of the result */
} mz_status_t;


/* after: the caller's cursor. */
mz_status_t *mz_status_new(int64_t after);
void mz_status_free(mz_status_t *st);

/* Back to the first event. */
void mz_status_rewind(mz_status_t *st);

/*
 * Adds the events of an XRANGE reply and queues their progress notes, but
 * for those that a broken stream has brought before.
 * *more: the reply was full, there may be others.
 */
mz_rc_t mz_status_take_events(mz_status_t *st, mz_call_t *call,
    const redisReply *reply, bool *more, mz_err_t *err);

/* Adds the events of an XREVRANGE reply; nobody is told of them. */
mz_rc_t mz_status_take_newest(mz_status_t *st, const redisReply *reply,
    mz_err_t *err);

/*
 * The result, a new reference, within conf->result_max: what is dropped
 * first is the SQL, then the spec, the oldest progress, assumptions and
 * artifacts beyond a share; last of all the answer is cut and says so.
 * NULL when out of memory.
 */
json_t *mz_status_result(mz_status_t *st, mz_call_t *call,
    const mz_run_t *run);


#endif /* MZ_STATUS_RESULT_H */
