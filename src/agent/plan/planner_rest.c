
#include "agent/plan/planner_build.h"
#include "agent/plan/planner_words.h"


/*
 * What a question says that its plan does not.  A wrong number looks right,
 * so whatever no rule asked for is stated beside the answer.
 */

#define MZ_PL_REST_MAX  8       /* phrases stated */

/* Words that an analysis of the kind answers by being of that kind. */

typedef struct {
    const char  *kind;
    const char  *words;
} mz_pl_kind_words_t;

static const mz_pl_kind_words_t  mz_pl_kind_words[] = {
    { "segmentation", "stickiness sold paid only more" },
    { "funnel", "funnel conversion abandonment rate between nothing until "
      "after first new only step steps go make made long" },
    { "retention", "retention cohort cohorts rate bracket brackets after "
      "first new users sticking around on only week day month" },
    { "journey", "path paths journey flow common most popular after before "
      "next first right only" },
    { "lookup", "history activity last most recent everything only" },
    { "plan", "first plan investigate investigation drop fall decline rise "
      "increase spike dip change worse better lower higher reason cause "
      "happened going down up low high getting" },
};

/* What a number of events or users can never stand in for. */

static const char  mz_pl_rest_measures[] =
    "median minimum maximum percentile smallest largest rate rates ratio "
    "score";


static json_t *mz_pl_ask_of_what(mz_pl_t *pl, json_t *spec, size_t tok);
static bool mz_pl_is_rest(const mz_pl_t *pl, const json_t *spec, size_t i);
static bool mz_pl_is_of_kind(const mz_pl_t *pl, const json_t *spec,
    size_t i);
static bool mz_pl_item_said(const mz_pl_item_t *it, const json_t *spec);
static bool mz_pl_says(const json_t *v, mz_str_t word);
static bool mz_pl_says_number(const json_t *v, double num);


json_t *
mz_pl_say_rest(mz_pl_t *pl, json_t *spec)
{
    size_t    i, end, n, measure;
    mz_str_t  words, phrase;

    n = 0;
    measure = MZ_PL_NONE;
    words = mz_str("");

    for (i = 0; i < pl->ntok && n < MZ_PL_REST_MAX; i = end) {
        for (end = i; end < pl->ntok && mz_pl_is_rest(pl, spec, end); end++) {
            if (mz_pl_is_any(pl, end, mz_pl_rest_measures)) {
                measure = end;
            }
        }

        if (end == i) {
            end++;
            continue;
        }

        phrase = mz_pl_raw(pl, i, end);
        words = mz_pl_printf(pl, "%.*s%s\"%.*s\"", (int) words.len,
                             words.data, n == 0 ? "" : ", ",
                             (int) phrase.len, phrase.data);
        n++;
    }

    if (pl->slot.money_op != NULL && !mz_pl_says_number(spec, pl->slot.money))
    {
        mz_pl_assume(pl, "not used: the condition on %.15g", pl->slot.money);
    }

    if (n != 0) {
        mz_pl_assume(pl, "not used: %.*s", (int) words.len, words.data);
    }

    return measure != MZ_PL_NONE
           && mz_str_eq_c(mz_json_get_str(spec, "kind"), "segmentation")
           ? mz_pl_ask_of_what(pl, spec, measure) : spec;
}


/* "the smallest, ...": of which number? */

static json_t *
mz_pl_ask_of_what(mz_pl_t *pl, json_t *spec, size_t tok)
{
    size_t                        i;
    json_t                       *options;
    const mz_catalog_event_t     *ev;
    const mz_catalog_property_t  *p;

    options = mz_pl_array(pl);
    ev = mz_pl_parent_event(pl, spec);

    for (i = 0; i < pl->cat->nproperties; i++) {
        p = &pl->cat->properties[i];

        if (mz_pl_is_amount(pl, p) && mz_pl_carries(pl, ev, p)) {
            mz_pl_option(pl, options, "the %.*s of %.*s",
                         (int) pl->tok[tok].text.len, pl->tok[tok].text.data,
                         (int) p->name.len, p->name.data);
        }
    }

    if (json_array_size(options) == 0) {
        mz_pl_option(pl, options, "the %.*s of which property?",
                     (int) pl->tok[tok].text.len, pl->tok[tok].text.data);
    }

    return mz_pl_clarify(pl, "ambiguous_measure", options, spec);
}


static bool
mz_pl_is_rest(const mz_pl_t *pl, const json_t *spec, size_t i)
{
    const mz_pl_token_t  *t;

    t = &pl->tok[i];

    if (t->kind == MZ_PL_PUNCT || t->is_taken || t->is_used
        || t->is_determiner || pl->heard[i])
    {
        return false;
    }

    if (t->item != MZ_PL_NONE) {
        return !mz_pl_item_said(&pl->item[t->item], spec);
    }

    return t->kind != MZ_PL_WORD
           || (t->text.len > 1 && !mz_pl_is_filler(t->text)
               && !mz_pl_is_of_kind(pl, spec, i));
}


static bool
mz_pl_is_of_kind(const mz_pl_t *pl, const json_t *spec, size_t i)
{
    size_t    k;
    mz_str_t  kind;

    kind = mz_json_get_str(spec, "kind");

    for (k = 0; k < MZ_ARRAY_LEN(mz_pl_kind_words); k++) {
        if (mz_str_eq_c(kind, mz_pl_kind_words[k].kind)
            && mz_pl_is_any(pl, i, mz_pl_kind_words[k].words))
        {
            return true;
        }
    }

    return false;
}


/* Its event, its property or one of its values is in the plan. */

static bool
mz_pl_item_said(const mz_pl_item_t *it, const json_t *spec)
{
    size_t   i;
    json_t  *v;

    if (it->is_hint || it->kind == MZ_PL_EVENT) {
        return it->is_hint || mz_pl_says(spec, it->event->name)
               || (it->rival != NULL && mz_pl_says(spec, it->rival->name));
    }

    if (it->kind == MZ_PL_VALUE) {
        json_array_foreach(it->values, i, v) {
            if (mz_pl_says(spec, mz_json_str(v))) {
                return true;
            }
        }

        return false;
    }

    for (i = 0; i < it->nprops; i++) {
        if (mz_pl_says(spec, it->props[i]->name)) {
            return true;
        }
    }

    return false;
}


/* Specs are a few levels deep: they were made here. */

static bool
mz_pl_says(const json_t *v, mz_str_t word)
{
    size_t       i;
    json_t      *member;
    const char  *key;

    if (json_is_string(v)) {
        return mz_str_eq(mz_json_str(v), word);
    }

    json_array_foreach(v, i, member) {
        if (mz_pl_says(member, word)) {
            return true;
        }
    }

    json_object_foreach((json_t *) v, key, member) {
        if (mz_pl_says(member, word)) {
            return true;
        }
    }

    return false;
}


static bool
mz_pl_says_number(const json_t *v, double num)
{
    size_t       i;
    json_t      *member;
    const char  *key;

    if (json_is_number(v)) {
        return json_number_value(v) == num;
    }

    json_array_foreach(v, i, member) {
        if (mz_pl_says_number(member, num)) {
            return true;
        }
    }

    json_object_foreach((json_t *) v, key, member) {
        if (mz_pl_says_number(member, num)) {
            return true;
        }
    }

    return false;
}
