
/*
 * fuzz_base: the readers of src/base on arbitrary bytes, each held against
 * its writer: what is read and written again is the same.
 */

#include <math.h>

#include "base/mz_b64.h"
#include "base/mz_id.h"
#include "base/mz_rset.h"
#include "base/mz_time.h"
#include "fuzz.h"


static void fuzz_b64(mz_str_t in);
static void fuzz_utf8(mz_str_t in);
static void fuzz_json_text(mz_str_t in);
static void fuzz_json_str(mz_str_t in);
static void fuzz_numbers(mz_str_t in);
static void fuzz_time(mz_str_t in);
static void fuzz_str(mz_str_t in);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mz_str_t  in;

    in = fuzz_copy((mz_str_t) { (const char *) data, size });

    fuzz_b64(in);
    fuzz_utf8(in);
    fuzz_json_text(in);
    fuzz_json_str(in);
    fuzz_numbers(in);
    fuzz_time(in);
    fuzz_str(in);

    fuzz_free(in);

    return 0;
}


/* Strict decoding: only what the encoder writes is taken. */

static void
fuzz_b64(mz_str_t in)
{
    size_t    i;
    mz_buf_t  a, b;

    static const struct {
        void     (*encode)(mz_buf_t *out, mz_str_t in);
        mz_rc_t  (*decode)(mz_buf_t *out, mz_str_t in);
    } kinds[] = {
        { mz_b64url_encode, mz_b64url_decode },
        { mz_b64_encode, mz_b64_decode }
    };

    for (i = 0; i < MZ_ARRAY_LEN(kinds); i++) {
        mz_buf_init(&a, 0);
        mz_buf_init(&b, 0);

        kinds[i].encode(&a, in);
        FUZZ_HOLD(kinds[i].decode(&b, mz_buf_view(&a)) == MZ_OK, "kind %zu",
                  i);
        FUZZ_HOLD(mz_str_eq(mz_buf_view(&b), in), "kind %zu", i);

        mz_buf_reset(&a);
        mz_buf_reset(&b);

        if (kinds[i].decode(&a, in) == MZ_OK) {
            kinds[i].encode(&b, mz_buf_view(&a));
            FUZZ_HOLD(mz_str_eq(mz_buf_view(&b), in), "kind %zu", i);
        }

        mz_buf_free(&a);
        mz_buf_free(&b);
    }

    mz_buf_init(&a, 0);
    mz_hex_encode(&a, in);
    FUZZ_HOLD(a.len == in.len * 2, "%zu", a.len);
    mz_buf_free(&a);
}


static void
fuzz_utf8(mz_str_t in)
{
    bool      valid;
    size_t    n, pos, max;
    mz_str_t  p;

    valid = mz_utf8_is_valid(in);
    n = 0;

    for (pos = 0; pos < in.len; n++) {
        max = pos;
        FUZZ_HOLD(mz_utf8_next(in, &pos) <= 0x10ffff, "at %zu", max);
        FUZZ_HOLD(pos > max && pos <= max + 4 && pos <= in.len, "%zu", pos);
    }

    FUZZ_HOLD(mz_utf8_count(in) == n, "%zu", n);

    for (max = 0; max < 9; max++) {
        p = mz_utf8_prefix(in, max);
        FUZZ_HOLD(p.data == in.data && p.len <= in.len, "%zu", max);
        FUZZ_HOLD(mz_utf8_count(p) == (n < max ? n : max), "%zu", max);
        FUZZ_HOLD(!valid || mz_utf8_is_valid(p), "%zu", max);

        p = mz_utf8_prefix_bytes(in, max);
        FUZZ_HOLD(p.data == in.data && p.len <= max && p.len <= in.len,
                  "%zu", max);
        FUZZ_HOLD(p.len + 3 >= (in.len < max ? in.len : max), "%zu", max);
        FUZZ_HOLD(!valid || mz_utf8_is_valid(p), "%zu", max);
    }
}


/* Text -> value -> text -> value -> text. */

static void
fuzz_json_text(mz_str_t in)
{
    json_t            *v, *again;
    mz_rc_t            rc;
    mz_buf_t           a, b;
    mz_err_t           err;
    mz_json_limits_t   small;

    small.bytes_max = in.len / 2;
    small.depth_max = 3;

    rc = mz_json_load(in, &small, &v, &err);
    FUZZ_HOLD(in.len < 2 || rc == MZ_LIMIT, "%s", mz_rc_name(rc));
    json_decref(v);

    rc = mz_json_load(in, NULL, &v, &err);
    if (rc != MZ_OK) {
        FUZZ_HOLD(v == NULL, "%s", err.msg);
        fuzz_check_err(rc, &err);
        return;
    }

    FUZZ_HOLD(mz_utf8_is_valid(in), "jansson takes ill-formed UTF-8");

    mz_buf_init(&a, 0);
    mz_buf_init(&b, 0);
    mz_json_dump(&a, v);
    FUZZ_HOLD(a.rc == MZ_OK, "%s", mz_rc_name(a.rc));

    again = fuzz_made_json(mz_buf_view(&a));
    FUZZ_HOLD(mz_json_equal(v, again) && mz_json_equal(again, v), "%s",
              mz_buf_cstr(&a));
    mz_json_dump(&b, again);
    FUZZ_HOLD(mz_str_eq(mz_buf_view(&a), mz_buf_view(&b)), "%s",
              mz_buf_cstr(&a));

    (void) mz_json_get_int(v, "a", 1);
    (void) mz_json_get_double(v, "a", 1);
    (void) mz_json_get_bool(v, "a", true);
    (void) fuzz_touch(mz_json_get_str(v, "a"));

    mz_buf_free(&a);
    mz_buf_free(&b);
    json_decref(again);
    json_decref(v);
}


/* Any bytes become a JSON string; well-formed ones come back as they were. */

static void
fuzz_json_str(mz_str_t in)
{
    json_t    *v, *other;
    mz_buf_t   text;
    mz_str_t   back;

    mz_buf_init(&text, 0);
    mz_buf_add_json_str(&text, in);

    v = fuzz_made_json(mz_buf_view(&text));
    back = mz_json_str(v);
    FUZZ_HOLD(mz_utf8_is_valid(back), "%s", mz_buf_cstr(&text));
    FUZZ_HOLD(!mz_utf8_is_valid(in) || mz_str_eq(in, back)
              || memchr(in.data, '\0', in.len) != NULL, "%s",
              mz_buf_cstr(&text));

    other = mz_json_str_new(in);
    FUZZ_HOLD(other != NULL && mz_str_eq(mz_json_str(other), back), "%s",
              mz_buf_cstr(&text));

    json_decref(other);
    json_decref(v);

    mz_buf_free(&text);
}


static void
fuzz_numbers(mz_str_t in)
{
    double    d, e;
    int64_t   i, j;
    mz_buf_t  b;

    mz_buf_init(&b, 0);

    if (mz_str_to_int(in, &i) == MZ_OK) {
        mz_buf_add_int(&b, i);
        FUZZ_HOLD(mz_str_to_int(mz_buf_view(&b), &j) == MZ_OK && i == j, "%s",
                  mz_buf_cstr(&b));
    }

    mz_buf_reset(&b);

    if (mz_str_to_double(in, &d) == MZ_OK) {
        FUZZ_HOLD(isfinite(d), "%g", d);
        mz_buf_add_double(&b, d);
        FUZZ_HOLD(mz_str_to_double(mz_buf_view(&b), &e) == MZ_OK && d == e,
                  "%a %s", d, mz_buf_cstr(&b));
        json_decref(fuzz_made_json(mz_buf_view(&b)));
    }

    mz_buf_reset(&b);

    if (in.len >= sizeof(d)) {
        memcpy(&d, in.data, sizeof(d));
        mz_buf_add_double(&b, d);

        if (isfinite(d)) {
            FUZZ_HOLD(mz_str_to_double(mz_buf_view(&b), &e) == MZ_OK
                      && d == e, "%a %s", d, mz_buf_cstr(&b));
        }

        json_decref(fuzz_made_json(mz_buf_view(&b)));
    }

    mz_buf_free(&b);
}


static void
fuzz_time(mz_str_t in)
{
    int         u;
    int64_t     ms, back;
    mz_buf_t    b;
    mz_unit_t   unit;
    mz_civil_t  c;

    if (mz_unit_parse(in, &unit) == MZ_OK) {
        FUZZ_HOLD(mz_str_has_prefix(in, mz_str_from(mz_unit_name(unit))),
                  "%d", (int) unit);
    }

    if (mz_time_parse(in, &ms) != MZ_OK) {
        return;
    }

    mz_buf_init(&b, 0);
    mz_time_rfc3339(&b, ms);
    FUZZ_HOLD(mz_time_parse(mz_buf_view(&b), &back) == MZ_OK && back == ms,
              "%s", mz_buf_cstr(&b));
    mz_buf_free(&b);

    mz_time_civil(ms, &c);
    FUZZ_HOLD(mz_time_from_civil(&c) == ms, "%lld", (long long) ms);

    for (u = MZ_UNIT_MINUTE; u <= MZ_UNIT_YEAR; u++) {
        unit = (mz_unit_t) u;
        back = mz_time_floor(ms, unit);
        FUZZ_HOLD(back <= ms && mz_time_add(back, unit, 1) > ms, "unit %d",
                  u);
        FUZZ_HOLD(mz_time_floor(back, unit) == back, "unit %d", u);
    }
}


static void
fuzz_str(mz_str_t in)
{
    size_t      at, len, parts;
    mz_id_t     id;
    mz_str_t    rest, part, trimmed;
    mz_dtype_t  dtype;

    static const char  kinds[] = { MZ_ID_CONV, MZ_ID_RUN, MZ_ID_ARTIFACT };

    rest = in;
    len = 0;

    for (parts = 0; mz_str_split(&rest, ',', &part); parts++) {
        len += part.len;
        (void) fuzz_touch(part);
    }

    FUZZ_HOLD(len + (parts ? parts - 1 : 0) == in.len, "%zu parts", parts);

    trimmed = mz_str_trim(in);
    FUZZ_HOLD(mz_str_eq(mz_str_trim(trimmed), trimmed), "trim");

    at = mz_str_find(in, mz_str("ab"), 0);
    FUZZ_HOLD(at == SIZE_MAX || (at + 2 <= in.len && in.data[at] == 'a'),
              "%zu", at);

    for (at = 0; at < sizeof(kinds); at++) {
        if (mz_id_parse(&id, kinds[at], in) == MZ_OK) {
            FUZZ_HOLD(mz_str_eq_c(in, id.s), "%s", id.s);
        }
    }

    if (mz_dtype_parse(in, &dtype) == MZ_OK) {
        FUZZ_HOLD(mz_str_eq_c(in, mz_dtype_name(dtype)), "dtype");
    }
}
