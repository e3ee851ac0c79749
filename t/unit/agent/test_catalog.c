
#include <fcntl.h>
#include <sys/stat.h>

#include "test.h"
#include "wh_fixture.h"

#include "base/mz_time.h"


static const mz_warehouse_limits_t  limits = { 20000, 10000, 512 << 20, 2 };

#define EVENTS_SQL                                                            \
    "CREATE TYPE mood AS ENUM ('sad', 'happy');"                              \
    "CREATE TABLE other (user_id VARCHAR, event_time TIMESTAMP);"             \
    "CREATE TABLE events (event_time TIMESTAMP, event_name VARCHAR, "         \
    "user_id VARCHAR, country VARCHAR, \"od\"\"d name\" VARCHAR, "            \
    "price DECIMAL(9,2), n INTEGER, ok BOOLEAN, day DATE, m mood, "           \
    "tags VARCHAR[], order_id VARCHAR, many VARCHAR, never VARCHAR);"         \
    "INSERT INTO events SELECT TIMESTAMP '2026-01-01' "                       \
    "+ to_minutes(range), "                                                   \
    "CASE WHEN range % 4 = 0 THEN 'buy' ELSE 'see' END, "                     \
    "'u' || range % 50, "                                                     \
    "CASE WHEN range % 3 = 0 THEN 'US' ELSE 'DE' END, "                       \
    "CASE WHEN range % 4 = 0 AND range % 8 = 0 THEN 'x\"y' END, "             \
    "CASE WHEN range % 4 = 0 THEN 9.99 END, "                                 \
    "CASE WHEN range % 4 <> 0 THEN range END, "                               \
    "CASE WHEN range % 4 = 0 THEN range % 8 = 0 END, "                        \
    "DATE '2026-01-01', 'happy', ['a'], "                                     \
    "CASE WHEN range % 4 = 0 THEN 'o' || range END, "                         \
    "CASE WHEN range % 4 <> 0 THEN 'v' || range % 4000 END, NULL "             \
    "FROM range(40000)"


static mz_warehouse_t *
opened(const char *name)
{
    mz_err_t         err;
    mz_warehouse_t  *wh;

    if (mz_warehouse_open(fixture_file(name), &limits, &wh, &err) != MZ_OK) {
        printf("Bail out! %s\n", err.msg);
        fixture_done();
        exit(1);
    }

    return wh;
}


static void
test_setup(void)
{
    fixture_init();

    CHECK(fixture_make(fixture_file("w.duckdb"), EVENTS_SQL));
    CHECK(fixture_make(fixture_file("none.duckdb"),
          "CREATE TABLE t (a INT); CREATE TABLE u (user_id INT)"));
    CHECK(fixture_make(fixture_file("two.duckdb"),
          "CREATE TABLE a (event_name VARCHAR, event_time TIMESTAMP, "
          "user_id BIGINT, p VARCHAR);"
          "CREATE TABLE b AS SELECT * FROM a;"
          "INSERT INTO b VALUES ('e', '2026-01-01', 7, 'v');"
          "CREATE TABLE odd (\"Event\" VARCHAR, ts TIMESTAMPTZ, who UUID);"
          "INSERT INTO odd VALUES ('e', '2026-01-01 00:00:00+00', uuid())"));
    CHECK(fixture_make(fixture_file("types.duckdb"),
          "CREATE TABLE events (event_name VARCHAR, event_time VARCHAR, "
          "user_id VARCHAR)"));
    CHECK(fixture_make(fixture_file("empty.duckdb"),
          "CREATE TABLE events (event_name VARCHAR, event_time TIMESTAMP, "
          "user_id VARCHAR, p VARCHAR)"));
}


static void
test_no_table(void)
{
    size_t           i;
    json_t          *j;
    mz_err_t         err;
    mz_rc_t          rc;
    mz_warehouse_t  *wh;

    static const struct {
        const char          *file;
        mz_catalog_roles_t   roles;
        const char          *words;
    } rows[] = {
        { "none.duckdb",  { NULL, NULL, NULL, NULL }, "tables: t, u" },
        { "two.duckdb",   { NULL, NULL, NULL, NULL }, "2 tables" },
        { "two.duckdb",   { "c", NULL, NULL, NULL },  "no table c" },
        { "two.duckdb",   { "odd", NULL, NULL, NULL }, "event_name" },
        { "two.duckdb",   { "a\"; DROP TABLE a", NULL, NULL, NULL },
          "no table" },
        { "types.duckdb", { NULL, NULL, NULL, NULL },
          "event_time of events is VARCHAR" },
        { "w.duckdb",     { NULL, NULL, "day", NULL }, "day of events" },
        { "w.duckdb",     { NULL, "tags", NULL, NULL }, "tags of events" },
        { "w.duckdb",     { NULL, NULL, NULL, "price" }, "price of events" },
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        wh = opened(rows[i].file);
        rc = mz_catalog_scan(wh, &rows[i].roles, &j, &err);
        CHECK_ROW(rc == MZ_INVALID && j == NULL, "%zu: %s", i,
                  mz_rc_name(rc));
        CHECK_ROW(strstr(err.msg, rows[i].words) != NULL, "%zu: %s", i,
                  err.msg);
        wh->ops->close(wh);
    }
}


static void
test_events(void)
{
    json_t                    *j;
    mz_err_t                   err;
    mz_catalog_t              *cat;
    mz_warehouse_t            *wh;
    const mz_catalog_event_t  *e;

    wh = opened("w.duckdb");
    CHECK(mz_catalog_scan(wh, NULL, &j, &err) == MZ_OK);
    wh->ops->close(wh);
    CHECK(mz_catalog_from_json(j, &cat, &err) == MZ_OK);
    json_decref(j);

    CHECK_STR(cat->table, "events");
    CHECK_STR(cat->user_column, "user_id");
    CHECK(cat->rows == 40000 && cat->users == 50);
    CHECK(cat->first_ms == mz_time_days(2026, 1, 1) * MZ_DAY_MS);
    CHECK(cat->last_ms == cat->first_ms + 39999 * MZ_MINUTE_MS);
    CHECK(cat->nevents == 2);

    e = mz_catalog_event(cat, mz_str("buy"));
    CHECK(e != NULL && e->count == 10000 && e->users == 25);
    CHECK(e != NULL && e->first_ms == cat->first_ms);
    CHECK(e != NULL && e->last_ms == cat->last_ms - 3 * MZ_MINUTE_MS);

    CHECK(mz_catalog_event_has(cat, mz_str("buy"), mz_str("price")));
    CHECK(!mz_catalog_event_has(cat, mz_str("see"), mz_str("price")));
    CHECK(mz_catalog_event_has(cat, mz_str("see"), mz_str("country")));
    CHECK(mz_catalog_event_has(cat, mz_str("*"), mz_str("country")));
    CHECK(!mz_catalog_event_has(cat, mz_str("*"), mz_str("n")));

    mz_catalog_free(cat);
}


static void
test_properties(void)
{
    size_t                        i;
    json_t                       *j;
    mz_err_t                      err;
    mz_catalog_t                 *cat;
    mz_warehouse_t               *wh;
    const mz_catalog_property_t  *p;

    static const struct {
        const char  *name;
        mz_dtype_t   dtype;
        bool         is_common;
        bool         has_nulls;
        bool         is_enum;
        size_t       nvalues;
        const char  *first;
        int64_t      count;
    } rows[] = {
        { "country",   MZ_DTYPE_STRING,  true,  false, true, 2, "DE", 26666 },
        { "od\"d name", MZ_DTYPE_STRING, false, true,  true, 1, "x\"y",
          5000 },
        { "price",     MZ_DTYPE_FLOAT64, false, false, false, 0, NULL, 0 },
        { "n",         MZ_DTYPE_INT64,   false, false, false, 0, NULL, 0 },
        { "ok",        MZ_DTYPE_BOOL,    false, false, true, 2, "false",
          5000 },
        { "day",       MZ_DTYPE_DATE,    true,  false, false, 0, NULL, 0 },
        { "m",         MZ_DTYPE_STRING,  true,  false, true, 1, "happy",
          40000 },

        /* Too many for a list, but they repeat. */
        { "many",      MZ_DTYPE_STRING,  false, false, false, 500, "v1", 10 },

        /* Each order has its own: a list says nothing. */
        { "order_id",  MZ_DTYPE_STRING,  false, false, false, 0, NULL, 0 },
    };

    wh = opened("w.duckdb");
    CHECK(mz_catalog_scan(wh, NULL, &j, &err) == MZ_OK);
    wh->ops->close(wh);
    CHECK(mz_catalog_from_json(j, &cat, &err) == MZ_OK);
    json_decref(j);

    CHECK_ROW(cat->nproperties == MZ_ARRAY_LEN(rows), "%zu",
              cat->nproperties);

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        p = mz_catalog_property(cat, mz_str_from(rows[i].name));
        if (p == NULL) {
            CHECK_ROW(0, "%s is not there", rows[i].name);
            continue;
        }

        CHECK_ROW(p->dtype == rows[i].dtype, "%s", rows[i].name);
        CHECK_ROW(p->is_common == rows[i].is_common, "%s", rows[i].name);
        CHECK_ROW(p->has_nulls == rows[i].has_nulls, "%s", rows[i].name);

        CHECK_ROW(p->is_enum == rows[i].is_enum, "%s", rows[i].name);
        CHECK_ROW(p->nvalues == rows[i].nvalues, "%s: %zu", rows[i].name,
                  p->nvalues);

        if (rows[i].first != NULL && p->nvalues > 0) {
            CHECK_STR(p->values[0].value, rows[i].first);
            CHECK_ROW(p->values[0].count == rows[i].count, "%s",
                      rows[i].name);
        }
    }

    /* Lists are no properties, and what is never set is none either. */
    CHECK(mz_catalog_property(cat, mz_str("tags")) == NULL);
    CHECK(mz_catalog_property(cat, mz_str("never")) == NULL);

    mz_catalog_free(cat);
}


static void
test_roles(void)
{
    size_t           i;
    json_t          *j;
    mz_err_t         err;
    mz_catalog_t    *cat;
    mz_warehouse_t  *wh;

    static const mz_catalog_roles_t  rows[] = {
        { "b", NULL, NULL, NULL },
        { "odd", "Event", "ts", "who" },
        { NULL, "Event", "ts", "who" },
    };

    wh = opened("two.duckdb");

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        if (mz_catalog_scan(wh, &rows[i], &j, &err) != MZ_OK) {
            CHECK_ROW(0, "%zu: %s", i, err.msg);
            continue;
        }

        CHECK(mz_catalog_from_json(j, &cat, &err) == MZ_OK);
        CHECK_STR(cat->table, i == 0 ? "b" : "odd");
        CHECK(cat->rows == 1 && cat->users == 1);
        CHECK(cat->first_ms == mz_time_days(2026, 1, 1) * MZ_DAY_MS);
        mz_catalog_free(cat);
        json_decref(j);
    }

    wh->ops->close(wh);
}


static void
test_empty(void)
{
    json_t          *j;
    mz_err_t         err;
    mz_catalog_t    *cat;
    mz_warehouse_t  *wh;

    wh = opened("empty.duckdb");
    CHECK(mz_catalog_scan(wh, NULL, &j, &err) == MZ_OK);
    wh->ops->close(wh);

    CHECK(mz_catalog_from_json(j, &cat, &err) == MZ_OK);
    CHECK(cat->rows == 0 && cat->nevents == 0 && cat->nproperties == 0);
    mz_catalog_free(cat);
    json_decref(j);
}


static void
test_stopped(void)
{
    json_t          *j;
    mz_err_t         err;
    mz_warehouse_t  *wh;

    wh = opened("w.duckdb");
    wh->ops->interrupt(wh);
    CHECK(mz_catalog_scan(wh, NULL, &j, &err) == MZ_CANCELLED);
    CHECK(j == NULL);
    wh->ops->close(wh);
}


/* Replaces a file's text; what the cache says tells where it came from. */

static void
put(const char *path, const char *text)
{
    FILE  *f;

    f = fopen(path, "w");
    fputs(text, f);
    fclose(f);
}


static int64_t
users_of(const char *file, const char *cache, mz_rc_t want)
{
    char             address[PATH_MAX];
    int64_t          users;
    mz_err_t         err;
    mz_rc_t          rc;
    mz_catalog_t    *cat;
    mz_warehouse_t  *wh;

    wh = opened(file);
    snprintf(address, sizeof(address), "%s", fixture_file(file));
    rc = mz_catalog_open(wh, address, cache, &cat, &err);
    wh->ops->close(wh);

    CHECK_ROW(rc == want, "%s: %s", mz_rc_name(rc),
              rc == MZ_OK ? "" : err.msg);
    if (rc != MZ_OK) {
        CHECK(cat == NULL);
        CHECK_ROW(strstr(err.msg, address) != NULL, "%s", err.msg);
        return -1;
    }

    users = cat->users;
    mz_catalog_free(cat);

    return users;
}


static void
test_cache(void)
{
    char         *cache, path[PATH_MAX], cmd[2 * PATH_MAX];
    struct stat   st;

    static const char *const  broken[] = {
        "", "{", "[]", "{\"version\":1}", "{\"version\":2,\"catalog\":{}}",
        "{\"version\":1,\"catalog\":{\"table\":\"gone\"}}",
    };
    size_t        i;

    snprintf(path, sizeof(path), "duckdb:%s", fixture_file("w.duckdb"));
    cache = mz_catalog_cache_path(path);
    snprintf(path, sizeof(path), "%s", fixture_file("w.duckdb.catalog.json"));
    CHECK(strcmp(cache, path) == 0);
    free(cache);

    /* No cache wanted: none is written. */
    CHECK(users_of("w.duckdb", NULL, MZ_OK) == 50);
    CHECK(access(path, F_OK) != 0);

    CHECK(users_of("w.duckdb", path, MZ_OK) == 50);
    CHECK(access(path, R_OK) == 0);

    /* It is used while it is current. */
    snprintf(cmd, sizeof(cmd), "sed -i 's/\"users\":50/\"users\":51/' '%s'",
             path);
    CHECK(system(cmd) == 0);
    CHECK(users_of("w.duckdb", path, MZ_OK) == 51);

    /* The warehouse changes: a new scan. */
    CHECK(fixture_make(fixture_file("w.duckdb"),
          "INSERT INTO events (event_time, event_name, user_id) VALUES "
          "('2026-03-01', 'see', 'u-new'), ('2026-03-01', 'see', 'u-x')"));
    CHECK(users_of("w.duckdb", path, MZ_OK) == 52);

    for (i = 0; i < MZ_ARRAY_LEN(broken); i++) {
        put(path, broken[i]);
        CHECK_ROW(users_of("w.duckdb", path, MZ_OK) == 52, "%s", broken[i]);
        CHECK(stat(path, &st) == 0 && st.st_size > 1000);
    }

    /* A cache that cannot be written is no error. */
    CHECK(users_of("w.duckdb", fixture_file("no/such/dir"), MZ_OK) == 52);
    CHECK(users_of("none.duckdb", NULL, MZ_INVALID) == -1);
}


static void
test_cache_roles(void)
{
    char                 path[PATH_MAX], cache[PATH_MAX];
    mz_err_t             err;
    mz_catalog_t        *cat;
    mz_warehouse_t      *wh;
    mz_catalog_roles_t   roles = { "b", NULL, NULL, NULL };

    snprintf(cache, sizeof(cache), "%s", fixture_file("two.json"));
    snprintf(path, sizeof(path), "%s", fixture_file("two.duckdb"));

    CHECK(users_of("two.duckdb", cache, MZ_INVALID) == -1);

    wh = opened("two.duckdb");
    CHECK(mz_catalog_refresh(wh, path, cache, &roles, &cat, &err) == MZ_OK);
    wh->ops->close(wh);
    CHECK(cat->users == 1);
    mz_catalog_free(cat);

    CHECK(users_of("two.duckdb", cache, MZ_OK) == 1);

    /* What was said once is kept when the warehouse changes. */
    CHECK(fixture_make(path, "INSERT INTO b VALUES ('e', '2026-01-01', 8, "
                       "'v')"));
    CHECK(users_of("two.duckdb", cache, MZ_OK) == 2);

    /* And forgotten when it is gone: the other table is the only one. */
    CHECK(fixture_make(path, "DROP TABLE b"));
    CHECK(users_of("two.duckdb", cache, MZ_OK) == 0);

    fixture_done();
}


/* Only who may read the warehouse may read its catalog. */

static void
test_cache_mode(void)
{
    char          path[PATH_MAX];
    struct stat   st;

    CHECK(chmod(fixture_file("empty.duckdb"), 0600) == 0);
    snprintf(path, sizeof(path), "%s", fixture_file("empty.json"));
    CHECK(users_of("empty.duckdb", path, MZ_OK) == 0);
    CHECK(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600);
}


static const mz_test_t  tests[] = {
    { "set up",                       test_setup },
    { "no table of events, or two",   test_no_table },
    { "events",                       test_events },
    { "properties and values",        test_properties },
    { "roles",                        test_roles },
    { "an empty table",               test_empty },
    { "stopped",                      test_stopped },
    { "cache",                        test_cache },
    { "cache: who may read it",       test_cache_mode },
    { "cache: roles are kept",        test_cache_roles },
};

MZ_TEST_MAIN(tests)
