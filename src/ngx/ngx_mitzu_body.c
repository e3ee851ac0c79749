
/*
 * body: the request body, straight into memory.  A request body filter takes
 * the bytes as they come (known length, chunked, HTTP/2) and passes nothing
 * on, so that nginx never writes a body to disk, and one buffer bounded by
 * mitzu_mcp_body_max is what the JSON parser gets.
 */

#include "ngx/ngx_mitzu.h"


/* Read over and dropped of a body that is too large, before we hang up. */
#define NGX_MITZU_BODY_EXCESS  (8 * 1024 * 1024)


static ngx_int_t ngx_mitzu_body_collect(ngx_http_request_t *r,
    ngx_mitzu_ctx_t *ctx);
static ngx_int_t ngx_mitzu_body_filter(ngx_http_request_t *r,
    ngx_chain_t *in);
static ngx_int_t ngx_mitzu_body_take(ngx_http_request_t *r,
    ngx_mitzu_ctx_t *ctx, ngx_buf_t *b);


static ngx_http_request_body_filter_pt  ngx_http_next_request_body_filter;


ngx_int_t
ngx_mitzu_body_init(ngx_conf_t *cf)
{
    ngx_http_next_request_body_filter = ngx_http_top_request_body_filter;
    ngx_http_top_request_body_filter = ngx_mitzu_body_filter;

    return NGX_OK;
}


ngx_int_t
ngx_mitzu_body_read(ngx_http_request_t *r, ngx_mitzu_ctx_t *ctx,
    ngx_http_client_body_handler_pt handler)
{
    ngx_int_t  rc;

    if (r->request_body != NULL) {
        rc = ngx_mitzu_body_collect(r, ctx);

        if (rc != NGX_OK) {
            return rc;
        }
    }

    ctx->is_capturing = 1;

    if (r->headers_in.content_length_n > 0
        && r->headers_in.content_length_n <= (off_t) ctx->conf->body_max)
    {
        (void) mz_buf_reserve(&ctx->body,
                              (size_t) r->headers_in.content_length_n);
    }

    rc = ngx_http_read_client_request_body(r, handler);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        return rc;
    }

    return NGX_DONE;
}


/* Another module (mirror, say) has read the body before us. */

static ngx_int_t
ngx_mitzu_body_collect(ngx_http_request_t *r, ngx_mitzu_ctx_t *ctx)
{
    char         *p;
    size_t        n;
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    for (cl = r->request_body->bufs; cl != NULL; cl = cl->next) {
        b = cl->buf;

        if (!b->in_file) {
            mz_buf_add(&ctx->body, b->pos, b->last - b->pos);
            continue;
        }

        n = (size_t) (b->file_last - b->file_pos);
        p = mz_buf_reserve(&ctx->body, n);

        if (p == NULL) {
            break;
        }

        if (ngx_read_file(b->file, (u_char *) p, n, b->file_pos)
            != (ssize_t) n)
        {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        ctx->body.len += n;
    }

    switch (ctx->body.rc) {

    case MZ_OK:
        return NGX_OK;

    case MZ_LIMIT:
        ctx->is_body_too_large = 1;
        return NGX_OK;

    default:
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
}


static ngx_int_t
ngx_mitzu_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_int_t         rc;
    ngx_chain_t      *cl, *last;
    ngx_mitzu_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_mitzu_mcp_module);

    if (ctx == NULL || !ctx->is_capturing) {
        return ngx_http_next_request_body_filter(r, in);
    }

    last = NULL;

    for (cl = in; cl != NULL; cl = cl->next) {
        rc = ngx_mitzu_body_take(r, ctx, cl->buf);

        if (rc != NGX_OK) {
            return rc;
        }

        if (cl->buf->last_buf) {
            last = cl;
        }
    }

    /* The end of the body is passed on: nginx waits for it. */

    return ngx_http_next_request_body_filter(r, last);
}


static ngx_int_t
ngx_mitzu_body_take(ngx_http_request_t *r, ngx_mitzu_ctx_t *ctx, ngx_buf_t *b)
{
    size_t  n;

    n = b->last - b->pos;

    if (!ctx->is_body_too_large) {
        mz_buf_add(&ctx->body, b->pos, n);
    }

    b->pos = b->last;

    if (ctx->body.rc == MZ_NOMEM) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ctx->body.rc == MZ_LIMIT && !ctx->is_body_too_large) {
        ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                      "client sent a body over \"mitzu_mcp_body_max\"");

        ctx->is_body_too_large = 1;
        mz_buf_free(&ctx->body);
    }

    if (ctx->is_body_too_large
        && r->request_length > (off_t) (ctx->conf->body_max
                                        + NGX_MITZU_BODY_EXCESS))
    {
        return NGX_HTTP_REQUEST_ENTITY_TOO_LARGE;
    }

    return NGX_OK;
}
