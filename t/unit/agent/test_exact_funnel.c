
/* Random funnels against brute force: every path of every user is tried. */

#include "exact.h"


#define SPECS      220
#define STEPS_MAX  4

enum { ORDERED, STRICT, ANY };

typedef struct {
    int  event;             /* -1: any */
    int  filter;            /* -1: none */
    int  from;              /* exclude: 1-based */
    int  to;
} step_t;

typedef struct {
    const exact_set_t  *set;
    step_t              steps[STEPS_MAX];
    int                 nsteps;
    step_t              exclude[2];
    int                 nexclude;
    bool                has_hold;       /* sess */
    int                 order;
    int                 hours;          /* window */
    int                 filter;
    int                 did;
    int                 nbreakdown;
    int                 compare;
    const char         *grain;
    const char         *range;
    int64_t             from;           /* of the period at hand */
    int64_t             to;
} question_t;

/* The best path of a user found so far. */

typedef struct {
    int      k;
    int64_t  te;
    int64_t  st;
    int      hold;
    int      country;       /* null is above all */
    int      sess;
} path_t;

/* What a group comes to. */

typedef struct {
    int     users[STEPS_MAX];
    double  times[16];      /* seconds of those who completed */
    int     ntimes;
} count_t;


static const char *const  grains[] = { "total", "day", "week", "month" };
static const char *const  orders[] = { "ordered", "strict", "any" };


static void
make_question(question_t *q)
{
    int  i, first;

    memset(q, 0, sizeof(question_t));
    q->set = &exact_sets[exact_rand(EXACT_SETS)];
    q->order = exact_rand(3);
    q->nsteps = 2 + exact_rand(3);
    first = exact_rand(4);

    for (i = 0; i < q->nsteps; i++) {
        q->steps[i].event = q->order == ANY ? (first + i) % 4
                                            : exact_rand(7) - 1;
        if (q->steps[i].event > 3) {
            q->steps[i].event -= 3;
        }
        q->steps[i].filter = exact_rand(4) == 0
                    ? exact_rand((int) MZ_ARRAY_LEN(exact_filters)) : -1;
    }

    q->nexclude = q->order == ORDERED ? exact_rand(3) : 0;

    for (i = 0; i < q->nexclude; i++) {
        q->exclude[i].event = exact_rand(5) - 1;
        q->exclude[i].filter = exact_rand(2) == 0
                    ? exact_rand((int) MZ_ARRAY_LEN(exact_filters)) : -1;
        q->exclude[i].from = 1 + exact_rand(q->nsteps - 1);
        q->exclude[i].to = q->exclude[i].from + 1
                           + exact_rand(q->nsteps - q->exclude[i].from);
    }

    q->has_hold = exact_rand(3) == 0;
    q->hours = 6 * (1 + exact_rand(40));
    q->filter = exact_rand(4) == 0
                ? exact_rand((int) MZ_ARRAY_LEN(exact_filters)) : -1;
    q->did = exact_rand(6) == 0
             ? exact_rand((int) MZ_ARRAY_LEN(exact_dids)) : -1;
    q->nbreakdown = exact_rand(3);
    q->grain = grains[exact_rand((int) MZ_ARRAY_LEN(grains))];
    q->range = exact_ranges[exact_rand((int) MZ_ARRAY_LEN(exact_ranges))];
    q->compare = strstr(q->range, "all") == NULL ? exact_rand(3) : 0;
}


static void
write_step(mz_buf_t *b, const step_t *s, bool is_exclude)
{
    mz_buf_addf(b, "{\"event\":\"%s\"",
                s->event < 0 ? "*" : exact_events[s->event]);

    if (s->filter >= 0) {
        mz_buf_addf(b, ",\"filters\":[%s]", exact_filters[s->filter].json);
    }

    if (is_exclude) {
        mz_buf_addf(b, ",\"between\":[%d,%d]", s->from, s->to);
    }

    mz_buf_add_c(b, "}");
}


static void
write_question(const question_t *q, char *out, size_t size)
{
    int       i;
    mz_buf_t  b;

    mz_buf_init(&b, 0);
    mz_buf_add_c(&b, "{\"kind\":\"funnel\",\"steps\":[");

    for (i = 0; i < q->nsteps; i++) {
        mz_buf_add_c(&b, i == 0 ? "" : ",");
        write_step(&b, &q->steps[i], false);
    }

    mz_buf_addf(&b, "],\"order\":\"%s\",\"window\":{\"n\":%d,\"unit\":"
                "\"hour\"},\"grain\":\"%s\",\"range\":%s", orders[q->order],
                q->hours, q->grain, q->range);

    if (q->nexclude > 0) {
        mz_buf_add_c(&b, ",\"exclude\":[");
        for (i = 0; i < q->nexclude; i++) {
            mz_buf_add_c(&b, i == 0 ? "" : ",");
            write_step(&b, &q->exclude[i], true);
        }
        mz_buf_add_c(&b, "]");
    }

    if (q->has_hold) {
        mz_buf_add_c(&b, ",\"hold\":[\"sess\"]");
    }

    if (q->filter >= 0 || q->did >= 0) {
        mz_buf_addf(&b, ",\"filters\":[%s%s",
                    q->filter >= 0 ? exact_filters[q->filter].json : "",
                    q->filter >= 0 && q->did >= 0 ? "," : "");
        mz_buf_add_c(&b, q->did >= 0 ? exact_dids[q->did].json : "");
        mz_buf_add_c(&b, "]");
    }

    if (q->nbreakdown > 0) {
        mz_buf_add_c(&b, q->nbreakdown == 1 ? ",\"breakdown\":[\"country\"]"
                         : ",\"breakdown\":[\"country\",\"sess\"]");
    }

    if (q->compare > 0) {
        mz_buf_addf(&b, ",\"compare\":{\"to\":\"previous_%s\"}",
                    q->compare == 1 ? "period" : "year");
    }

    mz_buf_add_c(&b, "}");
    snprintf(out, size, "%s", mz_buf_cstr(&b));
    mz_buf_free(&b);
}


static bool
matches(const question_t *q, const step_t *s, const exact_event_t *e,
    bool is_exclude)
{
    return e->t < EXACT_NOW_MS
           && (s->event < 0 || s->event == e->event)
           && (s->filter < 0 || exact_filters[s->filter].passes(e))
           && (is_exclude || q->filter < 0
               || exact_filters[q->filter].passes(e));
}


static int
null_last(int v)
{
    return v == EXACT_NULL ? 99 : v;
}


/* Further, then sooner there, then entered later; ties by value. */

static bool
is_better(const path_t *a, const path_t *b)
{
    if (a->k != b->k) {
        return a->k > b->k;
    }
    if (a->te != b->te) {
        return a->te < b->te;
    }
    if (a->st != b->st) {
        return a->st > b->st;
    }
    if (a->hold != b->hold) {
        return a->hold < b->hold;
    }
    if (a->country != b->country) {
        return a->country < b->country;
    }
    return a->sess < b->sess;
}


static void
offer(const question_t *q, path_t *best, int k, const exact_event_t *first,
    int64_t te)
{
    path_t  p;

    p.k = k;
    p.te = te;
    p.st = first->t;
    p.hold = q->has_hold ? first->sess : 0;
    p.country = q->nbreakdown > 0 ? null_last(first->country) : 0;
    p.sess = q->nbreakdown > 1 ? null_last(first->sess) : 0;

    if (is_better(&p, best)) {
        *best = p;
    }
}


/* Events of the user that can stand on a path with the first. */

static bool
is_along(const question_t *q, const exact_event_t *first,
    const exact_event_t *e)
{
    return e->user == first->user && e->t < EXACT_NOW_MS
           && (!q->has_hold || e->sess == first->sess);
}


/* Whether an event that must not be there lies on the path. */

static bool
is_spoiled(const question_t *q, const exact_event_t *const *path, int k)
{
    int                   i, x;
    int64_t               from, to;
    const exact_event_t  *e;

    for (x = 0; x < q->nexclude; x++) {
        if (k <= q->exclude[x].from) {
            continue;
        }

        /* Up to and with the last step, while the outer one is to come. */

        from = path[q->exclude[x].from - 1]->t;
        to = k >= q->exclude[x].to ? path[q->exclude[x].to - 1]->t
                                   : path[k - 1]->t + 1;

        for (i = 0; i < q->set->n; i++) {
            e = &q->set->e[i];
            if (is_along(q, path[0], e) && e->t > from && e->t < to
                && matches(q, &q->exclude[x], e, true))
            {
                return true;
            }
        }
    }

    return false;
}


static bool
is_interrupted(const question_t *q, const exact_event_t *a,
    const exact_event_t *b)
{
    int                   i;
    const exact_event_t  *e;

    for (i = 0; q->order == STRICT && i < q->set->n; i++) {
        e = &q->set->e[i];
        if (is_along(q, a, e) && e->t > a->t && e->t < b->t) {
            return true;
        }
    }

    return false;
}


static void
extend(const question_t *q, const exact_event_t **path, int k, path_t *best)
{
    int                   i;
    const exact_event_t  *e;

    offer(q, best, k, path[0], path[k - 1]->t);

    for (i = 0; k < q->nsteps && i < q->set->n; i++) {
        e = &q->set->e[i];

        if (!is_along(q, path[0], e) || e->t <= path[k - 1]->t
            || e->t - path[0]->t > q->hours * EXACT_HOUR
            || !matches(q, &q->steps[k], e, false)
            || is_interrupted(q, path[k - 1], e))
        {
            continue;
        }

        path[k] = e;

        if (!is_spoiled(q, path, k + 1)) {
            extend(q, path, k + 1, best);
        }
    }
}


/* Any order: the first time of every step from this entry on. */

static void
gather(const question_t *q, const exact_event_t *first, path_t *best)
{
    int                   i, s, k;
    int64_t               te, t;
    const exact_event_t  *e;

    te = first->t;

    for (s = 0, k = 0; s < q->nsteps; s++) {
        t = INT64_MAX;

        for (i = 0; i < q->set->n; i++) {
            e = &q->set->e[i];
            if (is_along(q, first, e) && e->t >= first->t
                && e->t - first->t <= q->hours * EXACT_HOUR && e->t < t
                && matches(q, &q->steps[s], e, false))
            {
                t = e->t;
            }
        }

        if (t != INT64_MAX) {
            k++;
            te = t > te ? t : te;
        }
    }

    offer(q, best, k, first, te);
}


static void
follow(const question_t *q, int user, int64_t lo, int64_t hi, path_t *best)
{
    int                   i, s;
    const exact_event_t  *path[STEPS_MAX], *e;

    memset(best, 0, sizeof(path_t));

    if (q->did >= 0 && !exact_did(q->set, &exact_dids[q->did], user, q->from,
                                  q->to))
    {
        return;
    }

    for (i = 0; i < q->set->n; i++) {
        e = &q->set->e[i];

        if (e->user != user || e->t < lo || e->t >= hi
            || (q->has_hold && e->sess == EXACT_NULL))
        {
            continue;
        }

        for (s = 0; s < (q->order == ANY ? q->nsteps : 1); s++) {
            if (matches(q, &q->steps[s], e, false)) {
                path[0] = e;
                if (q->order == ANY) {
                    gather(q, e, best);
                } else {
                    extend(q, path, 1, best);
                }
            }
        }
    }
}


/* Counts of the entries in [lo, hi); country -2: all groups. */

static void
count(const question_t *q, int64_t lo, int64_t hi, int country, int sess,
    count_t *out)
{
    int     u, k;
    path_t  p;

    memset(out, 0, sizeof(count_t));

    for (u = 0; u < 8; u++) {
        follow(q, u, lo, hi, &p);

        if (country != -2
            && ((q->nbreakdown > 0 && p.country != null_last(country))
                || (q->nbreakdown > 1 && p.sess != null_last(sess))))
        {
            continue;
        }

        for (k = 0; k < p.k; k++) {
            out->users[k]++;
        }

        if (p.k == q->nsteps) {
            out->times[out->ntimes++] = (double) (p.te - p.st) / 1000;
        }
    }
}


static double
quantile(count_t *c, double p)
{
    int     i, k;
    double  t, pos;

    if (c->ntimes == 0) {
        return NAN;
    }

    for (i = 1; i < c->ntimes; i++) {
        for (k = i; k > 0 && c->times[k] < c->times[k - 1]; k--) {
            t = c->times[k];
            c->times[k] = c->times[k - 1];
            c->times[k - 1] = t;
        }
    }

    pos = p * (c->ntimes - 1);
    k = (int) pos;

    return k + 1 < c->ntimes
           ? c->times[k] + (pos - k) * (c->times[k + 1] - c->times[k])
           : c->times[k];
}


static double
mean(const count_t *c)
{
    int     i;
    double  sum;

    for (i = 0, sum = 0; i < c->ntimes; i++) {
        sum += c->times[i];
    }

    return c->ntimes == 0 ? NAN : sum / c->ntimes;
}


static double
ratio(int a, int b)
{
    return b == 0 ? NAN : (double) a / b;
}


static bool
is_group(const question_t *q, const exact_run_t *run, size_t row, int country,
    int sess)
{
    return (q->nbreakdown < 1
            || exact_name(run, row, "country", exact_countries, 3) == country)
           && (q->nbreakdown < 2
               || exact_name(run, row, "sess", exact_sessions, 2) == sess);
}


static void
set_period(question_t *q, const exact_run_t *run, bool is_previous)
{
    json_t  *c;

    mz_spec_range(run->spec, &q->from, &q->to);
    c = json_object_get(run->result.facts, "compare");

    if (is_previous && c != NULL) {
        q->from = exact_fact_time(c, "from");
        q->to = exact_fact_time(c, "until");
    }
}


/* The rows of a group when the grain is total; returns how many. */

static size_t
check_steps(question_t *q, const exact_run_t *run, int country, int sess)
{
    bool     is_last;
    int      k;
    size_t   row;
    count_t  now, before;

    set_period(q, run, true);
    count(q, q->from, q->to, country, sess, &before);
    set_period(q, run, false);
    count(q, q->from, q->to, country, sess, &now);

    if (q->nbreakdown > 0 && now.users[0] == 0
        && (q->compare == 0 || before.users[0] == 0))
    {
        return 0;
    }

    for (row = 0; row < mz_rset_rows(run->result.table); row++) {
        if (is_group(q, run, row, country, sess)) {
            break;
        }
    }

    for (k = 0; k < q->nsteps; k++) {
        is_last = k + 1 == q->nsteps;

        CHECK_ROW(row + k < mz_rset_rows(run->result.table)
            && is_group(q, run, row + k, country, sess)
            && exact_get(run, row + k, "step") == k + 1
            && exact_get(run, row + k, "users") == now.users[k]
            && exact_same(exact_get(run, row + k, "rate"),
                          ratio(now.users[k], now.users[0]))
            && exact_same(exact_get(run, row + k, "step_rate"),
                          k == 0 ? NAN : ratio(now.users[k],
                                               now.users[k - 1]))
            && exact_get(run, row + k, "drop_off")
               == (k == 0 ? 0 : now.users[k - 1] - now.users[k])
            && exact_same(exact_get(run, row + k, "median_seconds"),
                          is_last ? quantile(&now, 0.5) : NAN)
            && exact_same(exact_get(run, row + k, "p90_seconds"),
                          is_last ? quantile(&now, 0.9) : NAN)
            && exact_same(exact_get(run, row + k, "avg_seconds"),
                          is_last ? mean(&now) : NAN)
            && (q->compare == 0
                || (exact_get(run, row + k, "previous_users")
                    == before.users[k]
                    && exact_same(exact_get(run, row + k, "previous_rate"),
                                  ratio(before.users[k], before.users[0])))),
            "%s: step %d of group %d %d: want %d users in %g s, got %g in %g"
            " (before: want %d)", run->text, k + 1, country, sess,
            now.users[k], quantile(&now, 0.5),
            exact_get(run, row + k, "users"),
            exact_get(run, row + k, "median_seconds"), before.users[k]);
    }

    return (size_t) q->nsteps;
}


/* A bucket of a group; false: nobody of the group ever entered. */

static void
check_bucket(question_t *q, const exact_run_t *run, size_t row, int64_t lo,
    int64_t before_lo, int country, int sess)
{
    int      k;
    bool     is_same;
    char     name[24];
    count_t  now, before;
    int64_t  hi;

    set_period(q, run, true);
    memset(&before, 0, sizeof(count_t));

    if (before_lo < q->to) {
        hi = exact_next(before_lo, q->grain);
        count(q, before_lo > q->from ? before_lo : q->from,
              hi < q->to ? hi : q->to, country, sess, &before);
    }

    set_period(q, run, false);
    hi = exact_next(lo, q->grain);
    count(q, lo > q->from ? lo : q->from, hi < q->to ? hi : q->to, country,
          sess, &now);

    is_same = row < mz_rset_rows(run->result.table)
              && is_group(q, run, row, country, sess)
              && exact_get(run, row, "bucket") == (double) (lo / EXACT_DAY)
              && exact_same(exact_get(run, row, "value"),
                            ratio(now.users[q->nsteps - 1], now.users[0]))
              && (q->compare == 0
                  || exact_same(exact_get(run, row, "previous"),
                                ratio(before.users[q->nsteps - 1],
                                      before.users[0])));

    for (k = 0; k < q->nsteps && is_same; k++) {
        snprintf(name, sizeof(name), "step_%d", k + 1);
        is_same = exact_get(run, row, name) == now.users[k];
    }

    CHECK_ROW(is_same, "%s: bucket %lld of group %d %d: want %d of %d, before"
              " %d of %d; got %g of %g", run->text,
              (long long) (lo / EXACT_DAY), country, sess,
              now.users[q->nsteps - 1], now.users[0],
              before.users[q->nsteps - 1], before.users[0],
              exact_get(run, row, "value"), exact_get(run, row, "step_1"));
}


static size_t
check_trend(question_t *q, const exact_run_t *run, int country, int sess)
{
    size_t   row, n;
    int64_t  lo, before, to;

    for (row = 0; row < mz_rset_rows(run->result.table); row++) {
        if (is_group(q, run, row, country, sess)) {
            break;
        }
    }

    if (row == mz_rset_rows(run->result.table)) {
        count_t  all;

        set_period(q, run, false);
        count(q, q->from, q->to, country, sess, &all);
        CHECK_ROW(q->nbreakdown > 0 && all.users[0] == 0, "%s: no group %d %d",
                  run->text, country, sess);
        return 0;
    }

    set_period(q, run, true);
    before = exact_floor(q->from, q->grain);
    set_period(q, run, false);
    to = q->to;

    for (lo = exact_floor(q->from, q->grain), n = 0; lo < to; n++) {
        check_bucket(q, run, row + n, lo, before, country, sess);
        lo = exact_next(lo, q->grain);
        before = exact_next(before, q->grain);
    }

    return n;
}


static void
check_question(void *data, const exact_run_t *run)
{
    int          country, sess;
    size_t       rows;
    count_t      all;
    question_t  *q = data;

    rows = 0;
    set_period(q, run, false);
    count(q, q->from, q->to, -2, -2, &all);

    CHECK_ROW(exact_fact(run->result.facts, "entered") == all.users[0]
              && exact_fact(run->result.facts, "completed")
                 == all.users[q->nsteps - 1]
              && exact_same(exact_fact(run->result.facts, "median_seconds"),
                            quantile(&all, 0.5)),
              "%s: want %d of %d, got %g of %g", run->text,
              all.users[q->nsteps - 1], all.users[0],
              exact_fact(run->result.facts, "completed"),
              exact_fact(run->result.facts, "entered"));

    for (country = -1; country < (q->nbreakdown > 0 ? 3 : 0); country++) {
        for (sess = -1; sess < (q->nbreakdown > 1 ? 2 : 0); sess++) {
            rows += strcmp(q->grain, "total") == 0
                    ? check_steps(q, run, country, sess)
                    : check_trend(q, run, country, sess);
        }
    }

    CHECK_ROW(rows == mz_rset_rows(run->result.table), "%s: want %zu rows,"
              " got %zu", run->text, rows, mz_rset_rows(run->result.table));
}


static const exact_set_t *
ask(void *data, exact_run_t *run)
{
    question_t  *q = data;

    make_question(q);
    write_question(q, run->text, sizeof(run->text));

    return q->set;
}


static void
test_random(void)
{
    question_t  q;

    exact_random(SPECS, &q, ask, check_question);
}


static const mz_test_t  tests[] = {
    { "random funnels are exact", test_random }
};


int
main(void)
{
    return exact_main(4711, 40, tests, MZ_ARRAY_LEN(tests));
}
