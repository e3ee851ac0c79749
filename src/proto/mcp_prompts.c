
#include "proto/mcp_method.h"


mz_mcp_outcome_t
mz_mcp_prompts_list(mz_mcp_ctx_t *ctx)
{
    return mz_mcp_list(ctx, "prompts", ctx->srv->prompts_json);
}


mz_mcp_outcome_t
mz_mcp_prompts_get(mz_mcp_ctx_t *ctx)
{
    void          *iter;
    const json_t  *value;

    if (!mz_mcp_params_str(ctx, "name", "params.name, the name of a prompt of "
                           "prompts/list", &ctx->req->target)
        || !mz_mcp_params_object(ctx, "arguments", "an object for "
                                 "params.arguments", &ctx->req->arguments)
        || !mz_mcp_params_retry(ctx))
    {
        return MZ_MCP_ANSWER;
    }

    for (iter = json_object_iter(ctx->req->arguments); iter != NULL;
         iter = json_object_iter_next(ctx->req->arguments, iter))
    {
        value = json_object_iter_value(iter);

        if (!json_is_string(value)) {
            return mz_mcp_method_lacks(ctx, "a string for each member of "
                                       "params.arguments");
        }
    }

    return mz_mcp_method_call(ctx);
}
