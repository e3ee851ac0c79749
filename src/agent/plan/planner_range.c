
#include "agent/plan/planner_time.h"


static int64_t mz_pl_range_days(const json_t *range);


json_t *
mz_pl_last(mz_pl_t *pl, int64_t n, mz_unit_t unit)
{
    return mz_pl_keep(pl, json_pack("{s:I,s:s}", "last", (json_int_t) n,
                                    "unit", mz_unit_name(unit)));
}


json_t *
mz_pl_window(mz_pl_t *pl, int64_t n, mz_unit_t unit)
{
    return mz_pl_keep(pl, json_pack("{s:I,s:s}", "n", (json_int_t) n,
                                    "unit", mz_unit_name(unit)));
}


const char *
mz_pl_grain_name(int grain)
{
    return grain < 0 ? "total" : mz_unit_name((mz_unit_t) grain);
}


int
mz_pl_trend_grain(const mz_pl_t *pl, const json_t *range)
{
    int64_t  days, from, to;

    days = mz_pl_range_days(range);

    if (days == 0) {
        from = pl->cat->first_ms;
        to = pl->now;

        if (mz_json_get_str(range, "from").len != 0) {
            (void) mz_time_parse(mz_json_get_str(range, "from"), &from);
        }

        if (mz_json_get_str(range, "to").len != 0
            && mz_time_parse(mz_json_get_str(range, "to"), &to) == MZ_OK)
        {
            to += MZ_DAY_MS;
        }

        days = (to - from) / MZ_DAY_MS;
    }

    if (days <= 2) {
        return MZ_UNIT_HOUR;
    }

    if (days <= 45) {
        return MZ_UNIT_DAY;
    }

    return days <= 120 ? MZ_UNIT_WEEK : MZ_UNIT_MONTH;
}


mz_str_t
mz_pl_range_words(mz_pl_t *pl, const json_t *range)
{
    int64_t      n;
    mz_str_t     unit, from, to;
    const char  *which;

    n = mz_json_get_int(range, "last", 0);
    unit = mz_json_get_str(range, "unit");
    if (n != 0) {
        return mz_pl_printf(pl, "last %lld %.*s%s", (long long) n,
                            (int) unit.len, unit.data, n == 1 ? "" : "s");
    }

    unit = mz_json_get_str(range, "calendar");
    if (unit.len != 0) {
        n = mz_json_get_int(range, "offset", 0);
        which = n == 0 ? "this" : n == -1 ? "previous" : NULL;

        return which != NULL
               ? mz_pl_printf(pl, "%s %.*s", which, (int) unit.len,
                              unit.data)
               : mz_pl_printf(pl, "the calendar %.*s %lld ago",
                              (int) unit.len, unit.data, (long long) -n);
    }

    from = mz_json_get_str(range, "from");
    to = mz_json_get_str(range, "to");
    if (from.len == 0) {
        return mz_str("all data");
    }

    return mz_pl_printf(pl, "%.*s to %.*s", (int) from.len, from.data,
                        to.len != 0 ? (int) to.len : 3,
                        to.len != 0 ? to.data : "now");
}


/* Days of a rolling or calendar range; 0 where dates decide. */

static int64_t
mz_pl_range_days(const json_t *range)
{
    int64_t               n;
    mz_str_t              name;
    mz_unit_t             unit;
    static const int64_t  days[] = { 0, 0, 1, 7, 30, 91, 365 };

    n = mz_json_get_int(range, "last", 0);
    name = mz_json_get_str(range, n != 0 ? "unit" : "calendar");

    if (name.len == 0 || mz_unit_parse(name, &unit) != MZ_OK) {
        return 0;
    }

    if (unit == MZ_UNIT_HOUR) {
        return n / 24 + 1;
    }

    return (n != 0 ? n : 1) * days[unit];
}
