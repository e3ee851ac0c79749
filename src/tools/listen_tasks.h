
/*
 * listen_tasks: the tasks that a listener follows: read again whenever one
 * of them may have changed, told of when one has.  Owned by op_listen.c.
 */

#ifndef MZ_LISTEN_TASKS_H
#define MZ_LISTEN_TASKS_H

#include "tools/tool.h"


typedef struct mz_listen_tasks_s  mz_listen_tasks_t;

typedef void (*mz_listen_tell_pt)(mz_call_t *call, const mz_task_t *task);


/* ids: an array of strings, of which the first MZ_WATCHES_MAX are looked at.
 * NULL: out of memory. */
mz_listen_tasks_t *mz_listen_tasks_new(const mz_call_t *call,
    const json_t *ids);
void mz_listen_tasks_free(mz_listen_tasks_t *lt);

/* The ids to be watched; those of tasks that exist, after the first pass. */
const mz_id_t *mz_listen_tasks_ids(const mz_listen_tasks_t *lt, size_t *n);

/*
 * A pass over all that have not ended: begin, then read and take until
 * read() has appended no commands.  tell is called for each that is not what
 * it was in the pass before; NULL: only to learn which tasks exist.
 */
void mz_listen_tasks_begin(mz_listen_tasks_t *lt);
bool mz_listen_tasks_read(mz_listen_tasks_t *lt, mz_call_t *call);
mz_rc_t mz_listen_tasks_take(mz_listen_tasks_t *lt, mz_call_t *call,
    mz_listen_tell_pt tell, mz_err_t *err);


#endif /* MZ_LISTEN_TASKS_H */
