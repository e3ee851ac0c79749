
#include "test.h"

#include "agent/rset_print.h"
#include "base/mz_str.h"


static mz_rset_t *
sheet(bool is_cut)
{
    size_t       i;
    mz_rset_t   *rs;
    mz_value_t   row[4];

    static const char *const  texts[] = {
        "plain", "a,b", "say \"hi\"", "two\nlines", "\033[31mred\a",
        "\xc3\xa9t\xc3\xa9", NULL,
    };

    rs = mz_rset_new(is_cut ? 3 : 100);
    mz_rset_add_column(rs, mz_str("text"), MZ_DTYPE_STRING);
    mz_rset_add_column(rs, mz_str("n"), MZ_DTYPE_INT64);
    mz_rset_add_column(rs, mz_str("x"), MZ_DTYPE_FLOAT64);
    mz_rset_add_column(rs, mz_str("day"), MZ_DTYPE_DATE);

    for (i = 0; i < MZ_ARRAY_LEN(texts); i++) {
        memset(row, 0, sizeof(row));
        row[0].is_null = texts[i] == NULL;
        row[0].s = mz_str_from(texts[i]);
        row[1].i = (int64_t) i * 1000;
        row[2].d = (double) i / 4;
        row[2].is_null = i == 2;
        row[3].i = 20619;
        (void) mz_rset_add_row(rs, row);
    }

    return rs;
}


static void
test_table(void)
{
    mz_buf_t    b;
    mz_rset_t  *rs;

    rs = sheet(false);
    mz_buf_init(&b, 0);
    mz_rset_print_table(&b, rs);
    CHECK_STR(mz_buf_view(&b),
              "text          n     x  day\n"
              "---------  ----  ----  ----------\n"
              "plain         0     0  2026-06-15\n"
              "a,b        1000  0.25  2026-06-15\n"
              "say \"hi\"   2000        2026-06-15\n"
              "two?lines  3000  0.75  2026-06-15\n"
              "?[31mred?  4000     1  2026-06-15\n"
              "\xc3\xa9t\xc3\xa9        5000  1.25  2026-06-15\n"
              "           6000   1.5  2026-06-15\n");
    mz_buf_free(&b);
    mz_rset_free(rs);
}


static void
test_csv(void)
{
    mz_buf_t    b;
    mz_rset_t  *rs;

    rs = sheet(false);
    mz_buf_init(&b, 0);
    mz_rset_print_csv(&b, rs);
    CHECK_STR(mz_buf_view(&b),
              "text,n,x,day\r\n"
              "plain,0,0,2026-06-15\r\n"
              "\"a,b\",1000,0.25,2026-06-15\r\n"
              "\"say \"\"hi\"\"\",2000,,2026-06-15\r\n"
              "\"two\nlines\",3000,0.75,2026-06-15\r\n"
              "\033[31mred\a,4000,1,2026-06-15\r\n"
              "\xc3\xa9t\xc3\xa9,5000,1.25,2026-06-15\r\n"
              ",6000,1.5,2026-06-15\r\n");
    mz_buf_free(&b);
    mz_rset_free(rs);
}


static void
test_json(void)
{
    json_t     *j;
    mz_buf_t    b;
    mz_err_t    err;
    mz_rset_t  *rs;

    rs = sheet(true);
    mz_buf_init(&b, 0);
    mz_rset_print_json(&b, rs);
    CHECK_STR(mz_buf_view(&b),
              "{\"columns\":[{\"name\":\"text\",\"dtype\":\"string\"},"
              "{\"name\":\"n\",\"dtype\":\"int64\"},"
              "{\"name\":\"x\",\"dtype\":\"float64\"},"
              "{\"name\":\"day\",\"dtype\":\"date\"}],"
              "\"rows\":[[\"plain\",0,0,\"2026-06-15\"],"
              "[\"a,b\",1000,0.25,\"2026-06-15\"],"
              "[\"say \\\"hi\\\"\",2000,null,\"2026-06-15\"]],"
              "\"truncated\":true}");
    CHECK(mz_json_load(mz_buf_view(&b), NULL, &j, &err) == MZ_OK);
    json_decref(j);
    mz_buf_free(&b);
    mz_rset_free(rs);
}


static void
test_empty_and_long(void)
{
    char         text[200];
    mz_buf_t     b;
    mz_rset_t   *rs;
    mz_value_t   v;

    rs = mz_rset_new(10);
    mz_rset_add_column(rs, mz_str("c"), MZ_DTYPE_STRING);

    mz_buf_init(&b, 0);
    mz_rset_print_table(&b, rs);
    CHECK_STR(mz_buf_view(&b), "c\n-\n");
    mz_buf_reset(&b);
    mz_rset_print_csv(&b, rs);
    CHECK_STR(mz_buf_view(&b), "c\r\n");

    memset(text, 'x', sizeof(text));
    memset(&v, 0, sizeof(v));
    v.s.data = text;
    v.s.len = sizeof(text);
    (void) mz_rset_add_row(rs, &v);
    mz_buf_reset(&b);
    mz_rset_print_table(&b, rs);
    CHECK(b.len < 250 && strstr(mz_buf_cstr(&b), "xxx...\n") != NULL);

    mz_buf_free(&b);
    mz_rset_free(rs);
}


static const mz_test_t  tests[] = {
    { "table",          test_table },
    { "csv",            test_csv },
    { "json",           test_json },
    { "empty and long", test_empty_and_long },
};

MZ_TEST_MAIN(tests)
