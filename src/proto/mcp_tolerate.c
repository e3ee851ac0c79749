
#include "proto/mcp_method.h"


/* In the order of mz_mcp_tolerance_t. */

static const char *const  mz_mcp_tolerances[MZ_MCP_TOLERANCES] = {
    "accept",
    "content_type",
    "version_absent",
    "version_differs",
    "version_unknown",
    "version_doubled",
    "session_absent"
};


const char *
mz_mcp_tolerance_name(mz_mcp_tolerance_t t)
{
    return t < MZ_MCP_TOLERANCES ? mz_mcp_tolerances[t] : "unknown";
}


bool
mz_mcp_tolerate(mz_mcp_ctx_t *ctx, mz_mcp_tolerance_t t)
{
    if (ctx->http->is_strict) {
        return false;
    }

    ctx->req->tolerated |= 1u << t;

    return true;
}
