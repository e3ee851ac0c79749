
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
     * statement time-out or memory limit.  MZ_CANCELLED: interrupted.
     * MZ_UNAVAILABLE: the warehouse went away.  MZ_INVALID: refused by the
     * engine.
     */
    mz_rc_t      (*query)(mz_warehouse_t *wh, const mz_statement_t *st,
                          mz_rset_t **out, mz_err_t *err);

    /* Stops the running statement and refuses later ones; thread safe. */
    void         (*interrupt)(mz_warehouse_t *wh);
    void         (*close)(mz_warehouse_t *wh);
} mz_warehouse_ops_t;

/* Which contents of a file were opened; all 0: it is no file. */

typedef struct {
    int64_t  inode;
    int64_t  size;
    int64_t  mtime_ns;
} mz_warehouse_stamp_t;

struct mz_warehouse_s {
    const mz_warehouse_ops_t  *ops;
    mz_warehouse_stamp_t       stamp;
};


/* Which table and columns are the events; NULL members are found. */

typedef struct {
    const char  *table;             /* the only table that has the columns */
    const char  *event_column;      /* "event_name" */
    const char  *time_column;       /* "event_time" */
    const char  *user_column;       /* "user_id" */
} mz_catalog_roles_t;


/*
 * Opens by address, read only: "duckdb:/path/file.duckdb" or a bare path.
 * MZ_NOT_FOUND: no such file; MZ_UNAVAILABLE: locked, or the engine's
 * library is missing; err says what to do.
 */
mz_rc_t mz_warehouse_open(const char *address,
    const mz_warehouse_limits_t *limits, mz_warehouse_t **out, mz_err_t *err);

/* The file of an address, borrowed from it; NULL: it is no file. */
const char *mz_warehouse_file(const char *address);

/*
 * Scans the events table into a catalog's JSON form (analysis/catalog.h).
 * roles NULL: all found.  A property's values are kept only when they are
 * few or repeat; those of identifiers are left out.
 */
mz_rc_t mz_catalog_scan(mz_warehouse_t *wh, const mz_catalog_roles_t *roles,
    json_t **out, mz_err_t *err);

/*
 * The catalog of a warehouse: read from the cache file while that was made
 * of the same contents (the warehouse's stamp), scanned and cached
 * otherwise; a new scan keeps the roles of the cache it replaces.  A cache
 * that cannot be written is no error.  cache NULL: no cache.
 */
mz_rc_t mz_catalog_open(mz_warehouse_t *wh, const char *address,
    const char *cache, mz_catalog_t **out, mz_err_t *err);

/* As above, but always scans, with the roles given. */
mz_rc_t mz_catalog_refresh(mz_warehouse_t *wh, const char *address,
    const char *cache, const mz_catalog_roles_t *roles, mz_catalog_t **out,
    mz_err_t *err);

/*
 * Where the cache of a warehouse goes: "<file>.catalog.json", free() it.
 * NULL: the address is no file, or out of memory.
 */
char *mz_catalog_cache_path(const char *address);


#endif /* MZ_WAREHOUSE_H */
