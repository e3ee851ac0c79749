
/*
 * list_agent_artifacts: the artifacts of this user and project, newest
 * first.  Without a filter one page of the index is read; with one, the
 * index is scanned in batches and the metadata decides.
 */

#include "tools/tools.h"

#include "base/mz_str.h"
#include "store/artifact.h"
#include "tools/fit.h"


#define MZ_LIST_BATCH     200       /* ids of one pipeline */
#define MZ_LIST_SCAN_MAX  10000     /* ids looked at by one filtered call */
#define MZ_LIST_TEXT_MAX  600       /* bytes of a name or title: one entry
                                       must fit into the smallest result */

enum {
    MZ_PHASE_IDS,
    MZ_PHASE_METAS
};

typedef struct {
    mz_str_t   conversation;        /* filters: null strings for none */
    mz_str_t   kind;
    int64_t    limit;
    int64_t    offset;
    int64_t    scanned;             /* where the index is read next */
    int64_t    index_total;
    int64_t    matched;             /* before offset and limit */
    size_t     nids;
    bool       is_full;             /* the result's bytes are used up */
    int64_t    full_at;             /* offset of what did not fit */
    bool       is_capped;           /* the scan bound was reached */
    size_t     bytes;
    json_t    *artifacts;
} mz_list_call_t;


static mz_step_t mz_tool_list_step(mz_call_t *call, mz_tool_event_t ev);
static void mz_tool_list_release(mz_call_t *call);
static mz_step_t mz_tool_list_start(mz_call_t *call);
static mz_step_t mz_tool_list_ids(mz_call_t *call, mz_list_call_t *l);
static mz_step_t mz_tool_list_metas(mz_call_t *call, mz_list_call_t *l);
static mz_rc_t mz_tool_list_take(mz_call_t *call, mz_list_call_t *l,
    size_t i, mz_err_t *err);
static bool mz_tool_list_is_filtered(const mz_list_call_t *l);
static bool mz_tool_list_matches(const mz_list_call_t *l,
    const mz_artifact_meta_t *meta);
static mz_step_t mz_tool_list_next(mz_call_t *call, mz_list_call_t *l);
static json_t *mz_tool_list_entry(const mz_artifact_meta_t *meta);
static mz_step_t mz_tool_list_done(mz_call_t *call, mz_list_call_t *l);


const mz_tool_t  mz_tool_list = {
    .op = {
        .name = mz_str("list_agent_artifacts"),
        .flags = MZ_OP_REPEATABLE,
        .step = mz_tool_list_step,
        .release = mz_tool_list_release
    },
    .title = mz_str("List artifacts"),
    .description = mz_str(
        "List the tables and JSON documents that answers produced, newest "
        "first, over all conversations of this user and project; narrow by "
        "conversation_id or kind. Use describe_table_artifact and "
        "query_table_artifact on kind table, read_json_artifact and "
        "grep_json_artifact on kind json, inspect_artifact for where one "
        "comes from."),
    .input_schema = MZ_JSON_TEXT({
        "type": "object",
        "properties": {
            "conversation_id": {
                "type": "string",
                "description": "Only artifacts of this conversation."
            },
            "kind": {
                "type": "string",
                "enum": ["table", "json", "chart"]
            },
            "limit": {
                "type": "integer",
                "minimum": 1,
                "maximum": 200,
                "default": 50
            },
            "offset": { "type": "integer", "minimum": 0, "default": 0 }
        },
        "additionalProperties": false
    }),
    .output_schema = MZ_JSON_TEXT({
        "type": "object",
        "properties": {
            "artifacts": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "artifact_id": { "type": "string" },
                        "kind": { "type": "string" },
                        "name": { "type": "string" },
                        "title": { "type": "string" },
                        "rows": { "type": "integer" },
                        "bytes": { "type": "integer" },
                        "created_at": { "type": "string" },
                        "conversation_id": { "type": "string" },
                        "prompt_id": { "type": "string" }
                    },
                    "required": ["artifact_id", "kind", "name", "title",
                                 "rows", "bytes", "created_at",
                                 "conversation_id", "prompt_id"]
                }
            },
            "total": { "type": "integer" },
            "next_offset": { "type": "integer" },
            "truncated": { "type": "boolean" }
        },
        "required": ["artifacts", "total"]
    }),
    .hints = MZ_TOOL_READ_ONLY|MZ_TOOL_IDEMPOTENT
};


static mz_step_t
mz_tool_list_step(mz_call_t *call, mz_tool_event_t ev)
{
    if (ev == MZ_EV_START) {
        return mz_tool_list_start(call);
    }

    return (call->phase == MZ_PHASE_IDS)
           ? mz_tool_list_ids(call, call->state)
           : mz_tool_list_metas(call, call->state);
}


static void
mz_tool_list_release(mz_call_t *call)
{
    mz_list_call_t  *l;

    l = call->state;

    if (l != NULL) {
        json_decref(l->artifacts);
        free(l);
        call->state = NULL;
    }
}


static mz_step_t
mz_tool_list_start(mz_call_t *call)
{
    mz_id_t          cid;
    mz_list_call_t  *l;

    l = calloc(1, sizeof(mz_list_call_t));
    if (l == NULL) {
        return mz_call_error(call, MZ_NOMEM, "out of memory");
    }

    call->state = l;

    l->artifacts = json_array();
    l->conversation = mz_json_get_str(call->args, "conversation_id");
    l->kind = mz_json_get_str(call->args, "kind");
    l->limit = mz_json_get_int(call->args, "limit", 50);
    l->offset = mz_json_get_int(call->args, "offset", 0);

    if (l->artifacts == NULL) {
        return mz_call_error(call, MZ_NOMEM, "out of memory");
    }

    if (l->conversation.data != NULL
        && mz_id_parse(&cid, MZ_ID_CONV, l->conversation) != MZ_OK)
    {
        return mz_tool_no_conversation(call);
    }

    /* Without a filter the index itself is paged. */

    if (!mz_tool_list_is_filtered(l)) {
        l->scanned = l->offset;
        l->matched = l->offset;
    }

    return mz_tool_list_next(call, l);
}


static mz_step_t
mz_tool_list_ids(mz_call_t *call, mz_list_call_t *l)
{
    mz_rc_t   rc;
    mz_err_t  err;

    rc = mz_tool_get_listed(call, &l->nids, &l->index_total, &err);

    if (rc != MZ_OK) {
        return mz_call_error(call, rc, "%s", err.msg);
    }

    if (l->nids == 0) {
        return mz_tool_list_done(call, l);
    }

    l->scanned += (int64_t) l->nids;
    call->phase = MZ_PHASE_METAS;

    return MZ_STEP_STORE;
}


static mz_step_t
mz_tool_list_metas(mz_call_t *call, mz_list_call_t *l)
{
    size_t    i;
    mz_rc_t   rc;
    mz_err_t  err;

    for (i = 0; i < l->nids; i++) {
        rc = mz_tool_list_take(call, l, i, &err);
        if (rc != MZ_OK) {
            return mz_call_error(call, rc, "%s", err.msg);
        }
    }

    if (!mz_tool_list_is_filtered(l)) {
        return (l->scanned - l->offset >= l->limit)
               ? mz_tool_list_done(call, l) : mz_tool_list_next(call, l);
    }

    if (l->scanned >= MZ_LIST_SCAN_MAX) {
        l->is_capped = (l->scanned < l->index_total);
        return mz_tool_list_done(call, l);
    }

    return mz_tool_list_next(call, l);
}


static mz_rc_t
mz_tool_list_take(mz_call_t *call, mz_list_call_t *l, size_t i,
    mz_err_t *err)
{
    json_t              *entry;
    mz_rc_t              rc;
    mz_buf_t             text;
    mz_artifact_meta_t   meta;

    rc = mz_artifact_head_decode(call->replies[i], &meta, err);

    if (rc == MZ_NOT_FOUND || (rc == MZ_OK && !mz_tool_list_matches(l, &meta)))
    {
        return MZ_OK;
    }

    if (rc != MZ_OK) {
        return rc;
    }

    l->matched++;

    if (l->matched <= l->offset || l->is_full
        || (int64_t) json_array_size(l->artifacts) == l->limit)
    {
        return MZ_OK;
    }

    entry = mz_tool_list_entry(&meta);
    mz_buf_init(&text, 0);
    mz_json_dump(&text, entry);
    l->bytes += text.len + 1;
    mz_buf_free(&text);

    if (l->bytes + 256 > call->conf->result_max) {
        l->is_full = true;
        l->full_at = mz_tool_list_is_filtered(l)
                     ? l->matched - 1
                     : l->scanned - (int64_t) (l->nids - i);
        json_decref(entry);
        return MZ_OK;
    }

    if (json_array_append_new(l->artifacts, entry) != 0) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    return MZ_OK;
}


static bool
mz_tool_list_is_filtered(const mz_list_call_t *l)
{
    return l->conversation.data != NULL || l->kind.data != NULL;
}


static bool
mz_tool_list_matches(const mz_list_call_t *l, const mz_artifact_meta_t *meta)
{
    if (l->kind.data != NULL && !mz_str_eq(l->kind, meta->kind)) {
        return false;
    }

    return l->conversation.data == NULL
           || mz_str_eq_c(l->conversation, meta->conv.s);
}


static mz_step_t
mz_tool_list_next(mz_call_t *call, mz_list_call_t *l)
{
    int64_t  batch;

    batch = MZ_LIST_BATCH;

    if (!mz_tool_list_is_filtered(l)
        && l->limit - (l->scanned - l->offset) < batch)
    {
        batch = l->limit - (l->scanned - l->offset);
    }

    call->phase = MZ_PHASE_IDS;
    mz_artifact_list(&call->cmds, &call->conf->store, mz_tool_scope(call),
                     l->scanned, batch);

    return MZ_STEP_STORE;
}


static json_t *
mz_tool_list_entry(const mz_artifact_meta_t *meta)
{
    json_t  *e;

    e = json_object();

    if (mz_json_set_str(e, "artifact_id", mz_str_from(meta->id.s)) != MZ_OK
        || mz_json_set_str(e, "kind", meta->kind) != MZ_OK
        || mz_fit_set_str(e, "name", meta->name, MZ_LIST_TEXT_MAX, " ..")
           != MZ_OK
        || mz_fit_set_str(e, "title", meta->title, MZ_LIST_TEXT_MAX, " ..")
           != MZ_OK
        || mz_json_set(e, "rows", json_integer(meta->rows)) != MZ_OK
        || mz_json_set(e, "bytes", json_integer(meta->bytes)) != MZ_OK
        || mz_tool_set_time(e, "created_at", meta->created_ms) != MZ_OK
        || mz_json_set_str(e, "conversation_id",
                           mz_str_from(meta->conv.s)) != MZ_OK
        || mz_json_set_str(e, "prompt_id", mz_str_from(meta->run.s)) != MZ_OK)
    {
        json_decref(e);
        return NULL;
    }

    return e;
}


static mz_step_t
mz_tool_list_done(mz_call_t *call, mz_list_call_t *l)
{
    bool      is_filtered;
    json_t   *out;
    int64_t   next, total;

    is_filtered = mz_tool_list_is_filtered(l);
    total = is_filtered ? l->matched : l->index_total;

    next = is_filtered ? l->offset + (int64_t) json_array_size(l->artifacts)
                       : l->scanned;

    if (l->is_full) {
        next = l->full_at;
    }

    out = json_object();

    if (mz_json_set(out, "artifacts", json_incref(l->artifacts)) != MZ_OK
        || mz_json_set(out, "total", json_integer(total)) != MZ_OK
        || (next < total
            && mz_json_set(out, "next_offset", json_integer(next)) != MZ_OK)
        || mz_json_set(out, "truncated",
                       json_boolean(l->is_full || l->is_capped)) != MZ_OK)
    {
        json_decref(out);
        out = NULL;
    }

    return mz_call_done(call, out);
}
