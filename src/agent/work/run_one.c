
#include "agent/log.h"
#include "agent/options.h"
#include "agent/work/run_one.h"
#include "agent/answer/sink.h"
#include "base/mz_str.h"
#include "store/conv.h"


#define MZ_RUN_ONE_TURNS  20        /* read back for the parent spec */

/* The code of a failed run's error by what went wrong. */

typedef struct {
    mz_rc_t      rc;
    const char  *code;
} mz_run_code_t;

static const mz_run_code_t  mz_run_codes[] = {
    { MZ_INVALID,     "invalid_question" },
    { MZ_LIMIT,       "limit" },
    { MZ_NOT_FOUND,   "not_found" },
    { MZ_UNAVAILABLE, "warehouse_unavailable" },
    { MZ_NOMEM,       "out_of_memory" },
};

static mz_rc_t mz_run_one_parent(mz_fence_t *f, const mz_id_t *conv,
    json_t **out, mz_err_t *err);
static void mz_run_one_newest_spec(const redisReply *r, json_t **out);
static mz_rc_t mz_run_one_answer(const mz_work_t *work, mz_fence_t *f,
    mz_str_t prompt, const json_t *parent, mz_answer_t *out, bool *is_open,
    mz_err_t *err);
static void mz_run_one_interrupt(void *data);
static bool mz_run_one_end(const mz_work_t *work, mz_fence_t *f, mz_rc_t rc,
    const mz_answer_t *answer, bool is_open, const mz_err_t *why);
static bool mz_run_one_complete(mz_fence_t *f, const mz_answer_t *answer);
static bool mz_run_one_fail(mz_fence_t *f, const char *code,
    const char *message);
static bool mz_run_one_finish(mz_fence_t *f, const mz_finish_t *fin);
static bool mz_run_one_handback(const mz_work_t *work, mz_fence_t *f);
static const char *mz_run_one_code(mz_rc_t rc, bool is_open);


bool
mz_run_one(const mz_work_t *work, mz_fence_t *f, const mz_id_t *conv,
    mz_str_t prompt)
{
    bool            is_done, is_open;
    json_t         *parent;
    mz_rc_t         rc;
    mz_err_t        err;
    mz_answer_t     answer;
    mz_log_quote_t  q;

    mz_log(MZ_LOG_INFO, "run %s: attempt %lld: %s", f->attempt.run.s,
           (long long) f->attempt.attempt, mz_log_quote(&q, prompt));

    memset(&answer, 0, sizeof(answer));
    memset(&err, 0, sizeof(err));
    parent = NULL;
    is_open = true;

    rc = mz_run_one_parent(f, conv, &parent, &err);
    if (rc == MZ_OK) {
        rc = mz_run_one_answer(work, f, prompt, parent, &answer, &is_open,
                               &err);
    }

    is_done = mz_run_one_end(work, f, rc, &answer, is_open, &err);

    mz_answer_free(&answer);
    json_decref(parent);

    return is_done;
}


static mz_rc_t
mz_run_one_parent(mz_fence_t *f, const mz_id_t *conv, json_t **out,
    mz_err_t *err)
{
    mz_rc_t       rc;
    mz_cmds_t     c;
    mz_replies_t  replies;

    *out = NULL;

    mz_cmds_init(&c);
    mz_conv_turns(&c, f->store, f->attempt.scope, conv, MZ_RUN_ONE_TURNS);
    rc = mz_fence_read(f, &c, &replies, err);
    mz_cmds_free(&c);

    if (rc == MZ_OK) {
        mz_run_one_newest_spec(mz_replies_at(&replies, 0), out);
        mz_replies_free(&replies);
    }

    return rc;
}


/* A transcript that cannot be read is as none: the question stands alone. */

static void
mz_run_one_newest_spec(const redisReply *r, json_t **out)
{
    size_t          i, n;
    mz_err_t        err;
    mz_conv_turn_t  turn;

    if (mz_conv_turns_decode(r, &n, &err) != MZ_OK) {
        mz_log(MZ_LOG_WARN, "transcript: %s", err.msg);
        return;
    }

    for (i = 0; i < n; i++) {
        if (mz_conv_turn_decode(r, i, &turn, &err) != MZ_OK
            || turn.role != MZ_CONV_ASSISTANT || turn.spec.len == 0)
        {
            continue;
        }

        if (mz_json_load(turn.spec, NULL, out, &err) != MZ_OK) {
            mz_log(MZ_LOG_WARN, "spec of a turn: %s", err.msg);
            continue;
        }

        return;
    }
}


static mz_rc_t
mz_run_one_answer(const mz_work_t *work, mz_fence_t *f, mz_str_t prompt,
    const json_t *parent, mz_answer_t *out, bool *is_open, mz_err_t *err)
{
    mz_rc_t           rc;
    mz_catalog_t     *cat;
    mz_interrupt_t    query;
    mz_warehouse_t   *wh;
    mz_sink_redis_t   sink;

    cat = NULL;
    *is_open = false;

    if (mz_keeper_stop(f->keeper) != MZ_STOP_NONE) {
        return mz_fail(err, MZ_CANCELLED, "the run was stopped");
    }

    rc = mz_warehouse_open(work->warehouse, &work->limits, &wh, err);
    if (rc != MZ_OK) {
        return rc;
    }

    mz_keeper_interruptible(f->keeper, &query, mz_run_one_interrupt, wh);
    rc = mz_catalog_open(wh, work->warehouse, work->catalog, &cat, err);

    if (rc == MZ_OK) {
        *is_open = true;
        mz_sink_redis_init(&sink, f);
        rc = mz_agent_answer(wh, cat, prompt, parent,
                             mz_options_now(work->now_ms), &sink.sink, out,
                             err);
    }

    mz_keeper_uninterruptible(f->keeper, &query);
    mz_catalog_free(cat);
    wh->ops->close(wh);

    return rc;
}


static void
mz_run_one_interrupt(void *data)
{
    mz_warehouse_t  *wh;

    wh = data;

    wh->ops->interrupt(wh);
}


static bool
mz_run_one_end(const mz_work_t *work, mz_fence_t *f, mz_rc_t rc,
    const mz_answer_t *answer, bool is_open, const mz_err_t *why)
{
    char       text[MZ_ERR_MAX];
    mz_stop_t  stop;

    stop = mz_keeper_stop(f->keeper);

    if (stop == MZ_STOP_REFUSED || stop == MZ_STOP_LEASE) {
        mz_log(MZ_LOG_INFO, "run %s: %s", f->attempt.run.s,
               stop == MZ_STOP_LEASE ? "lease lost, given up"
                                     : "cancelled or taken over");
        return true;
    }

    if (rc == MZ_OK) {
        return mz_run_one_complete(f, answer);
    }

    if (stop == MZ_STOP_SHUTDOWN) {
        return mz_run_one_handback(work, f);
    }

    if (stop == MZ_STOP_TIMEOUT) {
        snprintf(text, sizeof(text), "The run took longer than %lld s and "
                 "was stopped. Ask for a shorter range or fewer groups.",
                 (long long) (work->max_run_ms / 1000));
        return mz_run_one_fail(f, "timeout", text);
    }

    return mz_run_one_fail(f, mz_run_one_code(rc, is_open), why->msg);
}


static bool
mz_run_one_complete(mz_fence_t *f, const mz_answer_t *answer)
{
    bool         is_done;
    mz_buf_t     result, spec;
    mz_finish_t  fin;

    mz_buf_init(&result, 0);
    mz_buf_init(&spec, 0);
    mz_json_dump(&result, answer->result);

    if (answer->spec != NULL) {
        mz_json_dump(&spec, answer->spec);
    }

    memset(&fin, 0, sizeof(fin));
    fin.status = MZ_RUN_COMPLETED;
    fin.answer = mz_str_from(answer->answer);
    fin.result = mz_buf_view(&result);
    fin.spec = mz_buf_view(&spec);

    if (result.rc != MZ_OK || spec.rc != MZ_OK) {
        is_done = mz_run_one_fail(f, "out_of_memory", "The answer did not "
                                  "fit in memory");
    } else {
        is_done = mz_run_one_finish(f, &fin);
    }

    mz_buf_free(&result);
    mz_buf_free(&spec);

    return is_done;
}


static bool
mz_run_one_fail(mz_fence_t *f, const char *code, const char *message)
{
    bool            is_done;
    mz_buf_t        error;
    mz_finish_t     fin;
    mz_log_quote_t  q;

    mz_log(MZ_LOG_WARN, "run %s: failed: %s: %s", f->attempt.run.s, code,
           mz_log_quote(&q, mz_str_from(message)));

    mz_buf_init(&error, 0);
    mz_buf_add_c(&error, "{\"code\":");
    mz_buf_add_json_str(&error, mz_str_from(code));
    mz_buf_add_c(&error, ",\"message\":");
    mz_buf_add_json_str(&error, mz_str_from(message));
    mz_buf_add_char(&error, '}');

    memset(&fin, 0, sizeof(fin));
    fin.status = MZ_RUN_FAILED;
    fin.error = mz_buf_view(&error);

    is_done = error.rc == MZ_OK && mz_run_one_finish(f, &fin);
    mz_buf_free(&error);

    return is_done;
}


static bool
mz_run_one_finish(mz_fence_t *f, const mz_finish_t *fin)
{
    mz_rc_t    rc;
    mz_err_t   err;
    mz_cmds_t  c;

    mz_cmds_init(&c);
    mz_worker_finish(&c, f->store, &f->attempt, 0, fin);
    rc = mz_fence_end(f, &c, &err);
    mz_cmds_free(&c);

    /* refused: ended meanwhile, or this is the second copy of a finish */
    if (rc == MZ_OK || rc == MZ_CANCELLED) {
        mz_log(MZ_LOG_INFO, "run %s: %s", f->attempt.run.s,
               rc == MZ_OK ? mz_run_status_name(fin->status)
                           : "ended already");
        return true;
    }

    mz_log(MZ_LOG_ERROR, "run %s: not finished: %s", f->attempt.run.s,
           err.msg);

    return false;
}


static bool
mz_run_one_handback(const mz_work_t *work, mz_fence_t *f)
{
    mz_rc_t   rc;
    mz_err_t  err;

    rc = mz_fence_handback(f, work->lease_ms, &err);
    mz_log(MZ_LOG_INFO, "run %s: %s", f->attempt.run.s,
           rc == MZ_OK ? "handed back" : err.msg);

    /* refused: ended meanwhile, or this is the second copy of a handback */
    return rc == MZ_OK || rc == MZ_CANCELLED;
}


static const char *
mz_run_one_code(mz_rc_t rc, bool is_open)
{
    size_t  i;

    if (!is_open && rc != MZ_NOMEM) {
        return "warehouse_unavailable";
    }

    for (i = 0; i < MZ_ARRAY_LEN(mz_run_codes); i++) {
        if (mz_run_codes[i].rc == rc) {
            return mz_run_codes[i].code;
        }
    }

    return "internal";
}
