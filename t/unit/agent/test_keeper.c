
#include "agent/work/fence.h"
#include "agent/work/keeper.h"
#include "store/fixture.h"


#define LEASE_MS  1000

/* A warehouse that only knows how to be interrupted. */

typedef struct {
    mz_warehouse_t  wh;
    int             interrupts;
} fake_t;

static mz_work_t  work;

static void fake_interrupt(mz_warehouse_t *wh);

static const mz_warehouse_ops_t  fake_ops = {
    "fake", MZ_DIALECT_DUCKDB, NULL, fake_interrupt, NULL
};

static mz_keeper_t *keeper_new(void);
static mz_attempt_t submitted(mz_keeper_t *k, mz_id_t *run);
static mz_stop_t wait_stop(mz_keeper_t *k, int64_t ms);


static void
test_renews(void)
{
    mz_id_t        run;
    mz_run_t       got;
    mz_attempt_t   a;
    mz_keeper_t   *k;

    fx_reset();
    k = keeper_new();
    a = submitted(k, &run);
    (void) a;

    usleep(LEASE_MS * 2500);
    CHECK(mz_keeper_stop(k) == MZ_STOP_NONE);
    CHECK(fx_get(&run, &got) == MZ_OK);
    CHECK(got.status == MZ_RUN_RUNNING && got.attempt == 1);

    mz_keeper_unwatch(k);
    mz_keeper_free(k);
}


static void
test_cancel(void)
{
    fake_t            fake = { .wh = { .ops = &fake_ops } };
    int64_t           began;
    mz_id_t           run;
    mz_keeper_t      *k;
    mz_run_status_t   status;

    fx_reset();
    work.lease_ms = 60000;
    k = keeper_new();
    submitted(k, &run);
    mz_keeper_warehouse(k, &fake.wh);
    usleep(200000);

    began = mz_work_clock_ms();
    fx.now = 0;
    CHECK(fx_cancel(&run, &status) == MZ_OK);
    CHECK(wait_stop(k, 3000) == MZ_STOP_REFUSED);
    CHECK(mz_work_clock_ms() - began < 1000);
    CHECK(fake.interrupts == 1);

    mz_keeper_warehouse(k, NULL);
    mz_keeper_unwatch(k);
    mz_keeper_free(k);
    work.lease_ms = LEASE_MS;
}


/* A reason that came before the warehouse was opened still counts. */

static void
test_late_warehouse(void)
{
    fake_t        fake = { .wh = { .ops = &fake_ops } };
    mz_id_t       run;
    mz_keeper_t  *k;

    fx_reset();
    work.max_run_ms = 50;
    k = keeper_new();
    submitted(k, &run);
    CHECK(wait_stop(k, 3000) == MZ_STOP_TIMEOUT);
    CHECK(fake.interrupts == 0);

    mz_keeper_warehouse(k, &fake.wh);
    CHECK(fake.interrupts == 1);

    /* it may still be finished, and is kept alive for that */
    usleep(LEASE_MS * 1500);
    CHECK(mz_keeper_stop(k) == MZ_STOP_TIMEOUT);

    mz_keeper_warehouse(k, NULL);
    mz_keeper_unwatch(k);
    mz_keeper_free(k);
    work.max_run_ms = 600000;
}


static void
test_superseded(void)
{
    mz_id_t            run;
    mz_err_t           err;
    mz_rc_t            rc;
    mz_cmds_t          c;
    mz_fence_t         f;
    mz_keeper_t       *k;

    fx_reset();
    k = keeper_new();
    memset(&f, 0, sizeof(f));
    f.attempt = submitted(k, &run);
    f.store = &fx.conf;
    f.keeper = k;
    f.redis = mz_redis_new(&work.redis, "test");

    mz_cmds_init(&c);
    mz_worker_event(&c, f.store, &f.attempt, 0, mz_str("querying"),
                    mz_str("x"), mz_str(""));
    CHECK(mz_fence_write(&f, &c, &err) == MZ_OK);

    f.attempt.attempt = 7;
    mz_cmds_reset(&c);
    mz_worker_event(&c, f.store, &f.attempt, 0, mz_str("querying"),
                    mz_str("x"), mz_str(""));
    rc = mz_fence_write(&f, &c, &err);
    CHECK(rc == MZ_CANCELLED);
    CHECK(mz_keeper_stop(k) == MZ_STOP_REFUSED);

    /* and nothing more is even sent */
    CHECK(mz_fence_write(&f, &c, &err) == MZ_CANCELLED);

    mz_cmds_free(&c);
    mz_redis_free(f.redis);
    mz_keeper_unwatch(k);
    mz_keeper_free(k);
}


static void
test_redis_away(void)
{
    int64_t       began;
    mz_id_t       run;
    mz_rc_t       rc;
    mz_err_t      err;
    mz_cmds_t     c;
    mz_fence_t    f;
    mz_keeper_t  *k;

    fx_reset();
    k = keeper_new();
    memset(&f, 0, sizeof(f));
    f.attempt = submitted(k, &run);
    f.store = &fx.conf;
    f.keeper = k;
    f.redis = mz_redis_new(&work.redis, "test");

    kill(fx.pid, SIGSTOP);
    began = mz_work_clock_ms();

    mz_cmds_init(&c);
    mz_worker_event(&c, f.store, &f.attempt, 0, mz_str("querying"),
                    mz_str("x"), mz_str(""));
    rc = mz_fence_write(&f, &c, &err);
    kill(fx.pid, SIGCONT);

    CHECK(rc == MZ_CANCELLED);
    CHECK(mz_keeper_stop(k) == MZ_STOP_LEASE);
    CHECK(mz_work_clock_ms() - began < 12000);

    mz_cmds_free(&c);
    mz_redis_free(f.redis);
    mz_keeper_unwatch(k);
    mz_keeper_free(k);
}


static void
test_drain(void)
{
    mz_id_t       run;
    mz_keeper_t  *k;

    fx_reset();
    work.drain_ms = 400;
    k = keeper_new();
    submitted(k, &run);

    CHECK(!mz_keeper_is_draining(k));
    kill(getpid(), SIGTERM);
    usleep(150000);
    CHECK(mz_keeper_is_draining(k));
    CHECK(mz_keeper_stop(k) == MZ_STOP_NONE);
    CHECK(wait_stop(k, 3000) == MZ_STOP_SHUTDOWN);

    mz_keeper_unwatch(k);
    mz_keeper_free(k);

    fx_reset();
    work.drain_ms = 60000;
    k = keeper_new();
    submitted(k, &run);
    kill(getpid(), SIGQUIT);
    CHECK(wait_stop(k, 1000) == MZ_STOP_SHUTDOWN);

    mz_keeper_unwatch(k);
    mz_keeper_free(k);
}


static void
test_pause(void)
{
    int64_t       began;
    mz_keeper_t  *k;

    k = keeper_new();

    began = mz_work_clock_ms();
    mz_keeper_pause(k, 120);
    CHECK(mz_work_clock_ms() - began >= 115);

    kill(getpid(), SIGTERM);
    began = mz_work_clock_ms();
    mz_keeper_pause(k, 5000);
    CHECK(mz_work_clock_ms() - began < 2000);

    mz_keeper_free(k);
}


static void
fake_interrupt(mz_warehouse_t *wh)
{
    ((fake_t *) (void *) wh)->interrupts++;
}


static mz_keeper_t *
keeper_new(void)
{
    mz_err_t      err;
    mz_keeper_t  *k;

    CHECK(mz_keeper_new(&work, &k, &err) == MZ_OK);

    return k;
}


static mz_attempt_t
submitted(mz_keeper_t *k, mz_id_t *run)
{
    int64_t            now;
    mz_attempt_t       a;
    mz_submit_args_t   args;

    fx.now = 0;
    args = fx_args(NULL, "how many?");
    fx_load();
    fx_submit(&args);
    *run = args.run;

    now = mz_work_clock_ms();
    mz_worker_claim(&fx.cmds, &fx.conf, fx_scope(), run, 0, mz_str("w1"),
                    work.lease_ms);
    CHECK(fx_worker().outcome == MZ_WORKER_CLAIMED);

    a = fx_attempt(run, 1);
    mz_keeper_watch(k, &a, now);

    return a;
}


static mz_stop_t
wait_stop(mz_keeper_t *k, int64_t ms)
{
    int64_t  until;

    until = mz_work_clock_ms() + ms;

    while (mz_keeper_stop(k) == MZ_STOP_NONE && mz_work_clock_ms() < until) {
        usleep(10000);
    }

    return mz_keeper_stop(k);
}


static void
test_start(void)
{
    char      text[128];
    mz_err_t  err;

    signal(SIGPIPE, SIG_IGN);
    fx_start();
    snprintf(text, sizeof(text), "unix:%s", fx.sock);
    CHECK(mz_redis_url_parse(&work.redis, mz_str_from(text), &err) == MZ_OK);

    work.store = fx.conf;
    work.lease_ms = LEASE_MS;
    work.max_run_ms = 600000;
    work.drain_ms = 20000;
}


static const mz_test_t  tests[] = {
    { "a server of our own", test_start },
    { "a lease is renewed", test_renews },
    { "a cancelled run is stopped at once", test_cancel },
    { "a reason older than the warehouse", test_late_warehouse },
    { "a superseded attempt writes nothing", test_superseded },
    { "Redis away longer than the lease", test_redis_away },
    { "SIGTERM drains, SIGQUIT does not wait", test_drain },
    { "a pause ends early", test_pause },
};

MZ_TEST_MAIN(tests)
