
/*
 * sign: keys, key sets and tokens for tests, fuzzers and benchmarks, made
 * with OpenSSL alone and nothing of what is tested.  The fixed keys are those
 * of RFC 7515 A.2 and A.3 and of RFC 8037 A.1.
 */

#ifndef MZ_TEST_SIGN_H
#define MZ_TEST_SIGN_H

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "base/mz_b64.h"
#include "base/mz_str.h"


#define SIGN_RSA_N                                                            \
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4"  \
    "qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2j"  \
    "Z47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7W"  \
    "TBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK"  \
    "-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"

#define SIGN_RSA_D                                                            \
    "Eq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7_GQ5sLKM"  \
    "gvfTeXZx9SE-7YwVol2NXOoAJe46sui395IW_GO-pWJ1O0BkTGoVEn2bKVRUCgu-GjBVaY"  \
    "LU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzjkn439X0M_V51gfpRLI9JYanrC4D4qAdGcopV_0"  \
    "ZHHzQlBjudU2QvXt4ehNYTCBr6XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl_x_jTj3ccPDV"  \
    "ZFD9pIuhLhBOneufuBiB4cS98l2SR_RQyGWSeWjnczT0QU91p1DhOVRuOopznQ"

#define SIGN_EC_X  "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define SIGN_EC_Y  "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
#define SIGN_EC_D  "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"
#define SIGN_ED_D  "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
#define SIGN_ED_X  "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"

#define SIGN_SIG_MAX  1024              /* bytes, RSA of 8192 bits */


/* A test without its tools is no test. */

#define SIGN_MUST(cond)                                                       \
    do {                                                                      \
        if (!(cond)) {                                                        \
            fprintf(stderr, "%s:%d: cannot prepare: %s\n", __FILE__,          \
                    __LINE__, #cond);                                         \
            abort();                                                          \
        }                                                                     \
    } while (0)


static inline EVP_PKEY *
sign_from_params(const char *type, OSSL_PARAM_BLD *bld)
{
    EVP_PKEY      *pkey;
    OSSL_PARAM    *params;
    EVP_PKEY_CTX  *ctx;

    pkey = NULL;
    params = OSSL_PARAM_BLD_to_param(bld);
    ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);

    SIGN_MUST(params != NULL && ctx != NULL);
    SIGN_MUST(EVP_PKEY_fromdata_init(ctx) == 1);
    SIGN_MUST(EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params) == 1);

    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(bld);

    return pkey;
}


static inline BIGNUM *
sign_bn(const char *text)
{
    BIGNUM    *bn;
    mz_buf_t   b;

    mz_buf_init(&b, 0);
    SIGN_MUST(mz_b64url_decode(&b, mz_str_from(text)) == MZ_OK);
    bn = BN_bin2bn((unsigned char *) b.data, (int) b.len, NULL);
    SIGN_MUST(bn != NULL);
    mz_buf_free(&b);

    return bn;
}


static inline EVP_PKEY *
sign_rsa_key(void)
{
    BIGNUM          *n, *e, *d;
    EVP_PKEY        *pkey;
    OSSL_PARAM_BLD  *bld;

    n = sign_bn(SIGN_RSA_N);
    e = sign_bn("AQAB");
    d = sign_bn(SIGN_RSA_D);
    bld = OSSL_PARAM_BLD_new();

    SIGN_MUST(bld != NULL);
    SIGN_MUST(OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n));
    SIGN_MUST(OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, e));
    SIGN_MUST(OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_D, d));

    pkey = sign_from_params("RSA", bld);

    BN_free(n);
    BN_free(e);
    BN_free(d);

    return pkey;
}


static inline EVP_PKEY *
sign_ec_key(void)
{
    BIGNUM          *d;
    mz_buf_t         point;
    EVP_PKEY        *pkey;
    OSSL_PARAM_BLD  *bld;

    d = sign_bn(SIGN_EC_D);
    bld = OSSL_PARAM_BLD_new();

    mz_buf_init(&point, 0);
    mz_buf_add_char(&point, 4);
    (void) mz_b64url_decode(&point, mz_str(SIGN_EC_X));
    (void) mz_b64url_decode(&point, mz_str(SIGN_EC_Y));

    SIGN_MUST(bld != NULL && point.len == 65);
    SIGN_MUST(OSSL_PARAM_BLD_push_utf8_string(bld,
                                  OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0));
    SIGN_MUST(OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY,
                                               point.data, point.len));
    SIGN_MUST(OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, d));

    pkey = sign_from_params("EC", bld);

    BN_free(d);
    mz_buf_free(&point);

    return pkey;
}


static inline EVP_PKEY *
sign_ed_key(void)
{
    mz_buf_t   b;
    EVP_PKEY  *pkey;

    mz_buf_init(&b, 0);
    (void) mz_b64url_decode(&b, mz_str(SIGN_ED_D));
    pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL,
                                        (unsigned char *) b.data, b.len);
    SIGN_MUST(pkey != NULL);
    mz_buf_free(&b);

    return pkey;
}


static inline void
sign_jwk_number(mz_buf_t *out, EVP_PKEY *pkey, const char *param,
    const char *name, size_t size)
{
    size_t          n;
    BIGNUM         *bn;
    unsigned char   bytes[SIGN_SIG_MAX];

    bn = NULL;
    SIGN_MUST(EVP_PKEY_get_bn_param(pkey, param, &bn) == 1);
    n = size ? size : (size_t) BN_num_bytes(bn);
    SIGN_MUST(n <= sizeof(bytes) && BN_bn2binpad(bn, bytes, (int) n) > 0);

    mz_buf_addf(out, ",\"%s\":\"", name);
    mz_b64url_encode(out, (mz_str_t) { (char *) bytes, n });
    mz_buf_add_c(out, "\"");

    BN_free(bn);
}


/* A public key; more: what else the object has, "" or ",\"alg\":..". */

static inline void
sign_jwk(mz_buf_t *out, EVP_PKEY *pkey, const char *kid, const char *more)
{
    size_t         n;
    unsigned char  raw[64];

    mz_buf_add_c(out, "{");

    if (kid != NULL) {
        mz_buf_addf(out, "\"kid\":\"%s\",", kid);
    }

    if (EVP_PKEY_is_a(pkey, "RSA")) {
        mz_buf_add_c(out, "\"kty\":\"RSA\"");
        sign_jwk_number(out, pkey, OSSL_PKEY_PARAM_RSA_N, "n", 0);
        sign_jwk_number(out, pkey, OSSL_PKEY_PARAM_RSA_E, "e", 0);

    } else if (EVP_PKEY_is_a(pkey, "EC")) {
        n = (size_t) (EVP_PKEY_get_bits(pkey) + 7) / 8;
        mz_buf_addf(out, "\"kty\":\"EC\",\"crv\":\"P-%d\"",
                    EVP_PKEY_get_bits(pkey));
        sign_jwk_number(out, pkey, OSSL_PKEY_PARAM_EC_PUB_X, "x", n);
        sign_jwk_number(out, pkey, OSSL_PKEY_PARAM_EC_PUB_Y, "y", n);

    } else {
        n = sizeof(raw);
        SIGN_MUST(EVP_PKEY_get_raw_public_key(pkey, raw, &n) == 1);
        mz_buf_add_c(out, "\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"");
        mz_b64url_encode(out, (mz_str_t) { (char *) raw, n });
        mz_buf_add_c(out, "\"");
    }

    mz_buf_add_c(out, more);
    mz_buf_add_c(out, "}");
}


/* DER to r || s. */

static inline size_t
sign_raw_pair(const unsigned char *der, size_t len, int half,
    unsigned char *out)
{
    ECDSA_SIG  *pair;

    pair = d2i_ECDSA_SIG(NULL, &der, (long) len);
    SIGN_MUST(pair != NULL);
    SIGN_MUST(BN_bn2binpad(ECDSA_SIG_get0_r(pair), out, half) == half);
    SIGN_MUST(BN_bn2binpad(ECDSA_SIG_get0_s(pair), out + half, half) == half);
    ECDSA_SIG_free(pair);

    return (size_t) half * 2;
}


/* alg: "RS256" and the like; salt: of PS*, 0 for the length of the digest. */

static inline size_t
sign_bytes(EVP_PKEY *pkey, const char *alg, int salt, mz_str_t text,
    unsigned char *sig)
{
    size_t         n;
    EVP_MD_CTX    *ctx;
    const EVP_MD  *md;
    EVP_PKEY_CTX  *pctx;
    unsigned char  der[SIGN_SIG_MAX];

    md = strstr(alg, "384") ? EVP_sha384()
         : strstr(alg, "512") ? EVP_sha512() : EVP_sha256();
    md = alg[0] == 'E' && alg[1] == 'd' ? NULL : md;
    ctx = EVP_MD_CTX_new();
    n = SIGN_SIG_MAX;

    SIGN_MUST(ctx != NULL);
    SIGN_MUST(EVP_DigestSignInit(ctx, &pctx, md, NULL, pkey) == 1);

    if (alg[0] == 'P') {
        salt = salt ? salt : RSA_PSS_SALTLEN_DIGEST;
        SIGN_MUST(EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING)
                  == 1);
        SIGN_MUST(EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, salt) == 1);
    }

    SIGN_MUST(EVP_DigestSign(ctx, sig, &n, (const unsigned char *) text.data,
                             text.len)
              == 1);
    EVP_MD_CTX_free(ctx);

    if (EVP_PKEY_is_a(pkey, "EC")) {
        memcpy(der, sig, n);
        n = sign_raw_pair(der, n, (EVP_PKEY_get_bits(pkey) + 7) / 8, sig);
    }

    return n;
}


/* header and payload: as they are, JSON or not.  Replaces out. */

static inline void
sign_token(mz_buf_t *out, EVP_PKEY *pkey, const char *alg, mz_str_t header,
    mz_str_t payload)
{
    size_t         n;
    unsigned char  sig[SIGN_SIG_MAX];

    mz_buf_reset(out);
    mz_b64url_encode(out, header);
    mz_buf_add_char(out, '.');
    mz_b64url_encode(out, payload);

    n = sign_bytes(pkey, alg, 0, mz_buf_view(out), sig);

    mz_buf_add_char(out, '.');
    mz_b64url_encode(out, (mz_str_t) { (char *) sig, n });
    SIGN_MUST(out->rc == MZ_OK);
}


#endif /* MZ_TEST_SIGN_H */
