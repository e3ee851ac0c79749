
/*
 * redis: the life of one connection.  With sentinels, one to Redis is LOCATING
 * before it is RESOLVING.
 *
 *     IDLE ──> RESOLVING ──> CONNECTING ──> HANDSHAKE ──> READY
 *                   │             │             │           │
 *                   └─────────────┴──────┬──────┴───────────┘ fails
 *                                        v
 *                        DOWN ──(100 ms .. 1 s)──> RESOLVING
 *
 * While it comes up operations wait in the backlog; while it is DOWN they
 * are refused at once, but for the moment between a loss and the first try
 * to come back.  What goes over it is in ngx_mitzu_redis_io.c.
 */

#include "ngx/ngx_mitzu_redis.h"


#define NGX_MITZU_BACKOFF_MAX   1000            /* ms; under RETRY_AFTER */


static void ngx_mitzu_redis_reset(ngx_mitzu_redis_t *rc);
static void ngx_mitzu_redis_forget(ngx_mitzu_redis_t *rc);
static void ngx_mitzu_redis_retry(ngx_event_t *ev);
static u_char *ngx_mitzu_redis_log(ngx_log_t *log, u_char *buf, size_t len);


void
ngx_mitzu_redis_init(ngx_mitzu_redis_t *rc, ngx_mitzu_pool_t *pool,
    ngx_uint_t class)
{
    rc->pool = pool;
    rc->conf = pool->conf;
    rc->class = class;
    rc->state = NGX_MITZU_REDIS_IDLE;
    rc->backoff = NGX_MITZU_BACKOFF_MIN;

    rc->log = *pool->log;
    rc->log.handler = ngx_mitzu_redis_log;
    rc->log.data = rc;
    rc->log.action = NULL;

    /* Failures are ours to report, once per outage. */

    rc->quiet = rc->log;
    rc->quiet.log_level = NGX_LOG_ALERT;

#if (NGX_SSL)
    ngx_mitzu_tls_init(rc);
#endif

    ngx_queue_init(&rc->sent);
    ngx_queue_init(&rc->backlog);
    ngx_mitzu_confirm_init(rc);
    rc->last_out = &rc->out;

    rc->flush.handler = ngx_mitzu_redis_flush;
    rc->flush.data = rc;
    rc->flush.log = &rc->log;

    rc->retry.handler = ngx_mitzu_redis_retry;
    rc->retry.data = rc;
    rc->retry.log = &rc->log;
    rc->retry.cancelable = 1;

    ngx_add_timer(&rc->retry, 1);
}


void
ngx_mitzu_redis_close(ngx_mitzu_redis_t *rc)
{
    rc->state = NGX_MITZU_REDIS_CLOSED;
    ngx_mitzu_redis_reset(rc);

    if (rc->retry.timer_set) {
        ngx_del_timer(&rc->retry);
    }

    ngx_mitzu_confirm_stop(rc, &rc->sent);
    ngx_queue_add(&rc->sent, &rc->backlog);
    ngx_queue_init(&rc->backlog);

    ngx_mitzu_redis_forget(rc);

#if (NGX_SSL)
    ngx_mitzu_tls_forget(rc);
#endif
}


/* Redis has been seen elsewhere: no use in waiting any longer. */

void
ngx_mitzu_redis_hurry(ngx_mitzu_redis_t *rc)
{
    if (rc->state == NGX_MITZU_REDIS_DOWN) {
        ngx_del_timer(&rc->retry);
        ngx_add_timer(&rc->retry, 1);
    }
}


void
ngx_mitzu_redis_restart(ngx_mitzu_redis_t *rc)
{
    rc->state = NGX_MITZU_REDIS_IDLE;
    ngx_mitzu_redis_reset(rc);

    /* What was said to the other one is no business of the next. */

    ngx_mitzu_redis_forget(rc);

    if (rc->retry.timer_set) {
        ngx_del_timer(&rc->retry);
    }

    ngx_add_timer(&rc->retry, 1);
}


void
ngx_mitzu_redis_start(ngx_mitzu_redis_t *rc)
{
    if (rc->retry.timer_set) {
        ngx_del_timer(&rc->retry);
    }

    if (rc->class == NGX_MITZU_SENTINEL) {
        rc->server = ngx_mitzu_sentinel_dial(rc->pool);

    } else if (rc->conf->master.len != 0) {
        rc->state = NGX_MITZU_REDIS_LOCATING;
        ngx_mitzu_sentinel_locate(rc);
        return;

    } else {
        rc->server = rc->conf->servers.elts;
    }

    ngx_mitzu_resolve_start(rc);
}


static void
ngx_mitzu_redis_retry(ngx_event_t *ev)
{
    ngx_mitzu_redis_t  *rc = ev->data;

    if (rc->state == NGX_MITZU_REDIS_LOCATING) {
        ngx_mitzu_sentinel_timeout(rc);

    } else if (rc->state == NGX_MITZU_REDIS_IDLE
               || rc->state == NGX_MITZU_REDIS_DOWN)
    {
        ngx_mitzu_redis_start(rc);
    }
}


void
ngx_mitzu_redis_connect(ngx_mitzu_redis_t *rc, struct sockaddr *sockaddr,
    socklen_t socklen)
{
    ngx_int_t               res;
    ngx_connection_t       *c;
    ngx_peer_connection_t  *pc;

    ngx_memcpy(&rc->sockaddr, sockaddr, socklen);

    rc->name.data = rc->name_buf;
    rc->name.len = ngx_sock_ntop(&rc->sockaddr.sockaddr, socklen,
                                 rc->name_buf, NGX_SOCKADDR_STRLEN, 1);

    pc = &rc->peer;
    ngx_memzero(pc, sizeof(ngx_peer_connection_t));

    pc->sockaddr = &rc->sockaddr.sockaddr;
    pc->socklen = socklen;
    pc->name = &rc->name;
    pc->get = ngx_event_get_peer;
    pc->log = &rc->quiet;
    pc->log_error = NGX_ERROR_INFO;

    res = ngx_event_connect_peer(pc);

    if (res != NGX_OK && res != NGX_AGAIN) {
        ngx_mitzu_redis_fail(rc, ngx_socket_errno, "connect() failed");
        return;
    }

    c = pc->connection;
    c->data = rc;
    c->log = &rc->log;
    c->read->log = &rc->log;
    c->write->log = &rc->log;
    c->read->handler = ngx_mitzu_redis_read;
    c->write->handler = ngx_mitzu_redis_write;

    rc->connection = c;
    rc->state = NGX_MITZU_REDIS_CONNECTING;

    ngx_add_timer(c->read, rc->conf->connect_timeout);

    if (res == NGX_OK) {
        ngx_mitzu_redis_connected(rc);
    }
}


void
ngx_mitzu_redis_connected(ngx_mitzu_redis_t *rc)
{
    ngx_connection_t  *c;

    c = rc->connection;

    if (ngx_mitzu_redis_test(c) != NGX_OK) {
        ngx_mitzu_redis_fail(rc, ngx_socket_errno, "connect() failed");
        return;
    }

    if (ngx_tcp_nodelay(c) != NGX_OK) {
        ngx_mitzu_redis_fail(rc, 0, "setsockopt() failed");
        return;
    }

#if (NGX_SSL)

    if (rc->conf->ssl != NULL) {
        ngx_mitzu_tls_start(rc);
        return;
    }

#endif

    ngx_mitzu_redis_established(rc);
}


void
ngx_mitzu_redis_established(ngx_mitzu_redis_t *rc)
{
    rc->reader = redisReaderCreate();
    if (rc->reader == NULL) {
        ngx_mitzu_redis_fail(rc, 0, "no memory");
        return;
    }

    rc->state = NGX_MITZU_REDIS_HANDSHAKE;

    ngx_mitzu_redis_hello(rc);
}


ngx_int_t
ngx_mitzu_redis_test(ngx_connection_t *c)
{
    int        err;
    socklen_t  len;

    err = 0;
    len = sizeof(int);

    if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, (void *) &err, &len) == -1) {
        return NGX_ERROR;
    }

    if (err) {
        ngx_set_socket_errno(err);
        return NGX_ERROR;
    }

    return NGX_OK;
}


void
ngx_mitzu_redis_ready(ngx_mitzu_redis_t *rc)
{
    ngx_queue_t     *q;
    ngx_mitzu_op_t  *op;

    rc->state = NGX_MITZU_REDIS_READY;

    /* A sentinel is good when it has answered, too. */

    if (rc->class != NGX_MITZU_SENTINEL) {
        rc->backoff = NGX_MITZU_BACKOFF_MIN;
    }

    while (!ngx_queue_empty(&rc->backlog)) {
        q = ngx_queue_head(&rc->backlog);
        ngx_queue_remove(q);

        op = ngx_queue_data(q, ngx_mitzu_op_t, queue);
        ngx_mitzu_redis_enqueue(rc, op);
    }

    ngx_mitzu_pool_ready(rc);
    ngx_mitzu_redis_arm(rc);
}


void
ngx_mitzu_redis_fail(ngx_mitzu_redis_t *rc, ngx_err_t err, const char *reason)
{
    ngx_msec_t       wait;
    ngx_queue_t      failed, *q;
    ngx_mitzu_op_t  *op;

    if (rc->state == NGX_MITZU_REDIS_DOWN
        || rc->state == NGX_MITZU_REDIS_CLOSED)
    {
        return;
    }

    rc->may_queue = (rc->state == NGX_MITZU_REDIS_READY
                     && err != NGX_ETIMEDOUT);
    rc->state = NGX_MITZU_REDIS_DOWN;

    wait = rc->backoff / 2 + ngx_random() % (rc->backoff / 2 + 1);
    rc->backoff = ngx_min(rc->backoff * 2, NGX_MITZU_BACKOFF_MAX);

    rc->retry.cancelable = 1;
    ngx_add_timer(&rc->retry, wait);

    ngx_mitzu_pool_failed(rc, err, reason);
    ngx_mitzu_redis_reset(rc);

    /* What the handlers do finds this connection down and tidy. */

    ngx_queue_init(&failed);
    ngx_mitzu_confirm_stop(rc, &failed);
    ngx_queue_add(&failed, &rc->sent);
    ngx_queue_init(&rc->sent);
    ngx_queue_add(&failed, &rc->backlog);
    ngx_queue_init(&rc->backlog);
    rc->nops = 0;

    while (!ngx_queue_empty(&failed)) {
        q = ngx_queue_head(&failed);
        ngx_queue_remove(q);

        op = ngx_queue_data(q, ngx_mitzu_op_t, queue);
        ngx_mitzu_op_finish(op, MZ_UNAVAILABLE);
    }
}


/* Back to no connection; the operations stay where they are. */

static void
ngx_mitzu_redis_reset(ngx_mitzu_redis_t *rc)
{
    rc->generation++;
    rc->is_loading = 0;
    rc->is_owed = 0;
    rc->out = NULL;
    rc->last_out = &rc->out;

    ngx_mitzu_resolve_stop(rc);

    if (rc->flush.posted) {
        ngx_delete_posted_event(&rc->flush);
    }

    if (rc->connection != NULL) {

#if (NGX_SSL)
        ngx_mitzu_tls_close(rc);
#endif

        ngx_close_connection(rc->connection);
        rc->connection = NULL;
    }

    if (rc->reader != NULL) {
        redisReaderFree(rc->reader);
        rc->reader = NULL;
    }
}


/* Nobody is told. */

static void
ngx_mitzu_redis_forget(ngx_mitzu_redis_t *rc)
{
    ngx_queue_t     *q;
    ngx_mitzu_op_t  *op;

    while (!ngx_queue_empty(&rc->sent)) {
        q = ngx_queue_head(&rc->sent);
        ngx_queue_remove(q);

        op = ngx_queue_data(q, ngx_mitzu_op_t, queue);
        ngx_mitzu_op_free(op);
    }

    rc->nops = 0;
}


static u_char *
ngx_mitzu_redis_log(ngx_log_t *log, u_char *buf, size_t len)
{
    ngx_mitzu_redis_t  *rc;

    rc = log->data;

    return ngx_snprintf(buf, len, ", redis: \"%V\"", &rc->conf->url);
}
