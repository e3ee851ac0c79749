
/* Columns and rows of a result table. */

#include <math.h>

#include "analysis/shape.h"
#include "base/mz_str.h"


mz_rc_t
mz_shape_column(mz_shape_t *s, const char *name, mz_dtype_t dtype)
{
    mz_rc_t  rc;

    rc = mz_rset_add_column(s->table, mz_str_from(name), dtype);

    return rc == MZ_OK ? MZ_OK
                       : mz_fail(s->err, rc, "the result table cannot be made:"
                                 " %s", mz_rc_name(rc));
}


mz_rc_t
mz_shape_group_columns(mz_shape_t *s, const char *const *taken)
{
    size_t   i;
    mz_rc_t  rc;

    rc = MZ_OK;

    for (i = 0; i < s->spec->nbreakdown && rc == MZ_OK; i++) {
        rc = mz_shape_property_column(s, &s->spec->breakdown[i], taken);
    }

    return rc;
}


/* A property with the name of a column of ours gives way. */

mz_rc_t
mz_shape_property_column(mz_shape_t *s, const mz_spec_column_t *c,
    const char *const *taken)
{
    size_t    i;
    mz_rc_t   rc;
    mz_buf_t  name;

    mz_buf_init(&name, 0);

    for (i = 0; taken[i] != NULL; i++) {
        if (mz_str_eq_c(c->name, taken[i])) {
            mz_buf_add_c(&name, "by_");
            break;
        }
    }

    mz_buf_add_str(&name, c->name);
    rc = mz_shape_column(s, mz_buf_cstr(&name), c->dtype);
    mz_buf_free(&name);

    return rc;
}


mz_rc_t
mz_shape_bucket_column(mz_shape_t *s, const char *name)
{
    if (s->spec->grain == MZ_GRAIN_TOTAL) {
        return MZ_OK;
    }

    return mz_shape_column(s, name, s->spec->grain == MZ_GRAIN_HOUR
                                    ? MZ_DTYPE_TIMESTAMP : MZ_DTYPE_DATE);
}


mz_rc_t
mz_shape_compare_columns(mz_shape_t *s)
{
    mz_rc_t  rc;

    if (s->spec->compare == MZ_COMPARE_NONE) {
        return MZ_OK;
    }

    rc = mz_shape_column(s, "change", MZ_DTYPE_FLOAT64);

    return rc == MZ_OK ? mz_shape_column(s, "change_pct", MZ_DTYPE_FLOAT64)
                       : rc;
}


mz_value_t
mz_shape_value(double v)
{
    mz_value_t  out;

    memset(&out, 0, sizeof(mz_value_t));

    if (!isfinite(v)) {
        out.is_null = true;
        return out;
    }

    out.d = v;
    out.i = fabs(v) < 9e18 ? (int64_t) v : 0;

    return out;
}


mz_value_t
mz_shape_text(mz_str_t v)
{
    mz_value_t  out;

    memset(&out, 0, sizeof(mz_value_t));
    out.s = v;
    out.is_null = v.data == NULL;

    return out;
}


mz_value_t
mz_shape_bucket(const mz_shape_t *s, int64_t ms)
{
    mz_value_t  out;

    memset(&out, 0, sizeof(mz_value_t));
    out.i = s->spec->grain == MZ_GRAIN_HOUR ? ms * 1000 : ms / MZ_DAY_MS;

    return out;
}


/* change and change_pct */

void
mz_shape_compare_values(mz_value_t *out, double value, double previous)
{
    out[0] = mz_shape_value(mz_shape_round(value - previous));
    out[1] = mz_shape_value(100 * mz_shape_ratio(value - previous, previous));
}


mz_rc_t
mz_shape_row(mz_shape_t *s, const mz_value_t *row)
{
    mz_rc_t  rc;

    rc = mz_rset_add_row(s->table, row);

    if (rc == MZ_OK || rc == MZ_LIMIT) {
        return MZ_OK;
    }

    return mz_fail(s->err, rc, "the result table cannot be made: %s",
                   mz_rc_name(rc));
}
