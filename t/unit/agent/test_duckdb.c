
#include <pthread.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "test.h"
#include "wh_fixture.h"


#define SLOW_SQL                                                              \
    "SELECT count(*) FROM range(100000000) a, range(100000000) b "            \
    "WHERE a.range + b.range = 7"

static const mz_warehouse_limits_t  limits = { 20000, 1000, 512 << 20, 2 };


static mz_warehouse_t *
open_or_die(const mz_warehouse_limits_t *lim)
{
    mz_err_t         err;
    mz_warehouse_t  *wh;

    if (mz_warehouse_open(fixture_file("w.duckdb"), lim, &wh, &err)
        != MZ_OK)
    {
        printf("Bail out! %s\n", err.msg);
        fixture_done();
        exit(1);
    }

    return wh;
}


static int64_t
now_ms(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (int64_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}


static void
test_open_errors(void)
{
    size_t           i;
    mz_err_t         err;
    mz_rc_t          rc;
    mz_warehouse_t  *wh;

    static const struct {
        const char  *name;
        mz_rc_t      rc;
        const char  *words;
    } rows[] = {
        { "absent.duckdb",   MZ_NOT_FOUND, "no warehouse file" },
        { "w.duckdb/x",      MZ_NOT_FOUND, "no warehouse file" },
        { ".",               MZ_INVALID,   "is not a file" },
        { "garbage.duckdb",  MZ_INVALID,   "not a DuckDB database" },
        { "empty.duckdb",    MZ_INVALID,   "not a DuckDB database" },
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        err.msg[0] = '\0';
        wh = (mz_warehouse_t *) &err;
        rc = mz_warehouse_open(fixture_file(rows[i].name), &limits, &wh,
                               &err);
        CHECK_ROW(rc == rows[i].rc, "%s: %s %s", rows[i].name,
                  mz_rc_name(rc), err.msg);
        CHECK_ROW(strstr(err.msg, rows[i].words) != NULL, "%s: %s",
                  rows[i].name, err.msg);
        CHECK(wh == NULL);
        if (rc == MZ_OK) {
            wh->ops->close(wh);
        }
    }
}


static void
test_library_errors(void)
{
    char             lib[PATH_MAX];
    int              status;
    pid_t            pid;
    mz_err_t         err;
    mz_warehouse_t  *wh;

    /* The library stays loaded in a process: each case needs its own. */
    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        setenv("MITZU_DUCKDB_LIB", "/nonexistent/libduckdb.so", 1);
        if (mz_warehouse_open(fixture_file("garbage.duckdb"), &limits, &wh,
                              &err)
            != MZ_UNAVAILABLE || strstr(err.msg, "MITZU_DUCKDB_LIB") == NULL)
        {
            _exit(1);
        }

        /* A library of something else. */
        snprintf(lib, sizeof(lib), "libjansson.so.4");
        setenv("MITZU_DUCKDB_LIB", lib, 1);
        if (mz_warehouse_open(fixture_file("garbage.duckdb"), &limits, &wh,
                              &err)
            != MZ_UNAVAILABLE || strstr(err.msg, "duckdb_") == NULL)
        {
            _exit(2);
        }

        _exit(0);
    }

    status = -1;
    waitpid(pid, &status, 0);
    CHECK_ROW(status == 0, "%d", status >> 8);
}


static void
test_locked(void)
{
    int                      to[2], from[2];
    char                     c;
    pid_t                    pid;
    mz_err_t                 err;
    mz_rc_t                  rc;
    mz_warehouse_t          *wh;
    mz_duckdb_database_t     db;
    mz_duckdb_connection_t   conn;
    const mz_duckdb_api_t   *api;

    if (pipe(to) != 0 || pipe(from) != 0) {
        CHECK(0);
        return;
    }

    /* The writer is a process of its own: locks are the process's. */
    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        c = 'x';
        if (mz_duckdb_load(&api, NULL) == MZ_OK
            && mz_duckdb_open(api, fixture_file("w.duckdb"), NULL, 0, &db,
                              &conn, NULL)
               == MZ_OK)
        {
            c = 'o';
        }
        if (write(from[1], &c, 1) == 1 && read(to[0], &c, 1) == 1) {
            /* void */
        }
        _exit(0);
    }

    c = '?';
    CHECK(read(from[0], &c, 1) == 1 && c == 'o');

    rc = mz_warehouse_open(fixture_file("w.duckdb"), &limits, &wh, &err);
    CHECK_ROW(rc == MZ_UNAVAILABLE, "%s", mz_rc_name(rc));
    CHECK_ROW(strstr(err.msg, "for writing") != NULL, "%s", err.msg);

    CHECK(write(to[1], &c, 1) == 1);
    waitpid(pid, NULL, 0);
    close(to[0]);
    close(to[1]);
    close(from[0]);
    close(from[1]);

    wh = open_or_die(&limits);
    wh->ops->close(wh);
}


static void
test_types(void)
{
    char             text[128];
    size_t           i;
    mz_buf_t         b;
    mz_err_t         err;
    mz_rset_t       *rs;
    mz_value_t       v;
    mz_warehouse_t  *wh;

    static const struct {
        const char  *sql;
        mz_dtype_t   dtype;
        const char  *json;
    } rows[] = {
        { "true",                         MZ_DTYPE_BOOL,      "true" },
        { "CAST(-128 AS TINYINT)",        MZ_DTYPE_INT64,     "-128" },
        { "CAST(-32768 AS SMALLINT)",     MZ_DTYPE_INT64,     "-32768" },
        { "CAST(-2147483648 AS INTEGER)", MZ_DTYPE_INT64,     "-2147483648" },
        { "(-9223372036854775808)::BIGINT", MZ_DTYPE_INT64,
          "-9223372036854775808" },
        { "255::UTINYINT",                MZ_DTYPE_INT64,     "255" },
        { "65535::USMALLINT",             MZ_DTYPE_INT64,     "65535" },
        { "4294967295::UINTEGER",         MZ_DTYPE_INT64,     "4294967295" },
        { "9223372036854775807::UBIGINT", MZ_DTYPE_INT64,
          "9223372036854775807" },
        { "(-5)::HUGEINT",                MZ_DTYPE_INT64,     "-5" },
        { "sum(x) FROM range(10) t(x)",   MZ_DTYPE_INT64,     "45" },
        { "0.5::FLOAT",                   MZ_DTYPE_FLOAT64,   "0.5" },
        { "0.1::DOUBLE",                  MZ_DTYPE_FLOAT64,   "0.1" },
        { "'NaN'::DOUBLE",                MZ_DTYPE_FLOAT64,   "null" },
        { "12.5::DECIMAL(4,1)",           MZ_DTYPE_FLOAT64,   "12.5" },
        { "-0.07::DECIMAL(9,2)",          MZ_DTYPE_FLOAT64,   "-0.07" },
        { "19.99::DECIMAL(12,2)",         MZ_DTYPE_FLOAT64,   "19.99" },
        { "19.99::DECIMAL(30,2)",         MZ_DTYPE_FLOAT64,   "19.99" },
        { "-1e30::DECIMAL(38,2)",         MZ_DTYPE_FLOAT64,   "-1e+30" },
        { "7::DECIMAL(18,0)",             MZ_DTYPE_INT64,     "7" },
        { "'short'",                      MZ_DTYPE_STRING,    "\"short\"" },
        { "'exactly12byt'",               MZ_DTYPE_STRING,
          "\"exactly12byt\"" },
        { "'more than twelve bytes'",     MZ_DTYPE_STRING,
          "\"more than twelve bytes\"" },
        { "''",                           MZ_DTYPE_STRING,    "\"\"" },
        { "'happy'::mood",                MZ_DTYPE_STRING,    "\"happy\"" },
        { "NULL::mood",                   MZ_DTYPE_STRING,    "null" },
        { "NULL",                         MZ_DTYPE_INT64,     "null" },
        { "'f81d4fae-7dec-11d0-a765-00a0c91e6bf6'::UUID", MZ_DTYPE_STRING,
          "\"f81d4fae-7dec-11d0-a765-00a0c91e6bf6\"" },
        { "TIMESTAMP '2026-06-15 12:00:00.25'", MZ_DTYPE_TIMESTAMP,
          "\"2026-06-15T12:00:00.250Z\"" },
        { "TIMESTAMPTZ '2026-06-15 12:00:00+02'", MZ_DTYPE_TIMESTAMP,
          "\"2026-06-15T10:00:00Z\"" },
        { "'2026-06-15 12:00:00'::TIMESTAMP_S", MZ_DTYPE_TIMESTAMP,
          "\"2026-06-15T12:00:00Z\"" },
        { "'2026-06-15 12:00:00.5'::TIMESTAMP_MS", MZ_DTYPE_TIMESTAMP,
          "\"2026-06-15T12:00:00.500Z\"" },
        { "'1969-12-31 23:59:59.999'::TIMESTAMP_NS", MZ_DTYPE_TIMESTAMP,
          "\"1969-12-31T23:59:59.999Z\"" },
        { "'infinity'::TIMESTAMP",        MZ_DTYPE_TIMESTAMP, "null" },
        { "DATE '2026-06-15'",            MZ_DTYPE_DATE,
          "\"2026-06-15\"" },
        { "'-infinity'::DATE",            MZ_DTYPE_DATE,      "null" },
    };

    wh = open_or_die(&limits);

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        snprintf(text, sizeof(text), "SELECT %s", rows[i].sql);
        if (fixture_query(wh, text, NULL, 0, &rs, &err) != MZ_OK) {
            CHECK_ROW(0, "%s: %s", text, err.msg);
            continue;
        }

        CHECK_ROW(mz_rset_rows(rs) == 1, "%s", text);
        CHECK_ROW(mz_rset_dtype(rs, 0) == rows[i].dtype, "%s: %s", text,
                  mz_dtype_name(mz_rset_dtype(rs, 0)));

        mz_rset_get(rs, 0, 0, &v);
        mz_buf_init(&b, 0);
        mz_value_write_json(&b, mz_rset_dtype(rs, 0), &v);
        CHECK_STR(mz_buf_view(&b), rows[i].json);
        mz_buf_free(&b);
        mz_rset_free(rs);
    }

    wh->ops->close(wh);
}


static void
test_query_errors(void)
{
    size_t           i;
    mz_err_t         err;
    mz_rc_t          rc;
    mz_param_t       params[1];
    mz_rset_t       *rs;
    mz_warehouse_t  *wh;

    static const struct {
        const char  *sql;
        size_t       nparams;
        const char  *words;
    } rows[] = {
        { "SELEC 1",                               0, "Parser Error" },
        { "SELECT x FROM nowhere",                 0, "nowhere" },
        { "SELECT 1; SELECT 'a'::INT",             0, "" },
        { "SELECT 'a'::INT + i FROM t",            0, "Conversion Error" },
        { "SELECT error('boom') FROM t",           0, "boom" },
        { "SELECT $1",                             0, "wants 1 parameter" },
        { "SELECT 1",                              1, "wants 0 parameter" },
        { "SELECT [1, 2]",                         0, "cannot be read" },
        { "SELECT 170141183460469231731687303715884105727::HUGEINT", 0,
          "does not fit" },
        { "DELETE FROM t",                         0, "read-only" },
        { "SELECT * FROM read_csv('/etc/passwd')", 0, "disabled" },
        { "COPY t TO '/tmp/x.csv'",                0, "" },
        { "ATTACH '/tmp/x.duckdb'",                0, "" },
        { "SET enable_external_access = true",     0, "locked" },
        { "SET memory_limit = '1TB'",              0, "locked" },
    };

    wh = open_or_die(&limits);
    memset(params, 0, sizeof(params));
    params[0].dtype = MZ_DTYPE_INT64;

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        rs = (mz_rset_t *) &err;
        rc = fixture_query(wh, rows[i].sql, params, rows[i].nparams, &rs,
                           &err);
        CHECK_ROW(rc == MZ_INVALID, "%s: %s %s", rows[i].sql, mz_rc_name(rc),
                  err.msg);
        CHECK_ROW(strstr(err.msg, rows[i].words) != NULL, "%s: %s",
                  rows[i].sql, err.msg);
        CHECK_ROW(strchr(err.msg, '\n') == NULL, "%s", rows[i].sql);
        CHECK(rs == NULL);
    }

    /* The connection lives on. */
    CHECK(fixture_query(wh, "SELECT count(*) FROM t", NULL, 0, &rs, &err)
          == MZ_OK);
    CHECK(mz_rset_number(rs, 0, 0) == 5000);
    mz_rset_free(rs);

    wh->ops->close(wh);
}


static void
test_parameters(void)
{
    mz_err_t         err;
    mz_param_t       p[8];
    mz_rset_t       *rs;
    mz_value_t       v;
    mz_warehouse_t  *wh;

    memset(p, 0, sizeof(p));
    p[0].dtype = MZ_DTYPE_INT64;
    p[0].value.i = INT64_MIN;
    p[1].dtype = MZ_DTYPE_FLOAT64;
    p[1].value.d = -0.25;
    p[2].dtype = MZ_DTYPE_BOOL;
    p[2].value.i = 1;
    p[3].dtype = MZ_DTYPE_STRING;
    p[3].value.s = mz_str("it's; \"quoted\" -- \\");
    p[4].dtype = MZ_DTYPE_TIMESTAMP;
    p[4].value.i = 1781524800123000;
    p[5].dtype = MZ_DTYPE_DATE;
    p[5].value.i = 20619;
    p[6].dtype = MZ_DTYPE_STRING;
    p[6].value.s = mz_null_str;
    p[7].dtype = MZ_DTYPE_INT64;
    p[7].value.is_null = true;

    wh = open_or_die(&limits);

    if (fixture_query(wh, "SELECT concat_ws('|', $1::VARCHAR, "
                      "typeof($2), $2::VARCHAR, $3::VARCHAR, $4, "
                      "$5::VARCHAR, $6::VARCHAR, length($7)::VARCHAR, "
                      "coalesce($8, -1)::VARCHAR, $4)", p, 8, &rs, &err)
        != MZ_OK)
    {
        CHECK_ROW(0, "%s", err.msg);

    } else {
        mz_rset_get(rs, 0, 0, &v);
        CHECK_STR(v.s, "-9223372036854775808|DOUBLE|-0.25|true|"
                  "it's; \"quoted\" -- \\|2026-06-15 12:00:00.123|"
                  "2026-06-15|0|-1|it's; \"quoted\" -- \\");
        mz_rset_free(rs);
    }

    p[0].dtype = MZ_DTYPE_DATE;
    p[0].value.i = INT64_MAX;
    CHECK(fixture_query(wh, "SELECT $1", p, 1, &rs, &err) == MZ_INVALID);
    CHECK_ROW(strstr(err.msg, "parameter 1") != NULL, "%s", err.msg);

    wh->ops->close(wh);
}


/* 5000 rows are three chunks; nulls are checked against their rule. */

static void
test_rows(void)
{
    size_t                  i;
    mz_err_t                err;
    mz_rset_t              *rs;
    mz_value_t              a, s;
    mz_warehouse_t         *wh;
    mz_warehouse_limits_t   few;

    few = limits;
    few.rows_max = 5000;
    wh = open_or_die(&few);

    CHECK(fixture_query(wh, "SELECT i, s FROM t ORDER BY k", NULL, 0, &rs,
                        &err)
          == MZ_OK);
    CHECK(mz_rset_rows(rs) == 5000);
    CHECK(!mz_rset_is_truncated(rs));
    CHECK_STR(mz_rset_name(rs, 1), "s");

    for (i = 0; i < mz_rset_rows(rs); i++) {
        mz_rset_get(rs, i, 0, &a);
        mz_rset_get(rs, i, 1, &s);

        if (a.is_null != (i % 7 == 0) || (!a.is_null && a.i != (int64_t) i)
            || s.is_null != (i % 5 == 0)
            || (!s.is_null && s.s.len != 10 + i % 10))
        {
            CHECK_ROW(0, "row %zu", i);
            break;
        }
    }

    mz_rset_free(rs);

    /* No row at all still has its columns. */
    CHECK(fixture_query(wh, "SELECT i, s FROM t WHERE k < 0", NULL, 0, &rs,
                        &err)
          == MZ_OK);
    CHECK(mz_rset_rows(rs) == 0 && mz_rset_columns(rs) == 2);
    mz_rset_free(rs);
    wh->ops->close(wh);

    /* More than the limit: cut, said, and without the memory of all rows. */
    few.rows_max = 4999;
    wh = open_or_die(&few);
    CHECK(fixture_query(wh, "SELECT i FROM t ORDER BY k", NULL, 0, &rs, &err)
          == MZ_OK);
    CHECK(mz_rset_rows(rs) == 4999);
    CHECK(mz_rset_is_truncated(rs));
    mz_rset_free(rs);

    CHECK(fixture_query(wh, "SELECT range FROM range(1000000000000)", NULL,
                        0, &rs, &err)
          == MZ_OK);
    CHECK(mz_rset_rows(rs) == 4999);
    mz_rset_free(rs);

    CHECK(fixture_query(wh, "SELECT 1", NULL, 0, &rs, &err) == MZ_OK);
    mz_rset_free(rs);
    wh->ops->close(wh);
}


static void
test_timeout(void)
{
    size_t                  i;
    int64_t                 start, took;
    mz_err_t                err;
    mz_rc_t                 rc;
    mz_rset_t              *rs;
    mz_warehouse_t         *wh;
    mz_warehouse_limits_t   hasty;

    /* Stopped while it computes, and while it streams its rows. */
    static const char *const  slow[] = {
        SLOW_SQL,
        "SELECT a.range FROM range(100000000) a, range(100000000) b "
        "WHERE a.range + b.range = 100000000 - 3",
    };

    hasty = limits;
    hasty.timeout_ms = 200;
    wh = open_or_die(&hasty);

    for (i = 0; i < MZ_ARRAY_LEN(slow); i++) {
        start = now_ms();
        rc = fixture_query(wh, slow[i], NULL, 0, &rs, &err);
        took = now_ms() - start;

        CHECK_ROW(rc == MZ_LIMIT, "%s %s", mz_rc_name(rc), err.msg);
        CHECK_ROW(strstr(err.msg, "longer than 0.2 s") != NULL, "%s",
                  err.msg);
        CHECK_ROW(took >= 190 && took < 5000, "%lld ms", (long long) took);
    }

    /* A stop does not hang over to the next statement. */
    for (i = 0; i < 20; i++) {
        rc = fixture_query(wh, "SELECT count(*) FROM t", NULL, 0, &rs, &err);
        CHECK_ROW(rc == MZ_OK, "%s", err.msg);
        if (rc == MZ_OK) {
            mz_rset_free(rs);
        }
    }

    wh->ops->close(wh);
}


static void *
interrupter(void *data)
{
    mz_warehouse_t  *wh;

    wh = data;
    usleep(150000);
    wh->ops->interrupt(wh);

    return NULL;
}


static void
test_interrupt(void)
{
    int64_t          start;
    mz_err_t         err;
    pthread_t        thread;
    mz_rset_t       *rs;
    mz_warehouse_t  *wh;

    wh = open_or_die(&limits);
    start = now_ms();

    pthread_create(&thread, NULL, interrupter, wh);
    CHECK(fixture_query(wh, SLOW_SQL, NULL, 0, &rs, &err) == MZ_CANCELLED);
    CHECK(strstr(err.msg, "cancelled") != NULL);
    pthread_join(thread, NULL);
    CHECK(now_ms() - start < 5000);

    /* Sticky: what comes later is refused at once. */
    CHECK(fixture_query(wh, "SELECT 1", NULL, 0, &rs, &err) == MZ_CANCELLED);
    CHECK(rs == NULL);
    wh->ops->close(wh);

    /* Before the first statement as well. */
    wh = open_or_die(&limits);
    wh->ops->interrupt(wh);
    CHECK(fixture_query(wh, SLOW_SQL, NULL, 0, &rs, &err) == MZ_CANCELLED);
    wh->ops->close(wh);
}


static void
test_memory(void)
{
    mz_err_t                err;
    mz_rc_t                 rc;
    mz_rset_t              *rs;
    mz_warehouse_t         *wh;
    mz_warehouse_limits_t   small;

    small = limits;
    small.memory_bytes = 64 << 20;
    wh = open_or_die(&small);

    /* An ordered list cannot spill. */
    rc = fixture_query(wh, "SELECT len(list(range ORDER BY range DESC)) "
                       "FROM range(30000000)", NULL, 0, &rs, &err);
    CHECK_ROW(rc == MZ_LIMIT, "%s %s", mz_rc_name(rc), err.msg);
    CHECK_ROW(strstr(err.msg, "memory") != NULL, "%s", err.msg);

    /* A sort can, beside the sandbox. */
    rc = fixture_query(wh, "SELECT sum(r) FROM (SELECT range AS r, "
                       "repeat('x', 40) || range AS s FROM range(2000000) "
                       "ORDER BY s, r OFFSET 1000000)", NULL, 0, &rs, &err);
    CHECK_ROW(rc == MZ_OK, "%s", err.msg);
    if (rc == MZ_OK) {
        mz_rset_free(rs);
    }

    wh->ops->close(wh);
}


static void
test_concurrent_readers(void)
{
    mz_err_t         err;
    mz_rset_t       *rs;
    mz_warehouse_t  *a, *b;

    a = open_or_die(&limits);
    b = open_or_die(&limits);

    CHECK(fixture_query(a, "SELECT 1", NULL, 0, &rs, &err) == MZ_OK);
    mz_rset_free(rs);
    a->ops->interrupt(a);
    CHECK(fixture_query(b, "SELECT 1", NULL, 0, &rs, &err) == MZ_OK);
    mz_rset_free(rs);

    a->ops->close(a);
    b->ops->close(b);
}


static void
test_address(void)
{
    char             address[PATH_MAX];
    mz_err_t         err;
    mz_warehouse_t  *wh;

    snprintf(address, sizeof(address), "duckdb:%s", fixture_file("w.duckdb"));
    CHECK(mz_warehouse_open(address, &limits, &wh, &err) == MZ_OK);
    CHECK(strcmp(wh->ops->name, "duckdb") == 0);
    CHECK(wh->ops->dialect == MZ_DIALECT_DUCKDB);
    wh->ops->close(wh);

    CHECK(strcmp(mz_warehouse_file(address), fixture_path) == 0);
    CHECK(strcmp(mz_warehouse_file("x.db"), "x.db") == 0);
}


static void
test_setup(void)
{
    CHECK(fixture_make(fixture_file("w.duckdb"),
          "CREATE TYPE mood AS ENUM ('sad', 'happy'); "
          "CREATE TABLE t AS SELECT range AS k, "
          "CASE WHEN range % 7 <> 0 THEN range END AS i, "
          "CASE WHEN range % 5 <> 0 "
          "THEN repeat('x', 10 + range % 10) END AS s FROM range(5000)"));
}


static void
test_cleanup(void)
{
    fixture_done();
    CHECK(access(fixture_dir, F_OK) != 0);
}


/* The forking test that loads no library comes first. */

static void
test_start(void)
{
    FILE    *f;
    size_t   i;

    fixture_init();

    f = fopen(fixture_file("garbage.duckdb"), "w");
    for (i = 0; i < 20000; i++) {
        fputs("garbage", f);
    }
    fclose(f);
    f = fopen(fixture_file("empty.duckdb"), "w");
    fclose(f);

    test_library_errors();
}


static const mz_test_t  tests[] = {
    { "library missing or wrong",          test_start },
    { "a database is made",                test_setup },
    { "files that do not open",            test_open_errors },
    { "a writer has the file",             test_locked },
    { "every type",                        test_types },
    { "statements refused",                test_query_errors },
    { "parameters",                        test_parameters },
    { "chunks, nulls, truncation",         test_rows },
    { "time-out",                          test_timeout },
    { "interrupt",                         test_interrupt },
    { "memory limit",                      test_memory },
    { "two readers",                       test_concurrent_readers },
    { "address",                           test_address },
    { "nothing left",                      test_cleanup },
};

MZ_TEST_MAIN(tests)
