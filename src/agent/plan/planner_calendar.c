
#include "agent/plan/planner_date.h"


#define MZ_PL_YEAR_MIN  1990
#define MZ_PL_YEAR_MAX  2100

typedef struct {
    const char  *name;
    const char  *abbr;
} mz_pl_named_t;

static const mz_pl_named_t  mz_pl_months[] = {
    { "january", "jan" }, { "february", "feb" }, { "march", "mar" },
    { "april", "apr" }, { "may", "may" }, { "june", "jun" },
    { "july", "jul" }, { "august", "aug" }, { "september", "sep" },
    { "october", "oct" }, { "november", "nov" }, { "december", "dec" },
};

static const mz_pl_named_t  mz_pl_weekdays[] = {
    { "monday", "mondays" }, { "tuesday", "tuesdays" },
    { "wednesday", "wednesdays" }, { "thursday", "thursdays" },
    { "friday", "fridays" }, { "saturday", "saturdays" },
    { "sunday", "sundays" },
};


/* "may" in lower case is the month only behind one of these. */

static const char *const  mz_pl_before_may =
    "in since from of during for until to between and through last this "
    "versus by before after past late early mid previous with";


static int mz_pl_named(const mz_pl_t *pl, size_t pos,
    const mz_pl_named_t *names, size_t n);


int
mz_pl_weekday_at(const mz_pl_t *pl, size_t pos)
{
    return mz_pl_named(pl, pos, mz_pl_weekdays,
                       MZ_ARRAY_LEN(mz_pl_weekdays));
}


int
mz_pl_month_days(int year, int month)
{
    int64_t  first;

    first = mz_time_days(year, month, 1);

    return (int) (mz_time_add(first * MZ_DAY_MS, MZ_UNIT_MONTH, 1)
                  / MZ_DAY_MS - first);
}


static int
mz_pl_named(const mz_pl_t *pl, size_t pos, const mz_pl_named_t *names,
    size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        if (mz_pl_is(pl, pos, names[i].name)
            || mz_pl_is(pl, pos, names[i].abbr))
        {
            return (int) i;
        }
    }

    return -1;
}


/* 1..12, or 0. */

int
mz_pl_month_at(const mz_pl_t *pl, size_t pos)
{
    int  month;

    if (pos >= pl->ntok) {
        return 0;
    }

    month = mz_pl_named(pl, pos, mz_pl_months, MZ_ARRAY_LEN(mz_pl_months));

    if (month == 4 && pl->tok[pos].raw.data[0] == 'm'
        && !(pos > 0 && (mz_pl_is_any(pl, pos - 1, mz_pl_before_may)
                         || pl->tok[pos - 1].kind == MZ_PL_NUMBER)))
    {
        return 0;
    }

    return month + 1;
}


/* A year behind a month or quarter: "2025", "of 2025", "last year". */

int
mz_pl_year_at(const mz_pl_t *pl, size_t pos, size_t *end)
{
    double         y;
    mz_civil_t     now;
    mz_pl_match_t  m;

    mz_time_civil(pl->now, &now);

    if (mz_pl_match(pl, "of|in|,? #", pos, &m)) {
        y = m.num[0];
        if (y >= MZ_PL_YEAR_MIN && y <= MZ_PL_YEAR_MAX && y == (int) y) {
            *end = m.end;
            return (int) y;
        }
    }

    if (mz_pl_match(pl, "of|in? last|previous year", pos, &m)
        && pl->tok[pos].kind != MZ_PL_NUMBER)
    {
        *end = m.end;
        return now.year - 1;
    }

    if (mz_pl_match(pl, "of|in? this|current year", pos, &m)) {
        *end = m.end;
        return now.year;
    }

    return 0;
}


int
mz_pl_day_at(const mz_pl_t *pl, size_t pos, size_t *end)
{
    double  n;

    if (pos >= pl->ntok || pl->tok[pos].kind != MZ_PL_NUMBER) {
        return 0;
    }

    n = pl->tok[pos].num;
    if (n < 1 || n > 31 || n != (int) n) {
        return 0;
    }

    if (mz_pl_is_any(pl, pos + 1, "day days week weeks month months hour "
                     "hours times"))
    {
        return 0;
    }

    *end = pos + 1 + mz_pl_is_any(pl, pos + 1, "st nd rd th");

    return (int) n;
}
