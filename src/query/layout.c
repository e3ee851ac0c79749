
#include "base/mz_str.h"
#include "base/mz_utf8.h"
#include "query/column.h"
#include "query/layout.h"


#define MZ_LAYOUT_EDIT_MAX  64      /* bytes of names compared for likeness */
#define MZ_LAYOUT_SHOW_MAX  64      /* code points of a name in an error */
#define MZ_LAYOUT_LIST_MAX  280     /* bytes of the list of names in one */


static mz_rc_t mz_layout_fill(mz_layout_t *l, mz_err_t *err);
static mz_rc_t mz_layout_groups(mz_layout_t *l, const json_t *list,
    mz_err_t *err);
static mz_rc_t mz_layout_columns(mz_layout_t *l, const json_t *list,
    mz_err_t *err);
static mz_rc_t mz_layout_column(mz_layout_t *l, size_t i, const json_t *obj,
    mz_err_t *err);
static mz_rc_t mz_layout_count(const json_t *obj, const char *key,
    uint64_t max, int64_t *n);
static mz_rc_t mz_layout_value(json_t *obj, const char *key, json_t **v);
static json_t *mz_layout_count_json(int64_t n);
static size_t mz_layout_nearest(const mz_layout_t *l, mz_str_t name);
static size_t mz_layout_distance(mz_str_t a, mz_str_t b);
static void mz_layout_list(const mz_layout_t *l, mz_buf_t *b);


mz_rc_t
mz_layout_from_json(json_t *json, mz_layout_t **layout, mz_err_t *err)
{
    mz_rc_t       rc;
    mz_layout_t  *l;

    *layout = NULL;

    if (!json_is_object(json)) {
        return mz_fail(err, MZ_INVALID, "the layout is not a JSON object");
    }

    l = calloc(1, sizeof(mz_layout_t));
    if (l == NULL) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    l->source = json_incref(json);
    rc = mz_layout_fill(l, err);

    if (rc != MZ_OK) {
        mz_layout_free(l);
        return rc;
    }

    *layout = l;

    return MZ_OK;
}


void
mz_layout_free(mz_layout_t *layout)
{
    if (layout == NULL) {
        return;
    }

    free(layout->columns);
    free(layout->groups);
    json_decref(layout->source);
    free(layout);
}


json_t *
mz_layout_to_json(const mz_layout_t *layout)
{
    size_t                     i;
    mz_rc_t                    rc;
    json_t                    *json, *groups, *columns, *obj;
    const mz_layout_column_t  *c;

    json = json_object();
    groups = json_array();
    columns = json_array();
    rc = json && groups && columns ? MZ_OK : MZ_NOMEM;

    for (i = 0; rc == MZ_OK && i < layout->ngroups; i++) {
        if (json_array_append_new(groups, json_integer(layout->groups[i]))) {
            rc = MZ_NOMEM;
        }
    }

    for (i = 0; rc == MZ_OK && i < layout->ncolumns; i++) {
        c = &layout->columns[i];
        obj = json_object();

        if (mz_json_set_str(obj, "name", c->name)
            || mz_json_set_str(obj, "dtype",
                               mz_str_from(mz_dtype_name(c->dtype)))
            || mz_json_set(obj, "nulls", mz_layout_count_json(c->nulls))
            || mz_json_set(obj, "min", json_incref(c->min))
            || mz_json_set(obj, "max", json_incref(c->max))
            || mz_json_set(obj, "distinct",
                           mz_layout_count_json(c->distinct)))
        {
            rc = MZ_NOMEM;
        }

        /* takes obj also when it is NULL or the append fails */

        if (json_array_append_new(columns, obj)) {
            rc = MZ_NOMEM;
        }
    }

    if (rc != MZ_OK
        || mz_json_set(json, "rows",
                       json_integer((json_int_t) layout->rows)) != MZ_OK)
    {
        json_decref(json);
        json_decref(groups);
        json_decref(columns);
        return NULL;
    }

    rc = mz_json_set(json, "groups", groups);

    if (mz_json_set(json, "columns", columns) != MZ_OK || rc != MZ_OK) {
        json_decref(json);
        return NULL;
    }

    return json;
}


size_t
mz_layout_find(const mz_layout_t *layout, mz_str_t name)
{
    size_t  i;

    for (i = 0; i < layout->ncolumns; i++) {
        if (mz_str_eq(layout->columns[i].name, name)) {
            return i;
        }
    }

    return SIZE_MAX;
}


mz_rc_t
mz_layout_need(const mz_layout_t *layout, mz_str_t name, size_t *i,
    mz_err_t *err)
{
    size_t    near;
    mz_rc_t   rc;
    mz_str_t  shown;
    mz_buf_t  list;

    *i = mz_layout_find(layout, name);

    if (*i != SIZE_MAX) {
        return MZ_OK;
    }

    mz_buf_init(&list, 0);
    mz_layout_list(layout, &list);

    near = mz_layout_nearest(layout, name);

    if (near != SIZE_MAX) {
        shown = mz_utf8_prefix(layout->columns[near].name,
                               MZ_LAYOUT_SHOW_MAX);
        mz_buf_addf(&list, "; did you mean \"%.*s\"?", (int) shown.len,
                    shown.data);
    }

    shown = mz_utf8_prefix(name, MZ_LAYOUT_SHOW_MAX);

    rc = mz_fail(err, MZ_INVALID, "there is no column \"%.*s\"; there are: %s",
                 (int) shown.len, shown.len ? shown.data : "",
                 mz_buf_cstr(&list));

    mz_buf_free(&list);

    return rc;
}


static mz_rc_t
mz_layout_fill(mz_layout_t *l, mz_err_t *err)
{
    int64_t  rows;
    mz_rc_t  rc;

    rc = mz_layout_groups(l, json_object_get(l->source, "groups"), err);
    if (rc != MZ_OK) {
        return rc;
    }

    rc = mz_layout_count(l->source, "rows", MZ_LAYOUT_ROWS_MAX, &rows);

    if (rc != MZ_OK || (rows >= 0 && (uint64_t) rows != l->rows)) {
        return mz_fail(err, MZ_INVALID,
                       "the layout's rows are not the sum of its groups");
    }

    rc = mz_layout_columns(l, json_object_get(l->source, "columns"), err);
    if (rc != MZ_OK) {
        return rc;
    }

    if (l->ngroups * l->ncolumns > MZ_LAYOUT_CHUNKS_MAX) {
        return mz_fail(err, MZ_LIMIT, "the table has more than %d chunks",
                       MZ_LAYOUT_CHUNKS_MAX);
    }

    return MZ_OK;
}


static mz_rc_t
mz_layout_groups(mz_layout_t *l, const json_t *list, mz_err_t *err)
{
    size_t         i, n;
    json_int_t     rows;
    const json_t  *v;

    if (!json_is_array(list)) {
        return mz_fail(err, MZ_INVALID, "the layout has no array \"groups\"");
    }

    n = json_array_size(list);

    if (n > MZ_LAYOUT_GROUPS_MAX) {
        return mz_fail(err, MZ_LIMIT, "the table has more than %d row groups",
                       MZ_LAYOUT_GROUPS_MAX);
    }

    l->groups = calloc(n ? n : 1, sizeof(uint32_t));
    if (l->groups == NULL) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    l->ngroups = n;

    for (i = 0; i < n; i++) {
        v = json_array_get(list, i);
        rows = json_is_integer(v) ? json_integer_value(v) : 0;

        if (rows < 1 || rows > MZ_COLUMN_ROWS_MAX) {
            return mz_fail(err, MZ_INVALID,
                           "row group %zu has no row count of 1 to %d", i,
                           MZ_COLUMN_ROWS_MAX);
        }

        l->groups[i] = (uint32_t) rows;
        l->rows += (uint64_t) rows;
    }

    if (l->rows > MZ_LAYOUT_ROWS_MAX) {
        return mz_fail(err, MZ_LIMIT, "the table has more than %d rows",
                       MZ_LAYOUT_ROWS_MAX);
    }

    return MZ_OK;
}


static mz_rc_t
mz_layout_columns(mz_layout_t *l, const json_t *list, mz_err_t *err)
{
    size_t   i, n;
    mz_rc_t  rc;

    n = json_is_array(list) ? json_array_size(list) : 0;

    if (n == 0) {
        return mz_fail(err, MZ_INVALID, "the layout has no columns");
    }

    if (n > MZ_LAYOUT_COLUMNS_MAX) {
        return mz_fail(err, MZ_LIMIT, "the table has more than %d columns",
                       MZ_LAYOUT_COLUMNS_MAX);
    }

    l->columns = calloc(n, sizeof(mz_layout_column_t));
    if (l->columns == NULL) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    for (i = 0; i < n; i++) {
        rc = mz_layout_column(l, i, json_array_get(list, i), err);
        if (rc != MZ_OK) {
            return rc;
        }
    }

    return MZ_OK;
}


static mz_rc_t
mz_layout_column(mz_layout_t *l, size_t i, const json_t *obj, mz_err_t *err)
{
    mz_layout_column_t  *c;

    c = &l->columns[i];
    c->name = mz_json_get_str(obj, "name");

    if (c->name.data == NULL || c->name.len > MZ_LAYOUT_NAME_MAX) {
        return mz_fail(err, MZ_INVALID,
                       "column %zu has no name of at most %d bytes", i,
                       MZ_LAYOUT_NAME_MAX);
    }

    if (mz_layout_find(l, c->name) != SIZE_MAX) {
        return mz_fail(err, MZ_INVALID,
                       "column %zu has the name of another one", i);
    }

    if (mz_dtype_parse(mz_json_get_str(obj, "dtype"), &c->dtype) != MZ_OK) {
        return mz_fail(err, MZ_INVALID, "column %zu has no known dtype", i);
    }

    if (mz_layout_count(obj, "nulls", l->rows, &c->nulls) != MZ_OK
        || mz_layout_count(obj, "distinct", l->rows, &c->distinct) != MZ_OK
        || mz_layout_value((json_t *) obj, "min", &c->min) != MZ_OK
        || mz_layout_value((json_t *) obj, "max", &c->max) != MZ_OK)
    {
        return mz_fail(err, MZ_INVALID,
                       "column %zu has statistics that cannot be", i);
    }

    l->ncolumns = i + 1;

    return MZ_OK;
}


/* Absent or null: -1. */

static mz_rc_t
mz_layout_count(const json_t *obj, const char *key, uint64_t max, int64_t *n)
{
    json_int_t     i;
    const json_t  *v;

    *n = -1;
    v = json_object_get(obj, key);

    if (v == NULL || json_is_null(v)) {
        return MZ_OK;
    }

    i = json_is_integer(v) ? json_integer_value(v) : -1;

    if (i < 0 || (uint64_t) i > max) {
        return MZ_INVALID;
    }

    *n = i;

    return MZ_OK;
}


static mz_rc_t
mz_layout_value(json_t *obj, const char *key, json_t **v)
{
    *v = json_object_get(obj, key);

    if (*v == NULL) {
        *v = json_null();
    }

    if (json_is_object(*v) || json_is_array(*v)
        || (json_is_string(*v) && json_string_length(*v) > MZ_LAYOUT_STAT_MAX))
    {
        return MZ_INVALID;
    }

    return MZ_OK;
}


static json_t *
mz_layout_count_json(int64_t n)
{
    return n < 0 ? json_null() : json_integer(n);
}


/* The name that takes fewest edits, if they are few for its length. */

static size_t
mz_layout_nearest(const mz_layout_t *l, mz_str_t name)
{
    size_t  i, best, distance, least;

    best = SIZE_MAX;
    least = SIZE_MAX;

    for (i = 0; i < l->ncolumns; i++) {
        distance = mz_layout_distance(name, l->columns[i].name);

        if (distance < least && distance <= (name.len + 2) / 3) {
            least = distance;
            best = i;
        }
    }

    return best;
}


/* Edit distance without regard to ASCII case; SIZE_MAX for long names. */

static size_t
mz_layout_distance(mz_str_t a, mz_str_t b)
{
    size_t  i, j, up, left, cost, row[MZ_LAYOUT_EDIT_MAX + 1];

    if (a.len > MZ_LAYOUT_EDIT_MAX || b.len > MZ_LAYOUT_EDIT_MAX) {
        return SIZE_MAX;
    }

    for (j = 0; j <= b.len; j++) {
        row[j] = j;
    }

    for (i = 0; i < a.len; i++) {
        left = row[0];
        row[0] = i + 1;

        for (j = 0; j < b.len; j++) {
            up = row[j + 1];
            cost = left + !mz_str_ieq((mz_str_t) { a.data + i, 1 },
                                      (mz_str_t) { b.data + j, 1 });
            cost = cost < up + 1 ? cost : up + 1;
            cost = cost < row[j] + 1 ? cost : row[j] + 1;
            left = up;
            row[j + 1] = cost;
        }
    }

    return row[b.len];
}


static void
mz_layout_list(const mz_layout_t *l, mz_buf_t *b)
{
    size_t    i;
    mz_str_t  name;

    for (i = 0; i < l->ncolumns; i++) {
        name = mz_utf8_prefix(l->columns[i].name, MZ_LAYOUT_SHOW_MAX);

        if (b->len + name.len > MZ_LAYOUT_LIST_MAX) {
            mz_buf_addf(b, ", .. (%zu in all)", l->ncolumns);
            return;
        }

        if (i > 0) {
            mz_buf_add_c(b, ", ");
        }

        mz_buf_add_str(b, name);
    }
}
