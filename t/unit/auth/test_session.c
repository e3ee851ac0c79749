
#include "auth/session.h"
#include "base/mz_str.h"
#include "test.h"


#define NOW      ((int64_t) 1781524800)
#define EXPIRES  (NOW + 86400)
#define SCOPE    "0123456789abcdef0123456789abcdef"


static const unsigned char  random16[MZ_SESSION_RANDOM] = {
    0x00, 0x01, 0x7f, 0x80, 0xff, 0x10, 0x32, 0x54,
    0x76, 0x98, 0xba, 0xdc, 0xfe, 0x0d, 0x0a, 0x20
};


static void
set_key(mz_seal_t *seal, char fill)
{
    char      secret[MZ_SEAL_SECRET_MIN];
    mz_err_t  err;

    memset(seal, 0, sizeof(mz_seal_t));
    memset(secret, fill, sizeof(secret));
    CHECK(mz_seal_add(seal, (mz_str_t) { secret, sizeof(secret) }, &err)
          == MZ_OK);
}


static void
write_id(const mz_seal_t *seal, const char *version, uint32_t client,
    mz_buf_t *id)
{
    mz_session_t  session;

    mz_buf_init(id, 0);
    CHECK(mz_session_make(&session, mz_str_from(version), client, EXPIRES,
                          random16)
          == MZ_OK);
    CHECK(mz_session_write(&session, seal, mz_str(SCOPE), id) == MZ_OK);
}


static mz_rc_t
read_id(const mz_seal_t *seal, const char *scope, int64_t now_s, mz_str_t id)
{
    mz_session_t  session;

    return mz_session_read(&session, seal, mz_str_from(scope), now_s, id);
}


static void
test_versions(void)
{
    size_t        i;
    mz_session_t  session;

    static const struct {
        mz_str_t  version;
        mz_rc_t   rc;
    } rows[] = {
        { { NULL, 0 }, MZ_INVALID },
        { mz_str(""), MZ_INVALID },
        { mz_str("2025-11-255"), MZ_INVALID },
        { mz_str("2025\0-11-2"), MZ_INVALID },
        { mz_str("2025-11-25"), MZ_OK },
        { mz_str("1"), MZ_OK }
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        CHECK_ROW(mz_session_make(&session, rows[i].version, 0, EXPIRES,
                                  random16)
                  == rows[i].rc, "row %zu", i);
    }
}


static void
test_same_again(void)
{
    size_t        i;
    mz_buf_t      id;
    mz_seal_t     seal;
    mz_session_t  session;

    static const uint32_t  clients[] = {
        0, 1, 0x80, 0xff00, 0x12345678, 0xffffffff
    };

    static const char *const  versions[] = {
        "2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "x"
    };

    set_key(&seal, 'k');

    for (i = 0; i < MZ_ARRAY_LEN(clients) * MZ_ARRAY_LEN(versions); i++) {
        write_id(&seal, versions[i / MZ_ARRAY_LEN(clients)],
                 clients[i % MZ_ARRAY_LEN(clients)], &id);

        memset(&session, 0xa5, sizeof(session));
        CHECK(mz_session_read(&session, &seal, mz_str(SCOPE), NOW,
                              mz_buf_view(&id))
              == MZ_OK);
        CHECK_STR(mz_str_from(session.name),
                  "00017f80ff1032547698badcfe0d0a20");
        CHECK_STR(mz_str_from(session.version),
                  versions[i / MZ_ARRAY_LEN(clients)]);
        CHECK(session.client == clients[i % MZ_ARRAY_LEN(clients)]);
        CHECK(session.expires_s == EXPIRES);
        mz_buf_free(&id);
    }
}


/* The specification: only characters 0x21 to 0x7E. */

static void
test_visible(void)
{
    size_t     i;
    mz_buf_t   id;
    mz_seal_t  seal;

    set_key(&seal, 'k');
    write_id(&seal, "2025-11-25", 0xffffffff, &id);
    CHECK(id.len >= 32 && id.len <= MZ_SESSION_ID_MAX);

    for (i = 0; i < id.len; i++) {
        CHECK_ROW(id.data[i] > 0x20 && id.data[i] < 0x7f, "character %zu", i);
    }

    mz_buf_free(&id);
}


static void
test_refused(void)
{
    char       big[MZ_SESSION_ID_MAX + 1];
    size_t     i;
    mz_buf_t   id;
    mz_seal_t  seal, other, none = { .n = 0 };

    static const char *const  foreign[] = {
        "", " ", "1", "6f9619ff-8b86-d011-b42d-00cf4fc964ff",
        "\"quoted\"", "a,b", "..", "00017f80ff1032547698badcfe0d0a20"
    };

    set_key(&seal, 'k');
    set_key(&other, 'o');
    write_id(&seal, "2025-11-25", 3, &id);

    for (i = 0; i < id.len; i++) {
        id.data[i] ^= 1;
        CHECK_ROW(read_id(&seal, SCOPE, NOW, mz_buf_view(&id)) == MZ_INVALID,
                  "character %zu", i);
        id.data[i] ^= 1;
        CHECK_ROW(read_id(&seal, SCOPE, NOW, (mz_str_t) { id.data, i })
                  == MZ_INVALID, "%zu characters", i);
    }

    for (i = 0; i < MZ_ARRAY_LEN(foreign); i++) {
        CHECK_ROW(read_id(&seal, SCOPE, NOW, mz_str_from(foreign[i]))
                  == MZ_INVALID, "\"%s\"", foreign[i]);
    }

    CHECK(read_id(&seal, "", NOW, mz_buf_view(&id)) == MZ_INVALID);
    CHECK(read_id(&seal, "0123456789abcdef0123456789abcdee", NOW,
                  mz_buf_view(&id)) == MZ_INVALID);
    CHECK(read_id(&other, SCOPE, NOW, mz_buf_view(&id)) == MZ_INVALID);
    CHECK(read_id(&seal, SCOPE, EXPIRES, mz_buf_view(&id)) == MZ_NOT_FOUND);
    CHECK(read_id(&none, SCOPE, NOW, mz_buf_view(&id)) == MZ_UNAVAILABLE);
    CHECK(read_id(&seal, SCOPE, NOW, mz_buf_view(&id)) == MZ_OK);

    memset(big, 'A', sizeof(big));
    CHECK(read_id(&seal, SCOPE, NOW, (mz_str_t) { big, sizeof(big) })
          == MZ_INVALID);

    mz_buf_free(&id);
}


/* Sealed by a holder of the key, but for something else or another shape. */

static void
test_other_payloads(void)
{
    size_t     n;
    mz_buf_t   id;
    mz_seal_t  seal;

    static const char  bytes[] =
        "0123456789abcdef" "\0\0\0\1" "2025-11-25" "and more";

    set_key(&seal, 'k');

    for (n = 0; n < sizeof(bytes); n++) {
        mz_buf_init(&id, 0);
        CHECK(mz_seal_make(&seal, MZ_SEAL_SESSION, mz_str(SCOPE), EXPIRES,
                           (mz_str_t) { bytes, n }, &id)
              == MZ_OK);
        CHECK_ROW(read_id(&seal, SCOPE, NOW, mz_buf_view(&id))
                  == (n > 20 && n <= 30 ? MZ_OK : MZ_INVALID), "%zu bytes",
                  n);
        mz_buf_free(&id);
    }

    mz_buf_init(&id, 0);
    CHECK(mz_seal_make(&seal, MZ_SEAL_STREAM, mz_str(SCOPE), EXPIRES,
                       (mz_str_t) { bytes, 30 }, &id)
          == MZ_OK);
    CHECK(read_id(&seal, SCOPE, NOW, mz_buf_view(&id)) == MZ_INVALID);
    mz_buf_free(&id);
}


static void
test_write_refuses(void)
{
    mz_buf_t      id;
    mz_seal_t     seal, none = { .n = 0 };
    mz_session_t  session;

    set_key(&seal, 'k');
    mz_buf_init(&id, 0);

    CHECK(mz_session_make(&session, mz_str("2025-11-25"), 0, EXPIRES,
                          random16)
          == MZ_OK);
    CHECK(mz_session_write(&session, &none, mz_str(SCOPE), &id)
          == MZ_UNAVAILABLE);

    session.name[3] = 'G';
    CHECK(mz_session_write(&session, &seal, mz_str(SCOPE), &id)
          == MZ_INVALID);

    memset(&session, 0, sizeof(session));
    CHECK(mz_session_write(&session, &seal, mz_str(SCOPE), &id)
          == MZ_INVALID);
    CHECK(id.len == 0);

    mz_buf_free(&id);
}


static const mz_test_t  tests[] = {
    { "a version has a length", test_versions },
    { "an id says what was negotiated", test_same_again },
    { "an id is visible ASCII", test_visible },
    { "forged, foreign and expired ids are refused", test_refused },
    { "a token of another kind is no session", test_other_payloads },
    { "what is no session is not written", test_write_refuses }
};

MZ_TEST_MAIN(tests)
