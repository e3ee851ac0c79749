
#include <math.h>

#include "agent/rset_print.h"
#include "base/mz_str.h"
#include "base/mz_utf8.h"


#define MZ_RSET_PRINT_WIDTH  60         /* characters of a cell */

static size_t mz_rset_print_width(const mz_rset_t *rs, size_t col,
    mz_buf_t *cell);
static void mz_rset_print_line(mz_buf_t *b, const mz_rset_t *rs, size_t row,
    const size_t *widths, mz_buf_t *cell);
static void mz_rset_print_cell(mz_buf_t *cell, const mz_rset_t *rs,
    size_t row, size_t col);
static void mz_rset_print_clean(mz_buf_t *b, mz_str_t s);
static void mz_rset_print_fill(mz_buf_t *b, char c, size_t n);
static void mz_rset_print_text(mz_buf_t *b, const mz_rset_t *rs, size_t row,
    size_t col);
static void mz_rset_print_field(mz_buf_t *b, mz_str_t s);


void
mz_rset_print_table(mz_buf_t *b, const mz_rset_t *rs)
{
    size_t    i, n, *widths;
    mz_buf_t  cell;

    n = mz_rset_columns(rs);
    mz_buf_init(&cell, 0);

    widths = calloc(n + 1, sizeof(size_t));
    if (widths == NULL) {
        b->rc = MZ_NOMEM;
        return;
    }

    for (i = 0; i < n; i++) {
        widths[i] = mz_rset_print_width(rs, i, &cell);
    }

    mz_rset_print_line(b, rs, SIZE_MAX, widths, &cell);

    for (i = 0; i < n; i++) {
        mz_rset_print_fill(b, '-', widths[i]);
        mz_buf_add_c(b, i + 1 < n ? "  " : "\n");
    }

    for (i = 0; i < mz_rset_rows(rs); i++) {
        mz_rset_print_line(b, rs, i, widths, &cell);
    }

    if (cell.rc != MZ_OK) {
        b->rc = cell.rc;
    }

    mz_buf_free(&cell);
    free(widths);
}


void
mz_rset_print_csv(mz_buf_t *b, const mz_rset_t *rs)
{
    size_t    row, col, n;
    mz_buf_t  text;

    n = mz_rset_columns(rs);
    mz_buf_init(&text, 0);

    for (col = 0; col < n; col++) {
        mz_rset_print_field(b, mz_rset_name(rs, col));
        mz_buf_add_c(b, col + 1 < n ? "," : "\r\n");
    }

    for (row = 0; row < mz_rset_rows(rs); row++) {
        for (col = 0; col < n; col++) {
            mz_buf_reset(&text);
            mz_rset_print_text(&text, rs, row, col);
            mz_rset_print_field(b, mz_buf_view(&text));
            mz_buf_add_c(b, col + 1 < n ? "," : "\r\n");
        }
    }

    mz_buf_free(&text);
}


void
mz_rset_print_json(mz_buf_t *b, const mz_rset_t *rs)
{
    size_t       row, col;
    mz_value_t   v;

    mz_buf_add_c(b, "{\"columns\":[");

    for (col = 0; col < mz_rset_columns(rs); col++) {
        mz_buf_add_c(b, col == 0 ? "{\"name\":" : ",{\"name\":");
        mz_buf_add_json_str(b, mz_rset_name(rs, col));
        mz_buf_addf(b, ",\"dtype\":\"%s\"}",
                    mz_dtype_name(mz_rset_dtype(rs, col)));
    }

    mz_buf_add_c(b, "],\"rows\":[");

    for (row = 0; row < mz_rset_rows(rs); row++) {
        mz_buf_add_c(b, row == 0 ? "[" : ",[");

        for (col = 0; col < mz_rset_columns(rs); col++) {
            mz_buf_add_c(b, col == 0 ? "" : ",");
            mz_rset_get(rs, row, col, &v);
            mz_value_write_json(b, mz_rset_dtype(rs, col), &v);
        }

        mz_buf_add_char(b, ']');
    }

    mz_buf_addf(b, "],\"truncated\":%s}",
                mz_rset_is_truncated(rs) ? "true" : "false");
}


static size_t
mz_rset_print_width(const mz_rset_t *rs, size_t col, mz_buf_t *cell)
{
    size_t  row, n, width;

    mz_rset_print_cell(cell, rs, SIZE_MAX, col);
    width = mz_utf8_count(mz_buf_view(cell));

    for (row = 0; row < mz_rset_rows(rs); row++) {
        mz_rset_print_cell(cell, rs, row, col);
        n = mz_utf8_count(mz_buf_view(cell));
        width = n > width ? n : width;
    }

    return width;
}


/* Numbers to the right; the last column of text ends its line. */

static void
mz_rset_print_line(mz_buf_t *b, const mz_rset_t *rs, size_t row,
    const size_t *widths, mz_buf_t *cell)
{
    bool    is_number;
    size_t  col, pad;

    for (col = 0; col < mz_rset_columns(rs); col++) {
        mz_rset_print_cell(cell, rs, row, col);
        pad = widths[col] - mz_utf8_count(mz_buf_view(cell));

        is_number = mz_rset_dtype(rs, col) == MZ_DTYPE_INT64
                    || mz_rset_dtype(rs, col) == MZ_DTYPE_FLOAT64;

        mz_buf_add_c(b, col == 0 ? "" : "  ");

        if (is_number) {
            mz_rset_print_fill(b, ' ', pad);
        }

        mz_buf_add_str(b, mz_buf_view(cell));

        if (!is_number && col + 1 < mz_rset_columns(rs)) {
            mz_rset_print_fill(b, ' ', pad);
        }
    }

    mz_buf_add_char(b, '\n');
}


/* row SIZE_MAX: the name of the column. */

static void
mz_rset_print_cell(mz_buf_t *cell, const mz_rset_t *rs, size_t row,
    size_t col)
{
    mz_buf_t    raw;
    mz_value_t  v;

    mz_buf_reset(cell);

    if (row == SIZE_MAX) {
        mz_rset_print_clean(cell, mz_rset_name(rs, col));
        return;
    }

    mz_rset_get(rs, row, col, &v);

    /* Sixteen digits are for programs. */
    if (mz_rset_dtype(rs, col) == MZ_DTYPE_FLOAT64 && !v.is_null
        && isfinite(v.d))
    {
        mz_buf_addf(cell, "%.10g", v.d);
        return;
    }

    mz_buf_init(&raw, 0);
    mz_rset_print_text(&raw, rs, row, col);
    mz_rset_print_clean(cell, mz_buf_view(&raw));
    mz_buf_free(&raw);
}


static void
mz_rset_print_clean(mz_buf_t *b, mz_str_t s)
{
    size_t         at, from;
    uint32_t       c;
    mz_str_t       cut;

    cut = mz_utf8_prefix(s, MZ_RSET_PRINT_WIDTH);

    for (at = 0; at < cut.len; /* void */) {
        from = at;
        c = mz_utf8_next(cut, &at);

        if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xfffd) {
            mz_buf_add_char(b, '?');

        } else {
            mz_buf_add(b, cut.data + from, at - from);
        }
    }

    if (cut.len < s.len) {
        mz_buf_add_c(b, "...");
    }
}


static void
mz_rset_print_fill(mz_buf_t *b, char c, size_t n)
{
    while (n-- > 0) {
        mz_buf_add_char(b, c);
    }
}


/* A value without quotes; null is empty. */

static void
mz_rset_print_text(mz_buf_t *b, const mz_rset_t *rs, size_t row, size_t col)
{
    size_t       from;
    mz_value_t   v;
    mz_dtype_t   dtype;

    mz_rset_get(rs, row, col, &v);
    dtype = mz_rset_dtype(rs, col);

    if (v.is_null) {
        return;
    }

    if (dtype == MZ_DTYPE_STRING) {
        mz_buf_add_str(b, v.s);
        return;
    }

    from = b->len;
    mz_value_write_json(b, dtype, &v);

    /* Times and dates come as JSON strings that need no escape. */
    if (b->rc == MZ_OK && b->data[from] == '"') {
        memmove(b->data + from, b->data + from + 1, b->len - from - 2);
        b->len -= 2;
    }
}


static void
mz_rset_print_field(mz_buf_t *b, mz_str_t s)
{
    size_t  i;

    for (i = 0; i < s.len; i++) {
        if (strchr("\",\r\n", s.data[i]) != NULL) {
            break;
        }
    }

    if (i == s.len) {
        mz_buf_add_str(b, s);
        return;
    }

    mz_buf_add_char(b, '"');

    for (i = 0; i < s.len; i++) {
        mz_buf_add_c(b, s.data[i] == '"' ? "\"" : "");
        mz_buf_add_char(b, s.data[i]);
    }

    mz_buf_add_char(b, '"');
}
