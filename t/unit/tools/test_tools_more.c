
#include "case.h"

#include <lz4.h>

#include "query/column.h"


/* What the Redis side of nginx refuses to send at once. */
#define PIPELINE_MAX  4096

#define BODY_MAX      (4 * 1024 * 1024)


static void
put32(char *p, uint32_t v)
{
    p[0] = (char) v;
    p[1] = (char) (v >> 8);
    p[2] = (char) (v >> 16);
    p[3] = (char) (v >> 24);
}


/* A column chunk of one text, packed, whose body is as large as may be. */

static size_t
packed_chunk(char **chunk)
{
    char  *body;
    int    n;

    body = malloc(BODY_MAX);
    memset(body, 'x', BODY_MAX);
    put32(body, 0);
    put32(body + 4, BODY_MAX - 8);

    *chunk = calloc(1, MZ_COLUMN_HEADER + BODY_MAX);
    n = LZ4_compress_default(body, *chunk + MZ_COLUMN_HEADER, BODY_MAX,
                             BODY_MAX);
    free(body);

    memcpy(*chunk, "MZCC\1\0\10\2", 8);
    put32(*chunk + 8, 1);
    put32(*chunk + 36, BODY_MAX - 8);
    put32(*chunk + 40, BODY_MAX);
    put32(*chunk + 44, (uint32_t) n);

    return MZ_COLUMN_HEADER + (size_t) n;
}


static json_t *
layout_of(int columns, const char *dtype, int groups)
{
    int      i;
    char     name[16];
    json_t  *cols, *list;

    cols = json_array();
    list = json_array();

    for (i = 0; i < columns; i++) {
        snprintf(name, sizeof(name), "c%d", i);
        json_array_append_new(cols, json_pack("{s:s,s:s}", "name", name,
                                              "dtype", dtype));
    }

    for (i = 0; i < groups; i++) {
        json_array_append_new(list, json_integer(1));
    }

    return json_pack("{s:o,s:o}", "groups", list, "columns", cols);
}


static mz_id_t
write_packed(int columns)
{
    int        i;
    char      *chunk;
    size_t     len;
    json_t    *layout;
    writer_t   w;

    writer_init(&w, &a);
    len = packed_chunk(&chunk);

    for (i = 0; i < columns; i++) {
        write_chunk(&w, (uint32_t) i, (mz_str_t) { chunk, len }, NULL);
    }

    layout = layout_of(columns, "string", 1);
    commit(&w, "table", "1", layout);
    json_decref(layout);
    free(chunk);

    return w.id;
}


static void
test_packed(void)
{
    int      i;
    mz_id_t  id;

    enter("packed");
    id = write_packed(2);

    /* the second time from the cache, if it is there */
    for (i = 0; i < 2; i++) {
        call("query_table_artifact",
             args("{\"artifact_id\":\"%s\",\"filters\":[{\"column\":\"c0\","
                  "\"op\":\"contains\",\"value\":\"xx\"}],\"columns\":"
                  "[\"c0\"]}", id.s));
        CHECK(mz_json_get_int(r, "matched_rows", -1) == 1);
        CHECK(mz_json_get_bool(r, "truncated", false));

        /* where it runs is decided by what will be unpacked */
        CHECK(host.work_bytes >= BODY_MAX);
    }
}


/* Small, but nobody knows how long a pattern takes. */

static void
test_regex_weight(void)
{
    mz_id_t  id;

    enter("regex");
    id = write_table(&a, 5000);

    call("query_table_artifact",
         args("{\"artifact_id\":\"%s\",\"filters\":[{\"column\":"
              "\"country\",\"op\":\"eq\",\"value\":\"country-007\"}]}",
              id.s));
    CHECK(mz_json_get_int(r, "matched_rows", -1) == 50);
    CHECK(host.work_bytes < 64 * 1024);

    call("query_table_artifact",
         args("{\"artifact_id\":\"%s\",\"filters\":[{\"column\":"
              "\"country\",\"op\":\"matches\",\"value\":\"-00[1-7]$\"}]}",
              id.s));
    CHECK(mz_json_get_int(r, "matched_rows", -1) == 350);
    CHECK(host.work_bytes > 128 * 1024);

    id = write_rows(&a, 500, country_row);
    call("grep_json_artifact",
         args("{\"artifact_id\":\"%s\",\"pattern\":\"HU\"}", id.s));
    CHECK(mz_json_get_int(r, "total_matches", -1) == 250);
    CHECK(host.work_bytes > 128 * 1024);
}


static void
test_packed_bomb(void)
{
    mz_id_t  id;

    enter("bomb");
    id = write_packed(150);

    call("query_table_artifact", args("{\"artifact_id\":\"%s\"}", id.s));
    CHECK(has(r, "refused", "fewer columns"));

    /* nothing was unpacked for it */
    CHECK(host.work_bytes == 0);

    call("query_table_artifact",
         args("{\"artifact_id\":\"%s\",\"columns\":[\"c7\"]}", id.s));
    CHECK(mz_json_get_int(r, "matched_rows", -1) == 1);

    /* this one takes no columns: it must say something all the same */
    call("describe_table_artifact", args("{\"artifact_id\":\"%s\"}", id.s));
    CHECK(json_array_size(json_object_get(r, "columns")) == 150);
    CHECK(mz_json_get_bool(r, "truncated", false));
}


static void
test_many_chunks(void)
{
    int        i;
    char       chunk[MZ_COLUMN_HEADER + 8];
    json_t    *layout;
    mz_id_t    id;
    writer_t   w;

    enter("chunks");
    writer_init(&w, &a);

    for (i = 0; i < PIPELINE_MAX + 100; i++) {
        memset(chunk, 0, sizeof(chunk));
        memcpy(chunk, "MZCC\1\1\0\0", 8);
        put32(chunk + 8, 1);
        put32(chunk + 16, (uint32_t) i);
        put32(chunk + 24, (uint32_t) i);
        put32(chunk + 40, 8);
        put32(chunk + 44, 8);
        put32(chunk + 48, (uint32_t) i);
        write_chunk(&w, (uint32_t) i, (mz_str_t) { chunk, sizeof(chunk) },
                    NULL);
    }

    layout = layout_of(1, "int64", PIPELINE_MAX + 100);
    commit(&w, "table", "4196", layout);
    json_decref(layout);

    call("query_table_artifact",
         args("{\"artifact_id\":\"%s\",\"sort\":[{\"column\":\"c0\","
              "\"desc\":true}],\"limit\":2}", w.id.s));
    CHECK(mz_json_get_int(r, "matched_rows", -1) == PIPELINE_MAX + 100);
    CHECK(json_integer_value(json_array_get(json_array_get(
              json_object_get(r, "rows"), 0), 0)) == PIPELINE_MAX + 99);
    CHECK(host.cmds_max <= PIPELINE_MAX);

    /* a layout that says more than there is is damage, not expiry */
    writer_init(&w, &a);
    write_chunk(&w, 0, (mz_str_t) { chunk, sizeof(chunk) }, NULL);
    layout = layout_of(1, "int64", 2);
    commit(&w, "table", "2", layout);
    json_decref(layout);
    id = w.id;

    call("query_table_artifact", args("{\"artifact_id\":\"%s\"}", id.s));
    CHECK(has(r, "error", "internal"));
    CHECK(has(r, "message", "damaged"));
}


static void
test_status_cursor(void)
{
    unsigned  notes;
    json_t   *again;

    enter("cursor");
    progress(&a, "one");

    /* the cursor of another run, or one that was made up */
    again = host_call("get_analytics_agent_status",
                      args("{\"conversation_id\":\"%s\",\"wait_seconds\":0,"
                           "\"after\":1000}", cid), &notes);
    CHECK(mz_json_get_int(again, "after", -1) < 1000);
    CHECK(notes > 0);
    json_decref(again);

    call("get_analytics_agent_status",
         args("{\"conversation_id\":\"%s\",\"wait_seconds\":0,"
              "\"after\":9223372036854775807}", cid));
    CHECK(mz_json_get_int(r, "after", -1) < 1000);
}


/* Pages through a list; how many entries there were, -1: it does not end. */

static int
page_all(const char *filter, int limit, json_t *seen)
{
    int       calls, n;
    size_t    i;
    json_t   *list;
    int64_t   next;
    mz_str_t  id;

    n = 0;
    next = 0;

    for (calls = 0; calls < 200; calls++) {
        call("list_agent_artifacts",
             args("{%s\"limit\":%d,\"offset\":%d}", filter, limit,
                  (int) next));
        list = json_object_get(r, "artifacts");

        for (i = 0; i < json_array_size(list); i++) {
            id = mz_json_get_str(json_array_get(list, i), "artifact_id");
            CHECK_ROW(json_object_get(seen, id.data) == NULL, "%s twice",
                      id.data);
            json_object_set_new(seen, id.data, json_true());
            n++;
        }

        next = mz_json_get_int(r, "next_offset", -1);
        if (next < 0) {
            return n;
        }
    }

    return -1;
}


static void
test_list_pages(void)
{
    int          i;
    char        *title;
    json_t      *seen;
    mz_id_t      id;
    redisReply  *rep;

    static const struct {
        size_t       result_max;
        int          limit;
        const char  *filter;
    } rows[] = {
        { 80 * 1024, 50, "" },
        { 80 * 1024, 7, "" },
        { 4096, 50, "" },
        { 4096, 7, "" },
        { 80 * 1024, 7, "\"kind\":\"table\"," },
        { 4096, 50, "\"kind\":\"table\"," }
    };

    enter("list");
    title = repeat("\xc3\xa9\"", 3000);

    for (i = 0; i < 40; i++) {
        words.title = (i == 20) ? title : "A title";
        id = write_table(&a, 1);

        /* listed, but expired a moment ago */
        if (i % 3 == 0) {
            rep = redisCommand(host.redis, "EVAL %s 0 %s",
                "for _, k in ipairs(redis.call('KEYS', '*:artifact:' .. "
                "ARGV[1])) do redis.call('DEL', k) end", id.s);
            freeReplyObject(rep);
        }
    }

    words.title = "A title";

    for (i = 0; i < (int) MZ_ARRAY_LEN(rows); i++) {
        host.conf.result_max = rows[i].result_max;
        seen = json_object();
        CHECK_ROW(page_all(rows[i].filter, rows[i].limit, seen) == 26,
                  "row %d: %zu", i, json_object_size(seen));
        json_decref(seen);
    }

    host.conf.result_max = 80 * 1024;
    free(title);
}


static mz_step_t
test_refuse_step(mz_call_t *c, mz_tool_event_t ev)
{
    char       *text;
    mz_step_t   step;

    (void) ev;
    text = repeat("\xe2\x82\xac", 1000);
    step = mz_call_refuse(c, "ab%s", text);
    CHECK(mz_utf8_is_valid(mz_call_text(c)));
    CHECK(mz_call_text(c).len > MZ_REFUSAL_MAX - 8);
    step = mz_call_error(c, MZ_INTERNAL, "ab%s", text);
    CHECK(mz_utf8_is_valid(mz_str_from(c->err.msg)));
    free(text);

    return step;
}


static void
test_refusals(void)
{
    size_t         i;
    mz_call_t      c;
    mz_tool_t      tool;
    mz_dispatch_t  d;

    static const char  *const ids[] = {
        "%s%s%n%d", "", " ", "a_\\u00e9", "c_%n", "\\u0001",
        "\\u20ac\\u20ac\\u20ac\\u20ac\\u20ac\\u20ac\\u20ac\\u20ac\\u20ac"
        "\\u20ac\\u20ac\\u20ac\\u20ac\\u20ac\\u20ac\\u20ac\\u20ac\\u20ac"
        "\\u20ac\\u20ac\\u20ac\\u20ac\\u20ac\\u20ac\\u20ac\\u20ac\\u20ac"
    };

    for (i = 0; i < MZ_ARRAY_LEN(ids); i++) {
        call("inspect_artifact", args("{\"artifact_id\":\"%s\"}", ids[i]));
        CHECK_ROW(has(r, "refused", "no artifact"), "%zu", i);

        call("get_analytics_agent_status",
             args("{\"conversation_id\":\"%s\"}", ids[i]));
        CHECK_ROW(has(r, "refused", "no conversation"), "%zu", i);

        call("get_analytics_agent_status",
             args("{\"conversation_id\":\"%s\",\"prompt_id\":\"%s\"}", cid,
                  ids[i]));
        CHECK_ROW(has(r, "refused", "no prompt"), "%zu", i);

        call("list_agent_artifacts",
             args("{\"conversation_id\":\"%s\"}", ids[i]));
        CHECK_ROW(has(r, "refused", "no conversation"), "%zu", i);

        call("read_json_artifact",
             args("{\"reads\":[{\"artifact_id\":\"%s\"}]}", ids[i]));
        CHECK_ROW(has(r, "refused", "no artifact"), "%zu", i);
    }

    memset(&tool, 0, sizeof(tool));
    memset(&d, 0, sizeof(d));
    tool.op.step = test_refuse_step;
    d.op = &tool.op;
    d.tool = &tool;
    mz_call_init(&c, &host.conf, &host.who, &host.req, NULL, &d);
    CHECK(mz_call_step(&c, MZ_EV_START) == MZ_STEP_ERROR);
    mz_call_deinit(&c);
}


/* The run expired, its conversation has not. */

static void
test_run_gone(void)
{
    redisReply  *rep;

    enter("gone");
    rep = redisCommand(host.redis, "EVAL %s 0 %s",
        "for _, k in ipairs(redis.call('KEYS', '*:run:' .. ARGV[1])) do "
        "redis.call('DEL', k) end", pid);
    freeReplyObject(rep);

    call("get_analytics_agent_status",
         args("{\"conversation_id\":\"%s\"}", cid));
    CHECK(has(r, "refused", pid));
    CHECK(!has(r, "refused", "leave prompt_id out"));
}


static void
begin(mz_call_t *c, const char *tool, const char *text)
{
    mz_mcp_reply_t  reply;

    CHECK(host_begin_tool(c, tool, text, &reply));
}


/* The client goes: after the first step, the second, .. */

static void
test_gone(void)
{
    int         k, n;
    bool        is_over;
    char        text[512];
    size_t      i;
    mz_id_t     table, json;
    mz_step_t   step;
    mz_call_t   c;

    static const struct {
        const char  *tool;
        const char  *args;
        char         id;
    } rows[] = {
        { "run_analytics_agent", "{\"prompt\":\"another\"}", 0 },
        { "get_analytics_agent_status", "{\"conversation_id\":\"%s\","
          "\"wait_seconds\":12}", 'c' },
        { "list_agent_artifacts", "{\"kind\":\"table\"}", 0 },
        { "inspect_artifact", "{\"artifact_id\":\"%s\"}", 't' },
        { "describe_table_artifact", "{\"artifact_id\":\"%s\"}", 't' },
        { "query_table_artifact", "{\"artifact_id\":\"%s\",\"sort\":[{"
          "\"column\":\"users\"}]}", 't' },
        { "read_json_artifact", "{\"reads\":[{\"artifact_id\":\"%s\"}]}",
          'j' },
        { "grep_json_artifact", "{\"artifact_id\":\"%s\",\"pattern\":\"HU\"}",
          'j' }
    };

    enter("client gone");
    progress(&a, "one");
    table = write_table(&a, 5000);
    json = write_json(&a);

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        snprintf(text, sizeof(text), rows[i].args,
                 rows[i].id == 'c' ? cid : rows[i].id == 't' ? table.s
                                                             : json.s);

        for (k = 0, is_over = false; !is_over && k < 50; k++) {
            mz_cache_free(host.conf.cache);
            host.conf.cache = mz_cache_new(1 << 20);

            begin(&c, rows[i].tool, text);
            step = mz_call_step(&c, MZ_EV_START);

            for (n = 0; n < k && step != MZ_STEP_DONE; n++) {
                CHECK(step != MZ_STEP_ERROR);
                step = host_step(&c, step);
            }

            /* a thread may still be at it when the request is gone */
            if (step == MZ_STEP_WORK && k % 2) {
                c.work(&c);
            }

            host_end(&c);
            is_over = (step == MZ_STEP_DONE);
        }

        CHECK_ROW(is_over && k > 1, "%s", rows[i].tool);
    }
}


/* Two calls fetch the same packed chunk, a third finds it, then it goes. */

static void
test_shared(void)
{
    int         i;
    char        text[256];
    mz_id_t     id;
    mz_step_t   steps[3];
    mz_call_t   c[3];

    enter("shared");
    id = write_table(&a, 30000);
    mz_cache_free(host.conf.cache);
    host.conf.cache = mz_cache_new(1 << 20);

    snprintf(text, sizeof(text), "{\"artifact_id\":\"%s\",\"limit\":5,"
             "\"sort\":[{\"column\":\"country\"}]}", id.s);

    for (i = 0; i < 2; i++) {
        begin(&c[i], "query_table_artifact", text);
        steps[i] = mz_call_step(&c[i], MZ_EV_START);

        while (steps[i] == MZ_STEP_STORE) {
            steps[i] = host_step(&c[i], steps[i]);
        }

        CHECK(steps[i] == MZ_STEP_WORK);
    }

    /* the first is done and puts its chunks into the cache */
    steps[0] = host_step(&c[0], steps[0]);
    CHECK(mz_cache_bytes(host.conf.cache) > 30000);

    begin(&c[2], "query_table_artifact", text);
    steps[2] = mz_call_step(&c[2], MZ_EV_START);
    steps[2] = host_step(&c[2], steps[2]);
    CHECK(steps[2] == MZ_STEP_WORK);

    while (steps[0] != MZ_STEP_DONE) {
        steps[0] = host_step(&c[0], steps[0]);
    }

    /* all who held them go, but for the third */
    mz_cache_free(host.conf.cache);
    host.conf.cache = mz_cache_new(1 << 20);

    for (i = 1; i < 3; i++) {
        while (steps[i] != MZ_STEP_DONE && steps[i] != MZ_STEP_ERROR) {
            steps[i] = host_step(&c[i], steps[i]);
        }

        CHECK(steps[i] == MZ_STEP_DONE);
        CHECK(mz_str_eq(mz_call_text(&c[0]), mz_call_text(&c[i])));
    }

    for (i = 0; i < 3; i++) {
        host_end(&c[i]);
    }
}


/* Each allocation of the JSON library fails once. */

static long  allocs_left = -1;


static void *
test_malloc(size_t n)
{
    if (allocs_left >= 0 && host.is_driving && allocs_left-- == 0) {
        return NULL;
    }

    return malloc(n);
}


static void
test_memory(void)
{
    int      k;
    char     text[512];
    size_t   i;
    mz_id_t  table, json;

    static const struct {
        const char  *tool;
        const char  *args;
        char         id;
    } rows[] = {
        { "run_analytics_agent", "{\"prompt\":\"memory\"}", 0 },
        { "get_analytics_agent_status", "{\"conversation_id\":\"%s\"}", 'c' },
        { "list_agent_artifacts", "{\"kind\":\"table\"}", 0 },
        { "inspect_artifact", "{\"artifact_id\":\"%s\"}", 't' },
        { "describe_table_artifact", "{\"artifact_id\":\"%s\"}", 't' },
        { "query_table_artifact", "{\"artifact_id\":\"%s\",\"filters\":[{"
          "\"column\":\"users\",\"op\":\"in\",\"value\":[1,2]}]}", 't' },
        { "read_json_artifact", "{\"reads\":[{\"artifact_id\":\"%s\"}]}",
          'j' },
        { "grep_json_artifact", "{\"artifact_id\":\"%s\",\"pattern\":\"HU\","
          "\"context\":2,\"path\":\"/country\"}", 'j' }
    };

    enter("memory");
    progress(&a, "one");
    table = write_table(&a, 50);
    json = write_json(&a);
    finish(&a, "done");

    json_set_alloc_funcs(test_malloc, free);

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        snprintf(text, sizeof(text), rows[i].args,
                 rows[i].id == 'c' ? cid : rows[i].id == 't' ? table.s
                                                             : json.s);

        for (k = 0; k < 3000; k++) {
            allocs_left = k;
            call(rows[i].tool, text);

            if (allocs_left >= 0) {
                break;
            }

            /* what is shown all the same, the schema has been held against */

            CHECK_ROW(json_object_get(r, "refused") == NULL,
                      "%s, allocation %d", rows[i].tool, k);
        }

        allocs_left = -1;
        CHECK_ROW(json_object_get(r, "error") == NULL
                  && json_object_get(r, "refused") == NULL, "%s",
                  rows[i].tool);
    }

    json_set_alloc_funcs(malloc, free);
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
    host_stop();
}


static const mz_test_t  tests[] = {
    { "a host on a real Redis", test_start },
    { "a packed chunk of the largest size", test_packed },
    { "packed chunks that unpack to too much", test_packed_bomb },
    { "patterns weigh more than their bytes", test_regex_weight },
    { "more chunks than one pipeline takes", test_many_chunks },
    { "status with a foreign cursor", test_status_cursor },
    { "status of a run that expired", test_run_gone },
    { "lists are paged without gap or repeat", test_list_pages },
    { "refusals repeat what was given, safely", test_refusals },
    { "a call may end at any step", test_gone },
    { "calls share what is cached", test_shared },
    { "out of memory: nobody is blamed, nothing leaks", test_memory },
    { "nothing is left", test_stop }
};

MZ_TEST_MAIN(tests)
