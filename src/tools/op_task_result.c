
/*
 * tasks/result (2025-11-25): waits until the task has ended and answers what
 * the call would have.  What the task wants to know meanwhile is asked of
 * the client on this stream.
 *
 *   START -> STORE (the task) -> ended: DONE, FAULT
 *                             -> wants input: ASK -> ANSWERED -> STORE
 *                                (the answers, and the task)
 *                             -> WAIT -> NOTICE or TIMER -> STORE
 *
 * After a while, or when the node shuts down, the client must come back:
 * what it waits for is in Redis.
 */

#include "tools/ops.h"

#include "base/mz_str.h"
#include "base/mz_time.h"
#include "tools/task_json.h"
#include "tools/task_ref.h"
#include "tools/tools.h"


/* Pub/sub is a hint, and not all kinds of tasks give it: look anyway, as
 * often as the client would. */
#define MZ_RESULT_POLL_MIN  250
#define MZ_RESULT_POLL_MAX  5000

#define MZ_RESULT_WAIT_MS   (5 * MZ_MINUTE_MS)  /* of one request */

typedef struct {
    mz_task_ref_t   ref;
    int64_t         deadline_ms;
    size_t          at;             /* reply with which the task begins */
    json_t         *answered;       /* keys that need not be asked again */
} mz_task_result_t;


static mz_step_t mz_task_result_step(mz_call_t *call, mz_tool_event_t ev);
static void mz_task_result_release(mz_call_t *call);
static mz_step_t mz_task_result_start(mz_call_t *call);
static mz_step_t mz_task_result_read(mz_call_t *call, size_t at);
static mz_step_t mz_task_result_reply(mz_call_t *call);
static mz_step_t mz_task_result_wait(mz_call_t *call,
    const mz_task_t *task);
static mz_step_t mz_task_result_leave(mz_call_t *call);
static mz_step_t mz_task_result_ask(mz_call_t *call, const mz_task_t *task);
static mz_step_t mz_task_result_ask_one(mz_call_t *call, const char *key,
    const json_t *input);
static mz_step_t mz_task_result_answered(mz_call_t *call);
static mz_step_t mz_task_result_end(mz_call_t *call, const mz_task_t *task);
static mz_step_t mz_task_result_done(mz_call_t *call, const json_t *result);
static mz_rc_t mz_task_result_relate(mz_call_t *call, json_t *object);


const mz_op_t  mz_op_task_result = {
    .name = mz_str("tasks/result"),
    .flags = MZ_OP_REPEATABLE|MZ_OP_RESUMABLE,
    .step = mz_task_result_step,
    .release = mz_task_result_release
};


static mz_step_t
mz_task_result_step(mz_call_t *call, mz_tool_event_t ev)
{
    switch (ev) {

    case MZ_EV_START:
        return mz_task_result_start(call);

    case MZ_EV_REPLIES:
        return mz_task_result_reply(call);

    case MZ_EV_ANSWERED:
        return mz_task_result_answered(call);

    case MZ_EV_DRAIN:
        return mz_task_result_leave(call);

    default:
        return mz_task_result_read(call, 0);
    }
}


static void
mz_task_result_release(mz_call_t *call)
{
    mz_task_result_t  *tr;

    tr = call->state;

    if (tr != NULL) {
        json_decref(tr->answered);
        free(tr);
    }

    call->state = NULL;
}


static mz_step_t
mz_task_result_start(mz_call_t *call)
{
    mz_rc_t            rc;
    mz_task_result_t  *tr;

    tr = calloc(1, sizeof(mz_task_result_t));
    if (tr == NULL) {
        return mz_call_error(call, MZ_NOMEM, "out of memory");
    }

    call->state = tr;
    tr->deadline_ms = call->now_ms + MZ_RESULT_WAIT_MS;

    tr->answered = json_object();
    if (tr->answered == NULL) {
        return mz_call_error(call, MZ_NOMEM, "out of memory");
    }

    rc = mz_task_ref_parse(call, mz_json_get_str(call->args, "taskId"),
                           &tr->ref);

    if (rc != MZ_OK) {
        return mz_task_ref_failed(call, rc, NULL);
    }

    call->waits_for = tr->ref.id;

    return mz_task_result_read(call, 0);
}


/* at: how many replies come before those of the task. */

static mz_step_t
mz_task_result_read(mz_call_t *call, size_t at)
{
    mz_task_result_t  *tr;

    tr = call->state;
    tr->at = at;
    (void) mz_task_ref_read(&tr->ref, call);

    return MZ_STEP_STORE;
}


static mz_step_t
mz_task_result_reply(mz_call_t *call)
{
    mz_rc_t            rc;
    mz_err_t           err;
    mz_step_t          step;
    mz_task_t          task;
    mz_task_result_t  *tr;

    tr = call->state;

    if (!mz_tool_was_stored(call, 0, tr->at, &step)) {
        return step;
    }

    rc = mz_task_ref_decode(&tr->ref, call, tr->at, &task, &err);
    if (rc != MZ_OK) {
        return mz_task_ref_failed(call, rc, &err);
    }

    if (mz_task_is_terminal(task.status)) {
        step = mz_task_result_end(call, &task);

    } else if (call->now_ms >= tr->deadline_ms) {
        step = mz_task_result_leave(call);

    } else if (task.status == MZ_TASK_INPUT_REQUIRED) {
        step = mz_task_result_ask(call, &task);

    } else {
        step = mz_task_result_wait(call, &task);
    }

    mz_task_deinit(&task);

    return step;
}


static mz_step_t
mz_task_result_wait(mz_call_t *call, const mz_task_t *task)
{
    int64_t            left, poll;
    mz_task_result_t  *tr;

    tr = call->state;
    left = tr->deadline_ms - call->now_ms;
    poll = task->poll_ms;

    if (poll < MZ_RESULT_POLL_MIN) {
        poll = MZ_RESULT_POLL_MIN;
    }

    if (poll > MZ_RESULT_POLL_MAX) {
        poll = MZ_RESULT_POLL_MAX;
    }

    call->watch = tr->ref.id;
    call->wait_ms = (left < poll) ? left : poll;

    return MZ_STEP_WAIT;
}


static mz_step_t
mz_task_result_leave(mz_call_t *call)
{
    if (call->is_resumable) {
        return MZ_STEP_DROP;
    }

    return mz_call_fault(call, MZ_RPC_INTERNAL, NULL, "The task is still at "
                         "work: send tasks/result again, or look with "
                         "tasks/get");
}


/* Those questions that were not answered here before.  When there is none,
 * the task has still to take the answers in. */

static mz_step_t
mz_task_result_ask(mz_call_t *call, const mz_task_t *task)
{
    size_t             n;
    json_t            *input;
    mz_step_t          step;
    const char        *key;
    mz_task_result_t  *tr;

    tr = call->state;
    n = 0;
    step = MZ_STEP_ASK;

    json_object_foreach(task->inputs, key, input) {
        if (n == MZ_ASKS_MAX || step != MZ_STEP_ASK) {
            break;
        }

        if (strlen(key) <= MZ_ASK_KEY_MAX
            && json_object_get(tr->answered, key) == NULL)
        {
            step = mz_task_result_ask_one(call, key, input);
            n++;
        }
    }

    return (n == 0) ? mz_task_result_wait(call, task) : step;
}


static mz_step_t
mz_task_result_ask_one(mz_call_t *call, const char *key, const json_t *input)
{
    json_t       *params;
    const json_t  *given;

    given = json_object_get(input, "params");
    params = json_is_object(given) ? json_copy((json_t *) given)
                                   : json_object();

    if (mz_task_result_relate(call, params) != MZ_OK) {
        json_decref(params);
        return mz_call_error(call, MZ_NOMEM, "out of memory");
    }

    return mz_call_ask(call, key,
                       json_string_value(json_object_get(input, "method")),
                       params);
}


static mz_step_t
mz_task_result_answered(mz_call_t *call)
{
    size_t             n;
    mz_task_result_t  *tr;

    tr = call->state;
    n = 0;

    if (call->answers != NULL
        && json_object_update_missing(tr->answered, call->answers) != 0)
    {
        return mz_call_error(call, MZ_NOMEM, "out of memory");
    }

    if (call->answers != NULL && tr->ref.kind->update != NULL) {
        n = tr->ref.kind->update(call, &call->cmds, &tr->ref.id,
                                 call->answers);
    }

    return mz_task_result_read(call, n);
}


static mz_step_t
mz_task_result_end(mz_call_t *call, const mz_task_t *task)
{
    json_t     *result;
    mz_step_t   step;
    mz_str_t    why;

    if (task->status == MZ_TASK_FAILED) {
        why = mz_json_get_str(task->error, "message");

        return mz_call_fault(call, (int) mz_json_get_int(task->error, "code",
                                                         MZ_RPC_INTERNAL),
                             json_incref(json_object_get(task->error,
                                                         "data")),
                             "%.*s", (int) why.len, why.len ? why.data : "");
    }

    if (task->status == MZ_TASK_COMPLETED) {
        return mz_task_result_done(call, task->result);
    }

    result = mz_task_refusal(task->message[0] != '\0'
                             ? mz_str_from(task->message)
                             : mz_str("The task was cancelled."));
    step = mz_task_result_done(call, result);
    json_decref(result);

    return step;
}


static mz_step_t
mz_task_result_done(mz_call_t *call, const json_t *result)
{
    json_t  *members;

    members = json_copy((json_t *) result);

    if (mz_task_result_relate(call, members) != MZ_OK) {
        json_decref(members);
        members = NULL;
    }

    return mz_call_done_members(call, members);
}


/* _meta of an object says which task it is about; what else is in _meta
 * belongs to the task and is copied. */

static mz_rc_t
mz_task_result_relate(mz_call_t *call, json_t *object)
{
    json_t            *meta, *related;
    mz_task_result_t  *tr;

    tr = call->state;
    related = json_object();
    meta = json_object_get(object, "_meta");
    meta = json_is_object(meta) ? json_copy(meta) : json_object();

    if (mz_json_set_str(related, "taskId", mz_str_from(tr->ref.id.s))
        != MZ_OK)
    {
        json_decref(related);
        related = NULL;
    }

    if (mz_json_set(meta, MZ_TASK_RELATED, related) != MZ_OK) {
        json_decref(meta);
        meta = NULL;
    }

    return mz_json_set(object, "_meta", meta);
}
