
/*
 * What fair claiming promises, on a real Redis with a clock of its own: three
 * workers look, choose, read a wake-up and take, as the agent does, and a run
 * takes as long as the row says.
 */

#include "store/fair.h"
#include "store/fixture.h"


#define WORKERS      3
#define PROJECTS     1200
#define SKIPS        100

typedef struct {
    int64_t      free_at;
    mz_taken_t   held;              /* attempt 0: none */
    mz_queue_t   queue;
} worker_t;

static worker_t  workers[WORKERS];
static int       nworkers;
static int       taken[PROJECTS];   /* how many of each so far */
static int64_t   waited[PROJECTS];  /* the longest wait of one */
static int64_t   run_ms;
static unsigned  users;


/* Projects are numbers; so is who asks. */
static const char *
name_of(char buf[MZ_SCOPE_LEN + 1], unsigned high, unsigned low)
{
    snprintf(buf, MZ_SCOPE_LEN + 1, "%08x%024x", high, low);

    return buf;
}


static void
start(int n, unsigned partitions, int64_t ms)
{
    int          i;
    unsigned     k;
    redisReply  *replies[MZ_STORE_PARTITIONS_MAX];

    fx_reset();
    fx.conf.partitions = partitions;
    memset(taken, 0, sizeof(taken));
    memset(waited, 0, sizeof(waited));
    memset(workers, 0, sizeof(workers));
    nworkers = n;
    run_ms = ms;

    mz_queue_create(&fx.cmds, &fx.conf);
    fx_send(replies, fx.conf.partitions);

    for (k = 0; k < fx.conf.partitions; k++) {
        mz_reply_free(replies[k]);
    }

    for (i = 0; i < n; i++) {
        mz_queue_init(&workers[i].queue, &fx.conf);
        workers[i].queue.part = (unsigned) i % partitions;
        workers[i].free_at = fx.now + i * ms / n;
    }
}


/* A new user of a project asks, in a partition or in any. */
static void
ask(unsigned p, unsigned part)
{
    char               scope[MZ_SCOPE_LEN + 1], name[MZ_SCOPE_LEN + 1];
    mz_submit_args_t   args;
    mz_submit_reply_t  out;

    args = fx_args(NULL, "q");
    args.project = mz_str_from(name_of(name, p, p));
    args.attach_s = 0;
    args.trace = mz_null_str;
    users++;
    mz_run_submit(&fx.cmds, &fx.conf,
                  mz_str_from(name_of(scope, part, users)), &args);
    CHECK(mz_run_submit_decode(fx_run(), &out, NULL) == MZ_OK
          && out.outcome == MZ_SUBMIT_RUNNING);
}


static void
finish(worker_t *w)
{
    mz_finish_t   f;
    mz_attempt_t  a;

    memset(&f, 0, sizeof(f));
    memset(&a, 0, sizeof(a));
    a.scope = mz_str_from(w->held.scope);
    a.run = w->held.run;
    a.attempt = w->held.attempt;
    a.holder = mz_str("w");
    f.status = MZ_RUN_COMPLETED;
    mz_worker_finish(&fx.cmds, &fx.conf, &a, fx.now, &f);
    CHECK(fx_worker().outcome == MZ_WORKER_OK);
    w->held.attempt = 0;
}


/* Which project the run is of that was just taken, and how long it waited. */
static unsigned
count(const mz_taken_t *t)
{
    char      first[9];
    mz_run_t  run;
    unsigned  p;

    mz_run_get(&fx.cmds, &fx.conf, mz_str_from(t->scope), &t->run);
    CHECK(mz_run_decode(fx_run(), &run, NULL) == MZ_OK);
    snprintf(first, sizeof(first), "%.8s",
             run.project.len == MZ_SCOPE_LEN ? run.project.data : "0");
    p = (unsigned) strtoul(first, NULL, 16) % PROJECTS;
    taken[p]++;

    if (fx.now - run.created_ms > waited[p]) {
        waited[p] = fx.now - run.created_ms;
    }

    return p;
}


/* As the agent: looks, chooses, reads a wake-up there, takes. */
static bool
turn(worker_t *w)
{
    bool         skip[MZ_STORE_PARTITIONS_MAX] = { false };
    size_t       i;
    mz_job_t     job;
    mz_turn_t    next;
    redisReply  *replies[MZ_STORE_PARTITIONS_MAX * MZ_FAIR_REPLIES];
    mz_rc_t      rc;

    do {
        mz_fair_look(&fx.cmds, &fx.conf);
        fx_send(replies, fx.conf.partitions * MZ_FAIR_REPLIES);
        rc = mz_fair_choose(&fx.conf, replies, w->queue.part, skip, &next,
                            NULL);

        for (i = 0; i < fx.conf.partitions * MZ_FAIR_REPLIES; i++) {
            mz_reply_free(replies[i]);
        }

        if (rc != MZ_OK) {
            return false;
        }

        w->queue.part = next.part;
        mz_queue_poll(&w->queue, &fx.cmds, mz_str("w"));
        rc = mz_queue_poll_decode(&w->queue, fx_run(), &job, NULL);
        skip[next.part] = true;

    } while (rc != MZ_OK);

    mz_fair_take(&fx.cmds, &fx.conf, &job, fx.now, mz_str("w"), 86400000,
                 mz_str_from(next.project));
    CHECK(mz_fair_take_decode(&fx.conf, fx_run(), &w->held, NULL) == MZ_OK);

    return w->held.outcome == MZ_TAKE_TAKEN;
}


/*
 * The clock goes to when the next worker is free, which ends its run and
 * takes another; the project of that, or PROJECTS when nobody waits.
 */
static unsigned
step(void)
{
    int        i;
    worker_t  *w;

    w = &workers[0];

    for (i = 1; i < nworkers; i++) {
        w = workers[i].free_at < w->free_at ? &workers[i] : w;
    }

    fx.now = w->free_at > fx.now ? w->free_at : fx.now;

    if (w->held.attempt) {
        finish(w);
    }

    w->free_at = fx.now + run_ms;

    return turn(w) ? count(&w->held) : PROJECTS;
}


/*
 * One project has 1,000 runs in line, of as many users, in all partitions.
 * Another's single run is the next or the next but one that is taken, and
 * waits less than a run takes times (1 + 1/workers).
 */
static void
test_one_of_many(void)
{
    static const struct {
        unsigned  partitions;
        int64_t   ms;
    } rows[] = { { 16, 20000 }, { 16, 300000 }, { 1, 20000 }, { 5, 50 } };

    int       before, served, round;
    size_t    i;
    unsigned  k;

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        start(WORKERS, rows[i].partitions, rows[i].ms);

        for (k = 0; k < 1000; k++) {
            ask(1, k);
        }

        for (k = 0; k < 10; k++) {
            CHECK(step() == 1);
        }

        /* In each partition, and at a moment that is nobody's. */

        for (round = 0; round < 16; round++) {
            fx.now += rows[i].ms * round / 64;
            ask(2, (unsigned) round);
            served = taken[2];

            for (before = 0; before < 20; before++) {
                (void) step();

                if (taken[2] > served) {
                    break;
                }
            }

            CHECK_ROW(before <= 1, "row %zu, round %d: after %d others", i,
                      round, before);
        }

        CHECK_ROW(waited[2] * WORKERS < rows[i].ms * (WORKERS + 1),
                  "row %zu: waited %lld ms", i, (long long) waited[2]);
        CHECK(taken[2] == 16);
    }
}


/* However many runs a project has in line, each is served as often. */
static void
test_shares(void)
{
    static const unsigned  lines[] = { 0, 300, 100, 40, 21, 5 };

    int       i, least;
    unsigned  p, k;

    start(WORKERS, 16, 20000);

    for (p = 1; p < MZ_ARRAY_LEN(lines); p++) {
        for (k = 0; k < lines[p]; k++) {
            ask(p, k * 7 + p);
        }
    }

    for (i = 1; i <= 100; i++) {
        (void) step();
        least = i / 5 - 1;

        for (p = 1; p < MZ_ARRAY_LEN(lines); p++) {
            CHECK_ROW(taken[p] >= (least < (int) lines[p] ? least
                                                          : (int) lines[p]),
                      "project %u: %d of the first %d", p, taken[p], i);
        }
    }

    while (step() != PROJECTS) {
        /* void */
    }

    for (p = 1; p < MZ_ARRAY_LEN(lines); p++) {
        CHECK_ROW(taken[p] == (int) lines[p], "project %u: %d", p, taken[p]);
    }
}


/*
 * New projects come and come, nearly as many as there are runs served: those
 * that are there get their turn all the same, and each that comes does.
 */
static void
test_newcomers(void)
{
    int       i;
    unsigned  p, k;

    start(1, 16, 5000);

    for (k = 0; k < 40; k++) {
        ask(1, k);
    }

    for (p = 2, i = 0; i < 300; i++) {
        if (i % 10 != 0) {
            ask(p, p);
            p++;
        }

        (void) step();
    }

    CHECK_ROW(taken[1] >= 300 / 14, "served %d times", taken[1]);

    while (step() != PROJECTS) {
        /* void */
    }

    for (k = 1; k < p; k++) {
        CHECK_ROW(taken[k] == (k == 1 ? 40 : 1), "project %u: %d", k,
                  taken[k]);
    }
}


/* More projects wait than a worker looks at. */
static void
test_many_projects(void)
{
    int       i;
    unsigned  p;

    start(WORKERS, 2, 20000);

    for (i = 0; i < 2; i++) {
        for (p = 1; p < 500; p++) {
            ask(p, p + (unsigned) i);
            fx.now++;
        }
    }

    for (i = 0; i < 499; i++) {
        p = step();
        CHECK_ROW(p < PROJECTS && taken[p] == 1, "project %u: %d", p,
                  p < PROJECTS ? taken[p] : 0);
    }

    for (i = 0; i < 499; i++) {
        CHECK(step() != PROJECTS);
    }

    CHECK(step() == PROJECTS);
}


static const mz_test_t  tests[] = {
    { "redis-server runs", fx_test_start },
    { "a single run beside a thousand of others", test_one_of_many },
    { "equal shares", test_shares },
    { "newcomers and those who wait", test_newcomers },
    { "more projects than a look sees", test_many_projects }
};

MZ_TEST_MAIN(tests)
