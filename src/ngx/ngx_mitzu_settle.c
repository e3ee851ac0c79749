
/*
 * settle: a worker that has just begun (start, reload, after a crash) knows
 * neither the key that sessions are sealed with nor which were ended, until
 * Redis has told it.  What comes in these first moments waits for that: a
 * reload must not cost a client its session.  An outage ends the waiting.
 */

#include "ngx/ngx_mitzu.h"
#include "ngx/ngx_mitzu_redis.h"


#define NGX_MITZU_SETTLE_POLL  5        /* ms */
#define NGX_MITZU_SETTLE_MAX   1000     /* ms of a worker's life */


typedef struct {
    ngx_event_t          timer;
    ngx_mitzu_pool_t    *pool;
    ngx_http_request_t  *request;
    ngx_http_handler_pt  handler;
} ngx_mitzu_settle_t;


static ngx_uint_t ngx_mitzu_settle_is_over(ngx_mitzu_pool_t *pool);
static void ngx_mitzu_settle_timer(ngx_event_t *ev);
static void ngx_mitzu_settle_gone(void *data);


ngx_int_t
ngx_mitzu_settle(ngx_http_request_t *r, ngx_mitzu_pool_t *pool,
    ngx_http_handler_pt handler)
{
    ngx_mitzu_settle_t  *s;
    ngx_pool_cleanup_t  *cln;

    if (ngx_mitzu_settle_is_over(pool)) {
        return handler(r);
    }

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_mitzu_settle_t));
    if (cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    cln->handler = ngx_mitzu_settle_gone;

    s = cln->data;
    ngx_memzero(s, sizeof(ngx_mitzu_settle_t));

    s->pool = pool;
    s->request = r;
    s->handler = handler;
    s->timer.handler = ngx_mitzu_settle_timer;
    s->timer.data = s;
    s->timer.log = r->connection->log;

    r->main->count++;
    r->read_event_handler = ngx_http_test_reading;

    ngx_add_timer(&s->timer, NGX_MITZU_SETTLE_POLL);

    return NGX_DONE;
}


static ngx_uint_t
ngx_mitzu_settle_is_over(ngx_mitzu_pool_t *pool)
{
    if (pool == NULL || pool->is_out
        || (pool->ended.is_known && pool->conf->seal.n != 0))
    {
        return 1;
    }

    return (ngx_msec_int_t) (ngx_current_msec - pool->created)
           >= NGX_MITZU_SETTLE_MAX;
}


/* The client may have left meanwhile: then the pool is destroyed. */

static void
ngx_mitzu_settle_timer(ngx_event_t *ev)
{
    ngx_connection_t    *c;
    ngx_mitzu_settle_t  *s;
    ngx_http_request_t  *r;

    s = ev->data;
    r = s->request;

    if (!ngx_mitzu_settle_is_over(s->pool)) {
        ngx_add_timer(&s->timer, NGX_MITZU_SETTLE_POLL);
        return;
    }

    c = r->connection;
    ngx_http_set_log_request(c->log, r);

    r->read_event_handler = ngx_http_block_reading;

    ngx_http_finalize_request(r, s->handler(r));
    ngx_http_run_posted_requests(c);
}


static void
ngx_mitzu_settle_gone(void *data)
{
    ngx_mitzu_settle_t  *s = data;

    if (s->timer.timer_set) {
        ngx_del_timer(&s->timer);
    }
}
