
/*
 * tasks/get, tasks/cancel and tasks/update of both eras, over runs and over a
 * kind that asks; and calls that become tasks.
 */

#include "quiz.h"

#include "tools/ops.h"


static const char  not_found[] = "Task not found";

static rq_t  rq;


static json_t *
get(const char *id)
{
    rq_begin(&rq, MZ_MCP_DO_TASK_GET, id, task(id));

    return rq_result(&rq);
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

    /* Nothing that is asked for: acknowledged, and nothing is written. */

    r = update(id.s, "{\"other\":{}}");
    CHECK_STR(mz_json_get_str(r, "resultType"), "complete");
    CHECK(json_object_size(json_object_get(get(id.s), "inputRequests")) == 2);

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
    { "a Redis that takes nothing", test_read_only },
    { "nothing is left", test_end }
};

MZ_TEST_MAIN(tests)
