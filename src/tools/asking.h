
/*
 * asking: how a prompt becomes a run: the submit, and before it, where a
 * project has limits or the queue a length, the admission (store/admit.h).
 * Used by run_analytics_agent, which owns it.
 *
 *   START ─> SUBMIT ─> decided
 *              │ ADMIT
 *              v
 *            ADMIT ──limited─────────────────────────> decided
 *              │  └─FULL─> LOOK ─> CLEAR (admit again) ─┐
 *              v                                        │
 *            SUBMIT <───────────────────────────────────┘
 *              │ not RUNNING: RELEASE ─> decided
 *              v
 *            decided
 */

#ifndef MZ_ASKING_H
#define MZ_ASKING_H

#include "store/admit.h"
#include "tools/tool.h"


typedef enum {
    MZ_ASKING_SUBMIT,
    MZ_ASKING_ADMIT,
    MZ_ASKING_LOOK,
    MZ_ASKING_CLEAR,
    MZ_ASKING_RELEASE,
    MZ_ASKING_DECIDED
} mz_asking_phase_t;

typedef struct {
    mz_submit_args_t   args;            /* the caller's; prompt is borrowed */
    mz_submit_reply_t  reply;           /* once DECIDED */
    bool               is_projects;     /* the limit that was met */

    mz_asking_phase_t  phase;
    mz_admit_args_t    admit;
    mz_admit_reply_t   full;
    bool               has_place;
} mz_asking_t;


/* args.conv, is_new, prompt, title, cancel_running are set. */
mz_step_t mz_asking_start(mz_call_t *call, mz_asking_t *a);

/* After REPLIES.  MZ_STEP_DONE: DECIDED; otherwise what to return. */
mz_step_t mz_asking_next(mz_call_t *call, mz_asking_t *a);

void mz_asking_deinit(mz_asking_t *a);

/* The isError result of a limit: what it is and when to ask again. */
mz_step_t mz_asking_limited(mz_call_t *call, const mz_asking_t *a);


#endif /* MZ_ASKING_H */
