
/*
 * tasks/list (2025-11-25): the newest runs of the caller, in pages.  A
 * cursor says where the page before ended: at which creation time, and how
 * many of that millisecond it had.
 */

#include "tools/ops.h"

#include "base/mz_str.h"
#include "store/runs.h"
#include "tools/cursor.h"
#include "tools/task_json.h"
#include "tools/task_ref.h"
#include "tools/tools.h"


#define MZ_TASK_LIST  "tasks"           /* the name in its cursors */

enum {
    MZ_PHASE_PAGE,
    MZ_PHASE_HEADS
};

typedef struct {
    int64_t  from[2];               /* ms, and how many of that ms to skip */
    int64_t  next[2];               /* of the next page; below 0: none */
    size_t   n;
    mz_id_t  ids[MZ_PAGE_TASKS];
} mz_task_list_t;


static mz_step_t mz_task_list_step(mz_call_t *call, mz_tool_event_t ev);
static void mz_task_list_release(mz_call_t *call);
static mz_step_t mz_task_list_start(mz_call_t *call);
static mz_step_t mz_task_list_page(mz_call_t *call);
static mz_rc_t mz_task_list_take(mz_call_t *call, size_t n, mz_err_t *err);
static mz_step_t mz_task_list_heads(mz_call_t *call);
static mz_rc_t mz_task_list_write(mz_call_t *call, size_t i, mz_buf_t *out,
    mz_err_t *err);


const mz_op_t  mz_op_task_list = {
    .name = mz_str("tasks/list"),
    .flags = MZ_OP_REPEATABLE,
    .step = mz_task_list_step,
    .release = mz_task_list_release
};


static mz_step_t
mz_task_list_step(mz_call_t *call, mz_tool_event_t ev)
{
    if (ev == MZ_EV_START) {
        return mz_task_list_start(call);
    }

    return (call->phase == MZ_PHASE_PAGE) ? mz_task_list_page(call)
                                          : mz_task_list_heads(call);
}


static void
mz_task_list_release(mz_call_t *call)
{
    free(call->state);
    call->state = NULL;
}


static mz_step_t
mz_task_list_start(mz_call_t *call)
{
    mz_step_t        step;
    mz_task_list_t  *tl;

    tl = calloc(1, sizeof(mz_task_list_t));
    if (tl == NULL) {
        return mz_call_error(call, MZ_NOMEM, "out of memory");
    }

    call->state = tl;
    tl->from[0] = INT64_MAX;
    tl->next[0] = -1;

    step = mz_cursor_read(call, MZ_TASK_LIST, tl->from, 2);

    if (step != MZ_STEP_STORE) {
        return step;
    }

    /* One more tells whether there is another page. */

    mz_runs_page(&call->cmds, &call->conf->store, mz_tool_scope(call),
                 tl->from[0], tl->from[1], MZ_PAGE_TASKS + 1);

    return MZ_STEP_STORE;
}


static mz_step_t
mz_task_list_page(mz_call_t *call)
{
    size_t           i, n;
    mz_rc_t          rc;
    mz_err_t         err;
    mz_task_list_t  *tl;

    tl = call->state;

    rc = mz_runs_decode(call->replies[0], &n, &err);

    if (rc == MZ_OK) {
        rc = mz_task_list_take(call, n, &err);
    }

    if (rc != MZ_OK) {
        return mz_call_error(call, rc, "%s", err.msg);
    }

    call->phase = MZ_PHASE_HEADS;

    if (tl->n == 0) {
        return mz_task_list_heads(call);
    }

    for (i = 0; i < tl->n; i++) {
        mz_run_head(&call->cmds, &call->conf->store, mz_tool_scope(call),
                    &tl->ids[i]);
    }

    return MZ_STEP_STORE;
}


static mz_rc_t
mz_task_list_take(mz_call_t *call, size_t n, mz_err_t *err)
{
    int64_t          at_ms;
    mz_rc_t          rc;
    mz_task_list_t  *tl;

    tl = call->state;

    while (tl->n < n && tl->n < MZ_PAGE_TASKS) {
        rc = mz_runs_at(call->replies[0], tl->n, &tl->ids[tl->n], &at_ms,
                        err);
        if (rc != MZ_OK) {
            return rc;
        }

        if (at_ms != tl->next[0]) {
            tl->next[1] = (at_ms == tl->from[0]) ? tl->from[1] : 0;
            tl->next[0] = at_ms;
        }

        tl->next[1]++;
        tl->n++;
    }

    if (n <= MZ_PAGE_TASKS) {
        tl->next[0] = -1;
    }

    return MZ_OK;
}


static mz_step_t
mz_task_list_heads(mz_call_t *call)
{
    size_t           i;
    mz_rc_t          rc;
    mz_err_t         err;
    mz_buf_t        *out;
    mz_task_list_t  *tl;

    tl = call->state;
    out = &call->result.members;

    mz_buf_reset(out);
    mz_buf_add_c(out, "\"tasks\":[");

    for (i = 0; i < tl->n; i++) {
        rc = mz_task_list_write(call, i, out, &err);
        if (rc != MZ_OK) {
            return mz_call_error(call, rc, "%s", err.msg);
        }
    }

    mz_buf_add_char(out, ']');

    rc = MZ_OK;

    if (tl->next[0] >= 0) {
        rc = mz_cursor_write(call, MZ_TASK_LIST, tl->next, 2, out);
    }

    if (rc == MZ_OK) {
        rc = out->rc;
    }

    if (rc != MZ_OK) {
        return mz_call_error(call, rc, "a cursor cannot be made for now");
    }

    return MZ_STEP_DONE;
}


/* A run may have expired since the index was read. */

static mz_rc_t
mz_task_list_write(mz_call_t *call, size_t i, mz_buf_t *out, mz_err_t *err)
{
    mz_rc_t          rc;
    mz_run_t         run;
    mz_task_t        task;
    mz_task_list_t  *tl;

    tl = call->state;

    rc = mz_run_head_decode(call->replies[i], &run, err);
    if (rc != MZ_OK) {
        return (rc == MZ_NOT_FOUND) ? MZ_OK : rc;
    }

    memset(&task, 0, sizeof(mz_task_t));

    if (out->rc != MZ_OK
        || mz_task_run_head(&task, &tl->ids[i], &run) != MZ_OK)
    {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    if (out->data[out->len - 1] != '[') {
        mz_buf_add_char(out, ',');
    }

    mz_buf_add_char(out, '{');
    mz_task_write(call, &task, out);
    mz_buf_add_char(out, '}');
    mz_task_deinit(&task);

    return (out->rc == MZ_OK) ? MZ_OK
                              : mz_fail(err, out->rc, "out of memory");
}
