
#include "agent/plan/planner_build.h"


#define MZ_PL_AGGREGATE_REACH  6

typedef struct {
    const char  *pattern;
    const char  *type;
} mz_pl_aggregate_t;

/* Aggregations of a property: what the type is, which words say it. */

static const mz_pl_aggregate_t  mz_pl_aggregates[] = {
    { "# th|st|nd|rd? percentile|percent|pct|quantile", "percentile" },
    { "percentile #", "percentile" },
    { "p#", "percentile" },
    { "average|mean|typical|avg", "avg" },
    { "median|medians|typically", "median" },
    { "how much", "sum" },
    { "sum|summed", "sum" },
    { "total|overall", "sum" },
    { "unique|distinct|different", "distinct" },
    { "maximum|longest|largest|biggest|highest|max|peak|slowest", "max" },
    { "minimum|shortest|smallest|lowest|cheapest|fastest|min", "min" },
    { "how many|number", "count" },
};

static bool mz_pl_set_aggregate(mz_pl_t *pl, const mz_pl_aggregate_t *a,
    const mz_pl_match_t *m);
static bool mz_pl_set_distinct(mz_pl_t *pl, const mz_pl_match_t *m);
static bool mz_pl_set_ranked(mz_pl_t *pl, bool is_asc,
    const mz_pl_match_t *m);
static bool mz_pl_set_of_event(mz_pl_t *pl, const mz_pl_aggregate_t *a,
    const mz_pl_match_t *m);
static void mz_pl_measure_of(mz_pl_t *pl, const char *type,
    const mz_catalog_property_t *p, size_t tok);
static size_t mz_pl_aggregate_item(const mz_pl_t *pl, const mz_pl_match_t *m);


void
mz_pl_read_aggregate(mz_pl_t *pl)
{
    bool           is_set;
    size_t         i, k;
    mz_pl_match_t  m;

    is_set = false;
    pl->is_deaf = true;     /* a word without its property is not heard */

    for (i = 0; i < pl->ntok && !is_set; i++) {
        for (k = 0; k < MZ_ARRAY_LEN(mz_pl_aggregates) && !is_set; k++) {
            is_set = !pl->tok[i].is_used
                     && mz_pl_match(pl, mz_pl_aggregates[k].pattern, i, &m)
                     && mz_pl_set_aggregate(pl, &mz_pl_aggregates[k], &m);
        }
    }

    pl->is_deaf = false;
}


/* false: no property it could be of, go on. */

static bool
mz_pl_set_aggregate(mz_pl_t *pl, const mz_pl_aggregate_t *a,
    const mz_pl_match_t *m)
{
    size_t                        at;
    const char                   *type;
    const mz_catalog_property_t  *p;

    type = a->type;

    if (strcmp(type, "distinct") == 0 && mz_pl_set_distinct(pl, m)) {
        return true;
    }

    /* "which has the highest": the rank, not the measure */

    if ((strcmp(type, "max") == 0 || strcmp(type, "min") == 0)
        && (pl->slot.top != NULL
            || json_array_size(pl->slot.breakdown) != 0))
    {
        return mz_pl_set_ranked(pl, strcmp(type, "min") == 0, m);
    }

    at = mz_pl_aggregate_item(pl, m);
    p = at != MZ_PL_NONE ? pl->item[at].props[0] : NULL;

    if (p == NULL && strcmp(type, "count") != 0
        && strcmp(type, "distinct") != 0 && strcmp(type, "sum") != 0
        && mz_pl_set_of_event(pl, a, m))
    {
        return true;
    }

    if (p == NULL && pl->slot.is_money && strcmp(type, "count") != 0
        && strcmp(type, "distinct") != 0)
    {
        pl->slot.measure = type;
        pl->slot.measure_p = m->nnum > 0 ? m->num[0] : 0;
        mz_pl_use(pl, m->first, m->end);
        return true;
    }

    if (strcmp(type, "count") == 0 && p != NULL) {
        type = mz_pl_is_amount(pl, p) ? "sum" : "distinct";
    }

    if (p == NULL) {
        /* "and the median?": of the parent's property */
        if (pl->parent == NULL || strcmp(type, "distinct") == 0
            || strcmp(type, "sum") == 0 || strcmp(type, "count") == 0
            || mz_pl_next_item(pl, MZ_PL_EVENT, 0) != MZ_PL_NONE)
        {
            return false;
        }

    } else if (strcmp(type, "distinct") != 0
               && p->dtype == MZ_DTYPE_STRING)
    {
        return false;
    }

    if (p != NULL && strcmp(type, "distinct") == 0 && mz_pl_is_amount(pl, p)
        && p->dtype == MZ_DTYPE_FLOAT64)
    {
        return false;
    }

    pl->slot.measure = type;
    pl->slot.measure_p = m->nnum > 0 ? m->num[0] : 0;
    pl->slot.measure_item = at;
    pl->slot.is_money = false;
    mz_pl_use(pl, m->first, m->end);
    if (at != MZ_PL_NONE) {
        pl->item[at].is_used = true;
        mz_pl_use(pl, pl->item[at].first, pl->item[at].last + 1);
    }

    return true;
}


/* "browsers with the slowest page load": ranked by its mean, or sum. */

static bool
mz_pl_set_ranked(mz_pl_t *pl, bool is_asc, const mz_pl_match_t *m)
{
    size_t                        at;
    const mz_catalog_property_t  *p;

    at = mz_pl_aggregate_item(pl, m);
    p = at != MZ_PL_NONE ? pl->item[at].props[0] : NULL;

    if (p == NULL || !mz_pl_is_amount(pl, p) || pl->item[at].first < m->end
        || mz_pl_between(pl, m->end, pl->item[at].first, "average median "
                         "mean total sum percentile typical number p"))
    {
        return false;
    }

    pl->slot.measure = mz_pl_adds_up(pl, p) ? "sum" : "avg";
    pl->slot.measure_item = at;
    pl->slot.is_money = false;
    pl->item[at].is_used = true;
    mz_pl_use(pl, m->first, m->end);
    mz_pl_use(pl, pl->item[at].first, pl->item[at].last + 1);
    mz_pl_assume(pl, "ranked by the %s of %.*s (not stated)",
                 pl->slot.measure[0] == 's' ? "sum" : "average",
                 (int) p->name.len, p->name.data);

    if (pl->slot.top == NULL) {
        pl->slot.top = mz_pl_keep(pl, json_pack("{s:i,s:s}", "n",
                                  MZ_PL_TOP_DEFAULT, "order",
                                  is_asc ? "asc" : "desc"));
    }

    return true;
}


/* "how much did we refund", "revenue lost to refunds": of the event. */

bool
mz_pl_set_money_of(mz_pl_t *pl, size_t pos)
{
    size_t                        i;
    mz_pl_match_t                 m;
    const mz_catalog_event_t     *ev;
    const mz_catalog_property_t  *p;
    static const char *const      lost = "~revenu|money|sales lost|refunded|"
                                         "returned to|in|through|by|from %E";

    if (!mz_pl_match(pl, lost, pos, &m)
        && !mz_pl_match(pl, "sum|value|worth of all? %E", pos, &m)
        && !mz_pl_match(pl, "how much did|do|does|was|were|have|has|is|are "
                        "we|they|users|customers|people|you|it? %W? %E",
                        pos, &m))
    {
        return false;
    }

    ev = pl->item[m.item[0]].event;
    p = mz_pl_money(pl, &ev);

    if (p == NULL || ev != pl->item[m.item[0]].event
        || pl->nitems == MZ_PL_ITEMS_MAX)
    {
        return false;
    }

    for (i = pos; i < m.end; i++) {
        if (pl->tok[i].item != MZ_PL_NONE
            && pl->item[pl->tok[i].item].kind == MZ_PL_PROPERTY)
        {
            pl->item[pl->tok[i].item].is_used = true;
        }
    }

    i = pl->item[m.item[0]].first;
    mz_pl_measure_of(pl, "sum", p, i);
    mz_pl_use(pl, pos, i);
    mz_pl_assume(pl, "the amount is the sum of %.*s", (int) p->name.len,
                 p->name.data);

    return true;
}


/*
 * "unique products viewed": the word is part of the event's name, yet what
 * is counted is the property of that name.
 */

static bool
mz_pl_set_distinct(mz_pl_t *pl, const mz_pl_match_t *m)
{
    size_t                        i, k, w;
    const mz_pl_name_t           *name;
    const mz_catalog_event_t     *ev;
    const mz_catalog_property_t  *p;

    i = m->end;
    if (i >= pl->ntok || pl->tok[i].item == MZ_PL_NONE
        || pl->item[pl->tok[i].item].kind != MZ_PL_EVENT
        || pl->item[pl->tok[i].item].is_users)
    {
        return false;
    }

    ev = pl->item[pl->tok[i].item].event;

    for (k = 0; k < pl->cat->nproperties; k++) {
        p = &pl->cat->properties[k];
        name = &pl->prop_names[k];

        if (!mz_pl_carries(pl, ev, p) || pl->nitems == MZ_PL_ITEMS_MAX
            || !(mz_pl_is_identifier(pl, p) || name->n == 1))
        {
            continue;
        }

        for (w = 0; w < name->n; w++) {
            if (name->weight[w] > 0.3
                && mz_str_eq(name->stem[w], pl->tok[i].stem))
            {
                mz_pl_measure_of(pl, "distinct", p, i);
                return true;
            }
        }
    }

    return false;
}


/* "average app rating" of an event "App Rated" that has a rating. */

static bool
mz_pl_set_of_event(mz_pl_t *pl, const mz_pl_aggregate_t *a,
    const mz_pl_match_t *m)
{
    size_t                        i, k, w, t;
    mz_pl_item_t                 *it;
    const mz_pl_name_t           *name;
    const mz_catalog_property_t  *p;

    i = m->end;
    if (i >= pl->ntok || pl->tok[i].item == MZ_PL_NONE
        || pl->nitems == MZ_PL_ITEMS_MAX)
    {
        return false;
    }

    it = &pl->item[pl->tok[i].item];
    if (it->kind != MZ_PL_EVENT) {
        return false;
    }

    for (k = 0; k < pl->cat->nproperties; k++) {
        p = &pl->cat->properties[k];
        name = &pl->prop_names[k];

        if (p->is_common || !mz_pl_carries(pl, it->event, p)
            || !mz_pl_is_amount(pl, p))
        {
            continue;
        }

        for (t = 0; t < it->ntok; t++) {
            for (w = 0; w < name->n; w++) {
                if (mz_str_eq(name->stem[w], pl->tok[it->tok[t]].stem)) {
                    mz_pl_measure_of(pl, a->type, p, i);
                    pl->slot.measure_p = m->nnum > 0 ? m->num[0] : 0;
                    return true;
                }
            }
        }
    }

    return false;
}


/* The measure is of a property that no item of its own stands for. */

static void
mz_pl_measure_of(mz_pl_t *pl, const char *type,
    const mz_catalog_property_t *p, size_t tok)
{
    mz_pl_item_t  *it;

    pl->slot.measure = type;
    pl->slot.measure_item = pl->nitems;

    it = &pl->item[pl->nitems++];
    memset(it, 0, sizeof(mz_pl_item_t));
    it->kind = MZ_PL_PROPERTY;
    it->first = tok;
    it->last = tok;
    it->props[it->nprops++] = p;
    it->score = 1;
    it->is_used = true;
}


/* The property behind the words, in reach; else the one before them. */

static size_t
mz_pl_aggregate_item(const mz_pl_t *pl, const mz_pl_match_t *m)
{
    size_t               i, at, fallback;
    const mz_pl_item_t  *it;

    fallback = MZ_PL_NONE;

    for (i = m->end; i < pl->ntok && i < m->end + MZ_PL_AGGREGATE_REACH;
         i++)
    {
        if (mz_pl_is_any(pl, i, "by per for with across in since where who "
                         "that did do were")
            || pl->tok[i].kind == MZ_PL_PUNCT)
        {
            break;
        }

        at = pl->tok[i].item;
        it = at != MZ_PL_NONE ? &pl->item[at] : NULL;

        if (it == NULL || it->kind != MZ_PL_PROPERTY || it->is_used) {
            continue;
        }

        if (mz_pl_is_amount(pl, it->props[0])
            || mz_pl_is_identifier(pl, it->props[0]))
        {
            return at;
        }

        if (fallback == MZ_PL_NONE) {
            fallback = at;
        }
    }

    if (fallback != MZ_PL_NONE) {
        return fallback;
    }

    for (i = m->first; i > 0 && i + 2 > m->first; i--) {
        at = pl->tok[i - 1].item;
        if (at != MZ_PL_NONE && pl->item[at].kind == MZ_PL_PROPERTY
            && !pl->item[at].is_used
            && mz_pl_is_amount(pl, pl->item[at].props[0]))
        {
            return at;
        }
    }

    return MZ_PL_NONE;
}


bool
mz_pl_is_identifier(const mz_pl_t *pl, const mz_catalog_property_t *p)
{
    const mz_pl_name_t  *name;

    name = &pl->prop_names[p - pl->cat->properties];

    return name->n > 1 && (mz_str_eq_c(name->word[name->n - 1], "id")
                           || mz_str_eq_c(name->word[name->n - 1], "uuid"));
}
