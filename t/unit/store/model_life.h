
/*
 * model_life: what becomes of a run, from submit to its end.  Each function
 * is one script: it changes m and returns the word that the script replies.
 */

#ifndef MZ_MODEL_LIFE_H
#define MZ_MODEL_LIFE_H

#include "store/model_limits.h"


/* --- parts that several have --- */

static inline void
m_event(run_t *run, const char *type, const char *phase, const char *text,
    const char *data)
{
    event_t  *e;

    e = &m.events[m_new(&m.nevents, EVENTS_MAX)];
    run->seq++;
    run->updated = fx.now;
    snprintf(run->phase, sizeof(run->phase), "%s", phase);

    e->run = m_index(run);
    e->seq = run->seq;
    e->attempt = run->attempt;
    e->at = fx.now;
    e->type = type;
    snprintf(e->phase, sizeof(e->phase), "%s", phase);
    snprintf(e->text, sizeof(e->text), "%s", text);
    snprintf(e->data, sizeof(e->data), "%s", data);
}


/* The same progress twice in a row is one that was sent twice. */
static inline bool
m_is_said(const run_t *run, const char *phase, const char *text,
    const char *data)
{
    int             i;
    const event_t  *e;

    for (i = m.nevents - 1; i >= 0; i--) {
        e = &m.events[i];

        if (e->run == m_index(run)) {
            return e->seq == run->seq && e->attempt == run->attempt
                   && strcmp(e->type, "progress") == 0
                   && strcmp(e->phase, phase) == 0
                   && strcmp(e->text, text) == 0 && strcmp(e->data, data) == 0;
        }
    }

    return false;
}


static inline void
m_conv_touch(run_t *run)
{
    int      i;
    conv_t  *conv, *c;

    conv = &m.convs[run->conv];

    if (!conv->exists) {
        return;
    }

    conv->updated = conv->listed = fx.now;

    for (i = 0; i < m.nconvs; i++) {
        c = &m.convs[i];

        if (c->scope == conv->scope && c->listed
            && c->listed < fx.now - (int64_t) RETENTION * 1000)
        {
            c->listed = 0;
        }
    }
}


static inline void
m_turn(run_t *run, bool is_answer)
{
    turn_t  *t;

    t = &m.turns[m_new(&m.nturns, TURNS_MAX)];
    t->conv = run->conv;
    t->run = m_index(run);
    t->at = fx.now;
    t->is_answer = is_answer;
    m.convs[run->conv].turns++;
}


static inline void
m_end(run_t *run, mz_run_status_t status, const char *text)
{
    char     data[48];
    conv_t  *conv;

    run->status = status;
    run->finished = fx.now;
    run->lease = 0;
    snprintf(data, sizeof(data), "{\"status\":\"%s\"}",
             mz_run_status_name(status));
    m_event(run, "end", mz_run_status_name(status), text, data);
    m_job_drop(run);
    m_queue_drop(run);
    run->due = 0;
    run->counted = 0;
    conv = &m.convs[run->conv];

    if (conv->exists && conv->active == m_index(run)) {
        conv->active = NONE;
    }

    m_conv_touch(run);
}


static inline void
m_lose(run_t *run, const char *reason)
{
    dead_t  *d;

    snprintf(run->error, sizeof(run->error),
             "{\"code\":\"lost\",\"message\":\"%s\"}", reason);
    m_end(run, MZ_RUN_LOST, reason);
    d = &m.deads[m_new(&m.ndeads, DEADS_MAX)];
    d->run = m_index(run);
    d->at = fx.now;
    snprintf(d->reason, sizeof(d->reason), "%s", reason);
}


static inline void
m_requeue(run_t *run, const char *text)
{
    run->status = MZ_RUN_QUEUED;
    run->worker = NONE;
    run->lease = 0;
    m_event(run, "progress", "requeued", text, "");
    m_queue_add(run);
    m_job_add(run);
}


static inline void
m_claim_it(run_t *run, int worker)
{
    int    i;
    char   text[48];

    for (i = 0; i < m.narts; i++) {
        if (m.arts[i].run == m_index(run) && m.arts[i].is_current) {
            m.arts[i].is_current = m.arts[i].is_listed = false;
        }
    }

    run->attempt++;
    run->status = MZ_RUN_RUNNING;
    run->worker = worker;
    run->started = fx.now;
    run->lease = run->due = fx.now + LEASE;
    m_queue_served(run);
    m_job_drop(run);
    snprintf(text, sizeof(text), "Started again, attempt %d",
             (int) run->attempt);
    m_event(run, "progress", "started", run->attempt == 1 ? "Started" : text,
            "");
}


/* Those that the retention has outlived leave the list. */
static inline void
m_list(run_t *run)
{
    int  i;

    run->is_listed = true;

    for (i = 0; i < m.nruns; i++) {
        if (m.runs[i].scope == run->scope
            && m.runs[i].created < fx.now - (int64_t) RETENTION * 1000)
        {
            m.runs[i].is_listed = false;
        }
    }
}


/* --- scripts --- */

typedef struct {
    int               scope;
    int               conv;         /* NONE: new; CONVS_MAX: unknown */
    int               prompt;
    mz_id_t           cid;
    mz_id_t           pid;
    bool              takes_over;
    bool              attaches;
    bool              is_admitted;
    limit_t           limit;
    int64_t           max;          /* attempts */
    int64_t           max_queued;
    int64_t           elsewhere;
} submit_t;


static inline int
m_queued(int part)
{
    int  i, n;

    for (i = n = 0; i < m.ntokens; i++) {
        n += m.tokens[i].exists && m.tokens[i].part == part;
    }

    return n;
}


/* A take-over that is asked for once more. */
static inline bool
m_repeats(const submit_t *s, const run_t *holder)
{
    return holder->took_over && holder->prompt == s->prompt
           && fx.now - holder->created
              <= (s->attaches ? ATTACH * INT64_C(1000) : 0);
}


/* *run: the one that the reply names. */
static inline const char *
m_submit(const submit_t *s, run_t **run, int64_t *wait)
{
    int      found;
    run_t   *r, *victim;
    conv_t  *conv;

    *run = m_run(s->scope, &s->pid);
    victim = NULL;

    if (*run && !(*run)->is_gone) {
        return "running";
    }

    if (s->conv == NONE) {
        found = s->attaches ? m.attach[s->scope][s->prompt] : NONE;

        if (found != NONE && m_is_alive(&m.runs[found])) {
            *run = &m.runs[found];
            return "attached";
        }

    } else {
        if (s->conv == CONVS_MAX || !m.convs[s->conv].exists) {
            return "no_conversation";
        }

        conv = &m.convs[s->conv];

        if (conv->active != NONE && m_is_alive(&m.runs[conv->active])) {
            *run = victim = &m.runs[conv->active];

            if (!s->takes_over || m_repeats(s, victim)) {
                return victim->prompt == s->prompt ? "attached" : "busy";
            }
        }
    }

    *wait = m_wait(m.tat[s->scope], &s->limit);

    if (*wait > 0) {
        return "limited rate";
    }

    *wait = COME_BACK;

    if (m_is_full(s->scope, &s->limit, victim)) {
        return "limited concurrent";
    }

    if (!s->is_admitted) {
        return "admit";
    }

    if (s->max_queued > 0 && m_queued(scopes[s->scope].part) + s->elsewhere
                             >= s->max_queued)
    {
        return "limited queue";
    }

    if (victim) {
        snprintf(victim->error, sizeof(victim->error), "{\"code\":"
                 "\"cancelled\",\"message\":\"A newer prompt in this "
                 "conversation took over\"}");
        victim->is_cancelled = true;
        m_end(victim, MZ_RUN_CANCELLED,
              "A newer prompt in this conversation took over");
    }

    r = &m.runs[m_new(&m.nruns, RUNS_MAX)];
    memset(r, 0, sizeof(run_t));
    r->id = s->pid;
    r->scope = s->scope;
    r->prompt = s->prompt;
    r->conv = s->conv == NONE ? m_new(&m.nconvs, CONVS_MAX) : s->conv;
    r->worker = r->job = NONE;
    r->max = s->max;
    r->created = r->counted = fx.now;
    r->took_over = s->takes_over;
    conv = &m.convs[r->conv];

    if (s->conv == NONE) {
        memset(conv, 0, sizeof(conv_t));
        conv->id = s->cid;
        conv->scope = s->scope;
        conv->created = fx.now;
        conv->exists = true;

        if (s->attaches) {
            m.attach[s->scope][s->prompt] = m_index(r);
        }
    }

    conv->active = conv->last = m_index(r);
    m_list(r);
    m_conv_touch(r);
    m_turn(r, false);
    m.tat[s->scope] = m_spent(m.tat[s->scope], &s->limit);
    m_event(r, "progress", "queued", "Waiting for a worker", "");
    m_queue_add(r);
    m_job_add(r);
    *run = r;

    return "running";
}


static inline const char *
m_claim(run_t *run, int worker)
{
    if (run == NULL || run->is_gone) {
        return "gone";
    }

    if (m_is_over(run)) {
        return "terminal";
    }

    if (run->status == MZ_RUN_RUNNING
        && (run->lease > fx.now || run->attempt >= run->max))
    {
        return "leased";
    }

    if (m.is_paused[m_part(run)]) {
        return "paused";
    }

    m_claim_it(run, worker);

    return "claimed";
}


/* NULL: may write.  worker NONE: only the number counts. */
static inline const char *
m_refusal(const run_t *run, int64_t attempt, int worker)
{
    if (run == NULL || run->is_gone) {
        return "gone";
    }

    if (m_is_over(run)) {
        return "terminal";
    }

    if (run->status != MZ_RUN_RUNNING || run->attempt != attempt
        || (worker != NONE && worker != run->worker))
    {
        return "superseded";
    }

    return NULL;
}


static inline void
m_finish(run_t *run, bool is_completed)
{
    if (!is_completed) {
        snprintf(run->error, sizeof(run->error),
                 "{\"code\":\"x\",\"message\":\"y\"}");
        m_end(run, MZ_RUN_FAILED, "");
        return;
    }

    if (m.convs[run->conv].exists) {
        m_turn(run, true);
    }

    run->is_answered = true;
    m_event(run, "answer", "answered", "", "");
    m_end(run, MZ_RUN_COMPLETED, "");
}


/* *taken: the run that the worker has now. */
static inline const char *
m_take(int worker, int part, const char *entry, int hint, run_t **taken)
{
    int       i;
    bool      is_there;
    run_t    *run, *other;
    token_t  *t;

    for (i = m.ntakens - 1; i >= 0; i--) {
        if (m.takens[i].part == part
            && strcmp(m.takens[i].entry, entry) == 0)
        {
            run = &m.runs[m.takens[i].run];

            if (m_refusal(run, run->attempt, worker) == NULL) {
                *taken = run;
                return "taken";
            }

            break;
        }
    }

    if (m.is_paused[part]) {
        return "paused";
    }

    t = m_token(part, entry);
    is_there = t && t->exists;
    run = m_fairest(part, hint);

    if (run) {
        m_claim_it(run, worker);
        i = i >= 0 ? i : m_new(&m.ntakens, TAKENS_MAX);
        m.takens[i].part = part;
        m.takens[i].run = m_index(run);
        snprintf(m.takens[i].entry, sizeof(m.takens[i].entry), "%s", entry);
    }

    if (t) {
        other = &m.runs[t->run];
        m_token_remove(t);

        if (is_there && !other->is_gone && other->status == MZ_RUN_QUEUED
            && other->job == (int) (t - m.tokens))
        {
            m_job_add(other);
        }
    }

    *taken = run;

    return run ? "taken" : "empty";
}


#endif /* MZ_MODEL_LIFE_H */
