
/*
 * What a client of the handshake revisions says about its session, its
 * requests and our questions.  Of these only a cancelled request may end a
 * run: the one it waits for.
 */

#include "tools/ops.h"

#include "base/mz_str.h"
#include "base/mz_time.h"
#include "store/ask.h"
#include "tools/tools.h"


/*
 * What the official SDKs give as a reason when their own time for a request
 * is over: "McpError: MCP error -32001: Request timed out" (TypeScript),
 * "timed out after 30.0s" (Python), "context deadline exceeded" (Go),
 * "request timeout" (Rust).  When their user cancels they say other things,
 * or nothing.
 */

static const mz_str_t  mz_cancelled_times[] = {
    mz_str("timed out"),
    mz_str("timeout"),
    mz_str("time-out"),
    mz_str("deadline exceeded"),
    mz_str("-32001")
};

#define MZ_CANCELLED_REASON_MAX  512    /* bytes of a reason looked at */


static mz_step_t mz_end_session_step(mz_call_t *call, mz_tool_event_t ev);
static mz_step_t mz_set_level_step(mz_call_t *call, mz_tool_event_t ev);
static mz_step_t mz_subscribe_step(mz_call_t *call, mz_tool_event_t ev);
static mz_step_t mz_subscribe_start(mz_call_t *call);
static mz_step_t mz_unsubscribe_step(mz_call_t *call, mz_tool_event_t ev);
static mz_step_t mz_cancelled_step(mz_call_t *call, mz_tool_event_t ev);
static bool mz_cancelled_stops(const mz_call_t *call);
static bool mz_cancelled_by_time(mz_str_t reason);
static mz_step_t mz_answer_step(mz_call_t *call, mz_tool_event_t ev);
static mz_rc_t mz_answer_text(const mz_call_t *call, mz_buf_t *out);
static mz_step_t mz_session_done(mz_call_t *call);
static mz_str_t mz_session_name(const mz_call_t *call);
static int64_t mz_session_ttl(const mz_call_t *call);


/* All of these may be said twice. */

const mz_op_t  mz_op_end_session = {
    .name = mz_str("DELETE"),
    .flags = MZ_OP_REPEATABLE,
    .step = mz_end_session_step
};

const mz_op_t  mz_op_set_level = {
    .name = mz_str("logging/setLevel"),
    .flags = MZ_OP_REPEATABLE,
    .step = mz_set_level_step
};

const mz_op_t  mz_op_subscribe = {
    .name = mz_str("resources/subscribe"),
    .flags = MZ_OP_REPEATABLE,
    .step = mz_subscribe_step
};

const mz_op_t  mz_op_unsubscribe = {
    .name = mz_str("resources/unsubscribe"),
    .flags = MZ_OP_REPEATABLE,
    .step = mz_unsubscribe_step
};

const mz_op_t  mz_op_cancelled = {
    .name = mz_str("notifications/cancelled"),
    .flags = MZ_OP_REPEATABLE|MZ_OP_QUIET,
    .step = mz_cancelled_step
};

const mz_op_t  mz_op_answer = {
    .name = mz_str("response"),
    .flags = MZ_OP_REPEATABLE|MZ_OP_QUIET,
    .step = mz_answer_step
};


static mz_step_t
mz_end_session_step(mz_call_t *call, mz_tool_event_t ev)
{
    const mz_store_conf_t  *store;

    if (ev != MZ_EV_START || call->session == NULL) {
        return mz_session_done(call);
    }

    store = &call->conf->store;

    mz_control_end(&call->cmds, store, mz_session_name(call),
                   call->session->expires_s, call->now_ms / MZ_SECOND_MS);
    mz_session_forget(&call->cmds, store, mz_tool_scope(call),
                      mz_session_name(call));

    return MZ_STEP_STORE;
}


/* Without a session there is nothing that would remember it. */

static mz_step_t
mz_set_level_step(mz_call_t *call, mz_tool_event_t ev)
{
    mz_str_t      word;
    mz_mcp_log_t  level;

    if (ev != MZ_EV_START) {
        return mz_session_done(call);
    }

    word = mz_json_get_str(call->args, "level");

    if (mz_mcp_log_parse(word, &level) != MZ_OK) {
        return mz_call_fault(call, MZ_RPC_PARAMS, NULL, "level must be one "
                             "of debug, info, notice, warning, error, "
                             "critical, alert and emergency");
    }

    if (call->session == NULL) {
        return mz_session_done(call);
    }

    mz_session_set_level(&call->cmds, &call->conf->store,
                         mz_tool_scope(call), mz_session_name(call), word,
                         mz_session_ttl(call));

    return MZ_STEP_STORE;
}


static mz_step_t
mz_subscribe_step(mz_call_t *call, mz_tool_event_t ev)
{
    mz_rc_t   rc;
    mz_err_t  err;

    if (ev == MZ_EV_START) {
        return mz_subscribe_start(call);
    }

    rc = mz_session_subscribe_decode(call->replies[0], &err);

    if (rc == MZ_LIMIT) {
        return mz_call_fault(call, MZ_RPC_PARAMS, NULL, "A session can "
                             "subscribe to %d resources: unsubscribe from "
                             "others first", MZ_SESSION_SUBS_MAX);
    }

    if (rc != MZ_OK) {
        return mz_call_error(call, rc, "%s", err.msg);
    }

    return mz_session_done(call);
}


/* To a resource that exists and may change: dispatch has looked. */

static mz_step_t
mz_subscribe_start(mz_call_t *call)
{
    mz_str_t  uri;

    uri = mz_json_get_str(call->args, "uri");

    if (uri.len > MZ_CONTROL_URI_MAX) {
        return mz_call_fault(call, MZ_RPC_PARAMS, NULL, "The uri is longer "
                             "than %d bytes", MZ_CONTROL_URI_MAX);
    }

    if (call->session == NULL) {
        return mz_call_fault(call, MZ_RPC_INVALID_REQUEST, NULL,
                             "Subscriptions belong to a session: send "
                             "Mcp-Session-Id as initialize answered with it");
    }

    mz_session_subscribe(&call->cmds, &call->conf->store,
                         mz_tool_scope(call), mz_session_name(call), uri,
                         mz_session_ttl(call));
    mz_control_session(&call->cmds, &call->conf->store,
                       mz_session_name(call));

    return MZ_STEP_STORE;
}


static mz_step_t
mz_unsubscribe_step(mz_call_t *call, mz_tool_event_t ev)
{
    mz_str_t  uri;

    uri = mz_json_get_str(call->args, "uri");

    if (ev != MZ_EV_START || call->session == NULL
        || uri.len > MZ_CONTROL_URI_MAX)
    {
        return mz_session_done(call);
    }

    mz_session_unsubscribe(&call->cmds, &call->conf->store,
                           mz_tool_scope(call), mz_session_name(call), uri,
                           mz_session_ttl(call));
    mz_control_session(&call->cmds, &call->conf->store,
                       mz_session_name(call));

    return MZ_STEP_STORE;
}


/* Whoever runs the request, here or elsewhere, hears of it. */

static mz_step_t
mz_cancelled_step(mz_call_t *call, mz_tool_event_t ev)
{
    mz_id_t   request;
    mz_str_t  id;

    id = mz_str_from(call->req->cancelled_id);

    if (ev != MZ_EV_START || call->session == NULL || id.len == 0) {
        return mz_session_done(call);
    }

    if (mz_control_request_id(mz_tool_scope(call), mz_session_name(call), id,
                              &request)
        != MZ_OK)
    {
        return mz_call_error(call, MZ_INTERNAL, "a request cannot be named");
    }

    if (mz_cancelled_stops(call)) {
        mz_control_stopped(&call->cmds, &call->conf->store, &request);

    } else {
        mz_control_cancelled(&call->cmds, &call->conf->store, &request);
    }

    return MZ_STEP_STORE;
}


/*
 * A user who presses stop wants the run to stop.  A client whose time for
 * one request is over will ask again.
 */

static bool
mz_cancelled_stops(const mz_call_t *call)
{
    return call->conf->cancel_stops && call->may_start
           && !mz_cancelled_by_time(mz_json_get_str(call->req->params,
                                                    "reason"));
}


static bool
mz_cancelled_by_time(mz_str_t reason)
{
    size_t    i, at;
    mz_str_t  part;

    if (reason.len > MZ_CANCELLED_REASON_MAX) {
        reason.len = MZ_CANCELLED_REASON_MAX;
    }

    for (i = 0; i < MZ_ARRAY_LEN(mz_cancelled_times); i++) {
        part.len = mz_cancelled_times[i].len;

        for (at = 0; at + part.len <= reason.len; at++) {
            part.data = reason.data + at;

            if (mz_str_ieq(part, mz_cancelled_times[i])) {
                return true;
            }
        }
    }

    return false;
}


/* An answer that nobody waits for is no error: the question may be over. */

static mz_step_t
mz_answer_step(mz_call_t *call, mz_tool_event_t ev)
{
    mz_rc_t   rc;
    mz_id_t   ask;
    mz_buf_t  text;

    if (ev != MZ_EV_START
        || mz_id_parse(&ask, MZ_ID_ASK, call->req->target) != MZ_OK)
    {
        return mz_session_done(call);
    }

    mz_buf_init(&text, 0);

    rc = mz_answer_text(call, &text);

    if (rc == MZ_OK) {
        mz_ask_answer(&call->cmds, &call->conf->store, mz_tool_scope(call),
                      &ask, mz_buf_view(&text));
    }

    mz_buf_free(&text);

    if (rc == MZ_NOMEM) {
        return mz_call_error(call, rc, "out of memory");
    }

    return (rc == MZ_OK) ? MZ_STEP_STORE : mz_session_done(call);
}


/* Of the message only what it says: {"result":..} or {"error":..}. */

static mz_rc_t
mz_answer_text(const mz_call_t *call, mz_buf_t *out)
{
    const char    *key;
    const json_t  *value;

    key = "result";
    value = json_object_get(call->req->root, key);

    if (value == NULL) {
        key = "error";
        value = json_object_get(call->req->root, key);
    }

    if (value == NULL) {
        return MZ_INVALID;
    }

    mz_buf_addf(out, "{\"%s\":", key);
    mz_json_dump(out, value);
    mz_buf_add_char(out, '}');

    return out->rc;
}


static mz_step_t
mz_session_done(mz_call_t *call)
{
    mz_step_t  step;

    if (!mz_tool_was_stored(call, 0, call->nreplies, &step)) {
        return step;
    }

    return mz_call_done_members(call, json_object());
}


static mz_str_t
mz_session_name(const mz_call_t *call)
{
    return mz_str_from(call->session->name);
}


/* What is kept of a session ends with it. */

static int64_t
mz_session_ttl(const mz_call_t *call)
{
    int64_t  left;

    left = call->session->expires_s - call->now_ms / MZ_SECOND_MS;

    return (left > 1) ? left : 1;
}
