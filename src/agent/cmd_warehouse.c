
#include "agent/cmd_warehouse.h"
#include "base/mz_time.h"


void
mz_cmd_warehouse_init(mz_cmd_warehouse_t *o)
{
    memset(o, 0, sizeof(mz_cmd_warehouse_t));

    o->timeout_ms = 10 * MZ_MINUTE_MS;
    o->memory_bytes = (int64_t) 1 << 30;
    o->rows_max = 1000000;
}


mz_rc_t
mz_cmd_warehouse_open(const mz_cmd_warehouse_t *o, mz_warehouse_t **out,
    mz_err_t *err)
{
    mz_warehouse_limits_t  limits;

    *out = NULL;

    if (o->address == NULL) {
        return mz_fail(err, MZ_INVALID, "no warehouse: give --warehouse or "
                       "set MITZU_WAREHOUSE");
    }

    limits.timeout_ms = o->timeout_ms;
    limits.memory_bytes = (size_t) o->memory_bytes;
    limits.rows_max = (size_t) o->rows_max;
    limits.threads = (int) o->threads;

    return mz_warehouse_open(o->address, &limits, out, err);
}


mz_rc_t
mz_cmd_warehouse_catalog(const mz_cmd_warehouse_t *o, mz_warehouse_t *wh,
    bool must_scan, const mz_catalog_roles_t *roles, mz_catalog_t **out,
    mz_err_t *err)
{
    char        *beside;
    mz_rc_t      rc;
    const char  *cache;

    beside = NULL;
    cache = NULL;

    if (!o->has_no_cache) {
        beside = o->catalog == NULL ? mz_catalog_cache_path(o->address)
                                    : NULL;
        cache = o->catalog != NULL ? o->catalog : beside;
    }

    rc = must_scan
         ? mz_catalog_refresh(wh, o->address, cache, roles, out, err)
         : mz_catalog_open(wh, o->address, cache, out, err);

    free(beside);

    return rc;
}
