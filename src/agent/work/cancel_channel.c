
#include "agent/work/cancel_channel.h"
#include "agent/log.h"
#include "base/mz_str.h"


void
mz_cancel_channel_follow(mz_redis_t *listen, const mz_store_conf_t *conf,
    const mz_id_t *run)
{
    mz_err_t   err;
    mz_key_t   key;
    mz_str_t   argv[2];
    mz_cmds_t  c;

    if (mz_redis_fd(listen) < 0 && run == NULL) {
        return;
    }

    if (mz_redis_connect(listen, &err) != MZ_OK) {
        mz_log(MZ_LOG_DEBUG, "no cancel channel: %s", err.msg);
        return;
    }

    mz_cmds_init(&c);
    argv[0] = mz_str("UNSUBSCRIBE");
    mz_cmds_add(&c, 1, argv);

    if (run != NULL) {
        mz_key(&key, conf, MZ_KEY_CHANNEL_CANCEL, 0, mz_null_str,
               run->s, 0);
        argv[0] = mz_str("SUBSCRIBE");
        argv[1] = mz_key_str(&key);
        mz_cmds_add(&c, 2, argv);
    }

    if (mz_redis_send(listen, &c, &err) != MZ_OK) {
        mz_log(MZ_LOG_DEBUG, "no cancel channel: %s", err.msg);
    }

    mz_cmds_free(&c);
}


bool
mz_cancel_channel_heard(mz_redis_t *listen)
{
    bool         is_heard;
    mz_rc_t      rc;
    mz_str_t     type;
    mz_err_t     err;
    redisReply  *r;

    is_heard = false;

    while (mz_redis_fd(listen) >= 0) {
        rc = mz_redis_receive(listen, &r, &err);

        if (rc == MZ_AGAIN) {
            break;
        }

        if (rc != MZ_OK) {
            /* renewals go on; subscribed anew with the next run */
            mz_log(MZ_LOG_DEBUG, "cancel channel lost: %s", err.msg);
            break;
        }

        type = mz_reply_str(mz_reply_at(r, 0));
        is_heard |= mz_str_eq_c(type, "message")
                    || mz_str_eq_c(type, "subscribe");
        mz_reply_free(r);
    }

    return is_heard;
}
