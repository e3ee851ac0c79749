
/*
 * What is left in a real redis-server: every key is documented and goes
 * when it should; and the hints on the channels.
 */

#include <regex.h>

#include "store/admit.h"
#include "store/ask.h"
#include "store/control.h"
#include "store/fair.h"
#include "store/states.h"


static void
test_publish(void)
{
    void              *r;
    size_t             i, got;
    mz_key_t           channels[2];
    redisContext      *sub;
    struct timeval     tv = { 2, 0 };
    mz_run_status_t    status;
    mz_submit_args_t   args;
    static const char *const  want[][2] = {
        { "0", "1" }, { "0", "2" }, { "0", "3" }, { "1", "1" }
    };

    fx_reset();
    args = fx_args(NULL, "q");
    mz_key(&channels[0], &fx.conf, MZ_KEY_CHANNEL_RUN, 0, mz_null_str,
           args.run.s, 0);
    mz_key(&channels[1], &fx.conf, MZ_KEY_CHANNEL_CANCEL, 0, mz_null_str,
           args.run.s, 0);

    sub = fx_connect();
    CHECK(sub != NULL);

    if (sub == NULL) {
        return;
    }

    redisSetTimeout(sub, tv);
    mz_reply_free(redisCommand(sub, "SUBSCRIBE %s %s", channels[0].s,
                               channels[1].s));
    CHECK(redisGetReply(sub, &r) == REDIS_OK);
    mz_reply_free(r);

    (void) fx_submit(&args);
    (void) fx_claim(&args.run);
    CHECK(fx_cancel(&args.run, &status) == MZ_OK);
    CHECK(fx_cancel(&args.run, &status) == MZ_OK);

    for (got = 0; got < MZ_ARRAY_LEN(want); got++) {
        if (redisGetReply(sub, &r) != REDIS_OK) {
            break;
        }

        i = (size_t) (want[got][0][0] - '0');
        CHECK_STR(mz_reply_str(mz_reply_at(r, 1)), channels[i].s);
        CHECK_STR(mz_reply_str(mz_reply_at(r, 2)), want[got][1]);
        mz_reply_free(r);
    }

    CHECK(got == MZ_ARRAY_LEN(want));
    redisFree(sub);
}


typedef struct {
    const char  *pattern;
    int64_t      ttl;           /* at most; 0: none */
    size_t       seen;
    regex_t      re;
} key_form_t;

#define RX_S    "mz-test:\\{03\\}:[0-9a-f]{32}"
#define RX_ID   "_[a-z2-7]{26}"

static key_form_t  key_forms[] = {
    { .pattern = "^mz-test:meta$" },
    { .pattern = "^mz-test:workers$" },
    { .pattern = "^mz-test:ended$" },
    { .pattern = "^mz-test:\\{0[0-3]\\}:jobs$" },
    { .pattern = "^mz-test:\\{0[0-3]\\}:leases$" },
    { .pattern = "^mz-test:\\{0[0-3]\\}:dead$" },
    { .pattern = "^mz-test:\\{0[0-3]\\}:queue$" },
    { .pattern = "^mz-test:\\{0[0-3]\\}:queue:[0-9a-f]{32}$" },
    { .pattern = "^mz-test:\\{0[0-3]\\}:served$",    .ttl = 86400 },
    { .pattern = "^mz-test:\\{0[0-3]\\}:paused$" },
    { .pattern = "^mz-test:\\{0[0-3]\\}:taken:[0-9]+-[0-9]+$", .ttl = 90 },
    { .pattern = "^mz-test:\\{0[0-3]\\}:project:[0-9a-f]{32}$",
      .ttl = FX_RETENTION },
    { .pattern = "^" RX_S ":limits$",                .ttl = FX_RETENTION },
    { .pattern = "^" RX_S ":convs$",                 .ttl = FX_RETENTION },
    { .pattern = "^" RX_S ":conv:c" RX_ID "$",       .ttl = FX_RETENTION },
    { .pattern = "^" RX_S ":conv:c" RX_ID ":turns$", .ttl = FX_RETENTION },
    { .pattern = "^" RX_S ":run:p" RX_ID "$",        .ttl = FX_RETENTION },
    { .pattern = "^" RX_S ":run:p" RX_ID ":events$", .ttl = FX_RETENTION },
    { .pattern = "^" RX_S ":runs$",                  .ttl = FX_RETENTION },
    { .pattern = "^" RX_S ":artifacts$",             .ttl = FX_RETENTION },
    { .pattern = "^" RX_S ":artifact:a" RX_ID "$",   .ttl = FX_RETENTION },
    { .pattern = "^" RX_S ":artifact:a" RX_ID ":0$", .ttl = FX_RETENTION },
    { .pattern = "^" RX_S ":artifact:a" RX_ID ":7$", .ttl = 3600 },
    { .pattern = "^" RX_S ":attach:[0-9a-f]{64}$",   .ttl = FX_ATTACH },
    { .pattern = "^" RX_S ":ask:q" RX_ID "$",        .ttl = 100 },
    { .pattern = "^" RX_S ":session:[0-9a-f]{32}$",  .ttl = 200 },
    { .pattern = "^" RX_S ":session:[0-9a-f]{32}:subs$", .ttl = 300 }
};


static void
check_key(const char *key)
{
    size_t   i;
    int64_t  ttl;

    ttl = fx_do("TTL", key, NULL, NULL, NULL)->integer;

    for (i = 0; i < MZ_ARRAY_LEN(key_forms); i++) {
        if (regexec(&key_forms[i].re, key, 0, NULL, 0) == 0) {
            key_forms[i].seen++;
            CHECK_ROW(key_forms[i].ttl == 0
                      ? ttl == -1
                      : ttl > key_forms[i].ttl - 30
                        && ttl <= key_forms[i].ttl,
                      "%s lives %lld", key, (long long) ttl);
            return;
        }
    }

    CHECK_ROW(0, "a key that is not documented: %s", key);
}


/* What nodes keep for each other. */
static void
write_sessions(void)
{
    size_t       i, n;
    mz_id_t      q;
    mz_str_t     name = mz_str("0123456789abcdef0123456789abcdef");
    redisReply  *replies[16];

    q = fx_id(MZ_ID_ASK);
    mz_ask_open(&fx.cmds, &fx.conf, fx_scope(), &q, 90);
    q = fx_id(MZ_ID_ASK);
    mz_ask_open(&fx.cmds, &fx.conf, fx_scope(), &q, 90);
    mz_ask_answer(&fx.cmds, &fx.conf, fx_scope(), &q, mz_str("{}"));
    mz_session_subscribe(&fx.cmds, &fx.conf, fx_scope(), name,
                         mz_str("a:b"), 290);
    mz_session_set_level(&fx.cmds, &fx.conf, fx_scope(), name,
                         mz_str("info"), 190);
    mz_control_end(&fx.cmds, &fx.conf, name, FX_T0 / 1000 + 60,
                   FX_T0 / 1000);
    n = fx.cmds.n;
    fx_send(replies, n);

    for (i = 0; i < n; i++) {
        CHECK(replies[i]->type != REDIS_REPLY_ERROR);
        mz_reply_free(replies[i]);
    }
}


/* What is written for a queue that is fair and limited. */
static void
write_queue(void)
{
    mz_job_t          job;
    mz_taken_t        taken;
    mz_submit_args_t  args;
    mz_admit_args_t   admit;

    args = fx_args(NULL, "Taken");
    (void) fx_submit(&args);
    memset(&job, 0, sizeof(job));
    job.part = mz_store_partition(&fx.conf, fx_scope());
    snprintf(job.entry.s, sizeof(job.entry.s), "1-1");
    mz_fair_take(&fx.cmds, &fx.conf, &job, fx.now, mz_str("w1"), 90000,
                 mz_null_str);
    CHECK(mz_fair_take_decode(&fx.conf, fx_run(), &taken, NULL) == MZ_OK);
    CHECK(taken.outcome == MZ_TAKE_TAKEN);

    memset(&admit, 0, sizeof(admit));
    admit.project = fx_scope();
    admit.scope = fx_scope();
    admit.run = args.run;
    admit.limit.concurrent = 1;
    admit.ttl_s = FX_RETENTION;
    CHECK(mz_admit(&fx.cmds, &fx.conf, &admit, 0) == 1);
    CHECK(fx_run()->type == REDIS_REPLY_ARRAY);
}


/* Everything that can be written is written; then each key is looked at. */
static void
test_keys(void)
{
    size_t            i;
    mz_id_t           aid;
    redisReply       *keys, *replies[MZ_META_REPLIES];
    mz_run_status_t   status;
    mz_submit_args_t  args;

    args = make_state(ST_LOST);
    mz_meta_check(&fx.cmds, &fx.conf, mz_null_str);
    fx_send(replies, MZ_META_REPLIES);
    CHECK(mz_meta_decode(&fx.conf, replies, NULL, NULL) == MZ_OK);

    for (i = 0; i < MZ_META_REPLIES; i++) {
        mz_reply_free(replies[i]);
    }

    write_sessions();
    write_queue();
    mz_meta_beat(&fx.cmds, &fx.conf, mz_str("w1"), fx.now);
    fx_send(replies, 2);
    mz_reply_free(replies[0]);
    mz_reply_free(replies[1]);

    args = fx_args(&args.conv, "Next");
    (void) fx_submit(&args);
    (void) fx_claim(&args.run);
    (void) fx_handback(&args.run, 1);
    (void) fx_claim(&args.run);
    aid = fx_id(MZ_ID_ARTIFACT);
    (void) fx_chunk(&args.run, 2, &aid, 0, mz_str("a"));
    (void) fx_chunk(&args.run, 2, &aid, 7, mz_str("a"));
    (void) fx_artifact(&args.run, 2, &aid, 1);
    (void) fx_finish(&args.run, 2, MZ_RUN_COMPLETED);
    args = fx_args(NULL, "Other");
    (void) fx_submit(&args);
    (void) fx_cancel(&args.run, &status);
    args = fx_args(NULL, "Left queued");
    (void) fx_submit(&args);
    fx_do("SET", fx_key(MZ_KEY_PAUSED, ""), "1", NULL, NULL);

    for (i = 0; i < MZ_ARRAY_LEN(key_forms); i++) {
        CHECK(regcomp(&key_forms[i].re, key_forms[i].pattern,
                      REG_EXTENDED | REG_NOSUB) == 0);
    }

    fx_do("KEYS", "*", NULL, NULL, NULL);
    keys = fx.last;
    fx.last = NULL;

    for (i = 0; i < keys->elements; i++) {
        check_key(keys->element[i]->str);
    }

    mz_reply_free(keys);

    for (i = 0; i < MZ_ARRAY_LEN(key_forms); i++) {
        CHECK_ROW(key_forms[i].seen > 0, "never written: %s",
                  key_forms[i].pattern);
        regfree(&key_forms[i].re);
    }
}


/* Each write of a worker makes run and conversation live on. */
static void
test_ttl_renewed(void)
{
    size_t               i;
    mz_id_t              aid;
    op_t                 op;
    mz_submit_args_t     args;
    static const op_t    ops[] = { OP_CLAIM, OP_RENEW, OP_EVENT, OP_ARTIFACT,
                                   OP_COMPLETE, OP_FAIL, OP_HANDBACK,
                                   OP_CANCEL };

    for (i = 0; i < MZ_ARRAY_LEN(ops); i++) {
        op = ops[i];
        args = make_state(op == OP_CLAIM ? ST_QUEUED : ST_RUNNING);
        aid = fx_id(MZ_ID_ARTIFACT);
        fx_do("EXPIRE", fx_key(MZ_KEY_RUN, args.run.s), "5", NULL, NULL);
        fx_do("EXPIRE", fx_key(MZ_KEY_EVENTS, args.run.s), "5", NULL, NULL);
        fx_do("EXPIRE", fx_key(MZ_KEY_CONV, args.conv.s), "5", NULL, NULL);
        fx_do("EXPIRE", fx_key(MZ_KEY_TURNS, args.conv.s), "5", NULL, NULL);
        fx_do("EXPIRE", fx_key(MZ_KEY_CONVS, ""), "5", NULL, NULL);
        fx_do("EXPIRE", fx_key(MZ_KEY_RUNS, ""), "5", NULL, NULL);
        (void) do_op(op, &args.run, 1, false, &aid);

        CHECK_ROW(fx_do("TTL", fx_key(MZ_KEY_RUN, args.run.s), NULL, NULL,
                        NULL)->integer > 500, "op %d", op);
        CHECK_ROW(fx_do("TTL", fx_key(MZ_KEY_EVENTS, args.run.s), NULL, NULL,
                        NULL)->integer > 500, "op %d", op);
        CHECK_ROW(fx_do("TTL", fx_key(MZ_KEY_CONV, args.conv.s), NULL, NULL,
                        NULL)->integer > 500, "op %d", op);
        CHECK_ROW(fx_do("TTL", fx_key(MZ_KEY_TURNS, args.conv.s), NULL, NULL,
                        NULL)->integer > 500, "op %d", op);
        CHECK_ROW(fx_do("TTL", fx_key(MZ_KEY_CONVS, ""), NULL, NULL,
                        NULL)->integer > 500, "op %d", op);
        CHECK_ROW(fx_do("TTL", fx_key(MZ_KEY_RUNS, ""), NULL, NULL,
                        NULL)->integer > 500, "op %d", op);
    }
}


static void
test_prune(void)
{
    mz_id_t           aid;
    mz_submit_args_t  args;

    args = make_state(ST_COMPLETED);
    fx.now += FX_RETENTION * 1000 + 1;
    args = fx_args(NULL, "Later");
    (void) fx_submit(&args);
    fx_do("ZRANGE", fx_key(MZ_KEY_CONVS, ""), "0", "-1", NULL);
    CHECK(fx.last->elements == 1);
    CHECK_STR(mz_reply_str(mz_reply_at(fx.last, 0)), args.conv.s);
    fx_do("ZRANGE", fx_key(MZ_KEY_RUNS, ""), "0", "-1", NULL);
    CHECK(fx.last->elements == 1);
    CHECK_STR(mz_reply_str(mz_reply_at(fx.last, 0)), args.run.s);

    args = make_state(ST_RUNNING);
    aid = fx_id(MZ_ID_ARTIFACT);
    (void) fx_artifact(&args.run, 1, &aid, 0);
    fx.now += FX_RETENTION * 1000 + 1;
    aid = fx_id(MZ_ID_ARTIFACT);
    (void) fx_artifact(&args.run, 1, &aid, 0);
    fx_do("ZRANGE", fx_key(MZ_KEY_ARTIFACTS, ""), "0", "-1", NULL);
    CHECK(fx.last->elements == 1);
    CHECK_STR(mz_reply_str(mz_reply_at(fx.last, 0)), aid.s);
}


static const mz_test_t  tests[] = {
    { "redis-server runs", fx_test_start },
    { "hints on the channels", test_publish },
    { "every key is documented and expires as it should", test_keys },
    { "writes renew the life of run and conversation", test_ttl_renewed },
    { "lists are pruned", test_prune }
};

MZ_TEST_MAIN(tests)
