
/*
 * A funnel in three stages: the rows that match a step (sql_funnel_rows.c),
 * the levels each user reaches, and the counts.
 *
 * Order "ordered": level k holds, for each row of step k, the latest start
 * from which it is reached.  The nearest earlier row of level k-1 has it,
 * because that latest start never falls as time goes on; so an ASOF join is
 * exact.  It stays exact with excluded events: if the nearest row is cut off
 * by one, so are all before it.
 */

#include "analysis/sql_funnel.h"


static void mz_sql_funnel_statement(mz_sql_t *s, const mz_sql_funnel_t *f);
static void mz_sql_funnel_ordered(mz_sql_t *s, const mz_sql_funnel_t *f);
static void mz_sql_funnel_level(mz_sql_t *s, const mz_sql_funnel_t *f,
    int k);
static void mz_sql_funnel_strict(mz_sql_t *s, const mz_sql_funnel_t *f);
static void mz_sql_funnel_any(mz_sql_t *s, const mz_sql_funnel_t *f);
static void mz_sql_funnel_best(mz_sql_t *s, const mz_sql_funnel_t *f);
static void mz_sql_funnel_grouped(mz_sql_t *s, const mz_sql_funnel_t *f);
static void mz_sql_funnel_counts(mz_sql_t *s, const mz_sql_funnel_t *f);


void
mz_sql_funnel(mz_sql_t *s)
{
    size_t           period;
    mz_sql_funnel_t  f;

    for (period = 0; period < 2; period++) {

        if (period == 1 && s->spec->compare == MZ_COMPARE_NONE) {
            return;
        }

        f.funnel = &s->spec->u.funnel;
        f.nsteps = (int) s->spec->u.funnel.nsteps;
        f.range = period == 0 ? &s->spec->range : &s->spec->previous;

        if (s->spec->grain != MZ_GRAIN_TOTAL) {
            f.has_bucket = true;
            mz_sql_funnel_statement(s, &f);
            mz_sql_end(s, period == 0
                          ? "Following paths by bucket"
                          : "Following paths before by bucket");
        }

        f.has_bucket = false;
        mz_sql_funnel_statement(s, &f);
        mz_sql_end(s, period == 0 ? "Following paths of users"
                                  : "Following paths of the period before");
    }
}


void
mz_sql_funnel_keys(mz_sql_t *s, const mz_sql_funnel_t *f, const char *prefix)
{
    size_t  i;

    mz_sql_addf(s, "%su", prefix);

    for (i = 0; i < f->funnel->nhold; i++) {
        mz_sql_addf(s, ", %sh%zu", prefix, i + 1);
    }

    if (f->has_bucket) {
        mz_sql_addf(s, ", %sb", prefix);
    }
}


void
mz_sql_funnel_join(mz_sql_t *s, const mz_sql_funnel_t *f, const char *a,
    const char *b, bool has_bucket)
{
    size_t  i;

    mz_sql_addf(s, "%s.u = %s.u", a, b);

    for (i = 0; i < f->funnel->nhold; i++) {
        mz_sql_addf(s, " AND %s.h%zu = %s.h%zu", a, i + 1, b, i + 1);
    }

    if (has_bucket) {
        mz_sql_addf(s, " AND %s.b = %s.b", a, b);
    }
}


static void
mz_sql_funnel_statement(mz_sql_t *s, const mz_sql_funnel_t *f)
{
    mz_sql_add(s, "WITH ");

    switch (f->funnel->order) {

    case MZ_ORDER_ORDERED:
        mz_sql_funnel_ordered(s, f);
        break;

    case MZ_ORDER_STRICT:
        mz_sql_funnel_strict(s, f);
        break;

    case MZ_ORDER_ANY:
        mz_sql_funnel_any(s, f);
        break;
    }

    mz_sql_funnel_best(s, f);
    mz_sql_funnel_grouped(s, f);
    mz_sql_funnel_counts(s, f);
}


static void
mz_sql_funnel_ordered(mz_sql_t *s, const mz_sql_funnel_t *f)
{
    int  k;

    mz_sql_funnel_rows(s, f);

    mz_sql_add(s, ", y1 AS (SELECT ");
    mz_sql_funnel_keys(s, f, "");
    mz_sql_add(s, ", t, t AS st FROM e WHERE m1)");

    for (k = 2; k <= f->nsteps; k++) {
        mz_sql_funnel_level(s, f, k);
    }

    mz_sql_add(s, ", lv AS (");

    for (k = 1; k <= f->nsteps; k++) {
        mz_sql_add(s, k == 1 ? "SELECT " : " UNION ALL SELECT ");
        mz_sql_funnel_keys(s, f, "");
        mz_sql_addf(s, ", %d AS k, min(t) AS te, %s AS st FROM y%d GROUP BY ",
                    k, k == 1 ? "min(t)" : "arg_min(st, t)", k);
        mz_sql_funnel_keys(s, f, "");
    }

    mz_sql_add(s, ")");
}


static void
mz_sql_funnel_level(mz_sql_t *s, const mz_sql_funnel_t *f, int k)
{
    size_t                 i;
    const mz_spec_step_t  *x;

    mz_sql_addf(s, ", y%d AS (SELECT ", k);
    mz_sql_funnel_keys(s, f, "e.");
    mz_sql_addf(s, ", e.t, p.st FROM (SELECT * FROM e WHERE m%d) e ASOF JOIN"
                   " y%d p ON ", k, k - 1);
    mz_sql_funnel_join(s, f, "e", "p", f->has_bucket);
    mz_sql_add(s, " AND e.t > p.t WHERE e.t - p.st <= ");
    mz_sql_int(s, f->funnel->window_ms * 1000);

    for (i = 0; i < f->funnel->nexclude; i++) {
        x = &f->funnel->exclude[i];

        if (x->from_step < k && k <= x->to_step) {
            mz_sql_addf(s, " AND (e.l%zu IS NULL OR e.l%zu <= p.t)", i + 1,
                        i + 1);
        }

        /* Between means between the outer steps: also not at an inner one. */

        if (x->from_step < k && k < x->to_step) {
            mz_sql_addf(s, " AND NOT e.e%zu", i + 1);
        }
    }

    mz_sql_add(s, ")");
}


/* The events of a user by distinct times; a path takes neighbours. */

static void
mz_sql_funnel_strict(mz_sql_t *s, const mz_sql_funnel_t *f)
{
    int  k;

    mz_sql_funnel_rows(s, f);

    mz_sql_add(s, ", d AS (SELECT ");
    mz_sql_funnel_keys(s, f, "");
    mz_sql_add(s, ", t");

    for (k = 1; k <= f->nsteps; k++) {
        mz_sql_addf(s, ", bool_or(m%d) AS m%d", k, k);
    }

    mz_sql_add(s, " FROM e GROUP BY ");
    mz_sql_funnel_keys(s, f, "");
    mz_sql_add(s, ", t), w AS (SELECT ");
    mz_sql_funnel_keys(s, f, "");
    mz_sql_add(s, ", t AS t1, m1");

    for (k = 2; k <= f->nsteps; k++) {
        mz_sql_addf(s, ", lead(t, %d) OVER win AS t%d, lead(m%d, %d) OVER win"
                       " AS m%d", k - 1, k, k, k - 1, k);
    }

    mz_sql_add(s, " FROM d WINDOW win AS (PARTITION BY u");

    for (k = 1; k <= (int) f->funnel->nhold; k++) {
        mz_sql_addf(s, ", h%d", k);
    }

    mz_sql_add(s, " ORDER BY t)), lk AS (SELECT *, CASE");

    for (k = 2; k <= f->nsteps; k++) {
        mz_sql_addf(s, " WHEN m%d IS NOT TRUE OR t%d - t1 > ", k, k);
        mz_sql_int(s, f->funnel->window_ms * 1000);
        mz_sql_addf(s, " THEN %d", k - 1);
    }

    mz_sql_addf(s, " ELSE %d END AS k FROM w WHERE m1), lv AS (SELECT ",
                f->nsteps);
    mz_sql_funnel_keys(s, f, "");
    mz_sql_add(s, ", k, CASE k");

    for (k = 1; k <= f->nsteps; k++) {
        mz_sql_addf(s, " WHEN %d THEN t%d", k, k);
    }

    mz_sql_add(s, " END AS te, t1 AS st FROM lk)");
}


/* From each entry on: the first time of every step within the window. */

static void
mz_sql_funnel_any(mz_sql_t *s, const mz_sql_funnel_t *f)
{
    int  k;

    mz_sql_funnel_rows(s, f);

    mz_sql_add(s, ", w AS (SELECT ");
    mz_sql_funnel_keys(s, f, "");
    mz_sql_add(s, ", t, q");

    for (k = 1; k <= f->nsteps; k++) {
        mz_sql_addf(s, ", min(CASE WHEN m%d THEN t END) OVER win AS n%d", k,
                    k);
    }

    mz_sql_add(s, " FROM e WINDOW win AS (PARTITION BY u");

    for (k = 1; k <= (int) f->funnel->nhold; k++) {
        mz_sql_addf(s, ", h%d", k);
    }

    mz_sql_addf(s, " ORDER BY t RANGE BETWEEN CURRENT ROW AND %lld FOLLOWING)"
                   "), lv AS (SELECT ",
                (long long) f->funnel->window_ms * 1000);
    mz_sql_funnel_keys(s, f, "");
    mz_sql_add(s, ", ");

    for (k = 1; k <= f->nsteps; k++) {
        mz_sql_addf(s, "%sCASE WHEN n%d IS NULL THEN 0 ELSE 1 END",
                    k == 1 ? "" : " + ", k);
    }

    mz_sql_add(s, " AS k, greatest(t");

    for (k = 1; k <= f->nsteps; k++) {
        mz_sql_addf(s, ", coalesce(n%d, t)", k);
    }

    mz_sql_add(s, ") AS te, t AS st FROM w WHERE q)");
}


/* Each user's path: furthest, then soonest there, then latest entry. */

static void
mz_sql_funnel_best(mz_sql_t *s, const mz_sql_funnel_t *f)
{
    size_t  i;

    /* One row a level: the highest is it. */

    if (f->funnel->order == MZ_ORDER_ORDERED && f->funnel->nhold == 0) {
        mz_sql_add(s, ", r AS (SELECT ");
        mz_sql_funnel_keys(s, f, "");
        mz_sql_add(s, ", max(k) AS k, arg_max(te, k) AS te, arg_max(st, k) AS"
                      " st FROM lv GROUP BY ");
        mz_sql_funnel_keys(s, f, "");
        mz_sql_add(s, ")");
        return;
    }

    mz_sql_add(s, ", r AS (SELECT * FROM (SELECT *, row_number() OVER"
                  " (PARTITION BY u");
    mz_sql_add(s, f->has_bucket ? ", b" : "");
    mz_sql_add(s, " ORDER BY k DESC, te, st DESC");

    for (i = 0; i < f->funnel->nhold; i++) {
        mz_sql_addf(s, ", h%zu", i + 1);
    }

    mz_sql_add(s, ") AS rn FROM lv) o WHERE rn = 1)");
}


/* The group is that of the first row of the path. */

static void
mz_sql_funnel_grouped(mz_sql_t *s, const mz_sql_funnel_t *f)
{
    if (s->spec->nbreakdown == 0) {
        mz_sql_add(s, ", j AS (SELECT * FROM r)");
        return;
    }

    mz_sql_add(s, ", c AS (SELECT r.*");
    mz_sql_group_names(s, "a.");
    mz_sql_add(s, " FROM r JOIN e a ON ");
    mz_sql_funnel_join(s, f, "a", "r", f->has_bucket);
    mz_sql_add(s, " AND a.t = r.st AND a.");
    mz_sql_add(s, f->funnel->order == MZ_ORDER_ANY ? "q" : "m1");
    mz_sql_add(s, "), j AS (SELECT DISTINCT u, k, te, st");
    mz_sql_add(s, f->has_bucket ? ", b" : "");
    mz_sql_group_names(s, "");
    mz_sql_add(s, " FROM ");
    mz_sql_first_group(s, "c", f->has_bucket ? "u, b" : "u");
    mz_sql_add(s, ")");
}


static void
mz_sql_funnel_counts(mz_sql_t *s, const mz_sql_funnel_t *f)
{
    int   k;
    bool  has_sets;

    has_sets = s->spec->nbreakdown > 0 && !f->has_bucket;

    mz_sql_add(s, " SELECT ");
    mz_sql_add(s, f->has_bucket ? "b" : "0 AS b");
    mz_sql_group_names(s, "");

    if (has_sets) {
        mz_sql_add(s, ", CAST(grouping(g1) AS BIGINT) AS is_all");
    }

    for (k = 1; k <= f->nsteps; k++) {
        mz_sql_addf(s, ", count(CASE WHEN k >= %d THEN 1 END) AS n%d", k, k);
    }

    mz_sql_add(s, ", ");
    mz_sql_tpl(s, s->dialect->quantile, "d", "");
    mz_sql_add(s, "0.5) / 1000000 AS median_s,"
                  " CAST(sum(d) AS DOUBLE) / nullif(count(d), 0) / 1000000"
                  " AS avg_s, ");
    mz_sql_tpl(s, s->dialect->quantile, "d", "");
    mz_sql_addf(s, "0.9) / 1000000 AS p90_s FROM (SELECT *, CASE WHEN k = %d"
                   " THEN te - st END AS d FROM j) z", f->nsteps);

    if (f->has_bucket) {
        mz_sql_add(s, " GROUP BY b");
        mz_sql_group_names(s, "");
        mz_sql_add(s, " ORDER BY b");
        mz_sql_group_names(s, "");

    } else if (has_sets) {
        mz_sql_add(s, " GROUP BY GROUPING SETS ((");
        mz_sql_addf(s, "g1%s%s", s->spec->nbreakdown > 1 ? ", g2" : "",
                    s->spec->nbreakdown > 2 ? ", g3" : "");
        mz_sql_add(s, "), ()) ORDER BY is_all");
        mz_sql_group_names(s, "");
    }
}
