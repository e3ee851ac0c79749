
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent/cmd.h"
#include "agent/log.h"
#include "agent/work/catalog_publish.h"
#include "agent/work/runner.h"
#include "agent/work/supervisor.h"
#include "agent/work/tend.h"
#include "base/mz_time.h"


#define MZ_SUP_TICK_MAX_MS     1000
#define MZ_SUP_STEADY_MS       5000     /* a runner that lived so long is ok */
#define MZ_SUP_RESTART_MIN_MS  250
#define MZ_SUP_RESTART_MAX_MS  10000
#define MZ_SUP_KILL_MS         10000    /* after the drain, then SIGKILL */
#define MZ_SUP_PUBLISH_MS      (10 * MZ_MINUTE_MS)
#define MZ_SUP_REPUBLISH_MS    MZ_MINUTE_MS     /* after a failure, at first */

typedef struct {
    pid_t    pid;                       /* 0: not running */
    int64_t  started_ms;
    int64_t  restart_at;
    int64_t  delay_ms;
} mz_child_t;

typedef struct {
    const mz_work_t  *work;
    mz_tend_t         tend;
    sigset_t          signals;
    mz_child_t        children[MZ_WORK_RUNNERS_MAX];
    mz_child_t        publisher;        /* of the catalog; now and then */

    bool              is_draining;
    bool              is_quitting;
    int64_t           kill_at;          /* monotonic ms */
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
static void mz_sup_publish(mz_sup_t *s);
static void mz_sup_published(mz_sup_t *s, int status);
static bool mz_sup_fork(mz_sup_t *s, mz_child_t *c);
static unsigned mz_sup_alive(const mz_sup_t *s);


int
mz_supervisor_main(const mz_work_t *work)
{
    int       code;
    mz_err_t  err;
    mz_sup_t  s;

    memset(&s, 0, sizeof(s));
    s.work = work;
    s.kill_at = INT64_MAX;

    if (mz_tend_init(&s.tend, work, &err) != MZ_OK) {
        return mz_cmd_fail(&err);
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
        mz_tend_bye(&s.tend);
        mz_log(MZ_LOG_INFO, "worker %s ended", work->name);

    } else {
        mz_log(MZ_LOG_ERROR, "%s", err.msg);
        code = MZ_EXIT_FAILED;
    }

    mz_tend_deinit(&s.tend);

    return code;
}


/* Waits for a Redis that is away; one that does not fit is an error. */

static mz_rc_t
mz_sup_start(mz_sup_t *s, mz_err_t *err)
{
    mz_rc_t  rc;

    while (!s->is_draining) {

        rc = mz_tend_check(&s->tend, err);

        if (rc == MZ_OK) {
            mz_log(MZ_LOG_INFO, "worker %s serves %s from Redis %s, "
                   "%u runners", s->work->name, s->work->store.prefix,
                   mz_redis_label(s->tend.redis), s->work->runners);
            return MZ_OK;
        }

        if (rc != MZ_UNAVAILABLE) {
            return rc;
        }

        mz_log(mz_outage_failed(&s->tend.outage) ? MZ_LOG_WARN
                                                 : MZ_LOG_DEBUG,
               "waiting for Redis: %s", err->msg);
        mz_sup_wait(s, mz_backoff_next_ms(&s->tend.backoff));
    }

    return MZ_OK;
}


static void
mz_sup_loop(mz_sup_t *s)
{
    int64_t  now, wait;

    while (!s->is_draining || mz_sup_alive(s) > 0 || s->publisher.pid > 0) {

        now = mz_work_clock_ms();

        if (now >= s->kill_at) {
            mz_log(MZ_LOG_WARN, "runners that do not end are killed");
            mz_sup_kill_all(s, SIGKILL);
            s->kill_at = INT64_MAX;
        }

        if (!s->is_draining) {
            mz_sup_spawn(s);
            mz_sup_publish(s);
        }

        mz_tend_do(&s->tend, !s->is_draining && mz_sup_alive(s) > 0);

        wait = mz_tend_wait_ms(&s->tend);
        mz_sup_wait(s, wait > MZ_SUP_TICK_MAX_MS ? MZ_SUP_TICK_MAX_MS : wait);
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

    if (s->publisher.pid > 0) {
        kill(s->publisher.pid, signo);
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

    if (s->publisher.pid > 0
        && waitpid(s->publisher.pid, &status, WNOHANG) == s->publisher.pid)
    {
        mz_sup_published(s, status);
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
        if (s->children[i].pid == 0 && now >= s->children[i].restart_at
            && mz_sup_fork(s, &s->children[i]))
        {
            exit(mz_runner_main(s->work, i));
        }
    }
}


/* In a process of its own: a scan of the warehouse may take a while. */

static void
mz_sup_publish(mz_sup_t *s)
{
    int64_t      now;
    mz_child_t  *c;

    if (s->work->no_publish) {
        return;
    }

    c = &s->publisher;
    now = mz_work_clock_ms();

    if (c->pid > 0) {
        if (now - c->started_ms >= MZ_SUP_PUBLISH_MS) {
            kill(c->pid, SIGKILL);
        }

        return;
    }

    if (now >= c->restart_at && mz_sup_fork(s, c)) {
        exit(mz_catalog_publish_main(s->work));
    }
}


/* What went wrong the publisher has said itself, if it could. */

static void
mz_sup_published(mz_sup_t *s, int status)
{
    mz_child_t  *c;

    c = &s->publisher;
    c->pid = 0;

    if (WIFEXITED(status) && WEXITSTATUS(status) == MZ_EXIT_OK) {
        c->delay_ms = 0;
        c->restart_at = mz_work_clock_ms() + MZ_SUP_PUBLISH_MS;
        return;
    }

    if (WIFSIGNALED(status) && !s->is_draining) {
        mz_log(MZ_LOG_WARN, "the publisher of the catalog died of signal %d",
               WTERMSIG(status));
    }

    c->delay_ms = c->delay_ms == 0 ? MZ_SUP_REPUBLISH_MS : c->delay_ms * 2;
    if (c->delay_ms > MZ_SUP_PUBLISH_MS) {
        c->delay_ms = MZ_SUP_PUBLISH_MS;
    }

    c->restart_at = mz_work_clock_ms() + c->delay_ms;
}


/* true: this is the child. */

static bool
mz_sup_fork(mz_sup_t *s, mz_child_t *c)
{
    pid_t     pid, parent;
    sigset_t  mask;

    parent = getpid();

    pid = fork();

    if (pid < 0) {
        mz_log(MZ_LOG_ERROR, "fork: %s", strerror(errno));
        c->restart_at = mz_work_clock_ms() + MZ_SUP_RESTART_MAX_MS;
        return false;
    }

    if (pid > 0) {
        c->pid = pid;
        c->started_ms = mz_work_clock_ms();
        return false;
    }

    /* The connection is the parent's: give up the copy, say nothing on it. */
    mz_tend_deinit(&s->tend);

    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) {
        _exit(MZ_EXIT_FAILED);
    }

    /* a runner's keeper takes these three; a terminal's hang-up is not ours */
    signal(SIGHUP, SIG_IGN);
    sigemptyset(&mask);
    sigaddset(&mask, SIGTERM);
    sigaddset(&mask, SIGINT);
    sigaddset(&mask, SIGQUIT);
    sigprocmask(SIG_SETMASK, &mask, NULL);

    return true;
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
