
/*
 * model_limits: how often, and how many at a time.
 */

#ifndef MZ_MODEL_LIMITS_H
#define MZ_MODEL_LIMITS_H

#include "store/model_queue.h"


static inline int64_t
m_wait(int64_t tat, const limit_t *l)
{
    int64_t  used, ahead;

    used = fx.now * 1000 + l->burst * l->interval_us;

    if (l->interval_us == 0) {
        return 0;
    }

    tat = tat > used + l->interval_us ? used : tat;
    ahead = tat - l->burst * l->interval_us - fx.now * 1000;

    return ahead > 0 ? (ahead + 999) / 1000 : 0;
}


static inline int64_t
m_spent(int64_t tat, const limit_t *l)
{
    int64_t  used;

    used = fx.now * 1000 + l->burst * l->interval_us;

    if (l->interval_us == 0) {
        return tat;
    }

    tat = tat > used + l->interval_us ? used : tat;

    return m_max(tat, fx.now * 1000) + l->interval_us;
}


/* Those that expired are found out only when it looks full. */
static inline bool
m_is_full(int scope, const limit_t *l, const run_t *victim)
{
    int     i, n, counted;
    run_t  *run;

    counted = 0;

    for (i = 0; i < m.nruns; i++) {
        counted += m.runs[i].scope == scope && m.runs[i].counted;
    }

    if (l->concurrent == 0 || counted < l->concurrent) {
        return false;
    }

    for (i = n = 0; i < m.nruns; i++) {
        run = &m.runs[i];

        if (run->scope != scope || !run->counted) {
            continue;
        }

        if (!m_is_alive(run)) {
            run->counted = 0;
            continue;
        }

        n += run != victim;

        if (n >= l->concurrent) {
            return true;
        }
    }

    return false;
}


#endif /* MZ_MODEL_LIMITS_H */
