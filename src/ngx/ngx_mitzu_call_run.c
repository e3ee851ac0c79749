
/*
 * call_run: one function runs the tool's steps; events (replies, news, time,
 * finished work, a quit) lead back to it.  Nothing calls back from inside a
 * step, so a call is never freed under one.
 */

#include "ngx/ngx_mitzu_call.h"
#include "ngx/ngx_mitzu_response.h"


/* How long a waiting call sits out a Redis that is away, and looks again. */
#define NGX_MITZU_STALL_MAX    20000            /* ms */
#define NGX_MITZU_STALL_RETRY  200


static void ngx_mitzu_call_resume(ngx_mitzu_call_t *cs, mz_tool_event_t ev);
static ngx_int_t ngx_mitzu_call_notes(ngx_mitzu_call_t *cs);
static ngx_int_t ngx_mitzu_call_store(ngx_mitzu_call_t *cs);
static ngx_int_t ngx_mitzu_call_stall(ngx_mitzu_call_t *cs);
static void ngx_mitzu_call_again(ngx_mitzu_call_t *cs);
static void ngx_mitzu_call_settle(ngx_mitzu_call_t *cs, ngx_int_t rc,
    mz_step_t step);
static void ngx_mitzu_call_replies(ngx_mitzu_op_t *op, mz_rc_t rc);
static ngx_int_t ngx_mitzu_call_wait(ngx_mitzu_call_t *cs);
static ngx_int_t ngx_mitzu_call_work(ngx_mitzu_call_t *cs);
static mz_tool_event_t ngx_mitzu_call_event(ngx_mitzu_call_t *cs,
    mz_tool_event_t ev);


/* From an event that is not the request's own. */

static void
ngx_mitzu_call_resume(ngx_mitzu_call_t *cs, mz_tool_event_t ev)
{
    ngx_connection_t  *c;

    c = cs->request->connection;

    ngx_http_set_log_request(c->log, cs->request);

    ngx_mitzu_call_run(cs, ev);

    ngx_http_run_posted_requests(c);
}


void
ngx_mitzu_call_run(ngx_mitzu_call_t *cs, mz_tool_event_t ev)
{
    ngx_int_t   rc;
    mz_call_t  *call;
    mz_step_t   step;

    call = &cs->call;

    for ( ;; ) {
        cs->state = NGX_MITZU_CALL_STEP;

        /* Within a call time only goes on, whatever is done to the clock. */

        call->now_ms = cs->epoch_ms + (int64_t) ngx_current_msec;

        step = call->tool->step(call, ev);

        call->replies = NULL;
        call->nreplies = 0;

        rc = ngx_mitzu_call_notes(cs);

        if (rc == NGX_OK && step == MZ_STEP_STORE) {
            rc = ngx_mitzu_call_store(cs);

        } else if (rc == NGX_OK && step == MZ_STEP_WAIT) {
            rc = ngx_mitzu_call_wait(cs);

        } else if (rc == NGX_OK && step == MZ_STEP_WORK) {
            rc = ngx_mitzu_call_work(cs);
            ev = MZ_EV_WORKED;

            if (rc == NGX_OK) {
                continue;
            }

        } else if (rc == NGX_OK) {
            ngx_mitzu_call_end(cs, step);
            return;
        }

        ngx_mitzu_call_settle(cs, rc, step);
        return;
    }
}


/* Sends the progress notes; NGX_OK, or what to finalise with. */

static ngx_int_t
ngx_mitzu_call_notes(ngx_mitzu_call_t *cs)
{
    mz_buf_t          out;
    ngx_int_t         rc;
    mz_note_t        *note;
    ngx_mitzu_ctx_t  *ctx;

    rc = NGX_OK;
    ctx = cs->ctx;

    for ( ;; ) {
        note = mz_call_next_note(&cs->call);
        if (note == NULL) {
            return rc;
        }

        if (rc == NGX_OK && ctx->mcp.accepts_sse
            && ctx->mcp.progress_token != NULL)
        {
            if (ctx->sse == NULL) {
                rc = ngx_mitzu_sse_start(ctx);
            }

            /* A slow client misses notes, never the answer. */

            if (rc == NGX_OK && !ngx_mitzu_sse_is_behind(ctx->sse)) {
                mz_buf_init(&out, 0);
                mz_mcp_write_progress(&ctx->mcp, note->progress,
                                      mz_str_from(note->message), &out);

                rc = (out.rc == MZ_OK)
                     ? ngx_mitzu_sse_message(ctx->sse, mz_buf_view(&out))
                     : NGX_ERROR;

                mz_buf_free(&out);
            }
        }

        mz_note_free(note);
    }
}


static ngx_int_t
ngx_mitzu_call_store(ngx_mitzu_call_t *cs)
{
    mz_cmds_t  *cmds;

    cmds = &cs->call.cmds;

    if (cmds->n == 0) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (cs->pool == NULL) {
        return NGX_BUSY;
    }

    if (!ngx_mitzu_pool_accepts(cs->pool, cmds)) {
        return ngx_mitzu_call_stall(cs);
    }

    cs->op = ngx_mitzu_pool_send(cs->pool, cmds, ngx_mitzu_call_replies, cs);

    if (cs->op == NULL) {
        return NGX_BUSY;
    }

    cs->state = NGX_MITZU_CALL_STORE;
    cs->request->connection->log->action = "waiting for redis";

    return NGX_AGAIN;
}


/*
 * A client that waits for a run need not know of a short outage.  Only the
 * commands of a tool that changes nothing may be sent a second time.
 */

static ngx_int_t
ngx_mitzu_call_stall(ngx_mitzu_call_t *cs)
{
    if (!cs->has_waited || !(cs->call.tool->hints & MZ_TOOL_READ_ONLY)
        || cs->worker->draining)
    {
        return NGX_BUSY;
    }

    if (!cs->is_stalled) {
        cs->is_stalled = 1;
        cs->stalled_at = ngx_current_msec;
    }

    if (ngx_current_msec - cs->stalled_at > NGX_MITZU_STALL_MAX) {
        return NGX_BUSY;
    }

    cs->state = NGX_MITZU_CALL_STALLED;
    cs->deadline = ngx_current_msec + NGX_MITZU_STALL_RETRY
                   + ngx_random() % NGX_MITZU_STALL_RETRY;
    cs->request->connection->log->action = "waiting for redis to come back";

    return NGX_AGAIN;
}


static void
ngx_mitzu_call_replies(ngx_mitzu_op_t *op, mz_rc_t rc)
{
    ngx_int_t          n;
    ngx_connection_t  *c;
    ngx_mitzu_call_t  *cs;

    cs = op->data;
    cs->op = NULL;

    if (rc == MZ_OK) {
        cs->is_stalled = 0;
        cs->call.replies = op->replies;
        cs->call.nreplies = op->n;
        ngx_mitzu_call_resume(cs, MZ_EV_REPLIES);
        return;
    }

    c = cs->request->connection;
    ngx_http_set_log_request(c->log, cs->request);

    n = op->is_retried ? NGX_BUSY : ngx_mitzu_call_stall(cs);

    if (n == NGX_AGAIN) {
        mz_cmds_free(&cs->call.cmds);
        cs->call.cmds = op->cmds;
        mz_cmds_init(&op->cmds);
    }

    ngx_mitzu_call_settle(cs, n, MZ_STEP_STORE);

    ngx_http_run_posted_requests(c);
}


/* Commands that were held back are sent, or wait on. */

static void
ngx_mitzu_call_again(ngx_mitzu_call_t *cs)
{
    ngx_connection_t  *c;

    c = cs->request->connection;
    ngx_http_set_log_request(c->log, cs->request);

    ngx_mitzu_call_settle(cs, ngx_mitzu_call_store(cs), MZ_STEP_STORE);

    ngx_http_run_posted_requests(c);
}


/* What became of a step that could not be finished at once. */

static void
ngx_mitzu_call_settle(ngx_mitzu_call_t *cs, ngx_int_t rc, mz_step_t step)
{
    switch (rc) {

    case NGX_AGAIN:
        ngx_mitzu_call_arm(cs);
        return;

    case NGX_BUSY:
        step = mz_call_error(&cs->call, MZ_UNAVAILABLE, "%s",
                             (step == MZ_STEP_WORK)
                             ? "the thread pool's queue is full"
                             : "redis is not available");
        ngx_mitzu_call_end(cs, step);
        return;

    default:
        ngx_mitzu_call_abort(cs, rc);
        return;
    }
}


static ngx_int_t
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

    if (cs->ctx->sse == NULL && cs->ctx->mcp.accepts_sse) {
        rc = ngx_mitzu_sse_start(cs->ctx);
        if (rc != NGX_OK) {
            return rc;
        }
    }

    if (cs->pool == NULL) {
        return NGX_BUSY;
    }

    if (cs->call.watch.s[0] != '\0') {
        if (ngx_mitzu_hub_watch(&cs->pool->hub, &cs->watch, &cs->call.watch)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

    } else {
        ngx_mitzu_hub_unwatch(&cs->pool->hub, &cs->watch);
    }

    cs->state = NGX_MITZU_CALL_WAIT;
    cs->has_waited = 1;
    wait = (cs->call.wait_ms > 0) ? (ngx_msec_t) cs->call.wait_ms : 1;
    cs->deadline = ngx_current_msec + wait;
    c->log->action = "waiting for a run";

    if ((cs->has_news || (cs->worker->draining && !cs->is_drained))
        && !cs->watch.notice.posted)
    {
        ngx_post_event(&cs->watch.notice, &ngx_posted_events);
    }

    return NGX_AGAIN;
}


/* NGX_OK: done; NGX_AGAIN: on another thread; NGX_BUSY: no room there. */

static ngx_int_t
ngx_mitzu_call_work(ngx_mitzu_call_t *cs)
{
    ngx_int_t  rc;

    rc = NGX_DECLINED;

    if (cs->call.work_bytes > NGX_MITZU_WORK_INLINE) {
        rc = ngx_mitzu_thread_post(cs);
    }

    if (rc == NGX_AGAIN) {
        cs->state = NGX_MITZU_CALL_WORK;
        cs->request->connection->log->action = "working on a table";
        return NGX_AGAIN;
    }

    if (rc == NGX_DECLINED) {
        cs->call.work(&cs->call);
        return NGX_OK;
    }

    return rc;
}


void
ngx_mitzu_call_worked(ngx_mitzu_call_t *cs)
{
    cs->state = NGX_MITZU_CALL_STEP;

    if (cs->request == NULL) {
        ngx_mitzu_call_free(cs);
        return;
    }

    ngx_mitzu_call_resume(cs, MZ_EV_WORKED);
}


/* One timer for both: the end of the wait and the stream's heartbeat. */

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
            ngx_mitzu_call_again(cs);
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


/* Posted by the hub; kept for later while the tool is not waiting. */

void
ngx_mitzu_call_notice(ngx_event_t *ev)
{
    ngx_mitzu_call_t  *cs;

    cs = ev->data;

    if (cs->state != NGX_MITZU_CALL_WAIT) {
        cs->has_news = 1;
        return;
    }

    cs->has_news = 0;

    ngx_mitzu_call_resume(cs, ngx_mitzu_call_event(cs, MZ_EV_NOTICE));
}


static mz_tool_event_t
ngx_mitzu_call_event(ngx_mitzu_call_t *cs, mz_tool_event_t ev)
{
    if (!cs->worker->draining) {
        return ev;
    }

    cs->is_drained = 1;

    return MZ_EV_DRAIN;
}
