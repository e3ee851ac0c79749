
/*
 * call_wait: what a call waits for: the ids it watches, messages of the
 * control channel, time, the stream's heartbeat.
 */

#include "ngx/ngx_mitzu_call.h"
#include "ngx/ngx_mitzu_response.h"


/* Listeners that are told something in one turn of the event loop. */
#define NGX_MITZU_NEWS_TURN  128

#define NGX_MITZU_CALL_HOLD  60000      /* ms */


static ngx_int_t ngx_mitzu_call_watch(ngx_mitzu_call_t *cs);
static ngx_int_t ngx_mitzu_call_resize(ngx_mitzu_call_t *cs);
static void ngx_mitzu_call_unwatch_all(ngx_mitzu_call_t *cs);
static void ngx_mitzu_call_take_news(ngx_mitzu_call_t *cs);
static ngx_uint_t ngx_mitzu_call_is_behind(ngx_mitzu_call_t *cs);
static ngx_mitzu_news_t *ngx_mitzu_call_next_news(ngx_mitzu_call_t *cs);
static mz_tool_event_t ngx_mitzu_call_event(ngx_mitzu_call_t *cs,
    mz_tool_event_t ev);


ngx_int_t
ngx_mitzu_call_wait(ngx_mitzu_call_t *cs)
{
    ngx_int_t          rc;
    ngx_msec_t         wait;
    ngx_connection_t  *c;

    c = cs->request->connection;

    /* An end of file seen before we listened for one is not told again. */

    if (c->error || c->read->eof || c->read->pending_eof) {
        return NGX_HTTP_CLIENT_CLOSED_REQUEST;
    }

    if (cs->call.can_stream) {
        rc = ngx_mitzu_call_stream(cs);
        if (rc != NGX_OK) {
            return rc;
        }
    }

    if (cs->pool == NULL) {
        return NGX_BUSY;
    }

    if (ngx_mitzu_call_watch(cs) != NGX_OK) {
        return NGX_ERROR;
    }

    cs->state = NGX_MITZU_CALL_WAIT;
    cs->has_waited = 1;
    wait = (cs->call.wait_ms > 0) ? (ngx_msec_t) cs->call.wait_ms : 1;
    cs->deadline = ngx_current_msec + wait;

    if (cs->ctx->batch != NULL
        && (ngx_msec_int_t) (cs->ctx->batch->limit - cs->deadline) < 0)
    {
        cs->deadline = cs->ctx->batch->limit;
    }

    if (cs->worker->draining && !cs->is_drained
        && (ngx_msec_int_t) (cs->drain_at - cs->deadline) < 0)
    {
        cs->deadline = cs->drain_at;
    }

    c->log->action = "waiting for a run";

    ngx_mitzu_call_flushed(cs);

    return NGX_AGAIN;
}


static ngx_int_t
ngx_mitzu_call_watch(ngx_mitzu_call_t *cs)
{
    ngx_uint_t        i;
    ngx_mitzu_hub_t  *hub;

    hub = &cs->pool->hub;

    if (cs->call.watch.s[0] == '\0') {
        ngx_mitzu_hub_unwatch(hub, &cs->watch);

    } else if (ngx_mitzu_hub_watch(hub, &cs->watch, &cs->call.watch)
               != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (cs->call.nwatches != cs->nwatches
        && ngx_mitzu_call_resize(cs) != NGX_OK)
    {
        return NGX_ERROR;
    }

    for (i = 0; i < cs->nwatches; i++) {
        if (ngx_mitzu_hub_watch(hub, &cs->watches[i], &cs->call.watches[i])
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* As many watches as the op asks for. */

static ngx_int_t
ngx_mitzu_call_resize(ngx_mitzu_call_t *cs)
{
    ngx_uint_t  i, n;

    ngx_mitzu_call_unwatch_all(cs);

    n = cs->call.nwatches;

    if (n == 0) {
        return NGX_OK;
    }

    cs->watches = ngx_calloc(n * sizeof(ngx_mitzu_watch_t), cs->worker->log);
    if (cs->watches == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < n; i++) {
        cs->watches[i].notice = cs->watch.notice;
        cs->watches[i].notice.posted = 0;
    }

    cs->nwatches = n;

    return NGX_OK;
}


static void
ngx_mitzu_call_unwatch_all(ngx_mitzu_call_t *cs)
{
    ngx_uint_t  i;

    for (i = 0; i < cs->nwatches; i++) {
        ngx_mitzu_hub_unwatch(&cs->pool->hub, &cs->watches[i]);
    }

    if (cs->watches != NULL) {
        ngx_free(cs->watches);
    }

    cs->watches = NULL;
    cs->nwatches = 0;
}


/* Forgets all that could still tell this call something. */

void
ngx_mitzu_call_unwatch(ngx_mitzu_call_t *cs)
{
    if (cs->pool != NULL) {
        ngx_mitzu_hub_unwatch(&cs->pool->hub, &cs->watch);
        ngx_mitzu_call_unwatch_all(cs);
    }

    if (cs->is_told) {
        ngx_queue_remove(&cs->told);
        cs->is_told = 0;
    }

    while (cs->nnews > 0) {
        ngx_mitzu_news_release(ngx_mitzu_call_next_news(cs));
    }
}


static ngx_mitzu_news_t *
ngx_mitzu_call_next_news(ngx_mitzu_call_t *cs)
{
    ngx_mitzu_news_t  *news;

    news = cs->news[cs->first_news];

    cs->first_news = (cs->first_news + 1) % NGX_MITZU_NEWS_MAX;
    cs->nnews--;

    return news;
}


/* News are hints: of too many the oldest are dropped. */

void
ngx_mitzu_call_tell(ngx_mitzu_call_t *cs, ngx_mitzu_news_t *news)
{
    if (cs->news == NULL) {
        return;
    }

    if (cs->nnews == NGX_MITZU_NEWS_MAX) {
        ngx_mitzu_news_release(ngx_mitzu_call_next_news(cs));
    }

    cs->news[(cs->first_news + cs->nnews) % NGX_MITZU_NEWS_MAX] = news;
    cs->nnews++;
    news->refs++;

    ngx_mitzu_call_flushed(cs);
}


/* Thousands may listen: after some of them the others have a turn. */

void
ngx_mitzu_call_news(ngx_event_t *ev)
{
    ngx_uint_t           i;
    ngx_queue_t         *q;
    ngx_mitzu_call_t    *cs;
    ngx_mitzu_worker_t  *worker;

    worker = ev->data;

    for (i = 0; i < NGX_MITZU_NEWS_TURN; i++) {

        if (ngx_queue_empty(&worker->told)) {
            return;
        }

        q = ngx_queue_head(&worker->told);
        ngx_queue_remove(q);

        cs = ngx_queue_data(q, ngx_mitzu_call_t, told);
        cs->is_told = 0;

        ngx_mitzu_call_take_news(cs);
    }

    if (!ngx_queue_empty(&worker->told) && !ev->posted) {
        ngx_post_event(ev, &ngx_posted_next_events);
    }
}


static ngx_uint_t
ngx_mitzu_call_is_behind(ngx_mitzu_call_t *cs)
{
    return cs->ctx->sse != NULL && ngx_mitzu_sse_is_behind(cs->ctx->sse);
}


/* One message at a time: the step may be the call's last. */

static void
ngx_mitzu_call_take_news(ngx_mitzu_call_t *cs)
{
    ngx_mitzu_news_t  *news;

    if (cs->state != NGX_MITZU_CALL_WAIT || cs->nnews == 0
        || ngx_mitzu_call_is_behind(cs))
    {
        return;
    }

    news = ngx_mitzu_call_next_news(cs);
    cs->call.change = &news->message;

    ngx_mitzu_call_resume(cs, MZ_EV_CHANGED);

    ngx_mitzu_news_release(news);
}


/* The next turn of the event loop comes at once, but not before others. */

void
ngx_mitzu_call_flushed(ngx_mitzu_call_t *cs)
{
    ngx_mitzu_worker_t  *worker;

    if (cs->state != NGX_MITZU_CALL_WAIT) {
        return;
    }

    if (cs->has_news && !cs->watch.notice.posted) {
        ngx_post_event(&cs->watch.notice, &ngx_posted_events);
    }

    if (cs->nnews == 0 || cs->is_told) {
        return;
    }

    worker = cs->worker;

    ngx_queue_insert_tail(&worker->told, &cs->told);
    cs->is_told = 1;

    if (!worker->news.posted) {
        ngx_post_event(&worker->news, &ngx_posted_next_events);
    }
}


/*
 * One timer for both: the end of the wait and the stream's heartbeat.  A
 * worker that quits goes when no timer is left: it must not go before us.
 */

void
ngx_mitzu_call_arm(ngx_mitzu_call_t *cs)
{
    ngx_msec_int_t    left, beat;
    ngx_mitzu_ctx_t  *ctx;

    ctx = cs->ctx;
    left = -1;

    if (cs->state == NGX_MITZU_CALL_WAIT
        || cs->state == NGX_MITZU_CALL_STALLED)
    {
        left = (ngx_msec_int_t) (cs->deadline - ngx_current_msec);
        left = ngx_max(left, 1);
    }

    if (ctx->sse != NULL) {
        beat = (ngx_msec_int_t) (ctx->sse->sent_at + ctx->conf->heartbeat
                                 - ngx_current_msec);

        /* A beat that was due but held back for a slow client. */

        if (beat <= 0) {
            beat = (ngx_msec_int_t) ctx->conf->heartbeat;
        }

        if (left < 0 || beat < left) {
            left = beat;
        }
    }

    if (left < 0 && cs->worker->draining) {
        left = NGX_MITZU_CALL_HOLD;
    }

    if (left >= 0) {
        ngx_add_timer(&cs->timer, (ngx_msec_t) left);

    } else if (cs->timer.timer_set) {
        ngx_del_timer(&cs->timer);
    }
}


void
ngx_mitzu_call_timer(ngx_event_t *ev)
{
    ngx_msec_t         due;
    ngx_mitzu_call_t  *cs;
    ngx_connection_t  *c;

    cs = ev->data;
    ev->timedout = 0;

    if ((ngx_msec_int_t) (cs->deadline - ngx_current_msec) <= 0) {

        if (cs->state == NGX_MITZU_CALL_WAIT) {
            ngx_mitzu_call_resume(cs, ngx_mitzu_call_event(cs, MZ_EV_TIMER));
            return;
        }

        if (cs->state == NGX_MITZU_CALL_STALLED) {

            if (ngx_mitzu_call_is_due(cs)) {
                ngx_mitzu_call_leave(cs);

            } else {
                ngx_mitzu_call_again(cs);
            }

            return;
        }
    }

    if (cs->ctx->sse != NULL) {
        due = cs->ctx->sse->sent_at + cs->ctx->conf->heartbeat;

        if ((ngx_msec_int_t) (due - ngx_current_msec) <= 0
            && ngx_mitzu_sse_heartbeat(cs->ctx->sse) != NGX_OK)
        {
            c = cs->request->connection;
            ngx_http_set_log_request(c->log, cs->request);

            /* Its cleanup frees the call, or leaves it to a busy thread. */

            ngx_mitzu_handler_abort(cs->request, NGX_ERROR);
            ngx_http_run_posted_requests(c);
            return;
        }
    }

    ngx_mitzu_call_arm(cs);
}


/* Posted by the hub; kept for later while the tool is not waiting, and while
 * its client has yet to take what it was sent. */

void
ngx_mitzu_call_notice(ngx_event_t *ev)
{
    ngx_mitzu_call_t  *cs;

    cs = ev->data;

    if (cs->state != NGX_MITZU_CALL_WAIT
        || (ngx_mitzu_call_is_behind(cs) && !ngx_mitzu_call_is_due(cs)))
    {
        cs->has_news = 1;
        return;
    }

    cs->has_news = 0;

    ngx_mitzu_call_resume(cs, ngx_mitzu_call_event(cs, MZ_EV_NOTICE));
}


/* A batch has used up its time as if the node were to quit. */

static mz_tool_event_t
ngx_mitzu_call_event(ngx_mitzu_call_t *cs, mz_tool_event_t ev)
{
    ngx_mitzu_batch_t  *batch;

    batch = cs->ctx->batch;

    if (!ngx_mitzu_call_is_due(cs)
        && (batch == NULL
            || (ngx_msec_int_t) (batch->limit - ngx_current_msec) > 0))
    {
        return ev;
    }

    cs->is_drained = 1;

    return MZ_EV_DRAIN;
}
