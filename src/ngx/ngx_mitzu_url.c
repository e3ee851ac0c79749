
/*
 * url: the deep link of a conversation: mitzu_mcp_conversation_url, or made
 * from the request's own scheme and host.
 */

#include "ngx/ngx_mitzu_call.h"


static void ngx_mitzu_url_default(ngx_http_request_t *r, mz_str_t cid,
    mz_buf_t *out);
static ngx_uint_t ngx_mitzu_url_is_plain(ngx_str_t *host);


/* A tool asks for this in a step, so the request is there. */

void
ngx_mitzu_url(mz_call_t *call, mz_str_t cid, mz_buf_t *out)
{
    ngx_str_t            url;
    ngx_mitzu_ctx_t     *ctx;
    ngx_mitzu_call_t    *cs;
    ngx_http_request_t  *r;

    cs = call->host;
    r = cs->request;
    ctx = cs->ctx;

    if (ctx->conf->conversation_url == NULL) {
        ngx_mitzu_url_default(r, cid, out);
        return;
    }

    if (mz_id_parse(&ctx->conversation, MZ_ID_CONV, cid) != MZ_OK
        || ngx_http_complex_value(r, ctx->conf->conversation_url, &url)
           != NGX_OK)
    {
        return;
    }

    mz_buf_add(out, url.data, url.len);
}


static void
ngx_mitzu_url_default(ngx_http_request_t *r, mz_str_t cid, mz_buf_t *out)
{
    ngx_str_t  host;

    host = r->headers_in.server;

    if (r->headers_in.host != NULL
        && ngx_mitzu_url_is_plain(&r->headers_in.host->value))
    {
        host = r->headers_in.host->value;
    }

#if (NGX_HTTP_SSL)
    mz_buf_add_c(out, r->connection->ssl ? "https://" : "http://");
#else
    mz_buf_add_c(out, "http://");
#endif

    mz_buf_add(out, host.data, host.len);
    mz_buf_add_c(out, "/conversations/");
    mz_buf_add_str(out, cid);
}


static ngx_uint_t
ngx_mitzu_url_is_plain(ngx_str_t *host)
{
    u_char      c;
    ngx_uint_t  i;

    for (i = 0; i < host->len; i++) {
        c = host->data[i];

        if (!((c | 0x20) >= 'a' && (c | 0x20) <= 'z')
            && !(c >= '0' && c <= '9')
            && ngx_strlchr((u_char *) ".-_:[]", (u_char *) ".-_:[]" + 6, c)
               == NULL)
        {
            return 0;
        }
    }

    return host->len != 0;
}
