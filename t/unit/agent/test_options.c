
#include <unistd.h>

#include "agent/options.h"
#include "agent/work/redis_check.h"
#include "agent/work/redis_url.h"
#include "base/mz_str.h"
#include "test.h"


typedef struct {
    const char  *name;
    bool         loud;
    int64_t      count;
    int64_t      size;
    int64_t      wait_ms;
    int64_t      now_ms;
} conf_t;

static const mz_option_t  options[] = {
    { "name",  MZ_OPT_STRING,   offsetof(conf_t, name),    "MZT_NAME", "S",
      "a name", 0, 0 },
    { "loud",  MZ_OPT_FLAG,     offsetof(conf_t, loud),    NULL, NULL,
      "a flag", 0, 0 },
    { "count", MZ_OPT_INT,      offsetof(conf_t, count),   "MZT_COUNT", "N",
      "a number", 1, 10 },
    { "size",  MZ_OPT_SIZE,     offsetof(conf_t, size),    NULL, "SIZE",
      "a size", 0, 0 },
    { "wait",  MZ_OPT_DURATION, offsetof(conf_t, wait_ms), NULL, "TIME",
      "a time", 0, 60000 },
    { "now",   MZ_OPT_TIME,     offsetof(conf_t, now_ms),  NULL, "TIME",
      "an instant", 0, 0 },
};

static const mz_options_t  usage = {
    "test", "[options] WORD", "A test.", options, MZ_ARRAY_LEN(options), 1, 2
};

static int parse(conf_t *conf, int argc, const char *const *argv,
    int *first);


typedef struct {
    size_t       option;
    const char  *text;
    mz_rc_t      rc;
    int64_t      want;
} value_row_t;

static const value_row_t  values[] = {
    { 2, "",       MZ_INVALID, 0 },
    { 2, "0",      MZ_INVALID, 0 },
    { 2, "11",     MZ_INVALID, 0 },
    { 2, "3x",     MZ_INVALID, 0 },
    { 2, "-3",     MZ_INVALID, 0 },
    { 2, "10",     MZ_OK,      10 },
    { 3, "1q",     MZ_INVALID, 0 },
    { 3, "-1k",    MZ_INVALID, 0 },
    { 3, "g",      MZ_INVALID, 0 },
    { 3, "9999999999999g", MZ_INVALID, 0 },
    { 3, "64k",    MZ_OK,      65536 },
    { 3, "2G",     MZ_OK,      (int64_t) 2 << 30 },
    { 3, "17",     MZ_OK,      17 },
    { 4, "1.5s",   MZ_INVALID, 0 },
    { 4, "2h",     MZ_INVALID, 0 },
    { 4, "250ms",  MZ_OK,      250 },
    { 4, "30",     MZ_OK,      30000 },
    { 4, "1m",     MZ_OK,      60000 },
    { 5, "monday", MZ_INVALID, 0 },
    { 5, "2026-13-01", MZ_INVALID, 0 },
    { 5, "1969-12-31T23:59:59Z", MZ_OK, -1000 },
    { 5, "2026-06-15T14:00:00+02:00", MZ_OK, 1781524800000 },
};


static void
test_values(void)
{
    size_t    i;
    int64_t   v;
    mz_rc_t   rc;
    mz_err_t  err;

    for (i = 0; i < MZ_ARRAY_LEN(values); i++) {
        v = 0;
        rc = mz_options_value(&options[values[i].option], values[i].text, &v,
                              &err);
        CHECK_ROW(rc == values[i].rc && v == values[i].want, "%s: %d %lld",
                  values[i].text, (int) rc, (long long) v);
    }
}


static void
test_parse(void)
{
    int          first;
    conf_t       conf;
    const char  *unknown[] = { "test", "--nope=secret", "w" };
    const char  *no_value[] = { "test", "w", "--count" };
    const char  *flag_value[] = { "test", "--loud=yes", "w" };
    const char  *few[] = { "test" };
    const char  *many[] = { "test", "a", "b", "c" };
    const char  *good[] = { "test", "word", "--count", "7", "--loud",
                            "--name=x y" };
    const char  *end[] = { "test", "--", "--count" };

    CHECK(parse(&conf, 3, unknown, &first) == 2);
    CHECK(parse(&conf, 3, no_value, &first) == 2);
    CHECK(parse(&conf, 3, flag_value, &first) == 2);
    CHECK(parse(&conf, 1, few, &first) == 2);
    CHECK(parse(&conf, 4, many, &first) == 2);

    CHECK(parse(&conf, 6, good, &first) == MZ_OPTIONS_CONTINUE);
    CHECK(first == 5);
    CHECK(conf.count == 7 && conf.loud);
    CHECK_STR(mz_str_from(conf.name), "x y");

    CHECK(parse(&conf, 3, end, &first) == MZ_OPTIONS_CONTINUE);
    CHECK(first == 2 && conf.count == 1);
}


static void
test_environment(void)
{
    int          first;
    conf_t       conf;
    const char  *plain[] = { "test", "w" };
    const char  *given[] = { "test", "w", "--count=9" };

    setenv("MZT_COUNT", "5", 1);
    CHECK(parse(&conf, 2, plain, &first) == MZ_OPTIONS_CONTINUE);
    CHECK(conf.count == 5);
    CHECK(parse(&conf, 3, given, &first) == MZ_OPTIONS_CONTINUE);
    CHECK(conf.count == 9);

    setenv("MZT_COUNT", "many", 1);
    CHECK(parse(&conf, 2, plain, &first) == 2);

    setenv("MZT_COUNT", "", 1);
    CHECK(parse(&conf, 2, plain, &first) == MZ_OPTIONS_CONTINUE);
    CHECK(conf.count == 1);
    unsetenv("MZT_COUNT");
}


typedef struct {
    const char  *url;
    mz_rc_t      rc;
    const char  *label;
    const char  *user;
    const char  *password;
    int          db;
} url_row_t;

static const url_row_t  urls[] = {
    { "",                          MZ_INVALID, "", "", "", 0 },
    { "http://h",                  MZ_INVALID, "", "", "", 0 },
    { "rediss://h:1",              MZ_INVALID, "", "", "", 0 },
    { "redis://",                  MZ_INVALID, "", "", "", 0 },
    { "redis://:6380",             MZ_INVALID, "", "", "", 0 },
    { "redis://h:0",               MZ_INVALID, "", "", "", 0 },
    { "redis://h:65536",           MZ_INVALID, "", "", "", 0 },
    { "redis://h:12x",             MZ_INVALID, "", "", "", 0 },
    { "redis://h/x",               MZ_INVALID, "", "", "", 0 },
    { "redis://h/-1",              MZ_INVALID, "", "", "", 0 },
    { "redis://[::1",              MZ_INVALID, "", "", "", 0 },
    { "redis://[::1]x1",           MZ_INVALID, "", "", "", 0 },
    { "redis://u:%zz@h",           MZ_INVALID, "", "", "", 0 },
    { "redis://u:p%4@h",           MZ_INVALID, "", "", "", 0 },
    { "redis://u:p%00@h",          MZ_INVALID, "", "", "", 0 },
    { "unix:redis.sock",           MZ_INVALID, "", "", "", 0 },
    { "unix:/r.sock?password=x",   MZ_INVALID, "", "", "", 0 },
    { "redis://h",                 MZ_OK, "h:6379", "", "", 0 },
    { "redis://h:1/",              MZ_OK, "h:1", "", "", 0 },
    { "redis://h:1/15",            MZ_OK, "h:1", "", "", 15 },
    { "redis://:p@h",              MZ_OK, "h:6379", "", "p", 0 },
    { "redis://u:p@q@h:2/1",       MZ_OK, "h:2", "u", "p@q", 1 },
    { "redis://u:a%2Fb%40@h",      MZ_OK, "h:6379", "u", "a/b@", 0 },
    { "redis://[::1]:7",           MZ_OK, "::1:7", "", "", 0 },
    { "unix:/r.sock",              MZ_OK, "unix:/r.sock", "", "", 0 },
    { "unix:/r.sock?db=3&user=bo", MZ_OK, "unix:/r.sock", "bo", "", 3 },
};


static void
test_urls(void)
{
    size_t           i;
    mz_rc_t          rc;
    mz_err_t         err;
    const url_row_t *r;
    mz_redis_url_t   u;

    for (i = 0; i < MZ_ARRAY_LEN(urls); i++) {
        r = &urls[i];
        rc = mz_redis_url_parse(&u, mz_str_from(r->url), &err);
        CHECK_ROW(rc == r->rc, "%s", r->url);

        if (rc == MZ_OK) {
            CHECK_ROW(strcmp(u.label, r->label) == 0, "%s: %s", r->url,
                      u.label);
            CHECK_ROW(strcmp(u.user, r->user) == 0, "%s", r->url);
            CHECK_ROW(strcmp(u.password, r->password) == 0, "%s", r->url);
            CHECK_ROW(u.db == r->db, "%s", r->url);

        } else {
            CHECK_ROW(strstr(err.msg, "%zz") == NULL, "%s", r->url);
        }
    }
}


static void
test_password_file(void)
{
    int             fd;
    char            path[] = "mz-password-XXXXXX";
    mz_err_t        err;
    mz_redis_url_t  u;

    CHECK(mz_redis_url_parse(&u, mz_str("redis://h"), &err) == MZ_OK);
    CHECK(mz_redis_url_password_file(&u, "no/such/file", &err)
          == MZ_INVALID);

    fd = mkstemp(path);
    CHECK(fd >= 0);
    CHECK(mz_redis_url_password_file(&u, path, &err) == MZ_INVALID);
    CHECK(write(fd, "s3cret\r\nmore\n", 13) == 13);
    CHECK(mz_redis_url_password_file(&u, path, &err) == MZ_OK);
    CHECK_STR(mz_str_from(u.password), "s3cret");

    close(fd);
    unlink(path);
}


static void
test_info(void)
{
    mz_str_t  info;

    info = mz_str("# Server\r\nredis_version:7.0.15\r\nredis_versions:x\r\n"
                  "empty:\r\naof_enabled:0\r\n");

    CHECK_STR(mz_redis_check_info(info, "redis_version"), "7.0.15");
    CHECK_STR(mz_redis_check_info(info, "aof_enabled"), "0");
    CHECK_STR(mz_redis_check_info(info, "empty"), "");
    CHECK(mz_redis_check_info(info, "version").len == 0);
}


static int
parse(conf_t *conf, int argc, const char *const *argv, int *first)
{
    int    i;
    char  *copy[8];

    memset(conf, 0, sizeof(*conf));
    conf->count = 1;

    for (i = 0; i < argc; i++) {
        copy[i] = (char *) (uintptr_t) argv[i];
    }

    copy[argc] = NULL;

    return mz_options_parse(&usage, conf, argc, copy, first);
}


static const mz_test_t  tests[] = {
    { "values of each kind", test_values },
    { "command lines", test_parse },
    { "the environment comes before the command line", test_environment },
    { "Redis addresses", test_urls },
    { "the password file", test_password_file },
    { "INFO", test_info },
};

MZ_TEST_MAIN(tests)
