
/*
 * The channel that all nodes hear, the sessions that ended early, and the
 * key of a deployment, against a real redis-server.
 */

#include "store/control.h"
#include "store/states.h"


#define S1     "0123456789abcdef0123456789abcdef"
#define S2     "ffffffffffffffffffffffffffffffff"
#define SCOPE  "0000000b0123456789abcdef01234567"
#define XID    "x_abcdefghijklmnopqrstuvwxyz"
#define NOW_S  INT64_C(1700000000)


static void
test_parse_bad(void)
{
    size_t        i;
    mz_control_t  m;

    static const char *const  rows[] = {
        "", " ", "ended", "ended ", "ended " S1, "ended " S1 " ",
        "ended " S1 " x", "ended " S1 " -5", "ended " S1 " 5 ",
        "ended " S1 " 5 5", "ended " S1 "0 5", "ended  " S1 " 5",
        "ended 0123456789ABCDEF0123456789abcdef 5",
        "ended " S1 " 99999999999999999999", " ended " S1 " 5",
        "Ended " S1 " 5", "ended\t" S1 " 5", "cancelled", "cancelled x",
        "cancelled p_abcdefghijklmnopqrstuvwxyz", "cancelled " XID " ",
        "cancelled " XID "a", "changed", "changed tools", "changed tools ",
        "changed  *", "changed tools * ", "changed tools ** ",
        "changed tools, *", "changed ,tools *", "changed roots *",
        "changed Tools *", "changed tools 0", "changed tools " SCOPE "0",
        "changed tools " SCOPE " *", "updated", "updated *", "updated * ",
        "updated " SCOPE, "updated x a:b", "updated * a:b c",
        "updated * a:b\n", "updated * a\x7f", "session", "session ",
        "session " S1 " ", "session " S1 " x", "session x", "sessions " S1
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        CHECK_ROW(mz_control_parse(mz_str_from(rows[i]), &m) == MZ_INVALID,
                  "\"%s\"", rows[i]);
    }

    CHECK(mz_control_parse(mz_null_str, &m) == MZ_INVALID);
    CHECK(mz_control_parse(mz_str("changed tools *\0"), &m) == MZ_INVALID);
    CHECK(mz_control_parse(mz_str("updated * a\0b"), &m) == MZ_INVALID);
}


static void
test_parse_long_uri(void)
{
    size_t        n;
    char          text[MZ_CONTROL_URI_MAX + 16];
    mz_control_t  m;

    memset(text, 'u', sizeof(text));
    memcpy(text, "updated * ", 10);

    n = 10 + MZ_CONTROL_URI_MAX;
    CHECK(mz_control_parse((mz_str_t) { text, n }, &m) == MZ_OK);
    CHECK(m.uri.len == MZ_CONTROL_URI_MAX);
    CHECK(mz_control_parse((mz_str_t) { text, n + 1 }, &m) == MZ_INVALID);
}


/* --- what is said is what is heard --- */

static redisContext  *sub;
static redisReply    *heard;


static void
listen_start(void)
{
    mz_key_t        key;
    struct timeval  tv = { 5, 0 };

    sub = fx_connect();
    if (sub == NULL) {
        fx_bail("no second connection");
    }

    redisSetTimeout(sub, tv);
    mz_control_channel(&key, &fx.conf);
    CHECK_STR(mz_key_str(&key), "mz-test:control");
    mz_reply_free(redisCommand(sub, "SUBSCRIBE %s", key.s));
}


static void
listen_stop(void)
{
    mz_reply_free(heard);
    heard = NULL;
    redisFree(sub);
    sub = NULL;
}


/* The next message; a view until the one after. */
static mz_str_t
hear(void)
{
    void  *r;

    mz_reply_free(heard);
    heard = NULL;

    if (redisGetReply(sub, &r) != REDIS_OK) {
        fx_bail("nothing was said");
    }

    heard = r;

    return mz_reply_str(mz_reply_at(heard, 2));
}


static void
send_all(size_t n)
{
    size_t       i;
    redisReply  *replies[8];

    fx_send(replies, n);

    for (i = 0; i < n; i++) {
        CHECK(replies[i]->type != REDIS_REPLY_ERROR);
        mz_reply_free(replies[i]);
    }
}


static void
test_messages(void)
{
    mz_id_t       x;
    mz_control_t  m;

    fx_reset();
    listen_start();
    CHECK(mz_id_parse(&x, MZ_ID_REQUEST, mz_str(XID)) == MZ_OK);

    mz_control_cancelled(&fx.cmds, &fx.conf, &x);
    send_all(1);
    CHECK(mz_control_parse(hear(), &m) == MZ_OK);
    CHECK(m.kind == MZ_CONTROL_CANCELLED);
    CHECK(strcmp(m.request.s, XID) == 0);

    mz_control_stopped(&fx.cmds, &fx.conf, &x);
    send_all(1);
    CHECK(mz_control_parse(hear(), &m) == MZ_OK);
    CHECK(m.kind == MZ_CONTROL_STOPPED);
    CHECK(strcmp(m.request.s, XID) == 0);

    mz_control_changed(&fx.cmds, &fx.conf, MZ_CONTROL_RESOURCES,
                       mz_str(SCOPE));
    send_all(1);
    CHECK_STR(hear(), "changed resources " SCOPE);
    CHECK(mz_control_parse(mz_reply_str(mz_reply_at(heard, 2)), &m) == MZ_OK);
    CHECK(m.kind == MZ_CONTROL_CHANGED && m.lists == MZ_CONTROL_RESOURCES);
    CHECK(mz_control_is_for(&m, mz_str(SCOPE)));
    CHECK(!mz_control_is_for(&m, mz_str(S1)));
    CHECK(!mz_control_is_for(&m, mz_null_str));

    mz_control_changed(&fx.cmds, &fx.conf,
                       MZ_CONTROL_TOOLS|MZ_CONTROL_PROMPTS
                       |MZ_CONTROL_RESOURCES, mz_str("*"));
    send_all(1);
    CHECK(mz_control_parse(hear(), &m) == MZ_OK);
    CHECK(m.lists == (MZ_CONTROL_TOOLS|MZ_CONTROL_PROMPTS
                      |MZ_CONTROL_RESOURCES));
    CHECK(mz_control_is_for(&m, mz_str(S1)));

    mz_control_updated(&fx.cmds, &fx.conf, mz_str(SCOPE),
                       mz_str("mitzu://artifacts/a?%20b"));
    send_all(1);
    CHECK(mz_control_parse(hear(), &m) == MZ_OK);
    CHECK(m.kind == MZ_CONTROL_UPDATED);
    CHECK_STR(m.uri, "mitzu://artifacts/a?%20b");
    CHECK_STR(m.scope, SCOPE);

    mz_control_session(&fx.cmds, &fx.conf, mz_str(S1));
    send_all(1);
    CHECK(mz_control_parse(hear(), &m) == MZ_OK);
    CHECK(m.kind == MZ_CONTROL_SESSION);
    CHECK_STR(m.session, S1);

    mz_control_end(&fx.cmds, &fx.conf, mz_str(S1), NOW_S + 5, NOW_S);
    send_all(MZ_CONTROL_END_REPLIES);
    CHECK(mz_control_parse(hear(), &m) == MZ_OK);
    CHECK(m.kind == MZ_CONTROL_ENDED && m.expires_s == NOW_S + 5);
    CHECK_STR(m.session, S1);

    listen_stop();
}


/* What does not fit is a message that nobody takes for another. */
static void
test_message_too_long(void)
{
    char      *uri;
    mz_str_t   text;

    static mz_control_t  m;

    listen_start();
    uri = calloc(1, 3 * MZ_CONTROL_URI_MAX);
    memset(uri, 'u', 3 * MZ_CONTROL_URI_MAX);

    mz_control_updated(&fx.cmds, &fx.conf, mz_str("*"),
                       (mz_str_t) { uri, 3 * MZ_CONTROL_URI_MAX });
    send_all(1);
    text = hear();
    CHECK(text.len == 0);
    CHECK(mz_control_parse(text, &m) == MZ_INVALID);

    mz_control_updated(&fx.cmds, &fx.conf, mz_str(SCOPE),
                       (mz_str_t) { uri, MZ_CONTROL_URI_MAX });
    send_all(1);
    CHECK(mz_control_parse(hear(), &m) == MZ_OK);

    free(uri);
    listen_stop();
}


/* An artifact that is committed is in a list that somebody may watch. */
static void
test_artifact_says_it(void)
{
    mz_id_t           aid;
    mz_submit_args_t  args;

    args = make_state(ST_RUNNING);
    listen_start();
    aid = fx_id(MZ_ID_ARTIFACT);

    CHECK(fx_artifact(&args.run, 1, &aid, 1).outcome
          == MZ_WORKER_INCOMPLETE);
    CHECK(fx_artifact(&args.run, 2, &aid, 0).outcome
          == MZ_WORKER_SUPERSEDED);
    CHECK(fx_artifact(&args.run, 1, &aid, 0).outcome == MZ_WORKER_OK);
    CHECK(fx_artifact(&args.run, 1, &aid, 0).outcome == MZ_WORKER_OK);
    mz_control_session(&fx.cmds, &fx.conf, mz_str(S1));
    send_all(1);

    CHECK_STR(hear(), "changed resources " SCOPE);
    CHECK_STR(hear(), "session " S1);
    listen_stop();
}


/* --- sessions that ended --- */

static void
end_session(const char *session, int64_t expires_s, int64_t now_s)
{
    mz_control_end(&fx.cmds, &fx.conf, mz_str_from(session), expires_s,
                   now_s);
    send_all(MZ_CONTROL_END_REPLIES);
}


static size_t
ended(int64_t now_s)
{
    size_t    n;
    mz_err_t  err = { 0 };

    mz_control_ended(&fx.cmds, &fx.conf, now_s);
    CHECK_ROW(mz_control_ended_decode(fx_run(), &n, &err) == MZ_OK, "%s",
              err.msg);

    return n;
}


static void
test_ended(void)
{
    int64_t   expires_s;
    mz_str_t  session;

    fx_reset();
    CHECK(ended(NOW_S) == 0);

    end_session(S1, NOW_S + 10, NOW_S);
    end_session(S2, NOW_S + 20, NOW_S);
    end_session(S1, NOW_S + 10, NOW_S + 1);

    CHECK(ended(NOW_S) == 2);
    CHECK(mz_control_ended_at(fx.last, 0, &session, &expires_s) == MZ_OK);
    CHECK_STR(session, S2);
    CHECK(expires_s == NOW_S + 20);
    CHECK(mz_control_ended_at(fx.last, 1, &session, &expires_s) == MZ_OK);
    CHECK_STR(session, S1);
    CHECK(mz_control_ended_at(fx.last, 2, &session, &expires_s)
          == MZ_INVALID);

    /* At its last second a session is over anyway. */

    CHECK(ended(NOW_S + 9) == 2);
    CHECK(ended(NOW_S + 10) == 1);
    CHECK(ended(NOW_S + 20) == 0);

    /* The next end takes away what has expired. */

    fx_do("ZCARD", "mz-test:ended", NULL, NULL, NULL);
    CHECK(fx.last->integer == 2);
    end_session(SCOPE, NOW_S + 30, NOW_S + 10);
    fx_do("ZRANGE", "mz-test:ended", "0", "-1", NULL);
    CHECK(fx.last->elements == 2);
    CHECK_STR(mz_reply_str(mz_reply_at(fx.last, 0)), S2);
}


static void
test_ended_odd(void)
{
    size_t    n;
    int64_t   expires_s;
    mz_err_t  err;
    mz_str_t  session;

    fx_reset();
    fx_do("ZADD", "mz-test:ended", "1700000005", "not-a-session", NULL);
    fx_do("ZADD", "mz-test:ended", "1e300", S1, NULL);
    CHECK(ended(NOW_S) == 2);
    CHECK(mz_control_ended_at(fx.last, 0, &session, &expires_s)
          == MZ_INVALID);
    CHECK(mz_control_ended_at(fx.last, 1, &session, &expires_s)
          == MZ_INVALID);
    CHECK(session.len == 0);

    fx_do("DEL", "mz-test:ended", NULL, NULL, NULL);
    fx_do("SET", "mz-test:ended", "x", NULL, NULL);
    mz_control_ended(&fx.cmds, &fx.conf, NOW_S);
    CHECK(mz_control_ended_decode(fx_run(), &n, &err) != MZ_OK && n == 0);
    CHECK(mz_control_ended_decode(NULL, &n, &err) != MZ_OK && n == 0);
}


/* --- ids of requests --- */

static void
test_request_id(void)
{
    size_t   i, j;
    mz_id_t  ids[8], again;

    static const char *const  rows[][3] = {
        { SCOPE, S1, "1" },
        { SCOPE, S1, "\"1\"" },
        { SCOPE, S1, "11" },
        { SCOPE, S1 "1", "1" },
        { SCOPE, S2, "1" },
        { SCOPE, "", "1" },
        { S1, S1, "1" },
        { SCOPE S1, "", "1" }
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        CHECK(mz_control_request_id(mz_str_from(rows[i][0]),
                                    mz_str_from(rows[i][1]),
                                    mz_str_from(rows[i][2]), &ids[i])
              == MZ_OK);
        CHECK(mz_id_parse(&again, MZ_ID_REQUEST, mz_str_from(ids[i].s))
              == MZ_OK);

        for (j = 0; j < i; j++) {
            CHECK_ROW(strcmp(ids[i].s, ids[j].s) != 0, "%zu and %zu", i, j);
        }
    }

    CHECK(mz_control_request_id(mz_str(SCOPE), mz_str(S1), mz_str("1"),
                                &again) == MZ_OK);
    CHECK(strcmp(again.s, ids[0].s) == 0);
}


/* --- the key of a deployment --- */

static void
meta_check(mz_str_t key, mz_rc_t want, const char *want_key)
{
    size_t       i;
    mz_err_t     err = { 0 };
    mz_str_t     got;
    redisReply  *replies[MZ_META_REPLIES];

    mz_meta_check(&fx.cmds, &fx.conf, key);
    fx_send(replies, MZ_META_REPLIES);
    got = mz_str("not set");
    CHECK_ROW(mz_meta_decode(&fx.conf, replies, &got, &err) == want, "%s",
              err.msg);
    CHECK(mz_str_eq_c(got, want_key));
    CHECK(mz_meta_decode(&fx.conf, replies, NULL, &err) == want);

    for (i = 0; i < MZ_META_REPLIES; i++) {
        mz_reply_free(replies[i]);
    }
}


static void
test_key(void)
{
    fx_reset();

    meta_check(mz_null_str, MZ_OK, "");
    fx_do("HEXISTS", "mz-test:meta", "key", NULL, NULL);
    CHECK(fx.last->integer == 0);

    meta_check(mz_str(S1 S1), MZ_OK, S1 S1);
    meta_check(mz_str(S2 S2), MZ_OK, S1 S1);
    meta_check(mz_null_str, MZ_OK, S1 S1);

    /* Nothing of another deployment's is given out. */

    fx_do("HSET", "mz-test:meta", "partitions", "9", NULL);
    meta_check(mz_null_str, MZ_INVALID, "");
    fx_do("HSET", "mz-test:meta", "partitions", "4", NULL);
    fx_do("HSET", "mz-test:meta", "schema", "9", NULL);
    meta_check(mz_str(S2 S2), MZ_INVALID, "");
}


static const mz_test_t  tests[] = {
    { "messages that are none", test_parse_bad },
    { "the longest uri", test_parse_long_uri },
    { "ids of requests", test_request_id },
    { "redis-server runs", fx_test_start },
    { "messages arrive as they were said", test_messages },
    { "a message too long", test_message_too_long },
    { "a committed artifact is said", test_artifact_says_it },
    { "ended sessions", test_ended },
    { "ended sessions, spoilt", test_ended_odd },
    { "the key of a deployment", test_key }
};

MZ_TEST_MAIN(tests)
