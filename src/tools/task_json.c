
#include "tools/task_json.h"

#include "base/mz_str.h"
#include "base/mz_time.h"


static const char *const  mz_task_words[] = {
    [MZ_TASK_WORKING]        = "working",
    [MZ_TASK_INPUT_REQUIRED] = "input_required",
    [MZ_TASK_COMPLETED]      = "completed",
    [MZ_TASK_FAILED]         = "failed",
    [MZ_TASK_CANCELLED]      = "cancelled"
};


static mz_task_status_t mz_task_shown_status(const mz_call_t *call,
    const mz_task_t *task);
static void mz_task_write_time(const char *key, int64_t ms, mz_buf_t *out);
static void mz_task_write_value(const char *key, const json_t *value,
    mz_buf_t *out);
static json_t *mz_task_content(mz_str_t text);


bool
mz_task_is_terminal(mz_task_status_t status)
{
    return status >= MZ_TASK_COMPLETED;
}


void
mz_task_write(const mz_call_t *call, const mz_task_t *task, mz_buf_t *out)
{
    bool  is_modern;

    is_modern = (call->req->era == MZ_MCP_MODERN);

    mz_buf_addf(out, "\"taskId\":\"%s\",\"status\":\"%s\"", task->id.s,
                mz_task_words[mz_task_shown_status(call, task)]);

    if (task->message[0] != '\0') {
        mz_buf_add_c(out, ",\"statusMessage\":");
        mz_buf_add_json_str(out, mz_str_from(task->message));
    }

    mz_task_write_time("createdAt", task->created_ms, out);
    mz_task_write_time("lastUpdatedAt", task->updated_ms, out);

    mz_buf_add_c(out, is_modern ? ",\"ttlMs\":" : ",\"ttl\":");

    if (task->ttl_ms < 0) {
        mz_buf_add_c(out, "null");

    } else {
        mz_buf_add_int(out, task->ttl_ms);
    }

    mz_buf_add_c(out, is_modern ? ",\"pollIntervalMs\":"
                                : ",\"pollInterval\":");
    mz_buf_add_int(out, task->poll_ms);
}


void
mz_task_write_body(const mz_call_t *call, const mz_task_t *task,
    mz_buf_t *out)
{
    mz_task_write(call, task, out);

    if (call->req->era != MZ_MCP_MODERN) {
        return;
    }

    switch (task->status) {

    case MZ_TASK_INPUT_REQUIRED:
        mz_task_write_value("inputRequests", task->inputs, out);
        break;

    case MZ_TASK_COMPLETED:
        mz_task_write_value("result", task->result, out);
        break;

    case MZ_TASK_FAILED:
        mz_task_write_value("error", task->error, out);
        break;

    default:
        break;
    }
}


json_t *
mz_task_refusal(mz_str_t text)
{
    json_t  *out;

    out = mz_task_content(text);

    if (mz_json_set(out, "isError", json_true()) != MZ_OK) {
        json_decref(out);
        return NULL;
    }

    return out;
}


json_t *
mz_task_success(json_t *structured)
{
    json_t    *out;
    mz_buf_t   text;

    if (structured == NULL) {
        return NULL;
    }

    mz_buf_init(&text, 0);
    mz_json_dump(&text, structured);

    out = (text.rc == MZ_OK) ? mz_task_content(mz_buf_view(&text)) : NULL;

    mz_buf_free(&text);

    if (mz_json_set(out, "structuredContent", structured) != MZ_OK) {
        json_decref(out);
        return NULL;
    }

    return out;
}


/* 2025-11-25 counts a tool that failed as a task that failed; the extension
 * only a JSON-RPC error. */

static mz_task_status_t
mz_task_shown_status(const mz_call_t *call, const mz_task_t *task)
{
    if (call->req->era == MZ_MCP_LEGACY
        && task->status == MZ_TASK_COMPLETED
        && mz_json_get_bool(task->result, "isError", false))
    {
        return MZ_TASK_FAILED;
    }

    return task->status;
}


static void
mz_task_write_time(const char *key, int64_t ms, mz_buf_t *out)
{
    mz_buf_addf(out, ",\"%s\":\"", key);
    mz_time_rfc3339(out, ms);
    mz_buf_add_char(out, '"');
}


/* A status without what belongs to it has an empty one. */

static void
mz_task_write_value(const char *key, const json_t *value, mz_buf_t *out)
{
    mz_buf_addf(out, ",\"%s\":", key);

    if (value == NULL) {
        mz_buf_add_c(out, "{}");

    } else {
        mz_json_dump(out, value);
    }
}


static json_t *
mz_task_content(mz_str_t text)
{
    json_t  *out, *blocks, *block;

    out = json_object();
    blocks = json_array();
    block = json_object();

    if (mz_json_set_str(block, "type", mz_str("text")) != MZ_OK
        || mz_json_set_str(block, "text", text) != MZ_OK)
    {
        json_decref(block);
        block = NULL;
    }

    if (block == NULL || json_array_append_new(blocks, block) != 0) {
        json_decref(blocks);
        blocks = NULL;
    }

    if (mz_json_set(out, "content", blocks) != MZ_OK) {
        json_decref(out);
        return NULL;
    }

    return out;
}
