
#include "agent/queue/ctl_text.h"
#include "base/mz_str.h"
#include "base/mz_time.h"
#include "base/mz_utf8.h"


typedef struct {
    uint32_t  first;
    uint32_t  last;
} mz_ctl_text_range_t;

/* What steers a terminal, or turns text around so that it reads as other. */

static const mz_ctl_text_range_t  mz_ctl_text_bad[] = {
    { 0x0000, 0x001f },
    { 0x007f, 0x009f },
    { 0x00ad, 0x00ad },
    { 0x061c, 0x061c },
    { 0x200b, 0x200f },
    { 0x2028, 0x202e },
    { 0x2060, 0x206f },
    { 0xfeff, 0xfeff },
    { 0xfff9, 0xfffd },
    { 0xe0000, 0xe007f }
};

typedef struct {
    int64_t  ms;
    char     unit;
} mz_ctl_text_unit_t;

static const mz_ctl_text_unit_t  mz_ctl_text_units[] = {
    { MZ_DAY_MS,    'd' },
    { MZ_HOUR_MS,   'h' },
    { MZ_MINUTE_MS, 'm' },
    { MZ_SECOND_MS, 's' }
};


static void mz_ctl_text_escape(mz_buf_t *b, mz_str_t s, size_t max,
    char quote);
static bool mz_ctl_text_is_bad(uint32_t c);


void
mz_ctl_text_add(mz_buf_t *b, mz_str_t s, size_t max)
{
    mz_ctl_text_escape(b, s, max, '\0');
}


void
mz_ctl_text_quote(mz_buf_t *b, mz_str_t s, size_t max)
{
    mz_buf_add_char(b, '"');
    mz_ctl_text_escape(b, s, max, '"');
    mz_buf_add_char(b, '"');
}


void
mz_ctl_text_block(mz_buf_t *b, mz_str_t s, size_t indent)
{
    mz_str_t  line;

    while (mz_str_split(&s, '\n', &line)) {

        if (line.len && line.data[line.len - 1] == '\r') {
            line.len--;
        }

        if (line.len) {
            mz_buf_addf(b, "%*s", (int) indent, "");
            mz_ctl_text_add(b, line, 0);
        }

        mz_buf_add_char(b, '\n');
    }
}


void
mz_ctl_text_pad(mz_buf_t *b, size_t start, size_t width)
{
    size_t  n;

    if (b->rc != MZ_OK) {
        return;
    }

    n = mz_utf8_count((mz_str_t) { b->data + start, b->len - start });

    do {
        mz_buf_add_char(b, ' ');
    } while (++n < width);
}


void
mz_ctl_text_span(mz_buf_t *b, int64_t ms)
{
    size_t  i;

    for (i = 0; i < MZ_ARRAY_LEN(mz_ctl_text_units) - 1; i++) {

        /* 90 minutes say more than one hour */
        if (ms >= 2 * mz_ctl_text_units[i].ms) {
            break;
        }
    }

    mz_buf_add_int(b, ms > 0 ? ms / mz_ctl_text_units[i].ms : 0);
    mz_buf_add_char(b, mz_ctl_text_units[i].unit);
}


mz_rc_t
mz_ctl_text_set(json_t *obj, const char *key, mz_str_t s)
{
    return mz_json_set(obj, key, s.data ? mz_json_str_new(s) : json_null());
}


mz_rc_t
mz_ctl_text_set_time(json_t *obj, const char *key, int64_t ms)
{
    return mz_json_set(obj, key, ms ? json_integer(ms) : json_null());
}


mz_rc_t
mz_ctl_text_set_json(json_t *obj, const char *key, mz_str_t s)
{
    json_t   *v;
    mz_rc_t   rc;

    if (s.len == 0) {
        return mz_json_set(obj, key, json_null());
    }

    rc = mz_json_load(s, NULL, &v, NULL);

    if (rc == MZ_NOMEM) {
        return rc;
    }

    return mz_json_set(obj, key, rc == MZ_OK ? v : mz_json_str_new(s));
}


static void
mz_ctl_text_escape(mz_buf_t *b, mz_str_t s, size_t max, char quote)
{
    size_t    from, pos, n, i;
    uint32_t  c;

    n = 0;

    for (pos = 0; pos < s.len; n++) {

        if (max && n == max) {
            mz_buf_add_c(b, "...");
            return;
        }

        from = pos;
        c = mz_utf8_next(s, &pos);

        if (quote != '\0' && (c == (uint32_t) quote || c == '\\')) {
            mz_buf_add_char(b, '\\');

        } else if (mz_ctl_text_is_bad(c)) {

            for (i = from; i < pos; i++) {
                mz_buf_addf(b, "\\x%02x", (unsigned char) s.data[i]);
            }

            continue;
        }

        mz_buf_add(b, s.data + from, pos - from);
    }
}


static bool
mz_ctl_text_is_bad(uint32_t c)
{
    size_t  i;

    for (i = 0; i < MZ_ARRAY_LEN(mz_ctl_text_bad); i++) {
        if (c >= mz_ctl_text_bad[i].first && c <= mz_ctl_text_bad[i].last) {
            return true;
        }
    }

    return false;
}
