
#include <openssl/evp.h>

#include "base/mz_sha256.h"


struct mz_sha256_s {
    EVP_MD_CTX  *ctx;
    bool         is_broken;
};


static void mz_sha256_to_hex(const unsigned char *md, char *hex);


mz_rc_t
mz_sha256(mz_str_t in, unsigned char out[MZ_SHA256_LEN])
{
    if (EVP_Digest(in.data, in.len, out, NULL, EVP_sha256(), NULL) != 1) {
        memset(out, 0, MZ_SHA256_LEN);
        return MZ_INTERNAL;
    }

    return MZ_OK;
}


mz_rc_t
mz_sha256_hex(mz_str_t in, char out[MZ_SHA256_HEX_LEN + 1])
{
    unsigned char  md[MZ_SHA256_LEN];

    out[0] = '\0';

    if (mz_sha256(in, md) != MZ_OK) {
        return MZ_INTERNAL;
    }

    mz_sha256_to_hex(md, out);

    return MZ_OK;
}


mz_sha256_t *
mz_sha256_new(void)
{
    mz_sha256_t  *h;

    h = calloc(1, sizeof(mz_sha256_t));
    if (h == NULL) {
        return NULL;
    }

    h->ctx = EVP_MD_CTX_new();

    if (h->ctx == NULL
        || EVP_DigestInit_ex(h->ctx, EVP_sha256(), NULL) != 1)
    {
        mz_sha256_free(h);
        return NULL;
    }

    return h;
}


void
mz_sha256_update(mz_sha256_t *h, mz_str_t in)
{
    if (in.len > 0 && EVP_DigestUpdate(h->ctx, in.data, in.len) != 1) {
        h->is_broken = true;
    }
}


mz_rc_t
mz_sha256_final(mz_sha256_t *h, char hex[MZ_SHA256_HEX_LEN + 1])
{
    mz_rc_t        rc;
    unsigned char  md[MZ_SHA256_LEN];

    rc = MZ_INTERNAL;
    hex[0] = '\0';

    if (!h->is_broken && EVP_DigestFinal_ex(h->ctx, md, NULL) == 1) {
        mz_sha256_to_hex(md, hex);
        rc = MZ_OK;
    }

    mz_sha256_free(h);

    return rc;
}


void
mz_sha256_free(mz_sha256_t *h)
{
    if (h != NULL) {
        EVP_MD_CTX_free(h->ctx);
        free(h);
    }
}


static void
mz_sha256_to_hex(const unsigned char *md, char *hex)
{
    size_t  i;

    for (i = 0; i < MZ_SHA256_LEN; i++) {
        *hex++ = "0123456789abcdef"[md[i] >> 4];
        *hex++ = "0123456789abcdef"[md[i] & 15];
    }

    *hex = '\0';
}
