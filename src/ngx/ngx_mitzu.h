
/*
 * ngx_mitzu: what the files of src/ngx share: configuration, the state of a
 * worker and the context of a request.  Configuration is written while it is
 * read and in init_process only; a request's context lives in r->pool; a
 * worker's state dies in exit_process.
 */

#ifndef NGX_MITZU_H
#define NGX_MITZU_H

#include "ngx/ngx_mitzu_compat.h"
#include "ngx/ngx_mitzu_mcp_module.h"

#include "auth/challenge.h"
#include "auth/jwt.h"
#include "auth/principal.h"
#include "auth/session.h"
#include "base/mz_buf.h"
#include "base/mz_str.h"
#include "proto/mcp.h"
#include "tools/cache.h"
#include "tools/host.h"
#include "tools/registry.h"


#define NGX_MITZU_OFF           0
#define NGX_MITZU_ON            1
#define NGX_MITZU_STRICT        2
#define NGX_MITZU_ERRORS        3       /* mitzu_mcp errors */
#define NGX_MITZU_METADATA      4       /* mitzu_mcp metadata */

#define NGX_MITZU_AUTH_OFF      1       /* mitzu_mcp_auth off */
#define NGX_MITZU_AUTH_INSECURE 2       /* mitzu_mcp_auth off insecure */
#define NGX_MITZU_AUTH_URI      3       /* mitzu_mcp_auth <uri> */

#define NGX_MITZU_CANCEL_RUN    0       /* mitzu_mcp_cancel run */
#define NGX_MITZU_CANCEL_WAIT   1       /* mitzu_mcp_cancel wait */

/* work() on more bytes than these leaves the event loop, if it can. */
#define NGX_MITZU_WORK_INLINE   (128 * 1024)

/* Seconds a client is told to wait when Redis is away. */
#define NGX_MITZU_RETRY_AFTER   "2"


typedef struct ngx_mitzu_redis_conf_s  ngx_mitzu_redis_conf_t;
typedef struct ngx_mitzu_pool_s        ngx_mitzu_pool_t;
typedef struct ngx_mitzu_call_s        ngx_mitzu_call_t;
typedef struct ngx_mitzu_lefts_s       ngx_mitzu_lefts_t;
typedef struct ngx_mitzu_sse_s         ngx_mitzu_sse_t;
typedef struct ngx_mitzu_batch_s       ngx_mitzu_batch_t;
typedef struct ngx_mitzu_auth_s        ngx_mitzu_auth_t;
typedef struct ngx_mitzu_main_conf_s   ngx_mitzu_main_conf_t;
typedef struct ngx_mitzu_jwt_conf_s    ngx_mitzu_jwt_conf_t;


/* One per worker process. */

typedef struct {
    ngx_mitzu_main_conf_t     *main;
    ngx_queue_t                calls;       /* of ngx_mitzu_call_t */
    ngx_uint_t                 ncalls;
    ngx_queue_t                told;        /* of those that have news */
    ngx_event_t                news;        /* posted when there are some */
    ngx_mitzu_lefts_t         *lefts;       /* whose clients left; or NULL */
    mz_cache_t                *cache;
    ngx_connection_t          *quit;        /* tells of a graceful quit */
    ngx_msec_t                 drain_spread;
    ngx_msec_t                 drain_limit; /* no call waits beyond it */
    ngx_log_t                 *log;
    unsigned                   draining:1;
} ngx_mitzu_worker_t;


#define NGX_MITZU_LIMIT_USER     0
#define NGX_MITZU_LIMIT_PROJECT  1
#define NGX_MITZU_LIMITS         2
#define NGX_MITZU_LIMITS_ALL     0x3

typedef struct {
    ngx_uint_t                 enable;
    ngx_uint_t                 auth;
    ngx_mitzu_redis_conf_t    *redis;
    ngx_http_complex_value_t  *conversation_url;
    ngx_array_t               *origins;     /* of ngx_str_t */
    ngx_array_t               *hosts;       /* likewise; empty: any */
    ngx_array_t               *server_names;    /* likewise; real names */
#if (NGX_PCRE)
    ngx_array_t               *server_regexes;  /* of ngx_regex_t * */
#endif
    mz_seal_t                 *keys;        /* mitzu_mcp_key; or NULL */

    ngx_str_t                  auth_uri;
    ngx_array_t               *auth_sets;   /* of ngx_mitzu_auth_set_t */
    mz_str_t                   scope_read;  /* needed; empty: none */
    mz_str_t                   scope_run;
    mz_resource_conf_t        *resource;    /* NULL: it says nothing */
    ngx_mitzu_jwt_conf_t      *jwt;         /* mitzu_jwt; NULL: another place */
    time_t                     session_timeout;

    time_t                     wait;
    time_t                     wait_max;
    ngx_msec_t                 heartbeat;
    size_t                     result_max;
    size_t                     body_max;
    time_t                     retention;
    time_t                     attach;
    ngx_int_t                  max_attempts;
    ngx_int_t                  max_queued;  /* 0: any number */
    mz_run_limit_t             limits[NGX_MITZU_LIMITS];
    ngx_uint_t                 has_limits;  /* bits; those that are written */
    ngx_msec_t                 lease;
    ngx_uint_t                 cancel;      /* NGX_MITZU_CANCEL_* */

    ngx_str_t                  thread_pool_name;
#if (NGX_THREADS)
    ngx_thread_pool_t         *thread_pool; /* NULL: work is done inline */
#endif

    /* made from the above once the configuration has been read */

    ngx_mitzu_main_conf_t     *main;
    mz_mcp_server_t            server;
    mz_tool_conf_t             tools;
    mz_principal_t             principal;   /* without sign-in */

    unsigned                   has_server_names:1;
} ngx_mitzu_loc_conf_t;


/* A location with mitzu_mcp on, and where it is written. */

typedef struct {
    ngx_mitzu_loc_conf_t      *conf;
    ngx_http_core_srv_conf_t  *server;
    ngx_http_core_loc_conf_t  *location;
    ngx_str_t                  file;
    ngx_uint_t                 line;
    unsigned                   is_part:1;   /* an "if" of the one before */
} ngx_mitzu_endpoint_t;


struct ngx_mitzu_main_conf_s {
    mz_registry_t              registry;
    ngx_array_t                endpoints;   /* of ngx_mitzu_endpoint_t */
    ngx_array_t                redises;     /* of ngx_mitzu_redis_conf_t * */
    ngx_array_t                key_sets;    /* of ngx_mitzu_keys_t * */
    size_t                     cache_size;
    ngx_mitzu_worker_t        *worker;
    ngx_shm_zone_t            *zone;        /* ngx_mitzu_zone.c; or NULL */
    unsigned                   needs_zone:1;
};


typedef struct {
    ngx_http_request_t        *request;
    ngx_mitzu_loc_conf_t      *conf;
    ngx_mitzu_call_t          *call;        /* NULL when there is none */
    ngx_mitzu_sse_t           *sse;         /* NULL until a stream starts */
    ngx_mitzu_batch_t         *batch;       /* NULL: a single message */
    ngx_array_t               *params;      /* Mcp-Param-*; may be NULL */

    ngx_mitzu_auth_t          *auth;        /* NULL: no sign-in was asked */
    const mz_principal_t      *principal;   /* who asks */

    mz_mcp_http_t              http;
    mz_mcp_request_t           mcp;
    mz_session_t               session;     /* if http.session is VALID */
    ngx_str_t                  origin;
    ngx_str_t                  asked_headers;       /* of a preflight */
    mz_buf_t                   body;

    /* for variables; they outlive the call */
    mz_str_t                   method;
    mz_str_t                   tool;
    mz_str_t                   status;
    mz_str_t                   era;
    mz_id_t                    conversation;
    mz_id_t                    run;
    unsigned                   tolerated;   /* 1 << mz_mcp_tolerance_t */

    unsigned                   has_origins:1;       /* more than one */
    unsigned                   is_allowed:1;        /* the origin */
    unsigned                   is_capturing:1;      /* the body */
    unsigned                   is_body_too_large:1;
    unsigned                   has_mcp:1;
    unsigned                   is_counted:1;
} ngx_mitzu_ctx_t;


extern ngx_module_t  ngx_mitzu_mcp_module;


/* ngx_mitzu_handler.c */

ngx_int_t ngx_mitzu_handler(ngx_http_request_t *r);

/*
 * One message has been received: answers it or starts a call.  NGX_DONE: a
 * call has taken it over, or it was one of a batch.  Else finalise with it.
 */
ngx_int_t ngx_mitzu_handler_message(ngx_http_request_t *r,
    ngx_mitzu_ctx_t *ctx, mz_mcp_outcome_t outcome, mz_mcp_reply_t *reply);

/* Drops the body, for an answer that does not wait for it. */
ngx_int_t ngx_mitzu_handler_discard(ngx_http_request_t *r);

/* Sends what proto or dispatch wrote; the caller frees the reply. */
ngx_int_t ngx_mitzu_handler_reply(ngx_http_request_t *r,
    mz_mcp_reply_t *reply);

/* The answer of a call that ended; finalises r, or goes on with the batch. */
void ngx_mitzu_handler_answer(ngx_http_request_t *r, mz_call_t *call,
    mz_step_t step);

/* The same for a call that its client cancelled: there is no answer. */
void ngx_mitzu_handler_cancelled(ngx_http_request_t *r);

/* Gives the request up; finalises r. */
void ngx_mitzu_handler_abort(ngx_http_request_t *r, ngx_int_t rc);


/* ngx_mitzu_batch.c: an array of messages, one after the other */

struct ngx_mitzu_batch_s {
    mz_mcp_batch_t             items;
    size_t                     next;
    mz_buf_t                   out;         /* "[..,.."; empty: none yet */
    ngx_msec_t                 limit;       /* no call waits beyond it */
    ngx_int_t                  rc;          /* of an abort */
    unsigned                   is_inside:1; /* ngx_mitzu_batch_run() is */
    unsigned                   is_aborted:1;
};

/* Finalise with the result, unless it is NGX_DONE. */
ngx_int_t ngx_mitzu_batch_start(ngx_http_request_t *r, ngx_mitzu_ctx_t *ctx);

/* Takes a response (its bytes are taken; empty: there is none). */
void ngx_mitzu_batch_add(ngx_mitzu_ctx_t *ctx, mz_buf_t *json);

/* A call of the batch ended: the next ones; finalises r in the end. */
void ngx_mitzu_batch_continue(ngx_http_request_t *r, ngx_mitzu_ctx_t *ctx);


/* ngx_mitzu_settle.c: the first moments of a worker */

/* handler(r) and its result, now; or NGX_DONE, and then a bit later. */
ngx_int_t ngx_mitzu_settle(ngx_http_request_t *r, ngx_mitzu_pool_t *pool,
    ngx_http_handler_pt handler);


/* ngx_mitzu_session.c */

/* Looks at Mcp-Session-Id: fills in ctx->http.session and ctx->session. */
void ngx_mitzu_session_find(ngx_mitzu_ctx_t *ctx);

/* Makes a session for an initialize and adds the header; NGX_ERROR: 500. */
ngx_int_t ngx_mitzu_session_create(ngx_http_request_t *r,
    ngx_mitzu_ctx_t *ctx);


/* ngx_mitzu_key.c: what sessions, states and event ids are sealed with */

/* mitzu_mcp_key */
char *ngx_mitzu_key_conf(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* The keys of a location; without the directive those kept in Redis. */
const mz_seal_t *ngx_mitzu_key_get(ngx_mitzu_loc_conf_t *mlcf);


/* ngx_mitzu_ctx.c */

/* The context of the main request, also after an internal redirect. */
ngx_mitzu_ctx_t *ngx_mitzu_ctx_get(ngx_http_request_t *r);

/* A new context, filled from the request's headers; NULL: out of memory. */
ngx_mitzu_ctx_t *ngx_mitzu_ctx_create(ngx_http_request_t *r);


/* ngx_mitzu_origin.c */

/* May a page of this origin talk to us?  No origin: no page, so yes. */
ngx_uint_t ngx_mitzu_origin_is_allowed(ngx_mitzu_loc_conf_t *mlcf,
    ngx_str_t *origin);

/* ngx_mitzu_limit.c: mitzu_mcp_run_limit */
char *ngx_mitzu_limit_conf(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
void ngx_mitzu_limit_merge(ngx_mitzu_loc_conf_t *conf,
    ngx_mitzu_loc_conf_t *prev);

/* mitzu_mcp_origins */
char *ngx_mitzu_origin_conf(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);


/* ngx_mitzu_host.c */

/* Is the request for a name of ours?  No name, an address: yes. */
ngx_uint_t ngx_mitzu_host_is_allowed(ngx_http_request_t *r,
    ngx_mitzu_loc_conf_t *mlcf);

ngx_uint_t ngx_mitzu_host_is_loopback(ngx_str_t *host);

/* list: of ngx_str_t, spelt as server_name is; no regexes. */
ngx_uint_t ngx_mitzu_host_in_list(ngx_array_t *list, ngx_str_t *host);

/* Keeps the names of the server being merged. */
ngx_int_t ngx_mitzu_host_names(ngx_conf_t *cf, ngx_mitzu_loc_conf_t *mlcf);

/* mitzu_mcp_hosts */
char *ngx_mitzu_host_conf(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);


/* ngx_mitzu_error.c */

/* The handler of "mitzu_mcp errors". */
ngx_int_t ngx_mitzu_error_handler(ngx_http_request_t *r);

/* Whether error_page led here. */
ngx_uint_t ngx_mitzu_error_is_page(ngx_http_request_t *r);

/* Then: the answer to r->err_status.  Needs a context. */
ngx_int_t ngx_mitzu_error_answer(ngx_http_request_t *r);


/* ngx_mitzu_body.c */

ngx_int_t ngx_mitzu_body_init(ngx_conf_t *cf);

/*
 * Reads the body into ctx->body, never to disk, and calls handler.
 * NGX_DONE, or the status of an answer that is still to be sent.
 */
ngx_int_t ngx_mitzu_body_read(ngx_http_request_t *r, ngx_mitzu_ctx_t *ctx,
    ngx_http_client_body_handler_pt handler);


/* ngx_mitzu_zone.c: counters of the node; they outlive a reload */

typedef enum {
    NGX_MITZU_COUNT_LEGACY,             /* messages, by era */
    NGX_MITZU_COUNT_MODERN,
    NGX_MITZU_COUNT_UNKNOWN,            /* refused before one was read */
    NGX_MITZU_COUNT_4XX,                /* requests; by the log phase */
    NGX_MITZU_COUNT_5XX,
    NGX_MITZU_COUNT_SESSIONS_CREATED,
    NGX_MITZU_COUNT_SESSIONS_ENDED,     /* by DELETE */
    NGX_MITZU_COUNT_SESSIONS_REFUSED,   /* ids answered with 404 */
    NGX_MITZU_COUNT_TOLERATED,          /* + mz_mcp_tolerance_t */
    NGX_MITZU_COUNT_TOKEN = NGX_MITZU_COUNT_TOLERATED + MZ_MCP_TOLERANCES,
                                        /* + mz_jwt_reason_t */
    NGX_MITZU_COUNT_TOKEN_MISSING = NGX_MITZU_COUNT_TOKEN + MZ_JWT_REASONS,
    NGX_MITZU_COUNT_TOKEN_REQUEST,      /* two tokens, or in the query */
    NGX_MITZU_COUNT_TOKEN_UNAVAILABLE,  /* there were no keys */
    NGX_MITZU_COUNT_BY_RESOURCE,        /* tokens let in, by audience */
    NGX_MITZU_COUNT_BY_CLIENT_ID,
    NGX_MITZU_COUNT_CACHE_HIT,          /* of verified tokens */
    NGX_MITZU_COUNT_CACHE_MISS,
    NGX_MITZU_COUNT_KEYS_REFRESHED,
    NGX_MITZU_COUNT_KEYS_FAILED,
    NGX_MITZU_COUNTERS
} ngx_mitzu_counter_t;

typedef enum {
    NGX_MITZU_GAUGE_CALLS,              /* in flight */
    NGX_MITZU_GAUGES
} ngx_mitzu_gauge_t;

void ngx_mitzu_count(ngx_mitzu_main_conf_t *mmcf, ngx_uint_t counter,
    ngx_uint_t n);

/* A message was read: its era and what was tolerated in it. */
void ngx_mitzu_count_message(ngx_mitzu_ctx_t *ctx);

/* bits: 1 << mz_mcp_tolerance_t */
void ngx_mitzu_count_tolerated(ngx_mitzu_main_conf_t *mmcf, unsigned bits);
ngx_uint_t ngx_mitzu_counted(ngx_mitzu_main_conf_t *mmcf,
    ngx_uint_t counter);

/* Adds n, which may be below 0, to the part of this process. */
void ngx_mitzu_gauge(ngx_mitzu_main_conf_t *mmcf, ngx_uint_t gauge,
    ngx_int_t n);

/* The sum over the processes that live. */
ngx_uint_t ngx_mitzu_gauged(ngx_mitzu_main_conf_t *mmcf, ngx_uint_t gauge);

/* Makes the default zone, unless there is one or nobody needs it. */
ngx_int_t ngx_mitzu_zone_add(ngx_conf_t *cf, ngx_mitzu_main_conf_t *mmcf);

/* mitzu_mcp_zone */
char *ngx_mitzu_zone_conf(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);


/* ngx_mitzu_status.c: mitzu_mcp_status */

char *ngx_mitzu_status_conf(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);


/* ngx_mitzu_vars.c */

ngx_int_t ngx_mitzu_vars_add(ngx_conf_t *cf);


/* ngx_mitzu_check.c: the configuration as a whole */

ngx_int_t ngx_mitzu_check_endpoints(ngx_conf_t *cf,
    ngx_mitzu_main_conf_t *mmcf);


/* ngx_mitzu_lifecycle.c */

void ngx_mitzu_random(void *buf, size_t n);

ngx_int_t ngx_mitzu_init_module(ngx_cycle_t *cycle);
ngx_int_t ngx_mitzu_init_process(ngx_cycle_t *cycle);
void ngx_mitzu_exit_process(ngx_cycle_t *cycle);


static ngx_inline mz_str_t
ngx_mitzu_str(const ngx_str_t *s)
{
    mz_str_t  v;

    v.data = (const char *) s->data;
    v.len = s->len;

    return v;
}


static ngx_inline int64_t
ngx_mitzu_now_ms(void)
{
    ngx_time_t  *tp;

    tp = ngx_timeofday();

    return (int64_t) tp->sec * 1000 + (int64_t) tp->msec;
}


#endif /* NGX_MITZU_H */
