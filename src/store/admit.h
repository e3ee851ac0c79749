
/*
 * admit: what a submit cannot decide alone, since it concerns more than one
 * partition: the limits of a project, whose users are spread over all of
 * them, and the length of the whole queue.
 *
 *   submit --ADMIT--> admit --OK--> submit --not RUNNING--> release
 *                      |  ^
 *                  FULL|  |again, once
 *                      v  |
 *                   look, release what is over
 *
 * A project's limits are kept in one partition, that of its id.  A run's
 * place is not given back when it ends (that is elsewhere): whoever finds no
 * place looks which of those that have one are over.
 */

#ifndef MZ_ADMIT_H
#define MZ_ADMIT_H

#include "auth/principal.h"
#include "store/run.h"


#define MZ_ADMIT_PLACES_MAX  1000       /* concurrent= of a project */
#define MZ_ADMIT_GRACE_MS    10000      /* for the submit that follows */

typedef struct {
    mz_str_t        project;            /* mz_principal_t.project_id */
    mz_str_t        scope;
    mz_id_t         run;                /* the fresh id of the submit */
    mz_run_limit_t  limit;              /* of the project */
    int64_t         ttl_s;
    int64_t         now_ms;             /* 0: the clock of Redis */
} mz_admit_args_t;

typedef enum {
    MZ_ADMIT_OK,
    MZ_ADMIT_LIMITED,                   /* by the rate */
    MZ_ADMIT_FULL
} mz_admit_outcome_t;

typedef struct {
    char     scope[MZ_SCOPE_LEN + 1];
    mz_id_t  run;
    int64_t  at_ms;                     /* when it was admitted */
} mz_place_t;

typedef struct {
    mz_admit_outcome_t  outcome;
    int64_t             wait_ms;        /* LIMITED */
    int64_t             now_ms;         /* FULL: of Redis; so are these */
    size_t              n;
    mz_place_t         *places;         /* owned; free() */
} mz_admit_reply_t;


/* Whether there is anything to be admitted to. */
bool mz_admit_is_needed(const mz_run_limit_t *project, int64_t max_queued);

/*
 * One reply for the project, if it has limits, then one for each partition,
 * if max_queued.  How many those are.
 */
size_t mz_admit(mz_cmds_t *c, const mz_store_conf_t *conf,
    const mz_admit_args_t *args, int64_t max_queued);

mz_rc_t mz_admit_decode(const redisReply *r, mz_admit_reply_t *out,
    mz_err_t *err);

/* Of the replies for the partitions: those beside that of scope. */
mz_rc_t mz_admit_queued_decode(const mz_store_conf_t *conf,
    redisReply *const *replies, mz_str_t scope, int64_t *elsewhere,
    mz_err_t *err);

/* One reply for each place: whether that run is over. */
void mz_admit_look(mz_cmds_t *c, const mz_store_conf_t *conf,
    const mz_admit_reply_t *full);

/*
 * Asks for the release of the places that are over; one reply, without
 * meaning.  false: none is, and nothing was added.
 */
bool mz_admit_clear(mz_cmds_t *c, const mz_store_conf_t *conf,
    mz_str_t project, const mz_admit_reply_t *full,
    redisReply *const *replies);

/* Gives the place back, and what it cost of the rate; one reply. */
void mz_admit_release(mz_cmds_t *c, const mz_store_conf_t *conf,
    const mz_admit_args_t *args);


#endif /* MZ_ADMIT_H */
