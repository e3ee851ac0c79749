
#include "agent/plan/planner_build.h"
#include "agent/plan/planner_time.h"


static const char *const  mz_pl_did_cues[] = {
    "users|people|customers|those|ones|everyone|anyone who|that .. %E",
    "who also|never|did|didnt|have|has|had|not .. %E",
    "users|people|customers with|without %E",
};

static const char *const  mz_pl_earlier[] = {
    "%U before|earlier|prior", "previous|prior|preceding %U|period|one",
    "before that",
};


static size_t mz_pl_step_at(const mz_pl_t *pl, size_t n);
static bool mz_pl_has_free(const mz_pl_t *pl, const char *words);


/* "for users who searched": a condition, no other event. */

bool
mz_pl_is_did(mz_pl_t *pl)
{
    return mz_pl_has_in(pl, mz_pl_did_cues, NULL);
}


void
mz_pl_change_did(mz_pl_t *pl, json_t *spec)
{
    bool                 is_not;
    size_t               i;
    json_t              *f, *list;
    const mz_pl_item_t  *it;

    list = mz_pl_array(pl);
    json_array_extend(list, json_object_get(spec, "filters"));

    is_not = mz_pl_has(pl, (const char *const []) {
                           "not|never|didnt|without|exclude|excluding|"
                           "except|ignore|havent|hasnt|remove|drop" }, 1,
                       NULL);

    for (i = mz_pl_next_item(pl, MZ_PL_EVENT, 0); i != MZ_PL_NONE;
         i = mz_pl_next_item(pl, MZ_PL_EVENT, i + 1))
    {
        it = &pl->item[i];
        if (it->event == mz_pl_parent_event(pl, spec)) {
            continue;
        }

        f = mz_pl_keep(pl, json_object());
        mz_pl_set_text(pl, f, "did", it->event->name);

        if (is_not) {
            mz_pl_set(pl, f, "negate", mz_pl_keep(pl, json_true()));
        }

        if (it->count_op != NULL) {
            mz_pl_set(pl, f, "count", mz_pl_keep(pl, json_pack("{s:s,s:O}",
                      "op", it->count_op, "value",
                      mz_pl_number(pl, it->count))));
        }

        mz_pl_push(pl, list, f);
    }

    if (json_array_size(list) != 0) {
        mz_pl_set(pl, spec, "filters", list);
    }
}


/* "what about refunds?": other events; the measure must suit them. */

void
mz_pl_change_events(mz_pl_t *pl, json_t *spec)
{
    size_t                     i;
    json_t                    *events, *m;
    mz_str_t                   property;
    const mz_catalog_event_t  *ev;

    i = mz_pl_next_item(pl, MZ_PL_EVENT, 0);
    ev = pl->item[i].event;
    events = mz_pl_array(pl);

    if (pl->slot.is_added) {
        json_array_extend(events, json_object_get(spec, "events"));
    }

    for ( /* void */ ; i != MZ_PL_NONE;
         i = mz_pl_next_item(pl, MZ_PL_EVENT, i + 1))
    {
        if (!mz_pl_array_has(events, pl->item[i].event->name)) {
            mz_pl_push_text(pl, events, pl->item[i].event->name);
        }
    }

    json_object_del(spec, "formula");
    json_object_del(spec, "any_of");
    mz_pl_set(pl, spec, "events", events);

    m = json_object_get(spec, "measure");
    property = mz_json_get_str(m, "property");

    if (m == NULL || (property.len != 0
                      && !mz_catalog_event_has(pl->cat, ev->name, property)))
    {
        mz_pl_set(pl, spec, "measure", mz_pl_measure(pl,
                  mz_pl_is_once(pl, ev) ? "users" : "events", NULL));
    }
}


/* "and the month before?" moves the range of the parent. */

void
mz_pl_change_range(mz_pl_t *pl, json_t *spec)
{
    json_t  *old, *range;

    old = json_object_get(spec, "range");

    if (pl->slot.compare == NULL && mz_pl_has_in(pl, mz_pl_earlier, NULL)
        && mz_json_get_str(old, "calendar").len != 0
        && (pl->slot.range == NULL || json_equal(pl->slot.range, old)))
    {
        range = mz_pl_copy_json(pl, old);
        mz_pl_set(pl, range, "offset", mz_pl_number(pl,
                  (double) (mz_json_get_int(old, "offset", 0) - 1)));
        mz_pl_set(pl, spec, "range", range);
        return;
    }

    if (pl->slot.range != NULL) {
        mz_pl_set(pl, spec, "range", pl->slot.range);
    }
}


/* "what share was on iOS?": the parent with the condition over without. */

bool
mz_pl_change_share(mz_pl_t *pl, json_t *spec, json_t *added)
{
    size_t   i;
    json_t  *formula, *part;

    if (!pl->slot.has_share || json_object_get(spec, "events") == NULL
        || json_object_get(spec, "measure") == NULL)
    {
        return false;
    }

    formula = mz_pl_keep(pl, json_object());
    mz_pl_set_c(pl, formula, "op", "ratio");

    for (i = 0; i < 2; i++) {
        part = mz_pl_keep(pl, json_object());
        mz_pl_set(pl, part, "events", json_object_get(spec, "events"));
        mz_pl_set(pl, part, "measure", json_object_get(spec, "measure"));

        if (i == 0) {
            mz_pl_set(pl, part, "filters", added);
        }

        mz_pl_set(pl, formula, i == 0 ? "a" : "b", part);
    }

    mz_pl_set(pl, spec, "formula", formula);
    json_object_del(spec, "events");
    json_object_del(spec, "measure");
    json_object_del(spec, "any_of");

    return true;
}


/* All steps anew, or one added at the end, in front or in between. */

void
mz_pl_change_steps(mz_pl_t *pl, json_t *spec)
{
    size_t   i, n, at;
    json_t  *steps, *ref, *e;

    i = mz_pl_next_item(pl, MZ_PL_EVENT, 0);
    n = mz_pl_next_item(pl, MZ_PL_EVENT, i + 1) != MZ_PL_NONE;

    if (mz_pl_before(pl, i, "without excluding exclude", 4)) {
        e = mz_pl_event_ref(pl, pl->item[i].event);
        steps = json_object_get(spec, "steps");
        mz_pl_set(pl, e, "between", mz_pl_keep(pl, json_pack("[i,i]", 1,
                  (int) json_array_size(steps))));
        mz_pl_set(pl, spec, "exclude", mz_pl_keep(pl, json_pack("[O]", e)));
        return;
    }

    steps = json_object_get(spec, "steps");
    ref = mz_pl_event_ref(pl, pl->item[i].event);

    if (n != 0 && !mz_pl_has_free(pl, "add insert include put after before "
                                      "adding"))
    {
        steps = mz_pl_array(pl);
        for ( /* void */ ; i != MZ_PL_NONE;
             i = mz_pl_next_item(pl, MZ_PL_EVENT, i + 1))
        {
            mz_pl_push(pl, steps, mz_pl_event_ref(pl, pl->item[i].event));
        }

        mz_pl_set(pl, spec, "steps", steps);
        return;
    }

    at = json_array_size(steps);

    for (n = 0; n < json_array_size(steps); n++) {
        if (mz_str_eq(mz_json_get_str(json_array_get(steps, n), "event"),
                      pl->item[i].event->name))
        {
            return;
        }
    }

    if (mz_pl_has(pl, (const char *const []) {
                      "start|starting|begin|beginning from|with|at|by? %E",
                      "from %E" }, 2, NULL))
    {
        json_array_set(steps, 0, ref);
        return;
    }

    if (mz_pl_has_free(pl, "add insert include with put adding then and")) {
        at = mz_pl_step_at(pl, at);
        (void) json_array_insert(steps, at, ref);
        return;
    }

    json_array_set(steps, at - 1, ref);
}


/* Where a step is to go: "as the second step", "as step 2"; or the end. */

static size_t
mz_pl_step_at(const mz_pl_t *pl, size_t n)
{
    size_t                    i;
    mz_pl_match_t             m;
    static const char *const  ordinals[] = {
        "first step|place|position", "second step|place|position",
        "third step|place|position", "fourth step|place|position",
    };

    for (i = 0; i < MZ_ARRAY_LEN(ordinals); i++) {
        if (i < n && mz_pl_has(pl, &ordinals[i], 1, NULL)) {
            return i;
        }
    }

    if (mz_pl_has(pl, (const char *const []) { "step #", "# nd|rd|th|st "
                      "step" }, 2, &m)
        && m.num[0] >= 1 && m.num[0] <= (double) n)
    {
        return (size_t) m.num[0] - 1;
    }

    return n - mz_pl_has(pl, (const char *const []) { "between|middle" }, 1,
                         NULL);
}


/* A word that is no part of a name: not the "add" of "add to cart". */

static bool
mz_pl_has_free(const mz_pl_t *pl, const char *words)
{
    size_t  i;

    for (i = 0; i < pl->ntok; i++) {
        if (pl->tok[i].item == MZ_PL_NONE && mz_pl_is_any(pl, i, words)) {
            return true;
        }
    }

    return false;
}
