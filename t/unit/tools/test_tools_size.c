
#include "case.h"


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

    /* too much to be taken apart between two requests */
    enter("huge result");
    text = repeat("no such column ", 60000);
    CHECK(asprintf(&json, "{\"sql\":\"%s\"}", text) > 0);
    end(MZ_RUN_COMPLETED, "short answer", json, "");
    CHECK_STR(mz_json_get_str(r, "answer"), "short answer");
    CHECK(mz_json_get_bool(r, "truncated", false));
    free(json);
    free(text);

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
    { "wide tables", test_wide },
    { "inspect holds schema and size", test_inspect },
    { "status of what an odd worker wrote", test_status_odd },
    { "status holds the size, whatever is long", test_status_size },
    { "the smallest results", test_read_small },
    { "nothing is left", test_stop }
};

MZ_TEST_MAIN(tests)
