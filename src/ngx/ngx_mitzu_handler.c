
/*
 * handler: the endpoint, from method to answer.
 *
 *     origin, host, session ──> precheck ──> body ──> mz_mcp_receive()
 *                                                │ ANSWER, ACCEPTED: send
 *                                                v CALL
 *                 mz_dispatch(): which op? ──> ngx_mitzu_call_start()
 *                                                │ now or later
 *                                                v
 *                                     ngx_mitzu_handler_answer()
 *
 * Everything that ends a request goes through here or through the stream's
 * write handler.
 */

#include "ngx/ngx_mitzu.h"
#include "ngx/ngx_mitzu_auth.h"
#include "ngx/ngx_mitzu_call.h"
#include "ngx/ngx_mitzu_response.h"

#include "tools/resume.h"


static ngx_int_t ngx_mitzu_handler_begin(ngx_http_request_t *r);
static ngx_int_t ngx_mitzu_handler_refuse(ngx_http_request_t *r,
    ngx_uint_t status, const char *hint);
static ngx_int_t ngx_mitzu_handler_bodiless(ngx_http_request_t *r,
    ngx_mitzu_ctx_t *ctx);
static void ngx_mitzu_handler_body(ngx_http_request_t *r);
static ngx_int_t ngx_mitzu_handler_dispatch(ngx_http_request_t *r,
    ngx_mitzu_ctx_t *ctx, mz_str_t body);
static ngx_int_t ngx_mitzu_handler_call(ngx_http_request_t *r,
    ngx_mitzu_ctx_t *ctx, int64_t after);
static ngx_int_t ngx_mitzu_handler_permitted(ngx_http_request_t *r,
    ngx_mitzu_ctx_t *ctx, mz_dispatch_t *d, int64_t after);
static ngx_int_t ngx_mitzu_handler_resume(ngx_http_request_t *r,
    ngx_mitzu_ctx_t *ctx);
static ngx_int_t ngx_mitzu_handler_send(ngx_http_request_t *r,
    ngx_uint_t status, mz_buf_t *body);
static ngx_int_t ngx_mitzu_handler_initialized(ngx_http_request_t *r,
    ngx_mitzu_ctx_t *ctx, mz_mcp_reply_t *reply);
static void ngx_mitzu_handler_log_error(ngx_http_request_t *r,
    mz_call_t *call);


ngx_int_t
ngx_mitzu_handler(ngx_http_request_t *r)
{
    ngx_int_t         rc;
    ngx_mitzu_ctx_t  *ctx;

    if (r != r->main) {
        return NGX_HTTP_NOT_FOUND;
    }

    ctx = ngx_mitzu_ctx_create(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* error_page led here: nginx's own refusals get a JSON body too. */

    if (ngx_mitzu_error_is_page(r)) {
        return ngx_mitzu_error_answer(r);
    }

    if (!ngx_mitzu_host_is_allowed(r, ctx->conf)) {
        return ngx_mitzu_handler_refuse(r, NGX_HTTP_FORBIDDEN,
                    "this name of the server is not served here "
                    "(server_name, mitzu_mcp_hosts)");
    }

    if (!ctx->is_allowed) {
        return ngx_mitzu_handler_refuse(r, NGX_HTTP_FORBIDDEN,
                    "pages of this origin may not use this endpoint "
                    "(mitzu_mcp_origins)");
    }

    if (ctx->http.method == MZ_HTTP_OPTIONS) {
        rc = ngx_mitzu_handler_discard(r);
        return (rc != NGX_OK) ? rc
               : ngx_mitzu_response_empty(r, NGX_HTTP_NO_CONTENT);
    }

    return ngx_mitzu_settle(r, ctx->conf->redis->pool,
                            ngx_mitzu_handler_begin);
}


static ngx_int_t
ngx_mitzu_handler_begin(ngx_http_request_t *r)
{
    ngx_int_t         rc;
    mz_mcp_reply_t    reply;
    ngx_mitzu_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_mitzu_mcp_module);

    ctx->principal = ngx_mitzu_auth_principal(ctx);
    ngx_mitzu_session_find(ctx);

    if (mz_mcp_precheck(&ctx->conf->server, &ctx->http,
                        r->headers_in.content_length_n, &reply)
        != MZ_OK)
    {
        rc = ngx_mitzu_handler_discard(r);
        if (rc == NGX_OK) {
            rc = ngx_mitzu_handler_reply(r, &reply);
        }

        mz_mcp_reply_free(&reply);
        return rc;
    }

    mz_mcp_reply_free(&reply);

    if (ctx->http.method != MZ_HTTP_POST) {
        return ngx_mitzu_handler_bodiless(r, ctx);
    }

    rc = ngx_mitzu_body_read(r, ctx, ngx_mitzu_handler_body);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE && !r->connection->error) {

        /* What is left of this body must never be read as a request. */

        r->keepalive = 0;
        r->lingering_close = 1;

        return ngx_mitzu_handler_refuse(r, rc, NULL);
    }

    return rc;
}


/* While ngx_mitzu_batch_run() is at it, the request must stay, but end. */

void
ngx_mitzu_handler_abort(ngx_http_request_t *r, ngx_int_t rc)
{
    ngx_mitzu_ctx_t    *ctx;
    ngx_mitzu_batch_t  *batch;

    ctx = ngx_http_get_module_ctx(r, ngx_mitzu_mcp_module);
    batch = ctx->batch;

    /* An answer has begun: there cannot be another. */

    if (r->header_sent && rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        rc = NGX_ERROR;
    }

    if (batch != NULL && batch->is_inside) {
        batch->rc = rc;
        batch->is_aborted = 1;
        return;
    }

    ngx_http_finalize_request(r, rc);
}


/* A client that waits for "100 Continue" need not send what we drop. */

ngx_int_t
ngx_mitzu_handler_discard(ngx_http_request_t *r)
{
    r->expect_tested = 1;

    return ngx_http_discard_request_body(r);
}


static ngx_int_t
ngx_mitzu_handler_refuse(ngx_http_request_t *r, ngx_uint_t status,
    const char *hint)
{
    ngx_int_t  rc;

    rc = ngx_mitzu_handler_discard(r);

    return (rc != NGX_OK) ? rc : ngx_mitzu_response_error(r, status, hint);
}


ngx_int_t
ngx_mitzu_handler_reply(ngx_http_request_t *r, mz_mcp_reply_t *reply)
{
    ngx_str_t  allow;

    if (reply->allow != NULL) {
        allow.data = (u_char *) reply->allow;
        allow.len = ngx_strlen(reply->allow);

        if (ngx_mitzu_response_header(r, "Allow", &allow) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    if (reply->status == NGX_HTTP_SERVICE_UNAVAILABLE
        && ngx_mitzu_response_retry(r) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (reply->body.len == 0 && reply->body.rc == MZ_OK) {
        return ngx_mitzu_response_empty(r, reply->status);
    }

    return ngx_mitzu_response_json(r, reply->status, &reply->body);
}


/* GET and DELETE: whatever they carry is dropped. */

static ngx_int_t
ngx_mitzu_handler_bodiless(ngx_http_request_t *r, ngx_mitzu_ctx_t *ctx)
{
    ngx_int_t  rc;

    rc = ngx_mitzu_handler_discard(r);
    if (rc != NGX_OK) {
        return rc;
    }

    /* Now, and not when this returns: the call may outlast the handler. */

    r->main->count++;

    if (!r->discard_body) {
        r->read_event_handler = ngx_http_test_reading;
    }

    rc = ngx_mitzu_handler_dispatch(r, ctx, mz_null_str);

    if (rc != NGX_DONE) {
        ngx_http_finalize_request(r, rc);
    }

    return NGX_DONE;
}


static void
ngx_mitzu_handler_body(ngx_http_request_t *r)
{
    ngx_int_t         rc;
    ngx_mitzu_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_mitzu_mcp_module);
    ctx->is_capturing = 0;

    r->read_event_handler = ngx_http_test_reading;

    if (ctx->is_body_too_large) {
        rc = ngx_mitzu_response_error(r, NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
                                      "mitzu_mcp_body_max is the limit");

    } else if (mz_mcp_is_batch(mz_buf_view(&ctx->body))) {
        rc = ngx_mitzu_batch_start(r, ctx);

    } else {
        rc = ngx_mitzu_handler_dispatch(r, ctx, mz_buf_view(&ctx->body));
    }

    if (rc != NGX_DONE) {
        ngx_http_finalize_request(r, rc);
    }
}


/* NGX_DONE: a call has taken the request over; else finalise with it. */

static ngx_int_t
ngx_mitzu_handler_dispatch(ngx_http_request_t *r, ngx_mitzu_ctx_t *ctx,
    mz_str_t body)
{
    ngx_int_t         rc;
    mz_mcp_reply_t    reply;
    mz_mcp_outcome_t  outcome;

    outcome = mz_mcp_receive(&ctx->conf->server, &ctx->http, body, &ctx->mcp,
                             &reply);

    ctx->has_mcp = 1;
    mz_buf_free(&ctx->body);

    rc = ngx_mitzu_handler_message(r, ctx, outcome, &reply);

    mz_mcp_reply_free(&reply);

    return rc;
}


ngx_int_t
ngx_mitzu_handler_message(ngx_http_request_t *r, ngx_mitzu_ctx_t *ctx,
    mz_mcp_outcome_t outcome, mz_mcp_reply_t *reply)
{
    ctx->method = ctx->mcp.method;
    ctx->era = (ctx->mcp.era == MZ_MCP_MODERN) ? mz_str("modern")
                                               : mz_str("legacy");
    ngx_mitzu_count_message(ctx);

    if (outcome == MZ_MCP_CALL) {
        return (ctx->mcp.what == MZ_MCP_DO_RESUME)
               ? ngx_mitzu_handler_resume(r, ctx)
               : ngx_mitzu_handler_call(r, ctx, -1);
    }

    if (ctx->batch != NULL) {
        ngx_mitzu_batch_add(ctx, &reply->body);
        return NGX_DONE;
    }

    return ngx_mitzu_handler_initialized(r, ctx, reply);
}


static ngx_int_t
ngx_mitzu_handler_initialized(ngx_http_request_t *r, ngx_mitzu_ctx_t *ctx,
    mz_mcp_reply_t *reply)
{
    if (ctx->mcp.what == MZ_MCP_DO_INITIALIZE
        && ngx_mitzu_session_create(r, ctx) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_mitzu_handler_reply(r, reply);
}


static ngx_int_t
ngx_mitzu_handler_call(ngx_http_request_t *r, ngx_mitzu_ctx_t *ctx,
    int64_t after)
{
    mz_rc_t         rc;
    ngx_int_t       n;
    mz_dispatch_t   d;
    mz_mcp_reply_t  reply;

    rc = mz_dispatch(&ctx->conf->tools, ctx->principal, &ctx->http,
                     &ctx->mcp, ngx_mitzu_now_ms(), &d, &reply);

    if (d.tool != NULL) {
        ctx->tool = d.tool->op.name;
    }

    if (rc == MZ_OK) {
        n = ngx_mitzu_handler_permitted(r, ctx, &d, after);

    } else if (ctx->batch != NULL) {
        ctx->status = mz_str("refused");
        ngx_mitzu_batch_add(ctx, &reply.body);
        n = NGX_DONE;

    } else {
        ctx->status = mz_str("refused");
        n = ngx_mitzu_handler_reply(r, &reply);
    }

    mz_mcp_reply_free(&reply);

    return n;
}


/*
 * The last rung of the ladder: the scope of the token.  In a batch there is
 * no status for one message, so its answer is an error.
 */

static ngx_int_t
ngx_mitzu_handler_permitted(ngx_http_request_t *r, ngx_mitzu_ctx_t *ctx,
    mz_dispatch_t *d, int64_t after)
{
    mz_buf_t  body, text;
    mz_str_t  scope;

    scope = ngx_mitzu_auth_lacks(ctx, d->op);

    if (scope.len == 0) {
        return ngx_mitzu_call_start(r, ctx, d, after);
    }

    mz_dispatch_free(d);
    ctx->status = mz_str("refused");

    mz_buf_init(&text, 0);
    mz_buf_init(&body, 0);

    mz_buf_add_c(&text, "This needs an access token with the scope ");
    mz_buf_add_str(&text, scope);

    mz_mcp_write_error(&ctx->mcp, MZ_RPC_INVALID_REQUEST, mz_buf_view(&text),
                       mz_null_str, &body);
    mz_buf_free(&text);

    if (ctx->batch != NULL) {
        ngx_mitzu_batch_add(ctx, &body);
        return NGX_DONE;
    }

    if (ngx_mitzu_challenge(r, ctx->conf->resource, MZ_CHALLENGE_SCOPE, scope,
                            NULL)
        != NGX_OK)
    {
        mz_buf_free(&body);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_mitzu_response_json(r, NGX_HTTP_FORBIDDEN, &body);
}


/* A broken stream is taken up: the request is the one that it answered. */

static ngx_int_t
ngx_mitzu_handler_resume(ngx_http_request_t *r, ngx_mitzu_ctx_t *ctx)
{
    mz_rc_t              rc;
    int64_t              after;
    mz_buf_t             body;
    mz_mcp_request_t     revived;
    const mz_session_t  *session;

    session = (ctx->http.session.state == MZ_MCP_SESSION_VALID)
              ? &ctx->session : NULL;

    rc = mz_resume_open(&ctx->conf->tools, ctx->principal, session,
                        (int64_t) ngx_time(), ctx->http.last_event_id,
                        &revived, &after);

    if (rc == MZ_UNAVAILABLE || rc == MZ_NOMEM) {
        mz_buf_init(&body, 0);
        mz_mcp_write_http_error(NGX_HTTP_SERVICE_UNAVAILABLE, mz_null_str,
                                &body);

        return ngx_mitzu_handler_send(r, NGX_HTTP_SERVICE_UNAVAILABLE, &body);
    }

    if (rc != MZ_OK) {
        return ngx_mitzu_response_error(r, NGX_HTTP_BAD_REQUEST,
                    "Last-Event-ID names no stream of yours that can be "
                    "taken up: send the request again");
    }

    mz_mcp_request_free(&ctx->mcp);
    ctx->mcp = revived;

    /* A GET is answered by a stream, also where all of it is the answer. */

    ctx->mcp.accepts_sse = true;
    ctx->mcp.accepts_json = false;
    ctx->method = ctx->mcp.method;

    return ngx_mitzu_handler_call(r, ctx, after);
}


void
ngx_mitzu_handler_answer(ngx_http_request_t *r, mz_call_t *call,
    mz_step_t step)
{
    int               status;
    mz_buf_t          body;
    ngx_int_t         rc;
    ngx_mitzu_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_mitzu_mcp_module);

    if (step != MZ_STEP_DONE) {
        ngx_mitzu_handler_log_error(r, call);
    }

    mz_buf_init(&body, 0);
    status = mz_call_answer(call, step, &body);

    r->connection->log->action = "sending response to client";

    if (ctx->batch != NULL) {
        ngx_mitzu_batch_add(ctx, &body);
        ngx_mitzu_batch_continue(r, ctx);
        return;
    }

    if (ctx->sse != NULL && ctx->mcp.id[0] == '\0') {

        /* The stream of a GET answers nothing; the client opens another. */

        mz_buf_free(&body);
        rc = ngx_mitzu_sse_close(ctx->sse, 1);

    } else if (ctx->sse != NULL) {
        rc = ngx_mitzu_sse_end(ctx->sse, &body);

    } else {
        rc = ngx_mitzu_handler_send(r, status, &body);
    }

    ngx_http_finalize_request(r, rc);
}


static ngx_int_t
ngx_mitzu_handler_send(ngx_http_request_t *r, ngx_uint_t status,
    mz_buf_t *body)
{
    mz_mcp_reply_t  reply;

    mz_mcp_reply_init(&reply);
    reply.status = (int) status;
    reply.body = *body;

    return ngx_mitzu_handler_reply(r, &reply);
}


/* No response is owed, but the HTTP request must end. */

void
ngx_mitzu_handler_cancelled(ngx_http_request_t *r)
{
    ngx_int_t         rc;
    ngx_mitzu_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_mitzu_mcp_module);

    if (ctx->batch != NULL) {
        ngx_mitzu_batch_continue(r, ctx);
        return;
    }

    rc = (ctx->sse != NULL) ? ngx_mitzu_sse_close(ctx->sse, 0)
         : ngx_mitzu_response_empty(r, NGX_HTTP_ACCEPTED);

    ngx_http_finalize_request(r, rc);
}


/* An outage is logged once, by the pool; its victims at info. */

static void
ngx_mitzu_handler_log_error(ngx_http_request_t *r, mz_call_t *call)
{
    char        *p;
    ngx_uint_t   level;

    for (p = call->err.msg; *p != '\0'; p++) {
        if ((u_char) *p < 0x20 || *p == 0x7f) {
            *p = '?';
        }
    }

    level = (call->err.rc == MZ_UNAVAILABLE) ? NGX_LOG_INFO : NGX_LOG_ERR;

    ngx_log_error(level, r->connection->log, 0,
                  "mitzu mcp: %*s: %s",
                  call->op->name.len, call->op->name.data,
                  call->err.msg);
}
