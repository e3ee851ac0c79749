
/*
 * model_call: the scripts and commands of Redis for model_ops.h, in words as
 * docs/worker-protocol.md has them.
 */

#ifndef MZ_MODEL_CALL_H
#define MZ_MODEL_CALL_H

#include "store/admit.h"
#include "store/fair.h"
#include "store/model_check.h"


#define WORDS_MAX  24

typedef struct {
    char      text[WORDS_MAX][128];
    mz_str_t  v[WORDS_MAX];
    size_t    n;
} words_t;


static inline void
c_str(words_t *a, const char *s)
{
    snprintf(a->text[a->n], sizeof(a->text[0]), "%s", s);
    a->v[a->n] = mz_str_from(a->text[a->n]);
    a->n++;
}


static inline void
c_int(words_t *a, int64_t n)
{
    char  text[24];

    snprintf(text, sizeof(text), "%lld", (long long) n);
    c_str(a, text);
}


/* scope NONE: the script has the partition only. */
static inline redisReply *
c_script(mz_script_t script, int part, int scope, const words_t *a)
{
    char         keys[2][96];
    mz_str_t     k[2];
    redisReply  *r;

    snprintf(keys[0], sizeof(keys[0]), P_FMT, part);
    snprintf(keys[1], sizeof(keys[1]), S_FMT, part,
             scope == NONE ? "" : scopes[scope].name);
    k[0] = mz_str_from(keys[0]);
    k[1] = mz_str_from(keys[1]);
    mz_cmds_add_script(&fx.cmds, script, scope == NONE ? 1 : 2, k, a->n,
                       a->v);
    r = fx_run();

    if (r->type != REDIS_REPLY_ARRAY || r->elements == 0) {
        m_fail("script %s: %s", mz_scripts[script].name,
               r->str ? r->str : "no array");
    }

    return r;
}


/* A word of the reply, "" when there is none. */
static inline const char *
c_word(const redisReply *r, size_t i)
{
    static char      buf[4][256];
    static unsigned  k;
    mz_str_t         s;

    k = (k + 1) % 4;
    r = mz_reply_at(r, i);
    s = mz_reply_str(r);

    if (r && r->type == REDIS_REPLY_INTEGER) {
        snprintf(buf[k], sizeof(buf[k]), "%lld", r->integer);

    } else {
        snprintf(buf[k], sizeof(buf[k]), "%.*s", (int) s.len,
                 s.len ? s.data : "");
    }

    return buf[k];
}


static inline void
c_expect(const char *what, const char *got, const char *want)
{
    if (strcmp(got, want) != 0) {
        m_fail("%s: got \"%s\", want \"%s\"", what, got, want);
    }
}


static inline void
c_expect_int(const char *what, const redisReply *r, size_t i, int64_t want)
{
    int64_t  got;

    got = mz_reply_int(mz_reply_at(r, i), INT64_MIN);

    if (got != want) {
        m_fail("%s: got %lld, want %lld", what, LL(got), LL(want));
    }
}


static inline const char *
c_key(mz_key_kind_t kind, int part, int scope, const char *id)
{
    static mz_key_t  keys[8];
    static unsigned  i;

    i = (i + 1) % 8;
    mz_key(&keys[i], &fx.conf, kind, (unsigned) part,
           scope == NONE ? mz_null_str : mz_str_from(scopes[scope].name), id,
           0);

    return keys[i].s;
}


/* Ids of new wake-ups are Redis's to give: by their place in the stream. */
static inline void
c_learn(void)
{
    int          i, k, part, known;
    redisReply  *r;

    for (part = 0; part < PARTS; part++) {
        for (i = m.ntokens - 1, known = 1; i >= 0; i--) {
            known &= m.tokens[i].part != part || !m.tokens[i].exists
                     || m.tokens[i].id[0] != '\0';
        }

        if (known) {
            continue;
        }

        r = fx_do("XRANGE", c_key(MZ_KEY_JOBS, part, NONE, ""), "-", "+",
                  NULL);

        for (i = k = 0; i < m.ntokens && k < (int) r->elements; i++) {
            if (m.tokens[i].part == part && m.tokens[i].exists) {
                snprintf(m.tokens[i].id, sizeof(m.tokens[i].id), "%s",
                         r->element[k++]->element[0]->str);
            }
        }
    }
}


/* Makes Redis believe that so much time has passed since entries were read. */
static inline void
c_set_idle(int part)
{
    int       i, n;
    char      idle[24];
    token_t  *t;
    mz_str_t  a[8];
    redisReply  *replies[TOKENS_MAX];

    for (i = n = 0; i < m.ntokens; i++) {
        t = &m.tokens[i];

        if (t->part != part || !t->exists || t->reader == NONE) {
            continue;
        }

        snprintf(idle, sizeof(idle), "%lld", LL(m_idle(t)));
        a[0] = mz_str("XCLAIM");
        a[1] = mz_str_from(c_key(MZ_KEY_JOBS, part, NONE, ""));
        a[2] = mz_str("agents");
        a[3] = mz_str_from(worker_names[t->reader]);
        a[4] = mz_str("0");
        a[5] = mz_str_from(t->id);
        a[6] = mz_str("IDLE");
        a[7] = mz_str_from(idle);
        mz_cmds_add(&fx.cmds, 8, a);
        n++;
    }

    fx_send(replies, (size_t) n);

    while (n-- > 0) {
        mz_reply_free(replies[n]);
    }
}


/* --- backups: all of Redis in database 1, all of m beside it --- */

static model_t  m_backup;
static bool     m_has_backup;

static inline redisReply *
c_eval(const char *source)
{
    return fx_do("EVAL", source, "0", NULL, NULL);
}


static inline void
c_backup(void)
{
    if (c_eval("redis.call('SELECT', 1) redis.call('FLUSHDB') "
               "redis.call('SELECT', 0) "
               "for _, key in ipairs(redis.call('KEYS', '*')) do "
               "    redis.call('COPY', key, key, 'DB', 1) "
               "end return 1")->type != REDIS_REPLY_INTEGER)
    {
        m_fail("no backup: %s", fx.last->str);
    }

    m_backup = m;
    m_has_backup = true;
}


/* What was written since is not known to the new master. */
static inline void
c_fail_over(void)
{
    fx_do("SWAPDB", "0", "1", NULL, NULL);
    m = m_backup;
    m_has_backup = false;
}


#endif /* MZ_MODEL_CALL_H */
