
#include "helper.h"
#include "query/tquery.h"


/* One small table with a column of every dtype. */

static helper_store_t   store;
static mz_layout_t     *layout;


static mz_rc_t
run_query(const mz_layout_t *l, const helper_store_t *st, const char *args,
    const mz_tquery_limits_t *lim, mz_tquery_t **q, mz_err_t *err)
{
    size_t           i, n, stages;
    json_t          *json;
    mz_rc_t          rc;
    const uint32_t  *needs;

    json = helper_json(args);
    rc = mz_tquery_parse(l, json, lim, q, err);
    json_decref(json);      /* the query keeps what it needs */

    for (stages = 0; rc == MZ_OK || rc == MZ_AGAIN; stages++) {
        needs = mz_tquery_needs(*q, &n);

        for (i = 0; i < n; i++) {
            CHECK(i == 0 || needs[i - 1] < needs[i]);
            CHECK(mz_tquery_give(*q, needs[i], helper_chunk(st, needs[i]))
                  == MZ_OK);
        }

        CHECK((mz_tquery_work(*q) > 0) == (n > 0));
        rc = mz_tquery_run(*q, err);

        if (rc != MZ_AGAIN) {
            break;
        }
    }

    CHECK(stages <= 2);

    return rc;
}


static void
make_table(void)
{
    size_t        i;
    json_t       *json;
    mz_err_t      err;
    mz_rset_t    *rs;
    mz_value_t    v[6];

    static const struct {
        const char  *s;
        int64_t      i;
        double       d;
        int64_t      b;
        int64_t      t;
        int64_t      day;
    } rows[] = {
        { "US", 10, 1.5, 1, 1750000000000000, 20000 },
        { "DE", -3, -0.0, 0, 1750000000123000, 20001 },
        { NULL, 0, 0, 0, 0, 0 },
        { "USA", 10, 0.0, 1, 1750000000123456, 20002 },
        { "", 9007199254740993, 1e300, 0, -1, -1 },
        { "Zoë", 7, 2.5, 1, 1750003600000000, 20000 }
    };

    rs = mz_rset_new(10);
    mz_rset_add_column(rs, mz_str("country"), MZ_DTYPE_STRING);
    mz_rset_add_column(rs, mz_str("n"), MZ_DTYPE_INT64);
    mz_rset_add_column(rs, mz_str("price"), MZ_DTYPE_FLOAT64);
    mz_rset_add_column(rs, mz_str("paid"), MZ_DTYPE_BOOL);
    mz_rset_add_column(rs, mz_str("at"), MZ_DTYPE_TIMESTAMP);
    mz_rset_add_column(rs, mz_str("day"), MZ_DTYPE_DATE);

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        memset(v, 0, sizeof(v));

        if (rows[i].s == NULL) {
            v[0] = v[1] = v[2] = v[3] = v[4] = v[5] = helper_null();

        } else {
            v[0] = helper_text(rows[i].s);
            v[1] = helper_int(rows[i].i);
            v[2] = helper_double(rows[i].d);
            v[3] = helper_int(rows[i].b);
            v[4] = helper_int(rows[i].t);
            v[5] = helper_int(rows[i].day);
        }

        mz_rset_add_row(rs, v);
    }

    CHECK(mz_table_write(rs, helper_emit, &store, &json, &err) == MZ_OK);
    CHECK(mz_layout_from_json(json, &layout, &err) == MZ_OK);
    json_decref(json);
    mz_rset_free(rs);
}


static void
drop_table(void)
{
    mz_layout_free(layout);
    helper_clear(&store);
}


/* Every op on every dtype: which of the rows 0..5 are left, by country. */

static void
test_ops(void)
{
    char          args[512];
    size_t        i;
    mz_rc_t       rc;
    mz_err_t      err;
    mz_tquery_t  *q;

    static const struct {
        const char  *column;
        const char  *op;
        const char  *value;
        const char  *rows;          /* NULL: refused */
    } ops[] = {
        { "country", "eq", "'US'", "0" },
        { "country", "eq", "''", "4" },
        { "country", "ne", "'US'", "1345" },
        { "country", "lt", "'US'", "14" },
        { "country", "le", "'US'", "014" },
        { "country", "gt", "'US'", "35" },
        { "country", "ge", "'US'", "035" },
        { "country", "in", "['US', 'ZZ', 'DE']", "01" },
        { "country", "not_in", "['US', 'ZZ', 'DE']", "345" },
        { "country", "contains", "'S'", "03" },
        { "country", "contains", "'s'", "" },
        { "country", "contains", "''", "01345" },
        { "country", "starts_with", "'US'", "03" },
        { "country", "starts_with", "'USAA'", "" },
        { "country", "matches", "'^[UD].$'", "01" },
        { "country", "matches", "'(?i)us'", "03" },
        { "country", "matches", "'^.{3}$'", "35" },
        { "country", "is_null", "null", "2" },
        { "country", "not_null", "null", "01345" },
        { "country", "between", "['DE', 'US']", "01" },
        { "country", "between", "['US', 'DE']", "" },
        { "country", "eq", "5", NULL },
        { "country", "eq", "null", NULL },
        { "country", "in", "'US'", NULL },
        { "country", "in", "[]", NULL },
        { "country", "in", "['US', 5]", NULL },
        { "country", "in", "['US', null]", NULL },
        { "country", "between", "['US']", NULL },
        { "country", "between", "['US', 'X', 'Y']", NULL },
        { "country", "matches", "'(a'", NULL },
        { "country", "like", "'a'", NULL },

        { "n", "eq", "10", "03" },
        { "n", "eq", "10.0", "03" },
        { "n", "eq", "10.5", "" },
        { "n", "ne", "10.5", "01345" },
        { "n", "ne", "10", "145" },
        { "n", "lt", "7", "1" },
        { "n", "lt", "7.5", "15" },
        { "n", "le", "7", "15" },
        { "n", "le", "6.9", "1" },
        { "n", "gt", "7", "034" },
        { "n", "gt", "6.9", "0345" },
        { "n", "gt", "-3", "0345" },
        { "n", "ge", "-3.5", "01345" },
        { "n", "ge", "7", "0345" },
        { "n", "eq", "9007199254740993", "4" },
        { "n", "gt", "9007199254740992", "4" },
        { "n", "gt", "9007199254740992.0", "4" },
        { "n", "gt", "1e300", "" },
        { "n", "lt", "1e300", "01345" },
        { "n", "gt", "-1e300", "01345" },
        { "n", "lt", "-1e300", "" },
        { "n", "gt", "9223372036854775807", "" },
        { "n", "lt", "-9223372036854775808", "" },
        { "n", "ne", "1e300", "01345" },
        { "n", "in", "[7, 10, 11]", "035" },
        { "n", "in", "[7.5]", "" },
        { "n", "not_in", "[7.5, 10]", "145" },
        { "n", "between", "[-3, 7]", "15" },
        { "n", "between", "[-3.5, 7.5]", "15" },
        { "n", "between", "[8, 7]", "" },
        { "n", "is_null", "null", "2" },
        { "n", "not_null", "null", "01345" },
        { "n", "eq", "'10'", NULL },
        { "n", "eq", "true", NULL },
        { "n", "contains", "'1'", NULL },
        { "n", "starts_with", "'1'", NULL },
        { "n", "matches", "'1'", NULL },

        { "price", "eq", "0", "13" },
        { "price", "ne", "0", "045" },
        { "price", "lt", "0", "" },
        { "price", "lt", "1.5", "13" },
        { "price", "le", "1.5", "013" },
        { "price", "gt", "0", "045" },
        { "price", "ge", "2.5", "45" },
        { "price", "gt", "1e308", "" },
        { "price", "in", "[0, 2.5]", "135" },
        { "price", "not_in", "[0, 2.5]", "04" },
        { "price", "between", "[1, 2.5]", "05" },
        { "price", "between", "[2, 1]", "" },
        { "price", "is_null", "null", "2" },
        { "price", "not_null", "null", "01345" },
        { "price", "eq", "'x'", NULL },
        { "price", "matches", "'x'", NULL },

        { "paid", "eq", "true", "035" },
        { "paid", "ne", "true", "14" },
        { "paid", "eq", "false", "14" },
        { "paid", "in", "[true, false]", "01345" },
        { "paid", "not_in", "[true]", "14" },
        { "paid", "is_null", "null", "2" },
        { "paid", "not_null", "null", "01345" },
        { "paid", "eq", "1", NULL },
        { "paid", "lt", "true", NULL },
        { "paid", "between", "[true, false]", NULL },
        { "paid", "contains", "'t'", NULL },

        { "at", "eq", "'2025-06-15T15:06:40Z'", "0" },
        { "at", "eq", "'2025-06-15T17:06:40+02:00'", "0" },
        { "at", "eq", "'2025-06-15T17:06:40.123+02:00'", "1" },
        { "at", "eq", "'2025-06-15T17:06:40.1+02:00'", "" },
        { "at", "eq", "'2025-06-15T15:06:40.123456Z'", "3" },
        { "at", "gt", "'2025-06-15T15:06:40.123Z'", "35" },
        { "at", "ge", "'2025-06-15T15:06:40.123Z'", "135" },
        { "at", "lt", "'1970-01-01'", "4" },
        { "at", "eq", "'1969-12-31T23:59:59.999999Z'", "4" },
        { "at", "between", "['2025-06-15', '2025-06-15 16:00:00Z']", "013" },
        { "at", "ne", "'2025-06-15T15:06:40Z'", "1345" },
        { "at", "in", "['2025-06-15T16:06:40Z']", "5" },
        { "at", "not_in", "['2025-06-15T16:06:40Z']", "0134" },
        { "at", "is_null", "null", "2" },
        { "at", "eq", "'yesterday'", NULL },
        { "at", "eq", "1750000000", NULL },
        { "at", "contains", "'2025'", NULL },

        { "day", "eq", "'2024-10-04'", "05" },
        { "day", "ne", "'2024-10-04'", "134" },
        { "day", "gt", "'2024-10-04'", "13" },
        { "day", "le", "'1969-12-31'", "4" },
        { "day", "between", "['2024-10-05', '2024-10-06']", "13" },
        { "day", "in", "['2024-10-06', '2020-01-01']", "3" },
        { "day", "eq", "'2024-10-04T00:00:00Z'", "05" },
        { "day", "eq", "'2024-10-04T01:00:00Z'", NULL },
        { "day", "eq", "'2024-13-04'", NULL },
        { "day", "matches", "'2024'", NULL }
    };

    static const char *const  shown[] = {
        "[\"US\",10]", "[\"DE\",-3]", "[null,null]", "[\"USA\",10]",
        "[\"\",9007199254740993]", "[\"Zoë\",7]"
    };

    for (i = 0; i < MZ_ARRAY_LEN(ops); i++) {
        char         want[256];
        const char  *p;

        snprintf(args, sizeof(args), "{'columns': ['country', 'n'], "
                 "'filters': [{'column': '%s', 'op': '%s', 'value': %s}]}",
                 ops[i].column, ops[i].op, ops[i].value);

        rc = run_query(layout, &store, args, NULL, &q, &err);

        if (ops[i].rows == NULL) {
            CHECK_ROW(rc == MZ_INVALID && q == NULL
                      && strstr(err.msg, "filters[0]"), "%s %s %s",
                      ops[i].column, ops[i].op, ops[i].value);
            continue;
        }

        CHECK_ROW(rc == MZ_OK, "%s %s %s: %s", ops[i].column, ops[i].op,
                  ops[i].value, err.msg);

        if (rc == MZ_OK) {
            size_t  n;

            n = (size_t) snprintf(want, sizeof(want), "[");

            for (p = ops[i].rows; *p; p++) {
                n += (size_t) snprintf(want + n, sizeof(want) - n, "%s%s",
                                       n > 1 ? "," : "", shown[*p - '0']);
            }

            snprintf(want + n, sizeof(want) - n, "]");
            CHECK_ROW(mz_tquery_result(q)->matched_rows
                      == strlen(ops[i].rows), "%s %s %s", ops[i].column,
                      ops[i].op, ops[i].value);
            CHECK_STR(mz_tquery_result(q)->rows, want);
        }

        mz_tquery_free(q);
    }
}


static void
test_refusals(void)
{
    size_t        i;
    mz_rc_t       rc;
    mz_err_t      err;
    mz_tquery_t  *q;

    static const struct {
        const char  *args;
        const char  *says;
    } rows[] = {
        { "{'columns': ['contry']}", "did you mean \"country\"" },
        { "{'columns': ['contry']}", "country, n, price, paid, at, day" },
        { "{'columns': ['n', 'day', 'n']}", "\"n\" twice" },
        { "{'columns': ['n', 'n', 'n', 'n', 'n', 'n', 'n']}", "7 columns" },
        { "{'columns': [5]}", "no column" },
        { "{'filters': [{'column': 'x', 'op': 'eq', 'value': 1}]}",
          "no column \"x\"" },
        { "{'filters': [{'op': 'eq', 'value': 1}]}", "no column \"\"" },
        { "{'filters': [{'column': 'n', 'value': 1}]}", "no op \"\"" },
        { "{'filters': [{'column': 'n', 'op': 'eq'}]}", "wants a number" },
        { "{'filters': [{'column': 'n', 'op': 'eq', 'value': null}]}",
          "use is_null" },
        { "{'filters': [{'column': 'country', 'op': 'matches', "
          "'value': 'a(b'}]}", "offset 3" },
        { "{'filters': [{'column': 'country', 'op': 'matches', "
          "'value': 'a\\\\Cb'}]}", "offset" },
        { "{'filters': [{'column': 'paid', 'op': 'gt', 'value': true}]}",
          "there are: eq, ne, in, not_in, is_null, not_null" },
        { "{'sort': [{'column': 'y'}]}", "no column \"y\"" },
        { "{'limit': 0}", "limit" },
        { "{'limit': 1001}", "limit" },
        { "{'offset': -1}", "offset" }
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        rc = run_query(layout, &store, rows[i].args, NULL, &q, &err);
        CHECK_ROW(rc == MZ_INVALID && q == NULL
                  && strstr(err.msg, rows[i].says), "%s: %s", rows[i].args,
                  err.msg);
        mz_tquery_free(q);
    }
}


static void
test_pages(void)
{
    size_t                     i;
    mz_err_t                   err;
    mz_tquery_t               *q;
    const mz_tquery_result_t  *r;

    static const struct {
        const char  *args;
        const char  *rows;
        uint64_t     matched;
        int64_t      next;
    } rows[] = {
        { "{'columns': ['n'], 'limit': 2}", "[[10],[-3]]", 6, 2 },
        { "{'columns': ['n'], 'limit': 2, 'offset': 4}",
          "[[9007199254740993],[7]]", 6, -1 },
        { "{'columns': ['n'], 'offset': 6}", "[]", 6, -1 },
        { "{'columns': ['n'], 'offset': 9223372036854775807}", "[]", 6, -1 },
        { "{'columns': ['n'], 'offset': 9223372036854775807, "
          "'sort': [{'column': 'n'}]}", "[]", 6, -1 },
        { "{'columns': ['n', 'country'], 'sort': [{'column': 'n'}]}",
          "[[-3,\"DE\"],[7,\"Zoë\"],[10,\"US\"],[10,\"USA\"],"
          "[9007199254740993,\"\"],[null,null]]", 6, -1 },
        { "{'columns': ['n', 'country'], "
          "'sort': [{'column': 'n', 'desc': true}], 'offset': 1}",
          "[[10,\"US\"],[10,\"USA\"],[7,\"Zoë\"],[-3,\"DE\"],[null,null]]",
          6, -1 },
        { "{'columns': ['country'], 'sort': [{'column': 'n', 'desc': true}, "
          "{'column': 'country', 'desc': true}], 'offset': 1, 'limit': 2}",
          "[[\"USA\"],[\"US\"]]", 6, 3 },
        { "{'columns': ['country'], 'sort': [{'column': 'country'}]}",
          "[[\"\"],[\"DE\"],[\"US\"],[\"USA\"],[\"Zoë\"],[null]]", 6, -1 },
        { "{'columns': ['price'], 'sort': [{'column': 'price'}]}",
          "[[0],[0],[1.5],[2.5],[1e+300],[null]]", 6, -1 },
        { "{'columns': ['day'], 'sort': [{'column': 'paid'}, "
          "{'column': 'at', 'desc': true}]}",
          "[[\"2024-10-05\"],[\"1969-12-31\"],[\"2024-10-04\"],"
          "[\"2024-10-06\"],[\"2024-10-04\"],[null]]", 6, -1 },
        { "{'columns': ['at'], 'filters': ["
          "{'column': 'paid', 'op': 'eq', 'value': true},"
          "{'column': 'n', 'op': 'eq', 'value': 10}], 'limit': 1,"
          "'offset': 1}", "[[\"2025-06-15T15:06:40.123456Z\"]]", 2, -1 },
        { "{'columns': ['n'], 'filters': [{'column': 'n', 'op': 'ge', "
          "'value': 7}], 'limit': 1, 'offset': 1}", "[[10]]", 4, 2 }
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        if (run_query(layout, &store, rows[i].args, NULL, &q, &err) != MZ_OK) {
            CHECK_ROW(false, "%s: %s", rows[i].args, err.msg);
            continue;
        }

        r = mz_tquery_result(q);
        CHECK_STR(r->rows, rows[i].rows);
        CHECK_ROW(r->matched_rows == rows[i].matched && r->total_rows == 6
                  && r->next_offset == rows[i].next && !r->truncated,
                  "%s", rows[i].args);
        mz_tquery_free(q);
    }

    /* no arguments at all: every column */

    CHECK(run_query(layout, &store, "{}", NULL, &q, &err) == MZ_OK);
    r = mz_tquery_result(q);
    CHECK(r->ncolumns == 6 && r->columns[5] == 5 && r->nrows == 6);
    mz_tquery_free(q);
}


static void
test_stages(void)
{
    size_t           n;
    json_t          *args;
    mz_err_t         err;
    mz_tquery_t     *q;
    const uint32_t  *needs;

    /* stage 1 wants n and price alone, stage 2 country, but not price again */

    args = helper_json("{'columns': ['price', 'country'], 'filters': ["
        "{'column': 'n', 'op': 'gt', 'value': 0}], 'sort': ["
        "{'column': 'price'}]}");

    CHECK(mz_tquery_parse(layout, args, NULL, &q, &err) == MZ_OK);
    needs = mz_tquery_needs(q, &n);
    CHECK(n == 2 && needs[0] == 1 && needs[1] == 2);
    CHECK(mz_tquery_give(q, 0, helper_chunk(&store, 0)) == MZ_INVALID);
    CHECK(mz_tquery_give(q, 99, helper_chunk(&store, 0)) == MZ_INVALID);
    CHECK(mz_tquery_give(q, 1, helper_chunk(&store, 1)) == MZ_OK);
    CHECK(mz_tquery_run(q, &err) == MZ_NOT_FOUND);
    CHECK(strstr(err.msg, "chunk 2") != NULL);
    CHECK(mz_tquery_give(q, 2, helper_chunk(&store, 2)) == MZ_OK);
    CHECK(mz_tquery_run(q, &err) == MZ_AGAIN);
    needs = mz_tquery_needs(q, &n);
    CHECK(n == 1 && needs[0] == 0);
    CHECK(mz_tquery_give(q, 0, helper_chunk(&store, 0)) == MZ_OK);
    CHECK(mz_tquery_run(q, &err) == MZ_OK);
    CHECK_STR(mz_tquery_result(q)->rows,
              "[[0,\"USA\"],[1.5,\"US\"],[2.5,\"Zoë\"],[1e+300,\"\"]]");
    mz_tquery_free(q);

    /* the wrong chunk's bytes are found out */

    CHECK(mz_tquery_parse(layout, args, NULL, &q, &err) == MZ_OK);
    CHECK(mz_tquery_give(q, 1, helper_chunk(&store, 0)) == MZ_OK);
    CHECK(mz_tquery_give(q, 2, helper_chunk(&store, 2)) == MZ_OK);
    CHECK(mz_tquery_run(q, &err) == MZ_INVALID);
    mz_tquery_free(q);

    /* freed in the middle */

    CHECK(mz_tquery_parse(layout, args, NULL, &q, &err) == MZ_OK);
    mz_tquery_free(q);
    json_decref(args);
}


static void
test_budget(void)
{
    char                       args[256];
    json_t                    *all, *page;
    size_t                     pages;
    mz_err_t                   err;
    mz_tquery_t               *q;
    mz_tquery_limits_t         lim;
    const mz_tquery_result_t  *r;

    /* pages by a small budget give every row once */

    memset(&lim, 0, sizeof(lim));
    lim.rows_max = 100;
    all = json_array();
    args[0] = '\0';

    for (pages = 0; pages < 10; pages++) {
        snprintf(args, sizeof(args), "{'columns': ['n', 'at'], 'offset': %zu}",
                 json_array_size(all));
        CHECK(run_query(layout, &store, args, &lim, &q, &err) == MZ_OK);
        r = mz_tquery_result(q);
        CHECK(r->rows.len <= 100 && r->nrows > 0);
        CHECK(mz_json_load(r->rows, NULL, &page, &err) == MZ_OK);
        CHECK(json_array_size(page) == r->nrows);
        json_array_extend(all, page);
        json_decref(page);
        CHECK(r->truncated == (r->next_offset >= 0));

        if (r->next_offset < 0) {
            mz_tquery_free(q);
            break;
        }

        CHECK((size_t) r->next_offset == json_array_size(all));
        mz_tquery_free(q);
    }

    CHECK(json_array_size(all) == 6 && pages >= 2);
    json_decref(all);

    /* a row that cannot be made to fit */

    lim.rows_max = 20;
    CHECK(run_query(layout, &store, "{}", &lim, &q, &err) == MZ_LIMIT);
    CHECK(strstr(err.msg, "fewer columns") != NULL);
    mz_tquery_free(q);

    /* work that is too much is refused before anything is read */

    lim.rows_max = 0;
    lim.work_max = 5;
    CHECK(run_query(layout, &store, "{}", &lim, &q, &err) == MZ_LIMIT);
    mz_tquery_free(q);

    lim.work_max = 200;
    CHECK(run_query(layout, &store, "{}", &lim, &q, &err) == MZ_LIMIT);
    mz_tquery_free(q);
}


/* A single row of long texts is cut so that paging gets on. */

static void
test_long_texts(void)
{
    char                      *text;
    size_t                     i;
    json_t                    *json;
    mz_err_t                   err;
    mz_rset_t                 *rs;
    mz_value_t                 v[2];
    mz_layout_t               *l;
    mz_tquery_t               *q;
    helper_store_t            *st;
    mz_tquery_limits_t         lim;
    const mz_tquery_result_t  *r;

    st = calloc(1, sizeof(helper_store_t));
    text = malloc(5000);

    for (i = 0; i < 5000; i++) {
        text[i] = (char) (i % 3 ? 'x' : 1);
    }

    rs = mz_rset_new(3);
    mz_rset_add_column(rs, mz_str("a"), MZ_DTYPE_STRING);
    mz_rset_add_column(rs, mz_str("b"), MZ_DTYPE_STRING);

    for (i = 0; i < 3; i++) {
        v[0] = (mz_value_t) { .s = { text, 5000 } };
        v[1] = helper_text("short");
        mz_rset_add_row(rs, v);
    }

    CHECK(mz_table_write(rs, helper_emit, st, &json, &err) == MZ_OK);
    CHECK(mz_layout_from_json(json, &l, &err) == MZ_OK);
    json_decref(json);
    mz_rset_free(rs);

    memset(&lim, 0, sizeof(lim));
    lim.rows_max = 1000;
    CHECK(run_query(l, st, "{'offset': 1}", &lim, &q, &err) == MZ_OK);
    r = mz_tquery_result(q);
    CHECK(r->nrows == 1 && r->truncated && r->next_offset == 2);
    CHECK(r->rows.len <= 1000 && r->rows.len > 200);
    CHECK(mz_json_load(r->rows, NULL, &json, &err) == MZ_OK);
    CHECK_STR(mz_json_str(json_array_get(json_array_get(json, 0), 1)),
              "short");
    json_decref(json);
    mz_tquery_free(q);

    mz_layout_free(l);
    helper_clear(st);
    free(st);
    free(text);
}


static void
test_empty_table(void)
{
    size_t            n;
    json_t           *json;
    mz_err_t          err;
    mz_layout_t      *l;
    mz_tquery_t      *q;
    helper_store_t    none = { .n = 0 };

    json = helper_json("{'rows': 0, 'groups': [], 'columns': [{'name': 'a', "
                       "'dtype': 'string'}]}");
    CHECK(mz_layout_from_json(json, &l, &err) == MZ_OK);
    json_decref(json);

    CHECK(run_query(l, &none, "{'sort': [{'column': 'a'}], 'filters': ["
          "{'column': 'a', 'op': 'matches', 'value': 'x'}]}", NULL, &q, &err)
          == MZ_OK);
    CHECK_STR(mz_tquery_result(q)->rows, "[]");
    CHECK(mz_tquery_result(q)->next_offset == -1);
    CHECK(mz_tquery_result(q)->matched_rows == 0);
    (void) mz_tquery_needs(q, &n);
    CHECK(n == 0);
    mz_tquery_free(q);

    CHECK(run_query(l, &none, "{}", NULL, &q, &err) == MZ_OK);
    CHECK_STR(mz_tquery_result(q)->rows, "[]");
    mz_tquery_free(q);
    mz_layout_free(l);
}


static void
test_regex_limit(void)
{
    json_t          *json;
    mz_err_t         err;
    mz_rset_t       *rs;
    mz_value_t       v;
    mz_layout_t     *l;
    mz_tquery_t     *q;
    helper_store_t  *st;

    st = calloc(1, sizeof(helper_store_t));
    rs = mz_rset_new(1);
    mz_rset_add_column(rs, mz_str("a"), MZ_DTYPE_STRING);
    v = helper_text("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaX");
    mz_rset_add_row(rs, &v);
    CHECK(mz_table_write(rs, helper_emit, st, &json, &err) == MZ_OK);
    CHECK(mz_layout_from_json(json, &l, &err) == MZ_OK);
    json_decref(json);
    mz_rset_free(rs);

    CHECK(run_query(l, st, "{'filters': [{'column': 'a', 'op': 'matches', "
                    "'value': '^(a+)+$'}]}", NULL, &q, &err) == MZ_LIMIT);
    CHECK(strstr(err.msg, "too many steps") != NULL);
    mz_tquery_free(q);
    mz_layout_free(l);
    helper_clear(st);
    free(st);
}


static const mz_test_t  tests[] = {
    { "the table", make_table },
    { "every op on every dtype", test_ops },
    { "what is refused, and how", test_refusals },
    { "sort and pages", test_pages },
    { "stages ask for what they take", test_stages },
    { "byte and work budgets", test_budget },
    { "a row of long texts", test_long_texts },
    { "a table without rows", test_empty_table },
    { "a pattern that explodes", test_regex_limit },
    { "no leaks", drop_table }
};


MZ_TEST_MAIN(tests)
