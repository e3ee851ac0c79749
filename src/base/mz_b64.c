
#include "base/mz_b64.h"


static const char  mz_b64_std[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char  mz_b64_url[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";


static void mz_b64_encode_with(mz_buf_t *out, mz_str_t in,
    const char *alphabet, bool pad);
static mz_rc_t mz_b64_decode_with(mz_buf_t *out, mz_str_t in, char c62,
    char c63);
static int mz_b64_value(char c, char c62, char c63);


void
mz_b64url_encode(mz_buf_t *out, mz_str_t in)
{
    mz_b64_encode_with(out, in, mz_b64_url, false);
}


mz_rc_t
mz_b64url_decode(mz_buf_t *out, mz_str_t in)
{
    return mz_b64_decode_with(out, in, '-', '_');
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

    return mz_b64_decode_with(out, in, '+', '/');
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
mz_b64_decode_with(mz_buf_t *out, mz_str_t in, char c62, char c63)
{
    int       v;
    char     *p;
    size_t    i, have, n;
    uint32_t  bits;

    if (in.len % 4 == 1) {
        return MZ_INVALID;
    }

    p = mz_buf_reserve(out, in.len / 4 * 3 + in.len % 4 * 3 / 4);
    if (p == NULL) {
        return out->rc;
    }

    bits = 0;
    have = 0;
    n = 0;

    for (i = 0; i < in.len; i++) {
        v = mz_b64_value(in.data[i], c62, c63);
        if (v < 0) {
            return MZ_INVALID;
        }

        bits = bits << 6 | (uint32_t) v;
        have += 6;

        if (have >= 8) {
            have -= 8;
            p[n++] = (char) (bits >> have & 0xff);
            bits &= (1u << have) - 1;
        }
    }

    if (bits != 0) {
        return MZ_INVALID;
    }

    out->len += n;

    return MZ_OK;
}


static int
mz_b64_value(char c, char c62, char c63)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }

    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }

    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }

    if (c == c62) {
        return 62;
    }

    return c == c63 ? 63 : -1;
}
