
#include <math.h>

#include "base/mz_rset.h"
#include "base/mz_str.h"
#include "test.h"


static mz_rset_t *
make_rset(size_t rows_max)
{
    mz_rset_t  *rs;

    rs = mz_rset_new(rows_max);

    CHECK(mz_rset_add_column(rs, mz_str("s"), MZ_DTYPE_STRING) == MZ_OK);
    CHECK(mz_rset_add_column(rs, mz_str("i"), MZ_DTYPE_INT64) == MZ_OK);
    CHECK(mz_rset_add_column(rs, mz_str("f"), MZ_DTYPE_FLOAT64) == MZ_OK);
    CHECK(mz_rset_add_column(rs, mz_str("b"), MZ_DTYPE_BOOL) == MZ_OK);
    CHECK(mz_rset_add_column(rs, mz_str("t"), MZ_DTYPE_TIMESTAMP) == MZ_OK);
    CHECK(mz_rset_add_column(rs, mz_str("d"), MZ_DTYPE_DATE) == MZ_OK);

    return rs;
}


static void
test_rset(void)
{
    char         text[16];
    size_t       i, k;
    mz_rc_t      rc;
    mz_rset_t   *rs;
    mz_value_t   row[6], v;

    rs = make_rset(1000);

    for (i = 0, rc = MZ_OK; rc == MZ_OK; i++) {
        memset(row, 0, sizeof(row));
        snprintf(text, sizeof(text), "row %zu", i);
        row[0].s = mz_str_from(text);
        row[1].i = -(int64_t) i;
        row[2].d = (double) i + 0.5;
        row[3].i = (int64_t) (i % 3);

        for (k = 0; k < 6; k++) {
            row[k].is_null = i % 7 == k;
        }

        rc = mz_rset_add_row(rs, row);
    }

    CHECK(rc == MZ_LIMIT && mz_rset_is_truncated(rs));
    CHECK(mz_rset_rows(rs) == 1000 && mz_rset_columns(rs) == 6);
    CHECK(mz_rset_add_column(rs, mz_str("z"), MZ_DTYPE_BOOL) == MZ_INVALID);

    for (i = 0; i < 1000; i++) {
        for (k = 0; k < 6; k++) {
            mz_rset_get(rs, i, k, &v);
            CHECK_ROW(v.is_null == (i % 7 == k), "%zu %zu", i, k);
        }

        mz_rset_get(rs, i, 0, &v);
        snprintf(text, sizeof(text), "row %zu", i);
        CHECK_ROW(v.is_null || mz_str_eq_c(v.s, text), "%zu", i);
        CHECK(mz_rset_number(rs, i, 1) == (i % 7 == 1 ? 0 : -(double) i));
        CHECK(mz_rset_number(rs, i, 3) == (i % 7 == 3 ? 0 : i % 3 != 0));
    }

    CHECK(mz_rset_number(rs, 0, 0) == 0);
    CHECK(mz_rset_find(rs, mz_str("f")) == 2);
    CHECK(mz_rset_find(rs, mz_str("ff")) == SIZE_MAX);
    CHECK_STR(mz_rset_name(rs, 4), "t");
    CHECK(mz_rset_dtype(rs, 4) == MZ_DTYPE_TIMESTAMP);
    mz_rset_get(rs, 1000, 0, &v);
    CHECK(v.is_null);
    mz_rset_free(rs);

    rs = make_rset(0);
    CHECK(mz_rset_add_row(rs, row) == MZ_LIMIT && mz_rset_is_truncated(rs));
    mz_rset_free(rs);
    mz_rset_free(NULL);
}


static void
check_value(mz_dtype_t t, const mz_value_t *v, const char *want)
{
    json_t    *json;
    mz_buf_t   b;

    mz_buf_init(&b, 0);
    mz_value_write_json(&b, t, v);
    CHECK_STR(mz_buf_view(&b), want);

    mz_buf_reset(&b);
    json = mz_value_to_json(t, v);
    mz_json_dump(&b, json);
    CHECK_STR(mz_buf_view(&b), want);

    json_decref(json);
    mz_buf_free(&b);
}


static void
test_values(void)
{
    mz_value_t  v;
    mz_dtype_t  t, back;

    memset(&v, 0, sizeof(v));
    v.s = mz_str("a\"\xff");
    v.d = NAN;

    check_value(MZ_DTYPE_STRING, &v, "\"a\\\"\xef\xbf\xbd\"");
    check_value(MZ_DTYPE_FLOAT64, &v, "null");
    check_value(MZ_DTYPE_TIMESTAMP, &v, "\"1970-01-01T00:00:00Z\"");
    check_value(MZ_DTYPE_DATE, &v, "\"1970-01-01\"");
    check_value(MZ_DTYPE_BOOL, &v, "false");

    v.i = -1;
    check_value(MZ_DTYPE_INT64, &v, "-1");
    check_value(MZ_DTYPE_BOOL, &v, "true");
    check_value(MZ_DTYPE_DATE, &v, "\"1969-12-31\"");
    check_value(MZ_DTYPE_TIMESTAMP, &v, "\"1969-12-31T23:59:59.999999Z\"");

    v.i = 1500000;
    check_value(MZ_DTYPE_TIMESTAMP, &v, "\"1970-01-01T00:00:01.500Z\"");
    v.i = 1500001;
    check_value(MZ_DTYPE_TIMESTAMP, &v, "\"1970-01-01T00:00:01.500001Z\"");

    v.is_null = true;

    for (t = MZ_DTYPE_STRING; t <= MZ_DTYPE_DATE; t++) {
        check_value(t, &v, "null");
        CHECK(mz_dtype_parse(mz_str_from(mz_dtype_name(t)), &back) == MZ_OK
              && back == t);
    }

    CHECK(mz_dtype_parse(mz_str("int"), &t) == MZ_INVALID);
}


static const mz_test_t  tests[] = {
    { "result sets", test_rset },
    { "values as JSON", test_values }
};

MZ_TEST_MAIN(tests)
