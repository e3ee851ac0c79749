
#include "agent/work/fence.h"
#include "agent/log.h"
#include "agent/work/outage.h"


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
mz_fence_end(mz_fence_t *f, const mz_cmds_t *c, mz_err_t *err)
{
    mz_rc_t   rc;
    mz_err_t  why;

    rc = mz_fence_write(f, c, err);

    if (rc == MZ_OK && mz_fence_confirm(f, &why) != MZ_OK) {
        mz_log(MZ_LOG_WARN, "run %s: its end may not survive a failover: %s",
               f->attempt.run.s, why.msg);
    }

    return rc;
}


mz_rc_t
mz_fence_confirm(mz_fence_t *f, mz_err_t *err)
{
    return mz_redis_wait_replicas(f->redis, f->replicas, f->replicas_ms, err);
}


mz_rc_t
mz_fence_handback(mz_fence_t *f, int64_t lease_ms, mz_err_t *err)
{
    mz_rc_t    rc;
    mz_cmds_t  c;

    mz_cmds_init(&c);
    mz_worker_handback(&c, f->store, &f->attempt, 0, lease_ms);
    rc = mz_fence_write(f, &c, err);
    mz_cmds_free(&c);

    return rc;
}


mz_rc_t
mz_fence_read(mz_fence_t *f, const mz_cmds_t *c, mz_replies_t *out,
    mz_err_t *err)
{
    mz_rc_t       rc;
    mz_outage_t   outage;
    mz_backoff_t  backoff;

    memset(out, 0, sizeof(*out));
    memset(&outage, 0, sizeof(outage));
    mz_backoff_reset(&backoff);

    for ( ;; ) {

        if (mz_fence_is_lost(f)) {
            return mz_fail(err, MZ_CANCELLED, "the run is no longer ours");
        }

        rc = mz_redis_run(f->redis, c, 0, out, err);
        if (rc != MZ_UNAVAILABLE) {
            return rc;
        }

        mz_log(mz_outage_failed(&outage) ? MZ_LOG_WARN : MZ_LOG_DEBUG,
               "run %s: trying again: %s", f->attempt.run.s, err->msg);
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
