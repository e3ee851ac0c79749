
#include <math.h>

#include "analysis/nearest.h"
#include "analysis/spec_read.h"
#include "base/mz_str.h"
#include "base/mz_utf8.h"


#define MZ_READ_NEAR_MAX  200


const char *const  mz_read_kinds[] = {
    "segmentation", "funnel", "retention", "discovery", "lookup", "journey",
    NULL
};

const char *const  mz_read_ops[] = {
    "eq", "neq", "gt", "gte", "lt", "lte", "in", "not_in", "contains",
    "not_contains", "is_set", "not_set", NULL
};

const char *const  mz_read_grains[] = {
    "total", "hour", "day", "week", "month", "quarter", "year", NULL
};

const char *const  mz_read_measures[] = {
    "users", "events", "events_per_user", "sum", "avg", "median", "min",
    "max", "percentile", "sum_per_user", "distinct", "new_users",
    "stickiness", "frequency", NULL
};

const char *const  mz_read_orders[] = { "ordered", "strict", "any", NULL };

const char *const  mz_read_funnel_measures[] = {
    "conversion", "users", "drop_off", "median_time", "avg_time", "p90_time",
    NULL
};

const char *const  mz_read_modes[] = {
    "on", "on_or_after", "bracket", NULL
};

const char *const  mz_read_whats[] = {
    "events", "properties", "values", "describe", "range", "search", NULL
};

const char *const  mz_read_directions[] = {
    "after", "before", "between", NULL
};


static void mz_read_carriers(const mz_spec_t *spec,
    const mz_spec_column_t *column, char *out, size_t size);


mz_read_show_t
mz_read_show(mz_str_t s)
{
    size_t          i;
    mz_read_show_t  out;

    s = mz_utf8_prefix_bytes(s, MZ_READ_SHOW_MAX - 1);

    for (i = 0; i < s.len; i++) {
        out.s[i] = (unsigned char) s.data[i] < 0x20 || s.data[i] == 0x7f
                   ? '?' : s.data[i];
    }

    out.s[s.len] = '\0';

    return out;
}


mz_read_path_t
mz_read_path(const char *path, const char *key, int i)
{
    int             n;
    mz_read_path_t  out;

    n = snprintf(out.s, sizeof(out.s), "%s%s%s", path,
                 path[0] != '\0' ? "." : "", key);

    if (i >= 0 && n >= 0 && (size_t) n < sizeof(out.s)) {
        snprintf(out.s + n, sizeof(out.s) - (size_t) n, "[%d]", i);
    }

    return out;
}


mz_rc_t
mz_read_members(const json_t *obj, const char *path,
    const char *const *names, mz_err_t *err)
{
    size_t              i;
    json_t             *value;
    const char         *key;
    mz_nearest_t        near;
    const char *const  *name;

    if (!json_is_object(obj)) {
        return mz_fail(err, MZ_INVALID, "%s is not an object",
                       path[0] != '\0' ? path : "the spec");
    }

    json_object_foreach((json_t *) obj, key, value) {

        for (name = names; *name != NULL; name++) {
            if (strcmp(*name, key) == 0) {
                break;
            }
        }

        if (*name != NULL) {
            continue;
        }

        mz_nearest_init(&near, mz_str_from(key));

        for (i = 0; names[i] != NULL; i++) {
            mz_nearest_offer(&near, mz_str_from(names[i]));
        }

        return mz_fail(err, MZ_INVALID, "unknown member \"%s\"%s%s%s%.*s%s",
                       mz_read_show(mz_str_from(key)).s,
                       path[0] != '\0' ? " in " : "", path,
                       near.n > 0 ? "; did you mean \"" : "",
                       (int) near.names[0].len,
                       near.n > 0 ? near.names[0].data : "",
                       near.n > 0 ? "\"" : "");
    }

    return MZ_OK;
}


mz_rc_t
mz_read_int(const json_t *obj, const char *key, const char *path,
    int64_t min, int64_t max, int64_t *out, mz_err_t *err)
{
    double   d;
    json_t  *v;

    v = json_object_get(obj, key);

    if (json_is_integer(v)) {
        *out = json_integer_value(v);

    } else if (json_is_real(v)) {
        d = json_real_value(v);
        *out = d == floor(d) && fabs(d) < 1e15 ? (int64_t) d : min - 1;

    } else {
        *out = min - 1;
    }

    if (*out < min || *out > max) {
        return mz_fail(err, MZ_INVALID,
                       "%s is not a whole number from %lld to %lld",
                       mz_read_path(path, key, -1).s, (long long) min,
                       (long long) max);
    }

    return MZ_OK;
}


mz_rc_t
mz_read_double(const json_t *obj, const char *key, const char *path,
    double *out, mz_err_t *err)
{
    json_t  *v;

    v = json_object_get(obj, key);

    if (!json_is_number(v) || !isfinite(json_number_value(v))) {
        return mz_fail(err, MZ_INVALID, "%s is not a number",
                       mz_read_path(path, key, -1).s);
    }

    *out = json_number_value(v);

    return MZ_OK;
}


mz_rc_t
mz_read_enum(const json_t *obj, const char *key, const char *path,
    const char *const *names, int dflt, int *out, mz_err_t *err)
{
    int       i, n;
    char      list[MZ_READ_NEAR_MAX];
    json_t   *v;
    size_t    pos;
    mz_str_t  s;

    v = json_object_get(obj, key);
    if (v == NULL && dflt >= 0) {
        *out = dflt;
        return MZ_OK;
    }

    s = mz_json_str(v);
    pos = 0;
    list[0] = '\0';

    for (i = 0; names[i] != NULL; i++) {
        if (mz_str_eq_c(s, names[i])) {
            *out = i;
            return MZ_OK;
        }

        n = snprintf(list + pos, sizeof(list) - pos, "%s%s",
                     i == 0 ? "" : ", ", names[i]);
        pos += n > 0 && (size_t) n < sizeof(list) - pos ? (size_t) n : 0;
    }

    *out = 0;

    if (!json_is_string(v)) {
        return mz_fail(err, MZ_INVALID, "%s is %s: it must be one of %s",
                       mz_read_path(path, key, -1).s,
                       v == NULL ? "missing" : "not a string", list);
    }

    return mz_fail(err, MZ_INVALID, "%s cannot be \"%s\": it must be one of"
                   " %s", mz_read_path(path, key, -1).s, mz_read_show(s).s,
                   list);
}


mz_rc_t
mz_read_bool(const json_t *obj, const char *key, const char *path,
    bool *out, mz_err_t *err)
{
    json_t  *v;

    v = json_object_get(obj, key);
    *out = json_is_true(v);

    if (v != NULL && !json_is_boolean(v)) {
        return mz_fail(err, MZ_INVALID, "%s is neither true nor false",
                       mz_read_path(path, key, -1).s);
    }

    return MZ_OK;
}


mz_rc_t
mz_read_list(const json_t *obj, const char *key, const char *path,
    size_t min, size_t max, json_t **out, size_t *n, mz_err_t *err)
{
    *out = json_object_get(obj, key);
    *n = json_array_size(*out);

    if (*out == NULL && min == 0) {
        return MZ_OK;
    }

    if (!json_is_array(*out) || *n < min || *n > max) {
        return mz_fail(err, MZ_INVALID, "%s is not a list of %zu to %zu"
                       " members", mz_read_path(path, key, -1).s, min, max);
    }

    return MZ_OK;
}


mz_rc_t
mz_read_event(const mz_spec_t *spec, const json_t *v, const char *where,
    bool any_ok, mz_str_t *out, mz_err_t *err)
{
    char          words[MZ_READ_NEAR_MAX];
    size_t        i;
    mz_nearest_t  near;

    *out = mz_json_str(v);

    if (!json_is_string(v)) {
        return mz_fail(err, MZ_INVALID, "%s is not the name of an event",
                       where);
    }

    if (mz_str_eq_c(*out, "*")) {
        if (any_ok) {
            return MZ_OK;
        }

        return mz_fail(err, MZ_INVALID, "%s cannot be \"*\" here: name the"
                       " event", where);
    }

    if (mz_catalog_event(spec->cat, *out) != NULL) {
        return MZ_OK;
    }

    mz_nearest_init(&near, *out);

    for (i = 0; i < spec->cat->nevents; i++) {
        mz_nearest_offer(&near, spec->cat->events[i].name);
    }

    mz_nearest_words(&near, words, sizeof(words));

    return mz_fail(err, MZ_INVALID, "%s: there is no event \"%s\"%s", where,
                   mz_read_show(*out).s, words);
}


mz_rc_t
mz_read_column(const mz_spec_t *spec, const json_t *v, const char *where,
    mz_spec_column_t *out, mz_err_t *err)
{
    char                 words[MZ_READ_NEAR_MAX];
    size_t               i;
    mz_str_t             name;
    mz_nearest_t         near;
    const mz_catalog_t  *cat;

    cat = spec->cat;
    name = mz_json_str(v);
    memset(out, 0, sizeof(mz_spec_column_t));

    if (!json_is_string(v)) {
        return mz_fail(err, MZ_INVALID, "%s is not the name of a property",
                       where);
    }

    if (mz_str_eq(name, cat->event_column)
        || mz_str_eq(name, cat->user_column))
    {
        out->name = name;
        out->dtype = MZ_DTYPE_STRING;
        return MZ_OK;
    }

    out->property = mz_catalog_property(cat, name);

    if (out->property != NULL) {
        out->name = out->property->name;
        out->dtype = out->property->dtype;
        return MZ_OK;
    }

    mz_nearest_init(&near, name);

    for (i = 0; i < cat->nproperties; i++) {
        mz_nearest_offer(&near, cat->properties[i].name);
    }

    mz_nearest_words(&near, words, sizeof(words));

    return mz_fail(err, MZ_INVALID, "%s: there is no property \"%s\"%s",
                   where, mz_read_show(name).s, words);
}


bool
mz_read_event_has(const mz_spec_t *spec, mz_str_t event,
    const mz_spec_column_t *column)
{
    return column->property == NULL
           || mz_catalog_event_has(spec->cat, event, column->name);
}


mz_rc_t
mz_read_carried(const mz_spec_t *spec, mz_str_t event,
    const mz_spec_column_t *column, const char *where, mz_err_t *err)
{
    char  carriers[MZ_READ_NEAR_MAX];

    if (mz_read_event_has(spec, event, column)) {
        return MZ_OK;
    }

    mz_read_carriers(spec, column, carriers, sizeof(carriers));

    if (mz_str_eq_c(event, "*")) {
        return mz_fail(err, MZ_INVALID, "%s: \"%s\" is not on every event;"
                       " %s", where, mz_read_show(column->name).s,
                       carriers);
    }

    return mz_fail(err, MZ_INVALID, "%s: the event \"%s\" has no property"
                   " \"%s\"; %s", where, mz_read_show(event).s,
                   mz_read_show(column->name).s, carriers);
}


/* "purchase, refund and 3 more have it" */

static void
mz_read_carriers(const mz_spec_t *spec, const mz_spec_column_t *column,
    char *out, size_t size)
{
    int                        len;
    size_t                     i, n, pos;
    const mz_catalog_event_t  *event;

    out[0] = '\0';

    for (i = 0, n = 0, pos = 0; i < spec->cat->nevents; i++) {
        event = &spec->cat->events[i];

        if (!mz_catalog_event_has(spec->cat, event->name, column->name)
            || ++n > 3)
        {
            continue;
        }

        len = snprintf(out + pos, size - pos, "%s%s", n == 1 ? "" : ", ",
                       mz_read_show(event->name).s);
        if (len > 0 && (size_t) len < size - pos) {
            pos += (size_t) len;
        }
    }

    if (n == 0) {
        snprintf(out, size, "no event");

    } else if (n > 3) {
        snprintf(out + pos, size - pos, " and %zu more", n - 3);
        pos += strlen(out + pos);
    }

    if (n > 0) {
        snprintf(out + pos, size - pos, " %s", n == 1 ? "has it" : "have it");
    }
}
