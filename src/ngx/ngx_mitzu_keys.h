
/*
 * keys: what the files behind ngx_mitzu_keys_t share.  A key set lives in
 * every worker by itself and is replaced as a whole:
 *
 *     keys.c        the set, and when to look for a new one
 *     keys_wait.c   requests that wait for one
 *     keys_file.c   from a file
 *     keys_fetch.c  from a location of ours, which proxies to the source
 *     keys_conn.c   .. and the request that this takes
 *
 * Everything happens on the event loop of one process.
 */

#ifndef NGX_MITZU_KEYS_H
#define NGX_MITZU_KEYS_H

#include "ngx/ngx_mitzu_auth.h"


typedef struct ngx_mitzu_fetch_s  ngx_mitzu_fetch_t;

struct ngx_mitzu_keys_s {
    ngx_mitzu_keys_conf_t    conf;
    ngx_str_t                path;          /* of a file, or of a location */
    ngx_str_t                args;
    ngx_http_conf_ctx_t     *ctx;           /* of the server it is in */
    ngx_mitzu_main_conf_t   *main;

    mz_jwks_t               *set;           /* NULL: none yet */
    ngx_event_t              timer;         /* the next look */
    ngx_event_t              wake;
    ngx_mitzu_fetch_t       *fetch;         /* NULL: none is under way */
    ngx_queue_t              waiting;       /* for the fetch; of requests */
    ngx_queue_t              woken;
    ngx_uint_t               nwaiting;
    ngx_msec_t               asked;         /* when an unknown key was last
                                               looked for */
    ngx_msec_t               delay;         /* of the next try, if it failed */

    time_t                   mtime;         /* of the file, as it was read */
    off_t                    size;
    ngx_file_uniq_t          uniq;

    unsigned                 is_file:1;
    unsigned                 is_tried:1;
    unsigned                 is_failing:1;
    unsigned                 has_asked:1;
};


/* ngx_mitzu_keys.c */

/* Takes a set, and what the source says of its age (-1: nothing). */
void ngx_mitzu_keys_use(ngx_mitzu_keys_t *keys, mz_jwks_t *set,
    time_t max_age);

/* There is no new set: why is logged, once until there is one. */
void ngx_mitzu_keys_fail(ngx_mitzu_keys_t *keys, const mz_err_t *err);


/* ngx_mitzu_keys_wait.c */

/* NGX_AGAIN: r waits for the fetch under way; NGX_BUSY: too many do. */
ngx_int_t ngx_mitzu_keys_park(ngx_http_request_t *r, ngx_mitzu_keys_t *keys,
    ngx_mitzu_keys_pt done);

/* The fetch is over: all go on, soon. */
void ngx_mitzu_keys_wake_all(ngx_mitzu_keys_t *keys);

/* The handler of keys->wake. */
void ngx_mitzu_keys_wake(ngx_event_t *ev);


/* ngx_mitzu_keys_file.c */

/* Reads the file: a new set, or NULL and why. */
mz_jwks_t *ngx_mitzu_keys_file_read(ngx_mitzu_keys_t *keys, ngx_log_t *log,
    mz_err_t *err);

/* Has it changed?  NGX_OK: no; NGX_DECLINED: yes; NGX_ERROR: *err. */
ngx_int_t ngx_mitzu_keys_file_look(ngx_mitzu_keys_t *keys, mz_err_t *err);


/* ngx_mitzu_keys_fetch.c */

typedef struct {
    const char              *failure;       /* NULL: all of it came */
    ngx_uint_t               status;
    mz_str_t                 body;          /* until the handler returns */
    time_t                   max_age;       /* -1: not said */
} ngx_mitzu_fetched_t;

/* The fetch is over, and forgotten after this. */
typedef void (*ngx_mitzu_fetch_pt)(void *data, ngx_mitzu_fetched_t *fetched);

typedef struct {
    ngx_http_conf_ctx_t     *ctx;           /* the server to ask */
    ngx_str_t                uri;
    ngx_str_t                args;
    ngx_msec_t               timeout;
    size_t                   max;           /* bytes of the answer */
    ngx_mitzu_fetch_pt       handler;       /* never before start returns */
    void                    *data;
    unsigned                 no_cache:1;    /* asks for a fresh one */
} ngx_mitzu_fetch_conf_t;

struct ngx_mitzu_fetch_s {
    ngx_http_connection_t    hc;            /* first: r->http_connection */
    ngx_http_log_ctx_t       log_ctx;
    ngx_log_t                log;
    struct sockaddr          sockaddr;
    ngx_connection_t        *connection;
    ngx_http_request_t      *request;
    ngx_http_request_t      *subrequest;
    ngx_socket_t             peer;          /* the other end */
    ngx_event_t              timer;
    ngx_mitzu_fetch_conf_t   conf;
    mz_buf_t                 body;
    ngx_int_t                rc;            /* of the subrequest */
    unsigned                 is_done:1;
    unsigned                 is_late:1;
};

/* NULL: no memory, no connection; the reason is logged. */
ngx_mitzu_fetch_t *ngx_mitzu_fetch_start(ngx_mitzu_fetch_conf_t *conf);

/* A quitting worker need not wait for it, unless somebody does. */
void ngx_mitzu_fetch_awaited(ngx_mitzu_fetch_t *fetch);

/* Ends it; its handler is not called.  Never from within it. */
void ngx_mitzu_fetch_abort(ngx_mitzu_fetch_t *fetch);

/* For its connection: the handler of events, of the request, of output. */
void ngx_mitzu_fetch_event(ngx_event_t *ev);
void ngx_mitzu_fetch_begin(ngx_http_request_t *r);
ngx_chain_t *ngx_mitzu_fetch_collect(ngx_connection_t *c, ngx_chain_t *in,
    off_t limit);


/* ngx_mitzu_keys_conn.c */

/* A connection and what hangs on its pool; without a request yet. */
ngx_mitzu_fetch_t *ngx_mitzu_fetch_create(void);

/* .. the request, of fetch->conf, and its headers. */
ngx_int_t ngx_mitzu_fetch_request(ngx_mitzu_fetch_t *fetch);
ngx_int_t ngx_mitzu_fetch_headers(ngx_mitzu_fetch_t *fetch);


#endif /* NGX_MITZU_KEYS_H */
