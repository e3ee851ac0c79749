
#include "agent/plan/planner_build.h"
#include "agent/plan/planner_lexicon.h"


static const char  mz_pl_never_words[] =
    "not never didnt without havent hasnt dont doesnt didn neither nor no "
    "wasnt werent failed";


static void mz_pl_role(mz_pl_t *pl, mz_pl_roles_t *r, size_t prev,
    size_t item);
static bool mz_pl_is_modifier(const mz_pl_t *pl, size_t item);
static bool mz_pl_is_owner(const mz_pl_t *pl, size_t item);
static bool mz_pl_is_possessive(const mz_pl_t *pl, size_t i);
static bool mz_pl_counts_users(mz_pl_t *pl, size_t item);
static bool mz_pl_has_subject(const mz_pl_t *pl);


void
mz_pl_roles(mz_pl_t *pl, mz_pl_roles_t *r)
{
    size_t  i, prev;

    memset(r, 0, sizeof(mz_pl_roles_t));
    prev = MZ_PL_NONE;

    for (i = mz_pl_next_item(pl, MZ_PL_EVENT, 0); i != MZ_PL_NONE;
         i = mz_pl_next_item(pl, MZ_PL_EVENT, i + 1))
    {
        if (mz_pl_is_any(pl, pl->item[i].first, "churned lost churning")) {
            mz_pl_assume(pl, "\"%.*s\" means %.*s",
                         (int) pl->item[i].word.len, pl->item[i].word.data,
                         (int) pl->item[i].event->name.len,
                         pl->item[i].event->name.data);
        }

        if (!mz_pl_is_modifier(pl, i) && !mz_pl_is_owner(pl, i)) {
            mz_pl_role(pl, r, prev, i);
            prev = i;
        }
    }

    /* A hint is better than nothing: "product category views". */

    if (r->main.n == 0 && r->ndid == 0) {
        i = mz_pl_next_item(pl, MZ_PL_EVENT, 0);
        if (i != MZ_PL_NONE) {
            mz_pl_role(pl, r, MZ_PL_NONE, i);
        }
    }
}


static void
mz_pl_role(mz_pl_t *pl, mz_pl_roles_t *r, size_t prev, size_t item)
{
    bool                 is_not;
    size_t               i, from;
    const mz_pl_item_t  *it;

    it = &pl->item[item];
    is_not = mz_pl_before(pl, item, mz_pl_never_words, 4);

    for (i = 0; i < r->main.n; i++) {
        if (r->main.event[i] == it->event && !is_not) {
            if (it->count_op != NULL) {
                pl->item[r->main.item[i]].count_op = it->count_op;
                pl->item[r->main.item[i]].count = it->count;
            }

            return;
        }
    }

    if (r->main.n == MZ_PL_STEPS_MAX || r->ndid == MZ_PL_STEPS_MAX) {
        return;
    }

    if (prev == MZ_PL_NONE && !is_not) {
        r->is_users = mz_pl_counts_users(pl, item);
        r->main.event[0] = it->event;
        r->main.item[0] = item;
        r->main.n = 1;
        return;
    }

    from = prev != MZ_PL_NONE ? pl->item[prev].last + 1 : 0;

    if (!is_not && mz_pl_between(pl, from, it->first, "or")) {
        r->is_any_of = true;

    } else if (is_not || (r->is_users
               && !mz_pl_between(pl, from, it->first, "versus against"))
               || mz_pl_between(pl, from, it->first, "who"))
    {
        r->did[r->ndid] = item;
        r->is_not[r->ndid++] = is_not;
        return;
    }

    r->main.event[r->main.n] = it->event;
    r->main.item[r->main.n++] = item;
}


/* "product category": part of an event's name before a property. */

static bool
mz_pl_is_modifier(const mz_pl_t *pl, size_t item)
{
    size_t               at;
    const mz_pl_item_t  *it;

    it = &pl->item[item];
    at = it->last + 1;

    if (!it->is_weak || at >= pl->ntok) {
        return false;
    }

    at = pl->tok[at].item;

    return at != MZ_PL_NONE && pl->item[at].kind == MZ_PL_PROPERTY;
}


/* "customers' support tickets": whose they are, no event of its own. */

static bool
mz_pl_is_owner(const mz_pl_t *pl, size_t item)
{
    size_t               at;
    const mz_pl_item_t  *it;

    it = &pl->item[item];
    at = it->last + 1;

    if (!it->is_users || at >= pl->ntok || pl->tok[at].item == MZ_PL_NONE) {
        return false;
    }

    return pl->item[pl->tok[at].item].kind == MZ_PL_EVENT
           && !mz_str_has_suffix(pl->tok[at].text, mz_str("ed"))
           && mz_str_has_suffix(pl->tok[pl->item[pl->tok[at].item].last]
                                .text, mz_str("s"));
}


static bool
mz_pl_is_possessive(const mz_pl_t *pl, size_t i)
{
    mz_str_t     raw;
    const char  *end;

    raw = pl->tok[i].raw;
    end = pl->question.data + pl->question.len;

    return raw.data + raw.len < end && raw.data[raw.len] == '\'';
}


/* People come first, or the event is said of them. */

static bool
mz_pl_counts_users(mz_pl_t *pl, size_t item)
{
    size_t               i;
    mz_str_t             text;
    const mz_pl_item_t  *it;

    it = &pl->item[item];

    if (it->is_users || mz_pl_is_any(pl, it->first, "users people")) {
        return true;
    }

    for (i = 0; i < it->first; i++) {
        if (mz_pl_is_possessive(pl, i)) {
            continue;
        }

        if (mz_pl_is_any(pl, i, "users people persons customers folks who "
                         "members accounts individuals everyone anybody "
                         "ones"))
        {
            return true;
        }

        if (mz_pl_is_any(pl, i, "unique distinct")
            && mz_pl_is(pl, i + 1, "user"))
        {
            return true;
        }
    }

    /* "how many bought": a verb of the past right behind */

    text = pl->tok[it->first].text;

    return it->first >= 2 && mz_pl_is(pl, it->first - 1, "many")
           && (mz_str_has_suffix(text, mz_str("ed"))
               || mz_str_eq_c(text, "bought") || mz_str_eq_c(text, "paid")
               || mz_str_eq_c(text, "saw"));
}


/*
 * "API usage by enterprise customers": people, not buyers, where the rest
 * is about an event that purchases say nothing of.
 */

void
mz_pl_generic_users(mz_pl_t *pl, mz_pl_roles_t *r)
{
    size_t                     i;
    mz_pl_item_t              *it;
    const mz_catalog_event_t  *ev;

    if (r->main.n != 1 || r->ndid != 0 || r->main.item[0] == MZ_PL_NONE) {
        return;
    }

    it = &pl->item[r->main.item[0]];
    if (!it->is_users || !mz_pl_is_any(pl, it->last, "customers customer")) {
        return;
    }

    for (i = 0; i < pl->nitems; i++) {
        if (pl->item[i].kind == MZ_PL_EVENT || pl->item[i].is_weak
            || mz_pl_pick(pl, &pl->item[i], r->main.event[0]) != NULL)
        {
            continue;
        }

        ev = mz_pl_owner(pl, pl->item[i].props[0]);
        if (ev != NULL) {
            r->main.event[0] = ev;
            r->main.item[0] = MZ_PL_NONE;
            r->is_users = it->first < pl->item[i].first;
            return;
        }
    }
}


/* No event is named: the properties, values or users say which it is. */

void
mz_pl_default_event(mz_pl_t *pl, mz_pl_roles_t *r)
{
    const mz_catalog_event_t  *ev;

    if (r->main.n > 0) {
        return;
    }

    ev = NULL;

    if (pl->slot.is_arpu) {
        r->main.n = 1;
        r->main.item[0] = MZ_PL_NONE;
        return;
    }

    if (pl->slot.is_money && !pl->slot.has_any_event) {
        if (mz_pl_money(pl, &ev) == NULL) {
            mz_pl_push_text(pl, pl->slot.missing, mz_str("revenue"));
            pl->slot.missing_reason = "no_such_data";
            return;
        }

    } else if (!pl->slot.has_any_event) {
        ev = mz_pl_implied(pl);
    }

    if (ev == NULL && !mz_pl_has_subject(pl)) {
        return;
    }

    if (pl->slot.measure_item != MZ_PL_NONE) {
        mz_pl_say_owner(pl, pl->item[pl->slot.measure_item].props[0], ev);

    } else if (ev != NULL && !pl->slot.is_money) {
        mz_pl_assume(pl, "of the event %.*s (not stated)",
                     (int) ev->name.len, ev->name.data);
    }

    r->is_users = pl->slot.has_users || pl->slot.has_any_event
                  || ev == NULL;
    if (pl->slot.has_any_event && !pl->slot.has_users
        && mz_pl_has(pl, (const char *const []) { "events|event|actions|"
                     "interactions|activity" }, 1, NULL))
    {
        r->is_users = false;
    }

    r->main.event[0] = ev;
    r->main.item[0] = MZ_PL_NONE;
    r->main.n = 1;
}


const mz_catalog_event_t *
mz_pl_implied(mz_pl_t *pl)
{
    size_t                     i;
    const mz_catalog_event_t  *ev;

    if (pl->slot.measure_item != MZ_PL_NONE) {
        return mz_pl_owner(pl, pl->item[pl->slot.measure_item].props[0]);
    }

    for (i = 0; i < pl->nitems; i++) {
        if (pl->item[i].kind == MZ_PL_EVENT || pl->item[i].is_weak) {
            continue;
        }

        ev = mz_pl_owner(pl, pl->item[i].props[0]);
        if (ev != NULL) {
            return ev;
        }
    }

    return NULL;
}


/* Whether there is anything to count at all. */

static bool
mz_pl_has_subject(const mz_pl_t *pl)
{
    static const char *const  subjects[] = {
        "user|users|visitors|people|customers|audience|traffic|activity",
    };

    return pl->slot.has_users || pl->slot.has_any_event
           || pl->slot.measure_item != MZ_PL_NONE
           || mz_pl_has_in(pl, subjects, NULL);
}
