
#include "tools/dispatch_find.h"

#include "base/mz_str.h"
#include "tools/ops.h"


static mz_rc_t mz_dispatch_no_resource(mz_dispatch_ctx_t *ctx);
static mz_rc_t mz_dispatch_prompt_args(mz_dispatch_ctx_t *ctx,
    const mz_prompt_t *prompt);
static bool mz_dispatch_ref(mz_dispatch_ctx_t *ctx,
    const mz_argument_t **args, size_t *n);
static mz_rc_t mz_dispatch_complete_args(mz_dispatch_ctx_t *ctx,
    const json_t *argument);


mz_rc_t
mz_dispatch_prompt(mz_dispatch_ctx_t *ctx)
{
    mz_rc_t             rc;
    mz_str_t            shown;
    const mz_prompt_t  *prompt;

    prompt = mz_registry_find_prompt(ctx->conf->registry, ctx->req->target);

    if (prompt == NULL) {
        shown = mz_dispatch_shown(ctx->req->target);
        return mz_dispatch_refuse(ctx, 200, MZ_RPC_PARAMS, mz_null_str,
                                  "Unknown prompt: %.*s; prompts/list says "
                                  "which there are", (int) shown.len,
                                  shown.data);
    }

    ctx->d->op = &prompt->op;
    ctx->d->args = (ctx->req->arguments != NULL)
                   ? json_incref(ctx->req->arguments) : json_object();

    if (ctx->d->args == NULL) {
        return mz_dispatch_no_memory(ctx);
    }

    rc = mz_dispatch_prompt_args(ctx, prompt);

    return (rc == MZ_OK) ? mz_dispatch_retry(ctx) : rc;
}


static mz_rc_t
mz_dispatch_prompt_args(mz_dispatch_ctx_t *ctx, const mz_prompt_t *prompt)
{
    void                 *iter;
    size_t                i;
    mz_str_t              shown, name;
    const mz_argument_t  *arg;

    name = prompt->op.name;

    for (iter = json_object_iter(ctx->d->args); iter != NULL;
         iter = json_object_iter_next(ctx->d->args, iter))
    {
        if (!json_is_string(json_object_iter_value(iter))) {
            shown = mz_dispatch_shown(
                        mz_str_from(json_object_iter_key(iter)));
            return mz_dispatch_refuse(ctx, 200, MZ_RPC_PARAMS, mz_null_str,
                                      "Argument %.*s of prompt %.*s must be a "
                                      "string", (int) shown.len, shown.data,
                                      (int) name.len, name.data);
        }
    }

    for (i = 0; i < prompt->narguments; i++) {
        arg = &prompt->arguments[i];

        if (arg->is_required
            && json_object_getn(ctx->d->args, arg->name.data, arg->name.len)
               == NULL)
        {
            return mz_dispatch_refuse(ctx, 200, MZ_RPC_PARAMS, mz_null_str,
                                      "Prompt %.*s needs the argument %.*s",
                                      (int) name.len, name.data,
                                      (int) arg->name.len, arg->name.data);
        }
    }

    return MZ_OK;
}


mz_rc_t
mz_dispatch_read(mz_dispatch_ctx_t *ctx)
{
    const mz_registry_t  *reg;
    const mz_resource_t  *resource;

    reg = ctx->conf->registry;
    resource = mz_registry_find_resource(reg, ctx->req->target, NULL);

    if (resource == NULL) {
        return mz_dispatch_no_resource(ctx);
    }

    ctx->d->op = &resource->op;
    ctx->d->args = json_object();

    if (mz_registry_find_resource(reg, ctx->req->target, ctx->d->args) == NULL
        || mz_json_set_str(ctx->d->args, "uri", ctx->req->target) != MZ_OK)
    {
        return mz_dispatch_no_memory(ctx);
    }

    return mz_dispatch_retry(ctx);
}


mz_rc_t
mz_dispatch_subscribe(mz_dispatch_ctx_t *ctx)
{
    mz_str_t              shown;
    const mz_resource_t  *resource;

    resource = mz_registry_find_resource(ctx->conf->registry,
                                         ctx->req->target, NULL);

    if (resource == NULL) {
        return mz_dispatch_no_resource(ctx);
    }

    if (!resource->is_watchable) {
        shown = mz_dispatch_shown(ctx->req->target);
        return mz_dispatch_refuse(ctx, 200, MZ_RPC_PARAMS, mz_null_str,
                                  "Resource %.*s never changes: there is "
                                  "nothing to subscribe to", (int) shown.len,
                                  shown.data);
    }

    ctx->d->args = json_incref(ctx->req->params);

    return (ctx->d->args != NULL) ? MZ_OK : mz_dispatch_no_memory(ctx);
}


static mz_rc_t
mz_dispatch_no_resource(mz_dispatch_ctx_t *ctx)
{
    int       code;
    mz_rc_t   rc;
    mz_buf_t  data;
    mz_str_t  shown;

    code = (ctx->req->era == MZ_MCP_MODERN) ? MZ_RPC_PARAMS
                                            : MZ_RPC_NO_RESOURCE;
    shown = mz_dispatch_shown(ctx->req->target);

    mz_buf_init(&data, 0);
    mz_buf_add_c(&data, "{\"uri\":");
    mz_buf_add_json_str(&data, ctx->req->target);
    mz_buf_add_char(&data, '}');

    rc = (data.rc == MZ_OK)
         ? mz_dispatch_refuse(ctx, 200, code, mz_buf_view(&data),
                              "Resource not found: %.*s", (int) shown.len,
                              shown.data)
         : mz_dispatch_no_memory(ctx);

    mz_buf_free(&data);

    return rc;
}


mz_rc_t
mz_dispatch_complete(mz_dispatch_ctx_t *ctx)
{
    size_t                i, n;
    mz_str_t              shown, name;
    const json_t         *argument;
    const mz_argument_t  *args;

    if (!mz_dispatch_ref(ctx, &args, &n)) {
        shown = mz_dispatch_shown(ctx->req->target);
        return mz_dispatch_refuse(ctx, 200, MZ_RPC_PARAMS, mz_null_str,
                                  "Unknown params.ref: %.*s; prompts/list and "
                                  "resources/templates/list say which there "
                                  "are", (int) shown.len, shown.data);
    }

    argument = json_object_get(ctx->req->params, "argument");
    name = mz_json_get_str(argument, "name");

    ctx->d->op = &mz_op_complete_nothing;

    for (i = 0; i < n; i++) {
        if (mz_str_eq(args[i].name, name) && args[i].complete != NULL) {
            ctx->d->op = args[i].complete;
        }
    }

    return mz_dispatch_complete_args(ctx, argument);
}


/* The arguments of what is referred to; false: there is no such thing. */

static bool
mz_dispatch_ref(mz_dispatch_ctx_t *ctx, const mz_argument_t **args, size_t *n)
{
    mz_str_t              type;
    const mz_prompt_t    *prompt;
    const mz_registry_t  *reg;
    const mz_resource_t  *resource;

    *args = NULL;
    *n = 0;

    reg = ctx->conf->registry;
    type = mz_json_get_str(json_object_get(ctx->req->params, "ref"), "type");

    if (mz_str_eq(type, mz_str("ref/prompt"))) {
        prompt = mz_registry_find_prompt(reg, ctx->req->target);

        if (prompt != NULL) {
            *args = prompt->arguments;
            *n = prompt->narguments;
        }

        return prompt != NULL;
    }

    resource = mz_registry_find_template(reg, ctx->req->target);

    if (resource != NULL) {
        *args = resource->variables;
        *n = resource->nvariables;
        return true;
    }

    /* A plain URI has no variables to complete. */

    return mz_registry_find_resource(reg, ctx->req->target, NULL) != NULL;
}


static mz_rc_t
mz_dispatch_complete_args(mz_dispatch_ctx_t *ctx, const json_t *argument)
{
    json_t  *context;

    context = json_object_get(ctx->req->params, "context");
    context = json_is_object(context) ? json_incref(context) : json_object();

    ctx->d->args = json_object();

    if (mz_json_set(ctx->d->args, "context", context) != MZ_OK
        || mz_json_set_str(ctx->d->args, "name",
                           mz_json_get_str(argument, "name")) != MZ_OK
        || mz_json_set_str(ctx->d->args, "value",
                           mz_json_get_str(argument, "value")) != MZ_OK)
    {
        return mz_dispatch_no_memory(ctx);
    }

    return MZ_OK;
}
