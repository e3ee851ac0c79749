
/*
 * pool: the three connections to one Redis, and what is said of an outage:
 * one line when it begins, one when it ends.
 */

#include "ngx/ngx_mitzu_redis.h"


static const char  *ngx_mitzu_classes[] = { "fast", "bulk", "notify" };


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

    ngx_mitzu_ended_init(&pool->ended);
    ngx_mitzu_hub_init(&pool->hub, pool);

    for (i = 0; i < NGX_MITZU_CLASSES; i++) {
        ngx_mitzu_redis_init(&pool->conns[i], pool, i);
    }

    return pool;
}


void
ngx_mitzu_pool_destroy(ngx_mitzu_pool_t *pool)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_MITZU_CLASSES; i++) {
        ngx_mitzu_redis_close(&pool->conns[i]);
    }

    ngx_mitzu_ended_destroy(&pool->ended);
    ngx_free(pool);
}


ngx_uint_t
ngx_mitzu_pool_accepts(ngx_mitzu_pool_t *pool, const mz_cmds_t *cmds)
{
    ngx_uint_t  class;

    class = cmds->is_bulk ? NGX_MITZU_BULK : NGX_MITZU_FAST;

    return ngx_mitzu_redis_accepts(&pool->conns[class]);
}


ngx_mitzu_op_t *
ngx_mitzu_pool_send(ngx_mitzu_pool_t *pool, mz_cmds_t *cmds,
    ngx_mitzu_op_pt handler, void *data)
{
    ngx_uint_t  class;

    class = cmds->is_bulk ? NGX_MITZU_BULK : NGX_MITZU_FAST;

    return ngx_mitzu_redis_send(&pool->conns[class], cmds, handler, data);
}


void
ngx_mitzu_pool_ready(ngx_mitzu_redis_t *rc)
{
    ngx_uint_t         i;
    ngx_mitzu_pool_t  *pool;

    pool = rc->pool;

    if (rc->class == NGX_MITZU_NOTIFY) {
        ngx_mitzu_hub_ready(&pool->hub);

    } else if (rc->class == NGX_MITZU_BULK) {
        ngx_mitzu_ended_ready(pool);
    }

    if (!pool->is_out) {
        return;
    }

    for (i = 0; i < NGX_MITZU_CLASSES; i++) {
        ngx_mitzu_redis_hurry(&pool->conns[i]);
    }

    for (i = 0; i < NGX_MITZU_CLASSES; i++) {
        if (pool->conns[i].state != NGX_MITZU_REDIS_READY) {
            return;
        }
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
    level = pool->is_out ? NGX_LOG_INFO : NGX_LOG_ERR;

    ngx_log_error(level, pool->log, err,
                  "mitzu mcp: redis %V (%s): %s", &pool->conf->url,
                  ngx_mitzu_classes[rc->class], reason);

    pool->is_out = 1;
    pool->failures++;

    if (rc->class == NGX_MITZU_NOTIFY) {
        ngx_mitzu_hub_lost(&pool->hub);
    }
}
