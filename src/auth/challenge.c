
#include "auth/challenge.h"
#include "auth/name.h"
#include "base/mz_str.h"
#include "base/mz_utf8.h"


#define MZ_CHALLENGE_WELL_KNOWN  "/.well-known/oauth-protected-resource"
#define MZ_CHALLENGE_URL_MAX     1024
#define MZ_CHALLENGE_NAME_MAX    256
#define MZ_CHALLENGE_SCOPES_MAX  1024


/* RFC 6750 3.1; a request without a token is told of no error. */

static const char *const  mz_challenge_errors[] = {
    [MZ_CHALLENGE_NONE] = NULL,
    [MZ_CHALLENGE_REQUEST] = "invalid_request",
    [MZ_CHALLENGE_TOKEN] = "invalid_token",
    [MZ_CHALLENGE_SCOPE] = "insufficient_scope"
};


static mz_rc_t mz_resource_check_id(const char *what, mz_str_t url,
    mz_err_t *err);
static mz_rc_t mz_resource_check_url(const char *what, mz_str_t url,
    mz_err_t *err);
static mz_rc_t mz_resource_check_words(const mz_resource_conf_t *conf,
    mz_err_t *err);
static size_t mz_resource_host(mz_str_t url);
static size_t mz_resource_path(mz_str_t url);
static bool mz_resource_is_url_text(mz_str_t url);
static bool mz_challenge_is_quotable(mz_str_t s);
static void mz_challenge_param(mz_buf_t *out, const char **sep,
    const char *name, mz_str_t value);
static void mz_resource_member(mz_buf_t *out, const char *name,
    mz_str_t value);
static void mz_resource_array(mz_buf_t *out, const char *name,
    mz_str_t words);


mz_rc_t
mz_resource_check(const mz_resource_conf_t *conf, mz_err_t *err)
{
    size_t   i;
    mz_rc_t  rc;

    rc = mz_resource_check_id("resource", conf->resource, err);

    if (rc == MZ_OK && conf->nservers == 0) {
        rc = mz_fail(err, MZ_INVALID, "no authorization_server is given");
    }

    for (i = 0; i < conf->nservers && rc == MZ_OK; i++) {
        rc = mz_resource_check_id("authorization_server", conf->servers[i],
                                  err);

        if (rc == MZ_OK && memchr(conf->servers[i].data, '?',
                                  conf->servers[i].len))
        {
            rc = mz_fail(err, MZ_INVALID, "authorization_server is an issuer: "
                         "it has no query");
        }
    }

    if (rc == MZ_OK && conf->documentation.len > 0) {
        rc = mz_resource_check_url("documentation", conf->documentation, err);
    }

    return rc == MZ_OK ? mz_resource_check_words(conf, err) : rc;
}


/*
 * The well-known path goes between host and path; a path that is only a
 * slash is none (RFC 9728 3.1).
 */

void
mz_resource_metadata_url(const mz_resource_conf_t *conf, mz_buf_t *out)
{
    size_t    at;
    mz_str_t  rest;

    at = mz_resource_path(conf->resource);

    rest.data = conf->resource.data + at;
    rest.len = conf->resource.len - at;

    if (rest.len > 0 && rest.data[0] == '/'
        && (rest.len == 1 || rest.data[1] == '?'))
    {
        rest.data++;
        rest.len--;
    }

    mz_buf_add(out, conf->resource.data, at);
    mz_buf_add_c(out, MZ_CHALLENGE_WELL_KNOWN);
    mz_buf_add_str(out, rest);
}


void
mz_resource_metadata(const mz_resource_conf_t *conf, mz_buf_t *out)
{
    size_t  i;

    mz_buf_add_c(out, "{\"resource\":");
    mz_buf_add_json_str(out, conf->resource);
    mz_buf_add_c(out, ",\"authorization_servers\":[");

    for (i = 0; i < conf->nservers; i++) {
        mz_buf_add(out, ",", i > 0);
        mz_buf_add_json_str(out, conf->servers[i]);
    }

    mz_buf_add_c(out, "]");
    mz_resource_array(out, "scopes_supported", conf->scopes);
    mz_resource_array(out, "bearer_methods_supported", mz_str("header"));
    mz_resource_member(out, "resource_name", conf->name);
    mz_resource_member(out, "resource_documentation", conf->documentation);
    mz_buf_add_c(out, "}");
}


/* Of a parameter that cannot be written as it is, nothing is written. */

void
mz_challenge_write(const mz_resource_conf_t *conf, mz_challenge_t kind,
    mz_str_t scopes, mz_str_t description, mz_buf_t *out)
{
    mz_buf_t     url;
    const char  *sep;

    sep = " ";
    mz_buf_add_c(out, "Bearer");

    if (mz_challenge_errors[kind] != NULL) {
        mz_challenge_param(out, &sep, "error",
                           mz_str_from(mz_challenge_errors[kind]));
        mz_challenge_param(out, &sep, "error_description", description);
    }

    if (scopes.len == 0 && conf != NULL) {
        scopes = conf->scopes;
    }

    /* No scope mends a request that is wrong in itself. */

    if (kind != MZ_CHALLENGE_REQUEST && mz_name_is_scopes(scopes)) {
        mz_challenge_param(out, &sep, "scope", scopes);
    }

    if (conf != NULL) {
        mz_buf_init(&url, 0);
        mz_resource_metadata_url(conf, &url);

        if (url.rc == MZ_OK) {
            mz_challenge_param(out, &sep, "resource_metadata",
                               mz_buf_view(&url));

        } else if (out->rc == MZ_OK) {
            out->rc = url.rc;
        }

        mz_buf_free(&url);
    }
}


/* A URL that names something, to be compared byte by byte. */

static mz_rc_t
mz_resource_check_id(const char *what, mz_str_t url, mz_err_t *err)
{
    if (url.len > 0 && memchr(url.data, '#', url.len)) {
        return mz_fail(err, MZ_INVALID, "%s must not have a fragment (#)",
                       what);
    }

    return mz_resource_check_url(what, url, err);
}


static mz_rc_t
mz_resource_check_url(const char *what, mz_str_t url, mz_err_t *err)
{
    size_t    host, path;
    mz_str_t  authority;

    host = mz_resource_host(url);

    if (host == 0) {
        return mz_fail(err, MZ_INVALID, "%s must be an absolute URL that "
                       "begins with https:// (or http://)", what);
    }

    path = mz_resource_path(url);
    authority = (mz_str_t) { url.data + host, path - host };

    if (authority.len == 0 || authority.data[0] == ':'
        || memchr(authority.data, '@', authority.len))
    {
        return mz_fail(err, MZ_INVALID, "%s must have a host, and no user "
                       "before it", what);
    }

    if (url.len > MZ_CHALLENGE_URL_MAX || !mz_resource_is_url_text(url)) {
        return mz_fail(err, MZ_INVALID, "%s has characters that a URL has "
                       "only percent-encoded, or is longer than %d", what,
                       MZ_CHALLENGE_URL_MAX);
    }

    return MZ_OK;
}


static mz_rc_t
mz_resource_check_words(const mz_resource_conf_t *conf, mz_err_t *err)
{
    if (conf->scopes.len > 0
        && (conf->scopes.len > MZ_CHALLENGE_SCOPES_MAX
            || !mz_name_is_scopes(conf->scopes)))
    {
        return mz_fail(err, MZ_INVALID, "scopes are words of visible ASCII "
                       "without quotes and backslashes, each divided from "
                       "the next by one space, %d characters at most",
                       MZ_CHALLENGE_SCOPES_MAX);
    }

    if (conf->name.len > 0
        && (conf->name.len > MZ_CHALLENGE_NAME_MAX
            || !mz_utf8_is_valid(conf->name)
            || !mz_name_is_plain(conf->name)))
    {
        return mz_fail(err, MZ_INVALID, "name is no plain text of at most %d "
                       "bytes in UTF-8", MZ_CHALLENGE_NAME_MAX);
    }

    return MZ_OK;
}


/* Offset of the host; 0: no URL of ours. */

static size_t
mz_resource_host(mz_str_t url)
{
    size_t  i;

    static const mz_str_t  schemes[] = {
        { "https://", 8 }, { "http://", 7 }
    };

    for (i = 0; i < MZ_ARRAY_LEN(schemes); i++) {
        if (mz_str_has_prefix(url, schemes[i])) {
            return schemes[i].len;
        }
    }

    return 0;
}


/* Offset of what follows the authority. */

static size_t
mz_resource_path(mz_str_t url)
{
    size_t  i;

    for (i = mz_resource_host(url); i < url.len; i++) {
        if (url.data[i] == '/' || url.data[i] == '?') {
            break;
        }
    }

    return i;
}


/* The characters of RFC 3986: none of them needs a backslash in quotes. */

static bool
mz_resource_is_url_text(mz_str_t url)
{
    size_t  i;

    for (i = 0; i < url.len; i++) {
        if (url.data[i] <= ' ' || url.data[i] > '~'
            || memchr("\"<>\\^`{|}", url.data[i], 9))
        {
            return false;
        }
    }

    return true;
}


/* %x20-21 / %x23-5B / %x5D-7E (RFC 6750 3). */

static bool
mz_challenge_is_quotable(mz_str_t s)
{
    size_t  i;

    for (i = 0; i < s.len; i++) {
        if (s.data[i] < ' ' || s.data[i] > '~' || s.data[i] == '"'
            || s.data[i] == '\\')
        {
            return false;
        }
    }

    return s.len > 0;
}


static void
mz_challenge_param(mz_buf_t *out, const char **sep, const char *name,
    mz_str_t value)
{
    if (!mz_challenge_is_quotable(value)) {
        return;
    }

    mz_buf_add_c(out, *sep);
    mz_buf_add_c(out, name);
    mz_buf_add_c(out, "=\"");
    mz_buf_add_str(out, value);
    mz_buf_add_char(out, '"');

    *sep = ", ";
}


static void
mz_resource_member(mz_buf_t *out, const char *name, mz_str_t value)
{
    if (value.len > 0) {
        mz_buf_addf(out, ",\"%s\":", name);
        mz_buf_add_json_str(out, value);
    }
}


static void
mz_resource_array(mz_buf_t *out, const char *name, mz_str_t words)
{
    char      before;
    mz_str_t  word;

    if (words.len == 0) {
        return;
    }

    mz_buf_addf(out, ",\"%s\":", name);
    before = '[';

    while (mz_str_split(&words, ' ', &word)) {
        mz_buf_add_char(out, before);
        mz_buf_add_json_str(out, word);
        before = ',';
    }

    mz_buf_add_char(out, ']');
}
