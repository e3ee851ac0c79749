
/*
 * call: drives one tool call (tools/tool.h) on nginx events.  A call lives
 * outside r->pool: work on another thread may outlast the request.  When the
 * client goes, the call ends and the run it watched goes on.
 */

#ifndef NGX_MITZU_CALL_H
#define NGX_MITZU_CALL_H

#include "ngx/ngx_mitzu.h"
#include "ngx/ngx_mitzu_redis.h"


typedef enum {
    NGX_MITZU_CALL_STEP = 0,
    NGX_MITZU_CALL_STORE,
    NGX_MITZU_CALL_STALLED,                     /* STORE, without a Redis */
    NGX_MITZU_CALL_WAIT,
    NGX_MITZU_CALL_WORK
} ngx_mitzu_call_state_t;

/* A message of the control channel, on its way to a listening call. */

typedef struct {
    ngx_uint_t               refs;
    mz_control_t             message;           /* views into text */
    u_char                   text[];
} ngx_mitzu_news_t;

#define NGX_MITZU_NEWS_MAX   64                 /* waiting for one call */

struct ngx_mitzu_call_s {
    ngx_queue_t              queue;             /* of worker->calls */
    ngx_http_request_t      *request;           /* NULL: it is gone */
    ngx_mitzu_ctx_t         *ctx;
    ngx_http_cleanup_t      *cleanup;
    ngx_mitzu_worker_t      *worker;
    ngx_mitzu_pool_t        *pool;
    mz_call_t                call;
    ngx_mitzu_call_state_t   state;
    ngx_mitzu_op_t          *op;                /* STORE */
    ngx_mitzu_watch_t        watch;
    ngx_mitzu_watch_t       *watches;           /* of call.watches */
    ngx_uint_t               nwatches;
    ngx_mitzu_news_t       **news;              /* a ring; NULL: listens not */
    ngx_uint_t               first_news;
    ngx_uint_t               nnews;
    ngx_queue_t              told;              /* of worker->told */
    mz_id_t                  cancel_id;         /* "": it has none */
    ngx_str_t                token;             /* of event ids; "": none */
    ngx_event_t              timer;
    int64_t                  epoch_ms;          /* of ngx_current_msec */
    ngx_msec_t               deadline;          /* WAIT, STALLED */
    ngx_msec_t               stalled_at;        /* since when */
    ngx_msec_t               drain_at;          /* of a worker that quits */
    unsigned                 has_waited:1;
    unsigned                 is_stalled:1;
    unsigned                 has_news:1;        /* came while not waiting */
    unsigned                 is_told:1;         /* it is in worker->told */
    unsigned                 is_drained:1;      /* was told to hurry */
#if (NGX_THREADS)
    ngx_thread_task_t        task;              /* WORK */
#endif
};


/*
 * Starts a call of ctx->mcp; what dispatch found is taken.  after: where a
 * broken stream is taken up, or below 0.  NGX_DONE: the call has the request
 * and answers it, now or later.  Else finalise with the result.
 */
ngx_int_t ngx_mitzu_call_start(ngx_http_request_t *r, ngx_mitzu_ctx_t *ctx,
    mz_dispatch_t *d, int64_t after);

/* Answers the request and frees the call. */
void ngx_mitzu_call_end(ngx_mitzu_call_t *cs, mz_step_t step);

/* Frees the call and finalises the request with rc. */
void ngx_mitzu_call_abort(ngx_mitzu_call_t *cs, ngx_int_t rc);

/* Its client wants no answer any more. */
void ngx_mitzu_call_cancel(ngx_mitzu_call_t *cs);

void ngx_mitzu_call_free(ngx_mitzu_call_t *cs);

/* At exit: frees all calls; their requests are not touched. */
void ngx_mitzu_call_free_all(ngx_mitzu_worker_t *worker);


/* ngx_mitzu_call_drain.c */

/* The worker quits: what waits ends, spread over a little time. */
void ngx_mitzu_call_drain(ngx_mitzu_worker_t *worker);

/* Whether the worker quits and it is this call's turn to end. */
ngx_uint_t ngx_mitzu_call_is_due(ngx_mitzu_call_t *cs);

/* .. and whether it has had all the time there is. */
ngx_uint_t ngx_mitzu_call_is_hurried(ngx_mitzu_call_t *cs);

/* STALLED, in a worker that quits: ends the call, or waits on. */
void ngx_mitzu_call_leave(ngx_mitzu_call_t *cs);


/* ngx_mitzu_call_run.c */

/* Steps until the call waits for something, or ends: cs may be gone. */
void ngx_mitzu_call_run(ngx_mitzu_call_t *cs, mz_tool_event_t ev);

/* The same from an event that is not the request's own. */
void ngx_mitzu_call_resume(ngx_mitzu_call_t *cs, mz_tool_event_t ev);

/* Commands that were held back are sent, or wait on. */
void ngx_mitzu_call_again(ngx_mitzu_call_t *cs);

/* work() is done. */
void ngx_mitzu_call_worked(ngx_mitzu_call_t *cs);


/* ngx_mitzu_call_wait.c: watches, news, time */

/* NGX_AGAIN: it waits.  Else what to finalise with, or NGX_BUSY. */
ngx_int_t ngx_mitzu_call_wait(ngx_mitzu_call_t *cs);
void ngx_mitzu_call_unwatch(ngx_mitzu_call_t *cs);
void ngx_mitzu_call_arm(ngx_mitzu_call_t *cs);

/* The control channel says something: kept until the call can take it. */
void ngx_mitzu_call_tell(ngx_mitzu_call_t *cs, ngx_mitzu_news_t *news);

/* It waits, or its slow client has caught up: it can take what is kept. */
void ngx_mitzu_call_flushed(ngx_mitzu_call_t *cs);

/* Event handlers. */
void ngx_mitzu_call_timer(ngx_event_t *ev);
void ngx_mitzu_call_notice(ngx_event_t *ev);
void ngx_mitzu_call_news(ngx_event_t *ev);         /* of a worker */


/* ngx_mitzu_call_stream.c: what a call says before its answer */

/* Starts the stream, unless there is one; primes it for resumption. */
ngx_int_t ngx_mitzu_call_stream(ngx_mitzu_call_t *cs);

/* Sends the notes; NGX_OK, or what to finalise with. */
ngx_int_t ngx_mitzu_call_notes(ngx_mitzu_call_t *cs);

/* Ends the stream without an answer, with a hint when to come back. */
ngx_int_t ngx_mitzu_call_drop(ngx_mitzu_call_t *cs);


/* ngx_mitzu_call_stop.c: the end of what a cancelled request waits for */

void ngx_mitzu_call_stop(ngx_mitzu_call_t *cs);

/* Its client leaves: what the client may say of it afterwards is kept. */
void ngx_mitzu_call_left(ngx_mitzu_call_t *cs);

/* The same as ngx_mitzu_call_stop() for a request whose client has left. */
void ngx_mitzu_call_left_stop(ngx_mitzu_pool_t *pool, const mz_id_t *request);

/* At exit. */
void ngx_mitzu_call_left_free(ngx_mitzu_worker_t *worker);


/* ngx_mitzu_control.c */

void ngx_mitzu_news_release(ngx_mitzu_news_t *news);


/* ngx_mitzu_url.c */

/* A tool asks for this in a step, so the request is there. */
void ngx_mitzu_url(mz_call_t *call, mz_str_t cid, mz_buf_t *out);


/* ngx_mitzu_thread.c */

/* NGX_AGAIN: on its way, NGX_DECLINED: do it here, NGX_BUSY: queue full. */
ngx_int_t ngx_mitzu_thread_post(ngx_mitzu_call_t *cs);


#endif /* NGX_MITZU_CALL_H */
