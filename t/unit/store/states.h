
/*
 * states: a run in each of its states, made with the scripts themselves, and
 * every operation on it by name.
 */

#ifndef MZ_STATES_H
#define MZ_STATES_H

#include "store/fixture.h"


typedef enum {
    ST_GONE,
    ST_QUEUED,
    ST_REQUEUED,            /* attempt 1 is over, waiting for 2 */
    ST_RUNNING,             /* attempt 1 */
    ST_EXPIRED,             /* attempt 1 of 2, lease over */
    ST_SECOND,              /* attempt 2 */
    ST_EXHAUSTED,           /* attempt 2 of 2, lease over */
    ST_COMPLETED,
    ST_FAILED,
    ST_CANCELLED,
    ST_LOST,
    STATES
} state_t;

typedef enum {
    OP_CLAIM,
    OP_RENEW,               /* these carry the current attempt, or 1 */
    OP_EVENT,
    OP_CHUNK,
    OP_ARTIFACT,
    OP_COMPLETE,
    OP_FAIL,
    OP_HANDBACK,
    OP_OLD_RENEW,           /* these one less */
    OP_OLD_EVENT,
    OP_OLD_CHUNK,
    OP_OLD_ARTIFACT,
    OP_OLD_COMPLETE,
    OP_OLD_HANDBACK,
    OP_CANCEL,
    OPS
} op_t;

typedef struct {
    const char       *name;
    mz_run_status_t   status;
    int64_t           attempt;
} state_info_t;

static const state_info_t  state_infos[STATES] = {
    [ST_GONE]      = { "gone",      MZ_RUN_LOST,      1 },
    [ST_QUEUED]    = { "queued",    MZ_RUN_QUEUED,    0 },
    [ST_REQUEUED]  = { "requeued",  MZ_RUN_QUEUED,    1 },
    [ST_RUNNING]   = { "running",   MZ_RUN_RUNNING,   1 },
    [ST_EXPIRED]   = { "expired",   MZ_RUN_RUNNING,   1 },
    [ST_SECOND]    = { "second",    MZ_RUN_RUNNING,   2 },
    [ST_EXHAUSTED] = { "exhausted", MZ_RUN_RUNNING,   2 },
    [ST_COMPLETED] = { "completed", MZ_RUN_COMPLETED, 1 },
    [ST_FAILED]    = { "failed",    MZ_RUN_FAILED,    1 },
    [ST_CANCELLED] = { "cancelled", MZ_RUN_CANCELLED, 1 },
    [ST_LOST]      = { "lost",      MZ_RUN_LOST,      2 }
};


/* Brings a fresh run into a state. */
static inline mz_submit_args_t
make_state(state_t st)
{
    mz_run_status_t   status;
    mz_submit_args_t  args;

    fx_reset();
    args = fx_args(NULL, "How many?");

    if (st == ST_GONE) {
        return args;
    }

    CHECK(fx_submit(&args).outcome == MZ_SUBMIT_RUNNING);

    if (st == ST_QUEUED) {
        return args;
    }

    CHECK(fx_claim(&args.run).attempt == 1);

    switch (st) {

    case ST_REQUEUED:
        fx.now += FX_LEASE;
        CHECK(fx_sweep().requeued == 1);
        break;

    case ST_EXPIRED:
        fx.now += FX_LEASE;
        break;

    case ST_SECOND:
    case ST_EXHAUSTED:
    case ST_LOST:
        fx.now += FX_LEASE;
        CHECK(fx_claim(&args.run).attempt == 2);
        fx.now += st == ST_SECOND ? 0 : FX_LEASE;

        if (st == ST_LOST) {
            CHECK(fx_sweep().lost == 1);
        }

        break;

    case ST_COMPLETED:
        (void) fx_finish(&args.run, 1, MZ_RUN_COMPLETED);
        break;

    case ST_FAILED:
        (void) fx_finish(&args.run, 1, MZ_RUN_FAILED);
        break;

    case ST_CANCELLED:
        CHECK(fx_cancel(&args.run, &status) == MZ_OK);
        break;

    default:
        break;
    }

    return args;
}


static inline mz_worker_reply_t
do_cancel(const mz_id_t *run, bool was_terminal)
{
    mz_rc_t            rc;
    mz_worker_reply_t  out;

    memset(&out, 0, sizeof(out));
    rc = fx_cancel(run, &out.status);
    out.outcome = rc == MZ_NOT_FOUND ? MZ_WORKER_GONE
                : was_terminal ? MZ_WORKER_TERMINAL : MZ_WORKER_OK;

    return out;
}


static inline mz_worker_reply_t
do_op(op_t op, const mz_id_t *run, int64_t attempt, bool was_terminal,
    const mz_id_t *aid)
{
    switch (op) {

    case OP_CLAIM:
        return fx_claim(run);

    case OP_RENEW:
    case OP_OLD_RENEW:
        return fx_renew(run, attempt);

    case OP_EVENT:
    case OP_OLD_EVENT:
        return fx_event(run, attempt, "planning");

    case OP_CHUNK:
    case OP_OLD_CHUNK:
        return fx_chunk(run, attempt, aid, 0, mz_str("abc"));

    case OP_ARTIFACT:
    case OP_OLD_ARTIFACT:
        return fx_artifact(run, attempt, aid, 0);

    case OP_COMPLETE:
    case OP_OLD_COMPLETE:
        return fx_finish(run, attempt, MZ_RUN_COMPLETED);

    case OP_FAIL:
        return fx_finish(run, attempt, MZ_RUN_FAILED);

    case OP_HANDBACK:
    case OP_OLD_HANDBACK:
        return fx_handback(run, attempt);

    default:
        return do_cancel(run, was_terminal);
    }
}


#endif /* MZ_STATES_H */
