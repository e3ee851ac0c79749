
/*
 * resources/list and mitzu://artifacts/{id}: what is listed in which order
 * and pages, what is read as what, and what is not there.
 */

#include "rpc.h"

#include "tools/ops.h"


#define URI  "mitzu://artifacts/"


static json_t *
list(const char *params)
{
    return rpc(MZ_MCP_DO_RESOURCES, "resources/list", "", params);
}


static json_t *
get(const char *id)
{
    char  uri[256], params[512];

    snprintf(uri, sizeof(uri), URI "%s", id);
    snprintf(params, sizeof(params), "{'uri':'%s'}", uri);

    return rpc(MZ_MCP_DO_READ, "resources/read", uri, params);
}


static const json_t *
content(void)
{
    return json_array_get(json_object_get(r, "contents"), 0);
}


static const json_t *
entry(size_t i)
{
    return json_array_get(json_object_get(r, "resources"), i);
}


static size_t
entries(void)
{
    return json_array_size(json_object_get(r, "resources"));
}


static void
check_none(const char *id, int code)
{
    mz_str_t  uri;

    get(id);
    CHECK_ROW(mz_json_get_int(r, "code", 0) == code, "%s: %lld", id,
              (long long) mz_json_get_int(r, "code", 0));
    uri = mz_json_get_str(json_object_get(r, "data"), "uri");
    CHECK_ROW(mz_str_has_prefix(uri, mz_str(URI)), "%s", id);
    CHECK_ROW(mz_str_has_suffix(uri, mz_str_from(id)), "%s", id);
    CHECK(json_object_get(r, "contents") == NULL);
}


static void
test_not_there(void)
{
    mz_id_t  id;

    enter("owner");
    id = write_table(&a, 3);
    get(id.s);
    CHECK(json_array_size(json_object_get(r, "contents")) == 1);

    check_none("a_aaaaaaaaaaaaaaaaaaaaaaaaaa", MZ_RPC_NO_RESOURCE);
    check_none("a_x", MZ_RPC_NO_RESOURCE);
    check_none(cid, MZ_RPC_NO_RESOURCE);

    /* somebody else's is told as one that never was */

    enter("stranger");
    check_none(id.s, MZ_RPC_NO_RESOURCE);
    list("{}");
    CHECK(entries() == 0);
    CHECK(json_object_get(r, "nextCursor") == NULL);

    host_become("owner");
    list("{}");
    CHECK(entries() == 1);
}


static void
test_table(void)
{
    mz_id_t    id;
    mz_str_t   text;

    enter("tables");
    id = write_table(&a, 5);
    get(id.s);

    CHECK_STR(mz_json_get_str(content(), "mimeType"), "text/csv");
    CHECK(mz_str_has_suffix(mz_json_get_str(content(), "uri"),
                            mz_str_from(id.s)));
    CHECK_STR(mz_json_get_str(content(), "text"),
              "country,users\r\ncountry-000,0\r\ncountry-007,3\r\n"
              "country-014,6\r\ncountry-021,9\r\ncountry-028,12\r\n");
    CHECK(json_object_get(content(), "_meta") == NULL);
    CHECK(rpc_cache.ttl_ms == 300000);
    CHECK_STR(rpc_cache.scope, "private");

    /* one that is longer than a result may be: whole rows, and a word */

    id = write_table(&a, 10000);
    get(id.s);
    text = mz_json_get_str(content(), "text");
    CHECK(text.len <= host.conf.result_max
          && text.len > host.conf.result_max - 20);
    CHECK(mz_str_has_suffix(text, mz_str("\r\n")));
    CHECK(mz_json_get_bool(json_object_get(content(), "_meta"),
                           "mitzu/truncated", false));
    CHECK(mz_json_get_int(json_object_get(content(), "_meta"),
                          "mitzu/total_rows", 0) == 10000);
    CHECK(has(json_object_get(content(), "_meta"), "mitzu/note",
              "query_table_artifact with artifact_id a_"));

    /* columns alone that do not fit */

    host.conf.result_max = 10;
    get(id.s);
    CHECK(mz_json_get_int(r, "code", 0) == MZ_RPC_PARAMS);
    CHECK(has(r, "message", "query_table_artifact"));
    host.conf.result_max = 80 * 1024;
}


static void
test_json(void)
{
    mz_id_t   id;
    mz_str_t  text;

    enter("lines");
    id = write_json(&a);
    get(id.s);

    CHECK_STR(mz_json_get_str(content(), "mimeType"), "application/x-ndjson");
    text = mz_json_get_str(content(), "text");
    CHECK(mz_str_has_prefix(text, mz_str("{\"n\":0,\"country\":\"DE\"}\n"
                                         "{\"n\":1,\"country\":\"HU\"}\n")));
    CHECK(mz_str_has_suffix(text, mz_str("{\"n\":19,\"country\":\"HU\"}\n")));

    host.conf.result_max = 70;
    get(id.s);
    text = mz_json_get_str(content(), "text");
    CHECK(text.len == 3 * 23);
    CHECK(mz_json_get_int(json_object_get(content(), "_meta"), "mitzu/rows",
                          0) == 3);
    CHECK(has(json_object_get(content(), "_meta"), "mitzu/note",
              "read_json_artifact"));
    CHECK(has(json_object_get(content(), "_meta"), "mitzu/note", "offset 3"));
    host.conf.result_max = 80 * 1024;
}


static void
test_odd(void)
{
    char       key[MZ_KEY_MAX];
    mz_id_t    id;
    mz_key_t   k;

    enter("odd");

    /* kinds that are not read */

    id = write_json(&a);
    mz_key(&k, &host.conf.store, MZ_KEY_ARTIFACT, 0,
           mz_str_from(host.who.scope), id.s, 0);
    redis_do("HSET", k.s, "kind", "chart");
    get(id.s);
    CHECK(mz_json_get_int(r, "code", 0) == MZ_RPC_PARAMS);
    CHECK(has(r, "message", "chart"));
    CHECK(has(r, "message", "inspect_artifact"));
    list("{}");
    CHECK(entries() == 0);

    /* a layout that is none */

    redis_do("HSET", k.s, "kind", "table");
    redis_do("HSET", k.s, "layout", "{\"columns\":7}");
    get(id.s);
    CHECK_STR(mz_json_get_str(r, "error"), "internal");
    redis_do("HSET", k.s, "layout", "nonsense");
    get(id.s);
    CHECK_STR(mz_json_get_str(r, "error"), "internal");
    redis_do("HSET", k.s, "kind", "json");
    get(id.s);
    CHECK_STR(mz_json_get_str(r, "error"), "internal");

    /* data that expired before its metadata */

    id = write_json(&a);
    mz_key(&k, &host.conf.store, MZ_KEY_CHUNK, 0,
           mz_str_from(host.who.scope), id.s, 0);
    redis_do("DEL", k.s, NULL, NULL);
    check_none(id.s, MZ_RPC_NO_RESOURCE);

    /* metadata that expired before its id */

    id = write_table(&a, 1);
    list("{}");
    CHECK(entries() == 3);
    mz_key(&k, &host.conf.store, MZ_KEY_ARTIFACT, 0,
           mz_str_from(host.who.scope), id.s, 0);
    snprintf(key, sizeof(key), "%s", k.s);
    redis_do("DEL", key, NULL, NULL);
    list("{}");
    CHECK(entries() == 2);
}


static void
test_list(void)
{
    char            uri[64];
    mz_id_t         table, json;
    const json_t   *e;

    enter("list");
    words.title = "Signups, \"by\" country";
    table = write_table(&a, 1);
    words.title = "";
    json = write_json(&a);
    words.title = "A title";

    list("{}");
    CHECK(entries() == 2);
    CHECK(rpc_cache.ttl_ms == 5000);
    CHECK_STR(rpc_cache.scope, "private");

    /* newest first; those of one millisecond in any order */

    snprintf(uri, sizeof(uri), URI "%s", json.s);
    e = mz_str_eq_c(mz_json_get_str(entry(0), "uri"), uri) ? entry(0)
                                                           : entry(1);
    CHECK_STR(mz_json_get_str(e, "uri"), uri);
    CHECK_STR(mz_json_get_str(e, "name"), "result");
    CHECK(json_object_get(e, "title") == NULL);
    CHECK_STR(mz_json_get_str(e, "mimeType"), "application/x-ndjson");
    CHECK(mz_json_get_int(e, "size", 0) == 470);

    e = (e == entry(0)) ? entry(1) : entry(0);
    snprintf(uri, sizeof(uri), URI "%s", table.s);
    CHECK_STR(mz_json_get_str(e, "uri"), uri);
    CHECK_STR(mz_json_get_str(e, "title"), "Signups, \"by\" country");
    CHECK_STR(mz_json_get_str(e, "mimeType"), "text/csv");
    CHECK(has(e, "description", "1 row, of conversation c_"));
    CHECK(has(e, "description", cid));
    CHECK(json_object_get(e, "size") == NULL);
    CHECK(has(json_object_get(e, "annotations"), "lastModified", "T"));
}


static void
test_pages(void)
{
    size_t     i, pages;
    json_t    *seen;
    mz_str_t   next;
    char       params[8192];

    enter("pages");
    seen = json_object();

    for (i = 0; i < 230; i++) {
        write_table(&a, 1);
    }

    list("{}");
    CHECK(entries() == MZ_PAGE_RESOURCES);

    for (pages = 1; pages < 10; pages++) {

        for (i = 0; i < entries(); i++) {
            CHECK(mz_json_set(seen, mz_json_get_str(entry(i), "uri").data,
                              json_true()) == MZ_OK);
        }

        next = mz_json_get_str(r, "nextCursor");

        if (next.data == NULL) {
            break;
        }

        snprintf(params, sizeof(params), "{'cursor':'%.*s'}", (int) next.len,
                 next.data);
        list(params);
    }

    CHECK(pages == 3 && entries() == 30);
    CHECK(json_object_size(seen) == 230);
    json_decref(seen);

    /* titles that do not fit: fewer on a page, and none is lost */

    host.conf.result_max = 4000;
    list("{}");
    CHECK(entries() > 2 && entries() < 20);
    next = mz_json_get_str(r, "nextCursor");
    i = entries();
    snprintf(params, sizeof(params), "{'cursor':'%.*s'}", (int) next.len,
             next.data);
    list(params);
    CHECK(entries() >= i - 1);

    host.conf.result_max = 10;
    list("{}");
    CHECK(entries() == 1 && json_object_get(r, "nextCursor") != NULL);
    host.conf.result_max = 80 * 1024;
}


static void
cursor(char *params, size_t size, mz_seal_use_t use, const char *who,
    int64_t ttl_s, const char *payload)
{
    mz_buf_t        token;
    mz_principal_t  other;

    other = host.who;
    other.subject = mz_str_from(who);
    mz_principal_set_scope(&other);

    mz_buf_init(&token, 0);
    CHECK(mz_seal_make(&host.seal, use,
                       (mz_str_t) { other.scope, MZ_SCOPE_LEN },
                       host.now_ms / 1000 + ttl_s, mz_str_from(payload),
                       &token) == MZ_OK);
    snprintf(params, size, "{'cursor':'%s'}", mz_buf_cstr(&token));
    mz_buf_free(&token);
}


static void
test_cursors(void)
{
    size_t      i;
    char        params[8192];
    mz_seal_t   kept;

    static const struct {
        mz_seal_use_t   use;
        const char     *who;
        int64_t         ttl;
        const char     *payload;
        bool            is_good;
    } rows[] = {
        { MZ_SEAL_CURSOR, "cursors", 60, "resources 0", true },
        { MZ_SEAL_CURSOR, "cursors", 60, "resources 5", true },
        { MZ_SEAL_CURSOR, "cursors", 60, "resources 9223372036854775807",
          true },
        { MZ_SEAL_CURSOR, "cursors", 60, "resources 9223372036854775808",
          false },
        { MZ_SEAL_CURSOR, "cursors", 60, "resources -1", false },
        { MZ_SEAL_CURSOR, "cursors", 60, "resources ", false },
        { MZ_SEAL_CURSOR, "cursors", 60, "resources 1x", false },
        { MZ_SEAL_CURSOR, "cursors", 60, "tasks 1", false },
        { MZ_SEAL_CURSOR, "cursors", 60, "", false },
        { MZ_SEAL_CURSOR, "cursors", 0, "resources 1", false },
        { MZ_SEAL_CURSOR, "somebody", 60, "resources 1", false },
        { MZ_SEAL_STATE, "cursors", 60, "resources 1", false }
    };

    enter("cursors");
    write_table(&a, 1);

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        cursor(params, sizeof(params), rows[i].use, rows[i].who, rows[i].ttl,
               rows[i].payload);
        list(params);
        CHECK_ROW(mz_json_get_int(r, "code", 0)
                  == (rows[i].is_good ? 0 : MZ_RPC_PARAMS), "row %zu", i);
        CHECK_ROW((json_object_get(r, "resources") != NULL)
                  == rows[i].is_good, "row %zu", i);
    }

    list("{'cursor':''}");
    CHECK(mz_json_get_int(r, "code", 0) == MZ_RPC_PARAMS);
    list("{'cursor':'nonsense'}");
    CHECK(mz_json_get_int(r, "code", 0) == MZ_RPC_PARAMS);

    /* no key yet: the first page, and no way on */

    for (i = 0; i < MZ_PAGE_RESOURCES; i++) {
        write_table(&a, 1);
    }

    kept = host.seal;
    host.seal.n = 0;
    list("{}");
    CHECK(entries() == MZ_PAGE_RESOURCES);
    CHECK(json_object_get(r, "nextCursor") == NULL);
    list(params);
    CHECK_STR(mz_json_get_str(r, "error"), "unavailable");
    host.seal = kept;
    list("{}");
    CHECK(json_object_get(r, "nextCursor") != NULL);
}


/* Fixed resources, as another module registers them. */

static mz_step_t
fixed_step(mz_call_t *c, mz_tool_event_t ev)
{
    (void) ev;

    return mz_call_done_members(c, json_pack("{s:[]}", "contents"));
}


static void
test_fixed(void)
{
    size_t    pages;
    char      params[512];
    mz_err_t  err;
    mz_str_t  next;

    static const mz_resource_t  fixed = {
        .op = { .name = mz_str("fixed"), .step = fixed_step },
        .uri = mz_str("test://fixed"), .mime_type = mz_str("text/plain")
    };

    enter("fixed");
    write_table(&a, 1);
    CHECK(mz_registry_add_resource(&host.reg, &fixed, &err) == MZ_OK);

    list("{}");
    CHECK(entries() == 2);
    CHECK_STR(mz_json_get_str(entry(0), "uri"), "test://fixed");
    CHECK(mz_str_has_prefix(mz_json_get_str(entry(1), "uri"), mz_str(URI)));

    /* they alone fill the first page: whoever pages gets on all the same */

    write_table(&a, 1);
    write_table(&a, 1);
    host.conf.result_max = 10;
    list("{}");

    for (pages = 1; pages < 10; pages++) {
        next = mz_json_get_str(r, "nextCursor");

        if (next.data == NULL) {
            break;
        }

        snprintf(params, sizeof(params), "{'cursor':'%.*s'}", (int) next.len,
                 next.data);
        list(params);
        CHECK(entries() == 1);
        CHECK(mz_str_has_prefix(mz_json_get_str(entry(0), "uri"),
                                mz_str(URI)));
    }

    CHECK_ROW(pages == 3, "%zu", pages);
    host.conf.result_max = 80 * 1024;
}


static void
test_redis_error(void)
{
    mz_key_t  k;

    enter("wrong");
    mz_key(&k, &host.conf.store, MZ_KEY_ARTIFACTS, 0,
           mz_str_from(host.who.scope), "", 0);
    redis_do("SET", k.s, "x", NULL);
    list("{}");
    CHECK_STR(mz_json_get_str(r, "error"), "internal");

    mz_key(&k, &host.conf.store, MZ_KEY_ARTIFACT, 0,
           mz_str_from(host.who.scope), "a_aaaaaaaaaaaaaaaaaaaaaaaaaa", 0);
    redis_do("SET", k.s, "x", NULL);
    get("a_aaaaaaaaaaaaaaaaaaaaaaaaaa");
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
    { "what is not there", test_not_there },
    { "a table is CSV", test_table },
    { "JSON Lines are JSON Lines", test_json },
    { "odd artifacts", test_odd },
    { "the list", test_list },
    { "pages of the list", test_pages },
    { "cursors", test_cursors },
    { "errors of Redis", test_redis_error },
    { "fixed resources", test_fixed },
    { "the end", test_stop }
};

MZ_TEST_MAIN(tests)
