
/*
 * model_check: whether Redis is what m says, to the letter, and whether what
 * m says is what docs/worker-protocol.md promises.
 */

#ifndef MZ_MODEL_CHECK_H
#define MZ_MODEL_CHECK_H

#include "store/model_lines.h"


static char    m_dump_sha[48];
static char   *m_want[LINES_MAX];
static char    m_want_text[TEXT_MAX];


static inline void
m_lines_events(void)
{
    int             i;
    const run_t    *r;
    const event_t  *e;

    for (i = 0; i < m.nevents; i++) {
        e = &m.events[i];
        r = &m.runs[e->run];

        if (!r->is_gone) {
            m_line(R_FMT ":events %lld-%lld type %s at %lld phase %s text %s "
                   "data %s", R_ARG(r), LL(e->seq), LL(e->attempt), e->type,
                   LL(e->at), e->phase, e->text, e->data);
        }
    }
}


static inline void
m_lines_dead(void)
{
    int            i, k, n;
    const run_t   *r;
    const dead_t  *d;

    for (i = 0; i < m.ndeads; i++) {
        d = &m.deads[i];
        r = &m.runs[d->run];

        for (k = 0, n = 1; k < i; k++) {
            n += m_part(&m.runs[m.deads[k].run]) == m_part(r);
        }

        if (n == 1) {
            m_line(P_FMT ":dead is a stream for ever", m_part(r));
        }

        m_line(P_FMT ":dead #%d scope %s run %s reason %s at %lld", m_part(r),
               n, scopes[r->scope].name, r->id.s, d->reason, LL(d->at));
    }
}


static inline void
m_lines_scope(int s)
{
    int             i, listed, counted, convs, arts;
    char            digest[MZ_SHA256_HEX_LEN + 1];
    const run_t    *r;

    listed = counted = convs = arts = 0;

    for (i = 0; i < m.nruns; i++) {
        if (m.runs[i].scope == s) {
            listed += m.runs[i].is_listed;
            counted += m.runs[i].counted != 0;
        }
    }

    for (i = 0; i < m.nconvs; i++) {
        convs += m.convs[i].scope == s && m.convs[i].listed;
    }

    for (i = 0; i < m.narts; i++) {
        arts += m.runs[m.arts[i].run].scope == s && m.arts[i].is_listed;
    }

    if (m.tat[s]) {
        m_line(S_FMT ":limits tat=%lld", S_ARG(s), LL(m.tat[s]));
    }

    if (m.tat[s] || counted) {
        m_line(S_FMT ":limits is a hash for 2592", S_ARG(s));
    }

    if (listed) {
        m_line(S_FMT ":runs is a zset for 2592", S_ARG(s));
    }

    if (convs) {
        m_line(S_FMT ":convs is a zset for 2592", S_ARG(s));
    }

    if (arts) {
        m_line(S_FMT ":artifacts is a zset for 2592", S_ARG(s));
    }

    for (i = 0; i < PROMPTS; i++) {
        if (m.attach[s][i] != NONE) {
            r = &m.runs[m.attach[s][i]];
            (void) mz_sha256_hex(mz_str_from(prompts[i]), digest);
            m_line(S_FMT ":attach:%s is a string for 60", S_ARG(s), digest);
            m_line(S_FMT ":attach:%s = %s %s", S_ARG(s), digest,
                   m.convs[r->conv].id.s, r->id.s);
        }
    }
}


static inline void
m_lines_rest(void)
{
    int             i, k, due;
    const place_t  *p;

    for (i = 0; i < PARTS; i++) {
        for (k = due = 0; k < m.nruns; k++) {
            due += m.runs[k].due && m_part(&m.runs[k]) == i;
        }

        if (due) {
            m_line(P_FMT ":leases is a zset for ever", i);
        }
    }

    for (i = 0; i < m.ntakens; i++) {
        m_line(P_FMT ":taken:%s is a string for 1", m.takens[i].part,
               m.takens[i].entry);
        m_line(P_FMT ":taken:%s = %s", m.takens[i].part, m.takens[i].entry,
               m_member(&m.runs[m.takens[i].run]));
    }

    for (i = 0; i < PROJECTS; i++) {
        if (m.project_tat[i]) {
            m_line(P_FMT ":project:%s tat=%lld", projects[i].part,
                   projects[i].name, LL(m.project_tat[i]));
        }

        if (m.project_tat[i] || m.nplaces[i]) {
            m_line(P_FMT ":project:%s is a hash for 2592", projects[i].part,
                   projects[i].name);
        }

        for (k = 0; k < m.nplaces[i]; k++) {
            p = &m.places[i][k];
            m_line(P_FMT ":project:%s %s:%s=%lld", projects[i].part,
                   projects[i].name, scopes[p->scope].name, p->run.s,
                   LL(p->at));
        }
    }
}


static inline void
m_lines_all(void)
{
    int  i;

    m_nlines = 0;
    m_text_len = 0;

    for (i = 0; i < m.nruns; i++) {
        if (!m.runs[i].is_gone) {
            m_lines_run(&m.runs[i]);
        }

        m_lines_index(&m.runs[i]);
    }

    for (i = 0; i < m.nconvs; i++) {
        m_lines_conv(&m.convs[i]);
    }

    for (i = 0; i < m.narts; i++) {
        m_lines_art(&m.arts[i]);
    }

    for (i = 0; i < PARTS; i++) {
        m_lines_part(i);
    }

    for (i = 0; i < SCOPES; i++) {
        m_lines_scope(i);
    }

    m_lines_events();
    m_lines_dead();
    m_lines_rest();
}


static inline int
m_line_cmp(const void *a, const void *b)
{
    return strcmp(*(char *const *) a, *(char *const *) b);
}


/* What is in one of two sorted lists only. */
static inline void
m_differ(char *const *want, int nwant, char *const *got, int ngot)
{
    int     i, k, rc;
    char    text[8192];
    size_t  len;

    len = 0;
    text[0] = '\0';

    for (i = k = 0; (i < nwant || k < ngot) && len + 1500 < sizeof(text); ) {
        rc = i == nwant ? 1 : k == ngot ? -1 : strcmp(want[i], got[k]);

        if (rc != 0) {
            len += (size_t) snprintf(text + len, sizeof(text) - len,
                                     "\n#   %s %.1000s", rc < 0 ? "model:"
                                     : "redis:", rc < 0 ? want[i] : got[k]);
        }

        i += rc <= 0;
        k += rc >= 0;
    }

    if (len) {
        m_fail("Redis and the model differ:%s", text);
    }
}


static inline void
m_check_redis(void)
{
    int          i, nwant;
    size_t       k;
    mz_str_t     argv[3];
    redisReply  *r;

    m_lines_all();
    nwant = m_nlines;
    memcpy(m_want_text, m_text, m_text_len);

    for (i = 0; i < nwant; i++) {
        m_want[i] = m_want_text + (m_lines[i] - m_text);
    }

    argv[0] = mz_str("EVALSHA");
    argv[1] = mz_str_from(m_dump_sha);
    argv[2] = mz_str("0");
    mz_cmds_add(&fx.cmds, 3, argv);
    r = fx_run();

    if (r->type != REDIS_REPLY_ARRAY || r->elements > LINES_MAX) {
        m_fail("the dump failed: %s", r->str ? r->str : "?");
        return;
    }

    for (k = 0; k < r->elements; k++) {
        m_lines[k] = r->element[k]->str;
    }

    qsort(m_want, (size_t) nwant, sizeof(char *), m_line_cmp);
    qsort(m_lines, r->elements, sizeof(char *), m_line_cmp);
    m_differ(m_want, nwant, m_lines, (int) r->elements);
}


/* --- what is promised --- */

static inline void
m_promise_run(const run_t *r)
{
    bool  is_queued;

    is_queued = r->status == MZ_RUN_QUEUED;

    if (r->is_gone) {
        return;
    }

    if (m_is_over(r) != (r->due == 0)) {
        m_fail("%s: %s, but due %lld", r->id.s,
               mz_run_status_name(r->status), LL(r->due));
    }

    if (is_queued != r->is_in_line) {
        m_fail("%s: %s, in line: %d", r->id.s, mz_run_status_name(r->status),
               r->is_in_line);
    }

    if (is_queued != (r->job != NONE)) {
        m_fail("%s: %s, wake-up: %d", r->id.s, mz_run_status_name(r->status),
               r->job);
    }

    if (m_is_over(r) && r->counted) {
        m_fail("%s: over, and still counted", r->id.s);
    }

    if (r->attempt > r->max) {
        m_fail("%s: attempt %lld of %lld", r->id.s, LL(r->attempt),
               LL(r->max));
    }
}


/* Sequences without a gap, attempts that never fall, one end, at the end. */
static inline void
m_promise_events(void)
{
    int             i;
    bool            ended[RUNS_MAX] = { false };
    int64_t         seq[RUNS_MAX] = { 0 }, attempt[RUNS_MAX] = { 0 };
    const event_t  *e;

    for (i = 0; i < m.nevents; i++) {
        e = &m.events[i];

        if (e->seq != seq[e->run] + 1 || e->attempt < attempt[e->run]
            || ended[e->run])
        {
            m_fail("%s: event %lld-%lld is not in order",
                   m.runs[e->run].id.s, LL(e->seq), LL(e->attempt));
        }

        seq[e->run] = e->seq;
        attempt[e->run] = e->attempt;
        ended[e->run] = strcmp(e->type, "end") == 0;
    }

    for (i = 0; i < m.nruns; i++) {
        if (m_is_over(&m.runs[i]) != ended[i] || m.runs[i].seq != seq[i]) {
            m_fail("%s: %s, event %lld is the newest", m.runs[i].id.s,
                   mz_run_status_name(m.runs[i].status), LL(seq[i]));
        }
    }
}


static inline void
m_check_promises(void)
{
    int           i;
    const run_t  *r;

    for (i = 0; i < m.nruns; i++) {
        m_promise_run(&m.runs[i]);
    }

    for (i = 0; i < m.nconvs; i++) {
        r = m.convs[i].active == NONE ? NULL : &m.runs[m.convs[i].active];

        if (r && (m_is_over(r) || r->conv != i)) {
            m_fail("%s: locked by %s", m.convs[i].id.s, r->id.s);
        }
    }

    m_promise_events();
}


/* When all is over: nobody has anything. */
static inline void
m_check_empty(void)
{
    int           i, k;
    const run_t  *r;

    for (i = 0; i < m.nruns; i++) {
        r = &m.runs[i];

        if (m_is_alive(r) || r->due || r->is_in_line || r->counted) {
            m_fail("%s: %s%s, due %lld, in line: %d, counted: %lld", r->id.s,
                   r->is_gone ? "expired " : "",
                   mz_run_status_name(r->status), LL(r->due), r->is_in_line,
                   LL(r->counted));
        }
    }

    for (i = 0; i < m.ntokens; i++) {
        if (m.tokens[i].exists || m.tokens[i].reader != NONE) {
            m_fail("wake-up %s of %d is left", m.tokens[i].id,
                   m.tokens[i].part);
        }
    }

    for (i = 0; i < PARTS; i++) {
        for (k = 0; k < PROJECTS; k++) {
            if (m.queue[i][k] != NONE) {
                m_fail("project %d is left in the queue of %d", k, i);
            }
        }
    }
}


#endif /* MZ_MODEL_CHECK_H */
