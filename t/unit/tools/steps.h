
/*
 * steps: calls driven one event at a time, for the tests of what is around
 * an op (step.c, ask.c, resume.c).
 */

#ifndef MZ_TEST_STEPS_H
#define MZ_TEST_STEPS_H

#include "host.h"


/* Everything a client may declare of what it can be asked. */
#define ASKABLE  (MZ_MCP_CAN_SAMPLING|MZ_MCP_CAN_ELICIT|MZ_MCP_CAN_ELICIT_URL \
                  |MZ_MCP_CAN_ROOTS)


static inline void
be_legacy(const char *version, uint32_t client)
{
    host.req.era = MZ_MCP_LEGACY;
    host.req.version = mz_str_from(version);
    host.req.client = client;
    host.req.log_level = MZ_MCP_LOG_OFF;
}


static inline void
be_modern(uint32_t client)
{
    host.req.era = MZ_MCP_MODERN;
    host.req.version = mz_str("2026-07-28");
    host.req.client = client;
    host.req.log_level = MZ_MCP_LOG_OFF;
}


/* An op without a dispatch; takes params.  host_end() the call. */

static inline void
begin_op(mz_call_t *call, const mz_op_t *op, mz_mcp_do_t what,
    json_t *params)
{
    mz_dispatch_t      d;
    mz_mcp_request_t  *req;

    req = malloc(sizeof(mz_mcp_request_t));
    *req = host.req;
    req->what = what;
    req->method = mz_str("test/op");
    req->root = json_pack("{s:o}", "params", params);
    req->params = params;

    memset(&d, 0, sizeof(d));
    d.op = op;
    d.args = json_incref(params);

    mz_call_init(call, &host.conf, &host.who, req, host.session, &d);
    call->host = req;
    call->conversation_url = host_url;
    call->can_stream = true;
    call->now_ms = host.now_ms;
}


/* On, until it waits or ends. */

static inline mz_step_t
pump(mz_call_t *call, mz_step_t step)
{
    while (step == MZ_STEP_STORE || step == MZ_STEP_WORK) {
        call->now_ms = host.now_ms;
        step = host_step(call, step);
    }

    return step;
}


static inline mz_step_t
event(mz_call_t *call, mz_tool_event_t ev)
{
    call->now_ms = host.now_ms;

    return pump(call, mz_call_step(call, ev));
}


/* The answer as JSON; its HTTP status, too. */

static inline json_t *
answer_of(mz_call_t *call, mz_step_t step, int *status)
{
    int        code;
    json_t    *out;
    mz_err_t   err = { 0 };
    mz_buf_t   text;

    mz_buf_init(&text, 0);
    code = mz_call_answer(call, step, &text);

    if (status != NULL) {
        *status = code;
    }

    out = NULL;

    if (text.len != 0) {
        CHECK_ROW(mz_json_load(mz_buf_view(&text), NULL, &out, &err)
                  == MZ_OK, "%s: %s", err.msg, mz_buf_cstr(&text));
    }

    mz_buf_free(&text);

    return out;
}


/* The next message of the stream, or NULL. */

static inline json_t *
next_message(mz_call_t *call)
{
    json_t     *out;
    mz_err_t    err = { 0 };
    mz_buf_t    text;
    mz_note_t  *note;

    note = mz_call_next_note(call);
    if (note == NULL) {
        return NULL;
    }

    mz_buf_init(&text, 0);
    mz_note_write(call, note, &text);
    out = NULL;
    CHECK_ROW(mz_json_load(mz_buf_view(&text), NULL, &out, &err) == MZ_OK,
              "%s: %s", err.msg, mz_buf_cstr(&text));
    mz_buf_free(&text);
    mz_note_free(note);

    return out;
}


/* One command of words; how it answers, as a number of what there is. */

static inline int64_t
redis_do(const char *a, const char *b, const char *c, const char *d)
{
    size_t        n;
    int64_t       v;
    mz_str_t      argv[4];
    mz_cmds_t     cmds;
    redisReply   *reply;
    const char   *words[4] = { a, b, c, d };

    for (n = 0; n < 4 && words[n]; n++) {
        argv[n] = mz_str_from(words[n]);
    }

    mz_cmds_init(&cmds);
    mz_cmds_add(&cmds, n, argv);
    host_exec(&cmds, &reply);
    mz_cmds_free(&cmds);

    v = reply->type == REDIS_REPLY_ARRAY ? (int64_t) reply->elements
                                         : mz_reply_int(reply, -1);
    mz_reply_free(reply);

    return v;
}


/* An error reply, instead of all that a call waits for. */

static inline mz_step_t
fail_store(mz_call_t *call, const char *error)
{
    size_t        i, n;
    mz_step_t     step;
    mz_str_t      argv[3];
    mz_cmds_t     cmds;
    redisReply  **replies;

    n = call->cmds.n;
    mz_cmds_reset(&call->cmds);
    replies = calloc(n + 1, sizeof(redisReply *));

    argv[0] = mz_str("EVAL");
    argv[1] = mz_str_from(error);
    argv[2] = mz_str("0");
    mz_cmds_init(&cmds);

    for (i = 0; i < n; i++) {
        mz_cmds_add(&cmds, 3, argv);
    }

    host_exec(&cmds, replies);
    mz_cmds_free(&cmds);

    call->replies = replies;
    call->nreplies = n;
    step = mz_call_step(call, MZ_EV_REPLIES);

    for (i = 0; i < n; i++) {
        mz_reply_free(replies[i]);
    }

    free(replies);

    return step;
}

#define OOM  "return redis.error_reply('OOM no memory')"


#endif /* MZ_TEST_STEPS_H */
