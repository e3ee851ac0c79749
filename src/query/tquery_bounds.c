
#include <float.h>
#include <math.h>

#include "base/mz_str.h"
#include "base/mz_time.h"
#include "query/tquery_int.h"


/* 2^63: the first double beyond int64. */
#define MZ_TBOUNDS_INT_END  9223372036854775808.0


static void mz_tquery_bounds_int(mz_tfilter_t *f, const mz_tliteral_t *lo,
    bool lo_open, const mz_tliteral_t *hi, bool hi_open);
static int mz_tquery_floor(const mz_tliteral_t *lit, int64_t *i,
    bool *is_exact);
static void mz_tquery_bounds_double(mz_tfilter_t *f, const mz_tliteral_t *lo,
    bool lo_open, const mz_tliteral_t *hi, bool hi_open);


/* mz_time_parse() drops what is below a millisecond: digits 4 to 6 here. */

bool
mz_tquery_time(mz_dtype_t t, mz_str_t s, int64_t *v)
{
    size_t   at, digits;
    int64_t  ms, scale;

    if (mz_time_parse(s, &ms) != MZ_OK) {
        return false;
    }

    if (t == MZ_DTYPE_DATE) {
        *v = ms / MZ_DAY_MS;
        return ms % MZ_DAY_MS == 0;
    }

    *v = ms * 1000;
    at = mz_str_find(s, mz_str("."), 0);

    if (at == SIZE_MAX) {
        return true;
    }

    scale = 100;
    digits = 1;

    for (at++; at < s.len && s.data[at] >= '0' && s.data[at] <= '9'; at++) {
        if (digits > 3) {
            *v += (s.data[at] - '0') * scale;
            scale /= 10;
        }

        digits++;
    }

    return true;
}


void
mz_tquery_bounds(mz_tfilter_t *f, const mz_tliteral_t *lo, bool lo_open,
    const mz_tliteral_t *hi, bool hi_open)
{
    f->is_never = false;

    switch (f->dtype) {

    case MZ_DTYPE_STRING:
        f->has_lo = lo != NULL;
        f->has_hi = hi != NULL;
        f->lo_open = lo_open;
        f->hi_open = hi_open;
        f->lo = lo ? lo->v : f->lo;
        f->hi = hi ? hi->v : f->hi;
        break;

    case MZ_DTYPE_FLOAT64:
        mz_tquery_bounds_double(f, lo, lo_open, hi, hi_open);
        break;

    default:
        mz_tquery_bounds_int(f, lo, lo_open, hi, hi_open);
    }
}


/* Both ends closed; a bound such as 2.5 moves to the next integer inside. */

static void
mz_tquery_bounds_int(mz_tfilter_t *f, const mz_tliteral_t *lo, bool lo_open,
    const mz_tliteral_t *hi, bool hi_open)
{
    int      side;
    bool     is_exact;
    int64_t  i;

    f->lo.i = INT64_MIN;
    f->hi.i = INT64_MAX;

    if (lo != NULL) {
        side = mz_tquery_floor(lo, &i, &is_exact);

        if (side > 0 || (side == 0 && (lo_open || !is_exact)
                         && i == INT64_MAX))
        {
            f->is_never = true;

        } else if (side == 0) {
            f->lo.i = i + (lo_open || !is_exact);
        }
    }

    if (hi != NULL) {
        side = mz_tquery_floor(hi, &i, &is_exact);

        if (side < 0 || (side == 0 && hi_open && is_exact && i == INT64_MIN)) {
            f->is_never = true;

        } else if (side == 0) {
            f->hi.i = i - (hi_open && is_exact);
        }
    }

    f->is_never |= f->lo.i > f->hi.i;
}


/* -1 or 1 when the number lies below or above all of int64. */

static int
mz_tquery_floor(const mz_tliteral_t *lit, int64_t *i, bool *is_exact)
{
    double  d;

    *i = lit->v.i;
    *is_exact = true;

    if (!lit->is_real) {
        return 0;
    }

    d = floor(lit->v.d);
    *is_exact = d == lit->v.d;

    if (d < -MZ_TBOUNDS_INT_END) {
        return -1;
    }

    if (d >= MZ_TBOUNDS_INT_END) {
        return 1;
    }

    *i = (int64_t) d;

    return 0;
}


static void
mz_tquery_bounds_double(mz_tfilter_t *f, const mz_tliteral_t *lo,
    bool lo_open, const mz_tliteral_t *hi, bool hi_open)
{
    f->lo.d = -DBL_MAX;
    f->hi.d = DBL_MAX;

    if (lo != NULL) {
        f->lo.d = lo_open ? nextafter(lo->v.d, INFINITY) : lo->v.d;
    }

    if (hi != NULL) {
        f->hi.d = hi_open ? nextafter(hi->v.d, -INFINITY) : hi->v.d;
    }

    f->is_never = f->lo.d > f->hi.d;
}
