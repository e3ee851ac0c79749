
#include "base/mz_rset.h"
#include "base/mz_str.h"


#define MZ_RSET_FIRST_ROWS  64


/* Strings: ends[row] is where the row's bytes end in the arena. */

typedef struct {
    char        *name;
    mz_dtype_t   type;
    uint8_t     *nulls;
    int64_t     *ints;
    double      *doubles;
    size_t      *ends;
    mz_buf_t     arena;
} mz_rset_column_t;

struct mz_rset_s {
    mz_rset_column_t  *columns;
    size_t             ncolumns;
    size_t             rows;
    size_t             rows_cap;
    size_t             rows_max;
    bool               is_truncated;
};


static mz_rc_t mz_rset_grow(mz_rset_t *rs);
static mz_rc_t mz_rset_grow_column(mz_rset_column_t *col, size_t cap);
static void mz_rset_append(mz_rset_column_t *col, size_t row,
    const mz_value_t *v);
static mz_str_t mz_rset_string(const mz_rset_column_t *col, size_t row);


mz_rset_t *
mz_rset_new(size_t rows_max)
{
    mz_rset_t  *rs;

    rs = calloc(1, sizeof(mz_rset_t));

    if (rs != NULL) {
        rs->rows_max = rows_max;
    }

    return rs;
}


void
mz_rset_free(mz_rset_t *rs)
{
    size_t             i;
    mz_rset_column_t  *col;

    if (rs == NULL) {
        return;
    }

    for (i = 0; i < rs->ncolumns; i++) {
        col = &rs->columns[i];
        free(col->name);
        free(col->nulls);
        free(col->ints);
        free(col->doubles);
        free(col->ends);
        mz_buf_free(&col->arena);
    }

    free(rs->columns);
    free(rs);
}


mz_rc_t
mz_rset_add_column(mz_rset_t *rs, mz_str_t name, mz_dtype_t t)
{
    mz_rset_column_t  *columns, *col;

    if (rs->rows > 0 || rs->rows_cap > 0) {
        return MZ_INVALID;
    }

    columns = reallocarray(rs->columns, rs->ncolumns + 1,
                           sizeof(mz_rset_column_t));
    if (columns == NULL) {
        return MZ_NOMEM;
    }

    rs->columns = columns;
    col = &columns[rs->ncolumns];

    memset(col, 0, sizeof(mz_rset_column_t));
    mz_buf_init(&col->arena, 0);
    col->type = t;
    col->name = mz_str_dup(name);

    if (col->name == NULL) {
        return MZ_NOMEM;
    }

    rs->ncolumns++;

    return MZ_OK;
}


/* All memory is taken before the first value is written: all or nothing. */

mz_rc_t
mz_rset_add_row(mz_rset_t *rs, const mz_value_t *row)
{
    size_t             i;
    mz_rc_t            rc;
    mz_rset_column_t  *col;

    if (rs->rows >= rs->rows_max) {
        rs->is_truncated = true;
        return MZ_LIMIT;
    }

    if (rs->rows == rs->rows_cap) {
        rc = mz_rset_grow(rs);
        if (rc != MZ_OK) {
            return rc;
        }
    }

    for (i = 0; i < rs->ncolumns; i++) {
        col = &rs->columns[i];

        if (col->type == MZ_DTYPE_STRING && !row[i].is_null
            && mz_buf_reserve(&col->arena, row[i].s.len) == NULL)
        {
            rc = col->arena.rc;
            col->arena.rc = MZ_OK;
            return rc;
        }
    }

    for (i = 0; i < rs->ncolumns; i++) {
        mz_rset_append(&rs->columns[i], rs->rows, &row[i]);
    }

    rs->rows++;

    return MZ_OK;
}


static mz_rc_t
mz_rset_grow(mz_rset_t *rs)
{
    size_t  cap, i;

    if (rs->rows_cap > SIZE_MAX / 4) {
        return MZ_LIMIT;
    }

    cap = rs->rows_cap ? rs->rows_cap * 2 : MZ_RSET_FIRST_ROWS;
    cap = cap < rs->rows_max ? cap : rs->rows_max;

    for (i = 0; i < rs->ncolumns; i++) {
        if (mz_rset_grow_column(&rs->columns[i], cap) != MZ_OK) {
            return MZ_NOMEM;
        }
    }

    rs->rows_cap = cap;

    return MZ_OK;
}


static mz_rc_t
mz_rset_grow_column(mz_rset_column_t *col, size_t cap)
{
    void     *p;
    uint8_t  *nulls;

    nulls = reallocarray(col->nulls, cap, sizeof(uint8_t));
    if (nulls == NULL) {
        return MZ_NOMEM;
    }

    col->nulls = nulls;

    switch (col->type) {

    case MZ_DTYPE_STRING:
        p = reallocarray(col->ends, cap, sizeof(size_t));
        col->ends = p ? p : col->ends;
        break;

    case MZ_DTYPE_FLOAT64:
        p = reallocarray(col->doubles, cap, sizeof(double));
        col->doubles = p ? p : col->doubles;
        break;

    default:
        p = reallocarray(col->ints, cap, sizeof(int64_t));
        col->ints = p ? p : col->ints;
    }

    return p ? MZ_OK : MZ_NOMEM;
}


static void
mz_rset_append(mz_rset_column_t *col, size_t row, const mz_value_t *v)
{
    col->nulls[row] = v->is_null;

    switch (col->type) {

    case MZ_DTYPE_STRING:
        if (!v->is_null) {
            mz_buf_add_str(&col->arena, v->s);
        }

        col->ends[row] = col->arena.len;
        break;

    case MZ_DTYPE_FLOAT64:
        col->doubles[row] = v->is_null ? 0 : v->d;
        break;

    case MZ_DTYPE_BOOL:
        col->ints[row] = !v->is_null && v->i != 0;
        break;

    default:
        col->ints[row] = v->is_null ? 0 : v->i;
    }
}


size_t
mz_rset_rows(const mz_rset_t *rs)
{
    return rs->rows;
}


size_t
mz_rset_columns(const mz_rset_t *rs)
{
    return rs->ncolumns;
}


mz_str_t
mz_rset_name(const mz_rset_t *rs, size_t col)
{
    return col < rs->ncolumns ? mz_str_from(rs->columns[col].name)
                              : mz_null_str;
}


mz_dtype_t
mz_rset_dtype(const mz_rset_t *rs, size_t col)
{
    return col < rs->ncolumns ? rs->columns[col].type : MZ_DTYPE_STRING;
}


bool
mz_rset_is_truncated(const mz_rset_t *rs)
{
    return rs->is_truncated;
}


void
mz_rset_set_truncated(mz_rset_t *rs)
{
    rs->is_truncated = true;
}


size_t
mz_rset_find(const mz_rset_t *rs, mz_str_t name)
{
    size_t  i;

    for (i = 0; i < rs->ncolumns; i++) {
        if (mz_str_eq_c(name, rs->columns[i].name)) {
            return i;
        }
    }

    return SIZE_MAX;
}


void
mz_rset_get(const mz_rset_t *rs, size_t row, size_t col, mz_value_t *v)
{
    const mz_rset_column_t  *c;

    memset(v, 0, sizeof(mz_value_t));

    if (row >= rs->rows || col >= rs->ncolumns) {
        v->is_null = true;
        return;
    }

    c = &rs->columns[col];
    v->is_null = c->nulls[row];

    switch (c->type) {

    case MZ_DTYPE_STRING:
        v->s = v->is_null ? mz_null_str : mz_rset_string(c, row);
        break;

    case MZ_DTYPE_FLOAT64:
        v->d = c->doubles[row];
        break;

    default:
        v->i = c->ints[row];
    }
}


static mz_str_t
mz_rset_string(const mz_rset_column_t *col, size_t row)
{
    size_t  start;

    start = row ? col->ends[row - 1] : 0;

    if (col->ends[row] == start) {
        return mz_str("");
    }

    return (mz_str_t) { col->arena.data + start, col->ends[row] - start };
}


double
mz_rset_number(const mz_rset_t *rs, size_t row, size_t col)
{
    const mz_rset_column_t  *c;

    if (row >= rs->rows || col >= rs->ncolumns) {
        return 0;
    }

    c = &rs->columns[col];

    switch (c->type) {

    case MZ_DTYPE_FLOAT64:
        return c->doubles[row];

    case MZ_DTYPE_INT64:
    case MZ_DTYPE_BOOL:
        return (double) c->ints[row];

    default:
        return 0;
    }
}
