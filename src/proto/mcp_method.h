
/*
 * mcp_method: the table of methods and what the dispatch of one message
 * knows.  Internal to src/proto: mcp.c makes the context, the ladder of an
 * era (mcp_legacy.c, mcp_modern.c) judges it, a handler answers it or says
 * what is to be done.
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
    mz_mcp_do_t        what;        /* of its CALL */
    unsigned           offers;      /* what the server must offer, all of it */
    const char        *since;       /* first legacy revision that has it */

    /* by era; NULL: not a method there */
    mz_mcp_handler_t   handlers[MZ_MCP_MODERN + 1];
};

struct mz_mcp_ctx_s {
    const mz_mcp_server_t   *srv;
    const mz_mcp_http_t     *http;
    const mz_jsonrpc_msg_t  *msg;       /* NULL: a GET or DELETE */
    const mz_mcp_method_t   *method;    /* NULL: unknown in both eras */
    const json_t            *meta;      /* params._meta, or NULL */
    mz_mcp_request_t        *req;
    mz_mcp_reply_t          *reply;
};


#define MZ_MCP_META_VERSION       "io.modelcontextprotocol/protocolVersion"
#define MZ_MCP_META_CAPABILITIES  "io.modelcontextprotocol/clientCapabilities"
#define MZ_MCP_META_LOG_LEVEL     "io.modelcontextprotocol/logLevel"
#define MZ_MCP_META_SERVER_INFO   "io.modelcontextprotocol/serverInfo"

#define MZ_MCP_TASKS_SINCE        "2025-11-25"


/* The row of a method or notification, or NULL. */
const mz_mcp_method_t *mz_mcp_method_find(mz_str_t name);

/* The handler in the era and revision of the request, or NULL: unknown, or
 * not offered. */
mz_mcp_handler_t mz_mcp_method_handler(const mz_mcp_ctx_t *ctx);

/* Writes an error as the whole answer. */
mz_mcp_outcome_t mz_mcp_method_refuse(mz_mcp_ctx_t *ctx, int status, int code,
    const char *fmt, ...) MZ_PRINTF(4, 5);

/* As above: -32602, "<method> needs <what>". */
mz_mcp_outcome_t mz_mcp_method_lacks(mz_mcp_ctx_t *ctx, const char *what);

/* As above, for "Method not found". */
mz_mcp_outcome_t mz_mcp_method_unknown(mz_mcp_ctx_t *ctx, int status);

/* As above: -32021, and which capabilities (MZ_MCP_CAN_*) are needed. */
mz_mcp_outcome_t mz_mcp_method_incapable(mz_mcp_ctx_t *ctx, uint32_t needed);

/* What handlers end with: a CALL of the method's kind, or {}. */
mz_mcp_outcome_t mz_mcp_method_call(mz_mcp_ctx_t *ctx);
mz_mcp_outcome_t mz_mcp_method_empty(mz_mcp_ctx_t *ctx);

/*
 * A member of params that must be a string, and an object that need not be
 * there (null is absent).  false: *reply is the refusal, "<method> needs
 * <what>".
 */
bool mz_mcp_params_str(mz_mcp_ctx_t *ctx, const char *key, const char *what,
    mz_str_t *value);
bool mz_mcp_params_object(mz_mcp_ctx_t *ctx, const char *key,
    const char *what, json_t **value);

/* The cursor of a list; when it has but one page, none may be given. */
bool mz_mcp_params_cursor(mz_mcp_ctx_t *ctx, bool has_pages);

/* Of a request that may come again with inputResponses or requestState. */
bool mz_mcp_params_retry(mz_mcp_ctx_t *ctx);

/* A list from memory: key and its JSON array, which any cache may share. */
mz_mcp_outcome_t mz_mcp_list(mz_mcp_ctx_t *ctx, const char *key,
    mz_str_t array);

/* Whether this is the request that opens a legacy conversation. */
bool mz_mcp_method_is_initialize(const mz_mcp_ctx_t *ctx);

/*
 * Mcp-Method against the method, Mcp-Name against the member of params that
 * the method mirrors in it.  In both eras and modes: what a proxy decided on
 * is what is done.  false: *reply is the refusal.
 */
bool mz_mcp_method_check_method(mz_mcp_ctx_t *ctx, bool is_required);
bool mz_mcp_method_check_name(mz_mcp_ctx_t *ctx, bool is_required);

/* Strict: false.  Lenient: true, and the request remembers it. */
bool mz_mcp_tolerate(mz_mcp_ctx_t *ctx, mz_mcp_tolerance_t t);


/* Of params._meta, in any era. */
void mz_mcp_meta_progress(mz_mcp_ctx_t *ctx);

/* The members a modern request must have.  false: *reply is the refusal. */
bool mz_mcp_meta_modern(mz_mcp_ctx_t *ctx);


/* The ladders. */
mz_mcp_outcome_t mz_mcp_legacy_receive(mz_mcp_ctx_t *ctx);
mz_mcp_outcome_t mz_mcp_modern_receive(mz_mcp_ctx_t *ctx);

/* Beginning and end of each way in. */
void mz_mcp_begin(mz_mcp_ctx_t *ctx, const mz_mcp_server_t *srv,
    const mz_mcp_http_t *http, mz_mcp_request_t *req, mz_mcp_reply_t *reply);
mz_mcp_outcome_t mz_mcp_end(mz_mcp_ctx_t *ctx, mz_mcp_outcome_t outcome);

/* A refusal before the era is known. */
mz_mcp_outcome_t mz_mcp_turn_away(mz_mcp_ctx_t *ctx, int status,
    const char *message);

/* The body against srv->body_max.  false: *reply is the refusal. */
bool mz_mcp_check_size(mz_mcp_ctx_t *ctx, uint64_t size);


/* The handlers. */
mz_mcp_outcome_t mz_mcp_legacy_initialize(mz_mcp_ctx_t *ctx);
mz_mcp_outcome_t mz_mcp_modern_discover(mz_mcp_ctx_t *ctx);
mz_mcp_outcome_t mz_mcp_tools_list(mz_mcp_ctx_t *ctx);
mz_mcp_outcome_t mz_mcp_tools_call(mz_mcp_ctx_t *ctx);
mz_mcp_outcome_t mz_mcp_resources_list(mz_mcp_ctx_t *ctx);
mz_mcp_outcome_t mz_mcp_resources_templates(mz_mcp_ctx_t *ctx);
mz_mcp_outcome_t mz_mcp_resources_read(mz_mcp_ctx_t *ctx);
mz_mcp_outcome_t mz_mcp_resources_subscribe(mz_mcp_ctx_t *ctx);
mz_mcp_outcome_t mz_mcp_prompts_list(mz_mcp_ctx_t *ctx);
mz_mcp_outcome_t mz_mcp_prompts_get(mz_mcp_ctx_t *ctx);
mz_mcp_outcome_t mz_mcp_complete(mz_mcp_ctx_t *ctx);
mz_mcp_outcome_t mz_mcp_log_set(mz_mcp_ctx_t *ctx);
mz_mcp_outcome_t mz_mcp_tasks_one(mz_mcp_ctx_t *ctx);
mz_mcp_outcome_t mz_mcp_tasks_list(mz_mcp_ctx_t *ctx);
mz_mcp_outcome_t mz_mcp_tasks_extension(mz_mcp_ctx_t *ctx);
mz_mcp_outcome_t mz_mcp_tasks_update(mz_mcp_ctx_t *ctx);
mz_mcp_outcome_t mz_mcp_listen(mz_mcp_ctx_t *ctx);

/* Messages without a handler of their own. */
mz_mcp_outcome_t mz_mcp_answer_response(mz_mcp_ctx_t *ctx);
mz_mcp_outcome_t mz_mcp_answer_notification(mz_mcp_ctx_t *ctx);


#endif /* MZ_MCP_METHOD_H */
