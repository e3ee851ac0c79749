
#include "proto/mcp_method.h"


bool
mz_mcp_params_str(mz_mcp_ctx_t *ctx, const char *key, const char *what,
    mz_str_t *value)
{
    *value = mz_json_get_str(ctx->msg->params, key);

    if (value->data == NULL) {
        (void) mz_mcp_method_lacks(ctx, what);
        return false;
    }

    return true;
}


bool
mz_mcp_params_object(mz_mcp_ctx_t *ctx, const char *key, const char *what,
    json_t **value)
{
    *value = json_object_get(ctx->msg->params, key);

    if (*value == NULL || json_is_object(*value)) {
        return true;
    }

    if (json_is_null(*value)) {
        *value = NULL;
        return true;
    }

    (void) mz_mcp_method_lacks(ctx, what);

    return false;
}


/* The empty string is a cursor, too; null stands for none. */

bool
mz_mcp_params_cursor(mz_mcp_ctx_t *ctx, bool has_pages)
{
    const json_t  *cursor;

    cursor = json_object_get(ctx->msg->params, "cursor");

    if (cursor == NULL || json_is_null(cursor)) {
        return true;
    }

    if (!has_pages) {
        (void) mz_mcp_method_refuse(ctx, 200, MZ_RPC_PARAMS, "Unknown cursor: "
                                    "%s has one page, leave cursor out",
                                    ctx->method->name.data);
        return false;
    }

    if (!json_is_string(cursor)) {
        (void) mz_mcp_method_lacks(ctx, "a string for params.cursor: the "
                                   "nextCursor of the page before");
        return false;
    }

    return true;
}


bool
mz_mcp_params_retry(mz_mcp_ctx_t *ctx)
{
    const json_t  *state;

    if (ctx->req->era != MZ_MCP_MODERN) {
        return true;
    }

    if (!mz_mcp_params_object(ctx, "inputResponses", "an object for "
                              "params.inputResponses",
                              &ctx->req->input_responses))
    {
        return false;
    }

    state = json_object_get(ctx->msg->params, "requestState");

    if (json_is_string(state)) {
        ctx->req->request_state = mz_json_str(state);

    } else if (state != NULL && !json_is_null(state)) {
        (void) mz_mcp_method_lacks(ctx, "a string for params.requestState: "
                                   "the one it was given");
        return false;
    }

    return true;
}
