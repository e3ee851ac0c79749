
#include "base/mz_b64.h"


static const char  mz_b64_std[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char  mz_b64_url[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";


/* Of each character its value and one; 0: it is none of the alphabet. */

#define MZ_B64_VALUES                                                         \
    ['A'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18,    \
    19, 20, 21, 22, 23, 24, 25, 26,                                           \
    ['a'] = 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42,   \
    43, 44, 45, 46, 47, 48, 49, 50, 51, 52,                                   \
    ['0'] = 53, 54, 55, 56, 57, 58, 59, 60, 61, 62

static const uint8_t  mz_b64_std_values[256] = {
    MZ_B64_VALUES, ['+'] = 63, ['/'] = 64
};
static const uint8_t  mz_b64_url_values[256] = {
    MZ_B64_VALUES, ['-'] = 63, ['_'] = 64
};


static void mz_b64_encode_with(mz_buf_t *out, mz_str_t in,
    const char *alphabet, bool pad);
static mz_rc_t mz_b64_decode_with(mz_buf_t *out, mz_str_t in,
    const uint8_t *values);
static inline bool mz_b64_bits(const unsigned char *p, size_t n,
    const uint8_t *values, uint32_t *bits);


void
mz_b64url_encode(mz_buf_t *out, mz_str_t in)
{
    mz_b64_encode_with(out, in, mz_b64_url, false);
}


mz_rc_t
mz_b64url_decode(mz_buf_t *out, mz_str_t in)
{
    return mz_b64_decode_with(out, in, mz_b64_url_values);
}


void
mz_b64_encode(mz_buf_t *out, mz_str_t in)
{
    mz_b64_encode_with(out, in, mz_b64_std, true);
}


mz_rc_t
mz_b64_decode(mz_buf_t *out, mz_str_t in)
{
    if (in.len % 4 != 0) {
        return MZ_INVALID;
    }

    if (in.len > 0 && in.data[in.len - 1] == '=') {
        in.len--;

        if (in.data[in.len - 1] == '=') {
            in.len--;
        }
    }

    return mz_b64_decode_with(out, in, mz_b64_std_values);
}


void
mz_hex_encode(mz_buf_t *out, mz_str_t in)
{
    char           *p;
    size_t          i;
    unsigned char   c;

    if (in.len > SIZE_MAX / 2) {
        out->rc = MZ_LIMIT;
        return;
    }

    p = mz_buf_reserve(out, in.len * 2);
    if (p == NULL) {
        return;
    }

    for (i = 0; i < in.len; i++) {
        c = (unsigned char) in.data[i];
        *p++ = "0123456789abcdef"[c >> 4];
        *p++ = "0123456789abcdef"[c & 15];
    }

    out->len += in.len * 2;
}


static void
mz_b64_encode_with(mz_buf_t *out, mz_str_t in, const char *alphabet, bool pad)
{
    char      quad[4];
    size_t    i, k, n;
    uint32_t  bits;

    for (i = 0; i < in.len && out->rc == MZ_OK; i += 3) {
        n = in.len - i < 3 ? in.len - i : 3;
        bits = 0;

        for (k = 0; k < 3; k++) {
            bits <<= 8;
            bits |= k < n ? (unsigned char) in.data[i + k] : 0;
        }

        for (k = 0; k < 4; k++) {
            quad[k] = k <= n ? alphabet[bits >> (18 - 6 * k) & 63] : '=';
        }

        mz_buf_add(out, quad, pad ? 4 : n + 1);
    }
}


/* Without padding: 2 or 3 characters at the end, whose spare bits are 0. */

static mz_rc_t
mz_b64_decode_with(mz_buf_t *out, mz_str_t in, const uint8_t *values)
{
    char                 *p;
    size_t                i, tail, spare;
    uint32_t              bits;
    const unsigned char  *from;

    tail = in.len % 4;

    if (tail == 1) {
        return MZ_INVALID;
    }

    p = mz_buf_reserve(out, in.len / 4 * 3 + tail * 3 / 4);
    if (p == NULL) {
        return out->rc;
    }

    from = (const unsigned char *) in.data;

    for (i = 0; i + 4 <= in.len; i += 4) {
        if (!mz_b64_bits(from + i, 4, values, &bits)) {
            return MZ_INVALID;
        }

        *p++ = (char) (bits >> 16);
        *p++ = (char) (bits >> 8 & 0xff);
        *p++ = (char) (bits & 0xff);
    }

    if (tail != 0) {
        spare = tail * 6 % 8;

        if (!mz_b64_bits(from + i, tail, values, &bits)
            || (bits & ((1u << spare) - 1)) != 0)
        {
            return MZ_INVALID;
        }

        bits >>= spare;

        if (tail == 3) {
            *p++ = (char) (bits >> 8);
        }

        *p++ = (char) (bits & 0xff);
    }

    out->len = (size_t) (p - out->data);

    return MZ_OK;
}


/* The bits of n characters, one after the other; false: one has none. */

static inline bool
mz_b64_bits(const unsigned char *p, size_t n, const uint8_t *values,
    uint32_t *bits)
{
    bool      is_good;
    size_t    i;
    uint32_t  v;

    *bits = 0;
    is_good = true;

    for (i = 0; i < n; i++) {
        v = values[p[i]];
        is_good &= v != 0;
        *bits = *bits << 6 | (v - 1);
    }

    return is_good;
}
