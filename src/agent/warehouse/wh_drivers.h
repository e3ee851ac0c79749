
/*
 * wh_drivers: the warehouse drivers by the scheme of their address, for
 * warehouse.c; and what the parts of the DuckDB driver share.
 */

#ifndef MZ_WH_DRIVERS_H
#define MZ_WH_DRIVERS_H

#include "agent/warehouse/duckdb_api.h"
#include "agent/warehouse/warehouse.h"


/* Contract of mz_warehouse_open(), with the rest of the address. */
mz_rc_t mz_wh_duckdb_open(const char *path,
    const mz_warehouse_limits_t *limits, mz_warehouse_t **out, mz_err_t *err);

/*
 * Reads all rows of an executed result into a new row set, up to rows_max.
 * A failure of the engine while it streams is MZ_UNAVAILABLE with err left
 * alone: the caller asks the result for its error.
 */
mz_rc_t mz_wh_duckdb_read(const mz_duckdb_api_t *api,
    mz_duckdb_result_t *res, size_t rows_max, mz_rset_t **out, mz_err_t *err);


#endif /* MZ_WH_DRIVERS_H */
