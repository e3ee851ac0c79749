
/*
 * jwt: what it takes to verify an access token with no cache, next to what
 * OpenSSL takes for the signature alone: EVP_DigestVerify() of the same bytes
 * with the same key.  The two take turns; medians are printed, and their
 * ratio.  Ends with 1 when RS256 is over its bar.
 */

#include <time.h>

#include "../t/unit/auth/sign.h"
#include "auth/jwt.h"


#define NOW       ((int64_t) 1781524800)
#define ROUNDS    301
#define BATCH     20
#define BAR       1.3

typedef struct {
    const char   *what;
    const char   *alg;
    EVP_PKEY   *(*key)(void);
    const char   *payload;
    double        bar;                  /* 0: none is set */
} bench_row_t;

/* A token in parts, for OpenSSL, and as it comes. */

typedef struct {
    const char  *alg;
    EVP_PKEY    *pkey;
    mz_jwks_t   *keys;
    mz_buf_t     token;
    mz_str_t     text;
    mz_buf_t     sig;                   /* as OpenSSL takes it */
} bench_token_t;


/* What WorkOS puts into an access token of Connect .. */

#define CONNECT                                                               \
    "\"iss\":\"https://smooth-harbor-12.authkit.app\","                        \
    "\"aud\":\"https://mcp.example.com/mcp\","                                \
    "\"sub\":\"user_01JD8Z0Q3V5X7M9N1P2R4T6W8Y\","                            \
    "\"sid\":\"app_consent_01JD8Z4S6V8X0Z2B4D6F8H0J2L\","                     \
    "\"jti\":\"01JD8ZA1C3E5G7J9L1N3P5R7T9\","                                 \
    "\"org_id\":\"org_01JD8Z7A9C1E3G5J7L9N1P3R5T\","                          \
    "\"iat\":1781524700,\"exp\":1781525000"

/* .. and what a template of the user's may add. */

#define TEMPLATE                                                              \
    ",\"client_id\":\"client_01JD8ZB2D4F6H8K0M2O4Q6S8U0\","                   \
    "\"scope\":\"openid profile email offline_access analytics:read\","       \
    "\"permissions\":[\"reports:read\",\"reports:write\"]"

static const bench_row_t  rows[] = {
    { "RS256", "RS256", sign_rsa_key, "{" CONNECT "}", BAR },
    { "RS256, more claims", "RS256", sign_rsa_key, "{" CONNECT TEMPLATE "}",
      0 },
    { "ES256", "ES256", sign_ec_key, "{" CONNECT "}", 0 },
    { "EdDSA", "EdDSA", sign_ed_key, "{" CONNECT "}", 0 }
};


static double
now_us(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (double) ts.tv_sec * 1e6 + (double) ts.tv_nsec / 1e3;
}


static int
cmp_double(const void *a, const void *b)
{
    double  x, y;

    x = *(const double *) a;
    y = *(const double *) b;

    return (x > y) - (x < y);
}


static void
token_make(bench_token_t *t, const bench_row_t *row)
{
    size_t         n;
    mz_buf_t       json;
    mz_err_t       err;
    EVP_MD_CTX    *ctx;
    unsigned char  sig[SIGN_SIG_MAX];

    t->alg = row->alg;
    t->pkey = row->key();

    mz_buf_init(&json, 0);
    mz_buf_add_c(&json, "{\"keys\":[");
    sign_jwk(&json, t->pkey, "sso_oidc_key_pair_01JD8Z", "");
    mz_buf_add_c(&json, "]}");
    SIGN_MUST(mz_jwks_parse(mz_buf_view(&json), &t->keys, &err) == MZ_OK);

    mz_buf_reset(&json);
    mz_buf_addf(&json, "{\"alg\":\"%s\",\"kid\":\"sso_oidc_key_pair_01JD8Z\","
                "\"typ\":\"at+jwt\"}", row->alg);

    mz_buf_init(&t->token, 0);
    sign_token(&t->token, t->pkey, row->alg, mz_buf_view(&json),
               mz_str_from(row->payload));
    mz_buf_free(&json);

    t->text = mz_buf_view(&t->token);

    do {
        t->text.len--;
    } while (t->text.data[t->text.len] != '.');

    n = sizeof(sig);
    ctx = EVP_MD_CTX_new();
    SIGN_MUST(ctx != NULL);
    SIGN_MUST(EVP_DigestSignInit(ctx, NULL,
                                 row->alg[1] == 'd' ? NULL : EVP_sha256(),
                                 NULL, t->pkey) == 1);
    SIGN_MUST(EVP_DigestSign(ctx, sig, &n,
                             (const unsigned char *) t->text.data,
                             t->text.len) == 1);
    EVP_MD_CTX_free(ctx);

    mz_buf_init(&t->sig, 0);
    mz_buf_add(&t->sig, sig, n);
}


static void
token_free(bench_token_t *t)
{
    EVP_PKEY_free(t->pkey);
    mz_jwks_free(t->keys);
    mz_buf_free(&t->token);
    mz_buf_free(&t->sig);
}


/* The public half only, as a server has it. */

static EVP_PKEY *
public_key(EVP_PKEY *pair)
{
    EVP_PKEY      *pkey;
    OSSL_PARAM    *params;
    EVP_PKEY_CTX  *ctx;

    pkey = NULL;
    ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pair, NULL);
    SIGN_MUST(EVP_PKEY_todata(pair, EVP_PKEY_PUBLIC_KEY, &params) == 1);
    SIGN_MUST(ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1);
    SIGN_MUST(EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params)
              == 1);
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);

    return pkey;
}


static double
run_openssl(const bench_token_t *t, EVP_PKEY *pkey)
{
    int          i;
    double       start;
    EVP_MD_CTX  *ctx;

    start = now_us();

    for (i = 0; i < BATCH; i++) {
        ctx = EVP_MD_CTX_new();
        SIGN_MUST(ctx != NULL);
        SIGN_MUST(EVP_DigestVerifyInit(ctx, NULL,
                                       t->alg[1] == 'd' ? NULL : EVP_sha256(),
                                       NULL, pkey)
                  == 1);
        SIGN_MUST(EVP_DigestVerify(ctx, (unsigned char *) t->sig.data,
                                   t->sig.len,
                                   (const unsigned char *) t->text.data,
                                   t->text.len)
                  == 1);
        EVP_MD_CTX_free(ctx);
    }

    return (now_us() - start) / BATCH;
}


static double
run_ours(const bench_token_t *t, const mz_jwt_conf_t *conf)
{
    int              i;
    double           start;
    mz_jwt_t         jwt;
    mz_jwt_reason_t  reason;

    start = now_us();

    for (i = 0; i < BATCH; i++) {
        reason = mz_jwt_verify(conf, t->keys, mz_buf_view(&t->token), NOW,
                               &jwt);
        SIGN_MUST(reason == MZ_JWT_OK);
        mz_jwt_free(&jwt);
    }

    return (now_us() - start) / BATCH;
}


static bool
measure(const bench_row_t *row, const mz_jwt_conf_t *conf)
{
    int             i;
    bool            is_good;
    double          ours[ROUNDS], openssl[ROUNDS], ratio[ROUNDS];
    EVP_PKEY       *pkey;
    bench_token_t   t;

    token_make(&t, row);
    pkey = public_key(t.pkey);

    for (i = 0; i < ROUNDS; i++) {
        openssl[i] = run_openssl(&t, pkey);
        ours[i] = run_ours(&t, conf);
        ratio[i] = ours[i] / openssl[i];
    }

    /* A median of ratios: the clock of the processor comes and goes. */

    qsort(ours, ROUNDS, sizeof(double), cmp_double);
    qsort(openssl, ROUNDS, sizeof(double), cmp_double);
    qsort(ratio, ROUNDS, sizeof(double), cmp_double);
    is_good = row->bar == 0 || ratio[ROUNDS / 2] <= row->bar;

    printf("%s of %zu bytes: %.1f us, OpenSSL alone %.1f us, ratio %.2f",
           row->what, t.token.len, ours[ROUNDS / 2], openssl[ROUNDS / 2],
           ratio[ROUNDS / 2]);

    if (row->bar != 0) {
        printf(" (bar %.2f: %s)", row->bar, is_good ? "ok" : "OVER");
    }

    printf("\n");

    EVP_PKEY_free(pkey);
    token_free(&t);

    return is_good;
}


int
main(void)
{
    int            rc;
    size_t         i;
    mz_jwt_conf_t  conf;

    memset(&conf, 0, sizeof(mz_jwt_conf_t));
    conf.issuer = mz_str("https://smooth-harbor-12.authkit.app");
    conf.audiences[0] = mz_str("https://mcp.example.com/mcp");
    conf.naudiences = 1;
    conf.algs = MZ_JWT_ALGS;
    conf.leeway_s = MZ_JWT_LEEWAY_S;
    conf.token_max = MZ_JWT_TOKEN_MAX;
    conf.project_claim = mz_str("org_id");
    conf.is_project_required = true;

    rc = 0;

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        rc |= !measure(&rows[i], &conf);
    }

    return rc;
}
