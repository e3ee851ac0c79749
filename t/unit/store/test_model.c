
/*
 * Random operations on a real Redis beside a model of the run's life in a
 * page of C: after each, both must say the same.  Every pair of operation
 * and outcome must have come up.  MZ_TEST_SEED sets another seed.
 */

#include "store/fixture.h"


#define OPS_N        6000
#define RUNS_MAX     4000
#define RECENT       10             /* operations choose among these */
#define CONVS        4
#define PROMPTS      3

typedef struct {
    mz_id_t           id;
    size_t            conv;
    size_t            prompt;
    mz_run_status_t   status;
    int64_t           attempt;
    int64_t           max;
    int64_t           seq;
    int64_t           lease;        /* while running */
    int64_t           due;          /* score in leases; 0: not there */
    bool              has_job;
    size_t            artifacts;    /* of the current attempt */
} run_t;

typedef struct {
    mz_id_t           id;
    bool              exists;
    size_t            active;       /* run + 1; 0: free */
    size_t            last;
} conv_t;

typedef enum {
    OP_NEW,
    OP_SUBMIT,
    OP_TAKE_OVER,
    OP_CLAIM,
    OP_RENEW,
    OP_EVENT,
    OP_ARTIFACT,
    OP_COMPLETE,
    OP_FAIL,
    OP_HANDBACK,
    OP_CANCEL,
    OP_SWEEP,
    OP_LOSE_JOB,
    OP_WAIT,
    OPS
} op_t;

/* Outcomes of submit share the columns with those of a worker. */

#define OUTCOMES  8
#define BIT(x)    (1u << (x))

static const struct {
    const char  *name;
    unsigned     must;              /* outcomes that have to come up */
} ops[OPS] = {
    [OP_NEW]       = { "new", BIT(MZ_SUBMIT_RUNNING)
                              | BIT(MZ_SUBMIT_ATTACHED) },
    [OP_SUBMIT]    = { "submit", BIT(MZ_SUBMIT_RUNNING)
                              | BIT(MZ_SUBMIT_ATTACHED) | BIT(MZ_SUBMIT_BUSY)
                              | BIT(MZ_SUBMIT_NO_CONVERSATION) },
    [OP_TAKE_OVER] = { "take over", BIT(MZ_SUBMIT_RUNNING)
                              | BIT(MZ_SUBMIT_NO_CONVERSATION) },
    [OP_CLAIM]     = { "claim", BIT(MZ_WORKER_CLAIMED) | BIT(MZ_WORKER_LEASED)
                              | BIT(MZ_WORKER_TERMINAL) },
    [OP_RENEW]     = { "renew", BIT(MZ_WORKER_OK) | BIT(MZ_WORKER_TERMINAL)
                              | BIT(MZ_WORKER_SUPERSEDED) },
    [OP_EVENT]     = { "event", BIT(MZ_WORKER_OK) | BIT(MZ_WORKER_TERMINAL)
                              | BIT(MZ_WORKER_SUPERSEDED) },
    [OP_ARTIFACT]  = { "artifact", BIT(MZ_WORKER_OK) | BIT(MZ_WORKER_TERMINAL)
                              | BIT(MZ_WORKER_SUPERSEDED) },
    [OP_COMPLETE]  = { "complete", BIT(MZ_WORKER_OK) | BIT(MZ_WORKER_TERMINAL)
                              | BIT(MZ_WORKER_SUPERSEDED) },
    [OP_FAIL]      = { "fail", BIT(MZ_WORKER_OK) | BIT(MZ_WORKER_TERMINAL)
                              | BIT(MZ_WORKER_SUPERSEDED) },
    [OP_HANDBACK]  = { "handback", BIT(MZ_WORKER_OK) | BIT(MZ_WORKER_TERMINAL)
                              | BIT(MZ_WORKER_SUPERSEDED) },
    [OP_CANCEL]    = { "cancel", BIT(MZ_WORKER_OK)
                              | BIT(MZ_WORKER_TERMINAL) },
    [OP_SWEEP]     = { "sweep", BIT(0) },
    [OP_LOSE_JOB]  = { "lose job", BIT(0) },
    [OP_WAIT]      = { "wait", BIT(0) }
};

static run_t     runs[RUNS_MAX];
static conv_t    convs[RUNS_MAX];
static size_t    nruns, nconvs, listed, lost_n;
static size_t    asked[PROMPTS];    /* newest run without conversation + 1 */
static size_t    seen[OPS][OUTCOMES];
static uint64_t  seed;

static const char *const  prompts[PROMPTS] = { "a?", "b?", "c?" };


static unsigned
roll(unsigned n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;

    return (unsigned) ((seed >> 11) % n);
}


static bool
is_over(const run_t *run)
{
    return run->status >= MZ_RUN_COMPLETED;
}


/* --- the model --- */

static void
model_end(run_t *run, mz_run_status_t status)
{
    size_t  i;

    i = (size_t) (run - runs);
    run->status = status;
    run->seq++;
    run->lease = 0;
    run->due = 0;
    run->has_job = false;

    if (convs[run->conv].active == i + 1) {
        convs[run->conv].active = 0;
    }
}


static void
model_queue(run_t *run)
{
    run->status = MZ_RUN_QUEUED;
    run->seq++;
    run->lease = 0;
    run->due = fx.now + FX_LEASE;
    run->has_job = true;
}


static void
model_submit(const mz_id_t *id, size_t conv, size_t prompt)
{
    run_t  *run;

    run = &runs[nruns++];
    memset(run, 0, sizeof(run_t));
    run->id = *id;
    run->conv = conv;
    run->prompt = prompt;
    run->max = MZ_RUN_MAX_ATTEMPTS;
    model_queue(run);
    convs[conv].active = nruns;
    convs[conv].last = nruns;
}


static mz_worker_outcome_t
model_claim(run_t *run)
{
    if (is_over(run)) {
        return MZ_WORKER_TERMINAL;
    }

    if (run->status == MZ_RUN_RUNNING
        && (run->lease > fx.now || run->attempt >= run->max))
    {
        return MZ_WORKER_LEASED;
    }

    listed -= run->artifacts;
    run->artifacts = 0;
    run->status = MZ_RUN_RUNNING;
    run->attempt++;
    run->seq++;
    run->lease = run->due = fx.now + FX_LEASE;
    run->has_job = false;

    return MZ_WORKER_CLAIMED;
}


static mz_worker_outcome_t
model_write(run_t *run, op_t op, int64_t attempt)
{
    if (is_over(run)) {
        return MZ_WORKER_TERMINAL;
    }

    if (op == OP_CANCEL) {
        model_end(run, MZ_RUN_CANCELLED);
        return MZ_WORKER_OK;
    }

    if (run->status != MZ_RUN_RUNNING || run->attempt != attempt) {
        return MZ_WORKER_SUPERSEDED;
    }

    switch (op) {

    case OP_RENEW:
        run->lease = run->due = fx.now + FX_LEASE;
        break;

    case OP_EVENT:
        run->seq++;
        break;

    case OP_ARTIFACT:
        run->seq++;
        run->artifacts++;
        listed++;
        break;

    case OP_COMPLETE:
        run->seq++;
        model_end(run, MZ_RUN_COMPLETED);
        break;

    case OP_FAIL:
        model_end(run, MZ_RUN_FAILED);
        break;

    default:
        run->max++;
        model_queue(run);
        break;
    }

    return MZ_WORKER_OK;
}


static mz_swept_t
model_sweep(void)
{
    size_t      i;
    run_t      *run;
    mz_swept_t  out;

    memset(&out, 0, sizeof(out));

    for (i = 0; i < nruns; i++) {
        run = &runs[i];

        if (run->due == 0 || run->due > fx.now) {
            continue;
        }

        if (run->status == MZ_RUN_QUEUED) {
            out.requeued += !run->has_job;
            run->has_job = true;
            run->due = fx.now + FX_LEASE;

        } else if (run->attempt < run->max) {
            model_queue(run);
            out.requeued++;

        } else {
            model_end(run, MZ_RUN_LOST);
            out.lost++;
            lost_n++;
        }
    }

    return out;
}


/* --- both at once --- */

static void
note(op_t op, unsigned outcome)
{
    seen[op][outcome]++;
}


static void
check_run(const run_t *run, op_t op, size_t step)
{
    char              member[128];
    int64_t           due, events;
    mz_run_t          r;

    CHECK(fx_get(&run->id, &r) == MZ_OK);
    CHECK_ROW(r.status == run->status, "step %zu, %s: is %s, must be %s",
              step, ops[op].name, mz_run_status_name(r.status),
              mz_run_status_name(run->status));
    CHECK_ROW(r.attempt == run->attempt && r.max_attempts == run->max
              && r.seq == run->seq && r.lease_ms == run->lease,
              "step %zu, %s: attempt %lld of %lld, seq %lld, must be %lld "
              "of %lld, %lld", step, ops[op].name, (long long) r.attempt,
              (long long) r.max_attempts, (long long) r.seq,
              (long long) run->attempt, (long long) run->max,
              (long long) run->seq);
    CHECK_ROW((mz_reply_field(fx.last, "job").len != 0)
              == (run->has_job || (run->status == MZ_RUN_QUEUED)),
              "step %zu, %s", step, ops[op].name);

    snprintf(member, sizeof(member), "%s:%s", fx_scope_text, run->id.s);
    fx_do("ZSCORE", fx_key(MZ_KEY_LEASES, ""), member, NULL, NULL);
    due = mz_reply_int(fx.last, 0);
    CHECK_ROW(due == run->due, "step %zu, %s: %lld, must be %lld", step,
              ops[op].name, (long long) due, (long long) run->due);

    events = fx_do("XLEN", fx_key(MZ_KEY_EVENTS, run->id.s), NULL, NULL,
                   NULL)->integer;
    CHECK_ROW(events == run->seq, "step %zu, %s", step, ops[op].name);
}


static void
check_conv(const conv_t *conv, op_t op, size_t step)
{
    mz_conv_t   c;
    const char  *active;

    active = conv->active ? runs[conv->active - 1].id.s : "";
    CHECK(fx_conv(&conv->id, &c) == MZ_OK);
    CHECK_ROW(strcmp(c.active.s, active) == 0, "step %zu, %s: lock %s, must "
              "be %s", step, ops[op].name, c.active.s, active);
    CHECK_ROW(strcmp(c.last_run.s, runs[conv->last - 1].id.s) == 0,
              "step %zu, %s", step, ops[op].name);
}


static void
check_sums(size_t step)
{
    size_t   i;
    int64_t  jobs, leases;

    jobs = leases = 0;

    for (i = 0; i < nruns; i++) {
        jobs += runs[i].has_job;
        leases += runs[i].due != 0;
    }

    CHECK_ROW(fx_do("XLEN", fx_key(MZ_KEY_JOBS, ""), NULL, NULL, NULL)
              ->integer == jobs, "step %zu", step);
    CHECK_ROW(fx_do("ZCARD", fx_key(MZ_KEY_LEASES, ""), NULL, NULL, NULL)
              ->integer == leases, "step %zu", step);
    CHECK_ROW(fx_do("ZCARD", fx_key(MZ_KEY_ARTIFACTS, ""), NULL, NULL, NULL)
              ->integer == (int64_t) listed, "step %zu", step);
}


static void
do_new(size_t step)
{
    size_t             p, found;
    mz_submit_args_t   args;
    mz_submit_reply_t  out;

    p = roll(PROMPTS);
    args = fx_args(NULL, prompts[p]);
    args.cancel_running = roll(2);
    out = fx_submit(&args);
    note(OP_NEW, out.outcome);
    found = asked[p];

    if (found && !is_over(&runs[found - 1])) {
        CHECK_ROW(out.outcome == MZ_SUBMIT_ATTACHED, "step %zu", step);
        CHECK(strcmp(out.run.s, runs[found - 1].id.s) == 0);
        return;
    }

    CHECK_ROW(out.outcome == MZ_SUBMIT_RUNNING, "step %zu", step);
    convs[nconvs] = (conv_t) { .id = args.conv, .exists = true };
    model_submit(&args.run, nconvs++, p);
    asked[p] = nruns;
    check_run(&runs[nruns - 1], OP_NEW, step);
}


static void
do_submit(op_t op, size_t step)
{
    size_t             ci, p;
    run_t             *holder;
    mz_id_t            unknown;
    mz_submit_args_t   args;
    mz_submit_reply_t  out;

    p = roll(PROMPTS);

    if (nconvs == 0 || roll(20) == 0) {
        unknown = fx_id(MZ_ID_CONV);
        args = fx_args(&unknown, prompts[p]);
        args.cancel_running = op == OP_TAKE_OVER;
        out = fx_submit(&args);
        note(op, out.outcome);
        CHECK(out.outcome == MZ_SUBMIT_NO_CONVERSATION);
        return;
    }

    ci = nconvs - 1 - roll(nconvs < CONVS ? (unsigned) nconvs : CONVS);
    args = fx_args(&convs[ci].id, prompts[p]);
    args.cancel_running = op == OP_TAKE_OVER;
    out = fx_submit(&args);
    note(op, out.outcome);
    holder = convs[ci].active ? &runs[convs[ci].active - 1] : NULL;

    if (holder && op == OP_SUBMIT) {
        CHECK_ROW(out.outcome == (holder->prompt == p ? MZ_SUBMIT_ATTACHED
                                                      : MZ_SUBMIT_BUSY),
                  "step %zu", step);
        CHECK(strcmp(out.run.s, holder->id.s) == 0);
        return;
    }

    if (holder) {
        model_end(holder, MZ_RUN_CANCELLED);
        check_run(holder, op, step);
    }

    CHECK_ROW(out.outcome == MZ_SUBMIT_RUNNING, "step %zu", step);
    model_submit(&args.run, ci, p);
    check_run(&runs[nruns - 1], op, step);
    check_conv(&convs[ci], op, step);
}


static mz_worker_outcome_t
real_write(const run_t *run, op_t op, int64_t attempt)
{
    mz_id_t          aid;
    mz_run_status_t  status;

    switch (op) {

    case OP_RENEW:
        return fx_renew(&run->id, attempt).outcome;

    case OP_EVENT:
        return fx_event(&run->id, attempt, "planning").outcome;

    case OP_ARTIFACT:
        aid = fx_id(MZ_ID_ARTIFACT);
        return fx_artifact(&run->id, attempt, &aid, 0).outcome;

    case OP_COMPLETE:
        return fx_finish(&run->id, attempt, MZ_RUN_COMPLETED).outcome;

    case OP_FAIL:
        return fx_finish(&run->id, attempt, MZ_RUN_FAILED).outcome;

    case OP_HANDBACK:
        return fx_handback(&run->id, attempt).outcome;

    default:
        CHECK(fx_cancel(&run->id, &status) == MZ_OK);
        CHECK(status == (is_over(run) ? run->status : MZ_RUN_CANCELLED));
        return is_over(run) ? MZ_WORKER_TERMINAL : MZ_WORKER_OK;
    }
}


static void
do_write(op_t op, size_t step)
{
    run_t                *run;
    int64_t               attempt;
    mz_worker_outcome_t   real, want;

    if (nruns == 0) {
        return;
    }

    run = &runs[nruns - 1 - roll(nruns < RECENT ? (unsigned) nruns : RECENT)];

    if (op == OP_CLAIM) {
        real = fx_claim(&run->id).outcome;
        want = model_claim(run);

    } else {
        attempt = run->attempt;

        if (roll(4) == 0) {
            attempt += roll(2) || attempt == 0 ? 1 : -1;
        }

        real = real_write(run, op, attempt);
        want = model_write(run, op, attempt);
    }

    note(op, real);
    CHECK_ROW(real == want, "step %zu, %s: %d, must be %d", step,
              ops[op].name, real, want);
    check_run(run, op, step);
    check_conv(&convs[run->conv], op, step);
}


static void
do_sweep(size_t step)
{
    mz_swept_t  real, want;

    real = fx_sweep();
    want = model_sweep();
    note(OP_SWEEP, 0);
    CHECK_ROW(real.requeued == want.requeued && real.lost == want.lost
              && real.dropped == 0, "step %zu: %lld %lld %lld, must be %lld "
              "%lld 0", step, (long long) real.requeued,
              (long long) real.lost, (long long) real.dropped,
              (long long) want.requeued, (long long) want.lost);
    check_sums(step);
}


static void
do_lose_job(void)
{
    char      job[64];
    run_t    *run;
    mz_run_t  r;
    mz_str_t  s;

    if (nruns == 0) {
        return;
    }

    run = &runs[nruns - 1 - roll(nruns < RECENT ? (unsigned) nruns : RECENT)];

    if (run->has_job) {
        CHECK(fx_get(&run->id, &r) == MZ_OK);
        s = mz_reply_field(fx.last, "job");
        snprintf(job, sizeof(job), "%.*s", (int) s.len, s.data);
        fx_do("XDEL", fx_key(MZ_KEY_JOBS, ""), job, NULL, NULL);
        CHECK(fx.last->integer == 1);
        run->has_job = false;
        note(OP_LOSE_JOB, 0);
    }
}


static void
step_once(size_t step)
{
    op_t  op;

    op = (op_t) roll(OPS);

    switch (op) {

    case OP_NEW:
        do_new(step);
        break;

    case OP_SUBMIT:
    case OP_TAKE_OVER:
        do_submit(op, step);
        break;

    case OP_SWEEP:
        do_sweep(step);
        break;

    case OP_LOSE_JOB:
        do_lose_job();
        break;

    case OP_WAIT:
        fx.now += roll(FX_LEASE + 1);
        note(op, 0);
        break;

    default:
        /* Claims twice as often, or nothing would run. */
        do_write(op != OP_CLAIM && roll(6) == 0 ? OP_CLAIM : op, step);
        break;
    }
}


static void
test_start(void)
{
    const char  *s;

    s = getenv("MZ_TEST_SEED");
    seed = s ? strtoull(s, NULL, 10) : 20261122;
    seed = seed ? seed : 1;
    printf("# MZ_TEST_SEED=%llu\n", (unsigned long long) seed);

    fx_start();
    fx_load();
    fx_reset();
}


static void
test_random(void)
{
    size_t  i;

    for (i = 0; i < OPS_N && mz_test_failures == 0; i++) {
        step_once(i);
    }

    for (i = 0; i < nruns && mz_test_failures == 0; i++) {
        check_run(&runs[i], OP_WAIT, OPS_N);
        check_conv(&convs[runs[i].conv], OP_WAIT, OPS_N);
    }
}


static void
test_coverage(void)
{
    unsigned  op, outcome;

    for (op = 0; op < OPS; op++) {
        for (outcome = 0; outcome < OUTCOMES; outcome++) {
            CHECK_ROW(!(ops[op].must & BIT(outcome)) || seen[op][outcome],
                      "%s never came to outcome %u", ops[op].name, outcome);
            CHECK_ROW(ops[op].must & BIT(outcome) || !seen[op][outcome],
                      "%s came to outcome %u", ops[op].name, outcome);
        }
    }

    CHECK(lost_n > 0);
}


/* When all is over nothing is left, and each run has come to one end. */
static void
test_drain(void)
{
    char    phases[8192];
    size_t  i;

    for (i = 0; i < nruns; i++) {
        fx.now += FX_LEASE;
        do_sweep(OPS_N);

        if (!is_over(&runs[i])) {
            CHECK(fx_claim(&runs[i].id).outcome == model_claim(&runs[i]));
            CHECK(real_write(&runs[i], OP_COMPLETE, runs[i].attempt)
                  == model_write(&runs[i], OP_COMPLETE, runs[i].attempt));
        }
    }

    check_sums(OPS_N);
    CHECK(fx_do("XLEN", fx_key(MZ_KEY_JOBS, ""), NULL, NULL, NULL)->integer
          == 0);
    CHECK(fx_do("XLEN", fx_key(MZ_KEY_DEAD, ""), NULL, NULL, NULL)->integer
          == (int64_t) lost_n);

    for (i = 0; i < nruns; i++) {
        check_run(&runs[i], OP_WAIT, OPS_N);
        fx_events(&runs[i].id, phases, sizeof(phases));
        CHECK(is_over(&runs[i]));
        CHECK(mz_str_has_suffix(mz_str_from(phases), mz_str_from(
                                mz_run_status_name(runs[i].status))));
    }

    for (i = 0; i < nconvs; i++) {
        CHECK(convs[i].active == 0);
        check_conv(&convs[i], OP_WAIT, OPS_N);
    }
}


static const mz_test_t  tests[] = {
    { "redis-server runs", test_start },
    { "random operations agree with the model", test_random },
    { "every operation came to every outcome", test_coverage },
    { "nothing is left in the end", test_drain }
};

MZ_TEST_MAIN(tests)
