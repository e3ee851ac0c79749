
/*
 * resolve: where a server is, without ever blocking a worker.  Addresses and
 * sockets are taken as they stand.  A name is left to the resolver of the
 * http block, and asked again for each connection; without a resolver it is
 * looked up once, while the configuration is read.
 */

#include "ngx/ngx_mitzu_redis.h"


static ngx_int_t ngx_mitzu_resolve_server(ngx_conf_t *cf,
    ngx_mitzu_redis_conf_t *rcf, ngx_mitzu_server_t *server);
static void ngx_mitzu_resolve_handler(ngx_resolver_ctx_t *ctx);


/* A sentinel may tell the name of a host, so the resolver is kept anyway. */

ngx_int_t
ngx_mitzu_resolve_conf(ngx_conf_t *cf, ngx_mitzu_redis_conf_t *rcf)
{
    ngx_uint_t                 i;
    ngx_mitzu_server_t        *server;
    ngx_http_core_loc_conf_t  *clcf;

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

    server = rcf->servers.elts;

    for (i = 0; i < rcf->servers.nelts; i++) {
        if (server[i].naddrs == 0
            && ngx_mitzu_resolve_server(cf, rcf, &server[i]) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_mitzu_resolve_server(ngx_conf_t *cf, ngx_mitzu_redis_conf_t *rcf,
    ngx_mitzu_server_t *server)
{
    ngx_url_t  u;

    ngx_memzero(&u, sizeof(ngx_url_t));
    u.url = server->host;
    u.default_port = server->port;

    if (ngx_parse_url(cf->pool, &u) != NGX_OK || u.naddrs == 0) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "%s in \"mitzu_mcp_redis\" \"%V\"",
                      u.err ? u.err : "host not found", &rcf->url);
        return NGX_ERROR;
    }

    server->addrs = u.addrs;
    server->naddrs = u.naddrs;

    return NGX_OK;
}


void
ngx_mitzu_resolve_start(ngx_mitzu_redis_t *rc)
{
    ngx_addr_t          *addr;
    ngx_mitzu_server_t  *server;
    ngx_resolver_ctx_t  *ctx;

    server = rc->server;
    rc->state = NGX_MITZU_REDIS_RESOLVING;

    if (server->naddrs != 0) {
        addr = &server->addrs[rc->next_addr++ % server->naddrs];
        ngx_mitzu_redis_connect(rc, addr->sockaddr, addr->socklen);
        return;
    }

    if (rc->conf->resolver == NULL) {
        ngx_mitzu_redis_fail(rc, 0, "a sentinel told the name of a host: "
                             "that needs nginx's \"resolver\"");
        return;
    }

    ctx = ngx_resolve_start(rc->conf->resolver, NULL);

    if (ctx == NULL || ctx == NGX_NO_RESOLVER) {
        ngx_mitzu_redis_fail(rc, 0, "no resolver");
        return;
    }

    ctx->name = server->host;
    ctx->handler = ngx_mitzu_resolve_handler;
    ctx->data = rc;
    ctx->timeout = rc->conf->resolver_timeout;
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
    ngx_inet_set_port(&sa.sockaddr, rc->server->port);

    ngx_mitzu_resolve_stop(rc);

    ngx_mitzu_redis_connect(rc, &sa.sockaddr, socklen);
}
