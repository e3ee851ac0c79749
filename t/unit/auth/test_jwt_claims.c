
#include "auth/jwt.h"
#include "sign.h"
#include "test.h"


#define NOW       ((int64_t) 1781524800)
#define ISSUER    "https://as.example"
#define AUDIENCE  "https://mcp.example.com/mcp"
#define CLIENT    "client_01"

/* Thirty characters. */
#define LONG30    "abcdefghijklmnopqrstuvwxyz0123"
#define LONG510   LONG30 LONG30 LONG30 LONG30 LONG30 LONG30 LONG30 LONG30     \
                  LONG30 LONG30 LONG30 LONG30 LONG30 LONG30 LONG30 LONG30     \
                  LONG30


/* What is other than in a good token: members set, a member left out. */

typedef struct {
    const char       *why;
    const char       *set;
    const char       *drop;
    mz_jwt_reason_t   reason;
} row_t;

typedef struct {
    const char       *why;
    const char       *configured;
    const char       *aud;              /* JSON */
    mz_jwt_reason_t   reason;
} audience_row_t;

typedef struct {
    const char       *why;
    const char       *set;
    const char       *needed;
    const char       *scopes;           /* that come out */
    mz_jwt_reason_t   reason;
} scope_row_t;

typedef struct {
    const char       *why;
    const char       *set;
    const char       *name;
    const char       *value;            /* NULL: any */
    mz_jwt_reason_t   reason;
} claim_row_t;


static EVP_PKEY   *pkey;
static mz_jwks_t  *keys;

/* The leeway is 60 s; aud, iat and all else is good. */

static const row_t  rows[] = {
    { "a good token", "{}", NULL, MZ_JWT_OK },

    { "no issuer", "{}", "iss", MZ_JWT_ISSUER },
    { "another issuer", "{\"iss\":\"https://evil.example\"}", NULL,
      MZ_JWT_ISSUER },
    { "an issuer with a slash more", "{\"iss\":\"" ISSUER "/\"}", NULL,
      MZ_JWT_ISSUER },
    { "a longer issuer", "{\"iss\":\"" ISSUER ".evil.example\"}", NULL,
      MZ_JWT_ISSUER },
    { "a shorter issuer", "{\"iss\":\"https://as.exampl\"}", NULL,
      MZ_JWT_ISSUER },
    { "an issuer in capitals", "{\"iss\":\"HTTPS://AS.EXAMPLE\"}", NULL,
      MZ_JWT_ISSUER },
    { "a list of issuers", "{\"iss\":[\"" ISSUER "\"]}", NULL,
      MZ_JWT_ISSUER },
    { "an issuer of null", "{\"iss\":null}", NULL, MZ_JWT_ISSUER },
    { "an empty issuer", "{\"iss\":\"\"}", NULL, MZ_JWT_ISSUER },
    { "a session token of the same vendor",
      "{\"iss\":\"https://api.workos.com/user_management/client_01\","
      "\"sid\":\"session_1\",\"role\":\"member\"}", "aud", MZ_JWT_ISSUER },
    { "a session token that has our audience",
      "{\"iss\":\"https://api.workos.com/\",\"sid\":\"session_1\"}", NULL,
      MZ_JWT_ISSUER },

    { "no expiry", "{}", "exp", MZ_JWT_CLAIM },
    { "an expiry of null", "{\"exp\":null}", NULL, MZ_JWT_CLAIM },
    { "an expiry as text", "{\"exp\":\"1781525100\"}", NULL, MZ_JWT_CLAIM },
    { "an expiry of true", "{\"exp\":true}", NULL, MZ_JWT_CLAIM },
    { "a list of expiries", "{\"exp\":[1781525100]}", NULL, MZ_JWT_CLAIM },
    { "an expiry before 1970", "{\"exp\":-1}", NULL, MZ_JWT_CLAIM },
    { "an expiry in milliseconds", "{\"exp\":1781525100000}", NULL,
      MZ_JWT_CLAIM },
    { "the largest integer", "{\"exp\":9223372036854775807}", NULL,
      MZ_JWT_CLAIM },
    { "the smallest integer", "{\"exp\":-9223372036854775808}", NULL,
      MZ_JWT_CLAIM },
    { "a number beyond all integers", "{\"exp\":1e300}", NULL,
      MZ_JWT_CLAIM },
    { "the last second there is", "{\"exp\":253402300799}", NULL,
      MZ_JWT_OK },
    { "one more", "{\"exp\":253402300800}", NULL, MZ_JWT_CLAIM },
    { "1970", "{\"exp\":0}", NULL, MZ_JWT_EXPIRED },
    { "expired a year ago", "{\"exp\":1749988800}", NULL, MZ_JWT_EXPIRED },
    { "expired as long ago as may be", "{\"exp\":1781524741}", NULL,
      MZ_JWT_OK },
    { "expired a second before", "{\"exp\":1781524740}", NULL,
      MZ_JWT_EXPIRED },
    { "a fraction", "{\"exp\":1781524741.0}", NULL, MZ_JWT_OK },
    { "a fraction does not round up", "{\"exp\":1781524740.999}", NULL,
      MZ_JWT_EXPIRED },
    { "a number with an exponent", "{\"exp\":1.7815251e9}", NULL,
      MZ_JWT_OK },

    { "from now on", "{\"nbf\":1781524800}", NULL, MZ_JWT_OK },
    { "as early as may be", "{\"nbf\":1781524860}", NULL, MZ_JWT_OK },
    { "a second earlier", "{\"nbf\":1781524861}", NULL, MZ_JWT_NOT_YET },
    { "from tomorrow on", "{\"nbf\":1781611200,\"exp\":1781697600}", NULL,
      MZ_JWT_NOT_YET },
    { "from some text on", "{\"nbf\":\"1781524800\"}", NULL, MZ_JWT_CLAIM },
    { "from null on", "{\"nbf\":null}", NULL, MZ_JWT_CLAIM },
    { "from before all time on", "{\"nbf\":-5}", NULL, MZ_JWT_CLAIM },
    { "made now", "{\"iat\":1781524800.5}", NULL, MZ_JWT_OK },
    { "made a minute from now", "{\"iat\":1781524860}", NULL, MZ_JWT_OK },
    { "made in the future", "{\"iat\":1781524861}", NULL, MZ_JWT_NOT_YET },
    { "made in milliseconds", "{\"iat\":1781524800000}", NULL,
      MZ_JWT_CLAIM },
    { "made some text ago", "{\"iat\":\"now\"}", NULL, MZ_JWT_CLAIM },

    { "no subject", "{}", "sub", MZ_JWT_CLAIM },
    { "an empty subject", "{\"sub\":\"\"}", NULL, MZ_JWT_CLAIM },
    { "a number as the subject", "{\"sub\":7}", NULL, MZ_JWT_CLAIM },
    { "a subject of null", "{\"sub\":null}", NULL, MZ_JWT_CLAIM },
    { "a subject as an object", "{\"sub\":{\"id\":\"u\"}}", NULL,
      MZ_JWT_CLAIM },
    { "a subject of two lines", "{\"sub\":\"user_1\\norg_2\"}", NULL,
      MZ_JWT_CLAIM },
    { "a subject with DEL", "{\"sub\":\"user\\u007f\"}", NULL,
      MZ_JWT_CLAIM },
    { "a subject with a C1 control", "{\"sub\":\"user\\u0090\"}", NULL,
      MZ_JWT_CLAIM },
    { "a subject in letters of all kinds",
      "{\"sub\":\"auth0|J\\u00fcrg \\u00a0 \\u0100\"}", NULL, MZ_JWT_OK },
    { "a subject as long as may be", "{\"sub\":\"" LONG510 "12\"}", NULL,
      MZ_JWT_OK },
    { "a longer one", "{\"sub\":\"" LONG510 "123\"}", NULL, MZ_JWT_CLAIM },

    { "a project", "{\"org_id\":\"org_1\"}", NULL, MZ_JWT_OK },
    { "an empty project", "{\"org_id\":\"\"}", NULL, MZ_JWT_OK },
    { "a project of null", "{\"org_id\":null}", NULL, MZ_JWT_OK },
    { "a number as the project", "{\"org_id\":1}", NULL, MZ_JWT_CLAIM },
    { "false as the project", "{\"org_id\":false}", NULL, MZ_JWT_CLAIM },
    { "two projects", "{\"org_id\":[\"org_1\",\"org_2\"]}", NULL,
      MZ_JWT_CLAIM },
    { "a project of two lines", "{\"org_id\":\"a\\nb\"}", NULL,
      MZ_JWT_CLAIM },
    { "a long project", "{\"org_id\":\"" LONG510 "123\"}", NULL,
      MZ_JWT_CLAIM },

    { "a number as the client", "{\"client_id\":1}", NULL, MZ_JWT_CLAIM },
    { "a client of two lines", "{\"client_id\":\"a\\nb\"}", NULL,
      MZ_JWT_CLAIM },
    { "a list of authorized parties", "{\"azp\":[\"a\"]}", NULL,
      MZ_JWT_CLAIM },
    { "scopes as a number", "{\"scope\":1}", NULL, MZ_JWT_CLAIM },
    { "scopes with a line feed", "{\"scope\":\"a\\nb\"}", NULL,
      MZ_JWT_CLAIM },
    { "scopes with a quote", "{\"scope\":\"a\\\"b\"}", NULL, MZ_JWT_CLAIM },
    { "two spaces between scopes", "{\"scope\":\"a  b\"}", NULL,
      MZ_JWT_CLAIM },
    { "a list with two scopes in one", "{\"scp\":[\"a b\"]}", NULL,
      MZ_JWT_CLAIM },
    { "a list with a number", "{\"scp\":[\"a\",1]}", NULL, MZ_JWT_CLAIM },
    { "long scopes", "{\"scope\":\"" LONG510 LONG510 LONG510 LONG510
      "123456789\"}", NULL, MZ_JWT_CLAIM },
    { "scopes as long as may be", "{\"scope\":\"" LONG510 LONG510 LONG510
      LONG510 "12345678\"}", NULL, MZ_JWT_OK }
};

static const audience_row_t  audiences[] = {
    { "ours", AUDIENCE, "\"" AUDIENCE "\"", MZ_JWT_OK },
    { "with a slash", AUDIENCE, "\"" AUDIENCE "/\"", MZ_JWT_OK },
    { "without the slash", AUDIENCE "/", "\"" AUDIENCE "\"", MZ_JWT_OK },
    { "with two slashes", AUDIENCE, "\"" AUDIENCE "//\"", MZ_JWT_AUDIENCE },
    { "in a list", AUDIENCE, "[\"" AUDIENCE "\"]", MZ_JWT_OK },
    { "among others", AUDIENCE, "[\"a\",\"b\",\"" AUDIENCE "/\"]",
      MZ_JWT_OK },
    { "others", AUDIENCE, "[\"a\",\"b\"]", MZ_JWT_AUDIENCE },
    { "a prefix", AUDIENCE, "\"https://mcp.example.com\"",
      MZ_JWT_AUDIENCE },
    { "one character less", AUDIENCE, "\"https://mcp.example.com/mc\"",
      MZ_JWT_AUDIENCE },
    { "a suffix", AUDIENCE, "\"" AUDIENCE ".evil.example\"",
      MZ_JWT_AUDIENCE },
    { "a path below", AUDIENCE, "\"" AUDIENCE "/other\"", MZ_JWT_AUDIENCE },
    { "another case", AUDIENCE, "\"https://MCP.example.com/mcp\"",
      MZ_JWT_AUDIENCE },
    { "another scheme", AUDIENCE, "\"http://mcp.example.com/mcp\"",
      MZ_JWT_AUDIENCE },
    { "a blank before it", AUDIENCE, "\" " AUDIENCE "\"", MZ_JWT_AUDIENCE },
    { "two in one text", AUDIENCE, "\"" AUDIENCE " a\"", MZ_JWT_AUDIENCE },
    { "null", AUDIENCE, "null", MZ_JWT_AUDIENCE },
    { "a number", AUDIENCE, "1", MZ_JWT_AUDIENCE },
    { "an object", AUDIENCE, "{\"" AUDIENCE "\":1}", MZ_JWT_AUDIENCE },
    { "nothing", AUDIENCE, "\"\"", MZ_JWT_AUDIENCE },
    { "a slash", AUDIENCE, "\"/\"", MZ_JWT_AUDIENCE },
    { "an empty list", AUDIENCE, "[]", MZ_JWT_AUDIENCE },
    { "a list in a list", AUDIENCE, "[[\"" AUDIENCE "\"]]",
      MZ_JWT_AUDIENCE },
    { "a list with a number", AUDIENCE, "[\"" AUDIENCE "\",1]",
      MZ_JWT_AUDIENCE },
    { "nothing, where nothing is configured", "", "\"\"", MZ_JWT_AUDIENCE },
    { "the client id, which is not configured", AUDIENCE, "\"" CLIENT "\"",
      MZ_JWT_AUDIENCE }
};

static const scope_row_t  scopes[] = {
    { "none", "{}", NULL, "", MZ_JWT_OK },
    { "null", "{\"scope\":null}", NULL, NULL, MZ_JWT_CLAIM },
    { "an empty text", "{\"scope\":\"\"}", NULL, "", MZ_JWT_OK },
    { "some", "{\"scope\":\"a:x b\"}", NULL, "a:x b", MZ_JWT_OK },
    { "a list", "{\"scp\":[\"a\",\"b\"]}", NULL, "a b", MZ_JWT_OK },
    { "an empty list", "{\"scp\":[]}", NULL, "", MZ_JWT_OK },
    { "a text by the other name", "{\"scp\":\"a b\"}", NULL, "a b",
      MZ_JWT_OK },
    { "a list by the first name", "{\"scope\":[\"a\"]}", NULL, "a",
      MZ_JWT_OK },
    { "both", "{\"scope\":\"a\",\"scp\":[\"b\"]}", NULL, "a", MZ_JWT_OK },
    { "the needed one", "{\"scope\":\"x read y\"}", "read", "x read y",
      MZ_JWT_OK },
    { "both needed", "{\"scope\":\"run read\"}", "read run", "run read",
      MZ_JWT_OK },
    { "one of two", "{\"scope\":\"read\"}", "read run", NULL,
      MZ_JWT_SCOPE },
    { "none of them", "{}", "read", NULL, MZ_JWT_SCOPE },
    { "a longer one", "{\"scope\":\"reads\"}", "read", NULL, MZ_JWT_SCOPE },
    { "a shorter one", "{\"scope\":\"rea\"}", "read", NULL, MZ_JWT_SCOPE },
    { "another case", "{\"scope\":\"READ\"}", "read", NULL, MZ_JWT_SCOPE },
    { "expired, and without it", "{\"exp\":1}", "read", NULL,
      MZ_JWT_EXPIRED },
    { "nobody, and without it", "{\"sub\":\"\"}", "read", NULL,
      MZ_JWT_CLAIM }
};

static const claim_row_t  claims[] = {
    { "it is not there", "{}", "role", NULL, MZ_JWT_CLAIM },
    { "it is null", "{\"role\":null}", "role", NULL, MZ_JWT_CLAIM },
    { "any", "{\"role\":false}", "role", NULL, MZ_JWT_OK },
    { "any text", "{\"role\":\"\"}", "role", NULL, MZ_JWT_OK },
    { "that text", "{\"role\":\"admin\"}", "role", "admin", MZ_JWT_OK },
    { "another text", "{\"role\":\"member\"}", "role", "admin",
      MZ_JWT_CLAIM },
    { "a longer text", "{\"role\":\"admins\"}", "role", "admin",
      MZ_JWT_CLAIM },
    { "a number", "{\"level\":1}", "level", "1", MZ_JWT_CLAIM },
    { "in a list", "{\"roles\":[\"member\",\"admin\"]}", "roles", "admin",
      MZ_JWT_OK },
    { "not in a list", "{\"roles\":[\"member\",1,null]}", "roles", "admin",
      MZ_JWT_CLAIM },
    { "deeper in a list", "{\"roles\":[[\"admin\"]]}", "roles", "admin",
      MZ_JWT_CLAIM },
    { "a list of numbers, for the empty text", "{\"roles\":[1]}", "roles",
      "", MZ_JWT_CLAIM },
    { "a member of an object", "{\"roles\":{\"admin\":true}}", "roles",
      "admin", MZ_JWT_CLAIM },
    { "a longer name", "{\"roles\":\"admin\"}", "role", "admin",
      MZ_JWT_CLAIM },
    { "another case of the name", "{\"Role\":\"admin\"}", "role", "admin",
      MZ_JWT_CLAIM }
};


static void
make_keys(void)
{
    mz_err_t  err;
    mz_buf_t  text;

    pkey = sign_ed_key();
    mz_buf_init(&text, 0);
    mz_buf_add_c(&text, "{\"keys\":[");
    sign_jwk(&text, pkey, "k", "");
    mz_buf_add_c(&text, "]}");
    SIGN_MUST(mz_jwks_parse(mz_buf_view(&text), &keys, &err) == MZ_OK);
    mz_buf_free(&text);
}


static void
free_keys(void)
{
    EVP_PKEY_free(pkey);
    mz_jwks_free(keys);
}


static mz_jwt_conf_t
conf_new(void)
{
    mz_jwt_conf_t  conf;

    memset(&conf, 0, sizeof(mz_jwt_conf_t));
    conf.issuer = mz_str(ISSUER);
    conf.audiences[0] = mz_str(AUDIENCE);
    conf.naudiences = 1;
    conf.algs = MZ_JWT_EDDSA;
    conf.leeway_s = MZ_JWT_LEEWAY_S;
    conf.token_max = MZ_JWT_TOKEN_MAX;
    conf.project_claim = mz_str("org_id");

    return conf;
}


static json_t *
load(const char *text)
{
    json_t    *json;
    mz_err_t   err;

    err.msg[0] = '\0';
    CHECK_ROW(mz_json_load(mz_str_from(text), NULL, &json, &err) == MZ_OK,
              "%s: %s", text, err.msg);
    SIGN_MUST(json != NULL);

    return json;
}


/* Verifies a good token but for what set and drop say. */

static mz_jwt_reason_t
verify(const mz_jwt_conf_t *conf, const char *set, const char *drop,
    mz_jwt_t *jwt)
{
    json_t           *payload, *patch;
    mz_buf_t          text, token;
    mz_jwt_reason_t   reason;

    payload = load("{\"iss\":\"" ISSUER "\",\"aud\":\"" AUDIENCE "\","
                   "\"sub\":\"user_1\",\"exp\":1781525100}");
    patch = load(set);
    SIGN_MUST(json_object_update(payload, patch) == 0);

    if (drop != NULL) {
        SIGN_MUST(json_object_del(payload, drop) == 0);
    }

    mz_buf_init(&text, 0);
    mz_buf_init(&token, 0);
    mz_json_dump(&text, payload);
    sign_token(&token, pkey, "EdDSA",
               mz_str("{\"alg\":\"EdDSA\",\"kid\":\"k\"}"),
               mz_buf_view(&text));

    reason = mz_jwt_verify(conf, keys, mz_buf_view(&token), NOW, jwt);

    mz_buf_free(&text);
    mz_buf_free(&token);
    json_decref(patch);
    json_decref(payload);

    return reason;
}


static void
test_claims(void)
{
    size_t           i;
    mz_jwt_t         jwt;
    mz_jwt_conf_t    conf;
    mz_jwt_reason_t  reason;

    conf = conf_new();

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        reason = verify(&conf, rows[i].set, rows[i].drop, &jwt);
        CHECK_ROW(reason == rows[i].reason, "%s: %s", rows[i].why,
                  mz_jwt_reason_name(reason));
        CHECK_ROW((jwt.data != NULL) == (reason == MZ_JWT_OK), "%s",
                  rows[i].why);
        mz_jwt_free(&jwt);
    }
}


static void
test_audiences(void)
{
    size_t           i;
    mz_buf_t         set;
    mz_jwt_t         jwt;
    mz_jwt_conf_t    conf;
    mz_jwt_reason_t  reason;

    mz_buf_init(&set, 0);
    conf = conf_new();

    for (i = 0; i < MZ_ARRAY_LEN(audiences); i++) {
        mz_buf_reset(&set);
        mz_buf_addf(&set, "{\"aud\":%s,\"client_id\":\"" CLIENT "\"}",
                    audiences[i].aud);
        conf.audiences[0] = mz_str_from(audiences[i].configured);

        reason = verify(&conf, mz_buf_cstr(&set), NULL, &jwt);
        CHECK_ROW(reason == audiences[i].reason, "%s: %s", audiences[i].why,
                  mz_jwt_reason_name(reason));
        CHECK_ROW(!jwt.is_by_client_id, "%s", audiences[i].why);
        mz_jwt_free(&jwt);

        /* One of several. */

        conf.audiences[1] = conf.audiences[0];
        conf.audiences[0] = mz_str("https://old.example");
        conf.naudiences = 2;
        reason = verify(&conf, mz_buf_cstr(&set), NULL, &jwt);
        CHECK_ROW(reason == audiences[i].reason, "%s, second: %s",
                  audiences[i].why, mz_jwt_reason_name(reason));
        mz_jwt_free(&jwt);

        conf.naudiences = 1;
    }

    conf = conf_new();
    CHECK(verify(&conf, "{}", "aud", &jwt) == MZ_JWT_AUDIENCE);

    conf.naudiences = 0;
    CHECK(verify(&conf, "{}", NULL, &jwt) == MZ_JWT_AUDIENCE);

    mz_buf_free(&set);
}


/* A token for 64 resources is for ours, too; one for more is for nobody. */

static void
test_many_audiences(void)
{
    size_t         i, k;
    mz_buf_t       set;
    mz_jwt_t       jwt;
    mz_jwt_conf_t  conf;

    static const size_t  counts[] = { 64, 65 };

    conf = conf_new();

    for (i = 0; i < MZ_ARRAY_LEN(counts); i++) {
        mz_buf_init(&set, 0);
        mz_buf_add_c(&set, "{\"aud\":[\"" AUDIENCE "\"");

        for (k = 1; k < counts[i]; k++) {
            mz_buf_addf(&set, ",\"%zu\"", k);
        }

        mz_buf_add_c(&set, "]}");
        CHECK_ROW(verify(&conf, mz_buf_cstr(&set), NULL, &jwt)
                  == (i == 0 ? MZ_JWT_OK : MZ_JWT_AUDIENCE), "%zu",
                  counts[i]);
        mz_jwt_free(&jwt);
        mz_buf_free(&set);
    }
}


/* The environment's client id as an audience: only where it is asked for. */

static void
test_client_id(void)
{
    size_t           i;
    mz_jwt_t         jwt;
    mz_jwt_conf_t    conf;
    mz_jwt_reason_t  reason;

    static const struct {
        const char       *set;
        mz_jwt_reason_t   reason;
        bool              is_by_client_id;
    } table[] = {
        { "{\"aud\":\"" CLIENT "\"}", MZ_JWT_OK, true },
        { "{\"aud\":[\"x\",\"" CLIENT "\"]}", MZ_JWT_OK, true },
        { "{\"aud\":[\"" CLIENT "\",\"" AUDIENCE "\"]}", MZ_JWT_OK, false },
        { "{\"aud\":\"" AUDIENCE "\"}", MZ_JWT_OK, false },
        { "{\"aud\":\"" CLIENT "/\"}", MZ_JWT_AUDIENCE, false },
        { "{\"aud\":\"" CLIENT "2\"}", MZ_JWT_AUDIENCE, false },
        { "{\"aud\":\"x\",\"client_id\":\"" CLIENT "\"}", MZ_JWT_AUDIENCE,
          false }
    };

    conf = conf_new();
    conf.client_id = mz_str(CLIENT);

    for (i = 0; i < MZ_ARRAY_LEN(table); i++) {
        reason = verify(&conf, table[i].set, NULL, &jwt);
        CHECK_ROW(reason == table[i].reason, "%s: %s", table[i].set,
                  mz_jwt_reason_name(reason));
        CHECK_ROW(jwt.is_by_client_id == table[i].is_by_client_id, "%s",
                  table[i].set);
        mz_jwt_free(&jwt);
    }

    /* Without any resource of our own, it is all there is. */

    conf.naudiences = 0;
    CHECK(verify(&conf, table[0].set, NULL, &jwt) == MZ_JWT_OK);
    mz_jwt_free(&jwt);
}


static void
test_project(void)
{
    size_t         i;
    mz_jwt_t       jwt;
    mz_jwt_conf_t  conf;

    static const char *const  none[] = {
        "{}", "{\"team\":\"\"}", "{\"team\":null}", "{\"org_id\":\"o\"}",
        "{\"Team\":\"t\"}", "{\"teams\":\"t\"}", "{\"\":\"t\"}"
    };

    conf = conf_new();
    conf.project_claim = mz_str("team");

    for (i = 0; i < MZ_ARRAY_LEN(none); i++) {
        conf.is_project_required = false;
        CHECK_ROW(verify(&conf, none[i], NULL, &jwt) == MZ_JWT_OK, "%s",
                  none[i]);
        CHECK_STR(jwt.project, "");
        mz_jwt_free(&jwt);

        conf.is_project_required = true;
        CHECK_ROW(verify(&conf, none[i], NULL, &jwt) == MZ_JWT_CLAIM, "%s",
                  none[i]);
    }

    CHECK(verify(&conf, "{\"team\":\"t\"}", NULL, &jwt) == MZ_JWT_OK);
    CHECK_STR(jwt.project, "t");
    mz_jwt_free(&jwt);

    /* No claim is configured. */

    conf.project_claim = mz_null_str;
    CHECK(verify(&conf, "{\"\":\"t\"}", NULL, &jwt) == MZ_JWT_CLAIM);
}


static void
test_scopes(void)
{
    size_t           i;
    mz_jwt_t         jwt;
    mz_jwt_conf_t    conf;
    mz_jwt_reason_t  reason;

    for (i = 0; i < MZ_ARRAY_LEN(scopes); i++) {
        conf = conf_new();
        conf.scopes = mz_str_from(scopes[i].needed);
        reason = verify(&conf, scopes[i].set, NULL, &jwt);
        CHECK_ROW(reason == scopes[i].reason, "%s: %s", scopes[i].why,
                  mz_jwt_reason_name(reason));

        if (reason == MZ_JWT_OK && scopes[i].scopes != NULL) {
            CHECK_STR(jwt.scopes, scopes[i].scopes);
        }

        mz_jwt_free(&jwt);
    }
}


static void
test_required(void)
{
    size_t           i;
    mz_jwt_t         jwt;
    mz_jwt_conf_t    conf;
    mz_jwt_reason_t  reason;

    for (i = 0; i < MZ_ARRAY_LEN(claims); i++) {
        conf = conf_new();
        conf.claims[0].name = mz_str("iss");
        conf.claims[0].value = mz_str(ISSUER);
        conf.claims[1].name = mz_str_from(claims[i].name);
        conf.claims[1].value = mz_str_from(claims[i].value);
        conf.nclaims = 2;
        reason = verify(&conf, claims[i].set, NULL, &jwt);
        CHECK_ROW(reason == claims[i].reason, "%s: %s", claims[i].why,
                  mz_jwt_reason_name(reason));
        mz_jwt_free(&jwt);
    }
}


static void
test_result(void)
{
    mz_jwt_t        jwt;
    mz_jwt_conf_t   conf;
    mz_principal_t  p, same;

    conf = conf_new();

    CHECK(verify(&conf, "{\"org_id\":\"org_1\",\"scope\":\"read run\","
                 "\"client_id\":\"c\",\"azp\":\"z\",\"exp\":1781525100.9}",
                 NULL, &jwt)
          == MZ_JWT_OK);
    CHECK_STR(jwt.issuer, ISSUER);
    CHECK_STR(jwt.subject, "user_1");
    CHECK_STR(jwt.project, "org_1");
    CHECK_STR(jwt.scopes, "read run");
    CHECK_STR(jwt.client_id, "c");
    CHECK(jwt.expires_s == 1781525100);

    CHECK(mz_jwt_principal(&jwt, &p) == MZ_OK);
    same = (mz_principal_t) { .issuer = mz_str(ISSUER),
                              .subject = mz_str("user_1"),
                              .project = mz_str("org_1") };
    CHECK(mz_principal_set_scope(&same) == MZ_OK);
    CHECK(strcmp(p.scope, same.scope) == 0);
    CHECK(mz_principal_has(&p, mz_str("run")));
    CHECK(!mz_principal_has(&p, mz_str("ru")));
    mz_jwt_free(&jwt);
    CHECK(jwt.data == NULL && jwt.subject.len == 0);
    mz_jwt_free(&jwt);

    CHECK(verify(&conf, "{\"azp\":\"z\"}", NULL, &jwt) == MZ_JWT_OK);
    CHECK_STR(jwt.client_id, "z");
    CHECK_STR(jwt.scopes, "");
    mz_jwt_free(&jwt);

    CHECK(verify(&conf, "{}", NULL, &jwt) == MZ_JWT_OK);
    CHECK(jwt.client_id.data == NULL);
    CHECK(jwt.project.data != NULL && jwt.project.len == 0);
    mz_jwt_free(&jwt);
}


static void
test_leeway(void)
{
    mz_jwt_t       jwt;
    mz_jwt_conf_t  conf;

    conf = conf_new();
    conf.leeway_s = 0;

    CHECK(verify(&conf, "{\"exp\":1781524800}", NULL, &jwt)
          == MZ_JWT_EXPIRED);
    CHECK(verify(&conf, "{\"exp\":1781524801}", NULL, &jwt) == MZ_JWT_OK);
    mz_jwt_free(&jwt);
    CHECK(verify(&conf, "{\"nbf\":1781524801}", NULL, &jwt)
          == MZ_JWT_NOT_YET);
    CHECK(verify(&conf, "{\"nbf\":1781524800}", NULL, &jwt) == MZ_JWT_OK);
    mz_jwt_free(&jwt);

    conf.leeway_s = 3600;
    CHECK(verify(&conf, "{\"exp\":1781521201,\"nbf\":1781528400}", NULL,
                 &jwt)
          == MZ_JWT_OK);
    mz_jwt_free(&jwt);
}


static const mz_test_t  tests[] = {
    { "keys are there", make_keys },
    { "claims", test_claims },
    { "audiences", test_audiences },
    { "many audiences", test_many_audiences },
    { "the client id as an audience", test_client_id },
    { "the project", test_project },
    { "scopes", test_scopes },
    { "required claims", test_required },
    { "what is known of a good token", test_result },
    { "the leeway", test_leeway },
    { "keys are gone", free_keys }
};

MZ_TEST_MAIN(tests)
