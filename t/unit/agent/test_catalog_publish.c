
/*
 * Publishing a catalog to a real redis-server, and what becomes of the names
 * that were there when it does not work out.
 */

#include "agent/work/catalog_publish.h"
#include "store/catalog_names.h"
#include "store/fixture.h"


static mz_redis_url_t  url;


static mz_catalog_t *
catalog(json_t *events, json_t *properties)
{
    json_t        *j;
    mz_err_t       err;
    mz_catalog_t  *cat;

    j = json_pack("{s:i,s:s,s:s,s:s,s:s,s:i,s:i,s:s,s:s,s:o,s:o}",
                  "version", 1, "table", "events", "event_column",
                  "event_name", "time_column", "event_time", "user_column",
                  "user_id", "rows", 1, "users", 1, "first",
                  "2026-01-01T00:00:00Z", "last", "2026-02-01T00:00:00Z",
                  "properties", properties, "events", events);
    cat = NULL;
    CHECK_ROW(mz_catalog_from_json(j, &cat, &err) == MZ_OK, "%s", err.msg);
    json_decref(j);

    if (cat == NULL) {
        exit(1);
    }

    return cat;
}


static json_t *
event(const char *name)
{
    return json_pack("{s:s,s:i,s:i,s:s,s:s,s:[]}", "name", name, "count", 1,
                     "users", 1, "first", "2026-01-01T00:00:00Z", "last",
                     "2026-02-01T00:00:00Z", "properties");
}


/* Takes values. */

static json_t *
property(const char *name, json_t *values)
{
    return json_pack("{s:s,s:s,s:b,s:b,s:b,s:o}", "name", name, "dtype",
                     "string", "common", 1, "nulls", 0, "enum", 1, "values",
                     values);
}


static json_t *
many(const char *prefix, int n)
{
    int      i;
    char     text[64];
    json_t  *values;

    values = json_array();

    for (i = 0; i < n; i++) {
        snprintf(text, sizeof(text), "%s%04d", prefix, i);
        json_array_append_new(values, json_pack("[s,i]", text, 1));
    }

    return values;
}


static mz_rc_t
publish(mz_redis_t *redis, const mz_catalog_t *cat, size_t *n, mz_err_t *err)
{
    return mz_catalog_publish(redis, &fx.conf, mz_str("host:1:0badcafe"),
                              cat, n, err);
}


static size_t
count(mz_catalog_set_t set, const char *prop, const char *prefix)
{
    size_t  n;

    mz_catalog_find(&fx.cmds, &fx.conf, set, mz_str_from(prop),
                    mz_str_from(prefix));
    CHECK(mz_catalog_find_decode(fx_run(), &n, NULL) == MZ_OK);

    return n;
}


static int64_t
card(const char *key)
{
    return fx_do("ZCARD", key, NULL, NULL, NULL)->integer;
}


static void
test_start(void)
{
    fx_test_start();
    memset(&url, 0, sizeof(url));
    snprintf(url.path, sizeof(url.path), "%s", fx.sock);
    snprintf(url.label, sizeof(url.label), "test");
}


static void
test_published(void)
{
    size_t         n;
    mz_err_t       err;
    mz_redis_t    *redis;
    mz_catalog_t  *cat;

    fx_reset();
    redis = mz_redis_new(&url, "test");
    cat = catalog(json_pack("[o,o]", event("signup"), event("Log In")),
                  json_pack("[o,o]",
                            property("country", json_pack("[[s,i],[s,i]]",
                                                          "US", 3, "HU", 1)),
                            property("price", json_array())));

    CHECK_ROW(publish(redis, cat, &n, &err) == MZ_OK, "%s", err.msg);
    CHECK(n == 6);
    CHECK(count(MZ_CATALOG_EVENTS, "", "") == 2);
    CHECK(count(MZ_CATALOG_EVENTS, "", "log") == 1);
    CHECK(count(MZ_CATALOG_PROPERTIES, "", "") == 2);
    CHECK(count(MZ_CATALOG_VALUES, "country", "u") == 1);
    CHECK(count(MZ_CATALOG_VALUES, "price", "") == 0);
    CHECK(fx_do("KEYS", "*", NULL, NULL, NULL)->elements == 3);
    mz_catalog_free(cat);

    /* the next one takes its place, down to nothing at all */

    cat = catalog(json_pack("[o]", event("signup")), json_array());
    CHECK(publish(redis, cat, &n, &err) == MZ_OK && n == 1);
    CHECK(card("mz-test:{catalog}:events") == 1);
    CHECK(fx_do("KEYS", "*", NULL, NULL, NULL)->elements == 1);
    mz_catalog_free(cat);

    cat = catalog(json_array(), json_array());
    CHECK(publish(redis, cat, &n, &err) == MZ_OK && n == 0);
    CHECK(fx_do("KEYS", "*", NULL, NULL, NULL)->elements == 0);
    mz_catalog_free(cat);

    mz_redis_free(redis);
}


/* More than one pipeline, and more than is taken. */

static void
test_many(void)
{
    int            i;
    size_t         n;
    char           name[64];
    json_t        *properties;
    mz_err_t       err;
    mz_redis_t    *redis;
    mz_catalog_t  *cat;

    fx_reset();
    redis = mz_redis_new(&url, "test");
    properties = json_array();

    for (i = 0; i < 450; i++) {
        snprintf(name, sizeof(name), "property %03d", i);
        json_array_append_new(properties,
                              property(name, many("a value like this ",
                                                  500)));
    }

    cat = catalog(json_pack("[o]", event("signup")), properties);
    CHECK_ROW(publish(redis, cat, &n, &err) == MZ_OK, "%s", err.msg);
    CHECK(n == MZ_CATALOG_PUBLISH_NAMES);
    CHECK(card("mz-test:{catalog}:properties") == 450);
    CHECK(card("mz-test:{catalog}:values")
          == MZ_CATALOG_PUBLISH_NAMES - 451);
    CHECK(count(MZ_CATALOG_VALUES, "property 000", "a value like this 049")
          == 10);

    mz_catalog_free(cat);
    mz_redis_free(redis);
}


/* What was published stays when the next publication fails. */

static void
test_failures(void)
{
    size_t           n;
    mz_err_t         err;
    mz_redis_t      *redis;
    mz_catalog_t    *cat, *big;
    mz_redis_url_t   nowhere;

    fx_reset();
    redis = mz_redis_new(&url, "test");
    cat = catalog(json_pack("[o]", event("signup")), json_array());
    big = catalog(json_pack("[o]", event("other")),
                  json_pack("[o]", property("p", many("v", 500))));
    CHECK(publish(redis, cat, &n, &err) == MZ_OK);

    nowhere = url;
    snprintf(nowhere.path, sizeof(nowhere.path), "%s/none", fx.dir);
    mz_redis_free(redis);
    redis = mz_redis_new(&nowhere, "test");
    CHECK(publish(redis, big, &n, &err) == MZ_UNAVAILABLE);
    mz_redis_free(redis);

    /* Redis has no room for more */

    redis = mz_redis_new(&url, "test");
    fx_do("CONFIG", "SET", "maxmemory", "1", NULL);
    CHECK(publish(redis, big, &n, &err) == MZ_UNAVAILABLE);
    fx_do("CONFIG", "SET", "maxmemory", "0", NULL);
    CHECK(count(MZ_CATALOG_EVENTS, "", "") == 1);
    CHECK(count(MZ_CATALOG_EVENTS, "", "signup") == 1);

    /* and then it has */

    CHECK_ROW(publish(redis, big, &n, &err) == MZ_OK, "%s", err.msg);
    CHECK(count(MZ_CATALOG_EVENTS, "", "signup") == 0);
    CHECK(count(MZ_CATALOG_EVENTS, "", "other") == 1);

    mz_catalog_free(cat);
    mz_catalog_free(big);
    mz_redis_free(redis);
}


static const mz_test_t  tests[] = {
    { "a redis-server of the test's own", test_start },
    { "a catalog is published", test_published },
    { "many names", test_many },
    { "failures", test_failures }
};

MZ_TEST_MAIN(tests)
