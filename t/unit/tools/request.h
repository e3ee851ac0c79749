
/*
 * request: requests that are driven event by event, several at a time:
 * methods that wait, ask and listen.  What they answer is looked at as the
 * client sees it.
 */

#ifndef MZ_TEST_REQUEST_H
#define MZ_TEST_REQUEST_H

#include "worker.h"


typedef struct {
    mz_call_t   call;
    mz_step_t   step;
    bool        is_open;
    bool        is_resumable;
    json_t     *notes;              /* messages, of all steps */
    json_t     *body;               /* the answer; NULL before, or none */
    int         status;             /* of HTTP */
} rq_t;


static inline void
rq_legacy(uint32_t client)
{
    host.req.era = MZ_MCP_LEGACY;
    host.req.version = mz_str("2025-11-25");
    host.req.client = client;
    host.req.wants_task = false;
    snprintf(host.req.id, sizeof(host.req.id), "1");
}


static inline void
rq_modern(uint32_t client)
{
    host.req.era = MZ_MCP_MODERN;
    host.req.version = mz_str("2026-07-28");
    host.req.client = client;
    host.req.wants_task = false;
    snprintf(host.req.id, sizeof(host.req.id), "\"r-1\"");
}


static inline void
rq_free(rq_t *rq)
{
    if (rq->is_open) {
        host_end(&rq->call);
    }

    json_decref(rq->notes);
    json_decref(rq->body);
    memset(rq, 0, sizeof(rq_t));
}


static inline json_t *
rq_load(mz_str_t text)
{
    json_t    *v;
    mz_err_t   err;

    CHECK_ROW(mz_json_load(text, NULL, &v, &err) == MZ_OK, "%.*s: %s",
              (int) text.len, text.data, err.msg);

    return v;
}


static inline void
rq_take_notes(rq_t *rq)
{
    mz_buf_t    text;
    mz_note_t  *note;

    while ((note = mz_call_next_note(&rq->call)) != NULL) {
        mz_buf_init(&text, 0);
        mz_note_write(&rq->call, note, &text);
        json_array_append_new(rq->notes, rq_load(mz_buf_view(&text)));
        mz_buf_free(&text);
        mz_note_free(note);
    }
}


/* One event, and all that Redis is asked for behind it. */

static inline mz_step_t
rq_go(rq_t *rq, mz_tool_event_t ev)
{
    mz_buf_t  out;

    if (!rq->is_open) {
        return rq->step;
    }

    rq->call.now_ms = host.now_ms;
    rq->step = mz_call_step(&rq->call, ev);
    rq_take_notes(rq);

    while (rq->step == MZ_STEP_STORE) {
        rq->step = host_step(&rq->call, rq->step);
        rq_take_notes(rq);
    }

    if (rq->step != MZ_STEP_DONE && rq->step != MZ_STEP_ERROR) {
        return rq->step;
    }

    mz_buf_init(&out, 0);
    rq->status = mz_call_answer(&rq->call, rq->step, &out);

    if (out.len != 0) {
        rq->body = rq_load(mz_buf_view(&out));
    }

    mz_buf_free(&out);
    host_end(&rq->call);
    rq->is_open = false;

    return rq->step;
}


static inline mz_step_t
rq_ready(rq_t *rq, mz_mcp_do_t what, const char *target, json_t *params)
{
    mz_mcp_reply_t  reply;

    rq->notes = json_array();
    rq->is_open = host_begin(&rq->call, what, "test", target, params, &reply);

    if (!rq->is_open) {
        rq->status = reply.status;
        rq->body = rq_load(mz_buf_view(&reply.body));
        rq->step = MZ_STEP_DONE;
        mz_mcp_reply_free(&reply);
    }

    return rq->step;
}


/* Begins a request with params as JSON text, up to its first wait. */

static inline mz_step_t
rq_begin(rq_t *rq, mz_mcp_do_t what, const char *target, const char *params)
{
    bool  is_resumable;

    is_resumable = rq->is_resumable;
    rq_free(rq);
    (void) rq_ready(rq, what, target, rq_load(mz_str_from(params)));
    rq->call.is_resumable = is_resumable;

    return rq->is_open ? rq_go(rq, MZ_EV_START) : rq->step;
}


static inline mz_step_t
rq_change(rq_t *rq, const mz_control_t *m)
{
    rq->call.change = m;
    rq_go(rq, MZ_EV_CHANGED);

    if (rq->is_open) {
        rq->call.change = NULL;
    }

    return rq->step;
}


static inline json_t *
rq_result(const rq_t *rq)
{
    return json_object_get(rq->body, "result");
}


/* 0: no error. */

static inline int
rq_code(const rq_t *rq)
{
    return (int) mz_json_get_int(json_object_get(rq->body, "error"), "code",
                                 0);
}


static inline const char *
rq_str(const json_t *obj, const char *key)
{
    const char  *s;

    s = json_string_value(json_object_get(obj, key));

    return s ? s : "";
}


static inline const char *
rq_message(const rq_t *rq)
{
    return rq_str(json_object_get(rq->body, "error"), "message");
}


/* Note i, from behind when negative. */

static inline json_t *
rq_note(const rq_t *rq, int i)
{
    int  n;

    n = (int) json_array_size(rq->notes);

    return json_array_get(rq->notes, (size_t) (i < 0 ? n + i : i));
}


static inline mz_session_t *
rq_session(uint32_t client)
{
    unsigned char        random[MZ_SESSION_RANDOM];
    static mz_session_t  sessions[8];
    static unsigned      i;
    mz_session_t        *s;

    s = &sessions[i++ % 8];
    host_random(random, sizeof(random));
    CHECK(mz_session_make(s, mz_str("2025-11-25"), client,
                          host.now_ms / 1000 + 3600, random) == MZ_OK);

    return s;
}


/* Asks the agent something; cid and pid are those of the run. */

static inline void
rq_ask_agent(const char *prompt)
{
    json_t  *out;

    out = host_call("run_analytics_agent", args("{\"prompt\":\"%s\"}",
                                                prompt), NULL);
    keep_ids(out);
    json_decref(out);
}


/* A command of words whose reply is of no interest. */

static inline void
rq_redis(const char *fmt, ...)
{
    void     *r;
    va_list   ap;

    va_start(ap, fmt);
    r = redisvCommand(host.redis, fmt, ap);
    va_end(ap);

    CHECK(r != NULL && ((redisReply *) r)->type != REDIS_REPLY_ERROR);
    freeReplyObject(r);
}


/* --- out of memory --- */

static int  rq_allocs;


static inline void *
rq_malloc(size_t n)
{
    return rq_allocs-- > 0 ? malloc(n) : NULL;
}


/*
 * A request that has only so many allocations of JSON values until it waits
 * or ends; whether they were enough.
 */

static inline bool
rq_starve(rq_t *rq, mz_mcp_do_t what, const char *target, const char *params,
    int allocs)
{
    mz_step_t   step;
    mz_note_t  *note;

    rq_free(rq);
    rq_ready(rq, what, target, rq_load(mz_str_from(params)));

    if (!rq->is_open) {
        return true;
    }

    json_set_alloc_funcs(rq_malloc, free);
    rq_allocs = allocs;
    step = mz_call_step(&rq->call, MZ_EV_START);

    while (step == MZ_STEP_STORE) {
        step = host_step(&rq->call, step);
    }

    json_set_alloc_funcs(malloc, free);

    CHECK_ROW(step == MZ_STEP_DONE || step == MZ_STEP_WAIT
              || rq->call.err.rc == MZ_NOMEM, "%d, %d allocations: %s", what,
              allocs, rq->call.err.msg);

    while ((note = mz_call_next_note(&rq->call)) != NULL) {
        mz_note_free(note);
    }

    return rq_allocs >= 0;
}


#endif /* MZ_TEST_REQUEST_H */
