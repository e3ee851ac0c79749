
#include <math.h>

#include "analysis/shape_seg.h"
#include "analysis/spec_read.h"
#include "base/mz_str.h"


static mz_rc_t mz_shape_seg_columns(mz_shape_seg_t *g);
static mz_dtype_t mz_shape_seg_dtype(const mz_shape_seg_t *g);
static mz_rc_t mz_shape_seg_table(mz_shape_seg_t *g);
static mz_rc_t mz_shape_seg_rows(mz_shape_seg_t *g, size_t rank,
    const double *now, const double *before);
static mz_rc_t mz_shape_seg_row(mz_shape_seg_t *g, size_t rank, int64_t ms,
    double value, double previous);
static mz_rc_t mz_shape_seg_facts(mz_shape_seg_t *g);
static mz_rc_t mz_shape_seg_measure(mz_shape_seg_t *g);
static void mz_shape_seg_unit(const mz_shape_seg_t *g, mz_buf_t *out);
static mz_rc_t mz_shape_seg_shown(mz_shape_seg_t *g, size_t shown);
static json_t *mz_shape_seg_one(mz_shape_seg_t *g, size_t rank);
static mz_rc_t mz_shape_seg_detail(mz_shape_seg_t *g, size_t rank,
    json_t *obj);
static mz_rc_t mz_shape_seg_series_totals(mz_shape_seg_t *g);
static mz_rc_t mz_shape_seg_set_name(mz_shape_seg_t *g, json_t *obj,
    size_t series);
static mz_rc_t mz_shape_seg_append(mz_shape_seg_t *g, json_t *list,
    json_t *v);


mz_rc_t
mz_shape_segmentation(mz_shape_t *s)
{
    mz_rc_t          rc;
    mz_shape_seg_t   g;

    memset(&g, 0, sizeof(mz_shape_seg_t));
    g.s = s;

    rc = mz_shape_seg_read(&g);
    if (rc == MZ_OK) {
        rc = mz_shape_seg_columns(&g);
    }

    if (rc == MZ_OK) {
        rc = g.seg->a.measure.type == MZ_MEASURE_FREQUENCY
             && !g.seg->is_formula ? mz_shape_seg_frequency(&g)
                                   : mz_shape_seg_table(&g);
    }

    if (rc == MZ_OK) {
        rc = mz_shape_seg_facts(&g);
    }

    mz_shape_seg_free(&g);

    return rc;
}


static mz_rc_t
mz_shape_seg_columns(mz_shape_seg_t *g)
{
    mz_rc_t                   rc;
    mz_shape_t               *s;
    static const char *const  taken[] = {
        "bucket", "series", "events", "value", "previous", "change",
        "change_pct", NULL
    };

    s = g->s;

    rc = mz_shape_bucket_column(s, "bucket");
    if (rc == MZ_OK) {
        rc = mz_shape_column(s, "series", MZ_DTYPE_STRING);
    }

    if (rc == MZ_OK) {
        rc = mz_shape_group_columns(s, taken);
    }

    if (rc == MZ_OK && !g->seg->is_formula
        && g->seg->a.measure.type == MZ_MEASURE_FREQUENCY)
    {
        rc = mz_shape_column(s, "events", MZ_DTYPE_INT64);
    }

    if (rc == MZ_OK) {
        rc = mz_shape_column(s, "value", mz_shape_seg_dtype(g));
    }

    if (rc == MZ_OK && s->spec->compare != MZ_COMPARE_NONE) {
        rc = mz_shape_column(s, "previous", mz_shape_seg_dtype(g));
    }

    return rc == MZ_OK ? mz_shape_compare_columns(s) : rc;
}


static mz_dtype_t
mz_shape_seg_dtype(const mz_shape_seg_t *g)
{
    return !g->seg->is_formula
           && mz_spec_measure_is_int(&g->seg->a.measure)
           && g->seg->transform != MZ_TRANSFORM_ROLLING
           ? MZ_DTYPE_INT64 : MZ_DTYPE_FLOAT64;
}


static mz_rc_t
mz_shape_seg_table(mz_shape_seg_t *g)
{
    size_t    rank;
    double   *trends;
    mz_rc_t   rc;

    trends = calloc(g->nbuckets * 2 + 1, sizeof(double));
    if (trends == NULL) {
        return mz_fail(g->s->err, MZ_NOMEM, "out of memory");
    }

    rc = MZ_OK;

    for (rank = 0; rank < g->nkept && rc == MZ_OK; rank++) {
        if (g->s->spec->grain != MZ_GRAIN_TOTAL) {
            mz_shape_seg_trend(g, rank, 0, trends);
            mz_shape_seg_trend(g, rank, 1, trends + g->nbuckets);
        }

        rc = mz_shape_seg_rows(g, rank, trends, trends + g->nbuckets);
    }

    free(trends);

    return rc;
}


static mz_rc_t
mz_shape_seg_rows(mz_shape_seg_t *g, size_t rank, const double *now,
    const double *before)
{
    size_t     i;
    int64_t    ms;
    mz_rc_t    rc;
    mz_unit_t  unit;

    if (g->s->spec->grain == MZ_GRAIN_TOTAL) {
        return mz_shape_seg_row(g, rank, 0,
                                mz_shape_seg_group(g, g->order[rank], 0),
                                mz_shape_seg_group(g, g->order[rank], 1));
    }

    unit = (mz_unit_t) g->s->spec->grain;
    ms = mz_time_floor(g->s->spec->range.from_ms, unit);

    for (i = 0; i < g->nbuckets; i++) {
        rc = mz_shape_seg_row(g, rank, mz_time_add(ms, unit, (int64_t) i),
                              now[i], before[i]);
        if (rc != MZ_OK) {
            return rc;
        }
    }

    return MZ_OK;
}


static mz_rc_t
mz_shape_seg_row(mz_shape_seg_t *g, size_t rank, int64_t ms, double value,
    double previous)
{
    size_t             i, col;
    mz_rc_t            rc;
    mz_buf_t           name;
    mz_value_t         row[MZ_SPEC_BREAKDOWN_MAX + 6];
    const mz_group_t  *group;

    group = &g->groups.items[g->order[rank]];
    col = 0;

    if (g->s->spec->grain != MZ_GRAIN_TOTAL) {
        row[col++] = mz_shape_bucket(g->s, ms);
    }

    mz_buf_init(&name, 0);
    mz_shape_seg_name(g->s->spec, group->series, &name);
    row[col++] = mz_shape_text(mz_buf_view(&name));

    for (i = 0; i < g->s->spec->nbreakdown; i++) {
        row[col++] = group->values[i];
    }

    row[col++] = mz_shape_value(value);
    row[col++] = mz_shape_value(previous);
    mz_shape_compare_values(&row[col], value, previous);

    rc = mz_shape_row(g->s, row);
    mz_buf_free(&name);

    return rc;
}


static mz_rc_t
mz_shape_seg_facts(mz_shape_seg_t *g)
{
    size_t       shown, limit;
    mz_rc_t      rc;
    mz_shape_t  *s;

    s = g->s;
    limit = s->spec->nbreakdown == 0 ? g->nseries : s->spec->top * g->nseries;
    shown = g->nkept < limit ? g->nkept : limit;

    rc = mz_shape_seg_measure(g);
    if (rc == MZ_OK) {
        rc = mz_shape_set_buckets(s, g->nbuckets);
    }

    if (rc == MZ_OK) {
        rc = mz_shape_seg_series_totals(g);
    }

    return rc == MZ_OK ? mz_shape_seg_shown(g, shown) : rc;
}


static mz_rc_t
mz_shape_seg_measure(mz_shape_seg_t *g)
{
    mz_rc_t                   rc;
    mz_buf_t                  text;
    mz_shape_t               *s;
    const mz_spec_measure_t  *m;

    s = g->s;
    m = &g->seg->a.measure;
    mz_buf_init(&text, 0);
    mz_shape_seg_unit(g, &text);

    rc = mz_shape_set(s, s->facts, "measure",
                      json_string(g->seg->is_formula
                                  ? "ratio" : mz_read_measures[m->type]));
    if (rc == MZ_OK) {
        rc = mz_shape_set(s, s->facts, "unit",
                          mz_json_str_new(mz_buf_view(&text)));
    }

    if (rc == MZ_OK && !g->seg->is_formula && m->column.name.data != NULL) {
        rc = mz_shape_set(s, s->facts, "property",
                          mz_json_str_new(m->column.name));
    }

    if (rc == MZ_OK && !g->seg->is_formula
        && m->type == MZ_MEASURE_PERCENTILE)
    {
        rc = mz_shape_set(s, s->facts, "p", mz_shape_json(m->p));
    }

    if (rc == MZ_OK) {
        rc = mz_shape_set(s, s->facts, "grain",
                          json_string(mz_read_grains[s->spec->grain]));
    }

    if (rc == MZ_OK && g->seg->transform != MZ_TRANSFORM_NONE) {
        mz_buf_reset(&text);
        if (g->seg->transform == MZ_TRANSFORM_CUMULATIVE) {
            mz_buf_add_c(&text, "cumulative");
        } else {
            mz_buf_addf(&text, "rolling average of %d %ss", g->seg->rolling,
                        mz_read_grains[s->spec->grain]);
        }
        rc = mz_shape_set(s, s->facts, "transform",
                          mz_json_str_new(mz_buf_view(&text)));
    }

    mz_buf_free(&text);

    return rc;
}


static void
mz_shape_seg_unit(const mz_shape_seg_t *g, mz_buf_t *out)
{
    const mz_spec_measure_t  *m;
    static const char *const  units[] = {
        [MZ_MEASURE_USERS] = "users",
        [MZ_MEASURE_EVENTS] = "events",
        [MZ_MEASURE_EVENTS_PER_USER] = "events per user",
        [MZ_MEASURE_DISTINCT] = "values",
        [MZ_MEASURE_NEW_USERS] = "users",
        [MZ_MEASURE_STICKINESS] = "ratio",
        [MZ_MEASURE_FREQUENCY] = "users"
    };

    m = &g->seg->a.measure;

    if (g->seg->is_formula) {
        mz_buf_add_c(out, "ratio");

    } else if (units[m->type] != NULL) {
        mz_buf_add_c(out, units[m->type]);

    } else {
        mz_buf_add_str(out, m->column.name);
        if (m->type == MZ_MEASURE_SUM_PER_USER) {
            mz_buf_add_c(out, " per user");
        }
    }
}


/* The best groups of each series, in their order. */

static mz_rc_t
mz_shape_seg_shown(mz_shape_seg_t *g, size_t shown)
{
    size_t   rank, count, n, series;
    json_t  *list;
    mz_rc_t  rc;

    list = json_array();
    rc = MZ_OK;
    count = 0;
    n = 0;
    series = SIZE_MAX;

    for (rank = 0; rank < g->nkept && n < shown && rc == MZ_OK; rank++) {
        if (g->groups.items[g->order[rank]].series != series) {
            series = g->groups.items[g->order[rank]].series;
            count = 0;
        }

        if (g->s->spec->nbreakdown > 0 && count == g->s->spec->top) {
            continue;
        }

        rc = mz_shape_seg_append(g, list, mz_shape_seg_one(g, rank));
        count++;
        n++;
    }

    if (rc != MZ_OK) {
        json_decref(list);
        return rc;
    }

    rc = mz_shape_set(g->s, g->s->facts, "series", list);

    return rc == MZ_OK ? mz_shape_set_groups(g->s, g->groups.n, n) : rc;
}


static json_t *
mz_shape_seg_one(mz_shape_seg_t *g, size_t rank)
{
    size_t             group;
    double             now, before;
    json_t            *obj;
    mz_rc_t            rc;
    const mz_group_t  *item;

    group = g->order[rank];
    item = &g->groups.items[group];
    now = mz_shape_seg_group(g, group, 0);
    before = mz_shape_seg_group(g, group, 1);
    obj = json_object();

    rc = mz_shape_seg_set_name(g, obj, item->series);

    if (rc == MZ_OK && g->s->spec->nbreakdown > 0) {
        rc = mz_shape_set(g->s, obj, "group",
                          mz_groups_json(g->s->spec, item));
    }

    if (rc == MZ_OK) {
        rc = mz_shape_set(g->s, obj, "total", mz_shape_json(now));
    }

    if (rc == MZ_OK) {
        rc = mz_shape_set_change(g->s, obj, now, before);
    }

    if (rc == MZ_OK && g->s->spec->nbreakdown > 0 && !g->seg->is_formula
        && mz_spec_measure_is_count(&g->seg->a.measure))
    {
        rc = mz_shape_set(g->s, obj, "share",
                          mz_shape_json(mz_shape_ratio(now,
                              mz_shape_seg_overall(g, item->series, 0))));
    }

    if (rc == MZ_OK) {
        rc = mz_shape_seg_detail(g, rank, obj);
    }

    if (rc != MZ_OK) {
        json_decref(obj);
        return NULL;
    }

    return obj;
}


static mz_rc_t
mz_shape_seg_detail(mz_shape_seg_t *g, size_t rank, json_t *obj)
{
    double   mean, *trend;
    mz_rc_t  rc;

    if (!g->seg->is_formula
        && g->seg->a.measure.type == MZ_MEASURE_FREQUENCY)
    {
        rc = mz_shape_set(g->s, obj, "distribution",
                          mz_shape_seg_distribution(g, g->order[rank],
                                                    &mean));
        return rc == MZ_OK ? mz_shape_set(g->s, obj, "mean_events",
                                          mz_shape_json(mean)) : rc;
    }

    if (g->s->spec->grain == MZ_GRAIN_TOTAL) {
        return MZ_OK;
    }

    trend = calloc(g->nbuckets + 1, sizeof(double));
    if (trend == NULL) {
        return mz_fail(g->s->err, MZ_NOMEM, "out of memory");
    }

    mz_shape_seg_trend(g, rank, 0, trend);
    rc = mz_shape_set_trend(g->s, obj, trend, g->nbuckets);
    free(trend);

    return rc;
}


/* "totals", and for a single series "total" and "compare". */

static mz_rc_t
mz_shape_seg_series_totals(mz_shape_seg_t *g)
{
    size_t       i;
    double       now, before;
    json_t      *list, *obj, *compare;
    mz_rc_t      rc;
    mz_shape_t  *s;

    s = g->s;
    list = json_array();
    rc = MZ_OK;

    for (i = 0; i < g->nseries && rc == MZ_OK; i++) {
        now = mz_shape_seg_overall(g, i, 0);
        before = mz_shape_seg_overall(g, i, 1);
        obj = json_object();

        rc = mz_shape_seg_set_name(g, obj, i);
        if (rc == MZ_OK) {
            rc = mz_shape_set(s, obj, "total", mz_shape_json(now));
        }

        if (rc == MZ_OK) {
            rc = mz_shape_set_change(s, obj, now, before);
        }

        if (rc != MZ_OK) {
            json_decref(obj);
            obj = NULL;
        }

        rc = mz_shape_seg_append(g, list, obj);
    }

    if (rc != MZ_OK) {
        json_decref(list);
        return rc;
    }

    rc = mz_shape_set(s, s->facts, "totals", list);

    now = mz_shape_seg_overall(g, 0, 0);
    before = mz_shape_seg_overall(g, 0, 1);

    if (rc == MZ_OK && g->nseries == 1) {
        rc = mz_shape_set(s, s->facts, "total", mz_shape_json(now));
    }

    if (rc != MZ_OK || s->spec->compare == MZ_COMPARE_NONE) {
        return rc;
    }

    compare = mz_shape_compare(s);

    if (g->nseries == 1) {
        rc = mz_shape_set_change(s, compare, now, before);
        if (rc == MZ_OK) {
            rc = mz_shape_set(s, compare, "total", mz_shape_json(before));
        }
        json_object_del(compare, "previous");
    }

    if (rc != MZ_OK) {
        json_decref(compare);
        return rc;
    }

    return mz_shape_set(s, s->facts, "compare", compare);
}


static mz_rc_t
mz_shape_seg_set_name(mz_shape_seg_t *g, json_t *obj, size_t series)
{
    mz_rc_t   rc;
    mz_buf_t  name;

    mz_buf_init(&name, 0);
    mz_shape_seg_name(g->s->spec, series, &name);
    rc = mz_shape_set(g->s, obj, "series",
                      mz_json_str_new(mz_buf_view(&name)));
    mz_buf_free(&name);

    return rc;
}


static mz_rc_t
mz_shape_seg_append(mz_shape_seg_t *g, json_t *list, json_t *v)
{
    if (v == NULL || json_array_append_new(list, v) != 0) {
        return mz_fail(g->s->err, MZ_NOMEM, "out of memory");
    }

    return MZ_OK;
}
