
#include "auth/jwks.h"
#include "sign.h"
#include "test.h"

#include <openssl/err.h>


#define RSA   "\"kty\":\"RSA\",\"n\":\"" SIGN_RSA_N "\",\"e\":\"AQAB\""
#define RSA_(e)  "\"kty\":\"RSA\",\"n\":\"" SIGN_RSA_N "\",\"e\":\"" e "\""
#define EC_(crv, x, y)                                                        \
    "\"kty\":\"EC\",\"crv\":\"" crv "\",\"x\":\"" x "\",\"y\":\"" y "\""
#define EC    EC_("P-256", SIGN_EC_X, SIGN_EC_Y)
#define OKP_(crv, x)  "\"kty\":\"OKP\",\"crv\":\"" crv "\",\"x\":\"" x "\""
#define OKP   OKP_("Ed25519", SIGN_ED_X)

/* x of the point with its last bit changed: not on the curve. */

#define EC_X_OFF  "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEQ"


typedef struct {
    const char  *why;
    const char  *text;
} row_t;

typedef struct {
    const char  *why;
    const char  *text;
    size_t       count;
} set_row_t;

typedef struct {
    const char  *name;
    unsigned     alg;
} alg_row_t;


/* Members of a key; alone in a set they make it unusable. */

static const row_t  unusable[] = {
    { "nothing", "" },
    { "no type", "\"n\":\"" SIGN_RSA_N "\",\"e\":\"AQAB\"" },
    { "a type in lower case", "\"kty\":\"rsa\",\"n\":\"" SIGN_RSA_N
      "\",\"e\":\"AQAB\"" },
    { "a type that is no string", "\"kty\":1,\"n\":\"" SIGN_RSA_N
      "\",\"e\":\"AQAB\"" },
    { "a symmetric key", "\"kty\":\"oct\",\"k\":\"c2VjcmV0c2VjcmV0\"" },
    { "a public key with a symmetric one", RSA ",\"k\":\"c2Vj\"" },
    { "a private RSA key", RSA ",\"d\":\"" SIGN_RSA_D "\"" },
    { "a private RSA key by its primes", RSA ",\"p\":\"AQAB\"" },
    { "a private EC key", EC ",\"d\":\"" SIGN_EC_D "\"" },
    { "a private Ed25519 key", OKP ",\"d\":\"" SIGN_ED_D "\"" },
    { "a private key whose d is null", RSA ",\"d\":null" },
    { "for encryption", RSA ",\"use\":\"enc\"" },
    { "a use that is no string", RSA ",\"use\":[\"sig\"]" },
    { "a use of null", RSA ",\"use\":null" },
    { "operations without verify", RSA ",\"key_ops\":[\"encrypt\"]" },
    { "only to sign", RSA ",\"key_ops\":[\"sign\"]" },
    { "no operations at all", RSA ",\"key_ops\":[]" },
    { "operations as a string", RSA ",\"key_ops\":\"verify\"" },
    { "a symmetric algorithm", RSA ",\"alg\":\"HS256\"" },
    { "no algorithm", RSA ",\"alg\":\"none\"" },
    { "an algorithm for encryption", RSA ",\"alg\":\"RSA-OAEP\"" },
    { "an algorithm of another type", RSA ",\"alg\":\"ES256\"" },
    { "an algorithm of another curve", EC ",\"alg\":\"ES384\"" },
    { "an algorithm that is no string", RSA ",\"alg\":7" },
    { "an algorithm of null", RSA ",\"alg\":null" },
    { "a kid that is no string", RSA ",\"kid\":1" },
    { "an empty kid", RSA ",\"kid\":\"\"" },
    { "a kid with a line feed", RSA ",\"kid\":\"a\\nb\"" },
    { "a kid with a C1 control", RSA ",\"kid\":\"a\\u0085b\"" },
    { "no modulus", "\"kty\":\"RSA\",\"e\":\"AQAB\"" },
    { "no exponent", "\"kty\":\"RSA\",\"n\":\"" SIGN_RSA_N "\"" },
    { "an exponent of one", RSA_("AQ") },
    { "an exponent of zero", RSA_("AA") },
    { "an even exponent", RSA_("AQAA") },
    { "an exponent of 72 bits", RSA_("AQAAAAAAAAAB") },
    { "an exponent with padding", RSA_("AQAB==") },
    { "an exponent that is no base64url", RSA_("A+AB") },
    { "an even modulus", "\"kty\":\"RSA\",\"n\":\"" SIGN_EC_X SIGN_EC_X
      SIGN_EC_X SIGN_EC_X SIGN_EC_X SIGN_EC_X SIGN_EC_X SIGN_EC_X
      "\",\"e\":\"AQAB\"" },
    { "a modulus of a few bits", "\"kty\":\"RSA\",\"n\":\"AQAB\","
      "\"e\":\"AQAB\"" },
    { "a point off the curve", EC_("P-256", EC_X_OFF, SIGN_EC_Y) },
    { "the point at infinity",
      EC_("P-256", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
          "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA") },
    { "a short coordinate", EC_("P-256", "f83OJ3D2", SIGN_EC_Y) },
    { "a point cut at the wrong place",
      EC_("P-256", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVA",
          "RcfxRM0bvZt-hyzf7bnuufSzaV1uqQskrYpGIyiFiOWt") },
    { "no y", "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" SIGN_EC_X "\"" },
    { "no curve", "\"kty\":\"EC\",\"x\":\"" SIGN_EC_X "\",\"y\":\""
      SIGN_EC_Y "\"" },
    { "a point of another curve", EC_("P-384", SIGN_EC_X, SIGN_EC_Y) },
    { "a curve we have not", EC_("secp256k1", SIGN_EC_X, SIGN_EC_Y) },
    { "a key for agreement", OKP_("X25519", SIGN_ED_X) },
    { "an Ed25519 key one byte short", OKP_("Ed25519",
      "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHUQ") },
    { "an Ed25519 key with a stray bit", OKP_("Ed25519",
      "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURp") }
};

static const row_t  not_sets[] = {
    { "the empty text", "" },
    { "no JSON", "<html><body>502 Bad Gateway</body></html>" },
    { "half a set", "{\"keys\":[{" RSA "}" },
    { "two values", "{\"keys\":[{" RSA "}]} {}" },
    { "an array", "[{" RSA "}]" },
    { "a key alone", "{" RSA "}" },
    { "null", "null" },
    { "no keys", "{}" },
    { "keys of null", "{\"keys\":null}" },
    { "keys as an object", "{\"keys\":{\"0\":{" RSA "}}}" },
    { "an empty set", "{\"keys\":[]}" },
    { "no objects", "{\"keys\":[1,null,\"x\",[],{}]}" },
    { "keys twice", "{\"keys\":[{" RSA "}],\"keys\":[{" RSA "}]}" },
    { "a member twice", "{\"keys\":[{" RSA ",\"kty\":\"RSA\"}]}" },
    { "a NUL in a kid", "{\"keys\":[{" RSA ",\"kid\":\"a\\u0000b\"}]}" },
    { "no UTF-8", "{\"keys\":[{" RSA ",\"kid\":\"\xff\"}]}" },
    { "two keys of one kid", "{\"keys\":[{" RSA ",\"kid\":\"a\"},{"
      RSA_("AQAD") ",\"kid\":\"a\"}]}" }
};

static const set_row_t  sets[] = {
    { "RSA", "{\"keys\":[{" RSA "}]}", 1 },
    { "an exponent of three", "{\"keys\":[{" RSA_("Aw") "}]}", 1 },
    { "P-256", "{\"keys\":[{" EC "}]}", 1 },
    { "Ed25519", "{\"keys\":[{" OKP "}]}", 1 },
    { "Ed25519 as RFC 9864 names it",
      "{\"keys\":[{" OKP ",\"alg\":\"Ed25519\"}]}", 1 },
    { "to verify, and with members nobody knows",
      "{\"keys\":[{" RSA ",\"use\":\"sig\",\"key_ops\":[\"sign\",\"verify\"],"
      "\"alg\":\"PS256\",\"x5c\":[\"MII\"],\"x5t\":\"1\",\"x\":{}}],"
      "\"more\":1}", 1 },
    { "others are skipped",
      "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AA\"},1,{" RSA "},null]}", 1 },
    { "one of each", "{\"keys\":[{" RSA "},{" EC "},{" OKP "}]}", 3 },
    { "no kid twice", "{\"keys\":[{" RSA "},{" RSA_("AQAD") "}]}", 2 },
    { "one kid, other algorithms",
      "{\"keys\":[{" RSA ",\"kid\":\"a\"},{" EC ",\"kid\":\"a\"}]}", 2 },
    { "one kid, one type, each with its algorithm",
      "{\"keys\":[{" RSA ",\"kid\":\"a\",\"alg\":\"RS256\"},{" RSA
      ",\"kid\":\"a\",\"alg\":\"PS256\"}]}", 2 },
    { "the same key twice",
      "{\"keys\":[{" RSA ",\"kid\":\"a\"},{\"use\":\"sig\"," RSA
      ",\"kid\":\"a\"}]}", 1 },
    { "three of one kid, and another",
      "{\"keys\":[{" RSA ",\"kid\":\"a\",\"alg\":\"RS256\"},{" RSA_("AQAD")
      ",\"kid\":\"a\"},{" RSA_("AQAF") ",\"kid\":\"a\",\"alg\":\"PS256\"},{"
      RSA ",\"kid\":\"b\"}]}", 1 },
    { "kids differ by case",
      "{\"keys\":[{" RSA ",\"kid\":\"a\"},{" RSA ",\"kid\":\"A\"}]}", 2 }
};

static const alg_row_t  algs[] = {
    { "RS256", MZ_JWT_RS256 },
    { "RS384", MZ_JWT_RS384 },
    { "RS512", MZ_JWT_RS512 },
    { "PS256", MZ_JWT_PS256 },
    { "PS384", MZ_JWT_PS384 },
    { "PS512", MZ_JWT_PS512 },
    { "ES256", MZ_JWT_ES256 },
    { "ES384", MZ_JWT_ES384 },
    { "EdDSA", MZ_JWT_EDDSA },
    { "Ed25519", MZ_JWT_EDDSA },
    { "", 0 },
    { "none", 0 },
    { "None", 0 },
    { "HS256", 0 },
    { "HS384", 0 },
    { "HS512", 0 },
    { "ES512", 0 },
    { "ES256K", 0 },
    { "rs256", 0 },
    { "RS256 ", 0 },
    { "RS25", 0 },
    { "RSA-OAEP", 0 }
};


static void
check_refused(const char *why, mz_str_t text)
{
    mz_err_t    err;
    mz_jwks_t  *set;

    memset(&err, 0, sizeof(mz_err_t));
    set = (mz_jwks_t *) &err;

    CHECK_ROW(mz_jwks_parse(text, &set, &err) == MZ_INVALID, "%s", why);
    CHECK_ROW(set == NULL, "%s", why);
    CHECK_ROW(err.rc == MZ_INVALID && err.msg[0] != '\0', "%s", why);

    /* Whoever is not interested in words. */

    CHECK_ROW(mz_jwks_parse(text, &set, NULL) == MZ_INVALID, "%s", why);
}


static mz_jwks_t *
parse(const char *text)
{
    mz_err_t    err;
    mz_jwks_t  *set;

    err.msg[0] = '\0';
    CHECK_ROW(mz_jwks_parse(mz_str_from(text), &set, &err) == MZ_OK, "%s: %s",
              text, err.msg);

    return set;
}


static void
test_unusable(void)
{
    size_t     i;
    mz_buf_t   text;
    mz_jwks_t *set;

    mz_buf_init(&text, 0);

    for (i = 0; i < MZ_ARRAY_LEN(unusable); i++) {
        mz_buf_reset(&text);
        mz_buf_addf(&text, "{\"keys\":[{%s}]}", unusable[i].text);
        check_refused(unusable[i].why, mz_buf_view(&text));

        /* It does not spoil the others. */

        mz_buf_reset(&text);
        mz_buf_addf(&text, "{\"keys\":[{%s},{" EC ",\"kid\":\"ec\"}]}",
                    unusable[i].text);
        set = parse(mz_buf_cstr(&text));

        if (set != NULL) {
            CHECK_ROW(mz_jwks_count(set) == 1, "%s", unusable[i].why);
            CHECK_ROW(mz_jwks_has(set, mz_str("ec")), "%s", unusable[i].why);
        }

        mz_jwks_free(set);
    }

    mz_buf_free(&text);
}


static void
test_not_sets(void)
{
    size_t  i;

    for (i = 0; i < MZ_ARRAY_LEN(not_sets); i++) {
        check_refused(not_sets[i].why, mz_str_from(not_sets[i].text));
    }
}


static void
test_sets(void)
{
    size_t      i;
    mz_jwks_t  *set;

    for (i = 0; i < MZ_ARRAY_LEN(sets); i++) {
        set = parse(sets[i].text);

        if (set != NULL) {
            CHECK_ROW(mz_jwks_count(set) == sets[i].count, "%s: %zu",
                      sets[i].why, mz_jwks_count(set));
        }

        mz_jwks_free(set);
    }
}


/* The keys' own sizes: OpenSSL would verify with any of them. */

static void
test_rsa_sizes(void)
{
    size_t      i;
    mz_buf_t    text;
    EVP_PKEY   *pkey;
    mz_jwks_t  *set;

    static const int  bits[] = { 512, 1024, 2047, 2048, 3072 };

    mz_buf_init(&text, 0);

    for (i = 0; i < MZ_ARRAY_LEN(bits); i++) {
        pkey = EVP_RSA_gen((unsigned) bits[i]);
        SIGN_MUST(pkey != NULL);

        mz_buf_reset(&text);
        mz_buf_add_c(&text, "{\"keys\":[");
        sign_jwk(&text, pkey, "k", "");
        mz_buf_add_c(&text, "]}");
        EVP_PKEY_free(pkey);

        if (bits[i] < 2048) {
            check_refused("a short RSA key", mz_buf_view(&text));
            continue;
        }

        set = parse(mz_buf_cstr(&text));
        mz_jwks_free(set);
    }

    mz_buf_free(&text);
}


/* The largest modulus there may be, and one bit more. */

static void
test_rsa_largest(void)
{
    size_t      i, k;
    mz_buf_t    n, text;
    mz_jwks_t  *set;

    static const size_t  sizes[] = { 1024, 1025 };

    for (i = 0; i < MZ_ARRAY_LEN(sizes); i++) {
        mz_buf_init(&n, 0);
        mz_buf_init(&text, 0);

        for (k = 0; k < sizes[i]; k++) {
            mz_buf_add_char(&n, k == 0 && i > 0 ? 1 : (char) 0xff);
        }

        mz_buf_add_c(&text, "{\"keys\":[{\"kty\":\"RSA\",\"e\":\"AQAB\","
                     "\"n\":\"");
        mz_b64url_encode(&text, mz_buf_view(&n));
        mz_buf_add_c(&text, "\"}]}");

        if (i == 0) {
            set = parse(mz_buf_cstr(&text));
            mz_jwks_free(set);

        } else {
            check_refused("8193 bits", mz_buf_view(&text));
        }

        mz_buf_free(&n);
        mz_buf_free(&text);
    }
}


static void
test_bounds(void)
{
    size_t      i;
    mz_buf_t    text;
    mz_jwks_t  *set;

    mz_buf_init(&text, 0);

    /* One byte more than a document may have, all of it good. */

    mz_buf_add_c(&text, "{\"keys\":[{" RSA "}]}");

    while (text.len < MZ_JWKS_BYTES_MAX) {
        mz_buf_add_char(&text, ' ');
    }

    set = parse(mz_buf_cstr(&text));
    CHECK(set != NULL && mz_jwks_count(set) == 1);
    mz_jwks_free(set);
    mz_buf_add_char(&text, ' ');
    check_refused("a huge document", mz_buf_view(&text));

    /* Ten thousand keys, and a good one behind them: nobody looks so far. */

    mz_buf_reset(&text);
    mz_buf_add_c(&text, "{\"keys\":[");

    for (i = 0; i < 10000; i++) {
        mz_buf_add_c(&text, "{\"kty\":\"oct\"},");
    }

    mz_buf_add_c(&text, "{" RSA "}]}");
    CHECK(text.len < MZ_JWKS_BYTES_MAX);
    check_refused("ten thousand keys", mz_buf_view(&text));

    mz_buf_reset(&text);
    mz_buf_add_c(&text, "{\"keys\":[");

    for (i = 0; i < MZ_JWKS_KEYS_MAX + 10; i++) {
        mz_buf_addf(&text, "%s{" RSA ",\"kid\":\"k%zu\"}", i ? "," : "", i);
    }

    mz_buf_add_c(&text, "]}");
    set = parse(mz_buf_cstr(&text));

    if (set != NULL) {
        CHECK(mz_jwks_count(set) == MZ_JWKS_KEYS_MAX);
        CHECK(mz_jwks_has(set, mz_str("k0"))
              && mz_jwks_has(set, mz_str("k63")));
        CHECK(!mz_jwks_has(set, mz_str("k64")));
    }

    mz_jwks_free(set);
    mz_buf_free(&text);
}


static void
test_nesting(void)
{
    size_t    i, depth;
    mz_buf_t  text;

    static const size_t  depths[] = { 20, 100000 };

    for (i = 0; i < MZ_ARRAY_LEN(depths); i++) {
        mz_buf_init(&text, 0);
        mz_buf_add_c(&text, "{\"keys\":[{" RSA ",\"x5c\":");

        for (depth = 0; depth < depths[i]; depth++) {
            mz_buf_add_char(&text, '[');
        }

        for (depth = 0; depth < depths[i]; depth++) {
            mz_buf_add_char(&text, ']');
        }

        mz_buf_add_c(&text, "}]}");
        check_refused("deep nesting", mz_buf_view(&text));
        mz_buf_free(&text);
    }
}


static void
test_kid_bound(void)
{
    size_t      i;
    mz_buf_t    kid, text;
    mz_jwks_t  *set;

    mz_buf_init(&kid, 0);
    mz_buf_init(&text, 0);

    for (i = 0; i < MZ_JWKS_KID_MAX; i++) {
        mz_buf_add_char(&kid, 'k');
    }

    mz_buf_addf(&text, "{\"keys\":[{" RSA ",\"kid\":\"%s\"}]}",
                mz_buf_cstr(&kid));
    set = parse(mz_buf_cstr(&text));
    CHECK(set != NULL && mz_jwks_has(set, mz_buf_view(&kid)));
    mz_jwks_free(set);

    mz_buf_reset(&text);
    mz_buf_addf(&text, "{\"keys\":[{" RSA ",\"kid\":\"%sk\"}]}",
                mz_buf_cstr(&kid));
    check_refused("a long kid", mz_buf_view(&text));

    mz_buf_free(&kid);
    mz_buf_free(&text);
}


static void
test_has(void)
{
    mz_jwks_t  *set;

    set = parse("{\"keys\":[{" RSA ",\"kid\":\"one\"},{" EC "}]}");

    CHECK(mz_jwks_has(set, mz_str("one")));
    CHECK(!mz_jwks_has(set, mz_str("on")));
    CHECK(!mz_jwks_has(set, mz_str("One")));
    CHECK(!mz_jwks_has(set, mz_str("one ")));
    CHECK(mz_jwks_has(set, mz_null_str));
    mz_jwks_free(set);
    mz_jwks_free(NULL);
}


static bool
is_same_print(const char *a, const char *b)
{
    bool        same;
    mz_jwks_t  *left, *right;

    left = parse(a);
    right = parse(b);
    same = memcmp(mz_jwks_print(left), mz_jwks_print(right), MZ_JWKS_PRINT)
           == 0;
    mz_jwks_free(left);
    mz_jwks_free(right);

    return same;
}


static void
test_print(void)
{
    CHECK(is_same_print("{\"keys\":[{" RSA ",\"kid\":\"a\"},{" EC
                        ",\"kid\":\"b\"},{" OKP "}]}",
                        "{ \"x\": 1, \"keys\": [{" OKP "}, {\"kid\":\"b\","
                        EC "}, {\"use\":\"sig\",\"kid\":\"a\"," RSA "}]}"));

    /* A leading zero is no part of a number. */

    CHECK(is_same_print("{\"keys\":[{" RSA_("AQAB") "}]}",
                        "{\"keys\":[{" RSA_("AAEAAQ") "}]}"));

    CHECK(!is_same_print("{\"keys\":[{" RSA ",\"kid\":\"a\"}]}",
                         "{\"keys\":[{" RSA ",\"kid\":\"b\"}]}"));
    CHECK(!is_same_print("{\"keys\":[{" RSA "}]}",
                         "{\"keys\":[{" RSA_("AQAD") "}]}"));
    CHECK(!is_same_print("{\"keys\":[{" RSA "}]}",
                         "{\"keys\":[{" RSA ",\"alg\":\"RS256\"}]}"));
    CHECK(!is_same_print("{\"keys\":[{" RSA "}]}",
                         "{\"keys\":[{" RSA "},{" EC "}]}"));
}


static void
test_algs(void)
{
    size_t  i;

    for (i = 0; i < MZ_ARRAY_LEN(algs); i++) {
        CHECK_ROW(mz_jwt_alg_parse(mz_str_from(algs[i].name)) == algs[i].alg,
                  "\"%s\"", algs[i].name);
    }

    CHECK(mz_jwt_alg_parse(mz_null_str) == 0);
    CHECK(mz_jwt_alg_parse((mz_str_t) { "RS256\0", 6 }) == 0);
}


/* nginx would take what is left for an error of its own connections. */

static void
test_error_queue(void)
{
    CHECK(ERR_peek_error() == 0);
}


static const mz_test_t  tests[] = {
    { "keys that may not verify are skipped", test_unusable },
    { "what is no key set is refused", test_not_sets },
    { "key sets", test_sets },
    { "short RSA keys are not used", test_rsa_sizes },
    { "RSA keys have at most 8192 bits", test_rsa_largest },
    { "documents and numbers of keys are bounded", test_bounds },
    { "nesting is bounded", test_nesting },
    { "a kid is bounded", test_kid_bound },
    { "keys are found by their whole kid", test_has },
    { "a print is of the keys, whatever their order", test_print },
    { "algorithms are known by their exact name", test_algs },
    { "no error is left in OpenSSL's queue", test_error_queue }
};

MZ_TEST_MAIN(tests)
