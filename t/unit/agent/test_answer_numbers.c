
/*
 * The numbers in the answers equal a brute-force count over the events: a
 * sample warehouse is made, all its rows are read plainly, counted here by
 * loops written from the definitions, and compared with what the agent
 * answers to questions in English.
 */

#include "test.h"
#include "wh_fixture.h"

#include "agent/answer/agent.h"
#include "agent/sample/sample.h"
#include "base/mz_time.h"


#define NOW     ((int64_t) 1781524800000)       /* 2026-06-15T12:00:00Z */
#define DAY_US  ((int64_t) 86400 * 1000000)
#define FROM(d) ((int64_t) mz_time_days d * DAY_US)

typedef struct {
    mz_str_t  name;
    mz_str_t  user;
    mz_str_t  country;
    int64_t   at;           /* microseconds */
    double    revenue;
} ev_t;

static mz_rset_t       *raw;
static ev_t            *evs;
static size_t           nevs;
static mz_warehouse_t  *wh;
static mz_catalog_t    *cat;

/* What the last answer came to. */
static mz_answer_t      answer;
static json_t          *columns, *rows;


static mz_rc_t
sink_progress(mz_sink_t *sink, const char *phase, const char *text,
    mz_err_t *err)
{
    (void) sink;
    (void) err;
    CHECK(phase[0] != '\0' && text[0] != '\0');
    return MZ_OK;
}


static mz_rc_t
sink_artifact(mz_sink_t *sink, const mz_artifact_t *a, mz_id_t *id,
    mz_err_t *err)
{
    size_t               i, c;
    json_t              *row;
    mz_value_t           v;
    const unsigned char  random[MZ_ID_RANDOM] = { 1 };

    (void) sink;
    (void) err;
    mz_id_make(id, MZ_ID_ARTIFACT, random);

    if (a->table == NULL || strcmp(a->kind, "table") != 0) {
        return MZ_OK;
    }

    json_decref(columns);
    json_decref(rows);
    columns = json_array();
    rows = json_array();

    for (c = 0; c < mz_rset_columns(a->table); c++) {
        json_array_append_new(columns,
                              mz_json_str_new(mz_rset_name(a->table, c)));
    }

    for (i = 0; i < mz_rset_rows(a->table); i++) {
        row = json_array();
        for (c = 0; c < mz_rset_columns(a->table); c++) {
            mz_rset_get(a->table, i, c, &v);
            json_array_append_new(row, mz_value_to_json(
                                  mz_rset_dtype(a->table, c), &v));
        }
        json_array_append_new(rows, row);
    }

    return MZ_OK;
}


static const mz_sink_ops_t  sink_ops = { sink_progress, sink_artifact };


/* Asks; the spec of the answer before is the parent when is_next. */

static bool
ask(const char *question, bool is_next)
{
    json_t     *parent;
    mz_rc_t     rc;
    mz_err_t    err;
    mz_sink_t   sink = { &sink_ops };

    parent = NULL;
    if (is_next) {
        parent = json_incref(json_object_get(answer.result, "spec"));
    }

    mz_answer_free(&answer);
    memset(&answer, 0, sizeof(answer));

    rc = mz_agent_answer(wh, cat, mz_str_from(question), parent, NOW, &sink,
                         &answer, &err);
    json_decref(parent);
    CHECK_ROW(rc == MZ_OK, "%s: %s", question, err.msg);

    return rc == MZ_OK;
}


/* The value of column in the row whose column key is want. */

static json_t *
cell(size_t row, const char *column)
{
    size_t  c;

    for (c = 0; c < json_array_size(columns); c++) {
        if (mz_str_eq_c(mz_json_str(json_array_get(columns, c)), column)) {
            return json_array_get(json_array_get(rows, row), c);
        }
    }

    CHECK_ROW(0, "no column %s", column);

    return NULL;
}


/* Whether the answer's words hold n with thousands separators. */

static bool
says(int64_t n)
{
    char    digits[32], shown[48];
    size_t  i, len, out;

    snprintf(digits, sizeof(digits), "%lld", (long long) n);
    len = strlen(digits);

    for (i = 0, out = 0; i < len; i++) {
        if (i != 0 && (len - i) % 3 == 0) {
            shown[out++] = ',';
        }
        shown[out++] = digits[i];
    }
    shown[out] = '\0';

    return strstr(answer.answer, shown) != NULL;
}


static bool
is(const ev_t *e, const char *name, int64_t from, int64_t to)
{
    return mz_str_eq_c(e->name, name) && e->at >= from && e->at < to;
}


static void
setup(void)
{
    size_t             i;
    mz_err_t           err;
    json_t            *j;
    mz_value_t         v;
    mz_sample_t        sample;
    mz_sample_conf_t   conf = { NOW, 12000, 400, 7 };
    mz_warehouse_limits_t  lim = { 60000, 1000000, 512u << 20, 2 };

    fixture_init();

    CHECK_ROW(mz_sample_make(&conf, &sample, &err) == MZ_OK, "%s", err.msg);
    CHECK_ROW(mz_sample_write(&sample, fixture_file("s.duckdb"), true, NULL,
                              NULL, &err) == MZ_OK, "%s", err.msg);
    mz_sample_free(&sample);

    j = NULL;

    if (mz_warehouse_open(fixture_file("s.duckdb"), &lim, &wh, &err) != MZ_OK
        || mz_catalog_scan(wh, NULL, &j, &err) != MZ_OK
        || mz_catalog_from_json(j, &cat, &err) != MZ_OK)
    {
        printf("Bail out! %s\n", err.msg);
        exit(1);
    }

    json_decref(j);

    CHECK_ROW(fixture_query(wh, "SELECT event_name, event_time, user_id, "
                            "country, revenue FROM events ORDER BY "
                            "event_time, event_name, user_id", NULL, 0, &raw,
                            &err) == MZ_OK, "%s", err.msg);

    nevs = mz_rset_rows(raw);
    CHECK(nevs > 9000);
    evs = calloc(nevs, sizeof(ev_t));

    for (i = 0; i < nevs; i++) {
        mz_rset_get(raw, i, 0, &v);
        evs[i].name = v.s;
        mz_rset_get(raw, i, 1, &v);
        evs[i].at = v.i;
        mz_rset_get(raw, i, 2, &v);
        evs[i].user = v.s;
        mz_rset_get(raw, i, 3, &v);
        evs[i].country = v.s;
        mz_rset_get(raw, i, 4, &v);
        evs[i].revenue = v.is_null ? 0 : v.d;
    }
}


static void
count_of_events(void)
{
    size_t   i;
    int64_t  n;

    if (!ask("How many purchases were there last month?", false)) {
        return;
    }

    for (i = 0, n = 0; i < nevs; i++) {
        n += is(&evs[i], "purchase", FROM((2026, 5, 1)), FROM((2026, 6, 1)));
    }

    CHECK(n > 4);
    CHECK(json_integer_value(cell(0, "value")) == n);
    CHECK_ROW(says(n), "%lld in: %s", (long long) n, answer.answer);
}


static void
users_by_day(void)
{
    size_t   d, i, k, n;
    int64_t  from;

    if (!ask("daily active users this month", false)) {
        return;
    }

    CHECK(json_array_size(rows) == 15);

    for (d = 0; d < json_array_size(rows) && d < 15; d++) {
        from = FROM((2026, 6, 1)) + (int64_t) d * DAY_US;

        for (i = 0, n = 0; i < nevs; i++) {
            if (evs[i].at < from || evs[i].at >= from + DAY_US
                || evs[i].at >= NOW * 1000)
            {
                continue;
            }

            for (k = 0; k < i; k++) {
                if (evs[k].at >= from && mz_str_eq(evs[k].user, evs[i].user))
                {
                    break;
                }
            }

            n += (k == i);
        }

        CHECK_ROW(json_integer_value(cell(d, "value")) == (int64_t) n,
                  "day %zu: %zu", d + 1, n);
    }
}


static void
revenue_by_country(void)
{
    size_t    i, r;
    double    sum, got, all;
    mz_str_t  country;

    if (!ask("revenue by country last month", false)) {
        return;
    }

    CHECK(json_array_size(rows) >= 5);
    all = 0;

    for (r = 0; r < json_array_size(rows); r++) {
        country = mz_json_str(cell(r, "country"));

        for (i = 0, sum = 0; i < nevs; i++) {
            if (is(&evs[i], "purchase", FROM((2026, 5, 1)),
                   FROM((2026, 6, 1)))
                && mz_str_eq(evs[i].country, country))
            {
                sum += evs[i].revenue;
            }
        }

        got = json_number_value(cell(r, "value"));
        all += got;
        CHECK_ROW(got > sum - 0.005 && got < sum + 0.005, "%.*s: %f %f",
                  (int) country.len, country.data, got, sum);
    }

    for (i = 0, sum = 0; i < nevs; i++) {
        sum += is(&evs[i], "purchase", FROM((2026, 5, 1)),
                  FROM((2026, 6, 1))) ? evs[i].revenue : 0;
    }

    CHECK(all > sum - 0.05 && all < sum + 0.05);
}


/*
 * One user's funnel by the words of the definition: any entry may convert
 * within the window; the row that counts for the group is the latest entry
 * of the first completion, else the latest entry.
 */

static const ev_t *
funnel_entry(mz_str_t user, int64_t from, bool *converted)
{
    size_t       i, k;
    const ev_t  *entry, *latest;

    *converted = false;
    latest = NULL;

    for (i = 0; i < nevs; i++) {
        if (!mz_str_eq(evs[i].user, user)) {
            continue;
        }

        if (is(&evs[i], "product_view", from, NOW * 1000)) {
            if (latest == NULL) {
                latest = &evs[i];
            }
            continue;
        }

        if (!is(&evs[i], "purchase", from, NOW * 1000)) {
            continue;
        }

        for (k = 0, entry = NULL; k < i; k++) {
            if (mz_str_eq(evs[k].user, user)
                && is(&evs[k], "product_view", from, evs[i].at)
                && evs[k].at >= evs[i].at - 7 * DAY_US)
            {
                entry = &evs[k];
            }
        }

        if (entry != NULL) {
            *converted = true;
            return entry;
        }
    }

    return latest;
}


static void
count_funnel(const char *country, int64_t *entered, int64_t *done)
{
    bool         converted;
    size_t       i, k;
    int64_t      from;
    const ev_t  *entry;

    *entered = 0;
    *done = 0;
    from = NOW * 1000 - 30 * DAY_US;

    for (i = 0; i < nevs; i++) {
        for (k = 0; k < i && !mz_str_eq(evs[k].user, evs[i].user); k++) {
            /* void */
        }

        if (k != i) {
            continue;
        }

        entry = funnel_entry(evs[i].user, from, &converted);

        if (entry != NULL
            && (country == NULL || mz_str_eq_c(entry->country, country)))
        {
            *entered += 1;
            *done += converted;
        }
    }
}


static void
funnel(void)
{
    int64_t  entered, done;

    if (!ask("What is the conversion rate from product view to purchase?",
             false))
    {
        return;
    }

    count_funnel(NULL, &entered, &done);
    CHECK(entered > 20 && done > 0);
    CHECK(json_array_size(rows) == 2);
    CHECK_ROW(json_integer_value(cell(0, "users")) == entered, "%lld",
              (long long) entered);
    CHECK_ROW(json_integer_value(cell(1, "users")) == done, "%lld",
              (long long) done);
    CHECK(says(entered) && says(done));
}


static void
funnel_by_country(void)
{
    char      country[8];
    size_t    r;
    int64_t   entered, done;
    mz_str_t  name;

    if (!ask("now by country", true)) {
        return;
    }

    CHECK(json_array_size(rows) >= 6 && json_array_size(rows) % 2 == 0);

    for (r = 0; r + 1 < json_array_size(rows); r += 2) {
        name = mz_json_str(cell(r, "country"));
        snprintf(country, sizeof(country), "%.*s", (int) name.len, name.data);
        count_funnel(country, &entered, &done);
        CHECK_ROW(json_integer_value(cell(r, "users")) == entered,
                  "%s: %lld", country, (long long) entered);
        CHECK_ROW(json_integer_value(cell(r + 1, "users")) == done,
                  "%s: %lld", country, (long long) done);
    }
}


/* Users who signed up in the 12 weeks and did anything in week k after. */

static void
retention(void)
{
    size_t       i, k, r;
    int64_t      week, period, size, back, lo, hi;
    const ev_t  *e;

    if (!ask("What is our week over week retention of new signups over the "
             "last 12 weeks?", false))
    {
        return;
    }

    CHECK(json_array_size(rows) >= 9);
    week = 7 * DAY_US;

    for (r = 0; r < json_array_size(rows); r++) {
        if (!json_is_null(cell(r, "cohort"))) {
            continue;
        }

        period = json_integer_value(cell(r, "period"));
        size = 0;
        back = 0;

        for (i = 0; i < nevs; i++) {
            e = &evs[i];
            if (!is(e, "signup", NOW * 1000 - 12 * week, NOW * 1000)
                || e->at + (period + 1) * week > NOW * 1000)
            {
                continue;
            }

            size++;
            lo = e->at + period * week;
            hi = e->at + (period + 1) * week;

            for (k = 0; k < nevs; k++) {
                if (mz_str_eq(evs[k].user, e->user) && evs[k].at > lo
                    && evs[k].at <= hi && k != i)
                {
                    back++;
                    break;
                }
            }
        }

        CHECK_ROW(json_integer_value(cell(r, "size")) == size,
                  "week %lld: %lld", (long long) period, (long long) size);
        CHECK_ROW(json_integer_value(cell(r, "returned")) == back,
                  "week %lld: %lld", (long long) period, (long long) back);
    }
}


/* Words that nothing was made of are named, before the number is believed. */

static void
unused_words(void)
{
    const char  *headline;

    if (ask("how many people bought socks last month?", false)) {
        headline = strstr(answer.answer, "\n\n**Definition");
        CHECK(strstr(answer.answer, "socks") != NULL);
        CHECK_ROW(headline == NULL
                  || strstr(answer.answer, "socks") < headline, "%s",
                  answer.answer);
    }
}


/* What is not in the data is not answered with a number. */

static void
no_data(void)
{
    json_decref(rows);
    rows = NULL;

    if (ask("average NPS score by country", false)) {
        CHECK(rows == NULL);
        CHECK(strstr(answer.answer, "NPS") != NULL
              || strstr(answer.answer, "nps") != NULL);
    }
}


static void
done(void)
{
    mz_answer_free(&answer);
    json_decref(columns);
    json_decref(rows);
    mz_rset_free(raw);
    free(evs);
    mz_catalog_free(cat);
    wh->ops->close(wh);
    fixture_done();
}


static const mz_test_t  tests[] = {
    { "a sample warehouse, read row by row", setup },
    { "a count of events", count_of_events },
    { "distinct users by day", users_by_day },
    { "a sum by country", revenue_by_country },
    { "a funnel", funnel },
    { "the funnel by country, as a follow-up", funnel_by_country },
    { "weekly retention", retention },
    { "words that were not used stand beside the number", unused_words },
    { "no number for what is not there", no_data },
    { "all is freed", done }
};

MZ_TEST_MAIN(tests)
