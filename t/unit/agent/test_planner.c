
/*
 * The planner as a whole: bad input, refusals, follow-ups, and that every
 * spec it makes of the question sets is one the parser takes.
 */

#include "agent/plan/planner.h"
#include "agent/read_file.h"
#include "analysis/spec.h"
#include "base/mz_str.h"
#include "base/mz_time.h"
#include "test.h"


#define DATA_MAX  (4 * 1024 * 1024)

static mz_catalog_t  *catalog;
static int64_t        now_ms;


static void
read_data(const char *path, mz_buf_t *b)
{
    mz_err_t  err;

    mz_buf_init(b, DATA_MAX);
    CHECK_ROW(mz_read_file(path, b, &err) == MZ_OK, "%s", path);
}


static void
setup(void)
{
    json_t    *j;
    mz_buf_t   b;
    mz_err_t   err;

    if (catalog != NULL) {
        return;
    }

    j = NULL;
    read_data("t/data/catalog.json", &b);
    CHECK(mz_json_load(mz_buf_view(&b), NULL, &j, &err) == MZ_OK);
    CHECK(mz_catalog_from_json(j, &catalog, &err) == MZ_OK);
    CHECK(mz_time_parse(mz_str("2026-06-15T12:00:00Z"), &now_ms) == MZ_OK);
    json_decref(j);
    mz_buf_free(&b);

    if (catalog == NULL) {
        abort();
    }
}


/* The spec of a question; json_decref() it. */

static json_t *
plan(const char *question, const json_t *parent)
{
    json_t     *spec;
    mz_err_t    err;
    mz_plan_t   p;

    setup();

    if (mz_planner_plan(catalog, mz_str_from(question), parent, now_ms, &p,
                        &err)
        != MZ_OK)
    {
        return NULL;
    }

    spec = json_incref(p.spec);
    mz_plan_free(&p);

    return spec;
}


static void
test_empty_questions(void)
{
    size_t     i;
    mz_err_t   err;
    mz_plan_t  p;

    static const char *const  rows[] = {
        "", " ", "\n\t ", "\"\"", "''", "''''''", "$",
    };

    setup();

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        CHECK_ROW(mz_planner_plan(catalog, mz_str_from(rows[i]), NULL,
                                  now_ms, &p, &err)
                  == MZ_INVALID, "\"%s\"", rows[i]);
        CHECK(p.spec == NULL && p.assumptions == NULL);
        CHECK(strstr(err.msg, "for example") != NULL);
    }
}


/* Whatever comes in, an object with a kind comes out. */

static void
test_odd_questions(void)
{
    char       *text;
    size_t      i;
    json_t     *spec;
    mz_err_t    err;
    mz_plan_t   p;

    static const char *const  rows[] = {
        "?", "...", "-> -> ->", "% % %", "( [ {", "\xff\xfe\xfd", "\xe2",
        "how many \xc3\x28 signups", "0", "999999999999999999999999 days",
        "last 99999999999 days signups", "last 0 days signups",
        "signups -5 days ago", "top 0 countries", "p999 of revenue",
        "between and between and", "from to from to", "by by by by",
        "day day day 7 7 7 week week", "d d d d7 d8 d9 w1 m2 retention",
        "user user user 1 2 3", "not not not without never",
        "more than more than 3 times times", "a", "\"unclosed",
        "signups signups signups signups signups signups signups signups",
        "$ $ $ $$$ 5 $", "1-2 3-4 5-6 retention day", "q9 h7 w0 m99",
        "within 0 days of signup purchase", "99 day 99 day 99 day",
        "next next next last last last year",
        "february 31 2026 to february 30 2026",
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        spec = plan(rows[i], NULL);
        CHECK_ROW(mz_json_get_str(spec, "kind").len != 0, "%s", rows[i]);
        json_decref(spec);
    }

    /* 8000 characters are the most a client may send */

    text = malloc(8001);
    if (text == NULL) {
        abort();
    }

    for (i = 0; i < 8000; i += 8) {
        memcpy(text + i, "signups ", 8);
    }

    text[8000] = '\0';
    spec = plan(text, NULL);
    CHECK_STR(mz_json_get_str(spec, "kind"), "segmentation");
    json_decref(spec);

    memset(text, 'x', 8000);
    spec = plan(text, NULL);
    CHECK(mz_json_get_str(spec, "kind").len != 0);
    json_decref(spec);
    free(text);

    CHECK(mz_planner_plan(catalog, (mz_str_t) { "signups\0by day", 14 },
                          NULL, now_ms, &p, &err)
          == MZ_OK);
    mz_plan_free(&p);
}


/* Parents are read from Redis: they may be anything. */

static void
test_odd_parents(void)
{
    size_t   i, k;
    json_t  *parent, *spec;

    static const char *const  parents[] = {
        "null", "[]", "7", "{}", "{\"kind\":7}", "{\"kind\":\"funnel\"}",
        "{\"kind\":\"segmentation\"}", "{\"kind\":\"plan\",\"steps\":[]}",
        "{\"kind\":\"plan\",\"steps\":7}",
        "{\"kind\":\"clarify\",\"best_guess\":7}",
        "{\"kind\":\"segmentation\",\"events\":7,\"measure\":7,"
        "\"range\":7,\"filters\":7,\"breakdown\":7}",
        "{\"kind\":\"segmentation\",\"events\":[\"gone\"],"
        "\"measure\":{\"type\":\"sum\",\"property\":\"gone\"}}",
        "{\"kind\":\"funnel\",\"steps\":[],\"window\":7}",
        "{\"kind\":\"funnel\",\"steps\":7}",
        "{\"kind\":\"retention\",\"start\":7,\"period\":7,\"at\":7}",
        "{\"kind\":\"journey\",\"event\":7}",
        "{\"kind\":\"discovery\",\"what\":\"events\"}",
    };
    static const char *const  questions[] = {
        "now by country", "only mobile", "weekly", "the average instead",
        "and for purchases", "add checkout between them", "top 3",
        "without the breakdown", "what share was on ios", "just week 4",
        "and the month before?", "all devices", "why did it drop?",
        "drop the country split", "before instead", "what properties does "
        "it have?", "only for users who searched",
    };

    for (i = 0; i < MZ_ARRAY_LEN(parents); i++) {
        parent = json_loads(parents[i], JSON_DECODE_ANY, NULL);
        CHECK(parent != NULL);

        for (k = 0; k < MZ_ARRAY_LEN(questions); k++) {
            spec = plan(questions[k], parent);
            CHECK_ROW(mz_json_get_str(spec, "kind").len != 0, "%s: %s",
                      parents[i], questions[k]);
            json_decref(spec);
        }

        json_decref(parent);
    }
}


static void
test_empty_catalog(void)
{
    size_t         i;
    json_t        *j;
    mz_err_t       err;
    mz_plan_t      p;
    mz_catalog_t  *cat;

    static const char *const  rows[] = {
        "how many signups last week", "revenue by country",
        "conversion from a to b", "weekly retention", "what events exist",
        "what do users do after signup", "why did it drop",
        "what is the churn rate", "how are we doing", "show the funnel",
        "average order value", "ARPU", "active users by day",
    };

    setup();
    cat = NULL;
    j = json_loads("{\"version\":1,\"table\":\"events\",\"event_column\":"
                   "\"e\",\"time_column\":\"t\",\"user_column\":\"u\","
                   "\"rows\":0,\"users\":0,"
                   "\"first\":\"2026-01-01T00:00:00Z\","
                   "\"last\":\"2026-01-01T00:00:00Z\","
                   "\"properties\":[],\"events\":[]}", 0, NULL);
    CHECK(mz_catalog_from_json(j, &cat, &err) == MZ_OK);

    for (i = 0; cat != NULL && i < MZ_ARRAY_LEN(rows); i++) {
        CHECK_ROW(mz_planner_plan(cat, mz_str_from(rows[i]), NULL, now_ms,
                                  &p, &err)
                  == MZ_OK, "%s", rows[i]);
        CHECK_ROW(mz_json_get_str(p.spec, "kind").len != 0, "%s", rows[i]);
        mz_plan_free(&p);
    }

    mz_catalog_free(cat);
    json_decref(j);
}


static void
test_refusals(void)
{
    size_t   i;
    json_t  *spec;

    static const struct {
        const char  *question;
        const char  *kind;
        const char  *reason;
    } rows[] = {
        { "predict revenue for next week", "unsupported", "forecast" },
        { "how many orders will there be tomorrow", "unsupported",
          "forecast" },
        { "delete the users from Germany", "unsupported",
          "write_operation" },
        { "list names and phone numbers of buyers", "unsupported", "pii" },
        { "what would happen if we doubled the price", "unsupported",
          "causal" },
        { "tell me a joke about carts", "unsupported", "out_of_scope" },
        { "sales by gender", "unsupported", "no_such_property" },
        { "add to cart by payment method", "unsupported",
          "no_such_property" },
        { "how many users uninstalled", "unsupported", "no_such_event" },
        { "csat by plan", "unsupported", "no_such_data" },
        { "logins from 2026-06-10 to 2026-06-01", "unsupported",
          "contradiction" },
        { "give me insights", "clarify", "too_broad" },
        { "what is the conversion by plan", "clarify", "missing_steps" },
        { "user churn", "clarify", "ambiguous_measure" },
        { "same thing by device", "clarify", "missing_reference" },
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        spec = plan(rows[i].question, NULL);
        CHECK_ROW(mz_str_eq_c(mz_json_get_str(spec, "kind"), rows[i].kind)
                  && mz_str_eq_c(mz_json_get_str(spec, "reason"),
                                 rows[i].reason),
                  "%s: %.*s", rows[i].question,
                  (int) mz_json_get_str(spec, "reason").len,
                  mz_json_get_str(spec, "reason").data);
        json_decref(spec);
    }
}


/* A new question in an old conversation takes nothing over. */

static void
test_new_question(void)
{
    json_t  *parent, *spec;

    parent = plan("revenue by country last month, only mobile", NULL);
    spec = plan("How many logins were there yesterday?", parent);

    CHECK_STR(mz_json_str(json_array_get(json_object_get(spec, "events"),
                                         0)), "login");
    CHECK(json_object_get(spec, "breakdown") == NULL);
    CHECK(json_object_get(spec, "filters") == NULL);
    json_decref(spec);

    /* and what is kept is not changed by what comes after */

    spec = plan("by device instead", parent);
    CHECK_STR(mz_json_str(json_array_get(json_object_get(parent,
                                         "breakdown"), 0)), "country");
    CHECK_STR(mz_json_str(json_array_get(json_object_get(spec,
                                         "breakdown"), 0)), "device");
    json_decref(spec);
    json_decref(parent);
}


static void
test_assumptions(void)
{
    char       *text;
    mz_err_t    err;
    mz_plan_t   p;

    setup();
    CHECK(mz_planner_plan(catalog, mz_str("purhcases by country"), NULL,
                          now_ms, &p, &err)
          == MZ_OK);

    text = json_dumps(p.assumptions, 0);
    CHECK(text != NULL && strstr(text, "last 30 days") != NULL);
    CHECK(text != NULL && strstr(text, "purhcases") != NULL);
    free(text);
    mz_plan_free(&p);

    /* all said: nothing assumed */

    CHECK(mz_planner_plan(catalog, mz_str("purchases by country yesterday"),
                          NULL, now_ms, &p, &err)
          == MZ_OK);
    CHECK(json_array_size(p.assumptions) == 0);
    mz_plan_free(&p);
}


/* What no part of the plan stands for is stated; fillers are not. */

static void
test_rest(void)
{
    char         *text;
    size_t        i;
    mz_err_t      err;
    mz_plan_t     p;
    static const struct {
        const char  *question;
        const char  *unused;        /* NULL: nothing */
    } cases[] = {
        { "purchases by country yesterday frobnicated", "frobnicated" },
        { "how many power users searched yesterday", "power" },
        { "purchases by country yesterday worth 17", "17" },
        { "logins yesterday, mostly at night", "mostly" },
        { "could you please show me the purchases by country yesterday",
          NULL },
        { "how much revenue did we make yesterday", NULL },
        { "signup to purchase funnel last week within 3 days", NULL },
    };

    setup();

    for (i = 0; i < MZ_ARRAY_LEN(cases); i++) {
        CHECK_ROW(mz_planner_plan(catalog, mz_str_from(cases[i].question),
                                  NULL, now_ms, &p, &err) == MZ_OK, "%s",
                  cases[i].question);

        text = json_dumps(p.assumptions, 0);
        CHECK(text != NULL);
        if (text == NULL) {
            continue;
        }

        CHECK_ROW((strstr(text, "not used") != NULL)
                  == (cases[i].unused != NULL), "%s: %s",
                  cases[i].question, text);
        CHECK_ROW(cases[i].unused == NULL
                  || strstr(text, cases[i].unused) != NULL, "%s: %s",
                  cases[i].question, text);
        free(text);
        mz_plan_free(&p);
    }
}


static bool
is_analysis(const json_t *spec)
{
    mz_str_t  kind;

    kind = mz_json_get_str(spec, "kind");

    return kind.len != 0 && !mz_str_eq_c(kind, "plan")
           && !mz_str_eq_c(kind, "clarify")
           && !mz_str_eq_c(kind, "unsupported");
}


static void
check_valid(const char *question, const json_t *spec)
{
    size_t      i;
    json_t     *step;
    mz_err_t    err;
    mz_spec_t  *parsed;

    json_array_foreach(json_object_get(spec, "steps"), i, step) {
        if (!is_analysis(spec)) {
            check_valid(question, step);
        }
    }

    if (json_object_get(spec, "best_guess") != NULL) {
        check_valid(question, json_object_get(spec, "best_guess"));
    }

    if (!is_analysis(spec)) {
        return;
    }

    parsed = NULL;
    err.msg[0] = '\0';
    CHECK_ROW(mz_spec_parse(spec, catalog, now_ms, &parsed, &err) == MZ_OK,
              "%s: %s", question, err.msg);
    mz_spec_free(parsed);
}


/* Every analysis planned is one that can be run. */

static void
test_specs_are_valid(void)
{
    size_t     i;
    json_t    *line, *specs, *spec;
    mz_buf_t   b;
    mz_err_t   err;
    mz_str_t   rest, text;

    static const char *const  files[] = {
        "t/data/questions.jsonl", "t/data/questions-own.jsonl",
    };

    setup();

    for (i = 0; i < MZ_ARRAY_LEN(files); i++) {
        specs = json_object();
        read_data(files[i], &b);
        rest = mz_buf_view(&b);

        while (mz_str_split(&rest, '\n', &text)) {
            if (text.len == 0) {
                continue;
            }

            line = NULL;
            CHECK(mz_json_load(text, NULL, &line, &err) == MZ_OK);
            spec = plan(json_string_value(json_object_get(line,
                                                          "question")),
                        json_object_get(specs, json_is_string(
                            json_object_get(line, "follows"))
                            ? json_string_value(json_object_get(line,
                                                                "follows"))
                            : ""));
            check_valid(json_string_value(json_object_get(line,
                                                          "question")),
                        spec);
            json_object_set_new(specs, json_string_value(
                                json_object_get(line, "id")), spec);
            json_decref(line);
        }

        CHECK_ROW(json_object_size(specs) >= 70, "%s", files[i]);
        json_decref(specs);
        mz_buf_free(&b);
    }

    mz_catalog_free(catalog);
    catalog = NULL;
}


static const mz_test_t  tests[] = {
    { "an empty question is refused", test_empty_questions },
    { "odd questions still end in a spec", test_odd_questions },
    { "odd parents do no harm", test_odd_parents },
    { "an empty catalog", test_empty_catalog },
    { "refusals and questions back", test_refusals },
    { "a new question takes nothing over", test_new_question },
    { "what was assumed is said", test_assumptions },
    { "what was not used is said", test_rest },
    { "the parser takes every spec", test_specs_are_valid },
};

MZ_TEST_MAIN(tests)
