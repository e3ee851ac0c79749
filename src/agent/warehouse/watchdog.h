
/*
 * watchdog: a thread that stops a blocking call of the thread that owns it,
 * at a deadline or when somebody asks.  The stop function is called again
 * and again until the call has returned, because an engine may forget a stop
 * that comes before it began.  Used by warehouse drivers.
 */

#ifndef MZ_WATCHDOG_H
#define MZ_WATCHDOG_H

#include "base/mz_base.h"


typedef struct mz_watchdog_s  mz_watchdog_t;


/*
 * stop(data) is called on the watchdog's thread and must not block.  NULL
 * when out of memory or threads.
 */
mz_watchdog_t *mz_watchdog_new(void (*stop)(void *data), void *data);

/* Waits for the thread; no stop() is called after. */
void mz_watchdog_free(mz_watchdog_t *w);

/* Around the blocking call.  MZ_CANCELLED: interrupted, do not begin. */
mz_rc_t mz_watchdog_begin(mz_watchdog_t *w, int64_t timeout_ms);

/* Why the call was stopped: MZ_CANCELLED, MZ_LIMIT (deadline); or MZ_OK. */
mz_rc_t mz_watchdog_end(mz_watchdog_t *w);

/* Stops the call that runs and every later one.  Any thread. */
void mz_watchdog_interrupt(mz_watchdog_t *w);


#endif /* MZ_WATCHDOG_H */
