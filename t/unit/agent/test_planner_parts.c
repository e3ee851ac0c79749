
/*
 * The parts of the planner below its grammar: words, spelling, tokens,
 * dates, patterns, thresholds.
 */

#include "agent/plan/planner_lexicon.h"
#include "agent/plan/planner_slots.h"
#include "agent/plan/planner_time.h"
#include "agent/plan/planner_words.h"
#include "test.h"


#define NOW  "2026-06-15T12:00:00Z"         /* a Monday */

static const char  catalog_text[] =
    "{\"version\":1,\"table\":\"events\",\"event_column\":\"event_name\","
    "\"time_column\":\"event_time\",\"user_column\":\"user_id\",\"rows\":9,"
    "\"users\":3,\"first\":\"2025-01-01T00:00:00Z\","
    "\"last\":\"2026-06-14T00:00:00Z\",\"properties\":["
    "{\"name\":\"country\",\"dtype\":\"string\",\"common\":true,"
    "\"nulls\":false,\"enum\":true,\"values\":[[\"US\",2],[\"DE\",1]]},"
    "{\"name\":\"price\",\"dtype\":\"float64\",\"common\":false,"
    "\"nulls\":false,\"enum\":false,\"values\":[]},"
    "{\"name\":\"device\",\"dtype\":\"string\",\"common\":true,"
    "\"nulls\":false,\"enum\":true,\"values\":[[\"mobile\",2],"
    "[\"smart tv\",1]]}],\"events\":["
    "{\"name\":\"ItemAdded\",\"count\":5,\"users\":3,"
    "\"first\":\"2025-01-01T00:00:00Z\",\"last\":\"2026-06-14T00:00:00Z\","
    "\"properties\":[\"price\"]},"
    "{\"name\":\"sign_up\",\"count\":4,\"users\":3,"
    "\"first\":\"2025-01-01T00:00:00Z\",\"last\":\"2026-06-14T00:00:00Z\","
    "\"properties\":[]}]}";

static mz_catalog_t  *catalog;


static mz_pl_t *
begin(const char *question)
{
    json_t    *j;
    mz_err_t   err;
    mz_pl_t   *pl;

    if (catalog == NULL) {
        j = NULL;
        CHECK(mz_json_load(mz_str_from(catalog_text), NULL, &j, &err)
              == MZ_OK);
        CHECK(mz_catalog_from_json(j, &catalog, &err) == MZ_OK);
        json_decref(j);
    }

    pl = calloc(1, sizeof(mz_pl_t));
    if (pl == NULL || catalog == NULL) {
        abort();
    }

    pl->cat = catalog;
    pl->question = mz_str_from(question);
    pl->slot.grain = MZ_PL_GRAIN_NONE;
    CHECK(mz_time_parse(mz_str(NOW), &pl->now) == MZ_OK);
    CHECK(mz_pl_init(pl) == MZ_OK);
    CHECK(mz_pl_read_synonyms(pl) == MZ_OK);
    CHECK(mz_pl_read_names(pl) == MZ_OK);
    (void) mz_pl_tokenise(pl, &err);

    return pl;
}


static void
end(mz_pl_t *pl)
{
    mz_pl_deinit(pl);
    free(pl);
}


static void
done(void)
{
    mz_catalog_free(catalog);
    catalog = NULL;
}


static void
test_words_are_sorted(void)
{
    size_t  i;

    for (i = 1; i < mz_pl_ncue_words; i++) {
        CHECK_ROW(strcmp(mz_pl_cue_words[i - 1], mz_pl_cue_words[i]) < 0,
                  "%s", mz_pl_cue_words[i]);
    }

    for (i = 1; i < mz_pl_neveryday_words; i++) {
        CHECK_ROW(strcmp(mz_pl_everyday_words[i - 1],
                         mz_pl_everyday_words[i]) < 0, "%s",
                  mz_pl_everyday_words[i]);
    }

    CHECK(mz_pl_is_common(mz_str("week")));
    CHECK(mz_pl_is_common(mz_str("please")));
    CHECK(!mz_pl_is_common(mz_str("purchase")));
}


static void
test_distance(void)
{
    size_t  i;

    static const struct {
        const char  *a;
        const char  *b;
        size_t       max;
        size_t       want;
    } rows[] = {
        { "", "", 2, 0 },
        { "", "ab", 2, 2 },
        { "", "abc", 2, 3 },
        { "signup", "signup", 1, 0 },
        { "signups", "signup", 1, 1 },
        { "nubmer", "number", 1, 1 },       /* transposed */
        { "purhcases", "purchases", 2, 1 },
        { "revnue", "revenue", 1, 1 },
        { "contry", "country", 1, 1 },
        { "kitten", "sitting", 2, 3 },
        { "abcdef", "uvwxyz", 2, 3 },
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        CHECK_ROW(mz_pl_distance(mz_str_from(rows[i].a),
                                 mz_str_from(rows[i].b), rows[i].max)
                  == rows[i].want, "%s / %s", rows[i].a, rows[i].b);
    }
}


static void
test_tokens(void)
{
    size_t    i, k;
    mz_pl_t  *pl;

    static const struct {
        const char  *text;
        const char  *want;      /* texts, one space between */
    } rows[] = {
        { "Don't  panic!", "dont panic !" },
        { "users' carts", "users carts" },
        { "what's the U.S. plan?", "what the us . plan ?" },
        { "sign_up -> add-to-cart \xe2\x86\x92 pay",
          "sign up -> add to cart -> pay" },
        { "past 7d, p95 & 30day", "past 7 days , p & 30 day" },
        { "$1,000 or 5k", "1,000 or 5" },
        { "user 9f3c-77 on 2026-05-01", "user 9f3c-77 on 2026-05-01" },
        { "version 2.3.1 >= 2", "version 2.3.1 >= 2" },
        { "say \"red shoes\" now", "say red shoes now" },
        { "caf\xc3\xa9 \xff\xfe x", "caf\xc3\xa9 \xff\xfe x" },
        { "", "" },
        { " \t\r\n", "" },
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        mz_buf_t  b;

        pl = begin(rows[i].text);
        mz_buf_init(&b, 0);

        for (k = 0; k < pl->ntok; k++) {
            mz_buf_add_c(&b, k == 0 ? "" : " ");
            mz_buf_add_str(&b, pl->tok[k].text);
        }

        CHECK_ROW(mz_str_eq_c(mz_buf_view(&b), rows[i].want), "%s: %s",
                  rows[i].text, mz_buf_cstr(&b));
        mz_buf_free(&b);
        end(pl);
    }
}


static void
test_token_values(void)
{
    mz_pl_t  *pl;

    pl = begin("over $1,250.5 at p95 in d7 twelve");
    CHECK(pl->tok[1].kind == MZ_PL_NUMBER && pl->tok[1].num == 1250.5);
    CHECK(pl->tok[1].is_money);
    CHECK(pl->tok[3].kind == MZ_PL_CODE && pl->tok[3].num == 95);
    CHECK(pl->tok[5].kind == MZ_PL_CODE && pl->tok[5].num == 7);
    CHECK(pl->tok[6].kind == MZ_PL_NUMBER && pl->tok[6].num == 12);
    end(pl);
}


static void
test_token_limit(void)
{
    char      text[4 * MZ_PL_TOKENS_MAX + 1];
    size_t    i;
    mz_pl_t  *pl;

    for (i = 0; i < sizeof(text) - 1; i += 2) {
        memcpy(text + i, "a ", 2);
    }

    text[sizeof(text) - 1] = '\0';
    pl = begin(text);
    CHECK(pl->ntok == MZ_PL_TOKENS_MAX);
    end(pl);
}


static void
test_names(void)
{
    size_t         i, k;
    mz_pl_t       *pl;
    mz_pl_name_t   name;
    mz_buf_t       b;

    static const struct {
        const char  *name;
        const char  *words;
        const char  *joined;
    } rows[] = {
        { "add_to_cart", "add to cart", "addtocart" },
        { "Song Played", "song played", "songplayed" },
        { "checkoutStarted", "checkout started", "checkoutstarted" },
        { "app.open-v2", "app open v2", "appopenv2" },
        { "signup", "signup", "signup" },
        { "", "", "" },
        { "__", "", "" },
        { "a_b_c_d_e_f_g_h_i_j", "a b c d e f g h", "abcdefghij" },
    };

    pl = begin("x");

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        mz_pl_name_split(pl, mz_str_from(rows[i].name), &name);
        mz_buf_init(&b, 0);

        for (k = 0; k < name.n; k++) {
            mz_buf_add_c(&b, k == 0 ? "" : " ");
            mz_buf_add_str(&b, name.word[k]);
        }

        CHECK_ROW(mz_str_eq_c(mz_buf_view(&b), rows[i].words), "%s",
                  rows[i].name);
        CHECK_ROW(mz_str_eq_c(name.joined, rows[i].joined), "%s",
                  rows[i].name);
        mz_buf_free(&b);
    }

    end(pl);
}


static void
test_ranges(void)
{
    char     *got;
    size_t    i;
    mz_pl_t  *pl;

    static const struct {
        const char  *text;
        const char  *want;      /* NULL: none */
    } rows[] = {
        { "x in the last 7 days", "{\"last\":7,\"unit\":\"day\"}" },
        { "x past two weeks", "{\"last\":2,\"unit\":\"week\"}" },
        { "x past month", "{\"last\":1,\"unit\":\"month\"}" },
        { "x last month", "{\"calendar\":\"month\",\"offset\":-1}" },
        { "x over the last quarter",
          "{\"calendar\":\"quarter\",\"offset\":-1}" },
        { "x last year", "{\"calendar\":\"year\",\"offset\":-1}" },
        { "x for the last year", "{\"last\":1,\"unit\":\"year\"}" },
        { "x this week", "{\"calendar\":\"week\",\"offset\":0}" },
        { "x yesterday", "{\"calendar\":\"day\",\"offset\":-1}" },
        { "x 2 months ago", "{\"calendar\":\"month\",\"offset\":-2}" },
        { "x since January", "{\"from\":\"2026-01-01\"}" },
        { "x since last month", "{\"from\":\"2026-05-01\"}" },
        { "x in March",
          "{\"from\":\"2026-03-01\",\"to\":\"2026-03-31\"}" },
        { "x in November",
          "{\"from\":\"2025-11-01\",\"to\":\"2025-11-30\"}" },
        { "x in February 2024",
          "{\"from\":\"2024-02-01\",\"to\":\"2024-02-29\"}" },
        { "x in 2025", "{\"from\":\"2025-01-01\",\"to\":\"2025-12-31\"}" },
        { "x in Q4", "{\"from\":\"2025-10-01\",\"to\":\"2025-12-31\"}" },
        { "x second quarter of 2025",
          "{\"from\":\"2025-04-01\",\"to\":\"2025-06-30\"}" },
        { "x from 2026-01-05 to 2026-01-09",
          "{\"from\":\"2026-01-05\",\"to\":\"2026-01-09\"}" },
        { "x between November and February",
          "{\"from\":\"2025-11-01\",\"to\":\"2026-02-28\"}" },
        { "x June 3 to 10",
          "{\"from\":\"2026-06-03\",\"to\":\"2026-06-10\"}" },
        { "x on Monday", "{\"from\":\"2026-06-08\",\"to\":\"2026-06-08\"}" },
        { "x week of June 3",
          "{\"from\":\"2026-06-01\",\"to\":\"2026-06-07\"}" },
        { "x all time", "{\"all\":true}" },
        { "x before 2025-02-01",
          "{\"from\":\"2025-01-01\",\"to\":\"2025-01-31\"}" },
        { "x year to date", "{\"calendar\":\"year\",\"offset\":0}" },
        { "it may be so", NULL },
        { "x February 30", NULL },
        { "x per week", NULL },
        { "within 3 days", NULL },
        { "x", NULL },
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        pl = begin(rows[i].text);
        mz_pl_read_times(pl);

        got = pl->slot.range != NULL
              ? json_dumps(pl->slot.range, JSON_COMPACT) : NULL;

        CHECK_ROW((got == NULL) == (rows[i].want == NULL)
                  && (got == NULL || strcmp(got, rows[i].want) == 0),
                  "%s: %s", rows[i].text, got != NULL ? got : "none");
        free(got);
        end(pl);
    }
}


static void
test_grain_and_window(void)
{
    mz_pl_t  *pl;

    pl = begin("signups week by week");
    mz_pl_read_times(pl);
    CHECK(pl->slot.grain == MZ_UNIT_WEEK);
    CHECK(pl->slot.range == NULL);
    end(pl);

    pl = begin("within an hour, daily");
    mz_pl_read_times(pl);
    CHECK(pl->slot.grain == MZ_UNIT_DAY);
    CHECK(mz_json_get_int(pl->slot.window, "n", 0) == 1);
    CHECK_STR(mz_json_get_str(pl->slot.window, "unit"), "hour");
    end(pl);

    pl = begin("this week versus last week");
    mz_pl_read_times(pl);
    CHECK(mz_json_get_int(pl->slot.range, "offset", -9) == 0);
    CHECK_STR(mz_json_get_str(pl->slot.compare, "to"), "previous_period");
    end(pl);

    pl = begin("from June 10 2026 to June 1 2026");
    mz_pl_read_times(pl);
    CHECK(pl->slot.is_reversed);
    end(pl);

    pl = begin("28 day moving average");
    mz_pl_read_times(pl);
    CHECK(mz_json_get_int(pl->slot.transform, "rolling", 0) == 28);
    end(pl);
}


static void
test_patterns(void)
{
    size_t         i;
    mz_pl_t       *pl;
    mz_pl_match_t  m;

    static const struct {
        const char  *text;
        const char  *pattern;
        size_t       end;       /* 0: no match */
    } rows[] = {
        { "last 3 weeks", "last|past # %U", 3 },
        { "last week", "last|past # %U", 0 },
        { "last week", "last # ? %U", 0 },
        { "last week", "last #? %U", 2 },
        { "the sum of all the things", "%W sum of things", 6 },
        { "converted users", "~convert users", 2 },
        { "d7 retention", "d# retention", 2 },
        { "w7 retention", "d# retention", 0 },
        { "a b c d e", "a .. e", 5 },
        { "a b c d e f", "a .. f", 6 },
        { "a b c d e f g", "a .. g", 0 },
        { "go now", "go $", 0 },
        { "go ?", "go $", 1 },
        { "%", "%", 1 },
        { "x", "", 0 },
        { "", "a", 0 },
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        pl = begin(rows[i].text);
        CHECK_ROW(mz_pl_match(pl, rows[i].pattern, 0, &m)
                  == (rows[i].end != 0), "%s: %s", rows[i].text,
                  rows[i].pattern);
        CHECK_ROW(rows[i].end == 0 || m.end == rows[i].end, "%s: %s",
                  rows[i].text, rows[i].pattern);
        end(pl);
    }
}


static void
test_thresholds(void)
{
    bool               is_there;
    size_t             i;
    mz_pl_t           *pl;
    mz_pl_threshold_t  t;

    static const struct {
        const char  *text;
        const char  *op;
        double       value;
        bool         is_times;
    } rows[] = {
        { "more than 3 times", "gt", 3, true },
        { "at least twice", "gte", 2, true },
        { "5 or more", "gte", 5, false },
        { "3+ times", "gte", 3, true },
        { "no more than 7", "lte", 7, false },
        { "under $20", "lt", 20, false },
        { ">= 1.5", "gte", 1.5, false },
        { "exactly once", "eq", 1, true },
        { "fewer than 10", "lt", 10, false },
        { "more or less", NULL, 0, false },
        { "3", NULL, 0, false },
        { "than 3", NULL, 0, false },
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        pl = begin(rows[i].text);
        is_there = mz_pl_threshold_at(pl, 0, &t);

        CHECK_ROW(is_there == (rows[i].op != NULL), "%s", rows[i].text);
        CHECK_ROW(!is_there || (strcmp(t.op, rows[i].op) == 0
                                && t.value == rows[i].value
                                && t.is_times == rows[i].is_times),
                  "%s", rows[i].text);
        end(pl);
    }
}


static void
test_items(void)
{
    mz_pl_t  *pl;

    pl = begin("people from Germany who signed up on a smart tv, prise > 3");
    mz_pl_mend(pl);
    mz_pl_read_times(pl);
    mz_pl_read_items(pl);

    CHECK(pl->nitems == 4);
    CHECK(pl->item[0].kind == MZ_PL_VALUE);
    CHECK_STR(mz_json_str(json_array_get(pl->item[0].values, 0)), "DE");
    CHECK(pl->item[1].kind == MZ_PL_EVENT);
    CHECK_STR(pl->item[1].event->name, "sign_up");
    CHECK(pl->item[2].kind == MZ_PL_VALUE);
    CHECK(pl->item[3].kind == MZ_PL_PROPERTY);
    CHECK_STR(pl->item[3].props[0]->name, "price");
    end(pl);

    /* the pronoun is no country */

    pl = begin("tell us about IN or us");
    mz_pl_read_items(pl);
    CHECK(pl->nitems == 0);
    end(pl);

    pl = begin("adding an item in the US");
    mz_pl_read_items(pl);
    CHECK(pl->nitems == 2);
    CHECK_STR(pl->item[0].event->name, "ItemAdded");
    CHECK_STR(mz_json_str(json_array_get(pl->item[1].values, 0)), "US");
    end(pl);

    done();
}


static const mz_test_t  tests[] = {
    { "word lists are sorted and apart", test_words_are_sorted },
    { "edit distance", test_distance },
    { "questions are cut into tokens", test_tokens },
    { "numbers, codes, money", test_token_values },
    { "tokens are bounded", test_token_limit },
    { "catalog names are taken apart", test_names },
    { "time ranges", test_ranges },
    { "grain, window, comparison", test_grain_and_window },
    { "the pattern language", test_patterns },
    { "thresholds", test_thresholds },
    { "catalog items are found", test_items },
};

MZ_TEST_MAIN(tests)
