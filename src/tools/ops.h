
/*
 * ops: the methods of MCP that need Redis and are neither tool, prompt nor
 * resource.  args is params of the request (an object, maybe empty), unless
 * said otherwise.  dispatch.c finds them by what the request is about.
 */

#ifndef MZ_OPS_H
#define MZ_OPS_H

#include "tools/tool.h"


#define MZ_PAGE_RESOURCES  100      /* entries of a page of resources/list */
#define MZ_PAGE_TASKS      50       /* of tasks/list */


/* op_resources.c: resources/list: the fixed ones and the newest artifacts,
 * with a sealed cursor. */
extern const mz_op_t  mz_op_resources;

/* op_complete.c: nothing is known to complete here. */
extern const mz_op_t  mz_op_complete_nothing;

/* op_tasks.c: args have taskId; tasks/update: inputResponses. */
extern const mz_op_t  mz_op_task_get;
extern const mz_op_t  mz_op_task_result;
extern const mz_op_t  mz_op_task_list;
extern const mz_op_t  mz_op_task_cancel;
extern const mz_op_t  mz_op_task_update;

/* op_listen.c: subscriptions/listen, and the GET stream of a session. */
extern const mz_op_t  mz_op_listen;

/* op_session.c; cancelled and answer have no args: they look at req. */
extern const mz_op_t  mz_op_end_session;
extern const mz_op_t  mz_op_set_level;
extern const mz_op_t  mz_op_subscribe;
extern const mz_op_t  mz_op_unsubscribe;
extern const mz_op_t  mz_op_cancelled;
extern const mz_op_t  mz_op_answer;


/* What the registry of the analytics agent is made of. */

extern const mz_task_kind_t  mz_task_run;           /* task_run.c */
extern const mz_resource_t   mz_resource_artifact;  /* resource_artifact.c */
extern const mz_prompt_t *const  mz_prompts[];      /* prompts.c; NULL ends */


#endif /* MZ_OPS_H */
