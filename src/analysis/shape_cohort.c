
#include <math.h>

#include "analysis/shape_cohort.h"
#include "base/mz_str.h"


#define MZ_SHAPE_COHORTS_MAX  ((size_t) 64 * 1024)


static mz_rc_t mz_shape_cohort_groups(mz_shape_cohorts_t *c,
    const mz_rset_t *rs);
static mz_rc_t mz_shape_cohort_alloc(mz_shape_cohorts_t *c);
static mz_rc_t mz_shape_cohort_sizes(mz_shape_cohorts_t *c,
    const mz_rset_t *rs, size_t period);
static mz_rc_t mz_shape_cohort_returns(mz_shape_cohorts_t *c,
    const mz_rset_t *rs, size_t period);
static mz_rc_t mz_shape_cohort_targets(mz_shape_cohorts_t *c,
    const mz_rset_t *rs, size_t row, size_t period,
    mz_shape_cohort_t *targets[3]);
static mz_rc_t mz_shape_cohort_words(mz_shape_cohorts_t *c);
static mz_rc_t mz_shape_cohort_set_event(mz_shape_cohorts_t *c,
    const char *key, const mz_spec_step_t *step);
static json_t *mz_shape_cohort_curve(mz_shape_cohorts_t *c,
    const mz_shape_cohort_t *now, const mz_shape_cohort_t *before);
static mz_rc_t mz_shape_cohort_point(mz_shape_cohorts_t *c, json_t *obj,
    const mz_shape_cohort_t *now, const mz_shape_cohort_t *before, size_t k);
static mz_rc_t mz_shape_cohort_series(mz_shape_cohorts_t *c);


mz_rc_t
mz_shape_cohort_read(mz_shape_cohorts_t *c)
{
    size_t            i, n;
    mz_rc_t           rc;
    const mz_spec_t  *spec;

    spec = c->s->spec;
    mz_groups_init(&c->groups, spec);
    n = spec->compare == MZ_COMPARE_NONE ? 2 : 4;

    if (c->s->nrows != n) {
        return mz_fail(c->s->err, MZ_INTERNAL, "%zu results for %zu"
                       " statements", c->s->nrows, n);
    }

    if (spec->grain != MZ_GRAIN_TOTAL) {
        c->nbuckets = mz_range_buckets(spec->range.from_ms,
                                       spec->range.to_ms,
                                       (mz_unit_t) spec->grain);
    }

    rc = MZ_OK;

    for (i = 0; i < n && rc == MZ_OK; i += 2) {
        rc = mz_shape_cohort_groups(c, c->s->rows[i]);
    }

    if (rc == MZ_OK) {
        rc = mz_shape_cohort_alloc(c);
    }

    for (i = 0; i < n && rc == MZ_OK; i += 2) {
        rc = mz_shape_cohort_sizes(c, c->s->rows[i], i / 2);

        if (rc == MZ_OK) {
            rc = mz_shape_cohort_returns(c, c->s->rows[i + 1], i / 2);
        }
    }

    return rc;
}


void
mz_shape_cohort_free(mz_shape_cohorts_t *c)
{
    mz_groups_free(&c->groups);
    free(c->order);
    free(c->pooled);
    free(c->cohorts);
}


double
mz_shape_cohort_counted(const mz_spec_retention_t *ret,
    const mz_shape_cohort_t *c, size_t cell)
{
    return ret->is_inverted ? c->size[cell] - c->returned[cell]
                            : c->returned[cell];
}


double
mz_shape_cohort_rate(const mz_spec_retention_t *ret,
    const mz_shape_cohort_t *c, size_t cell)
{
    return mz_shape_ratio(mz_shape_cohort_counted(ret, c, cell),
                          c->size[cell]);
}


void
mz_shape_cohort_label(const mz_spec_retention_t *ret, size_t cell,
    mz_buf_t *out)
{
    const char            *unit;
    const mz_spec_cell_t  *k;

    k = &ret->cells[cell];
    unit = mz_unit_name(ret->period);

    if (ret->mode == MZ_RETENTION_ON_OR_AFTER) {
        mz_buf_addf(out, "%s %d or later", unit, k->a);

    } else if (k->a == k->b) {
        mz_buf_addf(out, "%s %d", unit, k->a);

    } else {
        mz_buf_addf(out, "%ss %d-%d", unit, k->a, k->b);
    }
}


mz_rc_t
mz_shape_cohort_facts(mz_shape_cohorts_t *c)
{
    json_t      *obj;
    mz_rc_t      rc;
    mz_shape_t  *s;

    s = c->s;

    rc = mz_shape_cohort_words(c);
    if (rc == MZ_OK) {
        rc = mz_shape_set(s, s->facts, "users",
                          mz_shape_json(c->all[0].entries));
    }

    if (rc == MZ_OK) {
        rc = mz_shape_set(s, s->facts, "retention",
                          mz_shape_cohort_curve(c, &c->all[0], &c->all[1]));
    }

    if (rc == MZ_OK && s->spec->grain != MZ_GRAIN_TOTAL) {
        rc = mz_shape_set(s, s->facts, "cohorts",
                          json_integer((json_int_t) c->nbuckets));
    }

    if (rc == MZ_OK && s->spec->compare != MZ_COMPARE_NONE) {
        obj = mz_shape_compare(s);
        rc = mz_shape_set(s, obj, "users", mz_shape_json(c->all[1].entries));

        if (rc == MZ_OK) {
            rc = mz_shape_set(s, s->facts, "compare", obj);
        } else {
            json_decref(obj);
        }
    }

    if (rc == MZ_OK && s->spec->nbreakdown > 0) {
        rc = mz_shape_cohort_series(c);
    }

    return rc;
}


static mz_rc_t
mz_shape_cohort_groups(mz_shape_cohorts_t *c, const mz_rset_t *rs)
{
    size_t      row, index;
    mz_rc_t     rc;
    mz_value_t  values[MZ_SPEC_BREAKDOWN_MAX];

    memset(values, 0, sizeof(values));
    rc = MZ_OK;

    if (c->s->spec->nbreakdown == 0) {
        rc = mz_groups_add(&c->groups, 0, values, &index);
    }

    for (row = 0; c->s->spec->nbreakdown > 0 && row < mz_rset_rows(rs)
                  && rc == MZ_OK; row++)
    {
        rc = mz_groups_read(c->s->spec, rs, row, values, c->s->err);
        if (rc == MZ_OK) {
            rc = mz_groups_add(&c->groups, 0, values, &index);
        }
    }

    return rc != MZ_NOMEM ? rc
                          : mz_fail(c->s->err, MZ_NOMEM, "out of memory");
}


static mz_rc_t
mz_shape_cohort_alloc(mz_shape_cohorts_t *c)
{
    size_t  n;

    n = c->groups.n;

    if (n > MZ_SHAPE_COHORTS_MAX
        || (c->nbuckets > 0 && n > MZ_SHAPE_COHORTS_MAX / c->nbuckets))
    {
        return mz_fail(c->s->err, MZ_LIMIT, "the breakdown has %zu groups, too"
                       " many for retention: filter, or take a property with"
                       " fewer values", n);
    }

    c->pooled = calloc(n * 2 + 1, sizeof(mz_shape_cohort_t));
    c->cohorts = calloc(n * c->nbuckets + 1, sizeof(mz_shape_cohort_t));

    if (c->pooled == NULL || c->cohorts == NULL) {
        return mz_fail(c->s->err, MZ_NOMEM, "out of memory");
    }

    return MZ_OK;
}


/* Entries by age: mk full periods have passed for n of them. */

static mz_rc_t
mz_shape_cohort_sizes(mz_shape_cohorts_t *c, const mz_rset_t *rs,
    size_t period)
{
    double              n;
    size_t              i, k, row, col_mk, col_n;
    mz_rc_t             rc;
    mz_shape_cohort_t  *targets[3];

    col_mk = mz_shape_col(c->s, rs, "mk");
    col_n = mz_shape_col(c->s, rs, "n");
    rc = col_mk == SIZE_MAX || col_n == SIZE_MAX ? MZ_INTERNAL : MZ_OK;

    for (row = 0; rc == MZ_OK && row < mz_rset_rows(rs); row++) {
        n = mz_shape_number(rs, row, col_n);
        rc = mz_shape_cohort_targets(c, rs, row, period, targets);

        for (i = 0; rc == MZ_OK && i < 3 && targets[i] != NULL; i++) {
            targets[i]->entries += n;

            for (k = 0; k < c->ret->ncells; k++) {
                if (mz_shape_int(rs, row, col_mk) > c->ret->cells[k].b) {
                    targets[i]->size[k] += n;
                }
            }
        }
    }

    return rc;
}


static mz_rc_t
mz_shape_cohort_returns(mz_shape_cohorts_t *c, const mz_rset_t *rs,
    size_t period)
{
    bool                is_last, is_in;
    double              n;
    size_t              i, k, row, cols[3];
    mz_rc_t             rc;
    mz_shape_cohort_t  *targets[3];

    is_last = c->ret->mode == MZ_RETENTION_ON_OR_AFTER;
    cols[0] = mz_shape_col(c->s, rs, is_last ? "lk" : "c");
    cols[1] = mz_shape_col(c->s, rs, "n");
    cols[2] = is_last ? mz_shape_col(c->s, rs, "mk") : 0;
    rc = cols[0] == SIZE_MAX || cols[1] == SIZE_MAX || cols[2] == SIZE_MAX
         ? MZ_INTERNAL : MZ_OK;

    for (row = 0; rc == MZ_OK && row < mz_rset_rows(rs); row++) {
        n = mz_shape_number(rs, row, cols[1]);
        rc = mz_shape_cohort_targets(c, rs, row, period, targets);

        for (k = 0; rc == MZ_OK && k < c->ret->ncells; k++) {

            is_in = is_last
                    ? mz_shape_int(rs, row, cols[0]) >= c->ret->cells[k].a
                      && mz_shape_int(rs, row, cols[2]) > c->ret->cells[k].b
                    : mz_shape_int(rs, row, cols[0]) == (int64_t) k;

            for (i = 0; is_in && i < 3 && targets[i] != NULL; i++) {
                targets[i]->returned[k] += n;
            }
        }
    }

    return rc;
}


/* All, the group, the cohort: as many as there are, then NULL. */

static mz_rc_t
mz_shape_cohort_targets(mz_shape_cohorts_t *c, const mz_rset_t *rs,
    size_t row, size_t period, mz_shape_cohort_t *targets[3])
{
    size_t      group, col;
    int64_t     bucket;
    mz_rc_t     rc;
    mz_value_t  values[MZ_SPEC_BREAKDOWN_MAX];

    memset(targets, 0, 3 * sizeof(targets[0]));

    rc = mz_groups_read(c->s->spec, rs, row, values, c->s->err);
    if (rc != MZ_OK) {
        return rc;
    }

    targets[0] = &c->all[period];
    group = mz_groups_find(&c->groups, 0, values);

    if (group == SIZE_MAX) {
        return MZ_OK;
    }

    targets[1] = &c->pooled[group * 2 + period];

    if (period == 1 || c->nbuckets == 0) {
        return MZ_OK;
    }

    col = mz_shape_col(c->s, rs, "b");
    if (col == SIZE_MAX) {
        return MZ_INTERNAL;
    }

    bucket = mz_range_index(c->s->spec->range.from_ms,
                            mz_shape_int(rs, row, col) / 1000,
                            (mz_unit_t) c->s->spec->grain);

    if (bucket >= 0 && (size_t) bucket < c->nbuckets) {
        targets[2] = &c->cohorts[group * c->nbuckets + (size_t) bucket];
    }

    return MZ_OK;
}


static mz_rc_t
mz_shape_cohort_words(mz_shape_cohorts_t *c)
{
    size_t                    i;
    mz_rc_t                   rc;
    mz_shape_t               *s;
    static const char *const  copied[] = { "period", "mode", "scope" };

    s = c->s;
    rc = mz_shape_set(s, s->facts, "invert",
                      json_boolean(c->ret->is_inverted));

    for (i = 0; i < MZ_ARRAY_LEN(copied) && rc == MZ_OK; i++) {
        rc = mz_shape_set(s, s->facts, copied[i],
                          json_deep_copy(json_object_get(s->spec->json,
                                                         copied[i])));
    }

    if (rc == MZ_OK) {
        rc = mz_shape_cohort_set_event(c, "start", &c->ret->start);
    }

    return rc == MZ_OK
           ? mz_shape_cohort_set_event(c, "return", &c->ret->ret) : rc;
}


static mz_rc_t
mz_shape_cohort_set_event(mz_shape_cohorts_t *c, const char *key,
    const mz_spec_step_t *step)
{
    return mz_shape_set(c->s, c->s->facts, key, mz_json_str_new(step->event));
}


static json_t *
mz_shape_cohort_curve(mz_shape_cohorts_t *c, const mz_shape_cohort_t *now,
    const mz_shape_cohort_t *before)
{
    size_t   k;
    json_t  *list, *obj;

    list = json_array();

    for (k = 0; list != NULL && k < c->ret->ncells; k++) {
        obj = json_object();

        if (mz_shape_cohort_point(c, obj, now, before, k) != MZ_OK) {
            json_decref(obj);
            json_decref(list);
            return NULL;
        }

        if (json_array_append_new(list, obj) != 0) {
            json_decref(list);
            return NULL;
        }
    }

    return list;
}


static mz_rc_t
mz_shape_cohort_point(mz_shape_cohorts_t *c, json_t *obj,
    const mz_shape_cohort_t *now, const mz_shape_cohort_t *before, size_t k)
{
    double    rate;
    mz_rc_t   rc;
    mz_buf_t  label;

    rate = mz_shape_cohort_rate(c->ret, now, k);
    mz_buf_init(&label, 0);
    mz_shape_cohort_label(c->ret, k, &label);

    rc = mz_shape_set(c->s, obj, "k", json_integer(c->ret->cells[k].a));
    if (rc == MZ_OK) {
        rc = mz_shape_set(c->s, obj, "label",
                          mz_json_str_new(mz_buf_view(&label)));
    }

    if (rc == MZ_OK) {
        rc = mz_shape_set(c->s, obj, "size", mz_shape_json(now->size[k]));
    }

    if (rc == MZ_OK) {
        rc = mz_shape_set(c->s, obj, c->ret->is_inverted ? "churned"
                                                         : "returned",
                          mz_shape_json(mz_shape_cohort_counted(c->ret, now,
                                                                k)));
    }

    if (rc == MZ_OK) {
        rc = mz_shape_set(c->s, obj, "rate", mz_shape_json(rate));
    }

    if (rc == MZ_OK) {
        rc = mz_shape_set(c->s, obj, "mature",
                          json_boolean(now->size[k] == now->entries));
    }

    if (rc == MZ_OK) {
        rc = mz_shape_set_change(c->s, obj, rate,
                                 mz_shape_cohort_rate(c->ret, before, k));
    }

    mz_buf_free(&label);

    return rc;
}


static mz_rc_t
mz_shape_cohort_series(mz_shape_cohorts_t *c)
{
    size_t                    i, n, group;
    json_t                   *list, *obj;
    mz_rc_t                   rc;
    const mz_shape_cohort_t  *p;

    n = c->groups.n < c->s->spec->top ? c->groups.n : c->s->spec->top;
    list = json_array();
    rc = MZ_OK;

    for (i = 0; i < n && rc == MZ_OK; i++) {
        group = c->order[i];
        p = &c->pooled[group * 2];
        obj = json_pack("{s:o, s:o, s:o}", "group",
                        mz_groups_json(c->s->spec, &c->groups.items[group]),
                        "users", mz_shape_json(p->entries), "retention",
                        mz_shape_cohort_curve(c, p, p + 1));

        if (obj == NULL || json_array_append_new(list, obj) != 0) {
            rc = mz_fail(c->s->err, MZ_NOMEM, "out of memory");
        }
    }

    if (rc != MZ_OK) {
        json_decref(list);
        return rc;
    }

    rc = mz_shape_set(c->s, c->s->facts, "series", list);

    return rc == MZ_OK ? mz_shape_set_groups(c->s, c->groups.n, n) : rc;
}
