
/*
 * resources/list: the fixed resources, then the caller's artifacts, newest
 * first.  A cursor says how many of the index were seen: what is added
 * meanwhile moves the others, so that an artifact may come twice and none is
 * missed.
 */

#include "tools/ops.h"

#include "base/mz_str.h"
#include "base/mz_time.h"
#include "store/artifact.h"
#include "tools/artifact_types.h"
#include "tools/fit.h"
#include "tools/registry.h"
#include "tools/tools.h"


#define MZ_OP_RESOURCES_TTL_MS    5000      /* a new artifact is soon seen */
#define MZ_OP_RESOURCES_CURSOR_S  3600
#define MZ_OP_RESOURCES_TEXT_MAX  600       /* bytes of a name or title */

/* A cursor of another list has other first letters. */
#define MZ_OP_RESOURCES_MARK  "resources "

enum {
    MZ_PHASE_IDS,
    MZ_PHASE_METAS
};

typedef struct {
    int64_t   offset;           /* of the first id of this page */
    int64_t   total;            /* ids in the index */
    size_t    nids;
    size_t    nwritten;         /* resources on this page */
    bool      is_full;          /* bytes are used up */
    int64_t   next;             /* offset of the next page */
} mz_resources_call_t;


static mz_step_t mz_op_resources_step(mz_call_t *call, mz_tool_event_t ev);
static void mz_op_resources_release(mz_call_t *call);
static mz_step_t mz_op_resources_start(mz_call_t *call);
static mz_rc_t mz_op_resources_cursor(mz_call_t *call, int64_t *offset);
static mz_step_t mz_op_resources_ids(mz_call_t *call,
    mz_resources_call_t *r);
static mz_step_t mz_op_resources_metas(mz_call_t *call,
    mz_resources_call_t *r);
static mz_rc_t mz_op_resources_take(mz_call_t *call, mz_resources_call_t *r,
    size_t i, mz_err_t *err);
static json_t *mz_op_resources_entry(const mz_artifact_meta_t *meta,
    const mz_artifact_type_t *type);
static mz_rc_t mz_op_resources_words(json_t *e,
    const mz_artifact_meta_t *meta);
static mz_step_t mz_op_resources_done(mz_call_t *call,
    mz_resources_call_t *r);
static mz_rc_t mz_op_resources_next(mz_call_t *call, int64_t offset,
    mz_buf_t *out);


const mz_op_t  mz_op_resources = {
    .name = mz_str("resources/list"),
    .flags = MZ_OP_REPEATABLE,
    .step = mz_op_resources_step,
    .release = mz_op_resources_release
};


static mz_step_t
mz_op_resources_step(mz_call_t *call, mz_tool_event_t ev)
{
    if (ev == MZ_EV_START) {
        return mz_op_resources_start(call);
    }

    return (call->phase == MZ_PHASE_IDS)
           ? mz_op_resources_ids(call, call->state)
           : mz_op_resources_metas(call, call->state);
}


static void
mz_op_resources_release(mz_call_t *call)
{
    free(call->state);
    call->state = NULL;
}


static mz_step_t
mz_op_resources_start(mz_call_t *call)
{
    mz_rc_t               rc;
    mz_buf_t             *out;
    mz_resources_call_t  *r;

    r = calloc(1, sizeof(mz_resources_call_t));
    if (r == NULL) {
        return mz_call_error(call, MZ_NOMEM, "out of memory");
    }

    call->state = r;

    rc = mz_op_resources_cursor(call, &r->offset);

    if (rc == MZ_INVALID) {
        return mz_call_fault(call, MZ_RPC_PARAMS, NULL, "this cursor is none "
                             "of resources/list, or too old: list again "
                             "without one");
    }

    if (rc != MZ_OK) {
        return mz_call_error(call, rc, "the key that cursors are sealed with "
                             "is not known yet");
    }

    out = &call->result.members;
    mz_buf_add_c(out, "\"resources\":[");

    if (r->offset == 0) {
        rc = mz_registry_resources_json(call->conf->registry, out);

        if (rc != MZ_OK) {
            return mz_call_error(call, rc, "the list of resources cannot be "
                                 "written");
        }

        r->nwritten = (out->data[out->len - 1] != '[');
    }

    call->phase = MZ_PHASE_IDS;
    mz_artifact_list(&call->cmds, &call->conf->store, mz_tool_scope(call),
                     r->offset, MZ_PAGE_RESOURCES);

    return MZ_STEP_STORE;
}


/* MZ_INVALID: not a cursor of ours. */

static mz_rc_t
mz_op_resources_cursor(mz_call_t *call, int64_t *offset)
{
    mz_rc_t   rc;
    mz_buf_t  payload;
    mz_str_t  text, mark;
    int64_t   expires_s;
    json_t   *cursor;

    *offset = 0;
    cursor = json_object_get(call->args, "cursor");

    if (cursor == NULL) {
        return MZ_OK;
    }

    mz_buf_init(&payload, MZ_SEAL_TOKEN_MAX);
    rc = mz_seal_open(call->conf->seal, MZ_SEAL_CURSOR, mz_tool_scope(call),
                      call->now_ms / MZ_SECOND_MS, mz_json_str(cursor),
                      &payload, &expires_s);

    mark = mz_str(MZ_OP_RESOURCES_MARK);
    text = mz_buf_view(&payload);

    if (rc == MZ_OK && !mz_str_has_prefix(text, mark)) {
        rc = MZ_INVALID;
    }

    if (rc == MZ_OK) {
        rc = mz_str_to_int((mz_str_t) { text.data + mark.len,
                                        text.len - mark.len }, offset);
    }

    if (rc == MZ_NOT_FOUND || (rc == MZ_OK && *offset < 0)) {
        rc = MZ_INVALID;
    }

    mz_buf_free(&payload);

    return rc;
}


static mz_step_t
mz_op_resources_ids(mz_call_t *call, mz_resources_call_t *r)
{
    size_t               i;
    mz_rc_t              rc;
    mz_err_t             err;
    mz_artifact_entry_t  entry;

    rc = mz_artifact_total_decode(call->replies[1], &r->total, &err);

    if (rc == MZ_OK) {
        rc = mz_artifact_list_decode(call->replies[0], &r->nids, &err);
    }

    for (i = 0; rc == MZ_OK && i < r->nids; i++) {
        rc = mz_artifact_entry_decode(call->replies[0], i, &entry, &err);

        if (rc == MZ_OK) {
            mz_artifact_get(&call->cmds, &call->conf->store,
                            mz_tool_scope(call), &entry.id);
        }
    }

    if (rc != MZ_OK) {
        return mz_call_error(call, rc, "%s", err.msg);
    }

    r->next = r->offset + (int64_t) r->nids;

    if (r->nids == 0) {
        return mz_op_resources_done(call, r);
    }

    call->phase = MZ_PHASE_METAS;

    /* layouts and SQL come along */

    call->cmds.is_bulk = true;

    return MZ_STEP_STORE;
}


static mz_step_t
mz_op_resources_metas(mz_call_t *call, mz_resources_call_t *r)
{
    size_t    i;
    mz_rc_t   rc;
    mz_err_t  err;

    for (i = 0; i < r->nids && !r->is_full; i++) {
        rc = mz_op_resources_take(call, r, i, &err);

        if (rc != MZ_OK) {
            return mz_call_error(call, rc, "%s", err.msg);
        }
    }

    return mz_op_resources_done(call, r);
}


static mz_rc_t
mz_op_resources_take(mz_call_t *call, mz_resources_call_t *r, size_t i,
    mz_err_t *err)
{
    size_t                     len;
    json_t                    *entry;
    mz_rc_t                    rc;
    mz_buf_t                  *out;
    mz_artifact_meta_t         meta;
    const mz_artifact_type_t  *type;

    rc = mz_artifact_decode(call->replies[i], &meta, err);

    if (rc == MZ_NOT_FOUND) {
        return MZ_OK;
    }

    if (rc != MZ_OK) {
        return rc;
    }

    type = mz_artifact_type(meta.kind);
    if (type == NULL) {
        return MZ_OK;
    }

    entry = mz_op_resources_entry(&meta, type);
    if (entry == NULL) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    out = &call->result.members;
    len = out->len;
    mz_buf_add_c(out, r->nwritten != 0 ? "," : "");
    mz_json_dump(out, entry);
    json_decref(entry);

    /* A page has one at least, so that whoever pages gets on. */

    if (r->nwritten != 0 && out->len > call->conf->result_max) {
        out->len = len;
        r->is_full = true;
        r->next = r->offset + (int64_t) i;

    } else {
        r->nwritten++;
    }

    return out->rc == MZ_OK ? MZ_OK
                            : mz_fail(err, out->rc, "out of memory");
}


static json_t *
mz_op_resources_entry(const mz_artifact_meta_t *meta,
    const mz_artifact_type_t *type)
{
    char      uri[sizeof(MZ_ARTIFACT_URI) + MZ_ID_LEN];
    json_t   *e, *notes;
    mz_rc_t   rc;

    snprintf(uri, sizeof(uri), MZ_ARTIFACT_URI "%s", meta->id.s);

    e = json_object();
    notes = json_object();

    rc = mz_json_set_str(e, "uri", mz_str_from(uri));

    if (rc == MZ_OK) {
        rc = mz_op_resources_words(e, meta);
    }

    if (rc == MZ_OK) {
        rc = mz_json_set_str(e, "mimeType", type->mime_type);
    }

    /* What it is stored as is what it is read as. */

    if (rc == MZ_OK && type->is_plain) {
        rc = mz_json_set(e, "size", json_integer(meta->bytes));
    }

    if (rc == MZ_OK) {
        rc = mz_tool_set_time(notes, "lastModified", meta->created_ms);
    }

    if (rc == MZ_OK) {
        rc = mz_json_set(e, "annotations", json_incref(notes));
    }

    json_decref(notes);

    if (rc != MZ_OK) {
        json_decref(e);
        return NULL;
    }

    return e;
}


static mz_rc_t
mz_op_resources_words(json_t *e, const mz_artifact_meta_t *meta)
{
    char     text[128];
    mz_rc_t  rc;

    rc = mz_fit_set_str(e, "name", meta->name.len ? meta->name : meta->kind,
                        MZ_OP_RESOURCES_TEXT_MAX, " ..");

    if (rc == MZ_OK && meta->title.len != 0) {
        rc = mz_fit_set_str(e, "title", meta->title,
                            MZ_OP_RESOURCES_TEXT_MAX, " ..");
    }

    if (rc == MZ_OK) {
        snprintf(text, sizeof(text), "%lld row%s%s, of conversation %s",
                 (long long) meta->rows, meta->rows == 1 ? "" : "s",
                 meta->is_truncated ? " (truncated)" : "", meta->conv.s);
        rc = mz_json_set_str(e, "description", mz_str_from(text));
    }

    return rc;
}


static mz_step_t
mz_op_resources_done(mz_call_t *call, mz_resources_call_t *r)
{
    mz_rc_t    rc;
    mz_buf_t  *out;

    out = &call->result.members;
    mz_buf_add_char(out, ']');

    rc = MZ_OK;

    if (r->nids != 0 && r->next < r->total) {
        rc = mz_op_resources_next(call, r->next, out);
    }

    if (rc == MZ_OK) {
        rc = out->rc;
    }

    if (rc != MZ_OK) {
        return mz_call_error(call, rc, "out of memory");
    }

    call->result.cache.ttl_ms = MZ_OP_RESOURCES_TTL_MS;
    call->result.cache.scope = mz_str("private");
    call->status = "ok";

    return MZ_STEP_DONE;
}


/* Without a key to seal it with there is no next page: the newest count. */

static mz_rc_t
mz_op_resources_next(mz_call_t *call, int64_t offset, mz_buf_t *out)
{
    int       n;
    char      text[sizeof(MZ_OP_RESOURCES_MARK) + 24];
    mz_rc_t   rc;
    mz_buf_t  token;

    n = snprintf(text, sizeof(text), MZ_OP_RESOURCES_MARK "%lld",
                 (long long) offset);

    mz_buf_init(&token, MZ_SEAL_TOKEN_MAX);
    rc = mz_seal_make(call->conf->seal, MZ_SEAL_CURSOR, mz_tool_scope(call),
                      call->now_ms / MZ_SECOND_MS + MZ_OP_RESOURCES_CURSOR_S,
                      (mz_str_t) { text, (size_t) n }, &token);

    if (rc == MZ_OK) {
        mz_buf_add_c(out, ",\"nextCursor\":");
        mz_buf_add_json_str(out, mz_buf_view(&token));
    }

    mz_buf_free(&token);

    return rc == MZ_UNAVAILABLE ? MZ_OK : rc;
}
