
#include "auth/seal.h"
#include "base/mz_str.h"
#include "test.h"
#include "tools/state.h"


#define NOW_MS  ((int64_t) 1781524800000)


static mz_seal_t       seal, no_key;
static mz_tool_conf_t  conf;
static mz_principal_t  alice, bob;


static json_t *
load(const char *text)
{
    json_t    *v;
    mz_err_t   err;

    CHECK_ROW(mz_json_load(mz_str_from(text), NULL, &v, &err) == MZ_OK, "%s",
              text);

    return v;
}


static void
test_start(void)
{
    mz_err_t  err;

    CHECK(mz_seal_add(&seal, mz_str("a secret that is only for this test"),
                      &err) == MZ_OK);
    conf.seal = &seal;

    alice.issuer = mz_str("test");
    alice.subject = mz_str("alice");
    bob = alice;
    bob.subject = mz_str("bob");
    CHECK(mz_principal_set_scope(&alice) == MZ_OK);
    CHECK(mz_principal_set_scope(&bob) == MZ_OK);
}


static void
request(mz_mcp_request_t *req, const char *method, const char *target,
    const char *arguments)
{
    memset(req, 0, sizeof(mz_mcp_request_t));
    req->era = MZ_MCP_MODERN;
    req->method = mz_str_from(method);
    req->target = mz_str_from(target);
    req->arguments = arguments ? load(arguments) : NULL;
}


/* What tools/call of "ask" with {"a":1,"b":[true,{"c":"x"}]} is given. */

static mz_rc_t
seal_it(const char *kept, mz_buf_t *token)
{
    mz_rc_t            rc;
    mz_call_t          call;
    mz_mcp_request_t   req;

    request(&req, "tools/call", "ask", "{\"a\":1,\"b\":[true,{\"c\":\"x\","
            "\"d\":null}]}");

    memset(&call, 0, sizeof(mz_call_t));
    call.conf = &conf;
    call.principal = &alice;
    call.req = &req;
    call.now_ms = NOW_MS;
    call.kept = kept ? load(kept) : NULL;

    mz_buf_init(token, 0);
    rc = mz_state_seal(&call, token);

    json_decref(call.kept);
    json_decref(req.arguments);

    return rc;
}


static void
test_kept(void)
{
    size_t             i;
    json_t            *kept, *want;
    mz_err_t           err;
    mz_buf_t           token;
    mz_mcp_request_t   req;

    static const char  *const rows[] = {
        NULL, "null", "{}", "[]", "{\"n\":[1,2,{\"x\":\"\xc3\xa9\\u0001\"}]}",
        "\"text\"", "false"
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        CHECK(seal_it(rows[i], &token) == MZ_OK);
        request(&req, "tools/call", "ask", "{\"b\":[true,{\"d\":null,"
                "\"c\":\"x\"}],\"a\":1.0}");
        req.request_state = mz_buf_view(&token);

        CHECK_ROW(mz_state_open(&conf, &alice, &req, NOW_MS + 599000, &kept,
                                &err) == MZ_OK, "row %zu: %s", i, err.msg);

        want = rows[i] ? load(rows[i]) : NULL;
        CHECK_ROW(rows[i] ? mz_json_equal(kept, want) : kept == NULL,
                  "row %zu", i);

        json_decref(want);
        json_decref(kept);
        json_decref(req.arguments);
        mz_buf_free(&token);
    }
}


static void
test_other(void)
{
    size_t             i;
    json_t            *kept;
    mz_rc_t            rc;
    mz_err_t           err;
    mz_buf_t           token;
    mz_mcp_request_t   req;

    static const char  same[] = "{\"a\":1,\"b\":[true,{\"c\":\"x\","
                                "\"d\":null}]}";

    static const struct {
        const char            *method;
        const char            *target;
        const char            *arguments;
        const mz_principal_t  *who;
        int64_t                at_ms;
        const char            *part;
    } rows[] = {
        { "prompts/get", "ask", same, &alice, 0, "another request" },
        { "tools/call", "as", same, &alice, 0, "another request" },
        { "tools/call", "", same, &alice, 0, "another request" },
        { "tools/call", "ask", NULL, &alice, 0, "another request" },
        { "tools/call", "ask", "{}", &alice, 0, "another request" },
        { "tools/call", "ask", "{\"a\":2,\"b\":[true,{\"c\":\"x\","
          "\"d\":null}]}", &alice, 0, "another request" },
        { "tools/call", "ask", "{\"a\":1,\"b\":[{\"c\":\"x\",\"d\":null},"
          "true]}", &alice, 0, "another request" },
        { "tools/call", "ask", "{\"a\":1,\"b\":[true,{\"c\":\"x\"}]}", &alice,
          0, "another request" },
        { "tools/call", "ask", "{\"a\":\"1\",\"b\":[true,{\"c\":\"x\","
          "\"d\":null}]}", &alice, 0, "another request" },
        { "tools/call", "ask", same, &bob, 0, "to this caller" },
        { "tools/call", "ask", same, &alice, 600000, "expired" },
        { "tools/call", "ask", same, &alice, 900000, "expired" },
        { "tools/call", "ask", same, &alice, 599000, NULL }
    };

    CHECK(seal_it("{\"n\":1}", &token) == MZ_OK);

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        request(&req, rows[i].method, rows[i].target, rows[i].arguments);
        req.request_state = mz_buf_view(&token);
        err.msg[0] = '\0';

        rc = mz_state_open(&conf, rows[i].who, &req, NOW_MS + rows[i].at_ms,
                           &kept, &err);

        if (rows[i].part == NULL) {
            CHECK_ROW(rc == MZ_OK && kept != NULL, "row %zu", i);

        } else {
            CHECK_ROW(rc == MZ_INVALID && kept == NULL, "row %zu: %s", i,
                      mz_rc_name(rc));
            CHECK_ROW(strstr(err.msg, rows[i].part) != NULL, "row %zu: %s", i,
                      err.msg);
            CHECK_ROW(strstr(err.msg, "without requestState") != NULL,
                      "row %zu: %s", i, err.msg);
        }

        json_decref(kept);
        json_decref(req.arguments);
    }

    mz_buf_free(&token);
}


/* The token is what an attacker writes. */

static void
test_forged(void)
{
    size_t             i;
    json_t            *kept;
    mz_err_t           err;
    mz_buf_t           token, other;
    mz_mcp_request_t   req;

    CHECK(seal_it("{\"n\":1}", &token) == MZ_OK);
    request(&req, "tools/call", "ask", "{\"a\":1,\"b\":[true,{\"c\":\"x\","
            "\"d\":null}]}");

    for (i = 0; i < token.len; i++) {
        token.data[i] ^= 1;
        req.request_state = mz_buf_view(&token);
        CHECK_ROW(mz_state_open(&conf, &alice, &req, NOW_MS, &kept, &err)
                  == MZ_INVALID && kept == NULL, "character %zu", i);
        token.data[i] ^= 1;
    }

    req.request_state = mz_buf_view(&token);
    req.request_state.len--;
    CHECK(mz_state_open(&conf, &alice, &req, NOW_MS, &kept, &err)
          == MZ_INVALID);

    req.request_state = mz_str("");
    CHECK(mz_state_open(&conf, &alice, &req, NOW_MS, &kept, &err)
          == MZ_INVALID);

    /* genuine, but made for something else, or no object */

    mz_buf_init(&other, 0);
    CHECK(mz_seal_make(&seal, MZ_SEAL_CURSOR, mz_str_from(alice.scope),
                       NOW_MS / 1000 + 9, mz_str("{}"), &other) == MZ_OK);
    req.request_state = mz_buf_view(&other);
    CHECK(mz_state_open(&conf, &alice, &req, NOW_MS, &kept, &err)
          == MZ_INVALID);

    mz_buf_reset(&other);
    CHECK(mz_seal_make(&seal, MZ_SEAL_STATE, mz_str_from(alice.scope),
                       NOW_MS / 1000 + 9, mz_str("[]"), &other) == MZ_OK);
    req.request_state = mz_buf_view(&other);
    CHECK(mz_state_open(&conf, &alice, &req, NOW_MS, &kept, &err)
          == MZ_INVALID);

    mz_buf_free(&other);
    mz_buf_free(&token);
    json_decref(req.arguments);
}


static void
test_keys(void)
{
    char               long_text[MZ_SEAL_TOKEN_MAX];
    json_t            *kept;
    mz_err_t           err;
    mz_buf_t           token, none;
    mz_seal_t          rotated;
    mz_mcp_request_t   req;

    request(&req, "tools/call", "ask", "{\"a\":1,\"b\":[true,{\"c\":\"x\","
            "\"d\":null}]}");
    CHECK(mz_state_open(&conf, &alice, &req, NOW_MS, &kept, &err) == MZ_OK);
    CHECK(kept == NULL);

    CHECK(seal_it("1", &token) == MZ_OK);
    req.request_state = mz_buf_view(&token);

    /* a new key signs, the old one still opens */

    memset(&rotated, 0, sizeof(rotated));
    CHECK(mz_seal_add(&rotated, mz_str("a newer secret, which is put first"),
                      &err) == MZ_OK);
    conf.seal = &rotated;
    CHECK(mz_state_open(&conf, &alice, &req, NOW_MS, &kept, &err)
          == MZ_INVALID);
    CHECK(mz_seal_add(&rotated, mz_str("a secret that is only for this test"),
                      &err) == MZ_OK);
    CHECK(mz_state_open(&conf, &alice, &req, NOW_MS, &kept, &err) == MZ_OK);
    json_decref(kept);

    conf.seal = &no_key;
    CHECK(mz_state_open(&conf, &alice, &req, NOW_MS, &kept, &err)
          == MZ_UNAVAILABLE && kept == NULL);
    CHECK(seal_it("1", &none) == MZ_UNAVAILABLE && none.len == 0);
    mz_buf_free(&none);

    conf.seal = NULL;
    CHECK(mz_state_open(&conf, &alice, &req, NOW_MS, &kept, &err)
          == MZ_UNAVAILABLE);
    CHECK(seal_it("1", &none) == MZ_UNAVAILABLE);
    mz_buf_free(&none);

    conf.seal = &seal;
    memset(long_text, 'x', sizeof(long_text));
    long_text[0] = '"';
    long_text[sizeof(long_text) - 2] = '"';
    long_text[sizeof(long_text) - 1] = '\0';
    CHECK(seal_it(long_text, &none) == MZ_LIMIT);
    mz_buf_free(&none);

    mz_buf_free(&token);
    json_decref(req.arguments);
}


static const mz_test_t  tests[] = {
    { "a key and two callers", test_start },
    { "what was kept comes back", test_kept },
    { "for this caller, request and time only", test_other },
    { "nobody else can make one", test_forged },
    { "keys come and go", test_keys }
};

MZ_TEST_MAIN(tests)
