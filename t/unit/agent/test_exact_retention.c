
/* Random retentions against brute force. */

#include "exact.h"


#define SPECS      400
#define CELLS_MAX  16

enum { ON, ON_OR_AFTER, BRACKET };

typedef struct {
    const exact_set_t  *set;
    int                 start;          /* event; -1: any */
    int                 start_filter;
    int                 ret;
    int                 ret_filter;
    int                 filter;
    int                 did;
    const char         *period;
    int                 mode;
    int                 cells[CELLS_MAX][2];
    int                 ncells;
    bool                is_at;
    bool                is_every;
    bool                is_inverted;
    int                 nbreakdown;
    int                 compare;
    const char         *grain;          /* NULL: not said */
    const char         *range;
} question_t;

/* Entries: who started when, in which group. */

typedef struct {
    int      user;
    int      country;
    int      sess;
    int64_t  t0;
} entry_t;

typedef struct {
    int  users;
    int  size;
    int  returned;
} cell_t;


static const char *const  periods[] = { "day", "week", "month" };
static const char *const  modes[] = { "on", "on_or_after", "bracket" };


static void
make_question(question_t *q)
{
    int                       i, k;
    static const char *const  grains[] = { "total", "week", "month" };

    memset(q, 0, sizeof(question_t));
    q->set = &exact_sets[exact_rand(EXACT_SETS)];
    q->start = exact_rand(5) - 1;
    q->ret = exact_rand(5) - 1;
    q->start_filter = exact_rand(4) == 0
                ? exact_rand((int) MZ_ARRAY_LEN(exact_filters)) : -1;
    q->ret_filter = exact_rand(4) == 0
                ? exact_rand((int) MZ_ARRAY_LEN(exact_filters)) : -1;
    q->filter = exact_rand(4) == 0
                ? exact_rand((int) MZ_ARRAY_LEN(exact_filters)) : -1;
    q->did = exact_rand(6) == 0
             ? exact_rand((int) MZ_ARRAY_LEN(exact_dids)) : -1;
    q->period = periods[exact_rand(3)];
    q->mode = exact_rand(3);
    q->is_at = q->mode != BRACKET && exact_rand(2) == 0;
    q->ncells = 1 + exact_rand(6);

    for (i = 0, k = 0; i < q->ncells; i++) {
        k += q->mode == BRACKET || q->is_at ? exact_rand(3) : 0;
        q->cells[i][0] = k;
        k += q->mode == BRACKET ? exact_rand(3) : 0;
        q->cells[i][1] = k++;
    }

    q->is_every = exact_rand(2) == 0;
    q->is_inverted = exact_rand(4) == 0;
    q->nbreakdown = exact_rand(3);
    q->grain = exact_rand(2) == 0 ? NULL : grains[exact_rand(3)];
    q->range = exact_ranges[exact_rand((int) MZ_ARRAY_LEN(exact_ranges))];
    q->compare = strstr(q->range, "all") == NULL ? exact_rand(3) : 0;
}


static void
write_cells(mz_buf_t *b, const question_t *q)
{
    int  i;

    if (q->mode != BRACKET && !q->is_at) {
        mz_buf_addf(b, ",\"periods\":%d", q->ncells - 1);
        return;
    }

    mz_buf_add_c(b, q->is_at ? ",\"at\":[" : ",\"brackets\":[");

    for (i = 0; i < q->ncells; i++) {
        mz_buf_add_c(b, i == 0 ? "" : ",");
        if (q->is_at) {
            mz_buf_addf(b, "%d", q->cells[i][0]);
        } else {
            mz_buf_addf(b, "[%d,%d]", q->cells[i][0], q->cells[i][1]);
        }
    }

    mz_buf_add_c(b, "]");
}


static void
write_event(mz_buf_t *b, const char *key, int event, int filter)
{
    mz_buf_addf(b, ",\"%s\":{\"event\":\"%s\"", key,
                event < 0 ? "*" : exact_events[event]);

    if (filter >= 0) {
        mz_buf_addf(b, ",\"filters\":[%s]", exact_filters[filter].json);
    }

    mz_buf_add_c(b, "}");
}


static void
write_question(const question_t *q, char *out, size_t size)
{
    mz_buf_t  b;

    mz_buf_init(&b, 0);
    mz_buf_add_c(&b, "{\"kind\":\"retention\"");
    write_event(&b, "start", q->start, q->start_filter);
    write_event(&b, "return", q->ret, q->ret_filter);
    write_cells(&b, q);
    mz_buf_addf(&b, ",\"period\":\"%s\",\"mode\":\"%s\",\"scope\":\"%s\","
                "\"range\":%s", q->period, modes[q->mode],
                q->is_every ? "every" : "first", q->range);

    if (q->is_inverted) {
        mz_buf_add_c(&b, ",\"invert\":true");
    }

    if (q->grain != NULL) {
        mz_buf_addf(&b, ",\"grain\":\"%s\"", q->grain);
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


static int
null_last(int v)
{
    return v == EXACT_NULL ? 99 : v;
}


/* Whether a is taken rather than b, of the rows that make one entry. */

static bool
is_before(const question_t *q, const exact_event_t *a, const entry_t *b)
{
    if (a->t != b->t0) {
        return a->t < b->t0;
    }

    if (null_last(a->country) != null_last(b->country)) {
        return null_last(a->country) < null_last(b->country);
    }

    return q->nbreakdown > 1 && null_last(a->sess) < null_last(b->sess);
}


static int
find_entries(const question_t *q, int64_t from, int64_t to, entry_t *out)
{
    int                   i, k, n;
    const exact_event_t  *e;

    for (i = 0, n = 0; i < q->set->n; i++) {
        e = &q->set->e[i];

        if (e->user == EXACT_NULL || e->t < from || e->t >= to
            || (q->start >= 0 && e->event != q->start)
            || (q->start_filter >= 0
                && !exact_filters[q->start_filter].passes(e))
            || (q->filter >= 0 && !exact_filters[q->filter].passes(e))
            || (q->did >= 0 && !exact_did(q->set, &exact_dids[q->did],
                                          e->user, from, to)))
        {
            continue;
        }

        for (k = 0; k < n; k++) {
            if (out[k].user == e->user && (!q->is_every || out[k].t0 == e->t))
            {
                break;
            }
        }

        if (k == n || is_before(q, e, &out[k])) {
            out[k].user = e->user;
            out[k].t0 = e->t;
            out[k].country = e->country;
            out[k].sess = e->sess;
        }

        n += k == n;
    }

    return n;
}


static int64_t
after(const question_t *q, int64_t t0, int k)
{
    mz_unit_t  unit;

    (void) mz_unit_parse(mz_str_from(q->period), &unit);

    return mz_time_add(t0, unit, k);
}


static bool
has_returned(const question_t *q, const entry_t *entry, int cell)
{
    int                   i;
    int64_t               from, to;
    const exact_event_t  *e;

    from = after(q, entry->t0, q->cells[cell][0]);
    to = q->mode == ON_OR_AFTER ? INT64_MAX
                                : after(q, entry->t0, q->cells[cell][1] + 1);

    for (i = 0; i < q->set->n; i++) {
        e = &q->set->e[i];

        if (e->user == entry->user && e->t > from && e->t <= to
            && e->t < EXACT_NOW_MS
            && (q->ret < 0 || e->event == q->ret)
            && (q->ret_filter < 0
                || exact_filters[q->ret_filter].passes(e)))
        {
            return true;
        }
    }

    return false;
}


/* One cell; lo, hi cut the cohort; country -2: all groups. */

static cell_t
count(const question_t *q, const entry_t *entries, int n, int64_t lo,
    int64_t hi, int country, int sess, int cell)
{
    int     i;
    cell_t  c;

    memset(&c, 0, sizeof(cell_t));

    for (i = 0; i < n; i++) {
        if (entries[i].t0 < lo || entries[i].t0 >= hi
            || (country != -2 && q->nbreakdown > 0
                && entries[i].country != country)
            || (country != -2 && q->nbreakdown > 1
                && entries[i].sess != sess))
        {
            continue;
        }

        c.users++;

        if (after(q, entries[i].t0, q->cells[cell][1] + 1) <= EXACT_NOW_MS) {
            c.size++;
            c.returned += has_returned(q, &entries[i], cell);
        }
    }

    return c;
}


static double
rate(const question_t *q, const cell_t *c)
{
    return c->size == 0 ? NAN
           : (double) (q->is_inverted ? c->size - c->returned : c->returned)
             / c->size;
}


static void
check_row(const question_t *q, const exact_run_t *run, size_t row,
    const cell_t *c, const cell_t *before, int cell, double cohort,
    int country, int sess)
{
    double  got, counted;

    counted = q->is_inverted ? c->size - c->returned : c->returned;
    got = exact_get(run, row, q->is_inverted ? "churned" : "returned");

    CHECK_ROW(row < mz_rset_rows(run->result.table)
        && exact_same(exact_get(run, row, "cohort"), cohort)
        && (q->nbreakdown < 1
            || exact_name(run, row, "country", exact_countries, 3) == country)
        && (q->nbreakdown < 2
            || exact_name(run, row, "sess", exact_sessions, 2) == sess)
        && exact_get(run, row, "period") == q->cells[cell][0]
        && exact_get(run, row, "users") == c->users
        && exact_get(run, row, "size") == c->size && got == counted
        && exact_same(exact_get(run, row, "rate"), rate(q, c))
        && exact_get(run, row, "mature") == (c->size == c->users)
        && (before == NULL || q->compare == 0
            || exact_same(exact_get(run, row, "previous_rate"),
                          rate(q, before))),
        "%s: row %zu, cell %d, cohort %g, group %d %d: want %g of %d of %d,"
        " got %g of %g of %g", run->text, row, cell, cohort, country, sess,
        counted, c->size, c->users, got, exact_get(run, row, "size"),
        exact_get(run, row, "users"));
}


/* First row of a group, or the number of rows. */

static size_t
find_group(const question_t *q, const exact_run_t *run, int country, int sess)
{
    size_t  row;

    for (row = 0; row < mz_rset_rows(run->result.table); row++) {
        if ((q->nbreakdown < 1
             || exact_name(run, row, "country", exact_countries, 3)
                == country)
            && (q->nbreakdown < 2
                || exact_name(run, row, "sess", exact_sessions, 2) == sess))
        {
            break;
        }
    }

    return row;
}


static size_t
check_group(const question_t *q, const exact_run_t *run,
    const entry_t *entries[2], const int n[2], int country, int sess)
{
    int          k;
    cell_t       c, before;
    size_t       row, start;
    int64_t      from, to, lo, hi;
    const char  *grain;

    c = count(q, entries[0], n[0], INT64_MIN, INT64_MAX, country, sess, 0);
    before = count(q, entries[1], n[1], INT64_MIN, INT64_MAX, country, sess,
                   0);

    if (q->nbreakdown > 0 && c.users == 0 && before.users == 0) {
        return 0;
    }

    grain = q->grain != NULL ? q->grain
            : q->nbreakdown == 0 && q->mode != BRACKET && !q->is_at
              ? q->period : "total";
    start = find_group(q, run, country, sess);
    row = start;

    for (k = 0; k < q->ncells; k++) {
        c = count(q, entries[0], n[0], INT64_MIN, INT64_MAX, country, sess,
                  k);
        before = count(q, entries[1], n[1], INT64_MIN, INT64_MAX, country,
                       sess, k);
        check_row(q, run, row++, &c, &before, k,
                  strcmp(grain, "total") == 0 ? -1e99 : NAN, country, sess);
    }

    if (strcmp(grain, "total") == 0) {
        return row - start;
    }

    mz_spec_range(run->spec, &from, &to);

    for (lo = exact_floor(from, grain); lo < to; lo = hi) {
        hi = exact_next(lo, grain);

        for (k = 0; k < q->ncells; k++) {
            c = count(q, entries[0], n[0], lo, hi, country, sess, k);
            check_row(q, run, row++, &c, NULL, k, (double) (lo / EXACT_DAY),
                      country, sess);
        }
    }

    return row - start;
}


static void
check_facts(const question_t *q, const exact_run_t *run,
    const entry_t *entries, int n)
{
    int      k;
    cell_t   c;
    json_t  *point;

    for (k = 0; k < q->ncells; k++) {
        c = count(q, entries, n, INT64_MIN, INT64_MAX, -2, -2, k);
        point = json_array_get(json_object_get(run->result.facts,
                                               "retention"), (size_t) k);

        CHECK_ROW(exact_fact(point, "k") == q->cells[k][0]
                  && exact_fact(point, "size") == c.size
                  && exact_same(exact_fact(point, "rate"), rate(q, &c)),
                  "%s: fact %d: want %d of %d", run->text, k, c.returned,
                  c.size);
    }
}


static void
check_question(void *data, const exact_run_t *run)
{
    int                n[2], country, sess;
    json_t            *compare;
    size_t             rows;
    entry_t            now[EXACT_EVENTS_MAX], before[EXACT_EVENTS_MAX];
    int64_t            from, to;
    const entry_t     *entries[2] = { now, before };
    const question_t  *q = data;

    mz_spec_range(run->spec, &from, &to);
    n[0] = find_entries(q, from, to, now);
    n[1] = 0;
    compare = json_object_get(run->result.facts, "compare");

    if (compare != NULL) {
        n[1] = find_entries(q, exact_fact_time(compare, "from"),
                            exact_fact_time(compare, "until"), before);
    }

    check_facts(q, run, now, n[0]);
    rows = 0;

    for (country = -1; country < (q->nbreakdown > 0 ? 3 : 0); country++) {
        for (sess = -1; sess < (q->nbreakdown > 1 ? 2 : 0); sess++) {
            rows += check_group(q, run, entries, n, country, sess);
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
    { "random retentions are exact", test_random }
};


int
main(void)
{
    return exact_main(1234567, 110, tests, MZ_ARRAY_LEN(tests));
}
