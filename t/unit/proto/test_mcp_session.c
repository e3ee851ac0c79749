
#include "mcp_test.h"


#define PING       RPC_ID "\"method\":\"ping\"}"
#define INIT       RPC_ID "\"method\":\"initialize\",\"params\":"             \
                   "{\"protocolVersion\":\"2025-06-18\"}}"
#define DONE       RPC "\"method\":\"notifications/initialized\"}"
#define CANCEL(id) RPC "\"method\":\"notifications/cancelled\",\"params\":"   \
                   "{\"requestId\":" id "}}"
#define REPLY(id)  RPC "\"id\":" id ",\"result\":{}}"

#define NONE    MZ_MCP_SESSION_NONE
#define VALID   MZ_MCP_SESSION_VALID
#define GONE    MZ_MCP_SESSION_GONE
#define UNSURE  MZ_MCP_SESSION_UNSURE


typedef struct {
    int                      strict;
    mz_mcp_session_state_t   state;
    const char              *spoken;    /* negotiated */
    const char              *header;
    unsigned                 duplicates;
    const char              *body;
    mz_mcp_outcome_t         outcome;
    int                      status;
    int                      code;
    const char              *version;   /* what the request speaks; or NULL */
    unsigned                 tolerated;
} post_row_t;

static const post_row_t  posts[] = {

    /* A session that is gone is 404 for all but initialize. */

    { BOTH, GONE, NULL, NULL, 0, PING, MZ_MCP_ANSWER, 404, -32001, NULL, 0 },
    { BOTH, GONE, NULL, "1999-01-01", 0, PING, MZ_MCP_ANSWER, 404, -32001,
      NULL, 0 },
    { BOTH, GONE, NULL, NULL, 0, DONE, MZ_MCP_ANSWER, 404, -32001, NULL, 0 },
    { BOTH, GONE, NULL, NULL, 0, CANCEL("1"), MZ_MCP_ANSWER, 404, -32001,
      NULL, 0 },
    { BOTH, GONE, NULL, NULL, 0, REPLY("\"a\""), MZ_MCP_ANSWER, 404, -32001,
      NULL, 0 },
    { BOTH, GONE, NULL, NULL, 0, RPC_ID "\"method\":\"no/such\"}",
      MZ_MCP_ANSWER, 404, -32001, NULL, 0 },
    { BOTH, GONE, NULL, NULL, 0, INIT, MZ_MCP_ANSWER, 200, 0, "2025-06-18",
      0 },
    { BOTH, GONE, NULL, "1999-01-01", MZ_HTTP_DUP_SESSION, INIT,
      MZ_MCP_ANSWER, 200, 0, "2025-06-18", 0 },
    { BOTH, GONE, NULL, NEW, 0, LIST(MODERN), MZ_MCP_ANSWER, 400, -32020,
      NEW, 0 },

    /* One that cannot be verified is asked to come again. */

    { BOTH, UNSURE, NULL, NULL, 0, PING, MZ_MCP_ANSWER, 503, -32603, NULL,
      0 },
    { BOTH, UNSURE, NULL, NULL, 0, DONE, MZ_MCP_ANSWER, 503, -32603, NULL,
      0 },
    { BOTH, UNSURE, NULL, NULL, 0, INIT, MZ_MCP_ANSWER, 200, 0, "2025-06-18",
      0 },

    /* Without one. */

    { 1, NONE, NULL, NULL, 0, PING, MZ_MCP_ANSWER, 400, -32000, NULL, 0 },
    { 1, NONE, NULL, NULL, 0, LIST(""), MZ_MCP_ANSWER, 400, -32000, NULL, 0 },
    { 1, NONE, NULL, NULL, 0, DONE, MZ_MCP_ANSWER, 400, -32000, NULL, 0 },
    { 1, NONE, NULL, NULL, 0, REPLY("\"a\""), MZ_MCP_ANSWER, 400, -32000,
      NULL, 0 },
    { 1, NONE, NULL, NULL, 0, CALL(""), MZ_MCP_ANSWER, 400, -32000, NULL, 0 },
    { 0, NONE, NULL, NULL, 0, PING, MZ_MCP_ANSWER, 200, 0, "2025-03-26",
      TOL(SESSION_ABSENT) },
    { 0, NONE, NULL, "2025-06-18", 0, CALL(""), MZ_MCP_CALL, 200, 0,
      "2025-06-18", TOL(SESSION_ABSENT) },
    { 0, NONE, NULL, NULL, 0, DONE, MZ_MCP_ACCEPTED, 202, 0, "2025-03-26",
      TOL(SESSION_ABSENT) },
    { 0, NONE, NULL, NULL, 0, CANCEL("1"), MZ_MCP_ACCEPTED, 202, 0,
      "2025-03-26", TOL(SESSION_ABSENT) },
    { 0, NONE, NULL, NULL, 0, REPLY("\"a\""), MZ_MCP_CALL, 200, 0,
      "2025-03-26", TOL(SESSION_ABSENT) },
    { BOTH, NONE, NULL, NULL, 0, INIT, MZ_MCP_ANSWER, 200, 0, "2025-06-18",
      0 },
    { BOTH, NONE, NULL, NULL, MZ_HTTP_DUP_SESSION, PING, MZ_MCP_ANSWER, 400,
      -32000, NULL, 0 },

    /* What was negotiated goes before the header. */

    { BOTH, VALID, "2025-06-18", NULL, 0, PING, MZ_MCP_ANSWER, 200, 0,
      "2025-06-18", 0 },
    { BOTH, VALID, "2024-11-05", "2024-11-05", 0, PING, MZ_MCP_ANSWER, 200, 0,
      "2024-11-05", 0 },
    { BOTH, VALID, "2025-11-25", "  2025-11-25 ", 0, PING, MZ_MCP_ANSWER, 200,
      0, "2025-11-25", 0 },
    { 1, VALID, "2024-11-05", "2025-11-25", 0, PING, MZ_MCP_ANSWER, 400,
      -32000, NULL, 0 },
    { 0, VALID, "2024-11-05", "2025-11-25", 0, PING, MZ_MCP_ANSWER, 200, 0,
      "2024-11-05", TOL(VERSION_DIFFERS) },
    { 1, VALID, "2025-11-25", NEW, 0, PING, MZ_MCP_ANSWER, 400, -32602, NULL,
      0 },
    { 0, VALID, "2025-11-25", NEW, 0, PING, MZ_MCP_ANSWER, 200, 0,
      "2025-11-25", TOL(VERSION_DIFFERS) },
    { 1, VALID, "2025-11-25", NEW, 0, REPLY("\"a\""), MZ_MCP_ANSWER, 400,
      -32600, NULL, 0 },
    { 0, VALID, "2025-11-25", NEW, 0, REPLY("\"a\""), MZ_MCP_CALL, 200, 0,
      "2025-11-25", TOL(VERSION_DIFFERS) },
    { 1, VALID, "2025-11-25", NEW, 0, CANCEL("1"), MZ_MCP_ACCEPTED, 202, 0,
      NULL, 0 },
    { 0, VALID, "2025-11-25", NEW, 0, CANCEL("1"), MZ_MCP_CALL, 200, 0,
      "2025-11-25", TOL(VERSION_DIFFERS) },
    { 1, VALID, "2025-06-18", "2025-6-18", 0, PING, MZ_MCP_ANSWER, 400,
      -32000, NULL, 0 },
    { 0, VALID, "2025-06-18", "2025-6-18", 0, PING, MZ_MCP_ANSWER, 200, 0,
      "2025-06-18", TOL(VERSION_UNKNOWN) },
    { 1, VALID, "2025-06-18", "2025-06-18", MZ_HTTP_DUP_VERSION, PING,
      MZ_MCP_ANSWER, 400, -32000, NULL, 0 },
    { 0, VALID, "2025-06-18", "2025-06-18", MZ_HTTP_DUP_VERSION, PING,
      MZ_MCP_ANSWER, 200, 0, "2025-06-18", TOL(VERSION_DOUBLED) },
    { 1, VALID, "2025-06-18", "2025-06-18, 2025-06-18", 0, PING,
      MZ_MCP_ANSWER, 400, -32000, NULL, 0 },
    { 0, VALID, "2025-06-18", "2025-06-18, 2025-06-18", 0, PING,
      MZ_MCP_ANSWER, 200, 0, "2025-06-18", TOL(VERSION_DOUBLED) },

    /* Without a session the header is all there is. */

    { 0, NONE, NULL, "2025-06-18,2025-06-18", 0, PING, MZ_MCP_ANSWER, 200, 0,
      "2025-06-18", TOL(SESSION_ABSENT)|TOL(VERSION_DOUBLED) },
    { 0, NONE, NULL, "x", 0, PING, MZ_MCP_ANSWER, 200, 0, "2025-03-26",
      TOL(SESSION_ABSENT)|TOL(VERSION_UNKNOWN) },
    { 0, NONE, NULL, NEW, 0, PING, MZ_MCP_ANSWER, 200, 0, "2025-11-25",
      TOL(SESSION_ABSENT)|TOL(VERSION_DIFFERS) },
    { 0, NONE, NULL, NEW, 0, REPLY("\"a\""), MZ_MCP_ANSWER, 400, -32600, NULL,
      0 },
    { BOTH, NONE, NULL, NEW, 0, DONE, MZ_MCP_ACCEPTED, 202, 0, NULL, 0 },

    /* initialize exists in no modern revision. */

    { 1, NONE, NULL, NEW, 0, INIT, MZ_MCP_ANSWER, 400, -32020, NULL, 0 },
    { 0, NONE, NULL, NEW, 0, INIT, MZ_MCP_ANSWER, 200, 0, "2025-06-18",
      TOL(VERSION_DIFFERS) },
    { BOTH, NONE, NULL, "2024-11-05", MZ_HTTP_DUP_VERSION, INIT,
      MZ_MCP_ANSWER, 200, 0, "2025-06-18", 0 },

    /* Modern: a session means nothing, the body all. */

    { 0, UNSURE, NULL, "2025-11-25", 0, LIST(MODERN), MZ_MCP_ANSWER, 400,
      -32020, NEW, TOL(VERSION_DIFFERS) },
    { 0, VALID, "2025-11-25", NULL, 0, LIST(MODERN), MZ_MCP_ANSWER, 400,
      -32020, NEW, TOL(VERSION_ABSENT) },
    { 0, VALID, "2025-11-25", NEW "," NEW, 0, LIST(MODERN), MZ_MCP_ANSWER,
      400, -32020, NEW, TOL(VERSION_DOUBLED) },
    { 0, VALID, "2025-11-25", NEW, MZ_HTTP_DUP_VERSION, LIST(MODERN),
      MZ_MCP_ANSWER, 400, -32020, NEW, TOL(VERSION_DOUBLED) }
};


static mz_mcp_http_t
make_row_http(int strict, mz_mcp_session_state_t state, const char *spoken,
    const char *header, unsigned duplicates)
{
    mz_mcp_http_t  http;

    http = make_http(strict, header, NULL, NULL);
    http.duplicates = duplicates;
    http.session.state = state;
    http.session.version = mz_str_from(spoken);
    http.session.client = state == VALID ? MZ_MCP_CAN_ROOTS : 0;

    return http;
}


static void
test_posts(void)
{
    int                strict;
    size_t             i;
    mz_mcp_http_t      http;
    mz_mcp_reply_t     reply;
    mz_mcp_request_t   req;
    mz_mcp_outcome_t   outcome;
    const post_row_t  *row;

    for (i = 0; i < MZ_ARRAY_LEN(posts); i++) {
        row = &posts[i];

        for (strict = 0; strict <= 1; strict++) {
            if (row->strict != BOTH && row->strict != strict) {
                continue;
            }

            http = make_row_http(strict, row->state, row->spoken, row->header,
                                 row->duplicates);
            outcome = mz_mcp_receive(&server, &http, mz_str_from(row->body),
                                     &req, &reply);

            CHECK_ROW(outcome == row->outcome && reply.status == row->status,
                      "row %zu: %d %d %s", i, outcome, reply.status,
                      mz_buf_cstr(&reply.body));
            CHECK_ROW(reply.retry_after == (row->status == 503), "row %zu", i);

            if (outcome == MZ_MCP_ANSWER) {
                check_body(&reply.body, row->code,
                           strstr(row->body, "\"id\":1,") ? "1" : NULL, i);
            }

            CHECK_ROW(row->version == NULL
                      || mz_str_eq_c(req.version, row->version),
                      "row %zu: %.*s", i, (int) req.version.len,
                      req.version.data);
            CHECK_ROW(req.tolerated == (strict ? 0 : row->tolerated),
                      "row %zu: %x", i, req.tolerated);
            CHECK_ROW(outcome != MZ_MCP_CALL || row->state != VALID
                      || req.client == MZ_MCP_CAN_ROOTS, "row %zu", i);

            mz_mcp_request_free(&req);
            mz_mcp_reply_free(&reply);
        }
    }
}


typedef struct {
    int                      strict;
    mz_http_method_t         method;
    mz_mcp_session_state_t   state;
    const char              *header;
    const char              *accept;
    const char              *last;      /* Last-Event-ID */
    unsigned                 duplicates;
    int                      status;    /* 200: a CALL */
    int                      code;
    mz_mcp_do_t              what;
    unsigned                 tolerated;
} stream_row_t;

#define SSE     "text/event-stream"
#define LISTEN  MZ_MCP_DO_LISTEN
#define RESUME  MZ_MCP_DO_RESUME
#define END     MZ_MCP_DO_END_SESSION

static const stream_row_t  streams[] = {

    /* GET: the version, then Accept, then the session. */

    { BOTH, MZ_HTTP_GET, NONE, NEW, SSE, NULL, 0, 405, -32600, 0, 0 },
    { BOTH, MZ_HTTP_GET, GONE, NEW, SSE, NULL, 0, 405, -32600, 0, 0 },
    { BOTH, MZ_HTTP_GET, NONE, "2027-01-01", SSE, NULL, 0, 405, -32600, 0,
      0 },
    { 1, MZ_HTTP_GET, VALID, NEW, SSE, NULL, 0, 405, -32600, 0, 0 },
    { 0, MZ_HTTP_GET, VALID, NEW, SSE, NULL, 0, 200, 0, LISTEN,
      TOL(VERSION_DIFFERS) },
    { BOTH, MZ_HTTP_GET, VALID, NULL, "application/json", NULL, 0, 406,
      -32000, 0, 0 },
    { BOTH, MZ_HTTP_GET, NONE, NULL, SSE ";q=0", "e.1", 0, 406, -32000, 0,
      0 },
    { 1, MZ_HTTP_GET, NONE, NULL, SSE, NULL, 0, 400, -32000, 0, 0 },
    { 0, MZ_HTTP_GET, NONE, NULL, SSE, NULL, 0, 405, -32000, 0, 0 },
    { 0, MZ_HTTP_GET, NONE, NULL, SSE, " ", 0, 405, -32000, 0, 0 },
    { 1, MZ_HTTP_GET, NONE, NULL, SSE, "e.1", 0, 400, -32000, 0, 0 },
    { 0, MZ_HTTP_GET, NONE, NULL, SSE, "e.1", 0, 200, 0, RESUME,
      TOL(SESSION_ABSENT) },
    { BOTH, MZ_HTTP_GET, GONE, NULL, SSE, NULL, 0, 404, -32001, 0, 0 },
    { BOTH, MZ_HTTP_GET, GONE, NULL, SSE, "e.1", 0, 404, -32001, 0, 0 },
    { BOTH, MZ_HTTP_GET, UNSURE, NULL, SSE, NULL, 0, 503, -32603, 0, 0 },
    { BOTH, MZ_HTTP_GET, VALID, NULL, SSE, NULL, MZ_HTTP_DUP_SESSION, 400,
      -32000, 0, 0 },
    { BOTH, MZ_HTTP_GET, VALID, NULL, SSE, "e.1", MZ_HTTP_DUP_LAST_EVENT,
      400, -32000, 0, 0 },
    { 1, MZ_HTTP_GET, VALID, "2024-11-05", SSE, NULL, 0, 400, -32000, 0, 0 },
    { 0, MZ_HTTP_GET, VALID, "2024-11-05", SSE, NULL, 0, 200, 0, LISTEN,
      TOL(VERSION_DIFFERS) },
    { 1, MZ_HTTP_GET, VALID, "x", SSE, NULL, 0, 400, -32000, 0, 0 },
    { 0, MZ_HTTP_GET, VALID, "x", SSE, NULL, 0, 200, 0, LISTEN,
      TOL(VERSION_UNKNOWN) },
    { BOTH, MZ_HTTP_GET, VALID, NULL, SSE, NULL, 0, 200, 0, LISTEN, 0 },
    { BOTH, MZ_HTTP_GET, VALID, "2025-11-25", "*/*", NULL, 0, 200, 0, LISTEN,
      0 },
    { BOTH, MZ_HTTP_GET, VALID, NULL, NULL, NULL, 0, 200, 0, LISTEN, 0 },
    { BOTH, MZ_HTTP_GET, VALID, NULL, SSE, "e.1", 0, 200, 0, RESUME, 0 },

    /* DELETE. */

    { BOTH, MZ_HTTP_DELETE, NONE, NEW, NULL, NULL, 0, 405, -32600, 0, 0 },
    { 1, MZ_HTTP_DELETE, VALID, NEW, NULL, NULL, 0, 405, -32600, 0, 0 },
    { 0, MZ_HTTP_DELETE, VALID, NEW, NULL, NULL, 0, 200, 0, END,
      TOL(VERSION_DIFFERS) },
    { BOTH, MZ_HTTP_DELETE, NONE, NULL, NULL, NULL, 0, 400, -32000, 0, 0 },
    { BOTH, MZ_HTTP_DELETE, GONE, NULL, NULL, NULL, 0, 404, -32001, 0, 0 },
    { BOTH, MZ_HTTP_DELETE, UNSURE, NULL, NULL, NULL, 0, 503, -32603, 0, 0 },
    { BOTH, MZ_HTTP_DELETE, VALID, NULL, "image/png", NULL, 0, 200, 0, END,
      0 },

    /* Anything else. */

    { BOTH, MZ_HTTP_OTHER, VALID, NULL, SSE, NULL, 0, 405, -32000, 0, 0 },
    { BOTH, MZ_HTTP_OPTIONS, VALID, NULL, SSE, NULL, 0, 405, -32000, 0, 0 },
    { 0, MZ_HTTP_OTHER, VALID, NEW, SSE, NULL, 0, 405, -32600, 0,
      TOL(VERSION_DIFFERS) }
};


/* Both before the body is read and after: one must not know more. */

static void
test_streams(void)
{
    int                  strict;
    size_t               i;
    mz_mcp_http_t        http;
    mz_mcp_reply_t       before, reply;
    mz_mcp_request_t     req;
    mz_mcp_outcome_t     outcome;
    const stream_row_t  *row;

    for (i = 0; i < MZ_ARRAY_LEN(streams); i++) {
        row = &streams[i];

        for (strict = 0; strict <= 1; strict++) {
            if (row->strict != BOTH && row->strict != strict) {
                continue;
            }

            http = make_row_http(strict, row->state, "2025-11-25",
                                 row->header, row->duplicates);
            http.method = row->method;
            http.content_type = mz_null_str;
            http.accept = mz_str_from(row->accept);
            http.last_event_id = mz_str_from(row->last);

            CHECK_ROW((mz_mcp_precheck(&server, &http, -1, &before) == MZ_OK)
                      == (row->status == 200), "row %zu", i);
            outcome = mz_mcp_receive(&server, &http, mz_null_str, &req,
                                     &reply);

            CHECK_ROW(before.status == row->status
                      && reply.status == row->status, "row %zu: %d", i,
                      reply.status);
            CHECK_ROW((outcome == MZ_MCP_CALL) == (row->status == 200),
                      "row %zu", i);
            CHECK_ROW(req.what == row->what && req.era == MZ_MCP_LEGACY,
                      "row %zu: %d", i, (int) req.what);
            CHECK_ROW(req.tolerated == row->tolerated, "row %zu: %x", i,
                      req.tolerated);
            CHECK_ROW(reply.retry_after == (row->status == 503), "row %zu", i);
            CHECK_ROW(before.retry_after == reply.retry_after, "row %zu", i);
            CHECK_ROW((reply.allow != NULL) == (row->status == 405),
                      "row %zu", i);
            CHECK_ROW(mz_str_eq(mz_buf_view(&reply.body),
                                mz_buf_view(&before.body)), "row %zu", i);

            if (row->status == 200) {
                CHECK_ROW(reply.body.len == 0 && req.id[0] == '\0'
                          && req.root == NULL && req.version.len > 0,
                          "row %zu", i);

            } else {
                check_body(&reply.body, row->code, NULL, i);
            }

            mz_mcp_request_free(&req);
            mz_mcp_reply_free(&reply);
            mz_mcp_reply_free(&before);
        }
    }
}


typedef struct {
    const char  *body;
    const char  *id;            /* NULL: it is dropped */
} cancel_row_t;

static const cancel_row_t  cancels[] = {
    { RPC "\"method\":\"notifications/cancelled\"}", NULL },
    { RPC "\"method\":\"notifications/cancelled\",\"params\":[\"requestId\"]}",
      NULL },
    { RPC "\"method\":\"notifications/cancelled\",\"params\":{}}", NULL },
    { CANCEL("null"), NULL },
    { CANCEL("1.5"), NULL },
    { CANCEL("{}"), NULL },
    { RPC "\"method\":\"notifications/progress\",\"params\":{\"requestId\":1}}",
      NULL },
    { RPC "\"method\":\"no/such\",\"params\":{\"requestId\":1}}", NULL },
    { CANCEL("7"), "7" },
    { CANCEL("-7"), "-7" },
    { CANCEL(" \"a\\u0041\" "), "\"a\\u0041\"" },
    { CANCEL("\"\""), "\"\"" },
    { CANCEL("123456789012345678901234567890"),
      "123456789012345678901234567890" },
    { RPC "\"params\":{\"_meta\":{\"requestId\":9},\"reason\":\"}\","
      "\"requestId\":9007199254740993},\"method\":"
      "\"notifications/cancelled\"}", "9007199254740993" },
    { RPC "\"method\":\"notifications/cancelled\",\"params\":"
      "{\"request\\u0049d\":\"x\\/y\"}}", "\"x/y\"" }
};


static void
test_cancelled(void)
{
    char                 body[512];
    size_t               i, n;
    mz_mcp_http_t        http;
    mz_mcp_reply_t       reply;
    mz_mcp_request_t     req;
    mz_mcp_outcome_t     outcome;
    const cancel_row_t  *row;

    http = make_row_http(true, VALID, "2025-11-25", NULL, 0);

    for (i = 0; i < MZ_ARRAY_LEN(cancels); i++) {
        row = &cancels[i];
        outcome = mz_mcp_receive(&server, &http, mz_str_from(row->body), &req,
                                 &reply);

        CHECK_ROW(outcome == (row->id ? MZ_MCP_CALL : MZ_MCP_ACCEPTED),
                  "row %zu: %s", i, mz_buf_cstr(&reply.body));
        CHECK_ROW(req.id[0] == '\0', "row %zu", i);
        CHECK_STR(mz_str_from(req.cancelled_id), row->id ? row->id : "");
        CHECK_ROW((req.what == MZ_MCP_DO_CANCELLED) == (row->id != NULL),
                  "row %zu", i);
        mz_mcp_request_free(&req);
        mz_mcp_reply_free(&reply);
    }

    /* An id no request of ours can have had. */

    n = (size_t) snprintf(body, sizeof(body), RPC "\"method\":"
                          "\"notifications/cancelled\",\"params\":"
                          "{\"requestId\":");
    memset(body + n, '8', 257);
    memcpy(body + n + 257, "}}", 3);

    CHECK(mz_mcp_receive(&server, &http, mz_str_from(body), &req, &reply)
          == MZ_MCP_ACCEPTED);
    mz_mcp_request_free(&req);
    mz_mcp_reply_free(&reply);
}


static void
test_responses(void)
{
    size_t            i;
    mz_mcp_http_t     http;
    mz_mcp_reply_t    reply;
    mz_mcp_request_t  req;

    static const char *const  good[] = {
        REPLY("\"a\\u0041\""),
        RPC "\"id\":\"aA\",\"error\":{\"code\":-1,\"message\":\"no\"}}",
        RPC "\"result\":{\"_meta\":{\"io.modelcontextprotocol/"
        "protocolVersion\":\"" NEW "\"}},\"id\":\"aA\"}"
    };

    http = make_row_http(true, VALID, "2025-11-25", NULL, 0);

    for (i = 0; i < MZ_ARRAY_LEN(good); i++) {
        CHECK_ROW(mz_mcp_receive(&server, &http, mz_str_from(good[i]), &req,
                                 &reply) == MZ_MCP_CALL, "%s", good[i]);
        CHECK(req.what == MZ_MCP_DO_ANSWER);
        CHECK_STR(req.target, "aA");
        CHECK(req.id[0] == '\0' && req.root != NULL && req.params == NULL);
        mz_mcp_request_free(&req);
        mz_mcp_reply_free(&reply);
    }

    /* Ours are strings: what answers a number answers somebody else. */

    CHECK(mz_mcp_receive(&server, &http, mz_str(REPLY("7")), &req, &reply)
          == MZ_MCP_ACCEPTED);
    mz_mcp_request_free(&req);
    mz_mcp_reply_free(&reply);
}


/* Bits of what is judged before the body, and names for all of them. */

static void
test_tolerances(void)
{
    size_t            i;
    mz_mcp_http_t     http;
    mz_mcp_reply_t    reply;
    mz_mcp_request_t  req;

    static const struct {
        const char  *type;
        const char  *accept;
        unsigned     duplicates;
        unsigned     tolerated;
    } rows[] = {
        { JSON_TYPE, BOTH_TYPES, 0, 0 },
        { JSON_TYPE, NULL, 0, 0 },
        { JSON_TYPE, "*/*", 0, 0 },
        { JSON_TYPE, JSON_TYPE, 0, TOL(ACCEPT) },
        { JSON_TYPE, "text/event-stream", 0, TOL(ACCEPT) },
        { JSON_TYPE, "text/html", 0, TOL(ACCEPT) },
        { NULL, BOTH_TYPES, 0, TOL(CONTENT_TYPE) },
        { " ", BOTH_TYPES, 0, TOL(CONTENT_TYPE) },
        { JSON_TYPE, BOTH_TYPES, MZ_HTTP_DUP_CONTENT_TYPE, TOL(CONTENT_TYPE) },
        { NULL, "text/html", 0, TOL(ACCEPT)|TOL(CONTENT_TYPE) }
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        http = make_http(false, NEW, "tools/list", NULL);
        http.content_type = mz_str_from(rows[i].type);
        http.accept = mz_str_from(rows[i].accept);
        http.duplicates = rows[i].duplicates;

        CHECK_ROW(mz_mcp_precheck(&server, &http, -1, &reply) == MZ_OK,
                  "row %zu", i);
        mz_mcp_reply_free(&reply);

        CHECK_ROW(mz_mcp_receive(&server, &http, mz_str(LIST(MODERN)), &req,
                                 &reply) == MZ_MCP_ANSWER
                  && reply.status == 200, "row %zu", i);
        CHECK_ROW(req.tolerated == rows[i].tolerated, "row %zu: %x", i,
                  req.tolerated);
        mz_mcp_request_free(&req);
        mz_mcp_reply_free(&reply);

        /* Exactly what strict mode refuses. */

        http.is_strict = true;
        CHECK_ROW((mz_mcp_precheck(&server, &http, -1, &reply) == MZ_OK)
                  == (rows[i].tolerated == 0), "row %zu", i);
        mz_mcp_reply_free(&reply);
    }

    for (i = 0; i < MZ_MCP_TOLERANCES; i++) {
        CHECK(strlen(mz_mcp_tolerance_name((mz_mcp_tolerance_t) i)) > 5);
    }

    CHECK_STR(mz_str_from(mz_mcp_tolerance_name(MZ_MCP_TOL_SESSION_ABSENT)),
              "session_absent");
    CHECK_STR(mz_str_from(mz_mcp_tolerance_name(MZ_MCP_TOL_ACCEPT)), "accept");
    CHECK_STR(mz_str_from(mz_mcp_tolerance_name(MZ_MCP_TOLERANCES)),
              "unknown");
}


static const mz_test_t  tests[] = {
    { "sessions and versions of POST", test_posts },
    { "GET and DELETE", test_streams },
    { "notifications/cancelled keeps the id as it was", test_cancelled },
    { "responses of the client", test_responses },
    { "what is tolerated is counted", test_tolerances }
};

MZ_TEST_MAIN(tests)
