
/*
 * mz_sha256: the only door to OpenSSL's digests outside src/auth.
 */

#ifndef MZ_SHA256_H
#define MZ_SHA256_H

#include "base/mz_base.h"


#define MZ_SHA256_LEN      32
#define MZ_SHA256_HEX_LEN  64

typedef struct mz_sha256_s  mz_sha256_t;


/* One-shot; MZ_INTERNAL when the library fails. */
mz_rc_t mz_sha256(mz_str_t in, unsigned char out[MZ_SHA256_LEN]);
mz_rc_t mz_sha256_hex(mz_str_t in, char out[MZ_SHA256_HEX_LEN + 1]);

/* Streaming; final frees the context. */
mz_sha256_t *mz_sha256_new(void);
void mz_sha256_update(mz_sha256_t *h, mz_str_t in);
mz_rc_t mz_sha256_final(mz_sha256_t *h, char hex[MZ_SHA256_HEX_LEN + 1]);
void mz_sha256_free(mz_sha256_t *h);


#endif /* MZ_SHA256_H */
