
/*
 * call: the life of a call: from the request that makes it to its answer, or
 * to the client that goes.  What happens in between is ngx_mitzu_call_run.c.
 */

#include "ngx/ngx_mitzu_call.h"


/* Drained calls are answered spread over a ms each, at most so long. */
#define NGX_MITZU_DRAIN_SPREAD  5000


static ngx_mitzu_call_t *ngx_mitzu_call_create(ngx_http_request_t *r,
    ngx_mitzu_ctx_t *ctx, const mz_tool_t *tool, json_t *args);
static void ngx_mitzu_call_gone(void *data);
static void ngx_mitzu_call_remember(ngx_mitzu_call_t *cs);


ngx_int_t
ngx_mitzu_call_start(ngx_http_request_t *r, ngx_mitzu_ctx_t *ctx,
    const mz_tool_t *tool, json_t *args)
{
    ngx_mitzu_call_t  *cs;

    cs = ngx_mitzu_call_create(r, ctx, tool, args);
    if (cs == NULL) {
        json_decref(args);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_mitzu_call_run(cs, MZ_EV_START);

    return NGX_DONE;
}


static ngx_mitzu_call_t *
ngx_mitzu_call_create(ngx_http_request_t *r, ngx_mitzu_ctx_t *ctx,
    const mz_tool_t *tool, json_t *args)
{
    ngx_mitzu_call_t    *cs;
    ngx_http_cleanup_t  *cln;

    if (ctx->conf->main->worker == NULL) {
        return NULL;
    }

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        return NULL;
    }

    cs = ngx_calloc(sizeof(ngx_mitzu_call_t), r->connection->log);
    if (cs == NULL) {
        return NULL;
    }

    cln->handler = ngx_mitzu_call_gone;
    cln->data = cs;

    cs->request = r;
    cs->ctx = ctx;
    cs->cleanup = cln;
    cs->worker = ctx->conf->main->worker;
    cs->pool = ctx->conf->redis->pool;
    cs->epoch_ms = ngx_mitzu_now_ms() - (int64_t) ngx_current_msec;
    ctx->call = cs;

    cs->timer.handler = ngx_mitzu_call_timer;
    cs->timer.data = cs;
    cs->timer.log = cs->worker->log;

    cs->watch.notice.handler = ngx_mitzu_call_notice;
    cs->watch.notice.data = cs;
    cs->watch.notice.log = cs->worker->log;

    mz_call_init(&cs->call, tool, &ctx->conf->tools, &ctx->conf->principal,
                 args);
    cs->call.host = cs;
    cs->call.conversation_url = ngx_mitzu_url;

    ngx_queue_insert_tail(&cs->worker->calls, &cs->queue);
    cs->worker->ncalls++;

    return cs;
}


void
ngx_mitzu_call_free(ngx_mitzu_call_t *cs)
{
    if (cs->op != NULL) {
        ngx_mitzu_op_cancel(cs->op);
    }

    if (cs->pool != NULL) {
        ngx_mitzu_hub_unwatch(&cs->pool->hub, &cs->watch);
    }

    if (cs->timer.timer_set) {
        ngx_del_timer(&cs->timer);
    }

    ngx_queue_remove(&cs->queue);
    cs->worker->ncalls--;

    mz_call_deinit(&cs->call);
    ngx_free(cs);
}


void
ngx_mitzu_call_free_all(ngx_mitzu_worker_t *worker)
{
    ngx_mitzu_call_t  *cs;

    while (!ngx_queue_empty(&worker->calls)) {
        cs = ngx_queue_data(ngx_queue_head(&worker->calls), ngx_mitzu_call_t,
                            queue);

        if (cs->request != NULL) {
            cs->cleanup->handler = NULL;
            cs->ctx->call = NULL;
        }

        ngx_mitzu_call_free(cs);
    }
}


/* The request is being torn down: nobody waits for this call any more. */

static void
ngx_mitzu_call_gone(void *data)
{
    ngx_mitzu_call_t  *cs = data;

    ngx_mitzu_call_remember(cs);

    cs->ctx->call = NULL;
    cs->request = NULL;
    cs->ctx = NULL;

    if (cs->state != NGX_MITZU_CALL_WORK) {
        ngx_mitzu_call_free(cs);
        return;
    }

    /* A thread is at it: ngx_mitzu_call_worked() frees the call. */

    if (cs->timer.timer_set) {
        ngx_del_timer(&cs->timer);
    }

    ngx_mitzu_hub_unwatch(&cs->pool->hub, &cs->watch);
}


static void
ngx_mitzu_call_remember(ngx_mitzu_call_t *cs)
{
    ngx_mitzu_ctx_t  *ctx;

    ctx = cs->ctx;
    ctx->conversation = cs->call.conversation;
    ctx->run = cs->call.run;
    ctx->status = mz_str_from(cs->call.status);
}


/* The end: from here on the call is no part of its request any more. */

void
ngx_mitzu_call_end(ngx_mitzu_call_t *cs, mz_step_t step)
{
    ngx_http_request_t  *r;

    r = cs->request;

    ngx_mitzu_call_remember(cs);

    cs->cleanup->handler = NULL;
    cs->ctx->call = NULL;

    ngx_mitzu_handler_answer(r, &cs->call, step);

    ngx_mitzu_call_free(cs);
}


void
ngx_mitzu_call_abort(ngx_mitzu_call_t *cs, ngx_int_t rc)
{
    ngx_http_request_t  *r;

    r = cs->request;

    ngx_mitzu_call_remember(cs);

    cs->cleanup->handler = NULL;
    cs->ctx->call = NULL;

    ngx_mitzu_call_free(cs);

    ngx_mitzu_handler_abort(r, rc);
}


void
ngx_mitzu_call_drain(ngx_mitzu_worker_t *worker)
{
    ngx_msec_t         spread;
    ngx_queue_t       *q;
    ngx_mitzu_call_t  *cs;

    spread = ngx_min(worker->ncalls, NGX_MITZU_DRAIN_SPREAD);

    for (q = ngx_queue_head(&worker->calls);
         q != ngx_queue_sentinel(&worker->calls);
         q = ngx_queue_next(q))
    {
        cs = ngx_queue_data(q, ngx_mitzu_call_t, queue);

        if (cs->state == NGX_MITZU_CALL_WAIT) {
            cs->deadline = ngx_current_msec + ngx_random() % (spread + 1);

            if (cs->timer.timer_set) {
                ngx_del_timer(&cs->timer);
            }

            ngx_mitzu_call_arm(cs);
        }
    }
}
