
#include "base/mz_str.h"
#include "proto/jsonscan.h"
#include "test.h"


typedef struct {
    const char  *text;
    size_t       end;           /* of the value at 0 */
} value_row_t;

static const value_row_t  values[] = {
    { "", 0 },
    { ",", 0 },
    { "]", 0 },
    { " 1", 0 },
    { "1", 1 },
    { "1 ", 1 },
    { "-1.5e3,2", 6 },
    { "true]", 4 },
    { "\"a\"", 3 },
    { "\"a", 2 },
    { "\"a\\\"b\" ", 6 },
    { "\"a\\", 3 },
    { "{}", 2 },
    { "{},", 2 },
    { "{\"a\":\"}\"}]", 9 },
    { "[[1,2],[\"]\"]] ", 13 },
    { "[1", 2 }
};


static void
test_values(void)
{
    size_t  i, end;

    for (i = 0; i < MZ_ARRAY_LEN(values); i++) {
        end = mz_jsonscan_value(mz_str_from(values[i].text), 0);
        CHECK_ROW(end == values[i].end, "%s: %zu", values[i].text, end);
    }

    CHECK(mz_jsonscan_space(mz_str(" \t\r\n\v"), 0) == 4);
    CHECK(mz_jsonscan_space(mz_str("  "), 1) == 2);
    CHECK(mz_jsonscan_space(mz_str("  "), 9) == 2);
    CHECK(mz_jsonscan_space(mz_null_str, 0) == 0);
}


typedef struct {
    const char  *members;
    const char  *token;         /* of the member a; NULL: none */
} member_row_t;

static const member_row_t  members[] = {
    { "", NULL },
    { "}", NULL },
    { "\"", NULL },
    { "\"a", NULL },
    { "\"a\"", NULL },
    { "\"a\" 1", NULL },
    { "\"b\":1 \"a\":2", NULL },
    { "a:1", NULL },
    { "\"\\u0061\":1", NULL },
    { "\"b\":{\"a\":1}}", NULL },
    { "\"b\":\"\\\"a\\\":1\"}", NULL },
    { "\"a\":", "" },
    { "\"a\":}", "" },
    { "\"a\":1}", "1" },
    { " \"a\" : [ 1 ] }", "[ 1 ]" },
    { "\"b\":{\"a\":1},\"a\":\"x,\",\"a\":2}", "\"x,\"" },
    { "\"\":1,\"aa\":2,\"a\":3", "3" }
};


static void
test_members(void)
{
    size_t    i;
    mz_str_t  token;

    for (i = 0; i < MZ_ARRAY_LEN(members); i++) {
        token = mz_jsonscan_member(mz_str_from(members[i].members), "a");
        CHECK_ROW((token.data != NULL) == (members[i].token != NULL), "%s",
                  members[i].members);

        if (members[i].token != NULL) {
            CHECK_STR(token, members[i].token);
        }
    }

    CHECK(mz_jsonscan_object(mz_null_str).data == NULL);
    CHECK(mz_jsonscan_object(mz_str("  ")).data == NULL);
    CHECK(mz_jsonscan_object(mz_str("[{}]")).data == NULL);
    CHECK_STR(mz_jsonscan_object(mz_str(" {\"a\":1} ")), "\"a\":1} ");
    CHECK_STR(mz_jsonscan_object(mz_str("{")), "");
}


static void
test_integers(void)
{
    size_t  i;

    static const char *const  good[] = {
        "0", "-0", "7", "-12", "123456789012345678901234567890"
    };

    static const char *const  bad[] = {
        "", "-", "+1", "01", "-01", "1.0", "1e3", " 1", "1 ", "0x1", "\"1\""
    };

    for (i = 0; i < MZ_ARRAY_LEN(good); i++) {
        CHECK_ROW(mz_jsonscan_is_integer(mz_str_from(good[i])), "%s",
                  good[i]);
    }

    for (i = 0; i < MZ_ARRAY_LEN(bad); i++) {
        CHECK_ROW(!mz_jsonscan_is_integer(mz_str_from(bad[i])), "%s", bad[i]);
    }
}


static const mz_test_t  tests[] = {
    { "where values end", test_values },
    { "tokens of members", test_members },
    { "integers", test_integers }
};

MZ_TEST_MAIN(tests)
