
#include "base/mz_utf8.h"
#include "query/tquery_int.h"


/* What a row with cut texts needs beside them, per cell: quotes, comma, .. */
#define MZ_TRENDER_CELL  40

#define MZ_TRENDER_CUT   "\xe2\x80\xa6"     /* U+2026, stands for the rest */


static mz_rc_t mz_tquery_render_row(mz_tquery_t *q, const mz_thit_t *hit,
    size_t cell_max, mz_err_t *err);
static void mz_tquery_render_text(mz_tquery_t *q, mz_str_t s,
    size_t cell_max);
static mz_rc_t mz_tquery_render_first(mz_tquery_t *q, mz_err_t *err);


mz_rc_t
mz_tquery_render(mz_tquery_t *q, mz_err_t *err)
{
    size_t               i, len;
    mz_rc_t              rc;
    uint64_t             next;
    mz_tquery_result_t  *r;

    r = &q->result;
    mz_buf_add_char(&q->rows, '[');

    for (i = 0; i < q->nhits; i++) {
        len = q->rows.len;

        rc = mz_tquery_render_row(q, &q->hits[i], 0, err);
        if (rc != MZ_OK) {
            return rc;
        }

        if (q->rows.len + 1 > q->lim.rows_max) {
            q->rows.len = len;
            r->truncated = true;
            break;
        }

        r->nrows++;
    }

    if (r->truncated && r->nrows == 0) {
        rc = mz_tquery_render_first(q, err);
        if (rc != MZ_OK) {
            return rc;
        }
    }

    mz_buf_add_char(&q->rows, ']');

    if (q->rows.rc != MZ_OK) {
        return mz_fail(err, q->rows.rc, "out of memory");
    }

    next = q->offset + r->nrows;
    r->rows = mz_buf_view(&q->rows);
    r->total_rows = q->layout->rows;
    r->offset = q->offset;
    r->next_offset = next < r->matched_rows ? (int64_t) next : -1;
    r->columns = q->columns;
    r->ncolumns = q->ncolumns;

    return MZ_OK;
}


/* cell_max 0: texts in full. */

static mz_rc_t
mz_tquery_render_row(mz_tquery_t *q, const mz_thit_t *hit, size_t cell_max,
    mz_err_t *err)
{
    size_t        i;
    mz_rc_t       rc;
    mz_value_t    v;
    mz_column_t  *col;

    mz_buf_add_c(&q->rows, q->rows.len > 1 ? ",[" : "[");

    for (i = 0; i < q->ncolumns; i++) {
        if (i > 0) {
            mz_buf_add_char(&q->rows, ',');
        }

        rc = mz_tquery_open(q, mz_tquery_used(q, q->columns[i]), hit->group,
                            &col, err);
        if (rc != MZ_OK) {
            return rc;
        }

        if (mz_column_get_checked(col, hit->row, &v) != MZ_OK) {
            return mz_fail(err, MZ_INVALID, "a column chunk has a value that "
                           "cannot be");
        }

        if (cell_max > 0 && col->dtype == MZ_DTYPE_STRING && !v.is_null) {
            mz_tquery_render_text(q, v.s, cell_max);

        } else {
            mz_value_write_json(&q->rows, col->dtype, &v);
        }
    }

    mz_buf_add_char(&q->rows, ']');

    return q->rows.rc == MZ_OK ? MZ_OK
                               : mz_fail(err, q->rows.rc, "out of memory");
}


/*
 * One escaped byte takes up to six: so few are kept that the JSON text fits.
 */

static void
mz_tquery_render_text(mz_tquery_t *q, mz_str_t s, size_t cell_max)
{
    size_t    len;
    mz_str_t  part;

    len = q->rows.len;
    mz_buf_add_json_str(&q->rows, s);

    if (q->rows.len - len <= cell_max || q->rows.rc != MZ_OK) {
        return;
    }

    q->rows.len = len;
    part = mz_utf8_prefix_bytes(s, cell_max / 6);
    mz_buf_add_json_str(&q->rows, part);

    if (q->rows.rc == MZ_OK) {
        q->rows.len--;
        mz_buf_add_c(&q->rows, MZ_TRENDER_CUT "\"");
    }
}


/*
 * Not even one row fits: it is shown with its texts cut, so that a client
 * that pages gets on.
 */

static mz_rc_t
mz_tquery_render_first(mz_tquery_t *q, mz_err_t *err)
{
    size_t   room;
    mz_rc_t  rc;

    room = q->lim.rows_max / q->ncolumns;
    room = room > MZ_TRENDER_CELL ? room - MZ_TRENDER_CELL : 0;

    if (room > 0) {
        rc = mz_tquery_render_row(q, &q->hits[0], room, err);
        if (rc != MZ_OK) {
            return rc;
        }

        q->result.nrows = 1;
    }

    if (room == 0 || q->rows.len + 1 > q->lim.rows_max) {
        return mz_fail(err, MZ_LIMIT, "one row is larger than the %zu bytes a "
                       "result may have: name fewer columns",
                       q->lim.rows_max);
    }

    return MZ_OK;
}
