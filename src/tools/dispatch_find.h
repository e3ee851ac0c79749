
/*
 * dispatch_find: what dispatch.c and its finders share.  Internal to
 * src/tools.  A finder fills in *d, or writes the refusal into the reply.
 */

#ifndef MZ_DISPATCH_FIND_H
#define MZ_DISPATCH_FIND_H

#include "tools/dispatch.h"
#include "tools/registry.h"


#define MZ_DISPATCH_NAME_SHOWN  64      /* bytes of a name in a message */

typedef struct {
    const mz_tool_conf_t    *conf;
    const mz_principal_t    *principal;
    const mz_mcp_http_t     *http;
    const mz_mcp_request_t  *req;
    int64_t                  now_ms;
    mz_dispatch_t           *d;
    mz_mcp_reply_t          *reply;
} mz_dispatch_ctx_t;


/* All: MZ_OK or MZ_INVALID.  dispatch_tool.c */
mz_rc_t mz_dispatch_tool(mz_dispatch_ctx_t *ctx);

/* dispatch_find.c */
mz_rc_t mz_dispatch_prompt(mz_dispatch_ctx_t *ctx);
mz_rc_t mz_dispatch_read(mz_dispatch_ctx_t *ctx);
mz_rc_t mz_dispatch_subscribe(mz_dispatch_ctx_t *ctx);
mz_rc_t mz_dispatch_complete(mz_dispatch_ctx_t *ctx);

/* dispatch.c: answers and what was kept, for ops that may ask. */
mz_rc_t mz_dispatch_retry(mz_dispatch_ctx_t *ctx);

/* A JSON-RPC error is the reply; data: JSON text or the null string. */
mz_rc_t mz_dispatch_refuse(mz_dispatch_ctx_t *ctx, int status, int code,
    mz_str_t data, const char *fmt, ...) MZ_PRINTF(5, 6);

/* 500 and no words. */
mz_rc_t mz_dispatch_no_memory(mz_dispatch_ctx_t *ctx);

/* A name from outside as a message shows it: %.*s with both of these. */
mz_str_t mz_dispatch_shown(mz_str_t name);


#endif /* MZ_DISPATCH_FIND_H */
