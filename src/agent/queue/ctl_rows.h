
/*
 * ctl_rows: the runs of a list: which there are, in which order they come,
 * and what is shown of each.  Collecting reads of a run only what it is
 * sorted by; the texts are read for those that are shown.
 */

#ifndef MZ_CTL_ROWS_H
#define MZ_CTL_ROWS_H

#include "agent/queue/ctl.h"


#define MZ_CTL_ROWS_MAX  200000     /* live runs that a list looks at */

typedef enum {
    MZ_CTL_RUNNING,
    MZ_CTL_QUEUED,
    MZ_CTL_DEAD,
    MZ_CTL_STATES
} mz_ctl_state_t;

typedef struct {
    mz_overview_run_t  who;
    mz_ctl_state_t     state;
    int64_t            at_ms;       /* created; of a dead one: given up */
    int64_t            lease_ms;
    char               project[MZ_SCOPE_LEN + 1];
    char              *reason;      /* of a dead one; owned */
} mz_ctl_row_t;

typedef struct {
    mz_ctl_row_t  *v;
    size_t         n;
    size_t         cap;
    bool           is_cut;          /* there are more than were looked at */
} mz_ctl_rows_t;

/* run: its texts, borrowed; NULL: expired, only the letter is left. */
typedef mz_rc_t (*mz_ctl_row_pt)(void *data, const mz_ctl_row_t *row,
    const mz_run_t *run, mz_err_t *err);


const char *mz_ctl_state_name(mz_ctl_state_t state);

/* All that are queued or running, running ones first, then the oldest. */
mz_rc_t mz_ctl_rows_live(mz_ctl_t *ctl, mz_ctl_rows_t *rows, mz_err_t *err);

/* Adds the newest dead letters, at most limit, the newest first. */
mz_rc_t mz_ctl_rows_dead(mz_ctl_t *ctl, mz_ctl_rows_t *rows, int64_t limit,
    mz_err_t *err);

void mz_ctl_rows_free(mz_ctl_rows_t *rows);

/*
 * Reads rows from first on, at most n of those for which wanted[state] is
 * true.  A live one that ended meanwhile is left out.
 */
mz_rc_t mz_ctl_rows_read(mz_ctl_t *ctl, const mz_ctl_rows_t *rows,
    const bool wanted[MZ_CTL_STATES], size_t n, mz_ctl_row_pt visit,
    void *data, mz_err_t *err);

/* Sets the state, the time and the lease of n rows anew; those that are
 * neither queued nor running any more leave. */
mz_rc_t mz_ctl_rows_refresh(mz_ctl_t *ctl, mz_ctl_rows_t *rows,
    mz_err_t *err);


#endif /* MZ_CTL_ROWS_H */
