
/*
 * What is told to a client that listens, by subscriptions/listen (modern) or
 * by the GET stream of its session (legacy): lists that changed, resources
 * that were updated, tasks (modern).
 *
 *   modern  START -> STORE (which of the tasks exist) -> note: acknowledged
 *                 -> STORE (the tasks as they are) -> notes -> WAIT
 *   legacy  START -> STORE (what the session subscribed to) -> WAIT
 *
 *   WAIT -> CHANGED -> note -> WAIT
 *        -> NOTICE or TIMER -> STORE (tasks, or subscriptions) -> WAIT
 *        -> DRAIN -> DONE (modern), DROP (legacy)
 */

#include "tools/ops.h"

#include "base/mz_str.h"
#include "base/mz_time.h"
#include "store/ask.h"
#include "tools/listen.h"
#include "tools/tools.h"


#define MZ_LISTEN_POLL_MS   30000   /* messages are hints: look anyway */
#define MZ_LISTEN_PAUSE_MS  250     /* between two looks at the tasks */

enum {
    MZ_PHASE_FIND,                  /* which tasks exist */
    MZ_PHASE_TASKS,
    MZ_PHASE_SUBSCRIPTIONS,
    MZ_PHASE_LISTEN
};


static mz_step_t mz_listen_step(mz_call_t *call, mz_tool_event_t ev);
static void mz_listen_release(mz_call_t *call);
static mz_step_t mz_listen_start(mz_call_t *call);
static mz_step_t mz_listen_reply(mz_call_t *call);
static mz_step_t mz_listen_tasks(mz_call_t *call);
static mz_step_t mz_listen_acknowledge(mz_call_t *call);
static mz_step_t mz_listen_subscribed(mz_call_t *call);
static mz_step_t mz_listen_look(mz_call_t *call);
static mz_step_t mz_listen_hint(mz_call_t *call);
static mz_step_t mz_listen_wait(mz_call_t *call);
static mz_step_t mz_listen_changed(mz_call_t *call);
static mz_step_t mz_listen_end(mz_call_t *call);
static bool mz_listen_is_modern(const mz_call_t *call);
static bool mz_listen_is_of_session(const mz_call_t *call);
static mz_step_t mz_listen_no_memory(mz_call_t *call);


const mz_op_t  mz_op_listen = {
    .name = mz_str("subscriptions/listen"),
    .flags = MZ_OP_REPEATABLE|MZ_OP_LISTENS,
    .step = mz_listen_step,
    .release = mz_listen_release
};


static mz_step_t
mz_listen_step(mz_call_t *call, mz_tool_event_t ev)
{
    switch (ev) {

    case MZ_EV_START:
        return mz_listen_start(call);

    case MZ_EV_REPLIES:
        return mz_listen_reply(call);

    case MZ_EV_CHANGED:
        return mz_listen_changed(call);

    case MZ_EV_NOTICE:
        return mz_listen_hint(call);

    case MZ_EV_DRAIN:
        return mz_listen_end(call);

    default:
        return mz_listen_look(call);
    }
}


static void
mz_listen_release(mz_call_t *call)
{
    mz_listen_free(call->state);
    call->state = NULL;
}


static mz_step_t
mz_listen_start(mz_call_t *call)
{
    mz_listen_t  *ln;

    ln = mz_listen_new();
    if (ln == NULL) {
        return mz_listen_no_memory(call);
    }

    call->state = ln;
    call->status = "listening";

    if (!mz_listen_is_modern(call)) {
        mz_listen_take_offers(ln, call);
        return mz_listen_look(call);
    }

    if (mz_listen_take_filter(ln, call) != MZ_OK) {
        return mz_listen_no_memory(call);
    }

    if (ln->tasks == NULL) {
        return mz_listen_acknowledge(call);
    }

    call->phase = MZ_PHASE_FIND;
    mz_listen_tasks_begin(ln->tasks);

    return mz_listen_tasks(call);
}


static mz_step_t
mz_listen_reply(mz_call_t *call)
{
    mz_rc_t             rc;
    mz_err_t            err;
    mz_listen_t        *ln;
    mz_listen_tell_pt   tell;

    ln = call->state;

    if (call->phase == MZ_PHASE_SUBSCRIPTIONS) {
        return mz_listen_subscribed(call);
    }

    tell = (call->phase == MZ_PHASE_TASKS) ? mz_listen_tell_task : NULL;
    rc = mz_listen_tasks_take(ln->tasks, call, tell, &err);

    /* One who listens already can wait for Redis to come back. */

    if (rc == MZ_UNAVAILABLE && tell != NULL) {
        return mz_listen_wait(call);
    }

    if (rc != MZ_OK) {
        return mz_call_error(call, rc, "%s", err.msg);
    }

    return mz_listen_tasks(call);
}


/* The next task, or what comes after the last. */

static mz_step_t
mz_listen_tasks(mz_call_t *call)
{
    mz_listen_t  *ln;

    ln = call->state;

    if (mz_listen_tasks_read(ln->tasks, call)) {
        return MZ_STEP_STORE;
    }

    return (call->phase == MZ_PHASE_FIND) ? mz_listen_acknowledge(call)
                                          : mz_listen_wait(call);
}


static mz_step_t
mz_listen_acknowledge(mz_call_t *call)
{
    mz_listen_tell_honoured(call, call->state);

    return mz_listen_is_empty(call->state) ? mz_listen_end(call)
                                           : mz_listen_look(call);
}


/* The session's subscriptions are what they are now. */

static mz_step_t
mz_listen_subscribed(mz_call_t *call)
{
    size_t        i, n;
    json_t       *uris;
    mz_rc_t       rc;
    mz_err_t      err;
    mz_listen_t  *ln;

    ln = call->state;

    rc = mz_session_subscriptions_decode(call->replies[0], &n, &err);

    if (rc == MZ_UNAVAILABLE) {
        return mz_listen_wait(call);
    }

    if (rc != MZ_OK) {
        return mz_call_error(call, rc, "%s", err.msg);
    }

    uris = json_array();

    for (i = 0; i < n; i++) {
        if (json_array_append_new(uris,
                                  mz_json_str_new(mz_reply_str(
                                      mz_reply_at(call->replies[0], i))))
            != 0)
        {
            json_decref(uris);
            uris = NULL;
        }
    }

    if (uris == NULL) {
        return mz_listen_no_memory(call);
    }

    json_decref(ln->uris);
    ln->uris = uris;

    return mz_listen_wait(call);
}


/* Whatever may have changed without a message that came through. */

static mz_step_t
mz_listen_look(mz_call_t *call)
{
    size_t        n;
    mz_listen_t  *ln;

    ln = call->state;
    ln->looked_ms = call->now_ms;
    ln->look_ms = call->now_ms + MZ_LISTEN_POLL_MS;

    (void) mz_listen_tasks_ids(ln->tasks, &n);

    if (n != 0) {
        call->phase = MZ_PHASE_TASKS;
        mz_listen_tasks_begin(ln->tasks);

        return mz_listen_tasks(call);
    }

    if (!mz_listen_is_of_session(call)) {
        return mz_listen_wait(call);
    }

    if (call->session->expires_s <= call->now_ms / MZ_SECOND_MS) {
        return mz_listen_end(call);
    }

    if (!(call->conf->server->offers & MZ_MCP_OFFERS_SUBSCRIBE)) {
        return mz_listen_wait(call);
    }

    call->phase = MZ_PHASE_SUBSCRIPTIONS;
    mz_session_subscriptions(&call->cmds, &call->conf->store,
                             mz_tool_scope(call),
                             mz_str_from(call->session->name));

    return MZ_STEP_STORE;
}


/* A run says so with each event: many of them are worth one look. */

static mz_step_t
mz_listen_hint(mz_call_t *call)
{
    int64_t       due;
    mz_listen_t  *ln;

    ln = call->state;
    due = ln->looked_ms + MZ_LISTEN_PAUSE_MS;

    if (call->now_ms >= due) {
        return mz_listen_look(call);
    }

    if (due < ln->look_ms) {
        ln->look_ms = due;
    }

    return mz_listen_wait(call);
}


static mz_step_t
mz_listen_wait(mz_call_t *call)
{
    mz_listen_t  *ln;

    ln = call->state;

    call->phase = MZ_PHASE_LISTEN;
    call->watches = mz_listen_tasks_ids(ln->tasks, &call->nwatches);
    call->wait_ms = ln->look_ms - call->now_ms;

    if (call->wait_ms < 1) {
        call->wait_ms = 1;
    }

    return MZ_STEP_WAIT;
}


static mz_step_t
mz_listen_changed(mz_call_t *call)
{
    bool                 is_ours;
    mz_listen_t         *ln;
    const mz_control_t  *m;

    ln = call->state;
    m = call->change;

    is_ours = mz_listen_is_of_session(call)
              && mz_str_eq_c(m->session, call->session->name);

    switch (m->kind) {

    case MZ_CONTROL_CHANGED:
        if (mz_control_is_for(m, mz_tool_scope(call))) {
            mz_listen_tell_lists(call, m->lists & ln->lists);
        }

        break;

    case MZ_CONTROL_UPDATED:
        if (mz_control_is_for(m, mz_tool_scope(call))
            && mz_listen_has_uri(ln, m->uri))
        {
            mz_listen_tell_updated(call, m->uri);
        }

        break;

    case MZ_CONTROL_SESSION:
        if (is_ours) {
            return mz_listen_look(call);
        }

        break;

    case MZ_CONTROL_ENDED:
        if (is_ours) {
            return mz_listen_end(call);
        }

        break;

    default:
        break;
    }

    return mz_listen_wait(call);
}


/* A client of the handshake revisions opens its stream again. */

static mz_step_t
mz_listen_end(mz_call_t *call)
{
    mz_buf_t  *out;

    if (!mz_listen_is_modern(call)) {
        return MZ_STEP_DROP;
    }

    out = &call->result.members;
    mz_buf_reset(out);
    mz_buf_add_c(out, MZ_LISTEN_META);
    mz_buf_add_c(out, call->req->id);
    mz_buf_add_char(out, '}');

    return (out->rc == MZ_OK) ? MZ_STEP_DONE : mz_listen_no_memory(call);
}


static bool
mz_listen_is_modern(const mz_call_t *call)
{
    return call->req->era == MZ_MCP_MODERN;
}


static bool
mz_listen_is_of_session(const mz_call_t *call)
{
    return !mz_listen_is_modern(call) && call->session != NULL;
}


static mz_step_t
mz_listen_no_memory(mz_call_t *call)
{
    return mz_call_error(call, MZ_NOMEM, "out of memory");
}
