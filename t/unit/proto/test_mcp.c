
#include "mcp_test.h"


typedef struct {
    int                 strict;
    const char         *version;    /* headers */
    const char         *method;
    const char         *name;
    unsigned            duplicates;
    const char         *body;
    mz_mcp_outcome_t    outcome;
    int                 status;
    int                 code;       /* 0: a result */
    const char         *id;         /* raw token in the answer; NULL: none */
} receive_row_t;


static const receive_row_t  receives[] = {

    /* Envelope. */

    { BOTH, NULL, NULL, NULL, 0, "", MZ_MCP_ANSWER, 400, -32700, NULL },
    { BOTH, NULL, NULL, NULL, 0, "{", MZ_MCP_ANSWER, 400, -32700, NULL },
    { BOTH, NULL, NULL, NULL, 0, "{\"id\":1,", MZ_MCP_ANSWER, 400, -32700,
      NULL },
    { BOTH, NULL, NULL, NULL, 0, RPC "\"id\":1,\"id\":2,\"method\":\"ping\"}",
      MZ_MCP_ANSWER, 400, -32700, NULL },
    { BOTH, NULL, NULL, NULL, 0, RPC "\"id\":\"\\u0000\",\"method\":\"ping\"}",
      MZ_MCP_ANSWER, 400, -32700, NULL },
    { BOTH, NULL, NULL, NULL, 0, "7", MZ_MCP_ANSWER, 400, -32600, NULL },
    { BOTH, NULL, NULL, NULL, 0, "\"ping\"", MZ_MCP_ANSWER, 400, -32600,
      NULL },
    { BOTH, NULL, NULL, NULL, 0, "[]", MZ_MCP_ANSWER, 400, -32600, NULL },
    { BOTH, "2025-03-26", NULL, NULL, 0,
      "[" RPC "\"id\":1,\"method\":\"ping\"}]", MZ_MCP_ANSWER, 400, -32600,
      NULL },
    { BOTH, NULL, NULL, NULL, 0, "{\"id\":1,\"method\":\"ping\"}",
      MZ_MCP_ANSWER, 400, -32600, "1" },
    { BOTH, NULL, NULL, NULL, 0,
      "{\"jsonrpc\":\"1.0\",\"id\":\"x\",\"method\":\"ping\"}",
      MZ_MCP_ANSWER, 400, -32600, "\"x\"" },
    { BOTH, NULL, NULL, NULL, 0, RPC "\"id\":1}", MZ_MCP_ANSWER, 400, -32600,
      "1" },
    { BOTH, NULL, NULL, NULL, 0, RPC "\"id\":1,\"method\":7}", MZ_MCP_ANSWER,
      400, -32600, "1" },
    { BOTH, NULL, NULL, NULL, 0, RPC "\"id\":1,\"method\":\"a\",\"result\":1}",
      MZ_MCP_ANSWER, 400, -32600, "1" },
    { BOTH, NULL, NULL, NULL, 0, RPC "\"id\":null,\"method\":\"ping\"}",
      MZ_MCP_ANSWER, 400, -32600, NULL },
    { BOTH, NULL, NULL, NULL, 0, RPC "\"id\":1.5,\"method\":\"ping\"}",
      MZ_MCP_ANSWER, 400, -32600, NULL },
    { BOTH, NULL, NULL, NULL, 0, RPC "\"id\":[1],\"method\":\"ping\"}",
      MZ_MCP_ANSWER, 400, -32600, NULL },
    { BOTH, NULL, NULL, NULL, 0, RPC "\"id\":true,\"method\":\"ping\"}",
      MZ_MCP_ANSWER, 400, -32600, NULL },

    /* Ids come back as they were, whatever their size and spelling. */

    { BOTH, NULL, NULL, NULL, 0, RPC "\"id\":0,\"method\":\"ping\"}",
      MZ_MCP_ANSWER, 200, 0, "0" },
    { BOTH, NULL, NULL, NULL, 0, RPC "\"id\":-5,\"method\":\"ping\"}",
      MZ_MCP_ANSWER, 200, 0, "-5" },
    { BOTH, NULL, NULL, NULL, 0,
      RPC "\"id\" : 9007199254740993 ,\"method\":\"ping\"}",
      MZ_MCP_ANSWER, 200, 0, "9007199254740993" },
    { BOTH, NULL, NULL, NULL, 0,
      RPC "\"method\":\"ping\",\"params\":{\"id\":[3,{\"id\":\"}\"}]},"
      "\"id\":123456789012345678901234567890}",
      MZ_MCP_ANSWER, 200, 0, "123456789012345678901234567890" },
    { BOTH, NULL, NULL, NULL, 0,
      RPC "\"id\":9223372036854775808,\"method\":\"ping\"}",
      MZ_MCP_ANSWER, 200, 0, "9223372036854775808" },
    { BOTH, NULL, NULL, NULL, 0,
      RPC "\"id\":-99999999999999999999,\"method\":\"ping\"}",
      MZ_MCP_ANSWER, 200, 0, "-99999999999999999999" },
    { BOTH, NULL, NULL, NULL, 0,
      RPC "\"id\":09999999999999999999,\"method\":\"ping\"}",
      MZ_MCP_ANSWER, 400, -32700, NULL },
    { BOTH, NULL, NULL, NULL, 0,
      RPC "\"id\":\"a\\\"\\u00e9\\\\\",\"method\":\"ping\"}",
      MZ_MCP_ANSWER, 200, 0, "\"a\\\"\\u00e9\\\\\"" },
    { BOTH, NULL, NULL, NULL, 0, RPC "\"\\u0069d\":7,\"method\":\"ping\"}",
      MZ_MCP_ANSWER, 200, 0, "7" },
    { BOTH, NULL, NULL, NULL, 0, RPC "\"id\":\"\",\"method\":\"ping\"}",
      MZ_MCP_ANSWER, 200, 0, "\"\"" },

    /* Responses: never with the id of one of our own answers. */

    { BOTH, NULL, NULL, NULL, 0, RPC "\"result\":{}}", MZ_MCP_ANSWER, 400,
      -32600, NULL },
    { BOTH, NULL, NULL, NULL, 0, RPC "\"id\":null,\"result\":{}}",
      MZ_MCP_ANSWER, 400, -32600, NULL },
    { BOTH, NULL, NULL, NULL, 0, RPC "\"id\":\"x\",\"result\":7}",
      MZ_MCP_ANSWER, 400, -32600, NULL },
    { BOTH, NULL, NULL, NULL, 0, "{\"id\":\"x\",\"result\":{}}",
      MZ_MCP_ANSWER, 400, -32600, NULL },
    { BOTH, NULL, NULL, NULL, 0, RPC "\"id\":\"x\",\"error\":7}",
      MZ_MCP_ANSWER, 400, -32600, NULL },
    { BOTH, NULL, NULL, NULL, 0, RPC "\"id\":\"x\",\"error\":"
      "{\"code\":1.5,\"message\":\"\"}}", MZ_MCP_ANSWER, 400, -32600, NULL },
    { BOTH, NULL, NULL, NULL, 0, RPC "\"id\":\"x\",\"error\":{\"code\":1}}",
      MZ_MCP_ANSWER, 400, -32600, NULL },
    { BOTH, NULL, NULL, NULL, 0, RPC "\"id\":\"x\",\"result\":{},\"error\":"
      "{\"code\":1,\"message\":\"\"}}", MZ_MCP_ANSWER, 400, -32600, NULL },
    { 1, NEW, NULL, NULL, 0, RPC "\"id\":\"x\",\"result\":{}}",
      MZ_MCP_ANSWER, 400, -32600, NULL },

    /* Legacy. */

    { BOTH, NULL, NULL, NULL, 0,
      RPC "\"method\":\"notifications/initialized\"}", MZ_MCP_ACCEPTED, 202,
      0, NULL },
    { BOTH, NEW, NULL, NULL, 0,
      RPC "\"method\":\"notifications/cancelled\",\"params\":{}}",
      MZ_MCP_ACCEPTED, 202, 0, NULL },
    { BOTH, NULL, NULL, NULL, 0, RPC "\"method\":\"no/such\",\"params\":3}",
      MZ_MCP_ACCEPTED, 202, 0, NULL },
    { BOTH, NULL, NULL, NULL, 0, RPC "\"id\":3,\"result\":{}}",
      MZ_MCP_ACCEPTED, 202, 0, NULL },
    { BOTH, NULL, NULL, NULL, 0,
      RPC "\"id\":null,\"error\":{\"code\":1,\"message\":\"\"}}",
      MZ_MCP_ACCEPTED, 202, 0, NULL },
    { BOTH, NULL, NULL, NULL, 0,
      RPC "\"error\":{\"code\":1,\"message\":\"\"}}",
      MZ_MCP_ACCEPTED, 202, 0, NULL },
    { BOTH, NULL, "ping", NULL, 0,
      RPC "\"method\":\"notifications/initialized\"}", MZ_MCP_ANSWER, 400,
      -32020, NULL },
    { BOTH, "2025-11-25", NULL, NULL, 0,
      RPC "\"id\":1,\"method\":\"no/such\"}", MZ_MCP_ANSWER, 200, -32601,
      "1" },
    { BOTH, NULL, NULL, NULL, 0, RPC "\"id\":1,\"method\":\"\"}",
      MZ_MCP_ANSWER, 200, -32601, "1" },
    { BOTH, NULL, NULL, NULL, 0, RPC "\"id\":1,\"method\":\"server/discover\"}",
      MZ_MCP_ANSWER, 200, -32601, "1" },
    { BOTH, NULL, NULL, NULL, 0,
      RPC "\"id\":1,\"method\":\"notifications/initialized\"}",
      MZ_MCP_ANSWER, 200, -32601, "1" },
    { BOTH, NULL, NULL, NULL, 0,
      RPC "\"id\":1,\"method\":\"ping\",\"params\":[]}",
      MZ_MCP_ANSWER, 200, -32602, "1" },
    { BOTH, NULL, NULL, NULL, 0, LIST(""), MZ_MCP_ANSWER, 200, 0, "1" },
    { BOTH, NULL, NULL, NULL, 0, LIST("\"cursor\":null"), MZ_MCP_ANSWER, 200,
      0, "1" },
    { BOTH, NULL, NULL, NULL, 0, LIST("\"cursor\":\"\""), MZ_MCP_ANSWER, 200,
      -32602, "1" },
    { BOTH, NULL, NULL, NULL, 0, LIST("\"cursor\":7"), MZ_MCP_ANSWER, 200,
      -32602, "1" },
    { BOTH, "2025-06-18", NULL, NULL, 0, CALL(""), MZ_MCP_CALL, 200, 0, "1" },
    { BOTH, NULL, NULL, NULL, 0,
      RPC "\"id\":1,\"method\":\"tools/call\"}", MZ_MCP_ANSWER, 200, -32602,
      "1" },
    { BOTH, NULL, NULL, NULL, 0,
      RPC "\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":5}}",
      MZ_MCP_ANSWER, 200, -32602, "1" },
    { BOTH, NULL, NULL, NULL, 0,
      RPC "\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"x\","
      "\"arguments\":[]}}", MZ_MCP_ANSWER, 200, -32602, "1" },
    { 1, "1999-01-01", NULL, NULL, 0, LIST(""), MZ_MCP_ANSWER, 400, -32000,
      "1" },
    { 0, "1999-01-01", NULL, NULL, 0, LIST(""), MZ_MCP_ANSWER, 200, 0, "1" },
    { 1, "2025-06-18, 2025-06-18", NULL, NULL, 0, LIST(""), MZ_MCP_ANSWER,
      400, -32000, "1" },
    { 1, "2025-06-18", NULL, NULL, MZ_HTTP_DUP_VERSION, LIST(""),
      MZ_MCP_ANSWER, 400, -32000, "1" },
    { 0, "2025-06-18", NULL, NULL, MZ_HTTP_DUP_VERSION, LIST(""),
      MZ_MCP_ANSWER, 200, 0, "1" },
    { BOTH, NULL, NULL, NULL, MZ_HTTP_DUP_SESSION, LIST(""), MZ_MCP_ANSWER,
      400, -32000, "1" },
    { 1, NEW, NULL, NULL, 0, LIST(""), MZ_MCP_ANSWER, 400, -32602, "1" },
    { 0, NEW, NULL, NULL, 0, LIST(""), MZ_MCP_ANSWER, 200, 0, "1" },
    { BOTH, NEW, "tools/list", NULL, 0,
      LIST("\"_meta\":{\"io.modelcontextprotocol/clientCapabilities\":{}}"),
      MZ_MCP_ANSWER, 400, -32602, "1" },
    { 0, NEW, "tools/list", NULL, 0, CALL(""), MZ_MCP_ANSWER, 400, -32020,
      "1" },
    { 0, NEW, "tools/call", "other", 0, CALL(""), MZ_MCP_ANSWER, 400, -32020,
      "1" },
    { BOTH, NULL, "tools/list", NULL, MZ_HTTP_DUP_METHOD, LIST(""),
      MZ_MCP_ANSWER, 400, -32020, "1" },

    /* initialize. */

    { BOTH, NULL, NULL, NULL, 0, RPC "\"id\":1,\"method\":\"initialize\"}",
      MZ_MCP_ANSWER, 200, -32602, "1" },
    { BOTH, "1999-01-01", NULL, NULL, 0,
      RPC "\"id\":1,\"method\":\"initialize\",\"params\":"
      "{\"protocolVersion\":\"x\"}}", MZ_MCP_ANSWER, 200, 0, "1" },
    { 1, NEW, NULL, NULL, 0,
      RPC "\"id\":1,\"method\":\"initialize\",\"params\":"
      "{\"protocolVersion\":\"2025-06-18\"}}", MZ_MCP_ANSWER, 400, -32020,
      "1" },
    { 0, NEW, NULL, NULL, 0,
      RPC "\"id\":1,\"method\":\"initialize\",\"params\":"
      "{\"protocolVersion\":\"2025-06-18\"}}", MZ_MCP_ANSWER, 200, 0, "1" },
    { BOTH, NULL, NULL, NULL, 0,
      RPC "\"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":"
      "\"2025-06-18\",\"_meta\":{"
      "\"io.modelcontextprotocol/protocolVersion\":\"" NEW "\"}}}",
      MZ_MCP_ANSWER, 200, 0, "1" },
    { BOTH, NEW, "initialize", NULL, 0,
      RPC "\"id\":1,\"method\":\"initialize\",\"params\":{" MODERN "}}",
      MZ_MCP_ANSWER, 404, -32601, "1" },

    /* Modern, in the order of the ladder. */

    { BOTH, NEW, "tools/list", NULL, 0, LIST(META("7")), MZ_MCP_ANSWER, 400,
      -32602, "1" },
    { BOTH, NEW, "tools/list", NULL, 0, LIST(META("null")), MZ_MCP_ANSWER, 400,
      -32602, "1" },
    { BOTH, NEW, "ping", NULL, 0,
      RPC "\"id\":1,\"method\":\"ping\",\"params\":{\"_meta\":{"
      "\"io.modelcontextprotocol/protocolVersion\":\"" NEW "\"}}}",
      MZ_MCP_ANSWER, 400, -32602, "1" },
    { BOTH, NEW, "tools/list", NULL, 0,
      LIST("\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"" NEW
           "\",\"io.modelcontextprotocol/clientCapabilities\":[]}"),
      MZ_MCP_ANSWER, 400, -32602, "1" },
    { 1, "2025-11-25", "tools/list", NULL, 0, LIST(MODERN), MZ_MCP_ANSWER, 400,
      -32020, "1" },
    { 0, "2025-11-25", "tools/list", NULL, 0, LIST(MODERN), MZ_MCP_ANSWER, 200,
      0, "1" },
    { 1, NEW, "tools/list", NULL, MZ_HTTP_DUP_VERSION, LIST(MODERN),
      MZ_MCP_ANSWER, 400, -32020, "1" },
    { 0, NEW, "tools/list", NULL, MZ_HTTP_DUP_VERSION, LIST(MODERN),
      MZ_MCP_ANSWER, 200, 0, "1" },
    { 1, NEW, "tools/list", NULL, 0, LIST(META("\"v999\"")), MZ_MCP_ANSWER,
      400, -32020, "1" },
    { 0, NEW, "tools/list", NULL, 0, LIST(META("\"v999\"")), MZ_MCP_ANSWER,
      400, -32022, "1" },
    { BOTH, "v999", "tools/list", NULL, 0, LIST(META("\"v999\"")),
      MZ_MCP_ANSWER, 400, -32022, "1" },
    { BOTH, "2025-11-25", "tools/list", NULL, 0, LIST(META("\"2025-11-25\"")),
      MZ_MCP_ANSWER, 400, -32022, "1" },
    { BOTH, NEW, "ping", NULL, 0, LIST(MODERN), MZ_MCP_ANSWER, 400, -32020,
      "1" },
    { BOTH, NEW, "Tools/List", NULL, 0, LIST(MODERN), MZ_MCP_ANSWER, 400,
      -32020, "1" },
    { BOTH, NEW, "tools/list, tools/list", NULL, 0, LIST(MODERN),
      MZ_MCP_ANSWER, 400, -32020, "1" },
    { BOTH, NEW, "tools/list", NULL, MZ_HTTP_DUP_METHOD, LIST(MODERN),
      MZ_MCP_ANSWER, 400, -32020, "1" },
    { BOTH, NEW, "ping", NULL, 0, LIST(META("\"v999\"")), MZ_MCP_ANSWER, 400,
      -32020, "1" },
    { 1, NULL, "tools/list", NULL, 0, LIST(MODERN), MZ_MCP_ANSWER, 400,
      -32020, "1" },
    { 0, NULL, "tools/list", NULL, 0, LIST(MODERN), MZ_MCP_ANSWER, 200, 0,
      "1" },
    { BOTH, NEW, NULL, NULL, 0, LIST(MODERN), MZ_MCP_ANSWER, 400, -32020,
      "1" },
    { BOTH, NEW, " tools/list\t", NULL, 0, LIST(MODERN), MZ_MCP_ANSWER, 200, 0,
      "1" },
    { BOTH, NEW, "tools/list", "extra", 0, LIST(MODERN), MZ_MCP_ANSWER, 200, 0,
      "1" },
    { BOTH, NEW, "tools/call", NULL, 0, CALL("," MODERN), MZ_MCP_ANSWER, 400,
      -32020, "1" },
    { BOTH, NEW, "tools/call", "query", 0, CALL("," MODERN), MZ_MCP_ANSWER,
      400, -32020, "1" },
    { BOTH, "v9", "tools/call", "query", 0, CALL("," META("\"v9\"")),
      MZ_MCP_ANSWER, 400, -32022, "1" },
    { BOTH, NEW, "tools/call", "inspect", MZ_HTTP_DUP_NAME, CALL("," MODERN),
      MZ_MCP_ANSWER, 400, -32020, "1" },
    { BOTH, NEW, "tools/call", "inspect", 0, CALL("," MODERN), MZ_MCP_CALL,
      200, 0, "1" },
    { BOTH, NEW, "tools/call", "=?base64?aW5zcGVjdA==?=", 0, CALL("," MODERN),
      MZ_MCP_CALL, 200, 0, "1" },
    { BOTH, NEW, "tools/call", "=?base64?aW5zcGVjdA?=", 0, CALL("," MODERN),
      MZ_MCP_ANSWER, 400, -32020, "1" },
    { BOTH, NEW, "tools/call", "=?BASE64?aW5zcGVjdA==?=", 0, CALL("," MODERN),
      MZ_MCP_ANSWER, 400, -32020, "1" },
    { BOTH, NEW, "tools/call", "=?base64?=", 0, CALL("," MODERN),
      MZ_MCP_ANSWER, 400, -32020, "1" },
    { BOTH, NEW, "=?base64?dG9vbHMvY2FsbA==?=", "inspect", 0, CALL("," MODERN),
      MZ_MCP_ANSWER, 400, -32020, "1" },
    { BOTH, NEW, "tools/call", "insp\xc3\xa9", 0, CALL("," MODERN),
      MZ_MCP_ANSWER, 400, -32020, "1" },
    { BOTH, NEW, "tools/call", "=?base64?w6k=?=", 0,
      RPC "\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":"
      "\"\\u00e9\"," MODERN "}}", MZ_MCP_CALL, 200, 0, "1" },
    { BOTH, NEW, "tools/call", NULL, 0,
      RPC "\"id\":1,\"method\":\"tools/call\",\"params\":{" MODERN "}}",
      MZ_MCP_ANSWER, 200, -32602, "1" },
    { BOTH, NEW, "ping", NULL, 0,
      RPC "\"id\":\"p\",\"method\":\"ping\",\"params\":{" MODERN "}}",
      MZ_MCP_ANSWER, 404, -32601, "\"p\"" },
    { BOTH, NEW, "no/such", NULL, 0,
      RPC "\"id\":1,\"method\":\"no/such\",\"params\":{" MODERN "}}",
      MZ_MCP_ANSWER, 404, -32601, "1" },
    { BOTH, NEW, "tools/list", NULL, 0, LIST("\"cursor\":\"x\"," MODERN),
      MZ_MCP_ANSWER, 200, -32602, "1" },
    { BOTH, NEW, "server/discover", NULL, 0,
      RPC "\"id\":1,\"method\":\"server/discover\",\"params\":{" MODERN "}}",
      MZ_MCP_ANSWER, 200, 0, "1" },
    { BOTH, NEW, "tools/list", NULL, 0,
      LIST("\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"" NEW
           "\",\"io.modelcontextprotocol/clientCapabilities\":{},"
           "\"io.modelcontextprotocol/logLevel\":\"loud\"}"),
      MZ_MCP_ANSWER, 400, -32602, "1" },
    { BOTH, NEW, "tools/list", NULL, 0,
      LIST("\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"" NEW
           "\",\"io.modelcontextprotocol/clientCapabilities\":{},"
           "\"io.modelcontextprotocol/logLevel\":5}"),
      MZ_MCP_ANSWER, 400, -32602, "1" },
    { BOTH, NEW, "notifications/cancelled", NULL, 0,
      RPC "\"method\":\"notifications/cancelled\",\"params\":{" MODERN "}}",
      MZ_MCP_ACCEPTED, 202, 0, NULL }
};


static void
test_receive(void)
{
    int                   strict;
    size_t                i;
    mz_mcp_http_t         http;
    mz_mcp_reply_t        reply;
    mz_mcp_request_t      req;
    mz_mcp_outcome_t      outcome;
    const receive_row_t  *row;

    for (i = 0; i < MZ_ARRAY_LEN(receives); i++) {
        row = &receives[i];

        for (strict = 0; strict <= 1; strict++) {
            if (row->strict != BOTH && row->strict != strict) {
                continue;
            }

            http = make_http(strict, row->version, row->method, row->name);
            http.duplicates = row->duplicates;

            outcome = mz_mcp_receive(&server, &http, mz_str_from(row->body),
                                     &req, &reply);

            CHECK_ROW(outcome == row->outcome, "row %zu: %s: %d: %s", i,
                      row->body, outcome, mz_buf_cstr(&reply.body));
            CHECK_ROW(reply.status == row->status, "row %zu: %s: %d", i,
                      row->body, reply.status);

            if (outcome == MZ_MCP_ANSWER) {
                check_body(&reply.body, row->code, row->id, i);

            } else {
                CHECK_ROW(reply.body.len == 0, "row %zu", i);
            }

            if (outcome == MZ_MCP_CALL) {
                CHECK_ROW(req.target.len > 0, "row %zu", i);
                CHECK_ROW(req.what == MZ_MCP_DO_TOOL, "row %zu", i);
                CHECK_STR(mz_str_from(req.id), row->id);
            }

            mz_mcp_request_free(&req);
            mz_mcp_reply_free(&reply);
        }
    }
}


static void
test_limits(void)
{
    char              body[5000];
    size_t            i, n;
    mz_mcp_http_t     http;
    mz_mcp_reply_t    reply;
    mz_mcp_request_t  req;

    http = make_http(false, NULL, NULL, NULL);
    memset(body, ' ', sizeof(body));
    memcpy(body, RPC "\"id\":1,\"method\":\"ping\"}",
           strlen(RPC "\"id\":1,\"method\":\"ping\"}"));

    (void) mz_mcp_receive(&server, &http, (mz_str_t) { body, 4000 }, &req,
                          &reply);
    CHECK(reply.status == 200);
    mz_mcp_request_free(&req);
    mz_mcp_reply_free(&reply);

    CHECK(mz_mcp_receive(&server, &http, (mz_str_t) { body, 4001 }, &req,
                         &reply) == MZ_MCP_ANSWER);
    CHECK(reply.status == 413);
    check_body(&reply.body, -32000, NULL, 0);
    mz_mcp_request_free(&req);
    mz_mcp_reply_free(&reply);

    /* 32 levels pass, the 33rd does not; the id bound is 256 bytes. */

    for (i = 30; i <= 31; i++) {
        n = (size_t) snprintf(body, sizeof(body), RPC "\"id\":1,\"method\":"
                              "\"ping\",\"params\":{\"a\":");
        memset(body + n, '[', i);
        memset(body + n + i, ']', i);
        memcpy(body + n + 2 * i, "}}", 2);

        (void) mz_mcp_receive(&server, &http,
                              (mz_str_t) { body, n + 2 * i + 2 }, &req,
                              &reply);
        CHECK_ROW(reply.status == (i == 30 ? 200 : 400), "%zu", i);
        CHECK_ROW(i == 30 || strstr(mz_buf_cstr(&reply.body), "-32600"),
                  "%s", mz_buf_cstr(&reply.body));
        CHECK_ROW(i == 30 || strstr(mz_buf_cstr(&reply.body), "nested"),
                  "%s", mz_buf_cstr(&reply.body));
        mz_mcp_request_free(&req);
        mz_mcp_reply_free(&reply);
    }

    for (i = 256; i <= 257; i++) {
        n = (size_t) snprintf(body, sizeof(body), RPC "\"method\":\"ping\","
                              "\"id\":");
        memset(body + n, '7', i);
        body[n + i] = '}';

        (void) mz_mcp_receive(&server, &http, (mz_str_t) { body, n + i + 1 },
                              &req, &reply);
        CHECK_ROW(reply.status == (i == 256 ? 200 : 400), "%zu", i);
        CHECK_ROW(i == 256 || strstr(mz_buf_cstr(&reply.body), "-32600"),
                  "%s", mz_buf_cstr(&reply.body));
        CHECK(strlen(req.id) == (i == 256 ? 256 : 0));
        mz_mcp_request_free(&req);
        mz_mcp_reply_free(&reply);
    }
}


/* A NUL byte is nowhere in JSON; the library would pass one over. */

static void
test_nul_byte(void)
{
    char              body[] = RPC "\"method\":\"ping\",\"id\":1~}";
    mz_mcp_http_t     http;
    mz_mcp_reply_t    reply;
    mz_mcp_request_t  req;

    *strchr(body, '~') = '\0';
    http = make_http(true, NULL, NULL, NULL);
    CHECK(mz_mcp_receive(&server, &http,
                         (mz_str_t) { body, sizeof(body) - 1 }, &req, &reply)
          == MZ_MCP_ANSWER);
    CHECK(reply.status == 400);
    CHECK(strstr(mz_buf_cstr(&reply.body), "-32700") != NULL);
    mz_mcp_request_free(&req);
    mz_mcp_reply_free(&reply);
}


/* Every prefix of a good body: an answer each time, and no memory lost. */

static void
test_truncated(void)
{
    char             *copy;
    size_t            n;
    mz_str_t          body;
    mz_mcp_http_t     http;
    mz_mcp_reply_t    reply;
    mz_mcp_request_t  req;

    http = make_http(true, NEW, "tools/call", "inspect");
    body = mz_str_from(CALL("," MODERN));

    for (n = 0; n < body.len; n++) {

        /* On the heap, so that reading behind the end is seen. */

        copy = malloc(n + (n == 0));
        memcpy(copy, body.data, n);
        CHECK_ROW(mz_mcp_receive(&server, &http, (mz_str_t) { copy, n }, &req,
                                 &reply) == MZ_MCP_ANSWER
                  && reply.status == 400, "%zu", n);
        mz_mcp_request_free(&req);
        mz_mcp_reply_free(&reply);
        free(copy);
    }
}


static long  allocations_left;

static void *
scarce_malloc(size_t n)
{
    return allocations_left-- > 0 ? malloc(n) : NULL;
}


/*
 * Whichever allocation of the JSON library fails, the message is refused and
 * nothing leaks.  The library does not always say that it was memory.
 */

static void
test_out_of_memory(void)
{
    long               n;
    size_t             i;
    mz_mcp_http_t      http;
    mz_mcp_batch_t     batch;
    mz_mcp_reply_t     reply;
    mz_mcp_request_t   req;
    mz_mcp_outcome_t   outcome;

    static const struct {
        const char        *version;
        const char        *body;
        mz_mcp_outcome_t   outcome;
    } bodies[] = {
        { NEW, CALL("," MODERN), MZ_MCP_CALL },
        { NULL, RPC "\"method\":\"notifications/cancelled\",\"params\":"
          "{\"requestId\":123456789012345678901}}", MZ_MCP_CALL }
    };

    for (i = 0; i < MZ_ARRAY_LEN(bodies); i++) {
        http = make_http(true, bodies[i].version,
                         bodies[i].version ? "tools/call" : NULL,
                         bodies[i].version ? "inspect" : NULL);

        for (n = 0, outcome = MZ_MCP_ANSWER; outcome == MZ_MCP_ANSWER
             && n < 1000; n++)
        {
            json_set_alloc_funcs(scarce_malloc, free);
            allocations_left = n;
            outcome = mz_mcp_receive(&server, &http,
                                     mz_str_from(bodies[i].body), &req,
                                     &reply);
            json_set_alloc_funcs(malloc, free);

            CHECK_ROW(outcome == bodies[i].outcome || reply.status == 500
                      || reply.status == 400, "%ld: %s", n,
                      mz_buf_cstr(&reply.body));
            mz_mcp_request_free(&req);
            mz_mcp_reply_free(&reply);
        }

        CHECK(n > 5 && n < 1000);
    }

    http = make_http(true, "2025-03-26", NULL, NULL);
    json_set_alloc_funcs(scarce_malloc, free);
    allocations_left = 3;
    CHECK(mz_mcp_batch_open(&server, &http, mz_str("[" CALL("") "]"), &batch,
                            &reply) != MZ_OK);
    json_set_alloc_funcs(malloc, free);
    CHECK(reply.status >= 400 && batch.items == NULL);
    mz_mcp_reply_free(&reply);
}


static const mz_test_t  tests[] = {
    { "the ladder, a row per rule", test_receive },
    { "size, depth and id bounds", test_limits },
    { "a NUL byte is refused", test_nul_byte },
    { "a body cut anywhere is refused", test_truncated },
    { "out of memory", test_out_of_memory }
};

MZ_TEST_MAIN(tests)
