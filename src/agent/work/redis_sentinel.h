
/*
 * redis_sentinel: asks Sentinels where the master is, and goes on listening
 * to the one that said it: a master that was deposed by hand answers for ten
 * seconds more, and what it is told then is forgotten.  Used by redis_io.
 */

#ifndef MZ_REDIS_SENTINEL_H
#define MZ_REDIS_SENTINEL_H

#include "agent/work/redis_link.h"


#define MZ_REDIS_ASK_MS    1000         /* one that is silent costs so long */
#define MZ_REDIS_WATCH_MS  5000         /* between two that are listened to */

typedef struct {
    mz_redis_link_t  link;              /* to the Sentinel below; or closed */
    size_t           at;
    int64_t          retry_at;          /* monotonic ms */
} mz_redis_sentinel_t;


void mz_redis_sentinel_init(mz_redis_sentinel_t *s);
void mz_redis_sentinel_close(mz_redis_sentinel_t *s);

/*
 * What Sentinel number at of *u says; then it is listened to.  MZ_NOT_FOUND:
 * it knows no such master; MZ_UNAVAILABLE, MZ_DENIED: it says nothing, or
 * nothing to us.
 */
mz_rc_t mz_redis_sentinel_ask(mz_redis_sentinel_t *s, const mz_redis_url_t *u,
    size_t at, mz_redis_addr_t *out, mz_err_t *err);

/*
 * Whether the master is known to be another than *addr.  Costs a system call;
 * after the Sentinel was lost, now and then a question to the next one.
 */
bool mz_redis_sentinel_moved(mz_redis_sentinel_t *s, const mz_redis_url_t *u,
    const mz_redis_addr_t *addr);

/* MZ_UNAVAILABLE: the server of a link that signed in is no master. */
mz_rc_t mz_redis_sentinel_is_master(mz_redis_link_t *l, mz_err_t *err);


#endif /* MZ_REDIS_SENTINEL_H */
