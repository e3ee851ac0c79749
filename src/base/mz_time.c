
#include "base/mz_str.h"
#include "base/mz_time.h"


typedef struct {
    mz_str_t    name;
    mz_unit_t   unit;
} mz_unit_name_t;


static const mz_unit_name_t  mz_units[] = {
    { mz_str("minute"),  MZ_UNIT_MINUTE },
    { mz_str("hour"),    MZ_UNIT_HOUR },
    { mz_str("day"),     MZ_UNIT_DAY },
    { mz_str("week"),    MZ_UNIT_WEEK },
    { mz_str("month"),   MZ_UNIT_MONTH },
    { mz_str("quarter"), MZ_UNIT_QUARTER },
    { mz_str("year"),    MZ_UNIT_YEAR }
};

static const int64_t  mz_unit_ms[] = {
    [MZ_UNIT_MINUTE] = MZ_MINUTE_MS,
    [MZ_UNIT_HOUR] = MZ_HOUR_MS,
    [MZ_UNIT_DAY] = MZ_DAY_MS,
    [MZ_UNIT_WEEK] = 7 * MZ_DAY_MS
};

static const int  mz_month_days[] = {
    31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
};


static int64_t mz_time_sum(int64_t a, int64_t b);
static int64_t mz_time_product(int64_t a, int64_t b);
static int64_t mz_time_floor_to(int64_t ms, int64_t step, int64_t origin);
static int64_t mz_time_add_months(int64_t ms, int64_t n);
static int64_t mz_time_day_number(int64_t year, int month, int day);
static void mz_time_write_date(mz_buf_t *b, const mz_civil_t *c);
static void mz_time_write_2(mz_buf_t *b, char before, int v);


int64_t
mz_time_days(int year, int month, int day)
{
    return mz_time_day_number(year, month, day);
}


/*
 * Counts in eras of 400 years that start on 1 March, so that the leap day is
 * the last of its year and the lengths of months follow (153 m + 2) / 5.
 */

static int64_t
mz_time_day_number(int64_t year, int month, int day)
{
    int64_t  era, yoe, doy;

    year -= month <= 2;
    era = (year >= 0 ? year : year - 399) / 400;
    yoe = year - era * 400;
    doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}


void
mz_time_civil(int64_t ms, mz_civil_t *c)
{
    int64_t  days, rest, era, doe, yoe, doy, mp;

    days = ms / MZ_DAY_MS;
    rest = ms % MZ_DAY_MS;

    if (rest < 0) {
        days--;
        rest += MZ_DAY_MS;
    }

    c->hour = (int) (rest / MZ_HOUR_MS);
    c->minute = (int) (rest / MZ_MINUTE_MS % 60);
    c->second = (int) (rest / MZ_SECOND_MS % 60);
    c->ms = (int) (rest % MZ_SECOND_MS);

    /* 1970-01-01 was a Thursday. */

    c->weekday = (int) (((days + 3) % 7 + 7) % 7);

    days += 719468;
    era = (days >= 0 ? days : days - 146096) / 146097;
    doe = days - era * 146097;
    yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    mp = (5 * doy + 2) / 153;

    c->day = (int) (doy - (153 * mp + 2) / 5 + 1);
    c->month = (int) (mp < 10 ? mp + 3 : mp - 9);
    c->year = (int) (yoe + era * 400 + (c->month <= 2));
}


int64_t
mz_time_from_civil(const mz_civil_t *c)
{
    int64_t  ms;

    ms = mz_time_product(mz_time_days(c->year, c->month, c->day), MZ_DAY_MS);

    return mz_time_sum(ms, c->hour * MZ_HOUR_MS + c->minute * MZ_MINUTE_MS
                           + c->second * MZ_SECOND_MS + c->ms);
}


int64_t
mz_time_floor(int64_t ms, mz_unit_t unit)
{
    mz_civil_t  c;

    switch (unit) {

    case MZ_UNIT_MINUTE:
    case MZ_UNIT_HOUR:
    case MZ_UNIT_DAY:
        return mz_time_floor_to(ms, mz_unit_ms[unit], 0);

    case MZ_UNIT_WEEK:
        /* 1970-01-05 was a Monday. */
        return mz_time_floor_to(ms, 7 * MZ_DAY_MS, 4 * MZ_DAY_MS);

    default:
        break;
    }

    mz_time_civil(ms, &c);

    if (unit == MZ_UNIT_QUARTER) {
        c.month -= (c.month - 1) % 3;

    } else if (unit == MZ_UNIT_YEAR) {
        c.month = 1;
    }

    return mz_time_product(mz_time_days(c.year, c.month, 1), MZ_DAY_MS);
}


int64_t
mz_time_add(int64_t ms, mz_unit_t unit, int64_t n)
{
    switch (unit) {

    case MZ_UNIT_MONTH:
        return mz_time_add_months(ms, n);

    case MZ_UNIT_QUARTER:
        return mz_time_add_months(ms, mz_time_product(n, 3));

    case MZ_UNIT_YEAR:
        return mz_time_add_months(ms, mz_time_product(n, 12));

    default:
        return mz_time_sum(ms, mz_time_product(n, mz_unit_ms[unit]));
    }
}


const char *
mz_unit_name(mz_unit_t unit)
{
    if ((size_t) unit >= MZ_ARRAY_LEN(mz_units)) {
        return "unknown";
    }

    return mz_units[unit].name.data;
}


mz_rc_t
mz_unit_parse(mz_str_t s, mz_unit_t *unit)
{
    size_t  i;

    for (i = 0; i < MZ_ARRAY_LEN(mz_units); i++) {
        if (mz_str_has_prefix(s, mz_units[i].name)
            && (s.len == mz_units[i].name.len
                || (s.len == mz_units[i].name.len + 1
                    && s.data[s.len - 1] == 's')))
        {
            *unit = mz_units[i].unit;
            return MZ_OK;
        }
    }

    *unit = MZ_UNIT_DAY;

    return MZ_INVALID;
}


void
mz_time_rfc3339(mz_buf_t *b, int64_t ms)
{
    mz_civil_t  c;

    mz_time_civil(ms, &c);
    mz_time_write_date(b, &c);
    mz_time_write_2(b, 'T', c.hour);
    mz_time_write_2(b, ':', c.minute);
    mz_time_write_2(b, ':', c.second);

    if (c.ms != 0) {
        mz_buf_addf(b, ".%03d", c.ms);
    }

    mz_buf_add_char(b, 'Z');
}


void
mz_time_date(mz_buf_t *b, int64_t ms)
{
    mz_civil_t  c;

    mz_time_civil(ms, &c);
    mz_time_write_date(b, &c);
}


static void
mz_time_write_date(mz_buf_t *b, const mz_civil_t *c)
{
    if (c->year < 0 || c->year > 9999) {
        mz_buf_addf(b, "%05d", c->year);

    } else {
        mz_buf_add_char(b, (char) ('0' + c->year / 1000));
        mz_buf_add_char(b, (char) ('0' + c->year / 100 % 10));
        mz_buf_add_char(b, (char) ('0' + c->year / 10 % 10));
        mz_buf_add_char(b, (char) ('0' + c->year % 10));
    }

    mz_time_write_2(b, '-', c->month);
    mz_time_write_2(b, '-', c->day);
}


static void
mz_time_write_2(mz_buf_t *b, char before, int v)
{
    char  text[3];

    text[0] = before;
    text[1] = (char) ('0' + v / 10);
    text[2] = (char) ('0' + v % 10);

    mz_buf_add(b, text, sizeof(text));
}


static int64_t
mz_time_floor_to(int64_t ms, int64_t step, int64_t origin)
{
    int64_t  rest;

    rest = (ms % step - origin) % step;

    if (rest < 0) {
        rest += step;
    }

    return mz_time_sum(ms, -rest);
}


static int64_t
mz_time_add_months(int64_t ms, int64_t n)
{
    int         last;
    int64_t     months, year, day_ms;
    mz_civil_t  c;

    mz_time_civil(ms, &c);

    day_ms = ms - mz_time_floor_to(ms, MZ_DAY_MS, 0);
    months = mz_time_sum((int64_t) c.year * 12 + c.month - 1, n);
    year = months / 12;
    c.month = (int) (months % 12);

    if (c.month < 0) {
        year--;
        c.month += 12;
    }

    c.month++;

    /* Beyond what milliseconds reach: saturates, also in between. */

    if (year > INT32_MAX) {
        return INT64_MAX;
    }

    if (year < INT32_MIN) {
        return INT64_MIN;
    }

    last = mz_time_month_days(year, c.month);
    c.day = c.day < last ? c.day : last;
    ms = mz_time_product(mz_time_day_number(year, c.month, c.day), MZ_DAY_MS);

    return mz_time_sum(ms, day_ms);
}


int
mz_time_month_days(int64_t year, int month)
{
    if (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)) {
        return 29;
    }

    return mz_month_days[month - 1];
}


/* Saturating, so that no caller's number from outside can overflow. */

static int64_t
mz_time_sum(int64_t a, int64_t b)
{
    int64_t  sum;

    if (__builtin_add_overflow(a, b, &sum)) {
        return a < 0 ? INT64_MIN : INT64_MAX;
    }

    return sum;
}


static int64_t
mz_time_product(int64_t a, int64_t b)
{
    int64_t  product;

    if (__builtin_mul_overflow(a, b, &product)) {
        return (a < 0) != (b < 0) ? INT64_MIN : INT64_MAX;
    }

    return product;
}
