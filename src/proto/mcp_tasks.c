
#include "proto/mcp_method.h"


/* tasks/get, tasks/result, tasks/cancel. */

mz_mcp_outcome_t
mz_mcp_tasks_one(mz_mcp_ctx_t *ctx)
{
    if (!mz_mcp_params_str(ctx, "taskId", "params.taskId, the id of a task",
                           &ctx->req->target))
    {
        return MZ_MCP_ANSWER;
    }

    return mz_mcp_method_call(ctx);
}


mz_mcp_outcome_t
mz_mcp_tasks_list(mz_mcp_ctx_t *ctx)
{
    return mz_mcp_params_cursor(ctx, true) ? mz_mcp_method_call(ctx)
                                           : MZ_MCP_ANSWER;
}


mz_mcp_outcome_t
mz_mcp_tasks_extension(mz_mcp_ctx_t *ctx)
{
    if (!(ctx->req->client & MZ_MCP_CAN_TASKS)) {
        return mz_mcp_method_incapable(ctx, MZ_MCP_CAN_TASKS);
    }

    return mz_mcp_tasks_one(ctx);
}


mz_mcp_outcome_t
mz_mcp_tasks_update(mz_mcp_ctx_t *ctx)
{
    mz_mcp_outcome_t  outcome;

    outcome = mz_mcp_tasks_extension(ctx);

    if (outcome != MZ_MCP_CALL) {
        return outcome;
    }

    ctx->req->input_responses = json_object_get(ctx->msg->params,
                                                "inputResponses");

    if (!json_is_object(ctx->req->input_responses)) {
        ctx->req->input_responses = NULL;

        return mz_mcp_method_lacks(ctx, "params.inputResponses, an object");
    }

    return MZ_MCP_CALL;
}
