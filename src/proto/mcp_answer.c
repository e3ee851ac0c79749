
#include "base/mz_str.h"
#include "proto/mcp_method.h"


/*
 * A response of the client to a request of ours, which may have been sent by
 * another node.  Our ids are strings: what has another kind of id, or none,
 * answers nothing of ours.
 */

mz_mcp_outcome_t
mz_mcp_answer_response(mz_mcp_ctx_t *ctx)
{
    const json_t  *id;

    id = json_object_get(ctx->msg->root, "id");

    if (!json_is_string(id)) {
        return MZ_MCP_ACCEPTED;
    }

    ctx->req->target = mz_json_str(id);
    ctx->req->what = MZ_MCP_DO_ANSWER;

    return MZ_MCP_CALL;
}


/* Ids are those of a session: without one, nobody knows whose. */

mz_mcp_outcome_t
mz_mcp_answer_notification(mz_mcp_ctx_t *ctx)
{
    if (ctx->method == NULL || ctx->method->what != MZ_MCP_DO_CANCELLED
        || ctx->http->session.state != MZ_MCP_SESSION_VALID
        || ctx->msg->ref[0] == '\0')
    {
        return MZ_MCP_ACCEPTED;
    }

    memcpy(ctx->req->cancelled_id, ctx->msg->ref,
           sizeof(ctx->req->cancelled_id));

    return mz_mcp_method_call(ctx);
}
