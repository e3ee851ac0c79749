
#include "agent/plan/planner_build.h"
#include "agent/plan/planner_lexicon.h"
#include "agent/plan/planner_time.h"


json_t *
mz_pl_new_spec(mz_pl_t *pl, const char *kind)
{
    json_t  *spec;

    spec = mz_pl_keep(pl, json_object());
    mz_pl_set_c(pl, spec, "kind", kind);

    return spec;
}


json_t *
mz_pl_array(mz_pl_t *pl)
{
    return mz_pl_keep(pl, json_array());
}


void
mz_pl_put_range(mz_pl_t *pl, json_t *spec, int64_t n, mz_unit_t unit)
{
    mz_str_t  words;

    if (pl->slot.range == NULL) {
        pl->slot.range = pl->slot.in_range;
    }

    if (pl->slot.range == NULL) {
        pl->slot.range = n != 0 ? mz_pl_last(pl, n, unit)
                         : mz_pl_keep(pl, json_pack("{s:b}", "all", 1));

        words = mz_pl_range_words(pl, pl->slot.range);
        mz_pl_assume(pl, "range: %.*s (not stated)", (int) words.len,
                     words.data);
    }

    mz_pl_set(pl, spec, "range", pl->slot.range);
}


void
mz_pl_put_breakdown(mz_pl_t *pl, json_t *spec, const mz_catalog_event_t *ev)
{
    size_t                        i;
    json_t                       *v, *list;
    const mz_pl_item_t           *it;
    const mz_catalog_property_t  *p;

    list = json_object_get(spec, "breakdown");
    if (list == NULL) {
        list = mz_pl_array(pl);
    }

    json_array_foreach(pl->slot.breakdown, i, v) {
        it = &pl->item[json_integer_value(v)];
        p = mz_pl_pick(pl, it, ev);

        if (p == NULL) {
            mz_pl_push_text(pl, pl->slot.missing, it->props[0]->name);
            pl->slot.missing_reason = "no_such_property";
            continue;
        }

        if (!mz_pl_array_has(list, p->name)) {
            mz_pl_push_text(pl, list, p->name);
        }
    }

    if (json_array_size(list) != 0) {
        mz_pl_set(pl, spec, "breakdown", list);
    }
}


void
mz_pl_put_compare(mz_pl_t *pl, json_t *spec)
{
    if (pl->slot.compare != NULL) {
        mz_pl_set(pl, spec, "compare", pl->slot.compare);
    }
}


void
mz_pl_put_top(mz_pl_t *pl, json_t *spec)
{
    if (pl->slot.top != NULL && json_object_get(spec, "breakdown") != NULL) {
        mz_pl_set(pl, spec, "top", pl->slot.top);
    }
}


mz_str_t
mz_pl_event_name(const mz_catalog_event_t *ev)
{
    return ev != NULL ? ev->name : mz_str("*");
}


json_t *
mz_pl_event_ref(mz_pl_t *pl, const mz_catalog_event_t *ev)
{
    json_t  *ref;

    ref = mz_pl_keep(pl, json_object());
    mz_pl_set_text(pl, ref, "event", mz_pl_event_name(ev));

    return ref;
}


const mz_catalog_event_t *
mz_pl_signup(mz_pl_t *pl)
{
    size_t                     i;
    const mz_catalog_event_t  *ev;
    static const char *const   names[] = {
        "signup", "sign up", "register", "account created",
        "account registered", "user registered", "user created", "install",
        "join",
    };

    for (i = 0; i < MZ_ARRAY_LEN(names); i++) {
        ev = mz_pl_event_named(pl, names[i]);
        if (ev != NULL) {
            return ev;
        }
    }

    return NULL;
}


/* What a user does once, so that users and events are the same number. */

bool
mz_pl_is_once(mz_pl_t *pl, const mz_catalog_event_t *ev)
{
    return ev != NULL && ev == mz_pl_signup(pl);
}


/* One of the words stands at most reach tokens before the item. */

bool
mz_pl_before(const mz_pl_t *pl, size_t item, const char *words, size_t reach)
{
    size_t  i, first;

    first = pl->item[item].first;

    for (i = first; i > 0 && i + reach > first; i--) {
        if (mz_pl_is_any(pl, i - 1, words)) {
            return true;
        }

        if (pl->tok[i - 1].item != MZ_PL_NONE
            || pl->tok[i - 1].kind == MZ_PL_PUNCT)
        {
            return false;
        }
    }

    return false;
}


bool
mz_pl_between(const mz_pl_t *pl, size_t from, size_t to, const char *words)
{
    for ( /* void */ ; from < to; from++) {
        if (mz_pl_is_any(pl, from, words)) {
            return true;
        }
    }

    return false;
}
