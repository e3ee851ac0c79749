
#include "agent/plan/planner_time_rules.h"


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
    { "in|over|during? last|past|previous|trailing|this fortnight",
      MZ_PL_T_LAST_ONE, 14 },
    { ",|:|;|- # %U $", MZ_PL_T_LAST, 0 },
    { "since|from then|that|after", MZ_PL_T_SINCE_THEN, 0 },
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
    { "%D versus|against|than last|previous|prior one|$", MZ_PL_T_PAIR_LAST,
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

    { "in|inside # %U time?", MZ_PL_T_IN, 0 },
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
    { "per|by|each|every|/ %U", MZ_PL_T_GRAIN_UNIT, 0 },
    { "%U trend|granularity|grain|level|buckets|bucket|breakdown|view",
      MZ_PL_T_GRAIN_UNIT, 0 },
    { "times %U", MZ_PL_T_GRAIN_UNIT, 0 },
    { "which %U", MZ_PL_T_GRAIN_UNIT, 0 },
    { "in any|given|one|single|typical|average? %U", MZ_PL_T_GRAIN_SOFT, 0 },
    { "as|in total|overall instead?", MZ_PL_T_TOTAL, 0 },
    { "total|overall only|instead", MZ_PL_T_TOTAL, 0 },
    { "just|only one number", MZ_PL_T_TOTAL, 0 },
};

static const char *const  mz_pl_compare_words[] = {
    "compare", "comparing", "comparison", "compared", "versus",
    "difference", "differ", "~chang",
};


static const char *const  mz_pl_again_words[] = {
    "~retain|churn|churned|active|back|return|returned|again|still",
};


static bool mz_pl_time_blocked(const mz_pl_t *pl, const mz_pl_rule_t *rule,
    const mz_pl_match_t *m);
static bool mz_pl_is_code_value(const mz_pl_t *pl, size_t pos);
static bool mz_pl_is_interval(const mz_pl_t *pl, size_t pos);


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
        return mz_pl_is_interval(pl, m->end - 1);

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

    case MZ_PL_T_IN:
        /* "active in 2 weeks" is a period of a retention */
        return mz_pl_has_in(pl, mz_pl_again_words, NULL);

    case MZ_PL_T_ON:
        /* "logged in today" */
        return mz_pl_is_code_value(pl, m->first)
               || (mz_pl_is(pl, m->first, "as")
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


/* "purchases in IN last week": a code of the catalog in capitals. */

static bool
mz_pl_is_code_value(const mz_pl_t *pl, size_t pos)
{
    size_t                        i, k;
    const mz_pl_token_t          *t;
    const mz_catalog_property_t  *p;

    t = &pl->tok[pos];

    /* where everything is in capitals they mean nothing */

    if (!t->is_upper || t->raw.len > 3
        || (pos > 0 && t[-1].is_upper && t[-1].raw.len > 3)
        || (pos + 1 < pl->ntok && t[1].is_upper && t[1].raw.len > 3))
    {
        return false;
    }

    for (i = 0; i < pl->cat->nproperties; i++) {
        p = &pl->cat->properties[i];

        for (k = 0; k < p->nvalues; k++) {
            if (mz_str_eq(p->values[k].value, t->raw)) {
                return true;
            }
        }
    }

    return false;
}
