
/*
 * mcp_method: the table of methods and what the dispatch of one request
 * knows.  Internal to src/proto: mcp.c makes the context, the ladder of an
 * era (mcp_legacy.c, mcp_modern.c) judges it, a handler answers it.
 */

#ifndef MZ_MCP_METHOD_H
#define MZ_MCP_METHOD_H

#include "proto/mcp.h"


typedef struct mz_mcp_ctx_s     mz_mcp_ctx_t;
typedef struct mz_mcp_method_s  mz_mcp_method_t;

typedef mz_mcp_outcome_t (*mz_mcp_handler_t)(mz_mcp_ctx_t *ctx);

struct mz_mcp_method_s {
    mz_str_t           name;
    const char        *mirrored;    /* member of params in Mcp-Name, or NULL */

    /* by era; NULL: not a method there */
    mz_mcp_handler_t   handlers[MZ_MCP_MODERN + 1];
};

struct mz_mcp_ctx_s {
    const mz_mcp_server_t   *srv;
    const mz_mcp_http_t     *http;
    const mz_jsonrpc_msg_t  *msg;
    const mz_mcp_method_t   *method;    /* NULL: unknown in both eras */
    const json_t            *meta;      /* params._meta, or NULL */
    mz_mcp_request_t        *req;
    mz_mcp_reply_t          *reply;
};


#define MZ_MCP_META_VERSION       "io.modelcontextprotocol/protocolVersion"
#define MZ_MCP_META_CAPABILITIES  "io.modelcontextprotocol/clientCapabilities"
#define MZ_MCP_META_SERVER_INFO   "io.modelcontextprotocol/serverInfo"


/* The row of a method or notification, or NULL. */
const mz_mcp_method_t *mz_mcp_method_find(mz_str_t name);

/* The handler in the era of the request, or NULL. */
mz_mcp_handler_t mz_mcp_method_handler(const mz_mcp_ctx_t *ctx);

/* Writes an error as the whole answer. */
mz_mcp_outcome_t mz_mcp_method_refuse(mz_mcp_ctx_t *ctx, int status, int code,
    const char *fmt, ...) MZ_PRINTF(4, 5);

/* As above, for "Method not found". */
mz_mcp_outcome_t mz_mcp_method_unknown(mz_mcp_ctx_t *ctx, int status);

/* Whether this is the request that opens a legacy conversation. */
bool mz_mcp_method_is_initialize(const mz_mcp_ctx_t *ctx);

/*
 * Mcp-Method against the method, Mcp-Name against the member of params that
 * the method mirrors in it.  In both eras and modes: what a proxy decided on
 * is what is done.  false: *reply is the refusal.
 */
bool mz_mcp_method_check_method(mz_mcp_ctx_t *ctx, bool is_required);
bool mz_mcp_method_check_name(mz_mcp_ctx_t *ctx, bool is_required);


/* The ladders. */
mz_mcp_outcome_t mz_mcp_legacy_receive(mz_mcp_ctx_t *ctx);
mz_mcp_outcome_t mz_mcp_modern_receive(mz_mcp_ctx_t *ctx);

/* The handlers. */
mz_mcp_outcome_t mz_mcp_legacy_initialize(mz_mcp_ctx_t *ctx);
mz_mcp_outcome_t mz_mcp_legacy_ping(mz_mcp_ctx_t *ctx);
mz_mcp_outcome_t mz_mcp_modern_discover(mz_mcp_ctx_t *ctx);
mz_mcp_outcome_t mz_mcp_tools_list(mz_mcp_ctx_t *ctx);
mz_mcp_outcome_t mz_mcp_tools_call(mz_mcp_ctx_t *ctx);


#endif /* MZ_MCP_METHOD_H */
