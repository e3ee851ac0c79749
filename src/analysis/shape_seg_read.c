
#include "analysis/shape_seg.h"
#include "base/mz_str.h"


static void mz_shape_seg_sizes(mz_shape_seg_t *g);
static mz_rc_t mz_shape_seg_groups(mz_shape_seg_t *g);
static mz_rc_t mz_shape_seg_groups_of(mz_shape_seg_t *g, size_t i);
static mz_rc_t mz_shape_seg_alloc(mz_shape_seg_t *g);
static double *mz_shape_seg_array(size_t n, size_t width);
static mz_rc_t mz_shape_seg_totals(mz_shape_seg_t *g, size_t i);
static mz_rc_t mz_shape_seg_rank(mz_shape_seg_t *g);
static mz_rc_t mz_shape_seg_buckets(mz_shape_seg_t *g, size_t i);
static mz_rc_t mz_shape_seg_nomem(mz_shape_seg_t *g);


mz_rc_t
mz_shape_seg_read(mz_shape_seg_t *g)
{
    size_t   i;
    mz_rc_t  rc;

    mz_groups_init(&g->groups, g->s->spec);
    mz_shape_seg_sizes(g);

    if (g->nplan != g->s->nrows) {
        return mz_fail(g->s->err, MZ_INTERNAL, "%zu results for %zu"
                       " statements", g->s->nrows, g->nplan);
    }

    rc = mz_shape_seg_groups(g);
    if (rc == MZ_OK) {
        rc = mz_shape_seg_alloc(g);
    }

    for (i = 0; i < g->nplan && rc == MZ_OK; i++) {
        if (g->plan[i].part == MZ_SEGMENT_TOTALS) {
            rc = mz_shape_seg_totals(g, i);
        }
    }

    if (rc == MZ_OK && g->ndays > 0) {
        rc = mz_shape_seg_sticky(g);
    }

    if (rc == MZ_OK) {
        rc = mz_shape_seg_rank(g);
    }

    for (i = 0; i < g->nplan && rc == MZ_OK; i++) {
        if (g->plan[i].part == MZ_SEGMENT_BUCKETS) {
            rc = mz_shape_seg_buckets(g, i);
        }
    }

    if (rc == MZ_OK && g->ndays > 0) {
        mz_shape_seg_sticky_values(g);
    }

    return rc;
}


void
mz_shape_seg_free(mz_shape_seg_t *g)
{
    mz_groups_free(&g->groups);
    free(g->totals);
    free(g->all);
    free(g->scores);
    free(g->order);
    free(g->rank);
    free(g->values);
    free(g->daily);
}


size_t
mz_shape_seg_series(const mz_shape_seg_t *g, const mz_rset_t *rs, size_t row,
    size_t col)
{
    size_t      i;
    mz_value_t  v;

    if (g->seg->is_formula || g->seg->a.is_merged) {
        return 0;
    }

    mz_rset_get(rs, row, col, &v);

    for (i = 0; i < g->seg->a.nevents; i++) {
        if (mz_str_eq(g->seg->a.events[i], v.s)) {
            return i;
        }
    }

    return SIZE_MAX;
}


static void
mz_shape_seg_sizes(mz_shape_seg_t *g)
{
    size_t            days, before;
    mz_unit_t         unit;
    const mz_spec_t  *spec;

    spec = g->s->spec;
    unit = (mz_unit_t) spec->grain;
    g->seg = &spec->u.seg;
    g->nplan = mz_segment_plan(spec, g->plan);
    g->nseries = g->seg->is_formula || g->seg->a.is_merged
                 ? 1 : g->seg->a.nevents;

    if (spec->grain != MZ_GRAIN_TOTAL) {
        g->nbuckets = mz_range_buckets(spec->range.from_ms,
                                       spec->range.to_ms, unit);
        if (spec->compare != MZ_COMPARE_NONE) {
            g->nbefore = mz_range_buckets(spec->previous.from_ms,
                                          spec->previous.to_ms, unit);
        }
    }

    if (g->seg->transform == MZ_TRANSFORM_ROLLING) {
        g->lookback = (size_t) g->seg->rolling - 1;
    }

    g->width = g->lookback
               + (g->nbuckets > g->nbefore ? g->nbuckets : g->nbefore);

    if (g->seg->a.measure.type == MZ_MEASURE_STICKINESS
        && !g->seg->is_formula)
    {
        days = mz_range_buckets(spec->range.from_ms, spec->range.to_ms,
                                MZ_UNIT_DAY);
        before = spec->compare == MZ_COMPARE_NONE
                 ? 0 : mz_range_buckets(spec->previous.from_ms,
                                        spec->previous.to_ms, MZ_UNIT_DAY);
        g->ndays = (days > before ? days : before)
                   + (size_t) g->seg->a.measure.den_days;
    }
}


/* Without a breakdown every series is there, even with no row at all. */

static mz_rc_t
mz_shape_seg_groups(mz_shape_seg_t *g)
{
    size_t      i, index;
    mz_rc_t     rc;
    mz_value_t  none[MZ_SPEC_BREAKDOWN_MAX];

    rc = MZ_OK;
    memset(none, 0, sizeof(none));

    if (g->s->spec->nbreakdown == 0) {
        for (i = 0; i < g->nseries && rc == MZ_OK; i++) {
            rc = mz_groups_add(&g->groups, i, none, &index);
        }

        return rc == MZ_OK ? rc : mz_shape_seg_nomem(g);
    }

    for (i = 0; i < g->nplan && rc == MZ_OK; i++) {
        if (g->plan[i].part != MZ_SEGMENT_DELTAS_ALL) {
            rc = mz_shape_seg_groups_of(g, i);
        }
    }

    return rc;
}


static mz_rc_t
mz_shape_seg_groups_of(mz_shape_seg_t *g, size_t i)
{
    size_t            row, series, index, col_s, col_all;
    mz_rc_t           rc;
    mz_value_t        values[MZ_SPEC_BREAKDOWN_MAX];
    const mz_rset_t  *rs;

    rs = g->s->rows[i];
    col_all = mz_rset_find(rs, mz_str("is_all"));

    col_s = mz_shape_col(g->s, rs, "s");
    if (col_s == SIZE_MAX) {
        return MZ_INTERNAL;
    }

    for (row = 0; row < mz_rset_rows(rs); row++) {

        series = mz_shape_seg_series(g, rs, row, col_s);

        if (series == SIZE_MAX
            || (col_all != SIZE_MAX && mz_shape_int(rs, row, col_all) != 0))
        {
            continue;
        }

        rc = mz_groups_read(g->s->spec, rs, row, values, g->s->err);
        if (rc != MZ_OK) {
            return rc;
        }

        if (mz_groups_add(&g->groups, series, values, &index) != MZ_OK) {
            return mz_shape_seg_nomem(g);
        }
    }

    return MZ_OK;
}


static mz_rc_t
mz_shape_seg_alloc(mz_shape_seg_t *g)
{
    size_t  i, n;

    n = g->groups.n;

    g->totals = mz_shape_seg_array(n, 4);
    g->all = mz_shape_seg_array(g->nseries, 4);
    g->scores = mz_shape_seg_array(n, 1);
    g->order = calloc(n + 1, sizeof(size_t));
    g->rank = calloc(n + 1, sizeof(size_t));

    if (g->totals == NULL || g->all == NULL || g->scores == NULL
        || g->order == NULL || g->rank == NULL)
    {
        return mz_shape_seg_nomem(g);
    }

    for (i = 0; i < n * 4; i++) {
        g->totals[i] = mz_shape_seg_empty(g, i % 2);
    }

    for (i = 0; i < g->nseries * 4; i++) {
        g->all[i] = mz_shape_seg_empty(g, i % 2);
    }

    if (g->ndays > 0) {
        n += g->nseries;

        if (n > MZ_SHAPE_CELLS_MAX / 4 / g->ndays) {
            return mz_fail(g->s->err, MZ_LIMIT, "the breakdown has %zu groups,"
                           " too many for stickiness by day: filter, or take a"
                           " property with fewer values", n);
        }

        g->daily = mz_shape_seg_array(n * 4, g->ndays);
        if (g->daily == NULL) {
            return mz_shape_seg_nomem(g);
        }
    }

    return MZ_OK;
}


static double *
mz_shape_seg_array(size_t n, size_t width)
{
    return calloc(n * width + 1, sizeof(double));
}


static mz_rc_t
mz_shape_seg_totals(mz_shape_seg_t *g, size_t i)
{
    size_t            row, series, group, op, period, cols[3];
    mz_rc_t           rc;
    mz_value_t        values[MZ_SPEC_BREAKDOWN_MAX];
    const mz_rset_t  *rs;

    rs = g->s->rows[i];
    op = g->plan[i].is_b;
    period = g->plan[i].is_previous;
    cols[0] = mz_shape_col(g->s, rs, "s");
    cols[1] = mz_shape_col(g->s, rs, "value");
    cols[2] = mz_rset_find(rs, mz_str("is_all"));

    if (cols[0] == SIZE_MAX || cols[1] == SIZE_MAX) {
        return MZ_INTERNAL;
    }

    for (row = 0; row < mz_rset_rows(rs); row++) {
        series = mz_shape_seg_series(g, rs, row, cols[0]);

        if (series == SIZE_MAX) {
            continue;
        }

        if (cols[2] == SIZE_MAX || mz_shape_int(rs, row, cols[2]) != 0) {
            *mz_shape_seg_all(g, series, period, op) =
                mz_shape_round(mz_shape_number(rs, row, cols[1]));
        }

        if (cols[2] != SIZE_MAX && mz_shape_int(rs, row, cols[2]) != 0) {
            continue;
        }

        rc = mz_groups_read(g->s->spec, rs, row, values, g->s->err);
        if (rc != MZ_OK) {
            return rc;
        }

        group = mz_groups_find(&g->groups, series, values);

        if (group != SIZE_MAX) {
            *mz_shape_seg_total(g, group, period, op) =
                mz_shape_round(mz_shape_number(rs, row, cols[1]));
        }
    }

    return MZ_OK;
}


/* The best groups have values, as many as the table has room for. */

static mz_rc_t
mz_shape_seg_rank(mz_shape_seg_t *g)
{
    size_t  i, k, n, room;

    n = g->groups.n;

    for (i = 0; i < n; i++) {
        g->scores[i] = mz_shape_seg_group(g, i, 0);
    }

    if (mz_groups_rank(&g->groups, g->scores, g->s->spec->is_asc, g->order)
        != MZ_OK)
    {
        return mz_shape_seg_nomem(g);
    }

    for (i = 0; i < n; i++) {
        g->rank[g->order[i]] = i;
    }

    room = MZ_SPEC_ROWS_MAX / (g->nbuckets > 0 ? g->nbuckets : 1);
    room = room < MZ_SHAPE_CELLS_MAX / 4 / (g->width + 1)
           ? room : MZ_SHAPE_CELLS_MAX / 4 / (g->width + 1);
    g->nkept = n < room ? n : room;
    g->s->is_truncated |= g->nkept < n;

    g->values = mz_shape_seg_array(g->nkept * 4, g->width);
    if (g->values == NULL) {
        return mz_shape_seg_nomem(g);
    }

    for (i = 0; i < g->nkept * 4; i++) {
        for (k = 0; k < g->width; k++) {
            g->values[i * g->width + k] = mz_shape_seg_empty(g, i % 2);
        }
    }

    return MZ_OK;
}


static mz_rc_t
mz_shape_seg_buckets(mz_shape_seg_t *g, size_t i)
{
    size_t               row, series, group, cols[3];
    int64_t              index;
    mz_rc_t              rc;
    mz_value_t           values[MZ_SPEC_BREAKDOWN_MAX];
    const mz_rset_t     *rs;
    const mz_segment_t  *plan;

    rs = g->s->rows[i];
    plan = &g->plan[i];
    cols[0] = mz_shape_col(g->s, rs, "s");
    cols[1] = mz_shape_col(g->s, rs, "b");
    cols[2] = mz_shape_col(g->s, rs, "value");

    if (cols[0] == SIZE_MAX || cols[1] == SIZE_MAX || cols[2] == SIZE_MAX) {
        return MZ_INTERNAL;
    }

    for (row = 0; row < mz_rset_rows(rs); row++) {
        series = mz_shape_seg_series(g, rs, row, cols[0]);
        index = mz_range_index(plan->from_ms,
                               mz_shape_int(rs, row, cols[1]) / 1000,
                               (mz_unit_t) g->s->spec->grain);

        if (series == SIZE_MAX || index < 0 || (size_t) index >= g->width) {
            continue;
        }

        rc = mz_groups_read(g->s->spec, rs, row, values, g->s->err);
        if (rc != MZ_OK) {
            return rc;
        }

        group = mz_groups_find(&g->groups, series, values);

        if (group != SIZE_MAX && g->rank[group] < g->nkept) {
            mz_shape_seg_values(g, g->rank[group], plan->is_previous,
                                plan->is_b)[index] =
                mz_shape_round(mz_shape_number(rs, row, cols[2]));
        }
    }

    return MZ_OK;
}


static mz_rc_t
mz_shape_seg_nomem(mz_shape_seg_t *g)
{
    return mz_fail(g->s->err, MZ_NOMEM, "out of memory");
}
