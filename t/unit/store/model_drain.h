
/*
 * model_drain: workers that work, and time, until all is over.
 */

#ifndef MZ_MODEL_DRAIN_H
#define MZ_MODEL_DRAIN_H

#include "store/model_world.h"


#define DRAINS  12                  /* rounds that end whatever there is */


static inline bool
o_is_all_over(void)
{
    int  i;

    for (i = 0; i < m.nruns; i++) {
        if (m_is_alive(&m.runs[i])) {
            return false;
        }
    }

    return true;
}


/* Runs that workers hold are completed. */
static inline void
o_finish_all(void)
{
    int     i;
    run_t  *run;
    step_t  s;

    for (i = 0; i < m.nruns; i++) {
        run = &m.runs[i];

        if (m_is_alive(run) && run->status == MZ_RUN_RUNNING) {
            w_believe(run->worker, run);
            s = (step_t) { .r = { (unsigned) run->worker, 1, 1, 1 } };
            (void) o_write(&s, MZ_SCRIPT_FINISH, true);
        }
    }
}


static inline void
o_take_all(int part)
{
    const char  *got;

    do {
        got = o_poll(0, part);

        if (strcmp(got, "ok") == 0) {
            (void) o_take(0, part, w[0].entry, NONE);
            c_learn();
        }

    } while (m_failed[0] == '\0' && strcmp(got, "nothing") != 0);
}


static inline void
o_drain(void)
{
    int     i, part;
    step_t  s;

    for (i = 0; i < DRAINS && m_failed[0] == '\0'; i++) {
        fx.now = m_max(fx.now, FX_T0) + LEASE + 1;

        for (part = 1; part <= 3; part += 2) {
            if (m.is_paused[part]) {
                (void) o_pause(part);
            }

            (void) o_sweep(part, 100, o_is_all_over());
            c_learn();
        }

        s = (step_t) { .r = { (unsigned) i } };
        (void) o_turn(&s);
        c_learn();
        o_take_all(1);
        o_take_all(3);

        if (o_is_all_over()) {
            i = i < DRAINS - 2 ? DRAINS - 2 : i;    /* once more, to forget */
        }

        o_finish_all();
    }
}


#endif /* MZ_MODEL_DRAIN_H */
