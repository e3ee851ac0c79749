
#include <math.h>

#include "analysis/shape_seg.h"


static double mz_shape_seg_formula(const mz_shape_seg_t *g, double a,
    double b);


double *
mz_shape_seg_total(const mz_shape_seg_t *g, size_t group, size_t period,
    size_t op)
{
    return &g->totals[(group * 2 + period) * 2 + op];
}


double *
mz_shape_seg_all(const mz_shape_seg_t *g, size_t series, size_t period,
    size_t op)
{
    return &g->all[(series * 2 + period) * 2 + op];
}


double *
mz_shape_seg_values(const mz_shape_seg_t *g, size_t rank, size_t period,
    size_t op)
{
    return &g->values[((rank * 2 + period) * 2 + op) * g->width];
}


double
mz_shape_seg_empty(const mz_shape_seg_t *g, size_t op)
{
    return mz_spec_measure_is_count(op == 0 ? &g->seg->a.measure
                                            : &g->seg->b.measure) ? 0 : NAN;
}


double
mz_shape_seg_group(const mz_shape_seg_t *g, size_t group, size_t period)
{
    return mz_shape_seg_formula(g, *mz_shape_seg_total(g, group, period, 0),
                                *mz_shape_seg_total(g, group, period, 1));
}


double
mz_shape_seg_overall(const mz_shape_seg_t *g, size_t series, size_t period)
{
    return mz_shape_seg_formula(g, *mz_shape_seg_all(g, series, period, 0),
                                *mz_shape_seg_all(g, series, period, 1));
}


void
mz_shape_seg_trend(const mz_shape_seg_t *g, size_t rank, size_t period,
    double *out)
{
    double         sum, v;
    size_t         i, k, n, count;
    const double  *a, *b;

    a = mz_shape_seg_values(g, rank, period, 0);
    b = mz_shape_seg_values(g, rank, period, 1);
    n = period == 0 ? g->nbuckets : g->nbefore;
    sum = 0;

    for (i = 0; i < g->nbuckets; i++) {

        if (i >= n) {
            out[i] = NAN;
            continue;
        }

        if (g->seg->transform == MZ_TRANSFORM_CUMULATIVE) {
            sum += a[i];
            out[i] = mz_shape_round(sum);
            continue;
        }

        if (g->seg->transform == MZ_TRANSFORM_NONE) {
            out[i] = mz_shape_seg_formula(g, a[i], b[i]);
            continue;
        }

        sum = 0;
        count = 0;

        for (k = i; k <= i + g->lookback; k++) {
            v = mz_shape_seg_formula(g, a[k], b[k]);
            if (!isnan(v)) {
                sum += v;
                count++;
            }
        }

        out[i] = count == 0 ? NAN : mz_shape_round(sum / (double) count);
    }
}


void
mz_shape_seg_name(const mz_spec_t *spec, size_t series, mz_buf_t *out)
{
    size_t                    i;
    const mz_spec_segment_t  *a;

    a = &spec->u.seg.a;

    if (spec->u.seg.is_formula) {
        mz_buf_add_c(out, "ratio");

    } else if (a->is_any) {
        mz_buf_add_c(out, "any event");

    } else if (!a->is_merged) {
        mz_buf_add_str(out, a->events[series]);

    } else {
        for (i = 0; i < a->nevents; i++) {
            mz_buf_add_c(out, i == 0 ? "" : " or ");
            mz_buf_add_str(out, a->events[i]);
        }
    }
}


static double
mz_shape_seg_formula(const mz_shape_seg_t *g, double a, double b)
{
    return g->seg->is_formula ? mz_shape_ratio(a, b) : a;
}
