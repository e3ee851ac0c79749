
/*
 * planner_time: reads the times of a question into slots (range, grain,
 * window, comparison, rolling transform) and marks their tokens, so that
 * later stages see what is left.  Also the defaults that hang on time.
 */

#ifndef MZ_PLANNER_TIME_H
#define MZ_PLANNER_TIME_H

#include "agent/plan/planner_date.h"


#define MZ_PL_GRAIN_NONE   (-1)
#define MZ_PL_GRAIN_TOTAL  (-2)

void mz_pl_read_times(mz_pl_t *pl);

json_t *mz_pl_last(mz_pl_t *pl, int64_t n, mz_unit_t unit);
json_t *mz_pl_window(mz_pl_t *pl, int64_t n, mz_unit_t unit);

/* "total", "hour", .. of a grain. */
const char *mz_pl_grain_name(int grain);

/* The grain of a trend over a range: its days decide. */
int mz_pl_trend_grain(const mz_pl_t *pl, const json_t *range);

/* "last 30 days", "previous month", "2026-05-01 to 2026-05-31". */
mz_str_t mz_pl_range_words(mz_pl_t *pl, const json_t *range);


#endif /* MZ_PLANNER_TIME_H */
