
#include "agent/plan/planner_build.h"
#include "agent/plan/planner_lexicon.h"


void
mz_pl_follow_measure(mz_pl_t *pl, json_t *spec, const mz_catalog_event_t *ev)
{
    json_t                       *m;
    mz_str_t                      name;
    const char                   *type;
    const mz_catalog_property_t  *p;

    type = pl->slot.measure;

    if (pl->slot.has_per_user && json_object_get(spec, "events") != NULL
        && pl->slot.measure_item == MZ_PL_NONE && !pl->slot.is_money)
    {
        mz_pl_set(pl, spec, "measure", mz_pl_measure(pl, "events_per_user",
                                                     NULL));
        return;
    }

    if (type == NULL) {
        if (mz_pl_has(pl, (const char *const []) {
                       "users|people|user|uniques|customers instead|counts|"
                       "count", "unique users|people|customers",
                       "as|in|count|by|of unique? users|people" }, 3, NULL))
        {
            mz_pl_set(pl, spec, "measure", mz_pl_measure(pl, "users",
                                                         NULL));

        } else if (mz_pl_has(pl, (const char *const []) {
                       "total|number|count of? events|times|occurrences",
                       "event counts|totals|count", "events instead",
                       "number|count of %E" }, 4, NULL))
        {
            mz_pl_set(pl, spec, "measure", mz_pl_measure(pl, "events",
                                                         NULL));
        }

        return;
    }

    p = NULL;
    if (pl->slot.measure_item != MZ_PL_NONE) {
        p = mz_pl_pick(pl, &pl->item[pl->slot.measure_item], ev);
        if (p == NULL) {
            p = pl->item[pl->slot.measure_item].props[0];
            ev = mz_pl_owner(pl, p);
        }

    } else if (pl->slot.is_money) {
        p = mz_pl_money(pl, &ev);
        if (p == NULL) {
            ev = NULL;
            p = mz_pl_money(pl, &ev);
        }

    } else if (!pl->slot.has_any_event) {
        name = mz_json_get_str(json_object_get(spec, "measure"),
                               "property");
        p = name.len != 0 ? mz_catalog_property(pl->cat, name) : NULL;
        if (p == NULL) {
            return;
        }
    }

    m = mz_pl_measure(pl, type, p);
    if (strcmp(type, "percentile") == 0) {
        mz_pl_set(pl, m, "p", mz_pl_number(pl, pl->slot.measure_p));
    }

    json_object_del(spec, "formula");
    mz_pl_set(pl, spec, "measure", m);

    if (p != NULL || json_object_get(spec, "events") == NULL) {
        name = mz_pl_event_name(ev);
        m = mz_pl_array(pl);
        mz_pl_push_text(pl, m, name);
        mz_pl_set(pl, spec, "events", m);
    }
}
