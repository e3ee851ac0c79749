
/*
 * keys_conn: a request of our own, that a subrequest can belong to: on a
 * connection to nobody, in the server block that the keys are named in.
 */

#include "ngx/ngx_mitzu_keys.h"


static ngx_int_t ngx_mitzu_fetch_connection(ngx_mitzu_fetch_t *fetch,
    ngx_connection_t *c);
static ngx_int_t ngx_mitzu_fetch_header(ngx_http_request_t *r,
    const char *name, const char *value);
static void ngx_mitzu_fetch_cleanup(void *data);
static u_char *ngx_mitzu_fetch_log(ngx_log_t *log, u_char *buf, size_t len);


#define NGX_MITZU_FETCH_AGENT  "ngx_mitzu_mcp_module/" NGX_MITZU_MCP_VERSION


/* A connection and what hangs on its pool; without a request yet. */

ngx_mitzu_fetch_t *
ngx_mitzu_fetch_create(void)
{
    int                  fds[2];
    ngx_pool_t          *pool;
    ngx_connection_t    *c;
    ngx_mitzu_fetch_t   *fetch;
    ngx_pool_cleanup_t  *cln;

    pool = ngx_create_pool(1024, ngx_cycle->log);
    if (pool == NULL) {
        return NULL;
    }

    fetch = ngx_pcalloc(pool, sizeof(ngx_mitzu_fetch_t));
    cln = ngx_pool_cleanup_add(pool, 0);

    if (fetch == NULL || cln == NULL) {
        ngx_destroy_pool(pool);
        return NULL;
    }

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == -1) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, ngx_socket_errno,
                      "mitzu jwt: socketpair() failed");
        ngx_destroy_pool(pool);
        return NULL;
    }

    fetch->peer = fds[1];
    cln->handler = ngx_mitzu_fetch_cleanup;
    cln->data = fetch;

    c = ngx_get_connection(fds[0], ngx_cycle->log);
    if (c == NULL) {
        (void) ngx_close_socket(fds[0]);
        ngx_destroy_pool(pool);
        return NULL;
    }

    c->pool = pool;
    fetch->connection = c;

    if (ngx_mitzu_fetch_connection(fetch, c) != NGX_OK) {
        ngx_close_connection(c);
        ngx_destroy_pool(pool);
        return NULL;
    }

#if (NGX_STAT_STUB)
    (void) ngx_atomic_fetch_add(ngx_stat_active, 1);
#endif

    return fetch;
}


/* As a connection that was accepted, for those who look at it. */

static ngx_int_t
ngx_mitzu_fetch_connection(ngx_mitzu_fetch_t *fetch, ngx_connection_t *c)
{
    ngx_log_t  *log;

    if (ngx_nonblocking(c->fd) == -1
        || fcntl(c->fd, F_SETFD, FD_CLOEXEC) == -1
        || fcntl(fetch->peer, F_SETFD, FD_CLOEXEC) == -1)
    {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, ngx_socket_errno,
                      "mitzu jwt: fcntl() failed");
        return NGX_ERROR;
    }

    c->number = ngx_atomic_fetch_add(ngx_connection_counter, 1);

    log = &fetch->log;
    *log = *ngx_cycle->log;
    log->connection = c->number;
    log->handler = ngx_mitzu_fetch_log;
    log->data = &fetch->log_ctx;
    log->action = "fetching keys";
    fetch->log_ctx.connection = c;

    c->data = &fetch->hc;
    c->log = log;
    c->log_error = NGX_ERROR_INFO;
    c->pool->log = log;
    c->read->log = log;
    c->write->log = log;
    c->read->handler = ngx_mitzu_fetch_event;
    c->write->handler = ngx_mitzu_fetch_event;
    c->write->ready = 1;

    c->recv = ngx_recv;
    c->send = ngx_send;
    c->recv_chain = ngx_recv_chain;
    c->send_chain = ngx_mitzu_fetch_collect;
    c->tcp_nodelay = NGX_TCP_NODELAY_DISABLED;
    c->tcp_nopush = NGX_TCP_NOPUSH_DISABLED;

    fetch->sockaddr.sa_family = AF_UNIX;
    c->sockaddr = &fetch->sockaddr;
    c->socklen = sizeof(struct sockaddr);
    c->local_sockaddr = &fetch->sockaddr;
    c->local_socklen = sizeof(struct sockaddr);
    ngx_str_set(&c->addr_text, "unix:");

    /* On a quit it is closed, while nobody waits for it. */

    c->idle = 1;

    return NGX_OK;
}


ngx_int_t
ngx_mitzu_fetch_request(ngx_mitzu_fetch_t *fetch)
{
    ngx_connection_t          *c;
    ngx_http_request_t        *r;
    ngx_http_core_srv_conf_t  *cscf;

    c = fetch->connection;

    /* ngx_http_finalize_request() looks for a request behind this one. */

    c->buffer = ngx_create_temp_buf(c->pool, 1);
    if (c->buffer == NULL) {
        return NGX_ERROR;
    }

    r = ngx_http_create_request(c);
    if (r == NULL) {
        return NGX_ERROR;
    }

    cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);

    c->data = r;
    fetch->request = r;

    r->method = NGX_HTTP_GET;
    r->method_name = ngx_http_core_get_method;
    r->http_version = NGX_HTTP_VERSION_11;
    ngx_str_set(&r->http_protocol, "HTTP/1.1");
    r->request_line = fetch->conf.uri;
    r->unparsed_uri = fetch->conf.uri;
    r->uri = fetch->conf.uri;
    r->headers_in.server = cscf->server_name;
    r->internal = 1;
    r->main_filter_need_in_memory = 1;
    r->limit_rate_set = 1;
    r->limit_rate_after_set = 1;
    r->write_event_handler = ngx_mitzu_fetch_begin;

    /* It is no client's: no line in the access log, no post_action. */

    r->logged = 1;
    r->post_action = 1;
    r->uri_changes = 0;

    return NGX_OK;
}


ngx_int_t
ngx_mitzu_fetch_headers(ngx_mitzu_fetch_t *fetch)
{
    ngx_http_request_t  *r;

    r = fetch->request;

    if (ngx_list_init(&r->headers_in.headers, r->pool, 4,
                      sizeof(ngx_table_elt_t))
        != NGX_OK
        || ngx_mitzu_fetch_header(r, "User-Agent", NGX_MITZU_FETCH_AGENT)
           != NGX_OK
        || ngx_mitzu_fetch_header(r, "Accept", "application/json") != NGX_OK)
    {
        return NGX_ERROR;
    }

    return fetch->conf.no_cache
           ? ngx_mitzu_fetch_header(r, "Cache-Control", "no-cache")
           : NGX_OK;
}


static ngx_int_t
ngx_mitzu_fetch_header(ngx_http_request_t *r, const char *name,
    const char *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_in.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    h->key.data = (u_char *) name;
    h->key.len = ngx_strlen(name);
    h->value.data = (u_char *) value;
    h->value.len = ngx_strlen(value);
    ngx_mitzu_header_unlink(h);

    h->lowcase_key = ngx_pnalloc(r->pool, h->key.len);
    if (h->lowcase_key == NULL) {
        return NGX_ERROR;
    }

    h->hash = ngx_hash_strlow(h->lowcase_key, h->key.data, h->key.len);

    return NGX_OK;
}


static void
ngx_mitzu_fetch_cleanup(void *data)
{
    ngx_mitzu_fetch_t  *fetch = data;

    if (fetch->timer.timer_set) {
        ngx_del_timer(&fetch->timer);
    }

    mz_buf_free(&fetch->body);

    (void) ngx_close_socket(fetch->peer);
}


static u_char *
ngx_mitzu_fetch_log(ngx_log_t *log, u_char *buf, size_t len)
{
    u_char              *p;
    ngx_http_request_t  *r;
    ngx_http_log_ctx_t  *ctx;

    p = buf;
    ctx = log->data;
    r = ctx->request;

    if (log->action != NULL) {
        p = ngx_snprintf(p, len, " while %s", log->action);
    }

    p = ngx_snprintf(p, buf + len - p, ", keys of mitzu_jwt_keys");

    return (r == NULL) ? p
           : r->log_handler(r, ctx->current_request, p, buf + len - p);
}
