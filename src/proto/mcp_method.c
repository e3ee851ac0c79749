
#include "base/mz_str.h"
#include "base/mz_utf8.h"
#include "proto/mcp_http.h"
#include "proto/mcp_method.h"
#include "proto/mcp_write.h"


#define MZ_MCP_METHOD_QUOTE_MAX  64     /* code points in a message */

/* Offers that go together, so that a row stays one. */

#define RESOURCES  MZ_MCP_OFFERS_RESOURCES
#define SUBSCRIBE  (MZ_MCP_OFFERS_RESOURCES|MZ_MCP_OFFERS_SUBSCRIBE)
#define PROMPTS    MZ_MCP_OFFERS_PROMPTS
#define COMPLETE   MZ_MCP_OFFERS_COMPLETIONS
#define LOGGING    MZ_MCP_OFFERS_LOGGING
#define TASKS      MZ_MCP_OFFERS_TASKS
#define TASKS_LIST (MZ_MCP_OFFERS_TASKS|MZ_MCP_OFFERS_TASKS_LIST)


static bool mz_mcp_method_check_mirror(mz_mcp_ctx_t *ctx,
    const mz_mcp_mirror_t *m);


/* Notifications have no handler here: see mcp_answer.c. */

static const mz_mcp_method_t  mz_mcp_methods[] = {
    /* name, mirrored member, what, offers, since, { legacy, modern } */
    { mz_str("tools/call"), "name", MZ_MCP_DO_TOOL, 0, NULL,
      { mz_mcp_tools_call, mz_mcp_tools_call } },
    { mz_str("tools/list"), NULL, MZ_MCP_DO_NOTHING, 0, NULL,
      { mz_mcp_tools_list, mz_mcp_tools_list } },
    { mz_str("resources/list"), NULL, MZ_MCP_DO_RESOURCES, RESOURCES, NULL,
      { mz_mcp_resources_list, mz_mcp_resources_list } },
    { mz_str("resources/templates/list"), NULL, MZ_MCP_DO_NOTHING, RESOURCES,
      NULL, { mz_mcp_resources_templates, mz_mcp_resources_templates } },
    { mz_str("resources/read"), "uri", MZ_MCP_DO_READ, RESOURCES, NULL,
      { mz_mcp_resources_read, mz_mcp_resources_read } },
    { mz_str("resources/subscribe"), NULL, MZ_MCP_DO_SUBSCRIBE, SUBSCRIBE,
      NULL, { mz_mcp_resources_subscribe, NULL } },
    { mz_str("resources/unsubscribe"), NULL, MZ_MCP_DO_UNSUBSCRIBE, SUBSCRIBE,
      NULL, { mz_mcp_resources_subscribe, NULL } },
    { mz_str("prompts/list"), NULL, MZ_MCP_DO_NOTHING, PROMPTS, NULL,
      { mz_mcp_prompts_list, mz_mcp_prompts_list } },
    { mz_str("prompts/get"), "name", MZ_MCP_DO_PROMPT, PROMPTS, NULL,
      { mz_mcp_prompts_get, mz_mcp_prompts_get } },
    { mz_str("completion/complete"), NULL, MZ_MCP_DO_COMPLETE, COMPLETE, NULL,
      { mz_mcp_complete, mz_mcp_complete } },
    { mz_str("logging/setLevel"), NULL, MZ_MCP_DO_SET_LEVEL, LOGGING, NULL,
      { mz_mcp_log_set, NULL } },
    { mz_str("tasks/get"), "taskId", MZ_MCP_DO_TASK_GET, TASKS,
      MZ_MCP_TASKS_SINCE, { mz_mcp_tasks_one, mz_mcp_tasks_extension } },
    { mz_str("tasks/result"), "taskId", MZ_MCP_DO_TASK_RESULT, TASKS,
      MZ_MCP_TASKS_SINCE, { mz_mcp_tasks_one, NULL } },
    { mz_str("tasks/list"), NULL, MZ_MCP_DO_TASK_LIST, TASKS_LIST,
      MZ_MCP_TASKS_SINCE, { mz_mcp_tasks_list, NULL } },
    { mz_str("tasks/cancel"), "taskId", MZ_MCP_DO_TASK_CANCEL, TASKS,
      MZ_MCP_TASKS_SINCE, { mz_mcp_tasks_one, mz_mcp_tasks_extension } },
    { mz_str("tasks/update"), "taskId", MZ_MCP_DO_TASK_UPDATE, TASKS, NULL,
      { NULL, mz_mcp_tasks_update } },
    { mz_str("subscriptions/listen"), NULL, MZ_MCP_DO_LISTEN, 0, NULL,
      { NULL, mz_mcp_listen } },
    { mz_str("server/discover"), NULL, MZ_MCP_DO_NOTHING, 0, NULL,
      { NULL, mz_mcp_modern_discover } },
    { mz_str("initialize"), NULL, MZ_MCP_DO_INITIALIZE, 0, NULL,
      { mz_mcp_legacy_initialize, NULL } },
    { mz_str("ping"), NULL, MZ_MCP_DO_NOTHING, 0, NULL,
      { mz_mcp_method_empty, NULL } },
    { mz_str("notifications/initialized"), NULL, MZ_MCP_DO_NOTHING, 0, NULL,
      { NULL, NULL } },
    { mz_str("notifications/cancelled"), NULL, MZ_MCP_DO_CANCELLED, 0, NULL,
      { NULL, NULL } },
    { mz_str("notifications/progress"), NULL, MZ_MCP_DO_NOTHING, 0, NULL,
      { NULL, NULL } },
    { mz_str("notifications/roots/list_changed"), NULL, MZ_MCP_DO_NOTHING, 0,
      NULL, { NULL, NULL } }
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
    const mz_mcp_method_t  *m;

    m = ctx->method;

    if (m == NULL || (ctx->srv->offers & m->offers) != m->offers) {
        return NULL;
    }

    /* Revisions are dates. */

    if (ctx->req->era == MZ_MCP_LEGACY && m->since != NULL
        && mz_str_cmp(ctx->req->version, mz_str_from(m->since)) < 0)
    {
        return NULL;
    }

    return m->handlers[ctx->req->era];
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
mz_mcp_method_lacks(mz_mcp_ctx_t *ctx, const char *what)
{
    return mz_mcp_method_refuse(ctx, 200, MZ_RPC_PARAMS, "%s needs %s",
                                ctx->method->name.data, what);
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


mz_mcp_outcome_t
mz_mcp_method_incapable(mz_mcp_ctx_t *ctx, uint32_t needed)
{
    mz_buf_t  data;

    mz_buf_init(&data, 0);
    mz_buf_add_char(&data, '{');
    mz_mcp_write_member(&data, "requiredCapabilities");
    mz_mcp_client_write(needed, &data);
    mz_buf_add_char(&data, '}');

    ctx->reply->status = 400;
    mz_mcp_write_error(ctx->req, MZ_RPC_CAPABILITY,
                       mz_str("Missing required client capability"),
                       mz_buf_view(&data), &ctx->reply->body);

    mz_buf_free(&data);

    return MZ_MCP_ANSWER;
}


mz_mcp_outcome_t
mz_mcp_method_call(mz_mcp_ctx_t *ctx)
{
    ctx->req->what = ctx->method->what;

    return MZ_MCP_CALL;
}


mz_mcp_outcome_t
mz_mcp_method_empty(mz_mcp_ctx_t *ctx)
{
    mz_mcp_write_members(ctx->srv, ctx->req, "complete", NULL, mz_null_str,
                         &ctx->reply->body);

    return MZ_MCP_ANSWER;
}


bool
mz_mcp_method_is_initialize(const mz_mcp_ctx_t *ctx)
{
    return ctx->msg->kind == MZ_JSONRPC_REQUEST && ctx->method != NULL
           && ctx->method->what == MZ_MCP_DO_INITIALIZE;
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
    m.is_required = is_required && m.body.data != NULL
                    && ctx->method->handlers[MZ_MCP_MODERN] != NULL;
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
