
#include "base/mz_str.h"
#include "base/mz_utf8.h"
#include "query/encode.h"
#include "query/table.h"
#include "query/valset.h"


static mz_rc_t mz_table_check(const mz_rset_t *rs, mz_err_t *err);
static mz_rc_t mz_table_groups(const mz_rset_t *rs, mz_encoder_t *e,
    mz_table_emit_pt emit, void *ctx, json_t *groups, mz_err_t *err);
static mz_rc_t mz_table_group_rows(const mz_rset_t *rs, mz_encoder_t *e,
    mz_slice_t *s, mz_err_t *err);
static mz_rc_t mz_table_stats(const mz_rset_t *rs, size_t column,
    json_t *columns, mz_err_t *err);
static void mz_table_scan(mz_slice_t *s, size_t rows, mz_valset_t *set,
    mz_value_t *least, mz_value_t *most, int64_t *nulls, int64_t *distinct);
static int mz_table_compare(mz_dtype_t t, const mz_value_t *a,
    const mz_value_t *b);
static mz_rc_t mz_table_count(mz_valset_t *set, mz_dtype_t t,
    const mz_value_t *v);
static json_t *mz_table_stat(mz_dtype_t t, const mz_value_t *v);


mz_rc_t
mz_table_write(const mz_rset_t *rs, mz_table_emit_pt emit, void *ctx,
    json_t **layout, mz_err_t *err)
{
    size_t         i;
    json_t        *json, *groups, *columns;
    mz_rc_t        rc;
    mz_encoder_t   e;

    *layout = NULL;

    rc = mz_table_check(rs, err);
    if (rc != MZ_OK) {
        return rc;
    }

    groups = json_array();
    columns = json_array();
    rc = mz_encode_init(&e);

    if (rc != MZ_OK || groups == NULL || columns == NULL) {
        rc = mz_fail(err, MZ_NOMEM, "out of memory");
    }

    for (i = 0; rc == MZ_OK && i < mz_rset_columns(rs); i++) {
        rc = mz_table_stats(rs, i, columns, err);
    }

    if (rc == MZ_OK) {
        rc = mz_table_groups(rs, &e, emit, ctx, groups, err);
    }

    mz_encode_deinit(&e);

    if (rc != MZ_OK) {
        json_decref(groups);
        json_decref(columns);
        return rc;
    }

    json = json_pack("{s:I, s:o, s:o}", "rows",
                     (json_int_t) mz_rset_rows(rs), "groups", groups,
                     "columns", columns);

    if (json == NULL) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    *layout = json;

    return MZ_OK;
}


static mz_rc_t
mz_table_check(const mz_rset_t *rs, mz_err_t *err)
{
    size_t    i, n;
    mz_str_t  name;

    n = mz_rset_columns(rs);

    if (n == 0) {
        return mz_fail(err, MZ_INVALID, "a table needs at least one column");
    }

    if (n > MZ_LAYOUT_COLUMNS_MAX || mz_rset_rows(rs) > MZ_LAYOUT_ROWS_MAX) {
        return mz_fail(err, MZ_LIMIT,
                       "a table has at most %d columns and %d rows",
                       MZ_LAYOUT_COLUMNS_MAX, MZ_LAYOUT_ROWS_MAX);
    }

    for (i = 0; i < n; i++) {
        name = mz_rset_name(rs, i);

        if (name.len > MZ_LAYOUT_NAME_MAX) {
            return mz_fail(err, MZ_LIMIT,
                           "the name of column %zu is over %d bytes", i,
                           MZ_LAYOUT_NAME_MAX);
        }

        if (mz_rset_find(rs, name) != i) {
            return mz_fail(err, MZ_INVALID, "two columns are named \"%.*s\"",
                           (int) name.len, name.data);
        }
    }

    return MZ_OK;
}


static mz_rc_t
mz_table_groups(const mz_rset_t *rs, mz_encoder_t *e, mz_table_emit_pt emit,
    void *ctx, json_t *groups, mz_err_t *err)
{
    size_t      rows;
    mz_rc_t     rc;
    mz_str_t    bytes;
    uint32_t    n;
    mz_slice_t  s;

    s.rs = rs;
    rows = mz_rset_rows(rs);
    n = 0;

    for (s.first = 0; s.first < rows; s.first += s.rows) {
        rc = mz_table_group_rows(rs, e, &s, err);
        if (rc != MZ_OK) {
            return rc;
        }

        if (json_array_size(groups) == MZ_LAYOUT_GROUPS_MAX
            || n > MZ_LAYOUT_CHUNKS_MAX - mz_rset_columns(rs))
        {
            return mz_fail(err, MZ_LIMIT,
                           "the table is too large: over %d row groups or "
                           "%d chunks", MZ_LAYOUT_GROUPS_MAX,
                           MZ_LAYOUT_CHUNKS_MAX);
        }

        for (s.column = 0; s.column < mz_rset_columns(rs); s.column++) {
            rc = mz_encode(e, &s, &bytes);

            if (rc != MZ_OK) {
                return mz_fail(err, rc, "a column chunk cannot be made");
            }

            rc = emit(ctx, n++, bytes, err);

            if (rc != MZ_OK) {
                return rc;
            }
        }

        if (json_array_append_new(groups, json_integer(s.rows))) {
            return mz_fail(err, MZ_NOMEM, "out of memory");
        }
    }

    return MZ_OK;
}


/* Halves the group until every string column fits; others always do. */

static mz_rc_t
mz_table_group_rows(const mz_rset_t *rs, mz_encoder_t *e, mz_slice_t *s,
    mz_err_t *err)
{
    size_t  rest;

    rest = mz_rset_rows(rs) - s->first;
    s->rows = (uint32_t) (rest < MZ_COLUMN_ROWS_MAX ? rest
                                                    : MZ_COLUMN_ROWS_MAX);

    for (s->column = 0; s->column < mz_rset_columns(rs); s->column++) {
        if (mz_rset_dtype(rs, s->column) != MZ_DTYPE_STRING) {
            continue;
        }

        while (mz_encode_size(e, s) > MZ_CHUNK_MAX) {
            if (s->rows == 1) {
                return mz_fail(err, MZ_LIMIT,
                               "row %zu, column %zu: a text of over %d bytes "
                               "does not fit into a table", s->first,
                               s->column, MZ_CHUNK_MAX);
            }

            s->rows /= 2;
        }
    }

    return MZ_OK;
}


static mz_rc_t
mz_table_stats(const mz_rset_t *rs, size_t column, json_t *columns,
    mz_err_t *err)
{
    json_t       *obj;
    int64_t       nulls, distinct;
    mz_rc_t       rc;
    mz_dtype_t    t;
    mz_slice_t    s;
    mz_value_t    least, most;
    mz_valset_t   set;

    memset(&s, 0, sizeof(mz_slice_t));
    s.rs = rs;
    s.column = column;
    t = mz_rset_dtype(rs, column);

    mz_valset_init(&set, MZ_TABLE_DISTINCT_MAX);
    mz_table_scan(&s, mz_rset_rows(rs), &set, &least, &most, &nulls,
                  &distinct);
    mz_valset_free(&set);

    obj = json_object();
    rc = mz_json_set_str(obj, "name", mz_rset_name(rs, column));

    if (rc != MZ_OK
        || mz_json_set_str(obj, "dtype", mz_str_from(mz_dtype_name(t)))
        || mz_json_set(obj, "nulls", json_integer(nulls))
        || mz_json_set(obj, "min", mz_table_stat(t, &least))
        || mz_json_set(obj, "max", mz_table_stat(t, &most))
        || mz_json_set(obj, "distinct",
                       distinct < 0 ? json_null() : json_integer(distinct)))
    {
        json_decref(obj);
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    if (json_array_append_new(columns, obj)) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    return MZ_OK;
}


static void
mz_table_scan(mz_slice_t *s, size_t rows, mz_valset_t *set,
    mz_value_t *least, mz_value_t *most, int64_t *nulls, int64_t *distinct)
{
    mz_dtype_t  t;
    mz_value_t  v;

    memset(least, 0, sizeof(mz_value_t));
    memset(most, 0, sizeof(mz_value_t));
    least->is_null = true;
    most->is_null = true;
    *nulls = 0;
    *distinct = 0;
    t = mz_rset_dtype(s->rs, s->column);

    for (s->first = 0; s->first < rows; s->first++) {
        mz_encode_value(s, 0, &v);

        if (v.is_null) {
            (*nulls)++;
            continue;
        }

        if (least->is_null || mz_table_compare(t, &v, least) < 0) {
            *least = v;
        }

        if (most->is_null || mz_table_compare(t, &v, most) > 0) {
            *most = v;
        }

        if (*distinct >= 0) {
            *distinct = mz_table_count(set, t, &v) == MZ_OK
                        ? (int64_t) set->n : -1;
        }
    }
}


static int
mz_table_compare(mz_dtype_t t, const mz_value_t *a, const mz_value_t *b)
{
    switch (t) {

    case MZ_DTYPE_STRING:
        return mz_str_cmp(a->s, b->s);

    case MZ_DTYPE_FLOAT64:
        return (a->d > b->d) - (a->d < b->d);

    default:
        return (a->i > b->i) - (a->i < b->i);
    }
}


static mz_rc_t
mz_table_count(mz_valset_t *set, mz_dtype_t t, const mz_value_t *v)
{
    double    d;
    uint32_t  i;
    uint64_t  word;

    if (t == MZ_DTYPE_STRING) {
        return mz_valset_add_str(set, v->s, &i);
    }

    word = (uint64_t) v->i;

    if (t == MZ_DTYPE_FLOAT64) {
        /* -0 and 0 are one value */

        d = v->d == 0 ? 0 : v->d;
        memcpy(&word, &d, sizeof(word));
    }

    return mz_valset_add_word(set, word, &i);
}


static json_t *
mz_table_stat(mz_dtype_t t, const mz_value_t *v)
{
    mz_value_t  shown;

    shown = *v;

    if (t == MZ_DTYPE_STRING && !v->is_null) {
        shown.s = mz_utf8_prefix_bytes(v->s, MZ_TABLE_STAT_MAX);
    }

    return mz_value_to_json(t, &shown);
}
