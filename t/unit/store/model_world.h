
/*
 * model_world: what else happens: the limits of projects, time, keys that
 * expire, and what is lost.
 */

#ifndef MZ_MODEL_WORLD_H
#define MZ_MODEL_WORLD_H

#include "store/model_more.h"


/* --- limits of projects --- */

static inline const char *
o_admit(const step_t *step)
{
    int                i, p, scope;
    char               got[64];
    run_t             *run;
    mz_id_t            pid;
    int64_t            wait;
    words_t            a = { .n = 0 };
    place_t           *place;
    redisReply        *r;
    const char        *want;
    const limit_t     *l;
    mz_admit_reply_t   reply;

    p = (int) (step->r[0] % PROJECTS);
    l = &limits[1 + step->r[1] % (MZ_ARRAY_LEN(limits) - 1)];
    run = o_run(step->r[2]);
    scope = run ? run->scope : 0;
    pid = run && step->r[3] % 3 == 0 ? run->id : fx_id(MZ_ID_RUN);

    snprintf(got, sizeof(got), "%s:%s", scopes[scope].name, pid.s);
    c_int(&a, fx.now);
    c_str(&a, projects[p].name);
    c_str(&a, got);
    o_limits(&a, l);
    c_int(&a, RETENTION);
    r = c_script(MZ_SCRIPT_ADMIT, projects[p].part, NONE, &a);
    snprintf(got, sizeof(got), "%s", c_word(r, 0));
    want = NULL;
    wait = m_wait(m.project_tat[p], l);

    for (i = 0; i < m.nplaces[p]; i++) {
        if (m.places[p][i].scope == scope
            && strcmp(m.places[p][i].run.s, pid.s) == 0)
        {
            want = "ok";
        }
    }

    if (want == NULL && wait > 0) {
        want = "limited";
        c_expect("reason", c_word(r, 1), "rate");
        c_expect_int("wait", r, 2, wait);

    } else if (want == NULL && l->concurrent
               && m.nplaces[p] >= l->concurrent)
    {
        want = "full";

        if (mz_admit_decode(r, &reply, NULL) != MZ_OK
            || reply.now_ms != fx.now || (int) reply.n != m.nplaces[p])
        {
            m_fail("full: %zu places of %d", reply.n, m.nplaces[p]);
        }

        free(reply.places);

    } else if (want == NULL) {
        want = "ok";
        m.project_tat[p] = m_spent(m.project_tat[p], l);
        place = &m.places[p][m_new(&m.nplaces[p], PLACES_MAX)];
        place->scope = scope;
        place->run = pid;
        place->at = fx.now;
    }

    m_say("admit %s to %d: %s\n", pid.s, p, want);
    c_expect("admit", got, want);

    return want;
}


static inline const char *
o_release(const step_t *step)
{
    int          p, i;
    char         member[96];
    words_t      a = { .n = 0 };
    place_t     *place;
    redisReply  *r;

    p = (int) (step->r[0] % PROJECTS);
    c_str(&a, projects[p].name);
    c_int(&a, 1000000);

    if (m.nplaces[p] == 0 || step->r[1] % 8 == 0) {
        c_str(&a, "tat");
        r = c_script(MZ_SCRIPT_RELEASE, projects[p].part, NONE, &a);
        m_say("release nobody of %d\n", p);
        c_expect_int("released", r, 1, 0);

        return "nothing";
    }

    i = (int) (step->r[2] % (unsigned) m.nplaces[p]);
    place = &m.places[p][i];
    snprintf(member, sizeof(member), "%s:%s", scopes[place->scope].name,
             place->run.s);
    c_str(&a, member);
    r = c_script(MZ_SCRIPT_RELEASE, projects[p].part, NONE, &a);
    m_say("release %s of %d\n", place->run.s, p);
    c_expect_int("released", r, 1, 1);
    m.places[p][i] = m.places[p][--m.nplaces[p]];
    m.project_tat[p] -= m.project_tat[p] ? 1000000 : 0;

    return "ok";
}


/* --- time --- */

static inline const char *
o_wait(const step_t *step)
{
    int64_t               ms;
    static const int64_t  steps[] = {
        1, 10000, LEASE / 2, LEASE / 2, LEASE - 1, LEASE, LEASE, LEASE + 1,
        -LEASE, -10 * LEASE, 31 * INT64_C(86400000)
    };

    ms = steps[step->r[0] % MZ_ARRAY_LEN(steps)];
    fx.now += ms;
    m_say("the clock goes by %lld to %lld\n", LL(ms), LL(fx.now));

    return ms > 0 ? "ok" : "back";
}


/* --- mishaps --- */

static inline void
o_delete(const char *pattern)
{
    char  source[256];

    snprintf(source, sizeof(source), "for _, k in ipairs(redis.call('KEYS', "
             "'%s')) do redis.call('DEL', k) end return 1", pattern);
    c_eval(source);
}


static inline const char *
o_expire(const step_t *step)
{
    int           s;
    char          pattern[128];
    run_t        *run;
    conv_t       *conv;

    run = o_run(step->r[0]);

    if (run == NULL) {
        return NULL;
    }

    s = run->scope;
    conv = &m.convs[run->conv];

    switch (step->r[1] % 5) {

    case 0:
        m_say("run %s expires\n", run->id.s);
        fx_do("DEL", c_key(MZ_KEY_RUN, scopes[s].part, s, run->id.s),
              c_key(MZ_KEY_EVENTS, scopes[s].part, s, run->id.s), NULL, NULL);
        m_expire_run(run);
        return "run";

    case 1:
        m_say("conversation %s expires\n", conv->id.s);
        fx_do("DEL", c_key(MZ_KEY_CONV, scopes[s].part, s, conv->id.s),
              c_key(MZ_KEY_TURNS, scopes[s].part, s, conv->id.s), NULL,
              NULL);
        m_expire_conv(conv);
        return "conversation";

    case 2:
        m_say("prompt \"%s\" of %s is forgotten\n", prompts[run->prompt],
              scopes[s].name);
        snprintf(pattern, sizeof(pattern), S_FMT ":attach:*", S_ARG(s));
        o_delete(pattern);
        memset(m.attach[s], 0xff, sizeof(m.attach[s]));
        return "attach";

    case 3:
        m_say("limits of %s expire\n", scopes[s].name);
        fx_do("DEL", c_key(MZ_KEY_LIMITS, scopes[s].part, s, ""), NULL, NULL,
              NULL);
        m_expire_limits(s);
        return "limits";

    default:
        m_say("all of %s expires\n", scopes[s].name);
        snprintf(pattern, sizeof(pattern), S_FMT ":*", S_ARG(s));
        o_delete(pattern);
        m_expire_scope(s);
        return "scope";
    }
}


/* One of the wake-ups in a partition, or NULL. */
static inline token_t *
o_token(unsigned r, int part)
{
    int  i, k, n;

    n = m_queued(part);
    k = n ? (int) (r % (unsigned) n) : 0;

    for (i = 0; i < m.ntokens; i++) {
        if (m.tokens[i].part == part && m.tokens[i].exists && k-- == 0) {
            return &m.tokens[i];
        }
    }

    return NULL;
}


/* Somebody who should not, in the stream of wake-ups. */
static inline const char *
o_lose(const step_t *step)
{
    int       part;
    token_t  *t;

    part = o_part(step->r[0]);
    t = o_token(step->r[1], part);

    if (step->r[2] % 5 == 0) {
        m_say("jobs of %d are deleted\n", part);
        fx_do("DEL", c_key(MZ_KEY_JOBS, part, NONE, ""), NULL, NULL, NULL);
        m_lose_jobs(part);
        usleep(1100);           /* or a new entry may have an old id */
        return "stream";
    }

    if (step->r[2] % 5 == 1) {
        m_say("group of %d is destroyed\n", part);
        fx_do("XGROUP", "DESTROY", c_key(MZ_KEY_JOBS, part, NONE, ""),
              "agents", NULL);
        m_group_lose(part);
        return "group";
    }

    if (t == NULL) {
        return NULL;
    }

    if (step->r[2] % 5 == 2) {
        m_say("wake-up %s is deleted\n", t->id);
        fx_do("XDEL", c_key(MZ_KEY_JOBS, part, NONE, ""), t->id, NULL, NULL);
        t->exists = false;
        return "entry";
    }

    if (step->r[2] % 5 == 3) {
        m_say("jobs of %d are trimmed to one\n", part);
        fx_do("XTRIM", c_key(MZ_KEY_JOBS, part, NONE, ""), "MAXLEN", "1",
              NULL);
        m_trim_to_one(part);
        return "trim";
    }

    m_say("wake-up %s is acknowledged\n", t->id);
    fx_do("XACK", c_key(MZ_KEY_JOBS, part, NONE, ""), "agents", t->id, NULL);
    t->reader = NONE;

    return "ack";
}


static inline const char *
o_fail_over(void)
{
    if (!m_has_backup) {
        m_say("a replica falls behind\n");
        c_backup();
        return "backup";
    }

    m_say("the replica takes over\n");
    c_fail_over();
    usleep(1100);

    return "restore";
}


#endif /* MZ_MODEL_WORLD_H */
