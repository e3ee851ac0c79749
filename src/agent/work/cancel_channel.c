
#include "agent/work/cancel_channel.h"
#include "agent/log.h"
#include "agent/work/work.h"
#include "base/mz_str.h"


static void mz_cancel_channel_subscribe(mz_cancel_channel_t *ch);
static void mz_cancel_channel_lost(mz_cancel_channel_t *ch,
    const mz_err_t *err);


mz_rc_t
mz_cancel_channel_open(mz_cancel_channel_t *ch, const mz_redis_url_t *url,
    const mz_store_conf_t *store)
{
    memset(ch, 0, sizeof(*ch));

    ch->store = store;
    ch->redis = mz_redis_new(url, "mitzu-agent-cancel");
    mz_backoff_reset(&ch->backoff);

    return ch->redis != NULL ? MZ_OK : MZ_NOMEM;
}


void
mz_cancel_channel_close(mz_cancel_channel_t *ch)
{
    mz_redis_free(ch->redis);
    ch->redis = NULL;
}


int
mz_cancel_channel_fd(const mz_cancel_channel_t *ch)
{
    return mz_redis_fd(ch->redis);
}


void
mz_cancel_channel_follow(mz_cancel_channel_t *ch, const mz_id_t *run)
{
    if (run != NULL) {
        ch->run = *run;

    } else {
        ch->run.s[0] = '\0';
    }

    mz_backoff_reset(&ch->backoff);

    if (run != NULL || mz_cancel_channel_fd(ch) >= 0) {
        mz_cancel_channel_subscribe(ch);
    }
}


void
mz_cancel_channel_mend(mz_cancel_channel_t *ch)
{
    if (mz_work_clock_ms() >= mz_cancel_channel_due(ch)) {
        mz_cancel_channel_subscribe(ch);
    }
}


void
mz_cancel_channel_drop(mz_cancel_channel_t *ch)
{
    mz_redis_close(ch->redis);
    ch->retry_at = 0;
}


int64_t
mz_cancel_channel_due(const mz_cancel_channel_t *ch)
{
    return ch->run.s[0] != '\0' && mz_cancel_channel_fd(ch) < 0
           ? ch->retry_at : INT64_MAX;
}


bool
mz_cancel_channel_heard(mz_cancel_channel_t *ch)
{
    bool             is_heard;
    mz_rc_t          rc;
    mz_str_t         type;
    mz_err_t         err;
    redisReply      *r;
    mz_log_quote_t   q;

    is_heard = false;

    while (mz_cancel_channel_fd(ch) >= 0) {
        rc = mz_redis_receive(ch->redis, &r, &err);

        if (rc == MZ_AGAIN) {
            break;
        }

        if (rc != MZ_OK) {
            mz_cancel_channel_lost(ch, &err);
            break;
        }

        type = mz_reply_str(mz_reply_at(r, 0));

        if (mz_str_eq_c(type, "subscribe")) {
            mz_backoff_reset(&ch->backoff);
            is_heard = true;
        }

        if (r->type == REDIS_REPLY_ERROR) {
            mz_log(MZ_LOG_WARN, "no cancel channel: runs are cancelled by "
                   "renewals only: %s", mz_log_quote(&q, (mz_str_t) { r->str,
                                                               r->len }));
        }

        is_heard |= mz_str_eq_c(type, "message");
        mz_reply_free(r);
    }

    return is_heard;
}


static void
mz_cancel_channel_subscribe(mz_cancel_channel_t *ch)
{
    mz_rc_t    rc;
    mz_err_t   err;
    mz_key_t   key;
    mz_str_t   argv[2];
    mz_cmds_t  c;

    rc = mz_redis_connect(ch->redis, &err);

    if (rc == MZ_OK) {
        mz_cmds_init(&c);
        argv[0] = mz_str("UNSUBSCRIBE");
        mz_cmds_add(&c, 1, argv);

        if (ch->run.s[0] != '\0') {
            mz_key(&key, ch->store, MZ_KEY_CHANNEL_CANCEL, 0, mz_null_str,
                   ch->run.s, 0);
            argv[0] = mz_str("SUBSCRIBE");
            argv[1] = mz_key_str(&key);
            mz_cmds_add(&c, 2, argv);
        }

        rc = mz_redis_send(ch->redis, &c, &err);
        mz_cmds_free(&c);
    }

    if (rc != MZ_OK) {
        mz_cancel_channel_lost(ch, &err);
    }
}


static void
mz_cancel_channel_lost(mz_cancel_channel_t *ch, const mz_err_t *err)
{
    mz_log(MZ_LOG_DEBUG, "no cancel channel: %s", err->msg);

    ch->retry_at = mz_work_clock_ms() + mz_backoff_next_ms(&ch->backoff);
}
