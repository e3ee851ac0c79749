
/*
 * shape_path: a funnel while its rows become numbers: one cell for each
 * group (and bucket) and period.  Read and told as facts by shape_path.c,
 * written as a table by shape_funnel.c.
 */

#ifndef MZ_SHAPE_PATH_H
#define MZ_SHAPE_PATH_H

#include "analysis/shape.h"


typedef struct {
    double  users[MZ_SPEC_STEPS_MAX];   /* that reached each step */
    double  median;                     /* seconds; NaN: nobody */
    double  avg;
    double  p90;
} mz_shape_cell_t;

typedef struct {
    mz_shape_t              *s;
    const mz_spec_funnel_t  *funnel;
    mz_groups_t              groups;
    size_t                  *order;
    size_t                   nbuckets;
    size_t                   nbefore;
    size_t                   width;     /* buckets kept of a group */
    mz_shape_cell_t          all[2];    /* [period] over all groups */
    mz_shape_cell_t         *totals;    /* [group][period] */
    mz_shape_cell_t         *buckets;   /* [group][period][bucket] */
} mz_shape_path_t;


mz_rc_t mz_shape_path_read(mz_shape_path_t *p);
mz_rc_t mz_shape_path_facts(mz_shape_path_t *p);
void mz_shape_path_free(mz_shape_path_t *p);

const mz_shape_cell_t *mz_shape_path_total(const mz_shape_path_t *p,
    size_t group, size_t period);
const mz_shape_cell_t *mz_shape_path_bucket(const mz_shape_path_t *p,
    size_t group, size_t period, size_t bucket);

/* The measure asked for. */
double mz_shape_path_value(const mz_shape_path_t *p,
    const mz_shape_cell_t *c);

/* "purchase"; "2 of 3" when the order is any. */
void mz_shape_path_step(const mz_shape_path_t *p, size_t k, mz_buf_t *out);


#endif /* MZ_SHAPE_PATH_H */
