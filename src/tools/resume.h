
/*
 * resume: event ids that say which stream they belong to, so that any node
 * can take it up: "<token>.<seq>", where the token is a sealed copy of the
 * request (auth/seal.h) and seq is what the op marked its notes with.
 */

#ifndef MZ_RESUME_H
#define MZ_RESUME_H

#include "tools/tool.h"


#define MZ_RESUME_TTL_S    3600     /* a stream may be taken up that long */
#define MZ_RESUME_ID_MAX   4096     /* characters of an event id */


/* Whether the events of this call's stream get ids: a legacy request of
 * 2025-11-25 or later for an op with MZ_OP_RESUMABLE. */
bool mz_resume_is_possible(const mz_call_t *call);

/*
 * Appends the token.  MZ_LIMIT: the request is too long for an event id;
 * MZ_UNAVAILABLE: no key yet.  Then the stream has no ids.
 */
mz_rc_t mz_resume_token(const mz_call_t *call, mz_buf_t *out);

/*
 * From a Last-Event-ID to the request it stands for.  MZ_INVALID: forged,
 * of another principal or another session, expired, or not ours: 400.
 * MZ_UNAVAILABLE: no key yet.  MZ_OK: free *req with mz_mcp_request_free().
 */
mz_rc_t mz_resume_open(const mz_tool_conf_t *conf,
    const mz_principal_t *principal, const mz_session_t *session,
    int64_t now_s, mz_str_t last_event_id, mz_mcp_request_t *req,
    int64_t *after);


#endif /* MZ_RESUME_H */
