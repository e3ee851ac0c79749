
#include "agent/log.h"
#include "agent/options.h"
#include "agent/work/redis_check.h"
#include "agent/work/tend.h"
#include "base/mz_str.h"
#include "store/meta.h"
#include "store/queue.h"


#define MZ_TEND_BEAT_MS       5000
#define MZ_TEND_SWEEP_MIN_MS  1000
#define MZ_TEND_SWEEP_MAX_MS  5000
#define MZ_TEND_SWEEP_LIMIT   100       /* runs of a partition at a time */

static mz_rc_t mz_tend_check_replicas(mz_tend_t *t, mz_err_t *err);
static void mz_tend_went_well(mz_tend_t *t);
static mz_rc_t mz_tend_beat(mz_tend_t *t, mz_err_t *err);
static mz_rc_t mz_tend_sweep(mz_tend_t *t, mz_err_t *err);
static mz_rc_t mz_tend_swept(mz_tend_t *t, const mz_replies_t *replies,
    mz_err_t *err);
static int64_t mz_tend_sweep_ms(const mz_tend_t *t);


mz_rc_t
mz_tend_init(mz_tend_t *t, const mz_work_t *work, mz_err_t *err)
{
    memset(t, 0, sizeof(*t));
    t->work = work;
    t->redis = mz_redis_new(&work->redis, "mitzu-agent-supervisor");

    return t->redis != NULL ? MZ_OK
                            : mz_fail(err, MZ_NOMEM, "out of memory");
}


void
mz_tend_deinit(mz_tend_t *t)
{
    mz_redis_free(t->redis);
    t->redis = NULL;
}


mz_rc_t
mz_tend_check(mz_tend_t *t, mz_err_t *err)
{
    mz_rc_t  rc;

    rc = mz_redis_check_server(t->redis, err);
    if (rc == MZ_OK) {
        rc = mz_redis_check_store(t->redis, &t->work->store, err);
    }

    if (rc == MZ_OK) {
        rc = mz_tend_check_replicas(t, err);
    }

    if (rc == MZ_OK) {
        t->is_ready = true;
        t->beat_at = 0;
        t->sweep_at = 0;
    }

    return rc;
}


void
mz_tend_do(mz_tend_t *t, bool is_serving)
{
    mz_rc_t   rc;
    int64_t   now;
    mz_err_t  err;

    now = mz_work_clock_ms();
    rc = MZ_OK;

    if (!t->is_ready && now >= t->check_at) {
        rc = mz_tend_check(t, &err);
    }

    if (rc == MZ_OK && t->is_ready && now >= t->beat_at) {
        t->beat_at = now + MZ_TEND_BEAT_MS;
        rc = is_serving ? mz_tend_beat(t, &err) : MZ_OK;
    }

    if (rc == MZ_OK && t->is_ready && now >= t->sweep_at) {
        rc = mz_tend_sweep(t, &err);
        if (rc == MZ_OK) {
            mz_backoff_reset(&t->backoff);
            mz_tend_went_well(t);
        }
    }

    if (rc != MZ_OK) {
        mz_log(mz_outage_failed(&t->outage) ? MZ_LOG_WARN : MZ_LOG_DEBUG,
               "%s", err.msg);
        t->is_ready = false;
        t->check_at = mz_work_clock_ms() + mz_backoff_next_ms(&t->backoff);
    }
}


int64_t
mz_tend_wait_ms(const mz_tend_t *t)
{
    int64_t  due;

    due = t->beat_at < t->sweep_at ? t->beat_at : t->sweep_at;
    due = (t->is_ready ? due : t->check_at) - mz_work_clock_ms();

    return due < 0 ? 0 : due;
}


void
mz_tend_bye(mz_tend_t *t)
{
    mz_err_t      err;
    mz_key_t      key;
    mz_str_t      argv[3];
    mz_cmds_t     c;
    mz_replies_t  replies;

    /* no use in waiting for a Redis that is away */
    if (!t->is_ready && mz_redis_fd(t->redis) < 0) {
        return;
    }

    mz_key(&key, &t->work->store, MZ_KEY_WORKERS, 0, mz_null_str, "", 0);
    argv[0] = mz_str("ZREM");
    argv[1] = mz_key_str(&key);
    argv[2] = mz_str_from(t->work->name);

    mz_cmds_init(&c);
    mz_cmds_add(&c, 3, argv);

    if (mz_redis_run(t->redis, &c, MZ_REDIS_CONNECT_MS, &replies, &err)
        != MZ_OK)
    {
        mz_log(MZ_LOG_DEBUG, "%s", err.msg);
    }

    mz_cmds_free(&c);
    mz_replies_free(&replies);
}


/* Replicas may come later; a WAIT that is forbidden is so for good. */

static mz_rc_t
mz_tend_check_replicas(mz_tend_t *t, mz_err_t *err)
{
    mz_rc_t  rc;

    rc = mz_redis_wait_replicas(t->redis, t->work->wait_replicas,
                                t->work->wait_replicas_ms, err);

    if (rc == MZ_UNAVAILABLE && mz_redis_fd(t->redis) >= 0) {
        mz_log(MZ_LOG_WARN, "no run is begun until there are replicas: %s",
               err->msg);
        return MZ_OK;
    }

    return rc;
}


/* What an operator may want to know of a Redis that answers. */

static void
mz_tend_went_well(mz_tend_t *t)
{
    bool         is_new;
    int64_t      away;
    const char  *label;

    label = mz_redis_label(t->redis);
    is_new = t->label[0] != '\0' && strcmp(t->label, label) != 0;
    snprintf(t->label, sizeof(t->label), "%s", label);

    if (mz_outage_over(&t->outage, &away)) {
        mz_log(MZ_LOG_INFO, "Redis %s is back after %lld ms", label,
               (long long) away);

    } else if (is_new) {
        mz_log(MZ_LOG_INFO, "Redis is now %s", label);
    }
}


static mz_rc_t
mz_tend_beat(mz_tend_t *t, mz_err_t *err)
{
    mz_rc_t       rc;
    mz_cmds_t     c;
    mz_replies_t  replies;

    mz_cmds_init(&c);
    mz_meta_beat(&c, &t->work->store, mz_str_from(t->work->name),
                 mz_options_now(MZ_NOW_CLOCK));
    rc = mz_redis_run(t->redis, &c, 0, &replies, err);
    mz_cmds_free(&c);
    mz_replies_free(&replies);

    return rc;
}


static mz_rc_t
mz_tend_sweep(mz_tend_t *t, mz_err_t *err)
{
    mz_rc_t       rc;
    unsigned      i;
    mz_cmds_t     c;
    mz_replies_t  replies;

    t->sweep_at = mz_work_clock_ms() + mz_tend_sweep_ms(t);
    mz_cmds_init(&c);

    for (i = 0; i < t->work->store.partitions; i++) {
        mz_queue_sweep(&c, &t->work->store, i, 0, MZ_TEND_SWEEP_LIMIT,
                       t->work->lease_ms);
    }

    rc = mz_redis_run(t->redis, &c, 0, &replies, err);
    mz_cmds_free(&c);

    if (rc == MZ_OK) {
        rc = mz_tend_swept(t, &replies, err);
        mz_replies_free(&replies);
    }

    return rc;
}


static mz_rc_t
mz_tend_swept(mz_tend_t *t, const mz_replies_t *replies, mz_err_t *err)
{
    size_t      i;
    int64_t     n;
    mz_rc_t     rc;
    mz_swept_t  swept;

    for (i = 0; i < replies->n; i++) {

        rc = mz_queue_sweep_decode(replies->replies[i], &swept, err);
        if (rc != MZ_OK) {
            return rc;
        }

        n = swept.requeued + swept.lost + swept.dropped;

        if (n > 0) {
            mz_log(swept.lost > 0 ? MZ_LOG_WARN : MZ_LOG_INFO, "partition "
                   "%zu swept: %lld runs queued again, %lld lost, %lld "
                   "entries dropped", i, (long long) swept.requeued,
                   (long long) swept.lost, (long long) swept.dropped);
        }

        if (swept.failed > 0) {
            mz_log(MZ_LOG_WARN, "partition %zu swept: Redis refused to "
                   "change %lld runs, something is wrong with their keys",
                   i, (long long) swept.failed);
        }

        if (n >= MZ_TEND_SWEEP_LIMIT) {
            t->sweep_at = 0;
        }
    }

    return MZ_OK;
}


/* A quarter of a lease, within bounds. */

static int64_t
mz_tend_sweep_ms(const mz_tend_t *t)
{
    int64_t  ms;

    ms = t->work->lease_ms / 4;
    ms = ms < MZ_TEND_SWEEP_MIN_MS ? MZ_TEND_SWEEP_MIN_MS : ms;

    return ms > MZ_TEND_SWEEP_MAX_MS ? MZ_TEND_SWEEP_MAX_MS : ms;
}
