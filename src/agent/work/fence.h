
/*
 * fence: how a runner writes to its run.  Every write carries the attempt;
 * while Redis is away it is tried again as long as the lease may still be
 * ours; once refused, the keeper is told and nothing more is written.
 *
 * With replicas to wait for, a run is begun when they know who has it: what
 * one of them does not know, a failover takes back, and another worker would
 * do the same work.  The end of a run is worth a warning only: a run whose
 * end is taken back is run again.
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
    int64_t                 replicas;       /* to wait for; 0: none */
    int64_t                 replicas_ms;
} mz_fence_t;


/*
 * Sends commands of store/worker.h.  They may be sent twice when the
 * connection broke.  MZ_CANCELLED: refused; MZ_UNAVAILABLE: given up.
 */
mz_rc_t mz_fence_write(mz_fence_t *f, const mz_cmds_t *c, mz_err_t *err);

/* The same for what ends a run. */
mz_rc_t mz_fence_end(mz_fence_t *f, const mz_cmds_t *c, mz_err_t *err);

/* MZ_OK: the replicas know all that was written. */
mz_rc_t mz_fence_confirm(mz_fence_t *f, mz_err_t *err);

/* Puts the run back into the queue. */
mz_rc_t mz_fence_handback(mz_fence_t *f, int64_t lease_ms, mz_err_t *err);

/* Reads under the same rules; *out is the caller's on MZ_OK. */
mz_rc_t mz_fence_read(mz_fence_t *f, const mz_cmds_t *c, mz_replies_t *out,
    mz_err_t *err);


#endif /* MZ_FENCE_H */
