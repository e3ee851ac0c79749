
#include <math.h>

#include "analysis/nearest.h"
#include "analysis/spec_parse.h"
#include "base/mz_str.h"


#define MZ_FILTER_COUNT_MAX  1000000000

/* What is being read: the filter and where it stands. */

typedef struct {
    mz_spec_t         *spec;
    mz_spec_filter_t  *filter;
    json_t            *json;
    const char        *path;
    mz_err_t          *err;
} mz_filter_ctx_t;


static mz_rc_t mz_filter_list(mz_spec_t *spec, json_t *obj, const char *path,
    const mz_str_t *events, size_t nevents, mz_spec_carry_t carry,
    bool did_ok, mz_spec_filters_t *out, mz_err_t *err);
static mz_rc_t mz_filter_property(mz_filter_ctx_t *c, const mz_str_t *events,
    size_t nevents, mz_spec_carry_t carry);
static mz_rc_t mz_filter_carried(mz_filter_ctx_t *c, const mz_str_t *events,
    size_t nevents, mz_spec_carry_t carry);
static mz_rc_t mz_filter_op(mz_filter_ctx_t *c);
static mz_rc_t mz_filter_values(mz_filter_ctx_t *c);
static mz_rc_t mz_filter_value(mz_filter_ctx_t *c, json_t *v,
    mz_param_t *param);
static mz_rc_t mz_filter_time(mz_filter_ctx_t *c, json_t *v,
    mz_param_t *param);
static mz_str_t mz_filter_known(mz_filter_ctx_t *c, mz_str_t s);
static mz_rc_t mz_filter_put(mz_filter_ctx_t *c, size_t i, mz_str_t s);
static mz_rc_t mz_filter_did(mz_filter_ctx_t *c);
static mz_rc_t mz_filter_count(mz_filter_ctx_t *c);


mz_rc_t
mz_spec_parse_filters(mz_spec_t *spec, json_t *obj, const char *path,
    const mz_str_t *events, size_t nevents, mz_spec_carry_t carry,
    mz_spec_filters_t *out, mz_err_t *err)
{
    return mz_filter_list(spec, obj, path, events, nevents, carry, true, out,
                          err);
}


static mz_rc_t
mz_filter_list(mz_spec_t *spec, json_t *obj, const char *path,
    const mz_str_t *events, size_t nevents, mz_spec_carry_t carry,
    bool did_ok, mz_spec_filters_t *out, mz_err_t *err)
{
    size_t           i, n;
    json_t          *list;
    mz_rc_t          rc;
    mz_read_path_t   where;
    mz_filter_ctx_t  c;

    rc = mz_read_list(obj, "filters", path, 0, MZ_SPEC_FILTERS_MAX, &list, &n,
                      err);
    if (rc != MZ_OK || n == 0) {
        return rc;
    }

    out->items = mz_spec_alloc(spec, n, sizeof(mz_spec_filter_t));
    if (out->items == NULL) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    out->n = n;

    for (i = 0; i < n && rc == MZ_OK; i++) {
        where = mz_read_path(path, "filters", (int) i);
        c.spec = spec;
        c.filter = &out->items[i];
        c.json = json_array_get(list, i);
        c.path = where.s;
        c.err = err;

        if (json_object_get(c.json, "did") == NULL) {
            rc = mz_filter_property(&c, events, nevents, carry);

        } else if (did_ok) {
            rc = mz_filter_did(&c);

        } else {
            rc = mz_fail(err, MZ_INVALID, "%s: \"did\" cannot stand inside"
                         " another \"did\"", where.s);
        }
    }

    return rc;
}


static mz_rc_t
mz_filter_property(mz_filter_ctx_t *c, const mz_str_t *events,
    size_t nevents, mz_spec_carry_t carry)
{
    int                       op;
    mz_rc_t                   rc;
    static const char *const  members[] = { "property", "op", "value", NULL };

    rc = mz_read_members(c->json, c->path, members, c->err);
    if (rc == MZ_OK) {
        rc = mz_read_column(c->spec, json_object_get(c->json, "property"),
                            mz_read_path(c->path, "property", -1).s,
                            &c->filter->column, c->err);
    }

    if (rc == MZ_OK) {
        rc = mz_filter_carried(c, events, nevents, carry);
    }

    if (rc == MZ_OK) {
        rc = mz_read_enum(c->json, "op", c->path, mz_read_ops, MZ_OP_EQ, &op,
                          c->err);
    }

    if (rc != MZ_OK) {
        return rc;
    }

    c->filter->op = (mz_spec_op_t) op;

    rc = mz_spec_parse_set(c->json, "op", json_string(mz_read_ops[op]),
                           c->err);
    if (rc == MZ_OK) {
        rc = mz_filter_op(c);
    }

    return rc == MZ_OK ? mz_filter_values(c) : rc;
}


/* "*" takes a filter on any property: it leaves rows that have it. */

static mz_rc_t
mz_filter_carried(mz_filter_ctx_t *c, const mz_str_t *events, size_t nevents,
    mz_spec_carry_t carry)
{
    size_t    i, n;
    mz_rc_t   rc;
    mz_str_t  missing;

    missing = mz_null_str;

    for (i = 0, n = 0; i < nevents; i++) {
        if (mz_str_eq_c(events[i], "*")
            || mz_read_event_has(c->spec, events[i], &c->filter->column))
        {
            n++;

        } else if (missing.data == NULL) {
            missing = events[i];
        }
    }

    if (missing.data == NULL) {
        return MZ_OK;
    }

    if (carry == MZ_CARRY_EACH || n == 0) {
        rc = mz_read_carried(c->spec, missing, &c->filter->column, c->path,
                             c->err);
        return rc;
    }

    mz_spec_note(c->spec, "The filter on %s applies only to the steps whose"
                 " event has that property.",
                 mz_read_show(c->filter->column.name).s);

    return MZ_OK;
}


/* Whether the op fits the type. */

static mz_rc_t
mz_filter_op(mz_filter_ctx_t *c)
{
    mz_dtype_t    dtype;
    mz_spec_op_t  op;

    op = c->filter->op;
    dtype = c->filter->column.dtype;

    if ((op == MZ_OP_CONTAINS || op == MZ_OP_NOT_CONTAINS)
        && dtype != MZ_DTYPE_STRING)
    {
        return mz_fail(c->err, MZ_INVALID, "%s: op %s needs a string property"
                       " and %s is %s", c->path, mz_read_ops[op],
                       mz_read_show(c->filter->column.name).s,
                       mz_dtype_name(dtype));
    }

    if (op >= MZ_OP_GT && op <= MZ_OP_LTE
        && (dtype == MZ_DTYPE_STRING || dtype == MZ_DTYPE_BOOL))
    {
        return mz_fail(c->err, MZ_INVALID, "%s: op %s needs a number, date or"
                       " timestamp property and %s is %s", c->path,
                       mz_read_ops[op],
                       mz_read_show(c->filter->column.name).s,
                       mz_dtype_name(dtype));
    }

    return MZ_OK;
}


static mz_rc_t
mz_filter_values(mz_filter_ctx_t *c)
{
    size_t             i, n;
    json_t            *v;
    mz_rc_t            rc;
    mz_spec_op_t       op;
    mz_spec_filter_t  *f;

    f = c->filter;
    op = f->op;
    v = json_object_get(c->json, "value");

    if (op == MZ_OP_IS_SET || op == MZ_OP_NOT_SET) {
        return v == NULL ? MZ_OK
                         : mz_fail(c->err, MZ_INVALID, "%s: op %s takes no"
                                   " value", c->path, mz_read_ops[op]);
    }

    n = 1;
    rc = MZ_OK;

    if (op == MZ_OP_IN || op == MZ_OP_NOT_IN) {
        rc = mz_read_list(c->json, "value", c->path, 1, MZ_SPEC_VALUES_MAX,
                          &v, &n, c->err);
    }

    if (rc != MZ_OK) {
        return rc;
    }

    f->values = mz_spec_alloc(c->spec, n, sizeof(mz_param_t));
    if (f->values == NULL) {
        return mz_fail(c->err, MZ_NOMEM, "out of memory");
    }

    f->nvalues = n;

    for (i = 0; i < n && rc == MZ_OK; i++) {
        rc = mz_filter_value(c, json_is_array(v) && op >= MZ_OP_IN
                                ? json_array_get(v, i) : v, &f->values[i]);
        if (rc == MZ_OK && f->values[i].dtype == MZ_DTYPE_STRING) {
            rc = mz_filter_put(c, i, f->values[i].value.s);
        }
    }

    return rc;
}


static mz_rc_t
mz_filter_value(mz_filter_ctx_t *c, json_t *v, mz_param_t *param)
{
    mz_spec_op_t  op;

    op = c->filter->op;

    switch (c->filter->column.dtype) {

    case MZ_DTYPE_STRING:
        if (json_is_string(v)) {
            param->dtype = MZ_DTYPE_STRING;
            param->value.s = op == MZ_OP_CONTAINS || op == MZ_OP_NOT_CONTAINS
                             ? mz_json_str(v)
                             : mz_filter_known(c, mz_json_str(v));
            return MZ_OK;
        }
        break;

    case MZ_DTYPE_INT64:
    case MZ_DTYPE_FLOAT64:
        if (json_is_integer(v)) {
            param->dtype = MZ_DTYPE_INT64;
            param->value.i = json_integer_value(v);
            return MZ_OK;
        }

        if (json_is_real(v) && isfinite(json_real_value(v))) {
            param->dtype = MZ_DTYPE_FLOAT64;
            param->value.d = json_real_value(v);
            return MZ_OK;
        }
        break;

    case MZ_DTYPE_BOOL:
        if (json_is_boolean(v)) {
            param->dtype = MZ_DTYPE_BOOL;
            param->value.i = json_is_true(v);
            return MZ_OK;
        }
        break;

    default:
        return mz_filter_time(c, v, param);
    }

    return mz_fail(c->err, MZ_INVALID, "%s.value: %s is %s and takes %s",
                   c->path, mz_read_show(c->filter->column.name).s,
                   mz_dtype_name(c->filter->column.dtype),
                   c->filter->column.dtype == MZ_DTYPE_STRING ? "strings"
                   : c->filter->column.dtype == MZ_DTYPE_BOOL
                     ? "true or false" : "numbers");
}


static mz_rc_t
mz_filter_time(mz_filter_ctx_t *c, json_t *v, mz_param_t *param)
{
    int64_t  ms;

    if (!json_is_string(v) || mz_time_parse(mz_json_str(v), &ms) != MZ_OK) {
        return mz_fail(c->err, MZ_INVALID, "%s.value: %s takes a time such as"
                       " \"2026-01-31\" or \"2026-01-31T12:00:00Z\"", c->path,
                       mz_read_show(c->filter->column.name).s);
    }

    param->dtype = c->filter->column.dtype;
    param->value.i = param->dtype == MZ_DTYPE_DATE
                     ? mz_time_floor(ms, MZ_UNIT_DAY) / MZ_DAY_MS : ms * 1000;

    return MZ_OK;
}


/* The value as the catalog writes it, when only the case differs. */

static mz_str_t
mz_filter_known(mz_filter_ctx_t *c, mz_str_t s)
{
    char                          words[MZ_READ_SHOW_MAX * 3];
    size_t                        i, found, n;
    mz_nearest_t                  near;
    const mz_catalog_property_t  *prop;

    prop = c->filter->column.property;
    if (prop == NULL || prop->nvalues == 0) {
        return s;
    }

    mz_nearest_init(&near, s);

    for (i = 0, n = 0, found = 0; i < prop->nvalues; i++) {
        if (mz_str_eq(prop->values[i].value, s)) {
            return s;
        }

        if (mz_str_ieq(prop->values[i].value, s)) {
            found = i;
            n++;
        }

        mz_nearest_offer(&near, prop->values[i].value);
    }

    if (n == 1) {
        return prop->values[found].value;
    }

    if (prop->is_enum) {
        mz_nearest_words(&near, words, sizeof(words));
        mz_spec_note(c->spec, "%s never has the value \"%s\" in the data%s.",
                     mz_read_show(prop->name).s, mz_read_show(s).s, words);
    }

    return s;
}


/* The value put right goes back into the JSON. */

static mz_rc_t
mz_filter_put(mz_filter_ctx_t *c, size_t i, mz_str_t s)
{
    json_t  *v;

    v = json_object_get(c->json, "value");

    if (json_is_array(v)) {
        if (!mz_str_eq(mz_json_str(json_array_get(v, i)), s)
            && json_array_set_new(v, i, mz_json_str_new(s)) != 0)
        {
            return mz_fail(c->err, MZ_NOMEM, "out of memory");
        }

        return MZ_OK;
    }

    if (mz_str_eq(mz_json_str(v), s)) {
        return MZ_OK;
    }

    return mz_spec_parse_set(c->json, "value", mz_json_str_new(s), c->err);
}


static mz_rc_t
mz_filter_did(mz_filter_ctx_t *c)
{
    json_t                   *range;
    mz_rc_t                   rc;
    mz_spec_filter_t         *f;
    static const char *const  members[] = {
        "did", "negate", "count", "range", "filters", NULL
    };

    f = c->filter;
    f->is_did = true;

    rc = mz_read_members(c->json, c->path, members, c->err);
    if (rc == MZ_OK) {
        rc = mz_read_event(c->spec, json_object_get(c->json, "did"),
                           mz_read_path(c->path, "did", -1).s, true,
                           &f->event, c->err);
    }

    if (rc == MZ_OK) {
        rc = mz_read_bool(c->json, "negate", c->path, &f->negate, c->err);
    }

    if (rc == MZ_OK) {
        rc = mz_filter_count(c);
    }

    range = json_object_get(c->json, "range");

    if (rc == MZ_OK && range != NULL) {
        f->has_range = true;
        rc = mz_range_parse(range, mz_read_path(c->path, "range", -1).s,
                            c->spec->cat, c->spec->now_ms, &f->range, c->err);
    }

    if (rc != MZ_OK) {
        return rc;
    }

    return mz_filter_list(c->spec, c->json, c->path, &f->event, 1,
                          MZ_CARRY_EACH, false, &f->filters, c->err);
}


static mz_rc_t
mz_filter_count(mz_filter_ctx_t *c)
{
    int                       op;
    json_t                   *j;
    mz_rc_t                   rc;
    mz_read_path_t            where;
    static const char *const  members[] = { "op", "value", NULL };

    c->filter->count_op = MZ_OP_GTE;
    c->filter->count = 1;

    j = json_object_get(c->json, "count");
    if (j == NULL) {
        return MZ_OK;
    }

    where = mz_read_path(c->path, "count", -1);

    rc = mz_read_members(j, where.s, members, c->err);
    if (rc == MZ_OK) {
        rc = mz_read_enum(j, "op", where.s, mz_read_ops, -1, &op, c->err);
    }

    if (rc == MZ_OK && op > MZ_OP_LTE) {
        rc = mz_fail(c->err, MZ_INVALID, "%s.op must be one of eq, neq, gt,"
                     " gte, lt, lte", where.s);
    }

    if (rc == MZ_OK) {
        c->filter->count_op = (mz_spec_op_t) op;
        rc = mz_read_int(j, "value", where.s, 0, MZ_FILTER_COUNT_MAX,
                         &c->filter->count, c->err);
    }

    return rc;
}
