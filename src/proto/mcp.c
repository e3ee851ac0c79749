
#include "base/mz_str.h"
#include "proto/mcp_http.h"
#include "proto/mcp_method.h"
#include "proto/mcp_version.h"


static mz_mcp_outcome_t mz_mcp_dispatch(mz_mcp_ctx_t *ctx);
static mz_mcp_era_t mz_mcp_era(const mz_mcp_ctx_t *ctx);
static void mz_mcp_accepts(const mz_mcp_http_t *http, bool *sse, bool *json);
static mz_rc_t mz_mcp_turn_away(const mz_mcp_http_t *http, int status,
    const char *message, mz_mcp_reply_t *reply);
static mz_rc_t mz_mcp_too_large(const mz_mcp_server_t *srv,
    const mz_mcp_http_t *http, mz_mcp_reply_t *reply);


mz_rc_t
mz_mcp_precheck(const mz_mcp_server_t *srv, const mz_mcp_http_t *http,
    int64_t content_length, mz_mcp_reply_t *reply)
{
    bool  has_type, accepts_sse, accepts_json;

    mz_mcp_reply_init(reply);

    if (http->method != MZ_HTTP_POST) {
        reply->allow = "POST, OPTIONS";
        return mz_mcp_turn_away(http, 405, "Method not allowed: send JSON-RPC "
                                "messages by POST", reply);
    }

    has_type = mz_str_trim(http->content_type).len > 0;

    if (has_type ? !mz_mcp_http_is_json(http->content_type)
                   || (http->is_strict
                       && http->duplicates & MZ_HTTP_DUP_CONTENT_TYPE)
                 : http->is_strict)
    {
        return mz_mcp_turn_away(http, 415, "Content-Type must be "
                                "application/json", reply);
    }

    if (srv->body_max > 0 && content_length > 0
        && (uint64_t) content_length > srv->body_max)
    {
        return mz_mcp_too_large(srv, http, reply);
    }

    mz_mcp_accepts(http, &accepts_sse, &accepts_json);

    if (http->is_strict && !(accepts_sse && accepts_json)) {
        return mz_mcp_turn_away(http, 406, "Accept must allow both "
                                "application/json and text/event-stream",
                                reply);
    }

    return MZ_OK;
}


mz_mcp_outcome_t
mz_mcp_receive(const mz_mcp_server_t *srv, const mz_mcp_http_t *http,
    mz_str_t body, mz_mcp_request_t *req, mz_mcp_reply_t *reply)
{
    int               code;
    mz_rc_t           rc;
    mz_err_t          err;
    mz_mcp_ctx_t      ctx;
    mz_jsonrpc_msg_t  msg;
    mz_mcp_outcome_t  outcome;

    memset(req, 0, sizeof(mz_mcp_request_t));
    memset(&ctx, 0, sizeof(mz_mcp_ctx_t));
    mz_mcp_reply_init(reply);

    req->method = mz_str("");
    req->version = mz_str("");
    mz_mcp_accepts(http, &req->accepts_sse, &req->accepts_json);

    /* Either will do for a client that wants neither. */

    req->accepts_json |= !req->accepts_sse;

    if (srv->body_max > 0 && body.len > srv->body_max) {
        (void) mz_mcp_too_large(srv, http, reply);
        return MZ_MCP_ANSWER;
    }

    ctx.srv = srv;
    ctx.http = http;
    ctx.req = req;
    ctx.reply = reply;
    ctx.msg = &msg;

    rc = mz_jsonrpc_parse(body, MZ_MCP_DEPTH_MAX, &msg, &code, &err);

    /* The request outlives the message, which only pointed into the tree. */

    req->root = msg.root;
    memcpy(req->id, msg.id, sizeof(req->id));

    if (rc != MZ_OK) {
        outcome = mz_mcp_method_refuse(&ctx, rc == MZ_NOMEM ? 500 : 400, code,
                                       "%s", err.msg);

    } else {
        outcome = mz_mcp_dispatch(&ctx);
    }

    if (outcome == MZ_MCP_ACCEPTED) {
        reply->status = 202;

    } else if (reply->body.rc != MZ_OK) {
        mz_buf_free(&reply->body);
        reply->status = 500;
        outcome = MZ_MCP_ANSWER;
    }

    return outcome;
}


static mz_mcp_outcome_t
mz_mcp_dispatch(mz_mcp_ctx_t *ctx)
{
    const json_t      *token;
    mz_mcp_request_t  *req;

    req = ctx->req;

    ctx->meta = json_object_get(ctx->msg->params, "_meta");
    ctx->method = mz_mcp_method_find(ctx->msg->method);

    if (ctx->method != NULL) {
        req->method = ctx->method->name;
    }

    token = json_object_get(ctx->meta, "progressToken");

    if (json_is_string(token) || json_is_integer(token)) {
        req->progress_token = token;
    }

    req->era = mz_mcp_era(ctx);

    return req->era == MZ_MCP_MODERN ? mz_mcp_modern_receive(ctx)
                                     : mz_mcp_legacy_receive(ctx);
}


/*
 * The body decides, never a header.  initialize is legacy unless its envelope
 * is a complete modern one: then it is an unknown method there.
 */

static mz_mcp_era_t
mz_mcp_era(const mz_mcp_ctx_t *ctx)
{
    const json_t  *claim;

    claim = json_object_get(ctx->meta, MZ_MCP_META_VERSION);

    if (claim == NULL) {
        return MZ_MCP_LEGACY;
    }

    if (mz_mcp_method_is_initialize(ctx)
        && !(json_is_string(claim)
             && json_is_object(json_object_get(ctx->meta,
                                               MZ_MCP_META_CAPABILITIES))))
    {
        return MZ_MCP_LEGACY;
    }

    return MZ_MCP_MODERN;
}


void
mz_mcp_request_free(mz_mcp_request_t *req)
{
    json_decref(req->root);
    memset(req, 0, sizeof(mz_mcp_request_t));
}


void
mz_mcp_reply_init(mz_mcp_reply_t *reply)
{
    reply->status = 200;
    reply->allow = NULL;
    mz_buf_init(&reply->body, 0);
}


void
mz_mcp_reply_free(mz_mcp_reply_t *reply)
{
    mz_buf_free(&reply->body);
}


static void
mz_mcp_accepts(const mz_mcp_http_t *http, bool *sse, bool *json)
{
    *sse = mz_mcp_http_accepts(http->accept, mz_str("text/event-stream"));
    *json = mz_mcp_http_accepts(http->accept, mz_str("application/json"));
}


/* Refused before the era is known: the header is the best guess at it. */

static mz_rc_t
mz_mcp_turn_away(const mz_mcp_http_t *http, int status, const char *message,
    mz_mcp_reply_t *reply)
{
    int       code;
    mz_str_t  version;

    version = mz_str_trim(http->protocol_version);
    code = mz_mcp_version_kind(version) == MZ_MCP_VERSION_MODERN
           ? MZ_RPC_INVALID_REQUEST : MZ_RPC_SERVER;

    reply->status = status;
    mz_mcp_write_error(NULL, code, mz_str_from(message), mz_null_str,
                       &reply->body);

    return MZ_INVALID;
}


static mz_rc_t
mz_mcp_too_large(const mz_mcp_server_t *srv, const mz_mcp_http_t *http,
    mz_mcp_reply_t *reply)
{
    char  message[96];

    snprintf(message, sizeof(message), "The request body is too large: send "
             "at most %zu bytes", srv->body_max);

    return mz_mcp_turn_away(http, 413, message, reply);
}
