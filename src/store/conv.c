
#include "store/conv.h"
#include "store/cmd.h"
#include "store/reply.h"
#include "base/mz_str.h"


#define MZ_CONV_AT(field)  offsetof(mz_conv_t, field)

static const mz_reply_map_t  mz_conv_map[] = {
    { "title",    MZ_REPLY_STR, MZ_CONV_AT(title) },
    { "created",  MZ_REPLY_INT, MZ_CONV_AT(created_ms) },
    { "updated",  MZ_REPLY_INT, MZ_CONV_AT(updated_ms) },
    { "turns",    MZ_REPLY_INT, MZ_CONV_AT(turns) },
    { "active",   MZ_REPLY_RUN, MZ_CONV_AT(active) },
    { "last_run", MZ_REPLY_RUN, MZ_CONV_AT(last_run) }
};

#define MZ_CONV_TURN_AT(field)  offsetof(mz_conv_turn_t, field)

static const mz_reply_map_t  mz_conv_turn_map[] = {
    { "text",     MZ_REPLY_STR, MZ_CONV_TURN_AT(text) },
    { "run",      MZ_REPLY_RUN, MZ_CONV_TURN_AT(run) },
    { "at",       MZ_REPLY_INT, MZ_CONV_TURN_AT(at_ms) },
    { "spec",     MZ_REPLY_STR, MZ_CONV_TURN_AT(spec) }
};


void
mz_conv_get(mz_cmds_t *c, const mz_store_conf_t *conf, mz_str_t scope,
    const mz_id_t *conv)
{
    mz_key_t  key;

    mz_key(&key, conf, MZ_KEY_CONV, 0, scope, conv->s, 0);

    mz_cmd_begin(c, 2);
    mz_cmd_arg(c, mz_str("HGETALL"));
    mz_cmd_arg(c, mz_key_str(&key));
}


mz_rc_t
mz_conv_decode(const redisReply *r, mz_conv_t *out, mz_err_t *err)
{
    size_t   n;
    mz_rc_t  rc;

    memset(out, 0, sizeof(mz_conv_t));

    rc = mz_reply_array(r, "a conversation", &n, err);
    if (rc != MZ_OK) {
        return rc;
    }

    if (n == 0) {
        return mz_fail(err, MZ_NOT_FOUND, "there is no such conversation");
    }

    mz_reply_fill(r, mz_conv_map, MZ_ARRAY_LEN(mz_conv_map), out);

    return MZ_OK;
}


void
mz_conv_last_run(mz_cmds_t *c, const mz_store_conf_t *conf, mz_str_t scope,
    const mz_id_t *conv)
{
    mz_key_t  key;

    mz_key(&key, conf, MZ_KEY_CONV, 0, scope, conv->s, 0);

    mz_cmd_begin(c, 3);
    mz_cmd_arg(c, mz_str("HGET"));
    mz_cmd_arg(c, mz_key_str(&key));
    mz_cmd_arg(c, mz_str("last_run"));
}


mz_rc_t
mz_conv_last_run_decode(const redisReply *r, mz_id_t *run, mz_err_t *err)
{
    mz_rc_t  rc;

    memset(run, 0, sizeof(mz_id_t));

    rc = mz_reply_check(r, err);
    if (rc != MZ_OK) {
        return rc;
    }

    if (r->type == REDIS_REPLY_NIL) {
        return mz_fail(err, MZ_NOT_FOUND, "there is no such conversation");
    }

    return mz_reply_id(r, MZ_ID_RUN, run)
           ? MZ_OK : mz_reply_odd("a conversation", err);
}


void
mz_conv_turns(mz_cmds_t *c, const mz_store_conf_t *conf, mz_str_t scope,
    const mz_id_t *conv, int64_t count)
{
    mz_key_t  key;

    mz_key(&key, conf, MZ_KEY_TURNS, 0, scope, conv->s, 0);

    mz_cmd_begin(c, 6);
    mz_cmd_arg(c, mz_str("XREVRANGE"));
    mz_cmd_arg(c, mz_key_str(&key));
    mz_cmd_arg(c, mz_str("+"));
    mz_cmd_arg(c, mz_str("-"));
    mz_cmd_arg(c, mz_str("COUNT"));
    mz_cmd_arg_int(c, count);
}


mz_rc_t
mz_conv_turns_decode(const redisReply *r, size_t *n, mz_err_t *err)
{
    return mz_reply_array(r, "a transcript", n, err);
}


mz_rc_t
mz_conv_turn_decode(const redisReply *r, size_t i, mz_conv_turn_t *out,
    mz_err_t *err)
{
    int64_t            ms, seq;
    mz_str_t           role;
    const redisReply  *fields;

    memset(out, 0, sizeof(mz_conv_turn_t));

    if (mz_reply_entry(mz_reply_at(r, i), &ms, &seq, &fields) != MZ_OK) {
        return mz_reply_odd("a turn", err);
    }

    mz_reply_fill(fields, mz_conv_turn_map, MZ_ARRAY_LEN(mz_conv_turn_map),
                  out);

    role = mz_reply_field(fields, "role");

    if (mz_str_eq_c(role, "assistant")) {
        out->role = MZ_CONV_ASSISTANT;

    } else if (!mz_str_eq_c(role, "user")) {
        return mz_reply_odd("a turn", err);
    }

    return MZ_OK;
}
