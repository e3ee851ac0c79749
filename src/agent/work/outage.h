
/*
 * outage: what was away and for how long, so that a log has a line when it
 * goes and one when it comes, and not one for each try between.
 */

#ifndef MZ_OUTAGE_H
#define MZ_OUTAGE_H

#include "base/mz_base.h"


typedef struct {
    bool     is_on;
    int64_t  since_ms;                  /* monotonic */
} mz_outage_t;


/* A try failed; true: the first one, which is worth a line. */
bool mz_outage_failed(mz_outage_t *o);

/* A try did not fail; true: it is over, after *ms. */
bool mz_outage_over(mz_outage_t *o, int64_t *ms);


#endif /* MZ_OUTAGE_H */
