
/*
 * The index of runs against a real redis-server: what submit puts there,
 * pages of it, and what a list shows of a run.
 */

#include "store/states.h"
#include "store/runs.h"


#define RUNS  7

static mz_id_t  ids[RUNS];


/* Runs 0 and 1, then 2 and 3, .. are of one millisecond each. */
static void
make_runs(void)
{
    size_t             i;
    mz_submit_args_t   args;

    fx_reset();

    for (i = 0; i < RUNS; i++) {
        fx.now = FX_T0 + (int64_t) (i / 2) * 10;
        args = fx_args(NULL, "q");
        args.attach_s = 0;
        CHECK(fx_submit(&args).outcome == MZ_SUBMIT_RUNNING);
        ids[i] = args.run;
    }
}


static size_t
page(int64_t from_ms, int64_t skip, int64_t count)
{
    size_t    n;
    mz_err_t  err;

    mz_runs_page(&fx.cmds, &fx.conf, fx_scope(), from_ms, skip, count);
    CHECK(mz_runs_decode(fx_run(), &n, &err) == MZ_OK);

    return n;
}


static void
test_page(void)
{
    size_t    i, n;
    mz_id_t   run;
    int64_t   at;
    mz_err_t  err;

    fx_reset();
    CHECK(page(INT64_MAX, 0, 10) == 0);

    make_runs();

    n = page(INT64_MAX, 0, 10);
    CHECK(n == RUNS);

    for (i = 0; i < n; i++) {
        CHECK(mz_runs_at(fx.last, i, &run, &at, &err) == MZ_OK);
        CHECK_ROW(at == FX_T0 + (int64_t) ((RUNS - 1 - i) / 2) * 10,
                  "%zu: %lld", i, (long long) at);
    }

    CHECK(mz_runs_at(fx.last, n, &run, &at, &err) == MZ_INTERNAL);

    /* Of two in one millisecond, one was seen. */

    n = page(FX_T0 + 20, 1, 2);
    CHECK(n == 2);
    CHECK(mz_runs_at(fx.last, 0, &run, &at, &err) == MZ_OK);
    CHECK(at == FX_T0 + 20);
    CHECK(mz_runs_at(fx.last, 1, &run, &at, &err) == MZ_OK);
    CHECK(at == FX_T0 + 10);

    /* A run that was sent twice is there once. */

    CHECK(page(FX_T0, 0, 10) == 2);
}


static void
test_head(void)
{
    size_t                i;
    mz_id_t               gone;
    mz_run_t              run;
    mz_err_t              err;
    mz_submit_args_t      args;
    static const state_t  states[] = { ST_QUEUED, ST_RUNNING, ST_COMPLETED,
                                       ST_FAILED, ST_CANCELLED, ST_LOST };

    for (i = 0; i < MZ_ARRAY_LEN(states); i++) {
        args = make_state(states[i]);
        mz_run_head(&fx.cmds, &fx.conf, fx_scope(), &args.run);
        CHECK(mz_run_head_decode(fx_run(), &run, &err) == MZ_OK);
        CHECK_ROW(run.status == state_infos[states[i]].status, "%s",
                  state_infos[states[i]].name);
        CHECK_STR(mz_str_from(run.conv.s), args.conv.s);
        CHECK(run.created_ms >= FX_T0 && run.updated_ms >= run.created_ms);
        CHECK(run.retention_s == FX_RETENTION && run.seq > 0);
        CHECK(run.phase.len != 0 && run.prompt.data == NULL);
        CHECK_ROW((run.error.len != 0) == (run.status > MZ_RUN_COMPLETED),
                  "%s", state_infos[states[i]].name);
    }

    gone = fx_id(MZ_ID_RUN);
    mz_run_head(&fx.cmds, &fx.conf, fx_scope(), &gone);
    CHECK(mz_run_head_decode(fx_run(), &run, &err) == MZ_NOT_FOUND);

    CHECK(mz_run_head_decode(fx_do("PING", NULL, NULL, NULL, NULL), &run,
                             &err) == MZ_INTERNAL);
}


static void
test_newest_events(void)
{
    size_t            i, n;
    mz_err_t          err;
    mz_run_event_t    ev;
    mz_submit_args_t  args;

    args = make_state(ST_COMPLETED);
    mz_run_newest_events(&fx.cmds, &fx.conf, fx_scope(), &args.run, 2);
    CHECK(mz_run_events_decode(fx_run(), &n, &err) == MZ_OK);
    CHECK(n == 2);

    for (i = 0; i < n; i++) {
        CHECK(mz_run_event_decode(fx.last, i, &ev, &err) == MZ_OK);
        CHECK_STR(ev.type, i == 0 ? "end" : "answer");
    }
}


static const mz_test_t  tests[] = {
    { "redis-server runs", fx_test_start },
    { "pages of runs", test_page },
    { "the head of a run", test_head },
    { "the newest events", test_newest_events }
};

MZ_TEST_MAIN(tests)
