
/*
 * ended: which sessions were deleted before they expired.  A session id
 * verifies by itself, so this is all a worker must know besides, and it knows
 * it by heart: from the zset mitzu:ended when it comes, from the control
 * channel afterwards.  Bounded: the oldest are forgotten first.
 */

#include "ngx/ngx_mitzu_redis.h"


typedef struct {
    ngx_str_node_t  node;
    ngx_queue_t     queue;
    int64_t         expires_s;
    u_char          name[MZ_SESSION_HEX];
} ngx_mitzu_ended_node_t;


static void ngx_mitzu_ended_loaded(ngx_mitzu_op_t *op, mz_rc_t rc);
static ngx_mitzu_ended_node_t *ngx_mitzu_ended_find(
    ngx_mitzu_ended_t *ended, mz_str_t session);
static void ngx_mitzu_ended_tidy(ngx_mitzu_ended_t *ended);
static void ngx_mitzu_ended_drop(ngx_mitzu_ended_t *ended,
    ngx_mitzu_ended_node_t *node);


void
ngx_mitzu_ended_init(ngx_mitzu_ended_t *ended)
{
    ngx_rbtree_init(&ended->rbtree, &ended->sentinel,
                    ngx_str_rbtree_insert_value);
    ngx_queue_init(&ended->queue);
}


void
ngx_mitzu_ended_destroy(ngx_mitzu_ended_t *ended)
{
    while (!ngx_queue_empty(&ended->queue)) {
        ngx_mitzu_ended_drop(ended, ngx_queue_data(
                                        ngx_queue_head(&ended->queue),
                                        ngx_mitzu_ended_node_t, queue));
    }
}


/* What is under way may have left Redis before the last message was lost. */

void
ngx_mitzu_ended_load(ngx_mitzu_pool_t *pool)
{
    mz_cmds_t           cmds;
    ngx_mitzu_ended_t  *ended;

    ended = &pool->ended;
    ended->is_due = 1;

    if (ended->is_loading) {
        return;
    }

    mz_cmds_init(&cmds);
    cmds.is_bulk = true;

    mz_control_ended(&cmds, &pool->conf->store, (int64_t) ngx_time());

    if (ngx_mitzu_pool_send(pool, &cmds, ngx_mitzu_ended_loaded, pool)
        != NULL)
    {
        ended->is_loading = 1;
        ended->is_due = 0;
    }
}


void
ngx_mitzu_ended_ready(ngx_mitzu_pool_t *pool)
{
    if (pool->ended.is_due) {
        ngx_mitzu_ended_load(pool);
    }
}


static void
ngx_mitzu_ended_loaded(ngx_mitzu_op_t *op, mz_rc_t rc)
{
    size_t             i, n;
    int64_t            expires_s;
    mz_err_t           err;
    mz_str_t           session;
    ngx_mitzu_pool_t  *pool;

    pool = op->data;
    pool->ended.is_loading = 0;

    if (rc != MZ_OK) {
        pool->ended.is_due = 1;
        return;
    }

    if (mz_control_ended_decode(op->replies[0], &n, &err) != MZ_OK) {
        ngx_log_error(NGX_LOG_ERR, pool->log, 0,
                      "mitzu mcp: ended sessions: %s", err.msg);
        return;
    }

    pool->ended.is_known = 1;

    /* The newest come first; the list is kept in order of age. */

    for (i = n; i > 0; i--) {
        if (mz_control_ended_at(op->replies[0], i - 1, &session, &expires_s)
            == MZ_OK)
        {
            ngx_mitzu_ended_add(&pool->ended, session, expires_s);
        }
    }

    ngx_mitzu_ended_ready(pool);
    ngx_mitzu_settle_look(pool);
}


void
ngx_mitzu_ended_add(ngx_mitzu_ended_t *ended, mz_str_t session,
    int64_t expires_s)
{
    ngx_mitzu_ended_node_t  *node;

    if (session.len != MZ_SESSION_HEX
        || expires_s <= (int64_t) ngx_time()
        || ngx_mitzu_ended_find(ended, session) != NULL)
    {
        return;
    }

    ngx_mitzu_ended_tidy(ended);

    node = ngx_alloc(sizeof(ngx_mitzu_ended_node_t), ngx_cycle->log);
    if (node == NULL) {
        return;
    }

    ngx_memcpy(node->name, session.data, MZ_SESSION_HEX);

    node->expires_s = expires_s;
    node->node.str.data = node->name;
    node->node.str.len = MZ_SESSION_HEX;
    node->node.node.key = ngx_crc32_short(node->name, MZ_SESSION_HEX);

    ngx_rbtree_insert(&ended->rbtree, &node->node.node);
    ngx_queue_insert_tail(&ended->queue, &node->queue);
    ended->n++;
}


ngx_uint_t
ngx_mitzu_ended_has(ngx_mitzu_ended_t *ended, mz_str_t session)
{
    return ngx_mitzu_ended_find(ended, session) != NULL;
}


static ngx_mitzu_ended_node_t *
ngx_mitzu_ended_find(ngx_mitzu_ended_t *ended, mz_str_t session)
{
    uint32_t   hash;
    ngx_str_t  name;

    name.data = (u_char *) session.data;
    name.len = session.len;
    hash = ngx_crc32_short(name.data, name.len);

    return (ngx_mitzu_ended_node_t *) ngx_str_rbtree_lookup(&ended->rbtree,
                                                            &name, hash);
}


/* Room for one more; of those that expired two at a time, so it shrinks. */

static void
ngx_mitzu_ended_tidy(ngx_mitzu_ended_t *ended)
{
    ngx_uint_t               i;
    ngx_mitzu_ended_node_t  *node;

    for (i = 0; i < 2 && !ngx_queue_empty(&ended->queue); i++) {
        node = ngx_queue_data(ngx_queue_head(&ended->queue),
                              ngx_mitzu_ended_node_t, queue);

        if (ended->n < MZ_CONTROL_ENDED_MAX
            && node->expires_s > (int64_t) ngx_time())
        {
            return;
        }

        ngx_mitzu_ended_drop(ended, node);
    }
}


static void
ngx_mitzu_ended_drop(ngx_mitzu_ended_t *ended, ngx_mitzu_ended_node_t *node)
{
    ngx_rbtree_delete(&ended->rbtree, &node->node.node);
    ngx_queue_remove(&node->queue);
    ended->n--;

    ngx_free(node);
}
