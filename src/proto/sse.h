
/*
 * sse: Server-Sent Events framing (HTML Living Standard 9.2).
 */

#ifndef MZ_SSE_H
#define MZ_SSE_H

#include "base/mz_buf.h"


/* "event: message\ndata: <json>\n\n"; json has no raw CR or LF. */
void mz_sse_message(mz_buf_t *out, mz_str_t json);

/* The same with "id: <id>" first; id is visible ASCII. */
void mz_sse_message_id(mz_buf_t *out, mz_str_t id, mz_str_t json);

/* The priming event of MCP 2025-11-25: an id, retry, and empty data. */
void mz_sse_prime(mz_buf_t *out, mz_str_t id, int64_t retry_ms);

/* "retry: <ms>\n\n": when to come back. */
void mz_sse_retry(mz_buf_t *out, int64_t retry_ms);

/* ": <text>\n\n", the heartbeat that keeps proxies awake. */
void mz_sse_comment(mz_buf_t *out, mz_str_t text);


#endif /* MZ_SSE_H */
