
#include "analysis/segment.h"
#include "analysis/sql.h"


static void mz_sql_seg_statement(mz_sql_t *s, const mz_segment_t *seg);
static void mz_sql_seg_with(mz_sql_t *s, const mz_segment_t *seg);
static void mz_sql_seg_rows(mz_sql_t *s, const mz_segment_t *seg);
static void mz_sql_seg_series(mz_sql_t *s, const mz_segment_t *seg);
static void mz_sql_seg_keys(mz_sql_t *s, const mz_segment_t *seg,
    const char *key);
static void mz_sql_seg_columns(mz_sql_t *s, const mz_segment_t *seg,
    const char *key);
static void mz_sql_seg_kept(mz_sql_t *s, const mz_segment_t *seg);
static void mz_sql_seg_first(mz_sql_t *s, const mz_segment_t *seg);
static void mz_sql_seg_value(mz_sql_t *s, const mz_spec_measure_t *m);
static void mz_sql_seg_quantile(mz_sql_t *s, double p);
static void mz_sql_seg_sum(mz_sql_t *s, const mz_spec_measure_t *m);
static void mz_sql_seg_buckets(mz_sql_t *s, const mz_segment_t *seg);
static void mz_sql_seg_seen(mz_sql_t *s, const mz_segment_t *seg);
static void mz_sql_seg_totals(mz_sql_t *s, const mz_segment_t *seg);
static void mz_sql_seg_deltas(mz_sql_t *s, const mz_segment_t *seg);
static void mz_sql_seg_frequency(mz_sql_t *s, const mz_segment_t *seg);
static bool mz_sql_seg_has_value(const mz_spec_measure_t *m);


void
mz_sql_segmentation(mz_sql_t *s)
{
    size_t        i, n;
    mz_segment_t  plan[MZ_SEGMENT_MAX];

    n = mz_segment_plan(s->spec, plan);

    for (i = 0; i < n; i++) {
        mz_sql_seg_statement(s, &plan[i]);
    }
}


static void
mz_sql_seg_statement(mz_sql_t *s, const mz_segment_t *seg)
{
    static const char *const  what[][2] = {
        [MZ_SEGMENT_BUCKETS] = {
            "Counting by bucket", "Counting the period before by bucket" },
        [MZ_SEGMENT_TOTALS] = {
            "Computing totals", "Computing totals of the period before" },
        [MZ_SEGMENT_DELTAS] = {
            "Following active users", "Following active users before" },
        [MZ_SEGMENT_DELTAS_ALL] = {
            "Following all active users", "Following all users before" },
        [MZ_SEGMENT_FREQUENCY] = {
            "Counting events per user", "Counting events per user before" }
    };

    mz_sql_seg_with(s, seg);

    switch (seg->part) {

    case MZ_SEGMENT_BUCKETS:
        mz_sql_seg_buckets(s, seg);
        break;

    case MZ_SEGMENT_TOTALS:
        mz_sql_seg_totals(s, seg);
        break;

    case MZ_SEGMENT_FREQUENCY:
        mz_sql_seg_frequency(s, seg);
        break;

    default:
        mz_sql_seg_deltas(s, seg);
        break;
    }

    mz_sql_end(s, what[seg->part][seg->is_previous]);
}


/* WITH .. base AS (..): the rows that count, columns s, u, b, v, g1.. */

static void
mz_sql_seg_with(mz_sql_t *s, const mz_segment_t *seg)
{
    bool  is_new;

    is_new = seg->segment->measure.type == MZ_MEASURE_NEW_USERS;

    mz_sql_add(s, "WITH rows_ AS (");
    mz_sql_seg_rows(s, seg);
    mz_sql_add(s, ")");

    if (s->spec->u.seg.having.is_set) {
        mz_sql_add(s, ", kept AS (");
        mz_sql_seg_kept(s, seg);
        mz_sql_add(s, ")");
    }

    if (is_new) {
        mz_sql_add(s, ", first_ AS (");
        mz_sql_seg_first(s, seg);
        mz_sql_add(s, ")");
    }

    mz_sql_add(s, ", base AS (SELECT r.* FROM rows_ r");

    if (s->spec->u.seg.having.is_set) {
        mz_sql_add(s, " JOIN kept k ON r.u = k.u");
        mz_sql_add(s, seg->segment->is_merged ? "" : " AND r.s = k.s");
    }

    if (is_new) {
        mz_sql_add(s, " JOIN first_ f ON r.u = f.u AND r.t = f.t");
        mz_sql_add(s, seg->segment->is_merged ? "" : " AND r.s = f.s");
    }

    mz_sql_add(s, ") ");
}


static void
mz_sql_seg_rows(mz_sql_t *s, const mz_segment_t *seg)
{
    const mz_spec_segment_t  *segment;

    segment = seg->segment;

    mz_sql_seg_series(s, seg);

    if (segment->measure.type == MZ_MEASURE_NEW_USERS) {
        mz_sql_add(s, ", ");
        mz_sql_time_us(s);
        mz_sql_add(s, " AS t");
    }

    if (seg->part == MZ_SEGMENT_BUCKETS) {
        mz_sql_add(s, ", ");
        mz_sql_bucket(s, s->spec->grain);
        mz_sql_add(s, " AS b");
    }

    if (segment->measure.type == MZ_MEASURE_STICKINESS) {
        mz_sql_add(s, ", ");
        mz_sql_bucket(s, MZ_GRAIN_DAY);
        mz_sql_addf(s, " // %lld AS d", (long long) MZ_DAY_MS * 1000);
    }

    if (mz_sql_seg_has_value(&segment->measure)) {
        mz_sql_add(s, ", ");
        mz_sql_column(s, &segment->measure.column);
        mz_sql_add(s, " AS v");
    }

    if (seg->part != MZ_SEGMENT_DELTAS_ALL) {
        mz_sql_groups(s);
    }

    mz_sql_from(s);
    mz_sql_add(s, " WHERE ");
    mz_sql_events(s, segment->events, segment->nevents, segment->is_any);
    mz_sql_add(s, " AND ");
    mz_sql_range(s, seg->from_ms, seg->range->to_ms);
    mz_sql_filters(s, &s->spec->filters, seg->range);
    mz_sql_filters(s, &segment->filters, seg->range);
}


/* SELECT <user> AS u, and <series> AS s when there are several */

static void
mz_sql_seg_series(mz_sql_t *s, const mz_segment_t *seg)
{
    mz_sql_add(s, "SELECT ");
    mz_sql_ident(s, s->spec->cat->user_column);
    mz_sql_add(s, " AS u");

    if (!seg->segment->is_merged) {
        mz_sql_add(s, ", ");
        mz_sql_event(s);
        mz_sql_add(s, " AS s");
    }
}


/* Keys of a GROUP BY: key, the series, the groups. */

static void
mz_sql_seg_keys(mz_sql_t *s, const mz_segment_t *seg, const char *key)
{
    mz_sql_add(s, key);
    mz_sql_add(s, seg->segment->is_merged ? "" : ", s");
    mz_sql_group_names(s, seg->part == MZ_SEGMENT_DELTAS_ALL ? NULL : "");
}


/* The same to be read: a single series has no name. */

static void
mz_sql_seg_columns(mz_sql_t *s, const mz_segment_t *seg, const char *key)
{
    mz_sql_add(s, key);
    mz_sql_add(s, seg->segment->is_merged ? ", '' AS s" : ", s");
    mz_sql_group_names(s, seg->part == MZ_SEGMENT_DELTAS_ALL ? NULL : "");
}


/* The users who pass "having", by their own rows inside the range. */

static void
mz_sql_seg_kept(mz_sql_t *s, const mz_segment_t *seg)
{
    const mz_spec_having_t   *h;
    const mz_spec_segment_t  *segment;

    h = &s->spec->u.seg.having;
    segment = seg->segment;

    mz_sql_add(s, seg->segment->is_merged ? "SELECT u FROM ("
                                          : "SELECT u, s FROM (");
    mz_sql_seg_series(s, seg);

    if (mz_sql_seg_has_value(&h->measure)) {
        mz_sql_add(s, ", ");
        mz_sql_column(s, &h->measure.column);
        mz_sql_add(s, " AS v");
    }

    mz_sql_from(s);
    mz_sql_add(s, " WHERE ");
    mz_sql_events(s, segment->events, segment->nevents, segment->is_any);
    mz_sql_add(s, " AND ");
    mz_sql_range(s, seg->range->from_ms, seg->range->to_ms);
    mz_sql_filters(s, &s->spec->filters, seg->range);
    mz_sql_filters(s, &segment->filters, seg->range);
    mz_sql_add(s, ") h WHERE u IS NOT NULL GROUP BY u");
    mz_sql_add(s, segment->is_merged ? " HAVING " : ", s HAVING ");
    mz_sql_seg_value(s, &h->measure);
    mz_sql_addf(s, " %s ", mz_sql_op(h->op));
    mz_sql_double(s, h->value);
}


/* Each user's first event of that kind in all of the data up to the end. */

static void
mz_sql_seg_first(mz_sql_t *s, const mz_segment_t *seg)
{
    const mz_spec_segment_t  *segment;

    segment = seg->segment;

    mz_sql_add(s, segment->is_merged ? "SELECT u, min(t) AS t FROM ("
                                     : "SELECT u, s, min(t) AS t FROM (");
    mz_sql_seg_series(s, seg);
    mz_sql_add(s, ", ");
    mz_sql_time_us(s);
    mz_sql_add(s, " AS t");
    mz_sql_from(s);
    mz_sql_add(s, " WHERE ");
    mz_sql_events(s, segment->events, segment->nevents, segment->is_any);
    mz_sql_add(s, " AND ");
    mz_sql_ident(s, s->spec->cat->time_column);
    mz_sql_add(s, " < ");
    mz_sql_time(s, seg->range->to_ms);
    mz_sql_add(s, ") a WHERE u IS NOT NULL GROUP BY u");
    mz_sql_add(s, segment->is_merged ? "" : ", s");
}


/* The aggregate over columns u and v. */

static void
mz_sql_seg_value(mz_sql_t *s, const mz_spec_measure_t *m)
{
    switch (m->type) {

    case MZ_MEASURE_USERS:
    case MZ_MEASURE_NEW_USERS:
    case MZ_MEASURE_FREQUENCY:
    case MZ_MEASURE_STICKINESS:
        mz_sql_add(s, "count(DISTINCT u)");
        break;

    case MZ_MEASURE_EVENTS:
        mz_sql_add(s, "count(*)");
        break;

    case MZ_MEASURE_EVENTS_PER_USER:
        mz_sql_add(s, "CAST(count(u) AS DOUBLE)"
                      " / nullif(count(DISTINCT u), 0)");
        break;

    case MZ_MEASURE_SUM:
        mz_sql_add(s, "coalesce(");
        mz_sql_seg_sum(s, m);
        mz_sql_add(s, ", 0)");
        break;

    case MZ_MEASURE_AVG:
        mz_sql_seg_sum(s, m);
        mz_sql_add(s, " / nullif(count(v), 0)");
        break;

    case MZ_MEASURE_MEDIAN:
        mz_sql_seg_quantile(s, 0.5);
        break;

    case MZ_MEASURE_PERCENTILE:
        mz_sql_seg_quantile(s, m->p / 100);
        break;

    case MZ_MEASURE_MIN:
        mz_sql_add(s, "CAST(min(v) AS DOUBLE)");
        break;

    case MZ_MEASURE_MAX:
        mz_sql_add(s, "CAST(max(v) AS DOUBLE)");
        break;

    case MZ_MEASURE_SUM_PER_USER:
        mz_sql_seg_sum(s, m);
        mz_sql_add(s, " FILTER (WHERE u IS NOT NULL) / nullif(count(DISTINCT"
                      " CASE WHEN v IS NOT NULL THEN u END), 0)");
        break;

    case MZ_MEASURE_DISTINCT:
        mz_sql_add(s, "count(DISTINCT v)");
        break;
    }
}


static void
mz_sql_seg_quantile(mz_sql_t *s, double p)
{
    mz_sql_tpl(s, s->dialect->quantile, "v", "");
    mz_buf_add_double(&s->b, p);
    mz_sql_add(s, ")");
}


/* Whole numbers are summed as such, the others so that no order shows. */

static void
mz_sql_seg_sum(mz_sql_t *s, const mz_spec_measure_t *m)
{
    mz_sql_tpl(s, m->column.dtype == MZ_DTYPE_INT64
                  ? "sum(#)" : s->dialect->sum_double, "v", "");
}


static void
mz_sql_seg_buckets(mz_sql_t *s, const mz_segment_t *seg)
{
    mz_measure_type_t  type;

    type = seg->segment->measure.type;

    if (s->spec->u.seg.transform == MZ_TRANSFORM_CUMULATIVE
        && (type == MZ_MEASURE_USERS || type == MZ_MEASURE_DISTINCT))
    {
        mz_sql_seg_seen(s, seg);
        return;
    }

    mz_sql_add(s, "SELECT ");
    mz_sql_seg_columns(s, seg, "b");
    mz_sql_add(s, ", CAST(");
    mz_sql_seg_value(s, &seg->segment->measure);
    mz_sql_add(s, " AS DOUBLE) AS value FROM base GROUP BY ");
    mz_sql_seg_keys(s, seg, "b");
    mz_sql_add(s, " ORDER BY ");
    mz_sql_seg_keys(s, seg, "b");
}


/* What is seen for the first time in each bucket; added up it is "so far". */

static void
mz_sql_seg_seen(mz_sql_t *s, const mz_segment_t *seg)
{
    const char  *what;

    what = seg->segment->measure.type == MZ_MEASURE_USERS ? "u" : "v";

    mz_sql_add(s, "SELECT ");
    mz_sql_seg_columns(s, seg, "b");
    mz_sql_add(s, ", CAST(count(*) AS DOUBLE) AS value FROM (SELECT ");
    mz_sql_seg_keys(s, seg, what);
    mz_sql_addf(s, ", min(b) AS b FROM base WHERE %s IS NOT NULL GROUP BY ",
                what);
    mz_sql_seg_keys(s, seg, what);
    mz_sql_add(s, ") seen GROUP BY ");
    mz_sql_seg_keys(s, seg, "b");
    mz_sql_add(s, " ORDER BY ");
    mz_sql_seg_keys(s, seg, "b");
}


static void
mz_sql_seg_totals(mz_sql_t *s, const mz_segment_t *seg)
{
    size_t  i;

    mz_sql_add(s, seg->segment->is_merged ? "SELECT '' AS s" : "SELECT s");
    mz_sql_group_names(s, "");

    if (s->spec->nbreakdown > 0) {
        mz_sql_add(s, ", CAST(grouping(g1) AS BIGINT) AS is_all");
    }

    mz_sql_add(s, ", CAST(");
    mz_sql_seg_value(s, &seg->segment->measure);
    mz_sql_add(s, " AS DOUBLE) AS value FROM base");

    if (s->spec->nbreakdown == 0) {
        mz_sql_add(s, seg->segment->is_merged ? ""
                                              : " GROUP BY s ORDER BY s");
        return;
    }

    mz_sql_add(s, " GROUP BY GROUPING SETS ((");

    for (i = 1; i <= s->spec->nbreakdown; i++) {
        mz_sql_addf(s, "%sg%zu", i == 1 ? "" : ", ", i);
    }

    mz_sql_add(s, seg->segment->is_merged ? "), ()) ORDER BY "
                                          : ", s), (s)) ORDER BY ");
    mz_sql_seg_keys(s, seg, "is_all");
}


/*
 * A user is active in the trailing window of w days on the days d .. d+w-1
 * after each active day d.  These stretches are cut where the next active
 * day begins, so each user counts once a day; the sum of what begins (+1)
 * and ends (-1) up to a day is the number of users of that day's window.
 */

static void
mz_sql_seg_deltas(mz_sql_t *s, const mz_segment_t *seg)
{
    int          i, days[2];
    const char  *names[2] = { "-1 AS num, 0 AS den", "0 AS num, -1 AS den" };

    days[0] = seg->segment->measure.num_days;
    days[1] = seg->segment->measure.den_days;

    mz_sql_add(s, ", days AS (SELECT DISTINCT ");
    mz_sql_seg_keys(s, seg, "u, d");
    mz_sql_add(s, " FROM base WHERE u IS NOT NULL), next_ AS (SELECT ");
    mz_sql_seg_keys(s, seg, "d");
    mz_sql_add(s, ", lead(d) OVER (PARTITION BY ");
    mz_sql_seg_keys(s, seg, "u");
    mz_sql_add(s, " ORDER BY d) AS n FROM days) SELECT ");
    mz_sql_seg_columns(s, seg, "d");
    mz_sql_add(s, ", CAST(sum(num) AS BIGINT) AS num,"
                  " CAST(sum(den) AS BIGINT) AS den FROM (SELECT ");
    mz_sql_seg_keys(s, seg, "d");
    mz_sql_add(s, ", 1 AS num, 1 AS den FROM next_");

    for (i = 0; i < 2; i++) {
        mz_sql_addf(s, " UNION ALL SELECT least(d + %d, coalesce(n, d + %d))",
                    days[i], days[i]);
        mz_sql_seg_keys(s, seg, " AS d");
        mz_sql_addf(s, ", %s FROM next_", names[i]);
    }

    mz_sql_add(s, ") x GROUP BY ");
    mz_sql_seg_keys(s, seg, "d");
    mz_sql_add(s, " ORDER BY ");
    mz_sql_seg_keys(s, seg, "d");
}


static void
mz_sql_seg_frequency(mz_sql_t *s, const mz_segment_t *seg)
{
    mz_sql_add(s, "SELECT ");
    mz_sql_seg_columns(s, seg, "c");
    mz_sql_add(s, ", CAST(count(*) AS DOUBLE) AS value FROM (SELECT ");
    mz_sql_seg_keys(s, seg, "u");
    mz_sql_add(s, ", count(*) AS c FROM base WHERE u IS NOT NULL GROUP BY ");
    mz_sql_seg_keys(s, seg, "u");
    mz_sql_add(s, ") f GROUP BY ");
    mz_sql_seg_keys(s, seg, "c");
    mz_sql_add(s, " ORDER BY ");
    mz_sql_seg_keys(s, seg, "c");
}


static bool
mz_sql_seg_has_value(const mz_spec_measure_t *m)
{
    return m->column.name.data != NULL;
}
