
#include <errno.h>

#include "agent/work/redis_url.h"
#include "base/mz_str.h"


static mz_rc_t mz_redis_url_tcp(mz_redis_url_t *u, mz_str_t s,
    mz_err_t *err);
static mz_rc_t mz_redis_url_unix(mz_redis_url_t *u, mz_str_t s,
    mz_err_t *err);
static mz_rc_t mz_redis_url_userinfo(mz_redis_url_t *u, mz_str_t s,
    mz_err_t *err);
static mz_rc_t mz_redis_url_port(mz_redis_url_t *u, mz_str_t s,
    mz_err_t *err);
static mz_rc_t mz_redis_url_db(mz_redis_url_t *u, mz_str_t s, mz_err_t *err);
static mz_rc_t mz_redis_url_text(char *out, mz_str_t s, const char *what,
    mz_err_t *err);
static size_t mz_redis_url_rfind(mz_str_t s, char c);
static int mz_redis_url_hex(char c);


mz_rc_t
mz_redis_url_parse(mz_redis_url_t *u, mz_str_t url, mz_err_t *err)
{
    mz_rc_t   rc;
    mz_str_t  rest;

    memset(u, 0, sizeof(*u));
    u->port = MZ_REDIS_PORT;
    rest = url;

    if (mz_str_has_prefix(url, mz_str("redis://"))) {
        rest.data += 8;
        rest.len -= 8;
        rc = mz_redis_url_tcp(u, rest, err);

    } else if (mz_str_has_prefix(url, mz_str("unix:"))) {
        rest.data += 5;
        rest.len -= 5;
        rc = mz_redis_url_unix(u, rest, err);

    } else if (mz_str_has_prefix(url, mz_str("rediss://"))) {
        return mz_fail(err, MZ_INVALID, "rediss:// is not supported: put a "
                       "TLS tunnel on this machine and use redis:// or "
                       "unix: to reach it");

    } else {
        return mz_fail(err, MZ_INVALID, "a Redis address looks like "
                       "redis://host:port/db or unix:/path/redis.sock");
    }

    if (rc != MZ_OK) {
        return rc;
    }

    if (u->path[0] != '\0') {
        snprintf(u->label, sizeof(u->label), "unix:%s", u->path);

    } else {
        snprintf(u->label, sizeof(u->label), "%s:%d", u->host, u->port);
    }

    return MZ_OK;
}


mz_rc_t
mz_redis_url_password_file(mz_redis_url_t *u, const char *path, mz_err_t *err)
{
    char    line[MZ_REDIS_TEXT_MAX + 2];
    FILE   *f;
    char   *got;

    f = fopen(path, "re");
    if (f == NULL) {
        return mz_fail(err, MZ_INVALID, "cannot read the Redis password "
                       "file: %s", strerror(errno));
    }

    got = fgets(line, sizeof(line), f);
    fclose(f);

    if (got == NULL) {
        return mz_fail(err, MZ_INVALID, "the Redis password file is empty");
    }

    line[strcspn(line, "\r\n")] = '\0';

    return mz_redis_url_set_password(u, mz_str_from(line), err);
}


mz_rc_t
mz_redis_url_set_password(mz_redis_url_t *u, mz_str_t password,
    mz_err_t *err)
{
    if (password.len == 0 || password.len >= sizeof(u->password)) {
        return mz_fail(err, MZ_INVALID, "the Redis password is empty or "
                       "longer than %d bytes", MZ_REDIS_TEXT_MAX - 1);
    }

    memcpy(u->password, password.data, password.len);
    u->password[password.len] = '\0';

    return MZ_OK;
}


static mz_rc_t
mz_redis_url_tcp(mz_redis_url_t *u, mz_str_t s, mz_err_t *err)
{
    size_t    at, slash, colon;
    mz_rc_t   rc;
    mz_str_t  part;

    at = mz_redis_url_rfind(s, '@');
    if (at != SIZE_MAX) {
        part = (mz_str_t) { s.data, at };
        s = (mz_str_t) { s.data + at + 1, s.len - at - 1 };

        rc = mz_redis_url_userinfo(u, part, err);
        if (rc != MZ_OK) {
            return rc;
        }
    }

    slash = mz_str_find(s, mz_str("/"), 0);
    if (slash != SIZE_MAX) {
        part = (mz_str_t) { s.data + slash + 1, s.len - slash - 1 };
        s.len = slash;

        rc = part.len == 0 ? MZ_OK : mz_redis_url_db(u, part, err);
        if (rc != MZ_OK) {
            return rc;
        }
    }

    if (s.len > 0 && s.data[0] == '[') {
        colon = mz_str_find(s, mz_str("]"), 0);
        if (colon == SIZE_MAX) {
            return mz_fail(err, MZ_INVALID, "the Redis address has a [ "
                           "without its ]");
        }

        part = (mz_str_t) { s.data + 1, colon - 1 };
        s = (mz_str_t) { s.data + colon + 1, s.len - colon - 1 };

    } else {
        colon = mz_str_find(s, mz_str(":"), 0);
        part = (mz_str_t) { s.data, colon == SIZE_MAX ? s.len : colon };
        s = (mz_str_t) { s.data + part.len, s.len - part.len };
    }

    if (part.len == 0) {
        return mz_fail(err, MZ_INVALID, "the Redis address has no host");
    }

    rc = mz_redis_url_text(u->host, part, "host", err);
    if (rc != MZ_OK || s.len == 0) {
        return rc;
    }

    return mz_redis_url_port(u, s, err);
}


static mz_rc_t
mz_redis_url_unix(mz_redis_url_t *u, mz_str_t s, mz_err_t *err)
{
    size_t    mark;
    mz_rc_t   rc;
    mz_str_t  query, part;

    query = mz_null_str;
    mark = mz_str_find(s, mz_str("?"), 0);
    if (mark != SIZE_MAX) {
        query = (mz_str_t) { s.data + mark + 1, s.len - mark - 1 };
        s.len = mark;
    }

    if (s.len == 0 || s.data[0] != '/') {
        return mz_fail(err, MZ_INVALID, "unix: wants an absolute path");
    }

    rc = mz_redis_url_text(u->path, s, "path", err);

    while (rc == MZ_OK && mz_str_split(&query, '&', &part)) {

        if (mz_str_has_prefix(part, mz_str("db="))) {
            part = (mz_str_t) { part.data + 3, part.len - 3 };
            rc = mz_redis_url_db(u, part, err);

        } else if (mz_str_has_prefix(part, mz_str("user="))) {
            part = (mz_str_t) { part.data + 5, part.len - 5 };
            rc = mz_redis_url_text(u->user, part, "user", err);

        } else {
            rc = mz_fail(err, MZ_INVALID, "the parameters of a unix: "
                         "address are db and user");
        }
    }

    return rc;
}


static mz_rc_t
mz_redis_url_userinfo(mz_redis_url_t *u, mz_str_t s, mz_err_t *err)
{
    size_t    colon;
    mz_rc_t   rc;
    mz_str_t  part;

    colon = mz_str_find(s, mz_str(":"), 0);
    if (colon == SIZE_MAX) {
        return mz_redis_url_text(u->user, s, "user", err);
    }

    part = (mz_str_t) { s.data, colon };
    rc = mz_redis_url_text(u->user, part, "user", err);
    if (rc != MZ_OK) {
        return rc;
    }

    part = (mz_str_t) { s.data + colon + 1, s.len - colon - 1 };

    return mz_redis_url_text(u->password, part, "password", err);
}


static mz_rc_t
mz_redis_url_port(mz_redis_url_t *u, mz_str_t s, mz_err_t *err)
{
    int64_t  v;

    s.data++;
    s.len--;

    if (s.data[-1] != ':' || mz_str_to_int(s, &v) != MZ_OK || v < 1
        || v > 65535)
    {
        return mz_fail(err, MZ_INVALID, "the port of the Redis address is "
                       "not a number from 1 to 65535");
    }

    u->port = (int) v;

    return MZ_OK;
}


static mz_rc_t
mz_redis_url_db(mz_redis_url_t *u, mz_str_t s, mz_err_t *err)
{
    int64_t  v;

    if (mz_str_to_int(s, &v) != MZ_OK || v < 0 || v > MZ_REDIS_DB_MAX) {
        return mz_fail(err, MZ_INVALID, "the database of the Redis address "
                       "is not a number");
    }

    u->db = (int) v;

    return MZ_OK;
}


/* Percent-decoded; a NUL cannot be part of it. */

static mz_rc_t
mz_redis_url_text(char *out, mz_str_t s, const char *what, mz_err_t *err)
{
    int     hi, lo;
    char    c;
    size_t  i, n;

    for (i = 0, n = 0; i < s.len; i++) {
        c = s.data[i];

        if (c == '%') {
            hi = s.len - i > 2 ? mz_redis_url_hex(s.data[i + 1]) : -1;
            lo = s.len - i > 2 ? mz_redis_url_hex(s.data[i + 2]) : -1;

            if (hi < 0 || lo < 0) {
                return mz_fail(err, MZ_INVALID, "the %s of the Redis "
                               "address has a %% that is no %%NN", what);
            }

            c = (char) (hi * 16 + lo);
            i += 2;
        }

        if (c == '\0' || n + 1 >= MZ_REDIS_TEXT_MAX) {
            return mz_fail(err, MZ_INVALID, "the %s of the Redis address is "
                           "too long or has a NUL", what);
        }

        out[n++] = c;
    }

    out[n] = '\0';

    return MZ_OK;
}


static size_t
mz_redis_url_rfind(mz_str_t s, char c)
{
    size_t  i;

    for (i = s.len; i > 0; i--) {
        if (s.data[i - 1] == c) {
            return i - 1;
        }
    }

    return SIZE_MAX;
}


static int
mz_redis_url_hex(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }

    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }

    return -1;
}
