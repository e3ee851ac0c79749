
#include <math.h>

#include "analysis/shape.h"
#include "analysis/shape_cohort.h"
#include "base/mz_str.h"


static mz_rc_t mz_shape_retention_rank(mz_shape_cohorts_t *c);
static mz_rc_t mz_shape_retention_columns(mz_shape_cohorts_t *c);
static mz_rc_t mz_shape_retention_table(mz_shape_cohorts_t *c);
static mz_rc_t mz_shape_retention_rows(mz_shape_cohorts_t *c, size_t group,
    const mz_shape_cohort_t *now, const mz_shape_cohort_t *before,
    int64_t cohort_ms);


mz_rc_t
mz_shape_retention(mz_shape_t *s)
{
    mz_rc_t             rc;
    mz_shape_cohorts_t  c;

    memset(&c, 0, sizeof(mz_shape_cohorts_t));
    c.s = s;
    c.ret = &s->spec->u.ret;

    rc = mz_shape_cohort_read(&c);
    if (rc == MZ_OK) {
        rc = mz_shape_retention_rank(&c);
    }

    if (rc == MZ_OK) {
        rc = mz_shape_retention_columns(&c);
    }

    if (rc == MZ_OK) {
        rc = mz_shape_retention_table(&c);
    }

    if (rc == MZ_OK) {
        rc = mz_shape_cohort_facts(&c);
    }

    mz_shape_cohort_free(&c);

    return rc;
}


static mz_rc_t
mz_shape_retention_rank(mz_shape_cohorts_t *c)
{
    size_t   i, n;
    double  *scores;
    mz_rc_t  rc;

    n = c->groups.n;
    scores = calloc(n + 1, sizeof(double));
    c->order = calloc(n + 1, sizeof(size_t));

    if (scores == NULL || c->order == NULL) {
        free(scores);
        return mz_fail(c->s->err, MZ_NOMEM, "out of memory");
    }

    for (i = 0; i < n; i++) {
        scores[i] = c->pooled[i * 2].entries;
    }

    rc = mz_groups_rank(&c->groups, scores, false, c->order);
    free(scores);

    return rc == MZ_OK ? rc : mz_fail(c->s->err, MZ_NOMEM, "out of memory");
}


static mz_rc_t
mz_shape_retention_columns(mz_shape_cohorts_t *c)
{
    size_t                    i;
    mz_rc_t                   rc;
    mz_shape_t               *s;
    static const char *const  taken[] = {
        "cohort", "period", "label", "users", "size", "returned", "churned",
        "rate", "mature", "previous_rate", "change", "change_pct", NULL
    };
    static const struct {
        const char  *name;
        mz_dtype_t   dtype;
    } columns[] = {
        { "period", MZ_DTYPE_INT64 },
        { "label", MZ_DTYPE_STRING },
        { "users", MZ_DTYPE_INT64 },
        { "size", MZ_DTYPE_INT64 },
        { "returned", MZ_DTYPE_INT64 },
        { "rate", MZ_DTYPE_FLOAT64 },
        { "mature", MZ_DTYPE_BOOL },
        { "previous_rate", MZ_DTYPE_FLOAT64 }
    };

    s = c->s;

    rc = mz_shape_bucket_column(s, "cohort");
    if (rc == MZ_OK) {
        rc = mz_shape_group_columns(s, taken);
    }

    for (i = 0; i < MZ_ARRAY_LEN(columns) && rc == MZ_OK; i++) {

        if (i == 4 && c->ret->is_inverted) {
            rc = mz_shape_column(s, "churned", MZ_DTYPE_INT64);

        } else if (i < 7 || s->spec->compare != MZ_COMPARE_NONE) {
            rc = mz_shape_column(s, columns[i].name, columns[i].dtype);
        }
    }

    return rc == MZ_OK ? mz_shape_compare_columns(s) : rc;
}


/* The pooled rows of each group, then those of its cohorts. */

static mz_rc_t
mz_shape_retention_table(mz_shape_cohorts_t *c)
{
    size_t      i, k, group;
    int64_t     ms;
    mz_rc_t     rc;
    mz_unit_t   unit;

    rc = MZ_OK;
    unit = (mz_unit_t) c->s->spec->grain;
    ms = mz_time_floor(c->s->spec->range.from_ms, unit);

    for (i = 0; i < c->groups.n && rc == MZ_OK; i++) {
        group = c->order[i];
        rc = mz_shape_retention_rows(c, group, &c->pooled[group * 2],
                                     &c->pooled[group * 2 + 1], INT64_MIN);

        for (k = 0; k < c->nbuckets && rc == MZ_OK; k++) {
            rc = mz_shape_retention_rows(c, group,
                                         &c->cohorts[group * c->nbuckets + k],
                                         NULL,
                                         mz_time_add(ms, unit, (int64_t) k));
        }
    }

    return rc;
}


static mz_rc_t
mz_shape_retention_rows(mz_shape_cohorts_t *c, size_t group,
    const mz_shape_cohort_t *now, const mz_shape_cohort_t *before,
    int64_t cohort_ms)
{
    size_t      i, k, col;
    double      rate, previous;
    mz_rc_t     rc;
    mz_buf_t    label;
    mz_value_t  row[MZ_SPEC_BREAKDOWN_MAX + 11];

    rc = MZ_OK;

    for (k = 0; k < c->ret->ncells && rc == MZ_OK; k++) {
        mz_buf_init(&label, 0);
        mz_shape_cohort_label(c->ret, k, &label);
        rate = mz_shape_cohort_rate(c->ret, now, k);
        previous = before == NULL ? NAN
                                  : mz_shape_cohort_rate(c->ret, before, k);
        col = 0;

        if (c->s->spec->grain != MZ_GRAIN_TOTAL) {
            row[col] = mz_shape_bucket(c->s, cohort_ms == INT64_MIN
                                             ? 0 : cohort_ms);
            row[col++].is_null = cohort_ms == INT64_MIN;
        }

        for (i = 0; i < c->s->spec->nbreakdown; i++) {
            row[col++] = c->groups.items[group].values[i];
        }

        row[col++] = mz_shape_value(c->ret->cells[k].a);
        row[col++] = mz_shape_text(mz_buf_view(&label));
        row[col++] = mz_shape_value(now->entries);
        row[col++] = mz_shape_value(now->size[k]);
        row[col++] = mz_shape_value(mz_shape_cohort_counted(c->ret, now, k));
        row[col++] = mz_shape_value(rate);
        row[col++] = mz_shape_value(now->size[k] == now->entries);

        if (c->s->spec->compare != MZ_COMPARE_NONE) {
            row[col++] = mz_shape_value(previous);
            mz_shape_compare_values(&row[col], rate, previous);
        }

        rc = mz_shape_row(c->s, row);
        mz_buf_free(&label);
    }

    return rc;
}
