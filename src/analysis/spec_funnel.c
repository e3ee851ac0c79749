
#include "analysis/spec_parse.h"
#include "base/mz_str.h"


static mz_rc_t mz_funnel_steps(mz_spec_t *spec, mz_err_t *err);
static mz_rc_t mz_funnel_options(mz_spec_t *spec, mz_err_t *err);
static mz_rc_t mz_funnel_window(mz_spec_t *spec, mz_err_t *err);
static mz_rc_t mz_funnel_exclude(mz_spec_t *spec, mz_err_t *err);
static mz_rc_t mz_funnel_between(mz_spec_t *spec, json_t *obj,
    const char *path, mz_spec_step_t *step, mz_err_t *err);
static mz_rc_t mz_funnel_hold(mz_spec_t *spec, mz_err_t *err);
static mz_rc_t mz_funnel_shared(mz_spec_t *spec, mz_err_t *err);
static mz_rc_t mz_funnel_order_fits(mz_spec_t *spec, mz_err_t *err);
static void mz_funnel_note(mz_spec_t *spec);


mz_rc_t
mz_spec_parse_funnel(mz_spec_t *spec, mz_err_t *err)
{
    mz_rc_t                   rc;
    static const char *const  members[] = {
        "kind", "steps", "window", "order", "measure", "grain", "range",
        "breakdown", "filters", "exclude", "hold", "compare", "top", NULL
    };

    rc = mz_read_members(spec->json, "", members, err);
    if (rc == MZ_OK) {
        rc = mz_funnel_steps(spec, err);
    }

    if (rc == MZ_OK) {
        rc = mz_funnel_options(spec, err);
    }

    if (rc == MZ_OK) {
        rc = mz_funnel_window(spec, err);
    }

    if (rc == MZ_OK) {
        rc = mz_funnel_exclude(spec, err);
    }

    if (rc == MZ_OK) {
        rc = mz_funnel_hold(spec, err);
    }

    if (rc == MZ_OK) {
        rc = mz_funnel_order_fits(spec, err);
    }

    return rc == MZ_OK ? mz_funnel_shared(spec, err) : rc;
}


static mz_rc_t
mz_funnel_steps(mz_spec_t *spec, mz_err_t *err)
{
    size_t                    i, n;
    json_t                   *list;
    mz_rc_t                   rc;
    mz_spec_funnel_t         *f;
    static const char *const  members[] = { "event", "filters", NULL };

    f = &spec->u.funnel;

    rc = mz_read_list(spec->json, "steps", "", 2, MZ_SPEC_STEPS_MAX, &list,
                      &n, err);

    for (i = 0; i < n && rc == MZ_OK; i++) {
        rc = mz_spec_parse_step(spec, json_array_get(list, i),
                                mz_read_path("", "steps", (int) i).s, members,
                                &f->steps[i], err);
    }

    f->nsteps = rc == MZ_OK ? n : 0;

    return rc;
}


static mz_rc_t
mz_funnel_options(mz_spec_t *spec, mz_err_t *err)
{
    int                order, measure;
    mz_rc_t            rc;
    mz_spec_funnel_t  *f;

    f = &spec->u.funnel;

    rc = mz_read_enum(spec->json, "order", "", mz_read_orders, 0, &order, err);
    if (rc == MZ_OK) {
        rc = mz_read_enum(spec->json, "measure", "", mz_read_funnel_measures,
                          0, &measure, err);
    }

    if (rc != MZ_OK) {
        return rc;
    }

    f->order = (mz_spec_order_t) order;
    f->measure = (mz_funnel_measure_t) measure;

    rc = mz_spec_parse_set(spec->json, "order",
                           json_string(mz_read_orders[order]), err);
    if (rc != MZ_OK) {
        return rc;
    }

    return mz_spec_parse_set(spec->json, "measure",
                             json_string(mz_read_funnel_measures[measure]),
                             err);
}


static mz_rc_t
mz_funnel_window(mz_spec_t *spec, mz_err_t *err)
{
    json_t                   *j;
    int64_t                   n;
    mz_rc_t                   rc;
    mz_unit_t                 unit;
    static const char *const  members[] = { "n", "unit", NULL };

    j = json_object_get(spec->json, "window");

    if (j == NULL) {
        spec->u.funnel.window_ms = 7 * MZ_DAY_MS;
        return mz_spec_parse_set(spec->json, "window",
                                 json_pack("{s:i, s:s}", "n", 7, "unit",
                                           "day"), err);
    }

    rc = mz_read_members(j, "window", members, err);
    if (rc == MZ_OK) {
        rc = mz_read_int(j, "n", "window", 1, 1000000, &n, err);
    }

    if (rc != MZ_OK) {
        return rc;
    }

    if (mz_unit_parse(mz_json_get_str(j, "unit"), &unit) != MZ_OK
        || unit > MZ_UNIT_WEEK)
    {
        return mz_fail(err, MZ_INVALID, "window.unit must be minute, hour, day"
                       " or week; give months in days, such as"
                       " {\"n\":30,\"unit\":\"day\"}");
    }

    spec->u.funnel.window_ms = mz_time_add(0, unit, n);

    if (spec->u.funnel.window_ms > MZ_SPEC_WINDOW_MAX_MS) {
        return mz_fail(err, MZ_INVALID, "window is longer than 366 days");
    }

    return mz_spec_parse_set(j, "unit", json_string(mz_unit_name(unit)), err);
}


static mz_rc_t
mz_funnel_exclude(mz_spec_t *spec, mz_err_t *err)
{
    size_t                    i, n;
    json_t                   *list, *obj;
    mz_rc_t                   rc;
    mz_read_path_t            path;
    mz_spec_funnel_t         *f;
    static const char *const  members[] = {
        "event", "between", "filters", NULL
    };

    f = &spec->u.funnel;

    rc = mz_read_list(spec->json, "exclude", "", 0, MZ_SPEC_EXCLUDE_MAX,
                      &list, &n, err);

    for (i = 0; i < n && rc == MZ_OK; i++) {
        path = mz_read_path("", "exclude", (int) i);
        obj = json_array_get(list, i);

        rc = mz_spec_parse_step(spec, obj, path.s, members, &f->exclude[i],
                                err);
        if (rc == MZ_OK) {
            rc = mz_funnel_between(spec, obj, path.s, &f->exclude[i], err);
        }
    }

    f->nexclude = rc == MZ_OK ? n : 0;

    return rc;
}


static mz_rc_t
mz_funnel_between(mz_spec_t *spec, json_t *obj, const char *path,
    mz_spec_step_t *step, mz_err_t *err)
{
    json_t   *list, *from, *to;
    int64_t   nsteps;

    list = json_object_get(obj, "between");
    nsteps = (int64_t) spec->u.funnel.nsteps;

    if (list == NULL) {
        step->from_step = 1;
        step->to_step = (int) nsteps;
        return mz_spec_parse_set(obj, "between",
                                 json_pack("[i, i]", 1, (int) nsteps), err);
    }

    from = json_array_get(list, 0);
    to = json_array_get(list, 1);

    if (json_array_size(list) != 2 || !json_is_integer(from)
        || !json_is_integer(to) || json_integer_value(from) < 1
        || json_integer_value(to) > nsteps
        || json_integer_value(from) >= json_integer_value(to))
    {
        return mz_fail(err, MZ_INVALID, "%s.between is not [i,j] with 1 <= i <"
                       " j <= %lld (the number of steps)", path,
                       (long long) nsteps);
    }

    step->from_step = (int) json_integer_value(from);
    step->to_step = (int) json_integer_value(to);

    return MZ_OK;
}


static mz_rc_t
mz_funnel_hold(mz_spec_t *spec, mz_err_t *err)
{
    size_t             i, k, n;
    json_t            *list;
    mz_rc_t            rc;
    mz_read_path_t     where;
    mz_spec_funnel_t  *f;

    f = &spec->u.funnel;

    rc = mz_read_list(spec->json, "hold", "", 0, MZ_SPEC_HOLD_MAX, &list, &n,
                      err);

    for (i = 0; i < n && rc == MZ_OK; i++) {
        where = mz_read_path("", "hold", (int) i);
        rc = mz_read_column(spec, json_array_get(list, i), where.s,
                            &f->hold[i], err);

        for (k = 0; k < f->nsteps && rc == MZ_OK; k++) {
            rc = mz_read_carried(spec, f->steps[k].event, &f->hold[i],
                                 where.s, err);
        }

        for (k = 0; k < f->nexclude && rc == MZ_OK; k++) {
            rc = mz_read_carried(spec, f->exclude[k].event, &f->hold[i],
                                 where.s, err);
        }

        for (k = 0; k < i && rc == MZ_OK; k++) {
            if (mz_str_eq(f->hold[k].name, f->hold[i].name)) {
                rc = mz_fail(err, MZ_INVALID, "%s repeats \"%s\"", where.s,
                             mz_read_show(f->hold[i].name).s);
            }
        }
    }

    f->nhold = rc == MZ_OK ? n : 0;

    return rc;
}


static mz_rc_t
mz_funnel_shared(mz_spec_t *spec, mz_err_t *err)
{
    size_t             i, n;
    mz_rc_t            rc;
    mz_str_t           events[MZ_SPEC_STEPS_MAX];
    mz_spec_funnel_t  *f;

    f = &spec->u.funnel;

    for (i = 0; i < f->nsteps; i++) {
        events[i] = f->steps[i].event;
    }

    /* Any step can be the first of a path of order "any". */

    n = f->order == MZ_ORDER_ANY ? f->nsteps : 1;

    rc = mz_spec_parse_range(spec, 30, MZ_UNIT_DAY, err);
    if (rc == MZ_OK) {
        rc = mz_spec_parse_grain(spec, MZ_GRAIN_TOTAL, err);
    }

    if (rc == MZ_OK) {
        rc = mz_spec_parse_filters(spec, spec->json, "", events, f->nsteps,
                                   MZ_CARRY_SOME, &spec->filters, err);
    }

    if (rc == MZ_OK) {
        rc = mz_spec_parse_breakdown(spec, events, n, err);
    }

    if (rc == MZ_OK) {
        rc = mz_spec_parse_compare(spec, err);
    }

    if (rc == MZ_OK) {
        mz_funnel_note(spec);
        rc = mz_spec_parse_top(spec, err);
    }

    return rc;
}


/* Whose window is not over may still convert. */

static void
mz_funnel_note(mz_spec_t *spec)
{
    mz_buf_t  when;

    if (spec->range.to_ms + spec->u.funnel.window_ms <= spec->now_ms) {
        return;
    }

    mz_buf_init(&when, 64);
    mz_time_rfc3339(&when, spec->now_ms - spec->u.funnel.window_ms);
    mz_spec_note(spec, "Who entered after %s still has time to convert.",
                 mz_buf_cstr(&when));
    mz_buf_free(&when);
}


static mz_rc_t
mz_funnel_order_fits(mz_spec_t *spec, mz_err_t *err)
{
    size_t             i, k;
    mz_spec_funnel_t  *f;

    f = &spec->u.funnel;

    if (f->order == MZ_ORDER_ORDERED) {
        return MZ_OK;
    }

    if (f->nexclude > 0) {
        return mz_fail(err, MZ_INVALID, "exclude needs order \"ordered\": %s",
                       f->order == MZ_ORDER_STRICT
                       ? "with \"strict\" no event may come in between anyway"
                       : "with \"any\" no step comes before another");
    }

    for (i = 0; f->order == MZ_ORDER_ANY && i < f->nsteps; i++) {
        for (k = 0; k <= i; k++) {
            if (f->steps[i].is_any
                || (k < i && mz_str_eq(f->steps[i].event,
                                       f->steps[k].event)))
            {
                return mz_fail(err, MZ_INVALID, "order \"any\" needs steps of"
                               " different events; steps[%zu] is not", i);
            }
        }
    }

    return MZ_OK;
}
