
#include "base/mz_json.h"
#include "base/mz_str.h"
#include "test.h"


typedef struct {
    const char  *text;
    mz_rc_t      rc;
    const char  *dump;          /* NULL: as text */
} load_row_t;

typedef struct {
    const char  *a;
    const char  *b;
    bool         is_equal;
} equal_row_t;


static const load_row_t  loads[] = {
    { "", MZ_INVALID, NULL },
    { " ", MZ_INVALID, NULL },
    { "{", MZ_INVALID, NULL },
    { "{} x", MZ_INVALID, NULL },
    { "{\"a\":1,\"a\":2}", MZ_INVALID, NULL },
    { "\"\\u0000\"", MZ_INVALID, NULL },
    { "\"\xff\"", MZ_INVALID, NULL },
    { "\"\\ud800\"", MZ_INVALID, NULL },
    { "NaN", MZ_INVALID, NULL },
    { "[1,]", MZ_INVALID, NULL },
    { "9223372036854775808", MZ_INVALID, NULL },
    { "[[[[1]]]]", MZ_OK, NULL },
    { "[[[[[1]]]]]", MZ_LIMIT, NULL },
    { "{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}", MZ_LIMIT, NULL },
    { "[\"[[[[[[\",\"\\\"[[[[[[\",\"\\\\\"]", MZ_OK, NULL },
    { "[[],[],[],[],[],[]]", MZ_OK, NULL },
    { "null", MZ_OK, NULL },
    { " {\"b\" : [1, 2.5, true, null], \"a\" : \"\\u00e9\"} ", MZ_OK,
      "{\"b\":[1,2.5,true,null],\"a\":\"\xc3\xa9\"}" },
    { "[0.1,1e3,1.0,-0.0]", MZ_OK, "[0.1,1000,1,0]" },
    { "[{},[],\"\"]", MZ_OK, NULL }
};

static const equal_row_t  equals[] = {
    { "1", "1.0", true },
    { "1", "1.5", false },
    { "9007199254740993", "9007199254740992.0", false },
    { "9223372036854775807", "9223372036854775807.0", false },
    { "true", "1", false },
    { "null", "false", false },
    { "null", "null", true },
    { "\"a\"", "\"a\"", true },
    { "\"a\"", "\"b\"", false },
    { "[1,2]", "[1,2]", true },
    { "[1,2]", "[2,1]", false },
    { "[1]", "[1,2]", false },
    { "{\"a\":1,\"b\":[2]}", "{\"b\":[2.0],\"a\":1}", true },
    { "{\"a\":1}", "{\"b\":1}", false },
    { "{\"a\":1}", "{\"a\":1,\"b\":1}", false },
    { "{\"a\":null}", "{\"b\":null}", false }
};


static json_t *
load(const char *text)
{
    json_t    *v;
    mz_err_t   err;

    CHECK_ROW(mz_json_load(mz_str_from(text), NULL, &v, &err) == MZ_OK,
              "%s: %s", text, err.msg);

    return v;
}


static void
test_load(void)
{
    size_t            i;
    json_t           *v;
    mz_buf_t          b;
    mz_err_t          err;
    mz_json_limits_t  lim;

    lim.bytes_max = 1000;
    lim.depth_max = 4;

    mz_buf_init(&b, 0);

    for (i = 0; i < MZ_ARRAY_LEN(loads); i++) {
        err.msg[0] = '\0';
        CHECK_ROW(mz_json_load(mz_str_from(loads[i].text), &lim, &v, &err)
                  == loads[i].rc, "%s", loads[i].text);
        CHECK_ROW((v != NULL) == (loads[i].rc == MZ_OK), "%s", loads[i].text);

        if (v == NULL) {
            CHECK_ROW(err.msg[0] != '\0' && err.rc == loads[i].rc, "%s",
                      loads[i].text);
            continue;
        }

        mz_buf_reset(&b);
        mz_json_dump(&b, v);
        CHECK_STR(mz_buf_view(&b), loads[i].dump ? loads[i].dump
                                                 : loads[i].text);
        json_decref(v);
    }

    lim.bytes_max = 3;
    CHECK(mz_json_load(mz_str("[12]"), &lim, &v, &err) == MZ_LIMIT);
    CHECK(v == NULL);
    CHECK(mz_json_load(mz_str("[1]"), &lim, &v, NULL) == MZ_OK);
    json_decref(v);

    mz_buf_free(&b);
}


static void
test_dump_is_bounded(void)
{
    size_t     i;
    json_t    *v;
    mz_buf_t   b;

    v = json_array();

    for (i = 0; i < 1000; i++) {
        v = json_pack("[o]", v);
    }

    mz_buf_init(&b, 0);
    mz_json_dump(&b, v);
    CHECK(b.rc == MZ_LIMIT);
    mz_buf_free(&b);

    mz_buf_init(&b, 10);
    json_decref(v);
    v = load("{\"a\":\"0123456789\"}");
    mz_json_dump(&b, v);
    CHECK(b.rc == MZ_LIMIT && b.len <= 10);

    json_decref(v);
    mz_buf_free(&b);
}


static void
test_members(void)
{
    json_t  *v;

    v = load("{\"s\":\"x\",\"e\":\"\",\"i\":7,\"r\":7.0,\"f\":7.5,\"h\":1e300,"
             "\"t\":true,\"n\":null}");

    CHECK_STR(mz_json_get_str(v, "s"), "x");
    CHECK(mz_json_get_str(v, "e").data != NULL);
    CHECK(mz_json_get_str(v, "i").data == NULL);
    CHECK(mz_json_get_str(v, "zz").data == NULL);
    CHECK(mz_json_get_str(NULL, "s").data == NULL);
    CHECK(mz_json_get_int(v, "i", -1) == 7);
    CHECK(mz_json_get_int(v, "r", -1) == 7);
    CHECK(mz_json_get_int(v, "f", -1) == -1);
    CHECK(mz_json_get_int(v, "h", -1) == -1);
    CHECK(mz_json_get_int(v, "s", -1) == -1);
    CHECK(mz_json_get_double(v, "i", -1) == 7);
    CHECK(mz_json_get_double(v, "f", -1) == 7.5);
    CHECK(mz_json_get_double(v, "n", -1) == -1);
    CHECK(mz_json_get_bool(v, "t", false));
    CHECK(mz_json_get_bool(v, "n", true));

    CHECK(mz_json_set_str(v, "bad", mz_str("a\xff\xc3")) == MZ_OK);
    CHECK_STR(mz_json_get_str(v, "bad"), "a\xef\xbf\xbd\xef\xbf\xbd");
    CHECK(mz_json_set(v, "x", NULL) == MZ_NOMEM);
    CHECK(mz_json_set(NULL, "x", json_integer(1)) == MZ_NOMEM);
    CHECK(mz_json_set_str(NULL, "x", mz_str("1")) == MZ_NOMEM);

    json_decref(v);
}


static void
test_equal(void)
{
    size_t   i;
    json_t  *a, *b;

    for (i = 0; i < MZ_ARRAY_LEN(equals); i++) {
        a = load(equals[i].a);
        b = load(equals[i].b);
        CHECK_ROW(mz_json_equal(a, b) == equals[i].is_equal, "%s %s",
                  equals[i].a, equals[i].b);
        CHECK_ROW(mz_json_equal(b, a) == equals[i].is_equal, "%s %s",
                  equals[i].b, equals[i].a);
        json_decref(a);
        json_decref(b);
    }

    CHECK(!mz_json_equal(NULL, json_null()));
}


/* Whatever bytes a string was made of, what is written can be read. */

static void
test_strings(void)
{
    size_t    i;
    json_t   *v, *again;
    mz_buf_t  b;
    mz_err_t  err;

    static const struct {
        mz_str_t     bytes;
        const char  *text;
    } rows[] = {
        { mz_str(""), "" },
        { mz_str("Zo\xc3\xab"), "Zo\xc3\xab" },
        { mz_str("a\0b"), "a\xef\xbf\xbd" "b" },
        { mz_str("\xff\0"), "\xef\xbf\xbd\xef\xbf\xbd" }
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        v = mz_json_str_new(rows[i].bytes);
        CHECK_STR(mz_json_str(v), rows[i].text);

        mz_buf_init(&b, 0);
        mz_json_dump(&b, v);
        CHECK_ROW(mz_json_load(mz_buf_view(&b), NULL, &again, &err) == MZ_OK,
                  "row %zu", i);
        CHECK_ROW(mz_json_equal(v, again), "row %zu", i);

        json_decref(again);
        json_decref(v);
        mz_buf_free(&b);
    }
}


static const mz_test_t  tests[] = {
    { "strict loading, and dumping back", test_load },
    { "a dump is bounded in depth and size", test_dump_is_bounded },
    { "typed members", test_members },
    { "equality by value", test_equal },
    { "strings of any bytes", test_strings }
};

MZ_TEST_MAIN(tests)
