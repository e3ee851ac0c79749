
#include "agent/warehouse/catalog_scan.h"
#include "base/mz_str.h"
#include "base/mz_time.h"


#define MZ_SCAN_VALUE_MAX    200        /* bytes of a value worth a list */
#define MZ_SCAN_REPEATS      10         /* per cent: see mz_scan_values() */

/* Columns of the statement about events, before one for each property. */
enum {
    MZ_SCAN_NAME,
    MZ_SCAN_COUNT,
    MZ_SCAN_USERS,
    MZ_SCAN_FIRST,
    MZ_SCAN_LAST,
    MZ_SCAN_PROPERTIES
};

static mz_rc_t mz_scan_run(mz_scan_t *s, const mz_catalog_roles_t *roles,
    mz_err_t *err);
static mz_rc_t mz_scan_total(mz_scan_t *s, mz_err_t *err);
static mz_rc_t mz_scan_events(mz_scan_t *s, mz_err_t *err);
static void mz_scan_counts(mz_scan_t *s, const mz_rset_t *rs);
static json_t *mz_scan_event(const mz_scan_t *s, const mz_rset_t *rs,
    size_t row);
static mz_rc_t mz_scan_properties(mz_scan_t *s, mz_err_t *err);
static mz_rc_t mz_scan_property(mz_scan_t *s, const mz_scan_property_t *p,
    json_t *list, mz_err_t *err);
static mz_rc_t mz_scan_values(mz_scan_t *s, const mz_scan_property_t *p,
    json_t *values, bool *is_enum, mz_err_t *err);
static json_t *mz_scan_time(const mz_rset_t *rs, size_t row, size_t col);
static json_t *mz_scan_int(const mz_rset_t *rs, size_t row, size_t col);
static void mz_scan_ident(mz_buf_t *b, mz_str_t name);


mz_rc_t
mz_catalog_scan(mz_warehouse_t *wh, const mz_catalog_roles_t *roles,
    json_t **out, mz_err_t *err)
{
    mz_rc_t                    rc;
    mz_scan_t                  s;
    static mz_catalog_roles_t  none;

    *out = NULL;
    memset(&s, 0, sizeof(s));
    s.wh = wh;

    rc = mz_scan_run(&s, roles != NULL ? roles : &none, err);

    mz_rset_free(s.columns);
    free(s.properties);

    if (rc != MZ_OK) {
        json_decref(s.json);
        return rc;
    }

    *out = s.json;

    return MZ_OK;
}


static mz_rc_t
mz_scan_run(mz_scan_t *s, const mz_catalog_roles_t *roles, mz_err_t *err)
{
    mz_rc_t  rc;

    rc = mz_scan_find(s, roles, err);
    if (rc != MZ_OK) {
        return rc;
    }

    s->json = json_object();

    if (mz_json_set(s->json, "version", json_integer(1)) != MZ_OK
        || mz_json_set_str(s->json, "table", s->table) != MZ_OK
        || mz_json_set_str(s->json, "event_column", s->event) != MZ_OK
        || mz_json_set_str(s->json, "time_column", s->time) != MZ_OK
        || mz_json_set_str(s->json, "user_column", s->user) != MZ_OK)
    {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    rc = mz_scan_total(s, err);

    if (rc == MZ_OK) {
        rc = mz_scan_events(s, err);
    }

    if (rc == MZ_OK) {
        rc = mz_scan_properties(s, err);
    }

    return rc;
}


static mz_rc_t
mz_scan_total(mz_scan_t *s, mz_err_t *err)
{
    mz_rc_t     rc;
    mz_buf_t    sql;
    mz_rset_t  *rs;

    mz_buf_init(&sql, MZ_SCAN_SQL_MAX);
    mz_buf_add_c(&sql, "SELECT count(*), count(DISTINCT ");
    mz_scan_ident(&sql, s->user);
    mz_buf_add_c(&sql, "), CAST(min(");
    mz_scan_ident(&sql, s->time);
    mz_buf_add_c(&sql, ") AS TIMESTAMP), CAST(max(");
    mz_scan_ident(&sql, s->time);
    mz_buf_add_c(&sql, ") AS TIMESTAMP) FROM ");
    mz_scan_ident(&sql, s->table);

    rc = mz_scan_query(s, &sql, &rs, err);
    if (rc != MZ_OK) {
        return rc;
    }

    if (mz_json_set(s->json, "rows", mz_scan_int(rs, 0, 0)) != MZ_OK
        || mz_json_set(s->json, "users", mz_scan_int(rs, 0, 1)) != MZ_OK
        || mz_json_set(s->json, "first", mz_scan_time(rs, 0, 2)) != MZ_OK
        || mz_json_set(s->json, "last", mz_scan_time(rs, 0, 3)) != MZ_OK)
    {
        rc = mz_fail(err, MZ_NOMEM, "out of memory");
    }

    mz_rset_free(rs);

    return rc;
}


/* One pass for all events and all properties they have. */

static mz_rc_t
mz_scan_events(mz_scan_t *s, mz_err_t *err)
{
    size_t      i;
    mz_rc_t     rc;
    json_t     *list;
    mz_buf_t    sql;
    mz_rset_t  *rs;

    mz_buf_init(&sql, MZ_SCAN_SQL_MAX);
    mz_buf_add_c(&sql, "SELECT CAST(");
    mz_scan_ident(&sql, s->event);
    mz_buf_add_c(&sql, " AS VARCHAR), count(*), count(DISTINCT ");
    mz_scan_ident(&sql, s->user);
    mz_buf_add_c(&sql, "), CAST(min(");
    mz_scan_ident(&sql, s->time);
    mz_buf_add_c(&sql, ") AS TIMESTAMP), CAST(max(");
    mz_scan_ident(&sql, s->time);
    mz_buf_add_c(&sql, ") AS TIMESTAMP)");

    for (i = 0; i < s->nproperties; i++) {
        mz_buf_add_c(&sql, ", count(");
        mz_scan_ident(&sql, s->properties[i].name);
        mz_buf_add_c(&sql, ")");
    }

    mz_buf_add_c(&sql, " FROM ");
    mz_scan_ident(&sql, s->table);
    mz_buf_add_c(&sql, " WHERE ");
    mz_scan_ident(&sql, s->event);
    mz_buf_add_c(&sql, " IS NOT NULL GROUP BY 1 ORDER BY 1");

    rc = mz_scan_query(s, &sql, &rs, err);
    if (rc != MZ_OK) {
        return rc;
    }

    mz_scan_counts(s, rs);

    list = json_array();
    for (i = 0; i < mz_rset_rows(rs); i++) {
        if (json_array_append_new(list, mz_scan_event(s, rs, i)) != 0) {
            json_decref(list);
            list = NULL;
            break;
        }
    }

    mz_rset_free(rs);

    if (mz_json_set(s->json, "events", list) != MZ_OK) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    return MZ_OK;
}


static void
mz_scan_counts(mz_scan_t *s, const mz_rset_t *rs)
{
    size_t               row, i;
    mz_value_t           rows, n;
    mz_scan_property_t  *p;

    for (i = 0; i < s->nproperties; i++) {
        p = &s->properties[i];
        p->is_common = mz_rset_rows(rs) > 0;

        for (row = 0; row < mz_rset_rows(rs); row++) {
            mz_rset_get(rs, row, MZ_SCAN_COUNT, &rows);
            mz_rset_get(rs, row, MZ_SCAN_PROPERTIES + i, &n);

            p->count += n.i;
            p->is_common &= n.i > 0;
            p->has_nulls |= n.i > 0 && n.i < rows.i;
        }
    }
}


/* NULL when out of memory. */

static json_t *
mz_scan_event(const mz_scan_t *s, const mz_rset_t *rs, size_t row)
{
    size_t                     i;
    json_t                    *j, *own;
    mz_value_t                 n;
    const mz_scan_property_t  *p;

    own = json_array();

    for (i = 0; i < s->nproperties; i++) {
        p = &s->properties[i];
        mz_rset_get(rs, row, MZ_SCAN_PROPERTIES + i, &n);

        if (n.i > 0 && !p->is_common
            && json_array_append_new(own, mz_json_str_new(p->name)) != 0)
        {
            json_decref(own);
            return NULL;
        }
    }

    j = json_object();

    if (mz_json_set_str(j, "name", mz_scan_str(rs, row, MZ_SCAN_NAME))
           != MZ_OK
        || mz_json_set(j, "count", mz_scan_int(rs, row, MZ_SCAN_COUNT))
           != MZ_OK
        || mz_json_set(j, "users", mz_scan_int(rs, row, MZ_SCAN_USERS))
           != MZ_OK
        || mz_json_set(j, "first", mz_scan_time(rs, row, MZ_SCAN_FIRST))
           != MZ_OK
        || mz_json_set(j, "last", mz_scan_time(rs, row, MZ_SCAN_LAST))
           != MZ_OK)
    {
        json_decref(own);
        json_decref(j);
        return NULL;
    }

    if (mz_json_set(j, "properties", own) != MZ_OK) {
        json_decref(j);
        return NULL;
    }

    return j;
}


static mz_rc_t
mz_scan_properties(mz_scan_t *s, mz_err_t *err)
{
    size_t   i;
    mz_rc_t  rc;
    json_t  *list;

    list = json_array();
    if (list == NULL) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    for (i = 0; i < s->nproperties; i++) {
        if (s->properties[i].count == 0) {
            continue;
        }

        rc = mz_scan_property(s, &s->properties[i], list, err);
        if (rc != MZ_OK) {
            json_decref(list);
            return rc;
        }
    }

    if (mz_json_set(s->json, "properties", list) != MZ_OK) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    return MZ_OK;
}


static mz_rc_t
mz_scan_property(mz_scan_t *s, const mz_scan_property_t *p, json_t *list,
    mz_err_t *err)
{
    bool      is_enum;
    mz_rc_t   rc;
    json_t   *j, *values;
    mz_str_t  dtype;

    is_enum = false;
    values = json_array();
    dtype = mz_str_from(mz_dtype_name(p->dtype));

    if (p->dtype == MZ_DTYPE_STRING || p->dtype == MZ_DTYPE_BOOL) {
        rc = mz_scan_values(s, p, values, &is_enum, err);
        if (rc != MZ_OK) {
            json_decref(values);
            return rc;
        }
    }

    j = json_object();

    if (mz_json_set(j, "values", values) != MZ_OK
        || mz_json_set_str(j, "name", p->name) != MZ_OK
        || mz_json_set_str(j, "dtype", dtype) != MZ_OK
        || mz_json_set(j, "common", json_boolean(p->is_common)) != MZ_OK
        || mz_json_set(j, "nulls", json_boolean(p->has_nulls)) != MZ_OK
        || mz_json_set(j, "enum", json_boolean(is_enum)) != MZ_OK)
    {
        json_decref(j);
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    if (json_array_append_new(list, j) != 0) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    return MZ_OK;
}


/*
 * The most frequent values.  When even those are a small part of all, the
 * property names things (orders, sessions): a list of them helps nobody.
 */

static mz_rc_t
mz_scan_values(mz_scan_t *s, const mz_scan_property_t *p, json_t *values,
    bool *is_enum, mz_err_t *err)
{
    size_t      i, n;
    int64_t     listed;
    mz_rc_t     rc;
    json_t     *pair;
    mz_buf_t    sql;
    mz_str_t    text;
    mz_rset_t  *rs;

    mz_buf_init(&sql, MZ_SCAN_SQL_MAX);
    mz_buf_add_c(&sql, "SELECT CAST(");
    mz_scan_ident(&sql, p->name);
    mz_buf_add_c(&sql, " AS VARCHAR), count(*) FROM ");
    mz_scan_ident(&sql, s->table);
    mz_buf_add_c(&sql, " WHERE ");
    mz_scan_ident(&sql, p->name);
    mz_buf_addf(&sql, " IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %d",
                MZ_CATALOG_VALUES_MAX + 1);

    rc = mz_scan_query(s, &sql, &rs, err);
    if (rc != MZ_OK) {
        return rc;
    }

    n = mz_rset_rows(rs);
    *is_enum = n <= MZ_CATALOG_VALUES_MAX;
    listed = 0;

    for (i = 0; i < n && i < MZ_CATALOG_VALUES_MAX; i++) {
        text = mz_scan_str(rs, i, 0);
        listed += (int64_t) mz_rset_number(rs, i, 1);

        if (text.len > MZ_SCAN_VALUE_MAX) {
            *is_enum = false;
            continue;
        }

        pair = json_array();
        if (json_array_append_new(pair, mz_json_str_new(text)) != 0
            || json_array_append_new(pair, mz_scan_int(rs, i, 1)) != 0
            || json_array_append(values, pair) != 0)
        {
            rc = mz_fail(err, MZ_NOMEM, "out of memory");
        }

        json_decref(pair);

        if (rc != MZ_OK) {
            break;
        }
    }

    if (n > MZ_CATALOG_VALUES_MAX
        && listed < p->count / 100 * MZ_SCAN_REPEATS)
    {
        json_array_clear(values);
    }

    mz_rset_free(rs);

    return rc;
}


static json_t *
mz_scan_time(const mz_rset_t *rs, size_t row, size_t col)
{
    json_t      *j;
    mz_buf_t     b;
    mz_value_t   v;

    mz_rset_get(rs, row, col, &v);
    if (v.is_null) {
        return json_null();
    }

    mz_buf_init(&b, 0);
    mz_time_rfc3339(&b, v.i / 1000 - (v.i % 1000 < 0));
    j = b.rc == MZ_OK ? mz_json_str_new(mz_buf_view(&b)) : NULL;
    mz_buf_free(&b);

    return j;
}


static json_t *
mz_scan_int(const mz_rset_t *rs, size_t row, size_t col)
{
    mz_value_t  v;

    mz_rset_get(rs, row, col, &v);

    return json_integer(v.i);
}


mz_str_t
mz_scan_str(const mz_rset_t *rs, size_t row, size_t col)
{
    mz_value_t  v;

    mz_rset_get(rs, row, col, &v);

    return v.is_null ? mz_null_str : v.s;
}


static void
mz_scan_ident(mz_buf_t *b, mz_str_t name)
{
    size_t  i;

    mz_buf_add_char(b, '"');

    for (i = 0; i < name.len; i++) {
        if (name.data[i] == '"') {
            mz_buf_add_char(b, '"');
        }

        mz_buf_add_char(b, name.data[i]);
    }

    mz_buf_add_char(b, '"');
}


mz_rc_t
mz_scan_query(mz_scan_t *s, mz_buf_t *sql, mz_rset_t **out, mz_err_t *err)
{
    mz_rc_t         rc;
    mz_statement_t  st;

    *out = NULL;
    memset(&st, 0, sizeof(st));
    (void) mz_buf_cstr(sql);
    st.sql = *sql;
    st.what = "Scanning the warehouse";

    rc = sql->rc == MZ_OK ? s->wh->ops->query(s->wh, &st, out, err)
                          : mz_fail(err, sql->rc, "out of memory");
    mz_buf_free(sql);

    if (rc == MZ_OK && mz_rset_is_truncated(*out)) {
        mz_rset_free(*out);
        *out = NULL;
        rc = mz_fail(err, MZ_LIMIT, "the warehouse has more tables or event "
                     "names than the row limit allows");
    }

    return rc;
}
