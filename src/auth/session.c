
#include "auth/session.h"
#include "base/mz_b64.h"


/* The payload: the random bytes, the client's bits (big-endian), version. */

#define MZ_SESSION_CLIENT  4
#define MZ_SESSION_HEAD    (MZ_SESSION_RANDOM + MZ_SESSION_CLIENT)
#define MZ_SESSION_MAX     (MZ_SESSION_HEAD + MZ_SESSION_VERSION)


static mz_rc_t mz_session_unpack(mz_session_t *session, mz_str_t payload);
static mz_rc_t mz_session_set(mz_session_t *session, mz_str_t random,
    mz_str_t version);
static int mz_session_digit(char c);


mz_rc_t
mz_session_make(mz_session_t *session, mz_str_t version, uint32_t client,
    int64_t expires_s, const unsigned char *random)
{
    mz_str_t  bytes;

    memset(session, 0, sizeof(mz_session_t));
    session->client = client;
    session->expires_s = expires_s;

    bytes.data = (const char *) random;
    bytes.len = MZ_SESSION_RANDOM;

    return mz_session_set(session, bytes, version);
}


mz_rc_t
mz_session_write(const mz_session_t *session, const mz_seal_t *seal,
    mz_str_t scope, mz_buf_t *out)
{
    int       hi, lo;
    char      payload[MZ_SESSION_MAX];
    size_t    i, n;
    mz_str_t  view;

    for (i = 0; i < MZ_SESSION_RANDOM; i++) {
        hi = mz_session_digit(session->name[2 * i]);
        lo = hi < 0 ? hi : mz_session_digit(session->name[2 * i + 1]);

        if (lo < 0) {
            return MZ_INVALID;
        }

        payload[i] = (char) (hi << 4 | lo);
    }

    for (i = 0; i < MZ_SESSION_CLIENT; i++) {
        payload[MZ_SESSION_RANDOM + i] =
                                   (char) (session->client >> (24 - 8 * i));
    }

    n = strnlen(session->version, MZ_SESSION_VERSION);
    memcpy(payload + MZ_SESSION_HEAD, session->version, n);

    view.data = payload;
    view.len = MZ_SESSION_HEAD + n;

    return mz_seal_make(seal, MZ_SEAL_SESSION, scope, session->expires_s,
                        view, out);
}


mz_rc_t
mz_session_read(mz_session_t *session, const mz_seal_t *seal, mz_str_t scope,
    int64_t now_s, mz_str_t id)
{
    mz_rc_t   rc;
    mz_buf_t  payload;

    memset(session, 0, sizeof(mz_session_t));

    if (id.len > MZ_SESSION_ID_MAX) {
        return MZ_INVALID;
    }

    mz_buf_init(&payload, 0);

    rc = mz_seal_open(seal, MZ_SEAL_SESSION, scope, now_s, id, &payload,
                      &session->expires_s);
    if (rc == MZ_OK) {
        rc = mz_session_unpack(session, mz_buf_view(&payload));
    }

    mz_buf_free(&payload);

    return rc;
}


/* Sealed by us, but maybe by a version of us that wrote something else. */

static mz_rc_t
mz_session_unpack(mz_session_t *session, mz_str_t payload)
{
    size_t    i;
    mz_str_t  random, version;

    if (payload.len < MZ_SESSION_HEAD) {
        return MZ_INVALID;
    }

    for (i = MZ_SESSION_RANDOM; i < MZ_SESSION_HEAD; i++) {
        session->client = session->client << 8
                          | (unsigned char) payload.data[i];
    }

    random.data = payload.data;
    random.len = MZ_SESSION_RANDOM;

    version.data = payload.data + MZ_SESSION_HEAD;
    version.len = payload.len - MZ_SESSION_HEAD;

    return mz_session_set(session, random, version);
}


static mz_rc_t
mz_session_set(mz_session_t *session, mz_str_t random, mz_str_t version)
{
    mz_rc_t   rc;
    mz_buf_t  hex;

    if (version.len == 0 || version.len > MZ_SESSION_VERSION
        || memchr(version.data, '\0', version.len) != NULL)
    {
        return MZ_INVALID;
    }

    memcpy(session->version, version.data, version.len);

    mz_buf_init(&hex, MZ_SESSION_HEX);
    mz_hex_encode(&hex, random);
    rc = hex.rc;

    if (rc == MZ_OK) {
        memcpy(session->name, hex.data, MZ_SESSION_HEX);
    }

    mz_buf_free(&hex);

    return rc;
}


static int
mz_session_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}
