
/*
 * Questions to a client of the modern era: the result is what is asked, and
 * the answers come with another request.
 */

#include "asking.h"
#include "base/mz_time.h"
#include "tools/ask_step.h"


static void
test_modern_undeclared(void)
{
    size_t      i;
    mz_call_t  *call, other;
    mz_step_t   step;

    static const struct {
        uint32_t     client;
        const char  *args;
        const char  *data;
    } rows[] = {
        { 0, "{}", "{\"requiredCapabilities\":{\"elicitation\":{}}}" },
        { MZ_MCP_CAN_SAMPLING, "{\"questions\":2}",
          "{\"requiredCapabilities\":{\"elicitation\":{}}}" },
        { MZ_MCP_CAN_ROOTS, "{\"questions\":2}",
          "{\"requiredCapabilities\":{\"sampling\":{},\"elicitation\":{}}}" },
        { MZ_MCP_CAN_ELICIT, "{\"url\":true}",
          "{\"requiredCapabilities\":{\"elicitation\":{\"url\":{}}}}" },
        { MZ_MCP_CAN_ELICIT, "{\"roots\":true}",
          "{\"requiredCapabilities\":{\"roots\":{}}}" }
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        be_modern(rows[i].client);
        call = begin(rows[i].args);
        step = mz_call_step(call, MZ_EV_START);
        check_fault(call, step, MZ_RPC_CAPABILITY, 400, rows[i].data);
        host_end(call);
    }

    be_modern(0);
    begin_op(&other, &ask_op, MZ_MCP_DO_READ, json_object());
    step = mz_call_step(&other, MZ_EV_START);
    check_fault(&other, step, MZ_RPC_CAPABILITY, 400, rows[0].data);
    host_end(&other);
}


/* Calls, and takes the requestState of what comes back; free() it. */

static char *
modern_ask(const char *params, const char *requests)
{
    json_t          *p, *out, *result;
    char            *state;
    mz_err_t         err;
    mz_buf_t         text;
    mz_call_t        call;
    mz_step_t        step;
    mz_mcp_reply_t   reply;

    CHECK(mz_json_load(mz_str_from(params), NULL, &p, &err) == MZ_OK);

    if (!host_begin(&call, MZ_MCP_DO_TOOL, "tools/call", "ask", p, &reply)) {
        CHECK_ROW(0, "%s", mz_buf_cstr(&reply.body));
        mz_mcp_reply_free(&reply);
        return NULL;
    }

    step = mz_call_step(&call, MZ_EV_START);
    CHECK_ROW(step == MZ_STEP_DONE, "step %d: %s", (int) step, call.err.msg);
    CHECK(mz_list_is_empty(&call.notes) && call.cmds.n == 0);

    out = answer_of(&call, step, NULL);
    result = json_object_get(out, "result");
    CHECK(mz_str_eq_c(mz_json_get_str(result, "resultType"),
                      "input_required"));
    CHECK(json_object_get(result, "content") == NULL);
    CHECK(json_object_get(result, "ttlMs") == NULL);

    mz_buf_init(&text, 0);
    mz_json_dump(&text, json_object_get(result, "inputRequests"));
    CHECK_STR(mz_buf_view(&text), requests);
    mz_buf_free(&text);

    state = mz_str_dup(mz_json_get_str(result, "requestState"));
    CHECK(state != NULL && strlen(state) > 40);
    json_decref(out);
    host_end(&call);

    return state;
}


#define WHO    "{\"name\":{\"params\":{\"message\":\"who?\","                 \
               "\"requestedSchema\":{\"type\":\"object\"}},"                  \
               "\"method\":\"elicitation/create\"}}"
#define AGAIN  "{\"name\":{\"params\":{\"message\":\"again?\","               \
               "\"requestedSchema\":{\"type\":\"object\"}},"                  \
               "\"method\":\"elicitation/create\"}}"


static json_t *
retry_params(const char *arguments, const char *responses, const char *state)
{
    json_t    *args, *answers;
    mz_err_t   err;

    CHECK(mz_json_load(mz_str_from(arguments), NULL, &args, &err) == MZ_OK);
    CHECK(mz_json_load(mz_str_from(responses), NULL, &answers, &err)
          == MZ_OK);

    return json_pack("{s:o,s:o,s:s}", "arguments", args, "inputResponses",
                     answers, "requestState", state);
}


static void
test_modern_answered(void)
{
    char            *state, *second, params[4096];
    mz_call_t        call;
    mz_step_t        step;
    mz_mcp_reply_t   reply;

    be_modern(MZ_MCP_CAN_ELICIT);
    starts = 0;
    answereds = 0;
    state = modern_ask("{\"arguments\":{\"rounds\":2}}", WHO);

    snprintf(params, sizeof(params), "{\"arguments\":{\"rounds\":2},"
             "\"inputResponses\":{\"name\":{\"n\":1},\"extra\":5},"
             "\"requestState\":\"%s\"}", state);
    second = modern_ask(params, AGAIN);
    CHECK(strcmp(state, second) != 0);

    CHECK(host_begin(&call, MZ_MCP_DO_TOOL, "tools/call", "ask",
                     retry_params("{\"rounds\":2}", "{\"name\":{\"n\":2}}",
                                  second), &reply));
    step = mz_call_step(&call, MZ_EV_START);
    check_log(&call, step, "[{\"name\":{\"n\":1},\"extra\":5},"
              "{\"name\":{\"n\":2}}]");
    CHECK(starts == 3 && answereds == 0);
    host_end(&call);
    free(state);
    free(second);
}


/* Each of these must not reach the op. */

static void
test_modern_bad_state(void)
{
    int               i;
    char             *state;
    json_t           *out;
    int64_t           was;
    mz_call_t         call;
    const char       *args, *method;
    mz_mcp_reply_t    reply;

    was = host.now_ms;
    be_modern(MZ_MCP_CAN_ELICIT);
    state = modern_ask("{\"arguments\":{\"rounds\":1}}", WHO);
    starts = 0;

    for (i = 0; i < 5; i++) {
        args = "{\"rounds\":1}";
        method = "tools/call";

        switch (i) {

        case 0:
            host.now_ms += MZ_STATE_TTL_S * MZ_SECOND_MS + MZ_SECOND_MS;
            break;

        case 1:
            host_become("two");
            break;

        case 2:
            args = "{\"rounds\":2}";
            break;

        case 3:
            state[20] = state[20] == 'A' ? 'B' : 'A';
            break;

        default:
            state[0] = '\0';
        }

        if (host_begin(&call, MZ_MCP_DO_TOOL, method, "ask",
                       retry_params(args, "{\"name\":{}}", state), &reply))
        {
            CHECK_ROW(0, "case %d is let through", i);
            host_end(&call);

        } else {
            out = host_refusal(&reply);
            CHECK_ROW(mz_json_get_int(out, "code", 0) == MZ_RPC_PARAMS,
                      "case %d", i);
            json_decref(out);
        }

        host.now_ms = was;
        host_become("one");
    }

    CHECK(starts == 0);
    free(state);
}


static void
test_modern_only_where_allowed(void)
{
    size_t     i;
    json_t    *out;
    mz_call_t  call;
    mz_step_t  step;

    static const struct {
        mz_mcp_do_t  what;
        bool         may;
    } rows[] = {
        { MZ_MCP_DO_PROMPT, true },
        { MZ_MCP_DO_READ, true },
        { MZ_MCP_DO_COMPLETE, false },
        { MZ_MCP_DO_TASK_GET, false },
        { MZ_MCP_DO_LISTEN, false },
        { MZ_MCP_DO_RESOURCES, false }
    };

    be_modern(ASKABLE);

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        begin_op(&call, &ask_op, rows[i].what, json_object());
        step = mz_call_step(&call, MZ_EV_START);
        CHECK_ROW(step == (rows[i].may ? MZ_STEP_DONE : MZ_STEP_ERROR),
                  "%zu", i);
        out = answer_of(&call, step, NULL);
        CHECK_ROW(mz_str_eq_c(mz_json_get_str(json_object_get(out, "result"),
                                              "resultType"),
                              "input_required") == rows[i].may, "%zu", i);
        json_decref(out);
        host_end(&call);
    }
}


static void
test_modern_seal(void)
{
    int               status;
    mz_call_t        *call;
    mz_step_t         step;
    const mz_seal_t  *was;

    static const mz_seal_t  empty;

    be_modern(ASKABLE);
    was = host.conf.seal;
    host.conf.seal = &empty;
    call = begin("{}");
    step = mz_call_step(call, MZ_EV_START);
    CHECK(step == MZ_STEP_ERROR && call->err.rc == MZ_UNAVAILABLE);
    json_decref(answer_of(call, step, &status));
    CHECK(status == 503);
    host_end(call);
    host.conf.seal = was;

    call = begin("{\"hoard\":true}");
    step = mz_call_step(call, MZ_EV_START);
    CHECK(step == MZ_STEP_ERROR && call->err.rc == MZ_INTERNAL);
    CHECK(strstr(call->err.msg, "too large") != NULL);
    host_end(call);
}


/* An op's own mistakes are errors, in both eras. */

static void
test_bad_questions(void)
{
    int         era;
    mz_call_t  *call;
    mz_step_t   step;

    for (era = 0; era < 2; era++) {
        if (era) {
            be_modern(ASKABLE);

        } else {
            be_legacy("2025-11-25", ASKABLE);
        }

        call = begin("{\"unknown\":true}");
        step = mz_call_step(call, MZ_EV_START);
        CHECK(step == MZ_STEP_ERROR && call->err.rc == MZ_INTERNAL);
        host_end(call);

        call = begin("{}");
        step = mz_ask_begin(call);
        CHECK(step == MZ_STEP_ERROR && call->err.rc == MZ_INTERNAL);
        host_end(call);
    }
}


static const mz_test_t  tests[] = {
    { "redis-server runs", test_start },
    { "capabilities that were not declared", test_modern_undeclared },
    { "several rounds", test_modern_answered },
    { "states that are not taken", test_modern_bad_state },
    { "methods that may not ask", test_modern_only_where_allowed },
    { "no key, or too much to keep", test_modern_seal },
    { "questions that nobody answers", test_bad_questions },
    { "redis-server stops", test_stop }
};

MZ_TEST_MAIN(tests)
