
#include "base/mz_str.h"
#include "test.h"
#include "tools/host.h"
#include "tools/ops.h"
#include "tools/registry.h"
#include "tools/state.h"


#define NOW_MS  ((int64_t) 1781524800000)


static mz_registry_t     reg;
static mz_seal_t         seal, no_key;
static mz_mcp_server_t   server = { .name = mz_str("s"), .version =
                                    mz_str("1") };
static mz_tool_conf_t    conf;
static mz_principal_t    who;
static mz_mcp_http_t     http;
static mz_mcp_request_t  req;
static mz_dispatch_t     d;
static json_t           *reply;         /* of a refusal */
static int               status;
static bool              retry_after;


static mz_step_t
step(mz_call_t *call, mz_tool_event_t ev)
{
    (void) ev;

    return mz_call_done(call, json_object());
}


static size_t
read_none(mz_call_t *call, mz_cmds_t *cmds, const mz_id_t *id)
{
    (void) call;
    (void) cmds;
    (void) id;

    return 0;
}


static mz_rc_t
decode_none(mz_call_t *call, const mz_id_t *id, redisReply *const *replies,
    mz_task_t *task, mz_err_t *err)
{
    (void) call;
    (void) id;
    (void) replies;
    (void) task;

    return mz_fail(err, MZ_NOT_FOUND, "none");
}


static const mz_op_t  completer = { .name = mz_str("completer"),
                                    .step = step };

static const mz_tool_t  plain = {
    .op = { .name = mz_str("plain"), .step = step },
    .input_schema = mz_str("{\"type\":\"object\",\"properties\":{\"n\":{"
                           "\"type\":\"integer\"}},"
                           "\"additionalProperties\":false}")
};

static const mz_tool_t  needy = {
    .op = { .name = mz_str("needy"), .step = step },
    .input_schema = mz_str("{\"type\":\"object\"}"),
    .needs = MZ_MCP_CAN_SAMPLING|MZ_MCP_CAN_ELICIT
};

static const mz_tool_t  mirrored = {
    .op = { .name = mz_str("mirrored"), .step = step },
    .input_schema = mz_str("{\"type\":\"object\",\"properties\":{\"region\":{"
                           "\"type\":\"string\",\"x-mcp-header\":\"Region\"},"
                           "\"in\":{\"type\":\"object\",\"properties\":{"
                           "\"n\":{\"type\":\"integer\","
                           "\"x-mcp-header\":\"N\"}}}}}")
};

static const mz_tool_t  task_only = {
    .op = { .name = mz_str("task_only"), .step = step },
    .input_schema = mz_str("{\"type\":\"object\"}"),
    .task = MZ_TASK_REQUIRED
};

static const mz_tool_t  task_maybe = {
    .op = { .name = mz_str("task_maybe"), .step = step },
    .input_schema = mz_str("{\"type\":\"object\"}"),
    .task = MZ_TASK_OPTIONAL
};

static const mz_argument_t  arguments[] = {
    { .name = mz_str("event"), .is_required = true, .complete = &completer },
    { .name = mz_str("other") }
};

static const mz_prompt_t  prompt = {
    .op = { .name = mz_str("ask"), .step = step },
    .arguments = arguments,
    .narguments = 2
};

static const mz_argument_t  variables[] = {
    { .name = mz_str("id"), .complete = &completer }
};

static const mz_resource_t  fixed = {
    .op = { .name = mz_str("fixed"), .step = step },
    .uri = mz_str("x:fixed"),
    .is_watchable = true
};

static const mz_resource_t  templated = {
    .op = { .name = mz_str("templated"), .step = step },
    .uri = mz_str("x:t/{id}"),
    .variables = variables,
    .nvariables = 1
};

static const mz_task_kind_t  kind = {
    .letter = 't',
    .read = read_none,
    .decode = decode_none
};


static void
test_start(void)
{
    mz_err_t  err;

    CHECK(mz_seal_add(&seal, mz_str("a secret that is only for this test"),
                      &err) == MZ_OK);
    CHECK(mz_principal_development(&who) == MZ_OK);
    conf.registry = &reg;
    conf.server = &server;
    conf.seal = &seal;

    CHECK(mz_registry_add(&reg, &plain, &err) == MZ_OK);
    CHECK(mz_registry_add(&reg, &needy, &err) == MZ_OK);
    CHECK(mz_registry_add(&reg, &mirrored, &err) == MZ_OK);
    CHECK(mz_registry_add(&reg, &task_only, &err) == MZ_OK);
    CHECK(mz_registry_add(&reg, &task_maybe, &err) == MZ_OK);
    CHECK(mz_registry_add_prompt(&reg, &prompt, &err) == MZ_OK);
    CHECK(mz_registry_add_resource(&reg, &fixed, &err) == MZ_OK);
    CHECK(mz_registry_add_resource(&reg, &templated, &err) == MZ_OK);
    CHECK(mz_registry_add_kind(&reg, &kind, &err) == MZ_OK);
}


static void
request(mz_mcp_era_t era, mz_mcp_do_t what, const char *method,
    const char *target, const char *params)
{
    mz_err_t  err;

    json_decref(req.root);
    memset(&req, 0, sizeof(req));
    memset(&http, 0, sizeof(http));
    req.era = era;
    req.what = what;
    req.method = mz_str_from(method);
    req.target = mz_str_from(target);
    req.task_ttl_ms = -1;
    snprintf(req.id, sizeof(req.id), "\"a\"");

    if (params != NULL) {
        CHECK_ROW(mz_json_load(mz_str_from(params), NULL, &req.root, &err)
                  == MZ_OK, "%s", params);
    }

    req.params = req.root;
    req.arguments = json_object_get(req.root, "arguments");
    req.input_responses = json_object_get(req.root, "inputResponses");
    req.request_state = mz_json_get_str(req.root, "requestState");
}


/* Dispatches; the reply of a refusal is in the variables above. */

static mz_rc_t
dispatch(void)
{
    mz_rc_t         rc;
    mz_err_t        err;
    mz_mcp_reply_t  r;

    json_decref(reply);
    reply = NULL;
    mz_dispatch_free(&d);

    rc = mz_dispatch(&conf, &who, &http, &req, NOW_MS, &d, &r);
    status = r.status;
    retry_after = r.retry_after;
    CHECK(rc == MZ_OK || rc == MZ_INVALID);
    CHECK((rc == MZ_OK) == (d.op != NULL && d.args != NULL));
    CHECK(rc != MZ_OK || r.body.len == 0);

    if (rc != MZ_OK) {
        CHECK_ROW(mz_json_load(mz_buf_view(&r.body), NULL, &reply, &err)
                  == MZ_OK, "%s", err.msg);
        CHECK_STR(mz_json_get_str(reply, "id"), "a");
    }

    mz_mcp_reply_free(&r);

    return rc;
}


static bool
is_error(int http_status, int code, const char *part)
{
    json_t  *e;

    e = json_object_get(reply, "error");

    return status == http_status && mz_json_get_int(e, "code", 0) == code
           && strstr(mz_json_get_str(e, "message").data, part) != NULL;
}


/* An isError result that says this. */

static bool
is_refusal(const char *part)
{
    json_t    *result;
    mz_str_t   text;

    result = json_object_get(reply, "result");
    text = mz_json_get_str(json_array_get(json_object_get(result, "content"),
                                          0), "text");

    return status == 200 && mz_json_get_bool(result, "isError", false)
           && text.data != NULL && strstr(text.data, part) != NULL;
}


static void
test_tools(void)
{
    char  name[300];

    request(MZ_MCP_LEGACY, MZ_MCP_DO_TOOL, "tools/call", "nope", "{}");
    CHECK(dispatch() == MZ_INVALID && d.tool == NULL);
    CHECK(is_error(200, MZ_RPC_PARAMS, "Unknown tool: nope"));

    memset(name, 'n', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    request(MZ_MCP_MODERN, MZ_MCP_DO_TOOL, "tools/call", name, "{}");
    CHECK(dispatch() == MZ_INVALID);
    CHECK(is_error(200, MZ_RPC_PARAMS, "Unknown tool: nnn"));
    CHECK(mz_json_get_str(json_object_get(reply, "error"), "message").len
          < 150);

    request(MZ_MCP_LEGACY, MZ_MCP_DO_TOOL, "tools/call", "plain",
            "{\"arguments\":{\"n\":\"1\"}}");
    CHECK(dispatch() == MZ_INVALID && d.tool == &plain);
    CHECK(is_refusal("Invalid arguments for plain: n must be of type"));

    request(MZ_MCP_MODERN, MZ_MCP_DO_TOOL, "tools/call", "plain",
            "{\"arguments\":{\"m\":1}}");
    CHECK(dispatch() == MZ_INVALID && is_refusal("no member \"m\""));
    CHECK_STR(mz_json_get_str(json_object_get(reply, "result"),
                              "resultType"), "complete");

    request(MZ_MCP_LEGACY, MZ_MCP_DO_TOOL, "tools/call", "plain", "{}");
    CHECK(dispatch() == MZ_OK && d.tool == &plain && d.op == &plain.op);
    CHECK(json_object_size(d.args) == 0 && d.answers == NULL
          && d.kept == NULL);

    request(MZ_MCP_LEGACY, MZ_MCP_DO_TOOL, "tools/call", "plain",
            "{\"arguments\":{\"n\":3}}");
    CHECK(dispatch() == MZ_OK && mz_json_get_int(d.args, "n", 0) == 3);
}


static void
test_needs(void)
{
    json_t  *caps;

    request(MZ_MCP_MODERN, MZ_MCP_DO_TOOL, "tools/call", "needy", "{}");
    req.client = MZ_MCP_CAN_ELICIT;
    CHECK(dispatch() == MZ_INVALID && d.tool == &needy);
    CHECK(is_error(400, MZ_RPC_CAPABILITY, "Missing required client"));
    caps = json_object_get(json_object_get(json_object_get(reply, "error"),
                                           "data"), "requiredCapabilities");
    CHECK(json_object_size(caps) == 1
          && json_is_object(json_object_get(caps, "sampling")));

    request(MZ_MCP_LEGACY, MZ_MCP_DO_TOOL, "tools/call", "needy", "{}");
    req.client = MZ_MCP_CAN_SAMPLING;
    CHECK(dispatch() == MZ_INVALID && is_refusal("elicitation"));

    req.client = MZ_MCP_CAN_SAMPLING|MZ_MCP_CAN_ELICIT|MZ_MCP_CAN_ROOTS;
    CHECK(dispatch() == MZ_OK);
    req.era = MZ_MCP_MODERN;
    CHECK(dispatch() == MZ_OK);
}


static void
test_headers(void)
{
    size_t          i;
    mz_mcp_param_t  header;

    static const struct {
        const char    *arguments;
        const char    *name;        /* of a header; NULL: none */
        const char    *value;
        bool           is_ok;
    } rows[] = {
        { "{}", NULL, NULL, true },
        { "{}", "Other", "x", true },
        { "{\"region\":null}", NULL, NULL, false },
        { "{\"region\":\"eu\"}", NULL, NULL, false },
        { "{\"region\":\"eu\"}", "Region", "us", false },
        { "{\"region\":\"eu\"}", "Region", "EU", false },
        { "{\"region\":\"eu\"}", "Region", "eu", true },
        { "{\"region\":\"eu\"}", "region", " eu ", true },
        { "{\"region\":\"\xc3\xa9\"}", "Region", "=?base64?w6k=?=", true },
        { "{\"region\":\"eu\"}", "Region", "=?base64?!?=", false },
        { "{\"in\":{\"n\":42}}", NULL, NULL, false },
        { "{\"in\":{\"n\":42}}", "n", "42.0", true },
        { "{\"in\":{\"n\":42}}", "N", "43", false },
        { "{\"in\":{}}", NULL, NULL, true }
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        char  params[128];

        snprintf(params, sizeof(params), "{\"arguments\":%s}",
                 rows[i].arguments);
        request(MZ_MCP_MODERN, MZ_MCP_DO_TOOL, "tools/call", "mirrored",
                params);

        if (rows[i].name != NULL) {
            header.name = mz_str_from(rows[i].name);
            header.value = mz_str_from(rows[i].value);
            http.params = &header;
            http.nparams = 1;
        }

        if (i == 2) {

            /* null mirrors nothing, and is no string either */

            CHECK(dispatch() == MZ_INVALID && is_refusal("region"));
            continue;
        }

        CHECK_ROW((dispatch() == MZ_OK) == rows[i].is_ok, "row %zu", i);

        if (!rows[i].is_ok) {
            CHECK_ROW(is_error(400, MZ_RPC_HEADER_MISMATCH, "Mcp-Param-"),
                      "row %zu", i);
        }

        /* nobody mirrors in the other era */

        req.era = MZ_MCP_LEGACY;
        CHECK_ROW(dispatch() == MZ_OK, "row %zu", i);
    }
}


static void
test_tasks(void)
{
    size_t  i;

    static const struct {
        mz_mcp_era_t   era;
        const char    *tool;
        bool           wants_task;
        int            status;      /* 0: it runs */
        int            code;
    } rows[] = {
        { MZ_MCP_LEGACY, "task_only", false, 200, MZ_RPC_METHOD },
        { MZ_MCP_MODERN, "task_only", false, 400, MZ_RPC_CAPABILITY },
        { MZ_MCP_LEGACY, "task_only", true, 0, 0 },
        { MZ_MCP_MODERN, "task_only", true, 0, 0 },
        { MZ_MCP_LEGACY, "plain", true, 200, MZ_RPC_METHOD },
        { MZ_MCP_MODERN, "plain", true, 0, 0 },
        { MZ_MCP_LEGACY, "task_maybe", true, 0, 0 },
        { MZ_MCP_LEGACY, "task_maybe", false, 0, 0 },
        { MZ_MCP_MODERN, "task_maybe", false, 0, 0 }
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        request(rows[i].era, MZ_MCP_DO_TOOL, "tools/call", rows[i].tool,
                "{}");
        req.wants_task = rows[i].wants_task;

        if (rows[i].status == 0) {
            CHECK_ROW(dispatch() == MZ_OK, "row %zu", i);

        } else {
            CHECK_ROW(dispatch() == MZ_INVALID
                      && is_error(rows[i].status, rows[i].code, ""),
                      "row %zu", i);
        }
    }

    request(MZ_MCP_MODERN, MZ_MCP_DO_TOOL, "tools/call", "task_only", "{}");
    CHECK(dispatch() == MZ_INVALID);
    CHECK(json_object_get(json_object_get(json_object_get(json_object_get(
              json_object_get(reply, "error"), "data"),
              "requiredCapabilities"), "extensions"), MZ_MCP_EXT_TASKS)
          != NULL);
}


/* A sealed state for tools/call of plain with these arguments. */

static void
make_state(mz_buf_t *out, const char *method, const char *target)
{
    mz_call_t      call;
    mz_dispatch_t  own;

    request(MZ_MCP_MODERN, MZ_MCP_DO_TOOL, method, target,
            "{\"arguments\":{}}");
    memset(&own, 0, sizeof(own));
    own.op = &plain.op;
    own.kept = json_pack("{s:i}", "round", 2);
    mz_call_init(&call, &conf, &who, &req, NULL, &own);
    call.now_ms = NOW_MS;
    mz_buf_init(out, 0);
    CHECK(mz_state_seal(&call, out) == MZ_OK);
    mz_call_deinit(&call);
}


static void
test_retry(void)
{
    mz_buf_t  state;

    make_state(&state, "tools/call", "plain");
    request(MZ_MCP_MODERN, MZ_MCP_DO_TOOL, "tools/call", "plain",
            "{\"arguments\":{},\"inputResponses\":{\"k\":{}}}");
    CHECK(dispatch() == MZ_OK && d.kept == NULL);
    CHECK(json_object_get(d.answers, "k") != NULL);

    req.request_state = mz_buf_view(&state);
    CHECK(dispatch() == MZ_OK && mz_json_get_int(d.kept, "round", 0) == 2);
    CHECK(json_object_get(d.answers, "k") != NULL);

    req.target = mz_str("task_maybe");
    CHECK(dispatch() == MZ_INVALID);
    CHECK(is_error(200, MZ_RPC_PARAMS, "another request"));

    req.target = mz_str("plain");
    state.data[5] ^= 1;
    CHECK(dispatch() == MZ_INVALID);
    CHECK(is_error(200, MZ_RPC_PARAMS, "without requestState"));
    state.data[5] ^= 1;

    conf.seal = &no_key;
    CHECK(dispatch() == MZ_INVALID && retry_after);
    CHECK(is_error(503, MZ_RPC_INTERNAL, "try again"));
    conf.seal = &seal;
    mz_buf_free(&state);

    make_state(&state, "prompts/get", "ask");
    request(MZ_MCP_MODERN, MZ_MCP_DO_PROMPT, "prompts/get", "ask",
            "{\"arguments\":{\"event\":\"x\"},\"inputResponses\":{}}");
    req.request_state = mz_buf_view(&state);
    CHECK(dispatch() == MZ_INVALID);
    mz_buf_free(&state);

    make_state(&state, "resources/read", "x:t/1");
    request(MZ_MCP_MODERN, MZ_MCP_DO_READ, "resources/read", "x:t/1", "{}");
    req.request_state = mz_buf_view(&state);
    CHECK(dispatch() == MZ_OK && d.kept != NULL);
    req.target = mz_str("x:t/2");
    CHECK(dispatch() == MZ_INVALID);
    mz_buf_free(&state);
}


static void
test_prompts(void)
{
    request(MZ_MCP_LEGACY, MZ_MCP_DO_PROMPT, "prompts/get", "nope", "{}");
    CHECK(dispatch() == MZ_INVALID);
    CHECK(is_error(200, MZ_RPC_PARAMS, "Unknown prompt: nope"));

    request(MZ_MCP_LEGACY, MZ_MCP_DO_PROMPT, "prompts/get", "ask", "{}");
    CHECK(dispatch() == MZ_INVALID);
    CHECK(is_error(200, MZ_RPC_PARAMS, "needs the argument event"));

    request(MZ_MCP_LEGACY, MZ_MCP_DO_PROMPT, "prompts/get", "ask",
            "{\"arguments\":{\"event\":\"x\",\"other\":1}}");
    CHECK(dispatch() == MZ_INVALID);
    CHECK(is_error(200, MZ_RPC_PARAMS, "other of prompt ask must be a str"));

    request(MZ_MCP_LEGACY, MZ_MCP_DO_PROMPT, "prompts/get", "ask",
            "{\"arguments\":{\"event\":\"x\",\"more\":\"y\"}}");
    CHECK(dispatch() == MZ_OK && d.op == &prompt.op && d.tool == NULL);
    CHECK_STR(mz_json_get_str(d.args, "event"), "x");
}


static void
test_resources(void)
{
    size_t  i;
    char    uri[MZ_CONTROL_URI_MAX + 8];

    static const char  *const unknown[] = {
        "", "x:", "x:t/", "x:t/a/b", "x:t/%00", "y:fixed"
    };

    for (i = 0; i < MZ_ARRAY_LEN(unknown); i++) {
        request(MZ_MCP_LEGACY, MZ_MCP_DO_READ, "resources/read", unknown[i],
                "{}");
        CHECK_ROW(dispatch() == MZ_INVALID
                  && is_error(200, MZ_RPC_NO_RESOURCE, "Resource not found"),
                  "%s", unknown[i]);
        CHECK_STR(mz_json_get_str(json_object_get(json_object_get(reply,
                  "error"), "data"), "uri"), unknown[i]);

        req.era = MZ_MCP_MODERN;
        CHECK_ROW(dispatch() == MZ_INVALID
                  && is_error(200, MZ_RPC_PARAMS, "Resource not found"),
                  "%s", unknown[i]);
    }

    request(MZ_MCP_LEGACY, MZ_MCP_DO_READ, "resources/read", "x:fixed", "{}");
    CHECK(dispatch() == MZ_OK && d.op == &fixed.op);
    CHECK(json_object_size(d.args) == 1);
    CHECK_STR(mz_json_get_str(d.args, "uri"), "x:fixed");

    request(MZ_MCP_LEGACY, MZ_MCP_DO_READ, "resources/read", "x:t/%41", "{}");
    CHECK(dispatch() == MZ_OK && d.op == &templated.op);
    CHECK_STR(mz_json_get_str(d.args, "uri"), "x:t/%41");
    CHECK_STR(mz_json_get_str(d.args, "id"), "A");

    request(MZ_MCP_LEGACY, MZ_MCP_DO_SUBSCRIBE, "resources/subscribe",
            "x:t/1", "{\"uri\":\"x:t/1\"}");
    CHECK(dispatch() == MZ_INVALID);
    CHECK(is_error(200, MZ_RPC_PARAMS, "never changes"));

    request(MZ_MCP_LEGACY, MZ_MCP_DO_SUBSCRIBE, "resources/subscribe",
            "x:no", "{\"uri\":\"x:no\"}");
    CHECK(dispatch() == MZ_INVALID && is_error(200, MZ_RPC_NO_RESOURCE, ""));

    request(MZ_MCP_LEGACY, MZ_MCP_DO_SUBSCRIBE, "resources/subscribe",
            "x:fixed", "{\"uri\":\"x:fixed\"}");
    CHECK(dispatch() == MZ_OK && d.op == &mz_op_subscribe);
    CHECK_STR(mz_json_get_str(d.args, "uri"), "x:fixed");

    memset(uri, 'a', sizeof(uri));
    memcpy(uri, "x:t/", 4);
    uri[MZ_CONTROL_URI_MAX] = '\0';
    request(MZ_MCP_LEGACY, MZ_MCP_DO_READ, "resources/read", uri, "{}");
    CHECK(dispatch() == MZ_OK);
    uri[MZ_CONTROL_URI_MAX] = 'a';
    uri[MZ_CONTROL_URI_MAX + 1] = '\0';
    req.target = mz_str_from(uri);
    CHECK(dispatch() == MZ_INVALID && is_error(200, MZ_RPC_NO_RESOURCE, ""));
}


static void
test_completion(void)
{
    size_t  i;

    static const struct {
        const char     *type;
        const char     *target;
        const char     *name;
        const mz_op_t  *op;         /* NULL: refused */
    } rows[] = {
        { "ref/prompt", "nope", "event", NULL },
        { "ref/prompt", "x:fixed", "event", NULL },
        { "ref/resource", "x:u/{id}", "id", NULL },
        { "ref/resource", "ask", "event", NULL },
        { "ref/prompt", "ask", "event", &completer },
        { "ref/prompt", "ask", "other", &mz_op_complete_nothing },
        { "ref/prompt", "ask", "unknown", &mz_op_complete_nothing },
        { "ref/prompt", "ask", "", &mz_op_complete_nothing },
        { "ref/resource", "x:t/{id}", "id", &completer },
        { "ref/resource", "x:t/{id}", "x", &mz_op_complete_nothing },
        { "ref/resource", "x:fixed", "id", &mz_op_complete_nothing }
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        char  params[256];

        snprintf(params, sizeof(params), "{\"ref\":{\"type\":\"%s\"},"
                 "\"argument\":{\"name\":\"%s\",\"value\":\"v\"},"
                 "\"context\":{\"arguments\":{\"a\":\"b\"}}}", rows[i].type,
                 rows[i].name);
        request(MZ_MCP_LEGACY, MZ_MCP_DO_COMPLETE, "completion/complete",
                rows[i].target, params);

        if (rows[i].op == NULL) {
            CHECK_ROW(dispatch() == MZ_INVALID
                      && is_error(200, MZ_RPC_PARAMS, "Unknown params.ref"),
                      "row %zu", i);
            continue;
        }

        CHECK_ROW(dispatch() == MZ_OK && d.op == rows[i].op, "row %zu", i);
        CHECK_STR(mz_json_get_str(d.args, "name"), rows[i].name);
        CHECK_STR(mz_json_get_str(d.args, "value"), "v");
        CHECK_STR(mz_json_get_str(json_object_get(json_object_get(d.args,
                  "context"), "arguments"), "a"), "b");
    }

    request(MZ_MCP_LEGACY, MZ_MCP_DO_COMPLETE, "completion/complete", "ask",
            "{\"ref\":{\"type\":\"ref/prompt\"},\"argument\":{\"name\":"
            "\"event\",\"value\":\"\"}}");
    CHECK(dispatch() == MZ_OK);
    CHECK(json_object_size(json_object_get(d.args, "context")) == 0);
}


/* Whatever proto calls a CALL has an op; what it does not has none. */

static void
test_others(void)
{
    size_t  i;

    static const struct {
        mz_mcp_do_t     what;
        const mz_op_t  *op;
    } rows[] = {
        { MZ_MCP_DO_NOTHING, NULL },
        { MZ_MCP_DO_INITIALIZE, NULL },
        { MZ_MCP_DO_RESUME, NULL },
        { MZ_MCP_DO_RESOURCES, &mz_op_resources },
        { MZ_MCP_DO_UNSUBSCRIBE, &mz_op_unsubscribe },
        { MZ_MCP_DO_SET_LEVEL, &mz_op_set_level },
        { MZ_MCP_DO_TASK_GET, &mz_op_task_get },
        { MZ_MCP_DO_TASK_RESULT, &mz_op_task_result },
        { MZ_MCP_DO_TASK_LIST, &mz_op_task_list },
        { MZ_MCP_DO_TASK_CANCEL, &mz_op_task_cancel },
        { MZ_MCP_DO_TASK_UPDATE, &mz_op_task_update },
        { MZ_MCP_DO_LISTEN, &mz_op_listen },
        { MZ_MCP_DO_END_SESSION, &mz_op_end_session },
        { MZ_MCP_DO_CANCELLED, &mz_op_cancelled },
        { MZ_MCP_DO_ANSWER, &mz_op_answer }
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        request(MZ_MCP_LEGACY, rows[i].what, "m", "", NULL);

        if (rows[i].op == NULL) {
            CHECK_ROW(dispatch() == MZ_INVALID
                      && is_error(400, MZ_RPC_INVALID_REQUEST, ""),
                      "row %zu", i);
            continue;
        }

        CHECK_ROW(dispatch() == MZ_OK && d.op == rows[i].op, "row %zu", i);
        CHECK_ROW(json_object_size(d.args) == 0, "row %zu", i);

        request(MZ_MCP_LEGACY, rows[i].what, "m", "", "{\"x\":1}");
        CHECK_ROW(dispatch() == MZ_OK
                  && mz_json_get_int(d.args, "x", 0) == 1, "row %zu", i);
    }
}


static void
test_stop(void)
{
    json_decref(reply);
    json_decref(req.root);
    mz_dispatch_free(&d);
    mz_registry_deinit(&reg);
}


static const mz_test_t  tests[] = {
    { "a registry", test_start },
    { "tools and their arguments", test_tools },
    { "capabilities a tool needs", test_needs },
    { "Mcp-Param-*", test_headers },
    { "what runs as a task", test_tasks },
    { "requestState and answers", test_retry },
    { "prompts", test_prompts },
    { "resources and subscriptions", test_resources },
    { "completion", test_completion },
    { "everything else", test_others },
    { "nothing is left", test_stop }
};

MZ_TEST_MAIN(tests)
