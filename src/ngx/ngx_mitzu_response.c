
/*
 * response: whole answers: status, headers, CORS, body.
 */

#include "ngx/ngx_mitzu_response.h"

#include "proto/sse.h"


static ngx_int_t ngx_mitzu_response_cors(ngx_http_request_t *r,
    ngx_mitzu_ctx_t *ctx);
static ngx_int_t ngx_mitzu_response_preflight(ngx_http_request_t *r,
    ngx_mitzu_ctx_t *ctx);
static ngx_uint_t ngx_mitzu_response_is_list(ngx_str_t *names);
static void ngx_mitzu_response_free(void *data);
static void ngx_mitzu_response_frame(ngx_http_request_t *r,
    ngx_uint_t status, mz_buf_t *body, ngx_str_t *type);


static ngx_str_t  ngx_mitzu_type_json = ngx_string("application/json");
static ngx_str_t  ngx_mitzu_type_sse = ngx_string("text/event-stream");

static ngx_str_t  ngx_mitzu_retry_after = ngx_string(NGX_MITZU_RETRY_AFTER);

static ngx_str_t  ngx_mitzu_cors_vary = ngx_string("Origin");

static ngx_str_t  ngx_mitzu_cors_expose = ngx_string(
    "Mcp-Session-Id, MCP-Protocol-Version, WWW-Authenticate, Retry-After");

static ngx_str_t  ngx_mitzu_cors_methods = ngx_string(
    "GET, POST, DELETE, OPTIONS");

static ngx_str_t  ngx_mitzu_cors_headers = ngx_string(
    "Content-Type, Accept, Authorization, Mcp-Session-Id, "
    "MCP-Protocol-Version, Last-Event-ID, Mcp-Method, Mcp-Name");

static ngx_str_t  ngx_mitzu_cors_age = ngx_string("86400");


ngx_int_t
ngx_mitzu_response_json(ngx_http_request_t *r, ngx_uint_t status,
    mz_buf_t *body)
{
    ngx_str_t  type;

    ngx_mitzu_response_frame(r, status, body, &type);

    if (ngx_mitzu_response_common(r, "no-store") != NGX_OK) {
        mz_buf_free(body);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_mitzu_response_send(r, status, &type, body);
}


ngx_int_t
ngx_mitzu_response_document(ngx_http_request_t *r, mz_buf_t *body)
{
    return ngx_mitzu_response_send(r, NGX_HTTP_OK, &ngx_mitzu_type_json,
                                   body);
}


ngx_int_t
ngx_mitzu_response_send(ngx_http_request_t *r, ngx_uint_t status,
    ngx_str_t *type, mz_buf_t *body)
{
    ngx_int_t     rc;
    ngx_buf_t    *b;
    ngx_chain_t   out;

    b = ngx_mitzu_response_adopt(r, body);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->headers_out.status = status;
    r->headers_out.content_length_n = b->last - b->pos;
    r->headers_out.content_type = *type;
    r->headers_out.content_type_len = type->len;
    r->headers_out.content_type_lowcase = NULL;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    b->last_buf = (r == r->main) ? 1 : 0;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


static void
ngx_mitzu_response_frame(ngx_http_request_t *r, ngx_uint_t status,
    mz_buf_t *body, ngx_str_t *type)
{
    mz_buf_t          framed;
    ngx_mitzu_ctx_t  *ctx;

    *type = ngx_mitzu_type_json;
    ctx = ngx_http_get_module_ctx(r, ngx_mitzu_mcp_module);

    if (status != NGX_HTTP_OK || ctx == NULL || !ctx->has_mcp
        || ctx->mcp.accepts_json || !ctx->mcp.accepts_sse)
    {
        return;
    }

    mz_buf_init(&framed, 0);
    mz_sse_message(&framed, mz_buf_view(body));
    mz_buf_free(body);

    *body = framed;
    *type = ngx_mitzu_type_sse;
}


ngx_int_t
ngx_mitzu_response_empty(ngx_http_request_t *r, ngx_uint_t status)
{
    ngx_mitzu_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_mitzu_mcp_module);

    r->headers_out.status = status;
    r->header_only = 1;

    if (status == NGX_HTTP_NO_CONTENT) {
        ngx_http_clear_content_length(r);

        if (ctx != NULL && ctx->is_allowed && ctx->origin.len
            && ngx_mitzu_response_preflight(r, ctx) != NGX_OK)
        {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

    } else {
        r->headers_out.content_length_n = 0;
    }

    if (ngx_mitzu_response_common(r, "no-store") != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_send_header(r);
}


ngx_int_t
ngx_mitzu_response_error(ngx_http_request_t *r, ngx_uint_t status,
    const char *hint)
{
    mz_buf_t  body;

    mz_buf_init(&body, 0);
    mz_mcp_write_http_error((int) status, mz_str_from(hint), &body);

    return ngx_mitzu_response_json(r, status, &body);
}


ngx_int_t
ngx_mitzu_response_header(ngx_http_request_t *r, const char *key,
    ngx_str_t *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    h->hash = 1;
    h->key.data = (u_char *) key;
    h->key.len = ngx_strlen(key);
    h->value = *value;
    ngx_mitzu_header_unlink(h);

    return NGX_OK;
}


ngx_int_t
ngx_mitzu_response_retry(ngx_http_request_t *r)
{
    return ngx_mitzu_response_header(r, "Retry-After",
                                     &ngx_mitzu_retry_after);
}


ngx_int_t
ngx_mitzu_response_common(ngx_http_request_t *r, const char *cache_control)
{
    ngx_str_t         value;
    ngx_mitzu_ctx_t  *ctx;

    value.data = (u_char *) cache_control;
    value.len = ngx_strlen(cache_control);

    if (ngx_mitzu_response_header(r, "Cache-Control", &value) != NGX_OK) {
        return NGX_ERROR;
    }

    ctx = ngx_http_get_module_ctx(r, ngx_mitzu_mcp_module);

    return (ctx == NULL) ? NGX_OK : ngx_mitzu_response_cors(r, ctx);
}


static ngx_int_t
ngx_mitzu_response_cors(ngx_http_request_t *r, ngx_mitzu_ctx_t *ctx)
{
    if (ngx_mitzu_response_header(r, "Vary", &ngx_mitzu_cors_vary)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ctx->origin.len == 0 || !ctx->is_allowed) {
        return NGX_OK;
    }

    if (ngx_mitzu_response_header(r, "Access-Control-Allow-Origin",
                                  &ctx->origin)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_mitzu_response_header(r, "Access-Control-Expose-Headers",
                                     &ngx_mitzu_cors_expose);
}


/*
 * Mcp-Param-* have names that only the caller knows, and clients bring
 * headers for proxies on the way: what a page asks to send is allowed as
 * well, if it is a list of names.
 */

static ngx_int_t
ngx_mitzu_response_preflight(ngx_http_request_t *r, ngx_mitzu_ctx_t *ctx)
{
    u_char     *p;
    ngx_str_t  *asked, allowed;

    asked = &ctx->asked_headers;
    allowed = ngx_mitzu_cors_headers;

    if (ngx_mitzu_response_is_list(asked)) {
        p = ngx_pnalloc(r->pool, allowed.len + sizeof(", ") - 1 + asked->len);
        if (p == NULL) {
            return NGX_ERROR;
        }

        allowed.len = ngx_sprintf(p, "%V, %V", &ngx_mitzu_cors_headers, asked)
                      - p;
        allowed.data = p;
    }

    if (ngx_mitzu_response_header(r, "Access-Control-Allow-Methods",
                                  &ngx_mitzu_cors_methods)
        != NGX_OK
        || ngx_mitzu_response_header(r, "Access-Control-Allow-Headers",
                                     &allowed)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_mitzu_response_header(r, "Access-Control-Max-Age",
                                     &ngx_mitzu_cors_age);
}


static ngx_uint_t
ngx_mitzu_response_is_list(ngx_str_t *names)
{
    u_char      c;
    ngx_uint_t  i;

    for (i = 0; i < names->len; i++) {
        c = names->data[i];

        if (!((c | 0x20) >= 'a' && (c | 0x20) <= 'z')
            && !(c >= '0' && c <= '9')
            && c != '-' && c != '_' && c != ',' && c != ' ')
        {
            return 0;
        }
    }

    return names->len != 0;
}


ngx_buf_t *
ngx_mitzu_response_adopt(ngx_http_request_t *r, mz_buf_t *bytes)
{
    size_t               len;
    ngx_buf_t           *b;
    ngx_pool_cleanup_t  *cln;

    if (bytes->rc != MZ_OK || bytes->len == 0) {
        mz_buf_free(bytes);
        return NULL;
    }

    b = ngx_calloc_buf(r->pool);
    cln = ngx_pool_cleanup_add(r->pool, 0);

    if (b == NULL || cln == NULL) {
        mz_buf_free(bytes);
        return NULL;
    }

    cln->data = mz_buf_take(bytes, &len);
    if (cln->data == NULL) {
        mz_buf_free(bytes);
        return NULL;
    }

    cln->handler = ngx_mitzu_response_free;

    b->start = cln->data;
    b->pos = b->start;
    b->last = b->start + len;
    b->end = b->last;
    b->memory = 1;

    return b;
}


static void
ngx_mitzu_response_free(void *data)
{
    free(data);
}
