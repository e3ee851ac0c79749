
/*
 * The URL of mitzu_mcp_redis:
 *
 *     redis://host[:port][/db]           rediss:// with TLS
 *     unix:/path[?db=n]
 *     redis+sentinel://host[:port][,host[:port]..]/master[/db]
 *                                        rediss+sentinel:// with TLS to all
 *
 * Addresses become sockaddrs here; names wait for ngx_mitzu_resolve_conf().
 */

#include "ngx/ngx_mitzu_redis.h"


#define NGX_MITZU_REDIS_PORT     6379
#define NGX_MITZU_SENTINEL_PORT  26379
#define NGX_MITZU_SENTINELS_MAX  16
#define NGX_MITZU_REDIS_DB_MAX   65535
#define NGX_MITZU_MASTER_MAX     128


typedef char *(*ngx_mitzu_url_pt)(ngx_conf_t *cf,
    ngx_mitzu_redis_conf_t *rcf, ngx_str_t *rest);

typedef struct {
    ngx_str_t         scheme;
    unsigned          is_tls;
    ngx_mitzu_url_pt  parse;
} ngx_mitzu_url_scheme_t;


static char *ngx_mitzu_url_redis(ngx_conf_t *cf, ngx_mitzu_redis_conf_t *rcf,
    ngx_str_t *rest);
static char *ngx_mitzu_url_unix(ngx_conf_t *cf, ngx_mitzu_redis_conf_t *rcf,
    ngx_str_t *rest);
static char *ngx_mitzu_url_sentinel(ngx_conf_t *cf,
    ngx_mitzu_redis_conf_t *rcf, ngx_str_t *rest);
static ngx_uint_t ngx_mitzu_url_cut(ngx_str_t *s, u_char mark,
    ngx_str_t *rest);
static char *ngx_mitzu_url_server(ngx_conf_t *cf, ngx_mitzu_redis_conf_t *rcf,
    ngx_str_t *host, in_port_t port);
static char *ngx_mitzu_url_db(ngx_mitzu_redis_conf_t *rcf, ngx_str_t *db);


static const ngx_mitzu_url_scheme_t  ngx_mitzu_url_schemes[] = {
    { ngx_string("redis://"),           0, ngx_mitzu_url_redis },
    { ngx_string("rediss://"),          1, ngx_mitzu_url_redis },
    { ngx_string("redis+sentinel://"),  0, ngx_mitzu_url_sentinel },
    { ngx_string("rediss+sentinel://"), 1, ngx_mitzu_url_sentinel },
    { ngx_string("unix:"),              0, ngx_mitzu_url_unix },
    { ngx_null_string,                  0, NULL }
};


char *
ngx_mitzu_redis_url(ngx_conf_t *cf, ngx_mitzu_redis_conf_t *rcf,
    ngx_str_t *url)
{
    ngx_str_t                      rest;
    const ngx_mitzu_url_scheme_t  *s;

    for (s = ngx_mitzu_url_schemes; s->parse != NULL; s++) {
        if (url->len >= s->scheme.len
            && ngx_strncmp(url->data, s->scheme.data, s->scheme.len) == 0)
        {
            break;
        }
    }

    if (s->parse == NULL) {
        return "takes \"redis://host:port/db\", \"unix:/path?db=n\" or "
               "\"redis+sentinel://host,host,host/master/db\", and "
               "\"rediss\" for TLS";
    }

    rest.data = url->data + s->scheme.len;
    rest.len = url->len - s->scheme.len;

    if (s->parse != ngx_mitzu_url_unix
        && ngx_strlchr(rest.data, rest.data + rest.len, '@') != NULL)
    {
        return "takes no password in its URL, which many can read: use "
               "user= and password_file=";
    }

    if (ngx_array_init(&rcf->servers, cf->pool, 3, sizeof(ngx_mitzu_server_t))
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    rcf->url = *url;
    rcf->is_tls = s->is_tls ? 1 : 0;

    return s->parse(cf, rcf, &rest);
}


static char *
ngx_mitzu_url_redis(ngx_conf_t *cf, ngx_mitzu_redis_conf_t *rcf,
    ngx_str_t *rest)
{
    char       *rv;
    ngx_str_t   host, db;

    host = *rest;
    (void) ngx_mitzu_url_cut(&host, '/', &db);

    rv = ngx_mitzu_url_db(rcf, &db);

    return (rv == NGX_CONF_OK)
           ? ngx_mitzu_url_server(cf, rcf, &host, NGX_MITZU_REDIS_PORT) : rv;
}


static char *
ngx_mitzu_url_unix(ngx_conf_t *cf, ngx_mitzu_redis_conf_t *rcf,
    ngx_str_t *rest)
{
    char       *rv;
    ngx_str_t   path, db;

    /* "unix:" is a part of what nginx takes for an address. */

    path.data = rest->data - 5;
    path.len = rest->len + 5;

    if (ngx_mitzu_url_cut(&path, '?', &db)) {
        if (db.len < 3 || ngx_strncmp(db.data, "db=", 3) != 0) {
            return "takes \"unix:/path?db=n\"";
        }

        db.data += 3;
        db.len -= 3;
    }

    rv = ngx_mitzu_url_db(rcf, &db);

    return (rv == NGX_CONF_OK) ? ngx_mitzu_url_server(cf, rcf, &path, 0) : rv;
}


static char *
ngx_mitzu_url_sentinel(ngx_conf_t *cf, ngx_mitzu_redis_conf_t *rcf,
    ngx_str_t *rest)
{
    char        *rv;
    ngx_str_t    hosts, host, master, db;
    ngx_uint_t   more;

    hosts = *rest;

    if (!ngx_mitzu_url_cut(&hosts, '/', &master)) {
        master.len = 0;
    }

    (void) ngx_mitzu_url_cut(&master, '/', &db);

    if (master.len == 0 || master.len > NGX_MITZU_MASTER_MAX) {
        return "needs the name of the master after the sentinels, as they "
               "know it: \"redis+sentinel://host,host,host/master/db\"";
    }

    rcf->master = master;

    rv = ngx_mitzu_url_db(rcf, &db);

    do {
        if (rv != NGX_CONF_OK) {
            return rv;
        }

        if (rcf->servers.nelts == NGX_MITZU_SENTINELS_MAX) {
            return "names over 16 sentinels";
        }

        host = hosts;
        more = ngx_mitzu_url_cut(&host, ',', &hosts);

        rv = ngx_mitzu_url_server(cf, rcf, &host, NGX_MITZU_SENTINEL_PORT);

    } while (more);

    return rv;
}


/* What is behind the mark, empty without one; s ends before it. */

static ngx_uint_t
ngx_mitzu_url_cut(ngx_str_t *s, u_char mark, ngx_str_t *rest)
{
    u_char  *p, *last;

    last = s->data + s->len;
    p = ngx_strlchr(s->data, last, mark);

    if (p == NULL) {
        ngx_str_null(rest);
        return 0;
    }

    s->len = p - s->data;
    rest->data = p + 1;
    rest->len = last - p - 1;

    return 1;
}


static char *
ngx_mitzu_url_server(ngx_conf_t *cf, ngx_mitzu_redis_conf_t *rcf,
    ngx_str_t *host, in_port_t port)
{
    ngx_url_t            u;
    ngx_mitzu_server_t  *server;

    ngx_memzero(&u, sizeof(ngx_url_t));

    u.url = *host;
    u.default_port = port;
    u.no_resolve = 1;

    if (host->len == 0 || ngx_parse_url(cf->pool, &u) != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s in \"%V\"",
                           u.err ? u.err : "no host", &rcf->url);
        return NGX_CONF_ERROR;
    }

    if (u.host.len > NGX_MITZU_HOST_MAX && u.naddrs == 0) {
        return "names a host of over 255 bytes";
    }

    server = ngx_array_push(&rcf->servers);
    if (server == NULL) {
        return NGX_CONF_ERROR;
    }

    server->host = u.host;
    server->port = u.port;
    server->addrs = u.addrs;
    server->naddrs = u.naddrs;

    return NGX_CONF_OK;
}


static char *
ngx_mitzu_url_db(ngx_mitzu_redis_conf_t *rcf, ngx_str_t *db)
{
    ngx_int_t  n;

    if (db->len == 0) {
        return NGX_CONF_OK;
    }

    n = ngx_atoi(db->data, db->len);

    if (n == NGX_ERROR || n > NGX_MITZU_REDIS_DB_MAX) {
        return "has no valid database number";
    }

    rcf->db = n;

    return NGX_CONF_OK;
}
