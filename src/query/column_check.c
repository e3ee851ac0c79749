
#include "query/column_check.h"


static const char *mz_column_check_deltas(const mz_column_t *col);
static const char *mz_column_check_ints(const mz_column_t *col);
static const char *mz_column_check_doubles(const mz_column_t *col);
static const char *mz_column_check_texts(const mz_column_t *col);


const char *
mz_column_check(const mz_column_t *col)
{
    switch (col->dtype) {

    case MZ_DTYPE_STRING:
        return mz_column_check_texts(col);

    case MZ_DTYPE_FLOAT64:
        return mz_column_check_doubles(col);

    case MZ_DTYPE_BOOL:
        return NULL;

    default:
        return col->encoding == MZ_ENC_PLAIN ? mz_column_check_ints(col)
                                             : mz_column_check_deltas(col);
    }
}


bool
mz_column_check_row(const mz_column_t *col, uint32_t row)
{
    double    d;
    int64_t   v;
    uint32_t  code, from, to;

    if (mz_column_is_null(col, row)) {
        return true;
    }

    switch (col->dtype) {

    case MZ_DTYPE_STRING:
        code = mz_column_code(col, row);

        if (code >= col->entries) {
            return false;
        }

        from = mz_column_load32(col->offsets + (size_t) code * 4);
        to = mz_column_load32(col->offsets + (size_t) code * 4 + 4);

        return from <= to && to <= col->text_len;

    case MZ_DTYPE_FLOAT64:
        d = mz_column_double(col, row);
        return d >= col->min_d && d <= col->max_d;

    case MZ_DTYPE_BOOL:
        return true;

    default:
        v = mz_column_int(col, row);
        return v >= col->min_i && v <= col->max_i;
    }
}


/* So that min + delta neither overflows nor passes max. */

static const char *
mz_column_check_deltas(const mz_column_t *col)
{
    uint32_t  i, delta, most;
    uint64_t  span;

    span = (uint64_t) col->max_i - (uint64_t) col->min_i;
    most = 0;

    if (col->encoding == MZ_ENC_FOR1) {
        for (i = 0; span < UINT8_MAX && i < col->rows; i++) {
            delta = col->values[i];
            most = delta > most ? delta : most;
        }

    } else if (col->encoding == MZ_ENC_FOR2) {
        for (i = 0; span < UINT16_MAX && i < col->rows; i++) {
            delta = mz_column_load16(col->values + i * 2);
            most = delta > most ? delta : most;
        }

    } else {
        for (i = 0; span < UINT32_MAX && i < col->rows; i++) {
            delta = mz_column_load32(col->values + i * 4);
            most = delta > most ? delta : most;
        }
    }

    return most <= span ? NULL : "values";
}


static const char *
mz_column_check_ints(const mz_column_t *col)
{
    bool      is_bad;
    int64_t   v;
    uint32_t  i;

    is_bad = false;

    for (i = 0; i < col->rows; i++) {
        v = mz_column_int(col, i);
        is_bad |= (v < col->min_i || v > col->max_i)
                  && !mz_column_is_null(col, i);
    }

    return is_bad ? "values" : NULL;
}


static const char *
mz_column_check_doubles(const mz_column_t *col)
{
    bool      is_bad;
    double    d;
    uint32_t  i;

    is_bad = false;

    for (i = 0; i < col->rows; i++) {
        d = mz_column_double(col, i);
        is_bad |= !(d >= col->min_d && d <= col->max_d)
                  && !mz_column_is_null(col, i);
    }

    return is_bad ? "values" : NULL;
}


/* Null rows have codes too, and those are looked up as well. */

static const char *
mz_column_check_texts(const mz_column_t *col)
{
    uint32_t  i, at, next, code, most;

    at = 0;

    for (i = 0; i <= col->entries; i++) {
        next = mz_column_load32(col->offsets + (size_t) i * 4);

        if (next < at || next > col->text_len || (i == 0 && next != 0)) {
            return "offsets";
        }

        at = next;
    }

    if (at != col->text_len) {
        return "offsets";
    }

    if (col->encoding == MZ_ENC_TEXT) {
        return NULL;
    }

    most = 0;

    for (i = 0; i < col->rows; i++) {
        code = mz_column_code(col, i);
        most = code > most ? code : most;
    }

    return most == 0 || most < col->entries ? NULL : "dictionary codes";
}
