
/*
 * thread: heavy work of a tool, off the event loop.  The task is part of the
 * call, which outlives its request for as long as the thread is at it; the
 * thread touches the mz_call_t only, and nobody else does meanwhile.
 */

#include "ngx/ngx_mitzu_call.h"


#if (NGX_THREADS)

/* A running task holds no timer, and a worker without timers may quit. */
#define NGX_MITZU_THREAD_HOLD  60000


static void ngx_mitzu_thread_run(void *data, ngx_log_t *log);
static void ngx_mitzu_thread_done(ngx_event_t *ev);


ngx_int_t
ngx_mitzu_thread_post(ngx_mitzu_call_t *cs)
{
    ngx_thread_task_t  *task;

    if (cs->ctx->conf->thread_pool == NULL) {
        return NGX_DECLINED;
    }

    task = &cs->task;
    ngx_memzero(task, sizeof(ngx_thread_task_t));

    task->ctx = cs;
    task->handler = ngx_mitzu_thread_run;
    task->event.handler = ngx_mitzu_thread_done;
    task->event.data = cs;
    task->event.log = cs->worker->log;

    if (ngx_thread_task_post(cs->ctx->conf->thread_pool, task) != NGX_OK) {
        return NGX_BUSY;
    }

    ngx_add_timer(&task->event, NGX_MITZU_THREAD_HOLD);

    return NGX_AGAIN;
}


static void
ngx_mitzu_thread_run(void *data, ngx_log_t *log)
{
    ngx_mitzu_call_t  *cs = data;

    cs->call.work(&cs->call);
}


static void
ngx_mitzu_thread_done(ngx_event_t *ev)
{
    if (ev->timedout) {
        ngx_log_error(NGX_LOG_WARN, ev->log, 0,
                      "mitzu mcp: a tool works for over a minute");

        ev->timedout = 0;
        ngx_add_timer(ev, NGX_MITZU_THREAD_HOLD);
        return;
    }

    if (ev->timer_set) {
        ngx_del_timer(ev);
    }

    ngx_mitzu_call_worked(ev->data);
}


#else


ngx_int_t
ngx_mitzu_thread_post(ngx_mitzu_call_t *cs)
{
    return NGX_DECLINED;
}


#endif
