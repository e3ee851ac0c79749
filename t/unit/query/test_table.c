
#include <math.h>

#include "helper.h"


static helper_store_t  store;


/* Value of a row of the kind of data a case asks for. */

typedef mz_value_t  (*make_pt)(uint32_t row, char *text);

typedef struct {
    const char     *name;
    mz_dtype_t      dtype;
    make_pt         make;
    mz_encoding_t   encoding;
} kind_t;


static mz_value_t
make_small(uint32_t row, char *text)
{
    (void) text;
    return helper_int(-1000 + row % 200);
}


static mz_value_t
make_medium(uint32_t row, char *text)
{
    (void) text;
    return helper_int((int64_t) row * 60000 / 65537 * 1 + INT64_MIN);
}


static mz_value_t
make_large(uint32_t row, char *text)
{
    (void) text;
    return helper_int((int64_t) row * 50000);
}


static mz_value_t
make_wide(uint32_t row, char *text)
{
    (void) text;
    return helper_int(row % 2 ? INT64_MAX - row : INT64_MIN + row);
}


static mz_value_t
make_double(uint32_t row, char *text)
{
    (void) text;
    return helper_double(row * 0.1 - 7);
}


static mz_value_t
make_bool(uint32_t row, char *text)
{
    (void) text;
    return helper_int(row % 3 == 0);
}


static mz_value_t
make_few(uint32_t row, char *text)
{
    snprintf(text, 64, "Ärger-%u", row % 7);
    return helper_text(text);
}


static mz_value_t
make_some(uint32_t row, char *text)
{
    snprintf(text, 64, "a value that is long %u", row % 500);
    return helper_text(text);
}


static mz_value_t
make_unique(uint32_t row, char *text)
{
    snprintf(text, 64, "%s%u", row % 5 ? "" : "日本", row * 7919);
    return helper_text(text);
}


static mz_value_t
make_empty(uint32_t row, char *text)
{
    (void) row;
    text[0] = '\0';
    return helper_text(text);
}


static const kind_t  kinds[] = {
    { "for1", MZ_DTYPE_INT64, make_small, MZ_ENC_FOR1 },
    { "for2", MZ_DTYPE_INT64, make_medium, MZ_ENC_FOR2 },
    { "for4", MZ_DTYPE_INT64, make_large, MZ_ENC_FOR4 },
    { "plain", MZ_DTYPE_INT64, make_wide, MZ_ENC_PLAIN },
    { "timestamp", MZ_DTYPE_TIMESTAMP, make_large, MZ_ENC_FOR4 },
    { "date", MZ_DTYPE_DATE, make_small, MZ_ENC_FOR1 },
    { "double", MZ_DTYPE_FLOAT64, make_double, MZ_ENC_PLAIN },
    { "bool", MZ_DTYPE_BOOL, make_bool, MZ_ENC_BITS },
    { "dict1", MZ_DTYPE_STRING, make_few, MZ_ENC_DICT1 },
    { "dict2", MZ_DTYPE_STRING, make_some, MZ_ENC_DICT2 },
    { "text", MZ_DTYPE_STRING, make_unique, MZ_ENC_TEXT },
    { "empty", MZ_DTYPE_STRING, make_empty, MZ_ENC_DICT1 }
};


static mz_rset_t *
make_rset(uint32_t rows, uint32_t null_every)
{
    char         text[MZ_ARRAY_LEN(kinds)][64];
    size_t       c;
    uint32_t     row;
    mz_rset_t   *rs;
    mz_value_t   values[MZ_ARRAY_LEN(kinds)];

    rs = mz_rset_new(rows);

    for (c = 0; c < MZ_ARRAY_LEN(kinds); c++) {
        mz_rset_add_column(rs, (mz_str_t) { kinds[c].name,
                                            strlen(kinds[c].name) },
                           kinds[c].dtype);
    }

    for (row = 0; row < rows; row++) {
        for (c = 0; c < MZ_ARRAY_LEN(kinds); c++) {
            values[c] = null_every && row % null_every == c % null_every
                        ? helper_null() : kinds[c].make(row, text[c]);
        }

        mz_rset_add_row(rs, values);
    }

    return rs;
}


static bool
same_value(mz_dtype_t t, const mz_value_t *a, const mz_value_t *b)
{
    if (a->is_null || b->is_null) {
        return a->is_null == b->is_null;
    }

    if (t == MZ_DTYPE_STRING) {
        return a->s.len == b->s.len && memcmp(a->s.data, b->s.data, a->s.len)
                                       == 0;
    }

    return t == MZ_DTYPE_FLOAT64 ? a->d == b->d : a->i == b->i;
}


/* Everything written is read back, from an odd address as well. */

static void
check_round_trip(uint32_t rows, uint32_t null_every, bool check_encoding)
{
    char          *odd;
    size_t         g, c;
    json_t        *json;
    uint32_t       chunk, first, row, bad;
    mz_err_t       err;
    mz_str_t       bytes;
    mz_rset_t     *rs;
    mz_value_t     want, got;
    mz_column_t    col;
    mz_layout_t   *l;

    rs = make_rset(rows, null_every);
    CHECK(mz_table_write(rs, helper_emit, &store, &json, &err) == MZ_OK);
    CHECK(mz_layout_from_json(json, &l, &err) == MZ_OK);
    CHECK(l->rows == rows && l->ncolumns == MZ_ARRAY_LEN(kinds));
    CHECK(store.n == l->ngroups * l->ncolumns);

    for (c = 0; c < l->ncolumns; c++) {
        bad = 0;
        first = 0;

        for (g = 0; g < l->ngroups; g++) {
            chunk = (uint32_t) (g * l->ncolumns + c);
            odd = malloc(store.len[chunk] + 1);
            memcpy(odd + 1, store.data[chunk], store.len[chunk]);
            bytes = (mz_str_t) { odd + 1, store.len[chunk] };

            CHECK_ROW(mz_column_open(&col, bytes, l->columns[c].dtype,
                                     l->groups[g], &err) == MZ_OK,
                      "%s: %s", kinds[c].name, err.msg);

            if (check_encoding) {
                CHECK_ROW(col.encoding == kinds[c].encoding, "%s: %d",
                          kinds[c].name, (int) col.encoding);
            }

            for (row = 0; row < col.rows; row++) {
                mz_rset_get(rs, first + row, c, &want);
                mz_column_get(&col, row, &got);
                bad += !same_value(kinds[c].dtype, &want, &got);
                bad += mz_column_get_checked(&col, row, &got) != MZ_OK;
                bad += !same_value(kinds[c].dtype, &want, &got);
            }

            first += col.rows;
            mz_column_close(&col);
            mz_column_close(&col);
            free(odd);
        }

        CHECK_ROW(bad == 0 && first == rows, "%s: %u of %u rows differ",
                  kinds[c].name, bad, rows);
    }

    mz_layout_free(l);
    json_decref(json);
    mz_rset_free(rs);
    helper_clear(&store);
}


static void
test_round_trip(void)
{
    check_round_trip(0, 0, false);
    check_round_trip(1, 0, false);
    check_round_trip(1, 1, false);
    check_round_trip(7, 2, false);
    check_round_trip(8, 0, false);
    check_round_trip(9, 3, false);
    check_round_trip(5000, 1, false);
    check_round_trip(65536, 5, true);
    check_round_trip(65537, 0, false);
    check_round_trip(65537 + 64, 11, false);
}


/* A chunk unpacked is the same column, and its damage is found as well. */

static void
test_unpack(void)
{
    size_t        c, i, packed;
    json_t       *json;
    uint32_t      row, bad;
    mz_err_t      err;
    mz_buf_t      raw;
    mz_rset_t    *rs;
    mz_value_t    want, got;
    mz_column_t   col;

    rs = make_rset(3000, 7);
    CHECK(mz_table_write(rs, helper_emit, &store, &json, &err) == MZ_OK);
    mz_buf_init(&raw, 0);
    packed = 0;

    for (c = 0; c < MZ_ARRAY_LEN(kinds); c++) {
        packed += (store.data[c][7] & MZ_COLUMN_LZ4) != 0;
        mz_buf_reset(&raw);
        CHECK(mz_column_unpack(helper_chunk(&store, (uint32_t) c), &raw, &err)
              == MZ_OK);
        CHECK(mz_column_work(helper_chunk(&store, (uint32_t) c)) >= raw.len
              - MZ_COLUMN_HEADER);
        CHECK(mz_column_open(&col, mz_buf_view(&raw), kinds[c].dtype, 3000,
                             &err) == MZ_OK && col.owned == NULL);

        for (row = 0, bad = 0; row < col.rows; row++) {
            mz_rset_get(rs, row, c, &want);
            mz_column_get(&col, row, &got);
            bad += !same_value(kinds[c].dtype, &want, &got);
        }

        CHECK_ROW(bad == 0, "%s", kinds[c].name);
        mz_column_close(&col);

        if (!(store.data[c][7] & MZ_COLUMN_LZ4)) {
            continue;
        }

        for (i = 40; i < 52; i++) {
            store.data[c][i] ^= 0x55;
            mz_buf_reset(&raw);
            CHECK(mz_column_unpack(helper_chunk(&store, (uint32_t) c), &raw,
                                   &err) == MZ_INVALID
                  || mz_column_open(&col, mz_buf_view(&raw), kinds[c].dtype,
                                    3000, &err) == MZ_INVALID || i >= 48);
            mz_column_close(&col);
            store.data[c][i] ^= 0x55;
        }
    }

    CHECK(packed > 0);
    mz_buf_free(&raw);
    json_decref(json);
    mz_rset_free(rs);
    helper_clear(&store);
}


static void
test_stats(void)
{
    json_t      *json, *want;
    mz_err_t     err;
    mz_rset_t   *rs;
    mz_value_t   rows[4][4] = {
        { helper_text("b"), helper_int(5), helper_double(0.0), helper_int(1) },
        { helper_text("é"), helper_null(), helper_double(-0.0),
          helper_int(2) },
        { helper_null(), helper_int(-5), helper_double(NAN), helper_null() },
        { helper_text("b"), helper_int(5), helper_double(2.5),
          helper_int(-1) }
    };

    rs = mz_rset_new(10);
    mz_rset_add_column(rs, mz_str("s"), MZ_DTYPE_STRING);
    mz_rset_add_column(rs, mz_str("i"), MZ_DTYPE_INT64);
    mz_rset_add_column(rs, mz_str("d"), MZ_DTYPE_FLOAT64);
    mz_rset_add_column(rs, mz_str("day"), MZ_DTYPE_DATE);

    mz_rset_add_row(rs, rows[0]);
    mz_rset_add_row(rs, rows[1]);
    mz_rset_add_row(rs, rows[2]);
    mz_rset_add_row(rs, rows[3]);

    CHECK(mz_table_write(rs, helper_emit, &store, &json, &err) == MZ_OK);

    want = helper_json("{'rows': 4, 'groups': [4], 'columns': ["
        "{'name': 's', 'dtype': 'string', 'nulls': 1, 'min': 'b',"
        " 'max': 'é', 'distinct': 2},"
        "{'name': 'i', 'dtype': 'int64', 'nulls': 1, 'min': -5, 'max': 5,"
        " 'distinct': 2},"
        "{'name': 'd', 'dtype': 'float64', 'nulls': 1, 'min': 0, 'max': 2.5,"
        " 'distinct': 2},"
        "{'name': 'day', 'dtype': 'date', 'nulls': 1, 'min': '1969-12-31',"
        " 'max': '1970-01-03', 'distinct': 3}]}");

    CHECK(mz_json_equal(json, want));

    json_decref(want);
    json_decref(json);
    mz_rset_free(rs);
    helper_clear(&store);
}


/* Texts so long that a column of 65536 rows would pass 4 MB. */

static void
test_small_groups(void)
{
    char        *text;
    size_t       i, sum, unique;
    json_t      *json, *groups;
    mz_err_t     err;
    mz_rset_t   *rs;
    mz_value_t   v;

    text = malloc(1000);
    memset(text, 'x', 1000);

    for (unique = 0; unique < 2; unique++) {
        rs = mz_rset_new(20000);
        mz_rset_add_column(rs, mz_str("s"), MZ_DTYPE_STRING);

        for (i = 0; i < 20000; i++) {
            if (unique) {
                snprintf(text, 20, "%zu", i);
            }

            v = (mz_value_t) { .s = { text, 1000 } };
            mz_rset_add_row(rs, &v);
        }

        CHECK(mz_table_write(rs, helper_emit, &store, &json, &err) == MZ_OK);
        groups = json_object_get(json, "groups");

        /* a dictionary of one long entry fits, unique texts do not */

        CHECK((json_array_size(groups) > 4) == unique);

        for (i = 0, sum = 0; i < json_array_size(groups); i++) {
            sum += (size_t) json_integer_value(json_array_get(groups, i));
            CHECK(store.len[i] <= MZ_CHUNK_MAX);
        }

        CHECK(sum == 20000);
        json_decref(json);
        mz_rset_free(rs);
        helper_clear(&store);
    }

    free(text);
}


static void
test_refusals(void)
{
    char        *big;
    json_t      *json;
    mz_err_t     err;
    mz_rset_t   *rs;
    mz_value_t   v;

    rs = mz_rset_new(5);
    CHECK(mz_table_write(rs, helper_emit, &store, &json, &err) == MZ_INVALID);
    CHECK(json == NULL);
    mz_rset_free(rs);

    rs = mz_rset_new(5);
    mz_rset_add_column(rs, mz_str("a"), MZ_DTYPE_INT64);
    mz_rset_add_column(rs, mz_str("a"), MZ_DTYPE_INT64);
    CHECK(mz_table_write(rs, helper_emit, &store, &json, &err) == MZ_INVALID);
    CHECK(strstr(err.msg, "\"a\"") != NULL);
    mz_rset_free(rs);

    rs = make_rset(3, 0);
    store.fail_at = 4;
    CHECK(mz_table_write(rs, helper_emit, &store, &json, &err)
          == MZ_UNAVAILABLE);
    CHECK(json == NULL && strcmp(err.msg, "the store is away") == 0);
    mz_rset_free(rs);
    helper_clear(&store);

    big = malloc(MZ_CHUNK_MAX);
    memset(big, 'x', MZ_CHUNK_MAX);
    rs = mz_rset_new(5);
    mz_rset_add_column(rs, mz_str("a"), MZ_DTYPE_STRING);
    v = (mz_value_t) { .s = { big, MZ_CHUNK_MAX } };
    mz_rset_add_row(rs, &v);
    CHECK(mz_table_write(rs, helper_emit, &store, &json, &err) == MZ_LIMIT);
    mz_rset_free(rs);
    helper_clear(&store);
    free(big);
}


/* Opens damaged bytes in a block of their exact size; reads all if open. */

static void
try_damaged(const char *data, size_t len, mz_dtype_t t, uint32_t rows)
{
    char         *copy;
    size_t        sum;
    uint32_t      row;
    mz_err_t      err;
    mz_value_t    v;
    mz_column_t   col;

    copy = malloc(len ? len : 1);
    memcpy(copy, data, len);
    sum = mz_column_work((mz_str_t) { copy, len });

    if (mz_column_open(&col, (mz_str_t) { copy, len }, t, rows, &err)
        == MZ_OK)
    {
        for (row = 0; row < rows; row++) {
            mz_column_get(&col, row, &v);

            if (t == MZ_DTYPE_STRING && !v.is_null && v.s.len > 0) {
                sum += (unsigned char) v.s.data[0];
                sum += (unsigned char) v.s.data[v.s.len - 1];
            }
        }
    }

    mz_column_close(&col);

    /* the sparse way finds damage row by row */

    if (mz_column_open_sparse(&col, (mz_str_t) { copy, len }, t, rows, &err)
        == MZ_OK)
    {
        for (row = 0; row < rows; row++) {
            if (mz_column_get_checked(&col, row, &v) == MZ_OK
                && t == MZ_DTYPE_STRING && !v.is_null && v.s.len > 0)
            {
                sum += (unsigned char) v.s.data[0];
                sum += (unsigned char) v.s.data[v.s.len - 1];
            }
        }
    }

    CHECK(sum + 1 != 0);
    mz_column_close(&col);
    free(copy);
}


static void
test_damage(void)
{
    char         *copy;
    size_t        c, i, n, len;
    json_t       *json;
    uint32_t      rows, k;
    uint64_t      rnd;
    mz_err_t      err;
    mz_rset_t    *rs;
    mz_column_t   col;

    rnd = 7;

    for (rows = 9; rows <= 2000; rows += 1991) {
        rs = make_rset(rows, 4);
        CHECK(mz_table_write(rs, helper_emit, &store, &json, &err) == MZ_OK);

        for (c = 0; c < MZ_ARRAY_LEN(kinds); c++) {
            len = store.len[c];

            /* every truncation of the small ones, some of the others */

            for (n = 0; n < len; n += len < 300 ? 1 : 97) {
                CHECK(mz_column_open(&col, (mz_str_t) { store.data[c], n },
                                     kinds[c].dtype, rows, &err)
                      == MZ_INVALID);
                try_damaged(store.data[c], n, kinds[c].dtype, rows);
            }

            copy = malloc(len);

            for (i = 0; i < 4000; i++) {
                memcpy(copy, store.data[c], len);

                for (k = helper_random(&rnd) % 3 + 1; k > 0; k--) {
                    n = helper_random(&rnd) % (i % 2 ? 48 : len);
                    copy[n] = (char) (copy[n]
                                      ^ 1 << helper_random(&rnd) % 8);
                }

                try_damaged(copy, len, kinds[c].dtype, rows);
            }

            free(copy);

            CHECK(mz_column_open(&col, helper_chunk(&store, (uint32_t) c),
                                 kinds[c].dtype, rows + 1, &err)
                  == MZ_INVALID);
            CHECK(mz_column_open(&col, helper_chunk(&store, (uint32_t) c),
                                 kinds[c].dtype == MZ_DTYPE_BOOL
                                 ? MZ_DTYPE_DATE : MZ_DTYPE_BOOL, rows, &err)
                  == MZ_INVALID);
        }

        json_decref(json);
        mz_rset_free(rs);
        helper_clear(&store);
    }
}


/* Single fields that must not pass, one row each, over a chunk of ints. */

static void
test_header_fields(void)
{
    size_t        i;
    char          copy[256];
    json_t       *json;
    mz_err_t      err;
    mz_rset_t    *rs;
    mz_value_t    v;
    mz_column_t   col;

    static const struct {
        size_t        at;
        unsigned      value;
        const char   *what;
    } rows[] = {
        { 0, 'X', "magic" },
        { 4, 2, "version" },
        { 5, 2, "dtype" },
        { 6, 5, "encoding" },
        { 6, 200, "encoding" },
        { 7, 1, "number of nulls" },
        { 7, 4, "flags" },
        { 7, 2, "LZ4 block" },
        { 8, 2, "number of rows" },
        { 12, 1, "number of nulls" },
        { 16, 100, "min and max" },
        { 24, 6, "values" },
        { 40, 16, "length" },
        { 44, 16, "length" },
        { 48, 3, "values" }
    };

    rs = mz_rset_new(3);
    mz_rset_add_column(rs, mz_str("i"), MZ_DTYPE_INT64);

    for (i = 0; i < 3; i++) {
        v = helper_int(5 + (int64_t) i);
        mz_rset_add_row(rs, &v);
    }

    CHECK(mz_table_write(rs, helper_emit, &store, &json, &err) == MZ_OK);
    CHECK(store.len[0] == 56);

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        memcpy(copy, store.data[0], store.len[0]);
        copy[rows[i].at] = (char) rows[i].value;

        CHECK_ROW(mz_column_open(&col, (mz_str_t) { copy, store.len[0] },
                                 MZ_DTYPE_INT64, 3, &err) == MZ_INVALID
                  && strstr(err.msg, rows[i].what) != NULL, "%s: %s",
                  rows[i].what, err.msg);
    }

    json_decref(json);
    mz_rset_free(rs);
    helper_clear(&store);
}


static void
test_layout(void)
{
    size_t        i;
    json_t       *json, *back;
    mz_rc_t       rc;
    mz_err_t      err;
    mz_layout_t  *l;

    static const struct {
        const char  *text;
        const char  *error;     /* NULL: fine */
    } rows[] = {
        { "[]", "object" },
        { "{}", "groups" },
        { "{'groups': []}", "columns" },
        { "{'groups': [], 'columns': []}", "columns" },
        { "{'groups': [], 'columns': [1]}", "name" },
        { "{'groups': [], 'columns': [{'name': 'a'}]}", "dtype" },
        { "{'groups': [], 'columns': [{'name': 'a', 'dtype': 'blob'}]}",
          "dtype" },
        { "{'groups': [0], 'columns': []}", "row count" },
        { "{'groups': [65537], 'columns': []}", "row count" },
        { "{'groups': [-1], 'columns': []}", "row count" },
        { "{'groups': [1.5], 'columns': []}", "row count" },
        { "{'rows': 4, 'groups': [3], 'columns': []}", "sum" },
        { "{'rows': 'x', 'groups': [3], 'columns': []}", "sum" },
        { "{'groups': [3], 'columns': [{'name': 'a', 'dtype': 'int64'},"
          " {'name': 'a', 'dtype': 'int64'}]}", "another" },
        { "{'groups': [3], 'columns': [{'name': 'a', 'dtype': 'int64',"
          " 'nulls': 4}]}", "statistics" },
        { "{'groups': [3], 'columns': [{'name': 'a', 'dtype': 'int64',"
          " 'min': [1]}]}", "statistics" },
        { "{'groups': [3], 'columns': [{'name': 'a', 'dtype': 'int64'}]}",
          NULL },
        { "{'rows': 5, 'groups': [3, 2], 'columns': [{'name': 'a', 'dtype':"
          " 'date', 'nulls': 0, 'min': 'x', 'max': 'y', 'distinct': 2}]}",
          NULL }
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        json = helper_json(rows[i].text);
        rc = mz_layout_from_json(json, &l, &err);

        if (rows[i].error != NULL) {
            CHECK_ROW(rc == MZ_INVALID && strstr(err.msg, rows[i].error),
                      "%s: %s", rows[i].text, err.msg);
        } else {
            CHECK_ROW(rc == MZ_OK, "%s: %s", rows[i].text, err.msg);
            back = mz_layout_to_json(l);
            CHECK(json_array_size(json_object_get(back, "columns")) == 1);
            CHECK(mz_json_equal(json_object_get(back, "groups"),
                                json_object_get(json, "groups")));
            json_decref(back);
        }

        mz_layout_free(l);
        json_decref(json);
    }
}


static void
test_layout_limits(void)
{
    char          name[16];
    size_t        i;
    json_t       *json, *list;
    mz_err_t      err;
    mz_layout_t  *l;

    json = helper_json("{'groups': [1], 'columns': []}");
    list = json_object_get(json, "columns");

    for (i = 0; i <= MZ_LAYOUT_COLUMNS_MAX; i++) {
        snprintf(name, sizeof(name), "c%zu", i);
        json_array_append_new(list, json_pack("{s:s, s:s}", "name", name,
                                              "dtype", "int64"));
    }

    CHECK(mz_layout_from_json(json, &l, &err) == MZ_LIMIT && l == NULL);
    json_array_remove(list, 0);
    CHECK(mz_layout_from_json(json, &l, &err) == MZ_OK);
    CHECK(mz_layout_need(l, mz_str("C999"), &i, &err) == MZ_INVALID);
    CHECK(strstr(err.msg, "did you mean \"c999\"?") != NULL);
    CHECK(strstr(err.msg, "(1000 in all)") != NULL);
    CHECK(mz_layout_need(l, mz_str("c999"), &i, &err) == MZ_OK && i == 998);
    mz_layout_free(l);

    /* 1000 columns and 1049 groups are over a million chunks */

    list = json_object_get(json, "groups");

    for (i = 0; i < 1048; i++) {
        json_array_append_new(list, json_integer(1));
    }

    CHECK(mz_layout_from_json(json, &l, &err) == MZ_LIMIT);

    for (i = json_array_size(list); i <= MZ_LAYOUT_GROUPS_MAX; i++) {
        json_array_append_new(list, json_integer(1));
    }

    CHECK(mz_layout_from_json(json, &l, &err) == MZ_LIMIT);
    json_decref(json);
}


static const mz_test_t  tests[] = {
    { "what is written is read back", test_round_trip },
    { "unpacked chunks", test_unpack },
    { "statistics of the layout", test_stats },
    { "groups shrink to 4 MB", test_small_groups },
    { "the writer refuses", test_refusals },
    { "damaged chunks are refused or harmless", test_damage },
    { "each header field is checked", test_header_fields },
    { "layouts from outside", test_layout },
    { "limits of layouts", test_layout_limits }
};


MZ_TEST_MAIN(tests)
