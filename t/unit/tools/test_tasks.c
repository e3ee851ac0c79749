
/*
 * tasks/get, tasks/result, tasks/list, tasks/cancel and tasks/update of both
 * eras, over runs and over a kind that asks; and calls that become tasks.
 */

#include "quiz.h"

#include "base/mz_time.h"
#include "tools/ops.h"


static const char  not_found[] = "Task not found";

static rq_t  rq;


/* The id of the last run, or any, as params. */

static const char *
task(const char *id)
{
    return args("{\"taskId\":\"%s\"}", id);
}


static json_t *
get(const char *id)
{
    rq_begin(&rq, MZ_MCP_DO_TASK_GET, id, task(id));

    return rq_result(&rq);
}


static void
fail(const mz_attempt_t *a, const char *error)
{
    mz_finish_t  f;

    memset(&f, 0, sizeof(f));
    f.status = MZ_RUN_FAILED;
    f.error = mz_str_from(error);
    finish_with(a, &f);
}


/* --- no such task --- */

static void
test_unknown(void)
{
    size_t                    i, k;
    char                      mine[MZ_ID_LEN + 1];
    mz_id_t                   theirs;
    static const mz_mcp_do_t  legacy[] = { MZ_MCP_DO_TASK_GET,
        MZ_MCP_DO_TASK_CANCEL, MZ_MCP_DO_TASK_RESULT };
    static const mz_mcp_do_t  modern[] = { MZ_MCP_DO_TASK_GET,
        MZ_MCP_DO_TASK_CANCEL, MZ_MCP_DO_TASK_UPDATE };
    const char               *ids[7];

    host_become("somebody");
    rq_ask_agent("a question of somebody's");
    memcpy(mine, pid, sizeof(mine));
    theirs = quiz_new('t', "working");
    host_become("somebody else");

    ids[0] = "";
    ids[1] = "p";
    ids[2] = "nonsense";
    ids[3] = "p_aaaaaaaaaaaaaaaaaaaaaaaaaa";
    ids[4] = "a_aaaaaaaaaaaaaaaaaaaaaaaaaa";
    ids[5] = mine;
    ids[6] = theirs.s;

    for (i = 0; i < MZ_ARRAY_LEN(ids); i++) {
        for (k = 0; k < 6; k++) {
            if (k < 3) {
                rq_legacy(0);

            } else {
                rq_modern(MZ_MCP_CAN_TASKS);
            }

            rq_begin(&rq, k < 3 ? legacy[k] : modern[k - 3], ids[i],
                     args("{\"taskId\":\"%s\",\"inputResponses\":{}}",
                          ids[i]));
            CHECK_ROW(rq.step == MZ_STEP_DONE && rq_code(&rq) == MZ_RPC_PARAMS
                      && strncmp(rq_message(&rq), not_found,
                                 sizeof(not_found) - 1) == 0,
                      "%s, %zu: %s", ids[i], k, rq_message(&rq));
            CHECK(rq.status == 200);
        }
    }

    /* What somebody else cancelled and updated goes on. */

    host_become("somebody");
    rq_legacy(0);
    CHECK_STR(mz_json_get_str(get(mine), "status"), "working");
    CHECK_STR(mz_json_get_str(get(theirs.s), "status"), "working");

    rq_redis("FLUSHALL");
    CHECK(get(mine) == NULL && rq_code(&rq) == MZ_RPC_PARAMS);
}


/* --- a call becomes a task --- */

static void
check_time(const json_t *obj, const char *key)
{
    int64_t  ms;

    CHECK_ROW(mz_time_parse(mz_json_get_str(obj, key), &ms) == MZ_OK, "%s",
              key);
}


static void
test_create(void)
{
    json_t  *r, *t;
    char     first[MZ_ID_LEN + 1];

    host_become("creator");

    /* Nobody asked for a task. */

    rq_legacy(0);
    rq_begin(&rq, MZ_MCP_DO_TOOL, "run_analytics_agent",
             "{\"arguments\":{\"prompt\":\"one\"}}");
    CHECK(json_object_get(rq_result(&rq), "task") == NULL);
    CHECK(json_is_object(json_object_get(rq_result(&rq),
                                         "structuredContent")));

    host.req.wants_task = true;
    rq_begin(&rq, MZ_MCP_DO_TOOL, "run_analytics_agent",
             "{\"arguments\":{\"prompt\":\"two\"}}");
    r = rq_result(&rq);
    t = json_object_get(r, "task");
    CHECK(json_object_get(r, "content") == NULL);
    CHECK_STR(mz_json_get_str(t, "status"), "working");
    CHECK_STR(mz_json_get_str(t, "statusMessage"), "Waiting for a worker");
    CHECK(mz_json_get_int(t, "ttl", 0) == 3600 * 1000);
    CHECK(mz_json_get_int(t, "pollInterval", 0) == MZ_TASK_POLL_MS);
    CHECK(json_object_get(t, "ttlMs") == NULL);
    check_time(t, "createdAt");
    check_time(t, "lastUpdatedAt");
    memcpy(first, rq_str(t, "taskId"), MZ_ID_LEN + 1);

    /* It is there for whoever asks, anywhere. */

    CHECK_STR(mz_json_get_str(get(first), "taskId"), first);

    /* The same question again is the same task, as it stands. */

    memcpy(pid, first, sizeof(pid));
    (void) claim();
    rq_modern(MZ_MCP_CAN_TASKS);
    host.req.wants_task = true;
    rq_begin(&rq, MZ_MCP_DO_TOOL, "run_analytics_agent",
             "{\"arguments\":{\"prompt\":\"two\"}}");
    r = rq_result(&rq);
    CHECK_STR(mz_json_get_str(r, "resultType"), "task");
    CHECK_STR(mz_json_get_str(r, "taskId"), first);
    CHECK(mz_json_get_int(r, "ttlMs", 0) == 3600 * 1000);
    CHECK(mz_json_get_int(r, "pollIntervalMs", 0) == MZ_TASK_POLL_MS);
    CHECK(json_object_get(r, "task") == NULL);
    CHECK(json_object_get(r, "ttl") == NULL);
    CHECK(json_object_get(r, "result") == NULL);

    /* Refusals and busy are answers, no tasks. */

    rq_begin(&rq, MZ_MCP_DO_TOOL, "run_analytics_agent",
             "{\"arguments\":{\"prompt\":\" \"}}");
    CHECK(mz_json_get_bool(rq_result(&rq), "isError", false));

    rq_legacy(0);
    rq_ask_agent("three");
    host.req.wants_task = true;
    rq_begin(&rq, MZ_MCP_DO_TOOL, "run_analytics_agent",
             args("{\"arguments\":{\"prompt\":\"four\","
                  "\"conversation_id\":\"%s\"}}", cid));
    r = json_object_get(rq_result(&rq), "structuredContent");
    CHECK_STR(mz_json_get_str(r, "status"), "busy");
    CHECK_STR(mz_json_get_str(r, "prompt_id"), pid);
}


/* --- the life of a run as a task --- */

static void
test_get_life(void)
{
    json_t         *r, *status, *schema;
    mz_err_t        err;
    mz_attempt_t    a;
    const json_t   *inner;

    host_become("getter");
    rq_legacy(0);
    rq_ask_agent("life");

    r = get(pid);
    CHECK_STR(mz_json_get_str(r, "statusMessage"), "Waiting for a worker");

    a = claim();
    progress(&a, "Counting \"users\"");
    r = get(pid);
    CHECK_STR(mz_json_get_str(r, "status"), "working");
    CHECK_STR(mz_json_get_str(r, "statusMessage"), "Counting \"users\"");
    CHECK(json_object_get(r, "result") == NULL);
    CHECK(json_array_size(rq.notes) == 0);

    finish(&a, "42 users");
    r = get(pid);
    CHECK_STR(mz_json_get_str(r, "status"), "completed");
    CHECK(json_object_get(r, "result") == NULL);
    CHECK(json_object_get(r, "statusMessage") == NULL);

    rq_modern(MZ_MCP_CAN_TASKS);
    r = get(pid);
    CHECK_STR(mz_json_get_str(r, "resultType"), "complete");
    CHECK_STR(mz_json_get_str(r, "status"), "completed");
    CHECK(json_object_get(json_object_get(r, "result"), "_meta") == NULL);

    /* The result is what the other way to follow a run would give. */

    rq_legacy(0);
    status = host_call("get_analytics_agent_status",
                       args("{\"conversation_id\":\"%s\","
                            "\"prompt_id\":\"%s\"}", cid, pid), NULL);
    inner = json_object_get(json_object_get(r, "result"),
                            "structuredContent");
    CHECK(json_equal(inner, status));
    CHECK_STR(mz_json_get_str(inner, "answer"), "42 users");
    json_decref(status);

    /* It is held against the schema of the tool that was called. */

    status = rq_load(mz_json_get_str(json_array_get(json_object_get(
                 json_object_get(r, "result"), "content"), 0), "text"));
    CHECK(json_equal(inner, status));
    schema = rq_load(mz_registry_find(&host.reg,
                     mz_str("run_analytics_agent"))->tool->output_schema);
    CHECK_ROW(mz_schema_validate(schema, status, &err) == MZ_OK, "%s",
              err.msg);
    json_decref(schema);
    json_decref(status);
}


static void
test_get_many_events(void)
{
    int            i;
    char           text[32];
    json_t        *r, *steps;
    mz_attempt_t   a;

    host_become("talker");
    rq_modern(MZ_MCP_CAN_TASKS);
    rq_ask_agent("many events");
    a = claim();

    for (i = 0; i < 260; i++) {
        snprintf(text, sizeof(text), "step %d", i);
        progress(&a, text);
    }

    CHECK_STR(mz_json_get_str(get(pid), "statusMessage"), "step 259");

    finish(&a, "done");
    r = json_object_get(json_object_get(get(pid), "result"),
                        "structuredContent");
    steps = json_object_get(r, "progress");
    CHECK(json_array_size(steps) != 0 && json_array_size(steps) <= 50);
    CHECK(mz_json_get_int(json_array_get(steps, 0), "seq", 0)
          < mz_json_get_int(json_array_get(steps, 1), "seq", 0));
    CHECK(mz_json_get_int(r, "after", 0) == 264);
}


static void
test_get_failed(void)
{
    json_t        *r;
    const char    *text;
    mz_attempt_t   a;

    host_become("failer");
    rq_modern(MZ_MCP_CAN_TASKS);
    rq_ask_agent("this fails");
    a = claim();
    fail(&a, "{\"code\":\"no_event\",\"message\":\"No event logn\"}");

    /* A tool that failed is no protocol error. */

    r = get(pid);
    CHECK_STR(mz_json_get_str(r, "status"), "completed");
    CHECK_STR(mz_json_get_str(r, "statusMessage"), "No event logn");
    CHECK(json_object_get(r, "error") == NULL);
    r = json_object_get(r, "result");
    CHECK(mz_json_get_bool(r, "isError", false));
    CHECK(json_object_get(r, "structuredContent") == NULL);
    text = rq_str(json_array_get(json_object_get(r, "content"), 0), "text");
    CHECK(strstr(text, "No event logn") != NULL);
    CHECK(strstr(text, "run_analytics_agent") != NULL);

    /* To the older revision it is a task that failed. */

    rq_legacy(0);
    CHECK_STR(mz_json_get_str(get(pid), "status"), "failed");

    /* What a worker wrote that is no JSON. */

    rq_ask_agent("this fails as well");
    a = claim();
    fail(&a, "odd");
    r = get(pid);
    CHECK_STR(mz_json_get_str(r, "status"), "failed");
    CHECK(mz_json_get_str(r, "statusMessage").len != 0);

    /* A JSON-RPC error has failed in both. */

    rq_modern(MZ_MCP_CAN_TASKS);
    r = get(quiz_new('t', "failed").s);
    CHECK_STR(mz_json_get_str(r, "status"), "failed");
    CHECK(mz_json_get_int(json_object_get(r, "error"), "code", 0) == -32050);
    CHECK(json_object_get(r, "result") == NULL);
}


/* --- cancel --- */

static void
test_cancel_legacy(void)
{
    json_t        *r;
    mz_id_t        id;
    mz_attempt_t   a;

    host_become("canceller");
    rq_legacy(0);
    rq_ask_agent("cancel me");

    rq_begin(&rq, MZ_MCP_DO_TASK_CANCEL, pid, task(pid));
    r = rq_result(&rq);
    CHECK_STR(mz_json_get_str(r, "taskId"), pid);
    CHECK_STR(mz_json_get_str(r, "status"), "cancelled");
    CHECK(mz_json_get_int(r, "ttl", 0) == 3600 * 1000);

    rq_begin(&rq, MZ_MCP_DO_TASK_CANCEL, pid, task(pid));
    CHECK(rq_code(&rq) == MZ_RPC_PARAMS);
    CHECK(strstr(rq_message(&rq), "has ended") != NULL);

    rq_ask_agent("too late");
    a = claim();
    finish(&a, "done");
    rq_begin(&rq, MZ_MCP_DO_TASK_CANCEL, pid, task(pid));
    CHECK(rq_code(&rq) == MZ_RPC_PARAMS);
    CHECK_STR(mz_json_get_str(get(pid), "status"), "completed");

    id = quiz_new('n', "working");
    rq_begin(&rq, MZ_MCP_DO_TASK_CANCEL, id.s, task(id.s));
    CHECK(rq_code(&rq) == MZ_RPC_PARAMS);
    CHECK(strstr(rq_message(&rq), "cannot be cancelled") != NULL);
}


static void
test_cancel_modern(void)
{
    int       i;
    mz_id_t   id;

    host_become("canceller");
    rq_modern(MZ_MCP_CAN_TASKS);
    rq_ask_agent("cancel me, too");

    /* The first and the second time: no members of a task. */

    for (i = 0; i < 2; i++) {
        rq_begin(&rq, MZ_MCP_DO_TASK_CANCEL, pid, task(pid));
        CHECK_STR(mz_json_get_str(rq_result(&rq), "resultType"), "complete");
        CHECK(json_object_get(rq_result(&rq), "taskId") == NULL);
        CHECK(json_object_get(rq_result(&rq), "status") == NULL);
        CHECK_STR(mz_json_get_str(get(pid), "status"), "cancelled");
    }

    CHECK(json_object_get(rq_result(&rq), "result") == NULL);

    id = quiz_new('n', "working");
    rq_begin(&rq, MZ_MCP_DO_TASK_CANCEL, id.s, task(id.s));
    CHECK_STR(mz_json_get_str(rq_result(&rq), "resultType"), "complete");
    CHECK_STR(mz_json_get_str(get(id.s), "status"), "working");
}


/* --- update --- */

static json_t *
update(const char *id, const char *responses)
{
    rq_begin(&rq, MZ_MCP_DO_TASK_UPDATE, id,
             args("{\"taskId\":\"%s\",\"inputResponses\":%s}", id,
                  responses));

    return rq_result(&rq);
}


static void
test_update(void)
{
    json_t   *r;
    mz_id_t   id;

    host_become("updater");
    rq_modern(MZ_MCP_CAN_TASKS);
    id = quiz_new('t', "asks");

    rq_begin(&rq, MZ_MCP_DO_TASK_UPDATE, id.s, task(id.s));
    CHECK(rq_code(&rq) == MZ_RPC_PARAMS);
    CHECK(strstr(rq_message(&rq), "inputResponses") != NULL);
    update(id.s, "[]");
    CHECK(rq_code(&rq) == MZ_RPC_PARAMS);

    r = json_object_get(get(id.s), "inputRequests");
    CHECK(json_object_size(r) == 2);
    CHECK_STR(mz_json_get_str(json_object_get(r, "name"), "method"),
              "elicitation/create");

    /* In part; what is not known is ignored; it shows at once. */

    r = update(id.s, "{\"name\":{\"action\":\"accept\"},\"other\":{}}");
    CHECK_STR(mz_json_get_str(r, "resultType"), "complete");
    CHECK(json_object_get(r, "taskId") == NULL);
    r = get(id.s);
    CHECK_STR(mz_json_get_str(r, "status"), "input_required");
    r = json_object_get(r, "inputRequests");
    CHECK(json_object_get(r, "name") == NULL);
    CHECK(json_object_get(r, "color") != NULL);

    update(id.s, "{\"color\":{\"action\":\"decline\"}}");
    r = get(id.s);
    CHECK_STR(mz_json_get_str(r, "status"), "completed");
    CHECK(json_object_get(r, "inputRequests") == NULL);

    /* To one that has ended, and to a kind that never asks. */

    r = update(id.s, "{\"color\":{}}");
    CHECK_STR(mz_json_get_str(r, "resultType"), "complete");
    rq_ask_agent("never asks");
    r = update(pid, "{\"color\":{}}");
    CHECK_STR(mz_json_get_str(r, "resultType"), "complete");
}


/* --- result --- */

static mz_step_t
result(const char *id)
{
    return rq_begin(&rq, MZ_MCP_DO_TASK_RESULT, id, task(id));
}


static const char *
related(const json_t *obj)
{
    return rq_str(json_object_get(json_object_get(obj, "_meta"),
                                  "io.modelcontextprotocol/related-task"),
                  "taskId");
}


static void
test_result_wait(void)
{
    json_t        *r;
    mz_attempt_t   a;

    host_become("waiter");
    rq_legacy(0);
    rq_ask_agent("wait for me");

    CHECK(result(pid) == MZ_STEP_WAIT);
    CHECK_STR(mz_str_from(rq.call.watch.s), pid);
    CHECK(rq.call.wait_ms > 0 && rq.call.wait_ms <= 5000);

    a = claim();
    progress(&a, "half way");
    CHECK(rq_go(&rq, MZ_EV_NOTICE) == MZ_STEP_WAIT);
    CHECK(rq_go(&rq, MZ_EV_TIMER) == MZ_STEP_WAIT);
    CHECK(json_array_size(rq.notes) == 0);

    finish(&a, "42");
    CHECK(rq_go(&rq, MZ_EV_NOTICE) == MZ_STEP_DONE);
    r = rq_result(&rq);
    CHECK_STR(mz_str_from(related(r)), pid);
    CHECK_STR(mz_json_get_str(json_object_get(r, "structuredContent"),
                              "answer"), "42");
    CHECK(json_object_get(r, "taskId") == NULL);

    /* As often as one likes. */

    CHECK(result(pid) == MZ_STEP_DONE);
    CHECK(json_is_array(json_object_get(rq_result(&rq), "content")));
}


static void
test_result_leave(void)
{
    int  i;

    host_become("leaver");
    rq_legacy(0);
    rq_ask_agent("never ends");

    CHECK(result(pid) == MZ_STEP_WAIT);
    CHECK(rq_go(&rq, MZ_EV_DRAIN) == MZ_STEP_DONE);
    CHECK(rq_code(&rq) == MZ_RPC_INTERNAL);
    CHECK(strstr(rq_message(&rq), "tasks/result again") != NULL);

    /* Not for ever, either. */

    CHECK(result(pid) == MZ_STEP_WAIT);

    for (i = 0; i < 100 && rq.step == MZ_STEP_WAIT; i++) {
        host.now_ms += rq.call.wait_ms;
        rq_go(&rq, MZ_EV_TIMER);
    }

    CHECK(rq.step == MZ_STEP_DONE && i >= 60);
    CHECK(rq_code(&rq) == MZ_RPC_INTERNAL);

    rq.is_resumable = true;
    CHECK(result(pid) == MZ_STEP_WAIT);
    CHECK(rq_go(&rq, MZ_EV_DRAIN) == MZ_STEP_DROP);
    CHECK(rq.body == NULL);
    rq.is_resumable = false;
    rq_free(&rq);
}


static void
test_result_ends(void)
{
    json_t        *r;
    mz_id_t        id;
    mz_attempt_t   a;

    host_become("ender");
    rq_legacy(0);

    rq_ask_agent("is cancelled");
    CHECK(result(pid) == MZ_STEP_WAIT);
    {
        rq_t  other = { .step = MZ_STEP_DONE };

        rq_begin(&other, MZ_MCP_DO_TASK_CANCEL, pid, task(pid));
        rq_free(&other);
    }
    CHECK(rq_go(&rq, MZ_EV_NOTICE) == MZ_STEP_DONE);
    r = rq_result(&rq);
    CHECK(mz_json_get_bool(r, "isError", false));
    CHECK_STR(mz_str_from(related(r)), pid);

    rq_ask_agent("fails");
    a = claim();
    fail(&a, "{\"code\":\"x\",\"message\":\"No such thing\"}");
    CHECK(result(pid) == MZ_STEP_DONE);
    r = rq_result(&rq);
    CHECK(mz_json_get_bool(r, "isError", false));
    CHECK(strstr(rq_str(json_array_get(json_object_get(r, "content"), 0),
                        "text"), "No such thing") != NULL);

    id = quiz_new('t', "failed");
    CHECK(result(id.s) == MZ_STEP_DONE);
    CHECK(rq_code(&rq) == -32050);
    CHECK_STR(mz_str_from(rq_message(&rq)), "broke");
    CHECK(mz_json_get_int(json_object_get(json_object_get(rq.body, "error"),
                                          "data"), "why", 0) == 7);

    /* One that expires meanwhile. */

    id = quiz_new('t', "working");
    CHECK(result(id.s) == MZ_STEP_WAIT);
    rq_redis("DEL quiz:%s:%s", host.who.scope, id.s);
    CHECK(rq_go(&rq, MZ_EV_TIMER) == MZ_STEP_DONE);
    CHECK(rq_code(&rq) == MZ_RPC_PARAMS);
}


/* The client answers a question, as any node would take it. */

static void
answer(const json_t *question, const char *text)
{
    rq_t  other;

    memset(&other, 0, sizeof(other));
    other.notes = json_array();
    host_begin(&other.call, MZ_MCP_DO_ANSWER, "", rq_str(question, "id"),
               json_object(), &(mz_mcp_reply_t) { 0 });
    other.is_open = true;
    json_object_update_new(((mz_mcp_request_t *) other.call.host)->root,
                           rq_load(mz_str_from(text)));
    rq_go(&other, MZ_EV_START);
    CHECK(other.status == 202 && other.body == NULL);
    rq_free(&other);
}


static void
test_result_asks(void)
{
    json_t   *q, *r;
    mz_id_t   id;

    host_become("asker");
    host.session = rq_session(MZ_MCP_CAN_ELICIT);
    id = quiz_new('t', "asks");

    /* It cannot be asked. */

    rq_legacy(0);
    CHECK(result(id.s) == MZ_STEP_DONE);
    CHECK(rq_code(&rq) != 0);

    rq_legacy(MZ_MCP_CAN_ELICIT);
    CHECK(result(id.s) == MZ_STEP_WAIT);
    CHECK(json_array_size(rq.notes) == 2);
    q = rq_note(&rq, 0);
    CHECK_STR(mz_json_get_str(q, "method"), "elicitation/create");
    CHECK_STR(mz_str_from(related(json_object_get(q, "params"))), id.s);
    CHECK_STR(mz_json_get_str(json_object_get(q, "params"), "message"), "?");

    answer(q, "{\"result\":{\"action\":\"accept\",\"content\":{\"x\":1}}}");
    CHECK(rq_go(&rq, MZ_EV_NOTICE) == MZ_STEP_WAIT);
    CHECK(json_array_size(rq.notes) == 2);
    answer(rq_note(&rq, 1), "{\"result\":{\"action\":\"decline\"}}");
    CHECK(rq_go(&rq, MZ_EV_NOTICE) == MZ_STEP_DONE);

    r = rq_result(&rq);
    CHECK_STR(mz_str_from(related(r)), id.s);
    CHECK(mz_json_get_int(json_object_get(r, "_meta"), "own", 0) == 1);
    CHECK_STR(mz_json_get_str(json_array_get(json_object_get(r, "content"),
                                             0), "text"),
              "{\"action\":\"accept\",\"content\":{\"x\":1}}");

    /* One answer came by another way: only the other is asked for. */

    id = quiz_new('t', "asks");
    rq_redis("HSET quiz:%s:%s name {}", host.who.scope, id.s);
    CHECK(result(id.s) == MZ_STEP_WAIT);
    CHECK(json_array_size(rq.notes) == 1);
    answer(rq_note(&rq, 0), "{\"error\":{\"code\":-1,\"message\":\"no\"}}");
    CHECK(rq_go(&rq, MZ_EV_NOTICE) == MZ_STEP_DONE);
    CHECK(rq_result(&rq) != NULL);

    rq_free(&rq);
    host.session = NULL;
}


/* --- list --- */

static void
list(const char *cursor)
{
    rq_begin(&rq, MZ_MCP_DO_TASK_LIST, "",
             cursor ? args("{\"cursor\":\"%s\"}", cursor) : "{}");
}


static void
test_list_cursor(void)
{
    char     *cursor;
    size_t    i, n;
    json_t   *page;
    mz_buf_t  other;

    host_become("empty");
    rq_legacy(0);
    list(NULL);
    page = json_object_get(rq_result(&rq), "tasks");
    CHECK(json_is_array(page) && json_array_size(page) == 0);
    CHECK(json_object_get(rq_result(&rq), "nextCursor") == NULL);

    host_become("lister");

    for (i = 0; i <= MZ_PAGE_TASKS; i++) {
        char  prompt[32];

        snprintf(prompt, sizeof(prompt), "cursor %zu", i);
        rq_ask_agent(prompt);
    }

    list(NULL);
    cursor = strdup(rq_str(rq_result(&rq), "nextCursor"));
    n = strlen(cursor);
    CHECK(n > 20);

    list(cursor);
    CHECK(json_array_size(json_object_get(rq_result(&rq), "tasks")) == 1);

    list("");
    CHECK(rq_code(&rq) == MZ_RPC_PARAMS);
    list("not a cursor");
    CHECK(rq_code(&rq) == MZ_RPC_PARAMS);
    rq_begin(&rq, MZ_MCP_DO_TASK_LIST, "", "{\"cursor\":7}");
    CHECK(rq_code(&rq) == MZ_RPC_PARAMS);

    cursor[n / 2] = (cursor[n / 2] == 'A') ? 'B' : 'A';
    list(cursor);
    CHECK(rq_code(&rq) == MZ_RPC_PARAMS);
    CHECK(strstr(rq_message(&rq), "Invalid cursor") != NULL);

    /* Genuine, but of another list, of another user, or too old. */

    mz_buf_init(&other, 0);
    CHECK(mz_seal_make(&host.seal, MZ_SEAL_CURSOR,
                       mz_str_from(host.who.scope), HOST_NOW, mz_str("x 1 2"),
                       &other) == MZ_OK);
    list(mz_buf_cstr(&other));
    CHECK(rq_code(&rq) == MZ_RPC_PARAMS);
    mz_buf_free(&other);

    list(NULL);
    free(cursor);
    cursor = strdup(rq_str(rq_result(&rq), "nextCursor"));
    host_become("foreigner");
    list(cursor);
    CHECK(rq_code(&rq) == MZ_RPC_PARAMS);

    host_become("lister");
    host.now_ms += 2 * 3600 * 1000;
    list(cursor);
    CHECK(rq_code(&rq) == MZ_RPC_PARAMS);
    host.now_ms -= 2 * 3600 * 1000;

    /* No key yet: later. */

    i = host.seal.n;
    host.seal.n = 0;
    list(cursor);
    CHECK(rq.step == MZ_STEP_ERROR && rq.status == 503);
    list(NULL);
    CHECK(rq.step == MZ_STEP_ERROR && rq.status == 503);
    host.seal.n = i;
    free(cursor);
}


/* All pages, no task twice. */

static void
check_pages(size_t n)
{
    char     cursor[512];
    size_t   k, pages;
    json_t  *seen, *page, *t;

    seen = json_object();
    cursor[0] = '\0';

    for (pages = 1; pages < 10; pages++) {
        list(cursor[0] ? cursor : NULL);
        page = json_object_get(rq_result(&rq), "tasks");
        CHECK(json_array_size(page) <= MZ_PAGE_TASKS);

        for (k = 0; k < json_array_size(page); k++) {
            t = json_array_get(page, k);
            CHECK(json_object_get(seen, rq_str(t, "taskId")) == NULL);
            json_object_set_new(seen, rq_str(t, "taskId"), json_true());
            check_time(t, "createdAt");
            CHECK(json_object_get(t, "result") == NULL);
        }

        snprintf(cursor, sizeof(cursor), "%s", rq_str(rq_result(&rq),
                                                      "nextCursor"));
        if (cursor[0] == '\0') {
            break;
        }
    }

    CHECK_ROW(json_object_size(seen) == n && pages == 3, "%zu on %zu pages",
              json_object_size(seen), pages);
    json_decref(seen);
}


static void
test_list_pages(void)
{
    char           prompt[32], root[64];
    size_t         i, n;
    json_t        *page, *t;
    mz_attempt_t   a;

    host_become("pager");
    rq_legacy(0);
    n = 2 * MZ_PAGE_TASKS + 7;
    snprintf(root, sizeof(root), "mitzu:{%02u}:%s",
             mz_store_partition(&host.conf.store,
                                mz_str_from(host.who.scope)),
             host.who.scope);

    for (i = 0; i < n; i++) {
        snprintf(prompt, sizeof(prompt), "page %zu", i);
        rq_ask_agent(prompt);
    }

    check_pages(n);

    /* The newest has failed, the one before is gone. */

    a = claim();
    fail(&a, "{\"code\":\"x\",\"message\":\"No such thing\"}");
    list(NULL);
    t = json_array_get(json_object_get(rq_result(&rq), "tasks"), 1);
    CHECK_STR(mz_json_get_str(t, "status"), "working");
    rq_redis("DEL %s:run:%s", root, rq_str(t, "taskId"));
    check_pages(n - 1);

    list(NULL);
    page = json_object_get(rq_result(&rq), "tasks");
    CHECK(json_array_size(page) == MZ_PAGE_TASKS - 1);
    t = json_array_get(page, 0);
    CHECK_STR(mz_json_get_str(t, "status"), "failed");
    CHECK_STR(mz_json_get_str(t, "statusMessage"), "No such thing");

    /* All of one millisecond, and most of one. */

    rq_redis("EVAL %s 1 %s:runs 0",
             "for _, m in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do "
             "redis.call('ZADD', KEYS[1], 1700000000000, m) end", root);
    check_pages(n - 1);
    rq_redis("EVAL %s 1 %s:runs 0",
             "for i, m in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do "
             "if i % 40 == 0 then "
             "redis.call('ZADD', KEYS[1], 1700000000001, m) end end", root);
    check_pages(n - 1);
}


/* --- a status stream that broke --- */

/* Its progress notes begin with that of first; how many there are. */

static unsigned
status_notes(int64_t resumed_after, int64_t first)
{
    unsigned    n;
    mz_step_t   step;
    mz_note_t  *note;

    rq_free(&rq);
    rq_ready(&rq, MZ_MCP_DO_TOOL, "get_analytics_agent_status",
             rq_load(mz_str_from(args("{\"arguments\":{"
                                      "\"conversation_id\":\"%s\"}}",
                                      cid))));
    rq.call.resumed_after = resumed_after;
    step = mz_call_step(&rq.call, MZ_EV_START);

    while (step == MZ_STEP_STORE) {
        step = host_step(&rq.call, step);
    }

    CHECK(step == MZ_STEP_WAIT);

    for (n = 0; (note = mz_call_next_note(&rq.call)) != NULL; n++) {
        CHECK(note->progress == first + n);
        CHECK(note->seq == note->progress);
        mz_note_free(note);
    }

    return n;
}


static void
test_status_resumed(void)
{
    json_t        *steps;
    mz_attempt_t   a;

    host_become("resumer");
    rq_legacy(0);
    rq_ask_agent("a stream that breaks");
    a = claim();
    progress(&a, "one");
    progress(&a, "two");

    CHECK(status_notes(-1, 1) == 4);
    CHECK(status_notes(0, 1) == 4);
    CHECK(status_notes(2, 3) == 2);
    CHECK(status_notes(4, 0) == 0);
    CHECK(status_notes(1000, 0) == 0);

    /* What was told before stays out of the notes, not out of the result. */

    CHECK(status_notes(3, 4) == 1);
    progress(&a, "three");
    finish(&a, "42");
    rq_go(&rq, MZ_EV_NOTICE);
    CHECK(rq.step == MZ_STEP_DONE);
    CHECK(json_array_size(rq.notes) == 1);
    steps = json_object_get(json_object_get(rq_result(&rq),
                                            "structuredContent"), "progress");
    CHECK(mz_json_get_int(json_array_get(steps, 0), "seq", 0) == 1);
}


/* Redis does not take what was asked for: nobody is told it did. */

static void
test_read_only(void)
{
    mz_id_t  id;

    host_become("read only");
    rq_modern(MZ_MCP_CAN_TASKS);
    id = quiz_new('t', "asks");

    rq_redis("CONFIG SET min-replicas-to-write 1");
    update(id.s, "{\"name\":{}}");
    CHECK(rq.step == MZ_STEP_ERROR && rq.status == 503);
    rq_begin(&rq, MZ_MCP_DO_TASK_CANCEL, id.s, task(id.s));
    CHECK(rq.step == MZ_STEP_ERROR && rq.status == 503);
    rq_redis("CONFIG SET min-replicas-to-write 0");
}


static void
test_end(void)
{
    rq_free(&rq);
    host_stop();
}


static const mz_test_t  tests[] = {
    { "a host with two more kinds of tasks", quiz_start },
    { "no such task", test_unknown },
    { "a call becomes a task", test_create },
    { "tasks/get follows a run to its result", test_get_life },
    { "tasks/get of a run with many events", test_get_many_events },
    { "what failed, in both eras", test_get_failed },
    { "tasks/cancel, legacy", test_cancel_legacy },
    { "tasks/cancel, modern", test_cancel_modern },
    { "tasks/update", test_update },
    { "tasks/result waits", test_result_wait },
    { "tasks/result does not wait for ever", test_result_leave },
    { "tasks/result of what did not complete", test_result_ends },
    { "tasks/result asks for the task", test_result_asks },
    { "cursors of tasks/list", test_list_cursor },
    { "pages of tasks/list", test_list_pages },
    { "a status stream is taken up where it broke", test_status_resumed },
    { "a Redis that takes nothing", test_read_only },
    { "nothing is left", test_end }
};

MZ_TEST_MAIN(tests)
