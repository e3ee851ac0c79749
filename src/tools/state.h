
/*
 * state: requestState, what a call of the modern era keeps over a question
 * to its client (MRTR).  Sealed (auth/seal.h) for the caller's scope and
 * MZ_STATE_TTL_S seconds, and good for the same method, target and arguments
 * only.  ask.c makes it, dispatch.c takes it; any node can.
 */

#ifndef MZ_STATE_H
#define MZ_STATE_H

#include "tools/tool.h"


/*
 * Appends the token for what the call is about and call->kept.
 * MZ_UNAVAILABLE: no key yet; MZ_LIMIT: what is kept is too large.
 */
mz_rc_t mz_state_seal(const mz_call_t *call, mz_buf_t *out);

/*
 * What was kept, for the retry that a request is: *kept is owned by the
 * caller; NULL when nothing was, or when the request has no requestState.
 * MZ_INVALID: forged, expired, another caller's or another request's; err
 * says how to go on.  MZ_UNAVAILABLE: no key yet.
 */
mz_rc_t mz_state_open(const mz_tool_conf_t *conf,
    const mz_principal_t *principal, const mz_mcp_request_t *req,
    int64_t now_ms, json_t **kept, mz_err_t *err);


#endif /* MZ_STATE_H */
