
/*
 * Chunks and artifacts against a real redis-server.
 */

#include "store/states.h"


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
    mz_artifact_head(&fx.cmds, &fx.conf, fx_scope(), &aid);
    CHECK(mz_artifact_head_decode(fx_run(), &meta, NULL) == MZ_NOT_FOUND);

    out = fx_artifact(&args.run, 1, &aid, 3);
    CHECK(out.outcome == MZ_WORKER_OK && out.seq == 3);

    /* Again: the same answer, and no second event. */

    fx.now += 5;
    CHECK(fx_artifact(&args.run, 1, &aid, 3).seq == 3);
    CHECK(fx_chunk(&args.run, 1, &aid, 1, mz_str("xyz")).outcome
          == MZ_WORKER_OK);
    mz_worker_chunk(&fx.cmds, &fx.conf,
                    &(mz_attempt_t) { .scope = fx_scope(),
                    .run = args.run, .attempt = 1 }, &aid, 1,
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

    /* For a list: what is long stays where it is. */

    mz_artifact_head(&fx.cmds, &fx.conf, fx_scope(), &aid);
    CHECK(mz_artifact_head_decode(fx_run(), &meta, NULL) == MZ_OK);
    CHECK(strcmp(meta.id.s, aid.s) == 0);
    CHECK(strcmp(meta.run.s, args.run.s) == 0);
    CHECK(strcmp(meta.conv.s, args.conv.s) == 0);
    CHECK_STR(meta.kind, "table");
    CHECK(meta.layout.data == NULL && meta.digest.data == NULL);
    CHECK(meta.rows == 42 && meta.bytes == 9 && !meta.is_truncated);
    CHECK(meta.created_ms == FX_T0);
    mz_artifact_get(&fx.cmds, &fx.conf, fx_scope(), &aid);
    CHECK(mz_artifact_head_decode(fx_run(), &meta, NULL) == MZ_INTERNAL);

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
    fx_do("HGET", fx_key(MZ_KEY_RUN, args.run.s), "artifacts", NULL, NULL);
    CHECK(fx.last->type == REDIS_REPLY_STRING && fx.last->len == 0);
    mz_artifact_get(&fx.cmds, &fx.conf, fx_scope(), &one);
    CHECK(mz_artifact_decode(fx_run(), &meta, NULL) == MZ_OK);

    one = fx_id(MZ_ID_ARTIFACT);
    CHECK(fx_artifact(&args.run, 2, &one, 0).outcome == MZ_WORKER_OK);
    (void) fx_finish(&args.run, 2, MZ_RUN_COMPLETED);
    fx_do("ZRANGE", fx_key(MZ_KEY_ARTIFACTS, ""), "0", "-1", NULL);
    CHECK(fx.last->elements == 1);
    CHECK_STR(mz_reply_str(mz_reply_at(fx.last, 0)), one.s);
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


static const mz_test_t  tests[] = {
    { "redis-server runs", fx_test_start },
    { "artifacts", test_artifact },
    { "artifacts of an earlier attempt", test_artifact_of_attempts },
    { "a chunk too large", test_chunk_too_large }
};

MZ_TEST_MAIN(tests)
