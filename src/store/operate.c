
#include "store/operate.h"
#include "store/cmd.h"
#include "store/reply.h"
#include "base/mz_sha256.h"
#include "base/mz_str.h"


static void mz_operate_jobs(mz_cmds_t *c, const mz_store_conf_t *conf,
    unsigned part, const char *command, size_t argc);
static void mz_operate_wake(const mz_store_conf_t *conf,
    const redisReply *fields, mz_cmds_t *next);


void
mz_operate_requeue(mz_cmds_t *c, const mz_store_conf_t *conf,
    const mz_overview_run_t *who, int64_t now_ms, int64_t lease_ms,
    mz_str_t reason)
{
    mz_cmd_args_t  a;

    a.n = 0;
    a.nints = 0;

    mz_cmd_args_add_int(&a, now_ms);
    mz_cmd_args_add_id(&a, &who->run);
    mz_cmd_args_add_int(&a, lease_ms);
    mz_cmd_args_add(&a, reason);

    mz_cmd_call(c, conf, MZ_SCRIPT_REQUEUE, mz_str_from(who->scope), &a);
}


void
mz_operate_drop(mz_cmds_t *c, const mz_store_conf_t *conf,
    const mz_overview_run_t *who, int64_t now_ms, mz_str_t reason)
{
    mz_cmd_args_t  a;

    a.n = 0;
    a.nints = 0;

    mz_cmd_args_add_int(&a, now_ms);
    mz_cmd_args_add_id(&a, &who->run);
    mz_cmd_args_add(&a, reason);

    mz_cmd_call(c, conf, MZ_SCRIPT_DROP, mz_str_from(who->scope), &a);
}


/* Whoever knows the id of the one may know that of the other. */

mz_rc_t
mz_operate_again_id(const mz_id_t *run, mz_id_t *again)
{
    int            n;
    char           text[MZ_ID_LEN + 16];
    unsigned char  digest[MZ_SHA256_LEN];

    n = snprintf(text, sizeof(text), "again\n%s", run->s);

    if (mz_sha256((mz_str_t) { text, (size_t) n }, digest) != MZ_OK) {
        memset(again, 0, sizeof(mz_id_t));
        return MZ_NOMEM;
    }

    mz_id_make(again, MZ_ID_RUN, digest);

    return MZ_OK;
}


/* No more attempts than by default: each costs, and one was too many. */

void
mz_operate_again(mz_cmds_t *c, const mz_store_conf_t *conf,
    const mz_overview_run_t *who, const mz_run_t *run, const mz_id_t *again,
    int64_t now_ms)
{
    mz_submit_args_t  args;

    memset(&args, 0, sizeof(mz_submit_args_t));

    args.now_ms = now_ms;
    args.conv = run->conv;
    args.run = *again;
    args.prompt = run->prompt;
    args.title = mz_str("");
    args.retention_s = run->retention_s > 0 ? run->retention_s : 1;
    args.max_attempts = run->max_attempts < MZ_RUN_MAX_ATTEMPTS
                        ? run->max_attempts : MZ_RUN_MAX_ATTEMPTS;
    args.trace = run->trace;
    args.project = mz_store_is_scope(run->project) ? run->project
                                                   : mz_null_str;

    mz_run_submit(c, conf, mz_str_from(who->scope), &args);
}


void
mz_operate_bury(mz_cmds_t *c, const mz_store_conf_t *conf, unsigned part,
    const mz_queue_id_t *entry)
{
    mz_key_t  key;

    mz_key(&key, conf, MZ_KEY_DEAD, part, mz_null_str, "", 0);

    mz_cmd_begin(c, 3);
    mz_cmd_arg(c, mz_str("XDEL"));
    mz_cmd_arg(c, mz_key_str(&key));
    mz_cmd_arg(c, mz_str_from(entry->s));
}


mz_rc_t
mz_operate_bury_decode(const redisReply *r, mz_err_t *err)
{
    mz_rc_t  rc;

    rc = mz_reply_check(r, err);

    return rc == MZ_OK && r->type != REDIS_REPLY_INTEGER
           ? mz_reply_odd("dead letters", err) : rc;
}


/* Since when stays what it was. */

void
mz_operate_pause(mz_cmds_t *c, const mz_store_conf_t *conf, int64_t now_ms)
{
    unsigned  i;
    mz_key_t  key;

    for (i = 0; i < conf->partitions; i++) {
        mz_key(&key, conf, MZ_KEY_PAUSED, i, mz_null_str, "", 0);

        mz_cmd_begin(c, 4);
        mz_cmd_arg(c, mz_str("SET"));
        mz_cmd_arg(c, mz_key_str(&key));
        mz_cmd_arg_int(c, now_ms);
        mz_cmd_arg(c, mz_str("NX"));
    }
}


void
mz_operate_resume(mz_cmds_t *c, const mz_store_conf_t *conf)
{
    unsigned  i;
    mz_key_t  key;

    for (i = 0; i < conf->partitions; i++) {
        mz_key(&key, conf, MZ_KEY_PAUSED, i, mz_null_str, "", 0);

        mz_cmd_begin(c, 2);
        mz_cmd_arg(c, mz_str("DEL"));
        mz_cmd_arg(c, mz_key_str(&key));
    }
}


mz_rc_t
mz_operate_pause_decode(redisReply *const *replies, size_t n,
    unsigned *changed, mz_err_t *err)
{
    size_t   i;
    mz_rc_t  rc;

    *changed = 0;

    for (i = 0; i < n; i++) {
        rc = mz_reply_check(replies[i], err);
        if (rc != MZ_OK) {
            return rc;
        }

        *changed += mz_str_eq_c(mz_reply_str(replies[i]), "OK")
                    || mz_reply_int(replies[i], 0) == 1;
    }

    return MZ_OK;
}


void
mz_operate_sleepers(mz_cmds_t *c, const mz_store_conf_t *conf)
{
    unsigned  i;

    for (i = 0; i < conf->partitions; i++) {
        mz_operate_jobs(c, conf, i, "XPENDING", 6);
        mz_cmd_arg(c, mz_str(MZ_QUEUE_GROUP));
        mz_cmd_arg(c, mz_str("-"));
        mz_cmd_arg(c, mz_str("+"));
        mz_cmd_arg_int(c, MZ_OPERATE_WAKES_MAX);
    }
}


mz_rc_t
mz_operate_sleepers_read(const mz_store_conf_t *conf,
    redisReply *const *replies, mz_cmds_t *next, mz_err_t *err)
{
    size_t    k, n;
    mz_rc_t   rc;
    mz_str_t  id;
    unsigned  i;

    for (i = 0; i < conf->partitions; i++) {

        if (mz_reply_is_error(replies[i], "NOGROUP")) {
            continue;
        }

        rc = mz_reply_array(replies[i], "wake-ups in hand", &n, err);
        if (rc != MZ_OK) {
            return rc;
        }

        for (k = 0; k < n; k++) {
            id = mz_reply_str(mz_reply_at(mz_reply_at(replies[i], k), 0));

            mz_operate_jobs(next, conf, i, "XRANGE", 4);
            mz_cmd_arg(next, id);
            mz_cmd_arg(next, id);
        }
    }

    return MZ_OK;
}


mz_rc_t
mz_operate_sleepers_wake(const mz_store_conf_t *conf,
    redisReply *const *replies, size_t n, mz_cmds_t *next, mz_err_t *err)
{
    size_t   i, k;
    mz_rc_t  rc;

    for (i = 0; i < n; i++) {
        rc = mz_reply_array(replies[i], "a wake-up", &k, err);
        if (rc != MZ_OK) {
            return rc;
        }

        if (k > 0) {
            mz_operate_wake(conf, mz_reply_at(mz_reply_at(replies[i], 0), 1),
                            next);
        }
    }

    return MZ_OK;
}


/* Opens a command on the jobs of a partition. */

static void
mz_operate_jobs(mz_cmds_t *c, const mz_store_conf_t *conf, unsigned part,
    const char *command, size_t argc)
{
    mz_key_t  key;

    mz_key(&key, conf, MZ_KEY_JOBS, part, mz_null_str, "", 0);

    mz_cmd_begin(c, argc);
    mz_cmd_arg(c, mz_str_from(command));
    mz_cmd_arg(c, mz_key_str(&key));
}


/* What names no run is not said again. */

static void
mz_operate_wake(const mz_store_conf_t *conf, const redisReply *fields,
    mz_cmds_t *next)
{
    mz_id_t   id;
    mz_str_t  scope, run, project;

    scope = mz_reply_field(fields, "scope");
    run = mz_reply_field(fields, "run");
    project = mz_reply_field(fields, "project");

    if (!mz_store_is_scope(scope) || !mz_store_is_scope(project)
        || mz_id_parse(&id, MZ_ID_RUN, run) != MZ_OK)
    {
        return;
    }

    mz_operate_jobs(next, conf, mz_store_partition(conf, scope), "XADD", 9);
    mz_cmd_arg(next, mz_str("*"));
    mz_cmd_arg(next, mz_str("scope"));
    mz_cmd_arg(next, scope);
    mz_cmd_arg(next, mz_str("run"));
    mz_cmd_arg(next, run);
    mz_cmd_arg(next, mz_str("project"));
    mz_cmd_arg(next, project);
}
