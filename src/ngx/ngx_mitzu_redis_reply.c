
/*
 * redis_reply: what a reply leads to: the end of the oldest pipeline, scripts
 * that are loaded first, news for those who listen, or the search for
 * another Redis.
 */

#include "ngx/ngx_mitzu_redis.h"


static void ngx_mitzu_redis_deaf(ngx_mitzu_redis_t *rc,
    const redisReply *reply);
static void ngx_mitzu_redis_replied(ngx_mitzu_redis_t *rc,
    ngx_mitzu_op_t *op);
static ngx_uint_t ngx_mitzu_redis_is_elsewhere(const char *words);
static void ngx_mitzu_redis_reload(ngx_mitzu_redis_t *rc, ngx_mitzu_op_t *op);
static void ngx_mitzu_redis_loaded(ngx_mitzu_op_t *op, mz_rc_t rc);


void
ngx_mitzu_redis_dispatch(ngx_mitzu_redis_t *rc, redisReply *reply)
{
    ngx_queue_t     *q;
    ngx_mitzu_op_t  *op;

    if (rc->state == NGX_MITZU_REDIS_READY
        && (rc->class == NGX_MITZU_NOTIFY || rc->class == NGX_MITZU_SENTINEL))
    {
        rc->is_owed = 0;

        if (rc->class == NGX_MITZU_SENTINEL) {
            ngx_mitzu_sentinel_reply(rc->pool, reply);

        } else if (reply->type == REDIS_REPLY_ERROR) {
            ngx_mitzu_redis_deaf(rc, reply);

        } else {
            ngx_mitzu_hub_reply(&rc->pool->hub, reply);
        }

        mz_reply_free(reply);
        return;
    }

    q = ngx_queue_head(&rc->sent);
    op = ngx_queue_data(q, ngx_mitzu_op_t, queue);

    /* Of a long pipeline the first replies come before its end is sent. */

    if (ngx_queue_empty(&rc->sent) || op->buf.pos == op->buf.start
        || (op->missing <= 1 && op->buf.pos != op->buf.last))
    {
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

    ngx_mitzu_redis_replied(rc, op);
}


/*
 * A subscription was refused.  A new connection subscribes to all again, when
 * that is of use; calls look for news by themselves meanwhile.
 */

static void
ngx_mitzu_redis_deaf(ngx_mitzu_redis_t *rc, const redisReply *reply)
{
    u_char  reason[NGX_MITZU_REASON_MAX];

    ngx_cpystrn(reason, (u_char *) reply->str, sizeof(reason));
    ngx_mitzu_pool_refused(rc, (char *) reason);

    if (mz_reply_is_unavailable(reply)) {
        ngx_mitzu_redis_fail(rc, 0, (char *) reason);
    }
}


/*
 * What Redis cannot do now was not done: whoever waits is told that, and not
 * what an error may look like to those who expect a value.
 */

static void
ngx_mitzu_redis_replied(ngx_mitzu_redis_t *rc, ngx_mitzu_op_t *op)
{
    u_char       reason[NGX_MITZU_REASON_MAX];
    ngx_uint_t   generation;
    const char  *words;

    words = (rc->state == NGX_MITZU_REDIS_READY) ? ngx_mitzu_op_refusal(op)
                                                 : NULL;
    rc->nops--;
    rc->turn++;

    if (words == NULL) {

        if (op->is_durable) {
            ngx_mitzu_confirm(rc, op);

        } else {
            ngx_mitzu_op_finish(op, MZ_OK);
        }

        return;
    }

    generation = rc->generation;

    ngx_cpystrn(reason, (u_char *) words, sizeof(reason));
    ngx_mitzu_pool_refused(rc, (char *) reason);

    ngx_mitzu_op_finish(op, MZ_UNAVAILABLE);

    if (generation == rc->generation
        && ngx_mitzu_redis_is_elsewhere((char *) reason))
    {
        ngx_mitzu_pool_leave(rc->pool, (char *) reason);
    }
}


/*
 * A replica, or a server that does not have its data yet: perhaps the name,
 * the proxy or the sentinels lead to another one by now.  Redis 6 puts words
 * of its own before what a script met.
 */

static ngx_uint_t
ngx_mitzu_redis_is_elsewhere(const char *words)
{
    return ngx_strstr(words, "READONLY ") != NULL
           || ngx_strstr(words, "LOADING ") != NULL
           || ngx_strstr(words, "MASTERDOWN ") != NULL;
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

    conn = op->data;
    conn->is_loading = 0;

    if (rc != MZ_OK) {
        return;
    }

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
