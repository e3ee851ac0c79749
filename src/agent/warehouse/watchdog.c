
#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "agent/warehouse/watchdog.h"


#define MZ_WATCHDOG_REPEAT_MS  20       /* between two stops of one call */

struct mz_watchdog_s {
    void            (*stop)(void *data);
    void             *data;
    pthread_t         thread;
    pthread_mutex_t   lock;
    pthread_cond_t    cond;

    /* under lock */
    int64_t           deadline_ms;      /* 0: none */
    bool              is_running;
    bool              is_interrupted;   /* sticky */
    bool              is_late;          /* the deadline has passed */
    bool              is_quitting;
};

static bool mz_watchdog_start(mz_watchdog_t *w);
static void *mz_watchdog_main(void *data);
static int64_t mz_watchdog_step(mz_watchdog_t *w);
static void mz_watchdog_wait(mz_watchdog_t *w, int64_t until_ms);
static int64_t mz_watchdog_now(void);


mz_watchdog_t *
mz_watchdog_new(void (*stop)(void *data), void *data)
{
    mz_watchdog_t       *w;
    pthread_condattr_t   attr;

    w = calloc(1, sizeof(mz_watchdog_t));
    if (w == NULL) {
        return NULL;
    }

    w->stop = stop;
    w->data = data;

    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&w->cond, &attr);
    pthread_condattr_destroy(&attr);

    if (!mz_watchdog_start(w)) {
        pthread_cond_destroy(&w->cond);
        pthread_mutex_destroy(&w->lock);
        free(w);
        return NULL;
    }

    return w;
}


void
mz_watchdog_free(mz_watchdog_t *w)
{
    if (w == NULL) {
        return;
    }

    pthread_mutex_lock(&w->lock);
    w->is_quitting = true;
    pthread_cond_signal(&w->cond);
    pthread_mutex_unlock(&w->lock);

    pthread_join(w->thread, NULL);

    pthread_cond_destroy(&w->cond);
    pthread_mutex_destroy(&w->lock);
    free(w);
}


mz_rc_t
mz_watchdog_begin(mz_watchdog_t *w, int64_t timeout_ms)
{
    mz_rc_t  rc;

    rc = MZ_CANCELLED;

    pthread_mutex_lock(&w->lock);

    if (!w->is_interrupted) {
        rc = MZ_OK;
        w->is_running = true;
        w->is_late = false;
        w->deadline_ms = timeout_ms > 0 ? mz_watchdog_now() + timeout_ms : 0;
        pthread_cond_signal(&w->cond);
    }

    pthread_mutex_unlock(&w->lock);

    return rc;
}


mz_rc_t
mz_watchdog_end(mz_watchdog_t *w)
{
    mz_rc_t  rc;

    pthread_mutex_lock(&w->lock);

    w->is_running = false;
    rc = w->is_interrupted ? MZ_CANCELLED : w->is_late ? MZ_LIMIT : MZ_OK;

    pthread_mutex_unlock(&w->lock);

    return rc;
}


void
mz_watchdog_interrupt(mz_watchdog_t *w)
{
    pthread_mutex_lock(&w->lock);
    w->is_interrupted = true;
    pthread_cond_signal(&w->cond);
    pthread_mutex_unlock(&w->lock);
}


/* The program's signals are for its main thread. */

static bool
mz_watchdog_start(mz_watchdog_t *w)
{
    int       rc;
    sigset_t  all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = pthread_create(&w->thread, NULL, mz_watchdog_main, w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);

    return rc == 0;
}


static void *
mz_watchdog_main(void *data)
{
    mz_watchdog_t  *w;

    w = data;

    pthread_mutex_lock(&w->lock);

    while (!w->is_quitting) {
        mz_watchdog_wait(w, mz_watchdog_step(w));
    }

    pthread_mutex_unlock(&w->lock);

    return NULL;
}


/* What is due now; returns when to look again, 0: when told. */

static int64_t
mz_watchdog_step(mz_watchdog_t *w)
{
    int64_t  now;

    if (!w->is_running) {
        return 0;
    }

    now = mz_watchdog_now();

    if (w->deadline_ms != 0 && now >= w->deadline_ms) {
        w->is_late = true;
    }

    if (!w->is_interrupted && !w->is_late) {
        return w->deadline_ms;
    }

    /* Under the lock: the call cannot end and another begin in between. */
    w->stop(w->data);

    return now + MZ_WATCHDOG_REPEAT_MS;
}


static void
mz_watchdog_wait(mz_watchdog_t *w, int64_t until_ms)
{
    struct timespec  ts;

    if (until_ms == 0) {
        pthread_cond_wait(&w->cond, &w->lock);
        return;
    }

    ts.tv_sec = until_ms / 1000;
    ts.tv_nsec = (until_ms % 1000) * 1000000;
    pthread_cond_timedwait(&w->cond, &w->lock, &ts);
}


static int64_t
mz_watchdog_now(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (int64_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}
