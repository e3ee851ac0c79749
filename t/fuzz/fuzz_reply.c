
/*
 * fuzz_reply: bytes from Redis, through hiredis' reader as in life, then
 * through every decoder of src/store: whatever shape a reply has, they touch
 * only what is there and give what they promise.
 */

#include "auth/session.h"
#include "fuzz.h"
#include "store/admit.h"
#include "store/artifact.h"
#include "store/ask.h"
#include "store/control.h"
#include "store/conv.h"
#include "store/fair.h"
#include "store/meta.h"
#include "store/queue.h"
#include "store/run.h"
#include "store/worker.h"


#define FUZZ_REPLIES   8
#define FUZZ_COUNT_MAX 5        /* digits of an array's size */

static void fuzz_decode(const redisReply *r);
static void fuzz_run(const redisReply *r);
static void fuzz_conv(const redisReply *r);
static void fuzz_artifact(const redisReply *r);
static void fuzz_worker(const redisReply *r);
static void fuzz_queue(const redisReply *r);
static void fuzz_take(const redisReply *r);
static void fuzz_admit(const redisReply *r);
static void fuzz_turn(redisReply *const *replies);
static void fuzz_session(const redisReply *r);
static void fuzz_general(const redisReply *r);
static bool fuzz_rc(mz_rc_t rc, mz_err_t *err);
static void fuzz_id(const mz_id_t *id, char kind, bool may_be_empty);
static bool fuzz_is_sane(mz_str_t in);


static const mz_store_conf_t  fuzz_conf = { "mitzu", 16 };
static const mz_store_conf_t  fuzz_few = { "mitzu", 2 };


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    void         *r;
    size_t        i, n;
    mz_err_t      err;
    mz_str_t      in;
    redisReply   *replies[FUZZ_REPLIES];
    redisReader  *reader;

    in = (mz_str_t) { (const char *) data, size };

    if (!fuzz_is_sane(in)) {
        return 0;
    }

    reader = redisReaderCreate();
    if (reader == NULL || redisReaderFeed(reader, in.data, in.len) != REDIS_OK)
    {
        redisReaderFree(reader);
        return 0;
    }

    memset(replies, 0, sizeof(replies));

    for (n = 0; n < FUZZ_REPLIES; n++) {
        r = NULL;

        if (redisReaderGetReply(reader, &r) != REDIS_OK || r == NULL) {
            break;
        }

        replies[n] = r;
        fuzz_decode(r);
    }

    (void) fuzz_rc(mz_meta_decode(&fuzz_conf, replies, NULL, &err), &err);
    fuzz_turn(replies);

    for (i = 0; i < n; i++) {
        mz_reply_free(replies[i]);
    }

    redisReaderFree(reader);

    return 0;
}


static void
fuzz_decode(const redisReply *r)
{
    fuzz_run(r);
    fuzz_conv(r);
    fuzz_artifact(r);
    fuzz_worker(r);
    fuzz_queue(r);
    fuzz_take(r);
    fuzz_admit(r);
    fuzz_session(r);
    fuzz_general(r);
}


static void
fuzz_run(const redisReply *r)
{
    bool               has_ids;
    size_t             i, n;
    mz_err_t           err;
    mz_run_t           run;
    mz_run_event_t     ev;
    mz_run_status_t    status;
    mz_submit_reply_t  submit;

    if (fuzz_rc(mz_run_submit_decode(r, &submit, &err), &err)) {
        has_ids = submit.outcome < MZ_SUBMIT_NO_CONVERSATION;
        fuzz_id(&submit.conv, MZ_ID_CONV, !has_ids);
        fuzz_id(&submit.run, MZ_ID_RUN, !has_ids);
        FUZZ_HOLD(submit.wait_ms >= 0 && (submit.wait_ms == 0
                  || submit.outcome == MZ_SUBMIT_LIMITED), "%lld",
                  (long long) submit.wait_ms);
    }

    if (fuzz_rc(mz_run_decode(r, &run, &err), &err)) {
        FUZZ_HOLD(mz_run_status_name(run.status) != NULL, "%d",
                  (int) run.status);
        fuzz_id(&run.conv, MZ_ID_CONV, true);
        (void) (fuzz_touch(run.prompt) + fuzz_touch(run.worker)
                + fuzz_touch(run.phase) + fuzz_touch(run.answer)
                + fuzz_touch(run.result) + fuzz_touch(run.error)
                + fuzz_touch(run.trace));
    }

    if (fuzz_rc(mz_run_events_decode(r, &n, &err), &err)) {
        for (i = 0; i < n; i++) {
            if (fuzz_rc(mz_run_event_decode(r, i, &ev, &err), &err)) {
                (void) (fuzz_touch(ev.type) + fuzz_touch(ev.phase)
                        + fuzz_touch(ev.text) + fuzz_touch(ev.data));
            }
        }
    }

    if (fuzz_rc(mz_run_cancel_decode(r, &status, &err), &err)) {
        FUZZ_HOLD(mz_run_status_name(status) != NULL, "%d", (int) status);
    }
}


static void
fuzz_conv(const redisReply *r)
{
    size_t          i, n;
    mz_id_t         id;
    mz_err_t        err;
    mz_conv_t       conv;
    mz_conv_turn_t  turn;

    if (fuzz_rc(mz_conv_decode(r, &conv, &err), &err)) {
        fuzz_id(&conv.active, MZ_ID_RUN, true);
        fuzz_id(&conv.last_run, MZ_ID_RUN, true);
        (void) fuzz_touch(conv.title);
    }

    if (fuzz_rc(mz_conv_last_run_decode(r, &id, &err), &err)) {
        fuzz_id(&id, MZ_ID_RUN, false);
    }

    if (fuzz_rc(mz_conv_turns_decode(r, &n, &err), &err)) {
        for (i = 0; i < n; i++) {
            if (fuzz_rc(mz_conv_turn_decode(r, i, &turn, &err), &err)) {
                fuzz_id(&turn.run, MZ_ID_RUN, true);
                (void) (fuzz_touch(turn.text) + fuzz_touch(turn.spec));
            }
        }
    }
}


static void
fuzz_artifact(const redisReply *r)
{
    size_t               i, n;
    int64_t              total;
    mz_err_t             err;
    mz_str_t             bytes;
    mz_artifact_meta_t   meta;
    mz_artifact_entry_t  entry;

    if (fuzz_rc(mz_artifact_decode(r, &meta, &err), &err)) {
        fuzz_id(&meta.id, MZ_ID_ARTIFACT, false);
        fuzz_id(&meta.conv, MZ_ID_CONV, true);
        fuzz_id(&meta.run, MZ_ID_RUN, true);
        FUZZ_HOLD(meta.chunks >= 0 && meta.chunks <= MZ_ARTIFACT_CHUNKS_MAX,
                  "%lld chunks", (long long) meta.chunks);
        (void) (fuzz_touch(meta.kind) + fuzz_touch(meta.name)
                + fuzz_touch(meta.title) + fuzz_touch(meta.digest)
                + fuzz_touch(meta.layout) + fuzz_touch(meta.spec)
                + fuzz_touch(meta.sql) + fuzz_touch(meta.range)
                + fuzz_touch(meta.timezone));
    }

    if (fuzz_rc(mz_artifact_head_decode(r, &meta, &err), &err)) {
        fuzz_id(&meta.id, MZ_ID_ARTIFACT, false);
        (void) (fuzz_touch(meta.kind) + fuzz_touch(meta.name)
                + fuzz_touch(meta.title));
    }

    if (fuzz_rc(mz_artifact_list_decode(r, &n, &err), &err)) {
        for (i = 0; i < n; i++) {
            if (fuzz_rc(mz_artifact_entry_decode(r, i, &entry, &err), &err)) {
                fuzz_id(&entry.id, MZ_ID_ARTIFACT, false);
            }
        }
    }

    if (fuzz_rc(mz_artifact_total_decode(r, &total, &err), &err)) {
        FUZZ_HOLD(total >= 0, "%lld", (long long) total);
    }

    if (fuzz_rc(mz_artifact_chunk_decode(r, &bytes, &err), &err)) {
        FUZZ_HOLD(bytes.len <= MZ_ARTIFACT_CHUNK_MAX, "%zu", bytes.len);
        (void) fuzz_touch(bytes);
    }
}


static void
fuzz_worker(const redisReply *r)
{
    mz_err_t           err;
    mz_worker_reply_t  out;

    if (!fuzz_rc(mz_worker_decode(r, &out, &err), &err)) {
        return;
    }

    if (out.outcome == MZ_WORKER_CLAIMED) {
        fuzz_id(&out.conv, MZ_ID_CONV, false);
        (void) (fuzz_touch(out.prompt) + fuzz_touch(out.trace));
    }

    if (out.outcome == MZ_WORKER_TERMINAL) {
        FUZZ_HOLD(mz_run_status_is_terminal(out.status), "%d",
                  (int) out.status);
    }
}


static void
fuzz_queue(const redisReply *r)
{
    int64_t     at;
    mz_err_t    err;
    mz_job_t    job;
    mz_queue_t  q;
    mz_swept_t  swept;

    mz_queue_init(&q, &fuzz_conf);

    (void) fuzz_rc(mz_queue_create_decode(r, &err), &err);
    (void) fuzz_rc(mz_queue_sweep_decode(r, &swept, &err), &err);
    (void) fuzz_rc(mz_meta_last_beat_decode(r, &at, &err), &err);

    if (fuzz_rc(mz_queue_poll_decode(&q, r, &job, &err), &err)) {
        FUZZ_HOLD(job.part < fuzz_conf.partitions, "part %u", job.part);
        FUZZ_HOLD(strnlen(job.entry.s, MZ_QUEUE_ID_MAX) < MZ_QUEUE_ID_MAX,
                  "the entry's id");
        FUZZ_HOLD(strnlen(job.scope, sizeof(job.scope)) == MZ_SCOPE_LEN,
                  "scope");
        fuzz_id(&job.run, MZ_ID_RUN, false);
    }

    (void) fuzz_rc(mz_queue_wait_decode(&q, r, &err), &err);
    FUZZ_HOLD(q.part < fuzz_conf.partitions, "part %u", q.part);
}


static void
fuzz_take(const redisReply *r)
{
    mz_err_t    err;
    mz_taken_t  taken;

    if (fuzz_rc(mz_fair_take_decode(&fuzz_conf, r, &taken, &err), &err)
        && taken.outcome == MZ_TAKE_TAKEN)
    {
        FUZZ_HOLD(strnlen(taken.scope, sizeof(taken.scope)) == MZ_SCOPE_LEN,
                  "scope");
        FUZZ_HOLD(taken.attempt > 0, "%lld", (long long) taken.attempt);
        fuzz_id(&taken.run, MZ_ID_RUN, false);
        fuzz_id(&taken.conv, MZ_ID_CONV, false);
        (void) (fuzz_touch(taken.prompt) + fuzz_touch(taken.trace));
    }
}


/* Each place is looked at, and all that are over are given back. */

static void
fuzz_admit(const redisReply *r)
{
    size_t             i;
    int64_t            n;
    mz_err_t           err;
    mz_str_t           project;
    mz_cmds_t          c;
    mz_admit_reply_t   out;
    const redisReply  *replies[MZ_ADMIT_PLACES_MAX];

    for (i = 0; i < MZ_ADMIT_PLACES_MAX; i++) {
        replies[i] = r;
    }

    project = mz_str("0123456789abcdef0123456789abcdef");

    if (fuzz_rc(mz_admit_queued_decode(&fuzz_conf,
                                       (redisReply *const *) replies, project,
                                       &n, &err), &err))
    {
        FUZZ_HOLD(n >= 0, "%lld", (long long) n);
    }

    if (fuzz_rc(mz_admit_decode(r, &out, &err), &err)) {
        FUZZ_HOLD(out.n <= MZ_ADMIT_PLACES_MAX, "%zu places", out.n);
        FUZZ_HOLD(out.wait_ms >= 0, "%lld", (long long) out.wait_ms);

        mz_cmds_init(&c);
        mz_admit_look(&c, &fuzz_conf, &out);
        FUZZ_HOLD(c.n == out.n, "%zu commands", c.n);
        (void) mz_admit_clear(&c, &fuzz_conf, project, &out,
                              (redisReply *const *) replies);
        FUZZ_HOLD(c.buf.rc == MZ_OK, "%d", (int) c.buf.rc);
        mz_cmds_free(&c);
    }

    free(out.places);
}


/* All replies of one input at once. */

static void
fuzz_turn(redisReply *const *replies)
{
    bool       skip[MZ_STORE_PARTITIONS_MAX] = { false };
    mz_err_t   err;
    mz_turn_t  turn;

    if (fuzz_rc(mz_fair_choose(&fuzz_few, replies, 1, skip, &turn, &err),
                &err))
    {
        FUZZ_HOLD(turn.part < fuzz_few.partitions, "partition %u", turn.part);
        FUZZ_HOLD(strnlen(turn.project, sizeof(turn.project))
                  == MZ_SCOPE_LEN, "project");
    }
}


static void
fuzz_session(const redisReply *r)
{
    size_t    i, n;
    int64_t   expires_s;
    mz_err_t  err;
    mz_str_t  s;

    (void) fuzz_rc(mz_ask_answer_decode(r, &err), &err);
    (void) fuzz_rc(mz_session_subscribe_decode(r, &err), &err);

    if (fuzz_rc(mz_ask_read_decode(r, &s, &err), &err)) {
        FUZZ_HOLD(s.len > 0, "an empty response");
        (void) fuzz_touch(s);
    }

    if (fuzz_rc(mz_session_level_decode(r, &s, &err), &err)) {
        (void) fuzz_touch(s);
    }

    if (fuzz_rc(mz_session_subscriptions_decode(r, &n, &err), &err)) {
        for (i = 0; i < n; i++) {
            (void) fuzz_touch(mz_reply_str(mz_reply_at(r, i)));
        }
    }

    if (fuzz_rc(mz_control_ended_decode(r, &n, &err), &err)) {
        for (i = 0; i < n; i++) {
            if (mz_control_ended_at(r, i, &s, &expires_s) == MZ_OK) {
                FUZZ_HOLD(s.len == MZ_SESSION_HEX && expires_s >= 0, "%zu",
                          s.len);
                (void) fuzz_touch(s);
            }
        }
    }
}


static void
fuzz_general(const redisReply *r)
{
    size_t  i;

    (void) mz_reply_is_noscript(r);
    (void) mz_reply_is_unavailable(r);
    (void) mz_reply_int(r, 0);
    (void) fuzz_touch(mz_reply_str(r));
    (void) fuzz_touch(mz_reply_field(r, "id"));

    for (i = 0; i < 4; i++) {
        (void) fuzz_touch(mz_reply_str(mz_reply_at(r, i)));
    }
}


/* true for MZ_OK; else there must be words. */

static bool
fuzz_rc(mz_rc_t rc, mz_err_t *err)
{
    if (rc == MZ_OK) {
        return true;
    }

    if (rc != MZ_NOT_FOUND && rc != MZ_AGAIN) {
        fuzz_check_err(rc, err);
    }

    return false;
}


static void
fuzz_id(const mz_id_t *id, char kind, bool may_be_empty)
{
    mz_id_t  other;

    FUZZ_HOLD(strnlen(id->s, sizeof(id->s)) < sizeof(id->s), "kind %c", kind);

    if (id->s[0] == '\0') {
        FUZZ_HOLD(may_be_empty, "kind %c", kind);
        return;
    }

    FUZZ_HOLD(mz_id_parse(&other, kind, mz_str_from(id->s)) == MZ_OK, "%s",
              id->s);
}


/*
 * hiredis makes an array of the announced size before it sees an element:
 * its memory, not ours to test.
 */

static bool
fuzz_is_sane(mz_str_t in)
{
    size_t  i, digits;

    for (i = 0; i < in.len; i++) {
        if (in.data[i] != '*') {
            continue;
        }

        digits = 0;

        while (i + 1 < in.len && in.data[i + 1] != '\r'
               && digits <= FUZZ_COUNT_MAX)
        {
            i++;
            digits++;
        }

        if (digits > FUZZ_COUNT_MAX) {
            return false;
        }
    }

    return true;
}
