
#include <math.h>

#include "base/mz_buf.h"
#include "base/mz_utf8.h"


#define MZ_BUF_FIRST  256
#define MZ_BUF_WORD   sizeof(uint64_t)


/* Bytes of an ASCII character in a JSON string. */

static const uint8_t  mz_buf_json_cost[128] = {
    6, 6, 6, 6, 6, 6, 6, 6, 2, 2, 2, 6, 2, 2, 6, 6,
    6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6,
    1, 1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,     /* " */
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1,     /* \ */
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1
};


static size_t mz_buf_json_len(mz_str_t s);
static char *mz_buf_write_json(char *p, mz_str_t s);
static char *mz_buf_write_escape(char *p, unsigned char c);
static bool mz_buf_is_plain(mz_str_t s, size_t pos);


void
mz_buf_init(mz_buf_t *b, size_t max)
{
    b->data = NULL;
    b->len = 0;
    b->cap = 0;
    b->max = max;
    b->rc = MZ_OK;
}


void
mz_buf_free(mz_buf_t *b)
{
    free(b->data);
    mz_buf_init(b, b->max);
}


void
mz_buf_reset(mz_buf_t *b)
{
    b->len = 0;
    b->rc = MZ_OK;
}


/* cap leaves out one byte of the block, which the final NUL may take. */

char *
mz_buf_reserve(mz_buf_t *b, size_t n)
{
    char    *data;
    size_t   need, cap;

    if (b->rc != MZ_OK) {
        return NULL;
    }

    if (__builtin_add_overflow(b->len, n, &need) || need >= SIZE_MAX / 2
        || (b->max != 0 && need > b->max))
    {
        b->rc = MZ_LIMIT;
        return NULL;
    }

    if (need <= b->cap && b->data != NULL) {
        return b->data + b->len;
    }

    cap = b->cap ? b->cap * 2 : MZ_BUF_FIRST;

    if (cap < need) {
        cap = need;
    }

    if (b->max != 0 && cap > b->max) {
        cap = b->max;
    }

    data = realloc(b->data, cap + 1);
    if (data == NULL) {
        b->rc = MZ_NOMEM;
        return NULL;
    }

    b->data = data;
    b->cap = cap;

    return data + b->len;
}


void
mz_buf_add(mz_buf_t *b, const void *data, size_t n)
{
    char  *p;

    if (n == 0) {
        return;
    }

    p = mz_buf_reserve(b, n);

    if (p != NULL) {
        memcpy(p, data, n);
        b->len += n;
    }
}


void
mz_buf_add_str(mz_buf_t *b, mz_str_t s)
{
    mz_buf_add(b, s.data, s.len);
}


void
mz_buf_add_c(mz_buf_t *b, const char *s)
{
    mz_buf_add(b, s, strlen(s));
}


void
mz_buf_add_char(mz_buf_t *b, char c)
{
    char  *p;

    p = mz_buf_reserve(b, 1);

    if (p != NULL) {
        *p = c;
        b->len++;
    }
}


void
mz_buf_add_int(mz_buf_t *b, int64_t v)
{
    char       text[24], *p;
    uint64_t   u;

    p = text + sizeof(text);
    u = v < 0 ? 0 - (uint64_t) v : (uint64_t) v;

    do {
        *--p = (char) ('0' + u % 10);
        u /= 10;
    } while (u != 0);

    if (v < 0) {
        *--p = '-';
    }

    mz_buf_add(b, p, (size_t) (text + sizeof(text) - p));
}


void
mz_buf_add_double(mz_buf_t *b, double v)
{
    int    digits;
    char   text[40], *p;

    if (!isfinite(v)) {
        mz_buf_add_c(b, "null");
        return;
    }

    if (fabs(v) < 1e15 && v == (double) (int64_t) v) {
        mz_buf_add_int(b, (int64_t) v);
        return;
    }

    for (digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, v);

        if (strtod(text, NULL) == v) {
            break;
        }
    }

    /* Whatever the locale has for a decimal point is one point here. */

    for (p = text; *p != '\0'; p++) {
        if ((*p >= '0' && *p <= '9') || *p == '-' || *p == '+' || *p == 'e') {
            mz_buf_add_char(b, *p);

        } else if (p > text && p[-1] >= '0' && p[-1] <= '9') {
            mz_buf_add_char(b, '.');
        }
    }
}


void
mz_buf_addf(mz_buf_t *b, const char *fmt, ...)
{
    int      n;
    char    *p;
    va_list  args;

    va_start(args, fmt);
    n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);

    if (n <= 0) {
        return;
    }

    p = mz_buf_reserve(b, (size_t) n);
    if (p == NULL) {
        return;
    }

    va_start(args, fmt);
    vsnprintf(p, (size_t) n + 1, fmt, args);
    va_end(args);

    b->len += (size_t) n;
}


/*
 * Measured first, then written without a check for each byte.  Both passes
 * take eight plain bytes in one step, and eight single ones after a miss.
 */

void
mz_buf_add_json_str(mz_buf_t *b, mz_str_t s)
{
    char    *p;
    size_t   n;

    n = mz_buf_json_len(s);
    p = mz_buf_reserve(b, n);

    if (p != NULL) {
        *p++ = '"';
        p = mz_buf_write_json(p, s);
        *p = '"';
        b->len += n;
    }
}


static size_t
mz_buf_json_len(mz_str_t s)
{
    size_t         pos, from, stop, n;
    unsigned char  c;

    n = 2;

    for (pos = 0; pos < s.len; /* void */ ) {

        if (mz_buf_is_plain(s, pos)) {
            n += MZ_BUF_WORD;
            pos += MZ_BUF_WORD;
            continue;
        }

        stop = s.len - pos > MZ_BUF_WORD ? pos + MZ_BUF_WORD : s.len;

        while (pos < stop) {
            c = (unsigned char) s.data[pos];

            if (c < 0x80) {
                n += mz_buf_json_cost[c];
                pos++;
                continue;
            }

            from = pos;
            n += mz_utf8_next(s, &pos) == 0xfffd ? 3 : pos - from;
        }
    }

    return n;
}


static char *
mz_buf_write_json(char *p, mz_str_t s)
{
    size_t         pos, from, stop;
    unsigned char  c;

    for (pos = 0; pos < s.len; /* void */ ) {

        if (mz_buf_is_plain(s, pos)) {
            p = mempcpy(p, s.data + pos, MZ_BUF_WORD);
            pos += MZ_BUF_WORD;
            continue;
        }

        stop = s.len - pos > MZ_BUF_WORD ? pos + MZ_BUF_WORD : s.len;

        while (pos < stop) {
            c = (unsigned char) s.data[pos];

            if (c < 0x80) {
                if (mz_buf_json_cost[c] == 1) {
                    *p++ = (char) c;

                } else {
                    p = mz_buf_write_escape(p, c);
                }

                pos++;
                continue;
            }

            from = pos;

            if (mz_utf8_next(s, &pos) == 0xfffd) {
                p = mempcpy(p, "\xef\xbf\xbd", 3);

            } else {
                p = mempcpy(p, s.data + from, pos - from);
            }
        }
    }

    return p;
}


/* NUL has an escape, but JSON readers refuse it, the one of mz_json.h too. */

static char *
mz_buf_write_escape(char *p, unsigned char c)
{
    if (c == '\0') {
        return mempcpy(p, "\\ufffd", 6);
    }

    *p++ = '\\';

    if (c >= 0x20) {
        *p++ = (char) c;
        return p;
    }

    *p++ = "uuuuuuuubtnufruuuuuuuuuuuuuuuuuu"[c];

    if (p[-1] == 'u') {
        p = mempcpy(p, "00", 2);
        *p++ = "0123456789abcdef"[c >> 4];
        *p++ = "0123456789abcdef"[c & 15];
    }

    return p;
}


/*
 * Whether eight bytes follow and none is below 0x20, above 0x7f, a quote or a
 * backslash.  The borrow may hide a plain word, never a special byte.
 */

static bool
mz_buf_is_plain(mz_str_t s, size_t pos)
{
    uint64_t  v, ones, tops, quote, slash;

    if (s.len - pos < MZ_BUF_WORD) {
        return false;
    }

    memcpy(&v, s.data + pos, MZ_BUF_WORD);

    ones = UINT64_C(0x0101010101010101);
    tops = ones << 7;
    quote = v ^ (ones * '"');
    slash = v ^ (ones * '\\');

    return ((v | (v - ones * 0x20) | (quote - ones) | (slash - ones)) & tops)
           == 0;
}


const char *
mz_buf_cstr(mz_buf_t *b)
{
    if (b->rc != MZ_OK || b->data == NULL) {
        return "";
    }

    b->data[b->len] = '\0';

    return b->data;
}


mz_str_t
mz_buf_view(const mz_buf_t *b)
{
    if (b->data == NULL) {
        return mz_str("");
    }

    return (mz_str_t) { b->data, b->len };
}


char *
mz_buf_take(mz_buf_t *b, size_t *len)
{
    char  *data;

    if (len != NULL) {
        *len = 0;
    }

    if (mz_buf_reserve(b, 0) == NULL) {
        return NULL;
    }

    data = b->data;
    data[b->len] = '\0';

    if (len != NULL) {
        *len = b->len;
    }

    mz_buf_init(b, b->max);

    return data;
}
