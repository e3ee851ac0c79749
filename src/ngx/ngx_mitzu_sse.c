
/*
 * sse: one stream.  The bytes of a slow client stay in r->out; the write
 * handler here sends them when there is room, and gives the client up when
 * it takes nothing for send_timeout.  That timer is never put off by mere
 * sends: a client that stopped reading would live for ever.
 */

#include "ngx/ngx_mitzu_call.h"
#include "ngx/ngx_mitzu_response.h"

#include "proto/sse.h"


static ngx_int_t ngx_mitzu_sse_headers(ngx_http_request_t *r);
static ngx_msec_t ngx_mitzu_sse_retry(ngx_http_request_t *r);
static ngx_int_t ngx_mitzu_sse_framed(ngx_mitzu_sse_t *sse,
    mz_buf_t *framed);
static ngx_int_t ngx_mitzu_sse_last(ngx_mitzu_sse_t *sse, mz_buf_t *framed);
static ngx_int_t ngx_mitzu_sse_send(ngx_mitzu_sse_t *sse, mz_str_t bytes);
static ngx_int_t ngx_mitzu_sse_output(ngx_mitzu_sse_t *sse, ngx_chain_t *in);
static void ngx_mitzu_sse_writer(ngx_http_request_t *r);
static ngx_chain_t *ngx_mitzu_sse_link(ngx_mitzu_sse_t *sse, size_t size);


#define NGX_MITZU_SSE_TAG  ((ngx_buf_tag_t) &ngx_mitzu_mcp_module)
#define NGX_MITZU_SSE_BUF  512


static const char  ngx_mitzu_sse_beat[] = ": waiting\n\n";


ngx_int_t
ngx_mitzu_sse_start(ngx_mitzu_ctx_t *ctx)
{
    ngx_int_t                  rc;
    ngx_connection_t          *c;
    ngx_mitzu_sse_t           *sse;
    ngx_http_request_t        *r;
    ngx_http_core_loc_conf_t  *clcf;

    r = ctx->request;
    c = r->connection;

    sse = ngx_pcalloc(r->pool, sizeof(ngx_mitzu_sse_t));
    if (sse == NULL || ngx_mitzu_sse_headers(r) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    sse->request = r;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return (rc == NGX_OK) ? NGX_ERROR : rc;
    }

    ctx->sse = sse;
    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (!ngx_mitzu_is_multiplexed(r) && clcf->tcp_nodelay
        && ngx_tcp_nodelay(c) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_mitzu_sse_heartbeat(sse);
}


static ngx_int_t
ngx_mitzu_sse_headers(ngx_http_request_t *r)
{
    static ngx_str_t  no = ngx_string("no");

    r->headers_out.status = NGX_HTTP_OK;
    ngx_http_clear_content_length(r);
    ngx_http_clear_accept_ranges(r);

    ngx_str_set(&r->headers_out.content_type, "text/event-stream");
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;

#if (NGX_HTTP_GZIP)
    /* A compressing filter holds events back. */
    r->gzip_tested = 1;
    r->gzip_ok = 0;
#endif

    if (ngx_mitzu_response_header(r, "X-Accel-Buffering", &no) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_mitzu_response_common(r, "no-store, no-transform");
}


ngx_int_t
ngx_mitzu_sse_message(ngx_mitzu_sse_t *sse, mz_str_t id, mz_str_t json)
{
    mz_buf_t  framed;

    mz_buf_init(&framed, 0);

    if (id.len > 0) {
        mz_sse_message_id(&framed, id, json);

    } else {
        mz_sse_message(&framed, json);
    }

    return ngx_mitzu_sse_framed(sse, &framed);
}


ngx_int_t
ngx_mitzu_sse_prime(ngx_mitzu_sse_t *sse, mz_str_t id)
{
    mz_buf_t  framed;

    mz_buf_init(&framed, 0);
    mz_sse_prime(&framed, id, ngx_mitzu_sse_retry(sse->request));

    return ngx_mitzu_sse_framed(sse, &framed);
}


/* Streams that end together must not all be opened again together. */

static ngx_msec_t
ngx_mitzu_sse_retry(ngx_http_request_t *r)
{
    ngx_msec_t           spread;
    ngx_mitzu_ctx_t     *ctx;
    ngx_mitzu_worker_t  *worker;

    ctx = ngx_http_get_module_ctx(r, ngx_mitzu_mcp_module);
    worker = ctx->conf->main->worker;

    spread = MZ_RETRY_MS + worker->drain_spread;

    return MZ_RETRY_MS + ngx_random() % spread;
}


static ngx_int_t
ngx_mitzu_sse_framed(ngx_mitzu_sse_t *sse, mz_buf_t *framed)
{
    ngx_int_t  rc;

    rc = (framed->rc == MZ_OK) ? ngx_mitzu_sse_send(sse, mz_buf_view(framed))
                               : NGX_ERROR;

    mz_buf_free(framed);

    return rc;
}


ngx_int_t
ngx_mitzu_sse_heartbeat(ngx_mitzu_sse_t *sse)
{
    if (ngx_mitzu_sse_is_behind(sse)) {
        return NGX_OK;
    }

    return ngx_mitzu_sse_send(sse, mz_str(ngx_mitzu_sse_beat));
}


ngx_uint_t
ngx_mitzu_sse_is_behind(ngx_mitzu_sse_t *sse)
{
    return sse->busy != NULL;
}


ngx_int_t
ngx_mitzu_sse_end(ngx_mitzu_sse_t *sse, mz_buf_t *json)
{
    mz_buf_t  framed;

    mz_buf_init(&framed, 0);
    mz_sse_message(&framed, mz_buf_view(json));

    if (json->rc != MZ_OK) {
        framed.rc = json->rc;
    }

    mz_buf_free(json);

    return ngx_mitzu_sse_last(sse, &framed);
}


ngx_int_t
ngx_mitzu_sse_close(ngx_mitzu_sse_t *sse, ngx_uint_t retry)
{
    mz_buf_t  framed;

    if (!retry) {
        return ngx_http_send_special(sse->request, NGX_HTTP_LAST);
    }

    mz_buf_init(&framed, 0);
    mz_sse_retry(&framed, ngx_mitzu_sse_retry(sse->request));

    return ngx_mitzu_sse_last(sse, &framed);
}


/* The bytes are taken. */

static ngx_int_t
ngx_mitzu_sse_last(ngx_mitzu_sse_t *sse, mz_buf_t *framed)
{
    ngx_buf_t           *b;
    ngx_chain_t          out;
    ngx_http_request_t  *r;

    r = sse->request;

    b = ngx_mitzu_response_adopt(r, framed);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->last_buf = 1;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


static ngx_int_t
ngx_mitzu_sse_send(ngx_mitzu_sse_t *sse, mz_str_t bytes)
{
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    cl = ngx_mitzu_sse_link(sse, bytes.len);
    if (cl == NULL) {
        return NGX_ERROR;
    }

    b = cl->buf;
    b->last = ngx_cpymem(b->pos, bytes.data, bytes.len);
    b->flush = 1;

    sse->sent_at = ngx_current_msec;

    return ngx_mitzu_sse_output(sse, cl);
}


/* A free buffer that is large enough, or a new one. */

static ngx_chain_t *
ngx_mitzu_sse_link(ngx_mitzu_sse_t *sse, size_t size)
{
    ngx_buf_t    *b;
    ngx_chain_t  *cl, **ll;

    for (ll = &sse->free; *ll != NULL; ll = &(*ll)->next) {
        cl = *ll;

        if ((size_t) (cl->buf->end - cl->buf->start) >= size) {
            *ll = cl->next;
            cl->next = NULL;
            cl->buf->pos = cl->buf->start;
            cl->buf->last = cl->buf->start;
            return cl;
        }
    }

    cl = ngx_alloc_chain_link(sse->request->pool);
    if (cl == NULL) {
        return NULL;
    }

    b = ngx_create_temp_buf(sse->request->pool,
                            ngx_max(size, NGX_MITZU_SSE_BUF));
    if (b == NULL) {
        return NULL;
    }

    b->tag = NGX_MITZU_SSE_TAG;
    cl->buf = b;
    cl->next = NULL;

    return cl;
}


static ngx_int_t
ngx_mitzu_sse_output(ngx_mitzu_sse_t *sse, ngx_chain_t *in)
{
    off_t                      sent;
    ngx_int_t                  rc;
    ngx_uint_t                 has_moved;
    ngx_event_t               *wev;
    ngx_http_request_t        *r;
    ngx_http_core_loc_conf_t  *clcf;

    r = sse->request;
    wev = r->connection->write;
    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    sent = r->connection->sent;
    rc = ngx_http_output_filter(r, in);
    has_moved = (in == NULL && r->connection->sent != sent);

    ngx_chain_update_chains(r->pool, &sse->free, &sse->busy, &in,
                            NGX_MITZU_SSE_TAG);

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    if (r->buffered || r->connection->buffered) {
        r->write_event_handler = ngx_mitzu_sse_writer;

        if (!wev->delayed && (has_moved || !wev->timer_set)) {
            ngx_add_timer(wev, clcf->send_timeout);
        }

        return ngx_handle_write_event(wev, clcf->send_lowat);
    }

    if (wev->timer_set && !wev->delayed) {
        ngx_del_timer(wev);
    }

    r->write_event_handler = ngx_http_request_empty_handler;

    return NGX_OK;
}


static void
ngx_mitzu_sse_writer(ngx_http_request_t *r)
{
    ngx_event_t               *wev;
    ngx_mitzu_ctx_t           *ctx;
    ngx_connection_t          *c;
    ngx_http_core_loc_conf_t  *clcf;

    c = r->connection;
    wev = c->write;
    ctx = ngx_http_get_module_ctx(r, ngx_mitzu_mcp_module);

    if (wev->timedout) {
        ngx_log_error(NGX_LOG_INFO, c->log, NGX_ETIMEDOUT,
                      "client timed out");
        c->timedout = 1;
        ngx_http_finalize_request(r, NGX_HTTP_REQUEST_TIME_OUT);
        return;
    }

    if (wev->delayed) {
        clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

        if (ngx_handle_write_event(wev, clcf->send_lowat) != NGX_OK) {
            ngx_http_finalize_request(r, NGX_ERROR);
        }

        return;
    }

    if (ngx_mitzu_sse_output(ctx->sse, NULL) != NGX_OK) {
        ngx_http_finalize_request(r, NGX_ERROR);
        return;
    }

    if (ctx->call != NULL && !ngx_mitzu_sse_is_behind(ctx->sse)) {
        ngx_mitzu_call_flushed(ctx->call);
    }
}
