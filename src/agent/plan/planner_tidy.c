
#include "agent/plan/planner_lexicon.h"
#include "agent/plan/planner_slots.h"


static void mz_pl_renumber(mz_pl_t *pl, const size_t *now);
static bool mz_pl_name_ends(const mz_pl_name_t *name, mz_str_t stem);
static bool mz_pl_shares_thing(const mz_pl_t *pl, size_t event,
    size_t nitems);
static bool mz_pl_is_claimed(const mz_pl_t *pl, size_t tok);


/* "app version 2.4": the property is part of the value. */

void
mz_pl_drop_named(mz_pl_t *pl)
{
    size_t               i, at;
    mz_pl_item_t        *prop;
    const mz_pl_item_t  *it;

    for (i = 0; i < pl->nitems; i++) {
        it = &pl->item[i];
        if (it->kind != MZ_PL_VALUE || !it->is_named) {
            continue;
        }

        at = it->beside < pl->ntok ? pl->tok[it->beside].item : MZ_PL_NONE;
        prop = at != MZ_PL_NONE ? &pl->item[at] : NULL;

        if (prop != NULL && prop->kind == MZ_PL_PROPERTY
            && (prop->last + 1 == it->first || it->last + 1 == prop->first
                || prop->last < it->first))
        {
            prop->is_used = true;
        }
    }
}


/* "tickets opened", "opened a ticket": the verb is no event of its own. */

void
mz_pl_drop_verbs(mz_pl_t *pl)
{
    size_t               i, k, gap;
    mz_pl_item_t        *it;
    const mz_pl_item_t  *other;

    for (i = 0; i < pl->nitems; i++) {
        it = &pl->item[i];
        if (it->kind != MZ_PL_EVENT || !it->is_weak || it->is_users) {
            continue;
        }

        for (k = 0; k < pl->nitems; k++) {
            other = &pl->item[k];
            if (other->kind != MZ_PL_EVENT || other->is_weak) {
                continue;
            }

            /* "launched a campaign": a synonym of part of a name */

            if (it->is_alike && other->score > 0.99) {
                it->is_used = true;
                it->is_hint = true;
            }

            gap = other->first > it->last
                  && pl->tok[it->last + 1].is_determiner;

            if (other->last + 1 == it->first
                || other->first == it->last + 1 + gap)
            {
                it->is_used = true;
                it->is_hint = true;
            }
        }
    }
}


/*
 * "created a task but never completed one": a verb that only one event has,
 * of the same thing as an event that is named in full.
 */

void
mz_pl_add_verbs(mz_pl_t *pl)
{
    size_t                i, k, n, found;
    mz_pl_item_t         *it;
    const mz_pl_token_t  *t;

    n = pl->nitems;

    for (i = 0; i < pl->ntok && pl->nitems < MZ_PL_ITEMS_MAX; i++) {
        t = &pl->tok[i];
        if (t->item != MZ_PL_NONE || t->is_taken || t->kind != MZ_PL_WORD
            || !mz_str_has_suffix(t->text, mz_str("ed")))
        {
            continue;
        }

        found = MZ_PL_NONE;
        for (k = 0; k < pl->cat->nevents; k++) {
            if (mz_pl_name_ends(&pl->event_names[k], t->stem)
                && mz_pl_shares_thing(pl, k, n))
            {
                found = found == MZ_PL_NONE ? k : MZ_PL_NONE - 1;
            }
        }

        if (found >= pl->cat->nevents) {
            continue;
        }

        it = &pl->item[pl->nitems];
        memset(it, 0, sizeof(mz_pl_item_t));
        it->kind = MZ_PL_EVENT;
        it->event = &pl->cat->events[found];
        it->first = i;
        it->last = i;
        it->tok[it->ntok++] = i;
        it->score = MZ_PL_SCORE_WEAK;
        it->word = t->raw;
        pl->tok[i].item = pl->nitems++;
    }

    mz_pl_sort_items(pl);
}


void
mz_pl_imply_events(mz_pl_t *pl)
{
    size_t                     i, k, n;
    mz_pl_item_t              *it, value;
    const mz_catalog_event_t  *ev;

    n = pl->nitems;

    for (i = 0; i < n && pl->nitems < MZ_PL_ITEMS_MAX; i++) {
        value = pl->item[i];
        if (value.kind != MZ_PL_VALUE || value.is_used) {
            continue;
        }

        for (k = 0; k < n && !(pl->item[k].kind == MZ_PL_EVENT
                               && mz_pl_pick(pl, &value, pl->item[k].event)
                                  != NULL); k++)
        {
            /* void */
        }

        ev = k == n ? mz_pl_owner(pl, value.props[0]) : NULL;
        if (ev == NULL) {
            continue;
        }

        it = &pl->item[pl->nitems++];
        memset(it, 0, sizeof(mz_pl_item_t));
        it->kind = MZ_PL_EVENT;
        it->event = ev;
        it->first = value.first;
        it->last = value.last;
        it->score = MZ_PL_SCORE_WEAK;
    }

    if (pl->nitems != n) {
        mz_pl_sort_items(pl);
    }
}


/* By place; tokens are renumbered. */

void
mz_pl_sort_items(mz_pl_t *pl)
{
    size_t        i, j, n, now[MZ_PL_ITEMS_MAX], was[MZ_PL_ITEMS_MAX];
    mz_pl_item_t  it;

    for (i = 0; i < pl->nitems; i++) {
        was[i] = i;
    }

    for (i = 1; i < pl->nitems; i++) {
        it = pl->item[i];
        n = was[i];

        for (j = i; j > 0 && pl->item[j - 1].first > it.first; j--) {
            pl->item[j] = pl->item[j - 1];
            was[j] = was[j - 1];
        }

        pl->item[j] = it;
        was[j] = n;
    }

    for (i = 0; i < pl->nitems; i++) {
        now[was[i]] = i;
    }

    mz_pl_renumber(pl, now);

    for (i = 0; i < pl->nitems; i++) {
        for (j = 0; j < pl->item[i].ntok; j++) {
            pl->tok[pl->item[i].tok[j]].item = i;
        }

        j = pl->item[i].beside;
        if (pl->item[i].is_named && j < pl->ntok
            && !mz_pl_is_claimed(pl, j))
        {
            pl->tok[j].item = i;
        }
    }
}


/* Slots that are filled name items by their number. */

static void
mz_pl_renumber(mz_pl_t *pl, const size_t *now)
{
    size_t   i, at;
    json_t  *v;

    json_array_foreach(pl->slot.breakdown, i, v) {
        (void) json_integer_set(v, (json_int_t) now[json_integer_value(v)]);
    }

    json_array_foreach(pl->slot.filters, i, v) {
        at = (size_t) mz_json_get_int(v, "item", 0);
        (void) json_integer_set(json_object_get(v, "item"),
                                (json_int_t) now[at]);
    }

    if (pl->slot.measure_item < pl->nitems) {
        pl->slot.measure_item = now[pl->slot.measure_item];
    }
}


static bool
mz_pl_name_ends(const mz_pl_name_t *name, mz_str_t stem)
{
    return name->n > 1 && mz_str_eq(name->stem[name->n - 1], stem);
}


/* Whether an event of the question begins with the same word. */

static bool
mz_pl_shares_thing(const mz_pl_t *pl, size_t event, size_t nitems)
{
    size_t                     i;
    const mz_pl_name_t        *name;
    const mz_catalog_event_t  *ev;

    for (i = 0; i < nitems; i++) {
        ev = pl->item[i].event;
        if (ev == NULL || ev == &pl->cat->events[event]) {
            continue;
        }

        name = &pl->event_names[ev - pl->cat->events];
        if (name->n > 1 && mz_str_eq(name->stem[0],
                                     pl->event_names[event].stem[0]))
        {
            return true;
        }
    }

    return false;
}


static bool
mz_pl_is_claimed(const mz_pl_t *pl, size_t tok)
{
    size_t  i, j;

    for (i = 0; i < pl->nitems; i++) {
        for (j = 0; j < pl->item[i].ntok; j++) {
            if (pl->item[i].tok[j] == tok) {
                return true;
            }
        }
    }

    return false;
}
