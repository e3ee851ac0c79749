
/*
 * fuzz_column: a chunk of one column of a table artifact, as any worker may
 * have written it.  The first byte: dtype, and whether the layout's number of
 * rows (the next two) is the header's; the rest is the chunk.
 */

#include "fuzz.h"
#include "query/column.h"


static void fuzz_sparse(const mz_column_t *whole, mz_dtype_t dtype,
    uint32_t rows, mz_str_t chunk);
static void fuzz_unpacked(const mz_column_t *whole, mz_str_t chunk);
static void fuzz_same(const mz_column_t *a, const mz_column_t *b,
    uint32_t row);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned     c;
    mz_rc_t      rc;
    uint32_t     rows;
    mz_err_t     err;
    mz_str_t     in, chunk;
    mz_dtype_t   dtype;
    mz_column_t  whole;

    in = (mz_str_t) { (const char *) data, size };

    c = fuzz_byte(&in) & 0x0f;
    dtype = (mz_dtype_t) (c % 6);
    rows = fuzz_byte(&in);
    rows = rows << 8 | fuzz_byte(&in);
    chunk = fuzz_copy(in);

    if (c < 12 && chunk.len >= MZ_COLUMN_HEADER) {
        rows = mz_column_load32((const uint8_t *) chunk.data + 8);
    }

    (void) mz_column_work(chunk);
    rc = mz_column_open(&whole, chunk, dtype, rows, &err);

    if (rc == MZ_OK) {
        FUZZ_HOLD(whole.rows == rows && rows > 0
                  && rows <= MZ_COLUMN_ROWS_MAX, "%u rows", rows);

    } else {
        fuzz_check_err(rc, &err);
        FUZZ_HOLD(whole.owned == NULL, "%s", err.msg);
        whole.rows = 0;
    }

    fuzz_sparse(&whole, dtype, rows, chunk);
    fuzz_unpacked(&whole, chunk);

    mz_column_close(&whole);
    mz_column_close(&whole);
    fuzz_free(chunk);

    return 0;
}


/* A chunk that is damaged in its values alone still reads row by row. */

static void
fuzz_sparse(const mz_column_t *whole, mz_dtype_t dtype, uint32_t rows,
    mz_str_t chunk)
{
    mz_rc_t      rc;
    uint32_t     row;
    mz_err_t     err;
    mz_value_t   v;
    mz_column_t  col;

    rc = mz_column_open_sparse(&col, chunk, dtype, rows, &err);
    if (rc != MZ_OK) {
        FUZZ_HOLD(whole->rows == 0, "%s", err.msg);
        fuzz_check_err(rc, &err);
        return;
    }

    for (row = 0; row < rows; row++) {
        if (mz_column_get_checked(&col, row, &v) != MZ_OK) {
            FUZZ_HOLD(whole->rows == 0 && v.is_null, "row %u", row);

        } else if (whole->rows != 0) {
            fuzz_same(whole, &col, row);

        } else if (dtype == MZ_DTYPE_STRING && !v.is_null) {
            (void) fuzz_touch(v.s);
        }
    }

    mz_column_close(&col);
}


/* A cache keeps chunks unpacked: those open as the packed ones do. */

static void
fuzz_unpacked(const mz_column_t *whole, mz_str_t chunk)
{
    mz_rc_t      rc;
    uint32_t     row;
    mz_buf_t     out;
    mz_err_t     err;
    mz_column_t  col;

    mz_buf_init(&out, 0);
    rc = mz_column_unpack(chunk, &out, &err);

    if (rc != MZ_OK) {
        fuzz_check_err(rc, &err);
        FUZZ_HOLD(whole->rows == 0, "%s", err.msg);

    } else if (whole->rows != 0) {
        rc = mz_column_open(&col, mz_buf_view(&out), whole->dtype,
                            whole->rows, &err);
        FUZZ_HOLD(rc == MZ_OK && col.owned == NULL, "%s", err.msg);

        for (row = 0; row < whole->rows; row++) {
            fuzz_same(whole, &col, row);
        }

        mz_column_close(&col);
    }

    mz_buf_free(&out);
}


static void
fuzz_same(const mz_column_t *a, const mz_column_t *b, uint32_t row)
{
    mz_value_t  va, vb;

    mz_column_get(a, row, &va);
    mz_column_get(b, row, &vb);

    FUZZ_HOLD(va.is_null == vb.is_null, "row %u", row);

    if (va.is_null) {
        return;
    }

    switch (a->dtype) {

    case MZ_DTYPE_STRING:
        FUZZ_HOLD(mz_str_eq(va.s, vb.s), "row %u", row);
        break;

    case MZ_DTYPE_FLOAT64:
        FUZZ_HOLD(memcmp(&va.d, &vb.d, sizeof(va.d)) == 0, "row %u", row);
        break;

    default:
        FUZZ_HOLD(va.i == vb.i, "row %u", row);
    }
}
