
/*
 * mcp: the Model Context Protocol as pure functions: an HTTP request's facts
 * and body in, a decision out; results in, bytes out.  Both eras: legacy
 * (2024-11-05 .. 2025-11-25, initialize) and modern (2026-07-28, _meta on
 * every request); the body decides.  One result structure, one writer per
 * era.  Called by src/ngx and by tests; nothing here blocks or does I/O.
 */

#ifndef MZ_MCP_H
#define MZ_MCP_H

#include "base/mz_json.h"
#include "proto/jsonrpc.h"


#define MZ_MCP_BODY_MAX   (1024 * 1024)     /* default of mitzu_mcp_body_max */
#define MZ_MCP_DEPTH_MAX  32
#define MZ_MCP_ID_MAX     MZ_JSONRPC_ID_MAX

typedef enum {
    MZ_MCP_LEGACY,
    MZ_MCP_MODERN
} mz_mcp_era_t;

typedef enum {
    MZ_HTTP_POST,
    MZ_HTTP_GET,
    MZ_HTTP_DELETE,
    MZ_HTTP_OPTIONS,
    MZ_HTTP_OTHER
} mz_http_method_t;

/* Singleton headers that came more than once: bits of http.duplicates. */

#define MZ_HTTP_DUP_VERSION       0x01
#define MZ_HTTP_DUP_METHOD        0x02
#define MZ_HTTP_DUP_NAME          0x04
#define MZ_HTTP_DUP_SESSION       0x08
#define MZ_HTTP_DUP_CONTENT_TYPE  0x10

/* What the protocol decides on; null strings for absent headers. */

typedef struct {
    mz_http_method_t  method;
    mz_str_t          content_type;
    mz_str_t          accept;
    mz_str_t          protocol_version;     /* MCP-Protocol-Version */
    mz_str_t          mcp_method;           /* Mcp-Method */
    mz_str_t          mcp_name;             /* Mcp-Name */
    mz_str_t          session_id;           /* Mcp-Session-Id */
    unsigned          duplicates;
    bool              is_strict;            /* mitzu_mcp strict */
} mz_mcp_http_t;

/* The server's words; lives as long as the configuration. */

typedef struct {
    mz_str_t  name;
    mz_str_t  title;
    mz_str_t  version;
    mz_str_t  instructions;
    mz_str_t  tools_json;       /* the array of tools/list, as JSON text */
    size_t    body_max;         /* bytes; 0: no bound */
} mz_mcp_server_t;

typedef enum {
    MZ_MCP_ANSWER,              /* reply->body is the whole answer */
    MZ_MCP_ACCEPTED,            /* 202, no body */
    MZ_MCP_CALL                 /* tools/call: req->tool, req->arguments */
} mz_mcp_outcome_t;

typedef struct {
    mz_mcp_era_t   era;
    mz_str_t       version;         /* "2025-11-25"; static text */
    mz_str_t       method;          /* static text; "" when unknown */
    char           id[MZ_MCP_ID_MAX + 1];   /* raw JSON token; "" is none */
    json_t        *root;            /* owned: the parsed body */
    const json_t  *progress_token;  /* borrowed from root, or NULL */
    mz_str_t       tool;            /* borrowed from root */
    json_t        *arguments;       /* borrowed; NULL when absent */
    bool           accepts_sse;
    bool           accepts_json;
} mz_mcp_request_t;

typedef struct {
    int            status;          /* HTTP */
    const char    *allow;           /* value of Allow with a 405, or NULL */
    mz_buf_t       body;            /* JSON; empty with 202 */
} mz_mcp_reply_t;

/* A tool's result as the writers take it. */

typedef struct {
    mz_str_t  structured;           /* JSON text; null string: none */
    mz_str_t  text;                 /* the text twin */
    bool      is_error;
} mz_mcp_result_t;


/*
 * Checks that need no body, before it is read: method, Content-Type, Accept,
 * Content-Length (-1: unknown).  MZ_OK: read the body.  Else *reply, which is
 * initialised here, is the answer (405, 415, 413, 406).
 */
mz_rc_t mz_mcp_precheck(const mz_mcp_server_t *srv, const mz_mcp_http_t *http,
    int64_t content_length, mz_mcp_reply_t *reply);

/*
 * The dispatch ladder.  *req and *reply are initialised here; the caller
 * frees both with the functions below whatever the outcome.  Out of memory
 * is an ANSWER with status 500 and an empty body.
 */
mz_mcp_outcome_t mz_mcp_receive(const mz_mcp_server_t *srv,
    const mz_mcp_http_t *http, mz_str_t body, mz_mcp_request_t *req,
    mz_mcp_reply_t *reply);

void mz_mcp_request_free(mz_mcp_request_t *req);
void mz_mcp_reply_init(mz_mcp_reply_t *reply);
void mz_mcp_reply_free(mz_mcp_reply_t *reply);

/* Appends the JSON-RPC response of a tool call, in the request's era. */
void mz_mcp_write_result(const mz_mcp_server_t *srv,
    const mz_mcp_request_t *req, const mz_mcp_result_t *res, mz_buf_t *out);

/*
 * Appends a JSON-RPC error response.  Without an id: omitted (both eras).
 * data: JSON text or the null string.
 */
void mz_mcp_write_error(const mz_mcp_request_t *req, int code,
    mz_str_t message, mz_str_t data, mz_buf_t *out);

/* Appends notifications/progress; the request must have a progress token. */
void mz_mcp_write_progress(const mz_mcp_request_t *req, int64_t progress,
    mz_str_t message, mz_buf_t *out);

/*
 * The JSON body for an error nginx itself would answer with HTML (400, 404,
 * 405, 408, 413, 414, 415, 431, 494, 500, 502, 503, 504): a JSON-RPC error
 * without id.  hint: what to do, or the null string.
 */
void mz_mcp_write_http_error(int status, mz_str_t hint, mz_buf_t *out);


#endif /* MZ_MCP_H */
