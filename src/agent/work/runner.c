
#include <sys/resource.h>

#include "agent/work/keeper.h"
#include "agent/log.h"
#include "agent/work/redis_io.h"
#include "agent/work/run_one.h"
#include "agent/work/runner.h"
#include "base/mz_str.h"
#include "store/queue.h"


#define MZ_RUNNER_BLOCK_MS   1000       /* how soon an idle one drains */
#define MZ_RUNNER_WAITS_MAX  4          /* in vain, before it looks anew */

typedef struct {
    const mz_work_t  *work;
    mz_keeper_t      *keeper;
    mz_redis_t       *redis;
    mz_queue_t       *queue;
    mz_backoff_t      backoff;
    unsigned          misses;           /* partitions found empty in a row */
    unsigned          waits;            /* without news in a row */
    char              name[MZ_WORK_NAME_MAX + 16];
} mz_runner_t;

static mz_rc_t mz_runner_init(mz_runner_t *rn, const mz_work_t *work,
    unsigned slot, mz_err_t *err);
static void mz_runner_loop(mz_runner_t *rn);
static mz_rc_t mz_runner_turn(mz_runner_t *rn, mz_err_t *err);
static mz_rc_t mz_runner_wait(mz_runner_t *rn, mz_err_t *err);
static mz_rc_t mz_runner_poll(mz_runner_t *rn, mz_err_t *err);
static mz_rc_t mz_runner_create(mz_runner_t *rn, mz_err_t *err);
static mz_rc_t mz_runner_job(mz_runner_t *rn, const mz_job_t *job,
    mz_err_t *err);
static mz_rc_t mz_runner_ack(mz_runner_t *rn, const mz_job_t *job,
    mz_err_t *err);
static void mz_runner_claimed(mz_runner_t *rn, const mz_job_t *job,
    const mz_worker_reply_t *claim, int64_t claimed_ms);


int
mz_runner_main(const mz_work_t *work, unsigned slot)
{
    int          code;
    mz_err_t     err;
    mz_runner_t  rn;

    memset(&rn, 0, sizeof(rn));
    code = 0;

    if (mz_runner_init(&rn, work, slot, &err) == MZ_OK) {
        mz_log(MZ_LOG_DEBUG, "runner %s is ready", rn.name);
        mz_runner_loop(&rn);

    } else {
        mz_log(MZ_LOG_ERROR, "runner: %s", err.msg);
        code = 1;
    }

    mz_keeper_free(rn.keeper);
    mz_redis_free(rn.redis);
    free(rn.queue);

    return code;
}


/*
 * The engine keeps to its own limit, but what it maps beside that and what
 * it does not count could take the machine down; this cannot be passed.
 * Sanitizers map terabytes of shadow and would not start.
 */

void
mz_runner_limit(const mz_work_t *work)
{
#ifndef __SANITIZE_ADDRESS__
    struct rlimit  limit;

    if (work->limits.memory_bytes == 0) {
        return;
    }

    limit.rlim_cur = work->limits.memory_bytes + MZ_RUNNER_SPACE_BYTES;
    limit.rlim_max = limit.rlim_cur;

    if (setrlimit(RLIMIT_AS, &limit) != 0) {
        mz_log(MZ_LOG_WARN, "the memory limit could not be set");
    }
#else
    (void) work;
#endif
}


static mz_rc_t
mz_runner_init(mz_runner_t *rn, const mz_work_t *work, unsigned slot,
    mz_err_t *err)
{
    rn->work = work;
    snprintf(rn->name, sizeof(rn->name), "%s:%u", work->name, slot);

    mz_runner_limit(work);

    rn->redis = mz_redis_new(&work->redis, "mitzu-agent-runner");
    rn->queue = malloc(sizeof(mz_queue_t));

    if (rn->redis == NULL || rn->queue == NULL) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    mz_queue_init(rn->queue, &work->store);

    return mz_keeper_new(work, &rn->keeper, err);
}


static void
mz_runner_loop(mz_runner_t *rn)
{
    mz_rc_t         rc;
    mz_err_t        err;
    mz_log_quote_t  q;

    while (!mz_keeper_is_draining(rn->keeper)) {

        rc = mz_runner_turn(rn, &err);

        if (rc == MZ_OK) {
            mz_backoff_reset(&rn->backoff);
            continue;
        }

        mz_log(MZ_LOG_WARN, "runner %s: %s", rn->name,
               mz_log_quote(&q, mz_str_from(err.msg)));
        mz_keeper_pause(rn->keeper, mz_backoff_next_ms(&rn->backoff));
    }
}


/* All partitions are polled in turn; when none has work, wait for news. */

static mz_rc_t
mz_runner_turn(mz_runner_t *rn, mz_err_t *err)
{
    mz_rc_t  rc;

    if (rn->misses >= rn->work->store.partitions) {
        rc = mz_runner_wait(rn, err);

    } else {
        rc = mz_runner_poll(rn, err);
    }

    return rc == MZ_AGAIN ? mz_runner_create(rn, err) : rc;
}


static mz_rc_t
mz_runner_wait(mz_runner_t *rn, mz_err_t *err)
{
    mz_rc_t       rc;
    mz_cmds_t     c;
    mz_replies_t  replies;

    mz_cmds_init(&c);
    mz_queue_wait(rn->queue, &c, MZ_RUNNER_BLOCK_MS);
    rc = mz_redis_run(rn->redis, &c, MZ_RUNNER_BLOCK_MS + MZ_REDIS_REPLY_MS,
                      &replies, err);
    mz_cmds_free(&c);

    if (rc != MZ_OK) {
        return rc;
    }

    rc = mz_queue_wait_decode(rn->queue, mz_replies_at(&replies, 0), err);
    mz_replies_free(&replies);

    if (rc == MZ_OK) {
        /* one look at the partition with the news, then wait again */
        rn->misses = rn->work->store.partitions - 1;
        rn->waits = 0;
        return MZ_OK;
    }

    if (rc != MZ_NOT_FOUND) {
        return rc;
    }

    /*
     * A Redis whose clock was set back, or a replica that took over, may
     * give entries lower ids than those that were seen.
     */

    if (++rn->waits >= MZ_RUNNER_WAITS_MAX) {
        rn->waits = 0;
        mz_queue_init(rn->queue, &rn->work->store);
    }

    return MZ_OK;
}


static mz_rc_t
mz_runner_poll(mz_runner_t *rn, mz_err_t *err)
{
    mz_rc_t       rc;
    mz_job_t      job;
    mz_cmds_t     c;
    mz_replies_t  replies;

    mz_cmds_init(&c);
    mz_queue_poll(rn->queue, &c, mz_str_from(rn->name));
    rc = mz_redis_run(rn->redis, &c, 0, &replies, err);
    mz_cmds_free(&c);

    if (rc != MZ_OK) {
        return rc;
    }

    rc = mz_queue_poll_decode(rn->queue, mz_replies_at(&replies, 0), &job,
                              err);
    mz_replies_free(&replies);

    if (rc == MZ_NOT_FOUND) {
        rn->misses++;
        return MZ_OK;
    }

    if (rc == MZ_INVALID) {
        mz_log(MZ_LOG_WARN, "%s: dropped", err->msg);
        return mz_runner_ack(rn, &job, err);
    }

    if (rc != MZ_OK) {
        return rc;
    }

    rn->misses = 0;

    return mz_runner_job(rn, &job, err);
}


/* Redis came back empty. */

static mz_rc_t
mz_runner_create(mz_runner_t *rn, mz_err_t *err)
{
    size_t        i;
    mz_rc_t       rc;
    mz_cmds_t     c;
    mz_replies_t  replies;

    mz_cmds_init(&c);
    mz_queue_create(&c, &rn->work->store);
    rc = mz_redis_run(rn->redis, &c, 0, &replies, err);
    mz_cmds_free(&c);

    if (rc != MZ_OK) {
        return rc;
    }

    for (i = 0; i < replies.n && rc == MZ_OK; i++) {
        rc = mz_queue_create_decode(replies.replies[i], err);
    }

    mz_replies_free(&replies);

    return rc;
}


static mz_rc_t
mz_runner_job(mz_runner_t *rn, const mz_job_t *job, mz_err_t *err)
{
    int64_t            claimed_ms;
    mz_rc_t            rc;
    mz_cmds_t          c;
    mz_replies_t       replies;
    mz_worker_reply_t  claim;

    claimed_ms = mz_work_clock_ms();

    mz_cmds_init(&c);
    mz_worker_claim(&c, &rn->work->store, mz_str_from(job->scope), &job->run,
                    0, mz_str_from(rn->name), rn->work->lease_ms);
    rc = mz_redis_run(rn->redis, &c, 0, &replies, err);
    mz_cmds_free(&c);

    if (rc != MZ_OK) {
        return rc;
    }

    rc = mz_worker_decode(mz_replies_at(&replies, 0), &claim, err);

    if (rc == MZ_OK) {
        rc = mz_runner_ack(rn, job, err);
        if (rc != MZ_OK) {
            /* it holds a claimed run up no more than a log line */
            mz_log(MZ_LOG_WARN, "runner %s: %s", rn->name, err->msg);
            rc = MZ_OK;
        }

        if (claim.outcome == MZ_WORKER_CLAIMED) {
            mz_runner_claimed(rn, job, &claim, claimed_ms);
        }
    }

    mz_replies_free(&replies);

    return rc;
}


static mz_rc_t
mz_runner_ack(mz_runner_t *rn, const mz_job_t *job, mz_err_t *err)
{
    mz_rc_t       rc;
    mz_cmds_t     c;
    mz_replies_t  replies;

    mz_cmds_init(&c);
    mz_queue_ack(&c, &rn->work->store, job);
    rc = mz_redis_run(rn->redis, &c, 0, &replies, err);
    mz_cmds_free(&c);
    mz_replies_free(&replies);

    return rc;
}


static void
mz_runner_claimed(mz_runner_t *rn, const mz_job_t *job,
    const mz_worker_reply_t *claim, int64_t claimed_ms)
{
    mz_fence_t  f;

    memset(&f, 0, sizeof(f));
    f.store = &rn->work->store;
    f.redis = rn->redis;
    f.keeper = rn->keeper;
    f.attempt.scope = mz_str_from(job->scope);
    f.attempt.run = job->run;
    f.attempt.attempt = claim->attempt;

    mz_keeper_watch(rn->keeper, &f.attempt, claimed_ms);

    if (!mz_run_one(rn->work, &f, &claim->conv, claim->prompt)) {
        mz_log(MZ_LOG_WARN, "run %s: left to its lease", job->run.s);
    }

    mz_keeper_unwatch(rn->keeper);
}
