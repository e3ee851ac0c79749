
/*
 * What a client of the handshake revisions says about its session: the end,
 * the log level, subscriptions; and about requests: that one is cancelled,
 * and the answer to one of ours.
 */

#include "quiz.h"

#include "store/ask.h"
#include "tools/ops.h"


static rq_t           rq;
static redisContext  *ear;          /* hears the control channel */


static mz_step_t
no_step(mz_call_t *call, mz_tool_event_t ev)
{
    (void) ev;

    return mz_call_done_members(call, json_object());
}


static const mz_resource_t  watched = {
    .op = { .name = mz_str("watched"), .step = no_step },
    .uri = mz_str("test://things/{id}"),
    .is_watchable = true
};


static void
test_start(void)
{
    char             sock[96];
    mz_key_t         channel;
    mz_err_t         err;
    redisReply      *r;
    struct timeval   tv = { 2, 0 };

    quiz_start();
    CHECK(mz_registry_add_resource(&host.reg, &watched, &err) == MZ_OK);
    host_become("old client");
    rq_legacy(0);

    snprintf(sock, sizeof(sock), "%s/redis.sock", host.dir);
    mz_control_channel(&channel, &host.conf.store);
    ear = redisConnectUnix(sock);
    CHECK(ear != NULL && ear->err == 0);
    redisSetTimeout(ear, tv);
    r = redisCommand(ear, "SUBSCRIBE %s", channel.s);
    CHECK(r != NULL);
    freeReplyObject(r);
}


/* The next message of the channel, owned by *r; false: there is none. */

static bool
hear(redisReply **r, mz_control_t *m)
{
    void            *reply;
    struct timeval   tv = { 0, 200000 };

    redisSetTimeout(ear, tv);

    if (redisGetReply(ear, &reply) != REDIS_OK) {
        ear->err = 0;
        ear->errstr[0] = '\0';
        return false;
    }

    *r = reply;
    CHECK(mz_control_parse(mz_reply_str(mz_reply_at(reply, 2)), m) == MZ_OK);

    return true;
}


/* That the next message is of this kind and this session. */

static void
check_heard(mz_control_kind_t kind, const mz_session_t *s)
{
    bool           heard;
    redisReply    *r;
    mz_control_t   m;

    r = NULL;
    heard = hear(&r, &m);
    CHECK(heard);

    if (heard) {
        CHECK(m.kind == kind);
        CHECK_STR(m.session, s->name);
    }

    freeReplyObject(r);
}


static redisReply *
one(mz_cmds_t *c)
{
    redisReply  *r;

    CHECK(c->n == 1);
    host_exec(c, &r);
    mz_cmds_free(c);

    return r;
}


static size_t
subscriptions(const mz_session_t *s)
{
    size_t       n;
    mz_err_t     err;
    mz_cmds_t    c;
    redisReply  *r;

    mz_cmds_init(&c);
    mz_session_subscriptions(&c, &host.conf.store,
                             mz_str_from(host.who.scope),
                             mz_str_from(s->name));
    r = one(&c);
    CHECK(mz_session_subscriptions_decode(r, &n, &err) == MZ_OK);
    mz_reply_free(r);

    return n;
}


static void
check_level(const mz_session_t *s, const char *want)
{
    mz_err_t     err;
    mz_str_t     level;
    mz_cmds_t    c;
    redisReply  *r;

    mz_cmds_init(&c);
    mz_session_get_level(&c, &host.conf.store, mz_str_from(host.who.scope),
                         mz_str_from(s->name));
    r = one(&c);
    CHECK(mz_session_level_decode(r, &level, &err) == MZ_OK);
    CHECK_ROW(mz_str_eq_c(level, want), "not %s", want);
    mz_reply_free(r);
}


static void
check_empty_result(void)
{
    CHECK(rq.step == MZ_STEP_DONE && rq.status == 200);
    CHECK(json_is_object(rq_result(&rq)));
    CHECK(json_object_size(rq_result(&rq)) == 0);
}


static void
set_level(const char *level)
{
    rq_begin(&rq, MZ_MCP_DO_SET_LEVEL, level,
             args("{\"level\":\"%s\"}", level));
}


static void
test_level(void)
{
    host.session = NULL;
    set_level("warning");
    check_empty_result();

    host.session = rq_session(0);
    check_level(host.session, "");
    set_level("loud");
    CHECK(rq_code(&rq) == MZ_RPC_PARAMS);
    set_level("");
    CHECK(rq_code(&rq) == MZ_RPC_PARAMS);
    check_level(host.session, "");

    set_level("warning");
    check_empty_result();
    check_level(host.session, "warning");
    set_level("debug");
    check_level(host.session, "debug");
}


static void
subscribe(mz_mcp_do_t what, const char *uri)
{
    rq_begin(&rq, what, uri, args("{\"uri\":\"%s\"}", uri));
}


static void
test_subscribe(void)
{
    int            i;
    char           uri[MZ_CONTROL_URI_MAX + 64];
    mz_session_t  *s;

    host.session = NULL;
    subscribe(MZ_MCP_DO_SUBSCRIBE, "test://things/1");
    CHECK(rq_code(&rq) == MZ_RPC_INVALID_REQUEST);
    CHECK(strstr(rq_message(&rq), "Mcp-Session-Id") != NULL);

    host.session = s = rq_session(0);
    subscribe(MZ_MCP_DO_SUBSCRIBE, "test://nowhere");
    CHECK(rq_code(&rq) == MZ_RPC_NO_RESOURCE);
    CHECK(subscriptions(s) == 0);

    memset(uri, 'x', sizeof(uri));
    memcpy(uri, "test://things/", 14);
    uri[MZ_CONTROL_URI_MAX + 1] = '\0';
    subscribe(MZ_MCP_DO_SUBSCRIBE, uri);
    CHECK(rq_code(&rq) != 0);

    subscribe(MZ_MCP_DO_SUBSCRIBE, "test://things/1");
    check_empty_result();
    CHECK(subscriptions(s) == 1);
    check_heard(MZ_CONTROL_SESSION, s);

    subscribe(MZ_MCP_DO_SUBSCRIBE, "test://things/1");
    CHECK(subscriptions(s) == 1);
    check_heard(MZ_CONTROL_SESSION, s);

    /* Another user with the same session name sees none of it. */

    host_become("another client");
    CHECK(subscriptions(s) == 0);
    host_become("old client");

    subscribe(MZ_MCP_DO_UNSUBSCRIBE, "test://things/2");
    check_empty_result();
    check_heard(MZ_CONTROL_SESSION, s);
    CHECK(subscriptions(s) == 1);
    subscribe(MZ_MCP_DO_UNSUBSCRIBE, "test://things/1");
    check_empty_result();
    check_heard(MZ_CONTROL_SESSION, s);
    CHECK(subscriptions(s) == 0);

    for (i = 0; i < MZ_SESSION_SUBS_MAX; i++) {
        snprintf(uri, sizeof(uri), "test://things/%d", i);
        subscribe(MZ_MCP_DO_SUBSCRIBE, uri);
        check_heard(MZ_CONTROL_SESSION, s);
    }

    check_empty_result();
    subscribe(MZ_MCP_DO_SUBSCRIBE, "test://things/more");
    CHECK(rq_code(&rq) == MZ_RPC_PARAMS);
    CHECK(strstr(rq_message(&rq), "unsubscribe") != NULL);
    CHECK(subscriptions(s) == MZ_SESSION_SUBS_MAX);
    check_heard(MZ_CONTROL_SESSION, s);
}


static void
test_end_session(void)
{
    size_t         n;
    int64_t        expires_s;
    mz_err_t       err;
    mz_str_t       name;
    mz_cmds_t      c;
    redisReply    *r;
    mz_session_t  *s;

    host.session = s = rq_session(0);
    set_level("error");
    subscribe(MZ_MCP_DO_SUBSCRIBE, "test://things/1");
    check_heard(MZ_CONTROL_SESSION, s);

    host.req.id[0] = '\0';
    rq_begin(&rq, MZ_MCP_DO_END_SESSION, "", "{}");
    CHECK(rq.step == MZ_STEP_DONE && rq.status == 200 && rq.body == NULL);
    check_heard(MZ_CONTROL_ENDED, s);
    check_level(s, "");
    CHECK(subscriptions(s) == 0);

    /* Nodes that start later know it as well. */

    mz_cmds_init(&c);
    mz_control_ended(&c, &host.conf.store, host.now_ms / 1000);
    r = one(&c);
    CHECK(mz_control_ended_decode(r, &n, &err) == MZ_OK && n == 1);
    CHECK(mz_control_ended_at(r, 0, &name, &expires_s) == MZ_OK);
    CHECK_STR(name, s->name);
    CHECK(expires_s == s->expires_s);
    mz_reply_free(r);

    rq_begin(&rq, MZ_MCP_DO_END_SESSION, "", "{}");
    CHECK(rq.status == 200 && rq.body == NULL);
    check_heard(MZ_CONTROL_ENDED, s);

    host.session = NULL;
    host.stores = 0;
    rq_begin(&rq, MZ_MCP_DO_END_SESSION, "", "{}");
    CHECK(rq.status == 200 && rq.body == NULL && host.stores == 0);
    rq_legacy(0);
}


static void
cancelled(const char *id)
{
    rq_free(&rq);
    snprintf(host.req.cancelled_id, sizeof(host.req.cancelled_id), "%s", id);
    rq_begin(&rq, MZ_MCP_DO_CANCELLED, "", "{}");
    CHECK(rq.step == MZ_STEP_DONE && rq.status == 202 && rq.body == NULL);
    host.req.cancelled_id[0] = '\0';
}


static void
test_cancelled(void)
{
    int            i;
    mz_id_t        want;
    redisReply    *r;
    mz_control_t   m;

    host.session = NULL;
    cancelled("7");
    host.session = rq_session(0);
    cancelled("");
    CHECK(!hear(&r, &m));

    /* Twice is no error. */

    for (i = 0; i < 2; i++) {
        cancelled("\"7\"");
        CHECK(mz_control_request_id(mz_str_from(host.who.scope),
                                    mz_str_from(host.session->name),
                                    mz_str("\"7\""), &want) == MZ_OK);
        CHECK(hear(&r, &m));
        CHECK(m.kind == MZ_CONTROL_CANCELLED);
        CHECK_STR(mz_str_from(m.request.s), want.s);
        freeReplyObject(r);
    }

    /* A number is another request than the same digits as a string. */

    cancelled("7");
    CHECK(hear(&r, &m));
    CHECK(strcmp(m.request.s, want.s) != 0);
    freeReplyObject(r);
}


/* Whether the run goes with the request, by the reason that is given. */

static void
test_cancelled_stops(void)
{
    size_t         i;
    redisReply    *r;
    mz_control_t   m;

    static const struct {
        const char  *reason;            /* or the params */
        bool         stops;
        bool         may_not;           /* the caller cannot end work */
        bool         is_off;            /* mitzu_mcp_cancel wait */
    } rows[] = {
        { "{}", true, false, false },
        { "{}", false, true, false },
        { "{}", false, false, true },
        { "{\"reason\":7}", true, false, false },
        { "{\"reason\":null}", true, false, false },
        { "", true, false, false },
        { "AbortError: This operation was aborted", true, false, false },
        { "caller cancelled", true, false, false },
        { "context canceled", true, false, false },
        { "Time to go, out of patience", true, false, false },
        { "timeou", true, false, false },
        { "McpError: MCP error -32001: Request timed out", false, false,
          false },
        { "SdkError: Request timed out", false, false, false },
        { "TimeoutError: The operation was aborted due to timeout", false,
          false, false },
        { "Maximum total timeout exceeded", false, false, false },
        { "timed out after 30.0s", false, false, false },
        { "context deadline exceeded", false, false, false },
        { "request timeout", false, false, false },
        { "TIMED OUT", false, false, false }
    };

    host.session = rq_session(0);

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        host.conf.cancel_stops = !rows[i].is_off;
        rq_free(&rq);
        snprintf(host.req.cancelled_id, sizeof(host.req.cancelled_id), "7");
        (void) rq_ready(&rq, MZ_MCP_DO_CANCELLED, "",
                        rq_load(mz_str_from(rows[i].reason[0] == '{'
                                            ? rows[i].reason
                                            : args("{\"reason\":\"%s\"}",
                                                   rows[i].reason))));
        rq.call.may_start = !rows[i].may_not;
        rq_go(&rq, MZ_EV_START);
        CHECK(rq.status == 202 && rq.body == NULL);

        CHECK(hear(&r, &m));
        CHECK_ROW(m.kind == (rows[i].stops ? MZ_CONTROL_STOPPED
                                           : MZ_CONTROL_CANCELLED),
                  "%s", rows[i].reason);
        freeReplyObject(r);
    }

    host.req.cancelled_id[0] = '\0';
    host.conf.cancel_stops = false;
}


/* A response as it came; the params of a request stand for nothing here. */

static void
respond(const char *id, const char *text)
{
    mz_mcp_request_t  *req;

    rq_free(&rq);
    rq_ready(&rq, MZ_MCP_DO_ANSWER, id, json_object());
    req = rq.call.host;
    json_object_update_new(req->root, rq_load(mz_str_from(text)));
    rq_go(&rq, MZ_EV_START);
    CHECK_ROW(rq.step == MZ_STEP_DONE && rq.status == 202
              && rq.body == NULL, "%s %s", id, text);
}


static mz_rc_t
look(const mz_id_t *ask, const char *want)
{
    mz_rc_t      rc;
    mz_err_t     err;
    mz_str_t     response;
    mz_cmds_t    c;
    redisReply  *r;

    mz_cmds_init(&c);
    mz_ask_read(&c, &host.conf.store, mz_str_from(host.who.scope), ask);
    r = one(&c);
    rc = mz_ask_read_decode(r, &response, &err);

    if (rc == MZ_OK) {
        CHECK_STR(response, want);
    }

    mz_reply_free(r);

    return rc;
}


static mz_id_t
ask(void)
{
    mz_id_t        id;
    mz_cmds_t      c;
    unsigned char  random[MZ_ID_RANDOM];

    host_random(random, sizeof(random));
    mz_id_make(&id, MZ_ID_ASK, random);
    mz_cmds_init(&c);
    mz_ask_open(&c, &host.conf.store, mz_str_from(host.who.scope), &id, 600);
    mz_reply_free(one(&c));

    return id;
}


static void
test_answer(void)
{
    mz_id_t  id;

    /* Answers to nothing are taken and dropped. */

    respond("nonsense", "{\"result\":{}}");
    respond("", "{\"result\":{}}");
    respond("q_aaaaaaaaaaaaaaaaaaaaaaaaaa", "{\"result\":{}}");

    id = ask();
    CHECK(look(&id, "") == MZ_AGAIN);
    respond(id.s, "{}");
    CHECK(look(&id, "") == MZ_AGAIN);

    host_become("another client");
    respond(id.s, "{\"result\":{\"roots\":[]}}");
    host_become("old client");
    CHECK(look(&id, "") == MZ_AGAIN);

    respond(id.s, "{\"result\":{\"action\":\"accept\"}}");
    CHECK(look(&id, "{\"result\":{\"action\":\"accept\"}}") == MZ_OK);

    /* The first one counts. */

    respond(id.s, "{\"result\":{\"action\":\"decline\"}}");
    CHECK(look(&id, "{\"result\":{\"action\":\"accept\"}}") == MZ_OK);

    id = ask();
    respond(id.s, "{\"error\":{\"code\":-1,\"message\":\"no\"}}");
    CHECK(look(&id, "{\"error\":{\"code\":-1,\"message\":\"no\"}}")
          == MZ_OK);
}


/* Redis does not take it: the client is not told that it did. */

static void
test_read_only(void)
{
    host.session = rq_session(0);
    rq_redis("CONFIG SET min-replicas-to-write 1");

    set_level("error");
    CHECK(rq.step == MZ_STEP_ERROR && rq.status == 503);
    rq_begin(&rq, MZ_MCP_DO_END_SESSION, "", "{}");
    CHECK(rq.step == MZ_STEP_ERROR && rq.status == 503);
    subscribe(MZ_MCP_DO_SUBSCRIBE, "test://things/1");
    CHECK(rq.step == MZ_STEP_ERROR && rq.status == 503);

    rq_redis("CONFIG SET min-replicas-to-write 0");
    host.session = NULL;
}


static void
test_end(void)
{
    rq_free(&rq);
    redisFree(ear);
    host_stop();
}


static const mz_test_t  tests[] = {
    { "a host that hears the control channel", test_start },
    { "logging/setLevel", test_level },
    { "resources/subscribe and unsubscribe", test_subscribe },
    { "the end of a session", test_end_session },
    { "notifications/cancelled", test_cancelled },
    { "notifications/cancelled and the run", test_cancelled_stops },
    { "answers to questions", test_answer },
    { "a Redis that takes nothing", test_read_only },
    { "nothing is left", test_end }
};

MZ_TEST_MAIN(tests)
