
#include "tools/step.h"

#include "base/mz_str.h"
#include "store/ask.h"
#include "tools/ask_step.h"
#include "tools/host.h"
#include "tools/task_json.h"


#define MZ_STEP_IMMEDIATE  "io.modelcontextprotocol/model-immediate-response"


static mz_step_t mz_step_begin(mz_call_t *call);
static mz_step_t mz_step_level(mz_call_t *call, mz_tool_event_t ev);
static mz_step_t mz_step_drop(mz_call_t *call);
static mz_step_t mz_step_task(mz_call_t *call);
static void mz_step_task_legacy(const mz_call_t *call, mz_buf_t *out);


mz_step_t
mz_call_step(mz_call_t *call, mz_tool_event_t ev)
{
    mz_step_t    step;
    mz_stage_t  *stage;

    stage = call->stage;

    if (stage != NULL) {
        step = stage->step(call, ev);

    } else if (ev == MZ_EV_START) {
        step = mz_step_begin(call);

    } else {
        step = call->op->step(call, ev);
    }

    if (step == MZ_STEP_DROP) {
        step = mz_step_drop(call);
    }

    if (step == MZ_STEP_ASK) {
        step = mz_ask_begin(call);
    }

    if (step == MZ_STEP_TASK) {
        step = mz_step_task(call);
    }

    return step == MZ_STEP_FAULT ? MZ_STEP_DONE : step;
}


/* Questions and levels are only read and written over. */

bool
mz_call_is_repeatable(const mz_call_t *call)
{
    return call->stage != NULL || (call->op->flags & MZ_OP_REPEATABLE);
}


void
mz_step_release(mz_call_t *call)
{
    free(call->stage);
    call->stage = NULL;
}


/*
 * A modern request says itself what it wants to read; what a session wants
 * is known to Redis.  Without a stream there is nothing to read.
 */

static mz_step_t
mz_step_begin(mz_call_t *call)
{
    mz_stage_t  *stage;

    if (!(call->op->flags & MZ_OP_LOGS) || !call->can_stream) {
        call->log_level = MZ_MCP_LOG_OFF;
        return call->op->step(call, MZ_EV_START);
    }

    if (call->req->era == MZ_MCP_MODERN) {
        call->log_level = call->req->log_level;
        return call->op->step(call, MZ_EV_START);
    }

    call->log_level = MZ_MCP_LOG_INFO;

    if (call->session == NULL) {
        return call->op->step(call, MZ_EV_START);
    }

    stage = calloc(1, sizeof(mz_stage_t));
    if (stage == NULL) {
        return mz_call_error(call, MZ_NOMEM, "out of memory");
    }

    stage->step = mz_step_level;
    call->stage = stage;

    mz_session_get_level(&call->cmds, &call->conf->store,
                         mz_str_from(call->principal->scope),
                         mz_str_from(call->session->name));

    return MZ_STEP_STORE;
}


static mz_step_t
mz_step_level(mz_call_t *call, mz_tool_event_t ev)
{
    mz_rc_t       rc;
    mz_err_t      err;
    mz_str_t      word;
    mz_mcp_log_t  level;

    if (ev != MZ_EV_REPLIES || call->nreplies != 1) {
        return mz_call_error(call, MZ_INTERNAL, "an event out of turn");
    }

    rc = mz_session_level_decode(call->replies[0], &word, &err);
    if (rc != MZ_OK) {
        return mz_call_error(call, rc, "%s", err.msg);
    }

    if (mz_mcp_log_parse(word, &level) == MZ_OK) {
        call->log_level = level;
    }

    mz_step_release(call);

    return call->op->step(call, MZ_EV_START);
}


/* Nobody could come back for the answer: the op has to go on. */

static mz_step_t
mz_step_drop(mz_call_t *call)
{
    mz_step_t  step;

    if (call->is_resumable) {
        return MZ_STEP_DROP;
    }

    step = call->op->step(call, MZ_EV_TIMER);

    if (step == MZ_STEP_DROP) {
        return mz_call_error(call, MZ_INTERNAL,
                             "a stream was to be dropped for good");
    }

    return step;
}


static mz_step_t
mz_step_task(mz_call_t *call)
{
    mz_buf_t  *out;

    out = &call->result.members;
    mz_buf_reset(out);

    if (call->req->era == MZ_MCP_MODERN) {
        mz_task_write(call, &call->task, out);

    } else {
        mz_step_task_legacy(call, out);
    }

    if (out->rc != MZ_OK) {
        return mz_call_error(call, MZ_NOMEM, "out of memory");
    }

    call->result.type = "task";

    if (call->status[0] == '\0') {
        call->status = "task";
    }

    return MZ_STEP_DONE;
}


/* With words for the model, which has an answer to read meanwhile. */

static void
mz_step_task_legacy(const mz_call_t *call, mz_buf_t *out)
{
    mz_buf_add_c(out, "\"task\":{");
    mz_task_write(call, &call->task, out);
    mz_buf_add_char(out, '}');

    if (call->task.message[0] != '\0') {
        mz_buf_add_c(out, ",\"_meta\":{\"" MZ_STEP_IMMEDIATE "\":");
        mz_buf_add_json_str(out, mz_str_from(call->task.message));
        mz_buf_add_char(out, '}');
    }
}
