
/*
 * fuzz_jwt: access tokens.  The first byte, a digit, chooses how one is made
 * of the rest; the second is a set of bits: what is configured.  Tokens are
 * taken as they are, or signed here, with keys of the set, so that headers
 * and claims of all kinds get past the signature.  Of each that is accepted
 * everything is looked at again, by code of its own.
 */

#include <openssl/err.h>

#include "../unit/auth/sign.h"
#include "auth/jwt.h"
#include "fuzz.h"


#define FUZZ_NOW_S     (FUZZ_NOW / 1000)
#define FUZZ_ISSUER    "https://as.example"
#define FUZZ_AUDIENCE  "https://mcp.example.com/mcp"
#define FUZZ_CLIENT    "client_01"
#define FUZZ_TEXT_MAX  4096

/* Bits of the second byte. */

#define FUZZ_BY_CLIENT  0x01
#define FUZZ_PROJECT    0x02
#define FUZZ_SCOPES     0x04
#define FUZZ_CLAIM      0x08
#define FUZZ_EXACT      0x10            /* no leeway */
#define FUZZ_ONE_ALG    0x20

typedef struct {
    const char    *name;
    unsigned       alg;
    const char    *kid;                 /* of the only key for it */
    EVP_PKEY     **pkey;
} fuzz_alg_t;


static void fuzz_load(void);
static mz_jwt_conf_t fuzz_conf(unsigned bits);
static void fuzz_make(unsigned how, mz_str_t in, mz_buf_t *token);
static void fuzz_sign(EVP_PKEY *pkey, const char *alg, mz_str_t header,
    mz_str_t payload, mz_buf_t *token);
static void fuzz_run(const mz_jwt_conf_t *conf, mz_str_t token);
static void fuzz_check_kid(mz_str_t token);
static void fuzz_check_token(const mz_jwt_conf_t *conf, mz_str_t token,
    const mz_jwt_t *jwt);
static void fuzz_check_header(const mz_jwt_conf_t *conf, mz_str_t text,
    const json_t *header, mz_str_t sig);
static bool fuzz_is_signed(const fuzz_alg_t *alg, mz_str_t text,
    mz_str_t sig);
static void fuzz_check_claims(const mz_jwt_conf_t *conf,
    const json_t *claims, const mz_jwt_t *jwt);
static void fuzz_check_audience(const mz_jwt_conf_t *conf, const json_t *aud,
    const mz_jwt_t *jwt);
static void fuzz_check_times(const mz_jwt_conf_t *conf, const json_t *claims,
    const mz_jwt_t *jwt);
static void fuzz_check_scopes(const mz_jwt_conf_t *conf,
    const json_t *claims, const mz_jwt_t *jwt);
static void fuzz_check_name(mz_str_t name, const json_t *claim);
static bool fuzz_list_has(const json_t *v, const char *text);


static EVP_PKEY   *fuzz_rsa, *fuzz_ec, *fuzz_ed;
static mz_jwks_t  *fuzz_keys;

static const fuzz_alg_t  fuzz_algs[] = {
    { "EdDSA", MZ_JWT_EDDSA, "ed", &fuzz_ed },
    { "Ed25519", MZ_JWT_EDDSA, "ed", &fuzz_ed },
    { "ES256", MZ_JWT_ES256, "ec", &fuzz_ec },
    { "RS256", MZ_JWT_RS256, "rsa", &fuzz_rsa }
};


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned       how;
    mz_buf_t       token;
    mz_str_t       in, copy;
    mz_jwt_conf_t  conf;

    fuzz_load();

    in = (mz_str_t) { (const char *) data, size };
    how = (fuzz_byte(&in) - '0') % 5;
    conf = fuzz_conf(fuzz_byte(&in));

    mz_buf_init(&token, 0);
    fuzz_make(how, in, &token);
    copy = fuzz_copy(mz_buf_view(&token));
    mz_buf_free(&token);

    fuzz_run(&conf, copy);
    fuzz_check_kid(copy);
    fuzz_free(copy);

    return 0;
}


static void
fuzz_load(void)
{
    mz_err_t  err;
    mz_buf_t  text;

    if (fuzz_keys != NULL) {
        return;
    }

    fuzz_rsa = sign_rsa_key();
    fuzz_ec = sign_ec_key();
    fuzz_ed = sign_ed_key();

    mz_buf_init(&text, 0);
    mz_buf_add_c(&text, "{\"keys\":[");
    sign_jwk(&text, fuzz_rsa, "rsa", ",\"alg\":\"RS256\"");
    mz_buf_add_c(&text, ",");
    sign_jwk(&text, fuzz_ec, "ec", "");
    mz_buf_add_c(&text, ",");
    sign_jwk(&text, fuzz_ed, "ed", "");
    mz_buf_add_c(&text, "]}");
    FUZZ_HOLD(mz_jwks_parse(mz_buf_view(&text), &fuzz_keys, &err) == MZ_OK,
              "%s", err.msg);
    mz_buf_free(&text);
}


static mz_jwt_conf_t
fuzz_conf(unsigned bits)
{
    mz_jwt_conf_t  conf;

    memset(&conf, 0, sizeof(mz_jwt_conf_t));
    conf.issuer = mz_str(FUZZ_ISSUER);
    conf.audiences[0] = mz_str(FUZZ_AUDIENCE);
    conf.audiences[1] = mz_str("urn:other/");
    conf.naudiences = 2;
    conf.algs = bits & FUZZ_ONE_ALG ? MZ_JWT_EDDSA : MZ_JWT_ALGS;
    conf.leeway_s = bits & FUZZ_EXACT ? 0 : MZ_JWT_LEEWAY_S;
    conf.token_max = MZ_JWT_TOKEN_MAX;
    conf.project_claim = mz_str("org_id");
    conf.is_project_required = (bits & FUZZ_PROJECT) != 0;

    if (bits & FUZZ_BY_CLIENT) {
        conf.client_id = mz_str(FUZZ_CLIENT);
    }

    if (bits & FUZZ_SCOPES) {
        conf.scopes = mz_str("read run");
    }

    if (bits & FUZZ_CLAIM) {
        conf.claims[0].name = mz_str("role");
        conf.claims[0].value = mz_str("admin");
        conf.nclaims = 1;
    }

    return conf;
}


/*
 * 0: a token; 1: claims, to be signed by Ed25519; 2 and 3: header and claims,
 * to be signed by Ed25519 or ECDSA; 4: claims, and how their token is
 * tampered with: pairs of bytes, where and what.
 */

static void
fuzz_make(unsigned how, mz_str_t in, mz_buf_t *token)
{
    char      *p;
    size_t     i, at;
    mz_str_t   first, header;

    header = mz_str("{\"alg\":\"EdDSA\",\"kid\":\"ed\"}");

    switch (how) {

    case 0:
        mz_buf_add_str(token, in);
        return;

    case 1:
        fuzz_sign(fuzz_ed, "EdDSA", header, in, token);
        return;

    default:
        first = fuzz_part(&in);
    }

    if (how == 4) {
        fuzz_sign(fuzz_ed, "EdDSA", header, first, token);
        p = token->data;

        for (i = 0; i + 1 < in.len; i += 2) {
            at = (unsigned char) in.data[i] * token->len / 256;
            p[at] = (char) (p[at] ^ in.data[i + 1]);
        }

    } else {
        fuzz_sign(how == 2 ? fuzz_ed : fuzz_ec, how == 2 ? "EdDSA" : "ES256",
                  first, in, token);
    }

    fuzz_free(first);
}


static void
fuzz_sign(EVP_PKEY *pkey, const char *alg, mz_str_t header, mz_str_t payload,
    mz_buf_t *token)
{
    header.len = header.len < FUZZ_TEXT_MAX ? header.len : FUZZ_TEXT_MAX;
    payload.len = payload.len < FUZZ_TEXT_MAX ? payload.len : FUZZ_TEXT_MAX;
    sign_token(token, pkey, alg, header, payload);
}


static void
fuzz_run(const mz_jwt_conf_t *conf, mz_str_t token)
{
    mz_jwt_t                jwt, again;
    mz_principal_t          p;
    mz_jwt_reason_t         reason;
    static const mz_jwt_t   none;

    memset(&jwt, 0xa5, sizeof(mz_jwt_t));
    reason = mz_jwt_verify(conf, fuzz_keys, token, FUZZ_NOW_S, &jwt);
    FUZZ_HOLD(ERR_peek_error() == 0, "OpenSSL's queue");
    FUZZ_HOLD(reason < MZ_JWT_REASONS && reason != MZ_JWT_INTERNAL, "%d",
              reason);

    if (reason != MZ_JWT_OK) {
        FUZZ_HOLD(memcmp(&jwt, &none, sizeof(mz_jwt_t)) == 0, "%s",
                  mz_jwt_reason_name(reason));
        return;
    }

    fuzz_check_token(conf, token, &jwt);
    FUZZ_HOLD(mz_jwt_principal(&jwt, &p) == MZ_OK
              && strlen(p.scope) == MZ_SCOPE_LEN, "%s", p.scope);

    /* It ends when it says so, and was not before its time. */

    FUZZ_HOLD(mz_jwt_verify(conf, fuzz_keys, token,
                            jwt.expires_s + conf->leeway_s, &again)
              == MZ_JWT_EXPIRED, "%lld", (long long) jwt.expires_s);

    mz_jwt_free(&jwt);
}


static void
fuzz_check_kid(mz_str_t token)
{
    char    kid[32];
    size_t  i;

    memset(kid, 0x7e, sizeof(kid));
    mz_jwt_kid(token, MZ_JWT_TOKEN_MAX, kid, sizeof(kid));
    FUZZ_HOLD(strnlen(kid, sizeof(kid)) < sizeof(kid), "no end");

    for (i = 0; kid[i] != '\0'; i++) {
        FUZZ_HOLD((unsigned char) kid[i] >= 0x20 && kid[i] != 0x7f, "%02x",
                  (unsigned char) kid[i]);
    }
}


static void
fuzz_check_token(const mz_jwt_conf_t *conf, mz_str_t token,
    const mz_jwt_t *jwt)
{
    json_t    *json[2];
    size_t     i, n;
    mz_buf_t   bytes[3];
    mz_str_t   rest, part, text;

    n = 0;
    rest = token;
    text = mz_null_str;

    while (mz_str_split(&rest, '.', &part)) {
        FUZZ_HOLD(n < 3, "more than three parts");
        mz_buf_init(&bytes[n], 0);
        FUZZ_HOLD(mz_b64url_decode(&bytes[n], part) == MZ_OK, "part %zu", n);
        text = (mz_str_t) { token.data, token.len - part.len - 1 };
        n++;
    }

    FUZZ_HOLD(n == 3 && token.len <= conf->token_max, "%zu parts", n);

    for (i = 0; i < 2; i++) {
        json[i] = fuzz_made_json(mz_buf_view(&bytes[i]));
        FUZZ_HOLD(json_is_object(json[i]), "part %zu", i);
    }

    fuzz_check_header(conf, text, json[0], mz_buf_view(&bytes[2]));
    fuzz_check_claims(conf, json[1], jwt);

    for (i = 0; i < 3; i++) {
        mz_buf_free(&bytes[i]);
    }

    json_decref(json[0]);
    json_decref(json[1]);
}


static void
fuzz_check_header(const mz_jwt_conf_t *conf, mz_str_t text,
    const json_t *header, mz_str_t sig)
{
    size_t             i;
    mz_str_t           alg, typ;
    const json_t      *kid;
    const fuzz_alg_t  *used;

    used = NULL;
    alg = mz_json_get_str(header, "alg");

    for (i = 0; i < MZ_ARRAY_LEN(fuzz_algs); i++) {
        used = mz_str_eq_c(alg, fuzz_algs[i].name) ? &fuzz_algs[i] : used;
    }

    FUZZ_HOLD(used != NULL && (used->alg & conf->algs) != 0, "%.*s",
              (int) alg.len, alg.data);
    FUZZ_HOLD(fuzz_is_signed(used, text, sig), "%s", used->name);

    kid = json_object_get(header, "kid");
    FUZZ_HOLD(kid == NULL || mz_str_eq_c(mz_json_str(kid), used->kid), "%s",
              used->kid);
    FUZZ_HOLD(json_object_get(header, "crit") == NULL, "crit");
    FUZZ_HOLD(json_object_get(header, "b64") == NULL
              || json_is_true(json_object_get(header, "b64")), "b64");

    if (json_object_get(header, "typ") != NULL) {
        typ = mz_json_get_str(header, "typ");
        FUZZ_HOLD(mz_str_ieq(typ, mz_str("jwt"))
                  || mz_str_ieq(typ, mz_str("at+jwt"))
                  || mz_str_ieq(typ, mz_str("application/jwt"))
                  || mz_str_ieq(typ, mz_str("application/at+jwt")), "%.*s",
                  (int) typ.len, typ.data);
    }
}


static bool
fuzz_is_signed(const fuzz_alg_t *alg, mz_str_t text, mz_str_t sig)
{
    int             rc;
    unsigned char  *der;
    ECDSA_SIG      *pair;
    EVP_MD_CTX     *ctx;

    der = NULL;
    ctx = EVP_MD_CTX_new();
    SIGN_MUST(ctx != NULL);
    SIGN_MUST(EVP_DigestVerifyInit(ctx, NULL, alg->alg == MZ_JWT_EDDSA
                                   ? NULL : EVP_sha256(), NULL, *alg->pkey)
              == 1);

    if (alg->alg == MZ_JWT_ES256) {
        FUZZ_HOLD(sig.len == 64, "%zu", sig.len);
        pair = ECDSA_SIG_new();
        SIGN_MUST(ECDSA_SIG_set0(pair,
                      BN_bin2bn((unsigned char *) sig.data, 32, NULL),
                      BN_bin2bn((unsigned char *) sig.data + 32, 32, NULL))
                  == 1);
        sig.len = (size_t) i2d_ECDSA_SIG(pair, &der);
        sig.data = (char *) der;
        ECDSA_SIG_free(pair);
    }

    rc = EVP_DigestVerify(ctx, (const unsigned char *) sig.data, sig.len,
                          (const unsigned char *) text.data, text.len);
    EVP_MD_CTX_free(ctx);
    OPENSSL_free(der);
    ERR_clear_error();

    return rc == 1;
}


static void
fuzz_check_claims(const mz_jwt_conf_t *conf, const json_t *claims,
    const mz_jwt_t *jwt)
{
    const json_t  *org, *role, *client;

    FUZZ_HOLD(mz_str_eq_c(jwt->issuer, FUZZ_ISSUER), "issuer");
    fuzz_check_name(jwt->issuer, json_object_get(claims, "iss"));
    fuzz_check_name(jwt->subject, json_object_get(claims, "sub"));
    fuzz_check_audience(conf, json_object_get(claims, "aud"), jwt);
    fuzz_check_times(conf, claims, jwt);
    fuzz_check_scopes(conf, claims, jwt);

    org = json_object_get(claims, "org_id");
    FUZZ_HOLD(jwt->project.data != NULL, "project");

    if (jwt->project.len > 0) {
        fuzz_check_name(jwt->project, org);

    } else {
        FUZZ_HOLD(!conf->is_project_required
                  && (org == NULL || json_is_null(org)
                      || json_string_length(org) == 0), "no project");
    }

    client = json_object_get(claims, "client_id");
    client = client ? client : json_object_get(claims, "azp");
    FUZZ_HOLD((client == NULL) == (jwt->client_id.data == NULL), "client");

    if (client != NULL) {
        fuzz_check_name(jwt->client_id, client);
    }

    role = json_object_get(claims, "role");
    FUZZ_HOLD(conf->nclaims == 0 || fuzz_list_has(role, "admin"), "role");
}


static void
fuzz_check_audience(const mz_jwt_conf_t *conf, const json_t *aud,
    const mz_jwt_t *jwt)
{
    bool  is_ours;

    is_ours = fuzz_list_has(aud, FUZZ_AUDIENCE)
              || fuzz_list_has(aud, FUZZ_AUDIENCE "/")
              || fuzz_list_has(aud, "urn:other")
              || fuzz_list_has(aud, "urn:other/");

    if (jwt->is_by_client_id) {
        FUZZ_HOLD(!is_ours && conf->client_id.len > 0
                  && fuzz_list_has(aud, FUZZ_CLIENT), "client");

    } else {
        FUZZ_HOLD(is_ours, "audience");
    }
}


static void
fuzz_check_times(const mz_jwt_conf_t *conf, const json_t *claims,
    const mz_jwt_t *jwt)
{
    double  exp, nbf, iat, now, leeway;

    now = (double) FUZZ_NOW_S;
    leeway = (double) conf->leeway_s;
    exp = mz_json_get_double(claims, "exp", -1);
    nbf = mz_json_get_double(claims, "nbf", 0);
    iat = mz_json_get_double(claims, "iat", 0);

    FUZZ_HOLD((double) jwt->expires_s <= exp
              && (double) jwt->expires_s > exp - 1, "%g", exp);
    FUZZ_HOLD((double) jwt->expires_s + leeway > now, "%g", exp);
    FUZZ_HOLD(nbf < now + leeway + 1 && nbf >= 0, "%g", nbf);
    FUZZ_HOLD(iat < now + leeway + 1 && iat >= 0, "%g", iat);
}


/* Every word is of the claim, and visible. */

static void
fuzz_check_scopes(const mz_jwt_conf_t *conf, const json_t *claims,
    const mz_jwt_t *jwt)
{
    char           *name;
    size_t          i, n;
    mz_str_t        rest, scope;
    const json_t   *v;
    mz_principal_t  p;

    v = json_object_get(claims, "scope");
    v = v ? v : json_object_get(claims, "scp");
    n = 0;
    rest = jwt->scopes;

    FUZZ_HOLD(rest.data != NULL && rest.len <= MZ_JWT_SCOPES_MAX, "%zu",
              rest.len);

    for (i = 0; i < rest.len; i++) {
        FUZZ_HOLD(rest.data[i] >= ' ' && rest.data[i] <= '~'
                  && rest.data[i] != '"' && rest.data[i] != '\\', "%02x",
                  (unsigned char) rest.data[i]);
    }

    while (rest.len > 0 && mz_str_split(&rest, ' ', &scope)) {
        name = mz_str_dup(scope);
        FUZZ_HOLD(name != NULL && scope.len > 0, "an empty scope");
        FUZZ_HOLD(json_is_string(v)
                  ? mz_str_find(mz_json_str(v), scope, 0) != SIZE_MAX
                  : fuzz_list_has(v, name), "%s", name);
        free(name);
        n++;
    }

    FUZZ_HOLD(!json_is_array(v) || n == json_array_size(v), "%zu", n);

    memset(&p, 0, sizeof(mz_principal_t));
    p.scopes = jwt->scopes;
    FUZZ_HOLD(conf->scopes.len == 0
              || (mz_principal_has(&p, mz_str("read"))
                  && mz_principal_has(&p, mz_str("run"))), "scopes");
}


static void
fuzz_check_name(mz_str_t name, const json_t *claim)
{
    size_t    i, pos;
    uint32_t  c;

    FUZZ_HOLD(json_is_string(claim) && mz_str_eq(name, mz_json_str(claim)),
              "%.*s", (int) name.len, name.data);
    FUZZ_HOLD(name.len > 0 && name.len <= MZ_JWT_CLAIM_MAX, "%zu", name.len);

    for (i = 0, pos = 0; pos < name.len; i++) {
        c = mz_utf8_next(name, &pos);
        FUZZ_HOLD(c >= 0x20 && !(c >= 0x7f && c < 0xa0), "character %zu", i);
    }
}


/* Of a string, whether it is it; of an array, whether it is in there. */

static bool
fuzz_list_has(const json_t *v, const char *text)
{
    size_t  i;

    if (json_is_string(v)) {
        return strcmp(json_string_value(v), text) == 0;
    }

    for (i = 0; i < json_array_size(v); i++) {
        if (json_is_string(json_array_get(v, i))
            && strcmp(json_string_value(json_array_get(v, i)), text) == 0)
        {
            return true;
        }
    }

    return false;
}
