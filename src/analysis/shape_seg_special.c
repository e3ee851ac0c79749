
/* Measures whose rows are not values: stickiness and frequency. */

#include <math.h>

#include "analysis/shape_seg.h"
#include "base/mz_str.h"


#define MZ_SHAPE_DISTRIBUTION_MAX  20

typedef struct {
    size_t   rank;
    size_t   group;
    int64_t  count;
    double   users;
} mz_shape_seg_bar_t;


static mz_rc_t mz_shape_seg_sticky_rows(mz_shape_seg_t *g, size_t i);
static double *mz_shape_seg_days(const mz_shape_seg_t *g, size_t unit,
    size_t period, size_t which);
static void mz_shape_seg_sticky_ratio(mz_shape_seg_t *g, size_t unit,
    size_t period);
static double mz_shape_seg_sticky_mean(const mz_shape_seg_t *g, size_t unit,
    size_t period, int64_t from_ms, int64_t to_ms);
static mz_rc_t mz_shape_seg_bars(const mz_shape_seg_t *g,
    mz_shape_seg_bar_t **bars, size_t *n);
static int mz_shape_seg_cmp_bars(const void *a, const void *b);


/*
 * Users of the windows that end with each day, then the ratio of the two.
 * Units are the groups, and behind them the series over all groups.
 */

mz_rc_t
mz_shape_seg_sticky(mz_shape_seg_t *g)
{
    size_t             i, unit, period;
    double             v;
    mz_rc_t            rc;
    const mz_range_t  *range;

    for (i = 0; i < g->nplan; i++) {
        rc = mz_shape_seg_sticky_rows(g, i);
        if (rc != MZ_OK) {
            return rc;
        }
    }

    for (unit = 0; unit < g->groups.n + g->nseries; unit++) {
        for (period = 0; period < 2; period++) {
            range = period == 0 ? &g->s->spec->range : &g->s->spec->previous;

            mz_shape_seg_sticky_ratio(g, unit, period);
            v = mz_shape_seg_sticky_mean(g, unit, period, range->from_ms,
                                         range->to_ms);

            if (unit < g->groups.n) {
                *mz_shape_seg_total(g, unit, period, 0) = v;
            }

            if (unit >= g->groups.n) {
                *mz_shape_seg_all(g, unit - g->groups.n, period, 0) = v;

            } else if (g->s->spec->nbreakdown == 0) {
                *mz_shape_seg_all(g, g->groups.items[unit].series, period, 0)
                    = v;
            }
        }

        /* Without a breakdown the groups are the series. */

        if (g->s->spec->nbreakdown == 0 && unit + 1 == g->groups.n) {
            break;
        }
    }

    return MZ_OK;
}


void
mz_shape_seg_sticky_values(mz_shape_seg_t *g)
{
    size_t             i, n, rank, period;
    double            *out;
    int64_t            start;
    mz_unit_t          unit;
    const mz_range_t  *range;

    unit = (mz_unit_t) g->s->spec->grain;

    for (rank = 0; rank < g->nkept; rank++) {
        for (period = 0; period < 2; period++) {
            range = period == 0 ? &g->s->spec->range : &g->s->spec->previous;
            n = period == 0 ? g->nbuckets : g->nbefore;
            out = mz_shape_seg_values(g, rank, period, 0);
            start = mz_time_floor(range->from_ms, unit);

            for (i = 0; i < n; i++) {
                out[i] = mz_shape_seg_sticky_mean(g, g->order[rank], period,
                             mz_time_add(start, unit, (int64_t) i),
                             mz_time_add(start, unit, (int64_t) i + 1));
            }
        }
    }
}


mz_rc_t
mz_shape_seg_frequency(mz_shape_seg_t *g)
{
    size_t               i, k, n, col;
    mz_rc_t              rc;
    mz_buf_t             name;
    mz_value_t           row[MZ_SPEC_BREAKDOWN_MAX + 3];
    mz_shape_seg_bar_t  *bars;

    rc = mz_shape_seg_bars(g, &bars, &n);

    for (i = 0; i < n && rc == MZ_OK; i++) {
        col = 0;
        mz_buf_init(&name, 0);
        mz_shape_seg_name(g->s->spec,
                          g->groups.items[bars[i].group].series, &name);
        row[col++] = mz_shape_text(mz_buf_view(&name));

        for (k = 0; k < g->s->spec->nbreakdown; k++) {
            row[col++] = g->groups.items[bars[i].group].values[k];
        }

        row[col++] = mz_shape_value((double) bars[i].count);
        row[col++] = mz_shape_value(bars[i].users);
        rc = mz_shape_row(g->s, row);
        mz_buf_free(&name);
    }

    free(bars);

    return rc;
}


json_t *
mz_shape_seg_distribution(const mz_shape_seg_t *g, size_t group, double *mean)
{
    double               events, users;
    size_t               i, n;
    json_t              *list;
    mz_shape_seg_bar_t  *bars;

    *mean = NAN;

    if (mz_shape_seg_bars(g, &bars, &n) != MZ_OK) {
        return NULL;
    }

    list = json_array();
    events = 0;
    users = 0;

    for (i = 0; i < n; i++) {
        if (bars[i].group != group) {
            continue;
        }

        events += (double) bars[i].count * bars[i].users;
        users += bars[i].users;

        if (json_array_size(list) < MZ_SHAPE_DISTRIBUTION_MAX
            && json_array_append_new(list,
                   json_pack("{s:I, s:I}", "events",
                             (json_int_t) bars[i].count, "users",
                             (json_int_t) bars[i].users)) != 0)
        {
            json_decref(list);
            list = NULL;
            break;
        }
    }

    free(bars);
    *mean = mz_shape_round(mz_shape_ratio(events, users));

    return list;
}


static mz_rc_t
mz_shape_seg_sticky_rows(mz_shape_seg_t *g, size_t i)
{
    bool                 is_all;
    size_t               row, series, unit, cols[4];
    int64_t              day, first;
    mz_rc_t              rc;
    mz_value_t           values[MZ_SPEC_BREAKDOWN_MAX];
    const mz_rset_t     *rs;
    const mz_segment_t  *plan;

    rs = g->s->rows[i];
    plan = &g->plan[i];
    is_all = plan->part == MZ_SEGMENT_DELTAS_ALL;
    first = plan->from_ms / MZ_DAY_MS;
    cols[0] = mz_shape_col(g->s, rs, "s");
    cols[1] = mz_shape_col(g->s, rs, "d");
    cols[2] = mz_shape_col(g->s, rs, "num");
    cols[3] = mz_shape_col(g->s, rs, "den");

    for (unit = 0; unit < 4; unit++) {
        if (cols[unit] == SIZE_MAX) {
            return MZ_INTERNAL;
        }
    }

    for (row = 0; row < mz_rset_rows(rs); row++) {
        series = mz_shape_seg_series(g, rs, row, cols[0]);
        day = mz_shape_int(rs, row, cols[1]) - first;

        /* What ends after the last day changes nothing. */

        if (series == SIZE_MAX || day < 0 || (size_t) day >= g->ndays) {
            continue;
        }

        unit = g->groups.n + series;

        if (!is_all) {
            rc = mz_groups_read(g->s->spec, rs, row, values, g->s->err);
            if (rc != MZ_OK) {
                return rc;
            }

            unit = mz_groups_find(&g->groups, series, values);
        }

        if (unit != SIZE_MAX) {
            mz_shape_seg_days(g, unit, plan->is_previous, 0)[day] +=
                (double) mz_shape_int(rs, row, cols[2]);
            mz_shape_seg_days(g, unit, plan->is_previous, 1)[day] +=
                (double) mz_shape_int(rs, row, cols[3]);
        }
    }

    return MZ_OK;
}


static double *
mz_shape_seg_days(const mz_shape_seg_t *g, size_t unit, size_t period,
    size_t which)
{
    return &g->daily[((unit * 2 + period) * 2 + which) * g->ndays];
}


/* Adds the changes up; the numerator's place takes the ratio. */

static void
mz_shape_seg_sticky_ratio(mz_shape_seg_t *g, size_t unit, size_t period)
{
    double   a, b, *num, *den;
    size_t   i;

    num = mz_shape_seg_days(g, unit, period, 0);
    den = mz_shape_seg_days(g, unit, period, 1);
    a = 0;
    b = 0;

    for (i = 0; i < g->ndays; i++) {
        a += num[i];
        b += den[i];
        num[i] = mz_shape_ratio(a, b);
    }
}


/* The mean over the days of [from, to) that lie in the range. */

static double
mz_shape_seg_sticky_mean(const mz_shape_seg_t *g, size_t unit, size_t period,
    int64_t from_ms, int64_t to_ms)
{
    double             sum, *v;
    size_t             i, n;
    int64_t            day, first, last, begin;
    const mz_range_t  *range;

    range = period == 0 ? &g->s->spec->range : &g->s->spec->previous;
    v = mz_shape_seg_days(g, unit, period, 0);
    begin = mz_time_floor(range->from_ms, MZ_UNIT_DAY) / MZ_DAY_MS;
    first = mz_time_floor(from_ms, MZ_UNIT_DAY) / MZ_DAY_MS;
    last = to_ms < range->to_ms ? to_ms : range->to_ms;
    last = mz_time_floor(last - 1, MZ_UNIT_DAY) / MZ_DAY_MS;
    first = first > begin ? first : begin;
    sum = 0;
    n = 0;

    for (day = first; day <= last; day++) {
        i = (size_t) (day - begin + g->seg->a.measure.den_days - 1);

        if (i < g->ndays && !isnan(v[i])) {
            sum += v[i];
            n++;
        }
    }

    return n == 0 ? NAN : mz_shape_round(sum / (double) n);
}


/* In the order of the table. */

static mz_rc_t
mz_shape_seg_bars(const mz_shape_seg_t *g, mz_shape_seg_bar_t **bars,
    size_t *n)
{
    size_t            row, rows, series, group, cols[3];
    mz_value_t        values[MZ_SPEC_BREAKDOWN_MAX];
    const mz_rset_t  *rs;

    *n = 0;
    rs = g->s->rows[0];
    rows = mz_rset_rows(rs);
    cols[0] = mz_shape_col(g->s, rs, "s");
    cols[1] = mz_shape_col(g->s, rs, "c");
    cols[2] = mz_shape_col(g->s, rs, "value");
    *bars = calloc(rows + 1, sizeof(mz_shape_seg_bar_t));

    if (*bars == NULL || cols[0] == SIZE_MAX || cols[1] == SIZE_MAX
        || cols[2] == SIZE_MAX)
    {
        return mz_fail(g->s->err, *bars == NULL ? MZ_NOMEM : MZ_INTERNAL,
                       "the distribution cannot be made");
    }

    for (row = 0; row < rows; row++) {
        series = mz_shape_seg_series(g, rs, row, cols[0]);

        if (series == SIZE_MAX
            || mz_groups_read(g->s->spec, rs, row, values, g->s->err)
               != MZ_OK)
        {
            continue;
        }

        group = mz_groups_find(&g->groups, series, values);

        if (group != SIZE_MAX) {
            (*bars)[*n].rank = g->rank[group];
            (*bars)[*n].group = group;
            (*bars)[*n].count = mz_shape_int(rs, row, cols[1]);
            (*bars)[*n].users = mz_shape_number(rs, row, cols[2]);
            (*n)++;
        }
    }

    qsort(*bars, *n, sizeof(mz_shape_seg_bar_t), mz_shape_seg_cmp_bars);

    return MZ_OK;
}


static int
mz_shape_seg_cmp_bars(const void *a, const void *b)
{
    const mz_shape_seg_bar_t  *x, *y;

    x = a;
    y = b;

    if (x->rank != y->rank) {
        return x->rank < y->rank ? -1 : 1;
    }

    return (x->count > y->count) - (x->count < y->count);
}
