
/*
 * ctl_list: the queue as a table: counts, projects, runs.  `queue list`
 * prints it once, `queue watch` on a terminal again and again.
 */

#ifndef MZ_CTL_LIST_H
#define MZ_CTL_LIST_H

#include "agent/queue/ctl_rows.h"


#define MZ_CTL_LIST_PROJECTS  10    /* with the most runs; JSON has all */

typedef struct {
    char     id[MZ_SCOPE_LEN + 1];
    int64_t  queued;
    int64_t  running;
} mz_ctl_project_t;

typedef struct {
    mz_overview_counts_t   counts;
    mz_ctl_rows_t          rows;
    mz_ctl_project_t      *projects;    /* the one with most runs first */
    size_t                 n_projects;
    int64_t                now_ms;
} mz_ctl_list_t;


/* state: "queued", "running", "dead" or "all"; which rows are wanted. */
mz_rc_t mz_ctl_list_state(const char *state, bool wanted[MZ_CTL_STATES],
    mz_err_t *err);

mz_rc_t mz_ctl_list_read(mz_ctl_t *ctl, mz_ctl_list_t *list, int64_t limit,
    mz_err_t *err);
void mz_ctl_list_free(mz_ctl_list_t *list);

/* "queued 3 (oldest 12s)  running 2  dead 0  workers 1", without an end. */
void mz_ctl_list_counts(mz_buf_t *b, const mz_overview_counts_t *counts,
    int64_t now_ms);

/* Counts, projects, and at most limit rows. */
mz_rc_t mz_ctl_list_text(mz_ctl_t *ctl, const mz_ctl_list_t *list,
    const bool wanted[MZ_CTL_STATES], int64_t limit, mz_buf_t *b,
    mz_err_t *err);


#endif /* MZ_CTL_LIST_H */
