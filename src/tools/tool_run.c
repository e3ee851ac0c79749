
/*
 * run_analytics_agent: hands a question to the queue and returns at once:
 * with the ids of the run, or with the task that it is.
 *
 *   START -> STORE .. (tools/asking.h) -> DONE
 *                                      -> STORE (the run as a task) -> TASK
 */

#include "tools/tools.h"

#include "base/mz_str.h"
#include "base/mz_utf8.h"
#include "tools/asking.h"
#include "tools/ops.h"
#include "tools/task_ref.h"


#define MZ_TITLE_MAX  80            /* code points of a conversation's title */

enum {
    MZ_PHASE_SUBMIT,
    MZ_PHASE_TASK
};


static mz_step_t mz_tool_run_step(mz_call_t *call, mz_tool_event_t ev);
static mz_step_t mz_tool_run_start(mz_call_t *call);
static mz_step_t mz_tool_run_submit(mz_call_t *call, mz_str_t prompt);
static mz_step_t mz_tool_run_decided(mz_call_t *call, const mz_asking_t *a);
static void mz_tool_run_release(mz_call_t *call);
static mz_step_t mz_tool_run_task(mz_call_t *call);
static json_t *mz_tool_run_result(mz_call_t *call,
    const mz_submit_reply_t *rep);


const mz_tool_t  mz_tool_run = {
    .op = {
        .name = mz_str("run_analytics_agent"),
        .flags = MZ_OP_REPEATABLE|MZ_OP_STARTS,
        .step = mz_tool_run_step,
        .release = mz_tool_run_release
    },
    .title = mz_str("Ask the analytics agent"),
    .description = mz_str(
        "Ask a product-analytics question in plain English: segmentation "
        "(counts, sums, averages over time, by property), funnels "
        "(conversion, drop-off, time to convert), retention, and what data "
        "there is. Returns at once with status \"running\" and two ids; the "
        "answer is not in this result. Next, call get_analytics_agent_status "
        "with conversation_id and prompt_id until its status is no longer "
        "\"running\". To follow up (\"now by country\", \"only mobile\"), "
        "pass the conversation_id of the earlier question. status \"busy\": "
        "that conversation still works on an earlier question; wait for it, "
        "or set cancel_running to replace it. Say events, time range and "
        "breakdown in the question where they matter. To look further into "
        "tables of an answer use query_table_artifact, not another run."),
    .input_schema = MZ_JSON_TEXT({
        "type": "object",
        "properties": {
            "prompt": {
                "type": "string",
                "minLength": 1,
                "maxLength": 8000,
                "description": "The question, in plain English."
            },
            "question": {
                "type": "string",
                "minLength": 1,
                "maxLength": 8000,
                "description": "Another name for prompt."
            },
            "conversation_id": {
                "type": "string",
                "description": "Continue this one; leave out for a new one."
            },
            "cancel_running": {
                "type": "boolean",
                "default": false,
                "description": "Replace the question that is running."
            }
        },
        "additionalProperties": false
    }),
    .output_schema = MZ_JSON_TEXT({
        "type": "object",
        "properties": {
            "status": {
                "type": "string",
                "enum": ["running", "busy", "completed"],
                "description": "completed: only as the result of a task."
            },
            "conversation_id": { "type": "string" },
            "prompt_id": { "type": "string" },
            "conversation_url": { "type": "string" },
            "attached": { "type": "boolean" },
            "hint": { "type": "string" },
            "phase": { "type": "string" },
            "progress": { "type": "array", "items": { "type": "object" } },
            "after": { "type": "integer" },
            "answer": { "type": "string" },
            "spec": { "type": "object" },
            "sql": { "type": "string" },
            "assumptions": { "type": "array", "items": { "type": "string" } },
            "artifacts": { "type": "array", "items": { "type": "object" } },
            "truncated": { "type": "boolean" }
        },
        "required": ["status", "conversation_id", "prompt_id",
                     "conversation_url"]
    }),
    .hints = MZ_TOOL_READ_ONLY|MZ_TOOL_OPEN_WORLD,
    .task = MZ_TASK_OPTIONAL
};


static mz_step_t
mz_tool_run_step(mz_call_t *call, mz_tool_event_t ev)
{
    mz_step_t     step;
    mz_asking_t  *a;

    if (ev == MZ_EV_START) {
        return mz_tool_run_start(call);
    }

    if (call->phase == MZ_PHASE_TASK) {
        return mz_tool_run_task(call);
    }

    a = call->state;
    step = mz_asking_next(call, a);

    return (step == MZ_STEP_DONE) ? mz_tool_run_decided(call, a) : step;
}


static mz_step_t
mz_tool_run_start(mz_call_t *call)
{
    mz_str_t  prompt, question;

    prompt = mz_str_trim(mz_json_get_str(call->args, "prompt"));
    question = mz_str_trim(mz_json_get_str(call->args, "question"));

    if (prompt.len != 0 && question.len != 0 && !mz_str_eq(prompt, question)) {
        return mz_call_refuse(call, "prompt and question are two names of "
                              "one argument: give only prompt.");
    }

    if (prompt.len == 0) {
        prompt = question;
    }

    if (prompt.len == 0) {
        return mz_call_refuse(call, "prompt is missing or empty: put the "
                              "question into prompt, in plain English.");
    }

    return mz_tool_run_submit(call, prompt);
}


static mz_step_t
mz_tool_run_submit(mz_call_t *call, mz_str_t prompt)
{
    mz_str_t           cid;
    mz_asking_t       *a;
    unsigned char      random[2 * MZ_ID_RANDOM];
    mz_submit_args_t  *args;

    a = calloc(1, sizeof(mz_asking_t));
    if (a == NULL) {
        return mz_call_error(call, MZ_NOMEM, "out of memory");
    }

    call->state = a;
    args = &a->args;

    call->conf->random(random, sizeof(random));
    mz_id_make(&args->run, MZ_ID_RUN, random);

    cid = mz_json_get_str(call->args, "conversation_id");
    args->is_new = (cid.data == NULL);

    if (args->is_new) {
        mz_id_make(&args->conv, MZ_ID_CONV, random + MZ_ID_RANDOM);

    } else if (mz_id_parse(&args->conv, MZ_ID_CONV, cid) != MZ_OK) {
        return mz_tool_no_conversation(call);
    }

    args->prompt = prompt;
    args->title = mz_utf8_prefix(prompt, MZ_TITLE_MAX);
    args->cancel_running = mz_json_get_bool(call->args, "cancel_running",
                                            false);

    return mz_asking_start(call, a);
}


static void
mz_tool_run_release(mz_call_t *call)
{
    if (call->state != NULL) {
        mz_asking_deinit(call->state);
        free(call->state);
        call->state = NULL;
    }
}


static mz_step_t
mz_tool_run_decided(mz_call_t *call, const mz_asking_t *a)
{
    const mz_submit_reply_t  *rep;

    rep = &a->reply;

    if (rep->outcome == MZ_SUBMIT_NO_CONVERSATION) {
        return mz_tool_no_conversation(call);
    }

    if (rep->outcome == MZ_SUBMIT_LIMITED) {
        return mz_asking_limited(call, a);
    }

    call->conversation = rep->conv;
    call->run = rep->run;
    call->status = (rep->outcome == MZ_SUBMIT_BUSY) ? "busy" : "running";

    if (call->req->wants_task && rep->outcome != MZ_SUBMIT_BUSY) {
        call->phase = MZ_PHASE_TASK;
        (void) mz_task_run.read(call, &call->cmds, &call->run);

        return MZ_STEP_STORE;
    }

    return mz_call_done(call, mz_tool_run_result(call, rep));
}


static mz_step_t
mz_tool_run_task(mz_call_t *call)
{
    mz_rc_t        rc;
    mz_err_t       err;
    mz_task_ref_t  ref;

    ref.kind = &mz_task_run;
    ref.id = call->run;

    rc = mz_task_ref_decode(&ref, call, 0, &call->task, &err);

    return (rc == MZ_OK) ? MZ_STEP_TASK
                         : mz_task_ref_failed(call, rc, &err);
}


static json_t *
mz_tool_run_result(mz_call_t *call, const mz_submit_reply_t *rep)
{
    bool         ok;
    json_t      *out;
    const char  *hint;

    out = json_object();

    ok = mz_json_set_str(out, "status", mz_str_from(call->status)) == MZ_OK
         && mz_tool_set_ids(call, out) == MZ_OK;

    if (rep->outcome == MZ_SUBMIT_ATTACHED) {
        ok = ok && mz_json_set(out, "attached", json_true()) == MZ_OK;
    }

    hint = (rep->outcome == MZ_SUBMIT_BUSY)
           ? "This conversation is still working on the question with this "
             "prompt_id. Wait for it with get_analytics_agent_status, pass "
             "cancel_running=true to replace it, or leave conversation_id "
             "out to ask in a new conversation."
           : "Call get_analytics_agent_status with this conversation_id and "
             "prompt_id; repeat until status is not \"running\".";

    ok = ok && mz_json_set_str(out, "hint", mz_str_from(hint)) == MZ_OK;

    if (!ok) {
        json_decref(out);
        return NULL;
    }

    return out;
}
