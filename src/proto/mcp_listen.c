
#include "base/mz_str.h"
#include "proto/mcp_method.h"


static const char *const  mz_mcp_listen_flags[] = {
    "toolsListChanged", "promptsListChanged", "resourcesListChanged"
};

static const char *const  mz_mcp_listen_lists[] = {
    "resourceSubscriptions", "taskIds"
};


static bool mz_mcp_listen_check(mz_mcp_ctx_t *ctx, const json_t *filter);
static bool mz_mcp_listen_is_list(const json_t *list);


mz_mcp_outcome_t
mz_mcp_listen(mz_mcp_ctx_t *ctx)
{
    const json_t  *filter, *tasks;

    filter = json_object_get(ctx->msg->params, "notifications");

    if (!json_is_object(filter)) {
        return mz_mcp_method_lacks(ctx, "params.notifications, an object that "
                                   "says what to listen to");
    }

    tasks = json_object_get(filter, "taskIds");

    if (tasks != NULL && !json_is_null(tasks)
        && (ctx->srv->offers & MZ_MCP_OFFERS_TASKS)
        && !(ctx->req->client & MZ_MCP_CAN_TASKS))
    {
        return mz_mcp_method_incapable(ctx, MZ_MCP_CAN_TASKS);
    }

    return mz_mcp_listen_check(ctx, filter) ? mz_mcp_method_call(ctx)
                                            : MZ_MCP_ANSWER;
}


/* Kinds of notifications that are not known are not honoured, no more. */

static bool
mz_mcp_listen_check(mz_mcp_ctx_t *ctx, const json_t *filter)
{
    size_t         i;
    const json_t  *v;

    for (i = 0; i < MZ_ARRAY_LEN(mz_mcp_listen_flags); i++) {
        v = json_object_get(filter, mz_mcp_listen_flags[i]);

        if (v != NULL && !json_is_boolean(v) && !json_is_null(v)) {
            (void) mz_mcp_method_lacks(ctx, "true or false for each "
                                       "..ListChanged of "
                                       "params.notifications");
            return false;
        }
    }

    for (i = 0; i < MZ_ARRAY_LEN(mz_mcp_listen_lists); i++) {
        v = json_object_get(filter, mz_mcp_listen_lists[i]);

        if (v != NULL && !json_is_null(v) && !mz_mcp_listen_is_list(v)) {
            (void) mz_mcp_method_lacks(ctx, "arrays of strings for "
                                       "resourceSubscriptions and taskIds of "
                                       "params.notifications");
            return false;
        }
    }

    return true;
}


static bool
mz_mcp_listen_is_list(const json_t *list)
{
    size_t  i;

    if (!json_is_array(list)) {
        return false;
    }

    for (i = 0; i < json_array_size(list); i++) {
        if (!json_is_string(json_array_get(list, i))) {
            return false;
        }
    }

    return true;
}
