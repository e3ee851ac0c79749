
/*
 * Random tables in several row groups, random filters, sorts and pages,
 * against a reference that goes row by row and knows nothing of columns.
 */

#include "base/mz_str.h"
#include "helper.h"
#include "query/tquery.h"


#define COLS     8
#define ROWS     600
#define TABLES   12
#define QUERIES  250

typedef struct {
    size_t       column;
    const char  *op;
    mz_value_t   v[3];
    size_t       n;
} ref_filter_t;

typedef struct {
    size_t  column[3];
    bool    desc[3];
    size_t  n;
} ref_sort_t;


static const mz_dtype_t  dtypes[COLS] = {
    MZ_DTYPE_STRING, MZ_DTYPE_STRING, MZ_DTYPE_INT64, MZ_DTYPE_INT64,
    MZ_DTYPE_FLOAT64, MZ_DTYPE_BOOL, MZ_DTYPE_TIMESTAMP, MZ_DTYPE_DATE
};

static const char *const  ops[] = {
    "eq", "ne", "lt", "le", "gt", "ge", "in", "not_in", "between", "is_null",
    "not_null", "contains", "starts_with", "matches"
};

static uint64_t         seed;
static mz_value_t       cells[ROWS][COLS];
static char             texts[ROWS][COLS][40];
static ref_sort_t       sorts;
static helper_store_t   store;


static mz_value_t
random_value(size_t c, char *text)
{
    uint32_t  r;

    static const char *const  words[] = {
        "", "a", "aa", "ab", "abcdefgh", "abcdefghi", "abcdefghj", "b", "é"
    };

    r = helper_random(&seed);

    if (r % 9 == 0) {
        return helper_null();
    }

    r = helper_random(&seed);

    switch (c) {
    case 0:
        snprintf(text, 40, "%s", words[r % MZ_ARRAY_LEN(words)]);
        return helper_text(text);
    case 1:
        snprintf(text, 40, "same prefix %u", r % 100000);
        return helper_text(text);
    case 2:
        return helper_int((int64_t) (r % 20) - 10);
    case 3:
        return helper_int(((int64_t) r << 20) * (r % 2 ? 1 : -1));
    case 4:
        return helper_double((r % 40) * 0.25 - 5);
    case 5:
        return helper_int(r % 2);
    case 6:
        return helper_int(1750000000000000 + (int64_t) (r % 50) * 500);
    default:
        return helper_int((int64_t) (r % 400) - 200);
    }
}


/* Pieces become row groups of one table. */

static mz_layout_t *
make_table(void)
{
    char             name[8];
    size_t           c, row, end;
    json_t          *json, *groups, *part;
    mz_err_t         err;
    mz_rset_t       *rs;
    mz_layout_t     *l;
    helper_store_t  *st;

    st = malloc(sizeof(helper_store_t));
    groups = json_array();
    part = NULL;

    for (row = 0; row < ROWS; ) {
        end = row + 1 + helper_random(&seed) % 200;
        end = end < ROWS ? end : ROWS;
        rs = mz_rset_new(ROWS);

        for (c = 0; c < COLS; c++) {
            snprintf(name, sizeof(name), "c%zu", c);
            mz_rset_add_column(rs, mz_str_from(name), dtypes[c]);
        }

        for ( /* void */ ; row < end; row++) {
            for (c = 0; c < COLS; c++) {
                cells[row][c] = random_value(c, texts[row][c]);
            }

            mz_rset_add_row(rs, cells[row]);
        }

        json_decref(part);
        memset(st, 0, sizeof(helper_store_t));
        CHECK(mz_table_write(rs, helper_emit, st, &part, &err) == MZ_OK);
        json_array_extend(groups, json_object_get(part, "groups"));

        for (c = 0; c < COLS; c++) {
            store.data[store.n] = st->data[c];
            store.len[store.n++] = st->len[c];
        }

        mz_rset_free(rs);
    }

    json = json_pack("{s:o, s:o}", "groups", groups, "columns",
                     json_deep_copy(json_object_get(part, "columns")));

    /* statistics are of the last piece alone */

    json_decref(part);

    for (c = 0; c < COLS; c++) {
        json_object_del(json_array_get(json_object_get(json, "columns"), c),
                        "nulls");
    }

    CHECK(mz_layout_from_json(json, &l, &err) == MZ_OK);
    json_decref(json);
    free(st);

    return l;
}


static int
ref_compare(size_t c, const mz_value_t *a, const mz_value_t *b)
{
    size_t  n;
    int     order;

    if (dtypes[c] == MZ_DTYPE_STRING) {
        n = a->s.len < b->s.len ? a->s.len : b->s.len;
        order = n ? memcmp(a->s.data, b->s.data, n) : 0;
        return order ? order : (int) a->s.len - (int) b->s.len;
    }

    if (dtypes[c] == MZ_DTYPE_FLOAT64) {
        return a->d < b->d ? -1 : a->d > b->d;
    }

    return a->i < b->i ? -1 : a->i > b->i;
}


static bool
ref_matches(const ref_filter_t *f, const mz_value_t *v)
{
    size_t  i;
    bool    is_in;

    if (strcmp(f->op, "is_null") == 0) {
        return v->is_null;
    }

    if (v->is_null) {
        return false;
    }

    if (strcmp(f->op, "not_null") == 0) {
        return true;
    }

    is_in = false;

    for (i = 0; i < f->n; i++) {
        is_in |= ref_compare(f->column, v, &f->v[i]) == 0;
    }

    if (strcmp(f->op, "in") == 0 || strcmp(f->op, "eq") == 0) {
        return is_in;
    }

    if (strcmp(f->op, "not_in") == 0 || strcmp(f->op, "ne") == 0) {
        return !is_in;
    }

    if (strcmp(f->op, "between") == 0) {
        return ref_compare(f->column, v, &f->v[0]) >= 0
               && ref_compare(f->column, v, &f->v[1]) <= 0;
    }

    if (strcmp(f->op, "contains") == 0 || strcmp(f->op, "matches") == 0) {
        return memmem(v->s.data, v->s.len, f->v[0].s.data, f->v[0].s.len)
               != NULL;
    }

    if (strcmp(f->op, "starts_with") == 0) {
        return v->s.len >= f->v[0].s.len
               && memcmp(v->s.data, f->v[0].s.data, f->v[0].s.len) == 0;
    }

    switch (f->op[0]) {
    case 'l':
        return ref_compare(f->column, v, &f->v[0]) < (f->op[1] == 'e');
    default:
        return ref_compare(f->column, v, &f->v[0]) > -(f->op[1] == 'e');
    }
}


static int
ref_order(const void *a, const void *b)
{
    int                order;
    size_t             i, x, y;
    const mz_value_t  *v, *w;

    x = *(const size_t *) a;
    y = *(const size_t *) b;

    for (i = 0; i < sorts.n; i++) {
        v = &cells[x][sorts.column[i]];
        w = &cells[y][sorts.column[i]];

        if (v->is_null || w->is_null) {
            if (v->is_null != w->is_null) {
                return v->is_null ? 1 : -1;
            }

            continue;
        }

        order = ref_compare(sorts.column[i], v, w);

        if (order != 0) {
            return sorts.desc[i] ? -order : order;
        }
    }

    return x < y ? -1 : 1;
}


static void
random_filter(ref_filter_t *f, char text[3][40], json_t *list)
{
    char         name[8];
    size_t       i;
    json_t      *value, *item;

    do {
        f->column = helper_random(&seed) % COLS;
        f->op = ops[helper_random(&seed) % MZ_ARRAY_LEN(ops)];

    } while ((dtypes[f->column] != MZ_DTYPE_STRING
              && (strchr("cs", f->op[0]) || strcmp(f->op, "matches") == 0))
             || (dtypes[f->column] == MZ_DTYPE_BOOL
                 && (strchr("lgb", f->op[0]) != NULL)));

    f->n = f->op[0] == 'b' ? 2 : strstr(f->op, "in") == f->op
           || strcmp(f->op, "not_in") == 0 ? 1 + helper_random(&seed) % 3 : 1;

    value = json_array();

    for (i = 0; i < f->n; i++) {
        do {
            f->v[i] = random_value(f->column, text[i]);
        } while (f->v[i].is_null);

        item = mz_value_to_json(dtypes[f->column], &f->v[i]);
        json_array_append_new(value, item);
    }

    if (f->op[0] != 'b' && strcmp(f->op, "in") && strcmp(f->op, "not_in")) {
        item = json_incref(json_array_get(value, 0));
        json_decref(value);
        value = item;
    }

    snprintf(name, sizeof(name), "c%zu", f->column);
    json_array_append_new(list, json_pack("{s:s, s:s, s:o}", "column", name,
                                          "op", f->op, "value", value));
}


static void
check_query(const mz_layout_t *l)
{
    char             name[8], text[2][3][40];
    bool             keep;
    size_t           i, k, n, nfilters, limit, offset, matched;
    size_t           order[ROWS];
    json_t          *args, *list;
    mz_rc_t          rc;
    mz_err_t         err;
    mz_buf_t         want;
    mz_tquery_t     *q;
    ref_filter_t     filters[2];
    const uint32_t  *needs;

    args = json_object();
    list = json_array();
    nfilters = helper_random(&seed) % 3;

    for (i = 0; i < nfilters; i++) {
        random_filter(&filters[i], text[i], list);
    }

    json_object_set_new(args, "filters", list);
    list = json_array();
    sorts.n = helper_random(&seed) % 4;

    for (i = 0; i < sorts.n; i++) {
        sorts.column[i] = helper_random(&seed) % COLS;
        sorts.desc[i] = helper_random(&seed) % 2;
        snprintf(name, sizeof(name), "c%zu", sorts.column[i]);
        json_array_append_new(list, json_pack("{s:s, s:b}", "column", name,
                                              "desc", (int) sorts.desc[i]));
    }

    json_object_set_new(args, "sort", list);
    limit = 1 + helper_random(&seed) % 30;
    offset = helper_random(&seed) % 3 ? 0 : helper_random(&seed) % 300;
    json_object_set_new(args, "limit", json_integer((json_int_t) limit));
    json_object_set_new(args, "offset", json_integer((json_int_t) offset));

    matched = 0;

    for (i = 0; i < ROWS; i++) {
        keep = true;

        for (k = 0; k < nfilters; k++) {
            keep &= ref_matches(&filters[k], &cells[i][filters[k].column]);
        }

        if (keep) {
            order[matched++] = i;
        }
    }

    qsort(order, matched, sizeof(size_t), ref_order);

    mz_buf_init(&want, 0);
    mz_buf_add_char(&want, '[');

    for (i = offset; i < matched && i < offset + limit; i++) {
        mz_buf_add_c(&want, i > offset ? ",[" : "[");

        for (k = 0; k < COLS; k++) {
            mz_buf_add_c(&want, k ? "," : "");
            mz_value_write_json(&want, dtypes[k], &cells[order[i]][k]);
        }

        mz_buf_add_char(&want, ']');
    }

    mz_buf_add_char(&want, ']');

    rc = mz_tquery_parse(l, args, NULL, &q, &err);

    while (rc == MZ_OK || rc == MZ_AGAIN) {
        needs = mz_tquery_needs(q, &n);

        for (i = 0; i < n; i++) {
            mz_tquery_give(q, needs[i], helper_chunk(&store, needs[i]));
        }

        rc = mz_tquery_run(q, &err);

        if (rc == MZ_OK) {
            break;
        }
    }

    CHECK_ROW(rc == MZ_OK, "%s", err.msg);

    if (rc == MZ_OK) {
        mz_str_t  got;

        got = mz_tquery_result(q)->rows;
        keep = mz_tquery_result(q)->matched_rows == matched
               && mz_str_eq(got, mz_buf_view(&want));

        if (!keep) {
            mz_json_dump(&want, args);
        }

        CHECK_ROW(keep, "%zu of %zu matched\n# got  %.*s\n# want %s",
                  (size_t) mz_tquery_result(q)->matched_rows, matched,
                  (int) got.len, got.data, mz_buf_cstr(&want));
    }

    mz_tquery_free(q);
    mz_buf_free(&want);
    json_decref(args);
}


static void
test_random(void)
{
    size_t        i, k;
    mz_layout_t  *l;

    for (i = 0; i < TABLES; i++) {
        seed = 1000 + i;
        l = make_table();

        for (k = 0; k < QUERIES && mz_test_failures == 0; k++) {
            check_query(l);
        }

        mz_layout_free(l);
        helper_clear(&store);
    }
}


static const mz_test_t  tests[] = {
    { "filter, sort and page as a reference does", test_random }
};


MZ_TEST_MAIN(tests)
