
#include "proto/mcp_method.h"
#include "proto/mcp_write.h"


#define MZ_MCP_LIST_TTL_MS    300000
#define MZ_MCP_LIST_ENVELOPE  1024      /* bytes around a list, about */


/* These lists are equal for all callers, so any cache may share them. */

static const mz_mcp_cache_t  mz_mcp_list_cache = {
    MZ_MCP_LIST_TTL_MS, mz_str("public")
};


mz_mcp_outcome_t
mz_mcp_list(mz_mcp_ctx_t *ctx, const char *key, mz_str_t array)
{
    mz_buf_t  *out;

    if (!mz_mcp_params_cursor(ctx, false)) {
        return MZ_MCP_ANSWER;
    }

    if (array.len == 0) {
        array = mz_str("[]");
    }

    out = &ctx->reply->body;

    /* One block for all: growing would copy the list several times. */

    (void) mz_buf_reserve(out, array.len + MZ_MCP_LIST_ENVELOPE);

    mz_mcp_write_open(ctx->req, "complete", &mz_mcp_list_cache, out);
    mz_mcp_write_member(out, key);
    mz_buf_add_str(out, array);
    mz_mcp_write_close(ctx->srv, ctx->req, out);

    return MZ_MCP_ANSWER;
}
