
#include <math.h>

#include "base/mz_rset.h"
#include "base/mz_str.h"
#include "base/mz_time.h"


static const char *const  mz_dtype_names[] = {
    [MZ_DTYPE_STRING] = "string",
    [MZ_DTYPE_INT64] = "int64",
    [MZ_DTYPE_FLOAT64] = "float64",
    [MZ_DTYPE_BOOL] = "bool",
    [MZ_DTYPE_TIMESTAMP] = "timestamp",
    [MZ_DTYPE_DATE] = "date"
};


static void mz_value_write_timestamp(mz_buf_t *b, int64_t us);


const char *
mz_dtype_name(mz_dtype_t t)
{
    if ((size_t) t >= MZ_ARRAY_LEN(mz_dtype_names)) {
        return "unknown";
    }

    return mz_dtype_names[t];
}


mz_rc_t
mz_dtype_parse(mz_str_t s, mz_dtype_t *t)
{
    size_t  i;

    for (i = 0; i < MZ_ARRAY_LEN(mz_dtype_names); i++) {
        if (mz_str_eq_c(s, mz_dtype_names[i])) {
            *t = (mz_dtype_t) i;
            return MZ_OK;
        }
    }

    *t = MZ_DTYPE_STRING;

    return MZ_INVALID;
}


void
mz_value_write_json(mz_buf_t *b, mz_dtype_t t, const mz_value_t *v)
{
    if (v->is_null) {
        mz_buf_add_c(b, "null");
        return;
    }

    switch (t) {

    case MZ_DTYPE_STRING:
        mz_buf_add_json_str(b, v->s);
        break;

    case MZ_DTYPE_INT64:
        mz_buf_add_int(b, v->i);
        break;

    case MZ_DTYPE_FLOAT64:
        mz_buf_add_double(b, v->d);
        break;

    case MZ_DTYPE_BOOL:
        mz_buf_add_c(b, v->i ? "true" : "false");
        break;

    case MZ_DTYPE_TIMESTAMP:
        mz_buf_add_char(b, '"');
        mz_value_write_timestamp(b, v->i);
        mz_buf_add_char(b, '"');
        break;

    case MZ_DTYPE_DATE:
        mz_buf_add_char(b, '"');
        mz_time_date(b, mz_time_add(0, MZ_UNIT_DAY, v->i));
        mz_buf_add_char(b, '"');
        break;
    }
}


/* As mz_time_rfc3339(), with six digits where milliseconds do not do. */

static void
mz_value_write_timestamp(mz_buf_t *b, int64_t us)
{
    int64_t  rest;

    rest = us % 1000000;

    if (rest < 0) {
        rest += 1000000;
    }

    if (rest % 1000 == 0) {
        mz_time_rfc3339(b, us / 1000);
        return;
    }

    mz_time_rfc3339(b, us / 1000000 * 1000 - (us < 0 ? 1000 : 0));

    if (b->rc == MZ_OK) {
        b->len--;
        mz_buf_addf(b, ".%06dZ", (int) rest);
    }
}


json_t *
mz_value_to_json(mz_dtype_t t, const mz_value_t *v)
{
    json_t    *json;
    mz_buf_t   b;

    if (v->is_null) {
        return json_null();
    }

    switch (t) {

    case MZ_DTYPE_STRING:
        return mz_json_str_new(v->s);

    case MZ_DTYPE_INT64:
        return json_integer(v->i);

    case MZ_DTYPE_FLOAT64:
        return isfinite(v->d) ? json_real(v->d) : json_null();

    case MZ_DTYPE_BOOL:
        return json_boolean(v->i);

    default:
        break;
    }

    mz_buf_init(&b, 0);
    mz_value_write_json(&b, t, v);

    /* Without the quotes. */

    json = b.rc == MZ_OK ? mz_json_str_new((mz_str_t) { b.data + 1, b.len - 2 })
                         : NULL;

    mz_buf_free(&b);

    return json;
}
