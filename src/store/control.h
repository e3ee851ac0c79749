
/*
 * control: the channel <prefix>:control, which every nginx worker hears:
 * what one node does that calls on other nodes must know.  A message is a
 * hint that costs little when it is lost.  Words between spaces:
 *
 *     ended <session> <expires>       a session was deleted; seconds
 *     cancelled <x id>                a request was cancelled by its client
 *     stopped <x id>                  likewise, and what it waits for, too
 *     changed <what> <scope|*>        tools, prompts or resources: the list
 *     updated <scope|*> <uri>         a resource
 *     session <session>               what it subscribes to
 *
 * and the zset <prefix>:ended: sessions deleted before they expired, by
 * expiry in seconds, so that a node that starts knows them.
 */

#ifndef MZ_CONTROL_H
#define MZ_CONTROL_H

#include "store/store.h"


#define MZ_CONTROL_URI_MAX    2048      /* bytes of a uri in a message */
#define MZ_CONTROL_ENDED_MAX  65536     /* newest ones a node loads */

/* Lists that may change. */

#define MZ_CONTROL_TOOLS      0x01
#define MZ_CONTROL_PROMPTS    0x02
#define MZ_CONTROL_RESOURCES  0x04

typedef enum {
    MZ_CONTROL_ENDED,
    MZ_CONTROL_CANCELLED,
    MZ_CONTROL_STOPPED,
    MZ_CONTROL_CHANGED,
    MZ_CONTROL_UPDATED,
    MZ_CONTROL_SESSION
} mz_control_kind_t;

typedef struct {
    mz_control_kind_t  kind;
    mz_str_t           session;         /* ENDED, SESSION: its name */
    int64_t            expires_s;       /* ENDED */
    mz_id_t            request;         /* CANCELLED, STOPPED */
    unsigned           lists;           /* CHANGED: MZ_CONTROL_* */
    mz_str_t           scope;           /* CHANGED, UPDATED; "*": all */
    mz_str_t           uri;             /* UPDATED */
} mz_control_t;


/* Each appends a PUBLISH: one reply, without meaning. */
void mz_control_cancelled(mz_cmds_t *c, const mz_store_conf_t *conf,
    const mz_id_t *request);
void mz_control_stopped(mz_cmds_t *c, const mz_store_conf_t *conf,
    const mz_id_t *request);
void mz_control_changed(mz_cmds_t *c, const mz_store_conf_t *conf,
    unsigned lists, mz_str_t scope);
void mz_control_updated(mz_cmds_t *c, const mz_store_conf_t *conf,
    mz_str_t scope, mz_str_t uri);
void mz_control_session(mz_cmds_t *c, const mz_store_conf_t *conf,
    mz_str_t session);

/* Keeps the end of a session and says it; MZ_CONTROL_END_REPLIES replies,
 * without meaning.  session: hex digits only. */
#define MZ_CONTROL_END_REPLIES  3
void mz_control_end(mz_cmds_t *c, const mz_store_conf_t *conf,
    mz_str_t session, int64_t expires_s, int64_t now_s);

/* One reply: the ended sessions that have not expired, newest first. */
void mz_control_ended(mz_cmds_t *c, const mz_store_conf_t *conf,
    int64_t now_s);
mz_rc_t mz_control_ended_decode(const redisReply *r, size_t *n,
    mz_err_t *err);
mz_rc_t mz_control_ended_at(const redisReply *r, size_t i, mz_str_t *session,
    int64_t *expires_s);

/* A message as it came; views into text.  MZ_INVALID: not one of ours. */
mz_rc_t mz_control_parse(mz_str_t text, mz_control_t *out);

/* Whether a message about a scope is for this one. */
bool mz_control_is_for(const mz_control_t *m, mz_str_t scope);

/* The channel's name. */
void mz_control_channel(mz_key_t *key, const mz_store_conf_t *conf);

/* Which id a request has in these two: of the scope, the session and its
 * JSON-RPC id token. */
mz_rc_t mz_control_request_id(mz_str_t scope, mz_str_t session, mz_str_t id,
    mz_id_t *out);


#endif /* MZ_CONTROL_H */
