
/*
 * table: writes a result set as a table artifact.  Row groups of up to 65536
 * rows; fewer where a column's chunk would pass 4 MB.  Each column chooses
 * the smallest encoding (query/column.h) and LZ4 when it saves over 10 %.
 * The layout (query/layout.h) is made in the same go.  Readers include
 * this header for both.
 */

#ifndef MZ_TABLE_H
#define MZ_TABLE_H

#include "query/column.h"
#include "query/layout.h"


/* Above so many different values "distinct" is null. */
#define MZ_TABLE_DISTINCT_MAX  100000

/* A longer min or max of a string column is cut (for display only). */
#define MZ_TABLE_STAT_MAX      200

typedef mz_chunk_emit_pt  mz_table_emit_pt;


/*
 * Calls emit for chunks 0, 1, .. in order.  MZ_OK: *layout is owned by the
 * caller, else NULL.  MZ_INVALID: no columns, or two of the same name;
 * MZ_LIMIT: too many, or one value over 4 MB.
 */
mz_rc_t mz_table_write(const mz_rset_t *rs, mz_table_emit_pt emit, void *ctx,
    json_t **layout, mz_err_t *err);


#endif /* MZ_TABLE_H */
