
/*
 * step: what mz_call_step() keeps while a call is in a stage: when it is not
 * the op that waits for replies and notices, but the machinery around it
 * (step.c, ask.c).  call.c releases it.
 */

#ifndef MZ_STEP_H
#define MZ_STEP_H

#include "tools/tool.h"


/*
 * What call->stage points to, or the first member of it; one block of
 * malloc().  While there is one, step() gets the events instead of the op;
 * it may return all that an op may.
 */

typedef struct {
    mz_step_t  (*step)(mz_call_t *call, mz_tool_event_t ev);
} mz_stage_t;


/* Frees call->stage, at any point of the life; nothing when it is NULL.
 * For mz_call_deinit(), too. */
void mz_step_release(mz_call_t *call);


#endif /* MZ_STEP_H */
