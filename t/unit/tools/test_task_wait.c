
/*
 * What waits for a task, lists of tasks, and a status stream that broke.
 */

#include "quiz.h"

#include "tools/ops.h"


static rq_t  rq;


/* --- result --- */

static mz_step_t
result(const char *id)
{
    return rq_begin(&rq, MZ_MCP_DO_TASK_RESULT, id, task(id));
}


static const char *
related(const json_t *obj)
{
    return rq_str(json_object_get(json_object_get(obj, "_meta"),
                                  "io.modelcontextprotocol/related-task"),
                  "taskId");
}


static void
test_result_wait(void)
{
    json_t        *r;
    mz_attempt_t   a;

    host_become("waiter");
    rq_legacy(0);
    rq_ask_agent("wait for me");

    CHECK(result(pid) == MZ_STEP_WAIT);
    CHECK_STR(mz_str_from(rq.call.watch.s), pid);
    CHECK(rq.call.wait_ms > 0 && rq.call.wait_ms <= 5000);

    a = claim();
    progress(&a, "half way");
    CHECK(rq_go(&rq, MZ_EV_NOTICE) == MZ_STEP_WAIT);
    CHECK(rq_go(&rq, MZ_EV_TIMER) == MZ_STEP_WAIT);
    CHECK(json_array_size(rq.notes) == 0);

    finish(&a, "42");
    CHECK(rq_go(&rq, MZ_EV_NOTICE) == MZ_STEP_DONE);
    r = rq_result(&rq);
    CHECK_STR(mz_str_from(related(r)), pid);
    CHECK_STR(mz_json_get_str(json_object_get(r, "structuredContent"),
                              "answer"), "42");
    CHECK(json_object_get(r, "taskId") == NULL);

    /* As often as one likes. */

    CHECK(result(pid) == MZ_STEP_DONE);
    CHECK(json_is_array(json_object_get(rq_result(&rq), "content")));
}


static void
test_result_leave(void)
{
    int  i;

    host_become("leaver");
    rq_legacy(0);
    rq_ask_agent("never ends");

    CHECK(result(pid) == MZ_STEP_WAIT);
    CHECK(rq_go(&rq, MZ_EV_DRAIN) == MZ_STEP_DONE);
    CHECK(rq_code(&rq) == MZ_RPC_INTERNAL);
    CHECK(strstr(rq_message(&rq), "tasks/result again") != NULL);

    /* Not for ever, either. */

    CHECK(result(pid) == MZ_STEP_WAIT);

    for (i = 0; i < 1000 && rq.step == MZ_STEP_WAIT; i++) {
        host.now_ms += rq.call.wait_ms;
        rq_go(&rq, MZ_EV_TIMER);
    }

    CHECK(rq.step == MZ_STEP_DONE && i >= 60);
    CHECK(rq_code(&rq) == MZ_RPC_INTERNAL);

    rq.is_resumable = true;
    CHECK(result(pid) == MZ_STEP_WAIT);
    CHECK(rq_go(&rq, MZ_EV_DRAIN) == MZ_STEP_DROP);
    CHECK(rq.body == NULL);
    rq.is_resumable = false;
    rq_free(&rq);
}


/* --- what ends with a request that is cancelled --- */

/* Sends what cancels it; how many replies there were. */

static size_t
stop(void)
{
    size_t       i, n;
    mz_cmds_t    cmds;
    redisReply  *replies[4];

    mz_cmds_init(&cmds);
    n = mz_call_stop(&rq.call, &cmds);
    CHECK(n == cmds.n && n < MZ_ARRAY_LEN(replies));
    host_exec(&cmds, replies);
    mz_cmds_free(&cmds);

    for (i = 0; i < n; i++) {
        CHECK(replies[i]->type != REDIS_REPLY_ERROR);
        mz_reply_free(replies[i]);
    }

    return n;
}


static mz_step_t
status(const char *more)
{
    return rq_begin(&rq, MZ_MCP_DO_TOOL, "get_analytics_agent_status",
                    args("{\"arguments\":{\"conversation_id\":\"%s\"%s}}",
                         cid, more));
}


static void
test_stop(void)
{
    mz_id_t       id;
    mz_cmds_t     c;
    mz_attempt_t  a;

    host_become("stopper");
    rq_legacy(0);

    rq_ask_agent("a result that nobody wants");
    CHECK(result(pid) == MZ_STEP_WAIT);
    CHECK(stop() == 1);
    CHECK(rq_go(&rq, MZ_EV_NOTICE) == MZ_STEP_DONE);
    CHECK(stop() == 1);

    /* Also when the worker has it, and found by its conversation alone. */

    rq_ask_agent("an answer that nobody wants");
    a = claim();
    CHECK(status("") == MZ_STEP_WAIT);
    CHECK(stop() == 1);
    CHECK(rq_go(&rq, MZ_EV_NOTICE) == MZ_STEP_DONE);
    CHECK_STR(mz_json_get_str(json_object_get(rq_result(&rq),
                                              "structuredContent"),
                              "status"), "cancelled");
    mz_cmds_init(&c);
    mz_worker_event(&c, &host.conf.store, &a, 0, mz_str("querying"),
                    mz_str("too late"), mz_null_str);
    CHECK(work(&c).outcome == MZ_WORKER_TERMINAL);
    mz_cmds_free(&c);

    /* Who does not wait has nothing to end. */

    rq_ask_agent("just looking");
    CHECK(status(",\"wait_seconds\":0") == MZ_STEP_DONE);
    CHECK(stop() == 0);
    CHECK(rq_begin(&rq, MZ_MCP_DO_TASK_GET, pid, task(pid)) == MZ_STEP_DONE);
    CHECK(stop() == 0);
    CHECK(result("p_aaaaaaaaaaaaaaaaaaaaaaaaaa") == MZ_STEP_DONE);
    CHECK(stop() <= 1);

    /* Tasks of others as well, if they can be cancelled. */

    id = quiz_new('t', "working");
    CHECK(result(id.s) == MZ_STEP_WAIT);
    CHECK(stop() == 1);
    CHECK(rq_go(&rq, MZ_EV_TIMER) == MZ_STEP_DONE);
    id = quiz_new('n', "working");
    CHECK(result(id.s) == MZ_STEP_WAIT);
    CHECK(stop() == 0);
    rq_free(&rq);
}


/* As often as the client would, but not all the time. */

static void
test_result_polls(void)
{
    size_t   i;
    mz_id_t  id;

    static const struct {
        const char  *poll_ms;
        int64_t      wait_ms;
    } rows[] = {
        { "-1", 250 },
        { "0", 250 },
        { "249", 250 },
        { "251", 251 },
        { "2000", 2000 },
        { "5001", 5000 },
        { "9223372036854775807", 5000 }
    };

    host_become("poller");
    rq_legacy(0);

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        id = quiz_new('t', "working");
        rq_redis("HSET quiz:%s:%s poll %s", host.who.scope, id.s,
                 rows[i].poll_ms);

        CHECK(result(id.s) == MZ_STEP_WAIT);
        CHECK_ROW(rq.call.wait_ms == rows[i].wait_ms, "%s: %lld",
                  rows[i].poll_ms, (long long) rq.call.wait_ms);
    }

    rq_free(&rq);
}


static void
test_result_ends(void)
{
    json_t        *r;
    mz_id_t        id;
    mz_attempt_t   a;

    host_become("ender");
    rq_legacy(0);

    rq_ask_agent("is cancelled");
    CHECK(result(pid) == MZ_STEP_WAIT);
    {
        rq_t  other = { .step = MZ_STEP_DONE };

        rq_begin(&other, MZ_MCP_DO_TASK_CANCEL, pid, task(pid));
        rq_free(&other);
    }
    CHECK(rq_go(&rq, MZ_EV_NOTICE) == MZ_STEP_DONE);
    r = rq_result(&rq);
    CHECK(mz_json_get_bool(r, "isError", false));
    CHECK_STR(mz_str_from(related(r)), pid);

    rq_ask_agent("fails");
    a = claim();
    fail(&a, "{\"code\":\"x\",\"message\":\"No such thing\"}");
    CHECK(result(pid) == MZ_STEP_DONE);
    r = rq_result(&rq);
    CHECK(mz_json_get_bool(r, "isError", false));
    CHECK(strstr(rq_str(json_array_get(json_object_get(r, "content"), 0),
                        "text"), "No such thing") != NULL);

    id = quiz_new('t', "failed");
    CHECK(result(id.s) == MZ_STEP_DONE);
    CHECK(rq_code(&rq) == -32050);
    CHECK_STR(mz_str_from(rq_message(&rq)), "broke");
    CHECK(mz_json_get_int(json_object_get(json_object_get(rq.body, "error"),
                                          "data"), "why", 0) == 7);

    /* One that expires meanwhile. */

    id = quiz_new('t', "working");
    CHECK(result(id.s) == MZ_STEP_WAIT);
    rq_redis("DEL quiz:%s:%s", host.who.scope, id.s);
    CHECK(rq_go(&rq, MZ_EV_TIMER) == MZ_STEP_DONE);
    CHECK(rq_code(&rq) == MZ_RPC_PARAMS);
}


/* The client answers a question, as any node would take it. */

static void
answer(const json_t *question, const char *text)
{
    rq_t  other;

    memset(&other, 0, sizeof(other));
    other.notes = json_array();
    host_begin(&other.call, MZ_MCP_DO_ANSWER, "", rq_str(question, "id"),
               json_object(), &(mz_mcp_reply_t) { 0 });
    other.is_open = true;
    json_object_update_new(((mz_mcp_request_t *) other.call.host)->root,
                           rq_load(mz_str_from(text)));
    rq_go(&other, MZ_EV_START);
    CHECK(other.status == 202 && other.body == NULL);
    rq_free(&other);
}


static void
test_result_asks(void)
{
    json_t   *q, *r;
    mz_id_t   id;

    host_become("asker");
    host.session = rq_session(MZ_MCP_CAN_ELICIT);
    id = quiz_new('t', "asks");

    /* It cannot be asked. */

    rq_legacy(0);
    CHECK(result(id.s) == MZ_STEP_DONE);
    CHECK(rq_code(&rq) != 0);

    rq_legacy(MZ_MCP_CAN_ELICIT);
    CHECK(result(id.s) == MZ_STEP_WAIT);
    CHECK(json_array_size(rq.notes) == 2);
    q = rq_note(&rq, 0);
    CHECK_STR(mz_json_get_str(q, "method"), "elicitation/create");
    CHECK_STR(mz_str_from(related(json_object_get(q, "params"))), id.s);
    CHECK_STR(mz_json_get_str(json_object_get(q, "params"), "message"), "?");

    answer(q, "{\"result\":{\"action\":\"accept\",\"content\":{\"x\":1}}}");
    CHECK(rq_go(&rq, MZ_EV_NOTICE) == MZ_STEP_WAIT);
    CHECK(json_array_size(rq.notes) == 2);
    answer(rq_note(&rq, 1), "{\"result\":{\"action\":\"decline\"}}");
    CHECK(rq_go(&rq, MZ_EV_NOTICE) == MZ_STEP_DONE);

    r = rq_result(&rq);
    CHECK_STR(mz_str_from(related(r)), id.s);
    CHECK(mz_json_get_int(json_object_get(r, "_meta"), "own", 0) == 1);
    CHECK_STR(mz_json_get_str(json_array_get(json_object_get(r, "content"),
                                             0), "text"),
              "{\"action\":\"accept\",\"content\":{\"x\":1}}");

    /* One answer came by another way: only the other is asked for. */

    id = quiz_new('t', "asks");
    rq_redis("HSET quiz:%s:%s name {}", host.who.scope, id.s);
    CHECK(result(id.s) == MZ_STEP_WAIT);
    CHECK(json_array_size(rq.notes) == 1);
    answer(rq_note(&rq, 0), "{\"error\":{\"code\":-1,\"message\":\"no\"}}");
    CHECK(rq_go(&rq, MZ_EV_NOTICE) == MZ_STEP_DONE);
    CHECK(rq_result(&rq) != NULL);

    rq_free(&rq);
    host.session = NULL;
}


/* --- list --- */

static void
list(const char *cursor)
{
    rq_begin(&rq, MZ_MCP_DO_TASK_LIST, "",
             cursor ? args("{\"cursor\":\"%s\"}", cursor) : "{}");
}


static void
test_list_cursor(void)
{
    char     *cursor;
    size_t    i, n;
    json_t   *page;
    mz_buf_t  other;

    host_become("empty");
    rq_legacy(0);
    list(NULL);
    page = json_object_get(rq_result(&rq), "tasks");
    CHECK(json_is_array(page) && json_array_size(page) == 0);
    CHECK(json_object_get(rq_result(&rq), "nextCursor") == NULL);

    host_become("lister");

    for (i = 0; i <= MZ_PAGE_TASKS; i++) {
        char  prompt[32];

        snprintf(prompt, sizeof(prompt), "cursor %zu", i);
        rq_ask_agent(prompt);
    }

    list(NULL);
    cursor = strdup(rq_str(rq_result(&rq), "nextCursor"));
    n = strlen(cursor);
    CHECK(n > 20);

    list(cursor);
    CHECK(json_array_size(json_object_get(rq_result(&rq), "tasks")) == 1);

    list("");
    CHECK(rq_code(&rq) == MZ_RPC_PARAMS);
    list("not a cursor");
    CHECK(rq_code(&rq) == MZ_RPC_PARAMS);
    rq_begin(&rq, MZ_MCP_DO_TASK_LIST, "", "{\"cursor\":7}");
    CHECK(rq_code(&rq) == MZ_RPC_PARAMS);

    cursor[n / 2] = (cursor[n / 2] == 'A') ? 'B' : 'A';
    list(cursor);
    CHECK(rq_code(&rq) == MZ_RPC_PARAMS);
    CHECK(strstr(rq_message(&rq), "Invalid cursor") != NULL);

    /* Genuine, but of another list, of another user, or too old. */

    mz_buf_init(&other, 0);
    CHECK(mz_seal_make(&host.seal, MZ_SEAL_CURSOR,
                       mz_str_from(host.who.scope), HOST_NOW, mz_str("x 1 2"),
                       &other) == MZ_OK);
    list(mz_buf_cstr(&other));
    CHECK(rq_code(&rq) == MZ_RPC_PARAMS);
    mz_buf_free(&other);

    list(NULL);
    free(cursor);
    cursor = strdup(rq_str(rq_result(&rq), "nextCursor"));
    host_become("foreigner");
    list(cursor);
    CHECK(rq_code(&rq) == MZ_RPC_PARAMS);

    host_become("lister");
    host.now_ms += 2 * 3600 * 1000;
    list(cursor);
    CHECK(rq_code(&rq) == MZ_RPC_PARAMS);
    host.now_ms -= 2 * 3600 * 1000;

    /* No key yet: later. */

    i = host.seal.n;
    host.seal.n = 0;
    list(cursor);
    CHECK(rq.step == MZ_STEP_ERROR && rq.status == 503);
    list(NULL);
    CHECK(rq.step == MZ_STEP_ERROR && rq.status == 503);
    host.seal.n = i;
    free(cursor);
}


/* All pages, no task twice. */

static void
check_pages(size_t n)
{
    char     cursor[512];
    size_t   k, pages;
    json_t  *seen, *page, *t;

    seen = json_object();
    cursor[0] = '\0';

    for (pages = 1; pages < 10; pages++) {
        list(cursor[0] ? cursor : NULL);
        page = json_object_get(rq_result(&rq), "tasks");
        CHECK(json_array_size(page) <= MZ_PAGE_TASKS);

        for (k = 0; k < json_array_size(page); k++) {
            t = json_array_get(page, k);
            CHECK(json_object_get(seen, rq_str(t, "taskId")) == NULL);
            json_object_set_new(seen, rq_str(t, "taskId"), json_true());
            check_time(t, "createdAt");
            CHECK(json_object_get(t, "result") == NULL);
        }

        snprintf(cursor, sizeof(cursor), "%s", rq_str(rq_result(&rq),
                                                      "nextCursor"));
        if (cursor[0] == '\0') {
            break;
        }
    }

    CHECK_ROW(json_object_size(seen) == n && pages == 3, "%zu on %zu pages",
              json_object_size(seen), pages);
    json_decref(seen);
}


/* Of the page that was asked for last: the newest, which may share its
 * millisecond with others; or any other. */

static json_t *
listed(bool newest)
{
    size_t   i;
    json_t  *page, *t;

    page = json_object_get(rq_result(&rq), "tasks");

    for (i = 0; i < json_array_size(page); i++) {
        t = json_array_get(page, i);

        if ((strcmp(rq_str(t, "taskId"), pid) == 0) == newest) {
            return t;
        }
    }

    return NULL;
}


static void
test_list_pages(void)
{
    char           prompt[32], root[64];
    size_t         i, n;
    json_t        *t;
    mz_attempt_t   a;

    host_become("pager");
    rq_legacy(0);
    n = 2 * MZ_PAGE_TASKS + 7;
    snprintf(root, sizeof(root), "mitzu:{%02u}:%s",
             mz_store_partition(&host.conf.store,
                                mz_str_from(host.who.scope)),
             host.who.scope);

    for (i = 0; i < n; i++) {
        snprintf(prompt, sizeof(prompt), "page %zu", i);
        rq_ask_agent(prompt);
    }

    check_pages(n);

    /* The newest has failed, another is gone. */

    a = claim();
    fail(&a, "{\"code\":\"x\",\"message\":\"No such thing\"}");
    list(NULL);
    t = listed(false);
    CHECK_STR(mz_json_get_str(t, "status"), "working");
    rq_redis("DEL %s:run:%s", root, rq_str(t, "taskId"));
    check_pages(n - 1);

    list(NULL);
    CHECK(json_array_size(json_object_get(rq_result(&rq), "tasks"))
          == MZ_PAGE_TASKS - 1);
    t = listed(true);
    CHECK_STR(mz_json_get_str(t, "status"), "failed");
    CHECK_STR(mz_json_get_str(t, "statusMessage"), "No such thing");

    /* All of one millisecond, and most of one. */

    rq_redis("EVAL %s 1 %s:runs 0",
             "for _, m in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do "
             "redis.call('ZADD', KEYS[1], 1700000000000, m) end", root);
    check_pages(n - 1);
    rq_redis("EVAL %s 1 %s:runs 0",
             "for i, m in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do "
             "if i % 40 == 0 then "
             "redis.call('ZADD', KEYS[1], 1700000000001, m) end end", root);
    check_pages(n - 1);
}


/* --- a status stream that broke --- */

/* Its progress notes begin with that of first; how many there are. */

static unsigned
status_notes(int64_t resumed_after, int64_t first)
{
    unsigned    n;
    mz_step_t   step;
    mz_note_t  *note;

    rq_free(&rq);
    rq_ready(&rq, MZ_MCP_DO_TOOL, "get_analytics_agent_status",
             rq_load(mz_str_from(args("{\"arguments\":{"
                                      "\"conversation_id\":\"%s\"}}",
                                      cid))));
    rq.call.resumed_after = resumed_after;
    step = mz_call_step(&rq.call, MZ_EV_START);

    while (step == MZ_STEP_STORE) {
        step = host_step(&rq.call, step);
    }

    CHECK(step == MZ_STEP_WAIT);

    for (n = 0; (note = mz_call_next_note(&rq.call)) != NULL; n++) {
        CHECK(note->progress == first + n);
        CHECK(note->seq == note->progress);
        mz_note_free(note);
    }

    return n;
}


static void
test_status_resumed(void)
{
    json_t        *steps;
    mz_attempt_t   a;

    host_become("resumer");
    rq_legacy(0);
    rq_ask_agent("a stream that breaks");
    a = claim();
    progress(&a, "one");
    progress(&a, "two");

    CHECK(status_notes(-1, 1) == 4);
    CHECK(status_notes(0, 1) == 4);
    CHECK(status_notes(2, 3) == 2);
    CHECK(status_notes(4, 0) == 0);
    CHECK(status_notes(1000, 0) == 0);

    /* What was told before stays out of the notes, not out of the result. */

    CHECK(status_notes(3, 4) == 1);
    progress(&a, "three");
    finish(&a, "42");
    rq_go(&rq, MZ_EV_NOTICE);
    CHECK(rq.step == MZ_STEP_DONE);
    CHECK(json_array_size(rq.notes) == 1);
    steps = json_object_get(json_object_get(rq_result(&rq),
                                            "structuredContent"), "progress");
    CHECK(mz_json_get_int(json_array_get(steps, 0), "seq", 0) == 1);
}


/* Its wait is that of the request it answers, not a new one. */

static void
test_status_wait_goes_on(void)
{
    char              params[256];
    mz_mcp_request_t  *req;

    host_become("waiter");
    rq_legacy(0);
    rq_ask_agent("a stream that breaks in its wait");
    snprintf(params, sizeof(params), "%s",
             args("{\"arguments\":{\"conversation_id\":\"%s\","
                  "\"wait_seconds\":20}}", cid));

    rq_free(&rq);
    rq_ready(&rq, MZ_MCP_DO_TOOL, "get_analytics_agent_status",
             rq_load(mz_str_from(params)));
    req = (mz_mcp_request_t *) rq.call.req;
    req->began_ms = host.now_ms - 18000;
    CHECK(rq_go(&rq, MZ_EV_START) == MZ_STEP_WAIT);
    CHECK(rq.call.wait_ms == 2000);

    rq_free(&rq);
    rq_ready(&rq, MZ_MCP_DO_TOOL, "get_analytics_agent_status",
             rq_load(mz_str_from(params)));
    req = (mz_mcp_request_t *) rq.call.req;
    req->began_ms = host.now_ms - 21000;
    CHECK(rq_go(&rq, MZ_EV_START) == MZ_STEP_DONE);

    /* The clock of another node may be ahead. */

    rq_free(&rq);
    rq_ready(&rq, MZ_MCP_DO_TOOL, "get_analytics_agent_status",
             rq_load(mz_str_from(params)));
    req = (mz_mcp_request_t *) rq.call.req;
    req->began_ms = host.now_ms + 3600000;
    CHECK(rq_go(&rq, MZ_EV_START) == MZ_STEP_WAIT);
    host.now_ms += 20000;
    CHECK(rq_go(&rq, MZ_EV_TIMER) == MZ_STEP_DONE);

    /* The node quits: who can come back does, others have what there is. */

    rq.is_resumable = true;
    CHECK(rq_begin(&rq, MZ_MCP_DO_TOOL, "get_analytics_agent_status", params)
          == MZ_STEP_WAIT);
    CHECK(rq_go(&rq, MZ_EV_DRAIN) == MZ_STEP_DROP);

    rq.is_resumable = false;
    CHECK(rq_begin(&rq, MZ_MCP_DO_TOOL, "get_analytics_agent_status", params)
          == MZ_STEP_WAIT);
    CHECK(rq_go(&rq, MZ_EV_DRAIN) == MZ_STEP_DONE);
    CHECK_STR(mz_json_get_str(json_object_get(rq_result(&rq),
                                              "structuredContent"),
                              "status"), "running");
}


/* --- out of memory, anywhere --- */

static void
test_memory(void)
{
    int            allocs;
    char           params[256];
    size_t         i;
    mz_id_t        asks;
    mz_attempt_t   a;

    static const struct {
        mz_mcp_era_t   era;
        mz_mcp_do_t    what;
    } rows[] = {
        { MZ_MCP_LEGACY, MZ_MCP_DO_TASK_GET },
        { MZ_MCP_MODERN, MZ_MCP_DO_TASK_GET },
        { MZ_MCP_LEGACY, MZ_MCP_DO_TASK_RESULT },
        { MZ_MCP_LEGACY, MZ_MCP_DO_TASK_LIST },
        { MZ_MCP_LEGACY, MZ_MCP_DO_TASK_CANCEL },
        { MZ_MCP_MODERN, MZ_MCP_DO_TASK_CANCEL },
        { MZ_MCP_MODERN, MZ_MCP_DO_TASK_UPDATE },
        { MZ_MCP_MODERN, MZ_MCP_DO_LISTEN }
    };

    host_become("poor");
    rq_legacy(0);
    rq_ask_agent("memory");
    a = claim();
    fail(&a, "{\"code\":\"x\",\"message\":\"No such thing\"}");
    rq_ask_agent("more memory");
    a = claim();
    progress(&a, "one");
    finish(&a, "done");
    asks = quiz_new('t', "asks");

    for (i = 0; i < 2 * MZ_ARRAY_LEN(rows); i++) {
        if (rows[i / 2].era == MZ_MCP_MODERN) {
            rq_modern(MZ_MCP_CAN_TASKS);

        } else {
            rq_legacy(MZ_MCP_CAN_ELICIT);
        }

        snprintf(params, sizeof(params), "{\"taskId\":\"%s\","
                 "\"notifications\":{\"taskIds\":[\"%s\"]},"
                 "\"inputResponses\":{\"name\":{}}}",
                 i % 2 ? asks.s : pid, pid);

        for (allocs = 0; allocs < 1000; allocs++) {
            if (rq_starve(&rq, rows[i / 2].what, "", params, allocs)) {
                break;
            }
        }

        CHECK(allocs < 1000);
    }
}


static void
test_end(void)
{
    rq_free(&rq);
    host_stop();
}


static const mz_test_t  tests[] = {
    { "a host with two more kinds of tasks", quiz_start },
    { "tasks/result waits", test_result_wait },
    { "tasks/result does not wait for ever", test_result_leave },
    { "what waits is cancelled with its request", test_stop },
    { "tasks/result looks as often as the task says", test_result_polls },
    { "tasks/result of what did not complete", test_result_ends },
    { "tasks/result asks for the task", test_result_asks },
    { "cursors of tasks/list", test_list_cursor },
    { "pages of tasks/list", test_list_pages },
    { "a status stream is taken up where it broke", test_status_resumed },
    { "and goes on with its wait", test_status_wait_goes_on },
    { "out of memory: said so, and nothing leaks", test_memory },
    { "nothing is left", test_end }
};

MZ_TEST_MAIN(tests)
