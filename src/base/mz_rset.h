
/*
 * mz_rset: a typed result set in columns, the neutral form between a
 * warehouse driver, the analysis shapes and the artifact writer.  Built by
 * appending whole rows; then read only.  Rows are bounded by rows_max.
 */

#ifndef MZ_RSET_H
#define MZ_RSET_H

#include "base/mz_json.h"


/* The dtypes of the tools; the names below are what clients see. */

typedef enum {
    MZ_DTYPE_STRING,
    MZ_DTYPE_INT64,
    MZ_DTYPE_FLOAT64,
    MZ_DTYPE_BOOL,
    MZ_DTYPE_TIMESTAMP,     /* int64 microseconds since 1970, UTC */
    MZ_DTYPE_DATE           /* int64 days since 1970-01-01 */
} mz_dtype_t;

typedef struct {
    bool        is_null;
    int64_t     i;          /* int64, bool, timestamp, date */
    double      d;          /* float64 */
    mz_str_t    s;          /* string; borrowed */
} mz_value_t;

typedef struct mz_rset_s  mz_rset_t;


const char *mz_dtype_name(mz_dtype_t t);
mz_rc_t mz_dtype_parse(mz_str_t s, mz_dtype_t *t);

mz_rset_t *mz_rset_new(size_t rows_max);
void mz_rset_free(mz_rset_t *rs);

/* Before the first row only. */
mz_rc_t mz_rset_add_column(mz_rset_t *rs, mz_str_t name, mz_dtype_t t);

/* ncols values, copied.  MZ_LIMIT at rows_max (is_truncated is set). */
mz_rc_t mz_rset_add_row(mz_rset_t *rs, const mz_value_t *row);

size_t mz_rset_rows(const mz_rset_t *rs);
size_t mz_rset_columns(const mz_rset_t *rs);
mz_str_t mz_rset_name(const mz_rset_t *rs, size_t col);
mz_dtype_t mz_rset_dtype(const mz_rset_t *rs, size_t col);
bool mz_rset_is_truncated(const mz_rset_t *rs);
void mz_rset_set_truncated(mz_rset_t *rs);

/* Column index by name, or SIZE_MAX. */
size_t mz_rset_find(const mz_rset_t *rs, mz_str_t name);

/* *v borrows from rs. */
void mz_rset_get(const mz_rset_t *rs, size_t row, size_t col, mz_value_t *v);

/* int64, float64, bool as a number; 0 for null and others. */
double mz_rset_number(const mz_rset_t *rs, size_t row, size_t col);

/*
 * A value as JSON: null, string, number, bool; timestamps as RFC 3339,
 * dates as "2026-06-15".  Never a NaN or Inf: those are null.
 */
void mz_value_write_json(mz_buf_t *b, mz_dtype_t t, const mz_value_t *v);
json_t *mz_value_to_json(mz_dtype_t t, const mz_value_t *v);


#endif /* MZ_RSET_H */
