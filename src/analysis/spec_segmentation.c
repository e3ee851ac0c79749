
#include "analysis/spec_parse.h"
#include "base/mz_str.h"


/* The events of both operands, for what must be carried by all. */

typedef struct {
    mz_str_t  events[2 * MZ_SPEC_EVENTS_MAX];
    size_t    n;
} mz_segmentation_events_t;


static mz_rc_t mz_segmentation_segment(mz_spec_t *spec, json_t *obj,
    const char *path, mz_spec_segment_t *seg, mz_err_t *err);
static mz_rc_t mz_segmentation_events(mz_spec_t *spec, json_t *obj,
    const char *path, mz_spec_segment_t *seg, mz_err_t *err);
static mz_rc_t mz_segmentation_formula(mz_spec_t *spec, mz_err_t *err);
static mz_rc_t mz_segmentation_operand(mz_spec_t *spec, const char *key,
    mz_spec_segment_t *seg, mz_err_t *err);
static mz_rc_t mz_segmentation_having(mz_spec_t *spec, mz_err_t *err);
static mz_rc_t mz_segmentation_transform(mz_spec_t *spec, int *unit,
    mz_err_t *err);
static mz_rc_t mz_segmentation_rolling(mz_spec_t *spec, json_t *j, int *unit,
    mz_err_t *err);
static mz_grain_t mz_segmentation_grain(const mz_spec_t *spec, int unit);
static mz_rc_t mz_segmentation_fits(mz_spec_t *spec, int unit, mz_err_t *err);


mz_rc_t
mz_spec_parse_segmentation(mz_spec_t *spec, mz_err_t *err)
{
    int                        unit;
    mz_rc_t                    rc;
    mz_spec_segmentation_t    *seg;
    mz_segmentation_events_t   all;
    static const char *const   members[] = {
        "kind", "events", "any_of", "measure", "formula", "grain", "range",
        "breakdown", "filters", "top", "compare", "transform", "having", NULL
    };

    seg = &spec->u.seg;
    unit = 0;

    rc = mz_read_members(spec->json, "", members, err);
    if (rc != MZ_OK) {
        return rc;
    }

    seg->is_formula = json_object_get(spec->json, "formula") != NULL;

    rc = seg->is_formula
         ? mz_segmentation_formula(spec, err)
         : mz_segmentation_segment(spec, spec->json, "", &seg->a, err);
    if (rc != MZ_OK) {
        return rc;
    }

    memcpy(all.events, seg->a.events, sizeof(seg->a.events));
    memcpy(all.events + seg->a.nevents, seg->b.events, sizeof(seg->b.events));
    all.n = seg->a.nevents + seg->b.nevents;

    rc = mz_spec_parse_range(spec, 30, MZ_UNIT_DAY, err);
    if (rc == MZ_OK) {
        rc = mz_spec_parse_filters(spec, spec->json, "", all.events, all.n,
                                   MZ_CARRY_EACH, &spec->filters, err);
    }

    if (rc == MZ_OK) {
        rc = mz_spec_parse_breakdown(spec, all.events, all.n, err);
    }

    if (rc == MZ_OK) {
        rc = mz_segmentation_having(spec, err);
    }

    if (rc == MZ_OK) {
        rc = mz_segmentation_transform(spec, &unit, err);
    }

    if (rc == MZ_OK) {
        rc = mz_spec_parse_grain(spec, mz_segmentation_grain(spec, unit), err);
    }

    if (rc == MZ_OK) {
        rc = mz_spec_parse_compare(spec, err);
    }

    if (rc == MZ_OK) {
        rc = mz_spec_parse_top(spec, err);
    }

    return rc == MZ_OK ? mz_segmentation_fits(spec, unit, err) : rc;
}


static mz_rc_t
mz_segmentation_segment(mz_spec_t *spec, json_t *obj, const char *path,
    mz_spec_segment_t *seg, mz_err_t *err)
{
    mz_rc_t  rc;

    rc = mz_segmentation_events(spec, obj, path, seg, err);

    if (rc == MZ_OK && json_object_get(obj, "measure") == NULL) {
        rc = mz_spec_parse_set(obj, "measure",
                               json_pack("{s:s}", "type", "users"), err);
    }

    if (rc != MZ_OK) {
        return rc;
    }

    return mz_spec_parse_measure(spec, json_object_get(obj, "measure"),
                                 mz_read_path(path, "measure", -1).s,
                                 seg->events, seg->nevents, &seg->measure,
                                 err);
}


static mz_rc_t
mz_segmentation_events(mz_spec_t *spec, json_t *obj, const char *path,
    mz_spec_segment_t *seg, mz_err_t *err)
{
    size_t          i, k, n;
    json_t         *list;
    mz_rc_t         rc;
    mz_str_t       *event;
    mz_read_path_t  where;

    rc = mz_read_list(obj, "events", path, 1, MZ_SPEC_EVENTS_MAX, &list, &n,
                      err);
    if (rc == MZ_OK) {
        rc = mz_read_bool(obj, "any_of", path, &seg->is_merged, err);
    }

    for (i = 0; i < n && rc == MZ_OK; i++) {
        where = mz_read_path(path, "events", (int) i);
        event = &seg->events[i];

        rc = mz_read_event(spec, json_array_get(list, i), where.s, true,
                           event, err);

        if (rc == MZ_OK && mz_str_eq_c(*event, "*")) {
            seg->is_any = true;

            if (n > 1) {
                rc = mz_fail(err, MZ_INVALID, "%s: \"*\" is any event and"
                             " stands alone", where.s);
            }
        }

        for (k = 0; k < i && rc == MZ_OK; k++) {
            if (mz_str_eq(seg->events[k], *event)) {
                rc = mz_fail(err, MZ_INVALID, "%s repeats \"%s\"", where.s,
                             mz_read_show(*event).s);
            }
        }
    }

    seg->nevents = rc == MZ_OK ? n : 0;

    /* One series is one series, by whatever name. */

    if (n == 1) {
        seg->is_merged = true;
    }

    return rc;
}


static mz_rc_t
mz_segmentation_formula(mz_spec_t *spec, mz_err_t *err)
{
    int                       op;
    size_t                    i;
    json_t                   *j;
    mz_rc_t                   rc;
    static const char *const  ops[] = { "ratio", NULL };
    static const char *const  members[] = { "op", "a", "b", NULL };
    static const char *const  not_ok[] = {
        "events", "any_of", "measure", "having"
    };

    j = json_object_get(spec->json, "formula");

    for (i = 0; i < MZ_ARRAY_LEN(not_ok); i++) {
        if (json_object_get(spec->json, not_ok[i]) != NULL) {
            return mz_fail(err, MZ_INVALID, "%s cannot stand beside formula:"
                           " its operands have their own events and measure",
                           not_ok[i]);
        }
    }

    rc = mz_read_members(j, "formula", members, err);
    if (rc == MZ_OK) {
        rc = mz_read_enum(j, "op", "formula", ops, 0, &op, err);
    }

    if (rc == MZ_OK) {
        rc = mz_spec_parse_set(j, "op", json_string(ops[op]), err);
    }

    if (rc == MZ_OK) {
        rc = mz_segmentation_operand(spec, "a", &spec->u.seg.a, err);
    }

    if (rc == MZ_OK) {
        rc = mz_segmentation_operand(spec, "b", &spec->u.seg.b, err);
    }

    return rc;
}


static mz_rc_t
mz_segmentation_operand(mz_spec_t *spec, const char *key,
    mz_spec_segment_t *seg, mz_err_t *err)
{
    json_t                   *obj;
    mz_rc_t                   rc;
    mz_read_path_t            path;
    static const char *const  members[] = {
        "events", "any_of", "measure", "filters", NULL
    };

    path = mz_read_path("formula", key, -1);
    obj = json_object_get(json_object_get(spec->json, "formula"), key);

    rc = mz_read_members(obj, path.s, members, err);
    if (rc == MZ_OK) {
        rc = mz_segmentation_segment(spec, obj, path.s, seg, err);
    }

    if (rc == MZ_OK) {
        seg->is_merged = true;
        rc = mz_spec_parse_filters(spec, obj, path.s, seg->events,
                                   seg->nevents, MZ_CARRY_EACH, &seg->filters,
                                   err);
    }

    if (rc == MZ_OK && (seg->measure.type == MZ_MEASURE_STICKINESS
                        || seg->measure.type == MZ_MEASURE_FREQUENCY))
    {
        rc = mz_fail(err, MZ_INVALID, "%s: measure %s cannot be part of a"
                     " formula", path.s, mz_read_measures[seg->measure.type]);
    }

    return rc;
}


static mz_rc_t
mz_segmentation_having(mz_spec_t *spec, mz_err_t *err)
{
    int                       op;
    json_t                   *j;
    mz_rc_t                   rc;
    mz_spec_having_t         *h;
    mz_spec_segment_t        *a;
    static const char *const  members[] = { "measure", "op", "value", NULL };

    j = json_object_get(spec->json, "having");
    if (j == NULL) {
        return MZ_OK;
    }

    a = &spec->u.seg.a;
    h = &spec->u.seg.having;
    h->is_set = true;

    rc = mz_read_members(j, "having", members, err);
    if (rc == MZ_OK) {
        rc = mz_spec_parse_measure(spec, json_object_get(j, "measure"),
                                   "having.measure", a->events, a->nevents,
                                   &h->measure, err);
    }

    if (rc == MZ_OK) {
        rc = mz_read_enum(j, "op", "having", mz_read_ops, -1, &op, err);
    }

    if (rc == MZ_OK) {
        rc = mz_read_double(j, "value", "having", &h->value, err);
    }

    if (rc != MZ_OK) {
        return rc;
    }

    h->op = (mz_spec_op_t) op;

    if (op > MZ_OP_LTE) {
        return mz_fail(err, MZ_INVALID, "having.op must be one of eq, neq, gt,"
                       " gte, lt, lte");
    }

    switch (h->measure.type) {

    case MZ_MEASURE_EVENTS:
    case MZ_MEASURE_SUM:
    case MZ_MEASURE_AVG:
    case MZ_MEASURE_MIN:
    case MZ_MEASURE_MAX:
    case MZ_MEASURE_MEDIAN:
    case MZ_MEASURE_DISTINCT:
        return MZ_OK;

    default:
        return mz_fail(err, MZ_INVALID, "having.measure is of one user: it is"
                       " events, sum, avg, min, max, median or distinct");
    }
}


static mz_rc_t
mz_segmentation_transform(mz_spec_t *spec, int *unit, mz_err_t *err)
{
    json_t                   *j;
    mz_rc_t                   rc;
    mz_spec_segmentation_t   *seg;
    static const char *const  members[] = {
        "cumulative", "rolling", "unit", "fn", NULL
    };

    seg = &spec->u.seg;

    j = json_object_get(spec->json, "transform");
    if (j == NULL) {
        return MZ_OK;
    }

    rc = mz_read_members(j, "transform", members, err);
    if (rc != MZ_OK) {
        return rc;
    }

    if (json_object_get(j, "rolling") != NULL
        && json_object_get(j, "cumulative") == NULL)
    {
        return mz_segmentation_rolling(spec, j, unit, err);
    }

    if (!json_is_true(json_object_get(j, "cumulative"))
        || json_object_size(j) != 1)
    {
        return mz_fail(err, MZ_INVALID, "transform is {\"cumulative\":true} or"
                       " {\"rolling\":7,\"unit\":\"day\",\"fn\":\"avg\"}");
    }

    seg->transform = MZ_TRANSFORM_CUMULATIVE;

    if (seg->is_formula || !mz_spec_measure_is_count(&seg->a.measure)
        || seg->a.measure.type == MZ_MEASURE_FREQUENCY)
    {
        return mz_fail(err, MZ_INVALID, "only users, events, sum, distinct and"
                       " new_users can be cumulative");
    }

    return MZ_OK;
}


static mz_rc_t
mz_segmentation_rolling(mz_spec_t *spec, json_t *j, int *unit, mz_err_t *err)
{
    int                       fn;
    int64_t                   n;
    mz_rc_t                   rc;
    mz_measure_type_t         type;
    static const char *const  fns[] = { "avg", NULL };

    type = spec->u.seg.a.measure.type;

    rc = mz_read_int(j, "rolling", "transform", 2, MZ_SPEC_ROLLING_MAX, &n,
                     err);
    if (rc == MZ_OK) {
        rc = mz_read_enum(j, "unit", "transform", mz_read_grains, 0, unit,
                          err);
    }

    if (rc == MZ_OK) {
        rc = mz_read_enum(j, "fn", "transform", fns, 0, &fn, err);
    }

    if (rc == MZ_OK) {
        rc = mz_spec_parse_set(j, "fn", json_string(fns[fn]), err);
    }

    if (rc != MZ_OK) {
        return rc;
    }

    if (!spec->u.seg.is_formula && (type == MZ_MEASURE_STICKINESS
                                    || type == MZ_MEASURE_FREQUENCY))
    {
        return mz_fail(err, MZ_INVALID, "measure %s has no rolling average",
                       mz_read_measures[type]);
    }

    spec->u.seg.transform = MZ_TRANSFORM_ROLLING;
    spec->u.seg.rolling = (int) n;

    return MZ_OK;
}


static mz_grain_t
mz_segmentation_grain(const mz_spec_t *spec, int unit)
{
    int64_t  length;

    length = spec->range.to_ms - spec->range.from_ms;

    switch (spec->u.seg.transform) {

    case MZ_TRANSFORM_ROLLING:
        return unit != 0 ? (mz_grain_t) unit : MZ_GRAIN_DAY;

    case MZ_TRANSFORM_CUMULATIVE:
        return length <= 2 * MZ_DAY_MS ? MZ_GRAIN_HOUR
               : length <= 45 * MZ_DAY_MS ? MZ_GRAIN_DAY
               : length <= 120 * MZ_DAY_MS ? MZ_GRAIN_WEEK : MZ_GRAIN_MONTH;

    default:
        return spec->u.seg.a.measure.type == MZ_MEASURE_STICKINESS
               ? MZ_GRAIN_DAY : MZ_GRAIN_TOTAL;
    }
}


/* Combinations that have no meaning. */

static mz_rc_t
mz_segmentation_fits(mz_spec_t *spec, int unit, mz_err_t *err)
{
    json_t             *j;
    mz_measure_type_t   type;

    type = spec->u.seg.a.measure.type;

    if (spec->u.seg.transform != MZ_TRANSFORM_NONE
        && spec->grain == MZ_GRAIN_TOTAL)
    {
        return mz_fail(err, MZ_INVALID, "transform needs a grain such as"
                       " \"day\": a total has one value");
    }

    if (spec->u.seg.transform == MZ_TRANSFORM_ROLLING) {

        if (unit != 0 && (mz_grain_t) unit != spec->grain) {
            return mz_fail(err, MZ_INVALID, "transform.unit is %s and grain is"
                           " %s: they must be the same",
                           mz_read_grains[unit], mz_read_grains[spec->grain]);
        }

        j = json_object_get(spec->json, "transform");
        return mz_spec_parse_set(j, "unit",
                                 json_string(mz_read_grains[spec->grain]),
                                 err);
    }

    if (spec->u.seg.is_formula) {
        return MZ_OK;
    }

    if (type == MZ_MEASURE_STICKINESS && spec->grain == MZ_GRAIN_HOUR) {
        return mz_fail(err, MZ_INVALID, "stickiness has no hours: take grain"
                       " \"day\" or a coarser one");
    }

    if (type == MZ_MEASURE_FREQUENCY
        && (spec->grain != MZ_GRAIN_TOTAL || spec->compare != MZ_COMPARE_NONE))
    {
        return mz_fail(err, MZ_INVALID, "measure frequency has grain \"total\""
                       " and no compare");
    }

    return MZ_OK;
}
