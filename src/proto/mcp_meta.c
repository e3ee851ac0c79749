
#include "base/mz_str.h"
#include "base/mz_utf8.h"
#include "proto/mcp_method.h"


#define MZ_MCP_META_QUOTE_MAX  32       /* code points in a message */
#define MZ_MCP_META_TOKEN_MAX  256      /* bytes of a progress token */


/* Each note of progress repeats the token.  With one that is too long the
 * request goes without: nobody has to report progress. */

void
mz_mcp_meta_progress(mz_mcp_ctx_t *ctx)
{
    const json_t  *token;

    token = json_object_get(ctx->meta, "progressToken");

    if (json_is_integer(token)
        || (json_is_string(token)
            && json_string_length(token) <= MZ_MCP_META_TOKEN_MAX))
    {
        ctx->req->progress_token = token;
    }
}


bool
mz_mcp_meta_modern(mz_mcp_ctx_t *ctx)
{
    mz_str_t       name;
    const char    *wrong;
    const json_t  *version, *capabilities, *level;

    version = json_object_get(ctx->meta, MZ_MCP_META_VERSION);
    capabilities = json_object_get(ctx->meta, MZ_MCP_META_CAPABILITIES);
    level = json_object_get(ctx->meta, MZ_MCP_META_LOG_LEVEL);
    wrong = NULL;

    if (!json_is_string(version)) {
        wrong = "needs " MZ_MCP_META_VERSION ", a string";

    } else if (!json_is_object(capabilities)) {
        wrong = "needs " MZ_MCP_META_CAPABILITIES ", an object";
    }

    if (wrong != NULL) {
        (void) mz_mcp_method_refuse(ctx, 400, MZ_RPC_PARAMS,
                                    "params._meta %s", wrong);
        return false;
    }

    ctx->req->client = mz_mcp_client_parse(capabilities);

    if (level == NULL
        || mz_mcp_log_parse(mz_json_str(level), &ctx->req->log_level) == MZ_OK)
    {
        return true;
    }

    name = mz_utf8_prefix(mz_json_str(level), MZ_MCP_META_QUOTE_MAX);

    (void) mz_mcp_method_refuse(ctx, 400, MZ_RPC_PARAMS, "params._meta has an "
                                "unknown " MZ_MCP_META_LOG_LEVEL ": '%.*s'",
                                (int) name.len, name.data);
    return false;
}
