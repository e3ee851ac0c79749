
/*
 * check: what can only be judged when the whole configuration has been read:
 * that every endpoint has a Redis and says who may use it, that a server
 * without sign-in is not reachable from outside, that limits fit together.
 * Then the structures are filled in that the layers below work with.
 */

#include "ngx/ngx_mitzu.h"
#include "ngx/ngx_mitzu_redis.h"


#define NGX_MITZU_WAIT_CEILING    300           /* seconds */
#define NGX_MITZU_RESULT_FLOOR    (4 * 1024)
#define NGX_MITZU_BODY_CEILING    (64 * 1024 * 1024)
#define NGX_MITZU_LEASE_FLOOR     1000          /* ms */

/* No more than the scripts of the store take. */
#define NGX_MITZU_LEASE_CEILING      (24 * 3600 * 1000)
#define NGX_MITZU_ATTACH_CEILING     (24 * 3600)
#define NGX_MITZU_RETENTION_CEILING  (100 * 365 * (time_t) (24 * 3600))


static ngx_int_t ngx_mitzu_check_endpoint(ngx_conf_t *cf,
    ngx_mitzu_endpoint_t *ep);
static ngx_int_t ngx_mitzu_check_limits(ngx_conf_t *cf,
    ngx_mitzu_endpoint_t *ep);
static ngx_int_t ngx_mitzu_check_listen(ngx_conf_t *cf,
    ngx_mitzu_endpoint_t *ep);
static ngx_http_conf_addr_t *ngx_mitzu_check_find_public(
    ngx_http_conf_port_t *port, ngx_http_core_srv_conf_t *server);
static ngx_uint_t ngx_mitzu_check_is_loopback(struct sockaddr *sa);
static ngx_int_t ngx_mitzu_check_prepare(ngx_mitzu_endpoint_t *ep);
static ngx_int_t ngx_mitzu_check_principal(ngx_mitzu_loc_conf_t *mlcf);


static const char  ngx_mitzu_instructions[] =
    "Answers product-analytics questions (segmentation, funnels, retention, "
    "what data there is) from the company's event data. Start with "
    "run_analytics_agent: it returns at once with conversation_id and "
    "prompt_id. Then call get_analytics_agent_status with both until status "
    "is no longer \"running\"; the answer, its definition and the artifact "
    "ids are in that result. To look closer at a table, use "
    "query_table_artifact with its artifact_id instead of asking again: it "
    "is faster and exact. Follow-up questions go to run_analytics_agent "
    "with the same conversation_id. Never invent numbers: quote those of "
    "the answer or of an artifact.";


ngx_int_t
ngx_mitzu_check_endpoints(ngx_conf_t *cf, ngx_mitzu_main_conf_t *mmcf)
{
    ngx_uint_t             i;
    ngx_mitzu_endpoint_t  *ep;

    ep = mmcf->endpoints.elts;

    for (i = 0; i < mmcf->endpoints.nelts; i++) {
        if (!ep[i].is_part
            && (ngx_mitzu_check_endpoint(cf, &ep[i]) != NGX_OK
                || ngx_mitzu_check_limits(cf, &ep[i]) != NGX_OK))
        {
            return NGX_ERROR;
        }

        if (ngx_mitzu_check_prepare(&ep[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_mitzu_check_endpoint(ngx_conf_t *cf, ngx_mitzu_endpoint_t *ep)
{
    ngx_mitzu_loc_conf_t  *mlcf;

    mlcf = ep->conf;

    if (mlcf->redis == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"mitzu_mcp\" in %V:%ui needs \"mitzu_mcp_redis\", "
                      "for example \"mitzu_mcp_redis "
                      "redis://127.0.0.1:6379/0\"", &ep->file, ep->line);
        return NGX_ERROR;
    }

    switch (mlcf->auth) {

    case NGX_CONF_UNSET_UINT:
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"mitzu_mcp\" in %V:%ui needs \"mitzu_mcp_auth\": the "
                      "URI of the location that checks tokens, or \"off\" "
                      "to serve everybody as one development user",
                      &ep->file, ep->line);
        return NGX_ERROR;

    case NGX_MITZU_AUTH_OFF:
        return ngx_mitzu_check_listen(cf, ep);

    case NGX_MITZU_AUTH_URI:
        if (mlcf->resource == NULL) {
            ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                          "the endpoint in %V:%ui asks for a sign-in, but "
                          "without \"mitzu_mcp_resource_metadata\" clients "
                          "cannot find out where", &ep->file, ep->line);
        }

        return NGX_OK;

    default: /* NGX_MITZU_AUTH_INSECURE */
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "\"mitzu_mcp_auth off insecure\": the endpoint in "
                      "%V:%ui serves everybody who reaches it",
                      &ep->file, ep->line);
        return NGX_OK;
    }
}


static ngx_int_t
ngx_mitzu_check_limits(ngx_conf_t *cf, ngx_mitzu_endpoint_t *ep)
{
    const char            *text;
    ngx_mitzu_loc_conf_t  *mlcf;

    text = NULL;
    mlcf = ep->conf;

    if (mlcf->wait_max > NGX_MITZU_WAIT_CEILING) {
        text = "\"mitzu_mcp_wait_max\" is over 300 seconds";

    } else if (mlcf->wait > mlcf->wait_max) {
        text = "\"mitzu_mcp_wait\" is over \"mitzu_mcp_wait_max\"";

    } else if (mlcf->heartbeat == 0) {
        text = "\"mitzu_mcp_heartbeat\" must not be zero";

    } else if (mlcf->result_max < NGX_MITZU_RESULT_FLOOR) {
        text = "\"mitzu_mcp_result_max\" is under 4k";

    } else if (mlcf->body_max == 0
               || mlcf->body_max > NGX_MITZU_BODY_CEILING)
    {
        text = "\"mitzu_mcp_body_max\" must be from 1 byte to 64m";

    } else if (mlcf->session_timeout <= 0) {
        text = "\"mitzu_mcp_session_timeout\" must not be zero";

    } else if (mlcf->retention <= 0) {
        text = "\"mitzu_mcp_retention\" must not be zero";

    } else if (mlcf->retention > NGX_MITZU_RETENTION_CEILING) {
        text = "\"mitzu_mcp_retention\" is over 100 years";

    } else if (mlcf->attach > NGX_MITZU_ATTACH_CEILING) {
        text = "\"mitzu_mcp_attach\" is over one day";

    } else if (mlcf->lease < NGX_MITZU_LEASE_FLOOR) {
        text = "\"mitzu_mcp_lease\" is under one second";

    } else if (mlcf->lease > NGX_MITZU_LEASE_CEILING) {
        text = "\"mitzu_mcp_lease\" is over one day";
    }

    if (text == NULL) {
        return NGX_OK;
    }

    ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "%s, for the endpoint in %V:%ui",
                  text, &ep->file, ep->line);

    return NGX_ERROR;
}


static ngx_int_t
ngx_mitzu_check_listen(ngx_conf_t *cf, ngx_mitzu_endpoint_t *ep)
{
    ngx_uint_t                  i;
    ngx_http_conf_addr_t       *addr;
    ngx_http_conf_port_t       *port;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    if (cmcf->ports != NULL) {
        port = cmcf->ports->elts;

        for (i = 0; i < cmcf->ports->nelts; i++) {
            addr = ngx_mitzu_check_find_public(&port[i], ep->server);

            if (addr == NULL) {
                continue;
            }

            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "\"mitzu_mcp_auth off\" serves everybody, and the "
                          "server of the endpoint in %V:%ui listens on %V: "
                          "listen on a loopback address, or say "
                          "\"mitzu_mcp_auth off insecure\"",
                          &ep->file, ep->line, &addr->opt.addr_text);
            return NGX_ERROR;
        }
    }

    ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                  "\"mitzu_mcp_auth off\": the endpoint in %V:%ui serves "
                  "everybody on this machine as one development user",
                  &ep->file, ep->line);

    return NGX_OK;
}


static ngx_http_conf_addr_t *
ngx_mitzu_check_find_public(ngx_http_conf_port_t *port,
    ngx_http_core_srv_conf_t *server)
{
    ngx_uint_t                  i, k;
    ngx_http_conf_addr_t       *addr;
    ngx_http_core_srv_conf_t  **cscfp;

    addr = port->addrs.elts;

    for (i = 0; i < port->addrs.nelts; i++) {

        if (ngx_mitzu_check_is_loopback(addr[i].opt.sockaddr)) {
            continue;
        }

        cscfp = addr[i].servers.elts;

        for (k = 0; k < addr[i].servers.nelts; k++) {
            if (cscfp[k] == server) {
                return &addr[i];
            }
        }
    }

    return NULL;
}


static ngx_uint_t
ngx_mitzu_check_is_loopback(struct sockaddr *sa)
{
    struct sockaddr_in   *sin;
#if (NGX_HAVE_INET6)
    struct sockaddr_in6  *sin6;
#endif

    switch (sa->sa_family) {

    case AF_INET:
        sin = (struct sockaddr_in *) sa;
        return (ntohl(sin->sin_addr.s_addr) >> 24) == 127;

#if (NGX_HAVE_INET6)
    case AF_INET6:
        sin6 = (struct sockaddr_in6 *) sa;
        return IN6_IS_ADDR_LOOPBACK(&sin6->sin6_addr);
#endif

#if (NGX_HAVE_UNIX_DOMAIN)
    case AF_UNIX:
        return 1;
#endif

    default:
        return 0;
    }
}


static ngx_int_t
ngx_mitzu_check_prepare(ngx_mitzu_endpoint_t *ep)
{
    mz_tool_conf_t        *tools;
    mz_mcp_server_t       *server;
    ngx_mitzu_loc_conf_t  *mlcf;

    mlcf = ep->conf;

    /*
     * The body's size is ours to judge, so that the refusal is JSON; nginx's
     * own check would answer with HTML before the handler is called.
     */

    ep->location->client_max_body_size = 0;

    server = &mlcf->server;
    server->name = mz_str("mitzu");
    server->title = mz_str("Mitzu Product Analytics");
    server->version = mz_str(NGX_MITZU_MCP_VERSION);
    server->instructions = mz_str(ngx_mitzu_instructions);
    server->body_max = mlcf->body_max;

    tools = &mlcf->tools;
    tools->store = mlcf->redis->store;
    tools->registry = &mlcf->main->registry;
    tools->server = server;
    tools->seal = ngx_mitzu_key_get(mlcf);
    tools->session_s = mlcf->session_timeout;
    tools->result_max = mlcf->result_max;
    tools->wait_default_s = mlcf->wait;
    tools->wait_max_s = mlcf->wait_max;
    tools->retention_s = mlcf->retention;
    tools->attach_s = mlcf->attach;
    tools->max_attempts = mlcf->max_attempts;
    tools->lease_ms = (int64_t) mlcf->lease;
    tools->run_limit = mlcf->limits[NGX_MITZU_LIMIT_USER];
    tools->project_limit = mlcf->limits[NGX_MITZU_LIMIT_PROJECT];
    tools->max_queued = mlcf->max_queued;
    tools->cancel_stops = (mlcf->cancel == NGX_MITZU_CANCEL_RUN);

    return ngx_mitzu_check_principal(mlcf);
}


/*
 * Who is served without a sign-in: the development user, or, where there is
 * one, whoever got in by address alone ("satisfy any").
 */

static ngx_int_t
ngx_mitzu_check_principal(ngx_mitzu_loc_conf_t *mlcf)
{
    mz_principal_t  *p;

    p = &mlcf->principal;

    if (mlcf->auth != NGX_MITZU_AUTH_URI) {
        return (mz_principal_development(p) == MZ_OK) ? NGX_OK : NGX_ERROR;
    }

    ngx_memzero(p, sizeof(mz_principal_t));
    p->issuer = mz_str("nginx");
    p->subject = mz_str("anonymous");
    p->project = mz_str("");
    p->scopes = mlcf->scope_read;

    if (mz_principal_set_scope(p) != MZ_OK) {
        return NGX_ERROR;
    }

    return NGX_OK;
}
