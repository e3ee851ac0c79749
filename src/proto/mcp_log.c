
#include "base/mz_str.h"
#include "proto/mcp_method.h"


/* In the order of mz_mcp_log_t. */

static const mz_str_t  mz_mcp_log_names[MZ_MCP_LOG_OFF] = {
    mz_str("debug"),
    mz_str("info"),
    mz_str("notice"),
    mz_str("warning"),
    mz_str("error"),
    mz_str("critical"),
    mz_str("alert"),
    mz_str("emergency")
};


mz_rc_t
mz_mcp_log_parse(mz_str_t s, mz_mcp_log_t *level)
{
    size_t  i;

    *level = MZ_MCP_LOG_OFF;

    for (i = 0; i < MZ_ARRAY_LEN(mz_mcp_log_names); i++) {
        if (mz_str_eq(mz_mcp_log_names[i], s)) {
            *level = (mz_mcp_log_t) i;
            return MZ_OK;
        }
    }

    return MZ_INVALID;
}


const char *
mz_mcp_log_name(mz_mcp_log_t level)
{
    return level < MZ_MCP_LOG_OFF ? mz_mcp_log_names[level].data : "off";
}


/* Without a session there is nothing to keep the level with. */

mz_mcp_outcome_t
mz_mcp_log_set(mz_mcp_ctx_t *ctx)
{
    mz_str_t      name;
    mz_mcp_log_t  level;

    name = mz_json_get_str(ctx->msg->params, "level");

    if (mz_mcp_log_parse(name, &level) != MZ_OK) {
        return mz_mcp_method_lacks(ctx, "params.level: one of debug, info, "
                                   "notice, warning, error, critical, alert, "
                                   "emergency");
    }

    if (ctx->http->session.state != MZ_MCP_SESSION_VALID) {
        return mz_mcp_method_empty(ctx);
    }

    ctx->req->target = name;

    return mz_mcp_method_call(ctx);
}
