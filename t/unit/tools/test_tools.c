
#include "worker.h"

#include "tools/tools.h"


static void
test_registry(void)
{
    size_t     i, n;
    json_t    *tools, *t;
    mz_err_t   err;
    mz_buf_t   text;

    static const char  *const order[] = {
        "run_analytics_agent", "get_analytics_agent_status",
        "list_agent_artifacts", "inspect_artifact",
        "describe_table_artifact", "query_table_artifact",
        "read_json_artifact", "grep_json_artifact"
    };

    mz_buf_init(&text, 0);
    CHECK(mz_registry_tools_json(&host.reg, false, &text) == MZ_OK);
    CHECK_ROW(mz_json_load(mz_buf_view(&text), NULL, &tools, &err) == MZ_OK,
              "%s", err.msg);

    n = json_array_size(tools);
    CHECK(n == MZ_ARRAY_LEN(order));

    for (i = 0; i < n && i < MZ_ARRAY_LEN(order); i++) {
        t = json_array_get(tools, i);
        CHECK_STR(mz_json_get_str(t, "name"), order[i]);
        CHECK(json_object_size(json_object_get(t, "annotations")) == 4);
        CHECK_ROW(mz_json_get_bool(json_object_get(t, "annotations"),
                                   "readOnlyHint", false), "%s", order[i]);
        CHECK(json_is_object(json_object_get(t, "outputSchema")));
    }

    json_decref(tools);
    mz_buf_free(&text);

    CHECK(mz_registry_add(&host.reg, &mz_tool_run, &err) == MZ_INVALID);
    CHECK(strstr(err.msg, "twice") != NULL);
}


static void
test_run_refusals(void)
{
    size_t   i;
    json_t  *r;

    static const struct {
        const char  *args;
        const char  *key;
        const char  *part;
    } rows[] = {
        { "{}", "refused", "prompt is missing" },
        { "{\"prompt\":\"   \"}", "refused", "prompt is missing" },
        { "{\"prompt\":\"\"}", "schema", "prompt" },
        { "{\"prompt\":7}", "schema", "prompt" },
        { "{\"prompt\":\"a\",\"question\":\"b\"}", "refused", "one argument" },
        { "{\"promt\":\"a\"}", "schema", "promt" },
        { "{\"prompt\":\"a\",\"conversation_id\":\"c_x\"}", "refused",
          "no conversation" },
        { "{\"prompt\":\"a\",\"conversation_id\":"
          "\"c_aaaaaaaaaaaaaaaaaaaaaaaaaa\"}", "refused",
          "no conversation" },
        { "{\"prompt\":\"a\",\"conversation_id\":\"*\"}", "refused",
          "no conversation" }
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        r = host_call("run_analytics_agent", rows[i].args, NULL);
        CHECK_ROW(has(r, rows[i].key, rows[i].part), "row %zu", i);
        json_decref(r);
    }
}


static void
test_conversation(void)
{
    char          first[MZ_ID_LEN + 1];
    json_t       *r;
    mz_attempt_t  a;

    r = host_call("run_analytics_agent", "{\"prompt\":\"how many?\"}", NULL);
    CHECK(has(r, "status", "running"));
    CHECK(has(r, "conversation_url", "/conversations/c_"));
    keep_ids(r);
    json_decref(r);
    memcpy(first, pid, sizeof(first));

    r = host_call("run_analytics_agent", "{\"question\":\"how many?\"}", NULL);
    CHECK(has(r, "status", "running"));
    CHECK(has(r, "prompt_id", first));
    CHECK(mz_json_get_bool(r, "attached", false));
    json_decref(r);

    r = host_call("run_analytics_agent", args("{\"prompt\":\"other\","
                  "\"conversation_id\":\"%s\"}", cid), NULL);
    CHECK(has(r, "status", "busy"));
    CHECK(has(r, "prompt_id", first));
    CHECK(has(r, "hint", "cancel_running"));
    json_decref(r);

    r = host_call("run_analytics_agent", args("{\"prompt\":\"other\","
                  "\"conversation_id\":\"%s\",\"cancel_running\":true}", cid),
                  NULL);
    CHECK(has(r, "status", "running"));
    CHECK(!has(r, "prompt_id", first));
    keep_ids(r);
    json_decref(r);

    r = host_call("get_analytics_agent_status",
                  args("{\"conversation_id\":\"%s\",\"prompt_id\":\"%s\","
                       "\"wait_seconds\":0}", cid, first), NULL);
    CHECK(has(r, "status", "cancelled"));
    CHECK(has(r, "hint", "Ask again"));
    json_decref(r);

    a = claim();
    finish(&a, "42");

    r = host_call("run_analytics_agent", args("{\"prompt\":\"next\","
                  "\"conversation_id\":\"%s\"}", cid), NULL);
    CHECK(has(r, "status", "running"));
    json_decref(r);
}


static mz_attempt_t  waiting;


static void
answer_while_waiting(unsigned n)
{
    if (n == 0) {
        progress(&waiting, "Counting purchases");

    } else if (n == 1) {
        progress(&waiting, "Writing the table");
        finish(&waiting, "The answer is **42**.");
    }
}


static void
test_status(void)
{
    json_t    *r;
    unsigned   notes;

    r = host_call("run_analytics_agent", "{\"prompt\":\"status?\"}", NULL);
    keep_ids(r);
    json_decref(r);

    /* no worker has ever been there */
    r = host_call("get_analytics_agent_status",
                  args("{\"conversation_id\":\"%s\",\"wait_seconds\":0}", cid),
                  NULL);
    CHECK(has(r, "status", "running"));
    CHECK(has(r, "phase", "queued"));
    CHECK(has(r, "hint", "no worker is running"));
    CHECK(host.waits == 0);
    json_decref(r);

    /* the wait is bounded and polls meanwhile */
    r = host_call("get_analytics_agent_status",
                  args("{\"conversation_id\":\"%s\",\"wait_seconds\":12}",
                       cid), NULL);
    CHECK(has(r, "status", "running"));
    CHECK(host.waits == 3);
    json_decref(r);

    waiting = claim();
    host.on_wait = answer_while_waiting;
    r = host_call("get_analytics_agent_status",
                  args("{\"conversation_id\":\"%s\",\"prompt_id\":\"%s\"}",
                       cid, pid), &notes);
    host.on_wait = NULL;

    CHECK(has(r, "status", "completed"));
    CHECK_STR(mz_json_get_str(r, "answer"), "The answer is **42**.");
    CHECK(has(json_object_get(r, "spec"), "kind", "funnel"));
    CHECK(json_array_size(json_object_get(r, "assumptions")) == 1);
    CHECK(notes >= 4);
    CHECK(mz_json_get_int(r, "after", 0) >= 4);
    CHECK(json_array_size(json_object_get(r, "progress")) == notes);
    json_decref(r);

    /* only what is newer than the cursor */
    r = host_call("get_analytics_agent_status",
                  args("{\"conversation_id\":\"%s\",\"after\":3}", cid),
                  &notes);
    CHECK(mz_json_get_int(json_array_get(json_object_get(r, "progress"), 0),
                          "seq", 0) == 4);
    json_decref(r);
}


static void
test_status_limits(void)
{
    char          *long_answer;
    json_t        *r;
    mz_attempt_t   a;

    r = host_call("run_analytics_agent", "{\"prompt\":\"long\"}", NULL);
    keep_ids(r);
    json_decref(r);
    a = claim();

    long_answer = malloc(200001);
    memset(long_answer, 'x', 200000);
    long_answer[200000] = '\0';
    finish(&a, long_answer);
    free(long_answer);

    r = host_call("get_analytics_agent_status",
                  args("{\"conversation_id\":\"%s\"}", cid), NULL);
    CHECK(has(r, "status", "completed"));
    CHECK(has(r, "answer", "cut off"));
    CHECK(json_object_get(r, "sql") == NULL);
    CHECK(mz_json_get_str(r, "answer").len > 70000);
    json_decref(r);
}


static void
test_status_foreign(void)
{
    char     other[MZ_ID_LEN + 1];
    json_t  *r;

    memcpy(other, cid, sizeof(other));

    r = host_call("run_analytics_agent", "{\"prompt\":\"mine\"}", NULL);
    keep_ids(r);
    json_decref(r);

    /* a prompt of another conversation of the same user */
    r = host_call("get_analytics_agent_status",
                  args("{\"conversation_id\":\"%s\",\"prompt_id\":\"%s\"}",
                       other, pid), NULL);
    CHECK(has(r, "refused", "no prompt"));
    json_decref(r);

    host_become("somebody else");

    r = host_call("get_analytics_agent_status",
                  args("{\"conversation_id\":\"%s\"}", cid), NULL);
    CHECK(has(r, "refused", "no conversation"));
    json_decref(r);

    r = host_call("get_analytics_agent_status",
                  args("{\"conversation_id\":\"%s\",\"prompt_id\":\"%s\"}",
                       cid, pid), NULL);
    CHECK(has(r, "refused", "no prompt"));
    json_decref(r);

    r = host_call("run_analytics_agent", args("{\"prompt\":\"x\","
                  "\"conversation_id\":\"%s\"}", cid), NULL);
    CHECK(has(r, "refused", "no conversation"));
    json_decref(r);

    host_become("developer");
}


static mz_id_t  table_id, json_id;


static void
test_artifacts(void)
{
    json_t        *r, *list;
    mz_attempt_t   a;

    host_become("artifacts");

    r = host_call("list_agent_artifacts", "{}", NULL);
    CHECK(mz_json_get_int(r, "total", -1) == 0);
    json_decref(r);

    r = host_call("run_analytics_agent", "{\"prompt\":\"tables\"}", NULL);
    keep_ids(r);
    json_decref(r);
    a = claim();
    table_id = write_table(&a, 1000);
    json_id = write_json(&a);
    finish(&a, "done");

    r = host_call("list_agent_artifacts", "{}", NULL);
    CHECK(mz_json_get_int(r, "total", -1) == 2);
    CHECK(json_array_size(json_object_get(r, "artifacts")) == 2);
    json_decref(r);

    r = host_call("list_agent_artifacts", "{\"limit\":1}", NULL);
    CHECK(mz_json_get_int(r, "next_offset", -1) == 1);
    json_decref(r);

    r = host_call("list_agent_artifacts", args("{\"kind\":\"table\","
                  "\"conversation_id\":\"%s\"}", cid), NULL);
    list = json_object_get(r, "artifacts");
    CHECK(mz_json_get_int(r, "total", -1) == 1);
    CHECK(has(json_array_get(list, 0), "artifact_id", table_id.s));
    CHECK(mz_json_get_int(json_array_get(list, 0), "rows", -1) == 1000);
    json_decref(r);

    r = host_call("list_agent_artifacts", "{\"conversation_id\":"
                  "\"c_aaaaaaaaaaaaaaaaaaaaaaaaaa\"}", NULL);
    CHECK(mz_json_get_int(r, "total", -1) == 0);
    json_decref(r);

    r = host_call("inspect_artifact",
                  args("{\"artifact_id\":\"%s\"}", table_id.s), NULL);
    CHECK(has(r, "kind", "table"));
    CHECK(has(r, "sql", "SELECT"));
    CHECK(has(r, "prompt_id", pid));
    CHECK(has(json_object_get(r, "range"), "from", "2026-05-16"));
    json_decref(r);
}


static void
test_table(void)
{
    json_t  *r, *rows;

    r = host_call("describe_table_artifact",
                  args("{\"artifact_id\":\"%s\",\"head\":2}", table_id.s),
                  NULL);
    CHECK(mz_json_get_int(r, "row_count", -1) == 1000);
    CHECK(json_array_size(json_object_get(r, "columns")) == 2);
    CHECK(json_array_size(json_object_get(r, "head")) == 2);
    CHECK(mz_json_get_int(json_array_get(json_object_get(r, "columns"), 1),
                          "max", -1) == 100);
    json_decref(r);

    r = host_call("describe_table_artifact",
                  args("{\"artifact_id\":\"%s\",\"head\":0}", table_id.s),
                  NULL);
    CHECK(json_array_size(json_object_get(r, "head")) == 0);
    json_decref(r);

    r = host_call("query_table_artifact",
                  args("{\"artifact_id\":\"%s\",\"filters\":[{\"column\":"
                       "\"users\",\"op\":\"gt\",\"value\":98}],\"sort\":"
                       "[{\"column\":\"country\",\"desc\":true}],\"limit\":3,"
                       "\"columns\":[\"users\",\"country\"]}", table_id.s),
                  NULL);
    rows = json_object_get(r, "rows");
    CHECK(json_array_size(rows) == 3);
    CHECK(mz_json_get_int(r, "matched_rows", -1) == 20);
    CHECK(mz_json_get_int(r, "next_offset", -1) == 3);
    CHECK(json_integer_value(json_array_get(json_array_get(rows, 0), 0)) > 98);
    json_decref(r);

    /* the chunks are in the cache now: metadata only */
    r = host_call("query_table_artifact",
                  args("{\"artifact_id\":\"%s\",\"limit\":3}", table_id.s),
                  NULL);
    CHECK(host.stores == 1);
    CHECK(mz_cache_bytes(host.conf.cache) > 0);
    json_decref(r);

    r = host_call("query_table_artifact",
                  args("{\"artifact_id\":\"%s\",\"columns\":[\"user\"]}",
                       table_id.s), NULL);
    CHECK(has(r, "refused", "users"));
    json_decref(r);

    r = host_call("query_table_artifact",
                  args("{\"artifact_id\":\"%s\",\"limit\":1001}",
                       table_id.s), NULL);
    CHECK(has(r, "schema", "limit"));
    json_decref(r);

    r = host_call("query_table_artifact",
                  args("{\"artifact_id\":\"%s\"}", json_id.s), NULL);
    CHECK(has(r, "refused", "read_json_artifact"));
    json_decref(r);
}


static void
test_json(void)
{
    json_t  *r, *res;

    r = host_call("read_json_artifact",
                  args("{\"reads\":[{\"artifact_id\":\"%s\",\"limit\":5},"
                       "{\"artifact_id\":\"%s\",\"path\":\"/3/country\"}]}",
                       json_id.s, json_id.s), NULL);
    res = json_object_get(r, "results");
    CHECK(json_array_size(res) == 2);
    CHECK(json_array_size(json_object_get(json_array_get(res, 0), "value"))
          == 5);
    CHECK(mz_json_get_int(json_array_get(res, 0), "next_offset", -1) == 5);
    CHECK_STR(mz_json_get_str(json_array_get(res, 1), "value"), "HU");
    json_decref(r);

    r = host_call("read_json_artifact",
                  args("{\"reads\":[{\"artifact_id\":\"%s\"},"
                       "{\"artifact_id\":\"%s\",\"path\":\"/99\"}]}",
                       json_id.s, json_id.s), NULL);
    CHECK(has(r, "refused", "reads[1]"));
    json_decref(r);

    r = host_call("read_json_artifact",
                  args("{\"reads\":[{\"artifact_id\":\"%s\"}]}", table_id.s),
                  NULL);
    CHECK(has(r, "refused", "query_table_artifact"));
    json_decref(r);

    r = host_call("grep_json_artifact",
                  args("{\"artifact_id\":\"%s\",\"pattern\":\"^hu$\","
                       "\"path\":\"/country\",\"ignore_case\":true,"
                       "\"limit\":4}", json_id.s), NULL);
    CHECK(mz_json_get_int(r, "total_matches", -1) == 10);
    CHECK(json_array_size(json_object_get(r, "matches")) == 4);
    CHECK(mz_json_get_int(r, "next_offset", -1) == 4);
    json_decref(r);

    r = host_call("grep_json_artifact",
                  args("{\"artifact_id\":\"%s\",\"pattern\":\"(\"}",
                       json_id.s), NULL);
    CHECK(has(r, "refused", "pattern"));
    json_decref(r);
}


static void
test_artifacts_foreign(void)
{
    size_t   i;
    json_t  *r;

    static const char  *const calls[][2] = {
        { "inspect_artifact", "{\"artifact_id\":\"%s\"}" },
        { "describe_table_artifact", "{\"artifact_id\":\"%s\"}" },
        { "query_table_artifact", "{\"artifact_id\":\"%s\"}" },
        { "read_json_artifact", "{\"reads\":[{\"artifact_id\":\"%s\"}]}" },
        { "grep_json_artifact", "{\"artifact_id\":\"%s\",\"pattern\":\"x\"}" }
    };

    host_become("yet another");

    for (i = 0; i < MZ_ARRAY_LEN(calls); i++) {
        snprintf(args_buf, sizeof(args_buf), calls[i][1],
                 i < 3 ? table_id.s : json_id.s);
        r = host_call(calls[i][0], args_buf, NULL);
        CHECK_ROW(has(r, "refused", "no artifact"), "%s", calls[i][0]);
        json_decref(r);

        snprintf(args_buf, sizeof(args_buf), calls[i][1], "a_*");
        r = host_call(calls[i][0], args_buf, NULL);
        CHECK_ROW(has(r, "refused", "no artifact"), "%s", calls[i][0]);
        json_decref(r);
    }

    r = host_call("list_agent_artifacts", "{}", NULL);
    CHECK(mz_json_get_int(r, "total", -1) == 0);
    json_decref(r);

    host_become("artifacts");
}


static void
test_artifact_gone(void)
{
    json_t      *r;
    redisReply  *rep;

    /* its chunks expired, its metadata not yet; nothing is cached */
    mz_cache_free(host.conf.cache);
    host.conf.cache = NULL;

    rep = redisCommand(host.redis, "EVAL %s 0",
        "for _, k in ipairs(redis.call('KEYS', '*:artifact:a_*:*')) do "
        "redis.call('DEL', k) end");
    CHECK(rep != NULL && rep->type != REDIS_REPLY_ERROR);
    freeReplyObject(rep);

    r = host_call("query_table_artifact",
                  args("{\"artifact_id\":\"%s\"}", table_id.s), NULL);
    CHECK(has(r, "refused", "expired"));
    json_decref(r);

    /* damaged metadata is our fault, not the caller's */
    rep = redisCommand(host.redis, "EVAL %s 0",
        "for _, k in ipairs(redis.call('KEYS', '*:artifact:a_*')) do "
        "redis.call('HSET', k, 'layout', '{\"columns\":7}') end");
    freeReplyObject(rep);

    r = host_call("query_table_artifact",
                  args("{\"artifact_id\":\"%s\"}", table_id.s), NULL);
    CHECK(has(r, "error", "internal"));
    json_decref(r);
}


static void
test_cache(void)
{
    int           i;
    char          key[32];
    mz_blob_t    *blob, *pinned;
    redisReply   *r;
    mz_cache_t   *cache;

    cache = mz_cache_new(64 * 1024);
    pinned = NULL;

    for (i = 0; i < 100; i++) {
        r = redisCommand(host.redis, "EVAL %s 0",
                         "return string.rep('x', 4000)");
        blob = mz_blob_from_reply(r);
        snprintf(key, sizeof(key), "key-%d", i);
        mz_cache_put(cache, mz_str_from(key), blob);
        mz_blob_unref(blob);

        if (i == 50) {
            pinned = mz_cache_get(cache, mz_str_from(key));
        }

        CHECK(mz_cache_bytes(cache) <= 64 * 1024);
    }

    CHECK(mz_cache_get(cache, mz_str("key-0")) == NULL);
    blob = mz_cache_get(cache, mz_str("key-99"));
    CHECK(blob != NULL && mz_blob_str(blob).len == 4000);
    mz_blob_unref(blob);

    CHECK(mz_cache_get(cache, mz_str("key-50")) == NULL);
    CHECK(pinned != NULL && mz_blob_str(pinned).data[3999] == 'x');

    mz_cache_free(cache);
    mz_blob_unref(pinned);
}


static void
test_start(void)
{
    host_start();
}


static void
test_stop(void)
{
    host_stop();
}


static const mz_test_t  tests[] = {
    { "a host on a real Redis", test_start },
    { "registry and tools/list", test_registry },
    { "run refuses bad arguments", test_run_refusals },
    { "run: running, attached, busy, take-over", test_conversation },
    { "status: waits, follows, answers", test_status },
    { "status: a long answer is cut", test_status_limits },
    { "status: a foreign id does not exist", test_status_foreign },
    { "artifacts are listed and inspected", test_artifacts },
    { "table artifacts", test_table },
    { "json artifacts", test_json },
    { "a foreign artifact does not exist", test_artifacts_foreign },
    { "an artifact that is gone or damaged", test_artifact_gone },
    { "chunk cache", test_cache },
    { "nothing is left", test_stop }
};

MZ_TEST_MAIN(tests)
