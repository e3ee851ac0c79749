
#include "agent/plan/planner_build.h"


static const char *const  mz_pl_drop_breakdown[] = {
    ("without|remove|drop|no|ignore|lose breakdown|split|segmentation|"
     "grouping"), "not broken|split down|by|up?", "in total $", "overall $",
};

static const char *const  mz_pl_drop_property[] = {
    "without|remove|drop|not|no by|broken? %P breakdown|split|grouping",
    "remove|drop %P $",
};

static const char *const  mz_pl_all_of_property[] = {
    "all|any|every|each|across|on all|any|every? %P",
};

static const char *const  mz_pl_drop_filter[] = {
    "without|remove|drop|clear|ignore|no filter|filters|restriction|"
    "restrictions|condition|conditions", "for all|everyone|everybody "
    "users|countries|platforms|devices|plans|channels|$", "unfiltered",
};

static const char *const  mz_pl_drop_compare[] = {
    "without|remove|drop|no comparison|compare|comparing",
};


static void mz_pl_drop_of(mz_pl_t *pl, json_t *spec);
static void mz_pl_drop_filter_on(json_t *spec, mz_str_t name);


void
mz_pl_drop(mz_pl_t *pl, json_t *spec)
{
    if (mz_pl_has_in(pl, mz_pl_drop_breakdown, NULL)) {
        json_object_del(spec, "breakdown");
        json_object_del(spec, "top");
    }

    if (mz_pl_has_in(pl, mz_pl_drop_filter, NULL)) {
        json_object_del(spec, "filters");
    }

    mz_pl_drop_of(pl, spec);

    if (mz_pl_has_in(pl, mz_pl_drop_compare, NULL)) {
        json_object_del(spec, "compare");
    }
}


/* "drop the country split", "all devices" */

static void
mz_pl_drop_of(mz_pl_t *pl, json_t *spec)
{
    size_t                        i;
    json_t                       *v, *list;
    mz_pl_match_t                 m;
    const mz_catalog_property_t  *p;

    if (mz_pl_has_in(pl, mz_pl_drop_property, &m)) {
        p = pl->item[m.item[0]].props[0];
        list = json_object_get(spec, "breakdown");

        json_array_foreach(list, i, v) {
            if (mz_str_eq(mz_json_str(v), p->name)) {
                json_array_remove(list, i);
                break;
            }
        }

        if (json_array_size(list) == 0) {
            json_object_del(spec, "breakdown");
            json_object_del(spec, "top");
        }

        mz_pl_drop_filter_on(spec, p->name);
        json_array_clear(pl->slot.breakdown);
        json_array_clear(pl->slot.filters);
    }

    if (mz_pl_has_in(pl, mz_pl_all_of_property, &m)) {
        mz_pl_drop_filter_on(spec, pl->item[m.item[0]].props[0]->name);
    }
}


static void
mz_pl_drop_filter_on(json_t *spec, mz_str_t name)
{
    size_t   i;
    json_t  *list;

    list = json_object_get(spec, "filters");

    for (i = json_array_size(list); i > 0; i--) {
        if (mz_str_eq(mz_json_get_str(json_array_get(list, i - 1),
                                      "property"), name))
        {
            json_array_remove(list, i - 1);
        }
    }

    if (list != NULL && json_array_size(list) == 0) {
        json_object_del(spec, "filters");
    }
}
