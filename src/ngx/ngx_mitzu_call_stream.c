
/*
 * call_stream: what a call says before its answer.  The stream begins with
 * the first note or wait.  Where the protocol has it (MCP 2025-11-25) and the
 * op allows it, events carry ids, "<token>.<seq>", by which any node can take
 * the stream up when the connection breaks.
 */

#include "ngx/ngx_mitzu_call.h"
#include "ngx/ngx_mitzu_response.h"


static ngx_int_t ngx_mitzu_call_note(ngx_mitzu_call_t *cs,
    const mz_note_t *note);
static mz_str_t ngx_mitzu_call_event_id(ngx_mitzu_call_t *cs, int64_t seq,
    mz_buf_t *id);


ngx_int_t
ngx_mitzu_call_stream(ngx_mitzu_call_t *cs)
{
    int64_t    after;
    mz_buf_t   id;
    ngx_int_t  rc;

    if (cs->ctx->sse != NULL) {
        return NGX_OK;
    }

    rc = ngx_mitzu_sse_start(cs->ctx);

    if (rc != NGX_OK || cs->token.len == 0) {
        return rc;
    }

    after = ngx_max(cs->call.resumed_after, 0);
    mz_buf_init(&id, 0);

    rc = ngx_mitzu_sse_prime(cs->ctx->sse,
                             ngx_mitzu_call_event_id(cs, after, &id));
    mz_buf_free(&id);

    return rc;
}


ngx_int_t
ngx_mitzu_call_notes(ngx_mitzu_call_t *cs)
{
    ngx_int_t   rc;
    mz_note_t  *note;

    rc = NGX_OK;

    for ( ;; ) {
        note = mz_call_next_note(&cs->call);
        if (note == NULL) {
            return rc;
        }

        if (rc == NGX_OK && cs->call.can_stream) {
            rc = ngx_mitzu_call_note(cs, note);
        }

        mz_note_free(note);
    }
}


/* A slow client misses notes that it can do without. */

static ngx_int_t
ngx_mitzu_call_note(ngx_mitzu_call_t *cs, const mz_note_t *note)
{
    mz_buf_t   json, id;
    ngx_int_t  rc;

    mz_buf_init(&json, 0);
    mz_buf_init(&id, 0);

    mz_note_write(&cs->call, note, &json);

    rc = (json.rc == MZ_OK) ? NGX_OK : NGX_ERROR;

    if (rc == NGX_OK && json.len > 0) {
        rc = ngx_mitzu_call_stream(cs);
    }

    if (rc == NGX_OK && json.len > 0
        && (!mz_note_is_droppable(note)
            || !ngx_mitzu_sse_is_behind(cs->ctx->sse)))
    {
        rc = ngx_mitzu_sse_message(cs->ctx->sse,
                                   ngx_mitzu_call_event_id(cs, note->seq,
                                                           &id),
                                   mz_buf_view(&json));
    }

    mz_buf_free(&id);
    mz_buf_free(&json);

    return rc;
}


/* The null string: this event has none. */

static mz_str_t
ngx_mitzu_call_event_id(ngx_mitzu_call_t *cs, int64_t seq, mz_buf_t *id)
{
    if (cs->token.len == 0 || seq < 0) {
        return mz_null_str;
    }

    mz_buf_add(id, cs->token.data, cs->token.len);
    mz_buf_add_char(id, '.');
    mz_buf_add_int(id, seq);

    return (id->rc == MZ_OK) ? mz_buf_view(id) : mz_null_str;
}


ngx_int_t
ngx_mitzu_call_drop(ngx_mitzu_call_t *cs)
{
    ngx_int_t  rc;

    rc = ngx_mitzu_call_stream(cs);

    return (rc == NGX_OK) ? ngx_mitzu_sse_close(cs->ctx->sse, 1) : rc;
}
