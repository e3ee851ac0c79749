
#include "worker.h"

#include <lz4.h>

#include "query/column.h"


/* What the Redis side of nginx refuses to send at once. */
#define PIPELINE_MAX  4096

#define BODY_MAX      (4 * 1024 * 1024)


static mz_attempt_t  a;
static json_t       *r;


static json_t *
call(const char *tool, const char *text)
{
    json_decref(r);
    r = host_call(tool, text, NULL);

    return r;
}


/* A fresh user with one claimed run. */

static void
enter(const char *who)
{
    host_become(who);
    call("run_analytics_agent", args("{\"prompt\":\"%s\"}", who));
    keep_ids(r);
    a = claim();
}


static char *
repeat(const char *s, size_t n)
{
    char    *text;
    size_t   i, len;

    len = strlen(s);
    text = malloc(len * n + 1);

    for (i = 0; i < n; i++) {
        memcpy(text + i * len, s, len);
    }

    text[len * n] = '\0';

    return text;
}


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


static mz_id_t
write_wide(size_t columns, size_t name, size_t text)
{
    size_t       i;
    char         *pad, *value, *label;
    mz_value_t  *row;
    mz_rset_t   *rs;

    rs = mz_rset_new(10);
    row = calloc(columns, sizeof(mz_value_t));
    pad = repeat("\"", name);
    value = repeat("v", text);

    for (i = 0; i < columns; i++) {
        CHECK(asprintf(&label, "%zu%s", i, pad) > 0);
        mz_rset_add_column(rs, mz_str_from(label), MZ_DTYPE_STRING);
        free(label);
        row[i].s = mz_str_from(value);
    }

    mz_rset_add_row(rs, row);
    mz_rset_add_row(rs, row);
    free(row);
    free(pad);
    free(value);

    return write_rset(&a, rs);
}


static void
test_wide(void)
{
    mz_id_t  id;

    enter("wide");

    /* statistics and rows share the room */
    id = write_wide(250, 20, 100);
    call("describe_table_artifact", args("{\"artifact_id\":\"%s\"}", id.s));
    CHECK(json_array_size(json_object_get(r, "columns")) == 250);

    /* statistics alone are too much; a row alone is, too */
    id = write_wide(900, 20, 200);
    call("describe_table_artifact", args("{\"artifact_id\":\"%s\"}", id.s));
    CHECK(json_array_size(json_object_get(r, "columns")) == 900);
    CHECK(mz_json_get_bool(r, "truncated", false));

    /* not even the names fit */
    id = write_wide(500, 400, 1);
    call("describe_table_artifact", args("{\"artifact_id\":\"%s\"}", id.s));
    CHECK(json_array_size(json_object_get(r, "columns")) > 10);
    CHECK(mz_json_get_bool(r, "truncated", false));
    CHECK(mz_json_get_int(r, "row_count", -1) == 2);

    call("query_table_artifact", args("{\"artifact_id\":\"%s\"}", id.s));
    CHECK(has(r, "refused", "fewer columns"));

    id = write_wide(60, 400, 10);
    call("query_table_artifact", args("{\"artifact_id\":\"%s\"}", id.s));
    CHECK(json_array_size(json_object_get(r, "rows")) == 2);

    /* no rows asked for: none are fetched */
    id = write_table(&a, 100);
    call("describe_table_artifact",
         args("{\"artifact_id\":\"%s\",\"head\":0}", id.s));
    CHECK(host.stores == 1);
    CHECK(json_array_size(json_object_get(r, "head")) == 0);
    CHECK(json_array_size(json_object_get(r, "columns")) == 2);
}


static void
test_inspect(void)
{
    char     *sql;
    mz_id_t   id;

    enter("inspect");

    /* members that are not what the schema says are left out */
    words.spec = "\"funnel\"";
    words.range = "[1]";
    id = write_table(&a, 3);
    call("inspect_artifact", args("{\"artifact_id\":\"%s\"}", id.s));
    CHECK(has(r, "kind", "table"));
    CHECK(json_object_get(r, "spec") == NULL);
    CHECK(json_object_get(r, "range") == NULL);

    words.spec = "{\"kind\":\"funnel\"}";
    words.range = "{\"from\":\"2026-05-16\"}";

    sql = repeat("SELECT 'a';\n", 20000);
    words.sql = sql;
    id = write_table(&a, 3);
    call("inspect_artifact", args("{\"artifact_id\":\"%s\"}", id.s));
    CHECK(has(r, "sql", "SELECT"));
    CHECK(mz_json_get_str(r, "sql").len > 50000);
    CHECK(has(json_object_get(r, "spec"), "kind", "funnel"));

    words.sql = "SELECT 1";
    words.title = sql;
    id = write_table(&a, 3);
    call("inspect_artifact", args("{\"artifact_id\":\"%s\"}", id.s));
    CHECK(has(r, "title", "SELECT"));
    words.title = "A title";
    free(sql);
}


/* Ends the run and asks for it. */

static void
end(mz_run_status_t status, const char *answer, const char *result,
    const char *error)
{
    mz_finish_t  f;

    memset(&f, 0, sizeof(f));
    f.status = status;
    f.answer = mz_str_from(answer);
    f.result = mz_str_from(result);
    f.spec = mz_str("{}");
    f.error = mz_str_from(error);
    finish_with(&a, &f);

    call("get_analytics_agent_status",
         args("{\"conversation_id\":\"%s\"}", cid));
}


static void
test_status_odd(void)
{
    size_t   i;
    json_t  *error;
    char     who[32];

    static const struct {
        const char  *error;
        const char  *message;
    } rows[] = {
        { "{\"code\":\"no_data\",\"message\":\"There is none\"}", "There is" },
        { "\"boom\"", "boom" },
        { "it broke", "it broke" },
        { "{\"code\":7,\"message\":\"seven\"}", "seven" },
        { "{\"code\":\"x\"}", "\"code\"" },
        { "", "no reason" }
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        snprintf(who, sizeof(who), "odd %zu", i);
        enter(who);
        end(MZ_RUN_FAILED, "", "", rows[i].error);
        error = json_object_get(r, "error");
        CHECK_ROW(has(r, "status", "failed"), "%zu", i);
        CHECK_ROW(has(error, "message", rows[i].message), "%zu", i);
        CHECK_ROW(mz_json_get_str(error, "code").len > 0, "%zu", i);
        CHECK_ROW(json_object_get(r, "answer") == NULL, "%zu", i);
    }

    enter("odd result");
    end(MZ_RUN_COMPLETED, "yes", "{\"spec\":\"s\",\"sql\":7,\"assumptions\":"
        "[\"a\",1],\"artifacts\":[\"a_x\",{\"artifact_id\":\"a_y\"}]}", "");
    CHECK(has(r, "answer", "yes"));
    CHECK(json_object_get(r, "spec") == NULL);
    CHECK(json_object_get(r, "sql") == NULL);
    CHECK(json_array_size(json_object_get(r, "assumptions")) == 1);
    CHECK(json_array_size(json_object_get(r, "artifacts")) == 1);
}


static void
test_status_size(void)
{
    int       i;
    char     *text, *json;
    json_t   *list, *obj;

    /* each of these alone is over the bound */

    enter("long error");
    text = repeat("no such column ", 10000);
    CHECK(asprintf(&json, "{\"code\":\"sql\",\"message\":\"%s\"}", text) > 0);
    end(MZ_RUN_FAILED, "", "", json);
    CHECK(has(json_object_get(r, "error"), "message", "no such column"));
    CHECK(has(json_object_get(r, "error"), "code", "sql"));
    CHECK(json_object_get(r, "answer") == NULL);
    free(json);
    free(text);

    enter("many artifacts");
    list = json_array();
    for (i = 0; i < 3000; i++) {
        obj = json_pack("{s:s,s:i}", "artifact_id",
                        "a_aaaaaaaaaaaaaaaaaaaaaaaaaa", "n", i);
        json_array_append_new(list, obj);
    }
    obj = json_pack("{s:o}", "artifacts", list);
    json = json_dumps(obj, 0);
    json_decref(obj);
    end(MZ_RUN_COMPLETED, "short answer", json, "");
    CHECK_STR(mz_json_get_str(r, "answer"), "short answer");
    list = json_object_get(r, "artifacts");
    CHECK(json_array_size(list) > 500);
    CHECK(mz_json_get_int(json_array_get(list, 0), "n", -1) == 0);
    CHECK(mz_json_get_bool(r, "truncated", false));
    free(json);

    enter("many assumptions");
    list = json_array();
    for (i = 0; i < 5000; i++) {
        json_array_append_new(list, json_string("the last thirty days"));
    }
    obj = json_pack("{s:o}", "assumptions", list);
    json = json_dumps(obj, 0);
    json_decref(obj);
    end(MZ_RUN_COMPLETED, "short answer", json, "");
    CHECK_STR(mz_json_get_str(r, "answer"), "short answer");
    free(json);

    /* what is escaped takes two bytes: still as much as fits is shown */
    enter("quotes");
    text = repeat("\"", 200000);
    end(MZ_RUN_COMPLETED, text, "{}", "");
    CHECK(mz_json_get_str(r, "answer").len > 35000);
    CHECK(has(r, "answer", "cut off"));
    free(text);

    enter("wide characters");
    text = repeat("\xf0\x9f\x92\xb6", 50000);
    end(MZ_RUN_COMPLETED, text, "{}", "");
    CHECK(mz_json_get_str(r, "answer").len > 70000);
    CHECK(mz_utf8_is_valid(mz_json_get_str(r, "answer")));
    CHECK(!has(r, "answer", "\xef\xbf\xbd"));
    free(text);
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


static json_t *
long_key_row(int i)
{
    char    *key;
    json_t  *row;

    key = repeat("\"", 900);
    row = json_pack("{s:{s:i}}", key, "n", i);
    free(key);

    return row;
}


static void
test_read_small(void)
{
    int       i, n;
    char     *key, *path, *text;
    mz_id_t   id;
    mz_buf_t  b;

    static const size_t  sizes[] = { 4096, 6000, 10000, 80 * 1024 };

    enter("read");
    id = write_rows(&a, 30, long_key_row);
    key = repeat("\\\"", 900);
    path = NULL;
    CHECK(asprintf(&path, "/3/%s", key) > 0);

    for (i = 0; i < (int) MZ_ARRAY_LEN(sizes); i++) {
        host.conf.result_max = sizes[i];

        mz_buf_init(&b, 0);
        mz_buf_add_c(&b, "{\"reads\":[");
        for (n = 0; n < 10; n++) {
            mz_buf_addf(&b, "%s{\"artifact_id\":\"%s\",\"path\":\"%s\"}",
                        n ? "," : "", id.s, path);
        }
        mz_buf_add_c(&b, "]}");
        text = mz_buf_take(&b, NULL);
        call("read_json_artifact", text);
        free(text);

        CHECK_ROW(json_array_size(json_object_get(r, "results")) == 10
                  || has(r, "refused", "fewer reads"), "%zu", sizes[i]);
    }

    free(path);
    free(key);

    /* every tool holds the smallest bound there is */
    host.conf.result_max = 4096;
    id = write_rows(&a, 500, country_row);

    call("read_json_artifact",
         args("{\"reads\":[{\"artifact_id\":\"%s\",\"limit\":1000}]}", id.s));
    CHECK(mz_json_get_int(json_array_get(json_object_get(r, "results"), 0),
                          "next_offset", -1) > 10);

    call("grep_json_artifact",
         args("{\"artifact_id\":\"%s\",\"pattern\":\".\",\"limit\":500,"
              "\"context\":3}", id.s));
    CHECK(mz_json_get_int(r, "total_matches", -1) == 500);
    CHECK(mz_json_get_int(r, "next_offset", -1) > 0);

    id = write_table(&a, 1000);
    call("query_table_artifact",
         args("{\"artifact_id\":\"%s\",\"limit\":1000}", id.s));
    CHECK(mz_json_get_int(r, "next_offset", -1) > 10);

    call("describe_table_artifact",
         args("{\"artifact_id\":\"%s\",\"head\":50}", id.s));
    CHECK(mz_json_get_int(r, "row_count", -1) == 1000);

    call("inspect_artifact", args("{\"artifact_id\":\"%s\"}", id.s));
    CHECK(has(r, "kind", "table"));

    host.conf.result_max = 80 * 1024;
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
    size_t       i;
    mz_call_t    c;
    mz_tool_t    tool;

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
    tool.step = test_refuse_step;
    mz_call_init(&c, &tool, &host.conf, &host.who, NULL);
    CHECK(tool.step(&c, MZ_EV_START) == MZ_STEP_ERROR);
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
    { "more chunks than one pipeline takes", test_many_chunks },
    { "wide tables", test_wide },
    { "inspect holds schema and size", test_inspect },
    { "status of what an odd worker wrote", test_status_odd },
    { "status holds the size, whatever is long", test_status_size },
    { "status with a foreign cursor", test_status_cursor },
    { "status of a run that expired", test_run_gone },
    { "lists are paged without gap or repeat", test_list_pages },
    { "the smallest results", test_read_small },
    { "refusals repeat what was given, safely", test_refusals },
    { "out of memory: nobody is blamed, nothing leaks", test_memory },
    { "nothing is left", test_stop }
};

MZ_TEST_MAIN(tests)
