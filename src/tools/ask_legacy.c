
#include "tools/ask_step.h"

#include "base/mz_str.h"
#include "base/mz_time.h"
#include "store/ask.h"
#include "tools/host.h"
#include "tools/step.h"


/* The questions of a legacy call; the names are keys of call->asks. */

typedef struct {
    mz_stage_t   stage;
    size_t       n;
    mz_id_t      ids[MZ_ASKS_MAX];
    const char  *keys[MZ_ASKS_MAX];
    bool         is_settled[MZ_ASKS_MAX];   /* answered, or gone */
    int64_t      deadline_ms;
    bool         is_given_up;
} mz_ask_t;


static mz_step_t mz_ask_refuse(mz_call_t *call, int code, const char *text);
static mz_step_t mz_ask_opened(mz_call_t *call, mz_tool_event_t ev);
static mz_step_t mz_ask_wait(mz_call_t *call);
static mz_step_t mz_ask_waited(mz_call_t *call, mz_tool_event_t ev);
static mz_step_t mz_ask_seen(mz_call_t *call, mz_tool_event_t ev);
static mz_step_t mz_ask_close_all(mz_call_t *call);
static mz_step_t mz_ask_closed(mz_call_t *call, mz_tool_event_t ev);
static mz_rc_t mz_ask_send(mz_call_t *call, const mz_id_t *id,
    const json_t *ask);
static mz_rc_t mz_ask_take(json_t *answers, const char *key,
    mz_str_t response);
static mz_step_t mz_ask_no_memory(mz_call_t *call);
static mz_step_t mz_ask_out_of_turn(mz_call_t *call);


mz_step_t
mz_ask_legacy(mz_call_t *call)
{
    json_t         *ask;
    mz_ask_t       *a;
    const char     *key;
    unsigned char   random[MZ_ID_RANDOM];

    if (!call->can_stream) {
        return mz_ask_refuse(call, MZ_RPC_SERVER, "This needs an answer from "
                             "the client while the request is open: send it "
                             "with \"Accept: application/json, "
                             "text/event-stream\".");
    }

    a = calloc(1, sizeof(mz_ask_t));
    if (a == NULL) {
        return mz_ask_no_memory(call);
    }

    a->stage.step = mz_ask_opened;
    a->deadline_ms = call->now_ms + MZ_STATE_TTL_S * MZ_SECOND_MS;
    call->stage = a;

    json_decref(call->answers);
    call->answers = json_object();

    if (call->answers == NULL) {
        return mz_ask_no_memory(call);
    }

    json_object_foreach(call->asks, key, ask) {
        call->conf->random(random, sizeof(random));
        mz_id_make(&a->ids[a->n], MZ_ID_ASK, random);
        a->keys[a->n] = key;

        mz_ask_open(&call->cmds, &call->conf->store,
                    mz_str_from(call->principal->scope), &a->ids[a->n],
                    MZ_STATE_TTL_S);
        a->n++;
    }

    return MZ_STEP_STORE;
}


/* An answer may come at once: it is asked when there is where to put it. */

static mz_step_t
mz_ask_opened(mz_call_t *call, mz_tool_event_t ev)
{
    size_t     i;
    mz_ask_t  *a;

    a = call->stage;

    if (ev != MZ_EV_REPLIES || call->nreplies != a->n) {
        return mz_ask_out_of_turn(call);
    }

    for (i = 0; i < a->n; i++) {
        if (call->replies[i]->type == REDIS_REPLY_ERROR) {
            return mz_call_error(call, MZ_UNAVAILABLE,
                                 "Redis does not take a question");
        }
    }

    for (i = 0; i < a->n; i++) {
        if (mz_ask_send(call, &a->ids[i],
                        json_object_get(call->asks, a->keys[i]))
            != MZ_OK)
        {
            return mz_ask_no_memory(call);
        }
    }

    return mz_ask_wait(call);
}


static mz_step_t
mz_ask_wait(mz_call_t *call)
{
    mz_ask_t  *a;

    a = call->stage;
    a->stage.step = mz_ask_waited;

    call->watch.s[0] = '\0';
    call->watches = a->ids;
    call->nwatches = a->n;
    call->wait_ms = a->deadline_ms - call->now_ms;

    if (call->wait_ms > MZ_ASK_POLL_MS) {
        call->wait_ms = MZ_ASK_POLL_MS;
    }

    if (call->wait_ms < 1) {
        call->wait_ms = 1;
    }

    return MZ_STEP_WAIT;
}


static mz_step_t
mz_ask_waited(mz_call_t *call, mz_tool_event_t ev)
{
    size_t     i;
    mz_ask_t  *a;

    a = call->stage;

    switch (ev) {

    case MZ_EV_CHANGED:
        return mz_ask_wait(call);

    case MZ_EV_DRAIN:
        a->is_given_up = true;
        return mz_ask_close_all(call);

    case MZ_EV_NOTICE:
    case MZ_EV_TIMER:
        break;

    default:
        return mz_ask_out_of_turn(call);
    }

    for (i = 0; i < a->n; i++) {
        if (!a->is_settled[i]) {
            mz_ask_read(&call->cmds, &call->conf->store,
                        mz_str_from(call->principal->scope), &a->ids[i]);
        }
    }

    a->stage.step = mz_ask_seen;

    return MZ_STEP_STORE;
}


static mz_step_t
mz_ask_seen(mz_call_t *call, mz_tool_event_t ev)
{
    size_t     i, r, open;
    mz_rc_t    rc;
    mz_err_t   err;
    mz_str_t   response;
    mz_ask_t  *a;

    a = call->stage;
    open = 0;

    for (i = 0, r = 0; i < a->n; i++) {
        if (a->is_settled[i]) {
            continue;
        }

        if (ev != MZ_EV_REPLIES || r == call->nreplies) {
            return mz_ask_out_of_turn(call);
        }

        rc = mz_ask_read_decode(call->replies[r++], &response, &err);

        if (rc == MZ_AGAIN) {
            open++;
            continue;
        }

        if (rc == MZ_OK) {
            rc = mz_ask_take(call->answers, a->keys[i], response);

            if (rc != MZ_OK) {
                return mz_ask_no_memory(call);
            }

        } else if (rc != MZ_NOT_FOUND) {
            return mz_call_error(call, rc, "%s", err.msg);
        }

        a->is_settled[i] = true;
    }

    return open > 0 && call->now_ms < a->deadline_ms ? mz_ask_wait(call)
                                                     : mz_ask_close_all(call);
}


/* Answers that come from now on are for nobody, and their senders know. */

static mz_step_t
mz_ask_close_all(mz_call_t *call)
{
    size_t     i;
    mz_ask_t  *a;

    a = call->stage;

    for (i = 0; i < a->n; i++) {
        mz_ask_close(&call->cmds, &call->conf->store,
                     mz_str_from(call->principal->scope), &a->ids[i]);
    }

    call->watches = NULL;
    call->nwatches = 0;
    a->stage.step = mz_ask_closed;

    return MZ_STEP_STORE;
}


static mz_step_t
mz_ask_closed(mz_call_t *call, mz_tool_event_t ev)
{
    bool       is_given_up;
    mz_ask_t  *a;

    if (ev != MZ_EV_REPLIES) {
        return mz_ask_out_of_turn(call);
    }

    a = call->stage;
    is_given_up = a->is_given_up;

    mz_step_release(call);
    json_decref(call->asks);
    call->asks = NULL;

    if (is_given_up) {
        return mz_ask_refuse(call, MZ_RPC_INTERNAL, "The server restarts "
                             "and cannot wait for the client's answer: "
                             "please try again.");
    }

    return call->op->step(call, MZ_EV_ANSWERED);
}


static mz_rc_t
mz_ask_send(mz_call_t *call, const mz_id_t *id, const json_t *ask)
{
    mz_buf_t      params, message;
    mz_note_t    *note;
    const json_t *value;

    note = calloc(1, sizeof(mz_note_t));
    if (note == NULL) {
        return MZ_NOMEM;
    }

    mz_buf_init(&params, 0);
    mz_buf_init(&message, 0);

    value = json_object_get(ask, "params");
    if (value != NULL) {
        mz_json_dump(&params, value);
    }

    mz_mcp_write_request(mz_str_from(id->s), mz_json_get_str(ask, "method"),
                         mz_buf_view(&params), &message);

    note->kind = MZ_NOTE_MESSAGE;
    note->total = -1;
    note->seq = -1;

    if (params.rc == MZ_OK && message.rc == MZ_OK) {
        note->message = mz_buf_take(&message, NULL);
    }

    mz_buf_free(&params);
    mz_buf_free(&message);

    if (note->message == NULL) {
        mz_note_free(note);
        return MZ_NOMEM;
    }

    mz_list_push_back(&call->notes, &note->link);

    return MZ_OK;
}


/* What no client should send counts as the error it did not report. */

static mz_rc_t
mz_ask_take(json_t *answers, const char *key, mz_str_t response)
{
    json_t   *root, *value, *answer;
    mz_rc_t   rc;

    root = NULL;
    (void) mz_json_load(response, NULL, &root, NULL);

    value = json_object_get(root, "result");

    if (json_is_object(value)) {
        answer = json_incref(value);

    } else {
        value = json_object_get(root, "error");
        answer = json_is_object(value)
                 ? json_pack("{s:O}", "error", value)
                 : json_pack("{s:{s:i,s:s}}", "error", "code",
                             MZ_RPC_INVALID_REQUEST, "message",
                             "the response is no JSON-RPC response");
    }

    rc = mz_json_set(answers, key, answer);
    json_decref(root);

    return rc;
}


/* A tool's refusal is for the model to read. */

static mz_step_t
mz_ask_refuse(mz_call_t *call, int code, const char *text)
{
    return call->tool != NULL ? mz_call_refuse(call, "%s", text)
                              : mz_call_fault(call, code, NULL, "%s", text);
}


static mz_step_t
mz_ask_no_memory(mz_call_t *call)
{
    return mz_call_error(call, MZ_NOMEM, "out of memory");
}


static mz_step_t
mz_ask_out_of_turn(mz_call_t *call)
{
    return mz_call_error(call, MZ_INTERNAL, "an event out of turn");
}
