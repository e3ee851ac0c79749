
/*
 * conv: a conversation, its lock and its transcript, as the tools and the
 * worker read them.  They are written by the scripts only.  Decoders lend
 * views into the reply; errors as in store/run.h.
 */

#ifndef MZ_CONV_H
#define MZ_CONV_H

#include "store/store.h"


typedef enum {
    MZ_CONV_USER,
    MZ_CONV_ASSISTANT
} mz_conv_role_t;

typedef struct {
    mz_str_t  title;
    int64_t   created_ms;
    int64_t   updated_ms;
    int64_t   turns;
    mz_id_t   active;           /* run that holds the lock; or empty (s "") */
    mz_id_t   last_run;         /* the newest run; or empty */
} mz_conv_t;

typedef struct {
    mz_conv_role_t  role;
    mz_str_t        text;
    mz_id_t         run;
    int64_t         at_ms;
    mz_str_t        spec;       /* JSON; assistant only; may be empty */
} mz_conv_turn_t;


/* One reply.  Decode: MZ_NOT_FOUND when there is no such conversation. */
void mz_conv_get(mz_cmds_t *c, const mz_store_conf_t *conf, mz_str_t scope,
    const mz_id_t *conv);
mz_rc_t mz_conv_decode(const redisReply *r, mz_conv_t *out, mz_err_t *err);

/*
 * One reply: the newest run, HGET only.  MZ_NOT_FOUND: no conversation (each
 * conversation has a run).
 */
void mz_conv_last_run(mz_cmds_t *c, const mz_store_conf_t *conf,
    mz_str_t scope, const mz_id_t *conv);
mz_rc_t mz_conv_last_run_decode(const redisReply *r, mz_id_t *run,
    mz_err_t *err);

/* One reply: at most count turns, the newest first. */
void mz_conv_turns(mz_cmds_t *c, const mz_store_conf_t *conf, mz_str_t scope,
    const mz_id_t *conv, int64_t count);

/* How many turns that reply has; turn i of it. */
mz_rc_t mz_conv_turns_decode(const redisReply *r, size_t *n, mz_err_t *err);
mz_rc_t mz_conv_turn_decode(const redisReply *r, size_t i,
    mz_conv_turn_t *out, mz_err_t *err);


#endif /* MZ_CONV_H */
