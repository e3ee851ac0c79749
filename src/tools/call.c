
#include "tools/host.h"

#include "base/mz_str.h"
#include "base/mz_utf8.h"
#include "tools/step.h"
#include "tools/task_ref.h"


#define MZ_COMPLETED_MAX  100           /* values of one completion */


static json_t *mz_call_ask_new(mz_call_t *call, const char *key,
    const char *method, json_t *params);
static mz_step_t mz_call_no_memory(mz_call_t *call);
static void mz_call_is(mz_call_t *call, const char *status);
static void mz_call_words(char *out, size_t size, const char *fmt,
    va_list args);


void
mz_call_init(mz_call_t *call, const mz_tool_conf_t *conf,
    const mz_principal_t *principal, const mz_mcp_request_t *req,
    const mz_session_t *session, mz_dispatch_t *d)
{
    memset(call, 0, sizeof(mz_call_t));

    call->op = d->op;
    call->tool = d->tool;
    call->conf = conf;
    call->principal = principal;
    call->req = req;
    call->session = session;
    call->args = d->args;
    call->answers = d->answers;
    call->kept = d->kept;
    call->resumed_after = -1;
    call->progress = -1;
    call->log_level = req->log_level;
    call->status = "";

    mz_cmds_init(&call->cmds);
    mz_list_init(&call->notes);
    mz_buf_init(&call->result.structured, 0);
    mz_buf_init(&call->result.text, 0);
    mz_buf_init(&call->result.content, 0);
    mz_buf_init(&call->result.members, 0);
    call->result.cache.ttl_ms = -1;

    memset(d, 0, sizeof(mz_dispatch_t));
}


size_t
mz_call_stop(mz_call_t *call, mz_cmds_t *cmds)
{
    mz_task_ref_t  ref;

    if (mz_task_ref_parse(call, mz_str_from(call->waits_for.s), &ref) != MZ_OK
        || ref.kind->cancel == NULL)
    {
        return 0;
    }

    return ref.kind->cancel(call, cmds, &ref.id);
}


void
mz_call_deinit(mz_call_t *call)
{
    mz_note_t  *note;

    mz_step_release(call);

    if (call->op != NULL && call->op->release != NULL) {
        call->op->release(call);
    }

    for ( ;; ) {
        note = mz_call_next_note(call);
        if (note == NULL) {
            break;
        }

        mz_note_free(note);
    }

    mz_cmds_free(&call->cmds);
    mz_buf_free(&call->result.structured);
    mz_buf_free(&call->result.text);
    mz_buf_free(&call->result.content);
    mz_buf_free(&call->result.members);
    mz_task_deinit(&call->task);
    json_decref(call->args);
    json_decref(call->asks);
    json_decref(call->answers);
    json_decref(call->kept);
    json_decref(call->fault_data);

    call->args = NULL;
    call->asks = NULL;
    call->answers = NULL;
    call->kept = NULL;
    call->fault_data = NULL;
    call->op = NULL;
    call->tool = NULL;
}


void
mz_task_deinit(mz_task_t *task)
{
    json_decref(task->result);
    json_decref(task->error);
    json_decref(task->inputs);

    task->result = NULL;
    task->error = NULL;
    task->inputs = NULL;
}


mz_step_t
mz_call_ask(mz_call_t *call, const char *key, const char *method,
    json_t *params)
{
    size_t   len;
    json_t  *ask;

    len = strlen(key);

    if (len == 0 || len > MZ_ASK_KEY_MAX) {
        json_decref(params);
        return mz_call_error(call, MZ_INTERNAL, "the key of a question has 1 "
                             "to %d bytes, not %zu", MZ_ASK_KEY_MAX, len);
    }

    if (json_object_size(call->asks) == MZ_ASKS_MAX
        && json_object_get(call->asks, key) == NULL)
    {
        json_decref(params);
        return mz_call_error(call, MZ_INTERNAL, "more than %d questions at "
                             "once", MZ_ASKS_MAX);
    }

    ask = mz_call_ask_new(call, key, method, params);

    return (ask == NULL) ? mz_call_no_memory(call) : MZ_STEP_ASK;
}


/* Borrowed; NULL when out of memory.  Takes params. */

static json_t *
mz_call_ask_new(mz_call_t *call, const char *key, const char *method,
    json_t *params)
{
    json_t  *ask;

    if (call->asks == NULL) {
        call->asks = json_object();
    }

    ask = json_object();

    if (params == NULL) {
        params = json_object();
    }

    if (mz_json_set(ask, "params", params) != MZ_OK
        || mz_json_set_str(ask, "method", mz_str_from(method)) != MZ_OK)
    {
        json_decref(ask);
        return NULL;
    }

    return (mz_json_set(call->asks, key, ask) == MZ_OK) ? ask : NULL;
}


const json_t *
mz_call_answer_of(const mz_call_t *call, const char *key)
{
    return json_object_get(call->answers, key);
}


mz_str_t
mz_call_structured(const mz_call_t *call)
{
    if (call->result.is_error || call->result.structured.len == 0) {
        return mz_null_str;
    }

    return mz_buf_view(&call->result.structured);
}


mz_str_t
mz_call_text(const mz_call_t *call)
{
    if (call->result.text.len == 0) {
        return mz_buf_view(&call->result.structured);
    }

    return mz_buf_view(&call->result.text);
}


mz_rc_t
mz_call_add_content(mz_call_t *call, json_t *block)
{
    mz_rc_t    rc;
    mz_buf_t  *out;

    if (block == NULL) {
        return MZ_NOMEM;
    }

    out = &call->result.content;
    rc = MZ_INVALID;

    if (json_is_object(block)) {
        if (out->len != 0) {
            mz_buf_add_char(out, ',');
        }

        mz_json_dump(out, block);
        rc = out->rc;
    }

    json_decref(block);

    return rc;
}


mz_step_t
mz_call_done(mz_call_t *call, json_t *structured)
{
    if (structured == NULL) {
        return mz_call_no_memory(call);
    }

    mz_buf_reset(&call->result.structured);
    mz_json_dump(&call->result.structured, structured);
    json_decref(structured);

    return mz_call_done_text(call);
}


mz_step_t
mz_call_done_text(mz_call_t *call)
{
    if (call->result.structured.rc != MZ_OK || call->result.text.rc != MZ_OK
        || call->result.content.rc != MZ_OK)
    {
        return mz_call_no_memory(call);
    }

    mz_call_is(call, "ok");

    return MZ_STEP_DONE;
}


mz_step_t
mz_call_done_members(mz_call_t *call, json_t *members)
{
    void      *iter;
    mz_buf_t  *out;

    if (members == NULL) {
        return mz_call_no_memory(call);
    }

    out = &call->result.members;
    mz_buf_reset(out);

    for (iter = json_object_iter(members); iter != NULL;
         iter = json_object_iter_next(members, iter))
    {
        if (out->len != 0) {
            mz_buf_add_char(out, ',');
        }

        mz_buf_add_json_str(out, mz_str_from(json_object_iter_key(iter)));
        mz_buf_add_char(out, ':');
        mz_json_dump(out, json_object_iter_value(iter));
    }

    json_decref(members);

    if (out->rc != MZ_OK) {
        return mz_call_no_memory(call);
    }

    mz_call_is(call, "ok");

    return MZ_STEP_DONE;
}


mz_step_t
mz_call_completed(mz_call_t *call, json_t *values, int64_t total,
    bool has_more)
{
    size_t   n;
    json_t  *completion, *members;

    n = json_array_size(values);

    if (n > MZ_COMPLETED_MAX) {
        if (total < 0 && !has_more) {
            total = (int64_t) n;
        }

        has_more = true;

        while (n > MZ_COMPLETED_MAX) {
            n--;
            json_array_remove(values, n);
        }
    }

    completion = json_object();
    members = json_object();

    if (mz_json_set(completion, "values", values) != MZ_OK
        || (total >= 0
            && mz_json_set(completion, "total", json_integer(total)) != MZ_OK)
        || mz_json_set(completion, "hasMore", json_boolean(has_more)) != MZ_OK)
    {
        json_decref(completion);
        completion = NULL;
    }

    if (mz_json_set(members, "completion", completion) != MZ_OK) {
        json_decref(members);
        members = NULL;
    }

    return mz_call_done_members(call, members);
}


mz_step_t
mz_call_refuse(mz_call_t *call, const char *fmt, ...)
{
    char     text[MZ_REFUSAL_MAX];
    va_list  args;

    va_start(args, fmt);
    mz_call_words(text, sizeof(text), fmt, args);
    va_end(args);

    /* Only a tool's result can say of itself that it is none. */

    if (call->tool == NULL) {
        return mz_call_fault(call, MZ_RPC_PARAMS, NULL, "%s", text);
    }

    mz_buf_reset(&call->result.structured);
    mz_buf_reset(&call->result.content);
    call->result.is_error = true;
    mz_call_is(call, "refused");

    mz_buf_reset(&call->result.text);
    mz_buf_add_c(&call->result.text, text);

    if (call->result.text.rc != MZ_OK) {
        return mz_call_no_memory(call);
    }

    return MZ_STEP_DONE;
}


mz_step_t
mz_call_fault(mz_call_t *call, int code, json_t *data, const char *fmt, ...)
{
    va_list  args;

    json_decref(call->fault_data);

    call->fault = code;
    call->fault_data = data;
    call->err.rc = MZ_INVALID;
    mz_call_is(call, "refused");

    va_start(args, fmt);
    mz_call_words(call->err.msg, sizeof(call->err.msg), fmt, args);
    va_end(args);

    return MZ_STEP_FAULT;
}


mz_step_t
mz_call_error(mz_call_t *call, mz_rc_t rc, const char *fmt, ...)
{
    va_list  args;

    call->err.rc = rc;
    call->status = "error";

    va_start(args, fmt);
    mz_call_words(call->err.msg, sizeof(call->err.msg), fmt, args);
    va_end(args);

    return MZ_STEP_ERROR;
}


static mz_step_t
mz_call_no_memory(mz_call_t *call)
{
    return mz_call_error(call, MZ_NOMEM, "out of memory");
}


/* For the access log; what the op says of itself stays. */

static void
mz_call_is(mz_call_t *call, const char *status)
{
    if (call->status[0] == '\0') {
        call->status = status;
    }
}


/* What does not fit is cut between two characters. */

static void
mz_call_words(char *out, size_t size, const char *fmt, va_list args)
{
    int       n;
    mz_str_t  kept;

    n = vsnprintf(out, size, fmt, args);

    if (n < 0) {
        out[0] = '\0';

    } else if ((size_t) n >= size) {
        kept = mz_utf8_prefix_bytes((mz_str_t) { out, size - 1 }, size - 1);
        out[kept.len] = '\0';
    }
}
