
/*
 * keeper: the second thread of a runner, for the life of the process.  It
 * renews the lease of the run that the main thread works on, listens for its
 * cancellation, keeps the time of the run, takes the signals of shutdown,
 * and, when there is a reason to stop, interrupts what the main thread waits
 * for (a query, a call of a model) and says so in mz_keeper_stop().  It has
 * Redis connections of its own.
 *
 * A main thread that does not come back within MZ_KEEPER_GRACE_MS of a
 * reason to stop is beyond help: the keeper ends the process, the lease runs
 * out, and the run is swept.
 */

#ifndef MZ_KEEPER_H
#define MZ_KEEPER_H

#include "agent/work/work.h"
#include "base/mz_list.h"
#include "store/worker.h"


#define MZ_KEEPER_GRACE_MS  30000

typedef struct mz_keeper_s  mz_keeper_t;

typedef struct {
    mz_list_t   link;
    void      (*interrupt)(void *data);
    void       *data;
} mz_interrupt_t;

typedef enum {
    MZ_STOP_NONE,
    MZ_STOP_REFUSED,        /* cancelled, superseded or gone */
    MZ_STOP_LEASE,          /* could not be renewed in time */
    MZ_STOP_TIMEOUT,        /* longer than --max-run */
    MZ_STOP_SHUTDOWN        /* the drain is over */
} mz_stop_t;


/*
 * Blocks SIGTERM, SIGINT and SIGQUIT in the calling thread, which must be
 * the only one, and starts the keeper, who takes them.
 */
mz_rc_t mz_keeper_new(const mz_work_t *work, mz_keeper_t **out,
    mz_err_t *err);

/* Joins the thread; no run may be watched. */
void mz_keeper_free(mz_keeper_t *k);

/* *a is copied; claimed_ms: the monotonic time just before the claim. */
void mz_keeper_watch(mz_keeper_t *k, const mz_attempt_t *a,
    int64_t claimed_ms);
void mz_keeper_unwatch(mz_keeper_t *k);

/*
 * What blocks the main thread.  interrupt() is called when there is a reason
 * to stop, at once if there was one before, and perhaps again for a better
 * one; from either thread and with the keeper's lock held, so it must not
 * block.  *it is the caller's; it is taken out before data is gone.
 */
void mz_keeper_interruptible(mz_keeper_t *k, mz_interrupt_t *it,
    void (*interrupt)(void *data), void *data);
void mz_keeper_uninterruptible(mz_keeper_t *k, mz_interrupt_t *it);

/* Why the watched run must stop. */
mz_stop_t mz_keeper_stop(mz_keeper_t *k);

/*
 * A refused write tells the keeper, too: with what it was answered.  Each
 * refusal is a line of the log.
 */
void mz_keeper_refused(mz_keeper_t *k, const mz_worker_reply_t *why);

/* No new run may be claimed. */
bool mz_keeper_is_draining(mz_keeper_t *k);

/* Sleeps; a new reason to stop or, without run, draining ends it early. */
void mz_keeper_pause(mz_keeper_t *k, int64_t ms);


#endif /* MZ_KEEPER_H */
