
#include "agent/plan/planner_build.h"


enum {
    MZ_PL_R_AT = 1,
    MZ_PL_R_AT_CODE,            /* d7, w4 */
    MZ_PL_R_AT_SPAN,            /* w1 to w4: each of them */
    MZ_PL_R_NEXT,               /* the next day: 1 */
    MZ_PL_R_MORE,               /* one more number: ", 7 and 30" */
    MZ_PL_R_PERIODS
};

#define MZ_PL_AT_MAX  64

static const mz_pl_rule_t  mz_pl_at_rules[] = {
    { "d# to|-|through d#", MZ_PL_R_AT_SPAN, MZ_UNIT_DAY },
    { "w# to|-|through w#", MZ_PL_R_AT_SPAN, MZ_UNIT_WEEK },
    { "m# to|-|through m#", MZ_PL_R_AT_SPAN, MZ_UNIT_MONTH },
    { "%U # to|-|through %U? #", MZ_PL_R_AT_SPAN, -1 },
    { "d#", MZ_PL_R_AT_CODE, MZ_UNIT_DAY },
    { "w#", MZ_PL_R_AT_CODE, MZ_UNIT_WEEK },
    { "m#", MZ_PL_R_AT_CODE, MZ_UNIT_MONTH },
    { "after first|1 %U", MZ_PL_R_NEXT, 0 },
    { "first %U retention|churn|$", MZ_PL_R_NEXT, 0 },
    { "first # %U", MZ_PL_R_PERIODS, 0 },
    { "for|over|up # %U each|out|periods|after|of|to?", MZ_PL_R_PERIODS, 0 },
    { "up to # %U", MZ_PL_R_PERIODS, 0 },
    { "through|to %U #", MZ_PL_R_PERIODS, 0 },
    { "after|on|in|at|by? %U #", MZ_PL_R_AT, 0 },
    { "# %U retention|churn|later|after|on", MZ_PL_R_AT, 0 },
    { "after|in # %U", MZ_PL_R_AT, 0 },
    { "next|following|second %U", MZ_PL_R_NEXT, 0 },
    { "%U later|after", MZ_PL_R_NEXT, 0 },
    { "after %U", MZ_PL_R_NEXT, 0 },
};

static const mz_pl_rule_t  mz_pl_at_more[] = {
    { ",|and|&|/|or|, and?  %U? #", MZ_PL_R_MORE, 0 },
    { ",|and|&|/|or and? %U? #", MZ_PL_R_MORE, 0 },
    { ",|and|&|/|or and? d#|w#|m#", MZ_PL_R_MORE, 0 },
};


static bool mz_pl_is_plural_unit(const mz_pl_t *pl, size_t i);
static size_t mz_pl_read_more(mz_pl_t *pl, json_t *at, size_t pos);
static void mz_pl_add_at(mz_pl_t *pl, json_t *at, double k);


/* The unit of the ks, or -1. */

int
mz_pl_read_at(mz_pl_t *pl, json_t *at, int64_t *periods)
{
    int                  unit;
    size_t               i, k;
    mz_pl_match_t        m;
    const mz_pl_rule_t  *rule;

    unit = -1;

    for (i = 0; i < pl->ntok; i++) {
        for (k = 0; k < MZ_ARRAY_LEN(mz_pl_at_rules); k++) {
            rule = &mz_pl_at_rules[k];

            if (pl->tok[i].is_taken
                || !mz_pl_match(pl, rule->pattern, i, &m)
                || pl->tok[m.end - 1].is_taken
                || (rule->what == MZ_PL_R_NEXT
                    && mz_pl_is_plural_unit(pl, m.end - 1)))
            {
                continue;
            }

            unit = rule->arg >= 0 && m.nunit == 0 ? rule->arg : m.unit[0];

            if (rule->what == MZ_PL_R_PERIODS) {
                *periods = (int64_t) m.num[0];
                return unit;
            }

            mz_pl_add_at(pl, at, rule->what == MZ_PL_R_NEXT ? 1
                                                            : m.num[0]);

            while (rule->what == MZ_PL_R_AT_SPAN && m.num[0] < m.num[1]
                   && json_array_size(at) < MZ_PL_AT_MAX)
            {
                mz_pl_add_at(pl, at, ++m.num[0]);
            }

            i = mz_pl_read_more(pl, at, m.end) - 1;
            break;
        }
    }

    return unit;
}


/* "day 0, 1-3, 4-7": at least one range of ks. */

json_t *
mz_pl_read_brackets(mz_pl_t *pl)
{
    size_t         i;
    json_t        *list;
    mz_pl_match_t  m;

    list = mz_pl_array(pl);

    for (i = 0; i < pl->ntok; i++) {
        if (pl->tok[i].is_taken || pl->tok[i].kind != MZ_PL_NUMBER) {
            continue;
        }

        if (mz_pl_match(pl, "# -|to #", i, &m)
            || (mz_pl_match(pl, "# #", i, &m)
                && pl->tok[i + 1].is_glued
                && pl->tok[i + 1].raw.data[-1] == '-'))
        {
            mz_pl_push(pl, list, mz_pl_keep(pl, json_pack("[i,i]",
                       (int) m.num[0], (int) m.num[1])));
            i = m.end - 1;

        } else if (mz_pl_is_any(pl, i + 1, ", and")
                   || json_array_size(list) != 0)
        {
            mz_pl_push(pl, list, mz_pl_keep(pl, json_pack("[i,i]",
                       (int) pl->tok[i].num, (int) pl->tok[i].num)));
        }
    }

    for (i = 0; i < json_array_size(list); i++) {
        if (!json_equal(json_array_get(json_array_get(list, i), 0),
                        json_array_get(json_array_get(list, i), 1)))
        {
            return list;
        }
    }

    return NULL;
}


/* "return within 2 weeks": any time in the first two periods. */

json_t *
mz_pl_window_brackets(mz_pl_t *pl, json_t *at, int *unit)
{
    int64_t    n;
    mz_unit_t  u;

    n = mz_json_get_int(pl->slot.window, "n", 0);
    if (n < 1 || n > 1000 || mz_unit_parse(mz_json_get_str(pl->slot.window,
                                           "unit"), &u) != MZ_OK
        || u < MZ_UNIT_DAY || u > MZ_UNIT_MONTH)
    {
        return NULL;
    }

    *unit = (int) u;

    if (n == 1) {
        mz_pl_add_at(pl, at, 0);
        return NULL;
    }

    return mz_pl_keep(pl, json_pack("[[i,I]]", 0, (json_int_t) (n - 1)));
}


/* "the following months" are no certain one. */

static bool
mz_pl_is_plural_unit(const mz_pl_t *pl, size_t i)
{
    return mz_str_has_suffix(pl->tok[i].text, mz_str("s"));
}


static size_t
mz_pl_read_more(mz_pl_t *pl, json_t *at, size_t pos)
{
    mz_pl_match_t  m;

    while (mz_pl_match_at(pl, mz_pl_at_more, MZ_ARRAY_LEN(mz_pl_at_more),
                          pos, &m) != NULL
           && !pl->tok[m.end - 1].is_taken)
    {
        mz_pl_add_at(pl, at, m.num[0]);
        pos = m.end;
    }

    return pos;
}


static void
mz_pl_add_at(mz_pl_t *pl, json_t *at, double k)
{
    size_t   i;
    json_t  *v;

    if (k < 0 || k > 1000) {
        return;
    }

    json_array_foreach(at, i, v) {
        if (json_integer_value(v) == (json_int_t) k) {
            return;
        }
    }

    mz_pl_push(pl, at, mz_pl_number(pl, k));
}
