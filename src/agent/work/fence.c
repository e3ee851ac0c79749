
#include "agent/work/fence.h"
#include "agent/log.h"


static bool mz_fence_is_lost(mz_fence_t *f);
static mz_rc_t mz_fence_judge(mz_fence_t *f, const mz_replies_t *replies,
    mz_err_t *err);


mz_rc_t
mz_fence_write(mz_fence_t *f, const mz_cmds_t *c, mz_err_t *err)
{
    mz_rc_t       rc;
    mz_replies_t  replies;

    rc = mz_fence_read(f, c, &replies, err);
    if (rc != MZ_OK) {
        return rc;
    }

    rc = mz_fence_judge(f, &replies, err);
    mz_replies_free(&replies);

    return rc;
}


mz_rc_t
mz_fence_read(mz_fence_t *f, const mz_cmds_t *c, mz_replies_t *out,
    mz_err_t *err)
{
    mz_rc_t       rc;
    mz_backoff_t  backoff;

    memset(out, 0, sizeof(*out));
    mz_backoff_reset(&backoff);

    for ( ;; ) {

        if (mz_fence_is_lost(f)) {
            return mz_fail(err, MZ_CANCELLED, "the run is no longer ours");
        }

        rc = mz_redis_run(f->redis, c, 0, out, err);
        if (rc != MZ_UNAVAILABLE) {
            return rc;
        }

        mz_log(MZ_LOG_WARN, "run %s: trying again: %s", f->attempt.run.s,
               err->msg);
        mz_keeper_pause(f->keeper, mz_backoff_next_ms(&backoff));
    }
}


/* A time-out or a shutdown still lets the run be finished or handed back. */

static bool
mz_fence_is_lost(mz_fence_t *f)
{
    mz_stop_t  why;

    why = mz_keeper_stop(f->keeper);

    return why == MZ_STOP_REFUSED || why == MZ_STOP_LEASE;
}


static mz_rc_t
mz_fence_judge(mz_fence_t *f, const mz_replies_t *replies, mz_err_t *err)
{
    size_t             i;
    mz_rc_t            rc;
    mz_worker_reply_t  reply;

    for (i = 0; i < replies->n; i++) {

        rc = mz_worker_decode(replies->replies[i], &reply, err);
        if (rc != MZ_OK) {
            return rc;
        }

        switch (reply.outcome) {

        case MZ_WORKER_OK:
            break;

        case MZ_WORKER_INCOMPLETE:
            return mz_fail(err, MZ_INTERNAL, "chunk %lld of an artifact is "
                           "missing in Redis", (long long) reply.chunk);

        default:
            mz_keeper_refused(f->keeper, &reply);
            return mz_fail(err, MZ_CANCELLED, "the run is no longer ours");
        }
    }

    return MZ_OK;
}
