
/*
 * Hand-back, sweep, the queue and the deployment record against a real
 * redis-server: no run is lost and none is worked on twice.
 */

#include "store/states.h"


static void
test_handback(void)
{
    int               i;
    char              phases[512];
    mz_run_t          run;
    mz_submit_args_t  args;

    args = make_state(ST_QUEUED);

    /* More often than there are attempts. */

    for (i = 1; i <= 4; i++) {
        CHECK(fx_claim(&args.run).attempt == i);
        CHECK(fx_handback(&args.run, i).outcome == MZ_WORKER_OK);
        CHECK(fx_handback(&args.run, i).outcome == MZ_WORKER_SUPERSEDED);
        CHECK(fx_get(&args.run, &run) == MZ_OK);
        CHECK(run.status == MZ_RUN_QUEUED && run.worker.data == NULL);
        CHECK(run.lease_ms == 0);
        CHECK(fx_do("XLEN", fx_key(MZ_KEY_JOBS, ""), NULL, NULL, NULL)
              ->integer == 1);
    }

    CHECK(fx_claim(&args.run).attempt == 5);
    fx.now += FX_LEASE;
    CHECK(fx_sweep().requeued == 1);
    CHECK(fx_claim(&args.run).attempt == 6);
    fx.now += FX_LEASE;
    CHECK(fx_sweep().lost == 1);

    fx_events(&args.run, phases, sizeof(phases));
    CHECK(mz_str_has_suffix(mz_str_from(phases),
                            mz_str("requeued started requeued started lost")));
}


static void
test_sweep_running(void)
{
    mz_run_t          run;
    mz_swept_t        swept;
    mz_submit_args_t  args;

    args = make_state(ST_RUNNING);
    fx.now += FX_LEASE - 1;
    swept = fx_sweep();
    CHECK(swept.requeued + swept.lost + swept.dropped == 0);
    CHECK(fx_get(&args.run, &run) == MZ_OK && run.status == MZ_RUN_RUNNING);

    /* The index lags behind the truth: the truth counts. */

    CHECK(fx_renew(&args.run, 1).outcome == MZ_WORKER_OK);
    fx_do("ZADD", fx_key(MZ_KEY_LEASES, ""), "1", "x", NULL);
    swept = fx_sweep();
    CHECK(swept.dropped == 1 && swept.requeued == 0);

    fx.now += FX_LEASE;
    swept = fx_sweep();
    CHECK(swept.requeued == 1 && swept.lost == 0 && swept.dropped == 0);
    CHECK(fx_get(&args.run, &run) == MZ_OK && run.status == MZ_RUN_QUEUED);
    CHECK(run.attempt == 1);

    /* Swept twice is swept once. */

    swept = fx_sweep();
    CHECK(swept.requeued + swept.lost + swept.dropped == 0);

    /* Only as many as asked for. */

    args = make_state(ST_EXPIRED);
    args = fx_args(NULL, "b");
    (void) fx_submit(&args);
    (void) fx_claim(&args.run);
    fx.now += FX_LEASE;
    mz_queue_sweep(&fx.cmds, &fx.conf,
                   mz_store_partition(&fx.conf, fx_scope()), fx.now, 1,
                   FX_LEASE);
    CHECK(mz_queue_sweep_decode(fx_run(), &swept, NULL) == MZ_OK);
    CHECK(swept.requeued == 1);
    CHECK(fx_sweep().requeued == 1);
}


static void
test_sweep_index(void)
{
    char              member[128];
    mz_submit_args_t  args;

    args = make_state(ST_RUNNING);
    snprintf(member, sizeof(member), "%s:%s", fx_scope_text, args.run.s);
    fx_do("ZADD", fx_key(MZ_KEY_LEASES, ""), "1", member, NULL);
    CHECK(fx_sweep().requeued == 0);
    fx_do("ZSCORE", fx_key(MZ_KEY_LEASES, ""), member, NULL, NULL);
    CHECK(mz_reply_int(fx.last, 0) == fx.now + FX_LEASE);

    args = make_state(ST_COMPLETED);
    snprintf(member, sizeof(member), "%s:%s", fx_scope_text, args.run.s);
    fx_do("ZADD", fx_key(MZ_KEY_LEASES, ""), "1", member, NULL);
    CHECK(fx_sweep().dropped == 1);
    CHECK(fx_sweep().dropped == 0);
}


static size_t
read_jobs(mz_queue_t *q, const char *worker, mz_job_t *job)
{
    size_t    n;
    mz_rc_t   rc;
    unsigned  i;
    mz_job_t  tmp;

    n = 0;

    for (i = 0; i < fx.conf.partitions; i++) {
        mz_queue_poll(q, &fx.cmds, mz_str_from(worker));
        rc = mz_queue_poll_decode(q, fx_run(), &tmp, NULL);
        CHECK(rc == MZ_OK || rc == MZ_NOT_FOUND);

        if (rc == MZ_OK) {
            *job = tmp;
            n++;
        }
    }

    return n;
}


static int64_t
jobs_len(void)
{
    return fx_do("XLEN", fx_key(MZ_KEY_JOBS, ""), NULL, NULL, NULL)->integer;
}


static void
test_sweep_queued(void)
{
    mz_job_t          job;
    mz_queue_t        q;
    redisReply       *replies[2];
    mz_submit_args_t  args;

    /* Nobody read it: it stays where it is in the queue. */

    args = make_state(ST_QUEUED);
    fx.now += FX_LEASE;
    CHECK(fx_sweep().requeued == 0 && jobs_len() == 1);
    CHECK(fx_sweep().requeued == 0);
    fx_create_groups();
    fx_create_groups();
    fx.now += FX_LEASE;
    CHECK(fx_sweep().requeued == 0 && jobs_len() == 1);

    /* The entry got lost. */

    fx_do("DEL", fx_key(MZ_KEY_JOBS, ""), NULL, NULL, NULL);
    fx.now += FX_LEASE;
    CHECK(fx_sweep().requeued == 1 && jobs_len() == 1);
    fx_create_groups();

    /* Somebody read it just now, and then dies before the claim. */

    mz_queue_init(&q, &fx.conf);
    CHECK(read_jobs(&q, "dead", &job) == 1);
    CHECK(strcmp(job.run.s, args.run.s) == 0);
    CHECK(strcmp(job.scope, fx_scope_text) == 0);
    CHECK(read_jobs(&q, "w2", &job) == 0);

    mz_queue_sweep(&fx.cmds, &fx.conf, job.part, fx.now + FX_LEASE, 10,
                   60000);
    (void) fx_run();
    CHECK(read_jobs(&q, "w2", &job) == 0 && jobs_len() == 1);
    usleep(20000);
    fx.now += 120000;
    mz_queue_sweep(&fx.cmds, &fx.conf,
                   mz_store_partition(&fx.conf, fx_scope()), fx.now, 10, 10);
    (void) fx_run();
    CHECK(jobs_len() == 1);
    CHECK(read_jobs(&q, "w2", &job) == 1);
    CHECK(strcmp(job.run.s, args.run.s) == 0);

    /* Somebody acked it before the claim, and forgot it. */

    fx_do("XACK", fx_key(MZ_KEY_JOBS, ""), "agents", job.entry.s, NULL);
    fx.now += FX_LEASE;
    CHECK(fx_sweep().requeued == 1 && jobs_len() == 1);
    CHECK(read_jobs(&q, "w2", &job) == 1);

    /* Claiming takes the wake-up away; acking it again does no harm. */

    CHECK(fx_claim(&job.run).attempt == 1);
    CHECK(jobs_len() == 0);
    mz_queue_ack(&fx.cmds, &fx.conf, &job);
    fx_send(replies, 2);
    CHECK(mz_reply_int(replies[0], -1) == 0);
    CHECK(mz_reply_int(replies[1], -1) == 0);
    mz_reply_free(replies[0]);
    mz_reply_free(replies[1]);
}


static void
test_forget_consumers(void)
{
    char              now[24];
    mz_str_t          key, args[4];
    mz_job_t          job;
    mz_key_t          base;
    mz_queue_t        q;
    mz_submit_args_t  run;

    run = make_state(ST_QUEUED);
    fx_create_groups();
    mz_queue_init(&q, &fx.conf);
    CHECK(read_jobs(&q, "dead", &job) == 1);
    fx_do("XGROUP", "CREATECONSUMER", fx_key(MZ_KEY_JOBS, ""), "agents",
          "idle");
    usleep(20000);

    CHECK(fx_sweep().requeued == 0);
    fx_do("XINFO", "CONSUMERS", fx_key(MZ_KEY_JOBS, ""), "agents", NULL);
    CHECK(fx.last->elements == 2);

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

    fx_do("XINFO", "CONSUMERS", fx_key(MZ_KEY_JOBS, ""), "agents", NULL);
    CHECK(fx.last->elements == 0);
    CHECK(jobs_len() == 0);

    /* What the dead one held is not lost. */

    fx.now += FX_LEASE;
    CHECK(fx_sweep().requeued == 1);
    CHECK(read_jobs(&q, "w2", &job) == 1);
    CHECK(strcmp(job.run.s, run.run.s) == 0);
}


static void
test_wait(void)
{
    mz_job_t          job;
    mz_queue_t        q;
    mz_submit_args_t  args;

    fx_reset();
    fx_create_groups();
    mz_queue_init(&q, &fx.conf);

    mz_queue_wait(&q, &fx.cmds, 10);
    CHECK(mz_queue_wait_decode(&q, fx_run(), NULL) == MZ_NOT_FOUND);

    args = fx_args(NULL, "a");
    (void) fx_submit(&args);

    mz_queue_wait(&q, &fx.cmds, 1000);
    CHECK(mz_queue_wait_decode(&q, fx_run(), NULL) == MZ_OK);
    CHECK(q.part == mz_store_partition(&fx.conf, fx_scope()));

    mz_queue_poll(&q, &fx.cmds, mz_str("w"));
    CHECK(mz_queue_poll_decode(&q, fx_run(), &job, NULL) == MZ_OK);
    CHECK(strcmp(job.run.s, args.run.s) == 0);

    /* Seen once is no news, claimed or not. */

    mz_queue_wait(&q, &fx.cmds, 10);
    CHECK(mz_queue_wait_decode(&q, fx_run(), NULL) == MZ_NOT_FOUND);

    fx_reset();
    mz_queue_poll(&q, &fx.cmds, mz_str("w"));
    CHECK(mz_queue_poll_decode(&q, fx_run(), &job, NULL) == MZ_AGAIN);

    /* An entry that is no job can be acked away. */

    fx_create_groups();
    fx_do("XADD", fx_key(MZ_KEY_JOBS, ""), "*", "scope", "../x");
    q.part = mz_store_partition(&fx.conf, fx_scope());
    mz_queue_poll(&q, &fx.cmds, mz_str("w"));
    CHECK(mz_queue_poll_decode(&q, fx_run(), &job, NULL) == MZ_INVALID);
    CHECK(job.entry.s[0] != '\0');
}


static void
test_meta(void)
{
    size_t           i;
    int64_t          at;
    mz_err_t         err;
    redisReply      *replies[MZ_META_REPLIES];
    mz_store_conf_t  other;

    fx_reset();
    other = fx.conf;
    other.partitions = 8;

    mz_meta_check(&fx.cmds, &fx.conf, mz_null_str);
    fx_send(replies, MZ_META_REPLIES);
    CHECK(mz_meta_decode(&fx.conf, replies, NULL, &err) == MZ_OK);

    for (i = 0; i < MZ_META_REPLIES; i++) {
        mz_reply_free(replies[i]);
    }

    mz_meta_check(&fx.cmds, &other, mz_null_str);
    fx_send(replies, MZ_META_REPLIES);
    CHECK(mz_meta_decode(&other, replies, NULL, &err) == MZ_INVALID);
    CHECK(strstr(err.msg, "4 partitions") != NULL);
    CHECK(strstr(err.msg, "8 are configured") != NULL);
    CHECK(mz_meta_decode(&fx.conf, replies, NULL, &err) == MZ_OK);

    for (i = 0; i < MZ_META_REPLIES; i++) {
        mz_reply_free(replies[i]);
    }

    mz_meta_last_beat(&fx.cmds, &fx.conf);
    CHECK(mz_meta_last_beat_decode(fx_run(), &at, NULL) == MZ_OK && at == 0);
    mz_meta_beat(&fx.cmds, &fx.conf, mz_str("old"), FX_T0);
    mz_meta_beat(&fx.cmds, &fx.conf, mz_str("new"), FX_T0 + 25 * 3600000);
    {
        redisReply  *beats[4];

        fx_send(beats, 4);

        for (i = 0; i < 4; i++) {
            mz_reply_free(beats[i]);
        }
    }

    mz_meta_last_beat(&fx.cmds, &fx.conf);
    CHECK(mz_meta_last_beat_decode(fx_run(), &at, NULL) == MZ_OK);
    CHECK(at == FX_T0 + 25 * 3600000);
    fx_do("ZCARD", fx_key(MZ_KEY_WORKERS, ""), NULL, NULL, NULL);
    CHECK(fx.last->integer == 1);
}


static const mz_test_t  tests[] = {
    { "redis-server runs", fx_test_start },
    { "hand-back does not use up attempts", test_handback },
    { "sweep of running runs", test_sweep_running },
    { "sweep trusts the run, not the index", test_sweep_index },
    { "sweep brings lost wake-ups back, once", test_sweep_queued },
    { "sweep forgets consumers, not their runs", test_forget_consumers },
    { "waiting for news", test_wait },
    { "deployments do not mix; workers are seen", test_meta }
};

MZ_TEST_MAIN(tests)
