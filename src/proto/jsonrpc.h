
/*
 * jsonrpc: the JSON-RPC 2.0 envelope as MCP uses it (ids are strings or
 * integers, params is an object).  Pure; called by src/proto and by tests.
 *
 * The id is kept as the raw token of the body: it is echoed byte for byte,
 * also beyond 2^53 and int64, which a parsed number would not survive.
 */

#ifndef MZ_JSONRPC_H
#define MZ_JSONRPC_H

#include "base/mz_json.h"


#define MZ_JSONRPC_ID_MAX  256          /* bytes of an id token */

typedef enum {
    MZ_JSONRPC_REQUEST,
    MZ_JSONRPC_NOTIFICATION,
    MZ_JSONRPC_RESPONSE
} mz_jsonrpc_kind_t;

typedef struct {
    mz_jsonrpc_kind_t   kind;
    char                id[MZ_JSONRPC_ID_MAX + 1];  /* raw; "" is none */
    char                ref[MZ_JSONRPC_ID_MAX + 1];
                                    /* raw params.requestId of a notification;
                                       "" is none */
    json_t             *root;       /* owned */
    mz_str_t            method;     /* borrowed from root */
    json_t             *params;     /* borrowed; NULL when absent; any type */
} mz_jsonrpc_msg_t;


/*
 * One message.  MZ_OK: *msg is filled in.  Else *code is the JSON-RPC error
 * code, err the words, and msg->id the id if it could be read; msg->kind is
 * RESPONSE when it was meant as one.  *msg is initialised in any case; free
 * it.
 */
mz_rc_t mz_jsonrpc_parse(mz_str_t text, size_t depth_max,
    mz_jsonrpc_msg_t *msg, int *code, mz_err_t *err);

void mz_jsonrpc_free(mz_jsonrpc_msg_t *msg);


/* JSON-RPC 2.0, section 5.1; MCP 2026-07-28. */

#define MZ_RPC_PARSE             (-32700)
#define MZ_RPC_INVALID_REQUEST   (-32600)
#define MZ_RPC_METHOD            (-32601)
#define MZ_RPC_PARAMS            (-32602)
#define MZ_RPC_INTERNAL          (-32603)
#define MZ_RPC_SERVER            (-32000)   /* legacy transport refusals */
#define MZ_RPC_SESSION           (-32001)   /* legacy: no such session */
#define MZ_RPC_NO_RESOURCE       (-32002)   /* legacy: no such resource */
#define MZ_RPC_HEADER_MISMATCH   (-32020)
#define MZ_RPC_CAPABILITY        (-32021)
#define MZ_RPC_VERSION           (-32022)


#endif /* MZ_JSONRPC_H */
