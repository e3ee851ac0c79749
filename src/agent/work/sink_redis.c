
#include "agent/work/artifact_write.h"
#include "agent/answer/sink.h"
#include "base/mz_str.h"


static mz_rc_t mz_sink_redis_progress(mz_sink_t *sink, const char *phase,
    const char *text, mz_err_t *err);
static mz_rc_t mz_sink_redis_artifact(mz_sink_t *sink,
    const mz_artifact_t *artifact, mz_id_t *id, mz_err_t *err);
static mz_rc_t mz_sink_redis_check(mz_sink_redis_t *s, mz_err_t *err);

static const mz_sink_ops_t  mz_sink_redis_ops = {
    mz_sink_redis_progress,
    mz_sink_redis_artifact
};


void
mz_sink_redis_init(mz_sink_redis_t *s, mz_fence_t *fence)
{
    s->sink.ops = &mz_sink_redis_ops;
    s->fence = fence;
}


static mz_rc_t
mz_sink_redis_progress(mz_sink_t *sink, const char *phase, const char *text,
    mz_err_t *err)
{
    mz_rc_t           rc;
    mz_cmds_t         c;
    mz_sink_redis_t  *s;

    s = (mz_sink_redis_t *) (void *) sink;

    rc = mz_sink_redis_check(s, err);
    if (rc != MZ_OK) {
        return rc;
    }

    mz_cmds_init(&c);
    mz_worker_event(&c, s->fence->store, &s->fence->attempt, 0,
                    mz_str_from(phase), mz_str_from(text), mz_str(""));
    rc = mz_fence_write(s->fence, &c, err);
    mz_cmds_free(&c);

    return rc;
}


static mz_rc_t
mz_sink_redis_artifact(mz_sink_t *sink, const mz_artifact_t *artifact,
    mz_id_t *id, mz_err_t *err)
{
    mz_rc_t           rc;
    mz_sink_redis_t  *s;

    s = (mz_sink_redis_t *) (void *) sink;

    rc = mz_sink_redis_check(s, err);
    if (rc != MZ_OK) {
        return rc;
    }

    return mz_artifact_write(s->fence, artifact, id, err);
}


/* Between two steps is where a run notices that it must stop. */

static mz_rc_t
mz_sink_redis_check(mz_sink_redis_t *s, mz_err_t *err)
{
    if (mz_keeper_stop(s->fence->keeper) != MZ_STOP_NONE) {
        return mz_fail(err, MZ_CANCELLED, "the run was stopped");
    }

    return MZ_OK;
}
