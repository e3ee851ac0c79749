
/* Discovery, lookup and journey. */

#include "analysis/look.h"
#include "analysis/sql.h"
#include "base/mz_str.h"


static void mz_sql_lookup_where(mz_sql_t *s);
static void mz_sql_journey_with(mz_sql_t *s);
static void mz_sql_journey_scan(mz_sql_t *s);
static void mz_sql_journey_paths(mz_sql_t *s);
static void mz_sql_journey_between(mz_sql_t *s);
static void mz_sql_journey_steps(mz_sql_t *s);


/* Nothing is asked of the warehouse that the catalog knows in full. */

void
mz_sql_discovery(mz_sql_t *s)
{
    const mz_spec_discovery_t  *d;

    d = &s->spec->u.disc;

    if (!mz_look_needs_sql(s->spec)) {
        return;
    }

    mz_sql_add(s, "SELECT v, count(*) AS n, count(DISTINCT u) AS users FROM"
                  " (SELECT ");
    mz_sql_column(s, &d->column);
    mz_sql_add(s, " AS v, ");
    mz_sql_ident(s, s->spec->cat->user_column);
    mz_sql_add(s, " AS u");
    mz_sql_from(s);
    mz_sql_add(s, " WHERE ");
    mz_sql_events(s, &d->event, 1, d->event.data == NULL);
    mz_sql_add(s, " AND ");
    mz_sql_ident(s, s->spec->cat->time_column);
    mz_sql_add(s, " < ");
    mz_sql_time(s, s->spec->now_ms);
    mz_sql_add(s, " AND ");
    mz_sql_ident(s, d->column.name);
    mz_sql_addf(s, " IS NOT NULL) x GROUP BY v ORDER BY n DESC, v LIMIT %d",
                MZ_CATALOG_VALUES_MAX + 1);
    mz_sql_end(s, "Reading values");
}


void
mz_sql_lookup(mz_sql_t *s)
{
    size_t            i, k;
    mz_spec_column_t  c;

    mz_sql_add(s, "SELECT * FROM (SELECT ");
    mz_sql_time_us(s);
    mz_sql_add(s, " AS t, ");
    mz_sql_event(s);
    mz_sql_add(s, " AS e");

    for (i = 0, k = 0; i < s->spec->cat->nproperties; i++) {
        if (mz_look_column(s->spec, i, &c)) {
            mz_sql_add(s, ", ");
            mz_sql_column(s, &c);
            mz_sql_addf(s, " AS p%zu", ++k);
        }
    }

    mz_sql_lookup_where(s);
    mz_sql_add(s, ") x ORDER BY t DESC, e");

    for (i = 1; i <= k; i++) {
        mz_sql_addf(s, ", p%zu NULLS LAST", i);
    }

    mz_sql_addf(s, " LIMIT %lld", (long long) s->spec->u.lookup.limit);
    mz_sql_end(s, "Reading the user's events");

    mz_sql_add(s, "SELECT count(*) AS n, min(t) AS t_first, max(t) AS t_last"
                  " FROM (SELECT ");
    mz_sql_time_us(s);
    mz_sql_add(s, " AS t");
    mz_sql_lookup_where(s);
    mz_sql_add(s, ") x");
    mz_sql_end(s, "Counting the user's events");
}


static void
mz_sql_lookup_where(mz_sql_t *s)
{
    mz_spec_column_t         user;
    const mz_spec_lookup_t  *l;

    l = &s->spec->u.lookup;
    memset(&user, 0, sizeof(mz_spec_column_t));
    user.name = s->spec->cat->user_column;
    user.dtype = MZ_DTYPE_STRING;

    mz_sql_from(s);
    mz_sql_add(s, " WHERE ");
    mz_sql_column(s, &user);
    mz_sql_add(s, " = ");
    mz_sql_str(s, l->user);
    mz_sql_add(s, " AND ");
    mz_sql_events(s, l->events, l->nevents, l->nevents == 0);
    mz_sql_add(s, " AND ");
    mz_sql_range(s, s->spec->range.from_ms, s->spec->range.to_ms);
    mz_sql_filters(s, &s->spec->filters, &s->spec->range);
}


/* Paths, their number in all, and the events at the first position. */

void
mz_sql_journey(mz_sql_t *s)
{
    mz_sql_journey_with(s);
    mz_sql_add(s, " SELECT ");
    mz_sql_journey_steps(s);
    mz_sql_group_names(s, "");
    mz_sql_add(s, ", count(*) AS n, count(DISTINCT u) AS users FROM paths"
                  " GROUP BY ");
    mz_sql_journey_steps(s);
    mz_sql_group_names(s, "");
    mz_sql_add(s, " ORDER BY n DESC, users DESC, ");
    mz_sql_journey_steps(s);
    mz_sql_group_names(s, "");
    mz_sql_addf(s, " LIMIT %d", MZ_LOOK_PATHS_MAX);
    mz_sql_end(s, "Following paths");

    mz_sql_journey_with(s);
    mz_sql_add(s, ", kinds AS (SELECT DISTINCT ");
    mz_sql_journey_steps(s);
    mz_sql_group_names(s, "");
    mz_sql_add(s, " FROM paths) SELECT count(*) AS n, count(DISTINCT u) AS"
                  " users, (SELECT count(*) FROM kinds) AS kinds FROM paths");
    mz_sql_end(s, "Counting paths");

    mz_sql_journey_with(s);
    mz_sql_addf(s, " SELECT p1, count(*) AS n FROM paths GROUP BY p1"
                   " ORDER BY n DESC, p1 NULLS LAST LIMIT %d",
                MZ_LOOK_NEXT_MAX);
    mz_sql_end(s, "Counting next events");
}


static void
mz_sql_journey_with(mz_sql_t *s)
{
    mz_sql_add(s, "WITH scan AS (");
    mz_sql_journey_scan(s);
    mz_sql_add(s, "), ");

    if (s->spec->u.journey.direction == MZ_JOURNEY_BETWEEN) {
        mz_sql_journey_between(s);
    } else {
        mz_sql_journey_paths(s);
    }
}


static void
mz_sql_journey_scan(mz_sql_t *s)
{
    bool                      is_before;
    const mz_spec_journey_t  *j;

    j = &s->spec->u.journey;
    is_before = j->direction == MZ_JOURNEY_BEFORE;

    mz_sql_add(s, "SELECT ");
    mz_sql_ident(s, s->spec->cat->user_column);
    mz_sql_add(s, " AS u, ");
    mz_sql_time_us(s);
    mz_sql_add(s, " AS t, ");
    mz_sql_event(s);
    mz_sql_add(s, " AS e, coalesce(");
    mz_sql_events(s, &j->event, 1, false);
    mz_sql_add(s, " AND ");
    mz_sql_range(s, s->spec->range.from_ms, s->spec->range.to_ms);
    mz_sql_filters(s, &s->spec->filters, &s->spec->range);
    mz_sql_add(s, ", FALSE) AS a");
    mz_sql_groups(s);
    mz_sql_from(s);
    mz_sql_add(s, " WHERE ");
    mz_sql_ident(s, s->spec->cat->time_column);
    mz_sql_add(s, is_before ? " < " : " >= ");
    mz_sql_time(s, is_before ? s->spec->range.to_ms : s->spec->range.from_ms);
    mz_sql_add(s, " AND ");
    mz_sql_ident(s, s->spec->cat->time_column);
    mz_sql_add(s, " < ");
    mz_sql_time(s, s->spec->now_ms);
    mz_sql_add(s, " AND ");
    mz_sql_has_user(s);
}


static void
mz_sql_journey_paths(mz_sql_t *s)
{
    int          i, n;
    size_t       g;
    const char  *move;

    move = s->spec->u.journey.direction == MZ_JOURNEY_BEFORE ? "lag" : "lead";
    n = s->spec->u.journey.depth;
    n += s->spec->u.journey.direction == MZ_JOURNEY_BETWEEN;

    mz_sql_add(s, s->spec->u.journey.direction == MZ_JOURNEY_BETWEEN
                  ? "w AS (SELECT u" : "paths AS (SELECT u");
    mz_sql_group_names(s, "");

    for (i = 1; i <= n; i++) {
        mz_sql_addf(s, ", p%d", i);
    }

    mz_sql_add(s, " FROM (SELECT u, a");
    mz_sql_group_names(s, "");

    for (i = 1; i <= n; i++) {
        mz_sql_addf(s, ", %s(e, %d) OVER win AS p%d", move, i, i);
    }

    mz_sql_add(s, " FROM scan WINDOW win AS (PARTITION BY u ORDER BY t, e, a");

    for (g = 1; g <= s->spec->nbreakdown; g++) {
        mz_sql_addf(s, ", g%zu NULLS LAST", g);
    }

    mz_sql_add(s, ")) x WHERE a)");
}


/* Up to the first "to"; n is its position. */

static void
mz_sql_journey_between(mz_sql_t *s)
{
    int                       i;
    const mz_spec_journey_t  *j;

    j = &s->spec->u.journey;

    mz_sql_journey_paths(s);
    mz_sql_add(s, ", ends AS (SELECT *, CASE");

    for (i = 1; i <= j->depth + 1; i++) {
        mz_sql_addf(s, " WHEN p%d = ", i);
        mz_sql_str(s, j->to);
        mz_sql_addf(s, " THEN %d", i);
    }

    mz_sql_add(s, " END AS n FROM w), paths AS (SELECT u");
    mz_sql_group_names(s, "");

    for (i = 1; i <= j->depth; i++) {
        mz_sql_addf(s, ", CASE WHEN n > %d THEN p%d END AS p%d", i, i, i);
    }

    mz_sql_add(s, " FROM ends WHERE n IS NOT NULL)");
}


/* "p1, p2, .." */

static void
mz_sql_journey_steps(mz_sql_t *s)
{
    int  i;

    for (i = 1; i <= s->spec->u.journey.depth; i++) {
        mz_sql_addf(s, "%sp%d", i == 1 ? "" : ", ", i);
    }
}
