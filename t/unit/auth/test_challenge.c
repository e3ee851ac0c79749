
#include "auth/challenge.h"
#include "base/mz_json.h"
#include "base/mz_str.h"
#include "test.h"


#define RESOURCE  "https://mcp.example.com/mcp"
#define SERVER    "https://as.example"
#define METADATA                                                              \
    "https://mcp.example.com/.well-known/oauth-protected-resource/mcp"


typedef struct {
    const char      *why;
    const char      *url;
    bool             is_good;
} url_row_t;

typedef struct {
    const char      *resource;
    const char      *metadata;
} metadata_row_t;

typedef struct {
    const char      *why;
    const char      *scopes;
    bool             is_good;
} scopes_row_t;

typedef struct {
    mz_challenge_t   kind;
    bool             has_conf;
    const char      *configured;        /* scopes */
    const char      *scopes;
    const char      *description;
    const char      *want;
} challenge_row_t;


static const url_row_t  urls[] = {
    { "https", RESOURCE, true },
    { "http", "http://127.0.0.1:8443/mcp", true },
    { "an address of IPv6", "http://[::1]:8443/mcp", true },
    { "only a host", "https://mcp.example.com", true },
    { "a slash", "https://mcp.example.com/", true },
    { "percent-encoded", "https://mcp.example.com/m%20cp/~a;b=1,(c)", true },
    { "nothing", "", false },
    { "only a scheme", "https://", false },
    { "no host", "https:///mcp", false },
    { "a query for a host", "https://?x", false },
    { "a port for a host", "https://:443/mcp", false },
    { "a user", "https://user@mcp.example.com/mcp", false },
    { "no scheme", "mcp.example.com/mcp", false },
    { "a path", "/mcp", false },
    { "another scheme", "ftp://mcp.example.com/", false },
    { "a scheme in capitals", "HTTPS://mcp.example.com/mcp", false },
    { "a fragment", RESOURCE "#x", false },
    { "an empty fragment", RESOURCE "#", false },
    { "a quote", RESOURCE "\"", false },
    { "a backslash", RESOURCE "\\", false },
    { "a blank", RESOURCE " x", false },
    { "a line feed", RESOURCE "\nx", false },
    { "a header", RESOURCE "\r\nX-Evil: 1", false },
    { "DEL", RESOURCE "\x7f", false },
    { "not ASCII", "https://m\xc3\xbc.example/mcp", false },
    { "angle brackets", RESOURCE "<x>", false },
    { "braces", "https://{host}/mcp", false }
};

static const metadata_row_t  metadata[] = {
    { RESOURCE, METADATA },
    { "https://h.example",
      "https://h.example/.well-known/oauth-protected-resource" },
    { "https://h.example/",
      "https://h.example/.well-known/oauth-protected-resource" },
    { "https://h.example/a/b/",
      "https://h.example/.well-known/oauth-protected-resource/a/b/" },
    { "http://127.0.0.1:9/mcp",
      "http://127.0.0.1:9/.well-known/oauth-protected-resource/mcp" },
    { "http://[::1]:9/mcp",
      "http://[::1]:9/.well-known/oauth-protected-resource/mcp" },
    { "https://h.example/mcp?x=/1",
      "https://h.example/.well-known/oauth-protected-resource/mcp?x=/1" },
    { "https://h.example?x=/1",
      "https://h.example/.well-known/oauth-protected-resource?x=/1" },
    { "https://h.example/?x=/1",
      "https://h.example/.well-known/oauth-protected-resource?x=/1" }
};

static const scopes_row_t  scopes[] = {
    { "one", "analytics:read", true },
    { "two", "analytics:read analytics:run", true },
    { "all characters there are", "!#$%&'()*+,-./:;<=>?@[]^_`{|}~", true },
    { "a blank before", " a", false },
    { "a blank behind", "a ", false },
    { "two blanks", "a  b", false },
    { "a tab", "a\tb", false },
    { "a quote", "a\"b", false },
    { "a backslash", "a\\b", false },
    { "not ASCII", "\xc3\xa4", false },
    { "a line feed", "a\nb", false }
};

static const challenge_row_t  challenges[] = {
    { MZ_CHALLENGE_NONE, true, NULL, NULL, NULL,
      "Bearer resource_metadata=\"" METADATA "\"" },
    { MZ_CHALLENGE_NONE, true, "read run", NULL, "ignored",
      "Bearer scope=\"read run\", resource_metadata=\"" METADATA "\"" },
    { MZ_CHALLENGE_NONE, true, "read run", "read", NULL,
      "Bearer scope=\"read\", resource_metadata=\"" METADATA "\"" },
    { MZ_CHALLENGE_NONE, false, NULL, NULL, NULL, "Bearer" },
    { MZ_CHALLENGE_NONE, false, NULL, "read", NULL,
      "Bearer scope=\"read\"" },
    { MZ_CHALLENGE_REQUEST, true, "read", "read", "two tokens",
      "Bearer error=\"invalid_request\", error_description=\"two tokens\", "
      "resource_metadata=\"" METADATA "\"" },
    { MZ_CHALLENGE_TOKEN, true, "read", NULL, "the token has expired",
      "Bearer error=\"invalid_token\", error_description=\"the token has "
      "expired\", scope=\"read\", resource_metadata=\"" METADATA "\"" },
    { MZ_CHALLENGE_TOKEN, true, NULL, NULL, NULL,
      "Bearer error=\"invalid_token\", resource_metadata=\"" METADATA "\"" },
    { MZ_CHALLENGE_TOKEN, false, NULL, NULL, NULL,
      "Bearer error=\"invalid_token\"" },
    { MZ_CHALLENGE_SCOPE, true, "read", "read run", "another scope is needed",
      "Bearer error=\"insufficient_scope\", error_description=\"another "
      "scope is needed\", scope=\"read run\", resource_metadata=\""
      METADATA "\"" },

    /* What would leave its quotes is left out. */

    { MZ_CHALLENGE_TOKEN, false, NULL, NULL, "a \"quote\"",
      "Bearer error=\"invalid_token\"" },
    { MZ_CHALLENGE_TOKEN, false, NULL, NULL, "a \\",
      "Bearer error=\"invalid_token\"" },
    { MZ_CHALLENGE_TOKEN, false, NULL, NULL, "a\r\nSet-Cookie: b",
      "Bearer error=\"invalid_token\"" },
    { MZ_CHALLENGE_TOKEN, false, NULL, NULL, "\xc3\xa4",
      "Bearer error=\"invalid_token\"" },
    { MZ_CHALLENGE_TOKEN, false, NULL, "a\"b", NULL,
      "Bearer error=\"invalid_token\"" },
    { MZ_CHALLENGE_TOKEN, false, NULL, "a  b", NULL,
      "Bearer error=\"invalid_token\"" },
    { MZ_CHALLENGE_TOKEN, false, NULL, "a\nb", NULL,
      "Bearer error=\"invalid_token\"" }
};


static mz_resource_conf_t
conf_new(void)
{
    mz_resource_conf_t  conf;

    memset(&conf, 0, sizeof(mz_resource_conf_t));
    conf.resource = mz_str(RESOURCE);
    conf.servers[0] = mz_str(SERVER);
    conf.nservers = 1;

    return conf;
}


static void
check(const mz_resource_conf_t *conf, bool is_good, const char *what,
    const char *why)
{
    mz_rc_t   rc;
    mz_err_t  err;

    err.msg[0] = '\0';
    rc = mz_resource_check(conf, &err);
    CHECK_ROW(rc == (is_good ? MZ_OK : MZ_INVALID), "%s: %s: %s", what, why,
              err.msg);
    CHECK_ROW(is_good || strstr(err.msg, what) != NULL, "%s: %s: %s", what,
              why, err.msg);
}


static void
test_urls(void)
{
    char                long_url[2048];
    size_t              i;
    mz_resource_conf_t  conf;

    for (i = 0; i < MZ_ARRAY_LEN(urls); i++) {
        conf = conf_new();
        conf.resource = mz_str_from(urls[i].url);
        check(&conf, urls[i].is_good, "resource", urls[i].why);

        conf = conf_new();
        conf.servers[1] = mz_str_from(urls[i].url);
        conf.nservers = 2;
        check(&conf, urls[i].is_good, "authorization_server", urls[i].why);

        conf = conf_new();
        conf.documentation = mz_str_from(urls[i].url);
        check(&conf, urls[i].is_good || urls[i].url[0] == '\0'
              || strchr(urls[i].url, '#') != NULL, "documentation",
              urls[i].why);
    }

    conf = conf_new();
    conf.resource = mz_str(RESOURCE "?a=b");
    check(&conf, true, "resource", "a query");
    conf = conf_new();
    conf.servers[0] = mz_str(SERVER "?a=b");
    check(&conf, false, "authorization_server", "a query");
    conf = conf_new();
    conf.nservers = 0;
    check(&conf, false, "authorization_server", "none");

    conf = conf_new();
    memset(long_url, 'a', sizeof(long_url));
    memcpy(long_url, "https://", 8);
    conf.resource = (mz_str_t) { long_url, sizeof(long_url) };
    check(&conf, false, "resource", "2 KB");
    conf.resource = mz_null_str;
    check(&conf, false, "resource", "none");
    CHECK(mz_resource_check(&conf, NULL) == MZ_INVALID);
}


static void
test_words(void)
{
    size_t              i;
    mz_resource_conf_t  conf;

    for (i = 0; i < MZ_ARRAY_LEN(scopes); i++) {
        conf = conf_new();
        conf.scopes = mz_str_from(scopes[i].scopes);
        check(&conf, scopes[i].is_good, "scopes", scopes[i].why);
    }

    conf = conf_new();
    conf.name = mz_str("Analytics \"M\xc3\xbcnchen\"");
    check(&conf, true, "name", "letters");
    conf.name = mz_str("a\nb");
    check(&conf, false, "name", "two lines");
    conf.name = mz_str("\xff");
    check(&conf, false, "name", "no UTF-8");
}


static void
test_metadata_url(void)
{
    size_t              i;
    mz_buf_t            out;
    mz_resource_conf_t  conf;

    mz_buf_init(&out, 0);

    for (i = 0; i < MZ_ARRAY_LEN(metadata); i++) {
        conf = conf_new();
        conf.resource = mz_str_from(metadata[i].resource);
        mz_buf_reset(&out);
        mz_resource_metadata_url(&conf, &out);
        CHECK_STR(mz_buf_view(&out), metadata[i].metadata);
    }

    mz_buf_free(&out);
}


static void
test_document(void)
{
    json_t              *json, *want;
    mz_err_t             err;
    mz_buf_t             out;
    mz_resource_conf_t   conf;

    mz_buf_init(&out, 0);
    conf = conf_new();
    mz_resource_metadata(&conf, &out);
    CHECK_STR(mz_buf_view(&out), "{\"resource\":\"" RESOURCE "\","
              "\"authorization_servers\":[\"" SERVER "\"],"
              "\"bearer_methods_supported\":[\"header\"]}");

    conf.servers[1] = mz_str("https://as2.example");
    conf.nservers = 2;
    conf.scopes = mz_str("analytics:read analytics:run");
    conf.name = mz_str("Analytics \"M\xc3\xbcnchen\"");
    conf.documentation = mz_str("https://docs.example/");

    mz_buf_reset(&out);
    mz_resource_metadata(&conf, &out);
    CHECK(mz_json_load(mz_buf_view(&out), NULL, &json, &err) == MZ_OK);
    CHECK(mz_json_load(mz_str("{\"resource\":\"" RESOURCE "\","
              "\"authorization_servers\":[\"" SERVER
              "\",\"https://as2.example\"],\"scopes_supported\":"
              "[\"analytics:read\",\"analytics:run\"],"
              "\"bearer_methods_supported\":[\"header\"],\"resource_name\":"
              "\"Analytics \\\"M\xc3\xbcnchen\\\"\","
              "\"resource_documentation\":\"https://docs.example/\"}"), NULL,
              &want, &err) == MZ_OK);
    CHECK_ROW(mz_json_equal(json, want), "%s", mz_buf_cstr(&out));

    json_decref(json);
    json_decref(want);
    mz_buf_free(&out);
}


static void
test_challenges(void)
{
    size_t                  i;
    mz_buf_t                out;
    mz_resource_conf_t      conf;
    const challenge_row_t  *row;

    mz_buf_init(&out, 0);

    for (i = 0; i < MZ_ARRAY_LEN(challenges); i++) {
        row = &challenges[i];
        conf = conf_new();
        conf.scopes = mz_str_from(row->configured);

        mz_buf_reset(&out);
        mz_challenge_write(row->has_conf ? &conf : NULL, row->kind,
                           mz_str_from(row->scopes),
                           mz_str_from(row->description), &out);
        CHECK_STR(mz_buf_view(&out), row->want);
    }

    /* It goes behind what is there, and says when there is no room. */

    mz_buf_reset(&out);
    mz_buf_add_c(&out, "WWW-Authenticate: ");
    mz_challenge_write(NULL, MZ_CHALLENGE_NONE, mz_null_str, mz_null_str,
                       &out);
    CHECK_STR(mz_buf_view(&out), "WWW-Authenticate: Bearer");
    mz_buf_free(&out);

    mz_buf_init(&out, 20);
    conf = conf_new();
    mz_challenge_write(&conf, MZ_CHALLENGE_TOKEN, mz_null_str, mz_null_str,
                       &out);
    CHECK(out.rc == MZ_LIMIT);
    mz_buf_free(&out);
}


static const mz_test_t  tests[] = {
    { "URLs of a configuration", test_urls },
    { "scopes and names of a configuration", test_words },
    { "where the metadata is", test_metadata_url },
    { "the metadata document", test_document },
    { "challenges", test_challenges }
};

MZ_TEST_MAIN(tests)
