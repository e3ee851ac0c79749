
#include "agent/plan/planner_slots.h"


enum {
    MZ_PL_B_BY = 1,
    MZ_PL_B_WHICH,              /* arg: 1 with a number of groups */
    MZ_PL_B_TOP,                /* arg: 0 best, 1 worst */
    MZ_PL_B_TOP_ONLY
};

static const mz_pl_rule_t  mz_pl_break_rules[] = {
    { "top|best|biggest|largest|highest|leading|first # %W? %W? %P",
      MZ_PL_B_TOP, 0 },
    { "bottom|worst|lowest|smallest|least|last|weakest # %W? %W? %P",
      MZ_PL_B_TOP, 1 },
    { "# best|biggest|largest|highest|top|leading|strongest %W? %W? %P",
      MZ_PL_B_TOP, 0 },
    { "# worst|lowest|smallest|weakest %W? %W? %P", MZ_PL_B_TOP, 1 },
    { "# most %W %W? %P", MZ_PL_B_TOP, 0 },
    { "# least %W %W? %P", MZ_PL_B_TOP, 1 },
    { "slowest|longest|heaviest|priciest %P", MZ_PL_B_TOP, 0 },
    { "fastest|quickest|shortest|cheapest %P", MZ_PL_B_TOP, 1 },
    { "top|best %W? %P", MZ_PL_B_TOP, 0 },
    { "bottom|worst %W? %P", MZ_PL_B_TOP, 1 },
    { "most popular|common|frequent|used|viewed|visited|important|"
      "successful|profitable|valuable|active|searched|purchased|bought "
      "%W? %P", MZ_PL_B_TOP, 0 },
    { "least popular|common|frequent|used|viewed|visited|successful|"
      "profitable|active %W? %P", MZ_PL_B_TOP, 1 },
    { "most %W %P", MZ_PL_B_TOP, 0 },
    { "least %W %P", MZ_PL_B_TOP, 1 },
    { "top|best|highest|biggest # $|only|instead|groups|results|ones|rows",
      MZ_PL_B_TOP_ONLY, 0 },
    { "bottom|worst|lowest # $|only|instead|groups|results|ones|rows",
      MZ_PL_B_TOP_ONLY, 1 },
    { "%P with|having|that|which have|has|had? most|highest|largest|biggest|"
      "longest|slowest|lowest|fewest|least|shortest|fastest|smallest",
      MZ_PL_B_WHICH, 0 },
    { "which|what # %W? %P", MZ_PL_B_WHICH, 1 },
    { "which|what %W? %P", MZ_PL_B_WHICH, 0 },
    { "by|per|across|among|amongst %W? %P", MZ_PL_B_BY, 0 },
    { "between different|various? %P", MZ_PL_B_BY, 0 },
    { "for|in|on|of|from each|every|different|various|all %W? %P",
      MZ_PL_B_BY, 0 },
    { "each|every %P", MZ_PL_B_BY, 0 },
    { "broken|break|split|segmented|segment|grouped|group|sliced|slice|cut|"
      "divided|divide .. by|per|on|into|down|across|with %W? %P",
      MZ_PL_B_BY, 0 },
    { "breakdown|split|segmentation|segmented by|on|of|into? %P",
      MZ_PL_B_BY, 0 },
    { "depending on %P", MZ_PL_B_BY, 0 },
    { "~add %P breakdown|split|as|dimension|to", MZ_PL_B_BY, 0 },
    { "~add %P $", MZ_PL_B_BY, 0 },
    { "%P breakdown|split|distribution|wise|level|mix|segmentation",
      MZ_PL_B_BY, 0 },
    { "use|using|try %P instead", MZ_PL_B_BY, 0 },
    { "%P instead of? %P?", MZ_PL_B_BY, 0 },
};

static const mz_pl_rule_t  mz_pl_more_rules[] = {
    { ",|&|+|/|x|and|then|by|plus and|then|also|by|per? by|per? %P", 0, 0 },
};

/* Behind a word for grouping: what the catalog does not know. */

static const mz_pl_rule_t  mz_pl_unknown_rules[] = {
    { "%U of day|week|month|year", 1, 0 },
    { "weekday|weekdays", 1, 0 },
    { "by|per|across %W", 0, 0 },
    { "split|broken|grouped|group|break|segment .. by %W", 0, 0 },
};

static const char *const  mz_pl_lowest[] = {
    "fewest", "least", "lowest", "worst", "smallest", "bottom", "weakest",
    "minimum", "fastest", "quickest", "shortest", "cheapest", "rarest",
};

static const char *const  mz_pl_highest[] = {
    "most", "highest", "best", "biggest", "largest", "top", "maximum",
    "strongest", "greatest", "slowest", "longest", "expensive",
};

/* Words of names whose numbers add up or average. */

static const char *const  mz_pl_amount_words[] = {
    "revenue", "amount", "price", "value", "cost", "total", "mrr", "arr",
    "duration", "time", "ms", "sec", "seconds", "s", "count", "quantity",
    "score", "rating", "size", "length", "distance", "fee", "fare", "tip",
    "weight", "bytes", "points", "minutes", "hours", "latency", "gmv",
    "discount", "tax", "balance", "qty", "percent", "pct", "rate",
};


static void mz_pl_break_rule(mz_pl_t *pl, const mz_pl_rule_t *rule,
    mz_pl_match_t *m);
static void mz_pl_break_more(mz_pl_t *pl, size_t pos);
static void mz_pl_break_unknown(mz_pl_t *pl);
static bool mz_pl_break_blocked(const mz_pl_t *pl, const mz_pl_rule_t *rule,
    const mz_pl_match_t *m);
static bool mz_pl_is_plural(const mz_pl_t *pl, size_t i);
static void mz_pl_set_top(mz_pl_t *pl, double n, bool is_asc);


void
mz_pl_read_breakdown(mz_pl_t *pl)
{
    size_t         i, k;
    mz_pl_match_t  m;

    for (i = 0; i < pl->ntok && pl->rc == MZ_OK; i++) {
        for (k = 0; k < MZ_ARRAY_LEN(mz_pl_break_rules); k++) {
            if (mz_pl_match(pl, mz_pl_break_rules[k].pattern, i, &m)
                && !mz_pl_break_blocked(pl, &mz_pl_break_rules[k], &m))
            {
                mz_pl_break_rule(pl, &mz_pl_break_rules[k], &m);
                i = m.end - 1;
                break;
            }
        }
    }

    mz_pl_break_unknown(pl);
}


bool
mz_pl_is_amount(const mz_pl_t *pl, const mz_catalog_property_t *p)
{
    size_t               i, k;
    const mz_pl_name_t  *name;

    if (p->dtype == MZ_DTYPE_FLOAT64) {
        return true;
    }

    if (p->dtype != MZ_DTYPE_INT64) {
        return false;
    }

    name = &pl->prop_names[p - pl->cat->properties];

    for (i = 0; i < name->n; i++) {
        for (k = 0; k < MZ_ARRAY_LEN(mz_pl_amount_words); k++) {
            if (mz_str_eq_c(name->word[i], mz_pl_amount_words[k])) {
                return true;
            }
        }
    }

    return false;
}


void
mz_pl_add_missing(mz_pl_t *pl, const char *reason, size_t first, size_t end)
{
    if (pl->slot.missing_reason == NULL) {
        pl->slot.missing_reason = reason;
    }

    mz_pl_push_text(pl, pl->slot.missing,
                    mz_pl_lower(pl, mz_pl_raw(pl, first, end)));
}


static bool
mz_pl_break_blocked(const mz_pl_t *pl, const mz_pl_rule_t *rule,
    const mz_pl_match_t *m)
{
    size_t               i;
    const mz_pl_item_t  *it;

    if (rule->what == MZ_PL_B_TOP_ONLY) {
        return false;
    }

    it = &pl->item[m->item[0]];

    if (it->is_used) {
        return true;
    }

    /* "revenue per order" divides, "revenue per product" groups */

    if (mz_pl_is(pl, m->first, "per")
        && mz_pl_is_any(pl, it->first, "order purchase transaction sale"))
    {
        return true;
    }

    /* "by average price": the words between may not be cues or times */

    for (i = 0; i < m->ntok; i++) {
        if (pl->tok[m->tok[i]].is_taken
            || pl->tok[m->tok[i]].kind == MZ_PL_CODE
            || mz_pl_is_any(pl, m->tok[i], "average median total sum of "
                            "number maximum minimum properties property "
                            "does do did is are the by")
            || (pl->tok[m->tok[i]].item != MZ_PL_NONE
                && !pl->item[pl->tok[m->tok[i]].item].is_weak
                && !pl->item[pl->tok[m->tok[i]].item].is_hint
                && !(pl->item[pl->tok[m->tok[i]].item].kind == MZ_PL_EVENT
                     && mz_pl_carries(pl, pl->item[pl->tok[m->tok[i]].item]
                                      .event, it->props[0]))))
        {
            return true;
        }
    }

    /* "top categories by revenue": what is ranked by, not grouped by */

    return mz_pl_is_amount(pl, it->props[0])
           && (pl->slot.top != NULL || rule->what == MZ_PL_B_TOP
               || it->props[0]->dtype
               == MZ_DTYPE_FLOAT64 || rule->what == MZ_PL_B_WHICH);
}


static void
mz_pl_break_rule(mz_pl_t *pl, const mz_pl_rule_t *rule, mz_pl_match_t *m)
{
    bool           is_asc;
    size_t         end;
    mz_pl_item_t  *it;

    is_asc = rule->arg == 1;

    if (rule->what == MZ_PL_B_TOP_ONLY) {
        mz_pl_set_top(pl, m->num[0], is_asc);
        mz_pl_use(pl, m->first, m->end);
        return;
    }

    it = &pl->item[m->item[0]];
    it->is_used = true;

    /* the property itself is picked when the event is known */

    mz_pl_push(pl, pl->slot.breakdown,
               mz_pl_keep(pl, json_integer((json_int_t) m->item[0])));

    switch (rule->what) {

    case MZ_PL_B_TOP:
        mz_pl_set_top(pl, m->nnum > 0 ? m->num[0]
                          : mz_pl_is_plural(pl, it->last)
                            ? MZ_PL_TOP_DEFAULT : 1, is_asc);
        break;

    case MZ_PL_B_WHICH:
        (void) mz_pl_has_in(pl, mz_pl_highest, NULL);
        is_asc = mz_pl_has_in(pl, mz_pl_lowest, NULL);
        if (rule->arg == 1) {
            mz_pl_set_top(pl, m->num[0], is_asc);

        } else if ((is_asc || mz_pl_has_in(pl, mz_pl_highest, NULL))
                   && !mz_pl_is_plural(pl, it->last))
        {
            mz_pl_set_top(pl, 1, is_asc);
        }

        break;

    default:
        break;
    }

    /* "browsers with the longest": the rank may be the measure's */

    end = rule->what == MZ_PL_B_WHICH ? it->last + 1 : m->end;
    mz_pl_use(pl, m->first, end);
    mz_pl_break_more(pl, end);
}


/* "by country, device and plan" */

static void
mz_pl_break_more(mz_pl_t *pl, size_t pos)
{
    mz_pl_match_t  m;

    while (mz_pl_match_at(pl, mz_pl_more_rules,
                          MZ_ARRAY_LEN(mz_pl_more_rules), pos, &m) != NULL
           && !pl->item[m.item[0]].is_used
           && !mz_pl_is_amount(pl, pl->item[m.item[0]].props[0]))
    {
        pl->item[m.item[0]].is_used = true;
        mz_pl_push(pl, pl->slot.breakdown,
                   mz_pl_keep(pl, json_integer((json_int_t) m.item[0])));
        mz_pl_use(pl, pos, m.end);
        pos = m.end;
    }
}


static void
mz_pl_break_unknown(mz_pl_t *pl)
{
    size_t                i, k, at, end;
    mz_pl_match_t         m;
    const mz_pl_token_t  *t;

    for (i = 0; i < pl->ntok; i++) {
        for (k = 0; k < MZ_ARRAY_LEN(mz_pl_unknown_rules); k++) {
            if (!mz_pl_match(pl, mz_pl_unknown_rules[k].pattern, i, &m)) {
                continue;
            }

            if (mz_pl_unknown_rules[k].what == 1) {
                mz_pl_add_missing(pl, "no_such_property", m.first, m.end);
                break;
            }

            at = m.tok[0];
            t = &pl->tok[at];

            if (t->kind != MZ_PL_WORD || t->is_common || t->is_used
                || t->item != MZ_PL_NONE)
            {
                break;
            }

            for (end = at + 1; end < pl->ntok
                 && pl->tok[end].kind == MZ_PL_WORD
                 && !pl->tok[end].is_common && !pl->tok[end].is_used
                 && pl->tok[end].item == MZ_PL_NONE; end++)
            {
                /* void */
            }

            mz_pl_add_missing(pl, "no_such_property", at, end);
            break;
        }
    }
}


static bool
mz_pl_is_plural(const mz_pl_t *pl, size_t i)
{
    mz_str_t  s;

    s = pl->tok[i].text;

    return s.len > 2 && s.data[s.len - 1] == 's'
           && s.data[s.len - 2] != 's';
}


static void
mz_pl_set_top(mz_pl_t *pl, double n, bool is_asc)
{
    if (pl->slot.top == NULL && n >= 1 && n <= 1000) {
        pl->slot.top = mz_pl_keep(pl, json_pack("{s:i,s:s}", "n", (int) n,
                                  "order", is_asc ? "asc" : "desc"));
    }
}
