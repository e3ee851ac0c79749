
#include "base/mz_str.h"
#include "base/mz_utf8.h"
#include "proto/mcp_http.h"
#include "proto/mcp_method.h"


#define MZ_MCP_METHOD_QUOTE_MAX  64     /* code points in a message */


static bool mz_mcp_method_check_mirror(mz_mcp_ctx_t *ctx,
    const mz_mcp_mirror_t *m);


/* Notifications have no handler: they are accepted and dropped. */

static const mz_mcp_method_t  mz_mcp_methods[] = {
    /* name                                mirrored  legacy, modern */
    { mz_str("tools/call"),                "name",
      { mz_mcp_tools_call, mz_mcp_tools_call } },
    { mz_str("tools/list"),                NULL,
      { mz_mcp_tools_list, mz_mcp_tools_list } },
    { mz_str("server/discover"),           NULL,
      { NULL, mz_mcp_modern_discover } },
    { mz_str("initialize"),                NULL,
      { mz_mcp_legacy_initialize, NULL } },
    { mz_str("ping"),                      NULL,
      { mz_mcp_legacy_ping, NULL } },
    { mz_str("notifications/initialized"), NULL, { NULL, NULL } },
    { mz_str("notifications/cancelled"),   NULL, { NULL, NULL } }
};


const mz_mcp_method_t *
mz_mcp_method_find(mz_str_t name)
{
    size_t  i;

    for (i = 0; i < MZ_ARRAY_LEN(mz_mcp_methods); i++) {
        if (mz_str_eq(mz_mcp_methods[i].name, name)) {
            return &mz_mcp_methods[i];
        }
    }

    return NULL;
}


mz_mcp_handler_t
mz_mcp_method_handler(const mz_mcp_ctx_t *ctx)
{
    return ctx->method ? ctx->method->handlers[ctx->req->era] : NULL;
}


mz_mcp_outcome_t
mz_mcp_method_refuse(mz_mcp_ctx_t *ctx, int status, int code, const char *fmt,
    ...)
{
    char     text[MZ_ERR_MAX];
    va_list  args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    ctx->reply->status = status;
    mz_mcp_write_error(ctx->req, code, mz_str_from(text), mz_null_str,
                       &ctx->reply->body);

    return MZ_MCP_ANSWER;
}


mz_mcp_outcome_t
mz_mcp_method_unknown(mz_mcp_ctx_t *ctx, int status)
{
    mz_str_t  name;

    name = mz_utf8_prefix(ctx->msg->method, MZ_MCP_METHOD_QUOTE_MAX);

    return mz_mcp_method_refuse(ctx, status, MZ_RPC_METHOD,
                                "Method not found: %.*s", (int) name.len,
                                name.data);
}


bool
mz_mcp_method_is_initialize(const mz_mcp_ctx_t *ctx)
{
    return ctx->msg->kind == MZ_JSONRPC_REQUEST && ctx->method != NULL
           && ctx->method->handlers[MZ_MCP_LEGACY] == mz_mcp_legacy_initialize;
}


bool
mz_mcp_method_check_method(mz_mcp_ctx_t *ctx, bool is_required)
{
    mz_mcp_mirror_t  m;

    memset(&m, 0, sizeof(mz_mcp_mirror_t));
    m.header = "Mcp-Method";
    m.value = ctx->http->mcp_method;
    m.body = ctx->msg->method;
    m.is_duplicate = ctx->http->duplicates & MZ_HTTP_DUP_METHOD;
    m.is_required = is_required;

    return mz_mcp_method_check_mirror(ctx, &m);
}


bool
mz_mcp_method_check_name(mz_mcp_ctx_t *ctx, bool is_required)
{
    mz_mcp_mirror_t  m;

    if (ctx->method == NULL || ctx->method->mirrored == NULL) {
        return true;
    }

    memset(&m, 0, sizeof(mz_mcp_mirror_t));
    m.header = "Mcp-Name";
    m.value = ctx->http->mcp_name;
    m.body = mz_json_get_str(ctx->msg->params, ctx->method->mirrored);
    m.is_duplicate = ctx->http->duplicates & MZ_HTTP_DUP_NAME;
    m.is_required = is_required && m.body.data != NULL;
    m.is_encoded = true;

    return mz_mcp_method_check_mirror(ctx, &m);
}


static bool
mz_mcp_method_check_mirror(mz_mcp_ctx_t *ctx, const mz_mcp_mirror_t *m)
{
    mz_err_t  err;

    if (mz_mcp_http_check_mirror(m, &err) == MZ_OK) {
        return true;
    }

    (void) mz_mcp_method_refuse(ctx, 400, MZ_RPC_HEADER_MISMATCH, "%s",
                                err.msg);
    return false;
}
