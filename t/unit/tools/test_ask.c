
/*
 * Questions to a client of the handshake revisions.  Its responses arrive
 * through the op that a second node runs for them.
 */

#include "asking.h"
#include "base/mz_time.h"
#include "tools/ask_step.h"


static void
test_legacy_undeclared(void)
{
    size_t     i;
    mz_call_t  *call, other;
    mz_step_t   step;

    static const struct {
        uint32_t     client;
        const char  *args;
        const char  *words;
    } rows[] = {
        { 0, "{}", "{\"elicitation\":{}}" },
        { MZ_MCP_CAN_SAMPLING, "{}", "{\"elicitation\":{}}" },
        { MZ_MCP_CAN_ELICIT_URL, "{}", "elicitation" },
        { MZ_MCP_CAN_ELICIT, "{\"questions\":2}", "{\"sampling\":{}}" },
        { MZ_MCP_CAN_ELICIT, "{\"url\":true}", "\"url\"" },
        { ASKABLE & ~MZ_MCP_CAN_ROOTS, "{\"roots\":true}", "\"roots\"" }
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        be_legacy("2025-11-25", rows[i].client);
        call = begin(rows[i].args);
        step = mz_call_step(call, MZ_EV_START);
        check_refused(call, step, rows[i].words);
        CHECK(mz_list_is_empty(&call->notes));
        host_end(call);
    }

    be_legacy("2025-11-25", 0);
    begin_op(&other, &ask_op, MZ_MCP_DO_PROMPT, json_object());
    step = mz_call_step(&other, MZ_EV_START);
    check_fault(&other, step, MZ_RPC_PARAMS, 200, NULL);
    host_end(&other);
    CHECK(questions_open() == 0);
}


static void
test_legacy_no_stream(void)
{
    mz_call_t  *call, other;
    mz_step_t   step;

    be_legacy("2025-06-18", ASKABLE);
    call = begin("{}");
    call->can_stream = false;
    step = mz_call_step(call, MZ_EV_START);
    check_refused(call, step, "text/event-stream");
    host_end(call);

    begin_op(&other, &ask_op, MZ_MCP_DO_PROMPT, json_object());
    other.can_stream = false;
    step = mz_call_step(&other, MZ_EV_START);
    check_fault(&other, step, MZ_RPC_SERVER, 200, NULL);
    host_end(&other);
    CHECK(questions_open() == 0);
}


static void
test_legacy_answered(void)
{
    mz_id_t     q;
    mz_call_t  *call;
    mz_step_t   step;

    be_legacy("2025-11-25", ASKABLE);
    call = begin("{}");
    step = mz_call_step(call, MZ_EV_START);

    /* It is asked once there is where to put the answer. */

    CHECK(step == MZ_STEP_STORE && mz_list_is_empty(&call->notes));
    step = pump(call, step);
    CHECK(step == MZ_STEP_WAIT);
    q = heard(call, "elicitation/create", "who?");
    CHECK(mz_list_is_empty(&call->notes));
    CHECK(call->nwatches == 1 && call->watch.s[0] == '\0');
    CHECK(strcmp(call->watches[0].s, q.s) == 0);
    CHECK(call->wait_ms == MZ_ASK_POLL_MS);
    CHECK(questions_open() == 1);

    /* Nothing yet, by whatever it wakes. */

    CHECK(event(call, MZ_EV_NOTICE) == MZ_STEP_WAIT);
    CHECK(event(call, MZ_EV_TIMER) == MZ_STEP_WAIT);
    CHECK(event(call, MZ_EV_CHANGED) == MZ_STEP_WAIT);
    CHECK(mz_list_is_empty(&call->notes) && answereds == 0);

    respond("one", &q, "{\"jsonrpc\":\"2.0\",\"result\":{\"action\":"
            "\"accept\",\"content\":{\"n\":1.5}}}");
    step = event(call, MZ_EV_NOTICE);
    check_log(call, step, "[{\"name\":{\"action\":\"accept\",\"content\":"
              "{\"n\":1.5}}}]");
    CHECK(starts == 1 && answereds == 1 && call->nwatches == 0);
    CHECK(questions_open() == 0);
    host_end(call);

    /* Late: accepted, and for nobody. */

    respond("one", &q, "{\"result\":{}}");
    CHECK(questions_open() == 0);
}


static void
test_legacy_responses(void)
{
    size_t      i;
    mz_id_t     q;
    mz_call_t  *call;
    mz_step_t   step;

    static const struct {
        const char  *response;
        const char  *want;
    } rows[] = {
        { "{\"result\":{}}", "[{\"name\":{}}]" },
        { "{\"error\":{\"code\":-1,\"message\":\"no\"}}",
          "[{\"name\":{\"error\":{\"code\":-1,\"message\":\"no\"}}}]" },
        { "{\"result\":{\"a\":1},\"error\":{\"code\":1}}",
          "[{\"name\":{\"a\":1}}]" },
        { "{\"result\":5}",
          "[{\"name\":{\"error\":{\"code\":-32600,\"message\":"
          "\"the response is no JSON-RPC response\"}}}]" },
        { "{\"error\":null}",
          "[{\"name\":{\"error\":{\"code\":-32600,\"message\":"
          "\"the response is no JSON-RPC response\"}}}]" }
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        call = begin("{}");
        CHECK(event(call, MZ_EV_START) == MZ_STEP_WAIT);
        q = heard(call, "elicitation/create", NULL);
        respond("one", &q, rows[i].response);
        step = event(call, MZ_EV_TIMER);
        check_log(call, step, rows[i].want);
        host_end(call);
    }

    CHECK(questions_open() == 0);
}


static void
test_legacy_several(void)
{
    mz_id_t     name, model;
    mz_call_t  *call;
    mz_step_t   step;

    call = begin("{\"questions\":2}");
    CHECK(event(call, MZ_EV_START) == MZ_STEP_WAIT);
    name = heard(call, "elicitation/create", "who?");
    model = heard(call, "sampling/createMessage", NULL);
    CHECK(call->nwatches == 2);

    respond("one", &model, "{\"result\":{\"role\":\"assistant\"}}");
    CHECK(event(call, MZ_EV_NOTICE) == MZ_STEP_WAIT);
    CHECK(answereds == 0);

    /* What was answered is looked at no more. */

    step = mz_call_step(call, MZ_EV_TIMER);
    CHECK(step == MZ_STEP_STORE && call->cmds.n == 1);
    CHECK(pump(call, step) == MZ_STEP_WAIT);

    respond("one", &name, "{\"result\":{\"action\":\"decline\"}}");
    step = event(call, MZ_EV_NOTICE);
    check_log(call, step, "[{\"model\":{\"role\":\"assistant\"},\"name\":"
              "{\"action\":\"decline\"}}]");
    CHECK(questions_open() == 0);
    host_end(call);
}


static void
test_legacy_rounds(void)
{
    mz_id_t     first, second;
    mz_call_t  *call;
    mz_step_t   step;

    call = begin("{\"rounds\":2}");
    CHECK(event(call, MZ_EV_START) == MZ_STEP_WAIT);
    first = heard(call, "elicitation/create", "who?");
    respond("one", &first, "{\"result\":{\"n\":1}}");
    CHECK(event(call, MZ_EV_NOTICE) == MZ_STEP_WAIT);
    second = heard(call, "elicitation/create", "again?");
    CHECK(strcmp(first.s, second.s) != 0);

    /* The first question is over, also for this client. */

    respond("one", &first, "{\"result\":{\"n\":3}}");
    CHECK(event(call, MZ_EV_NOTICE) == MZ_STEP_WAIT);
    respond("one", &second, "{\"result\":{\"n\":2}}");
    step = event(call, MZ_EV_NOTICE);
    check_log(call, step, "[{\"name\":{\"n\":1}},{\"name\":{\"n\":2}}]");
    CHECK(starts == 1 && answereds == 2 && questions_open() == 0);
    host_end(call);
}


/* Ids do not help somebody else. */

static void
test_legacy_foreign(void)
{
    mz_id_t     q;
    mz_call_t  *call;
    mz_step_t   step;

    call = begin("{}");
    CHECK(event(call, MZ_EV_START) == MZ_STEP_WAIT);
    q = heard(call, "elicitation/create", NULL);
    respond("two", &q, "{\"result\":{\"n\":\"foreign\"}}");
    CHECK(event(call, MZ_EV_NOTICE) == MZ_STEP_WAIT);
    respond("one", &q, "{\"result\":{\"n\":\"mine\"}}");
    respond("one", &q, "{\"result\":{\"n\":\"twice\"}}");
    step = event(call, MZ_EV_NOTICE);
    check_log(call, step, "[{\"name\":{\"n\":\"mine\"}}]");
    host_end(call);
}


/* A question that Redis lost, or took back. */

static void
test_legacy_gone(void)
{
    mz_id_t     name, model;
    mz_call_t  *call;
    mz_step_t   step;

    call = begin("{\"questions\":2}");
    CHECK(event(call, MZ_EV_START) == MZ_STEP_WAIT);
    name = heard(call, "elicitation/create", NULL);
    model = heard(call, "sampling/createMessage", NULL);
    respond("one", &model, "{\"result\":{}}");
    redis_do("EVAL", "for _, k in ipairs(redis.call('KEYS', '*:ask:' .. "
             "ARGV[1])) do redis.call('DEL', k) end", "0", name.s);
    step = event(call, MZ_EV_TIMER);
    check_log(call, step, "[{\"model\":{}}]");
    CHECK(questions_open() == 0);
    host_end(call);
}


static void
test_legacy_timeout(void)
{
    int64_t     began_ms;
    mz_id_t     q;
    mz_call_t  *call;
    mz_step_t   step;

    call = begin("{\"questions\":2}");
    began_ms = host.now_ms;
    step = event(call, MZ_EV_START);
    (void) heard(call, "elicitation/create", NULL);
    q = heard(call, "sampling/createMessage", NULL);
    respond("one", &q, "{\"result\":{}}");
    host.now_ms += 1234;

    while (step == MZ_STEP_WAIT) {
        CHECK(call->wait_ms >= 1 && call->wait_ms <= MZ_ASK_POLL_MS);
        host.now_ms += call->wait_ms;
        step = event(call, MZ_EV_TIMER);

        if (host.now_ms - began_ms > 2 * MZ_STATE_TTL_S * MZ_SECOND_MS) {
            break;
        }
    }

    CHECK_ROW(host.now_ms - began_ms == MZ_STATE_TTL_S * MZ_SECOND_MS,
              "%lld", (long long) (host.now_ms - began_ms));
    check_log(call, step, "[{\"model\":{}}]");
    CHECK(answereds == 1 && questions_open() == 0);
    host_end(call);
}


static void
test_legacy_drain(void)
{
    mz_id_t     q;
    mz_call_t  *call, other;
    mz_step_t   step;

    call = begin("{}");
    CHECK(event(call, MZ_EV_START) == MZ_STEP_WAIT);
    q = heard(call, "elicitation/create", NULL);
    step = event(call, MZ_EV_DRAIN);
    check_refused(call, step, "try again");
    CHECK(answereds == 0 && questions_open() == 0);
    respond("one", &q, "{\"result\":{}}");
    CHECK(questions_open() == 0);
    host_end(call);

    begin_op(&other, &ask_op, MZ_MCP_DO_PROMPT, json_object());
    CHECK(event(&other, MZ_EV_START) == MZ_STEP_WAIT);
    step = event(&other, MZ_EV_DRAIN);
    check_fault(&other, step, MZ_RPC_INTERNAL, 200, NULL);
    host_end(&other);
}


/* A client goes away in any stage: nothing is left, and nothing leaks. */

static void
test_legacy_abandoned(void)
{
    mz_id_t     q;
    mz_call_t  *call;

    call = begin("{}");
    CHECK(mz_call_step(call, MZ_EV_START) == MZ_STEP_STORE);
    host_end(call);

    call = begin("{}");
    CHECK(event(call, MZ_EV_START) == MZ_STEP_WAIT);
    host_end(call);

    call = begin("{\"rounds\":2}");
    CHECK(event(call, MZ_EV_START) == MZ_STEP_WAIT);
    q = heard(call, "elicitation/create", NULL);
    respond("one", &q, "{\"result\":{}}");
    CHECK(mz_call_step(call, MZ_EV_TIMER) == MZ_STEP_STORE);
    host_end(call);

    CHECK(questions_open() == 2);
    redis_do("FLUSHDB", NULL, NULL, NULL);
}


static void
test_legacy_redis(void)
{
    int         status;
    mz_call_t  *call;
    mz_step_t   step;

    call = begin("{}");
    CHECK(mz_call_step(call, MZ_EV_START) == MZ_STEP_STORE);
    step = fail_store(call, OOM);
    CHECK(step == MZ_STEP_ERROR && call->err.rc == MZ_UNAVAILABLE);
    CHECK(mz_list_is_empty(&call->notes));
    json_decref(answer_of(call, step, &status));
    CHECK(status == 503);
    host_end(call);

    call = begin("{}");
    CHECK(event(call, MZ_EV_START) == MZ_STEP_WAIT);
    CHECK(mz_call_step(call, MZ_EV_TIMER) == MZ_STEP_STORE);
    step = fail_store(call, OOM);
    CHECK(step == MZ_STEP_ERROR && call->err.rc == MZ_UNAVAILABLE);
    host_end(call);
    redis_do("FLUSHDB", NULL, NULL, NULL);
}


static void
test_out_of_turn(void)
{
    mz_call_t  *call;

    call = begin("{}");
    CHECK(mz_call_step(call, MZ_EV_START) == MZ_STEP_STORE);
    mz_cmds_reset(&call->cmds);
    CHECK(mz_call_step(call, MZ_EV_TIMER) == MZ_STEP_ERROR);
    host_end(call);

    call = begin("{}");
    CHECK(mz_call_step(call, MZ_EV_START) == MZ_STEP_STORE);
    call->nreplies = 0;
    CHECK(mz_call_step(call, MZ_EV_REPLIES) == MZ_STEP_ERROR);
    host_end(call);

    call = begin("{}");
    CHECK(event(call, MZ_EV_START) == MZ_STEP_WAIT);
    CHECK(mz_call_step(call, MZ_EV_WORKED) == MZ_STEP_ERROR);
    host_end(call);

    call = begin("{}");
    CHECK(event(call, MZ_EV_START) == MZ_STEP_WAIT);
    CHECK(mz_call_step(call, MZ_EV_TIMER) == MZ_STEP_STORE);
    call->nreplies = 0;
    CHECK(mz_call_step(call, MZ_EV_REPLIES) == MZ_STEP_ERROR);
    host_end(call);
    redis_do("FLUSHDB", NULL, NULL, NULL);
}


static const mz_test_t  tests[] = {
    { "redis-server runs", test_start },
    { "capabilities that were not declared", test_legacy_undeclared },
    { "without a stream", test_legacy_no_stream },
    { "the answer comes to another node", test_legacy_answered },
    { "kinds of responses", test_legacy_responses },
    { "two questions at once", test_legacy_several },
    { "several rounds", test_legacy_rounds },
    { "somebody else answers", test_legacy_foreign },
    { "a question that is gone", test_legacy_gone },
    { "nobody answers", test_legacy_timeout },
    { "the node shuts down", test_legacy_drain },
    { "the client goes away", test_legacy_abandoned },
    { "Redis refuses", test_legacy_redis },
    { "events out of turn", test_out_of_turn },
    { "redis-server stops", test_stop }
};

MZ_TEST_MAIN(tests)
