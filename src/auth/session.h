
/*
 * session: the Mcp-Session-Id of the handshake revisions, which says of
 * itself what was negotiated.  It is no authority: every use is bound to the
 * scope of the caller's token as well.  Only its end is kept in Redis.
 */

#ifndef MZ_SESSION_H
#define MZ_SESSION_H

#include "auth/seal.h"


#define MZ_SESSION_RANDOM   16          /* bytes */
#define MZ_SESSION_HEX      32
#define MZ_SESSION_VERSION  10          /* characters: "2025-11-25" */
#define MZ_SESSION_ID_MAX   256         /* characters of an id we look at */

typedef struct {
    char           name[MZ_SESSION_HEX + 1];        /* random; names keys */
    char           version[MZ_SESSION_VERSION + 1]; /* negotiated */
    uint32_t       client;              /* MZ_MCP_CAN_*: what it declared */
    int64_t        expires_s;
} mz_session_t;


/* A new session; random: MZ_SESSION_RANDOM bytes. */
mz_rc_t mz_session_make(mz_session_t *session, mz_str_t version,
    uint32_t client, int64_t expires_s, const unsigned char *random);

/* Appends the id: visible ASCII.  Errors as of mz_seal_make(). */
mz_rc_t mz_session_write(const mz_session_t *session, const mz_seal_t *seal,
    mz_str_t scope, mz_buf_t *out);

/* Errors as of mz_seal_open(): anything but MZ_OK and MZ_UNAVAILABLE is a
 * session that does not exist (404). */
mz_rc_t mz_session_read(mz_session_t *session, const mz_seal_t *seal,
    mz_str_t scope, int64_t now_s, mz_str_t id);


#endif /* MZ_SESSION_H */
