
/*
 * asking: an op that asks its client as its arguments say, and what becomes
 * of it: for the tests of ask.c and ask_legacy.c.
 */

#ifndef MZ_TEST_ASKING_H
#define MZ_TEST_ASKING_H

#include "steps.h"


/* --- an op that asks --- */

static unsigned         starts, answereds;
static mz_tool_event_t  last_event;


static inline json_t *
form(const char *message)
{
    return json_pack("{s:s,s:{s:s}}", "message", message, "requestedSchema",
                     "type", "object");
}


static inline mz_step_t
ask_round(mz_call_t *call, int64_t round)
{
    int64_t        n;
    mz_step_t      step;
    const json_t  *args;

    args = call->args;
    n = mz_json_get_int(args, "questions", 1);

    if (mz_json_get_bool(args, "url", false)) {
        return mz_call_ask(call, "where", "elicitation/create",
                           json_pack("{s:s,s:s}", "mode", "url", "url",
                                     "https://example.test/"));
    }

    if (mz_json_get_bool(args, "roots", false)) {
        return mz_call_ask(call, "roots", "roots/list", NULL);
    }

    if (mz_json_get_bool(args, "unknown", false)) {
        return mz_call_ask(call, "x", "tools/call", NULL);
    }

    step = mz_call_ask(call, "name", "elicitation/create",
                       form(round ? "again?" : "who?"));

    if (n > 1) {
        step = mz_call_ask(call, "model", "sampling/createMessage",
                           json_pack("{s:i}", "maxTokens", 5));
    }

    return step;
}


/* Asks "rounds" times and keeps what was answered; the end says all of it. */

static inline mz_step_t
ask_step(mz_call_t *call, mz_tool_event_t ev)
{
    json_t   *log, *kept;
    int64_t   round;

    last_event = ev;

    if (ev != MZ_EV_START && ev != MZ_EV_ANSWERED) {
        return mz_call_error(call, MZ_INTERNAL, "event %d", (int) ev);
    }

    starts += (ev == MZ_EV_START);
    answereds += (ev == MZ_EV_ANSWERED);

    round = mz_json_get_int(call->kept, "round", 0);
    log = json_array();

    if (json_object_get(call->kept, "log") != NULL) {
        (void) json_array_extend(log, json_object_get(call->kept, "log"));
    }

    if (round > 0) {
        (void) json_array_append_new(log, call->answers
                                     ? json_deep_copy(call->answers)
                                     : json_null());
    }

    if (round == mz_json_get_int(call->args, "rounds", 1)) {
        return mz_call_done(call, json_pack("{s:o}", "log", log));
    }

    kept = json_pack("{s:I,s:o}", "round", (json_int_t) round + 1, "log",
                     log);

    if (mz_json_get_bool(call->args, "hoard", false)) {
        (void) mz_json_set(kept, "hoard",
                           json_sprintf("%0*d", 2 * MZ_SEAL_TOKEN_MAX, 7));
    }

    json_decref(call->kept);
    call->kept = kept;

    return ask_round(call, round);
}


static const mz_op_t  ask_op = { mz_str("ask"), 0, ask_step, NULL };

static const mz_tool_t  ask_tool = {
    .op = { mz_str("ask"), 0, ask_step, NULL },
    .description = mz_str("Asks."),
    .input_schema = mz_str("{\"type\":\"object\"}")
};


static inline void
test_start(void)
{
    mz_err_t  err = { 0 };

    host_start();
    CHECK_ROW(mz_registry_add(&host.reg, &ask_tool, &err) == MZ_OK, "%s",
              err.msg);
    host_become("one");
}


/* --- helpers --- */

static mz_call_t  the_call;


static inline mz_call_t *
begin(const char *args)
{
    mz_mcp_reply_t  reply;

    starts = 0;
    answereds = 0;

    if (!host_begin_tool(&the_call, "ask", args, &reply)) {
        printf("Bail out! %s\n", mz_buf_cstr(&reply.body));
        exit(1);
    }

    return &the_call;
}


/* The id of the next question on the stream. */

static inline mz_id_t
heard(mz_call_t *call, const char *method, const char *message)
{
    json_t   *m;
    mz_id_t   id;

    memset(&id, 0, sizeof(id));
    m = next_message(call);
    CHECK(m != NULL);
    CHECK(mz_str_eq_c(mz_json_get_str(m, "jsonrpc"), "2.0"));
    CHECK(mz_str_eq_c(mz_json_get_str(m, "method"), method));
    CHECK(mz_id_parse(&id, MZ_ID_ASK, mz_json_get_str(m, "id")) == MZ_OK);
    CHECK(json_is_object(json_object_get(m, "params")));

    if (message != NULL) {
        CHECK(mz_str_eq_c(mz_json_get_str(json_object_get(m, "params"),
                                          "message"), message));
    }

    json_decref(m);

    return id;
}


/* The client POSTs its response to another node, as this user. */

static inline void
respond(const char *subject, const mz_id_t *id, const char *response)
{
    int                status;
    json_t            *body;
    mz_err_t           err = { 0 };
    mz_call_t          call;
    mz_step_t          step;
    mz_dispatch_t      d;
    mz_principal_t     was;
    mz_mcp_reply_t     reply;
    mz_mcp_request_t   req;

    was = host.who;
    host_become(subject);
    req = host.req;
    req.id[0] = '\0';
    req.what = MZ_MCP_DO_ANSWER;
    req.method = mz_str("");
    req.params = NULL;

    CHECK_ROW(mz_json_load(mz_str_from(response), NULL, &req.root, &err)
              == MZ_OK, "%s: %s", response, err.msg);
    CHECK(mz_json_set_str(req.root, "id", mz_str_from(id->s)) == MZ_OK);
    req.target = mz_json_get_str(req.root, "id");

    CHECK(mz_dispatch(&host.conf, &host.who, &host.http, &req, host.now_ms,
                      &d, &reply) == MZ_OK);
    mz_mcp_reply_free(&reply);
    mz_call_init(&call, &host.conf, &host.who, &req, host.session, &d);
    call.now_ms = host.now_ms;
    step = pump(&call, mz_call_step(&call, MZ_EV_START));
    CHECK(step == MZ_STEP_DONE);
    body = answer_of(&call, step, &status);
    CHECK(status == 202 && body == NULL);
    mz_call_deinit(&call);
    mz_mcp_request_free(&req);
    host.who = was;
}


static inline int64_t
questions_open(void)
{
    return redis_do("KEYS", "mitzu:*:ask:*", NULL, NULL);
}


/* The end of a call of the tool: its log as JSON text. */

static inline void
check_log(mz_call_t *call, mz_step_t step, const char *want)
{
    json_t    *out;
    mz_buf_t   text;

    CHECK_ROW(step == MZ_STEP_DONE, "step %d: %s", (int) step,
              call->err.msg);
    out = answer_of(call, step, NULL);
    mz_buf_init(&text, 0);
    mz_json_dump(&text, json_object_get(json_object_get(json_object_get(out,
                 "result"), "structuredContent"), "log"));
    CHECK_STR(mz_buf_view(&text), want);
    mz_buf_free(&text);
    json_decref(out);
}


/* The end is an isError result that says this. */

static inline void
check_refused(mz_call_t *call, mz_step_t step, const char *words)
{
    json_t    *out, *result;
    mz_str_t   text;

    CHECK_ROW(step == MZ_STEP_DONE, "step %d: %s", (int) step,
              call->err.msg);
    out = answer_of(call, step, NULL);
    result = json_object_get(out, "result");
    text = mz_json_get_str(json_array_get(json_object_get(result, "content"),
                                          0), "text");
    CHECK(mz_json_get_bool(result, "isError", false));
    CHECK_ROW(mz_str_find(text, mz_str_from(words), 0) != SIZE_MAX,
              "\"%.*s\"", (int) text.len, text.data);
    json_decref(out);
}


/* The end is a JSON-RPC error. */

static inline void
check_fault(mz_call_t *call, mz_step_t step, int code, int status,
    const char *data)
{
    int       got;
    json_t   *out, *e;
    mz_buf_t  text;

    CHECK_ROW(step == MZ_STEP_DONE, "step %d: %s", (int) step,
              call->err.msg);
    out = answer_of(call, step, &got);
    e = json_object_get(out, "error");
    CHECK_ROW(mz_json_get_int(e, "code", 0) == code, "%lld",
              (long long) mz_json_get_int(e, "code", 0));
    CHECK_ROW(got == status, "HTTP %d", got);

    if (data != NULL) {
        mz_buf_init(&text, 0);
        mz_json_dump(&text, json_object_get(e, "data"));
        CHECK_STR(mz_buf_view(&text), data);
        mz_buf_free(&text);
    }

    json_decref(out);
}


static inline void
test_stop(void)
{
    host_stop();
}


#endif /* MZ_TEST_ASKING_H */
