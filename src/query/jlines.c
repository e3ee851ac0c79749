
#include "base/mz_utf8.h"
#include "query/jlines_int.h"


#define MZ_JLINES_VALUE_BYTES  (64 * 1024)
#define MZ_JLINES_SCAN_BYTES   ((size_t) 256 * 1024 * 1024)
#define MZ_JLINES_PARSE_BYTES  ((size_t) 32 * 1024 * 1024)

#define MZ_JLINES_CUT          "\xe2\x80\xa6"       /* U+2026 */

struct mz_jwriter_s {
    mz_chunk_emit_pt   emit;
    void              *ctx;
    mz_buf_t           chunk;
    mz_buf_t           line;
    uint32_t           lines;       /* in the chunk */
    uint32_t           n;           /* chunks emitted */
    json_t            *groups;
};


static mz_rc_t mz_jlayout_group(mz_jlayout_t *l, size_t i, const json_t *v,
    mz_err_t *err);
static mz_rc_t mz_jwriter_flush(mz_jwriter_t *w, mz_err_t *err);


mz_rc_t
mz_jlayout_from_json(const json_t *json, mz_jlayout_t **layout,
    mz_err_t *err)
{
    size_t         i, n;
    mz_rc_t        rc;
    mz_jlayout_t  *l;
    const json_t  *list;

    *layout = NULL;
    list = json_object_get(json, "groups");
    n = json_array_size(list);

    if (!json_is_array(list)) {
        return mz_fail(err, MZ_INVALID, "the layout has no array \"groups\"");
    }

    if (n > MZ_JLINES_GROUPS_MAX) {
        return mz_fail(err, MZ_LIMIT, "the artifact has more than %d chunks",
                       MZ_JLINES_GROUPS_MAX);
    }

    l = calloc(1, sizeof(mz_jlayout_t));
    if (l == NULL) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    l->ngroups = n;
    l->groups = calloc(n + 1, sizeof(uint32_t));

    if (l->groups == NULL) {
        mz_jlayout_free(l);
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    for (i = 0; i < n; i++) {
        rc = mz_jlayout_group(l, i, json_array_get(list, i), err);

        if (rc != MZ_OK) {
            mz_jlayout_free(l);
            return rc;
        }
    }

    *layout = l;

    return MZ_OK;
}


void
mz_jlayout_free(mz_jlayout_t *layout)
{
    if (layout != NULL) {
        free(layout->groups);
        free(layout);
    }
}


mz_jwriter_t *
mz_jwriter_new(mz_chunk_emit_pt emit, void *ctx)
{
    mz_jwriter_t  *w;

    w = calloc(1, sizeof(mz_jwriter_t));
    if (w == NULL) {
        return NULL;
    }

    w->emit = emit;
    w->ctx = ctx;
    w->groups = json_array();
    mz_buf_init(&w->chunk, MZ_CHUNK_MAX);
    mz_buf_init(&w->line, MZ_JLINES_LINE_MAX);

    if (w->groups == NULL) {
        mz_jwriter_free(w);
        return NULL;
    }

    return w;
}


void
mz_jwriter_free(mz_jwriter_t *w)
{
    if (w == NULL) {
        return;
    }

    mz_buf_free(&w->chunk);
    mz_buf_free(&w->line);
    json_decref(w->groups);
    free(w);
}


mz_rc_t
mz_jwriter_add(mz_jwriter_t *w, const json_t *row, mz_err_t *err)
{
    mz_rc_t  rc;

    mz_buf_reset(&w->line);
    mz_json_dump(&w->line, row);

    if (w->line.rc == MZ_LIMIT) {
        return mz_fail(err, MZ_LIMIT, "a row of a JSON artifact is over %d "
                       "bytes", MZ_JLINES_LINE_MAX);
    }

    if (w->line.rc != MZ_OK) {
        return mz_fail(err, w->line.rc, "a row of a JSON artifact cannot be "
                       "written");
    }

    if (w->lines > 0
        && w->chunk.len + w->line.len + 1 > MZ_JLINES_CHUNK_GOAL)
    {
        rc = mz_jwriter_flush(w, err);
        if (rc != MZ_OK) {
            return rc;
        }
    }

    mz_buf_add_str(&w->chunk, mz_buf_view(&w->line));
    mz_buf_add_char(&w->chunk, '\n');
    w->lines++;

    return w->chunk.rc == MZ_OK ? MZ_OK
                                : mz_fail(err, w->chunk.rc, "out of memory");
}


mz_rc_t
mz_jwriter_end(mz_jwriter_t *w, json_t **layout, mz_err_t *err)
{
    mz_rc_t  rc;
    json_t  *json;

    *layout = NULL;

    if (w->lines > 0) {
        rc = mz_jwriter_flush(w, err);
        if (rc != MZ_OK) {
            return rc;
        }
    }

    json = json_object();
    rc = mz_json_set(json, "groups", json_incref(w->groups));

    if (rc != MZ_OK) {
        json_decref(json);
        return mz_fail(err, rc, "out of memory");
    }

    *layout = json;

    return MZ_OK;
}


void
mz_jlines_limits(const mz_jlines_limits_t *lim, mz_jlines_limits_t *out)
{
    memset(out, 0, sizeof(mz_jlines_limits_t));

    if (lim != NULL) {
        *out = *lim;
    }

    out->value_max = out->value_max ? out->value_max : MZ_JLINES_VALUE_BYTES;
    out->scan_max = out->scan_max ? out->scan_max : MZ_JLINES_SCAN_BYTES;
    out->parse_max = out->parse_max ? out->parse_max : MZ_JLINES_PARSE_BYTES;
}


mz_rc_t
mz_jlines_page(const json_t *args, int64_t dflt, int64_t max,
    uint64_t *limit, uint64_t *offset, mz_err_t *err)
{
    int64_t  n, from;

    n = mz_json_get_int(args, "limit", dflt);
    from = mz_json_get_int(args, "offset", 0);

    if (n < 1 || n > max) {
        return mz_fail(err, MZ_INVALID, "limit must be 1 to %d", (int) max);
    }

    if (from < 0) {
        return mz_fail(err, MZ_INVALID, "offset must not be negative");
    }

    *limit = (uint64_t) n;
    *offset = (uint64_t) from;

    return MZ_OK;
}


bool
mz_jlines_next(mz_str_t *rest, mz_str_t *line)
{
    const char  *end;

    if (rest->len == 0) {
        return false;
    }

    end = memchr(rest->data, '\n', rest->len);

    if (end == NULL) {
        *line = *rest;
        rest->len = 0;
        return true;
    }

    line->data = rest->data;
    line->len = (size_t) (end - rest->data);
    rest->data += line->len + 1;
    rest->len -= line->len + 1;

    return true;
}


mz_rc_t
mz_jlines_load(mz_str_t line, uint64_t row, json_t **v, mz_err_t *err)
{
    mz_err_t          why;
    mz_json_limits_t  lim;

    lim.bytes_max = MZ_CHUNK_MAX;
    lim.depth_max = MZ_JSON_DEPTH_MAX;

    if (mz_json_load(line, &lim, v, &why) != MZ_OK) {
        *v = NULL;
        return mz_fail(err, why.rc == MZ_NOMEM ? MZ_NOMEM : MZ_INVALID,
                       "row %llu of the artifact cannot be read: %.200s",
                       (unsigned long long) row, why.msg);
    }

    return MZ_OK;
}


/* One escaped byte takes up to six. */

bool
mz_jlines_cut(mz_buf_t *b, mz_str_t s, size_t max)
{
    size_t  len;

    len = b->len;
    mz_buf_add_json_str(b, s);

    if (b->rc != MZ_OK || b->len - len <= max) {
        return false;
    }

    b->len = len;
    mz_buf_add_json_str(b, mz_utf8_prefix_bytes(s, max > 8 ? (max - 8) / 6
                                                           : 0));

    if (b->rc == MZ_OK) {
        b->len--;
        mz_buf_add_c(b, MZ_JLINES_CUT "\"");
    }

    return true;
}


static mz_rc_t
mz_jlayout_group(mz_jlayout_t *l, size_t i, const json_t *v, mz_err_t *err)
{
    json_int_t  lines;

    lines = json_is_integer(v) ? json_integer_value(v) : 0;

    /* a line takes a byte and its LF */

    if (lines < 1 || lines > MZ_CHUNK_MAX / 2) {
        return mz_fail(err, MZ_INVALID,
                       "chunk %zu has no line count of 1 to %d", i,
                       MZ_CHUNK_MAX / 2);
    }

    l->groups[i] = (uint32_t) lines;
    l->rows += (uint64_t) lines;

    if (l->rows > MZ_JLINES_ROWS_MAX) {
        return mz_fail(err, MZ_LIMIT, "the artifact has more than %d rows",
                       MZ_JLINES_ROWS_MAX);
    }

    return MZ_OK;
}


static mz_rc_t
mz_jwriter_flush(mz_jwriter_t *w, mz_err_t *err)
{
    mz_rc_t  rc;

    if (w->n == MZ_JLINES_GROUPS_MAX) {
        return mz_fail(err, MZ_LIMIT, "a JSON artifact has at most %d chunks",
                       MZ_JLINES_GROUPS_MAX);
    }

    rc = w->emit(w->ctx, w->n, mz_buf_view(&w->chunk), err);
    if (rc != MZ_OK) {
        return rc;
    }

    if (json_array_append_new(w->groups, json_integer(w->lines))) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    w->n++;
    w->lines = 0;
    mz_buf_reset(&w->chunk);

    return MZ_OK;
}
