
/*
 * groups: the groups of a breakdown as they turn up in the rows of several
 * statements: a key (series and values) becomes a small index, and groups
 * are put in the order in which they are shown.  Values borrow from the
 * rows, which must live as long.
 */

#ifndef MZ_GROUPS_H
#define MZ_GROUPS_H

#include "analysis/spec_types.h"


typedef struct {
    size_t      series;
    mz_value_t  values[MZ_SPEC_BREAKDOWN_MAX];
} mz_group_t;

typedef struct {
    const mz_spec_t  *spec;
    mz_group_t       *items;
    size_t            n;
    size_t            cap;
    size_t           *slots;        /* index + 1; 0: free */
    size_t            nslots;       /* a power of two */
} mz_groups_t;


void mz_groups_init(mz_groups_t *g, const mz_spec_t *spec);
void mz_groups_free(mz_groups_t *g);

/* Columns g1.. of a row.  MZ_INTERNAL: they are not what was asked for. */
mz_rc_t mz_groups_read(const mz_spec_t *spec, const mz_rset_t *rs, size_t row,
    mz_value_t *values, mz_err_t *err);

/* Index of the group, added when new; MZ_NOMEM. */
mz_rc_t mz_groups_add(mz_groups_t *g, size_t series, const mz_value_t *values,
    size_t *index);

/* Index of a group, or SIZE_MAX. */
size_t mz_groups_find(const mz_groups_t *g, size_t series,
    const mz_value_t *values);

/*
 * order[0..n): indexes by series, then score (best first, NaN last), then
 * values (null last).
 */
mz_rc_t mz_groups_rank(const mz_groups_t *g, const double *scores,
    bool is_asc, size_t *order);

/* {"country":"US"}; a new reference. */
json_t *mz_groups_json(const mz_spec_t *spec, const mz_group_t *group);


#endif /* MZ_GROUPS_H */
