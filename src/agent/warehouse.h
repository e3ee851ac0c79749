
/*
 * warehouse: where the events are.  A driver is a vtable; drivers: DuckDB
 * (embedded, dlopen).  All calls are made on the runner's main thread and
 * may block, except interrupt(), which any thread may call.
 */

#ifndef MZ_WAREHOUSE_H
#define MZ_WAREHOUSE_H

#include "analysis/catalog.h"
#include "analysis/spec.h"


typedef struct mz_warehouse_s  mz_warehouse_t;

typedef struct {
    int64_t  timeout_ms;        /* of a statement; 0: none */
    size_t   rows_max;          /* of a result set */
    size_t   memory_bytes;      /* the engine's own limit */
    int      threads;
} mz_warehouse_limits_t;

typedef struct {
    const char    *name;
    mz_dialect_t   dialect;

    /*
     * Runs one statement.  MZ_OK: *out is owned by the caller.  MZ_LIMIT:
     * statement time-out.  MZ_CANCELLED: interrupted.  MZ_UNAVAILABLE: the
     * warehouse went away.  MZ_INVALID: refused by the engine.
     */
    mz_rc_t      (*query)(mz_warehouse_t *wh, const mz_statement_t *st,
                          mz_rset_t **out, mz_err_t *err);

    /* Stops the running statement and refuses later ones; thread safe. */
    void         (*interrupt)(mz_warehouse_t *wh);
    void         (*close)(mz_warehouse_t *wh);
} mz_warehouse_ops_t;

struct mz_warehouse_s {
    const mz_warehouse_ops_t  *ops;
};


/*
 * Opens by address, read only: "duckdb:/path/file.duckdb" or a bare path.
 * MZ_NOT_FOUND: no such file; MZ_UNAVAILABLE: locked, or the engine's
 * library is missing; err says what to do.
 */
mz_rc_t mz_warehouse_open(const char *address,
    const mz_warehouse_limits_t *limits, mz_warehouse_t **out, mz_err_t *err);

/*
 * Scans the events table into a catalog's JSON form (analysis/catalog.h).
 */
mz_rc_t mz_catalog_scan(mz_warehouse_t *wh, json_t **out, mz_err_t *err);

/*
 * The catalog of a warehouse: read from the cache file beside it while the
 * warehouse is not newer, scanned and cached otherwise.  cache NULL: no
 * cache file is read or written.
 */
mz_rc_t mz_catalog_open(mz_warehouse_t *wh, const char *address,
    const char *cache, mz_catalog_t **out, mz_err_t *err);


#endif /* MZ_WAREHOUSE_H */
