
#include "agent/plan/planner_slots.h"


typedef struct {
    const char  *pattern;
    const char  *op;
} mz_pl_threshold_rule_t;

static const mz_pl_threshold_rule_t  mz_pl_threshold_rules[] = {
    { "between # and|to #", "between" },
    { "no|not less|fewer|lower than #", "gte" },
    { "no|not more|greater|higher than #", "lte" },
    { "more|greater|higher|larger|bigger|longer|slower|older than #", "gt" },
    { "less|fewer|lower|smaller|shorter|faster|cheaper than #", "lt" },
    { "at least #", "gte" },
    { "minimum of? #", "gte" },
    { "at most #", "lte" },
    { "maximum of? #", "lte" },
    { "over|above|exceeding|exceeds|exceed|beyond|> #", "gt" },
    { "under|below|< #", "lt" },
    { ">= #", "gte" },
    { "<= #", "lte" },
    { "# or|and more|over|above|higher|up", "gte" },
    { "# +", "gte" },
    { "# or|and less|fewer|under|below", "lte" },
    { "up to #", "lte" },
    { "exactly|precisely|just|only|= #", "eq" },
    { "equal to? #", "eq" },
};

/* The same with "once" and "twice" in place of a number. */

static const mz_pl_threshold_rule_t  mz_pl_times_rules[] = {
    { "more than once|twice|thrice", "gt" },
    { "less|fewer than once|twice|thrice", "lt" },
    { "no|not more than once|twice|thrice", "lte" },
    { "at least once|twice|thrice", "gte" },
    { "at most once|twice|thrice", "lte" },
    { "exactly|only|just once|twice|thrice", "eq" },
    { "once|twice|thrice or more", "gte" },
    { "multiple|several times", "gt" },
    { "repeatedly", "gt" },
    { "# times", "eq" },
    { "twice|thrice", "eq" },
};

static const char  mz_pl_times_words[] = "times time x";
static const char  mz_pl_money_words[] =
    "dollars dollar usd eur euro euros gbp pounds bucks";


static bool mz_pl_threshold_times(const mz_pl_t *pl, size_t pos,
    mz_pl_threshold_t *t);


bool
mz_pl_threshold_at(const mz_pl_t *pl, size_t pos, mz_pl_threshold_t *t)
{
    size_t         i, k;
    mz_pl_match_t  m;

    memset(t, 0, sizeof(mz_pl_threshold_t));

    if (mz_pl_threshold_times(pl, pos, t)) {
        return true;
    }

    for (k = 0; k < MZ_ARRAY_LEN(mz_pl_threshold_rules); k++) {
        if (mz_pl_match(pl, mz_pl_threshold_rules[k].pattern, pos, &m)) {
            break;
        }
    }

    if (k == MZ_ARRAY_LEN(mz_pl_threshold_rules)) {
        return false;
    }

    for (i = pos; i < m.end; i++) {
        if (pl->tok[i].is_taken) {
            return false;
        }

        t->is_money |= pl->tok[i].is_money;
    }

    t->op = mz_pl_threshold_rules[k].op;
    t->value = m.num[0];
    t->is_between = m.nnum > 1;
    t->value2 = m.num[1];
    t->end = m.end;

    if (mz_pl_is_any(pl, t->end, mz_pl_times_words)) {
        t->is_times = true;
        t->end++;
    }

    if (mz_pl_is_any(pl, t->end, mz_pl_money_words)) {
        t->is_money = true;
        t->end++;
    }

    return true;
}


static bool
mz_pl_threshold_times(const mz_pl_t *pl, size_t pos, mz_pl_threshold_t *t)
{
    size_t         i, k;
    mz_pl_match_t  m;

    for (k = 0; k < MZ_ARRAY_LEN(mz_pl_times_rules); k++) {
        if (mz_pl_match(pl, mz_pl_times_rules[k].pattern, pos, &m)) {
            break;
        }
    }

    if (k == MZ_ARRAY_LEN(mz_pl_times_rules)) {
        return false;
    }

    t->op = mz_pl_times_rules[k].op;
    t->is_times = true;
    t->end = m.end;
    t->value = 1;

    for (i = pos; i < m.end; i++) {
        if (pl->tok[i].is_taken) {
            return false;
        }

        if (pl->tok[i].kind == MZ_PL_NUMBER) {
            t->value = pl->tok[i].num;
        }

        t->value = mz_pl_is(pl, i, "twice") ? 2 : t->value;
        t->value = mz_pl_is(pl, i, "thrice") ? 3 : t->value;
    }

    return true;
}
