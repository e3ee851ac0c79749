
#include "store/overview.h"
#include "store/cmd.h"
#include "store/reply.h"
#include "base/mz_str.h"


enum {
    MZ_OVERVIEW_LIVE,                   /* replies of a look, by partition; */
    MZ_OVERVIEW_DEAD,                   /* behind them one for the workers */
    MZ_OVERVIEW_PAUSED,
    MZ_OVERVIEW_LINES,
    MZ_OVERVIEW_REPLIES
};

#define MZ_OVERVIEW_AT(field)  offsetof(mz_run_t, field)

/* What a list sorts by comes first, then what it shows; behind the status. */

#define MZ_OVERVIEW_BRIEF  3

static const mz_reply_map_t  mz_overview_map[] = {
    { "created",      MZ_REPLY_INT,  MZ_OVERVIEW_AT(created_ms) },
    { "project",      MZ_REPLY_STR,  MZ_OVERVIEW_AT(project) },
    { "lease",        MZ_REPLY_INT,  MZ_OVERVIEW_AT(lease_ms) },
    { "conv",         MZ_REPLY_CONV, MZ_OVERVIEW_AT(conv) },
    { "attempt",      MZ_REPLY_INT,  MZ_OVERVIEW_AT(attempt) },
    { "max_attempts", MZ_REPLY_INT,  MZ_OVERVIEW_AT(max_attempts) },
    { "started",      MZ_REPLY_INT,  MZ_OVERVIEW_AT(started_ms) },
    { "updated",      MZ_REPLY_INT,  MZ_OVERVIEW_AT(updated_ms) },
    { "worker",       MZ_REPLY_STR,  MZ_OVERVIEW_AT(worker) },
    { "phase",        MZ_REPLY_STR,  MZ_OVERVIEW_AT(phase) },
    { "prompt",       MZ_REPLY_STR,  MZ_OVERVIEW_AT(prompt) }
};


static void mz_overview_one(mz_cmds_t *c, const char *command,
    const mz_key_t *key);
static void mz_overview_add_lines(const mz_store_conf_t *conf, unsigned part,
    const redisReply *projects, mz_cmds_t *lines);
static mz_rc_t mz_overview_step(const redisReply *r,
    mz_overview_cursor_t *cursor, const redisReply **page, mz_err_t *err);
static void mz_overview_cursor_arg(mz_cmds_t *c,
    const mz_overview_cursor_t *cursor);
static bool mz_overview_member(mz_str_t scope, mz_str_t run,
    mz_overview_run_t *out);
static bool mz_overview_key(const mz_store_conf_t *conf, mz_str_t key,
    mz_overview_run_t *out);
static void mz_overview_fields(mz_cmds_t *c, const mz_store_conf_t *conf,
    const mz_overview_run_t *who, size_t n);
static mz_rc_t mz_overview_fields_decode(const redisReply *r, size_t n,
    mz_run_t *out, mz_err_t *err);


void
mz_overview_time(mz_cmds_t *c)
{
    mz_cmd_begin(c, 1);
    mz_cmd_arg(c, mz_str("TIME"));
}


int64_t
mz_overview_time_decode(const redisReply *r)
{
    int64_t  s, us;

    s = mz_reply_int(mz_reply_at(r, 0), -1);
    us = mz_reply_int(mz_reply_at(r, 1), -1);

    if (s < 0 || s > INT64_MAX / 2000 || us < 0 || us >= 1000000) {
        return 0;
    }

    return s * 1000 + us / 1000;
}


void
mz_overview_meta(mz_cmds_t *c, const mz_store_conf_t *conf)
{
    mz_key_t  key;

    mz_key(&key, conf, MZ_KEY_META, 0, mz_null_str, "", 0);

    mz_cmd_begin(c, 4);
    mz_cmd_arg(c, mz_str("HMGET"));
    mz_cmd_arg(c, mz_key_str(&key));
    mz_cmd_arg(c, mz_str("schema"));
    mz_cmd_arg(c, mz_str("partitions"));
}


mz_rc_t
mz_overview_meta_decode(mz_store_conf_t *conf, const redisReply *r,
    mz_err_t *err)
{
    size_t   n;
    int64_t  schema, partitions;
    mz_rc_t  rc;

    rc = mz_reply_array(r, "the meta record", &n, err);
    if (rc != MZ_OK) {
        return rc;
    }

    if (mz_reply_str(mz_reply_at(r, 0)).data == NULL
        && mz_reply_str(mz_reply_at(r, 1)).data == NULL)
    {
        return mz_fail(err, MZ_NOT_FOUND, "no deployment has the prefix "
                       "\"%s\" in this Redis database: check the prefix and "
                       "the database of the address", conf->prefix);
    }

    schema = mz_reply_int(mz_reply_at(r, 0), -1);
    partitions = mz_reply_int(mz_reply_at(r, 1), -1);

    if (schema >= 0 && schema != MZ_STORE_SCHEMA) {
        return mz_fail(err, MZ_INVALID, "Redis holds data of schema %lld "
                       "under the prefix \"%s\", this program knows schema "
                       "%d: use matching versions", (long long) schema,
                       conf->prefix, MZ_STORE_SCHEMA);
    }

    if (schema < 0 || partitions < 1 || partitions > MZ_STORE_PARTITIONS_MAX)
    {
        return mz_reply_odd("the meta record", err);
    }

    conf->partitions = (unsigned) partitions;

    return MZ_OK;
}


void
mz_overview_look(mz_cmds_t *c, const mz_store_conf_t *conf, int64_t now_ms)
{
    unsigned  i;
    mz_key_t  key;

    for (i = 0; i < conf->partitions; i++) {
        mz_key(&key, conf, MZ_KEY_LEASES, i, mz_null_str, "", 0);
        mz_overview_one(c, "ZCARD", &key);

        mz_key(&key, conf, MZ_KEY_DEAD, i, mz_null_str, "", 0);
        mz_overview_one(c, "XLEN", &key);

        mz_key(&key, conf, MZ_KEY_PAUSED, i, mz_null_str, "", 0);
        mz_overview_one(c, "GET", &key);

        mz_key(&key, conf, MZ_KEY_QUEUE, i, mz_null_str, "", 0);
        mz_cmd_begin(c, 4);
        mz_cmd_arg(c, mz_str("ZRANGE"));
        mz_cmd_arg(c, mz_key_str(&key));
        mz_cmd_arg(c, mz_str("0"));
        mz_cmd_arg_int(c, MZ_OVERVIEW_PROJECTS_MAX);
    }

    mz_key(&key, conf, MZ_KEY_WORKERS, 0, mz_null_str, "", 0);
    mz_cmd_begin(c, 4);
    mz_cmd_arg(c, mz_str("ZCOUNT"));
    mz_cmd_arg(c, mz_key_str(&key));
    mz_cmd_arg_int(c, now_ms - MZ_OVERVIEW_ALIVE_MS);
    mz_cmd_arg(c, mz_str("+inf"));
}


mz_rc_t
mz_overview_look_decode(const mz_store_conf_t *conf,
    redisReply *const *replies, size_t n, mz_overview_counts_t *out,
    mz_cmds_t *lines, mz_err_t *err)
{
    size_t             i, k;
    int64_t            since;
    mz_rc_t            rc;
    unsigned           part;
    redisReply *const *r;

    memset(out, 0, sizeof(mz_overview_counts_t));

    if (n != (size_t) conf->partitions * MZ_OVERVIEW_REPLIES + 1) {
        return mz_reply_odd("a look at the queue", err);
    }

    for (i = 0; i < n; i++) {
        rc = (i % MZ_OVERVIEW_REPLIES == MZ_OVERVIEW_LINES)
             ? mz_reply_array(replies[i], "a look at the queue", &k, err)
             : mz_reply_check(replies[i], err);
        if (rc != MZ_OK) {
            return rc;
        }
    }

    for (part = 0; part < conf->partitions; part++) {
        r = replies + (size_t) part * MZ_OVERVIEW_REPLIES;

        out->live += mz_reply_int(r[MZ_OVERVIEW_LIVE], 0);
        out->dead += mz_reply_int(r[MZ_OVERVIEW_DEAD], 0);
        out->is_partial |= r[MZ_OVERVIEW_LINES]->elements
                           > MZ_OVERVIEW_PROJECTS_MAX;

        if (r[MZ_OVERVIEW_PAUSED]->type != REDIS_REPLY_NIL) {
            out->paused++;
            since = mz_reply_int(r[MZ_OVERVIEW_PAUSED], 0);

            if (out->paused == 1 || since < out->paused_ms) {
                out->paused_ms = since;
            }
        }

        mz_overview_add_lines(conf, part, r[MZ_OVERVIEW_LINES], lines);
    }

    out->workers = mz_reply_int(replies[n - 1], 0);

    return MZ_OK;
}


mz_rc_t
mz_overview_lines_decode(redisReply *const *replies, size_t n,
    mz_overview_counts_t *out, mz_err_t *err)
{
    size_t   i, k;
    int64_t  created;
    mz_rc_t  rc;

    for (i = 0; i + 1 < n; i += 2) {
        rc = mz_reply_check(replies[i], err);

        if (rc == MZ_OK) {
            rc = mz_reply_array(replies[i + 1], "a line of the queue", &k,
                                err);
        }

        if (rc != MZ_OK) {
            return rc;
        }

        out->queued += mz_reply_int(replies[i], 0);
        created = mz_reply_int(mz_reply_at(replies[i + 1], 1), 0);

        if (created > 0
            && (out->oldest_ms == 0 || created < out->oldest_ms))
        {
            out->oldest_ms = created;
        }
    }

    return MZ_OK;
}


void
mz_overview_live(mz_cmds_t *c, const mz_store_conf_t *conf, unsigned part,
    const mz_overview_cursor_t *cursor, const mz_id_t *only)
{
    char      match[MZ_ID_LEN + 3];
    mz_key_t  key;

    mz_key(&key, conf, MZ_KEY_LEASES, part, mz_null_str, "", 0);

    mz_cmd_begin(c, only ? 7 : 5);
    mz_cmd_arg(c, mz_str("ZSCAN"));
    mz_cmd_arg(c, mz_key_str(&key));
    mz_overview_cursor_arg(c, cursor);
    mz_cmd_arg(c, mz_str("COUNT"));
    mz_cmd_arg_int(c, MZ_OVERVIEW_PAGE);

    if (only) {
        snprintf(match, sizeof(match), "*:%s", only->s);
        mz_cmd_arg(c, mz_str("MATCH"));
        mz_cmd_arg(c, mz_str_from(match));
    }
}


mz_rc_t
mz_overview_live_decode(const redisReply *r, mz_overview_cursor_t *cursor,
    size_t *n, mz_err_t *err)
{
    mz_rc_t            rc;
    const redisReply  *page;

    *n = 0;

    rc = mz_overview_step(r, cursor, &page, err);

    if (rc == MZ_OK) {
        *n = page->elements / 2;
    }

    return rc;
}


bool
mz_overview_live_at(const redisReply *r, size_t i, mz_overview_run_t *out)
{
    mz_str_t  rest, scope;

    rest = mz_reply_str(mz_reply_at(mz_reply_at(r, 1), 2 * i));

    return mz_str_split(&rest, ':', &scope)
           && mz_overview_member(scope, rest, out);
}


void
mz_overview_dead(mz_cmds_t *c, const mz_store_conf_t *conf, unsigned part,
    const mz_queue_id_t *before, int64_t count)
{
    char      from[MZ_QUEUE_ID_MAX + 1];
    mz_key_t  key;

    mz_key(&key, conf, MZ_KEY_DEAD, part, mz_null_str, "", 0);
    snprintf(from, sizeof(from), "(%s", before ? before->s : "");

    mz_cmd_begin(c, 6);
    mz_cmd_arg(c, mz_str("XREVRANGE"));
    mz_cmd_arg(c, mz_key_str(&key));
    mz_cmd_arg(c, before ? mz_str_from(from) : mz_str("+"));
    mz_cmd_arg(c, mz_str("-"));
    mz_cmd_arg(c, mz_str("COUNT"));
    mz_cmd_arg_int(c, count);
}


mz_rc_t
mz_overview_dead_decode(const redisReply *r, size_t *n, mz_err_t *err)
{
    size_t             i;
    int64_t            ms, seq;
    mz_rc_t            rc;
    const redisReply  *fields;

    rc = mz_reply_array(r, "the runs given up", n, err);

    for (i = 0; rc == MZ_OK && i < *n; i++) {
        if (mz_reply_entry(mz_reply_at(r, i), &ms, &seq, &fields) != MZ_OK) {
            *n = 0;
            return mz_reply_odd("the runs given up", err);
        }
    }

    return rc;
}


mz_rc_t
mz_overview_dead_at(const redisReply *r, size_t i, mz_overview_dead_t *out)
{
    int64_t            ms, seq;
    const redisReply  *fields;

    memset(out, 0, sizeof(mz_overview_dead_t));

    if (mz_reply_entry(mz_reply_at(r, i), &ms, &seq, &fields) != MZ_OK) {
        return MZ_INTERNAL;
    }

    snprintf(out->entry.s, sizeof(out->entry.s), "%lld-%lld",
             (long long) ms, (long long) seq);

    if (!mz_overview_member(mz_reply_field(fields, "scope"),
                            mz_reply_field(fields, "run"), &out->who))
    {
        return MZ_INVALID;
    }

    out->reason = mz_reply_field(fields, "reason");

    if (mz_str_to_int(mz_reply_field(fields, "at"), &out->at_ms) != MZ_OK) {
        out->at_ms = ms;
    }

    return MZ_OK;
}


void
mz_overview_scan(mz_cmds_t *c, const mz_store_conf_t *conf,
    const mz_overview_cursor_t *cursor, const mz_id_t *run)
{
    int       n;
    char      match[MZ_KEY_MAX];

    n = snprintf(match, sizeof(match), "%s:{*}:*:run:%s", conf->prefix,
                 run->s);

    mz_cmd_begin(c, 6);
    mz_cmd_arg(c, mz_str("SCAN"));
    mz_overview_cursor_arg(c, cursor);
    mz_cmd_arg(c, mz_str("MATCH"));
    mz_cmd_arg(c, (mz_str_t) { match, (size_t) n });
    mz_cmd_arg(c, mz_str("COUNT"));
    mz_cmd_arg_int(c, MZ_OVERVIEW_PAGE);
}


mz_rc_t
mz_overview_scan_decode(const mz_store_conf_t *conf, const redisReply *r,
    mz_overview_cursor_t *cursor, mz_overview_run_t *out, mz_err_t *err)
{
    size_t             i;
    mz_rc_t            rc;
    const redisReply  *page;

    rc = mz_overview_step(r, cursor, &page, err);
    if (rc != MZ_OK) {
        return rc;
    }

    for (i = 0; i < page->elements; i++) {
        if (mz_overview_key(conf, mz_reply_str(mz_reply_at(page, i)), out)) {
            return MZ_OK;
        }
    }

    return mz_fail(err, MZ_NOT_FOUND, "there is no such run");
}


void
mz_overview_brief(mz_cmds_t *c, const mz_store_conf_t *conf,
    const mz_overview_run_t *who)
{
    mz_overview_fields(c, conf, who, MZ_OVERVIEW_BRIEF);
}


mz_rc_t
mz_overview_brief_decode(const redisReply *r, mz_run_t *out, mz_err_t *err)
{
    return mz_overview_fields_decode(r, MZ_OVERVIEW_BRIEF, out, err);
}


void
mz_overview_row(mz_cmds_t *c, const mz_store_conf_t *conf,
    const mz_overview_run_t *who)
{
    mz_overview_fields(c, conf, who, MZ_ARRAY_LEN(mz_overview_map));
}


mz_rc_t
mz_overview_row_decode(const redisReply *r, mz_run_t *out, mz_err_t *err)
{
    return mz_overview_fields_decode(r, MZ_ARRAY_LEN(mz_overview_map), out,
                                     err);
}


static void
mz_overview_one(mz_cmds_t *c, const char *command, const mz_key_t *key)
{
    mz_cmd_begin(c, 2);
    mz_cmd_arg(c, mz_str_from(command));
    mz_cmd_arg(c, mz_key_str(key));
}


/* Of each project in line: how many of its runs wait, and since when. */

static void
mz_overview_add_lines(const mz_store_conf_t *conf, unsigned part,
    const redisReply *projects, mz_cmds_t *lines)
{
    char      id[MZ_SCOPE_LEN + 1];
    size_t    i;
    mz_str_t  project;
    mz_key_t  key;

    for (i = 0; i < projects->elements && i < MZ_OVERVIEW_PROJECTS_MAX; i++) {
        project = mz_reply_str(mz_reply_at(projects, i));

        if (!mz_store_is_scope(project)) {
            continue;
        }

        memcpy(id, project.data, MZ_SCOPE_LEN);
        id[MZ_SCOPE_LEN] = '\0';
        mz_key(&key, conf, MZ_KEY_QUEUE_OF, part, mz_null_str, id, 0);

        mz_overview_one(lines, "ZCARD", &key);

        mz_cmd_begin(lines, 5);
        mz_cmd_arg(lines, mz_str("ZRANGE"));
        mz_cmd_arg(lines, mz_key_str(&key));
        mz_cmd_arg(lines, mz_str("0"));
        mz_cmd_arg(lines, mz_str("0"));
        mz_cmd_arg(lines, mz_str("WITHSCORES"));
    }
}


/* [cursor, [..]] of SCAN and ZSCAN. */

static mz_rc_t
mz_overview_step(const redisReply *r, mz_overview_cursor_t *cursor,
    const redisReply **page, mz_err_t *err)
{
    size_t    i, n;
    mz_rc_t   rc;
    mz_str_t  next;

    cursor->is_over = true;

    rc = mz_reply_array(r, "a walk", &n, err);
    if (rc != MZ_OK) {
        return rc;
    }

    next = mz_reply_str(mz_reply_at(r, 0));
    *page = mz_reply_at(r, 1);

    for (i = 0; i < next.len && next.data[i] >= '0' && next.data[i] <= '9';
         i++)
    {
        /* void */
    }

    if (next.len == 0 || next.len >= sizeof(cursor->s) || i < next.len
        || *page == NULL || (*page)->type != REDIS_REPLY_ARRAY)
    {
        return mz_reply_odd("a walk", err);
    }

    memcpy(cursor->s, next.data, next.len);
    cursor->s[next.len] = '\0';
    cursor->is_over = mz_str_eq_c(next, "0");

    return MZ_OK;
}


static void
mz_overview_cursor_arg(mz_cmds_t *c, const mz_overview_cursor_t *cursor)
{
    mz_cmd_arg(c, cursor->s[0] ? mz_str_from(cursor->s) : mz_str("0"));
}


static bool
mz_overview_member(mz_str_t scope, mz_str_t run, mz_overview_run_t *out)
{
    memset(out, 0, sizeof(mz_overview_run_t));

    if (!mz_store_is_scope(scope)
        || mz_id_parse(&out->run, MZ_ID_RUN, run) != MZ_OK)
    {
        return false;
    }

    memcpy(out->scope, scope.data, MZ_SCOPE_LEN);

    return true;
}


/* Of the parts of a key that looks like a run's the same key must come. */

static bool
mz_overview_key(const mz_store_conf_t *conf, mz_str_t key,
    mz_overview_run_t *out)
{
    mz_key_t  same;
    mz_str_t  scope, run;

    if (key.len < MZ_ID_LEN + 5 + MZ_SCOPE_LEN) {
        return false;
    }

    run = (mz_str_t) { key.data + key.len - MZ_ID_LEN, MZ_ID_LEN };
    scope = (mz_str_t) { run.data - 5 - MZ_SCOPE_LEN, MZ_SCOPE_LEN };

    if (!mz_overview_member(scope, run, out)) {
        return false;
    }

    mz_key(&same, conf, MZ_KEY_RUN, 0, scope, out->run.s, 0);

    return mz_str_eq(key, mz_key_str(&same));
}


static void
mz_overview_fields(mz_cmds_t *c, const mz_store_conf_t *conf,
    const mz_overview_run_t *who, size_t n)
{
    size_t    i;
    mz_key_t  key;

    mz_key(&key, conf, MZ_KEY_RUN, 0, mz_str_from(who->scope), who->run.s, 0);

    mz_cmd_begin(c, 3 + n);
    mz_cmd_arg(c, mz_str("HMGET"));
    mz_cmd_arg(c, mz_key_str(&key));
    mz_cmd_arg(c, mz_str("status"));

    for (i = 0; i < n; i++) {
        mz_cmd_arg(c, mz_str_from(mz_overview_map[i].name));
    }
}


static mz_rc_t
mz_overview_fields_decode(const redisReply *r, size_t n, mz_run_t *out,
    mz_err_t *err)
{
    size_t             k;
    mz_rc_t            rc;
    mz_str_t           status;
    redisReply         rest;

    memset(out, 0, sizeof(mz_run_t));

    rc = mz_reply_array(r, "a run", &k, err);
    if (rc != MZ_OK) {
        return rc;
    }

    if (k != n + 1) {
        return mz_reply_odd("a run", err);
    }

    status = mz_reply_str(mz_reply_at(r, 0));

    if (status.data == NULL) {
        return mz_fail(err, MZ_NOT_FOUND, "there is no such run");
    }

    if (mz_run_status_parse(status, &out->status) != MZ_OK) {
        return mz_reply_odd("a run", err);
    }

    /* the values behind the status, as a reply of their own */
    rest = *r;
    rest.element++;
    rest.elements--;
    mz_reply_fill_values(&rest, mz_overview_map, n, out);

    return MZ_OK;
}
