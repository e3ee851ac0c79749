
#include "base/mz_utf8.h"
#include "query/tquery_int.h"


#define MZ_TUSE_SCANNED  0x01
#define MZ_TUSE_SORTED   0x02
#define MZ_TUSE_OUTPUT   0x04


static mz_rc_t mz_tquery_parse_columns(mz_tquery_t *q, const json_t *list,
    mz_err_t *err);
static mz_rc_t mz_tquery_parse_filters(mz_tquery_t *q, const json_t *list,
    mz_err_t *err);
static mz_rc_t mz_tquery_parse_sorts(mz_tquery_t *q, const json_t *list,
    mz_err_t *err);
static mz_rc_t mz_tquery_parse_page(mz_tquery_t *q, const json_t *args,
    mz_err_t *err);
static mz_rc_t mz_tquery_resolve(mz_tquery_t *q, mz_err_t *err);
static mz_rc_t mz_tquery_make_used(mz_tquery_t *q, const uint8_t *uses);


mz_rc_t
mz_tquery_parse_args(mz_tquery_t *q, const json_t *args, mz_err_t *err)
{
    mz_rc_t  rc;

    rc = mz_tquery_parse_columns(q, json_object_get(args, "columns"), err);

    if (rc == MZ_OK) {
        rc = mz_tquery_parse_filters(q, json_object_get(args, "filters"),
                                     err);
    }

    if (rc == MZ_OK) {
        rc = mz_tquery_parse_sorts(q, json_object_get(args, "sort"), err);
    }

    if (rc == MZ_OK) {
        rc = mz_tquery_parse_page(q, args, err);
    }

    if (rc == MZ_OK) {
        rc = mz_tquery_resolve(q, err);
    }

    return rc;
}


/* Absent or empty: all columns. */

static mz_rc_t
mz_tquery_parse_columns(mz_tquery_t *q, const json_t *list, mz_err_t *err)
{
    size_t    i, j, n, column;
    mz_rc_t   rc;
    mz_str_t  name;

    n = json_is_array(list) ? json_array_size(list) : 0;

    if (n > q->layout->ncolumns) {
        return mz_fail(err, MZ_INVALID, "columns names %zu columns; the table "
                       "has %zu", n, q->layout->ncolumns);
    }

    q->ncolumns = n ? n : q->layout->ncolumns;
    q->columns = calloc(q->ncolumns, sizeof(uint32_t));

    if (q->columns == NULL) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    for (i = 0; n == 0 && i < q->ncolumns; i++) {
        q->columns[i] = (uint32_t) i;
    }

    for (i = 0; i < n; i++) {
        rc = mz_layout_need(q->layout, mz_json_str(json_array_get(list, i)),
                            &column, err);
        if (rc != MZ_OK) {
            return rc;
        }

        q->columns[i] = (uint32_t) column;

        for (j = 0; j < i; j++) {
            if (q->columns[j] == column) {
                name = mz_utf8_prefix(q->layout->columns[column].name, 64);
                return mz_fail(err, MZ_INVALID,
                               "columns names \"%.*s\" twice", (int) name.len,
                               name.data);
            }
        }
    }

    return MZ_OK;
}


static mz_rc_t
mz_tquery_parse_filters(mz_tquery_t *q, const json_t *list, mz_err_t *err)
{
    size_t   i, n;
    mz_rc_t  rc;

    n = json_is_array(list) ? json_array_size(list) : 0;

    if (n == 0) {
        return MZ_OK;
    }

    if (n > MZ_TQUERY_FILTERS_MAX) {
        return mz_fail(err, MZ_INVALID, "there are %zu filters; at most %d "
                       "can be", n, MZ_TQUERY_FILTERS_MAX);
    }

    q->filter_args = json_deep_copy(list);
    q->filters = calloc(n, sizeof(mz_tfilter_t));

    if (q->filter_args == NULL || q->filters == NULL) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    q->nfilters = n;

    for (i = 0; i < n; i++) {
        rc = mz_tquery_filter_parse(q, i, json_array_get(q->filter_args, i),
                                    err);
        if (rc != MZ_OK) {
            return rc;
        }
    }

    return MZ_OK;
}


static mz_rc_t
mz_tquery_parse_sorts(mz_tquery_t *q, const json_t *list, mz_err_t *err)
{
    size_t         i, n;
    mz_rc_t        rc;
    mz_tsort_t    *s;
    const json_t  *obj;

    n = json_is_array(list) ? json_array_size(list) : 0;

    if (n > MZ_TQUERY_SORTS_MAX) {
        return mz_fail(err, MZ_INVALID, "there are %zu sort keys; at most %d "
                       "can be", n, MZ_TQUERY_SORTS_MAX);
    }

    for (i = 0; i < n; i++) {
        obj = json_array_get(list, i);
        s = &q->sorts[i];

        rc = mz_layout_need(q->layout, mz_json_get_str(obj, "column"),
                            &s->column, err);
        if (rc != MZ_OK) {
            return rc;
        }

        s->desc = mz_json_get_bool(obj, "desc", false);
        s->dtype = q->layout->columns[s->column].dtype;
    }

    q->nsorts = n;

    return MZ_OK;
}


static mz_rc_t
mz_tquery_parse_page(mz_tquery_t *q, const json_t *args, mz_err_t *err)
{
    int64_t  limit, offset;

    limit = mz_json_get_int(args, "limit", MZ_TQUERY_LIMIT_DEFAULT);
    offset = mz_json_get_int(args, "offset", 0);

    if (limit < 1 || limit > MZ_TQUERY_LIMIT_MAX) {
        return mz_fail(err, MZ_INVALID, "limit must be 1 to %d",
                       MZ_TQUERY_LIMIT_MAX);
    }

    if (offset < 0) {
        return mz_fail(err, MZ_INVALID, "offset must not be negative");
    }

    q->limit = (uint64_t) limit;
    q->offset = (uint64_t) offset;

    if (q->nsorts > 0 && q->offset < q->layout->rows
        && q->offset + q->limit > MZ_TQUERY_DEPTH_MAX)
    {
        return mz_fail(err, MZ_LIMIT, "offset + limit may be at most %d with "
                       "a sort: narrow the rows with a filter instead",
                       MZ_TQUERY_DEPTH_MAX);
    }

    return MZ_OK;
}


/* Now that all uses are known: the used columns, and who uses which. */

static mz_rc_t
mz_tquery_resolve(mz_tquery_t *q, mz_err_t *err)
{
    size_t    i;
    mz_rc_t   rc;
    uint8_t  *uses;

    uses = calloc(q->layout->ncolumns, 1);
    if (uses == NULL) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    for (i = 0; i < q->nfilters; i++) {
        uses[q->filters[i].column] |= MZ_TUSE_SCANNED;
    }

    for (i = 0; i < q->nsorts; i++) {
        uses[q->sorts[i].column] |= MZ_TUSE_SCANNED | MZ_TUSE_SORTED;
    }

    for (i = 0; i < q->ncolumns; i++) {
        uses[q->columns[i]] |= MZ_TUSE_OUTPUT;
    }

    rc = mz_tquery_make_used(q, uses);
    free(uses);

    if (rc != MZ_OK) {
        return mz_fail(err, rc, "out of memory");
    }

    for (i = 0; i < q->nfilters; i++) {
        q->filters[i].used = mz_tquery_used(q, q->filters[i].column);
    }

    for (i = 0; i < q->nsorts; i++) {
        q->sorts[i].used = mz_tquery_used(q, q->sorts[i].column);
    }

    return MZ_OK;
}


static mz_rc_t
mz_tquery_make_used(mz_tquery_t *q, const uint8_t *uses)
{
    size_t       i, n;
    mz_tused_t  *u;

    q->used = calloc(q->layout->ncolumns, sizeof(mz_tused_t));
    if (q->used == NULL) {
        return MZ_NOMEM;
    }

    n = q->layout->ngroups + 1;

    for (i = 0; i < q->layout->ncolumns; i++) {
        if (uses[i] == 0) {
            continue;
        }

        u = &q->used[q->nused++];
        u->column = (uint32_t) i;
        u->is_scanned = uses[i] & MZ_TUSE_SCANNED;
        u->is_sorted = uses[i] & MZ_TUSE_SORTED;
        u->is_output = uses[i] & MZ_TUSE_OUTPUT;
        u->bytes = calloc(n, sizeof(mz_str_t));
        u->open = calloc(n, sizeof(mz_column_t));

        if (u->bytes == NULL || u->open == NULL) {
            return MZ_NOMEM;
        }
    }

    return MZ_OK;
}
