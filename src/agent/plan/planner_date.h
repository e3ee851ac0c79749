
/*
 * planner_date: the dates and calendar times of a question: "May", "Q1 2025",
 * "June 3", "yesterday", "last month", "3 weeks ago", "Monday".  Called by
 * the pattern matcher (%D) and by planner_time.c.  Pure.
 */

#ifndef MZ_PLANNER_DATE_H
#define MZ_PLANNER_DATE_H

#include "agent/plan/planner_core.h"


typedef struct {
    int64_t    from_ms;         /* [from, to) */
    int64_t    to_ms;
    mz_unit_t  unit;
    int        offset;          /* of a calendar unit: 0 the current one */
    bool       is_calendar;
    bool       has_year;        /* the year was said */
} mz_pl_date_t;


/* A date or calendar time at pos; determiners before it are skipped. */
bool mz_pl_date_at(const mz_pl_t *pl, size_t pos, size_t *end,
    mz_pl_date_t *d);

/* {"calendar",..} or {"from","to"}, in the pool. */
json_t *mz_pl_date_range(mz_pl_t *pl, const mz_pl_date_t *d);

/* {"from","to"}; to_ms is exclusive, 0 for an open end. */
json_t *mz_pl_date_span(mz_pl_t *pl, int64_t from_ms, int64_t to_ms);

/* planner_calendar.c: 0 = Monday, or -1; 1..12, or 0; a year, or 0; .. */
int mz_pl_weekday_at(const mz_pl_t *pl, size_t pos);
int mz_pl_month_at(const mz_pl_t *pl, size_t pos);
int mz_pl_year_at(const mz_pl_t *pl, size_t pos, size_t *end);
int mz_pl_day_at(const mz_pl_t *pl, size_t pos, size_t *end);
int mz_pl_month_days(int year, int month);


#endif /* MZ_PLANNER_DATE_H */
