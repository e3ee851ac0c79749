
/*
 * jwks: a JSON Web Key Set (RFC 7517) as an immutable set of public keys to
 * verify signatures with.  Only what can verify is kept: RSA (2048 to 8192
 * bits), EC P-256 and P-384, OKP Ed25519; "use" absent or "sig", "key_ops"
 * absent or with "verify".  Symmetric and private keys are never used.  Made
 * from text, read by jwt.c, replaced as a whole.
 */

#ifndef MZ_JWKS_H
#define MZ_JWKS_H

#include "base/mz_base.h"


#define MZ_JWKS_BYTES_MAX  (256 * 1024)     /* of the document */
#define MZ_JWKS_KEYS_MAX   64               /* looked at; more are ignored */
#define MZ_JWKS_KID_MAX    256

/* Signature algorithms (RFC 7518, RFC 8037), as bits. */

#define MZ_JWT_RS256   0x0001
#define MZ_JWT_RS384   0x0002
#define MZ_JWT_RS512   0x0004
#define MZ_JWT_PS256   0x0008
#define MZ_JWT_PS384   0x0010
#define MZ_JWT_PS512   0x0020
#define MZ_JWT_ES256   0x0040
#define MZ_JWT_ES384   0x0080
#define MZ_JWT_EDDSA   0x0100
#define MZ_JWT_ALGS    0x01ff

#define MZ_JWKS_PRINT  16           /* bytes of a fingerprint */

typedef struct mz_jwks_s  mz_jwks_t;


/*
 * MZ_INVALID: no JSON, no "keys" array, over the bounds, or not one usable
 * key; err says which.  Keys of other kinds are skipped.  Of two keys with
 * one kid that fit the same algorithms neither is kept: nobody could say
 * which is meant.  One key given twice is one.
 */
mz_rc_t mz_jwks_parse(mz_str_t text, mz_jwks_t **out, mz_err_t *err);
void mz_jwks_free(mz_jwks_t *set);

size_t mz_jwks_count(const mz_jwks_t *set);

/* Whether a key with this kid is there (the null string: a key at all). */
bool mz_jwks_has(const mz_jwks_t *set, mz_str_t kid);

/* Of the keys, whatever their order: equal sets have equal prints. */
const unsigned char *mz_jwks_print(const mz_jwks_t *set);

/* "RS256" and the like, exactly; 0 when unknown or symmetric. */
unsigned mz_jwt_alg_parse(mz_str_t name);


#endif /* MZ_JWKS_H */
