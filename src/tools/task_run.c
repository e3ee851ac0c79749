
/*
 * The task that is a run of the analytics agent.  What it ends with is what
 * get_analytics_agent_status would answer.
 */

#include "tools/task_ref.h"

#include "base/mz_str.h"
#include "base/mz_time.h"
#include "base/mz_utf8.h"
#include "store/runs.h"
#include "tools/ops.h"
#include "tools/status_result.h"
#include "tools/task_json.h"
#include "tools/tools.h"


enum {
    MZ_TASK_RUN_GET,
    MZ_TASK_RUN_EVENTS,
    MZ_TASK_RUN_REPLIES
};

/* A run that failed or was lost is a tool that failed. */

static const mz_task_status_t  mz_task_run_statuses[] = {
    [MZ_RUN_QUEUED]    = MZ_TASK_WORKING,
    [MZ_RUN_RUNNING]   = MZ_TASK_WORKING,
    [MZ_RUN_COMPLETED] = MZ_TASK_COMPLETED,
    [MZ_RUN_FAILED]    = MZ_TASK_COMPLETED,
    [MZ_RUN_CANCELLED] = MZ_TASK_CANCELLED,
    [MZ_RUN_LOST]      = MZ_TASK_COMPLETED
};


static size_t mz_task_run_read(mz_call_t *call, mz_cmds_t *cmds,
    const mz_id_t *id);
static mz_rc_t mz_task_run_decode(mz_call_t *call, const mz_id_t *id,
    redisReply *const *replies, mz_task_t *task, mz_err_t *err);
static size_t mz_task_run_cancel(mz_call_t *call, mz_cmds_t *cmds,
    const mz_id_t *id);
static mz_rc_t mz_task_run_finish(mz_call_t *call, const mz_run_t *run,
    mz_status_t *st, mz_task_t *task);
static bool mz_task_run_has_failed(const mz_run_t *run);
static json_t *mz_task_run_failure(const json_t *shown);
static void mz_task_run_say(mz_task_t *task, mz_str_t text);
static mz_rc_t mz_task_run_say_error(mz_task_t *task, const mz_run_t *run);


const mz_task_kind_t  mz_task_run = {
    .letter = MZ_ID_RUN,
    .read = mz_task_run_read,
    .decode = mz_task_run_decode,
    .cancel = mz_task_run_cancel
};


static size_t
mz_task_run_read(mz_call_t *call, mz_cmds_t *cmds, const mz_id_t *id)
{
    mz_str_t  scope;

    scope = mz_tool_scope(call);

    /* Events after the run: those of a run that has ended are complete. */
    mz_run_get(cmds, &call->conf->store, scope, id);
    mz_run_newest_events(cmds, &call->conf->store, scope, id,
                         MZ_STATUS_PROGRESS_MAX);

    return MZ_TASK_RUN_REPLIES;
}


static mz_rc_t
mz_task_run_decode(mz_call_t *call, const mz_id_t *id,
    redisReply *const *replies, mz_task_t *task, mz_err_t *err)
{
    mz_rc_t       rc;
    mz_run_t      run;
    mz_status_t  *st;

    rc = mz_run_decode(replies[MZ_TASK_RUN_GET], &run, err);
    if (rc != MZ_OK) {
        return rc;
    }

    st = mz_status_new(0);
    if (st == NULL) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    rc = mz_status_take_newest(st, replies[MZ_TASK_RUN_EVENTS], err);

    if (rc == MZ_OK) {
        call->run = *id;
        call->conversation = run.conv;
        call->status = mz_run_status_is_terminal(run.status)
                       ? mz_run_status_name(run.status) : "running";

        rc = mz_task_run_head(task, id, &run);

        if (rc == MZ_OK) {
            rc = mz_task_run_finish(call, &run, st, task);
        }

        if (rc != MZ_OK) {
            (void) mz_fail(err, rc, "a task cannot be made of its run");
        }
    }

    mz_status_free(st);

    return rc;
}


static size_t
mz_task_run_cancel(mz_call_t *call, mz_cmds_t *cmds, const mz_id_t *id)
{
    mz_run_cancel(cmds, &call->conf->store, mz_tool_scope(call), id, 0,
                  mz_str("Cancelled by the client"));

    return 1;
}


mz_rc_t
mz_task_run_head(mz_task_t *task, const mz_id_t *id, const mz_run_t *run)
{
    mz_rc_t  rc;

    task->id = *id;
    task->status = mz_task_run_statuses[run->status];
    task->created_ms = run->created_ms;
    task->updated_ms = run->updated_ms;
    task->ttl_ms = run->retention_s * MZ_SECOND_MS;
    task->poll_ms = MZ_TASK_POLL_MS;

    rc = MZ_OK;

    if (!mz_run_status_is_terminal(run->status)) {
        mz_task_run_say(task, run->phase);

    } else if (run->status != MZ_RUN_COMPLETED) {
        rc = mz_task_run_say_error(task, run);
    }

    if (rc == MZ_OK && mz_task_run_has_failed(run)) {
        task->result = mz_task_refusal(mz_str_from(task->message));
        rc = task->result ? MZ_OK : MZ_NOMEM;
    }

    return rc;
}


static mz_rc_t
mz_task_run_finish(mz_call_t *call, const mz_run_t *run, mz_status_t *st,
    mz_task_t *task)
{
    size_t         n;
    json_t        *shown;
    const json_t  *newest;

    if (task->status == MZ_TASK_WORKING) {
        n = json_array_size(st->progress);
        newest = json_array_get(st->progress, n - (n != 0));

        if (newest != NULL) {
            mz_task_run_say(task, mz_json_get_str(newest, "text"));
        }
    }

    if (task->status != MZ_TASK_COMPLETED) {
        return MZ_OK;
    }

    shown = mz_status_result(st, call, run);
    json_decref(task->result);

    if (mz_task_run_has_failed(run)) {
        task->result = mz_task_run_failure(shown);
        json_decref(shown);

    } else {
        task->result = mz_task_success(shown);
    }

    return task->result ? MZ_OK : MZ_NOMEM;
}


static bool
mz_task_run_has_failed(const mz_run_t *run)
{
    return run->status == MZ_RUN_FAILED || run->status == MZ_RUN_LOST;
}


/* Why, and what next: an error has no structured content. */

static json_t *
mz_task_run_failure(const json_t *shown)
{
    json_t    *out;
    mz_buf_t   text;
    mz_str_t   why;

    mz_buf_init(&text, 0);

    why = mz_json_get_str(json_object_get(shown, "error"), "message");

    if (why.len != 0) {
        mz_buf_add_str(&text, why);
        mz_buf_add_char(&text, '\n');
    }

    mz_buf_add_str(&text, mz_json_get_str(shown, "hint"));

    out = (shown != NULL && text.rc == MZ_OK)
          ? mz_task_refusal(mz_buf_view(&text)) : NULL;

    mz_buf_free(&text);

    return out;
}


static void
mz_task_run_say(mz_task_t *task, mz_str_t text)
{
    text = mz_utf8_prefix_bytes(text, MZ_TASK_MESSAGE_MAX);

    if (text.len != 0) {
        memcpy(task->message, text.data, text.len);
    }

    task->message[text.len] = '\0';
}


static mz_rc_t
mz_task_run_say_error(mz_task_t *task, const mz_run_t *run)
{
    json_t   *error;
    mz_rc_t   rc;

    rc = mz_json_load(run->error, NULL, &error, NULL);
    if (rc == MZ_NOMEM) {
        return rc;
    }

    mz_task_run_say(task, mz_json_get_str(error, "message"));
    json_decref(error);

    if (task->message[0] == '\0') {
        mz_task_run_say(task, mz_str_from(mz_run_status_name(run->status)));
    }

    return MZ_OK;
}
