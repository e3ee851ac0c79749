
/*
 * fuzz_mcp: what the fuzzers of the protocol share: a server, headers, and
 * what must hold of every answer.
 */

#ifndef MZ_FUZZ_MCP_H
#define MZ_FUZZ_MCP_H

#include "fuzz.h"
#include "proto/mcp.h"


#define FUZZ_ALL  (~0u)
#define FUZZ_NEW  "2026-07-28"


static inline mz_mcp_server_t
fuzz_make_server(unsigned offers)
{
    mz_mcp_server_t  srv;

    memset(&srv, 0, sizeof(srv));
    srv.name = mz_str("mitzu");
    srv.title = mz_str("Mitzu \"MCP\"");
    srv.version = mz_str("1.0");
    srv.instructions = mz_str("Ask.");
    srv.tools_json = mz_str("[{\"name\":\"inspect\"}]");
    srv.tools_tasks_json = mz_str("[{\"name\":\"inspect\",\"execution\":{}}]");
    srv.templates_json = mz_str("[]");
    srv.offers = offers;
    srv.body_max = 8000;

    return srv;
}


/* A POST of a session of that revision, with all the headers it needs. */

static inline mz_mcp_http_t
fuzz_make_http(bool is_strict, mz_str_t version)
{
    mz_mcp_http_t  http;

    memset(&http, 0, sizeof(http));
    http.method = MZ_HTTP_POST;
    http.content_type = mz_str("application/json");
    http.accept = mz_str("application/json, text/event-stream");
    http.protocol_version = version;
    http.is_strict = is_strict;
    http.session.state = MZ_MCP_SESSION_VALID;
    http.session.version = version;

    return http;
}


/* One line of JSON-RPC 2.0, with that id as it came (NULL: any). */

static inline json_t *
fuzz_message(mz_str_t json, const char *id)
{
    char     member[MZ_MCP_ID_MAX + 16];
    size_t   n;
    json_t  *root;

    FUZZ_HOLD(json.len != 0 && memchr(json.data, '\n', json.len) == NULL,
              "%zu bytes", json.len);

    if (id != NULL) {
        n = (size_t) snprintf(member, sizeof(member), ",\"id\":%s,", id);
        FUZZ_HOLD(mz_str_find(json, (mz_str_t) { member, n }, 0) != SIZE_MAX,
                  "%s", id);
    }

    /* Ids beyond int64 are allowed, and more than jansson reads. */

    if (id != NULL && id[0] != '"' && strlen(id) > 18) {
        return NULL;
    }

    root = fuzz_made_json(json);
    FUZZ_HOLD(mz_str_eq_c(mz_json_get_str(root, "jsonrpc"), "2.0"),
              "%.*s", (int) json.len, json.data);

    return root;
}


/* What goes with which status, by era. */

static inline void
fuzz_check_error(const mz_mcp_request_t *req, const mz_mcp_reply_t *reply,
    int64_t code)
{
    int  status;

    status = reply->status;

    FUZZ_HOLD((status == 503) == reply->retry_after, "%d", status);
    FUZZ_HOLD((status == 405) == (reply->allow != NULL), "%d", status);

    switch (code) {

    case MZ_RPC_PARSE:
        FUZZ_HOLD(status == 400, "%d", status);
        break;

    case MZ_RPC_INVALID_REQUEST:
        FUZZ_HOLD(status >= 400 && status < 500, "%d", status);
        break;

    case MZ_RPC_METHOD:
        FUZZ_HOLD(status == (req->era == MZ_MCP_MODERN ? 404 : 200), "%d",
                  status);
        break;

    case MZ_RPC_PARAMS:
        FUZZ_HOLD(status == 200 || status == 400, "%d", status);
        break;

    case MZ_RPC_INTERNAL:
        FUZZ_HOLD(status == 503 && req->era == MZ_MCP_LEGACY, "%d", status);
        break;

    case MZ_RPC_SESSION:
        FUZZ_HOLD(status == 404 && req->era == MZ_MCP_LEGACY, "%d", status);
        break;

    case MZ_RPC_SERVER:
        FUZZ_HOLD(status >= 400 && status != 404 && status < 500
                  && req->era == MZ_MCP_LEGACY, "%d", status);
        break;

    case MZ_RPC_HEADER_MISMATCH:
        FUZZ_HOLD(status == 400, "%d", status);
        break;

    case MZ_RPC_CAPABILITY:
    case MZ_RPC_VERSION:
        FUZZ_HOLD(status == 400 && req->era == MZ_MCP_MODERN, "%d", status);
        break;

    default:
        FUZZ_HOLD(false, "code %d", (int) code);
    }
}


/* An answer: one response, in the era of the request; not out of memory. */

static inline void
fuzz_check_answer(const mz_mcp_request_t *req, const mz_mcp_reply_t *reply)
{
    json_t        *root;
    const json_t  *error, *result;

    FUZZ_HOLD(reply->body.rc == MZ_OK, "%s", mz_rc_name(reply->body.rc));
    FUZZ_HOLD(reply->status != 500, "an internal error");

    root = fuzz_message(mz_buf_view(&reply->body),
                        req->id[0] != '\0' ? req->id : NULL);
    if (root == NULL) {
        return;
    }

    error = json_object_get(root, "error");
    result = json_object_get(root, "result");

    FUZZ_HOLD((error == NULL) != (result == NULL), "both or none");
    FUZZ_HOLD((json_object_get(root, "id") != NULL) == (req->id[0] != '\0'),
              "%s", req->id);

    if (error != NULL) {
        FUZZ_HOLD(mz_json_get_str(error, "message").len > 0, "no words");
        fuzz_check_error(req, reply, mz_json_get_int(error, "code", 0));

    } else {
        FUZZ_HOLD(reply->status == 200, "%d", reply->status);
        FUZZ_HOLD((json_object_get(result, "resultType") != NULL)
                  == (req->era == MZ_MCP_MODERN), "resultType");
        FUZZ_HOLD((json_object_get(result, "_meta") != NULL)
                  == (req->era == MZ_MCP_MODERN), "_meta");
    }

    json_decref(root);
}


/* What is to be done is said, and what it takes is there. */

static inline void
fuzz_check_request(const mz_mcp_request_t *req, mz_mcp_outcome_t outcome)
{
    bool  is_plain;

    if (outcome != MZ_MCP_CALL) {
        FUZZ_HOLD(req->what == MZ_MCP_DO_NOTHING
                  || (req->what == MZ_MCP_DO_INITIALIZE
                      && outcome == MZ_MCP_ANSWER), "%d", (int) req->what);
        return;
    }

    FUZZ_HOLD(req->what > MZ_MCP_DO_INITIALIZE && req->what < MZ_MCP_DOES,
              "%d", (int) req->what);
    FUZZ_HOLD(req->version.len == 10, "%zu", req->version.len);

    is_plain = req->root != NULL && req->what != MZ_MCP_DO_CANCELLED
               && req->what != MZ_MCP_DO_ANSWER;

    FUZZ_HOLD((req->id[0] != '\0') == is_plain, "%d: %s", (int) req->what,
              req->id);
    FUZZ_HOLD((req->cancelled_id[0] != '\0')
              == (req->what == MZ_MCP_DO_CANCELLED), "%s",
              req->cancelled_id);
    FUZZ_HOLD(req->params == NULL || json_is_object(req->params), "params");
    FUZZ_HOLD(req->arguments == NULL || json_is_object(req->arguments),
              "arguments");
    FUZZ_HOLD(req->input_responses == NULL
              || json_is_object(req->input_responses), "inputResponses");
    FUZZ_HOLD(req->log_level <= MZ_MCP_LOG_OFF, "%d", (int) req->log_level);
    FUZZ_HOLD(req->task_ttl_ms >= -1, "a ttl");
    FUZZ_HOLD(req->accepts_sse || req->accepts_json, "nothing is accepted");
    (void) fuzz_touch(req->target);
    (void) fuzz_touch(req->request_state);
}


#endif /* MZ_FUZZ_MCP_H */
