
#include "tools/reading.h"

#include "base/mz_str.h"
#include "query/tquery.h"
#include "tools/tools.h"


static void mz_reading_work(mz_call_t *call);
static bool mz_reading_fetch(mz_call_t *call, mz_reading_t *rd,
    mz_step_t *step);
static bool mz_reading_take(mz_call_t *call, mz_reading_t *rd,
    mz_step_t *step);
static bool mz_reading_take_one(mz_call_t *call, mz_reading_t *rd, size_t i,
    mz_step_t *step);
static bool mz_reading_offer(mz_call_t *call, mz_reading_t *rd);
static mz_rc_t mz_reading_pin(mz_reading_t *rd, mz_blob_t *blob);
static void mz_reading_unpin(mz_reading_t *rd);
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

#define MZ_READER_OPS(name, streaming)                                        \
    { mz_reader_##name##_needs, mz_reader_##name##_give,                      \
      mz_reader_##name##_work, mz_reader_##name##_run, streaming }

const mz_reader_ops_t  mz_reader_tquery = MZ_READER_OPS(tquery, false);
const mz_reader_ops_t  mz_reader_jread = MZ_READER_OPS(jread, false);
const mz_reader_ops_t  mz_reader_jgrep = MZ_READER_OPS(jgrep, true);


bool
mz_reading_open(mz_call_t *call, mz_str_t id, mz_step_t *step)
{
    mz_id_t  aid;

    if (mz_id_parse(&aid, MZ_ID_ARTIFACT, id) != MZ_OK) {
        *step = mz_tool_no_artifact(call, id);
        return false;
    }

    mz_artifact_get(&call->cmds, &call->conf->store, mz_tool_scope(call),
                    &aid);
    *step = MZ_STEP_STORE;

    return true;
}


bool
mz_reading_meta(mz_call_t *call, mz_reading_t *rd, size_t i, mz_str_t id,
    const char *kind, mz_step_t *step)
{
    mz_rc_t   rc;
    mz_err_t  err;

    rd->reply = call->replies[i];
    call->replies[i] = NULL;

    rc = mz_artifact_decode(rd->reply, &rd->meta, &err);

    if (rc == MZ_NOT_FOUND) {
        *step = mz_tool_no_artifact(call, id);
        return false;
    }

    if (rc != MZ_OK) {
        *step = mz_call_error(call, rc, "%s", err.msg);
        return false;
    }

    call->conversation = rd->meta.conv;
    call->run = rd->meta.run;

    if (kind != NULL && !mz_str_eq_c(rd->meta.kind, kind)) {
        *step = mz_call_refuse(call, "Artifact %s is of kind \"%.*s\", and "
                               "this tool reads kind \"%s\": use %s.",
                               rd->meta.id.s, (int) rd->meta.kind.len,
                               rd->meta.kind.data, kind,
                               mz_str_eq_c(rd->meta.kind, "table")
                               ? "describe_table_artifact or "
                                 "query_table_artifact"
                               : "read_json_artifact or grep_json_artifact");
        return false;
    }

    return true;
}


json_t *
mz_reading_layout(mz_call_t *call, const mz_reading_t *rd, mz_step_t *step)
{
    json_t    *layout;
    mz_err_t   err;

    if (mz_json_load(rd->meta.layout, NULL, &layout, &err) != MZ_OK) {
        *step = mz_call_error(call, err.rc == MZ_NOMEM ? MZ_NOMEM
                                                       : MZ_INTERNAL,
                              "layout of artifact %s: %s", rd->meta.id.s,
                              err.msg);
        return NULL;
    }

    return layout;
}


bool
mz_reading_jlayout(mz_call_t *call, const mz_reading_t *rd,
    mz_jlayout_t **layout, mz_step_t *step)
{
    json_t    *json;
    mz_rc_t    rc;
    mz_err_t   err;

    json = mz_reading_layout(call, rd, step);
    if (json == NULL) {
        return false;
    }

    rc = mz_jlayout_from_json(json, layout, &err);
    json_decref(json);

    if (rc != MZ_OK) {
        *step = mz_call_error(call, MZ_INTERNAL, "layout of artifact %s: %s",
                              rd->meta.id.s, err.msg);
        return false;
    }

    return true;
}


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
mz_reading_deinit(mz_reading_t *rd)
{
    mz_reading_unpin(rd);
    free(rd->blobs);
    free(rd->missing);
    mz_reply_free(rd->reply);
    memset(rd, 0, sizeof(mz_reading_t));
}


static void
mz_reading_work(mz_call_t *call)
{
    mz_reading_t  *rd;

    rd = call->work_data;
    rd->rc = rd->ops->run(rd->query, &rd->err);
}


/* Gives the query what the cache has and asks Redis for the rest. */

static bool
mz_reading_fetch(mz_call_t *call, mz_reading_t *rd, mz_step_t *step)
{
    size_t           i, n;
    uint32_t        *missing;
    mz_key_t         key;
    mz_blob_t       *blob;
    const uint32_t  *needs;

    rd->nmissing = 0;
    needs = rd->ops->needs(rd->query, &n);

    missing = realloc(rd->missing, (n + 1) * sizeof(uint32_t));
    if (missing == NULL) {
        *step = mz_call_error(call, MZ_NOMEM, "out of memory");
        return false;
    }

    rd->missing = missing;

    for (i = 0; i < n; i++) {
        mz_reading_key(&key, call, rd, needs[i]);
        blob = mz_cache_get(call->conf->cache, mz_key_str(&key));

        if (blob == NULL) {
            rd->missing[rd->nmissing++] = needs[i];
            mz_artifact_chunk(&call->cmds, &call->conf->store,
                              mz_tool_scope(call), &rd->meta.id, needs[i]);
            continue;
        }

        rd->ops->give(rd->query, needs[i], mz_blob_str(blob));

        if (mz_reading_pin(rd, blob) != MZ_OK) {
            *step = mz_call_error(call, MZ_NOMEM, "out of memory");
            return false;
        }
    }

    if (rd->nmissing != 0) {
        *step = MZ_STEP_STORE;
        return false;
    }

    *step = MZ_STEP_WORK;

    return mz_reading_offer(call, rd);
}


static bool
mz_reading_take(mz_call_t *call, mz_reading_t *rd, mz_step_t *step)
{
    size_t  i;

    for (i = 0; i < rd->nmissing; i++) {
        if (!mz_reading_take_one(call, rd, i, step)) {
            return false;
        }
    }

    *step = MZ_STEP_WORK;

    return mz_reading_offer(call, rd);
}


static bool
mz_reading_take_one(mz_call_t *call, mz_reading_t *rd, size_t i,
    mz_step_t *step)
{
    mz_rc_t     rc;
    mz_err_t    err;
    mz_key_t    key;
    mz_str_t    bytes;
    mz_blob_t  *blob;

    rc = mz_artifact_chunk_decode(call->replies[i], &bytes, &err);

    if (rc == MZ_NOT_FOUND) {
        *step = mz_tool_no_artifact(call, mz_str_from(rd->meta.id.s));
        return false;
    }

    if (rc != MZ_OK) {
        *step = mz_call_error(call, rc, "%s", err.msg);
        return false;
    }

    if (bytes.len > MZ_READING_BYTES_MAX - rd->fetched) {
        *step = mz_call_refuse(call, "This reads more than %zu MB of the "
                               "artifact: name fewer columns, or filter and "
                               "sort by fewer.",
                               MZ_READING_BYTES_MAX >> 20);
        return false;
    }

    rd->fetched += bytes.len;

    blob = mz_blob_from_reply(call->replies[i]);
    call->replies[i] = NULL;

    if (blob == NULL) {
        *step = mz_call_error(call, MZ_NOMEM, "out of memory");
        return false;
    }

    mz_reading_key(&key, call, rd, rd->missing[i]);
    mz_cache_put(call->conf->cache, mz_key_str(&key), blob);
    rd->ops->give(rd->query, rd->missing[i], mz_blob_str(blob));

    if (mz_reading_pin(rd, blob) != MZ_OK) {
        *step = mz_call_error(call, MZ_NOMEM, "out of memory");
        return false;
    }

    return true;
}


static bool
mz_reading_offer(mz_call_t *call, mz_reading_t *rd)
{
    call->work = mz_reading_work;
    call->work_data = rd;
    call->work_bytes = rd->ops->work(rd->query);

    return false;
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
mz_reading_unpin(mz_reading_t *rd)
{
    while (rd->nblobs != 0) {
        mz_blob_unref(rd->blobs[--rd->nblobs]);
    }
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
