
#include "agent/warehouse/catalog_scan.h"
#include "base/mz_str.h"


#define MZ_SCAN_COLUMNS_MAX  1000       /* of the events table */

typedef struct {
    const char  *sql;           /* without precision */
    mz_dtype_t   dtype;
} mz_scan_type_t;

/* As DuckDB and PostgreSQL spell them. */
static const mz_scan_type_t  mz_scan_types[] = {
    { "VARCHAR",                     MZ_DTYPE_STRING },
    { "CHARACTER VARYING",           MZ_DTYPE_STRING },
    { "TEXT",                        MZ_DTYPE_STRING },
    { "ENUM",                        MZ_DTYPE_STRING },
    { "UUID",                        MZ_DTYPE_STRING },
    { "TINYINT",                     MZ_DTYPE_INT64 },
    { "SMALLINT",                    MZ_DTYPE_INT64 },
    { "INTEGER",                     MZ_DTYPE_INT64 },
    { "BIGINT",                      MZ_DTYPE_INT64 },
    { "HUGEINT",                     MZ_DTYPE_INT64 },
    { "UTINYINT",                    MZ_DTYPE_INT64 },
    { "USMALLINT",                   MZ_DTYPE_INT64 },
    { "UINTEGER",                    MZ_DTYPE_INT64 },
    { "UBIGINT",                     MZ_DTYPE_INT64 },
    { "FLOAT",                       MZ_DTYPE_FLOAT64 },
    { "REAL",                        MZ_DTYPE_FLOAT64 },
    { "DOUBLE",                      MZ_DTYPE_FLOAT64 },
    { "DOUBLE PRECISION",            MZ_DTYPE_FLOAT64 },
    { "DECIMAL",                     MZ_DTYPE_FLOAT64 },
    { "NUMERIC",                     MZ_DTYPE_FLOAT64 },
    { "BOOLEAN",                     MZ_DTYPE_BOOL },
    { "TIMESTAMP",                   MZ_DTYPE_TIMESTAMP },
    { "TIMESTAMP_S",                 MZ_DTYPE_TIMESTAMP },
    { "TIMESTAMP_MS",                MZ_DTYPE_TIMESTAMP },
    { "TIMESTAMP_NS",                MZ_DTYPE_TIMESTAMP },
    { "TIMESTAMP WITH TIME ZONE",    MZ_DTYPE_TIMESTAMP },
    { "TIMESTAMP WITHOUT TIME ZONE", MZ_DTYPE_TIMESTAMP },
    { "DATE",                        MZ_DTYPE_DATE },
};

static size_t mz_scan_table_end(const mz_scan_t *s, size_t from);
static size_t mz_scan_column(const mz_scan_t *s, size_t from, size_t to,
    mz_str_t name);
static mz_rc_t mz_scan_no_table(const mz_scan_t *s,
    const mz_catalog_roles_t *roles, mz_err_t *err);
static mz_rc_t mz_scan_columns(mz_scan_t *s, size_t from, size_t to,
    mz_err_t *err);
static mz_rc_t mz_scan_role_types(mz_scan_t *s, size_t from, size_t to,
    mz_err_t *err);
static bool mz_scan_type(mz_str_t sql, mz_dtype_t *dtype);


/* Which table it is: the rows of s->columns come table by table. */

mz_rc_t
mz_scan_find(mz_scan_t *s, const mz_catalog_roles_t *roles, mz_err_t *err)
{
    size_t    i, n, end, from, to;
    mz_rc_t   rc;
    mz_buf_t  sql;
    mz_str_t  name;

    s->event = mz_str_from(roles->event_column ? roles->event_column
                                               : "event_name");
    s->time = mz_str_from(roles->time_column ? roles->time_column
                                             : "event_time");
    s->user = mz_str_from(roles->user_column ? roles->user_column
                                             : "user_id");

    mz_buf_init(&sql, MZ_SCAN_SQL_MAX);
    mz_buf_add_c(&sql, "SELECT table_name, column_name, data_type"
                 " FROM information_schema.columns"
                 " WHERE table_catalog = current_database()"
                 " AND table_schema = current_schema()"
                 " ORDER BY table_name, ordinal_position");
    rc = mz_scan_query(s, &sql, &s->columns, err);
    if (rc != MZ_OK) {
        return rc;
    }

    n = 0;
    from = 0;
    to = 0;

    for (i = 0; i < mz_rset_rows(s->columns); i = end) {
        end = mz_scan_table_end(s, i);
        name = mz_scan_str(s->columns, i, 0);

        if (mz_scan_column(s, i, end, s->event) != SIZE_MAX
            && mz_scan_column(s, i, end, s->time) != SIZE_MAX
            && mz_scan_column(s, i, end, s->user) != SIZE_MAX
            && (roles->table == NULL || mz_str_eq_c(name, roles->table)))
        {
            n++;
            from = i;
            to = end;
        }
    }

    if (n == 0) {
        return mz_scan_no_table(s, roles, err);
    }

    if (n > 1) {
        return mz_fail(err, MZ_INVALID, "%zu tables of the warehouse have "
                       "the columns %s, %s and %s: name the one that holds "
                       "the events", n, s->event.data, s->time.data,
                       s->user.data);
    }

    s->table = mz_scan_str(s->columns, from, 0);

    return mz_scan_columns(s, from, to, err);
}


static size_t
mz_scan_table_end(const mz_scan_t *s, size_t from)
{
    size_t  i;

    for (i = from + 1; i < mz_rset_rows(s->columns); i++) {
        if (!mz_str_eq(mz_scan_str(s->columns, i, 0),
                       mz_scan_str(s->columns, from, 0)))
        {
            break;
        }
    }

    return i;
}


static size_t
mz_scan_column(const mz_scan_t *s, size_t from, size_t to, mz_str_t name)
{
    size_t  i;

    for (i = from; i < to; i++) {
        if (mz_str_eq(mz_scan_str(s->columns, i, 1), name)) {
            return i;
        }
    }

    return SIZE_MAX;
}


static mz_rc_t
mz_scan_no_table(const mz_scan_t *s, const mz_catalog_roles_t *roles,
    mz_err_t *err)
{
    size_t       i;
    mz_rc_t      rc;
    mz_buf_t     names;

    mz_buf_init(&names, MZ_ERR_MAX / 2);

    for (i = 0; i < mz_rset_rows(s->columns); i = mz_scan_table_end(s, i)) {
        mz_buf_add_c(&names, i == 0 ? "" : ", ");
        mz_buf_add_str(&names, mz_scan_str(s->columns, i, 0));
    }

    rc = mz_fail(err, MZ_INVALID, "%s%s of the warehouse has the columns "
                 "%s, %s and %s of events: say how they are called "
                 "(tables: %s)",
                 roles->table ? "no table " : "no table",
                 roles->table ? roles->table : "", s->event.data,
                 s->time.data, s->user.data,
                 names.len == 0 ? "none" : mz_buf_cstr(&names));

    mz_buf_free(&names);

    return rc;
}


static mz_rc_t
mz_scan_columns(mz_scan_t *s, size_t from, size_t to, mz_err_t *err)
{
    size_t               i;
    mz_str_t             name;
    mz_dtype_t           dtype;
    mz_scan_property_t  *p;

    if (to - from > MZ_SCAN_COLUMNS_MAX) {
        return mz_fail(err, MZ_LIMIT, "the events table has more than %d "
                       "columns: make a view of those that matter",
                       MZ_SCAN_COLUMNS_MAX);
    }

    s->properties = calloc(to - from, sizeof(mz_scan_property_t));
    if (s->properties == NULL) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    for (i = from; i < to; i++) {
        name = mz_scan_str(s->columns, i, 1);

        if (mz_str_eq(name, s->event) || mz_str_eq(name, s->time)
            || mz_str_eq(name, s->user)
            || !mz_scan_type(mz_scan_str(s->columns, i, 2), &dtype))
        {
            continue;
        }

        p = &s->properties[s->nproperties++];
        p->name = name;
        p->dtype = dtype;
    }

    return mz_scan_role_types(s, from, to, err);
}


static mz_rc_t
mz_scan_role_types(mz_scan_t *s, size_t from, size_t to, mz_err_t *err)
{
    size_t      i, col;
    bool        is_known;
    mz_str_t    type;
    mz_dtype_t  dtype;

    const struct {
        mz_str_t     name;
        mz_dtype_t   dtype;
        const char  *want;
    } roles[] = {
        { s->event, MZ_DTYPE_STRING,    "text" },
        { s->time,  MZ_DTYPE_TIMESTAMP, "a timestamp" },
        { s->user,  MZ_DTYPE_STRING,    "text or a whole number" },
    };

    for (i = 0; i < MZ_ARRAY_LEN(roles); i++) {
        col = mz_scan_column(s, from, to, roles[i].name);
        type = mz_scan_str(s->columns, col, 2);
        is_known = mz_scan_type(type, &dtype);

        if (is_known
            && (dtype == roles[i].dtype
                || (mz_str_eq(roles[i].name, s->user)
                    && dtype == MZ_DTYPE_INT64)))
        {
            continue;
        }

        return mz_fail(err, MZ_INVALID, "the column %.*s of events is %.*s, "
                       "it must be %s", (int) roles[i].name.len,
                       roles[i].name.data, (int) type.len, type.data,
                       roles[i].want);
    }

    return MZ_OK;
}


/* false: lists, structures and such are no properties to ask about. */

static bool
mz_scan_type(mz_str_t sql, mz_dtype_t *dtype)
{
    size_t  i, paren;

    if (sql.len == 0 || sql.data[sql.len - 1] == ']') {
        return false;
    }

    paren = mz_str_find(sql, mz_str("("), 0);
    if (paren != SIZE_MAX) {
        sql.len = paren;
    }

    for (i = 0; i < MZ_ARRAY_LEN(mz_scan_types); i++) {
        if (mz_str_ieq(sql, mz_str_from(mz_scan_types[i].sql))) {
            *dtype = mz_scan_types[i].dtype;
            return true;
        }
    }

    return false;
}
