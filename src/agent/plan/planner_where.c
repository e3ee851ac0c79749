
#include "agent/plan/planner_build.h"


#define MZ_PL_WHERE_MAX  24

/* All values asked for of one property, in one condition. */

typedef struct {
    const mz_catalog_property_t  *p;
    json_t                       *values;
    size_t                        item;         /* the first of them */
    bool                          is_not;
} mz_pl_where_t;

static const char  mz_pl_not_words[] =
    "not excluding exclude except outside non without other besides isnt "
    "arent wasnt werent ignoring ignore minus apart aside never omit "
    "leaving remove excl";

/* "drop firefox": only of an answer that is there. */

static const char  mz_pl_drop_words[] = "drop skip hide lose ditch kill";


static size_t mz_pl_wheres(mz_pl_t *pl, const mz_pl_events_t *evs,
    mz_pl_where_t *list);
static bool mz_pl_is_aside(const mz_pl_t *pl,
    const mz_catalog_property_t *p, size_t first);
static const mz_catalog_property_t *mz_pl_where_property(mz_pl_t *pl,
    const mz_pl_events_t *evs, const mz_pl_item_t *it);
static const mz_catalog_property_t *mz_pl_by_company(const mz_pl_t *pl,
    const mz_pl_item_t *it);
static const mz_catalog_property_t *mz_pl_by_preposition(const mz_pl_t *pl,
    const mz_pl_item_t *it);
static json_t *mz_pl_where_json(mz_pl_t *pl, const mz_pl_where_t *w);
static void mz_pl_place(mz_pl_t *pl, const mz_pl_events_t *evs,
    const mz_catalog_property_t *p, size_t item, json_t *filter,
    json_t *shared, json_t **own);
static void mz_pl_place_money(mz_pl_t *pl, const mz_pl_events_t *evs,
    json_t *shared, json_t **own);
static void mz_pl_filter_add(mz_pl_t *pl, json_t *list, json_t *filter);


void
mz_pl_filters_of(mz_pl_t *pl, const mz_catalog_event_t *ev, json_t *filters)
{
    json_t          *own[1];
    mz_pl_events_t   evs;

    memset(&evs, 0, sizeof(evs));
    evs.n = 1;
    evs.event[0] = ev;
    evs.item[0] = MZ_PL_NONE;
    own[0] = filters;

    mz_pl_filters_split(pl, &evs, filters, own);
}


void
mz_pl_filters_split(mz_pl_t *pl, const mz_pl_events_t *evs, json_t *shared,
    json_t **own)
{
    size_t                        i, n, at;
    json_t                       *f, *copy;
    mz_pl_where_t                 list[MZ_PL_WHERE_MAX];
    const mz_catalog_property_t  *p;

    n = mz_pl_wheres(pl, evs, list);

    for (i = 0; i < n; i++) {
        mz_pl_place(pl, evs, list[i].p, list[i].item,
                    mz_pl_where_json(pl, &list[i]), shared, own);
    }

    json_array_foreach(pl->slot.filters, i, f) {
        at = (size_t) mz_json_get_int(f, "item", 0);

        p = mz_pl_where_property(pl, evs, &pl->item[at]);
        if (p == NULL) {
            continue;
        }

        copy = mz_pl_condition(pl, p, json_string_value(
                                   json_object_get(f, "op")),
                               json_object_get(f, "value"));
        mz_pl_place(pl, evs, p, at, copy, shared, own);
    }

    mz_pl_place_money(pl, evs, shared, own);
}


void
mz_pl_compare_values(mz_pl_t *pl, const mz_catalog_event_t *ev,
    json_t *spec)
{
    size_t           i, n;
    json_t          *list;
    mz_pl_where_t    where[MZ_PL_WHERE_MAX];
    mz_pl_events_t   evs;

    if (!mz_pl_is_compared(pl)) {
        return;
    }

    memset(&evs, 0, sizeof(evs));
    evs.n = 1;
    evs.event[0] = ev;
    n = mz_pl_wheres(pl, &evs, where);

    for (i = 0; i < n; i++) {
        if (where[i].is_not || json_array_size(where[i].values) < 2) {
            continue;
        }

        list = json_object_get(spec, "breakdown");
        if (list == NULL) {
            list = mz_pl_array(pl);
        }

        if (!mz_pl_array_has(list, where[i].p->name)) {
            mz_pl_push_text(pl, list, where[i].p->name);
        }

        mz_pl_set(pl, spec, "breakdown", list);
    }
}


bool
mz_pl_is_compared(const mz_pl_t *pl)
{
    static const char *const  cues[] = {
        "versus", "~compar", "comparison", "difference between",
        "differ between", "against", "than %V",
        "more|fewer|less|better|rather|higher .. %V or .. %V",
    };

    return mz_pl_has_in(pl, cues, NULL);
}


/* "not from Germany", "everywhere except the US and UK" */

bool
mz_pl_is_negated(const mz_pl_t *pl, size_t first)
{
    size_t  i;

    for (i = first; i > 0 && i + 5 > first; i--) {
        if (pl->parent != NULL && i < 3
            && mz_pl_is_any(pl, i - 1, mz_pl_drop_words))
        {
            return true;
        }

        if (mz_pl_is_any(pl, i - 1, mz_pl_not_words)) {
            return !(mz_pl_is(pl, i - 1, "other") && i == first)
                   || mz_pl_is(pl, i, "than");
        }

        if (mz_pl_is_any(pl, i - 1, "but who and only")) {
            return mz_pl_is(pl, i - 1, "but") && i > 1
                   && mz_pl_is_any(pl, i - 2, "all everyone everything "
                                   "everywhere anything");
        }

        if (pl->tok[i - 1].kind == MZ_PL_PUNCT
            && !mz_pl_is_any(pl, i - 1, "( : = !="))
        {
            return false;
        }

        if (pl->tok[i - 1].item != MZ_PL_NONE
            && pl->item[pl->tok[i - 1].item].kind == MZ_PL_EVENT)
        {
            return false;
        }
    }

    return false;
}


/* The values of the question, those of one property together. */

static size_t
mz_pl_wheres(mz_pl_t *pl, const mz_pl_events_t *evs, mz_pl_where_t *list)
{
    bool                          is_not, was_not;
    size_t                        i, k, n, j;
    json_t                       *v;
    mz_pl_item_t                 *it;
    const mz_catalog_property_t  *p, *prev;

    n = 0;
    prev = NULL;
    was_not = false;

    for (i = 0; i < pl->nitems; i++) {
        it = &pl->item[i];
        if (it->kind != MZ_PL_VALUE || it->is_used) {
            continue;
        }

        p = mz_pl_where_property(pl, evs, it);
        if (p == NULL || mz_pl_is_aside(pl, p, it->first)) {
            continue;
        }

        is_not = mz_pl_is_negated(pl, it->first);
        if (p == prev && !is_not && was_not
            && mz_pl_is_any(pl, it->first - 1, "and or , nor the"))
        {
            is_not = true;
        }

        prev = p;
        was_not = is_not;
        is_not ^= it->is_not;

        for (k = 0; k < n && (list[k].p != p || list[k].is_not != is_not);
             k++)
        {
            /* void */
        }

        if (k == MZ_PL_WHERE_MAX) {
            break;
        }

        if (k == n) {
            list[n++] = (mz_pl_where_t) { p, mz_pl_array(pl), i, is_not };
        }

        json_array_foreach(it->values, j, v) {
            if (!mz_pl_array_has(list[k].values, mz_json_str(v))) {
                mz_pl_push(pl, list[k].values, v);
            }
        }
    }

    return n;
}


/*
 * "I feel that tablets do worse. Show it by device": a value said in a
 * sentence before the one that groups by its property is no condition.
 */

static bool
mz_pl_is_aside(const mz_pl_t *pl, const mz_catalog_property_t *p,
    size_t first)
{
    size_t               i, k;
    json_t              *v;
    const mz_pl_item_t  *it;

    json_array_foreach(pl->slot.breakdown, i, v) {
        it = &pl->item[json_integer_value(v)];

        if (it->props[0] != p) {
            continue;
        }

        for (k = first; k < it->first; k++) {
            if (mz_pl_is_any(pl, k, ". ? !") && !pl->tok[k + 1].is_glued) {
                return true;
            }
        }
    }

    return false;
}


/* NULL: no event carries it; that is noted as missing. */

static const mz_catalog_property_t *
mz_pl_where_property(mz_pl_t *pl, const mz_pl_events_t *evs,
    const mz_pl_item_t *it)
{
    size_t                        i;
    const mz_catalog_property_t  *p;

    p = mz_pl_by_company(pl, it);
    if (p == NULL) {
        p = mz_pl_by_preposition(pl, it);
    }

    for (i = 0; p != NULL && i < evs->n; i++) {
        if (mz_pl_carries(pl, evs->event[i], p)) {
            return p;
        }
    }

    for (i = 0; i < evs->n; i++) {
        p = mz_pl_pick(pl, it, evs->event[i]);
        if (p != NULL) {
            return p;
        }
    }

    if (!mz_pl_array_has(pl->slot.missing, it->props[0]->name)) {
        mz_pl_push_text(pl, pl->slot.missing, it->props[0]->name);
    }

    pl->slot.missing_reason = "no_such_property";

    return NULL;
}


/* "email versus referral": what the other value can only be. */

static const mz_catalog_property_t *
mz_pl_by_company(const mz_pl_t *pl, const mz_pl_item_t *it)
{
    size_t               i, k;
    const mz_pl_item_t  *other;

    for (i = 0; it->nprops > 1 && i < pl->nitems; i++) {
        other = &pl->item[i];
        if (other->kind != MZ_PL_VALUE || other->nprops != 1) {
            continue;
        }

        for (k = 0; k < it->nprops; k++) {
            if (it->props[k] == other->props[0]) {
                return it->props[k];
            }
        }
    }

    return NULL;
}


/* "from email" is where people came from: the common property. */

static const mz_catalog_property_t *
mz_pl_by_preposition(const mz_pl_t *pl, const mz_pl_item_t *it)
{
    size_t  i, at;

    if (it->nprops < 2) {
        return NULL;
    }

    at = it->first;
    at -= at > 0 && pl->tok[at - 1].is_determiner;

    if (at == 0 || !mz_pl_is_any(pl, at - 1, "from came source"
                                 " through channel brought"))
    {
        return NULL;
    }

    for (i = 0; i < it->nprops; i++) {
        if (it->props[i]->is_common) {
            return it->props[i];
        }
    }

    return NULL;
}


static json_t *
mz_pl_where_json(mz_pl_t *pl, const mz_pl_where_t *w)
{
    if (json_array_size(w->values) == 1) {
        return mz_pl_condition(pl, w->p, w->is_not ? "neq" : "eq",
                               json_array_get(w->values, 0));
    }

    return mz_pl_condition(pl, w->p, w->is_not ? "not_in" : "in", w->values);
}


static void
mz_pl_place(mz_pl_t *pl, const mz_pl_events_t *evs,
    const mz_catalog_property_t *p, size_t item, json_t *filter,
    json_t *shared, json_t **own)
{
    size_t  i, at, best, gap, dist;

    best = MZ_PL_NONE;
    gap = MZ_PL_NONE;
    dist = 0;

    for (i = 0; i < evs->n; i++) {
        dist += mz_pl_carries(pl, evs->event[i], p);
    }

    if (dist == evs->n) {
        mz_pl_filter_add(pl, shared, filter);
        return;
    }

    for (i = 0; i < evs->n; i++) {
        if (!mz_pl_carries(pl, evs->event[i], p)) {
            continue;
        }

        at = evs->item[i] != MZ_PL_NONE ? pl->item[evs->item[i]].first : 0;
        dist = at > pl->item[item].first ? at - pl->item[item].first
                                         : pl->item[item].first - at;
        if (dist < gap) {
            gap = dist;
            best = i;
        }
    }

    if (best != MZ_PL_NONE) {
        mz_pl_filter_add(pl, own[best], filter);
    }
}


/* "purchases over $100": of the first event that has an amount. */

static void
mz_pl_place_money(mz_pl_t *pl, const mz_pl_events_t *evs, json_t *shared,
    json_t **own)
{
    bool                          is_between;
    size_t                        i;
    json_t                       *list;
    const mz_catalog_event_t     *ev;
    const mz_catalog_property_t  *p;

    if (pl->slot.money_op == NULL) {
        return;
    }

    for (i = 0; i < evs->n; i++) {
        ev = evs->event[i];
        p = ev != NULL ? mz_pl_money(pl, &ev) : NULL;

        if (p != NULL) {
            mz_pl_assume(pl, "the amount is %.*s", (int) p->name.len,
                         p->name.data);
            is_between = strcmp(pl->slot.money_op, "between") == 0;
            list = evs->n == 1 ? shared : own[i];

            mz_pl_filter_add(pl, list, mz_pl_condition(pl, p,
                             is_between ? "gte" : pl->slot.money_op,
                             mz_pl_number(pl, pl->slot.money)));

            if (is_between) {
                mz_pl_filter_add(pl, list, mz_pl_condition(pl, p, "lte",
                                 mz_pl_number(pl, pl->slot.money2)));
            }

            return;
        }
    }
}


static void
mz_pl_filter_add(mz_pl_t *pl, json_t *list, json_t *filter)
{
    size_t   i;
    json_t  *v;

    json_array_foreach(list, i, v) {
        if (json_equal(v, filter)) {
            return;
        }
    }

    mz_pl_push(pl, list, filter);
}
