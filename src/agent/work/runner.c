
#include <sys/resource.h>

#include "agent/work/keeper.h"
#include "agent/log.h"
#include "agent/work/outage.h"
#include "agent/work/redis_io.h"
#include "agent/work/run_one.h"
#include "agent/work/runner.h"
#include "base/mz_str.h"
#include "store/fair.h"


#define MZ_RUNNER_BLOCK_MS   1000       /* how soon an idle one drains */
#define MZ_RUNNER_WAITS_MAX  4          /* in vain, before it looks anew */
#define MZ_RUNNER_PAUSED_MS  1000       /* between looks while paused */

/* A take whose reply did not come; it may be sent again. */

typedef struct {
    mz_job_t          job;
    mz_turn_t         turn;
    int64_t           at_ms;            /* 0: none */
} mz_runner_take_t;

typedef struct {
    const mz_work_t  *work;
    mz_keeper_t      *keeper;
    mz_redis_t       *redis;
    mz_queue_t       *queue;
    mz_backoff_t      backoff;
    mz_outage_t       outage;
    bool              is_unconfirmed;   /* no run until replicas are there */
    bool              skip[MZ_STORE_PARTITIONS_MAX];    /* in this round */
    unsigned          waits;            /* without news in a row */
    bool              is_woken;         /* by queue->part, not looked at */
    bool              is_leaving;       /* what is had is given back */
    mz_runner_take_t  take;
    char              name[MZ_WORK_NAME_MAX + 16];
} mz_runner_t;

static mz_rc_t mz_runner_init(mz_runner_t *rn, const mz_work_t *work,
    unsigned slot, mz_err_t *err);
static void mz_runner_loop(mz_runner_t *rn);
static void mz_runner_leave(mz_runner_t *rn);
static mz_rc_t mz_runner_turn(mz_runner_t *rn, mz_err_t *err);
static mz_rc_t mz_runner_confirm(mz_runner_t *rn, mz_err_t *err);
static mz_rc_t mz_runner_look(mz_runner_t *rn, mz_turn_t *turn,
    mz_err_t *err);
static mz_rc_t mz_runner_idle(mz_runner_t *rn, const mz_turn_t *turn,
    mz_err_t *err);
static mz_rc_t mz_runner_wait(mz_runner_t *rn, mz_err_t *err);
static mz_rc_t mz_runner_poll(mz_runner_t *rn, const mz_turn_t *turn,
    mz_err_t *err);
static mz_rc_t mz_runner_create(mz_runner_t *rn, mz_err_t *err);
static mz_rc_t mz_runner_take(mz_runner_t *rn, mz_err_t *err);
static mz_rc_t mz_runner_ack(mz_runner_t *rn, const mz_job_t *job,
    mz_err_t *err);
static bool mz_runner_may_take(const mz_runner_t *rn);
static void mz_runner_taken(mz_runner_t *rn, const mz_taken_t *taken,
    int64_t taken_ms);
static void mz_runner_handback(mz_runner_t *rn, mz_fence_t *f,
    const char *why);
static void mz_runner_new_round(mz_runner_t *rn);


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
        mz_runner_leave(&rn);

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
    int64_t         away;
    mz_err_t        err;
    mz_log_level_t  level;
    mz_log_quote_t  q;

    while (!mz_keeper_is_draining(rn->keeper)) {

        rc = mz_runner_turn(rn, &err);

        if (rc == MZ_OK) {
            mz_backoff_reset(&rn->backoff);

            if (mz_outage_over(&rn->outage, &away)) {
                mz_log(MZ_LOG_INFO, "runner %s goes on after %lld ms",
                       rn->name, (long long) away);
            }

            continue;
        }

        /* that Redis is away the supervisor says, for all of us */
        level = !mz_outage_failed(&rn->outage) ? MZ_LOG_DEBUG
                : mz_redis_fd(rn->redis) < 0 ? MZ_LOG_INFO : MZ_LOG_WARN;
        mz_log(level, "runner %s: %s", rn->name,
               mz_log_quote(&q, mz_str_from(err.msg)));
        mz_keeper_pause(rn->keeper, mz_backoff_next_ms(&rn->backoff));
    }
}


/* A run whose take was not heard would wait for the end of its lease. */

static void
mz_runner_leave(mz_runner_t *rn)
{
    mz_err_t  err;

    if (!mz_runner_may_take(rn)) {
        return;
    }

    rn->is_leaving = true;

    if (mz_runner_take(rn, &err) != MZ_OK) {
        mz_log(MZ_LOG_WARN, "runner %s: a run may be left to its lease: %s",
               rn->name, err.msg);
    }
}


/* One look at what waits, and one try to have what is next. */

static mz_rc_t
mz_runner_turn(mz_runner_t *rn, mz_err_t *err)
{
    mz_rc_t    rc;
    mz_turn_t  turn;

    if (mz_runner_may_take(rn)) {
        return mz_runner_take(rn, err);
    }

    rc = mz_runner_confirm(rn, err);
    if (rc == MZ_OK) {
        rc = mz_runner_look(rn, &turn, err);
    }

    if (rc == MZ_NOT_FOUND && rn->is_woken && !turn.is_paused) {
        /* an entry whose run was taken, or that never was a job */
        turn.part = rn->queue->part;
        rc = mz_runner_poll(rn, &turn, err);

    } else if (rc == MZ_NOT_FOUND) {
        rc = mz_runner_idle(rn, &turn, err);

    } else if (rc == MZ_OK) {
        rc = mz_runner_poll(rn, &turn, err);
    }

    return rc == MZ_AGAIN ? mz_runner_create(rn, err) : rc;
}


/* A run that cannot be confirmed would only be handed back again. */

static mz_rc_t
mz_runner_confirm(mz_runner_t *rn, mz_err_t *err)
{
    mz_rc_t  rc;

    if (!rn->is_unconfirmed) {
        return MZ_OK;
    }

    rc = mz_redis_connect(rn->redis, err);

    if (rc == MZ_OK) {
        rc = mz_redis_wait_replicas(rn->redis, rn->work->wait_replicas,
                                    rn->work->wait_replicas_ms, err);
    }

    rn->is_unconfirmed = rc != MZ_OK;

    return rc;
}


static mz_rc_t
mz_runner_look(mz_runner_t *rn, mz_turn_t *turn, mz_err_t *err)
{
    mz_rc_t       rc;
    mz_cmds_t     c;
    mz_replies_t  replies;

    mz_cmds_init(&c);
    mz_fair_look(&c, &rn->work->store);
    rc = mz_redis_run(rn->redis, &c, 0, &replies, err);
    mz_cmds_free(&c);

    if (rc == MZ_OK) {
        rc = mz_fair_choose(&rn->work->store, replies.replies,
                            rn->queue->part, rn->skip, turn, err);
        mz_replies_free(&replies);
    }

    return rc;
}


/* While the queue is paused, entries would wake for nothing. */

static mz_rc_t
mz_runner_idle(mz_runner_t *rn, const mz_turn_t *turn, mz_err_t *err)
{
    mz_runner_new_round(rn);

    if (turn->is_paused) {
        mz_keeper_pause(rn->keeper, MZ_RUNNER_PAUSED_MS);
        return MZ_OK;
    }

    return mz_runner_wait(rn, err);
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
        rn->waits = 0;
        rn->is_woken = true;
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


/* The wake-up that is read is this runner's; the run is chosen by take. */

static mz_rc_t
mz_runner_poll(mz_runner_t *rn, const mz_turn_t *turn, mz_err_t *err)
{
    mz_rc_t       rc;
    mz_job_t      job;
    mz_cmds_t     c;
    mz_replies_t  replies;

    rn->queue->part = turn->part;
    rn->is_woken = false;

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
        /* others have read them and are about to take */
        rn->skip[turn->part] = true;
        return MZ_OK;
    }

    if (rc == MZ_INVALID) {
        mz_log(MZ_LOG_WARN, "%s: dropped", err->msg);
        return mz_runner_ack(rn, &job, err);
    }

    if (rc != MZ_OK) {
        return rc;
    }

    mz_runner_new_round(rn);
    rn->take.job = job;
    rn->take.turn = *turn;
    rn->take.at_ms = mz_work_clock_ms();

    return mz_runner_take(rn, err);
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


/*
 * A connection that breaks may have taken the reply with it: the run is ours
 * then, and as long as its lease lasts the same command tells which.
 */

static mz_rc_t
mz_runner_take(mz_runner_t *rn, mz_err_t *err)
{
    int64_t       taken_ms;
    mz_rc_t       rc;
    mz_cmds_t     c;
    mz_taken_t    taken;
    mz_replies_t  replies;

    taken_ms = rn->take.at_ms;

    mz_cmds_init(&c);
    mz_fair_take(&c, &rn->work->store, &rn->take.job, 0,
                 mz_str_from(rn->name), rn->work->lease_ms,
                 mz_str_from(rn->take.turn.project));
    rc = mz_redis_run(rn->redis, &c, 0, &replies, err);
    mz_cmds_free(&c);

    if (rc != MZ_OK) {
        return rc;
    }

    rn->take.at_ms = 0;
    rc = mz_fair_take_decode(&rn->work->store, mz_replies_at(&replies, 0),
                             &taken, err);

    if (rc == MZ_OK && taken.outcome == MZ_TAKE_TAKEN) {
        mz_runner_taken(rn, &taken, taken_ms);
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


static bool
mz_runner_may_take(const mz_runner_t *rn)
{
    return rn->take.at_ms != 0
           && mz_work_clock_ms() - rn->take.at_ms < rn->work->lease_ms;
}


static void
mz_runner_taken(mz_runner_t *rn, const mz_taken_t *taken, int64_t taken_ms)
{
    mz_err_t    err;
    mz_fence_t  f;

    memset(&f, 0, sizeof(f));
    f.store = &rn->work->store;
    f.redis = rn->redis;
    f.keeper = rn->keeper;
    f.attempt.scope = mz_str_from(taken->scope);
    f.attempt.run = taken->run;
    f.attempt.attempt = taken->attempt;
    f.attempt.holder = mz_str_from(rn->name);
    f.replicas = rn->work->wait_replicas;
    f.replicas_ms = rn->work->wait_replicas_ms;

    mz_keeper_watch(rn->keeper, &f.attempt, taken_ms);

    if (rn->is_leaving) {
        mz_runner_handback(rn, &f, "the worker ends");

    } else if (mz_fence_confirm(&f, &err) != MZ_OK) {
        rn->is_unconfirmed = true;
        mz_runner_handback(rn, &f, err.msg);

    } else if (!mz_run_one(rn->work, &f, &taken->conv, taken->prompt)) {
        mz_log(MZ_LOG_WARN, "run %s: left to its lease", taken->run.s);
    }

    mz_keeper_unwatch(rn->keeper);
}


static void
mz_runner_handback(mz_runner_t *rn, mz_fence_t *f, const char *why)
{
    mz_err_t  err;

    mz_log(MZ_LOG_WARN, "run %s: handed back, not begun: %s",
           f->attempt.run.s, why);

    if (mz_fence_handback(f, rn->work->lease_ms, &err) != MZ_OK) {
        mz_log(MZ_LOG_WARN, "run %s: not handed back: %s", f->attempt.run.s,
               err.msg);
    }
}


static void
mz_runner_new_round(mz_runner_t *rn)
{
    memset(rn->skip, 0, sizeof(rn->skip));
}
