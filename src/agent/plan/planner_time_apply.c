
#include "agent/plan/planner_time_rules.h"


static void mz_pl_rule_range(mz_pl_t *pl, const mz_pl_rule_t *rule,
    const mz_pl_match_t *m);
static void mz_pl_open_end(mz_pl_t *pl);
static bool mz_pl_is_rolling_year(const mz_pl_t *pl, size_t pos,
    const mz_pl_date_t *d);
static void mz_pl_rule_shape(mz_pl_t *pl, const mz_pl_rule_t *rule,
    const mz_pl_match_t *m);
static void mz_pl_rule_compare(mz_pl_t *pl, const mz_pl_rule_t *rule,
    const mz_pl_match_t *m);
static void mz_pl_rule_window(mz_pl_t *pl, const mz_pl_rule_t *rule,
    int64_t n, mz_unit_t unit);
static void mz_pl_rule_between(mz_pl_t *pl, mz_pl_date_t *a, mz_pl_date_t *b);
static void mz_pl_rule_pair(mz_pl_t *pl, const mz_pl_date_t *a,
    const mz_pl_date_t *b);
static void mz_pl_set_range(mz_pl_t *pl, json_t *range);
static void mz_pl_set_compare(mz_pl_t *pl, bool is_year);
static void mz_pl_set_rolling(mz_pl_t *pl, int64_t n, const char *unit);


void
mz_pl_time_rule(mz_pl_t *pl, const mz_pl_rule_t *rule,
    const mz_pl_match_t *m)
{
    size_t        i;
    mz_pl_date_t  d;

    for (i = 0; i < m->ndate; i++) {
        if (mz_pl_date_at(pl, m->date[i], &(size_t) { 0 }, &d)
            && d.from_ms > pl->now)
        {
            pl->slot.has_future = true;
        }
    }

    if (rule->what == MZ_PL_T_PAIR_LAST
        && mz_pl_date_at(pl, m->date[0], &(size_t) { 0 }, &d))
    {
        mz_pl_set_range(pl, mz_pl_date_range(pl, &d));
        mz_pl_set_compare(pl, d.unit == MZ_UNIT_YEAR);

    } else if (rule->what <= MZ_PL_T_PAIR) {
        mz_pl_rule_range(pl, rule, m);
    } else {
        mz_pl_rule_shape(pl, rule, m);
    }
}


static void
mz_pl_rule_range(mz_pl_t *pl, const mz_pl_rule_t *rule,
    const mz_pl_match_t *m)
{
    size_t        end;
    int64_t       n, from;
    mz_unit_t     unit;
    mz_pl_date_t  a, b;

    memset(&a, 0, sizeof(a));
    memset(&b, 0, sizeof(b));

    if (m->ndate > 0) {
        (void) mz_pl_date_at(pl, m->date[0], &end, &a);
        (void) mz_pl_date_at(pl, m->date[m->ndate - 1], &end, &b);
    }

    n = m->nnum > 0 ? (int64_t) m->num[0] : 1;
    n = rule->what == MZ_PL_T_LAST_ONE && rule->arg != 0 ? rule->arg : n;
    unit = m->nunit > 0 ? (mz_unit_t) m->unit[m->nunit - 1] : MZ_UNIT_DAY;

    switch (rule->what) {

    case MZ_PL_T_LAST:
    case MZ_PL_T_LAST_ONE:
    case MZ_PL_T_OPEN_AGO:
        mz_pl_set_range(pl, mz_pl_last(pl, n, unit));
        break;

    case MZ_PL_T_SINCE_THEN:
        mz_pl_open_end(pl);
        break;

    case MZ_PL_T_OPEN:
    case MZ_PL_T_OPEN_UNIT:
        from = rule->what == MZ_PL_T_OPEN_UNIT
               ? mz_time_floor(pl->now, unit)
               : rule->arg == 1 ? a.to_ms : a.from_ms;
        mz_pl_set_range(pl, mz_pl_date_span(pl, from, 0));
        break;

    case MZ_PL_T_BETWEEN:
        mz_pl_rule_between(pl, &a, &b);
        break;

    case MZ_PL_T_TO_DAY:
        mz_pl_set_range(pl, mz_pl_date_span(pl, a.from_ms,
            mz_time_floor(a.from_ms, MZ_UNIT_MONTH)
            + (int64_t) m->num[m->nnum - 1] * MZ_DAY_MS));
        break;

    case MZ_PL_T_XTD:
    case MZ_PL_T_TO_DATE:
        unit = rule->what == MZ_PL_T_XTD ? (mz_unit_t) rule->arg : unit;
        mz_pl_set_range(pl, mz_pl_keep(pl, json_pack("{s:s,s:i}", "calendar",
                                       mz_unit_name(unit), "offset", 0)));
        break;

    case MZ_PL_T_ALL:
        mz_pl_set_range(pl, mz_pl_keep(pl, json_pack("{s:b}", "all", 1)));
        break;

    case MZ_PL_T_UP_TO:
        mz_pl_set_range(pl, mz_pl_date_span(pl, pl->cat->first_ms,
                            mz_pl_is(pl, m->first, "before") ? a.from_ms
                                                             : a.to_ms));
        break;

    case MZ_PL_T_PAIR:
        mz_pl_rule_pair(pl, &a, &b);
        break;

    default:
        if (mz_pl_is_rolling_year(pl, m->date[0], &a)) {
            mz_pl_set_range(pl, mz_pl_last(pl, 1, MZ_UNIT_YEAR));
            break;
        }

        mz_pl_set_range(pl, mz_pl_date_range(pl, &a));
    }
}


/* "since then": the range so far has only its start. */

static void
mz_pl_open_end(mz_pl_t *pl)
{
    if (json_object_get(pl->slot.range, "from") != NULL) {
        json_object_del(pl->slot.range, "to");
    }
}


/* "over the last year" ends now; "last year" is the calendar's. */

static bool
mz_pl_is_rolling_year(const mz_pl_t *pl, size_t pos, const mz_pl_date_t *d)
{
    return d->is_calendar && d->unit == MZ_UNIT_YEAR && d->offset == -1
           && (mz_pl_is(pl, pos, "the")
               || (pos > 0 && mz_pl_is(pl, pos - 1, "the")));
}


static void
mz_pl_rule_shape(mz_pl_t *pl, const mz_pl_rule_t *rule,
    const mz_pl_match_t *m)
{
    int64_t    n;
    mz_unit_t  unit;

    n = m->nnum > 0 ? (int64_t) m->num[0] : 1;
    unit = m->nunit > 0 ? (mz_unit_t) m->unit[0] : MZ_UNIT_DAY;

    switch (rule->what) {

    case MZ_PL_T_COMPARE:
    case MZ_PL_T_COMPARE_DATE:
    case MZ_PL_T_COMPARE_NEAR:
        mz_pl_rule_compare(pl, rule, m);
        break;

    case MZ_PL_T_OVER_PERIOD:
        if (pl->slot.grain == MZ_PL_GRAIN_NONE) {
            pl->slot.grain = rule->arg < 0 ? (int) unit : rule->arg;
        }

        pl->slot.has_wow = true;
        break;

    case MZ_PL_T_WINDOW:
    case MZ_PL_T_WINDOW_ONE:
    case MZ_PL_T_IN:
        mz_pl_rule_window(pl, rule, n, unit);
        break;

    case MZ_PL_T_ROLLING:
        mz_pl_set_rolling(pl, n, mz_unit_name(unit));
        break;

    case MZ_PL_T_ROLLING_DEFAULT:
        mz_pl_set_rolling(pl, 7, "day");
        mz_pl_assume(pl, "rolling average over 7 days (not stated)");
        break;

    case MZ_PL_T_CUMULATIVE:
        pl->slot.transform = mz_pl_keep(pl, json_pack("{s:b}", "cumulative",
                                                      1));
        break;

    case MZ_PL_T_GRAIN:
        pl->slot.grain = rule->arg;
        break;

    case MZ_PL_T_TOTAL:
        pl->slot.grain = pl->slot.grain == MZ_PL_GRAIN_NONE
                         ? MZ_PL_GRAIN_TOTAL : pl->slot.grain;
        break;

    default:
        if (unit != MZ_UNIT_MINUTE) {
            pl->slot.grain = (int) unit;
        }
    }
}


static void
mz_pl_rule_compare(mz_pl_t *pl, const mz_pl_rule_t *rule,
    const mz_pl_match_t *m)
{
    bool          is_year;
    mz_pl_date_t  d;

    is_year = rule->what == MZ_PL_T_COMPARE && rule->arg == 1;

    if (rule->what == MZ_PL_T_COMPARE_DATE) {
        if (!mz_pl_date_at(pl, m->date[0], &(size_t) { 0 }, &d)) {
            return;
        }

        is_year = d.unit == MZ_UNIT_YEAR && d.is_calendar;
    }

    if (rule->what == MZ_PL_T_COMPARE_NEAR) {
        mz_pl_assume(pl, "compared with the period right before (the same "
                     "day of another week cannot be chosen)");
    }

    mz_pl_set_compare(pl, is_year);
}


/* "in 14 days": a funnel's window, else the range; the builder decides. */

static void
mz_pl_rule_window(mz_pl_t *pl, const mz_pl_rule_t *rule, int64_t n,
    mz_unit_t unit)
{
    json_t  *window;

    window = mz_pl_window(pl, n, unit);

    if (rule->what == MZ_PL_T_IN) {
        pl->slot.in_window = window;
        pl->slot.in_range = mz_pl_last(pl, n, unit);
        return;
    }

    pl->slot.window = window;
}


/* A year said once holds for both ends; without one the end comes later. */

static void
mz_pl_rule_between(mz_pl_t *pl, mz_pl_date_t *a, mz_pl_date_t *b)
{
    mz_civil_t  ca, cb;

    if (!a->has_year && !a->is_calendar) {
        mz_time_civil(a->from_ms, &ca);
        mz_time_civil(b->from_ms, &cb);

        if (b->has_year) {
            a->from_ms = mz_time_add(a->from_ms, MZ_UNIT_YEAR,
                                     cb.year - ca.year);
        }

        if (a->from_ms > b->from_ms && ca.month != cb.month) {
            a->from_ms = mz_time_add(a->from_ms, MZ_UNIT_YEAR, -1);
        }
    }

    if (a->from_ms >= b->to_ms) {
        pl->slot.is_reversed = true;
    }

    mz_pl_set_range(pl, mz_pl_date_span(pl, a->from_ms, b->to_ms));
}


/* The later of two times is asked about, the earlier compared with. */

static void
mz_pl_rule_pair(mz_pl_t *pl, const mz_pl_date_t *a, const mz_pl_date_t *b)
{
    bool                 is_year;
    const mz_pl_date_t  *late, *early;

    late = a->from_ms >= b->from_ms ? a : b;
    early = late == a ? b : a;

    is_year = late->unit == early->unit
              && mz_time_add(early->from_ms, MZ_UNIT_YEAR, 1)
                 == late->from_ms;

    mz_pl_set_range(pl, mz_pl_date_range(pl, late));
    mz_pl_set_compare(pl, is_year);
}


static void
mz_pl_set_range(mz_pl_t *pl, json_t *range)
{
    if (pl->slot.range == NULL) {
        pl->slot.range = range;
    }
}


static void
mz_pl_set_compare(mz_pl_t *pl, bool is_year)
{
    if (pl->slot.compare == NULL) {
        pl->slot.compare = mz_pl_keep(pl, json_pack("{s:s}", "to",
                                          is_year ? "previous_year"
                                                  : "previous_period"));
    }
}


static void
mz_pl_set_rolling(mz_pl_t *pl, int64_t n, const char *unit)
{
    pl->slot.transform = mz_pl_keep(pl, json_pack("{s:I,s:s,s:s}", "rolling",
                                    (json_int_t) n, "unit", unit, "fn",
                                    "avg"));
}
