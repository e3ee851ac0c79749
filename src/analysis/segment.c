
#include "analysis/segment.h"


static size_t mz_segment_period(const mz_spec_t *spec, bool is_previous,
    bool is_b, mz_segment_t *out);
static int64_t mz_segment_from(const mz_spec_t *spec, mz_segment_part_t part,
    const mz_range_t *range);


size_t
mz_segment_plan(const mz_spec_t *spec, mz_segment_t *out)
{
    bool    is_previous;
    size_t  n, period;

    n = 0;

    for (period = 0; period < 2; period++) {
        is_previous = period == 1;

        if (is_previous && spec->compare == MZ_COMPARE_NONE) {
            break;
        }

        n += mz_segment_period(spec, is_previous, false, out + n);

        if (spec->u.seg.is_formula) {
            n += mz_segment_period(spec, is_previous, true, out + n);
        }
    }

    return n;
}


static size_t
mz_segment_period(const mz_spec_t *spec, bool is_previous, bool is_b,
    mz_segment_t *out)
{
    size_t                    i, n;
    mz_segment_part_t         parts[2];
    const mz_spec_segment_t  *segment;

    segment = is_b ? &spec->u.seg.b : &spec->u.seg.a;
    n = 0;

    if (segment->measure.type == MZ_MEASURE_STICKINESS) {
        parts[n++] = MZ_SEGMENT_DELTAS;

        if (spec->nbreakdown > 0) {
            parts[n++] = MZ_SEGMENT_DELTAS_ALL;
        }

    } else {
        if (segment->measure.type == MZ_MEASURE_FREQUENCY) {
            parts[n++] = MZ_SEGMENT_FREQUENCY;

        } else if (spec->grain != MZ_GRAIN_TOTAL) {
            parts[n++] = MZ_SEGMENT_BUCKETS;
        }

        parts[n++] = MZ_SEGMENT_TOTALS;
    }

    for (i = 0; i < n; i++) {
        out[i].part = parts[i];
        out[i].is_previous = is_previous;
        out[i].is_b = is_b;
        out[i].segment = segment;
        out[i].range = is_previous ? &spec->previous : &spec->range;
        out[i].from_ms = mz_segment_from(spec, parts[i], out[i].range);
    }

    return n;
}


/* Rolling averages and trailing windows read what lies before the range. */

static int64_t
mz_segment_from(const mz_spec_t *spec, mz_segment_part_t part,
    const mz_range_t *range)
{
    int64_t    from;
    mz_unit_t  unit;

    if (part == MZ_SEGMENT_DELTAS || part == MZ_SEGMENT_DELTAS_ALL) {
        from = mz_time_floor(range->from_ms, MZ_UNIT_DAY);
        return mz_time_add(from, MZ_UNIT_DAY,
                           1 - spec->u.seg.a.measure.den_days);
    }

    if (part == MZ_SEGMENT_BUCKETS
        && spec->u.seg.transform == MZ_TRANSFORM_ROLLING)
    {
        unit = (mz_unit_t) spec->grain;
        from = mz_time_floor(range->from_ms, unit);
        return mz_time_add(from, unit, 1 - spec->u.seg.rolling);
    }

    return range->from_ms;
}
