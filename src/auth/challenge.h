
/*
 * challenge: what an OAuth 2.0 protected resource says of itself: the
 * WWW-Authenticate header (RFC 6750 3, RFC 9728 5.1; MCP 2026-07-28,
 * "Authorization") and its metadata document (RFC 9728 2).  Pure.
 */

#ifndef MZ_CHALLENGE_H
#define MZ_CHALLENGE_H

#include "base/mz_buf.h"


#define MZ_RESOURCE_SERVERS_MAX  8

typedef struct {
    mz_str_t  resource;         /* the URL of the endpoint, as users type it */
    mz_str_t  servers[MZ_RESOURCE_SERVERS_MAX];     /* issuer URLs */
    size_t    nservers;
    mz_str_t  scopes;           /* space separated; or null */
    mz_str_t  name;             /* for people; or null */
    mz_str_t  documentation;    /* URL; or null */
} mz_resource_conf_t;

typedef enum {
    MZ_CHALLENGE_NONE,          /* 401: no token came; no error is named */
    MZ_CHALLENGE_REQUEST,       /* 400: invalid_request */
    MZ_CHALLENGE_TOKEN,         /* 401: invalid_token */
    MZ_CHALLENGE_SCOPE          /* 403: insufficient_scope */
} mz_challenge_t;


/* MZ_INVALID: resource or a server is no absolute http(s) URL without a
 * fragment, or has characters that need quoting. */
mz_rc_t mz_resource_check(const mz_resource_conf_t *conf, mz_err_t *err);

/* "https://host/.well-known/oauth-protected-resource/mcp" of
 * "https://host/mcp" (RFC 9728 3.1). */
void mz_resource_metadata_url(const mz_resource_conf_t *conf, mz_buf_t *out);

/* The document. */
void mz_resource_metadata(const mz_resource_conf_t *conf, mz_buf_t *out);

/*
 * The value of WWW-Authenticate.  scopes: those the request needs (or null:
 * conf->scopes); description: static words, or null.  conf NULL: no
 * metadata is known: "Bearer" and what is left.
 */
void mz_challenge_write(const mz_resource_conf_t *conf, mz_challenge_t kind,
    mz_str_t scopes, mz_str_t description, mz_buf_t *out);


#endif /* MZ_CHALLENGE_H */
