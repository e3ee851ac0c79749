
/*
 * task_ref: a task by its id: which kind it is, its commands, and what the
 * ops of tasks/.. answer when there is no such task.
 */

#ifndef MZ_TASK_REF_H
#define MZ_TASK_REF_H

#include "store/run.h"
#include "tools/tool.h"


typedef struct {
    const mz_task_kind_t  *kind;
    mz_id_t                id;
} mz_task_ref_t;


/* MZ_NOT_FOUND: an id of no kind that is registered. */
mz_rc_t mz_task_ref_parse(const mz_call_t *call, mz_str_t text,
    mz_task_ref_t *ref);

/* Appends the commands that read it; how many replies they owe. */
size_t mz_task_ref_read(const mz_task_ref_t *ref, mz_call_t *call);

/* From those replies, of which the first is call->replies[at].  *task is
 * initialised here; release it with mz_task_deinit() when MZ_OK. */
mz_rc_t mz_task_ref_decode(const mz_task_ref_t *ref, mz_call_t *call,
    size_t at, mz_task_t *task, mz_err_t *err);

/* What is answered when one of these two failed. */
mz_step_t mz_task_ref_failed(mz_call_t *call, mz_rc_t rc,
    const mz_err_t *err);


/* task_run.c: the task that a run is, as far as its head tells. */
mz_rc_t mz_task_run_head(mz_task_t *task, const mz_id_t *id,
    const mz_run_t *run);


#endif /* MZ_TASK_REF_H */
