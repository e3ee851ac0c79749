
/*
 * catalog_publish: puts the names of the warehouse's catalog into Redis
 * (store/catalog_names.h), where nginx finds what completes an argument.  The
 * supervisor has it done after the start and every ten minutes, in a process
 * of its own, so that no run and no lease waits for it.
 */

#ifndef MZ_CATALOG_PUBLISH_H
#define MZ_CATALOG_PUBLISH_H

#include "agent/work/redis_io.h"
#include "agent/work/work.h"


#define MZ_CATALOG_PUBLISH_NAMES  200000    /* the rest is left out */


/* The whole process: opens the warehouse, publishes; its exit code. */
int mz_catalog_publish_main(const mz_work_t *work);

/* worker: a name unlike that of any other process.  *n: names published. */
mz_rc_t mz_catalog_publish(mz_redis_t *redis, const mz_store_conf_t *store,
    mz_str_t worker, const mz_catalog_t *cat, size_t *n, mz_err_t *err);


#endif /* MZ_CATALOG_PUBLISH_H */
