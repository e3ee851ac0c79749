
#include "mcp_test.h"


static void
check_answer(const char *version, const char *method, const char *body,
    const char *want)
{
    mz_mcp_http_t     http;
    mz_mcp_reply_t    reply;
    mz_mcp_request_t  req;

    http = make_http(true, version, method, NULL);
    CHECK(mz_mcp_receive(&server, &http, mz_str_from(body), &req, &reply)
          == MZ_MCP_ANSWER);
    CHECK_STR(mz_buf_view(&reply.body), want);

    mz_mcp_request_free(&req);
    mz_mcp_reply_free(&reply);
}


#define INFO                                                                  \
    "{\"name\":\"mitzu\",\"title\":\"Mitzu \\\"MCP\\\"\",\"version\":\"1.0\"}"
#define INFO_META                                                             \
    "\"_meta\":{\"io.modelcontextprotocol/serverInfo\":" INFO "}"
#define INIT(v)                                                               \
    RPC "\"id\":0,\"method\":\"initialize\",\"params\":"                      \
    "{\"protocolVersion\":\"" v "\"}}"
#define INITED(v)                                                             \
    RPC "\"id\":0,\"result\":{\"protocolVersion\":\"" v "\",\"capabilities\":"\
    "{\"tools\":{}},\"serverInfo\":" INFO ",\"instructions\":\"Ask.\"}}"

static void
test_answers(void)
{
    check_answer(NULL, NULL, INIT("2025-11-25"), INITED("2025-11-25"));
    check_answer(NULL, NULL, INIT("2025-06-18"), INITED("2025-06-18"));
    check_answer(NULL, NULL, INIT("2025-03-26"), INITED("2025-03-26"));
    check_answer(NULL, NULL, INIT("2024-11-05"), INITED("2024-11-05"));
    check_answer(NULL, NULL, INIT("1999-01-01"), INITED("2025-11-25"));
    check_answer(NULL, NULL, INIT(NEW), INITED("2025-11-25"));

    check_answer(NULL, NULL, RPC "\"id\":\"a\",\"method\":\"ping\"}",
                 RPC "\"id\":\"a\",\"result\":{}}");
    check_answer(NULL, NULL, RPC "\"id\":1,\"method\":\"tools/list\"}",
                 RPC "\"id\":1,\"result\":{\"tools\":"
                 "[{\"name\":\"inspect\"}]}}");
    check_answer(NEW, "tools/list", LIST(MODERN),
                 RPC "\"id\":1,\"result\":{\"resultType\":\"complete\","
                 "\"ttlMs\":300000,\"cacheScope\":\"public\",\"tools\":"
                 "[{\"name\":\"inspect\"}]," INFO_META "}}");
    check_answer(NEW, "server/discover",
                 RPC "\"id\":1,\"method\":\"server/discover\",\"params\":{"
                 MODERN "}}",
                 RPC "\"id\":1,\"result\":{\"resultType\":\"complete\","
                 "\"ttlMs\":3600000,\"cacheScope\":\"public\","
                 "\"supportedVersions\":[\"2026-07-28\"],"
                 "\"capabilities\":{\"tools\":{}},\"instructions\":\"Ask.\","
                 INFO_META "}}");
    check_answer("v\"9", "tools/list", LIST(META("\"v\\\"9\"")),
                 RPC "\"id\":1,\"error\":{\"code\":-32022,\"message\":"
                 "\"Unsupported protocol version\",\"data\":{\"supported\":"
                 "[\"2026-07-28\"],\"requested\":\"v\\\"9\"}}}");
}


static void
receive_call(const char *version, const char *name, const char *body,
    mz_mcp_request_t *req)
{
    mz_mcp_http_t   http;
    mz_mcp_reply_t  reply;

    http = make_http(true, version, name ? "tools/call" : NULL, name);
    CHECK(mz_mcp_receive(&server, &http, mz_str_from(body), req, &reply)
          == MZ_MCP_CALL);
    mz_mcp_reply_free(&reply);
}


static void
test_writers(void)
{
    mz_buf_t          out;
    mz_mcp_result_t   res;
    mz_mcp_request_t  req;

    mz_buf_init(&out, 0);

    receive_call("2025-06-18", NULL, CALL(",\"_meta\":{\"progressToken\":"
                 "\"p\\n7\"}"), &req);
    CHECK(req.era == MZ_MCP_LEGACY);
    CHECK_STR(req.version, "2025-06-18");
    CHECK_STR(req.method, "tools/call");
    CHECK_STR(req.target, "inspect");
    CHECK(mz_json_get_int(req.arguments, "a", 0) == 1);

    memset(&res, 0, sizeof(res));
    res.structured = mz_str("{\"rows\":12}");
    res.text = mz_str("12 \"rows\"\n");
    res.is_error = false;

    mz_mcp_write_result(&server, &req, &res, &out);
    CHECK_STR(mz_buf_view(&out), RPC "\"id\":1,\"result\":{\"content\":["
              "{\"type\":\"text\",\"text\":\"12 \\\"rows\\\"\\n\"}],"
              "\"structuredContent\":{\"rows\":12}}}");

    mz_buf_reset(&out);
    mz_mcp_write_progress(&req, 3, -1, mz_str("Planning"), &out);
    CHECK_STR(mz_buf_view(&out), RPC "\"method\":\"notifications/progress\","
              "\"params\":{\"progressToken\":\"p\\n7\",\"progress\":3,"
              "\"message\":\"Planning\"}}");

    mz_buf_reset(&out);
    mz_mcp_write_error(&req, MZ_RPC_PARAMS, mz_str("Unknown tool: x\xff"),
                       mz_str("{\"a\":1}"), &out);
    CHECK_STR(mz_buf_view(&out), RPC "\"id\":1,\"error\":{\"code\":-32602,"
              "\"message\":\"Unknown tool: x\xef\xbf\xbd\","
              "\"data\":{\"a\":1}}}");
    mz_mcp_request_free(&req);

    receive_call(NEW, "inspect", CALL("," MODERN), &req);
    CHECK(req.era == MZ_MCP_MODERN);
    CHECK_STR(req.version, NEW);
    CHECK(req.progress_token == NULL);

    mz_buf_reset(&out);
    mz_mcp_write_result(&server, &req, &res, &out);
    CHECK_STR(mz_buf_view(&out), RPC "\"id\":1,\"result\":{\"resultType\":"
              "\"complete\",\"content\":[{\"type\":\"text\",\"text\":"
              "\"12 \\\"rows\\\"\\n\"}],\"structuredContent\":{\"rows\":12},"
              INFO_META "}}");

    /* An error has no structured content, even if somebody gave one. */

    res.is_error = true;
    mz_buf_reset(&out);
    mz_mcp_write_result(&server, &req, &res, &out);
    CHECK_STR(mz_buf_view(&out), RPC "\"id\":1,\"result\":{\"resultType\":"
              "\"complete\",\"content\":[{\"type\":\"text\",\"text\":"
              "\"12 \\\"rows\\\"\\n\"}],\"isError\":true," INFO_META "}}");
    mz_mcp_request_free(&req);

    mz_buf_free(&out);
}


static void
test_progress_tokens(void)
{
    mz_buf_t          out;
    mz_mcp_request_t  req;

    mz_buf_init(&out, 0);

    receive_call(NULL, NULL, CALL(",\"_meta\":{\"progressToken\":0}"), &req);
    CHECK(req.progress_token != NULL);
    mz_mcp_write_progress(&req, 1, 0, mz_null_str, &out);
    CHECK_STR(mz_buf_view(&out), RPC "\"method\":\"notifications/progress\","
              "\"params\":{\"progressToken\":0,\"progress\":1,\"total\":0}}");
    mz_mcp_request_free(&req);

    receive_call(NULL, NULL, CALL(",\"_meta\":{\"progressToken\":null}"),
                 &req);
    CHECK(req.progress_token == NULL);
    mz_mcp_request_free(&req);

    receive_call(NULL, NULL, CALL(",\"_meta\":{\"progressToken\":1.5}"), &req);
    CHECK(req.progress_token == NULL);
    mz_mcp_request_free(&req);

    receive_call(NULL, NULL, RPC "\"id\":1,\"method\":\"tools/call\","
                 "\"params\":{\"name\":\"x\",\"arguments\":null}}", &req);
    CHECK(req.arguments == NULL);
    CHECK_STR(req.version, "2025-11-25");
    mz_mcp_request_free(&req);

    mz_buf_free(&out);
}


static void
test_http_errors(void)
{
    int       status;
    mz_buf_t  out;

    mz_buf_init(&out, 0);

    for (status = 400; status < 600; status++) {
        mz_buf_reset(&out);
        mz_mcp_write_http_error(status, mz_null_str, &out);
        check_body(&out, status < 500 ? -32600 : -32603, NULL,
                   (size_t) status);
    }

    mz_buf_reset(&out);
    mz_mcp_write_http_error(503, mz_str("Redis is \"away\""), &out);
    CHECK_STR(mz_buf_view(&out), RPC "\"error\":{\"code\":-32603,\"message\":"
              "\"Unavailable for now: try again later: Redis is "
              "\\\"away\\\"\"}}");

    mz_buf_free(&out);
}


static const mz_test_t  tests[] = {
    { "whole answers of both eras", test_answers },
    { "results, errors and progress of both eras", test_writers },
    { "progress tokens keep their type", test_progress_tokens },
    { "errors of nginx as JSON", test_http_errors }
};

MZ_TEST_MAIN(tests)
