
#include "mcp_test.h"


static void
check_answer(const char *version, const char *method, const char *body,
    const char *want)
{
    mz_mcp_http_t     http;
    mz_mcp_reply_t    reply;
    mz_mcp_request_t  req;

    http = make_http(true, version, method, NULL);
    CHECK(mz_mcp_receive(&server, &http, mz_str_from(body), &req, &reply)
          == MZ_MCP_ANSWER);
    CHECK_STR(mz_buf_view(&reply.body), want);

    mz_mcp_request_free(&req);
    mz_mcp_reply_free(&reply);
}


#define INFO                                                                  \
    "{\"name\":\"mitzu\",\"title\":\"Mitzu \\\"MCP\\\"\",\"version\":\"1.0\"}"
#define INFO_META                                                             \
    "\"_meta\":{\"io.modelcontextprotocol/serverInfo\":" INFO "}"
#define INIT(v)                                                               \
    RPC "\"id\":0,\"method\":\"initialize\",\"params\":"                      \
    "{\"protocolVersion\":\"" v "\"}}"
#define INITED(v)                                                             \
    RPC "\"id\":0,\"result\":{\"protocolVersion\":\"" v "\",\"capabilities\":"\
    "{\"tools\":{}},\"serverInfo\":" INFO ",\"instructions\":\"Ask.\"}}"

static void
test_answers(void)
{
    check_answer(NULL, NULL, INIT("2025-11-25"), INITED("2025-11-25"));
    check_answer(NULL, NULL, INIT("2025-06-18"), INITED("2025-06-18"));
    check_answer(NULL, NULL, INIT("2025-03-26"), INITED("2025-03-26"));
    check_answer(NULL, NULL, INIT("2024-11-05"), INITED("2024-11-05"));
    check_answer(NULL, NULL, INIT("1999-01-01"), INITED("2025-11-25"));
    check_answer(NULL, NULL, INIT(NEW), INITED("2025-11-25"));

    check_answer(NULL, NULL, RPC "\"id\":\"a\",\"method\":\"ping\"}",
                 RPC "\"id\":\"a\",\"result\":{}}");
    check_answer(NULL, NULL, RPC "\"id\":1,\"method\":\"tools/list\"}",
                 RPC "\"id\":1,\"result\":{\"tools\":"
                 "[{\"name\":\"inspect\"}]}}");
    check_answer(NEW, "tools/list", LIST(MODERN),
                 RPC "\"id\":1,\"result\":{\"resultType\":\"complete\","
                 "\"ttlMs\":300000,\"cacheScope\":\"public\",\"tools\":"
                 "[{\"name\":\"inspect\"}]," INFO_META "}}");
    check_answer(NEW, "server/discover",
                 RPC "\"id\":1,\"method\":\"server/discover\",\"params\":{"
                 MODERN "}}",
                 RPC "\"id\":1,\"result\":{\"resultType\":\"complete\","
                 "\"ttlMs\":3600000,\"cacheScope\":\"public\","
                 "\"supportedVersions\":[\"2026-07-28\"],"
                 "\"capabilities\":{\"tools\":{}},\"instructions\":\"Ask.\","
                 INFO_META "}}");
    check_answer("v\"9", "tools/list", LIST(META("\"v\\\"9\"")),
                 RPC "\"id\":1,\"error\":{\"code\":-32022,\"message\":"
                 "\"Unsupported protocol version\",\"data\":{\"supported\":"
                 "[\"2026-07-28\"],\"requested\":\"v\\\"9\"}}}");
}


typedef struct {
    unsigned     offers;
    const char  *version;           /* NEW: server/discover */
    const char  *capabilities;
} offer_row_t;

#define ALL_LEGACY                                                            \
    "\"tools\":{\"listChanged\":true},"                                       \
    "\"resources\":{\"subscribe\":true,\"listChanged\":true},"                \
    "\"prompts\":{\"listChanged\":true},"
#define EXT(v)  "\"extensions\":{" v "}"
#define EXT_T   "\"io.modelcontextprotocol/tasks\":{}"
#define EXT_U   "\"io.modelcontextprotocol/ui\":{}"

static const offer_row_t  offers[] = {
    { 0, "2025-11-25", "{\"tools\":{}}" },
    { 0, NEW, "{\"tools\":{}}" },
    { MZ_MCP_OFFERS_RESOURCES|MZ_MCP_OFFERS_PROMPTS, "2025-06-18",
      "{\"tools\":{},\"resources\":{},\"prompts\":{}}" },
    { MZ_MCP_OFFERS_RESOURCES_CHANGE|MZ_MCP_OFFERS_SUBSCRIBE, "2025-06-18",
      "{\"tools\":{}}" },
    { OFFERS_ALL, "2024-11-05",
      "{" ALL_LEGACY "\"logging\":{}}" },
    { OFFERS_ALL, "2025-03-26",
      "{" ALL_LEGACY "\"completions\":{},\"logging\":{}}" },
    { OFFERS_ALL, "2025-06-18",
      "{" ALL_LEGACY "\"completions\":{},\"logging\":{}}" },
    { OFFERS_ALL, "2025-11-25",
      "{" ALL_LEGACY "\"completions\":{},\"logging\":{},\"tasks\":"
      "{\"list\":{},\"cancel\":{},\"requests\":{\"tools\":{\"call\":{}}}}}" },
    { MZ_MCP_OFFERS_TASKS, "2025-11-25",
      "{\"tools\":{},\"tasks\":{\"cancel\":{},\"requests\":{\"tools\":"
      "{\"call\":{}}}}}" },
    { MZ_MCP_OFFERS_TASKS_LIST, "2025-11-25", "{\"tools\":{}}" },
    { MZ_MCP_OFFERS_TASKS|MZ_MCP_OFFERS_UI, "2025-06-18", "{\"tools\":{}}" },
    { OFFERS_ALL, NEW,
      "{" ALL_LEGACY "\"completions\":{}," EXT(EXT_T "," EXT_U) "}" },
    { MZ_MCP_OFFERS_UI|MZ_MCP_OFFERS_LOGGING, NEW,
      "{\"tools\":{}," EXT(EXT_U) "}" },
    { MZ_MCP_OFFERS_TASKS, NEW, "{\"tools\":{}," EXT(EXT_T) "}" }
};


static void
test_offers(void)
{
    char              body[256];
    bool              is_new;
    size_t            i;
    mz_buf_t          text;
    json_t           *root;
    mz_err_t          err;
    mz_mcp_http_t     http;
    mz_mcp_reply_t    reply;
    mz_mcp_server_t   srv;
    mz_mcp_request_t  req;

    mz_buf_init(&text, 0);

    for (i = 0; i < MZ_ARRAY_LEN(offers); i++) {
        is_new = strcmp(offers[i].version, NEW) == 0;
        srv = make_server(offers[i].offers);
        http = make_http(true, is_new ? NEW : NULL,
                         is_new ? "server/discover" : NULL, NULL);
        snprintf(body, sizeof(body), is_new
                 ? RPC_ID "\"method\":\"server/discover\",\"params\":{%s}}"
                 : RPC_ID "\"method\":\"initialize\",\"params\":"
                   "{\"protocolVersion\":\"%s\"}}",
                 is_new ? MODERN : offers[i].version);

        CHECK(mz_mcp_receive(&srv, &http, mz_str_from(body), &req, &reply)
              == MZ_MCP_ANSWER);
        CHECK_ROW(mz_json_load(mz_buf_view(&reply.body), NULL, &root, &err)
                  == MZ_OK, "%s", mz_buf_cstr(&reply.body));

        mz_buf_reset(&text);
        mz_json_dump(&text, json_object_get(json_object_get(root, "result"),
                                            "capabilities"));
        CHECK_STR(mz_buf_view(&text), offers[i].capabilities);

        json_decref(root);
        mz_mcp_request_free(&req);
        mz_mcp_reply_free(&reply);
    }

    mz_buf_free(&text);
}


typedef struct {
    unsigned     offers;
    const char  *version;
    const char  *method;
    const char  *members;           /* of the result, without the era's */
    bool         is_cached;         /* in the modern era */
} list_row_t;

static const list_row_t  lists[] = {
    { 0, "2025-11-25", "tools/list", "\"tools\":[{\"name\":\"inspect\"}]",
      true },
    { MZ_MCP_OFFERS_TASKS, "2025-11-25", "tools/list",
      "\"tools\":[{\"name\":\"inspect\",\"execution\":1}]", true },
    { MZ_MCP_OFFERS_TASKS, "2025-06-18", "tools/list",
      "\"tools\":[{\"name\":\"inspect\"}]", true },
    { MZ_MCP_OFFERS_TASKS, NEW, "tools/list",
      "\"tools\":[{\"name\":\"inspect\"}]", true },
    { OFFERS_ALL, "2024-11-05", "resources/templates/list",
      "\"resourceTemplates\":[{\"uriTemplate\":\"a://{b}\"}]", true },
    { OFFERS_ALL, NEW, "resources/templates/list",
      "\"resourceTemplates\":[{\"uriTemplate\":\"a://{b}\"}]", true },
    { OFFERS_ALL, "2025-03-26", "prompts/list",
      "\"prompts\":[{\"name\":\"ask\"}]", true },
    { OFFERS_ALL, NEW, "prompts/list", "\"prompts\":[{\"name\":\"ask\"}]",
      true },
    { OFFERS_ALL, "2025-11-25", "ping", "", false }
};


static void
test_lists(void)
{
    char              body[512], want[512];
    bool              is_new;
    size_t            i;
    mz_mcp_http_t     http;
    mz_mcp_reply_t    reply;
    mz_mcp_server_t   srv;
    mz_mcp_request_t  req;

    for (i = 0; i < MZ_ARRAY_LEN(lists); i++) {
        is_new = strcmp(lists[i].version, NEW) == 0;
        srv = make_server(lists[i].offers);
        http = make_http(true, lists[i].version,
                         is_new ? lists[i].method : NULL, NULL);
        snprintf(body, sizeof(body), RPC_ID "\"method\":\"%s\",\"params\":"
                 "{%s}}", lists[i].method, is_new ? MODERN : "");
        snprintf(want, sizeof(want), RPC_ID "\"result\":{%s%s%s}}",
                 is_new ? "\"resultType\":\"complete\",\"ttlMs\":300000,"
                          "\"cacheScope\":\"public\"," : "",
                 lists[i].members, is_new ? "," INFO_META : "");

        CHECK(mz_mcp_receive(&srv, &http, mz_str_from(body), &req, &reply)
              == MZ_MCP_ANSWER);
        CHECK_STR(mz_buf_view(&reply.body), want);
        mz_mcp_request_free(&req);
        mz_mcp_reply_free(&reply);
    }

    /* A server without lists has empty ones. */

    srv = make_server(OFFERS_ALL);
    srv.prompts_json = mz_null_str;
    http = make_http(true, "2025-11-25", NULL, NULL);
    CHECK(mz_mcp_receive(&srv, &http,
                         mz_str(RPC_ID "\"method\":\"prompts/list\"}"), &req,
                         &reply) == MZ_MCP_ANSWER);
    CHECK_STR(mz_buf_view(&reply.body), RPC_ID "\"result\":{\"prompts\":[]}}");
    mz_mcp_request_free(&req);
    mz_mcp_reply_free(&reply);
}


static void
receive_call(const char *version, const char *name, const char *body,
    mz_mcp_request_t *req)
{
    mz_mcp_http_t   http;
    mz_mcp_reply_t  reply;

    http = make_http(true, version, name ? "tools/call" : NULL, name);
    CHECK(mz_mcp_receive(&server, &http, mz_str_from(body), req, &reply)
          == MZ_MCP_CALL);
    mz_mcp_reply_free(&reply);
}


static void
test_writers(void)
{
    mz_buf_t          out;
    mz_mcp_result_t   res;
    mz_mcp_request_t  req;

    mz_buf_init(&out, 0);

    receive_call("2025-06-18", NULL, CALL(",\"_meta\":{\"progressToken\":"
                 "\"p\\n7\"}"), &req);
    CHECK(req.era == MZ_MCP_LEGACY);
    CHECK_STR(req.version, "2025-06-18");
    CHECK_STR(req.method, "tools/call");
    CHECK_STR(req.target, "inspect");
    CHECK(mz_json_get_int(req.arguments, "a", 0) == 1);

    memset(&res, 0, sizeof(res));
    res.structured = mz_str("{\"rows\":12}");
    res.text = mz_str("12 \"rows\"\n");
    res.is_error = false;

    mz_mcp_write_result(&server, &req, &res, &out);
    CHECK_STR(mz_buf_view(&out), RPC "\"id\":1,\"result\":{\"content\":["
              "{\"type\":\"text\",\"text\":\"12 \\\"rows\\\"\\n\"}],"
              "\"structuredContent\":{\"rows\":12}}}");

    mz_buf_reset(&out);
    mz_mcp_write_progress(&req, 3, -1, mz_str("Planning"), &out);
    CHECK_STR(mz_buf_view(&out), RPC "\"method\":\"notifications/progress\","
              "\"params\":{\"progressToken\":\"p\\n7\",\"progress\":3,"
              "\"message\":\"Planning\"}}");

    mz_buf_reset(&out);
    mz_mcp_write_error(&req, MZ_RPC_PARAMS, mz_str("Unknown tool: x\xff"),
                       mz_str("{\"a\":1}"), &out);
    CHECK_STR(mz_buf_view(&out), RPC "\"id\":1,\"error\":{\"code\":-32602,"
              "\"message\":\"Unknown tool: x\xef\xbf\xbd\","
              "\"data\":{\"a\":1}}}");
    mz_mcp_request_free(&req);

    receive_call(NEW, "inspect", CALL("," MODERN), &req);
    CHECK(req.era == MZ_MCP_MODERN);
    CHECK_STR(req.version, NEW);
    CHECK(req.progress_token == NULL);

    mz_buf_reset(&out);
    mz_mcp_write_result(&server, &req, &res, &out);
    CHECK_STR(mz_buf_view(&out), RPC "\"id\":1,\"result\":{\"resultType\":"
              "\"complete\",\"content\":[{\"type\":\"text\",\"text\":"
              "\"12 \\\"rows\\\"\\n\"}],\"structuredContent\":{\"rows\":12},"
              INFO_META "}}");

    /* An error has no structured content, even if somebody gave one. */

    res.is_error = true;
    mz_buf_reset(&out);
    mz_mcp_write_result(&server, &req, &res, &out);
    CHECK_STR(mz_buf_view(&out), RPC "\"id\":1,\"result\":{\"resultType\":"
              "\"complete\",\"content\":[{\"type\":\"text\",\"text\":"
              "\"12 \\\"rows\\\"\\n\"}],\"isError\":true," INFO_META "}}");
    mz_mcp_request_free(&req);

    mz_buf_free(&out);
}


#define TEXT(s)  "{\"type\":\"text\",\"text\":\"" s "\"}"

static void
test_contents(void)
{
    mz_buf_t         out;
    mz_mcp_result_t  res;

    mz_buf_init(&out, 0);
    memset(&res, 0, sizeof(res));

    mz_mcp_write_result_members(&res, &out);
    CHECK_STR(mz_buf_view(&out), "\"content\":[" TEXT("") "]");

    mz_buf_reset(&out);
    res.content = mz_str("");
    mz_mcp_write_result_members(&res, &out);
    CHECK_STR(mz_buf_view(&out), "\"content\":[]");

    mz_buf_reset(&out);
    res.content = mz_str("{\"type\":\"image\"},{\"type\":\"audio\"}");
    mz_mcp_write_result_members(&res, &out);
    CHECK_STR(mz_buf_view(&out), "\"content\":[{\"type\":\"image\"},"
              "{\"type\":\"audio\"}]");

    mz_buf_reset(&out);
    mz_buf_add_c(&out, "{\"a\":1");
    res.text = mz_str("t");
    res.structured = mz_str("[1]");
    mz_mcp_write_result_members(&res, &out);
    CHECK_STR(mz_buf_view(&out), "{\"a\":1,\"content\":[" TEXT("t") ","
              "{\"type\":\"image\"},{\"type\":\"audio\"}],"
              "\"structuredContent\":[1]");

    mz_buf_free(&out);
}


/* A _meta of the members must not be a second one. */

static void
test_members(void)
{
    size_t             i;
    mz_buf_t           out;
    mz_mcp_cache_t     cache;
    mz_mcp_request_t   req;

    static const struct {
        const char  *members;
        const char  *legacy;
        const char  *modern;
    } rows[] = {
        { "", "", INFO_META },
        { "\"a\":1", "\"a\":1", "\"a\":1," INFO_META },
        { "\"_meta\":{}", "\"_meta\":{}", INFO_META },
        { "\"a\":{\"_meta\":{}}", "\"a\":{\"_meta\":{}}",
          "\"a\":{\"_meta\":{}}," INFO_META },
        { "\"a\":1,\"_meta\" : { \"x/y\":7},\"b\":2",
          "\"a\":1,\"_meta\" : { \"x/y\":7},\"b\":2",
          "\"a\":1,\"_meta\" : {\"io.modelcontextprotocol/serverInfo\":" INFO
          ", \"x/y\":7},\"b\":2" }
    };

    mz_buf_init(&out, 0);
    memset(&req, 0, sizeof(req));
    memcpy(req.id, "1", 2);
    cache.ttl_ms = 5;
    cache.scope = mz_str("private");

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        req.era = MZ_MCP_LEGACY;
        mz_buf_reset(&out);
        mz_mcp_write_members(&server, &req, "input_required", &cache,
                             mz_str_from(rows[i].members), &out);
        mz_buf_add_char(&out, '\n');
        CHECK_ROW(strncmp(mz_buf_cstr(&out), RPC_ID "\"result\":{", 33) == 0,
                  "%s", mz_buf_cstr(&out));
        CHECK_ROW(mz_str_has_prefix(
            (mz_str_t) { out.data + strlen(RPC_ID "\"result\":{"),
                         out.len - strlen(RPC_ID "\"result\":{") },
            mz_str_from(rows[i].legacy)), "%s", mz_buf_cstr(&out));

        req.era = MZ_MCP_MODERN;
        mz_buf_reset(&out);
        mz_mcp_write_members(&server, &req, "input_required", &cache,
                             mz_str_from(rows[i].members), &out);
        CHECK_ROW(mz_str_has_prefix(mz_buf_view(&out), mz_str(
            RPC_ID "\"result\":{\"resultType\":\"input_required\","
            "\"ttlMs\":5,\"cacheScope\":\"private\",")), "%s",
            mz_buf_cstr(&out));
        CHECK_ROW(mz_str_find(mz_buf_view(&out), mz_str_from(rows[i].modern),
                              0) != SIZE_MAX, "row %zu: %s", i,
                  mz_buf_cstr(&out));
        check_body(&out, 0, "1", i);
    }

    mz_buf_free(&out);
}


static void
test_messages(void)
{
    mz_buf_t  out;

    mz_buf_init(&out, 0);

    mz_mcp_write_log(MZ_MCP_LOG_ALERT, mz_str("l\""), mz_str("[1]"), &out);
    CHECK_STR(mz_buf_view(&out), RPC "\"method\":\"notifications/message\","
              "\"params\":{\"level\":\"alert\",\"logger\":\"l\\\"\","
              "\"data\":[1]}}");

    mz_buf_reset(&out);
    mz_mcp_write_log(MZ_MCP_LOG_DEBUG, mz_null_str, mz_null_str, &out);
    CHECK_STR(mz_buf_view(&out), RPC "\"method\":\"notifications/message\","
              "\"params\":{\"level\":\"debug\",\"data\":null}}");

    mz_buf_reset(&out);
    mz_mcp_write_notification(mz_str("notifications/tools/list_changed"),
                              mz_null_str, &out);
    CHECK_STR(mz_buf_view(&out), RPC "\"method\":"
              "\"notifications/tools/list_changed\"}");

    mz_buf_reset(&out);
    mz_mcp_write_notification(mz_str("n"), mz_str("{\"a\":1}"), &out);
    CHECK_STR(mz_buf_view(&out), RPC "\"method\":\"n\",\"params\":"
              "{\"a\":1}}");

    mz_buf_reset(&out);
    mz_mcp_write_request(mz_str("q.1"), mz_str("roots/list"), mz_null_str,
                         &out);
    CHECK_STR(mz_buf_view(&out), RPC "\"id\":\"q.1\",\"method\":"
              "\"roots/list\"}");

    mz_buf_reset(&out);
    mz_mcp_write_request(mz_str("q.1"), mz_str("m"), mz_str("{}"), &out);
    CHECK_STR(mz_buf_view(&out), RPC "\"id\":\"q.1\",\"method\":\"m\","
              "\"params\":{}}");

    mz_buf_free(&out);
}


/* An error of a client's capabilities names them as the client would. */

static void
test_incapable(void)
{
    mz_mcp_http_t     http;
    mz_mcp_reply_t    reply;
    mz_mcp_server_t   srv;
    mz_mcp_request_t  req;

    srv = make_server(OFFERS_ALL);
    http = make_http(true, NEW, "tasks/get", "t");
    CHECK(mz_mcp_receive(&srv, &http, mz_str(
        RPC_ID "\"method\":\"tasks/get\",\"params\":{\"taskId\":\"t\"," MODERN
        "}}"), &req, &reply) == MZ_MCP_ANSWER);
    CHECK_STR(mz_buf_view(&reply.body), RPC_ID "\"error\":{\"code\":-32021,"
              "\"message\":\"Missing required client capability\",\"data\":"
              "{\"requiredCapabilities\":{\"extensions\":"
              "{\"io.modelcontextprotocol/tasks\":{}}}}}}");
    mz_mcp_request_free(&req);
    mz_mcp_reply_free(&reply);

    /* The words of an error are ours, not those of a library. */

    CHECK(mz_mcp_receive(&srv, &http, mz_str(
        RPC_ID "\"method\":\"tools/call\",\"params\":{\"name\":"
        "\"a\\u0000\"}}"), &req, &reply) == MZ_MCP_ANSWER);
    CHECK(strstr(mz_buf_cstr(&reply.body), "NUL") != NULL);
    CHECK(strstr(mz_buf_cstr(&reply.body), "JSON_") == NULL);
    mz_mcp_request_free(&req);
    mz_mcp_reply_free(&reply);
}


static void
test_progress_tokens(void)
{
    size_t            i;
    char              body[1024];
    mz_buf_t          out;
    mz_mcp_request_t  req;

    mz_buf_init(&out, 0);

    receive_call(NULL, NULL, CALL(",\"_meta\":{\"progressToken\":0}"), &req);
    CHECK(req.progress_token != NULL);
    mz_mcp_write_progress(&req, 1, 0, mz_null_str, &out);
    CHECK_STR(mz_buf_view(&out), RPC "\"method\":\"notifications/progress\","
              "\"params\":{\"progressToken\":0,\"progress\":1,\"total\":0}}");
    mz_mcp_request_free(&req);

    receive_call(NULL, NULL, CALL(",\"_meta\":{\"progressToken\":null}"),
                 &req);
    CHECK(req.progress_token == NULL);
    mz_mcp_request_free(&req);

    receive_call(NULL, NULL, CALL(",\"_meta\":{\"progressToken\":1.5}"), &req);
    CHECK(req.progress_token == NULL);
    mz_mcp_request_free(&req);

    /* Every note would repeat it. */

    for (i = 256; i <= 257; i++) {
        snprintf(body, sizeof(body), CALL(",\"_meta\":{\"progressToken\":"
                 "\"%0*d\"}"), (int) i, 0);
        receive_call(NULL, NULL, body, &req);
        CHECK_ROW((req.progress_token != NULL) == (i == 256), "%zu", i);
        mz_mcp_request_free(&req);
    }

    receive_call(NULL, NULL, RPC "\"id\":1,\"method\":\"tools/call\","
                 "\"params\":{\"name\":\"x\",\"arguments\":null}}", &req);
    CHECK(req.arguments == NULL);
    CHECK_STR(req.version, "2025-11-25");
    mz_mcp_request_free(&req);

    mz_buf_free(&out);
}


static void
test_http_errors(void)
{
    int       status;
    mz_buf_t  out;

    mz_buf_init(&out, 0);

    for (status = 400; status < 600; status++) {
        mz_buf_reset(&out);
        mz_mcp_write_http_error(status, mz_null_str, &out);
        check_body(&out, status < 500 ? -32600 : -32603, NULL,
                   (size_t) status);
    }

    mz_buf_reset(&out);
    mz_mcp_write_http_error(503, mz_str("Redis is \"away\""), &out);
    CHECK_STR(mz_buf_view(&out), RPC "\"error\":{\"code\":-32603,\"message\":"
              "\"Unavailable for now: try again later: Redis is "
              "\\\"away\\\"\"}}");

    mz_buf_free(&out);
}


static const mz_test_t  tests[] = {
    { "whole answers of both eras", test_answers },
    { "capabilities by revision and offer", test_offers },
    { "lists from memory", test_lists },
    { "results, errors and progress of both eras", test_writers },
    { "content blocks", test_contents },
    { "members and their _meta", test_members },
    { "notifications and requests of ours", test_messages },
    { "what an error says", test_incapable },
    { "progress tokens keep their type", test_progress_tokens },
    { "errors of nginx as JSON", test_http_errors }
};

MZ_TEST_MAIN(tests)
