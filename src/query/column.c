
#include <lz4.h>
#include <math.h>

#include "query/column_check.h"


/* Which encodings a dtype may have, as bits. */

#define MZ_ENC_BIT(e)  (1u << (e))
#define MZ_ENC_INTS    (MZ_ENC_BIT(MZ_ENC_PLAIN) | MZ_ENC_BIT(MZ_ENC_FOR1)    \
                        | MZ_ENC_BIT(MZ_ENC_FOR2) | MZ_ENC_BIT(MZ_ENC_FOR4))
#define MZ_ENC_TEXTS   (MZ_ENC_BIT(MZ_ENC_DICT1) | MZ_ENC_BIT(MZ_ENC_DICT2)   \
                        | MZ_ENC_BIT(MZ_ENC_DICT4) | MZ_ENC_BIT(MZ_ENC_TEXT))

typedef struct {
    const uint8_t  *data;
    size_t          len;
} mz_column_body_t;


static const unsigned  mz_column_encodings[] = {
    [MZ_DTYPE_STRING] = MZ_ENC_TEXTS,
    [MZ_DTYPE_INT64] = MZ_ENC_INTS,
    [MZ_DTYPE_FLOAT64] = MZ_ENC_BIT(MZ_ENC_PLAIN),
    [MZ_DTYPE_BOOL] = MZ_ENC_BIT(MZ_ENC_BITS),
    [MZ_DTYPE_TIMESTAMP] = MZ_ENC_INTS,
    [MZ_DTYPE_DATE] = MZ_ENC_INTS
};

/* Bits of one row's slot. */

static const uint8_t  mz_column_widths[MZ_ENC_N] = {
    [MZ_ENC_PLAIN] = 64,
    [MZ_ENC_FOR1] = 8,
    [MZ_ENC_FOR2] = 16,
    [MZ_ENC_FOR4] = 32,
    [MZ_ENC_BITS] = 1,
    [MZ_ENC_DICT1] = 8,
    [MZ_ENC_DICT2] = 16,
    [MZ_ENC_DICT4] = 32,
    [MZ_ENC_TEXT] = 0
};


static const char  mz_column_no_memory[] = "unpacked body: out of memory";


static const char *mz_column_read(mz_column_t *col, const uint8_t *p,
    mz_dtype_t expected, uint32_t rows);
static const char *mz_column_body(mz_column_t *col, const uint8_t *p,
    size_t stored, mz_column_body_t *body);
static const uint8_t *mz_column_take(mz_column_body_t *body, size_t n);
static const char *mz_column_nulls(mz_column_t *col, mz_column_body_t *body,
    unsigned flags);
static const char *mz_column_texts(mz_column_t *col, mz_column_body_t *body,
    uint32_t text);
static const char *mz_column_range(mz_column_t *col, const uint8_t *p);


mz_rc_t
mz_column_open(mz_column_t *col, mz_str_t bytes, mz_dtype_t expected,
    uint32_t rows, mz_err_t *err)
{
    mz_rc_t      rc;
    const char  *why;

    rc = mz_column_open_sparse(col, bytes, expected, rows, err);
    if (rc != MZ_OK) {
        return rc;
    }

    why = mz_column_check(col);

    if (why != NULL) {
        mz_column_close(col);
        return mz_fail(err, MZ_INVALID, "cannot read a column chunk: its %s",
                       why);
    }

    return MZ_OK;
}


mz_rc_t
mz_column_open_sparse(mz_column_t *col, mz_str_t bytes, mz_dtype_t expected,
    uint32_t rows, mz_err_t *err)
{
    size_t            stored;
    mz_rc_t           rc;
    const char       *why;
    const uint8_t    *p;
    mz_column_body_t  body;

    memset(col, 0, sizeof(mz_column_t));

    if (bytes.len < MZ_COLUMN_HEADER || bytes.len > MZ_CHUNK_MAX) {
        return mz_fail(err, MZ_INVALID, "cannot read a column chunk: its size");
    }

    p = (const uint8_t *) bytes.data;
    stored = bytes.len - MZ_COLUMN_HEADER;
    why = mz_column_read(col, p, expected, rows);

    if (why == NULL) {
        why = mz_column_body(col, p, stored, &body);
    }

    if (why == NULL) {
        why = mz_column_nulls(col, &body, p[7]);
    }

    if (why == NULL) {
        col->values = mz_column_take(&body,
            ((size_t) mz_column_widths[col->encoding] * rows + 7) / 8);
        why = col->values ? NULL : "values";
    }

    if (why == NULL && expected == MZ_DTYPE_STRING) {
        why = mz_column_texts(col, &body, mz_column_load32(p + 36));
    }

    if (why == NULL) {
        why = body.len == 0 ? mz_column_range(col, p) : "body";
    }

    if (why != NULL) {
        mz_column_close(col);
        rc = why == mz_column_no_memory ? MZ_NOMEM : MZ_INVALID;
        return mz_fail(err, rc, "cannot read a column chunk: its %s", why);
    }

    return MZ_OK;
}


void
mz_column_close(mz_column_t *col)
{
    free(col->owned);
    memset(col, 0, sizeof(mz_column_t));
}


void
mz_column_get(const mz_column_t *col, uint32_t row, mz_value_t *v)
{
    memset(v, 0, sizeof(mz_value_t));

    if (mz_column_is_null(col, row)) {
        v->is_null = true;
        return;
    }

    switch (col->dtype) {

    case MZ_DTYPE_STRING:
        v->s = mz_column_entry(col, mz_column_code(col, row));
        break;

    case MZ_DTYPE_FLOAT64:
        v->d = mz_column_double(col, row);
        break;

    case MZ_DTYPE_BOOL:
        v->i = mz_column_bit(col->values, row);
        break;

    default:
        v->i = mz_column_int(col, row);
    }
}


mz_rc_t
mz_column_unpack(mz_str_t bytes, mz_buf_t *out, mz_err_t *err)
{
    char           *room;
    size_t          len, stored;
    const uint8_t  *p;

    p = (const uint8_t *) bytes.data;

    if (bytes.len < MZ_COLUMN_HEADER || !(p[7] & MZ_COLUMN_LZ4)) {
        mz_buf_add_str(out, bytes);
        return out->rc;
    }

    len = mz_column_load32(p + 40);
    stored = mz_column_load32(p + 44);

    if (stored != bytes.len - MZ_COLUMN_HEADER || stored > MZ_CHUNK_MAX
        || len > MZ_CHUNK_MAX)
    {
        return mz_fail(err, MZ_INVALID, "cannot read a column chunk: its "
                       "length");
    }

    room = mz_buf_reserve(out, MZ_COLUMN_HEADER + len);
    if (room == NULL) {
        return mz_fail(err, out->rc, "no room for an unpacked chunk");
    }

    if (LZ4_decompress_safe(bytes.data + MZ_COLUMN_HEADER,
                            room + MZ_COLUMN_HEADER, (int) stored, (int) len)
        != (int) len)
    {
        return mz_fail(err, MZ_INVALID, "cannot read a column chunk: its LZ4 "
                       "block");
    }

    /* now stored as it is: the lengths are the same */

    memcpy(room, p, MZ_COLUMN_HEADER);
    room[7] = (char) (p[7] & ~MZ_COLUMN_LZ4);
    memcpy(room + 44, p + 40, 4);
    out->len += MZ_COLUMN_HEADER + len;

    return MZ_OK;
}


mz_rc_t
mz_column_get_checked(const mz_column_t *col, uint32_t row, mz_value_t *v)
{
    if (!mz_column_check_row(col, row)) {
        memset(v, 0, sizeof(mz_value_t));
        v->is_null = true;
        return MZ_INVALID;
    }

    mz_column_get(col, row, v);

    return MZ_OK;
}


size_t
mz_column_work(mz_str_t bytes)
{
    size_t          body;
    const uint8_t  *p;

    p = (const uint8_t *) bytes.data;

    if (bytes.len < MZ_COLUMN_HEADER || !(p[7] & MZ_COLUMN_LZ4)) {
        return bytes.len;
    }

    body = mz_column_load32(p + 40);

    return bytes.len + (body < MZ_CHUNK_MAX ? body : MZ_CHUNK_MAX);
}


/* NULL, or the part of the chunk that is wrong. */

static const char *
mz_column_read(mz_column_t *col, const uint8_t *p, mz_dtype_t expected,
    uint32_t rows)
{
    if (memcmp(p, "MZCC", 4) != 0) {
        return "magic";
    }

    if (p[4] != MZ_COLUMN_VERSION) {
        return "version";
    }

    if (p[5] != (uint8_t) expected) {
        return "dtype";
    }

    if (p[6] >= MZ_ENC_N
        || !(mz_column_encodings[expected] & MZ_ENC_BIT(p[6])))
    {
        return "encoding";
    }

    if (p[7] & ~(MZ_COLUMN_NULLS | MZ_COLUMN_LZ4)) {
        return "flags";
    }

    col->dtype = expected;
    col->encoding = (mz_encoding_t) p[6];
    col->rows = mz_column_load32(p + 8);
    col->nulls = mz_column_load32(p + 12);
    col->entries = mz_column_load32(p + 32);

    if (col->rows != rows || rows == 0 || rows > MZ_COLUMN_ROWS_MAX) {
        return "number of rows";
    }

    if (col->nulls > rows || !(p[7] & MZ_COLUMN_NULLS) != !col->nulls) {
        return "number of nulls";
    }

    return NULL;
}


static const char *
mz_column_body(mz_column_t *col, const uint8_t *p, size_t stored,
    mz_column_body_t *body)
{
    size_t  len;

    len = mz_column_load32(p + 40);

    if (mz_column_load32(p + 44) != stored || len > MZ_CHUNK_MAX) {
        return "length";
    }

    body->data = p + MZ_COLUMN_HEADER;
    body->len = len;

    if (!(p[7] & MZ_COLUMN_LZ4)) {
        return len == stored ? NULL : "length";
    }

    col->owned = malloc(len ? len : 1);

    if (col->owned == NULL) {
        return mz_column_no_memory;
    }

    if (LZ4_decompress_safe((const char *) body->data, (char *) col->owned,
                            (int) stored, (int) len)
        != (int) len)
    {
        return "LZ4 block";
    }

    body->data = col->owned;

    return NULL;
}


/* The next buffer of n bytes with its padding; NULL: there is none. */

static const uint8_t *
mz_column_take(mz_column_body_t *body, size_t n)
{
    const uint8_t  *p;

    n = (n + 7) & ~(size_t) 7;

    if (n > body->len) {
        return NULL;
    }

    p = body->data;
    body->data += n;
    body->len -= n;

    return p;
}


static const char *
mz_column_nulls(mz_column_t *col, mz_column_body_t *body, unsigned flags)
{
    uint8_t   last;
    uint32_t  i, n, set;

    if (!(flags & MZ_COLUMN_NULLS)) {
        return NULL;
    }

    n = (col->rows + 7) / 8;
    col->valid = mz_column_take(body, n);

    if (col->valid == NULL) {
        return "validity";
    }

    set = 0;

    for (i = 0; i + 1 < n; i++) {
        set += (uint32_t) __builtin_popcount(col->valid[i]);
    }

    /* bits behind the last row do not count */

    last = (uint8_t) (0xff >> (n * 8 - col->rows));
    set += (uint32_t) __builtin_popcount(col->valid[n - 1] & last);

    return set == col->rows - col->nulls ? NULL : "number of nulls";
}


static const char *
mz_column_texts(mz_column_t *col, mz_column_body_t *body, uint32_t text)
{
    if (col->encoding == MZ_ENC_TEXT) {
        if (col->entries != 0) {
            return "number of entries";
        }

        col->entries = col->rows;
    }

    if (col->entries > MZ_CHUNK_MAX / 4) {
        return "number of entries";
    }

    col->offsets = mz_column_take(body, ((size_t) col->entries + 1) * 4);

    if (col->offsets == NULL) {
        return "offsets";
    }

    col->text = (const char *) mz_column_take(body, text);

    if (col->text == NULL) {
        return "strings";
    }

    col->text_len = text;

    if (col->entries == 0 && col->nulls < col->rows) {
        return "number of entries";
    }

    return NULL;
}


static const char *
mz_column_range(mz_column_t *col, const uint8_t *p)
{
    uint64_t  lo, hi;

    lo = mz_column_load64(p + 16);
    hi = mz_column_load64(p + 24);

    if (col->nulls == col->rows || col->dtype == MZ_DTYPE_STRING
        || col->dtype == MZ_DTYPE_BOOL)
    {
        return lo == 0 && hi == 0 ? NULL : "min and max";
    }

    if (col->dtype == MZ_DTYPE_FLOAT64) {
        memcpy(&col->min_d, &lo, sizeof(double));
        memcpy(&col->max_d, &hi, sizeof(double));

        /* false for a NaN as well */

        return isfinite(col->min_d) && isfinite(col->max_d)
               && col->min_d <= col->max_d ? NULL : "min and max";
    }

    col->min_i = (int64_t) lo;
    col->max_i = (int64_t) hi;

    return col->min_i <= col->max_i ? NULL : "min and max";
}
