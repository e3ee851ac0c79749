
/*
 * fence: how a runner writes to its run.  Every write carries the attempt;
 * while Redis is away it is tried again as long as the lease may still be
 * ours; once refused, the keeper is told and nothing more is written.
 */

#ifndef MZ_FENCE_H
#define MZ_FENCE_H

#include "agent/work/keeper.h"
#include "agent/work/redis_io.h"


typedef struct {
    const mz_store_conf_t  *store;
    mz_redis_t             *redis;
    mz_keeper_t            *keeper;
    mz_attempt_t            attempt;
} mz_fence_t;


/*
 * Sends commands of store/worker.h.  They may be sent twice when the
 * connection broke.  MZ_CANCELLED: refused; MZ_UNAVAILABLE: given up.
 */
mz_rc_t mz_fence_write(mz_fence_t *f, const mz_cmds_t *c, mz_err_t *err);

/* Reads under the same rules; *out is the caller's on MZ_OK. */
mz_rc_t mz_fence_read(mz_fence_t *f, const mz_cmds_t *c, mz_replies_t *out,
    mz_err_t *err);


#endif /* MZ_FENCE_H */
