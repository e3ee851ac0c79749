
#include "store/meta.h"
#include "store/cmd.h"
#include "store/reply.h"
#include "base/mz_str.h"


#define MZ_META_FORGET_MS  ((int64_t) 24 * 3600 * 1000)


static bool mz_meta_is_prefix_char(char c);


mz_rc_t
mz_meta_conf_check(const mz_store_conf_t *conf, mz_err_t *err)
{
    size_t  i, n;

    n = strnlen(conf->prefix, sizeof(conf->prefix));

    for (i = 0; i < n && mz_meta_is_prefix_char(conf->prefix[i]); i++) {
        /* void */
    }

    if (n == 0 || n > MZ_STORE_PREFIX_MAX || i < n) {
        return mz_fail(err, MZ_INVALID, "the key prefix must be 1 to %d of "
                       "the characters A-Z a-z 0-9 _ . -",
                       MZ_STORE_PREFIX_MAX);
    }

    if (conf->partitions < 1 || conf->partitions > MZ_STORE_PARTITIONS_MAX) {
        return mz_fail(err, MZ_INVALID,
                       "the number of partitions must be 1 to %d",
                       MZ_STORE_PARTITIONS_MAX);
    }

    return MZ_OK;
}


void
mz_meta_check(mz_cmds_t *c, const mz_store_conf_t *conf, mz_str_t key)
{
    mz_key_t  meta;

    mz_key(&meta, conf, MZ_KEY_META, 0, mz_null_str, "", 0);

    mz_cmd_begin(c, 4);
    mz_cmd_arg(c, mz_str("HSETNX"));
    mz_cmd_arg(c, mz_key_str(&meta));
    mz_cmd_arg(c, mz_str("schema"));
    mz_cmd_arg_int(c, MZ_STORE_SCHEMA);

    mz_cmd_begin(c, 4);
    mz_cmd_arg(c, mz_str("HSETNX"));
    mz_cmd_arg(c, mz_key_str(&meta));
    mz_cmd_arg(c, mz_str("partitions"));
    mz_cmd_arg_int(c, conf->partitions);

    /* The number of replies is the same with and without. */

    mz_cmd_begin(c, key.len ? 4 : 3);
    mz_cmd_arg(c, key.len ? mz_str("HSETNX") : mz_str("HEXISTS"));
    mz_cmd_arg(c, mz_key_str(&meta));
    mz_cmd_arg(c, mz_str("key"));

    if (key.len) {
        mz_cmd_arg(c, key);
    }

    mz_cmd_begin(c, 5);
    mz_cmd_arg(c, mz_str("HMGET"));
    mz_cmd_arg(c, mz_key_str(&meta));
    mz_cmd_arg(c, mz_str("schema"));
    mz_cmd_arg(c, mz_str("partitions"));
    mz_cmd_arg(c, mz_str("key"));
}


mz_rc_t
mz_meta_decode(const mz_store_conf_t *conf, redisReply *const *replies,
    mz_str_t *key, mz_err_t *err)
{
    size_t   i, n;
    int64_t  schema, partitions;
    mz_rc_t  rc;

    if (key) {
        *key = mz_null_str;
    }

    for (i = 0; i < MZ_META_REPLIES - 1; i++) {
        rc = mz_reply_check(replies[i], err);
        if (rc != MZ_OK) {
            return rc;
        }
    }

    rc = mz_reply_array(replies[i], "the meta record", &n, err);
    if (rc != MZ_OK) {
        return rc;
    }

    schema = mz_reply_int(mz_reply_at(replies[i], 0), -1);
    partitions = mz_reply_int(mz_reply_at(replies[i], 1), -1);

    if (schema < 0 || partitions < 0) {
        return mz_reply_odd("the meta record", err);
    }

    if (schema != MZ_STORE_SCHEMA) {
        return mz_fail(err, MZ_INVALID, "Redis holds data of schema %lld "
                       "under the prefix \"%s\", this program knows schema "
                       "%d: use matching versions, or another prefix",
                       (long long) schema, conf->prefix, MZ_STORE_SCHEMA);
    }

    if (partitions != conf->partitions) {
        return mz_fail(err, MZ_INVALID, "Redis holds a deployment of %lld "
                       "partitions under the prefix \"%s\", %u are "
                       "configured here: set %lld, or use another prefix",
                       (long long) partitions, conf->prefix,
                       conf->partitions, (long long) partitions);
    }

    if (key) {
        *key = mz_reply_str(mz_reply_at(replies[i], 2));
    }

    return MZ_OK;
}


void
mz_meta_beat(mz_cmds_t *c, const mz_store_conf_t *conf, mz_str_t worker,
    int64_t now_ms)
{
    mz_key_t  key;

    mz_key(&key, conf, MZ_KEY_WORKERS, 0, mz_null_str, "", 0);

    mz_cmd_begin(c, 4);
    mz_cmd_arg(c, mz_str("ZADD"));
    mz_cmd_arg(c, mz_key_str(&key));
    mz_cmd_arg_int(c, now_ms);
    mz_cmd_arg(c, worker);

    mz_cmd_begin(c, 4);
    mz_cmd_arg(c, mz_str("ZREMRANGEBYSCORE"));
    mz_cmd_arg(c, mz_key_str(&key));
    mz_cmd_arg(c, mz_str("-inf"));
    mz_cmd_arg_int(c, now_ms - MZ_META_FORGET_MS);
}


void
mz_meta_last_beat(mz_cmds_t *c, const mz_store_conf_t *conf)
{
    mz_key_t  key;

    mz_key(&key, conf, MZ_KEY_WORKERS, 0, mz_null_str, "", 0);

    mz_cmd_begin(c, 5);
    mz_cmd_arg(c, mz_str("ZREVRANGE"));
    mz_cmd_arg(c, mz_key_str(&key));
    mz_cmd_arg(c, mz_str("0"));
    mz_cmd_arg(c, mz_str("0"));
    mz_cmd_arg(c, mz_str("WITHSCORES"));
}


mz_rc_t
mz_meta_last_beat_decode(const redisReply *r, int64_t *at_ms, mz_err_t *err)
{
    size_t   n;
    mz_rc_t  rc;

    *at_ms = 0;

    rc = mz_reply_array(r, "the list of workers", &n, err);
    if (rc != MZ_OK) {
        return rc;
    }

    *at_ms = mz_reply_int(mz_reply_at(r, 1), 0);

    return MZ_OK;
}


static bool
mz_meta_is_prefix_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}
