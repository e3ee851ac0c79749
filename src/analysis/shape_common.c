
#include <math.h>

#include "analysis/shape.h"
#include "base/mz_str.h"


#define MZ_SHAPE_DIGITS  14


static mz_rc_t mz_shape_set_point(mz_shape_t *s, json_t *obj, const char *key,
    const double *v, size_t i);


size_t
mz_shape_col(mz_shape_t *s, const mz_rset_t *rs, const char *name)
{
    size_t  col;

    col = mz_rset_find(rs, mz_str_from(name));

    if (col == SIZE_MAX) {
        (void) mz_fail(s->err, MZ_INTERNAL, "the warehouse's rows have no"
                       " column %s", name);
    }

    return col;
}


double
mz_shape_number(const mz_rset_t *rs, size_t row, size_t col)
{
    mz_value_t  v;

    mz_rset_get(rs, row, col, &v);

    return v.is_null ? NAN : mz_rset_number(rs, row, col);
}


int64_t
mz_shape_int(const mz_rset_t *rs, size_t row, size_t col)
{
    mz_value_t  v;

    mz_rset_get(rs, row, col, &v);

    return v.is_null ? 0 : v.i;
}


double
mz_shape_round(double v)
{
    double  scale;
    int     digits;

    if (!isfinite(v) || v == floor(v)) {
        return v;
    }

    digits = MZ_SHAPE_DIGITS - 1 - (int) floor(log10(fabs(v)));

    /* Powers of ten up to 10^22 are exact. */

    if (digits < 0 || digits > 22) {
        return v;
    }

    scale = pow(10, digits);

    return round(v * scale) / scale;
}


double
mz_shape_ratio(double a, double b)
{
    return b == 0 ? NAN : a / b;
}


mz_rc_t
mz_shape_set(mz_shape_t *s, json_t *obj, const char *key, json_t *v)
{
    if (mz_json_set(obj, key, v) != MZ_OK) {
        return mz_fail(s->err, MZ_NOMEM, "out of memory");
    }

    return MZ_OK;
}


json_t *
mz_shape_json(double v)
{
    if (!isfinite(v)) {
        return json_null();
    }

    if (v == floor(v) && fabs(v) < 1e15) {
        return json_integer((json_int_t) v);
    }

    return json_real(v);
}


json_t *
mz_shape_json_time(int64_t ms)
{
    json_t    *v;
    mz_buf_t   b;

    mz_buf_init(&b, 64);
    mz_time_rfc3339(&b, ms);
    v = mz_json_str_new(mz_buf_view(&b));
    mz_buf_free(&b);

    return v;
}


json_t *
mz_shape_json_bucket(const mz_shape_t *s, int64_t ms)
{
    json_t    *v;
    mz_buf_t   b;

    if (s->spec->grain == MZ_GRAIN_HOUR) {
        return mz_shape_json_time(ms);
    }

    mz_buf_init(&b, 64);
    mz_time_date(&b, ms);
    v = mz_json_str_new(mz_buf_view(&b));
    mz_buf_free(&b);

    return v;
}


mz_rc_t
mz_shape_set_change(mz_shape_t *s, json_t *obj, double value, double previous)
{
    mz_rc_t  rc;

    if (s->spec->compare == MZ_COMPARE_NONE) {
        return MZ_OK;
    }

    rc = mz_shape_set(s, obj, "previous", mz_shape_json(previous));

    if (rc == MZ_OK) {
        rc = mz_shape_set(s, obj, "change",
                          mz_shape_json(mz_shape_round(value - previous)));
    }

    if (rc == MZ_OK) {
        rc = mz_shape_set(s, obj, "change_pct",
                          mz_shape_json(100 * mz_shape_ratio(value - previous,
                                                             previous)));
    }

    return rc;
}


json_t *
mz_shape_compare(mz_shape_t *s)
{
    json_t  *obj;

    obj = json_object();

    if (mz_shape_set(s, obj, "to",
                     json_string(s->spec->compare == MZ_COMPARE_YEAR
                                 ? "previous_year" : "previous_period"))
        != MZ_OK
        || mz_shape_set(s, obj, "from",
                        mz_shape_json_time(s->spec->previous.from_ms))
           != MZ_OK
        || mz_shape_set(s, obj, "until",
                        mz_shape_json_time(s->spec->previous.to_ms)) != MZ_OK)
    {
        json_decref(obj);
        return NULL;
    }

    return obj;
}


mz_rc_t
mz_shape_set_groups(mz_shape_t *s, size_t groups, size_t shown)
{
    size_t   i;
    json_t  *list;
    mz_rc_t  rc;

    if (s->spec->nbreakdown == 0) {
        return MZ_OK;
    }

    list = json_array();

    for (i = 0; i < s->spec->nbreakdown; i++) {
        if (json_array_append_new(list,
                mz_json_str_new(s->spec->breakdown[i].name)) != 0)
        {
            json_decref(list);
            return mz_fail(s->err, MZ_NOMEM, "out of memory");
        }
    }

    rc = mz_shape_set(s, s->facts, "breakdown", list);

    if (rc == MZ_OK) {
        rc = mz_shape_set(s, s->facts, "groups",
                          json_integer((json_int_t) groups));
    }

    if (rc == MZ_OK) {
        rc = mz_shape_set(s, s->facts, "shown",
                          json_integer((json_int_t) shown));
    }

    return rc;
}


bool
mz_shape_partial_first(const mz_spec_t *spec)
{
    return spec->range.form != MZ_RANGE_ALL
           && !(spec->kind == MZ_KIND_SEGMENTATION
                && (spec->u.seg.transform == MZ_TRANSFORM_ROLLING
                    || (!spec->u.seg.is_formula
                        && spec->u.seg.a.measure.type
                           == MZ_MEASURE_STICKINESS
                        && spec->grain == MZ_GRAIN_DAY)))
           && mz_time_floor(spec->range.from_ms, (mz_unit_t) spec->grain)
              < spec->range.from_ms;
}


bool
mz_shape_partial_last(const mz_spec_t *spec)
{
    mz_unit_t  unit;

    unit = (mz_unit_t) spec->grain;

    return mz_time_add(mz_time_floor(spec->range.to_ms - 1, unit), unit, 1)
           > spec->range.to_ms;
}


mz_rc_t
mz_shape_set_buckets(mz_shape_t *s, size_t n)
{
    mz_rc_t  rc;

    if (s->spec->grain == MZ_GRAIN_TOTAL) {
        return MZ_OK;
    }

    rc = mz_shape_set(s, s->facts, "buckets", json_integer((json_int_t) n));

    if (rc == MZ_OK) {
        rc = mz_shape_set(s, s->facts, "partial_first",
                          json_boolean(mz_shape_partial_first(s->spec)));
    }

    if (rc == MZ_OK) {
        rc = mz_shape_set(s, s->facts, "partial_last",
                          json_boolean(mz_shape_partial_last(s->spec)));
    }

    return rc;
}


/* Partial buckets say little: they count only where there are no others. */

mz_rc_t
mz_shape_set_trend(mz_shape_t *s, json_t *obj, const double *v, size_t n)
{
    double   sum;
    size_t   i, from, to, min, max, count;
    mz_rc_t  rc;

    if (n == 0) {
        return MZ_OK;
    }

    from = mz_shape_partial_first(s->spec) ? 1 : 0;
    to = mz_shape_partial_last(s->spec) ? n - 1 : n;

    if (from >= to) {
        from = 0;
        to = n;
    }

    min = SIZE_MAX;
    max = SIZE_MAX;
    sum = 0;
    count = 0;

    for (i = from; i < to; i++) {
        if (isnan(v[i])) {
            continue;
        }

        min = min == SIZE_MAX || v[i] < v[min] ? i : min;
        max = max == SIZE_MAX || v[i] > v[max] ? i : max;
        sum += v[i];
        count++;
    }

    rc = mz_shape_set_point(s, obj, "first", v, 0);
    if (rc == MZ_OK) {
        rc = mz_shape_set_point(s, obj, "last", v, n - 1);
    }

    if (rc == MZ_OK && min != SIZE_MAX) {
        rc = mz_shape_set_point(s, obj, "min", v, min);
    }

    if (rc == MZ_OK && max != SIZE_MAX) {
        rc = mz_shape_set_point(s, obj, "max", v, max);
    }

    if (rc == MZ_OK && count > 0) {
        rc = mz_shape_set(s, obj, "mean",
                          mz_shape_json(mz_shape_round(sum / (double) count)));
    }

    return rc;
}


static mz_rc_t
mz_shape_set_point(mz_shape_t *s, json_t *obj, const char *key,
    const double *v, size_t i)
{
    int64_t    ms;
    json_t    *point;
    mz_rc_t    rc;
    mz_unit_t  unit;

    unit = (mz_unit_t) s->spec->grain;
    ms = mz_time_add(mz_time_floor(s->spec->range.from_ms, unit), unit,
                     (int64_t) i);
    point = json_object();

    rc = mz_shape_set(s, point, "bucket", mz_shape_json_bucket(s, ms));
    if (rc == MZ_OK) {
        rc = mz_shape_set(s, point, "value", mz_shape_json(v[i]));
    }

    if (rc != MZ_OK) {
        json_decref(point);
        return rc;
    }

    return mz_shape_set(s, obj, key, point);
}
