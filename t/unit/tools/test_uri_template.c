
#include "base/mz_str.h"
#include "test.h"
#include "tools/uri_template.h"


#define V64  "vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv"


static void
test_check(void)
{
    size_t    i;
    mz_rc_t   rc;
    mz_err_t  err;

    static const struct {
        const char  *tmpl;
        const char  *part;      /* of the message; NULL: it is good */
    } rows[] = {
        { "", "that is no part" },
        { "mitzu://artifacts", "that is no part" },
        { "mitzu://artifacts/{id", "that is no part" },
        { "mitzu://artifacts/{", "that is no part" },
        { "mitzu://artifacts/id}", "that is no part" },
        { "mitzu://{a}/}", "that is no part" },
        { "mitzu://}{a}", "that is no part" },
        { "mitzu://{a}}", "that is no part" },
        { "mitzu://{}", "1 to 64 characters" },
        { "mitzu://{{a}}", "1 to 64 characters" },
        { "mitzu://{+path}", "1 to 64 characters" },
        { "mitzu://{a,b}", "1 to 64 characters" },
        { "mitzu://{a:3}", "1 to 64 characters" },
        { "mitzu://{" V64 "v}", "1 to 64 characters" },
        { "{scheme}:x", "some text before" },
        { "mitzu://{a}{b}", "{b} of a URI template needs some text" },
        { "mitzu://{a}/{a}", "{a} twice" },
        { "x:{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}/{i}", "more than 8" },
        { "x:{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}", NULL },
        { "mitzu://artifacts/{id}", NULL },
        { "mitzu://{a.b_C9}/x", NULL },
        { "mitzu://{" V64 "}", NULL }
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        err.msg[0] = '\0';
        rc = mz_uri_template_check(mz_str_from(rows[i].tmpl), &err);

        if (rows[i].part == NULL) {
            CHECK_ROW(rc == MZ_OK, "%s: %s", rows[i].tmpl, err.msg);

        } else {
            CHECK_ROW(rc == MZ_INVALID
                      && strstr(err.msg, rows[i].part) != NULL,
                      "%s: %s", rows[i].tmpl, err.msg);
        }
    }

    CHECK(mz_uri_template_check(mz_null_str, NULL) == MZ_INVALID);
}


static void
test_match(void)
{
    size_t    i;
    json_t   *vars, *want;
    mz_rc_t   rc;
    mz_err_t  err;

    static const struct {
        const char  *tmpl;
        const char  *uri;
        const char  *vars;      /* NULL: no match */
    } rows[] = {
        { "m://a/{id}", "m://a/", NULL },
        { "m://a/{id}", "m://a", NULL },
        { "m://a/{id}", "", NULL },
        { "m://a/{id}", "M://a/x", NULL },
        { "m://a/{id}", "m://a/x/y", NULL },
        { "m://a/{id}", "m://a/x/", NULL },
        { "m://a/{id}", "m://a/..%2fy", NULL },
        { "m://a/{id}", "m://a/x?y", NULL },
        { "m://a/{id}", "m://a/x#y", NULL },
        { "m://a/{id}", "m://a/%", NULL },
        { "m://a/{id}", "m://a/%4", NULL },
        { "m://a/{id}", "m://a/%4g", NULL },
        { "m://a/{id}", "m://a/%00", NULL },
        { "m://a/{id}", "m://a/%0a", NULL },
        { "m://a/{id}", "m://a/\x01", NULL },
        { "m://a/{id}", "m://a/%7f", NULL },
        { "m://a/{id}", "m://a/%c2%85", NULL },
        { "m://a/{id}", "m://a/%ff", NULL },
        { "m://a/{id}", "m://a/%c3", NULL },
        { "m://a/{id}", "m://a/\xff", NULL },
        { "m://a/{id}", "m://a/%c0%af", NULL },
        { "m://a/{id}", "m://a/x", "{\"id\":\"x\"}" },
        { "m://a/{id}", "m://a/%41%c3%a9%20%25", "{\"id\":\"A\xc3\xa9 %\"}" },
        { "m://a/{id}", "m://a/\xc3\xa9", "{\"id\":\"\xc3\xa9\"}" },
        { "m://a/{id}", "m://a/%3F%23", "{\"id\":\"?#\"}" },
        { "m://a/{id}", "m://a/%2541", "{\"id\":\"%41\"}" },
        { "m://a/{id}", "m://a/..", "{\"id\":\"..\"}" },
        { "m://a/{id}", "m://a/a+b&c", "{\"id\":\"a+b&c\"}" },
        { "m://{a}/{b}", "m://1/2", "{\"a\":\"1\",\"b\":\"2\"}" },
        { "m://{a}/{b}", "m:///2", NULL },
        { "m://{a}/{b}", "m://1/", NULL },
        { "m://{a}/{b}", "m://1", NULL },
        { "m://{a}/{b}", "m://1/2/3", NULL },
        { "m://{a}-{b}", "m://1-2-3", "{\"a\":\"1\",\"b\":\"2-3\"}" },
        { "m://{a}-{b}", "m://--3", "{\"a\":\"-\",\"b\":\"3\"}" },
        { "m://{a}.json", "m://x.json", "{\"a\":\"x\"}" },
        { "m://{a}.json", "m://x.json.json", "{\"a\":\"x.json\"}" },
        { "m://{a}.json", "m://.json", NULL },
        { "m://{a}.json", "m://x.jso", NULL },
        { "m://{a}/x/{b}/y", "m://1/x/2/y", "{\"a\":\"1\",\"b\":\"2\"}" },
        { "m://{a}/x/{b}/y", "m://1/z/2/y", NULL }
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        vars = json_object();
        rc = mz_uri_template_match(mz_str_from(rows[i].tmpl),
                                   mz_str_from(rows[i].uri), vars);

        if (rows[i].vars == NULL) {
            CHECK_ROW(rc == MZ_NOT_FOUND, "%s: %s", rows[i].uri,
                      mz_rc_name(rc));

        } else {
            CHECK_ROW(rc == MZ_OK, "%s: %s", rows[i].uri, mz_rc_name(rc));
            CHECK(mz_json_load(mz_str_from(rows[i].vars), NULL, &want, &err)
                  == MZ_OK);
            CHECK_ROW(mz_json_equal(vars, want), "%s", rows[i].uri);
            json_decref(want);
        }

        CHECK_ROW(mz_uri_template_match(mz_str_from(rows[i].tmpl),
                                        mz_str_from(rows[i].uri), NULL) == rc,
                  "%s without variables", rows[i].uri);
        json_decref(vars);
    }
}


static void
test_has(void)
{
    mz_str_t  t;

    t = mz_str("m://{a}/{bc}");
    CHECK(mz_uri_template_has(t, mz_str("a")));
    CHECK(mz_uri_template_has(t, mz_str("bc")));
    CHECK(!mz_uri_template_has(t, mz_str("b")));
    CHECK(!mz_uri_template_has(t, mz_str("")));
    CHECK(!mz_uri_template_has(mz_str("m://a"), mz_str("a")));
    CHECK(mz_uri_template_is(t));
    CHECK(!mz_uri_template_is(mz_str("m://a")));
    CHECK(!mz_uri_template_is(mz_null_str));
}


static const mz_test_t  tests[] = {
    { "what is a template", test_check },
    { "what a template takes, and as what", test_match },
    { "its variables", test_has }
};

MZ_TEST_MAIN(tests)
