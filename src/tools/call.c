
#include "tools/tool.h"

#include "base/mz_str.h"
#include "base/mz_utf8.h"


static void mz_call_words(char *out, size_t size, const char *fmt,
    va_list args);


void
mz_call_init(mz_call_t *call, const mz_tool_t *tool,
    const mz_tool_conf_t *conf, const mz_principal_t *principal, json_t *args)
{
    memset(call, 0, sizeof(mz_call_t));

    call->tool = tool;
    call->conf = conf;
    call->principal = principal;
    call->args = args;
    call->status = "";

    mz_cmds_init(&call->cmds);
    mz_list_init(&call->notes);
    mz_buf_init(&call->result.structured, 0);
    mz_buf_init(&call->result.text, 0);
}


void
mz_call_deinit(mz_call_t *call)
{
    mz_note_t  *note;

    if (call->tool != NULL && call->tool->release != NULL) {
        call->tool->release(call);
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
    json_decref(call->args);

    call->args = NULL;
    call->tool = NULL;
}


void
mz_call_progress(mz_call_t *call, int64_t progress, mz_str_t message)
{
    mz_note_t  *note;

    if (progress <= call->progress) {
        return;
    }

    note = malloc(sizeof(mz_note_t));
    if (note == NULL) {
        return;
    }

    note->message = mz_str_dup(message);
    if (note->message == NULL) {
        free(note);
        return;
    }

    note->progress = progress;
    call->progress = progress;
    mz_list_push_back(&call->notes, &note->link);
}


mz_note_t *
mz_call_next_note(mz_call_t *call)
{
    mz_note_t  *note;

    if (mz_list_is_empty(&call->notes)) {
        return NULL;
    }

    note = mz_list_entry(call->notes.next, mz_note_t, link);
    mz_list_remove(&note->link);

    return note;
}


void
mz_note_free(mz_note_t *note)
{
    free(note->message);
    free(note);
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


mz_step_t
mz_call_done(mz_call_t *call, json_t *structured)
{
    if (structured == NULL) {
        return mz_call_error(call, MZ_NOMEM, "out of memory");
    }

    mz_buf_reset(&call->result.structured);
    mz_json_dump(&call->result.structured, structured);
    json_decref(structured);

    return mz_call_done_text(call);
}


mz_step_t
mz_call_done_text(mz_call_t *call)
{
    if (call->result.structured.rc != MZ_OK) {
        return mz_call_error(call, MZ_NOMEM, "out of memory");
    }

    if (call->status[0] == '\0') {
        call->status = "ok";
    }

    return MZ_STEP_DONE;
}


mz_step_t
mz_call_refuse(mz_call_t *call, const char *fmt, ...)
{
    char     text[MZ_REFUSAL_MAX];
    va_list  args;

    va_start(args, fmt);
    mz_call_words(text, sizeof(text), fmt, args);
    va_end(args);

    mz_buf_reset(&call->result.structured);
    call->result.is_error = true;

    if (call->status[0] == '\0') {
        call->status = "refused";
    }

    mz_buf_reset(&call->result.text);
    mz_buf_add_c(&call->result.text, text);

    if (call->result.text.rc != MZ_OK) {
        return mz_call_error(call, MZ_NOMEM, "out of memory");
    }

    return MZ_STEP_DONE;
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
