
#include <math.h>

#include "base/mz_buf.h"
#include "base/mz_utf8.h"


#define MZ_BUF_FIRST  256


static void mz_buf_add_escaped(mz_buf_t *b, unsigned char c);


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


void
mz_buf_add_json_str(mz_buf_t *b, mz_str_t s)
{
    size_t         pos, run, from;
    uint32_t       cp;
    unsigned char  c;

    mz_buf_add_char(b, '"');

    for (run = 0, pos = 0; pos < s.len; /* void */ ) {
        c = (unsigned char) s.data[pos];

        if (c >= 0x20 && c < 0x80 && c != '"' && c != '\\') {
            pos++;
            continue;
        }

        if (c >= 0x80) {
            from = pos;
            cp = mz_utf8_next(s, &pos);

            /* A U+FFFD of three bytes was there, one of one byte is not. */

            if (cp != 0xfffd || pos - from == 3) {
                continue;
            }

            mz_buf_add(b, s.data + run, from - run);
            mz_buf_add_c(b, "\xef\xbf\xbd");

        } else {
            mz_buf_add(b, s.data + run, pos - run);
            mz_buf_add_escaped(b, c);
            pos++;
        }

        run = pos;
    }

    if (s.len > run) {
        mz_buf_add(b, s.data + run, s.len - run);
    }

    mz_buf_add_char(b, '"');
}


static void
mz_buf_add_escaped(mz_buf_t *b, unsigned char c)
{
    switch (c) {

    case '"':
        mz_buf_add_c(b, "\\\"");
        break;

    case '\\':
        mz_buf_add_c(b, "\\\\");
        break;

    case '\n':
        mz_buf_add_c(b, "\\n");
        break;

    case '\r':
        mz_buf_add_c(b, "\\r");
        break;

    case '\t':
        mz_buf_add_c(b, "\\t");
        break;

    default:
        mz_buf_addf(b, "\\u%04x", c);
    }
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
