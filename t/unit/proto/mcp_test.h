
/*
 * mcp_test: what the tests of the dispatch share: bodies, headers, a server.
 */

#ifndef MZ_MCP_TEST_H
#define MZ_MCP_TEST_H

#include "base/mz_str.h"
#include "proto/mcp.h"
#include "test.h"


#define BOTH    2               /* strict and lenient alike */

#define NEW     "2026-07-28"
#define META(v)                                                               \
    "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":" v ","           \
    "\"io.modelcontextprotocol/clientCapabilities\":{}}"
#define MODERN  META("\"2026-07-28\"")
#define RPC     "{\"jsonrpc\":\"2.0\","
#define CALL(meta)                                                            \
    RPC "\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"inspect\","\
    "\"arguments\":{\"a\":1}" meta "}}"
#define LIST(meta)                                                            \
    RPC "\"id\":1,\"method\":\"tools/list\",\"params\":{" meta "}}"


#define JSON_TYPE  "application/json"
#define BOTH_TYPES "application/json, text/event-stream"


#define RPC_ID     RPC "\"id\":1,"
#define TOL(t)     (1u << MZ_MCP_TOL_##t)
#define OFFERS_ALL (~0u)


static const mz_mcp_server_t  server = {
    .name = mz_str("mitzu"),
    .title = mz_str("Mitzu \"MCP\""),
    .version = mz_str("1.0"),
    .instructions = mz_str("Ask."),
    .tools_json = mz_str("[{\"name\":\"inspect\"}]"),
    .tools_tasks_json = mz_str("[{\"name\":\"inspect\",\"execution\":1}]"),
    .templates_json = mz_str("[{\"uriTemplate\":\"a://{b}\"}]"),
    .prompts_json = mz_str("[{\"name\":\"ask\"}]"),
    .body_max = 4000
};


/* The same, offering something. */

static inline mz_mcp_server_t
make_server(unsigned offers)
{
    mz_mcp_server_t  srv;

    srv = server;
    srv.offers = offers;

    return srv;
}


/*
 * A POST of a legacy session that negotiated the version of the header, if
 * it names one that can be; a modern request does not look at it.
 */

static inline mz_mcp_http_t
make_http(bool is_strict, const char *version, const char *method,
    const char *name)
{
    mz_mcp_http_t  http;

    memset(&http, 0, sizeof(http));
    http.method = MZ_HTTP_POST;
    http.content_type = mz_str(JSON_TYPE);
    http.accept = mz_str(BOTH_TYPES);
    http.protocol_version = mz_str_from(version);
    http.mcp_method = mz_str_from(method);
    http.mcp_name = mz_str_from(name);
    http.is_strict = is_strict;
    http.session.state = MZ_MCP_SESSION_VALID;
    http.session.version = mz_str("2025-11-25");

    if (version != NULL && strlen(version) == 10
        && strncmp(version, "202", 3) == 0 && strcmp(version, NEW) < 0)
    {
        http.session.version = mz_str_from(version);
    }

    return http;
}


/* A JSON-RPC error object with a message, and this code and raw id. */

static inline void
check_body(mz_buf_t *body, int code, const char *id, size_t row)
{
    char           member[MZ_MCP_ID_MAX + 16];
    json_t        *root;
    mz_err_t       err;
    const json_t  *error;

    /* Ids past int64 are for the eye of memmem() only. */

    if (id != NULL && strlen(id) > 18 && id[0] != '"') {
        root = json_object();

    } else {
        err.msg[0] = '\0';
        CHECK_ROW(mz_json_load(mz_buf_view(body), NULL, &root, &err) == MZ_OK,
                  "row %zu: %s: %s", row, err.msg, mz_buf_cstr(body));
        CHECK_ROW(mz_str_eq(mz_json_get_str(root, "jsonrpc"), mz_str("2.0")),
                  "row %zu", row);
        error = json_object_get(root, "error");
        CHECK_ROW((error != NULL) == (code != 0), "row %zu: %s", row,
                  mz_buf_cstr(body));
        CHECK_ROW(mz_json_get_int(error, "code", 0) == code, "row %zu: %s",
                  row, mz_buf_cstr(body));
        CHECK_ROW(code == 0 || mz_json_get_str(error, "message").len > 0,
                  "row %zu", row);
        CHECK_ROW((json_object_get(root, "id") != NULL) == (id != NULL),
                  "row %zu: %s", row, mz_buf_cstr(body));
    }

    if (id != NULL) {
        snprintf(member, sizeof(member), ",\"id\":%s,", id);
        CHECK_ROW(strstr(mz_buf_cstr(body), member) != NULL, "row %zu: %s",
                  row, mz_buf_cstr(body));
    }

    json_decref(root);
}


#endif /* MZ_MCP_TEST_H */
