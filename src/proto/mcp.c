
#include "base/mz_str.h"
#include "proto/mcp_http.h"
#include "proto/mcp_method.h"
#include "proto/mcp_session.h"
#include "proto/mcp_version.h"


static mz_mcp_outcome_t mz_mcp_precheck_post(mz_mcp_ctx_t *ctx,
    int64_t content_length);
static mz_mcp_outcome_t mz_mcp_receive_post(mz_mcp_ctx_t *ctx, mz_str_t body);
static mz_mcp_outcome_t mz_mcp_dispatch(mz_mcp_ctx_t *ctx);
static mz_mcp_era_t mz_mcp_era(const mz_mcp_ctx_t *ctx);
static bool mz_mcp_has_json(const mz_mcp_http_t *http);


mz_rc_t
mz_mcp_precheck(const mz_mcp_server_t *srv, const mz_mcp_http_t *http,
    int64_t content_length, mz_mcp_reply_t *reply)
{
    mz_mcp_ctx_t      ctx;
    mz_mcp_request_t  req;
    mz_mcp_outcome_t  outcome;

    mz_mcp_begin(&ctx, srv, http, &req, reply);

    outcome = http->method == MZ_HTTP_POST
              ? mz_mcp_precheck_post(&ctx, content_length)
              : mz_mcp_session_stream(&ctx);

    outcome = mz_mcp_end(&ctx, outcome);
    mz_mcp_request_free(&req);

    return outcome == MZ_MCP_CALL ? MZ_OK : MZ_INVALID;
}


static mz_mcp_outcome_t
mz_mcp_precheck_post(mz_mcp_ctx_t *ctx, int64_t content_length)
{
    const mz_mcp_http_t  *http;

    http = ctx->http;

    if (mz_str_trim(http->content_type).len > 0
        && !mz_mcp_http_is_json(http->content_type))
    {
        return mz_mcp_turn_away(ctx, 415, "Content-Type must be "
                                "application/json");
    }

    if (http->is_strict && !mz_mcp_has_json(http)) {
        return mz_mcp_turn_away(ctx, 415, "Content-Type must be given once, "
                                "as application/json");
    }

    if (content_length > 0
        && !mz_mcp_check_size(ctx, (uint64_t) content_length))
    {
        return MZ_MCP_ANSWER;
    }

    if (http->is_strict
        && !(ctx->req->accepts_sse && ctx->req->accepts_json))
    {
        return mz_mcp_turn_away(ctx, 406, "Accept must allow both "
                                "application/json and text/event-stream");
    }

    return MZ_MCP_CALL;
}


mz_mcp_outcome_t
mz_mcp_receive(const mz_mcp_server_t *srv, const mz_mcp_http_t *http,
    mz_str_t body, mz_mcp_request_t *req, mz_mcp_reply_t *reply)
{
    mz_mcp_ctx_t      ctx;
    mz_mcp_outcome_t  outcome;

    mz_mcp_begin(&ctx, srv, http, req, reply);

    outcome = http->method == MZ_HTTP_POST ? mz_mcp_receive_post(&ctx, body)
                                           : mz_mcp_session_stream(&ctx);

    return mz_mcp_end(&ctx, outcome);
}


static mz_mcp_outcome_t
mz_mcp_receive_post(mz_mcp_ctx_t *ctx, mz_str_t body)
{
    int                code;
    mz_rc_t            rc;
    mz_err_t           err;
    mz_jsonrpc_msg_t   msg;
    mz_mcp_outcome_t   outcome;
    mz_mcp_request_t  *req;

    req = ctx->req;

    if (!(req->accepts_sse && req->accepts_json)) {
        (void) mz_mcp_tolerate(ctx, MZ_MCP_TOL_ACCEPT);
    }

    if (!mz_mcp_has_json(ctx->http)) {
        (void) mz_mcp_tolerate(ctx, MZ_MCP_TOL_CONTENT_TYPE);
    }

    if (!mz_mcp_check_size(ctx, body.len)) {
        return MZ_MCP_ANSWER;
    }

    rc = mz_jsonrpc_parse(body, MZ_MCP_DEPTH_MAX, &msg, &code, &err);

    /* The request outlives the message, which only pointed into the tree. */

    req->root = msg.root;

    /* The id of a response is no id of a request, and not to be echoed. */

    if (msg.kind != MZ_JSONRPC_RESPONSE) {
        memcpy(req->id, msg.id, sizeof(req->id));
    }

    if (rc != MZ_OK) {
        return mz_mcp_method_refuse(ctx, rc == MZ_NOMEM ? 500 : 400, code,
                                    "%s", err.msg);
    }

    ctx->msg = &msg;
    outcome = mz_mcp_dispatch(ctx);
    ctx->msg = NULL;

    return outcome;
}


static mz_mcp_outcome_t
mz_mcp_dispatch(mz_mcp_ctx_t *ctx)
{
    mz_mcp_request_t  *req;

    req = ctx->req;

    ctx->meta = json_object_get(ctx->msg->params, "_meta");
    ctx->method = mz_mcp_method_find(ctx->msg->method);

    if (ctx->method != NULL) {
        req->method = ctx->method->name;
    }

    if (json_is_object(ctx->msg->params)) {
        req->params = ctx->msg->params;
    }

    mz_mcp_meta_progress(ctx);

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

    if (claim == NULL || ctx->msg->kind == MZ_JSONRPC_RESPONSE) {
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
mz_mcp_begin(mz_mcp_ctx_t *ctx, const mz_mcp_server_t *srv,
    const mz_mcp_http_t *http, mz_mcp_request_t *req, mz_mcp_reply_t *reply)
{
    memset(ctx, 0, sizeof(mz_mcp_ctx_t));
    memset(req, 0, sizeof(mz_mcp_request_t));
    mz_mcp_reply_init(reply);

    req->method = mz_str("");
    req->version = mz_str("");
    req->log_level = MZ_MCP_LOG_OFF;
    req->task_ttl_ms = -1;
    req->accepts_sse = mz_mcp_http_accepts(http->accept,
                                           mz_str("text/event-stream"));
    req->accepts_json = mz_mcp_http_accepts(http->accept,
                                            mz_str("application/json"));

    ctx->srv = srv;
    ctx->http = http;
    ctx->req = req;
    ctx->reply = reply;
}


mz_mcp_outcome_t
mz_mcp_end(mz_mcp_ctx_t *ctx, mz_mcp_outcome_t outcome)
{
    /* Either will do for a client that wants neither. */

    ctx->req->accepts_json |= !ctx->req->accepts_sse;

    if (outcome == MZ_MCP_ACCEPTED) {
        ctx->reply->status = 202;

    } else if (ctx->reply->body.rc != MZ_OK) {
        mz_buf_free(&ctx->reply->body);
        ctx->reply->status = 500;
        ctx->req->what = MZ_MCP_DO_NOTHING;
        outcome = MZ_MCP_ANSWER;
    }

    return outcome;
}


/* Refused before the era is known: the header is the best guess at it. */

mz_mcp_outcome_t
mz_mcp_turn_away(mz_mcp_ctx_t *ctx, int status, const char *message)
{
    int       code;
    bool      is_doubled;
    mz_str_t  version;

    version = mz_mcp_session_header(ctx->http, &is_doubled);
    code = mz_mcp_version_kind(version) == MZ_MCP_VERSION_MODERN
           ? MZ_RPC_INVALID_REQUEST : MZ_RPC_SERVER;

    return mz_mcp_method_refuse(ctx, status, code, "%s", message);
}


bool
mz_mcp_check_size(mz_mcp_ctx_t *ctx, uint64_t size)
{
    char  message[96];

    if (ctx->srv->body_max == 0 || size <= ctx->srv->body_max) {
        return true;
    }

    snprintf(message, sizeof(message), "The request body is too large: send "
             "at most %zu bytes", ctx->srv->body_max);
    (void) mz_mcp_turn_away(ctx, 413, message);

    return false;
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
    memset(reply, 0, sizeof(mz_mcp_reply_t));
    reply->status = 200;
    mz_buf_init(&reply->body, 0);
}


void
mz_mcp_reply_free(mz_mcp_reply_t *reply)
{
    mz_buf_free(&reply->body);
}


static bool
mz_mcp_has_json(const mz_mcp_http_t *http)
{
    return mz_mcp_http_is_json(http->content_type)
           && !(http->duplicates & MZ_HTTP_DUP_CONTENT_TYPE);
}
