
#include "tools/host.h"

#include "base/mz_str.h"


static mz_note_t *mz_note_new(mz_note_kind_t kind, mz_str_t message);
static mz_note_t *mz_note_new_json(mz_note_kind_t kind, mz_buf_t *text);
static void mz_note_queue(mz_call_t *call, mz_note_t *note);
static mz_str_t mz_note_message(const mz_note_t *note);


void
mz_call_progress(mz_call_t *call, int64_t progress, mz_str_t message)
{
    mz_call_progress_of(call, progress, -1, message);
}


void
mz_call_progress_of(mz_call_t *call, int64_t progress, int64_t total,
    mz_str_t message)
{
    mz_note_t  *note;

    if (progress <= call->progress) {
        return;
    }

    note = mz_note_new(MZ_NOTE_PROGRESS, message);
    if (note == NULL) {
        return;
    }

    note->progress = progress;
    note->total = total;
    call->progress = progress;

    mz_note_queue(call, note);
}


void
mz_call_mark(mz_call_t *call, int64_t seq)
{
    mz_note_t  *note;

    if (!mz_list_is_empty(&call->notes)) {
        note = mz_list_entry(call->notes.prev, mz_note_t, link);
        note->seq = seq;
    }
}


void
mz_call_log(mz_call_t *call, mz_mcp_log_t level, mz_str_t logger,
    json_t *data)
{
    mz_buf_t    text;
    mz_note_t  *note;

    if (data == NULL || level >= MZ_MCP_LOG_OFF || level < call->log_level) {
        json_decref(data);
        return;
    }

    mz_buf_init(&text, 0);
    mz_json_dump(&text, data);
    json_decref(data);

    note = mz_note_new_json(MZ_NOTE_LOG, &text);
    if (note == NULL) {
        return;
    }

    note->level = level;

    if (logger.len != 0) {
        note->logger = mz_str_dup(logger);

        if (note->logger == NULL) {
            mz_note_free(note);
            return;
        }
    }

    mz_note_queue(call, note);
}


void
mz_call_notify(mz_call_t *call, mz_str_t method, json_t *params)
{
    mz_buf_t  text;

    mz_buf_init(&text, 0);

    if (params != NULL) {
        mz_json_dump(&text, params);
        json_decref(params);
    }

    if (text.rc == MZ_OK) {
        mz_call_notify_text(call, method, mz_buf_view(&text));
    }

    mz_buf_free(&text);
}


void
mz_call_notify_text(mz_call_t *call, mz_str_t method, mz_str_t params)
{
    mz_buf_t    message;
    mz_note_t  *note;

    mz_buf_init(&message, 0);
    mz_mcp_write_notification(method, params, &message);

    note = mz_note_new_json(MZ_NOTE_MESSAGE, &message);

    if (note != NULL) {
        mz_note_queue(call, note);
    }
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
    free(note->logger);
    free(note->message);
    free(note);
}


bool
mz_note_is_droppable(const mz_note_t *note)
{
    return note->kind != MZ_NOTE_MESSAGE;
}


void
mz_note_write(const mz_call_t *call, const mz_note_t *note, mz_buf_t *out)
{
    switch (note->kind) {

    case MZ_NOTE_PROGRESS:
        if (call->req->progress_token != NULL) {
            mz_mcp_write_progress(call->req, note->progress, note->total,
                                  mz_note_message(note), out);
        }

        break;

    case MZ_NOTE_LOG:
        if (note->level >= call->log_level) {
            mz_mcp_write_log(note->level, mz_str_from(note->logger),
                             mz_note_message(note), out);
        }

        break;

    case MZ_NOTE_MESSAGE:
        mz_buf_add_str(out, mz_note_message(note));
        break;
    }
}


/* NULL when out of memory: a note is worth no failed call. */

static mz_note_t *
mz_note_new(mz_note_kind_t kind, mz_str_t message)
{
    mz_note_t  *note;

    note = calloc(1, sizeof(mz_note_t));
    if (note == NULL) {
        return NULL;
    }

    note->kind = kind;
    note->total = -1;
    note->seq = -1;

    note->message = mz_str_dup(message);
    if (note->message == NULL) {
        free(note);
        return NULL;
    }

    return note;
}


/* Takes the bytes of text. */

static mz_note_t *
mz_note_new_json(mz_note_kind_t kind, mz_buf_t *text)
{
    mz_note_t  *note;

    note = (text->rc == MZ_OK) ? mz_note_new(kind, mz_buf_view(text)) : NULL;

    mz_buf_free(text);

    return note;
}


static void
mz_note_queue(mz_call_t *call, mz_note_t *note)
{
    mz_list_push_back(&call->notes, &note->link);
}


static mz_str_t
mz_note_message(const mz_note_t *note)
{
    return mz_str_from(note->message);
}
