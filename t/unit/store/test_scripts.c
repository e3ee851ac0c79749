
/*
 * The scripts against a real redis-server: who may do what in which state
 * (the matrix), that a refused write writes nothing, and what each script
 * leaves behind.
 */

#include <regex.h>

#include "store/fixture.h"


/* --- the matrix --- */

typedef enum {
    ST_GONE,
    ST_QUEUED,
    ST_REQUEUED,            /* attempt 1 is over, waiting for 2 */
    ST_RUNNING,             /* attempt 1 */
    ST_EXPIRED,             /* attempt 1 of 2, lease over */
    ST_SECOND,              /* attempt 2 */
    ST_EXHAUSTED,           /* attempt 2 of 2, lease over */
    ST_COMPLETED,
    ST_FAILED,
    ST_CANCELLED,
    ST_LOST,
    STATES
} state_t;

typedef enum {
    OP_CLAIM,
    OP_RENEW,               /* these carry the current attempt, or 1 */
    OP_EVENT,
    OP_CHUNK,
    OP_ARTIFACT,
    OP_COMPLETE,
    OP_FAIL,
    OP_HANDBACK,
    OP_OLD_RENEW,           /* these one less */
    OP_OLD_EVENT,
    OP_OLD_CHUNK,
    OP_OLD_ARTIFACT,
    OP_OLD_COMPLETE,
    OP_OLD_HANDBACK,
    OP_CANCEL,
    OPS
} op_t;

typedef struct {
    const char       *name;
    mz_run_status_t   status;
    int64_t           attempt;
} state_info_t;

static const state_info_t  state_infos[STATES] = {
    [ST_GONE]      = { "gone",      MZ_RUN_LOST,      1 },
    [ST_QUEUED]    = { "queued",    MZ_RUN_QUEUED,    0 },
    [ST_REQUEUED]  = { "requeued",  MZ_RUN_QUEUED,    1 },
    [ST_RUNNING]   = { "running",   MZ_RUN_RUNNING,   1 },
    [ST_EXPIRED]   = { "expired",   MZ_RUN_RUNNING,   1 },
    [ST_SECOND]    = { "second",    MZ_RUN_RUNNING,   2 },
    [ST_EXHAUSTED] = { "exhausted", MZ_RUN_RUNNING,   2 },
    [ST_COMPLETED] = { "completed", MZ_RUN_COMPLETED, 1 },
    [ST_FAILED]    = { "failed",    MZ_RUN_FAILED,    1 },
    [ST_CANCELLED] = { "cancelled", MZ_RUN_CANCELLED, 1 },
    [ST_LOST]      = { "lost",      MZ_RUN_LOST,      2 }
};

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


/* Brings a fresh run into a state. */
static mz_submit_args_t
make_state(state_t st)
{
    mz_run_status_t   status;
    mz_submit_args_t  args;

    fx_reset();
    args = fx_args(NULL, "How many?");

    if (st == ST_GONE) {
        return args;
    }

    CHECK(fx_submit(&args).outcome == MZ_SUBMIT_RUNNING);

    if (st == ST_QUEUED) {
        return args;
    }

    CHECK(fx_claim(&args.run).attempt == 1);

    switch (st) {

    case ST_REQUEUED:
        fx.now += FX_LEASE;
        CHECK(fx_sweep().requeued == 1);
        break;

    case ST_EXPIRED:
        fx.now += FX_LEASE;
        break;

    case ST_SECOND:
    case ST_EXHAUSTED:
    case ST_LOST:
        fx.now += FX_LEASE;
        CHECK(fx_claim(&args.run).attempt == 2);
        fx.now += st == ST_SECOND ? 0 : FX_LEASE;

        if (st == ST_LOST) {
            CHECK(fx_sweep().lost == 1);
        }

        break;

    case ST_COMPLETED:
        (void) fx_finish(&args.run, 1, MZ_RUN_COMPLETED);
        break;

    case ST_FAILED:
        (void) fx_finish(&args.run, 1, MZ_RUN_FAILED);
        break;

    case ST_CANCELLED:
        CHECK(fx_cancel(&args.run, &status) == MZ_OK);
        break;

    default:
        break;
    }

    return args;
}


static mz_worker_reply_t
do_cancel(const mz_id_t *run, bool was_terminal)
{
    mz_rc_t            rc;
    mz_worker_reply_t  out;

    memset(&out, 0, sizeof(out));
    rc = fx_cancel(run, &out.status);
    out.outcome = rc == MZ_NOT_FOUND ? MZ_WORKER_GONE
                : was_terminal ? MZ_WORKER_TERMINAL : MZ_WORKER_OK;

    return out;
}


static mz_worker_reply_t
do_op(op_t op, const mz_id_t *run, int64_t attempt, bool was_terminal,
    const mz_id_t *aid)
{
    switch (op) {

    case OP_CLAIM:
        return fx_claim(run);

    case OP_RENEW:
    case OP_OLD_RENEW:
        return fx_renew(run, attempt);

    case OP_EVENT:
    case OP_OLD_EVENT:
        return fx_event(run, attempt, "planning");

    case OP_CHUNK:
    case OP_OLD_CHUNK:
        return fx_chunk(run, attempt, aid, 0, mz_str("abc"));

    case OP_ARTIFACT:
    case OP_OLD_ARTIFACT:
        return fx_artifact(run, attempt, aid, 0);

    case OP_COMPLETE:
    case OP_OLD_COMPLETE:
        return fx_finish(run, attempt, MZ_RUN_COMPLETED);

    case OP_FAIL:
        return fx_finish(run, attempt, MZ_RUN_FAILED);

    case OP_HANDBACK:
    case OP_OLD_HANDBACK:
        return fx_handback(run, attempt);

    default:
        return do_cancel(run, was_terminal);
    }
}


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


/* --- one life, looked at closely --- */

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


/* --- submit --- */

static void
test_submit_busy_and_attach(void)
{
    char               before[MZ_SHA256_HEX_LEN + 1];
    char               after[MZ_SHA256_HEX_LEN + 1];
    mz_submit_args_t   first, again;
    mz_submit_reply_t  out;

    first = make_state(ST_RUNNING);
    fx_snapshot(before);

    again = fx_args(&first.conv, "Something else");
    out = fx_submit(&again);
    CHECK(out.outcome == MZ_SUBMIT_BUSY);
    CHECK(strcmp(out.run.s, first.run.s) == 0);
    CHECK(strcmp(out.conv.s, first.conv.s) == 0);

    again = fx_args(&first.conv, " How many?\n");
    out = fx_submit(&again);
    CHECK(out.outcome == MZ_SUBMIT_ATTACHED);
    CHECK(strcmp(out.run.s, first.run.s) == 0);

    again = fx_args(NULL, "How many?");
    out = fx_submit(&again);
    CHECK(out.outcome == MZ_SUBMIT_ATTACHED);
    CHECK(strcmp(out.run.s, first.run.s) == 0);
    CHECK(strcmp(out.conv.s, first.conv.s) == 0);

    out = fx_submit(&first);
    CHECK(out.outcome == MZ_SUBMIT_RUNNING);
    CHECK(strcmp(out.run.s, first.run.s) == 0);

    again.conv = fx_id(MZ_ID_CONV);
    again.is_new = false;
    out = fx_submit(&again);
    CHECK(out.outcome == MZ_SUBMIT_NO_CONVERSATION);

    fx_snapshot(after);
    CHECK(strcmp(before, after) == 0);

    /* Neither of these two is the run that is there. */

    again = fx_args(NULL, "How many then?");
    out = fx_submit(&again);
    CHECK(out.outcome == MZ_SUBMIT_RUNNING);
    CHECK(strcmp(out.run.s, again.run.s) == 0);

    again = fx_args(NULL, "How many?");
    again.attach_s = 0;
    out = fx_submit(&again);
    CHECK(out.outcome == MZ_SUBMIT_RUNNING);
    CHECK(strcmp(out.run.s, again.run.s) == 0);
}


static void
test_attach_ends(void)
{
    mz_submit_args_t   first, again;
    mz_submit_reply_t  out;

    first = make_state(ST_COMPLETED);

    again = fx_args(NULL, "How many?");
    out = fx_submit(&again);
    CHECK(out.outcome == MZ_SUBMIT_RUNNING);
    CHECK(strcmp(out.run.s, again.run.s) == 0);

    again = fx_args(&first.conv, "How many?");
    out = fx_submit(&again);
    CHECK(out.outcome == MZ_SUBMIT_RUNNING);
    CHECK(strcmp(out.run.s, again.run.s) == 0);
    CHECK(strcmp(out.conv.s, first.conv.s) == 0);

    /* The window itself is the life of a key. */

    make_state(ST_QUEUED);
    fx_do("KEYS", "*:attach:*", NULL, NULL, NULL);
    CHECK(fx.last->elements == 1);
}


static void
test_take_over(void)
{
    char               phases[128];
    mz_run_t           run;
    mz_conv_t          conv;
    mz_submit_args_t   first, again;
    mz_submit_reply_t  out;
    static state_t     states[] = { ST_QUEUED, ST_RUNNING, ST_EXPIRED,
                                    ST_REQUEUED };
    size_t             i;

    for (i = 0; i < MZ_ARRAY_LEN(states); i++) {
        first = make_state(states[i]);
        again = fx_args(&first.conv, "How many?");
        again.cancel_running = true;
        out = fx_submit(&again);
        CHECK(out.outcome == MZ_SUBMIT_RUNNING);
        CHECK(strcmp(out.run.s, again.run.s) == 0);

        CHECK(fx_get(&first.run, &run) == MZ_OK);
        CHECK(run.status == MZ_RUN_CANCELLED && run.is_cancelled);
        CHECK(mz_str_find(run.error, mz_str("took over"), 0) != SIZE_MAX);
        fx_events(&first.run, phases, sizeof(phases));
        CHECK(mz_str_has_suffix(mz_str_from(phases), mz_str(" cancelled")));
        CHECK(fx_renew(&first.run, 1).outcome == MZ_WORKER_TERMINAL);

        CHECK(fx_get(&again.run, &run) == MZ_OK);
        CHECK(run.status == MZ_RUN_QUEUED);
        CHECK(fx_conv(&first.conv, &conv) == MZ_OK);
        CHECK(strcmp(conv.active.s, again.run.s) == 0);
        CHECK(strcmp(conv.last_run.s, again.run.s) == 0);
        CHECK(conv.turns == 2);

        /* One wake-up and one lease: those of the new run. */

        CHECK(fx_do("XLEN", fx_key(MZ_KEY_JOBS, ""), NULL, NULL, NULL)
              ->integer == 1);
        CHECK(fx_do("ZCARD", fx_key(MZ_KEY_LEASES, ""), NULL, NULL, NULL)
              ->integer == 1);

        /* What the old one does late does not take the lock away. */

        CHECK(fx_finish(&first.run, 1, MZ_RUN_COMPLETED).outcome
              == MZ_WORKER_TERMINAL);
        CHECK(fx_conv(&first.conv, &conv) == MZ_OK);
        CHECK(strcmp(conv.active.s, again.run.s) == 0);
    }
}


static void
test_stale_lock(void)
{
    mz_id_t            other;
    mz_run_t           run;
    mz_conv_t          conv;
    mz_submit_args_t   first, again;

    /* A lock whose run is gone. */

    first = make_state(ST_RUNNING);
    fx_do("DEL", fx_key(MZ_KEY_RUN, first.run.s), NULL, NULL, NULL);
    again = fx_args(&first.conv, "Next");
    CHECK(fx_submit(&again).outcome == MZ_SUBMIT_RUNNING);
    CHECK(fx_conv(&first.conv, &conv) == MZ_OK);
    CHECK(strcmp(conv.active.s, again.run.s) == 0);

    /* A lock whose run has ended. */

    first = make_state(ST_COMPLETED);
    fx_do("HSET", fx_key(MZ_KEY_CONV, first.conv.s), "active", first.run.s,
          NULL);
    again = fx_args(&first.conv, "Next");
    CHECK(fx_submit(&again).outcome == MZ_SUBMIT_RUNNING);

    /* A lock that is another run's is not freed. */

    first = make_state(ST_RUNNING);
    other = fx_id(MZ_ID_RUN);
    fx_do("HSET", fx_key(MZ_KEY_CONV, first.conv.s), "active", other.s, NULL);
    (void) fx_finish(&first.run, 1, MZ_RUN_COMPLETED);
    CHECK(fx_conv(&first.conv, &conv) == MZ_OK);
    CHECK(strcmp(conv.active.s, other.s) == 0);

    /* A conversation that expired is not half brought back. */

    first = make_state(ST_RUNNING);
    fx_do("DEL", fx_key(MZ_KEY_CONV, first.conv.s),
          fx_key(MZ_KEY_TURNS, first.conv.s), fx_key(MZ_KEY_CONVS, ""), NULL);
    (void) fx_finish(&first.run, 1, MZ_RUN_COMPLETED);
    CHECK(fx_get(&first.run, &run) == MZ_OK);
    CHECK(run.status == MZ_RUN_COMPLETED);
    CHECK(fx_conv(&first.conv, &conv) == MZ_NOT_FOUND);
    fx_do("EXISTS", fx_key(MZ_KEY_TURNS, first.conv.s),
          fx_key(MZ_KEY_CONVS, ""), NULL, NULL);
    CHECK(fx.last->integer == 0);
}


/* --- hand-back and sweep --- */

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


static void
create_groups(void)
{
    unsigned     i;
    redisReply  *replies[MZ_STORE_PARTITIONS_MAX];

    mz_queue_create(&fx.cmds, &fx.conf);
    fx_send(replies, fx.conf.partitions);

    for (i = 0; i < fx.conf.partitions; i++) {
        CHECK(mz_queue_create_decode(replies[i], NULL) == MZ_OK);
        mz_reply_free(replies[i]);
    }
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
    create_groups();
    create_groups();
    fx.now += FX_LEASE;
    CHECK(fx_sweep().requeued == 0 && jobs_len() == 1);

    /* The entry got lost. */

    fx_do("DEL", fx_key(MZ_KEY_JOBS, ""), NULL, NULL, NULL);
    fx.now += FX_LEASE;
    CHECK(fx_sweep().requeued == 1 && jobs_len() == 1);
    create_groups();

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
    mz_str_t          key, args[4];
    mz_job_t          job;
    mz_key_t          base;
    mz_queue_t        q;
    mz_submit_args_t  run;

    run = make_state(ST_QUEUED);
    create_groups();
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
    args[0] = mz_str("1");
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
    create_groups();
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

    create_groups();
    fx_do("XADD", fx_key(MZ_KEY_JOBS, ""), "*", "scope", "../x");
    q.part = mz_store_partition(&fx.conf, fx_scope());
    mz_queue_poll(&q, &fx.cmds, mz_str("w"));
    CHECK(mz_queue_poll_decode(&q, fx_run(), &job, NULL) == MZ_INVALID);
    CHECK(job.entry.s[0] != '\0');
}


/* --- artifacts --- */

static void
test_artifact(void)
{
    size_t               n;
    int64_t              total;
    mz_id_t              aid;
    mz_str_t             bytes;
    mz_run_event_t       ev;
    mz_submit_args_t     args;
    mz_worker_reply_t    out;
    mz_artifact_meta_t   meta;
    mz_artifact_entry_t  entry;

    args = make_state(ST_RUNNING);
    aid = fx_id(MZ_ID_ARTIFACT);

    CHECK(fx_chunk(&args.run, 1, &aid, 0, mz_str("a\0\r\nb")).outcome
          == MZ_WORKER_OK);
    out = fx_artifact(&args.run, 1, &aid, 3);
    CHECK(out.outcome == MZ_WORKER_INCOMPLETE && out.chunk == 1);
    CHECK(fx_chunk(&args.run, 1, &aid, 1, mz_str("xyz")).outcome
          == MZ_WORKER_OK);
    CHECK(fx_chunk(&args.run, 1, &aid, 2, mz_str("!")).outcome
          == MZ_WORKER_OK);

    mz_artifact_get(&fx.cmds, &fx.conf, fx_scope(), &aid);
    CHECK(mz_artifact_decode(fx_run(), &meta, NULL) == MZ_NOT_FOUND);

    out = fx_artifact(&args.run, 1, &aid, 3);
    CHECK(out.outcome == MZ_WORKER_OK && out.seq == 3);

    /* Again: the same answer, and no second event. */

    fx.now += 5;
    CHECK(fx_artifact(&args.run, 1, &aid, 3).seq == 3);
    CHECK(fx_chunk(&args.run, 1, &aid, 1, mz_str("xyz")).outcome
          == MZ_WORKER_OK);
    mz_worker_chunk(&fx.cmds, &fx.conf,
                    &(mz_attempt_t) { fx_scope(), args.run, 1 }, &aid, 1,
                    mz_str("other"));
    CHECK(fx_run()->type == REDIS_REPLY_ERROR);

    mz_artifact_get(&fx.cmds, &fx.conf, fx_scope(), &aid);
    CHECK(mz_artifact_decode(fx_run(), &meta, NULL) == MZ_OK);
    CHECK(strcmp(meta.id.s, aid.s) == 0);
    CHECK(strcmp(meta.run.s, args.run.s) == 0);
    CHECK(strcmp(meta.conv.s, args.conv.s) == 0);
    CHECK_STR(meta.kind, "table");
    CHECK_STR(meta.layout, "{\"groups\":[42]}");
    CHECK(meta.rows == 42 && meta.bytes == 9 && meta.chunks == 3);
    CHECK(meta.attempt == 1 && !meta.is_truncated);
    CHECK(meta.created_ms == FX_T0);
    CHECK(meta.expires_ms == FX_T0 + FX_RETENTION * 1000);

    mz_artifact_chunk(&fx.cmds, &fx.conf, fx_scope(), &aid, 0);
    CHECK(fx.cmds.is_bulk);
    CHECK(mz_artifact_chunk_decode(fx_run(), &bytes, NULL) == MZ_OK);
    CHECK(mz_str_eq(bytes, mz_str("a\0\r\nb")));

    mz_run_events(&fx.cmds, &fx.conf, fx_scope(), &args.run, 2, 10);
    CHECK(mz_run_events_decode(fx_run(), &n, NULL) == MZ_OK && n == 1);
    CHECK(mz_run_event_decode(fx.last, 0, &ev, NULL) == MZ_OK);
    CHECK_STR(ev.type, "artifact");
    CHECK_STR(ev.phase, "started");
    CHECK(mz_str_find(ev.data, mz_str("\"kind\":\"table\",\"name\":\"steps\","
                      "\"title\":\"Steps of \\\"the\\\" funnel\\n\","
                      "\"rows\":42}"), 0) != SIZE_MAX);

    mz_artifact_list(&fx.cmds, &fx.conf, fx_scope(), 0, 10);
    {
        redisReply  *replies[2];

        fx_send(replies, 2);
        CHECK(mz_artifact_list_decode(replies[0], &n, NULL) == MZ_OK);
        CHECK(n == 1);
        CHECK(mz_artifact_entry_decode(replies[0], 0, &entry, NULL) == MZ_OK);
        CHECK(strcmp(entry.id.s, aid.s) == 0 && entry.created_ms == FX_T0);
        CHECK(mz_artifact_total_decode(replies[1], &total, NULL) == MZ_OK);
        CHECK(total == 1);
        mz_reply_free(replies[0]);
        mz_reply_free(replies[1]);
    }
}


/* What a dead attempt made is not listed beside what the next one makes. */
static void
test_artifact_of_attempts(void)
{
    mz_id_t             one, two;
    mz_submit_args_t    args;
    mz_artifact_meta_t  meta;

    args = make_state(ST_RUNNING);
    one = fx_id(MZ_ID_ARTIFACT);
    two = fx_id(MZ_ID_ARTIFACT);
    CHECK(fx_artifact(&args.run, 1, &one, 0).outcome == MZ_WORKER_OK);
    CHECK(fx_artifact(&args.run, 1, &two, 0).outcome == MZ_WORKER_OK);
    fx_do("ZCARD", fx_key(MZ_KEY_ARTIFACTS, ""), NULL, NULL, NULL);
    CHECK(fx.last->integer == 2);

    fx.now += FX_LEASE;
    CHECK(fx_claim(&args.run).attempt == 2);
    fx_do("ZCARD", fx_key(MZ_KEY_ARTIFACTS, ""), NULL, NULL, NULL);
    CHECK(fx.last->integer == 0);
    mz_artifact_get(&fx.cmds, &fx.conf, fx_scope(), &one);
    CHECK(mz_artifact_decode(fx_run(), &meta, NULL) == MZ_OK);

    one = fx_id(MZ_ID_ARTIFACT);
    CHECK(fx_artifact(&args.run, 2, &one, 0).outcome == MZ_WORKER_OK);
    (void) fx_finish(&args.run, 2, MZ_RUN_COMPLETED);
    fx_do("ZRANGE", fx_key(MZ_KEY_ARTIFACTS, ""), "0", "-1", NULL);
    CHECK(fx.last->elements == 1);
    CHECK_STR(mz_reply_str(mz_reply_at(fx.last, 0)), one.s);
}


/* --- bad arguments --- */

typedef struct {
    mz_script_t   script;
    const char   *args[14];
} bad_t;

#define PID  "p_aaaaaaaaaaaaaaaaaaaaaaaaaa"
#define CID  "c_aaaaaaaaaaaaaaaaaaaaaaaaaa"
#define AID  "a_aaaaaaaaaaaaaaaaaaaaaaaaaa"

static const bad_t  bads[] = {
    { MZ_SCRIPT_CLAIM, { NULL } },
    { MZ_SCRIPT_CLAIM, { "x", PID, "w", "1000" } },
    { MZ_SCRIPT_CLAIM, { "-1", PID, "w", "1000" } },
    { MZ_SCRIPT_CLAIM, { "1e3", PID, "w", "1000" } },
    { MZ_SCRIPT_CLAIM, { "1", PID, "w" } },
    { MZ_SCRIPT_CLAIM, { "1", PID, "w", "0" } },
    { MZ_SCRIPT_CLAIM, { "1", PID, "w", "99999999999999999999" } },
    { MZ_SCRIPT_CLAIM, { "1", CID, "w", "1000" } },
    { MZ_SCRIPT_CLAIM, { "1", PID "a", "w", "1000" } },
    { MZ_SCRIPT_CLAIM, { "1", "p_AAAAAAAAAAAAAAAAAAAAAAAAAA", "w", "1" } },
    { MZ_SCRIPT_CLAIM, { "1", "p_*", "w", "1000" } },
    { MZ_SCRIPT_RENEW, { "1", PID, "one", "1000" } },
    { MZ_SCRIPT_EVENT, { "1", PID, "1", "phase", "text" } },
    { MZ_SCRIPT_CHUNK, { PID, "1", AID, "10000", "b" } },
    { MZ_SCRIPT_CHUNK, { PID, "1", PID, "1", "b" } },
    { MZ_SCRIPT_ARTIFACT, { "1", PID, "1", AID, "0", "kind" } },
    { MZ_SCRIPT_ARTIFACT, { "1", PID, "1", AID, "0", "kind", "x",
                            "name", "n" } },
    { MZ_SCRIPT_ARTIFACT, { "1", PID, "1", AID, "0", "kind", "json" } },
    { MZ_SCRIPT_ARTIFACT, { "1", PID, "1", AID, "0", "kind", "json",
                            "name", "n", "run", PID } },
    { MZ_SCRIPT_ARTIFACT, { "1", PID, "1", AID, "0", "kind", "json",
                            "name", "n", "rows", "1.5" } },
    { MZ_SCRIPT_ARTIFACT, { "1", PID, "1", AID, "0", "kind", "json",
                            "name", "n", "truncated", "yes" } },
    { MZ_SCRIPT_ARTIFACT, { "1", PID, "1", AID, "20000", "kind", "json" } },
    { MZ_SCRIPT_FINISH, { "1", PID, "1", "cancelled", "", "", "", "" } },
    { MZ_SCRIPT_FINISH, { "1", PID, "1", "lost", "", "", "", "" } },
    { MZ_SCRIPT_FINISH, { "1", PID, "1", "completed", "", "", "" } },
    { MZ_SCRIPT_CANCEL, { "1", PID } },
    { MZ_SCRIPT_HANDBACK, { "1", PID, "1" } },
    { MZ_SCRIPT_SWEEP, { "1", "0", "1000", "1000" } },
    { MZ_SCRIPT_SUBMIT, { "1", CID, "2", PID, "q", "t", "0", "", "60",
                          "600", "2", "1000", "" } },
    { MZ_SCRIPT_SUBMIT, { "1", CID, "1", PID, "q", "t", "0", "*", "60",
                          "600", "2", "1000", "" } },
    { MZ_SCRIPT_SUBMIT, { "1", CID, "1", PID, "q", "t", "0", "", "60",
                          "0", "2", "1000", "" } },
    { MZ_SCRIPT_SUBMIT, { "1", CID, "1", PID, "q", "t", "0", "", "60",
                          "600", "0", "1000", "" } },
    { MZ_SCRIPT_SUBMIT, { "1", CID, "1", PID, "q", "t", "0", "", "60",
                          "600", "2", "1000" } }
};


static redisReply *
call_words(mz_script_t script, const char *const *words, const char *part,
    const char *scope)
{
    size_t    n;
    mz_str_t  keys[2], args[14];

    keys[0] = mz_str_from(part);
    keys[1] = mz_str_from(scope);

    for (n = 0; n < 14 && words[n]; n++) {
        args[n] = mz_str_from(words[n]);
    }

    mz_cmds_add_script(&fx.cmds, script, script == MZ_SCRIPT_SWEEP ? 1 : 2,
                       keys, n, args);

    return fx_run();
}


static void
test_bad_arguments(void)
{
    char              before[MZ_SHA256_HEX_LEN + 1];
    char              after[MZ_SHA256_HEX_LEN + 1];
    size_t            i;
    redisReply       *r;
    static const char *const  claim[14] = { "1", PID, "w", "1000" };
    static const char *const  bases[][2] = {
        { "", "" }, { "mz-test", "mz-test" }, { "mz-test:{03}", "" },
        { "mz-test:{03}", "mz-test:{02}:0000000b0123456789abcdef01234567" },
        { "mz-test:{03}", "mz-test:{03}:0000000B0123456789ABCDEF01234567" },
        { "mz-test:{03}", "mz-test:{03}:*" },
        { ":{03}", ":{03}:0000000b0123456789abcdef01234567" }
    };

    make_state(ST_RUNNING);
    fx_snapshot(before);

    for (i = 0; i < MZ_ARRAY_LEN(bads); i++) {
        r = call_words(bads[i].script, bads[i].args,
                       fx_key(MZ_KEY_PART_BASE, ""),
                       fx_key(MZ_KEY_SCOPE_BASE, ""));
        CHECK_ROW(r->type == REDIS_REPLY_ERROR
                  && strstr(r->str, "mitzu: ") != NULL, "row %zu: %s", i,
                  r->str ? r->str : "no error");
    }

    for (i = 0; i < MZ_ARRAY_LEN(bases); i++) {
        r = call_words(MZ_SCRIPT_CLAIM, claim, bases[i][0], bases[i][1]);
        CHECK_ROW(r->type == REDIS_REPLY_ERROR
                  && strstr(r->str, "mitzu: ") != NULL, "bases %zu", i);
    }

    fx_snapshot(after);
    CHECK(strcmp(before, after) == 0);
}


static void
test_chunk_too_large(void)
{
    char              *big;
    mz_err_t           err;
    mz_id_t            aid;
    mz_attempt_t       a;
    mz_submit_args_t   args;
    mz_worker_reply_t  out;

    args = make_state(ST_RUNNING);
    aid = fx_id(MZ_ID_ARTIFACT);
    big = calloc(1, MZ_ARTIFACT_CHUNK_MAX + 1);
    a = fx_attempt(&args.run, 1);

    CHECK(fx_chunk(&args.run, 1, &aid, 0,
                   (mz_str_t) { big, MZ_ARTIFACT_CHUNK_MAX }).outcome
          == MZ_WORKER_OK);
    mz_worker_chunk(&fx.cmds, &fx.conf, &a, &aid, 1,
                    (mz_str_t) { big, MZ_ARTIFACT_CHUNK_MAX + 1 });
    CHECK(mz_worker_decode(fx_run(), &out, &err) == MZ_INTERNAL);
    CHECK(strstr(err.msg, "larger than 4 MB") != NULL);
    free(big);
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
                    &(mz_attempt_t) { fx_scope(), args.run, 1 }, fx.now,
                    mz_str("p"), mz_str("t"), mz_str(""));
    CHECK(mz_worker_decode(fx_run(), &reply, NULL) == MZ_UNAVAILABLE);

    fx_snapshot(after);
    CHECK(strcmp(before, after) == 0);
    fx_do("CONFIG", "SET", "maxmemory", "0", NULL);
    CHECK(fx_submit(&again).outcome == MZ_SUBMIT_RUNNING);
}


/* --- hints, clock, expiry --- */

static void
test_publish(void)
{
    void              *r;
    size_t             i, got;
    mz_key_t           channels[2];
    redisContext      *sub;
    struct timeval     tv = { 2, 0 };
    mz_run_status_t    status;
    mz_submit_args_t   args;
    static const char *const  want[][2] = {
        { "0", "1" }, { "0", "2" }, { "0", "3" }, { "1", "1" }
    };

    fx_reset();
    args = fx_args(NULL, "q");
    mz_key(&channels[0], &fx.conf, MZ_KEY_CHANNEL_RUN, 0, mz_null_str,
           args.run.s, 0);
    mz_key(&channels[1], &fx.conf, MZ_KEY_CHANNEL_CANCEL, 0, mz_null_str,
           args.run.s, 0);

    sub = fx_connect();
    CHECK(sub != NULL);

    if (sub == NULL) {
        return;
    }

    redisSetTimeout(sub, tv);
    mz_reply_free(redisCommand(sub, "SUBSCRIBE %s %s", channels[0].s,
                               channels[1].s));
    CHECK(redisGetReply(sub, &r) == REDIS_OK);
    mz_reply_free(r);

    (void) fx_submit(&args);
    (void) fx_claim(&args.run);
    CHECK(fx_cancel(&args.run, &status) == MZ_OK);
    CHECK(fx_cancel(&args.run, &status) == MZ_OK);

    for (got = 0; got < MZ_ARRAY_LEN(want); got++) {
        if (redisGetReply(sub, &r) != REDIS_OK) {
            break;
        }

        i = (size_t) (want[got][0][0] - '0');
        CHECK_STR(mz_reply_str(mz_reply_at(r, 1)), channels[i].s);
        CHECK_STR(mz_reply_str(mz_reply_at(r, 2)), want[got][1]);
        mz_reply_free(r);
    }

    CHECK(got == MZ_ARRAY_LEN(want));
    redisFree(sub);
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


typedef struct {
    const char  *pattern;
    int64_t      ttl;           /* at most; 0: none */
    size_t       seen;
    regex_t      re;
} key_form_t;

#define RX_S    "mz-test:\\{03\\}:[0-9a-f]{32}"
#define RX_ID   "_[a-z2-7]{26}"

static key_form_t  key_forms[] = {
    { .pattern = "^mz-test:meta$" },
    { .pattern = "^mz-test:workers$" },
    { .pattern = "^mz-test:\\{0[0-3]\\}:jobs$" },
    { .pattern = "^mz-test:\\{0[0-3]\\}:leases$" },
    { .pattern = "^mz-test:\\{0[0-3]\\}:dead$" },
    { .pattern = "^" RX_S ":convs$",                 .ttl = FX_RETENTION },
    { .pattern = "^" RX_S ":conv:c" RX_ID "$",       .ttl = FX_RETENTION },
    { .pattern = "^" RX_S ":conv:c" RX_ID ":turns$", .ttl = FX_RETENTION },
    { .pattern = "^" RX_S ":run:p" RX_ID "$",        .ttl = FX_RETENTION },
    { .pattern = "^" RX_S ":run:p" RX_ID ":events$", .ttl = FX_RETENTION },
    { .pattern = "^" RX_S ":artifacts$",             .ttl = FX_RETENTION },
    { .pattern = "^" RX_S ":artifact:a" RX_ID "$",   .ttl = FX_RETENTION },
    { .pattern = "^" RX_S ":artifact:a" RX_ID ":0$", .ttl = FX_RETENTION },
    { .pattern = "^" RX_S ":artifact:a" RX_ID ":7$", .ttl = 3600 },
    { .pattern = "^" RX_S ":attach:[0-9a-f]{64}$",   .ttl = FX_ATTACH }
};


static void
check_key(const char *key)
{
    size_t   i;
    int64_t  ttl;

    ttl = fx_do("TTL", key, NULL, NULL, NULL)->integer;

    for (i = 0; i < MZ_ARRAY_LEN(key_forms); i++) {
        if (regexec(&key_forms[i].re, key, 0, NULL, 0) == 0) {
            key_forms[i].seen++;
            CHECK_ROW(key_forms[i].ttl == 0
                      ? ttl == -1
                      : ttl > key_forms[i].ttl - 30
                        && ttl <= key_forms[i].ttl,
                      "%s lives %lld", key, (long long) ttl);
            return;
        }
    }

    CHECK_ROW(0, "a key that is not documented: %s", key);
}


/* Everything that can be written is written; then each key is looked at. */
static void
test_keys(void)
{
    size_t            i;
    mz_id_t           aid;
    redisReply       *keys, *replies[MZ_META_REPLIES];
    mz_run_status_t   status;
    mz_submit_args_t  args;

    args = make_state(ST_LOST);
    mz_meta_check(&fx.cmds, &fx.conf);
    fx_send(replies, MZ_META_REPLIES);
    CHECK(mz_meta_decode(&fx.conf, replies, NULL) == MZ_OK);

    for (i = 0; i < MZ_META_REPLIES; i++) {
        mz_reply_free(replies[i]);
    }

    mz_meta_beat(&fx.cmds, &fx.conf, mz_str("w1"), fx.now);
    fx_send(replies, 2);
    mz_reply_free(replies[0]);
    mz_reply_free(replies[1]);

    args = fx_args(&args.conv, "Next");
    (void) fx_submit(&args);
    (void) fx_claim(&args.run);
    (void) fx_handback(&args.run, 1);
    (void) fx_claim(&args.run);
    aid = fx_id(MZ_ID_ARTIFACT);
    (void) fx_chunk(&args.run, 2, &aid, 0, mz_str("a"));
    (void) fx_chunk(&args.run, 2, &aid, 7, mz_str("a"));
    (void) fx_artifact(&args.run, 2, &aid, 1);
    (void) fx_finish(&args.run, 2, MZ_RUN_COMPLETED);
    args = fx_args(NULL, "Other");
    (void) fx_submit(&args);
    (void) fx_cancel(&args.run, &status);
    args = fx_args(NULL, "Left queued");
    (void) fx_submit(&args);

    for (i = 0; i < MZ_ARRAY_LEN(key_forms); i++) {
        CHECK(regcomp(&key_forms[i].re, key_forms[i].pattern,
                      REG_EXTENDED | REG_NOSUB) == 0);
    }

    fx_do("KEYS", "*", NULL, NULL, NULL);
    keys = fx.last;
    fx.last = NULL;

    for (i = 0; i < keys->elements; i++) {
        check_key(keys->element[i]->str);
    }

    mz_reply_free(keys);

    for (i = 0; i < MZ_ARRAY_LEN(key_forms); i++) {
        CHECK_ROW(key_forms[i].seen > 0, "never written: %s",
                  key_forms[i].pattern);
        regfree(&key_forms[i].re);
    }
}


/* Each write of a worker makes run and conversation live on. */
static void
test_ttl_renewed(void)
{
    size_t               i;
    mz_id_t              aid;
    op_t                 op;
    mz_submit_args_t     args;
    static const op_t    ops[] = { OP_CLAIM, OP_RENEW, OP_EVENT, OP_ARTIFACT,
                                   OP_COMPLETE, OP_FAIL, OP_HANDBACK,
                                   OP_CANCEL };

    for (i = 0; i < MZ_ARRAY_LEN(ops); i++) {
        op = ops[i];
        args = make_state(op == OP_CLAIM ? ST_QUEUED : ST_RUNNING);
        aid = fx_id(MZ_ID_ARTIFACT);
        fx_do("EXPIRE", fx_key(MZ_KEY_RUN, args.run.s), "5", NULL, NULL);
        fx_do("EXPIRE", fx_key(MZ_KEY_EVENTS, args.run.s), "5", NULL, NULL);
        fx_do("EXPIRE", fx_key(MZ_KEY_CONV, args.conv.s), "5", NULL, NULL);
        fx_do("EXPIRE", fx_key(MZ_KEY_TURNS, args.conv.s), "5", NULL, NULL);
        fx_do("EXPIRE", fx_key(MZ_KEY_CONVS, ""), "5", NULL, NULL);
        (void) do_op(op, &args.run, 1, false, &aid);

        CHECK_ROW(fx_do("TTL", fx_key(MZ_KEY_RUN, args.run.s), NULL, NULL,
                        NULL)->integer > 500, "op %d", op);
        CHECK_ROW(fx_do("TTL", fx_key(MZ_KEY_EVENTS, args.run.s), NULL, NULL,
                        NULL)->integer > 500, "op %d", op);
        CHECK_ROW(fx_do("TTL", fx_key(MZ_KEY_CONV, args.conv.s), NULL, NULL,
                        NULL)->integer > 500, "op %d", op);
        CHECK_ROW(fx_do("TTL", fx_key(MZ_KEY_TURNS, args.conv.s), NULL, NULL,
                        NULL)->integer > 500, "op %d", op);
        CHECK_ROW(fx_do("TTL", fx_key(MZ_KEY_CONVS, ""), NULL, NULL,
                        NULL)->integer > 500, "op %d", op);
    }
}


static void
test_prune(void)
{
    mz_id_t           aid;
    mz_submit_args_t  args;

    args = make_state(ST_COMPLETED);
    fx.now += FX_RETENTION * 1000 + 1;
    args = fx_args(NULL, "Later");
    (void) fx_submit(&args);
    fx_do("ZRANGE", fx_key(MZ_KEY_CONVS, ""), "0", "-1", NULL);
    CHECK(fx.last->elements == 1);
    CHECK_STR(mz_reply_str(mz_reply_at(fx.last, 0)), args.conv.s);

    args = make_state(ST_RUNNING);
    aid = fx_id(MZ_ID_ARTIFACT);
    (void) fx_artifact(&args.run, 1, &aid, 0);
    fx.now += FX_RETENTION * 1000 + 1;
    aid = fx_id(MZ_ID_ARTIFACT);
    (void) fx_artifact(&args.run, 1, &aid, 0);
    fx_do("ZRANGE", fx_key(MZ_KEY_ARTIFACTS, ""), "0", "-1", NULL);
    CHECK(fx.last->elements == 1);
    CHECK_STR(mz_reply_str(mz_reply_at(fx.last, 0)), aid.s);
}


/* --- the deployment --- */

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

    mz_meta_check(&fx.cmds, &fx.conf);
    fx_send(replies, MZ_META_REPLIES);
    CHECK(mz_meta_decode(&fx.conf, replies, &err) == MZ_OK);

    for (i = 0; i < MZ_META_REPLIES; i++) {
        mz_reply_free(replies[i]);
    }

    mz_meta_check(&fx.cmds, &other);
    fx_send(replies, MZ_META_REPLIES);
    CHECK(mz_meta_decode(&other, replies, &err) == MZ_INVALID);
    CHECK(strstr(err.msg, "4 partitions") != NULL);
    CHECK(strstr(err.msg, "8 are configured") != NULL);
    CHECK(mz_meta_decode(&fx.conf, replies, &err) == MZ_OK);

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


static void
test_start(void)
{
    fx_start();
    fx_load();
}


static const mz_test_t  tests[] = {
    { "redis-server runs, scripts load under their SHA-1", test_start },
    { "state matrix: outcome, status, and no write when refused",
      test_matrix },
    { "a life from submit to answer", test_life },
    { "failed, cancelled, lost: end event, error, lock", test_ends },
    { "busy, attached, resent, no conversation", test_submit_busy_and_attach },
    { "attach ends with the run", test_attach_ends },
    { "take-over", test_take_over },
    { "stale locks", test_stale_lock },
    { "hand-back does not use up attempts", test_handback },
    { "sweep of running runs", test_sweep_running },
    { "sweep trusts the run, not the index", test_sweep_index },
    { "sweep brings lost wake-ups back, once", test_sweep_queued },
    { "sweep forgets consumers, not their runs", test_forget_consumers },
    { "waiting for news", test_wait },
    { "artifacts", test_artifact },
    { "artifacts of an earlier attempt", test_artifact_of_attempts },
    { "bad arguments write nothing", test_bad_arguments },
    { "a chunk too large", test_chunk_too_large },
    { "memory is full", test_out_of_memory },
    { "hints on the channels", test_publish },
    { "now 0 is the clock of Redis", test_clock },
    { "every key is documented and expires as it should", test_keys },
    { "writes renew the life of run and conversation", test_ttl_renewed },
    { "lists are pruned", test_prune },
    { "deployments do not mix; workers are seen", test_meta },
    { "NOSCRIPT", test_noscript },
    { "scopes are apart", test_scope }
};

MZ_TEST_MAIN(tests)
