
/*
 * shape_cohort: a retention while its rows become numbers.  Read and told
 * as facts by shape_cohort.c, written as a table by shape_retention.c.
 */

#ifndef MZ_SHAPE_COHORT_H
#define MZ_SHAPE_COHORT_H

#include "analysis/shape.h"


typedef struct {
    double  entries;
    double  size[MZ_SPEC_CELLS_MAX];        /* old enough for the cell */
    double  returned[MZ_SPEC_CELLS_MAX];    /* of those */
} mz_shape_cohort_t;

typedef struct {
    mz_shape_t                 *s;
    const mz_spec_retention_t  *ret;
    mz_groups_t                 groups;
    size_t                     *order;
    size_t                      nbuckets;
    mz_shape_cohort_t           all[2];     /* [period] */
    mz_shape_cohort_t          *pooled;     /* [group][period] */
    mz_shape_cohort_t          *cohorts;    /* [group][bucket] */
} mz_shape_cohorts_t;


mz_rc_t mz_shape_cohort_read(mz_shape_cohorts_t *c);
mz_rc_t mz_shape_cohort_facts(mz_shape_cohorts_t *c);
void mz_shape_cohort_free(mz_shape_cohorts_t *c);

/* Those who returned, or who did not when inverted; and their share. */
double mz_shape_cohort_counted(const mz_spec_retention_t *ret,
    const mz_shape_cohort_t *c, size_t cell);
double mz_shape_cohort_rate(const mz_spec_retention_t *ret,
    const mz_shape_cohort_t *c, size_t cell);

/* "week 3", "days 1-3" */
void mz_shape_cohort_label(const mz_spec_retention_t *ret, size_t cell,
    mz_buf_t *out);


#endif /* MZ_SHAPE_COHORT_H */
