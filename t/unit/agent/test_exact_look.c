
/* Journeys, lookups and values against brute force. */

#include "exact.h"


#define JOURNEYS   150
#define LOOKUPS    60
#define DEPTH_MAX  4

enum { AFTER, BEFORE, BETWEEN };

typedef struct {
    const exact_set_t  *set;
    int                 event;
    int                 to;
    int                 direction;
    int                 depth;
    int                 filter;
    bool                has_country;
    const char         *range;
} journey_t;

/* A path: events, -1 when there are no more. */

typedef struct {
    int  steps[DEPTH_MAX];
    int  country;
    int  user;
} path_t;


static const char *const  directions[] = { "after", "before", "between" };


static void
write_journey(journey_t *j, char *out, size_t size)
{
    mz_buf_t  b;

    j->set = &exact_sets[exact_rand(EXACT_SETS)];
    j->event = exact_rand(4);
    j->to = exact_rand(4);
    j->direction = exact_rand(3);
    j->depth = 1 + exact_rand(DEPTH_MAX);
    j->filter = exact_rand(3) == 0
                ? exact_rand((int) MZ_ARRAY_LEN(exact_filters)) : -1;
    j->has_country = exact_rand(2) == 0;
    j->range = exact_ranges[exact_rand((int) MZ_ARRAY_LEN(exact_ranges))];

    mz_buf_init(&b, 0);
    mz_buf_addf(&b, "{\"kind\":\"journey\",\"event\":\"%s\",\"direction\":"
                "\"%s\",\"depth\":%d,\"range\":%s", exact_events[j->event],
                directions[j->direction], j->depth, j->range);

    if (j->direction == BETWEEN) {
        mz_buf_addf(&b, ",\"to\":\"%s\"", exact_events[j->to]);
    }

    if (j->filter >= 0) {
        mz_buf_addf(&b, ",\"filters\":[%s]", exact_filters[j->filter].json);
    }

    mz_buf_add_c(&b, j->has_country ? ",\"breakdown\":[\"country\"]}" : "}");
    snprintf(out, size, "%s", mz_buf_cstr(&b));
    mz_buf_free(&b);
}


static bool
is_anchor(const journey_t *j, const exact_event_t *e, int64_t from,
    int64_t to)
{
    return e->event == j->event && e->t >= from && e->t < to
           && (j->filter < 0 || exact_filters[j->filter].passes(e));
}


/* Names of events are in the order of their numbers but for delta. */

static int
name_rank(int event)
{
    static const int  ranks[] = { 0, 1, 3, 2 };

    return ranks[event];
}


static int
null_last(int v)
{
    return v == EXACT_NULL ? 99 : v;
}


/* Whether a comes before b: time, name, anchor, and for groups the value. */

static bool
is_before(const journey_t *j, const exact_event_t *a, const exact_event_t *b,
    int64_t from, int64_t to)
{
    bool  x, y;

    if (a->t != b->t) {
        return a->t < b->t;
    }

    if (a->event != b->event) {
        return name_rank(a->event) < name_rank(b->event);
    }

    x = is_anchor(j, a, from, to);
    y = is_anchor(j, b, from, to);

    if (x != y) {
        return y;
    }

    return j->has_country && null_last(a->country) < null_last(b->country);
}


/* The events of a user in order; returns how many. */

static int
sort_user(const journey_t *j, int user, int64_t from, int64_t to,
    const exact_event_t **out)
{
    int                   i, k, n;
    const exact_event_t  *e;

    for (i = 0, n = 0; i < j->set->n; i++) {
        e = &j->set->e[i];

        if (e->user != user || e->t >= EXACT_NOW_MS
            || (j->direction == BEFORE ? e->t >= to : e->t < from))
        {
            continue;
        }

        for (k = n++; k > 0 && is_before(j, e, out[k - 1], from, to); k--) {
            out[k] = out[k - 1];
        }

        out[k] = e;
    }

    return n;
}


/* The path from the i-th event; false: it never gets there. */

static bool
make_path(const journey_t *j, const exact_event_t **e, int n, int i,
    path_t *p)
{
    int  k, at;

    p->user = e[i]->user;
    p->country = j->has_country ? e[i]->country : 0;

    for (k = 0; k < DEPTH_MAX; k++) {
        p->steps[k] = -1;
    }

    for (k = 0; k <= j->depth; k++) {
        at = j->direction == BEFORE ? i - 1 - k : i + 1 + k;

        if (at < 0 || at >= n) {
            return j->direction != BETWEEN;
        }

        if (j->direction == BETWEEN && e[at]->event == j->to) {
            return true;
        }

        if (k < j->depth) {
            p->steps[k] = e[at]->event;
        }
    }

    return j->direction != BETWEEN;
}


static int
find_paths(const journey_t *j, int64_t from, int64_t to, path_t *out)
{
    int                   i, u, n, count;
    const exact_event_t  *e[EXACT_EVENTS_MAX];

    for (u = 0, count = 0; u < 8; u++) {
        n = sort_user(j, u, from, to, e);

        for (i = 0; i < n; i++) {
            if (is_anchor(j, e[i], from, to)
                && make_path(j, e, n, i, &out[count]))
            {
                count++;
            }
        }
    }

    return count;
}


static bool
is_path(const journey_t *j, const exact_run_t *run, size_t row,
    const path_t *p)
{
    int   k;
    char  name[24];

    for (k = 0; k < j->depth; k++) {
        snprintf(name, sizeof(name), "step_%d", k + 1);
        if (exact_name(run, row, name, exact_events, 4) != p->steps[k]) {
            return false;
        }
    }

    return !j->has_country || exact_name(run, row, "country",
                                         exact_countries, 3) == p->country;
}


static void
check_journey(const journey_t *j, const exact_run_t *run)
{
    int      i, n, sum, paths, users;
    bool     seen[8];
    path_t   list[EXACT_EVENTS_MAX];
    size_t   row;
    int64_t  from, to;

    mz_spec_range(run->spec, &from, &to);
    n = find_paths(j, from, to, list);
    sum = 0;

    for (row = 0; row < mz_rset_rows(run->result.table); row++) {
        memset(seen, 0, sizeof(seen));

        for (i = 0, paths = 0, users = 0; i < n; i++) {
            if (is_path(j, run, row, &list[i])) {
                paths++;
                users += !seen[list[i].user];
                seen[list[i].user] = true;
            }
        }

        CHECK_ROW(paths > 0 && exact_get(run, row, "paths") == paths
                  && exact_get(run, row, "users") == users
                  && exact_same(exact_get(run, row, "share"),
                                (double) paths / n),
                  "%s: row %zu: want %d paths of %d users, got %g of %g",
                  run->text, row, paths, users,
                  exact_get(run, row, "paths"),
                  exact_get(run, row, "users"));
        sum += paths;
    }

    CHECK_ROW(sum == n && exact_fact(run->result.facts, "total") == n
              && exact_fact(run->result.facts, "groups") == (double) row,
              "%s: want %d paths, got %d", run->text, n, sum);
}


static void
test_journeys(void)
{
    int          i, failures;
    journey_t    j;
    exact_run_t  run;

    failures = mz_test_failures;

    for (i = 0; i < JOURNEYS && mz_test_failures < failures + 5; i++) {
        write_journey(&j, run.text, sizeof(run.text));

        if (exact_run(j.set, &run)) {
            check_journey(&j, &run);
            exact_free(&run);
        }
    }
}


static void
check_lookup(const exact_set_t *set, const exact_run_t *run, int user,
    int event, int limit)
{
    int      i, n;
    size_t   row, rows;
    double   t, last;
    int64_t  from, to;

    mz_spec_range(run->spec, &from, &to);

    for (i = 0, n = 0; i < set->n; i++) {
        n += set->e[i].user == user && set->e[i].t >= from
             && set->e[i].t < to && (event < 0 || set->e[i].event == event);
    }

    rows = mz_rset_rows(run->result.table);
    CHECK_ROW(rows == (size_t) (n < limit ? n : limit)
              && exact_fact(run->result.facts, "total") == n,
              "%s: want %d rows, got %zu", run->text, n, rows);

    for (row = 0, last = 1e18; row < rows; row++) {
        t = exact_get(run, row, "time") / 1000;
        CHECK_ROW(t <= last, "%s: row %zu is newer", run->text, row);
        last = t;

        for (i = 0; i < set->n; i++) {
            if (set->e[i].user == user && (double) set->e[i].t == t
                && set->e[i].event == exact_name(run, row, "event",
                                                 exact_events, 4)
                && exact_same(set->e[i].num < 0
                              ? (double) NAN : set->e[i].num,
                              exact_get(run, row, "num") == -1e99
                              ? NAN : exact_get(run, row, "num")))
            {
                break;
            }
        }

        CHECK_ROW(i < set->n, "%s: row %zu is made up", run->text, row);
    }
}


static void
test_lookups(void)
{
    int                 i, user, event, limit;
    exact_run_t         run;
    const exact_set_t  *set;

    for (i = 0; i < LOOKUPS; i++) {
        set = &exact_sets[exact_rand(EXACT_SETS)];
        user = exact_rand(8);
        event = exact_rand(5) - 1;
        limit = 1 + exact_rand(20);

        snprintf(run.text, sizeof(run.text), "{\"kind\":\"lookup\",\"user\":"
                 "\"u%d\",\"events\":[\"%s\"],\"limit\":%d,\"range\":%s}",
                 user, event < 0 ? "*" : exact_events[event], limit,
                 exact_ranges[exact_rand((int) MZ_ARRAY_LEN(exact_ranges))]);

        if (exact_run(set, &run)) {
            check_lookup(set, &run, user, event, limit);
            exact_free(&run);
        }
    }
}


static void
check_values(const exact_set_t *set, const exact_run_t *run, int event)
{
    int     i, v, n, rows;
    bool    seen[8];
    size_t  row;
    double  users;

    for (v = 0, rows = 0; v < 6; v++) {
        memset(seen, 0, sizeof(seen));

        for (i = 0, n = 0, users = 0; i < set->n; i++) {
            if (set->e[i].num != v || set->e[i].t >= EXACT_NOW_MS
                || (event >= 0 && set->e[i].event != event))
            {
                continue;
            }

            n++;
            if (set->e[i].user >= 0 && !seen[set->e[i].user]) {
                seen[set->e[i].user] = true;
                users++;
            }
        }

        rows += n > 0;

        for (row = 0; row < mz_rset_rows(run->result.table) && n > 0; row++) {
            if (exact_get(run, row, "value") == v) {
                break;
            }
        }

        CHECK_ROW(n == 0
                  || (exact_get(run, row, "events") == n
                      && (event < 0
                          || exact_get(run, row, "users") == users)),
                  "%s: value %d: want %d events", run->text, v, n);
    }

    CHECK_ROW((int) mz_rset_rows(run->result.table) == rows,
              "%s: want %d rows", run->text, rows);
}


static void
test_values(void)
{
    int          i, event;
    exact_run_t  run;

    for (i = 0; i < EXACT_SETS; i++) {
        event = exact_rand(5) - 1;
        snprintf(run.text, sizeof(run.text), "{\"kind\":\"discovery\","
                 "\"what\":\"values\",\"property\":\"num\"%s%s%s}",
                 event < 0 ? "" : ",\"event\":\"",
                 event < 0 ? "" : exact_events[event], event < 0 ? "" : "\"");

        if (exact_run(&exact_sets[i], &run)) {
            check_values(&exact_sets[i], &run, event);
            exact_free(&run);
        }
    }
}


static const mz_test_t  tests[] = {
    { "random journeys are exact", test_journeys },
    { "lookups are complete, newest first", test_lookups },
    { "values of a property", test_values }
};


int
main(void)
{
    return exact_main(31337, 40, tests, MZ_ARRAY_LEN(tests));
}
