
#include "agent/work/fence.h"
#include "agent/work/keeper.h"
#include "store/fixture.h"


#define LEASE_MS  1000

/* Something that only knows how to be interrupted. */

typedef struct {
    mz_interrupt_t  it;
    int             times;
} fake_t;

static mz_work_t  work;

static void fake_interrupt(void *data);
static mz_keeper_t *keeper_new(void);
static mz_attempt_t submitted(mz_keeper_t *k, mz_id_t *run);
static mz_attempt_t claimed(mz_id_t *run);
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


/* Cancels; whether the keeper knew of it within a second. */

static bool
cancel_now(mz_keeper_t *k, const mz_id_t *run)
{
    int64_t          began;
    mz_run_status_t  status;

    began = mz_work_clock_ms();
    fx.now = 0;
    CHECK(fx_cancel(run, &status) == MZ_OK);
    CHECK(wait_stop(k, 5000) == MZ_STOP_REFUSED);

    return mz_work_clock_ms() - began < 1000;
}


static void
test_cancel(void)
{
    fake_t        query, model, past;
    mz_id_t       run;
    mz_keeper_t  *k;

    fx_reset();
    work.lease_ms = 60000;
    k = keeper_new();
    submitted(k, &run);

    memset(&query, 0, sizeof(query));
    model = query;
    past = query;
    mz_keeper_interruptible(k, &query.it, fake_interrupt, &query);
    mz_keeper_interruptible(k, &past.it, fake_interrupt, &past);
    mz_keeper_interruptible(k, &model.it, fake_interrupt, &model);
    mz_keeper_uninterruptible(k, &past.it);
    usleep(200000);

    CHECK(cancel_now(k, &run));
    CHECK(query.times == 1 && model.times == 1 && past.times == 0);

    mz_keeper_uninterruptible(k, &model.it);
    mz_keeper_uninterruptible(k, &query.it);
    mz_keeper_unwatch(k);
    mz_keeper_free(k);
    work.lease_ms = LEASE_MS;
}


/* Nobody listens yet when it is said. */

static void
test_cancel_before(void)
{
    int64_t           now;
    mz_id_t           run;
    mz_attempt_t      a;
    mz_keeper_t      *k;
    mz_run_status_t   status;

    fx_reset();
    work.lease_ms = 60000;
    k = keeper_new();
    now = mz_work_clock_ms();
    a = claimed(&run);
    CHECK(fx_cancel(&run, &status) == MZ_OK);
    mz_keeper_watch(k, &a, now);
    CHECK(wait_stop(k, 1000) == MZ_STOP_REFUSED);

    mz_keeper_unwatch(k);
    mz_keeper_free(k);
    work.lease_ms = LEASE_MS;
}


static void
command(const char *text)
{
    redisReply  *r;

    r = redisCommand(fx.ctx, text);
    CHECK(r != NULL && r->type != REDIS_REPLY_ERROR);
    freeReplyObject(r);
}


/* A connection that is lost in a run is made anew; without any, the renewals
 * tell. */

static void
test_cancel_channel_lost(void)
{
    mz_id_t       run;
    mz_keeper_t  *k;

    fx_reset();
    work.lease_ms = 60000;
    k = keeper_new();
    submitted(k, &run);
    usleep(200000);
    command("CLIENT KILL TYPE pubsub");
    usleep(400000);
    CHECK(cancel_now(k, &run));
    mz_keeper_unwatch(k);

    submitted(k, &run);
    usleep(200000);
    CHECK(cancel_now(k, &run));
    mz_keeper_unwatch(k);

    command("ACL SETUSER default -subscribe");
    work.lease_ms = 2000;
    submitted(k, &run);
    usleep(200000);
    CHECK(cancel_now(k, &run));
    command("ACL SETUSER default +subscribe");

    mz_keeper_unwatch(k);
    mz_keeper_free(k);
    work.lease_ms = LEASE_MS;
}


/* A reason that came before there was something to interrupt still counts. */

static void
test_late_interrupt(void)
{
    fake_t        query;
    mz_id_t       run;
    mz_keeper_t  *k;

    fx_reset();
    work.max_run_ms = 50;
    memset(&query, 0, sizeof(query));
    k = keeper_new();
    submitted(k, &run);
    CHECK(wait_stop(k, 3000) == MZ_STOP_TIMEOUT);

    mz_keeper_interruptible(k, &query.it, fake_interrupt, &query);
    CHECK(query.times == 1);

    /* it may still be finished, and is kept alive for that */
    usleep(LEASE_MS * 1500);
    CHECK(mz_keeper_stop(k) == MZ_STOP_TIMEOUT);

    mz_keeper_uninterruptible(k, &query.it);
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
fake_interrupt(void *data)
{
    ((fake_t *) data)->times++;
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
    int64_t       now;
    mz_attempt_t  a;

    now = mz_work_clock_ms();
    a = claimed(run);
    mz_keeper_watch(k, &a, now);

    return a;
}


static mz_attempt_t
claimed(mz_id_t *run)
{
    mz_submit_args_t  args;

    fx.now = 0;
    args = fx_args(NULL, "how many?");
    fx_load();
    fx_submit(&args);
    *run = args.run;

    mz_worker_claim(&fx.cmds, &fx.conf, fx_scope(), run, 0, mz_str("w1"),
                    work.lease_ms);
    CHECK(fx_worker().outcome == MZ_WORKER_CLAIMED);

    return fx_attempt(run, 1);
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
    { "a run is cancelled before it is watched", test_cancel_before },
    { "a lost cancel channel", test_cancel_channel_lost },
    { "a reason older than what it interrupts", test_late_interrupt },
    { "a superseded attempt writes nothing", test_superseded },
    { "Redis away longer than the lease", test_redis_away },
    { "SIGTERM drains, SIGQUIT does not wait", test_drain },
    { "a pause ends early", test_pause },
};

MZ_TEST_MAIN(tests)
