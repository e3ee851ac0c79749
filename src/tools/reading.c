
#include "tools/reading.h"

#include "base/mz_str.h"
#include "query/column.h"
#include "query/head.h"
#include "query/tquery.h"
#include "tools/tools.h"


#define MZ_READING_BATCH  32        /* chunks of one pipeline */


static void mz_reading_work(mz_call_t *call);
static void mz_reading_unpack(mz_blob_t *blob);
static void mz_reading_keep(mz_call_t *call, mz_reading_t *rd);
static bool mz_reading_fetch(mz_call_t *call, mz_reading_t *rd,
    mz_step_t *step);
static mz_rc_t mz_reading_look(mz_call_t *call, mz_reading_t *rd,
    uint32_t chunk);
static bool mz_reading_ask(mz_call_t *call, mz_reading_t *rd,
    mz_step_t *step);
static bool mz_reading_take(mz_call_t *call, mz_reading_t *rd,
    mz_step_t *step);
static mz_rc_t mz_reading_take_one(mz_call_t *call, mz_reading_t *rd,
    size_t i);
static size_t mz_reading_cost(const mz_reading_t *rd, mz_str_t bytes);
static size_t mz_reading_fresh(const mz_reading_t *rd);
static mz_rc_t mz_reading_pin(mz_reading_t *rd, mz_blob_t *blob);
static void mz_reading_key(mz_key_t *key, const mz_call_t *call,
    const mz_reading_t *rd, uint32_t chunk);


/* A table of thin wrappers: src/query keeps its types, this file its void. */

#define MZ_READER(name, type)                                                 \
    static const uint32_t *                                                   \
    mz_reader_##name##_needs(const void *q, size_t *n)                        \
    {                                                                         \
        return mz_##name##_needs((const type *) q, n);                        \
    }                                                                         \
                                                                              \
    static mz_rc_t                                                            \
    mz_reader_##name##_give(void *q, uint32_t chunk, mz_str_t bytes)          \
    {                                                                         \
        return mz_##name##_give((type *) q, chunk, bytes);                    \
    }                                                                         \
                                                                              \
    static size_t                                                             \
    mz_reader_##name##_work(const void *q)                                    \
    {                                                                         \
        return mz_##name##_work((const type *) q);                            \
    }                                                                         \
                                                                              \
    static mz_rc_t                                                            \
    mz_reader_##name##_run(void *q, mz_err_t *err)                            \
    {                                                                         \
        return mz_##name##_run((type *) q, err);                              \
    }

MZ_READER(tquery, mz_tquery_t)
MZ_READER(jread, mz_jread_t)
MZ_READER(jgrep, mz_jgrep_t)
MZ_READER(thead, mz_thead_t)
MZ_READER(jhead, mz_jhead_t)

#define MZ_READER_OPS(name, streaming, table, weight)                         \
    { mz_reader_##name##_needs, mz_reader_##name##_give,                      \
      mz_reader_##name##_work, mz_reader_##name##_run, streaming, table,      \
      weight }

/* A regular expression may take a microsecond for each byte. */

#define MZ_READER_JSON   4
#define MZ_READER_REGEX  64

const mz_reader_ops_t  mz_reader_tquery =
    MZ_READER_OPS(tquery, false, true, 1);
const mz_reader_ops_t  mz_reader_tmatch =
    MZ_READER_OPS(tquery, false, true, MZ_READER_REGEX);
const mz_reader_ops_t  mz_reader_jread =
    MZ_READER_OPS(jread, false, false, MZ_READER_JSON);
const mz_reader_ops_t  mz_reader_jgrep =
    MZ_READER_OPS(jgrep, true, false, MZ_READER_REGEX);
const mz_reader_ops_t  mz_reader_thead =
    MZ_READER_OPS(thead, true, true, 1);
const mz_reader_ops_t  mz_reader_jhead =
    MZ_READER_OPS(jhead, true, false, 1);


bool
mz_reading_start(mz_call_t *call, mz_reading_t *rd,
    const mz_reader_ops_t *ops, void *query, mz_step_t *step)
{
    rd->ops = ops;
    rd->query = query;

    return mz_reading_fetch(call, rd, step);
}


bool
mz_reading_feed(mz_call_t *call, mz_reading_t *rd, mz_tool_event_t ev,
    mz_step_t *step)
{
    if (ev == MZ_EV_REPLIES) {
        return mz_reading_take(call, rd, step);
    }

    /* WORKED */

    mz_reading_keep(call, rd);

    if (rd->ops->is_streaming) {
        mz_reading_unpin(rd);
    }

    if (rd->rc != MZ_AGAIN) {
        return true;
    }

    return mz_reading_fetch(call, rd, step);
}


mz_step_t
mz_reading_failed(mz_call_t *call, const mz_reading_t *rd)
{
    switch (rd->rc) {

    case MZ_LIMIT:
    case MZ_NOT_FOUND:
        return mz_call_refuse(call, "%s", rd->err.msg);

    case MZ_NOMEM:
        return mz_call_error(call, MZ_NOMEM, "out of memory");

    default:
        return mz_call_error(call, MZ_INTERNAL, "artifact %s is damaged: %s",
                             rd->meta.id.s, rd->err.msg);
    }
}


void
mz_reading_unpin(mz_reading_t *rd)
{
    while (rd->nblobs != 0) {
        mz_blob_unref(rd->blobs[--rd->nblobs]);
    }
}


void
mz_reading_deinit(mz_reading_t *rd)
{
    mz_reading_unpin(rd);
    free(rd->blobs);
    free(rd->missing);
    mz_reply_free(rd->reply);
    memset(rd, 0, sizeof(mz_reading_t));
}


/* Perhaps on another thread: the fresh blobs are still this call's alone. */

static void
mz_reading_work(mz_call_t *call)
{
    size_t         i;
    mz_blob_t     *blob;
    mz_reading_t  *rd;

    rd = call->work_data;

    for (i = 0; i < rd->nfresh; i++) {
        blob = rd->blobs[rd->nblobs - rd->nfresh + i];

        if (rd->ops->is_table && call->conf->cache != NULL) {
            mz_reading_unpack(blob);
        }

        rd->ops->give(rd->query, rd->missing[i], mz_blob_str(blob));
    }

    rd->rc = rd->ops->run(rd->query, &rd->err);
}


/* What is cached is unpacked, so that the next page need not do it again. */

static void
mz_reading_unpack(mz_blob_t *blob)
{
    mz_buf_t  out;
    mz_str_t  bytes;

    bytes = mz_blob_str(blob);

    if (bytes.len < MZ_COLUMN_HEADER
        || !(bytes.data[MZ_COLUMN_FLAGS_AT] & MZ_COLUMN_LZ4))
    {
        return;
    }

    mz_buf_init(&out, 0);

    /*
     * A damaged chunk stays as it is: the query says what is wrong.  So does
     * one that with its header would be longer than a chunk may be.
     */

    if (mz_column_unpack(bytes, &out, NULL) == MZ_OK
        && out.len <= MZ_CHUNK_MAX)
    {
        mz_blob_replace(blob, &out);
    }

    mz_buf_free(&out);
}


static void
mz_reading_keep(mz_call_t *call, mz_reading_t *rd)
{
    size_t     i;
    mz_key_t   key;

    for (i = 0; i < rd->nfresh; i++) {
        mz_reading_key(&key, call, rd, rd->missing[i]);
        mz_cache_put(call->conf->cache, mz_key_str(&key),
                     rd->blobs[rd->nblobs - rd->nfresh + i]);
    }

    rd->nfresh = 0;
}


/* Gives the query what the cache has and asks Redis for the rest. */

static bool
mz_reading_fetch(mz_call_t *call, mz_reading_t *rd, mz_step_t *step)
{
    size_t           i, n;
    uint32_t        *missing;
    const uint32_t  *needs;

    rd->nmissing = 0;
    rd->nfresh = 0;
    needs = rd->ops->needs(rd->query, &n);

    missing = realloc(rd->missing, (n + 1) * sizeof(uint32_t));
    if (missing == NULL) {
        *step = mz_call_error(call, MZ_NOMEM, "out of memory");
        return false;
    }

    rd->missing = missing;

    for (i = 0; i < n; i++) {

        /* or the layout could make us ask for a million keys */

        if (needs[i] >= rd->meta.chunks) {
            *step = mz_call_error(call, MZ_INTERNAL, "artifact %s is damaged: "
                                  "its layout says more chunks than it has",
                                  rd->meta.id.s);
            return false;
        }

        if (mz_reading_look(call, rd, needs[i]) != MZ_OK) {
            *step = mz_call_error(call, MZ_NOMEM, "out of memory");
            return false;
        }
    }

    return mz_reading_ask(call, rd, step);
}


/* A chunk from the cache, or noted as missing. */

static mz_rc_t
mz_reading_look(mz_call_t *call, mz_reading_t *rd, uint32_t chunk)
{
    mz_key_t    key;
    mz_blob_t  *blob;

    mz_reading_key(&key, call, rd, chunk);
    blob = mz_cache_get(call->conf->cache, mz_key_str(&key));

    if (blob == NULL) {
        rd->missing[rd->nmissing++] = chunk;
        return MZ_OK;
    }

    rd->ops->give(rd->query, chunk, mz_blob_str(blob));

    return mz_reading_pin(rd, blob);
}


/*
 * A few chunks at a time: so little is fetched beyond the bound, a pipeline
 * stays short, and others have a turn on the connection.
 */

static bool
mz_reading_ask(mz_call_t *call, mz_reading_t *rd, mz_step_t *step)
{
    size_t  i;

    rd->nasked = rd->nmissing - rd->nfresh;

    if (rd->nasked > MZ_READING_BATCH) {
        rd->nasked = MZ_READING_BATCH;
    }

    for (i = 0; i < rd->nasked; i++) {
        mz_artifact_chunk(&call->cmds, &call->conf->store,
                          mz_tool_scope(call), &rd->meta.id,
                          rd->missing[rd->nfresh + i]);
    }

    if (rd->nasked != 0) {
        *step = MZ_STEP_STORE;
        return false;
    }

    call->work = mz_reading_work;
    call->work_data = rd;
    call->work_bytes = (rd->ops->work(rd->query) + mz_reading_fresh(rd))
                       * rd->ops->weight;
    *step = MZ_STEP_WORK;

    return false;
}


static bool
mz_reading_take(mz_call_t *call, mz_reading_t *rd, mz_step_t *step)
{
    size_t   i;
    mz_rc_t  rc;

    for (i = 0; i < rd->nasked; i++) {
        rc = mz_reading_take_one(call, rd, i);

        if (rc == MZ_LIMIT) {
            rd->rc = rc;
            return true;
        }

        if (rc == MZ_NOT_FOUND) {
            *step = mz_tool_no_artifact(call, mz_str_from(rd->meta.id.s));
            return false;
        }

        if (rc != MZ_OK) {
            *step = mz_call_error(call, rc, "%s", rd->err.msg);
            return false;
        }
    }

    return mz_reading_ask(call, rd, step);
}


static mz_rc_t
mz_reading_take_one(mz_call_t *call, mz_reading_t *rd, size_t i)
{
    size_t      cost;
    mz_rc_t     rc;
    mz_str_t    bytes;
    mz_blob_t  *blob;

    rc = mz_artifact_chunk_decode(call->replies[i], &bytes, &rd->err);
    if (rc != MZ_OK) {
        return rc;
    }

    cost = mz_reading_cost(rd, bytes);

    if (cost > MZ_READING_BYTES_MAX - rd->fetched) {
        return mz_fail(&rd->err, MZ_LIMIT, "this reads more than %zu MB of "
                       "the artifact: %s", MZ_READING_BYTES_MAX >> 20,
                       rd->ops->is_table
                       ? "name fewer columns, filters or sort keys"
                       : "use a smaller limit, or a path into one row");
    }

    rd->fetched += cost;

    blob = mz_blob_from_reply(call->replies[i]);
    call->replies[i] = NULL;

    if (blob == NULL || mz_reading_pin(rd, blob) != MZ_OK) {
        return mz_fail(&rd->err, MZ_NOMEM, "out of memory");
    }

    rd->nfresh++;

    return MZ_OK;
}


/* Bytes that are held and touched once a chunk is unpacked. */

static size_t
mz_reading_cost(const mz_reading_t *rd, mz_str_t bytes)
{
    return rd->ops->is_table ? mz_column_work(bytes) : bytes.len;
}


/* Bytes that work() will unpack and give. */

static size_t
mz_reading_fresh(const mz_reading_t *rd)
{
    size_t  i, bytes;

    bytes = 0;

    for (i = rd->nblobs - rd->nfresh; i < rd->nblobs; i++) {
        bytes += mz_reading_cost(rd, mz_blob_str(rd->blobs[i]));
    }

    return bytes;
}


/* Takes the reference. */

static mz_rc_t
mz_reading_pin(mz_reading_t *rd, mz_blob_t *blob)
{
    size_t       cap;
    mz_blob_t  **blobs;

    if (rd->nblobs == rd->blobs_cap) {
        cap = rd->blobs_cap * 2 + 16;
        blobs = realloc(rd->blobs, cap * sizeof(mz_blob_t *));

        if (blobs == NULL) {
            mz_blob_unref(blob);
            return MZ_NOMEM;
        }

        rd->blobs = blobs;
        rd->blobs_cap = cap;
    }

    rd->blobs[rd->nblobs++] = blob;

    return MZ_OK;
}


static void
mz_reading_key(mz_key_t *key, const mz_call_t *call, const mz_reading_t *rd,
    uint32_t chunk)
{
    mz_str_t  scope;

    scope = mz_tool_scope(call);

    mz_key(key, &call->conf->store, MZ_KEY_CHUNK,
           mz_store_partition(&call->conf->store, scope), scope,
           rd->meta.id.s, chunk);
}
