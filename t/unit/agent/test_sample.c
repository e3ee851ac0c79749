
#include <sys/stat.h>

#include "test.h"
#include "wh_fixture.h"

#include "agent/sample/sample.h"
#include "agent/sample/sample_model.h"
#include "base/mz_time.h"


#define NOW_MS    ((int64_t) 1781524800000)     /* 2026-06-15T12:00:00Z */
#define USERS     300
#define EVENTS    15000
#define KNOWN_ROWS  0xefe7a5f6923f15feULL

static const mz_sample_conf_t       conf = { NOW_MS, EVENTS, USERS, 7 };
static const mz_warehouse_limits_t  limits = { 20000, 10000, 512 << 20, 2 };

static mz_sample_t  sample;


static bool
same(const mz_sample_t *a, const mz_sample_t *b)
{
    return a->n == b->n
           && memcmp(a->events, b->events, a->n * sizeof(mz_sample_event_t))
              == 0;
}


static void
test_refused(void)
{
    size_t       i;
    mz_err_t     err;
    mz_sample_t  s;

    static const struct {
        mz_sample_conf_t   conf;
        const char        *words;
    } rows[] = {
        { { NOW_MS, 99, 10, 1 },           "events" },
        { { NOW_MS, 1000, 0, 1 },          "users" },
        { { NOW_MS, 1000, -1, 1 },         "users" },
        { { NOW_MS, 1000, 101, 1 },        "for each user" },
        { { NOW_MS, 100000, 10, 1 },       "for each user" },
        { { NOW_MS, 20000001, 100000, 1 }, "events" },
        { { NOW_MS, 20000000, 2000001, 1 }, "users" },
        { { INT64_MIN, 1000, 20, 1 },      "1980" },
        { { 0, 1000, 20, 1 },              "1980" },
        { { INT64_MAX, 1000, 20, 1 },      "1980" },
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        err.msg[0] = '\0';
        CHECK_ROW(mz_sample_make(&rows[i].conf, &s, &err) == MZ_INVALID,
                  "%zu", i);
        CHECK_ROW(strstr(err.msg, rows[i].words) != NULL, "%zu: %s", i,
                  err.msg);
        CHECK(s.events == NULL && s.n == 0);
    }
}


static void
test_deterministic(void)
{
    mz_err_t           err;
    mz_sample_t        again, other;
    mz_sample_conf_t   c;

    CHECK(mz_sample_make(&conf, &sample, &err) == MZ_OK);
    CHECK(mz_sample_make(&conf, &again, &err) == MZ_OK);
    CHECK(same(&sample, &again));
    mz_sample_free(&again);

    /* The hour of the day is of no matter, all else is. */
    c = conf;
    c.now_ms += 11 * MZ_HOUR_MS;
    CHECK(mz_sample_make(&c, &again, &err) == MZ_OK);
    CHECK(same(&sample, &again));
    mz_sample_free(&again);

    c = conf;
    c.seed++;
    CHECK(mz_sample_make(&c, &other, &err) == MZ_OK);
    CHECK(!same(&sample, &other));
    mz_sample_free(&other);

    c = conf;
    c.now_ms += MZ_DAY_MS;
    CHECK(mz_sample_make(&c, &other, &err) == MZ_OK);
    CHECK(!same(&sample, &other));
    mz_sample_free(&other);
}


/*
 * The rows of these options on every machine.  Whoever changes the play
 * changes this number, and knows that all samples change.
 */

static void
test_known_rows(void)
{
    int                       k;
    size_t                    i;
    uint64_t                  h;
    const mz_sample_event_t  *e;

    h = sample.n;

    for (i = 0; i < sample.n; i++) {
        e = &sample.events[i];
        h = (h ^ (uint64_t) e->time_us) * 0x100000001b3ULL;
        h = (h ^ e->user) * 0x100000001b3ULL;
        h = (h ^ e->name) * 0x100000001b3ULL;

        for (k = 0; k < MZ_SAMPLE_OWN_MAX; k++) {
            h = (h ^ (uint32_t) e->own[k]) * 0x100000001b3ULL;
        }
    }

    CHECK_ROW(h == KNOWN_ROWS, "0x%016llxULL", (unsigned long long) h);
}


static void
test_known_numbers(void)
{
    int               i;
    int64_t           sum;
    mz_sample_rand_t  r;

    /* The generator's published outputs for this state. */
    mz_sample_rand_init(&r, 0, 0);
    r.s[0] = 1;
    r.s[1] = 2;
    r.s[2] = 3;
    r.s[3] = 4;
    CHECK(mz_sample_rand_next(&r) == 11520);
    CHECK(mz_sample_rand_next(&r) == 0);
    CHECK(mz_sample_rand_next(&r) == 1509978240);

    sum = 0;
    for (i = 0; i < 100000; i++) {
        sum += mz_sample_rand_wait(&r, 1000);
    }
    CHECK_ROW(sum > 98000000 && sum < 102000000, "%lld", (long long) sum);

    sum = 0;
    for (i = 0; i < 100000; i++) {
        sum += mz_sample_rand_chance(&r, 250);
    }
    CHECK_ROW(sum > 24000 && sum < 26000, "%lld", (long long) sum);
}


static void
test_time(void)
{
    size_t   i, late;
    int64_t  start, end, last;

    end = mz_time_floor(NOW_MS, MZ_UNIT_DAY) * 1000;
    start = mz_time_days(2024, 12, 1) * MZ_DAY_MS * 1000;
    last = start - 1;
    late = 0;

    for (i = 0; i < sample.n; i++) {
        if (sample.events[i].time_us <= last) {
            break;
        }

        last = sample.events[i].time_us;
        late += last >= end - 14 * MZ_DAY_MS * 1000;
    }

    CHECK_ROW(i == sample.n, "event %zu", i);
    CHECK(last < end);

    /* Up to the day before, and from the first month on. */
    CHECK(last >= end - MZ_DAY_MS * 1000);
    CHECK(sample.events[0].time_us < start + 7 * MZ_DAY_MS * 1000);
    CHECK(late > 100);
    CHECK_ROW(llabs((int64_t) sample.n - EVENTS) <= EVENTS / 50, "%zu",
              sample.n);
}


/* What cannot be in a life must not be in the sample. */

static void
test_lives(void)
{
    size_t                    i, users, wrong;
    const mz_sample_event_t  *e;
    static struct {
        bool      seen;
        int       signups;
        int       trials;
        int       starts;
        bool      is_cancelled;
        uint32_t  checkout;     /* session */
        uint32_t  added;
    } lives[USERS + 1];

    users = 0;
    wrong = 0;

    for (i = 0; i < sample.n; i++) {
        e = &sample.events[i];

        if (e->user == 0 || e->user > USERS) {
            wrong++;
            continue;
        }

        users += !lives[e->user].seen;
        lives[e->user].seen = true;

        switch ((mz_sample_name_t) e->name) {

        case MZ_SAMPLE_SIGNUP:
            wrong += lives[e->user].signups++ > 0;
            break;

        case MZ_SAMPLE_TRIAL_START:
            wrong += lives[e->user].trials++ > 0;
            wrong += e->common[MZ_SAMPLE_PLAN] != MZ_SAMPLE_FREE;
            break;

        case MZ_SAMPLE_SUBSCRIPTION_START:
            wrong += lives[e->user].starts++ > 0;
            wrong += e->common[MZ_SAMPLE_PLAN] == MZ_SAMPLE_FREE;
            break;

        case MZ_SAMPLE_SUBSCRIPTION_RENEW:
            wrong += lives[e->user].is_cancelled;
            wrong += e->common[MZ_SAMPLE_PLAN] == MZ_SAMPLE_FREE;
            break;

        case MZ_SAMPLE_SUBSCRIPTION_CANCEL:
            wrong += lives[e->user].is_cancelled;
            wrong += e->common[MZ_SAMPLE_PLAN] == MZ_SAMPLE_FREE;
            lives[e->user].is_cancelled = true;
            break;

        case MZ_SAMPLE_CHECKOUT:
            lives[e->user].checkout = e->session;
            break;

        case MZ_SAMPLE_PURCHASE:
            wrong += lives[e->user].checkout != e->session;
            wrong += e->own[1] <= 0;
            break;

        case MZ_SAMPLE_ADD_TO_CART:
            lives[e->user].added = e->session;
            break;

        case MZ_SAMPLE_REMOVE_FROM_CART:
            wrong += lives[e->user].added != e->session;
            break;

        default:
            break;
        }
    }

    CHECK_ROW(users == USERS, "%zu users", users);
    CHECK_ROW(wrong == 0, "%zu events", wrong);
}


static void
test_shape(void)
{
    size_t  i, n[MZ_SAMPLE_EVENTS] = { 0 };

    for (i = 0; i < sample.n; i++) {
        n[sample.events[i].name]++;
    }

    for (i = 0; i < MZ_SAMPLE_EVENTS; i++) {
        CHECK_ROW(n[i] > 0, "no %s", mz_sample_defs[i].name);
    }

    CHECK(n[MZ_SAMPLE_PRODUCT_VIEW] > 2 * n[MZ_SAMPLE_ADD_TO_CART]);
    CHECK(n[MZ_SAMPLE_ADD_TO_CART] > n[MZ_SAMPLE_CHECKOUT]);
    CHECK(n[MZ_SAMPLE_CHECKOUT] > n[MZ_SAMPLE_PURCHASE]);
    CHECK(n[MZ_SAMPLE_PURCHASE] > n[MZ_SAMPLE_REFUND]);
    CHECK(n[MZ_SAMPLE_TRIAL_START] > n[MZ_SAMPLE_SUBSCRIPTION_START]);
}


static void
test_write_refused(void)
{
    FILE      *f;
    mz_err_t   err;

    CHECK(mz_sample_write(&sample, fixture_file("no/such/dir.duckdb"), true,
                          NULL, NULL, &err)
          == MZ_UNAVAILABLE);

    f = fopen(fixture_file("taken"), "w");
    fputs("mine", f);
    fclose(f);
    CHECK(mz_sample_write(&sample, fixture_file("taken"), false, NULL, NULL,
                          &err)
          == MZ_INVALID);
    CHECK_ROW(strstr(err.msg, "--force") != NULL, "%s", err.msg);

    mkdir(fixture_file("dir"), 0700);
    CHECK(mz_sample_write(&sample, fixture_file("dir"), true, NULL, NULL,
                          &err)
          == MZ_UNAVAILABLE);
}


static void
progress(void *data, size_t done, size_t total)
{
    size_t  *last;

    last = data;
    CHECK(done > *last && done <= total);
    *last = done;
}


static void
digest(const char *path, char *out, size_t size)
{
    mz_err_t         err;
    mz_rset_t       *rs;
    mz_value_t       v;
    mz_warehouse_t  *wh;

    out[0] = '\0';
    CHECK(mz_warehouse_open(path, &limits, &wh, &err) == MZ_OK);

    if (fixture_query(wh, "SELECT md5(string_agg(CAST(e AS VARCHAR), '|' "
                      "ORDER BY event_time)) FROM events e", NULL, 0, &rs,
                      &err)
        == MZ_OK)
    {
        mz_rset_get(rs, 0, 0, &v);
        snprintf(out, size, "%.*s", (int) v.s.len, v.s.data);
        mz_rset_free(rs);
    }

    CHECK_ROW(out[0] != '\0', "%s", err.msg);
    wh->ops->close(wh);
}


static void
test_write(void)
{
    char         a[64], b[64], cmd[PATH_MAX];
    size_t       last;
    mz_err_t     err;
    mz_sample_t  part;

    last = 0;
    CHECK(mz_sample_write(&sample, fixture_file("a.duckdb"), false, progress,
                          &last, &err)
          == MZ_OK);
    CHECK(last == sample.n);

    /* Another file is replaced as a whole. */
    CHECK(mz_sample_write(&sample, fixture_file("taken"), true, NULL, NULL,
                          &err)
          == MZ_OK);

    digest(fixture_file("a.duckdb"), a, sizeof(a));
    digest(fixture_file("taken"), b, sizeof(b));
    CHECK_ROW(strcmp(a, b) == 0, "%s %s", a, b);

    part = sample;
    part.n = 100;
    CHECK(mz_sample_write(&part, fixture_file("taken"), true, NULL, NULL,
                          &err)
          == MZ_OK);
    digest(fixture_file("taken"), b, sizeof(b));
    CHECK(strcmp(a, b) != 0);

    /* Nothing half-written stays behind, also not of what failed. */
    snprintf(cmd, sizeof(cmd), "test -z \"$(find '%s' -name '*tmp*' "
             "-mindepth 1)\"", fixture_dir);
    CHECK(system(cmd) == 0);
}


/* The rows say what was in memory, and no event has another's properties. */

static void
test_rows(void)
{
    size_t           i;
    int64_t          cents;
    mz_err_t         err;
    mz_rset_t       *rs;
    mz_value_t       v;
    mz_warehouse_t  *wh;

    static const struct {
        const char  *what;
        const char  *sql;       /* counts what must not be */
    } rows[] = {
        { "ids",
          "SELECT count(*) FROM events WHERE NOT "
          "regexp_full_match(user_id, 'u_[1-9][0-9]*') OR NOT "
          "regexp_full_match(session_id, 's_[1-9][0-9]*')" },
        { "a session of two users",
          "SELECT count(*) FROM (SELECT session_id FROM events GROUP BY 1 "
          "HAVING count(DISTINCT user_id) > 1)" },
        { "common ones",
          "SELECT count(*) FROM events WHERE country IS NULL OR platform IS "
          "NULL OR device IS NULL OR browser IS NULL OR plan IS NULL OR "
          "channel IS NULL OR app_version IS NULL" },
        { "campaign of an opened email",
          "SELECT count(*) FROM events WHERE event_name = 'email_open' AND "
          "campaign IS NULL" },
        { "revenue",
          "SELECT count(*) FROM events WHERE (event_name = 'purchase') <> "
          "(revenue IS NOT NULL)" },
        { "payment_method",
          "SELECT count(*) FROM events WHERE (event_name = 'purchase') <> "
          "(payment_method IS NOT NULL)" },
        { "page",
          "SELECT count(*) FROM events WHERE (event_name IN ('page_visit', "
          "'error_shown')) <> (page IS NOT NULL)" },
        { "method",
          "SELECT count(*) FROM events WHERE (event_name IN ('signup', "
          "'login')) <> (method IS NOT NULL)" },
        { "mrr",
          "SELECT count(*) FROM events WHERE (event_name LIKE "
          "'subscription%') <> (mrr IS NOT NULL)" },
        { "coupon",
          "SELECT count(*) FROM events WHERE coupon IS NOT NULL AND "
          "event_name NOT IN ('checkout', 'purchase')" },
        { "values",
          "SELECT count(*) FROM events WHERE page NOT IN ('home', 'pricing', "
          "'blog', 'docs', 'deals') OR category NOT IN ('shoes', 'clothing', "
          "'electronics', 'home', 'beauty', 'books') OR \"interval\" NOT IN "
          "('monthly', 'yearly')" },
        { "an orphan of a refund",
          "SELECT count(*) FROM events r WHERE event_name = 'refund' AND NOT "
          "EXISTS (SELECT 1 FROM events p WHERE p.event_name = 'purchase' "
          "AND p.order_id = r.order_id AND p.user_id = r.user_id AND "
          "p.event_time < r.event_time AND r.amount <= p.revenue) AND "
          "r.event_time > TIMESTAMP '2025-01-01'" },
        { "after now",
          "SELECT count(*) FROM events WHERE event_time >= "
          "TIMESTAMP '2026-06-15'" },
    };

    CHECK(mz_warehouse_open(fixture_file("a.duckdb"), &limits, &wh, &err)
          == MZ_OK);

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        if (fixture_query(wh, rows[i].sql, NULL, 0, &rs, &err) != MZ_OK) {
            CHECK_ROW(0, "%s: %s", rows[i].what, err.msg);
            continue;
        }

        mz_rset_get(rs, 0, 0, &v);
        CHECK_ROW(v.i == 0, "%s: %lld", rows[i].what, (long long) v.i);
        mz_rset_free(rs);
    }

    cents = 0;
    for (i = 0; i < sample.n; i++) {
        cents += sample.events[i].name == MZ_SAMPLE_PURCHASE
                 ? sample.events[i].own[1] : 0;
    }

    CHECK(fixture_query(wh, "SELECT CAST(sum(revenue) * 100 AS BIGINT), "
                        "count(*) FROM events", NULL, 0, &rs, &err)
          == MZ_OK);
    mz_rset_get(rs, 0, 0, &v);
    CHECK_ROW(v.i == cents, "%lld %lld", (long long) v.i, (long long) cents);
    CHECK(mz_rset_number(rs, 0, 1) == (double) sample.n);
    mz_rset_free(rs);

    wh->ops->close(wh);
    mz_sample_free(&sample);
    fixture_done();
}


static void
test_setup(void)
{
    fixture_init();
    CHECK(access(fixture_dir, W_OK) == 0);
}


static const mz_test_t  tests[] = {
    { "set up",                            test_setup },
    { "options that contradict",           test_refused },
    { "same options, same rows",           test_deterministic },
    { "known rows",                        test_known_rows },
    { "random numbers",                    test_known_numbers },
    { "time: span, order, no two at once", test_time },
    { "lives hold together",               test_lives },
    { "every event, plausible funnels",    test_shape },
    { "output refused",                    test_write_refused },
    { "output written",                    test_write },
    { "rows of the table",                 test_rows },
};

MZ_TEST_MAIN(tests)
