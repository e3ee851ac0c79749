
/*
 * get_analytics_agent_status: follows a run until it ends or the wait is
 * over; each new event is a progress note meanwhile.
 *
 *   START -> STORE (newest run of the conversation) unless prompt_id is given
 *         -> STORE (run, events, newest sign of a worker)
 *         -> ended, or the wait is over: DONE
 *         -> WAIT -> NOTICE or TIMER -> STORE again
 */

#include "tools/tools.h"

#include "base/mz_str.h"
#include "base/mz_time.h"
#include "base/mz_utf8.h"
#include "store/conv.h"
#include "store/meta.h"
#include "store/run.h"
#include "tools/status_result.h"


#define MZ_STATUS_POLL_MS  5000     /* pub/sub is a hint: look anyway */
#define MZ_STATUS_REREADS  3

enum {
    MZ_PHASE_FIND,
    MZ_PHASE_READ,
    MZ_PHASE_WAIT
};


static mz_step_t mz_tool_status_step(mz_call_t *call, mz_tool_event_t ev);
static void mz_tool_status_release(mz_call_t *call);
static mz_step_t mz_tool_status_start(mz_call_t *call);
static int64_t mz_tool_status_began(const mz_call_t *call);
static mz_step_t mz_tool_status_found(mz_call_t *call);
static mz_step_t mz_tool_status_read(mz_call_t *call);
static mz_step_t mz_tool_status_reply(mz_call_t *call);
static mz_step_t mz_tool_status_wait(mz_call_t *call, mz_status_t *st);
static mz_step_t mz_tool_status_no_run(mz_call_t *call);


const mz_tool_t  mz_tool_status = {
    .op = {
        .name = mz_str("get_analytics_agent_status"),
        .flags = MZ_OP_REPEATABLE|MZ_OP_RESUMABLE,
        .step = mz_tool_status_step,
        .release = mz_tool_status_release
    },
    .title = mz_str("Follow an analytics run"),
    .description = mz_str(
        "Follow a question asked with run_analytics_agent and get its "
        "answer. Waits up to wait_seconds for the run to end, reporting "
        "progress meanwhile, so one call is often enough. status \"running\": "
        "call again with the same ids (and after, to get only new progress). "
        "\"completed\": answer holds the reply in Markdown, spec, sql and "
        "assumptions say exactly what was computed, artifacts lists the "
        "tables behind it (use query_table_artifact with their "
        "artifact_id). \"failed\": error says why. \"cancelled\": somebody "
        "replaced or cancelled it. \"lost\": the run was given up after its "
        "workers died; ask again with run_analytics_agent."),
    .input_schema = MZ_JSON_TEXT({
        "type": "object",
        "properties": {
            "conversation_id": {
                "type": "string",
                "description": "As returned by run_analytics_agent."
            },
            "prompt_id": {
                "type": "string",
                "description": "Default: the newest of the conversation."
            },
            "wait_seconds": {
                "type": "integer",
                "minimum": 0,
                "maximum": 50,
                "default": 25,
                "description": "Wait so long for the end; 0: not at all."
            },
            "after": {
                "type": "integer",
                "minimum": 0,
                "default": 0,
                "description": "The after of the result before."
            }
        },
        "required": ["conversation_id"],
        "additionalProperties": false
    }),
    .output_schema = MZ_JSON_TEXT({
        "type": "object",
        "properties": {
            "status": {
                "type": "string",
                "enum": ["running", "completed", "failed", "cancelled",
                         "lost"]
            },
            "phase": { "type": "string" },
            "conversation_id": { "type": "string" },
            "prompt_id": { "type": "string" },
            "conversation_url": { "type": "string" },
            "progress": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "seq": { "type": "integer" },
                        "at": { "type": "string" },
                        "phase": { "type": "string" },
                        "text": { "type": "string" }
                    },
                    "required": ["seq", "at", "phase", "text"]
                }
            },
            "after": { "type": "integer" },
            "answer": { "type": "string" },
            "spec": { "type": "object" },
            "sql": { "type": "string" },
            "assumptions": { "type": "array", "items": { "type": "string" } },
            "artifacts": { "type": "array", "items": { "type": "object" } },
            "error": {
                "type": "object",
                "properties": {
                    "code": { "type": "string" },
                    "message": { "type": "string" }
                },
                "required": ["code", "message"]
            },
            "truncated": {
                "type": "boolean",
                "description": "Parts did not fit; see inspect_artifact."
            },
            "hint": { "type": "string" }
        },
        "required": ["status", "conversation_id", "prompt_id",
                     "conversation_url", "progress", "after", "hint"]
    }),
    .hints = MZ_TOOL_READ_ONLY|MZ_TOOL_IDEMPOTENT
};


static mz_step_t
mz_tool_status_step(mz_call_t *call, mz_tool_event_t ev)
{
    mz_status_t  *st;

    switch (ev) {

    case MZ_EV_START:
        return mz_tool_status_start(call);

    case MZ_EV_REPLIES:
        return (call->phase == MZ_PHASE_FIND) ? mz_tool_status_found(call)
                                              : mz_tool_status_reply(call);

    case MZ_EV_DRAIN:

        /* Who can come back for the answer need not have half of it. */

        if (call->is_resumable) {
            return MZ_STEP_DROP;
        }

        st = call->state;
        st->is_draining = true;

        return mz_tool_status_read(call);

    default:
        return mz_tool_status_read(call);
    }
}


static void
mz_tool_status_release(mz_call_t *call)
{
    mz_status_free(call->state);
    call->state = NULL;
}


static mz_step_t
mz_tool_status_start(mz_call_t *call)
{
    int64_t       wait_s;
    mz_str_t      cid, pid;
    mz_status_t  *st;

    st = mz_status_new(mz_json_get_int(call->args, "after", 0));
    if (st == NULL) {
        return mz_call_error(call, MZ_NOMEM, "out of memory");
    }

    call->state = st;

    wait_s = mz_json_get_int(call->args, "wait_seconds",
                             call->conf->wait_default_s);
    if (wait_s > call->conf->wait_max_s) {
        wait_s = call->conf->wait_max_s;
    }

    st->deadline_ms = mz_tool_status_began(call) + wait_s * MZ_SECOND_MS;

    cid = mz_json_get_str(call->args, "conversation_id");
    pid = mz_json_get_str(call->args, "prompt_id");

    if (mz_id_parse(&call->conversation, MZ_ID_CONV, cid) != MZ_OK) {
        return mz_tool_no_conversation(call);
    }

    if (pid.data == NULL) {
        call->phase = MZ_PHASE_FIND;
        mz_conv_last_run(&call->cmds, &call->conf->store,
                         mz_tool_scope(call), &call->conversation);
        return MZ_STEP_STORE;
    }

    if (mz_id_parse(&call->run, MZ_ID_RUN, pid) != MZ_OK) {
        return mz_tool_status_no_run(call);
    }

    return mz_tool_status_read(call);
}


/* A stream that is taken up again goes on with the wait that it broke. */

static int64_t
mz_tool_status_began(const mz_call_t *call)
{
    int64_t  began_ms;

    began_ms = call->req->began_ms;

    return (began_ms > 0 && began_ms < call->now_ms) ? began_ms
                                                     : call->now_ms;
}


static mz_step_t
mz_tool_status_found(mz_call_t *call)
{
    mz_rc_t   rc;
    mz_err_t  err;

    rc = mz_conv_last_run_decode(call->replies[0], &call->run, &err);

    if (rc == MZ_NOT_FOUND) {
        return mz_tool_no_conversation(call);
    }

    if (rc != MZ_OK) {
        return mz_call_error(call, rc, "%s", err.msg);
    }

    return mz_tool_status_read(call);
}


static mz_step_t
mz_tool_status_read(mz_call_t *call)
{
    mz_str_t      scope;
    mz_status_t  *st;

    st = call->state;
    scope = mz_tool_scope(call);
    call->phase = MZ_PHASE_READ;

    if (call->now_ms < st->deadline_ms) {
        call->waits_for = call->run;
    }

    /* Events before the run: the run's status is then never older. */
    mz_run_events(&call->cmds, &call->conf->store, scope, &call->run,
                  st->seq, MZ_STATUS_EVENTS_MAX);
    mz_run_get(&call->cmds, &call->conf->store, scope, &call->run);
    mz_meta_last_beat(&call->cmds, &call->conf->store);

    return MZ_STEP_STORE;
}


static mz_step_t
mz_tool_status_reply(mz_call_t *call)
{
    bool          more;
    mz_rc_t       rc;
    mz_err_t      err;
    mz_run_t      run;
    mz_status_t  *st;

    st = call->state;
    more = false;

    rc = mz_run_decode(call->replies[1], &run, &err);

    if (rc == MZ_NOT_FOUND
        || (rc == MZ_OK && strcmp(run.conv.s, call->conversation.s) != 0))
    {
        return mz_tool_status_no_run(call);
    }

    if (rc == MZ_OK) {
        rc = mz_meta_last_beat_decode(call->replies[2], &st->worker_seen_ms,
                                      &err);
    }

    if (rc == MZ_OK) {
        rc = mz_status_take_events(st, call, call->replies[0], &more, &err);
    }

    if (rc != MZ_OK) {
        return mz_call_error(call, rc, "%s", err.msg);
    }

    /* A cursor of another run, or one that was lost in a failover. */
    if (run.seq < st->seq && st->rereads++ < MZ_STATUS_REREADS) {
        mz_status_rewind(st);
        return mz_tool_status_read(call);
    }

    /* An event came between the two reads of this pipeline: take it too. */
    if (more || (run.seq > st->seq && st->rereads++ < MZ_STATUS_REREADS)) {
        return mz_tool_status_read(call);
    }

    st->rereads = 0;

    call->status = mz_run_status_is_terminal(run.status)
                   ? mz_run_status_name(run.status) : "running";

    if (mz_run_status_is_terminal(run.status) || st->is_draining
        || call->now_ms >= st->deadline_ms)
    {
        return mz_call_done(call, mz_status_result(st, call, &run));
    }

    return mz_tool_status_wait(call, st);
}


static mz_step_t
mz_tool_status_wait(mz_call_t *call, mz_status_t *st)
{
    int64_t  left;

    left = st->deadline_ms - call->now_ms;

    call->phase = MZ_PHASE_WAIT;
    call->watch = call->run;
    call->wait_ms = (left < MZ_STATUS_POLL_MS) ? left : MZ_STATUS_POLL_MS;

    return MZ_STEP_WAIT;
}


static mz_step_t
mz_tool_status_no_run(mz_call_t *call)
{
    mz_str_t  id;

    id = mz_json_get_str(call->args, "prompt_id");

    if (id.data == NULL) {
        return mz_call_refuse(call, "The newest question of this conversation "
                              "(%s) has expired: ask again with "
                              "run_analytics_agent.", call->run.s);
    }

    id = mz_utf8_prefix_bytes(id, 64);

    return mz_call_refuse(call, "There is no prompt \"%.*s\" in this "
                          "conversation: leave prompt_id out to follow its "
                          "newest question, or ask again with "
                          "run_analytics_agent.",
                          (int) id.len, id.len ? id.data : "");
}
