
/*
 * Text from users on an operator's terminal: nothing of it steers, nothing
 * is lost; and the page of a run.
 */

#include "agent/queue/ctl_page.h"
#include "agent/queue/ctl_text.h"
#include "base/mz_str.h"
#include "test.h"


static void
test_escape(void)
{
    size_t    i;
    mz_buf_t  b;

    static const struct {
        mz_str_t     in;
        size_t       max;
        const char  *want;
    } rows[] = {
        { mz_str(""), 0, "\"\"" },
        { mz_str("plain"), 0, "\"plain\"" },
        { mz_str("plain"), 5, "\"plain\"" },
        { mz_str("plain"), 4, "\"plai...\"" },
        { mz_str("a\"b\\c"), 0, "\"a\\\"b\\\\c\"" },
        { mz_str("a\nb\r\tc"), 0, "\"a\\x0ab\\x0d\\x09c\"" },
        { mz_str("\x1b[2J"), 0, "\"\\x1b[2J\"" },
        { mz_str("a\0b"), 0, "\"a\\x00b\"" },
        { mz_str("\x7f\xc2\x9b" "1m"), 0, "\"\\x7f\\xc2\\x9b1m\"" },
        { mz_str("\xff\xfe"), 0, "\"\\xff\\xfe\"" },
        { mz_str("\xe2\x80\xae" "abc"), 0, "\"\\xe2\\x80\\xaeabc\"" },
        { mz_str("\xe2\x81\xa6" "abc"), 0, "\"\\xe2\\x81\\xa6abc\"" },
        { mz_str("\xef\xbb\xbf"), 0, "\"\\xef\\xbb\\xbf\"" },
        { mz_str("\xf3\xa0\x81\x81"), 0, "\"\\xf3\\xa0\\x81\\x81\"" },
        { mz_str("\xc3\xa9\xf0\x9f\x98\x80"), 0,
          "\"\xc3\xa9\xf0\x9f\x98\x80\"" },
        { mz_str("\xc3\xa9\xc3\xa9\xc3\xa9"), 2,
          "\"\xc3\xa9\xc3\xa9...\"" }
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        mz_buf_init(&b, 0);
        mz_ctl_text_quote(&b, rows[i].in, rows[i].max);
        CHECK_STR(mz_buf_view(&b), rows[i].want);
        mz_buf_free(&b);
    }

    mz_buf_init(&b, 0);
    mz_ctl_text_add(&b, mz_null_str, 0);
    mz_ctl_text_add(&b, mz_str("a\"\\"), 0);
    CHECK_STR(mz_buf_view(&b), "a\"\\");
    mz_buf_free(&b);
}


static void
test_block(void)
{
    size_t    i;
    mz_buf_t  b;

    static const struct {
        mz_str_t     in;
        const char  *want;
    } rows[] = {
        { mz_str("one"), "  one\n" },
        { mz_str("one\ntwo"), "  one\n  two\n" },
        { mz_str("one\r\n\r\ntwo\x1b"), "  one\n\n  two\\x1b\n" },
        { mz_str("one\n"), "  one\n\n" },
        { mz_null_str, "" }
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        mz_buf_init(&b, 0);
        mz_ctl_text_block(&b, rows[i].in, 2);
        CHECK_STR(mz_buf_view(&b), rows[i].want);
        mz_buf_free(&b);
    }
}


static void
test_span(void)
{
    size_t    i;
    mz_buf_t  b;

    static const struct {
        int64_t      ms;
        const char  *want;
    } rows[] = {
        { INT64_MIN, "0s" }, { -5, "0s" }, { 0, "0s" }, { 999, "0s" },
        { 1000, "1s" }, { 119999, "119s" }, { 120000, "2m" },
        { 7199999, "119m" }, { 7200000, "2h" }, { 172799999, "47h" },
        { 172800000, "2d" }, { INT64_MAX, "106751991167d" }
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        mz_buf_init(&b, 0);
        mz_ctl_text_span(&b, rows[i].ms);
        CHECK_STR(mz_buf_view(&b), rows[i].want);
        mz_buf_free(&b);
    }
}


static void
test_pad(void)
{
    mz_buf_t  b;

    mz_buf_init(&b, 0);
    mz_buf_add_c(&b, "x");
    mz_buf_add_c(&b, "\xc3\xa9");
    mz_ctl_text_pad(&b, 1, 4);
    mz_buf_add_c(&b, "longer");
    mz_ctl_text_pad(&b, 6, 2);
    mz_buf_add_c(&b, "|");
    CHECK_STR(mz_buf_view(&b), "x\xc3\xa9   longer |");
    mz_buf_free(&b);
}


static void
test_json(void)
{
    json_t    *v;
    mz_buf_t   b;

    v = json_object();
    CHECK(mz_ctl_text_set(v, "a", mz_null_str) == MZ_OK);
    CHECK(mz_ctl_text_set(v, "b", mz_str("")) == MZ_OK);
    CHECK(mz_ctl_text_set(v, "c", mz_str("\xff")) == MZ_OK);
    CHECK(mz_ctl_text_set_time(v, "d", 0) == MZ_OK);
    CHECK(mz_ctl_text_set_time(v, "e", 5) == MZ_OK);
    CHECK(mz_ctl_text_set_json(v, "f", mz_str("")) == MZ_OK);
    CHECK(mz_ctl_text_set_json(v, "g", mz_str("{\"x\":[1]}")) == MZ_OK);
    CHECK(mz_ctl_text_set_json(v, "h", mz_str("{\"x\":")) == MZ_OK);

    mz_buf_init(&b, 0);
    mz_json_dump(&b, v);
    CHECK_STR(mz_buf_view(&b), "{\"a\":null,\"b\":\"\",\"c\":\"\xef\xbf\xbd\","
              "\"d\":null,\"e\":5,\"f\":null,\"g\":{\"x\":[1]},"
              "\"h\":\"{\\\"x\\\":\"}");
    mz_buf_free(&b);
    json_decref(v);
}


static void
test_page(void)
{
    json_t    *root;
    mz_buf_t   b;

    CHECK(mz_json_load(mz_str(
        "{\"run\":\"p_1\",\"created\":1000,\"attempt\":2,\"worker\":null,"
        "\"trace\":\"\",\"dead\":{\"at\":5,\"reason\":\"a\\u001b\"},"
        "\"prompt\":\"one\\ntwo\",\"answer\":null,"
        "\"events\":[{\"seq\":1,\"attempt\":0,\"at\":0,\"type\":\"end\","
        "\"phase\":\"x\",\"text\":\"y\\n\"}],\"artifacts\":[],"
        "\"conversation\":{\"id\":\"c_1\",\"newest_turns\":[]}}"),
        NULL, &root, NULL) == MZ_OK);

    mz_buf_init(&b, 0);
    mz_ctl_page(&b, root);
    CHECK_STR(mz_buf_view(&b),
              "run           p_1\n"
              "created       1970-01-01T00:00:01Z\n"
              "attempt       2\n"
              "dead          {\"at\":5,\"reason\":\"a\\u001b\"}\n"
              "\nprompt:\n  one\n  two\n"
              "\nevents:\n"
              "  1  0  1970-01-01T00:00:00Z      end x  y\\x0a\n"
              "\nconversation:\n"
              "  id            c_1\n");
    mz_buf_free(&b);
    json_decref(root);

    mz_buf_init(&b, 0);
    root = json_object();
    mz_ctl_page(&b, root);
    CHECK(b.len == 0);
    mz_buf_free(&b);
    json_decref(root);
}


static const mz_test_t  tests[] = {
    { "what steers a terminal is escaped", test_escape },
    { "lines", test_block },
    { "spans of time", test_span },
    { "columns", test_pad },
    { "members of JSON", test_json },
    { "the page of a run", test_page }
};

MZ_TEST_MAIN(tests)
