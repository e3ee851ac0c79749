
#include "base/mz_str.h"
#include "proto/mcp_method.h"
#include "proto/mcp_offer.h"
#include "proto/mcp_session.h"
#include "proto/mcp_version.h"
#include "proto/mcp_write.h"


static mz_mcp_outcome_t mz_mcp_legacy_request(mz_mcp_ctx_t *ctx);
static bool mz_mcp_legacy_names_modern(const mz_mcp_ctx_t *ctx);
static bool mz_mcp_legacy_is_modern_only(const mz_mcp_ctx_t *ctx);
static mz_mcp_outcome_t mz_mcp_legacy_unclaimed(mz_mcp_ctx_t *ctx);


/*
 * A message without the modern envelope.  A header that names a modern
 * revision all the same is judged before the session: a client of that
 * revision has none.
 */

mz_mcp_outcome_t
mz_mcp_legacy_receive(mz_mcp_ctx_t *ctx)
{
    mz_mcp_outcome_t  outcome;

    if (mz_mcp_method_is_initialize(ctx)) {
        return mz_mcp_legacy_request(ctx);
    }

    if (mz_mcp_legacy_names_modern(ctx)) {
        outcome = mz_mcp_legacy_unclaimed(ctx);

        if (outcome != MZ_MCP_CALL) {
            return outcome;
        }
    }

    if (!mz_mcp_session_check(ctx)) {
        return MZ_MCP_ANSWER;
    }

    switch (ctx->msg->kind) {

    case MZ_JSONRPC_RESPONSE:
        return mz_mcp_answer_response(ctx);

    case MZ_JSONRPC_NOTIFICATION:
        return mz_mcp_method_check_method(ctx, false)
               ? mz_mcp_answer_notification(ctx) : MZ_MCP_ANSWER;

    default:
        return mz_mcp_legacy_request(ctx);
    }
}


static mz_mcp_outcome_t
mz_mcp_legacy_request(mz_mcp_ctx_t *ctx)
{
    mz_mcp_handler_t  handler;

    if (!mz_mcp_method_check_method(ctx, false)
        || !mz_mcp_method_check_name(ctx, false))
    {
        return MZ_MCP_ANSWER;
    }

    handler = mz_mcp_method_handler(ctx);

    if (handler == NULL) {
        return mz_mcp_method_unknown(ctx, 200);
    }

    if (ctx->msg->params != NULL && ctx->req->params == NULL) {
        return mz_mcp_method_refuse(ctx, 200, MZ_RPC_PARAMS,
                                    "params must be an object");
    }

    return handler(ctx);
}


static bool
mz_mcp_legacy_names_modern(const mz_mcp_ctx_t *ctx)
{
    bool      is_doubled;
    mz_str_t  header;

    header = mz_mcp_session_header(ctx->http, &is_doubled);

    return mz_mcp_version_kind(header) == MZ_MCP_VERSION_MODERN;
}


/* No reading as legacy could answer it. */

static bool
mz_mcp_legacy_is_modern_only(const mz_mcp_ctx_t *ctx)
{
    return ctx->method != NULL
           && ctx->method->handlers[MZ_MCP_LEGACY] == NULL
           && ctx->method->handlers[MZ_MCP_MODERN] != NULL;
}


/* CALL: it passes for legacy, and that is counted. */

static mz_mcp_outcome_t
mz_mcp_legacy_unclaimed(mz_mcp_ctx_t *ctx)
{
    bool  may_pass;

    may_pass = !ctx->http->is_strict
               && ctx->http->session.state == MZ_MCP_SESSION_VALID;

    switch (ctx->msg->kind) {

    case MZ_JSONRPC_NOTIFICATION:
        if (!may_pass) {
            return MZ_MCP_ACCEPTED;
        }

        break;

    case MZ_JSONRPC_RESPONSE:
        if (!may_pass) {
            return mz_mcp_method_refuse(ctx, 400, MZ_RPC_INVALID_REQUEST,
                                        "A client sends no responses in the "
                                        "MCP-Protocol-Version of the header");
        }

        break;

    default:
        if (ctx->http->is_strict || mz_mcp_legacy_is_modern_only(ctx)
            || json_object_get(ctx->meta, MZ_MCP_META_CAPABILITIES) != NULL)
        {
            return mz_mcp_method_refuse(ctx, 400, MZ_RPC_PARAMS,
                                        "params._meta needs "
                                        MZ_MCP_META_VERSION ", a string");
        }

        break;
    }

    (void) mz_mcp_tolerate(ctx, MZ_MCP_TOL_VERSION_DIFFERS);

    return MZ_MCP_CALL;
}


/* It opens a session, so whatever became of an old one does not matter. */

mz_mcp_outcome_t
mz_mcp_legacy_initialize(mz_mcp_ctx_t *ctx)
{
    mz_buf_t          *out;
    mz_str_t           asked;
    mz_mcp_request_t  *req;

    req = ctx->req;

    if (mz_mcp_legacy_names_modern(ctx)
        && !mz_mcp_tolerate(ctx, MZ_MCP_TOL_VERSION_DIFFERS))
    {
        return mz_mcp_method_refuse(ctx, 400, MZ_RPC_HEADER_MISMATCH, "Header "
                                    "mismatch: initialize does not exist in "
                                    "the MCP-Protocol-Version of the header");
    }

    if (!mz_mcp_params_str(ctx, "protocolVersion", "params.protocolVersion, a "
                           "string", &asked))
    {
        return MZ_MCP_ANSWER;
    }

    req->version = mz_mcp_version_legacy(asked);

    if (req->version.len == 0) {
        req->version = mz_mcp_version_newest_legacy();
    }

    req->client = mz_mcp_client_parse(json_object_get(req->params,
                                                      "capabilities"));
    req->what = MZ_MCP_DO_INITIALIZE;

    out = &ctx->reply->body;

    mz_mcp_write_open(req, "complete", NULL, out);
    mz_mcp_write_member(out, "protocolVersion");
    mz_buf_add_json_str(out, req->version);
    mz_mcp_write_member(out, "capabilities");
    mz_mcp_offer_write(ctx->srv, req, out);
    mz_mcp_write_member(out, "serverInfo");
    mz_mcp_write_server_info(ctx->srv, out);
    mz_mcp_offer_instructions(ctx->srv, out);
    mz_mcp_write_close(ctx->srv, req, out);

    return MZ_MCP_ANSWER;
}
