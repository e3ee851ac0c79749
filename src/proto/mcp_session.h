
/*
 * mcp_session: what the legacy revisions say about sessions and versions,
 * and their GET and DELETE.  Internal to src/proto.  The session itself was
 * verified by the caller; here is what follows from it.
 */

#ifndef MZ_MCP_SESSION_H
#define MZ_MCP_SESSION_H

#include "proto/mcp_method.h"


/* The version header: doubled values count as the first of them. */
mz_str_t mz_mcp_session_header(const mz_mcp_http_t *http, bool *is_doubled);

/*
 * The session of a legacy message and the revision it speaks: sets version
 * and client of the request.  false: *reply is the refusal.
 */
bool mz_mcp_session_check(mz_mcp_ctx_t *ctx);

/* What is no POST: CALL, or *reply is the refusal. */
mz_mcp_outcome_t mz_mcp_session_stream(mz_mcp_ctx_t *ctx);


#endif /* MZ_MCP_SESSION_H */
