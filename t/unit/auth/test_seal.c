
#include "auth/seal.h"
#include "base/mz_b64.h"
#include "base/mz_str.h"
#include "test.h"


#define NOW      ((int64_t) 1781524800)
#define EXPIRES  (NOW + 3600)
#define SCOPE    "0123456789abcdef0123456789abcdef"
#define SECRET   "the first secret of this unit test"
#define SECRET2  "the second secret of this unit test"


typedef struct {
    const char  *why;
    const char  *token;
} bad_row_t;


/* None of these is base64url of at least an expiry and a MAC. */

static const bad_row_t  bad[] = {
    { "empty", "" },
    { "one character", "A" },
    { "shorter than an expiry", "AAAA" },
    { "an expiry without a MAC", "AAAAAAAAAAA" },
    { "one byte short", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" },
    { "zeroes", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" },
    { "space", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA AAAA" },
    { "line feed", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n" },
    { "padding", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==" },
    { "standard alphabet +", "++++++++++++++++++++++++++++++++++++" },
    { "standard alphabet /", "////////////////////////////////////" },
    { "no ASCII", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\xc3\xa9" }
};


static void
add_key(mz_seal_t *seal, const char *secret)
{
    mz_err_t  err;

    CHECK(mz_seal_add(seal, mz_str_from(secret), &err) == MZ_OK);
}


static void
make_for(const mz_seal_t *seal, mz_seal_use_t use, const char *scope,
    int64_t expires_s, mz_str_t payload, mz_buf_t *token)
{
    mz_buf_init(token, 0);
    CHECK(mz_seal_make(seal, use, mz_str_from(scope), expires_s, payload,
                       token)
          == MZ_OK);
}


/* What open says; nothing may be written unless it is MZ_OK. */

static mz_rc_t
try_open(const mz_seal_t *seal, mz_seal_use_t use, const char *scope,
    int64_t now_s, mz_str_t token)
{
    int64_t   expires;
    mz_rc_t   rc;
    mz_buf_t  payload;

    expires = -1;
    mz_buf_init(&payload, 0);
    rc = mz_seal_open(seal, use, mz_str_from(scope), now_s, token, &payload,
                      &expires);
    CHECK(rc == MZ_OK || (payload.len == 0 && expires == -1));
    mz_buf_free(&payload);

    return rc;
}


static mz_rc_t
try_state(const mz_seal_t *seal, mz_str_t token)
{
    return try_open(seal, MZ_SEAL_STATE, SCOPE, NOW, token);
}


static void
test_malformed(void)
{
    char       *big;
    size_t      i;
    mz_seal_t   seal = { .n = 0 };

    add_key(&seal, SECRET);

    for (i = 0; i < MZ_ARRAY_LEN(bad); i++) {
        CHECK_ROW(try_state(&seal, mz_str_from(bad[i].token)) == MZ_INVALID,
                  "%s", bad[i].why);
    }

    CHECK(try_state(&seal, mz_null_str) == MZ_INVALID);

    big = malloc(MZ_SEAL_TOKEN_MAX + 4);
    CHECK(big != NULL);

    if (big != NULL) {
        memset(big, 'A', MZ_SEAL_TOKEN_MAX + 4);
        CHECK(try_state(&seal, (mz_str_t) { big, MZ_SEAL_TOKEN_MAX + 4 })
              == MZ_INVALID);
        CHECK(try_state(&seal, (mz_str_t) { big, MZ_SEAL_TOKEN_MAX })
              == MZ_INVALID);
        free(big);
    }
}


/* Every bit counts, in the text as well as in the bytes it stands for. */

static void
test_tampered(void)
{
    size_t     i, bit;
    mz_buf_t   token, raw, text;
    mz_seal_t  seal = { .n = 0 };

    add_key(&seal, SECRET);
    add_key(&seal, SECRET2);
    make_for(&seal, MZ_SEAL_STATE, SCOPE, EXPIRES, mz_str("{\"step\":2}"),
             &token);
    CHECK(try_state(&seal, mz_buf_view(&token)) == MZ_OK);

    for (i = 0; i < token.len; i++) {
        for (bit = 0; bit < 8; bit++) {
            token.data[i] ^= (char) (1 << bit);
            CHECK_ROW(try_state(&seal, mz_buf_view(&token)) == MZ_INVALID,
                      "bit %zu of character %zu", bit, i);
            token.data[i] ^= (char) (1 << bit);
        }
    }

    mz_buf_init(&raw, 0);
    CHECK(mz_b64url_decode(&raw, mz_buf_view(&token)) == MZ_OK);

    for (i = 0; i < raw.len; i++) {
        for (bit = 0; bit < 8; bit++) {
            raw.data[i] ^= (char) (1 << bit);
            mz_buf_init(&text, 0);
            mz_b64url_encode(&text, mz_buf_view(&raw));
            CHECK_ROW(try_state(&seal, mz_buf_view(&text)) == MZ_INVALID,
                      "bit %zu of byte %zu", bit, i);
            mz_buf_free(&text);
            raw.data[i] ^= (char) (1 << bit);
        }
    }

    mz_buf_free(&raw);
    CHECK(try_state(&seal, mz_buf_view(&token)) == MZ_OK);
    mz_buf_free(&token);
}


static void
test_cut_and_longer(void)
{
    size_t     n, len;
    mz_buf_t   token;
    mz_seal_t  seal = { .n = 0 };

    add_key(&seal, SECRET);
    make_for(&seal, MZ_SEAL_STATE, SCOPE, EXPIRES, mz_str("page 2"), &token);
    len = token.len;

    for (n = 0; n < len; n++) {
        CHECK_ROW(try_state(&seal, (mz_str_t) { token.data, n })
                  == MZ_INVALID, "the first %zu characters", n);
        CHECK_ROW(n == 0
                  || try_state(&seal, (mz_str_t) { token.data + n, len - n })
                     == MZ_INVALID, "without the first %zu", n);
    }

    for (n = 1; n <= 8; n++) {
        mz_buf_add_char(&token, 'A');
        CHECK_ROW(try_state(&seal, mz_buf_view(&token)) == MZ_INVALID,
                  "%zu more characters", n);
    }

    mz_buf_free(&token);
}


static void
test_bound(void)
{
    size_t     i;
    mz_buf_t   token;
    mz_str_t   view;
    mz_seal_t  seal = { .n = 0 };

    static const mz_seal_use_t  uses[] = {
        MZ_SEAL_SESSION, MZ_SEAL_STATE, MZ_SEAL_STREAM, MZ_SEAL_CURSOR
    };

    static const char *const  scopes[] = {
        "", "0", "0123456789abcdef0123456789abcdee",
        "0123456789abcdef0123456789abcdef0", "0123456789ABCDEF0123456789ABCDEF"
    };

    add_key(&seal, SECRET);
    make_for(&seal, MZ_SEAL_STATE, SCOPE, EXPIRES, mz_str("x"), &token);
    view = mz_buf_view(&token);

    for (i = 0; i < MZ_ARRAY_LEN(uses); i++) {
        CHECK_ROW(try_open(&seal, uses[i], SCOPE, NOW, view)
                  == (uses[i] == MZ_SEAL_STATE ? MZ_OK : MZ_INVALID),
                  "use %c", (char) uses[i]);
    }

    for (i = 0; i < MZ_ARRAY_LEN(scopes); i++) {
        CHECK_ROW(try_open(&seal, MZ_SEAL_STATE, scopes[i], NOW, view)
                  == MZ_INVALID, "scope \"%s\"", scopes[i]);
    }

    mz_buf_free(&token);

    /* The end of a scope is no beginning of what follows it. */

    make_for(&seal, MZ_SEAL_STATE, "", 0x4142434445464748, mz_str("I"),
             &token);
    CHECK(try_open(&seal, MZ_SEAL_STATE, "A", NOW, mz_buf_view(&token))
          == MZ_INVALID);
    mz_buf_free(&token);
}


static void
test_expired(void)
{
    size_t     i;
    mz_buf_t   token, payload;
    int64_t    expires;
    mz_seal_t  seal = { .n = 0 }, other = { .n = 0 };

    static const struct {
        int64_t  expires;
        int64_t  now;
        mz_rc_t  rc;
    } rows[] = {
        { EXPIRES, EXPIRES - 1, MZ_OK },
        { EXPIRES, EXPIRES, MZ_NOT_FOUND },
        { EXPIRES, EXPIRES + 1, MZ_NOT_FOUND },
        { EXPIRES, INT64_MAX, MZ_NOT_FOUND },
        { 0, NOW, MZ_NOT_FOUND },
        { INT64_MIN, NOW, MZ_NOT_FOUND },
        { -1, -2, MZ_OK },
        { INT64_MAX, NOW, MZ_OK }
    };

    add_key(&seal, SECRET);
    add_key(&other, SECRET2);

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        make_for(&seal, MZ_SEAL_STATE, SCOPE, rows[i].expires, mz_str("x"),
                 &token);
        CHECK_ROW(try_open(&seal, MZ_SEAL_STATE, SCOPE, rows[i].now,
                           mz_buf_view(&token))
                  == rows[i].rc, "row %zu", i);

        /* Of a forged one nothing is told, not even that it is old. */

        CHECK_ROW(try_open(&other, MZ_SEAL_STATE, SCOPE, rows[i].now,
                           mz_buf_view(&token))
                  == MZ_INVALID, "row %zu, forged", i);

        if (rows[i].rc == MZ_OK) {
            mz_buf_init(&payload, 0);
            CHECK_ROW(mz_seal_open(&seal, MZ_SEAL_STATE, mz_str(SCOPE),
                                   rows[i].now, mz_buf_view(&token),
                                   &payload, &expires)
                      == MZ_OK && expires == rows[i].expires, "row %zu", i);
            mz_buf_free(&payload);
        }

        mz_buf_free(&token);
    }
}


/* A rotation: the new key goes first, the old one verifies for a while. */

static void
test_keys(void)
{
    mz_buf_t   old_token, new_token;
    mz_seal_t  none = { .n = 0 }, before = { .n = 0 }, during = { .n = 0 },
               after = { .n = 0 };

    add_key(&before, SECRET);
    add_key(&during, SECRET2);
    add_key(&during, SECRET);
    add_key(&after, SECRET2);

    make_for(&before, MZ_SEAL_STATE, SCOPE, EXPIRES, mz_str("x"), &old_token);
    make_for(&during, MZ_SEAL_STATE, SCOPE, EXPIRES, mz_str("x"), &new_token);

    CHECK(try_state(&before, mz_buf_view(&old_token)) == MZ_OK);
    CHECK(try_state(&during, mz_buf_view(&old_token)) == MZ_OK);
    CHECK(try_state(&after, mz_buf_view(&old_token)) == MZ_INVALID);

    CHECK(try_state(&before, mz_buf_view(&new_token)) == MZ_INVALID);
    CHECK(try_state(&during, mz_buf_view(&new_token)) == MZ_OK);
    CHECK(try_state(&after, mz_buf_view(&new_token)) == MZ_OK);

    CHECK(try_state(&none, mz_buf_view(&new_token)) == MZ_UNAVAILABLE);
    CHECK(try_state(&none, mz_str("")) == MZ_UNAVAILABLE);

    mz_buf_free(&old_token);
    mz_buf_free(&new_token);
}


static void
test_secrets(void)
{
    size_t     i;
    mz_err_t   err;
    mz_str_t   secret;
    mz_seal_t  seal = { .n = 0 };

    static const char  bytes[64] = "\0\1\2 bytes of any kind";

    secret.data = bytes;

    for (secret.len = 0; secret.len < MZ_SEAL_SECRET_MIN; secret.len++) {
        CHECK_ROW(mz_seal_add(&seal, secret, &err) == MZ_INVALID
                  && err.rc == MZ_INVALID && seal.n == 0, "%zu bytes",
                  secret.len);
    }

    /* Each length is a key of its own, also where only zeroes are added. */

    for (i = 0; i < MZ_SEAL_KEYS_MAX; i++, secret.len++) {
        CHECK(mz_seal_add(&seal, secret, &err) == MZ_OK && seal.n == i + 1);
        CHECK(i == 0 || memcmp(seal.keys[i], seal.keys[i - 1],
                               sizeof(seal.keys[i])) != 0);
        CHECK(memcmp(seal.keys[i], bytes, sizeof(seal.keys[i])) != 0);
    }

    CHECK(mz_seal_add(&seal, secret, &err) == MZ_LIMIT
          && seal.n == MZ_SEAL_KEYS_MAX);
}


static void
test_payloads(void)
{
    char      *p;
    size_t     i, n;
    mz_buf_t   token, out;
    mz_seal_t  seal = { .n = 0 };

    static const size_t  sizes[] = {
        0, 1, 2, 3, 255, 4096, MZ_SEAL_TOKEN_MAX / 4 * 3 - 24
    };

    add_key(&seal, SECRET);

    p = malloc(MZ_SEAL_TOKEN_MAX);
    CHECK(p != NULL);

    for (i = 0; p != NULL && i < MZ_SEAL_TOKEN_MAX; i++) {
        p[i] = (char) (i * 7);
    }

    for (i = 0; p != NULL && i < MZ_ARRAY_LEN(sizes); i++) {
        n = sizes[i];
        make_for(&seal, MZ_SEAL_CURSOR, "", EXPIRES, (mz_str_t) { p, n },
                 &token);
        CHECK(token.len <= MZ_SEAL_TOKEN_MAX);

        mz_buf_init(&out, 0);
        mz_buf_add_c(&out, ">");
        CHECK_ROW(mz_seal_open(&seal, MZ_SEAL_CURSOR, mz_null_str, NOW,
                               mz_buf_view(&token), &out, NULL)
                  == MZ_OK && out.len == n + 1
                  && memcmp(out.data + 1, p, n) == 0, "%zu bytes", n);
        mz_buf_free(&out);
        mz_buf_free(&token);
    }

    mz_buf_init(&token, 0);
    CHECK(p == NULL
          || mz_seal_make(&seal, MZ_SEAL_CURSOR, mz_str(SCOPE), EXPIRES,
                          (mz_str_t) { p, MZ_SEAL_TOKEN_MAX / 4 * 3 - 23 },
                          &token)
             == MZ_LIMIT);
    CHECK(token.len == 0);
    mz_buf_free(&token);

    free(p);
}


/*
 * The bytes on the wire stay what they are: nodes of two versions verify each
 * other's tokens during an upgrade.  With perl:
 *   $key = hmac_sha256($secret, "mitzu seal key 1");
 *   $body = pack("Q>", 1781528400) . "page 2";
 *   $mac = substr(hmac_sha256("mitzu seal 1" . "c" . pack("Q>", 32) . $scope
 *                             . $body, $key), 0, 16);
 *   encode_base64url($body . $mac)
 */

static void
test_known(void)
{
    mz_buf_t   token;
    mz_seal_t  seal = { .n = 0 };

    add_key(&seal, SECRET);
    make_for(&seal, MZ_SEAL_CURSOR, SCOPE, EXPIRES, mz_str("page 2"), &token);
    CHECK_STR(mz_buf_view(&token),
              "AAAAAGov91BwYWdlIDL6r-9vnslvNZ7z0LlAtpMg");
    mz_buf_free(&token);
}


static void
test_no_room(void)
{
    mz_buf_t   token, out;
    mz_seal_t  seal = { .n = 0 };

    add_key(&seal, SECRET);

    mz_buf_init(&out, 10);
    CHECK(mz_seal_make(&seal, MZ_SEAL_STATE, mz_str(SCOPE), EXPIRES,
                       mz_str("x"), &out)
          == MZ_LIMIT);
    mz_buf_free(&out);

    make_for(&seal, MZ_SEAL_STATE, SCOPE, EXPIRES, mz_str("0123456789"),
             &token);
    mz_buf_init(&out, 9);
    CHECK(mz_seal_open(&seal, MZ_SEAL_STATE, mz_str(SCOPE), NOW,
                       mz_buf_view(&token), &out, NULL)
          == MZ_LIMIT);
    mz_buf_free(&out);
    mz_buf_free(&token);
}


static const mz_test_t  tests[] = {
    { "what is no token is refused", test_malformed },
    { "no bit of a token can be changed", test_tampered },
    { "a token cannot be cut or extended", test_cut_and_longer },
    { "a token is bound to its use and its owner", test_bound },
    { "a token expires", test_expired },
    { "the first key signs, all verify", test_keys },
    { "secrets have a least length, keys a largest number", test_secrets },
    { "a payload is any bytes up to a limit", test_payloads },
    { "a full buffer is an error", test_no_room },
    { "the form of a token stays", test_known }
};

MZ_TEST_MAIN(tests)
