
#include "agent/plan/planner_build.h"
#include "agent/plan/planner_lexicon.h"
#include "agent/plan/planner_time.h"


#define MZ_PL_WINDOW_DAYS  7

typedef struct {
    const char  *pattern;
    const char  *measure;
} mz_pl_funnel_measure_t;

/* The first that matches anywhere decides; conversion is the default. */

static const mz_pl_funnel_measure_t  mz_pl_funnel_measures[] = {
    { "p# time|duration", "p90_time" },
    { "# th percentile", "p90_time" },
    { "p#", "p90_time" },
    { "median|typical|typically", "median_time" },
    { "average|mean .. time|long|duration|days|hours|minutes", "avg_time" },
    { "on average", "avg_time" },
    { "how long|quickly|fast|soon|much time?", "median_time" },
    { "time to|it|between|from|until|till|taken|needed|spent",
      "median_time" },
    { "time to? convert", "median_time" },
    { "conversion time|speed|duration", "median_time" },
    { "~drop .. off|offs", "drop_off" },
    { "dropoff|dropoffs", "drop_off" },
    { "~abandon", "drop_off" },
    { "lose|losing|lost|loose .. users|people|customers|them|most|visitors",
      "drop_off" },
    { "where .. lose|losing|leak|leave|leaving|stuck|fail", "drop_off" },
    { "leak|leaks|leakage|fall|fell off|out", "drop_off" },
    { "~convert", "conversion" },
    { "conversion|percent|%|share|rate|fraction|proportion", "conversion" },
    { "how many|number", "users" },
    { "count of users|people", "users" },
};

static const char *const  mz_pl_any_order[] = {
    "any order|sequence", "regardless of order", "no matter|particular order",
    "order does|doesnt not? matter", "in whatever order", "unordered",
    "whatever order",
};

static const char *const  mz_pl_strict_order[] = {
    "directly|immediately|strictly|straight", "strict|exact order|sequence|"
    "funnel?", "nothing|anything else? in? between", "no|any other "
    "events|event|steps|actions|step in? between", "right after",
    "consecutive|consecutively", "strict",
};

static const char *const  mz_pl_same_session[] = {
    "same|one|single|a|within session|visit",
    "session wise|level|based|scoped", "per session",
};

static const char  mz_pl_without_words[] =
    "without excluding never not skipping except no exclude dont didnt";

/* What a single step leads to, or comes from, when only it is named. */

typedef struct {
    const char  *from;
    const char  *to;
} mz_pl_goal_t;

static const mz_pl_goal_t  mz_pl_goals[] = {
    { "page visit", "signup" },
    { "signup", "subscription start" },
    { "trial start", "subscription start" },
    { "product view", "purchase" },
    { "add to cart", "purchase" },
    { "checkout", "purchase" },
    { "search", "purchase" },
};


typedef struct {
    mz_pl_events_t  steps;
    size_t          excluded[MZ_PL_STEPS_MAX];
    size_t          nexcluded;
} mz_pl_funnel_t;

static void mz_pl_funnel_steps(mz_pl_t *pl, mz_pl_funnel_t *f);
static void mz_pl_funnel_order(mz_pl_t *pl, mz_pl_funnel_t *f);
static size_t mz_pl_chain_start(const mz_pl_t *pl, const size_t *item,
    size_t n);
static bool mz_pl_is_link(const mz_pl_t *pl, size_t a, size_t b);
static bool mz_pl_is_after(const mz_pl_t *pl, size_t a, size_t b);
static void mz_pl_complete(mz_pl_t *pl, mz_pl_funnel_t *f);
static json_t *mz_pl_funnel_json(mz_pl_t *pl, mz_pl_funnel_t *f);
static void mz_pl_put_exclude(mz_pl_t *pl, const mz_pl_funnel_t *f,
    json_t *spec);
static void mz_pl_put_steps(mz_pl_t *pl, const mz_pl_funnel_t *f,
    json_t *spec);


json_t *
mz_pl_build_funnel(mz_pl_t *pl)
{
    mz_pl_funnel_t  f;

    memset(&f, 0, sizeof(f));
    mz_pl_funnel_steps(pl, &f);

    if (f.steps.n == 1) {
        mz_pl_complete(pl, &f);
    }

    if (f.steps.n < 2) {
        return mz_pl_ask_steps(pl);
    }

    return mz_pl_funnel_json(pl, &f);
}


const char *
mz_pl_funnel_measure(mz_pl_t *pl)
{
    size_t  k;

    for (k = 0; k < MZ_ARRAY_LEN(mz_pl_funnel_measures); k++) {
        if (mz_pl_has(pl, &mz_pl_funnel_measures[k].pattern, 1, NULL)) {
            return mz_pl_funnel_measures[k].measure;
        }
    }

    return NULL;
}


void
mz_pl_put_funnel_rules(mz_pl_t *pl, json_t *spec)
{
    json_t                       *hold;
    mz_pl_match_t                 m;
    const mz_catalog_property_t  *p;

    if (mz_pl_has_in(pl, mz_pl_any_order, NULL)) {
        mz_pl_set_c(pl, spec, "order", "any");
    } else if (mz_pl_has_in(pl, mz_pl_strict_order, NULL)) {
        mz_pl_set_c(pl, spec, "order", "strict");
    }

    hold = mz_pl_array(pl);

    if (mz_pl_has_in(pl, mz_pl_same_session, NULL)) {
        p = mz_pl_property_named(pl, NULL, "session");
        if (p != NULL) {
            mz_pl_push_text(pl, hold, p->name);
        }
    }

    if (mz_pl_has(pl, (const char *const []) { "same %P" }, 1, &m)) {
        p = pl->item[m.item[0]].props[0];
        if (!mz_pl_array_has(hold, p->name)) {
            mz_pl_push_text(pl, hold, p->name);
        }
    }

    if (json_array_size(hold) != 0) {
        mz_pl_set(pl, spec, "hold", hold);
    }
}


/* Events of the question in the order they are to happen. */

static void
mz_pl_funnel_steps(mz_pl_t *pl, mz_pl_funnel_t *f)
{
    size_t  i, n, from, item[MZ_PL_ITEMS_MAX];

    n = 0;
    mz_pl_imply_events(pl);

    for (i = mz_pl_next_item(pl, MZ_PL_EVENT, 0); i != MZ_PL_NONE;
         i = mz_pl_next_item(pl, MZ_PL_EVENT, i + 1))
    {
        if (mz_pl_before(pl, i, mz_pl_without_words, 4)
            && f->nexcluded < MZ_PL_STEPS_MAX)
        {
            f->excluded[f->nexcluded++] = i;
            continue;
        }

        item[n++] = i;
    }

    from = mz_pl_chain_start(pl, item, n);

    for (i = from; i < n && f->steps.n < MZ_PL_STEPS_MAX; i++) {
        if (i > from && pl->item[item[i]].event
                        == f->steps.event[f->steps.n - 1]
            && !mz_pl_is_link(pl, item[i - 1], item[i]))
        {
            continue;
        }

        if (i > from + 1 && !mz_pl_is_link(pl, item[i - 1], item[i])
            && from > 0)
        {
            break;
        }

        f->steps.event[f->steps.n] = pl->item[item[i]].event;
        f->steps.item[f->steps.n++] = item[i];
    }

    mz_pl_funnel_order(pl, f);
}


/*
 * Where an explicit chain (A -> B, A then B) begins: "did people with an
 * error check out? error, then checkout" says it twice; the last counts.
 */

static size_t
mz_pl_chain_start(const mz_pl_t *pl, const size_t *item, size_t n)
{
    size_t  i, j, start, k;

    for (i = n; i > 1; i--) {
        if (!mz_pl_is_link(pl, item[i - 2], item[i - 1])) {
            continue;
        }

        start = i - 2;
        while (start > 0 && mz_pl_is_link(pl, item[start - 1],
                                          item[start]))
        {
            start--;
        }

        /* only when the steps before are said again in the chain */

        for (k = 0; k < start; k++) {
            for (j = start; j < i && pl->item[item[k]].event
                 != pl->item[item[j]].event; j++)
            {
                /* void */
            }

            if (j == i) {
                return 0;
            }
        }

        return start;
    }

    return 0;
}


static bool
mz_pl_is_link(const mz_pl_t *pl, size_t a, size_t b)
{
    return mz_pl_between(pl, pl->item[a].last + 1, pl->item[b].first,
                         "-> > to then followed , until into")
           && !mz_pl_between(pl, pl->item[a].last + 1, pl->item[b].first,
                             "? .");
}


/* "buy after searching" is search first. */

static void
mz_pl_funnel_order(mz_pl_t *pl, mz_pl_funnel_t *f)
{
    size_t                     i, item;
    const mz_catalog_event_t  *ev;
    mz_pl_match_t              m;

    if (f->steps.n != 2) {
        return;
    }

    i = mz_pl_is_after(pl, f->steps.item[0], f->steps.item[1]);

    if (!i && mz_pl_has(pl, (const char *const []) {
                            "time|long .. to %E from|since %E" }, 1, &m))
    {
        i = 1;
    }

    if (i) {
        ev = f->steps.event[0];
        item = f->steps.item[0];
        f->steps.event[0] = f->steps.event[1];
        f->steps.item[0] = f->steps.item[1];
        f->steps.event[1] = ev;
        f->steps.item[1] = item;
    }
}


static bool
mz_pl_is_after(const mz_pl_t *pl, size_t a, size_t b)
{
    size_t  i;

    for (i = pl->item[a].last + 1; i < pl->item[b].first; i++) {
        if (mz_pl_is_any(pl, i, "after following since of once from")
            && !mz_pl_is_any(pl, i, "to"))
        {
            return !mz_pl_between(pl, i, pl->item[b].first,
                                  "who to then -> and they");
        }
    }

    return false;
}


/* One step: what it usually leads to, or where it comes from. */

static void
mz_pl_complete(mz_pl_t *pl, mz_pl_funnel_t *f)
{
    bool                       is_goal;
    size_t                     i, pass;
    const mz_catalog_event_t  *step, *from, *to;

    step = f->steps.event[0];
    is_goal = mz_pl_has(pl, (const char *const []) {
                        "to|until|before|into %E", "~convert to|into %E",
                        "%E conversion|conversions" }, 3, NULL);

    for (pass = 0; pass < 2; pass++) {
        for (i = 0; i < MZ_ARRAY_LEN(mz_pl_goals); i++) {
            from = mz_pl_event_named(pl, mz_pl_goals[i].from);
            to = mz_pl_event_named(pl, mz_pl_goals[i].to);

            if (from == NULL || to == NULL || from == to
                || (from != step && to != step)
                || (to == step && !is_goal && pass == 0)
                || (from == step && is_goal && pass == 0
                    && mz_pl_event_named(pl, "checkout") != step
                    && mz_pl_event_named(pl, "trial start") != step
                    && mz_pl_event_named(pl, "add to cart") != step))
            {
                continue;
            }

            f->steps.event[0] = from;
            f->steps.event[1] = to;
            f->steps.item[1] = to == step ? f->steps.item[0] : MZ_PL_NONE;
            f->steps.item[0] = from == step ? f->steps.item[0] : MZ_PL_NONE;
            f->steps.n = 2;

            mz_pl_assume(pl, "the funnel is %.*s -> %.*s (only one step was "
                         "named)", (int) from->name.len, from->name.data,
                         (int) to->name.len, to->name.data);
            return;
        }
    }
}


static json_t *
mz_pl_funnel_json(mz_pl_t *pl, mz_pl_funnel_t *f)
{
    int          grain;
    json_t      *spec;
    const char  *measure;

    spec = mz_pl_new_spec(pl, "funnel");
    mz_pl_put_steps(pl, f, spec);

    if (pl->slot.window == NULL) {
        pl->slot.window = pl->slot.in_window;
        pl->slot.in_range = NULL;
    }

    if (pl->slot.window == NULL) {
        pl->slot.window = mz_pl_window(pl, MZ_PL_WINDOW_DAYS, MZ_UNIT_DAY);
        mz_pl_assume(pl, "conversion window: %d days (not stated)",
                     MZ_PL_WINDOW_DAYS);
    }

    mz_pl_set(pl, spec, "window", pl->slot.window);
    mz_pl_set_c(pl, spec, "order", "ordered");
    mz_pl_put_funnel_rules(pl, spec);

    measure = mz_pl_funnel_measure(pl);
    mz_pl_set_c(pl, spec, "measure", measure != NULL ? measure
                                                     : "conversion");

    mz_pl_put_range(pl, spec, 30, MZ_UNIT_DAY);

    grain = pl->slot.grain;
    if (grain == MZ_PL_GRAIN_NONE && pl->slot.has_trend) {
        grain = mz_pl_trend_grain(pl, pl->slot.range);
    }

    mz_pl_set_c(pl, spec, "grain", mz_pl_grain_name(grain));
    mz_pl_put_breakdown(pl, spec, f->steps.event[0]);
    mz_pl_compare_values(pl, f->steps.event[0], spec);
    mz_pl_put_top(pl, spec);
    mz_pl_put_compare(pl, spec);
    mz_pl_put_exclude(pl, f, spec);

    return spec;
}


static void
mz_pl_put_steps(mz_pl_t *pl, const mz_pl_funnel_t *f, json_t *spec)
{
    size_t   i;
    json_t  *steps, *step, *shared, *own[MZ_PL_STEPS_MAX];

    shared = mz_pl_array(pl);
    for (i = 0; i < f->steps.n; i++) {
        own[i] = mz_pl_array(pl);
    }

    mz_pl_filters_split(pl, &f->steps, shared, own);

    steps = mz_pl_array(pl);
    for (i = 0; i < f->steps.n; i++) {
        step = mz_pl_event_ref(pl, f->steps.event[i]);
        if (json_array_size(own[i]) != 0) {
            mz_pl_set(pl, step, "filters", own[i]);
        }

        mz_pl_push(pl, steps, step);
    }

    mz_pl_set(pl, spec, "steps", steps);
    if (json_array_size(shared) != 0) {
        mz_pl_set(pl, spec, "filters", shared);
    }
}


static void
mz_pl_put_exclude(mz_pl_t *pl, const mz_pl_funnel_t *f, json_t *spec)
{
    size_t         i, from, to;
    json_t        *list, *e;
    mz_pl_match_t  m;

    if (f->nexcluded == 0) {
        return;
    }

    from = 1;
    to = f->steps.n;
    if (mz_pl_has(pl, (const char *const []) {
                      "between step? # and|to step? #" }, 1, &m))
    {
        from = (size_t) m.num[0];
        to = (size_t) m.num[1];
    }

    list = mz_pl_array(pl);

    for (i = 0; i < f->nexcluded; i++) {
        e = mz_pl_event_ref(pl, pl->item[f->excluded[i]].event);
        mz_pl_set(pl, e, "between",
                  mz_pl_keep(pl, json_pack("[i,i]", (int) from, (int) to)));
        mz_pl_push(pl, list, e);
    }

    mz_pl_set(pl, spec, "exclude", list);
}
