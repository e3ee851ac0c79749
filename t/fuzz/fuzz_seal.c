
/*
 * fuzz_seal: tokens and session ids that clients hand back.  The first byte,
 * a digit, chooses what is done with the rest: as it is, as a token; its
 * first part as a payload that is sealed, then tampered with as the second
 * part says; the payload of a session id; a version to be negotiated.
 */

#include "auth/session.h"
#include "fuzz.h"


#define FUZZ_NOW_S  (FUZZ_NOW / 1000)
#define FUZZ_SCOPE  mz_str("0000000b0123456789abcdef01234567")


static void fuzz_load(void);
static void fuzz_token(mz_str_t token);
static void fuzz_tamper(mz_str_t payload, mz_str_t how);
static void fuzz_session_payload(mz_str_t payload);
static void fuzz_session_version(mz_str_t version, mz_str_t random);
static mz_rc_t fuzz_open(mz_str_t token, mz_str_t payload);


/* The second signs nothing: libFuzzer learns tokens of the first. */

static mz_seal_t  fuzz_keys, fuzz_unused;

static const mz_seal_use_t  fuzz_uses[] = {
    MZ_SEAL_SESSION, MZ_SEAL_STATE, MZ_SEAL_STREAM, MZ_SEAL_CURSOR
};


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned  what;
    mz_str_t  in, first, rest;

    fuzz_load();

    in = (mz_str_t) { (const char *) data, size };
    what = (fuzz_byte(&in) - '0') % 4;

    if (what == 0) {
        first = fuzz_copy(in);
        fuzz_token(first);
        fuzz_free(first);
        return 0;
    }

    first = fuzz_part(&in);
    rest = fuzz_copy(in);

    switch (what) {

    case 1:
        fuzz_tamper(first, rest);
        break;

    case 2:
        fuzz_session_payload(first);
        break;

    default:
        fuzz_session_version(first, rest);
    }

    fuzz_free(first);
    fuzz_free(rest);

    return 0;
}


static void
fuzz_load(void)
{
    mz_err_t  err;

    if (fuzz_keys.n != 0) {
        return;
    }

    FUZZ_HOLD(mz_seal_add(&fuzz_keys,
                          mz_str("one secret for the fuzzer's tokens"), &err)
              == MZ_OK, "%s", err.msg);
    FUZZ_HOLD(mz_seal_add(&fuzz_keys,
                          mz_str("and an older one, which is kept as well"),
                          &err)
              == MZ_OK, "%s", err.msg);
    FUZZ_HOLD(mz_seal_add(&fuzz_unused,
                          mz_str("one that no token was ever made with"),
                          &err)
              == MZ_OK, "%s", err.msg);
}


/* Nobody guesses a MAC: no input is genuine. */

static void
fuzz_token(mz_str_t token)
{
    size_t        i;
    mz_rc_t       rc;
    int64_t       expires;
    mz_buf_t      payload;
    mz_session_t  session;

    mz_buf_init(&payload, 0);

    for (i = 0; i < MZ_ARRAY_LEN(fuzz_uses); i++) {
        expires = 0;
        rc = mz_seal_open(&fuzz_unused, fuzz_uses[i], FUZZ_SCOPE,
                          FUZZ_NOW_S, token, &payload, &expires);
        FUZZ_HOLD(rc == MZ_INVALID, "%s", mz_rc_name(rc));
        FUZZ_HOLD(payload.len == 0 && expires == 0, "use %zu", i);
    }

    mz_buf_free(&payload);

    rc = mz_session_read(&session, &fuzz_unused, FUZZ_SCOPE, FUZZ_NOW_S,
                         token);
    FUZZ_HOLD(rc == MZ_INVALID, "%s", mz_rc_name(rc));
}


/* how: pairs of bytes, where and what; zeroes leave the token as it is. */

static void
fuzz_tamper(mz_str_t payload, mz_str_t how)
{
    char      *p;
    bool       same;
    size_t     i, at;
    mz_rc_t    rc;
    mz_buf_t   token;
    mz_str_t   text;

    mz_buf_init(&token, 0);
    rc = mz_seal_make(&fuzz_keys, MZ_SEAL_STATE, FUZZ_SCOPE, FUZZ_NOW_S + 1,
                      payload, &token);

    if (rc != MZ_OK) {
        FUZZ_HOLD(rc == MZ_LIMIT && payload.len > MZ_SEAL_TOKEN_MAX / 2,
                  "%zu bytes: %s", payload.len, mz_rc_name(rc));
        mz_buf_free(&token);
        return;
    }

    FUZZ_HOLD(token.len <= MZ_SEAL_TOKEN_MAX, "%zu characters", token.len);
    FUZZ_HOLD(fuzz_open(mz_buf_view(&token), payload) == MZ_OK, "%s",
              mz_buf_cstr(&token));

    text = fuzz_copy(mz_buf_view(&token));
    p = (char *) (uintptr_t) text.data;

    for (i = 0; i + 1 < how.len; i += 2) {
        at = (unsigned char) how.data[i] % text.len;
        p[at] = (char) (p[at] ^ how.data[i + 1]);
    }

    same = mz_str_eq(text, mz_buf_view(&token));
    rc = fuzz_open(text, payload);
    FUZZ_HOLD(rc == (same ? MZ_OK : MZ_INVALID), "%s: %.*s", mz_rc_name(rc),
              (int) text.len, text.data);

    fuzz_free(text);
    mz_buf_free(&token);
}


static mz_rc_t
fuzz_open(mz_str_t token, mz_str_t payload)
{
    int64_t   expires;
    mz_rc_t   rc;
    mz_buf_t  out;

    mz_buf_init(&out, 0);
    rc = mz_seal_open(&fuzz_keys, MZ_SEAL_STATE, FUZZ_SCOPE, FUZZ_NOW_S,
                      token, &out, &expires);
    FUZZ_HOLD(rc != MZ_OK || mz_str_eq(mz_buf_view(&out), payload),
              "%zu bytes", out.len);
    FUZZ_HOLD(rc != MZ_OK || expires == FUZZ_NOW_S + 1, "%lld",
              (long long) expires);
    mz_buf_free(&out);

    return rc;
}


/* Sealed by us, of any shape: an id that is read is written as it was. */

static void
fuzz_session_payload(mz_str_t payload)
{
    mz_buf_t      id, again;
    mz_session_t  session;

    mz_buf_init(&id, 0);
    mz_buf_init(&again, 0);

    if (mz_seal_make(&fuzz_keys, MZ_SEAL_SESSION, FUZZ_SCOPE, FUZZ_NOW_S + 1,
                     payload, &id) == MZ_OK
        && mz_session_read(&session, &fuzz_keys, FUZZ_SCOPE, FUZZ_NOW_S,
                           mz_buf_view(&id)) == MZ_OK)
    {
        FUZZ_HOLD(strlen(session.name) == MZ_SESSION_HEX, "%s", session.name);
        FUZZ_HOLD(session.version[0] != '\0', "%s", session.name);
        FUZZ_HOLD(mz_session_write(&session, &fuzz_keys, FUZZ_SCOPE, &again)
                  == MZ_OK, "%s", session.name);
        FUZZ_HOLD(mz_str_eq(mz_buf_view(&id), mz_buf_view(&again)), "%s",
                  mz_buf_cstr(&id));
    }

    mz_buf_free(&id);
    mz_buf_free(&again);
}


static void
fuzz_session_version(mz_str_t version, mz_str_t random)
{
    mz_buf_t       id;
    mz_session_t   session, back;
    unsigned char  bytes[MZ_SESSION_RANDOM];

    memset(bytes, 0, sizeof(bytes));

    if (random.len != 0) {
        memcpy(bytes, random.data,
               random.len < sizeof(bytes) ? random.len : sizeof(bytes));
    }

    if (mz_session_make(&session, version, fuzz_touch(random), FUZZ_NOW_S + 1,
                        bytes) != MZ_OK)
    {
        return;
    }

    mz_buf_init(&id, MZ_SESSION_ID_MAX);
    FUZZ_HOLD(mz_session_write(&session, &fuzz_keys, FUZZ_SCOPE, &id)
              == MZ_OK, "%s", session.name);
    FUZZ_HOLD(mz_session_read(&back, &fuzz_keys, FUZZ_SCOPE, FUZZ_NOW_S,
                              mz_buf_view(&id))
              == MZ_OK, "%s", mz_buf_cstr(&id));
    FUZZ_HOLD(strcmp(session.name, back.name) == 0
              && strcmp(session.version, back.version) == 0
              && session.client == back.client, "%s", mz_buf_cstr(&id));
    mz_buf_free(&id);
}
