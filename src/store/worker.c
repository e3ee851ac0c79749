
#include "store/worker.h"
#include "store/cmd.h"
#include "store/reply.h"
#include "base/mz_str.h"


typedef struct {
    const char           *word;
    mz_worker_outcome_t   outcome;
} mz_worker_word_t;

static const mz_worker_word_t  mz_worker_words[] = {
    { "ok",         MZ_WORKER_OK },
    { "claimed",    MZ_WORKER_CLAIMED },
    { "leased",     MZ_WORKER_LEASED },
    { "terminal",   MZ_WORKER_TERMINAL },
    { "superseded", MZ_WORKER_SUPERSEDED },
    { "gone",       MZ_WORKER_GONE },
    { "incomplete", MZ_WORKER_INCOMPLETE },
    { "paused",     MZ_WORKER_PAUSED }
};


#define MZ_WORKER_FENCE_MAX  (MZ_WORKER_NAME_MAX + 24)  /* <n>@<worker> */

typedef struct {
    mz_cmd_args_t  args;
    char           fence[MZ_WORKER_FENCE_MAX];  /* borrowed by args */
} mz_worker_call_t;


static void mz_worker_begin(mz_worker_call_t *w, const mz_attempt_t *attempt,
    int64_t now_ms);
static void mz_worker_fence(mz_worker_call_t *w, const mz_attempt_t *attempt);
static bool mz_worker_details(const redisReply *r, mz_worker_reply_t *out);


mz_rc_t
mz_worker_decode(const redisReply *r, mz_worker_reply_t *out, mz_err_t *err)
{
    size_t    i, n;
    mz_rc_t   rc;
    mz_str_t  word;

    memset(out, 0, sizeof(mz_worker_reply_t));
    out->outcome = MZ_WORKER_GONE;

    rc = mz_reply_array(r, "a worker's write", &n, err);
    if (rc != MZ_OK) {
        return rc;
    }

    word = mz_reply_str(mz_reply_at(r, 0));

    for (i = 0; i < MZ_ARRAY_LEN(mz_worker_words); i++) {
        if (mz_str_eq_c(word, mz_worker_words[i].word)) {
            out->outcome = mz_worker_words[i].outcome;

            return mz_worker_details(r, out)
                   ? MZ_OK : mz_reply_odd("a worker's write", err);
        }
    }

    return mz_reply_odd("a worker's write", err);
}


void
mz_worker_claim(mz_cmds_t *c, const mz_store_conf_t *conf, mz_str_t scope,
    const mz_id_t *run, int64_t now_ms, mz_str_t worker, int64_t lease_ms)
{
    mz_cmd_args_t  a;

    a.n = 0;
    a.nints = 0;

    mz_cmd_args_add_int(&a, now_ms);
    mz_cmd_args_add_id(&a, run);
    mz_cmd_args_add(&a, worker);
    mz_cmd_args_add_int(&a, lease_ms);

    mz_cmd_call(c, conf, MZ_SCRIPT_CLAIM, scope, &a);
}


void
mz_worker_renew(mz_cmds_t *c, const mz_store_conf_t *conf,
    const mz_attempt_t *attempt, int64_t now_ms, int64_t lease_ms)
{
    mz_worker_call_t  w;

    mz_worker_begin(&w, attempt, now_ms);
    mz_cmd_args_add_int(&w.args, lease_ms);

    mz_cmd_call(c, conf, MZ_SCRIPT_RENEW, attempt->scope, &w.args);
}


void
mz_worker_event(mz_cmds_t *c, const mz_store_conf_t *conf,
    const mz_attempt_t *attempt, int64_t now_ms, mz_str_t phase,
    mz_str_t text, mz_str_t data)
{
    mz_worker_call_t  w;

    mz_worker_begin(&w, attempt, now_ms);
    mz_cmd_args_add(&w.args, phase);
    mz_cmd_args_add(&w.args, text);
    mz_cmd_args_add(&w.args, data);

    mz_cmd_call(c, conf, MZ_SCRIPT_EVENT, attempt->scope, &w.args);
}


void
mz_worker_chunk(mz_cmds_t *c, const mz_store_conf_t *conf,
    const mz_attempt_t *attempt, const mz_id_t *artifact, unsigned n,
    mz_str_t bytes)
{
    mz_worker_call_t  w;

    w.args.n = 0;
    w.args.nints = 0;

    mz_cmd_args_add_id(&w.args, &attempt->run);
    mz_worker_fence(&w, attempt);
    mz_cmd_args_add_id(&w.args, artifact);
    mz_cmd_args_add_int(&w.args, n);
    mz_cmd_args_add(&w.args, bytes);

    mz_cmd_call(c, conf, MZ_SCRIPT_CHUNK, attempt->scope, &w.args);
}


void
mz_worker_artifact(mz_cmds_t *c, const mz_store_conf_t *conf,
    const mz_attempt_t *attempt, int64_t now_ms, const mz_id_t *artifact,
    unsigned chunks, const mz_field_t *fields, size_t nfields)
{
    size_t            i;
    mz_worker_call_t  w;

    if (nfields > MZ_WORKER_FIELDS_MAX) {
        c->buf.rc = MZ_LIMIT;
        return;
    }

    mz_worker_begin(&w, attempt, now_ms);
    mz_cmd_args_add_id(&w.args, artifact);
    mz_cmd_args_add_int(&w.args, chunks);

    for (i = 0; i < nfields; i++) {
        mz_cmd_args_add(&w.args, fields[i].name);
        mz_cmd_args_add(&w.args, fields[i].value);
    }

    mz_cmd_call(c, conf, MZ_SCRIPT_ARTIFACT, attempt->scope, &w.args);
}


void
mz_worker_finish(mz_cmds_t *c, const mz_store_conf_t *conf,
    const mz_attempt_t *attempt, int64_t now_ms, const mz_finish_t *f)
{
    mz_worker_call_t  w;

    mz_worker_begin(&w, attempt, now_ms);
    mz_cmd_args_add(&w.args, mz_str_from(mz_run_status_name(f->status)));
    mz_cmd_args_add(&w.args, f->answer);
    mz_cmd_args_add(&w.args, f->result);
    mz_cmd_args_add(&w.args, f->spec);
    mz_cmd_args_add(&w.args, f->error);

    mz_cmd_call(c, conf, MZ_SCRIPT_FINISH, attempt->scope, &w.args);
}


void
mz_worker_handback(mz_cmds_t *c, const mz_store_conf_t *conf,
    const mz_attempt_t *attempt, int64_t now_ms, int64_t lease_ms)
{
    mz_worker_call_t  w;

    mz_worker_begin(&w, attempt, now_ms);
    mz_cmd_args_add_int(&w.args, lease_ms);

    mz_cmd_call(c, conf, MZ_SCRIPT_HANDBACK, attempt->scope, &w.args);
}


/* What most of the scripts begin with: now, run, attempt. */

static void
mz_worker_begin(mz_worker_call_t *w, const mz_attempt_t *attempt,
    int64_t now_ms)
{
    w->args.n = 0;
    w->args.nints = 0;

    mz_cmd_args_add_int(&w->args, now_ms);
    mz_cmd_args_add_id(&w->args, &attempt->run);
    mz_worker_fence(w, attempt);
}


static void
mz_worker_fence(mz_worker_call_t *w, const mz_attempt_t *attempt)
{
    int     n;
    size_t  len;

    len = attempt->holder.len <= MZ_WORKER_NAME_MAX ? attempt->holder.len
                                                    : MZ_WORKER_NAME_MAX;

    n = len ? snprintf(w->fence, sizeof(w->fence), "%lld@%.*s",
                       (long long) attempt->attempt, (int) len,
                       attempt->holder.data)
            : snprintf(w->fence, sizeof(w->fence), "%lld",
                       (long long) attempt->attempt);

    mz_cmd_args_add(&w->args, (mz_str_t) { w->fence, (size_t) n });
}


/* false: a field that this outcome must have is none. */

static bool
mz_worker_details(const redisReply *r, mz_worker_reply_t *out)
{
    const redisReply  *first;

    first = mz_reply_at(r, 1);

    switch (out->outcome) {

    case MZ_WORKER_OK:
        out->seq = mz_reply_int(first, 0);
        return true;

    case MZ_WORKER_CLAIMED:
        out->attempt = mz_reply_int(first, 0);
        out->prompt = mz_reply_str(mz_reply_at(r, 3));
        out->trace = mz_reply_str(mz_reply_at(r, 4));
        return out->attempt > 0
               && mz_reply_id(mz_reply_at(r, 2), MZ_ID_CONV, &out->conv);

    case MZ_WORKER_TERMINAL:
        return mz_run_status_parse(mz_reply_str(first), &out->status) == MZ_OK
               && mz_run_status_is_terminal(out->status);

    case MZ_WORKER_SUPERSEDED:
        out->attempt = mz_reply_int(first, -1);
        return out->attempt >= 0;

    case MZ_WORKER_INCOMPLETE:
        out->chunk = mz_reply_int(first, -1);
        return out->chunk >= 0;

    case MZ_WORKER_LEASED:
    case MZ_WORKER_GONE:
    case MZ_WORKER_PAUSED:
        return true;
    }

    return false;
}
