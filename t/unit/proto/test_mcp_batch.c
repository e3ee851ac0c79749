
#include "mcp_test.h"


#define P1    RPC "\"id\":1,\"method\":\"ping\"}"
#define P2    RPC "\"id\":\"b\",\"method\":\"tools/list\"}"
#define DONE  RPC "\"method\":\"notifications/initialized\"}"
#define V03   "2025-03-26"
#define V06   "2025-06-18"

#define NONE    MZ_MCP_SESSION_NONE
#define VALID   MZ_MCP_SESSION_VALID
#define GONE    MZ_MCP_SESSION_GONE
#define UNSURE  MZ_MCP_SESSION_UNSURE


typedef struct {
    const char  *body;
    int          code;          /* 0: it opens */
    size_t       n;
} open_row_t;

static const open_row_t  opens[] = {
    { "[]", -32600, 0 },
    { " [ ] ", -32600, 0 },
    { "[", -32700, 0 },
    { "[,]", -32700, 0 },
    { "[" P1, -32700, 0 },
    { "[" P1 ",]", -32700, 0 },
    { "[" P1 "," P2, -32700, 0 },
    { "[" P1 "}", -32700, 0 },
    { "[" P1 "]]", -32700, 0 },
    { "[" P1 "] x", -32700, 0 },
    { "[" P1 " " P2 "]", -32700, 0 },
    { "[" P1 ",{\"a\":[1}]}]", -32700, 0 },
    { "[{\"jsonrpc\":\"2.0\",\"id\":1,\"id\":2,\"method\":\"ping\"}]", -32700,
      0 },
    { "[\"" P1 "\"]", -32700, 0 },
    { "[7]", -32600, 0 },
    { "[null]", -32600, 0 },
    { "[" P1 ",\"x\"]", -32600, 0 },
    { "[[" P1 "]]", -32600, 0 },
    { "[" P1 ",{\"id\":1,\"method\":\"ping\"}]", -32600, 0 },
    { "[" P1 "," RPC "\"id\":1.5,\"method\":\"ping\"}]", -32600, 0 },
    { "[" P1 "," RPC "\"id\":1,\"method\":\"initialize\"}]", -32600, 0 },
    { "[" RPC "\"method\":\"initialize\"}]", -32600, 0 },
    { "[" P1 "," LIST(MODERN) "]", -32600, 0 },
    { "[" LIST(META("7")) "]", -32600, 0 },
    { "[" P1 "]", 0, 1 },
    { " [\n" P1 "\t,\r\n" P2 " ] \n", 0, 2 },
    { "[" DONE "," DONE "]", 0, 2 },
    { "[" P1 "," RPC "\"id\":\"x\",\"result\":{}}," DONE "]", 0, 3 },
    { "[" RPC "\"id\":123456789012345678901234567890,\"method\":\"ping\"}]",
      0, 1 },
    { "[" RPC "\"id\":\"],[{\\\"\",\"method\":\"pi,ng\"}," P2 "]", 0, 2 }
};


static void
test_open(void)
{
    size_t             i, k;
    mz_rc_t            rc;
    mz_mcp_http_t      http;
    mz_mcp_batch_t     batch;
    mz_mcp_reply_t     reply;
    const open_row_t  *row;

    http = make_http(true, V03, NULL, NULL);

    for (i = 0; i < MZ_ARRAY_LEN(opens); i++) {
        row = &opens[i];

        CHECK_ROW(mz_mcp_is_batch(mz_str_from(row->body)), "%s", row->body);
        rc = mz_mcp_batch_open(&server, &http, mz_str_from(row->body), &batch,
                               &reply);

        CHECK_ROW((rc == MZ_OK) == (row->code == 0), "row %zu: %s: %s", i,
                  row->body, mz_buf_cstr(&reply.body));
        CHECK_ROW(batch.n == row->n, "row %zu: %zu", i, batch.n);
        CHECK_ROW((batch.items != NULL) == (rc == MZ_OK), "row %zu", i);

        if (row->code != 0) {
            CHECK_ROW(reply.status == 400, "row %zu", i);
            check_body(&reply.body, row->code, NULL, i);
        }

        for (k = 0; k < batch.n; k++) {
            CHECK_ROW(batch.items[k].data[0] == '{'
                      && batch.items[k].data[batch.items[k].len - 1] == '}',
                      "row %zu", i);
        }

        mz_mcp_batch_free(&batch);
        mz_mcp_reply_free(&reply);
    }

    CHECK(!mz_mcp_is_batch(mz_null_str));
    CHECK(!mz_mcp_is_batch(mz_str("  ")));
    CHECK(!mz_mcp_is_batch(mz_str(" {\"a\":[]}")));
}


typedef struct {
    int                      strict;
    mz_mcp_session_state_t   state;
    const char              *spoken;
    const char              *header;
    const char              *method;    /* Mcp-Method */
    const char              *name;
    unsigned                 duplicates;
    int                      status;    /* 200: it opens */
    int                      code;
} who_row_t;

static const who_row_t  whos[] = {
    { BOTH, GONE, NULL, NULL, NULL, NULL, 0, 404, -32001 },
    { BOTH, UNSURE, NULL, NULL, NULL, NULL, 0, 503, -32603 },
    { 1, NONE, NULL, NULL, NULL, NULL, 0, 400, -32000 },
    { 1, NONE, NULL, V03, NULL, NULL, 0, 400, -32000 },
    { 0, NONE, NULL, NULL, NULL, NULL, 0, 200, 0 },
    { 0, NONE, NULL, V03, NULL, NULL, 0, 200, 0 },
    { 0, NONE, NULL, "x", NULL, NULL, 0, 200, 0 },
    { BOTH, NONE, NULL, V03, NULL, NULL, MZ_HTTP_DUP_SESSION, 400, -32000 },
    { 0, NONE, NULL, V06, NULL, NULL, 0, 400, -32600 },
    { 0, NONE, NULL, "2024-11-05", NULL, NULL, 0, 400, -32600 },
    { BOTH, NONE, NULL, NEW, NULL, NULL, 0, 400, -32600 },
    { BOTH, VALID, V06, NULL, NULL, NULL, 0, 400, -32600 },
    { BOTH, VALID, "2024-11-05", NULL, NULL, NULL, 0, 400, -32600 },
    { BOTH, VALID, "2025-11-25", "2025-11-25", NULL, NULL, 0, 400, -32600 },
    { BOTH, VALID, V03, NEW, NULL, NULL, 0, 400, -32600 },
    { 1, VALID, V03, V06, NULL, NULL, 0, 400, -32000 },
    { 0, VALID, V03, V06, NULL, NULL, 0, 200, 0 },
    { BOTH, VALID, V03, NULL, "ping", NULL, 0, 400, -32020 },
    { BOTH, VALID, V03, NULL, NULL, "x", 0, 400, -32020 },
    { BOTH, VALID, V03, NULL, NULL, NULL, 0, 200, 0 },
    { BOTH, VALID, V03, V03, NULL, NULL, 0, 200, 0 }
};


static void
test_who(void)
{
    int               strict;
    size_t            i;
    mz_rc_t           rc;
    mz_mcp_http_t     http;
    mz_mcp_batch_t    batch;
    mz_mcp_reply_t    reply;
    const who_row_t  *row;

    for (i = 0; i < MZ_ARRAY_LEN(whos); i++) {
        row = &whos[i];

        for (strict = 0; strict <= 1; strict++) {
            if (row->strict != BOTH && row->strict != strict) {
                continue;
            }

            http = make_http(strict, row->header, row->method, row->name);
            http.session.state = row->state;
            http.session.version = mz_str_from(row->spoken);
            http.duplicates = row->duplicates;

            rc = mz_mcp_batch_open(&server, &http, mz_str("[" P1 "]"), &batch,
                                   &reply);
            CHECK_ROW((rc == MZ_OK) == (row->status == 200)
                      && reply.status == row->status, "row %zu: %d: %s", i,
                      reply.status, mz_buf_cstr(&reply.body));
            CHECK_ROW(reply.retry_after == (row->status == 503), "row %zu", i);

            if (rc != MZ_OK) {
                check_body(&reply.body, row->code, NULL, i);
            }

            mz_mcp_batch_free(&batch);
            mz_mcp_reply_free(&reply);
        }
    }
}


static void
test_items(void)
{
    mz_mcp_http_t     http;
    mz_mcp_batch_t    batch;
    mz_mcp_reply_t    reply;
    mz_mcp_request_t  req;

    http = make_http(true, V03, NULL, NULL);
    CHECK(mz_mcp_batch_open(&server, &http,
                            mz_str("[" P2 "," DONE "," CALL("") "]"), &batch,
                            &reply) == MZ_OK);
    mz_mcp_reply_free(&reply);

    CHECK(mz_mcp_batch_receive(&server, &http, &batch, 0, &req, &reply)
          == MZ_MCP_ANSWER);
    check_body(&reply.body, 0, "\"b\"", 0);
    CHECK_STR(req.version, V03);
    mz_mcp_request_free(&req);
    mz_mcp_reply_free(&reply);

    CHECK(mz_mcp_batch_receive(&server, &http, &batch, 1, &req, &reply)
          == MZ_MCP_ACCEPTED);
    mz_mcp_request_free(&req);
    mz_mcp_reply_free(&reply);

    CHECK(mz_mcp_batch_receive(&server, &http, &batch, 2, &req, &reply)
          == MZ_MCP_CALL);
    CHECK_STR(req.target, "inspect");
    mz_mcp_request_free(&req);
    mz_mcp_reply_free(&reply);

    mz_mcp_batch_free(&batch);
}


/* 100 messages pass, the 101st does not; nor does what is too large. */

static void
test_bounds(void)
{
    size_t           i, n;
    mz_buf_t         body;
    mz_mcp_http_t    http;
    mz_mcp_batch_t   batch;
    mz_mcp_reply_t   reply;
    mz_mcp_server_t  srv;

    srv = server;
    srv.body_max = 0;
    http = make_http(true, V03, NULL, NULL);
    mz_buf_init(&body, 0);

    for (n = MZ_MCP_BATCH_MAX; n <= MZ_MCP_BATCH_MAX + 1; n++) {
        mz_buf_reset(&body);

        for (i = 0; i < n; i++) {
            mz_buf_add_c(&body, i == 0 ? "[" : ",");
            mz_buf_add_c(&body, DONE);
        }

        mz_buf_add_char(&body, ']');

        CHECK_ROW((mz_mcp_batch_open(&srv, &http, mz_buf_view(&body), &batch,
                                     &reply) == MZ_OK)
                  == (n == MZ_MCP_BATCH_MAX), "%zu", n);
        CHECK(batch.n == (n == MZ_MCP_BATCH_MAX ? n : 0));

        if (n > MZ_MCP_BATCH_MAX) {
            check_body(&reply.body, -32600, NULL, n);
        }

        mz_mcp_batch_free(&batch);
        mz_mcp_reply_free(&reply);
    }

    CHECK(mz_mcp_batch_open(&server, &http, mz_buf_view(&body), &batch, &reply)
          != MZ_OK);
    CHECK(reply.status == 413);
    mz_mcp_reply_free(&reply);
    mz_buf_free(&body);

    /* 32 levels in an item. */

    mz_buf_init(&body, 0);

    for (n = 30; n <= 31; n++) {
        mz_buf_reset(&body);
        mz_buf_add_c(&body, "[" RPC "\"id\":1,\"method\":\"ping\",\"params\":"
                     "{\"a\":");

        for (i = 0; i < n; i++) {
            mz_buf_add_char(&body, '[');
        }

        for (i = 0; i < n; i++) {
            mz_buf_add_char(&body, ']');
        }

        mz_buf_add_c(&body, "}}]");

        CHECK_ROW((mz_mcp_batch_open(&server, &http, mz_buf_view(&body),
                                     &batch, &reply) == MZ_OK) == (n == 30),
                  "%zu", n);
        mz_mcp_batch_free(&batch);
        mz_mcp_reply_free(&reply);
    }

    mz_buf_free(&body);
}


static const mz_test_t  tests[] = {
    { "what is a batch", test_open },
    { "who may send one", test_who },
    { "its items one by one", test_items },
    { "its bounds", test_bounds }
};

MZ_TEST_MAIN(tests)
