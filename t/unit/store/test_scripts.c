
/*
 * The scripts against a real redis-server: who may do what in which state
 * (the matrix), that a refused write writes nothing, and a whole life.
 */

#include "store/states.h"


typedef struct {
    mz_worker_outcome_t  outcome;
    mz_run_status_t      status;    /* after */
} expect_t;

#define GONE(op)     { MZ_WORKER_GONE, 0 }
#define DONE(s)      { MZ_WORKER_OK, s }
#define CLAIMED      { MZ_WORKER_CLAIMED, MZ_RUN_RUNNING }
#define LEASED       { MZ_WORKER_LEASED, MZ_RUN_RUNNING }
#define SUPER(s)     { MZ_WORKER_SUPERSEDED, s }
#define TERM(s)      { MZ_WORKER_TERMINAL, s }

#define Q   MZ_RUN_QUEUED
#define R   MZ_RUN_RUNNING
#define C   MZ_RUN_COMPLETED
#define F   MZ_RUN_FAILED
#define X   MZ_RUN_CANCELLED

/* renew event chunk artifact complete fail handback; then of the attempt
 * before; then cancel */

#define ALL(e)       e, e, e, e, e, e, e
#define OLD(e)       e, e, e, e, e, e
#define HOLDS        DONE(R), DONE(R), DONE(R), DONE(R), DONE(C), DONE(F),    \
                     DONE(Q)
#define ROW(claim, now, before, cancel)  { claim, now, before, cancel }

static const expect_t  matrix[STATES][OPS] = {
    [ST_GONE]      = ROW(GONE(), ALL(GONE()), OLD(GONE()), GONE()),
    [ST_QUEUED]    = ROW(CLAIMED, ALL(SUPER(Q)), OLD(SUPER(Q)), DONE(X)),
    [ST_REQUEUED]  = ROW(CLAIMED, ALL(SUPER(Q)), OLD(SUPER(Q)), DONE(X)),
    [ST_RUNNING]   = ROW(LEASED, HOLDS, OLD(SUPER(R)), DONE(X)),
    [ST_EXPIRED]   = ROW(CLAIMED, HOLDS, OLD(SUPER(R)), DONE(X)),
    [ST_SECOND]    = ROW(LEASED, HOLDS, OLD(SUPER(R)), DONE(X)),
    [ST_EXHAUSTED] = ROW(LEASED, HOLDS, OLD(SUPER(R)), DONE(X)),
    [ST_COMPLETED] = ROW(TERM(C), ALL(TERM(C)), OLD(TERM(C)), TERM(C)),
    [ST_FAILED]    = ROW(TERM(F), ALL(TERM(F)), OLD(TERM(F)), TERM(F)),
    [ST_CANCELLED] = ROW(TERM(X), ALL(TERM(X)), OLD(TERM(X)), TERM(X)),
    [ST_LOST]      = ROW(TERM(MZ_RUN_LOST), ALL(TERM(MZ_RUN_LOST)),
                         OLD(TERM(MZ_RUN_LOST)), TERM(MZ_RUN_LOST))
};


static void
check_cell(state_t st, op_t op)
{
    char                before[MZ_SHA256_HEX_LEN + 1];
    char                after[MZ_SHA256_HEX_LEN + 1];
    bool                is_write;
    int64_t             attempt;
    mz_id_t             aid;
    mz_run_t            run;
    const expect_t     *e;
    mz_submit_args_t    args;
    mz_worker_reply_t   out;

    e = &matrix[st][op];
    args = make_state(st);
    aid = fx_id(MZ_ID_ARTIFACT);
    attempt = state_infos[st].attempt;
    attempt = op >= OP_OLD_RENEW && attempt > 0 ? attempt - 1 : attempt;
    attempt = op >= OP_OLD_RENEW && st == ST_QUEUED ? 7 : attempt;

    fx_snapshot(before);
    out = do_op(op, &args.run, attempt,
                mz_run_status_is_terminal(state_infos[st].status), &aid);
    CHECK_ROW(out.outcome == e->outcome, "%s, op %d: %d",
              state_infos[st].name, op, out.outcome);

    if (e->outcome == MZ_WORKER_TERMINAL) {
        CHECK_ROW(out.status == e->status, "%s, op %d",
                  state_infos[st].name, op);
    }

    if (e->outcome == MZ_WORKER_SUPERSEDED) {
        CHECK_ROW(out.attempt == state_infos[st].attempt, "%s, op %d",
                  state_infos[st].name, op);
    }

    fx_snapshot(after);
    is_write = e->outcome == MZ_WORKER_OK || e->outcome == MZ_WORKER_CLAIMED;
    is_write = is_write && !(st == ST_RUNNING && op == OP_RENEW);
    is_write = is_write && !(st == ST_SECOND && op == OP_RENEW);
    CHECK_ROW((strcmp(before, after) != 0) == is_write, "%s, op %d",
              state_infos[st].name, op);

    if (st != ST_GONE) {
        CHECK(fx_get(&args.run, &run) == MZ_OK);
        CHECK_ROW(run.status == e->status, "%s, op %d: %s",
                  state_infos[st].name, op, mz_run_status_name(run.status));
    }
}


static void
test_matrix(void)
{
    int  st, op;

    for (st = 0; st < STATES; st++) {
        for (op = 0; op < OPS; op++) {
            check_cell((state_t) st, (op_t) op);
        }
    }
}


static void
test_life(void)
{
    char                phases[256];
    size_t              n;
    mz_run_t            run;
    mz_conv_t           conv;
    mz_run_event_t      ev;
    mz_conv_turn_t      turn;
    mz_submit_args_t    args;
    mz_worker_reply_t   out;

    fx_reset();
    args = fx_args(NULL, "  How \"many\" users? \xc3\xa9\n");
    CHECK(fx_submit(&args).outcome == MZ_SUBMIT_RUNNING);

    CHECK(fx_get(&args.run, &run) == MZ_OK);
    CHECK(run.status == MZ_RUN_QUEUED && run.attempt == 0);
    CHECK(run.max_attempts == MZ_RUN_MAX_ATTEMPTS && run.seq == 1);
    CHECK(run.created_ms == FX_T0 && run.started_ms == 0);
    CHECK(run.lease_ms == 0 && run.finished_ms == 0 && !run.is_cancelled);
    CHECK(run.retention_s == FX_RETENTION && run.worker.data == NULL);
    CHECK(strcmp(run.conv.s, args.conv.s) == 0);
    CHECK_STR(run.prompt, "How \"many\" users? \xc3\xa9");

    CHECK(fx_conv(&args.conv, &conv) == MZ_OK);
    CHECK_STR(conv.title, "A title");
    CHECK(conv.created_ms == FX_T0 && conv.turns == 1);
    CHECK(strcmp(conv.active.s, args.run.s) == 0);

    fx.now += 10;
    out = fx_claim(&args.run);
    CHECK(out.outcome == MZ_WORKER_CLAIMED && out.attempt == 1);
    CHECK(strcmp(out.conv.s, args.conv.s) == 0);
    CHECK_STR(out.prompt, "How \"many\" users? \xc3\xa9");
    CHECK_STR(out.trace, "00-11-22-01");

    CHECK(fx_get(&args.run, &run) == MZ_OK);
    CHECK(run.lease_ms == fx.now + FX_LEASE && run.started_ms == fx.now);
    CHECK_STR(run.worker, "w1");
    CHECK_STR(run.phase, "started");

    CHECK(fx_event(&args.run, 1, "planning").seq == 3);
    fx.now += 500;
    CHECK(fx_renew(&args.run, 1).outcome == MZ_WORKER_OK);
    CHECK(fx_get(&args.run, &run) == MZ_OK);
    CHECK(run.lease_ms == fx.now + FX_LEASE);

    CHECK(fx_finish(&args.run, 1, MZ_RUN_COMPLETED).outcome == MZ_WORKER_OK);
    CHECK(fx_get(&args.run, &run) == MZ_OK);
    CHECK(run.status == MZ_RUN_COMPLETED && run.finished_ms == fx.now);
    CHECK(run.lease_ms == 0 && run.error.data == NULL);
    CHECK_STR(run.answer, "**12 %**");
    CHECK_STR(run.result, "{\"sql\":\"SELECT 1\"}");

    fx_events(&args.run, phases, sizeof(phases));
    CHECK_STR(mz_str_from(phases),
              "queued started planning answered completed");

    mz_run_events(&fx.cmds, &fx.conf, fx_scope(), &args.run, 2, 2);
    CHECK(mz_run_events_decode(fx_run(), &n, NULL) == MZ_OK && n == 2);
    CHECK(mz_run_event_decode(fx.last, 0, &ev, NULL) == MZ_OK);
    CHECK(ev.seq == 3 && ev.attempt == 1 && ev.at_ms == FX_T0 + 10);
    CHECK_STR(ev.type, "progress");
    CHECK_STR(ev.text, "Some text");

    mz_conv_turns(&fx.cmds, &fx.conf, fx_scope(), &args.conv, 10);
    CHECK(mz_conv_turns_decode(fx_run(), &n, NULL) == MZ_OK && n == 2);
    CHECK(mz_conv_turn_decode(fx.last, 0, &turn, NULL) == MZ_OK);
    CHECK(turn.role == MZ_CONV_ASSISTANT && turn.at_ms == fx.now);
    CHECK_STR(turn.text, "**12 %**");
    CHECK_STR(turn.spec, "{\"kind\":\"funnel\",\"steps\":[]}");
    CHECK(mz_conv_turn_decode(fx.last, 1, &turn, NULL) == MZ_OK);
    CHECK(turn.role == MZ_CONV_USER && turn.spec.data == NULL);
    CHECK(strcmp(turn.run.s, args.run.s) == 0);

    CHECK(fx_conv(&args.conv, &conv) == MZ_OK);
    CHECK(conv.active.s[0] == '\0' && conv.turns == 2);
    CHECK(conv.updated_ms == fx.now);
    CHECK(strcmp(conv.last_run.s, args.run.s) == 0);

    CHECK(fx_do("ZCARD", fx_key(MZ_KEY_LEASES, ""), NULL, NULL, NULL)
          ->integer == 0);
    CHECK(fx_do("XLEN", fx_key(MZ_KEY_JOBS, ""), NULL, NULL, NULL)
          ->integer == 0);
}


static void
test_ends(void)
{
    static const struct {
        state_t      state;
        const char  *phases;
        const char  *error;
    } rows[] = {
        { ST_FAILED, "queued started failed",
          "{\"code\":\"x\",\"message\":\"y\"}" },
        { ST_CANCELLED, "queued started cancelled",
          "{\"code\":\"cancelled\",\"message\":"
          "\"no \\\"longer\\\" wanted\"}" },
        { ST_LOST, "queued started started lost",
          "{\"code\":\"lost\",\"message\":\"The worker went away in attempt "
          "2 of 2. Ask again to start over.\"}" }
    };

    char              phases[128], data[64];
    size_t            i, n;
    mz_run_t          run;
    mz_conv_t         conv;
    mz_run_event_t    ev;
    mz_submit_args_t  args;

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        args = make_state(rows[i].state);

        fx_events(&args.run, phases, sizeof(phases));
        CHECK_STR(mz_str_from(phases), rows[i].phases);

        mz_run_events(&fx.cmds, &fx.conf, fx_scope(), &args.run, 0, 10);
        CHECK(mz_run_events_decode(fx_run(), &n, NULL) == MZ_OK && n > 0);
        CHECK(mz_run_event_decode(fx.last, n - 1, &ev, NULL) == MZ_OK);
        CHECK_STR(ev.type, "end");
        snprintf(data, sizeof(data), "{\"status\":\"%s\"}",
                 state_infos[rows[i].state].name);
        CHECK_STR(ev.data, data);

        CHECK(fx_get(&args.run, &run) == MZ_OK);
        CHECK_STR(run.error, rows[i].error);
        CHECK(run.is_cancelled == (rows[i].state == ST_CANCELLED));
        CHECK(run.finished_ms == fx.now && run.lease_ms == 0);
        CHECK(run.answer.data == NULL && run.result.data == NULL);

        CHECK(fx_conv(&args.conv, &conv) == MZ_OK);
        CHECK_ROW(conv.active.s[0] == '\0', "the lock is kept: %zu", i);
        CHECK(conv.turns == 1);

        CHECK(fx_do("ZCARD", fx_key(MZ_KEY_LEASES, ""), NULL, NULL, NULL)
              ->integer == 0);
        CHECK(fx_do("XLEN", fx_key(MZ_KEY_DEAD, ""), NULL, NULL, NULL)
              ->integer == (rows[i].state == ST_LOST));
    }
}


/* Full memory: nothing half-written, and the reader is told to come back. */
static void
test_out_of_memory(void)
{
    char               before[MZ_SHA256_HEX_LEN + 1];
    char               after[MZ_SHA256_HEX_LEN + 1];
    mz_submit_args_t   args, again;
    mz_submit_reply_t  out;
    mz_worker_reply_t  reply;

    args = make_state(ST_RUNNING);
    again = fx_args(&args.conv, "And now?");
    again.cancel_running = true;
    fx_do("CONFIG", "SET", "maxmemory", "1", NULL);
    fx_snapshot(before);

    mz_run_submit(&fx.cmds, &fx.conf, fx_scope(), &again);
    CHECK(mz_run_submit_decode(fx_run(), &out, NULL) == MZ_UNAVAILABLE);
    mz_worker_event(&fx.cmds, &fx.conf,
                    &(mz_attempt_t) { .scope = fx_scope(),
                    .run = args.run, .attempt = 1 }, fx.now,
                    mz_str("p"), mz_str("t"), mz_str(""));
    CHECK(mz_worker_decode(fx_run(), &reply, NULL) == MZ_UNAVAILABLE);

    fx_snapshot(after);
    CHECK(strcmp(before, after) == 0);
    fx_do("CONFIG", "SET", "maxmemory", "0", NULL);
    CHECK(fx_submit(&again).outcome == MZ_SUBMIT_RUNNING);
}


static void
test_event_again(void)
{
    mz_submit_args_t  args;

    args = make_state(ST_RUNNING);
    CHECK(fx_event(&args.run, 1, "querying").seq == 3);
    CHECK(fx_event(&args.run, 1, "querying").seq == 3);
    CHECK(fx_event(&args.run, 1, "writing").seq == 4);
    CHECK(fx_event(&args.run, 1, "querying").seq == 5);
}


static void
test_clock(void)
{
    int64_t           now;
    mz_run_t          run;
    mz_submit_args_t  args;

    fx_reset();
    args = fx_args(NULL, "q");
    args.now_ms = 0;
    (void) fx_submit(&args);
    fx_do("TIME", NULL, NULL, NULL, NULL);
    now = mz_reply_int(mz_reply_at(fx.last, 0), 0) * 1000;
    CHECK(fx_get(&args.run, &run) == MZ_OK);
    CHECK(run.created_ms > now - 60000 && run.created_ms < now + 60000);
}


static void
test_noscript(void)
{
    mz_submit_args_t  args;

    fx_reset();
    args = fx_args(NULL, "q");
    fx_do("SCRIPT", "FLUSH", NULL, NULL, NULL);
    mz_run_submit(&fx.cmds, &fx.conf, fx_scope(), &args);
    CHECK(mz_reply_is_noscript(fx_run()));
    CHECK(!mz_reply_is_unavailable(fx.last));
    fx_load();
    CHECK(fx_submit(&args).outcome == MZ_SUBMIT_RUNNING);
}


/* Another user's ids mean nothing under one's own scope. */
static void
test_scope(void)
{
    char               before[MZ_SHA256_HEX_LEN + 1];
    char               after[MZ_SHA256_HEX_LEN + 1];
    mz_str_t           other;
    mz_run_t           run;
    mz_run_status_t    status;
    mz_submit_args_t   args, again;
    mz_submit_reply_t  out;

    other = mz_str("0000000f0123456789abcdef01234567");
    args = make_state(ST_RUNNING);
    fx_snapshot(before);

    mz_run_get(&fx.cmds, &fx.conf, other, &args.run);
    CHECK(mz_run_decode(fx_run(), &run, NULL) == MZ_NOT_FOUND);
    mz_run_cancel(&fx.cmds, &fx.conf, other, &args.run, fx.now, mz_str("x"));
    CHECK(mz_run_cancel_decode(fx_run(), &status, NULL) == MZ_NOT_FOUND);
    again = fx_args(&args.conv, "Mine?");
    mz_run_submit(&fx.cmds, &fx.conf, other, &again);
    CHECK(mz_run_submit_decode(fx_run(), &out, NULL) == MZ_OK);
    CHECK(out.outcome == MZ_SUBMIT_NO_CONVERSATION);

    fx_snapshot(after);
    CHECK(strcmp(before, after) == 0);
}


static const mz_test_t  tests[] = {
    { "redis-server runs", fx_test_start },
    { "an event that is sent again", test_event_again },
    { "state matrix: outcome, status, and no write when refused", test_matrix },
    { "a life from submit to answer", test_life },
    { "failed, cancelled, lost: end event, error, lock", test_ends },
    { "memory is full", test_out_of_memory },
    { "now 0 is the clock of Redis", test_clock },
    { "NOSCRIPT", test_noscript },
    { "scopes are apart", test_scope }
};

MZ_TEST_MAIN(tests)
