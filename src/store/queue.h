
/*
 * queue: how a worker comes to a run, and how runs are kept from being lost.
 * A reader polls one partition after the other (an XREADGROUP over several
 * streams would take one entry of each), and waits on all of them when none
 * has an entry:
 *
 *   poll .. poll (partitions times MZ_NOT_FOUND) -> wait -> poll ..
 *
 * The entry only wakes: the run hash is the truth (mz_worker_claim()).
 */

#ifndef MZ_QUEUE_H
#define MZ_QUEUE_H

#include "auth/principal.h"
#include "store/store.h"


#define MZ_QUEUE_ID_MAX         48      /* stream id */
#define MZ_QUEUE_GROUP          "agents"
#define MZ_QUEUE_FORGET_MS      ((int64_t) 24 * 3600 * 1000)

typedef struct {
    char  s[MZ_QUEUE_ID_MAX];
} mz_queue_id_t;

/* One reader's place in the partitions. */

typedef struct {
    const mz_store_conf_t  *conf;
    unsigned                part;       /* to be polled next */
    mz_queue_id_t           seen[MZ_STORE_PARTITIONS_MAX];
} mz_queue_t;

typedef struct {
    unsigned       part;
    mz_queue_id_t  entry;
    char           scope[MZ_SCOPE_LEN + 1];
    mz_id_t        run;
} mz_job_t;

typedef struct {
    int64_t  requeued;
    int64_t  lost;
    int64_t  dropped;
    int64_t  failed;                    /* could not be helped */
} mz_swept_t;


/* conf must outlive q. */
void mz_queue_init(mz_queue_t *q, const mz_store_conf_t *conf);

/* XGROUP CREATE of each partition: conf->partitions replies. */
void mz_queue_create(mz_cmds_t *c, const mz_store_conf_t *conf);

/* Of each of them; a group that is there already is MZ_OK. */
mz_rc_t mz_queue_create_decode(const redisReply *r, mz_err_t *err);

/* Takes at most one entry of partition q->part; one reply. */
void mz_queue_poll(const mz_queue_t *q, mz_cmds_t *c, mz_str_t worker);

/*
 * MZ_OK: *job.  MZ_NOT_FOUND: none there.  Both move q->part on.  MZ_AGAIN:
 * the group is gone (Redis was emptied): mz_queue_create(), then again.
 * MZ_INVALID: an entry that is no job; ack it by job->part and job->entry.
 */
mz_rc_t mz_queue_poll_decode(mz_queue_t *q, const redisReply *r,
    mz_job_t *job, mz_err_t *err);

/*
 * Blocks up to block_ms until some partition has a new entry, and takes
 * none.  One reply; needs a connection of its own.
 */
void mz_queue_wait(const mz_queue_t *q, mz_cmds_t *c, int64_t block_ms);

/*
 * MZ_OK: q->part is one with news, and looking there is enough: others with
 * news wake the next wait.  MZ_NOT_FOUND: time is up.
 */
mz_rc_t mz_queue_wait_decode(mz_queue_t *q, const redisReply *r,
    mz_err_t *err);

/* XACK and XDEL, after a claim of whatever outcome: two replies. */
void mz_queue_ack(mz_cmds_t *c, const mz_store_conf_t *conf,
    const mz_job_t *job);

/* One reply: handles at most limit runs of a partition with a lapsed lease. */
void mz_queue_sweep(mz_cmds_t *c, const mz_store_conf_t *conf, unsigned part,
    int64_t now_ms, int64_t limit, int64_t lease_ms);
mz_rc_t mz_queue_sweep_decode(const redisReply *r, mz_swept_t *out,
    mz_err_t *err);


#endif /* MZ_QUEUE_H */
