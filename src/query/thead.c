
#include "query/column.h"
#include "query/head.h"


struct mz_thead_s {
    const mz_layout_t  *layout;
    size_t              max;
    size_t              group;          /* the next one */
    uint32_t           *needs;          /* its chunks, one for each column */
    mz_str_t           *bytes;
    mz_column_t        *columns;
    size_t              work;
    bool                is_over;
    mz_buf_t            text;
    mz_head_t           result;
};


static void mz_thead_plan(mz_thead_t *h);
static mz_rc_t mz_thead_open(mz_thead_t *h, mz_err_t *err);
static mz_rc_t mz_thead_rows(mz_thead_t *h, mz_err_t *err);
static mz_rc_t mz_thead_row(mz_thead_t *h, uint32_t row, mz_err_t *err);
static void mz_thead_cell(mz_buf_t *out, mz_dtype_t dtype,
    const mz_value_t *v);
static void mz_thead_text(mz_buf_t *out, mz_str_t s);
static bool mz_thead_is_plain(mz_str_t s);


mz_rc_t
mz_thead_new(const mz_layout_t *layout, size_t text_max, mz_thead_t **head,
    mz_err_t *err)
{
    size_t       i, n;
    mz_thead_t  *h;

    *head = NULL;
    n = layout->ncolumns;

    h = calloc(1, sizeof(mz_thead_t));
    if (h == NULL) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    h->layout = layout;
    h->max = text_max;
    mz_buf_init(&h->text, 0);
    h->needs = calloc(n + 1, sizeof(uint32_t));
    h->bytes = calloc(n + 1, sizeof(mz_str_t));
    h->columns = calloc(n + 1, sizeof(mz_column_t));

    for (i = 0; i < n; i++) {
        mz_buf_add_c(&h->text, i == 0 ? "" : ",");
        mz_thead_text(&h->text, layout->columns[i].name);
    }

    mz_buf_add_c(&h->text, "\r\n");

    if (h->needs == NULL || h->bytes == NULL || h->columns == NULL
        || h->text.rc != MZ_OK)
    {
        mz_thead_free(h);
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    if (h->text.len > text_max) {
        mz_thead_free(h);
        return mz_fail(err, MZ_LIMIT, "the names of %zu columns alone do not "
                       "fit into %zu bytes", n, text_max);
    }

    mz_thead_plan(h);
    *head = h;

    return MZ_OK;
}


const uint32_t *
mz_thead_needs(const mz_thead_t *h, size_t *n)
{
    *n = h->is_over ? 0 : h->layout->ncolumns;

    return h->needs;
}


mz_rc_t
mz_thead_give(mz_thead_t *h, uint32_t chunk, mz_str_t bytes)
{
    size_t  i;

    i = (size_t) chunk - h->needs[0];

    if (h->is_over || chunk < h->needs[0] || i >= h->layout->ncolumns
        || bytes.data == NULL)
    {
        return MZ_INVALID;
    }

    if (h->bytes[i].data == NULL) {
        h->bytes[i] = bytes;
        h->work += mz_column_work(bytes);
    }

    return MZ_OK;
}


size_t
mz_thead_work(const mz_thead_t *h)
{
    return h->work;
}


mz_rc_t
mz_thead_run(mz_thead_t *h, mz_err_t *err)
{
    size_t   i;
    mz_rc_t  rc;

    if (!h->is_over) {
        rc = mz_thead_open(h, err);

        if (rc == MZ_OK) {
            rc = mz_thead_rows(h, err);
        }

        for (i = 0; i < h->layout->ncolumns; i++) {
            mz_column_close(&h->columns[i]);
        }

        if (rc != MZ_OK) {
            return rc;
        }

        h->group++;
        mz_thead_plan(h);
    }

    if (!h->is_over) {
        return MZ_AGAIN;
    }

    h->result.text = mz_buf_view(&h->text);

    return MZ_OK;
}


const mz_head_t *
mz_thead_result(const mz_thead_t *h)
{
    return &h->result;
}


void
mz_thead_free(mz_thead_t *h)
{
    if (h == NULL) {
        return;
    }

    free(h->needs);
    free(h->bytes);
    free(h->columns);
    mz_buf_free(&h->text);
    free(h);
}


static void
mz_thead_plan(mz_thead_t *h)
{
    size_t  i, n;

    n = h->layout->ncolumns;
    h->work = 0;

    if (h->group == h->layout->ngroups || h->result.is_cut) {
        h->is_over = true;
        return;
    }

    for (i = 0; i < n; i++) {
        h->needs[i] = (uint32_t) (h->group * n + i);
        h->bytes[i] = mz_null_str;
    }
}


/* Few rows of a large group are read: its values are checked one by one. */

static mz_rc_t
mz_thead_open(mz_thead_t *h, mz_err_t *err)
{
    size_t   i;
    mz_rc_t  rc;

    for (i = 0; i < h->layout->ncolumns; i++) {

        if (h->bytes[i].data == NULL) {
            return mz_fail(err, MZ_NOT_FOUND, "chunk %u was not given",
                           (unsigned) h->needs[i]);
        }

        rc = mz_column_open_sparse(&h->columns[i], h->bytes[i],
                                   h->layout->columns[i].dtype,
                                   h->layout->groups[h->group], err);
        if (rc != MZ_OK) {
            return rc;
        }
    }

    return MZ_OK;
}


static mz_rc_t
mz_thead_rows(mz_thead_t *h, mz_err_t *err)
{
    size_t    len;
    mz_rc_t   rc;
    uint32_t  row;

    for (row = 0; row < h->layout->groups[h->group]; row++) {
        len = h->text.len;

        rc = mz_thead_row(h, row, err);
        if (rc != MZ_OK) {
            return rc;
        }

        if (h->text.len > h->max) {
            h->text.len = len;
            h->result.is_cut = true;
            break;
        }

        h->result.rows++;
    }

    return MZ_OK;
}


static mz_rc_t
mz_thead_row(mz_thead_t *h, uint32_t row, mz_err_t *err)
{
    size_t      i;
    mz_value_t  v;

    for (i = 0; i < h->layout->ncolumns; i++) {

        if (mz_column_get_checked(&h->columns[i], row, &v) != MZ_OK) {
            return mz_fail(err, MZ_INVALID, "a column chunk has a value that "
                           "cannot be");
        }

        mz_buf_add_c(&h->text, i == 0 ? "" : ",");
        mz_thead_cell(&h->text, h->layout->columns[i].dtype, &v);
    }

    mz_buf_add_c(&h->text, "\r\n");

    return h->text.rc == MZ_OK ? MZ_OK
                               : mz_fail(err, h->text.rc, "out of memory");
}


static void
mz_thead_cell(mz_buf_t *out, mz_dtype_t dtype, const mz_value_t *v)
{
    size_t  len;

    if (v->is_null) {
        return;
    }

    if (dtype == MZ_DTYPE_STRING) {
        mz_thead_text(out, v->s);
        return;
    }

    len = out->len;
    mz_value_write_json(out, dtype, v);

    /* Times stand in quotes there, and need none here. */

    if (out->rc == MZ_OK && out->len - len > 2 && out->data[len] == '"') {
        out->len -= 2;
        memmove(out->data + len, out->data + len + 1, out->len - len);
    }
}


static void
mz_thead_text(mz_buf_t *out, mz_str_t s)
{
    size_t  i;

    if (mz_thead_is_plain(s)) {
        mz_buf_add_str(out, s);
        return;
    }

    mz_buf_add_char(out, '"');

    for (i = 0; i < s.len; i++) {
        if (s.data[i] == '"') {
            mz_buf_add_char(out, '"');
        }

        mz_buf_add_char(out, s.data[i]);
    }

    mz_buf_add_char(out, '"');
}


static bool
mz_thead_is_plain(mz_str_t s)
{
    size_t  i;

    for (i = 0; i < s.len; i++) {
        if (s.data[i] == ',' || s.data[i] == '"' || s.data[i] == '\r'
            || s.data[i] == '\n')
        {
            return false;
        }
    }

    return s.len != 0 && s.data[0] != ' ' && s.data[s.len - 1] != ' ';
}
