
/*
 * What operators see and do, against a real redis-server: counts that fit
 * the runs, walks that come by all of them, runs found by their id; then
 * every decoder with replies that are none.
 */

#include "store/fixture.h"
#include "store/operate.h"
#include "store/resp.h"


#define SCOPE  "0000000b0123456789abcdef01234567"
#define PID    "p_aaaaaaaaaaaaaaaaaaaaaaaaaa"

static mz_overview_run_t  who;


/* Whose the runs of the fixture are. */

static mz_overview_run_t *
of(const mz_id_t *run)
{
    memset(&who, 0, sizeof(who));
    memcpy(who.scope, fx_scope_text, MZ_SCOPE_LEN);
    who.run = *run;

    return &who;
}


static unsigned
part(void)
{
    return mz_store_partition(&fx.conf, fx_scope());
}


static mz_overview_counts_t
counts(void)
{
    size_t                 i, n;
    mz_cmds_t              lines;
    redisReply            *replies[64];
    mz_overview_counts_t   out;

    mz_cmds_init(&lines);
    mz_overview_look(&fx.cmds, &fx.conf, fx.now);
    n = fx.cmds.n;
    fx_send(replies, n);
    CHECK(mz_overview_look_decode(&fx.conf, replies, n, &out, &lines, NULL)
          == MZ_OK);

    for (i = 0; i < n; i++) {
        mz_reply_free(replies[i]);
    }

    mz_cmds_free(&fx.cmds);
    fx.cmds = lines;
    n = lines.n;

    if (n > 0) {
        fx_send(replies, n);
        CHECK(mz_overview_lines_decode(replies, n, &out, NULL) == MZ_OK);
    }

    for (i = 0; i < n; i++) {
        mz_reply_free(replies[i]);
    }

    return out;
}


static void
test_meta(void)
{
    mz_err_t         err;
    mz_store_conf_t  conf;

    fx_reset();
    conf = fx.conf;
    conf.partitions = 16;

    mz_overview_meta(&fx.cmds, &conf);
    CHECK(mz_overview_meta_decode(&conf, fx_run(), &err) == MZ_NOT_FOUND);
    CHECK(strstr(err.msg, "\"mz-test\"") != NULL);
    CHECK(fx_do("DBSIZE", NULL, NULL, NULL, NULL)->integer == 0);

    fx_do("HSET", fx_key(MZ_KEY_META, ""), "schema", "2", NULL);
    mz_overview_meta(&fx.cmds, &conf);
    CHECK(mz_overview_meta_decode(&conf, fx_run(), &err) == MZ_INTERNAL);
    CHECK(conf.partitions == 16);

    fx_do("HSET", fx_key(MZ_KEY_META, ""), "partitions", "4", NULL);
    mz_overview_meta(&fx.cmds, &conf);
    CHECK(mz_overview_meta_decode(&conf, fx_run(), &err) == MZ_OK);
    CHECK(conf.partitions == 4);

    fx_do("HSET", fx_key(MZ_KEY_META, ""), "schema", "3", NULL);
    mz_overview_meta(&fx.cmds, &conf);
    CHECK(mz_overview_meta_decode(&conf, fx_run(), &err) == MZ_INVALID);
    CHECK(strstr(err.msg, "schema 3") != NULL);

    mz_overview_time(&fx.cmds);
    CHECK(mz_overview_time_decode(fx_run()) > FX_T0);
}


static void
test_counts(void)
{
    size_t                i;
    mz_submit_args_t      args[6];
    mz_overview_counts_t  c;

    fx_reset();
    c = counts();
    CHECK(c.live == 0 && c.queued == 0 && c.oldest_ms == 0 && c.paused == 0);

    for (i = 0; i < MZ_ARRAY_LEN(args); i++) {
        args[i] = fx_args(NULL, "a");
        args[i].attach_s = 0;
        args[i].project = i % 2 ? mz_str("0123456789abcdef0123456789abcdef")
                                : mz_null_str;
        (void) fx_submit(&args[i]);
        fx.now++;
    }

    (void) fx_claim(&args[0].run);
    mz_meta_beat(&fx.cmds, &fx.conf, mz_str("w"), fx.now);
    {
        redisReply  *beats[2];

        fx_send(beats, 2);
        mz_reply_free(beats[0]);
        mz_reply_free(beats[1]);
    }

    c = counts();
    CHECK(c.live == 6 && c.queued == 5 && c.dead == 0 && c.workers == 1);
    CHECK_ROW(c.oldest_ms == FX_T0 + 1, "%lld", (long long) c.oldest_ms);
    CHECK(!c.is_partial);

    mz_operate_drop(&fx.cmds, &fx.conf, of(&args[1].run), fx.now,
                    mz_str("x"));
    CHECK(fx_worker().outcome == MZ_WORKER_OK);
    fx.now += MZ_OVERVIEW_ALIVE_MS + 1;
    c = counts();
    CHECK(c.live == 5 && c.queued == 4 && c.dead == 1 && c.workers == 0);
    CHECK(c.oldest_ms == FX_T0 + 2);
}


/* Every run comes up, however many pages there are. */

static void
test_walk(void)
{
    size_t                i, k, n, steps;
    mz_id_t               first;
    mz_submit_args_t      args;
    mz_overview_run_t     run;
    mz_overview_cursor_t  cursor;
    static bool           seen[2500];
    static mz_id_t        ids[2500];

    fx_reset();

    for (i = 0; i < MZ_ARRAY_LEN(ids); i++) {
        args = fx_args(NULL, "a");
        args.attach_s = 0;
        (void) fx_submit(&args);
        ids[i] = args.run;
    }

    first = ids[0];
    fx_do("ZADD", fx_key(MZ_KEY_LEASES, ""), "1", "x:y", NULL);
    memset(seen, 0, sizeof(seen));
    memset(&cursor, 0, sizeof(cursor));
    steps = 0;

    while (!cursor.is_over && steps++ < 100) {
        mz_overview_live(&fx.cmds, &fx.conf, part(), &cursor, NULL);
        CHECK(mz_overview_live_decode(fx_run(), &cursor, &n, NULL) == MZ_OK);

        for (i = 0; i < n; i++) {
            if (!mz_overview_live_at(fx.last, i, &run)) {
                continue;
            }

            CHECK(strcmp(run.scope, fx_scope_text) == 0);

            for (k = 0; k < MZ_ARRAY_LEN(ids)
                        && strcmp(ids[k].s, run.run.s) != 0; k++)
            {
                /* void */
            }

            CHECK(k < MZ_ARRAY_LEN(ids));
            seen[k % MZ_ARRAY_LEN(ids)] = true;
        }

        CHECK(!mz_overview_live_at(fx.last, n, &run));
    }

    CHECK(steps > 1);

    for (k = 0; k < MZ_ARRAY_LEN(ids) && seen[k]; k++) {
        /* void */
    }

    CHECK_ROW(k == MZ_ARRAY_LEN(ids), "run %zu never came up", k);

    /* One alone. */

    memset(&cursor, 0, sizeof(cursor));
    k = 0;

    while (!cursor.is_over) {
        mz_overview_live(&fx.cmds, &fx.conf, part(), &cursor, &first);
        CHECK(mz_overview_live_decode(fx_run(), &cursor, &n, NULL) == MZ_OK);

        for (i = 0; i < n; i++) {
            CHECK(mz_overview_live_at(fx.last, i, &run));
            CHECK(strcmp(run.run.s, first.s) == 0);
            k++;
        }
    }

    CHECK(k >= 1);
}


static mz_rc_t
scan(const mz_id_t *run, mz_overview_run_t *out)
{
    mz_rc_t               rc;
    mz_overview_cursor_t  cursor;

    memset(&cursor, 0, sizeof(cursor));

    do {
        mz_overview_scan(&fx.cmds, &fx.conf, &cursor, run);
        rc = mz_overview_scan_decode(&fx.conf, fx_run(), &cursor, out, NULL);
    } while (rc == MZ_NOT_FOUND && !cursor.is_over);

    return rc;
}


static void
test_scan(void)
{
    mz_id_t             other;
    mz_submit_args_t    args;
    mz_overview_run_t   run;

    fx_reset();
    args = fx_args(NULL, "a");
    (void) fx_submit(&args);
    CHECK(scan(&args.run, &run) == MZ_OK);
    CHECK(strcmp(run.scope, fx_scope_text) == 0);
    CHECK(strcmp(run.run.s, args.run.s) == 0);

    other = fx_id(MZ_ID_RUN);
    CHECK(scan(&other, &run) == MZ_NOT_FOUND);

    /* Keys that look like it and are not: a part too much, the partition of
     * others, the deployment of others. */

    fx_do("DEL", fx_key(MZ_KEY_RUN, args.run.s), NULL, NULL, NULL);
    CHECK(fx_do("EXISTS", fx_key(MZ_KEY_EVENTS, args.run.s), NULL, NULL, NULL)
          ->integer == 1);
    CHECK(scan(&args.run, &run) == MZ_NOT_FOUND);
    fx_do("SET", "mz-test:{99}:" SCOPE ":run:" PID, "x", NULL, NULL);
    fx_do("SET", "mz-test:{03}:x" SCOPE ":run:" PID, "x", NULL, NULL);
    fx_do("SET", "mz-test2:{03}:" SCOPE ":run:" PID, "x", NULL, NULL);
    CHECK(mz_id_parse(&other, MZ_ID_RUN, mz_str(PID)) == MZ_OK);
    CHECK(scan(&other, &run) == MZ_NOT_FOUND);
    fx_do("SET", fx_key(MZ_KEY_RUN, PID), "x", NULL, NULL);
    CHECK(scan(&other, &run) == MZ_OK);
}


static void
test_dead(void)
{
    size_t              i, n, all;
    mz_submit_args_t    args[5];
    mz_queue_id_t       before;
    mz_overview_dead_t  dead;

    fx_reset();
    mz_overview_dead(&fx.cmds, &fx.conf, part(), NULL, 2);
    CHECK(mz_overview_dead_decode(fx_run(), &n, NULL) == MZ_OK && n == 0);

    for (i = 0; i < MZ_ARRAY_LEN(args); i++) {
        args[i] = fx_args(NULL, "a");
        args[i].attach_s = 0;
        (void) fx_submit(&args[i]);
        mz_operate_drop(&fx.cmds, &fx.conf, of(&args[i].run),
                        fx.now + (int64_t) i, mz_str("Because"));
        CHECK(fx_worker().outcome == MZ_WORKER_OK);
    }

    fx_do("XADD", fx_key(MZ_KEY_DEAD, ""), "*", "scope", "x");
    all = 0;
    memset(&before, 0, sizeof(before));

    do {
        mz_overview_dead(&fx.cmds, &fx.conf, part(),
                         before.s[0] ? &before : NULL, 2);
        CHECK(mz_overview_dead_decode(fx_run(), &n, NULL) == MZ_OK);

        for (i = 0; i < n; i++) {

            if (mz_overview_dead_at(fx.last, i, &dead) == MZ_INVALID) {
                CHECK(all == 0 && dead.entry.s[0] != '\0');

            } else {
                CHECK(strcmp(dead.who.run.s, args[4 - all].run.s) == 0);
                CHECK(dead.at_ms == FX_T0 + 4 - (int64_t) all);
                CHECK_STR(dead.reason, "Because");
                all++;
            }

            before = dead.entry;
        }

        CHECK(mz_overview_dead_at(fx.last, n, &dead) == MZ_INTERNAL);

    } while (n > 0);

    CHECK(all == 5);

    mz_operate_bury(&fx.cmds, &fx.conf, part(), &before);
    CHECK(mz_operate_bury_decode(fx_run(), NULL) == MZ_OK);
    mz_operate_bury(&fx.cmds, &fx.conf, part(), &before);
    CHECK(mz_operate_bury_decode(fx_run(), NULL) == MZ_OK);
    CHECK(fx_do("XLEN", fx_key(MZ_KEY_DEAD, ""), NULL, NULL, NULL)->integer
          == 5);
}


static void
test_rows(void)
{
    mz_run_t          run;
    mz_submit_args_t  args;

    fx_reset();
    args = fx_args(NULL, "How many?");
    (void) fx_submit(&args);
    (void) fx_claim(&args.run);

    mz_overview_brief(&fx.cmds, &fx.conf, of(&args.run));
    CHECK(mz_overview_brief_decode(fx_run(), &run, NULL) == MZ_OK);
    CHECK(run.status == MZ_RUN_RUNNING && run.created_ms == FX_T0);
    CHECK(run.lease_ms == FX_T0 + FX_LEASE && run.prompt.data == NULL);
    CHECK_STR(run.project, fx_scope_text);

    mz_overview_row(&fx.cmds, &fx.conf, of(&args.run));
    CHECK(mz_overview_row_decode(fx_run(), &run, NULL) == MZ_OK);
    CHECK(run.attempt == 1 && run.max_attempts == MZ_RUN_MAX_ATTEMPTS);
    CHECK_STR(run.prompt, "How many?");
    CHECK_STR(run.worker, "w1");
    CHECK_STR(run.phase, "started");
    CHECK(strcmp(run.conv.s, args.conv.s) == 0);

    fx_do("DEL", fx_key(MZ_KEY_RUN, args.run.s), NULL, NULL, NULL);
    mz_overview_row(&fx.cmds, &fx.conf, of(&args.run));
    CHECK(mz_overview_row_decode(fx_run(), &run, NULL) == MZ_NOT_FOUND);
}


static void
test_requeue_and_drop(void)
{
    mz_id_t            pid;
    mz_run_t           run;
    mz_submit_args_t   args;
    mz_worker_reply_t  reply;

    fx_reset();
    args = fx_args(NULL, "a");
    (void) fx_submit(&args);
    (void) fx_claim(&args.run);

    mz_operate_requeue(&fx.cmds, &fx.conf, of(&args.run), fx.now, FX_LEASE,
                       mz_str("again"));
    CHECK(fx_worker().outcome == MZ_WORKER_OK);
    CHECK(fx_get(&args.run, &run) == MZ_OK);
    CHECK(run.status == MZ_RUN_QUEUED && run.max_attempts == 3);
    CHECK(fx_renew(&args.run, 1).outcome == MZ_WORKER_SUPERSEDED);

    mz_operate_drop(&fx.cmds, &fx.conf, of(&args.run), fx.now, mz_str("no"));
    CHECK(fx_worker().outcome == MZ_WORKER_OK);
    CHECK(fx_get(&args.run, &run) == MZ_OK && run.status == MZ_RUN_LOST);

    mz_operate_requeue(&fx.cmds, &fx.conf, of(&args.run), fx.now, FX_LEASE,
                       mz_str("again"));
    reply = fx_worker();
    CHECK(reply.outcome == MZ_WORKER_TERMINAL);
    CHECK(reply.status == MZ_RUN_LOST);

    pid = fx_id(MZ_ID_RUN);
    mz_operate_drop(&fx.cmds, &fx.conf, of(&pid), fx.now, mz_str("no"));
    CHECK(fx_worker().outcome == MZ_WORKER_GONE);
}


static void
test_again(void)
{
    int                i;
    mz_id_t            id, same, other;
    mz_run_t           run;
    mz_submit_args_t   args;
    mz_submit_reply_t  reply;

    fx_reset();
    args = fx_args(NULL, "Once more?");
    args.max_attempts = 7;
    (void) fx_submit(&args);
    (void) fx_claim(&args.run);
    (void) fx_finish(&args.run, 1, MZ_RUN_FAILED);

    CHECK(mz_operate_again_id(&args.run, &id) == MZ_OK);
    CHECK(mz_operate_again_id(&args.run, &same) == MZ_OK);
    CHECK(mz_operate_again_id(&id, &other) == MZ_OK);
    CHECK(strcmp(id.s, same.s) == 0);
    CHECK(strcmp(id.s, args.run.s) != 0 && strcmp(id.s, other.s) != 0);
    CHECK(mz_id_parse(&same, MZ_ID_RUN, mz_str_from(id.s)) == MZ_OK);

    /* Twice is once. */

    for (i = 0; i < 2; i++) {
        CHECK(fx_get(&args.run, &run) == MZ_OK);
        mz_operate_again(&fx.cmds, &fx.conf, of(&args.run), &run, &id,
                         fx.now);
        CHECK(mz_run_submit_decode(fx_run(), &reply, NULL) == MZ_OK);
        CHECK(reply.outcome == MZ_SUBMIT_RUNNING);
        CHECK(strcmp(reply.run.s, id.s) == 0);
        CHECK(strcmp(reply.conv.s, args.conv.s) == 0);
        CHECK(counts().queued == 1);
    }

    CHECK(fx_get(&id, &run) == MZ_OK);
    CHECK(run.max_attempts == MZ_RUN_MAX_ATTEMPTS && run.attempt == 0);
    CHECK(run.retention_s == FX_RETENTION);
    CHECK_STR(run.prompt, "Once more?");
    CHECK_STR(run.trace, "00-11-22-01");
    CHECK_STR(run.project, fx_scope_text);
}


/* Sends what was encoded to all partitions; how many changed. */

static unsigned
change(void)
{
    size_t       i;
    unsigned     changed;
    redisReply  *replies[MZ_STORE_PARTITIONS_MAX];

    CHECK(fx.cmds.n == fx.conf.partitions);
    fx_send(replies, fx.conf.partitions);
    CHECK(mz_operate_pause_decode(replies, fx.conf.partitions, &changed, NULL)
          == MZ_OK);

    for (i = 0; i < fx.conf.partitions; i++) {
        mz_reply_free(replies[i]);
    }

    return changed;
}


static void
test_pause(void)
{
    mz_submit_args_t      args;
    mz_overview_counts_t  c;

    fx_reset();
    args = fx_args(NULL, "a");
    (void) fx_submit(&args);

    mz_operate_pause(&fx.cmds, &fx.conf, fx.now);
    CHECK(change() == 4);
    mz_operate_pause(&fx.cmds, &fx.conf, fx.now + 5000);
    CHECK(change() == 0);

    c = counts();
    CHECK(c.paused == 4 && c.paused_ms == fx.now);
    CHECK(fx_claim(&args.run).outcome == MZ_WORKER_PAUSED);

    fx_do("DEL", fx_key(MZ_KEY_PAUSED, ""), NULL, NULL, NULL);
    CHECK(counts().paused == 3);

    mz_operate_resume(&fx.cmds, &fx.conf);
    CHECK(change() == 3);
    CHECK(counts().paused == 0);
    CHECK(fx_claim(&args.run).attempt == 1);
    mz_operate_resume(&fx.cmds, &fx.conf);
    CHECK(change() == 0);
}


/* A wake-up in hand is said again; one that is none is not. */

static void
test_sleepers(void)
{
    size_t             i, n;
    mz_cmds_t          next;
    redisReply        *replies[MZ_STORE_PARTITIONS_MAX];
    mz_submit_args_t   args;

    fx_reset();
    args = fx_args(NULL, "a");
    (void) fx_submit(&args);
    mz_cmds_init(&next);

    /* Without any group there is nothing to do. */

    mz_operate_sleepers(&fx.cmds, &fx.conf);
    fx_send(replies, fx.conf.partitions);
    CHECK(mz_operate_sleepers_read(&fx.conf, replies, &next, NULL) == MZ_OK);
    CHECK(next.n == 0);

    for (i = 0; i < fx.conf.partitions; i++) {
        mz_reply_free(replies[i]);
    }

    fx_do("XGROUP", "CREATE", fx_key(MZ_KEY_JOBS, ""), "agents", "0");
    fx_do("XADD", fx_key(MZ_KEY_JOBS, ""), "*", "scope", "../x");
    mz_cmds_add(&fx.cmds, 7, (mz_str_t[]) {
        mz_str("XREADGROUP"), mz_str("GROUP"), mz_str("agents"), mz_str("w"),
        mz_str("STREAMS"), mz_str_from(fx_key(MZ_KEY_JOBS, "")), mz_str(">")
    });
    (void) fx_run();

    mz_operate_sleepers(&fx.cmds, &fx.conf);
    fx_send(replies, fx.conf.partitions);
    CHECK(mz_operate_sleepers_read(&fx.conf, replies, &next, NULL) == MZ_OK);
    n = next.n;
    CHECK(n == 2);

    for (i = 0; i < fx.conf.partitions; i++) {
        mz_reply_free(replies[i]);
    }

    mz_cmds_free(&fx.cmds);
    fx.cmds = next;
    mz_cmds_init(&next);
    fx_send(replies, n);
    CHECK(mz_operate_sleepers_wake(&fx.conf, replies, n, &next, NULL)
          == MZ_OK);
    CHECK(next.n == 1);

    for (i = 0; i < n; i++) {
        mz_reply_free(replies[i]);
    }

    mz_cmds_free(&fx.cmds);
    fx.cmds = next;
    CHECK(fx_run()->type == REDIS_REPLY_STRING);
    CHECK(fx_do("XLEN", fx_key(MZ_KEY_JOBS, ""), NULL, NULL, NULL)->integer
          == 3);
    fx_do("XREVRANGE", fx_key(MZ_KEY_JOBS, ""), "+", "-", NULL);
    CHECK_STR(mz_reply_field(mz_reply_at(mz_reply_at(fx.last, 0), 1), "run"),
              args.run.s);
}


/* --- replies that are none --- */

enum {
    D_META, D_LIVE, D_DEAD, D_SCAN, D_BRIEF, D_ROW, D_BURY, DECODERS
};

static mz_rc_t
decode(size_t which, const redisReply *r, mz_err_t *err)
{
    size_t                n;
    mz_run_t              run;
    mz_store_conf_t       conf = { "mitzu", 16 };
    mz_overview_cursor_t  cursor = { "", false };

    switch (which) {

    case D_META:
        return mz_overview_meta_decode(&conf, r, err);

    case D_LIVE:
        return mz_overview_live_decode(r, &cursor, &n, err);

    case D_DEAD:
        return mz_overview_dead_decode(r, &n, err);

    case D_SCAN:
        return mz_overview_scan_decode(&conf, r, &cursor, &who, err);

    case D_BRIEF:
        return mz_overview_brief_decode(r, &run, err);

    case D_ROW:
        return mz_overview_row_decode(r, &run, err);

    default:
        return mz_operate_bury_decode(r, err);
    }
}


static const char *const  hostile[] = {
    "_", ":0", "''", "'x'", "+OK", "-ERR x", "-READONLY x", "()", "(())",
    "((()))", "(_)", "(_ _)", "(:1 :2)", "('0')", "('0' _)", "('0' 'x')",
    "('x' ())", "('' ())", "('99999999999999999999999999' ())", "('-1' ())",
    "(() ())", "('2' '0')", "('2' '101')", "('2' '-1')", "('x' '16')",
    "(_ '16')", "('2' _)", "(('1-1' _))", "(('x' ()))", "(('1-1'))",
    "('running')", "('running' _ _ _)", "('gone' '1' '2' '3')",
    "('done' _ _ _ _ _ _ _ _ _ _ _)", "(:1 _ _ _ _ _ _ _ _ _ _ _)"
};

static void
test_hostile(void)
{
    size_t       i, k;
    mz_rc_t      rc;
    mz_err_t     err;
    redisReply  *r;

    static const struct {
        size_t       which;
        const char  *text;
        mz_rc_t      want;
    } rows[] = {
        { D_META,  "('2' '16')",                   MZ_OK },
        { D_META,  "(_ _)",                        MZ_NOT_FOUND },
        { D_META,  "('2' '101')",                  MZ_INTERNAL },
        { D_META,  "('1' _)",                      MZ_INVALID },
        { D_META,  "-READONLY x",                  MZ_UNAVAILABLE },
        { D_LIVE,  "('0' ())",                     MZ_OK },
        { D_LIVE,  "('0' ('a'))",                  MZ_OK },
        { D_LIVE,  "('' ())",                      MZ_INTERNAL },
        { D_LIVE,  "('99999999999999999999999999' ())", MZ_INTERNAL },
        { D_DEAD,  "(('1-1' ()))",                 MZ_OK },
        { D_DEAD,  "(('1-x' ()))",                 MZ_INTERNAL },
        { D_SCAN,  "('0' ())",                     MZ_NOT_FOUND },
        { D_SCAN,  "('0' (:1 'x' _))",             MZ_NOT_FOUND },
        { D_SCAN,  "('0' ('mitzu:{11}:" SCOPE ":run:" PID "'))", MZ_OK },
        { D_SCAN,  "('0' ('mitzu:{12}:" SCOPE ":run:" PID "'))",
          MZ_NOT_FOUND },
        { D_SCAN,  "('0' ('" SCOPE ":run:" PID "'))", MZ_NOT_FOUND },
        { D_BRIEF, "(_ _ _ _)",                    MZ_NOT_FOUND },
        { D_BRIEF, "('queued' _ _ _)",             MZ_OK },
        { D_BRIEF, "('queued' _ _)",               MZ_INTERNAL },
        { D_ROW,   "('queued' _ _ _)",             MZ_INTERNAL },
        { D_BURY,  ":1",                           MZ_OK },
        { D_BURY,  "'1'",                          MZ_INTERNAL }
    };

    for (k = 0; k < MZ_ARRAY_LEN(hostile); k++) {
        for (i = 0; i < DECODERS; i++) {
            r = make(hostile[k]);
            memset(&err, 0, sizeof(err));
            rc = decode(i, r, &err);
            CHECK_ROW(rc == MZ_OK || err.msg[0], "decoder %zu, %s", i,
                      hostile[k]);
            CHECK_ROW(rc != MZ_OK || r->type != REDIS_REPLY_ERROR,
                      "decoder %zu, %s", i, hostile[k]);
            mz_reply_free(r);
        }
    }

    for (i = 0; i < DECODERS; i++) {
        CHECK(decode(i, NULL, &err) == MZ_UNAVAILABLE);
    }

    for (k = 0; k < MZ_ARRAY_LEN(rows); k++) {
        r = make(rows[k].text);
        rc = decode(rows[k].which, r, &err);
        CHECK_ROW(rc == rows[k].want, "%s: %s", rows[k].text,
                  mz_rc_name(rc));
        mz_reply_free(r);
    }

    CHECK(mz_overview_time_decode(NULL) == 0);
}


static const mz_test_t  tests[] = {
    { "redis-server runs", fx_test_start },
    { "a deployment is recognized, and none is made", test_meta },
    { "counts", test_counts },
    { "a walk comes by all", test_walk },
    { "a run is found by its key", test_scan },
    { "dead letters", test_dead },
    { "rows of a list", test_rows },
    { "requeue and drop", test_requeue_and_drop },
    { "asked again, once", test_again },
    { "pause and resume", test_pause },
    { "wake-ups in hand", test_sleepers },
    { "replies that are none", test_hostile }
};

MZ_TEST_MAIN(tests)
