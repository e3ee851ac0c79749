
/*
 * fuzz_mcp_revive: a request from what was kept of it, against the same
 * request as it would come over HTTP.  The parts: a byte for the revision,
 * the id token, the kept object.
 */

#include "base/mz_b64.h"
#include "fuzz_mcp.h"


static void fuzz_again(json_t *root, mz_str_t id, mz_str_t version);
static mz_mcp_outcome_t fuzz_receive(const json_t *root, mz_str_t id,
    mz_str_t version, mz_mcp_request_t *req);
static void fuzz_same(const mz_mcp_request_t *a, const mz_mcp_request_t *b);


static const char *const  fuzz_versions[] = {
    FUZZ_NEW, "2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05",
    "1999-01-01", NULL
};


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t    *root;
    unsigned   c;
    mz_str_t   in, id;

    in = (mz_str_t) { (const char *) data, size };
    c = fuzz_byte(&in) % MZ_ARRAY_LEN(fuzz_versions);
    id = fuzz_part(&in);
    root = fuzz_json(&in);

    fuzz_again(root, id, mz_str_from(fuzz_versions[c]));
    fuzz_free(id);

    return 0;
}


/* Takes root. */

static void
fuzz_again(json_t *root, mz_str_t id, mz_str_t version)
{
    bool              needs_session;
    json_t           *copy;
    mz_rc_t           rc;
    mz_mcp_request_t  req, sent;
    mz_mcp_outcome_t  outcome;

    copy = json_incref(root);
    rc = mz_mcp_revive(root, id, version, &req);

    if (rc == MZ_OK) {
        fuzz_check_request(&req, MZ_MCP_CALL);
        FUZZ_HOLD(mz_str_eq_c(id, req.id), "%s", req.id);
        FUZZ_HOLD(mz_str_eq(req.version, version), "%.*s",
                  (int) req.version.len, req.version.data);
        FUZZ_HOLD(req.root == copy && req.tolerated == 0, "%x",
                  req.tolerated);

    } else {
        FUZZ_HOLD(rc == MZ_INVALID && req.root == NULL, "%s",
                  mz_rc_name(rc));
    }

    outcome = fuzz_receive(copy, id, version, &sent);

    /* What only a session has is not taken up again. */

    needs_session = sent.what == MZ_MCP_DO_SUBSCRIBE
                    || sent.what == MZ_MCP_DO_UNSUBSCRIBE
                    || sent.what == MZ_MCP_DO_SET_LEVEL;

    FUZZ_HOLD((rc == MZ_OK) == (outcome == MZ_MCP_CALL && !needs_session),
              "%s: %d", mz_rc_name(rc), (int) outcome);

    if (rc == MZ_OK) {
        fuzz_same(&req, &sent);
    }

    mz_mcp_request_free(&req);
    mz_mcp_request_free(&sent);
    json_decref(copy);
}


static mz_mcp_outcome_t
fuzz_receive(const json_t *root, mz_str_t id, mz_str_t version,
    mz_mcp_request_t *req)
{
    mz_buf_t           body, name;
    const json_t      *params;
    mz_mcp_http_t      http;
    mz_mcp_reply_t     reply;
    mz_mcp_server_t    srv;
    mz_mcp_outcome_t   outcome;

    static const char *const  mirrored[] = { "name", "uri", "taskId" };

    memset(req, 0, sizeof(mz_mcp_request_t));

    if (!json_is_object(root) || id.len == 0 || version.len == 0
        || !json_is_string(json_object_get(root, "method")))
    {
        return MZ_MCP_ANSWER;
    }

    srv = fuzz_make_server(FUZZ_ALL);
    srv.body_max = 0;
    http = fuzz_make_http(true, version);
    params = json_object_get(root, "params");
    mz_buf_init(&body, 0);
    mz_buf_init(&name, 0);

    if (mz_str_eq_c(version, FUZZ_NEW)) {
        http.mcp_method = mz_json_get_str(root, "method");
        http.mcp_name = mz_json_get_str(params, mirrored[
            mz_str_eq_c(http.mcp_method, "resources/read") ? 1
            : mz_str_has_prefix(http.mcp_method, mz_str("tasks/")) ? 2 : 0]);

        if (http.mcp_name.data != NULL) {
            mz_buf_add_c(&name, "=?base64?");
            mz_b64_encode(&name, http.mcp_name);
            mz_buf_add_c(&name, "?=");
            http.mcp_name = mz_buf_view(&name);
        }
    }

    mz_buf_add_c(&body, "{\"jsonrpc\":\"2.0\",\"method\":");
    mz_json_dump(&body, json_object_get(root, "method"));

    if (params != NULL) {
        mz_buf_add_c(&body, ",\"params\":");
        mz_json_dump(&body, params);
    }

    mz_buf_add_c(&body, ",\"id\":");
    mz_buf_add_str(&body, id);
    mz_buf_add_char(&body, '}');

    outcome = mz_mcp_receive(&srv, &http, mz_buf_view(&body), req, &reply);

    /* An id that is more than a token makes another message of it. */

    if (strlen(req->id) != id.len || memcmp(req->id, id.data, id.len) != 0) {
        outcome = MZ_MCP_ANSWER;
    }

    mz_mcp_reply_free(&reply);
    mz_buf_free(&name);
    mz_buf_free(&body);

    return outcome;
}


static void
fuzz_same(const mz_mcp_request_t *a, const mz_mcp_request_t *b)
{
    FUZZ_HOLD(a->what == b->what && a->era == b->era, "%d: %d",
              (int) a->what, (int) b->what);
    FUZZ_HOLD(mz_str_eq(a->method, b->method)
              && mz_str_eq(a->version, b->version)
              && mz_str_eq(a->target, b->target)
              && mz_str_eq(a->request_state, b->request_state), "%.*s",
              (int) a->method.len, a->method.data);
    FUZZ_HOLD(mz_json_equal(a->params, b->params)
              && mz_json_equal(a->arguments, b->arguments)
              && mz_json_equal(a->input_responses, b->input_responses)
              && mz_json_equal(a->progress_token, b->progress_token),
              "the parameters");
    FUZZ_HOLD(a->wants_task == b->wants_task
              && a->task_ttl_ms == b->task_ttl_ms
              && a->log_level == b->log_level, "a task");
}
