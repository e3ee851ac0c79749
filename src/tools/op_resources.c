
/*
 * resources/list: the fixed resources, then the caller's artifacts, newest
 * first.  A cursor says how many of the index were seen: what is added
 * meanwhile moves the others, so that an artifact may come twice and none is
 * missed.
 */

#include "tools/ops.h"

#include "base/mz_str.h"
#include "store/artifact.h"
#include "tools/artifact_types.h"
#include "tools/cursor.h"
#include "tools/fit.h"
#include "tools/registry.h"
#include "tools/tools.h"


#define MZ_OP_RESOURCES_TTL_MS    5000      /* a new artifact is soon seen */
#define MZ_OP_RESOURCES_TEXT_MAX  600       /* bytes of a name or title */
#define MZ_OP_RESOURCES_LIST      "resources"

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
    mz_step_t             step;
    mz_resources_call_t  *r;

    r = calloc(1, sizeof(mz_resources_call_t));
    if (r == NULL) {
        return mz_call_error(call, MZ_NOMEM, "out of memory");
    }

    call->state = r;

    step = mz_cursor_read(call, MZ_OP_RESOURCES_LIST, &r->offset, 1);

    if (step != MZ_STEP_STORE) {
        return step;
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


static mz_step_t
mz_op_resources_ids(mz_call_t *call, mz_resources_call_t *r)
{
    mz_rc_t   rc;
    mz_err_t  err;

    rc = mz_tool_get_listed(call, &r->nids, &r->total, &err);

    if (rc != MZ_OK) {
        return mz_call_error(call, rc, "%s", err.msg);
    }

    r->next = r->offset + (int64_t) r->nids;

    if (r->nids == 0) {
        return mz_op_resources_done(call, r);
    }

    call->phase = MZ_PHASE_METAS;

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

    rc = mz_artifact_head_decode(call->replies[i], &meta, err);

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

    /* A page gets past one artifact at least, however long the fixed
     * resources before it are: else its cursor would be its own. */

    if (i != 0 && out->len > call->conf->result_max) {
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
        rc = mz_cursor_write(call, MZ_OP_RESOURCES_LIST, &r->next, 1, out);
    }

    /* Without a key there is no next page: the newest count. */

    if (rc == MZ_UNAVAILABLE) {
        rc = MZ_OK;
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
