
/*
 * operate: what operators do to runs and to the queue.  Called by
 * `mitzu-agent queue`; what they look at is in store/overview.h.  A run that
 * is over never changes: a given up one is asked again as a new run.
 */

#ifndef MZ_OPERATE_H
#define MZ_OPERATE_H

#include "store/overview.h"


#define MZ_OPERATE_REASON_MAX   500     /* bytes; clients read it */
#define MZ_OPERATE_WAKES_MAX    100     /* of a partition, at a resume */


/*
 * requeue: a running run is taken from its worker and queued again, of a
 * queued one the wake-up is new.  drop: a run that is not over ends as lost,
 * with a dead letter.  One reply each, decoded by mz_worker_decode(): OK,
 * TERMINAL, GONE.  now_ms 0: the clock of Redis.
 */
void mz_operate_requeue(mz_cmds_t *c, const mz_store_conf_t *conf,
    const mz_overview_run_t *who, int64_t now_ms, int64_t lease_ms,
    mz_str_t reason);
void mz_operate_drop(mz_cmds_t *c, const mz_store_conf_t *conf,
    const mz_overview_run_t *who, int64_t now_ms, mz_str_t reason);

/*
 * The id of the run that asks again what a given up one asked: the same each
 * time, so that asking again twice makes one run.
 */
mz_rc_t mz_operate_again_id(const mz_id_t *run, mz_id_t *again);

/* The submit of that run, in the same conversation; decoded by
 * mz_run_submit_decode().  *run is the given up one, with its texts. */
void mz_operate_again(mz_cmds_t *c, const mz_store_conf_t *conf,
    const mz_overview_run_t *who, const mz_run_t *run, const mz_id_t *again,
    int64_t now_ms);

/* Removes a dead letter, or finds it removed.  One reply. */
void mz_operate_bury(mz_cmds_t *c, const mz_store_conf_t *conf,
    unsigned part, const mz_queue_id_t *entry);
mz_rc_t mz_operate_bury_decode(const redisReply *r, mz_err_t *err);

/* Lets nobody claim, or claim again: one reply for each partition. */
void mz_operate_pause(mz_cmds_t *c, const mz_store_conf_t *conf,
    int64_t now_ms);
void mz_operate_resume(mz_cmds_t *c, const mz_store_conf_t *conf);

/* In how many partitions something changed by that. */
mz_rc_t mz_operate_pause_decode(redisReply *const *replies, size_t n,
    unsigned *changed, mz_err_t *err);

/*
 * After a resume, for each partition: wake-ups that were read while nobody
 * could claim would wake nobody until they are swept.  sleepers: one reply
 * for each partition; read: adds to *next one reply for each such wake-up;
 * wake: adds a new one for each of those that there are.  A wake-up too
 * many does no harm.
 */
void mz_operate_sleepers(mz_cmds_t *c, const mz_store_conf_t *conf);
mz_rc_t mz_operate_sleepers_read(const mz_store_conf_t *conf,
    redisReply *const *replies, mz_cmds_t *next, mz_err_t *err);
mz_rc_t mz_operate_sleepers_wake(const mz_store_conf_t *conf,
    redisReply *const *replies, size_t n, mz_cmds_t *next, mz_err_t *err);


#endif /* MZ_OPERATE_H */
