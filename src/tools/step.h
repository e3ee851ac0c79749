
/*
 * step: the private side of mz_call_step(): what call.c must release, and
 * what step.c and ask.c share.  A call is in a stage when it is not the op
 * that waits for replies and notices, but the machinery around it.
 */

#ifndef MZ_STEP_H
#define MZ_STEP_H

#include "tools/tool.h"


/* For mz_call_deinit(), before call->principal and the like go: frees what
 * call->stage holds, at any point of the life; nothing when it is NULL. */
void mz_step_release(mz_call_t *call);

/* For ask.c: the op takes its next step, and what it answers is dealt
 * with. */
mz_step_t mz_step_op(mz_call_t *call, mz_tool_event_t ev);


#endif /* MZ_STEP_H */
