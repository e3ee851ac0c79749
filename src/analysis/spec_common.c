
#include "analysis/spec_parse.h"
#include "base/mz_str.h"


mz_rc_t
mz_spec_parse_set(json_t *obj, const char *key, json_t *v, mz_err_t *err)
{
    if (mz_json_set(obj, key, v) != MZ_OK) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    return MZ_OK;
}


mz_rc_t
mz_spec_parse_range(mz_spec_t *spec, int64_t n, mz_unit_t unit, mz_err_t *err)
{
    json_t   *j;
    mz_rc_t   rc;

    j = json_object_get(spec->json, "range");

    if (j == NULL) {
        rc = mz_spec_parse_set(spec->json, "range",
                               n == 0 ? json_pack("{s:b}", "all", 1)
                                      : json_pack("{s:I, s:s}", "last",
                                                  (json_int_t) n, "unit",
                                                  mz_unit_name(unit)), err);
        if (rc != MZ_OK) {
            return rc;
        }

        j = json_object_get(spec->json, "range");
    }

    spec->has_range = true;

    return mz_range_parse(j, "range", spec->cat, spec->now_ms, &spec->range,
                          err);
}


mz_rc_t
mz_spec_parse_grain(mz_spec_t *spec, mz_grain_t dflt, mz_err_t *err)
{
    int      grain;
    mz_rc_t  rc;

    rc = mz_read_enum(spec->json, "grain", "", mz_read_grains, (int) dflt,
                      &grain, err);
    if (rc != MZ_OK) {
        return rc;
    }

    spec->grain = (mz_grain_t) grain;

    return mz_spec_parse_set(spec->json, "grain",
                             json_string(mz_read_grains[grain]), err);
}


mz_rc_t
mz_spec_parse_breakdown(mz_spec_t *spec, const mz_str_t *events,
    size_t nevents, mz_err_t *err)
{
    size_t             i, k, n;
    json_t            *list;
    mz_rc_t            rc;
    mz_read_path_t     where;
    mz_spec_column_t  *column;

    rc = mz_read_list(spec->json, "breakdown", "", 0, MZ_SPEC_BREAKDOWN_MAX,
                      &list, &n, err);

    for (i = 0; i < n && rc == MZ_OK; i++) {
        where = mz_read_path("", "breakdown", (int) i);
        column = &spec->breakdown[i];

        rc = mz_read_column(spec, json_array_get(list, i), where.s, column,
                            err);

        for (k = 0; k < i && rc == MZ_OK; k++) {
            if (mz_str_eq(spec->breakdown[k].name, column->name)) {
                rc = mz_fail(err, MZ_INVALID, "%s repeats \"%s\"", where.s,
                             mz_read_show(column->name).s);
            }
        }

        for (k = 0; k < nevents && rc == MZ_OK; k++) {
            rc = mz_read_carried(spec, events[k], column, where.s, err);
        }
    }

    spec->nbreakdown = rc == MZ_OK ? n : 0;

    return rc;
}


mz_rc_t
mz_spec_parse_compare(mz_spec_t *spec, mz_err_t *err)
{
    int                       to;
    json_t                   *j;
    mz_rc_t                   rc;
    static const char *const  members[] = { "to", NULL };
    static const char *const  names[] = {
        "previous_period", "previous_year", NULL
    };

    j = json_object_get(spec->json, "compare");
    if (j == NULL) {
        return MZ_OK;
    }

    rc = mz_read_members(j, "compare", members, err);
    if (rc == MZ_OK) {
        rc = mz_read_enum(j, "to", "compare", names, 0, &to, err);
    }

    if (rc == MZ_OK) {
        rc = mz_spec_parse_set(j, "to", json_string(names[to]), err);
    }

    if (rc != MZ_OK) {
        return rc;
    }

    spec->compare = to == 0 ? MZ_COMPARE_PERIOD : MZ_COMPARE_YEAR;

    if (spec->range.form == MZ_RANGE_CALENDAR && spec->range.is_running) {
        mz_spec_note(spec, "This %s is not over: it is compared with the same"
                     " elapsed part of the earlier one.",
                     mz_unit_name(spec->range.unit));
    }

    return mz_range_before(&spec->range, to == 1, &spec->previous, err);
}


mz_rc_t
mz_spec_parse_top(mz_spec_t *spec, mz_err_t *err)
{
    int                       order;
    json_t                   *j;
    int64_t                   n;
    mz_rc_t                   rc;
    static const char *const  members[] = { "n", "order", NULL };
    static const char *const  names[] = { "desc", "asc", NULL };

    j = json_object_get(spec->json, "top");
    if (j == NULL) {
        return MZ_OK;
    }

    rc = mz_read_members(j, "top", members, err);
    if (rc == MZ_OK) {
        rc = mz_read_int(j, "n", "top", 1, MZ_SPEC_TOP_MAX, &n, err);
    }

    if (rc == MZ_OK) {
        rc = mz_read_enum(j, "order", "top", names, 0, &order, err);
    }

    if (rc == MZ_OK) {
        rc = mz_spec_parse_set(j, "order", json_string(names[order]), err);
    }

    if (rc != MZ_OK) {
        return rc;
    }

    if (spec->nbreakdown == 0 && spec->kind != MZ_KIND_JOURNEY) {
        return mz_fail(err, MZ_INVALID, "top needs a breakdown: there is"
                       " nothing to rank");
    }

    spec->has_top = true;
    spec->top = (size_t) n;
    spec->is_asc = order == 1;

    return MZ_OK;
}


mz_rc_t
mz_spec_parse_step(mz_spec_t *spec, json_t *obj, const char *path,
    const char *const *members, mz_spec_step_t *out, mz_err_t *err)
{
    mz_rc_t  rc;

    rc = mz_read_members(obj, path, members, err);
    if (rc == MZ_OK) {
        rc = mz_read_event(spec, json_object_get(obj, "event"),
                           mz_read_path(path, "event", -1).s, true,
                           &out->event, err);
    }

    if (rc != MZ_OK) {
        return rc;
    }

    out->is_any = mz_str_eq_c(out->event, "*");

    return mz_spec_parse_filters(spec, obj, path, &out->event, 1,
                                 MZ_CARRY_EACH, &out->filters, err);
}
