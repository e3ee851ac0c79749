
#include "agent/log.h"
#include "agent/work/redis_check.h"
#include "base/mz_str.h"
#include "store/meta.h"
#include "store/queue.h"


#define MZ_REDIS_MAJOR_MIN  6
#define MZ_REDIS_MINOR_MIN  2

static mz_rc_t mz_redis_check_queue(mz_redis_t *r,
    const mz_store_conf_t *conf, mz_err_t *err);
static mz_rc_t mz_redis_check_version(mz_str_t version, mz_err_t *err);
static void mz_redis_check_durability(mz_str_t info);


mz_rc_t
mz_redis_check_server(mz_redis_t *r, mz_err_t *err)
{
    mz_rc_t       rc;
    mz_str_t      argv[1], info;
    mz_cmds_t     c;
    mz_replies_t  replies;

    argv[0] = mz_str("INFO");
    mz_cmds_init(&c);
    mz_cmds_add(&c, 1, argv);
    rc = mz_redis_run(r, &c, 0, &replies, err);
    mz_cmds_free(&c);

    if (rc != MZ_OK) {
        return rc;
    }

    if (mz_replies_at(&replies, 0)->type == REDIS_REPLY_ERROR) {
        mz_log(MZ_LOG_WARN, "Redis does not answer INFO (an ACL?): its "
               "version, durability and eviction are not checked");
        mz_replies_free(&replies);
        return MZ_OK;
    }

    info = mz_reply_str(mz_replies_at(&replies, 0));
    rc = mz_redis_check_version(mz_redis_check_info(info, "redis_version"),
                                err);

    if (rc == MZ_OK && mz_str_eq_c(mz_redis_check_info(info,
                                                       "cluster_enabled"),
                                   "1"))
    {
        rc = mz_fail(err, MZ_INVALID, "Redis Cluster is not supported yet: "
                     "use a single server, or Sentinels");
    }

    if (rc == MZ_OK) {
        mz_redis_check_durability(info);
    }

    mz_replies_free(&replies);

    return rc;
}


mz_rc_t
mz_redis_check_store(mz_redis_t *r, const mz_store_conf_t *conf,
    mz_err_t *err)
{
    mz_rc_t       rc;
    mz_cmds_t     c;
    mz_replies_t  replies;

    mz_cmds_init(&c);
    mz_meta_check(&c, conf, mz_null_str);
    rc = mz_redis_run(r, &c, 0, &replies, err);
    mz_cmds_free(&c);

    if (rc != MZ_OK) {
        return rc;
    }

    rc = mz_meta_decode(conf, replies.replies, NULL, err);
    mz_replies_free(&replies);

    return (rc == MZ_OK) ? mz_redis_check_queue(r, conf, err) : rc;
}


/* Only when the deployment is ours: in another one nothing is made. */

static mz_rc_t
mz_redis_check_queue(mz_redis_t *r, const mz_store_conf_t *conf,
    mz_err_t *err)
{
    size_t        i;
    mz_rc_t       rc;
    mz_cmds_t     c;
    mz_replies_t  replies;

    mz_cmds_init(&c);
    mz_queue_create(&c, conf);
    rc = mz_redis_run(r, &c, 0, &replies, err);
    mz_cmds_free(&c);

    if (rc != MZ_OK) {
        return rc;
    }

    for (i = 0; i < replies.n && rc == MZ_OK; i++) {
        rc = mz_queue_create_decode(replies.replies[i], err);
    }

    mz_replies_free(&replies);

    return rc;
}


mz_str_t
mz_redis_check_info(mz_str_t info, const char *name)
{
    mz_str_t  line, key;

    key = mz_str_from(name);

    while (mz_str_split(&info, '\n', &line)) {
        line = mz_str_trim(line);

        if (line.len > key.len && line.data[key.len] == ':'
            && mz_str_has_prefix(line, key))
        {
            line.data += key.len + 1;
            line.len -= key.len + 1;
            return line;
        }
    }

    return mz_null_str;
}


static mz_rc_t
mz_redis_check_version(mz_str_t version, mz_err_t *err)
{
    int64_t   major, minor;
    mz_str_t  rest, part;

    rest = version;
    major = 0;
    minor = 0;

    if (mz_str_split(&rest, '.', &part)
        && mz_str_to_int(part, &major) == MZ_OK
        && mz_str_split(&rest, '.', &part)
        && mz_str_to_int(part, &minor) == MZ_OK
        && (major > MZ_REDIS_MAJOR_MIN
            || (major == MZ_REDIS_MAJOR_MIN && minor >= MZ_REDIS_MINOR_MIN)))
    {
        return MZ_OK;
    }

    return mz_fail(err, MZ_INVALID, "Redis %.*s is too old: 6.2 or later is "
                   "needed", (int) version.len, version.data);
}


static void
mz_redis_check_durability(mz_str_t info)
{
    mz_str_t  policy;

    if (!mz_str_eq_c(mz_redis_check_info(info, "aof_enabled"), "1")) {
        mz_log(MZ_LOG_WARN, "Redis has no append-only file: a restart loses "
               "accepted runs; set `appendonly yes`");
    }

    policy = mz_redis_check_info(info, "maxmemory_policy");

    if (policy.len > 0 && !mz_str_eq_c(policy, "noeviction")) {
        mz_log(MZ_LOG_WARN, "Redis may evict keys (maxmemory-policy %.*s): "
               "runs and artifacts can vanish; set `maxmemory-policy "
               "noeviction`", (int) policy.len, policy.data);
    }
}
