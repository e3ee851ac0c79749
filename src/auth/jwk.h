
/*
 * jwk: one public key of a JSON Web Key Set (RFC 7517, RFC 8037), ready to
 * verify with.  jwks.c reads keys and owns them in a set; jwt.c looks for
 * one and jwt_sig.c uses it.
 */

#ifndef MZ_JWK_H
#define MZ_JWK_H

#include <openssl/evp.h>

#include "auth/jwks.h"
#include "base/mz_json.h"
#include "base/mz_sha256.h"


#define MZ_JWT_ALGS_N  9                /* bits of MZ_JWT_ALGS */

typedef struct {
    mz_str_t   kid;         /* owned; the null string: it has none */
    unsigned   algs;        /* it may be used with: MZ_JWT_RS256 | .. */
    EVP_PKEY  *pkey;
    char       print[MZ_SHA256_HEX_LEN + 1];    /* of all of the above */

    /* Of each algorithm, by its bit: a verification ready to begin, which
       is copied for each signature; NULL: not of this key. */
    EVP_MD_CTX  *ready[MZ_JWT_ALGS_N];
} mz_jwk_t;


/* MZ_OK: free the key.  MZ_INVALID: none that we may or can verify with;
 * MZ_NOMEM, MZ_INTERNAL. */
mz_rc_t mz_jwk_read(const json_t *json, mz_jwk_t *key);
void mz_jwk_free(mz_jwk_t *key);

/* The key of a set at i < mz_jwks_count(). */
const mz_jwk_t *mz_jwks_at(const mz_jwks_t *set, size_t i);

/* jwt_sig.c: key->ready, by key->pkey and key->algs. */
mz_rc_t mz_jwt_sig_prepare(mz_jwk_t *key);

/* Empties OpenSSL's queue of errors: whether it got no memory. */
bool mz_jwk_is_memory(void);

/* Whether a kid can be told from others and written into a log. */
bool mz_jwk_is_kid(mz_str_t kid);


#endif /* MZ_JWK_H */
