
#include "store/fair.h"
#include "store/cmd.h"
#include "store/reply.h"
#include "base/mz_str.h"


enum {
    MZ_FAIR_PAUSED,
    MZ_FAIR_WAITING,
    MZ_FAIR_SERVED
};

typedef struct {
    mz_str_t  project;
    int64_t   at;
} mz_served_t;

typedef struct {
    mz_served_t  *v;                    /* by project, the newest first */
    size_t        n;
} mz_fair_table_t;


static mz_rc_t mz_fair_check(const mz_store_conf_t *conf,
    redisReply *const *replies, size_t *nserved, mz_err_t *err);
static mz_rc_t mz_fair_table(const mz_store_conf_t *conf,
    redisReply *const *replies, size_t n, mz_fair_table_t *t, mz_err_t *err);
static int mz_fair_compare(const void *a, const void *b);
static int64_t mz_fair_served(const mz_fair_table_t *t, mz_str_t project);
static void mz_fair_range(mz_cmds_t *c, const char *command,
    const mz_key_t *key);


void
mz_fair_look(mz_cmds_t *c, const mz_store_conf_t *conf)
{
    unsigned  i;
    mz_key_t  key;

    for (i = 0; i < conf->partitions; i++) {
        mz_key(&key, conf, MZ_KEY_PAUSED, i, mz_null_str, "", 0);
        mz_cmd_begin(c, 2);
        mz_cmd_arg(c, mz_str("EXISTS"));
        mz_cmd_arg(c, mz_key_str(&key));

        mz_key(&key, conf, MZ_KEY_QUEUE, i, mz_null_str, "", 0);
        mz_fair_range(c, "ZRANGE", &key);

        mz_key(&key, conf, MZ_KEY_SERVED, i, mz_null_str, "", 0);
        mz_fair_range(c, "ZREVRANGE", &key);
    }
}


/*
 * What a partition says of a project is no newer than what happened there: a
 * project that was just served elsewhere is known from elsewhere.
 */

mz_rc_t
mz_fair_choose(const mz_store_conf_t *conf, redisReply *const *replies,
    unsigned from, const bool *skip, mz_turn_t *turn, mz_err_t *err)
{
    size_t             i, n;
    int64_t            at, served, best;
    mz_rc_t            rc;
    unsigned           k, part;
    mz_str_t           project;
    mz_fair_table_t    table;
    const redisReply  *waiting;

    rc = mz_fair_check(conf, replies, &n, err);
    if (rc != MZ_OK) {
        return rc;
    }

    rc = mz_fair_table(conf, replies, n, &table, err);
    if (rc != MZ_OK) {
        return rc;
    }

    memset(turn, 0, sizeof(mz_turn_t));
    best = INT64_MAX;
    rc = MZ_NOT_FOUND;

    for (k = 0; k < conf->partitions; k++) {
        part = (from + k) % conf->partitions;

        if (mz_reply_int(replies[part * MZ_FAIR_REPLIES + MZ_FAIR_PAUSED], 0)
            != 0)
        {
            turn->is_paused = true;
            continue;
        }

        if (skip[part]) {
            continue;
        }

        waiting = replies[part * MZ_FAIR_REPLIES + MZ_FAIR_WAITING];

        for (i = 0; i + 1 < waiting->elements; i += 2) {
            project = mz_reply_str(mz_reply_at(waiting, i));
            at = mz_reply_int(mz_reply_at(waiting, i + 1), 0);
            served = mz_fair_served(&table, project);
            at = at > served ? at : served;

            if (at < best && mz_store_is_scope(project)) {
                best = at;
                rc = MZ_OK;
                turn->part = part;
                memcpy(turn->project, project.data, MZ_SCOPE_LEN);
                turn->project[MZ_SCOPE_LEN] = '\0';
            }
        }
    }

    free(table.v);

    return rc;
}


void
mz_fair_take(mz_cmds_t *c, const mz_store_conf_t *conf, const mz_job_t *job,
    int64_t now_ms, mz_str_t worker, int64_t lease_ms, mz_str_t project)
{
    mz_key_t       base;
    mz_str_t       key;
    mz_cmd_args_t  a;

    mz_key(&base, conf, MZ_KEY_PART_BASE, job->part, mz_null_str, "", 0);
    key = mz_key_str(&base);

    a.n = 0;
    a.nints = 0;

    mz_cmd_args_add_int(&a, now_ms);
    mz_cmd_args_add(&a, worker);
    mz_cmd_args_add_int(&a, lease_ms);
    mz_cmd_args_add(&a, mz_str_from(job->entry.s));
    mz_cmd_args_add(&a, project);

    mz_cmds_add_script(c, MZ_SCRIPT_TAKE, 1, &key, a.n, a.v);
}


mz_rc_t
mz_fair_take_decode(const mz_store_conf_t *conf, const redisReply *r,
    mz_taken_t *out, mz_err_t *err)
{
    size_t    n;
    mz_rc_t   rc;
    mz_str_t  word, scope;

    memset(out, 0, sizeof(mz_taken_t));
    out->outcome = MZ_TAKE_EMPTY;

    rc = mz_reply_array(r, "a take", &n, err);
    if (rc != MZ_OK) {
        return rc;
    }

    word = mz_reply_str(mz_reply_at(r, 0));

    if (mz_str_eq_c(word, "empty")) {
        return MZ_OK;
    }

    if (mz_str_eq_c(word, "paused")) {
        out->outcome = MZ_TAKE_PAUSED;
        return MZ_OK;
    }

    scope = mz_reply_str(mz_reply_at(r, 1));
    out->attempt = mz_reply_int(mz_reply_at(r, 3), 0);

    if (!mz_str_eq_c(word, "taken") || !mz_store_is_scope(scope)
        || conf->partitions == 0 || out->attempt < 1
        || !mz_reply_id(mz_reply_at(r, 2), MZ_ID_RUN, &out->run)
        || !mz_reply_id(mz_reply_at(r, 4), MZ_ID_CONV, &out->conv))
    {
        return mz_reply_odd("a take", err);
    }

    out->outcome = MZ_TAKE_TAKEN;
    memcpy(out->scope, scope.data, MZ_SCOPE_LEN);
    out->prompt = mz_reply_str(mz_reply_at(r, 5));
    out->trace = mz_reply_str(mz_reply_at(r, 6));

    return MZ_OK;
}


/* Every reply is of its kind; how many projects were served lately. */

static mz_rc_t
mz_fair_check(const mz_store_conf_t *conf, redisReply *const *replies,
    size_t *nserved, mz_err_t *err)
{
    size_t    n;
    mz_rc_t   rc;
    unsigned  i;

    *nserved = 0;

    for (i = 0; i < conf->partitions * MZ_FAIR_REPLIES; i++) {
        rc = (i % MZ_FAIR_REPLIES == MZ_FAIR_PAUSED)
             ? mz_reply_check(replies[i], err)
             : mz_reply_array(replies[i], "a look at the queue", &n, err);
        if (rc != MZ_OK) {
            return rc;
        }

        if (i % MZ_FAIR_REPLIES == MZ_FAIR_SERVED) {
            *nserved += n / 2;
        }
    }

    return MZ_OK;
}


static mz_rc_t
mz_fair_table(const mz_store_conf_t *conf, redisReply *const *replies,
    size_t n, mz_fair_table_t *t, mz_err_t *err)
{
    size_t             i;
    unsigned           part;
    const redisReply  *served;

    t->n = 0;
    t->v = calloc(n + 1, sizeof(mz_served_t));

    if (t->v == NULL) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    for (part = 0; part < conf->partitions; part++) {
        served = replies[part * MZ_FAIR_REPLIES + MZ_FAIR_SERVED];

        for (i = 0; i + 1 < served->elements; i += 2) {
            t->v[t->n].project = mz_reply_str(mz_reply_at(served, i));
            t->v[t->n].at = mz_reply_int(mz_reply_at(served, i + 1), 0);
            t->n++;
        }
    }

    qsort(t->v, t->n, sizeof(mz_served_t), mz_fair_compare);

    return MZ_OK;
}


static int
mz_fair_compare(const void *a, const void *b)
{
    int                 order;
    const mz_served_t  *x, *y;

    x = a;
    y = b;
    order = mz_str_cmp(x->project, y->project);

    if (order != 0) {
        return order;
    }

    return (y->at > x->at) - (y->at < x->at);
}


/* The first of a project in the table; 0 when it is not there. */

static int64_t
mz_fair_served(const mz_fair_table_t *t, mz_str_t project)
{
    size_t  low, high, mid;

    low = 0;
    high = t->n;

    while (low < high) {
        mid = low + (high - low) / 2;

        if (mz_str_cmp(t->v[mid].project, project) < 0) {
            low = mid + 1;

        } else {
            high = mid;
        }
    }

    return low < t->n && mz_str_eq(t->v[low].project, project) ? t->v[low].at
                                                               : 0;
}


static void
mz_fair_range(mz_cmds_t *c, const char *command, const mz_key_t *key)
{
    mz_cmd_begin(c, 5);
    mz_cmd_arg(c, mz_str_from(command));
    mz_cmd_arg(c, mz_key_str(key));
    mz_cmd_arg(c, mz_str("0"));
    mz_cmd_arg_int(c, MZ_FAIR_LOOK - 1);
    mz_cmd_arg(c, mz_str("WITHSCORES"));
}
