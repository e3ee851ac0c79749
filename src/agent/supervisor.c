
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent/cmd.h"
#include "agent/log.h"
#include "agent/options.h"
#include "agent/redis_check.h"
#include "agent/runner.h"
#include "agent/supervisor.h"
#include "base/mz_str.h"
#include "store/meta.h"
#include "store/queue.h"


#define MZ_SUP_BEAT_MS         5000
#define MZ_SUP_SWEEP_MIN_MS    1000
#define MZ_SUP_SWEEP_MAX_MS    5000
#define MZ_SUP_SWEEP_LIMIT     100
#define MZ_SUP_TICK_MAX_MS     1000
#define MZ_SUP_STEADY_MS       5000     /* a runner that lived so long is ok */
#define MZ_SUP_RESTART_MIN_MS  250
#define MZ_SUP_RESTART_MAX_MS  10000
#define MZ_SUP_KILL_MS         10000    /* after the drain, then SIGKILL */

typedef struct {
    pid_t    pid;                       /* 0: not running */
    int64_t  started_ms;
    int64_t  restart_at;
    int64_t  delay_ms;
} mz_child_t;

typedef struct {
    const mz_work_t  *work;
    mz_redis_t       *redis;
    mz_backoff_t      backoff;
    sigset_t          signals;
    mz_child_t        children[MZ_WORK_RUNNERS_MAX];

    bool              is_ready;         /* Redis was checked */
    bool              is_draining;
    bool              is_quitting;
    int64_t           redis_at;         /* all monotonic ms */
    int64_t           beat_at;
    int64_t           sweep_at;
    int64_t           kill_at;
} mz_sup_t;

static mz_rc_t mz_sup_start(mz_sup_t *s, mz_err_t *err);
static void mz_sup_loop(mz_sup_t *s);
static void mz_sup_wait(mz_sup_t *s, int64_t ms);
static void mz_sup_signal(mz_sup_t *s, int signo);
static void mz_sup_drain(mz_sup_t *s, bool at_once);
static void mz_sup_kill_all(mz_sup_t *s, int signo);
static void mz_sup_reap(mz_sup_t *s);
static void mz_sup_buried(mz_sup_t *s, unsigned slot, int status);
static void mz_sup_spawn(mz_sup_t *s);
static void mz_sup_fork(mz_sup_t *s, unsigned slot);
static unsigned mz_sup_alive(const mz_sup_t *s);
static void mz_sup_redis(mz_sup_t *s);
static mz_rc_t mz_sup_check(mz_sup_t *s, mz_err_t *err);
static mz_rc_t mz_sup_beat(mz_sup_t *s, mz_err_t *err);
static mz_rc_t mz_sup_sweep(mz_sup_t *s, mz_err_t *err);
static mz_rc_t mz_sup_swept(mz_sup_t *s, const mz_replies_t *replies,
    mz_err_t *err);
static void mz_sup_bye(mz_sup_t *s);


int
mz_supervisor_main(const mz_work_t *work)
{
    int       code;
    mz_err_t  err;
    mz_sup_t  s;

    memset(&s, 0, sizeof(s));
    s.work = work;
    s.kill_at = INT64_MAX;

    s.redis = mz_redis_new(&work->redis, "mitzu-agent-supervisor");
    if (s.redis == NULL) {
        return MZ_EXIT_FAILED;
    }

    sigemptyset(&s.signals);
    sigaddset(&s.signals, SIGTERM);
    sigaddset(&s.signals, SIGINT);
    sigaddset(&s.signals, SIGQUIT);
    sigaddset(&s.signals, SIGHUP);
    sigaddset(&s.signals, SIGCHLD);
    sigprocmask(SIG_BLOCK, &s.signals, NULL);
    signal(SIGPIPE, SIG_IGN);

    code = MZ_EXIT_OK;

    if (mz_sup_start(&s, &err) == MZ_OK) {
        mz_sup_loop(&s);
        mz_sup_bye(&s);
        mz_log(MZ_LOG_INFO, "worker %s ended", work->name);

    } else {
        mz_log(MZ_LOG_ERROR, "%s", err.msg);
        code = MZ_EXIT_FAILED;
    }

    mz_redis_free(s.redis);

    return code;
}


/* Waits for a Redis that is away; one that does not fit is an error. */

static mz_rc_t
mz_sup_start(mz_sup_t *s, mz_err_t *err)
{
    mz_rc_t  rc;

    while (!s->is_draining) {

        rc = mz_sup_check(s, err);

        if (rc == MZ_OK) {
            mz_log(MZ_LOG_INFO, "worker %s serves %s from Redis %s, "
                   "%u runners", s->work->name, s->work->store.prefix,
                   s->work->redis.label, s->work->runners);
            return MZ_OK;
        }

        if (rc != MZ_UNAVAILABLE) {
            return rc;
        }

        mz_log(MZ_LOG_WARN, "waiting for Redis: %s", err->msg);
        mz_sup_wait(s, mz_backoff_next_ms(&s->backoff));
    }

    return MZ_OK;
}


static void
mz_sup_loop(mz_sup_t *s)
{
    int64_t  now, due;

    while (!s->is_draining || mz_sup_alive(s) > 0) {

        now = mz_work_clock_ms();

        if (now >= s->kill_at) {
            mz_log(MZ_LOG_WARN, "runners that do not end are killed");
            mz_sup_kill_all(s, SIGKILL);
            s->kill_at = INT64_MAX;
        }

        if (!s->is_draining) {
            mz_sup_spawn(s);
        }

        mz_sup_redis(s);

        due = s->beat_at < s->sweep_at ? s->beat_at : s->sweep_at;
        due = (s->is_ready ? due : s->redis_at) - mz_work_clock_ms();
        due = due < 0 ? 0 : due;

        mz_sup_wait(s, due > MZ_SUP_TICK_MAX_MS ? MZ_SUP_TICK_MAX_MS : due);
        mz_sup_reap(s);
    }
}


/* Signals are taken here only, so that nothing is ever interrupted. */

static void
mz_sup_wait(mz_sup_t *s, int64_t ms)
{
    int              signo;
    struct timespec  ts;

    ts.tv_sec = ms / 1000;
    ts.tv_nsec = ms % 1000 * 1000000;

    signo = sigtimedwait(&s->signals, NULL, &ts);

    ts.tv_sec = 0;
    ts.tv_nsec = 0;

    while (signo > 0) {
        mz_sup_signal(s, signo);
        signo = sigtimedwait(&s->signals, NULL, &ts);
    }
}


static void
mz_sup_signal(mz_sup_t *s, int signo)
{
    switch (signo) {

    case SIGCHLD:
        break;

    case SIGQUIT:
        mz_sup_drain(s, true);
        break;

    default:
        mz_sup_drain(s, s->is_draining);
    }
}


static void
mz_sup_drain(mz_sup_t *s, bool at_once)
{
    if (s->is_quitting) {
        return;
    }

    mz_log(MZ_LOG_INFO, at_once ? "ending at once: runs are handed back"
                                : "draining: runs may finish, no new ones");

    s->is_draining = true;
    s->is_quitting = at_once;
    s->kill_at = mz_work_clock_ms() + MZ_SUP_KILL_MS
                 + (at_once ? 0 : s->work->drain_ms);

    mz_sup_kill_all(s, at_once ? SIGQUIT : SIGTERM);
}


static void
mz_sup_kill_all(mz_sup_t *s, int signo)
{
    unsigned  i;

    for (i = 0; i < s->work->runners; i++) {
        if (s->children[i].pid > 0) {
            kill(s->children[i].pid, signo);
        }
    }
}


static void
mz_sup_reap(mz_sup_t *s)
{
    int       status;
    unsigned  i;

    for (i = 0; i < s->work->runners; i++) {
        if (s->children[i].pid > 0
            && waitpid(s->children[i].pid, &status, WNOHANG)
               == s->children[i].pid)
        {
            mz_sup_buried(s, i, status);
        }
    }
}


static void
mz_sup_buried(mz_sup_t *s, unsigned slot, int status)
{
    int64_t      now;
    mz_child_t  *c;

    c = &s->children[slot];
    now = mz_work_clock_ms();

    if (WIFSIGNALED(status)) {
        mz_log(MZ_LOG_ERROR, "runner %u (%d) died of signal %d; a run it "
               "had is run again when its lease ends", slot, (int) c->pid,
               WTERMSIG(status));

    } else if (!s->is_draining || WEXITSTATUS(status) != 0) {
        mz_log(MZ_LOG_WARN, "runner %u (%d) ended with code %d", slot,
               (int) c->pid, WEXITSTATUS(status));
    }

    if (now - c->started_ms >= MZ_SUP_STEADY_MS) {
        c->delay_ms = 0;

    } else {
        c->delay_ms = c->delay_ms == 0 ? MZ_SUP_RESTART_MIN_MS
                                       : c->delay_ms * 2;
        if (c->delay_ms > MZ_SUP_RESTART_MAX_MS) {
            c->delay_ms = MZ_SUP_RESTART_MAX_MS;
        }
    }

    c->pid = 0;
    c->restart_at = now + c->delay_ms;
}


static void
mz_sup_spawn(mz_sup_t *s)
{
    int64_t   now;
    unsigned  i;

    now = mz_work_clock_ms();

    for (i = 0; i < s->work->runners; i++) {
        if (s->children[i].pid == 0 && now >= s->children[i].restart_at) {
            mz_sup_fork(s, i);
        }
    }
}


static void
mz_sup_fork(mz_sup_t *s, unsigned slot)
{
    pid_t        pid, parent;
    sigset_t     mask;
    mz_child_t  *c;

    c = &s->children[slot];
    parent = getpid();

    pid = fork();

    if (pid < 0) {
        mz_log(MZ_LOG_ERROR, "fork: %s", strerror(errno));
        c->restart_at = mz_work_clock_ms() + MZ_SUP_RESTART_MAX_MS;
        return;
    }

    if (pid > 0) {
        c->pid = pid;
        c->started_ms = mz_work_clock_ms();
        return;
    }

    /* The connection is the parent's: give up the copy, say nothing on it. */
    mz_redis_free(s->redis);
    s->redis = NULL;

    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) {
        _exit(MZ_EXIT_FAILED);
    }

    /* the keeper takes these three; a terminal's hang-up is the parent's */
    signal(SIGHUP, SIG_IGN);
    sigemptyset(&mask);
    sigaddset(&mask, SIGTERM);
    sigaddset(&mask, SIGINT);
    sigaddset(&mask, SIGQUIT);
    sigprocmask(SIG_SETMASK, &mask, NULL);

    exit(mz_runner_main(s->work, slot));
}


static unsigned
mz_sup_alive(const mz_sup_t *s)
{
    unsigned  i, n;

    n = 0;

    for (i = 0; i < s->work->runners; i++) {
        n += s->children[i].pid > 0;
    }

    return n;
}


/* The duties in Redis; what fails is tried again after a while. */

static void
mz_sup_redis(mz_sup_t *s)
{
    mz_rc_t   rc;
    int64_t   now;
    mz_err_t  err;

    now = mz_work_clock_ms();
    rc = MZ_OK;

    if (!s->is_ready && now >= s->redis_at) {
        rc = mz_sup_check(s, &err);
    }

    if (rc == MZ_OK && s->is_ready && now >= s->beat_at) {
        s->beat_at = now + MZ_SUP_BEAT_MS;
        rc = mz_sup_beat(s, &err);
    }

    if (rc == MZ_OK && s->is_ready && now >= s->sweep_at) {
        rc = mz_sup_sweep(s, &err);
    }

    if (rc != MZ_OK) {
        mz_log(MZ_LOG_WARN, "%s", err.msg);
        s->is_ready = false;
        s->redis_at = mz_work_clock_ms() + mz_backoff_next_ms(&s->backoff);
    }
}


static mz_rc_t
mz_sup_check(mz_sup_t *s, mz_err_t *err)
{
    mz_rc_t  rc;

    rc = mz_redis_check_server(s->redis, err);
    if (rc == MZ_OK) {
        rc = mz_redis_check_store(s->redis, &s->work->store, err);
    }

    if (rc == MZ_OK) {
        s->is_ready = true;
        s->beat_at = 0;
        s->sweep_at = 0;
        mz_backoff_reset(&s->backoff);
    }

    return rc;
}


/* The worker is alive while it takes new runs. */

static mz_rc_t
mz_sup_beat(mz_sup_t *s, mz_err_t *err)
{
    mz_rc_t       rc;
    mz_cmds_t     c;
    mz_replies_t  replies;

    if (s->is_draining || mz_sup_alive(s) == 0) {
        return MZ_OK;
    }

    mz_cmds_init(&c);
    mz_meta_beat(&c, &s->work->store, mz_str_from(s->work->name),
                 mz_options_now(MZ_NOW_CLOCK));
    rc = mz_redis_run(s->redis, &c, 0, &replies, err);
    mz_cmds_free(&c);
    mz_replies_free(&replies);

    return rc;
}


static mz_rc_t
mz_sup_sweep(mz_sup_t *s, mz_err_t *err)
{
    int64_t       interval;
    mz_rc_t       rc;
    unsigned      i;
    mz_cmds_t     c;
    mz_replies_t  replies;

    interval = s->work->lease_ms / 4;
    interval = interval < MZ_SUP_SWEEP_MIN_MS ? MZ_SUP_SWEEP_MIN_MS
                                              : interval;
    interval = interval > MZ_SUP_SWEEP_MAX_MS ? MZ_SUP_SWEEP_MAX_MS
                                              : interval;
    s->sweep_at = mz_work_clock_ms() + interval;

    mz_cmds_init(&c);

    for (i = 0; i < s->work->store.partitions; i++) {
        mz_queue_sweep(&c, &s->work->store, i, 0, MZ_SUP_SWEEP_LIMIT,
                       s->work->lease_ms);
    }

    rc = mz_redis_run(s->redis, &c, 0, &replies, err);
    mz_cmds_free(&c);

    if (rc == MZ_OK) {
        rc = mz_sup_swept(s, &replies, err);
        mz_replies_free(&replies);
    }

    return rc;
}


static mz_rc_t
mz_sup_swept(mz_sup_t *s, const mz_replies_t *replies, mz_err_t *err)
{
    size_t      i;
    mz_rc_t     rc;
    mz_swept_t  swept;

    for (i = 0; i < replies->n; i++) {

        rc = mz_queue_sweep_decode(replies->replies[i], &swept, err);
        if (rc != MZ_OK) {
            return rc;
        }

        if (swept.requeued + swept.lost + swept.dropped > 0) {
            mz_log(swept.lost > 0 ? MZ_LOG_WARN : MZ_LOG_INFO, "partition "
                   "%zu swept: %lld runs queued again, %lld lost, %lld "
                   "entries dropped", i, (long long) swept.requeued,
                   (long long) swept.lost, (long long) swept.dropped);
        }

        if (swept.requeued + swept.lost + swept.dropped
            >= MZ_SUP_SWEEP_LIMIT)
        {
            s->sweep_at = 0;
        }
    }

    return MZ_OK;
}


/* Nobody needs to wait for the sign of life of a worker that ended. */

static void
mz_sup_bye(mz_sup_t *s)
{
    mz_err_t      err;
    mz_key_t      key;
    mz_str_t      argv[3];
    mz_cmds_t     c;
    mz_replies_t  replies;

    if (!s->is_ready) {
        return;
    }

    mz_key(&key, &s->work->store, MZ_KEY_WORKERS, 0, mz_null_str, "", 0);
    argv[0] = mz_str("ZREM");
    argv[1] = mz_key_str(&key);
    argv[2] = mz_str_from(s->work->name);

    mz_cmds_init(&c);
    mz_cmds_add(&c, 3, argv);

    if (mz_redis_run(s->redis, &c, MZ_REDIS_CONNECT_MS, &replies, &err)
        != MZ_OK)
    {
        mz_log(MZ_LOG_DEBUG, "%s", err.msg);
    }

    mz_cmds_free(&c);
    mz_replies_free(&replies);
}
