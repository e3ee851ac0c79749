
/*
 * redis: one connection.
 *
 *     IDLE ──> RESOLVING ──> CONNECTING ──> HANDSHAKE ──> READY
 *                   │             │             │           │
 *                   └─────────────┴──────┬──────┴───────────┘ fails
 *                                        v
 *                        DOWN ──(100 ms .. 5 s)──> RESOLVING
 *
 * While it comes up operations wait in the backlog; while it is DOWN they
 * are refused at once.  The read timer does for all: the time to become
 * ready, the time to the next reply, and the pause before a PING.
 */

#include "ngx/ngx_mitzu_redis.h"


#define NGX_MITZU_BACKOFF_MIN   100             /* ms */
#define NGX_MITZU_BACKOFF_MAX   5000
#define NGX_MITZU_PING_IDLE     10000

#define NGX_MITZU_RECV_BUF      (64 * 1024)
#define NGX_MITZU_RECV_TURN     (1024 * 1024)   /* then others have a turn */


static void ngx_mitzu_redis_reset(ngx_mitzu_redis_t *rc);
static void ngx_mitzu_redis_connected(ngx_mitzu_redis_t *rc);
static ngx_int_t ngx_mitzu_redis_test(ngx_connection_t *c);
static void ngx_mitzu_redis_enqueue(ngx_mitzu_redis_t *rc,
    ngx_mitzu_op_t *op);
static void ngx_mitzu_redis_flush(ngx_event_t *ev);
static void ngx_mitzu_redis_write(ngx_event_t *wev);
static void ngx_mitzu_redis_read(ngx_event_t *rev);
static ngx_int_t ngx_mitzu_redis_recv(ngx_mitzu_redis_t *rc);
static ngx_int_t ngx_mitzu_redis_parse(ngx_mitzu_redis_t *rc);
static void ngx_mitzu_redis_dispatch(ngx_mitzu_redis_t *rc,
    redisReply *reply);
static void ngx_mitzu_redis_reload(ngx_mitzu_redis_t *rc, ngx_mitzu_op_t *op);
static void ngx_mitzu_redis_loaded(ngx_mitzu_op_t *op, mz_rc_t rc);
static void ngx_mitzu_redis_timeout(ngx_mitzu_redis_t *rc);
static ngx_uint_t ngx_mitzu_redis_is_busy(ngx_mitzu_redis_t *rc);
static void ngx_mitzu_redis_arm(ngx_mitzu_redis_t *rc);
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

    ngx_queue_init(&rc->sent);
    ngx_queue_init(&rc->backlog);
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
    ngx_queue_t     *q;
    ngx_mitzu_op_t  *op;

    rc->state = NGX_MITZU_REDIS_CLOSED;
    ngx_mitzu_redis_reset(rc);

    if (rc->retry.timer_set) {
        ngx_del_timer(&rc->retry);
    }

    ngx_queue_add(&rc->sent, &rc->backlog);

    while (!ngx_queue_empty(&rc->sent)) {
        q = ngx_queue_head(&rc->sent);
        ngx_queue_remove(q);

        op = ngx_queue_data(q, ngx_mitzu_op_t, queue);
        ngx_mitzu_op_free(op);
    }
}


void
ngx_mitzu_redis_start(ngx_mitzu_redis_t *rc)
{
    if (rc->retry.timer_set) {
        ngx_del_timer(&rc->retry);
    }

    rc->state = NGX_MITZU_REDIS_RESOLVING;
    ngx_mitzu_resolve_start(rc);
}


static void
ngx_mitzu_redis_retry(ngx_event_t *ev)
{
    ngx_mitzu_redis_t  *rc = ev->data;

    if (rc->state == NGX_MITZU_REDIS_IDLE
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


static void
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

    rc->reader = redisReaderCreate();
    if (rc->reader == NULL) {
        ngx_mitzu_redis_fail(rc, 0, "no memory");
        return;
    }

    rc->state = NGX_MITZU_REDIS_HANDSHAKE;

    ngx_mitzu_redis_hello(rc);
}


static ngx_int_t
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
    rc->backoff = NGX_MITZU_BACKOFF_MIN;

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

    rc->state = NGX_MITZU_REDIS_DOWN;

    ngx_mitzu_pool_failed(rc, err, reason);
    ngx_mitzu_redis_reset(rc);

    wait = rc->backoff / 2 + ngx_random() % (rc->backoff / 2 + 1);
    rc->backoff = ngx_min(rc->backoff * 2, NGX_MITZU_BACKOFF_MAX);
    ngx_add_timer(&rc->retry, wait);

    /* What the handlers do finds this connection down and tidy. */

    ngx_queue_init(&failed);
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
    rc->is_pinging = 0;
    rc->out = NULL;
    rc->last_out = &rc->out;

    ngx_mitzu_resolve_stop(rc);

    if (rc->flush.posted) {
        ngx_delete_posted_event(&rc->flush);
    }

    if (rc->connection != NULL) {
        ngx_close_connection(rc->connection);
        rc->connection = NULL;
    }

    if (rc->reader != NULL) {
        redisReaderFree(rc->reader);
        rc->reader = NULL;
    }
}


ngx_mitzu_op_t *
ngx_mitzu_redis_send(ngx_mitzu_redis_t *rc, mz_cmds_t *cmds,
    ngx_mitzu_op_pt handler, void *data)
{
    ngx_mitzu_op_t  *op;

    if (rc->state == NGX_MITZU_REDIS_READY) {
        return ngx_mitzu_redis_send_now(rc, cmds, handler, data);
    }

    if (rc->state == NGX_MITZU_REDIS_DOWN
        || rc->state == NGX_MITZU_REDIS_CLOSED
        || rc->nops >= NGX_MITZU_OPS_MAX)
    {
        mz_cmds_reset(cmds);
        return NULL;
    }

    op = ngx_mitzu_op_create(cmds, handler, data, &rc->log);
    if (op == NULL) {
        return NULL;
    }

    ngx_queue_insert_tail(&rc->backlog, &op->queue);
    rc->nops++;

    return op;
}


ngx_mitzu_op_t *
ngx_mitzu_redis_send_now(ngx_mitzu_redis_t *rc, mz_cmds_t *cmds,
    ngx_mitzu_op_pt handler, void *data)
{
    ngx_mitzu_op_t  *op;

    if (rc->nops >= NGX_MITZU_OPS_MAX) {
        mz_cmds_reset(cmds);
        return NULL;
    }

    op = ngx_mitzu_op_create(cmds, handler, data, &rc->log);
    if (op == NULL) {
        return NULL;
    }

    rc->nops++;
    ngx_mitzu_redis_enqueue(rc, op);

    return op;
}


static void
ngx_mitzu_redis_enqueue(ngx_mitzu_redis_t *rc, ngx_mitzu_op_t *op)
{
    ngx_queue_insert_tail(&rc->sent, &op->queue);

    op->out.next = NULL;
    *rc->last_out = &op->out;
    rc->last_out = &op->out.next;

    /* One send for all that this turn of the event loop adds. */

    if (!rc->flush.posted) {
        ngx_post_event(&rc->flush, &ngx_posted_events);
    }
}


static void
ngx_mitzu_redis_flush(ngx_event_t *ev)
{
    ngx_chain_t        *cl;
    ngx_queue_t        *q;
    ngx_mitzu_op_t     *op;
    ngx_connection_t   *c;
    ngx_mitzu_redis_t  *rc;

    rc = ev->data;
    c = rc->connection;

    if (rc->out != NULL && c->write->ready) {
        cl = c->send_chain(c, rc->out, 0);

        if (cl == NGX_CHAIN_ERROR) {
            ngx_mitzu_redis_fail(rc, 0, "send() failed");
            return;
        }

        rc->out = cl;

        if (cl == NULL) {
            rc->last_out = &rc->out;
        }
    }

    /* Nothing answers to commands like SUBSCRIBE: sent is done. */

    while (!ngx_queue_empty(&rc->sent)) {
        q = ngx_queue_head(&rc->sent);
        op = ngx_queue_data(q, ngx_mitzu_op_t, queue);

        if (op->n != 0 || op->buf.pos != op->buf.last) {
            break;
        }

        ngx_queue_remove(q);
        rc->nops--;
        ngx_mitzu_op_free(op);
    }

    if (ngx_handle_write_event(c->write, 0) != NGX_OK) {
        ngx_mitzu_redis_fail(rc, 0, "no write event");
        return;
    }

    /* Sends do not put off the time a reply is due. */

    if (rc->state == NGX_MITZU_REDIS_READY
        && (!c->read->timer_set || c->read->cancelable))
    {
        ngx_mitzu_redis_arm(rc);
    }
}


static void
ngx_mitzu_redis_write(ngx_event_t *wev)
{
    ngx_connection_t   *c;
    ngx_mitzu_redis_t  *rc;

    c = wev->data;
    rc = c->data;

    if (rc->state == NGX_MITZU_REDIS_CONNECTING) {
        ngx_mitzu_redis_connected(rc);
        return;
    }

    ngx_mitzu_redis_flush(&rc->flush);
}


static void
ngx_mitzu_redis_read(ngx_event_t *rev)
{
    ngx_connection_t   *c;
    ngx_mitzu_redis_t  *rc;

    c = rev->data;
    rc = c->data;

    if (c->close) {
        /* worker_shutdown_timeout is over */
        ngx_mitzu_redis_fail(rc, 0, "closed by the shutdown of this worker");
        return;
    }

    if (rev->timedout) {
        rev->timedout = 0;
        ngx_mitzu_redis_timeout(rc);
        return;
    }

    if (rc->state == NGX_MITZU_REDIS_CONNECTING) {
        if (ngx_mitzu_redis_test(c) != NGX_OK) {
            ngx_mitzu_redis_fail(rc, ngx_socket_errno, "connect() failed");
        }

        return;
    }

    if (ngx_mitzu_redis_recv(rc) != NGX_OK) {
        return;
    }

    if (ngx_handle_read_event(rev, 0) != NGX_OK) {
        ngx_mitzu_redis_fail(rc, 0, "no read event");
        return;
    }

    ngx_mitzu_redis_arm(rc);
}


/* NGX_OK: all there was, or a turn's worth; NGX_DONE: the connection fell. */

static ngx_int_t
ngx_mitzu_redis_recv(ngx_mitzu_redis_t *rc)
{
    size_t             total;
    ssize_t            n;
    u_char             buf[NGX_MITZU_RECV_BUF];
    ngx_connection_t  *c;

    c = rc->connection;

    for (total = 0; total < NGX_MITZU_RECV_TURN; total += n) {
        n = c->recv(c, buf, sizeof(buf));

        if (n == NGX_AGAIN) {
            return NGX_OK;
        }

        if (n <= 0) {
            ngx_mitzu_redis_fail(rc, 0, "redis closed the connection");
            return NGX_DONE;
        }

        if (redisReaderFeed(rc->reader, (char *) buf, n) != REDIS_OK) {
            ngx_mitzu_redis_fail(rc, 0, rc->reader->errstr);
            return NGX_DONE;
        }

        if (ngx_mitzu_redis_parse(rc) != NGX_OK) {
            return NGX_DONE;
        }
    }

    if (!c->read->posted) {
        ngx_post_event(c->read, &ngx_posted_next_events);
    }

    return NGX_OK;
}


static ngx_int_t
ngx_mitzu_redis_parse(ngx_mitzu_redis_t *rc)
{
    void        *reply;
    ngx_uint_t   generation;

    for ( ;; ) {
        if (redisReaderGetReply(rc->reader, &reply) != REDIS_OK) {
            ngx_mitzu_redis_fail(rc, 0, rc->reader->errstr);
            return NGX_DONE;
        }

        if (reply == NULL) {
            break;
        }

        generation = rc->generation;

        ngx_mitzu_redis_dispatch(rc, reply);

        /* What was called may have torn this connection down. */

        if (generation != rc->generation) {
            return NGX_DONE;
        }
    }

    if (rc->reader->len > NGX_MITZU_REPLY_MAX) {
        ngx_mitzu_redis_fail(rc, 0, "a reply is too large");
        return NGX_DONE;
    }

    return NGX_OK;
}


static void
ngx_mitzu_redis_dispatch(ngx_mitzu_redis_t *rc, redisReply *reply)
{
    ngx_queue_t     *q;
    ngx_mitzu_op_t  *op;

    if (rc->class == NGX_MITZU_NOTIFY && rc->state == NGX_MITZU_REDIS_READY) {
        rc->is_pinging = 0;
        ngx_mitzu_hub_reply(&rc->pool->hub, reply);
        mz_reply_free(reply);
        return;
    }

    q = ngx_queue_head(&rc->sent);
    op = ngx_queue_data(q, ngx_mitzu_op_t, queue);

    if (ngx_queue_empty(&rc->sent) || op->buf.pos != op->buf.last) {
        mz_reply_free(reply);
        ngx_mitzu_redis_fail(rc, 0, "a reply to no command");
        return;
    }

    if (ngx_mitzu_op_reply(op, reply) != NGX_OK) {
        return;
    }

    ngx_queue_remove(q);

    if (ngx_mitzu_op_needs_scripts(op)) {
        ngx_mitzu_redis_reload(rc, op);
        return;
    }

    rc->nops--;
    ngx_mitzu_op_finish(op, MZ_OK);
}


/* The load goes first, and Redis answers in order. */

static void
ngx_mitzu_redis_reload(ngx_mitzu_redis_t *rc, ngx_mitzu_op_t *op)
{
    mz_cmds_t  cmds;

    if (!rc->is_loading) {
        mz_cmds_init(&cmds);
        mz_cmds_add_load(&cmds);

        if (ngx_mitzu_redis_send_now(rc, &cmds, ngx_mitzu_redis_loaded, rc)
            != NULL)
        {
            rc->is_loading = 1;
        }
    }

    ngx_mitzu_redis_enqueue(rc, op);
}


static void
ngx_mitzu_redis_loaded(ngx_mitzu_op_t *op, mz_rc_t rc)
{
    ngx_uint_t          i;
    ngx_mitzu_redis_t  *conn;

    if (rc != MZ_OK) {
        return;
    }

    conn = op->data;
    conn->is_loading = 0;

    for (i = 0; i < op->n; i++) {
        if (op->replies[i]->type == REDIS_REPLY_ERROR) {
            ngx_log_error(NGX_LOG_ERR, &conn->log, 0,
                          "mitzu mcp: SCRIPT LOAD refused: %s",
                          op->replies[i]->str);
            return;
        }
    }

    ngx_log_error(NGX_LOG_INFO, &conn->log, 0,
                  "mitzu mcp: scripts loaded into redis");
}


static void
ngx_mitzu_redis_timeout(ngx_mitzu_redis_t *rc)
{
    mz_str_t   ping;
    mz_cmds_t  cmds;

    if (rc->state != NGX_MITZU_REDIS_READY) {
        ngx_mitzu_redis_fail(rc, NGX_ETIMEDOUT, "not ready in time");
        return;
    }

    if (ngx_mitzu_redis_is_busy(rc)) {
        ngx_mitzu_redis_fail(rc, NGX_ETIMEDOUT, "no reply in time");
        return;
    }

    ping = mz_str("PING");

    mz_cmds_init(&cmds);
    mz_cmds_add(&cmds, 1, &ping);

    if (rc->class == NGX_MITZU_NOTIFY) {
        cmds.n = 0;
        rc->is_pinging = 1;
    }

    (void) ngx_mitzu_redis_send_now(rc, &cmds, NULL, NULL);

    ngx_mitzu_redis_arm(rc);
}


static ngx_uint_t
ngx_mitzu_redis_is_busy(ngx_mitzu_redis_t *rc)
{
    return rc->is_pinging || !ngx_queue_empty(&rc->sent);
}


/* A worker that quits waits for replies, not for the next PING. */

static void
ngx_mitzu_redis_arm(ngx_mitzu_redis_t *rc)
{
    ngx_event_t  *rev;
    ngx_uint_t    is_busy;

    if (rc->state != NGX_MITZU_REDIS_READY) {
        return;
    }

    rev = rc->connection->read;
    is_busy = ngx_mitzu_redis_is_busy(rc);

    rev->cancelable = !is_busy;
    ngx_add_timer(rev, is_busy ? rc->conf->timeout : NGX_MITZU_PING_IDLE);
}


static u_char *
ngx_mitzu_redis_log(ngx_log_t *log, u_char *buf, size_t len)
{
    ngx_mitzu_redis_t  *rc;

    rc = log->data;

    return ngx_snprintf(buf, len, ", redis: \"%V\"", &rc->conf->url);
}
