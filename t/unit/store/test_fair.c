
/*
 * Whose turn it is, from what Redis said of each partition; and what take
 * said.  The simulation with a real Redis is test_turns.c.
 */

#include "store/fair.h"
#include "store/resp.h"


#define A    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B    "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C    "cccccccccccccccccccccccccccccccc"
#define PID  "p_aaaaaaaaaaaaaaaaaaaaaaaaaa"
#define CID  "c_aaaaaaaaaaaaaaaaaaaaaaaaaa"

#define PARTS    3
#define REPLIES  (PARTS * MZ_FAIR_REPLIES)

static mz_store_conf_t  conf = { "mitzu", PARTS };

typedef struct {
    const char  *what;
    const char  *replies[REPLIES];      /* paused, waiting, served: of each */
    unsigned     from;
    unsigned     skip;                  /* bits */
    mz_rc_t      rc;
    unsigned     part;
    char         project;
    bool         is_paused;
} row_t;

#define NOBODY   ":0", "()", "()"

static const row_t  rows[] = {
    { "nobody waits", { NOBODY, NOBODY, NOBODY }, 0, 0, MZ_NOT_FOUND, 0, 0,
      false },
    { "one waits", { NOBODY, NOBODY, ":0", "('" A "' '5')", "()" }, 0, 0,
      MZ_OK, 2, 'a', false },
    { "the lower score", { ":0", "('" A "' '5')", "()",
      ":0", "('" B "' '4')", "()", NOBODY }, 0, 0, MZ_OK, 1, 'b', false },
    { "in one partition", { ":0", "('" C "' '3' '" A "' '5')", "()",
      ":0", "('" B "' '4')", "()", NOBODY }, 0, 0, MZ_OK, 0, 'c', false },
    { "served elsewhere just now", { ":0", "('" A "' '5')", "()",
      ":0", "('" B "' '6')", "('" A "' '9')", NOBODY }, 0, 0, MZ_OK, 1, 'b',
      false },
    { "served in several: the newest counts", { ":0", "('" A "' '5')",
      "('" A "' '5')", ":0", "('" B "' '8')", "('" A "' '7')",
      ":0", "()", "('" A "' '9')" }, 0, 0, MZ_OK, 1, 'b', false },
    { "served long ago", { ":0", "('" A "' '5')", "()",
      ":0", "('" B "' '6')", "('" A "' '2')", NOBODY }, 0, 0, MZ_OK, 0, 'a',
      false },
    { "the second in line, since the first was served elsewhere",
      { ":0", "('" A "' '5' '" B "' '6')", "()",
      ":0", "()", "('" A "' '9')", NOBODY }, 0, 0, MZ_OK, 0, 'b', false },
    { "equals: at from", { ":0", "('" A "' '5')", "()",
      ":0", "('" B "' '5')", "()", ":0", "('" C "' '5')", "()" }, 1, 0,
      MZ_OK, 1, 'b', false },
    { "equals: around", { ":0", "('" A "' '5')", "()",
      NOBODY, NOBODY }, 2, 0, MZ_OK, 0, 'a', false },
    { "of one project in two partitions: at from", { ":0", "('" A "' '5')",
      "('" A "' '9')", ":0", "('" A "' '9')", "()", NOBODY }, 1, 0, MZ_OK, 1,
      'a', false },
    { "skipped", { ":0", "('" A "' '5')", "()",
      ":0", "('" B "' '6')", "()", NOBODY }, 0, 1, MZ_OK, 1, 'b', false },
    { "all are skipped", { ":0", "('" A "' '5')", "()",
      ":0", "('" B "' '6')", "()", NOBODY }, 0, 3, MZ_NOT_FOUND, 0, 0,
      false },
    { "what a skipped one says of others is heard",
      { ":0", "()", "('" B "' '9')", ":0", "('" B "' '6')", "()",
      ":0", "('" C "' '8')", "()" }, 0, 1, MZ_OK, 2, 'c', false },
    { "paused", { ":1", "('" A "' '5')", "()",
      ":0", "('" B "' '6')", "()", NOBODY }, 0, 0, MZ_OK, 1, 'b', true },
    { "all are paused", { ":1", "('" A "' '5')", "()",
      ":1", "('" B "' '6')", "()", ":1", "()", "()" }, 0, 0, MZ_NOT_FOUND, 0,
      0, true },
    { "odd names and numbers are nobody", { ":0", "('x' '1' '' '2' '" A "1' "
      "'3' _ _ :7 :8)", "()", ":0", "('" B "' '6' '" A "')", "('x')",
      NOBODY }, 0, 0, MZ_OK, 1, 'b', false },
    { "times that are none", { ":0", "('" A "' 'soon')", "('" A "' 'x')",
      ":0", "('" B "' '6')", "()", NOBODY }, 0, 0, MZ_OK, 0, 'a', false },
    { "nested", { ":0", "(('" A "') ('5'))", "(() ())",
      ":0", "('" B "' '6')", "()", NOBODY }, 0, 0, MZ_OK, 1, 'b', false },
    { "no array", { ":0", "'" A "'", "()", NOBODY, NOBODY }, 0, 0,
      MZ_INTERNAL, 0, 0, false },
    { "served is no array", { NOBODY, NOBODY, ":0", "()", ":1" }, 0, 0,
      MZ_INTERNAL, 0, 0, false },
    { "nil", { ":0", "_", "()", NOBODY, NOBODY }, 0, 0, MZ_INTERNAL, 0, 0,
      false },
    { "Redis is loading", { "-LOADING x", "-LOADING x", "-LOADING x",
      NOBODY, NOBODY }, 0, 0, MZ_UNAVAILABLE, 0, 0, false }
};


static void
test_choose(void)
{
    bool          skip[PARTS];
    size_t        i, k;
    mz_rc_t       rc;
    mz_err_t      err = { 0 };
    mz_turn_t     turn;
    redisReply   *replies[REPLIES];
    const row_t  *row;

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        row = &rows[i];

        for (k = 0; k < REPLIES; k++) {
            replies[k] = make(row->replies[k]);
        }

        for (k = 0; k < PARTS; k++) {
            skip[k] = row->skip & (1u << k);
        }

        memset(&turn, 0, sizeof(turn));
        rc = mz_fair_choose(&conf, replies, row->from, skip, &turn, &err);
        CHECK_ROW(rc == row->rc, "%s: %d, %s", row->what, rc, err.msg);
        CHECK_ROW(turn.is_paused == row->is_paused, "%s", row->what);

        if (rc == MZ_OK) {
            CHECK_ROW(turn.part == row->part
                      && turn.project[0] == row->project
                      && strlen(turn.project) == MZ_SCOPE_LEN,
                      "%s: partition %u, project %s", row->what, turn.part,
                      turn.project);
        }

        for (k = 0; k < REPLIES; k++) {
            mz_reply_free(replies[k]);
        }
    }
}


/* As many partitions and projects as there may be; the last is next. */
static void
test_many(void)
{
    bool              skip[MZ_STORE_PARTITIONS_MAX] = { false };
    size_t            i, k;
    mz_buf_t          b;
    mz_turn_t         turn;
    redisReply       *replies[MZ_STORE_PARTITIONS_MAX * MZ_FAIR_REPLIES];
    mz_store_conf_t   many = { "mitzu", MZ_STORE_PARTITIONS_MAX };

    for (i = 0; i < MZ_STORE_PARTITIONS_MAX; i++) {
        replies[i * MZ_FAIR_REPLIES] = make(":0");
        mz_buf_init(&b, 0);
        mz_buf_add_c(&b, "(");

        for (k = 0; k < MZ_FAIR_LOOK; k++) {
            mz_buf_addf(&b, " '%016zx%016zx' '%zu'", i, k, 1000 + k);
        }

        mz_buf_add_c(&b, ")");
        mz_buf_add(&b, "", 1);
        replies[i * MZ_FAIR_REPLIES + 1] = make(mz_buf_view(&b).data);
        mz_buf_free(&b);

        /* Each partition knows of all in the next that they were served. */

        mz_buf_init(&b, 0);
        mz_buf_add_c(&b, "(");

        for (k = 0; k < MZ_FAIR_LOOK; k++) {
            mz_buf_addf(&b, " '%016zx%016zx' '%zu'",
                        (i + 1) % MZ_STORE_PARTITIONS_MAX, k,
                        i == 41 && k == 77 ? 0 : 100000 + i * k);
        }

        mz_buf_add_c(&b, ")");
        mz_buf_add(&b, "", 1);
        replies[i * MZ_FAIR_REPLIES + 2] = make(mz_buf_view(&b).data);
        mz_buf_free(&b);
    }

    CHECK(mz_fair_choose(&many, replies, 63, skip, &turn, NULL) == MZ_OK);
    CHECK(turn.part == 42);
    CHECK_STR(mz_str_from(turn.project), "000000000000002a000000000000004d");

    skip[42] = true;
    CHECK(mz_fair_choose(&many, replies, 63, skip, &turn, NULL) == MZ_OK);
    CHECK(turn.part == 63);
    CHECK_STR(mz_str_from(turn.project), "000000000000003f0000000000000000");

    for (i = 0; i < MZ_ARRAY_LEN(replies); i++) {
        mz_reply_free(replies[i]);
    }
}


static void
test_take_decode(void)
{
    static const struct {
        const char         *reply;
        mz_rc_t             rc;
        mz_take_outcome_t   outcome;
    } takes[] = {
        { "('empty')", MZ_OK, MZ_TAKE_EMPTY },
        { "('paused')", MZ_OK, MZ_TAKE_PAUSED },
        { "('taken' '" A "' '" PID "' :2 '" CID "' 'How many?' '')", MZ_OK,
          MZ_TAKE_TAKEN },
        { "('taken' '" A "' '" PID "' :2 '" CID "')", MZ_OK, MZ_TAKE_TAKEN },
        { "('taken' '" A "' '" PID "' :0 '" CID "' 'q' '')", MZ_INTERNAL,
          MZ_TAKE_EMPTY },
        { "('taken' '" A "' '" PID "' 'x' '" CID "' 'q' '')", MZ_INTERNAL,
          MZ_TAKE_EMPTY },
        { "('taken' '" A "' '" CID "' :2 '" CID "' 'q' '')", MZ_INTERNAL,
          MZ_TAKE_EMPTY },
        { "('taken' '" A "' '" PID "' :2 '" PID "' 'q' '')", MZ_INTERNAL,
          MZ_TAKE_EMPTY },
        { "('taken' 'x' '" PID "' :2 '" CID "' 'q' '')", MZ_INTERNAL,
          MZ_TAKE_EMPTY },
        { "('taken')", MZ_INTERNAL, MZ_TAKE_EMPTY },
        { "('leased')", MZ_INTERNAL, MZ_TAKE_EMPTY },
        { "()", MZ_INTERNAL, MZ_TAKE_EMPTY },
        { "_", MZ_INTERNAL, MZ_TAKE_EMPTY },
        { "'taken'", MZ_INTERNAL, MZ_TAKE_EMPTY },
        { "-READONLY x", MZ_UNAVAILABLE, MZ_TAKE_EMPTY },
        { "-ERR user_script:1: mitzu: x", MZ_INTERNAL, MZ_TAKE_EMPTY }
    };

    size_t       i;
    mz_err_t     err;
    mz_taken_t   out;
    redisReply  *r;

    for (i = 0; i < MZ_ARRAY_LEN(takes); i++) {
        r = make(takes[i].reply);
        CHECK_ROW(mz_fair_take_decode(&conf, r, &out, &err) == takes[i].rc,
                  "%s", takes[i].reply);
        CHECK_ROW(out.outcome == takes[i].outcome, "%s", takes[i].reply);

        if (out.outcome == MZ_TAKE_TAKEN) {
            CHECK(out.attempt == 2 && strcmp(out.scope, A) == 0);
            CHECK(strcmp(out.run.s, PID) == 0);
            CHECK(strcmp(out.conv.s, CID) == 0);
        }

        mz_reply_free(r);
    }
}


static const mz_test_t  tests[] = {
    { "whose turn it is", test_choose },
    { "many partitions, many projects", test_many },
    { "replies of take", test_take_decode }
};

MZ_TEST_MAIN(tests)
