
/*
 * metadata: what the endpoint says of itself to a client that must sign in:
 * the challenge with a refusal, and the protected resource metadata of RFC
 * 9728 ("mitzu_mcp metadata" at its two well-known addresses), which is
 * public and needs neither Redis nor a token.
 */

#include "ngx/ngx_mitzu_auth.h"
#include "ngx/ngx_mitzu_response.h"


static ngx_int_t ngx_mitzu_metadata_headers(ngx_http_request_t *r);


static ngx_str_t  ngx_mitzu_metadata_any = ngx_string("*");
static ngx_str_t  ngx_mitzu_metadata_methods = ngx_string("GET, HEAD, OPTIONS");
static ngx_str_t  ngx_mitzu_metadata_allowed = ngx_string(
    "MCP-Protocol-Version, Authorization, Content-Type");
static ngx_str_t  ngx_mitzu_metadata_cache = ngx_string(
    "public, max-age=3600");


ngx_int_t
ngx_mitzu_challenge(ngx_http_request_t *r, const mz_resource_conf_t *resource,
    mz_challenge_t kind, mz_str_t scopes, const char *description)
{
    u_char           *p;
    mz_buf_t          value;
    ngx_table_elt_t  *h;

    mz_buf_init(&value, 0);
    mz_challenge_write(resource, kind, scopes, mz_str_from(description),
                       &value);

    p = (value.rc == MZ_OK) ? ngx_pnalloc(r->pool, value.len) : NULL;
    h = (p == NULL) ? NULL : ngx_list_push(&r->headers_out.headers);

    if (h == NULL) {
        mz_buf_free(&value);
        return NGX_ERROR;
    }

    ngx_memcpy(p, value.data, value.len);

    h->hash = 1;
    ngx_str_set(&h->key, "WWW-Authenticate");
    h->value.data = p;
    h->value.len = value.len;
    ngx_mitzu_header_unlink(h);

    /* nginx takes it back when "satisfy any" lets the request in. */

    r->headers_out.www_authenticate = h;

    mz_buf_free(&value);

    return NGX_OK;
}


ngx_int_t
ngx_mitzu_metadata_handler(ngx_http_request_t *r)
{
    mz_buf_t               body;
    ngx_int_t              rc;
    ngx_mitzu_loc_conf_t  *mlcf;

    mlcf = ngx_http_get_module_loc_conf(r, ngx_mitzu_mcp_module);

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD|NGX_HTTP_OPTIONS))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    if (ngx_mitzu_metadata_headers(r) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (r->method == NGX_HTTP_OPTIONS) {
        r->headers_out.status = NGX_HTTP_NO_CONTENT;
        r->header_only = 1;
        return ngx_http_send_header(r);
    }

    mz_buf_init(&body, 0);
    mz_resource_metadata(mlcf->resource, &body);

    return ngx_mitzu_response_document(r, &body);
}


static ngx_int_t
ngx_mitzu_metadata_headers(ngx_http_request_t *r)
{
    if (ngx_mitzu_response_header(r, "Access-Control-Allow-Origin",
                                  &ngx_mitzu_metadata_any)
        != NGX_OK
        || ngx_mitzu_response_header(r, "Cache-Control",
                                     &ngx_mitzu_metadata_cache)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (r->method != NGX_HTTP_OPTIONS) {
        return NGX_OK;
    }

    if (ngx_mitzu_response_header(r, "Access-Control-Allow-Methods",
                                  &ngx_mitzu_metadata_methods)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    return ngx_mitzu_response_header(r, "Access-Control-Allow-Headers",
                                     &ngx_mitzu_metadata_allowed);
}
