
/*
 * Submit against a real redis-server: the lock of a conversation, attaching
 * to a run, taking over.
 */

#include "store/states.h"


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


/* The client did not hear the answer and sends the same again. */
static void
test_take_over_again(void)
{
    char               before[MZ_SHA256_HEX_LEN + 1];
    char               after[MZ_SHA256_HEX_LEN + 1];
    mz_submit_args_t   first, over, again;
    mz_submit_reply_t  out;

    first = make_state(ST_RUNNING);

    over = fx_args(&first.conv, "How many?");
    over.cancel_running = true;
    CHECK(fx_submit(&over).outcome == MZ_SUBMIT_RUNNING);
    fx_snapshot(before);

    again = over;
    again.run = fx_id(MZ_ID_RUN);
    out = fx_submit(&again);
    CHECK(out.outcome == MZ_SUBMIT_ATTACHED);
    CHECK(strcmp(out.run.s, over.run.s) == 0);

    fx_snapshot(after);
    CHECK(strcmp(before, after) == 0);

    /* Later it is meant: a run that hangs is to be replaced. */

    again.now_ms = fx.now + FX_ATTACH * 1000 + 1;
    out = fx_submit(&again);
    CHECK(out.outcome == MZ_SUBMIT_RUNNING);
    CHECK(strcmp(out.run.s, again.run.s) == 0);

    over.run = fx_id(MZ_ID_RUN);
    over.prompt = mz_str("Something else");
    CHECK(fx_submit(&over).outcome == MZ_SUBMIT_RUNNING);
}


static const mz_test_t  tests[] = {
    { "redis-server runs", fx_test_start },
    { "busy, attached, resent, no conversation", test_submit_busy_and_attach },
    { "attach ends with the run", test_attach_ends },
    { "take-over", test_take_over },
    { "a take-over that is asked for again", test_take_over_again },
    { "stale locks", test_stale_lock }
};

MZ_TEST_MAIN(tests)
