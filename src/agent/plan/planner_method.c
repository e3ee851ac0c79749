
#include "agent/plan/planner_build.h"
#include "agent/plan/planner_lexicon.h"
#include "agent/plan/planner_time.h"


#define MZ_PL_CUTS  4

/* Where causes are looked for first, as words of property names. */

static const char *const  mz_pl_cuts[] = {
    "reason", "channel", "country", "device", "platform", "plan", "source",
    "browser", "os", "city", "region", "version",
};


static json_t *mz_pl_method_core(mz_pl_t *pl);
static void mz_pl_method_cut(mz_pl_t *pl, json_t *steps, const json_t *main,
    const mz_catalog_event_t *ev);
static bool mz_pl_method_is_filtered(const json_t *main, mz_str_t name);
static const mz_catalog_event_t *mz_pl_method_event(const mz_pl_t *pl,
    const json_t *core);
static bool mz_pl_method_analysis(const json_t *spec);


/*
 * "Why did X drop?", "make a plan": the measure over time with its
 * comparison, then the same broken down by what usually explains it.
 */

json_t *
mz_pl_build_plan(mz_pl_t *pl)
{
    int        grain;
    json_t    *spec, *core, *steps, *first;
    mz_str_t   kind;

    core = mz_pl_method_core(pl);

    if (!mz_pl_method_analysis(core)) {
        return core;
    }

    kind = mz_json_get_str(core, "kind");

    if (pl->slot.compare == NULL
        && (mz_json_get_str(pl->slot.range, "from").len == 0
            || mz_json_get_str(pl->slot.range, "to").len != 0))
    {
        pl->slot.compare = mz_pl_keep(pl, json_pack("{s:s}", "to",
                                                    "previous_period"));
    }

    if (pl->slot.compare != NULL) {
        mz_pl_set(pl, core, "compare", pl->slot.compare);
    }

    spec = mz_pl_new_spec(pl, "plan");
    steps = mz_pl_array(pl);

    first = mz_pl_copy_json(pl, core);
    json_object_del(first, "breakdown");
    json_object_del(first, "top");

    if (!mz_str_eq_c(kind, "retention")) {
        grain = pl->slot.grain >= 0 ? pl->slot.grain
                : mz_pl_trend_grain(pl, json_object_get(core, "range"));
        mz_pl_set_c(pl, first, "grain", mz_pl_grain_name(grain));
        mz_pl_set_c(pl, core, "grain", "total");
    }

    mz_pl_push(pl, steps, first);

    if (json_object_get(core, "breakdown") != NULL) {
        mz_pl_push(pl, steps, mz_pl_copy_json(pl, core));
    }

    mz_pl_method_cut(pl, steps, core, mz_pl_method_event(pl, core));
    mz_pl_set(pl, spec, "steps", steps);

    return spec;
}


/* What the plan is about, read as a question of its own. */

static json_t *
mz_pl_method_core(mz_pl_t *pl)
{
    json_t        *core;
    mz_pl_kind_t   kind;
    static const char *const  funnel[] = {
        "~convert", "conversion", "funnel", "~drop off", "dropoff",
        "~abandon",
    };
    static const char *const  retention[] = {
        "~retain", "~churn", "come|coming back", "return",
    };

    if (mz_pl_is_follow_up(pl)) {
        return mz_pl_build_follow_up(pl);
    }

    kind = MZ_PL_KIND_SEGMENTATION;
    if (mz_pl_has_in(pl, funnel, NULL)) {
        kind = MZ_PL_KIND_FUNNEL;
    } else if (mz_pl_has_in(pl, retention, NULL)) {
        kind = MZ_PL_KIND_RETENTION;
    }

    core = mz_pl_build(pl, kind);

    if (kind == MZ_PL_KIND_FUNNEL && mz_str_eq_c(mz_json_get_str(core,
                                                 "measure"), "drop_off"))
    {
        mz_pl_set_c(pl, core, "measure", "conversion");
    }

    /* "why are users unhappy": nothing to count is every active user */

    if (!mz_pl_method_analysis(core)) {
        return json_object_get(core, "best_guess") != NULL
               ? mz_pl_copy_json(pl, json_object_get(core, "best_guess"))
               : core;
    }

    return core;
}


static bool
mz_pl_method_analysis(const json_t *spec)
{
    mz_str_t  kind;

    kind = mz_json_get_str(spec, "kind");

    return mz_str_eq_c(kind, "segmentation") || mz_str_eq_c(kind, "funnel")
           || mz_str_eq_c(kind, "retention");
}


static void
mz_pl_method_cut(mz_pl_t *pl, json_t *steps, const json_t *main,
    const mz_catalog_event_t *ev)
{
    size_t                        i, n;
    json_t                       *step, *list;
    const mz_catalog_property_t  *p;

    n = 0;

    for (i = 0; i < MZ_ARRAY_LEN(mz_pl_cuts) && n < MZ_PL_CUTS; i++) {
        p = mz_pl_property_named(pl, ev, mz_pl_cuts[i]);

        if (p == NULL || p->dtype != MZ_DTYPE_STRING
            || !mz_pl_carries(pl, ev, p))
        {
            continue;
        }

        if (mz_pl_array_has(json_object_get(main, "breakdown"), p->name)
            || mz_pl_method_is_filtered(main, p->name))
        {
            continue;
        }

        step = mz_pl_copy_json(pl, main);
        list = mz_pl_array(pl);
        mz_pl_push_text(pl, list, p->name);
        mz_pl_set(pl, step, "breakdown", list);
        mz_pl_push(pl, steps, step);
        n++;
    }
}


/* Breaking down by what is fixed says nothing. */

static bool
mz_pl_method_is_filtered(const json_t *main, mz_str_t name)
{
    size_t   i;
    json_t  *f;

    json_array_foreach(json_object_get(main, "filters"), i, f) {
        if (mz_str_eq(mz_json_get_str(f, "property"), name)
            && mz_str_eq_c(mz_json_get_str(f, "op"), "eq"))
        {
            return true;
        }
    }

    return false;
}


static const mz_catalog_event_t *
mz_pl_method_event(const mz_pl_t *pl, const json_t *core)
{
    mz_str_t  name;

    name = mz_json_str(json_array_get(json_object_get(core, "events"), 0));
    if (name.len == 0) {
        name = mz_json_get_str(json_array_get(json_object_get(core,
                                              "steps"), 0), "event");
    }

    if (name.len == 0) {
        name = mz_json_get_str(json_object_get(core, "start"), "event");
    }

    return name.len != 0 ? mz_catalog_event(pl->cat, name) : NULL;
}
