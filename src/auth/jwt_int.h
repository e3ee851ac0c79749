
/*
 * jwt_int: what the files of the verifier say to each other.  jwt.c leads
 * through the checks; jwt_header.c, jwt_sig.c and jwt_claims.c each know one
 * part of a token.
 */

#ifndef MZ_JWT_INT_H
#define MZ_JWT_INT_H

#include "auth/jwk.h"
#include "auth/jwt.h"


#define MZ_JWT_DEPTH_MAX  16            /* of header and claims */

typedef struct {
    unsigned  alg;                      /* one bit; 0: not one of ours */
    size_t    kid_len;                  /* 0: it names no key */
    char      kid[MZ_JWKS_KID_MAX + 1];
} mz_jwt_header_t;


/* jwt_header.c */

/* MZ_JWT_OK, _MALFORMED, _CRIT, _ALG, _INTERNAL. */
mz_jwt_reason_t mz_jwt_header_read(mz_str_t text, mz_jwt_header_t *h);

/* A JSON object; free it.  MZ_JWT_MALFORMED, _INTERNAL. */
mz_jwt_reason_t mz_jwt_load(mz_str_t text, json_t **out);


/* jwt_sig.c */

/* alg: one of key->algs. */
mz_jwt_reason_t mz_jwt_sig_verify(const mz_jwk_t *key, unsigned alg,
    mz_str_t text, mz_str_t sig);


/* jwt_claims.c */

/* The claims of a payload whose signature is good. */
mz_jwt_reason_t mz_jwt_claims_check(const mz_jwt_conf_t *conf,
    const json_t *claims, int64_t now_s, mz_jwt_t *jwt);


#endif /* MZ_JWT_INT_H */
