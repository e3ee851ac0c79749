
/*
 * ask: questions to a client of the handshake revisions, asked on one node
 * and answered on any: <prefix>:{P}:S:ask:<qid>, a string: empty while the
 * question is open, then the client's response as JSON; and the channel of
 * that id.  And what a session wants: <prefix>:{P}:S:session:<name>, a hash
 * with "level", and <prefix>:{P}:S:session:<name>:subs, a set of URIs.
 */

#ifndef MZ_ASK_H
#define MZ_ASK_H

#include "store/store.h"


/* One reply, without meaning. */
void mz_ask_open(mz_cmds_t *c, const mz_store_conf_t *conf, mz_str_t scope,
    const mz_id_t *ask, int64_t ttl_s);

/* The client answers: kept only while the question is open.  One reply;
 * MZ_NOT_FOUND: nobody asked.  Publishes on the channel of the id. */
void mz_ask_answer(mz_cmds_t *c, const mz_store_conf_t *conf, mz_str_t scope,
    const mz_id_t *ask, mz_str_t response);
mz_rc_t mz_ask_answer_decode(const redisReply *r, mz_err_t *err);

/* One reply.  MZ_OK: the response; MZ_AGAIN: none yet; MZ_NOT_FOUND: the
 * question is gone. */
void mz_ask_read(mz_cmds_t *c, const mz_store_conf_t *conf, mz_str_t scope,
    const mz_id_t *ask);
mz_rc_t mz_ask_read_decode(const redisReply *r, mz_str_t *response,
    mz_err_t *err);

/* One reply, without meaning: the question is withdrawn. */
void mz_ask_close(mz_cmds_t *c, const mz_store_conf_t *conf, mz_str_t scope,
    const mz_id_t *ask);


/* Sessions; name is hex.  Each write: MZ_SESSION_SET_REPLIES replies,
 * without meaning, but for the first of subscribe. */
#define MZ_SESSION_SET_REPLIES  2

void mz_session_set_level(mz_cmds_t *c, const mz_store_conf_t *conf,
    mz_str_t scope, mz_str_t session, mz_str_t level, int64_t ttl_s);

/* One reply; the null string: never set. */
void mz_session_get_level(mz_cmds_t *c, const mz_store_conf_t *conf,
    mz_str_t scope, mz_str_t session);
mz_rc_t mz_session_level_decode(const redisReply *r, mz_str_t *level,
    mz_err_t *err);

void mz_session_subscribe(mz_cmds_t *c, const mz_store_conf_t *conf,
    mz_str_t scope, mz_str_t session, mz_str_t uri, int64_t ttl_s);

/* MZ_LIMIT: it has MZ_SESSION_SUBS_MAX others. */
mz_rc_t mz_session_subscribe_decode(const redisReply *r, mz_err_t *err);
void mz_session_unsubscribe(mz_cmds_t *c, const mz_store_conf_t *conf,
    mz_str_t scope, mz_str_t session, mz_str_t uri, int64_t ttl_s);

/* One reply: an array of URIs (at most MZ_SESSION_SUBS_MAX are kept). */
#define MZ_SESSION_SUBS_MAX  256
void mz_session_subscriptions(mz_cmds_t *c, const mz_store_conf_t *conf,
    mz_str_t scope, mz_str_t session);
mz_rc_t mz_session_subscriptions_decode(const redisReply *r, size_t *n,
    mz_err_t *err);

/* All of a session: one reply, without meaning. */
void mz_session_forget(mz_cmds_t *c, const mz_store_conf_t *conf,
    mz_str_t scope, mz_str_t session);


#endif /* MZ_ASK_H */
