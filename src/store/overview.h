
/*
 * overview: what operators see of a whole deployment, over all partitions and
 * scopes: its meta record, how many runs wait, which runs are not over, which
 * were given up, and whose a run is.  Called by `mitzu-agent queue`; writes
 * nothing.  Every command reads a bounded amount: walks go on from a cursor.
 */

#ifndef MZ_OVERVIEW_H
#define MZ_OVERVIEW_H

#include "auth/principal.h"
#include "store/queue.h"
#include "store/run.h"


#define MZ_OVERVIEW_PAGE          1000  /* members, entries, keys of a step */
#define MZ_OVERVIEW_PROJECTS_MAX  1000  /* of a partition, counted by line */
#define MZ_OVERVIEW_ALIVE_MS      15000 /* since a worker was last seen */

/* A place in a walk; zeroed before the first step. */

typedef struct {
    char  s[24];
    bool  is_over;
} mz_overview_cursor_t;

/* A run, and whose it is. */

typedef struct {
    char     scope[MZ_SCOPE_LEN + 1];
    mz_id_t  run;
} mz_overview_run_t;

typedef struct {
    mz_queue_id_t      entry;
    mz_overview_run_t  who;
    int64_t            at_ms;
    mz_str_t           reason;          /* borrowed from the reply */
} mz_overview_dead_t;

typedef struct {
    int64_t   live;                     /* queued and running */
    int64_t   queued;
    int64_t   dead;
    int64_t   workers;                  /* seen lately */
    int64_t   oldest_ms;                /* queued; 0: none is */
    int64_t   paused_ms;                /* since when; 0: it is not */
    unsigned  paused;                   /* how many partitions are */
    bool      is_partial;               /* more projects than are counted */
} mz_overview_counts_t;


/* One reply: the clock of Redis in ms; 0 when it is none. */
void mz_overview_time(mz_cmds_t *c);
int64_t mz_overview_time_decode(const redisReply *r);

/*
 * One reply.  Decode sets conf->partitions.  MZ_NOT_FOUND: no deployment has
 * this prefix; MZ_INVALID: it is of another schema.
 */
void mz_overview_meta(mz_cmds_t *c, const mz_store_conf_t *conf);
mz_rc_t mz_overview_meta_decode(mz_store_conf_t *conf, const redisReply *r,
    mz_err_t *err);

/*
 * How many runs wait, in two steps: look, whose replies decode adds the
 * second step to *lines (maybe nothing), whose replies lines adds up.
 */
void mz_overview_look(mz_cmds_t *c, const mz_store_conf_t *conf,
    int64_t now_ms);
mz_rc_t mz_overview_look_decode(const mz_store_conf_t *conf,
    redisReply *const *replies, size_t n, mz_overview_counts_t *out,
    mz_cmds_t *lines, mz_err_t *err);
mz_rc_t mz_overview_lines_decode(redisReply *const *replies, size_t n,
    mz_overview_counts_t *out, mz_err_t *err);

/*
 * One reply: a step of a walk over the runs of a partition that are not over.
 * Each run that was there all the time comes up, maybe twice.  only: that run
 * or none; NULL: all.
 */
void mz_overview_live(mz_cmds_t *c, const mz_store_conf_t *conf,
    unsigned part, const mz_overview_cursor_t *cursor, const mz_id_t *only);
mz_rc_t mz_overview_live_decode(const redisReply *r,
    mz_overview_cursor_t *cursor, size_t *n, mz_err_t *err);

/* Run i of that reply; false: a member that names none. */
bool mz_overview_live_at(const redisReply *r, size_t i,
    mz_overview_run_t *out);

/*
 * One reply: at most count runs of a partition that were given up, the newest
 * first; before: those older than that entry; NULL: from the newest on.
 */
void mz_overview_dead(mz_cmds_t *c, const mz_store_conf_t *conf,
    unsigned part, const mz_queue_id_t *before, int64_t count);
mz_rc_t mz_overview_dead_decode(const redisReply *r, size_t *n,
    mz_err_t *err);

/* Entry i of that reply; MZ_INVALID: it names no run (entry is set). */
mz_rc_t mz_overview_dead_at(const redisReply *r, size_t i,
    mz_overview_dead_t *out);

/*
 * One reply: a step of a walk over all keys, for those of one run.  Decode:
 * MZ_OK and *out; MZ_NOT_FOUND: not in this step (cursor->is_over: nowhere).
 */
void mz_overview_scan(mz_cmds_t *c, const mz_store_conf_t *conf,
    const mz_overview_cursor_t *cursor, const mz_id_t *run);
mz_rc_t mz_overview_scan_decode(const mz_store_conf_t *conf,
    const redisReply *r, mz_overview_cursor_t *cursor, mz_overview_run_t *out,
    mz_err_t *err);

/* One reply: of a run what a list sorts by: status, created, project,
 * and its lease. */
void mz_overview_brief(mz_cmds_t *c, const mz_store_conf_t *conf,
    const mz_overview_run_t *who);
mz_rc_t mz_overview_brief_decode(const redisReply *r, mz_run_t *out,
    mz_err_t *err);

/* One reply: a run without answer, result and error.  Both decode to
 * MZ_NOT_FOUND when there is no such run. */
void mz_overview_row(mz_cmds_t *c, const mz_store_conf_t *conf,
    const mz_overview_run_t *who);
mz_rc_t mz_overview_row_decode(const redisReply *r, mz_run_t *out,
    mz_err_t *err);


#endif /* MZ_OVERVIEW_H */
