
/*
 * Decoders: replies made by hand, and replies of every wrong shape.  Each
 * reply is parsed from its bytes by hiredis' reader, as it is in life.
 */

#include "base/mz_str.h"
#include "store/ask.h"
#include "store/control.h"
#include "store/conv.h"
#include "store/meta.h"
#include "store/queue.h"
#include "store/reply.h"
#include "store/resp.h"
#include "store/worker.h"
#include "test.h"


#define SCOPE  "0000000b0123456789abcdef01234567"
#define PID    "p_aaaaaaaaaaaaaaaaaaaaaaaaaa"
#define CID    "c_aaaaaaaaaaaaaaaaaaaaaaaaaa"
#define AID    "a_aaaaaaaaaaaaaaaaaaaaaaaaaa"
#define SID    "0123456789abcdef0123456789abcdef"

static mz_store_conf_t  conf = { "mitzu", 16 };


/* --- the general part --- */

static void
test_access(void)
{
    redisReply  *r;

    r = make("('a' :7 '12' _ +OK ('x') '')");
    CHECK_STR(mz_reply_str(mz_reply_at(r, 0)), "a");
    CHECK(mz_reply_str(mz_reply_at(r, 1)).data == NULL);
    CHECK(mz_reply_int(mz_reply_at(r, 1), -5) == 7);
    CHECK(mz_reply_int(mz_reply_at(r, 2), -5) == 12);
    CHECK(mz_reply_int(mz_reply_at(r, 0), -5) == -5);
    CHECK(mz_reply_int(mz_reply_at(r, 3), -5) == -5);
    CHECK(mz_reply_int(mz_reply_at(r, 5), -5) == -5);
    CHECK(mz_reply_str(mz_reply_at(r, 3)).data == NULL);
    CHECK_STR(mz_reply_str(mz_reply_at(r, 4)), "OK");
    CHECK(mz_reply_str(mz_reply_at(r, 6)).data != NULL);
    CHECK(mz_reply_str(mz_reply_at(r, 6)).len == 0);
    CHECK(mz_reply_at(r, 7) == NULL);
    CHECK(mz_reply_at(mz_reply_at(r, 0), 0) == NULL);
    CHECK(mz_reply_at(NULL, 0) == NULL);
    CHECK(mz_reply_int(NULL, 3) == 3);
    mz_reply_free(r);
    mz_reply_free(NULL);

    r = make("('a' '1' 'b' :5 'ab' '3' 'c')");
    CHECK_STR(mz_reply_field(r, "a"), "1");
    CHECK(mz_reply_field(r, "b").data == NULL);
    CHECK_STR(mz_reply_field(r, "ab"), "3");
    CHECK(mz_reply_field(r, "c").data == NULL);
    CHECK(mz_reply_field(r, "3").data == NULL);
    CHECK(mz_reply_field(NULL, "a").data == NULL);
    mz_reply_free(r);
}


static void
test_errors(void)
{
    size_t       i;
    redisReply  *r;

    static const struct {
        const char  *text;
        bool         is_noscript;
        bool         is_unavailable;
    } rows[] = {
        { "-NOSCRIPT No matching script.", true, false },
        { "-READONLY You can't write against a read only replica.", false,
          true },
        { "-LOADING Redis is loading the dataset in memory", false, true },
        { "-MASTERDOWN Link with MASTER is down", false, true },
        { "-CLUSTERDOWN The cluster is down", false, true },
        { "-OOM command not allowed when used memory > 'maxmemory'.", false,
          true },
        { "-BUSY Redis is busy running a script.", false, true },
        { "-BUSYGROUP Consumer Group name already exists", false, false },
        { "-MISCONF Redis is configured to save RDB snapshots", false, true },
        { "-NOREPLICAS Not enough good replicas to write.", false, true },
        { "-UNBLOCKED force unblock from blocking operation", false, true },
        { "-ERR Error running script (call to f_1): @user_script:9: "
          "@user_script: 9: -OOM command not allowed when used memory",
          false, true },
        { "-ERR user_script:8: mitzu: argument 1 (now) is missing", false,
          false },
        { "-WRONGTYPE Operation against a key", false, false },
        { "-ERR", false, false },
        { "-", false, false },
        { "+READONLY really", false, false },
        { "'NOSCRIPT x'", false, false },
        { "_", false, false }
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        r = make(rows[i].text);
        CHECK_ROW(mz_reply_is_noscript(r) == rows[i].is_noscript, "%s",
                  rows[i].text);
        CHECK_ROW(mz_reply_is_unavailable(r) == rows[i].is_unavailable, "%s",
                  rows[i].text);
        mz_reply_free(r);
    }

    CHECK(!mz_reply_is_noscript(NULL) && !mz_reply_is_unavailable(NULL));
}


/* What Redis says may quote anything: it ends in a log. */
static void
test_error_text(void)
{
    size_t       i;
    mz_err_t     err;
    mz_run_t     run;
    redisReply  *r;

    r = parse(mz_str("-ERR a\tb\x1b[31m\xff c\r\n"));
    CHECK(r != NULL && mz_run_decode(r, &run, &err) == MZ_INTERNAL);
    CHECK_STR(mz_str_from(err.msg), "Redis refused: ERR a?b?[31m? c");
    mz_reply_free(r);

    CHECK(mz_run_decode(NULL, &run, &err) == MZ_UNAVAILABLE);

    for (i = 0; i < 2; i++) {
        char  big[2000];

        memset(big, 'x', sizeof(big));
        big[0] = '-';
        memcpy(big + sizeof(big) - 2, "\r\n", 2);
        r = parse((mz_str_t) { big, sizeof(big) });
        CHECK(mz_run_decode(r, &run, i ? &err : NULL) == MZ_INTERNAL);
        mz_reply_free(r);
    }
}


/* --- every decoder, as one signature --- */

static const char  *good[] = {
    [0] = "('running' '" CID "' '" PID "')",
    [1] = "('status' 'running' 'conv' '" CID "' 'attempt' '2')",
    [2] = "(('3-1' ('type' 'progress' 'at' '5')))",
    [3] = "('terminal' 'failed')",
    [4] = "('title' 't' 'active' '" PID "')",
    [5] = "'" PID "'",
    [6] = "(('1-0' ('role' 'assistant' 'text' 'x' 'run' '" PID "')))",
    [7] = "('id' '" AID "' 'kind' 'table' 'rows' '3')",
    [8] = "('" AID "' '17')",
    [9] = ":3",
    [10] = "'bytes'",
    [11] = "('claimed' :1 '" CID "' 'q' 't')",
    [12] = "(('mitzu:{11}:jobs' (('5-0' ('scope' '" SCOPE "' 'run' '" PID
           "')))))",
    [13] = "(('mitzu:{11}:jobs' (('5-0' ('scope' '" SCOPE "')))))",
    [14] = "('swept' :1 :2 :3)",
    [15] = "('w' '17')",
    [16] = "+OK",
    [17] = "('" SID "' '17')",
    [18] = "('ok')",
    [19] = "'{}'",
    [20] = "('ok')",
    [21] = "'info'",
    [22] = "('a:b')"
};

static mz_rc_t
decode(size_t which, const redisReply *r, mz_err_t *err)
{
    union {
        mz_submit_reply_t    submit;
        mz_run_t             run;
        mz_run_event_t       event;
        mz_run_status_t      status;
        mz_conv_t            conv;
        mz_conv_turn_t       turn;
        mz_id_t              id;
        mz_artifact_meta_t   meta;
        mz_artifact_entry_t  entry;
        int64_t              i;
        mz_str_t             s;
        mz_worker_reply_t    worker;
        mz_job_t             job;
        mz_swept_t           swept;
    } out;

    size_t       n;
    mz_rc_t      rc;
    mz_str_t     name;
    mz_queue_t   q;
    redisReply  *meta[MZ_META_REPLIES];

    mz_queue_init(&q, &conf);
    q.part = 11;

    switch (which) {

    case 0:
        return mz_run_submit_decode(r, &out.submit, err);

    case 1:
        return mz_run_decode(r, &out.run, err);

    case 2:
        rc = mz_run_events_decode(r, &n, err);
        return rc != MZ_OK || n == 0
               ? rc : mz_run_event_decode(r, n - 1, &out.event, err);

    case 3:
        return mz_run_cancel_decode(r, &out.status, err);

    case 4:
        return mz_conv_decode(r, &out.conv, err);

    case 5:
        return mz_conv_last_run_decode(r, &out.id, err);

    case 6:
        rc = mz_conv_turns_decode(r, &n, err);
        return rc != MZ_OK || n == 0
               ? rc : mz_conv_turn_decode(r, n - 1, &out.turn, err);

    case 7:
        return mz_artifact_decode(r, &out.meta, err);

    case 8:
        rc = mz_artifact_list_decode(r, &n, err);
        return rc != MZ_OK || n == 0
               ? rc : mz_artifact_entry_decode(r, n - 1, &out.entry, err);

    case 9:
        return mz_artifact_total_decode(r, &out.i, err);

    case 10:
        return mz_artifact_chunk_decode(r, &out.s, err);

    case 11:
        return mz_worker_decode(r, &out.worker, err);

    case 12:
        return mz_queue_poll_decode(&q, r, &out.job, err);

    case 13:
        return mz_queue_wait_decode(&q, r, err);

    case 14:
        return mz_queue_sweep_decode(r, &out.swept, err);

    case 15:
        return mz_meta_last_beat_decode(r, &out.i, err);

    case 16:
        return mz_queue_create_decode(r, err);

    case 17:
        rc = mz_control_ended_decode(r, &n, err);

        if (rc == MZ_OK && n > 0
            && mz_control_ended_at(r, n - 1, &name, &out.i) != MZ_OK)
        {
            return mz_fail(err, MZ_INTERNAL, "not a session");
        }

        return rc;

    case 18:
        return mz_ask_answer_decode(r, err);

    case 19:
        rc = mz_ask_read_decode(r, &out.s, err);
        return rc == MZ_AGAIN ? MZ_NOT_FOUND : rc;

    case 20:
        return mz_session_subscribe_decode(r, err);

    case 21:
        return mz_session_level_decode(r, &out.s, err);

    case 22:
        return mz_session_subscriptions_decode(r, &n, err);

    default:
        for (n = 0; n < MZ_META_REPLIES; n++) {
            meta[n] = (redisReply *) r;
        }

        return mz_meta_decode(&conf, meta, NULL, err);
    }
}

#define META      MZ_ARRAY_LEN(good)
#define DECODERS  (META + 1)


static void
test_good(void)
{
    size_t       i;
    mz_rc_t      rc;
    mz_err_t     err = { 0 };
    redisReply  *r;

    for (i = 0; i < MZ_ARRAY_LEN(good); i++) {
        r = make(good[i]);
        rc = decode(i, r, &err);
        CHECK_ROW(rc == MZ_OK, "decoder %zu: %s", i, err.msg);
        mz_reply_free(r);
    }
}


static const char *const  hostile[] = {
    "_", ":0", ":-9223372036854775808", "''", "'x'", "+OK", "-ERR x",
    "-READONLY x", "-NOGROUP x", "-BUSYGROUP x", "()", "(())", "((()))",
    "(((((()))))))", "(_)", "(_ _ _ _ _)", "(:1)", "(:1 :2 :3 :4 :5)",
    "(() () () ())", "('running')", "('running' '" PID "' '" CID "')",
    "('running' :1 :2)", "('busy' _ _)", "('ok' 'x')", "('terminal')",
    "('terminal' 'running')", "('terminal' :3)", "('superseded')",
    "('superseded' :-1)", "('incomplete' 'x')", "('claimed' :0 '" CID "')",
    "('claimed' :1 '" PID "')", "('claimed')", "('swept' :1)", "('swept')",
    "('status')", "('status' 'gone' 'conv' '" CID "')",
    "('status' 'running')", "('status' :1 'conv' '" CID "')",
    "('id' 'a_x' 'kind' 'table')",
    "('id' '" AID "' 'kind' 'table' 'rows' '-1')",
    "('id' '" AID "' 'kind' 'table' 'chunks' '999999999')",
    "('id' '" AID "')", "(('x-1' ()))", "(('1' ()))", "(('1-1' _))",
    "(('1-1' 'x'))", "(('-1-1' ('type' 'end')))", "(('1-1' ('type')))",
    "(('99999999999999999999-1' ('type' 'end')))", "(('1-1' ()))",
    "(('1-0' ('role' 'system')))", "((_ _))", "((:1 :2))",
    "(('mitzu:{11}:jobs'))", "(('mitzu:{11}:jobs' ()))",
    "(('mitzu:{11}:jobs' (('x' ()))))", "(('mitzu:{11}:jobs' ((:1 ()))))",
    "(('mitzu:{99}:jobs' (('1-1' ()))))", "(('x' (('1-1' ()))))",
    "(('mitzu:{11}:jobs' ((_ ('scope' '" SCOPE "' 'run' '" PID "')))))"
};


/* No crash, and no success that is none; every error has words. */
static void
test_hostile(void)
{
    size_t       i, k;
    mz_rc_t      rc;
    mz_err_t     err;
    redisReply  *r;

    for (k = 0; k < MZ_ARRAY_LEN(hostile); k++) {
        for (i = 0; i < DECODERS; i++) {
            r = make(hostile[k]);
            memset(&err, 0, sizeof(err));
            rc = decode(i, r, &err);
            CHECK_ROW(rc == MZ_OK || rc == MZ_NOT_FOUND || err.msg[0],
                      "decoder %zu, %s", i, hostile[k]);
            CHECK_ROW(rc != MZ_OK || r->type != REDIS_REPLY_ERROR
                      || strncmp(r->str, "BUSYGROUP", 9) == 0,
                      "decoder %zu, %s", i, hostile[k]);
            mz_reply_free(r);
        }
    }

    for (i = 0; i < DECODERS; i++) {
        CHECK_ROW(decode(i, NULL, &err) == MZ_UNAVAILABLE, "decoder %zu", i);
    }
}


/* Those that must not be taken for an answer. */
static void
test_refused(void)
{
    size_t       i;
    mz_rc_t      rc;
    redisReply  *r;

    static const struct {
        size_t       which;
        const char  *text;
        mz_rc_t      want;
    } rows[] = {
        { 0, "('running' '" PID "' '" CID "')", MZ_INTERNAL },
        { 0, "('accepted' '" CID "' '" PID "')", MZ_INTERNAL },
        { 0, "('no_conversation')", MZ_OK },
        { 1, "()", MZ_NOT_FOUND },
        { 1, "('status' 'done' 'conv' '" CID "')", MZ_INTERNAL },
        { 1, "('status' 'running')", MZ_INTERNAL },
        { 2, "()", MZ_OK },
        { 2, "(('1-1' ('at' '5')))", MZ_INTERNAL },
        { 2, "(('1' ('type' 'end')))", MZ_INTERNAL },
        { 3, "('gone')", MZ_NOT_FOUND },
        { 3, "('cancelled')", MZ_OK },
        { 3, "('terminal' 'x')", MZ_INTERNAL },
        { 3, "('ok')", MZ_INTERNAL },
        { 4, "()", MZ_NOT_FOUND },
        { 5, "_", MZ_NOT_FOUND },
        { 5, "''", MZ_INTERNAL },
        { 5, "'" CID "'", MZ_INTERNAL },
        { 6, "(('1-0' ('role' 'system')))", MZ_INTERNAL },
        { 7, "()", MZ_NOT_FOUND },
        { 7, "('id' '" AID "' 'kind' 'table' 'bytes' '-2')", MZ_INTERNAL },
        { 8, "('" PID "' '1')", MZ_INTERNAL },
        { 9, "'3'", MZ_INTERNAL },
        { 9, ":-1", MZ_INTERNAL },
        { 10, "_", MZ_NOT_FOUND },
        { 10, ":1", MZ_INTERNAL },
        { 11, "('ok')", MZ_OK },
        { 11, "('leased')", MZ_OK },
        { 11, "('terminal' 'queued')", MZ_INTERNAL },
        { 11, "('superseded' 'x')", MZ_INTERNAL },
        { 11, "-READONLY x", MZ_UNAVAILABLE },
        { 12, "_", MZ_NOT_FOUND },
        { 12, "-NOGROUP No such key", MZ_AGAIN },
        { 12, "(('mitzu:{11}:jobs' (('5-0' _))))", MZ_INVALID },
        { 12, "(('mitzu:{11}:jobs' (('5-0' ('scope' '" SCOPE "')))))",
          MZ_INVALID },
        { 12, "(('k' (('5-0' ('scope' '0000000C0123456789abcdef01234567' "
              "'run' '" PID "')))))", MZ_INVALID },
        { 12, "(('k' (('5-0' ('scope' '0000000c0123456789abcdef01234567' "
              "'run' '" PID "')))))", MZ_INVALID },
        { 12, "(('k' (('5-0' ('scope' '" SCOPE "0' 'run' '" PID "')))))",
          MZ_INVALID },
        { 12, "(('k' (('5;0' ('scope' '" SCOPE "' 'run' '" PID "')))))",
          MZ_INTERNAL },
        { 13, "_", MZ_NOT_FOUND },
        { 13, "()", MZ_INTERNAL },
        { 13, "(('mitzu:{99}:jobs' (('1-1' ()))))", MZ_INTERNAL },
        { 15, "()", MZ_OK },
        { 16, "-BUSYGROUP exists", MZ_OK },
        { 16, "-ERR no", MZ_INTERNAL },
        { 17, "()", MZ_OK },
        { 17, "('" SID "0' '17')", MZ_INTERNAL },
        { 17, "('" SID "' '-1')", MZ_INTERNAL },
        { 17, "('" SID "' _)", MZ_INTERNAL },
        { 18, "('none')", MZ_NOT_FOUND },
        { 18, "('OK')", MZ_INTERNAL },
        { 18, "+ok", MZ_INTERNAL },
        { 19, "''", MZ_NOT_FOUND },
        { 19, "_", MZ_NOT_FOUND },
        { 19, ":1", MZ_INTERNAL },
        { 20, "('full')", MZ_LIMIT },
        { 20, "('none')", MZ_INTERNAL },
        { 21, "_", MZ_OK },
        { 21, ":1", MZ_INTERNAL },
        { 22, "()", MZ_OK },
        { 22, "_", MZ_INTERNAL },
        { META, "('2' '16')", MZ_OK },
        { META, "('1' '16')", MZ_INVALID },
        { META, "('3' '16')", MZ_INVALID },
        { META, "('1' '8')", MZ_INVALID },
        { META, "(_ _)", MZ_INTERNAL },
        { META, "-LOADING x", MZ_UNAVAILABLE }
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        r = make(rows[i].text);
        rc = decode(rows[i].which, r, NULL);
        CHECK_ROW(rc == rows[i].want, "decoder %zu, %s: %d", rows[i].which,
                  rows[i].text, rc);
        mz_reply_free(r);
    }
}


/* Every truncation and every changed type byte of good replies. */
static void
test_mutations(void)
{
    size_t       i, pos, k;
    mz_buf_t     resp, copy;
    redisReply  *r;
    const char  *text;

    mz_buf_init(&resp, 0);
    mz_buf_init(&copy, 0);

    for (i = 0; i < MZ_ARRAY_LEN(good); i++) {
        mz_buf_reset(&resp);
        text = good[i];
        to_resp(&text, &resp);

        for (pos = 0; pos < resp.len; pos++) {
            for (k = 0; k < 5; k++) {
                mz_buf_reset(&copy);
                mz_buf_add_str(&copy, mz_buf_view(&resp));
                copy.data[pos] = "*:-_0"[k];
                r = parse(mz_buf_view(&copy));

                if (r) {
                    (void) decode(i, r, NULL);
                    mz_reply_free(r);
                }
            }
        }
    }

    mz_buf_free(&resp);
    mz_buf_free(&copy);
}


/* --- values --- */

static void
test_run_values(void)
{
    mz_run_t     run;
    redisReply  *r;

    r = make("('status' 'failed' 'conv' '" CID "' 'attempt' '2' "
             "'max_attempts' '3' 'seq' '9' 'created' '1' 'started' '2' "
             "'updated' '3' 'finished' '4' 'lease' '5' 'retention' '6' "
             "'cancel' '1' 'prompt' 'q' 'worker' 'w' 'phase' 'p' 'answer' "
             "'a' 'result' '{}' 'error' '{e}' 'trace' '' 'more' 'x')");
    CHECK(mz_run_decode(r, &run, NULL) == MZ_OK);
    CHECK(run.status == MZ_RUN_FAILED && run.attempt == 2);
    CHECK(run.max_attempts == 3 && run.seq == 9 && run.created_ms == 1);
    CHECK(run.started_ms == 2 && run.updated_ms == 3);
    CHECK(run.finished_ms == 4 && run.lease_ms == 5 && run.retention_s == 6);
    CHECK(run.is_cancelled);
    CHECK_STR(mz_str_from(run.conv.s), CID);
    CHECK_STR(run.prompt, "q");
    CHECK_STR(run.worker, "w");
    CHECK_STR(run.phase, "p");
    CHECK_STR(run.answer, "a");
    CHECK_STR(run.result, "{}");
    CHECK_STR(run.error, "{e}");
    CHECK(run.trace.data != NULL && run.trace.len == 0);
    mz_reply_free(r);

    r = make("('status' 'queued' 'conv' '" CID "' 'attempt' 'many' 'seq' "
             "'99999999999999999999' 'prompt' :1)");
    CHECK(mz_run_decode(r, &run, NULL) == MZ_OK);
    CHECK(run.attempt == 0 && run.seq == 0 && run.prompt.data == NULL);
    CHECK(run.answer.data == NULL && !run.is_cancelled);
    mz_reply_free(r);
}


static void
test_status_names(void)
{
    size_t           i;
    mz_run_status_t  status;

    for (i = MZ_RUN_QUEUED; i <= MZ_RUN_LOST; i++) {
        CHECK(mz_run_status_parse(
                  mz_str_from(mz_run_status_name((mz_run_status_t) i)),
                  &status) == MZ_OK);
        CHECK(status == (mz_run_status_t) i);
        CHECK(mz_run_status_is_terminal(status) == (i >= 2));
    }

    CHECK(mz_run_status_parse(mz_str("Queued"), &status) == MZ_INVALID);
    CHECK(mz_run_status_parse(mz_null_str, &status) == MZ_INVALID);
    CHECK_STR(mz_str_from(mz_run_status_name((mz_run_status_t) 99)),
              "unknown");
}


static void
test_conv_values(void)
{
    mz_conv_t       conv;
    redisReply     *r;
    mz_conv_turn_t  turn;

    r = make("('title' 'T' 'created' '1' 'updated' '2' 'turns' '3' 'active' "
             "'' 'last_run' '" PID "')");
    CHECK(mz_conv_decode(r, &conv, NULL) == MZ_OK);
    CHECK_STR(conv.title, "T");
    CHECK(conv.created_ms == 1 && conv.updated_ms == 2 && conv.turns == 3);
    CHECK(conv.active.s[0] == '\0');
    CHECK_STR(mz_str_from(conv.last_run.s), PID);
    mz_reply_free(r);

    r = make("(('5-1' ('role' 'assistant' 'text' 'hi' 'run' '" PID "' 'at' "
             "'17' 'spec' '{}')))");
    CHECK(mz_conv_turn_decode(r, 0, &turn, NULL) == MZ_OK);
    CHECK(turn.role == MZ_CONV_ASSISTANT && turn.at_ms == 17);
    CHECK_STR(turn.text, "hi");
    CHECK_STR(turn.spec, "{}");
    CHECK_STR(mz_str_from(turn.run.s), PID);
    CHECK(mz_conv_turn_decode(r, 1, &turn, NULL) == MZ_INTERNAL);
    mz_reply_free(r);
}


static void
test_queue_turns(void)
{
    size_t       i;
    mz_job_t     job;
    mz_queue_t   q;
    redisReply  *r;

    mz_queue_init(&q, &conf);
    r = make("_");

    for (i = 0; i < 2 * conf.partitions; i++) {
        CHECK(q.part == i % conf.partitions);
        CHECK(mz_queue_poll_decode(&q, r, &job, NULL) == MZ_NOT_FOUND);
        CHECK(job.part == i % conf.partitions);
    }

    mz_reply_free(r);

    /* Errors do not skip a partition. */

    r = make("-LOADING x");
    CHECK(mz_queue_poll_decode(&q, r, &job, NULL) == MZ_UNAVAILABLE);
    CHECK(q.part == 0);
    mz_reply_free(r);

    /* Of several the next in turn. */

    q.part = 9;
    r = make("(('mitzu:{02}:jobs' (('7-0' ()))) "
             "('mitzu:{12}:jobs' (('8-1' ()))) "
             "('mitzu:{15}:jobs' (('9-0' ()))))");
    CHECK(mz_queue_wait_decode(&q, r, NULL) == MZ_OK);
    CHECK(q.part == 12);
    CHECK_STR(mz_str_from(q.seen[12].s), "8-1");
    CHECK_STR(mz_str_from(q.seen[2].s), "0-0");
    CHECK_STR(mz_str_from(q.seen[15].s), "0-0");
    q.part = 13;
    CHECK(mz_queue_wait_decode(&q, r, NULL) == MZ_OK && q.part == 15);
    q.part = 0;
    CHECK(mz_queue_wait_decode(&q, r, NULL) == MZ_OK && q.part == 2);
    mz_reply_free(r);
}


static const mz_test_t  tests[] = {
    { "access to replies", test_access },
    { "error replies", test_errors },
    { "words of errors", test_error_text },
    { "good replies", test_good },
    { "every decoder with every odd reply", test_hostile },
    { "replies that are refused", test_refused },
    { "mutated replies", test_mutations },
    { "a run's values", test_run_values },
    { "names of states", test_status_names },
    { "a conversation's values", test_conv_values },
    { "partitions take turns", test_queue_turns }
};

MZ_TEST_MAIN(tests)
