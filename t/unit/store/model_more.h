
/*
 * model_more: the rest of the operations: artifacts, operators, the queue.
 */

#ifndef MZ_MODEL_MORE_H
#define MZ_MODEL_MORE_H

#include "store/model_ops.h"


/* --- artifacts --- */

static inline art_t *
o_last_art(int run)
{
    int  i;

    for (i = m.narts - 1; i >= 0; i--) {
        if (m.arts[i].run == run && m.arts[i].created
            && !m.arts[i].is_gone)
        {
            return &m.arts[i];
        }
    }

    return NULL;
}


static inline const char *
o_chunk(const fence_t *f, const mz_id_t *aid)
{
    run_t       *run;
    words_t      a = { .n = 0 };
    const char  *refused;

    o_fence_words(&a, f, false);
    c_str(&a, aid->s);
    c_int(&a, 0);
    c_str(&a, "abc");
    refused = o_fenced(MZ_SCRIPT_CHUNK, f, &a, &run);

    if (refused == NULL) {
        c_expect("chunk", c_word(fx.last, 0), "ok");
    }

    return refused;
}


static inline void
m_commit(run_t *run, art_t *art)
{
    int   i;
    char  data[192], phase[16];

    memcpy(phase, run->phase, sizeof(phase));
    art->created = fx.now;
    art->attempt = run->attempt;
    art->is_current = art->is_listed = true;

    for (i = 0; i < m.narts; i++) {
        if (m.runs[m.arts[i].run].scope == run->scope && m.arts[i].is_listed
            && m.arts[i].created < fx.now - (int64_t) RETENTION * 1000)
        {
            m.arts[i].is_listed = false;
        }
    }

    snprintf(data, sizeof(data), "{\"artifact_id\":\"%s\",\"kind\":\"json\","
             "\"name\":\"n\",\"title\":\"t\",\"rows\":7}", art->id.s);
    m_event(run, "artifact", phase, "t", data);
}


/* Without a chunk, with one, one that is missing, sent again, a chunk only. */
static inline const char *
o_artifact(const step_t *step)
{
    int          kind;
    art_t       *art, *again, fresh;
    run_t       *run;
    fence_t      f;
    words_t      a = { .n = 0 };
    const char  *refused;

    if (!o_fence(step, &f)) {
        return NULL;
    }

    kind = (int) (step->r[5] % 5);
    run = m_run(f.scope, &f.run);
    again = kind == 3 && run ? o_last_art(m_index(run)) : NULL;
    memset(&fresh, 0, sizeof(fresh));
    fresh.id = again ? again->id : fx_id(MZ_ID_ARTIFACT);
    fresh.run = run ? m_index(run) : NONE;
    fresh.has_chunk = again ? again->has_chunk : kind == 1 || kind == 4;

    if (kind == 1 || kind == 4) {
        refused = o_chunk(&f, &fresh.id);

        if (refused) {
            return refused;
        }
    }

    if (kind == 4) {
        m.arts[m_new(&m.narts, ARTS_MAX)] = fresh;
        return "chunk";
    }

    o_fence_words(&a, &f, true);
    c_str(&a, fresh.id.s);
    c_int(&a, fresh.has_chunk || kind == 2);
    c_str(&a, "kind");
    c_str(&a, "json");
    c_str(&a, "name");
    c_str(&a, "n");
    c_str(&a, "title");
    c_str(&a, "t");
    c_str(&a, "rows");
    c_str(&a, "7");
    refused = o_fenced(MZ_SCRIPT_ARTIFACT, &f, &a, &run);

    if (refused) {
        return refused;
    }

    if (kind == 2) {
        c_expect("artifact", c_word(fx.last, 0), "incomplete");
        c_expect_int("missing", fx.last, 1, 0);

        return "incomplete";
    }

    c_expect("artifact", c_word(fx.last, 0), "ok");

    if (again == NULL) {
        art = &m.arts[m_new(&m.narts, ARTS_MAX)];
        *art = fresh;
        m_commit(run, art);
    }

    c_expect_int("seq", fx.last, 1, run->seq);

    if (kind == 3 && again == NULL && m_failed[0] == '\0') {
        return o_artifact(step);
    }

    return again ? "again" : "ok";
}


/* --- of clients and operators: no attempt --- */

static inline const char *
o_order(const step_t *step, mz_script_t script)
{
    run_t       *run;
    words_t      a = { .n = 0 };
    redisReply  *r;
    const char  *want;

    run = o_run(step->r[0]);

    if (run == NULL) {
        return NULL;
    }

    c_int(&a, fx.now);
    c_str(&a, run->id.s);

    if (script == MZ_SCRIPT_REQUEUE) {
        c_int(&a, LEASE);
    }

    c_str(&a, "as told");
    r = c_script(script, m_part(run), run->scope, &a);
    want = run->is_gone ? "gone" : m_is_over(run) ? "terminal"
           : script == MZ_SCRIPT_CANCEL ? "cancelled" : "ok";
    m_say("%s %s: %s\n", mz_scripts[script].name, run->id.s, want);
    c_expect(mz_scripts[script].name, c_word(r, 0), want);

    if (!m_is_alive(run)) {
        return want;
    }

    if (script == MZ_SCRIPT_DROP) {
        m_lose(run, "as told");

    } else if (script == MZ_SCRIPT_CANCEL) {
        snprintf(run->error, sizeof(run->error), "{\"code\":\"cancelled\","
                 "\"message\":\"as told\"}");
        run->is_cancelled = true;
        m_end(run, MZ_RUN_CANCELLED, "as told");

    } else if (run->status == MZ_RUN_RUNNING) {
        run->max++;
        m_requeue(run, "as told");

    } else {
        m_job_drop(run);
        m_queue_add(run);
        m_job_add(run);
    }

    return want;
}


static inline int
o_part(unsigned r)
{
    return r % 2 ? 3 : 1;           /* where there are scopes */
}


static inline const char *
o_sweep(int part, int limit, bool forgets)
{
    sweep_t      want;
    words_t      a = { .n = 0 };
    redisReply  *r;

    c_set_idle(part);

    if (forgets) {
        usleep(1100);
    }

    c_int(&a, fx.now);
    c_int(&a, limit);
    c_int(&a, LEASE);
    c_int(&a, forgets ? 1 : 86400000);
    r = c_script(MZ_SCRIPT_SWEEP, part, NONE, &a);
    want = m_sweep(part, limit, forgets);
    m_say("sweep %d, at most %d%s: %d queued again, %d lost, %d dropped\n",
          part, limit, forgets ? ", forgets" : "", want.requeued, want.lost,
          want.dropped);
    c_expect("sweep", c_word(r, 0), "swept");
    c_expect_int("requeued", r, 1, want.requeued);
    c_expect_int("lost", r, 2, want.lost);
    c_expect_int("dropped", r, 3, want.dropped);
    c_expect_int("failed", r, 4, 0);

    return forgets ? "forgets" : want.lost ? "lost" : want.requeued
           ? "requeued" : want.dropped ? "dropped" : "nothing";
}


static inline const char *
o_pause(int part)
{
    m.is_paused[part] = !m.is_paused[part];
    m_say("%s %d\n", m.is_paused[part] ? "pause" : "resume", part);

    if (m.is_paused[part]) {
        fx_do("SET", c_key(MZ_KEY_PAUSED, part, NONE, ""), "1", NULL, NULL);

    } else {
        fx_do("DEL", c_key(MZ_KEY_PAUSED, part, NONE, ""), NULL, NULL, NULL);
    }

    return m.is_paused[part] ? "pause" : "resume";
}


/* --- the queue --- */

static inline const char *
o_poll(int worker, int part)
{
    mz_rc_t      rc;
    mz_job_t     job;
    token_t     *t;
    mz_queue_t   q;

    mz_queue_init(&q, &fx.conf);
    q.part = (unsigned) part;
    mz_queue_poll(&q, &fx.cmds, mz_str_from(worker_names[worker]));
    rc = mz_queue_poll_decode(&q, fx_run(), &job, NULL);

    if (!m.has_group[part]) {
        m_say("poll %d by %s: no group\n", part, worker_names[worker]);

        if (rc != MZ_AGAIN) {
            m_fail("a poll without a group: %d", rc);
        }

        mz_reply_free(redisCommand(fx.ctx, "XGROUP CREATE %s agents 0 "
                                   "MKSTREAM",
                                   c_key(MZ_KEY_JOBS, part, NONE, "")));
        m.has_group[part] = m.has_jobs[part] = true;

        return "no group";
    }

    t = m_poll(worker, part);
    m_say("poll %d by %s: %s\n", part, worker_names[worker],
          t ? t->id : "nothing");

    if (rc != (t ? MZ_OK : MZ_NOT_FOUND)
        || (t && (strcmp(job.entry.s, t->id) != 0
                  || strcmp(job.run.s, m.runs[t->run].id.s) != 0)))
    {
        m_fail("poll: %d, %s, %s", rc, job.entry.s, job.run.s);
    }

    if (t) {
        w[worker].part = part;
        snprintf(w[worker].entry, sizeof(w[worker].entry), "%s", t->id);
    }

    return t ? "ok" : "nothing";
}


static inline const char *
o_take(int worker, int part, const char *entry, int hint)
{
    run_t       *run;
    words_t      a = { .n = 0 };
    redisReply  *r;
    const char  *want;

    c_int(&a, fx.now);
    c_str(&a, worker_names[worker]);
    c_int(&a, LEASE);
    c_str(&a, entry);
    c_str(&a, hint == NONE ? "" : projects[hint].name);
    r = c_script(MZ_SCRIPT_TAKE, part, NONE, &a);
    run = NULL;
    want = m_take(worker, part, entry, hint, &run);
    m_say("take %d %s by %s for %d: %s %s\n", part, entry,
          worker_names[worker], hint, want, run ? run->id.s : "");
    c_expect("take", c_word(r, 0), want);

    if (run) {
        c_expect("scope", c_word(r, 1), scopes[run->scope].name);
        c_expect("run", c_word(r, 2), run->id.s);
        c_expect_int("attempt", r, 3, run->attempt);
        c_expect("conv", c_word(r, 4), m.convs[run->conv].id.s);
        c_expect("prompt", c_word(r, 5), prompts[run->prompt]);
        c_expect("trace", c_word(r, 6), "tr");
        w_believe(worker, run);
    }

    return want;
}


/* With the wake-up in hand (kept, so that the next may be the same again). */
static inline const char *
o_take_any(const step_t *step)
{
    int  worker, hint;

    worker = (int) (step->r[0] % WORKERS);
    hint = (int) (step->r[1] % (PROJECTS + 1)) - 1;

    if (w[worker].entry[0] == '\0' || step->r[2] % 8 == 0) {
        return o_take(worker, o_part(step->r[3]), "1-1", hint);
    }

    return o_take(worker, w[worker].part, w[worker].entry, hint);
}


/* A worker's whole turn: looks, chooses, reads there, takes. */
static inline const char *
o_turn(const step_t *step)
{
    int          i, worker, part, project;
    bool         skip[MZ_STORE_PARTITIONS_MAX] = { false }, is_found;
    mz_rc_t      rc;
    mz_turn_t    turn;
    redisReply  *replies[PARTS * MZ_FAIR_REPLIES];

    worker = (int) (step->r[0] % WORKERS);
    mz_fair_look(&fx.cmds, &fx.conf);
    fx_send(replies, MZ_ARRAY_LEN(replies));
    rc = mz_fair_choose(&fx.conf, replies, step->r[1] % PARTS, skip, &turn,
                        NULL);

    for (i = 0; i < (int) MZ_ARRAY_LEN(replies); i++) {
        mz_reply_free(replies[i]);
    }

    part = project = 0;
    is_found = m_choose((int) (step->r[1] % PARTS), &part, &project);
    m_say("%s looks: %s%d %d\n", worker_names[worker],
          is_found ? "" : "nobody ", part, project);

    if (rc != (is_found ? MZ_OK : MZ_NOT_FOUND)
        || (is_found && ((int) turn.part != part
                         || strcmp(turn.project, projects[project].name)
                            != 0)))
    {
        m_fail("choose: %d, partition %u, project %s, not %d %d", rc,
               turn.part, turn.project, part, project);
    }

    if (!is_found) {
        return "nobody";
    }

    if (strcmp(o_poll(worker, part), "ok") != 0) {
        return "no wake-up";
    }

    return strcmp(o_take(worker, part, w[worker].entry, project), "taken") == 0
           ? "taken" : "nobody";    /* all that were in line had expired */
}


#endif /* MZ_MODEL_MORE_H */
