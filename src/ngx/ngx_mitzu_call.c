
/*
 * call: the life of a call: from the request that makes it to its answer, or
 * to the client that goes.  What happens in between is ngx_mitzu_call_run.c.
 */

#include "ngx/ngx_mitzu_call.h"

#include "ngx/ngx_mitzu_auth.h"
#include "tools/ops.h"
#include "tools/resume.h"


static ngx_mitzu_call_t *ngx_mitzu_call_create(ngx_http_request_t *r,
    ngx_mitzu_ctx_t *ctx, mz_dispatch_t *d);
static ngx_int_t ngx_mitzu_call_prepare(ngx_mitzu_call_t *cs, int64_t after);
static ngx_int_t ngx_mitzu_call_name(ngx_mitzu_call_t *cs);
static ngx_int_t ngx_mitzu_call_token(ngx_mitzu_call_t *cs);
static void ngx_mitzu_call_gone(void *data);
static void ngx_mitzu_call_detach(ngx_mitzu_call_t *cs);
static void ngx_mitzu_call_remember(ngx_mitzu_call_t *cs);


ngx_int_t
ngx_mitzu_call_start(ngx_http_request_t *r, ngx_mitzu_ctx_t *ctx,
    mz_dispatch_t *d, int64_t after)
{
    ngx_int_t          rc;
    ngx_mitzu_call_t  *cs;

    cs = ngx_mitzu_call_create(r, ctx, d);
    if (cs == NULL) {
        mz_dispatch_free(d);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_mitzu_call_prepare(cs, after) != NGX_OK) {
        ngx_mitzu_call_detach(cs);
        ngx_mitzu_call_free(cs);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* A GET is answered by a stream, however soon the answer is there. */

    rc = (after >= 0) ? ngx_mitzu_call_stream(cs) : NGX_OK;

    if (rc == NGX_OK) {
        ngx_mitzu_call_run(cs, MZ_EV_START);

    } else {
        ngx_mitzu_call_abort(cs, rc);
    }

    return NGX_DONE;
}


static ngx_mitzu_call_t *
ngx_mitzu_call_create(ngx_http_request_t *r, ngx_mitzu_ctx_t *ctx,
    mz_dispatch_t *d)
{
    ngx_mitzu_call_t    *cs;
    const mz_session_t  *session;
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
    cs->drain_at = ngx_current_msec;
    ctx->call = cs;

    cs->timer.handler = ngx_mitzu_call_timer;
    cs->timer.data = cs;
    cs->timer.log = cs->worker->log;

    cs->watch.notice.handler = ngx_mitzu_call_notice;
    cs->watch.notice.data = cs;
    cs->watch.notice.log = cs->worker->log;

    session = (ctx->http.session.state == MZ_MCP_SESSION_VALID)
              ? &ctx->session : NULL;

    mz_call_init(&cs->call, &ctx->conf->tools, ctx->principal,
                 &ctx->mcp, session, d);
    cs->call.host = cs;
    cs->call.conversation_url = ngx_mitzu_url;
    cs->call.may_start = (ngx_mitzu_auth_lacks(ctx, &mz_op_task_cancel).len
                          == 0);

    ngx_queue_insert_tail(&cs->worker->calls, &cs->queue);
    cs->worker->ncalls++;
    ngx_mitzu_gauge(ctx->conf->main, NGX_MITZU_GAUGE_CALLS, 1);

    return cs;
}


static ngx_int_t
ngx_mitzu_call_prepare(ngx_mitzu_call_t *cs, int64_t after)
{
    ngx_mitzu_ctx_t  *ctx;

    ctx = cs->ctx;

    /* There is no other way to answer these. */

    if (cs->call.op->flags & MZ_OP_LISTENS) {
        ctx->mcp.accepts_sse = true;

        cs->news = ngx_pcalloc(cs->request->pool, NGX_MITZU_NEWS_MAX
                                                  * sizeof(ngx_mitzu_news_t *));
        if (cs->news == NULL) {
            return NGX_ERROR;
        }
    }

    /* Who takes a stream up again has waited already. */

    cs->call.resumed_after = after;
    cs->has_waited = (after >= 0);
    cs->call.can_stream = ctx->mcp.accepts_sse;

    /* The stream of a GET is simply opened again. */

    cs->call.is_resumable = (ctx->mcp.what == MZ_MCP_DO_LISTEN
                             && ctx->mcp.era == MZ_MCP_LEGACY);

    if (ngx_mitzu_call_name(cs) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_mitzu_call_token(cs);
}


/* What a notifications/cancelled, sent to any node, will call it. */

static ngx_int_t
ngx_mitzu_call_name(ngx_mitzu_call_t *cs)
{
    mz_str_t  scope, session, id;

    if (cs->call.session == NULL || cs->ctx->mcp.id[0] == '\0') {
        return NGX_OK;
    }

    scope = mz_str_from(cs->call.principal->scope);
    session = mz_str_from(cs->call.session->name);
    id = mz_str_from(cs->ctx->mcp.id);

    return (mz_control_request_id(scope, session, id, &cs->cancel_id)
            == MZ_OK)
           ? NGX_OK : NGX_ERROR;
}


/* Without a token the events have no ids, and that is all. */

static ngx_int_t
ngx_mitzu_call_token(ngx_mitzu_call_t *cs)
{
    mz_rc_t   rc;
    mz_buf_t  token;

    if (!cs->call.can_stream || cs->ctx->batch != NULL
        || !mz_resume_is_possible(&cs->call))
    {
        return NGX_OK;
    }

    mz_buf_init(&token, 0);
    cs->call.now_ms = cs->epoch_ms + (int64_t) ngx_current_msec;

    rc = mz_resume_token(&cs->call, &token);

    if (rc == MZ_OK) {
        cs->token.data = ngx_pnalloc(cs->request->pool, token.len);

        if (cs->token.data == NULL) {
            rc = MZ_NOMEM;

        } else {
            ngx_memcpy(cs->token.data, token.data, token.len);
            cs->token.len = token.len;
            cs->call.is_resumable = true;
        }
    }

    mz_buf_free(&token);

    return (rc == MZ_NOMEM) ? NGX_ERROR : NGX_OK;
}


void
ngx_mitzu_call_free(ngx_mitzu_call_t *cs)
{
    if (cs->op != NULL) {
        ngx_mitzu_op_cancel(cs->op);
    }

    ngx_mitzu_call_unwatch(cs);

    if (cs->timer.timer_set) {
        ngx_del_timer(&cs->timer);
    }

#if (NGX_THREADS)

    /* At exit: its thread is no more, but its event has not been seen. */

    if (cs->task.event.timer_set) {
        ngx_del_timer(&cs->task.event);
    }

#endif

    ngx_queue_remove(&cs->queue);
    cs->worker->ncalls--;
    ngx_mitzu_gauge(cs->worker->main, NGX_MITZU_GAUGE_CALLS, -1);

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

    ngx_mitzu_call_left_free(worker);
}


/* The request is being torn down: nobody waits for this call any more. */

static void
ngx_mitzu_call_gone(void *data)
{
    ngx_mitzu_call_t  *cs = data;

    ngx_mitzu_call_remember(cs);
    ngx_mitzu_call_left(cs);

    /* News and watches are in the request's pool. */

    ngx_mitzu_call_unwatch(cs);

    cs->ctx->call = NULL;
    cs->request = NULL;
    cs->ctx = NULL;
    cs->call.req = NULL;
    cs->call.session = NULL;
    cs->call.principal = NULL;

    if (cs->state != NGX_MITZU_CALL_WORK) {
        ngx_mitzu_call_free(cs);
        return;
    }

    /* A thread is at it: ngx_mitzu_call_worked() frees the call. */

    if (cs->timer.timer_set) {
        ngx_del_timer(&cs->timer);
    }
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


void
ngx_mitzu_call_end(ngx_mitzu_call_t *cs, mz_step_t step)
{
    ngx_http_request_t  *r;

    r = cs->request;

    ngx_mitzu_call_detach(cs);
    ngx_mitzu_handler_answer(r, &cs->call, step);
    ngx_mitzu_call_free(cs);
}


void
ngx_mitzu_call_abort(ngx_mitzu_call_t *cs, ngx_int_t rc)
{
    ngx_http_request_t  *r;

    r = cs->request;

    ngx_mitzu_call_detach(cs);
    ngx_mitzu_call_free(cs);

    ngx_mitzu_handler_abort(r, rc);
}


/* A thread that is at work is waited for: its answer is near. */

void
ngx_mitzu_call_cancel(ngx_mitzu_call_t *cs)
{
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    if (cs->state == NGX_MITZU_CALL_WORK
        || cs->state == NGX_MITZU_CALL_STEP)
    {
        return;
    }

    r = cs->request;
    c = r->connection;
    cs->call.status = "cancelled by the client";

    ngx_http_set_log_request(c->log, r);

    ngx_mitzu_call_detach(cs);
    ngx_mitzu_call_free(cs);

    ngx_mitzu_handler_cancelled(r);
    ngx_http_run_posted_requests(c);
}


/* From here on the call is no part of its request, which may be freed. */

static void
ngx_mitzu_call_detach(ngx_mitzu_call_t *cs)
{
    ngx_mitzu_call_remember(cs);
    ngx_mitzu_call_unwatch(cs);

    cs->cleanup->handler = NULL;
    cs->ctx->call = NULL;
}
