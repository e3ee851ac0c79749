
/*
 * Out of memory, wherever it may happen in the JSON library and in OpenSSL:
 * nothing is accepted that is not good, no key is lost without a word, and
 * nothing leaks.
 */

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/err.h>

#include "auth/jwt.h"
#include "sign.h"
#include "test.h"


#define NOW      ((int64_t) 1781524800)
#define ROUNDS   2000
#define PLENTY   LONG_MAX
#define CLAIMS                                                                \
    "{\"iss\":\"i\",\"aud\":\"a\",\"sub\":\"s\",\"exp\":1781525100}"

typedef struct {
    const char   *alg;
    const char   *kid;
    EVP_PKEY   *(*key)(void);
} alg_row_t;


static long  left = PLENTY;             /* for OpenSSL */
static long  json_left = PLENTY;

static const alg_row_t  algs[] = {
    { "RS256", "rsa", sign_rsa_key },
    { "PS256", "rsa", sign_rsa_key },
    { "ES256", "ec", sign_ec_key },
    { "EdDSA", "ed", sign_ed_key }
};


static void *
json_malloc(size_t n)
{
    return json_left == PLENTY || json_left-- > 0 ? malloc(n) : NULL;
}


static void *
openssl_malloc(size_t n, const char *file, int line)
{
    (void) file;
    (void) line;

    return left == PLENTY || left-- > 0 ? malloc(n) : NULL;
}


static void *
openssl_realloc(void *p, size_t n, const char *file, int line)
{
    (void) file;
    (void) line;

    return left == PLENTY || left-- > 0 ? realloc(p, n) : NULL;
}


static void
openssl_free(void *p, const char *file, int line)
{
    (void) file;
    (void) line;
    free(p);
}


static void
make_set(mz_buf_t *text)
{
    size_t     i;
    EVP_PKEY  *pkey;

    static const size_t  rows[] = { 0, 2, 3 };

    mz_buf_init(text, 0);
    mz_buf_add_c(text, "{\"keys\":[");

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        mz_buf_add(text, ",", i > 0);
        pkey = algs[rows[i]].key();
        sign_jwk(text, pkey, algs[rows[i]].kid, "");
        EVP_PKEY_free(pkey);
    }

    mz_buf_add_c(text, "]}");
}


/* Before all others: OpenSSL takes no other functions once it has begun. */

static void
test_hook(void)
{
    CHECK(CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc,
                                   openssl_free)
          == 1);
    json_set_alloc_funcs(json_malloc, free);
}


static void
check_jwks(const char *whose, long *scarce)
{
    long        n;
    mz_rc_t     rc;
    mz_err_t    err;
    mz_buf_t    text;
    mz_jwks_t  *set;

    make_set(&text);

    /* Algorithms are looked up once, and kept. */

    CHECK(mz_jwks_parse(mz_buf_view(&text), &set, &err) == MZ_OK);
    mz_jwks_free(set);

    rc = MZ_NOMEM;

    for (n = 0; rc != MZ_OK && n < ROUNDS; n++) {
        *scarce = n;
        rc = mz_jwks_parse(mz_buf_view(&text), &set, &err);
        *scarce = PLENTY;

        CHECK_ROW(rc != MZ_OK || mz_jwks_count(set) == 3,
                  "%s, %ld: %zu keys", whose, n, mz_jwks_count(set));
        CHECK_ROW(rc == MZ_OK || set == NULL, "%s, %ld", whose, n);
        CHECK_ROW(ERR_peek_error() == 0, "%s, %ld", whose, n);
        mz_jwks_free(set);
    }

    CHECK_ROW(n > 20 && n < ROUNDS, "%s: %ld", whose, n);
    mz_buf_free(&text);
}


static void
test_jwks(void)
{
    check_jwks("OpenSSL", &left);
    check_jwks("JSON", &json_left);
}


/* Neither library always says that it was memory; each does, mostly. */

static void
check_jwt(const mz_jwks_t *set, const alg_row_t *alg, mz_str_t token,
    long *scarce)
{
    long             n, said;
    mz_jwt_t         jwt;
    mz_jwt_conf_t    conf;
    mz_jwt_reason_t  reason, silent;

    memset(&conf, 0, sizeof(mz_jwt_conf_t));
    conf.issuer = mz_str("i");
    conf.audiences[0] = mz_str("a");
    conf.naudiences = 1;
    conf.algs = MZ_JWT_ALGS;
    conf.token_max = MZ_JWT_TOKEN_MAX;

    CHECK(mz_jwt_verify(&conf, set, token, NOW, &jwt) == MZ_JWT_OK);
    mz_jwt_free(&jwt);

    said = 0;
    reason = MZ_JWT_INTERNAL;
    silent = scarce == &left ? MZ_JWT_SIGNATURE : MZ_JWT_MALFORMED;

    for (n = 0; reason != MZ_JWT_OK && n < ROUNDS; n++) {
        *scarce = n;
        reason = mz_jwt_verify(&conf, set, token, NOW, &jwt);
        *scarce = PLENTY;

        said += reason == MZ_JWT_INTERNAL;
        CHECK_ROW(reason == MZ_JWT_OK || reason == MZ_JWT_INTERNAL
                  || reason == silent, "%s, %ld: %s", alg->alg, n,
                  mz_jwt_reason_name(reason));
        CHECK_ROW(reason == MZ_JWT_OK || jwt.data == NULL, "%ld", n);
        CHECK_ROW(ERR_peek_error() == 0, "%ld", n);
        mz_jwt_free(&jwt);
    }

    CHECK_ROW(n > 4 && n < ROUNDS && said * 2 > n - 1, "%s: %ld of %ld",
              alg->alg, said, n);
}


static void
test_jwt(void)
{
    size_t      i;
    mz_err_t    err;
    mz_buf_t    text, header, token;
    EVP_PKEY   *pkey;
    mz_jwks_t  *set;

    make_set(&text);
    mz_buf_init(&header, 0);
    mz_buf_init(&token, 0);
    CHECK(mz_jwks_parse(mz_buf_view(&text), &set, &err) == MZ_OK);

    for (i = 0; i < MZ_ARRAY_LEN(algs); i++) {
        pkey = algs[i].key();
        mz_buf_reset(&header);
        mz_buf_addf(&header, "{\"alg\":\"%s\",\"kid\":\"%s\"}", algs[i].alg,
                    algs[i].kid);
        sign_token(&token, pkey, algs[i].alg, mz_buf_view(&header),
                   mz_str(CLAIMS));
        EVP_PKEY_free(pkey);

        check_jwt(set, &algs[i], mz_buf_view(&token), &left);
        check_jwt(set, &algs[i], mz_buf_view(&token), &json_left);
    }

    mz_jwks_free(set);
    mz_buf_free(&text);
    mz_buf_free(&header);
    mz_buf_free(&token);
}


static const mz_test_t  tests[] = {
    { "memory can be made scarce", test_hook },
    { "out of memory in a key set", test_jwks },
    { "out of memory in a token", test_jwt }
};

MZ_TEST_MAIN(tests)
