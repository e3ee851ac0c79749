
/*
 * redis_check: what a worker asks of a Redis before it serves from it: the
 * version, durability, the meta record of the deployment, the groups.
 */

#ifndef MZ_REDIS_CHECK_H
#define MZ_REDIS_CHECK_H

#include "agent/work/redis_io.h"


/*
 * Version, append-only file, eviction.  MZ_INVALID: too old, or a cluster.
 * What endangers accepted runs is logged as a warning.
 */
mz_rc_t mz_redis_check_server(mz_redis_t *r, mz_err_t *err);

/* Meta record and groups are there and fit; made when missing. */
mz_rc_t mz_redis_check_store(mz_redis_t *r, const mz_store_conf_t *conf,
    mz_err_t *err);

/* Value of "name:value" in the text of INFO; the null string without. */
mz_str_t mz_redis_check_info(mz_str_t info, const char *name);


#endif /* MZ_REDIS_CHECK_H */
