
#include "base/mz_utf8.h"


static size_t mz_utf8_len(mz_str_t s, size_t pos);


bool
mz_utf8_is_valid(mz_str_t s)
{
    size_t  pos, n;

    for (pos = 0; pos < s.len; pos += n) {
        n = mz_utf8_len(s, pos);

        if (n == 0) {
            return false;
        }
    }

    return true;
}


size_t
mz_utf8_count(mz_str_t s)
{
    size_t  pos, count;

    count = 0;

    for (pos = 0; pos < s.len; /* void */ ) {
        (void) mz_utf8_next(s, &pos);
        count++;
    }

    return count;
}


mz_str_t
mz_utf8_prefix(mz_str_t s, size_t max)
{
    size_t  pos;

    for (pos = 0; pos < s.len && max > 0; max--) {
        (void) mz_utf8_next(s, &pos);
    }

    s.len = pos;

    return s;
}


mz_str_t
mz_utf8_prefix_bytes(mz_str_t s, size_t max)
{
    size_t  pos, end, back;

    if (s.len <= max) {
        end = s.len;

    } else {
        end = max;
    }

    /* Only the last sequence, at most 4 bytes long, can be cut. */

    for (back = 1; back <= 3 && back <= end; back++) {
        pos = end - back;

        if (((unsigned char) s.data[pos] & 0xc0) == 0x80) {
            continue;
        }

        if ((unsigned char) s.data[pos] >= 0xc0
            && mz_utf8_len((mz_str_t) { s.data, end }, pos) == 0
            && (s.len == end || mz_utf8_len(s, pos) > back))
        {
            end = pos;
        }

        break;
    }

    s.len = end;

    return s;
}


uint32_t
mz_utf8_next(mz_str_t s, size_t *pos)
{
    size_t                n, i;
    uint32_t              cp;
    const unsigned char  *p;

    n = mz_utf8_len(s, *pos);

    if (n == 0) {
        (*pos)++;
        return 0xfffd;
    }

    p = (const unsigned char *) s.data + *pos;
    *pos += n;

    if (n == 1) {
        return p[0];
    }

    cp = p[0] & (0x7fu >> n);

    for (i = 1; i < n; i++) {
        cp = cp << 6 | (p[i] & 0x3fu);
    }

    return cp;
}


/* Bytes of the well-formed sequence at pos, or 0 (RFC 3629, section 4). */

static size_t
mz_utf8_len(mz_str_t s, size_t pos)
{
    size_t                n, i;
    unsigned char         lo, hi;
    const unsigned char  *p;

    p = (const unsigned char *) s.data + pos;

    if (p[0] < 0x80) {
        return 1;
    }

    if (p[0] < 0xc2 || p[0] > 0xf4) {
        return 0;
    }

    n = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;

    if (n > s.len - pos) {
        return 0;
    }

    lo = p[0] == 0xe0 ? 0xa0 : p[0] == 0xf0 ? 0x90 : 0x80;
    hi = p[0] == 0xed ? 0x9f : p[0] == 0xf4 ? 0x8f : 0xbf;

    if (p[1] < lo || p[1] > hi) {
        return 0;
    }

    for (i = 2; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }
    }

    return n;
}
