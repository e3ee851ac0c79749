
/*
 * model_queue: wake-ups, the lines of projects, whose turn it is, sweeping.
 */

#ifndef MZ_MODEL_QUEUE_H
#define MZ_MODEL_QUEUE_H

#include "store/model.h"


/* --- wake-ups --- */

static inline void
m_token_remove(token_t *t)
{
    t->exists = false;
    t->reader = NONE;
}


static inline void
m_job_drop(run_t *run)
{
    if (run->job != NONE) {
        m_token_remove(&m.tokens[run->job]);
        run->job = NONE;
    }
}


static inline void
m_job_add(run_t *run)
{
    token_t  *t;

    run->job = m_new(&m.ntokens, TOKENS_MAX);
    t = &m.tokens[run->job];
    memset(t, 0, sizeof(token_t));
    t->part = m_part(run);
    t->run = m_index(run);
    t->reader = NONE;
    t->exists = true;
    m.has_jobs[t->part] = true;
    run->due = fx.now + LEASE;
}


static inline token_t *
m_token(int part, const char *id)
{
    int  i;

    for (i = m.ntokens - 1; i >= 0; i--) {
        if (m.tokens[i].part == part && strcmp(m.tokens[i].id, id) == 0) {
            return &m.tokens[i];
        }
    }

    return NULL;
}


/* Time as Redis measures it while somebody holds an entry: in steps. */
static inline int64_t
m_idle(const token_t *t)
{
    return fx.now > t->read_at ? (fx.now - t->read_at) / 10000 * 10000 : 0;
}


static inline bool
m_is_wake_up_alive(const run_t *run, bool is_set_back)
{
    const token_t  *t;

    if (run->job == NONE || !m.tokens[run->job].exists) {
        return false;
    }

    t = &m.tokens[run->job];

    return !m.has_group[t->part] || run->job > m.delivered[t->part]
           || (!is_set_back && t->reader != NONE && m_idle(t) < LEASE);
}


/* What a worker gets to read; NULL: nothing. */
static inline token_t *
m_poll(int worker, int part)
{
    int       i;
    token_t  *t;

    for (i = m.delivered[part] + 1; i < m.ntokens; i++) {
        t = &m.tokens[i];

        if (t->part == part && t->exists) {
            m.delivered[part] = i;
            t->reader = worker;
            t->read_at = fx.now;
            return t;
        }
    }

    return NULL;
}


static inline void
m_group_lose(int part)
{
    int  i;

    m.has_group[part] = false;
    m.delivered[part] = NONE;

    for (i = 0; i < m.ntokens; i++) {
        if (m.tokens[i].part == part) {
            m.tokens[i].reader = NONE;
        }
    }
}


/* --- lines --- */

static inline bool
m_line_is_empty(int part, int project)
{
    int  i;

    for (i = 0; i < m.nruns; i++) {
        if (m.runs[i].is_in_line && m_part(&m.runs[i]) == part
            && m_project(&m.runs[i]) == project)
        {
            return false;
        }
    }

    return true;
}


static inline void
m_queue_add(run_t *run)
{
    int64_t  *score;

    run->is_in_line = true;
    score = &m.queue[m_part(run)][m_project(run)];

    if (*score == NONE) {
        *score = m_max(m_max(m.served[m_part(run)][m_project(run)],
                             fx.now - NEWCOMER), 0);
    }
}


static inline void
m_queue_drop(run_t *run)
{
    run->is_in_line = false;

    if (m_line_is_empty(m_part(run), m_project(run))) {
        m.queue[m_part(run)][m_project(run)] = NONE;
    }
}


static inline void
m_queue_served(run_t *run)
{
    int64_t  *score;

    m_queue_drop(run);
    score = &m.queue[m_part(run)][m_project(run)];

    if (*score != NONE) {
        *score = fx.now;
    }

    m.served[m_part(run)][m_project(run)] = fx.now;
}


/* First in line; those that expired there leave it. */
static inline run_t *
m_queue_head(int part, int project)
{
    int     i;
    run_t  *run, *head;

    for ( ;; ) {
        head = NULL;

        for (i = 0; i < m.nruns; i++) {
            run = &m.runs[i];

            if (run->is_in_line && m_part(run) == part
                && m_project(run) == project
                && (head == NULL || run->created < head->created
                    || (run->created == head->created
                        && strcmp(m_member(run), m_member(head)) < 0)))
            {
                head = run;
            }
        }

        if (head == NULL) {
            m.queue[part][project] = NONE;
            return NULL;
        }

        if (!head->is_gone && head->status == MZ_RUN_QUEUED) {
            return head;
        }

        m_queue_drop(head);
    }
}


/* Projects that wait in a partition, in turn; how many. */
static inline int
m_waiting(int part, int order[PROJECTS])
{
    int  i, k, n;

    n = 0;

    for (i = 0; i < PROJECTS; i++) {
        if (m.queue[part][i] == NONE) {
            continue;
        }

        for (k = n++; k > 0; k--) {
            if (m.queue[part][order[k - 1]] < m.queue[part][i]
                || (m.queue[part][order[k - 1]] == m.queue[part][i]
                    && strcmp(projects[order[k - 1]].name, projects[i].name)
                       < 0))
            {
                break;
            }

            order[k] = order[k - 1];
        }

        order[k] = i;
    }

    return n;
}


/* Whose turn it is in all partitions: false, nobody waits. */
static inline bool
m_choose(int from, int *part, int *project)
{
    int      i, k, p, n, order[PROJECTS];
    bool     is_found;
    int64_t  at, best;

    best = INT64_MAX;
    is_found = false;

    for (i = 0; i < PARTS; i++) {
        p = (from + i) % PARTS;
        n = m.is_paused[p] ? 0 : m_waiting(p, order);

        for (k = 0; k < n; k++) {
            at = m.queue[p][order[k]];
            at = m_max(at, m.served[0][order[k]]);
            at = m_max(at, m.served[1][order[k]]);
            at = m_max(at, m.served[2][order[k]]);
            at = m_max(at, m.served[3][order[k]]);

            if (at < best) {
                best = at;
                *part = p;
                *project = order[k];
                is_found = true;
            }
        }
    }

    return is_found;
}


static inline run_t *
m_fairest(int part, int hint)
{
    int     order[PROJECTS];
    run_t  *run;

    run = hint != NONE ? m_queue_head(part, hint) : NULL;

    while (run == NULL) {
        if (m_waiting(part, order) == 0) {
            return NULL;
        }

        run = m_queue_head(part, order[0]);
    }

    return run;
}


#endif /* MZ_MODEL_QUEUE_H */
