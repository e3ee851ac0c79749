
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


static ngx_int_t ngx_mitzu_call_store(ngx_mitzu_call_t *cs);
static ngx_int_t ngx_mitzu_call_stall(ngx_mitzu_call_t *cs);
static void ngx_mitzu_call_settle(ngx_mitzu_call_t *cs, ngx_int_t rc,
    mz_step_t step);
static void ngx_mitzu_call_replies(ngx_mitzu_op_t *op, mz_rc_t rc);
static ngx_int_t ngx_mitzu_call_work(ngx_mitzu_call_t *cs);


void
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

        step = mz_call_step(call, ev);

        call->replies = NULL;
        call->nreplies = 0;
        call->change = NULL;

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

        } else if (rc == NGX_OK && step == MZ_STEP_DROP) {
            ngx_mitzu_call_abort(cs, ngx_mitzu_call_drop(cs));
            return;

        } else if (rc == NGX_OK) {
            ngx_mitzu_call_end(cs, step);
            return;
        }

        ngx_mitzu_call_settle(cs, rc, step);
        return;
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
    if (!cs->has_waited || !mz_call_is_repeatable(&cs->call)
        || ngx_mitzu_call_is_hurried(cs))
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


void
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
