
#include "mcp_test.h"


#define V11  "2025-11-25"


typedef struct {
    const char    *root;
    const char    *id;
    const char    *version;
    mz_mcp_do_t    what;            /* DO_NOTHING: refused */
} revive_row_t;

static const revive_row_t  rows[] = {
    { "[]", "1", V11, 0 },
    { "7", "1", V11, 0 },
    { "{}", "1", V11, 0 },
    { "{\"method\":7}", "1", V11, 0 },
    { "{\"method\":\"no/such\"}", "1", V11, 0 },
    { "{\"method\":\"ping\"}", "1", V11, 0 },
    { "{\"method\":\"tools/list\"}", "1", V11, 0 },
    { "{\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"x\"}}",
      "1", V11, 0 },
    { "{\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":1}}",
      "1", V11, 0 },
    { "{\"method\":\"tools/call\"}", "1", V11, 0 },
    { "{\"method\":\"tools/call\",\"params\":[]}", "1", V11, 0 },
    { "{\"method\":\"tools/call\",\"params\":{\"name\":7}}", "1", V11, 0 },
    { "{\"method\":\"tasks/update\",\"params\":{\"taskId\":\"t\"}}", "1", V11,
      0 },
    { "{\"method\":\"tasks/get\",\"params\":{\"taskId\":\"t\"}}", "1",
      "2025-06-18", 0 },
    { "{\"method\":\"tools/call\",\"params\":{\"name\":\"a\"}}", "1", NULL,
      0 },
    { "{\"method\":\"tools/call\",\"params\":{\"name\":\"a\"}}", "1",
      "1999-01-01", 0 },
    { "{\"method\":\"tools/call\",\"params\":{\"name\":\"a\"}}", "1", NEW,
      0 },
    { "{\"method\":\"tools/call\",\"params\":{\"name\":\"a\"}}", "", V11, 0 },
    { "{\"method\":\"tools/call\",\"params\":{\"name\":\"a\"}}", "1.5", V11,
      0 },
    { "{\"method\":\"tools/call\",\"params\":{\"name\":\"a\"}}", "null", V11,
      0 },
    { "{\"method\":\"tools/call\",\"params\":{\"name\":\"a\"}}",
      "1,\"result\":{}", V11, 0 },
    { "{\"method\":\"tools/call\",\"params\":{\"name\":\"a\"}}",
      "\n\"x\"", V11, 0 },
    { "{\"method\":\"tools/call\",\"params\":{\"name\":\"a\"}}", "\"x\" ",
      V11, 0 },
    { "{\"method\":\"tools/call\",\"params\":{\"name\":\"a\"}}", "\"a", V11,
      0 },
    { "{\"method\":\"tools/call\",\"params\":{\"name\":\"a\"}}",
      "123456789012345678901234567890", V11, MZ_MCP_DO_TOOL },
    { "{\"method\":\"tools/call\",\"params\":{\"name\":\"a\"},\"version\":7}",
      "\"x\\u0041\"", "2025-03-26", MZ_MCP_DO_TOOL },
    { "{\"method\":\"tasks/result\",\"params\":{\"taskId\":\"t\"}}", "0", V11,
      MZ_MCP_DO_TASK_RESULT },
    { "{\"method\":\"tools/call\",\"params\":{\"name\":\"a\"," MODERN "}}",
      "1", NEW, MZ_MCP_DO_TOOL }
};


static void
test_revive(void)
{
    size_t               i;
    json_t              *root;
    mz_rc_t              rc;
    mz_err_t             err;
    mz_mcp_request_t     req;
    const revive_row_t  *row;

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        row = &rows[i];
        CHECK(mz_json_load(mz_str_from(row->root), NULL, &root, &err)
              == MZ_OK);

        rc = mz_mcp_revive(root, mz_str_from(row->id),
                           mz_str_from(row->version), &req);
        CHECK_ROW((rc == MZ_OK) == (row->what != MZ_MCP_DO_NOTHING),
                  "row %zu: %s", i, row->root);
        CHECK_ROW(req.what == row->what, "row %zu: %d", i, (int) req.what);

        if (rc == MZ_OK) {
            CHECK_STR(mz_str_from(req.id), row->id);
            CHECK_STR(req.version, row->version);
            CHECK_ROW(req.root == root && req.target.len == 1, "row %zu", i);
            CHECK_ROW(req.tolerated == 0, "row %zu", i);

        } else {
            CHECK_ROW(req.root == NULL, "row %zu", i);
        }

        mz_mcp_request_free(&req);
    }

    CHECK(mz_mcp_revive(NULL, mz_str("1"), mz_str(V11), &req) == MZ_INVALID);
    mz_mcp_request_free(&req);
}


/* What is kept of a request brings the same request back. */

static void
test_round_trip(void)
{
    json_t           *root;
    mz_mcp_http_t     http;
    mz_mcp_reply_t    reply;
    mz_mcp_server_t   srv;
    mz_mcp_request_t  req, again;

    srv = make_server(OFFERS_ALL);
    http = make_http(true, V11, NULL, NULL);

    CHECK(mz_mcp_receive(&srv, &http, mz_str(
        RPC "\"id\":\"i\",\"method\":\"tools/call\",\"params\":{\"name\":"
        "\"a\",\"arguments\":{\"b\":[1]},\"task\":{\"ttl\":9},\"_meta\":"
        "{\"progressToken\":4}}}"), &req, &reply) == MZ_MCP_CALL);

    root = json_object();
    CHECK(mz_json_set_str(root, "method", req.method) == MZ_OK);
    CHECK(mz_json_set(root, "params", json_incref(req.params)) == MZ_OK);

    CHECK(mz_mcp_revive(root, mz_str_from(req.id), req.version, &again)
          == MZ_OK);
    CHECK(again.what == req.what && again.era == req.era);
    CHECK(mz_str_eq(again.version, req.version));
    CHECK(mz_str_eq(again.method, req.method));
    CHECK(mz_str_eq(again.target, req.target));
    CHECK(strcmp(again.id, req.id) == 0);
    CHECK(mz_json_equal(again.arguments, req.arguments));
    CHECK(again.progress_token != NULL
          && mz_json_equal(again.progress_token, req.progress_token));
    CHECK(again.wants_task && again.task_ttl_ms == 9);

    mz_mcp_request_free(&again);
    mz_mcp_request_free(&req);
    mz_mcp_reply_free(&reply);
}


static const mz_test_t  tests[] = {
    { "only what is a call comes back", test_revive },
    { "the same request again", test_round_trip }
};

MZ_TEST_MAIN(tests)
