
/*
 * meta: what a whole deployment shares: its schema and number of partitions,
 * written once by whoever starts first, and which workers are alive.
 */

#ifndef MZ_META_H
#define MZ_META_H

#include "store/store.h"


#define MZ_META_REPLIES  4              /* of mz_meta_check() */
#define MZ_META_KEY_LEN  64             /* hex digits of the key */


/* Checks conf: prefix not empty and of [A-Za-z0-9_.-], partitions 1..100. */
mz_rc_t mz_meta_conf_check(const mz_store_conf_t *conf, mz_err_t *err);

/*
 * Writes the meta record unless it is there, and reads it.  key: random,
 * MZ_META_KEY_LEN hex digits: what the tokens of all nodes are sealed with
 * unless the record has one; the null string: it is only read.
 */
void mz_meta_check(mz_cmds_t *c, const mz_store_conf_t *conf, mz_str_t key);

/*
 * Takes the MZ_META_REPLIES replies.  MZ_INVALID: the deployment in Redis
 * is another one than conf; err says what to change.  *key (key may be NULL)
 * is a view of the record's, the null string when it has none.
 */
mz_rc_t mz_meta_decode(const mz_store_conf_t *conf,
    redisReply *const *replies, mz_str_t *key, mz_err_t *err);

/* A worker says it is alive, every 5 s; two replies, without meaning. */
void mz_meta_beat(mz_cmds_t *c, const mz_store_conf_t *conf, mz_str_t worker,
    int64_t now_ms);

/* One reply: when the newest sign of life of any worker was; 0: never. */
void mz_meta_last_beat(mz_cmds_t *c, const mz_store_conf_t *conf);
mz_rc_t mz_meta_last_beat_decode(const redisReply *r, int64_t *at_ms,
    mz_err_t *err);


#endif /* MZ_META_H */
