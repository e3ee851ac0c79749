
#include "base/mz_str.h"
#include "base/mz_time.h"
#include "test.h"


typedef struct {
    const char  *text;
    const char  *canonical;     /* NULL: not valid */
} parse_row_t;

typedef struct {
    const char  *at;
    mz_unit_t    unit;
    const char  *start;
} floor_row_t;

typedef struct {
    const char  *at;
    mz_unit_t    unit;
    int64_t      n;
    const char  *result;
} add_row_t;


static const parse_row_t  parses[] = {
    { "2026-06-15T12:00:00Z", "2026-06-15T12:00:00Z" },
    { "2026-06-15t12:00:00z", "2026-06-15T12:00:00Z" },
    { "2026-06-15 12:00:00Z", "2026-06-15T12:00:00Z" },
    { "2026-06-15", "2026-06-15T00:00:00Z" },
    { "2026-06-15T12:00:00.25Z", "2026-06-15T12:00:00.250Z" },
    { "2026-06-15T12:00:00.123999999Z", "2026-06-15T12:00:00.123Z" },
    { "2026-06-15T00:30:00+02:00", "2026-06-14T22:30:00Z" },
    { "2026-12-31T23:30:00-01:30", "2027-01-01T01:00:00Z" },
    { "1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z" },
    { "0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z" },
    { "2024-02-29", "2024-02-29T00:00:00Z" },
    { "2000-02-29", "2000-02-29T00:00:00Z" },
    { "2100-02-29", NULL },
    { "2026-02-29", NULL },
    { "2026-13-01", NULL },
    { "2026-00-01", NULL },
    { "2026-06-00", NULL },
    { "2026-06-31", NULL },
    { "2026-6-15", NULL },
    { "", NULL },
    { "2026", NULL },
    { "2026-06-15 ", NULL },
    { "2026-06-15T", NULL },
    { "2026-06-15T12:00Z", NULL },
    { "2026-06-15T12:00:00", NULL },
    { "2026-06-15T24:00:00Z", NULL },
    { "2026-06-15T12:60:00Z", NULL },
    { "2026-06-15T12:00:60Z", NULL },
    { "2026-06-15T12:00:00.Z", NULL },
    { "2026-06-15T12:00:00.1234567890Z", NULL },
    { "2026-06-15T12:00:00+2:00", NULL },
    { "2026-06-15T12:00:00+24:00", NULL },
    { "2026-06-15T12:00:00Zx", NULL },
    { "-026-06-15", NULL }
};

/* 2026-06-15 is a Monday. */

static const floor_row_t  floors[] = {
    { "2026-06-15T12:34:56.789Z", MZ_UNIT_MINUTE, "2026-06-15T12:34:00Z" },
    { "2026-06-15T12:34:56Z", MZ_UNIT_HOUR, "2026-06-15T12:00:00Z" },
    { "2026-06-15T12:34:56Z", MZ_UNIT_DAY, "2026-06-15T00:00:00Z" },
    { "2026-06-15T00:00:00Z", MZ_UNIT_WEEK, "2026-06-15T00:00:00Z" },
    { "2026-06-14T23:59:59Z", MZ_UNIT_WEEK, "2026-06-08T00:00:00Z" },
    { "1970-01-01T00:00:00Z", MZ_UNIT_WEEK, "1969-12-29T00:00:00Z" },
    { "1969-12-31T23:59:59Z", MZ_UNIT_DAY, "1969-12-31T00:00:00Z" },
    { "2026-06-15T12:34:56Z", MZ_UNIT_MONTH, "2026-06-01T00:00:00Z" },
    { "2026-06-15T12:34:56Z", MZ_UNIT_QUARTER, "2026-04-01T00:00:00Z" },
    { "2026-12-31T12:34:56Z", MZ_UNIT_QUARTER, "2026-10-01T00:00:00Z" },
    { "2026-06-15T12:34:56Z", MZ_UNIT_YEAR, "2026-01-01T00:00:00Z" }
};

static const add_row_t  adds[] = {
    { "2026-01-31T10:00:00Z", MZ_UNIT_MONTH, 1, "2026-02-28T10:00:00Z" },
    { "2024-01-31T10:00:00Z", MZ_UNIT_MONTH, 1, "2024-02-29T10:00:00Z" },
    { "2026-03-31T00:00:00Z", MZ_UNIT_MONTH, -1, "2026-02-28T00:00:00Z" },
    { "2026-01-15T00:00:00Z", MZ_UNIT_MONTH, -1, "2025-12-15T00:00:00Z" },
    { "2026-01-15T00:00:00Z", MZ_UNIT_MONTH, -25, "2023-12-15T00:00:00Z" },
    { "2026-11-30T00:00:00Z", MZ_UNIT_QUARTER, 1, "2027-02-28T00:00:00Z" },
    { "2024-02-29T00:00:00Z", MZ_UNIT_YEAR, 1, "2025-02-28T00:00:00Z" },
    { "2024-02-29T00:00:00Z", MZ_UNIT_YEAR, 4, "2028-02-29T00:00:00Z" },
    { "2026-06-15T00:00:00Z", MZ_UNIT_WEEK, -2, "2026-06-01T00:00:00Z" },
    { "2026-06-15T00:00:00Z", MZ_UNIT_DAY, 30, "2026-07-15T00:00:00Z" },
    { "2026-06-15T00:00:00Z", MZ_UNIT_MINUTE, -1, "2026-06-14T23:59:00Z" }
};


static int64_t
at(const char *text)
{
    int64_t  ms;

    CHECK_ROW(mz_time_parse(mz_str_from(text), &ms) == MZ_OK, "%s", text);

    return ms;
}


static void
check_time(int64_t ms, const char *want)
{
    mz_buf_t  b;

    mz_buf_init(&b, 0);
    mz_time_rfc3339(&b, ms);
    CHECK_STR(mz_buf_view(&b), want);
    mz_buf_free(&b);
}


static void
test_parse(void)
{
    size_t   i;
    int64_t  ms;

    for (i = 0; i < MZ_ARRAY_LEN(parses); i++) {
        if (parses[i].canonical == NULL) {
            CHECK_ROW(mz_time_parse(mz_str_from(parses[i].text), &ms)
                      == MZ_INVALID && ms == 0, "%s", parses[i].text);

        } else {
            check_time(at(parses[i].text), parses[i].canonical);
        }
    }

    CHECK(at("1970-01-01T00:00:01Z") == 1000);
    CHECK(at("2026-06-15T12:00:00Z") == INT64_C(1781524800000));
}


static void
test_calendar(void)
{
    int64_t     day;
    mz_civil_t  c;

    /* 400 years and a bit, both sides of the epoch. */

    for (day = -150000; day < 150000; day++) {
        mz_time_civil(day * MZ_DAY_MS + 1, &c);

        if (mz_time_days(c.year, c.month, c.day) != day
            || c.weekday != ((day + 3) % 7 + 7) % 7
            || mz_time_from_civil(&c) != day * MZ_DAY_MS + 1)
        {
            CHECK_ROW(false, "day %lld", (long long) day);
            return;
        }
    }

    mz_time_civil(at("2026-06-15T12:34:56.789Z"), &c);
    CHECK(c.year == 2026 && c.month == 6 && c.day == 15 && c.hour == 12
          && c.minute == 34 && c.second == 56 && c.ms == 789);
    CHECK(c.weekday == 0);
}


static void
test_units(void)
{
    size_t     i;
    mz_buf_t   b;
    mz_unit_t  unit;

    for (i = 0; i < MZ_ARRAY_LEN(floors); i++) {
        check_time(mz_time_floor(at(floors[i].at), floors[i].unit),
                   floors[i].start);
    }

    for (i = 0; i < MZ_ARRAY_LEN(adds); i++) {
        check_time(mz_time_add(at(adds[i].at), adds[i].unit, adds[i].n),
                   adds[i].result);
    }

    CHECK(mz_unit_parse(mz_str("weeks"), &unit) == MZ_OK
          && unit == MZ_UNIT_WEEK);
    CHECK(mz_unit_parse(mz_str("minute"), &unit) == MZ_OK
          && unit == MZ_UNIT_MINUTE);
    CHECK(mz_unit_parse(mz_str("dayss"), &unit) == MZ_INVALID);
    CHECK(mz_unit_parse(mz_str("da"), &unit) == MZ_INVALID);
    CHECK(mz_unit_parse(mz_str(""), &unit) == MZ_INVALID);
    CHECK_STR(mz_str_from(mz_unit_name(MZ_UNIT_QUARTER)), "quarter");

    mz_buf_init(&b, 0);
    mz_time_date(&b, at("2026-06-15T12:00:00Z"));
    CHECK_STR(mz_buf_view(&b), "2026-06-15");
    mz_buf_free(&b);
}


static void
test_extremes(void)
{
    mz_civil_t  c;
    mz_unit_t   unit;

    for (unit = MZ_UNIT_MINUTE; unit <= MZ_UNIT_YEAR; unit++) {
        CHECK(mz_time_add(0, unit, INT64_MAX) == INT64_MAX);
        CHECK(mz_time_add(0, unit, INT64_MIN) == INT64_MIN);
        CHECK(mz_time_floor(INT64_MAX, unit) <= INT64_MAX);
        CHECK(mz_time_floor(INT64_MIN, unit) == INT64_MIN);
    }

    mz_time_civil(INT64_MIN, &c);
    CHECK(c.month >= 1 && c.month <= 12);
    mz_time_civil(INT64_MAX, &c);
    CHECK(c.month >= 1 && c.month <= 12);
}


static const mz_test_t  tests[] = {
    { "reading RFC 3339", test_parse },
    { "civil dates and day numbers agree", test_calendar },
    { "floor and add by units", test_units },
    { "extreme instants saturate", test_extremes }
};

MZ_TEST_MAIN(tests)
