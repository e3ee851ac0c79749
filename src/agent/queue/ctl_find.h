
/*
 * ctl_find: walks over what operators look at, in all partitions at once, a
 * page at a time; and the run of an id, whose scope nobody gave: ids are
 * random, so that the index of live runs, the dead letters and in the end all
 * keys are searched for it.
 */

#ifndef MZ_CTL_FIND_H
#define MZ_CTL_FIND_H

#include "agent/queue/ctl.h"


#define MZ_CTL_DEAD_PAGES  1000     /* of a partition; bounds a walk */
#define MZ_CTL_SCAN_STEPS  1000000  /* pages of keys; bounds a search */
#define MZ_CTL_REASON_MAX  500

/* Of a run or a dead letter that comes up; false: enough. */
typedef bool (*mz_ctl_live_pt)(void *data, const mz_overview_run_t *who);
typedef bool (*mz_ctl_dead_pt)(void *data, const mz_overview_dead_t *dead,
    unsigned part);

typedef struct {
    mz_overview_run_t  who;
    unsigned           part;
    bool               is_gone;         /* only its dead letter is left */
    bool               is_dead;         /* has a dead letter: these are set */
    mz_queue_id_t      entry;
    int64_t            dead_ms;
    char               reason[MZ_CTL_REASON_MAX + 1];
    mz_run_t           run;             /* views into replies */
    mz_replies_t       replies;
} mz_ctl_found_t;


/* only: that run or none; NULL: all.  Each at least once. */
mz_rc_t mz_ctl_walk_live(mz_ctl_t *ctl, const mz_id_t *only,
    mz_ctl_live_pt visit, void *data, mz_err_t *err);

/* Of each partition the newest first; page: entries at a time; is_one: only
 * the first page of each. */
mz_rc_t mz_ctl_walk_dead(mz_ctl_t *ctl, int64_t page, bool is_one,
    mz_ctl_dead_pt visit, void *data, mz_err_t *err);

/* MZ_OK: free it; MZ_NOT_FOUND: there is no such run, or not any more. */
mz_rc_t mz_ctl_find(mz_ctl_t *ctl, const mz_id_t *run, mz_ctl_found_t *out,
    mz_err_t *err);
void mz_ctl_find_free(mz_ctl_found_t *found);


#endif /* MZ_CTL_FIND_H */
