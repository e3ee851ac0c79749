
/*
 * work: the settings of `mitzu-agent work`, filled by cmd_work.c before the
 * first fork and only read afterwards, and the monotonic clock that its
 * parts measure with.
 */

#ifndef MZ_WORK_H
#define MZ_WORK_H

#include "agent/work/redis_url.h"
#include "agent/warehouse/warehouse.h"
#include "store/store.h"


#define MZ_WORK_NAME_MAX     96
#define MZ_WORK_RUNNERS_MAX  64
#define MZ_WORK_REPLICAS_MAX  64

/* The keeper ends a main thread that it cannot stop: a wait is shorter. */
#define MZ_WORK_REPLICAS_MS_MAX  20000

typedef struct {
    mz_redis_url_t         redis;
    mz_store_conf_t        store;
    const char            *warehouse;
    const char            *catalog;         /* cache file; NULL: none */
    mz_warehouse_limits_t  limits;
    int64_t                now_ms;          /* or MZ_NOW_CLOCK */
    int64_t                lease_ms;
    int64_t                max_run_ms;
    int64_t                drain_ms;
    int64_t                wait_replicas;   /* that know of a claim; 0 */
    int64_t                wait_replicas_ms;
    unsigned               runners;
    bool                   no_publish;      /* of the catalog's names */
    char                   name[MZ_WORK_NAME_MAX];      /* worker id */
} mz_work_t;


/* Milliseconds of CLOCK_MONOTONIC. */
int64_t mz_work_clock_ms(void);


#endif /* MZ_WORK_H */
