
/*
 * The first rows of tables as CSV and of JSON Lines: what is in the text,
 * where it is cut, and what damage does.
 */

#include "helper.h"

#include "base/mz_str.h"
#include "query/head.h"


static helper_store_t  store;


/* A table of one column of each dtype; layout is owned by the caller. */

static mz_layout_t *
write_table(const mz_value_t *cells, size_t rows)
{
    size_t        i;
    json_t       *json;
    mz_err_t      err;
    mz_rset_t    *rs;
    mz_layout_t  *layout;

    static const struct {
        const char  *name;
        mz_dtype_t   dtype;
    } columns[6] = {
        { "text", MZ_DTYPE_STRING }, { "whole, number", MZ_DTYPE_INT64 },
        { "real \"x\"", MZ_DTYPE_FLOAT64 }, { "yes", MZ_DTYPE_BOOL },
        { "at", MZ_DTYPE_TIMESTAMP }, { "day", MZ_DTYPE_DATE }
    };

    helper_clear(&store);
    rs = mz_rset_new(1000000);

    for (i = 0; i < 6; i++) {
        mz_rset_add_column(rs, mz_str_from(columns[i].name),
                           columns[i].dtype);
    }

    for (i = 0; i < rows; i++) {
        CHECK(mz_rset_add_row(rs, cells + 6 * i) == MZ_OK);
    }

    CHECK(mz_table_write(rs, helper_emit, &store, &json, &err) == MZ_OK);
    CHECK(mz_layout_from_json(json, &layout, &err) == MZ_OK);
    json_decref(json);
    mz_rset_free(rs);

    return layout;
}


static mz_layout_t *
write_numbers(size_t rows)
{
    size_t        i;
    json_t       *json;
    mz_err_t      err;
    mz_value_t    v;
    mz_rset_t    *rs;
    mz_layout_t  *layout;

    helper_clear(&store);
    rs = mz_rset_new(1000000);
    mz_rset_add_column(rs, mz_str("n"), MZ_DTYPE_INT64);

    for (i = 0; i < rows; i++) {
        v = helper_int((int64_t) i);
        CHECK(mz_rset_add_row(rs, &v) == MZ_OK);
    }

    CHECK(mz_table_write(rs, helper_emit, &store, &json, &err) == MZ_OK);
    CHECK(mz_layout_from_json(json, &layout, &err) == MZ_OK);
    json_decref(json);
    mz_rset_free(rs);

    return layout;
}


/* Runs to the end; *chunks: how many were asked for. */

static mz_rc_t
feed(mz_thead_t *h, unsigned *chunks, mz_err_t *err)
{
    size_t           i, n;
    mz_rc_t          rc;
    const uint32_t  *needs;

    *chunks = 0;

    do {
        needs = mz_thead_needs(h, &n);

        for (i = 0; i < n; i++) {
            (*chunks)++;
            CHECK(mz_thead_give(h, needs[i], helper_chunk(&store, needs[i]))
                  == MZ_OK);
        }

        rc = mz_thead_run(h, err);

    } while (rc == MZ_AGAIN);

    return rc;
}


static void
check_csv(const mz_layout_t *layout, size_t max, const char *want,
    bool is_cut)
{
    unsigned          chunks;
    mz_err_t          err;
    mz_thead_t       *h;
    const mz_head_t  *res;

    CHECK(mz_thead_new(layout, max, &h, &err) == MZ_OK);
    CHECK_ROW(feed(h, &chunks, &err) == MZ_OK, "%s", err.msg);
    res = mz_thead_result(h);
    CHECK_STR(res->text, want);
    CHECK(res->is_cut == is_cut);
    CHECK(res->text.len <= max);
    mz_thead_free(h);
}


static void
test_csv(void)
{
    mz_err_t      err;
    mz_thead_t   *h;
    mz_layout_t  *layout;
    mz_value_t    cells[4 * 6];

    static const char  head[] =
        "text,\"whole, number\",\"real \"\"x\"\"\",yes,at,day\r\n";
    static const char  one[] =
        "text,\"whole, number\",\"real \"\"x\"\"\",yes,at,day\r\n"
        "plain,-7,0.1,true,2026-06-15T12:00:00Z,2026-06-15\r\n";
    static const char  all[] =
        "text,\"whole, number\",\"real \"\"x\"\"\",yes,at,day\r\n"
        "plain,-7,0.1,true,2026-06-15T12:00:00Z,2026-06-15\r\n"
        "\"a \"\"b\"\", c\r\nd\",0,0,false,1970-01-01T00:00:00Z,1970-01-01\r\n"
        "\"\",9223372036854775807,1e+300,false,1970-01-01T00:00:00Z,"
        "1970-01-01\r\n"
        ",,,,,\r\n";

    memset(cells, 0, sizeof(cells));
    cells[0].s = mz_str("plain");
    cells[1].i = -7;
    cells[2].d = 0.1;
    cells[3].i = 1;
    cells[4].i = INT64_C(1781524800000000);
    cells[5].i = 20619;
    cells[6].s = mz_str("a \"b\", c\r\nd");
    cells[12].s = mz_str("");
    cells[13].i = INT64_MAX;
    cells[14].d = 1e300;
    cells[18].is_null = true;
    cells[19].is_null = true;
    cells[20].is_null = true;
    cells[21].is_null = true;
    cells[22].is_null = true;
    cells[23].is_null = true;

    layout = write_table(cells, 4);

    check_csv(layout, 10000, all, false);
    check_csv(layout, sizeof(all) - 1, all, false);
    check_csv(layout, sizeof(one) - 1, one, true);
    check_csv(layout, sizeof(one), one, true);
    check_csv(layout, sizeof(one) - 2, head, true);
    check_csv(layout, sizeof(head) - 1, head, true);

    CHECK(mz_thead_new(layout, sizeof(head) - 2, &h, &err) == MZ_LIMIT);
    CHECK(h == NULL);

    mz_layout_free(layout);
}


static void
test_groups(void)
{
    unsigned          chunks;
    uint64_t          n;
    mz_err_t          err;
    mz_thead_t       *h;
    mz_layout_t      *layout;
    const mz_head_t  *res;

    layout = write_numbers(150000);
    CHECK(layout->ngroups == 3);

    /* no more chunks than the text needs */

    CHECK(mz_thead_new(layout, 1000, &h, &err) == MZ_OK);
    CHECK(feed(h, &chunks, &err) == MZ_OK && chunks == 1);
    res = mz_thead_result(h);
    CHECK(res->is_cut && res->rows == 221);
    CHECK(mz_str_has_suffix(res->text, mz_str("\r\n220\r\n")));
    mz_thead_free(h);

    CHECK(mz_thead_new(layout, 10000000, &h, &err) == MZ_OK);
    CHECK(feed(h, &chunks, &err) == MZ_OK && chunks == 3);
    res = mz_thead_result(h);
    CHECK(!res->is_cut && res->rows == 150000);
    CHECK(mz_str_find(res->text, mz_str("\r\n65535\r\n65536\r\n"), 0)
          != SIZE_MAX);
    CHECK(mz_str_has_suffix(res->text, mz_str("\r\n149999\r\n")));
    mz_thead_free(h);

    /* cut at the end of a group: there is more all the same */

    n = 3 + 10 * 3 + 90 * 4 + 900 * 5 + 9000 * 6 + 55536 * 7;
    CHECK(mz_thead_new(layout, n, &h, &err) == MZ_OK);
    CHECK(feed(h, &chunks, &err) == MZ_OK && chunks == 2);
    CHECK(mz_thead_result(h)->rows == 65536);
    CHECK(mz_thead_result(h)->is_cut);
    mz_thead_free(h);
    mz_layout_free(layout);

    layout = write_numbers(0);
    CHECK(mz_thead_new(layout, 100, &h, &err) == MZ_OK);
    CHECK(feed(h, &chunks, &err) == MZ_OK && chunks == 0);
    CHECK_STR(mz_thead_result(h)->text, "n\r\n");
    CHECK(!mz_thead_result(h)->is_cut);
    mz_thead_free(h);
    mz_layout_free(layout);
}


static void
test_csv_damage(void)
{
    unsigned      i, chunks;
    mz_err_t      err;
    mz_rc_t       rc;
    mz_thead_t   *h;
    mz_layout_t  *layout;
    mz_value_t    cells[6];

    memset(cells, 0, sizeof(cells));
    cells[0].s = mz_str("plain");
    layout = write_table(cells, 1);

    CHECK(mz_thead_new(layout, 1000, &h, &err) == MZ_OK);
    CHECK(mz_thead_give(h, 6, mz_str("x")) == MZ_INVALID);
    CHECK(mz_thead_give(h, 0, mz_null_str) == MZ_INVALID);
    CHECK(mz_thead_run(h, &err) == MZ_NOT_FOUND);
    mz_thead_free(h);

    /* any byte of any chunk: an error or a text, and nothing worse */

    for (i = 0; i < store.n * 64; i++) {
        if (i / store.n >= store.len[i % store.n]) {
            continue;
        }

        store.data[i % store.n][i / store.n] ^= (char) 0xa5;
        CHECK(mz_thead_new(layout, 1000, &h, &err) == MZ_OK);
        rc = feed(h, &chunks, &err);
        CHECK_ROW(rc == MZ_OK || rc == MZ_INVALID, "byte %u", i / store.n);
        mz_thead_free(h);
        store.data[i % store.n][i / store.n] ^= (char) 0xa5;
    }

    mz_layout_free(layout);
    mz_thead_free(NULL);
}


static mz_rc_t
jfeed(mz_jhead_t *h, unsigned *chunks, mz_err_t *err)
{
    size_t           n;
    mz_rc_t          rc;
    const uint32_t  *needs;

    *chunks = 0;

    do {
        needs = mz_jhead_needs(h, &n);

        if (n > 0) {
            (*chunks)++;
            CHECK(mz_jhead_give(h, needs[0], helper_chunk(&store, needs[0]))
                  == MZ_OK);
        }

        rc = mz_jhead_run(h, err);

    } while (rc == MZ_AGAIN);

    return rc;
}


static void
test_json(void)
{
    size_t         i;
    json_t        *json;
    unsigned       chunks;
    mz_err_t       err;
    mz_jhead_t    *h;
    mz_jlayout_t  *layout;

    static const char *const  parts[] = {
        "{\"n\":1}\n{\"n\":2}\n", "\"\xc3\xa9\"\n"
    };
    static const struct {
        size_t       max;
        const char  *want;
        unsigned     chunks;
        bool         is_cut;
    } rows[] = {
        { 1000, "{\"n\":1}\n{\"n\":2}\n\"\xc3\xa9\"\n", 2, false },
        { 21, "{\"n\":1}\n{\"n\":2}\n\"\xc3\xa9\"\n", 2, false },
        { 20, "{\"n\":1}\n{\"n\":2}\n", 2, true },
        { 16, "{\"n\":1}\n{\"n\":2}\n", 2, true },
        { 15, "{\"n\":1}\n", 1, true },
        { 8, "{\"n\":1}\n", 1, true },
        { 7, "", 1, true },
        { 0, "", 1, true }
    };

    helper_clear(&store);

    for (i = 0; i < 2; i++) {
        CHECK(helper_emit(&store, (uint32_t) i, mz_str_from(parts[i]), &err)
              == MZ_OK);
    }

    json = helper_json("{'groups':[2,1]}");
    CHECK(mz_jlayout_from_json(json, &layout, &err) == MZ_OK);
    json_decref(json);

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        CHECK(mz_jhead_new(layout, rows[i].max, &h, &err) == MZ_OK);
        CHECK(jfeed(h, &chunks, &err) == MZ_OK);
        CHECK_STR(mz_jhead_result(h)->text, rows[i].want);
        CHECK_ROW(mz_jhead_result(h)->is_cut == rows[i].is_cut, "%zu",
                  rows[i].max);
        CHECK_ROW(chunks == rows[i].chunks, "%zu", rows[i].max);
        mz_jhead_free(h);
    }

    CHECK(mz_jhead_new(layout, 100, &h, &err) == MZ_OK);
    CHECK(mz_jhead_give(h, 1, mz_str("x")) == MZ_INVALID);
    CHECK(mz_jhead_run(h, &err) == MZ_NOT_FOUND);
    mz_jhead_free(h);
    mz_jhead_free(NULL);
    mz_jlayout_free(layout);
    helper_clear(&store);
}


static const mz_test_t  tests[] = {
    { "tables become CSV", test_csv },
    { "as many row groups as needed", test_groups },
    { "damaged chunks", test_csv_damage },
    { "JSON Lines stay as they are", test_json }
};

MZ_TEST_MAIN(tests)
