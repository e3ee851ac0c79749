
/*
 * fuzz_header: the rules about single headers: media types, Accept, mirrored
 * values, Mcp-Param-*, each against another way to say the same.  A byte
 * chooses the rule, the parts follow.
 */

#include <math.h>

#include "base/mz_b64.h"
#include "fuzz.h"
#include "proto/mcp_http.h"


static void fuzz_media(mz_str_t *in);
static bool fuzz_takes(mz_str_t accept, const char *more, bool is_before,
    mz_str_t type);
static void fuzz_mirror(mz_str_t *in);
static void fuzz_check_value(mz_mcp_mirror_t *m, mz_str_t value, bool is_good);
static void fuzz_param(mz_str_t *in);
static bool fuzz_matches(mz_str_t header, const json_t *value);
static mz_rc_t fuzz_check_param(const mz_mcp_param_t *params, size_t n,
    const json_t *value);
static bool fuzz_decode(mz_str_t value, mz_buf_t *out);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mz_str_t  in;

    in = (mz_str_t) { (const char *) data, size };

    switch (fuzz_byte(&in) % 3) {

    case 0:
        fuzz_media(&in);
        break;

    case 1:
        fuzz_mirror(&in);
        break;

    default:
        fuzz_param(&in);
        break;
    }

    return 0;
}


/* A list is no order: what is said before or behind counts alike. */

static void
fuzz_media(mz_str_t *in)
{
    bool       takes;
    size_t     i;
    mz_buf_t   upper;
    mz_str_t   accept, type;

    accept = fuzz_part(in);
    type = mz_str("application/json");
    takes = mz_mcp_http_accepts(accept, type);

    FUZZ_HOLD(fuzz_takes(accept, type.data, false, type), "behind");
    FUZZ_HOLD(fuzz_takes(accept, type.data, true, type), "before");
    FUZZ_HOLD(fuzz_takes(accept, "image/png;q=0", false, type)
              == (takes && mz_str_trim(accept).len > 0), "another");

    if (mz_str_trim(accept).len > 0) {
        FUZZ_HOLD(fuzz_takes(accept, " ", false, type) == takes, "a blank");
        FUZZ_HOLD(fuzz_takes(accept, "", true, type) == takes, "nothing");
    }

    if (!mz_mcp_http_accepts(accept, mz_str("image/png"))) {
        FUZZ_HOLD(!fuzz_takes(accept, "application/*;q=0", false,
                              mz_str("image/png")), "a group");
    }

    mz_buf_init(&upper, 0);

    for (i = 0; i < accept.len; i++) {
        mz_buf_add_char(&upper, (char) (accept.data[i] >= 'a'
                                        && accept.data[i] <= 'z'
                                        ? accept.data[i] - 32
                                        : accept.data[i]));
    }

    FUZZ_HOLD(mz_mcp_http_accepts(mz_buf_view(&upper), type) == takes,
              "upper case");
    FUZZ_HOLD(mz_mcp_http_is_json(mz_buf_view(&upper))
              == mz_mcp_http_is_json(accept), "upper case");

    mz_buf_add_c(&upper, ";charset=utf-8");
    FUZZ_HOLD(mz_mcp_http_is_json(mz_buf_view(&upper))
              == mz_mcp_http_is_json(accept), "a parameter");

    mz_buf_free(&upper);
    fuzz_free(accept);
}


static bool
fuzz_takes(mz_str_t accept, const char *more, bool is_before, mz_str_t type)
{
    bool      takes;
    mz_buf_t  b;

    mz_buf_init(&b, 0);

    if (is_before) {
        mz_buf_add_c(&b, more);
        mz_buf_add_char(&b, ',');
    }

    mz_buf_add_str(&b, accept);

    if (!is_before) {
        mz_buf_add_char(&b, ',');
        mz_buf_add_c(&b, more);
    }

    takes = mz_mcp_http_accepts(mz_buf_view(&b), type);
    mz_buf_free(&b);

    return takes;
}


/* Any value can be mirrored in base64, and most as they are. */

static void
fuzz_mirror(mz_str_t *in)
{
    mz_err_t         err;
    mz_buf_t         b, decoded;
    mz_str_t         body, value;
    mz_mcp_mirror_t  m;

    body = fuzz_part(in);
    value = fuzz_part(in);
    mz_buf_init(&b, 0);
    mz_buf_init(&decoded, 0);
    memset(&m, 0, sizeof(m));
    m.header = "Mcp-Name";
    m.body = body;
    m.is_encoded = true;

    mz_buf_add_c(&b, "=?base64?");
    mz_b64_encode(&b, body);
    mz_buf_add_c(&b, "?=");
    fuzz_check_value(&m, mz_buf_view(&b), true);

    fuzz_check_value(&m, value, fuzz_decode(value, &decoded)
                                && mz_str_eq(mz_buf_view(&decoded), body));

    m.value = mz_null_str;
    FUZZ_HOLD(mz_mcp_http_check_mirror(&m, &err) == MZ_OK, "not required");
    m.is_required = true;
    FUZZ_HOLD(mz_mcp_http_check_mirror(&m, &err) == MZ_INVALID, "required");
    fuzz_check_err(MZ_INVALID, &err);

    mz_buf_free(&decoded);
    mz_buf_free(&b);
    fuzz_free(value);
    fuzz_free(body);
}


static void
fuzz_check_value(mz_mcp_mirror_t *m, mz_str_t value, bool is_good)
{
    mz_rc_t   rc;
    mz_err_t  err;

    m->value = value;
    rc = mz_mcp_http_check_mirror(m, &err);

    FUZZ_HOLD(rc == (is_good ? MZ_OK : MZ_INVALID), "%.*s is %.*s: %d",
              (int) value.len, value.data, (int) m->body.len, m->body.data,
              is_good);

    if (rc != MZ_OK) {
        fuzz_check_err(rc, &err);
    }

    m->is_duplicate = true;
    rc = mz_mcp_http_check_mirror(m, &err);
    FUZZ_HOLD(rc == MZ_INVALID, "twice");
    m->is_duplicate = false;
}


/* The value as a client would send it is right, and no other. */

static void
fuzz_param(mz_str_t *in)
{
    json_t          *value;
    mz_buf_t         b;
    mz_str_t         header;
    mz_mcp_param_t   params[2];

    value = fuzz_json(in);
    header = fuzz_part(in);
    params[0].name = mz_str("NAME");
    params[1].name = mz_str("name");
    params[0].value = header;
    params[1].value = header;

    if (value == NULL || json_is_null(value)) {
        FUZZ_HOLD(fuzz_check_param(params, 0, value) == MZ_OK, "absent");
        FUZZ_HOLD(fuzz_check_param(params, 1, value) == MZ_INVALID, "given");

    } else if (!json_is_object(value) && !json_is_array(value)) {
        FUZZ_HOLD(fuzz_check_param(params, 0, value) == MZ_INVALID, "absent");
        FUZZ_HOLD(fuzz_check_param(params, 2, value) == MZ_INVALID, "twice");
        FUZZ_HOLD((fuzz_check_param(params, 1, value) == MZ_OK)
                  == fuzz_matches(header, value), "%.*s", (int) header.len,
                  header.data);

        mz_buf_init(&b, 0);

        if (json_is_string(value)) {
            mz_buf_add_c(&b, "=?base64?");
            mz_b64_encode(&b, mz_json_str(value));
            mz_buf_add_c(&b, "?=");

        } else {
            mz_json_dump(&b, value);
        }

        params[0].value = mz_buf_view(&b);
        FUZZ_HOLD(fuzz_check_param(params, 1, value) == MZ_OK, "%.*s",
                  (int) b.len, b.data);
        mz_buf_free(&b);
    }

    fuzz_free(header);
    json_decref(value);
}


static mz_rc_t
fuzz_check_param(const mz_mcp_param_t *params, size_t n, const json_t *value)
{
    mz_rc_t        rc;
    mz_err_t       err;
    mz_mcp_http_t  http;

    memset(&http, 0, sizeof(http));
    http.params = params;
    http.nparams = n;

    rc = mz_mcp_http_check_param(&http, mz_str("Name"), value, &err);

    if (rc != MZ_OK) {
        fuzz_check_err(rc, &err);
    }

    return rc;
}


static bool
fuzz_matches(mz_str_t header, const json_t *value)
{
    bool       is_equal;
    double     d;
    int64_t    i;
    mz_buf_t   text;
    mz_str_t   s;

    mz_buf_init(&text, 0);
    is_equal = fuzz_decode(header, &text);
    s = mz_buf_view(&text);

    if (is_equal && json_is_string(value)) {
        is_equal = mz_str_eq(s, mz_json_str(value));

    } else if (is_equal && json_is_boolean(value)) {
        is_equal = mz_str_eq_c(s, json_is_true(value) ? "true" : "false");

    } else if (is_equal && json_is_real(value)) {
        is_equal = mz_str_to_double(s, &d) == MZ_OK
                   && d == json_real_value(value);

    } else if (is_equal) {
        is_equal = mz_str_to_int(s, &i) == MZ_OK
                   ? i == json_integer_value(value)
                   : mz_str_to_double(s, &d) == MZ_OK && trunc(d) == d
                     && fabs(d) <= 9007199254740992.0
                     && (int64_t) d == json_integer_value(value);
    }

    mz_buf_free(&text);

    return is_equal;
}


/* What a header field says: nothing when it may not say that. */

static bool
fuzz_decode(mz_str_t value, mz_buf_t *out)
{
    size_t  i;

    value = mz_str_trim(value);

    for (i = 0; i < value.len; i++) {
        if ((value.data[i] < ' ' || value.data[i] > '~')
            && value.data[i] != '\t')
        {
            return false;
        }
    }

    if (value.len < 11 || memcmp(value.data, "=?base64?", 9) != 0
        || memcmp(value.data + value.len - 2, "?=", 2) != 0)
    {
        mz_buf_add_str(out, value);
        return true;
    }

    value.data += 9;
    value.len -= 11;

    return mz_b64_decode(out, value) == MZ_OK;
}
