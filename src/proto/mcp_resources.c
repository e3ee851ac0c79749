
#include "proto/mcp_method.h"


static bool mz_mcp_resources_uri(mz_mcp_ctx_t *ctx);


mz_mcp_outcome_t
mz_mcp_resources_list(mz_mcp_ctx_t *ctx)
{
    return mz_mcp_params_cursor(ctx, true) ? mz_mcp_method_call(ctx)
                                           : MZ_MCP_ANSWER;
}


mz_mcp_outcome_t
mz_mcp_resources_templates(mz_mcp_ctx_t *ctx)
{
    return mz_mcp_list(ctx, "resourceTemplates",
                              ctx->srv->templates_json);
}


mz_mcp_outcome_t
mz_mcp_resources_read(mz_mcp_ctx_t *ctx)
{
    if (!mz_mcp_resources_uri(ctx) || !mz_mcp_params_retry(ctx)) {
        return MZ_MCP_ANSWER;
    }

    return mz_mcp_method_call(ctx);
}


/* Both ways; without a session there is nothing to keep them with. */

mz_mcp_outcome_t
mz_mcp_resources_subscribe(mz_mcp_ctx_t *ctx)
{
    if (!mz_mcp_resources_uri(ctx)) {
        return MZ_MCP_ANSWER;
    }

    return ctx->http->session.state == MZ_MCP_SESSION_VALID
           ? mz_mcp_method_call(ctx) : mz_mcp_method_empty(ctx);
}


static bool
mz_mcp_resources_uri(mz_mcp_ctx_t *ctx)
{
    return mz_mcp_params_str(ctx, "uri", "params.uri, the uri of a resource",
                             &ctx->req->target);
}
