
/*
 * shape_seg: a segmentation while its rows become numbers.  Reading
 * (shape_seg_read.c) and special measures (shape_seg_special.c) fill in the
 * arrays, shape_segmentation.c writes table and facts.
 */

#ifndef MZ_SHAPE_SEG_H
#define MZ_SHAPE_SEG_H

#include "analysis/segment.h"
#include "analysis/shape.h"


#define MZ_SHAPE_CELLS_MAX  ((size_t) 16 * 1024 * 1024)

/* op: 0 the measure or operand a, 1 operand b; period: 0 now, 1 before. */

typedef struct {
    mz_shape_t                    *s;
    const mz_spec_segmentation_t  *seg;
    mz_segment_t                   plan[MZ_SEGMENT_MAX];
    size_t                         nplan;
    mz_groups_t                    groups;
    size_t                         nseries;
    size_t                         nbuckets;    /* of the range */
    size_t                         nbefore;     /* of the period before */
    size_t                         lookback;    /* buckets before the range */
    size_t                         width;       /* of a row of values */
    double                        *totals;      /* [group][period][op] */
    double                        *all;         /* [series][period][op] */
    double                        *scores;      /* [group] */
    size_t                        *order;       /* rank -> group */
    size_t                        *rank;        /* group -> rank */
    size_t                         nkept;       /* ranks with values */
    double                        *values;      /* [rank][period][op][..] */
    double                        *daily;       /* stickiness */
    size_t                         ndays;
} mz_shape_seg_t;


/* Series of a row, or SIZE_MAX. */
size_t mz_shape_seg_series(const mz_shape_seg_t *g, const mz_rset_t *rs,
    size_t row, size_t col);

mz_rc_t mz_shape_seg_read(mz_shape_seg_t *g);
void mz_shape_seg_free(mz_shape_seg_t *g);

/* The place of a total, and of the first bucket of a row of values. */
double *mz_shape_seg_total(const mz_shape_seg_t *g, size_t group,
    size_t period, size_t op);
double *mz_shape_seg_all(const mz_shape_seg_t *g, size_t series,
    size_t period, size_t op);
double *mz_shape_seg_values(const mz_shape_seg_t *g, size_t rank,
    size_t period, size_t op);

/* What an empty bucket has. */
double mz_shape_seg_empty(const mz_shape_seg_t *g, size_t op);

/* The total of a group and of a series, with the formula applied. */
double mz_shape_seg_group(const mz_shape_seg_t *g, size_t group,
    size_t period);
double mz_shape_seg_overall(const mz_shape_seg_t *g, size_t series,
    size_t period);

/* out[0..nbuckets): the values of a rank, formula and transform applied. */
void mz_shape_seg_trend(const mz_shape_seg_t *g, size_t rank, size_t period,
    double *out);

/* Stickiness: from the rows to totals, and (after ranking) to values. */
mz_rc_t mz_shape_seg_sticky(mz_shape_seg_t *g);
void mz_shape_seg_sticky_values(mz_shape_seg_t *g);

/* Frequency: the table; the distribution of a group for the facts. */
mz_rc_t mz_shape_seg_frequency(mz_shape_seg_t *g);
json_t *mz_shape_seg_distribution(const mz_shape_seg_t *g, size_t group,
    double *mean);

/* The name a series is shown by. */
void mz_shape_seg_name(const mz_spec_t *spec, size_t series, mz_buf_t *out);


#endif /* MZ_SHAPE_SEG_H */
