
/*
 * tend: what a worker owes Redis beside its runs: the check before it serves
 * and after every outage, its sign of life, the sweep of lapsed leases.
 * Called by the supervisor between two waits; keeps its own connection.
 */

#ifndef MZ_TEND_H
#define MZ_TEND_H

#include "agent/work/outage.h"
#include "agent/work/redis_io.h"
#include "agent/work/work.h"


typedef struct {
    const mz_work_t  *work;
    mz_redis_t       *redis;
    mz_backoff_t      backoff;
    mz_outage_t       outage;
    bool              is_ready;         /* Redis was checked */
    int64_t           check_at;         /* all monotonic ms */
    int64_t           beat_at;
    int64_t           sweep_at;
    char              label[MZ_REDIS_LABEL_MAX];    /* where Redis was last */
} mz_tend_t;


mz_rc_t mz_tend_init(mz_tend_t *t, const mz_work_t *work, mz_err_t *err);

/* Also for the copy that a forked child has: says nothing to Redis. */
void mz_tend_deinit(mz_tend_t *t);

/* MZ_INVALID, MZ_DENIED: this Redis will not do; MZ_UNAVAILABLE: not yet. */
mz_rc_t mz_tend_check(mz_tend_t *t, mz_err_t *err);

/*
 * Whatever is due; is_serving: runs are taken.  What fails is logged and
 * tried again after a while.
 */
void mz_tend_do(mz_tend_t *t, bool is_serving);

/* How long until something is due. */
int64_t mz_tend_wait_ms(const mz_tend_t *t);

/* Nobody needs to wait for the sign of life of a worker that ended. */
void mz_tend_bye(mz_tend_t *t);


#endif /* MZ_TEND_H */
