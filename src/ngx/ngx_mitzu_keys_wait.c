
/*
 * keys_wait: requests that wait for keys.
 */

#include "ngx/ngx_mitzu_keys.h"


#define NGX_MITZU_KEYS_WAITING_MAX  1024
#define NGX_MITZU_KEYS_WAKE         16          /* at a time: they verify */


typedef struct {
    ngx_queue_t              queue;
    ngx_mitzu_keys_t        *keys;
    ngx_http_request_t      *request;
    ngx_http_cleanup_t      *cleanup;
    ngx_mitzu_keys_pt        done;
    unsigned                 is_woken:1;
} ngx_mitzu_waiter_t;


static void ngx_mitzu_keys_gone(void *data);
static void ngx_mitzu_keys_remove(ngx_mitzu_waiter_t *w);


/*
 * The request waits as one does for an upstream: a client that goes is seen,
 * and its request is forgotten here.
 */

ngx_int_t
ngx_mitzu_keys_park(ngx_http_request_t *r, ngx_mitzu_keys_t *keys,
    ngx_mitzu_keys_pt done)
{
    ngx_mitzu_waiter_t  *w;

    if (keys->nwaiting >= NGX_MITZU_KEYS_WAITING_MAX) {
        return NGX_BUSY;
    }

    w = ngx_palloc(r->pool, sizeof(ngx_mitzu_waiter_t));
    if (w == NULL) {
        return NGX_ERROR;
    }

    w->cleanup = ngx_http_cleanup_add(r, 0);
    if (w->cleanup == NULL) {
        return NGX_ERROR;
    }

    w->cleanup->handler = ngx_mitzu_keys_gone;
    w->cleanup->data = w;
    w->keys = keys;
    w->request = r;
    w->done = done;
    w->is_woken = 0;

    ngx_queue_insert_tail(&keys->waiting, &w->queue);
    keys->nwaiting++;
    ngx_mitzu_fetch_awaited(keys->fetch);

    r->main->count++;
    r->connection->log->action = "waiting for keys";

    if (!r->discard_body) {
        r->read_event_handler = ngx_http_test_reading;
    }

    /* What came before this is not told again: look at it at once. */

    if (r->connection->read->pending_eof) {
        ngx_post_event(r->connection->read, &ngx_posted_events);
    }

    return NGX_AGAIN;
}


static void
ngx_mitzu_keys_gone(void *data)
{
    ngx_mitzu_keys_remove(data);
}


static void
ngx_mitzu_keys_remove(ngx_mitzu_waiter_t *w)
{
    ngx_queue_remove(&w->queue);

    if (!w->is_woken) {
        w->keys->nwaiting--;
    }
}


void
ngx_mitzu_keys_wake_all(ngx_mitzu_keys_t *keys)
{
    ngx_queue_t         *q;
    ngx_mitzu_waiter_t  *w;

    while (!ngx_queue_empty(&keys->waiting)) {
        q = ngx_queue_head(&keys->waiting);
        w = ngx_queue_data(q, ngx_mitzu_waiter_t, queue);

        ngx_mitzu_keys_remove(w);
        ngx_queue_insert_tail(&keys->woken, &w->queue);
        w->is_woken = 1;
    }

    if (!ngx_queue_empty(&keys->woken)) {
        ngx_post_event(&keys->wake, &ngx_posted_events);
    }
}


/*
 * Few at a time, because each verifies a token.  A quitting worker does not
 * wait for what is posted, so there it is all of them.
 */

void
ngx_mitzu_keys_wake(ngx_event_t *ev)
{
    ngx_uint_t           n;
    ngx_queue_t         *q;
    ngx_connection_t    *c;
    ngx_mitzu_keys_t    *keys;
    ngx_http_request_t  *r;
    ngx_mitzu_waiter_t  *w;

    keys = ev->data;

    for (n = 0; !ngx_queue_empty(&keys->woken); n++) {

        if (n == NGX_MITZU_KEYS_WAKE && !ngx_exiting) {
            ngx_post_event(ev, &ngx_posted_next_events);
            return;
        }

        q = ngx_queue_head(&keys->woken);
        w = ngx_queue_data(q, ngx_mitzu_waiter_t, queue);

        ngx_mitzu_keys_remove(w);
        w->cleanup->handler = NULL;

        r = w->request;
        c = r->connection;

        ngx_http_set_log_request(c->log, r);
        c->log->action = NULL;

        if (!r->discard_body) {
            r->read_event_handler = ngx_http_block_reading;
        }

        w->done(r);

        ngx_http_run_posted_requests(c);
    }
}
