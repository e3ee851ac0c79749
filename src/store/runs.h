
/*
 * runs: which runs a scope has, newest first, and of each what a list shows.
 * The index is <prefix>:{P}:S:runs, a zset of run ids by creation that submit
 * keeps.  Decoders as in store/run.h.
 */

#ifndef MZ_RUNS_H
#define MZ_RUNS_H

#include "store/run.h"


/* One reply: at most count runs created at from_ms or before, without the
 * first skip of them. */
void mz_runs_page(mz_cmds_t *c, const mz_store_conf_t *conf, mz_str_t scope,
    int64_t from_ms, int64_t skip, int64_t count);

/* How many runs that reply has; run i of it.  It may have expired since. */
mz_rc_t mz_runs_decode(const redisReply *r, size_t *n, mz_err_t *err);
mz_rc_t mz_runs_at(const redisReply *r, size_t i, mz_id_t *run,
    int64_t *created_ms, mz_err_t *err);

/* One reply: a run without what may be long: neither prompt nor answer nor
 * result.  Decode: MZ_NOT_FOUND when there is no such run. */
void mz_run_head(mz_cmds_t *c, const mz_store_conf_t *conf, mz_str_t scope,
    const mz_id_t *run);
mz_rc_t mz_run_head_decode(const redisReply *r, mz_run_t *out,
    mz_err_t *err);

/* One reply: the newest count events, the newest first; decoded as those of
 * mz_run_events(). */
void mz_run_newest_events(mz_cmds_t *c, const mz_store_conf_t *conf,
    mz_str_t scope, const mz_id_t *run, int64_t count);


#endif /* MZ_RUNS_H */
