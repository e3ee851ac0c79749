
#include "agent/plan/planner_build.h"
#include "agent/plan/planner_lexicon.h"


/* What the catalog has instead of what a question asks for. */

#define MZ_PL_SUGGEST_MAX  5

/* Words for one kind of number, each a row. */

static const char *const  mz_pl_number_kinds[] = {
    "duration length time long speed seconds minutes latency ms delay",
    "revenue amount price value cost spend money profit margin mrr fee "
        "income budget",
};


static void mz_pl_nearest(mz_pl_t *pl, json_t *suggest, mz_str_t missing);
static bool mz_pl_is_near(mz_pl_t *pl, const mz_pl_name_t *name,
    mz_str_t missing);
static bool mz_pl_shares_kind(const mz_pl_name_t *name, mz_str_t word);
static bool mz_pl_row_has(const char *row, mz_str_t word);


json_t *
mz_pl_suggest(mz_pl_t *pl, const char *reason, json_t *missing)
{
    size_t   i;
    json_t  *suggest, *v;

    suggest = mz_pl_array(pl);

    if (strcmp(reason, "forecast") == 0) {
        mz_pl_option(pl, suggest, "the trend of the last 12 months");

    } else if (strcmp(reason, "write_operation") == 0) {
        mz_pl_option(pl, suggest, "this is read only; a filter leaves such "
                     "users or events out of an analysis");

    } else if (strcmp(reason, "causal") == 0) {
        mz_pl_option(pl, suggest, "compare the measure before and after, or "
                     "users who did it with those who did not");

    } else if (strcmp(reason, "pii") == 0) {
        mz_pl_option(pl, suggest, "ask for counts of users, not for their "
                     "personal data");

    } else if (strcmp(reason, "contradiction") == 0) {
        mz_pl_option(pl, suggest, "no user or time can meet both "
                     "conditions; drop one");
    }

    json_array_foreach(missing, i, v) {
        mz_pl_nearest(pl, suggest, mz_json_str(v));
    }

    return suggest;
}


/*
 * For a property of other events: those; else names that share a word or
 * are the same kind of number; else what every event has.
 */

static void
mz_pl_nearest(mz_pl_t *pl, json_t *suggest, mz_str_t missing)
{
    size_t                        i, n;
    const mz_catalog_event_t     *ev;
    const mz_catalog_property_t  *p;

    p = mz_catalog_property(pl->cat, missing);

    for (i = 0, n = 0; p != NULL && i < pl->cat->nevents && n < 3; i++) {
        if (mz_pl_carries(pl, &pl->cat->events[i], p)) {
            n++;
            mz_pl_option(pl, suggest, "%.*s exists on %.*s",
                         (int) p->name.len, p->name.data,
                         (int) pl->cat->events[i].name.len,
                         pl->cat->events[i].name.data);
        }
    }

    for (i = 0; p == NULL && i < pl->cat->nproperties
         && json_array_size(suggest) < MZ_PL_SUGGEST_MAX; i++)
    {
        if (!mz_pl_is_near(pl, &pl->prop_names[i], missing)) {
            continue;
        }

        ev = mz_pl_owner(pl, &pl->cat->properties[i]);
        mz_pl_option(pl, suggest, ev != NULL ? "%.*s of %.*s" : "%.*s",
                     (int) pl->cat->properties[i].name.len,
                     pl->cat->properties[i].name.data,
                     ev != NULL ? (int) ev->name.len : 0,
                     ev != NULL ? ev->name.data : "");
    }

    n = json_array_size(suggest);

    for (i = 0; p == NULL && n == 0 && i < pl->cat->nproperties; i++) {
        if (pl->cat->properties[i].is_common
            && pl->cat->properties[i].is_enum
            && json_array_size(suggest) < MZ_PL_SUGGEST_MAX)
        {
            mz_pl_push_text(pl, suggest, pl->cat->properties[i].name);
        }
    }
}


static bool
mz_pl_is_near(mz_pl_t *pl, const mz_pl_name_t *name, mz_str_t missing)
{
    size_t        i, k;
    mz_pl_name_t  want;

    mz_pl_name_split(pl, missing, &want);

    for (i = 0; i < want.n; i++) {
        if (mz_pl_shares_kind(name, want.word[i])) {
            return true;
        }

        for (k = 0; k < name->n; k++) {
            if (name->weight[k] > 0.3
                && mz_pl_means(name->stem[k], name->meaning[k],
                               want.stem[i], want.meaning[i]))
            {
                return true;
            }
        }
    }

    return false;
}


static bool
mz_pl_shares_kind(const mz_pl_name_t *name, mz_str_t word)
{
    size_t  i, k;

    for (i = 0; i < MZ_ARRAY_LEN(mz_pl_number_kinds); i++) {
        if (!mz_pl_row_has(mz_pl_number_kinds[i], word)) {
            continue;
        }

        for (k = 0; k < name->n; k++) {
            if (mz_pl_row_has(mz_pl_number_kinds[i], name->word[k])) {
                return true;
            }
        }
    }

    return false;
}


static bool
mz_pl_row_has(const char *row, mz_str_t word)
{
    mz_str_t  rest, w;

    rest = mz_str_from(row);

    while (mz_str_split(&rest, ' ', &w)) {
        if (mz_str_eq(w, word)) {
            return true;
        }
    }

    return false;
}
