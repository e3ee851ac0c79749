
/*
 * sql_funnel: what the two parts of the funnel compiler share.  Rows that
 * take part are the CTE "e": u user, h1.. hold values, b bucket, t time in
 * us, m1.. whether the row can be that step (m1 only inside the range), q
 * inside the range (order any only), g1.. groups, l1.. time of the last
 * excluded event before the row, e1.. whether one has the same time.
 */

#ifndef MZ_SQL_FUNNEL_H
#define MZ_SQL_FUNNEL_H

#include "analysis/sql.h"


typedef struct {
    const mz_spec_funnel_t  *funnel;
    const mz_range_t        *range;
    int                      nsteps;
    bool                     has_bucket;
} mz_sql_funnel_t;


/* Text of the CTEs that end with e, without WITH. */
void mz_sql_funnel_rows(mz_sql_t *s, const mz_sql_funnel_t *f);

/* "u, h1, b" with a prefix. */
void mz_sql_funnel_keys(mz_sql_t *s, const mz_sql_funnel_t *f,
    const char *prefix);

/* "a.u = b.u AND .." */
void mz_sql_funnel_join(mz_sql_t *s, const mz_sql_funnel_t *f, const char *a,
    const char *b, bool has_bucket);


#endif /* MZ_SQL_FUNNEL_H */
