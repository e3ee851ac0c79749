
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "agent/work/cancel_channel.h"
#include "agent/work/keeper.h"
#include "agent/log.h"
#include "agent/work/outage.h"
#include "agent/work/redis_io.h"
#include "auth/principal.h"


#define MZ_KEEPER_NEVER       INT64_MAX
#define MZ_KEEPER_IDLE_MS     1000
#define MZ_KEEPER_REASON_MAX  64

/* The run of the main thread as the keeper sees it. */

typedef struct {
    mz_attempt_t  attempt;              /* scope points to the buffer */
    char          scope[MZ_SCOPE_LEN + 1];
    int64_t       lease_until;          /* all monotonic ms */
    int64_t       renew_at;
    int64_t       run_until;
    int64_t       kill_at;
} mz_keeper_run_t;

struct mz_keeper_s {
    const mz_work_t   *work;
    pthread_t          thread;
    int                wake_fd;
    int                signal_fd;

    pthread_mutex_t    lock;            /* of all down to the gap */
    pthread_cond_t     cond;
    mz_keeper_run_t    run;
    uint64_t           generation;      /* of run; moves on watch, unwatch */
    bool               has_run;
    bool               is_draining;
    bool               is_ended;
    int64_t            drain_until;
    mz_stop_t          stop;
    mz_list_t          interrupts;      /* of mz_interrupt_t */

    mz_redis_t           *redis;        /* the thread's own */
    mz_cancel_channel_t   listen;
    mz_backoff_t          backoff;
    mz_outage_t           outage;
    uint64_t              listens_to;   /* generation */
};

static mz_rc_t mz_keeper_init(mz_keeper_t *k, mz_err_t *err);
static void mz_keeper_destroy(mz_keeper_t *k);
static void *mz_keeper_main(void *data);
static bool mz_keeper_step(mz_keeper_t *k);
static int64_t mz_keeper_due(mz_keeper_t *k);
static void mz_keeper_wait(mz_keeper_t *k, int64_t due);
static void mz_keeper_signals(mz_keeper_t *k);
static void mz_keeper_deadlines(mz_keeper_t *k, int64_t now);
static void mz_keeper_set_stop(mz_keeper_t *k, mz_stop_t why);
static void mz_keeper_stopped_by(mz_keeper_t *k,
    const mz_worker_reply_t *why);
static void mz_keeper_renew(mz_keeper_t *k, uint64_t generation,
    const mz_attempt_t *a);
static mz_rc_t mz_keeper_renew_once(mz_keeper_t *k, const mz_attempt_t *a,
    mz_worker_reply_t *out, mz_err_t *err);
static void mz_keeper_renewed(mz_keeper_t *k, uint64_t generation,
    int64_t sent, mz_rc_t rc, const mz_worker_reply_t *reply);
static void mz_keeper_wake(mz_keeper_t *k);


mz_rc_t
mz_keeper_new(const mz_work_t *work, mz_keeper_t **out, mz_err_t *err)
{
    mz_rc_t       rc;
    mz_keeper_t  *k;

    *out = NULL;

    k = calloc(1, sizeof(*k));
    if (k == NULL) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    k->work = work;
    k->wake_fd = -1;
    k->signal_fd = -1;
    k->drain_until = MZ_KEEPER_NEVER;
    k->redis = mz_redis_new(&work->redis, "mitzu-agent-keeper");
    mz_list_init(&k->interrupts);

    rc = mz_cancel_channel_open(&k->listen, &work->redis, &work->store);

    if (rc != MZ_OK || k->redis == NULL) {
        rc = mz_fail(err, MZ_NOMEM, "out of memory");

    } else {
        rc = mz_keeper_init(k, err);
    }

    if (rc != MZ_OK) {
        mz_keeper_destroy(k);
        return rc;
    }

    *out = k;

    return MZ_OK;
}


void
mz_keeper_free(mz_keeper_t *k)
{
    if (k == NULL) {
        return;
    }

    pthread_mutex_lock(&k->lock);
    k->is_ended = true;
    pthread_mutex_unlock(&k->lock);

    mz_keeper_wake(k);
    pthread_join(k->thread, NULL);

    pthread_cond_destroy(&k->cond);
    pthread_mutex_destroy(&k->lock);
    mz_keeper_destroy(k);
}


void
mz_keeper_watch(mz_keeper_t *k, const mz_attempt_t *a, int64_t claimed_ms)
{
    size_t            n;
    mz_keeper_run_t  *run;

    pthread_mutex_lock(&k->lock);

    run = &k->run;
    memset(run, 0, sizeof(*run));

    n = a->scope.len <= MZ_SCOPE_LEN ? a->scope.len : MZ_SCOPE_LEN;
    memcpy(run->scope, a->scope.data, n);

    run->attempt = *a;
    run->attempt.scope = (mz_str_t) { run->scope, n };
    run->lease_until = claimed_ms + k->work->lease_ms;
    run->renew_at = claimed_ms + k->work->lease_ms / 4;
    run->run_until = claimed_ms + k->work->max_run_ms;
    run->kill_at = MZ_KEEPER_NEVER;

    k->generation++;
    k->has_run = true;
    k->stop = MZ_STOP_NONE;

    pthread_mutex_unlock(&k->lock);

    mz_keeper_wake(k);
}


void
mz_keeper_unwatch(mz_keeper_t *k)
{
    pthread_mutex_lock(&k->lock);
    k->generation++;
    k->has_run = false;
    pthread_mutex_unlock(&k->lock);

    mz_keeper_wake(k);
}


void
mz_keeper_interruptible(mz_keeper_t *k, mz_interrupt_t *it,
    void (*interrupt)(void *data), void *data)
{
    it->interrupt = interrupt;
    it->data = data;

    pthread_mutex_lock(&k->lock);

    mz_list_push_back(&k->interrupts, &it->link);
    if (k->stop != MZ_STOP_NONE) {
        interrupt(data);
    }

    pthread_mutex_unlock(&k->lock);
}


void
mz_keeper_uninterruptible(mz_keeper_t *k, mz_interrupt_t *it)
{
    pthread_mutex_lock(&k->lock);
    mz_list_remove(&it->link);
    pthread_mutex_unlock(&k->lock);
}


mz_stop_t
mz_keeper_stop(mz_keeper_t *k)
{
    mz_stop_t  why;

    pthread_mutex_lock(&k->lock);
    why = k->stop;
    pthread_mutex_unlock(&k->lock);

    return why;
}


void
mz_keeper_refused(mz_keeper_t *k, const mz_worker_reply_t *why)
{
    pthread_mutex_lock(&k->lock);
    mz_keeper_stopped_by(k, why);
    pthread_mutex_unlock(&k->lock);
}


bool
mz_keeper_is_draining(mz_keeper_t *k)
{
    bool  is_draining;

    pthread_mutex_lock(&k->lock);
    is_draining = k->is_draining;
    pthread_mutex_unlock(&k->lock);

    return is_draining;
}


void
mz_keeper_pause(mz_keeper_t *k, int64_t ms)
{
    int64_t          until;
    mz_stop_t        stop;
    struct timespec  ts;

    until = mz_work_clock_ms() + ms;
    ts.tv_sec = until / 1000;
    ts.tv_nsec = until % 1000 * 1000000;

    pthread_mutex_lock(&k->lock);

    /* A reason that was there before is no news: it must not spin. */
    stop = k->stop;

    while (k->has_run ? k->stop == stop : !k->is_draining) {
        if (pthread_cond_timedwait(&k->cond, &k->lock, &ts) != 0) {
            break;
        }
    }

    pthread_mutex_unlock(&k->lock);
}


int64_t
mz_work_clock_ms(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (int64_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}


static mz_rc_t
mz_keeper_init(mz_keeper_t *k, mz_err_t *err)
{
    sigset_t            set;
    pthread_condattr_t  attr;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGQUIT);
    pthread_sigmask(SIG_BLOCK, &set, NULL);

    k->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    k->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);

    if (k->wake_fd < 0 || k->signal_fd < 0) {
        return mz_fail(err, MZ_INTERNAL, "eventfd or signalfd: %s",
                       strerror(errno));
    }

    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&k->cond, &attr);
    pthread_condattr_destroy(&attr);
    pthread_mutex_init(&k->lock, NULL);

    if (pthread_create(&k->thread, NULL, mz_keeper_main, k) != 0) {
        pthread_cond_destroy(&k->cond);
        pthread_mutex_destroy(&k->lock);
        return mz_fail(err, MZ_INTERNAL, "cannot start the keeper thread");
    }

    return MZ_OK;
}


static void
mz_keeper_destroy(mz_keeper_t *k)
{
    if (k->wake_fd >= 0) {
        close(k->wake_fd);
    }

    if (k->signal_fd >= 0) {
        close(k->signal_fd);
    }

    mz_redis_free(k->redis);
    mz_cancel_channel_close(&k->listen);
    free(k);
}


static void *
mz_keeper_main(void *data)
{
    mz_keeper_t  *k;

    k = data;

    while (mz_keeper_step(k)) {
        mz_keeper_wait(k, mz_keeper_due(k));
    }

    return NULL;
}


/* What is due now; false once the runner ends. */

static bool
mz_keeper_step(mz_keeper_t *k)
{
    bool             is_heard, is_due, has_run, is_ended;
    int64_t          now;
    uint64_t         generation;
    mz_keeper_run_t  run;

    mz_keeper_signals(k);
    is_heard = mz_cancel_channel_heard(&k->listen);
    now = mz_work_clock_ms();

    pthread_mutex_lock(&k->lock);

    mz_keeper_deadlines(k, now);

    generation = k->generation;
    is_ended = k->is_ended;
    has_run = k->has_run;
    run = k->run;
    run.attempt.scope.data = run.scope;
    is_due = has_run && k->stop != MZ_STOP_REFUSED
             && k->stop != MZ_STOP_LEASE
             && (is_heard || now >= k->run.renew_at);

    pthread_mutex_unlock(&k->lock);

    if (is_ended) {
        return false;
    }

    if (k->listens_to != generation) {
        k->listens_to = generation;
        mz_cancel_channel_follow(&k->listen,
                                 has_run ? &run.attempt.run : NULL);
    }

    if (is_due) {
        mz_keeper_renew(k, generation, &run.attempt);
    }

    /* To connect may take long, and the renewal does not wait for it. */

    if (!k->outage.is_on) {
        mz_cancel_channel_mend(&k->listen);
    }

    return true;
}


static int64_t
mz_keeper_due(mz_keeper_t *k)
{
    int64_t           due;
    mz_keeper_run_t  *run;

    pthread_mutex_lock(&k->lock);

    due = k->outage.is_on ? MZ_KEEPER_NEVER
                          : mz_cancel_channel_due(&k->listen);
    run = &k->run;

    if (k->has_run) {
        due = run->kill_at < due ? run->kill_at : due;

        if (k->stop != MZ_STOP_REFUSED && k->stop != MZ_STOP_LEASE) {
            due = run->renew_at < due ? run->renew_at : due;
            due = run->lease_until < due ? run->lease_until : due;
        }

        if (k->stop == MZ_STOP_NONE) {
            due = run->run_until < due ? run->run_until : due;
            due = k->drain_until < due ? k->drain_until : due;
        }
    }

    pthread_mutex_unlock(&k->lock);

    return due;
}


static void
mz_keeper_wait(mz_keeper_t *k, int64_t due)
{
    int            timeout;
    int64_t        left;
    uint64_t       count;
    struct pollfd  pfd[3];

    left = due == MZ_KEEPER_NEVER ? MZ_KEEPER_IDLE_MS
                                  : due - mz_work_clock_ms();
    if (left < 0) {
        left = 0;
    }

    timeout = left > MZ_KEEPER_IDLE_MS ? MZ_KEEPER_IDLE_MS : (int) left;

    pfd[0] = (struct pollfd) { k->wake_fd, POLLIN, 0 };
    pfd[1] = (struct pollfd) { k->signal_fd, POLLIN, 0 };
    pfd[2] = (struct pollfd) { mz_cancel_channel_fd(&k->listen), POLLIN, 0 };

    if (poll(pfd, 3, timeout) > 0 && (pfd[0].revents & POLLIN)) {
        if (read(k->wake_fd, &count, sizeof(count)) < 0) {
            /* somebody woke us for nothing */
            return;
        }
    }
}


static void
mz_keeper_signals(mz_keeper_t *k)
{
    struct signalfd_siginfo  si;

    while (read(k->signal_fd, &si, sizeof(si)) == (ssize_t) sizeof(si)) {

        pthread_mutex_lock(&k->lock);

        if (!k->is_draining) {
            k->is_draining = true;
            k->drain_until = mz_work_clock_ms() + k->work->drain_ms;
        }

        if (si.ssi_signo == SIGQUIT) {
            k->drain_until = 0;
        }

        pthread_cond_broadcast(&k->cond);
        pthread_mutex_unlock(&k->lock);
    }
}


/* Under the lock. */

static void
mz_keeper_deadlines(mz_keeper_t *k, int64_t now)
{
    if (!k->has_run) {
        return;
    }

    if (now >= k->run.lease_until) {
        mz_keeper_set_stop(k, MZ_STOP_LEASE);

    } else if (now >= k->run.run_until) {
        mz_keeper_set_stop(k, MZ_STOP_TIMEOUT);

    } else if (now >= k->drain_until) {
        mz_keeper_set_stop(k, MZ_STOP_SHUTDOWN);
    }

    if (now >= k->run.kill_at) {
        mz_log(MZ_LOG_ERROR, "run %s does not stop: ending the runner",
               k->run.attempt.run.s);
        _exit(1);
    }
}


/*
 * Under the lock.  The first reason counts, but to have lost the run beats
 * the reasons that still let it be finished.
 */

static void
mz_keeper_set_stop(mz_keeper_t *k, mz_stop_t why)
{
    bool             is_lost;
    mz_list_t       *pos;
    mz_interrupt_t  *it;

    if (!k->has_run || k->stop == why) {
        return;
    }

    is_lost = why == MZ_STOP_REFUSED || why == MZ_STOP_LEASE;

    if (k->stop != MZ_STOP_NONE
        && (!is_lost || k->stop == MZ_STOP_REFUSED
            || k->stop == MZ_STOP_LEASE))
    {
        return;
    }

    if (k->stop == MZ_STOP_NONE) {
        k->run.kill_at = mz_work_clock_ms() + MZ_KEEPER_GRACE_MS;
    }

    k->stop = why;

    mz_list_each(pos, &k->interrupts) {
        it = mz_list_entry(pos, mz_interrupt_t, link);
        it->interrupt(it->data);
    }

    pthread_cond_broadcast(&k->cond);
}


/* Under the lock.  What an operator looks for when runs are done twice. */

static void
mz_keeper_stopped_by(mz_keeper_t *k, const mz_worker_reply_t *why)
{
    char  reason[MZ_KEEPER_REASON_MAX];

    if (!k->has_run) {
        return;
    }

    switch (why->outcome) {

    case MZ_WORKER_SUPERSEDED:
        snprintf(reason, sizeof(reason), "superseded by attempt %lld",
                 (long long) why->attempt);
        break;

    case MZ_WORKER_TERMINAL:
        snprintf(reason, sizeof(reason), "it is %s",
                 mz_run_status_name(why->status));
        break;

    default:
        snprintf(reason, sizeof(reason), "it is gone");
    }

    mz_log(MZ_LOG_INFO, "run %s: attempt %lld refused: %s",
           k->run.attempt.run.s, (long long) k->run.attempt.attempt, reason);

    mz_keeper_set_stop(k, MZ_STOP_REFUSED);
}


static void
mz_keeper_renew(mz_keeper_t *k, uint64_t generation, const mz_attempt_t *a)
{
    mz_rc_t            rc;
    int64_t            sent, away;
    mz_err_t           err;
    mz_worker_reply_t  reply;

    sent = mz_work_clock_ms();
    rc = mz_keeper_renew_once(k, a, &reply, &err);

    if (rc != MZ_OK) {
        mz_log(mz_outage_failed(&k->outage) ? MZ_LOG_WARN : MZ_LOG_DEBUG,
               "run %s: lease not renewed: %s", a->run.s, err.msg);

    } else if (mz_outage_over(&k->outage, &away)) {
        mz_log(MZ_LOG_INFO, "run %s: renewals answered again after %lld ms",
               a->run.s, (long long) away);

        /* it may hang at a server that is the master no more */
        mz_cancel_channel_drop(&k->listen);
    }

    mz_keeper_renewed(k, generation, sent, rc, &reply);
}


static mz_rc_t
mz_keeper_renew_once(mz_keeper_t *k, const mz_attempt_t *a,
    mz_worker_reply_t *out, mz_err_t *err)
{
    mz_rc_t       rc;
    mz_cmds_t     c;
    mz_replies_t  replies;

    mz_cmds_init(&c);
    mz_worker_renew(&c, &k->work->store, a, 0, k->work->lease_ms);

    rc = mz_redis_run(k->redis, &c, k->work->lease_ms / 4, &replies, err);
    mz_cmds_free(&c);

    if (rc == MZ_OK) {
        rc = mz_worker_decode(mz_replies_at(&replies, 0), out, err);
        mz_replies_free(&replies);
    }

    return rc;
}


/* The main thread may have gone on to another run meanwhile. */

static void
mz_keeper_renewed(mz_keeper_t *k, uint64_t generation, int64_t sent,
    mz_rc_t rc, const mz_worker_reply_t *reply)
{
    pthread_mutex_lock(&k->lock);

    if (k->generation == generation) {

        if (rc != MZ_OK) {
            k->run.renew_at = mz_work_clock_ms()
                              + mz_backoff_next_ms(&k->backoff);

        } else if (reply->outcome == MZ_WORKER_OK) {
            mz_backoff_reset(&k->backoff);
            k->run.lease_until = sent + k->work->lease_ms;
            k->run.renew_at = sent + k->work->lease_ms / 4;

        } else {
            mz_keeper_stopped_by(k, reply);
        }
    }

    pthread_mutex_unlock(&k->lock);
}


static void
mz_keeper_wake(mz_keeper_t *k)
{
    uint64_t  one;

    one = 1;

    if (write(k->wake_fd, &one, sizeof(one)) < 0) {
        /* the counter is full: it is awake */
        return;
    }
}
