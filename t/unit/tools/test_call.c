
#include "base/mz_str.h"
#include "base/mz_utf8.h"
#include "test.h"
#include "tools/host.h"


static mz_mcp_server_t   server = { .name = mz_str("s"), .version =
                                    mz_str("1") };
static mz_tool_conf_t    conf;
static mz_principal_t    who;
static mz_mcp_request_t  req;
static mz_tool_t         tool;
static mz_op_t           op;
static unsigned          released;


static mz_step_t
step(mz_call_t *call, mz_tool_event_t ev)
{
    (void) ev;

    return mz_call_done(call, json_object());
}


static void
release(mz_call_t *call)
{
    (void) call;
    released++;
}


static json_t *
load(mz_str_t text)
{
    json_t    *v;
    mz_err_t   err;

    CHECK_ROW(mz_json_load(text, NULL, &v, &err) == MZ_OK, "%s: %.*s",
              err.msg, (int) text.len, text.len ? text.data : "");

    return v;
}


/* A call of a tool, or of another op. */

static void
begin(mz_call_t *call, mz_mcp_era_t era, bool is_tool)
{
    mz_dispatch_t  d;

    conf.server = &server;
    tool.op.name = mz_str("tool");
    tool.op.step = step;
    tool.op.release = release;
    op = tool.op;

    memset(&req, 0, sizeof(req));
    req.era = era;
    req.log_level = MZ_MCP_LOG_INFO;
    snprintf(req.id, sizeof(req.id), "7");

    memset(&d, 0, sizeof(d));
    d.op = is_tool ? &tool.op : &op;
    d.tool = is_tool ? &tool : NULL;
    d.args = json_object();
    mz_call_init(call, &conf, &who, &req, NULL, &d);
}


/* The answer as a value; NULL: there is none. */

static json_t *
answer(mz_call_t *call, mz_step_t last, int *status)
{
    json_t    *v;
    mz_buf_t   out;

    mz_buf_init(&out, 0);
    *status = mz_call_answer(call, last, &out);
    CHECK(out.rc == MZ_OK);
    v = out.len ? load(mz_buf_view(&out)) : NULL;
    mz_buf_free(&out);

    return v;
}


static void
test_init(void)
{
    mz_call_t      call;
    mz_dispatch_t  d;

    begin(&call, MZ_MCP_MODERN, true);
    CHECK(call.progress == -1 && call.resumed_after == -1);
    CHECK(call.result.cache.ttl_ms == -1 && call.result.type == NULL);
    CHECK(call.log_level == MZ_MCP_LOG_INFO);
    released = 0;
    mz_call_deinit(&call);
    CHECK(released == 1);

    /* all that a call may own is freed; what dispatch had is taken */

    memset(&d, 0, sizeof(d));
    d.op = &op;
    d.args = json_object();
    d.answers = json_object();
    d.kept = json_object();
    mz_call_init(&call, &conf, &who, &req, NULL, &d);
    CHECK(d.args == NULL && d.answers == NULL && d.kept == NULL);
    mz_dispatch_free(&d);

    (void) mz_call_ask(&call, "a", "roots/list", NULL);
    (void) mz_call_fault(&call, MZ_RPC_PARAMS, json_object(), "x");
    (void) mz_call_fault(&call, MZ_RPC_PARAMS, json_object(), "y");
    CHECK(mz_call_add_content(&call, json_object()) == MZ_OK);
    mz_call_progress(&call, 1, mz_str("m"));
    mz_call_log(&call, MZ_MCP_LOG_ALERT, mz_str("l"), json_object());
    mz_call_notify(&call, mz_str("n"), json_object());
    call.task.result = json_object();
    call.task.error = json_object();
    call.task.inputs = json_object();
    mz_call_deinit(&call);
}


/* The text of the next note; "" when the client did not ask for it. */

static void
check_note(mz_call_t *call, const char *want, int64_t seq, bool may_drop)
{
    mz_buf_t    out;
    mz_note_t  *note;

    mz_buf_init(&out, 0);
    note = mz_call_next_note(call);
    CHECK_ROW(note != NULL, "%s", want);

    if (note != NULL) {
        mz_note_write(call, note, &out);
        CHECK_STR(mz_buf_view(&out), want);
        CHECK_ROW(note->seq == seq, "%lld", (long long) note->seq);
        CHECK(mz_note_is_droppable(note) == may_drop);
        mz_note_free(note);
    }

    mz_buf_free(&out);
}


static void
test_progress(void)
{
    json_t     *token;
    mz_call_t   call;

    begin(&call, MZ_MCP_LEGACY, true);
    token = json_integer(9);
    req.progress_token = token;

    mz_call_mark(&call, 3);
    mz_call_progress(&call, -1, mz_str("too low"));
    CHECK(mz_call_next_note(&call) == NULL);

    mz_call_progress(&call, 0, mz_str(""));
    mz_call_progress(&call, 0, mz_str("again"));
    mz_call_progress_of(&call, 5, 10, mz_str("half \"way\""));
    mz_call_mark(&call, 4);
    mz_call_progress(&call, 4, mz_str("back"));
    mz_call_progress(&call, 6, mz_null_str);

    check_note(&call, "{\"jsonrpc\":\"2.0\",\"method\":"
               "\"notifications/progress\",\"params\":{\"progressToken\":9,"
               "\"progress\":0}}", -1, true);
    check_note(&call, "{\"jsonrpc\":\"2.0\",\"method\":"
               "\"notifications/progress\",\"params\":{\"progressToken\":9,"
               "\"progress\":5,\"total\":10,\"message\":\"half \\\"way\\\"\"}"
               "}", 4, true);

    req.progress_token = NULL;
    check_note(&call, "", -1, true);
    CHECK(mz_call_next_note(&call) == NULL);

    json_decref(token);
    mz_call_deinit(&call);
}


static void
test_log(void)
{
    mz_call_t  call;

    begin(&call, MZ_MCP_MODERN, true);
    call.log_level = MZ_MCP_LOG_WARNING;

    mz_call_log(&call, MZ_MCP_LOG_NOTICE, mz_str("l"), json_string("low"));
    mz_call_log(&call, MZ_MCP_LOG_OFF, mz_str("l"), json_string("no level"));
    mz_call_log(&call, MZ_MCP_LOG_ERROR, mz_str("l"), NULL);
    CHECK(mz_call_next_note(&call) == NULL);

    mz_call_log(&call, MZ_MCP_LOG_WARNING, mz_str("l"), json_string("a"));
    mz_call_log(&call, MZ_MCP_LOG_EMERGENCY, mz_null_str,
                json_pack("{s:[i]}", "x", 1));
    check_note(&call, "{\"jsonrpc\":\"2.0\",\"method\":"
               "\"notifications/message\",\"params\":{\"level\":\"warning\","
               "\"logger\":\"l\",\"data\":\"a\"}}", -1, true);

    /* the level rose in between */

    mz_call_log(&call, MZ_MCP_LOG_WARNING, mz_null_str, json_string("b"));
    check_note(&call, "{\"jsonrpc\":\"2.0\",\"method\":"
               "\"notifications/message\",\"params\":{\"level\":"
               "\"emergency\",\"data\":{\"x\":[1]}}}", -1, true);
    call.log_level = MZ_MCP_LOG_ERROR;
    check_note(&call, "", -1, true);

    call.log_level = MZ_MCP_LOG_OFF;
    mz_call_log(&call, MZ_MCP_LOG_EMERGENCY, mz_null_str, json_string("c"));
    CHECK(mz_call_next_note(&call) == NULL);
    mz_call_deinit(&call);
}


static void
test_notify(void)
{
    mz_call_t  call;

    begin(&call, MZ_MCP_MODERN, false);
    mz_call_notify(&call, mz_str("notifications/x"),
                   json_pack("{s:i}", "a", 1));
    mz_call_mark(&call, 0);
    mz_call_notify(&call, mz_str("notifications/y"), NULL);
    mz_call_notify_text(&call, mz_str("notifications/z"),
                        mz_str("{\"id\":1e400}"));

    check_note(&call, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/x\","
               "\"params\":{\"a\":1}}", 0, false);
    check_note(&call, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/y\"}",
               -1, false);
    check_note(&call, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/z\","
               "\"params\":{\"id\":1e400}}", -1, false);
    mz_call_deinit(&call);
}


static void
test_ask(void)
{
    int        i;
    char       key[MZ_ASK_KEY_MAX + 2];
    json_t    *answers;
    mz_call_t  call;

    begin(&call, MZ_MCP_MODERN, true);
    CHECK(mz_call_answer_of(&call, "a") == NULL);

    memset(key, 'k', sizeof(key));
    key[sizeof(key) - 1] = '\0';
    CHECK(mz_call_ask(&call, key, "roots/list", json_object())
          == MZ_STEP_ERROR);
    CHECK(call.err.rc == MZ_INTERNAL);
    CHECK(mz_call_ask(&call, "", "roots/list", NULL) == MZ_STEP_ERROR);
    key[MZ_ASK_KEY_MAX] = '\0';
    CHECK(mz_call_ask(&call, key, "roots/list", NULL) == MZ_STEP_ASK);
    CHECK(json_is_object(json_object_get(json_object_get(call.asks, key),
                                         "params")));

    for (i = 1; i < MZ_ASKS_MAX; i++) {
        snprintf(key, sizeof(key), "k%d", i);
        CHECK(mz_call_ask(&call, key, "sampling/createMessage",
                          json_pack("{s:i}", "n", i)) == MZ_STEP_ASK);
    }

    CHECK(mz_call_ask(&call, "one more", "roots/list", json_object())
          == MZ_STEP_ERROR);
    CHECK(mz_call_ask(&call, "k1", "elicitation/create",
                      json_pack("{s:s}", "mode", "form")) == MZ_STEP_ASK);
    CHECK(json_object_size(call.asks) == MZ_ASKS_MAX);
    CHECK_STR(mz_json_get_str(json_object_get(call.asks, "k1"), "method"),
              "elicitation/create");
    CHECK(mz_json_get_int(json_object_get(json_object_get(call.asks, "k2"),
                                          "params"), "n", 0) == 2);

    answers = json_pack("{s:{s:s}}", "k1", "action", "accept");
    call.answers = answers;
    CHECK_STR(mz_json_get_str(mz_call_answer_of(&call, "k1"), "action"),
              "accept");
    CHECK(mz_call_answer_of(&call, "k2") == NULL);
    mz_call_deinit(&call);
}


/* What a tool says, and the twins of it. */

static void
test_tool_results(void)
{
    int        status;
    json_t    *v, *result;
    mz_call_t  call;

    begin(&call, MZ_MCP_LEGACY, true);
    v = answer(&call, mz_call_done(&call, json_pack("{s:i}", "n", 1)),
               &status);
    result = load(mz_str("{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{"
                         "\"content\":[{\"type\":\"text\",\"text\":"
                         "\"{\\\"n\\\":1}\"}],\"structuredContent\":{\"n\":1}"
                         "}}"));
    CHECK(status == 200 && mz_json_equal(v, result));
    CHECK(strcmp(call.status, "ok") == 0);
    json_decref(v);
    json_decref(result);
    mz_call_deinit(&call);

    begin(&call, MZ_MCP_LEGACY, true);
    CHECK(mz_call_add_content(&call, json_pack("{s:s}", "type", "x"))
          == MZ_OK);
    CHECK(mz_call_add_content(&call, json_pack("{s:s}", "type", "y"))
          == MZ_OK);
    CHECK(mz_call_add_content(&call, json_array()) == MZ_INVALID);
    CHECK(mz_call_add_content(&call, NULL) == MZ_NOMEM);
    v = answer(&call, mz_call_done_text(&call), &status);
    result = load(mz_str("{\"content\":[{\"type\":\"x\"},{\"type\":\"y\"}]}"));
    CHECK(mz_json_equal(json_object_get(v, "result"), result));
    json_decref(v);
    json_decref(result);
    mz_call_deinit(&call);

    begin(&call, MZ_MCP_LEGACY, true);
    CHECK(mz_call_add_content(&call, json_pack("{s:s}", "type", "x"))
          == MZ_OK);
    mz_buf_add_c(&call.result.text, "words");
    v = answer(&call, mz_call_done(&call, json_object()), &status);
    result = load(mz_str("{\"content\":[{\"type\":\"text\",\"text\":"
                         "\"words\"},{\"type\":\"x\"}],"
                         "\"structuredContent\":{}}"));
    CHECK(mz_json_equal(json_object_get(v, "result"), result));
    json_decref(v);
    json_decref(result);

    /* a refusal leaves nothing of it */

    v = answer(&call, mz_call_refuse(&call, "no %d", 5), &status);
    result = load(mz_str("{\"content\":[{\"type\":\"text\",\"text\":"
                         "\"no 5\"}],\"isError\":true}"));
    CHECK(status == 200
          && mz_json_equal(json_object_get(v, "result"), result));
    json_decref(v);
    json_decref(result);
    mz_call_deinit(&call);

    begin(&call, MZ_MCP_LEGACY, true);
    CHECK(mz_call_done(&call, NULL) == MZ_STEP_ERROR);
    CHECK(call.err.rc == MZ_NOMEM);
    mz_call_deinit(&call);
}


static void
test_members(void)
{
    int        status;
    json_t    *v, *result;
    mz_call_t  call;

    begin(&call, MZ_MCP_LEGACY, false);
    call.result.cache = (mz_mcp_cache_t) { 5, mz_str("private") };
    v = answer(&call, mz_call_done_members(&call, json_pack("{s:i,s:[s]}",
               "a", 1, "b", "x")), &status);
    result = load(mz_str("{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"a\":1,"
                         "\"b\":[\"x\"]}}"));
    CHECK(status == 200 && mz_json_equal(v, result));
    json_decref(v);
    json_decref(result);
    CHECK(mz_call_done_members(&call, NULL) == MZ_STEP_ERROR);
    mz_call_deinit(&call);

    begin(&call, MZ_MCP_LEGACY, false);
    v = answer(&call, mz_call_done_members(&call, json_object()), &status);
    CHECK(json_object_size(json_object_get(v, "result")) == 0);
    json_decref(v);
    mz_call_deinit(&call);

    begin(&call, MZ_MCP_MODERN, false);
    call.result.cache = (mz_mcp_cache_t) { 5, mz_str("private") };
    v = answer(&call, mz_call_done_members(&call, json_object()), &status);
    result = json_object_get(v, "result");
    CHECK_STR(mz_json_get_str(result, "resultType"), "complete");
    CHECK_STR(mz_json_get_str(result, "cacheScope"), "private");
    CHECK(mz_json_get_int(result, "ttlMs", -1) == 5);
    json_decref(v);

    /* what is no end of it is for nobody else */

    call.result.type = "input_required";
    v = answer(&call, MZ_STEP_DONE, &status);
    result = json_object_get(v, "result");
    CHECK_STR(mz_json_get_str(result, "resultType"), "input_required");
    CHECK(json_object_get(result, "ttlMs") == NULL);
    json_decref(v);
    mz_call_deinit(&call);

    begin(&call, MZ_MCP_MODERN, true);
    mz_buf_add_c(&call.result.members, "\"taskId\":\"t\"");
    call.result.type = "task";
    v = answer(&call, MZ_STEP_DONE, &status);
    result = json_object_get(v, "result");
    CHECK_STR(mz_json_get_str(result, "resultType"), "task");
    CHECK_STR(mz_json_get_str(result, "taskId"), "t");
    CHECK(json_object_get(result, "content") == NULL);
    json_decref(v);
    mz_call_deinit(&call);
}


static void
test_completed(void)
{
    int         status, n;
    size_t      i;
    json_t     *v, *values;
    mz_call_t   call;

    static const struct {
        int       n;
        int64_t   total;
        bool      has_more;
        int64_t   want_total;       /* -1: none */
        bool      want_more;
    } rows[] = {
        { 0, 0, false, 0, false },
        { 2, -1, false, -1, false },
        { 2, 9, true, 9, true },
        { 100, -1, false, -1, false },
        { 101, -1, false, 101, true },
        { 130, -1, true, -1, true },
        { 130, 500, false, 500, true }
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        begin(&call, MZ_MCP_LEGACY, false);
        values = json_array();

        for (n = 0; n < rows[i].n; n++) {
            json_array_append_new(values, json_sprintf("v%d", n));
        }

        v = answer(&call, mz_call_completed(&call, values, rows[i].total,
                                            rows[i].has_more), &status);
        values = json_object_get(json_object_get(v, "result"), "completion");
        n = rows[i].n > 100 ? 100 : rows[i].n;
        CHECK_ROW(json_array_size(json_object_get(values, "values"))
                  == (size_t) n, "row %zu", i);
        CHECK_ROW(n == 0
                  || mz_str_eq(mz_json_str(json_array_get(
                         json_object_get(values, "values"), 0)),
                         mz_str("v0")), "row %zu", i);
        CHECK_ROW(mz_json_get_int(values, "total", -1) == rows[i].want_total,
                  "row %zu", i);
        CHECK_ROW(mz_json_get_bool(values, "hasMore", !rows[i].want_more)
                  == rows[i].want_more, "row %zu", i);
        json_decref(v);
        mz_call_deinit(&call);
    }

    begin(&call, MZ_MCP_LEGACY, false);
    CHECK(mz_call_completed(&call, NULL, 0, false) == MZ_STEP_ERROR);
    CHECK(call.err.rc == MZ_NOMEM);
    mz_call_deinit(&call);
}


static void
test_faults(void)
{
    int         status;
    size_t      i;
    json_t     *v, *e;
    mz_call_t   call;

    static const struct {
        mz_mcp_era_t  era;
        unsigned      flags;
        int           code;
        int           want_code;
        int           want_status;
    } rows[] = {
        { MZ_MCP_LEGACY, 0, MZ_RPC_PARAMS, MZ_RPC_PARAMS, 200 },
        { MZ_MCP_MODERN, 0, MZ_RPC_PARAMS, MZ_RPC_PARAMS, 200 },
        { MZ_MCP_LEGACY, 0, MZ_RPC_NO_RESOURCE, MZ_RPC_NO_RESOURCE, 200 },
        { MZ_MCP_MODERN, 0, MZ_RPC_NO_RESOURCE, MZ_RPC_PARAMS, 200 },
        { MZ_MCP_LEGACY, 0, MZ_RPC_METHOD, MZ_RPC_METHOD, 200 },
        { MZ_MCP_MODERN, 0, MZ_RPC_METHOD, MZ_RPC_METHOD, 404 },
        { MZ_MCP_MODERN, 0, MZ_RPC_CAPABILITY, MZ_RPC_CAPABILITY, 400 },
        { MZ_MCP_LEGACY, MZ_OP_QUIET, MZ_RPC_PARAMS, MZ_RPC_PARAMS, 400 }
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        begin(&call, rows[i].era, false);
        op.flags = rows[i].flags;
        CHECK(mz_call_fault(&call, rows[i].code, json_pack("{s:i}", "d", 1),
                            "not %s", "this") == MZ_STEP_FAULT);
        CHECK(strcmp(call.status, "refused") == 0);

        v = answer(&call, MZ_STEP_DONE, &status);
        e = json_object_get(v, "error");
        CHECK_ROW(status == rows[i].want_status, "row %zu: %d", i, status);
        CHECK_ROW(mz_json_get_int(e, "code", 0) == rows[i].want_code,
                  "row %zu", i);
        CHECK_STR(mz_json_get_str(e, "message"), "not this");
        CHECK(mz_json_get_int(json_object_get(e, "data"), "d", 0) == 1);
        CHECK((json_object_get(v, "id") == NULL)
              == (rows[i].flags == MZ_OP_QUIET));
        json_decref(v);
        mz_call_deinit(&call);
    }

    /* what is no tool cannot say isError */

    begin(&call, MZ_MCP_LEGACY, false);
    CHECK(mz_call_refuse(&call, "no") == MZ_STEP_FAULT);
    CHECK(call.fault == MZ_RPC_PARAMS);
    mz_call_deinit(&call);
}


static void
test_errors(void)
{
    int        status;
    json_t    *v;
    mz_call_t  call;

    begin(&call, MZ_MCP_MODERN, true);
    v = answer(&call, mz_call_error(&call, MZ_INTERNAL, "secret %d", 1),
               &status);
    CHECK(status == 200 && strcmp(call.status, "error") == 0);
    CHECK(mz_json_get_int(json_object_get(v, "error"), "code", 0)
          == MZ_RPC_INTERNAL);
    CHECK(strstr(mz_json_get_str(json_object_get(v, "error"),
                                 "message").data, "secret") == NULL);
    json_decref(v);
    mz_call_deinit(&call);

    begin(&call, MZ_MCP_LEGACY, false);
    v = answer(&call, mz_call_error(&call, MZ_UNAVAILABLE, "x"), &status);
    CHECK(status == 503);
    CHECK(strstr(mz_json_get_str(json_object_get(v, "error"),
                                 "message").data, "try again") != NULL);
    json_decref(v);
    mz_call_deinit(&call);

    begin(&call, MZ_MCP_LEGACY, false);
    op.flags = MZ_OP_QUIET;
    CHECK(answer(&call, MZ_STEP_DONE, &status) == NULL && status == 202);
    v = answer(&call, mz_call_error(&call, MZ_INTERNAL, "x"), &status);
    CHECK(status == 500);
    json_decref(v);
    op.flags = 0;
    req.what = MZ_MCP_DO_END_SESSION;
    CHECK(answer(&call, MZ_STEP_DONE, &status) == NULL && status == 200);
    mz_call_deinit(&call);
}


/* Words are cut between two characters. */

static void
test_words(void)
{
    char       text[3 * MZ_REFUSAL_MAX];
    size_t     i;
    mz_call_t  call;

    for (i = 0; i + 3 < sizeof(text); i += 3) {
        memcpy(text + i, "\xe2\x82\xac", 3);
    }

    text[i] = '\0';

    begin(&call, MZ_MCP_LEGACY, true);
    CHECK(mz_call_refuse(&call, "%s", text) == MZ_STEP_DONE);
    CHECK(call.result.text.len > MZ_REFUSAL_MAX - 5
          && call.result.text.len < MZ_REFUSAL_MAX);
    CHECK(mz_utf8_is_valid(mz_call_text(&call)));
    (void) mz_call_fault(&call, MZ_RPC_PARAMS, NULL, "a%s", text);
    CHECK(strlen(call.err.msg) > MZ_ERR_MAX - 5);
    CHECK(mz_utf8_is_valid(mz_str_from(call.err.msg)));
    mz_call_deinit(&call);
}


static const mz_test_t  tests[] = {
    { "a call takes and frees", test_init },
    { "progress rises, with a token only", test_progress },
    { "logs at the wanted level only", test_log },
    { "notifications as they are", test_notify },
    { "questions", test_ask },
    { "results of tools", test_tool_results },
    { "results of others", test_members },
    { "completions", test_completed },
    { "faults", test_faults },
    { "errors, and silence", test_errors },
    { "words that do not fit", test_words }
};

MZ_TEST_MAIN(tests)
