
/*
 * Listening: subscriptions/listen, and the GET stream of a session.
 */

#include "quiz.h"

#include "store/ask.h"
#include "tools/ops.h"


#define ACK      "notifications/subscriptions/acknowledged"
#define SUB_ID   "io.modelcontextprotocol/subscriptionId"
#define OFFERS   (MZ_MCP_OFFERS_SUBSCRIBE|MZ_MCP_OFFERS_RESOURCES_CHANGE      \
                  |MZ_MCP_OFFERS_PROMPTS_CHANGE|MZ_MCP_OFFERS_TOOLS_CHANGE)

static rq_t  rq;


static mz_step_t
no_step(mz_call_t *call, mz_tool_event_t ev)
{
    (void) ev;

    return mz_call_done_members(call, json_object());
}


static const mz_resource_t  watched = {
    .op = { .name = mz_str("watched"), .step = no_step },
    .uri = mz_str("test://watched"),
    .is_watchable = true
};

static const mz_resource_t  fixed = {
    .op = { .name = mz_str("fixed"), .step = no_step },
    .uri = mz_str("test://fixed")
};


static void
test_start(void)
{
    mz_err_t  err;

    quiz_start();
    CHECK(mz_registry_add_resource(&host.reg, &watched, &err) == MZ_OK);
    CHECK(mz_registry_add_resource(&host.reg, &fixed, &err) == MZ_OK);
    host.server.offers |= OFFERS;
}


static mz_step_t
listen_to(const char *filter)
{
    char  params[4096];

    snprintf(params, sizeof(params), "{\"notifications\":%s}", filter);

    return rq_begin(&rq, MZ_MCP_DO_LISTEN, "", params);
}


static mz_step_t
listen_session(void)
{
    rq_legacy(0);
    host.req.id[0] = '\0';

    return rq_begin(&rq, MZ_MCP_DO_LISTEN, "", "{}");
}


/* Note i: its params; its method is looked at, and that it is tagged. */

static json_t *
note(int i, const char *method)
{
    json_t  *n, *params, *id;

    n = rq_note(&rq, i);
    params = json_object_get(n, "params");
    CHECK_STR(mz_json_get_str(n, "method"), method);

    if (host.req.era == MZ_MCP_MODERN) {
        id = json_object_get(json_object_get(params, "_meta"), SUB_ID);
        CHECK_STR(mz_json_str(id), "r-1");
    }

    return params;
}


/* The notes so far were looked at. */

static void
forget(void)
{
    json_array_clear(rq.notes);
}


static mz_control_t
changed(unsigned lists, const char *scope)
{
    return (mz_control_t) { .kind = MZ_CONTROL_CHANGED, .lists = lists,
                            .scope = mz_str_from(scope) };
}


static mz_control_t
updated(const char *uri, const char *scope)
{
    return (mz_control_t) { .kind = MZ_CONTROL_UPDATED,
                            .uri = mz_str_from(uri),
                            .scope = mz_str_from(scope) };
}


static mz_control_t
about(mz_control_kind_t kind, const mz_session_t *s)
{
    return (mz_control_t) { .kind = kind, .session = mz_str_from(s->name) };
}


/* --- modern --- */

static void
test_nothing_honoured(void)
{
    size_t                    i;
    json_t                   *params;
    static const char *const  filters[] = {
        "{}",
        "{\"unknown\":true,\"toolsListChanged\":false}",
        "{\"resourceSubscriptions\":[]}",
        "{\"resourceSubscriptions\":[\"test://fixed\",\"test://nowhere\","
            "\"\"]}",
        "{\"taskIds\":[]}",
        "{\"taskIds\":[\"\",\"x\",\"t_aaaaaaaaaaaaaaaaaaaaaaaaaa\","
            "\"p_aaaaaaaaaaaaaaaaaaaaaaaaaa\"]}"
    };

    rq_modern(MZ_MCP_CAN_TASKS);

    for (i = 0; i < MZ_ARRAY_LEN(filters); i++) {
        CHECK_ROW(listen_to(filters[i]) == MZ_STEP_DONE, "%s", filters[i]);
        CHECK(json_array_size(rq.notes) == 1);
        params = json_object_get(note(0, ACK), "notifications");
        CHECK(json_is_object(params) && json_object_size(params) == 0);
        CHECK_STR(mz_json_get_str(rq_result(&rq), "resultType"), "complete");
        params = json_object_get(rq_result(&rq), "_meta");
        CHECK_STR(mz_json_get_str(params, SUB_ID), "r-1");
        CHECK(json_object_get(params,
                              "io.modelcontextprotocol/serverInfo") != NULL);
    }

    /* What is not offered. */

    host.server.offers &= ~(unsigned) OFFERS;
    CHECK(listen_to("{\"toolsListChanged\":true,\"promptsListChanged\":true,"
                    "\"resourcesListChanged\":true,"
                    "\"resourceSubscriptions\":[\"test://watched\"]}")
          == MZ_STEP_DONE);
    host.server.offers |= OFFERS;
}


/* The id is that of the request, byte for byte. */

static void
test_ids(void)
{
    size_t                    i;
    char                      want[128];
    mz_buf_t                  out;
    mz_note_t                *n;
    static const char *const  ids[] = { "7", "\"7\"", "\"\\u00e9\\\"\"",
                                        "123456789012345678901234567890" };

    rq_modern(0);

    for (i = 0; i < MZ_ARRAY_LEN(ids); i++) {
        rq_free(&rq);
        snprintf(host.req.id, sizeof(host.req.id), "%s", ids[i]);
        rq_ready(&rq, MZ_MCP_DO_LISTEN, "",
                 rq_load(mz_str("{\"notifications\":{}}")));
        CHECK(mz_call_step(&rq.call, MZ_EV_START) == MZ_STEP_DONE);

        snprintf(want, sizeof(want), "\"" SUB_ID "\":%s}", ids[i]);
        mz_buf_init(&out, 0);
        n = mz_call_next_note(&rq.call);
        mz_note_write(&rq.call, n, &out);
        CHECK_ROW(strstr(mz_buf_cstr(&out), want) != NULL, "%s",
                  mz_buf_cstr(&out));
        mz_note_free(n);

        mz_buf_reset(&out);
        CHECK(mz_call_answer(&rq.call, MZ_STEP_DONE, &out) == 200);
        want[strlen(want) - 1] = '\0';
        CHECK_ROW(strstr(mz_buf_cstr(&out), want) != NULL, "%s",
                  mz_buf_cstr(&out));
        mz_buf_free(&out);
    }

    rq_free(&rq);
}


static void
test_lists(void)
{
    json_t        *p;
    mz_control_t   m;

    host_become("listener");
    rq_modern(0);

    CHECK(listen_to("{\"toolsListChanged\":true,\"promptsListChanged\":null,"
                    "\"resourcesListChanged\":true}") == MZ_STEP_WAIT);
    CHECK(rq.call.wait_ms >= 10000 && rq.call.nwatches == 0);
    CHECK(json_array_size(rq.notes) == 1);
    p = json_object_get(note(0, ACK), "notifications");
    CHECK(json_object_size(p) == 2);
    CHECK(mz_json_get_bool(p, "toolsListChanged", false));
    CHECK(mz_json_get_bool(p, "resourcesListChanged", false));
    forget();

    /* Not for us: another user, another list, another kind. */

    m = changed(MZ_CONTROL_TOOLS, "00000000000000000000000000000000");
    CHECK(rq_change(&rq, &m) == MZ_STEP_WAIT);
    m = changed(MZ_CONTROL_PROMPTS, "*");
    CHECK(rq_change(&rq, &m) == MZ_STEP_WAIT);
    m = updated("test://watched", "*");
    CHECK(rq_change(&rq, &m) == MZ_STEP_WAIT);
    CHECK(json_array_size(rq.notes) == 0);

    m = changed(MZ_CONTROL_TOOLS|MZ_CONTROL_PROMPTS|MZ_CONTROL_RESOURCES,
                "*");
    CHECK(rq_change(&rq, &m) == MZ_STEP_WAIT);
    CHECK(json_array_size(rq.notes) == 2);
    note(0, "notifications/tools/list_changed");
    note(1, "notifications/resources/list_changed");
    forget();

    m = changed(MZ_CONTROL_TOOLS, host.who.scope);
    CHECK(rq_change(&rq, &m) == MZ_STEP_WAIT);
    note(0, "notifications/tools/list_changed");
    CHECK(json_array_size(rq.notes) == 1);

    CHECK(rq_go(&rq, MZ_EV_TIMER) == MZ_STEP_WAIT);
    CHECK(rq_go(&rq, MZ_EV_DRAIN) == MZ_STEP_DONE);
    CHECK_STR(mz_json_get_str(rq.body, "id"), "r-1");
    CHECK_STR(mz_json_get_str(json_object_get(rq_result(&rq), "_meta"),
                              SUB_ID), "r-1");
}


static void
test_resources(void)
{
    json_t        *p;
    mz_control_t   m;

    rq_modern(0);

    CHECK(listen_to("{\"resourceSubscriptions\":[\"test://watched\","
                    "\"test://fixed\",\"test://watched\",\"test://none\"]}")
          == MZ_STEP_WAIT);
    p = json_object_get(note(0, ACK), "notifications");
    CHECK(json_object_size(p) == 1);
    p = json_object_get(p, "resourceSubscriptions");
    CHECK(json_array_size(p) == 1);
    CHECK_STR(mz_json_str(json_array_get(p, 0)), "test://watched");
    forget();

    m = updated("test://watched/", "*");
    rq_change(&rq, &m);
    m = updated("test://watched", "11111111111111111111111111111111");
    rq_change(&rq, &m);
    m = changed(MZ_CONTROL_RESOURCES, "*");
    rq_change(&rq, &m);
    CHECK(json_array_size(rq.notes) == 0);

    m = updated("test://watched", "*");
    CHECK(rq_change(&rq, &m) == MZ_STEP_WAIT);
    p = note(0, "notifications/resources/updated");
    CHECK_STR(mz_json_get_str(p, "uri"), "test://watched");
    CHECK(json_array_size(rq.notes) == 1);
}


/* After the pause that many hints are worth one look in. */

static mz_step_t
hint(void)
{
    host.now_ms += 1000;

    return rq_go(&rq, MZ_EV_NOTICE);
}


static void
test_tasks(void)
{
    json_t        *p;
    mz_attempt_t   a;

    host_become("follower");
    rq_legacy(0);
    rq_ask_agent("a run to follow");
    rq_modern(MZ_MCP_CAN_TASKS);

    CHECK(listen_to(args("{\"taskIds\":[\"%s\",\"nonsense\",\"%s\"]}", pid,
                         pid)) == MZ_STEP_WAIT);
    CHECK(rq.call.nwatches == 1);
    CHECK_STR(mz_str_from(rq.call.watches[0].s), pid);

    p = json_object_get(note(0, ACK), "notifications");
    CHECK(json_object_size(p) == 1);
    p = json_object_get(p, "taskIds");
    CHECK(json_array_size(p) == 1);
    CHECK_STR(mz_json_str(json_array_get(p, 0)), pid);

    /* How it stands now: what happened before was not seen. */

    CHECK(json_array_size(rq.notes) == 2);
    p = note(1, "notifications/tasks");
    CHECK_STR(mz_json_get_str(p, "taskId"), pid);
    CHECK_STR(mz_json_get_str(p, "status"), "working");
    CHECK(mz_json_get_int(p, "ttlMs", 0) > 0);
    forget();

    CHECK(hint() == MZ_STEP_WAIT);
    CHECK(rq_go(&rq, MZ_EV_TIMER) == MZ_STEP_WAIT);
    CHECK(json_array_size(rq.notes) == 0);

    /* Several changes in a moment are one look, but one is taken. */

    a = claim();
    CHECK(hint() == MZ_STEP_WAIT);
    CHECK(json_array_size(rq.notes) == 1);
    progress(&a, "first");
    CHECK(rq_go(&rq, MZ_EV_NOTICE) == MZ_STEP_WAIT);
    progress(&a, "second");
    CHECK(rq_go(&rq, MZ_EV_NOTICE) == MZ_STEP_WAIT);
    CHECK(json_array_size(rq.notes) == 1);
    CHECK(rq.call.wait_ms > 0 && rq.call.wait_ms < 1000);
    host.now_ms += rq.call.wait_ms;
    CHECK(rq_go(&rq, MZ_EV_TIMER) == MZ_STEP_WAIT);
    CHECK(rq.call.wait_ms > 1000);
    CHECK(json_array_size(rq.notes) == 2);
    p = note(-1, "notifications/tasks");
    CHECK_STR(mz_json_get_str(p, "statusMessage"), "second");
    forget();

    /* The end, once, with the result. */

    finish(&a, "42");
    CHECK(hint() == MZ_STEP_WAIT);
    CHECK(json_array_size(rq.notes) == 1);
    p = note(0, "notifications/tasks");
    CHECK_STR(mz_json_get_str(p, "status"), "completed");
    p = json_object_get(json_object_get(p, "result"), "structuredContent");
    CHECK_STR(mz_json_get_str(p, "answer"), "42");

    CHECK(hint() == MZ_STEP_WAIT);
    CHECK(rq_go(&rq, MZ_EV_TIMER) == MZ_STEP_WAIT);
    CHECK(json_array_size(rq.notes) == 1);
    CHECK(rq_go(&rq, MZ_EV_DRAIN) == MZ_STEP_DONE);
}


static void
test_tasks_of_others(void)
{
    mz_id_t  theirs, mine;

    host_become("victim");
    theirs = quiz_new('t', "working");
    host_become("spy");
    rq_modern(MZ_MCP_CAN_TASKS);
    CHECK(listen_to(args("{\"taskIds\":[\"%s\"]}", theirs.s))
          == MZ_STEP_DONE);

    mine = quiz_new('t', "working");
    CHECK(listen_to(args("{\"taskIds\":[\"%s\",\"%s\"]}", theirs.s, mine.s))
          == MZ_STEP_WAIT);
    CHECK(rq.call.nwatches == 1);
    CHECK_STR(mz_str_from(rq.call.watches[0].s), mine.s);
    CHECK(json_array_size(rq.notes) == 2);

    /* Without the extension there are no tasks. */

    rq_modern(0);
    CHECK(listen_to(args("{\"taskIds\":[\"%s\"]}", mine.s)) == MZ_STEP_DONE);
}


/* More tasks than are followed.  The results of several would keep the others
 * of this process waiting: one is read at a time. */

static void
test_many_tasks(void)
{
    size_t     i, n;
    json_t    *ids, *accepted;
    mz_id_t    id[MZ_WATCHES_MAX + 10];
    mz_buf_t   filter;

    host_become("collector");
    rq_modern(MZ_MCP_CAN_TASKS);
    n = MZ_ARRAY_LEN(id);
    ids = json_array();

    for (i = 0; i < n; i++) {
        id[i] = quiz_new('t', "asks");
        json_array_append_new(ids, json_string(id[i].s));
    }

    mz_buf_init(&filter, 0);
    mz_json_dump(&filter, ids);
    json_decref(ids);
    quiz_reads = 0;
    rq_free(&rq);
    rq_ready(&rq, MZ_MCP_DO_LISTEN, "",
             json_pack("{s:{s:o}}", "notifications", "taskIds",
                       rq_load(mz_buf_view(&filter))));
    mz_buf_free(&filter);
    host.cmds_max = 0;
    CHECK(rq_go(&rq, MZ_EV_START) == MZ_STEP_WAIT);
    CHECK_ROW(host.cmds_max == 2, "%zu", host.cmds_max);
    CHECK(rq.call.nwatches == MZ_WATCHES_MAX);

    accepted = json_object_get(json_object_get(note(0, ACK),
                                               "notifications"), "taskIds");
    CHECK(json_array_size(accepted) == MZ_WATCHES_MAX);
    CHECK(json_array_size(rq.notes) == 1 + MZ_WATCHES_MAX);
    CHECK(json_object_size(json_object_get(note(1, "notifications/tasks"),
                                           "inputRequests")) == 2);
    forget();

    /* One gets an answer, one expires, one ends: the others are quiet. */

    rq_redis("HSET quiz:%s:%s name {}", host.who.scope, id[3].s);
    rq_redis("DEL quiz:%s:%s", host.who.scope, id[20].s);
    rq_redis("HSET quiz:%s:%s status failed", host.who.scope, id[40].s);
    CHECK(hint() == MZ_STEP_WAIT);
    CHECK(json_array_size(rq.notes) == 2);
    CHECK_STR(mz_json_get_str(note(0, "notifications/tasks"), "taskId"),
              id[3].s);
    CHECK_STR(mz_json_get_str(note(1, "notifications/tasks"), "status"),
              "failed");

    quiz_reads = 0;
    CHECK(hint() == MZ_STEP_WAIT);
    CHECK_ROW(quiz_reads == MZ_WATCHES_MAX - 2, "%u", quiz_reads);
    CHECK(json_array_size(rq.notes) == 2);
}


/* A megabyte of ids costs no more than a few of them. */

static void
test_long_lists(void)
{
    size_t    i;
    json_t   *ids, *uris;
    mz_id_t   id;

    host_become("hoarder");
    rq_modern(MZ_MCP_CAN_TASKS);
    id = quiz_new('t', "asks");
    ids = json_array();
    uris = json_array();

    for (i = 0; i < 20000; i++) {
        json_array_append_new(ids, json_string(i < MZ_WATCHES_MAX ? "x"
                                               : id.s));
        json_array_append_new(uris, json_string(i < MZ_SESSION_SUBS_MAX
                                                ? "test://fixed"
                                                : "test://watched"));
    }

    rq_free(&rq);
    rq_ready(&rq, MZ_MCP_DO_LISTEN, "",
             json_pack("{s:{s:o,s:o}}", "notifications", "taskIds", ids,
                       "resourceSubscriptions", uris));
    CHECK(rq_go(&rq, MZ_EV_START) == MZ_STEP_DONE);
    CHECK(json_object_size(json_object_get(note(0, ACK), "notifications"))
          == 0);
}


/* --- legacy --- */

static void
subscribe(const mz_session_t *s, const char *uri)
{
    size_t       i, n;
    mz_cmds_t    c;
    redisReply  *replies[8];

    mz_cmds_init(&c);
    mz_session_subscribe(&c, &host.conf.store, mz_str_from(host.who.scope),
                         mz_str_from(s->name), mz_str_from(uri), 600);
    n = c.n;
    host_exec(&c, replies);

    for (i = 0; i < n; i++) {
        mz_reply_free(replies[i]);
    }

    mz_cmds_free(&c);
}


static void
test_session_stream(void)
{
    mz_control_t   m;
    mz_session_t  *other;

    host_become("old client");
    host.session = rq_session(0);
    other = rq_session(0);
    rq.is_resumable = true;

    CHECK(listen_session() == MZ_STEP_WAIT);
    CHECK(json_array_size(rq.notes) == 0);

    m = changed(MZ_CONTROL_TOOLS, "*");
    CHECK(rq_change(&rq, &m) == MZ_STEP_WAIT);
    note(0, "notifications/tools/list_changed");
    CHECK(json_object_get(rq_note(&rq, 0), "params") == NULL);
    forget();

    /* Nothing is subscribed to yet, and then by somebody else. */

    m = updated("test://watched", "*");
    rq_change(&rq, &m);
    subscribe(other, "test://watched");
    m = about(MZ_CONTROL_SESSION, other);
    rq_change(&rq, &m);
    m = updated("test://watched", "*");
    rq_change(&rq, &m);
    CHECK(json_array_size(rq.notes) == 0);

    subscribe(host.session, "test://watched");
    m = about(MZ_CONTROL_SESSION, host.session);
    CHECK(rq_change(&rq, &m) == MZ_STEP_WAIT);
    m = updated("test://watched", "*");
    CHECK(rq_change(&rq, &m) == MZ_STEP_WAIT);
    CHECK(json_array_size(rq.notes) == 1);
    CHECK_STR(mz_json_get_str(note(0, "notifications/resources/updated"),
                              "uri"), "test://watched");
    CHECK(json_object_get(note(0, "notifications/resources/updated"),
                          "_meta") == NULL);

    /* A stream that is opened now knows it from the start. */

    rq.is_resumable = true;
    CHECK(listen_session() == MZ_STEP_WAIT);
    CHECK(rq_change(&rq, &m) == MZ_STEP_WAIT);
    CHECK(json_array_size(rq.notes) == 1);

    m = about(MZ_CONTROL_ENDED, other);
    CHECK(rq_change(&rq, &m) == MZ_STEP_WAIT);
    m = about(MZ_CONTROL_ENDED, host.session);
    CHECK(rq_change(&rq, &m) == MZ_STEP_DROP);

    rq.is_resumable = true;
    CHECK(listen_session() == MZ_STEP_WAIT);
    CHECK(rq_go(&rq, MZ_EV_DRAIN) == MZ_STEP_DROP);

    /* A session that expired is over, too. */

    rq.is_resumable = true;
    CHECK(listen_session() == MZ_STEP_WAIT);
    host.now_ms += 2 * 3600 * 1000;
    CHECK(rq_go(&rq, MZ_EV_TIMER) == MZ_STEP_DROP);
    host.now_ms -= 2 * 3600 * 1000;

    rq_free(&rq);
    host.session = NULL;
}


/* A message that was lost is made up for at the next look. */

static void
test_lost_message(void)
{
    mz_control_t  m;

    host.session = rq_session(0);
    rq.is_resumable = true;
    CHECK(listen_session() == MZ_STEP_WAIT);
    subscribe(host.session, "test://watched");
    CHECK(rq.call.wait_ms <= 60000);
    host.now_ms += rq.call.wait_ms;
    CHECK(rq_go(&rq, MZ_EV_TIMER) == MZ_STEP_WAIT);
    m = updated("test://watched", "*");
    rq_change(&rq, &m);
    CHECK(json_array_size(rq.notes) == 1);

    rq_free(&rq);
    host.session = NULL;
}


static void
test_end(void)
{
    rq_free(&rq);
    host_stop();
}


static const mz_test_t  tests[] = {
    { "a host with something to watch", test_start },
    { "nothing is honoured", test_nothing_honoured },
    { "ids of subscriptions", test_ids },
    { "lists that change", test_lists },
    { "resources that are updated", test_resources },
    { "tasks", test_tasks },
    { "tasks of others", test_tasks_of_others },
    { "lists that are too long", test_long_lists },
    { "many tasks", test_many_tasks },
    { "the stream of a session", test_session_stream },
    { "a message that was lost", test_lost_message },
    { "nothing is left", test_end }
};

MZ_TEST_MAIN(tests)
