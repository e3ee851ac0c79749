
#include <math.h>

#include "analysis/shape.h"
#include "analysis/shape_path.h"
#include "analysis/spec_read.h"
#include "base/mz_str.h"


static mz_rc_t mz_shape_funnel_rank(mz_shape_path_t *p);
static mz_rc_t mz_shape_funnel_columns(mz_shape_path_t *p);
static mz_rc_t mz_shape_funnel_table(mz_shape_path_t *p);
static mz_rc_t mz_shape_funnel_step_row(mz_shape_path_t *p, size_t group,
    size_t k);
static mz_rc_t mz_shape_funnel_trend_columns(mz_shape_path_t *p);
static mz_rc_t mz_shape_funnel_trend(mz_shape_path_t *p);
static mz_rc_t mz_shape_funnel_bucket_row(mz_shape_path_t *p, size_t group,
    size_t bucket);


mz_rc_t
mz_shape_funnel(mz_shape_t *s)
{
    mz_rc_t          rc;
    mz_shape_path_t  p;

    memset(&p, 0, sizeof(mz_shape_path_t));
    p.s = s;
    p.funnel = &s->spec->u.funnel;

    rc = mz_shape_path_read(&p);
    if (rc == MZ_OK) {
        rc = mz_shape_funnel_rank(&p);
    }

    if (rc == MZ_OK) {
        rc = s->spec->grain == MZ_GRAIN_TOTAL
             ? mz_shape_funnel_columns(&p)
             : mz_shape_funnel_trend_columns(&p);
    }

    if (rc == MZ_OK) {
        rc = s->spec->grain == MZ_GRAIN_TOTAL
             ? mz_shape_funnel_table(&p) : mz_shape_funnel_trend(&p);
    }

    if (rc == MZ_OK) {
        rc = mz_shape_path_facts(&p);
    }

    mz_shape_path_free(&p);

    return rc;
}


/* Ranked by the measure when a top is asked for, else by who entered. */

static mz_rc_t
mz_shape_funnel_rank(mz_shape_path_t *p)
{
    size_t   i, n;
    double  *scores;
    mz_rc_t  rc;

    n = p->groups.n;
    scores = calloc(n + 1, sizeof(double));
    p->order = calloc(n + 1, sizeof(size_t));

    if (scores == NULL || p->order == NULL) {
        free(scores);
        return mz_fail(p->s->err, MZ_NOMEM, "out of memory");
    }

    for (i = 0; i < n; i++) {
        scores[i] = p->s->spec->has_top
                    ? mz_shape_path_value(p, mz_shape_path_total(p, i, 0))
                    : mz_shape_path_total(p, i, 0)->users[0];
    }

    rc = mz_groups_rank(&p->groups, scores, p->s->spec->is_asc, p->order);
    free(scores);

    return rc == MZ_OK ? rc : mz_fail(p->s->err, MZ_NOMEM, "out of memory");
}


static mz_rc_t
mz_shape_funnel_columns(mz_shape_path_t *p)
{
    size_t                    i;
    mz_rc_t                   rc;
    mz_shape_t               *s;
    static const char *const  taken[] = {
        "step", "event", "users", "rate", "step_rate", "drop_off",
        "median_seconds", "avg_seconds", "p90_seconds", "previous_users",
        "previous_rate", "change", "change_pct", NULL
    };
    static const struct {
        const char  *name;
        mz_dtype_t   dtype;
    } columns[] = {
        { "step", MZ_DTYPE_INT64 },
        { "event", MZ_DTYPE_STRING },
        { "users", MZ_DTYPE_INT64 },
        { "rate", MZ_DTYPE_FLOAT64 },
        { "step_rate", MZ_DTYPE_FLOAT64 },
        { "drop_off", MZ_DTYPE_INT64 },
        { "median_seconds", MZ_DTYPE_FLOAT64 },
        { "avg_seconds", MZ_DTYPE_FLOAT64 },
        { "p90_seconds", MZ_DTYPE_FLOAT64 },
        { "previous_users", MZ_DTYPE_INT64 },
        { "previous_rate", MZ_DTYPE_FLOAT64 }
    };

    s = p->s;

    rc = mz_shape_group_columns(s, taken);

    for (i = 0; i < MZ_ARRAY_LEN(columns) && rc == MZ_OK; i++) {
        if (i < 9 || s->spec->compare != MZ_COMPARE_NONE) {
            rc = mz_shape_column(s, columns[i].name, columns[i].dtype);
        }
    }

    return rc == MZ_OK ? mz_shape_compare_columns(s) : rc;
}


static mz_rc_t
mz_shape_funnel_table(mz_shape_path_t *p)
{
    size_t   i, k;
    mz_rc_t  rc;

    rc = MZ_OK;

    for (i = 0; i < p->groups.n; i++) {
        for (k = 0; k < p->funnel->nsteps && rc == MZ_OK; k++) {
            rc = mz_shape_funnel_step_row(p, p->order[i], k);
        }
    }

    return rc;
}


static mz_rc_t
mz_shape_funnel_step_row(mz_shape_path_t *p, size_t group, size_t k)
{
    bool                    is_last;
    double                  rate, before;
    size_t                  i, col;
    mz_rc_t                 rc;
    mz_buf_t                name;
    mz_value_t              row[MZ_SPEC_BREAKDOWN_MAX + 13];
    const mz_shape_cell_t  *c, *b;

    c = mz_shape_path_total(p, group, 0);
    b = mz_shape_path_total(p, group, 1);
    is_last = k + 1 == p->funnel->nsteps;
    rate = mz_shape_ratio(c->users[k], c->users[0]);
    before = mz_shape_ratio(b->users[k], b->users[0]);
    mz_buf_init(&name, 0);
    mz_shape_path_step(p, k, &name);

    for (i = 0, col = 0; i < p->s->spec->nbreakdown; i++) {
        row[col++] = p->groups.items[group].values[i];
    }

    row[col++] = mz_shape_value((double) k + 1);
    row[col++] = mz_shape_text(mz_buf_view(&name));
    row[col++] = mz_shape_value(c->users[k]);
    row[col++] = mz_shape_value(rate);
    row[col++] = mz_shape_value(k == 0 ? NAN
                                : mz_shape_ratio(c->users[k],
                                                 c->users[k - 1]));
    row[col++] = mz_shape_value(k == 0 ? 0 : c->users[k - 1] - c->users[k]);
    row[col++] = mz_shape_value(is_last ? c->median : NAN);
    row[col++] = mz_shape_value(is_last ? c->avg : NAN);
    row[col++] = mz_shape_value(is_last ? c->p90 : NAN);

    if (p->s->spec->compare != MZ_COMPARE_NONE) {
        row[col++] = mz_shape_value(b->users[k]);
        row[col++] = mz_shape_value(before);
        mz_shape_compare_values(&row[col], rate, before);
    }

    rc = mz_shape_row(p->s, row);
    mz_buf_free(&name);

    return rc;
}


static mz_rc_t
mz_shape_funnel_trend_columns(mz_shape_path_t *p)
{
    char                      name[16];
    size_t                    k;
    mz_rc_t                   rc;
    mz_shape_t               *s;
    static const char *const  taken[] = {
        "bucket", "step_1", "step_2", "step_3", "step_4", "step_5", "step_6",
        "step_7", "step_8", "step_9", "step_10", "value", "previous",
        "change", "change_pct", NULL
    };

    s = p->s;

    rc = mz_shape_bucket_column(s, "bucket");
    if (rc == MZ_OK) {
        rc = mz_shape_group_columns(s, taken);
    }

    for (k = 1; k <= p->funnel->nsteps && rc == MZ_OK; k++) {
        snprintf(name, sizeof(name), "step_%zu", k);
        rc = mz_shape_column(s, name, MZ_DTYPE_INT64);
    }

    if (rc == MZ_OK) {
        rc = mz_shape_column(s, "value", MZ_DTYPE_FLOAT64);
    }

    if (rc == MZ_OK && s->spec->compare != MZ_COMPARE_NONE) {
        rc = mz_shape_column(s, "previous", MZ_DTYPE_FLOAT64);
    }

    return rc == MZ_OK ? mz_shape_compare_columns(s) : rc;
}


static mz_rc_t
mz_shape_funnel_trend(mz_shape_path_t *p)
{
    size_t   i, bucket;
    mz_rc_t  rc;

    rc = MZ_OK;

    for (i = 0; i < p->groups.n; i++) {
        for (bucket = 0; bucket < p->nbuckets && rc == MZ_OK; bucket++) {
            rc = mz_shape_funnel_bucket_row(p, p->order[i], bucket);
        }
    }

    return rc;
}


static mz_rc_t
mz_shape_funnel_bucket_row(mz_shape_path_t *p, size_t group, size_t bucket)
{
    double                  value, before;
    size_t                  i, col;
    int64_t                 ms;
    mz_unit_t               unit;
    mz_value_t              row[MZ_SPEC_BREAKDOWN_MAX + MZ_SPEC_STEPS_MAX + 5];
    const mz_shape_cell_t  *c;

    unit = (mz_unit_t) p->s->spec->grain;
    ms = mz_time_add(mz_time_floor(p->s->spec->range.from_ms, unit), unit,
                     (int64_t) bucket);
    c = mz_shape_path_bucket(p, group, 0, bucket);
    value = mz_shape_path_value(p, c);
    before = bucket < p->nbefore
             ? mz_shape_path_value(p, mz_shape_path_bucket(p, group, 1,
                                                           bucket)) : NAN;
    col = 0;
    row[col++] = mz_shape_bucket(p->s, ms);

    for (i = 0; i < p->s->spec->nbreakdown; i++) {
        row[col++] = p->groups.items[group].values[i];
    }

    for (i = 0; i < p->funnel->nsteps; i++) {
        row[col++] = mz_shape_value(c->users[i]);
    }

    row[col++] = mz_shape_value(value);

    if (p->s->spec->compare != MZ_COMPARE_NONE) {
        row[col++] = mz_shape_value(before);
        mz_shape_compare_values(&row[col], value, before);
    }

    return mz_shape_row(p->s, row);
}
