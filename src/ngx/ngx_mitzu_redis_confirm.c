
/*
 * redis_confirm: an operation that must not be lost with the master ends when
 * replicas have it.  Redis has executed it; then a WAIT, which covers all that
 * was written on the connection before, is asked for all that stand here.
 * While it is under way Redis executes nothing else of this connection, so
 * what came meanwhile shares the next one.
 *
 * Too few replicas: nobody knows whether a failover would lose it, so it is
 * unavailable.  Who asks again meets the run that was made, and WAITs again.
 */

#include "ngx/ngx_mitzu_redis.h"


static void ngx_mitzu_confirm_ask(ngx_event_t *ev);
static void ngx_mitzu_confirm_add(ngx_mitzu_redis_t *rc, mz_cmds_t *cmds);
static void ngx_mitzu_confirm_done(ngx_mitzu_op_t *wait, mz_rc_t rc);
static mz_rc_t ngx_mitzu_confirm_check(ngx_mitzu_redis_t *rc,
    const redisReply *reply);


void
ngx_mitzu_confirm_init(ngx_mitzu_redis_t *rc)
{
    ngx_queue_init(&rc->written);
    ngx_queue_init(&rc->confirming);

    rc->confirm.handler = ngx_mitzu_confirm_ask;
    rc->confirm.data = rc;
    rc->confirm.log = &rc->log;
}


void
ngx_mitzu_confirm(ngx_mitzu_redis_t *rc, ngx_mitzu_op_t *op)
{
    ngx_queue_insert_tail(&rc->written, &op->queue);

    if (!rc->is_waiting && !rc->confirm.posted) {
        ngx_post_event(&rc->confirm, &ngx_posted_events);
    }
}


void
ngx_mitzu_confirm_stop(ngx_mitzu_redis_t *rc, ngx_queue_t *ops)
{
    ngx_queue_add(ops, &rc->confirming);
    ngx_queue_init(&rc->confirming);

    ngx_queue_add(ops, &rc->written);
    ngx_queue_init(&rc->written);

    rc->is_waiting = 0;

    if (rc->confirm.posted) {
        ngx_delete_posted_event(&rc->confirm);
    }
}


static void
ngx_mitzu_confirm_ask(ngx_event_t *ev)
{
    mz_cmds_t           cmds;
    ngx_mitzu_redis_t  *rc;

    rc = ev->data;

    mz_cmds_init(&cmds);
    ngx_mitzu_confirm_add(rc, &cmds);

    if (ngx_mitzu_redis_send_now(rc, &cmds, ngx_mitzu_confirm_done, rc)
        == NULL)
    {
        ngx_mitzu_redis_fail(rc, 0, "no room for WAIT");
        return;
    }

    rc->is_waiting = 1;

    ngx_queue_add(&rc->confirming, &rc->written);
    ngx_queue_init(&rc->written);
}


static void
ngx_mitzu_confirm_add(ngx_mitzu_redis_t *rc, mz_cmds_t *cmds)
{
    u_char    replicas[NGX_INT64_LEN], timeout[NGX_INT64_LEN];
    mz_str_t  argv[3];

    argv[0] = mz_str("WAIT");

    argv[1].data = (char *) replicas;
    argv[1].len = ngx_sprintf(replicas, "%ui", rc->conf->wait_replicas)
                  - replicas;

    argv[2].data = (char *) timeout;
    argv[2].len = ngx_sprintf(timeout, "%M", rc->conf->wait_timeout)
                  - timeout;

    mz_cmds_add(cmds, 3, argv);
}


/* Also when the WAIT itself could not be done. */

static void
ngx_mitzu_confirm_done(ngx_mitzu_op_t *wait, mz_rc_t rc)
{
    ngx_queue_t         done, *q;
    ngx_mitzu_op_t     *op;
    ngx_mitzu_redis_t  *conn;

    conn = wait->data;

    if (rc == MZ_OK) {
        rc = ngx_mitzu_confirm_check(conn, wait->replies[0]);
    }

    /* The handlers may do anything, so this is tidy before. */

    ngx_queue_init(&done);
    ngx_queue_add(&done, &conn->confirming);
    ngx_queue_init(&conn->confirming);

    conn->is_waiting = 0;

    if (!ngx_queue_empty(&conn->written)) {
        ngx_post_event(&conn->confirm, &ngx_posted_events);
    }

    while (!ngx_queue_empty(&done)) {
        q = ngx_queue_head(&done);
        ngx_queue_remove(q);

        op = ngx_queue_data(q, ngx_mitzu_op_t, queue);
        ngx_mitzu_op_finish(op, rc);
    }
}


static mz_rc_t
ngx_mitzu_confirm_check(ngx_mitzu_redis_t *rc, const redisReply *reply)
{
    u_char  reason[NGX_MITZU_REASON_MAX];

    if (mz_reply_int(reply, -1) >= (int64_t) rc->conf->wait_replicas) {
        return MZ_OK;
    }

    if (reply->type == REDIS_REPLY_ERROR) {
        (void) ngx_snprintf(reason, sizeof(reason), "WAIT refused: %s%Z",
                            reply->str);

    } else {
        (void) ngx_snprintf(reason, sizeof(reason), "wait_replicas=%ui, but "
                            "%L confirmed within wait_timeout%Z",
                            rc->conf->wait_replicas, mz_reply_int(reply, 0));
    }

    reason[sizeof(reason) - 1] = '\0';
    ngx_mitzu_pool_refused(rc, (char *) reason);

    return MZ_UNAVAILABLE;
}
