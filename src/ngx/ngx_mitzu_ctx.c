
/*
 * ctx: the context of a request, made from its headers.  It is found through
 * a cleanup of r->pool as well, because an internal redirect (error_page)
 * forgets r->ctx, and the access log still wants to know.
 */

#include "ngx/ngx_mitzu.h"


typedef struct {
    ngx_str_t     name;
    size_t        offset;           /* of a mz_str_t in mz_mcp_http_t */
    unsigned      duplicate;        /* bit of http.duplicates; 0: join */
} ngx_mitzu_header_t;


static void ngx_mitzu_ctx_cleanup(void *data);
static mz_http_method_t ngx_mitzu_ctx_method(ngx_http_request_t *r);
static ngx_int_t ngx_mitzu_ctx_headers(ngx_http_request_t *r,
    ngx_mitzu_ctx_t *ctx);
static ngx_int_t ngx_mitzu_ctx_header(ngx_http_request_t *r,
    ngx_mitzu_ctx_t *ctx, ngx_table_elt_t *h);
static ngx_int_t ngx_mitzu_ctx_param(ngx_http_request_t *r,
    ngx_mitzu_ctx_t *ctx, ngx_table_elt_t *h);


static const ngx_mitzu_header_t  ngx_mitzu_headers[] = {

    { ngx_string("content-type"),
      offsetof(mz_mcp_http_t, content_type), MZ_HTTP_DUP_CONTENT_TYPE },

    { ngx_string("accept"),
      offsetof(mz_mcp_http_t, accept), 0 },

    { ngx_string("mcp-protocol-version"),
      offsetof(mz_mcp_http_t, protocol_version), MZ_HTTP_DUP_VERSION },

    { ngx_string("mcp-method"),
      offsetof(mz_mcp_http_t, mcp_method), MZ_HTTP_DUP_METHOD },

    { ngx_string("mcp-name"),
      offsetof(mz_mcp_http_t, mcp_name), MZ_HTTP_DUP_NAME },

    { ngx_string("mcp-session-id"),
      offsetof(mz_mcp_http_t, session_id), MZ_HTTP_DUP_SESSION },

    { ngx_string("last-event-id"),
      offsetof(mz_mcp_http_t, last_event_id), MZ_HTTP_DUP_LAST_EVENT },

    { ngx_null_string, 0, 0 }
};


ngx_mitzu_ctx_t *
ngx_mitzu_ctx_get(ngx_http_request_t *r)
{
    ngx_mitzu_ctx_t     *ctx;
    ngx_pool_cleanup_t  *cln;

    r = r->main;
    ctx = ngx_http_get_module_ctx(r, ngx_mitzu_mcp_module);

    if (ctx != NULL || (!r->internal && !r->filter_finalize)) {
        return ctx;
    }

    for (cln = r->pool->cleanup; cln != NULL; cln = cln->next) {
        if (cln->handler == ngx_mitzu_ctx_cleanup) {
            return cln->data;
        }
    }

    return NULL;
}


ngx_mitzu_ctx_t *
ngx_mitzu_ctx_create(ngx_http_request_t *r)
{
    ngx_mitzu_ctx_t     *ctx;
    ngx_pool_cleanup_t  *cln;

    ctx = ngx_mitzu_ctx_get(r);

    if (ctx != NULL) {

        /* error_page has forgotten it; the request is the same. */

        ctx->is_capturing = 0;
        ngx_http_set_ctx(r, ctx, ngx_mitzu_mcp_module);

        return ctx;
    }

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_mitzu_ctx_t));
    if (cln == NULL) {
        return NULL;
    }

    ctx = cln->data;
    ngx_memzero(ctx, sizeof(ngx_mitzu_ctx_t));
    cln->handler = ngx_mitzu_ctx_cleanup;

    ctx->request = r;
    ctx->conf = ngx_http_get_module_loc_conf(r, ngx_mitzu_mcp_module);

    mz_buf_init(&ctx->body, ctx->conf->body_max);

    if (ngx_mitzu_ctx_headers(r, ctx) != NGX_OK) {
        return NULL;
    }

    ctx->http.method = ngx_mitzu_ctx_method(r);
    ctx->http.is_strict = (ctx->conf->enable == NGX_MITZU_STRICT);
    ctx->is_allowed = !ctx->has_origins
                      && ngx_mitzu_origin_is_allowed(ctx->conf,
                                                     &ctx->origin);

    ngx_http_set_ctx(r, ctx, ngx_mitzu_mcp_module);

    return ctx;
}


static void
ngx_mitzu_ctx_cleanup(void *data)
{
    ngx_mitzu_ctx_t  *ctx = data;

    mz_buf_free(&ctx->body);

    if (ctx->has_mcp) {
        mz_mcp_request_free(&ctx->mcp);
    }
}


static mz_http_method_t
ngx_mitzu_ctx_method(ngx_http_request_t *r)
{
    switch (r->method) {

    case NGX_HTTP_POST:
        return MZ_HTTP_POST;

    case NGX_HTTP_GET:
        return MZ_HTTP_GET;

    case NGX_HTTP_DELETE:
        return MZ_HTTP_DELETE;

    case NGX_HTTP_OPTIONS:
        return MZ_HTTP_OPTIONS;

    default:
        return MZ_HTTP_OTHER;
    }
}


static ngx_int_t
ngx_mitzu_ctx_headers(ngx_http_request_t *r, ngx_mitzu_ctx_t *ctx)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    for (part = &r->headers_in.headers.part; part != NULL; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (ngx_mitzu_ctx_header(r, ctx, &h[i]) != NGX_OK) {
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_mitzu_ctx_header(ngx_http_request_t *r, ngx_mitzu_ctx_t *ctx,
    ngx_table_elt_t *h)
{
    u_char                    *p, *last;
    mz_str_t                  *v;
    const ngx_mitzu_header_t  *known;

    if (h->key.len == 6 && ngx_strncmp(h->lowcase_key, "origin", 6) == 0) {
        ctx->has_origins = (ctx->origin.data != NULL);
        ctx->origin = h->value;
        return NGX_OK;
    }

    if (h->key.len == sizeof("access-control-request-headers") - 1
        && ngx_strncmp(h->lowcase_key, "access-control-request-headers",
                       h->key.len)
           == 0)
    {
        ctx->asked_headers = h->value;
        return NGX_OK;
    }

    if (h->key.len > sizeof("mcp-param-") - 1
        && ngx_strncmp(h->lowcase_key, "mcp-param-",
                       sizeof("mcp-param-") - 1)
           == 0)
    {
        return ngx_mitzu_ctx_param(r, ctx, h);
    }

    for (known = ngx_mitzu_headers; known->name.len != 0; known++) {
        if (known->name.len == h->key.len
            && ngx_strncmp(known->name.data, h->lowcase_key, h->key.len) == 0)
        {
            break;
        }
    }

    if (known->name.len == 0) {
        return NGX_OK;
    }

    v = (mz_str_t *) (void *) ((u_char *) &ctx->http + known->offset);

    if (v->data == NULL) {
        *v = ngx_mitzu_str(&h->value);
        return NGX_OK;
    }

    if (known->duplicate) {
        ctx->http.duplicates |= known->duplicate;
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, v->len + sizeof(", ") - 1 + h->value.len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    last = ngx_sprintf(p, "%*s, %V", v->len, v->data, &h->value);
    v->data = (char *) p;
    v->len = last - p;

    return NGX_OK;
}


/* Those beyond the limit are as good as absent: then the call is refused. */

static ngx_int_t
ngx_mitzu_ctx_param(ngx_http_request_t *r, ngx_mitzu_ctx_t *ctx,
    ngx_table_elt_t *h)
{
    mz_mcp_param_t  *param;

    if (ctx->params == NULL) {
        ctx->params = ngx_array_create(r->pool, 4, sizeof(mz_mcp_param_t));
        if (ctx->params == NULL) {
            return NGX_ERROR;
        }
    }

    if (ctx->params->nelts == MZ_MCP_PARAMS_MAX) {
        return NGX_OK;
    }

    param = ngx_array_push(ctx->params);
    if (param == NULL) {
        return NGX_ERROR;
    }

    param->name.data = (char *) h->key.data + sizeof("mcp-param-") - 1;
    param->name.len = h->key.len - (sizeof("mcp-param-") - 1);
    param->value = ngx_mitzu_str(&h->value);

    ctx->http.params = ctx->params->elts;
    ctx->http.nparams = ctx->params->nelts;

    return NGX_OK;
}
