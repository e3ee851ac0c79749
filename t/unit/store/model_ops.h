
/*
 * model_ops: the operations on runs, each on Redis and on m: the replies must
 * be the same.  r[] is what chance has given the operation.
 */

#ifndef MZ_MODEL_OPS_H
#define MZ_MODEL_OPS_H

#include "store/model_call.h"


typedef struct {
    int       op;
    unsigned  r[8];
} step_t;

static const limit_t  limits[] = {
    { 0, 0, 0 }, { 0, 0, 0 }, { 0, 0, 1 }, { 0, 0, 2 }, { 20000000, 1, 0 },
    { 70000000, 0, 3 }
};


static inline void
w_believe(int worker, const run_t *run)
{
    belief_t  *b;

    b = &w[worker].beliefs[w[worker].nbeliefs++ % BELIEFS];
    b->run = run->id;
    b->scope = run->scope;
    b->attempt = run->attempt;
}


/* One of the newest runs, or NULL. */
static inline run_t *
o_run(unsigned r)
{
    int  n;

    n = m.nruns < 6 ? m.nruns : 6;

    return n ? &m.runs[m.nruns - 1 - (int) (r % (unsigned) n)] : NULL;
}


static inline void
o_limits(words_t *a, const limit_t *l)
{
    c_int(a, l->interval_us);
    c_int(a, l->burst);
    c_int(a, l->concurrent);
}


/* --- submit --- */

static inline void
o_submit_words(const submit_t *s, words_t *a)
{
    char  digest[MZ_SHA256_HEX_LEN + 1];

    (void) mz_sha256_hex(mz_str_from(prompts[s->prompt]), digest);
    c_int(a, fx.now);
    c_str(a, s->cid.s);
    c_int(a, s->conv == NONE);
    c_str(a, s->pid.s);
    c_str(a, prompts[s->prompt]);
    c_str(a, "T");
    c_int(a, s->takes_over);
    c_str(a, digest);
    c_int(a, s->attaches ? ATTACH : 0);
    c_int(a, RETENTION);
    c_int(a, s->max);
    c_int(a, LEASE);
    c_str(a, "tr");
    c_str(a, projects[scopes[s->scope].project].name);
    o_limits(a, &s->limit);
    c_int(a, s->max_queued);
    c_int(a, s->elsewhere);
    c_int(a, s->is_admitted);
}


static inline const char *
o_send_submit(const submit_t *s)
{
    char         got[64];
    run_t       *run;
    int64_t      wait;
    words_t      a = { .n = 0 };
    redisReply  *r;
    const char  *want;

    o_submit_words(s, &a);
    r = c_script(MZ_SCRIPT_SUBMIT, scopes[s->scope].part, s->scope, &a);
    wait = 0;
    want = m_submit(s, &run, &wait);
    snprintf(got, sizeof(got), "%s", c_word(r, 0));

    if (strcmp(got, "limited") == 0) {
        snprintf(got, sizeof(got), "limited %s", c_word(r, 1));
        c_expect_int("wait", r, 2, wait);

    } else if (strcmp(got, "admit") != 0
               && strcmp(got, "no_conversation") != 0 && run)
    {
        c_expect("cid", c_word(r, 1), m.convs[run->conv].id.s);
        c_expect("pid", c_word(r, 2), run->id.s);
    }

    m_say("submit %s %s in %s \"%s\"%s: %s %s\n", scopes[s->scope].name,
          s->pid.s, s->conv == NONE ? "new" : s->cid.s, prompts[s->prompt],
          s->takes_over ? " takes over" : "", got, run ? run->id.s : "");
    c_expect("submit", got, want);

    return want;
}


/* In a new conversation, in one of the newest, in one that nobody knows. */
static inline const char *
o_submit(const step_t *step, bool is_new, bool takes_over)
{
    int       n;
    submit_t  s;

    memset(&s, 0, sizeof(s));
    s.scope = (int) (step->r[0] % SCOPES);
    s.conv = NONE;
    s.prompt = (int) (step->r[1] % PROMPTS);
    s.cid = fx_id(MZ_ID_CONV);
    s.pid = fx_id(MZ_ID_RUN);
    s.takes_over = takes_over;
    s.attaches = step->r[2] % 4 != 0;
    s.is_admitted = step->r[3] % 8 != 0;
    s.limit = limits[step->r[4] % MZ_ARRAY_LEN(limits)];
    s.max = 1 + step->r[7] / 2 % 2;
    s.max_queued = step->r[5] % 4 == 0 ? 2 : 0;
    s.elsewhere = step->r[5] / 4 % 3;

    if (!is_new) {
        n = m.nconvs < 4 ? m.nconvs : 4;
        s.conv = n == 0 || step->r[6] % 16 == 0 ? CONVS_MAX
                 : m.nconvs - 1 - (int) (step->r[6] % (unsigned) n);
    }

    if (s.conv >= 0 && s.conv < CONVS_MAX) {
        s.scope = m.convs[s.conv].scope;
        s.cid = m.convs[s.conv].id;
    }

    return o_send_submit(&s);
}


/* The reply of the first time did not arrive. */
static inline const char *
o_submit_again(const step_t *step)
{
    run_t     *run;
    submit_t   s;

    run = o_run(step->r[0]);

    if (run == NULL || run->is_gone) {
        return NULL;
    }

    memset(&s, 0, sizeof(s));
    s.scope = run->scope;
    s.conv = NONE;
    s.cid = m.convs[run->conv].id;
    s.pid = run->id;
    s.prompt = run->prompt;
    s.attaches = true;
    s.is_admitted = true;
    s.limit = limits[2];
    s.max = s.max_queued = 1;

    return o_send_submit(&s);
}


/* --- claim, and what a worker writes --- */

static inline const char *
o_claim(const step_t *step)
{
    int          worker;
    run_t       *run;
    words_t      a = { .n = 0 };
    redisReply  *r;
    const char  *want;

    run = o_run(step->r[0]);
    worker = (int) (step->r[1] % WORKERS);

    if (run == NULL) {
        return NULL;
    }

    c_int(&a, fx.now);
    c_str(&a, run->id.s);
    c_str(&a, worker_names[worker]);
    c_int(&a, LEASE);
    r = c_script(MZ_SCRIPT_CLAIM, m_part(run), run->scope, &a);
    want = m_claim(run, worker);
    m_say("claim %s by %s: %s\n", run->id.s, worker_names[worker], want);
    c_expect("claim", c_word(r, 0), want);

    if (strcmp(want, "claimed") == 0) {
        c_expect_int("attempt", r, 1, run->attempt);
        c_expect("prompt", c_word(r, 3), prompts[run->prompt]);
        w_believe(worker, run);
    }

    return want;
}


typedef struct {
    int       scope;
    mz_id_t   run;
    int64_t   attempt;
    int       holder;               /* NONE: only the number */
} fence_t;


/* What a worker believes, mostly; else any number of any run. */
static inline bool
o_fence(const step_t *step, fence_t *f)
{
    int              worker;
    run_t           *run;
    const belief_t  *b;

    worker = (int) (step->r[0] % WORKERS);
    f->holder = step->r[1] % 3 == 0 ? NONE : worker;

    if (w[worker].nbeliefs && step->r[2] % 4 != 0) {
        b = &w[worker].beliefs[(unsigned) (w[worker].nbeliefs - 1
                               - (int) (step->r[3] % 3 == 0)) % BELIEFS];
        f->scope = b->scope;
        f->run = b->run;
        f->attempt = b->attempt;

        return b->run.s[0] != '\0';
    }

    run = o_run(step->r[3]);

    if (run) {
        f->scope = run->scope;
        f->run = run->id;
        f->attempt = run->attempt + (int) (step->r[4] % 3) - 1;
    }

    return run && f->attempt >= 0;
}


static inline void
o_fence_words(words_t *a, const fence_t *f, bool has_now)
{
    char  text[48];

    if (has_now) {
        c_int(a, fx.now);
    }

    snprintf(text, sizeof(text), f->holder == NONE ? "%lld" : "%lld@%s",
             LL(f->attempt), f->holder == NONE ? ""
                                               : worker_names[f->holder]);
    c_str(a, f->run.s);
    c_str(a, text);
}


/* What the script says to this worker; *run when it may write. */
static inline const char *
o_fenced(mz_script_t script, const fence_t *f, const words_t *a, run_t **run)
{
    redisReply  *r;
    const char  *want;

    *run = m_run(f->scope, &f->run);
    r = c_script(script, scopes[f->scope].part, f->scope, a);
    want = m_refusal(*run, f->attempt, f->holder);

    if (want && strcmp(want, "terminal") == 0) {
        c_expect("status", c_word(r, 1), mz_run_status_name((*run)->status));

    } else if (want && strcmp(want, "superseded") == 0) {
        c_expect_int("attempt", r, 1, (*run)->attempt);
    }

    m_say("%s %s %lld by %s: %s\n", mz_scripts[script].name, f->run.s,
          LL(f->attempt), f->holder == NONE ? "?" : worker_names[f->holder],
          want ? want : c_word(r, 0));

    if (want) {
        c_expect(mz_scripts[script].name, c_word(r, 0), want);
    }

    return want;
}


static inline const char *
o_write(const step_t *step, mz_script_t script, bool is_completed)
{
    run_t       *run;
    fence_t      f;
    words_t      a = { .n = 0 };
    const char  *refused;

    if (!o_fence(step, &f)) {
        return NULL;
    }

    o_fence_words(&a, &f, true);

    if (script == MZ_SCRIPT_EVENT) {
        c_str(&a, "planning");
        c_str(&a, "text");
        c_str(&a, "{}");

    } else if (script == MZ_SCRIPT_FINISH) {
        c_str(&a, is_completed ? "completed" : "failed");
        c_str(&a, "42");
        c_str(&a, "{}");
        c_str(&a, "{s}");
        c_str(&a, "{\"code\":\"x\",\"message\":\"y\"}");

    } else {
        c_int(&a, LEASE);
    }

    refused = o_fenced(script, &f, &a, &run);

    if (refused) {
        return refused;
    }

    c_expect(mz_scripts[script].name, c_word(fx.last, 0), "ok");

    switch (script) {

    case MZ_SCRIPT_RENEW:
        run->lease = run->due = fx.now + LEASE;
        break;

    case MZ_SCRIPT_EVENT:
        if (!m_is_said(run, "planning", "text", "{}")) {
            m_event(run, "progress", "planning", "text", "{}");
        }

        c_expect_int("seq", fx.last, 1, run->seq);
        break;

    case MZ_SCRIPT_FINISH:
        m_finish(run, is_completed);
        break;

    default:
        run->max++;
        m_requeue(run, "The worker gives it back; waiting for another");
        break;
    }

    return "ok";
}


#endif /* MZ_MODEL_OPS_H */
