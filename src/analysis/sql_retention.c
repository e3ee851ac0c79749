
/*
 * Retention in two statements a period compared: the entries by how many
 * periods have passed for them, and the entries that returned by cell.
 * Cells count only entries old enough, so both say how old they are.
 */

#include "analysis/sql.h"


#define MZ_SQL_CLAMP_MS  (4 * MZ_DAY_MS)    /* what a month can lose */

typedef struct {
    const mz_spec_retention_t  *ret;
    const mz_range_t           *range;
    bool                        has_bucket;
    int                         last;       /* highest period asked for */
} mz_sql_retention_t;


static void mz_sql_retention_entries(mz_sql_t *s,
    const mz_sql_retention_t *r);
static void mz_sql_retention_first(mz_sql_t *s, const mz_sql_retention_t *r);
static void mz_sql_retention_starts(mz_sql_t *s,
    const mz_sql_retention_t *r);
static void mz_sql_retention_sizes(mz_sql_t *s, const mz_sql_retention_t *r);
static void mz_sql_retention_returns(mz_sql_t *s,
    const mz_sql_retention_t *r);
static void mz_sql_retention_pairs(mz_sql_t *s, const mz_sql_retention_t *r);
static void mz_sql_retention_cells(mz_sql_t *s, const mz_sql_retention_t *r);
static void mz_sql_retention_last(mz_sql_t *s, const mz_sql_retention_t *r);
static void mz_sql_retention_period(mz_sql_t *s, const mz_sql_retention_t *r,
    const char *from, const char *to, bool is_open);
static void mz_sql_retention_names(mz_sql_t *s, const mz_sql_retention_t *r,
    const char *prefix);


void
mz_sql_retention(mz_sql_t *s)
{
    size_t              period;
    mz_sql_retention_t  r;

    r.ret = &s->spec->u.ret;
    r.last = r.ret->cells[r.ret->ncells - 1].b;

    for (period = 0; period < 2; period++) {

        if (period == 1 && s->spec->compare == MZ_COMPARE_NONE) {
            return;
        }

        r.range = period == 0 ? &s->spec->range : &s->spec->previous;
        r.has_bucket = period == 0 && s->spec->grain != MZ_GRAIN_TOTAL;

        mz_sql_retention_sizes(s, &r);
        mz_sql_end(s, period == 0 ? "Counting starts"
                                  : "Counting starts of the period before");
        mz_sql_retention_returns(s, &r);
        mz_sql_end(s, period == 0 ? "Following users who return"
                                  : "Following users of the period before");
    }
}


/* WITH .. e: u, t0, b, g1.., mk (full periods from t0 to now, capped). */

static void
mz_sql_retention_entries(mz_sql_t *s, const mz_sql_retention_t *r)
{
    char  now[32];

    snprintf(now, sizeof(now), "%lld", (long long) s->spec->now_ms * 1000);

    mz_sql_add(s, "WITH starts AS (");
    mz_sql_retention_starts(s, r);
    mz_sql_add(s, "), ");
    mz_sql_retention_first(s, r);
    mz_sql_add(s, ", e AS (SELECT u, t0");
    mz_sql_retention_names(s, r, "");
    mz_sql_add(s, ", least(");
    mz_sql_retention_period(s, r, "t0", now, false);
    mz_sql_addf(s, ", %d) AS mk FROM f)", r->last + 1);
}


/* f: one row an entry, of its time and its group. */

static void
mz_sql_retention_first(mz_sql_t *s, const mz_sql_retention_t *r)
{
    const char  *from;

    if (!r->ret->is_every && s->spec->nbreakdown == 0) {
        mz_sql_add(s, "f AS (SELECT u, min(t0) AS t0");
        mz_sql_add(s, r->has_bucket ? ", min(b) AS b" : "");
        mz_sql_add(s, " FROM starts GROUP BY u)");
        return;
    }

    from = "starts";

    if (!r->ret->is_every) {
        mz_sql_add(s, "f0 AS (SELECT * FROM (SELECT *, min(t0) OVER (PARTITION"
                      " BY u) AS w0 FROM starts) o WHERE t0 = w0), ");
        from = "f0";
    }

    mz_sql_add(s, "f AS (SELECT DISTINCT u, t0");
    mz_sql_retention_names(s, r, "");
    mz_sql_add(s, " FROM ");
    mz_sql_first_group(s, from, "u, t0");
    mz_sql_add(s, ")");
}


static void
mz_sql_retention_starts(mz_sql_t *s, const mz_sql_retention_t *r)
{
    const mz_spec_step_t  *start;

    start = &r->ret->start;

    mz_sql_add(s, "SELECT ");
    mz_sql_ident(s, s->spec->cat->user_column);
    mz_sql_add(s, " AS u, ");
    mz_sql_time_us(s);
    mz_sql_add(s, " AS t0");

    if (r->has_bucket) {
        mz_sql_add(s, ", ");
        mz_sql_bucket(s, s->spec->grain);
        mz_sql_add(s, " AS b");
    }

    mz_sql_groups(s);
    mz_sql_from(s);
    mz_sql_add(s, " WHERE ");
    mz_sql_events(s, &start->event, 1, start->is_any);
    mz_sql_add(s, " AND ");
    mz_sql_range(s, r->range->from_ms, r->range->to_ms);
    mz_sql_add(s, " AND ");
    mz_sql_has_user(s);
    mz_sql_filters(s, &start->filters, r->range);
    mz_sql_filters(s, &s->spec->filters, r->range);
}


static void
mz_sql_retention_sizes(mz_sql_t *s, const mz_sql_retention_t *r)
{
    mz_sql_retention_entries(s, r);
    mz_sql_add(s, " SELECT mk");
    mz_sql_retention_names(s, r, "");
    mz_sql_add(s, ", count(*) AS n FROM e GROUP BY mk");
    mz_sql_retention_names(s, r, "");
    mz_sql_add(s, " ORDER BY mk");
    mz_sql_retention_names(s, r, "");
}


static void
mz_sql_retention_returns(mz_sql_t *s, const mz_sql_retention_t *r)
{
    mz_sql_retention_entries(s, r);
    mz_sql_add(s, ", back AS (");
    mz_sql_retention_pairs(s, r);
    mz_sql_add(s, ")");

    if (r->ret->mode == MZ_RETENTION_ON_OR_AFTER) {
        mz_sql_retention_last(s, r);
    } else {
        mz_sql_retention_cells(s, r);
    }
}


/* Every entry with each of its returns, and the period it falls in. */

static void
mz_sql_retention_pairs(mz_sql_t *s, const mz_sql_retention_t *r)
{
    int64_t                to_ms;
    const mz_spec_step_t  *ret;

    ret = &r->ret->ret;
    to_ms = s->spec->now_ms;

    if (r->ret->mode != MZ_RETENTION_ON_OR_AFTER) {
        to_ms = mz_time_add(r->range->to_ms, r->ret->period, r->last + 1)
                + MZ_SQL_CLAMP_MS;
        to_ms = to_ms < s->spec->now_ms ? to_ms : s->spec->now_ms;
    }

    mz_sql_add(s, "SELECT e.*, ");
    mz_sql_retention_period(s, r, "e.t0", "r.t", true);
    mz_sql_add(s, " AS k FROM e JOIN (SELECT ");
    mz_sql_ident(s, s->spec->cat->user_column);
    mz_sql_add(s, " AS u, ");
    mz_sql_time_us(s);
    mz_sql_add(s, " AS t");
    mz_sql_from(s);
    mz_sql_add(s, " WHERE ");
    mz_sql_events(s, &ret->event, 1, ret->is_any);
    mz_sql_add(s, " AND ");
    mz_sql_range(s, r->range->from_ms, to_ms);
    mz_sql_add(s, " AND ");
    mz_sql_has_user(s);
    mz_sql_filters(s, &ret->filters, r->range);
    mz_sql_add(s, ") r ON r.u = e.u AND r.t > e.t0");
}


/* c: index of the cell; an entry counts once in a cell. */

static void
mz_sql_retention_cells(mz_sql_t *s, const mz_sql_retention_t *r)
{
    size_t                 i;
    const mz_spec_cell_t  *cell;

    mz_sql_add(s, " SELECT c");
    mz_sql_retention_names(s, r, "");
    mz_sql_add(s, ", count(*) AS n FROM (SELECT DISTINCT u, t0");
    mz_sql_retention_names(s, r, "");
    mz_sql_add(s, ", CASE");

    for (i = 0; i < r->ret->ncells; i++) {
        cell = &r->ret->cells[i];
        mz_sql_addf(s, " WHEN k BETWEEN %d AND %d AND mk > %d THEN %zu",
                    cell->a, cell->b, cell->b, i);
    }

    mz_sql_add(s, " END AS c FROM back) x WHERE c IS NOT NULL GROUP BY c");
    mz_sql_retention_names(s, r, "");
    mz_sql_add(s, " ORDER BY c");
    mz_sql_retention_names(s, r, "");
}


/* lk: the period of the last return; all cells up to it have returned. */

static void
mz_sql_retention_last(mz_sql_t *s, const mz_sql_retention_t *r)
{
    mz_sql_add(s, " SELECT mk, lk");
    mz_sql_retention_names(s, r, "");
    mz_sql_addf(s, ", count(*) AS n FROM (SELECT u, t0, mk, least(max(k), %d)"
                   " AS lk", r->last);
    mz_sql_retention_names(s, r, "");
    mz_sql_add(s, " FROM back GROUP BY u, t0, mk");
    mz_sql_retention_names(s, r, "");
    mz_sql_add(s, ") x GROUP BY mk, lk");
    mz_sql_retention_names(s, r, "");
    mz_sql_add(s, " ORDER BY mk, lk");
    mz_sql_retention_names(s, r, "");
}


/*
 * Full periods between two times in us.  is_open: the period k holds
 * (from + k p, from + (k+1) p], so its end still belongs to it.
 */

static void
mz_sql_retention_period(mz_sql_t *s, const mz_sql_retention_t *r,
    const char *from, const char *to, bool is_open)
{
    int64_t                  ms;
    const mz_sql_dialect_t  *d;
    mz_buf_t                 statement, months;

    if (r->ret->period != MZ_UNIT_MONTH) {
        ms = r->ret->period == MZ_UNIT_WEEK ? 7 * MZ_DAY_MS : MZ_DAY_MS;
        mz_sql_addf(s, "(%s - %s%s) // %lld", to, from, is_open ? " - 1" : "",
                    (long long) ms * 1000);
        return;
    }

    /* The number of months is written on the side: it stands thrice. */

    d = s->dialect;
    statement = s->b;
    mz_buf_init(&s->b, statement.max);
    mz_sql_tpl(s, d->months_between, from, to);
    months = s->b;
    s->b = statement;

    mz_sql_addf(s, "CASE WHEN %s ", to);
    mz_sql_add(s, is_open ? "> " : ">= ");
    mz_sql_tpl(s, d->add_months, from, mz_buf_cstr(&months));
    mz_sql_add(s, " THEN ");
    mz_buf_add_str(&s->b, mz_buf_view(&months));
    mz_sql_add(s, " ELSE ");
    mz_buf_add_str(&s->b, mz_buf_view(&months));
    mz_sql_add(s, " - 1 END");

    mz_buf_free(&months);
}


/* ", b, g1, .." */

static void
mz_sql_retention_names(mz_sql_t *s, const mz_sql_retention_t *r,
    const char *prefix)
{
    if (r->has_bucket) {
        mz_sql_addf(s, ", %sb", prefix);
    }

    mz_sql_group_names(s, prefix);
}
