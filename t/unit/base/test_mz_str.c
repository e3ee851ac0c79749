
#include <math.h>

#include "base/mz_str.h"
#include "base/mz_utf8.h"
#include "test.h"


typedef struct {
    const char  *text;
    bool         is_ok;
    int64_t      value;
} int_row_t;

typedef struct {
    const char  *text;
    bool         is_ok;
    double       value;
} double_row_t;

typedef struct {
    const char  *text;
    size_t       len;
    bool         is_valid;
    size_t       count;
} utf8_row_t;


static const int_row_t  ints[] = {
    { "", false, 0 },
    { "-", false, 0 },
    { "+1", false, 0 },
    { " 1", false, 0 },
    { "1 ", false, 0 },
    { "1.0", false, 0 },
    { "0x10", false, 0 },
    { "9223372036854775808", false, 0 },
    { "-9223372036854775809", false, 0 },
    { "99999999999999999999999", false, 0 },
    { "9223372036854775807", true, INT64_MAX },
    { "-9223372036854775808", true, INT64_MIN },
    { "0", true, 0 },
    { "-0", true, 0 },
    { "007", true, 7 },
    { "-42", true, -42 }
};

static const double_row_t  doubles[] = {
    { "", false, 0 },
    { ".", false, 0 },
    { "-", false, 0 },
    { "nan", false, 0 },
    { "inf", false, 0 },
    { "0x1p3", false, 0 },
    { "1e", false, 0 },
    { "1e+", false, 0 },
    { "1,5", false, 0 },
    { "1.5 ", false, 0 },
    { " 1.5", false, 0 },
    { "+1.5", false, 0 },
    { "1.5.1", false, 0 },
    { "1e999", false, 0 },
    { "0.1", true, 0.1 },
    { "-2.5e-3", true, -0.0025 },
    { "5", true, 5 },
    { ".5", true, 0.5 },
    { "1E2", true, 100 }
};

static const utf8_row_t  utf8[] = {
    { "", 0, true, 0 },
    { "abc", 3, true, 3 },
    { "a\0b", 3, true, 3 },
    { "\xc3\xa9", 2, true, 1 },
    { "\xe2\x82\xac", 3, true, 1 },
    { "\xf0\x9f\x98\x80", 4, true, 1 },
    { "\xef\xbf\xbd", 3, true, 1 },
    { "\x80", 1, false, 1 },
    { "\xc3", 1, false, 1 },
    { "\xc0\x80", 2, false, 2 },
    { "\xe0\x80\x80", 3, false, 3 },
    { "\xed\xa0\x80", 3, false, 3 },
    { "\xf4\x90\x80\x80", 4, false, 4 },
    { "\xf8\x88\x80\x80\x80", 5, false, 5 },
    { "\xe2\x82", 2, false, 2 }
};


static void
test_numbers(void)
{
    size_t   i;
    double   d;
    int64_t  v;

    for (i = 0; i < MZ_ARRAY_LEN(ints); i++) {
        CHECK_ROW((mz_str_to_int(mz_str_from(ints[i].text), &v) == MZ_OK)
                  == ints[i].is_ok && v == ints[i].value,
                  "int \"%s\"", ints[i].text);
    }

    for (i = 0; i < MZ_ARRAY_LEN(doubles); i++) {
        CHECK_ROW((mz_str_to_double(mz_str_from(doubles[i].text), &d) == MZ_OK)
                  == doubles[i].is_ok && d == doubles[i].value,
                  "double \"%s\"", doubles[i].text);
    }
}


static void
test_number_length(void)
{
    char    digits[600];
    double  d;

    memset(digits, '0', sizeof(digits));
    digits[1] = '.';
    digits[499] = '1';

    CHECK(mz_str_to_double((mz_str_t) { digits, 500 }, &d) == MZ_OK);
    CHECK(mz_str_to_double((mz_str_t) { digits, 600 }, &d) == MZ_INVALID);
}


static void
test_compare(void)
{
    CHECK(mz_str_eq(mz_null_str, mz_str("")));
    CHECK(!mz_str_eq(mz_str("a"), mz_str("A")));
    CHECK(mz_str_ieq(mz_str("aZ-1"), mz_str("Az-1")));
    CHECK(!mz_str_ieq(mz_str("@"), mz_str("`")));
    CHECK(!mz_str_eq(mz_str("a\0b"), mz_str("a\0c")));
    CHECK(mz_str_cmp(mz_str("a"), mz_str("ab")) < 0);
    CHECK(mz_str_cmp(mz_str("b"), mz_str("ab")) > 0);
    CHECK(mz_str_cmp(mz_null_str, mz_str("")) == 0);
    CHECK(mz_str_has_prefix(mz_str("ab"), mz_str("")));
    CHECK(!mz_str_has_prefix(mz_str("a"), mz_str("ab")));
    CHECK(mz_str_has_suffix(mz_str("ab"), mz_str("b")));
    CHECK(!mz_str_has_suffix(mz_str("b"), mz_str("ab")));
    CHECK(mz_str_find(mz_str("abab"), mz_str("ab"), 1) == 2);
    CHECK(mz_str_find(mz_str("abab"), mz_str("ab"), 3) == SIZE_MAX);
    CHECK(mz_str_find(mz_str("ab"), mz_str("b"), 9) == SIZE_MAX);
    CHECK(mz_str_find(mz_str("ab"), mz_str(""), 2) == 2);
}


static void
test_trim_and_split(void)
{
    mz_str_t  rest, part;

    CHECK_STR(mz_str_trim(mz_str(" \t\r\nx y\n ")), "x y");
    CHECK_STR(mz_str_trim(mz_str("  ")), "");

    rest = mz_str("a,,b,");
    CHECK(mz_str_split(&rest, ',', &part));
    CHECK_STR(part, "a");
    CHECK(mz_str_split(&rest, ',', &part));
    CHECK_STR(part, "");
    CHECK(mz_str_split(&rest, ',', &part));
    CHECK_STR(part, "b");
    CHECK(mz_str_split(&rest, ',', &part));
    CHECK_STR(part, "");
    CHECK(!mz_str_split(&rest, ',', &part));
}


static void
test_utf8(void)
{
    size_t    i;
    mz_str_t  s;

    for (i = 0; i < MZ_ARRAY_LEN(utf8); i++) {
        s = (mz_str_t) { utf8[i].text, utf8[i].len };
        CHECK_ROW(mz_utf8_is_valid(s) == utf8[i].is_valid, "row %zu", i);
        CHECK_ROW(mz_utf8_count(s) == utf8[i].count, "row %zu", i);
    }

    CHECK_STR(mz_utf8_prefix(mz_str("\xc3\xa9" "ab"), 2), "\xc3\xa9" "a");
    CHECK_STR(mz_utf8_prefix(mz_str("ab"), 9), "ab");
    CHECK_STR(mz_utf8_prefix_bytes(mz_str("a\xe2\x82\xac" "b"), 3), "a");
    CHECK_STR(mz_utf8_prefix_bytes(mz_str("a\xe2\x82\xac" "b"), 4),
              "a\xe2\x82\xac");
    CHECK_STR(mz_utf8_prefix_bytes(mz_str("\xf0\x9f\x98\x80"), 3), "");
    CHECK_STR(mz_utf8_prefix_bytes(mz_str("ab\xe2\x82"), 9), "ab");
    CHECK_STR(mz_utf8_prefix_bytes(mz_str("ab"), 0), "");
}


static void
test_fail(void)
{
    char      text[MZ_ERR_MAX * 2 + 2];
    size_t    i;
    mz_err_t  err;

    CHECK(mz_fail(NULL, MZ_LIMIT, "x") == MZ_LIMIT);
    CHECK(mz_fail(&err, MZ_DENIED, "%s %d", "n", 5) == MZ_DENIED);
    CHECK(err.rc == MZ_DENIED);
    CHECK_STR(mz_str_from(err.msg), "n 5");

    for (i = 0; i < MZ_ERR_MAX; i++) {
        memcpy(text + 2 * i, "\xc3\xa9", 2);
    }

    text[2 * i] = '\0';

    mz_fail(&err, MZ_INVALID, "%s", text);
    CHECK(strlen(err.msg) == MZ_ERR_MAX - 2);
    CHECK(mz_utf8_is_valid(mz_str_from(err.msg)));

    mz_fail(&err, MZ_INVALID, "%.1s near \xff\xef\xbf\xbd\xe2\x82", "\xc3\xa9");
    CHECK_STR(mz_str_from(err.msg), "? near ?\xef\xbf\xbd??");

    CHECK_STR(mz_str_from(mz_rc_name(MZ_INTERNAL)), "internal");
    CHECK_STR(mz_str_from(mz_rc_name((mz_rc_t) 99)), "unknown");
}


static const mz_test_t  tests[] = {
    { "numbers are read whole or not at all", test_numbers },
    { "texts of numbers are bounded", test_number_length },
    { "comparing and finding", test_compare },
    { "trim and split", test_trim_and_split },
    { "UTF-8 follows RFC 3629", test_utf8 },
    { "messages are UTF-8, and cut on a character boundary", test_fail }
};

MZ_TEST_MAIN(tests)
