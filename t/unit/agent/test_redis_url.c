
#include <unistd.h>

#include "agent/cmd.h"
#include "agent/work/redis_options.h"
#include "base/mz_str.h"
#include "test.h"


/* Good addresses, and what is in them. */

static void
test_good(void)
{
    size_t           i;
    mz_rc_t          rc;
    mz_err_t         err;
    mz_redis_url_t   u;

    static const struct {
        const char  *url;
        const char  *host;              /* the first; "" for a socket */
        int          port;
        size_t       n;
        const char  *master;
        const char  *user;
        const char  *password;
        int          db;
        bool         is_tls;
        const char  *label;
    } rows[] = {
        { "redis://h", "h", 6379, 1, "", "", "", 0, false, "h:6379" },
        { "redis://h/", "h", 6379, 1, "", "", "", 0, false, "h:6379" },
        { "redis://h:7000/3", "h", 7000, 1, "", "", "", 3, false, "h:7000" },
        { "redis://:p@h", "h", 6379, 1, "", "", "p", 0, false, "h:6379" },
        { "redis://u:p@h:1", "h", 1, 1, "", "u", "p", 0, false, "h:1" },
        { "redis://u:p%40%3a%2F@h", "h", 6379, 1, "", "u", "p@:/", 0, false,
          "h:6379" },
        { "redis://u:a@b/c@h/1", "h", 6379, 1, "", "u", "a@b/c", 1, false,
          "h:6379" },
        { "redis://u:p@q@h:2/1", "h", 2, 1, "", "u", "p@q", 1, false,
          "h:2" },
        { "redis://u:a:b@h", "h", 6379, 1, "", "u", "a:b", 0, false,
          "h:6379" },
        { "redis://[::1]:7001/2", "::1", 7001, 1, "", "", "", 2, false,
          "::1:7001" },
        { "redis://[fe80::1]", "fe80::1", 6379, 1, "", "", "", 0, false,
          "fe80::1:6379" },
        { "rediss://h", "h", 6379, 1, "", "", "", 0, true, "h:6379" },
        { "rediss://u:p@h:6380/1", "h", 6380, 1, "", "u", "p", 1, true,
          "h:6380" },
        { "unix:/run/r.sock", "", 0, 0, "", "", "", 0, false,
          "unix:/run/r.sock" },
        { "unix:/r?db=4&user=u", "", 0, 0, "", "u", "", 4, false, "unix:/r" },
        { "unix:/a%20b", "", 0, 0, "", "", "", 0, false, "unix:/a b" },
        { "redis+sentinel://a/m", "a", 26379, 1, "m", "", "", 0, false,
          "m (of Sentinel)" },
        { "redis+sentinel://a,b:1,c/m", "a", 26379, 3, "m", "", "", 0, false,
          "m (of Sentinel)" },
        { "redis+sentinel://[::1]:5,[::2]/m/2", "::1", 5, 2, "m", "", "", 2,
          false, "m (of Sentinel)" },
        { "redis+sentinel://u:p@a:9,b/m/", "a", 9, 2, "m", "u", "p", 0,
          false, "m (of Sentinel)" },
        { "rediss+sentinel://:p@a/my%20m/1", "a", 26379, 1, "my m", "", "p",
          1, true, "my m (of Sentinel)" },
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        memset(&err, 0, sizeof(err));
        rc = mz_redis_url_parse(&u, mz_str_from(rows[i].url), &err);

        CHECK_ROW(rc == MZ_OK, "%s: %s", rows[i].url, err.msg);
        CHECK_ROW(strcmp(u.addrs[0].host, rows[i].host) == 0
                  && u.addrs[0].port == rows[i].port
                  && u.n_addrs == rows[i].n, "%s: %s:%d, %zu", rows[i].url,
                  u.addrs[0].host, u.addrs[0].port, u.n_addrs);
        CHECK_ROW(strcmp(u.master, rows[i].master) == 0, "%s", rows[i].url);
        CHECK_ROW(strcmp(u.user, rows[i].user) == 0, "%s", rows[i].url);
        CHECK_ROW(strcmp(u.password, rows[i].password) == 0, "%s: %s",
                  rows[i].url, u.password);
        CHECK_ROW(u.db == rows[i].db, "%s: %d", rows[i].url, u.db);
        CHECK_ROW(u.is_tls == rows[i].is_tls, "%s", rows[i].url);
        CHECK_ROW(strcmp(u.label, rows[i].label) == 0, "%s: %s", rows[i].url,
                  u.label);
    }
}


static void
test_bad(void)
{
    size_t           i;
    mz_err_t         err;
    mz_redis_url_t   u;

    static const char *const  rows[] = {
        "", "h", "h:6379", "http://h", "redis:/h", "redis:h", "REDIS://h",
        "redis://", "redis:///1", "redis://:6379", "redis://@", "redis://u@",
        "redis://u:zzsecret@", "redis://u:zzsecret@:1",
        "redis://h:", "redis://h:0", "redis://h:65536", "redis://h:-1",
        "redis://h:6379x", "redis://h:99999999999999999999", "redis://h: 1",
        "redis://h/x", "redis://h/-1", "redis://h/65536", "redis://h/1/2",
        "redis://h/0x1", "redis://h/1?x=2", "redis://h,i",
        "redis://[::1", "redis://[]", "redis://[::1]x", "redis://[::1]:",
        "redis://[::1]:x", "redis://::1",
        "redis://%", "redis://%4", "redis://%zz", "redis://a%00b",
        "redis://u:%zzsecret@h", "redis://u:zzsecret%4@h",
        "redis://u:%00zzsecret@h",
        "rediss:/h", "rediss://", "redisss://h", "rediss:///0",
        "unix:", "unix:r.sock", "unix:?db=1", "unix:/r?db=", "unix:/r?db=x",
        "unix:/r?x=1", "unix:/r?db=1&&", "unix:/r?password=zzsecret",
        "unix:/r?user=%zz",
        "redis+sentinel://", "redis+sentinel://a", "redis+sentinel://a/",
        "redis+sentinel:///m", "redis+sentinel://a,/m",
        "redis+sentinel://,a/m", "redis+sentinel://a,,b/m",
        "redis+sentinel://a:x/m", "redis+sentinel://a:0,b/m",
        "redis+sentinel://a//1", "redis+sentinel://a/m/x",
        "redis+sentinel://a/m/1/2", "redis+sentinel://a/%zz",
        "redis+sentinel://a/%00", "redis+sentinel://[::1/m",
        "redis+sentinel://u:zzsecret@/m",
        "redis+sentinel://a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a/m",
        "redis-sentinel://a/m", "sentinel://a/m", "unix+sentinel:/a/m",
        "rediss+sentinel://", "rediss+sentinel://a",
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        memset(&err, 0, sizeof(err));

        CHECK_ROW(mz_redis_url_parse(&u, mz_str_from(rows[i]), &err)
                  == MZ_INVALID, "%s", rows[i]);
        CHECK_ROW(err.msg[0] != '\0', "%s: says nothing", rows[i]);
        CHECK_ROW(strstr(err.msg, "zzsecret") == NULL, "%s", err.msg);
    }
}


/* Each text just fits, or does not by one byte. */

static void
test_lengths(void)
{
    char             url[1024], text[MZ_REDIS_TEXT_MAX + 1];
    size_t           i, max;
    mz_err_t         err;
    mz_redis_url_t   u;

    static const struct {
        const char  *format;
        size_t       max;
    } rows[] = {
        { "redis://%s", MZ_REDIS_HOST_MAX - 1 },
        { "redis://%s:p@h", MZ_REDIS_TEXT_MAX - 1 },
        { "redis://:%s@h", MZ_REDIS_TEXT_MAX - 1 },
        { "unix:/%s", MZ_REDIS_TEXT_MAX - 2 },
        { "unix:/r?user=%s", MZ_REDIS_TEXT_MAX - 1 },
        { "redis+sentinel://a/%s", MZ_REDIS_HOST_MAX - 1 },
        { "redis+sentinel://a,%s/m", MZ_REDIS_HOST_MAX - 1 },
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        max = rows[i].max;
        memset(text, 'x', sizeof(text));
        text[max] = '\0';

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(url, sizeof(url), rows[i].format, text);
        CHECK_ROW(mz_redis_url_parse(&u, mz_str_from(url), &err) == MZ_OK,
                  "%s", rows[i].format);

        text[max] = 'x';
        text[max + 1 < sizeof(text) ? max + 1 : max] = '\0';
        snprintf(url, sizeof(url), rows[i].format, text);
#pragma GCC diagnostic pop

        CHECK_ROW(max + 1 >= sizeof(text)
                  || mz_redis_url_parse(&u, mz_str_from(url), &err)
                     == MZ_INVALID, "%s", rows[i].format);
    }
}


static void
test_password_file(void)
{
    int              fd;
    char             path[] = "/tmp/mz-pw-XXXXXX";
    char             out[MZ_REDIS_TEXT_MAX], text[MZ_REDIS_TEXT_MAX + 8];
    size_t           i;
    mz_rc_t          rc;
    mz_err_t         err;

    static const struct {
        const char  *text;
        const char  *password;          /* NULL: refused */
    } rows[] = {
        { "", NULL },
        { "\n", NULL },
        { "\nsecret\n", NULL },
        { "secret", "secret" },
        { "secret\n", "secret" },
        { "secret\r\n", "secret" },
        { "se cret\nmore\n", "se cret" },
    };

    fd = mkstemp(path);
    CHECK(fd >= 0);

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        CHECK(ftruncate(fd, 0) == 0);
        CHECK(pwrite(fd, rows[i].text, strlen(rows[i].text), 0)
              == (ssize_t) strlen(rows[i].text));

        rc = mz_redis_url_password_file(out, "Redis", path, &err);
        CHECK_ROW(rc == (rows[i].password != NULL ? MZ_OK : MZ_INVALID),
                  "row %zu", i);
        CHECK_ROW(rc != MZ_OK || strcmp(out, rows[i].password) == 0,
                  "row %zu: %s", i, out);
    }

    memset(text, 'x', sizeof(text));
    CHECK(pwrite(fd, text, sizeof(text), 0) == (ssize_t) sizeof(text));
    CHECK(mz_redis_url_password_file(out, "Sentinel", path, &err)
          == MZ_INVALID);
    CHECK(strstr(err.msg, "Sentinel") != NULL);

    close(fd);
    unlink(path);
    CHECK(mz_redis_url_password_file(out, "Redis", path, &err) == MZ_INVALID);
}


/* What goes together, and what the refusal names. */

static void
test_options(void)
{
    size_t              i;
    mz_rc_t             rc;
    mz_err_t            err;
    mz_redis_url_t      u;
    mz_store_conf_t     conf;
    mz_redis_options_t  o;

    static const struct {
        mz_redis_options_t   o;
        const char          *says;      /* NULL: fine */
    } rows[] = {
        { { .url = NULL }, "--redis" },
        { { .url = "redis://h" }, NULL },
        { { .url = "redis://u@h" }, "no password" },
        { { .url = "unix:/r?user=u" }, "no password" },
        { { .url = "redis://h", .password_file = "/none" }, "cannot read" },
        { { .url = "redis://h", .prefix = "a b" }, "prefix" },
        { { .url = "redis://h", .prefix = "" }, "prefix" },
        { { .url = "redis://h", .tls_ca = "/ca" }, "rediss:" },
        { { .url = "unix:/r", .tls_name = "n" }, "rediss:" },
        { { .url = "redis+sentinel://h/m", .tls_insecure = true },
          "rediss:" },
        { { .url = "rediss://h" }, NULL },
        { { .url = "rediss://h", .tls_insecure = true }, NULL },
        { { .url = "rediss://h", .tls_cert = "/c" }, "go together" },
        { { .url = "rediss://h", .tls_key = "/k" }, "go together" },
        { { .url = "rediss://h", .tls_ca = "/none" }, "--redis-tls-ca /none" },
        { { .url = "rediss://h", .tls_ca = "/dev/null" },
          "--redis-tls-ca /dev/null" },
        { { .url = "rediss://h", .tls_cert = "/none", .tls_key = "/none" },
          "--redis-tls-cert /none" },
        { { .url = "redis://h", .sentinel_user = "u" }, "--sentinel-user" },
        { { .url = "redis://h", .sentinel_password_file = "/none" },
          "--sentinel-password-file" },
        { { .url = "redis+sentinel://h/m", .sentinel_user = "u" },
          "needs a password" },
        { { .url = "redis+sentinel://h/m",
            .sentinel_password_file = "/none" }, "cannot read the Sentinel" },
        { { .url = "redis+sentinel://h/m" }, NULL },
    };

    unsetenv("MITZU_REDIS_PASSWORD");
    unsetenv("MITZU_SENTINEL_PASSWORD");

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        memset(&err, 0, sizeof(err));
        mz_redis_options_init(&o);
        o = rows[i].o;
        o.prefix = o.prefix != NULL ? o.prefix : "mitzu";
        o.partitions = MZ_STORE_PARTITIONS;

        rc = mz_redis_options_take(&o, &u, &conf, &err);
        CHECK_ROW(rc == (rows[i].says == NULL ? MZ_OK : MZ_INVALID),
                  "row %zu: %s", i, err.msg);
        CHECK_ROW(rows[i].says == NULL
                  || strstr(err.msg, rows[i].says) != NULL, "row %zu: %s", i,
                  err.msg);
    }
}


static void
test_environment(void)
{
    mz_err_t            err;
    mz_redis_url_t      u;
    mz_store_conf_t     conf;
    mz_redis_options_t  o;

    setenv("MITZU_REDIS_PASSWORD", "from-env", 1);
    setenv("MITZU_SENTINEL_PASSWORD", "other", 1);

    mz_redis_options_init(&o);
    o.url = "redis://u@h";
    CHECK(mz_redis_options_take(&o, &u, &conf, &err) == MZ_OK);
    CHECK(strcmp(u.password, "from-env") == 0);
    CHECK(u.sentinel_password[0] == '\0');
    CHECK(strcmp(conf.prefix, "mitzu") == 0);
    CHECK(conf.partitions == MZ_STORE_PARTITIONS);

    /* the address is nearer than the environment */
    o.url = "redis+sentinel://u:own@a,b/m";
    o.sentinel_user = "s";
    CHECK(mz_redis_options_take(&o, &u, &conf, &err) == MZ_OK);
    CHECK(strcmp(u.password, "own") == 0);
    CHECK(strcmp(u.sentinel_user, "s") == 0);
    CHECK(strcmp(u.sentinel_password, "other") == 0);

    unsetenv("MITZU_REDIS_PASSWORD");
    unsetenv("MITZU_SENTINEL_PASSWORD");
}


static const mz_test_t  tests[] = {
    { "good addresses", test_good },
    { "bad addresses", test_bad },
    { "lengths", test_lengths },
    { "password files", test_password_file },
    { "options that go together", test_options },
    { "passwords of the environment", test_environment },
};

MZ_TEST_MAIN(tests)
