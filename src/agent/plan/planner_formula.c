
#include "agent/plan/planner_build.h"
#include "agent/plan/planner_lexicon.h"


/* Words behind which a share's condition stands. */

static const char  mz_pl_part_words[] =
    "who that which were was are is came come comes using used use paid "
    "made with from via by on in have has had coming happened happen did "
    "go goes went through";

/* Rates of an event over another: numerator, what it is a rate of. */

typedef struct {
    const char  *num;
    const char  *den;
} mz_pl_rate_t;

static const mz_pl_rate_t  mz_pl_rates[] = {
    { "refund", "purchase" },
};

static const char *const  mz_pl_ratio_cues[] = {
    "ratio of|between?", "%E per %E", "%E / %E", "%E divided by %E",
    "%E for every|each %E",
};


static json_t *mz_pl_arpu(mz_pl_t *pl, json_t *spec);
static json_t *mz_pl_share(mz_pl_t *pl, const mz_pl_events_t *evs,
    json_t *spec);
static json_t *mz_pl_ratio(mz_pl_t *pl, const mz_pl_events_t *evs,
    json_t *spec);
static json_t *mz_pl_rate(mz_pl_t *pl, const mz_pl_events_t *evs,
    json_t *spec);
static json_t *mz_pl_per_session(mz_pl_t *pl, const mz_pl_events_t *evs,
    json_t *spec);
static json_t *mz_pl_per_active(mz_pl_t *pl, const mz_pl_events_t *evs,
    json_t *spec);
static json_t *mz_pl_two(mz_pl_t *pl, json_t *a, json_t *b);
static bool mz_pl_share_counts_users(const mz_pl_t *pl,
    const mz_pl_events_t *evs);
static json_t *mz_pl_share_measure(mz_pl_t *pl, const mz_pl_events_t *evs);
static void mz_pl_share_filters(mz_pl_t *pl, const mz_catalog_event_t *ev,
    json_t *part, json_t *whole);
static void mz_pl_put_shared(mz_pl_t *pl, json_t *spec,
    const mz_catalog_event_t *ev);


json_t *
mz_pl_formula(mz_pl_t *pl, mz_pl_events_t *evs, json_t *spec)
{
    if (pl->slot.is_arpu) {
        return mz_pl_arpu(pl, spec);
    }

    if (evs->n == 2 && mz_pl_has_in(pl, mz_pl_ratio_cues, NULL)) {
        return mz_pl_ratio(pl, evs, spec);
    }

    if (pl->slot.has_per_session && pl->slot.measure == NULL
        && (evs->event[0] != NULL || pl->slot.has_any_event))
    {
        return mz_pl_per_session(pl, evs, spec);
    }

    if (pl->slot.has_per_active && pl->slot.measure == NULL
        && evs->n == 1 && evs->event[0] != NULL)
    {
        return mz_pl_per_active(pl, evs, spec);
    }

    if (evs->n == 1 && mz_pl_has(pl, (const char *const []) {
                                     "%E rate|rates" }, 1, NULL))
    {
        return mz_pl_rate(pl, evs, spec);
    }

    if (pl->slot.has_share) {
        return mz_pl_share(pl, evs, spec);
    }

    return NULL;
}


json_t *
mz_pl_part(mz_pl_t *pl, const mz_catalog_event_t *const *evs, size_t n,
    json_t *measure, json_t *filters)
{
    size_t   i;
    json_t  *part, *list;

    part = mz_pl_keep(pl, json_object());
    list = mz_pl_array(pl);

    for (i = 0; i < n; i++) {
        mz_pl_push_text(pl, list, mz_pl_event_name(evs[i]));
    }

    mz_pl_set(pl, part, "events", list);
    mz_pl_set(pl, part, "measure", measure);

    if (json_array_size(filters) != 0) {
        mz_pl_set(pl, part, "filters", filters);
    }

    return part;
}


static json_t *
mz_pl_arpu(mz_pl_t *pl, json_t *spec)
{
    const mz_catalog_event_t     *ev, *any;
    const mz_catalog_property_t  *p;

    ev = NULL;
    any = NULL;
    p = mz_pl_money(pl, &ev);

    if (p == NULL) {
        mz_pl_push_text(pl, pl->slot.missing, mz_str("revenue"));
        pl->slot.missing_reason = "no_such_data";
        return NULL;
    }

    mz_pl_put_shared(pl, spec, NULL);
    mz_pl_assume(pl, "per user means per active user (any event)");

    return mz_pl_two(pl,
        mz_pl_part(pl, &ev, 1, mz_pl_measure(pl, "sum", p), NULL),
        mz_pl_part(pl, &any, 1, mz_pl_measure(pl, "users", NULL), NULL));
}


/*
 * "share of signups from paid channels": the same thing with a condition
 * over without; of users, those who did the event over the active ones.
 */

static json_t *
mz_pl_share(mz_pl_t *pl, const mz_pl_events_t *evs, json_t *spec)
{
    bool                          is_any;
    json_t                       *part, *whole, *ma, *mb;
    const mz_catalog_event_t     *ev, *any;
    const mz_catalog_property_t  *p;

    ev = evs->event[0];
    any = NULL;
    part = mz_pl_array(pl);
    whole = mz_pl_array(pl);

    mz_pl_share_filters(pl, ev, part, whole);

    is_any = ev != NULL && json_array_size(part) == 0
             && !pl->item[evs->item[0] != MZ_PL_NONE ? evs->item[0] : 0]
                 .is_users;

    if (json_array_size(part) == 0 && !is_any) {
        return NULL;
    }

    if (ev != NULL && mz_pl_share_counts_users(pl, evs)) {
        is_any = true;
    }

    if (json_array_size(whole) != 0) {
        mz_pl_set(pl, spec, "filters", whole);
    }

    p = mz_pl_has(pl, (const char *const []) {
                      "percent|%|share|fraction|proportion|portion of all? "
                      "sessions|visits" }, 1, NULL)
        ? mz_pl_property_named(pl, NULL, "session") : NULL;

    if (p != NULL && p->is_common) {
        is_any = true;
        ma = mz_pl_measure(pl, "distinct", p);
        mb = ma;

    } else if (is_any) {
        ma = mz_pl_measure(pl, "users", NULL);
        mb = ma;
    } else {
        ma = mz_pl_share_measure(pl, evs);
        mb = ma;
    }

    return mz_pl_two(pl, mz_pl_part(pl, &ev, 1, ma, part),
                     mz_pl_part(pl, is_any ? &any : &ev, 1, mb, NULL));
}


/* "what share of users purchased": users come before the event. */

static bool
mz_pl_share_counts_users(const mz_pl_t *pl, const mz_pl_events_t *evs)
{
    size_t  i, item;

    item = evs->item[0];
    if (item == MZ_PL_NONE) {
        return pl->slot.has_users;
    }

    if (pl->item[item].is_users) {
        return false;
    }

    for (i = 0; i < pl->item[item].first; i++) {
        if (mz_pl_is_any(pl, i, "users people customers user members "
                         "accounts"))
        {
            return true;
        }
    }

    return false;
}


static json_t *
mz_pl_share_measure(mz_pl_t *pl, const mz_pl_events_t *evs)
{
    const mz_catalog_event_t     *ev;
    const mz_catalog_property_t  *p;

    ev = evs->event[0];

    if (pl->slot.is_money || pl->slot.measure_item != MZ_PL_NONE) {
        p = pl->slot.is_money ? mz_pl_money(pl, &ev)
            : mz_pl_pick(pl, &pl->item[pl->slot.measure_item], ev);

        if (p != NULL && mz_pl_is_amount(pl, p)) {
            return mz_pl_measure(pl, "sum", p);
        }

        if (p != NULL && strcmp(pl->slot.measure, "distinct") == 0) {
            return mz_pl_measure(pl, "distinct", p);
        }
    }

    if (ev == NULL || mz_pl_is_once(pl, ev)
        || (evs->item[0] != MZ_PL_NONE && pl->item[evs->item[0]].is_users))
    {
        return mz_pl_measure(pl, "users", NULL);
    }

    return mz_pl_measure(pl, "events", NULL);
}


/* Conditions before the verb hold for both, those behind for the part. */

static void
mz_pl_share_filters(mz_pl_t *pl, const mz_catalog_event_t *ev,
    json_t *part, json_t *whole)
{
    size_t         i, k, head;
    bool           used[MZ_PL_ITEMS_MAX];
    json_t        *conditions;
    mz_pl_item_t  *it;

    head = mz_pl_next_item(pl, MZ_PL_EVENT, 0);
    head = head != MZ_PL_NONE ? pl->item[head].first : 0;
    conditions = pl->slot.filters;
    memset(used, 0, sizeof(used));

    /* first pass: only what stands before the event and names it */

    for (i = 0; i < pl->nitems; i++) {
        it = &pl->item[i];
        used[i] = it->is_used;

        if (it->kind != MZ_PL_VALUE || it->is_used) {
            continue;
        }

        k = it->first;
        while (k > 0 && pl->tok[k - 1].is_determiner) {
            k--;
        }

        it->is_used = !(it->last < head && k > 0
                        && mz_pl_is_any(pl, k - 1, "of share percent"));
    }

    pl->slot.filters = mz_pl_array(pl);
    mz_pl_filters_of(pl, ev, whole);
    pl->slot.filters = conditions;

    for (i = 0; i < pl->nitems; i++) {
        it = &pl->item[i];
        it->is_used = it->kind == MZ_PL_VALUE && !used[i] && !it->is_used
                      ? true : used[i];
    }

    mz_pl_filters_of(pl, ev, part);

    /* "share of mobile purchases" has one condition: it is the part */

    if (json_array_size(part) == 0 && !mz_pl_between(pl, head, pl->ntok,
                                                     mz_pl_part_words))
    {
        json_array_extend(part, whole);
        json_array_clear(whole);
    }
}


static json_t *
mz_pl_ratio(mz_pl_t *pl, const mz_pl_events_t *evs, json_t *spec)
{
    size_t   i;
    json_t  *part[2], *m;

    for (i = 0; i < 2; i++) {
        m = mz_pl_measure(pl, evs->item[i] != MZ_PL_NONE
                              && pl->item[evs->item[i]].is_users
                              ? "users" : "events", NULL);
        part[i] = mz_pl_part(pl, &evs->event[i], 1, m, NULL);
    }

    mz_pl_put_shared(pl, spec, evs->event[0]);

    return mz_pl_two(pl, part[0], part[1]);
}


/* "refund rate": refunds per purchase. */

static json_t *
mz_pl_rate(mz_pl_t *pl, const mz_pl_events_t *evs, json_t *spec)
{
    size_t                     i;
    const mz_catalog_event_t  *num, *den;

    for (i = 0; i < MZ_ARRAY_LEN(mz_pl_rates); i++) {
        num = mz_pl_event_named(pl, mz_pl_rates[i].num);
        den = mz_pl_event_named(pl, mz_pl_rates[i].den);

        if (num == NULL || den == NULL || num != evs->event[0]) {
            continue;
        }

        mz_pl_assume(pl, "the rate is %.*s events per %.*s event",
                     (int) num->name.len, num->name.data,
                     (int) den->name.len, den->name.data);
        mz_pl_put_shared(pl, spec, num);

        return mz_pl_two(pl,
            mz_pl_part(pl, &num, 1, mz_pl_measure(pl, "events", NULL), NULL),
            mz_pl_part(pl, &den, 1, mz_pl_measure(pl, "events", NULL),
                       NULL));
    }

    return NULL;
}


static json_t *
mz_pl_per_session(mz_pl_t *pl, const mz_pl_events_t *evs, json_t *spec)
{
    const mz_catalog_event_t     *any;
    const mz_catalog_property_t  *p;

    any = NULL;
    p = mz_pl_property_named(pl, NULL, "session");
    if (p == NULL || !p->is_common) {
        mz_pl_push_text(pl, pl->slot.missing, mz_str("session"));
        pl->slot.missing_reason = "no_such_property";
        return NULL;
    }

    mz_pl_put_shared(pl, spec, NULL);

    return mz_pl_two(pl,
        mz_pl_part(pl, &evs->event[0], 1, mz_pl_measure(pl, "events", NULL),
                   NULL),
        mz_pl_part(pl, &any, 1, mz_pl_measure(pl, "distinct", p), NULL));
}


/* "tickets per active user": of all who did anything. */

static json_t *
mz_pl_per_active(mz_pl_t *pl, const mz_pl_events_t *evs, json_t *spec)
{
    const mz_catalog_event_t  *any;

    any = NULL;
    mz_pl_put_shared(pl, spec, NULL);

    return mz_pl_two(pl,
        mz_pl_part(pl, &evs->event[0], 1, mz_pl_measure(pl, "events", NULL),
                   NULL),
        mz_pl_part(pl, &any, 1, mz_pl_measure(pl, "users", NULL), NULL));
}


static json_t *
mz_pl_two(mz_pl_t *pl, json_t *a, json_t *b)
{
    json_t  *f;

    f = mz_pl_keep(pl, json_object());
    mz_pl_set_c(pl, f, "op", "ratio");
    mz_pl_set(pl, f, "a", a);
    mz_pl_set(pl, f, "b", b);

    return f;
}


static void
mz_pl_put_shared(mz_pl_t *pl, json_t *spec, const mz_catalog_event_t *ev)
{
    json_t  *filters;

    filters = mz_pl_array(pl);
    mz_pl_filters_of(pl, ev, filters);

    if (json_array_size(filters) != 0) {
        mz_pl_set(pl, spec, "filters", filters);
    }
}
