
/*
 * What mz_call_step() does around an op by itself: log levels, tasks,
 * faults, streams that cannot be dropped.
 */

#include "steps.h"
#include "store/ask.h"
#include "tools/step.h"


static mz_step_t        next_step;      /* what the op answers */
static mz_tool_event_t  last_event;
static unsigned         steps;


/* Logs at every level, then does as it is told. */

static mz_step_t
scripted_step(mz_call_t *call, mz_tool_event_t ev)
{
    int        i;
    mz_step_t  step;

    steps++;
    last_event = ev;
    step = next_step;

    if (ev == MZ_EV_START) {
        for (i = MZ_MCP_LOG_DEBUG; i < MZ_MCP_LOG_OFF; i++) {
            mz_call_log(call, (mz_mcp_log_t) i, mz_str("test"),
                        json_string("text"));
        }
    }

    if (ev == MZ_EV_TIMER && step == MZ_STEP_DROP) {
        return mz_call_done_members(call, json_pack("{s:b}", "ended", true));
    }

    if (step == MZ_STEP_DONE) {
        return mz_call_done_members(call, json_object());
    }

    if (step == MZ_STEP_FAULT) {
        return mz_call_fault(call, MZ_RPC_NO_RESOURCE,
                             json_pack("{s:s}", "uri", "a:b"), "no %s", "b");
    }

    return step;
}


static mz_step_t
stubborn_step(mz_call_t *call, mz_tool_event_t ev)
{
    (void) call;
    last_event = ev;
    steps++;

    return MZ_STEP_DROP;
}


static const mz_op_t  quiet_op = { mz_str("op"), 0, scripted_step, NULL };
static const mz_op_t  stubborn_op = { mz_str("op"), 0, stubborn_step, NULL };

static const mz_op_t  log_op = {
    mz_str("op"), MZ_OP_LOGS, scripted_step, NULL
};

static const mz_tool_t  tool = {
    .op = { mz_str("tool"), 0, scripted_step, NULL }
};


static void
test_start(void)
{
    host_start();
    host_become("one");
}


static void
begin(mz_call_t *call, const mz_op_t *op, mz_step_t step)
{
    begin_op(call, op, MZ_MCP_DO_READ, json_object());
    next_step = step;
    steps = 0;
}


/* How many of the eight levels are on the stream. */

static int
logged(mz_call_t *call)
{
    int      n;
    json_t  *m;

    for (n = 0; (m = next_message(call)) != NULL; n++) {
        CHECK(mz_str_eq_c(mz_json_get_str(m, "method"),
                          "notifications/message"));
        json_decref(m);
    }

    return n;
}


/* --- log levels --- */

typedef struct {
    bool           is_modern;
    mz_mcp_log_t   of_request;
    const char    *of_session;      /* NULL: never set; "-": no session */
    bool           can_stream;
    bool           logs;
    int            want;            /* messages of the eight */
    unsigned       stores;
} level_row_t;

static const level_row_t  levels[] = {
    /* modern: the request says it, and nobody else */
    { true, MZ_MCP_LOG_OFF, "-", true, true, 0, 0 },
    { true, MZ_MCP_LOG_DEBUG, "-", true, true, 8, 0 },
    { true, MZ_MCP_LOG_WARNING, "debug", true, true, 5, 0 },
    { true, MZ_MCP_LOG_EMERGENCY, "-", true, true, 1, 0 },
    { true, MZ_MCP_LOG_DEBUG, "-", true, false, 0, 0 },
    { true, MZ_MCP_LOG_DEBUG, "-", false, true, 0, 0 },

    /* legacy: the session, which Redis knows */
    { false, MZ_MCP_LOG_OFF, "-", true, true, 7, 0 },
    { false, MZ_MCP_LOG_OFF, NULL, true, true, 7, 1 },
    { false, MZ_MCP_LOG_OFF, "debug", true, true, 8, 1 },
    { false, MZ_MCP_LOG_OFF, "error", true, true, 4, 1 },
    { false, MZ_MCP_LOG_OFF, "emergency", true, true, 1, 1 },
    { false, MZ_MCP_LOG_OFF, "off", true, true, 7, 1 },
    { false, MZ_MCP_LOG_OFF, "", true, true, 7, 1 },
    { false, MZ_MCP_LOG_OFF, "debug", true, false, 0, 0 },
    { false, MZ_MCP_LOG_OFF, "debug", false, true, 0, 0 }
};


static void
set_level(const mz_session_t *session, const char *level)
{
    size_t        i;
    mz_cmds_t     cmds;
    redisReply   *replies[MZ_SESSION_SET_REPLIES];

    mz_cmds_init(&cmds);
    mz_session_set_level(&cmds, &host.conf.store,
                         mz_str_from(host.who.scope),
                         mz_str_from(session->name), mz_str_from(level), 60);
    host_exec(&cmds, replies);
    mz_cmds_free(&cmds);

    for (i = 0; i < MZ_SESSION_SET_REPLIES; i++) {
        mz_reply_free(replies[i]);
    }
}


static mz_session_t *
new_session(mz_session_t *session)
{
    unsigned char  random[MZ_SESSION_RANDOM];

    host_random(random, sizeof(random));
    CHECK(mz_session_make(session, mz_str("2025-11-25"), 0,
                          host.now_ms / 1000 + 60, random) == MZ_OK);

    return session;
}


static void
test_levels(void)
{
    int                 n;
    size_t              i;
    mz_call_t           call;
    mz_session_t        session;
    const level_row_t  *row;

    for (i = 0; i < MZ_ARRAY_LEN(levels); i++) {
        row = &levels[i];
        host.session = NULL;

        if (row->of_session == NULL || strcmp(row->of_session, "-") != 0) {
            host.session = new_session(&session);
        }

        if (host.session != NULL && row->of_session != NULL) {
            set_level(host.session, row->of_session);
        }

        if (row->is_modern) {
            be_modern(0);

        } else {
            be_legacy("2025-06-18", 0);
        }

        host.req.log_level = row->of_request;
        begin(&call, row->logs ? &log_op : &quiet_op, MZ_STEP_DONE);
        call.can_stream = row->can_stream;
        host.stores = 0;
        CHECK_ROW(event(&call, MZ_EV_START) == MZ_STEP_DONE, "row %zu", i);
        CHECK_ROW(steps == 1 && last_event == MZ_EV_START, "row %zu", i);
        CHECK_ROW(host.stores == row->stores, "row %zu: %u", i, host.stores);
        n = logged(&call);
        CHECK_ROW(n == row->want, "row %zu: %d messages", i, n);
        CHECK_ROW(call.stage == NULL, "row %zu", i);
        host_end(&call);
    }

    host.session = NULL;
}


/* The level of a session of the same name is another one's elsewhere. */

static void
test_level_foreign(void)
{
    mz_call_t     call;
    mz_session_t  session;

    be_legacy("2025-11-25", 0);
    host.session = new_session(&session);
    host_become("two");
    set_level(host.session, "emergency");
    host_become("one");
    begin(&call, &log_op, MZ_STEP_DONE);
    CHECK(event(&call, MZ_EV_START) == MZ_STEP_DONE);
    CHECK(logged(&call) == 7);
    host_end(&call);
    host.session = NULL;
}


static void
test_level_redis(void)
{
    mz_call_t     call;
    mz_session_t  session;

    be_legacy("2025-11-25", 0);
    host.session = new_session(&session);

    begin(&call, &log_op, MZ_STEP_DONE);
    CHECK(mz_call_step(&call, MZ_EV_START) == MZ_STEP_STORE);
    CHECK(fail_store(&call, OOM) == MZ_STEP_ERROR);
    CHECK(call.err.rc == MZ_UNAVAILABLE && steps == 0);
    host_end(&call);

    begin(&call, &log_op, MZ_STEP_DONE);
    CHECK(mz_call_step(&call, MZ_EV_START) == MZ_STEP_STORE);
    CHECK(mz_call_step(&call, MZ_EV_DRAIN) == MZ_STEP_ERROR);
    CHECK(call.err.rc == MZ_INTERNAL && steps == 0);
    host_end(&call);

    /* Released in the middle. */

    begin(&call, &log_op, MZ_STEP_DONE);
    CHECK(mz_call_step(&call, MZ_EV_START) == MZ_STEP_STORE);
    CHECK(call.stage != NULL && mz_call_is_repeatable(&call));
    mz_step_release(&call);
    mz_step_release(&call);
    CHECK(call.stage == NULL && !mz_call_is_repeatable(&call));
    host_end(&call);
    host.session = NULL;
}


/* --- the steps of an op --- */

/* What a host deals with comes through as it is, whatever the event. */

static void
test_passed_on(void)
{
    size_t     i;
    mz_call_t  call;

    static const struct {
        mz_step_t        step;
        mz_tool_event_t  ev;
    } rows[] = {
        { MZ_STEP_DONE, MZ_EV_REPLIES },
        { MZ_STEP_STORE, MZ_EV_START },
        { MZ_STEP_WAIT, MZ_EV_CHANGED },
        { MZ_STEP_WAIT, MZ_EV_NOTICE },
        { MZ_STEP_WORK, MZ_EV_TIMER },
        { MZ_STEP_ERROR, MZ_EV_WORKED },
        { MZ_STEP_DONE, MZ_EV_DRAIN }
    };

    be_legacy("2025-11-25", 0);

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        begin(&call, &quiet_op, rows[i].step);
        CHECK_ROW(mz_call_step(&call, rows[i].ev) == rows[i].step, "%zu", i);
        CHECK_ROW(steps == 1 && last_event == rows[i].ev, "%zu", i);
        host_end(&call);
    }
}


static void
test_fault(void)
{
    int        status;
    json_t    *out;
    mz_call_t  call;

    be_legacy("2025-11-25", 0);
    begin(&call, &quiet_op, MZ_STEP_FAULT);
    CHECK(mz_call_step(&call, MZ_EV_START) == MZ_STEP_DONE);
    out = answer_of(&call, MZ_STEP_DONE, &status);
    CHECK(status == 200);
    CHECK(mz_json_get_int(json_object_get(out, "error"), "code", 0)
          == MZ_RPC_NO_RESOURCE);
    CHECK(mz_str_eq_c(mz_json_get_str(json_object_get(out, "error"),
                                      "message"), "no b"));
    json_decref(out);
    host_end(&call);

    be_modern(0);
    begin(&call, &quiet_op, MZ_STEP_FAULT);
    CHECK(mz_call_step(&call, MZ_EV_START) == MZ_STEP_DONE);
    out = answer_of(&call, MZ_STEP_DONE, &status);
    CHECK(mz_json_get_int(json_object_get(out, "error"), "code", 0)
          == MZ_RPC_PARAMS);
    json_decref(out);
    host_end(&call);
}


static void
test_drop(void)
{
    mz_call_t  call;

    be_legacy("2025-11-25", 0);
    begin(&call, &quiet_op, MZ_STEP_DROP);
    call.is_resumable = true;
    CHECK(mz_call_step(&call, MZ_EV_NOTICE) == MZ_STEP_DROP);
    CHECK(steps == 1 && last_event == MZ_EV_NOTICE);
    host_end(&call);

    begin(&call, &quiet_op, MZ_STEP_DROP);
    CHECK(mz_call_step(&call, MZ_EV_NOTICE) == MZ_STEP_DONE);
    CHECK(steps == 2 && last_event == MZ_EV_TIMER);
    host_end(&call);

    /* One that insists does not turn in circles. */

    begin(&call, &stubborn_op, MZ_STEP_DROP);
    CHECK(mz_call_step(&call, MZ_EV_DRAIN) == MZ_STEP_ERROR);
    CHECK(steps == 2 && call.err.rc == MZ_INTERNAL);
    host_end(&call);
}


/* --- a call that becomes a task --- */

static json_t *
task_of(const mz_tool_t *of, const char *message)
{
    int            status;
    json_t        *out, *result;
    mz_call_t      call;
    unsigned char  random[MZ_ID_RANDOM];

    begin(&call, &quiet_op, MZ_STEP_TASK);
    call.tool = of;
    host_random(random, sizeof(random));
    mz_id_make(&call.task.id, MZ_ID_RUN, random);
    call.task.status = MZ_TASK_WORKING;
    call.task.created_ms = HOST_NOW;
    call.task.updated_ms = HOST_NOW + 1500;
    call.task.ttl_ms = -1;
    call.task.poll_ms = MZ_TASK_POLL_MS;
    snprintf(call.task.message, sizeof(call.task.message), "%s", message);

    /* An op may have begun a result before. */

    mz_buf_add_c(&call.result.members, "\"half\":");
    CHECK(mz_call_step(&call, MZ_EV_START) == MZ_STEP_DONE);
    CHECK(strcmp(call.status, "task") == 0);
    out = answer_of(&call, MZ_STEP_DONE, &status);
    CHECK(status == 200);
    result = json_incref(json_object_get(out, "result"));
    CHECK(json_object_get(result, "content") == NULL);
    CHECK(json_object_get(result, "half") == NULL);
    json_decref(out);
    host_end(&call);

    return result;
}


static void
test_task_legacy(void)
{
    json_t  *result, *task;

    be_legacy("2025-11-25", 0);
    result = task_of(&tool, "On \"it\"");
    task = json_object_get(result, "task");
    CHECK(mz_json_get_str(task, "taskId").len == MZ_ID_LEN);
    CHECK(mz_str_eq_c(mz_json_get_str(task, "status"), "working"));
    CHECK(json_is_null(json_object_get(task, "ttl")));
    CHECK(mz_json_get_int(task, "pollInterval", 0) == MZ_TASK_POLL_MS);
    CHECK(json_object_get(result, "taskId") == NULL);
    CHECK(json_object_get(result, "resultType") == NULL);
    CHECK(mz_str_eq_c(mz_json_get_str(json_object_get(result, "_meta"),
          "io.modelcontextprotocol/model-immediate-response"),
          "On \"it\""));
    json_decref(result);

    result = task_of(&tool, "");
    CHECK(json_object_get(result, "_meta") == NULL);
    CHECK(json_object_get(result, "task") != NULL);
    json_decref(result);
}


static void
test_task_modern(void)
{
    json_t  *result;

    be_modern(MZ_MCP_CAN_TASKS);
    result = task_of(&tool, "On it");
    CHECK(mz_str_eq_c(mz_json_get_str(result, "resultType"), "task"));
    CHECK(mz_json_get_str(result, "taskId").len == MZ_ID_LEN);
    CHECK(mz_str_eq_c(mz_json_get_str(result, "statusMessage"), "On it"));
    CHECK(json_is_null(json_object_get(result, "ttlMs")));
    CHECK(mz_json_get_int(result, "pollIntervalMs", 0) == MZ_TASK_POLL_MS);
    CHECK(json_object_get(result, "task") == NULL);
    json_decref(result);
}


static void
test_stop(void)
{
    host_stop();
}


static const mz_test_t  tests[] = {
    { "redis-server runs", test_start },
    { "log levels", test_levels },
    { "the log level of another scope", test_level_foreign },
    { "log levels when Redis refuses", test_level_redis },
    { "what goes to the host as it is", test_passed_on },
    { "faults", test_fault },
    { "streams that are dropped", test_drop },
    { "a task, legacy", test_task_legacy },
    { "a task, modern", test_task_modern },
    { "redis-server stops", test_stop }
};

MZ_TEST_MAIN(tests)
