
#include <endian.h>

#include "base/mz_str.h"
#include "query/tquery_int.h"


/*
 * A heap of the offset + limit first rows with the last of them on top: most
 * rows meet the top once and are dropped.  The page is what its last `limit`
 * removals give, so that the rest is never put in order.
 */

#define MZ_THIT_FIRST  256


static void mz_tquery_hit_key(const mz_tsort_t *s, const mz_column_t *col,
    uint32_t row, mz_thit_t *hit);
static uint64_t mz_tquery_double_key(double d);
static uint64_t mz_tquery_text_key(mz_str_t s);
static void mz_tquery_sift_up(mz_tquery_t *q, size_t i);
static void mz_tquery_sift_down(mz_tquery_t *q, size_t i, size_t n);
static bool mz_tquery_is_before(const mz_tquery_t *q, const mz_thit_t *a,
    const mz_thit_t *b);
static int mz_tquery_compare(const mz_tquery_t *q, const mz_tsort_t *s,
    const mz_thit_t *a, const mz_thit_t *b);


mz_rc_t
mz_tquery_sort_add(mz_tquery_t *q, size_t group, uint32_t n, mz_err_t *err)
{
    size_t             i, depth;
    mz_rc_t            rc;
    uint32_t           k;
    mz_thit_t          hit;
    mz_column_t       *col;
    const mz_tsort_t  *s;

    if (n == 0) {
        return MZ_OK;
    }

    col = NULL;

    /* the first sort key last: its column is the one the keys are from */

    for (i = q->nsorts; i > 0; i--) {
        rc = mz_tquery_open(q, q->sorts[i - 1].used, group, &col, err);
        if (rc != MZ_OK) {
            return rc;
        }
    }

    if (q->offset >= q->layout->rows) {
        return MZ_OK;
    }

    s = &q->sorts[0];
    depth = (size_t) (q->offset + q->limit);
    hit.group = (uint16_t) group;

    for (k = 0; k < n; k++) {
        mz_tquery_hit_key(s, col, q->selection[k], &hit);

        if (q->nhits < depth) {
            rc = mz_tquery_hit(q, &hit, err);
            if (rc != MZ_OK) {
                return rc;
            }

            mz_tquery_sift_up(q, q->nhits - 1);

        } else if (mz_tquery_is_before(q, &hit, &q->hits[0])) {
            q->hits[0] = hit;
            mz_tquery_sift_down(q, 0, q->nhits);
        }
    }

    return MZ_OK;
}


void
mz_tquery_sort_page(mz_tquery_t *q)
{
    size_t     n, keep;
    mz_thit_t  last;

    keep = q->offset < q->nhits ? (size_t) q->offset : q->nhits;

    for (n = q->nhits; n > keep; n--) {
        last = q->hits[0];
        q->hits[0] = q->hits[n - 1];
        mz_tquery_sift_down(q, 0, n - 1);
        q->hits[n - 1] = last;
    }

    q->nhits -= keep;

    if (q->nhits > 0) {
        memmove(q->hits, q->hits + keep, q->nhits * sizeof(mz_thit_t));
    }
}


mz_rc_t
mz_tquery_hit(mz_tquery_t *q, const mz_thit_t *hit, mz_err_t *err)
{
    size_t      cap;
    mz_thit_t  *hits;

    if (q->nhits == q->hits_cap) {
        cap = q->hits_cap ? q->hits_cap * 2 : MZ_THIT_FIRST;
        hits = reallocarray(q->hits, cap, sizeof(mz_thit_t));

        if (hits == NULL) {
            return mz_fail(err, MZ_NOMEM, "out of memory");
        }

        q->hits = hits;
        q->hits_cap = cap;
    }

    q->hits[q->nhits++] = *hit;

    return MZ_OK;
}


static void
mz_tquery_hit_key(const mz_tsort_t *s, const mz_column_t *col, uint32_t row,
    mz_thit_t *hit)
{
    uint64_t  key;

    hit->row = row;
    hit->is_null = mz_column_is_null(col, row);
    hit->key = 0;

    if (hit->is_null) {
        return;
    }

    switch (s->dtype) {

    case MZ_DTYPE_STRING:
        key = mz_tquery_text_key(mz_column_entry(col,
                                                 mz_column_code(col, row)));
        break;

    case MZ_DTYPE_FLOAT64:
        key = mz_tquery_double_key(mz_column_double(col, row));
        break;

    case MZ_DTYPE_BOOL:
        key = mz_column_bit(col->values, row);
        break;

    default:
        key = (uint64_t) mz_column_int(col, row) ^ (uint64_t) 1 << 63;
    }

    hit->key = s->desc ? ~key : key;
}


/* The bits of a double, so turned that they sort as its value; -0 is 0. */

static uint64_t
mz_tquery_double_key(double d)
{
    uint64_t  u;

    d = d == 0 ? 0 : d;
    memcpy(&u, &d, sizeof(u));

    return u >> 63 ? ~u : u | (uint64_t) 1 << 63;
}


/* The first 8 bytes as a big-endian number; a tie is compared in full. */

static uint64_t
mz_tquery_text_key(mz_str_t s)
{
    size_t    i;
    uint64_t  key;

    if (s.len >= 8) {
        memcpy(&key, s.data, 8);
        return be64toh(key);
    }

    key = 0;

    for (i = 0; i < s.len; i++) {
        key |= (uint64_t) (uint8_t) s.data[i] << (56 - 8 * i);
    }

    return key;
}


static void
mz_tquery_sift_up(mz_tquery_t *q, size_t i)
{
    size_t     up;
    mz_thit_t  hit;

    hit = q->hits[i];

    while (i > 0) {
        up = (i - 1) / 2;

        if (!mz_tquery_is_before(q, &q->hits[up], &hit)) {
            break;
        }

        q->hits[i] = q->hits[up];
        i = up;
    }

    q->hits[i] = hit;
}


static void
mz_tquery_sift_down(mz_tquery_t *q, size_t i, size_t n)
{
    size_t     down;
    mz_thit_t  hit;

    if (i >= n) {
        return;
    }

    hit = q->hits[i];

    for ( ;; ) {
        down = i * 2 + 1;

        if (down >= n) {
            break;
        }

        if (down + 1 < n
            && mz_tquery_is_before(q, &q->hits[down], &q->hits[down + 1]))
        {
            down++;
        }

        if (!mz_tquery_is_before(q, &hit, &q->hits[down])) {
            break;
        }

        q->hits[i] = q->hits[down];
        i = down;
    }

    q->hits[i] = hit;
}


/* A total order: rows that tie on all keys stand as in the table. */

static bool
mz_tquery_is_before(const mz_tquery_t *q, const mz_thit_t *a,
    const mz_thit_t *b)
{
    int     order;
    size_t  i;

    if (a->is_null != b->is_null) {
        return b->is_null;
    }

    if (a->key != b->key) {
        return a->key < b->key;
    }

    /* the key of a string is its beginning, of all others the whole value */

    i = a->is_null || q->sorts[0].dtype != MZ_DTYPE_STRING;

    for ( /* void */ ; i < q->nsorts; i++) {
        order = mz_tquery_compare(q, &q->sorts[i], a, b);

        if (order != 0) {
            return order < 0;
        }
    }

    return a->group != b->group ? a->group < b->group : a->row < b->row;
}


static int
mz_tquery_compare(const mz_tquery_t *q, const mz_tsort_t *s,
    const mz_thit_t *a, const mz_thit_t *b)
{
    int                 order;
    mz_value_t          x, y;
    const mz_column_t  *open;

    open = q->used[s->used].open;
    mz_column_get(&open[a->group], a->row, &x);
    mz_column_get(&open[b->group], b->row, &y);

    if (x.is_null || y.is_null) {
        return x.is_null - y.is_null;
    }

    switch (s->dtype) {

    case MZ_DTYPE_STRING:
        order = mz_str_cmp(x.s, y.s);
        break;

    case MZ_DTYPE_FLOAT64:
        order = (x.d > y.d) - (x.d < y.d);
        break;

    default:
        order = (x.i > y.i) - (x.i < y.i);
    }

    return s->desc ? -order : order;
}
