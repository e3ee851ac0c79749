
/*
 * What concerns more than one partition: the limits of a project, whose
 * places are given back by whoever finds none, and the length of the queue.
 */

#include "store/admit.h"
#include "store/fixture.h"
#include "store/resp.h"


#define A    "0000000b0123456789abcdef01234567"
#define PID  "p_aaaaaaaaaaaaaaaaaaaaaaaaaa"

#define PLACE(at)   "'" A ":" PID "' '" at "'"

static const char  project[] = "00000001000000000000000000000000";


/* --- decoders --- */

static void
test_decode(void)
{
    static const struct {
        const char          *reply;
        mz_rc_t              rc;
        mz_admit_outcome_t   outcome;
        size_t               n;
    } rows[] = {
        { "('ok')", MZ_OK, MZ_ADMIT_OK, 0 },
        { "('limited' 'rate' :1500)", MZ_OK, MZ_ADMIT_LIMITED, 0 },
        { "('limited' 'rate' :-1)", MZ_INTERNAL, MZ_ADMIT_LIMITED, 0 },
        { "('limited' 'rate')", MZ_INTERNAL, MZ_ADMIT_LIMITED, 0 },
        { "('full' '99')", MZ_OK, MZ_ADMIT_FULL, 0 },
        { "('full' '99' " PLACE("7") ")", MZ_OK, MZ_ADMIT_FULL, 1 },
        { "('full' '99' 'tat' '5' " PLACE("7") ")", MZ_OK, MZ_ADMIT_FULL, 1 },
        { "('full' '99' " PLACE("7") " " PLACE("8") ")", MZ_OK,
          MZ_ADMIT_FULL, 2 },
        { "('full' '99' '" A ":" PID "')", MZ_OK, MZ_ADMIT_FULL, 0 },
        { "('full' '99' " PLACE("x") ")", MZ_OK, MZ_ADMIT_FULL, 0 },
        { "('full' '99' " PLACE("-9223372036854775808") ")", MZ_OK,
          MZ_ADMIT_FULL, 0 },
        { "('full' '99' '" A "." PID "' '7')", MZ_OK, MZ_ADMIT_FULL, 0 },
        { "('full' '99' 'x' '7' _ _ :1 :2)", MZ_OK, MZ_ADMIT_FULL, 0 },
        { "('full')", MZ_INTERNAL, MZ_ADMIT_FULL, 0 },
        { "('full' '-1')", MZ_INTERNAL, MZ_ADMIT_FULL, 0 },
        { "('full' '9223372036854775807')", MZ_INTERNAL, MZ_ADMIT_FULL, 0 },
        { "('maybe')", MZ_INTERNAL, MZ_ADMIT_OK, 0 },
        { "()", MZ_INTERNAL, MZ_ADMIT_OK, 0 },
        { "_", MZ_INTERNAL, MZ_ADMIT_OK, 0 },
        { "-LOADING x", MZ_UNAVAILABLE, MZ_ADMIT_OK, 0 }
    };

    size_t             i;
    mz_err_t           err;
    redisReply        *r;
    mz_admit_reply_t   out;

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        r = make(rows[i].reply);
        CHECK_ROW(mz_admit_decode(r, &out, &err) == rows[i].rc, "%s",
                  rows[i].reply);
        CHECK_ROW(out.outcome == rows[i].outcome && out.n == rows[i].n,
                  "%s: %d, %zu places", rows[i].reply, out.outcome, out.n);

        if (out.n) {
            CHECK(strcmp(out.places[0].scope, A) == 0);
            CHECK(strcmp(out.places[0].run.s, PID) == 0);
            CHECK(out.places[0].at_ms == 7 && out.now_ms == 99);
        }

        free(out.places);
        mz_reply_free(r);
    }
}


static void
test_queued(void)
{
    static const struct {
        const char  *reply;         /* of one of the four partitions */
        mz_rc_t      rc;
        int64_t      elsewhere;
    } rows[] = {
        { ":5", MZ_OK, 15 },
        { ":0", MZ_OK, 10 },
        { ":-1", MZ_INTERNAL, 0 },
        { ":9223372036854775807", MZ_INTERNAL, 0 },
        { "'x'", MZ_INTERNAL, 0 },
        { "()", MZ_INTERNAL, 0 },
        { "_", MZ_INTERNAL, 0 },
        { "-CLUSTERDOWN x", MZ_UNAVAILABLE, 0 }
    };

    size_t       i, k;
    mz_rc_t      rc;
    int64_t      n;
    mz_err_t     err;
    redisReply  *replies[4];

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        for (k = 0; k < 4; k++) {
            replies[k] = make(k == 1 ? rows[i].reply : ":5");
        }

        rc = mz_admit_queued_decode(&fx.conf, replies, fx_scope(), &n, &err);
        CHECK_ROW(rc == rows[i].rc, "%s: %d", rows[i].reply, rc);
        CHECK_ROW(rc != MZ_OK || n == rows[i].elsewhere, "%s: %lld",
                  rows[i].reply, (long long) n);

        for (k = 0; k < 4; k++) {
            mz_reply_free(replies[k]);
        }
    }
}


/* --- with a real Redis --- */

static mz_admit_args_t
admit_args(int64_t interval_us, int64_t burst, int64_t concurrent)
{
    mz_admit_args_t  args;

    memset(&args, 0, sizeof(args));
    args.project = mz_str_from(project);
    args.scope = fx_scope();
    args.run = fx_id(MZ_ID_RUN);
    args.limit = (mz_run_limit_t) { interval_us, burst, concurrent };
    args.ttl_s = FX_RETENTION;
    args.now_ms = fx.now;

    return args;
}


/* free() the places. */
static mz_admit_reply_t
admit(const mz_admit_args_t *args)
{
    mz_err_t          err = { 0 };
    mz_admit_reply_t  out;

    CHECK(mz_admit(&fx.cmds, &fx.conf, args, 0) == 1);
    CHECK_ROW(mz_admit_decode(fx_run(), &out, &err) == MZ_OK, "%s", err.msg);

    return out;
}


static int64_t
places(void)
{
    mz_key_t  key;

    mz_key(&key, &fx.conf, MZ_KEY_PROJECT,
           mz_store_partition(&fx.conf, mz_str_from(project)), mz_null_str,
           project, 0);

    return fx_do("HLEN", key.s, NULL, NULL, NULL)->integer;
}


/* What a caller that finds no place does; whether there was one to clear. */
static bool
clear(const mz_admit_reply_t *full)
{
    bool         has;
    size_t       i;
    redisReply  *replies[16];

    mz_admit_look(&fx.cmds, &fx.conf, full);
    fx_send(replies, full->n);
    has = mz_admit_clear(&fx.cmds, &fx.conf, mz_str_from(project), full,
                         replies);

    for (i = 0; i < full->n; i++) {
        mz_reply_free(replies[i]);
    }

    if (has) {
        CHECK(fx_run()->type == REDIS_REPLY_ARRAY);
    }

    return has;
}


static void
test_places(void)
{
    mz_admit_args_t   args, more;
    mz_submit_args_t  run;
    mz_admit_reply_t  out;

    fx_reset();
    args = admit_args(0, 0, 2);
    CHECK(admit(&args).outcome == MZ_ADMIT_OK);
    CHECK(admit(&args).outcome == MZ_ADMIT_OK);
    CHECK(places() == 1);

    run = fx_args(NULL, "q");
    more = admit_args(0, 0, 2);
    more.run = run.run;
    CHECK(admit(&more).outcome == MZ_ADMIT_OK);
    CHECK(fx_submit(&run).outcome == MZ_SUBMIT_RUNNING);
    CHECK(places() == 2);

    /* One is about to be submitted, one runs: nobody's place is free. */

    fx.now += MZ_ADMIT_GRACE_MS;
    more = admit_args(0, 0, 2);
    out = admit(&more);
    CHECK(out.outcome == MZ_ADMIT_FULL && out.n == 2);
    CHECK(!clear(&out));
    free(out.places);

    /* Who has a place already is let in when it asks again. */

    CHECK(admit(&args).outcome == MZ_ADMIT_OK);

    /* The one that was never submitted is not waited for. */

    fx.now++;
    more.now_ms = fx.now;
    out = admit(&more);
    CHECK(out.outcome == MZ_ADMIT_FULL && clear(&out));
    free(out.places);
    CHECK(places() == 1);
    CHECK(admit(&more).outcome == MZ_ADMIT_OK);

    /* Nor the one that has ended. */

    CHECK(fx_claim(&run.run).attempt == 1);
    args = admit_args(0, 0, 2);
    out = admit(&args);
    CHECK(out.outcome == MZ_ADMIT_FULL && !clear(&out));
    free(out.places);
    (void) fx_finish(&run.run, 1, MZ_RUN_FAILED);
    out = admit(&args);
    CHECK(out.outcome == MZ_ADMIT_FULL && clear(&out));
    free(out.places);
    CHECK(admit(&args).outcome == MZ_ADMIT_OK);
    CHECK(places() == 2);

    /* A place that is given back. */

    mz_admit_release(&fx.cmds, &fx.conf, &args);
    CHECK(mz_reply_int(mz_reply_at(fx_run(), 1), -1) == 1);
    mz_admit_release(&fx.cmds, &fx.conf, &args);
    CHECK(mz_reply_int(mz_reply_at(fx_run(), 1), -1) == 0);
    CHECK(places() == 1);
}


/* The times of GCRA: burst + 1 at once, then one in each interval. */
static void
test_rate(void)
{
    int               i;
    mz_admit_args_t   args;
    mz_admit_reply_t  out;

    fx_reset();

    for (i = 0; i < 3; i++) {
        args = admit_args(1500000, 2, 0);
        CHECK_ROW(admit(&args).outcome == MZ_ADMIT_OK, "%d", i);
    }

    args = admit_args(1500000, 2, 0);
    out = admit(&args);
    CHECK(out.outcome == MZ_ADMIT_LIMITED && out.wait_ms == 1500);
    fx.now += 1499;
    args = admit_args(1500000, 2, 0);
    out = admit(&args);
    CHECK(out.outcome == MZ_ADMIT_LIMITED && out.wait_ms == 1);
    fx.now++;
    args = admit_args(1500000, 2, 0);
    CHECK(admit(&args).outcome == MZ_ADMIT_OK);

    /* A place given back gives back what it cost, once. */

    mz_admit_release(&fx.cmds, &fx.conf, &args);
    (void) fx_run();
    mz_admit_release(&fx.cmds, &fx.conf, &args);
    (void) fx_run();
    CHECK(admit(&args).outcome == MZ_ADMIT_OK);
    args = admit_args(1500000, 2, 0);
    CHECK(admit(&args).outcome == MZ_ADMIT_LIMITED);

    /* Another limit from now on: the old debt is not carried along. */

    args = admit_args(1000, 0, 0);
    CHECK(admit(&args).outcome == MZ_ADMIT_OK);
    args = admit_args(1000, 0, 0);
    out = admit(&args);
    CHECK(out.outcome == MZ_ADMIT_LIMITED && out.wait_ms == 1);
}


/* Where nobody counts places, they do not pile up either. */
static void
test_uncounted(void)
{
    int              i;
    mz_admit_args_t  args;

    fx_reset();

    for (i = 0; i < 2500; i++) {
        fx.now += 2;
        args = admit_args(1000, 0, 0);
        CHECK(admit(&args).outcome == MZ_ADMIT_OK);
    }

    CHECK(admit(&args).outcome == MZ_ADMIT_OK);
    CHECK(places() > 1 && places() <= 1001);
    args = admit_args(1000, 0, 0);
    CHECK(admit(&args).outcome == MZ_ADMIT_LIMITED);
}


/* How many commands there are, and that they are of the right partition. */
static void
test_commands(void)
{
    int64_t           n;
    redisReply       *replies[5];
    mz_run_limit_t    none = { 0, 0, 0 }, rate = { 1, 0, 0 };
    mz_admit_args_t   args;
    mz_submit_args_t  run;

    CHECK(!mz_admit_is_needed(&none, 0) && mz_admit_is_needed(&none, 1));
    CHECK(mz_admit_is_needed(&rate, 0));
    rate = (mz_run_limit_t) { 0, 0, 1 };
    CHECK(mz_admit_is_needed(&rate, 0));

    fx_reset();
    run = fx_args(NULL, "q");
    (void) fx_submit(&run);
    args = admit_args(0, 0, 1);
    CHECK(mz_admit(&fx.cmds, &fx.conf, &args, 10) == 5);
    fx_send(replies, 5);
    CHECK(mz_admit_queued_decode(&fx.conf, replies + 1, fx_scope(), &n, NULL)
          == MZ_OK && n == 0);
    CHECK(mz_admit_queued_decode(&fx.conf, replies + 1, mz_str_from(project),
                                 &n, NULL) == MZ_OK && n == 1);

    for (n = 0; n < 5; n++) {
        mz_reply_free(replies[n]);
    }

    args = admit_args(0, 0, 0);
    CHECK(mz_admit(&fx.cmds, &fx.conf, &args, 0) == 0 && fx.cmds.n == 0);
}


static const mz_test_t  tests[] = {
    { "redis-server runs", fx_test_start },
    { "replies of admit", test_decode },
    { "lengths of queues", test_queued },
    { "places: grace, runs that are over, given back", test_places },
    { "the rate of a project", test_rate },
    { "places that nobody counts", test_uncounted },
    { "only what is asked for", test_commands }
};

MZ_TEST_MAIN(tests)
