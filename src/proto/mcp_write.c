
#include "base/mz_str.h"
#include "proto/jsonscan.h"
#include "proto/mcp_method.h"
#include "proto/mcp_write.h"


typedef struct {
    void  (*open)(const char *type, const mz_mcp_cache_t *cache,
                  mz_buf_t *out);
    void  (*close)(const mz_mcp_server_t *srv, mz_buf_t *out);
} mz_mcp_writer_t;


static void mz_mcp_write_open_legacy(const char *type,
    const mz_mcp_cache_t *cache, mz_buf_t *out);
static void mz_mcp_write_open_modern(const char *type,
    const mz_mcp_cache_t *cache, mz_buf_t *out);
static void mz_mcp_write_close_legacy(const mz_mcp_server_t *srv,
    mz_buf_t *out);
static void mz_mcp_write_close_modern(const mz_mcp_server_t *srv,
    mz_buf_t *out);
static void mz_mcp_write_comma(mz_buf_t *out);
static void mz_mcp_write_id(const mz_mcp_request_t *req, mz_buf_t *out);
static void mz_mcp_write_meta_info(const mz_mcp_server_t *srv, mz_buf_t *out);


static const mz_mcp_writer_t  mz_mcp_writers[] = {
    [MZ_MCP_LEGACY] = { mz_mcp_write_open_legacy, mz_mcp_write_close_legacy },
    [MZ_MCP_MODERN] = { mz_mcp_write_open_modern, mz_mcp_write_close_modern }
};


void
mz_mcp_write_result(const mz_mcp_server_t *srv, const mz_mcp_request_t *req,
    const mz_mcp_result_t *res, mz_buf_t *out)
{
    mz_mcp_write_open(req, "complete", NULL, out);
    mz_mcp_write_result_members(res, out);
    mz_mcp_write_close(srv, req, out);
}


void
mz_mcp_write_result_members(const mz_mcp_result_t *res, mz_buf_t *out)
{
    mz_mcp_write_member(out, "content");
    mz_buf_add_char(out, '[');

    if (res->content.data == NULL || res->text.len > 0) {
        mz_buf_add_c(out, "{\"type\":\"text\",\"text\":");
        mz_buf_add_json_str(out, res->text);
        mz_buf_add_char(out, '}');

        if (res->content.len > 0) {
            mz_buf_add_char(out, ',');
        }
    }

    mz_buf_add_str(out, res->content);
    mz_buf_add_char(out, ']');

    /* Some clients hold structured errors against the output schema. */

    if (res->is_error) {
        mz_mcp_write_member(out, "isError");
        mz_buf_add_c(out, "true");

    } else if (res->structured.len > 0) {
        mz_mcp_write_member(out, "structuredContent");
        mz_buf_add_str(out, res->structured);
    }
}


/* A _meta among the members is joined with the era's own. */

void
mz_mcp_write_members(const mz_mcp_server_t *srv, const mz_mcp_request_t *req,
    const char *type, const mz_mcp_cache_t *cache, mz_str_t members,
    mz_buf_t *out)
{
    size_t    at;
    mz_str_t  meta;

    mz_mcp_write_open(req, type, cache, out);

    if (members.len > 0) {
        mz_mcp_write_comma(out);
    }

    meta = mz_null_str;

    if (req->era == MZ_MCP_MODERN) {
        meta = mz_jsonscan_object(mz_jsonscan_member(members, "_meta"));
    }

    if (meta.data == NULL) {
        mz_buf_add_str(out, members);
        mz_mcp_write_close(srv, req, out);
        return;
    }

    at = (size_t) (meta.data - members.data);

    mz_buf_add(out, members.data, at);
    mz_mcp_write_meta_info(srv, out);

    if (meta.data[mz_jsonscan_space(meta, 0)] != '}') {
        mz_buf_add_char(out, ',');
    }

    mz_buf_add(out, meta.data, members.len - at);
    mz_buf_add(out, "}}", 2);
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
mz_mcp_write_open(const mz_mcp_request_t *req, const char *type,
    const mz_mcp_cache_t *cache, mz_buf_t *out)
{
    mz_buf_add_c(out, "{\"jsonrpc\":\"2.0\"");
    mz_mcp_write_id(req, out);
    mz_buf_add_c(out, ",\"result\":{");

    mz_mcp_writers[req->era].open(type, cache, out);
}


void
mz_mcp_write_member(mz_buf_t *out, const char *key)
{
    mz_mcp_write_comma(out);
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
mz_mcp_write_open_legacy(const char *type, const mz_mcp_cache_t *cache,
    mz_buf_t *out)
{
    (void) type;
    (void) cache;
    (void) out;
}


static void
mz_mcp_write_open_modern(const char *type, const mz_mcp_cache_t *cache,
    mz_buf_t *out)
{
    mz_mcp_write_member(out, "resultType");
    mz_buf_add_json_str(out, mz_str_from(type));

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
    mz_mcp_write_meta_info(srv, out);
    mz_buf_add_char(out, '}');
}


static void
mz_mcp_write_meta_info(const mz_mcp_server_t *srv, mz_buf_t *out)
{
    mz_mcp_write_member(out, MZ_MCP_META_SERVER_INFO);
    mz_mcp_write_server_info(srv, out);
}


/* Between members, not before the first. */

static void
mz_mcp_write_comma(mz_buf_t *out)
{
    if (out->len > 0 && out->data[out->len - 1] != '{') {
        mz_buf_add_char(out, ',');
    }
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
