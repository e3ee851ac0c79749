
/*
 * pool: the connections to one Redis, and what is said of an outage: one line
 * when it begins, one when it ends.
 */

#include "ngx/ngx_mitzu_redis.h"


#define NGX_MITZU_REFUSED_PAUSE  10000      /* ms, between two such lines */


static ngx_mitzu_redis_t *ngx_mitzu_pool_choose(ngx_mitzu_pool_t *pool,
    const mz_cmds_t *cmds);


static const char  *ngx_mitzu_classes[] = {
    "fast", "bulk", "notify", "durable"
};


ngx_mitzu_pool_t *
ngx_mitzu_pool_create(ngx_mitzu_redis_conf_t *conf,
    ngx_mitzu_worker_t *worker)
{
    ngx_uint_t         i;
    ngx_mitzu_pool_t  *pool;

    pool = ngx_calloc(sizeof(ngx_mitzu_pool_t), worker->log);
    if (pool == NULL) {
        return NULL;
    }

    pool->conf = conf;
    pool->worker = worker;
    pool->log = worker->log;
    pool->created = ngx_current_msec;

    pool->nconns = ngx_mitzu_pool_size(conf);

    if (ngx_worker == 0) {
        ngx_mitzu_redis_budget(conf, pool->log);
    }

    ngx_mitzu_settle_init(pool);
    ngx_mitzu_ended_init(&pool->ended);
    ngx_mitzu_hub_init(&pool->hub, pool);

    if (conf->master.len != 0) {
        ngx_mitzu_sentinel_init(pool);
    }

    for (i = 0; i < pool->nconns; i++) {
        ngx_mitzu_redis_init(&pool->conns[i], pool, i);
    }

    return pool;
}


ngx_uint_t
ngx_mitzu_pool_size(ngx_mitzu_redis_conf_t *conf)
{
    return conf->wait_replicas ? NGX_MITZU_CLASSES : NGX_MITZU_DURABLE;
}


void
ngx_mitzu_pool_destroy(ngx_mitzu_pool_t *pool)
{
    ngx_uint_t  i;

    for (i = 0; i < pool->nconns; i++) {
        ngx_mitzu_redis_close(&pool->conns[i]);
    }

    if (pool->conf->master.len != 0) {
        ngx_mitzu_sentinel_close(pool);
    }

    ngx_mitzu_settle_stop(pool);
    ngx_mitzu_ended_destroy(&pool->ended);
    ngx_free(pool);
}


static ngx_mitzu_redis_t *
ngx_mitzu_pool_choose(ngx_mitzu_pool_t *pool, const mz_cmds_t *cmds)
{
    if (cmds->is_durable && pool->conf->wait_replicas) {
        return &pool->conns[NGX_MITZU_DURABLE];
    }

    return &pool->conns[cmds->is_bulk ? NGX_MITZU_BULK : NGX_MITZU_FAST];
}


ngx_uint_t
ngx_mitzu_pool_accepts(ngx_mitzu_pool_t *pool, const mz_cmds_t *cmds)
{
    return ngx_mitzu_redis_accepts(ngx_mitzu_pool_choose(pool, cmds));
}


ngx_mitzu_op_t *
ngx_mitzu_pool_send(ngx_mitzu_pool_t *pool, mz_cmds_t *cmds,
    ngx_mitzu_op_pt handler, void *data)
{
    ngx_mitzu_op_t     *op;
    ngx_mitzu_redis_t  *rc;

    rc = ngx_mitzu_pool_choose(pool, cmds);
    op = ngx_mitzu_redis_send(rc, cmds, handler, data);

    if (op != NULL) {
        op->is_durable = (rc->class == NGX_MITZU_DURABLE);
    }

    return op;
}


void
ngx_mitzu_pool_leave(ngx_mitzu_pool_t *pool, const char *reason)
{
    ngx_uint_t          i;
    ngx_mitzu_redis_t  *rc;

    for (i = 0; i < pool->nconns; i++) {
        rc = &pool->conns[i];

        if (rc->state >= NGX_MITZU_REDIS_RESOLVING) {
            ngx_mitzu_redis_fail(rc, 0, reason);
        }
    }
}


ngx_uint_t
ngx_mitzu_pool_is_up(ngx_mitzu_pool_t *pool)
{
    ngx_uint_t  i;

    for (i = 0; i < pool->nconns; i++) {
        if (pool->conns[i].state != NGX_MITZU_REDIS_READY) {
            return 0;
        }
    }

    return 1;
}


void
ngx_mitzu_pool_ready(ngx_mitzu_redis_t *rc)
{
    ngx_uint_t         i;
    ngx_mitzu_pool_t  *pool;

    pool = rc->pool;

    if (rc->class == NGX_MITZU_SENTINEL) {
        ngx_mitzu_sentinel_ready(pool);
        return;
    }

    if (rc->class == NGX_MITZU_NOTIFY) {
        ngx_mitzu_hub_ready(&pool->hub);

    } else if (rc->class == NGX_MITZU_BULK) {
        ngx_mitzu_ended_ready(pool);
    }

    if (!pool->is_out) {
        return;
    }

    for (i = 0; i < pool->nconns; i++) {
        ngx_mitzu_redis_hurry(&pool->conns[i]);
    }

    if (!ngx_mitzu_pool_is_up(pool)) {
        return;
    }

    ngx_log_error(NGX_LOG_NOTICE, pool->log, 0,
                  "mitzu mcp: redis %V is back after %ui failed attempts",
                  &pool->conf->url, pool->failures);

    pool->is_out = 0;
    pool->failures = 0;
}


void
ngx_mitzu_pool_failed(ngx_mitzu_redis_t *rc, ngx_err_t err,
    const char *reason)
{
    ngx_uint_t         level;
    ngx_mitzu_pool_t  *pool;

    pool = rc->pool;

    if (rc->class == NGX_MITZU_SENTINEL) {
        ngx_mitzu_sentinel_failed(pool, err, reason);
        return;
    }

    level = pool->is_out ? NGX_LOG_INFO : NGX_LOG_ERR;

    ngx_log_error(level, pool->log, err,
                  "mitzu mcp: redis %V (%s): %s", &pool->conf->url,
                  ngx_mitzu_classes[rc->class], reason);

    pool->is_out = 1;
    pool->failures++;
    ngx_mitzu_settle_look(pool);

    if (rc->class == NGX_MITZU_NOTIFY) {
        ngx_mitzu_hub_lost(&pool->hub);
    }
    if (pool->conf->master.len != 0) {
        ngx_mitzu_sentinel_doubt(pool);
    }
}


/* Out of memory, BUSY, too few replicas ..: this can go on for long. */

void
ngx_mitzu_pool_refused(ngx_mitzu_redis_t *rc, const char *words)
{
    ngx_mitzu_pool_t  *pool;

    pool = rc->pool;

    if (pool->has_refused
        && ngx_current_msec - pool->refused_at < NGX_MITZU_REFUSED_PAUSE)
    {
        return;
    }

    pool->has_refused = 1;
    pool->refused_at = ngx_current_msec;

    ngx_log_error(NGX_LOG_ERR, pool->log, 0,
                  "mitzu mcp: redis %V (%s) refuses: %s",
                  &pool->conf->url, ngx_mitzu_classes[rc->class], words);
}
