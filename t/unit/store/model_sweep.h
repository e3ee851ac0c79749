
/*
 * model_sweep: what the sweeper does, and what time and mishaps do.
 */

#ifndef MZ_MODEL_SWEEP_H
#define MZ_MODEL_SWEEP_H

#include "store/model_life.h"


typedef struct {
    int  requeued;
    int  lost;
    int  dropped;
} sweep_t;


static inline void
m_sweep_run(run_t *run, bool is_set_back, sweep_t *out)
{
    char  reason[128];

    if (!m_is_alive(run)) {
        run->due = 0;
        run->counted = 0;
        out->dropped++;

    } else if (run->status == MZ_RUN_QUEUED) {
        m_queue_add(run);

        if (m_is_wake_up_alive(run, is_set_back)) {
            run->due = fx.now + LEASE;

        } else {
            m_job_drop(run);
            m_job_add(run);
            out->requeued++;
        }

    } else if (run->lease > fx.now) {
        run->lease = run->lease < fx.now + LEASE ? run->lease
                                                 : fx.now + LEASE;
        run->due = run->lease;

    } else if (run->attempt < run->max) {
        m_requeue(run, "The worker went away; waiting for another");
        out->requeued++;

    } else {
        snprintf(reason, sizeof(reason), "The worker went away in attempt "
                 "%d of %d. Ask again to start over.", (int) run->attempt,
                 (int) run->max);
        m_lose(run, reason);
        out->lost++;
    }
}


/* Entries that were read and left, below all that is pending or unread. */
static inline void
m_trim(int part, int delivered)
{
    int  i, low;

    low = delivered + 1;

    for (i = m.ntokens - 1; i >= 0; i--) {
        if (m.tokens[i].part == part && m.tokens[i].reader != NONE) {
            low = i;
        }
    }

    for (i = 0; i < low; i++) {
        if (m.tokens[i].part == part) {
            m.tokens[i].exists = false;
        }
    }
}


/* Scores from before the clock was set back: the lowest first. */
static inline void
m_clamp(int64_t scores[PROJECTS], int limit)
{
    int  i, low;

    while (limit-- > 0) {
        low = NONE;

        for (i = 0; i < PROJECTS; i++) {
            if (scores[i] > fx.now
                && (low == NONE || scores[i] < scores[low]
                    || (scores[i] == scores[low]
                        && strcmp(projects[i].name, projects[low].name) < 0)))
            {
                low = i;
            }
        }

        if (low == NONE) {
            return;
        }

        scores[low] = fx.now;
    }
}


static inline void
m_sweep_between(int part, int64_t from, int64_t to, int limit, sweep_t *out)
{
    int     i, n, k;
    run_t  *run, *due[RUNS_MAX];

    for (i = n = 0; i < m.nruns; i++) {
        run = &m.runs[i];

        if (m_part(run) != part || run->due == 0 || run->due < from
            || run->due > to)
        {
            continue;
        }

        for (k = n++; k > 0; k--) {
            if (due[k - 1]->due < run->due
                || (due[k - 1]->due == run->due
                    && strcmp(m_member(due[k - 1]), m_member(run)) < 0))
            {
                break;
            }

            due[k] = due[k - 1];
        }

        due[k] = run;
    }

    for (i = 0; i < n && i < limit; i++) {
        m_sweep_run(due[i], from > fx.now, out);
    }
}


static inline sweep_t
m_sweep(int part, int limit, bool forgets)
{
    int       i, n, delivered, order[PROJECTS];
    sweep_t   out;

    memset(&out, 0, sizeof(out));
    delivered = m.delivered[part];
    m_sweep_between(part, INT64_MIN, fx.now, limit, &out);
    m_sweep_between(part, fx.now + LEASE + 1, INT64_MAX, limit, &out);

    for (i = 0; forgets && i < m.ntokens; i++) {
        if (m.tokens[i].part == part && m.tokens[i].reader != NONE) {
            m_token_remove(&m.tokens[i]);
        }
    }

    if (m.has_group[part]) {
        m_trim(part, delivered);
    }

    n = m_waiting(part, order);

    for (i = 0; i < n && i < limit; i++) {
        (void) m_queue_head(part, order[i]);
    }

    m_clamp(m.queue[part], limit);
    m_clamp(m.served[part], limit);

    return out;
}


/* --- mishaps --- */

static inline void
m_expire_run(run_t *run)
{
    run->is_gone = true;
    run->job = NONE;
}


static inline void
m_expire_conv(conv_t *conv)
{
    conv->exists = false;
    conv->active = NONE;
    conv->turns = 0;
}


static inline void
m_expire_limits(int scope)
{
    int  i;

    m.tat[scope] = 0;

    for (i = 0; i < m.nruns; i++) {
        if (m.runs[i].scope == scope) {
            m.runs[i].counted = 0;
        }
    }
}


static inline void
m_expire_scope(int scope)
{
    int  i;

    for (i = 0; i < m.nruns; i++) {
        if (m.runs[i].scope == scope) {
            m_expire_run(&m.runs[i]);
            m.runs[i].is_listed = false;
        }
    }

    for (i = 0; i < m.nconvs; i++) {
        if (m.convs[i].scope == scope) {
            m_expire_conv(&m.convs[i]);
            m.convs[i].listed = 0;
        }
    }

    for (i = 0; i < m.narts; i++) {
        if (m.runs[m.arts[i].run].scope == scope) {
            m.arts[i].is_gone = true;
            m.arts[i].is_listed = false;
        }
    }

    for (i = 0; i < PROMPTS; i++) {
        m.attach[scope][i] = NONE;
    }

    m_expire_limits(scope);
}


/* Somebody trims the stream: what was read is pending still. */
static inline void
m_trim_to_one(int part)
{
    int   i;
    bool  is_newest;

    for (i = m.ntokens - 1, is_newest = true; i >= 0; i--) {
        if (m.tokens[i].part == part && m.tokens[i].exists) {
            m.tokens[i].exists = is_newest;
            is_newest = false;
        }
    }
}


/* The stream is gone, and the group with it. */
static inline void
m_lose_jobs(int part)
{
    int  i;

    m_group_lose(part);
    m.has_jobs[part] = false;

    for (i = 0; i < m.ntokens; i++) {
        if (m.tokens[i].part == part) {
            m_token_remove(&m.tokens[i]);
        }
    }
}


#endif /* MZ_MODEL_SWEEP_H */
