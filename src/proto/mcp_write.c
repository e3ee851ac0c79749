
#include "base/mz_str.h"
#include "proto/mcp_method.h"
#include "proto/mcp_write.h"


typedef struct {
    void  (*open)(const mz_mcp_cache_t *cache, mz_buf_t *out);
    void  (*close)(const mz_mcp_server_t *srv, mz_buf_t *out);
} mz_mcp_writer_t;

typedef struct {
    int          status;
    int          code;
    const char  *text;
} mz_mcp_http_error_t;


static void mz_mcp_write_open_legacy(const mz_mcp_cache_t *cache,
    mz_buf_t *out);
static void mz_mcp_write_open_modern(const mz_mcp_cache_t *cache,
    mz_buf_t *out);
static void mz_mcp_write_close_legacy(const mz_mcp_server_t *srv,
    mz_buf_t *out);
static void mz_mcp_write_close_modern(const mz_mcp_server_t *srv,
    mz_buf_t *out);
static void mz_mcp_write_id(const mz_mcp_request_t *req, mz_buf_t *out);


static const mz_mcp_writer_t  mz_mcp_writers[] = {
    [MZ_MCP_LEGACY] = { mz_mcp_write_open_legacy, mz_mcp_write_close_legacy },
    [MZ_MCP_MODERN] = { mz_mcp_write_open_modern, mz_mcp_write_close_modern }
};

/* nginx's own 494 is 431 to the client, but only after the error page. */

static const mz_mcp_http_error_t  mz_mcp_http_errors[] = {
    { 400, MZ_RPC_INVALID_REQUEST, "Bad request" },
    { 401, MZ_RPC_INVALID_REQUEST, "Sign-in needed" },
    { 403, MZ_RPC_INVALID_REQUEST, "Not allowed" },
    { 404, MZ_RPC_INVALID_REQUEST, "No MCP endpoint at this address" },
    { 405, MZ_RPC_INVALID_REQUEST, "Send JSON-RPC messages by POST" },
    { 408, MZ_RPC_INVALID_REQUEST, "The request did not arrive in time" },
    { 413, MZ_RPC_INVALID_REQUEST, "The request body is too large" },
    { 414, MZ_RPC_INVALID_REQUEST, "The request address is too long" },
    { 415, MZ_RPC_INVALID_REQUEST, "Content-Type must be application/json" },
    { 429, MZ_RPC_INVALID_REQUEST, "Too many requests: try again later" },
    { 431, MZ_RPC_INVALID_REQUEST, "The request headers are too large" },
    { 494, MZ_RPC_INVALID_REQUEST, "The request headers are too large" },
    { 500, MZ_RPC_INTERNAL, "Internal error" },
    { 502, MZ_RPC_INTERNAL, "A server behind this one failed" },
    { 503, MZ_RPC_INTERNAL, "Unavailable for now: try again later" },
    { 504, MZ_RPC_INTERNAL, "A server behind this one did not answer in time" }
};


void
mz_mcp_write_result(const mz_mcp_server_t *srv, const mz_mcp_request_t *req,
    const mz_mcp_result_t *res, mz_buf_t *out)
{
    mz_mcp_write_open(req, NULL, out);

    mz_mcp_write_member(out, "content");
    mz_buf_add_c(out, "[{\"type\":\"text\",\"text\":");
    mz_buf_add_json_str(out, res->text);
    mz_buf_add_c(out, "}]");

    /* Some clients hold structured errors against the output schema. */

    if (res->is_error) {
        mz_mcp_write_member(out, "isError");
        mz_buf_add_c(out, "true");

    } else if (res->structured.len > 0) {
        mz_mcp_write_member(out, "structuredContent");
        mz_buf_add_str(out, res->structured);
    }

    mz_mcp_write_close(srv, req, out);
}


void
mz_mcp_write_error(const mz_mcp_request_t *req, int code, mz_str_t message,
    mz_str_t data, mz_buf_t *out)
{
    mz_buf_add_c(out, "{\"jsonrpc\":\"2.0\"");
    mz_mcp_write_id(req, out);
    mz_buf_add_c(out, ",\"error\":{\"code\":");
    mz_buf_add_int(out, code);
    mz_buf_add_c(out, ",\"message\":");
    mz_buf_add_json_str(out, message);

    if (data.len > 0) {
        mz_buf_add_c(out, ",\"data\":");
        mz_buf_add_str(out, data);
    }

    mz_buf_add_c(out, "}}");
}


void
mz_mcp_write_progress(const mz_mcp_request_t *req, int64_t progress,
    mz_str_t message, mz_buf_t *out)
{
    mz_buf_add_c(out, "{\"jsonrpc\":\"2.0\",\"method\":"
                      "\"notifications/progress\",\"params\":"
                      "{\"progressToken\":");
    mz_json_dump(out, req->progress_token);
    mz_buf_add_c(out, ",\"progress\":");
    mz_buf_add_int(out, progress);

    if (message.len > 0) {
        mz_buf_add_c(out, ",\"message\":");
        mz_buf_add_json_str(out, message);
    }

    mz_buf_add_c(out, "}}");
}


void
mz_mcp_write_http_error(int status, mz_str_t hint, mz_buf_t *out)
{
    size_t                      i;
    mz_buf_t                    text;
    mz_mcp_http_error_t         other;
    const mz_mcp_http_error_t  *e;

    other.code = status < 500 ? MZ_RPC_INVALID_REQUEST : MZ_RPC_INTERNAL;
    other.text = status < 500 ? "Request refused" : "Internal error";
    e = &other;

    for (i = 0; i < MZ_ARRAY_LEN(mz_mcp_http_errors); i++) {
        if (mz_mcp_http_errors[i].status == status) {
            e = &mz_mcp_http_errors[i];
            break;
        }
    }

    mz_buf_init(&text, 0);
    mz_buf_add_c(&text, e->text);

    if (hint.len > 0) {
        mz_buf_add_c(&text, ": ");
        mz_buf_add_str(&text, hint);
    }

    mz_mcp_write_error(NULL, e->code, mz_buf_view(&text), mz_null_str, out);

    mz_buf_free(&text);
}


void
mz_mcp_write_open(const mz_mcp_request_t *req, const mz_mcp_cache_t *cache,
    mz_buf_t *out)
{
    mz_buf_add_c(out, "{\"jsonrpc\":\"2.0\"");
    mz_mcp_write_id(req, out);
    mz_buf_add_c(out, ",\"result\":{");

    mz_mcp_writers[req->era].open(cache, out);
}


void
mz_mcp_write_member(mz_buf_t *out, const char *key)
{
    if (out->len > 0 && out->data[out->len - 1] != '{') {
        mz_buf_add_char(out, ',');
    }

    mz_buf_add_char(out, '"');
    mz_buf_add_c(out, key);
    mz_buf_add(out, "\":", 2);
}


void
mz_mcp_write_close(const mz_mcp_server_t *srv, const mz_mcp_request_t *req,
    mz_buf_t *out)
{
    mz_mcp_writers[req->era].close(srv, out);
    mz_buf_add(out, "}}", 2);
}


void
mz_mcp_write_server_info(const mz_mcp_server_t *srv, mz_buf_t *out)
{
    mz_buf_add_char(out, '{');
    mz_mcp_write_member(out, "name");
    mz_buf_add_json_str(out, srv->name);

    if (srv->title.len > 0) {
        mz_mcp_write_member(out, "title");
        mz_buf_add_json_str(out, srv->title);
    }

    mz_mcp_write_member(out, "version");
    mz_buf_add_json_str(out, srv->version);
    mz_buf_add_char(out, '}');
}


static void
mz_mcp_write_open_legacy(const mz_mcp_cache_t *cache, mz_buf_t *out)
{
    (void) cache;
    (void) out;
}


static void
mz_mcp_write_open_modern(const mz_mcp_cache_t *cache, mz_buf_t *out)
{
    mz_mcp_write_member(out, "resultType");
    mz_buf_add_c(out, "\"complete\"");

    if (cache != NULL) {
        mz_mcp_write_member(out, "ttlMs");
        mz_buf_add_int(out, cache->ttl_ms);
        mz_mcp_write_member(out, "cacheScope");
        mz_buf_add_json_str(out, cache->scope);
    }
}


static void
mz_mcp_write_close_legacy(const mz_mcp_server_t *srv, mz_buf_t *out)
{
    (void) srv;
    (void) out;
}


static void
mz_mcp_write_close_modern(const mz_mcp_server_t *srv, mz_buf_t *out)
{
    mz_mcp_write_member(out, "_meta");
    mz_buf_add_char(out, '{');
    mz_mcp_write_member(out, MZ_MCP_META_SERVER_INFO);
    mz_mcp_write_server_info(srv, out);
    mz_buf_add_char(out, '}');
}


/* An unknown id is left out: null is no id to a client. */

static void
mz_mcp_write_id(const mz_mcp_request_t *req, mz_buf_t *out)
{
    if (req != NULL && req->id[0] != '\0') {
        mz_buf_add_c(out, ",\"id\":");
        mz_buf_add_c(out, req->id);
    }
}
