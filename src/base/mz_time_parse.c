
#include "base/mz_time.h"


#define MZ_TIME_DIGITS_MAX  9       /* of a fraction of a second */


static bool mz_time_parse_number(mz_str_t *s, size_t digits, int *v);
static bool mz_time_parse_char(mz_str_t *s, char c);
static bool mz_time_parse_date(mz_str_t *s, mz_civil_t *c);
static bool mz_time_parse_clock(mz_str_t *s, mz_civil_t *c);
static bool mz_time_parse_offset(mz_str_t *s, int64_t *offset_ms);


mz_rc_t
mz_time_parse(mz_str_t s, int64_t *ms)
{
    int64_t     offset_ms;
    mz_civil_t  c;

    *ms = 0;
    offset_ms = 0;
    memset(&c, 0, sizeof(mz_civil_t));

    if (!mz_time_parse_date(&s, &c)) {
        return MZ_INVALID;
    }

    if (s.len > 0
        && !(mz_time_parse_clock(&s, &c)
             && mz_time_parse_offset(&s, &offset_ms)))
    {
        return MZ_INVALID;
    }

    if (s.len > 0) {
        return MZ_INVALID;
    }

    *ms = mz_time_from_civil(&c) - offset_ms;

    return MZ_OK;
}


static bool
mz_time_parse_date(mz_str_t *s, mz_civil_t *c)
{
    return mz_time_parse_number(s, 4, &c->year)
           && mz_time_parse_char(s, '-')
           && mz_time_parse_number(s, 2, &c->month)
           && mz_time_parse_char(s, '-')
           && mz_time_parse_number(s, 2, &c->day)
           && c->month >= 1 && c->month <= 12
           && c->day >= 1 && c->day <= mz_time_month_days(c->year, c->month);
}


static bool
mz_time_parse_clock(mz_str_t *s, mz_civil_t *c)
{
    int     scale;
    size_t  n;

    if (!mz_time_parse_char(s, 'T') && !mz_time_parse_char(s, 't')
        && !mz_time_parse_char(s, ' '))
    {
        return false;
    }

    if (!(mz_time_parse_number(s, 2, &c->hour) && mz_time_parse_char(s, ':')
          && mz_time_parse_number(s, 2, &c->minute)
          && mz_time_parse_char(s, ':')
          && mz_time_parse_number(s, 2, &c->second)
          && c->hour <= 23 && c->minute <= 59 && c->second <= 59))
    {
        return false;
    }

    if (!mz_time_parse_char(s, '.')) {
        return true;
    }

    scale = 100;

    for (n = 0; s->len > 0 && s->data[0] >= '0' && s->data[0] <= '9'; n++) {
        c->ms += (s->data[0] - '0') * scale;
        scale /= 10;
        s->data++;
        s->len--;
    }

    return n >= 1 && n <= MZ_TIME_DIGITS_MAX;
}


static bool
mz_time_parse_offset(mz_str_t *s, int64_t *offset_ms)
{
    int  sign, hours, minutes;

    if (mz_time_parse_char(s, 'Z') || mz_time_parse_char(s, 'z')) {
        return true;
    }

    hours = 0;
    minutes = 0;
    sign = mz_time_parse_char(s, '-') ? -1 : 1;

    if (sign > 0 && !mz_time_parse_char(s, '+')) {
        return false;
    }

    if (!(mz_time_parse_number(s, 2, &hours) && mz_time_parse_char(s, ':')
          && mz_time_parse_number(s, 2, &minutes)
          && hours <= 23 && minutes <= 59))
    {
        return false;
    }

    *offset_ms = sign * (hours * MZ_HOUR_MS + minutes * MZ_MINUTE_MS);

    return true;
}


static bool
mz_time_parse_number(mz_str_t *s, size_t digits, int *v)
{
    size_t  i;

    *v = 0;

    if (s->len < digits) {
        return false;
    }

    for (i = 0; i < digits; i++) {
        if (s->data[i] < '0' || s->data[i] > '9') {
            return false;
        }

        *v = *v * 10 + (s->data[i] - '0');
    }

    s->data += digits;
    s->len -= digits;

    return true;
}


static bool
mz_time_parse_char(mz_str_t *s, char c)
{
    if (s->len == 0 || s->data[0] != c) {
        return false;
    }

    s->data++;
    s->len--;

    return true;
}
