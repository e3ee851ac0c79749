
/*
 * seal: tokens we hand to a client and get back: session ids, requestState,
 * event ids, cursors.  A token is readable but not forgeable: HMAC-SHA256
 * (RFC 2104, cut to 128 bits) over its use, the scope of its owner, its
 * expiry and its payload.  Any node with the same keys verifies it without
 * asking anybody.  Pure; the keys come from src/ngx.
 */

#ifndef MZ_SEAL_H
#define MZ_SEAL_H

#include "base/mz_buf.h"


#define MZ_SEAL_KEYS_MAX     8
#define MZ_SEAL_SECRET_MIN   32         /* bytes of a secret */
#define MZ_SEAL_TOKEN_MAX    16384      /* characters of a token */

/* What a token is for: one made for a use is worth nothing in another. */

typedef enum {
    MZ_SEAL_SESSION = 's',              /* Mcp-Session-Id */
    MZ_SEAL_STATE = 'r',                /* requestState */
    MZ_SEAL_STREAM = 'e',               /* the stream part of an event id */
    MZ_SEAL_CURSOR = 'c'                /* nextCursor */
} mz_seal_use_t;

/* keys[0] signs, all verify: a new key goes first, an old one stays last. */

typedef struct {
    unsigned char  keys[MZ_SEAL_KEYS_MAX][32];
    size_t         n;                   /* 0: no key is known yet */
} mz_seal_t;


/*
 * Adds a key made from a secret (any bytes, at least MZ_SEAL_SECRET_MIN).
 * MZ_INVALID: too short; MZ_LIMIT: no room.
 */
mz_rc_t mz_seal_add(mz_seal_t *seal, mz_str_t secret, mz_err_t *err);

/*
 * Appends a token: base64url text without padding.  expires_s: seconds since
 * 1970.  MZ_UNAVAILABLE: no key yet; MZ_LIMIT: the payload is too large.
 */
mz_rc_t mz_seal_make(const mz_seal_t *seal, mz_seal_use_t use,
    mz_str_t scope, int64_t expires_s, mz_str_t payload, mz_buf_t *out);

/*
 * Appends the payload.  MZ_INVALID: malformed, forged, of another use or
 * another scope; MZ_NOT_FOUND: genuine but expired; MZ_UNAVAILABLE: no key
 * yet.  The MAC is compared in constant time.
 */
mz_rc_t mz_seal_open(const mz_seal_t *seal, mz_seal_use_t use,
    mz_str_t scope, int64_t now_s, mz_str_t token, mz_buf_t *payload,
    int64_t *expires_s);


#endif /* MZ_SEAL_H */
