
/*
 * prompts/get: the words of each prompt, with and without its arguments, and
 * arguments that are refused.  That the agent understands the words is
 * tested with its planner (t/unit/agent/test_prompt_questions.c).
 */

#include "request.h"
#include "rpc.h"

#include "tools/ops.h"


static json_t *
get(const char *name, const char *arguments)
{
    char  params[8192];

    snprintf(params, sizeof(params), "{'name':'%s','arguments':%s}", name,
             arguments);

    return rpc(MZ_MCP_DO_PROMPT, "prompts/get", name, params);
}


static mz_str_t
text(void)
{
    const json_t  *m;

    m = json_array_get(json_object_get(r, "messages"), 0);

    return mz_json_get_str(json_object_get(m, "content"), "text");
}


/* The first line: what the agent is asked. */

static mz_str_t
question(void)
{
    mz_str_t  rest, line;

    rest = text();

    return mz_str_split(&rest, '\n', &line) ? line : mz_null_str;
}


static void
test_words(void)
{
    size_t         i;
    const json_t  *m;

    static const struct {
        const char  *name;
        const char  *arguments;
        const char  *want;
    } rows[] = {
        { "ask_trend", "{'event':'purchase'}", "Trend of purchase per day" },
        { "ask_trend", "{'event':'purchase','range':'last 7 days'}",
          "Trend of purchase per day, last 7 days" },
        { "ask_trend", "{'event':'purchase','property':'country'}",
          "Trend of purchase per day by country" },
        { "ask_trend", "{'event':'purchase','value':'US'}",
          "Trend of purchase per day for \"US\"" },
        { "ask_trend", "{'event':'purchase','property':'country',"
          "'value':'US','range':'today'}",
          "Trend of purchase per day where country is \"US\", today" },
        { "ask_trend", "{'event':' purchase ','property':'','range':'  '}",
          "Trend of purchase per day" },
        { "ask_trend", "{'event':'{range}','range':'[a]'}",
          "Trend of {range} per day, [a]" },
        { "ask_trend", "{'event':'%s%n','range':'\\u00e9'}",
          "Trend of %s%n per day, \xc3\xa9" },
        { "ask_trend", "{'event':'x','again':'y','other':'z'}",
          "Trend of x per day" },
        { "compare_segments", "{'event':'signup','property':'device'}",
          "How many users did signup by device?" },
        { "funnel", "{'first_event':'a','second_event':'b'}",
          "What is the conversion from a to b?" },
        { "funnel", "{'first_event':'a','second_event':'b','by':'c'}",
          "What is the conversion from a to b by c?" },
        { "retention", "{'event':'signup'}",
          "Weekly retention of users who did signup" },
        { "retention", "{'event':'signup','return_event':'login'}",
          "Weekly retention of users who did signup and then did login" },
        { "retention", "{'event':'login','return_event':'login'}",
          "Weekly retention of users who did login and did login again" },
        { "top_values", "{'property':'country'}",
          "Which values can the country property take?" },
        { "top_values", "{'property':'country','event':'login'}",
          "Top 10 country of login" },
        { "what_data", "{}", "What data do we have?" }
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        get(rows[i].name, rows[i].arguments);
        CHECK_STR(question(), rows[i].want);

        m = json_array_get(json_object_get(r, "messages"), 0);
        CHECK(json_array_size(json_object_get(r, "messages")) == 1);
        CHECK_STR(mz_json_get_str(m, "role"), "user");
        CHECK_STR(mz_json_get_str(json_object_get(m, "content"), "type"),
                  "text");
        CHECK(mz_str_find(text(), mz_str("run_analytics_agent"), 0)
              != SIZE_MAX);
        CHECK(mz_str_find(text(), mz_str("get_analytics_agent_status"), 0)
              != SIZE_MAX);
        CHECK(mz_json_get_str(r, "description").len > 0);
    }
}


static void
test_refused(void)
{
    char    arguments[1024], *x;
    size_t  i;

    static const struct {
        const char  *name;
        const char  *arguments;
        const char  *words;
    } rows[] = {
        { "ask_trend", "{}", "event" },
        { "ask_trend", "{'event':''}", "event" },
        { "ask_trend", "{'event':'  '}", "event" },
        { "ask_trend", "{'event':7}", "event" },
        { "ask_trend", "{'event':'a\\nb'}", "one line" },
        { "ask_trend", "{'event':'a','range':'\\u007f!'}", "one line" },
        { "compare_segments", "{'event':'a'}", "property" },
        { "funnel", "{'first_event':'a'}", "second_event" },
        { "retention", "{'return_event':'a'}", "event" },
        { "top_values", "{'event':'a'}", "property" },
        { "no_such_prompt", "{}", "no_such_prompt" }
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        get(rows[i].name, rows[i].arguments);
        CHECK_ROW(mz_json_get_int(r, "code", 0) == MZ_RPC_PARAMS, "%s %s",
                  rows[i].name, rows[i].arguments);
        CHECK_ROW(has(r, "message", rows[i].words), "%s %s: %s",
                  rows[i].name, rows[i].arguments,
                  mz_json_get_str(r, "message").data);
    }

    x = repeat("x", 257);
    snprintf(arguments, sizeof(arguments), "{'event':'%s'}", x);
    get("ask_trend", arguments);
    CHECK(mz_json_get_int(r, "code", 0) == MZ_RPC_PARAMS);
    snprintf(arguments, sizeof(arguments), "{'event':'%s'}", x + 1);
    get("ask_trend", arguments);
    CHECK(question().len == strlen("Trend of  per day") + 256);
    free(x);
}


/* All there are, and each of their arguments can be completed. */

static void
test_list(void)
{
    size_t              i, k;
    const mz_prompt_t  *p;

    for (i = 0; mz_prompts[i] != NULL; i++) {
        p = mz_prompts[i];
        CHECK(mz_registry_find_prompt(&host.reg, p->op.name) == p);
        CHECK(p->title.len > 0 && p->description.len > 0);

        for (k = 0; k < p->narguments; k++) {
            CHECK(p->arguments[k].complete != NULL);
            CHECK(p->arguments[k].title.len > 0);
            CHECK(p->arguments[k].description.len > 0);

            /* what is required comes first */

            CHECK(k == 0 || !p->arguments[k].is_required
                  || p->arguments[k - 1].is_required);
        }
    }

    CHECK(i == 6);
}


static void
test_memory(void)
{
    int   allocs;
    rq_t  rq;

    memset(&rq, 0, sizeof(rq));

    for (allocs = 0; allocs < 100; allocs++) {
        if (rq_starve(&rq, MZ_MCP_DO_PROMPT, "funnel",
                      "{\"arguments\":{\"first_event\":\"a\","
                      "\"second_event\":\"b\"}}", allocs))
        {
            break;
        }
    }

    CHECK(allocs > 5 && allocs < 100);
    rq_free(&rq);
}


static void
test_start(void)
{
    host_start();
}


static void
test_stop(void)
{
    json_decref(r);
    r = NULL;
    host_stop();
}


static const mz_test_t  tests[] = {
    { "a host", test_start },
    { "the words of a prompt", test_words },
    { "arguments that are refused", test_refused },
    { "the list", test_list },
    { "out of memory: said so, and nothing leaks", test_memory },
    { "the end", test_stop }
};

MZ_TEST_MAIN(tests)
