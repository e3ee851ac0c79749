
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include "auth/jwt.h"
#include "sign.h"
#include "test.h"


#define NOW       ((int64_t) 1781524800)
#define ISSUER    "https://as.example"
#define AUDIENCE  "https://mcp.example.com/mcp"

#define CLAIMS                                                                \
    "{\"iss\":\"" ISSUER "\",\"aud\":\"" AUDIENCE "\",\"sub\":\"user_1\","    \
    "\"exp\":1781525100}"

/* The examples of RFC 7515 A.2 and A.3, RFC 8037 A.4. */

#define RFC_CLAIMS                                                            \
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlL"   \
    "mNvbS9pc19yb290Ijp0cnVlfQ"

#define RFC_RS256                                                             \
    "eyJhbGciOiJSUzI1NiJ9." RFC_CLAIMS ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERa" \
    "t0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF"  \
    "9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvk"  \
    "SjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc"  \
    "6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlV"  \
    "mtVrBp0igcN_IoypGlUPQGe77Rw"

#define RFC_ES256                                                             \
    "eyJhbGciOiJFUzI1NiJ9." RFC_CLAIMS ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4G" \
    "awxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"

#define RFC_EDDSA                                                             \
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP"  \
    "0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0"  \
    "KAg"


typedef struct {
    const char       *why;
    const char       *header;
    mz_jwt_reason_t   reason;
} header_row_t;

typedef struct {
    const char       *why;
    const char       *payload;
} payload_row_t;

typedef struct {
    const char       *alg;
    unsigned          bit;
    EVP_PKEY        **pkey;
    const char       *kid;
} alg_row_t;


/* Keys of this test: in the set by these kids; stranger is not in it. */

static EVP_PKEY   *rsa, *ec, *ec384, *ed, *stranger;
static mz_jwks_t  *keys;

static const alg_row_t  algs[] = {
    { "RS256", MZ_JWT_RS256, &rsa, "rsa" },
    { "RS384", MZ_JWT_RS384, &rsa, "rsa" },
    { "RS512", MZ_JWT_RS512, &rsa, "rsa" },
    { "PS256", MZ_JWT_PS256, &rsa, "rsa" },
    { "PS384", MZ_JWT_PS384, &rsa, "rsa" },
    { "PS512", MZ_JWT_PS512, &rsa, "rsa" },
    { "ES256", MZ_JWT_ES256, &ec, "ec" },
    { "ES384", MZ_JWT_ES384, &ec384, "ec384" },
    { "EdDSA", MZ_JWT_EDDSA, &ed, "ed" }
};

/* All are signed with RS256 and the key "rsa". */

static const header_row_t  headers[] = {
    { "plain", "{\"alg\":\"RS256\",\"kid\":\"rsa\"}", MZ_JWT_OK },
    { "of RFC 7519", "{\"alg\":\"RS256\",\"kid\":\"rsa\",\"typ\":\"JWT\"}",
      MZ_JWT_OK },
    { "of RFC 9068", "{\"alg\":\"RS256\",\"kid\":\"rsa\",\"typ\":"
      "\"at+jwt\"}", MZ_JWT_OK },
    { "a media type", "{\"alg\":\"RS256\",\"kid\":\"rsa\",\"typ\":"
      "\"Application/AT+JWT\"}", MZ_JWT_OK },
    { "only the prefix", "{\"alg\":\"RS256\",\"kid\":\"rsa\",\"typ\":"
      "\"application/\"}", MZ_JWT_MALFORMED },
    { "an empty type", "{\"alg\":\"RS256\",\"kid\":\"rsa\",\"typ\":\"\"}",
      MZ_JWT_MALFORMED },
    { "an ID token of logout", "{\"alg\":\"RS256\",\"kid\":\"rsa\",\"typ\":"
      "\"logout+jwt\"}", MZ_JWT_MALFORMED },
    { "a DPoP proof", "{\"alg\":\"RS256\",\"kid\":\"rsa\",\"typ\":"
      "\"dpop+jwt\"}", MZ_JWT_MALFORMED },
    { "a type of null", "{\"alg\":\"RS256\",\"kid\":\"rsa\",\"typ\":null}",
      MZ_JWT_MALFORMED },
    { "none", "{\"alg\":\"none\",\"kid\":\"rsa\"}", MZ_JWT_ALG },
    { "None", "{\"alg\":\"None\",\"kid\":\"rsa\"}", MZ_JWT_ALG },
    { "NONE", "{\"alg\":\"NONE\",\"kid\":\"rsa\"}", MZ_JWT_ALG },
    { "nOnE", "{\"alg\":\"nOnE\",\"kid\":\"rsa\"}", MZ_JWT_ALG },
    { "an empty algorithm", "{\"alg\":\"\",\"kid\":\"rsa\"}", MZ_JWT_ALG },
    { "another case", "{\"alg\":\"rs256\",\"kid\":\"rsa\"}", MZ_JWT_ALG },
    { "HS256", "{\"alg\":\"HS256\",\"kid\":\"rsa\"}", MZ_JWT_ALG },
    { "ES256 with an RSA key", "{\"alg\":\"ES256\",\"kid\":\"rsa\"}",
      MZ_JWT_ALG },
    { "EdDSA with an RSA key", "{\"alg\":\"EdDSA\",\"kid\":\"rsa\"}",
      MZ_JWT_ALG },
    { "RS256 with an EC key", "{\"alg\":\"RS256\",\"kid\":\"ec\"}",
      MZ_JWT_ALG },
    { "RS256 with an Ed25519 key", "{\"alg\":\"RS256\",\"kid\":\"ed\"}",
      MZ_JWT_ALG },
    { "ES384 with a P-256 key", "{\"alg\":\"ES384\",\"kid\":\"ec\"}",
      MZ_JWT_ALG },
    { "RS256 with a key for PS256", "{\"alg\":\"RS256\",\"kid\":\"pss\"}",
      MZ_JWT_ALG },
    { "another digest", "{\"alg\":\"RS384\",\"kid\":\"rsa\"}",
      MZ_JWT_SIGNATURE },
    { "another padding", "{\"alg\":\"PS256\",\"kid\":\"rsa\"}",
      MZ_JWT_SIGNATURE },
    { "no algorithm", "{\"kid\":\"rsa\"}", MZ_JWT_MALFORMED },
    { "an algorithm of null", "{\"alg\":null,\"kid\":\"rsa\"}",
      MZ_JWT_MALFORMED },
    { "a list of algorithms", "{\"alg\":[\"RS256\"],\"kid\":\"rsa\"}",
      MZ_JWT_MALFORMED },
    { "two algorithms", "{\"alg\":\"RS256\",\"alg\":\"none\",\"kid\":"
      "\"rsa\"}", MZ_JWT_MALFORMED },
    { "two algorithms, one escaped", "{\"alg\":\"none\",\"\\u0061lg\":"
      "\"RS256\",\"kid\":\"rsa\"}", MZ_JWT_MALFORMED },
    { "two kids", "{\"alg\":\"RS256\",\"kid\":\"rsa\",\"kid\":\"ec\"}",
      MZ_JWT_MALFORMED },
    { "an unknown kid", "{\"alg\":\"RS256\",\"kid\":\"gone\"}",
      MZ_JWT_UNKNOWN_KEY },
    { "a path as a kid", "{\"alg\":\"RS256\",\"kid\":\"../../dev/null\"}",
      MZ_JWT_UNKNOWN_KEY },
    { "a kid of another case", "{\"alg\":\"RS256\",\"kid\":\"RSA\"}",
      MZ_JWT_UNKNOWN_KEY },
    { "a kid of two keys", "{\"alg\":\"RS256\",\"kid\":\"double\"}",
      MZ_JWT_UNKNOWN_KEY },
    { "no kid, and several keys fit", "{\"alg\":\"RS256\"}",
      MZ_JWT_UNKNOWN_KEY },
    { "an empty kid", "{\"alg\":\"RS256\",\"kid\":\"\"}", MZ_JWT_MALFORMED },
    { "a number as a kid", "{\"alg\":\"RS256\",\"kid\":1}",
      MZ_JWT_MALFORMED },
    { "a kid with a line feed", "{\"alg\":\"RS256\",\"kid\":\"rsa\\n\"}",
      MZ_JWT_MALFORMED },
    { "a kid with NUL", "{\"alg\":\"RS256\",\"kid\":\"rsa\\u0000\"}",
      MZ_JWT_MALFORMED },
    { "crit", "{\"alg\":\"RS256\",\"kid\":\"rsa\",\"crit\":[\"exp\"],"
      "\"exp\":1}", MZ_JWT_CRIT },
    { "crit, empty", "{\"alg\":\"RS256\",\"kid\":\"rsa\",\"crit\":[]}",
      MZ_JWT_CRIT },
    { "crit of null", "{\"alg\":\"RS256\",\"kid\":\"rsa\",\"crit\":null}",
      MZ_JWT_CRIT },
    { "b64", "{\"alg\":\"RS256\",\"kid\":\"rsa\",\"crit\":[\"b64\"],"
      "\"b64\":false}", MZ_JWT_CRIT },
    { "b64 without crit", "{\"alg\":\"RS256\",\"kid\":\"rsa\",\"b64\":"
      "false}", MZ_JWT_CRIT },
    { "members that are not followed", "{\"alg\":\"RS256\",\"kid\":\"rsa\","
      "\"jku\":\"https://evil.example/jwks\",\"x5u\":\"file:///etc/passwd\","
      "\"x5c\":[\"MII\"],\"jwk\":{\"kty\":\"oct\",\"k\":\"AA\"}}",
      MZ_JWT_OK },
    { "an array", "[\"RS256\"]", MZ_JWT_MALFORMED },
    { "a string", "\"RS256\"", MZ_JWT_MALFORMED },
    { "nothing", "", MZ_JWT_MALFORMED },
    { "an empty object", "{}", MZ_JWT_MALFORMED },
    { "half an object", "{\"alg\":\"RS256\",\"kid\":\"rsa\"",
      MZ_JWT_MALFORMED },
    { "an object and more", "{\"alg\":\"RS256\",\"kid\":\"rsa\"}x",
      MZ_JWT_MALFORMED },
    { "no UTF-8", "{\"alg\":\"RS256\",\"kid\":\"rsa\",\"x\":\"\xc0\xaf\"}",
      MZ_JWT_MALFORMED },
    { "deep", "{\"alg\":\"RS256\",\"kid\":\"rsa\",\"x\":[[[[[[[[[[[[[[[[[["
      "]]]]]]]]]]]]]]]]]]}", MZ_JWT_MALFORMED }
};

/* Signed as they should be; still not claims. */

static const payload_row_t  payloads[] = {
    { "nothing", "" },
    { "words", "Example of Ed25519 signing" },
    { "null", "null" },
    { "an array of claims", "[" CLAIMS "]" },
    { "a token in a token", "\"eyJhbGciOiJub25lIn0.e30.\"" },
    { "two sets of claims", CLAIMS CLAIMS },
    { "a claim twice", "{\"iss\":\"" ISSUER "\",\"aud\":\"" AUDIENCE "\","
      "\"sub\":\"user_1\",\"sub\":\"user_2\",\"exp\":1781525100}" },
    { "a claim twice below", "{\"iss\":\"" ISSUER "\",\"aud\":\"" AUDIENCE
      "\",\"sub\":\"u\",\"exp\":1781525100,\"x\":{\"a\":1,\"a\":2}}" },
    { "a time beyond all integers", "{\"iss\":\"" ISSUER "\",\"aud\":\""
      AUDIENCE "\",\"sub\":\"u\",\"exp\":99999999999999999999}" },
    { "a time beyond all numbers", "{\"iss\":\"" ISSUER "\",\"aud\":\""
      AUDIENCE "\",\"sub\":\"u\",\"exp\":1e999}" },
    { "a subject with NUL", "{\"iss\":\"" ISSUER "\",\"aud\":\"" AUDIENCE
      "\",\"sub\":\"u\\u0000\",\"exp\":1781525100}" },
    { "no UTF-8", "{\"iss\":\"" ISSUER "\",\"aud\":\"" AUDIENCE
      "\",\"sub\":\"\xed\xa0\x80\",\"exp\":1781525100}" }
};


static mz_jwt_conf_t
conf_new(void)
{
    mz_jwt_conf_t  conf;

    memset(&conf, 0, sizeof(mz_jwt_conf_t));
    conf.issuer = mz_str(ISSUER);
    conf.audiences[0] = mz_str(AUDIENCE);
    conf.naudiences = 1;
    conf.algs = MZ_JWT_ALGS;
    conf.leeway_s = MZ_JWT_LEEWAY_S;
    conf.token_max = MZ_JWT_TOKEN_MAX;
    conf.project_claim = mz_str("org_id");

    return conf;
}


static mz_jwks_t *
parse_keys(mz_buf_t *text)
{
    mz_err_t    err;
    mz_jwks_t  *set;

    err.msg[0] = '\0';
    CHECK_ROW(mz_jwks_parse(mz_buf_view(text), &set, &err) == MZ_OK, "%s: %s",
              err.msg, mz_buf_cstr(text));
    SIGN_MUST(set != NULL);
    mz_buf_free(text);

    return set;
}


static void
make_keys(void)
{
    mz_buf_t  text;

    rsa = sign_rsa_key();
    ec = sign_ec_key();
    ed = sign_ed_key();
    ec384 = EVP_EC_gen("P-384");
    stranger = EVP_RSA_gen(2048);
    SIGN_MUST(ec384 != NULL && stranger != NULL);

    mz_buf_init(&text, 0);
    mz_buf_add_c(&text, "{\"keys\":[");
    sign_jwk(&text, rsa, "rsa", ",\"use\":\"sig\"");
    mz_buf_add_c(&text, ",");
    sign_jwk(&text, rsa, "pss", ",\"alg\":\"PS256\"");
    mz_buf_add_c(&text, ",");
    sign_jwk(&text, rsa, "rs", ",\"alg\":\"RS256\"");
    mz_buf_add_c(&text, ",");
    sign_jwk(&text, rsa, "double", "");
    mz_buf_add_c(&text, ",");
    sign_jwk(&text, stranger, "double", "");
    mz_buf_add_c(&text, ",");
    sign_jwk(&text, ec, "ec", ",\"key_ops\":[\"verify\"]");
    mz_buf_add_c(&text, ",");
    sign_jwk(&text, ec384, "ec384", "");
    mz_buf_add_c(&text, ",");
    sign_jwk(&text, ed, "ed", "");
    mz_buf_add_c(&text, "]}");
    keys = parse_keys(&text);
    CHECK(mz_jwks_count(keys) == 6);
}


static mz_jwt_reason_t
verify_with(const mz_jwt_conf_t *conf, const mz_jwks_t *set, mz_str_t token)
{
    mz_jwt_t          jwt;
    mz_jwt_reason_t   reason;

    static const mz_jwt_t  none;

    memset(&jwt, 0xa5, sizeof(mz_jwt_t));
    reason = mz_jwt_verify(conf, set, token, NOW, &jwt);

    /* Of a token that is refused nothing is left to be used by mistake. */

    if (reason == MZ_JWT_OK) {
        CHECK(jwt.subject.len > 0 && jwt.data != NULL);

    } else {
        CHECK(memcmp(&jwt, &none, sizeof(mz_jwt_t)) == 0);
    }

    CHECK_ROW(ERR_peek_error() == 0, "%s", mz_jwt_reason_name(reason));
    mz_jwt_free(&jwt);

    return reason;
}


static mz_jwt_reason_t
verify(mz_str_t token)
{
    mz_jwt_conf_t  conf;

    conf = conf_new();

    return verify_with(&conf, keys, token);
}


/* A good token: RS256, of the key "rsa". */

static void
make_good(mz_buf_t *token)
{
    sign_token(token, rsa, "RS256",
               mz_str("{\"alg\":\"RS256\",\"kid\":\"rsa\",\"typ\":\"JWT\"}"),
               mz_str(CLAIMS));
}


/* As make_good(), by one row of algs. */

static void
make_of(mz_buf_t *token, const alg_row_t *row)
{
    mz_buf_t  header;

    mz_buf_init(&header, 0);
    mz_buf_addf(&header, "{\"alg\":\"%s\",\"kid\":\"%s\"}", row->alg,
                row->kid);
    sign_token(token, *row->pkey, row->alg, mz_buf_view(&header),
               mz_str(CLAIMS));
    mz_buf_free(&header);
}


/*
 * The signatures of the RFCs are good, so what is refused is what comes
 * behind them: "joe" has no audience, and words are no claims.
 */

static void
test_vectors(void)
{
    char           *copy;
    size_t          i;
    mz_buf_t        text;
    mz_jwks_t      *set;
    mz_jwt_conf_t   conf;

    static const char *const  tokens[] = { RFC_RS256, RFC_ES256, RFC_EDDSA };

    static const mz_jwt_reason_t  reasons[] = {
        MZ_JWT_AUDIENCE, MZ_JWT_AUDIENCE, MZ_JWT_MALFORMED
    };

    mz_buf_init(&text, 0);
    mz_buf_add_c(&text, "{\"keys\":[");
    sign_jwk(&text, rsa, NULL, "");
    mz_buf_add_c(&text, ",");
    sign_jwk(&text, ec, NULL, "");
    mz_buf_add_c(&text, ",");
    sign_jwk(&text, ed, NULL, "");
    mz_buf_add_c(&text, "]}");
    set = parse_keys(&text);

    conf = conf_new();
    conf.issuer = mz_str("joe");

    for (i = 0; i < MZ_ARRAY_LEN(tokens); i++) {
        CHECK_ROW(verify_with(&conf, set, mz_str_from(tokens[i]))
                  == reasons[i], "vector %zu", i);

        /* The same with a payload of another first letter. */

        copy = mz_str_dup(mz_str_from(tokens[i]));
        SIGN_MUST(copy != NULL);
        *(strchr(copy, '.') + 1) ^= 1;
        CHECK_ROW(verify_with(&conf, set, mz_str_from(copy))
                  == MZ_JWT_SIGNATURE, "vector %zu", i);
        free(copy);
    }

    mz_jwks_free(set);
}


static void
test_algs(void)
{
    size_t         i;
    mz_buf_t       token;
    mz_jwt_conf_t  conf;

    mz_buf_init(&token, 0);

    for (i = 0; i < MZ_ARRAY_LEN(algs); i++) {
        make_of(&token, &algs[i]);
        conf = conf_new();
        CHECK_ROW(verify_with(&conf, keys, mz_buf_view(&token)) == MZ_JWT_OK,
                  "%s", algs[i].alg);

        conf.algs = algs[i].bit;
        CHECK_ROW(verify_with(&conf, keys, mz_buf_view(&token)) == MZ_JWT_OK,
                  "only %s", algs[i].alg);

        conf.algs = MZ_JWT_ALGS & ~algs[i].bit;
        CHECK_ROW(verify_with(&conf, keys, mz_buf_view(&token))
                  == MZ_JWT_ALG, "all but %s", algs[i].alg);
    }

    mz_buf_free(&token);
}


static void
test_headers(void)
{
    size_t           i;
    mz_buf_t         token;
    mz_jwt_reason_t  reason;

    mz_buf_init(&token, 0);

    for (i = 0; i < MZ_ARRAY_LEN(headers); i++) {
        sign_token(&token, rsa, "RS256", mz_str_from(headers[i].header),
                   mz_str(CLAIMS));
        reason = verify(mz_buf_view(&token));
        CHECK_ROW(reason == headers[i].reason, "%s: %s", headers[i].why,
                  mz_jwt_reason_name(reason));
    }

    mz_buf_free(&token);
}


static void
test_payloads(void)
{
    size_t           i;
    mz_buf_t         token;
    mz_jwt_reason_t  reason;

    mz_buf_init(&token, 0);

    for (i = 0; i < MZ_ARRAY_LEN(payloads); i++) {
        sign_token(&token, rsa, "RS256",
                   mz_str("{\"alg\":\"RS256\",\"kid\":\"rsa\"}"),
                   mz_str_from(payloads[i].payload));
        reason = verify(mz_buf_view(&token));
        CHECK_ROW(reason == MZ_JWT_MALFORMED, "%s: %s", payloads[i].why,
                  mz_jwt_reason_name(reason));
    }

    mz_buf_free(&token);
}


/* The classic: the public key, as text that everybody has, as a secret. */

static void
check_hmac(mz_str_t secret)
{
    size_t         i;
    mz_buf_t       token;
    unsigned int   n;
    unsigned char  mac[EVP_MAX_MD_SIZE];

    static const header_row_t  rows[] = {
        { "HS256", "{\"alg\":\"HS256\",\"kid\":\"rsa\"}", MZ_JWT_ALG },
        { "none", "{\"alg\":\"none\",\"kid\":\"rsa\"}", MZ_JWT_ALG },
        { "RS256", "{\"alg\":\"RS256\",\"kid\":\"rsa\"}",
          MZ_JWT_SIGNATURE }
    };

    mz_buf_init(&token, 0);

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        mz_buf_reset(&token);
        mz_b64url_encode(&token, mz_str_from(rows[i].header));
        mz_buf_add_c(&token, ".");
        mz_b64url_encode(&token, mz_str(CLAIMS));

        n = sizeof(mac);
        SIGN_MUST(HMAC(EVP_sha256(), secret.data, (int) secret.len,
                       (unsigned char *) token.data, token.len, mac, &n)
                  != NULL);
        mz_buf_add_c(&token, ".");
        mz_b64url_encode(&token, (mz_str_t) { (char *) mac, n });

        CHECK_ROW(verify(mz_buf_view(&token)) == rows[i].reason, "%s",
                  rows[i].why);
    }

    mz_buf_free(&token);
}


static void
test_hmac(void)
{
    int             n;
    BIO            *bio;
    char           *pem;
    mz_buf_t        jwk;
    unsigned char   der[1024], *end;

    mz_buf_init(&jwk, 0);
    sign_jwk(&jwk, rsa, "rsa", "");
    check_hmac(mz_buf_view(&jwk));
    mz_buf_free(&jwk);

    end = der;
    n = i2d_PUBKEY(rsa, NULL);
    SIGN_MUST(n > 0 && n <= (int) sizeof(der)
              && i2d_PUBKEY(rsa, &end) == n);
    check_hmac((mz_str_t) { (char *) der, (size_t) n });

    bio = BIO_new(BIO_s_mem());
    SIGN_MUST(bio != NULL && PEM_write_bio_PUBKEY(bio, rsa) == 1);
    n = (int) BIO_get_mem_data(bio, &pem);
    check_hmac((mz_str_t) { pem, (size_t) n });
    BIO_free(bio);

    check_hmac(mz_str(""));
}


/* The unsigned token of RFC 7519 6.1 has nothing behind its second point. */

static void
test_unsigned(void)
{
    mz_buf_t  token;

    mz_buf_init(&token, 0);
    mz_b64url_encode(&token, mz_str("{\"alg\":\"none\"}"));
    mz_buf_add_c(&token, ".");
    mz_b64url_encode(&token, mz_str(CLAIMS));
    mz_buf_add_c(&token, ".");
    CHECK(verify(mz_buf_view(&token)) == MZ_JWT_ALG);

    mz_buf_reset(&token);
    mz_b64url_encode(&token, mz_str("{\"alg\":\"RS256\",\"kid\":\"rsa\"}"));
    mz_buf_add_c(&token, ".");
    mz_b64url_encode(&token, mz_str(CLAIMS));
    mz_buf_add_c(&token, ".");
    CHECK(verify(mz_buf_view(&token)) == MZ_JWT_SIGNATURE);

    mz_buf_free(&token);
}


/* Signed by a key that the token brings along, under a kid of ours. */

static void
test_embedded_key(void)
{
    size_t     i;
    mz_buf_t   token, header;

    static const char *const  kids[] = { "\"kid\":\"rsa\",", "\"kid\":\"x\"," };
    static const mz_jwt_reason_t  reasons[] = {
        MZ_JWT_SIGNATURE, MZ_JWT_UNKNOWN_KEY
    };

    mz_buf_init(&token, 0);
    mz_buf_init(&header, 0);

    for (i = 0; i < MZ_ARRAY_LEN(kids); i++) {
        mz_buf_reset(&header);
        mz_buf_addf(&header, "{\"alg\":\"RS256\",%s\"jku\":"
                    "\"https://evil.example/jwks\",\"jwk\":", kids[i]);
        sign_jwk(&header, stranger, "x", "");
        mz_buf_add_c(&header, "}");

        sign_token(&token, stranger, "RS256", mz_buf_view(&header),
                   mz_str(CLAIMS));
        CHECK_ROW(verify(mz_buf_view(&token)) == reasons[i], "%s", kids[i]);
    }

    mz_buf_free(&token);
    mz_buf_free(&header);
}


/* Without a kid: the only key that fits the algorithm, or none. */

static void
test_no_kid(void)
{
    mz_buf_t       text, token;
    mz_jwks_t     *set;
    mz_jwt_conf_t  conf;

    conf = conf_new();
    mz_buf_init(&text, 0);
    mz_buf_init(&token, 0);

    mz_buf_add_c(&text, "{\"keys\":[");
    sign_jwk(&text, rsa, "a", "");
    mz_buf_add_c(&text, ",");
    sign_jwk(&text, stranger, "b", ",\"alg\":\"PS256\"");
    mz_buf_add_c(&text, ",");
    sign_jwk(&text, ec, NULL, "");
    mz_buf_add_c(&text, "]}");
    set = parse_keys(&text);

    sign_token(&token, rsa, "RS256", mz_str("{\"alg\":\"RS256\"}"),
               mz_str(CLAIMS));
    CHECK(verify_with(&conf, set, mz_buf_view(&token)) == MZ_JWT_OK);

    sign_token(&token, ec, "ES256", mz_str("{\"alg\":\"ES256\"}"),
               mz_str(CLAIMS));
    CHECK(verify_with(&conf, set, mz_buf_view(&token)) == MZ_JWT_OK);

    /* Two keys fit: neither is tried. */

    sign_token(&token, rsa, "PS256", mz_str("{\"alg\":\"PS256\"}"),
               mz_str(CLAIMS));
    CHECK(verify_with(&conf, set, mz_buf_view(&token))
          == MZ_JWT_UNKNOWN_KEY);

    sign_token(&token, ed, "EdDSA", mz_str("{\"alg\":\"EdDSA\"}"),
               mz_str(CLAIMS));
    CHECK(verify_with(&conf, set, mz_buf_view(&token))
          == MZ_JWT_UNKNOWN_KEY);

    /* A key without a kid does not answer to one. */

    sign_token(&token, ec, "ES256", mz_str("{\"alg\":\"ES256\",\"kid\":\"ec\""
               "}"), mz_str(CLAIMS));
    CHECK(verify_with(&conf, set, mz_buf_view(&token))
          == MZ_JWT_UNKNOWN_KEY);

    mz_jwks_free(set);
    mz_buf_free(&token);
}


/* Signed by a key of the same kind that is not in the set. */

static void
test_stranger(void)
{
    mz_buf_t  token;

    mz_buf_init(&token, 0);
    sign_token(&token, stranger, "RS256",
               mz_str("{\"alg\":\"RS256\",\"kid\":\"rsa\"}"),
               mz_str(CLAIMS));
    CHECK(verify(mz_buf_view(&token)) == MZ_JWT_SIGNATURE);
    mz_buf_free(&token);
}


/* A good token's signature, decoded; token keeps what is before it. */

static void
take_signature(mz_buf_t *token, mz_buf_t *sig)
{
    size_t  at;

    for (at = token->len; token->data[at - 1] != '.'; at--) {
        /* void */
    }

    mz_buf_reset(sig);
    SIGN_MUST(mz_b64url_decode(sig, (mz_str_t) { token->data + at,
                                                 token->len - at })
              == MZ_OK);
    token->len = at;
}


static void
check_signature(const char *why, mz_buf_t *token, mz_str_t sig)
{
    size_t           at;
    mz_jwt_reason_t  reason;

    at = token->len;
    mz_b64url_encode(token, sig);
    reason = verify(mz_buf_view(token));
    CHECK_ROW(reason == MZ_JWT_SIGNATURE, "%s of %zu bytes: %s", why,
              sig.len, mz_jwt_reason_name(reason));
    token->len = at;
}


/* Of a signature, every byte counts; and so does its length. */

static void
test_signature_bytes(void)
{
    size_t    i, k;
    mz_buf_t  token, sig, longer;

    mz_buf_init(&token, 0);
    mz_buf_init(&sig, 0);
    mz_buf_init(&longer, 0);

    for (i = 0; i < MZ_ARRAY_LEN(algs); i++) {
        make_of(&token, &algs[i]);
        take_signature(&token, &sig);

        for (k = 0; k < sig.len; k++) {
            sig.data[k] ^= 1;
            check_signature(algs[i].alg, &token, mz_buf_view(&sig));
            sig.data[k] ^= 1;
        }

        check_signature("without its first", &token,
                        (mz_str_t) { sig.data + 1, sig.len - 1 });
        check_signature("without its last", &token,
                        (mz_str_t) { sig.data, sig.len - 1 });

        mz_buf_reset(&longer);
        mz_buf_add_char(&longer, '\0');
        mz_buf_add_str(&longer, mz_buf_view(&sig));
        check_signature("after a zero", &token, mz_buf_view(&longer));

        mz_buf_reset(&longer);
        mz_buf_add_str(&longer, mz_buf_view(&sig));
        mz_buf_add_char(&longer, '\0');
        check_signature("before a zero", &token, mz_buf_view(&longer));
        check_signature("nothing", &token, mz_str(""));
    }

    mz_buf_free(&token);
    mz_buf_free(&sig);
    mz_buf_free(&longer);
}


/* r and s: DER, which is not what JWS has; zeroes, beyond the order. */

static void
test_ecdsa_pairs(void)
{
    size_t          i, n;
    mz_buf_t        token, sig;
    EVP_MD_CTX     *ctx;
    unsigned char   bytes[SIGN_SIG_MAX];

    static const struct {
        size_t  len;
        int     byte;
    } fills[] = {
        { 64, 0 }, { 64, 0xff }, { 64, 1 }, { 63, 1 }, { 65, 1 }, { 96, 1 },
        { 1, 1 }, { 32, 1 }, { 128, 1 }, { 72, 0x30 }
    };

    mz_buf_init(&token, 0);
    mz_buf_init(&sig, 0);
    make_of(&token, &algs[6]);
    take_signature(&token, &sig);

    n = sizeof(bytes);
    ctx = EVP_MD_CTX_new();
    SIGN_MUST(ctx != NULL
              && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, ec) == 1
              && EVP_DigestSign(ctx, bytes, &n, (unsigned char *) token.data,
                                token.len - 1) == 1);
    EVP_MD_CTX_free(ctx);
    check_signature("DER", &token, (mz_str_t) { (char *) bytes, n });

    /* s, then r. */

    memcpy(bytes, sig.data + 32, 32);
    memcpy(bytes + 32, sig.data, 32);
    check_signature("s, r", &token, (mz_str_t) { (char *) bytes, 64 });

    for (i = 0; i < MZ_ARRAY_LEN(fills); i++) {
        memset(bytes, fills[i].byte, fills[i].len);
        check_signature("a filling", &token,
                        (mz_str_t) { (char *) bytes, fills[i].len });
    }

    mz_buf_free(&token);
    mz_buf_free(&sig);
}


/* A salt of another length is not what RFC 7518 says. */

static void
test_pss_salt(void)
{
    size_t         i, n, at;
    mz_buf_t       token;
    unsigned char  sig[SIGN_SIG_MAX];

    static const int  salts[] = { 32, 20, 1, 64 };

    mz_buf_init(&token, 0);
    mz_b64url_encode(&token, mz_str("{\"alg\":\"PS256\",\"kid\":\"pss\"}"));
    mz_buf_add_c(&token, ".");
    mz_b64url_encode(&token, mz_str(CLAIMS));
    at = token.len;

    for (i = 0; i < MZ_ARRAY_LEN(salts); i++) {
        token.len = at;
        n = sign_bytes(rsa, "PS256", salts[i], mz_buf_view(&token), sig);
        mz_buf_add_c(&token, ".");
        mz_b64url_encode(&token, (mz_str_t) { (char *) sig, n });
        CHECK_ROW(verify(mz_buf_view(&token))
                  == (i == 0 ? MZ_JWT_OK : MZ_JWT_SIGNATURE), "%d",
                  salts[i]);
    }

    mz_buf_free(&token);
}


/* Every proper prefix, and every byte of the whole replaced. */

static void
test_form(void)
{
    char             was;
    size_t           i, k;
    mz_buf_t         token;
    mz_jwt_reason_t  reason;

    static const char  odd[] = " \n\t=+/%.\0\x80\xff";

    mz_buf_init(&token, 0);
    make_good(&token);
    CHECK(verify(mz_buf_view(&token)) == MZ_JWT_OK);

    for (i = 0; i < token.len; i++) {
        CHECK_ROW(verify((mz_str_t) { token.data, i }) != MZ_JWT_OK,
                  "%zu bytes", i);
        CHECK_ROW(i == 0 || verify((mz_str_t) { token.data + i,
                                                token.len - i })
                  != MZ_JWT_OK, "from byte %zu", i);
    }

    for (i = 0; i < token.len; i++) {
        was = token.data[i];

        for (k = 0; k < sizeof(odd) - 1; k++) {
            token.data[i] = odd[k];

            if (odd[k] != was) {
                reason = verify(mz_buf_view(&token));
                CHECK_ROW(reason == MZ_JWT_MALFORMED
                          || (odd[k] == '.' && reason != MZ_JWT_OK),
                          "byte %zu is %02x: %s", i, (unsigned char) odd[k],
                          mz_jwt_reason_name(reason));
            }
        }

        token.data[i] = was == 'A' ? 'B' : 'A';
        reason = verify(mz_buf_view(&token));
        CHECK_ROW(reason != MZ_JWT_OK, "byte %zu", i);
        token.data[i] = was;
    }

    CHECK(verify(mz_buf_view(&token)) == MZ_JWT_OK);
    mz_buf_free(&token);
}


/* Padding, white space, a part more, a part less. */

static void
test_form_around(void)
{
    size_t    i;
    mz_buf_t  token, changed;

    static const struct {
        const char       *before;
        const char       *after;
        mz_jwt_reason_t   reason;
    } rows[] = {
        { "", "=", MZ_JWT_MALFORMED },
        { "", "==", MZ_JWT_MALFORMED },
        { "", ".", MZ_JWT_MALFORMED },
        { "", ".e30", MZ_JWT_MALFORMED },
        { "", " ", MZ_JWT_MALFORMED },
        { "", "\n", MZ_JWT_MALFORMED },
        { "", ",", MZ_JWT_MALFORMED },
        { "", "AAA", MZ_JWT_MALFORMED },
        { "", "A", MZ_JWT_SIGNATURE },
        { "", "AAAA", MZ_JWT_SIGNATURE },
        { ".", "", MZ_JWT_MALFORMED },
        { "e30.", "", MZ_JWT_MALFORMED },
        { " ", "", MZ_JWT_MALFORMED },
        { "\t", "", MZ_JWT_MALFORMED },
        { "Bearer ", "", MZ_JWT_MALFORMED },
        { "\"", "\"", MZ_JWT_MALFORMED }
    };

    static const char *const  forms[] = {
        "", ".", "..", "...", "....", "a", "a.b", "a..b", ".a.b", "a.b.",
        "e30", "e30.e30", "e30.e30.", "e30..e30", "null", "e30.e30.e30.e30.e30"
    };

    mz_buf_init(&token, 0);
    mz_buf_init(&changed, 0);
    make_good(&token);

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        mz_buf_reset(&changed);
        mz_buf_addf(&changed, "%s%s%s", rows[i].before, mz_buf_cstr(&token),
                    rows[i].after);
        CHECK_ROW(verify(mz_buf_view(&changed)) == rows[i].reason,
                  "\"%s\", \"%s\"", rows[i].before, rows[i].after);
    }

    for (i = 0; i < MZ_ARRAY_LEN(forms); i++) {
        CHECK_ROW(verify(mz_str_from(forms[i])) == MZ_JWT_MALFORMED, "\"%s\"",
                  forms[i]);
    }

    CHECK(verify(mz_null_str) == MZ_JWT_MALFORMED);

    mz_buf_free(&token);
    mz_buf_free(&changed);
}


static void
test_padded_parts(void)
{
    size_t    i, k, part;
    mz_buf_t  token, changed;

    mz_buf_init(&token, 0);
    mz_buf_init(&changed, 0);
    make_good(&token);

    for (part = 0; part < 3; part++) {
        mz_buf_reset(&changed);

        for (i = 0, k = 0; i < token.len; i++) {
            if (token.data[i] == '.' && k++ == part) {
                mz_buf_add_c(&changed, "==");
            }

            mz_buf_add_char(&changed, token.data[i]);
        }

        mz_buf_add_c(&changed, part == 2 ? "==" : "");
        CHECK_ROW(verify(mz_buf_view(&changed)) == MZ_JWT_MALFORMED,
                  "part %zu", part);
    }

    mz_buf_free(&token);
    mz_buf_free(&changed);
}


static void
test_size(void)
{
    char           *big;
    mz_buf_t        token;
    mz_jwt_conf_t   conf;

    mz_buf_init(&token, 0);
    make_good(&token);
    conf = conf_new();

    conf.token_max = token.len;
    CHECK(verify_with(&conf, keys, mz_buf_view(&token)) == MZ_JWT_OK);
    conf.token_max = token.len - 1;
    CHECK(verify_with(&conf, keys, mz_buf_view(&token))
          == MZ_JWT_TOO_LARGE);

    /* One megabyte, of nothing and of a part. */

    big = malloc(1 << 20);
    SIGN_MUST(big != NULL);
    memset(big, 'A', 1 << 20);
    CHECK(verify((mz_str_t) { big, 1 << 20 }) == MZ_JWT_TOO_LARGE);
    conf.token_max = 1 << 20;
    CHECK(verify_with(&conf, keys, (mz_str_t) { big, 1 << 20 })
          == MZ_JWT_MALFORMED);
    memset(big, '.', 1 << 20);
    CHECK(verify_with(&conf, keys, (mz_str_t) { big, 1 << 20 })
          == MZ_JWT_MALFORMED);
    free(big);

    mz_buf_free(&token);
}


static void
test_kid(void)
{
    char      kid[MZ_JWKS_KID_MAX + 1];
    mz_buf_t  token;

    mz_buf_init(&token, 0);
    make_good(&token);

    mz_jwt_kid(mz_buf_view(&token), MZ_JWT_TOKEN_MAX, kid, sizeof(kid));
    CHECK_STR(mz_str_from(kid), "rsa");
    mz_jwt_kid(mz_buf_view(&token), MZ_JWT_TOKEN_MAX, kid, 4);
    CHECK_STR(mz_str_from(kid), "rsa");
    mz_jwt_kid(mz_buf_view(&token), MZ_JWT_TOKEN_MAX, kid, 3);
    CHECK_STR(mz_str_from(kid), "");

    memset(kid, 'x', sizeof(kid));
    mz_jwt_kid(mz_buf_view(&token), MZ_JWT_TOKEN_MAX, kid, 0);
    CHECK(kid[0] == 'x');
    mz_jwt_kid(mz_buf_view(&token), token.len - 1, kid, sizeof(kid));
    CHECK_STR(mz_str_from(kid), "");
    mz_jwt_kid(mz_null_str, MZ_JWT_TOKEN_MAX, kid, sizeof(kid));
    CHECK_STR(mz_str_from(kid), "");
    mz_jwt_kid(mz_str(RFC_RS256), MZ_JWT_TOKEN_MAX, kid, sizeof(kid));
    CHECK_STR(mz_str_from(kid), "");

    /* Not signed by anybody; it is not asked here. */

    sign_token(&token, stranger, "RS256",
               mz_str("{\"alg\":\"RS256\",\"kid\":\"new key\"}"),
               mz_str("{}"));
    mz_jwt_kid(mz_buf_view(&token), MZ_JWT_TOKEN_MAX, kid, sizeof(kid));
    CHECK_STR(mz_str_from(kid), "new key");

    mz_buf_free(&token);
}


static void
test_names(void)
{
    int  i, k;

    for (i = 0; i < MZ_JWT_REASONS; i++) {
        CHECK_ROW(mz_jwt_reason_name(i) != NULL, "%d", i);

        for (k = 0; k < i; k++) {
            CHECK_ROW(strcmp(mz_jwt_reason_name(i), mz_jwt_reason_name(k))
                      != 0, "%d, %d", i, k);
        }
    }

    CHECK_STR(mz_str_from(mz_jwt_reason_name(MZ_JWT_EXPIRED)), "expired");
    CHECK_STR(mz_str_from(mz_jwt_reason_name(MZ_JWT_REASONS)), "unknown");
}


static void
free_keys(void)
{
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(ec);
    EVP_PKEY_free(ec384);
    EVP_PKEY_free(ed);
    EVP_PKEY_free(stranger);
    mz_jwks_free(keys);
    CHECK(ERR_peek_error() == 0);
}


static const mz_test_t  tests[] = {
    { "keys are there", make_keys },
    { "the vectors of the RFCs", test_vectors },
    { "every algorithm, when it is configured", test_algs },
    { "headers", test_headers },
    { "payloads that are no claims", test_payloads },
    { "a MAC by the public key", test_hmac },
    { "tokens without a signature", test_unsigned },
    { "a token cannot bring its key", test_embedded_key },
    { "a token without a kid", test_no_kid },
    { "a key that is not in the set", test_stranger },
    { "every byte of a signature counts", test_signature_bytes },
    { "r and s of ECDSA", test_ecdsa_pairs },
    { "the salt of RSASSA-PSS", test_pss_salt },
    { "truncated and damaged tokens", test_form },
    { "what is around a token", test_form_around },
    { "padded parts", test_padded_parts },
    { "tokens are bounded", test_size },
    { "the kid of a token", test_kid },
    { "reasons have names", test_names },
    { "keys are gone, and no error of OpenSSL is left", free_keys }
};

MZ_TEST_MAIN(tests)
