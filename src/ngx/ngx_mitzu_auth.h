
/*
 * auth: who asks.  mitzu_mcp_auth <uri> makes a subrequest in the access
 * phase; what answers 2xx there says who it is: our own mitzu_jwt handler,
 * which puts it into the main request's context, or any other location by
 * mitzu_mcp_auth_set.
 *
 *     access phase ──subrequest──> location = /_auth { mitzu_jwt ..; }
 *                                    │  token cache ── hit
 *                                    │  keys (file, or subrequest to a
 *                                    │        proxied location) ── verify
 *                                    v
 *                     ngx_mitzu_auth_set_jwt(), 204 | 401 | 403 | 503
 */

#ifndef NGX_MITZU_AUTH_H
#define NGX_MITZU_AUTH_H

#include "ngx/ngx_mitzu.h"

#include "auth/challenge.h"
#include "auth/jwt.h"


typedef struct ngx_mitzu_keys_s  ngx_mitzu_keys_t;

/* What came of a request's sign-in; in ctx->auth, allocated in r->pool. */

typedef enum {
    NGX_MITZU_AUTH_NONE = 0,            /* not asked yet */
    NGX_MITZU_AUTH_OK,
    NGX_MITZU_AUTH_MISSING,             /* no token: 401 without an error */
    NGX_MITZU_AUTH_REQUEST,             /* two tokens, or in the query: 400 */
    NGX_MITZU_AUTH_TOKEN,               /* 401 invalid_token */
    NGX_MITZU_AUTH_SCOPE,               /* 403 insufficient_scope */
    NGX_MITZU_AUTH_DENIED,              /* 403, no way to mend it */
    NGX_MITZU_AUTH_UNAVAILABLE          /* 503: keys or service are away */
} ngx_mitzu_auth_state_t;

struct ngx_mitzu_auth_s {
    ngx_mitzu_auth_state_t   state;
    mz_principal_t           principal;         /* OK only */
    int64_t                  expires_s;         /* of the token; 0: unknown */
    const char              *description;       /* static words; or NULL */
    ngx_http_request_t      *subrequest;
    ngx_uint_t               status;            /* of the subrequest */
    unsigned                 is_done:1;
};

typedef struct {
    ngx_mitzu_auth_state_t   state;
    ngx_uint_t               status;
    mz_challenge_t           challenge;
    const char              *hint;      /* behind the words of the status */
} ngx_mitzu_refusal_t;

/* mitzu_mcp_auth_set */

typedef struct {
    ngx_http_complex_value_t value;
    size_t                   offset;            /* of a member of principal */
} ngx_mitzu_auth_set_t;


/* mitzu_jwt, of an internal location. */

struct ngx_mitzu_jwt_conf_s {
    mz_jwt_conf_t            jwt;
    ngx_mitzu_keys_t        *keys;              /* mitzu_jwt_keys */
    ngx_shm_zone_t          *cache;             /* NULL: none */
    unsigned char            id[16];            /* of these settings: part of
                                                   the cache's keys */
    ngx_str_t                file;              /* where it is written */
    ngx_uint_t               line;
    unsigned                 has_jwt:1;         /* mitzu_jwt was there */
    unsigned                 has_cache:1;       /* mitzu_jwt_cache was */
};


/* ngx_mitzu_auth.c */

/* The access phase of an endpoint. */
ngx_int_t ngx_mitzu_auth_handler(ngx_http_request_t *r);

/*
 * Our own handler knows who it is: r is the subrequest (or any request of a
 * location that is not an endpoint: then nothing happens).  Copies what it
 * keeps.
 */
ngx_int_t ngx_mitzu_auth_set_jwt(ngx_http_request_t *r, const mz_jwt_t *jwt);

/* .. or why it is nobody; description: static words. */
void ngx_mitzu_auth_set_state(ngx_http_request_t *r,
    ngx_mitzu_auth_state_t state, const char *description);


/* The principal of a request that got past the access phase. */
const mz_principal_t *ngx_mitzu_auth_principal(ngx_mitzu_ctx_t *ctx);

/* What a state that is not OK is answered with; never NULL. */
const ngx_mitzu_refusal_t *ngx_mitzu_auth_refusal(
    ngx_mitzu_auth_state_t state);

/*
 * The one Authorization header (NULL: there is none).  NGX_DECLINED: more
 * than one, or a token in the address, which would end in logs (RFC 6750 2).
 */
ngx_int_t ngx_mitzu_auth_header(ngx_http_request_t *r, ngx_table_elt_t **h);

/* The scope that an op needs and the caller lacks, or the null string. */
mz_str_t ngx_mitzu_auth_lacks(ngx_mitzu_ctx_t *ctx, const mz_op_t *op);


/* ngx_mitzu_metadata.c */

/*
 * Adds WWW-Authenticate.  resource: what the endpoint says of itself, or
 * NULL.  scopes: those needed; null: all there are.
 */
ngx_int_t ngx_mitzu_challenge(ngx_http_request_t *r,
    const mz_resource_conf_t *resource, mz_challenge_t kind, mz_str_t scopes,
    const char *description);

/* The handler of "mitzu_mcp metadata". */
ngx_int_t ngx_mitzu_metadata_handler(ngx_http_request_t *r);


/* ngx_mitzu_auth_conf.c */

char *ngx_mitzu_auth_conf(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_mitzu_auth_set_conf(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_mitzu_scopes_conf(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_mitzu_resource_conf(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);


/* ngx_mitzu_jwt.c */

ngx_int_t ngx_mitzu_jwt_handler(ngx_http_request_t *r);


/* ngx_mitzu_jwt_conf.c */

char *ngx_mitzu_jwt_conf(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_mitzu_jwt_keys_conf(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_mitzu_jwt_cache_conf(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* A location has been read: is what it says of tokens complete? */
char *ngx_mitzu_jwt_merge(ngx_conf_t *cf, ngx_mitzu_loc_conf_t *prev,
    ngx_mitzu_loc_conf_t *conf);


/* ngx_mitzu_jwt_param.c */

/* One parameter of mitzu_jwt; NGX_CONF_ERROR: the reason is logged. */
char *ngx_mitzu_jwt_param(ngx_conf_t *cf, ngx_mitzu_jwt_conf_t *conf,
    ngx_str_t *param);

/* Logs that the directive has this; NGX_CONF_ERROR. */
char *ngx_mitzu_jwt_bad(ngx_conf_t *cf, const char *what, ngx_str_t *value);


/* ngx_mitzu_token.c: verified tokens, in shared memory */

/* A token's entry; print: of the key set that verified it.  NGX_OK: *jwt is
 * filled in (free it with mz_jwt_free()). */
ngx_int_t ngx_mitzu_token_find(ngx_mitzu_jwt_conf_t *conf, ngx_str_t *token,
    const unsigned char *print, mz_jwt_t *jwt);
void ngx_mitzu_token_keep(ngx_mitzu_jwt_conf_t *conf, ngx_str_t *token,
    const unsigned char *print, const mz_jwt_t *jwt);
ngx_shm_zone_t *ngx_mitzu_token_zone(ngx_conf_t *cf, ngx_str_t *name,
    size_t size);


/* ngx_mitzu_keys.c: the key sets of a worker */

typedef void (*ngx_mitzu_keys_pt)(ngx_http_request_t *r);

typedef struct {
    ngx_str_t                source;            /* "file:<path>", or the URI
                                                   of an internal location */
    ngx_msec_t               refresh;           /* 0: the source may say */
    ngx_msec_t               throttle;
    ngx_msec_t               timeout;
} ngx_mitzu_keys_conf_t;

/* Of mitzu_jwt_keys; NULL: the reason is logged. */
ngx_mitzu_keys_t *ngx_mitzu_keys_add(ngx_conf_t *cf,
    ngx_mitzu_keys_conf_t *conf);

/* The current set, until the event loop goes on; NULL: there is none yet. */
const mz_jwks_t *ngx_mitzu_keys_get(ngx_mitzu_keys_t *keys);

/*
 * The set lacks a key (kid), or there is no set: fetches, once for all who
 * ask meanwhile, and not more often than the throttle allows.  NGX_AGAIN:
 * done() is called with r later, which finalises r; return NGX_DONE from the
 * content handler meanwhile (a request that ends before is forgotten).
 * NGX_DECLINED: too soon after the last one; NGX_BUSY: too many wait;
 * NGX_ERROR.
 */
ngx_int_t ngx_mitzu_keys_fetch(ngx_http_request_t *r, ngx_mitzu_keys_t *keys,
    ngx_mitzu_keys_pt done);

void ngx_mitzu_keys_init(ngx_cycle_t *cycle);
void ngx_mitzu_keys_exit(ngx_cycle_t *cycle);


#endif /* NGX_MITZU_AUTH_H */
