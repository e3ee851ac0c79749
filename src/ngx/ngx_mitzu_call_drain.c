
/*
 * call_drain: a worker that quits (reload, upgrade, quit) ends what waits in
 * it: streams that can be taken up again end with a hint when to come back,
 * all else is answered with what is known.  Spread over a little time, so
 * that thousands of clients are neither served in one turn of the event loop
 * nor come back all at once.
 */

#include "ngx/ngx_mitzu_call.h"


#define NGX_MITZU_DRAIN_SPREAD    5000  /* ms; less for fewer calls */
#define NGX_MITZU_DRAIN_PATIENCE  5000  /* with a Redis that is away */


static void ngx_mitzu_drain_plan(ngx_mitzu_worker_t *worker);


void
ngx_mitzu_call_drain(ngx_mitzu_worker_t *worker)
{
    ngx_queue_t       *q;
    ngx_mitzu_call_t  *cs;

    worker->draining = 1;
    ngx_mitzu_drain_plan(worker);

    for (q = ngx_queue_head(&worker->calls);
         q != ngx_queue_sentinel(&worker->calls);
         q = ngx_queue_next(q))
    {
        cs = ngx_queue_data(q, ngx_mitzu_call_t, queue);

        if (cs->request == NULL) {
            continue;
        }

        cs->drain_at = ngx_current_msec
                       + ngx_random() % (worker->drain_spread + 1);

        if (cs->state == NGX_MITZU_CALL_WAIT
            || cs->state == NGX_MITZU_CALL_STALLED)
        {
            cs->deadline = cs->drain_at;
        }

        if (cs->timer.timer_set) {
            ngx_del_timer(&cs->timer);
        }

        ngx_mitzu_call_arm(cs);
    }
}


/* A ms for each; worker_shutdown_timeout must not cut what we would end. */

static void
ngx_mitzu_drain_plan(ngx_mitzu_worker_t *worker)
{
    ngx_msec_t        spread, patience;
    ngx_core_conf_t  *ccf;

    ccf = (ngx_core_conf_t *) ngx_get_conf(ngx_cycle->conf_ctx,
                                           ngx_core_module);

    spread = ngx_min(worker->ncalls, NGX_MITZU_DRAIN_SPREAD);
    patience = NGX_MITZU_DRAIN_PATIENCE;

    if (ccf->shutdown_timeout) {
        spread = ngx_min(spread, ccf->shutdown_timeout / 2);
        patience = ngx_min(patience, ccf->shutdown_timeout / 4);
    }

    worker->drain_spread = spread;
    worker->drain_limit = ngx_current_msec + spread + patience;
}


/* Until then it goes on as if nothing were. */

ngx_uint_t
ngx_mitzu_call_is_due(ngx_mitzu_call_t *cs)
{
    return cs->worker->draining
           && (ngx_msec_int_t) (cs->drain_at - ngx_current_msec) <= 0;
}


ngx_uint_t
ngx_mitzu_call_is_hurried(ngx_mitzu_call_t *cs)
{
    return cs->worker->draining
           && (ngx_msec_int_t) (cs->worker->drain_limit - ngx_current_msec)
              <= 0;
}


/* Redis is away, and cannot be asked: who needs it not goes at once. */

void
ngx_mitzu_call_leave(ngx_mitzu_call_t *cs)
{
    ngx_connection_t  *c;

    if (cs->call.op->flags & MZ_OP_LISTENS) {
        mz_cmds_free(&cs->call.cmds);
        ngx_mitzu_call_resume(cs, MZ_EV_DRAIN);
        return;
    }

    if (!cs->call.is_resumable) {
        ngx_mitzu_call_again(cs);
        return;
    }

    c = cs->request->connection;
    ngx_http_set_log_request(c->log, cs->request);

    ngx_mitzu_call_abort(cs, ngx_mitzu_call_drop(cs));

    ngx_http_run_posted_requests(c);
}
