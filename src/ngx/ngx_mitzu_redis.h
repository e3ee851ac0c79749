
/*
 * redis: connections of one worker to one Redis.  A pool holds three: fast
 * (small replies), bulk (large ones, so that they hold up nobody) and notify
 * (subscriptions); with wait_replicas also durable (WAIT blocks it), and with
 * sentinels one to one of them.  hiredis parses, nginx does the I/O.
 *
 * An operation is one pipeline of commands.  Its handler is called exactly
 * once, never from within ngx_mitzu_pool_send(), unless it was cancelled.
 * The operation, and the replies that the handler left in it, belong to the
 * connection.
 */

#ifndef NGX_MITZU_REDIS_H
#define NGX_MITZU_REDIS_H

#include "ngx/ngx_mitzu.h"

#include "store/control.h"
#include "store/store.h"


#define NGX_MITZU_FAST          0
#define NGX_MITZU_BULK          1
#define NGX_MITZU_NOTIFY        2
#define NGX_MITZU_DURABLE       3
#define NGX_MITZU_CLASSES       4               /* to Redis itself */
#define NGX_MITZU_SENTINEL      4

#define NGX_MITZU_OP_CMDS_MAX   4096            /* commands of a pipeline */
#define NGX_MITZU_OPS_MAX       16384           /* waiting on a connection */
#define NGX_MITZU_REPLY_MAX     (64 * 1024 * 1024)      /* bytes of a reply */

#define NGX_MITZU_KEY_HEX       64              /* digits of its secret */
#define NGX_MITZU_BACKOFF_MIN   100             /* ms */
#define NGX_MITZU_HOST_MAX      255
#define NGX_MITZU_REASON_MAX    320             /* why a connection failed */

typedef struct ngx_mitzu_redis_s    ngx_mitzu_redis_t;
typedef struct ngx_mitzu_op_s       ngx_mitzu_op_t;

/* rc: MZ_OK with all replies, or MZ_UNAVAILABLE with none. */
typedef void (*ngx_mitzu_op_pt)(ngx_mitzu_op_t *op, mz_rc_t rc);


/* Where a server is; the resolver knows a name without addresses. */

typedef struct {
    ngx_str_t                host;
    in_port_t                port;
    ngx_addr_t              *addrs;
    ngx_uint_t               naddrs;
} ngx_mitzu_server_t;


struct ngx_mitzu_redis_conf_s {
    ngx_str_t                words;             /* the whole directive */
    ngx_str_t                url;               /* as written; no secrets */
    ngx_array_t              servers;           /* of ngx_mitzu_server_t:
                                                   Redis, or its sentinels */
    ngx_str_t                master;            /* empty: no sentinels */
    ngx_resolver_t          *resolver;          /* of names */
    ngx_msec_t               resolver_timeout;
    ngx_uint_t               db;
    ngx_str_t                user;
    ngx_str_t                password;
    ngx_str_t                sentinel_user;
    ngx_str_t                sentinel_password;
    ngx_msec_t               connect_timeout;
    ngx_msec_t               timeout;
    ngx_uint_t               wait_replicas;     /* 0: nothing waits */
    ngx_msec_t               wait_timeout;
    mz_store_conf_t          store;

#if (NGX_SSL)
    ngx_ssl_t               *ssl;               /* NULL: no TLS */
#endif
    ngx_str_t                ssl_name;          /* empty: the host's */
    ngx_str_t                ssl_trusted_certificate;
    ngx_str_t                ssl_certificate;
    ngx_str_t                ssl_certificate_key;
    ngx_uint_t               ssl_verify;
    unsigned                 is_tls:1;

    ngx_mitzu_pool_t        *pool;              /* of this worker */
    mz_seal_t                seal;              /* key of mitzu:meta */
    char                     key[NGX_MITZU_KEY_HEX];    /* seal's */
};


struct ngx_mitzu_op_s {
    ngx_queue_t              queue;
    mz_cmds_t                cmds;
    ngx_buf_t                buf;
    ngx_chain_t              out;
    ngx_mitzu_op_pt          handler;           /* NULL: nobody waits */
    void                    *data;
    ngx_uint_t               next;              /* slot of the next reply */
    ngx_uint_t               missing;           /* replies still owed */
    size_t                   n;
    unsigned                 is_retried:1;
    unsigned                 is_durable:1;      /* WAIT for replicas, too */
    redisReply              *replies[];
};


typedef enum {
    NGX_MITZU_REDIS_IDLE = 0,
    NGX_MITZU_REDIS_LOCATING,                   /* a sentinel is asked */
    NGX_MITZU_REDIS_RESOLVING,
    NGX_MITZU_REDIS_CONNECTING,                 /* TLS included */
    NGX_MITZU_REDIS_HANDSHAKE,
    NGX_MITZU_REDIS_READY,
    NGX_MITZU_REDIS_DOWN,                       /* until the next attempt */
    NGX_MITZU_REDIS_CLOSED
} ngx_mitzu_redis_state_t;

struct ngx_mitzu_redis_s {
    ngx_mitzu_pool_t        *pool;
    ngx_mitzu_redis_conf_t  *conf;
    ngx_uint_t               class;
    ngx_mitzu_redis_state_t  state;
    ngx_uint_t               generation;        /* of the connection */
    ngx_mitzu_server_t      *server;            /* where it leads */
    ngx_connection_t        *connection;
    redisReader             *reader;

    ngx_queue_t              sent;              /* replies are owed, FIFO */
    ngx_queue_t              backlog;           /* until it is ready */
    ngx_queue_t              written;           /* WAIT is to be asked */
    ngx_queue_t              confirming;        /* WAIT has been asked */
    ngx_uint_t               nops;
    ngx_uint_t               turn;              /* finished in this one */
    ngx_chain_t             *out;               /* bytes still to be sent */
    ngx_chain_t            **last_out;

    ngx_event_t              flush;
    ngx_event_t              confirm;
    ngx_event_t              retry;
    ngx_msec_t               backoff;
    ngx_uint_t               next_addr;
    ngx_resolver_ctx_t      *resolving;
    ngx_peer_connection_t    peer;
    ngx_sockaddr_t           sockaddr;
    ngx_str_t                name;              /* in name_buf */
    u_char                   name_buf[NGX_SOCKADDR_STRLEN];

    ngx_log_t                log;
    ngx_log_t                quiet;
#if (NGX_SSL)
    ngx_log_t                said;              /* what TLS says: in reason */
    ngx_ssl_session_t       *session;           /* to be resumed */
    u_char                   reason[NGX_MITZU_REASON_MAX];
#endif
    unsigned                 is_loading:1;      /* SCRIPT LOAD is under way */
    unsigned                 is_owed:1;         /* an answer to no operation */
    unsigned                 is_waiting:1;      /* WAIT is under way */
    unsigned                 may_queue:1;       /* while it is DOWN */
};


/* Who knows where Redis is; ngx_mitzu_sentinel.c. */

typedef struct {
    ngx_mitzu_redis_t        conn;              /* to one of the sentinels */
    ngx_uint_t               next;              /* of conf->servers */
    ngx_uint_t               failures;          /* since one answered */
    ngx_uint_t               in_vain;           /* the same answer in doubt */

    ngx_mitzu_server_t       master;
    ngx_addr_t               addr;
    ngx_sockaddr_t           sockaddr;
    u_char                   host[NGX_MITZU_HOST_MAX + 1];

    unsigned                 is_asking:1;
    unsigned                 is_next:1;         /* the next reply tells it */
    unsigned                 is_known:1;        /* the master is */
    unsigned                 is_doubtful:1;     /* it failed since */
} ngx_mitzu_sentinel_t;


/* A run's channel and the calls that watch it; ngx_mitzu_hub.c. */

typedef struct {
    ngx_str_node_t           node;
    ngx_queue_t              watches;
    unsigned                 stands:1;          /* Redis has confirmed it */
    u_char                   id[MZ_ID_LEN];
} ngx_mitzu_channel_t;

typedef struct {
    ngx_queue_t              queue;
    ngx_mitzu_channel_t     *channel;           /* NULL: watches nothing */
    ngx_event_t              notice;            /* posted on news */
} ngx_mitzu_watch_t;

typedef struct {
    ngx_mitzu_pool_t        *pool;
    ngx_rbtree_t             rbtree;
    ngx_rbtree_node_t        sentinel;
} ngx_mitzu_hub_t;


/* Sessions that were deleted; ngx_mitzu_ended.c. */

typedef struct {
    ngx_rbtree_t             rbtree;
    ngx_rbtree_node_t        sentinel;
    ngx_queue_t              queue;             /* the oldest first */
    ngx_uint_t               n;
    unsigned                 is_loading:1;
    unsigned                 is_due:1;          /* to be loaded, again */
    unsigned                 is_known:1;        /* Redis told them, once */
} ngx_mitzu_ended_t;


struct ngx_mitzu_pool_s {
    ngx_mitzu_redis_conf_t  *conf;
    ngx_mitzu_worker_t      *worker;
    ngx_mitzu_redis_t        conns[NGX_MITZU_CLASSES];
    ngx_uint_t               nconns;            /* of them */
    ngx_mitzu_sentinel_t     sentinel;          /* if there are any */
    ngx_mitzu_hub_t          hub;
    ngx_mitzu_ended_t        ended;
    ngx_log_t               *log;
    ngx_uint_t               failures;          /* of this outage */
    ngx_msec_t               asked_at;          /* for the key; has_asked */
    ngx_msec_t               created;
    ngx_queue_t              settling;          /* ngx_mitzu_settle.c */
    ngx_event_t              settle;
    ngx_msec_t               refused_at;        /* has_refused */
    unsigned                 is_out:1;
    unsigned                 is_looked_at:1;
    unsigned                 is_misfit:1;       /* another deployment's */
    unsigned                 has_asked:1;
    unsigned                 has_refused:1;     /* Redis an operation */
};


/* ngx_mitzu_redis_pool.c */

ngx_mitzu_pool_t *ngx_mitzu_pool_create(ngx_mitzu_redis_conf_t *conf,
    ngx_mitzu_worker_t *worker);

/* Waiting operations are dropped without a call of their handlers. */
void ngx_mitzu_pool_destroy(ngx_mitzu_pool_t *pool);

/*
 * Sends a pipeline on the connection of its class.  The commands are taken.
 * NULL: Redis is away or there is no room; cmds is freed all the same.
 */
ngx_mitzu_op_t *ngx_mitzu_pool_send(ngx_mitzu_pool_t *pool, mz_cmds_t *cmds,
    ngx_mitzu_op_pt handler, void *data);

/* Whether ngx_mitzu_pool_send() would take these now. */
ngx_uint_t ngx_mitzu_pool_accepts(ngx_mitzu_pool_t *pool,
    const mz_cmds_t *cmds);

/* Connections to one Redis that each worker keeps. */
ngx_uint_t ngx_mitzu_pool_size(ngx_mitzu_redis_conf_t *conf);

/* Whether all of them are ready. */
ngx_uint_t ngx_mitzu_pool_is_up(ngx_mitzu_pool_t *pool);

/* Redis is not where the connections lead. */
void ngx_mitzu_pool_leave(ngx_mitzu_pool_t *pool, const char *reason);

/* What a connection tells its pool. */
void ngx_mitzu_pool_ready(ngx_mitzu_redis_t *rc);
void ngx_mitzu_pool_failed(ngx_mitzu_redis_t *rc, ngx_err_t err,
    const char *reason);
void ngx_mitzu_pool_refused(ngx_mitzu_redis_t *rc, const char *words);


/* ngx_mitzu_redis.c */

void ngx_mitzu_redis_init(ngx_mitzu_redis_t *rc, ngx_mitzu_pool_t *pool,
    ngx_uint_t class);
void ngx_mitzu_redis_close(ngx_mitzu_redis_t *rc);
void ngx_mitzu_redis_start(ngx_mitzu_redis_t *rc);
void ngx_mitzu_redis_hurry(ngx_mitzu_redis_t *rc);

/*
 * Starts anew at once, and forgets what was sent: for a connection whose
 * operations nobody waits for.
 */
void ngx_mitzu_redis_restart(ngx_mitzu_redis_t *rc);

/* Sends what waited for the handshake. */
void ngx_mitzu_redis_ready(ngx_mitzu_redis_t *rc);

/* Closes, fails every operation, and comes back later. */
void ngx_mitzu_redis_fail(ngx_mitzu_redis_t *rc, ngx_err_t err,
    const char *reason);

/* Connects to an address of rc->server. */
void ngx_mitzu_redis_connect(ngx_mitzu_redis_t *rc,
    struct sockaddr *sockaddr, socklen_t socklen);

/* The socket is connected, or not; NGX_ERROR and the errno. */
void ngx_mitzu_redis_connected(ngx_mitzu_redis_t *rc);
ngx_int_t ngx_mitzu_redis_test(ngx_connection_t *c);

/* Says hello, over TLS if that was asked for. */
void ngx_mitzu_redis_established(ngx_mitzu_redis_t *rc);


/* ngx_mitzu_redis_io.c */

/* Whether an operation would be sent or queued now. */
ngx_uint_t ngx_mitzu_redis_accepts(ngx_mitzu_redis_t *rc);

ngx_mitzu_op_t *ngx_mitzu_redis_send(ngx_mitzu_redis_t *rc, mz_cmds_t *cmds,
    ngx_mitzu_op_pt handler, void *data);

/* The same, but ahead of the backlog: the handshake, SCRIPT LOAD. */
ngx_mitzu_op_t *ngx_mitzu_redis_send_now(ngx_mitzu_redis_t *rc,
    mz_cmds_t *cmds, ngx_mitzu_op_pt handler, void *data);

void ngx_mitzu_redis_enqueue(ngx_mitzu_redis_t *rc, ngx_mitzu_op_t *op);

/* Sets the timer for what is to come next. */
void ngx_mitzu_redis_arm(ngx_mitzu_redis_t *rc);

/* Event handlers. */
void ngx_mitzu_redis_flush(ngx_event_t *ev);
void ngx_mitzu_redis_write(ngx_event_t *wev);
void ngx_mitzu_redis_read(ngx_event_t *rev);


/* ngx_mitzu_redis_reply.c */

/* Takes the reply; what it leads to may make the connection fail. */
void ngx_mitzu_redis_dispatch(ngx_mitzu_redis_t *rc, redisReply *reply);


/* ngx_mitzu_redis_op.c: pipelines, their replies and NOSCRIPT */

/* Takes the commands; NULL: out of memory or too many. */
ngx_mitzu_op_t *ngx_mitzu_op_create(mz_cmds_t *cmds, ngx_mitzu_op_pt handler,
    void *data, ngx_log_t *log);
void ngx_mitzu_op_free(ngx_mitzu_op_t *op);

/* Calls the handler, if somebody waits, and frees the operation. */
void ngx_mitzu_op_finish(ngx_mitzu_op_t *op, mz_rc_t rc);

/* Nobody waits any more; the replies are read and dropped. */
void ngx_mitzu_op_cancel(ngx_mitzu_op_t *op);

/* Takes a reply; NGX_OK when it was the last one. */
ngx_int_t ngx_mitzu_op_reply(ngx_mitzu_op_t *op, redisReply *reply);

/*
 * Whether Redis did not know some of the scripts.  Then the operation has
 * become one of those commands only, to be sent once more.
 */
ngx_uint_t ngx_mitzu_op_needs_scripts(ngx_mitzu_op_t *op);

/* Redis's words when it could not do all of it now, or NULL. */
const char *ngx_mitzu_op_refusal(ngx_mitzu_op_t *op);


/* ngx_mitzu_redis_confirm.c: WAIT, on the durable connection */

void ngx_mitzu_confirm_init(ngx_mitzu_redis_t *rc);

/* The replies are there; the handler is called when replicas have it too. */
void ngx_mitzu_confirm(ngx_mitzu_redis_t *rc, ngx_mitzu_op_t *op);

/* The connection is gone: the operations to be failed or freed. */
void ngx_mitzu_confirm_stop(ngx_mitzu_redis_t *rc, ngx_queue_t *ops);


/* ngx_mitzu_redis_hello.c: AUTH, SELECT, CLIENT SETNAME, PING, mitzu:meta */

void ngx_mitzu_redis_hello(ngx_mitzu_redis_t *rc);

/*
 * Something is sealed with another key than the one of mitzu:meta that we
 * know.  Redis may have been emptied, and another node may have made a new
 * one: asks, once a second at most.
 */
void ngx_mitzu_redis_ask_key(ngx_mitzu_pool_t *pool);


/* ngx_mitzu_redis_conf.c */

/* mitzu_mcp_redis: where Redis is; resolves literals. */
char *ngx_mitzu_redis_conf(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* Says how many connections all workers of this node will have. */
void ngx_mitzu_redis_budget(ngx_mitzu_redis_conf_t *rcf, ngx_log_t *log);


/* ngx_mitzu_redis_url.c */

/* Fills in servers, master, db, is_tls; NGX_CONF_OK, or what is wrong. */
char *ngx_mitzu_redis_url(ngx_conf_t *cf, ngx_mitzu_redis_conf_t *rcf,
    ngx_str_t *url);


/* ngx_mitzu_redis_tls.c */

/* Makes rcf->ssl from the parameters; NGX_CONF_OK, or what is wrong. */
char *ngx_mitzu_tls_conf(ngx_conf_t *cf, ngx_mitzu_redis_conf_t *rcf);

#if (NGX_SSL)

void ngx_mitzu_tls_init(ngx_mitzu_redis_t *rc);

/* The socket is connected; leads to ngx_mitzu_redis_established(). */
void ngx_mitzu_tls_start(ngx_mitzu_redis_t *rc);

/* What TLS said of a failure, or the reason that is given. */
const char *ngx_mitzu_tls_reason(ngx_mitzu_redis_t *rc, const char *reason);

/* Ends TLS on a connection that is to be closed; never waits. */
void ngx_mitzu_tls_close(ngx_mitzu_redis_t *rc);

/* The session of the last connection is of no use any more. */
void ngx_mitzu_tls_forget(ngx_mitzu_redis_t *rc);

#endif


/* ngx_mitzu_sentinel.c */

void ngx_mitzu_sentinel_init(ngx_mitzu_pool_t *pool);
void ngx_mitzu_sentinel_close(ngx_mitzu_pool_t *pool);

/* Where the next connection to a sentinel goes. */
ngx_mitzu_server_t *ngx_mitzu_sentinel_dial(ngx_mitzu_pool_t *pool);

/* A connection to Redis waits to be told where that is. */
void ngx_mitzu_sentinel_locate(ngx_mitzu_redis_t *rc);

/* It has waited long enough. */
void ngx_mitzu_sentinel_timeout(ngx_mitzu_redis_t *rc);

/* A connection to Redis failed: it may be elsewhere by now. */
void ngx_mitzu_sentinel_doubt(ngx_mitzu_pool_t *pool);

/* The connection to a sentinel is ready, was lost, or says something. */
void ngx_mitzu_sentinel_ready(ngx_mitzu_pool_t *pool);
void ngx_mitzu_sentinel_failed(ngx_mitzu_pool_t *pool, ngx_err_t err,
    const char *reason);
void ngx_mitzu_sentinel_reply(ngx_mitzu_pool_t *pool,
    const redisReply *reply);


/* ngx_mitzu_resolve.c */

/* After reading: a name becomes addresses, or is left to the resolver. */
ngx_int_t ngx_mitzu_resolve_conf(ngx_conf_t *cf, ngx_mitzu_redis_conf_t *rcf);

/* Picks the next address and connects, perhaps after asking the resolver. */
void ngx_mitzu_resolve_start(ngx_mitzu_redis_t *rc);
void ngx_mitzu_resolve_stop(ngx_mitzu_redis_t *rc);


/* ngx_mitzu_settle.c: requests that wait for a pool's first moments to end */

void ngx_mitzu_settle_init(ngx_mitzu_pool_t *pool);

/* At exit: the events of the pool go before the pool. */
void ngx_mitzu_settle_stop(ngx_mitzu_pool_t *pool);

/* They may be over now. */
void ngx_mitzu_settle_look(ngx_mitzu_pool_t *pool);


/* ngx_mitzu_key.c */

/* The secret that the nodes of this Redis share, 64 hex digits. */
void ngx_mitzu_key_found(ngx_mitzu_redis_conf_t *rcf, mz_str_t secret);


/* ngx_mitzu_ended.c */

void ngx_mitzu_ended_init(ngx_mitzu_ended_t *ended);
void ngx_mitzu_ended_destroy(ngx_mitzu_ended_t *ended);

/* Asks Redis for them: the control channel may have been missed. */
void ngx_mitzu_ended_load(ngx_mitzu_pool_t *pool);

/* The bulk connection is ready: asks if that could not be done before. */
void ngx_mitzu_ended_ready(ngx_mitzu_pool_t *pool);

/* session: MZ_SESSION_HEX digits; others are ignored. */
void ngx_mitzu_ended_add(ngx_mitzu_ended_t *ended, mz_str_t session,
    int64_t expires_s);
ngx_uint_t ngx_mitzu_ended_has(ngx_mitzu_ended_t *ended, mz_str_t session);


/* ngx_mitzu_control.c */

void ngx_mitzu_control_message(ngx_mitzu_pool_t *pool, mz_str_t text);


/* ngx_mitzu_hub.c */

void ngx_mitzu_hub_init(ngx_mitzu_hub_t *hub, ngx_mitzu_pool_t *pool);

/*
 * Posts watch->notice when the run may have news: once the subscription
 * stands, on each message, and after a reconnect.  A watch follows one run;
 * another id moves it.  NGX_ERROR: out of memory.
 */
ngx_int_t ngx_mitzu_hub_watch(ngx_mitzu_hub_t *hub, ngx_mitzu_watch_t *watch,
    const mz_id_t *run);
void ngx_mitzu_hub_unwatch(ngx_mitzu_hub_t *hub, ngx_mitzu_watch_t *watch);

/*
 * The notify connection is ready, was lost, or says something.  The control
 * channel is always subscribed to.
 */
void ngx_mitzu_hub_ready(ngx_mitzu_hub_t *hub);
void ngx_mitzu_hub_lost(ngx_mitzu_hub_t *hub);
void ngx_mitzu_hub_reply(ngx_mitzu_hub_t *hub, const redisReply *reply);


#endif /* NGX_MITZU_REDIS_H */
