
#include <math.h>

#include "analysis/shape_path.h"
#include "base/mz_str.h"


#define MZ_SHAPE_PATH_CELLS_MAX  ((size_t) 2 * 1024 * 1024)

/* Columns of a row that the compiler wrote. */

typedef struct {
    size_t  b;
    size_t  is_all;
    size_t  steps[MZ_SPEC_STEPS_MAX];
    size_t  median;
    size_t  avg;
    size_t  p90;
} mz_shape_path_cols_t;


static mz_rc_t mz_shape_path_groups(mz_shape_path_t *p, const mz_rset_t *rs);
static mz_rc_t mz_shape_path_alloc(mz_shape_path_t *p);
static mz_rc_t mz_shape_path_cells(mz_shape_path_t *p, const mz_rset_t *rs,
    size_t period, bool has_bucket);
static mz_rc_t mz_shape_path_cols(mz_shape_path_t *p, const mz_rset_t *rs,
    mz_shape_path_cols_t *cols);
static mz_shape_cell_t *mz_shape_path_place(mz_shape_path_t *p, size_t group,
    size_t period, int64_t bucket_ms, bool has_bucket);
static void mz_shape_path_cell(mz_shape_path_t *p, const mz_rset_t *rs,
    size_t row, const mz_shape_path_cols_t *cols, mz_shape_cell_t *c);
static void mz_shape_path_empty(mz_shape_cell_t *c);


mz_rc_t
mz_shape_path_read(mz_shape_path_t *p)
{
    bool              has_bucket;
    size_t            i, n, each;
    mz_rc_t           rc;
    mz_unit_t         unit;
    const mz_spec_t  *spec;

    spec = p->s->spec;
    unit = (mz_unit_t) spec->grain;
    mz_groups_init(&p->groups, spec);
    mz_shape_path_empty(&p->all[0]);
    mz_shape_path_empty(&p->all[1]);

    each = spec->grain == MZ_GRAIN_TOTAL ? 1 : 2;
    n = spec->compare == MZ_COMPARE_NONE ? each : each * 2;

    if (p->s->nrows != n) {
        return mz_fail(p->s->err, MZ_INTERNAL, "%zu results for %zu"
                       " statements", p->s->nrows, n);
    }

    if (each == 2) {
        p->nbuckets = mz_range_buckets(spec->range.from_ms,
                                       spec->range.to_ms, unit);
        p->nbefore = spec->compare == MZ_COMPARE_NONE
                     ? 0 : mz_range_buckets(spec->previous.from_ms,
                                            spec->previous.to_ms, unit);
        p->width = p->nbuckets > p->nbefore ? p->nbuckets : p->nbefore;
    }

    rc = MZ_OK;

    for (i = 0; i < n && rc == MZ_OK; i++) {
        rc = mz_shape_path_groups(p, p->s->rows[i]);
    }

    if (rc == MZ_OK) {
        rc = mz_shape_path_alloc(p);
    }

    for (i = 0; i < n && rc == MZ_OK; i++) {
        has_bucket = each == 2 && i % 2 == 0;
        rc = mz_shape_path_cells(p, p->s->rows[i], i / each, has_bucket);
    }

    return rc;
}


void
mz_shape_path_free(mz_shape_path_t *p)
{
    mz_groups_free(&p->groups);
    free(p->order);
    free(p->totals);
    free(p->buckets);
}


const mz_shape_cell_t *
mz_shape_path_total(const mz_shape_path_t *p, size_t group, size_t period)
{
    return &p->totals[group * 2 + period];
}


const mz_shape_cell_t *
mz_shape_path_bucket(const mz_shape_path_t *p, size_t group, size_t period,
    size_t bucket)
{
    return &p->buckets[(group * 2 + period) * p->width + bucket];
}


double
mz_shape_path_value(const mz_shape_path_t *p, const mz_shape_cell_t *c)
{
    double  entered, completed;

    entered = c->users[0];
    completed = c->users[p->funnel->nsteps - 1];

    switch (p->funnel->measure) {

    case MZ_FUNNEL_CONVERSION:
        return mz_shape_ratio(completed, entered);

    case MZ_FUNNEL_USERS:
        return completed;

    case MZ_FUNNEL_DROP_OFF:
        return mz_shape_ratio(entered - completed, entered);

    case MZ_FUNNEL_MEDIAN_TIME:
        return c->median;

    case MZ_FUNNEL_AVG_TIME:
        return c->avg;

    default:
        return c->p90;
    }
}


void
mz_shape_path_step(const mz_shape_path_t *p, size_t k, mz_buf_t *out)
{
    if (p->funnel->order == MZ_ORDER_ANY) {
        mz_buf_addf(out, "%zu of %zu", k + 1, p->funnel->nsteps);

    } else if (p->funnel->steps[k].is_any) {
        mz_buf_add_c(out, "any event");

    } else {
        mz_buf_add_str(out, p->funnel->steps[k].event);
    }
}


static mz_rc_t
mz_shape_path_groups(mz_shape_path_t *p, const mz_rset_t *rs)
{
    size_t      row, col, index;
    mz_rc_t     rc;
    mz_value_t  values[MZ_SPEC_BREAKDOWN_MAX];

    memset(values, 0, sizeof(values));
    col = mz_rset_find(rs, mz_str("is_all"));

    rc = MZ_OK;

    if (p->s->spec->nbreakdown == 0) {
        rc = mz_groups_add(&p->groups, 0, values, &index);
    }

    for (row = 0; p->s->spec->nbreakdown > 0 && row < mz_rset_rows(rs)
                  && rc == MZ_OK; row++)
    {

        if (col != SIZE_MAX && mz_shape_int(rs, row, col) != 0) {
            continue;
        }

        rc = mz_groups_read(p->s->spec, rs, row, values, p->s->err);
        if (rc == MZ_OK) {
            rc = mz_groups_add(&p->groups, 0, values, &index);
        }
    }

    return rc != MZ_NOMEM ? rc
                          : mz_fail(p->s->err, MZ_NOMEM, "out of memory");
}


static mz_rc_t
mz_shape_path_alloc(mz_shape_path_t *p)
{
    size_t  i, n;

    n = p->groups.n * 2;

    if (p->width > 0 && n > MZ_SHAPE_PATH_CELLS_MAX / p->width) {
        return mz_fail(p->s->err, MZ_LIMIT, "the breakdown has %zu groups, too"
                       " many for %zu buckets: filter, or take a coarser"
                       " grain", p->groups.n, p->width);
    }

    p->totals = calloc(n + 1, sizeof(mz_shape_cell_t));
    p->buckets = calloc(n * p->width + 1, sizeof(mz_shape_cell_t));

    if (p->totals == NULL || p->buckets == NULL) {
        return mz_fail(p->s->err, MZ_NOMEM, "out of memory");
    }

    for (i = 0; i < n; i++) {
        mz_shape_path_empty(&p->totals[i]);
    }

    for (i = 0; i < n * p->width; i++) {
        mz_shape_path_empty(&p->buckets[i]);
    }

    return MZ_OK;
}


static mz_rc_t
mz_shape_path_cells(mz_shape_path_t *p, const mz_rset_t *rs, size_t period,
    bool has_bucket)
{
    bool                   is_all;
    size_t                 row, group;
    mz_rc_t                rc;
    mz_value_t             values[MZ_SPEC_BREAKDOWN_MAX];
    mz_shape_cell_t       *c;
    mz_shape_path_cols_t   cols;

    rc = mz_shape_path_cols(p, rs, &cols);

    for (row = 0; row < mz_rset_rows(rs) && rc == MZ_OK; row++) {

        is_all = !has_bucket
                 && (cols.is_all == SIZE_MAX
                     || mz_shape_int(rs, row, cols.is_all) != 0);
        if (is_all) {
            mz_shape_path_cell(p, rs, row, &cols, &p->all[period]);
        }

        if (is_all && p->s->spec->nbreakdown > 0) {
            continue;
        }

        rc = mz_groups_read(p->s->spec, rs, row, values, p->s->err);
        if (rc != MZ_OK) {
            break;
        }

        group = mz_groups_find(&p->groups, 0, values);
        c = mz_shape_path_place(p, group, period,
                                mz_shape_int(rs, row, cols.b) / 1000,
                                has_bucket);
        if (c != NULL) {
            mz_shape_path_cell(p, rs, row, &cols, c);
        }
    }

    return rc;
}


static mz_rc_t
mz_shape_path_cols(mz_shape_path_t *p, const mz_rset_t *rs,
    mz_shape_path_cols_t *cols)
{
    bool    is_missing;
    char    name[24];
    size_t  k;

    cols->b = mz_shape_col(p->s, rs, "b");
    cols->is_all = mz_rset_find(rs, mz_str("is_all"));
    cols->median = mz_shape_col(p->s, rs, "median_s");
    cols->avg = mz_shape_col(p->s, rs, "avg_s");
    cols->p90 = mz_shape_col(p->s, rs, "p90_s");
    is_missing = cols->b == SIZE_MAX || cols->median == SIZE_MAX
                 || cols->avg == SIZE_MAX || cols->p90 == SIZE_MAX;

    for (k = 0; k < p->funnel->nsteps; k++) {
        snprintf(name, sizeof(name), "n%zu", k + 1);
        cols->steps[k] = mz_shape_col(p->s, rs, name);
        is_missing |= cols->steps[k] == SIZE_MAX;
    }

    return is_missing ? MZ_INTERNAL : MZ_OK;
}


static mz_shape_cell_t *
mz_shape_path_place(mz_shape_path_t *p, size_t group, size_t period,
    int64_t bucket_ms, bool has_bucket)
{
    int64_t            i;
    const mz_range_t  *range;

    if (group == SIZE_MAX) {
        return NULL;
    }

    if (!has_bucket) {
        return &p->totals[group * 2 + period];
    }

    range = period == 0 ? &p->s->spec->range : &p->s->spec->previous;
    i = mz_range_index(range->from_ms, bucket_ms,
                       (mz_unit_t) p->s->spec->grain);

    return i < 0 || (size_t) i >= p->width
           ? NULL : &p->buckets[(group * 2 + period) * p->width + (size_t) i];
}


static void
mz_shape_path_cell(mz_shape_path_t *p, const mz_rset_t *rs, size_t row,
    const mz_shape_path_cols_t *cols, mz_shape_cell_t *c)
{
    size_t  k;

    for (k = 0; k < p->funnel->nsteps; k++) {
        c->users[k] = mz_shape_number(rs, row, cols->steps[k]);
    }

    c->median = mz_shape_round(mz_shape_number(rs, row, cols->median));
    c->avg = mz_shape_round(mz_shape_number(rs, row, cols->avg));
    c->p90 = mz_shape_round(mz_shape_number(rs, row, cols->p90));
}


static void
mz_shape_path_empty(mz_shape_cell_t *c)
{
    memset(c, 0, sizeof(mz_shape_cell_t));
    c->median = NAN;
    c->avg = NAN;
    c->p90 = NAN;
}
