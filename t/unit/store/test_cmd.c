
/*
 * Names and commands: the exact bytes that go to Redis.
 */

#include "base/mz_str.h"
#include "store/conv.h"
#include "store/meta.h"
#include "store/fair.h"
#include "store/queue.h"
#include "store/worker.h"
#include "test.h"


#define SCOPE  "0000000b0123456789abcdef01234567"
#define PID    "p_aaaaaaaaaaaaaaaaaaaaaaaaaa"
#define CID    "c_aaaaaaaaaaaaaaaaaaaaaaaaaa"
#define AID    "a_aaaaaaaaaaaaaaaaaaaaaaaaaa"
#define QID    "q_aaaaaaaaaaaaaaaaaaaaaaaaaa"
#define SID    "0123456789abcdef0123456789abcdef"

static const mz_store_conf_t  conf = { "mitzu", 16 };

static const mz_id_t  pid = { PID }, cid = { CID }, aid = { AID };


static void
test_partition(void)
{
    size_t    i;
    unsigned  part;

    static const struct {
        const char  *scope;
        unsigned     partitions;
        unsigned     want;
    } rows[] = {
        { SCOPE, 16, 11 },
        { SCOPE, 4, 3 },
        { SCOPE, 1, 0 },
        { "ffffffff00000000000000000000000f", 100, 4294967295u % 100 },
        { "80000001", 16, 1 },
        { "", 16, 0 },
        { "f", 16, 15 },
        { SCOPE, 0, 0 }
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        mz_store_conf_t  c = { "mitzu", rows[i].partitions };

        part = mz_store_partition(&c, mz_str_from(rows[i].scope));
        CHECK_ROW(part == rows[i].want, "row %zu: %u", i, part);
    }
}


static void
test_keys(void)
{
    size_t    i;
    mz_key_t  key;

    static const struct {
        mz_key_kind_t   kind;
        const char     *id;
        const char     *want;
    } rows[] = {
        { MZ_KEY_META, "", "mitzu:meta" },
        { MZ_KEY_WORKERS, "", "mitzu:workers" },
        { MZ_KEY_ENDED, "", "mitzu:ended" },
        { MZ_KEY_PART_BASE, "", "mitzu:{05}" },
        { MZ_KEY_JOBS, "", "mitzu:{05}:jobs" },
        { MZ_KEY_LEASES, "", "mitzu:{05}:leases" },
        { MZ_KEY_DEAD, "", "mitzu:{05}:dead" },
        { MZ_KEY_SCOPE_BASE, "", "mitzu:{11}:" SCOPE },
        { MZ_KEY_CONVS, "", "mitzu:{11}:" SCOPE ":convs" },
        { MZ_KEY_RUNS, "", "mitzu:{11}:" SCOPE ":runs" },
        { MZ_KEY_CONV, CID, "mitzu:{11}:" SCOPE ":conv:" CID },
        { MZ_KEY_TURNS, CID, "mitzu:{11}:" SCOPE ":conv:" CID ":turns" },
        { MZ_KEY_RUN, PID, "mitzu:{11}:" SCOPE ":run:" PID },
        { MZ_KEY_EVENTS, PID, "mitzu:{11}:" SCOPE ":run:" PID ":events" },
        { MZ_KEY_ARTIFACTS, "", "mitzu:{11}:" SCOPE ":artifacts" },
        { MZ_KEY_ARTIFACT, AID, "mitzu:{11}:" SCOPE ":artifact:" AID },
        { MZ_KEY_CHUNK, AID, "mitzu:{11}:" SCOPE ":artifact:" AID ":9999" },
        { MZ_KEY_ASK, QID, "mitzu:{11}:" SCOPE ":ask:" QID },
        { MZ_KEY_SESSION, SID, "mitzu:{11}:" SCOPE ":session:" SID },
        { MZ_KEY_SUBS, SID, "mitzu:{11}:" SCOPE ":session:" SID ":subs" },
        { MZ_KEY_CHANNEL_CONTROL, "", "mitzu:control" },
        { MZ_KEY_CHANNEL_RUN, PID, "mitzu:run:" PID },
        { MZ_KEY_CHANNEL_RUN, QID, "mitzu:run:" QID },
        { MZ_KEY_CHANNEL_CANCEL, PID, "mitzu:cancel:" PID }
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        mz_key(&key, &conf, rows[i].kind, 5, mz_str(SCOPE), rows[i].id, 9999);
        CHECK_STR(mz_key_str(&key), rows[i].want);
        CHECK(key.s[key.len] == '\0');
    }
}


/* The longest name fits; what is too long is cut, not written past. */
static void
test_key_bounds(void)
{
    char             big[400];
    mz_key_t         key;
    mz_store_conf_t  c;

    memset(&c, 0, sizeof(c));
    memset(c.prefix, 'x', MZ_STORE_PREFIX_MAX);
    c.partitions = MZ_STORE_PARTITIONS_MAX;
    memset(big, 'a', sizeof(big));
    big[sizeof(big) - 1] = '\0';

    mz_key(&key, &c, MZ_KEY_CHUNK, 0, mz_str(SCOPE), AID, 4294967295u);
    CHECK(mz_str_has_suffix(mz_key_str(&key), mz_str(":4294967295")));
    mz_key(&key, &c, MZ_KEY_SUBS, 0, mz_str(SCOPE), SID, 0);
    CHECK(mz_str_has_suffix(mz_key_str(&key), mz_str(SID ":subs")));

    mz_key(&key, &c, MZ_KEY_TURNS, 0, mz_str_from(big), big, 0);
    CHECK(key.len == MZ_KEY_MAX - 1 && key.s[key.len] == '\0');
    mz_key(&key, &c, MZ_KEY_JOBS, 4294967295u, mz_null_str, NULL, 0);
    CHECK(mz_str_has_suffix(mz_key_str(&key), mz_str(":{95}:jobs")));
}


static void
test_resp(void)
{
    mz_cmds_t  c;
    mz_str_t   argv[3];

    mz_cmds_init(&c);
    CHECK(c.n == 0 && c.buf.len == 0 && !c.is_bulk);

    argv[0] = mz_str("SET");
    argv[1] = mz_str("%s%n");
    argv[2] = mz_str("a\0\r\n$3\xff");
    mz_cmds_add(&c, 3, argv);
    CHECK(c.n == 1);
    CHECK(mz_str_eq(mz_buf_view(&c.buf), mz_str(
          "*3\r\n$3\r\nSET\r\n$4\r\n%s%n\r\n$7\r\na\0\r\n$3\xff\r\n")));

    argv[0] = mz_str("");
    argv[1] = mz_null_str;
    mz_cmds_reset(&c);
    c.is_bulk = true;
    mz_cmds_reset(&c);
    CHECK(c.n == 0 && !c.is_bulk);
    mz_cmds_add(&c, 2, argv);
    CHECK_STR(mz_buf_view(&c.buf), "*2\r\n$0\r\n\r\n$0\r\n\r\n");

    mz_cmds_free(&c);
}


/* A pipeline has a bound, and says so once. */
static void
test_limit(void)
{
    char       *big;
    size_t      i;
    mz_cmds_t   c;
    mz_str_t    argv[1];

    big = calloc(1, 4 * 1024 * 1024);
    CHECK(big != NULL);
    mz_cmds_init(&c);
    argv[0] = (mz_str_t) { big, 4 * 1024 * 1024 };

    for (i = 0; i < 20; i++) {
        mz_cmds_add(&c, 1, argv);
    }

    CHECK(c.buf.rc == MZ_LIMIT && c.buf.len <= MZ_CMDS_MAX);
    mz_cmds_reset(&c);
    CHECK(c.buf.rc == MZ_OK);
    mz_cmds_free(&c);
    free(big);
}


static void
test_script(void)
{
    char       want[512];
    mz_cmds_t  c;
    mz_str_t   keys[2], args[1];

    mz_cmds_init(&c);
    keys[0] = mz_str("k1");
    keys[1] = mz_str("k2");
    args[0] = mz_str("x y");
    mz_cmds_add_script(&c, MZ_SCRIPT_RENEW, 2, keys, 1, args);
    snprintf(want, sizeof(want), "*6\r\n$7\r\nEVALSHA\r\n$40\r\n%s\r\n"
             "$1\r\n2\r\n$2\r\nk1\r\n$2\r\nk2\r\n$3\r\nx y\r\n",
             mz_scripts[MZ_SCRIPT_RENEW].sha1);
    CHECK_STR(mz_buf_view(&c.buf), want);
    CHECK(c.n == 1);

    mz_cmds_reset(&c);
    mz_cmds_add_load(&c);
    CHECK(c.n == MZ_SCRIPTS && c.buf.rc == MZ_OK);
    mz_cmds_free(&c);
}


/* The table is in the order of the enum, and each has the common part. */
static void
test_scripts(void)
{
    size_t    i;
    mz_str_t  source;

    static const char *const  names[MZ_SCRIPTS] = {
        [MZ_SCRIPT_SUBMIT] = "submit", [MZ_SCRIPT_CLAIM] = "claim",
        [MZ_SCRIPT_RENEW] = "renew", [MZ_SCRIPT_EVENT] = "event",
        [MZ_SCRIPT_CHUNK] = "chunk", [MZ_SCRIPT_ARTIFACT] = "artifact",
        [MZ_SCRIPT_FINISH] = "finish", [MZ_SCRIPT_CANCEL] = "cancel",
        [MZ_SCRIPT_SWEEP] = "sweep", [MZ_SCRIPT_HANDBACK] = "handback",
        [MZ_SCRIPT_TAKE] = "take", [MZ_SCRIPT_REQUEUE] = "requeue",
        [MZ_SCRIPT_DROP] = "drop", [MZ_SCRIPT_ADMIT] = "admit",
        [MZ_SCRIPT_RELEASE] = "release",
        [MZ_SCRIPT_ANSWER] = "answer", [MZ_SCRIPT_SUBSCRIBE] = "subscribe"
    };

    for (i = 0; i < MZ_SCRIPTS; i++) {
        CHECK_STR(mz_str_from(mz_scripts[i].name), names[i]);
        CHECK(strlen(mz_scripts[i].source) == mz_scripts[i].len);
        CHECK(strlen(mz_scripts[i].sha1) == 40);
        source = mz_str_from(mz_scripts[i].source);
        CHECK(mz_str_find(source, mz_str("local function run_end"), 0)
              != SIZE_MAX);
        CHECK(mz_str_find(source, mz_str_from(names[i]), 0) != SIZE_MAX);
    }
}


/* Arguments in the order that docs/worker-protocol.md says. */

static mz_cmds_t  cmds;

static void
add_submit(void)
{
    mz_submit_args_t  args;

    memset(&args, 0, sizeof(args));
    args.now_ms = 5;
    args.conv = cid;
    args.is_new = true;
    args.run = pid;
    args.prompt = mz_str(" hello\n");
    args.title = mz_str("Hi");
    args.attach_s = 60;
    args.retention_s = 100;
    args.trace = mz_str("t");
    mz_run_submit(&cmds, &conf, mz_str(SCOPE), &args);
}


static const mz_attempt_t  attempt = {
    .scope = { SCOPE, MZ_SCOPE_LEN }, .run = { PID }, .attempt = 3
};


static void
add_renew_held(void)
{
    mz_attempt_t  held;

    held = attempt;
    held.holder = mz_str("w:1");
    mz_worker_renew(&cmds, &conf, &held, 5, 30000);
}


static void
add_take(void)
{
    mz_job_t  job;

    memset(&job, 0, sizeof(job));
    job.part = 7;
    snprintf(job.entry.s, sizeof(job.entry.s), "7-1");
    mz_fair_take(&cmds, &conf, &job, 5, mz_str("w"), 30000, mz_str(SCOPE));
}


static void
add_claim(void)
{
    mz_worker_claim(&cmds, &conf, mz_str(SCOPE), &pid, 5, mz_str("w"), 30000);
}


static void
add_renew(void)
{
    mz_worker_renew(&cmds, &conf, &attempt, 5, 30000);
}


static void
add_event(void)
{
    mz_worker_event(&cmds, &conf, &attempt, 5, mz_str("ph"), mz_str("te"),
                    mz_str("{}"));
}


static void
add_chunk(void)
{
    mz_worker_chunk(&cmds, &conf, &attempt, &aid, 7, mz_str("bytes"));
}


static void
add_artifact(void)
{
    static const mz_field_t  fields[] = {
        { mz_str("kind"), mz_str("json") }, { mz_str("name"), mz_str("n") }
    };

    mz_worker_artifact(&cmds, &conf, &attempt, 5, &aid, 2, fields, 2);
}


static void
add_finish(void)
{
    mz_finish_t  f = { MZ_RUN_FAILED, mz_str("a"), mz_str("r"), mz_str("s"),
                       mz_str("e") };

    mz_worker_finish(&cmds, &conf, &attempt, 5, &f);
}


static void
add_cancel(void)
{
    mz_run_cancel(&cmds, &conf, mz_str(SCOPE), &pid, 5, mz_str("why"));
}


static void
add_handback(void)
{
    mz_worker_handback(&cmds, &conf, &attempt, 5, 30000);
}


static void
add_sweep(void)
{
    mz_queue_sweep(&cmds, &conf, 3, 5, 100, 30000);
}


static void
add_get(void)
{
    mz_run_get(&cmds, &conf, mz_str(SCOPE), &pid);
}


static void
add_events(void)
{
    mz_run_events(&cmds, &conf, mz_str(SCOPE), &pid, 7, 50);
}


static void
add_all_events(void)
{
    mz_run_events(&cmds, &conf, mz_str(SCOPE), &pid, -1, 50);
}


static void
add_turns(void)
{
    mz_conv_turns(&cmds, &conf, mz_str(SCOPE), &cid, 4);
}


static void
add_list(void)
{
    mz_artifact_list(&cmds, &conf, mz_str(SCOPE), 20, 10);
}


static void
add_odd_list(void)
{
    mz_artifact_list(&cmds, &conf, mz_str(SCOPE), INT64_MAX, INT64_MAX);
}


static void
add_poll(void)
{
    mz_queue_t  q;

    mz_queue_init(&q, &conf);
    q.part = 2;
    mz_queue_poll(&q, &cmds, mz_str("w"));
}


static void
add_wait(void)
{
    mz_queue_t       q;
    mz_store_conf_t  two = { "m", 2 };

    mz_queue_init(&q, &two);
    mz_queue_wait(&q, &cmds, 5000);
}


#define BASE   "mitzu:{11}"
#define ROOT   "mitzu:{11}:" SCOPE
#define BASES  "2|" BASE "|" ROOT "|"

/* SHA-256 of "hello" */
#define HELLO  "2cf24dba5fb0a30e26e83b2ac5b9e29e"                             \
               "1b161e5c1fa7425e73043362938b9824"

typedef struct {
    void        (*add)(void);
    const char   *words;        /* separated by | */
} command_t;

static const command_t  commands[] = {
    { add_submit, "EVALSHA|submit|" BASES "5|" CID "|1|" PID "|hello|Hi|0|"
                  HELLO "|60|100|2|30000|t|" SCOPE "|0|0|0|0|0|1" },
    { add_claim, "EVALSHA|claim|" BASES "5|" PID "|w|30000" },
    { add_renew, "EVALSHA|renew|" BASES "5|" PID "|3|30000" },
    { add_renew_held, "EVALSHA|renew|" BASES "5|" PID "|3@w:1|30000" },
    { add_take, "EVALSHA|take|1|mitzu:{07}|5|w|30000|7-1|" SCOPE },
    { add_event, "EVALSHA|event|" BASES "5|" PID "|3|ph|te|{}" },
    { add_chunk, "EVALSHA|chunk|" BASES PID "|3|" AID "|7|bytes" },
    { add_artifact, "EVALSHA|artifact|" BASES "5|" PID "|3|" AID
                    "|2|kind|json|name|n" },
    { add_finish, "EVALSHA|finish|" BASES "5|" PID "|3|failed|a|r|s|e" },
    { add_cancel, "EVALSHA|cancel|" BASES "5|" PID "|why" },
    { add_handback, "EVALSHA|handback|" BASES "5|" PID "|3|30000" },
    { add_sweep, "EVALSHA|sweep|1|mitzu:{03}|5|100|30000|86400000" },
    { add_get, "HGETALL|" ROOT ":run:" PID },
    { add_events, "XRANGE|" ROOT ":run:" PID ":events|8|+|COUNT|50" },
    { add_all_events, "XRANGE|" ROOT ":run:" PID ":events|1|+|COUNT|50" },
    { add_turns, "XREVRANGE|" ROOT ":conv:" CID ":turns|+|-|COUNT|4" },
    { add_list, "ZREVRANGE|" ROOT ":artifacts|20|29|WITHSCORES|"
                "ZCARD|" ROOT ":artifacts" },
    { add_odd_list, "ZREVRANGE|" ROOT ":artifacts|9223372036854775807|"
                    "9223372036854775806|WITHSCORES|ZCARD|" ROOT
                    ":artifacts" },
    { add_poll, "XREADGROUP|GROUP|agents|w|COUNT|1|STREAMS|mitzu:{02}:jobs|"
                ">" },
    { add_wait, "XREAD|COUNT|1|BLOCK|5000|STREAMS|m:{00}:jobs|m:{01}:jobs|"
                "0-0|0-0" }
};


/* The arguments of RESP commands joined by '|', scripts by their names. */
static void
join(mz_str_t resp, mz_buf_t *out)
{
    size_t       pos, i;
    int64_t      len;
    const char  *name;
    mz_str_t     word, line;

    for (pos = 0; pos < resp.len; /* void */ ) {
        line.data = resp.data + pos + 1;
        line.len = mz_str_find(resp, mz_str("\r\n"), pos) - pos - 1;
        pos += line.len + 3;

        if (line.data[-1] != '$' || mz_str_to_int(line, &len) != MZ_OK) {
            continue;
        }

        word = (mz_str_t) { resp.data + pos, (size_t) len };
        pos += (size_t) len + 2;

        for (i = 0, name = NULL; i < MZ_SCRIPTS; i++) {
            if (mz_str_eq_c(word, mz_scripts[i].sha1)) {
                name = mz_scripts[i].name;
            }
        }

        if (out->len) {
            mz_buf_add_char(out, '|');
        }

        mz_buf_add_str(out, name ? mz_str_from(name) : word);
    }
}


static void
test_commands(void)
{
    size_t    i;
    mz_buf_t  words;

    mz_cmds_init(&cmds);
    mz_buf_init(&words, 0);

    for (i = 0; i < MZ_ARRAY_LEN(commands); i++) {
        mz_cmds_reset(&cmds);
        mz_buf_reset(&words);
        commands[i].add();
        join(mz_buf_view(&cmds.buf), &words);
        CHECK_STR(mz_buf_view(&words), commands[i].words);
    }

    mz_cmds_free(&cmds);
    mz_buf_free(&words);
}


static void
test_too_many_fields(void)
{
    mz_field_t  fields[MZ_WORKER_FIELDS_MAX + 1];

    memset(fields, 0, sizeof(fields));
    mz_cmds_init(&cmds);
    mz_worker_artifact(&cmds, &conf, &attempt, 1, &aid, 1, fields,
                       MZ_WORKER_FIELDS_MAX);
    CHECK(cmds.buf.rc == MZ_OK && cmds.n == 1);
    CHECK(mz_str_has_prefix(mz_buf_view(&cmds.buf), mz_str("*74\r\n")));
    mz_worker_artifact(&cmds, &conf, &attempt, 1, &aid, 1, fields,
                       MZ_WORKER_FIELDS_MAX + 1);
    CHECK(cmds.buf.rc == MZ_LIMIT && cmds.n == 1);
    mz_cmds_free(&cmds);
}


static void
test_conf(void)
{
    size_t           i;
    mz_rc_t          rc;
    mz_err_t         err;
    mz_store_conf_t  c;

    static const struct {
        const char  *prefix;
        unsigned     partitions;
        mz_rc_t      want;
    } rows[] = {
        { "mitzu", 16, MZ_OK },
        { "A-z_0.9", 1, MZ_OK },
        { "m", 100, MZ_OK },
        { "", 16, MZ_INVALID },
        { "a:b", 16, MZ_INVALID },
        { "a{b", 16, MZ_INVALID },
        { "a b", 16, MZ_INVALID },
        { "caf\xc3\xa9", 16, MZ_INVALID },
        { "m", 0, MZ_INVALID },
        { "m", 101, MZ_INVALID }
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        memset(&c, 0, sizeof(c));
        snprintf(c.prefix, sizeof(c.prefix), "%s", rows[i].prefix);
        c.partitions = rows[i].partitions;
        rc = mz_meta_conf_check(&c, &err);
        CHECK_ROW(rc == rows[i].want, "row %zu", i);
    }

    memset(c.prefix, 'x', sizeof(c.prefix));
    CHECK(mz_meta_conf_check(&c, &err) == MZ_INVALID);
}


static const mz_test_t  tests[] = {
    { "partition of a scope", test_partition },
    { "names of keys", test_keys },
    { "names of keys stay in their bounds", test_key_bounds },
    { "RESP", test_resp },
    { "a pipeline is bounded", test_limit },
    { "EVALSHA", test_script },
    { "scripts are embedded in order", test_scripts },
    { "commands as documented", test_commands },
    { "too many fields", test_too_many_fields },
    { "prefix and partitions are checked", test_conf }
};

MZ_TEST_MAIN(tests)
