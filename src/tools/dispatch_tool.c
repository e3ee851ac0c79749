
#include "tools/dispatch_find.h"

#include "base/mz_str.h"
#include "proto/mcp_http.h"
#include "proto/schema.h"
#include "query/jpointer.h"


static mz_rc_t mz_dispatch_needs(mz_dispatch_ctx_t *ctx);
static mz_rc_t mz_dispatch_headers(mz_dispatch_ctx_t *ctx,
    const mz_registry_tool_t *entry);
static mz_rc_t mz_dispatch_task(mz_dispatch_ctx_t *ctx);
static mz_rc_t mz_dispatch_incapable(mz_dispatch_ctx_t *ctx,
    uint32_t missing);
static mz_rc_t mz_dispatch_arguments(mz_dispatch_ctx_t *ctx,
    const mz_registry_tool_t *entry);
static mz_rc_t mz_dispatch_mend(mz_dispatch_ctx_t *ctx, mz_buf_t *text);


mz_rc_t
mz_dispatch_tool(mz_dispatch_ctx_t *ctx)
{
    mz_rc_t                    rc;
    mz_str_t                   shown;
    const mz_registry_tool_t  *entry;

    entry = mz_registry_find(ctx->conf->registry, ctx->req->target);

    if (entry == NULL) {
        shown = mz_dispatch_shown(ctx->req->target);
        return mz_dispatch_refuse(ctx, 200, MZ_RPC_PARAMS, mz_null_str,
                                  "Unknown tool: %.*s; tools/list says which "
                                  "there are", (int) shown.len, shown.data);
    }

    ctx->d->tool = entry->tool;
    ctx->d->op = &entry->tool->op;
    ctx->d->args = (ctx->req->arguments != NULL)
                   ? json_incref(ctx->req->arguments) : json_object();

    if (ctx->d->args == NULL) {
        return mz_dispatch_no_memory(ctx);
    }

    rc = mz_dispatch_needs(ctx);

    if (rc == MZ_OK) {
        rc = mz_dispatch_headers(ctx, entry);
    }

    if (rc == MZ_OK) {
        rc = mz_dispatch_task(ctx);
    }

    if (rc == MZ_OK) {
        rc = mz_dispatch_arguments(ctx, entry);
    }

    return (rc == MZ_OK) ? mz_dispatch_retry(ctx) : rc;
}


/* The modern client declares with each request, so that it can mend this
 * one; the other's user reads what the model says. */

static mz_rc_t
mz_dispatch_needs(mz_dispatch_ctx_t *ctx)
{
    mz_buf_t  text;
    uint32_t  missing;

    missing = ctx->d->tool->needs & ~ctx->req->client;

    if (missing == 0) {
        return MZ_OK;
    }

    if (ctx->req->era == MZ_MCP_MODERN) {
        return mz_dispatch_incapable(ctx, missing);
    }

    mz_buf_init(&text, 0);
    mz_buf_add_str(&text, ctx->d->tool->op.name);
    mz_buf_add_c(&text, " needs capabilities that the client did not declare "
                        "in initialize: ");
    mz_mcp_client_write(missing, &text);

    return mz_dispatch_mend(ctx, &text);
}


static mz_rc_t
mz_dispatch_headers(mz_dispatch_ctx_t *ctx, const mz_registry_tool_t *entry)
{
    size_t                       i;
    json_t                      *value;
    mz_err_t                     err;
    const mz_registry_header_t  *header;

    if (ctx->req->era != MZ_MCP_MODERN) {
        return MZ_OK;
    }

    for (i = 0; i < entry->nheaders; i++) {
        header = &entry->headers[i];

        if (mz_jpointer_get(ctx->d->args, mz_str_from(header->pointer),
                            &value, NULL) != MZ_OK)
        {
            value = NULL;
        }

        if (mz_mcp_http_check_param(ctx->http, header->name, value, &err)
            != MZ_OK)
        {
            return mz_dispatch_refuse(ctx, 400, MZ_RPC_HEADER_MISMATCH,
                                      mz_null_str, "%s", err.msg);
        }
    }

    return MZ_OK;
}


static mz_rc_t
mz_dispatch_task(mz_dispatch_ctx_t *ctx)
{
    bool      is_modern;
    mz_str_t  name;

    name = ctx->d->tool->op.name;
    is_modern = (ctx->req->era == MZ_MCP_MODERN);

    if (ctx->d->tool->task == MZ_TASK_REQUIRED && !ctx->req->wants_task) {
        return is_modern
               ? mz_dispatch_incapable(ctx, MZ_MCP_CAN_TASKS)
               : mz_dispatch_refuse(ctx, 200, MZ_RPC_METHOD, mz_null_str,
                                    "%.*s runs as a task only: call it with "
                                    "params.task, in protocol 2025-11-25",
                                    (int) name.len, name.data);
    }

    /* In the modern era the server chooses; in the other the client does. */

    if (ctx->d->tool->task == MZ_TASK_NEVER && ctx->req->wants_task
        && !is_modern)
    {
        return mz_dispatch_refuse(ctx, 200, MZ_RPC_METHOD, mz_null_str,
                                  "%.*s does not run as a task: call it "
                                  "without params.task", (int) name.len,
                                  name.data);
    }

    return MZ_OK;
}


static mz_rc_t
mz_dispatch_incapable(mz_dispatch_ctx_t *ctx, uint32_t missing)
{
    mz_rc_t   rc;
    mz_buf_t  data;

    mz_buf_init(&data, 0);
    mz_buf_add_c(&data, "{\"requiredCapabilities\":");
    mz_mcp_client_write(missing, &data);
    mz_buf_add_char(&data, '}');

    rc = (data.rc == MZ_OK)
         ? mz_dispatch_refuse(ctx, 400, MZ_RPC_CAPABILITY, mz_buf_view(&data),
                              "Missing required client capability")
         : mz_dispatch_no_memory(ctx);

    mz_buf_free(&data);

    return rc;
}


static mz_rc_t
mz_dispatch_arguments(mz_dispatch_ctx_t *ctx, const mz_registry_tool_t *entry)
{
    mz_err_t  err;
    mz_buf_t  text;

    if (mz_schema_validate(entry->input_schema, ctx->d->args, &err) == MZ_OK) {
        return MZ_OK;
    }

    mz_buf_init(&text, 0);
    mz_buf_add_c(&text, "Invalid arguments for ");
    mz_buf_add_str(&text, ctx->d->tool->op.name);
    mz_buf_add_c(&text, ": ");
    mz_buf_add_c(&text, err.msg);

    return mz_dispatch_mend(ctx, &text);
}


/* A result, no error: a model reads it and mends its call.  Frees text. */

static mz_rc_t
mz_dispatch_mend(mz_dispatch_ctx_t *ctx, mz_buf_t *text)
{
    bool             is_ok;
    mz_mcp_result_t  res;

    memset(&res, 0, sizeof(mz_mcp_result_t));
    res.text = mz_buf_view(text);
    res.is_error = true;

    ctx->reply->status = 200;
    mz_mcp_write_result(ctx->conf->server, ctx->req, &res, &ctx->reply->body);

    is_ok = (text->rc == MZ_OK && ctx->reply->body.rc == MZ_OK);
    mz_buf_free(text);

    return is_ok ? MZ_INVALID : mz_dispatch_no_memory(ctx);
}
