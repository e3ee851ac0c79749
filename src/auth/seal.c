
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "auth/seal.h"
#include "base/mz_b64.h"


/*
 * A token is base64url of: expiry (8 bytes, big-endian), payload, MAC.  What
 * the MAC covers begins with a label, the use and the scope with its length,
 * so that no two different things are the same bytes.
 */

#define MZ_SEAL_EXPIRY     8
#define MZ_SEAL_MAC        16
#define MZ_SEAL_OVERHEAD   (MZ_SEAL_EXPIRY + MZ_SEAL_MAC)
#define MZ_SEAL_BYTES_MAX  (MZ_SEAL_TOKEN_MAX / 4 * 3)
#define MZ_SEAL_DIGEST     32

static const char  mz_seal_key_label[] = "mitzu seal key 1";
static const char  mz_seal_mac_label[] = "mitzu seal 1";


static mz_rc_t mz_seal_mac(const unsigned char *key, mz_seal_use_t use,
    mz_str_t scope, mz_str_t body, unsigned char *mac);
static mz_rc_t mz_seal_verify(const mz_seal_t *seal, mz_seal_use_t use,
    mz_str_t scope, mz_str_t body, const unsigned char *mac);
static mz_rc_t mz_seal_hmac(const void *key, size_t key_len, mz_str_t in,
    unsigned char *digest);
static void mz_seal_add_be(mz_buf_t *b, uint64_t v);
static uint64_t mz_seal_read_be(const char *p);


/* The secret is text or bytes of any length; a key is 256 bits of it. */

mz_rc_t
mz_seal_add(mz_seal_t *seal, mz_str_t secret, mz_err_t *err)
{
    mz_rc_t  rc;

    if (secret.len < MZ_SEAL_SECRET_MIN) {
        return mz_fail(err, MZ_INVALID, "a key needs at least %d bytes, this "
                       "one has %zu: make one with \"openssl rand -hex 32\"",
                       MZ_SEAL_SECRET_MIN, secret.len);
    }

    if (seal->n == MZ_SEAL_KEYS_MAX) {
        return mz_fail(err, MZ_LIMIT, "there are more than %d keys",
                       MZ_SEAL_KEYS_MAX);
    }

    rc = mz_seal_hmac(mz_seal_key_label, sizeof(mz_seal_key_label) - 1,
                      secret, seal->keys[seal->n]);
    if (rc != MZ_OK) {
        return mz_fail(err, rc, "HMAC-SHA256 is not available");
    }

    seal->n++;

    return MZ_OK;
}


mz_rc_t
mz_seal_make(const mz_seal_t *seal, mz_seal_use_t use, mz_str_t scope,
    int64_t expires_s, mz_str_t payload, mz_buf_t *out)
{
    mz_rc_t        rc;
    mz_buf_t       raw;
    unsigned char  mac[MZ_SEAL_DIGEST];

    if (seal->n == 0) {
        return MZ_UNAVAILABLE;
    }

    if (payload.len > MZ_SEAL_BYTES_MAX - MZ_SEAL_OVERHEAD) {
        return MZ_LIMIT;
    }

    mz_buf_init(&raw, 0);
    mz_seal_add_be(&raw, (uint64_t) expires_s);
    mz_buf_add_str(&raw, payload);

    rc = raw.rc;

    if (rc == MZ_OK) {
        rc = mz_seal_mac(seal->keys[0], use, scope, mz_buf_view(&raw), mac);
    }

    if (rc == MZ_OK) {
        mz_buf_add(&raw, mac, MZ_SEAL_MAC);
        rc = raw.rc;
    }

    if (rc == MZ_OK) {
        mz_b64url_encode(out, mz_buf_view(&raw));
        rc = out->rc;
    }

    mz_buf_free(&raw);

    return rc;
}


mz_rc_t
mz_seal_open(const mz_seal_t *seal, mz_seal_use_t use, mz_str_t scope,
    int64_t now_s, mz_str_t token, mz_buf_t *payload, int64_t *expires_s)
{
    int64_t   expires;
    mz_rc_t   rc;
    mz_buf_t  raw;
    mz_str_t  body;

    if (seal->n == 0) {
        return MZ_UNAVAILABLE;
    }

    if (token.len > MZ_SEAL_TOKEN_MAX) {
        return MZ_INVALID;
    }

    mz_buf_init(&raw, 0);
    rc = mz_b64url_decode(&raw, token);

    if (rc == MZ_OK && raw.len < MZ_SEAL_OVERHEAD) {
        rc = MZ_INVALID;
    }

    if (rc == MZ_OK) {
        body = mz_buf_view(&raw);
        body.len -= MZ_SEAL_MAC;

        rc = mz_seal_verify(seal, use, scope, body,
                            (unsigned char *) raw.data + body.len);
    }

    if (rc == MZ_OK) {
        expires = (int64_t) mz_seal_read_be(body.data);

        if (expires <= now_s) {
            rc = MZ_NOT_FOUND;

        } else {
            mz_buf_add(payload, body.data + MZ_SEAL_EXPIRY,
                       body.len - MZ_SEAL_EXPIRY);
            rc = payload->rc;
        }

        if (rc == MZ_OK && expires_s != NULL) {
            *expires_s = expires;
        }
    }

    mz_buf_free(&raw);

    return rc;
}


static mz_rc_t
mz_seal_verify(const mz_seal_t *seal, mz_seal_use_t use, mz_str_t scope,
    mz_str_t body, const unsigned char *mac)
{
    size_t         i;
    mz_rc_t        rc;
    unsigned char  own[MZ_SEAL_DIGEST];

    for (i = 0; i < seal->n; i++) {
        rc = mz_seal_mac(seal->keys[i], use, scope, body, own);
        if (rc != MZ_OK) {
            return rc;
        }

        if (CRYPTO_memcmp(own, mac, MZ_SEAL_MAC) == 0) {
            return MZ_OK;
        }
    }

    return MZ_INVALID;
}


static mz_rc_t
mz_seal_mac(const unsigned char *key, mz_seal_use_t use, mz_str_t scope,
    mz_str_t body, unsigned char *mac)
{
    mz_rc_t   rc;
    mz_buf_t  in;

    mz_buf_init(&in, 0);
    mz_buf_add_c(&in, mz_seal_mac_label);
    mz_buf_add_char(&in, (char) use);
    mz_seal_add_be(&in, scope.len);
    mz_buf_add_str(&in, scope);
    mz_buf_add_str(&in, body);

    rc = in.rc;

    if (rc == MZ_OK) {
        rc = mz_seal_hmac(key, MZ_SEAL_DIGEST, mz_buf_view(&in), mac);
    }

    mz_buf_free(&in);

    return rc;
}


static mz_rc_t
mz_seal_hmac(const void *key, size_t key_len, mz_str_t in,
    unsigned char *digest)
{
    if (HMAC(EVP_sha256(), key, (int) key_len,
             (const unsigned char *) in.data, in.len, digest, NULL)
        == NULL)
    {
        return MZ_INTERNAL;
    }

    return MZ_OK;
}


static void
mz_seal_add_be(mz_buf_t *b, uint64_t v)
{
    int  shift;

    for (shift = 56; shift >= 0; shift -= 8) {
        mz_buf_add_char(b, (char) (v >> shift & 0xff));
    }
}


static uint64_t
mz_seal_read_be(const char *p)
{
    size_t    i;
    uint64_t  v;

    v = 0;

    for (i = 0; i < MZ_SEAL_EXPIRY; i++) {
        v = v << 8 | (unsigned char) p[i];
    }

    return v;
}
