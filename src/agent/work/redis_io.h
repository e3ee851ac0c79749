
/*
 * redis_io: a blocking connection to Redis for the agent: connects when
 * needed (TLS, AUTH, SELECT, CLIENT SETNAME, the scripts loaded), sends the
 * pipelines of src/store, reads their replies.  One thread at a time; never
 * shared over a fork.  It does not wait and retry: a failed call leaves it
 * closed, the next call connects again, and the caller knows how long that
 * makes sense (mz_backoff_t).  Behind Sentinels each connect asks them where
 * the master is.  The process must ignore SIGPIPE (TLS).
 */

#ifndef MZ_REDIS_IO_H
#define MZ_REDIS_IO_H

#include "agent/work/redis_link.h"


typedef struct mz_redis_s  mz_redis_t;

/* Waits of 50 ms, 100 ms, .. 2 s, each up to a quarter longer at random. */

typedef struct {
    int64_t  next_ms;
} mz_backoff_t;


/* url must outlive it; name is for CLIENT LIST.  NULL: out of memory. */
mz_redis_t *mz_redis_new(const mz_redis_url_t *url, const char *name);
void mz_redis_free(mz_redis_t *r);
void mz_redis_close(mz_redis_t *r);

/* Where it is, or was last: for logs. */
const char *mz_redis_label(const mz_redis_t *r);

/* MZ_UNAVAILABLE: nobody there; MZ_DENIED: password or ACL. */
mz_rc_t mz_redis_connect(mz_redis_t *r, mz_err_t *err);

/*
 * Sends *c and reads a reply to each command; wait_ms 0 is the default.
 * *out is empty or complete.  A NOSCRIPT loads the scripts and sends all of
 * *c once more: commands beside scripts in it must bear being sent twice.
 * MZ_UNAVAILABLE: the connection broke (what was sent may have been done) or
 * a reply says "later" (LOADING, READONLY, ..).  Other error replies are the
 * business of the decoders.
 */
mz_rc_t mz_redis_run(mz_redis_t *r, const mz_cmds_t *c, int64_t wait_ms,
    mz_replies_t *out, mz_err_t *err);

/*
 * Until n replicas have all that was done on this connection.
 * MZ_UNAVAILABLE: not within timeout_ms (the connection is as before), or
 * the connection broke; then nothing is known.  n 0: nothing is asked.
 */
mz_rc_t mz_redis_wait_replicas(mz_redis_t *r, int64_t n, int64_t timeout_ms,
    mz_err_t *err);

/*
 * For a connection that listens (SUBSCRIBE): the socket for poll(), or -1
 * when closed; sends without reading; and what has arrived: MZ_OK with one
 * message (free it with mz_reply_free()), MZ_AGAIN when there is none yet,
 * MZ_UNAVAILABLE when the connection broke.
 */
int mz_redis_fd(const mz_redis_t *r);
mz_rc_t mz_redis_send(mz_redis_t *r, const mz_cmds_t *c, mz_err_t *err);
mz_rc_t mz_redis_receive(mz_redis_t *r, redisReply **out, mz_err_t *err);

void mz_backoff_reset(mz_backoff_t *b);
int64_t mz_backoff_next_ms(mz_backoff_t *b);


#endif /* MZ_REDIS_IO_H */
