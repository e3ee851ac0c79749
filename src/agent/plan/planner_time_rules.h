
/*
 * planner_time_rules: what the patterns of planner_time.c can say; it finds
 * them, planner_time_apply.c does what they say.
 */

#ifndef MZ_PLANNER_TIME_RULES_H
#define MZ_PLANNER_TIME_RULES_H

#include "agent/plan/planner_time.h"


enum {
    MZ_PL_T_LAST = 1,           /* last N units */
    MZ_PL_T_LAST_ONE,           /* past week: rolling */
    MZ_PL_T_OPEN,               /* since a date */
    MZ_PL_T_OPEN_AGO,           /* since N units ago: rolling */
    MZ_PL_T_OPEN_UNIT,          /* since the start of the month */
    MZ_PL_T_BETWEEN,
    MZ_PL_T_TO_DAY,             /* June 3 to 10 */
    MZ_PL_T_SINCE_THEN,         /* the end of a range is now */
    MZ_PL_T_TO_DATE,            /* month to date */
    MZ_PL_T_XTD,
    MZ_PL_T_ALL,
    MZ_PL_T_UP_TO,
    MZ_PL_T_ON,                 /* a date or calendar unit */
    MZ_PL_T_PAIR,               /* this week versus last week */
    MZ_PL_T_PAIR_LAST,          /* this year versus last */
    MZ_PL_T_COMPARE,            /* arg: 0 period, 1 year */
    MZ_PL_T_COMPARE_DATE,
    MZ_PL_T_COMPARE_NEAR,       /* what cannot be said exactly */
    MZ_PL_T_OVER_PERIOD,        /* week over week */
    MZ_PL_T_WINDOW,
    MZ_PL_T_WINDOW_ONE,
    MZ_PL_T_IN,                 /* in N units */
    MZ_PL_T_ROLLING,
    MZ_PL_T_ROLLING_DEFAULT,
    MZ_PL_T_CUMULATIVE,
    MZ_PL_T_GRAIN,              /* arg: the unit */
    MZ_PL_T_GRAIN_UNIT,         /* per unit */
    MZ_PL_T_GRAIN_SOFT,         /* in a week */
    MZ_PL_T_TOTAL
};


void mz_pl_time_rule(mz_pl_t *pl, const mz_pl_rule_t *rule,
    const mz_pl_match_t *m);


#endif /* MZ_PLANNER_TIME_RULES_H */
