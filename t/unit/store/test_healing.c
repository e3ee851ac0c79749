
/*
 * What the scripts do about a Redis that is not as they left it: keys that
 * expired or were removed, a clock that was set back, a run that somebody
 * spoiled.  Each was once a way to lose a run, or to hold one up.
 */

#include "store/fair.h"
#include "store/states.h"


static mz_swept_t
sweep_forgetting(int64_t forget_ms)
{
    mz_str_t    key, args[4];
    char        now[24], forget[24];
    mz_key_t    base;
    mz_swept_t  out;

    mz_key(&base, &fx.conf, MZ_KEY_PART_BASE,
           mz_store_partition(&fx.conf, fx_scope()), mz_null_str, "", 0);
    key = mz_key_str(&base);
    snprintf(now, sizeof(now), "%lld", (long long) fx.now);
    snprintf(forget, sizeof(forget), "%lld", (long long) forget_ms);
    args[0] = mz_str_from(now);
    args[1] = mz_str("100");
    args[2] = mz_str("1000");
    args[3] = mz_str_from(forget);
    mz_cmds_add_script(&fx.cmds, MZ_SCRIPT_SWEEP, 1, &key, 4, args);
    CHECK(mz_queue_sweep_decode(fx_run(), &out, NULL) == MZ_OK);

    return out;
}


static int64_t
ttl_of(mz_key_kind_t kind, const char *id)
{
    return fx_do("TTL", fx_key(kind, id), NULL, NULL, NULL)->integer;
}


/* Waiting does not make a run expire, nor its place among the limits. */
static void
test_long_wait(void)
{
    mz_submit_args_t  args;

    args = make_state(ST_QUEUED);
    fx_do("EXPIRE", fx_key(MZ_KEY_RUN, args.run.s), "5", NULL, NULL);
    fx_do("EXPIRE", fx_key(MZ_KEY_LIMITS, ""), "5", NULL, NULL);
    fx.now += FX_LEASE;
    CHECK(fx_sweep().requeued == 0);
    CHECK(ttl_of(MZ_KEY_RUN, args.run.s) > FX_RETENTION - 30);
    CHECK(ttl_of(MZ_KEY_LIMITS, "") > FX_RETENTION - 30);

    args = make_state(ST_RUNNING);
    fx_do("EXPIRE", fx_key(MZ_KEY_LIMITS, ""), "5", NULL, NULL);
    CHECK(fx_renew(&args.run, 1).outcome == MZ_WORKER_OK);
    CHECK(ttl_of(MZ_KEY_LIMITS, "") > FX_RETENTION - 30);
}


/* A retention that is shorter than a lease: it counts from the end. */
static void
test_short_retention(void)
{
    mz_submit_args_t  args;

    fx_reset();
    args = fx_args(NULL, "q");
    args.retention_s = 1;
    CHECK(fx_submit(&args).outcome == MZ_SUBMIT_RUNNING);
    CHECK(ttl_of(MZ_KEY_RUN, args.run.s) > 3570);
    CHECK(ttl_of(MZ_KEY_CONV, args.conv.s) > 3570);
    CHECK(ttl_of(MZ_KEY_LIMITS, "") > 3570);
    CHECK(fx_claim(&args.run).attempt == 1);
    CHECK(ttl_of(MZ_KEY_EVENTS, args.run.s) > 3570);
    CHECK(fx_handback(&args.run, 1).outcome == MZ_WORKER_OK);
    CHECK(ttl_of(MZ_KEY_RUN, args.run.s) > 3570);
    CHECK(fx_claim(&args.run).attempt == 2);
    CHECK(fx_finish(&args.run, 2, MZ_RUN_COMPLETED).outcome == MZ_WORKER_OK);
    CHECK(ttl_of(MZ_KEY_RUN, args.run.s) <= 1);
    CHECK(ttl_of(MZ_KEY_TURNS, args.conv.s) <= 1);
}


/* Who is not in line is not seen by workers: the sweeper puts it there. */
static void
test_lost_line(void)
{
    mz_submit_args_t  args;

    args = make_state(ST_QUEUED);
    fx_do("DEL", fx_key(MZ_KEY_QUEUE, ""),
          fx_key(MZ_KEY_QUEUE_OF, fx_scope_text), NULL, NULL);
    fx.now += FX_LEASE;
    (void) fx_sweep();
    CHECK(fx_do("ZCARD", fx_key(MZ_KEY_QUEUE, ""), NULL, NULL, NULL)->integer
          == 1);
    fx_do("ZRANGE", fx_key(MZ_KEY_QUEUE_OF, fx_scope_text), "0", "-1", NULL);
    CHECK(fx.last->elements == 1);
    CHECK(fx_claim(&args.run).outcome == MZ_WORKER_CLAIMED);
}


/* A run that expired before it ended is not counted for ever. */
static void
test_expired_run(void)
{
    mz_submit_args_t  args;

    args = make_state(ST_RUNNING);
    fx_do("DEL", fx_key(MZ_KEY_RUN, args.run.s), NULL, NULL, NULL);
    CHECK(fx_do("HLEN", fx_key(MZ_KEY_LIMITS, ""), NULL, NULL, NULL)->integer
          == 1);
    fx.now += FX_LEASE;
    CHECK(fx_sweep().dropped == 1);
    CHECK(fx_do("HLEN", fx_key(MZ_KEY_LIMITS, ""), NULL, NULL, NULL)->integer
          == 0);
}


static void
test_clock_set_back(void)
{
    char              text[32];
    mz_key_kind_t     kind;
    mz_submit_args_t  args, other;

    args = make_state(ST_RUNNING);
    other = fx_args(NULL, "Another");
    (void) fx_submit(&other);
    fx.now -= 3600000;
    (void) fx_sweep();
    snprintf(text, sizeof(text), "%lld", (long long) fx.now);

    for (kind = MZ_KEY_QUEUE; ; kind = MZ_KEY_SERVED) {
        fx_do("ZSCORE", fx_key(kind, ""), fx_scope_text, NULL, NULL);
        CHECK_STR(mz_reply_str(fx.last), text);

        if (kind == MZ_KEY_SERVED) {
            break;
        }
    }

    CHECK(fx_renew(&args.run, 1).outcome == MZ_WORKER_OK);
}


/* A worker that died before the clock was set back, and a lost wake-up. */
static void
test_lease_set_back(void)
{
    mz_run_t          run;
    mz_swept_t        swept;
    mz_submit_args_t  dead, alive, queued;

    dead = make_state(ST_RUNNING);
    alive = fx_args(NULL, "Another");
    (void) fx_submit(&alive);
    CHECK(fx_claim(&alive.run).attempt == 1);
    queued = fx_args(NULL, "A third");
    (void) fx_submit(&queued);
    fx_do("DEL", fx_key(MZ_KEY_JOBS, ""), NULL, NULL, NULL);

    fx.now -= 3600000;
    CHECK(fx_renew(&alive.run, 1).outcome == MZ_WORKER_OK);
    swept = fx_sweep();
    CHECK(swept.requeued == 1 && swept.lost == 0);
    CHECK(fx_do("XLEN", fx_key(MZ_KEY_JOBS, ""), NULL, NULL, NULL)->integer
          == 1);

    fx.now += FX_LEASE / 2;
    CHECK(fx_renew(&alive.run, 1).outcome == MZ_WORKER_OK);
    fx.now += FX_LEASE / 2;
    CHECK(fx_sweep().requeued == 1);
    CHECK(fx_get(&dead.run, &run) == MZ_OK && run.status == MZ_RUN_QUEUED);
    CHECK(fx_get(&alive.run, &run) == MZ_OK
          && run.status == MZ_RUN_RUNNING);
}


/* A worker whose leases are longer than the sweeper's keeps them. */
static void
test_long_lease(void)
{
    mz_run_t          run;
    mz_submit_args_t  args;

    args = make_state(ST_QUEUED);
    mz_worker_claim(&fx.cmds, &fx.conf, fx_scope(), &args.run, fx.now,
                    mz_str("w1"), 20 * FX_LEASE);
    CHECK(fx_worker().outcome == MZ_WORKER_CLAIMED);
    fx.now += 19 * FX_LEASE;
    CHECK(fx_sweep().requeued == 0);
    CHECK(fx_get(&args.run, &run) == MZ_OK && run.status == MZ_RUN_RUNNING);
    CHECK(run.lease_ms == fx.now + FX_LEASE);
    fx.now += FX_LEASE;
    CHECK(fx_sweep().requeued == 1);
}


static mz_taken_t
take(const char *entry, const char *worker)
{
    mz_job_t    job;
    mz_taken_t  out;

    memset(&job, 0, sizeof(job));
    job.part = mz_store_partition(&fx.conf, fx_scope());
    snprintf(job.entry.s, sizeof(job.entry.s), "%s", entry);
    mz_fair_take(&fx.cmds, &fx.conf, &job, fx.now, mz_str_from(worker),
                 FX_LEASE, mz_null_str);
    CHECK(mz_fair_take_decode(&fx.conf, fx_run(), &out, NULL) == MZ_OK);
    out.prompt = out.trace = mz_null_str;

    return out;
}


/* The reply was lost: the same again gives the same run, to its worker. */
static void
test_take_again(void)
{
    char              entry[64];
    mz_taken_t        first, again;
    mz_submit_args_t  args;

    args = make_state(ST_QUEUED);
    fx_do("HGET", fx_key(MZ_KEY_RUN, args.run.s), "job", NULL, NULL);
    snprintf(entry, sizeof(entry), "%s", fx.last->str);
    args = fx_args(NULL, "Another");
    (void) fx_submit(&args);

    first = take(entry, "w1");
    CHECK(first.outcome == MZ_TAKE_TAKEN && first.attempt == 1);
    fx_do("SET", fx_key(MZ_KEY_PAUSED, ""), "1", NULL, NULL);
    again = take(entry, "w1");
    CHECK(again.outcome == MZ_TAKE_TAKEN && again.attempt == 1);
    CHECK(strcmp(first.run.s, again.run.s) == 0);
    CHECK(take(entry, "w2").outcome == MZ_TAKE_PAUSED);
    fx_do("DEL", fx_key(MZ_KEY_PAUSED, ""), NULL, NULL, NULL);

    /* Somebody else's, and after the end, it is any entry. */

    again = take(entry, "w2");
    CHECK(again.outcome == MZ_TAKE_TAKEN);
    CHECK(strcmp(again.run.s, args.run.s) == 0);
    (void) fx_finish(&first.run, 1, MZ_RUN_COMPLETED);
    (void) fx_finish(&again.run, 1, MZ_RUN_COMPLETED);
    CHECK(take(entry, "w1").outcome == MZ_TAKE_EMPTY);
    CHECK(take(entry, "w2").outcome == MZ_TAKE_EMPTY);
}


/* An hour back is not an hour without runs. */
static void
test_rate_set_back(void)
{
    mz_submit_args_t   args;
    mz_submit_reply_t  out;

    fx_reset();

    for (fx.now = FX_T0; fx.now > FX_T0 - 7200000; fx.now -= 3600000) {
        args = fx_args(NULL, "q");
        args.attach_s = 0;
        args.limit = (mz_run_limit_t) { .interval_us = 10000000, .burst = 1 };
        CHECK(fx_submit(&args).outcome == MZ_SUBMIT_RUNNING);
    }

    args.run = fx_id(MZ_ID_RUN);
    args.conv = fx_id(MZ_ID_CONV);
    args.now_ms = fx.now + 3600000;
    out = fx_submit(&args);
    CHECK(out.outcome == MZ_SUBMIT_LIMITED && out.reason == MZ_LIMIT_RATE);
    CHECK(out.wait_ms == 10000);
}


/* A rate that is slower than the retention is kept as long as it matters. */
static void
test_slow_rate(void)
{
    mz_submit_args_t  args;

    fx_reset();
    args = fx_args(NULL, "q");
    args.limit.interval_us = INT64_C(86400000000);
    CHECK(fx_submit(&args).outcome == MZ_SUBMIT_RUNNING);
    CHECK(ttl_of(MZ_KEY_LIMITS, "") > 86400 - 30);
    CHECK(fx_claim(&args.run).outcome == MZ_WORKER_CLAIMED);
    CHECK(ttl_of(MZ_KEY_LIMITS, "") > 86400 - 30);
}


/* Its events say a number that its hash does not know: no write succeeds. */
static void
test_spoiled_run(void)
{
    mz_run_t          run;
    mz_swept_t        swept;
    mz_submit_args_t  bad, good;

    bad = make_state(ST_RUNNING);
    fx_do("XADD", fx_key(MZ_KEY_EVENTS, bad.run.s), "99-9", "type", "odd");
    good = fx_args(NULL, "Another");
    fx.now++;
    good.now_ms = fx.now;
    CHECK(fx_submit(&good).outcome == MZ_SUBMIT_RUNNING);
    CHECK(fx_claim(&good.run).attempt == 1);

    fx.now += FX_LEASE;
    swept = fx_sweep();
    CHECK(swept.failed == 1 && swept.requeued == 1);
    CHECK(fx_get(&good.run, &run) == MZ_OK && run.status == MZ_RUN_QUEUED);

    /* It is neither in the way of others nor there for ever. */

    CHECK(fx_claim(&good.run).attempt == 2);
    fx.now += FX_LEASE;
    (void) fx_sweep();
    fx.now += FX_LEASE;
    (void) fx_sweep();
    CHECK(fx_get(&good.run, &run) == MZ_OK && run.status == MZ_RUN_LOST);
}


/* More than one sweep removes: none of what it read is dropped unseen. */
static void
test_forget_many(void)
{
    int               i;
    mz_submit_args_t  args;

    fx_reset();
    for (i = 0; i < 150; i++) {
        args = fx_args(NULL, "q");
        args.attach_s = 0;
        (void) fx_submit(&args);
    }

    fx_do("XGROUP", "CREATE", fx_key(MZ_KEY_JOBS, ""), "agents", "0");
    mz_reply_free(redisCommand(fx.ctx, "XREADGROUP GROUP agents dead COUNT "
                               "1000 STREAMS %s >", fx_key(MZ_KEY_JOBS, "")));
    usleep(20000);

    (void) sweep_forgetting(10);
    fx_do("XPENDING", fx_key(MZ_KEY_JOBS, ""), "agents", NULL, NULL);
    CHECK(mz_reply_int(mz_reply_at(fx.last, 0), -1) == 50);
    (void) sweep_forgetting(10);
    fx_do("XINFO", "CONSUMERS", fx_key(MZ_KEY_JOBS, ""), "agents", NULL);
    CHECK(fx.last->elements == 0);

    /* Nothing is lost by that. */

    fx.now += FX_LEASE;
    CHECK(sweep_forgetting(100000).requeued == 100);
    CHECK(sweep_forgetting(100000).requeued == 50);
    CHECK(fx_do("XLEN", fx_key(MZ_KEY_JOBS, ""), NULL, NULL, NULL)->integer
          == 150);
}


/* A word before or behind the number is no holder. */
static void
test_odd_attempts(void)
{
    size_t              i;
    mz_str_t            keys[2], args[4];
    mz_submit_args_t    run;
    static const char  *const  odd[] = {
        "1w1", "1 ", "1@", "@w1", "", "-1", "1.0", "1000000000000000"
    };

    run = make_state(ST_RUNNING);
    keys[0] = mz_str_from(fx_key(MZ_KEY_PART_BASE, ""));
    keys[1] = mz_str_from(fx_key(MZ_KEY_SCOPE_BASE, ""));
    args[0] = mz_str("1");
    args[1] = mz_str_from(run.run.s);
    args[3] = mz_str("1000");

    for (i = 0; i < MZ_ARRAY_LEN(odd); i++) {
        args[2] = mz_str_from(odd[i]);
        mz_cmds_add_script(&fx.cmds, MZ_SCRIPT_RENEW, 2, keys, 4, args);
        CHECK_ROW(fx_run()->type == REDIS_REPLY_ERROR
                  && strstr(fx.last->str, "mitzu: ") != NULL, "\"%s\"",
                  odd[i]);
    }
}


static const mz_test_t  tests[] = {
    { "redis-server runs", fx_test_start },
    { "what waits long does not expire", test_long_wait },
    { "a short retention", test_short_retention },
    { "a lost place in line", test_lost_line },
    { "a run that expired", test_expired_run },
    { "the clock was set back: turns", test_clock_set_back },
    { "the clock was set back: leases", test_lease_set_back },
    { "leases of different lengths", test_long_lease },
    { "a take whose reply was lost", test_take_again },
    { "the clock was set back: rates", test_rate_set_back },
    { "a rate slower than the retention", test_slow_rate },
    { "a spoiled run does not hold others up", test_spoiled_run },
    { "consumers that read much are forgotten, too", test_forget_many },
    { "odd attempts", test_odd_attempts }
};

MZ_TEST_MAIN(tests)
