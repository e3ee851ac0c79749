
#include "base/mz_str.h"
#include "proto/mcp_http.h"
#include "proto/mcp_method.h"
#include "proto/mcp_offer.h"
#include "proto/mcp_session.h"
#include "proto/mcp_version.h"
#include "proto/mcp_write.h"


#define MZ_MCP_DISCOVER_TTL_MS  3600000


static const mz_mcp_cache_t  mz_mcp_discover_cache = {
    MZ_MCP_DISCOVER_TTL_MS, mz_str("public")
};


static bool mz_mcp_modern_check_header(mz_mcp_ctx_t *ctx, mz_str_t claim);
static bool mz_mcp_modern_check_version(mz_mcp_ctx_t *ctx, mz_str_t claim);
static bool mz_mcp_modern_check_presence(mz_mcp_ctx_t *ctx);


/*
 * The order is part of the protocol: a header that differs from the body is a
 * mismatch even when neither version is served.  Notifications have no
 * meaning over HTTP in this era.
 */

mz_mcp_outcome_t
mz_mcp_modern_receive(mz_mcp_ctx_t *ctx)
{
    mz_str_t          claim;
    mz_mcp_handler_t  handler;

    if (ctx->msg->kind != MZ_JSONRPC_REQUEST) {
        return MZ_MCP_ACCEPTED;
    }

    claim = mz_json_get_str(ctx->meta, MZ_MCP_META_VERSION);

    if (!mz_mcp_meta_modern(ctx)
        || !mz_mcp_modern_check_header(ctx, claim)
        || !mz_mcp_method_check_method(ctx, false)
        || !mz_mcp_modern_check_version(ctx, claim)
        || !mz_mcp_modern_check_presence(ctx)
        || !mz_mcp_method_check_method(ctx, true)
        || !mz_mcp_method_check_name(ctx, true))
    {
        return MZ_MCP_ANSWER;
    }

    handler = mz_mcp_method_handler(ctx);

    return handler ? handler(ctx) : mz_mcp_method_unknown(ctx, 404);
}


/* Lenient: the version header may say anything; the body decides. */

static bool
mz_mcp_modern_check_header(mz_mcp_ctx_t *ctx, mz_str_t claim)
{
    bool             is_doubled;
    mz_err_t         err;
    mz_mcp_mirror_t  m;

    memset(&m, 0, sizeof(mz_mcp_mirror_t));
    m.header = "MCP-Protocol-Version";
    m.value = ctx->http->protocol_version;
    m.body = claim;
    m.is_duplicate = ctx->http->duplicates & MZ_HTTP_DUP_VERSION;

    if (mz_mcp_http_check_mirror(&m, &err) == MZ_OK) {
        return true;
    }

    (void) mz_mcp_session_header(ctx->http, &is_doubled);

    if (mz_mcp_tolerate(ctx, is_doubled ? MZ_MCP_TOL_VERSION_DOUBLED
                                        : MZ_MCP_TOL_VERSION_DIFFERS))
    {
        return true;
    }

    (void) mz_mcp_method_refuse(ctx, 400, MZ_RPC_HEADER_MISMATCH, "%s",
                                err.msg);
    return false;
}


static bool
mz_mcp_modern_check_version(mz_mcp_ctx_t *ctx, mz_str_t claim)
{
    mz_buf_t  data;

    ctx->req->version = mz_mcp_version_modern(claim);

    if (ctx->req->version.len > 0) {
        return true;
    }

    mz_buf_init(&data, 0);
    mz_buf_add_char(&data, '{');
    mz_mcp_write_member(&data, "supported");
    mz_mcp_version_write_supported(&data);
    mz_mcp_write_member(&data, "requested");
    mz_buf_add_json_str(&data, claim);
    mz_buf_add_char(&data, '}');

    ctx->reply->status = 400;
    mz_mcp_write_error(ctx->req, MZ_RPC_VERSION,
                       mz_str("Unsupported protocol version"),
                       mz_buf_view(&data), &ctx->reply->body);

    mz_buf_free(&data);

    return false;
}


static bool
mz_mcp_modern_check_presence(mz_mcp_ctx_t *ctx)
{
    if (ctx->http->protocol_version.data != NULL
        || mz_mcp_tolerate(ctx, MZ_MCP_TOL_VERSION_ABSENT))
    {
        return true;
    }

    (void) mz_mcp_method_refuse(ctx, 400, MZ_RPC_HEADER_MISMATCH, "Header "
                                "mismatch: MCP-Protocol-Version is missing");
    return false;
}


mz_mcp_outcome_t
mz_mcp_modern_discover(mz_mcp_ctx_t *ctx)
{
    mz_buf_t  *out;

    out = &ctx->reply->body;

    mz_mcp_write_open(ctx->req, "complete", &mz_mcp_discover_cache, out);
    mz_mcp_write_member(out, "supportedVersions");
    mz_mcp_version_write_supported(out);
    mz_mcp_write_member(out, "capabilities");
    mz_mcp_offer_write(ctx->srv, ctx->req, out);
    mz_mcp_offer_instructions(ctx->srv, out);
    mz_mcp_write_close(ctx->srv, ctx->req, out);

    return MZ_MCP_ANSWER;
}
