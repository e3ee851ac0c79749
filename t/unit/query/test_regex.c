
#include "base/mz_str.h"
#include "query/regex.h"
#include "test.h"


static void
test_search(void)
{
    size_t       i;
    int          many;
    mz_rc_t      rc;
    mz_err_t     err;
    mz_regex_t  *re;

    static const struct {
        const char  *pattern;
        bool         ignore_case;
        const char  *text;
        mz_rc_t      rc;
    } rows[] = {
        { "", false, "", MZ_OK },
        { "a", false, "", MZ_NOT_FOUND },
        { "^$", false, "", MZ_OK },
        { "a+b", false, "caab", MZ_OK },
        { "A", false, "a", MZ_NOT_FOUND },
        { "A", true, "a", MZ_OK },
        { "^É$", true, "é", MZ_OK },
        { "^.$", false, "é", MZ_OK },
        { "^.$", false, "ab", MZ_NOT_FOUND },
        { "(?i)HELLO", false, "say hello", MZ_OK },
        { "(\\w)\\1", false, "abba", MZ_OK },
        { "(?<=a)b", false, "ab", MZ_OK },

        /* ill-formed text: what lies between is searched, nothing else */

        { "b", false, "a\xff" "b", MZ_OK },
        { "a.b", false, "a\xff" "b", MZ_NOT_FOUND },
        { "^b", false, "a\xff" "b", MZ_NOT_FOUND },
        { "a$", false, "a\xff" "b", MZ_NOT_FOUND },
        { "^a", false, "a\xff" "b", MZ_OK },
        { "b$", false, "a\xff" "b", MZ_OK },
        { "x", false, "\xff\xfe\x80", MZ_NOT_FOUND },
        { "\xef\xbf\xbd", false, "\xc3\xef\xbf\xbd\xff", MZ_OK },
        { "c", false, "\xe2\x82", MZ_NOT_FOUND }
    };

    for (many = 0; many < 2; many++) {
        for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
            rc = mz_regex_new(mz_str_from(rows[i].pattern),
                              rows[i].ignore_case, many, &re, &err);
            CHECK_ROW(rc == MZ_OK, "%s: %s", rows[i].pattern, err.msg);

            if (rc == MZ_OK) {
                rc = mz_regex_search(re, mz_str_from(rows[i].text), &err);
                CHECK_ROW(rc == rows[i].rc, "%s on %s: %d", rows[i].pattern,
                          rows[i].text, (int) rc);
            }

            mz_regex_free(re);
        }
    }
}


static void
test_refusals(void)
{
    char         deep[200], huge[MZ_REGEX_PATTERN_MAX + 1];
    size_t       i;
    mz_err_t     err;
    mz_regex_t  *re;

    static const struct {
        const char  *pattern;
        const char  *says;
    } rows[] = {
        { "(", "offset 1" },
        { "a**b(", "offset" },
        { "[z-a]", "offset 3" },
        { "\\C", "offset" },
        { "(?<n>a)(?<n>b)", "offset" },
        { "((((((((((a{1,1000}){1,1000}){1,1000}){1,1000}){1,1000}){1,1000})"
          "{1,1000}){1,1000}){1,1000}){1,1000})", "large" },
        { "\xff", "UTF-8" }
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        CHECK_ROW(mz_regex_new(mz_str_from(rows[i].pattern), false, false,
                               &re, &err) == MZ_INVALID && re == NULL
                  && strstr(err.msg, rows[i].says), "%s: %s",
                  rows[i].pattern, err.msg);
    }

    memset(huge, 'a', sizeof(huge));
    CHECK(mz_regex_new((mz_str_t) { huge, sizeof(huge) }, false, false, &re,
                       &err) == MZ_INVALID);
    CHECK(mz_regex_new((mz_str_t) { huge, MZ_REGEX_PATTERN_MAX }, false,
                       false, &re, &err) == MZ_OK);
    mz_regex_free(re);

    memset(deep, '(', 100);
    memset(deep + 100, ')', 100);
    CHECK(mz_regex_new((mz_str_t) { deep, 200 }, false, false, &re, &err)
          == MZ_INVALID);
    mz_regex_free(NULL);
}


/* Patterns that explode end in words, soon, with compiled code or without. */

static void
test_explosions(void)
{
    int          many;
    char         text[20001], *tail;
    size_t       i;
    mz_err_t     err;
    mz_regex_t  *re;

    static const char *const  patterns[] = {
        "^(a+)+$", "^(a|aa)+$", "(a*)*b", "^(.*)*$x", "(x+x+)+y|(a|a)*z",
        "^(?:a?){60}a{60}b", "(?R)?a+z", "^((a{1,30}){1,30}){1,30}b"
    };

    memset(text, 'a', sizeof(text));
    text[sizeof(text) - 1] = '!';
    tail = text + sizeof(text) - 60;

    for (many = 0; many < 2; many++) {
        for (i = 0; i < MZ_ARRAY_LEN(patterns); i++) {
            CHECK_ROW(mz_regex_new(mz_str_from(patterns[i]), false, many, &re,
                                   &err) == MZ_OK, "%s", patterns[i]);
            err.msg[0] = '\0';
            CHECK_ROW(mz_regex_search(re, (mz_str_t) { tail, 60 }, &err)
                      != MZ_OK, "%s", patterns[i]);
            (void) mz_regex_search(re, (mz_str_t) { text, sizeof(text) },
                                   &err);
            mz_regex_free(re);
        }
    }

    CHECK(mz_regex_new(mz_str("^(a+)+$"), false, true, &re, &err) == MZ_OK);
    CHECK(mz_regex_search(re, mz_str("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"),
                          &err) == MZ_LIMIT);
    CHECK(strstr(err.msg, "too many steps") != NULL);
    mz_regex_free(re);
}


/* Matches that are a little heavy are allowed, but not for ever. */

static void
test_allowance(void)
{
    char         text[64];
    size_t       i;
    mz_rc_t      rc;
    mz_err_t     err;
    mz_regex_t  *re;

    CHECK(mz_regex_new(mz_str("^(a|aa)+$"), false, false, &re, &err)
          == MZ_OK);
    memset(text, 'a', sizeof(text));
    text[17] = '!';

    for (i = 0; i < MZ_REGEX_HEAVY_MAX * 2; i++) {
        rc = mz_regex_search(re, (mz_str_t) { text, 18 }, &err);

        if (rc == MZ_LIMIT) {
            break;
        }

        CHECK(rc == MZ_NOT_FOUND);
    }

    CHECK_ROW(i == MZ_REGEX_HEAVY_MAX, "%zu", i);
    mz_regex_free(re);
}


static const mz_test_t  tests[] = {
    { "search", test_search },
    { "refusals", test_refusals },
    { "explosions", test_explosions },
    { "the allowance of heavy matches", test_allowance }
};


MZ_TEST_MAIN(tests)
