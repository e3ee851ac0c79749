
#include "proto/mcp_method.h"


static bool mz_mcp_tasks_can(mz_mcp_ctx_t *ctx);
static bool mz_mcp_tasks_id(mz_mcp_ctx_t *ctx);


/* tasks/get, tasks/result, tasks/cancel. */

mz_mcp_outcome_t
mz_mcp_tasks_one(mz_mcp_ctx_t *ctx)
{
    return mz_mcp_tasks_id(ctx) ? mz_mcp_method_call(ctx) : MZ_MCP_ANSWER;
}


mz_mcp_outcome_t
mz_mcp_tasks_list(mz_mcp_ctx_t *ctx)
{
    return mz_mcp_params_cursor(ctx, true) ? mz_mcp_method_call(ctx)
                                           : MZ_MCP_ANSWER;
}


/* The same of the extension. */

mz_mcp_outcome_t
mz_mcp_tasks_extension(mz_mcp_ctx_t *ctx)
{
    return mz_mcp_tasks_can(ctx) ? mz_mcp_tasks_one(ctx) : MZ_MCP_ANSWER;
}


mz_mcp_outcome_t
mz_mcp_tasks_update(mz_mcp_ctx_t *ctx)
{
    json_t  *responses;

    if (!mz_mcp_tasks_can(ctx) || !mz_mcp_tasks_id(ctx)) {
        return MZ_MCP_ANSWER;
    }

    responses = json_object_get(ctx->msg->params, "inputResponses");

    if (!json_is_object(responses)) {
        return mz_mcp_method_lacks(ctx, "params.inputResponses, an object");
    }

    ctx->req->input_responses = responses;

    return mz_mcp_method_call(ctx);
}


/* Each request says anew that its client knows the extension. */

static bool
mz_mcp_tasks_can(mz_mcp_ctx_t *ctx)
{
    if (ctx->req->client & MZ_MCP_CAN_TASKS) {
        return true;
    }

    (void) mz_mcp_method_incapable(ctx, MZ_MCP_CAN_TASKS);

    return false;
}


static bool
mz_mcp_tasks_id(mz_mcp_ctx_t *ctx)
{
    return mz_mcp_params_str(ctx, "taskId", "params.taskId, the id of a task",
                             &ctx->req->target);
}
