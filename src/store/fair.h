
/*
 * fair: which run a free worker takes.  Runs wait in line with their
 * project, and the project that was served longest ago is next: one with a
 * thousand runs in the queue holds up another's single run by one run.  The
 * lines are those of a partition; the worker looks at all of them, chooses,
 * reads a wake-up there (store/queue.h) and takes:
 *
 *   look -> choose -> poll -> take
 *             ^         |none
 *             +---------+  that partition is skipped
 */

#ifndef MZ_FAIR_H
#define MZ_FAIR_H

#include "store/queue.h"


#define MZ_FAIR_REPLIES  3              /* of a look, for each partition */
#define MZ_FAIR_LOOK     100            /* projects seen of each */

typedef struct {
    unsigned  part;
    char      project[MZ_SCOPE_LEN + 1];
    bool      is_paused;                /* some partition is, also when
                                           nothing else is said */
} mz_turn_t;

typedef enum {
    MZ_TAKE_TAKEN,
    MZ_TAKE_EMPTY,                      /* somebody else was faster */
    MZ_TAKE_PAUSED                      /* the operators let nobody take */
} mz_take_outcome_t;

typedef struct {
    mz_take_outcome_t  outcome;
    char               scope[MZ_SCOPE_LEN + 1];     /* TAKEN; so are these */
    mz_id_t            run;
    mz_id_t            conv;
    int64_t            attempt;
    mz_str_t           prompt;          /* borrowed from the reply */
    mz_str_t           trace;
} mz_taken_t;


/* MZ_FAIR_REPLIES replies for each partition, in order. */
void mz_fair_look(mz_cmds_t *c, const mz_store_conf_t *conf);

/*
 * Whose turn it is; of equals the one at or next after partition from.  skip:
 * one for each partition.  MZ_NOT_FOUND: nothing waits in the others.
 */
mz_rc_t mz_fair_choose(const mz_store_conf_t *conf,
    redisReply *const *replies, unsigned from, const bool *skip,
    mz_turn_t *turn, mz_err_t *err);

/*
 * One reply.  Takes the next run of that project, or whose turn it is in the
 * partition, for the wake-up that was read, and acknowledges that.  project
 * may be the null string.
 */
void mz_fair_take(mz_cmds_t *c, const mz_store_conf_t *conf,
    const mz_job_t *job, int64_t now_ms, mz_str_t worker, int64_t lease_ms,
    mz_str_t project);
mz_rc_t mz_fair_take_decode(const mz_store_conf_t *conf, const redisReply *r,
    mz_taken_t *out, mz_err_t *err);


#endif /* MZ_FAIR_H */
