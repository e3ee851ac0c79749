
#include "agent/plan/planner_build.h"
#include "agent/plan/planner_lexicon.h"
#include "agent/plan/planner_time.h"


static const char *const  mz_pl_unbounded[] = {
    "on or after|later|beyond", "or later|after|beyond", "unbounded",
    "rolling retention", "never .. after|since|again|back", "at any point",
    "still .. after|beyond|past", "ever .. after|beyond", "or more",
};

static const char *const  mz_pl_inverted[] = {
    "~churn",
    ("never .. ~come|came|~return|back|again|~use|~buy|~purchas|~login|"
     "~visit"), "not|dont|didnt|doesnt .. ~come|came|~return|back|again",
    "did|do not .. ~come|~return|back|again", "~lapse|dormant|lost",
    "stop|stopped ~use|using|coming",
};

static const char *const  mz_pl_every[] = {
    "every|each time|start|occurrence", "recurring", "any time",
};

/* The same event again, not any activity. */

static const char *const  mz_pl_again[] = {
    "again", "repeat", "another", "second|next %E", "still ~use|using|~buy",
    "keep|keeps|kept %E",
    "%E retention",
    ("~keep|keep .. using|buying|purchasing|listening|playing|searching|"
     "coming"), "re|again %E",
};

static const int64_t  mz_pl_default_periods[] = {
    0, 0, 14, 8, 6, 6, 6
};


static void mz_pl_retention_events(mz_pl_t *pl, mz_pl_events_t *evs);
static const mz_catalog_event_t *mz_pl_return_of(mz_pl_t *pl, size_t item);
static void mz_pl_put_sides(mz_pl_t *pl, const mz_pl_events_t *evs,
    json_t *spec);
static bool mz_pl_put_modes(mz_pl_t *pl, json_t *spec);


json_t *
mz_pl_build_retention(mz_pl_t *pl)
{
    json_t          *spec;
    mz_str_t         period;
    mz_unit_t        unit;
    mz_pl_events_t   evs;

    mz_pl_retention_events(pl, &evs);

    spec = mz_pl_new_spec(pl, "retention");
    mz_pl_put_sides(pl, &evs, spec);

    mz_pl_set_c(pl, spec, "mode", "on");
    mz_pl_set_c(pl, spec, "scope", "first");
    mz_pl_put_retention_rules(pl, spec);

    if (json_object_get(spec, "period") == NULL) {
        mz_pl_set_c(pl, spec, "period", "week");
        mz_pl_assume(pl, "retention by week (not stated)");
    }

    period = mz_json_get_str(spec, "period");
    (void) mz_unit_parse(period, &unit);

    if (json_object_get(spec, "at") == NULL
        && json_object_get(spec, "periods") == NULL
        && json_object_get(spec, "brackets") == NULL)
    {
        mz_pl_set(pl, spec, "periods",
                  mz_pl_number(pl, (double) mz_pl_default_periods[unit]));
        mz_pl_assume(pl, "%d periods (not stated)",
                     (int) mz_pl_default_periods[unit]);
    }

    mz_pl_put_range(pl, spec, unit == MZ_UNIT_DAY ? 30 : 12,
                    unit > MZ_UNIT_MONTH ? MZ_UNIT_MONTH : unit);
    mz_pl_put_breakdown(pl, spec, evs.event[0]);
    mz_pl_compare_values(pl, evs.event[0], spec);
    mz_pl_put_compare(pl, spec);

    return spec;
}


/* Period, ks, mode and scope as far as they are stated. */

bool
mz_pl_put_retention_rules(mz_pl_t *pl, json_t *spec)
{
    int       unit;
    bool      is_stated;
    json_t   *at, *brackets;
    int64_t   periods;

    at = mz_pl_array(pl);
    periods = 0;
    is_stated = false;

    brackets = mz_pl_read_brackets(pl);
    unit = mz_pl_read_at(pl, at, &periods);

    if (brackets == NULL && json_array_size(at) == 0 && periods == 0
        && pl->slot.window != NULL)
    {
        brackets = mz_pl_window_brackets(pl, at, &unit);
    }

    if (periods != 0 && pl->slot.grain == MZ_UNIT_DAY
        && unit == MZ_UNIT_WEEK)
    {
        periods *= 7;
        unit = MZ_UNIT_DAY;
    }

    if (brackets != NULL) {
        mz_pl_set(pl, spec, "brackets", brackets);
        mz_pl_set_c(pl, spec, "mode", "bracket");
        json_object_del(spec, "periods");
        json_object_del(spec, "at");
        is_stated = true;

    } else if (json_array_size(at) != 0) {
        mz_pl_set(pl, spec, "at", at);
        json_object_del(spec, "periods");
        json_object_del(spec, "brackets");
        is_stated = true;

    } else if (periods != 0) {
        mz_pl_set(pl, spec, "periods", mz_pl_number(pl, (double) periods));
        json_object_del(spec, "at");
        json_object_del(spec, "brackets");
        is_stated = true;
    }

    if (unit < 0 && pl->slot.grain >= MZ_UNIT_DAY) {
        unit = pl->slot.grain;
    }

    if (unit < 0 && json_object_get(spec, "period") == NULL
        && mz_pl_has(pl, (const char *const []) { "months|month" }, 1,
                     NULL))
    {
        unit = MZ_UNIT_MONTH;
    }

    if (unit >= MZ_UNIT_DAY) {
        unit = unit > MZ_UNIT_MONTH ? MZ_UNIT_MONTH : unit;
        mz_pl_set_c(pl, spec, "period", mz_unit_name((mz_unit_t) unit));
        is_stated = true;
    }

    return mz_pl_put_modes(pl, spec) || is_stated;
}


static bool
mz_pl_put_modes(mz_pl_t *pl, json_t *spec)
{
    bool  is_stated;

    is_stated = false;

    if (mz_pl_has_in(pl, mz_pl_unbounded, NULL)) {
        mz_pl_set_c(pl, spec, "mode", "on_or_after");
        is_stated = true;
    }

    if (mz_pl_has_in(pl, mz_pl_inverted, NULL)) {
        mz_pl_set(pl, spec, "invert", mz_pl_keep(pl, json_true()));
        is_stated = true;
    }

    if (mz_pl_has_in(pl, mz_pl_every, NULL)) {
        mz_pl_set_c(pl, spec, "scope", "every");
        is_stated = true;
    }

    return is_stated;
}


static void
mz_pl_retention_events(mz_pl_t *pl, mz_pl_events_t *evs)
{
    size_t                     i, next;
    const mz_catalog_event_t  *pair;

    memset(evs, 0, sizeof(mz_pl_events_t));
    evs->n = 2;
    evs->item[0] = MZ_PL_NONE;
    evs->item[1] = MZ_PL_NONE;

    i = mz_pl_next_item(pl, MZ_PL_EVENT, 0);

    if (i == MZ_PL_NONE) {
        evs->event[0] = mz_pl_implied(pl);
        if (evs->event[0] != NULL) {
            evs->event[1] = evs->event[0];
            return;
        }

        evs->event[0] = mz_pl_signup(pl);
        if (evs->event[0] != NULL) {
            mz_pl_assume(pl, "retention of users from their first %.*s "
                         "(not stated)", (int) evs->event[0]->name.len,
                         evs->event[0]->name.data);
        }

        return;
    }

    evs->event[0] = pl->item[i].event;
    evs->item[0] = i;

    for (next = mz_pl_next_item(pl, MZ_PL_EVENT, i + 1);
         next != MZ_PL_NONE;
         next = mz_pl_next_item(pl, MZ_PL_EVENT, next + 1))
    {
        if (pl->item[next].event != evs->event[0]
            || mz_pl_has_in(pl, mz_pl_again, NULL))
        {
            evs->event[1] = pl->item[next].event;
            evs->item[1] = next;
            break;
        }
    }

    if (evs->item[1] == MZ_PL_NONE) {
        pair = mz_pl_return_of(pl, i);
        if (pair != NULL) {
            evs->event[1] = evs->event[0];
            evs->event[0] = pair;

            if (pair != evs->event[1]
                && mz_pl_event_named(pl, "subscription start") != pair)
            {
                evs->event[0] = evs->event[1];
                evs->event[1] = pair;
            }
        }

        return;
    }

    /* "come back after the trial": what is named second came first */

    if (mz_pl_between(pl, pl->item[i].last + 1,
                      pl->item[evs->item[1]].first, "after since following")
        && !mz_pl_between(pl, pl->item[i].last + 1,
                          pl->item[evs->item[1]].first, "who and"))
    {
        next = evs->item[1];
        evs->item[1] = i;
        evs->item[0] = next;
        evs->event[0] = pl->item[next].event;
        evs->event[1] = pl->item[i].event;
    }
}


/* The other side of a single event: itself again, or its renewal. */

static const mz_catalog_event_t *
mz_pl_return_of(mz_pl_t *pl, size_t item)
{
    const mz_catalog_event_t  *ev, *start, *renew;

    ev = pl->item[item].event;
    start = mz_pl_event_named(pl, "subscription start");
    renew = mz_pl_event_named(pl, "subscription renew");

    if (start != NULL && renew != NULL && start != renew) {
        if (ev == renew) {
            return start;
        }

        if (ev == start) {
            return renew;
        }
    }

    return mz_pl_is_same_again(pl, ev) ? ev : NULL;
}


bool
mz_pl_is_same_again(mz_pl_t *pl, const mz_catalog_event_t *start)
{
    if (mz_pl_is_once(pl, start)
        || start == mz_pl_event_named(pl, "trial start"))
    {
        return false;
    }

    return start == mz_pl_event_named(pl, "purchase")
           || start == mz_pl_event_named(pl, "feature used")
           || mz_pl_has_in(pl, mz_pl_again, NULL);
}


static void
mz_pl_put_sides(mz_pl_t *pl, const mz_pl_events_t *evs, json_t *spec)
{
    size_t          i;
    json_t         *shared, *own[2], *side;
    mz_pl_events_t  known;

    own[0] = mz_pl_array(pl);
    own[1] = mz_pl_array(pl);
    shared = mz_pl_array(pl);

    /* a property that both carry is asked of the start too */

    known = *evs;
    known.n = evs->event[1] == NULL || evs->event[1] == evs->event[0]
              ? 1 : 2;
    mz_pl_filters_split(pl, &known, own[0], own);

    for (i = 0; i < json_array_size(own[0]); /* void */) {
        side = json_array_get(own[0], i);

        if (json_object_get(side, "property") != NULL) {
            const mz_catalog_property_t  *p;

            p = mz_catalog_property(pl->cat, mz_json_get_str(side,
                                                             "property"));
            if (p != NULL && p->is_common) {
                mz_pl_push(pl, shared, side);
                json_array_remove(own[0], i);
                continue;
            }
        }

        i++;
    }

    for (i = 0; i < 2; i++) {
        side = mz_pl_event_ref(pl, evs->event[i]);
        if (json_array_size(own[i]) != 0) {
            mz_pl_set(pl, side, "filters", own[i]);
        }

        mz_pl_set(pl, spec, i == 0 ? "start" : "return", side);
    }

    if (json_array_size(shared) != 0) {
        mz_pl_set(pl, spec, "filters", shared);
    }
}
