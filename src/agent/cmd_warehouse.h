
/*
 * cmd_warehouse: the options that all subcommands with a warehouse have, and
 * the warehouse and catalog opened by them.
 */

#ifndef MZ_CMD_WAREHOUSE_H
#define MZ_CMD_WAREHOUSE_H

#include "agent/options.h"
#include "agent/warehouse/warehouse.h"


typedef struct {
    const char  *address;
    const char  *catalog;           /* cache file; NULL: beside the file */
    bool         has_no_cache;
    int64_t      timeout_ms;
    int64_t      memory_bytes;
    int64_t      rows_max;
    int64_t      threads;
} mz_cmd_warehouse_t;

/* Rows of an option table; base is where the struct is in the conf. */

#define MZ_CMD_WAREHOUSE_OFF(base, m)                                         \
    ((base) + offsetof(mz_cmd_warehouse_t, m))

#define MZ_CMD_WAREHOUSE_OPTIONS(base)                                        \
    { "warehouse", MZ_OPT_STRING, MZ_CMD_WAREHOUSE_OFF(base, address),        \
      "MITZU_WAREHOUSE", "ADDR",                                              \
      "where the events are: duckdb:/path/file.duckdb", 0, 0 },               \
    { "catalog", MZ_OPT_STRING, MZ_CMD_WAREHOUSE_OFF(base, catalog),          \
      "MITZU_CATALOG", "FILE",                                                \
      "cache of the catalog (default: beside the file)", 0, 0 },              \
    { "no-catalog-cache", MZ_OPT_FLAG,                                        \
      MZ_CMD_WAREHOUSE_OFF(base, has_no_cache), NULL, NULL,                   \
      "scan the warehouse each time", 0, 0 },                                 \
    { "timeout", MZ_OPT_DURATION, MZ_CMD_WAREHOUSE_OFF(base, timeout_ms),     \
      NULL, "TIME", "of one statement (default 10m)", 1, 86400000 },          \
    { "memory", MZ_OPT_SIZE, MZ_CMD_WAREHOUSE_OFF(base, memory_bytes),        \
      "MITZU_MEMORY", "SIZE", "of one query (default 1g)",                    \
      (int64_t) 64 << 20, (int64_t) 1 << 40 },                                \
    { "rows-max", MZ_OPT_INT, MZ_CMD_WAREHOUSE_OFF(base, rows_max),           \
      "MITZU_ROWS_MAX", "N", "rows of a result (default 1000000)",            \
      1, 100000000 },                                                         \
    { "threads", MZ_OPT_INT, MZ_CMD_WAREHOUSE_OFF(base, threads),             \
      "MITZU_THREADS", "N", "of one query (default: one for each core)",      \
      0, 1024 }


/* The defaults of the options above. */
void mz_cmd_warehouse_init(mz_cmd_warehouse_t *o);

/* MZ_INVALID: no address was given. */
mz_rc_t mz_cmd_warehouse_open(const mz_cmd_warehouse_t *o,
    mz_warehouse_t **out, mz_err_t *err);

/*
 * The catalog, from its cache if it may be.  must_scan: never from there,
 * and with the roles given (NULL: found).
 */
mz_rc_t mz_cmd_warehouse_catalog(const mz_cmd_warehouse_t *o,
    mz_warehouse_t *wh, bool must_scan, const mz_catalog_roles_t *roles,
    mz_catalog_t **out, mz_err_t *err);


#endif /* MZ_CMD_WAREHOUSE_H */
