
#include <locale.h>
#include <math.h>

#include "base/mz_str.h"


#define MZ_STR_NUMBER_MAX  512      /* longest text of a decimal number */


static char mz_str_lower(char c);
static bool mz_str_is_space(char c);
static size_t mz_str_digits(mz_str_t s, size_t pos);
static bool mz_str_is_decimal(mz_str_t s, size_t *point);


mz_str_t
mz_str_from(const char *s)
{
    if (s == NULL) {
        return mz_null_str;
    }

    return (mz_str_t) { s, strlen(s) };
}


bool
mz_str_eq(mz_str_t a, mz_str_t b)
{
    return a.len == b.len
           && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}


bool
mz_str_eq_c(mz_str_t a, const char *b)
{
    return mz_str_eq(a, mz_str_from(b));
}


bool
mz_str_ieq(mz_str_t a, mz_str_t b)
{
    size_t  i;

    if (a.len != b.len) {
        return false;
    }

    for (i = 0; i < a.len; i++) {
        if (mz_str_lower(a.data[i]) != mz_str_lower(b.data[i])) {
            return false;
        }
    }

    return true;
}


int
mz_str_cmp(mz_str_t a, mz_str_t b)
{
    int     rc;
    size_t  n;

    n = a.len < b.len ? a.len : b.len;
    rc = n ? memcmp(a.data, b.data, n) : 0;

    if (rc != 0) {
        return rc;
    }

    return (a.len > b.len) - (a.len < b.len);
}


bool
mz_str_has_prefix(mz_str_t s, mz_str_t prefix)
{
    return s.len >= prefix.len
           && mz_str_eq((mz_str_t) { s.data, prefix.len }, prefix);
}


bool
mz_str_has_suffix(mz_str_t s, mz_str_t suffix)
{
    if (s.len < suffix.len) {
        return false;
    }

    if (suffix.len == 0) {
        return true;
    }

    return memcmp(s.data + s.len - suffix.len, suffix.data, suffix.len) == 0;
}


size_t
mz_str_find(mz_str_t s, mz_str_t needle, size_t from)
{
    const char  *p;

    if (from > s.len || needle.len > s.len - from) {
        return SIZE_MAX;
    }

    if (needle.len == 0) {
        return from;
    }

    p = memmem(s.data + from, s.len - from, needle.data, needle.len);

    return p ? (size_t) (p - s.data) : SIZE_MAX;
}


mz_str_t
mz_str_trim(mz_str_t s)
{
    while (s.len > 0 && mz_str_is_space(s.data[0])) {
        s.data++;
        s.len--;
    }

    while (s.len > 0 && mz_str_is_space(s.data[s.len - 1])) {
        s.len--;
    }

    return s;
}


bool
mz_str_split(mz_str_t *rest, char sep, mz_str_t *part)
{
    const char  *p;

    *part = *rest;

    if (rest->data == NULL) {
        return false;
    }

    p = rest->len ? memchr(rest->data, sep, rest->len) : NULL;

    if (p == NULL) {
        *rest = mz_null_str;
        return true;
    }

    part->len = (size_t) (p - rest->data);
    rest->len -= part->len + 1;
    rest->data = p + 1;

    return true;
}


char *
mz_str_dup(mz_str_t s)
{
    char  *copy;

    if (s.len == SIZE_MAX) {
        return NULL;
    }

    copy = malloc(s.len + 1);
    if (copy == NULL) {
        return NULL;
    }

    if (s.len > 0) {
        memcpy(copy, s.data, s.len);
    }

    copy[s.len] = '\0';

    return copy;
}


mz_rc_t
mz_str_to_int(mz_str_t s, int64_t *out)
{
    int      digit;
    size_t   i;
    int64_t  v;

    *out = 0;
    v = 0;
    i = s.len > 0 && s.data[0] == '-';

    if (i == s.len) {
        return MZ_INVALID;
    }

    /* Built downwards: the negative range is the larger one. */

    for ( /* void */ ; i < s.len; i++) {
        if (s.data[i] < '0' || s.data[i] > '9') {
            return MZ_INVALID;
        }

        digit = s.data[i] - '0';

        if (__builtin_mul_overflow(v, 10, &v)
            || __builtin_sub_overflow(v, digit, &v))
        {
            return MZ_INVALID;
        }
    }

    if (s.data[0] == '-') {
        *out = v;
        return MZ_OK;
    }

    if (v == INT64_MIN) {
        return MZ_INVALID;
    }

    *out = -v;

    return MZ_OK;
}


mz_rc_t
mz_str_to_double(mz_str_t s, double *out)
{
    char           text[MZ_STR_NUMBER_MAX + 16], *end;
    size_t         point, n;
    double         v;
    const char    *mark;
    struct lconv  *lc;

    *out = 0;

    if (s.len > MZ_STR_NUMBER_MAX || !mz_str_is_decimal(s, &point)) {
        return MZ_INVALID;
    }

    /* strtod() reads the point of the process's locale. */

    lc = localeconv();
    mark = lc->decimal_point;
    n = strlen(mark);

    if (point == SIZE_MAX) {
        memcpy(text, s.data, s.len);
        text[s.len] = '\0';

    } else {
        if (n > 8) {
            return MZ_INVALID;
        }

        memcpy(text, s.data, point);
        memcpy(text + point, mark, n);
        memcpy(text + point + n, s.data + point + 1, s.len - point - 1);
        text[s.len - 1 + n] = '\0';
    }

    v = strtod(text, &end);

    if (*end != '\0' || !isfinite(v)) {
        return MZ_INVALID;
    }

    *out = v;

    return MZ_OK;
}


/* -? digits [. digits] [e [+-] digits], a digit before or after the point. */

static bool
mz_str_is_decimal(mz_str_t s, size_t *point)
{
    size_t  pos, start, digits;

    *point = SIZE_MAX;
    start = s.len > 0 && s.data[0] == '-';
    pos = mz_str_digits(s, start);
    digits = pos - start;

    if (pos < s.len && s.data[pos] == '.') {
        *point = pos;
        start = pos + 1;
        pos = mz_str_digits(s, start);
        digits += pos - start;
    }

    if (digits == 0) {
        return false;
    }

    if (pos < s.len && (s.data[pos] == 'e' || s.data[pos] == 'E')) {
        pos++;

        if (pos < s.len && (s.data[pos] == '+' || s.data[pos] == '-')) {
            pos++;
        }

        start = pos;
        pos = mz_str_digits(s, start);

        if (pos == start) {
            return false;
        }
    }

    return pos == s.len;
}


static size_t
mz_str_digits(mz_str_t s, size_t pos)
{
    while (pos < s.len && s.data[pos] >= '0' && s.data[pos] <= '9') {
        pos++;
    }

    return pos;
}


static char
mz_str_lower(char c)
{
    return (char) (c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}


static bool
mz_str_is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}
