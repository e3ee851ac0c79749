
#include "analysis/sql_funnel.h"
#include "base/mz_str.h"


static void mz_sql_funnel_scan(mz_sql_t *s, const mz_sql_funnel_t *f);
static void mz_sql_funnel_flag(mz_sql_t *s, const mz_sql_funnel_t *f,
    const mz_spec_step_t *step, const char *name, int i);
static void mz_sql_funnel_names(mz_sql_t *s, const mz_sql_funnel_t *f);
static void mz_sql_funnel_step_rows(mz_sql_t *s, const mz_sql_funnel_t *f);
static void mz_sql_funnel_last(mz_sql_t *s, const mz_sql_funnel_t *f);
static void mz_sql_funnel_entries(mz_sql_t *s, const mz_sql_funnel_t *f);


/*
 * By bucket, an ordered funnel is followed once for every bucket the user
 * entered in: his rows are repeated for each, with m1 only on its own.
 */

void
mz_sql_funnel_rows(mz_sql_t *s, const mz_sql_funnel_t *f)
{
    bool  is_repeated;

    is_repeated = f->has_bucket && f->funnel->order == MZ_ORDER_ORDERED;

    mz_sql_add(s, "scan AS (");
    mz_sql_funnel_scan(s, f);
    mz_sql_add(s, "), ");

    mz_sql_add(s, f->funnel->nexclude > 0 || is_repeated
                  ? "m AS " : "e AS MATERIALIZED ");
    mz_sql_funnel_step_rows(s, f);

    if (f->funnel->nexclude > 0) {
        mz_sql_add(s, is_repeated ? ", n AS " : ", e AS MATERIALIZED ");
        mz_sql_funnel_last(s, f);
    }

    if (is_repeated) {
        mz_sql_funnel_entries(s, f);
    }
}


static void
mz_sql_funnel_scan(mz_sql_t *s, const mz_sql_funnel_t *f)
{
    int                      k;
    bool                     is_any;
    size_t                   i, n;
    int64_t                  to_ms;
    mz_str_t                 events[MZ_SPEC_STEPS_MAX + MZ_SPEC_EXCLUDE_MAX];
    const mz_spec_funnel_t  *funnel;

    funnel = f->funnel;
    is_any = funnel->order == MZ_ORDER_STRICT;

    for (i = 0, n = 0; i < funnel->nsteps; i++) {
        is_any |= funnel->steps[i].is_any;
        events[n++] = funnel->steps[i].event;
    }

    for (i = 0; i < funnel->nexclude; i++) {
        is_any |= funnel->exclude[i].is_any;
        events[n++] = funnel->exclude[i].event;
    }

    mz_sql_add(s, "SELECT ");
    mz_sql_ident(s, s->spec->cat->user_column);
    mz_sql_add(s, " AS u, ");
    mz_sql_time_us(s);
    mz_sql_add(s, " AS t");

    for (i = 0; i < funnel->nhold; i++) {
        mz_sql_add(s, ", ");
        mz_sql_column(s, &funnel->hold[i]);
        mz_sql_addf(s, " AS h%zu", i + 1);
    }

    if (f->has_bucket) {
        mz_sql_add(s, ", ");
        mz_sql_bucket(s, s->spec->grain);
        mz_sql_add(s, " AS b");
    }

    if (funnel->order == MZ_ORDER_ANY) {
        mz_sql_add(s, ", ");
        mz_sql_ident(s, s->spec->cat->time_column);
        mz_sql_add(s, " < ");
        mz_sql_time(s, f->range->to_ms);
        mz_sql_add(s, " AS q");
    }

    for (k = 1; k <= f->nsteps; k++) {
        mz_sql_funnel_flag(s, f, &funnel->steps[k - 1], "m", k);
    }

    for (k = 1; k <= (int) funnel->nexclude; k++) {
        mz_sql_funnel_flag(s, f, &funnel->exclude[k - 1], "x", k);
    }

    mz_sql_groups(s);

    /* A path may end after the range, but never after now. */

    to_ms = f->range->to_ms + funnel->window_ms;
    to_ms = to_ms < s->spec->now_ms ? to_ms : s->spec->now_ms;

    mz_sql_from(s);
    mz_sql_add(s, " WHERE ");
    mz_sql_events(s, events, n, is_any);
    mz_sql_add(s, " AND ");
    mz_sql_range(s, f->range->from_ms, to_ms);
    mz_sql_add(s, " AND ");
    mz_sql_has_user(s);

    for (i = 0; i < funnel->nhold; i++) {
        mz_sql_add(s, " AND ");
        mz_sql_ident(s, funnel->hold[i].name);
        mz_sql_add(s, " IS NOT NULL");
    }

    mz_sql_filters_users(s, &s->spec->filters, f->range);
}


/* ", coalesce(<the row is this step>, FALSE) AS m1" */

static void
mz_sql_funnel_flag(mz_sql_t *s, const mz_sql_funnel_t *f,
    const mz_spec_step_t *step, const char *name, int i)
{
    mz_sql_add(s, ", coalesce(");
    mz_sql_events(s, &step->event, 1, step->is_any);

    if (name[0] == 'm') {
        mz_sql_filters_rows(s, &s->spec->filters, step->event);

        if (i == 1 && f->funnel->order != MZ_ORDER_ANY) {
            mz_sql_add(s, " AND ");
            mz_sql_ident(s, s->spec->cat->time_column);
            mz_sql_add(s, " < ");
            mz_sql_time(s, f->range->to_ms);
        }
    }

    mz_sql_filters(s, &step->filters, f->range);
    mz_sql_addf(s, ", FALSE) AS %s%d", name, i);
}


/* ", q, m2, .., x1, .., g1": what the repeating step keeps as it is. */

static void
mz_sql_funnel_names(mz_sql_t *s, const mz_sql_funnel_t *f)
{
    int  k;

    for (k = 2; k <= f->nsteps; k++) {
        mz_sql_addf(s, ", c.m%d", k);
    }

    for (k = 1; k <= (int) f->funnel->nexclude; k++) {
        mz_sql_addf(s, ", c.l%d, c.e%d", k, k);
    }

    mz_sql_group_names(s, "c.");
}


static void
mz_sql_funnel_step_rows(mz_sql_t *s, const mz_sql_funnel_t *f)
{
    int  k;

    mz_sql_add(s, "(SELECT * FROM scan");

    if (f->funnel->order == MZ_ORDER_STRICT) {
        mz_sql_add(s, " WHERE u IN (SELECT u FROM scan WHERE m1))");
        return;
    }

    for (k = 1; k <= f->nsteps; k++) {
        mz_sql_addf(s, "%sm%d", k == 1 ? " WHERE " : " OR ", k);
    }

    for (k = 1; k <= (int) f->funnel->nexclude; k++) {
        mz_sql_addf(s, " OR x%d", k);
    }

    mz_sql_add(s, ")");
}


static void
mz_sql_funnel_last(mz_sql_t *s, const mz_sql_funnel_t *f)
{
    int     i, k;
    size_t  h;

    mz_sql_add(s, "(SELECT *");

    for (k = 1; k <= (int) f->funnel->nexclude; k++) {
        mz_sql_addf(s, ", max(CASE WHEN x%d THEN t END) OVER past AS l%d,"
                       " coalesce(bool_or(x%d) OVER same, FALSE) AS e%d", k, k,
                    k, k);
    }

    mz_sql_add(s, " FROM m WINDOW ");

    for (i = 0; i < 2; i++) {
        mz_sql_add(s, i == 0 ? "past AS (PARTITION BY u"
                             : ", same AS (PARTITION BY u");

        for (h = 1; h <= f->funnel->nhold; h++) {
            mz_sql_addf(s, ", h%zu", h);
        }

        mz_sql_add(s, i == 0 ? " ORDER BY t RANGE BETWEEN UNBOUNDED PRECEDING"
                               " AND 1 PRECEDING)" : ", t)");
    }

    mz_sql_add(s, ")");
}


static void
mz_sql_funnel_entries(mz_sql_t *s, const mz_sql_funnel_t *f)
{
    const char  *from;

    from = f->funnel->nexclude > 0 ? "n" : "m";

    mz_sql_add(s, ", p AS (SELECT ");
    mz_sql_funnel_keys(s, f, "");
    mz_sql_addf(s, ", min(t) AS t_first, max(t) AS t_last FROM %s WHERE m1"
                   " GROUP BY ", from);
    mz_sql_funnel_keys(s, f, "");
    mz_sql_add(s, "), e AS MATERIALIZED (SELECT ");
    mz_sql_funnel_keys(s, f, "p.");
    mz_sql_add(s, ", c.t, c.m1 AND c.b = p.b AS m1");
    mz_sql_funnel_names(s, f);
    mz_sql_addf(s, " FROM %s c JOIN p ON ", from);
    mz_sql_funnel_join(s, f, "c", "p", false);
    mz_sql_add(s, " AND c.t >= p.t_first AND c.t - p.t_last <= ");
    mz_sql_int(s, f->funnel->window_ms * 1000);
    mz_sql_add(s, ")");
}
