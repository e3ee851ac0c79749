
/*
 * fuzz_mcp_params: the parameters of every method in every revision.  Four
 * bytes choose revision, method, what the server offers and what the client
 * can do; the rest is params as JSON.  The headers are right, so what is
 * refused is refused for the parameters, by rules that are written down here
 * once more, in another way.
 */

#include "base/mz_b64.h"
#include "fuzz_mcp.h"


/* The members a method's parameters must have, and of which type. */

typedef struct {
    const char  *method;
    const char  *legacy;            /* first revision; NULL: none has it */
    bool         is_modern;
    unsigned     offers;
    const char  *strings;           /* members, each behind a blank */
    const char  *objects;
    const char  *maybe_objects;     /* or null, or absent */
    const char  *maybe_strings;
    const char  *mirrored;          /* in Mcp-Name */
    bool         is_call;           /* with a session */
} fuzz_method_t;

#define RES   MZ_MCP_OFFERS_RESOURCES
#define SUB   (MZ_MCP_OFFERS_RESOURCES|MZ_MCP_OFFERS_SUBSCRIBE)
#define TASK  MZ_MCP_OFFERS_TASKS
#define LIST  (MZ_MCP_OFFERS_TASKS|MZ_MCP_OFFERS_TASKS_LIST)
#define OLD   "2024-11-05"
#define V11   "2025-11-25"

static const fuzz_method_t  fuzz_methods[] = {
    { "tools/call", OLD, true, 0, " name", "", " arguments", "", "name",
      true },
    { "tools/list", OLD, true, 0, "", "", "", "", NULL, false },
    { "resources/list", OLD, true, RES, "", "", "", " cursor", NULL, true },
    { "resources/templates/list", OLD, true, RES, "", "", "", "", NULL,
      false },
    { "resources/read", OLD, true, RES, " uri", "", "", "", "uri", true },
    { "resources/subscribe", OLD, false, SUB, " uri", "", "", "", NULL,
      true },
    { "resources/unsubscribe", OLD, false, SUB, " uri", "", "", "", NULL,
      true },
    { "prompts/list", OLD, true, MZ_MCP_OFFERS_PROMPTS, "", "", "", "", NULL,
      false },
    { "prompts/get", OLD, true, MZ_MCP_OFFERS_PROMPTS, " name", "",
      " arguments", "", "name", true },
    { "completion/complete", OLD, true, MZ_MCP_OFFERS_COMPLETIONS, "",
      " ref argument", " context", "", NULL, true },
    { "logging/setLevel", OLD, false, MZ_MCP_OFFERS_LOGGING, " level", "", "",
      "", NULL, true },
    { "tasks/get", V11, true, TASK, " taskId", "", "", "", "taskId", true },
    { "tasks/result", V11, false, TASK, " taskId", "", "", "", "taskId",
      true },
    { "tasks/list", V11, false, LIST, "", "", "", " cursor", NULL, true },
    { "tasks/cancel", V11, true, TASK, " taskId", "", "", "", "taskId",
      true },
    { "tasks/update", NULL, true, TASK, " taskId", " inputResponses", "", "",
      "taskId", true },
    { "subscriptions/listen", NULL, true, 0, "", " notifications", "", "",
      NULL, true },
    { "server/discover", NULL, true, 0, "", "", "", "", NULL, false },
    { "initialize", OLD, false, 0, " protocolVersion", "", "", "", NULL,
      false },
    { "ping", OLD, false, 0, "", "", "", "", NULL, false }
};

static const char *const  fuzz_versions[] = {
    FUZZ_NEW, "2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"
};


static void fuzz_check(const fuzz_method_t *m, unsigned offers,
    const json_t *params, mz_mcp_outcome_t outcome,
    const mz_mcp_request_t *req, const mz_mcp_reply_t *reply);
static bool fuzz_exists(const fuzz_method_t *m, unsigned offers,
    const mz_mcp_request_t *req, mz_str_t version);
static bool fuzz_are(const json_t *params, const char *names, json_type type,
    bool may_lack);
static int64_t fuzz_code(const mz_mcp_reply_t *reply);
static void fuzz_send(const fuzz_method_t *m, const char *version,
    unsigned offers, uint32_t client, json_t *params);
static void fuzz_envelope(json_t *params, uint32_t client);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t               *params;
    unsigned              version, method, offers, client;
    mz_str_t              in;

    in = (mz_str_t) { (const char *) data, size };
    version = fuzz_byte(&in) % MZ_ARRAY_LEN(fuzz_versions);
    method = fuzz_byte(&in) % MZ_ARRAY_LEN(fuzz_methods);
    offers = fuzz_byte(&in);
    client = fuzz_byte(&in) & 0x3f;
    params = fuzz_json(&in);

    /* One bit for each two offers, and all but where it is odd. */

    offers = offers & 1 ? (offers * 0x0101u) >> 1 : FUZZ_ALL;

    if (json_is_object(params)) {
        fuzz_send(&fuzz_methods[method], fuzz_versions[version], offers,
                  client, params);
    }

    json_decref(params);

    return 0;
}


static void
fuzz_send(const fuzz_method_t *m, const char *version, unsigned offers,
    uint32_t client, json_t *params)
{
    bool              is_modern;
    mz_buf_t          body, name;
    mz_str_t          value;
    mz_mcp_http_t     http;
    mz_mcp_reply_t    reply;
    mz_mcp_server_t   srv;
    mz_mcp_request_t  req;
    mz_mcp_outcome_t  outcome;

    srv = fuzz_make_server(offers);
    srv.body_max = 0;
    http = fuzz_make_http(true, mz_str_from(version));
    is_modern = strcmp(version, FUZZ_NEW) == 0;
    mz_buf_init(&body, 0);
    mz_buf_init(&name, 0);

    if (is_modern) {
        fuzz_envelope(params, client);
        http.mcp_method = mz_str_from(m->method);
        value = m->mirrored ? mz_json_get_str(params, m->mirrored)
                            : mz_null_str;

        if (value.data != NULL) {
            mz_buf_add_c(&name, "=?base64?");
            mz_b64_encode(&name, value);
            mz_buf_add_c(&name, "?=");
            http.mcp_name = mz_buf_view(&name);
        }

    } else {
        json_object_del(params, "_meta");
    }

    mz_buf_add_c(&body, "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"");
    mz_buf_add_c(&body, m->method);
    mz_buf_add_c(&body, "\",\"params\":");
    mz_json_dump(&body, params);
    mz_buf_add_char(&body, '}');

    outcome = mz_mcp_receive(&srv, &http, mz_buf_view(&body), &req, &reply);

    if (reply.status != 400 || fuzz_code(&reply) != MZ_RPC_INVALID_REQUEST) {
        fuzz_check_request(&req, outcome);
        fuzz_check(m, offers, params, outcome, &req, &reply);
    }

    if (outcome == MZ_MCP_ANSWER) {
        fuzz_check_answer(&req, &reply);
    }

    mz_mcp_request_free(&req);
    mz_mcp_reply_free(&reply);
    mz_buf_free(&name);
    mz_buf_free(&body);
}


static void
fuzz_envelope(json_t *params, uint32_t client)
{
    json_t    *meta, *capabilities;
    mz_buf_t   text;
    mz_err_t   err;

    mz_buf_init(&text, 0);
    mz_mcp_client_write(client, &text);
    FUZZ_HOLD(mz_json_load(mz_buf_view(&text), NULL, &capabilities, &err)
              == MZ_OK, "%x", client);
    mz_buf_free(&text);

    meta = json_object();
    mz_json_set_str(meta, "io.modelcontextprotocol/protocolVersion",
                    mz_str(FUZZ_NEW));
    mz_json_set(meta, "io.modelcontextprotocol/clientCapabilities",
                capabilities);
    mz_json_set(params, "_meta", meta);
}


static void
fuzz_check(const fuzz_method_t *m, unsigned offers, const json_t *params,
    mz_mcp_outcome_t outcome, const mz_mcp_request_t *req,
    const mz_mcp_reply_t *reply)
{
    bool     is_good, needs_tasks;
    int64_t  code;

    code = outcome == MZ_MCP_ANSWER ? fuzz_code(reply) : 0;

    FUZZ_HOLD(outcome != MZ_MCP_ACCEPTED, "%s", m->method);

    if (!fuzz_exists(m, offers, req, req->version)) {
        FUZZ_HOLD(code == MZ_RPC_METHOD, "%s: %d", m->method, (int) code);
        return;
    }

    FUZZ_HOLD(code != MZ_RPC_METHOD, "%s", m->method);

    needs_tasks = req->era == MZ_MCP_MODERN
                  && strncmp(m->method, "tasks/", 6) == 0;

    if (needs_tasks && !(req->client & MZ_MCP_CAN_TASKS)) {
        FUZZ_HOLD(code == MZ_RPC_CAPABILITY, "%s: %d", m->method, (int) code);
        return;
    }

    is_good = fuzz_are(params, m->strings, JSON_STRING, false)
              && fuzz_are(params, m->objects, JSON_OBJECT, false)
              && fuzz_are(params, m->maybe_objects, JSON_OBJECT, true)
              && fuzz_are(params, m->maybe_strings, JSON_STRING, true);

    if (code == 0) {
        FUZZ_HOLD(is_good, "%s", m->method);
        FUZZ_HOLD((outcome == MZ_MCP_CALL) == m->is_call, "%s", m->method);

    } else {
        FUZZ_HOLD(code == MZ_RPC_PARAMS
                  || (code == MZ_RPC_CAPABILITY
                      && req->what == MZ_MCP_DO_NOTHING), "%s: %d", m->method,
                  (int) code);
        FUZZ_HOLD(code != MZ_RPC_PARAMS || reply->status == 200, "%d",
                  reply->status);
    }

    if (outcome == MZ_MCP_CALL && m->strings[0] != '\0') {
        FUZZ_HOLD(mz_str_eq(req->target,
                            mz_json_get_str(req->params, m->strings + 1)),
                  "%s: %.*s", m->method, (int) req->target.len,
                  req->target.data);
    }

    FUZZ_HOLD(!req->wants_task || (offers & TASK), "a task");
    FUZZ_HOLD(req->request_state.data == NULL || req->era == MZ_MCP_MODERN,
              "requestState");
}


static bool
fuzz_exists(const fuzz_method_t *m, unsigned offers,
    const mz_mcp_request_t *req, mz_str_t version)
{
    if ((offers & m->offers) != m->offers) {
        return false;
    }

    if (req->era == MZ_MCP_MODERN) {
        return m->is_modern;
    }

    /* initialize speaks what it negotiates. */

    return m->legacy != NULL
           && (version.len == 0
               || mz_str_cmp(version, mz_str_from(m->legacy)) >= 0);
}


static bool
fuzz_are(const json_t *params, const char *names, json_type type,
    bool may_lack)
{
    char           key[32];
    mz_str_t       rest, name;
    const json_t  *v;

    rest = mz_str_from(names);

    while (mz_str_split(&rest, ' ', &name)) {
        if (name.len == 0) {
            continue;
        }

        snprintf(key, sizeof(key), "%.*s", (int) name.len, name.data);
        v = json_object_get(params, key);

        if (v == NULL || json_typeof(v) != type) {
            if (!may_lack || !(v == NULL || json_is_null(v))) {
                return false;
            }
        }
    }

    return true;
}


/* 0: a result. */

static int64_t
fuzz_code(const mz_mcp_reply_t *reply)
{
    int64_t   code;
    json_t   *root;

    if (reply->body.len == 0) {
        return 0;
    }

    root = fuzz_made_json(mz_buf_view(&reply->body));
    code = mz_json_get_int(json_object_get(root, "error"), "code", 0);
    json_decref(root);

    return code;
}
