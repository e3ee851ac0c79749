
/*
 * redis_sentinel: asks one Sentinel after another where the master is.
 */

#ifndef MZ_REDIS_SENTINEL_H
#define MZ_REDIS_SENTINEL_H

#include "agent/work/redis_link.h"


#define MZ_REDIS_ASK_MS  1000           /* one that is silent costs so long */


/*
 * What the i-th Sentinel of *u says.  MZ_NOT_FOUND: it knows no such master;
 * MZ_UNAVAILABLE, MZ_DENIED: it says nothing, or nothing to us.
 */
mz_rc_t mz_redis_sentinel_ask(const mz_redis_url_t *u, size_t i,
    mz_redis_addr_t *out, mz_err_t *err);

/* MZ_UNAVAILABLE: the server of a link that signed in is no master. */
mz_rc_t mz_redis_sentinel_is_master(mz_redis_link_t *l, mz_err_t *err);


#endif /* MZ_REDIS_SENTINEL_H */
