
#include "analysis/catalog.h"
#include "base/mz_str.h"
#include "base/mz_time.h"


#define MZ_CATALOG_NAMES_MAX  20000     /* events, properties: each */


static mz_rc_t mz_catalog_read(mz_catalog_t *cat, mz_err_t *err);
static mz_rc_t mz_catalog_read_time(const json_t *j, const char *key,
    int64_t *ms, mz_err_t *err);
static mz_rc_t mz_catalog_read_properties(mz_catalog_t *cat, mz_err_t *err);
static mz_rc_t mz_catalog_read_property(const json_t *j,
    mz_catalog_property_t *prop, mz_err_t *err);
static mz_rc_t mz_catalog_read_values(const json_t *list,
    mz_catalog_property_t *prop, mz_err_t *err);
static mz_rc_t mz_catalog_read_events(mz_catalog_t *cat, mz_err_t *err);
static mz_rc_t mz_catalog_read_event(const mz_catalog_t *cat,
    const json_t *j, mz_catalog_event_t *event, mz_err_t *err);
static mz_rc_t mz_catalog_list(const json_t *obj, const char *key, size_t max,
    size_t size, void **items, const json_t **list, mz_err_t *err);
static mz_rc_t mz_catalog_distinct(const mz_str_t *a, const mz_str_t *b,
    const char *what, mz_err_t *err);
static int mz_catalog_cmp_property(const void *a, const void *b);
static int mz_catalog_cmp_event(const void *a, const void *b);


mz_rc_t
mz_catalog_from_json(json_t *j, mz_catalog_t **out, mz_err_t *err)
{
    mz_rc_t        rc;
    mz_catalog_t  *cat;

    *out = NULL;

    if (!json_is_object(j)) {
        return mz_fail(err, MZ_INVALID, "the catalog is not a JSON object");
    }

    cat = calloc(1, sizeof(mz_catalog_t));
    if (cat == NULL) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    cat->json = json_incref(j);

    rc = mz_catalog_read(cat, err);
    if (rc != MZ_OK) {
        mz_catalog_free(cat);
        return rc;
    }

    *out = cat;

    return MZ_OK;
}


void
mz_catalog_free(mz_catalog_t *cat)
{
    size_t  i;

    if (cat == NULL) {
        return;
    }

    for (i = 0; i < cat->nproperties; i++) {
        free(cat->properties[i].values);
    }

    for (i = 0; i < cat->nevents; i++) {
        free(cat->events[i].properties);
    }

    free(cat->properties);
    free(cat->events);
    json_decref(cat->json);
    free(cat);
}


const mz_catalog_event_t *
mz_catalog_event(const mz_catalog_t *cat, mz_str_t name)
{
    mz_catalog_event_t  key;

    if (cat->nevents == 0 || name.data == NULL) {
        return NULL;
    }

    key.name = name;

    return bsearch(&key, cat->events, cat->nevents,
                   sizeof(mz_catalog_event_t), mz_catalog_cmp_event);
}


const mz_catalog_property_t *
mz_catalog_property(const mz_catalog_t *cat, mz_str_t name)
{
    mz_catalog_property_t  key;

    if (cat->nproperties == 0 || name.data == NULL) {
        return NULL;
    }

    key.name = name;

    return bsearch(&key, cat->properties, cat->nproperties,
                   sizeof(mz_catalog_property_t), mz_catalog_cmp_property);
}


bool
mz_catalog_event_has(const mz_catalog_t *cat, mz_str_t event,
    mz_str_t property)
{
    size_t                        i;
    const mz_catalog_event_t     *e;
    const mz_catalog_property_t  *p;

    p = mz_catalog_property(cat, property);
    if (p == NULL) {
        return false;
    }

    e = mz_catalog_event(cat, event);
    if (e == NULL) {
        return p->is_common && mz_str_eq_c(event, "*");
    }

    for (i = 0; !p->is_common && i < e->nproperties; i++) {
        if (&cat->properties[e->properties[i]] == p) {
            return true;
        }
    }

    return p->is_common;
}


static mz_rc_t
mz_catalog_read(mz_catalog_t *cat, mz_err_t *err)
{
    mz_rc_t  rc;

    if (mz_json_get_int(cat->json, "version", 0) != 1) {
        return mz_fail(err, MZ_INVALID, "the catalog's version is not 1:"
                       " scan the warehouse again");
    }

    cat->table = mz_json_get_str(cat->json, "table");
    cat->event_column = mz_json_get_str(cat->json, "event_column");
    cat->time_column = mz_json_get_str(cat->json, "time_column");
    cat->user_column = mz_json_get_str(cat->json, "user_column");
    cat->rows = mz_json_get_int(cat->json, "rows", 0);
    cat->users = mz_json_get_int(cat->json, "users", 0);

    if (cat->table.len == 0 || cat->event_column.len == 0
        || cat->time_column.len == 0 || cat->user_column.len == 0)
    {
        return mz_fail(err, MZ_INVALID, "the catalog lacks table,"
                       " event_column, time_column or user_column");
    }

    rc = mz_catalog_read_time(cat->json, "first", &cat->first_ms, err);
    if (rc == MZ_OK) {
        rc = mz_catalog_read_time(cat->json, "last", &cat->last_ms, err);
    }

    if (rc == MZ_OK) {
        rc = mz_catalog_read_properties(cat, err);
    }

    return rc == MZ_OK ? mz_catalog_read_events(cat, err) : rc;
}


/* Absent or null is 0: a warehouse may be empty. */

static mz_rc_t
mz_catalog_read_time(const json_t *j, const char *key, int64_t *ms,
    mz_err_t *err)
{
    const json_t  *v;

    *ms = 0;
    v = json_object_get(j, key);

    if (v == NULL || json_is_null(v)) {
        return MZ_OK;
    }

    if (mz_time_parse(mz_json_str(v), ms) != MZ_OK) {
        return mz_fail(err, MZ_INVALID,
                       "\"%s\" in the catalog is not an RFC 3339 time", key);
    }

    return MZ_OK;
}


static mz_rc_t
mz_catalog_read_properties(mz_catalog_t *cat, mz_err_t *err)
{
    size_t         i, n;
    mz_rc_t        rc;
    const json_t  *list;

    rc = mz_catalog_list(cat->json, "properties", MZ_CATALOG_NAMES_MAX,
                         sizeof(mz_catalog_property_t),
                         (void **) &cat->properties, &list, err);
    if (rc != MZ_OK) {
        return rc;
    }

    n = json_array_size(list);

    for (i = 0; i < n; i++) {
        cat->nproperties++;
        rc = mz_catalog_read_property(json_array_get(list, i),
                                      &cat->properties[i], err);
        if (rc != MZ_OK) {
            return rc;
        }
    }

    if (n > 0) {
        qsort(cat->properties, n, sizeof(mz_catalog_property_t),
              mz_catalog_cmp_property);
    }

    for (i = 1; i < n && rc == MZ_OK; i++) {
        rc = mz_catalog_distinct(&cat->properties[i - 1].name,
                                 &cat->properties[i].name, "property", err);
    }

    return rc;
}


static mz_rc_t
mz_catalog_read_property(const json_t *j, mz_catalog_property_t *prop,
    mz_err_t *err)
{
    prop->name = mz_json_get_str(j, "name");
    prop->is_common = mz_json_get_bool(j, "common", false);
    prop->has_nulls = mz_json_get_bool(j, "nulls", true);
    prop->is_enum = mz_json_get_bool(j, "enum", false);

    if (prop->name.len == 0) {
        return mz_fail(err, MZ_INVALID,
                       "a property of the catalog has no name");
    }

    if (mz_dtype_parse(mz_json_get_str(j, "dtype"), &prop->dtype) != MZ_OK) {
        return mz_fail(err, MZ_INVALID, "the dtype of the catalog's property"
                       " \"%.*s\" is unknown", (int) prop->name.len,
                       prop->name.data);
    }

    return mz_catalog_read_values(json_object_get(j, "values"), prop, err);
}


static mz_rc_t
mz_catalog_read_values(const json_t *list, mz_catalog_property_t *prop,
    mz_err_t *err)
{
    size_t         i, n;
    const json_t  *pair, *value, *count;

    n = json_array_size(list);
    if (n > MZ_CATALOG_VALUES_MAX) {
        n = MZ_CATALOG_VALUES_MAX;
        prop->is_enum = false;
    }

    if (n == 0) {
        return MZ_OK;
    }

    prop->values = calloc(n, sizeof(mz_catalog_value_t));
    if (prop->values == NULL) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    for (i = 0; i < n; i++) {
        pair = json_array_get(list, i);
        value = json_array_get(pair, 0);
        count = json_array_get(pair, 1);

        if (!json_is_string(value) || !json_is_integer(count)) {
            return mz_fail(err, MZ_INVALID, "values of the catalog's property"
                           " \"%.*s\" are not [string, count] pairs",
                           (int) prop->name.len, prop->name.data);
        }

        prop->values[i].value = mz_json_str(value);
        prop->values[i].count = json_integer_value(count);
        prop->nvalues++;
    }

    return MZ_OK;
}


static mz_rc_t
mz_catalog_read_events(mz_catalog_t *cat, mz_err_t *err)
{
    size_t         i, n;
    mz_rc_t        rc;
    const json_t  *list;

    rc = mz_catalog_list(cat->json, "events", MZ_CATALOG_NAMES_MAX,
                         sizeof(mz_catalog_event_t), (void **) &cat->events,
                         &list, err);
    if (rc != MZ_OK) {
        return rc;
    }

    n = json_array_size(list);

    for (i = 0; i < n; i++) {
        cat->nevents++;
        rc = mz_catalog_read_event(cat, json_array_get(list, i),
                                   &cat->events[i], err);
        if (rc != MZ_OK) {
            return rc;
        }
    }

    if (n > 0) {
        qsort(cat->events, n, sizeof(mz_catalog_event_t),
              mz_catalog_cmp_event);
    }

    for (i = 1; i < n && rc == MZ_OK; i++) {
        rc = mz_catalog_distinct(&cat->events[i - 1].name,
                                 &cat->events[i].name, "event", err);
    }

    return rc;
}


static mz_rc_t
mz_catalog_read_event(const mz_catalog_t *cat, const json_t *j,
    mz_catalog_event_t *event, mz_err_t *err)
{
    size_t                        i;
    mz_rc_t                       rc;
    mz_str_t                      name;
    const json_t                 *list;
    const mz_catalog_property_t  *prop;

    event->name = mz_json_get_str(j, "name");
    event->count = mz_json_get_int(j, "count", 0);
    event->users = mz_json_get_int(j, "users", 0);

    if (event->name.len == 0) {
        return mz_fail(err, MZ_INVALID, "an event of the catalog has no name");
    }

    rc = mz_catalog_read_time(j, "first", &event->first_ms, err);
    if (rc == MZ_OK) {
        rc = mz_catalog_read_time(j, "last", &event->last_ms, err);
    }

    if (rc == MZ_OK) {
        rc = mz_catalog_list(j, "properties", MZ_CATALOG_NAMES_MAX,
                             sizeof(size_t), (void **) &event->properties,
                             &list, err);
    }

    if (rc != MZ_OK) {
        return rc;
    }

    for (i = 0; i < json_array_size(list); i++) {
        name = mz_json_str(json_array_get(list, i));
        prop = mz_catalog_property(cat, name);

        if (prop == NULL) {
            return mz_fail(err, MZ_INVALID, "the catalog's event \"%.*s\" has"
                           " the unknown property \"%.*s\"",
                           (int) event->name.len, event->name.data,
                           (int) name.len, name.len > 0 ? name.data : "");
        }

        event->properties[event->nproperties++] =
            (size_t) (prop - cat->properties);
    }

    return MZ_OK;
}


/* Room for the members of a list; an absent list is empty. */

static mz_rc_t
mz_catalog_list(const json_t *obj, const char *key, size_t max, size_t size,
    void **items, const json_t **list, mz_err_t *err)
{
    size_t  n;

    *list = json_object_get(obj, key);
    n = json_array_size(*list);

    if (n > max) {
        return mz_fail(err, MZ_LIMIT, "the catalog has more than %zu %s",
                       max, key);
    }

    *items = calloc(n + 1, size);
    if (*items == NULL) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    return MZ_OK;
}


static mz_rc_t
mz_catalog_distinct(const mz_str_t *a, const mz_str_t *b, const char *what,
    mz_err_t *err)
{
    if (mz_str_eq(*a, *b)) {
        return mz_fail(err, MZ_INVALID, "the catalog has the %s \"%.*s\""
                       " twice", what, (int) a->len, a->data);
    }

    return MZ_OK;
}


static int
mz_catalog_cmp_property(const void *a, const void *b)
{
    const mz_catalog_property_t  *x, *y;

    x = a;
    y = b;

    return mz_str_cmp(x->name, y->name);
}


static int
mz_catalog_cmp_event(const void *a, const void *b)
{
    const mz_catalog_event_t  *x, *y;

    x = a;
    y = b;

    return mz_str_cmp(x->name, y->name);
}
