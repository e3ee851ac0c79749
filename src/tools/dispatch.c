
#include "tools/dispatch_find.h"

#include "base/mz_utf8.h"
#include "tools/ops.h"
#include "tools/state.h"


/* A finder, or an op whose args are the params. */

typedef struct {
    mz_rc_t        (*find)(mz_dispatch_ctx_t *ctx);
    const mz_op_t   *op;
} mz_dispatch_row_t;


static mz_rc_t mz_dispatch_params(mz_dispatch_ctx_t *ctx);


static const mz_dispatch_row_t  mz_dispatch_rows[MZ_MCP_DOES] = {
    [MZ_MCP_DO_TOOL] = { mz_dispatch_tool, NULL },
    [MZ_MCP_DO_RESOURCES] = { NULL, &mz_op_resources },
    [MZ_MCP_DO_READ] = { mz_dispatch_read, NULL },
    [MZ_MCP_DO_SUBSCRIBE] = { mz_dispatch_subscribe, &mz_op_subscribe },
    [MZ_MCP_DO_UNSUBSCRIBE] = { NULL, &mz_op_unsubscribe },
    [MZ_MCP_DO_PROMPT] = { mz_dispatch_prompt, NULL },
    [MZ_MCP_DO_COMPLETE] = { mz_dispatch_complete, NULL },
    [MZ_MCP_DO_SET_LEVEL] = { NULL, &mz_op_set_level },
    [MZ_MCP_DO_TASK_GET] = { NULL, &mz_op_task_get },
    [MZ_MCP_DO_TASK_RESULT] = { NULL, &mz_op_task_result },
    [MZ_MCP_DO_TASK_LIST] = { NULL, &mz_op_task_list },
    [MZ_MCP_DO_TASK_CANCEL] = { NULL, &mz_op_task_cancel },
    [MZ_MCP_DO_TASK_UPDATE] = { NULL, &mz_op_task_update },
    [MZ_MCP_DO_LISTEN] = { NULL, &mz_op_listen },
    [MZ_MCP_DO_END_SESSION] = { NULL, &mz_op_end_session },
    [MZ_MCP_DO_CANCELLED] = { NULL, &mz_op_cancelled },
    [MZ_MCP_DO_ANSWER] = { NULL, &mz_op_answer }
};


mz_rc_t
mz_dispatch(const mz_tool_conf_t *conf, const mz_principal_t *principal,
    const mz_mcp_http_t *http, const mz_mcp_request_t *req, int64_t now_ms,
    mz_dispatch_t *d, mz_mcp_reply_t *reply)
{
    mz_rc_t                   rc;
    mz_dispatch_ctx_t         ctx;
    const mz_dispatch_row_t  *row;

    memset(d, 0, sizeof(mz_dispatch_t));
    mz_mcp_reply_init(reply);

    ctx.conf = conf;
    ctx.principal = principal;
    ctx.http = http;
    ctx.req = req;
    ctx.now_ms = now_ms;
    ctx.d = d;
    ctx.reply = reply;

    row = &mz_dispatch_rows[req->what];
    d->op = row->op;

    if (row->find != NULL) {
        rc = row->find(&ctx);

    } else if (row->op != NULL) {
        rc = mz_dispatch_params(&ctx);

    } else {
        rc = mz_dispatch_refuse(&ctx, 400, MZ_RPC_INVALID_REQUEST,
                                mz_null_str, "There is nothing to be done");
    }

    if (rc != MZ_OK) {
        mz_dispatch_free(d);
    }

    return rc;
}


/* Which tool was meant stays: the caller's log may say it. */

void
mz_dispatch_free(mz_dispatch_t *d)
{
    json_decref(d->args);
    json_decref(d->answers);
    json_decref(d->kept);

    d->op = NULL;
    d->args = NULL;
    d->answers = NULL;
    d->kept = NULL;
}


static mz_rc_t
mz_dispatch_params(mz_dispatch_ctx_t *ctx)
{
    ctx->d->args = (ctx->req->params != NULL) ? json_incref(ctx->req->params)
                                              : json_object();

    return (ctx->d->args != NULL) ? MZ_OK : mz_dispatch_no_memory(ctx);
}


mz_rc_t
mz_dispatch_retry(mz_dispatch_ctx_t *ctx)
{
    mz_rc_t   rc;
    mz_err_t  err;

    rc = mz_state_open(ctx->conf, ctx->principal, ctx->req, ctx->now_ms,
                       &ctx->d->kept, &err);

    switch (rc) {

    case MZ_OK:
        ctx->d->answers = json_incref(ctx->req->input_responses);
        return MZ_OK;

    case MZ_INVALID:
        return mz_dispatch_refuse(ctx, 200, MZ_RPC_PARAMS, mz_null_str, "%s",
                                  err.msg);

    case MZ_UNAVAILABLE:
        ctx->reply->retry_after = true;
        return mz_dispatch_refuse(ctx, 503, MZ_RPC_INTERNAL, mz_null_str,
                                  "%s: try again in a few seconds", err.msg);

    default:
        return mz_dispatch_no_memory(ctx);
    }
}


mz_rc_t
mz_dispatch_refuse(mz_dispatch_ctx_t *ctx, int status, int code,
    mz_str_t data, const char *fmt, ...)
{
    int       n;
    char      text[MZ_ERR_MAX];
    va_list   args;
    mz_str_t  message;

    va_start(args, fmt);
    n = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    message.data = text;
    message.len = (n < 0) ? 0 : (size_t) n;

    if (message.len >= sizeof(text)) {
        message.len = sizeof(text) - 1;
    }

    ctx->reply->status = status;
    mz_mcp_write_error(ctx->req, code,
                       mz_utf8_prefix_bytes(message, message.len), data,
                       &ctx->reply->body);

    return (ctx->reply->body.rc == MZ_OK) ? MZ_INVALID
                                          : mz_dispatch_no_memory(ctx);
}


mz_rc_t
mz_dispatch_no_memory(mz_dispatch_ctx_t *ctx)
{
    mz_buf_reset(&ctx->reply->body);
    ctx->reply->status = 500;

    return MZ_INVALID;
}


mz_str_t
mz_dispatch_shown(mz_str_t name)
{
    if (name.len == 0) {
        return mz_str("");
    }

    return mz_utf8_prefix_bytes(name, MZ_DISPATCH_NAME_SHOWN);
}
