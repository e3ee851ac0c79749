
/*
 * error: nginx's own refusals (a request line that is none, a broken body, a
 * limit, a server that is away) in JSON and with CORS, by way of error_page:
 *
 *     error_page 400 404 .. /mcp_error;
 *     error_page 494 =431 /mcp_error;
 *     location = /mcp_error { internal; mitzu_mcp errors; }
 *
 * The target must be an URI: a request line that cannot be read has none of
 * its own, and nginx takes no such request to a named location.
 */

#include "ngx/ngx_mitzu.h"
#include "ngx/ngx_mitzu_response.h"


/* mitzu_mcp errors */

ngx_int_t
ngx_mitzu_error_handler(ngx_http_request_t *r)
{
    if (!ngx_mitzu_error_is_page(r)) {
        return NGX_HTTP_NOT_FOUND;
    }

    /* Of a sign-in, say: whoever asked looks at the status alone. */

    if (r != r->main) {
        r->header_only = 1;
        r->headers_out.content_length_n = 0;
        return ngx_http_send_header(r);
    }

    if (ngx_mitzu_ctx_create(r) == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_mitzu_error_answer(r);
}


ngx_uint_t
ngx_mitzu_error_is_page(ngx_http_request_t *r)
{
    return r->error_page && r->err_status;
}


ngx_int_t
ngx_mitzu_error_answer(ngx_http_request_t *r)
{
    ngx_uint_t  status;

    /* What is left of a body that broke off is not a request. */

    r->expect_tested = 1;

    if (ngx_http_discard_request_body(r) != NGX_OK) {
        r->keepalive = 0;
    }

    status = r->err_status;

    if ((status == NGX_HTTP_SERVICE_UNAVAILABLE
         || status == NGX_HTTP_TOO_MANY_REQUESTS)
        && ngx_mitzu_response_retry(r) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_mitzu_response_error(r, status, NULL);
}
