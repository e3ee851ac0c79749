
/*
 * fuzz_dispatch: a request's body from the envelope to the op that does it,
 * and that op as far as it comes with a Redis that has nothing.  The first
 * byte, a digit, chooses: is there a session, does the client declare all it
 * could, what does Redis say of nothing.  The headers that mirror the body
 * say what it says; the part behind the body is the value of
 * Mcp-Param-Region.
 */

#include "base/mz_b64.h"
#include "fuzz.h"
#include "tools/host.h"
#include "tools/registry.h"


#define FUZZ_STEPS  24

static void fuzz_load(void);
static void fuzz_mirror(mz_mcp_http_t *http, mz_str_t body, mz_buf_t *method,
    mz_buf_t *name);
static void fuzz_call(const mz_mcp_http_t *http, const mz_mcp_request_t *req,
    const mz_session_t *session);
static void fuzz_drive(mz_call_t *call);
static mz_step_t fuzz_step(mz_call_t *call, mz_step_t step);
static mz_step_t fuzz_store(mz_call_t *call);
static void fuzz_notes(mz_call_t *call);
static void fuzz_answer(mz_str_t text, const char *id);
static mz_step_t fuzz_tool_step(mz_call_t *call, mz_tool_event_t ev);
static void fuzz_url(mz_call_t *call, mz_str_t cid, mz_buf_t *out);
static void fuzz_random(void *buf, size_t n);


static mz_registry_t    fuzz_reg;
static mz_mcp_server_t  fuzz_server;
static mz_seal_t        fuzz_key;
static mz_tool_conf_t   fuzz_conf;
static mz_principal_t   fuzz_who;
static uint64_t         fuzz_seed;
static int              fuzz_nothing;

/* Types of replies, all of them empty. */
static const int  fuzz_replies[] = {
    REDIS_REPLY_NIL, REDIS_REPLY_ARRAY, REDIS_REPLY_INTEGER,
    REDIS_REPLY_STRING
};

static const mz_tool_t  fuzz_tool = {
    .op = {
        .name = mz_str("echo"),
        .flags = MZ_OP_LOGS,
        .step = fuzz_tool_step
    },
    .input_schema = mz_str("{\"type\":\"object\",\"properties\":{"
        "\"region\":{\"type\":\"string\",\"x-mcp-header\":\"Region\"},"
        "\"in\":{\"type\":\"object\",\"properties\":{\"n\":{"
        "\"type\":\"integer\",\"x-mcp-header\":\"N\"}}}}}"),
    .task = MZ_TASK_OPTIONAL
};


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned           what;
    mz_str_t           in, body, region;
    mz_buf_t           method, name;
    mz_session_t       session;
    mz_mcp_http_t      http;
    mz_mcp_param_t     param;
    mz_mcp_reply_t     reply;
    mz_mcp_request_t   req;

    fuzz_load();

    in = (mz_str_t) { (const char *) data, size };
    what = fuzz_byte(&in) - '0';
    fuzz_nothing = fuzz_replies[(what >> 2) % MZ_ARRAY_LEN(fuzz_replies)];
    body = fuzz_part(&in);
    region = fuzz_copy(in);

    memset(&session, 0, sizeof(session));
    memset(session.name, 'a', MZ_SESSION_HEX);
    snprintf(session.version, sizeof(session.version), "2025-11-25");
    session.client = (what & 2) ? UINT32_MAX : 0;
    session.expires_s = FUZZ_NOW / 1000 + 60;

    mz_buf_init(&method, 0);
    mz_buf_init(&name, 0);
    fuzz_mirror(&http, body, &method, &name);
    param = (mz_mcp_param_t) { mz_str("Region"), region };
    http.params = &param;
    http.nparams = region.len != 0;

    if (what & 1) {
        http.session.state = MZ_MCP_SESSION_VALID;
        http.session.version = mz_str_from(session.version);
        http.session.client = session.client;
    }

    if (mz_mcp_receive(&fuzz_server, &http, body, &req, &reply)
        == MZ_MCP_CALL)
    {
        fuzz_call(&http, &req, (what & 1) ? &session : NULL);
    }

    mz_mcp_request_free(&req);
    mz_mcp_reply_free(&reply);
    mz_buf_free(&method);
    mz_buf_free(&name);
    fuzz_free(body);
    fuzz_free(region);

    return 0;
}


static void
fuzz_load(void)
{
    mz_err_t         err;
    static mz_buf_t  tools;

    fuzz_seed = 88172645463325252u;

    if (fuzz_key.n != 0) {
        return;
    }

    FUZZ_HOLD(mz_seal_add(&fuzz_key, mz_str("one secret for what the fuzzer "
                                            "dispatches"), &err) == MZ_OK
              && mz_registry_init(&fuzz_reg, &err) == MZ_OK
              && mz_registry_add(&fuzz_reg, &fuzz_tool, &err) == MZ_OK, "%s",
              err.msg);
    FUZZ_HOLD(mz_principal_development(&fuzz_who) == MZ_OK
              && mz_registry_tools_json(&fuzz_reg, true, &tools) == MZ_OK,
              "%s", "loaded");

    fuzz_server.name = mz_str("mitzu");
    fuzz_server.version = mz_str("1");
    fuzz_server.offers = mz_registry_offers(&fuzz_reg)
                         |MZ_MCP_OFFERS_TASKS_LIST|MZ_MCP_OFFERS_SUBSCRIBE;
    fuzz_server.tools_json = mz_buf_view(&tools);
    fuzz_server.tools_tasks_json = mz_buf_view(&tools);
    fuzz_server.templates_json = mz_str("[]");
    fuzz_server.prompts_json = mz_str("[]");

    snprintf(fuzz_conf.store.prefix, sizeof(fuzz_conf.store.prefix), "m");
    fuzz_conf.store.partitions = 4;
    fuzz_conf.registry = &fuzz_reg;
    fuzz_conf.server = &fuzz_server;
    fuzz_conf.seal = &fuzz_key;
    fuzz_conf.result_max = 80 * 1024;
    fuzz_conf.wait_default_s = 25;
    fuzz_conf.wait_max_s = 50;
    fuzz_conf.retention_s = 3600;
    fuzz_conf.attach_s = 60;
    fuzz_conf.max_attempts = 2;
    fuzz_conf.lease_ms = 30000;
    fuzz_conf.session_s = 86400;
    fuzz_conf.random = fuzz_random;
}


/* What a good client says of its body. */

static void
fuzz_mirror(mz_mcp_http_t *http, mz_str_t body, mz_buf_t *method,
    mz_buf_t *name)
{
    size_t         i;
    json_t        *root;
    mz_str_t       value;
    const json_t  *params;

    static const char  *const keys[] = { "name", "uri", "taskId" };

    memset(http, 0, sizeof(mz_mcp_http_t));
    http->method = MZ_HTTP_POST;
    http->content_type = mz_str("application/json");

    if (mz_json_load(body, NULL, &root, NULL) != MZ_OK) {
        return;
    }

    params = json_object_get(root, "params");

    if (json_object_get(params, "_meta") != NULL) {
        mz_buf_add_str(method, mz_json_get_str(root, "method"));
        http->mcp_method = mz_buf_view(method);
        http->protocol_version = mz_str("2026-07-28");

        for (i = 0; i < MZ_ARRAY_LEN(keys); i++) {
            value = mz_json_get_str(params, keys[i]);

            if (value.data != NULL && name->len == 0) {
                mz_buf_add_c(name, "=?base64?");
                mz_b64_encode(name, value);
                mz_buf_add_c(name, "?=");
                http->mcp_name = mz_buf_view(name);
            }
        }
    }

    json_decref(root);
}


static void
fuzz_call(const mz_mcp_http_t *http, const mz_mcp_request_t *req,
    const mz_session_t *session)
{
    mz_rc_t         rc;
    mz_call_t       call;
    mz_dispatch_t   d;
    mz_mcp_reply_t  reply;

    rc = mz_dispatch(&fuzz_conf, &fuzz_who, http, req, FUZZ_NOW, &d, &reply);

    if (rc == MZ_OK) {
        FUZZ_HOLD(d.op != NULL && json_is_object(d.args)
                  && reply.body.len == 0, "%s", req->method.data);
        mz_call_init(&call, &fuzz_conf, &fuzz_who, req, session, &d);
        call.conversation_url = fuzz_url;
        call.can_stream = true;
        fuzz_drive(&call);
        mz_call_deinit(&call);

    } else {
        FUZZ_HOLD(rc == MZ_INVALID && reply.status >= 200
                  && reply.status < 500, "%s: %d", mz_rc_name(rc),
                  reply.status);
        FUZZ_HOLD(d.op == NULL && d.args == NULL && d.answers == NULL
                  && d.kept == NULL, "%s", req->method.data);
        fuzz_answer(mz_buf_view(&reply.body), req->id);
    }

    mz_mcp_reply_free(&reply);
}


static void
fuzz_drive(mz_call_t *call)
{
    int        n, status;
    mz_buf_t   out;
    mz_step_t  step;

    call->now_ms = FUZZ_NOW;
    step = mz_call_step(call, MZ_EV_START);

    for (n = 0; n < FUZZ_STEPS; n++) {
        fuzz_notes(call);

        if (step == MZ_STEP_DONE || step == MZ_STEP_ERROR) {
            break;
        }

        step = fuzz_step(call, step);
    }

    if (step != MZ_STEP_DONE && step != MZ_STEP_ERROR) {
        return;
    }

    FUZZ_HOLD(step == MZ_STEP_DONE || call->err.msg[0] != '\0', "%s",
              call->op->name.data);

    mz_buf_init(&out, 0);
    status = mz_call_answer(call, step, &out);
    FUZZ_HOLD(status >= 200 && status < 600 && out.rc == MZ_OK, "%d", status);

    if (out.len != 0) {
        fuzz_answer(mz_buf_view(&out), call->req->id);
    }

    mz_buf_free(&out);
}


static mz_step_t
fuzz_step(mz_call_t *call, mz_step_t step)
{
    switch (step) {

    case MZ_STEP_STORE:
        return fuzz_store(call);

    case MZ_STEP_WAIT:
        FUZZ_HOLD(call->wait_ms > 0, "%lld", (long long) call->wait_ms);
        call->now_ms += call->wait_ms;
        return mz_call_step(call, MZ_EV_TIMER);

    case MZ_STEP_WORK:
        call->work(call);
        return mz_call_step(call, MZ_EV_WORKED);

    default:
        FUZZ_HOLD(0, "step %d of %s", (int) step, call->op->name.data);
        return step;
    }
}


/* Redis knows nothing. */

static mz_step_t
fuzz_store(mz_call_t *call)
{
    size_t        i, n;
    mz_step_t     step;
    redisReply  **replies;

    n = call->cmds.n;
    FUZZ_HOLD(n > 0 && call->cmds.buf.rc == MZ_OK && call->cmds.buf.len > 0,
              "%s", call->op->name.data);

    replies = calloc(n, sizeof(redisReply *));

    for (i = 0; i < n; i++) {
        replies[i] = calloc(1, sizeof(redisReply));
        replies[i]->type = fuzz_nothing;

        if (fuzz_nothing == REDIS_REPLY_STRING) {
            replies[i]->str = calloc(1, 1);
        }
    }

    mz_cmds_reset(&call->cmds);
    call->replies = replies;
    call->nreplies = n;
    step = mz_call_step(call, MZ_EV_REPLIES);

    for (i = 0; i < n; i++) {
        mz_reply_free(replies[i]);
    }

    free(replies);

    return step;
}


static void
fuzz_notes(mz_call_t *call)
{
    mz_buf_t    out;
    mz_note_t  *note;

    mz_buf_init(&out, 0);

    while ((note = mz_call_next_note(call)) != NULL) {
        mz_buf_reset(&out);
        mz_note_write(call, note, &out);

        if (out.len != 0) {
            fuzz_answer(mz_buf_view(&out), NULL);
        }

        mz_note_free(note);
    }

    mz_buf_free(&out);
}


/* One line of JSON-RPC; ids that jansson cannot read are only looked for. */

static void
fuzz_answer(mz_str_t text, const char *id)
{
    size_t    n;
    json_t   *root;
    char      member[MZ_MCP_ID_MAX + 16];

    FUZZ_HOLD(text.len != 0 && memchr(text.data, '\n', text.len) == NULL,
              "%zu bytes", text.len);

    if (id != NULL && id[0] != '\0') {
        n = (size_t) snprintf(member, sizeof(member), ",\"id\":%s,", id);
        FUZZ_HOLD(mz_str_find(text, (mz_str_t) { member, n }, 0) != SIZE_MAX,
                  "%.*s", (int) text.len, text.data);
    }

    if (id == NULL || id[0] == '"' || strlen(id) < 18) {
        root = fuzz_made_json(text);
        FUZZ_HOLD(mz_str_eq_c(mz_json_get_str(root, "jsonrpc"), "2.0"),
                  "%.*s", (int) text.len, text.data);
        json_decref(root);
    }
}


/* Says what it was given; asks, once, for what it may ask. */

static mz_step_t
fuzz_tool_step(mz_call_t *call, mz_tool_event_t ev)
{
    (void) ev;

    if (call->answers == NULL && mz_json_get_bool(call->args, "ask", false)) {
        call->kept = json_incref(call->args);
        return mz_call_ask(call, "k", "roots/list", NULL);
    }

    mz_call_progress(call, 0, mz_json_get_str(call->args, "text"));
    mz_call_log(call, MZ_MCP_LOG_ALERT, mz_str("echo"),
                json_incref(call->args));

    return mz_call_done(call, json_incref(call->args));
}


static void
fuzz_url(mz_call_t *call, mz_str_t cid, mz_buf_t *out)
{
    (void) call;
    mz_buf_add_c(out, "https://example.test/");
    mz_buf_add_str(out, cid);
}


static void
fuzz_random(void *buf, size_t n)
{
    size_t          i;
    unsigned char  *p = buf;

    for (i = 0; i < n; i++) {
        fuzz_seed ^= fuzz_seed << 13;
        fuzz_seed ^= fuzz_seed >> 7;
        fuzz_seed ^= fuzz_seed << 17;
        p[i] = (unsigned char) fuzz_seed;
    }
}
