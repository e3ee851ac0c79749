
/*
 * Every script with arguments that it must refuse, and keys that are none:
 * an error that says why, and nothing is written.
 */

#include "store/states.h"


#define BAD_ARGS  24

typedef struct {
    mz_script_t   script;
    const char   *args[BAD_ARGS];
} bad_t;

#define PID  "p_aaaaaaaaaaaaaaaaaaaaaaaaaa"
#define CID  "c_aaaaaaaaaaaaaaaaaaaaaaaaaa"
#define AID  "a_aaaaaaaaaaaaaaaaaaaaaaaaaa"
#define JID  "0123456789abcdef0123456789abcdef"
#define MID  JID ":" PID

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
    { MZ_SCRIPT_SUBMIT, { "1", CID, "2", PID, "q", "t", "0", "", "60", "600",
                          "2", "1000", "", JID, "0", "0", "0", "0", "0",
                          "1" } },
    { MZ_SCRIPT_SUBMIT, { "1", CID, "1", PID, "q", "t", "0", "*", "60", "600",
                          "2", "1000", "", JID, "0", "0", "0", "0", "0",
                          "1" } },
    { MZ_SCRIPT_SUBMIT, { "1", CID, "1", PID, "q", "t", "0", "", "86401",
                          "600", "2", "1000", "", JID, "0", "0", "0", "0", "0",
                          "1" } },
    { MZ_SCRIPT_SUBMIT, { "1", CID, "1", PID, "q", "t", "0", "", "60", "0",
                          "2", "1000", "", JID, "0", "0", "0", "0", "0",
                          "1" } },
    { MZ_SCRIPT_SUBMIT, { "1", CID, "1", PID, "q", "t", "0", "", "60", "600",
                          "0", "1000", "", JID, "0", "0", "0", "0", "0",
                          "1" } },
    { MZ_SCRIPT_SUBMIT, { "1", CID, "1", PID, "q", "t", "0", "", "60", "600",
                          "2", "0", "", JID, "0", "0", "0", "0", "0", "1" } },
    { MZ_SCRIPT_SUBMIT, { "1", CID, "1", PID, "q", "t", "0", "", "60", "600",
                          "2", "1000", "", "", "0", "0", "0", "0", "0",
                          "1" } },
    { MZ_SCRIPT_SUBMIT, { "1", CID, "1", PID, "q", "t", "0", "", "60", "600",
                          "2", "1000", "", "x", "0", "0", "0", "0", "0",
                          "1" } },
    { MZ_SCRIPT_SUBMIT, { "1", CID, "1", PID, "q", "t", "0", "", "60", "600",
                          "2", "1000", "", JID, "-1", "0", "0", "0", "0",
                          "1" } },
    { MZ_SCRIPT_SUBMIT, { "1", CID, "1", PID, "q", "t", "0", "", "60", "600",
                          "2", "1000", "", JID, "0", "1000001", "0", "0", "0",
                          "1" } },
    { MZ_SCRIPT_SUBMIT, { "1", CID, "1", PID, "q", "t", "0", "", "60", "600",
                          "2", "1000", "", JID, "0", "0", "x", "0", "0",
                          "1" } },
    { MZ_SCRIPT_SUBMIT, { "1", CID, "1", PID, "q", "t", "0", "", "60", "600",
                          "2", "1000", "", JID, "0", "0", "0", "", "0",
                          "1" } },
    { MZ_SCRIPT_SUBMIT, { "1", CID, "1", PID, "q", "t", "0", "", "60", "600",
                          "2", "1000", "", JID, "0", "0", "0", "0", "1e3",
                          "1" } },
    { MZ_SCRIPT_SUBMIT, { "1", CID, "1", PID, "q", "t", "0", "", "60", "600",
                          "2", "1000", "", JID, "0", "0", "0", "0", "0",
                          "2" } },
    { MZ_SCRIPT_SUBMIT, { "1", CID, "1", PID, "q", "t", "0", "", "60", "600",
                          "2", "1000", "" } },
    { MZ_SCRIPT_SUBMIT, { "1", CID, "1", PID, "q", "t", "0", "", "60", "600",
                          "2", "1000", "", JID, "0", "0", "0", "0", "0" } },
    { MZ_SCRIPT_TAKE, { "x", "w", "1000", "1-1", "" } },
    { MZ_SCRIPT_TAKE, { "1", "w", "0", "1-1", "" } },
    { MZ_SCRIPT_TAKE, { "1", "w", "1000", "", "" } },
    { MZ_SCRIPT_TAKE, { "1", "w", "1000", "1", "" } },
    { MZ_SCRIPT_TAKE, { "1", "w", "1000", "*", "" } },
    { MZ_SCRIPT_TAKE, { "1", "w", "1000", "1-1-1", "" } },
    { MZ_SCRIPT_TAKE, { "1", "w", "1000", "1-1", "x" } },
    { MZ_SCRIPT_TAKE, { "1", "w", "1000", "1-1", "p_" } },
    { MZ_SCRIPT_TAKE, { "1", "w", "1000", "1-1" } },
    { MZ_SCRIPT_REQUEUE, { "1", CID, "1000", "why" } },
    { MZ_SCRIPT_REQUEUE, { "1", PID, "0", "why" } },
    { MZ_SCRIPT_REQUEUE, { "1", PID, "1000" } },
    { MZ_SCRIPT_DROP, { "1", PID } },
    { MZ_SCRIPT_ADMIT, { "1", "x", MID, "1", "1", "1", "60" } },
    { MZ_SCRIPT_ADMIT, { "1", JID, PID, "1", "1", "1", "60" } },
    { MZ_SCRIPT_ADMIT, { "1", JID, "tat", "1", "1", "1", "60" } },
    { MZ_SCRIPT_ADMIT, { "1", JID, MID, "-1", "1", "1", "60" } },
    { MZ_SCRIPT_ADMIT, { "1", JID, MID, "1", "x", "1", "60" } },
    { MZ_SCRIPT_ADMIT, { "1", JID, MID, "1", "1", "1000001", "60" } },
    { MZ_SCRIPT_ADMIT, { "1", JID, MID, "1", "1", "1", "0" } },
    { MZ_SCRIPT_ADMIT, { "1", JID, MID, "1", "1", "1" } },
    { MZ_SCRIPT_RELEASE, { "x", "0", MID } },
    { MZ_SCRIPT_RELEASE, { JID, "x", MID } }
};


static redisReply *
call_words(mz_script_t script, const char *const *words, const char *part,
    const char *scope)
{
    size_t    n;
    bool      has_scope;
    mz_str_t  keys[2], args[BAD_ARGS];

    keys[0] = mz_str_from(part);
    keys[1] = mz_str_from(scope);

    for (n = 0; n < BAD_ARGS && words[n]; n++) {
        args[n] = mz_str_from(words[n]);
    }

    has_scope = script != MZ_SCRIPT_SWEEP && script != MZ_SCRIPT_TAKE
                && script != MZ_SCRIPT_ADMIT && script != MZ_SCRIPT_RELEASE;
    mz_cmds_add_script(&fx.cmds, script, has_scope ? 2 : 1, keys, n, args);

    return fx_run();
}


static void
test_bad_arguments(void)
{
    char              before[MZ_SHA256_HEX_LEN + 1];
    char              after[MZ_SHA256_HEX_LEN + 1];
    size_t            i;
    redisReply       *r;
    static const char *const  claim[BAD_ARGS] = { "1", PID, "w", "1000" };
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


static const mz_test_t  tests[] = {
    { "redis-server runs", fx_test_start },
    { "bad arguments write nothing", test_bad_arguments }
};

MZ_TEST_MAIN(tests)
