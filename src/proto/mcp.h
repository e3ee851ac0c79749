
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
#include "proto/mcp_client.h"


#define MZ_MCP_BODY_MAX    (1024 * 1024)    /* default of mitzu_mcp_body_max */
#define MZ_MCP_DEPTH_MAX   32
#define MZ_MCP_ID_MAX      MZ_JSONRPC_ID_MAX
#define MZ_MCP_BATCH_MAX   100              /* messages of a batch */
#define MZ_MCP_PARAMS_MAX  32               /* Mcp-Param-* headers looked at */

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
#define MZ_HTTP_DUP_LAST_EVENT    0x20

/* What became of the Mcp-Session-Id header; the caller has looked. */

typedef enum {
    MZ_MCP_SESSION_NONE,            /* no header */
    MZ_MCP_SESSION_VALID,
    MZ_MCP_SESSION_GONE,            /* unknown, foreign, expired or ended */
    MZ_MCP_SESSION_UNSURE           /* no key yet: 503, try again */
} mz_mcp_session_state_t;

typedef struct {
    mz_mcp_session_state_t  state;
    mz_str_t                version;    /* negotiated; VALID only */
    uint32_t                client;     /* MZ_MCP_CAN_*; VALID only */
} mz_mcp_session_t;

typedef struct {
    mz_str_t  name;                 /* behind "Mcp-Param-" */
    mz_str_t  value;
} mz_mcp_param_t;

/* What the protocol decides on; null strings for absent headers. */

typedef struct {
    mz_http_method_t       method;
    mz_str_t               content_type;
    mz_str_t               accept;
    mz_str_t               protocol_version;    /* MCP-Protocol-Version */
    mz_str_t               mcp_method;          /* Mcp-Method */
    mz_str_t               mcp_name;            /* Mcp-Name */
    mz_str_t               session_id;          /* Mcp-Session-Id */
    mz_str_t               last_event_id;       /* Last-Event-ID */
    const mz_mcp_param_t  *params;              /* Mcp-Param-* */
    size_t                 nparams;
    unsigned               duplicates;
    bool                   is_strict;           /* mitzu_mcp strict */
    mz_mcp_session_t       session;
} mz_mcp_http_t;

/* What lenient mode let pass: bits of request.tolerated. */

typedef enum {
    MZ_MCP_TOL_ACCEPT,              /* lacks one or both of the two types */
    MZ_MCP_TOL_CONTENT_TYPE,        /* absent */
    MZ_MCP_TOL_VERSION_ABSENT,      /* modern body, no version header */
    MZ_MCP_TOL_VERSION_DIFFERS,     /* from the body or from the session */
    MZ_MCP_TOL_VERSION_UNKNOWN,
    MZ_MCP_TOL_VERSION_DOUBLED,
    MZ_MCP_TOL_SESSION_ABSENT,      /* legacy request without a session */
    MZ_MCP_TOLERANCES
} mz_mcp_tolerance_t;

/* What the server offers: bits of server.offers. */

#define MZ_MCP_OFFERS_RESOURCES         0x0001
#define MZ_MCP_OFFERS_SUBSCRIBE         0x0002  /* to single resources */
#define MZ_MCP_OFFERS_RESOURCES_CHANGE  0x0004  /* listChanged */
#define MZ_MCP_OFFERS_PROMPTS           0x0008
#define MZ_MCP_OFFERS_PROMPTS_CHANGE    0x0010
#define MZ_MCP_OFFERS_TOOLS_CHANGE      0x0020
#define MZ_MCP_OFFERS_COMPLETIONS       0x0040
#define MZ_MCP_OFFERS_LOGGING           0x0080
#define MZ_MCP_OFFERS_TASKS             0x0100
#define MZ_MCP_OFFERS_TASKS_LIST        0x0200  /* callers are signed in */
#define MZ_MCP_OFFERS_UI                0x0400

/* The server's words; lives as long as the configuration. */

typedef struct {
    mz_str_t  name;
    mz_str_t  title;
    mz_str_t  version;
    mz_str_t  instructions;
    unsigned  offers;               /* MZ_MCP_OFFERS_* */
    mz_str_t  tools_json;           /* arrays, as JSON text */
    mz_str_t  tools_tasks_json;     /* the same with execution (2025-11-25) */
    mz_str_t  templates_json;
    mz_str_t  prompts_json;
    size_t    body_max;             /* bytes; 0: no bound */
} mz_mcp_server_t;

typedef enum {
    MZ_MCP_ANSWER,                  /* reply->body is the whole answer */
    MZ_MCP_ACCEPTED,                /* 202, no body */
    MZ_MCP_CALL                     /* req says what is to be done */
} mz_mcp_outcome_t;

/*
 * What a request is about.  Those marked * are a CALL; but what a session
 * remembers (subscriptions, the level) is answered {} when there is none.
 */

typedef enum {
    MZ_MCP_DO_NOTHING,              /* unknown, or answered in proto */
    MZ_MCP_DO_INITIALIZE,           /* ANSWER; the caller mints a session */
    MZ_MCP_DO_TOOL,                 /* * tools/call */
    MZ_MCP_DO_RESOURCES,            /* * resources/list */
    MZ_MCP_DO_READ,                 /* * resources/read */
    MZ_MCP_DO_SUBSCRIBE,            /* * resources/subscribe */
    MZ_MCP_DO_UNSUBSCRIBE,          /* * */
    MZ_MCP_DO_PROMPT,               /* * prompts/get */
    MZ_MCP_DO_COMPLETE,             /* * completion/complete */
    MZ_MCP_DO_SET_LEVEL,            /* * logging/setLevel */
    MZ_MCP_DO_TASK_GET,             /* * tasks/get; params.taskId below, too */
    MZ_MCP_DO_TASK_RESULT,          /* * */
    MZ_MCP_DO_TASK_LIST,            /* * */
    MZ_MCP_DO_TASK_CANCEL,          /* * */
    MZ_MCP_DO_TASK_UPDATE,          /* * */
    MZ_MCP_DO_LISTEN,               /* * subscriptions/listen; legacy: GET */
    MZ_MCP_DO_RESUME,               /* * GET with Last-Event-ID */
    MZ_MCP_DO_END_SESSION,          /* * DELETE */
    MZ_MCP_DO_CANCELLED,            /* * notifications/cancelled (legacy) */
    MZ_MCP_DO_ANSWER,               /* * a response of the client (legacy) */
    MZ_MCP_DOES
} mz_mcp_do_t;

/* RFC 5424, as MCP spells it; order matters. */

typedef enum {
    MZ_MCP_LOG_DEBUG,
    MZ_MCP_LOG_INFO,
    MZ_MCP_LOG_NOTICE,
    MZ_MCP_LOG_WARNING,
    MZ_MCP_LOG_ERROR,
    MZ_MCP_LOG_CRITICAL,
    MZ_MCP_LOG_ALERT,
    MZ_MCP_LOG_EMERGENCY,
    MZ_MCP_LOG_OFF                  /* none is wanted, or not known yet */
} mz_mcp_log_t;

typedef struct {
    mz_mcp_era_t   era;
    mz_str_t       version;         /* "2025-11-25"; static text */
    mz_mcp_do_t    what;
    mz_str_t       method;          /* static text; "" when unknown */
    char           id[MZ_MCP_ID_MAX + 1];   /* raw JSON token; "" is none */
    char           cancelled_id[MZ_MCP_ID_MAX + 1]; /* raw, of CANCELLED */
    json_t        *root;            /* owned: the parsed body; or NULL */
    json_t        *params;          /* borrowed: an object, or NULL */
    const json_t  *progress_token;  /* borrowed from root, or NULL */

    /* name of a tool or prompt, uri, taskId, level, what a ref names, the
       id a response answers; borrowed from root */
    mz_str_t       target;
    json_t        *arguments;       /* of tools/call, prompts/get; or NULL */

    uint32_t       client;          /* MZ_MCP_CAN_* of this request */
    mz_mcp_log_t   log_level;       /* modern: of _meta; else OFF */
    mz_str_t       request_state;   /* modern retry; or the null string */
    json_t        *input_responses; /* modern retry: an object; or NULL */
    bool           wants_task;      /* params.task, or the extension */
    int64_t        task_ttl_ms;     /* of params.task; -1: not said */
    bool           accepts_sse;
    bool           accepts_json;
    unsigned       tolerated;       /* 1 << mz_mcp_tolerance_t */
    int64_t        began_ms;        /* of one that is taken up again: when
                                       it was made first; else 0 */
} mz_mcp_request_t;

typedef struct {
    int            status;          /* HTTP */
    const char    *allow;           /* value of Allow with a 405, or NULL */
    bool           retry_after;     /* with a 503 */
    mz_buf_t       body;            /* JSON; empty with 202 */
} mz_mcp_reply_t;

/* How long a result may be kept and by whom; modern results only. */

typedef struct {
    int64_t   ttl_ms;
    mz_str_t  scope;                /* "public" or "private" */
} mz_mcp_cache_t;

/* A tool's result as the writers take it. */

typedef struct {
    mz_str_t  structured;           /* JSON text; null string: none */
    mz_str_t  text;                 /* the text twin; empty with content */
    mz_str_t  content;              /* content blocks, JSON objects between
                                       commas; null string: the text alone */
    bool      is_error;
} mz_mcp_result_t;

/* A JSON array of messages (2025-03-26). */

typedef struct {
    mz_str_t  *items;               /* owned array of views into the body */
    size_t     n;
} mz_mcp_batch_t;


/*
 * Checks that need no body, before it is read: method, Content-Type, Accept,
 * Content-Length (-1: unknown), session.  MZ_OK: read the body (POST), or go
 * on without one (GET, DELETE).  Else *reply, which is initialised here, is
 * the answer (400, 404, 405, 406, 413, 415, 503).
 */
mz_rc_t mz_mcp_precheck(const mz_mcp_server_t *srv, const mz_mcp_http_t *http,
    int64_t content_length, mz_mcp_reply_t *reply);

/*
 * The dispatch ladder of one message, or of a GET or DELETE (body is then
 * the null string).  *req and *reply are initialised here; the caller frees
 * both with the functions below whatever the outcome.  Out of memory is an
 * ANSWER with status 500 and an empty body.
 */
mz_mcp_outcome_t mz_mcp_receive(const mz_mcp_server_t *srv,
    const mz_mcp_http_t *http, mz_str_t body, mz_mcp_request_t *req,
    mz_mcp_reply_t *reply);

/* Whether the body is an array: then the next three instead. */
bool mz_mcp_is_batch(mz_str_t body);

/*
 * MZ_OK: *batch has at least one item, each of them a message, none of which
 * is an initialize or a modern request; free it.  Else *reply is the answer:
 * 400, also when the revision spoken has no batches; 413; what a session
 * that does not hold is answered (400, 404, 503).
 */
mz_rc_t mz_mcp_batch_open(const mz_mcp_server_t *srv,
    const mz_mcp_http_t *http, mz_str_t body, mz_mcp_batch_t *batch,
    mz_mcp_reply_t *reply);

/* As mz_mcp_receive(), for one item of it. */
mz_mcp_outcome_t mz_mcp_batch_receive(const mz_mcp_server_t *srv,
    const mz_mcp_http_t *http, const mz_mcp_batch_t *batch, size_t i,
    mz_mcp_request_t *req, mz_mcp_reply_t *reply);

void mz_mcp_batch_free(mz_mcp_batch_t *batch);

/*
 * A request from what was kept of it, for a stream that is taken up again:
 * an object of method, params and version, and the id token.  No header is
 * looked at.  MZ_INVALID: it is no CALL.  Takes root.
 */
mz_rc_t mz_mcp_revive(json_t *root, mz_str_t id, mz_str_t version,
    mz_mcp_request_t *req);

void mz_mcp_request_free(mz_mcp_request_t *req);
void mz_mcp_reply_init(mz_mcp_reply_t *reply);
void mz_mcp_reply_free(mz_mcp_reply_t *reply);

/* "accept", "version_differs", ..: for counters and logs. */
const char *mz_mcp_tolerance_name(mz_mcp_tolerance_t t);

/* "debug" .. "emergency"; MZ_INVALID for anything else. */
mz_rc_t mz_mcp_log_parse(mz_str_t s, mz_mcp_log_t *level);
const char *mz_mcp_log_name(mz_mcp_log_t level);


/* The writers append; each is in the era of the request. */

/* The JSON-RPC response of a tool call. */
void mz_mcp_write_result(const mz_mcp_server_t *srv,
    const mz_mcp_request_t *req, const mz_mcp_result_t *res, mz_buf_t *out);

/* The members of a CallToolResult without the braces: "content":[..],.. */
void mz_mcp_write_result_members(const mz_mcp_result_t *res, mz_buf_t *out);

/*
 * Any other response: its members as JSON text without the braces, maybe
 * empty.  type: "complete", "input_required", "task": modern only.  cache
 * NULL: not cacheable.
 */
void mz_mcp_write_members(const mz_mcp_server_t *srv,
    const mz_mcp_request_t *req, const char *type,
    const mz_mcp_cache_t *cache, mz_str_t members, mz_buf_t *out);

/*
 * A JSON-RPC error response.  Without an id: omitted (both eras).  data:
 * JSON text or the null string.  req NULL: no id.
 */
void mz_mcp_write_error(const mz_mcp_request_t *req, int code,
    mz_str_t message, mz_str_t data, mz_buf_t *out);

/* notifications/progress; the request must have a progress token.  total
 * below 0: not known. */
void mz_mcp_write_progress(const mz_mcp_request_t *req, int64_t progress,
    int64_t total, mz_str_t message, mz_buf_t *out);

/* notifications/message; data: JSON text. */
void mz_mcp_write_log(mz_mcp_log_t level, mz_str_t logger, mz_str_t data,
    mz_buf_t *out);

/* Any notification; params: JSON text of an object, or the null string. */
void mz_mcp_write_notification(mz_str_t method, mz_str_t params,
    mz_buf_t *out);

/* A request of ours to the client (legacy); id: plain text. */
void mz_mcp_write_request(mz_str_t id, mz_str_t method, mz_str_t params,
    mz_buf_t *out);

/*
 * The JSON body for an error nginx itself would answer with HTML (400, 404,
 * 405, 408, 413, 414, 415, 431, 494, 500, 502, 503, 504): a JSON-RPC error
 * without id.  hint: what to do, or the null string.
 */
void mz_mcp_write_http_error(int status, mz_str_t hint, mz_buf_t *out);


#endif /* MZ_MCP_H */
