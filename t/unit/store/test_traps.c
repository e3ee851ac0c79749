
/*
 * The traps of Redis Streams that queues fell into, each set up on a real
 * redis-server: an accepted run survives it and is answered once.  What
 * keeps them harmless is one idea: a stream entry only wakes, the run hash
 * is the truth, and `leases` knows every run that is not over.
 */

#include "store/fixture.h"
#include "store/fair.h"


#define RUNS_MAX    300
#define REAL_LEASE  10              /* ms: pending entries age in real time */
#define ROUNDS_MAX  40

static mz_submit_args_t  runs[RUNS_MAX];


static const char *
jobs(void)
{
    return fx_key(MZ_KEY_JOBS, "");
}


static int64_t
jobs_len(void)
{
    return fx_do("XLEN", jobs(), NULL, NULL, NULL)->integer;
}


static int64_t
pending(void)
{
    return mz_reply_int(mz_reply_at(fx_do("XPENDING", jobs(), "agents", NULL,
                                          NULL), 0), -1);
}


/* n runs that wait, in an empty Redis with a group. */

static void
submit(size_t n)
{
    size_t  i;

    fx_reset();
    fx_create_groups();

    for (i = 0; i < n; i++) {
        runs[i] = fx_args(NULL, "How many?");
        runs[i].attach_s = 0;
        CHECK(fx_submit(&runs[i]).outcome == MZ_SUBMIT_RUNNING);
        fx.now++;
    }
}


/* MZ_OK: the entry is in this worker's hands. */

static mz_rc_t
read_one(const char *worker, mz_job_t *job)
{
    mz_rc_t     rc;
    mz_queue_t  q;

    mz_queue_init(&q, &fx.conf);
    q.part = mz_store_partition(&fx.conf, fx_scope());
    mz_queue_poll(&q, &fx.cmds, mz_str_from(worker));
    rc = mz_queue_poll_decode(&q, fx_run(), job, NULL);

    if (rc == MZ_AGAIN) {
        fx_create_groups();
        rc = MZ_NOT_FOUND;
    }

    return rc;
}


/* Somebody reads n wake-ups, and is never heard of again. */

static void
read_and_die(size_t n)
{
    size_t    i;
    mz_job_t  job;

    for (i = 0; i < n; i++) {
        CHECK(read_one("dead", &job) == MZ_OK);
    }
}


static mz_taken_t
take(const char *worker, const mz_job_t *job)
{
    mz_taken_t  out;

    mz_fair_take(&fx.cmds, &fx.conf, job, fx.now, mz_str_from(worker),
                 FX_LEASE, mz_null_str);
    CHECK(mz_fair_take_decode(&fx.conf, fx_run(), &out, NULL) == MZ_OK);

    return out;
}


/* Time goes on; entries that somebody has read are old, too. */

static mz_swept_t
sweep_later(int64_t limit)
{
    mz_swept_t  swept;

    usleep((REAL_LEASE + 10) * 1000);
    fx.now += FX_LEASE;
    mz_queue_sweep(&fx.cmds, &fx.conf,
                   mz_store_partition(&fx.conf, fx_scope()), fx.now, limit,
                   REAL_LEASE);
    CHECK(mz_queue_sweep_decode(fx_run(), &swept, NULL) == MZ_OK);

    return swept;
}


/*
 * One worker that behaves, and the sweeper: each run is completed, in the
 * attempt it should be, and nothing is left.
 */

static void
served(size_t n, int64_t attempt)
{
    char        phases[512];
    size_t      i, done, rounds;
    mz_run_t    run;
    mz_job_t    job;
    mz_taken_t  taken;

    done = 0;

    for (rounds = 0; rounds < ROUNDS_MAX && done < n; rounds++) {

        while (read_one("good", &job) == MZ_OK) {
            taken = take("good", &job);

            if (taken.outcome == MZ_TAKE_TAKEN) {
                CHECK(fx_finish(&taken.run, taken.attempt, MZ_RUN_COMPLETED)
                      .outcome == MZ_WORKER_OK);
                done++;
            }
        }

        (void) sweep_later(100);
    }

    CHECK_ROW(done == n, "%zu of %zu after %zu rounds", done, n, rounds);

    for (i = 0; i < n; i++) {
        CHECK(fx_get(&runs[i].run, &run) == MZ_OK);
        CHECK_ROW(run.status == MZ_RUN_COMPLETED, "run %zu is %s", i,
                  mz_run_status_name(run.status));
        CHECK_ROW(run.attempt == attempt, "run %zu: attempt %d", i,
                  (int) run.attempt);
        fx_events(&runs[i].run, phases, sizeof(phases));
    }

    (void) sweep_later(100);
    CHECK(fx_do("ZCARD", fx_key(MZ_KEY_LEASES, ""), NULL, NULL, NULL)
          ->integer == 0);
    CHECK(pending() == 0 && jobs_len() == 0);
}


/*
 * Trap 1: since Redis 7.0 XAUTOCLAIM and XCLAIM drop pending entries whose
 * body was trimmed or deleted; their ids come up in a reply that nobody
 * reads.
 */

static void
test_trimmed_while_pending(void)
{
    submit(3);
    read_and_die(3);
    fx_do("XTRIM", jobs(), "MAXLEN", "0", NULL);
    CHECK(jobs_len() == 0 && pending() == 3);

    usleep(5000);
    mz_cmds_add(&fx.cmds, 6, (mz_str_t[]) {
        mz_str("XAUTOCLAIM"), mz_str_from(jobs()), mz_str("agents"),
        mz_str("thief"), mz_str("1"), mz_str("0")
    });
    (void) fx_run();

    served(3, 1);
}


static void
test_deleted_entries(void)
{
    char      unread[64];
    mz_run_t  run;
    mz_job_t  job;

    submit(2);
    CHECK(read_one("dead", &job) == MZ_OK);
    fx_do("XDEL", jobs(), job.entry.s, NULL, NULL);

    CHECK(fx_get(&runs[1].run, &run) == MZ_OK);
    snprintf(unread, sizeof(unread), "%.*s",
             (int) mz_reply_field(fx.last, "job").len,
             mz_reply_field(fx.last, "job").data);
    CHECK(fx_do("XDEL", jobs(), unread, NULL, NULL)->integer == 1);
    CHECK(jobs_len() == 0);

    served(2, 1);
}


static void
test_trimmed_unread(void)
{
    submit(3);
    fx_do("XTRIM", jobs(), "MAXLEN", "0", NULL);
    CHECK(jobs_len() == 0);
    served(3, 1);
}


/*
 * ..and so entries are trimmed only behind the lowest that is pending or was
 * not read, however many behind it were acknowledged and left.
 */

static void
test_trimming(void)
{
    char      other[MZ_QUEUE_ID_MAX];
    mz_job_t  job, held;

    submit(4);

    /* A worker that acknowledges and does not delete. */

    CHECK(read_one("lazy", &job) == MZ_OK);
    fx_do("XACK", jobs(), "agents", job.entry.s, NULL);
    CHECK(read_one("holds", &held) == MZ_OK);
    CHECK(read_one("lazy", &job) == MZ_OK);
    fx_do("XACK", jobs(), "agents", job.entry.s, NULL);
    memcpy(other, job.entry.s, sizeof(other));
    CHECK(jobs_len() == 4);

    /* Before the leases are over: nothing is renewed, only trimmed. */

    CHECK(fx_sweep().requeued == 0);
    CHECK_ROW(jobs_len() == 3, "the first alone goes: %d", (int) jobs_len());
    CHECK(fx_do("XRANGE", jobs(), held.entry.s, held.entry.s, NULL)
          ->elements == 1);
    CHECK(pending() == 1);

    fx_do("XACK", jobs(), "agents", held.entry.s, NULL);
    (void) fx_sweep();
    CHECK_ROW(jobs_len() == 1, "the unread one stays: %d", (int) jobs_len());
    CHECK(fx_do("XRANGE", jobs(), other, other, NULL)->elements == 0);
    CHECK(read_one("good", &job) == MZ_OK);
    CHECK(strcmp(job.run.s, runs[3].run.s) == 0);
    CHECK(take("good", &job).outcome == MZ_TAKE_TAKEN);
    fx.now += FX_LEASE;

    /* For it the first in line was begun, and left: it comes back, as do the
     * two whose wake-ups are gone, while the last got a new one. */

    CHECK(sweep_later(100).requeued == 3);
    CHECK(jobs_len() == 4);
}


/* Trap 2: XGROUP DELCONSUMER discards what the consumer had pending. */

static void
test_deleted_consumer(void)
{
    submit(3);
    read_and_die(3);
    CHECK(fx_do("XGROUP", "DELCONSUMER", jobs(), "agents", "dead")
          ->integer == 3);
    CHECK(pending() == 0);
    served(3, 1);
}


/* ..and our own sweeper deletes none with anything pending left. */

static void
test_own_deletion(void)
{
    int           i;
    char          now[24];
    mz_key_t      base;
    mz_str_t      key, args[4];
    const size_t  many = 120;

    submit(many);
    read_and_die(many);
    usleep(20000);

    mz_key(&base, &fx.conf, MZ_KEY_PART_BASE,
           mz_store_partition(&fx.conf, fx_scope()), mz_null_str, "", 0);
    key = mz_key_str(&base);
    snprintf(now, sizeof(now), "%lld", (long long) fx.now);
    args[0] = mz_str_from(now);
    args[1] = mz_str("10");
    args[2] = mz_str("1000");
    args[3] = mz_str("10");
    mz_cmds_add_script(&fx.cmds, MZ_SCRIPT_SWEEP, 1, &key, 4, args);
    (void) fx_run();

    fx_do("XINFO", "CONSUMERS", jobs(), "agents", NULL);
    CHECK(fx.last->elements == 1);
    CHECK_ROW(pending() == 20, "%d are pending", (int) pending());

    for (i = 0; i < 2; i++) {
        mz_cmds_add_script(&fx.cmds, MZ_SCRIPT_SWEEP, 1, &key, 4, args);
        (void) fx_run();
    }

    fx_do("XINFO", "CONSUMERS", jobs(), "agents", NULL);
    CHECK(fx.last->elements == 0);
    served(many, 1);
}


/*
 * Trap 3: what renews an entry may count as a delivery, and deliveries as
 * attempts.  Ours do neither: the lease is in the run.
 */

static void
test_delivery_counts(void)
{
    int         i;
    mz_run_t    run;
    mz_job_t    job;
    mz_taken_t  taken;

    submit(1);
    CHECK(read_one("dead", &job) == MZ_OK);

    for (i = 0; i < 20; i++) {
        mz_cmds_add(&fx.cmds, 6, (mz_str_t[]) {
            mz_str("XCLAIM"), mz_str_from(jobs()), mz_str("agents"),
            i % 2 ? mz_str("dead") : mz_str("thief"), mz_str("0"),
            mz_str_from(job.entry.s)
        });
        (void) fx_run();
    }

    taken = take("good", &job);
    CHECK(taken.outcome == MZ_TAKE_TAKEN && taken.attempt == 1);

    for (i = 0; i < 20; i++) {
        fx.now += FX_LEASE - 1;
        CHECK(fx_renew(&taken.run, 1).outcome == MZ_WORKER_OK);
        CHECK(fx_sweep().requeued == 0);
    }

    CHECK(fx_get(&taken.run, &run) == MZ_OK);
    CHECK(run.status == MZ_RUN_RUNNING && run.attempt == 1);
    CHECK(jobs_len() == 0 && pending() == 0);
}


/*
 * Trap 4: a hand-back that leaves the entry to its idle time makes the run
 * wait, and one that is delivered anew uses up an attempt.
 */

static void
test_handed_back(void)
{
    int         i;
    mz_job_t    job;
    mz_taken_t  taken;

    submit(1);

    for (i = 1; i <= 5; i++) {
        CHECK_ROW(read_one("good", &job) == MZ_OK, "time %d", i);
        taken = take("good", &job);
        CHECK(taken.outcome == MZ_TAKE_TAKEN && taken.attempt == i);
        CHECK(fx_handback(&taken.run, i).outcome == MZ_WORKER_OK);
    }

    /* One that was not given back counts, and is not the last. */

    CHECK(read_one("dead", &job) == MZ_OK);
    CHECK(take("dead", &job).attempt == 6);
    CHECK(sweep_later(100).requeued == 1);
    served(1, 7);
}


/*
 * Trap 5: XAUTOCLAIM looks at ten times COUNT pending entries and no further
 * unless its cursor is followed: what is behind many busy ones is never
 * seen.  The sweeper goes by when leases end.
 */

static void
test_many_pending(void)
{
    size_t        i;
    int64_t       requeued;
    mz_job_t      job;
    const size_t  busy = 200, left = 60;

    submit(busy + left);

    for (i = 0; i < busy; i++) {
        CHECK(read_one("busy", &job) == MZ_OK);
        CHECK(take("busy", &job).outcome == MZ_TAKE_TAKEN);
    }

    read_and_die(left);
    fx.now += FX_LEASE / 2;

    for (i = 0; i < busy; i++) {
        CHECK(fx_renew(&runs[i].run, 1).outcome == MZ_WORKER_OK);
    }

    /* One at a time, and only those whose time is over. */

    usleep((REAL_LEASE + 10) * 1000);
    fx.now += FX_LEASE / 2;
    requeued = 0;

    for (i = 0; i < left; i++) {
        mz_swept_t  swept;

        mz_queue_sweep(&fx.cmds, &fx.conf,
                       mz_store_partition(&fx.conf, fx_scope()), fx.now, 1,
                       REAL_LEASE);
        CHECK(mz_queue_sweep_decode(fx_run(), &swept, NULL) == MZ_OK);
        requeued += swept.requeued;
    }

    CHECK_ROW(requeued == (int64_t) left, "%d of %zu", (int) requeued, left);
    CHECK(jobs_len() == (int64_t) left);
}


/*
 * Trap 6: after a failover the list of pending entries may be lost, with the
 * group behind it: what was read is not read again.
 */

static void
test_lost_pending(void)
{
    submit(3);
    read_and_die(3);
    fx_do("XGROUP", "DESTROY", jobs(), "agents", NULL);
    fx_do("XGROUP", "CREATE", jobs(), "agents", "$");
    CHECK(jobs_len() == 3 && pending() == 0);
    served(3, 1);
}


static void
test_group_destroyed(void)
{
    mz_job_t  job;

    submit(2);
    read_and_die(2);
    fx_do("XGROUP", "DESTROY", jobs(), "agents", NULL);

    /* The sweeper runs without it; a reader is told, and makes it. */

    (void) fx_sweep();
    CHECK(read_one("good", &job) == MZ_NOT_FOUND);
    served(2, 1);
}


static void
test_stream_vanished(void)
{
    submit(3);
    read_and_die(3);
    fx_do("DEL", jobs(), NULL, NULL, NULL);
    served(3, 1);
}


/* What a key held, as a replica that was behind has it. */

static redisReply *
dump(mz_key_kind_t kind, const char *id)
{
    redisReply  *r;

    r = fx_do("DUMP", fx_key(kind, id), NULL, NULL, NULL);
    fx.last = NULL;

    return r;
}


static void
restore(mz_key_kind_t kind, const char *id, redisReply *was)
{
    mz_cmds_add(&fx.cmds, 5, (mz_str_t[]) {
        mz_str("RESTORE"), mz_str_from(fx_key(kind, id)), mz_str("0"),
        mz_reply_str(was), mz_str("REPLACE")
    });
    CHECK_STR(mz_reply_str(fx_run()), "OK");
    mz_reply_free(was);
}


/*
 * ..and WAIT is no consensus: a claim may be lost with the old master.  The
 * number is given a second time, and the first holder must not write.
 */

static void
test_lost_claim(void)
{
    redisReply    *run, *events, *leases;
    mz_attempt_t   one, two;
    const char    *id;

    submit(1);
    id = runs[0].run.s;
    run = dump(MZ_KEY_RUN, id);
    events = dump(MZ_KEY_EVENTS, id);
    leases = dump(MZ_KEY_LEASES, "");

    mz_worker_claim(&fx.cmds, &fx.conf, fx_scope(), &runs[0].run, fx.now,
                    mz_str("w1"), FX_LEASE);
    CHECK(fx_worker().attempt == 1);

    restore(MZ_KEY_RUN, id, run);
    restore(MZ_KEY_EVENTS, id, events);
    restore(MZ_KEY_LEASES, "", leases);

    mz_worker_claim(&fx.cmds, &fx.conf, fx_scope(), &runs[0].run, fx.now,
                    mz_str("w2"), FX_LEASE);
    CHECK(fx_worker().attempt == 1);

    one = fx_attempt(&runs[0].run, 1);
    one.holder = mz_str("w1");
    two = one;
    two.holder = mz_str("w2");

    mz_worker_event(&fx.cmds, &fx.conf, &one, fx.now, mz_str("planning"),
                    mz_str("x"), mz_str(""));
    CHECK(fx_worker().outcome == MZ_WORKER_SUPERSEDED);
    mz_worker_renew(&fx.cmds, &fx.conf, &one, fx.now, FX_LEASE);
    CHECK(fx_worker().outcome == MZ_WORKER_SUPERSEDED);
    mz_worker_event(&fx.cmds, &fx.conf, &two, fx.now, mz_str("planning"),
                    mz_str("x"), mz_str(""));
    CHECK(fx_worker().outcome == MZ_WORKER_OK);
    CHECK(fx_finish(&runs[0].run, 1, MZ_RUN_COMPLETED).outcome
          == MZ_WORKER_OK);
}


/*
 * Trap 7: XACKDEL, XNACK, XREADGROUP CLAIM and their like are not in all that
 * calls itself Redis: the scripts call nothing that 6.2 has not.
 */

static const char *const  commands[] = {
    "DEL", "EXISTS", "EXPIRE", "GET", "HDEL", "HEXISTS", "HGET", "HGETALL",
    "HINCRBY", "HKEYS", "HLEN", "HMGET", "HSET", "PEXPIRE", "PTTL",
    "PUBLISH", "SADD", "SCARD", "SET", "SISMEMBER", "STRLEN", "TIME", "TTL",
    "XACK", "XADD", "XDEL", "XGROUP", "XINFO", "XLEN", "XPENDING", "XRANGE",
    "XREVRANGE", "XTRIM", "ZADD", "ZCARD", "ZRANGE", "ZRANGEBYSCORE", "ZREM",
    "ZREMRANGEBYRANK", "ZREMRANGEBYSCORE", "ZSCORE"
};

static void
test_old_commands(void)
{
    size_t      i, k, at, from, n;
    mz_str_t    text, name;
    const char *const  calls[] = { "redis.call('", "redis.pcall('" };

    n = 0;

    for (i = 0; i < MZ_SCRIPTS * MZ_ARRAY_LEN(calls); i++) {
        const char  *call = calls[i % 2];

        text = (mz_str_t) { mz_scripts[i / 2].source, mz_scripts[i / 2].len };
        from = 0;

        while ((at = mz_str_find(text, mz_str_from(call), from)) != SIZE_MAX) {
            from = at + strlen(call);
            name.data = text.data + from;
            name.len = mz_str_find(text, mz_str("'"), from) - from;

            for (k = 0; k < MZ_ARRAY_LEN(commands)
                        && !mz_str_eq_c(name, commands[k]); k++)
            {
                /* void */
            }

            CHECK_ROW(k < MZ_ARRAY_LEN(commands), "%s: %.*s",
                      mz_scripts[i / 2].name, (int) name.len, name.data);
            n++;
        }

        CHECK(mz_str_find(text, mz_str("'ACKED'"), 0) == SIZE_MAX);
        CHECK(mz_str_find(text, mz_str("'DELREF'"), 0) == SIZE_MAX);
    }

    CHECK(n > 100);
}


/* A Redis whose clock went back by an hour: nobody waits for it. */

static void
test_clock_back(void)
{
    mz_job_t    job;
    mz_run_t    run;
    mz_taken_t  taken;

    submit(2);
    CHECK(read_one("dead", &job) == MZ_OK);
    taken = take("dead", &job);
    CHECK(taken.outcome == MZ_TAKE_TAKEN);
    fx_do("XTRIM", jobs(), "MAXLEN", "0", NULL);

    fx.now -= 3600000;

    /* One without a wake-up waits, one runs whose worker is gone. */

    (void) sweep_later(100);
    (void) sweep_later(100);
    (void) sweep_later(100);

    CHECK(fx_get(&taken.run, &run) == MZ_OK);
    CHECK_ROW(run.status == MZ_RUN_QUEUED, "is %s",
              mz_run_status_name(run.status));
    CHECK_ROW(jobs_len() == 2, "%d wake-ups", (int) jobs_len());
    CHECK(read_one("good", &job) == MZ_OK);
    CHECK(take("good", &job).outcome == MZ_TAKE_TAKEN);
    CHECK(read_one("good", &job) == MZ_OK);
    CHECK(take("good", &job).outcome == MZ_TAKE_TAKEN);
}


static const mz_test_t  tests[] = {
    { "redis-server runs", fx_test_start },
    { "1: trimmed while pending, and claimed", test_trimmed_while_pending },
    { "1: deleted, read or not", test_deleted_entries },
    { "1: trimmed before anybody read", test_trimmed_unread },
    { "1: what we trim", test_trimming },
    { "2: a consumer deleted with what it had", test_deleted_consumer },
    { "2: consumers that we delete", test_own_deletion },
    { "3: deliveries are no attempts", test_delivery_counts },
    { "4: handed back", test_handed_back },
    { "5: behind many that are busy", test_many_pending },
    { "6: the pending list is lost", test_lost_pending },
    { "6: the group is gone", test_group_destroyed },
    { "6: the stream is gone", test_stream_vanished },
    { "6: a claim is lost", test_lost_claim },
    { "7: commands of Redis 6.2", test_old_commands },
    { "the clock went back", test_clock_back }
};

MZ_TEST_MAIN(tests)
