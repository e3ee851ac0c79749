
/*
 * model_lines: all of m as lines of text, and all of Redis as the same lines
 * (by a script of the test's own), so that one comparison covers every key,
 * field, member, entry and expiry there is.
 */

#ifndef MZ_MODEL_LINES_H
#define MZ_MODEL_LINES_H

#include "store/model_sweep.h"


#define LINES_MAX  4096
#define TEXT_MAX   (1024 * 1024)

/*
 * Where Redis numbers by its own clock there are positions instead: of turns,
 * of the dead, of wake-ups.  An expiry is rounded up to full 1,000 s.
 */

static const char  m_dump_source[] =
    "local out = {}\n"
    "local function put(...) out[#out + 1] = table.concat({ ... }) end\n"
    "local function pos(key, id)\n"
    "    local e = redis.call('XRANGE', key, '-', id)\n"
    "    return #e, #e > 0 and e[#e][1] == id\n"
    "end\n"
    "local function entry(key, name, fields)\n"
    "    put(key, ' ', name, ' ', table.concat(fields, ' '))\n"
    "end\n"
    "local function group(key)\n"
    "    for _, g in ipairs(redis.call('XINFO', 'GROUPS', key)) do\n"
    "        put(key, ' group ', g[2], ' read ', (pos(key, g[8])))\n"
    "        local p = redis.call('XPENDING', key, g[2], '-', '+', 10000)\n"
    "        for _, e in ipairs(p) do\n"
    "            local n, is_there = pos(key, e[1])\n"
    "            put(key, ' pending ', is_there and n or 'gone', ' ', e[2])\n"
    "        end\n"
    "    end\n"
    "end\n"
    "local show = {}\n"
    "function show.string(key)\n"
    "    put(key, ' = ', redis.call('GET', key))\n"
    "end\n"
    "function show.set(key) put(key, ' is a set') end\n"
    "function show.hash(key)\n"
    "    local h = redis.call('HGETALL', key)\n"
    "    for i = 1, #h, 2 do\n"
    "        local v = h[i + 1]\n"
    "        if h[i] == 'job' then\n"
    "            local n, is_there = pos(string.match(key, '^.-}') .. ':jobs',"
                                       " v)\n"
    "            v = is_there and n or 'lost'\n"
    "        end\n"
    "        put(key, ' ', h[i], '=', v)\n"
    "    end\n"
    "end\n"
    "function show.zset(key)\n"
    "    local z = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')\n"
    "    for i = 1, #z, 2 do put(key, ' ', z[i], ' at ', z[i + 1]) end\n"
    "end\n"
    "function show.stream(key)\n"
    "    local is_events = string.match(key, ':events$')\n"
    "    for i, e in ipairs(redis.call('XRANGE', key, '-', '+')) do\n"
    "        entry(key, is_events and e[1] or '#' .. i, e[2])\n"
    "    end\n"
    "    if string.match(key, ':jobs$') then group(key) end\n"
    "end\n"
    "for _, key in ipairs(redis.call('KEYS', '*')) do\n"
    "    local kind = redis.call('TYPE', key).ok\n"
    "    local ttl = redis.call('PTTL', key)\n"
    "    put(key, ' is a ', kind, ' for ',"
            " ttl < 0 and 'ever' or math.ceil(ttl / 1000000))\n"
    "    show[kind](key)\n"
    "end\n"
    "return out\n";

static char   m_text[TEXT_MAX];
static size_t  m_text_len;
static char  *m_lines[LINES_MAX];
static int    m_nlines;


__attribute__((format(printf, 1, 2)))
static inline void
m_line(const char *fmt, ...)
{
    int      n;
    va_list  ap;

    if (m_nlines >= LINES_MAX) {
        fx_bail("too many lines");
    }

    va_start(ap, fmt);
    n = vsnprintf(m_text + m_text_len, TEXT_MAX - m_text_len, fmt, ap);
    va_end(ap);

    if (n < 0 || m_text_len + (size_t) n + 1 >= TEXT_MAX) {
        fx_bail("too much text");
    }

    m_lines[m_nlines++] = m_text + m_text_len;
    m_text_len += (size_t) n + 1;
}


#define P_FMT     "mz-test:{%02d}"
#define S_FMT     P_FMT ":%s"
#define S_ARG(s)  scopes[s].part, scopes[s].name
#define R_FMT     S_FMT ":run:%s"
#define R_ARG(r)  S_ARG((r)->scope), (r)->id.s
#define C_FMT     S_FMT ":conv:%s"
#define C_ARG(c)  S_ARG((c)->scope), (c)->id.s
#define A_FMT     S_FMT ":artifact:%s"
#define A_ARG(a)  S_ARG(m.runs[(a)->run].scope), (a)->id.s
#define LL(n)     ((long long) (n))


/* How many entries of the partition are there up to a token. */
static inline int
m_position(int part, int token)
{
    int  i, n;

    for (i = n = 0; i <= token; i++) {
        n += m.tokens[i].exists && m.tokens[i].part == part;
    }

    return n;
}


static inline void
m_lines_run_times(const run_t *r)
{
    if (r->started) {
        m_line(R_FMT " started=%lld", R_ARG(r), LL(r->started));
        m_line(R_FMT " lease_ms=%d", R_ARG(r), LEASE);
    }

    if (r->finished) {
        m_line(R_FMT " finished=%lld", R_ARG(r), LL(r->finished));
    }

    if (r->lease) {
        m_line(R_FMT " lease=%lld", R_ARG(r), LL(r->lease));
    }

    if (r->worker != NONE) {
        m_line(R_FMT " worker=%s", R_ARG(r), worker_names[r->worker]);
    }
}


static inline void
m_lines_run_artifacts(const run_t *r)
{
    int     i;
    char    list[1024];
    size_t  len;

    for (i = 0, len = 0, list[0] = '\0'; i < m.narts; i++) {
        if (m.arts[i].run == m_index(r) && m.arts[i].is_current) {
            len += (size_t) snprintf(list + len, sizeof(list) - len, "%s%s",
                                     len ? " " : "", m.arts[i].id.s);
        }
    }

    m_line(R_FMT " artifacts=%s", R_ARG(r), list);
}


static inline void
m_lines_run(const run_t *r)
{
    m_line(R_FMT " is a hash for 2592", R_ARG(r));
    m_line(R_FMT ":events is a stream for 2592", R_ARG(r));
    m_line(R_FMT " status=%s", R_ARG(r), mz_run_status_name(r->status));
    m_line(R_FMT " attempt=%lld", R_ARG(r), LL(r->attempt));
    m_line(R_FMT " max_attempts=%lld", R_ARG(r), LL(r->max));
    m_line(R_FMT " conv=%s", R_ARG(r), m.convs[r->conv].id.s);
    m_line(R_FMT " prompt=%s", R_ARG(r), prompts[r->prompt]);
    m_line(R_FMT " created=%lld", R_ARG(r), LL(r->created));
    m_line(R_FMT " retention=%d", R_ARG(r), RETENTION);
    m_line(R_FMT " trace=tr", R_ARG(r));
    m_line(R_FMT " took_over=%d", R_ARG(r), r->took_over);
    m_line(R_FMT " project=%s", R_ARG(r), projects[m_project(r)].name);
    m_line(R_FMT " seq=%lld", R_ARG(r), LL(r->seq));
    m_line(R_FMT " phase=%s", R_ARG(r), r->phase);
    m_line(R_FMT " updated=%lld", R_ARG(r), LL(r->updated));
    m_lines_run_times(r);

    if (r->attempt > 0) {
        m_lines_run_artifacts(r);
    }

    if (r->job != NONE && m.tokens[r->job].exists) {
        m_line(R_FMT " job=%d", R_ARG(r), m_position(m_part(r), r->job));

    } else if (r->job != NONE) {
        m_line(R_FMT " job=lost", R_ARG(r));
    }

    if (r->is_cancelled) {
        m_line(R_FMT " cancel=1", R_ARG(r));
    }

    if (r->error[0]) {
        m_line(R_FMT " error=%s", R_ARG(r), r->error);
    }

    if (r->is_answered) {
        m_line(R_FMT " answer=42", R_ARG(r));
        m_line(R_FMT " result={}", R_ARG(r));
    }
}


static inline void
m_lines_index(const run_t *r)
{
    if (r->is_listed) {
        m_line(S_FMT ":runs %s at %lld", S_ARG(r->scope), r->id.s,
               LL(r->created));
    }

    if (r->counted) {
        m_line(S_FMT ":limits %s=%lld", S_ARG(r->scope), r->id.s,
               LL(r->counted));
    }

    if (r->due) {
        m_line(P_FMT ":leases %s at %lld", m_part(r), m_member(r),
               LL(r->due));
    }

    if (r->is_in_line) {
        m_line(P_FMT ":queue:%s %s at %lld", m_part(r),
               projects[m_project(r)].name, m_member(r), LL(r->created));
    }
}


static inline void
m_lines_conv(const conv_t *c)
{
    int            i, n;
    const run_t   *r;
    const turn_t  *t;

    if (c->listed) {
        m_line(S_FMT ":convs %s at %lld", S_ARG(c->scope), c->id.s,
               LL(c->listed));
    }

    if (!c->exists) {
        return;
    }

    m_line(C_FMT " is a hash for 2592", C_ARG(c));
    m_line(C_FMT ":turns is a stream for 2592", C_ARG(c));
    m_line(C_FMT " title=T", C_ARG(c));
    m_line(C_FMT " created=%lld", C_ARG(c), LL(c->created));
    m_line(C_FMT " updated=%lld", C_ARG(c), LL(c->updated));
    m_line(C_FMT " active=%s", C_ARG(c),
           c->active == NONE ? "" : m.runs[c->active].id.s);
    m_line(C_FMT " last_run=%s", C_ARG(c), m.runs[c->last].id.s);
    m_line(C_FMT " turns=%d", C_ARG(c), c->turns);

    for (i = 0, n = 0; i < m.nturns; i++) {
        t = &m.turns[i];

        if (&m.convs[t->conv] == c) {
            r = &m.runs[t->run];
            m_line(C_FMT ":turns #%d role %s text %s run %s at %lld%s",
                   C_ARG(c), ++n, t->is_answer ? "assistant" : "user",
                   t->is_answer ? "42" : prompts[r->prompt], r->id.s,
                   LL(t->at), t->is_answer ? " spec {s}" : "");
        }
    }
}


static inline void
m_lines_art(const art_t *a)
{
    const run_t  *r;

    r = &m.runs[a->run];

    if (a->is_listed) {
        m_line(S_FMT ":artifacts %s at %lld", S_ARG(r->scope), a->id.s,
               LL(a->created));
    }

    if (a->has_chunk && !a->is_gone) {
        m_line(A_FMT ":0 is a string for %d", A_ARG(a),
               a->created ? 2592 : 4);
        m_line(A_FMT ":0 = abc", A_ARG(a));
    }

    if (a->created == 0 || a->is_gone) {
        return;
    }

    m_line(A_FMT " is a hash for 2592", A_ARG(a));
    m_line(A_FMT " id=%s", A_ARG(a), a->id.s);
    m_line(A_FMT " run=%s", A_ARG(a), r->id.s);
    m_line(A_FMT " conv=%s", A_ARG(a), m.convs[r->conv].id.s);
    m_line(A_FMT " attempt=%lld", A_ARG(a), LL(a->attempt));
    m_line(A_FMT " chunks=%d", A_ARG(a), a->has_chunk);
    m_line(A_FMT " bytes=%d", A_ARG(a), a->has_chunk ? 3 : 0);
    m_line(A_FMT " created=%lld", A_ARG(a), LL(a->created));
    m_line(A_FMT " expires=%lld", A_ARG(a),
           LL(a->created + (int64_t) RETENTION * 1000));
    m_line(A_FMT " kind=json", A_ARG(a));
    m_line(A_FMT " name=n", A_ARG(a));
    m_line(A_FMT " title=t", A_ARG(a));
    m_line(A_FMT " rows=7", A_ARG(a));
    m_line(A_FMT " truncated=0", A_ARG(a));
}


static inline void
m_lines_jobs(int part)
{
    int             i, n;
    const run_t    *r;
    const token_t  *t;

    for (i = n = 0; i < m.ntokens; i++) {
        t = &m.tokens[i];

        if (t->part != part) {
            continue;
        }

        r = &m.runs[t->run];

        if (t->exists) {
            m_line(P_FMT ":jobs #%d scope %s run %s project %s", part, ++n,
                   scopes[r->scope].name, r->id.s,
                   projects[m_project(r)].name);
        }

        if (t->reader != NONE && t->exists) {
            m_line(P_FMT ":jobs pending %d %s", part, n,
                   worker_names[t->reader]);

        } else if (t->reader != NONE) {
            m_line(P_FMT ":jobs pending gone %s", part,
                   worker_names[t->reader]);
        }
    }

    if (m.has_jobs[part]) {
        m_line(P_FMT ":jobs is a stream for ever", part);
    }

    if (m.has_group[part]) {
        m_line(P_FMT ":jobs group agents read %d", part,
               m_position(part, m.delivered[part]));
    }
}


static inline void
m_lines_part(int part)
{
    int  i, waiting, served;

    for (i = waiting = served = 0; i < PROJECTS; i++) {
        if (m.queue[part][i] != NONE) {
            m_line(P_FMT ":queue:%s is a zset for ever", part,
                   projects[i].name);
            m_line(P_FMT ":queue %s at %lld", part, projects[i].name,
                   LL(m.queue[part][i]));
            waiting++;
        }

        if (m.served[part][i] != NONE) {
            m_line(P_FMT ":served %s at %lld", part, projects[i].name,
                   LL(m.served[part][i]));
            served++;
        }
    }

    if (waiting) {
        m_line(P_FMT ":queue is a zset for ever", part);
    }

    if (served) {
        m_line(P_FMT ":served is a zset for 87", part);
    }

    if (m.is_paused[part]) {
        m_line(P_FMT ":paused is a string for ever", part);
        m_line(P_FMT ":paused = 1", part);
    }

    m_lines_jobs(part);
}


#endif /* MZ_MODEL_LINES_H */
