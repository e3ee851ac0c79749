
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>

#include "auth/jwk.h"
#include "auth/name.h"
#include "base/mz_b64.h"
#include "base/mz_str.h"


#define MZ_JWK_RSA_BITS_MIN     2048
#define MZ_JWK_RSA_BITS_MAX     8192
#define MZ_JWK_EXPONENT_BITS    64      /* OpenSSL's bound of big moduli */
#define MZ_JWK_MEMBER_MAX       2048    /* characters of n, e, x or y */
#define MZ_JWK_OPS_MAX          16

#define MZ_JWK_UNCOMPRESSED     4       /* first octet of an EC point */

#define MZ_JWK_RSA_ALGS  (MZ_JWT_RS256 | MZ_JWT_RS384 | MZ_JWT_RS512          \
                          | MZ_JWT_PS256 | MZ_JWT_PS384 | MZ_JWT_PS512)

typedef struct {
    mz_buf_t  first;                    /* n or x */
    mz_buf_t  second;                   /* e or y */
} mz_jwk_parts_t;

typedef struct mz_jwk_kind_s  mz_jwk_kind_t;

struct mz_jwk_kind_s {
    const char   *kty;
    const char   *crv;                  /* NULL: any */
    const char   *first;                /* names of the members */
    const char   *second;               /* NULL: it has only one */
    size_t        size;                 /* exact, of each; 0: a number */
    unsigned      algs;
    EVP_PKEY   *(*make)(const mz_jwk_kind_t *kind,
                        const mz_jwk_parts_t *parts);
};


static const mz_jwk_kind_t *mz_jwk_kind(const json_t *json);
static bool mz_jwk_is_public(const json_t *json);
static bool mz_jwk_is_for_signatures(const json_t *json);
static unsigned mz_jwk_algs(const json_t *json, const mz_jwk_kind_t *kind);
static mz_rc_t mz_jwk_kid(const json_t *json, mz_jwk_t *key);
static mz_rc_t mz_jwk_decode(const json_t *json, const char *name,
    size_t size, mz_buf_t *out);
static mz_rc_t mz_jwk_set_print(mz_jwk_t *key, const mz_jwk_kind_t *kind,
    const mz_jwk_parts_t *parts);
static EVP_PKEY *mz_jwk_make_rsa(const mz_jwk_kind_t *kind,
    const mz_jwk_parts_t *parts);
static EVP_PKEY *mz_jwk_make_ec(const mz_jwk_kind_t *kind,
    const mz_jwk_parts_t *parts);
static EVP_PKEY *mz_jwk_make_okp(const mz_jwk_kind_t *kind,
    const mz_jwk_parts_t *parts);
static OSSL_PARAM *mz_jwk_rsa_params(const BIGNUM *n, const BIGNUM *e);
static bool mz_jwk_is_rsa_strong(const BIGNUM *n, const BIGNUM *e);
static EVP_PKEY *mz_jwk_from_params(const char *type, OSSL_PARAM *params);


static const mz_jwk_kind_t  mz_jwk_kinds[] = {
    { "RSA", NULL, "n", "e", 0, MZ_JWK_RSA_ALGS, mz_jwk_make_rsa },
    { "EC", "P-256", "x", "y", 32, MZ_JWT_ES256, mz_jwk_make_ec },
    { "EC", "P-384", "x", "y", 48, MZ_JWT_ES384, mz_jwk_make_ec },
    { "OKP", "Ed25519", "x", NULL, 32, MZ_JWT_EDDSA, mz_jwk_make_okp }
};

/* What only a private or a symmetric key has. */

static const char *const  mz_jwk_secrets[] = {
    "d", "p", "q", "dp", "dq", "qi", "oth", "k"
};


mz_rc_t
mz_jwk_read(const json_t *json, mz_jwk_t *key)
{
    mz_rc_t               rc;
    mz_jwk_parts_t        parts;
    const mz_jwk_kind_t  *kind;

    memset(key, 0, sizeof(mz_jwk_t));

    kind = mz_jwk_kind(json);

    if (kind == NULL || !mz_jwk_is_public(json)
        || !mz_jwk_is_for_signatures(json))
    {
        return MZ_INVALID;
    }

    key->algs = mz_jwk_algs(json, kind);
    if (key->algs == 0) {
        return MZ_INVALID;
    }

    mz_buf_init(&parts.first, 0);
    mz_buf_init(&parts.second, 0);
    ERR_clear_error();

    rc = mz_jwk_kid(json, key);

    if (rc == MZ_OK) {
        rc = mz_jwk_decode(json, kind->first, kind->size, &parts.first);
    }

    if (rc == MZ_OK && kind->second != NULL) {
        rc = mz_jwk_decode(json, kind->second, kind->size, &parts.second);
    }

    if (rc == MZ_OK) {
        key->pkey = kind->make(kind, &parts);
        rc = key->pkey ? mz_jwt_sig_prepare(key) : MZ_INVALID;
    }

    if (rc != MZ_OK && mz_jwk_is_memory()) {
        rc = MZ_NOMEM;
    }

    if (rc == MZ_OK) {
        rc = mz_jwk_set_print(key, kind, &parts);
    }

    mz_buf_free(&parts.first);
    mz_buf_free(&parts.second);

    if (rc != MZ_OK) {
        mz_jwk_free(key);
    }

    return rc;
}


void
mz_jwk_free(mz_jwk_t *key)
{
    size_t  i;

    for (i = 0; i < MZ_JWT_ALGS_N; i++) {
        EVP_MD_CTX_free(key->ready[i]);
    }

    EVP_PKEY_free(key->pkey);
    free((void *) (uintptr_t) key->kid.data);
    memset(key, 0, sizeof(mz_jwk_t));
}


/* A set must not lose a key because memory was short for a moment. */

bool
mz_jwk_is_memory(void)
{
    bool           is_memory;
    unsigned long  e;

    is_memory = false;

    while ((e = ERR_get_error()) != 0) {
        is_memory |= ERR_GET_REASON(e) == ERR_R_MALLOC_FAILURE;
    }

    return is_memory;
}


bool
mz_jwk_is_kid(mz_str_t kid)
{
    return kid.len <= MZ_JWKS_KID_MAX && mz_name_is_plain(kid);
}


static const mz_jwk_kind_t *
mz_jwk_kind(const json_t *json)
{
    size_t                i;
    mz_str_t              kty, crv;
    const mz_jwk_kind_t  *kind;

    kty = mz_json_get_str(json, "kty");
    crv = mz_json_get_str(json, "crv");

    for (i = 0; i < MZ_ARRAY_LEN(mz_jwk_kinds); i++) {
        kind = &mz_jwk_kinds[i];

        if (mz_str_eq_c(kty, kind->kty)
            && (kind->crv == NULL || mz_str_eq_c(crv, kind->crv)))
        {
            return kind;
        }
    }

    return NULL;
}


static bool
mz_jwk_is_public(const json_t *json)
{
    size_t  i;

    for (i = 0; i < MZ_ARRAY_LEN(mz_jwk_secrets); i++) {
        if (json_object_get(json, mz_jwk_secrets[i]) != NULL) {
            return false;
        }
    }

    return true;
}


static bool
mz_jwk_is_for_signatures(const json_t *json)
{
    size_t         i, n;
    const json_t  *use, *ops;

    use = json_object_get(json, "use");

    if (use != NULL && !mz_str_eq_c(mz_json_str(use), "sig")) {
        return false;
    }

    ops = json_object_get(json, "key_ops");
    if (ops == NULL) {
        return true;
    }

    n = json_array_size(ops);

    for (i = 0; i < n && i < MZ_JWK_OPS_MAX; i++) {
        if (mz_str_eq_c(mz_json_str(json_array_get(ops, i)), "verify")) {
            return true;
        }
    }

    return false;
}


/* A key that names its algorithm is for that one only (RFC 8725 3.1). */

static unsigned
mz_jwk_algs(const json_t *json, const mz_jwk_kind_t *kind)
{
    const json_t  *alg;

    alg = json_object_get(json, "alg");

    if (alg == NULL) {
        return kind->algs;
    }

    return kind->algs & mz_jwt_alg_parse(mz_json_str(alg));
}


static mz_rc_t
mz_jwk_kid(const json_t *json, mz_jwk_t *key)
{
    mz_str_t       s;
    const json_t  *kid;

    kid = json_object_get(json, "kid");
    if (kid == NULL) {
        return MZ_OK;
    }

    s = mz_json_str(kid);

    if (!mz_jwk_is_kid(s)) {
        return MZ_INVALID;
    }

    key->kid.data = mz_str_dup(s);
    if (key->kid.data == NULL) {
        return MZ_NOMEM;
    }

    key->kid.len = s.len;

    return MZ_OK;
}


/* A member's bytes: of an exact size, or a number without leading zeroes. */

static mz_rc_t
mz_jwk_decode(const json_t *json, const char *name, size_t size,
    mz_buf_t *out)
{
    mz_rc_t   rc;
    size_t    zeroes;
    mz_str_t  text;

    text = mz_json_get_str(json, name);

    if (text.len == 0 || text.len > MZ_JWK_MEMBER_MAX) {
        return MZ_INVALID;
    }

    rc = mz_b64url_decode(out, text);
    if (rc != MZ_OK) {
        return rc;
    }

    if (size != 0) {
        return out->len == size ? MZ_OK : MZ_INVALID;
    }

    for (zeroes = 0; zeroes < out->len && out->data[zeroes] == 0; zeroes++) {
        /* void */
    }

    out->len -= zeroes;
    memmove(out->data, out->data + zeroes, out->len);

    return out->len > 0 ? MZ_OK : MZ_INVALID;
}


/* Lengths go first, so that no two different keys are the same bytes. */

static mz_rc_t
mz_jwk_set_print(mz_jwk_t *key, const mz_jwk_kind_t *kind,
    const mz_jwk_parts_t *parts)
{
    mz_rc_t   rc;
    mz_buf_t  b;

    mz_buf_init(&b, 0);
    mz_buf_addf(&b, "%s %s %x %d %zu %zu %zu ", kind->kty,
                kind->crv ? kind->crv : "", key->algs,
                key->kid.data != NULL, key->kid.len, parts->first.len,
                parts->second.len);
    mz_buf_add_str(&b, key->kid);
    mz_buf_add_str(&b, mz_buf_view(&parts->first));
    mz_buf_add_str(&b, mz_buf_view(&parts->second));

    rc = b.rc;

    if (rc == MZ_OK) {
        rc = mz_sha256_hex(mz_buf_view(&b), key->print);
    }

    mz_buf_free(&b);

    return rc;
}


static EVP_PKEY *
mz_jwk_make_rsa(const mz_jwk_kind_t *kind, const mz_jwk_parts_t *parts)
{
    BIGNUM      *n, *e;
    EVP_PKEY    *pkey;
    OSSL_PARAM  *params;

    (void) kind;

    params = NULL;
    n = BN_bin2bn((const unsigned char *) parts->first.data,
                  (int) parts->first.len, NULL);
    e = BN_bin2bn((const unsigned char *) parts->second.data,
                  (int) parts->second.len, NULL);

    if (n != NULL && e != NULL && mz_jwk_is_rsa_strong(n, e)) {
        params = mz_jwk_rsa_params(n, e);
    }

    pkey = params ? mz_jwk_from_params("RSA", params) : NULL;

    OSSL_PARAM_free(params);
    BN_free(e);
    BN_free(n);

    return pkey;
}


/* With e = 1 anybody could sign, and an even number is no modulus at all. */

static bool
mz_jwk_is_rsa_strong(const BIGNUM *n, const BIGNUM *e)
{
    return BN_num_bits(n) >= MZ_JWK_RSA_BITS_MIN
           && BN_num_bits(n) <= MZ_JWK_RSA_BITS_MAX
           && BN_is_odd(n)
           && BN_num_bits(e) <= MZ_JWK_EXPONENT_BITS
           && BN_is_odd(e)
           && !BN_is_one(e);
}


static OSSL_PARAM *
mz_jwk_rsa_params(const BIGNUM *n, const BIGNUM *e)
{
    OSSL_PARAM      *params;
    OSSL_PARAM_BLD  *bld;

    params = NULL;

    bld = OSSL_PARAM_BLD_new();
    if (bld == NULL) {
        return NULL;
    }

    if (OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n)
        && OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, e))
    {
        params = OSSL_PARAM_BLD_to_param(bld);
    }

    OSSL_PARAM_BLD_free(bld);

    return params;
}


/* OpenSSL looks whether the point is on the curve. */

static EVP_PKEY *
mz_jwk_make_ec(const mz_jwk_kind_t *kind, const mz_jwk_parts_t *parts)
{
    EVP_PKEY    *pkey;
    mz_buf_t     point;
    OSSL_PARAM   params[3];

    mz_buf_init(&point, 0);
    mz_buf_add_char(&point, MZ_JWK_UNCOMPRESSED);
    mz_buf_add_str(&point, mz_buf_view(&parts->first));
    mz_buf_add_str(&point, mz_buf_view(&parts->second));

    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
                                     (char *) (uintptr_t) kind->crv, 0);
    params[1] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
                                     point.data, point.len);
    params[2] = OSSL_PARAM_construct_end();

    pkey = point.rc == MZ_OK ? mz_jwk_from_params("EC", params) : NULL;

    mz_buf_free(&point);

    return pkey;
}


static EVP_PKEY *
mz_jwk_make_okp(const mz_jwk_kind_t *kind, const mz_jwk_parts_t *parts)
{
    return EVP_PKEY_new_raw_public_key_ex(NULL, kind->crv, NULL,
                       (const unsigned char *) parts->first.data,
                       parts->first.len);
}


static EVP_PKEY *
mz_jwk_from_params(const char *type, OSSL_PARAM *params)
{
    EVP_PKEY      *pkey;
    EVP_PKEY_CTX  *ctx;

    pkey = NULL;

    ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    if (ctx == NULL) {
        return NULL;
    }

    if (EVP_PKEY_fromdata_init(ctx) != 1
        || EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
    {
        EVP_PKEY_free(pkey);
        pkey = NULL;
    }

    EVP_PKEY_CTX_free(ctx);

    return pkey;
}
