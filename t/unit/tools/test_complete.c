
/*
 * completion/complete, from dispatch on: the catalog's names, artifact ids,
 * ranges; nothing where nothing is known.
 */

#include "rpc.h"

#include "store/catalog_names.h"


#define TREND  "'ref':{'type':'ref/prompt','name':'ask_trend'}"


/* The answer to params; target: what the reference names. */

static json_t *
complete(const char *target, const char *params)
{
    return rpc(MZ_MCP_DO_COMPLETE, "completion/complete", target, params);
}


static json_t *
trend(const char *name, const char *value, const char *context)
{
    char  params[1024];

    snprintf(params, sizeof(params), "{" TREND ",'argument':{'name':'%s',"
             "'value':'%s'}%s%s}", name, value, *context ? ",'context':" : "",
             context);

    return complete("ask_trend", params);
}


/* The values, with a bar between. */

static const char *
values(void)
{
    size_t       i, len;
    mz_str_t     s;
    json_t      *list;

    static char  text[8192];

    list = json_object_get(json_object_get(r, "completion"), "values");
    CHECK(json_is_array(list));
    len = 0;
    text[0] = '\0';

    for (i = 0; i < json_array_size(list); i++) {
        s = mz_json_str(json_array_get(list, i));
        len += (size_t) snprintf(text + len, sizeof(text) - len, "%s%.*s",
                                 i ? "|" : "", (int) s.len, s.data);
    }

    return text;
}


static int64_t
total(void)
{
    return mz_json_get_int(json_object_get(r, "completion"), "total", -1);
}


static bool
has_more(void)
{
    return mz_json_get_bool(json_object_get(r, "completion"), "hasMore",
                            false);
}


static void
publish(size_t nevents)
{
    size_t        i, n;
    mz_cmds_t     c;
    redisReply   *replies[64];

    static char            text[500][32];
    static mz_str_t        events[500];
    static const mz_str_t  properties[] = { mz_str("country"),
                                            mz_str("Channel") };
    static const mz_str_t  countries[] = { mz_str("US"), mz_str("HU") };

    for (i = 0; i < nevents; i++) {
        snprintf(text[i], sizeof(text[i]), "event_%03zu", i);
        events[i] = mz_str_from(text[i]);
    }

    mz_cmds_init(&c);
    mz_catalog_publish_begin(&c, &host.conf.store, mz_str("w"));
    mz_catalog_publish_add(&c, &host.conf.store, mz_str("w"),
                           MZ_CATALOG_EVENTS, mz_null_str, events, nevents);
    mz_catalog_publish_add(&c, &host.conf.store, mz_str("w"),
                           MZ_CATALOG_PROPERTIES, mz_null_str, properties, 2);
    mz_catalog_publish_add(&c, &host.conf.store, mz_str("w"),
                           MZ_CATALOG_VALUES, mz_str("country"), countries,
                           2);
    mz_catalog_publish_commit(&c, &host.conf.store, mz_str("w"));

    n = c.n;
    host_exec(&c, replies);

    for (i = 0; i < n; i++) {
        mz_reply_free(replies[i]);
    }

    mz_cmds_free(&c);
}


static void
test_nothing(void)
{
    size_t  i;

    static const char *const  names[] = { "event", "property", "range",
                                          "no such argument" };

    /* no worker has published yet */

    for (i = 0; i < MZ_ARRAY_LEN(names); i++) {
        trend(names[i], "x", "");
        CHECK(strcmp(values(), "") == 0);
        CHECK(total() == 0 && !has_more());
    }

    trend("value", "", "{'arguments':{'property':'country'}}");
    CHECK(strcmp(values(), "") == 0);

    complete("nothing", "{'ref':{'type':'ref/prompt','name':'nothing'},"
             "'argument':{'name':'x','value':''}}");
    CHECK(mz_json_get_int(r, "code", 0) == MZ_RPC_PARAMS);
}


static void
test_catalog(void)
{
    publish(150);

    trend("event", "", "");
    CHECK(mz_str_has_prefix(mz_str_from(values()),
                            mz_str("event_000|event_001|")));
    CHECK(json_array_size(json_object_get(json_object_get(r, "completion"),
                                          "values")) == 100);
    CHECK(has_more() && total() == -1);

    trend("event", "EVENT_0", "");
    CHECK(json_array_size(json_object_get(json_object_get(r, "completion"),
                                          "values")) == 100);
    CHECK(!has_more() && total() == 100);

    trend("event", "event_14", "");
    CHECK(total() == 10);
    CHECK(mz_str_has_suffix(mz_str_from(values()), mz_str("|event_149")));

    trend("property", "c", "");
    CHECK(strcmp(values(), "Channel|country") == 0);
    trend("property", "event", "");
    CHECK(strcmp(values(), "") == 0);

    /* what a name may look like does not matter */

    trend("event", "[", "");
    CHECK(strcmp(values(), "") == 0);
    trend("event", "\\u00e9\\u0001", "");
    CHECK(strcmp(values(), "") == 0);
}


static void
test_values(void)
{
    size_t  i;

    static const struct {
        const char  *context;
        const char  *value;
        const char  *want;
    } rows[] = {
        { "{'arguments':{'property':'country'}}", "", "HU|US" },
        { "{'arguments':{'property':'COUNTRY'}}", "u", "US" },
        { "{'arguments':{'property':'channel'}}", "", "" },
        { "{'arguments':{'property':''}}", "", "" },
        { "{'arguments':{'event':'country'}}", "", "" },
        { "{'arguments':{'property':7}}", "", "" },
        { "{'arguments':7}", "", "" },
        { "{}", "", "" },
        { "", "", "" }
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        trend("value", rows[i].value, rows[i].context);
        CHECK_ROW(strcmp(values(), rows[i].want) == 0, "row %zu: %s", i,
                  values());
    }
}


static void
test_ranges(void)
{
    trend("range", "Last 3", "");
    CHECK(strcmp(values(), "last 30 days") == 0);
    trend("range", "this", "");
    CHECK(strcmp(values(), "this week|this month|this quarter|this year")
          == 0);
    trend("range", "", "");
    CHECK(total() == 18 && !has_more());
    trend("range", "last 30 days and more", "");
    CHECK(strcmp(values(), "") == 0);
}


static json_t *
artifact(const char *value)
{
    char  params[512];

    snprintf(params, sizeof(params), "{'ref':{'type':'ref/resource','uri':"
             "'mitzu://artifacts/{id}'},'argument':{'name':'id','value':"
             "'%s'}}", value);

    return complete("mitzu://artifacts/{id}", params);
}


static void
test_artifacts(void)
{
    int      i;
    mz_id_t  id;

    enter("artifacts");
    artifact("");
    CHECK(total() == 0 && !has_more());

    id = write_table(&a, 1);
    artifact("");
    CHECK(strcmp(values(), id.s) == 0 && total() == 1);
    artifact("a_");
    CHECK(strcmp(values(), id.s) == 0);
    artifact(id.s);
    CHECK(strcmp(values(), id.s) == 0);
    artifact("p_");
    CHECK(strcmp(values(), "") == 0);

    for (i = 0; i < 120; i++) {
        write_table(&a, 1);
    }

    artifact("a_");
    CHECK(json_array_size(json_object_get(json_object_get(r, "completion"),
                                          "values")) == 100);
    CHECK(has_more() && total() == 121);

    host_become("somebody else");
    artifact("a_");
    CHECK(strcmp(values(), "") == 0);
}


static void
test_redis_error(void)
{
    mz_key_t  k;

    redis_do("SET", "mitzu:{catalog}:events", "x", NULL);
    trend("event", "", "");
    CHECK_STR(mz_json_get_str(r, "error"), "internal");

    enter("wrong");
    mz_key(&k, &host.conf.store, MZ_KEY_ARTIFACTS, 0,
           mz_str_from(host.who.scope), "", 0);
    redis_do("SET", k.s, "x", NULL);
    artifact("a_");
    CHECK_STR(mz_json_get_str(r, "error"), "internal");
}


static void
test_start(void)
{
    host_start();
}


static void
test_stop(void)
{
    json_decref(r);
    r = NULL;
    host_stop();
}


static const mz_test_t  tests[] = {
    { "a host", test_start },
    { "nothing is known", test_nothing },
    { "events and properties", test_catalog },
    { "values of a property", test_values },
    { "ranges", test_ranges },
    { "artifact ids", test_artifacts },
    { "errors of Redis", test_redis_error },
    { "the end", test_stop }
};

MZ_TEST_MAIN(tests)
