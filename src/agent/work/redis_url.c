
#include <errno.h>

#include "agent/work/redis_url.h"
#include "base/mz_str.h"


typedef enum {
    MZ_REDIS_URL_SERVER,
    MZ_REDIS_URL_UNIX,
    MZ_REDIS_URL_SENTINEL
} mz_redis_url_kind_t;

typedef struct {
    const char           *prefix;
    mz_redis_url_kind_t   kind;
    bool                  is_tls;
} mz_redis_url_scheme_t;

static const mz_redis_url_scheme_t  mz_redis_url_schemes[] = {
    { "redis://",           MZ_REDIS_URL_SERVER,   false },
    { "rediss://",          MZ_REDIS_URL_SERVER,   true },
    { "unix:",              MZ_REDIS_URL_UNIX,     false },
    { "redis+sentinel://",  MZ_REDIS_URL_SENTINEL, false },
    { "rediss+sentinel://", MZ_REDIS_URL_SENTINEL, true },
};

static mz_rc_t mz_redis_url_server(mz_redis_url_t *u, mz_str_t s,
    mz_err_t *err);
static mz_rc_t mz_redis_url_sentinel(mz_redis_url_t *u, mz_str_t s,
    mz_err_t *err);
static mz_rc_t mz_redis_url_unix(mz_redis_url_t *u, mz_str_t s,
    mz_err_t *err);
static mz_rc_t mz_redis_url_userinfo(mz_redis_url_t *u, mz_str_t *s,
    mz_err_t *err);
static mz_rc_t mz_redis_url_addr(mz_redis_url_t *u, mz_str_t s, int port,
    mz_err_t *err);
static mz_rc_t mz_redis_url_port(mz_str_t s, int *out, mz_err_t *err);
static mz_rc_t mz_redis_url_db(mz_redis_url_t *u, mz_str_t s, mz_err_t *err);
static mz_rc_t mz_redis_url_text(char *out, size_t size, mz_str_t s,
    const char *what, mz_err_t *err);
static void mz_redis_url_label(mz_redis_url_t *u);
static bool mz_redis_url_cut(mz_str_t *s, char c, mz_str_t *rest);
static size_t mz_redis_url_rfind(mz_str_t s, char c);
static int mz_redis_url_hex(char c);


mz_rc_t
mz_redis_url_parse(mz_redis_url_t *u, mz_str_t url, mz_err_t *err)
{
    size_t                        i;
    mz_rc_t                       rc;
    mz_str_t                      prefix, rest;
    const mz_redis_url_scheme_t  *scheme;

    memset(u, 0, sizeof(*u));
    rc = MZ_INVALID;

    for (i = 0; i < MZ_ARRAY_LEN(mz_redis_url_schemes); i++) {
        scheme = &mz_redis_url_schemes[i];
        prefix = mz_str_from(scheme->prefix);

        if (!mz_str_has_prefix(url, prefix)) {
            continue;
        }

        rest = (mz_str_t) { url.data + prefix.len, url.len - prefix.len };
        u->is_tls = scheme->is_tls;

        switch (scheme->kind) {

        case MZ_REDIS_URL_SERVER:
            rc = mz_redis_url_server(u, rest, err);
            break;

        case MZ_REDIS_URL_UNIX:
            rc = mz_redis_url_unix(u, rest, err);
            break;

        case MZ_REDIS_URL_SENTINEL:
            rc = mz_redis_url_sentinel(u, rest, err);
            break;
        }

        if (rc == MZ_OK) {
            mz_redis_url_label(u);
        }

        return rc;
    }

    return mz_fail(err, MZ_INVALID, "a Redis address looks like "
                   "redis://host:port/db, unix:/path/redis.sock or "
                   "redis+sentinel://host1,host2,host3/master/db; rediss: "
                   "for TLS");
}


mz_rc_t
mz_redis_url_password(char out[MZ_REDIS_TEXT_MAX], const char *whose,
    mz_str_t password, mz_err_t *err)
{
    if (password.len == 0 || password.len >= MZ_REDIS_TEXT_MAX) {
        return mz_fail(err, MZ_INVALID, "the %s password is empty or longer "
                       "than %d bytes", whose, MZ_REDIS_TEXT_MAX - 1);
    }

    memcpy(out, password.data, password.len);
    out[password.len] = '\0';

    return MZ_OK;
}


mz_rc_t
mz_redis_url_password_file(char out[MZ_REDIS_TEXT_MAX], const char *whose,
    const char *path, mz_err_t *err)
{
    char    line[MZ_REDIS_TEXT_MAX + 2];
    FILE   *f;
    char   *got;

    f = fopen(path, "re");
    if (f == NULL) {
        return mz_fail(err, MZ_INVALID, "cannot read the %s password file: "
                       "%s", whose, strerror(errno));
    }

    got = fgets(line, sizeof(line), f);
    fclose(f);

    if (got == NULL) {
        return mz_fail(err, MZ_INVALID, "the %s password file is empty",
                       whose);
    }

    line[strcspn(line, "\r\n")] = '\0';

    return mz_redis_url_password(out, whose, mz_str_from(line), err);
}


static mz_rc_t
mz_redis_url_server(mz_redis_url_t *u, mz_str_t s, mz_err_t *err)
{
    mz_rc_t   rc;
    mz_str_t  db;

    rc = mz_redis_url_userinfo(u, &s, err);

    if (rc == MZ_OK && mz_redis_url_cut(&s, '/', &db) && db.len > 0) {
        rc = mz_redis_url_db(u, db, err);
    }

    return rc == MZ_OK ? mz_redis_url_addr(u, s, MZ_REDIS_PORT, err) : rc;
}


static mz_rc_t
mz_redis_url_sentinel(mz_redis_url_t *u, mz_str_t s, mz_err_t *err)
{
    mz_rc_t   rc;
    mz_str_t  master, db, addr;

    rc = mz_redis_url_userinfo(u, &s, err);
    if (rc != MZ_OK) {
        return rc;
    }

    if (!mz_redis_url_cut(&s, '/', &master)) {
        master = mz_null_str;
    }

    if (mz_redis_url_cut(&master, '/', &db) && db.len > 0) {
        rc = mz_redis_url_db(u, db, err);
    }

    if (rc == MZ_OK && master.len == 0) {
        rc = mz_fail(err, MZ_INVALID, "the Sentinel address names no "
                     "master: redis+sentinel://host1,host2/master");
    }

    if (rc == MZ_OK) {
        rc = mz_redis_url_text(u->master, sizeof(u->master), master,
                               "master", err);
    }

    while (rc == MZ_OK && mz_str_split(&s, ',', &addr)) {
        rc = mz_redis_url_addr(u, addr, MZ_REDIS_SENTINEL, err);
    }

    return rc;
}


static mz_rc_t
mz_redis_url_unix(mz_redis_url_t *u, mz_str_t s, mz_err_t *err)
{
    mz_rc_t   rc;
    mz_str_t  query, part;

    if (!mz_redis_url_cut(&s, '?', &query)) {
        query = mz_null_str;
    }

    if (s.len == 0 || s.data[0] != '/') {
        return mz_fail(err, MZ_INVALID, "unix: wants an absolute path");
    }

    rc = mz_redis_url_text(u->path, sizeof(u->path), s, "path", err);

    while (rc == MZ_OK && mz_str_split(&query, '&', &part)) {

        if (mz_str_has_prefix(part, mz_str("db="))) {
            part = (mz_str_t) { part.data + 3, part.len - 3 };
            rc = mz_redis_url_db(u, part, err);

        } else if (mz_str_has_prefix(part, mz_str("user="))) {
            part = (mz_str_t) { part.data + 5, part.len - 5 };
            rc = mz_redis_url_text(u->user, sizeof(u->user), part, "user",
                                   err);

        } else {
            rc = mz_fail(err, MZ_INVALID, "the parameters of a unix: "
                         "address are db and user");
        }
    }

    return rc;
}


/* What is before the last @ in *s, and *s to what is behind it. */

static mz_rc_t
mz_redis_url_userinfo(mz_redis_url_t *u, mz_str_t *s, mz_err_t *err)
{
    bool      has_password;
    size_t    at;
    mz_rc_t   rc;
    mz_str_t  user, password;

    at = mz_redis_url_rfind(*s, '@');
    if (at == SIZE_MAX) {
        return MZ_OK;
    }

    user = (mz_str_t) { s->data, at };
    *s = (mz_str_t) { s->data + at + 1, s->len - at - 1 };
    has_password = mz_redis_url_cut(&user, ':', &password);

    rc = mz_redis_url_text(u->user, sizeof(u->user), user, "user", err);

    if (rc == MZ_OK && has_password) {
        rc = mz_redis_url_text(u->password, sizeof(u->password), password,
                               "password", err);
    }

    return rc;
}


static mz_rc_t
mz_redis_url_addr(mz_redis_url_t *u, mz_str_t s, int port, mz_err_t *err)
{
    size_t            end;
    mz_rc_t           rc;
    mz_str_t          host;
    mz_redis_addr_t  *a;

    if (u->n_addrs == MZ_REDIS_ADDRS_MAX) {
        return mz_fail(err, MZ_INVALID, "the Redis address has more than %d "
                       "hosts", MZ_REDIS_ADDRS_MAX);
    }

    if (s.len > 0 && s.data[0] == '[') {
        end = mz_str_find(s, mz_str("]"), 0);
        if (end == SIZE_MAX) {
            return mz_fail(err, MZ_INVALID, "the Redis address has a [ "
                           "without its ]");
        }

        host = (mz_str_t) { s.data + 1, end - 1 };
        s = (mz_str_t) { s.data + end + 1, s.len - end - 1 };

    } else {
        end = mz_str_find(s, mz_str(":"), 0);
        host = (mz_str_t) { s.data, end == SIZE_MAX ? s.len : end };
        s = (mz_str_t) { s.data + host.len, s.len - host.len };
    }

    if (host.len == 0) {
        return mz_fail(err, MZ_INVALID, "the Redis address has no host");
    }

    a = &u->addrs[u->n_addrs];
    a->port = port;
    rc = mz_redis_url_text(a->host, sizeof(a->host), host, "host", err);

    if (rc == MZ_OK && strpbrk(a->host, " ,/\t\r\n") != NULL) {
        return mz_fail(err, MZ_INVALID, "the host of the Redis address is "
                       "none; several are for redis+sentinel://");
    }

    if (rc == MZ_OK && s.len > 0) {
        rc = mz_redis_url_port(s, &a->port, err);
    }

    if (rc == MZ_OK) {
        u->n_addrs++;
    }

    return rc;
}


static mz_rc_t
mz_redis_url_port(mz_str_t s, int *out, mz_err_t *err)
{
    int64_t   v;
    mz_str_t  digits;

    digits = (mz_str_t) { s.data + 1, s.len - 1 };

    if (s.data[0] != ':' || mz_str_to_int(digits, &v) != MZ_OK || v < 1
        || v > 65535)
    {
        return mz_fail(err, MZ_INVALID, "the port of the Redis address is "
                       "not a number from 1 to 65535");
    }

    *out = (int) v;

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
mz_redis_url_text(char *out, size_t size, mz_str_t s, const char *what,
    mz_err_t *err)
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

        if (c == '\0' || n + 1 >= size) {
            return mz_fail(err, MZ_INVALID, "the %s of the Redis address is "
                           "too long or has a NUL", what);
        }

        out[n++] = c;
    }

    out[n] = '\0';

    return MZ_OK;
}


static void
mz_redis_url_label(mz_redis_url_t *u)
{
    if (u->path[0] != '\0') {
        snprintf(u->label, sizeof(u->label), "unix:%s", u->path);

    } else if (u->master[0] != '\0') {
        snprintf(u->label, sizeof(u->label), "%s (of Sentinel)", u->master);

    } else {
        snprintf(u->label, sizeof(u->label), "%s:%d", u->addrs[0].host,
                 u->addrs[0].port);
    }
}


/* *s up to the first c, *rest behind it; false when there is none. */

static bool
mz_redis_url_cut(mz_str_t *s, char c, mz_str_t *rest)
{
    size_t  at;

    at = mz_str_find(*s, (mz_str_t) { &c, 1 }, 0);
    if (at == SIZE_MAX) {
        return false;
    }

    *rest = (mz_str_t) { s->data + at + 1, s->len - at - 1 };
    s->len = at;

    return true;
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
