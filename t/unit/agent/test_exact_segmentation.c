
/* Random segmentations against brute force. */

#include "exact_segmentation.h"


#define SPECS  420

static const char *const  grains[] = {
    "total", "day", "week", "month", "hour", "quarter", "year"
};
static const char *const  props[] = { "num", "amt", "country" };
static const char *const  measures[] = {
    "users", "events", "events_per_user", "sum", "avg", "median", "min",
    "max", "percentile", "sum_per_user", "distinct", "new_users",
    "stickiness", "frequency"
};


static bool
is_count(int measure)
{
    return measure == USERS || measure == EVENTS || measure == SUM
           || measure == DISTINCT || measure == NEW_USERS
           || measure == FREQUENCY;
}


static void
make_operand(operand_t *o, bool is_operand)
{
    int  i;

    o->is_any = exact_rand(4) == 0;
    o->nevents = o->is_any ? 0 : 1 + exact_rand(3);

    for (i = 0; i < o->nevents; i++) {
        o->events[i] = (i == 0 ? exact_rand(4) : o->events[i - 1] + 1) % 4;
    }

    o->is_merged = is_operand || o->nevents <= 1 || exact_rand(2) == 0;
    o->measure = exact_rand(is_operand ? STICKINESS : MEASURES);
    o->prop = exact_rand(o->measure == DISTINCT ? 3 : 2);
    o->filter = is_operand && exact_rand(2) == 0
                ? exact_rand((int) MZ_ARRAY_LEN(exact_filters)) : -1;
}


static void
make_question(question_t *q)
{
    int  m;

    memset(q, 0, sizeof(question_t));
    q->set = &exact_sets[exact_rand(EXACT_SETS)];
    q->is_formula = exact_rand(6) == 0;
    make_operand(&q->op[0], q->is_formula);
    make_operand(&q->op[1], true);
    m = q->is_formula ? USERS : q->op[0].measure;

    q->filter = exact_rand(3) == 0
                ? exact_rand((int) MZ_ARRAY_LEN(exact_filters)) : -1;
    q->did = exact_rand(5) == 0
             ? exact_rand((int) MZ_ARRAY_LEN(exact_dids)) : -1;
    q->having = !q->is_formula && exact_rand(5) == 0 ? 1 + exact_rand(2) : 0;
    q->having_n = exact_rand(4);
    q->nbreakdown = exact_rand(3);
    q->range = exact_ranges[exact_rand((int) MZ_ARRAY_LEN(exact_ranges))];
    q->compare = strstr(q->range, "all") == NULL && m != FREQUENCY
                 ? exact_rand(3) : 0;
    q->grain = grains[exact_rand((int) MZ_ARRAY_LEN(grains))];

    if (m == FREQUENCY) {
        q->grain = "total";
    }

    if (m == STICKINESS && strcmp(q->grain, "hour") == 0) {
        q->grain = "day";
    }

    if (strcmp(q->grain, "total") != 0 && m != STICKINESS) {
        q->transform = exact_rand(3);
    }

    if (q->transform == 1 && (q->is_formula || !is_count(m))) {
        q->transform = 2;
    }

    q->rolling = 2 + exact_rand(5);
}


static void
write_operand(mz_buf_t *b, const operand_t *o, bool is_operand)
{
    int  i;

    mz_buf_add_c(b, "\"events\":[");

    for (i = 0; i < o->nevents; i++) {
        mz_buf_addf(b, "%s\"%s\"", i == 0 ? "" : ",",
                    exact_events[o->events[i]]);
    }

    mz_buf_add_c(b, o->is_any ? "\"*\"]" : "]");
    mz_buf_addf(b, ",\"measure\":{\"type\":\"%s\"", measures[o->measure]);

    if (has_prop(o->measure)) {
        mz_buf_addf(b, ",\"property\":\"%s\"", props[o->prop]);
    }

    mz_buf_add_c(b, o->measure == P90 ? ",\"p\":90}" : "}");

    if (!is_operand && o->is_merged && o->nevents > 1) {
        mz_buf_add_c(b, ",\"any_of\":true");
    }

    if (o->filter >= 0) {
        mz_buf_addf(b, ",\"filters\":[%s]", exact_filters[o->filter].json);
    }
}


static void
write_question(const question_t *q, char *out, size_t size)
{
    mz_buf_t  b;

    mz_buf_init(&b, 0);
    mz_buf_add_c(&b, "{\"kind\":\"segmentation\",");

    if (q->is_formula) {
        mz_buf_add_c(&b, "\"formula\":{\"op\":\"ratio\",\"a\":{");
        write_operand(&b, &q->op[0], true);
        mz_buf_add_c(&b, "},\"b\":{");
        write_operand(&b, &q->op[1], true);
        mz_buf_add_c(&b, "}}");

    } else {
        write_operand(&b, &q->op[0], false);
    }

    mz_buf_addf(&b, ",\"grain\":\"%s\",\"range\":%s", q->grain, q->range);

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

    if (q->having > 0) {
        mz_buf_addf(&b, ",\"having\":{\"measure\":%s,\"value\":%d}",
                    q->having == 1 ? "{\"type\":\"events\"},\"op\":\"gte\""
                    : "{\"type\":\"sum\",\"property\":\"num\"},\"op\":\"gt\"",
                    q->having_n);
    }

    if (q->compare > 0) {
        mz_buf_addf(&b, ",\"compare\":{\"to\":\"previous_%s\"}",
                    q->compare == 1 ? "period" : "year");
    }

    if (q->transform == 1) {
        mz_buf_add_c(&b, ",\"transform\":{\"cumulative\":true}");
    }

    if (q->transform == 2) {
        mz_buf_addf(&b, ",\"transform\":{\"rolling\":%d,\"unit\":\"%s\","
                    "\"fn\":\"avg\"}", q->rolling, q->grain);
    }

    mz_buf_add_c(&b, "}");
    snprintf(out, size, "%s", mz_buf_cstr(&b));
    mz_buf_free(&b);
}


static bool
is_row_of(const question_t *q, const exact_run_t *run, size_t row,
    const part_t *p, int64_t start)
{
    int         series;
    mz_value_t  v;

    series = exact_name(run, row, "series", exact_events, 4);

    if (p->series >= 0 && series != q->op[0].events[p->series]) {
        return false;
    }

    if (strcmp(q->grain, "total") != 0) {
        mz_rset_get(run->result.table, row, 0, &v);
        if (v.i * (strcmp(q->grain, "hour") == 0 ? 1 : EXACT_DAY * 1000)
            != start * 1000)
        {
            return false;
        }
    }

    return (q->nbreakdown < 1
            || exact_name(run, row, "country", exact_countries, 3)
               == p->country)
           && (q->nbreakdown < 2
               || exact_name(run, row, "sess", exact_sessions, 2) == p->sess);
}


static void
check_row(const question_t *q, const exact_run_t *run, size_t *row,
    const part_t *now, const part_t *before, int i, int64_t start)
{
    double  want, previous;
    size_t  k, n;

    /* Mostly in the order of the table, so look behind the last one. */

    n = mz_rset_rows(run->result.table);

    for (k = 0; k < n; k++) {
        if (is_row_of(q, run, (*row + k) % n, now, start)) {
            break;
        }
    }

    CHECK_ROW(k < n, "%s: no row %d of series %d, group %d %d", run->text, i,
              now->series, now->country, now->sess);
    if (k == n) {
        return;
    }

    *row = (*row + k) % n;
    want = i < 0 ? plain(q, now) : bucket(q, now, i);
    CHECK_ROW(exact_same(want, exact_get(run, *row, "value")),
              "%s: row %d of series %d, group %d %d: want %g, got %g",
              run->text, i, now->series, now->country, now->sess, want,
              exact_get(run, *row, "value"));

    if (q->compare == 0) {
        return;
    }

    previous = i < 0 ? plain(q, before) : bucket(q, before, i);
    CHECK_ROW(exact_same(previous, exact_get(run, *row, "previous"))
              && exact_same(want - previous, exact_get(run, *row, "change")),
              "%s: previous of row %d: want %g, got %g", run->text, i,
              previous, exact_get(run, *row, "previous"));
}


/* All rows of a group; returns how many there are. */

static size_t
check_group(const question_t *q, const exact_run_t *run, const part_t *now,
    const part_t *before)
{
    int      i;
    size_t   n, row;
    int64_t  start;

    row = 0;

    if (strcmp(q->grain, "total") == 0) {
        check_row(q, run, &row, now, before, -1, 0);
        return 1;
    }

    start = exact_floor(now->from, q->grain);

    for (i = 0, n = 0; start < now->to; i++, n++) {
        check_row(q, run, &row, now, before, i, start);
        start = exact_next(start, q->grain);
    }

    return n;
}


/* Frequency: users by their number of events. */

static size_t
check_frequency(const question_t *q, const exact_run_t *run, const part_t *p)
{
    int                   i, u, n, count, users;
    size_t                row, rows;
    const exact_event_t  *e[EXACT_EVENTS_MAX];

    n = pick(q, &q->op[0], p, e);

    for (count = 1, rows = 0; count <= EXACT_EVENTS_MAX; count++) {
        for (u = 0, users = 0; u < 8; u++) {
            int  k;

            for (i = 0, k = 0; i < n; i++) {
                k += e[i]->user == u;
            }
            users += k == count;
        }

        if (users == 0) {
            continue;
        }

        rows++;

        for (row = 0; row < mz_rset_rows(run->result.table); row++) {
            if (is_row_of(q, run, row, p, 0)
                && exact_get(run, row, "events") == count)
            {
                break;
            }
        }

        CHECK_ROW(row < mz_rset_rows(run->result.table)
                  && exact_get(run, row, "value") == users,
                  "%s: %d users with %d events", run->text, users, count);
    }

    return rows;
}


/* The totals over all groups. */

static void
check_totals(const question_t *q, const exact_run_t *run, const part_t *now,
    int series)
{
    double   want, got;
    part_t   p;
    json_t  *list;

    p = *now;
    p.country = -2;
    want = plain(q, &p);
    list = json_object_get(run->result.facts, "totals");
    got = exact_fact(json_array_get(list, (size_t) (series < 0 ? 0 : series)),
                     "total");

    CHECK_ROW(exact_same(want, got), "%s: total of series %d: want %g, got %g",
              run->text, series, want, got);
}


static void
check_question(void *data, const exact_run_t *run)
{
    int                i, first, last;
    part_t             now, before;
    json_t            *compare;
    size_t             rows;
    const question_t  *q = data;

    memset(&now, 0, sizeof(part_t));
    mz_spec_range(run->spec, &now.from, &now.to);
    now.lo = now.from;
    now.hi = now.to;
    before = now;
    compare = json_object_get(run->result.facts, "compare");

    if (compare != NULL) {
        before.from = exact_fact_time(compare, "from");
        before.to = exact_fact_time(compare, "until");
        before.lo = before.from;
        before.hi = before.to;
    }

    first = q->is_formula || q->op[0].is_merged || q->op[0].is_any ? -1 : 0;
    last = first < 0 ? -1 : q->op[0].nevents - 1;
    rows = 0;

    for (i = first; i <= last; i++) {
        now.series = i;
        before.series = i;
        check_totals(q, run, &now, i);

        for (now.country = -1; now.country < 3; now.country++) {
            for (now.sess = -1; now.sess < 2; now.sess++) {
                before.country = now.country;
                before.sess = now.sess;

                if ((q->nbreakdown < 1 && now.country >= 0)
                    || (q->nbreakdown < 2 && now.sess >= 0)
                    || (q->nbreakdown > 0 && !exists(q, &now)
                        && !(compare != NULL && exists(q, &before))))
                {
                    continue;
                }

                rows += !q->is_formula && q->op[0].measure == FREQUENCY
                        ? check_frequency(q, run, &now)
                        : check_group(q, run, &now, &before);
            }
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
    { "random segmentations are exact", test_random }
};


int
main(void)
{
    return exact_main(20260610, 100, tests, MZ_ARRAY_LEN(tests));
}
