
/*
 * shape: rows of the statements become the result.  One function a kind
 * builds the table and the facts (docs/analysis-spec.md); what they share
 * is here.  A missing number is NaN inside and null outside.
 */

#ifndef MZ_SHAPE_H
#define MZ_SHAPE_H

#include "analysis/groups.h"


typedef struct {
    const mz_spec_t    *spec;
    mz_rset_t *const   *rows;
    size_t              nrows;
    mz_rset_t          *table;
    json_t             *facts;
    bool                is_truncated;
    mz_err_t           *err;
} mz_shape_t;


mz_rc_t mz_shape_segmentation(mz_shape_t *s);
mz_rc_t mz_shape_funnel(mz_shape_t *s);
mz_rc_t mz_shape_retention(mz_shape_t *s);
mz_rc_t mz_shape_discovery(mz_shape_t *s);
mz_rc_t mz_shape_lookup(mz_shape_t *s);
mz_rc_t mz_shape_journey(mz_shape_t *s);

/* A column the compiler asked for.  SIZE_MAX: err says it is missing. */
size_t mz_shape_col(mz_shape_t *s, const mz_rset_t *rs, const char *name);

/* A number of a row; NaN for null. */
double mz_shape_number(const mz_rset_t *rs, size_t row, size_t col);
int64_t mz_shape_int(const mz_rset_t *rs, size_t row, size_t col);

/* To 14 significant digits. */
double mz_shape_round(double v);

/* a / b; NaN when b is 0. */
double mz_shape_ratio(double a, double b);

/* Columns of the table. */
mz_rc_t mz_shape_column(mz_shape_t *s, const char *name, mz_dtype_t dtype);
mz_rc_t mz_shape_group_columns(mz_shape_t *s, const char *const *taken);
mz_rc_t mz_shape_property_column(mz_shape_t *s, const mz_spec_column_t *c,
    const char *const *taken);
mz_rc_t mz_shape_bucket_column(mz_shape_t *s, const char *name);
mz_rc_t mz_shape_compare_columns(mz_shape_t *s);

/* Values of a row. */
mz_value_t mz_shape_value(double v);            /* int or double by column */
mz_value_t mz_shape_text(mz_str_t v);
mz_value_t mz_shape_bucket(const mz_shape_t *s, int64_t ms);
void mz_shape_compare_values(mz_value_t *out, double value, double previous);

/* MZ_LIMIT of the table is not an error: the table is truncated then. */
mz_rc_t mz_shape_row(mz_shape_t *s, const mz_value_t *row);

/* Facts; all take the reference to v and report MZ_NOMEM. */
mz_rc_t mz_shape_set(mz_shape_t *s, json_t *obj, const char *key, json_t *v);
json_t *mz_shape_json(double v);                /* null for NaN */
json_t *mz_shape_json_time(int64_t ms);
json_t *mz_shape_json_bucket(const mz_shape_t *s, int64_t ms);

/* "previous", "change", "change_pct" into obj, when there is a compare. */
mz_rc_t mz_shape_set_change(mz_shape_t *s, json_t *obj, double value,
    double previous);

/* {"to","from","until"}; NULL without a compare. */
json_t *mz_shape_compare(mz_shape_t *s);

/* "breakdown" and "groups", "shown". */
mz_rc_t mz_shape_set_groups(mz_shape_t *s, size_t groups, size_t shown);

/* Whether the first and the last bucket hold less than their unit. */
bool mz_shape_partial_first(const mz_spec_t *spec);
bool mz_shape_partial_last(const mz_spec_t *spec);

/* "buckets", "partial_first", "partial_last" */
mz_rc_t mz_shape_set_buckets(mz_shape_t *s, size_t n);

/* "first", "last", "min", "max", "mean" of the n buckets from the range's. */
mz_rc_t mz_shape_set_trend(mz_shape_t *s, json_t *obj, const double *v,
    size_t n);


#endif /* MZ_SHAPE_H */
