
/*
 * sentinel: where the master of a pool is.  One connection leads to one of
 * the sentinels, the next one when that fails.  It asks for the master's
 * address and subscribes to +switch-master; a connection to Redis that fails
 * makes it ask again, and waits for the answer before it connects anew.
 *
 * What a sentinel says is a hint, too: each connection checks by ROLE that it
 * has met a master.
 */

#include "ngx/ngx_mitzu_redis.h"


#define NGX_MITZU_SENTINEL_CHANNEL  "+switch-master"

/* The same answer so often, and Redis is not there: another one is asked. */
#define NGX_MITZU_SENTINEL_VAIN     8


static void ngx_mitzu_sentinel_ask(ngx_mitzu_pool_t *pool);
static void ngx_mitzu_sentinel_answer(ngx_mitzu_pool_t *pool,
    const redisReply *reply);
static void ngx_mitzu_sentinel_switch(ngx_mitzu_pool_t *pool, mz_str_t text);
static void ngx_mitzu_sentinel_found(ngx_mitzu_pool_t *pool, mz_str_t host,
    in_port_t port);
static void ngx_mitzu_sentinel_move(ngx_mitzu_pool_t *pool, mz_str_t host,
    in_port_t port);
static void ngx_mitzu_sentinel_set(ngx_mitzu_sentinel_t *s, mz_str_t host,
    in_port_t port);
static void ngx_mitzu_sentinel_resume(ngx_mitzu_pool_t *pool);
static ngx_int_t ngx_mitzu_sentinel_port(mz_str_t text, in_port_t *port);
static void ngx_mitzu_sentinel_refuse(ngx_mitzu_pool_t *pool,
    const char *what, const char *words);


void
ngx_mitzu_sentinel_init(ngx_mitzu_pool_t *pool)
{
    ngx_mitzu_sentinel_t  *s;

    s = &pool->sentinel;

    /* Workers begin with different ones. */

    s->next = ngx_random() % pool->conf->servers.nelts;

    ngx_mitzu_redis_init(&s->conn, pool, NGX_MITZU_SENTINEL);
}


void
ngx_mitzu_sentinel_close(ngx_mitzu_pool_t *pool)
{
    ngx_mitzu_redis_close(&pool->sentinel.conn);
}


ngx_mitzu_server_t *
ngx_mitzu_sentinel_dial(ngx_mitzu_pool_t *pool)
{
    ngx_mitzu_server_t  *server;

    server = pool->conf->servers.elts;

    return &server[pool->sentinel.next % pool->conf->servers.nelts];
}


void
ngx_mitzu_sentinel_locate(ngx_mitzu_redis_t *rc)
{
    ngx_mitzu_sentinel_t  *s;

    s = &rc->pool->sentinel;

    if (s->is_known && !s->is_doubtful) {
        rc->server = &s->master;
        ngx_mitzu_resolve_start(rc);
        return;
    }

    rc->retry.cancelable = ngx_queue_empty(&rc->backlog) ? 1 : 0;
    ngx_add_timer(&rc->retry, rc->conf->connect_timeout);

    ngx_mitzu_sentinel_ask(rc->pool);
}


/* Without sentinels the master may still be where it was. */

void
ngx_mitzu_sentinel_timeout(ngx_mitzu_redis_t *rc)
{
    ngx_mitzu_sentinel_t  *s;

    s = &rc->pool->sentinel;

    if (rc->retry.timer_set) {
        ngx_del_timer(&rc->retry);
    }

    rc->retry.cancelable = 1;

    if (!s->is_known) {
        ngx_mitzu_redis_fail(rc, 0, "no sentinel tells where the master is");
        return;
    }

    rc->server = &s->master;
    ngx_mitzu_resolve_start(rc);
}


void
ngx_mitzu_sentinel_doubt(ngx_mitzu_pool_t *pool)
{
    pool->sentinel.is_doubtful = 1;
    ngx_mitzu_sentinel_ask(pool);
}


void
ngx_mitzu_sentinel_ready(ngx_mitzu_pool_t *pool)
{
    ngx_mitzu_sentinel_ask(pool);
}


/* A connection that is not ready asks when it is. */

static void
ngx_mitzu_sentinel_ask(ngx_mitzu_pool_t *pool)
{
    mz_str_t               argv[3];
    mz_cmds_t              cmds;
    ngx_mitzu_sentinel_t  *s;

    s = &pool->sentinel;

    if (s->is_asking || s->conn.state != NGX_MITZU_REDIS_READY) {
        return;
    }

    mz_cmds_init(&cmds);

    /* A connection that has subscribed may ask nothing. */

    argv[0] = mz_str("UNSUBSCRIBE");
    mz_cmds_add(&cmds, 1, argv);

    argv[0] = mz_str("SENTINEL");
    argv[1] = mz_str("GET-MASTER-ADDR-BY-NAME");
    argv[2] = ngx_mitzu_str(&pool->conf->master);
    mz_cmds_add(&cmds, 3, argv);

    argv[0] = mz_str("SUBSCRIBE");
    argv[1] = mz_str(NGX_MITZU_SENTINEL_CHANNEL);
    mz_cmds_add(&cmds, 2, argv);

    cmds.n = 0;
    s->is_asking = 1;
    s->conn.is_owed = 1;

    /* Without memory the timer of what is owed ends the connection. */

    (void) ngx_mitzu_redis_send_now(&s->conn, &cmds, NULL, NULL);
    mz_cmds_free(&cmds);

    ngx_mitzu_redis_arm(&s->conn);
}


void
ngx_mitzu_sentinel_reply(ngx_mitzu_pool_t *pool, const redisReply *reply)
{
    mz_str_t               kind;
    ngx_mitzu_sentinel_t  *s;

    s = &pool->sentinel;

    if (s->is_next) {
        s->is_next = 0;
        s->is_asking = 0;
        ngx_mitzu_sentinel_answer(pool, reply);
        return;
    }

    s->conn.is_owed = s->is_asking;

    if (reply->type == REDIS_REPLY_ERROR) {
        ngx_mitzu_sentinel_refuse(pool, "refused: ", reply->str);
        return;
    }

    kind = mz_reply_str(mz_reply_at(reply, 0));

    if (mz_str_eq_c(kind, "unsubscribe")) {
        s->is_next = s->is_asking;

    } else if (mz_str_eq_c(kind, "message")) {
        ngx_mitzu_sentinel_switch(pool, mz_reply_str(mz_reply_at(reply, 2)));
    }
}


static void
ngx_mitzu_sentinel_answer(ngx_mitzu_pool_t *pool, const redisReply *reply)
{
    u_char     name[NGX_MITZU_REASON_MAX];
    mz_str_t   host;
    in_port_t  port;

    if (reply->type == REDIS_REPLY_ERROR) {
        ngx_mitzu_sentinel_refuse(pool, "refused: ", reply->str);
        return;
    }

    host = mz_reply_str(mz_reply_at(reply, 0));

    if (host.len == 0 || host.len > NGX_MITZU_HOST_MAX
        || ngx_mitzu_sentinel_port(mz_reply_str(mz_reply_at(reply, 1)), &port)
           != NGX_OK)
    {
        (void) ngx_snprintf(name, sizeof(name) - 1, "%V%Z",
                            &pool->conf->master);
        ngx_mitzu_sentinel_refuse(pool, "knows no master called ",
                                  (char *) name);
        return;
    }

    ngx_mitzu_sentinel_found(pool, host, port);
}


/* "<master> <old host> <old port> <new host> <new port>" */

static void
ngx_mitzu_sentinel_switch(ngx_mitzu_pool_t *pool, mz_str_t text)
{
    mz_str_t    word[4];
    in_port_t   port;
    ngx_uint_t  i;

    for (i = 0; i < 4; i++) {
        if (!mz_str_split(&text, ' ', &word[i])) {
            return;
        }
    }

    if (mz_str_eq(word[0], ngx_mitzu_str(&pool->conf->master))
        && word[3].len != 0 && word[3].len <= NGX_MITZU_HOST_MAX
        && ngx_mitzu_sentinel_port(text, &port) == NGX_OK)
    {
        ngx_mitzu_sentinel_found(pool, word[3], port);
    }
}


static void
ngx_mitzu_sentinel_found(ngx_mitzu_pool_t *pool, mz_str_t host,
    in_port_t port)
{
    ngx_mitzu_sentinel_t  *s;

    s = &pool->sentinel;
    s->conn.backoff = NGX_MITZU_BACKOFF_MIN;

    if (s->failures >= pool->conf->servers.nelts) {
        ngx_log_error(NGX_LOG_NOTICE, pool->log, 0,
                      "mitzu mcp: a sentinel of redis %V answers again",
                      &pool->conf->url);
    }

    s->failures = 0;

    if (!s->is_known || s->master.port != port
        || !mz_str_eq(host, ngx_mitzu_str(&s->master.host)))
    {
        ngx_mitzu_sentinel_move(pool, host, port);

    } else if (s->is_doubtful) {
        s->in_vain++;
    }

    s->is_doubtful = 0;

    ngx_mitzu_sentinel_resume(pool);

    if (s->in_vain == NGX_MITZU_SENTINEL_VAIN) {
        s->in_vain = 0;
        s->next++;
        s->is_asking = 0;
        s->is_next = 0;
        ngx_mitzu_redis_restart(&s->conn);
    }
}


/*
 * The old connections go first: what they resolve has the old name.  None has
 * to wait any more, there is something new to try.
 */

static void
ngx_mitzu_sentinel_move(ngx_mitzu_pool_t *pool, mz_str_t host,
    in_port_t port)
{
    ngx_str_t              name;
    ngx_uint_t             i, level;
    ngx_mitzu_sentinel_t  *s;

    s = &pool->sentinel;
    level = s->is_known ? NGX_LOG_NOTICE : NGX_LOG_INFO;

    name.data = (u_char *) host.data;
    name.len = host.len;

    ngx_log_error(level, pool->log, 0,
                  "mitzu mcp: redis %V: sentinel %V:%d says the master is "
                  "%V:%d", &pool->conf->url, &s->conn.server->host,
                  (int) s->conn.server->port, &name, (int) port);

    ngx_mitzu_pool_leave(pool, "the master is another one");

    ngx_mitzu_sentinel_set(s, host, port);
    s->in_vain = 0;

    for (i = 0; i < pool->nconns; i++) {
        pool->conns[i].backoff = NGX_MITZU_BACKOFF_MIN;
        ngx_mitzu_redis_hurry(&pool->conns[i]);
    }
}


static void
ngx_mitzu_sentinel_set(ngx_mitzu_sentinel_t *s, mz_str_t host, in_port_t port)
{
    in_addr_t             inaddr;
    struct sockaddr_in   *sin;
#if (NGX_HAVE_INET6)
    struct sockaddr_in6  *sin6;
#endif

    ngx_memcpy(s->host, host.data, host.len);

    s->master.host.data = s->host;
    s->master.host.len = host.len;
    s->master.port = port;
    s->master.addrs = &s->addr;
    s->master.naddrs = 1;
    s->is_known = 1;

    ngx_memzero(&s->sockaddr, sizeof(ngx_sockaddr_t));
    s->addr.sockaddr = &s->sockaddr.sockaddr;
    s->addr.name = s->master.host;

    inaddr = ngx_inet_addr(s->host, host.len);

    if (inaddr != INADDR_NONE) {
        sin = &s->sockaddr.sockaddr_in;
        sin->sin_family = AF_INET;
        sin->sin_port = htons(port);
        sin->sin_addr.s_addr = inaddr;
        s->addr.socklen = sizeof(struct sockaddr_in);
        return;
    }

#if (NGX_HAVE_INET6)

    sin6 = &s->sockaddr.sockaddr_in6;

    if (ngx_inet6_addr(s->host, host.len, sin6->sin6_addr.s6_addr) == NGX_OK) {
        sin6->sin6_family = AF_INET6;
        sin6->sin6_port = htons(port);
        s->addr.socklen = sizeof(struct sockaddr_in6);
        return;
    }

#endif

    s->master.naddrs = 0;
}


static void
ngx_mitzu_sentinel_resume(ngx_mitzu_pool_t *pool)
{
    ngx_uint_t          i;
    ngx_mitzu_redis_t  *rc;

    for (i = 0; i < pool->nconns; i++) {
        rc = &pool->conns[i];

        if (rc->state == NGX_MITZU_REDIS_LOCATING) {
            ngx_mitzu_sentinel_timeout(rc);
        }
    }
}


/* The others are tried at once, then there is a pause. */

void
ngx_mitzu_sentinel_failed(ngx_mitzu_pool_t *pool, ngx_err_t err,
    const char *reason)
{
    ngx_uint_t             n, level;
    ngx_mitzu_server_t    *server;
    ngx_mitzu_sentinel_t  *s;

    s = &pool->sentinel;
    n = pool->conf->servers.nelts;
    server = s->conn.server;

    s->failures++;
    s->next++;
    s->is_asking = 0;
    s->is_next = 0;

    level = (s->failures == n) ? NGX_LOG_ERR
            : (s->failures < n) ? NGX_LOG_WARN : NGX_LOG_INFO;

    ngx_log_error(level, pool->log, err,
                  "mitzu mcp: sentinel %V:%d of redis %V: %s%s",
                  &server->host, (int) server->port, &pool->conf->url,
                  reason, (s->failures == n) ? "; no other one answers" : "");

    if (s->failures % n != 0) {
        ngx_mitzu_redis_hurry(&s->conn);
        return;
    }

    ngx_mitzu_sentinel_resume(pool);
}


static ngx_int_t
ngx_mitzu_sentinel_port(mz_str_t text, in_port_t *port)
{
    ngx_int_t  n;

    n = ngx_atoi((u_char *) text.data, text.len);

    if (n < 1 || n > 65535) {
        return NGX_ERROR;
    }

    *port = (in_port_t) n;

    return NGX_OK;
}


static void
ngx_mitzu_sentinel_refuse(ngx_mitzu_pool_t *pool, const char *what,
    const char *words)
{
    u_char  reason[NGX_MITZU_REASON_MAX];

    (void) ngx_snprintf(reason, sizeof(reason), "%s%s%Z", what, words);
    reason[sizeof(reason) - 1] = '\0';

    ngx_mitzu_redis_fail(&pool->sentinel.conn, 0, (char *) reason);
}
