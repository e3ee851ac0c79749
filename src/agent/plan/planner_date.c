
#include "agent/plan/planner_date.h"


static const char *const  mz_pl_ordinals[] = {
    "first", "second", "third", "fourth",
};


/* "come back the next day" is no time to come. */

static const char *const  mz_pl_return_words[] = {
    "back|return|returns|returned|returning|again|active|retained|~buy",
};


typedef bool (*mz_pl_date_form_t)(const mz_pl_t *pl, size_t pos, size_t *end,
    mz_pl_date_t *d);

static bool mz_pl_form_iso(const mz_pl_t *pl, size_t pos, size_t *end,
    mz_pl_date_t *d);
static bool mz_pl_form_day_word(const mz_pl_t *pl, size_t pos, size_t *end,
    mz_pl_date_t *d);
static bool mz_pl_form_relative(const mz_pl_t *pl, size_t pos, size_t *end,
    mz_pl_date_t *d);
static bool mz_pl_form_ago(const mz_pl_t *pl, size_t pos, size_t *end,
    mz_pl_date_t *d);
static bool mz_pl_form_weekday(const mz_pl_t *pl, size_t pos, size_t *end,
    mz_pl_date_t *d);
static bool mz_pl_form_part(const mz_pl_t *pl, size_t pos, size_t *end,
    mz_pl_date_t *d);
static bool mz_pl_form_month(const mz_pl_t *pl, size_t pos, size_t *end,
    mz_pl_date_t *d);
static bool mz_pl_form_quarter(const mz_pl_t *pl, size_t pos, size_t *end,
    mz_pl_date_t *d);
static bool mz_pl_form_year(const mz_pl_t *pl, size_t pos, size_t *end,
    mz_pl_date_t *d);
static void mz_pl_set_calendar(const mz_pl_t *pl, mz_unit_t unit,
    int offset, mz_pl_date_t *d);
static void mz_pl_set_civil(int year, int month, int day, mz_unit_t unit,
    mz_pl_date_t *d);

static const mz_pl_date_form_t  mz_pl_date_forms[] = {
    mz_pl_form_iso, mz_pl_form_day_word, mz_pl_form_part,
    mz_pl_form_relative, mz_pl_form_ago, mz_pl_form_weekday,
    mz_pl_form_month, mz_pl_form_quarter, mz_pl_form_year,
};


bool
mz_pl_date_at(const mz_pl_t *pl, size_t pos, size_t *end, mz_pl_date_t *d)
{
    size_t  i;

    while (pos < pl->ntok && pl->tok[pos].is_determiner) {
        pos++;
    }

    if (pos >= pl->ntok) {
        return false;
    }

    for (i = 0; i < MZ_ARRAY_LEN(mz_pl_date_forms); i++) {
        memset(d, 0, sizeof(mz_pl_date_t));
        if (mz_pl_date_forms[i](pl, pos, end, d)) {
            return true;
        }
    }

    return false;
}


json_t *
mz_pl_date_range(mz_pl_t *pl, const mz_pl_date_t *d)
{
    json_t  *v;

    if (!d->is_calendar) {
        return mz_pl_date_span(pl, d->from_ms, d->to_ms);
    }

    v = mz_pl_keep(pl, json_object());
    mz_pl_set_c(pl, v, "calendar", mz_unit_name(d->unit));
    mz_pl_set(pl, v, "offset", mz_pl_keep(pl, json_integer(d->offset)));

    return v;
}


json_t *
mz_pl_date_span(mz_pl_t *pl, int64_t from_ms, int64_t to_ms)
{
    json_t    *v;
    mz_buf_t   b;

    v = mz_pl_keep(pl, json_object());

    mz_buf_init(&b, 0);
    mz_time_date(&b, from_ms);
    mz_pl_set_text(pl, v, "from", mz_buf_view(&b));

    if (to_ms != 0) {
        mz_buf_reset(&b);
        mz_time_date(&b, to_ms - 1);
        mz_pl_set_text(pl, v, "to", mz_buf_view(&b));
    }

    if (b.rc != MZ_OK) {
        pl->rc = MZ_NOMEM;
    }

    mz_buf_free(&b);

    return v;
}


static bool
mz_pl_form_iso(const mz_pl_t *pl, size_t pos, size_t *end, mz_pl_date_t *d)
{
    if (pl->tok[pos].kind != MZ_PL_DATE) {
        return false;
    }

    d->unit = MZ_UNIT_DAY;
    d->from_ms = pl->tok[pos].ms;
    d->to_ms = d->from_ms + MZ_DAY_MS;
    d->has_year = true;
    *end = pos + 1;

    return true;
}


static bool
mz_pl_form_day_word(const mz_pl_t *pl, size_t pos, size_t *end,
    mz_pl_date_t *d)
{
    int            offset;
    mz_pl_match_t  m;

    if (mz_pl_match(pl, "day before yesterday", pos, &m)) {
        offset = -2;
    } else if (mz_pl_match(pl, "yesterday", pos, &m)) {
        offset = -1;
    } else if (mz_pl_match(pl, "today", pos, &m)) {
        offset = 0;
    } else if (mz_pl_match(pl, "tomorrow", pos, &m)) {
        offset = 1;
    } else {
        return false;
    }

    mz_pl_set_calendar(pl, MZ_UNIT_DAY, offset, d);
    *end = m.end;

    return true;
}


static bool
mz_pl_form_relative(const mz_pl_t *pl, size_t pos, size_t *end,
    mz_pl_date_t *d)
{
    int            offset;
    mz_pl_match_t  m;

    if (mz_pl_match(pl, "%U before last", pos, &m)) {
        offset = -2;
    } else if (mz_pl_match(pl, "last|previous|prior full? %U", pos, &m)) {
        offset = -1;
    } else if (mz_pl_match(pl, "this|current %U", pos, &m)) {
        offset = 0;
    } else if (mz_pl_match(pl, "next|coming|upcoming %U", pos, &m)
               && !mz_pl_has_in(pl, mz_pl_return_words, NULL))
    {
        offset = 1;
    } else {
        return false;
    }

    mz_pl_set_calendar(pl, (mz_unit_t) m.unit[0], offset, d);
    *end = m.end;

    return true;
}


static bool
mz_pl_form_ago(const mz_pl_t *pl, size_t pos, size_t *end, mz_pl_date_t *d)
{
    double         n;
    mz_pl_match_t  m;

    if (mz_pl_match(pl, "# of? %U ago|back", pos, &m)) {
        n = m.num[0];
    } else if (mz_pl_match(pl, "%U ago", pos, &m)) {
        n = 1;
    } else {
        return false;
    }

    if (n < 1 || n > 1000) {
        return false;
    }

    mz_pl_set_calendar(pl, (mz_unit_t) m.unit[0], -(int) n, d);
    *end = m.end;

    return true;
}


/* The most recent such day before today; "this Monday" may be today. */

static bool
mz_pl_form_weekday(const mz_pl_t *pl, size_t pos, size_t *end,
    mz_pl_date_t *d)
{
    int         day, back;
    bool        is_this;
    mz_civil_t  now;

    is_this = mz_pl_is(pl, pos, "this");
    pos += is_this || mz_pl_is(pl, pos, "last");

    if (mz_pl_is_any(pl, pos, "weekend") && pos > 0
        && mz_pl_is_any(pl, pos - 1, "last this"))
    {
        mz_time_civil(pl->now, &now);
        d->from_ms = mz_time_floor(pl->now, MZ_UNIT_WEEK) - 2 * MZ_DAY_MS;
        d->to_ms = d->from_ms + 2 * MZ_DAY_MS;
        d->unit = MZ_UNIT_DAY;
        *end = pos + 1;
        return true;
    }

    day = mz_pl_weekday_at(pl, pos);
    if (day < 0) {
        return false;
    }

    mz_time_civil(pl->now, &now);
    back = (now.weekday - day + 7) % 7;
    if (back == 0 && !is_this) {
        back = 7;
    }

    d->unit = MZ_UNIT_DAY;
    d->from_ms = mz_time_floor(pl->now, MZ_UNIT_DAY) - back * MZ_DAY_MS;
    d->to_ms = d->from_ms + MZ_DAY_MS;
    *end = pos + 1;

    return true;
}


/* "first week of May", "last 3 days of March", "week of June 1". */

static bool
mz_pl_form_part(const mz_pl_t *pl, size_t pos, size_t *end, mz_pl_date_t *d)
{
    int64_t        n;
    size_t         at;
    mz_unit_t      unit;
    mz_pl_date_t   whole;
    mz_pl_match_t  m;

    if (mz_pl_match(pl, "week of|starting|beginning", pos, &m)
        && mz_pl_date_at(pl, m.end, end, &whole)
        && whole.unit == MZ_UNIT_DAY)
    {
        d->unit = MZ_UNIT_WEEK;
        d->from_ms = mz_time_floor(whole.from_ms, MZ_UNIT_WEEK);
        d->to_ms = d->from_ms + 7 * MZ_DAY_MS;
        return true;
    }

    if (!mz_pl_match(pl, "first|last|final #? %U of|in", pos, &m)) {
        return false;
    }

    at = m.end;
    n = m.nnum > 0 ? (int64_t) m.num[0] : 1;
    unit = (mz_unit_t) m.unit[0];

    if (n < 1 || n > 366 || !mz_pl_date_at(pl, at, end, &whole)
        || whole.unit <= unit)
    {
        return false;
    }

    d->unit = unit;
    d->from_ms = whole.from_ms;
    d->to_ms = whole.to_ms;

    if (mz_pl_is(pl, pos, "first")) {
        d->to_ms = mz_time_add(whole.from_ms, unit, n);
    } else {
        d->from_ms = mz_time_add(whole.to_ms, unit, -n);
    }

    return true;
}


/* "May", "May 3", "3rd of May 2025", "last May", "May last year". */

static bool
mz_pl_form_month(const mz_pl_t *pl, size_t pos, size_t *end,
    mz_pl_date_t *d)
{
    int         day, month, year;
    size_t      at;
    mz_civil_t  now;

    pos += mz_pl_is_any(pl, pos, "last this past")
           && mz_pl_month_at(pl, pos + 1) != 0;

    at = pos;
    day = mz_pl_day_at(pl, at, &at);
    at += day != 0 && mz_pl_is(pl, at, "of");

    month = mz_pl_month_at(pl, at);
    if (month == 0) {
        return false;
    }

    at++;
    if (day == 0 && !(at < pl->ntok && mz_pl_year_at(pl, at, end) != 0)) {
        day = mz_pl_day_at(pl, at, &at);
    }

    mz_time_civil(pl->now, &now);

    *end = at;
    year = mz_pl_year_at(pl, at, end);
    d->has_year = year != 0;
    if (year == 0) {
        year = now.year - (month > now.month
                           || (month == now.month && day > now.day));
    }

    if (day > mz_pl_month_days(year, month)) {
        return false;
    }

    mz_pl_set_civil(year, month, day == 0 ? 1 : day,
                    day == 0 ? MZ_UNIT_MONTH : MZ_UNIT_DAY, d);

    return true;
}


static bool
mz_pl_form_quarter(const mz_pl_t *pl, size_t pos, size_t *end,
    mz_pl_date_t *d)
{
    int            k, n, year, before;
    bool           is_half;
    size_t         i, at;
    mz_civil_t     now;
    mz_pl_match_t  m;

    n = 0;
    is_half = false;
    before = mz_pl_match(pl, "# q#|h#", pos, &m)
             ? mz_pl_year_at(pl, pos, &at) : 0;
    pos += before != 0;
    at = pos + 1;

    if (mz_pl_match(pl, "q#|h#", pos, &m)) {
        n = (int) m.num[0];
        is_half = mz_pl_is(pl, pos, "h");

    } else if (mz_pl_match(pl, "# st|nd|rd|th quarter", pos, &m)) {
        n = (int) m.num[0];
        at = m.end;

    } else if (mz_pl_match(pl, "%W quarter|half", pos, &m)) {
        for (i = 0; i < MZ_ARRAY_LEN(mz_pl_ordinals); i++) {
            n = mz_pl_is(pl, pos, mz_pl_ordinals[i]) ? (int) i + 1 : n;
        }

        is_half = mz_pl_is(pl, m.end - 1, "half");
        at = m.end;
    }

    if (n < 1 || n > (is_half ? 2 : 4)) {
        return false;
    }

    mz_time_civil(pl->now, &now);
    k = is_half ? 6 : 3;

    *end = at;
    year = before != 0 ? before : mz_pl_year_at(pl, at, end);
    d->has_year = year != 0;
    if (year == 0) {
        year = now.year - ((n - 1) * k + 1 > now.month);
    }

    mz_pl_set_civil(year, (n - 1) * k + 1, 1, MZ_UNIT_QUARTER, d);
    d->to_ms = mz_time_add(d->from_ms, MZ_UNIT_MONTH, k);

    return true;
}


static bool
mz_pl_form_year(const mz_pl_t *pl, size_t pos, size_t *end, mz_pl_date_t *d)
{
    int                   year;
    double                month;
    const mz_pl_token_t  *t;

    t = &pl->tok[pos];
    if (t->kind != MZ_PL_NUMBER || t->raw.len != 4) {
        return false;
    }

    year = mz_pl_year_at(pl, pos, end);
    if (year == 0) {
        return false;
    }

    d->has_year = true;
    t++;

    if (*end < pl->ntok && t->kind == MZ_PL_NUMBER && t->is_glued
        && t->raw.data[-1] == '-')
    {
        month = t->num;
        if (month >= 1 && month <= 12) {
            mz_pl_set_civil(year, (int) month, 1, MZ_UNIT_MONTH, d);
            *end = pos + 2;
            return true;
        }
    }

    mz_pl_set_civil(year, 1, 1, MZ_UNIT_YEAR, d);

    return true;
}


static void
mz_pl_set_calendar(const mz_pl_t *pl, mz_unit_t unit, int offset,
    mz_pl_date_t *d)
{
    d->is_calendar = true;
    d->unit = unit;
    d->offset = offset;
    d->from_ms = mz_time_add(mz_time_floor(pl->now, unit), unit, offset);
    d->to_ms = mz_time_add(d->from_ms, unit, 1);
}


static void
mz_pl_set_civil(int year, int month, int day, mz_unit_t unit,
    mz_pl_date_t *d)
{
    d->unit = unit;
    d->from_ms = mz_time_days(year, month, day) * MZ_DAY_MS;
    d->to_ms = mz_time_add(d->from_ms, unit, 1);
}
