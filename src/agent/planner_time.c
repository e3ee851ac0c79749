
#include "agent/planner_time.h"


enum {
    MZ_PL_T_LAST = 1,           /* last N units */
    MZ_PL_T_LAST_ONE,           /* past week: rolling */
    MZ_PL_T_OPEN,               /* since a date */
    MZ_PL_T_OPEN_AGO,           /* since N units ago: rolling */
    MZ_PL_T_OPEN_UNIT,          /* since the start of the month */
    MZ_PL_T_BETWEEN,
    MZ_PL_T_TO_DAY,             /* June 3 to 10 */
    MZ_PL_T_TO_DATE,            /* month to date */
    MZ_PL_T_XTD,
    MZ_PL_T_ALL,
    MZ_PL_T_UP_TO,
    MZ_PL_T_ON,                 /* a date or calendar unit */
    MZ_PL_T_PAIR,               /* this week versus last week */
    MZ_PL_T_COMPARE,            /* arg: 0 period, 1 year */
    MZ_PL_T_COMPARE_DATE,
    MZ_PL_T_COMPARE_NEAR,       /* what cannot be said exactly */
    MZ_PL_T_OVER_PERIOD,        /* week over week */
    MZ_PL_T_WINDOW,
    MZ_PL_T_WINDOW_ONE,
    MZ_PL_T_ROLLING,
    MZ_PL_T_ROLLING_DEFAULT,
    MZ_PL_T_CUMULATIVE,
    MZ_PL_T_GRAIN,              /* arg: the unit */
    MZ_PL_T_GRAIN_UNIT,         /* per unit */
    MZ_PL_T_GRAIN_SOFT,         /* in a week */
    MZ_PL_T_TOTAL
};

/* First match at a place wins, so longer patterns stand first. */

static const mz_pl_rule_t  mz_pl_time_rules[] = {
    { "# %U rolling|moving|trailing average|mean|avg", MZ_PL_T_ROLLING, 0 },
    { "rolling|moving|trailing # %U average|mean", MZ_PL_T_ROLLING, 0 },
    { "rolling|moving|trailing average|mean of|over|with # %U",
      MZ_PL_T_ROLLING, 0 },
    { "smoothed over|by # %U", MZ_PL_T_ROLLING, 0 },
    { "rolling|moving average|mean", MZ_PL_T_ROLLING_DEFAULT, 0 },
    { "cumulative|cumulatively|accumulated|cumulated", MZ_PL_T_CUMULATIVE,
      0 },
    { "running total|sum|count", MZ_PL_T_CUMULATIVE, 0 },

    { "year over|on year", MZ_PL_T_COMPARE, 1 },
    { "yoy", MZ_PL_T_COMPARE, 1 },
    { "y / y", MZ_PL_T_COMPARE, 1 },
    { "%U over|on %U", MZ_PL_T_OVER_PERIOD, -1 },
    { "dod", MZ_PL_T_OVER_PERIOD, MZ_UNIT_DAY },
    { "wow", MZ_PL_T_OVER_PERIOD, MZ_UNIT_WEEK },
    { "mom", MZ_PL_T_OVER_PERIOD, MZ_UNIT_MONTH },
    { "qoq", MZ_PL_T_OVER_PERIOD, MZ_UNIT_QUARTER },
    { "period over|on period", MZ_PL_T_COMPARE, 0 },

    { "~compar|versus|against|than|relative|comparison to|with|against? "
      "same %U|period|time|range|%W? of|in? last|previous|prior year",
      MZ_PL_T_COMPARE, 1 },
    { "~compar|versus|against|than|relative|comparison to|with|against? "
      "same %D of|in? last|previous|prior year", MZ_PL_T_COMPARE, 1 },
    { "~compar|versus|against|than|relative|comparison to|with|against? "
      "year before|earlier|ago|prior", MZ_PL_T_COMPARE, 1 },
    { "~compar|versus|against|than|relative|comparison to|with|against? "
      "last|previous|prior year", MZ_PL_T_COMPARE, 1 },
    { "~compar|versus|against|than|relative|comparison to|with|against? "
      "previous|prior|preceding|last|earlier # %U", MZ_PL_T_COMPARE, 0 },
    { "~compar|versus|against|than|relative|comparison to|with|against? "
      "# %U before|prior|earlier", MZ_PL_T_COMPARE, 0 },
    { "~compar|versus|against|than|relative|comparison to|with|against? "
      "previous|prior|preceding|last|earlier|before|former "
      "period|one|timeframe|range", MZ_PL_T_COMPARE, 0 },
    { "~compar|versus|against|than|relative|comparison to|with|against? "
      "period|%U before|earlier|prior|previously|preceding",
      MZ_PL_T_COMPARE, 0 },
    { "~compar|versus|against|than|relative|comparison to|with|against? "
      "previous|prior|preceding $|%U", MZ_PL_T_COMPARE, 0 },
    { "~compar|versus|against|relative|comparison|than to|with|against? "
      "%D", MZ_PL_T_COMPARE_DATE, 0 },
    { "same %U|period|time last|previous year", MZ_PL_T_COMPARE, 1 },
    { "versus|~compar|against to|with? same day last|previous %U",
      MZ_PL_T_COMPARE_NEAR, 0 },
    { "and|with|plus previous|prior|preceding period", MZ_PL_T_COMPARE, 0 },

    { "last|past|previous|trailing|prior|recent|preceding full|complete? # "
      "of? full|complete|calendar? %U", MZ_PL_T_LAST, 0 },
    { "past|trailing %U", MZ_PL_T_LAST_ONE, 0 },
    { "since|from # %U ago until|to|till|through? now|today?",
      MZ_PL_T_OPEN_AGO, 0 },
    { "since|from start|beginning of? %D", MZ_PL_T_OPEN, 0 },
    { "since|from start|beginning of? %U", MZ_PL_T_OPEN_UNIT, 0 },
    { "since launch|inception|ever|always|forever|beginning|start",
      MZ_PL_T_ALL, 0 },
    { "all time", MZ_PL_T_ALL, 0 },
    { "of all time", MZ_PL_T_ALL, 0 },
    { "all history|data", MZ_PL_T_ALL, 0 },
    { "over|in|across entire|whole|full|complete history|time|period|data",
      MZ_PL_T_ALL, 0 },
    { "to date $", MZ_PL_T_ALL, 0 },
    { "ever", MZ_PL_T_ALL, 0 },
    { "from|starting|beginning|as %D on|onwards|onward|forward",
      MZ_PL_T_OPEN, 0 },
    { "from|starting %D until|to|till|through now|today|date|present",
      MZ_PL_T_OPEN, 0 },
    { "since|starting|beginning in|on|from? %D", MZ_PL_T_OPEN, 0 },
    { "after %D", MZ_PL_T_OPEN, 1 },
    { "between|from %D and|to %D", MZ_PL_T_PAIR, 1 },
    { "between|from|during %D and|to|until|through|- %D", MZ_PL_T_BETWEEN,
      0 },
    { "%D versus|against %D", MZ_PL_T_PAIR, 0 },
    { "%D ~compar to|with|against %D", MZ_PL_T_PAIR, 0 },
    { "%D and|with|to %D", MZ_PL_T_PAIR, 1 },
    { "%D to|until|through|- %D", MZ_PL_T_BETWEEN, 0 },
    { "from|between? %D to|until|through|and|- #", MZ_PL_T_TO_DAY, 0 },
    { "so? far? this? %U to date", MZ_PL_T_TO_DATE, 0 },
    { "mtd", MZ_PL_T_XTD, MZ_UNIT_MONTH },
    { "wtd", MZ_PL_T_XTD, MZ_UNIT_WEEK },
    { "qtd", MZ_PL_T_XTD, MZ_UNIT_QUARTER },
    { "ytd", MZ_PL_T_XTD, MZ_UNIT_YEAR },
    { "before|until|prior|up|by to? %D", MZ_PL_T_UP_TO, 0 },

    { "# %U conversion|attribution|time? window|limit", MZ_PL_T_WINDOW, 0 },
    { "%U conversion? window", MZ_PL_T_WINDOW_ONE, 0 },
    { "conversion? window of|is|to|:|=? # %U", MZ_PL_T_WINDOW, 0 },
    { "within|inside|under in? # %U of|from|after?", MZ_PL_T_WINDOW, 0 },
    { "in|within|up|at to|most? first|next|following # %U", MZ_PL_T_WINDOW,
      0 },
    { "in # %U or less|fewer|under", MZ_PL_T_WINDOW, 0 },
    { "in under|less|at|most than|most? # %U", MZ_PL_T_WINDOW, 0 },
    { "no more than # %U", MZ_PL_T_WINDOW, 0 },
    { "up to # %U after|later", MZ_PL_T_WINDOW, 0 },
    { "within|inside same? %U of|from|after?", MZ_PL_T_WINDOW_ONE, 0 },
    { "in under|less|at|most than|most? %U", MZ_PL_T_WINDOW_ONE, 0 },
    { "on|in|within? same day", MZ_PL_T_WINDOW_ONE, 0 },

    { "in|on|during|for|over|throughout|as|of of? %D", MZ_PL_T_ON, 0 },
    { "so far %D", MZ_PL_T_ON, 0 },
    { "%D so? far?", MZ_PL_T_ON, 0 },

    { "%U by|after|over %U", MZ_PL_T_GRAIN_UNIT, 0 },
    { "on? hourly basis?", MZ_PL_T_GRAIN, MZ_UNIT_HOUR },
    { "on? daily basis?", MZ_PL_T_GRAIN, MZ_UNIT_DAY },
    { "on? weekly basis?", MZ_PL_T_GRAIN, MZ_UNIT_WEEK },
    { "on? monthly basis?", MZ_PL_T_GRAIN, MZ_UNIT_MONTH },
    { "on? quarterly basis?", MZ_PL_T_GRAIN, MZ_UNIT_QUARTER },
    { "on? yearly|annually|annual basis?", MZ_PL_T_GRAIN, MZ_UNIT_YEAR },
    { "by date", MZ_PL_T_GRAIN, MZ_UNIT_DAY },
    { "per|by|each|every %U", MZ_PL_T_GRAIN_UNIT, 0 },
    { "%U trend|granularity|grain|level|buckets|bucket|breakdown|view",
      MZ_PL_T_GRAIN_UNIT, 0 },
    { "times %U", MZ_PL_T_GRAIN_UNIT, 0 },
    { "in any|given|one|single|typical|average? %U", MZ_PL_T_GRAIN_SOFT, 0 },
    { "as|in total|overall instead?", MZ_PL_T_TOTAL, 0 },
    { "total|overall only|instead", MZ_PL_T_TOTAL, 0 },
    { "just|only one number", MZ_PL_T_TOTAL, 0 },
};

static const char *const  mz_pl_compare_words[] = {
    "compare", "comparing", "comparison", "compared", "versus",
    "difference", "differ", "~chang",
};


static void mz_pl_time_rule(mz_pl_t *pl, const mz_pl_rule_t *rule,
    const mz_pl_match_t *m);
static bool mz_pl_time_blocked(const mz_pl_t *pl, const mz_pl_rule_t *rule,
    const mz_pl_match_t *m);
static bool mz_pl_is_interval(const mz_pl_t *pl, size_t pos);
static void mz_pl_rule_range(mz_pl_t *pl, const mz_pl_rule_t *rule,
    const mz_pl_match_t *m);
static bool mz_pl_is_rolling_year(const mz_pl_t *pl, size_t pos,
    const mz_pl_date_t *d);
static void mz_pl_rule_shape(mz_pl_t *pl, const mz_pl_rule_t *rule,
    const mz_pl_match_t *m);
static void mz_pl_rule_between(mz_pl_t *pl, mz_pl_date_t *a,
    mz_pl_date_t *b);
static void mz_pl_rule_pair(mz_pl_t *pl, const mz_pl_date_t *a,
    const mz_pl_date_t *b);
static void mz_pl_set_range(mz_pl_t *pl, json_t *range);
static void mz_pl_set_compare(mz_pl_t *pl, bool is_year);
static void mz_pl_set_rolling(mz_pl_t *pl, int64_t n, const char *unit);
static int64_t mz_pl_range_days(const json_t *range);


void
mz_pl_read_times(mz_pl_t *pl)
{
    size_t               i, k;
    mz_pl_match_t        m;
    const mz_pl_rule_t  *rule;

    i = 0;
    while (i < pl->ntok && pl->rc == MZ_OK) {

        for (k = 0; k < MZ_ARRAY_LEN(mz_pl_time_rules); k++) {
            rule = &mz_pl_time_rules[k];
            if (mz_pl_match(pl, rule->pattern, i, &m)
                && !mz_pl_time_blocked(pl, rule, &m))
            {
                break;
            }
        }

        if (k == MZ_ARRAY_LEN(mz_pl_time_rules)) {
            i++;
            continue;
        }

        mz_pl_time_rule(pl, &mz_pl_time_rules[k], &m);

        for ( /* void */ ; i < m.end; i++) {
            pl->tok[i].is_taken = true;
            pl->tok[i].is_used = true;
        }
    }
}


json_t *
mz_pl_last(mz_pl_t *pl, int64_t n, mz_unit_t unit)
{
    return mz_pl_keep(pl, json_pack("{s:I,s:s}", "last", (json_int_t) n,
                                    "unit", mz_unit_name(unit)));
}


json_t *
mz_pl_window(mz_pl_t *pl, int64_t n, mz_unit_t unit)
{
    return mz_pl_keep(pl, json_pack("{s:I,s:s}", "n", (json_int_t) n,
                                    "unit", mz_unit_name(unit)));
}


const char *
mz_pl_grain_name(int grain)
{
    return grain < 0 ? "total" : mz_unit_name((mz_unit_t) grain);
}


int
mz_pl_trend_grain(const mz_pl_t *pl, const json_t *range)
{
    int64_t  days, from, to;

    days = mz_pl_range_days(range);

    if (days == 0) {
        from = pl->cat->first_ms;
        to = pl->now;

        if (mz_json_get_str(range, "from").len != 0) {
            (void) mz_time_parse(mz_json_get_str(range, "from"), &from);
        }

        if (mz_json_get_str(range, "to").len != 0
            && mz_time_parse(mz_json_get_str(range, "to"), &to) == MZ_OK)
        {
            to += MZ_DAY_MS;
        }

        days = (to - from) / MZ_DAY_MS;
    }

    if (days <= 2) {
        return MZ_UNIT_HOUR;
    }

    if (days <= 45) {
        return MZ_UNIT_DAY;
    }

    return days <= 120 ? MZ_UNIT_WEEK : MZ_UNIT_MONTH;
}


mz_str_t
mz_pl_range_words(mz_pl_t *pl, const json_t *range)
{
    int64_t      n;
    mz_str_t     unit, from, to;
    const char  *which;

    n = mz_json_get_int(range, "last", 0);
    unit = mz_json_get_str(range, "unit");
    if (n != 0) {
        return mz_pl_printf(pl, "last %lld %.*s%s", (long long) n,
                            (int) unit.len, unit.data, n == 1 ? "" : "s");
    }

    unit = mz_json_get_str(range, "calendar");
    if (unit.len != 0) {
        n = mz_json_get_int(range, "offset", 0);
        which = n == 0 ? "this" : n == -1 ? "previous" : NULL;

        return which != NULL
               ? mz_pl_printf(pl, "%s %.*s", which, (int) unit.len,
                              unit.data)
               : mz_pl_printf(pl, "the calendar %.*s %lld ago",
                              (int) unit.len, unit.data, (long long) -n);
    }

    from = mz_json_get_str(range, "from");
    to = mz_json_get_str(range, "to");
    if (from.len == 0) {
        return mz_str("all data");
    }

    return mz_pl_printf(pl, "%.*s to %.*s", (int) from.len, from.data,
                        to.len != 0 ? (int) to.len : 3,
                        to.len != 0 ? to.data : "now");
}


/* What a pattern cannot say: who else may want the words. */

static bool
mz_pl_time_blocked(const mz_pl_t *pl, const mz_pl_rule_t *rule,
    const mz_pl_match_t *m)
{
    size_t         i;
    mz_pl_match_t  local;

    for (i = m->first; i < m->end; i++) {
        if (pl->tok[i].is_used) {
            return true;
        }
    }

    switch (rule->what) {

    case MZ_PL_T_GRAIN:
    case MZ_PL_T_GRAIN_UNIT:
        return mz_pl_is_interval(pl, m->first);

    case MZ_PL_T_PAIR:
        return rule->arg == 1
               && !mz_pl_has_in(pl, mz_pl_compare_words, &local);

    case MZ_PL_T_COMPARE_DATE:
        /* "more than 2 in May" is no comparison of times */
        return pl->tok[m->first].kind != MZ_PL_WORD
               || (mz_pl_is_any(pl, m->first, "compare comparing")
                   && mz_pl_match(pl, "~compar %D and|with|to|versus %D",
                                  m->first, &local));

    case MZ_PL_T_GRAIN_SOFT:
        return !mz_pl_is_any(pl, m->first + 1, "a any one given single "
                             "typical average");

    case MZ_PL_T_TO_DAY:
        return m->nnum == 0 || m->num[m->nnum - 1] > 31
               || mz_pl_match(pl, "%U", m->end, &local);

    case MZ_PL_T_ALL:
        return mz_pl_is(pl, m->first, "ever")
               && mz_pl_is_any(pl, m->first + 1, "since");

    case MZ_PL_T_ON:
        /* "logged in today" */
        return (mz_pl_is(pl, m->first, "as")
                && !mz_pl_is(pl, m->first + 1, "of"))
               || (m->first > 0 && mz_pl_is_any(pl, m->first, "in on")
                   && mz_pl_is_any(pl, m->first - 1, "log logged logging "
                                   "logs checked clocked opted"));

    case MZ_PL_T_UP_TO:
        return (mz_pl_is(pl, m->first, "by")
                && pl->tok[m->end - 1].kind != MZ_PL_DATE)
               || (mz_pl_is_any(pl, m->first, "up prior")
                   && !mz_pl_is(pl, m->first + 1, "to"));

    default:
        return false;
    }
}


/* "yearly plan", "monthly versus yearly": a value, how often one pays. */

static bool
mz_pl_is_interval(const mz_pl_t *pl, size_t pos)
{
    bool           is_value;
    size_t         i, k;
    mz_pl_match_t  m;

    is_value = false;

    for (i = 0; i < pl->cat->nproperties && !is_value; i++) {
        for (k = 0; k < pl->cat->properties[i].nvalues && !is_value; k++) {
            is_value = mz_str_ieq(pl->cat->properties[i].values[k].value,
                                  pl->tok[pos].text);
        }
    }

    if (!is_value) {
        return false;
    }

    return mz_pl_match(pl, "%W plan|plans|billing|interval|subscriber|"
                       "subscribers|billed|paid|payers|customers|tier|"
                       "members", pos, &m)
           || (mz_pl_match(pl, "%W subscription|subscriptions", pos, &m)
               && !mz_pl_is_any(pl, m.end, "starts start renewals "
                                "cancellations cancels revenue"))
           || mz_pl_match(pl, "%W versus|or|and monthly|yearly|annual|weekly",
                          pos, &m)
           || (pos > 1 && mz_pl_match(pl, "monthly|yearly|annual|weekly "
                                      "versus|or|and %W", pos - 2, &m));
}


static void
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

    if (rule->what <= MZ_PL_T_PAIR) {
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
    int64_t       n;
    mz_unit_t     unit;
    mz_pl_date_t  a, b;

    memset(&a, 0, sizeof(a));
    memset(&b, 0, sizeof(b));

    if (m->ndate > 0) {
        (void) mz_pl_date_at(pl, m->date[0], &end, &a);
    }

    if (m->ndate > 1) {
        (void) mz_pl_date_at(pl, m->date[1], &end, &b);
    }

    n = m->nnum > 0 ? (int64_t) m->num[0] : 1;
    unit = m->nunit > 0 ? (mz_unit_t) m->unit[m->nunit - 1] : MZ_UNIT_DAY;

    switch (rule->what) {

    case MZ_PL_T_LAST:
    case MZ_PL_T_LAST_ONE:
    case MZ_PL_T_OPEN_AGO:
        mz_pl_set_range(pl, mz_pl_last(pl, n, unit));
        break;

    case MZ_PL_T_OPEN:
        mz_pl_set_range(pl, mz_pl_date_span(pl, rule->arg == 1 ? a.to_ms
                                                : a.from_ms, 0));
        break;

    case MZ_PL_T_OPEN_UNIT:
        mz_pl_set_range(pl, mz_pl_date_span(pl, mz_time_floor(pl->now, unit),
                                            0));
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
        unit = (mz_unit_t) rule->arg;
        /* fall through */

    case MZ_PL_T_TO_DATE:
        mz_pl_set_range(pl, mz_pl_keep(pl, json_pack("{s:s,s:i}", "calendar",
                                       mz_unit_name(unit), "offset", 0)));
        break;

    case MZ_PL_T_ALL:
        if (pl->slot.range == NULL) {
            mz_pl_set_range(pl, mz_pl_keep(pl, json_pack("{s:b}", "all",
                                                         1)));
        }

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
    int64_t        n;
    mz_unit_t      unit;
    mz_pl_date_t   d;

    n = m->nnum > 0 ? (int64_t) m->num[0] : 1;
    unit = m->nunit > 0 ? (mz_unit_t) m->unit[0] : MZ_UNIT_DAY;

    switch (rule->what) {

    case MZ_PL_T_COMPARE:
        mz_pl_set_compare(pl, rule->arg == 1);
        break;

    case MZ_PL_T_COMPARE_DATE:
        if (mz_pl_date_at(pl, m->date[0], &(size_t) { 0 }, &d)) {
            mz_pl_set_compare(pl, d.unit == MZ_UNIT_YEAR && d.is_calendar);
        }

        break;

    case MZ_PL_T_COMPARE_NEAR:
        mz_pl_set_compare(pl, false);
        mz_pl_assume(pl, "compared with the period right before (the same "
                     "day of another week cannot be chosen)");
        break;

    case MZ_PL_T_OVER_PERIOD:
        if (pl->slot.grain == MZ_PL_GRAIN_NONE) {
            pl->slot.grain = rule->arg < 0 ? (int) unit : rule->arg;
        }

        pl->slot.has_wow = true;
        break;

    case MZ_PL_T_WINDOW:
    case MZ_PL_T_WINDOW_ONE:
        pl->slot.window = mz_pl_window(pl, n, unit);
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
        if (pl->slot.grain == MZ_PL_GRAIN_NONE) {
            pl->slot.grain = MZ_PL_GRAIN_TOTAL;
        }

        break;

    default:
        if (unit != MZ_UNIT_MINUTE) {
            pl->slot.grain = (int) unit;
        }
    }
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


/* Days of a rolling or calendar range; 0 where dates decide. */

static int64_t
mz_pl_range_days(const json_t *range)
{
    int64_t               n;
    mz_str_t              name;
    mz_unit_t             unit;
    static const int64_t  days[] = { 0, 0, 1, 7, 30, 91, 365 };

    n = mz_json_get_int(range, "last", 0);
    name = mz_json_get_str(range, n != 0 ? "unit" : "calendar");

    if (name.len == 0 || mz_unit_parse(name, &unit) != MZ_OK) {
        return 0;
    }

    if (unit == MZ_UNIT_HOUR) {
        return n / 24 + 1;
    }

    return (n != 0 ? n : 1) * days[unit];
}
