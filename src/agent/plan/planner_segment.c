
#include "agent/plan/planner_build.h"
#include "agent/plan/planner_lexicon.h"
#include "agent/plan/planner_time.h"


static bool mz_pl_is_average_of_nothing(mz_pl_t *pl,
    const mz_pl_roles_t *r);
static json_t *mz_pl_segment_measure(mz_pl_t *pl, mz_pl_roles_t *r);
static json_t *mz_pl_duration_measure(mz_pl_t *pl, const mz_pl_roles_t *r);
static json_t *mz_pl_property_measure(mz_pl_t *pl, mz_pl_roles_t *r);
static void mz_pl_put_did(mz_pl_t *pl, const mz_pl_roles_t *r,
    json_t *filters);
static void mz_pl_put_having(mz_pl_t *pl, const mz_pl_roles_t *r,
    json_t *spec);
static void mz_pl_put_grain(mz_pl_t *pl, json_t *spec);
static json_t *mz_pl_event_list(mz_pl_t *pl, const mz_pl_events_t *evs);


json_t *
mz_pl_build_segmentation(mz_pl_t *pl)
{
    json_t                    *spec, *filters, *formula, *measure;
    mz_pl_roles_t              r;
    const mz_catalog_event_t  *ev;

    mz_pl_roles(pl, &r);
    mz_pl_generic_users(pl, &r);
    mz_pl_default_event(pl, &r);

    if (r.main.n == 0) {
        return mz_pl_no_match(pl);
    }

    spec = mz_pl_new_spec(pl, "segmentation");
    ev = r.main.event[0];

    if (mz_pl_is_average_of_nothing(pl, &r)) {
        return mz_pl_unsupported(pl, "no_such_data", pl->slot.missing);
    }

    formula = mz_pl_formula(pl, &r.main, spec);

    if (formula == NULL && r.main.n == 1 && ev != NULL
        && mz_pl_has(pl, (const char *const []) { "%E rate|rates" }, 1,
                     NULL))
    {
        return mz_pl_ask_rate(pl, ev);
    }

    if (formula != NULL) {
        mz_pl_set(pl, spec, "formula", formula);

    } else {
        measure = mz_pl_segment_measure(pl, &r);
        ev = r.main.event[0];
        mz_pl_set(pl, spec, "events", mz_pl_event_list(pl, &r.main));
        mz_pl_set(pl, spec, "measure", measure);

        if (r.is_any_of && r.main.n > 1) {
            mz_pl_set(pl, spec, "any_of", mz_pl_keep(pl, json_true()));
        }

        filters = mz_pl_array(pl);
        mz_pl_filters_of(pl, ev, filters);
        mz_pl_put_did(pl, &r, filters);
        if (json_array_size(filters) != 0) {
            mz_pl_set(pl, spec, "filters", filters);
        }

        mz_pl_put_having(pl, &r, spec);
    }

    mz_pl_put_range(pl, spec, 30, MZ_UNIT_DAY);
    mz_pl_put_breakdown(pl, spec, ev);
    mz_pl_compare_values(pl, ev, spec);
    mz_pl_put_top(pl, spec);
    mz_pl_put_grain(pl, spec);

    if (pl->slot.has_wow && pl->slot.compare == NULL) {
        pl->slot.compare = mz_pl_keep(pl, json_pack("{s:s}", "to",
                                                    "previous_period"));
    }

    mz_pl_put_compare(pl, spec);

    if (pl->slot.transform != NULL) {
        mz_pl_set(pl, spec, "transform", pl->slot.transform);
    }

    return spec;
}


/*
 * "average time on page": an average was asked for and nothing found that
 * could be averaged.  The event's only amount will do; a number of events
 * by day or by user is an average of its own.
 */

static bool
mz_pl_is_average_of_nothing(mz_pl_t *pl, const mz_pl_roles_t *r)
{
    size_t                        i;
    mz_pl_match_t                 m;
    const mz_catalog_event_t     *ev;
    const mz_catalog_property_t  *p;

    if (pl->slot.measure != NULL || pl->slot.has_per_user
        || pl->slot.has_per_session || pl->slot.grain >= 0
        || !mz_pl_has(pl, (const char *const []) {
                          "average|median|mean|minimum|maximum" }, 1, &m)
        || pl->tok[m.first].is_used
        || mz_pl_has(pl, (const char *const []) {
                         "number of", "how many|long", "on average" }, 3,
                     NULL))
    {
        return false;
    }

    ev = r->main.event[0];
    p = ev != NULL ? mz_pl_money(pl, &ev) : NULL;

    if (p != NULL && pl->tok[m.end].item != MZ_PL_NONE && m.end < pl->ntok
        && pl->item[pl->tok[m.end].item].kind == MZ_PL_EVENT)
    {
        pl->slot.is_money = true;
        pl->slot.measure = mz_pl_is(pl, m.first, "median") ? "median"
                                                           : "avg";
        mz_pl_assume(pl, "the average is of %.*s", (int) p->name.len,
                     p->name.data);
        return false;
    }

    for (i = m.end; i < pl->ntok && pl->tok[i].kind == MZ_PL_WORD
         && !pl->tok[i].is_taken && i < m.end + 2; i++)
    {
        /* void */
    }

    mz_pl_add_missing(pl, "no_such_data", m.first, i);

    return true;
}


static json_t *
mz_pl_segment_measure(mz_pl_t *pl, mz_pl_roles_t *r)
{
    json_t      *m;
    const char  *type;

    type = pl->slot.measure;

    if (type == NULL) {
        m = mz_pl_duration_measure(pl, r);
        if (m != NULL) {
            return m;
        }
    }

    if (type != NULL && strcmp(type, "stickiness") == 0) {
        m = mz_pl_measure(pl, type, NULL);
        mz_pl_set_c(pl, m, "num", pl->slot.num);
        mz_pl_set_c(pl, m, "den", pl->slot.den);
        return m;
    }

    if (type != NULL && strcmp(type, "frequency") == 0) {
        return mz_pl_measure(pl, type, NULL);
    }

    if (type != NULL && (pl->slot.is_money
                         || pl->slot.measure_item != MZ_PL_NONE))
    {
        /* who is new is counted, never a condition */

        if (pl->slot.has_new && !mz_pl_is_once(pl, r->main.event[0])) {
            mz_pl_push_text(pl, pl->slot.missing, mz_str("new users"));
            pl->slot.missing_reason = "no_such_property";
        }

        return mz_pl_property_measure(pl, r);
    }

    if (pl->slot.has_new && (r->is_users || r->main.event[0] == NULL)
        && !mz_pl_is_once(pl, r->main.event[0]))
    {
        return mz_pl_measure(pl, "new_users", NULL);
    }

    if (pl->slot.has_per_user && r->main.item[0] != MZ_PL_NONE
        && !(pl->slot.has_users && r->is_users && pl->slot.has_count))
    {
        return mz_pl_measure(pl, "events_per_user", NULL);
    }

    if (type != NULL && strcmp(type, "users") == 0) {
        return mz_pl_measure(pl, type, NULL);
    }

    return mz_pl_measure(pl, r->is_users || mz_pl_is_once(pl,
                             r->main.event[0]) ? "users" : "events", NULL);
}


/* "how long do people use it": the event says how long it took. */

static json_t *
mz_pl_duration_measure(mz_pl_t *pl, const mz_pl_roles_t *r)
{
    const mz_catalog_event_t     *ev;
    const mz_catalog_property_t  *p;

    ev = r->main.event[0];
    if (ev == NULL || !mz_pl_has(pl, (const char *const []) {
                          "how long", "time spent", "how much time",
                          "how many seconds|minutes|hours" }, 4,
                          NULL))
    {
        return NULL;
    }

    p = mz_pl_property_named(pl, ev, "duration length time seconds minutes");

    return p != NULL && mz_pl_is_amount(pl, p)
           ? mz_pl_measure(pl, mz_pl_has(pl, (const char *const []) {
                 "median|typical|typically" }, 1, NULL) ? "median" : "avg",
                 p) : NULL;
}


/* Moves to the event that owns the property, where this one does not. */

static json_t *
mz_pl_property_measure(mz_pl_t *pl, mz_pl_roles_t *r)
{
    json_t                       *m;
    const mz_catalog_event_t     *ev;
    const mz_catalog_property_t  *p;

    ev = r->main.event[0];

    if (pl->slot.is_money) {
        p = mz_pl_money(pl, &ev);
        if (p == NULL) {
            ev = NULL;
            p = mz_pl_money(pl, &ev);
        }

    } else {
        p = mz_pl_pick(pl, &pl->item[pl->slot.measure_item], ev);
        if (p == NULL) {
            p = pl->item[pl->slot.measure_item].props[0];
            ev = mz_pl_owner(pl, p);
            mz_pl_say_owner(pl, p, ev);
        }
    }

    if (p == NULL) {
        mz_pl_push_text(pl, pl->slot.missing, mz_str("revenue"));
        pl->slot.missing_reason = "no_such_data";
        return mz_pl_measure(pl, "events", NULL);
    }

    if (ev != r->main.event[0]) {
        if (r->main.item[0] != MZ_PL_NONE && r->ndid < MZ_PL_STEPS_MAX) {
            r->did[r->ndid] = r->main.item[0];
            r->is_not[r->ndid++] = false;
        }

        r->main.event[0] = ev;
        r->main.item[0] = MZ_PL_NONE;
    }

    m = mz_pl_measure(pl, pl->slot.measure, p);
    if (strcmp(pl->slot.measure, "percentile") == 0) {
        mz_pl_set(pl, m, "p", mz_pl_number(pl, pl->slot.measure_p));
    }

    return m;
}


static void
mz_pl_put_did(mz_pl_t *pl, const mz_pl_roles_t *r, json_t *filters)
{
    size_t               i;
    json_t              *f;
    const mz_pl_item_t  *it;

    for (i = 0; i < r->ndid; i++) {
        it = &pl->item[r->did[i]];

        f = mz_pl_keep(pl, json_object());
        mz_pl_set_text(pl, f, "did", it->event->name);

        if (r->is_not[i]) {
            mz_pl_set(pl, f, "negate", mz_pl_keep(pl, json_true()));
        }

        if (it->count_op != NULL) {
            mz_pl_set(pl, f, "count", mz_pl_keep(pl, json_pack("{s:s,s:O}",
                      "op", it->count_op, "value",
                      mz_pl_number(pl, it->count))));
        }

        mz_pl_push(pl, filters, f);
    }
}


static void
mz_pl_put_having(mz_pl_t *pl, const mz_pl_roles_t *r, json_t *spec)
{
    double                        value;
    json_t                       *h, *m;
    const char                   *op;
    const mz_catalog_event_t     *ev;
    const mz_catalog_property_t  *p;

    op = NULL;
    m = NULL;
    value = 0;

    if (r->main.item[0] != MZ_PL_NONE
        && pl->item[r->main.item[0]].count_op != NULL)
    {
        op = pl->item[r->main.item[0]].count_op;
        value = pl->item[r->main.item[0]].count;
        m = mz_pl_measure(pl, "events", NULL);

    } else if (pl->slot.spend_op != NULL) {
        ev = r->main.event[0];
        p = mz_pl_money(pl, &ev);

        if (p != NULL) {
            op = pl->slot.spend_op;
            value = pl->slot.spend;
            m = mz_pl_measure(pl, "sum", p);
        }
    }

    if (op == NULL) {
        return;
    }

    h = mz_pl_keep(pl, json_object());
    mz_pl_set(pl, h, "measure", m);
    mz_pl_set_c(pl, h, "op", op);
    mz_pl_set(pl, h, "value", mz_pl_number(pl, value));
    mz_pl_set(pl, spec, "having", h);
}


static void
mz_pl_put_grain(mz_pl_t *pl, json_t *spec)
{
    int        grain;
    mz_str_t   name;
    mz_unit_t  unit;

    grain = pl->slot.grain;

    if (grain == MZ_PL_GRAIN_NONE && pl->slot.has_trend) {
        grain = mz_pl_trend_grain(pl, pl->slot.range);
        mz_pl_assume(pl, "by %s (the range decides)",
                     mz_pl_grain_name(grain));
    }

    if (grain == MZ_PL_GRAIN_NONE && pl->slot.transform != NULL) {
        name = mz_json_get_str(pl->slot.transform, "unit");
        grain = name.len != 0 && mz_unit_parse(name, &unit) == MZ_OK
                ? (int) unit : mz_pl_trend_grain(pl, pl->slot.range);
    }

    mz_pl_set_c(pl, spec, "grain", mz_pl_grain_name(grain));
}


static json_t *
mz_pl_event_list(mz_pl_t *pl, const mz_pl_events_t *evs)
{
    size_t   i;
    json_t  *list;

    list = mz_pl_array(pl);

    for (i = 0; i < evs->n; i++) {
        mz_pl_push_text(pl, list, mz_pl_event_name(evs->event[i]));
    }

    return list;
}
