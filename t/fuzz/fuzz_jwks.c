
/*
 * fuzz_jwks: the key sets of an authorization server, as text.  Whatever the
 * text: keys are few, public, strong and can be told from one another, and
 * their print does not depend on their order.
 */

#include "auth/jwt_int.h"
#include "fuzz.h"

#include <openssl/core_names.h>
#include <openssl/bn.h>
#include <openssl/err.h>


static void fuzz_check_set(const mz_jwks_t *set, const json_t *json);
static void fuzz_check_key(const mz_jwk_t *key);
static void fuzz_check_signature(const mz_jwk_t *key);
static size_t fuzz_candidates(const json_t *keys);
static bool fuzz_is_candidate(const json_t *key);
static void fuzz_check_order(const mz_jwks_t *set, const json_t *json);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t     *json;
    mz_rc_t     rc;
    mz_err_t    err;
    mz_str_t    text;
    mz_jwks_t  *set;

    text = fuzz_copy((mz_str_t) { (const char *) data, size });
    rc = mz_jwks_parse(text, &set, &err);
    FUZZ_HOLD(ERR_peek_error() == 0, "OpenSSL's queue");

    if (rc == MZ_OK) {
        json = fuzz_made_json(text);
        fuzz_check_set(set, json);
        fuzz_check_order(set, json);
        json_decref(json);

    } else {
        FUZZ_HOLD(rc == MZ_INVALID && set == NULL, "%s", mz_rc_name(rc));
        fuzz_check_err(rc, &err);
    }

    mz_jwks_free(set);
    fuzz_free(text);

    return 0;
}


static void
fuzz_check_set(const mz_jwks_t *set, const json_t *json)
{
    size_t           i, k, n;
    const mz_jwk_t  *a, *b;

    n = mz_jwks_count(set);
    FUZZ_HOLD(n > 0 && n <= MZ_JWKS_KEYS_MAX, "%zu keys", n);
    FUZZ_HOLD(n <= fuzz_candidates(json_object_get(json, "keys")), "%zu", n);
    FUZZ_HOLD(mz_jwks_has(set, mz_null_str), "%zu keys", n);

    for (i = 0; i < n; i++) {
        a = mz_jwks_at(set, i);
        fuzz_check_key(a);
        FUZZ_HOLD(mz_jwks_has(set, a->kid), "key %zu", i);

        for (k = 0; k < i; k++) {
            b = mz_jwks_at(set, k);
            FUZZ_HOLD(a->kid.len == 0 || !mz_str_eq(a->kid, b->kid)
                      || (a->algs & b->algs) == 0, "%.*s",
                      (int) a->kid.len, a->kid.data);
        }

        if (i < 4) {
            fuzz_check_signature(a);
        }
    }
}


static void
fuzz_check_key(const mz_jwk_t *key)
{
    int      bits;
    size_t   i;
    BIGNUM  *secret;

    secret = NULL;
    bits = EVP_PKEY_get_bits(key->pkey);

    FUZZ_HOLD(key->algs != 0 && (key->algs & ~MZ_JWT_ALGS) == 0u, "%x",
              key->algs);
    FUZZ_HOLD(EVP_PKEY_get_bn_param(key->pkey, OSSL_PKEY_PARAM_RSA_D, &secret)
              != 1
              && EVP_PKEY_get_bn_param(key->pkey, OSSL_PKEY_PARAM_PRIV_KEY,
                                       &secret)
                 != 1, "it is private");
    FUZZ_HOLD(key->kid.len <= MZ_JWKS_KID_MAX, "%zu", key->kid.len);

    if (EVP_PKEY_is_a(key->pkey, "RSA")) {
        FUZZ_HOLD(bits >= 2048 && bits <= 8192, "%d bits", bits);
        FUZZ_HOLD((key->algs & ~0x3fu) == 0, "%x", key->algs);

    } else if (EVP_PKEY_is_a(key->pkey, "EC")) {
        FUZZ_HOLD((bits == 256 && key->algs == MZ_JWT_ES256)
                  || (bits == 384 && key->algs == MZ_JWT_ES384), "%d bits",
                  bits);

    } else {
        FUZZ_HOLD(EVP_PKEY_is_a(key->pkey, "ED25519")
                  && key->algs == MZ_JWT_EDDSA, "%x", key->algs);
    }

    for (i = 0; i < key->kid.len; i++) {
        FUZZ_HOLD((unsigned char) key->kid.data[i] >= 0x20, "byte %zu", i);
    }

    ERR_clear_error();
}


/* Nobody signed this, whatever the key. */

static void
fuzz_check_signature(const mz_jwk_t *key)
{
    char             sig[1024];
    size_t           size;
    unsigned         alg;
    mz_jwt_reason_t  reason;

    memset(sig, 0x5a, sizeof(sig));

    for (alg = 1; alg <= MZ_JWT_ALGS; alg <<= 1) {
        size = key->algs & (MZ_JWT_ES256 | MZ_JWT_EDDSA) ? 64
               : key->algs & MZ_JWT_ES384 ? 96
               : (size_t) EVP_PKEY_get_size(key->pkey);
        reason = mz_jwt_sig_verify(key, alg, mz_str("text"),
                                   (mz_str_t) { sig, size });
        FUZZ_HOLD(reason == (key->algs & alg ? MZ_JWT_SIGNATURE : MZ_JWT_ALG),
                  "%x: %s", alg, mz_jwt_reason_name(reason));
        FUZZ_HOLD(ERR_peek_error() == 0, "OpenSSL's queue");
    }
}


/* How many keys there may be at most, by another reading. */

static size_t
fuzz_candidates(const json_t *keys)
{
    size_t  i, n;

    n = 0;

    for (i = 0; i < json_array_size(keys) && i < MZ_JWKS_KEYS_MAX; i++) {
        n += fuzz_is_candidate(json_array_get(keys, i));
    }

    return n;
}


static bool
fuzz_is_candidate(const json_t *key)
{
    const json_t  *use;

    use = json_object_get(key, "use");

    return json_is_string(json_object_get(key, "kty"))
           && !mz_str_eq_c(mz_json_get_str(key, "kty"), "oct")
           && json_object_get(key, "d") == NULL
           && json_object_get(key, "k") == NULL
           && (use == NULL || mz_str_eq_c(mz_json_str(use), "sig"));
}


/* The keys that were looked at, the other way around, and more spaciously. */

static void
fuzz_check_order(const mz_jwks_t *set, const json_t *json)
{
    size_t         i;
    json_t        *turned, *list;
    mz_err_t       err;
    mz_buf_t       text;
    mz_jwks_t     *other;
    const json_t  *keys;

    keys = json_object_get(json, "keys");
    list = json_array();
    turned = json_object();

    for (i = 0; i < json_array_size(keys) && i < MZ_JWKS_KEYS_MAX; i++) {
        FUZZ_HOLD(json_array_insert(list, 0, json_array_get(keys, i)) == 0,
                  "memory");
    }

    FUZZ_HOLD(mz_json_set(turned, "keys", list) == MZ_OK, "memory");
    mz_buf_init(&text, 0);
    mz_buf_add_c(&text, " ");
    mz_json_dump(&text, turned);

    /* Members nobody knows may be longer when written by us. */

    if (text.len <= MZ_JWKS_BYTES_MAX) {
        err.msg[0] = '\0';
        FUZZ_HOLD(mz_jwks_parse(mz_buf_view(&text), &other, &err) == MZ_OK,
                  "%s", err.msg);
        FUZZ_HOLD(mz_jwks_count(other) == mz_jwks_count(set), "%zu",
                  mz_jwks_count(other));
        FUZZ_HOLD(memcmp(mz_jwks_print(other), mz_jwks_print(set),
                         MZ_JWKS_PRINT) == 0, "print");
        mz_jwks_free(other);
    }

    mz_buf_free(&text);
    json_decref(turned);
}
