
/*
 * batch: an array of messages (revision 2025-03-26 only), done one after the
 * other in order.  The answers make one array; once a call has begun a
 * stream, each is an event of its own.  All calls together wait no longer
 * than a single one may.
 */

#include "ngx/ngx_mitzu.h"
#include "ngx/ngx_mitzu_call.h"
#include "ngx/ngx_mitzu_response.h"


static ngx_int_t ngx_mitzu_batch_run(ngx_http_request_t *r,
    ngx_mitzu_ctx_t *ctx);
static ngx_int_t ngx_mitzu_batch_end(ngx_http_request_t *r,
    ngx_mitzu_ctx_t *ctx);
static void ngx_mitzu_batch_cleanup(void *data);


ngx_int_t
ngx_mitzu_batch_start(ngx_http_request_t *r, ngx_mitzu_ctx_t *ctx)
{
    mz_rc_t              rc;
    ngx_int_t            n;
    mz_mcp_reply_t       reply;
    ngx_mitzu_batch_t   *batch;
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_mitzu_batch_t));
    if (cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    batch = cln->data;
    ngx_memzero(batch, sizeof(ngx_mitzu_batch_t));
    mz_buf_init(&batch->out, 0);
    cln->handler = ngx_mitzu_batch_cleanup;

    rc = mz_mcp_batch_open(&ctx->conf->server, &ctx->http,
                           mz_buf_view(&ctx->body), &batch->items, &reply);

    if (rc != MZ_OK) {
        n = ngx_mitzu_handler_reply(r, &reply);
        mz_mcp_reply_free(&reply);
        return n;
    }

    mz_mcp_reply_free(&reply);

    batch->limit = ngx_current_msec + (ngx_msec_t) ctx->conf->wait_max * 1000;
    ctx->batch = batch;

    return ngx_mitzu_batch_run(r, ctx);
}


static ngx_int_t
ngx_mitzu_batch_run(ngx_http_request_t *r, ngx_mitzu_ctx_t *ctx)
{
    ngx_int_t           rc;
    mz_mcp_reply_t      reply;
    mz_mcp_outcome_t    outcome;
    ngx_mitzu_batch_t  *batch;

    batch = ctx->batch;
    batch->is_inside = 1;

    while (batch->next < batch->items.n) {

        if (ctx->has_mcp) {
            mz_mcp_request_free(&ctx->mcp);
        }

        outcome = mz_mcp_batch_receive(&ctx->conf->server, &ctx->http,
                                       &batch->items, batch->next++,
                                       &ctx->mcp, &reply);
        ctx->has_mcp = 1;

        rc = ngx_mitzu_handler_message(r, ctx, outcome, &reply);
        mz_mcp_reply_free(&reply);

        if (batch->is_aborted) {
            rc = batch->rc;
        }

        if (rc != NGX_DONE) {
            batch->is_inside = 0;
            return rc;
        }

        if (ctx->call != NULL) {
            batch->is_inside = 0;
            return NGX_DONE;
        }
    }

    batch->is_inside = 0;

    return ngx_mitzu_batch_end(r, ctx);
}


static ngx_int_t
ngx_mitzu_batch_end(ngx_http_request_t *r, ngx_mitzu_ctx_t *ctx)
{
    mz_buf_t  *out;

    out = &ctx->batch->out;

    if (out->len == 0 && out->rc == MZ_OK) {
        return (ctx->sse != NULL) ? ngx_mitzu_sse_close(ctx->sse, 0)
               : ngx_mitzu_response_empty(r, NGX_HTTP_ACCEPTED);
    }

    mz_buf_add_char(out, ']');

    return (ctx->sse != NULL) ? ngx_mitzu_sse_end(ctx->sse, out)
                              : ngx_mitzu_response_json(r, NGX_HTTP_OK, out);
}


void
ngx_mitzu_batch_add(ngx_mitzu_ctx_t *ctx, mz_buf_t *json)
{
    mz_buf_t  *out;

    out = &ctx->batch->out;

    if (json->rc != MZ_OK) {
        out->rc = json->rc;

    } else if (json->len == 0) {
        /* void */

    } else if (ctx->sse != NULL
               && ngx_mitzu_sse_message(ctx->sse, mz_null_str,
                                        mz_buf_view(json))
                  == NGX_OK)
    {
        /* void */

    } else {
        mz_buf_add_char(out, out->len == 0 ? '[' : ',');
        mz_buf_add_str(out, mz_buf_view(json));
    }

    mz_buf_free(json);
}


/* While ngx_mitzu_batch_run() is at it, it goes on by itself. */

void
ngx_mitzu_batch_continue(ngx_http_request_t *r, ngx_mitzu_ctx_t *ctx)
{
    ngx_int_t  rc;

    if (ctx->batch->is_inside) {
        return;
    }

    rc = ngx_mitzu_batch_run(r, ctx);

    if (rc != NGX_DONE) {
        ngx_http_finalize_request(r, rc);
    }
}


static void
ngx_mitzu_batch_cleanup(void *data)
{
    ngx_mitzu_batch_t  *batch = data;

    mz_mcp_batch_free(&batch->items);
    mz_buf_free(&batch->out);
}
