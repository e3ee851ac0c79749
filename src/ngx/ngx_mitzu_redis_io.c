
/*
 * redis_io: what goes over a connection: pipelines out, one send for all of a
 * turn of the event loop, and replies in, each to the oldest pipeline that is
 * owed one.  The read timer does for all: the time to become ready, the time
 * to the next reply, and the pause before a PING.
 */

#include "ngx/ngx_mitzu_redis.h"


#define NGX_MITZU_PING_IDLE     10000           /* ms */

#define NGX_MITZU_RECV_BUF      (64 * 1024)
#define NGX_MITZU_RECV_TURN     (1024 * 1024)   /* then others have a turn */
#define NGX_MITZU_RECV_OPS      32              /* likewise */

/* The reader moves what it still holds after each reply: hold little. */
#define NGX_MITZU_FEED_MAX      (16 * 1024)


static ngx_int_t ngx_mitzu_redis_recv(ngx_mitzu_redis_t *rc);
static void ngx_mitzu_redis_lost(ngx_mitzu_redis_t *rc, const char *reason);
static ngx_int_t ngx_mitzu_redis_feed(ngx_mitzu_redis_t *rc, u_char *p,
    size_t len);
static ngx_int_t ngx_mitzu_redis_parse(ngx_mitzu_redis_t *rc);
static void ngx_mitzu_redis_timeout(ngx_mitzu_redis_t *rc);
static ngx_uint_t ngx_mitzu_redis_is_busy(ngx_mitzu_redis_t *rc);


ngx_uint_t
ngx_mitzu_redis_accepts(ngx_mitzu_redis_t *rc)
{
    if (rc->nops >= NGX_MITZU_OPS_MAX) {
        return 0;
    }

    switch (rc->state) {

    case NGX_MITZU_REDIS_DOWN:
        return rc->may_queue;

    case NGX_MITZU_REDIS_CLOSED:
        return 0;

    default:
        return 1;
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

    if (!ngx_mitzu_redis_accepts(rc)) {
        mz_cmds_free(cmds);
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
        mz_cmds_free(cmds);
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


void
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


void
ngx_mitzu_redis_flush(ngx_event_t *ev)
{
    ngx_chain_t        *cl;
    ngx_queue_t        *q;
    ngx_mitzu_op_t     *op;
    ngx_connection_t   *c;
    ngx_mitzu_redis_t  *rc;

    rc = ev->data;
    c = rc->connection;

    if ((rc->out != NULL || c->buffered) && c->write->ready) {
        cl = c->send_chain(c, rc->out, 0);

        /* TLS gathers small pieces; now it shall send them. */

        if (cl == NULL && c->buffered) {
            cl = c->send_chain(c, NULL, 0);
        }

        if (cl == NGX_CHAIN_ERROR) {
            ngx_mitzu_redis_lost(rc, "send() failed");
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


void
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


void
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


/*
 * NGX_OK: all there was, or a turn's worth; NGX_DONE: the connection fell.
 * Small replies are taken a few at a time, for each wakes a call that has
 * something to do and to send; large ones are rather many bytes than calls.
 */

static ngx_int_t
ngx_mitzu_redis_recv(ngx_mitzu_redis_t *rc)
{
    size_t             size, total;
    ssize_t            n;
    u_char             buf[NGX_MITZU_RECV_BUF];
    ngx_connection_t  *c;

    c = rc->connection;
    rc->turn = 0;
    size = (rc->class == NGX_MITZU_BULK) ? sizeof(buf) : NGX_MITZU_FEED_MAX;

    for (total = 0;
         total < NGX_MITZU_RECV_TURN && rc->turn < NGX_MITZU_RECV_OPS;
         total += n)
    {
        n = c->recv(c, buf, size);

        if (n == NGX_AGAIN) {
            return NGX_OK;
        }

        if (n <= 0) {
            ngx_mitzu_redis_lost(rc, "redis closed the connection");
            return NGX_DONE;
        }

        if (ngx_mitzu_redis_feed(rc, buf, n) != NGX_OK) {
            return NGX_DONE;
        }
    }

    if (!c->read->posted) {
        ngx_post_event(c->read, &ngx_posted_next_events);
    }

    return NGX_OK;
}


static void
ngx_mitzu_redis_lost(ngx_mitzu_redis_t *rc, const char *reason)
{
#if (NGX_SSL)
    reason = ngx_mitzu_tls_reason(rc, reason);
#endif

    ngx_mitzu_redis_fail(rc, 0, reason);
}


static ngx_int_t
ngx_mitzu_redis_feed(ngx_mitzu_redis_t *rc, u_char *p, size_t len)
{
    size_t  n;

    while (len > 0) {
        n = ngx_min(len, NGX_MITZU_FEED_MAX);

        if (redisReaderFeed(rc->reader, (char *) p, n) != REDIS_OK) {
            ngx_mitzu_redis_fail(rc, 0, rc->reader->errstr);
            return NGX_DONE;
        }

        if (ngx_mitzu_redis_parse(rc) != NGX_OK) {
            return NGX_DONE;
        }

        p += n;
        len -= n;
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

    if (rc->class == NGX_MITZU_NOTIFY || rc->class == NGX_MITZU_SENTINEL) {
        cmds.n = 0;
        rc->is_owed = 1;
    }

    (void) ngx_mitzu_redis_send_now(rc, &cmds, NULL, NULL);

    ngx_mitzu_redis_arm(rc);
}


static ngx_uint_t
ngx_mitzu_redis_is_busy(ngx_mitzu_redis_t *rc)
{
    return rc->is_owed || !ngx_queue_empty(&rc->sent);
}


/* A worker that quits waits for replies, not for the next PING. */

void
ngx_mitzu_redis_arm(ngx_mitzu_redis_t *rc)
{
    ngx_msec_t    timeout;
    ngx_event_t  *rev;
    ngx_uint_t    is_busy;

    if (rc->state != NGX_MITZU_REDIS_READY) {
        return;
    }

    rev = rc->connection->read;
    is_busy = ngx_mitzu_redis_is_busy(rc);

    /* WAIT holds up what is behind it. */

    timeout = rc->conf->timeout;

    if (rc->class == NGX_MITZU_DURABLE) {
        timeout += rc->conf->wait_timeout;
    }

    rev->cancelable = !is_busy;
    ngx_add_timer(rev, is_busy ? timeout : NGX_MITZU_PING_IDLE);
}
