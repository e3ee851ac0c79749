
#include "agent/options.h"
#include "agent/work/redis_check.h"
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
    { "INFO", test_info },
};

MZ_TEST_MAIN(tests)
