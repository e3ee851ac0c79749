
#include "base/mz_str.h"
#include "proto/mcp_method.h"
#include "proto/mcp_write.h"


#define MZ_MCP_TOOLS_TTL_MS  300000
#define MZ_MCP_ENVELOPE      1024       /* bytes around the list, about */


/* The tools are equal for all callers, so any cache may share the list. */

static const mz_mcp_cache_t  mz_mcp_tools_cache = {
    MZ_MCP_TOOLS_TTL_MS, mz_str("public")
};


mz_mcp_outcome_t
mz_mcp_tools_list(mz_mcp_ctx_t *ctx)
{
    mz_buf_t      *out;
    const json_t  *cursor;

    cursor = json_object_get(ctx->msg->params, "cursor");

    if (cursor != NULL && !json_is_null(cursor)) {
        return mz_mcp_method_refuse(ctx, 200, MZ_RPC_PARAMS, "Unknown cursor: "
                                    "tools/list has one page, leave cursor "
                                    "out");
    }

    out = &ctx->reply->body;

    /* One block for all: growing would copy the list several times. */

    (void) mz_buf_reserve(out, ctx->srv->tools_json.len + MZ_MCP_ENVELOPE);

    mz_mcp_write_open(ctx->req, &mz_mcp_tools_cache, out);
    mz_mcp_write_member(out, "tools");
    mz_buf_add_str(out, ctx->srv->tools_json);
    mz_mcp_write_close(ctx->srv, ctx->req, out);

    return MZ_MCP_ANSWER;
}


mz_mcp_outcome_t
mz_mcp_tools_call(mz_mcp_ctx_t *ctx)
{
    json_t   *arguments;
    mz_str_t  name;

    name = mz_json_get_str(ctx->msg->params, "name");

    if (name.data == NULL) {
        return mz_mcp_method_refuse(ctx, 200, MZ_RPC_PARAMS, "tools/call needs "
                                    "params.name, the name of a tool of "
                                    "tools/list");
    }

    arguments = json_object_get(ctx->msg->params, "arguments");

    if (json_is_null(arguments)) {
        arguments = NULL;
    }

    if (arguments != NULL && !json_is_object(arguments)) {
        return mz_mcp_method_refuse(ctx, 200, MZ_RPC_PARAMS, "params.arguments "
                                    "of tools/call must be an object");
    }

    ctx->req->tool = name;
    ctx->req->arguments = arguments;

    return MZ_MCP_CALL;
}
