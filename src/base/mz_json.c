
#include <math.h>

#include "base/mz_json.h"
#include "base/mz_str.h"
#include "base/mz_utf8.h"


/* Deeper values are made by a bug, not by input: the load bounds those. */

#define MZ_JSON_DUMP_DEPTH_MAX  128


static size_t mz_json_depth(mz_str_t text, size_t enough);
static void mz_json_dump_value(mz_buf_t *b, const json_t *v, size_t depth);
static void mz_json_dump_object(mz_buf_t *b, const json_t *v, size_t depth);
static void mz_json_dump_array(mz_buf_t *b, const json_t *v, size_t depth);
static bool mz_json_is_int(double d);
static bool mz_json_equal_numbers(const json_t *a, const json_t *b);
static bool mz_json_equal_objects(const json_t *a, const json_t *b);
static bool mz_json_equal_arrays(const json_t *a, const json_t *b);


mz_rc_t
mz_json_load(mz_str_t text, const mz_json_limits_t *lim, json_t **out,
    mz_err_t *err)
{
    size_t        depth_max;
    json_error_t  error;

    *out = NULL;
    depth_max = lim ? lim->depth_max : MZ_JSON_DEPTH_MAX;

    if (lim != NULL && text.len > lim->bytes_max) {
        return mz_fail(err, MZ_LIMIT, "JSON text of %zu bytes is longer than "
                       "%zu bytes", text.len, lim->bytes_max);
    }

    if (mz_json_depth(text, depth_max + 1) > depth_max) {
        return mz_fail(err, MZ_LIMIT, "JSON is nested deeper than %zu levels",
                       depth_max);
    }

    if (text.len == 0) {
        return mz_fail(err, MZ_INVALID, "no JSON: the text is empty");
    }

    /* jansson skips one behind a number, where there may be none. */

    if (memchr(text.data, '\0', text.len) != NULL) {
        return mz_fail(err, MZ_INVALID, "not valid JSON: there is a NUL byte");
    }

    *out = json_loadb(text.data, text.len,
                      JSON_REJECT_DUPLICATES|JSON_DECODE_ANY, &error);
    if (*out != NULL) {
        return MZ_OK;
    }

    /* Where the first allocation fails, jansson says nothing at all. */

    if (json_error_code(&error) == json_error_out_of_memory
        || error.text[0] == '\0')
    {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    if (json_error_code(&error) == json_error_null_character
        || json_error_code(&error) == json_error_null_byte_in_key)
    {
        return mz_fail(err, MZ_INVALID, "a string must not hold the NUL "
                       "character \\u0000 (line %d, column %d)", error.line,
                       error.column);
    }

    return mz_fail(err, MZ_INVALID, "not valid JSON: %s (line %d, column %d)",
                   error.text, error.line, error.column);
}


/* Deepest nesting of brackets outside of strings; stops at enough. */

static size_t
mz_json_depth(mz_str_t text, size_t enough)
{
    bool    in_string;
    size_t  i, depth, deepest;

    depth = 0;
    deepest = 0;
    in_string = false;

    for (i = 0; i < text.len && deepest < enough; i++) {

        switch (text.data[i]) {

        case '"':
            in_string = !in_string;
            break;

        case '\\':
            i += in_string;
            break;

        case '[':
        case '{':
            depth += !in_string;
            deepest = depth > deepest ? depth : deepest;
            break;

        case ']':
        case '}':
            depth -= !in_string && depth > 0;
            break;
        }
    }

    return deepest;
}


void
mz_json_dump(mz_buf_t *b, const json_t *v)
{
    mz_json_dump_value(b, v, 0);
}


static void
mz_json_dump_value(mz_buf_t *b, const json_t *v, size_t depth)
{
    if (depth > MZ_JSON_DUMP_DEPTH_MAX) {
        b->rc = b->rc == MZ_OK ? MZ_LIMIT : b->rc;
        return;
    }

    switch (v ? json_typeof(v) : JSON_NULL) {

    case JSON_OBJECT:
        mz_json_dump_object(b, v, depth);
        break;

    case JSON_ARRAY:
        mz_json_dump_array(b, v, depth);
        break;

    case JSON_STRING:
        mz_buf_add_json_str(b, mz_json_str(v));
        break;

    case JSON_INTEGER:
        mz_buf_add_int(b, json_integer_value(v));
        break;

    case JSON_REAL:
        mz_buf_add_double(b, json_real_value(v));
        break;

    case JSON_TRUE:
        mz_buf_add_c(b, "true");
        break;

    case JSON_FALSE:
        mz_buf_add_c(b, "false");
        break;

    default:
        mz_buf_add_c(b, "null");
    }
}


static void
mz_json_dump_object(mz_buf_t *b, const json_t *v, size_t depth)
{
    char     before;
    void    *iter;
    json_t  *obj;

    obj = (json_t *) v;
    before = '{';

    if (json_object_size(v) == 0) {
        mz_buf_add_char(b, '{');
    }

    for (iter = json_object_iter(obj); iter != NULL && b->rc == MZ_OK;
         iter = json_object_iter_next(obj, iter))
    {
        mz_buf_add_char(b, before);
        before = ',';

        mz_buf_add_json_str(b, mz_str_from(json_object_iter_key(iter)));
        mz_buf_add_char(b, ':');
        mz_json_dump_value(b, json_object_iter_value(iter), depth + 1);
    }

    mz_buf_add_char(b, '}');
}


static void
mz_json_dump_array(mz_buf_t *b, const json_t *v, size_t depth)
{
    size_t  i, n;

    n = json_array_size(v);

    mz_buf_add_char(b, '[');

    for (i = 0; i < n && b->rc == MZ_OK; i++) {
        if (i > 0) {
            mz_buf_add_char(b, ',');
        }

        mz_json_dump_value(b, json_array_get(v, i), depth + 1);
    }

    mz_buf_add_char(b, ']');
}


mz_str_t
mz_json_get_str(const json_t *obj, const char *key)
{
    const json_t  *v;

    v = json_object_get(obj, key);

    return json_is_string(v) ? mz_json_str(v) : mz_null_str;
}


int64_t
mz_json_get_int(const json_t *obj, const char *key, int64_t dflt)
{
    double         d;
    const json_t  *v;

    v = json_object_get(obj, key);

    if (json_is_integer(v)) {
        return json_integer_value(v);
    }

    if (json_is_real(v)) {
        d = json_real_value(v);

        if (mz_json_is_int(d)) {
            return (int64_t) d;
        }
    }

    return dflt;
}


double
mz_json_get_double(const json_t *obj, const char *key, double dflt)
{
    const json_t  *v;

    v = json_object_get(obj, key);

    return json_is_number(v) ? json_number_value(v) : dflt;
}


bool
mz_json_get_bool(const json_t *obj, const char *key, bool dflt)
{
    const json_t  *v;

    v = json_object_get(obj, key);

    return json_is_boolean(v) ? json_is_true(v) : dflt;
}


mz_str_t
mz_json_str(const json_t *v)
{
    if (!json_is_string(v)) {
        return mz_str("");
    }

    return (mz_str_t) { json_string_value(v), json_string_length(v) };
}


json_t *
mz_json_str_new(mz_str_t s)
{
    size_t     pos, from;
    json_t    *v;
    mz_buf_t   b;
    uint32_t   cp;

    if (s.len == 0) {
        return json_string("");
    }

    if (mz_utf8_is_valid(s) && memchr(s.data, '\0', s.len) == NULL) {
        return json_stringn_nocheck(s.data, s.len);
    }

    mz_buf_init(&b, 0);

    for (pos = 0; pos < s.len; /* void */ ) {
        from = pos;

        cp = mz_utf8_next(s, &pos);

        if (cp == 0xfffd || cp == '\0') {
            mz_buf_add_c(&b, "\xef\xbf\xbd");

        } else {
            mz_buf_add(&b, s.data + from, pos - from);
        }
    }

    v = b.rc == MZ_OK ? json_stringn_nocheck(b.data, b.len) : NULL;

    mz_buf_free(&b);

    return v;
}


mz_rc_t
mz_json_set_str(json_t *obj, const char *key, mz_str_t s)
{
    return mz_json_set(obj, key, mz_json_str_new(s));
}


mz_rc_t
mz_json_set(json_t *obj, const char *key, json_t *v)
{
    if (obj == NULL || v == NULL || json_object_set_new(obj, key, v) != 0) {

        /* json_object_set_new() took v in any case, if it was called. */

        if (obj == NULL) {
            json_decref(v);
        }

        return MZ_NOMEM;
    }

    return MZ_OK;
}


bool
mz_json_equal(const json_t *a, const json_t *b)
{
    if (json_is_number(a) && json_is_number(b)) {
        return mz_json_equal_numbers(a, b);
    }

    if (a == NULL || b == NULL || json_typeof(a) != json_typeof(b)) {
        return a == b;
    }

    switch (json_typeof(a)) {

    case JSON_OBJECT:
        return mz_json_equal_objects(a, b);

    case JSON_ARRAY:
        return mz_json_equal_arrays(a, b);

    case JSON_STRING:
        return mz_str_eq(mz_json_str(a), mz_json_str(b));

    default:
        return true;
    }
}


static bool
mz_json_equal_numbers(const json_t *a, const json_t *b)
{
    double         d;
    const json_t  *swap;

    if (json_is_real(a) && json_is_real(b)) {
        return json_real_value(a) == json_real_value(b);
    }

    if (json_is_integer(a) && json_is_integer(b)) {
        return json_integer_value(a) == json_integer_value(b);
    }

    if (json_is_real(b)) {
        swap = a;
        a = b;
        b = swap;
    }

    /* Compared as integers: a double cannot tell 2^53 from 2^53 + 1. */

    d = json_real_value(a);

    return mz_json_is_int(d) && (int64_t) d == json_integer_value(b);
}


static bool
mz_json_equal_objects(const json_t *a, const json_t *b)
{
    void    *iter;
    json_t  *obj;

    if (json_object_size(a) != json_object_size(b)) {
        return false;
    }

    obj = (json_t *) a;

    for (iter = json_object_iter(obj); iter != NULL;
         iter = json_object_iter_next(obj, iter))
    {
        if (!mz_json_equal(json_object_iter_value(iter),
                           json_object_get(b, json_object_iter_key(iter))))
        {
            return false;
        }
    }

    return true;
}


static bool
mz_json_equal_arrays(const json_t *a, const json_t *b)
{
    size_t  i, n;

    n = json_array_size(a);

    if (n != json_array_size(b)) {
        return false;
    }

    for (i = 0; i < n; i++) {
        if (!mz_json_equal(json_array_get(a, i), json_array_get(b, i))) {
            return false;
        }
    }

    return true;
}


static bool
mz_json_is_int(double d)
{
    return d >= -9223372036854775808.0 && d < 9223372036854775808.0
           && floor(d) == d;
}
