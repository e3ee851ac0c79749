
/*
 * Event ids: what they stand for, and who may use them.  No Redis is needed.
 */

#include "steps.h"
#include "tools/resume.h"


#define NOW_S  (HOST_NOW / 1000)


static mz_step_t
no_step(mz_call_t *call, mz_tool_event_t ev)
{
    (void) ev;

    return mz_call_done_members(call, json_object());
}


static const mz_op_t  op = {
    mz_str("op"), MZ_OP_RESUMABLE|MZ_OP_LOGS, no_step, NULL
};

static const mz_op_t  other_op = {
    mz_str("op"), MZ_OP_REPEATABLE, no_step, NULL
};

static mz_session_t  one, two;


static void
test_start(void)
{
    mz_err_t       err = { 0 };
    unsigned char  random[MZ_SESSION_RANDOM];

    CHECK(mz_seal_add(&host.seal, mz_str("0123456789abcdef0123456789abcdef"),
                      &err) == MZ_OK);
    host.conf.seal = &host.seal;
    host.conf.random = host_random;
    host.now_ms = HOST_NOW;
    mz_principal_development(&host.who);
    host_become("one");
    snprintf(host.req.id, sizeof(host.req.id), "1");
    be_legacy("2025-11-25", 0);

    host_random(random, sizeof(random));
    CHECK(mz_session_make(&one, mz_str("2025-11-25"), MZ_MCP_CAN_ELICIT,
                          NOW_S + 60, random) == MZ_OK);
    host_random(random, sizeof(random));
    CHECK(mz_session_make(&two, mz_str("2025-11-25"), 0, NOW_S + 60, random)
          == MZ_OK);
    host.session = &one;
}


/* --- which streams have ids --- */

static void
test_possible(void)
{
    size_t     i;
    mz_call_t  call;

    static const struct {
        bool            is_modern;
        const char     *version;
        const char     *id;
        const mz_op_t  *op;
        bool            want;
    } rows[] = {
        { false, "2025-11-25", "1", &op, true },
        { false, "2025-06-18", "1", &op, false },
        { false, "2025-03-26", "1", &op, false },
        { false, "2024-11-05", "1", &op, false },
        { true, "2026-07-28", "1", &op, false },
        { false, "2025-11-25", "", &op, false },
        { false, "2025-11-25", "1", &other_op, false }
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        if (rows[i].is_modern) {
            be_modern(0);

        } else {
            be_legacy(rows[i].version, 0);
        }

        snprintf(host.req.id, sizeof(host.req.id), "%s", rows[i].id);
        begin_op(&call, rows[i].op, MZ_MCP_DO_TOOL, json_object());
        CHECK_ROW(mz_resume_is_possible(&call) == rows[i].want, "row %zu",
                  i);
        host_end(&call);
    }

    snprintf(host.req.id, sizeof(host.req.id), "1");
    be_legacy("2025-11-25", 0);
}


/* --- tokens --- */

/* The token of a request, and ".<seq>" behind it. */

static mz_rc_t
make(const char *method, const char *id, json_t *params, const char *seq,
    mz_buf_t *out)
{
    mz_rc_t             rc;
    mz_call_t           call;
    mz_mcp_request_t   *req;

    mz_buf_reset(out);
    begin_op(&call, &op, MZ_MCP_DO_TOOL, params ? params : json_object());
    req = call.host;
    req->method = mz_str_from(method);
    snprintf(req->id, sizeof(req->id), "%s", id);

    if (params == NULL) {
        req->params = NULL;
    }

    rc = mz_resume_token(&call, out);
    CHECK(rc == MZ_OK || out->len == 0);

    if (rc == MZ_OK) {
        mz_buf_add_char(out, '.');
        mz_buf_add_c(out, seq);
    }

    host_end(&call);

    return rc;
}


static json_t *
tool_params(const char *text)
{
    return json_pack("{s:s,s:{s:s},s:{s:s}}", "name", "some_tool",
                     "arguments", "text", text, "_meta", "progressToken",
                     "p\xc3\xa9");
}


/* MZ_OK: *after is set, the request is freed. */

static mz_rc_t
take(mz_str_t id, const mz_session_t *session, int64_t now_s, int64_t *after)
{
    mz_rc_t            rc;
    mz_mcp_request_t   req;

    rc = mz_resume_open(&host.conf, &host.who, session, now_s, id, &req,
                        after);

    if (rc == MZ_OK) {
        mz_mcp_request_free(&req);
    }

    return rc;
}


static void
test_same_request(void)
{
    size_t             i;
    int64_t            after;
    mz_buf_t           id;
    mz_mcp_request_t   req;

    static const char *const  ids[] = {
        "0", "-7", "\"s\"", "\"a \\\"b\\\" \\u00e9 \xc3\xa9\"",
        "123456789012345678901234567890"
    };

    mz_buf_init(&id, 0);

    for (i = 0; i < MZ_ARRAY_LEN(ids); i++) {
        CHECK(make("tools/call", ids[i], tool_params("t"), "12", &id)
              == MZ_OK);
        CHECK_ROW(mz_resume_open(&host.conf, &host.who, &one, NOW_S + 5,
                                 mz_buf_view(&id), &req, &after) == MZ_OK,
                  "%s", ids[i]);
        CHECK(after == 12);
        CHECK(strcmp(req.id, ids[i]) == 0);
        CHECK(req.era == MZ_MCP_LEGACY && req.what == MZ_MCP_DO_TOOL);
        CHECK_STR(req.version, "2025-11-25");
        CHECK_STR(req.method, "tools/call");
        CHECK_STR(req.target, "some_tool");
        CHECK_STR(mz_json_get_str(req.arguments, "text"), "t");
        CHECK_STR(mz_json_str(req.progress_token), "p\xc3\xa9");
        CHECK(req.client == MZ_MCP_CAN_ELICIT && req.accepts_sse);
        CHECK(req.began_ms == host.now_ms);
        mz_mcp_request_free(&req);
    }

    /* Without params, without a session. */

    host.session = NULL;
    CHECK(make("tasks/list", "1", NULL, "0", &id) == MZ_OK);
    CHECK(mz_resume_open(&host.conf, &host.who, NULL, NOW_S,
                         mz_buf_view(&id), &req, &after) == MZ_OK);
    CHECK(req.what == MZ_MCP_DO_TASK_LIST && after == 0 && req.client == 0);
    mz_mcp_request_free(&req);
    host.session = &one;
    mz_buf_free(&id);
}


/* Taken up again and again it is as old as it was first. */

static void
test_age(void)
{
    int64_t            after;
    mz_buf_t           id;
    mz_call_t          call;
    mz_mcp_request_t   req;

    mz_buf_init(&id, 0);
    begin_op(&call, &op, MZ_MCP_DO_TOOL, tool_params("t"));
    ((mz_mcp_request_t *) call.host)->method = mz_str("tools/call");
    ((mz_mcp_request_t *) call.host)->began_ms = host.now_ms - 7000;
    CHECK(mz_resume_token(&call, &id) == MZ_OK);
    mz_buf_add_c(&id, ".1");
    host_end(&call);

    CHECK(mz_resume_open(&host.conf, &host.who, &one, NOW_S,
                         mz_buf_view(&id), &req, &after) == MZ_OK);
    CHECK(req.began_ms == host.now_ms - 7000);
    mz_mcp_request_free(&req);
    mz_buf_free(&id);
}


static void
test_whose(void)
{
    int64_t   after;
    mz_buf_t  id, without;
    mz_str_t  v;

    mz_buf_init(&id, 0);
    mz_buf_init(&without, 0);
    CHECK(make("tools/call", "1", tool_params(""), "3", &id) == MZ_OK);
    host.session = NULL;
    CHECK(make("tools/call", "1", tool_params(""), "3", &without) == MZ_OK);
    host.session = &one;
    v = mz_buf_view(&id);

    CHECK(take(v, &one, NOW_S, &after) == MZ_OK);
    CHECK(take(v, &two, NOW_S, &after) == MZ_INVALID);
    CHECK(take(v, NULL, NOW_S, &after) == MZ_INVALID);
    CHECK(take(mz_buf_view(&without), NULL, NOW_S, &after) == MZ_OK);
    CHECK(take(mz_buf_view(&without), &one, NOW_S, &after) == MZ_INVALID);

    host_become("two");
    CHECK(take(v, &one, NOW_S, &after) == MZ_INVALID);
    host_become("one");

    CHECK(take(v, &one, NOW_S + MZ_RESUME_TTL_S - 1, &after) == MZ_OK);
    CHECK(take(v, &one, NOW_S + MZ_RESUME_TTL_S + 1, &after) == MZ_INVALID);

    mz_buf_free(&id);
    mz_buf_free(&without);
}


static void
test_seq(void)
{
    size_t    i, len;
    int64_t   after;
    mz_buf_t  id;

    static const struct {
        const char  *seq;
        int64_t      want;      /* below 0: refused */
    } rows[] = {
        { "0", 0 },
        { "1", 1 },
        { "9007199254740992", INT64_C(9007199254740992) },
        { "9007199254740993", -1 },
        { "9999999999999999", -1 },
        { "10000000000000000", -1 },
        { "99999999999999999999", -1 },
        { "", -1 },
        { "-1", -1 },
        { "-0", -1 },
        { "+1", -1 },
        { "01", -1 },
        { "00", -1 },
        { " 1", -1 },
        { "1 ", -1 },
        { "1a", -1 },
        { "0x1", -1 },
        { "1.", -1 },
        { "1.5", -1 },
        { ".1", -1 }
    };

    mz_buf_init(&id, 0);

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        CHECK(make("tools/call", "1", tool_params(""), rows[i].seq, &id)
              == MZ_OK);
        CHECK_ROW(take(mz_buf_view(&id), &one, NOW_S, &after)
                  == (rows[i].want < 0 ? MZ_INVALID : MZ_OK), "\"%s\"",
                  rows[i].seq);
        CHECK_ROW(rows[i].want < 0 || after == rows[i].want, "\"%s\"",
                  rows[i].seq);
    }

    /* Without the number, and the number alone. */

    len = id.len - strlen(".1") - 1;
    CHECK(id.data[len] == '.');
    CHECK(take((mz_str_t) { id.data, len }, &one, NOW_S, &after)
          == MZ_INVALID);
    CHECK(take(mz_null_str, &one, NOW_S, &after) == MZ_INVALID);
    CHECK(take(mz_str("."), &one, NOW_S, &after) == MZ_INVALID);
    CHECK(take(mz_str(".1"), &one, NOW_S, &after) == MZ_INVALID);
    CHECK(take(mz_str("a.1"), &one, NOW_S, &after) == MZ_INVALID);
    CHECK(take(mz_str("1-1"), &one, NOW_S, &after) == MZ_INVALID);
    mz_buf_free(&id);
}


/* No byte of the token may differ. */

static void
test_forged(void)
{
    char      was;
    size_t    i, dot;
    int64_t   after;
    mz_buf_t  id;

    mz_buf_init(&id, 0);
    CHECK(make("tools/call", "1", tool_params(""), "3", &id) == MZ_OK);
    dot = id.len - 2;

    for (i = 0; i < dot; i++) {
        was = id.data[i];
        id.data[i] = was == 'A' ? 'B' : 'A';
        CHECK_ROW(take(mz_buf_view(&id), &one, NOW_S, &after) == MZ_INVALID,
                  "byte %zu", i);
        id.data[i] = was;
    }

    CHECK(take(mz_buf_view(&id), &one, NOW_S, &after) == MZ_OK);
    mz_buf_free(&id);
}


/* Genuine tokens that say something else. */

static void
test_payloads(void)
{
    size_t    i;
    int64_t   after;
    mz_buf_t  id;

    static const struct {
        char         use;
        const char  *payload;
        mz_rc_t      want;
    } rows[] = {
#define OURS  "\"i\":\"1\",\"v\":\"2025-11-25\",\"s\":\"\","
        { 'e', "{" OURS "\"m\":\"tasks/list\"}", MZ_OK },
        { 's', "{" OURS "\"m\":\"tasks/list\"}", MZ_INVALID },
        { 'r', "{" OURS "\"m\":\"tasks/list\"}", MZ_INVALID },
        { 'c', "{" OURS "\"m\":\"tasks/list\"}", MZ_INVALID },
        { 'e', "", MZ_INVALID },
        { 'e', "{", MZ_INVALID },
        { 'e', "[]", MZ_INVALID },
        { 'e', "{}", MZ_INVALID },
        { 'e', "{" OURS "\"m\":\"tasks/list\"} ", MZ_OK },
        { 'e', "{" OURS "\"m\":\"no/such\"}", MZ_INVALID },
        { 'e', "{" OURS "\"m\":\"tools/list\"}", MZ_INVALID },
        { 'e', "{" OURS "\"m\":\"initialize\"}", MZ_INVALID },
        { 'e', "{" OURS "\"m\":5}", MZ_INVALID },
        { 'e', "{" OURS "\"m\":\"tools/call\"}", MZ_INVALID },
        { 'e', "{" OURS "\"m\":\"tasks/list\",\"p\":[]}", MZ_INVALID },
        { 'e', "{" OURS "\"m\":\"tasks/list\",\"p\":null}", MZ_INVALID },
        { 'e', "{\"i\":1,\"v\":\"2025-11-25\",\"s\":\"\",\"m\":"
               "\"tasks/list\"}", MZ_INVALID },
        { 'e', "{\"i\":\"\",\"v\":\"2025-11-25\",\"s\":\"\",\"m\":"
               "\"tasks/list\"}", MZ_INVALID },
        { 'e', "{\"i\":\"null\",\"v\":\"2025-11-25\",\"s\":\"\",\"m\":"
               "\"tasks/list\"}", MZ_INVALID },
        { 'e', "{\"i\":\"1,2\",\"v\":\"2025-11-25\",\"s\":\"\",\"m\":"
               "\"tasks/list\"}", MZ_INVALID },
        { 'e', "{\"i\":\"1\",\"v\":\"2031-01-01\",\"s\":\"\",\"m\":"
               "\"tasks/list\"}", MZ_INVALID },
        { 'e', "{\"i\":\"1\",\"s\":\"\",\"m\":\"tasks/list\"}", MZ_INVALID },
        { 'e', "{\"i\":\"1\",\"v\":\"2025-11-25\",\"m\":\"tasks/list\","
               "\"s\":\"x\"}", MZ_INVALID }
    };

    mz_buf_init(&id, 0);

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        mz_buf_reset(&id);
        CHECK(mz_seal_make(&host.seal, (mz_seal_use_t) rows[i].use,
                           mz_str_from(host.who.scope), NOW_S + 60,
                           mz_str_from(rows[i].payload), &id) == MZ_OK);
        mz_buf_add_c(&id, ".1");
        CHECK_ROW(take(mz_buf_view(&id), NULL, NOW_S, &after)
                  == rows[i].want, "%c %s", rows[i].use, rows[i].payload);
    }

    mz_buf_free(&id);
}


/* What is too long has no id; what has one can be taken up. */

static void
test_lengths(void)
{
    char      *text;
    size_t     n, longest;
    int64_t    after;
    mz_rc_t    rc;
    mz_buf_t   id;

    mz_buf_init(&id, 0);
    text = calloc(1, MZ_RESUME_ID_MAX + 1);
    longest = 0;

    for (n = 0; n < MZ_RESUME_ID_MAX; n += n < 2600 ? 400 : 1) {
        memset(text, 't', n);
        rc = make("tools/call", "1", tool_params(text), "9007199254740992",
                  &id);

        if (rc != MZ_OK) {
            CHECK(rc == MZ_LIMIT && id.len == 0);
            break;
        }

        CHECK_ROW(id.len <= MZ_RESUME_ID_MAX, "%zu", id.len);
        longest = id.len;
        CHECK_ROW(take(mz_buf_view(&id), &one, NOW_S, &after) == MZ_OK,
                  "%zu", n);
    }

    CHECK_ROW(longest > MZ_RESUME_ID_MAX - 8, "%zu", longest);
    CHECK_ROW(n < MZ_RESUME_ID_MAX, "%zu", n);

    memset(text, '1', MZ_RESUME_ID_MAX);
    CHECK(take((mz_str_t) { text, MZ_RESUME_ID_MAX }, &one, NOW_S, &after)
          == MZ_INVALID);
    free(text);

    /* A genuine one that nobody could have been given. */

    mz_buf_reset(&id);
    text = calloc(1, 4000 + 1);
    memset(text, ' ', 4000);
    memcpy(text, "{" OURS "\"m\":\"tasks/list\"}",
           strlen("{" OURS "\"m\":\"tasks/list\"}"));
    CHECK(mz_seal_make(&host.seal, MZ_SEAL_STREAM,
                       mz_str_from(host.who.scope), NOW_S + 60,
                       mz_str_from(text), &id) == MZ_OK);
    mz_buf_add_c(&id, ".1");
    CHECK(take(mz_buf_view(&id), NULL, NOW_S, &after) == MZ_INVALID);
    free(text);
    mz_buf_free(&id);
}


static void
test_no_key(void)
{
    int64_t    after;
    mz_buf_t   id, none;

    static const mz_seal_t  empty;

    mz_buf_init(&id, 0);
    mz_buf_init(&none, 0);
    CHECK(make("tools/call", "1", tool_params(""), "3", &id) == MZ_OK);

    host.conf.seal = &empty;
    CHECK(make("tools/call", "1", tool_params(""), "3", &none)
          == MZ_UNAVAILABLE);
    CHECK(take(mz_buf_view(&id), &one, NOW_S, &after) == MZ_UNAVAILABLE);
    host.conf.seal = NULL;
    CHECK(make("tools/call", "1", tool_params(""), "3", &none)
          == MZ_UNAVAILABLE);
    CHECK(take(mz_buf_view(&id), &one, NOW_S, &after) == MZ_UNAVAILABLE);
    host.conf.seal = &host.seal;
    CHECK(take(mz_buf_view(&id), &one, NOW_S, &after) == MZ_OK);

    mz_buf_free(&id);
    mz_buf_free(&none);
}


static const mz_test_t  tests[] = {
    { "a key and two sessions", test_start },
    { "which streams have ids", test_possible },
    { "the same request again", test_same_request },
    { "a request keeps its age", test_age },
    { "whose stream it is, and how long", test_whose },
    { "numbers", test_seq },
    { "forged tokens", test_forged },
    { "genuine tokens of something else", test_payloads },
    { "lengths", test_lengths },
    { "no key yet", test_no_key }
};

MZ_TEST_MAIN(tests)
