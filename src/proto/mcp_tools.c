
#include "base/mz_str.h"
#include "proto/mcp_method.h"


static bool mz_mcp_tools_task(mz_mcp_ctx_t *ctx);
static bool mz_mcp_tools_has_tasks(const mz_mcp_ctx_t *ctx);


/* Only the revision with tasks in its core knows the member execution. */

mz_mcp_outcome_t
mz_mcp_tools_list(mz_mcp_ctx_t *ctx)
{
    return mz_mcp_list(ctx, "tools", mz_mcp_tools_has_tasks(ctx)
                                            ? ctx->srv->tools_tasks_json
                                            : ctx->srv->tools_json);
}


mz_mcp_outcome_t
mz_mcp_tools_call(mz_mcp_ctx_t *ctx)
{
    if (!mz_mcp_params_str(ctx, "name", "params.name, the name of a tool of "
                           "tools/list", &ctx->req->target)
        || !mz_mcp_params_object(ctx, "arguments", "an object for "
                                 "params.arguments", &ctx->req->arguments)
        || !mz_mcp_tools_task(ctx)
        || !mz_mcp_params_retry(ctx))
    {
        return MZ_MCP_ANSWER;
    }

    return mz_mcp_method_call(ctx);
}


/*
 * Who asks for a task: the client of 2025-11-25 for this call, in the
 * extension of 2026-07-28 the server, for any call whose client can take it.
 */

static bool
mz_mcp_tools_task(mz_mcp_ctx_t *ctx)
{
    json_t  *task;

    if (ctx->req->era == MZ_MCP_MODERN) {
        ctx->req->wants_task = (ctx->req->client & MZ_MCP_CAN_TASKS)
                               && (ctx->srv->offers & MZ_MCP_OFFERS_TASKS);
        return true;
    }

    if (!mz_mcp_tools_has_tasks(ctx)) {
        return true;
    }

    if (!mz_mcp_params_object(ctx, "task", "an object for params.task", &task))
    {
        return false;
    }

    if (task == NULL) {
        return true;
    }

    ctx->req->wants_task = true;

    if (json_object_get(task, "ttl") == NULL) {
        return true;
    }

    ctx->req->task_ttl_ms = mz_json_get_int(task, "ttl", -1);

    if (ctx->req->task_ttl_ms < 0) {
        (void) mz_mcp_method_lacks(ctx, "params.task.ttl in milliseconds, a "
                                   "whole number of at least 0, or none");
        return false;
    }

    return true;
}


static bool
mz_mcp_tools_has_tasks(const mz_mcp_ctx_t *ctx)
{
    return ctx->req->era == MZ_MCP_LEGACY
           && (ctx->srv->offers & MZ_MCP_OFFERS_TASKS)
           && mz_str_cmp(ctx->req->version, mz_str(MZ_MCP_TASKS_SINCE)) >= 0;
}
