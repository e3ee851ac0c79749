
#include "agent/warehouse/wh_drivers.h"
#include "base/mz_str.h"


typedef mz_rc_t (*mz_warehouse_open_pt)(const char *rest,
    const mz_warehouse_limits_t *limits, mz_warehouse_t **out, mz_err_t *err);

typedef struct {
    mz_str_t              scheme;
    mz_warehouse_open_pt  open;
    bool                  is_file;
} mz_warehouse_driver_t;

/* The last one takes what has no known scheme. */
static const mz_warehouse_driver_t  mz_warehouse_drivers[] = {
    { mz_str("duckdb:"), mz_wh_duckdb_open, true },
    { mz_str(""),        mz_wh_duckdb_open, true },
};

static const mz_warehouse_driver_t *mz_warehouse_driver(const char *address);


mz_rc_t
mz_warehouse_open(const char *address, const mz_warehouse_limits_t *limits,
    mz_warehouse_t **out, mz_err_t *err)
{
    const mz_warehouse_driver_t  *d;

    *out = NULL;

    d = mz_warehouse_driver(address);

    return d->open(address + d->scheme.len, limits, out, err);
}


const char *
mz_warehouse_file(const char *address)
{
    const mz_warehouse_driver_t  *d;

    d = mz_warehouse_driver(address);

    return d->is_file ? address + d->scheme.len : NULL;
}


static const mz_warehouse_driver_t *
mz_warehouse_driver(const char *address)
{
    size_t                        i;
    const mz_warehouse_driver_t  *d;

    for (i = 0; i < MZ_ARRAY_LEN(mz_warehouse_drivers); i++) {
        d = &mz_warehouse_drivers[i];

        if (mz_str_has_prefix(mz_str_from(address), d->scheme)) {
            break;
        }
    }

    return d;
}
