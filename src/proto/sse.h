
/*
 * sse: Server-Sent Events framing (HTML Living Standard 9.2).
 */

#ifndef MZ_SSE_H
#define MZ_SSE_H

#include "base/mz_buf.h"


/* "event: message\ndata: <json>\n\n"; json has no raw CR or LF. */
void mz_sse_message(mz_buf_t *out, mz_str_t json);

/* ": <text>\n\n", the heartbeat that keeps proxies awake. */
void mz_sse_comment(mz_buf_t *out, mz_str_t text);


#endif /* MZ_SSE_H */
