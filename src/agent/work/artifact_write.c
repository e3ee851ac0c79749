
#include <sys/random.h>

#include "agent/work/artifact_write.h"
#include "base/mz_sha256.h"
#include "base/mz_str.h"
#include "base/mz_time.h"
#include "query/jlines.h"
#include "query/table.h"


typedef struct {
    mz_fence_t   *fence;
    mz_sha256_t  *digest;
    mz_id_t       id;
    unsigned      chunks;
} mz_awriter_t;

/* Texts of the metadata; they live as long as the commit is built. */

typedef struct {
    mz_buf_t  layout;
    mz_buf_t  spec;
    mz_buf_t  range;
    mz_buf_t  rows;
    char      digest[MZ_SHA256_HEX_LEN + 1];
} mz_ameta_t;

static mz_rc_t mz_awriter_data(mz_awriter_t *w, const mz_artifact_t *a,
    json_t **layout, mz_err_t *err);
static mz_rc_t mz_awriter_lines(mz_awriter_t *w, const mz_rset_t *rs,
    json_t **layout, mz_err_t *err);
static json_t *mz_awriter_row(const mz_rset_t *rs, size_t row);
static mz_rc_t mz_awriter_emit(void *ctx, uint32_t n, mz_str_t bytes,
    mz_err_t *err);
static mz_rc_t mz_awriter_commit(mz_awriter_t *w, const mz_artifact_t *a,
    const json_t *layout, mz_err_t *err);
static mz_rc_t mz_awriter_send(mz_awriter_t *w, const mz_artifact_t *a,
    const mz_ameta_t *m, mz_err_t *err);
static void mz_awriter_range(mz_buf_t *b, const mz_artifact_t *a);


mz_rc_t
mz_artifact_write(mz_fence_t *f, const mz_artifact_t *a, mz_id_t *id,
    mz_err_t *err)
{
    json_t        *layout;
    mz_rc_t        rc;
    mz_awriter_t   w;
    unsigned char  random[MZ_ID_RANDOM];

    memset(&w, 0, sizeof(w));
    layout = NULL;

    if (getrandom(random, sizeof(random), 0) != (ssize_t) sizeof(random)) {
        return mz_fail(err, MZ_INTERNAL, "no randomness");
    }

    mz_id_make(&w.id, MZ_ID_ARTIFACT, random);
    w.fence = f;
    w.digest = mz_sha256_new();
    if (w.digest == NULL) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    rc = mz_awriter_data(&w, a, &layout, err);
    if (rc == MZ_OK) {
        rc = mz_awriter_commit(&w, a, layout, err);
    }

    if (rc == MZ_OK) {
        *id = w.id;
    }

    json_decref(layout);
    mz_sha256_free(w.digest);

    return rc;
}


static mz_rc_t
mz_awriter_data(mz_awriter_t *w, const mz_artifact_t *a, json_t **layout,
    mz_err_t *err)
{
    if (strcmp(a->kind, "table") == 0) {
        return mz_table_write(a->table, mz_awriter_emit, w, layout, err);
    }

    return mz_awriter_lines(w, a->table, layout, err);
}


static mz_rc_t
mz_awriter_lines(mz_awriter_t *w, const mz_rset_t *rs, json_t **layout,
    mz_err_t *err)
{
    size_t         i;
    json_t        *row;
    mz_rc_t        rc;
    mz_jwriter_t  *writer;

    writer = mz_jwriter_new(mz_awriter_emit, w);
    if (writer == NULL) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    rc = MZ_OK;

    for (i = 0; i < mz_rset_rows(rs) && rc == MZ_OK; i++) {
        row = mz_awriter_row(rs, i);
        rc = row != NULL ? mz_jwriter_add(writer, row, err)
                         : mz_fail(err, MZ_NOMEM, "out of memory");
        json_decref(row);
    }

    if (rc == MZ_OK) {
        rc = mz_jwriter_end(writer, layout, err);
    }

    mz_jwriter_free(writer);

    return rc;
}


static json_t *
mz_awriter_row(const mz_rset_t *rs, size_t row)
{
    char        *name;
    json_t      *o;
    size_t       c;
    mz_rc_t      rc;
    mz_value_t   v;

    o = json_object();
    rc = o != NULL ? MZ_OK : MZ_NOMEM;

    for (c = 0; c < mz_rset_columns(rs) && rc == MZ_OK; c++) {

        name = mz_str_dup(mz_rset_name(rs, c));
        if (name == NULL) {
            rc = MZ_NOMEM;
            break;
        }

        mz_rset_get(rs, row, c, &v);
        rc = mz_json_set(o, name, mz_value_to_json(mz_rset_dtype(rs, c),
                                                   &v));
        free(name);
    }

    if (rc != MZ_OK) {
        json_decref(o);
        return NULL;
    }

    return o;
}


static mz_rc_t
mz_awriter_emit(void *ctx, uint32_t n, mz_str_t bytes, mz_err_t *err)
{
    mz_rc_t        rc;
    mz_cmds_t      c;
    mz_awriter_t  *w;

    w = ctx;

    if (n >= MZ_ARTIFACT_CHUNKS_MAX) {
        return mz_fail(err, MZ_LIMIT, "the result has more than %d chunks",
                       MZ_ARTIFACT_CHUNKS_MAX);
    }

    mz_sha256_update(w->digest, bytes);
    w->chunks = n + 1;

    mz_cmds_init(&c);
    mz_worker_chunk(&c, w->fence->store, &w->fence->attempt, &w->id, n,
                    bytes);
    rc = mz_fence_write(w->fence, &c, err);
    mz_cmds_free(&c);

    return rc;
}


static mz_rc_t
mz_awriter_commit(mz_awriter_t *w, const mz_artifact_t *a,
    const json_t *layout, mz_err_t *err)
{
    mz_rc_t     rc;
    mz_ameta_t  m;

    mz_buf_init(&m.layout, 0);
    mz_buf_init(&m.spec, 0);
    mz_buf_init(&m.range, 0);
    mz_buf_init(&m.rows, 0);

    mz_json_dump(&m.layout, layout);
    mz_buf_add_int(&m.rows, (int64_t) mz_rset_rows(a->table));
    mz_awriter_range(&m.range, a);

    if (a->spec != NULL) {
        mz_json_dump(&m.spec, a->spec);
    }

    rc = mz_sha256_final(w->digest, m.digest);
    w->digest = NULL;

    if (rc != MZ_OK) {
        mz_fail(err, rc, "the digest of an artifact failed");

    } else if (m.layout.rc != MZ_OK || m.rows.rc != MZ_OK
               || m.range.rc != MZ_OK || m.spec.rc != MZ_OK)
    {
        rc = mz_fail(err, MZ_NOMEM, "out of memory");

    } else {
        rc = mz_awriter_send(w, a, &m, err);
    }

    mz_buf_free(&m.layout);
    mz_buf_free(&m.spec);
    mz_buf_free(&m.range);
    mz_buf_free(&m.rows);

    return rc;
}


static mz_rc_t
mz_awriter_send(mz_awriter_t *w, const mz_artifact_t *a, const mz_ameta_t *m,
    mz_err_t *err)
{
    mz_rc_t     rc;
    mz_cmds_t   c;
    mz_field_t  fields[] = {
        { mz_str("kind"),      mz_str_from(a->kind) },
        { mz_str("name"),      mz_str_from(a->name) },
        { mz_str("title"),     mz_str_from(a->title) },
        { mz_str("rows"),      mz_buf_view(&m->rows) },
        { mz_str("digest"),    mz_str_from(m->digest) },
        { mz_str("layout"),    mz_buf_view(&m->layout) },
        { mz_str("spec"),      mz_buf_view(&m->spec) },
        { mz_str("sql"),       mz_str_from(a->sql != NULL ? a->sql : "") },
        { mz_str("range"),     mz_buf_view(&m->range) },
        { mz_str("timezone"),  mz_str("UTC") },
        { mz_str("truncated"), a->is_truncated ? mz_str("1") : mz_str("0") },
    };

    mz_cmds_init(&c);
    mz_worker_artifact(&c, w->fence->store, &w->fence->attempt, 0, &w->id,
                       w->chunks, fields, MZ_ARRAY_LEN(fields));
    rc = mz_fence_write(w->fence, &c, err);
    mz_cmds_free(&c);

    return rc;
}


static void
mz_awriter_range(mz_buf_t *b, const mz_artifact_t *a)
{
    if (a->from_ms == a->to_ms) {
        return;
    }

    mz_buf_add_c(b, "{\"from\":\"");
    mz_time_rfc3339(b, a->from_ms);
    mz_buf_add_c(b, "\",\"to\":\"");
    mz_time_rfc3339(b, a->to_ms);
    mz_buf_add_c(b, "\"}");
}
