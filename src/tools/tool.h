
/*
 * tool: the public interface of what an MCP endpoint can do: tools, prompts,
 * resources, kinds of tasks.  Also for other nginx modules, which register
 * theirs at configuration time (src/ngx/ngx_mitzu_mcp_module.h).
 *
 * What takes part in all of these is the op: a step machine that does no
 * I/O.  The host (the nginx module, or a test) drives it: mz_call_step()
 * calls step() with an event, and the op answers with what it needs next.
 *
 *   START ──> STORE  run call->cmds, then step(REPLIES)
 *         ──> WAIT   step(NOTICE) when a watched id spoke or once the
 *                    subscription stands; step(TIMER) after call->wait_ms;
 *                    step(CHANGED) when the deployment says something
 *         ──> WORK   run call->work(call), maybe on another thread, then
 *                    step(WORKED)
 *         ──> ASK    the client is asked (mz_call_ask()); then, with the
 *                    answers, step(ANSWERED), or START in a new request
 *         ──> TASK   call->task is what the client follows from now on
 *         ──> DONE   call->result holds the answer
 *         ──> FAULT  a JSON-RPC error of the caller's making: call->fault
 *         ──> DROP   the stream ends without an answer; the client comes
 *                    back for it.  Only while call->is_resumable
 *         ──> ERROR  call->err: UNAVAILABLE is 503, all else is -32603
 *
 * After every step the host sends and frees the notes that were queued.
 * DRAIN is delivered instead of NOTICE/TIMER while the node shuts down (with
 * MZ_OP_LISTENS also instead of REPLIES, when Redis is away): the op answers
 * with what it has.  A call lives on one thread; only work() may run
 * elsewhere, and nothing else touches the call meanwhile.
 */

#ifndef MZ_TOOL_H
#define MZ_TOOL_H

#include "auth/principal.h"
#include "auth/session.h"
#include "base/mz_id.h"
#include "base/mz_json.h"
#include "base/mz_list.h"
#include "proto/mcp.h"
#include "store/control.h"
#include "store/run.h"
#include "store/store.h"


typedef struct mz_call_s      mz_call_t;
typedef struct mz_cache_s     mz_cache_t;
typedef struct mz_registry_s  mz_registry_t;

typedef enum {
    MZ_EV_START,
    MZ_EV_REPLIES,
    MZ_EV_NOTICE,
    MZ_EV_TIMER,
    MZ_EV_WORKED,
    MZ_EV_ANSWERED,
    MZ_EV_CHANGED,              /* call->change; only with MZ_OP_LISTENS */
    MZ_EV_DRAIN
} mz_tool_event_t;

typedef enum {
    MZ_STEP_DONE,
    MZ_STEP_STORE,
    MZ_STEP_WAIT,
    MZ_STEP_WORK,
    MZ_STEP_ASK,
    MZ_STEP_TASK,
    MZ_STEP_FAULT,
    MZ_STEP_DROP,
    MZ_STEP_ERROR
} mz_step_t;


#define MZ_OP_REPEATABLE  0x01  /* changes nothing: may be sent twice */
#define MZ_OP_RESUMABLE   0x02  /* a broken stream may be taken up again: the
                                   same request, with call->resumed_after */
#define MZ_OP_LOGS        0x04  /* calls mz_call_log() */
#define MZ_OP_LISTENS     0x08  /* wants CHANGED; answers by a stream only */
#define MZ_OP_QUIET       0x10  /* a notification: its answer is 202 */
#define MZ_OP_STARTS      0x20  /* begins or ends work: needs the run scope */

typedef struct {
    mz_str_t     name;          /* of the tool, prompt, ..; for logs */
    unsigned     flags;         /* MZ_OP_* */

    /* Called with START once, then as the answers above say. */
    mz_step_t  (*step)(mz_call_t *call, mz_tool_event_t ev);

    /* Releases call->state (may be NULL there); at any point of the life. */
    void       (*release)(mz_call_t *call);
} mz_op_t;


/* The four annotations of MCP; all are stated in tools/list. */

#define MZ_TOOL_READ_ONLY    0x01
#define MZ_TOOL_DESTRUCTIVE  0x02
#define MZ_TOOL_IDEMPOTENT   0x04
#define MZ_TOOL_OPEN_WORLD   0x08

/* Whether a call may, or must, become a task. */

typedef enum {
    MZ_TASK_NEVER,
    MZ_TASK_OPTIONAL,
    MZ_TASK_REQUIRED
} mz_task_support_t;

typedef struct {
    mz_op_t            op;      /* name: [A-Za-z0-9_.-]{1,64} */
    mz_str_t           title;
    mz_str_t           description;     /* under 2 KB, important first */
    mz_str_t           input_schema;    /* JSON text, root type object */
    mz_str_t           output_schema;   /* the null string: none */
    unsigned           hints;   /* MZ_TOOL_* */
    uint32_t           needs;   /* MZ_MCP_CAN_*: refused without */
    mz_task_support_t  task;
    unsigned           changes; /* MZ_CONTROL_TOOLS, _PROMPTS: lists it may
                                   change at run time (listChanged) */
} mz_tool_t;

/* An argument of a prompt, or a variable of a resource template. */

typedef struct {
    mz_str_t        name;
    mz_str_t        title;
    mz_str_t        description;
    bool            is_required;

    /*
     * completion/complete: args are {"name","value","context":{..}}; ends
     * with mz_call_completed().  NULL: nothing is known to complete.
     */
    const mz_op_t  *complete;
} mz_argument_t;

/* prompts/get: args are the arguments, strings; ends with messages in
 * result.members. */

typedef struct {
    mz_op_t               op;
    mz_str_t              title;
    mz_str_t              description;
    const mz_argument_t  *arguments;
    size_t                narguments;
} mz_prompt_t;

/*
 * resources/read: args are {"uri", and the variables of a template}; ends
 * with contents in result.members and result.cache.  A uri with {variables}
 * (RFC 6570 level 1; no "/" in a value) is a template.
 */

typedef struct {
    mz_op_t               op;           /* name: what the list calls it */
    mz_str_t              uri;
    mz_str_t              title;
    mz_str_t              description;
    mz_str_t              mime_type;
    bool                  is_hidden;    /* in no list */
    bool                  is_watchable; /* resources/subscribe; its module
                                           says mz_control_updated() */
    const mz_argument_t  *variables;
    size_t                nvariables;
} mz_resource_t;


#define MZ_TASK_MESSAGE_MAX  512        /* bytes of a statusMessage */
#define MZ_TASK_POLL_MS      2000

typedef enum {
    MZ_TASK_WORKING,
    MZ_TASK_INPUT_REQUIRED,
    MZ_TASK_COMPLETED,                  /* this and later: terminal */
    MZ_TASK_FAILED,
    MZ_TASK_CANCELLED
} mz_task_status_t;

typedef struct {
    mz_id_t           id;
    mz_task_status_t  status;
    char              message[MZ_TASK_MESSAGE_MAX + 1];     /* may be "" */
    int64_t           created_ms;
    int64_t           updated_ms;
    int64_t           ttl_ms;           /* from creation; -1: for ever */
    int64_t           poll_ms;

    /* owned; each with its status only */
    json_t           *result;           /* COMPLETED: a CallToolResult */
    json_t           *error;            /* FAILED: code, message, data? */
    json_t           *inputs;           /* INPUT_REQUIRED: key: {method,
                                           params} */
} mz_task_t;

/*
 * A kind of task: a record in Redis and a function of it.  Encoders append
 * commands and return how many replies they owe, always the same number for
 * one encoder; decode() gets those of read().
 */

typedef struct {
    char       letter;                  /* the first of its ids */

    size_t   (*read)(mz_call_t *call, mz_cmds_t *cmds, const mz_id_t *id);

    /* *task is initialised by the caller.  MZ_NOT_FOUND: no such task of
     * this principal. */
    mz_rc_t  (*decode)(mz_call_t *call, const mz_id_t *id,
                       redisReply *const *replies, mz_task_t *task,
                       mz_err_t *err);

    /* The caller asks for its end; NULL: it cannot be cancelled.  Not an
     * error when the task has ended or does not exist. */
    size_t   (*cancel)(mz_call_t *call, mz_cmds_t *cmds, const mz_id_t *id);

    /* Answers to inputs, by key; NULL: it never asks.  Unknown and answered
     * keys are ignored.  It may owe none: there is nothing to be written. */
    size_t   (*update)(mz_call_t *call, mz_cmds_t *cmds, const mz_id_t *id,
                       const json_t *answers);
} mz_task_kind_t;


#define MZ_REFUSAL_MAX     2048 /* bytes of an isError text */
#define MZ_ASKS_MAX        16   /* questions of one MZ_STEP_ASK */
#define MZ_ASK_KEY_MAX     64
#define MZ_STATE_TTL_S     600  /* life of a requestState, and of a question */
#define MZ_WATCHES_MAX     64   /* ids a call follows */

/* What a host gives to all calls; outlives them. */

typedef struct {
    mz_store_conf_t         store;              /* prefix, partitions */
    const mz_registry_t    *registry;
    const mz_mcp_server_t  *server;
    const mz_seal_t        *seal;               /* may have no key yet */
    size_t                  result_max;         /* bytes of a result; 80 KB */
    int64_t                 wait_default_s;     /* status long-poll; 25 */
    int64_t                 wait_max_s;         /* 50 */
    int64_t                 retention_s;        /* life of a conversation */
    int64_t                 attach_s;           /* idempotent re-attach */
    int64_t                 max_attempts;       /* claims of a run; 2 */
    mz_run_limit_t          run_limit;          /* of a user; 0: none */
    mz_run_limit_t          project_limit;
    int64_t                 max_queued;         /* of the deployment; 0 */
    int64_t                 lease_ms;           /* first look of the sweeper */
    int64_t                 session_s;          /* life of a session; 1 day */
    bool                    cancel_stops;       /* a cancelled request cancels
                                                   what it waits for */
    mz_cache_t             *cache;              /* artifact chunks; or NULL */
    void                  (*random)(void *buf, size_t n);
} mz_tool_conf_t;


/* Read a tool's through mz_call_structured() and mz_call_text(). */

typedef struct {
    /* of a tool */
    mz_buf_t        structured; /* JSON text of an object; empty: none */
    mz_buf_t        text;       /* for the model; empty: structured's twin */
    mz_buf_t        content;    /* mz_call_add_content(); empty: the text */
    bool            is_error;   /* then text alone says what to do */

    /* of any other op: members as JSON text, without the braces */
    mz_buf_t        members;
    mz_mcp_cache_t  cache;      /* ttl_ms below 0: not cacheable */

    /* mz_call_step()'s own: "input_required" or "task": then members is the
     * result, of a tool too; NULL: complete */
    const char     *type;
} mz_tool_result_t;

typedef enum {
    MZ_NOTE_PROGRESS,
    MZ_NOTE_LOG,
    MZ_NOTE_MESSAGE             /* a whole JSON-RPC message */
} mz_note_kind_t;

typedef struct {
    mz_list_t       link;
    mz_note_kind_t  kind;
    int64_t         progress;   /* strictly increasing over the call */
    int64_t         total;      /* below 0: not known */
    mz_mcp_log_t    level;
    char           *logger;     /* UTF-8; may be NULL */
    char           *message;    /* UTF-8; JSON text of LOG and MESSAGE */
    int64_t         seq;        /* of its event id; below 0: none */
} mz_note_t;


struct mz_call_s {
    /* set by the host before START */
    const mz_op_t           *op;
    const mz_tool_t         *tool;      /* NULL: no tools/call */
    const mz_tool_conf_t    *conf;
    const mz_principal_t    *principal;
    const mz_mcp_request_t  *req;       /* era, version, id, client, .. */
    const mz_session_t      *session;   /* NULL: none */
    json_t                  *args;      /* validated; owned by the call */
    void                    *host;      /* the host's own */
    int64_t                  resumed_after;     /* below 0: not resumed */
    bool                     is_resumable;      /* events have ids */
    bool                     can_stream;        /* there may be notes */
    bool                     may_start;         /* has the scope that
                                                   MZ_OP_STARTS needs */

    /* appends the deep link of a conversation */
    void                   (*conversation_url)(mz_call_t *call, mz_str_t cid,
                                               mz_buf_t *out);

    /* set by the host before every step */
    int64_t                  now_ms;

    /* of REPLIES: one reply per command, in order; the op may take one
     * by setting its slot to NULL and frees it with mz_reply_free() */
    redisReply             **replies;
    size_t                   nreplies;

    /* of CHANGED; borrowed for the step */
    const mz_control_t      *change;

    /* what the op asks for */
    mz_cmds_t                cmds;      /* STORE; emptied by the host */
    mz_id_t                  watch;     /* WAIT; empty: timer only */
    const mz_id_t           *watches;   /* WAIT: more of them, the op's */
    size_t                   nwatches;
    mz_id_t                  waits_for; /* the task whose end it waits for: a
                                           client that cancels the request
                                           cancels that, too; empty: none */
    int64_t                  wait_ms;   /* WAIT: > 0 */
    void                   (*work)(mz_call_t *call);
    void                    *work_data; /* of work() */
    size_t                   work_bytes;    /* how much work(): bytes
                                               touched, or as many as take
                                               that long */

    mz_list_t                notes;     /* of mz_note_t, to be sent */
    int64_t                  progress;  /* of the newest note */
    mz_tool_result_t         result;
    mz_err_t                 err;       /* ERROR, FAULT */
    int                      fault;     /* FAULT: JSON-RPC code */
    json_t                  *fault_data;    /* owned; or NULL */
    mz_task_t                task;      /* TASK */

    /* asking the client: see mz_call_ask() */
    json_t                  *asks;      /* key: {method, params}; owned */
    json_t                  *answers;   /* key: result; owned; or NULL */
    json_t                  *kept;      /* the op's, over an ASK; or NULL */

    /* the op's own */
    void                    *state;
    int                      phase;

    /* mz_call_step()'s own */
    void                    *stage;
    mz_mcp_log_t             log_level;

    /* for access logs: what this call turned out to be about */
    mz_id_t                  conversation;
    mz_id_t                  run;
    const char              *status;    /* static text, e.g. "running" */
};


/* Queues a progress note; ignored when progress does not increase.  total
 * below 0: not known. */
void mz_call_progress(mz_call_t *call, int64_t progress, mz_str_t message);
void mz_call_progress_of(mz_call_t *call, int64_t progress, int64_t total,
    mz_str_t message);

/* The event id of the newest note: where a broken stream is taken up. */
void mz_call_mark(mz_call_t *call, int64_t seq);

/* Queues a log message (op flag MZ_OP_LOGS) if the client wants that level;
 * takes data. */
void mz_call_log(mz_call_t *call, mz_mcp_log_t level, mz_str_t logger,
    json_t *data);

/* Queues a notification as it is; takes params (an object, or NULL). */
void mz_call_notify(mz_call_t *call, mz_str_t method, json_t *params);

/* The same with params as JSON text of an object. */
void mz_call_notify_text(mz_call_t *call, mz_str_t method, mz_str_t params);

/*
 * Adds a question to the client and returns MZ_STEP_ASK, to be returned by
 * the step.  method: elicitation/create, sampling/createMessage, roots/list;
 * takes params.  A client that did not declare it is refused by the host.
 * What call->kept holds (a small JSON value) comes back with the answers:
 * the op may run again from START, in another process.
 */
mz_step_t mz_call_ask(mz_call_t *call, const char *key, const char *method,
    json_t *params);

/* The answer to a question, or NULL: not asked yet, or not answered.  Of a
 * client that failed (legacy): {"error": {"code", "message"}}. */
const json_t *mz_call_answer_of(const mz_call_t *call, const char *key);

/* structuredContent as JSON text (null string: none), and the text block. */
mz_str_t mz_call_structured(const mz_call_t *call);
mz_str_t mz_call_text(const mz_call_t *call);

/* Adds a content block to a tool's result; takes it. */
mz_rc_t mz_call_add_content(mz_call_t *call, json_t *block);

/* Fills the result from an object; takes it. */
mz_step_t mz_call_done(mz_call_t *call, json_t *structured);

/* The same for a tool that wrote its text into result.structured, or its
 * blocks with mz_call_add_content(). */
mz_step_t mz_call_done_text(mz_call_t *call);

/* For all ops that are no tools: the members of an object; takes it. */
mz_step_t mz_call_done_members(mz_call_t *call, json_t *members);

/* The end of a completer: values is an array of strings; takes it.  More
 * than 100 are cut.  total below 0: not known. */
mz_step_t mz_call_completed(mz_call_t *call, json_t *values, int64_t total,
    bool has_more);

/* An isError result: what is wrong and how to go on. */
mz_step_t mz_call_refuse(mz_call_t *call, const char *fmt, ...)
    MZ_PRINTF(2, 3);

/*
 * MZ_STEP_FAULT: a JSON-RPC error; takes data (or NULL).  code MZ_RPC_PARAMS
 * and the like; MZ_RPC_NO_RESOURCE is -32602 in the modern era.
 */
mz_step_t mz_call_fault(mz_call_t *call, int code, json_t *data,
    const char *fmt, ...) MZ_PRINTF(4, 5);

/* MZ_STEP_ERROR with call->err. */
mz_step_t mz_call_error(mz_call_t *call, mz_rc_t rc, const char *fmt, ...)
    MZ_PRINTF(3, 4);

/* Releases result, error and inputs. */
void mz_task_deinit(mz_task_t *task);


#endif /* MZ_TOOL_H */
