
#include "mcp_test.h"


/* Capabilities of the client, as modern requests give them. */

#define TASKS_CAP                                                             \
    "{\"extensions\":{\"io.modelcontextprotocol/tasks\":{}}}"

#define OLD     MZ_MCP_LEGACY
#define NEWER   MZ_MCP_MODERN
#define V11     "2025-11-25"
#define V06     "2025-06-18"

#define RES     MZ_MCP_OFFERS_RESOURCES
#define SUB     (MZ_MCP_OFFERS_RESOURCES|MZ_MCP_OFFERS_SUBSCRIBE)
#define PROMPT  MZ_MCP_OFFERS_PROMPTS
#define COMPL   MZ_MCP_OFFERS_COMPLETIONS
#define LOGS    MZ_MCP_OFFERS_LOGGING
#define TASKS   MZ_MCP_OFFERS_TASKS
#define TLIST   (MZ_MCP_OFFERS_TASKS|MZ_MCP_OFFERS_TASKS_LIST)

#define REF_P   "\"ref\":{\"type\":\"ref/prompt\",\"name\":\"ask\"}"
#define REF_R   "\"ref\":{\"type\":\"ref/resource\",\"uri\":\"a://{b}\"}"
#define ARG     "\"argument\":{\"name\":\"b\",\"value\":\"\"}"


typedef struct {
    mz_mcp_era_t   era;
    const char    *version;         /* legacy */
    const char    *client;          /* modern; NULL: {} */
    unsigned       offers;
    const char    *method;
    const char    *params;          /* members */
    const char    *name;            /* Mcp-Name; NULL: none */
    int            status;
    int            code;            /* 0: a result, or a CALL */
    mz_mcp_do_t    what;            /* of a CALL; else DO_NOTHING */
    const char    *target;          /* of a CALL; NULL: none */
} method_row_t;

#define UNKNOWN  -32601
#define PARAMS   -32602
#define NOTHING  MZ_MCP_DO_NOTHING

static const method_row_t  methods[] = {

    /* What is not offered does not exist. */

    { OLD, V11, NULL, 0, "resources/list", "", NULL, 200, UNKNOWN, NOTHING,
      NULL },
    { NEWER, NULL, NULL, ~RES, "resources/list", "", NULL, 404, UNKNOWN,
      NOTHING, NULL },
    { OLD, V11, NULL, ~RES, "resources/templates/list", "", NULL, 200,
      UNKNOWN, NOTHING, NULL },
    { NEWER, NULL, NULL, 0, "resources/read", "\"uri\":\"a\"", "a", 404,
      UNKNOWN, NOTHING, NULL },
    { OLD, V11, NULL, RES, "resources/subscribe", "\"uri\":\"a\"", NULL, 200,
      UNKNOWN, NOTHING, NULL },
    { NEWER, NULL, NULL, OFFERS_ALL, "resources/subscribe", "\"uri\":\"a\"",
      NULL, 404, UNKNOWN, NOTHING, NULL },
    { NEWER, NULL, NULL, OFFERS_ALL, "resources/unsubscribe",
      "\"uri\":\"a\"", NULL, 404, UNKNOWN, NOTHING, NULL },
    { OLD, V11, NULL, ~PROMPT, "prompts/list", "", NULL, 200, UNKNOWN,
      NOTHING, NULL },
    { NEWER, NULL, NULL, ~PROMPT, "prompts/get", "\"name\":\"a\"", "a", 404,
      UNKNOWN, NOTHING, NULL },
    { NEWER, NULL, NULL, ~COMPL, "completion/complete", REF_P "," ARG, NULL,
      404, UNKNOWN, NOTHING, NULL },
    { OLD, V11, NULL, ~LOGS, "logging/setLevel", "\"level\":\"info\"", NULL,
      200, UNKNOWN, NOTHING, NULL },
    { NEWER, NULL, NULL, OFFERS_ALL, "logging/setLevel",
      "\"level\":\"info\"", NULL, 404, UNKNOWN, NOTHING, NULL },
    { OLD, V11, NULL, ~TASKS, "tasks/get", "\"taskId\":\"t\"", NULL, 200,
      UNKNOWN, NOTHING, NULL },
    { OLD, V06, NULL, OFFERS_ALL, "tasks/get", "\"taskId\":\"t\"", NULL, 200,
      UNKNOWN, NOTHING, NULL },
    { OLD, V06, NULL, OFFERS_ALL, "tasks/list", "", NULL, 200, UNKNOWN,
      NOTHING, NULL },
    { OLD, V11, NULL, TASKS, "tasks/list", "", NULL, 200, UNKNOWN, NOTHING,
      NULL },
    { OLD, V11, NULL, OFFERS_ALL, "tasks/update", "\"taskId\":\"t\"", NULL,
      200, UNKNOWN, NOTHING, NULL },
    { NEWER, NULL, TASKS_CAP, ~TASKS, "tasks/get", "\"taskId\":\"t\"", "t",
      404, UNKNOWN, NOTHING, NULL },
    { NEWER, NULL, TASKS_CAP, OFFERS_ALL, "tasks/list", "", NULL, 404,
      UNKNOWN, NOTHING, NULL },
    { NEWER, NULL, TASKS_CAP, OFFERS_ALL, "tasks/result",
      "\"taskId\":\"t\"", "t", 404, UNKNOWN, NOTHING, NULL },
    { OLD, V11, NULL, OFFERS_ALL, "subscriptions/listen",
      "\"notifications\":{}", NULL, 200, UNKNOWN, NOTHING, NULL },
    { OLD, V11, NULL, OFFERS_ALL, "server/discover", "", NULL, 200, UNKNOWN,
      NOTHING, NULL },
    { NEWER, NULL, NULL, OFFERS_ALL, "initialize", "", NULL, 404, UNKNOWN,
      NOTHING, NULL },
    { NEWER, NULL, NULL, OFFERS_ALL, "ping", "", NULL, 404, UNKNOWN, NOTHING,
      NULL },
    { NEWER, NULL, NULL, OFFERS_ALL, "notifications/initialized", "", NULL,
      404, UNKNOWN, NOTHING, NULL },

    /* tools/call. */

    { NEWER, NULL, NULL, 0, "tools/call", "", NULL, 200, PARAMS, NOTHING,
      NULL },
    { NEWER, NULL, NULL, 0, "tools/call", "\"name\":null", NULL, 200, PARAMS,
      NOTHING, NULL },
    { NEWER, NULL, NULL, 0, "tools/call", "\"name\":\"a\",\"arguments\":7",
      "a", 200, PARAMS, NOTHING, NULL },
    { NEWER, NULL, NULL, 0, "tools/call",
      "\"name\":\"a\",\"inputResponses\":[]", "a", 200, PARAMS, NOTHING,
      NULL },
    { NEWER, NULL, NULL, 0, "tools/call",
      "\"name\":\"a\",\"requestState\":{}", "a", 200, PARAMS, NOTHING, NULL },
    { OLD, V11, NULL, 0, "tools/call",
      "\"name\":\"a\",\"inputResponses\":[],\"requestState\":{}", NULL, 200, 0,
      MZ_MCP_DO_TOOL, "a" },
    { OLD, V11, NULL, TASKS, "tools/call", "\"name\":\"a\",\"task\":true",
      NULL, 200, PARAMS, NOTHING, NULL },
    { OLD, V11, NULL, TASKS, "tools/call",
      "\"name\":\"a\",\"task\":{\"ttl\":-1}", NULL, 200, PARAMS, NOTHING,
      NULL },
    { OLD, V11, NULL, TASKS, "tools/call",
      "\"name\":\"a\",\"task\":{\"ttl\":0.5}", NULL, 200, PARAMS, NOTHING,
      NULL },
    { OLD, V11, NULL, TASKS, "tools/call",
      "\"name\":\"a\",\"task\":{\"ttl\":\"5\"}", NULL, 200, PARAMS, NOTHING,
      NULL },
    { OLD, V11, NULL, TASKS, "tools/call",
      "\"name\":\"a\",\"task\":{\"ttl\":1e300}", NULL, 200, PARAMS, NOTHING,
      NULL },
    { OLD, V06, NULL, TASKS, "tools/call", "\"name\":\"a\",\"task\":true",
      NULL, 200, 0, MZ_MCP_DO_TOOL, "a" },
    { OLD, V11, NULL, 0, "tools/call", "\"name\":\"a\",\"task\":true", NULL,
      200, 0, MZ_MCP_DO_TOOL, "a" },
    { NEWER, NULL, NULL, TASKS, "tools/call", "\"name\":\"a\",\"task\":true",
      "a", 200, 0, MZ_MCP_DO_TOOL, "a" },

    /* Lists: of one page, and of many. */

    { NEWER, NULL, NULL, RES, "resources/templates/list", "\"cursor\":\"\"",
      NULL, 200, PARAMS, NOTHING, NULL },
    { OLD, V11, NULL, PROMPT, "prompts/list", "\"cursor\":false", NULL, 200,
      PARAMS, NOTHING, NULL },
    { OLD, V11, NULL, RES, "resources/list", "\"cursor\":7", NULL, 200,
      PARAMS, NOTHING, NULL },
    { OLD, V11, NULL, TLIST, "tasks/list", "\"cursor\":{}", NULL, 200, PARAMS,
      NOTHING, NULL },
    { NEWER, NULL, NULL, RES, "resources/list", "\"cursor\":\"\"", NULL, 200,
      0, MZ_MCP_DO_RESOURCES, NULL },
    { NEWER, NULL, NULL, RES, "resources/list", "\"cursor\":null", NULL, 200,
      0, MZ_MCP_DO_RESOURCES, NULL },
    { OLD, V11, NULL, RES, "resources/list", "", NULL, 200, 0,
      MZ_MCP_DO_RESOURCES, NULL },
    { OLD, V11, NULL, TLIST, "tasks/list", "\"cursor\":\"x\"", NULL, 200, 0,
      MZ_MCP_DO_TASK_LIST, NULL },
    { OLD, V06, NULL, RES, "resources/templates/list", "", NULL, 200, 0,
      NOTHING, NULL },
    { NEWER, NULL, NULL, PROMPT, "prompts/list", "\"cursor\":null", NULL, 200,
      0, NOTHING, NULL },

    /* Resources. */

    { OLD, V11, NULL, RES, "resources/read", "", NULL, 200, PARAMS, NOTHING,
      NULL },
    { NEWER, NULL, NULL, RES, "resources/read", "\"uri\":7", NULL, 200,
      PARAMS, NOTHING, NULL },
    { NEWER, NULL, NULL, RES, "resources/read", "\"uri\":\"a\"", NULL, 400,
      -32020, NOTHING, NULL },
    { NEWER, NULL, NULL, RES, "resources/read", "\"uri\":\"a\"", "b", 400,
      -32020, NOTHING, NULL },
    { OLD, V11, NULL, RES, "resources/read", "\"uri\":\"a\"", "b", 400,
      -32020, NOTHING, NULL },
    { NEWER, NULL, NULL, RES, "resources/read",
      "\"uri\":\"a\",\"requestState\":5", "a", 200, PARAMS, NOTHING, NULL },
    { NEWER, NULL, NULL, RES, "resources/read", "\"uri\":\"a\"",
      "=?base64?YQ==?=", 200, 0, MZ_MCP_DO_READ, "a" },
    { OLD, V06, NULL, RES, "resources/read", "\"uri\":\"\"", NULL, 200, 0,
      MZ_MCP_DO_READ, "" },
    { OLD, V11, NULL, SUB, "resources/subscribe", "\"uri\":[]", NULL, 200,
      PARAMS, NOTHING, NULL },
    { OLD, V11, NULL, SUB, "resources/unsubscribe", "", NULL, 200, PARAMS,
      NOTHING, NULL },
    { OLD, V11, NULL, SUB, "resources/subscribe", "\"uri\":\"a\"", NULL, 200,
      0, MZ_MCP_DO_SUBSCRIBE, "a" },
    { OLD, V11, NULL, SUB, "resources/unsubscribe", "\"uri\":\"a\"", NULL,
      200, 0, MZ_MCP_DO_UNSUBSCRIBE, "a" },

    /* Prompts. */

    { OLD, V11, NULL, PROMPT, "prompts/get", "\"name\":1", NULL, 200, PARAMS,
      NOTHING, NULL },
    { OLD, V11, NULL, PROMPT, "prompts/get",
      "\"name\":\"a\",\"arguments\":\"x\"", NULL, 200, PARAMS, NOTHING,
      NULL },
    { OLD, V11, NULL, PROMPT, "prompts/get",
      "\"name\":\"a\",\"arguments\":{\"x\":\"y\",\"z\":1}", NULL, 200, PARAMS,
      NOTHING, NULL },
    { NEWER, NULL, NULL, PROMPT, "prompts/get",
      "\"name\":\"a\",\"inputResponses\":\"x\"", "a", 200, PARAMS, NOTHING,
      NULL },
    { NEWER, NULL, NULL, PROMPT, "prompts/get",
      "\"name\":\"a\",\"arguments\":{\"x\":\"y\"},\"inputResponses\":null",
      "a", 200, 0, MZ_MCP_DO_PROMPT, "a" },
    { OLD, V11, NULL, PROMPT, "prompts/get",
      "\"name\":\"a\",\"arguments\":null", NULL, 200, 0, MZ_MCP_DO_PROMPT,
      "a" },

    /* Completion. */

    { OLD, V11, NULL, COMPL, "completion/complete", ARG, NULL, 200, PARAMS,
      NOTHING, NULL },
    { OLD, V11, NULL, COMPL, "completion/complete",
      "\"ref\":{\"type\":\"ref/tool\",\"name\":\"a\"}," ARG, NULL, 200,
      PARAMS, NOTHING, NULL },
    { OLD, V11, NULL, COMPL, "completion/complete",
      "\"ref\":{\"type\":\"ref/prompt\",\"uri\":\"a\"}," ARG, NULL, 200,
      PARAMS, NOTHING, NULL },
    { OLD, V11, NULL, COMPL, "completion/complete",
      "\"ref\":{\"type\":\"ref/resource\",\"name\":\"a\"}," ARG, NULL, 200,
      PARAMS, NOTHING, NULL },
    { OLD, V11, NULL, COMPL, "completion/complete", "\"ref\":[]," ARG, NULL,
      200, PARAMS, NOTHING, NULL },
    { OLD, V11, NULL, COMPL, "completion/complete", REF_P, NULL, 200, PARAMS,
      NOTHING, NULL },
    { OLD, V11, NULL, COMPL, "completion/complete",
      REF_P ",\"argument\":{\"name\":\"b\"}", NULL, 200, PARAMS, NOTHING,
      NULL },
    { OLD, V11, NULL, COMPL, "completion/complete",
      REF_P ",\"argument\":{\"name\":7,\"value\":\"\"}", NULL, 200, PARAMS,
      NOTHING, NULL },
    { OLD, V11, NULL, COMPL, "completion/complete",
      REF_P "," ARG ",\"context\":[]", NULL, 200, PARAMS, NOTHING, NULL },
    { OLD, V11, NULL, COMPL, "completion/complete",
      REF_P "," ARG ",\"context\":{\"arguments\":7}", NULL, 200, PARAMS,
      NOTHING, NULL },
    { OLD, "2024-11-05", NULL, COMPL, "completion/complete", REF_P "," ARG,
      NULL, 200, 0, MZ_MCP_DO_COMPLETE, "ask" },
    { NEWER, NULL, NULL, COMPL, "completion/complete",
      REF_R "," ARG ",\"context\":{\"arguments\":{\"x\":\"y\"}}", NULL, 200,
      0, MZ_MCP_DO_COMPLETE, "a://{b}" },

    /* Logging. */

    { OLD, V11, NULL, LOGS, "logging/setLevel", "", NULL, 200, PARAMS,
      NOTHING, NULL },
    { OLD, V11, NULL, LOGS, "logging/setLevel", "\"level\":\"\"", NULL, 200,
      PARAMS, NOTHING, NULL },
    { OLD, V11, NULL, LOGS, "logging/setLevel", "\"level\":\"Info\"", NULL,
      200, PARAMS, NOTHING, NULL },
    { OLD, V11, NULL, LOGS, "logging/setLevel", "\"level\":\"off\"", NULL,
      200, PARAMS, NOTHING, NULL },
    { OLD, V11, NULL, LOGS, "logging/setLevel", "\"level\":3", NULL, 200,
      PARAMS, NOTHING, NULL },
    { OLD, V06, NULL, LOGS, "logging/setLevel", "\"level\":\"emergency\"",
      NULL, 200, 0, MZ_MCP_DO_SET_LEVEL, "emergency" },

    /* Tasks: the capability goes before the parameters. */

    { NEWER, NULL, NULL, TASKS, "tasks/get", "", NULL, 400, -32021, NOTHING,
      NULL },
    { NEWER, NULL, "{\"tasks\":{}}", TASKS, "tasks/cancel",
      "\"taskId\":\"t\"", "t", 400, -32021, NOTHING, NULL },
    { NEWER, NULL, "{\"extensions\":{\"io.modelcontextprotocol/tasks\":1}}",
      TASKS, "tasks/update", "\"taskId\":\"t\"", "t", 400, -32021, NOTHING,
      NULL },
    { NEWER, NULL, NULL, TASKS, "tasks/get", "\"taskId\":\"t\"", NULL, 400,
      -32020, NOTHING, NULL },
    { NEWER, NULL, TASKS_CAP, TASKS, "tasks/get", "\"taskId\":\"t\"", "u",
      400, -32020, NOTHING, NULL },
    { NEWER, NULL, TASKS_CAP, TASKS, "tasks/get", "", NULL, 200, PARAMS,
      NOTHING, NULL },
    { OLD, V11, NULL, TASKS, "tasks/get", "\"taskId\":7", NULL, 200, PARAMS,
      NOTHING, NULL },
    { OLD, V11, NULL, TASKS, "tasks/result", "", NULL, 200, PARAMS, NOTHING,
      NULL },
    { OLD, V11, NULL, TASKS, "tasks/cancel", "", NULL, 200, PARAMS, NOTHING,
      NULL },
    { NEWER, NULL, TASKS_CAP, TASKS, "tasks/update", "\"taskId\":\"t\"", "t",
      200, PARAMS, NOTHING, NULL },
    { NEWER, NULL, TASKS_CAP, TASKS, "tasks/update",
      "\"taskId\":\"t\",\"inputResponses\":[]", "t", 200, PARAMS, NOTHING,
      NULL },
    { NEWER, NULL, TASKS_CAP, TASKS, "tasks/update",
      "\"taskId\":\"t\",\"inputResponses\":{}", "t", 200, 0,
      MZ_MCP_DO_TASK_UPDATE, "t" },
    { NEWER, NULL, TASKS_CAP, TASKS, "tasks/get", "\"taskId\":\"t\"", "t",
      200, 0, MZ_MCP_DO_TASK_GET, "t" },
    { NEWER, NULL, TASKS_CAP, TASKS, "tasks/cancel", "\"taskId\":\"t\"", "t",
      200, 0, MZ_MCP_DO_TASK_CANCEL, "t" },
    { OLD, V11, NULL, TASKS, "tasks/get", "\"taskId\":\"t\"", NULL, 200, 0,
      MZ_MCP_DO_TASK_GET, "t" },
    { OLD, V11, NULL, TASKS, "tasks/result", "\"taskId\":\"t\"", "t", 200, 0,
      MZ_MCP_DO_TASK_RESULT, "t" },
    { OLD, V11, NULL, TASKS, "tasks/cancel", "\"taskId\":\"t\"", NULL, 200, 0,
      MZ_MCP_DO_TASK_CANCEL, "t" },

    /* subscriptions/listen. */

    { NEWER, NULL, NULL, 0, "subscriptions/listen", "", NULL, 200, PARAMS,
      NOTHING, NULL },
    { NEWER, NULL, NULL, 0, "subscriptions/listen", "\"notifications\":[]",
      NULL, 200, PARAMS, NOTHING, NULL },
    { NEWER, NULL, NULL, 0, "subscriptions/listen",
      "\"notifications\":{\"toolsListChanged\":1}", NULL, 200, PARAMS,
      NOTHING, NULL },
    { NEWER, NULL, NULL, 0, "subscriptions/listen",
      "\"notifications\":{\"resourceSubscriptions\":\"a\"}", NULL, 200,
      PARAMS, NOTHING, NULL },
    { NEWER, NULL, NULL, 0, "subscriptions/listen",
      "\"notifications\":{\"resourceSubscriptions\":[\"a\",7]}", NULL, 200,
      PARAMS, NOTHING, NULL },
    { NEWER, NULL, NULL, TASKS, "subscriptions/listen",
      "\"notifications\":{\"taskIds\":[\"t\"]}", NULL, 400, -32021, NOTHING,
      NULL },
    { NEWER, NULL, TASKS_CAP, TASKS, "subscriptions/listen",
      "\"notifications\":{\"taskIds\":{}}", NULL, 200, PARAMS, NOTHING,
      NULL },
    { NEWER, NULL, NULL, 0, "subscriptions/listen",
      "\"notifications\":{\"taskIds\":[\"t\"]}", NULL, 200, 0,
      MZ_MCP_DO_LISTEN, NULL },
    { NEWER, NULL, TASKS_CAP, TASKS, "subscriptions/listen",
      "\"notifications\":{\"taskIds\":[\"t\"],\"resourceSubscriptions\":[],"
      "\"promptsListChanged\":true,\"other\":7}", NULL, 200, 0,
      MZ_MCP_DO_LISTEN, NULL },
    { NEWER, NULL, NULL, 0, "subscriptions/listen", "\"notifications\":{}",
      NULL, 200, 0, MZ_MCP_DO_LISTEN, NULL }
};


static void
receive_row(const method_row_t *row, mz_mcp_request_t *req,
    mz_mcp_reply_t *reply, mz_mcp_outcome_t *outcome)
{
    char             body[1024];
    mz_mcp_http_t    http;
    mz_mcp_server_t  srv;

    srv = make_server(row->offers);
    http = make_http(true, row->era == OLD ? row->version : NEW,
                     row->era == OLD ? NULL : row->method, row->name);

    if (row->era == OLD) {
        snprintf(body, sizeof(body), RPC_ID "\"method\":\"%s\",\"params\":"
                 "{%s}}", row->method, row->params);

    } else {
        snprintf(body, sizeof(body), RPC_ID "\"method\":\"%s\",\"params\":"
                 "{%s%s\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":"
                 "\"" NEW "\",\"io.modelcontextprotocol/clientCapabilities\":"
                 "%s}}}", row->method, row->params, row->params[0] ? "," : "",
                 row->client ? row->client : "{}");
    }

    *outcome = mz_mcp_receive(&srv, &http, mz_str_from(body), req, reply);
}


static void
test_methods(void)
{
    size_t               i;
    mz_mcp_reply_t       reply;
    mz_mcp_request_t     req;
    mz_mcp_outcome_t     outcome;
    const method_row_t  *row;

    for (i = 0; i < MZ_ARRAY_LEN(methods); i++) {
        row = &methods[i];
        receive_row(row, &req, &reply, &outcome);

        CHECK_ROW(reply.status == row->status, "row %zu: %s %s: %d %s", i,
                  row->method, row->params, reply.status,
                  mz_buf_cstr(&reply.body));
        CHECK_ROW((outcome == MZ_MCP_CALL) == (row->what != NOTHING),
                  "row %zu: %s %s", i, row->method, row->params);
        CHECK_ROW(req.what == row->what, "row %zu: %d", i, (int) req.what);
        CHECK_ROW(req.era == row->era, "row %zu", i);

        if (outcome == MZ_MCP_ANSWER) {
            check_body(&reply.body, row->code, "1", i);

            /* What is missing is said by its name. */

            CHECK_ROW(row->code != PARAMS
                      || strstr(mz_buf_cstr(&reply.body), row->method),
                      "row %zu: %s", i, mz_buf_cstr(&reply.body));

        } else {
            CHECK_ROW((req.target.data != NULL) == (row->target != NULL),
                      "row %zu", i);
            CHECK_ROW(mz_str_eq(req.target, mz_str_from(row->target)),
                      "row %zu: %.*s", i, (int) req.target.len,
                      req.target.data);
            CHECK_STR(req.method, row->method);
            CHECK_ROW(json_is_object(req.params), "row %zu", i);
        }

        mz_mcp_request_free(&req);
        mz_mcp_reply_free(&reply);
    }
}


/* Every row a request without params can reach. */

static void
test_without_params(void)
{
    char              body[256];
    size_t            i;
    mz_mcp_http_t     http;
    mz_mcp_reply_t    reply;
    mz_mcp_server_t   srv;
    mz_mcp_request_t  req;

    static const char *const  need[] = {
        "tools/call", "resources/read", "resources/subscribe",
        "resources/unsubscribe", "prompts/get", "completion/complete",
        "logging/setLevel", "tasks/get", "tasks/result", "tasks/cancel",
        "initialize"
    };

    static const char *const  other[] = {
        "ping", "tools/list", "resources/list", "resources/templates/list",
        "prompts/list", "tasks/list"
    };

    srv = make_server(OFFERS_ALL);
    http = make_http(true, V11, NULL, NULL);

    for (i = 0; i < MZ_ARRAY_LEN(need); i++) {
        snprintf(body, sizeof(body), RPC_ID "\"method\":\"%s\"}", need[i]);
        CHECK(mz_mcp_receive(&srv, &http, mz_str_from(body), &req, &reply)
              == MZ_MCP_ANSWER);
        check_body(&reply.body, PARAMS, "1", i);
        mz_mcp_request_free(&req);
        mz_mcp_reply_free(&reply);
    }

    for (i = 0; i < MZ_ARRAY_LEN(other); i++) {
        snprintf(body, sizeof(body), RPC_ID "\"method\":\"%s\"}", other[i]);

        if (mz_mcp_receive(&srv, &http, mz_str_from(body), &req, &reply)
            == MZ_MCP_ANSWER)
        {
            check_body(&reply.body, 0, "1", i);
        }

        CHECK_ROW(reply.status == 200 && req.params == NULL, "%s", other[i]);
        mz_mcp_request_free(&req);
        mz_mcp_reply_free(&reply);

        snprintf(body, sizeof(body), RPC_ID "\"method\":\"%s\",\"params\":[]}",
                 other[i]);
        CHECK(mz_mcp_receive(&srv, &http, mz_str_from(body), &req, &reply)
              == MZ_MCP_ANSWER);
        check_body(&reply.body, PARAMS, "1", i);
        mz_mcp_request_free(&req);
        mz_mcp_reply_free(&reply);
    }
}


/* Nothing to remember, and nobody to remember it for. */

static void
test_without_session(void)
{
    size_t            i;
    mz_mcp_http_t     http;
    mz_mcp_reply_t    reply;
    mz_mcp_server_t   srv;
    mz_mcp_request_t  req;

    static const char *const  bodies[] = {
        RPC_ID "\"method\":\"logging/setLevel\",\"params\":"
        "{\"level\":\"debug\"}}",
        RPC_ID "\"method\":\"resources/subscribe\",\"params\":"
        "{\"uri\":\"a\"}}",
        RPC_ID "\"method\":\"resources/unsubscribe\",\"params\":"
        "{\"uri\":\"a\"}}"
    };

    srv = make_server(OFFERS_ALL);
    http = make_http(false, V11, NULL, NULL);
    http.session.state = MZ_MCP_SESSION_NONE;

    for (i = 0; i < MZ_ARRAY_LEN(bodies); i++) {
        CHECK_ROW(mz_mcp_receive(&srv, &http, mz_str_from(bodies[i]), &req,
                                 &reply) == MZ_MCP_ANSWER, "%s", bodies[i]);
        CHECK_STR(mz_buf_view(&reply.body), RPC "\"id\":1,\"result\":{}}");
        CHECK(req.what == MZ_MCP_DO_NOTHING);
        mz_mcp_request_free(&req);
        mz_mcp_reply_free(&reply);
    }

    http.session.state = MZ_MCP_SESSION_VALID;

    for (i = 0; i < MZ_ARRAY_LEN(bodies); i++) {
        CHECK(mz_mcp_receive(&srv, &http, mz_str_from(bodies[i]), &req, &reply)
              == MZ_MCP_CALL);
        mz_mcp_request_free(&req);
        mz_mcp_reply_free(&reply);
    }
}


static const method_row_t  tasks[] = {
    { OLD, V11, NULL, TASKS, "tools/call", "\"name\":\"a\"", NULL, 0, 0, 0,
      NULL },
    { OLD, V11, NULL, TASKS, "tools/call", "\"name\":\"a\",\"task\":{}", NULL,
      1, -1, 0, NULL },
    { OLD, V11, NULL, TASKS, "tools/call",
      "\"name\":\"a\",\"task\":{\"ttl\":0}", NULL, 1, 0, 0, NULL },
    { OLD, V11, NULL, TASKS, "tools/call",
      "\"name\":\"a\",\"task\":{\"ttl\":60000.0}", NULL, 1, 60000, 0, NULL },
    { OLD, V11, NULL, 0, "tools/call",
      "\"name\":\"a\",\"task\":{\"ttl\":5}", NULL, 0, -1, 0, NULL },
    { OLD, V06, NULL, TASKS, "tools/call",
      "\"name\":\"a\",\"task\":{\"ttl\":5}", NULL, 0, -1, 0, NULL },
    { NEWER, NULL, NULL, TASKS, "tools/call",
      "\"name\":\"a\",\"task\":{\"ttl\":5}", "a", 0, -1, 0, NULL },
    { NEWER, NULL, TASKS_CAP, 0, "tools/call", "\"name\":\"a\"", "a", 0, -1,
      0, NULL },
    { NEWER, NULL, TASKS_CAP, TASKS, "tools/call", "\"name\":\"a\"", "a", 1,
      -1, 0, NULL }
};

/* Here status says whether a task is wanted, and code its ttl. */

static void
test_tasks(void)
{
    size_t               i;
    mz_mcp_reply_t       reply;
    mz_mcp_request_t     req;
    mz_mcp_outcome_t     outcome;
    const method_row_t  *row;

    for (i = 0; i < MZ_ARRAY_LEN(tasks); i++) {
        row = &tasks[i];
        receive_row(row, &req, &reply, &outcome);

        CHECK_ROW(outcome == MZ_MCP_CALL, "row %zu: %s", i,
                  mz_buf_cstr(&reply.body));
        CHECK_ROW(req.wants_task == (row->status == 1), "row %zu", i);
        CHECK_ROW(req.task_ttl_ms == (row->status ? row->code : -1),
                  "row %zu: %d", i, (int) req.task_ttl_ms);
        mz_mcp_request_free(&req);
        mz_mcp_reply_free(&reply);
    }
}


static void
test_modern_meta(void)
{
    mz_mcp_http_t     http;
    mz_mcp_reply_t    reply;
    mz_mcp_request_t  req;

    http = make_http(true, NEW, "tools/call", "a");
    http.session.client = MZ_MCP_CAN_ROOTS;

    CHECK(mz_mcp_receive(&server, &http, mz_str(
        RPC_ID "\"method\":\"tools/call\",\"params\":{\"name\":\"a\","
        "\"arguments\":{\"b\":1},\"inputResponses\":{\"k\":{}},"
        "\"requestState\":\"s.1\",\"_meta\":{"
        "\"io.modelcontextprotocol/protocolVersion\":\"" NEW "\","
        "\"io.modelcontextprotocol/clientCapabilities\":{\"sampling\":{},"
        "\"elicitation\":{\"url\":{}}},"
        "\"io.modelcontextprotocol/logLevel\":\"warning\","
        "\"progressToken\":\"p\"}}}"), &req, &reply) == MZ_MCP_CALL);

    CHECK(req.client == (MZ_MCP_CAN_SAMPLING|MZ_MCP_CAN_ELICIT_URL));
    CHECK(req.log_level == MZ_MCP_LOG_WARNING);
    CHECK_STR(req.request_state, "s.1");
    CHECK(json_object_get(req.input_responses, "k") != NULL);
    CHECK(mz_json_get_int(req.arguments, "b", 0) == 1);
    CHECK(req.progress_token != NULL);
    mz_mcp_request_free(&req);
    mz_mcp_reply_free(&reply);

    /* Null is absent; and a legacy request has none of these. */

    CHECK(mz_mcp_receive(&server, &http, mz_str(
        RPC_ID "\"method\":\"tools/call\",\"params\":{\"name\":\"a\","
        "\"inputResponses\":null,\"requestState\":null," MODERN "}}"), &req,
        &reply) == MZ_MCP_CALL);
    CHECK(req.client == 0 && req.log_level == MZ_MCP_LOG_OFF);
    CHECK(req.request_state.data == NULL && req.input_responses == NULL);
    mz_mcp_request_free(&req);
    mz_mcp_reply_free(&reply);

    http = make_http(true, V11, NULL, NULL);
    CHECK(mz_mcp_receive(&server, &http, mz_str(
        RPC_ID "\"method\":\"tools/call\",\"params\":{\"name\":\"a\","
        "\"inputResponses\":{},\"requestState\":\"x\",\"_meta\":{"
        "\"io.modelcontextprotocol/logLevel\":\"debug\"}}}"), &req, &reply)
        == MZ_MCP_CALL);
    CHECK(req.request_state.data == NULL && req.input_responses == NULL);
    CHECK(req.log_level == MZ_MCP_LOG_OFF);
    mz_mcp_request_free(&req);
    mz_mcp_reply_free(&reply);
}


static void
test_initialize_client(void)
{
    mz_mcp_http_t     http;
    mz_mcp_reply_t    reply;
    mz_mcp_request_t  req;

    http = make_http(true, NULL, NULL, NULL);
    http.session.client = MZ_MCP_CAN_ROOTS;

    CHECK(mz_mcp_receive(&server, &http, mz_str(
        RPC_ID "\"method\":\"initialize\",\"params\":{\"protocolVersion\":"
        "\"2025-11-25\",\"capabilities\":{\"elicitation\":{}}}}"), &req,
        &reply) == MZ_MCP_ANSWER);
    CHECK(req.what == MZ_MCP_DO_INITIALIZE);
    CHECK(req.client == MZ_MCP_CAN_ELICIT);
    mz_mcp_request_free(&req);
    mz_mcp_reply_free(&reply);

    /* Refused, it opens no session. */

    CHECK(mz_mcp_receive(&server, &http, mz_str(
        RPC_ID "\"method\":\"initialize\",\"params\":{\"protocolVersion\":1}}"),
        &req, &reply) == MZ_MCP_ANSWER);
    CHECK(req.what == MZ_MCP_DO_NOTHING);
    mz_mcp_request_free(&req);
    mz_mcp_reply_free(&reply);
}


static void
test_log_levels(void)
{
    size_t        i;
    mz_mcp_log_t  level;

    for (i = 0; i < MZ_MCP_LOG_OFF; i++) {
        CHECK(mz_mcp_log_parse(
            mz_str_from(mz_mcp_log_name((mz_mcp_log_t) i)), &level) == MZ_OK);
        CHECK(level == (mz_mcp_log_t) i);
    }

    CHECK(mz_mcp_log_parse(mz_str("off"), &level) == MZ_INVALID);
    CHECK(mz_mcp_log_parse(mz_null_str, &level) == MZ_INVALID);
    CHECK(level == MZ_MCP_LOG_OFF);
    CHECK_STR(mz_str_from(mz_mcp_log_name(MZ_MCP_LOG_OFF)), "off");
    CHECK_STR(mz_str_from(mz_mcp_log_name(MZ_MCP_LOG_NOTICE)), "notice");
}


static const mz_test_t  tests[] = {
    { "methods and their parameters, a row per rule", test_methods },
    { "requests without params", test_without_params },
    { "levels and subscriptions without a session", test_without_session },
    { "who wants a task", test_tasks },
    { "the envelope of a modern request", test_modern_meta },
    { "what the client of initialize can do", test_initialize_client },
    { "log levels", test_log_levels }
};

MZ_TEST_MAIN(tests)
