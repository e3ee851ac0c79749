
#include <math.h>

#include "agent/answer/answer.h"
#include "agent/log.h"
#include "agent/answer/words.h"
#include "base/mz_str.h"
#include "base/mz_time.h"
#include "test.h"


typedef void (*write_pt)(const mz_answer_in_t *in, mz_buf_t *headline,
    mz_buf_t *out);

static json_t *load(const char *text);
static mz_rset_t *buckets(size_t n);


typedef struct {
    double       v;
    const char  *number;
    const char  *rate;
    const char  *pct;
    const char  *seconds;
} number_row_t;

static const number_row_t  numbers[] = {
    { NAN,        "n/a",        "n/a",       "n/a",      "n/a" },
    { INFINITY,   "n/a",        "n/a",       "n/a",      "n/a" },
    { 0,          "0",          "0.0%",      "0.0%",     "0 s" },
    { -0.01,      "-0.01",      "-1.0%",     "0.0%",     "n/a" },
    { 0.5,        "0.5",        "50.0%",     "+0.5%",    "0.5 s" },
    { 0.123456,   "0.1235",     "12.3%",     "+0.1%",    "0.1 s" },
    { 0.000123,   "0.000123",   "0.012%",    "0.0%",     "0 s" },
    { 1,          "1",          "100.0%",    "+1.0%",    "1 s" },
    { 12.5,       "12.5",       "1250.0%",   "+12.5%",   "13 s" },
    { 61.4,       "61.4",       "6140.0%",   "+61.4%",   "1 min 1 s" },
    { 3600,       "3,600",      "360000.0%", "+3600.0%", "1 h 0 min" },
    { 1234567,    "1,234,567",  NULL,        NULL,       "14 d 6 h" },
    { 1234.567,   "1,234.57",   NULL,        NULL,       "20 min 35 s" },
    { -1234.5,    "-1,234.5",   NULL,        NULL,       "n/a" },
    { 999.999,    "1,000",      NULL,        NULL,       NULL },
    { 1e18,       "1e+18",      NULL,        NULL,       "n/a" },
};


static void
test_numbers(void)
{
    size_t               i, j;
    mz_buf_t             b;
    const number_row_t  *r;

    mz_buf_init(&b, 0);

    for (i = 0; i < MZ_ARRAY_LEN(numbers); i++) {
        r = &numbers[i];

        for (j = 0; j < 4; j++) {
            const char  *want[] = { r->number, r->rate, r->pct, r->seconds };

            mz_buf_reset(&b);
            switch (j) {
            case 0:
                mz_words_number(&b, r->v);
                break;
            case 1:
                mz_words_rate(&b, r->v);
                break;
            case 2:
                mz_words_signed_pct(&b, r->v);
                break;
            default:
                mz_words_seconds(&b, r->v);
            }

            CHECK_ROW(want[j] == NULL || strcmp(mz_buf_cstr(&b), want[j])
                                         == 0,
                      "%g form %zu: %s", r->v, j, mz_buf_cstr(&b));
        }
    }

    mz_buf_reset(&b);
    mz_words_int(&b, INT64_MIN);
    CHECK_STR(mz_buf_view(&b), "-9,223,372,036,854,775,808");
    mz_buf_free(&b);
}


/* A value from the data must not become Markdown. */

static void
test_escapes(void)
{
    char      long_text[500];
    mz_buf_t  b;

    mz_buf_init(&b, 0);
    mz_words_text(&b, mz_str("a|b\n[x](y) <i> `c` \\ *d*"));
    CHECK_STR(mz_buf_view(&b), "a\\|b \\[x\\](y) \\<i\\> \\`c\\` \\\\ "
              "\\*d\\*");

    mz_buf_reset(&b);
    mz_words_code(&b, mz_str("a`b|c\nd"));
    CHECK_STR(mz_buf_view(&b), "`a b c d`");

    memset(long_text, 'x', sizeof(long_text));
    mz_buf_reset(&b);
    mz_words_text(&b, (mz_str_t) { long_text, sizeof(long_text) });
    CHECK(b.len == 203);
    mz_buf_free(&b);
}


static void
test_log_quote(void)
{
    char             text[300];
    mz_log_quote_t   q;

    CHECK_STR(mz_str_from(mz_log_quote(&q, mz_str("a\"b\nc\x1b[0m\\"))),
              "\"a\\x22b\\x0ac\\x1b[0m\\x5c\"");
    CHECK_STR(mz_str_from(mz_log_quote(&q, mz_str("\xc3\xa9\xff"))),
              "\"\xc3\xa9\\xff\"");

    memset(text, '\n', sizeof(text));
    mz_log_quote(&q, (mz_str_t) { text, sizeof(text) });
    CHECK(strlen(q.s) == 2 + 200 * 4 + 3);
}


static void
test_ranges(void)
{
    int64_t   from;
    mz_buf_t  b;

    CHECK(mz_time_parse(mz_str("2026-06-01"), &from) == MZ_OK);

    mz_buf_init(&b, 0);
    mz_words_range(&b, from, from + 14 * MZ_DAY_MS);
    CHECK_STR(mz_buf_view(&b), "2026-06-01 to 2026-06-14");

    mz_buf_reset(&b);
    mz_words_range(&b, from, from + MZ_DAY_MS);
    CHECK_STR(mz_buf_view(&b), "2026-06-01");

    mz_buf_reset(&b);
    mz_words_range(&b, from, from + MZ_DAY_MS + 12 * MZ_HOUR_MS);
    CHECK_STR(mz_buf_view(&b), "2026-06-01 to 2026-06-02 12:00 UTC");
    mz_buf_free(&b);
}


#define RANGE  "\"range\":{\"from\":\"2026-06-01T00:00:00Z\","                \
               "\"to\":\"2026-06-15T00:00:00Z\"}"

typedef struct {
    write_pt     write;
    const char  *facts;
    const char  *headline;
    const char  *has[5];
    const char  *has_not;
} answer_row_t;

static const answer_row_t  answers[] = {
    { mz_answer_segmentation,
      "{\"kind\":\"segmentation\",\"measure\":\"users\",\"unit\":\"users\","
      "\"grain\":\"total\"," RANGE ",\"total\":1234,"
      "\"series\":[{\"series\":\"signup\",\"total\":1234}],"
      "\"totals\":[{\"series\":\"signup\",\"total\":1234}]}",
      "signup: 1,234 users (2026-06-01 to 2026-06-14)",
      { NULL }, "|" },

    { mz_answer_segmentation,
      "{\"kind\":\"segmentation\",\"measure\":\"events\",\"grain\":\"total\","
      RANGE ",\"compare\":{\"to\":\"previous_period\"},"
      "\"totals\":[{\"series\":\"signup\",\"total\":1,\"previous\":2,"
      "\"change\":-1,\"change_pct\":-50.0}],\"series\":[]}",
      "signup: 1 event, down 50.0% from 2 in the period before "
      "(2026-06-01 to 2026-06-14)",
      { NULL }, "|" },

    /* nothing before: no rate of change is made up */
    { mz_answer_segmentation,
      "{\"kind\":\"segmentation\",\"measure\":\"sum\","
      "\"property\":\"revenue\",\"grain\":\"total\","
      "\"compare\":{\"to\":\"previous_year\"},"
      "\"totals\":[{\"series\":\"purchase\",\"total\":12345.678,"
      "\"previous\":0,\"change\":12345.678,\"change_pct\":null}],"
      "\"series\":[]}",
      "purchase: total revenue 12,345.68, before: 0 a year before",
      { NULL }, "%" },

    { mz_answer_segmentation,
      "{\"kind\":\"segmentation\",\"measure\":\"avg\","
      "\"property\":\"revenue\",\"grain\":\"total\","
      "\"totals\":[{\"series\":\"purchase\",\"total\":null}],"
      "\"series\":[]}",
      "purchase: average revenue n/a", { NULL }, NULL },

    { mz_answer_segmentation,
      "{\"kind\":\"segmentation\",\"unit\":\"ratio\",\"grain\":\"total\","
      "\"totals\":[{\"series\":\"ratio\",\"total\":0.25}],\"series\":[]}",
      "ratio: 0.25 (25.0%)", { NULL }, NULL },

    { mz_answer_segmentation,
      "{\"kind\":\"segmentation\",\"measure\":\"users\",\"unit\":\"users\","
      "\"grain\":\"total\",\"breakdown\":[\"country\"],\"groups\":12,"
      "\"totals\":[{\"series\":\"signup\",\"total\":100}],"
      "\"series\":[{\"series\":\"signup\",\"group\":{\"country\":\"US\"},"
      "\"total\":40,\"share\":0.4},{\"series\":\"signup\","
      "\"group\":{\"country\":null},\"total\":7,\"share\":0.07}]}",
      "signup: 100 users",
      { "First: US with 40 (40.0%), then (none) with 7 (7.0%).",
        "12 groups in all", "| country | users | share |",
        "| US | 40 | 40.0% |", "| (none) | 7 | 7.0% |" }, NULL },

    { mz_answer_segmentation,
      "{\"kind\":\"segmentation\",\"measure\":\"users\",\"unit\":\"users\","
      "\"grain\":\"day\",\"partial_last\":true,"
      "\"totals\":[{\"series\":\"signup\",\"total\":100}],"
      "\"series\":[{\"series\":\"signup\",\"total\":100,\"mean\":7.25,"
      "\"max\":{\"bucket\":\"2026-06-03\",\"value\":9},"
      "\"min\":{\"bucket\":\"2026-06-05\",\"value\":2},"
      "\"last\":{\"bucket\":\"2026-06-14\",\"value\":5}}]}",
      "signup: 100 users",
      { "Per day 7.25 on average; highest 9 on 2026-06-03; lowest 2 on "
        "2026-06-05; last 5 on 2026-06-14.",
        "The last day is not over yet", "| bucket | value |",
        "| 2026-06-14 | 13 |", "The last 10 of 14 buckets" },
      "| 2026-06-04 |" },

    { mz_answer_funnel,
      "{\"kind\":\"funnel\",\"grain\":\"total\",\"entered\":1000,"
      "\"completed\":120,\"overall_rate\":0.12,\"steps\":["
      "{\"step\":1,\"event\":\"product_view\",\"users\":1000,\"rate\":1.0,"
      "\"step_rate\":null,\"drop_off\":0},"
      "{\"step\":2,\"event\":\"purchase\",\"users\":120,\"rate\":0.12,"
      "\"step_rate\":0.12,\"drop_off\":880}],"
      "\"biggest_drop\":{\"step\":2,\"event\":\"purchase\","
      "\"from\":\"product_view\",\"lost\":880,\"drop_rate\":0.88},"
      "\"median_seconds\":3700,\"avg_seconds\":90000,\"p90_seconds\":200}",
      "12.0% conversion from product_view to purchase: 120 of 1,000 users",
      { "Most are lost between `product_view` and `purchase`: 880 users "
        "(88.0%).", "1 h 1 min at the median, 1 d 1 h on average",
        "| 1 | product_view | 1,000 | 100.0% |  |  |",
        "| 2 | purchase | 120 | 12.0% | 12.0% | 880 |" }, "n/a" },

    /* nobody entered: no rate, no time, no drop */
    { mz_answer_funnel,
      "{\"kind\":\"funnel\",\"grain\":\"total\",\"entered\":0,"
      "\"completed\":0,\"overall_rate\":null,\"steps\":["
      "{\"event\":\"a\",\"users\":0,\"rate\":null},"
      "{\"event\":\"b\",\"users\":0,\"rate\":null}],"
      "\"biggest_drop\":null,\"median_seconds\":null}",
      "n/a conversion from a to b: 0 of 0 users", { NULL }, "Most are" },

    { mz_answer_funnel,
      "{\"kind\":\"funnel\",\"grain\":\"total\",\"entered\":10,"
      "\"completed\":5,\"overall_rate\":0.5,\"breakdown\":[\"device\"],"
      "\"steps\":[],\"series\":["
      "{\"group\":{\"device\":\"mobile\"},\"entered\":6,\"completed\":2,"
      "\"rate\":0.3333,\"median_seconds\":null},"
      "{\"group\":{\"device\":\"desktop\"},\"entered\":4,\"completed\":3,"
      "\"rate\":0.75,\"median_seconds\":30}]}",
      "50.0% conversion: 5 of 10 users",
      { "Best of the groups shown: desktop with 75.0%; worst: mobile with "
        "33.3%.", "| desktop | 4 | 3 | 75.0% | 30 s |",
        "| mobile | 6 | 2 | 33.3% | n/a |" }, NULL },

    { mz_answer_retention,
      "{\"kind\":\"retention\",\"period\":\"week\",\"invert\":false,"
      "\"start\":\"signup\",\"users\":500,\"cohorts\":3,\"retention\":["
      "{\"k\":0,\"label\":\"week 0\",\"size\":500,\"returned\":400,"
      "\"rate\":0.8,\"mature\":true},"
      "{\"k\":1,\"label\":\"week 1\",\"size\":300,\"returned\":60,"
      "\"rate\":0.2,\"mature\":false},"
      "{\"k\":2,\"label\":\"week 2\",\"size\":0,\"returned\":0,"
      "\"rate\":null,\"mature\":false}]}",
      "20.0% returned in week 1 after signup: 60 of 300",
      { "500 starts in 3 cohorts.", "| week 0 | 500 | 400 | 80.0% |",
        "| week 1 | 300 | 60 | 20.0% (part) |",
        "| week 2 | 0 | 0 | n/a (part) |" }, NULL },

    { mz_answer_retention,
      "{\"kind\":\"retention\",\"start\":\"signup\",\"users\":0,"
      "\"retention\":[]}",
      "No period is over yet: no retention to show", { NULL }, NULL },

    { mz_answer_other,
      "{\"kind\":\"discovery\",\"what\":\"values\",\"property\":\"plan\","
      "\"count\":4,\"complete\":false}",
      "4 values of plan (the most frequent ones)", { NULL }, NULL },

    { mz_answer_other,
      "{\"kind\":\"journey\",\"event\":\"signup\",\"direction\":\"after\","
      "\"total\":12,\"users\":1,\"next\":[{\"event\":null,\"share\":0.5}]}",
      "12 paths of 1 user after signup",
      { "Nearest step: nothing more (50.0%)." }, NULL },
};


static void
test_answers(void)
{
    size_t               i, j;
    json_t              *facts;
    mz_buf_t             headline, out;
    mz_rset_t           *table;
    mz_answer_in_t       in;
    const answer_row_t  *r;

    table = buckets(14);

    for (i = 0; i < MZ_ARRAY_LEN(answers); i++) {
        r = &answers[i];
        facts = load(r->facts);

        memset(&in, 0, sizeof(in));
        in.facts = facts;
        in.table = table;
        mz_buf_init(&headline, 0);
        mz_buf_init(&out, 0);

        r->write(&in, &headline, &out);

        CHECK_STR(mz_buf_view(&headline), r->headline);

        for (j = 0; j < MZ_ARRAY_LEN(r->has) && r->has[j] != NULL; j++) {
            CHECK_ROW(strstr(mz_buf_cstr(&out), r->has[j]) != NULL,
                      "row %zu: no \"%s\" in:\n%s", i, r->has[j],
                      mz_buf_cstr(&out));
        }

        CHECK_ROW(r->has_not == NULL
                  || strstr(mz_buf_cstr(&out), r->has_not) == NULL,
                  "row %zu:\n%s", i, mz_buf_cstr(&out));

        mz_buf_free(&headline);
        mz_buf_free(&out);
        json_decref(facts);
    }

    mz_rset_free(table);
}


typedef struct {
    const char  *plan;
    const char  *why;
    const char  *has[4];
} words_row_t;

static const words_row_t  words[] = {
    { "{\"kind\":\"unsupported\",\"reason\":\"no_such_data\","
      "\"missing\":[\"nps\"],\"suggest\":[\"support_ticket\"]}", NULL,
      { "**The data does not hold what the question is about.**",
        "Missing: `nps`.", "- support_ticket", "No number is given" } },

    { "{\"kind\":\"unsupported\",\"reason\":\"something_new\"}", NULL,
      { "**This cannot be answered from the data.**" } },

    { "{\"kind\":\"clarify\",\"reason\":\"missing_steps\","
      "\"options\":[\"page_visit -> signup\"]}", NULL,
      { "A conversion needs its steps", "- page_visit -\\> signup",
        "Nothing was counted yet" } },

    { "{\"kind\":\"plan\",\"steps\":[{\"kind\":\"segmentation\","
      "\"events\":[\"signup\"],\"measure\":{\"type\":\"users\"},"
      "\"grain\":\"day\",\"compare\":{\"to\":\"previous_period\"}},"
      "{\"kind\":\"funnel\",\"steps\":[{\"event\":\"a\"},{\"event\":\"b\"}],"
      "\"breakdown\":[\"device\"]}]}", NULL,
      { "**A plan in 2 steps**",
        "1. Measure users of `signup`, per day, compared with the period "
        "before", "2. Conversion from `a` to `b` by `device`" } },

    { "{\"kind\":\"journey\"}", "events: unknown event \"<x>\"",
      { "The reason: events: unknown event \"\\<x\\>\"." } },
};


static void
test_words(void)
{
    size_t     i, j;
    json_t    *plan, *assumptions;
    mz_err_t   err;
    mz_buf_t   headline, out;

    assumptions = load("[\"The last 30 days.\"]");

    for (i = 0; i < MZ_ARRAY_LEN(words); i++) {
        plan = load(words[i].plan);
        mz_buf_init(&headline, 0);
        mz_buf_init(&out, 0);

        CHECK(mz_answer_words(plan, assumptions, words[i].why, &headline,
                              &out, &err) == MZ_OK);
        CHECK((strstr(mz_buf_cstr(&out), "- The last 30 days.") != NULL)
              == (strstr(words[i].plan, "\"plan\"") != NULL));

        for (j = 0; j < 4 && words[i].has[j] != NULL; j++) {
            CHECK_ROW(strstr(mz_buf_cstr(&out), words[i].has[j]) != NULL,
                      "row %zu: no \"%s\" in:\n%s", i, words[i].has[j],
                      mz_buf_cstr(&out));
        }

        mz_buf_free(&headline);
        mz_buf_free(&out);
        json_decref(plan);
    }

    json_decref(assumptions);
}


static json_t *
load(const char *text)
{
    json_t    *v;
    mz_err_t   err;

    v = NULL;
    CHECK_ROW(mz_json_load(mz_str_from(text), NULL, &v, &err) == MZ_OK, "%s",
              text);

    return v;
}


static mz_rset_t *
buckets(size_t n)
{
    size_t       i;
    mz_rset_t   *rs;
    mz_value_t   row[2];

    rs = mz_rset_new(100);
    mz_rset_add_column(rs, mz_str("bucket"), MZ_DTYPE_DATE);
    mz_rset_add_column(rs, mz_str("value"), MZ_DTYPE_INT64);
    memset(row, 0, sizeof(row));

    for (i = 0; i < n; i++) {
        row[0].i = mz_time_days(2026, 6, 1) + (int64_t) i;
        row[1].i = (int64_t) i;
        CHECK(mz_rset_add_row(rs, row) == MZ_OK);
    }

    return rs;
}


static const mz_test_t  tests[] = {
    { "numbers in words", test_numbers },
    { "values do not become Markdown", test_escapes },
    { "values do not break log lines", test_log_quote },
    { "ranges in words", test_ranges },
    { "the answers of each kind", test_answers },
    { "answers without numbers", test_words },
};

MZ_TEST_MAIN(tests)
