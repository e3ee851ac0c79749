
#include "store/admit.h"
#include "store/cmd.h"
#include "store/reply.h"
#include "base/mz_str.h"


#define MZ_ADMIT_MEMBER_MAX  (MZ_SCOPE_LEN + 1 + MZ_ID_LEN)
#define MZ_ADMIT_QUEUED_MAX  INT64_C(1000000000000)     /* of a partition */
#define MZ_ADMIT_TIME_MAX    INT64_C(1000000000000000)


static void mz_admit_call(mz_cmds_t *c, const mz_store_conf_t *conf,
    mz_script_t script, mz_str_t project, const mz_cmd_args_t *a);
static mz_str_t mz_admit_member(char buf[MZ_ADMIT_MEMBER_MAX + 1],
    mz_str_t scope, const mz_id_t *run);
static mz_rc_t mz_admit_places(const redisReply *r, size_t n,
    mz_admit_reply_t *out, mz_err_t *err);
static bool mz_admit_place(const redisReply *r, size_t i, mz_place_t *place);
static bool mz_admit_is_over(const mz_place_t *place, int64_t now_ms,
    const redisReply *r);


bool
mz_admit_is_needed(const mz_run_limit_t *project, int64_t max_queued)
{
    return project->interval_us != 0 || project->concurrent != 0
           || max_queued != 0;
}


size_t
mz_admit(mz_cmds_t *c, const mz_store_conf_t *conf,
    const mz_admit_args_t *args, int64_t max_queued)
{
    char           member[MZ_ADMIT_MEMBER_MAX + 1];
    size_t         n;
    unsigned       i;
    mz_key_t       key;
    mz_cmd_args_t  a;

    n = c->n;

    if (mz_admit_is_needed(&args->limit, 0)) {
        a.n = 0;
        a.nints = 0;

        mz_cmd_args_add_int(&a, args->now_ms);
        mz_cmd_args_add(&a, args->project);
        mz_cmd_args_add(&a, mz_admit_member(member, args->scope, &args->run));
        mz_cmd_args_add_int(&a, args->limit.interval_us);
        mz_cmd_args_add_int(&a, args->limit.burst);
        mz_cmd_args_add_int(&a, args->limit.concurrent);
        mz_cmd_args_add_int(&a, args->ttl_s);

        mz_admit_call(c, conf, MZ_SCRIPT_ADMIT, args->project, &a);
    }

    for (i = 0; max_queued != 0 && i < conf->partitions; i++) {
        mz_key(&key, conf, MZ_KEY_JOBS, i, mz_null_str, "", 0);

        mz_cmd_begin(c, 2);
        mz_cmd_arg(c, mz_str("XLEN"));
        mz_cmd_arg(c, mz_key_str(&key));
    }

    return c->n - n;
}


mz_rc_t
mz_admit_decode(const redisReply *r, mz_admit_reply_t *out, mz_err_t *err)
{
    size_t    n;
    mz_rc_t   rc;
    mz_str_t  word;

    memset(out, 0, sizeof(mz_admit_reply_t));

    rc = mz_reply_array(r, "an admit", &n, err);
    if (rc != MZ_OK) {
        return rc;
    }

    word = mz_reply_str(mz_reply_at(r, 0));

    if (mz_str_eq_c(word, "ok")) {
        out->outcome = MZ_ADMIT_OK;
        return MZ_OK;
    }

    if (mz_str_eq_c(word, "limited")) {
        out->outcome = MZ_ADMIT_LIMITED;
        out->wait_ms = mz_reply_int(mz_reply_at(r, 2), -1);

        return out->wait_ms >= 0 ? MZ_OK : mz_reply_odd("an admit", err);
    }

    if (!mz_str_eq_c(word, "full")) {
        return mz_reply_odd("an admit", err);
    }

    out->outcome = MZ_ADMIT_FULL;
    out->now_ms = mz_reply_int(mz_reply_at(r, 1), -1);

    if (out->now_ms < 0 || out->now_ms > MZ_ADMIT_TIME_MAX) {
        return mz_reply_odd("an admit", err);
    }

    return mz_admit_places(r, n, out, err);
}


mz_rc_t
mz_admit_queued_decode(const mz_store_conf_t *conf,
    redisReply *const *replies, mz_str_t scope, int64_t *elsewhere,
    mz_err_t *err)
{
    int64_t   n;
    mz_rc_t   rc;
    unsigned  i;

    *elsewhere = 0;

    for (i = 0; i < conf->partitions; i++) {
        rc = mz_reply_check(replies[i], err);
        if (rc != MZ_OK) {
            return rc;
        }

        n = mz_reply_int(replies[i], -1);

        if (n < 0 || n > MZ_ADMIT_QUEUED_MAX) {
            return mz_reply_odd("the length of a queue", err);
        }

        if (i != mz_store_partition(conf, scope)) {
            *elsewhere += n;
        }
    }

    return MZ_OK;
}


void
mz_admit_look(mz_cmds_t *c, const mz_store_conf_t *conf,
    const mz_admit_reply_t *full)
{
    size_t             i;
    mz_key_t           key;
    const mz_place_t  *place;

    for (i = 0; i < full->n; i++) {
        place = &full->places[i];
        mz_key(&key, conf, MZ_KEY_RUN, 0, mz_str_from(place->scope),
               place->run.s, 0);

        mz_cmd_begin(c, 3);
        mz_cmd_arg(c, mz_str("HGET"));
        mz_cmd_arg(c, mz_key_str(&key));
        mz_cmd_arg(c, mz_str("status"));
    }
}


bool
mz_admit_clear(mz_cmds_t *c, const mz_store_conf_t *conf, mz_str_t project,
    const mz_admit_reply_t *full, redisReply *const *replies)
{
    char            member[MZ_ADMIT_MEMBER_MAX + 1];
    size_t          i, n;
    mz_key_t        base;
    const mz_str_t  zero = mz_str("0");

    n = 0;

    for (i = 0; i < full->n; i++) {
        n += mz_admit_is_over(&full->places[i], full->now_ms, replies[i]);
    }

    if (n == 0) {
        return false;
    }

    mz_key(&base, conf, MZ_KEY_PART_BASE, mz_store_partition(conf, project),
           mz_null_str, "", 0);

    mz_cmd_begin(c, 6 + n);
    mz_cmd_arg(c, mz_str("EVALSHA"));
    mz_cmd_arg(c, mz_str_from(mz_scripts[MZ_SCRIPT_RELEASE].sha1));
    mz_cmd_arg_int(c, 1);
    mz_cmd_arg(c, mz_key_str(&base));
    mz_cmd_arg(c, project);
    mz_cmd_arg(c, zero);

    for (i = 0; i < full->n; i++) {
        if (mz_admit_is_over(&full->places[i], full->now_ms, replies[i])) {
            mz_cmd_arg(c, mz_admit_member(member,
                                          mz_str_from(full->places[i].scope),
                                          &full->places[i].run));
        }
    }

    return true;
}


void
mz_admit_release(mz_cmds_t *c, const mz_store_conf_t *conf,
    const mz_admit_args_t *args)
{
    char           member[MZ_ADMIT_MEMBER_MAX + 1];
    mz_cmd_args_t  a;

    a.n = 0;
    a.nints = 0;

    mz_cmd_args_add(&a, args->project);
    mz_cmd_args_add_int(&a, args->limit.interval_us);
    mz_cmd_args_add(&a, mz_admit_member(member, args->scope, &args->run));

    mz_admit_call(c, conf, MZ_SCRIPT_RELEASE, args->project, &a);
}


static void
mz_admit_call(mz_cmds_t *c, const mz_store_conf_t *conf, mz_script_t script,
    mz_str_t project, const mz_cmd_args_t *a)
{
    mz_key_t  base;
    mz_str_t  key;

    mz_key(&base, conf, MZ_KEY_PART_BASE, mz_store_partition(conf, project),
           mz_null_str, "", 0);
    key = mz_key_str(&base);

    mz_cmds_add_script(c, script, 1, &key, a->n, a->v);
}


static mz_str_t
mz_admit_member(char buf[MZ_ADMIT_MEMBER_MAX + 1], mz_str_t scope,
    const mz_id_t *run)
{
    int  n;

    n = snprintf(buf, MZ_ADMIT_MEMBER_MAX + 1, "%.*s:%.*s", MZ_SCOPE_LEN,
                 scope.len >= MZ_SCOPE_LEN ? scope.data : "", MZ_ID_LEN,
                 run->s);

    return (mz_str_t) { buf, (size_t) n };
}


/* After the word and the time: names and values of a hash. */

static mz_rc_t
mz_admit_places(const redisReply *r, size_t n, mz_admit_reply_t *out,
    mz_err_t *err)
{
    size_t  i;

    out->places = calloc(n / 2 + 1, sizeof(mz_place_t));

    if (out->places == NULL) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    for (i = 2; i + 1 < n && out->n < MZ_ADMIT_PLACES_MAX; i += 2) {
        if (mz_admit_place(r, i, &out->places[out->n])) {
            out->n++;
        }
    }

    return MZ_OK;
}


/* "<scope>:<run id>" and a time; `tat` is none. */

static bool
mz_admit_place(const redisReply *r, size_t i, mz_place_t *place)
{
    mz_str_t  member, scope, run;

    member = mz_reply_str(mz_reply_at(r, i));

    if (member.len != MZ_ADMIT_MEMBER_MAX) {
        return false;
    }

    scope = (mz_str_t) { member.data, MZ_SCOPE_LEN };
    run = (mz_str_t) { member.data + MZ_SCOPE_LEN + 1, MZ_ID_LEN };

    if (!mz_store_is_scope(scope) || member.data[MZ_SCOPE_LEN] != ':'
        || mz_id_parse(&place->run, MZ_ID_RUN, run) != MZ_OK)
    {
        return false;
    }

    memcpy(place->scope, scope.data, MZ_SCOPE_LEN);
    place->scope[MZ_SCOPE_LEN] = '\0';
    place->at_ms = mz_reply_int(mz_reply_at(r, i + 1), -1);

    return place->at_ms >= 0 && place->at_ms <= MZ_ADMIT_TIME_MAX;
}


/* One that is not there may be about to be submitted. */

static bool
mz_admit_is_over(const mz_place_t *place, int64_t now_ms, const redisReply *r)
{
    mz_run_status_t  status;

    if (r->type == REDIS_REPLY_NIL) {
        return now_ms - place->at_ms > MZ_ADMIT_GRACE_MS;
    }

    return mz_run_status_parse(mz_reply_str(r), &status) == MZ_OK
           && mz_run_status_is_terminal(status);
}
