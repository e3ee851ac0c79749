
/*
 * catalog_scan: what the two halves of a scan share: catalog_find.c finds
 * the table of events and its columns, catalog_scan.c counts what is in it.
 */

#ifndef MZ_CATALOG_SCAN_H
#define MZ_CATALOG_SCAN_H

#include "agent/warehouse/warehouse.h"


#define MZ_SCAN_SQL_MAX  (1024 * 1024)

typedef struct {
    mz_str_t    name;
    mz_dtype_t  dtype;
    int64_t     count;          /* rows that have it */
    bool        is_common;
    bool        has_nulls;      /* on events that have it otherwise */
} mz_scan_property_t;

typedef struct {
    mz_warehouse_t      *wh;
    mz_str_t             table;
    mz_str_t             event;
    mz_str_t             time;
    mz_str_t             user;
    mz_rset_t           *columns;       /* owns the names */
    mz_scan_property_t  *properties;
    size_t               nproperties;
    json_t              *json;
} mz_scan_t;


/* Fills in table, roles, columns and properties. */
mz_rc_t mz_scan_find(mz_scan_t *s, const mz_catalog_roles_t *roles,
    mz_err_t *err);

/* Runs and frees sql.  A result that is cut would make a wrong catalog. */
mz_rc_t mz_scan_query(mz_scan_t *s, mz_buf_t *sql, mz_rset_t **out,
    mz_err_t *err);

mz_str_t mz_scan_str(const mz_rset_t *rs, size_t row, size_t col);


#endif /* MZ_CATALOG_SCAN_H */
