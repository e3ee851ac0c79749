
#include "query/tquery_int.h"


#define MZ_TQUERY_ROWS_BYTES  (64 * 1024)
#define MZ_TQUERY_WORK_BYTES  ((size_t) 512 * 1024 * 1024)


static mz_rc_t mz_tquery_prepare(mz_tquery_t *q, const json_t *args,
    mz_err_t *err);
static mz_rc_t mz_tquery_plan_scan(mz_tquery_t *q, mz_err_t *err);
static mz_rc_t mz_tquery_plan_page(mz_tquery_t *q, mz_err_t *err);
static mz_rc_t mz_tquery_natural_page(mz_tquery_t *q, mz_err_t *err);
static mz_rc_t mz_tquery_want(mz_tquery_t *q, const uint8_t *groups,
    bool is_scan, mz_err_t *err);
static mz_rc_t mz_tquery_check_given(const mz_tquery_t *q, mz_err_t *err);
static int mz_tquery_by_column(const void *a, const void *b);


mz_rc_t
mz_tquery_parse(const mz_layout_t *layout, const json_t *args,
    const mz_tquery_limits_t *lim, mz_tquery_t **query, mz_err_t *err)
{
    mz_rc_t       rc;
    mz_tquery_t  *q;

    *query = NULL;

    q = calloc(1, sizeof(mz_tquery_t));
    if (q == NULL) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    q->layout = layout;
    q->lim.rows_max = lim && lim->rows_max ? lim->rows_max
                                           : MZ_TQUERY_ROWS_BYTES;
    q->lim.work_max = lim && lim->work_max ? lim->work_max
                                           : MZ_TQUERY_WORK_BYTES;
    mz_buf_init(&q->rows, 0);

    rc = mz_tquery_prepare(q, args, err);

    if (rc != MZ_OK) {
        mz_tquery_free(q);
        return rc;
    }

    *query = q;

    return MZ_OK;
}


const uint32_t *
mz_tquery_needs(const mz_tquery_t *q, size_t *n)
{
    *n = q->nneeds;

    return q->needs;
}


mz_rc_t
mz_tquery_give(mz_tquery_t *q, uint32_t chunk, mz_str_t bytes)
{
    size_t     lo, hi, mid, used, group;
    mz_str_t  *slot;

    lo = 0;
    hi = q->nneeds;

    while (lo < hi) {
        mid = lo + (hi - lo) / 2;

        if (q->needs[mid] < chunk) {
            lo = mid + 1;

        } else {
            hi = mid;
        }
    }

    if (lo == q->nneeds || q->needs[lo] != chunk || bytes.data == NULL) {
        return MZ_INVALID;
    }

    used = mz_tquery_used(q, chunk % q->layout->ncolumns);
    group = chunk / q->layout->ncolumns;
    slot = &q->used[used].bytes[group];

    if (slot->data == NULL) {
        q->given += bytes.len;
        q->work += mz_column_work(bytes);
        *slot = bytes;
    }

    return MZ_OK;
}


size_t
mz_tquery_work(const mz_tquery_t *q)
{
    return q->work;
}


mz_rc_t
mz_tquery_run(mz_tquery_t *q, mz_err_t *err)
{
    mz_rc_t  rc;

    rc = mz_tquery_check_given(q, err);
    if (rc != MZ_OK) {
        return rc;
    }

    if (q->stage == MZ_TSTAGE_SCAN) {
        rc = mz_tquery_scan(q, err);
        if (rc != MZ_OK) {
            return rc;
        }

        rc = mz_tquery_plan_page(q, err);
        if (rc != MZ_OK) {
            return rc;
        }

        if (q->nneeds > 0) {
            return MZ_AGAIN;
        }
    }

    if (q->stage == MZ_TSTAGE_PAGE) {
        rc = mz_tquery_render(q, err);
        if (rc != MZ_OK) {
            return rc;
        }

        q->stage = MZ_TSTAGE_DONE;
        q->nneeds = 0;
    }

    return MZ_OK;
}


const mz_tquery_result_t *
mz_tquery_result(const mz_tquery_t *q)
{
    return &q->result;
}


void
mz_tquery_free(mz_tquery_t *q)
{
    size_t  i, g;

    if (q == NULL) {
        return;
    }

    for (i = 0; i < q->nfilters; i++) {
        mz_tquery_filter_free(&q->filters[i]);
    }

    for (i = 0; i < q->nused; i++) {
        for (g = 0; q->used[i].open && g < q->layout->ngroups; g++) {
            mz_column_close(&q->used[i].open[g]);
        }

        free(q->used[i].open);
        free(q->used[i].bytes);
    }

    free(q->filters);
    free(q->columns);
    free(q->used);
    free(q->needs);
    free(q->mask);
    free(q->selection);
    free(q->verdicts);
    free(q->hits);
    mz_buf_free(&q->rows);
    json_decref(q->filter_args);
    free(q);
}


/* q->used is sorted, and the column is in it. */

size_t
mz_tquery_used(const mz_tquery_t *q, size_t column)
{
    mz_tused_t         key;
    const mz_tused_t  *u;

    memset(&key, 0, sizeof(mz_tused_t));
    key.column = (uint32_t) column;
    u = bsearch(&key, q->used, q->nused, sizeof(mz_tused_t),
                mz_tquery_by_column);

    return (size_t) (u - q->used);
}


mz_rc_t
mz_tquery_open(mz_tquery_t *q, size_t used, size_t group, mz_column_t **col,
    mz_err_t *err)
{
    mz_tused_t  *u;
    mz_rc_t    (*open)(mz_column_t *c, mz_str_t bytes, mz_dtype_t expected,
                       uint32_t rows, mz_err_t *e);

    u = &q->used[used];
    *col = &u->open[group];

    if ((*col)->rows > 0) {
        return MZ_OK;
    }

    open = q->stage == MZ_TSTAGE_SCAN ? mz_column_open
                                      : mz_column_open_sparse;

    return open(*col, u->bytes[group], q->layout->columns[u->column].dtype,
                q->layout->groups[group], err);
}


static mz_rc_t
mz_tquery_prepare(mz_tquery_t *q, const json_t *args, mz_err_t *err)
{
    mz_rc_t  rc;

    rc = mz_tquery_parse_args(q, args, err);
    if (rc != MZ_OK) {
        return rc;
    }

    if (q->nfilters > 0 || q->nsorts > 0) {
        return mz_tquery_plan_scan(q, err);
    }

    rc = mz_tquery_natural_page(q, err);
    if (rc != MZ_OK) {
        return rc;
    }

    return mz_tquery_plan_page(q, err);
}


static mz_rc_t
mz_tquery_plan_scan(mz_tquery_t *q, mz_err_t *err)
{
    uint8_t  *groups;
    mz_rc_t   rc;

    q->stage = MZ_TSTAGE_SCAN;
    q->mask = malloc(MZ_COLUMN_ROWS_MAX);
    q->selection = malloc(MZ_COLUMN_ROWS_MAX * sizeof(uint32_t));
    groups = malloc(q->layout->ngroups + 1);

    if (q->mask == NULL || q->selection == NULL || groups == NULL) {
        free(groups);
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    memset(groups, 1, q->layout->ngroups + 1);
    rc = mz_tquery_want(q, groups, true, err);
    free(groups);

    return rc;
}


static mz_rc_t
mz_tquery_plan_page(mz_tquery_t *q, mz_err_t *err)
{
    size_t    i;
    uint8_t  *groups;
    mz_rc_t   rc;

    q->stage = MZ_TSTAGE_PAGE;
    groups = calloc(q->layout->ngroups + 1, 1);

    if (groups == NULL) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    for (i = 0; i < q->nhits; i++) {
        groups[q->hits[i].group] = 1;
    }

    rc = mz_tquery_want(q, groups, false, err);
    free(groups);

    return rc;
}


/* Without filters and sort the page is a stretch of the table. */

static mz_rc_t
mz_tquery_natural_page(mz_tquery_t *q, mz_err_t *err)
{
    size_t     g;
    mz_rc_t    rc;
    uint64_t   first, from, to, row;
    mz_thit_t  hit;

    memset(&hit, 0, sizeof(mz_thit_t));
    q->result.matched_rows = q->layout->rows;
    first = 0;

    for (g = 0; g < q->layout->ngroups; g++) {
        from = q->offset > first ? q->offset : first;
        to = first + q->layout->groups[g];
        to = to < q->offset + q->limit ? to : q->offset + q->limit;
        hit.group = (uint16_t) g;

        for (row = from; row < to; row++) {
            hit.row = (uint32_t) (row - first);
            rc = mz_tquery_hit(q, &hit, err);
            if (rc != MZ_OK) {
                return rc;
            }
        }

        first += q->layout->groups[g];
    }

    return MZ_OK;
}


/*
 * The chunks of some groups: of the columns that are scanned, or put out.  A
 * row takes a byte at least, more or less: a bound before anything is read.
 */

static mz_rc_t
mz_tquery_want(mz_tquery_t *q, const uint8_t *groups, bool is_scan,
    mz_err_t *err)
{
    size_t             g, i, n;
    uint64_t           rows;
    const mz_tused_t  *u;

    free(q->needs);
    q->nneeds = 0;
    q->work = 0;
    n = 0;

    for (g = 0; g < q->layout->ngroups; g++) {
        n += groups[g] ? q->nused : 0;
    }

    q->needs = calloc(n + 1, sizeof(uint32_t));
    if (q->needs == NULL) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    rows = 0;

    for (g = 0; g < q->layout->ngroups; g++) {
        for (i = 0; groups[g] && i < q->nused; i++) {
            u = &q->used[i];

            if ((is_scan ? u->is_scanned : u->is_output)
                && u->bytes[g].data == NULL)
            {
                q->needs[q->nneeds++] =
                    (uint32_t) (g * q->layout->ncolumns + u->column);
                rows += q->layout->groups[g];
            }
        }
    }

    if (rows > q->lim.work_max) {
        q->nneeds = 0;
        return mz_fail(err, MZ_LIMIT, "the query would read over %zu MB: "
                       "name fewer columns, filters or sort keys",
                       q->lim.work_max >> 20);
    }

    return MZ_OK;
}


static mz_rc_t
mz_tquery_check_given(const mz_tquery_t *q, mz_err_t *err)
{
    size_t    i, used;
    uint32_t  chunk;

    for (i = 0; i < q->nneeds; i++) {
        chunk = q->needs[i];
        used = mz_tquery_used(q, chunk % q->layout->ncolumns);

        if (q->used[used].bytes[chunk / q->layout->ncolumns].data == NULL) {
            return mz_fail(err, MZ_NOT_FOUND,
                           "chunk %u of the artifact is missing", chunk);
        }
    }

    if (q->given > q->lim.work_max || q->work > q->lim.work_max) {
        return mz_fail(err, MZ_LIMIT, "the query reads over %zu MB: name "
                       "fewer columns, filters or sort keys",
                       q->lim.work_max >> 20);
    }

    return MZ_OK;
}


static int
mz_tquery_by_column(const void *a, const void *b)
{
    uint32_t  x, y;

    x = ((const mz_tused_t *) a)->column;
    y = ((const mz_tused_t *) b)->column;

    return (x > y) - (x < y);
}
