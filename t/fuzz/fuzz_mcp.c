
/*
 * fuzz_mcp: an HTTP request's headers and body through the protocol, and the
 * writers on what was read.  The first six bytes choose headers, as digits
 * '0'..; header values that come from the input follow, each ended by the
 * separator; what is left is the body.
 */

#include "fuzz.h"
#include "proto/mcp.h"
#include "proto/sse.h"


static void fuzz_headers(mz_mcp_http_t *http, mz_str_t *in, mz_str_t own[5]);
static mz_str_t fuzz_header(const char *const *table, size_t n, unsigned c,
    mz_str_t *in, mz_str_t *own);
static void fuzz_answer(const mz_mcp_reply_t *reply);
static void fuzz_writers(const mz_mcp_request_t *req, mz_str_t text);
static void fuzz_message(mz_str_t json, const char *id);
static void fuzz_sse(mz_str_t text);


static const mz_mcp_server_t  fuzz_server = {
    mz_str("mitzu"), mz_str("Mitzu \"MCP\""), mz_str("1.0"), mz_str("Ask."),
    mz_str("[{\"name\":\"inspect\"}]"), 8000
};

/* NULL: without; the digit behind the last takes the value of the input. */

static const char *const  fuzz_types[] = {
    "application/json", NULL, "application/json; charset=utf-8", "text/plain"
};

static const char *const  fuzz_accepts[] = {
    "application/json, text/event-stream", NULL, "*/*", "application/json",
    "text/event-stream", "application/*;q=0.5, text/*;q=0", "text/html"
};

static const char *const  fuzz_versions[] = {
    NULL, "2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26",
    "2024-11-05", "1999-01-01"
};

static const char *const  fuzz_methods[] = {
    NULL, "tools/call", "tools/list", "initialize", "ping",
    "server/discover"
};

static const char *const  fuzz_names[] = {
    NULL, "inspect", "=?base64?aW5zcGVjdA==?="
};


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t            i;
    mz_str_t          in, body, own[5];
    mz_mcp_http_t     http;
    mz_mcp_reply_t    reply;
    mz_mcp_outcome_t  outcome;
    mz_mcp_request_t  req;

    in = (mz_str_t) { (const char *) data, size };
    memset(own, 0, sizeof(own));
    fuzz_headers(&http, &in, own);
    body = fuzz_copy(in);

    if (mz_mcp_precheck(&fuzz_server, &http,
                        size % 3 ? (int64_t) body.len : -1, &reply) != MZ_OK)
    {
        fuzz_answer(&reply);
        FUZZ_HOLD(reply.status >= 400, "%d", reply.status);
    }

    mz_mcp_reply_free(&reply);

    outcome = mz_mcp_receive(&fuzz_server, &http, body, &req, &reply);

    switch (outcome) {

    case MZ_MCP_ANSWER:
        fuzz_answer(&reply);
        break;

    case MZ_MCP_ACCEPTED:
        FUZZ_HOLD(reply.status == 202 && reply.body.len == 0, "%d",
                  reply.status);
        break;

    case MZ_MCP_CALL:
        FUZZ_HOLD(req.id[0] != '\0' && req.root != NULL, "a call");
        FUZZ_HOLD(req.arguments == NULL || json_is_object(req.arguments),
                  "arguments");
        (void) fuzz_touch(req.tool);
        break;
    }

    if (req.id[0] != '\0') {
        fuzz_writers(&req, body);
    }

    fuzz_sse(body);

    mz_mcp_request_free(&req);
    mz_mcp_reply_free(&reply);
    fuzz_free(body);

    for (i = 0; i < MZ_ARRAY_LEN(own); i++) {
        fuzz_free(own[i]);
    }

    return 0;
}


static void
fuzz_headers(mz_mcp_http_t *http, mz_str_t *in, mz_str_t own[5])
{
    size_t    i;
    unsigned  c[6];

    for (i = 0; i < MZ_ARRAY_LEN(c); i++) {
        c[i] = (fuzz_byte(in) - '0') & 0x3f;
    }

    memset(http, 0, sizeof(mz_mcp_http_t));
    http->is_strict = c[0] & 1;
    http->method = c[0] & 2 ? (mz_http_method_t) ((c[0] >> 2) % 5)
                            : MZ_HTTP_POST;
    http->content_type = fuzz_header(fuzz_types, MZ_ARRAY_LEN(fuzz_types),
                                     c[1], in, &own[0]);
    http->accept = fuzz_header(fuzz_accepts, MZ_ARRAY_LEN(fuzz_accepts), c[2],
                               in, &own[1]);
    http->protocol_version = fuzz_header(fuzz_versions,
                                         MZ_ARRAY_LEN(fuzz_versions), c[3],
                                         in, &own[2]);
    http->mcp_method = fuzz_header(fuzz_methods, MZ_ARRAY_LEN(fuzz_methods),
                                   c[4], in, &own[3]);
    http->mcp_name = fuzz_header(fuzz_names, MZ_ARRAY_LEN(fuzz_names), c[5],
                                 in, &own[4]);
    http->duplicates = c[5] / 8;
}


static mz_str_t
fuzz_header(const char *const *table, size_t n, unsigned c, mz_str_t *in,
    mz_str_t *own)
{
    c %= 8;

    if (c < n) {
        return mz_str_from(table[c]);
    }

    if (c > n) {
        return mz_str_from(table[0]);
    }

    *own = fuzz_part(in);

    return *own;
}


/* The body of an answer is JSON-RPC; out of memory has none. */

static void
fuzz_answer(const mz_mcp_reply_t *reply)
{
    FUZZ_HOLD(reply->status >= 200 && reply->status < 600, "%d",
              reply->status);
    FUZZ_HOLD(reply->status != 500, "an internal error");
    FUZZ_HOLD(reply->body.rc == MZ_OK, "%s", mz_rc_name(reply->body.rc));

    if (reply->body.len != 0) {
        fuzz_message(mz_buf_view(&reply->body), NULL);
    }
}


static void
fuzz_writers(const mz_mcp_request_t *req, mz_str_t text)
{
    mz_buf_t         out;
    mz_mcp_result_t  res;

    mz_buf_init(&out, 0);

    res.structured = mz_str("{\"a\":[1,\"\\u00e9\"]}");
    res.text = text;
    res.is_error = false;
    mz_mcp_write_result(&fuzz_server, req, &res, &out);
    fuzz_message(mz_buf_view(&out), req->id);

    mz_buf_reset(&out);
    res.structured = mz_null_str;
    res.is_error = true;
    mz_mcp_write_result(&fuzz_server, req, &res, &out);
    fuzz_message(mz_buf_view(&out), req->id);

    mz_buf_reset(&out);
    mz_mcp_write_error(req, MZ_RPC_PARAMS, text, mz_null_str, &out);
    fuzz_message(mz_buf_view(&out), req->id);

    if (req->progress_token != NULL) {
        mz_buf_reset(&out);
        mz_mcp_write_progress(req, 3, text, &out);
        fuzz_message(mz_buf_view(&out), NULL);
    }

    mz_buf_reset(&out);
    mz_mcp_write_http_error(503, text, &out);
    fuzz_message(mz_buf_view(&out), NULL);

    mz_buf_free(&out);
}


/* One line of JSON-RPC 2.0, with that id as it came (NULL: any). */

static void
fuzz_message(mz_str_t json, const char *id)
{
    char     member[MZ_MCP_ID_MAX + 16];
    json_t  *root;
    size_t   n;

    FUZZ_HOLD(json.len != 0 && memchr(json.data, '\n', json.len) == NULL,
              "%zu bytes", json.len);

    if (id != NULL) {
        n = (size_t) snprintf(member, sizeof(member), ",\"id\":%s,", id);
        FUZZ_HOLD(mz_str_find(json, (mz_str_t) { member, n }, 0) != SIZE_MAX,
                  "%s", id);
    }

    /* Ids beyond int64 are allowed, and more than jansson reads. */

    if (id != NULL && id[0] != '"' && strlen(id) > 18) {
        return;
    }

    root = NULL;

    if (id != NULL || mz_str_find(json, mz_str(",\"id\":"), 0) == SIZE_MAX) {
        root = fuzz_made_json(json);
        FUZZ_HOLD(mz_str_eq_c(mz_json_get_str(root, "jsonrpc"), "2.0"),
                  "%.*s", (int) json.len, json.data);
    }

    json_decref(root);
}


/* Whatever the text, it stays one field of one event. */

static void
fuzz_sse(mz_str_t text)
{
    size_t    lines;
    mz_buf_t  out;
    mz_str_t  rest, line;

    mz_buf_init(&out, 0);
    mz_sse_comment(&out, text);
    FUZZ_HOLD(out.len > 3 && out.data[0] == ':', "a comment");

    rest = mz_buf_view(&out);

    for (lines = 0; mz_str_split(&rest, '\n', &line); lines++) {
        FUZZ_HOLD(line.len == 0 || memchr(line.data, '\r', line.len) == NULL,
                  "a CR");
    }

    FUZZ_HOLD(lines == 3, "%zu lines", lines);
    mz_buf_free(&out);
}
