
#include <math.h>

#include "analysis/look.h"
#include "analysis/shape.h"
#include "analysis/spec_read.h"
#include "base/mz_str.h"


#define MZ_DISCOVERY_NAMES_MAX     50
#define MZ_DISCOVERY_EXAMPLES_MAX  5

typedef struct {
    const char  *name;
    mz_dtype_t   dtype;
} mz_discovery_column_t;


static mz_rc_t mz_discovery_columns(mz_shape_t *s,
    const mz_discovery_column_t *columns, size_t n);
static mz_rc_t mz_discovery_events(mz_shape_t *s);
static mz_rc_t mz_discovery_event_row(mz_shape_t *s,
    const mz_catalog_event_t *e);
static int mz_discovery_cmp_events(const void *a, const void *b);
static mz_rc_t mz_discovery_properties(mz_shape_t *s);
static bool mz_discovery_is_shown(const mz_spec_t *spec,
    const mz_catalog_property_t *p);
static mz_rc_t mz_discovery_property_row(mz_shape_t *s,
    const mz_catalog_property_t *p);
static mz_rc_t mz_discovery_describe(mz_shape_t *s);
static mz_rc_t mz_discovery_own(mz_shape_t *s, const mz_catalog_event_t *e);
static mz_rc_t mz_discovery_values(mz_shape_t *s);
static mz_rc_t mz_discovery_value(mz_shape_t *s, json_t *list,
    const mz_value_t *row, mz_dtype_t dtype);
static mz_rc_t mz_discovery_catalog_values(mz_shape_t *s, json_t *list);
static mz_rc_t mz_discovery_range(mz_shape_t *s);
static mz_rc_t mz_discovery_name(mz_shape_t *s, mz_str_t name);
static mz_rc_t mz_discovery_span(mz_shape_t *s, int64_t first_ms,
    int64_t last_ms);
static mz_value_t mz_discovery_time(int64_t ms);


mz_rc_t
mz_shape_discovery(mz_shape_t *s)
{
    mz_rc_t                     rc;
    const mz_spec_discovery_t  *d;
    static mz_rc_t (*const      whats[])(mz_shape_t *s) = {
        mz_discovery_events,
        mz_discovery_properties,
        mz_discovery_values,
        mz_discovery_describe,
        mz_discovery_range,
        mz_discovery_events
    };

    d = &s->spec->u.disc;

    rc = mz_shape_set(s, s->facts, "what", json_string(mz_read_whats[d->what]));

    if (rc == MZ_OK && d->event.data != NULL) {
        rc = mz_shape_set(s, s->facts, "event", mz_json_str_new(d->event));
    }

    if (rc == MZ_OK && d->column.name.data != NULL) {
        rc = mz_shape_set(s, s->facts, "property",
                          mz_json_str_new(d->column.name));
    }

    if (rc == MZ_OK) {
        rc = whats[d->what](s);
    }

    if (rc == MZ_OK && json_object_get(s->facts, "count") == NULL) {
        rc = mz_shape_set(s, s->facts, "count",
                 json_integer((json_int_t) mz_rset_rows(s->table)));
    }

    return rc;
}


static mz_rc_t
mz_discovery_columns(mz_shape_t *s, const mz_discovery_column_t *columns,
    size_t n)
{
    size_t   i;
    mz_rc_t  rc;

    rc = MZ_OK;

    for (i = 0; i < n && rc == MZ_OK; i++) {
        rc = mz_shape_column(s, columns[i].name, columns[i].dtype);
    }

    return rc;
}


/* All events or the hits of a search, the most frequent first. */

static mz_rc_t
mz_discovery_events(mz_shape_t *s)
{
    size_t                              i, n;
    mz_rc_t                             rc;
    const mz_catalog_t                 *cat;
    const mz_spec_discovery_t          *d;
    const mz_catalog_event_t          **list;
    static const mz_discovery_column_t  columns[] = {
        { "event", MZ_DTYPE_STRING }, { "events", MZ_DTYPE_INT64 },
        { "users", MZ_DTYPE_INT64 }, { "first", MZ_DTYPE_TIMESTAMP },
        { "last", MZ_DTYPE_TIMESTAMP }, { "properties", MZ_DTYPE_INT64 }
    };

    cat = s->spec->cat;
    d = &s->spec->u.disc;

    list = calloc(cat->nevents + d->nhits + 1, sizeof(list[0]));
    if (list == NULL) {
        return mz_fail(s->err, MZ_NOMEM, "out of memory");
    }

    n = d->what == MZ_WHAT_SEARCH ? d->nhits : cat->nevents;

    for (i = 0; i < n; i++) {
        list[i] = d->what == MZ_WHAT_SEARCH
                  ? mz_catalog_event(cat, d->hits[i]) : &cat->events[i];
    }

    if (n > 0) {
        qsort(list, n, sizeof(list[0]), mz_discovery_cmp_events);
    }

    rc = mz_discovery_columns(s, columns, MZ_ARRAY_LEN(columns));
    if (rc == MZ_OK) {
        rc = mz_shape_set(s, s->facts, "names", json_array());
    }

    for (i = 0; i < n && rc == MZ_OK; i++) {
        rc = mz_discovery_event_row(s, list[i]);
        if (rc == MZ_OK) {
            rc = mz_discovery_name(s, list[i]->name);
        }
    }

    free(list);

    return rc;
}


static mz_rc_t
mz_discovery_event_row(mz_shape_t *s, const mz_catalog_event_t *e)
{
    mz_value_t  row[6];

    row[0] = mz_shape_text(e->name);
    row[1] = mz_shape_value((double) e->count);
    row[2] = mz_shape_value((double) e->users);
    row[3] = mz_discovery_time(e->first_ms);
    row[4] = mz_discovery_time(e->last_ms);
    row[5] = mz_shape_value((double) e->nproperties);

    return mz_shape_row(s, row);
}


static int
mz_discovery_cmp_events(const void *a, const void *b)
{
    const mz_catalog_event_t  *x, *y;

    x = *(const mz_catalog_event_t *const *) a;
    y = *(const mz_catalog_event_t *const *) b;

    if (x->count != y->count) {
        return x->count > y->count ? -1 : 1;
    }

    return mz_str_cmp(x->name, y->name);
}


/* Own properties of the event first, then the common ones. */

static mz_rc_t
mz_discovery_properties(mz_shape_t *s)
{
    size_t                              i, pass;
    mz_rc_t                             rc;
    const mz_catalog_property_t        *p;
    static const mz_discovery_column_t  columns[] = {
        { "property", MZ_DTYPE_STRING }, { "dtype", MZ_DTYPE_STRING },
        { "common", MZ_DTYPE_BOOL }, { "nulls", MZ_DTYPE_BOOL },
        { "values", MZ_DTYPE_INT64 }, { "examples", MZ_DTYPE_STRING }
    };

    rc = mz_discovery_columns(s, columns, MZ_ARRAY_LEN(columns));
    if (rc == MZ_OK) {
        rc = mz_shape_set(s, s->facts, "names", json_array());
    }

    for (pass = 0; pass < 2; pass++) {
        for (i = 0; i < s->spec->cat->nproperties && rc == MZ_OK; i++) {
            p = &s->spec->cat->properties[i];

            if (p->is_common != (pass == 1)
                || !mz_discovery_is_shown(s->spec, p))
            {
                continue;
            }

            rc = mz_discovery_property_row(s, p);
            if (rc == MZ_OK) {
                rc = mz_discovery_name(s, p->name);
            }
        }
    }

    return rc;
}


static bool
mz_discovery_is_shown(const mz_spec_t *spec, const mz_catalog_property_t *p)
{
    const mz_spec_discovery_t  *d;

    d = &spec->u.disc;

    if (d->column.name.data != NULL) {
        return p == d->column.property;
    }

    return d->event.data == NULL
           || mz_catalog_event_has(spec->cat, d->event, p->name);
}


static mz_rc_t
mz_discovery_property_row(mz_shape_t *s, const mz_catalog_property_t *p)
{
    size_t      i;
    mz_rc_t     rc;
    mz_buf_t    examples;
    mz_value_t  row[6];

    mz_buf_init(&examples, 0);

    for (i = 0; i < p->nvalues && i < MZ_DISCOVERY_EXAMPLES_MAX; i++) {
        mz_buf_add_c(&examples, i == 0 ? "" : ", ");
        mz_buf_add_str(&examples, p->values[i].value);
    }

    row[0] = mz_shape_text(p->name);
    row[1] = mz_shape_text(mz_str_from(mz_dtype_name(p->dtype)));
    row[2] = mz_shape_value(p->is_common);
    row[3] = mz_shape_value(p->has_nulls);
    row[4] = mz_shape_value((double) p->nvalues);
    row[4].is_null = !p->is_enum;
    row[5] = mz_shape_text(mz_buf_view(&examples));
    row[5].is_null = p->nvalues == 0;

    rc = mz_shape_row(s, row);
    mz_buf_free(&examples);

    return rc;
}


static mz_rc_t
mz_discovery_describe(mz_shape_t *s)
{
    double                        days;
    mz_rc_t                       rc;
    const mz_catalog_event_t     *e;
    const mz_catalog_property_t  *p;

    rc = mz_discovery_properties(s);
    p = s->spec->u.disc.column.property;

    if (rc == MZ_OK && p != NULL) {
        rc = mz_shape_set(s, s->facts, "dtype",
                          json_string(mz_dtype_name(p->dtype)));
    }

    e = mz_catalog_event(s->spec->cat, s->spec->u.disc.event);

    if (rc != MZ_OK || e == NULL) {
        return rc;
    }

    days = (double) (mz_time_floor(e->last_ms, MZ_UNIT_DAY)
                     - mz_time_floor(e->first_ms, MZ_UNIT_DAY)) / MZ_DAY_MS
           + 1;

    rc = mz_shape_set(s, s->facts, "events",
                      mz_shape_json((double) e->count));
    if (rc == MZ_OK) {
        rc = mz_shape_set(s, s->facts, "users",
                          mz_shape_json((double) e->users));
    }

    if (rc == MZ_OK) {
        rc = mz_discovery_span(s, e->first_ms, e->last_ms);
    }

    if (rc == MZ_OK) {
        rc = mz_shape_set(s, s->facts, "per_day",
                 mz_shape_json(mz_shape_round((double) e->count / days)));
    }

    if (rc == MZ_OK) {
        rc = mz_shape_set(s, s->facts, "share",
                 mz_shape_json(mz_shape_ratio((double) e->count,
                                              (double) s->spec->cat->rows)));
    }

    return rc == MZ_OK ? mz_discovery_own(s, e) : rc;
}


static mz_rc_t
mz_discovery_own(mz_shape_t *s, const mz_catalog_event_t *e)
{
    size_t    i;
    json_t   *list;
    mz_str_t  name;

    list = json_array();

    for (i = 0; i < e->nproperties; i++) {
        name = s->spec->cat->properties[e->properties[i]].name;

        if (json_array_append_new(list, mz_json_str_new(name)) != 0) {
            json_decref(list);
            return mz_fail(s->err, MZ_NOMEM, "out of memory");
        }
    }

    return mz_shape_set(s, s->facts, "properties", list);
}


static mz_rc_t
mz_discovery_values(mz_shape_t *s)
{
    bool                        has_users;
    size_t                      row, n, cols[3];
    json_t                     *list;
    mz_rc_t                     rc;
    mz_value_t                  v[3];
    const mz_rset_t            *rs;
    const mz_spec_discovery_t  *d;

    d = &s->spec->u.disc;
    has_users = d->event.data != NULL;

    rc = mz_shape_column(s, "value", d->column.dtype);
    if (rc == MZ_OK) {
        rc = mz_shape_column(s, "events", MZ_DTYPE_INT64);
    }

    if (rc == MZ_OK && has_users) {
        rc = mz_shape_column(s, "users", MZ_DTYPE_INT64);
    }

    list = json_array();

    if (rc == MZ_OK && !mz_look_needs_sql(s->spec)) {
        rc = mz_discovery_catalog_values(s, list);

    } else if (rc == MZ_OK && s->nrows != 1) {
        rc = mz_fail(s->err, MZ_INTERNAL, "%zu results for 1 statement",
                     s->nrows);

    } else if (rc == MZ_OK) {
        rs = s->rows[0];
        cols[0] = mz_shape_col(s, rs, "v");
        cols[1] = mz_shape_col(s, rs, "n");
        cols[2] = mz_shape_col(s, rs, "users");
        rc = cols[0] == SIZE_MAX || cols[1] == SIZE_MAX
             || cols[2] == SIZE_MAX ? MZ_INTERNAL : MZ_OK;

        /* One more than are kept was asked for, to know of the rest. */

        n = mz_rset_rows(rs);
        s->is_truncated |= n > MZ_CATALOG_VALUES_MAX;
        n = n < MZ_CATALOG_VALUES_MAX ? n : MZ_CATALOG_VALUES_MAX;

        for (row = 0; row < n && rc == MZ_OK; row++) {
            mz_rset_get(rs, row, cols[0], &v[0]);
            mz_rset_get(rs, row, cols[1], &v[1]);
            mz_rset_get(rs, row, cols[2], &v[2]);
            rc = mz_discovery_value(s, list, v, d->column.dtype);
        }
    }

    if (rc != MZ_OK) {
        json_decref(list);
        return rc;
    }

    rc = mz_shape_set(s, s->facts, "values", list);
    if (rc == MZ_OK) {
        rc = mz_shape_set(s, s->facts, "complete",
                          json_boolean(!s->is_truncated));
    }

    return rc == MZ_OK ? mz_shape_set(s, s->facts, "dtype",
                             json_string(mz_dtype_name(d->column.dtype)))
                       : rc;
}


static mz_rc_t
mz_discovery_value(mz_shape_t *s, json_t *list, const mz_value_t *row,
    mz_dtype_t dtype)
{
    json_t  *obj;

    if (json_array_size(list) < MZ_DISCOVERY_NAMES_MAX) {
        obj = json_pack("{s:o, s:I}", "value", mz_value_to_json(dtype, row),
                        "events", (json_int_t) row[1].i);

        if (obj == NULL || json_array_append_new(list, obj) != 0) {
            return mz_fail(s->err, MZ_NOMEM, "out of memory");
        }
    }

    return mz_shape_row(s, row);
}


static mz_rc_t
mz_discovery_catalog_values(mz_shape_t *s, json_t *list)
{
    size_t                        i;
    mz_rc_t                       rc;
    mz_value_t                    row[2];
    const mz_catalog_property_t  *p;

    p = s->spec->u.disc.column.property;
    rc = MZ_OK;

    for (i = 0; i < p->nvalues && rc == MZ_OK; i++) {
        row[0] = mz_shape_text(p->values[i].value);
        row[1] = mz_shape_value((double) p->values[i].count);
        rc = mz_discovery_value(s, list, row, MZ_DTYPE_STRING);
    }

    return rc;
}


static mz_rc_t
mz_discovery_range(mz_shape_t *s)
{
    size_t                              i;
    mz_rc_t                             rc;
    mz_value_t                          row[5];
    const mz_catalog_t                 *cat;
    static const char *const            keys[] = {
        "events", "users", "kinds"
    };
    static const mz_discovery_column_t  columns[] = {
        { "first", MZ_DTYPE_TIMESTAMP }, { "last", MZ_DTYPE_TIMESTAMP },
        { "events", MZ_DTYPE_INT64 }, { "users", MZ_DTYPE_INT64 },
        { "kinds", MZ_DTYPE_INT64 }
    };

    cat = s->spec->cat;
    row[0] = mz_discovery_time(cat->first_ms);
    row[1] = mz_discovery_time(cat->last_ms);
    row[2] = mz_shape_value((double) cat->rows);
    row[3] = mz_shape_value((double) cat->users);
    row[4] = mz_shape_value((double) cat->nevents);

    rc = mz_discovery_columns(s, columns, MZ_ARRAY_LEN(columns));
    if (rc == MZ_OK) {
        rc = mz_shape_row(s, row);
    }

    for (i = 0; i < MZ_ARRAY_LEN(keys) && rc == MZ_OK; i++) {
        rc = mz_shape_set(s, s->facts, keys[i], mz_shape_json(row[i + 2].d));
    }

    return rc == MZ_OK ? mz_discovery_span(s, cat->first_ms, cat->last_ms)
                       : rc;
}


static mz_rc_t
mz_discovery_name(mz_shape_t *s, mz_str_t name)
{
    json_t  *list;

    list = json_object_get(s->facts, "names");

    if (json_array_size(list) >= MZ_DISCOVERY_NAMES_MAX) {
        return MZ_OK;
    }

    if (json_array_append_new(list, mz_json_str_new(name)) != 0) {
        return mz_fail(s->err, MZ_NOMEM, "out of memory");
    }

    return MZ_OK;
}


static mz_rc_t
mz_discovery_span(mz_shape_t *s, int64_t first_ms, int64_t last_ms)
{
    mz_rc_t  rc;

    rc = mz_shape_set(s, s->facts, "first", mz_shape_json_time(first_ms));

    return rc == MZ_OK ? mz_shape_set(s, s->facts, "last",
                                      mz_shape_json_time(last_ms)) : rc;
}


static mz_value_t
mz_discovery_time(int64_t ms)
{
    mz_value_t  v;

    memset(&v, 0, sizeof(mz_value_t));
    v.i = ms * 1000;

    return v;
}
