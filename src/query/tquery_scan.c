
#include "base/mz_str.h"
#include "query/tquery_int.h"


/* Verdicts on string entries; an entry is judged when a row first shows it. */

#define MZ_TVERDICT_NO    0
#define MZ_TVERDICT_YES   1
#define MZ_TVERDICT_OPEN  2


static mz_rc_t mz_tquery_scan_group(mz_tquery_t *q, size_t group,
    mz_err_t *err);
static mz_rc_t mz_tquery_test(mz_tquery_t *q, const mz_tfilter_t *f,
    const mz_column_t *col, mz_err_t *err);
static void mz_tquery_test_null(const mz_tfilter_t *f, const mz_column_t *col,
    uint8_t *mask);
static void mz_tquery_test_int(const mz_tfilter_t *f, const mz_column_t *col,
    uint8_t *mask);
static void mz_tquery_test_double(const mz_tfilter_t *f,
    const mz_column_t *col, uint8_t *mask);
static void mz_tquery_test_set(const mz_tfilter_t *f, const mz_column_t *col,
    uint8_t *mask);
static mz_rc_t mz_tquery_test_string(mz_tquery_t *q, const mz_tfilter_t *f,
    const mz_column_t *col, mz_err_t *err);
static mz_rc_t mz_tquery_judge(const mz_tfilter_t *f, mz_str_t s, bool *yes,
    mz_err_t *err);
static bool mz_tquery_in_texts(const mz_tfilter_t *f, mz_str_t s);
static bool mz_tquery_in_range(const mz_tfilter_t *f, mz_str_t s);
static int64_t mz_tquery_word(const mz_column_t *col, uint32_t row);
static uint32_t mz_tquery_select(mz_tquery_t *q, uint32_t rows);
static mz_rc_t mz_tquery_take(mz_tquery_t *q, size_t group, uint32_t n,
    mz_err_t *err);
static int mz_tquery_by_cost(const void *a, const void *b);


mz_rc_t
mz_tquery_scan(mz_tquery_t *q, mz_err_t *err)
{
    size_t   g;
    mz_rc_t  rc;

    if (q->nfilters > 0) {
        qsort(q->filters, q->nfilters, sizeof(mz_tfilter_t),
              mz_tquery_by_cost);
    }

    for (g = 0; g < q->layout->ngroups; g++) {
        rc = mz_tquery_scan_group(q, g, err);
        if (rc != MZ_OK) {
            return rc;
        }
    }

    if (q->nsorts > 0) {
        mz_tquery_sort_page(q);
    }

    return MZ_OK;
}


static mz_rc_t
mz_tquery_scan_group(mz_tquery_t *q, size_t group, mz_err_t *err)
{
    size_t        i;
    mz_rc_t       rc;
    uint32_t      n, rows;
    mz_column_t  *col;

    rows = q->layout->groups[group];
    memset(q->mask, 1, rows);

    for (i = 0; i < q->nfilters; i++) {
        rc = mz_tquery_open(q, q->filters[i].used, group, &col, err);
        if (rc != MZ_OK) {
            return rc;
        }

        rc = mz_tquery_test(q, &q->filters[i], col, err);
        if (rc != MZ_OK) {
            return rc;
        }
    }

    n = mz_tquery_select(q, rows);

    if (q->nsorts > 0) {
        q->result.matched_rows += n;
        rc = mz_tquery_sort_add(q, group, n, err);

    } else {
        rc = mz_tquery_take(q, group, n, err);
    }

    /* sort keys are still compared with those of later groups */

    for (i = 0; i < q->nused; i++) {
        if (!q->used[i].is_sorted) {
            mz_column_close(&q->used[i].open[group]);
        }
    }

    return rc;
}


static mz_rc_t
mz_tquery_test(mz_tquery_t *q, const mz_tfilter_t *f, const mz_column_t *col,
    mz_err_t *err)
{
    if (f->test == MZ_TTEST_NULL) {
        mz_tquery_test_null(f, col, q->mask);
        return MZ_OK;
    }

    if (f->dtype == MZ_DTYPE_STRING) {
        return mz_tquery_test_string(q, f, col, err);
    }

    if (f->test == MZ_TTEST_SET) {
        mz_tquery_test_set(f, col, q->mask);

    } else if (f->dtype == MZ_DTYPE_FLOAT64) {
        mz_tquery_test_double(f, col, q->mask);

    } else {
        mz_tquery_test_int(f, col, q->mask);
    }

    return MZ_OK;
}


static void
mz_tquery_test_null(const mz_tfilter_t *f, const mz_column_t *col,
    uint8_t *mask)
{
    uint32_t  row;

    for (row = 0; row < col->rows; row++) {
        mask[row] &= mz_column_is_null(col, row) != f->negate;
    }
}


/* int64, timestamp, date, bool; the chunk's range may decide for all rows. */

static void
mz_tquery_test_int(const mz_tfilter_t *f, const mz_column_t *col,
    uint8_t *mask)
{
    bool      is_none, is_all;
    int64_t   v, lo, hi;
    uint32_t  row;

    lo = f->lo.i;
    hi = f->hi.i;
    is_none = f->is_never;
    is_all = false;

    if (f->dtype != MZ_DTYPE_BOOL) {
        is_none |= lo > col->max_i || hi < col->min_i;
        is_all = !is_none && lo <= col->min_i && hi >= col->max_i;
    }

    if (f->negate ? is_all : is_none) {
        memset(mask, 0, col->rows);
        return;
    }

    if (f->negate ? is_none : is_all) {
        for (row = 0; col->nulls > 0 && row < col->rows; row++) {
            mask[row] &= !mz_column_is_null(col, row);
        }

        return;
    }

    for (row = 0; row < col->rows; row++) {
        v = mz_tquery_word(col, row);
        mask[row] &= ((v >= lo) & (v <= hi)) != f->negate;
    }

    for (row = 0; col->nulls > 0 && row < col->rows; row++) {
        mask[row] &= !mz_column_is_null(col, row);
    }
}


static void
mz_tquery_test_double(const mz_tfilter_t *f, const mz_column_t *col,
    uint8_t *mask)
{
    double    v;
    uint32_t  row;

    if (!f->negate
        && (f->is_never || f->lo.d > col->max_d || f->hi.d < col->min_d))
    {
        memset(mask, 0, col->rows);
        return;
    }

    for (row = 0; row < col->rows; row++) {
        v = mz_column_double(col, row);
        mask[row] &= (!f->is_never & (v >= f->lo.d) & (v <= f->hi.d))
                     != f->negate;
    }

    for (row = 0; col->nulls > 0 && row < col->rows; row++) {
        mask[row] &= !mz_column_is_null(col, row);
    }
}


static void
mz_tquery_test_set(const mz_tfilter_t *f, const mz_column_t *col,
    uint8_t *mask)
{
    size_t      lo, hi, mid;
    uint32_t    row;
    mz_value_t  v;

    for (row = 0; row < col->rows; row++) {
        if (!mask[row]) {
            continue;
        }

        mz_column_get(col, row, &v);

        if (v.is_null) {
            mask[row] = 0;
            continue;
        }

        lo = 0;
        hi = f->nvalues;

        while (lo < hi) {
            mid = lo + (hi - lo) / 2;

            if (f->dtype == MZ_DTYPE_FLOAT64 ? f->values[mid].d < v.d
                                             : f->values[mid].i < v.i)
            {
                lo = mid + 1;

            } else {
                hi = mid;
            }
        }

        mask[row] = (lo < f->nvalues && f->values[lo].i == v.i
                     && f->values[lo].d == v.d) != f->negate;
    }
}


static mz_rc_t
mz_tquery_test_string(mz_tquery_t *q, const mz_tfilter_t *f,
    const mz_column_t *col, mz_err_t *err)
{
    bool      yes;
    uint8_t  *verdict;
    mz_rc_t   rc;
    uint32_t  row, code;

    if (q->nverdicts < col->entries) {
        free(q->verdicts);
        q->nverdicts = 0;
        q->verdicts = malloc(col->entries);

        if (q->verdicts == NULL) {
            return mz_fail(err, MZ_NOMEM, "out of memory");
        }

        q->nverdicts = col->entries;
    }

    if (col->entries > 0) {
        memset(q->verdicts, MZ_TVERDICT_OPEN, col->entries);
    }

    for (row = 0; row < col->rows; row++) {
        if (!q->mask[row] || mz_column_is_null(col, row)) {
            q->mask[row] = 0;
            continue;
        }

        code = mz_column_code(col, row);
        verdict = &q->verdicts[code];

        if (*verdict == MZ_TVERDICT_OPEN) {
            rc = mz_tquery_judge(f, mz_column_entry(col, code), &yes, err);
            if (rc != MZ_OK) {
                return rc;
            }

            *verdict = yes != f->negate ? MZ_TVERDICT_YES : MZ_TVERDICT_NO;
        }

        q->mask[row] = *verdict;
    }

    return MZ_OK;
}


static mz_rc_t
mz_tquery_judge(const mz_tfilter_t *f, mz_str_t s, bool *yes, mz_err_t *err)
{
    mz_rc_t   rc;
    mz_err_t  why;

    switch (f->test) {

    case MZ_TTEST_RANGE:
        *yes = mz_tquery_in_range(f, s);
        return MZ_OK;

    case MZ_TTEST_SET:
        *yes = mz_tquery_in_texts(f, s);
        return MZ_OK;

    case MZ_TTEST_PREFIX:
        *yes = mz_str_has_prefix(s, f->lo.s);
        return MZ_OK;

    case MZ_TTEST_CONTAINS:
        *yes = mz_str_find(s, f->lo.s, 0) != SIZE_MAX;
        return MZ_OK;

    default:
        break;
    }

    rc = mz_regex_search(f->regex, s, &why);
    *yes = rc == MZ_OK;

    if (rc == MZ_OK || rc == MZ_NOT_FOUND) {
        return MZ_OK;
    }

    return mz_fail(err, rc, "filters: matches: %s", why.msg);
}


static bool
mz_tquery_in_texts(const mz_tfilter_t *f, mz_str_t s)
{
    int     order;
    size_t  lo, hi, mid;

    lo = 0;
    hi = f->nvalues;

    while (lo < hi) {
        mid = lo + (hi - lo) / 2;
        order = mz_str_cmp(f->values[mid].s, s);

        if (order == 0) {
            return true;
        }

        if (order < 0) {
            lo = mid + 1;

        } else {
            hi = mid;
        }
    }

    return false;
}


static bool
mz_tquery_in_range(const mz_tfilter_t *f, mz_str_t s)
{
    int  order;

    if (f->has_lo) {
        order = mz_str_cmp(s, f->lo.s);

        if (order < 0 || (order == 0 && f->lo_open)) {
            return false;
        }
    }

    if (f->has_hi) {
        order = mz_str_cmp(s, f->hi.s);

        if (order > 0 || (order == 0 && f->hi_open)) {
            return false;
        }
    }

    return true;
}


static int64_t
mz_tquery_word(const mz_column_t *col, uint32_t row)
{
    return col->dtype == MZ_DTYPE_BOOL ? mz_column_bit(col->values, row)
                                       : mz_column_int(col, row);
}


/* Row numbers out of the mask, without a branch per row. */

static uint32_t
mz_tquery_select(mz_tquery_t *q, uint32_t rows)
{
    uint32_t  row, n;

    n = 0;

    for (row = 0; row < rows; row++) {
        q->selection[n] = row;
        n += q->mask[row];
    }

    return n;
}


/* Without a sort the page is a stretch of the selected rows. */

static mz_rc_t
mz_tquery_take(mz_tquery_t *q, size_t group, uint32_t n, mz_err_t *err)
{
    mz_rc_t    rc;
    uint32_t   i;
    uint64_t   at;
    mz_thit_t  hit;

    memset(&hit, 0, sizeof(mz_thit_t));
    hit.group = (uint16_t) group;
    at = q->result.matched_rows;
    q->result.matched_rows += n;

    for (i = 0; i < n && at < q->offset + q->limit; i++, at++) {
        if (at < q->offset) {
            continue;
        }

        hit.row = q->selection[i];
        rc = mz_tquery_hit(q, &hit, err);
        if (rc != MZ_OK) {
            return rc;
        }
    }

    return MZ_OK;
}


static int
mz_tquery_by_cost(const void *a, const void *b)
{
    return (int) ((const mz_tfilter_t *) a)->test
           - (int) ((const mz_tfilter_t *) b)->test;
}
