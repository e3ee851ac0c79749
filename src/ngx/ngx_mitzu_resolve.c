
/*
 * resolve: where Redis is, without ever blocking a worker.  Addresses and
 * sockets are taken as they stand.  A name is left to the resolver of the
 * http block, and asked again for each connection; without a resolver it is
 * looked up once, while the configuration is read.
 */

#include "ngx/ngx_mitzu_redis.h"


static void ngx_mitzu_resolve_handler(ngx_resolver_ctx_t *ctx);


ngx_int_t
ngx_mitzu_resolve_conf(ngx_conf_t *cf, ngx_mitzu_redis_conf_t *rcf)
{
    ngx_url_t                  u;
    ngx_http_core_loc_conf_t  *clcf;

    if (rcf->naddrs != 0) {
        return NGX_OK;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->resolver != NULL && clcf->resolver->connections.nelts) {
        rcf->resolver = clcf->resolver;
        rcf->resolver_timeout = clcf->resolver_timeout;

        if (rcf->resolver_timeout == NGX_CONF_UNSET_MSEC
            || rcf->resolver_timeout > rcf->connect_timeout)
        {
            rcf->resolver_timeout = rcf->connect_timeout;
        }

        return NGX_OK;
    }

    ngx_memzero(&u, sizeof(ngx_url_t));
    u.url = rcf->host;
    u.default_port = rcf->port;

    if (ngx_parse_url(cf->pool, &u) != NGX_OK || u.naddrs == 0) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "%s in \"mitzu_mcp_redis\" \"%V\"",
                      u.err ? u.err : "host not found", &rcf->url);
        return NGX_ERROR;
    }

    rcf->addrs = u.addrs;
    rcf->naddrs = u.naddrs;

    return NGX_OK;
}


void
ngx_mitzu_resolve_start(ngx_mitzu_redis_t *rc)
{
    ngx_addr_t              *addr;
    ngx_resolver_ctx_t      *ctx;
    ngx_mitzu_redis_conf_t  *rcf;

    rcf = rc->conf;

    if (rcf->resolver == NULL) {
        addr = &rcf->addrs[rc->next_addr++ % rcf->naddrs];
        ngx_mitzu_redis_connect(rc, addr->sockaddr, addr->socklen);
        return;
    }

    ctx = ngx_resolve_start(rcf->resolver, NULL);

    if (ctx == NULL || ctx == NGX_NO_RESOLVER) {
        ngx_mitzu_redis_fail(rc, 0, "no resolver");
        return;
    }

    ctx->name = rcf->host;
    ctx->handler = ngx_mitzu_resolve_handler;
    ctx->data = rc;
    ctx->timeout = rcf->resolver_timeout;
    ctx->cancelable = ngx_queue_empty(&rc->backlog) ? 1 : 0;

    rc->resolving = ctx;

    /* On NGX_ERROR the context has been freed; else the handler frees it. */

    if (ngx_resolve_name(ctx) != NGX_OK) {
        rc->resolving = NULL;
        ngx_mitzu_redis_fail(rc, 0, "the resolver refused the name");
    }
}


void
ngx_mitzu_resolve_stop(ngx_mitzu_redis_t *rc)
{
    if (rc->resolving != NULL) {
        ngx_resolve_name_done(rc->resolving);
        rc->resolving = NULL;
    }
}


static void
ngx_mitzu_resolve_handler(ngx_resolver_ctx_t *ctx)
{
    u_char                reason[NGX_MAX_ERROR_STR / 8];
    socklen_t             socklen;
    ngx_sockaddr_t        sa;
    ngx_mitzu_redis_t    *rc;
    ngx_resolver_addr_t  *addr;

    rc = ctx->data;

    if (ctx->state || ctx->naddrs == 0) {
        (void) ngx_snprintf(reason, sizeof(reason), "host not found (%s)%Z",
                            ngx_resolver_strerror(ctx->state));
        ngx_mitzu_redis_fail(rc, 0, (char *) reason);
        return;
    }

    addr = &ctx->addrs[rc->next_addr++ % ctx->naddrs];
    socklen = addr->socklen;
    ngx_memcpy(&sa, addr->sockaddr, socklen);
    ngx_inet_set_port(&sa.sockaddr, rc->conf->port);

    ngx_mitzu_resolve_stop(rc);

    ngx_mitzu_redis_connect(rc, &sa.sockaddr, socklen);
}
