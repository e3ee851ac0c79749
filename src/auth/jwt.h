
/*
 * jwt: verifies an access token: a JWS in compact form (RFC 7515) whose
 * payload is a claims set (RFC 7519, RFC 9068).  The order of the checks is
 * that of reference practice (RFC 8725): size, form, header, key, signature,
 * and only then claims.  crit is refused; jku, x5u, x5c and jwk are never
 * followed.  Pure.
 */

#ifndef MZ_JWT_H
#define MZ_JWT_H

#include "auth/jwks.h"
#include "auth/principal.h"
#include "base/mz_json.h"


#define MZ_JWT_TOKEN_MAX      8192      /* bytes; default of token_max= */
#define MZ_JWT_LEEWAY_S       60
#define MZ_JWT_CLAIM_MAX      512       /* bytes of iss, sub, project */
#define MZ_JWT_SCOPES_MAX     2048
#define MZ_JWT_AUDIENCES_MAX  16
#define MZ_JWT_CLAIMS_MAX     8

typedef struct {
    mz_str_t  name;                     /* of a claim at the top level */
    mz_str_t  value;                    /* a string, or member of an array;
                                           the null string: any */
} mz_jwt_claim_t;

typedef struct {
    mz_str_t        issuer;             /* exact */
    mz_str_t        audiences[MZ_JWT_AUDIENCES_MAX];
    size_t          naudiences;         /* at least 1; a trailing slash more
                                           or less is the same */
    mz_str_t        client_id;          /* audience by opt-in; or null */
    unsigned        algs;               /* MZ_JWT_RS256 | .. */
    int64_t         leeway_s;
    size_t          token_max;
    mz_str_t        project_claim;      /* "org_id" */
    bool            is_project_required;
    mz_str_t        scopes;             /* all of these; or null */
    mz_jwt_claim_t  claims[MZ_JWT_CLAIMS_MAX];
    size_t          nclaims;
} mz_jwt_conf_t;

/* Why not; also the labels of counters. */

typedef enum {
    MZ_JWT_OK,
    MZ_JWT_TOO_LARGE,
    MZ_JWT_MALFORMED,
    MZ_JWT_ALG,                 /* none, symmetric, not configured, or not
                                   the key's */
    MZ_JWT_CRIT,
    MZ_JWT_UNKNOWN_KEY,         /* a newer key set might have it */
    MZ_JWT_SIGNATURE,
    MZ_JWT_ISSUER,
    MZ_JWT_AUDIENCE,
    MZ_JWT_EXPIRED,
    MZ_JWT_NOT_YET,             /* nbf, or iat in the future */
    MZ_JWT_CLAIM,               /* exp, sub, project or a required claim is
                                   missing, too long or of a wrong type */
    MZ_JWT_SCOPE,               /* valid, but lacks a required scope: 403 */
    MZ_JWT_INTERNAL,
    MZ_JWT_REASONS
} mz_jwt_reason_t;

typedef struct {
    char      *data;            /* owned: what the others point into */
    mz_str_t   issuer;
    mz_str_t   subject;
    mz_str_t   project;         /* "" when the claim is absent or null */
    mz_str_t   scopes;          /* of scope, else scp (a string or an array);
                                   space separated */
    mz_str_t   client_id;       /* client_id or azp; may be null */
    int64_t    expires_s;
    bool       is_by_client_id; /* the opt-in audience let it pass */
} mz_jwt_t;


/*
 * MZ_JWT_OK: *jwt is filled in; free it.  now_s: seconds since 1970.
 */
mz_jwt_reason_t mz_jwt_verify(const mz_jwt_conf_t *conf,
    const mz_jwks_t *keys, mz_str_t token, int64_t now_s, mz_jwt_t *jwt);

void mz_jwt_free(mz_jwt_t *jwt);

/* The kid of a token that has not been verified; "" when it has none or the
 * token is malformed.  At most size bytes with the NUL. */
void mz_jwt_kid(mz_str_t token, size_t token_max, char *kid, size_t size);

/* "expired" and the like, for logs and counters; never text of the token. */
const char *mz_jwt_reason_name(mz_jwt_reason_t reason);

/* Fills a principal, which borrows the strings of jwt. */
mz_rc_t mz_jwt_principal(const mz_jwt_t *jwt, mz_principal_t *p);


#endif /* MZ_JWT_H */
