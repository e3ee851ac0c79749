
/*
 * exact: what the tests of exactness share.  Small random event sets with
 * many equal times, nulls and repeated events go into tables of one DuckDB
 * file; random specs are compiled, run and shaped; each test computes the
 * same from the events by brute force, from the words of the definitions.
 */

#ifndef MZ_EXACT_H
#define MZ_EXACT_H

#include <math.h>

#include "agent/warehouse/warehouse.h"
#include "base/mz_str.h"
#include "base/mz_time.h"
#include "test.h"
#include "wh_fixture.h"


#define EXACT_EVENTS_MAX  80
#define EXACT_SETS        24
#define EXACT_NULL        (-1)

#define EXACT_NOW_MS      ((int64_t) 1781092800000)     /* 2026-06-10T12Z */
#define EXACT_HOUR        MZ_HOUR_MS
#define EXACT_DAY         MZ_DAY_MS

/* An event; small numbers stand for names and values, -1 for null. */

typedef struct {
    int      user;
    int      event;
    int      country;
    int      sess;
    int      num;
    int      amt;           /* quarters */
    int64_t  t;             /* ms */
} exact_event_t;

typedef struct {
    exact_event_t  e[EXACT_EVENTS_MAX];
    int            n;
    mz_catalog_t  *cat;
} exact_set_t;

typedef struct {
    mz_spec_t    *spec;
    mz_result_t   result;
    char          text[2048];
} exact_run_t;


static uint64_t         exact_seed = 1;
static exact_set_t      exact_sets[EXACT_SETS];
static mz_warehouse_t  *exact_wh;

static const char *const  exact_events[] = { "alpha", "beta", "gamma",
                                             "delta" };

/* In the order of their bytes, which settles ties. */

static const char *const  exact_countries[] = { "AT", "C h", "be" };
static const char *const  exact_sessions[] = { "s1", "s2" };


/* xorshift64*; the upper bits. */

static inline int
exact_rand(int n)
{
    exact_seed ^= exact_seed >> 12;
    exact_seed ^= exact_seed << 25;
    exact_seed ^= exact_seed >> 27;

    return (int) ((exact_seed * 2685821657736338717ULL >> 33)
                  % (uint64_t) n);
}


static inline int
exact_maybe_null(int n)
{
    return exact_rand(6) == 0 ? EXACT_NULL : exact_rand(n);
}


static inline void
exact_make_set(exact_set_t *set, int spread_days)
{
    int                   i, users;
    int64_t               start;
    exact_event_t        *e;
    const exact_event_t  *past;

    set->n = exact_rand(EXACT_EVENTS_MAX + 1);
    users = 1 + exact_rand(7);
    start = EXACT_NOW_MS - spread_days * EXACT_DAY;

    for (i = 0; i < set->n; i++) {
        e = &set->e[i];
        e->user = exact_rand(25) == 0 ? EXACT_NULL : exact_rand(users);
        e->event = exact_rand(4);
        e->country = exact_maybe_null(3);
        e->sess = exact_maybe_null(2);
        e->num = exact_maybe_null(6);
        e->amt = exact_maybe_null(40);

        /* A grid of 6 hours: equal times, and windows hit to the ms. */

        e->t = start + (int64_t) exact_rand(spread_days * 4 + 8) * 6
                       * EXACT_HOUR;
        if (exact_rand(8) == 0) {
            e->t += 1 - 2 * exact_rand(2);
        }

        /* Some come back to the very instant a month later. */

        if (i > 0 && exact_rand(8) == 0) {
            past = &set->e[exact_rand(i)];
            e->user = past->user;
            e->t = mz_time_add(past->t, MZ_UNIT_MONTH, 1 + exact_rand(2));
        }
    }
}


static inline void
exact_insert(mz_buf_t *sql, const exact_event_t *e)
{
    char  text[64];

    mz_buf_add_c(sql, "(");

    snprintf(text, sizeof(text), e->user < 0 ? "NULL" : "'u%d'", e->user);
    mz_buf_add_c(sql, text);
    mz_buf_addf(sql, ", '%s', make_timestamp(%lld)", exact_events[e->event],
                (long long) e->t * 1000);
    mz_buf_addf(sql, e->country < 0 ? ", NULL" : ", '%s'",
                e->country < 0 ? "" : exact_countries[e->country]);
    mz_buf_addf(sql, e->sess < 0 ? ", NULL" : ", '%s'",
                e->sess < 0 ? "" : exact_sessions[e->sess]);
    mz_buf_addf(sql, e->num < 0 ? ", NULL" : ", %d", e->num);
    mz_buf_addf(sql, e->amt < 0 ? ", NULL)" : ", %d / 4.0)", e->amt);
}


static inline void
exact_catalog(exact_set_t *set, int index)
{
    json_t      *j;
    mz_buf_t     b;
    mz_err_t     err;
    const char  *const form =
        "\"event_column\":\"ev\",\"time_column\":\"at time\","
        "\"user_column\":\"u\",\"rows\":80,\"users\":7,"
        "\"first\":\"2026-03-01T00:00:00Z\",\"last\":\"2026-06-12T00:00:00Z\","
        "\"properties\":["
        "{\"name\":\"country\",\"dtype\":\"string\",\"common\":true,"
        "\"nulls\":true,\"enum\":true,"
        "\"values\":[[\"AT\",9],[\"be\",5],[\"C h\",2]]},"
        "{\"name\":\"sess\",\"dtype\":\"string\",\"common\":true},"
        "{\"name\":\"num\",\"dtype\":\"int64\",\"common\":true},"
        "{\"name\":\"amt\",\"dtype\":\"float64\",\"common\":true}],"
        "\"events\":[{\"name\":\"alpha\"},{\"name\":\"beta\"},"
        "{\"name\":\"gamma\"},{\"name\":\"delta\"}]}";

    mz_buf_init(&b, 0);
    mz_buf_addf(&b, "{\"version\":1,\"table\":\"ev%d\",", index);
    mz_buf_add_c(&b, form);

    if (mz_json_load(mz_buf_view(&b), NULL, &j, &err) != MZ_OK
        || mz_catalog_from_json(j, &set->cat, &err) != MZ_OK)
    {
        printf("Bail out! %s\n", err.msg);
        exit(1);
    }

    json_decref(j);
    mz_buf_free(&b);
}


/* false: there is no DuckDB library. */

static inline bool
exact_init(uint64_t seed, int spread_days)
{
    int                     i, k;
    mz_buf_t                sql;
    mz_err_t                err;
    mz_warehouse_limits_t   limits = { 20000, 100000, 256 << 20, 1 };

    exact_seed = seed;
    fixture_init();
    mz_buf_init(&sql, 0);

    for (i = 0; i < EXACT_SETS; i++) {
        exact_make_set(&exact_sets[i], spread_days);
        exact_catalog(&exact_sets[i], i);
        mz_buf_addf(&sql, "CREATE TABLE ev%d (u VARCHAR, ev VARCHAR,"
                    " \"at time\" TIMESTAMP, country VARCHAR, sess VARCHAR,"
                    " num INTEGER, amt DOUBLE);", i);

        for (k = 0; k < exact_sets[i].n; k++) {
            mz_buf_addf(&sql, k == 0 ? "INSERT INTO ev%d VALUES " : ", ", i);
            exact_insert(&sql, &exact_sets[i].e[k]);
        }

        mz_buf_add_c(&sql, ";");
    }

    if (!fixture_make(fixture_file("exact.duckdb"), mz_buf_cstr(&sql))
        || mz_warehouse_open(fixture_file("exact.duckdb"), &limits, &exact_wh,
                             &err) != MZ_OK)
    {
        printf("1..0 # SKIP no DuckDB library\n");
        return false;
    }

    mz_buf_free(&sql);

    return true;
}


static inline void
exact_done(void)
{
    int  i;

    exact_wh->ops->close(exact_wh);

    for (i = 0; i < EXACT_SETS; i++) {
        mz_catalog_free(exact_sets[i].cat);
    }

    fixture_done();
}


static inline void
exact_free(exact_run_t *run)
{
    mz_spec_free(run->spec);
    mz_result_free(&run->result);
}


/* Parses, compiles, queries and shapes run->text. */

static inline bool
exact_run(const exact_set_t *set, exact_run_t *run)
{
    size_t       i, n;
    json_t      *j;
    mz_rc_t      rc;
    mz_err_t     err;
    mz_query_t   q;
    mz_rset_t   *rows[16];

    memset(&run->result, 0, sizeof(mz_result_t));
    run->spec = NULL;
    memset(&q, 0, sizeof(mz_query_t));
    n = 0;

    rc = mz_json_load(mz_str_from(run->text), NULL, &j, &err);
    if (rc == MZ_OK) {
        rc = mz_spec_parse(j, set->cat, EXACT_NOW_MS, &run->spec, &err);
        json_decref(j);
    }

    if (rc == MZ_OK) {
        rc = mz_spec_compile(run->spec, MZ_DIALECT_DUCKDB, &q, &err);
    }

    for (i = 0; rc == MZ_OK && i < q.n; i++) {
        rc = exact_wh->ops->query(exact_wh, &q.statements[i], &rows[n], &err);
        n += rc == MZ_OK;

        if (rc != MZ_OK) {
            printf("# %s\n", (char *) q.statements[i].sql.data);
        }
    }

    if (rc == MZ_OK) {
        rc = mz_spec_shape(run->spec, rows, n, &run->result, &err);
    }

    for (i = 0; i < n; i++) {
        mz_rset_free(rows[i]);
    }

    mz_query_free(&q);
    CHECK_ROW(rc == MZ_OK, "%s: %s", run->text, err.msg);

    if (rc != MZ_OK) {
        exact_free(run);
    }

    return rc == MZ_OK;
}


/* Both null, or the same but for the last digits. */

static inline bool
exact_same(double a, double b)
{
    if (isnan(a) || isnan(b)) {
        return isnan(a) && isnan(b);
    }

    return fabs(a - b) <= 1e-9 * (1 + fabs(a));
}


static inline double
exact_get(const exact_run_t *run, size_t row, const char *name)
{
    size_t      col;
    mz_value_t  v;

    col = mz_rset_find(run->result.table, mz_str_from(name));
    if (col == SIZE_MAX) {
        return -1e99;
    }

    mz_rset_get(run->result.table, row, col, &v);

    return v.is_null ? NAN : mz_rset_dtype(run->result.table, col)
                             == MZ_DTYPE_FLOAT64 ? v.d : (double) v.i;
}


/* Index of a string value in names, -1 for null. */

static inline int
exact_name(const exact_run_t *run, size_t row, const char *name,
    const char *const *names, size_t n)
{
    size_t      i, col;
    mz_value_t  v;

    col = mz_rset_find(run->result.table, mz_str_from(name));
    if (col == SIZE_MAX) {
        return -3;
    }

    mz_rset_get(run->result.table, row, col, &v);

    for (i = 0; i < n && !v.is_null; i++) {
        if (mz_str_eq_c(v.s, names[i])) {
            return (int) i;
        }
    }

    return v.is_null ? EXACT_NULL : -2;
}


static inline double
exact_fact(const json_t *obj, const char *key)
{
    json_t  *v;

    v = json_object_get(obj, key);

    return json_is_number(v) ? json_number_value(v) : NAN;
}


static inline int64_t
exact_fact_time(const json_t *obj, const char *key)
{
    int64_t  ms;

    return mz_time_parse(mz_json_get_str(obj, key), &ms) == MZ_OK ? ms : -1;
}


/* A row filter: its JSON and what it means. */

typedef struct {
    const char  *json;
    bool       (*passes)(const exact_event_t *e);
} exact_filter_t;


static inline bool
exact_is_at(const exact_event_t *e)
{
    return e->country == 0;
}


static inline bool
exact_not_be(const exact_event_t *e)
{
    return e->country != 2;
}


static inline bool
exact_not_in(const exact_event_t *e)
{
    return e->country != 0 && e->country != 1;
}


static inline bool
exact_num_gt(const exact_event_t *e)
{
    return e->num != EXACT_NULL && e->num > 1.5;
}


static inline bool
exact_amt_lte(const exact_event_t *e)
{
    return e->amt != EXACT_NULL && e->amt <= 20;
}


static inline bool
exact_contains(const exact_event_t *e)
{
    return e->country == 1;
}


static inline bool
exact_not_contains(const exact_event_t *e)
{
    return e->country != 2;
}


static inline bool
exact_sess_set(const exact_event_t *e)
{
    return e->sess != EXACT_NULL;
}


static inline bool
exact_num_not_set(const exact_event_t *e)
{
    return e->num == EXACT_NULL;
}


static inline bool
exact_num_in(const exact_event_t *e)
{
    return e->num == 0 || e->num == 3 || e->num == 4;
}


static const exact_filter_t  exact_filters[] = {
    { "{\"property\":\"country\",\"op\":\"eq\",\"value\":\"at\"}",
      exact_is_at },
    { "{\"property\":\"country\",\"op\":\"neq\",\"value\":\"be\"}",
      exact_not_be },
    { "{\"property\":\"country\",\"op\":\"not_in\",\"value\":[\"AT\","
      "\"C h\"]}", exact_not_in },
    { "{\"property\":\"num\",\"op\":\"gt\",\"value\":1.5}", exact_num_gt },
    { "{\"property\":\"amt\",\"op\":\"lte\",\"value\":5}", exact_amt_lte },
    { "{\"property\":\"country\",\"op\":\"contains\",\"value\":\"H\"}",
      exact_contains },
    { "{\"property\":\"country\",\"op\":\"not_contains\",\"value\":\"bE\"}",
      exact_not_contains },
    { "{\"property\":\"sess\",\"op\":\"is_set\"}", exact_sess_set },
    { "{\"property\":\"num\",\"op\":\"not_set\"}", exact_num_not_set },
    { "{\"property\":\"num\",\"op\":\"in\",\"value\":[0,3,4]}",
      exact_num_in }
};


/* A filter on the user: event, filter, count, range; any can be absent. */

typedef struct {
    const char  *json;
    int          event;         /* -1: any */
    int          filter;        /* of exact_filters; -1: none */
    char         op;            /* '>' at least, '<' less than, '=' */
    int          count;
    bool         negate;
    int          days;          /* last N days; 0: the analysed range */
} exact_did_t;


static const exact_did_t  exact_dids[] = {
    { "{\"did\":\"beta\"}", 1, -1, '>', 1, false, 0 },
    { "{\"did\":\"beta\",\"negate\":true}", 1, -1, '>', 1, true, 0 },
    { "{\"did\":\"gamma\",\"count\":{\"op\":\"lt\",\"value\":2}}",
      2, -1, '<', 2, false, 0 },
    { "{\"did\":\"*\",\"count\":{\"op\":\"eq\",\"value\":3},\"negate\":true}",
      -1, -1, '=', 3, true, 0 },
    { "{\"did\":\"alpha\",\"filters\":[{\"property\":\"country\",\"op\":"
      "\"eq\",\"value\":\"AT\"}],\"range\":{\"last\":20,\"unit\":\"day\"}}",
      0, 0, '>', 1, false, 20 },
    { "{\"did\":\"delta\",\"count\":{\"op\":\"eq\",\"value\":0}}",
      3, -1, '=', 0, false, 0 }
};


static inline bool
exact_did(const exact_set_t *set, const exact_did_t *d, int user,
    int64_t from, int64_t to)
{
    int   i, n;
    bool  holds;

    if (user == EXACT_NULL) {
        return false;
    }

    if (d->days > 0) {
        from = EXACT_NOW_MS - d->days * EXACT_DAY;
        to = EXACT_NOW_MS;
    }

    for (i = 0, n = 0; i < set->n; i++) {
        n += set->e[i].user == user
             && (d->event < 0 || set->e[i].event == d->event)
             && set->e[i].t >= from && set->e[i].t < to
             && (d->filter < 0 || exact_filters[d->filter].passes(&set->e[i]));
    }

    holds = d->op == '>' ? n >= d->count
            : d->op == '<' ? n < d->count : n == d->count;

    return holds != d->negate;
}


static const char *const  exact_ranges[] = {
    "{\"last\":7,\"unit\":\"day\"}", "{\"last\":30,\"unit\":\"day\"}",
    "{\"last\":5,\"unit\":\"week\"}", "{\"last\":2,\"unit\":\"month\"}",
    "{\"calendar\":\"month\",\"offset\":0}",
    "{\"calendar\":\"month\",\"offset\":-1}",
    "{\"calendar\":\"week\",\"offset\":-1}",
    "{\"calendar\":\"week\",\"offset\":0}",
    "{\"from\":\"2026-05-01\",\"to\":\"2026-05-31\"}",
    "{\"from\":\"2026-05-20\"}", "{\"from\":\"2026-05-29\",\"to\":"
    "\"2026-06-03\"}", "{\"all\":true}"
};


/* Start of the bucket: the same as the C library would say. */

static inline int64_t
exact_floor(int64_t ms, const char *grain)
{
    mz_unit_t  unit;

    return mz_unit_parse(mz_str_from(grain), &unit) == MZ_OK
           ? mz_time_floor(ms, unit) : 0;
}


static inline int64_t
exact_next(int64_t ms, const char *grain)
{
    mz_unit_t  unit;

    return mz_unit_parse(mz_str_from(grain), &unit) == MZ_OK
           ? mz_time_add(ms, unit, 1) : INT64_MAX;
}


/*
 * Asks n random questions and checks each answer; stops after five that are
 * wrong.  ask() makes a question, writes its spec into run->text and says of
 * which set it is.
 */

static inline void
exact_random(int n, void *question,
    const exact_set_t *(*ask)(void *question, exact_run_t *run),
    void (*check)(void *question, const exact_run_t *run))
{
    int                 i, failures;
    exact_run_t         run;
    const exact_set_t  *set;

    failures = mz_test_failures;

    for (i = 0; i < n && mz_test_failures < failures + 5; i++) {
        set = ask(question, &run);

        if (exact_run(set, &run)) {
            check(question, &run);
            exact_free(&run);
        }
    }
}


/* What main() of a test program does; its exit status. */

static inline int
exact_main(uint64_t seed, int spread_days, const mz_test_t *tests, size_t n)
{
    int     failed, before;
    size_t  i;

    if (!exact_init(seed, spread_days)) {
        fixture_done();
        return 0;
    }

    failed = 0;
    printf("1..%zu\n", n);

    for (i = 0; i < n; i++) {
        before = mz_test_failures;
        tests[i].run();
        failed += mz_test_failures != before;
        printf("%sok %zu - %s\n", mz_test_failures == before ? "" : "not ",
               i + 1, tests[i].name);
    }

    exact_done();

    return failed != 0;
}


#endif /* MZ_EXACT_H */
