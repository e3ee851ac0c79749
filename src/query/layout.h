
/*
 * layout: what a table artifact's `layout` field says: columns with their
 * statistics, and how many rows each row group has.
 *
 *   {"rows": n, "groups": [rows, ..],
 *    "columns": [{"name", "dtype", "nulls", "min", "max", "distinct"}, ..]}
 *
 * Chunk g * columns + c is column c of row group g; a table without rows has
 * no groups.  "rows" and the four statistics may be absent (a worker in
 * another language may leave them out).  The text comes from Redis and is
 * treated as hostile.
 */

#ifndef MZ_LAYOUT_H
#define MZ_LAYOUT_H

#include "base/mz_rset.h"


#define MZ_LAYOUT_COLUMNS_MAX  1000
#define MZ_LAYOUT_GROUPS_MAX   16384
#define MZ_LAYOUT_CHUNKS_MAX   (1024 * 1024)
#define MZ_LAYOUT_ROWS_MAX     100000000
#define MZ_LAYOUT_NAME_MAX     1024         /* bytes of a column name */
#define MZ_LAYOUT_STAT_MAX     1024         /* bytes of a min or max */

typedef struct {
    mz_str_t     name;
    mz_dtype_t   dtype;
    int64_t      nulls;         /* -1: not known */
    int64_t      distinct;      /* values that are not null; -1: not known */
    json_t      *min;           /* JSON null: not known or no value */
    json_t      *max;
} mz_layout_column_t;

typedef struct {
    uint64_t             rows;
    size_t               ncolumns;
    size_t               ngroups;
    mz_layout_column_t  *columns;
    uint32_t            *groups;
    json_t              *source;    /* keeps the names alive */
} mz_layout_t;


/* MZ_INVALID or MZ_LIMIT says what is wrong; *layout is NULL then. */
mz_rc_t mz_layout_from_json(json_t *json, mz_layout_t **layout,
    mz_err_t *err);

/* New object with all fields (nulls where not known); NULL: no memory. */
json_t *mz_layout_to_json(const mz_layout_t *layout);

void mz_layout_free(mz_layout_t *layout);

/* Column index by name, or SIZE_MAX. */
size_t mz_layout_find(const mz_layout_t *layout, mz_str_t name);

/* As find; MZ_INVALID names the nearest column and those that exist. */
mz_rc_t mz_layout_need(const mz_layout_t *layout, mz_str_t name, size_t *i,
    mz_err_t *err);


#endif /* MZ_LAYOUT_H */
