
/*
 * tool: the public interface of an MCP tool, also for other nginx modules,
 * which register theirs at configuration time (mz_registry_add()).
 *
 * A tool does no I/O.  The host (the nginx module, or a test) drives it: it
 * calls step() with an event, and the tool answers with what it needs next.
 *
 *   START ──> STORE  run call->cmds, then step(REPLIES)
 *         ──> WAIT   step(NOTICE) when the watched run spoke or once the
 *                    subscription stands; step(TIMER) after call->wait_ms
 *         ──> WORK   run call->work(call), maybe on another thread, then
 *                    step(WORKED)
 *         ──> DONE   call->result holds the answer
 *         ──> ERROR  call->err: UNAVAILABLE is 503, all else is -32603
 *
 * After every step the host sends and frees what mz_call_progress() queued.
 * DRAIN is delivered instead of NOTICE/TIMER while the node shuts down: the
 * tool answers with what it has.  A call lives on one thread; only work()
 * may run elsewhere, and nothing else touches the call meanwhile.
 */

#ifndef MZ_TOOL_H
#define MZ_TOOL_H

#include "auth/principal.h"
#include "base/mz_id.h"
#include "base/mz_json.h"
#include "base/mz_list.h"
#include "store/store.h"


typedef struct mz_call_s    mz_call_t;
typedef struct mz_cache_s   mz_cache_t;

typedef enum {
    MZ_EV_START,
    MZ_EV_REPLIES,
    MZ_EV_NOTICE,
    MZ_EV_TIMER,
    MZ_EV_WORKED,
    MZ_EV_DRAIN
} mz_tool_event_t;

typedef enum {
    MZ_STEP_DONE,
    MZ_STEP_STORE,
    MZ_STEP_WAIT,
    MZ_STEP_WORK,
    MZ_STEP_ERROR
} mz_step_t;

/* The four annotations of MCP; all are stated in tools/list. */

#define MZ_TOOL_READ_ONLY    0x01
#define MZ_TOOL_DESTRUCTIVE  0x02
#define MZ_TOOL_IDEMPOTENT   0x04
#define MZ_TOOL_OPEN_WORLD   0x08

typedef struct {
    mz_str_t     name;              /* [a-z0-9_]{1,64} */
    mz_str_t     title;
    mz_str_t     description;       /* under 2 KB, most important first */
    mz_str_t     input_schema;      /* JSON text, root type object */
    mz_str_t     output_schema;
    unsigned     hints;             /* MZ_TOOL_* */

    /* Called with START once, then as the answers above say. */
    mz_step_t  (*step)(mz_call_t *call, mz_tool_event_t ev);

    /* Releases call->state (may be NULL there); at any point of the life. */
    void       (*release)(mz_call_t *call);
} mz_tool_t;


#define MZ_REFUSAL_MAX  2048     /* bytes of an isError text */

/* What a host gives to all calls; outlives them. */

typedef struct {
    mz_store_conf_t   store;            /* prefix, partitions */
    size_t            result_max;       /* bytes of a result; 80 KB */
    int64_t           wait_default_s;   /* status long-poll; 25 */
    int64_t           wait_max_s;       /* 50 */
    int64_t           retention_s;      /* life of a conversation */
    int64_t           attach_s;         /* window of idempotent re-attach */
    int64_t           max_attempts;     /* claims of a run; 2 */
    int64_t           lease_ms;         /* first look of the sweeper; 30 s */
    mz_cache_t       *cache;            /* artifact chunks; NULL: none */
    void            (*random)(void *buf, size_t n);
} mz_tool_conf_t;


/* Read it through mz_call_structured() and mz_call_text(). */

typedef struct {
    mz_buf_t  structured;   /* JSON text of an object; empty: none */
    mz_buf_t  text;         /* for the model; empty: structured is its twin */
    bool      is_error;     /* then text alone says what to do */
} mz_tool_result_t;

typedef struct {
    mz_list_t  link;
    int64_t    progress;    /* strictly increasing over the call */
    char      *message;     /* UTF-8 */
} mz_note_t;


struct mz_call_s {
    /* set by the host before START */
    const mz_tool_t       *tool;
    const mz_tool_conf_t  *conf;
    const mz_principal_t  *principal;
    json_t                *args;        /* validated; owned by the call */
    void                  *host;        /* the host's own */

    /* appends the deep link of a conversation */
    void                 (*conversation_url)(mz_call_t *call, mz_str_t cid,
                                             mz_buf_t *out);

    /* set by the host before every step */
    int64_t                now_ms;

    /* of REPLIES: one reply per command, in order; the tool may take one
     * by setting its slot to NULL and frees it with mz_reply_free() */
    redisReply           **replies;
    size_t                 nreplies;

    /* what the tool asks for */
    mz_cmds_t              cmds;        /* STORE; emptied by the host */
    mz_id_t                watch;       /* WAIT: run id; empty: timer only */
    int64_t                wait_ms;     /* WAIT: > 0 */
    void                 (*work)(mz_call_t *call);
    void                  *work_data;   /* of work() */
    size_t                 work_bytes;  /* how much work(): bytes touched, or
                                           as many as take that long */

    mz_list_t              notes;       /* of mz_note_t, to be sent */
    int64_t                progress;    /* of the newest note */
    mz_tool_result_t       result;
    mz_err_t               err;

    /* the tool's own */
    void                  *state;
    int                    phase;

    /* for access logs: what this call turned out to be about */
    mz_id_t                conversation;
    mz_id_t                run;
    const char            *status;      /* static text, e.g. "running" */
};


void mz_call_init(mz_call_t *call, const mz_tool_t *tool,
    const mz_tool_conf_t *conf, const mz_principal_t *principal, json_t *args);

/* Frees all the call owns, also in the middle of its life. */
void mz_call_deinit(mz_call_t *call);

/* Queues a progress note; ignored when progress does not increase. */
void mz_call_progress(mz_call_t *call, int64_t progress, mz_str_t message);

/* Host: the next queued note or NULL; free it with mz_note_free(). */
mz_note_t *mz_call_next_note(mz_call_t *call);
void mz_note_free(mz_note_t *note);

/* structuredContent as JSON text (null string: none), and the text block. */
mz_str_t mz_call_structured(const mz_call_t *call);
mz_str_t mz_call_text(const mz_call_t *call);

/* Fills the result from an object; takes it. */
mz_step_t mz_call_done(mz_call_t *call, json_t *structured);

/* The same for a tool that wrote its text into result.structured. */
mz_step_t mz_call_done_text(mz_call_t *call);

/* An isError result: what is wrong and how to go on. */
mz_step_t mz_call_refuse(mz_call_t *call, const char *fmt, ...)
    MZ_PRINTF(2, 3);

/* MZ_STEP_ERROR with call->err. */
mz_step_t mz_call_error(mz_call_t *call, mz_rc_t rc, const char *fmt, ...)
    MZ_PRINTF(3, 4);


#endif /* MZ_TOOL_H */
