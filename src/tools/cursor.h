
/*
 * cursor: the nextCursor of a paged list (MCP 2025-11-25, "Pagination"): one
 * or two numbers that say where the next page begins, sealed for the caller
 * (auth/seal.h) and for the list they belong to.
 */

#ifndef MZ_CURSOR_H
#define MZ_CURSOR_H

#include "tools/tool.h"


#define MZ_CURSOR_TTL_S    3600
#define MZ_CURSOR_AT_MAX   2


/*
 * The cursor of the request: n numbers in at, which are left as they are
 * without one.  Returns MZ_STEP_STORE, which is to say go on; else the step
 * that refuses it: forged, of another caller or list, too old; or no key is
 * known yet.  list: one word.
 */
mz_step_t mz_cursor_read(mz_call_t *call, const char *list, int64_t *at,
    size_t n);

/*
 * Appends ,"nextCursor":"..".  MZ_UNAVAILABLE: no key is known yet, and
 * nothing was appended.
 */
mz_rc_t mz_cursor_write(mz_call_t *call, const char *list, const int64_t *at,
    size_t n, mz_buf_t *out);


#endif /* MZ_CURSOR_H */
