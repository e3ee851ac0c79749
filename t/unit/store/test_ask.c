
/*
 * Questions to clients, and what sessions want, against a real redis-server.
 */

#include "store/ask.h"
#include "store/states.h"


#define S1     "0123456789abcdef0123456789abcdef"
#define OTHER  "0000000b0123456789abcdef0123456f"
#define TTL    60

static mz_err_t  err;


static void
send_all(size_t n)
{
    size_t       i;
    redisReply  *replies[4];

    fx_send(replies, n);

    for (i = 0; i < n; i++) {
        CHECK(replies[i]->type != REDIS_REPLY_ERROR);
        mz_reply_free(replies[i]);
    }
}


static mz_id_t
open_ask(void)
{
    mz_id_t  q;

    q = fx_id(MZ_ID_ASK);
    mz_ask_open(&fx.cmds, &fx.conf, fx_scope(), &q, TTL);
    send_all(1);

    return q;
}


static mz_rc_t
answer(const char *scope, const mz_id_t *q, const char *response)
{
    err.msg[0] = '\0';
    mz_ask_answer(&fx.cmds, &fx.conf, mz_str_from(scope), q,
                  mz_str_from(response));

    return mz_ask_answer_decode(fx_run(), &err);
}


static mz_rc_t
look(const char *scope, const mz_id_t *q, mz_str_t *response)
{
    mz_ask_read(&fx.cmds, &fx.conf, mz_str_from(scope), q);

    return mz_ask_read_decode(fx_run(), response, &err);
}


static void
test_nobody_asked(void)
{
    char      before[MZ_SHA256_HEX_LEN + 1], after[MZ_SHA256_HEX_LEN + 1];
    mz_id_t   q, open;
    mz_str_t  s;

    fx_reset();
    open = open_ask();
    q = fx_id(MZ_ID_ASK);
    fx_snapshot(before);

    CHECK(answer(fx_scope_text, &q, "{}") == MZ_NOT_FOUND);
    CHECK(strstr(err.msg, "nobody waits") != NULL);
    CHECK(look(fx_scope_text, &q, &s) == MZ_NOT_FOUND && s.len == 0);

    /* A question of another scope is one that nobody asked. */

    CHECK(answer(OTHER, &open, "{}") == MZ_NOT_FOUND);
    CHECK(look(OTHER, &open, &s) == MZ_NOT_FOUND);

    /* An empty answer is none. */

    CHECK(answer(fx_scope_text, &open, "") == MZ_NOT_FOUND);
    CHECK(look(fx_scope_text, &open, &s) == MZ_AGAIN);

    fx_snapshot(after);
    CHECK(strcmp(before, after) == 0);
}


static void
test_answered(void)
{
    mz_id_t   q;
    mz_str_t  s;

    fx_reset();
    q = open_ask();
    CHECK(look(fx_scope_text, &q, &s) == MZ_AGAIN && s.len == 0);

    fx_do("EXPIRE", fx_key(MZ_KEY_ASK, q.s), "30", NULL, NULL);
    CHECK(answer(fx_scope_text, &q, "{\"result\":\"\xc3\xa9\r\n\"}")
          == MZ_OK);
    fx_do("TTL", fx_key(MZ_KEY_ASK, q.s), NULL, NULL, NULL);
    CHECK(fx.last->integer > 0 && fx.last->integer <= 30);

    /* The first answer stays. */

    CHECK(answer(fx_scope_text, &q, "{\"result\":2}") == MZ_NOT_FOUND);
    CHECK(look(fx_scope_text, &q, &s) == MZ_OK);
    CHECK_STR(s, "{\"result\":\"\xc3\xa9\r\n\"}");

    mz_ask_close(&fx.cmds, &fx.conf, fx_scope(), &q);
    send_all(1);
    CHECK(look(fx_scope_text, &q, &s) == MZ_NOT_FOUND);
    CHECK(answer(fx_scope_text, &q, "{}") == MZ_NOT_FOUND);
    fx_do("DBSIZE", NULL, NULL, NULL, NULL);
    CHECK(fx.last->integer == 0);
}


static void
test_expired(void)
{
    mz_id_t   q;
    mz_str_t  s;

    fx_reset();
    q = open_ask();
    fx_do("TTL", fx_key(MZ_KEY_ASK, q.s), NULL, NULL, NULL);
    CHECK(fx.last->integer > TTL - 5 && fx.last->integer <= TTL);

    fx_do("PEXPIRE", fx_key(MZ_KEY_ASK, q.s), "1", NULL, NULL);
    usleep(5000);
    CHECK(answer(fx_scope_text, &q, "{}") == MZ_NOT_FOUND);
    CHECK(look(fx_scope_text, &q, &s) == MZ_NOT_FOUND);
}


/* Who waits hears of the first answer, once. */
static void
test_heard(void)
{
    void           *r;
    mz_id_t         q;
    mz_key_t        key;
    redisContext   *sub;
    struct timeval  tv = { 5, 0 };

    fx_reset();
    q = open_ask();
    sub = fx_connect();

    if (sub == NULL) {
        fx_bail("no second connection");
    }

    redisSetTimeout(sub, tv);
    mz_key(&key, &fx.conf, MZ_KEY_CHANNEL_RUN, 0, mz_null_str, q.s, 0);
    mz_reply_free(redisCommand(sub, "SUBSCRIBE %s", key.s));

    CHECK(answer(OTHER, &q, "{}") == MZ_NOT_FOUND);
    CHECK(answer(fx_scope_text, &q, "{}") == MZ_OK);
    CHECK(answer(fx_scope_text, &q, "{}") == MZ_NOT_FOUND);
    fx_do("PUBLISH", key.s, "end", NULL, NULL);

    CHECK(redisGetReply(sub, &r) == REDIS_OK);
    CHECK_STR(mz_reply_str(mz_reply_at(r, 2)), "1");
    mz_reply_free(r);
    CHECK(redisGetReply(sub, &r) == REDIS_OK);
    CHECK_STR(mz_reply_str(mz_reply_at(r, 2)), "end");
    mz_reply_free(r);
    redisFree(sub);
}


static void
test_bad_arguments(void)
{
    size_t    i;
    mz_id_t   q;
    mz_str_t  s;

    static const char *const  ids[] = {
        "", "q_", "p_aaaaaaaaaaaaaaaaaaaaaaaaaa",
        "q_aaaaaaaaaaaaaaaaaaaaaaaaa1"
    };

    fx_reset();

    for (i = 0; i < MZ_ARRAY_LEN(ids); i++) {
        memset(&q, 0, sizeof(q));
        memcpy(q.s, ids[i], strlen(ids[i]));
        CHECK_ROW(answer(fx_scope_text, &q, "{}") == MZ_INTERNAL, "\"%s\"",
                  ids[i]);
    }

    q = fx_id(MZ_ID_ASK);
    CHECK(answer("../x", &q, "{}") == MZ_INTERNAL);

    fx_do("HSET", fx_key(MZ_KEY_ASK, q.s), "a", "b", NULL);
    CHECK(answer(fx_scope_text, &q, "{}") != MZ_OK);
    CHECK(look(fx_scope_text, &q, &s) != MZ_OK && s.len == 0);

    CHECK(mz_ask_read_decode(NULL, &s, &err) != MZ_OK);
    CHECK(mz_ask_answer_decode(NULL, &err) != MZ_OK);
    fx_do("PING", NULL, NULL, NULL, NULL);
    CHECK(mz_ask_answer_decode(fx.last, &err) != MZ_OK);
    CHECK(mz_ask_read_decode(fx.last, &s, &err) != MZ_OK);
    CHECK(mz_session_subscribe_decode(fx.last, &err) != MZ_OK);
    fx_do("DBSIZE", NULL, NULL, NULL, NULL);
    CHECK(mz_session_level_decode(fx.last, &s, &err) != MZ_OK);
}


/* --- sessions --- */

static void
subscribe(const char *uri, mz_rc_t want)
{
    mz_err_t     e = { 0 };
    redisReply  *replies[MZ_SESSION_SET_REPLIES];

    mz_session_subscribe(&fx.cmds, &fx.conf, fx_scope(), mz_str(S1),
                         mz_str_from(uri), TTL);
    fx_send(replies, MZ_SESSION_SET_REPLIES);
    CHECK_ROW(mz_session_subscribe_decode(replies[0], &e) == want, "%s: %s",
              uri, e.msg);
    mz_reply_free(replies[0]);
    mz_reply_free(replies[1]);
}


static size_t
subscriptions(const char *scope)
{
    size_t  n;

    mz_session_subscriptions(&fx.cmds, &fx.conf, mz_str_from(scope),
                             mz_str(S1));
    CHECK(mz_session_subscriptions_decode(fx_run(), &n, NULL) == MZ_OK);

    return n;
}


static mz_str_t
level(const char *scope)
{
    mz_str_t  s;

    mz_session_get_level(&fx.cmds, &fx.conf, mz_str_from(scope), mz_str(S1));
    CHECK(mz_session_level_decode(fx_run(), &s, NULL) == MZ_OK);

    return s;
}


static void
test_level(void)
{
    fx_reset();
    CHECK(level(fx_scope_text).len == 0);

    mz_session_set_level(&fx.cmds, &fx.conf, fx_scope(), mz_str(S1),
                         mz_str("warning"), TTL);
    send_all(MZ_SESSION_SET_REPLIES);
    CHECK_STR(level(fx_scope_text), "warning");
    CHECK(level(OTHER).len == 0);

    mz_session_set_level(&fx.cmds, &fx.conf, fx_scope(), mz_str(S1),
                         mz_str("debug"), TTL);
    send_all(MZ_SESSION_SET_REPLIES);
    CHECK_STR(level(fx_scope_text), "debug");
    fx_do("TTL", fx_key(MZ_KEY_SESSION, S1), NULL, NULL, NULL);
    CHECK(fx.last->integer > 0 && fx.last->integer <= TTL);
}


static void
test_subscriptions(void)
{
    fx_reset();
    CHECK(subscriptions(fx_scope_text) == 0);

    subscribe("mitzu://artifacts/a 1", MZ_OK);
    subscribe("test://two", MZ_OK);
    subscribe("test://two", MZ_OK);
    CHECK(subscriptions(fx_scope_text) == 2);
    CHECK(subscriptions(OTHER) == 0);
    fx_do("TTL", fx_key(MZ_KEY_SUBS, S1), NULL, NULL, NULL);
    CHECK(fx.last->integer > 0 && fx.last->integer <= TTL);

    mz_session_unsubscribe(&fx.cmds, &fx.conf, fx_scope(), mz_str(S1),
                           mz_str("test://one"), TTL);
    send_all(MZ_SESSION_SET_REPLIES);
    CHECK(subscriptions(fx_scope_text) == 2);
    mz_session_unsubscribe(&fx.cmds, &fx.conf, fx_scope(), mz_str(S1),
                           mz_str("mitzu://artifacts/a 1"), TTL);
    send_all(MZ_SESSION_SET_REPLIES);
    CHECK(subscriptions(fx_scope_text) == 1);
    CHECK_STR(mz_reply_str(mz_reply_at(fx.last, 0)), "test://two");
}


static void
test_subscriptions_full(void)
{
    char  uri[32];
    int   i;

    fx_reset();

    for (i = 0; i < MZ_SESSION_SUBS_MAX; i++) {
        snprintf(uri, sizeof(uri), "test://%d", i);
        subscribe(uri, MZ_OK);
    }

    subscribe("test://one-more", MZ_LIMIT);
    subscribe("test://7", MZ_OK);
    CHECK(subscriptions(fx_scope_text) == MZ_SESSION_SUBS_MAX);

    mz_session_unsubscribe(&fx.cmds, &fx.conf, fx_scope(), mz_str(S1),
                           mz_str("test://7"), TTL);
    send_all(MZ_SESSION_SET_REPLIES);
    subscribe("test://one-more", MZ_OK);
}


static void
test_session_names(void)
{
    size_t       i;
    redisReply  *replies[MZ_SESSION_SET_REPLIES];

    static const char *const  names[] = {
        "", "x", S1 "0", "0123456789ABCDEF0123456789abcdef",
        "0123456789abcdef0123456789abcd:x"
    };

    fx_reset();

    for (i = 0; i < MZ_ARRAY_LEN(names); i++) {
        mz_session_subscribe(&fx.cmds, &fx.conf, fx_scope(),
                             mz_str_from(names[i]), mz_str("a:b"), TTL);
        fx_send(replies, MZ_SESSION_SET_REPLIES);
        CHECK_ROW(replies[0]->type == REDIS_REPLY_ERROR, "\"%s\"", names[i]);
        mz_reply_free(replies[0]);
        mz_reply_free(replies[1]);
    }

    fx_do("DBSIZE", NULL, NULL, NULL, NULL);
    CHECK(fx.last->integer == 0);
}


static void
test_forget(void)
{
    fx_reset();
    subscribe("a:b", MZ_OK);
    mz_session_set_level(&fx.cmds, &fx.conf, fx_scope(), mz_str(S1),
                         mz_str("debug"), TTL);
    send_all(MZ_SESSION_SET_REPLIES);
    mz_session_forget(&fx.cmds, &fx.conf, mz_str(OTHER), mz_str(S1));
    send_all(1);
    fx_do("DBSIZE", NULL, NULL, NULL, NULL);
    CHECK(fx.last->integer == 2);
    mz_session_forget(&fx.cmds, &fx.conf, fx_scope(), mz_str(S1));
    send_all(1);
    fx_do("DBSIZE", NULL, NULL, NULL, NULL);
    CHECK(fx.last->integer == 0);
}


static const mz_test_t  tests[] = {
    { "redis-server runs", fx_test_start },
    { "answers to what nobody asked", test_nobody_asked },
    { "an answer, and a second one", test_answered },
    { "a question that expired", test_expired },
    { "who waits hears of it", test_heard },
    { "arguments and replies that are none", test_bad_arguments },
    { "the log level of a session", test_level },
    { "subscriptions", test_subscriptions },
    { "too many subscriptions", test_subscriptions_full },
    { "names that are no session's", test_session_names },
    { "a session is forgotten", test_forget }
};

MZ_TEST_MAIN(tests)
