
/*
 * handler: the endpoint, from method to answer.
 *
 *     origin, method ──> precheck ──> body ──> mz_mcp_receive()
 *                                                 │ ANSWER, ACCEPTED: send
 *                                                 v CALL
 *                 tool known, arguments fit ──> ngx_mitzu_call_start()
 *                                                 │ now or later
 *                                                 v
 *                                     ngx_mitzu_handler_answer()
 *
 * Everything that ends a request goes through here or through the stream's
 * write handler.
 */

#include "ngx/ngx_mitzu.h"
#include "ngx/ngx_mitzu_call.h"
#include "ngx/ngx_mitzu_response.h"

#include "base/mz_utf8.h"
#include "proto/schema.h"


#define NGX_MITZU_NAME_SHOWN  64


static ngx_int_t ngx_mitzu_handler_discard(ngx_http_request_t *r);
static ngx_int_t ngx_mitzu_handler_refuse(ngx_http_request_t *r,
    ngx_uint_t status, const char *hint);
static ngx_int_t ngx_mitzu_handler_reply(ngx_http_request_t *r,
    mz_mcp_reply_t *reply);
static void ngx_mitzu_handler_body(ngx_http_request_t *r);
static ngx_int_t ngx_mitzu_handler_dispatch(ngx_http_request_t *r,
    ngx_mitzu_ctx_t *ctx);
static ngx_int_t ngx_mitzu_handler_call(ngx_http_request_t *r,
    ngx_mitzu_ctx_t *ctx);
static ngx_int_t ngx_mitzu_handler_no_tool(ngx_http_request_t *r,
    ngx_mitzu_ctx_t *ctx);
static ngx_int_t ngx_mitzu_handler_bad_arguments(ngx_http_request_t *r,
    ngx_mitzu_ctx_t *ctx, const mz_err_t *err);
static void ngx_mitzu_handler_write_error(ngx_mitzu_ctx_t *ctx,
    mz_call_t *call, mz_buf_t *out);
static ngx_int_t ngx_mitzu_handler_unavailable(ngx_http_request_t *r,
    mz_buf_t *body);
static void ngx_mitzu_handler_log_error(ngx_http_request_t *r,
    mz_call_t *call);


static ngx_str_t  ngx_mitzu_retry_after = ngx_string(NGX_MITZU_RETRY_AFTER);


ngx_int_t
ngx_mitzu_handler(ngx_http_request_t *r)
{
    ngx_int_t         rc;
    mz_mcp_reply_t    reply;
    ngx_mitzu_ctx_t  *ctx;

    if (r != r->main) {
        return NGX_HTTP_NOT_FOUND;
    }

    ctx = ngx_mitzu_ctx_create(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* error_page led here: nginx's own refusals get a JSON body too. */

    if (r->error_page && r->err_status) {
        return ngx_mitzu_handler_refuse(r, r->err_status, NULL);
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

    rc = ngx_mitzu_body_read(r, ctx, ngx_mitzu_handler_body);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE && !r->connection->error) {

        /* What is left of this body must never be read as a request. */

        r->keepalive = 0;
        r->lingering_close = 1;

        return ngx_mitzu_handler_refuse(r, rc, NULL);
    }

    return rc;
}


void
ngx_mitzu_handler_abort(ngx_http_request_t *r, ngx_int_t rc)
{
    ngx_http_finalize_request(r, rc);
}


/* A client that waits for "100 Continue" need not send what we drop. */

static ngx_int_t
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


static ngx_int_t
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

    if (reply->body.len == 0 && reply->body.rc == MZ_OK) {
        return ngx_mitzu_response_empty(r, reply->status);
    }

    return ngx_mitzu_response_json(r, reply->status, &reply->body);
}


static void
ngx_mitzu_handler_body(ngx_http_request_t *r)
{
    ngx_int_t         rc;
    ngx_mitzu_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_mitzu_mcp_module);
    ctx->is_capturing = 0;

    r->read_event_handler = ngx_http_test_reading;

    rc = ngx_mitzu_handler_dispatch(r, ctx);

    if (rc != NGX_DONE) {
        ngx_http_finalize_request(r, rc);
    }
}


/* NGX_DONE: a call has taken the request over; else finalise with it. */

static ngx_int_t
ngx_mitzu_handler_dispatch(ngx_http_request_t *r, ngx_mitzu_ctx_t *ctx)
{
    ngx_int_t         rc;
    mz_mcp_reply_t    reply;
    mz_mcp_outcome_t  outcome;

    if (ctx->is_body_too_large) {
        return ngx_mitzu_response_error(r, NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
                                        "mitzu_mcp_body_max is the limit");
    }

    outcome = mz_mcp_receive(&ctx->conf->server, &ctx->http,
                             mz_buf_view(&ctx->body), &ctx->mcp, &reply);

    ctx->has_mcp = 1;
    mz_buf_free(&ctx->body);

    ctx->method = ctx->mcp.method;
    ctx->era = (ctx->mcp.era == MZ_MCP_MODERN) ? mz_str("modern")
                                               : mz_str("legacy");

    rc = (outcome == MZ_MCP_CALL) ? ngx_mitzu_handler_call(r, ctx)
                                  : ngx_mitzu_handler_reply(r, &reply);

    mz_mcp_reply_free(&reply);

    return rc;
}


static ngx_int_t
ngx_mitzu_handler_call(ngx_http_request_t *r, ngx_mitzu_ctx_t *ctx)
{
    json_t           *args;
    mz_err_t          err;
    mz_registry_t    *reg;
    const mz_tool_t  *tool;

    reg = &ctx->conf->main->registry;

    tool = mz_registry_find(reg, ctx->mcp.tool);
    if (tool == NULL) {
        return ngx_mitzu_handler_no_tool(r, ctx);
    }

    ctx->tool = tool->name;

    args = (ctx->mcp.arguments != NULL) ? json_incref(ctx->mcp.arguments)
                                        : json_object();
    if (args == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (mz_schema_validate(mz_registry_input_schema(reg, tool), args, &err)
        != MZ_OK)
    {
        json_decref(args);
        return ngx_mitzu_handler_bad_arguments(r, ctx, &err);
    }

    return ngx_mitzu_call_start(r, ctx, tool, args);
}


static ngx_int_t
ngx_mitzu_handler_no_tool(ngx_http_request_t *r, ngx_mitzu_ctx_t *ctx)
{
    mz_buf_t  text, body;
    mz_str_t  name;

    ctx->status = mz_str("refused");
    name = mz_utf8_prefix_bytes(ctx->mcp.tool, NGX_MITZU_NAME_SHOWN);

    mz_buf_init(&text, 0);
    mz_buf_init(&body, 0);

    mz_buf_add_c(&text, "Unknown tool: ");
    mz_buf_add_str(&text, name);
    mz_buf_add_c(&text, "; tools/list says which there are");

    mz_mcp_write_error(&ctx->mcp, MZ_RPC_PARAMS, mz_buf_view(&text),
                       mz_null_str, &body);
    mz_buf_free(&text);

    return ngx_mitzu_response_json(r, NGX_HTTP_OK, &body);
}


/* A result, not an error: a model reads it and mends its call. */

static ngx_int_t
ngx_mitzu_handler_bad_arguments(ngx_http_request_t *r, ngx_mitzu_ctx_t *ctx,
    const mz_err_t *err)
{
    mz_buf_t         text, body;
    mz_mcp_result_t  res;

    ctx->status = mz_str("refused");

    mz_buf_init(&text, 0);
    mz_buf_init(&body, 0);

    mz_buf_add_c(&text, "Invalid arguments for ");
    mz_buf_add_str(&text, ctx->tool);
    mz_buf_add_c(&text, ": ");
    mz_buf_add_c(&text, err->msg);

    res.structured = mz_null_str;
    res.text = mz_buf_view(&text);
    res.is_error = true;

    mz_mcp_write_result(&ctx->conf->server, &ctx->mcp, &res, &body);
    mz_buf_free(&text);

    return ngx_mitzu_response_json(r, NGX_HTTP_OK, &body);
}


void
ngx_mitzu_handler_answer(ngx_http_request_t *r, mz_call_t *call,
    mz_step_t step)
{
    mz_buf_t          body;
    ngx_int_t         rc;
    mz_mcp_result_t   res;
    ngx_mitzu_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_mitzu_mcp_module);

    mz_buf_init(&body, 0);

    if (step == MZ_STEP_DONE) {
        res.structured = mz_call_structured(call);
        res.text = mz_call_text(call);
        res.is_error = call->result.is_error;

        mz_mcp_write_result(&ctx->conf->server, &ctx->mcp, &res, &body);

    } else {
        ngx_mitzu_handler_log_error(r, call);
        ngx_mitzu_handler_write_error(ctx, call, &body);
    }

    r->connection->log->action = "sending response to client";

    if (ctx->sse != NULL) {
        rc = ngx_mitzu_sse_end(ctx->sse, &body);

    } else if (step != MZ_STEP_DONE && call->err.rc == MZ_UNAVAILABLE) {
        rc = ngx_mitzu_handler_unavailable(r, &body);

    } else {
        rc = ngx_mitzu_response_json(r, NGX_HTTP_OK, &body);
    }

    ngx_http_finalize_request(r, rc);
}


static void
ngx_mitzu_handler_write_error(ngx_mitzu_ctx_t *ctx, mz_call_t *call,
    mz_buf_t *out)
{
    mz_str_t  text;

    text = (call->err.rc == MZ_UNAVAILABLE)
           ? mz_str("The analytics service is not available at the moment. "
                    "Nothing is lost: try again in a few seconds.")
           : mz_str("The tool failed inside the server. Its log says why.");

    mz_mcp_write_error(&ctx->mcp, MZ_RPC_INTERNAL, text, mz_null_str, out);
}


static ngx_int_t
ngx_mitzu_handler_unavailable(ngx_http_request_t *r, mz_buf_t *body)
{
    if (ngx_mitzu_response_header(r, "Retry-After", &ngx_mitzu_retry_after)
        != NGX_OK)
    {
        mz_buf_free(body);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_mitzu_response_json(r, NGX_HTTP_SERVICE_UNAVAILABLE, body);
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
                  call->tool->name.len, call->tool->name.data,
                  call->err.msg);
}
