
#include "base/mz_str.h"
#include "proto/mcp_method.h"


typedef struct {
    mz_str_t     type;
    const char  *key;               /* of what is referred to */
    const char  *needs;
} mz_mcp_ref_t;


static const mz_mcp_ref_t  mz_mcp_refs[] = {
    { mz_str("ref/prompt"), "name", "params.ref.name, the name of a prompt" },
    { mz_str("ref/resource"), "uri", "params.ref.uri, the uri template of a "
      "resource" }
};


static bool mz_mcp_complete_ref(mz_mcp_ctx_t *ctx);
static bool mz_mcp_complete_argument(mz_mcp_ctx_t *ctx);
static bool mz_mcp_complete_context(mz_mcp_ctx_t *ctx);


mz_mcp_outcome_t
mz_mcp_complete(mz_mcp_ctx_t *ctx)
{
    if (!mz_mcp_complete_ref(ctx) || !mz_mcp_complete_argument(ctx)
        || !mz_mcp_complete_context(ctx))
    {
        return MZ_MCP_ANSWER;
    }

    return mz_mcp_method_call(ctx);
}


static bool
mz_mcp_complete_ref(mz_mcp_ctx_t *ctx)
{
    size_t               i;
    mz_str_t             type;
    const json_t        *ref;
    const mz_mcp_ref_t  *r;

    ref = json_object_get(ctx->msg->params, "ref");
    type = mz_json_get_str(ref, "type");

    for (i = 0; i < MZ_ARRAY_LEN(mz_mcp_refs); i++) {
        r = &mz_mcp_refs[i];

        if (!mz_str_eq(type, r->type)) {
            continue;
        }

        ctx->req->target = mz_json_get_str(ref, r->key);

        if (ctx->req->target.data == NULL) {
            (void) mz_mcp_method_lacks(ctx, r->needs);
            return false;
        }

        return true;
    }

    (void) mz_mcp_method_lacks(ctx, "params.ref, an object whose type is "
                               "ref/prompt or ref/resource");
    return false;
}


static bool
mz_mcp_complete_argument(mz_mcp_ctx_t *ctx)
{
    const json_t  *argument;

    argument = json_object_get(ctx->msg->params, "argument");

    if (mz_json_get_str(argument, "name").data == NULL
        || mz_json_get_str(argument, "value").data == NULL)
    {
        (void) mz_mcp_method_lacks(ctx, "params.argument, an object with the "
                                   "strings name and value");
        return false;
    }

    return true;
}


static bool
mz_mcp_complete_context(mz_mcp_ctx_t *ctx)
{
    json_t        *context;
    const json_t  *arguments;

    if (!mz_mcp_params_object(ctx, "context", "an object for params.context",
                              &context))
    {
        return false;
    }

    arguments = json_object_get(context, "arguments");

    if (arguments != NULL && !json_is_null(arguments)
        && !json_is_object(arguments))
    {
        (void) mz_mcp_method_lacks(ctx, "an object for "
                                   "params.context.arguments");
        return false;
    }

    return true;
}
