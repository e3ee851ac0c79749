
/*
 * settle: a worker that has just begun (start, reload, after a crash) knows
 * neither the key that sessions are sealed with nor which were ended, until
 * Redis has told it.  What comes in these first moments waits for that: a
 * reload must not cost a client its session.  An outage ends the waiting.
 */

#include "ngx/ngx_mitzu.h"
#include "ngx/ngx_mitzu_redis.h"


/* A machine with much to do may give a worker little time to begin. */
#define NGX_MITZU_SETTLE_MAX   5000     /* ms of a worker's life */
#define NGX_MITZU_SETTLE_TURN  32       /* requests, then others have a turn */


typedef struct {
    ngx_queue_t          queue;         /* of pool->settling */
    ngx_http_request_t  *request;       /* NULL: it waits no more */
    ngx_http_handler_pt  handler;
} ngx_mitzu_settle_t;


static ngx_uint_t ngx_mitzu_settle_is_over(ngx_mitzu_pool_t *pool);
static void ngx_mitzu_settle_event(ngx_event_t *ev);
static void ngx_mitzu_settle_go_on(ngx_mitzu_settle_t *s);
static void ngx_mitzu_settle_gone(void *data);


void
ngx_mitzu_settle_init(ngx_mitzu_pool_t *pool)
{
    ngx_queue_init(&pool->settling);

    pool->settle.handler = ngx_mitzu_settle_event;
    pool->settle.data = pool;
    pool->settle.log = pool->log;
}


void
ngx_mitzu_settle_stop(ngx_mitzu_pool_t *pool)
{
    if (pool->settle.timer_set) {
        ngx_del_timer(&pool->settle);
    }

    if (pool->settle.posted) {
        ngx_delete_posted_event(&pool->settle);
    }
}


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

    s = cln->data;
    s->request = r;
    s->handler = handler;
    ngx_queue_insert_tail(&pool->settling, &s->queue);

    cln->handler = ngx_mitzu_settle_gone;

    r->main->count++;
    r->read_event_handler = ngx_http_test_reading;

    if (!pool->settle.timer_set) {
        ngx_add_timer(&pool->settle, NGX_MITZU_SETTLE_MAX);
    }

    return NGX_DONE;
}


void
ngx_mitzu_settle_look(ngx_mitzu_pool_t *pool)
{
    if (ngx_queue_empty(&pool->settling) || pool->settle.posted
        || !ngx_mitzu_settle_is_over(pool))
    {
        return;
    }

    ngx_post_event(&pool->settle, &ngx_posted_events);
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


/* Rather a timer than a post: a worker that quits waits for timers only. */

static void
ngx_mitzu_settle_event(ngx_event_t *ev)
{
    ngx_uint_t         n;
    ngx_queue_t       *q;
    ngx_mitzu_pool_t  *pool;

    pool = ev->data;
    ev->timedout = 0;

    for (n = 0; n < NGX_MITZU_SETTLE_TURN; n++) {

        if (ngx_queue_empty(&pool->settling)) {
            break;
        }

        q = ngx_queue_head(&pool->settling);

        ngx_mitzu_settle_go_on(ngx_queue_data(q, ngx_mitzu_settle_t, queue));
    }

    if (ev->timer_set) {
        ngx_del_timer(ev);
    }

    if (!ngx_queue_empty(&pool->settling)) {
        ngx_add_timer(ev, 1);
    }
}


static void
ngx_mitzu_settle_go_on(ngx_mitzu_settle_t *s)
{
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    r = s->request;
    s->request = NULL;
    ngx_queue_remove(&s->queue);

    c = r->connection;
    ngx_http_set_log_request(c->log, r);

    r->read_event_handler = ngx_http_block_reading;

    ngx_http_finalize_request(r, s->handler(r));
    ngx_http_run_posted_requests(c);
}


/* The client may have left meanwhile. */

static void
ngx_mitzu_settle_gone(void *data)
{
    ngx_mitzu_settle_t  *s = data;

    if (s->request != NULL) {
        ngx_queue_remove(&s->queue);
        s->request = NULL;
    }
}
