
/*
 * mz_time: instants as int64 milliseconds since 1970-01-01T00:00:00Z, civil
 * dates of the proleptic Gregorian calendar in UTC.  No clock is read here:
 * the caller passes now in.
 */

#ifndef MZ_TIME_H
#define MZ_TIME_H

#include "base/mz_buf.h"


#define MZ_SECOND_MS  ((int64_t) 1000)
#define MZ_MINUTE_MS  (60 * MZ_SECOND_MS)
#define MZ_HOUR_MS    (60 * MZ_MINUTE_MS)
#define MZ_DAY_MS     (24 * MZ_HOUR_MS)

typedef struct {
    int  year;
    int  month;             /* 1..12 */
    int  day;               /* 1..31 */
    int  hour;
    int  minute;
    int  second;
    int  ms;
    int  weekday;           /* 0 = Monday .. 6 = Sunday; output only */
} mz_civil_t;

typedef enum {
    MZ_UNIT_MINUTE,
    MZ_UNIT_HOUR,
    MZ_UNIT_DAY,
    MZ_UNIT_WEEK,           /* starts on Monday */
    MZ_UNIT_MONTH,
    MZ_UNIT_QUARTER,
    MZ_UNIT_YEAR
} mz_unit_t;


/* Days since 1970-01-01 of a civil date, and back. */
int64_t mz_time_days(int year, int month, int day);
void mz_time_civil(int64_t ms, mz_civil_t *c);
int64_t mz_time_from_civil(const mz_civil_t *c);

/* 28..31 */
int mz_time_month_days(int64_t year, int month);

/* Start of the unit that holds ms. */
int64_t mz_time_floor(int64_t ms, mz_unit_t unit);

/* n units later (n may be negative); day of month clamped to its end. */
int64_t mz_time_add(int64_t ms, mz_unit_t unit, int64_t n);

/* "minute", .. "year" and back; plural forms are accepted. */
const char *mz_unit_name(mz_unit_t unit);
mz_rc_t mz_unit_parse(mz_str_t s, mz_unit_t *unit);

/* "2026-06-15T12:00:00Z", ".250" only when there are milliseconds. */
void mz_time_rfc3339(mz_buf_t *b, int64_t ms);
void mz_time_date(mz_buf_t *b, int64_t ms);             /* "2026-06-15" */

/*
 * RFC 3339 with Z or a numeric offset, a space instead of T, and a date
 * alone (midnight UTC).  MZ_INVALID for all else.
 */
mz_rc_t mz_time_parse(mz_str_t s, int64_t *ms);


#endif /* MZ_TIME_H */
