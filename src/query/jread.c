
#include "base/mz_str.h"
#include "base/mz_utf8.h"
#include "query/jlines_int.h"
#include "query/jpointer.h"


#define MZ_JREAD_SHOW_MAX  120      /* code points of a path in an error */

struct mz_jread_s {
    const mz_jlayout_t   *layout;
    mz_jlines_limits_t    lim;
    char                 *path;
    mz_str_t              inner;        /* path inside the row, if is_row */
    bool                  is_row;
    uint64_t              from;         /* rows from .. to - 1 are read */
    uint64_t              to;
    uint64_t              limit;
    uint64_t              offset;

    uint32_t             *needs;
    mz_str_t             *bytes;        /* one for each of needs */
    size_t                nneeds;
    size_t                first;        /* chunk needs[0] */
    uint64_t              first_row;    /* its first row */
    size_t                work;

    mz_buf_t              value;
    mz_jread_result_t     result;
};


static mz_rc_t mz_jread_prepare(mz_jread_t *r, const json_t *args,
    mz_err_t *err);
static mz_rc_t mz_jread_rows(mz_jread_t *r, mz_str_t path, mz_err_t *err);
static mz_rc_t mz_jread_plan(mz_jread_t *r, mz_err_t *err);
static mz_rc_t mz_jread_chunk(mz_jread_t *r, size_t i, uint64_t first,
    bool *is_done, mz_err_t *err);
static mz_rc_t mz_jread_inner(mz_jread_t *r, json_t *row, mz_err_t *err);
static mz_rc_t mz_jread_array(mz_jread_t *r, const json_t *v, mz_err_t *err);
static mz_rc_t mz_jread_object(mz_jread_t *r, json_t *v, mz_err_t *err);
static mz_rc_t mz_jread_add(mz_jread_t *r, uint64_t index, const char *name,
    const json_t *v, bool *is_done, mz_err_t *err);
static mz_rc_t mz_jread_too_large(mz_jread_t *r, uint64_t index,
    const char *name, mz_err_t *err);
static mz_rc_t mz_jread_end(mz_jread_t *r, mz_err_t *err);


mz_rc_t
mz_jread_parse(const mz_jlayout_t *layout, const json_t *args,
    const mz_jlines_limits_t *lim, mz_jread_t **read, mz_err_t *err)
{
    mz_rc_t      rc;
    mz_jread_t  *r;

    *read = NULL;

    r = calloc(1, sizeof(mz_jread_t));
    if (r == NULL) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    r->layout = layout;
    mz_jlines_limits(lim, &r->lim);
    mz_buf_init(&r->value, 0);

    rc = mz_jread_prepare(r, args, err);

    if (rc != MZ_OK) {
        mz_jread_free(r);
        return rc;
    }

    *read = r;

    return MZ_OK;
}


const uint32_t *
mz_jread_needs(const mz_jread_t *r, size_t *n)
{
    *n = r->nneeds;

    return r->needs;
}


mz_rc_t
mz_jread_give(mz_jread_t *r, uint32_t chunk, mz_str_t bytes)
{
    size_t  i;

    i = (size_t) chunk - r->first;

    if (chunk < r->first || i >= r->nneeds || bytes.data == NULL) {
        return MZ_INVALID;
    }

    if (r->bytes[i].data == NULL) {
        r->bytes[i] = bytes;
        r->work += bytes.len;
    }

    return MZ_OK;
}


size_t
mz_jread_work(const mz_jread_t *r)
{
    return r->work;
}


mz_rc_t
mz_jread_run(mz_jread_t *r, mz_err_t *err)
{
    bool      is_done;
    size_t    i;
    mz_rc_t   rc;
    uint64_t  first;

    first = r->first_row;
    is_done = false;

    mz_buf_reset(&r->value);
    memset(&r->result, 0, sizeof(mz_jread_result_t));
    r->result.offset = r->offset;
    r->result.next_offset = -1;

    if (!r->is_row) {
        r->result.total = r->layout->rows;
        mz_buf_add_char(&r->value, '[');
    }

    for (i = 0; i < r->nneeds && !is_done; i++) {
        rc = mz_jread_chunk(r, i, first, &is_done, err);
        if (rc != MZ_OK) {
            return rc;
        }

        first += r->layout->groups[r->first + i];
    }

    if (!r->is_row) {
        mz_buf_add_char(&r->value, ']');

        if (!is_done && r->to < r->layout->rows && r->to > r->from) {
            r->result.next_offset = (int64_t) r->to;
        }
    }

    return mz_jread_end(r, err);
}


const mz_jread_result_t *
mz_jread_result(const mz_jread_t *r)
{
    return &r->result;
}


void
mz_jread_free(mz_jread_t *r)
{
    if (r == NULL) {
        return;
    }

    free(r->path);
    free(r->needs);
    free(r->bytes);
    mz_buf_free(&r->value);
    free(r);
}


static mz_rc_t
mz_jread_prepare(mz_jread_t *r, const json_t *args, mz_err_t *err)
{
    mz_rc_t   rc;
    mz_str_t  path;

    path = mz_json_get_str(args, "path");

    rc = mz_jpointer_check(path, err);
    if (rc != MZ_OK) {
        return rc;
    }

    rc = mz_jlines_page(args, MZ_JREAD_LIMIT_DEFAULT, MZ_JREAD_LIMIT_MAX,
                        &r->limit, &r->offset, err);
    if (rc != MZ_OK) {
        return rc;
    }

    r->path = mz_str_dup(path.data ? path : mz_str(""));
    if (r->path == NULL) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    rc = mz_jread_rows(r, mz_str_from(r->path), err);
    if (rc != MZ_OK) {
        return rc;
    }

    return mz_jread_plan(r, err);
}


/* Which rows the path is about: a slice of all, or the one it goes into. */

static mz_rc_t
mz_jread_rows(mz_jread_t *r, mz_str_t path, mz_err_t *err)
{
    mz_rc_t   rc;
    uint64_t  rows;
    mz_buf_t  token;

    rows = r->layout->rows;
    r->from = r->offset < rows ? r->offset : rows;
    r->to = r->limit < rows - r->from ? r->from + r->limit : rows;

    if (path.len == 0) {
        return MZ_OK;
    }

    mz_buf_init(&token, 0);
    r->is_row = mz_jpointer_next(&path, &token);
    r->inner = path;
    rc = token.rc == MZ_OK ? mz_jpointer_index(mz_buf_view(&token), &r->from)
                           : MZ_NOMEM;
    mz_buf_free(&token);

    if (rc == MZ_NOMEM) {
        return mz_fail(err, rc, "out of memory");
    }

    if (rc != MZ_OK || r->from >= rows) {
        path = mz_utf8_prefix(mz_str_from(r->path), MZ_JREAD_SHOW_MAX);
        return mz_fail(err, MZ_NOT_FOUND,
                       "path %.*s does not start with a row number: the "
                       "artifact is an array of %llu rows, numbered from 0, "
                       "as in \"/0\"", (int) path.len, path.data,
                       (unsigned long long) rows);
    }

    r->to = r->from + 1;

    return MZ_OK;
}


static mz_rc_t
mz_jread_plan(mz_jread_t *r, mz_err_t *err)
{
    size_t    g, n;
    uint64_t  first;

    first = 0;
    n = 0;

    for (g = 0; g < r->layout->ngroups && first < r->to; g++) {
        if (first + r->layout->groups[g] <= r->from) {
            first += r->layout->groups[g];
            continue;
        }

        if (n++ == 0) {
            r->first = g;
            r->first_row = first;
        }

        first += r->layout->groups[g];
    }

    n = r->from < r->to ? n : 0;
    r->needs = calloc(n + 1, sizeof(uint32_t));
    r->bytes = calloc(n + 1, sizeof(mz_str_t));

    if (r->needs == NULL || r->bytes == NULL) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    for (r->nneeds = 0; r->nneeds < n; r->nneeds++) {
        r->needs[r->nneeds] = (uint32_t) (r->first + r->nneeds);
    }

    return MZ_OK;
}


/* The wanted rows of one chunk, whose first row is number first. */

static mz_rc_t
mz_jread_chunk(mz_jread_t *r, size_t i, uint64_t first, bool *is_done,
    mz_err_t *err)
{
    json_t    *v;
    mz_rc_t    rc;
    mz_str_t   rest, line;
    uint64_t   row, end;

    if (r->bytes[i].data == NULL) {
        return mz_fail(err, MZ_NOT_FOUND,
                       "chunk %u of the artifact is missing", r->needs[i]);
    }

    rest = r->bytes[i];
    end = first + r->layout->groups[r->first + i];
    end = end < r->to ? end : r->to;

    for (row = first; row < end && !*is_done; row++) {
        if (!mz_jlines_next(&rest, &line)) {
            return mz_fail(err, MZ_INVALID,
                           "chunk %u of the artifact is damaged: it has fewer "
                           "lines than the layout says", r->needs[i]);
        }

        if (row < r->from) {
            continue;
        }

        rc = mz_jlines_load(line, row, &v, err);
        if (rc != MZ_OK) {
            return rc;
        }

        rc = r->is_row ? mz_jread_inner(r, v, err)
                       : mz_jread_add(r, row, NULL, v, is_done, err);
        json_decref(v);

        if (rc != MZ_OK) {
            return rc;
        }
    }

    return MZ_OK;
}


static mz_rc_t
mz_jread_inner(mz_jread_t *r, json_t *row, mz_err_t *err)
{
    json_t   *v;
    mz_rc_t   rc;

    rc = mz_jpointer_get(row, r->inner, &v, err);
    if (rc != MZ_OK) {
        return rc;
    }

    if (json_is_array(v)) {
        return mz_jread_array(r, v, err);
    }

    if (json_is_object(v)) {
        return mz_jread_object(r, v, err);
    }

    r->result.total = 1;

    if (json_is_string(v)) {
        r->result.truncated = mz_jlines_cut(&r->value, mz_json_str(v),
                                            r->lim.value_max);

    } else {
        mz_json_dump(&r->value, v);
    }

    return MZ_OK;
}


static mz_rc_t
mz_jread_array(mz_jread_t *r, const json_t *v, mz_err_t *err)
{
    bool      is_done;
    mz_rc_t   rc;
    uint64_t  i, n;

    n = json_array_size(v);
    r->result.total = n;
    is_done = false;
    mz_buf_add_char(&r->value, '[');

    for (i = r->offset; i < n && i - r->offset < r->limit && !is_done; i++) {
        rc = mz_jread_add(r, i, NULL, json_array_get(v, (size_t) i), &is_done,
                          err);
        if (rc != MZ_OK) {
            return rc;
        }
    }

    if (!is_done && r->offset < n && n - r->offset > r->limit) {
        r->result.next_offset = (int64_t) (r->offset + r->limit);
    }

    mz_buf_add_char(&r->value, ']');

    return MZ_OK;
}


static mz_rc_t
mz_jread_object(mz_jread_t *r, json_t *v, mz_err_t *err)
{
    bool       is_done;
    void      *iter;
    mz_rc_t    rc;
    uint64_t   i, n;

    n = json_object_size(v);
    r->result.total = n;
    is_done = false;
    i = 0;
    mz_buf_add_char(&r->value, '{');

    for (iter = json_object_iter(v);
         iter != NULL && !is_done;
         iter = json_object_iter_next(v, iter), i++)
    {
        if (i < r->offset || i - r->offset >= r->limit) {
            continue;
        }

        rc = mz_jread_add(r, i, json_object_iter_key(iter),
                          json_object_iter_value(iter), &is_done, err);
        if (rc != MZ_OK) {
            return rc;
        }
    }

    if (!is_done && r->offset < n && n - r->offset > r->limit) {
        r->result.next_offset = (int64_t) (r->offset + r->limit);
    }

    mz_buf_add_char(&r->value, '}');

    return MZ_OK;
}


/* One element or member; *is_done: there was no room for it any more. */

static mz_rc_t
mz_jread_add(mz_jread_t *r, uint64_t index, const char *name,
    const json_t *v, bool *is_done, mz_err_t *err)
{
    size_t  len;

    len = r->value.len;

    if (len > 1) {
        mz_buf_add_char(&r->value, ',');
    }

    if (name != NULL) {
        mz_buf_add_json_str(&r->value, mz_str_from(name));
        mz_buf_add_char(&r->value, ':');
    }

    mz_json_dump(&r->value, v);

    if (r->value.rc != MZ_OK || r->value.len + 1 <= r->lim.value_max) {
        return MZ_OK;
    }

    if (len <= 1) {
        return mz_jread_too_large(r, index, name, err);
    }

    r->value.len = len;
    r->result.truncated = true;
    r->result.next_offset = (int64_t) index;
    *is_done = true;

    return MZ_OK;
}


static mz_rc_t
mz_jread_too_large(mz_jread_t *r, uint64_t index, const char *name,
    mz_err_t *err)
{
    mz_rc_t   rc;
    mz_buf_t  path;

    mz_buf_init(&path, 0);
    mz_buf_add_c(&path, r->path);

    if (name != NULL) {
        mz_jpointer_add(&path, mz_str_from(name));

    } else {
        mz_buf_addf(&path, "/%llu", (unsigned long long) index);
    }

    rc = mz_fail(err, MZ_LIMIT, "the value at %.*s alone is over %zu bytes: "
                 "read it, or a part of it, by that path",
                 (int) mz_utf8_prefix_bytes(mz_buf_view(&path), 300).len,
                 mz_buf_cstr(&path), r->lim.value_max);

    mz_buf_free(&path);

    return rc;
}


static mz_rc_t
mz_jread_end(mz_jread_t *r, mz_err_t *err)
{
    if (r->value.rc != MZ_OK) {
        return mz_fail(err, r->value.rc, "out of memory");
    }

    r->result.value = mz_buf_view(&r->value);

    return MZ_OK;
}
