
#include "agent/plan/planner_build.h"
#include "agent/plan/planner_lexicon.h"
#include "agent/plan/planner_time.h"


/* Words that point back, or begin a change rather than a question. */

static const char *const  mz_pl_follow_cues[] = {
    "%^ and|now|only|just|but|also|then|ok|okay|same|instead|or|by|per|for|"
    "without|with|within|excluding|exclude|except|in|as|versus|ignore|"
    "ignoring|including|include|plus|no|not|again|over|since|from|during|"
    "limit|filter|restrict|drop|remove|add|change|switch|use|using|make|"
    "split|break|group|segment|weekly|daily|monthly|hourly|quarterly|yearly",
    "%^ what|how about|if", "%^ so|great|thanks|cool|nice|hm|hmm|right ,",
    "instead", "same thing|but|again|as|for|analysis|chart|question|with|by|"
    "one", "this|that|it|them|those|these $|by|per|as|for|with|in|into|over|"
    "down|to|instead|only|compare|look|broken|split|weekly|monthly|daily|"
    "change|versus|take", "most|people|users|them|happens|happening|doing|"
    "look|looking|up|down|out|lost|off|customers there $",
    "of them|those|these",
    "the same", "other one|ones", "compare|split|break|group|show|do|make|"
    "plot|give|filter|limit|sort|see that|it|this|them|those",
    "too $", "as well $", "like that", "for all of? them",
    "previous|last|above|earlier result|answer|chart|question|one|analysis",
};

typedef enum {
    MZ_PL_P_SEGMENTATION,
    MZ_PL_P_FUNNEL,
    MZ_PL_P_RETENTION,
    MZ_PL_P_JOURNEY,
    MZ_PL_P_OTHER
} mz_pl_parent_t;


static const json_t *mz_pl_parent_analysis(const mz_pl_t *pl);
static mz_pl_parent_t mz_pl_parent_kind(const json_t *parent);
static bool mz_pl_is_whole(mz_pl_t *pl);
static void mz_pl_follow_events(mz_pl_t *pl, json_t *spec,
    mz_pl_parent_t kind);
static void mz_pl_follow_filters(mz_pl_t *pl, json_t *spec,
    const mz_catalog_event_t *ev);
static void mz_pl_follow_grain(mz_pl_t *pl, json_t *spec,
    mz_pl_parent_t kind);
static void mz_pl_follow_rest(mz_pl_t *pl, json_t *spec,
    const mz_catalog_event_t *ev, mz_pl_parent_t kind);
static void mz_pl_follow_transform(mz_pl_t *pl, json_t *spec);
static json_t *mz_pl_follow_kind(mz_pl_t *pl, const json_t *parent,
    mz_pl_kind_t kind);


bool
mz_pl_is_follow_up(mz_pl_t *pl)
{
    mz_pl_kind_t   kind;
    const json_t  *parent;

    parent = mz_pl_parent_analysis(pl);

    if (parent == NULL) {
        return false;
    }

    kind = mz_pl_cue_kind(pl);

    if (kind == MZ_PL_KIND_DISCOVERY || kind == MZ_PL_KIND_LOOKUP) {
        return false;
    }

    if (mz_pl_has_in(pl, mz_pl_follow_cues, NULL)) {
        return true;
    }

    return !mz_pl_is_whole(pl);
}


json_t *
mz_pl_build_follow_up(mz_pl_t *pl)
{
    json_t                    *spec;
    mz_pl_kind_t               cue;
    mz_pl_parent_t             kind;
    const json_t              *parent;
    const mz_catalog_event_t  *ev;

    parent = mz_pl_parent_analysis(pl);
    kind = mz_pl_parent_kind(parent);
    cue = mz_pl_cue_kind(pl);

    spec = mz_pl_follow_kind(pl, parent, cue);
    if (spec != NULL) {
        return spec;
    }

    spec = mz_pl_copy_json(pl, parent);
    json_object_del(spec, "or");
    json_object_del(spec, "_assumptions");

    mz_pl_drop(pl, spec);
    mz_pl_follow_events(pl, spec, kind);
    ev = mz_pl_parent_event(pl, spec);

    if (kind == MZ_PL_P_SEGMENTATION) {
        mz_pl_follow_measure(pl, spec, ev);
        ev = mz_pl_parent_event(pl, spec);
    }

    mz_pl_follow_filters(pl, spec, ev);
    mz_pl_follow_rest(pl, spec, ev, kind);
    mz_pl_assume(pl, "the rest is as in the answer before");

    return spec;
}


/* What can be changed: the parent, its best guess or its first step. */

static const json_t *
mz_pl_parent_analysis(const mz_pl_t *pl)
{
    const json_t  *p;

    p = pl->parent;
    if (p == NULL) {
        return NULL;
    }

    if (json_object_get(p, "best_guess") != NULL) {
        p = json_object_get(p, "best_guess");
    }

    if (mz_str_eq_c(mz_json_get_str(p, "kind"), "plan")) {
        p = json_array_get(json_object_get(p, "steps"), 0);
    }

    return p != NULL && mz_pl_parent_kind(p) != MZ_PL_P_OTHER ? p : NULL;
}


static mz_pl_parent_t
mz_pl_parent_kind(const json_t *parent)
{
    size_t                    i;
    static const char *const  kinds[] = {
        "segmentation", "funnel", "retention", "journey",
    };

    for (i = 0; i < MZ_ARRAY_LEN(kinds); i++) {
        if (mz_str_eq_c(mz_json_get_str(parent, "kind"), kinds[i])) {
            return (mz_pl_parent_t) i;
        }
    }

    return MZ_PL_P_OTHER;
}


/* The event whose properties break the analysis down. */

const mz_catalog_event_t *
mz_pl_parent_event(const mz_pl_t *pl, const json_t *parent)
{
    mz_str_t  name;
    json_t   *events;

    events = json_object_get(parent, "events");
    if (events == NULL) {
        events = json_object_get(json_object_get(json_object_get(parent,
                                 "formula"), "a"), "events");
    }

    name = mz_json_str(json_array_get(events, 0));

    if (name.len == 0) {
        name = mz_json_get_str(json_array_get(json_object_get(parent,
                                              "steps"), 0), "event");
    }

    if (name.len == 0) {
        name = mz_json_get_str(json_object_get(parent, "start"), "event");
    }

    if (name.len == 0) {
        name = mz_json_get_str(parent, "event");
    }

    return name.len != 0 ? mz_catalog_event(pl->cat, name) : NULL;
}


/* A question that stands by itself: what is counted is in it. */

static bool
mz_pl_is_whole(mz_pl_t *pl)
{
    return mz_pl_next_item(pl, MZ_PL_EVENT, 0) != MZ_PL_NONE
           || (pl->slot.measure != NULL
               && (pl->slot.measure_item != MZ_PL_NONE || pl->slot.is_money
                   || pl->slot.is_arpu || pl->slot.has_any_event))
           || pl->slot.has_any_event
           || (pl->slot.has_users && pl->slot.has_count)
           || (mz_pl_has(pl, (const char *const []) {
                             "retention", "conversion rate" }, 2, NULL)
               && mz_pl_parent_kind(mz_pl_parent_analysis(pl))
                  == MZ_PL_P_SEGMENTATION);
}


/* "and their retention?": another kind of analysis of the same events. */

static json_t *
mz_pl_follow_kind(mz_pl_t *pl, const json_t *parent, mz_pl_kind_t kind)
{
    size_t                     i;
    mz_pl_item_t              *it;
    mz_pl_parent_t             from;
    const mz_catalog_event_t  *ev;

    from = mz_pl_parent_kind(parent);

    if (kind == MZ_PL_KIND_NONE || kind == MZ_PL_KIND_PLAN
        || (kind == MZ_PL_KIND_FUNNEL && from == MZ_PL_P_FUNNEL)
        || (kind == MZ_PL_KIND_RETENTION && from == MZ_PL_P_RETENTION)
        || (kind == MZ_PL_KIND_JOURNEY && from == MZ_PL_P_JOURNEY))
    {
        return NULL;
    }

    if (pl->slot.range == NULL) {
        pl->slot.range = json_object_get(parent, "range");
    }

    ev = mz_pl_parent_event(pl, parent);
    i = mz_pl_next_item(pl, MZ_PL_EVENT, 0);

    if (ev != NULL && pl->nitems < MZ_PL_ITEMS_MAX
        && (i == MZ_PL_NONE || kind == MZ_PL_KIND_FUNNEL)
        && (i == MZ_PL_NONE || pl->item[i].event != ev)
        && mz_pl_next_item(pl, MZ_PL_EVENT, i == MZ_PL_NONE ? 0 : i + 1)
           == MZ_PL_NONE)
    {
        /* the parent's event comes first */

        memmove(&pl->item[1], &pl->item[0],
                pl->nitems * sizeof(mz_pl_item_t));
        pl->nitems++;
        it = &pl->item[0];
        memset(it, 0, sizeof(mz_pl_item_t));
        it->kind = MZ_PL_EVENT;
        it->event = ev;
        it->score = 1;

        for (i = 0; i < pl->ntok; i++) {
            pl->tok[i].item += pl->tok[i].item != MZ_PL_NONE;
        }
    }

    return mz_pl_build(pl, kind);
}


/* "what about refunds?": the events change, the rest stays. */

static void
mz_pl_follow_events(mz_pl_t *pl, json_t *spec, mz_pl_parent_t kind)
{
    size_t                     i;
    json_t                    *ref;
    const mz_catalog_event_t  *ev;

    i = mz_pl_next_item(pl, MZ_PL_EVENT, 0);
    if (i == MZ_PL_NONE) {
        return;
    }

    ev = pl->item[i].event;

    if (mz_pl_is_did(pl)) {
        mz_pl_change_did(pl, spec);
        return;
    }

    switch (kind) {

    case MZ_PL_P_FUNNEL:
        mz_pl_change_steps(pl, spec);
        return;

    case MZ_PL_P_RETENTION:
        if (mz_str_eq(mz_json_get_str(json_object_get(spec, "start"),
                                      "event"), ev->name))
        {
            return;
        }

        ref = mz_pl_event_ref(pl, ev);
        mz_pl_set(pl, spec, mz_pl_has(pl, (const char *const []) {
                  "return|returning|came|come|back .. %E" }, 1, NULL)
                  ? "return" : "start", ref);

        if (mz_pl_is_same_again(pl, ev)) {
            mz_pl_set(pl, spec, "return", ref);
        }

        return;

    case MZ_PL_P_JOURNEY:
        mz_pl_set_text(pl, spec, "event", ev->name);
        return;

    default:
        mz_pl_change_events(pl, spec);
    }
}


/* A filter replaces the one on the same property. */

static void
mz_pl_follow_filters(mz_pl_t *pl, json_t *spec, const mz_catalog_event_t *ev)
{
    size_t     i, k;
    json_t    *added, *list, *f, *old;
    mz_str_t   name;

    added = mz_pl_array(pl);
    mz_pl_filters_of(pl, ev, added);
    if (json_array_size(added) == 0) {
        return;
    }

    if (mz_pl_change_share(pl, spec, added)) {
        return;
    }

    list = mz_pl_array(pl);
    old = json_object_get(spec, "filters");

    json_array_foreach(old, i, f) {
        name = mz_json_get_str(f, "property");

        for (k = 0; k < json_array_size(added); k++) {
            if (name.len != 0 && mz_str_eq(name, mz_json_get_str(
                                 json_array_get(added, k), "property")))
            {
                break;
            }
        }

        if (k == json_array_size(added)) {
            mz_pl_push(pl, list, f);
        }
    }

    json_array_extend(list, added);
    mz_pl_set(pl, spec, "filters", list);
}


static void
mz_pl_follow_grain(mz_pl_t *pl, json_t *spec, mz_pl_parent_t kind)
{
    int  grain;

    if (kind == MZ_PL_P_RETENTION || kind == MZ_PL_P_JOURNEY) {
        return;
    }

    grain = pl->slot.grain;

    if (grain == MZ_PL_GRAIN_NONE && pl->slot.has_trend) {
        grain = mz_pl_trend_grain(pl, json_object_get(spec, "range"));
    }

    if (grain != MZ_PL_GRAIN_NONE) {
        mz_pl_set_c(pl, spec, "grain", mz_pl_grain_name(grain));
    }
}


static void
mz_pl_follow_rest(mz_pl_t *pl, json_t *spec, const mz_catalog_event_t *ev,
    mz_pl_parent_t kind)
{
    mz_str_t     period;
    mz_unit_t    unit;
    const char  *measure;

    mz_pl_change_range(pl, spec);

    if (json_array_size(pl->slot.breakdown) != 0) {
        if (!pl->slot.is_added) {
            json_object_del(spec, "breakdown");
        }

        mz_pl_put_breakdown(pl, spec, ev);
    }

    mz_pl_compare_values(pl, ev, spec);
    mz_pl_put_compare(pl, spec);
    mz_pl_follow_grain(pl, spec, kind);

    if (kind != MZ_PL_P_RETENTION) {
        mz_pl_put_top(pl, spec);
    }

    switch (kind) {

    case MZ_PL_P_SEGMENTATION:
        if (pl->slot.has_wow && pl->slot.compare == NULL) {
            mz_pl_set(pl, spec, "compare", mz_pl_keep(pl, json_pack(
                      "{s:s}", "to", "previous_period")));
        }

        if (pl->slot.transform != NULL) {
            mz_pl_set(pl, spec, "transform", pl->slot.transform);
            mz_pl_follow_transform(pl, spec);
        }

        break;

    case MZ_PL_P_FUNNEL:
        if (pl->slot.window != NULL) {
            mz_pl_set(pl, spec, "window", pl->slot.window);
        }

        mz_pl_put_funnel_rules(pl, spec);
        measure = mz_pl_funnel_measure(pl);
        if (measure != NULL) {
            mz_pl_set_c(pl, spec, "measure", measure);
        }

        break;

    case MZ_PL_P_RETENTION:
        period = mz_pl_copy(pl, mz_json_get_str(spec, "period"));
        if (mz_pl_put_retention_rules(pl, spec)
            && !mz_str_eq(period, mz_json_get_str(spec, "period"))
            && json_object_get(spec, "periods") != NULL
            && mz_unit_parse(mz_json_get_str(spec, "period"), &unit)
               == MZ_OK)
        {
            mz_pl_set(pl, spec, "periods", mz_pl_number(pl,
                      unit == MZ_UNIT_DAY ? 14 : unit == MZ_UNIT_WEEK
                                               ? 8 : 6));
        }

        break;

    default:
        mz_pl_put_journey_rules(pl, spec, false);
    }
}


/* A total cannot roll: it becomes a series. */

static void
mz_pl_follow_transform(mz_pl_t *pl, json_t *spec)
{
    mz_str_t   name;
    mz_unit_t  unit;

    if (!mz_str_eq_c(mz_json_get_str(spec, "grain"), "total")) {
        return;
    }

    name = mz_json_get_str(pl->slot.transform, "unit");
    if (name.len == 0 || mz_unit_parse(name, &unit) != MZ_OK) {
        unit = (mz_unit_t) mz_pl_trend_grain(pl, json_object_get(spec,
                                                                 "range"));
    }

    mz_pl_set_c(pl, spec, "grain", mz_unit_name(unit));
}
