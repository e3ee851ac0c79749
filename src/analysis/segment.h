
/*
 * segment: which statements a segmentation takes, in which order.  The
 * compiler writes them and the shape reads their rows by the same plan.
 */

#ifndef MZ_SEGMENT_H
#define MZ_SEGMENT_H

#include "analysis/spec_types.h"


typedef enum {
    MZ_SEGMENT_BUCKETS,         /* value by bucket and group */
    MZ_SEGMENT_TOTALS,          /* by group and over all groups */
    MZ_SEGMENT_DELTAS,          /* stickiness: active users by day */
    MZ_SEGMENT_DELTAS_ALL,      /* the same over all groups */
    MZ_SEGMENT_FREQUENCY        /* users by number of events */
} mz_segment_part_t;

typedef struct {
    mz_segment_part_t         part;
    bool                      is_previous;
    bool                      is_b;         /* second operand */
    const mz_spec_segment_t  *segment;
    const mz_range_t         *range;
    int64_t                   from_ms;      /* read from here */
} mz_segment_t;

#define MZ_SEGMENT_MAX  8

/* Fills in at most MZ_SEGMENT_MAX; returns how many. */
size_t mz_segment_plan(const mz_spec_t *spec, mz_segment_t *out);


#endif /* MZ_SEGMENT_H */
