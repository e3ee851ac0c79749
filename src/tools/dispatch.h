
/*
 * dispatch: from what a request says to the op that does it: the last rungs
 * of the ladder (unknown names, arguments, Mcp-Param-*, capabilities,
 * requestState, task support), which need the registry.
 */

#ifndef MZ_DISPATCH_H
#define MZ_DISPATCH_H

#include "tools/tool.h"


typedef struct {
    const mz_op_t    *op;
    const mz_tool_t  *tool;     /* of tools/call, else NULL */
    json_t           *args;     /* owned: free with mz_dispatch_free() */
    json_t           *answers;  /* owned; or NULL */
    json_t           *kept;     /* owned; or NULL */
} mz_dispatch_t;


/*
 * MZ_OK: *d says what to run.  MZ_INVALID: *reply (initialised here) is the
 * refusal: a JSON-RPC error, or an isError result for bad arguments of a
 * tool.  In both cases d->tool says which tool was meant, if any.
 */
mz_rc_t mz_dispatch(const mz_tool_conf_t *conf,
    const mz_principal_t *principal, const mz_mcp_http_t *http,
    const mz_mcp_request_t *req, int64_t now_ms, mz_dispatch_t *d,
    mz_mcp_reply_t *reply);

void mz_dispatch_free(mz_dispatch_t *d);


#endif /* MZ_DISPATCH_H */
