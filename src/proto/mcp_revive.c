
#include "base/mz_str.h"
#include "proto/jsonscan.h"
#include "proto/mcp_method.h"
#include "proto/mcp_version.h"


/* The request was accepted once: what it asks for was on offer then. */

static const mz_mcp_server_t  mz_mcp_revive_server = {
    .name = mz_str(""),
    .version = mz_str(""),
    .offers = ~0u
};

static const mz_mcp_http_t  mz_mcp_revive_http = {
    .method = MZ_HTTP_POST
};


static bool mz_mcp_revive_id(mz_str_t id, mz_jsonrpc_msg_t *msg);
static bool mz_mcp_revive_call(mz_mcp_ctx_t *ctx, mz_str_t version);


mz_rc_t
mz_mcp_revive(json_t *root, mz_str_t id, mz_str_t version,
    mz_mcp_request_t *req)
{
    bool              is_call;
    mz_mcp_ctx_t      ctx;
    mz_mcp_reply_t    reply;
    mz_jsonrpc_msg_t  msg;

    memset(&msg, 0, sizeof(mz_jsonrpc_msg_t));
    mz_mcp_begin(&ctx, &mz_mcp_revive_server, &mz_mcp_revive_http, req,
                 &reply);

    req->root = root;

    msg.kind = MZ_JSONRPC_REQUEST;
    msg.root = root;
    msg.method = mz_json_get_str(root, "method");
    msg.params = json_object_get(root, "params");

    ctx.msg = &msg;
    ctx.method = mz_mcp_method_find(msg.method);
    ctx.meta = json_object_get(msg.params, "_meta");

    is_call = ctx.method != NULL && mz_mcp_revive_id(id, &msg)
              && (msg.params == NULL || json_is_object(msg.params));

    if (is_call) {
        memcpy(req->id, msg.id, sizeof(req->id));
        req->method = ctx.method->name;
        req->params = msg.params;
        mz_mcp_meta_progress(&ctx);

        is_call = mz_mcp_revive_call(&ctx, version);
    }

    mz_mcp_reply_free(&reply);

    if (!is_call) {
        mz_mcp_request_free(req);
    }

    return is_call ? MZ_OK : MZ_INVALID;
}


/* A string or an integer, as it once stood in a body. */

static bool
mz_mcp_revive_id(mz_str_t id, mz_jsonrpc_msg_t *msg)
{
    bool       is_id;
    json_t    *value;
    mz_err_t   err;

    if (id.len == 0 || id.len > MZ_MCP_ID_MAX) {
        return false;
    }

    is_id = mz_jsonscan_is_integer(id);

    /* The bare token: with blanks around it, it would be no id of a body. */

    if (id.data[0] == '"' && id.data[id.len - 1] == '"'
        && mz_json_load(id, NULL, &value, &err) == MZ_OK)
    {
        is_id = json_is_string(value);
        json_decref(value);
    }

    if (is_id) {
        memcpy(msg->id, id.data, id.len);
    }

    return is_id;
}


static bool
mz_mcp_revive_call(mz_mcp_ctx_t *ctx, mz_str_t version)
{
    const json_t      *claim;
    mz_mcp_handler_t   handler;
    mz_mcp_request_t  *req;

    req = ctx->req;
    req->version = mz_mcp_version_legacy(version);
    claim = json_object_get(ctx->meta, MZ_MCP_META_VERSION);

    if (req->version.len == 0) {
        req->era = MZ_MCP_MODERN;
        req->version = mz_mcp_version_modern(version);

        if (req->version.len == 0
            || !mz_str_eq(mz_json_str(claim), req->version)
            || !mz_mcp_meta_modern(ctx))
        {
            return false;
        }

    } else if (claim != NULL) {
        return false;
    }

    handler = mz_mcp_method_handler(ctx);

    return handler != NULL && handler(ctx) == MZ_MCP_CALL;
}
