
#include "base/mz_b64.h"
#include "base/mz_str.h"
#include "base/mz_utf8.h"
#include "proto/mcp_http.h"


#define MZ_MCP_QUOTE_MAX  64        /* code points of a value in a message */

/* 2^53: up to here each integer is a double of its own. */

#define MZ_MCP_EXACT_MAX  9007199254740992.0


/* How narrow a media range is; the narrowest that matches decides. */

typedef enum {
    MZ_RANGE_NONE,
    MZ_RANGE_ANY,               /* * / * */
    MZ_RANGE_GROUP,             /* text / * */
    MZ_RANGE_EXACT
} mz_range_t;


static mz_range_t mz_mcp_http_range_match(mz_str_t range, mz_str_t type);
static bool mz_mcp_http_range_is_refused(mz_str_t params);
static bool mz_mcp_http_next(mz_str_t *rest, char sep, mz_str_t *part);
static bool mz_mcp_http_is_plain(mz_str_t value);
static bool mz_mcp_http_is_equal(const mz_mcp_mirror_t *m, mz_str_t value);
static mz_rc_t mz_mcp_http_decode(mz_str_t value, mz_buf_t *out);
static int mz_mcp_http_quote_len(mz_str_t s);


bool
mz_mcp_http_is_json(mz_str_t content_type)
{
    mz_str_t  type;

    return mz_mcp_http_next(&content_type, ';', &type)
           && mz_str_ieq(type, mz_str("application/json"));
}


bool
mz_mcp_http_accepts(mz_str_t accept, mz_str_t type)
{
    bool        is_refused;
    mz_str_t    item, range;
    mz_range_t  match, best;

    if (mz_str_trim(accept).len == 0) {
        return true;
    }

    best = MZ_RANGE_NONE;
    is_refused = true;

    while (mz_mcp_http_next(&accept, ',', &item)) {
        (void) mz_mcp_http_next(&item, ';', &range);

        match = mz_mcp_http_range_match(range, type);

        if (match > best) {
            best = match;
            is_refused = mz_mcp_http_range_is_refused(item);

        } else if (match == best && match != MZ_RANGE_NONE) {
            is_refused = is_refused && mz_mcp_http_range_is_refused(item);
        }
    }

    return !is_refused;
}


static mz_range_t
mz_mcp_http_range_match(mz_str_t range, mz_str_t type)
{
    mz_str_t  group;

    if (mz_str_eq(range, mz_str("*/*")) || mz_str_eq(range, mz_str("*"))) {
        return MZ_RANGE_ANY;
    }

    if (mz_str_ieq(range, type)) {
        return MZ_RANGE_EXACT;
    }

    if (mz_str_has_suffix(range, mz_str("/*"))) {
        group = (mz_str_t) { range.data, range.len - 1 };

        if (group.len < type.len
            && mz_str_ieq(group, (mz_str_t) { type.data, group.len }))
        {
            return MZ_RANGE_GROUP;
        }
    }

    return MZ_RANGE_NONE;
}


/* q=0, q=0. and q=0.000 refuse; a q that makes no sense does not. */

static bool
mz_mcp_http_range_is_refused(mz_str_t params)
{
    double    q;
    mz_str_t  param, name;

    while (mz_mcp_http_next(&params, ';', &param)) {
        if (mz_mcp_http_next(&param, '=', &name)
            && mz_str_ieq(name, mz_str("q")))
        {
            return mz_str_to_double(mz_str_trim(param), &q) == MZ_OK && q <= 0;
        }
    }

    return false;
}


static bool
mz_mcp_http_next(mz_str_t *rest, char sep, mz_str_t *part)
{
    bool  is_part;

    is_part = mz_str_split(rest, sep, part);
    *part = mz_str_trim(*part);

    return is_part;
}


mz_rc_t
mz_mcp_http_check_mirror(const mz_mcp_mirror_t *m, mz_err_t *err)
{
    mz_rc_t    rc;
    mz_buf_t   decoded;
    mz_str_t   value;

    if (m->is_duplicate) {
        return mz_fail(err, MZ_INVALID, "Header mismatch: %s is given more "
                       "than once", m->header);
    }

    if (m->value.data == NULL) {
        return m->is_required
               ? mz_fail(err, MZ_INVALID, "Header mismatch: %s is missing, "
                         "the body has '%.*s'", m->header,
                         mz_mcp_http_quote_len(m->body), m->body.data)
               : MZ_OK;
    }

    value = mz_str_trim(m->value);

    if (!mz_mcp_http_is_plain(value)) {
        return mz_fail(err, MZ_INVALID, "Header mismatch: %s has control or "
                       "non-ASCII characters; use =?base64?...?=", m->header);
    }

    rc = MZ_OK;
    mz_buf_init(&decoded, 0);

    if (m->is_encoded) {
        rc = mz_mcp_http_decode(value, &decoded);

        if (rc != MZ_OK) {
            mz_fail(err, rc, "Header mismatch: %s is not valid base64",
                    m->header);
            goto done;
        }

        value = mz_buf_view(&decoded);
    }

    if (!mz_mcp_http_is_equal(m, value)) {
        rc = mz_fail(err, MZ_INVALID, "Header mismatch: %s is '%.*s', the body "
                     "has '%.*s'", m->header, mz_mcp_http_quote_len(value),
                     value.data, mz_mcp_http_quote_len(m->body),
                     m->body.len ? m->body.data : "");
    }

done:

    mz_buf_free(&decoded);

    return rc;
}


/* What a header field may hold (RFC 9110, 5.5) without being obsolete. */

static bool
mz_mcp_http_is_plain(mz_str_t value)
{
    size_t  i;

    for (i = 0; i < value.len; i++) {
        if (value.data[i] != '\t'
            && (value.data[i] < 0x20 || value.data[i] > 0x7e))
        {
            return false;
        }
    }

    return true;
}


/* Integers are compared as such while they are spelt as such. */

static bool
mz_mcp_http_is_equal(const mz_mcp_mirror_t *m, mz_str_t value)
{
    double   d;
    int64_t  i;

    if (mz_str_eq(value, m->body)) {
        return true;
    }

    if (m->number == NULL) {
        return false;
    }

    if (json_is_real(m->number)) {
        return mz_str_to_double(value, &d) == MZ_OK
               && d == json_real_value(m->number);
    }

    if (mz_str_to_int(value, &i) == MZ_OK) {
        return i == json_integer_value(m->number);
    }

    return mz_str_to_double(value, &d) == MZ_OK && d >= -MZ_MCP_EXACT_MAX
           && d <= MZ_MCP_EXACT_MAX && d == (double) (int64_t) d
           && (int64_t) d == json_integer_value(m->number);
}


static mz_rc_t
mz_mcp_http_decode(mz_str_t value, mz_buf_t *out)
{
    mz_str_t  head, tail;

    head = mz_str("=?base64?");
    tail = mz_str("?=");

    if (value.len < head.len + tail.len || !mz_str_has_prefix(value, head)
        || !mz_str_has_suffix(value, tail))
    {
        mz_buf_add_str(out, value);
        return out->rc;
    }

    value.data += head.len;
    value.len -= head.len + tail.len;

    return mz_b64_decode(out, value);
}


/* Fits a %.*s: the values come from outside and may be very long. */

static int
mz_mcp_http_quote_len(mz_str_t s)
{
    return (int) mz_utf8_prefix(s, MZ_MCP_QUOTE_MAX).len;
}
