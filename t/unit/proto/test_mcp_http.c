
#include "mcp_test.h"
#include "proto/mcp_http.h"


typedef struct {
    int                 strict;     /* 0, 1, BOTH */
    mz_http_method_t    method;
    const char         *content_type;
    const char         *accept;
    int64_t             length;
    int                 status;     /* 200: go on */
} precheck_row_t;

typedef struct {
    const char  *accept;
    bool         sse;
    bool         json;
} accept_row_t;



static const precheck_row_t  prechecks[] = {
    { BOTH, MZ_HTTP_POST, JSON_TYPE, BOTH_TYPES, -1, 200 },
    { BOTH, MZ_HTTP_POST, "Application/JSON; charset=utf-8", "*/*", 0, 200 },
    { BOTH, MZ_HTTP_POST, JSON_TYPE, NULL, 4000, 200 },
    { BOTH, MZ_HTTP_POST, JSON_TYPE, BOTH_TYPES, 4001, 413 },
    { BOTH, MZ_HTTP_POST, JSON_TYPE, BOTH_TYPES, INT64_MAX, 413 },
    { BOTH, MZ_HTTP_GET, NULL, "text/event-stream", -1, 200 },
    { BOTH, MZ_HTTP_GET, NULL, JSON_TYPE, -1, 406 },
    { BOTH, MZ_HTTP_DELETE, NULL, NULL, -1, 200 },
    { BOTH, MZ_HTTP_OPTIONS, NULL, NULL, -1, 405 },
    { BOTH, MZ_HTTP_OTHER, JSON_TYPE, BOTH_TYPES, -1, 405 },
    { BOTH, MZ_HTTP_POST, "text/plain", BOTH_TYPES, -1, 415 },
    { BOTH, MZ_HTTP_POST, "application/jsonp", BOTH_TYPES, -1, 415 },
    { BOTH, MZ_HTTP_POST, "text/plain; x=application/json", NULL, -1, 415 },
    { 1, MZ_HTTP_POST, NULL, BOTH_TYPES, -1, 415 },
    { 0, MZ_HTTP_POST, NULL, BOTH_TYPES, -1, 200 },
    { 1, MZ_HTTP_POST, JSON_TYPE, JSON_TYPE, -1, 406 },
    { 0, MZ_HTTP_POST, JSON_TYPE, JSON_TYPE, -1, 200 },
    { 1, MZ_HTTP_POST, JSON_TYPE, "text/event-stream", -1, 406 },
    { 0, MZ_HTTP_POST, JSON_TYPE, "text/event-stream", -1, 200 },
    { 1, MZ_HTTP_POST, JSON_TYPE, "image/png", -1, 406 },
    { 0, MZ_HTTP_POST, JSON_TYPE, "image/png", -1, 200 }
};

static const accept_row_t  accepts[] = {
    { NULL, true, true },
    { "", true, true },
    { "*/*", true, true },
    { "*", true, true },
    { "application/*", false, true },
    { "text/*, application/json;q=0", true, false },
    { "*/*;q=0.1, text/event-stream;q=0", false, true },
    { "text/event-stream;q=0, */*;q=0.1", false, true },
    { "application/json;q=0.9,text/event-stream;q=0.5", true, true },
    { " TEXT/Event-Stream ; q=1 , application/json ", true, true },
    { "text/event-stream; q=0.000, text/*", false, false },
    { "text/event-stream;level=1;q=0", false, false },
    { "text/html, application/xhtml+xml", false, false },
    { "application/jsonl", false, false },
    { ",,", false, false }
};

static void
test_precheck(void)
{
    int                    strict;
    size_t                 i;
    mz_mcp_http_t          http;
    mz_mcp_reply_t         reply;
    const precheck_row_t  *row;

    for (i = 0; i < MZ_ARRAY_LEN(prechecks); i++) {
        row = &prechecks[i];

        for (strict = 0; strict <= 1; strict++) {
            if (row->strict != BOTH && row->strict != strict) {
                continue;
            }

            http = make_http(strict, NULL, NULL, NULL);
            http.method = row->method;
            http.content_type = mz_str_from(row->content_type);
            http.accept = mz_str_from(row->accept);

            CHECK_ROW((mz_mcp_precheck(&server, &http, row->length, &reply)
                       == MZ_OK) == (row->status == 200), "row %zu", i);
            CHECK_ROW(reply.status == row->status, "row %zu: %d", i,
                      reply.status);
            CHECK_ROW((reply.allow != NULL) == (row->status == 405),
                      "row %zu", i);

            if (row->status == 200) {
                CHECK_ROW(reply.body.len == 0, "row %zu", i);

            } else {
                check_body(&reply.body, -32000, NULL, i);
            }

            mz_mcp_reply_free(&reply);
        }
    }

    http = make_http(true, NEW, NULL, NULL);
    http.method = MZ_HTTP_GET;
    CHECK(mz_mcp_precheck(&server, &http, -1, &reply) != MZ_OK);
    check_body(&reply.body, -32600, NULL, 0);
    CHECK_STR(mz_str_from(reply.allow), "GET, POST, DELETE, OPTIONS");
    mz_mcp_reply_free(&reply);

    http = make_http(true, NULL, NULL, NULL);
    http.duplicates = MZ_HTTP_DUP_CONTENT_TYPE;
    CHECK(mz_mcp_precheck(&server, &http, -1, &reply) != MZ_OK
          && reply.status == 415);
    mz_mcp_reply_free(&reply);
}


static void
test_accept(void)
{
    size_t            i;
    mz_mcp_http_t     http;
    mz_mcp_reply_t    reply;
    mz_mcp_request_t  req;

    for (i = 0; i < MZ_ARRAY_LEN(accepts); i++) {
        http = make_http(false, NULL, NULL, NULL);
        http.accept = mz_str_from(accepts[i].accept);

        (void) mz_mcp_receive(&server, &http, mz_str(CALL("")), &req, &reply);
        CHECK_ROW(req.accepts_sse == accepts[i].sse, "%s", accepts[i].accept);

        /* With neither the answer is JSON. */

        CHECK_ROW(req.accepts_json == (accepts[i].json || !accepts[i].sse),
                  "%s", accepts[i].accept);
        mz_mcp_request_free(&req);
        mz_mcp_reply_free(&reply);

        http.is_strict = true;
        CHECK_ROW((mz_mcp_precheck(&server, &http, -1, &reply) == MZ_OK)
                  == (accepts[i].sse && accepts[i].json), "%s",
                  accepts[i].accept);
        mz_mcp_reply_free(&reply);
    }
}


typedef struct {
    const char  *value;         /* JSON; NULL: absent */
    const char  *header;        /* NULL: absent */
    bool         is_good;
} param_row_t;

static const param_row_t  params[] = {
    { NULL, NULL, true },
    { "null", NULL, true },
    { NULL, "x", false },
    { "null", "", false },
    { "\"x\"", NULL, false },
    { "7", NULL, false },
    { "false", NULL, false },
    { "\"\"", NULL, false },
    { "\"x\"", "y", false },
    { "\"x\"", "X", false },
    { "\"x\"", "x, x", false },
    { "\"x\"", "", false },
    { "\"x\"", " x\t", true },
    { "\"\"", "", true },
    { "\"a b\\tc\"", "a b\tc", true },
    { "\" x\"", " x", false },
    { "\" x\"", "=?base64?IHg=?=", true },
    { "\"x\"", "=?base64?IHg=?=", false },
    { "\"\\u00e9\"", "\xc3\xa9", false },
    { "\"\\u00e9\"", "=?base64?w6k=?=", true },
    { "\"\\u00e9\"", "=?base64?w6k?=", false },
    { "\"\\u00e9\"", "=?Base64?w6k=?=", false },
    { "\"a\\u0001\"", "a\x01", false },
    { "\"=?base64?eA==?=\"", "=?base64?eA==?=", false },
    { "\"=?base64?eA==?=\"", "=?base64?PT9iYXNlNjQ/ZUE9PT89?=", true },
    { "42", "42", true },
    { "42", "42.0", true },
    { "42", "4.2e1", true },
    { "42", "=?base64?NDIuMA==?=", true },
    { "42.0", "42", true },
    { "-7", "-7", true },
    { "0", "-0", true },
    { "42", "43", false },
    { "42", "42.5", false },
    { "42", "0x2a", false },
    { "42", "", false },
    { "42", "1e400", false },
    { "42", "42 42", false },
    { "0.5", "0.50", true },
    { "0.5", "0.51", false },
    { "9007199254740993", "9007199254740993", true },
    { "9007199254740993", "9007199254740992", false },
    { "9007199254740993", "9007199254740992.0", false },
    { "9007199254740992", "9007199254740993.0", true },
    { "9223372036854775807", "9223372036854775808", false },
    { "true", "true", true },
    { "false", "false", true },
    { "true", "false", false },
    { "true", "True", false },
    { "true", "1", false },
    { "[1]", "x", true },
    { "{}", NULL, true }
};


/* -32020 or not; an array or object is the business of the schema. */

static void
test_params(void)
{
    size_t              i;
    json_t             *value;
    mz_err_t            err;
    mz_rc_t             rc;
    mz_mcp_http_t       http;
    mz_mcp_param_t      given[2];
    const param_row_t  *row;

    for (i = 0; i < MZ_ARRAY_LEN(params); i++) {
        row = &params[i];
        http = make_http(true, NEW, NULL, NULL);
        given[0].name = mz_str("Other");
        given[0].value = mz_str("o");
        given[1].name = mz_str("reGion");
        given[1].value = mz_str_from(row->header);
        http.params = given;
        http.nparams = row->header ? 2 : 1;
        value = NULL;

        if (row->value != NULL) {
            CHECK_ROW(mz_json_load(mz_str_from(row->value), NULL, &value, &err)
                      == MZ_OK, "%s", row->value);
        }

        rc = mz_mcp_http_check_param(&http, mz_str("Region"), value, &err);
        CHECK_ROW(rc == (row->is_good ? MZ_OK : MZ_INVALID), "row %zu: %s: %s",
                  i, row->value, row->header);
        CHECK_ROW(row->is_good || strstr(err.msg, "Mcp-Param-Region"),
                  "row %zu: %s", i, err.msg);

        /* Given twice it is refused, even if both are right. */

        if (row->header != NULL && row->value != NULL && row->value[0] != '['
            && row->value[0] != '{')
        {
            given[0] = given[1];
            CHECK_ROW(mz_mcp_http_check_param(&http, mz_str("Region"), value,
                                              &err) == MZ_INVALID, "row %zu",
                      i);
        }

        json_decref(value);
    }

    /* As nginx may give it: present, and empty. */

    given[0].value = mz_null_str;
    http.nparams = 1;
    value = json_string("");
    given[0].name = mz_str("Region");
    CHECK(mz_mcp_http_check_param(&http, mz_str("Region"), value, &err)
          == MZ_OK);
    json_decref(value);
}


static const mz_test_t  tests[] = {
    { "what is refused before the body is read", test_precheck },
    { "Accept", test_accept },
    { "Mcp-Param headers against the arguments", test_params }
};

MZ_TEST_MAIN(tests)
