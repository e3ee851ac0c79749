
#include "base/mz_str.h"
#include "base/mz_utf8.h"
#include "proto/mcp_method.h"
#include "proto/mcp_version.h"
#include "proto/mcp_write.h"


static bool mz_mcp_legacy_check_version(mz_mcp_ctx_t *ctx);
static mz_str_t mz_mcp_legacy_version(mz_mcp_version_kind_t kind, mz_str_t s);


/*
 * No session is minted, so none can expire: a session id of another server,
 * or of one before a restart, is ignored.
 */

mz_mcp_outcome_t
mz_mcp_legacy_receive(mz_mcp_ctx_t *ctx)
{
    mz_mcp_handler_t  handler;

    if (!mz_mcp_legacy_check_version(ctx)) {
        return MZ_MCP_ANSWER;
    }

    if (ctx->msg->kind != MZ_JSONRPC_REQUEST) {
        return MZ_MCP_ACCEPTED;
    }

    if (!mz_mcp_method_check_method(ctx, false)
        || !mz_mcp_method_check_name(ctx, false))
    {
        return MZ_MCP_ANSWER;
    }

    handler = mz_mcp_method_handler(ctx);

    if (handler == NULL) {
        return mz_mcp_method_unknown(ctx, 200);
    }

    if (ctx->msg->params != NULL && !json_is_object(ctx->msg->params)) {
        return mz_mcp_method_refuse(ctx, 200, MZ_RPC_PARAMS,
                                    "params must be an object");
    }

    return handler(ctx);
}


/* Lenient: the header may be absent, wrong or doubled; the body decides. */

static bool
mz_mcp_legacy_check_version(mz_mcp_ctx_t *ctx)
{
    bool                   is_strict, is_request;
    mz_str_t               header;
    mz_mcp_version_kind_t  kind;

    header = mz_str_trim(ctx->http->protocol_version);
    kind = mz_mcp_version_kind(header);
    is_strict = ctx->http->is_strict;
    is_request = ctx->msg->kind == MZ_JSONRPC_REQUEST;

    ctx->req->version = mz_mcp_legacy_version(kind, header);

    if (mz_mcp_method_is_initialize(ctx)) {
        if (is_strict && kind == MZ_MCP_VERSION_MODERN) {
            (void) mz_mcp_method_refuse(ctx, 400, MZ_RPC_HEADER_MISMATCH,
                                        "Header mismatch: initialize does not "
                                        "exist in the MCP-Protocol-Version of "
                                        "the header");
            return false;
        }

        return true;
    }

    if (is_request && kind == MZ_MCP_VERSION_MODERN
        && (is_strict
            || json_object_get(ctx->meta, MZ_MCP_META_CAPABILITIES) != NULL))
    {
        (void) mz_mcp_method_refuse(ctx, 400, MZ_RPC_PARAMS, "params._meta "
                                    "lacks " MZ_MCP_META_VERSION);
        return false;
    }

    if (!is_strict) {
        return true;
    }

    if (ctx->http->duplicates & MZ_HTTP_DUP_VERSION) {
        (void) mz_mcp_method_refuse(ctx, 400, MZ_RPC_SERVER, "The header "
                                    "MCP-Protocol-Version is given more than "
                                    "once");
        return false;
    }

    if (kind == MZ_MCP_VERSION_OTHER) {
        header = mz_utf8_prefix(header, 32);

        (void) mz_mcp_method_refuse(ctx, 400, MZ_RPC_SERVER, "Unsupported "
                                    "MCP-Protocol-Version: %.*s",
                                    (int) header.len, header.data);
        return false;
    }

    return true;
}


/* A client that names a modern revision without its envelope is a new one. */

static mz_str_t
mz_mcp_legacy_version(mz_mcp_version_kind_t kind, mz_str_t s)
{
    switch (kind) {

    case MZ_MCP_VERSION_LEGACY:
        return mz_mcp_version_legacy(s);

    case MZ_MCP_VERSION_MODERN:
        return mz_mcp_version_newest_legacy();

    default:
        return mz_mcp_version_default();
    }
}


mz_mcp_outcome_t
mz_mcp_legacy_initialize(mz_mcp_ctx_t *ctx)
{
    mz_buf_t  *out;
    mz_str_t   asked;

    asked = mz_json_get_str(ctx->msg->params, "protocolVersion");

    if (asked.data == NULL) {
        return mz_mcp_method_refuse(ctx, 200, MZ_RPC_PARAMS, "initialize needs "
                                    "params.protocolVersion, a string");
    }

    ctx->req->version = mz_mcp_version_legacy(asked);

    if (ctx->req->version.len == 0) {
        ctx->req->version = mz_mcp_version_newest_legacy();
    }

    out = &ctx->reply->body;

    mz_mcp_write_open(ctx->req, NULL, out);
    mz_mcp_write_member(out, "protocolVersion");
    mz_buf_add_json_str(out, ctx->req->version);
    mz_mcp_write_member(out, "capabilities");
    mz_buf_add_c(out, "{\"tools\":{}}");
    mz_mcp_write_member(out, "serverInfo");
    mz_mcp_write_server_info(ctx->srv, out);

    if (ctx->srv->instructions.len > 0) {
        mz_mcp_write_member(out, "instructions");
        mz_buf_add_json_str(out, ctx->srv->instructions);
    }

    mz_mcp_write_close(ctx->srv, ctx->req, out);

    return MZ_MCP_ANSWER;
}


mz_mcp_outcome_t
mz_mcp_legacy_ping(mz_mcp_ctx_t *ctx)
{
    mz_mcp_write_open(ctx->req, NULL, &ctx->reply->body);
    mz_mcp_write_close(ctx->srv, ctx->req, &ctx->reply->body);

    return MZ_MCP_ANSWER;
}
