
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include "auth/jwt_int.h"
#include "base/mz_str.h"


#define MZ_JWT_DER_MAX  128             /* of an ECDSA signature, P-384 */

typedef struct {
    const char  *name;
    unsigned     alg;
    const char  *digest;                /* NULL: its own */
    bool         is_pss;
    size_t       half;                  /* bytes of r and of s; 0: not EC */
} mz_jwt_alg_t;


/* The first MZ_JWT_ALGS_N have each its bit; the last is another name. */

static const mz_jwt_alg_t  mz_jwt_algs[] = {
    { "RS256", MZ_JWT_RS256, "SHA256", false, 0 },
    { "RS384", MZ_JWT_RS384, "SHA384", false, 0 },
    { "RS512", MZ_JWT_RS512, "SHA512", false, 0 },
    { "PS256", MZ_JWT_PS256, "SHA256", true, 0 },
    { "PS384", MZ_JWT_PS384, "SHA384", true, 0 },
    { "PS512", MZ_JWT_PS512, "SHA512", true, 0 },
    { "ES256", MZ_JWT_ES256, "SHA256", false, 32 },
    { "ES384", MZ_JWT_ES384, "SHA384", false, 48 },
    { "EdDSA", MZ_JWT_EDDSA, NULL, false, 0 },
    { "Ed25519", MZ_JWT_EDDSA, NULL, false, 0 }         /* RFC 9864 */
};


static EVP_MD_CTX *mz_jwt_sig_ready(EVP_PKEY *pkey, const mz_jwt_alg_t *alg);
static size_t mz_jwt_sig_der(mz_str_t sig, size_t half, unsigned char *der);
static mz_jwt_reason_t mz_jwt_sig_check(const EVP_MD_CTX *ready,
    mz_str_t text, mz_str_t sig);


unsigned
mz_jwt_alg_parse(mz_str_t name)
{
    size_t  i;

    for (i = 0; i < MZ_ARRAY_LEN(mz_jwt_algs); i++) {
        if (mz_str_eq_c(name, mz_jwt_algs[i].name)) {
            return mz_jwt_algs[i].alg;
        }
    }

    return 0;
}


/* Looking up digest and padding again for each token would cost a sixth. */

mz_rc_t
mz_jwt_sig_prepare(mz_jwk_t *key)
{
    size_t  i;

    for (i = 0; i < MZ_JWT_ALGS_N; i++) {

        if ((key->algs & mz_jwt_algs[i].alg) == 0) {
            continue;
        }

        key->ready[i] = mz_jwt_sig_ready(key->pkey, &mz_jwt_algs[i]);
        if (key->ready[i] == NULL) {
            return MZ_INVALID;
        }
    }

    return MZ_OK;
}


mz_jwt_reason_t
mz_jwt_sig_verify(const mz_jwk_t *key, unsigned alg, mz_str_t text,
    mz_str_t sig)
{
    size_t           i;
    unsigned char    der[MZ_JWT_DER_MAX];
    mz_jwt_reason_t  reason;

    for (i = 0; i < MZ_JWT_ALGS_N && mz_jwt_algs[i].alg != alg; i++) {
        /* void */
    }

    if (i == MZ_JWT_ALGS_N || key->ready[i] == NULL) {
        return MZ_JWT_ALG;
    }

    ERR_clear_error();

    if (mz_jwt_algs[i].half != 0) {
        sig.len = mz_jwt_sig_der(sig, mz_jwt_algs[i].half, der);
        sig.data = (const char *) der;
    }

    reason = sig.len ? mz_jwt_sig_check(key->ready[i], text, sig)
                     : MZ_JWT_SIGNATURE;

    /* nginx takes what others leave in this queue for errors of its own. */

    if (mz_jwk_is_memory() && reason != MZ_JWT_OK) {
        reason = MZ_JWT_INTERNAL;
    }

    return reason;
}


/* PS*: a salt as long as the digest (RFC 7518 3.5); MGF1 follows it. */

static EVP_MD_CTX *
mz_jwt_sig_ready(EVP_PKEY *pkey, const mz_jwt_alg_t *alg)
{
    EVP_MD_CTX    *ctx;
    EVP_PKEY_CTX  *pctx;

    ctx = EVP_MD_CTX_new();

    if (ctx != NULL
        && EVP_DigestVerifyInit_ex(ctx, &pctx, alg->digest, NULL, NULL, pkey,
                                   NULL) == 1
        && (!alg->is_pss
            || (EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING)
                == 1
                && EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx,
                                                   RSA_PSS_SALTLEN_DIGEST)
                   == 1)))
    {
        return ctx;
    }

    EVP_MD_CTX_free(ctx);

    return NULL;
}


static mz_jwt_reason_t
mz_jwt_sig_check(const EVP_MD_CTX *ready, mz_str_t text, mz_str_t sig)
{
    EVP_MD_CTX       *ctx;
    mz_jwt_reason_t   reason;

    ctx = EVP_MD_CTX_new();

    if (ctx == NULL || EVP_MD_CTX_copy_ex(ctx, ready) != 1) {
        reason = MZ_JWT_INTERNAL;

    } else if (EVP_DigestVerify(ctx, (const unsigned char *) sig.data,
                                sig.len, (const unsigned char *) text.data,
                                text.len)
               == 1)
    {
        reason = MZ_JWT_OK;

    } else {
        reason = MZ_JWT_SIGNATURE;
    }

    EVP_MD_CTX_free(ctx);

    return reason;
}


/* r || s (RFC 7518 3.4) as the DER that OpenSSL wants; 0: it is none. */

static size_t
mz_jwt_sig_der(mz_str_t sig, size_t half, unsigned char *der)
{
    int                   n;
    BIGNUM               *r, *s;
    ECDSA_SIG            *pair;
    const unsigned char  *p;

    if (sig.len != half * 2) {
        return 0;
    }

    n = 0;
    p = (const unsigned char *) sig.data;
    pair = ECDSA_SIG_new();
    r = BN_bin2bn(p, (int) half, NULL);
    s = BN_bin2bn(p + half, (int) half, NULL);

    if (pair == NULL || r == NULL || s == NULL
        || ECDSA_SIG_set0(pair, r, s) != 1)
    {
        BN_free(r);
        BN_free(s);

    } else if (i2d_ECDSA_SIG(pair, NULL) <= MZ_JWT_DER_MAX) {
        n = i2d_ECDSA_SIG(pair, &der);
    }

    ECDSA_SIG_free(pair);

    return n > 0 ? (size_t) n : 0;
}
