
#include "tools/task_ref.h"

#include "base/mz_str.h"
#include "tools/registry.h"


mz_rc_t
mz_task_ref_parse(const mz_call_t *call, mz_str_t text, mz_task_ref_t *ref)
{
    ref->kind = mz_registry_find_kind(call->conf->registry, text);

    if (ref->kind == NULL
        || mz_id_parse(&ref->id, ref->kind->letter, text) != MZ_OK)
    {
        return MZ_NOT_FOUND;
    }

    return MZ_OK;
}


size_t
mz_task_ref_read(const mz_task_ref_t *ref, mz_call_t *call)
{
    return ref->kind->read(call, &call->cmds, &ref->id);
}


mz_rc_t
mz_task_ref_decode(const mz_task_ref_t *ref, mz_call_t *call, size_t at,
    mz_task_t *task, mz_err_t *err)
{
    mz_rc_t  rc;

    memset(task, 0, sizeof(mz_task_t));

    task->id = ref->id;
    task->ttl_ms = -1;
    task->poll_ms = MZ_TASK_POLL_MS;

    rc = ref->kind->decode(call, &ref->id, call->replies + at, task, err);

    if (rc != MZ_OK) {
        mz_task_deinit(task);
    }

    return rc;
}


mz_step_t
mz_task_ref_failed(mz_call_t *call, mz_rc_t rc, const mz_err_t *err)
{
    if (rc == MZ_NOT_FOUND) {
        return mz_call_fault(call, MZ_RPC_PARAMS, NULL, "Task not found: it "
                             "may have expired, or belong to another user or "
                             "project");
    }

    return mz_call_error(call, rc, "%s", err->msg);
}
