
/*
 * tasks/get, tasks/cancel and tasks/update.  Whether there is such a task
 * under the caller's scope is always looked at: one of somebody else's is
 * none.
 */

#include "tools/ops.h"

#include "tools/task_json.h"
#include "tools/task_ref.h"
#include "tools/tools.h"


enum {
    MZ_PHASE_FIND,
    MZ_PHASE_UPDATE
};

typedef void (*mz_task_write_pt)(const mz_call_t *call,
    const mz_task_t *task, mz_buf_t *out);


static mz_step_t mz_task_get_step(mz_call_t *call, mz_tool_event_t ev);
static mz_step_t mz_task_cancel_step(mz_call_t *call, mz_tool_event_t ev);
static mz_step_t mz_task_cancel_start(mz_call_t *call,
    const mz_task_ref_t *ref);
static mz_step_t mz_task_cancel_legacy(mz_call_t *call,
    const mz_task_ref_t *ref, size_t at, bool is_over);
static mz_step_t mz_task_update_step(mz_call_t *call, mz_tool_event_t ev);
static mz_step_t mz_task_update_found(mz_call_t *call,
    const mz_task_ref_t *ref);
static mz_rc_t mz_task_of(const mz_call_t *call, mz_task_ref_t *ref);
static mz_rc_t mz_task_is_over(mz_call_t *call, const mz_task_ref_t *ref,
    bool *is_over, mz_err_t *err);
static mz_step_t mz_task_show(mz_call_t *call, mz_task_t *task,
    mz_task_write_pt write);


const mz_op_t  mz_op_task_get = {
    .name = mz_str("tasks/get"),
    .flags = MZ_OP_REPEATABLE,
    .step = mz_task_get_step
};

/* Sent twice, it would say that the task had ended before. */

const mz_op_t  mz_op_task_cancel = {
    .name = mz_str("tasks/cancel"),
    .flags = MZ_OP_STARTS,
    .step = mz_task_cancel_step
};

const mz_op_t  mz_op_task_update = {
    .name = mz_str("tasks/update"),
    .flags = MZ_OP_STARTS,
    .step = mz_task_update_step
};


static mz_step_t
mz_task_get_step(mz_call_t *call, mz_tool_event_t ev)
{
    mz_rc_t        rc;
    mz_err_t       err;
    mz_task_t      task;
    mz_task_ref_t  ref;

    rc = mz_task_of(call, &ref);

    if (rc == MZ_OK && ev == MZ_EV_START) {
        (void) mz_task_ref_read(&ref, call);
        return MZ_STEP_STORE;
    }

    if (rc == MZ_OK) {
        rc = mz_task_ref_decode(&ref, call, 0, &task, &err);
    }

    return (rc == MZ_OK) ? mz_task_show(call, &task, mz_task_write_body)
                         : mz_task_ref_failed(call, rc, &err);
}


static mz_step_t
mz_task_cancel_step(mz_call_t *call, mz_tool_event_t ev)
{
    bool           is_over;
    size_t         reads;
    mz_rc_t        rc;
    mz_err_t       err;
    mz_step_t      step;
    mz_task_ref_t  ref;

    is_over = false;
    rc = mz_task_of(call, &ref);

    if (rc == MZ_OK && ev == MZ_EV_START) {
        return mz_task_cancel_start(call, &ref);
    }

    if (rc == MZ_OK) {
        rc = mz_task_is_over(call, &ref, &is_over, &err);
    }

    if (rc != MZ_OK) {
        return mz_task_ref_failed(call, rc, &err);
    }

    reads = (size_t) call->phase;

    if (ref.kind->cancel != NULL
        && !mz_tool_was_stored(call, reads, call->nreplies - 2 * reads,
                               &step))
    {
        return step;
    }

    /* The extension acknowledges that it was asked, no more. */

    if (call->req->era == MZ_MCP_MODERN) {
        return mz_call_done_members(call, json_object());
    }

    return mz_task_cancel_legacy(call, &ref, call->nreplies - reads, is_over);
}


/*
 * The status before tells whether there is something to cancel, that after
 * is the answer: all in one pipeline.
 */

static mz_step_t
mz_task_cancel_start(mz_call_t *call, const mz_task_ref_t *ref)
{
    call->phase = (int) mz_task_ref_read(ref, call);

    if (ref->kind->cancel != NULL) {
        (void) ref->kind->cancel(call, &call->cmds, &ref->id);
        (void) mz_task_ref_read(ref, call);
    }

    return MZ_STEP_STORE;
}


static mz_step_t
mz_task_cancel_legacy(mz_call_t *call, const mz_task_ref_t *ref, size_t at,
    bool is_over)
{
    mz_rc_t    rc;
    mz_err_t   err;
    mz_task_t  task;

    if (is_over) {
        return mz_call_fault(call, MZ_RPC_PARAMS, NULL, "The task has ended: "
                             "there is nothing to cancel");
    }

    if (ref->kind->cancel == NULL) {
        return mz_call_fault(call, MZ_RPC_PARAMS, NULL, "This task cannot be "
                             "cancelled: it ends by itself");
    }

    rc = mz_task_ref_decode(ref, call, at, &task, &err);

    if (rc != MZ_OK) {
        return mz_task_ref_failed(call, rc, &err);
    }

    /* It ended between the two. */

    if (mz_task_is_terminal(task.status)
        && task.status != MZ_TASK_CANCELLED)
    {
        mz_task_deinit(&task);
        return mz_task_cancel_legacy(call, ref, at, true);
    }

    return mz_task_show(call, &task, mz_task_write);
}


static mz_step_t
mz_task_update_step(mz_call_t *call, mz_tool_event_t ev)
{
    mz_rc_t        rc;
    mz_step_t      step;
    mz_task_ref_t  ref;

    rc = mz_task_of(call, &ref);

    if (rc != MZ_OK) {
        return mz_task_ref_failed(call, rc, NULL);
    }

    if (ev == MZ_EV_START) {
        (void) mz_task_ref_read(&ref, call);
        return MZ_STEP_STORE;
    }

    if (call->phase == MZ_PHASE_FIND) {
        return mz_task_update_found(call, &ref);
    }

    if (!mz_tool_was_stored(call, 0, call->nreplies, &step)) {
        return step;
    }

    return mz_call_done_members(call, json_object());
}


static mz_step_t
mz_task_update_found(mz_call_t *call, const mz_task_ref_t *ref)
{
    bool           is_over;
    mz_rc_t        rc;
    mz_err_t       err;
    const json_t  *answers;

    rc = mz_task_is_over(call, ref, &is_over, &err);

    if (rc != MZ_OK) {
        return mz_task_ref_failed(call, rc, &err);
    }

    answers = json_object_get(call->args, "inputResponses");

    if (!json_is_object(answers)) {
        return mz_call_fault(call, MZ_RPC_PARAMS, NULL, "inputResponses must "
                             "be an object: the answers by the keys of "
                             "inputRequests");
    }

    /* Answers that nobody waits for are ignored. */

    if (is_over || ref->kind->update == NULL) {
        return mz_call_done_members(call, json_object());
    }

    call->phase = MZ_PHASE_UPDATE;

    return (ref->kind->update(call, &call->cmds, &ref->id, answers) != 0)
           ? MZ_STEP_STORE : mz_call_done_members(call, json_object());
}


static mz_rc_t
mz_task_of(const mz_call_t *call, mz_task_ref_t *ref)
{
    return mz_task_ref_parse(call, mz_json_get_str(call->args, "taskId"),
                             ref);
}


/* As the first replies say. */

static mz_rc_t
mz_task_is_over(mz_call_t *call, const mz_task_ref_t *ref, bool *is_over,
    mz_err_t *err)
{
    mz_rc_t    rc;
    mz_task_t  task;

    rc = mz_task_ref_decode(ref, call, 0, &task, err);

    if (rc == MZ_OK) {
        *is_over = mz_task_is_terminal(task.status);
        mz_task_deinit(&task);
    }

    return rc;
}


/* Releases the task. */

static mz_step_t
mz_task_show(mz_call_t *call, mz_task_t *task, mz_task_write_pt write)
{
    mz_buf_t  *out;

    out = &call->result.members;
    mz_buf_reset(out);
    write(call, task, out);
    mz_task_deinit(task);

    if (out->rc != MZ_OK) {
        return mz_call_error(call, out->rc, "out of memory");
    }

    return MZ_STEP_DONE;
}
