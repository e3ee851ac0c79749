
#include "store/ask.h"
#include "store/cmd.h"
#include "store/reply.h"
#include "auth/session.h"
#include "base/mz_str.h"


static void mz_session_key(mz_key_t *key, const mz_store_conf_t *conf,
    mz_key_kind_t kind, mz_str_t scope, mz_str_t session);
static void mz_session_expire(mz_cmds_t *c, const mz_key_t *key,
    int64_t ttl_s);
static mz_rc_t mz_ask_word(const redisReply *r, const char *what,
    const char *other, mz_rc_t other_rc, mz_err_t *err);


void
mz_ask_open(mz_cmds_t *c, const mz_store_conf_t *conf, mz_str_t scope,
    const mz_id_t *ask, int64_t ttl_s)
{
    mz_key_t  key;

    mz_key(&key, conf, MZ_KEY_ASK, 0, scope, ask->s, 0);

    mz_cmd_begin(c, 5);
    mz_cmd_arg(c, mz_str("SET"));
    mz_cmd_arg(c, mz_key_str(&key));
    mz_cmd_arg(c, mz_str(""));
    mz_cmd_arg(c, mz_str("EX"));
    mz_cmd_arg_int(c, ttl_s);
}


void
mz_ask_answer(mz_cmds_t *c, const mz_store_conf_t *conf, mz_str_t scope,
    const mz_id_t *ask, mz_str_t response)
{
    mz_cmd_args_t  a;

    a.n = 0;
    a.nints = 0;

    mz_cmd_args_add_id(&a, ask);
    mz_cmd_args_add(&a, response);

    mz_cmd_call(c, conf, MZ_SCRIPT_ANSWER, scope, &a);
}


mz_rc_t
mz_ask_answer_decode(const redisReply *r, mz_err_t *err)
{
    mz_rc_t  rc;

    rc = mz_ask_word(r, "an answer", "none", MZ_NOT_FOUND, err);

    if (rc == MZ_NOT_FOUND) {
        return mz_fail(err, rc, "nobody waits for this answer: the question "
                       "was never asked, or was answered or withdrawn");
    }

    return rc;
}


void
mz_ask_read(mz_cmds_t *c, const mz_store_conf_t *conf, mz_str_t scope,
    const mz_id_t *ask)
{
    mz_key_t  key;

    mz_key(&key, conf, MZ_KEY_ASK, 0, scope, ask->s, 0);

    mz_cmd_begin(c, 2);
    mz_cmd_arg(c, mz_str("GET"));
    mz_cmd_arg(c, mz_key_str(&key));
}


mz_rc_t
mz_ask_read_decode(const redisReply *r, mz_str_t *response, mz_err_t *err)
{
    mz_rc_t  rc;

    *response = mz_null_str;

    rc = mz_reply_check(r, err);
    if (rc != MZ_OK) {
        return rc;
    }

    if (r->type == REDIS_REPLY_NIL) {
        return mz_fail(err, MZ_NOT_FOUND, "the question is gone");
    }

    if (r->type != REDIS_REPLY_STRING) {
        return mz_reply_odd("a question", err);
    }

    if (r->len == 0) {
        return MZ_AGAIN;
    }

    *response = mz_reply_str(r);

    return MZ_OK;
}


void
mz_ask_close(mz_cmds_t *c, const mz_store_conf_t *conf, mz_str_t scope,
    const mz_id_t *ask)
{
    mz_key_t  key;

    mz_key(&key, conf, MZ_KEY_ASK, 0, scope, ask->s, 0);

    mz_cmd_begin(c, 2);
    mz_cmd_arg(c, mz_str("DEL"));
    mz_cmd_arg(c, mz_key_str(&key));
}


void
mz_session_set_level(mz_cmds_t *c, const mz_store_conf_t *conf,
    mz_str_t scope, mz_str_t session, mz_str_t level, int64_t ttl_s)
{
    mz_key_t  key;

    mz_session_key(&key, conf, MZ_KEY_SESSION, scope, session);

    mz_cmd_begin(c, 4);
    mz_cmd_arg(c, mz_str("HSET"));
    mz_cmd_arg(c, mz_key_str(&key));
    mz_cmd_arg(c, mz_str("level"));
    mz_cmd_arg(c, level);

    mz_session_expire(c, &key, ttl_s);
}


void
mz_session_get_level(mz_cmds_t *c, const mz_store_conf_t *conf,
    mz_str_t scope, mz_str_t session)
{
    mz_key_t  key;

    mz_session_key(&key, conf, MZ_KEY_SESSION, scope, session);

    mz_cmd_begin(c, 3);
    mz_cmd_arg(c, mz_str("HGET"));
    mz_cmd_arg(c, mz_key_str(&key));
    mz_cmd_arg(c, mz_str("level"));
}


mz_rc_t
mz_session_level_decode(const redisReply *r, mz_str_t *level, mz_err_t *err)
{
    mz_rc_t  rc;

    *level = mz_null_str;

    rc = mz_reply_check(r, err);
    if (rc != MZ_OK) {
        return rc;
    }

    if (r->type != REDIS_REPLY_NIL && r->type != REDIS_REPLY_STRING) {
        return mz_reply_odd("the log level of a session", err);
    }

    *level = mz_reply_str(r);

    return MZ_OK;
}


void
mz_session_subscribe(mz_cmds_t *c, const mz_store_conf_t *conf,
    mz_str_t scope, mz_str_t session, mz_str_t uri, int64_t ttl_s)
{
    mz_key_t       key;
    mz_cmd_args_t  a;

    a.n = 0;
    a.nints = 0;

    mz_cmd_args_add(&a, session);
    mz_cmd_args_add(&a, uri);
    mz_cmd_args_add_int(&a, MZ_SESSION_SUBS_MAX);
    mz_cmd_args_add_int(&a, ttl_s);

    mz_cmd_call(c, conf, MZ_SCRIPT_SUBSCRIBE, scope, &a);

    mz_session_key(&key, conf, MZ_KEY_SESSION, scope, session);
    mz_session_expire(c, &key, ttl_s);
}


mz_rc_t
mz_session_subscribe_decode(const redisReply *r, mz_err_t *err)
{
    mz_rc_t  rc;

    rc = mz_ask_word(r, "a subscription", "full", MZ_LIMIT, err);

    if (rc == MZ_LIMIT) {
        return mz_fail(err, rc, "a session may subscribe to %d resources: "
                       "unsubscribe from one first", MZ_SESSION_SUBS_MAX);
    }

    return rc;
}


void
mz_session_unsubscribe(mz_cmds_t *c, const mz_store_conf_t *conf,
    mz_str_t scope, mz_str_t session, mz_str_t uri, int64_t ttl_s)
{
    mz_key_t  key;

    mz_session_key(&key, conf, MZ_KEY_SUBS, scope, session);

    mz_cmd_begin(c, 3);
    mz_cmd_arg(c, mz_str("SREM"));
    mz_cmd_arg(c, mz_key_str(&key));
    mz_cmd_arg(c, uri);

    mz_session_expire(c, &key, ttl_s);
}


void
mz_session_subscriptions(mz_cmds_t *c, const mz_store_conf_t *conf,
    mz_str_t scope, mz_str_t session)
{
    mz_key_t  key;

    mz_session_key(&key, conf, MZ_KEY_SUBS, scope, session);

    mz_cmd_begin(c, 2);
    mz_cmd_arg(c, mz_str("SMEMBERS"));
    mz_cmd_arg(c, mz_key_str(&key));
}


mz_rc_t
mz_session_subscriptions_decode(const redisReply *r, size_t *n,
    mz_err_t *err)
{
    return mz_reply_array(r, "the subscriptions of a session", n, err);
}


void
mz_session_forget(mz_cmds_t *c, const mz_store_conf_t *conf, mz_str_t scope,
    mz_str_t session)
{
    mz_key_t  key, subs;

    mz_session_key(&key, conf, MZ_KEY_SESSION, scope, session);
    mz_session_key(&subs, conf, MZ_KEY_SUBS, scope, session);

    mz_cmd_begin(c, 3);
    mz_cmd_arg(c, mz_str("DEL"));
    mz_cmd_arg(c, mz_key_str(&key));
    mz_cmd_arg(c, mz_key_str(&subs));
}


static void
mz_session_key(mz_key_t *key, const mz_store_conf_t *conf,
    mz_key_kind_t kind, mz_str_t scope, mz_str_t session)
{
    char    name[MZ_SESSION_HEX + 1];
    size_t  n;

    n = session.len < MZ_SESSION_HEX ? session.len : MZ_SESSION_HEX;

    if (n > 0) {
        memcpy(name, session.data, n);
    }

    name[n] = '\0';

    mz_key(key, conf, kind, 0, scope, name, 0);
}


static void
mz_session_expire(mz_cmds_t *c, const mz_key_t *key, int64_t ttl_s)
{
    mz_cmd_begin(c, 3);
    mz_cmd_arg(c, mz_str("EXPIRE"));
    mz_cmd_arg(c, mz_key_str(key));
    mz_cmd_arg_int(c, ttl_s);
}


/* The reply of a script that says "ok", or one other word. */

static mz_rc_t
mz_ask_word(const redisReply *r, const char *what, const char *other,
    mz_rc_t other_rc, mz_err_t *err)
{
    size_t    n;
    mz_rc_t   rc;
    mz_str_t  word;

    rc = mz_reply_array(r, what, &n, err);
    if (rc != MZ_OK) {
        return rc;
    }

    word = mz_reply_str(mz_reply_at(r, 0));

    if (mz_str_eq_c(word, "ok")) {
        return MZ_OK;
    }

    if (mz_str_eq_c(word, other)) {
        return other_rc;
    }

    return mz_reply_odd(what, err);
}
