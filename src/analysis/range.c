
#include "analysis/range.h"
#include "analysis/spec_read.h"
#include "base/mz_str.h"


#define MZ_RANGE_LAST_MAX    100000
#define MZ_RANGE_OFFSET_MAX  10000


static mz_rc_t mz_range_parse_last(json_t *j, const char *path,
    int64_t now_ms, mz_range_t *r, mz_err_t *err);
static mz_rc_t mz_range_parse_calendar(json_t *j, const char *path,
    int64_t now_ms, mz_range_t *r, mz_err_t *err);
static mz_rc_t mz_range_parse_dates(json_t *j, const char *path,
    int64_t now_ms, mz_range_t *r, mz_err_t *err);
static mz_rc_t mz_range_date(json_t *j, const char *key,
    const char *path, int64_t *ms, mz_err_t *err);
static mz_rc_t mz_range_unit(json_t *j, const char *key,
    const char *path, mz_unit_t *unit, mz_err_t *err);
static int64_t mz_range_months(const mz_range_t *r);
static int64_t mz_range_number(int64_t ms, mz_unit_t unit);


mz_rc_t
mz_range_parse(json_t *j, const char *path, const mz_catalog_t *cat,
    int64_t now_ms, mz_range_t *out, mz_err_t *err)
{
    memset(out, 0, sizeof(mz_range_t));

    if (json_object_get(j, "last") != NULL) {
        return mz_range_parse_last(j, path, now_ms, out, err);
    }

    if (json_object_get(j, "calendar") != NULL) {
        return mz_range_parse_calendar(j, path, now_ms, out, err);
    }

    if (json_object_get(j, "from") != NULL) {
        return mz_range_parse_dates(j, path, now_ms, out, err);
    }

    if (json_is_true(json_object_get(j, "all")) && json_object_size(j) == 1) {
        out->form = MZ_RANGE_ALL;
        out->from_ms = cat->first_ms < now_ms ? cat->first_ms : now_ms;
        out->to_ms = now_ms;
        return MZ_OK;
    }

    return mz_fail(err, MZ_INVALID, "%s is none of {\"last\":7,\"unit\":"
                   "\"day\"}, {\"calendar\":\"month\",\"offset\":-1},"
                   " {\"from\":\"2026-01-01\",\"to\":\"2026-01-31\"},"
                   " {\"all\":true}", path);
}


mz_rc_t
mz_range_before(const mz_range_t *r, bool is_year, mz_range_t *out,
    mz_err_t *err)
{
    int64_t  months;

    *out = *r;

    if (r->form == MZ_RANGE_ALL) {
        return mz_fail(err, MZ_INVALID, "there is no period before all of the"
                       " data: give a range to compare");
    }

    months = mz_range_months(r);

    if (is_year) {
        out->from_ms = mz_time_add(r->from_ms, MZ_UNIT_YEAR, -1);
        out->to_ms = mz_time_add(r->to_ms, MZ_UNIT_YEAR, -1);

    } else if (r->form == MZ_RANGE_LAST) {
        out->from_ms = mz_time_add(r->from_ms, r->unit, -r->n);
        out->to_ms = r->from_ms;

    } else if (r->form == MZ_RANGE_CALENDAR) {
        out->from_ms = mz_time_add(r->from_ms, r->unit, -1);
        out->to_ms = r->is_running ? mz_time_add(r->to_ms, r->unit, -1)
                                   : r->from_ms;

    } else if (months > 0) {
        out->from_ms = mz_time_add(r->from_ms, MZ_UNIT_MONTH, -months);
        out->to_ms = r->from_ms;

    } else {
        out->from_ms = r->from_ms - (r->to_ms - r->from_ms);
        out->to_ms = r->from_ms;
    }

    if (out->to_ms > r->from_ms && !is_year) {
        out->to_ms = r->from_ms;
    }

    return MZ_OK;
}


size_t
mz_range_buckets(int64_t from_ms, int64_t to_ms, mz_unit_t unit)
{
    if (to_ms <= from_ms) {
        return 0;
    }

    return (size_t) (mz_range_index(from_ms, to_ms - 1, unit) + 1);
}


int64_t
mz_range_index(int64_t from_ms, int64_t start_ms, mz_unit_t unit)
{
    return mz_range_number(start_ms, unit) - mz_range_number(from_ms, unit);
}


void
mz_range_words(const mz_range_t *r, mz_buf_t *out)
{
    const char  *unit;

    unit = mz_unit_name(r->unit);

    switch (r->form) {

    case MZ_RANGE_LAST:
        if (r->n == 1) {
            mz_buf_addf(out, "the last %s", unit);
        } else {
            mz_buf_addf(out, "the last %lld %ss", (long long) r->n, unit);
        }
        break;

    case MZ_RANGE_CALENDAR:
        if (r->n == 0) {
            mz_buf_addf(out, "this calendar %s so far", unit);
        } else if (r->n == -1) {
            mz_buf_addf(out, "the previous calendar %s", unit);
        } else {
            mz_buf_addf(out, "the calendar %s %lld %ss ago", unit,
                        (long long) -r->n, unit);
        }
        break;

    case MZ_RANGE_DATES:
        mz_buf_add_c(out, r->is_open ? "since " : "from ");
        mz_time_date(out, r->from_ms);
        if (!r->is_open) {
            mz_buf_add_c(out, " to ");
            mz_time_date(out, r->to_ms - 1);
            mz_buf_add_c(out, " inclusive");
        }
        break;

    case MZ_RANGE_ALL:
        mz_buf_add_c(out, "all of the data");
        break;
    }

    mz_buf_add_c(out, " (");
    mz_time_rfc3339(out, r->from_ms);
    mz_buf_add_c(out, " to ");
    mz_time_rfc3339(out, r->to_ms);
    mz_buf_add_c(out, ", end exclusive)");
}


static mz_rc_t
mz_range_parse_last(json_t *j, const char *path, int64_t now_ms,
    mz_range_t *r, mz_err_t *err)
{
    mz_rc_t                   rc;
    static const char *const  members[] = { "last", "unit", NULL };

    r->form = MZ_RANGE_LAST;

    rc = mz_read_members(j, path, members, err);
    if (rc == MZ_OK) {
        rc = mz_read_int(j, "last", path, 1, MZ_RANGE_LAST_MAX, &r->n, err);
    }

    if (rc == MZ_OK) {
        rc = mz_range_unit(j, "unit", path, &r->unit, err);
    }

    if (rc != MZ_OK) {
        return rc;
    }

    r->from_ms = mz_time_add(now_ms, r->unit, -r->n);
    r->to_ms = now_ms;

    return MZ_OK;
}


static mz_rc_t
mz_range_parse_calendar(json_t *j, const char *path, int64_t now_ms,
    mz_range_t *r, mz_err_t *err)
{
    int64_t                   start, end;
    mz_rc_t                   rc;
    static const char *const  members[] = { "calendar", "offset", NULL };

    r->form = MZ_RANGE_CALENDAR;

    rc = mz_read_members(j, path, members, err);
    if (rc == MZ_OK) {
        rc = mz_range_unit(j, "calendar", path, &r->unit, err);
    }

    if (rc == MZ_OK && json_object_get(j, "offset") != NULL) {
        rc = mz_read_int(j, "offset", path, -MZ_RANGE_OFFSET_MAX, 0, &r->n,
                         err);
    }

    if (rc != MZ_OK) {
        return rc;
    }

    start = mz_time_add(mz_time_floor(now_ms, r->unit), r->unit, r->n);
    end = mz_time_add(start, r->unit, 1);

    r->from_ms = start;
    r->to_ms = end < now_ms ? end : now_ms;
    r->is_running = end > now_ms;

    return MZ_OK;
}


static mz_rc_t
mz_range_parse_dates(json_t *j, const char *path, int64_t now_ms,
    mz_range_t *r, mz_err_t *err)
{
    int64_t                   end;
    mz_rc_t                   rc;
    static const char *const  members[] = { "from", "to", NULL };

    r->form = MZ_RANGE_DATES;
    r->is_open = json_object_get(j, "to") == NULL;
    end = now_ms;

    rc = mz_read_members(j, path, members, err);
    if (rc == MZ_OK) {
        rc = mz_range_date(j, "from", path, &r->from_ms, err);
    }

    if (rc == MZ_OK && !r->is_open) {
        rc = mz_range_date(j, "to", path, &end, err);
        end += MZ_DAY_MS;
    }

    if (rc != MZ_OK) {
        return rc;
    }

    if (end <= r->from_ms && !r->is_open) {
        return mz_fail(err, MZ_INVALID, "%s.to is before from", path);
    }

    if (r->from_ms >= now_ms) {
        return mz_fail(err, MZ_INVALID, "%s begins in the future: there is no"
                       " data yet", path);
    }

    r->to_ms = end < now_ms ? end : now_ms;
    r->is_running = end > now_ms;

    return MZ_OK;
}


static mz_rc_t
mz_range_date(json_t *j, const char *key, const char *path, int64_t *ms,
    mz_err_t *err)
{
    mz_str_t  s;

    s = mz_json_get_str(j, key);

    if (s.len != sizeof("2026-01-31") - 1 || mz_time_parse(s, ms) != MZ_OK) {
        return mz_fail(err, MZ_INVALID, "%s.%s is not a date such as"
                       " \"2026-01-31\"", path, key);
    }

    return MZ_OK;
}


static mz_rc_t
mz_range_unit(json_t *j, const char *key, const char *path,
    mz_unit_t *unit, mz_err_t *err)
{
    if (mz_unit_parse(mz_json_get_str(j, key), unit) != MZ_OK) {
        return mz_fail(err, MZ_INVALID, "%s.%s is none of minute, hour, day,"
                       " week, month, quarter, year", path, key);
    }

    if (mz_json_set(j, key, json_string(mz_unit_name(*unit))) != MZ_OK) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    return MZ_OK;
}


/* Number of whole calendar months the dates span; 0 when they do not. */

static int64_t
mz_range_months(const mz_range_t *r)
{
    if (r->is_running || r->is_open
        || mz_time_floor(r->from_ms, MZ_UNIT_MONTH) != r->from_ms
        || mz_time_floor(r->to_ms, MZ_UNIT_MONTH) != r->to_ms)
    {
        return 0;
    }

    return mz_range_index(r->from_ms, r->to_ms, MZ_UNIT_MONTH);
}


/* A count of units that grows by one from one bucket to the next. */

static int64_t
mz_range_number(int64_t ms, mz_unit_t unit)
{
    int64_t     start;
    mz_civil_t  c;

    start = mz_time_floor(ms, unit);

    switch (unit) {

    case MZ_UNIT_MINUTE:
        return start / MZ_MINUTE_MS;

    case MZ_UNIT_HOUR:
        return start / MZ_HOUR_MS;

    case MZ_UNIT_DAY:
        return start / MZ_DAY_MS;

    case MZ_UNIT_WEEK:
        return (start - 4 * MZ_DAY_MS) / (7 * MZ_DAY_MS);

    default:
        break;
    }

    mz_time_civil(start, &c);

    switch (unit) {

    case MZ_UNIT_MONTH:
        return (int64_t) c.year * 12 + c.month - 1;

    case MZ_UNIT_QUARTER:
        return (int64_t) c.year * 4 + (c.month - 1) / 3;

    default:
        return c.year;
    }
}
