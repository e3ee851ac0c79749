
#include "store/queue.h"
#include "store/cmd.h"
#include "store/reply.h"
#include "base/mz_str.h"


static void mz_queue_key(mz_key_t *key, const mz_store_conf_t *conf,
    unsigned part);
static bool mz_queue_id(const redisReply *r, mz_queue_id_t *id);
static bool mz_queue_news(const mz_store_conf_t *conf,
    const redisReply *stream, unsigned *part, mz_queue_id_t *id);


void
mz_queue_init(mz_queue_t *q, const mz_store_conf_t *conf)
{
    unsigned  i;

    q->conf = conf;
    q->part = 0;

    for (i = 0; i < MZ_STORE_PARTITIONS_MAX; i++) {
        snprintf(q->seen[i].s, sizeof(q->seen[i].s), "0-0");
    }
}


void
mz_queue_create(mz_cmds_t *c, const mz_store_conf_t *conf)
{
    unsigned  i;
    mz_key_t  key;

    for (i = 0; i < conf->partitions; i++) {
        mz_queue_key(&key, conf, i);

        mz_cmd_begin(c, 6);
        mz_cmd_arg(c, mz_str("XGROUP"));
        mz_cmd_arg(c, mz_str("CREATE"));
        mz_cmd_arg(c, mz_key_str(&key));
        mz_cmd_arg(c, mz_str(MZ_QUEUE_GROUP));
        mz_cmd_arg(c, mz_str("0"));
        mz_cmd_arg(c, mz_str("MKSTREAM"));
    }
}


mz_rc_t
mz_queue_create_decode(const redisReply *r, mz_err_t *err)
{
    if (mz_reply_is_error(r, "BUSYGROUP")) {
        return MZ_OK;
    }

    return mz_reply_check(r, err);
}


void
mz_queue_poll(const mz_queue_t *q, mz_cmds_t *c, mz_str_t worker)
{
    mz_key_t  key;

    mz_queue_key(&key, q->conf, q->part);

    mz_cmd_begin(c, 9);
    mz_cmd_arg(c, mz_str("XREADGROUP"));
    mz_cmd_arg(c, mz_str("GROUP"));
    mz_cmd_arg(c, mz_str(MZ_QUEUE_GROUP));
    mz_cmd_arg(c, worker);
    mz_cmd_arg(c, mz_str("COUNT"));
    mz_cmd_arg(c, mz_str("1"));
    mz_cmd_arg(c, mz_str("STREAMS"));
    mz_cmd_arg(c, mz_key_str(&key));
    mz_cmd_arg(c, mz_str(">"));
}


mz_rc_t
mz_queue_poll_decode(mz_queue_t *q, const redisReply *r, mz_job_t *job,
    mz_err_t *err)
{
    mz_rc_t            rc;
    mz_str_t           scope, run;
    const redisReply  *entry, *fields;

    memset(job, 0, sizeof(mz_job_t));
    job->part = q->part;

    if (mz_reply_is_error(r, "NOGROUP")) {
        return mz_fail(err, MZ_AGAIN, "the group of workers is gone");
    }

    rc = mz_reply_check(r, err);
    if (rc != MZ_OK) {
        return rc;
    }

    q->part = (q->part + 1) % q->conf->partitions;

    if (r->type == REDIS_REPLY_NIL) {
        return MZ_NOT_FOUND;
    }

    entry = mz_reply_at(mz_reply_at(mz_reply_at(r, 0), 1), 0);

    if (!mz_queue_id(mz_reply_at(entry, 0), &job->entry)) {
        return mz_reply_odd("a job", err);
    }

    fields = mz_reply_at(entry, 1);
    scope = mz_reply_field(fields, "scope");
    run = mz_reply_field(fields, "run");

    if (!mz_store_is_scope(scope)
        || mz_store_partition(q->conf, scope) != job->part
        || mz_id_parse(&job->run, MZ_ID_RUN, run) != MZ_OK)
    {
        return mz_fail(err, MZ_INVALID, "entry %s of the jobs of partition "
                       "%u names no run", job->entry.s, job->part);
    }

    memcpy(job->scope, scope.data, MZ_SCOPE_LEN);

    return MZ_OK;
}


void
mz_queue_wait(const mz_queue_t *q, mz_cmds_t *c, int64_t block_ms)
{
    unsigned  i, n;
    mz_key_t  key;

    n = q->conf->partitions;

    mz_cmd_begin(c, 6 + 2 * (size_t) n);
    mz_cmd_arg(c, mz_str("XREAD"));
    mz_cmd_arg(c, mz_str("COUNT"));
    mz_cmd_arg(c, mz_str("1"));
    mz_cmd_arg(c, mz_str("BLOCK"));
    mz_cmd_arg_int(c, block_ms);
    mz_cmd_arg(c, mz_str("STREAMS"));

    for (i = 0; i < n; i++) {
        mz_queue_key(&key, q->conf, i);
        mz_cmd_arg(c, mz_key_str(&key));
    }

    for (i = 0; i < n; i++) {
        mz_cmd_arg(c, mz_str_from(q->seen[i].s));
    }
}


/*
 * The next in turn of those with news, or the low partitions would win.  Only
 * its entry counts as seen: the others must wake again, should this one turn
 * out to be somebody else's.
 */

mz_rc_t
mz_queue_wait_decode(mz_queue_t *q, const redisReply *r, mz_err_t *err)
{
    size_t         i, n;
    mz_rc_t        rc;
    unsigned       part, turn, best, partitions;
    mz_queue_id_t  id, newest;

    rc = mz_reply_check(r, err);
    if (rc != MZ_OK) {
        return rc;
    }

    if (r->type == REDIS_REPLY_NIL) {
        return MZ_NOT_FOUND;
    }

    rc = mz_reply_array(r, "news of jobs", &n, err);
    if (rc != MZ_OK) {
        return rc;
    }

    partitions = q->conf->partitions;
    best = partitions;
    memset(&newest, 0, sizeof(newest));

    for (i = 0; i < n; i++) {
        if (!mz_queue_news(q->conf, mz_reply_at(r, i), &part, &id)) {
            continue;
        }

        turn = (part + partitions - q->part) % partitions;

        if (turn < best) {
            best = turn;
            newest = id;
        }
    }

    if (best == partitions) {
        return mz_reply_odd("news of jobs", err);
    }

    q->part = (q->part + best) % partitions;
    q->seen[q->part] = newest;

    return MZ_OK;
}


void
mz_queue_ack(mz_cmds_t *c, const mz_store_conf_t *conf, const mz_job_t *job)
{
    mz_key_t  key;

    mz_queue_key(&key, conf, job->part);

    mz_cmd_begin(c, 4);
    mz_cmd_arg(c, mz_str("XACK"));
    mz_cmd_arg(c, mz_key_str(&key));
    mz_cmd_arg(c, mz_str(MZ_QUEUE_GROUP));
    mz_cmd_arg(c, mz_str_from(job->entry.s));

    mz_cmd_begin(c, 3);
    mz_cmd_arg(c, mz_str("XDEL"));
    mz_cmd_arg(c, mz_key_str(&key));
    mz_cmd_arg(c, mz_str_from(job->entry.s));
}


void
mz_queue_sweep(mz_cmds_t *c, const mz_store_conf_t *conf, unsigned part,
    int64_t now_ms, int64_t limit, int64_t lease_ms)
{
    mz_key_t       base;
    mz_str_t       key;
    mz_cmd_args_t  a;

    mz_key(&base, conf, MZ_KEY_PART_BASE, part, mz_null_str, "", 0);
    key = mz_key_str(&base);

    a.n = 0;
    a.nints = 0;

    mz_cmd_args_add_int(&a, now_ms);
    mz_cmd_args_add_int(&a, limit);
    mz_cmd_args_add_int(&a, lease_ms);
    mz_cmd_args_add_int(&a, MZ_QUEUE_FORGET_MS);

    mz_cmds_add_script(c, MZ_SCRIPT_SWEEP, 1, &key, a.n, a.v);
}


mz_rc_t
mz_queue_sweep_decode(const redisReply *r, mz_swept_t *out, mz_err_t *err)
{
    size_t   n;
    mz_rc_t  rc;

    memset(out, 0, sizeof(mz_swept_t));

    rc = mz_reply_array(r, "a sweep", &n, err);
    if (rc != MZ_OK) {
        return rc;
    }

    if (!mz_str_eq_c(mz_reply_str(mz_reply_at(r, 0)), "swept") || n < 4) {
        return mz_reply_odd("a sweep", err);
    }

    out->requeued = mz_reply_int(mz_reply_at(r, 1), 0);
    out->lost = mz_reply_int(mz_reply_at(r, 2), 0);
    out->dropped = mz_reply_int(mz_reply_at(r, 3), 0);
    out->failed = mz_reply_int(mz_reply_at(r, 4), 0);

    return MZ_OK;
}


static void
mz_queue_key(mz_key_t *key, const mz_store_conf_t *conf, unsigned part)
{
    mz_key(key, conf, MZ_KEY_JOBS, part, mz_null_str, "", 0);
}


/* "<digits>-<digits>", as far as the one who sends it back must know. */

static bool
mz_queue_id(const redisReply *r, mz_queue_id_t *id)
{
    size_t    i;
    mz_str_t  s;

    s = mz_reply_str(r);

    if (s.len == 0 || s.len >= sizeof(id->s)) {
        return false;
    }

    for (i = 0; i < s.len; i++) {
        if ((s.data[i] < '0' || s.data[i] > '9') && s.data[i] != '-') {
            return false;
        }
    }

    memcpy(id->s, s.data, s.len);
    id->s[s.len] = '\0';

    return true;
}


/* Which partition one stream of an XREAD reply is, and its entry. */

static bool
mz_queue_news(const mz_store_conf_t *conf, const redisReply *stream,
    unsigned *part, mz_queue_id_t *id)
{
    unsigned           i;
    mz_key_t           key;
    mz_str_t           name;
    const redisReply  *entries;

    name = mz_reply_str(mz_reply_at(stream, 0));
    entries = mz_reply_at(stream, 1);

    for (i = 0; i < conf->partitions; i++) {
        mz_queue_key(&key, conf, i);

        if (mz_str_eq(name, mz_key_str(&key))) {
            *part = i;
            return mz_queue_id(mz_reply_at(mz_reply_at(entries, 0), 0), id);
        }
    }

    return false;
}
