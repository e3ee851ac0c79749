
/*
 * ask_step: how an op's questions reach the client (ask.c, ask_legacy.c).
 * Modern: they are the result, and the answers come with another request.
 * Legacy: each is a request on this call's stream, whose response is POSTed
 * to any node and comes here by Redis (store/ask.h).  Called by step.c.
 */

#ifndef MZ_ASK_STEP_H
#define MZ_ASK_STEP_H

#include "tools/tool.h"


#define MZ_ASK_POLL_MS  5000    /* a look without a notice */


/* After MZ_STEP_ASK: deals with call->asks.  Any step but ASK. */
mz_step_t mz_ask_begin(mz_call_t *call);

/* ask_legacy.c: the same for a legacy call whose client may be asked. */
mz_step_t mz_ask_legacy(mz_call_t *call);


#endif /* MZ_ASK_STEP_H */
