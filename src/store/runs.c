
#include "store/runs.h"
#include "store/cmd.h"
#include "store/reply.h"


/* In this order the values of a head come. */

static const char *const  mz_run_head_fields[] = {
    "status", "conv", "phase", "error", "created", "updated", "retention",
    "seq"
};


void
mz_runs_page(mz_cmds_t *c, const mz_store_conf_t *conf, mz_str_t scope,
    int64_t from_ms, int64_t skip, int64_t count)
{
    mz_key_t  key;

    mz_key(&key, conf, MZ_KEY_RUNS, 0, scope, "", 0);

    mz_cmd_begin(c, 8);
    mz_cmd_arg(c, mz_str("ZREVRANGEBYSCORE"));
    mz_cmd_arg(c, mz_key_str(&key));
    mz_cmd_arg_int(c, from_ms);
    mz_cmd_arg(c, mz_str("-inf"));
    mz_cmd_arg(c, mz_str("WITHSCORES"));
    mz_cmd_arg(c, mz_str("LIMIT"));
    mz_cmd_arg_int(c, skip);
    mz_cmd_arg_int(c, count);
}


mz_rc_t
mz_runs_decode(const redisReply *r, size_t *n, mz_err_t *err)
{
    mz_rc_t  rc;

    rc = mz_reply_array(r, "a list of runs", n, err);
    if (rc != MZ_OK) {
        return rc;
    }

    if (*n % 2 != 0) {
        return mz_reply_odd("a list of runs", err);
    }

    *n /= 2;

    return MZ_OK;
}


mz_rc_t
mz_runs_at(const redisReply *r, size_t i, mz_id_t *run, int64_t *created_ms,
    mz_err_t *err)
{
    *created_ms = mz_reply_int(mz_reply_at(r, 2 * i + 1), -1);

    if (!mz_reply_id(mz_reply_at(r, 2 * i), MZ_ID_RUN, run)
        || *created_ms < 0)
    {
        return mz_reply_odd("a list of runs", err);
    }

    return MZ_OK;
}


void
mz_run_head(mz_cmds_t *c, const mz_store_conf_t *conf, mz_str_t scope,
    const mz_id_t *run)
{
    size_t    i;
    mz_key_t  key;

    mz_key(&key, conf, MZ_KEY_RUN, 0, scope, run->s, 0);

    mz_cmd_begin(c, 2 + MZ_ARRAY_LEN(mz_run_head_fields));
    mz_cmd_arg(c, mz_str("HMGET"));
    mz_cmd_arg(c, mz_key_str(&key));

    for (i = 0; i < MZ_ARRAY_LEN(mz_run_head_fields); i++) {
        mz_cmd_arg(c, (mz_str_t) { mz_run_head_fields[i],
                                   strlen(mz_run_head_fields[i]) });
    }
}


mz_rc_t
mz_run_head_decode(const redisReply *r, mz_run_t *out, mz_err_t *err)
{
    size_t    n;
    mz_rc_t   rc;
    mz_str_t  status;

    memset(out, 0, sizeof(mz_run_t));

    rc = mz_reply_array(r, "a run", &n, err);
    if (rc != MZ_OK) {
        return rc;
    }

    if (n != MZ_ARRAY_LEN(mz_run_head_fields)) {
        return mz_reply_odd("a run", err);
    }

    status = mz_reply_str(mz_reply_at(r, 0));

    if (status.data == NULL) {
        return mz_fail(err, MZ_NOT_FOUND, "there is no such run");
    }

    if (mz_run_status_parse(status, &out->status) != MZ_OK
        || !mz_reply_id(mz_reply_at(r, 1), MZ_ID_CONV, &out->conv))
    {
        return mz_reply_odd("a run", err);
    }

    out->phase = mz_reply_str(mz_reply_at(r, 2));
    out->error = mz_reply_str(mz_reply_at(r, 3));
    out->created_ms = mz_reply_int(mz_reply_at(r, 4), 0);
    out->updated_ms = mz_reply_int(mz_reply_at(r, 5), 0);
    out->retention_s = mz_reply_int(mz_reply_at(r, 6), 0);
    out->seq = mz_reply_int(mz_reply_at(r, 7), 0);

    return MZ_OK;
}


void
mz_run_newest_events(mz_cmds_t *c, const mz_store_conf_t *conf,
    mz_str_t scope, const mz_id_t *run, int64_t count)
{
    mz_key_t  key;

    mz_key(&key, conf, MZ_KEY_EVENTS, 0, scope, run->s, 0);

    mz_cmd_begin(c, 6);
    mz_cmd_arg(c, mz_str("XREVRANGE"));
    mz_cmd_arg(c, mz_key_str(&key));
    mz_cmd_arg(c, mz_str("+"));
    mz_cmd_arg(c, mz_str("-"));
    mz_cmd_arg(c, mz_str("COUNT"));
    mz_cmd_arg_int(c, count);
}
