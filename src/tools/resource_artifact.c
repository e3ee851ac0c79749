
/*
 * mitzu://artifacts/{id}: an artifact read as a whole, as far as a result
 * may be long: a table as CSV, JSON Lines as they are.  What is left out,
 * and the tool that reads on, is said in _meta.
 */

#include "tools/ops.h"

#include "base/mz_str.h"
#include "base/mz_utf8.h"
#include "query/head.h"
#include "tools/artifact_types.h"
#include "tools/complete.h"
#include "tools/reading.h"
#include "tools/tools.h"


#define MZ_RESOURCE_TTL_MS    300000    /* artifacts never change */
#define MZ_RESOURCE_SHOW_MAX  160       /* bytes of a bad URI repeated */

typedef struct {
    mz_reading_t               reading;
    const mz_artifact_type_t  *type;
    mz_layout_t               *layout;      /* of a table */
    mz_thead_t                *thead;
    mz_jlayout_t              *jlayout;     /* of JSON Lines */
    mz_jhead_t                *jhead;
} mz_resource_call_t;


static mz_step_t mz_resource_artifact_step(mz_call_t *call,
    mz_tool_event_t ev);
static void mz_resource_artifact_release(mz_call_t *call);
static bool mz_resource_artifact_run(mz_call_t *call, mz_tool_event_t ev,
    mz_step_t *step);
static bool mz_resource_artifact_open(mz_call_t *call, mz_step_t *step);
static bool mz_resource_artifact_begin(mz_call_t *call,
    mz_resource_call_t *a, mz_step_t *step);
static bool mz_resource_artifact_table(mz_call_t *call,
    mz_resource_call_t *a, mz_step_t *step);
static bool mz_resource_artifact_json(mz_call_t *call,
    mz_resource_call_t *a, mz_step_t *step);
static bool mz_resource_artifact_bad(mz_call_t *call,
    const mz_err_t *err, mz_step_t *step);
static mz_step_t mz_resource_artifact_none(mz_call_t *call);
static mz_step_t mz_resource_artifact_done(mz_call_t *call,
    const mz_resource_call_t *a);
static void mz_resource_artifact_cut(const mz_resource_call_t *a,
    const mz_head_t *head, mz_buf_t *out);


static const mz_argument_t  mz_resource_artifact_variables[] = {
    { mz_str("id"), mz_str("Artifact"),
      mz_str("The artifact_id: a_ and 26 characters."), true,
      &mz_complete_artifacts }
};

const mz_resource_t  mz_resource_artifact = {
    .op = {
        .name = mz_str("artifact"),
        .flags = MZ_OP_REPEATABLE,
        .step = mz_resource_artifact_step,
        .release = mz_resource_artifact_release
    },
    .uri = mz_str(MZ_ARTIFACT_URI "{id}"),
    .title = mz_str("Artifact"),
    .description = mz_str(
        "A table (as CSV) or JSON document (JSON Lines) that an answer "
        "produced. Long ones are cut: query_table_artifact and "
        "read_json_artifact read any part of them."),
    .variables = mz_resource_artifact_variables,
    .nvariables = MZ_ARRAY_LEN(mz_resource_artifact_variables)
};

static const mz_artifact_type_t  mz_artifact_types[] = {
    { mz_str("table"), mz_str("text/csv"), false },
    { mz_str("json"), mz_str("application/x-ndjson"), true }
};


const mz_artifact_type_t *
mz_artifact_type(mz_str_t kind)
{
    size_t  i;

    for (i = 0; i < MZ_ARRAY_LEN(mz_artifact_types); i++) {
        if (mz_str_eq(mz_artifact_types[i].kind, kind)) {
            return &mz_artifact_types[i];
        }
    }

    return NULL;
}


static mz_step_t
mz_resource_artifact_step(mz_call_t *call, mz_tool_event_t ev)
{
    mz_step_t            step;
    mz_resource_call_t  *a;

    if (!mz_resource_artifact_run(call, ev, &step)) {
        return step;
    }

    a = call->state;

    return (a->reading.rc == MZ_OK)
           ? mz_resource_artifact_done(call, a)
           : mz_reading_failed(call, &a->reading);
}


static void
mz_resource_artifact_release(mz_call_t *call)
{
    mz_resource_call_t  *a;

    a = call->state;
    if (a == NULL) {
        return;
    }

    mz_thead_free(a->thead);
    mz_layout_free(a->layout);
    mz_jhead_free(a->jhead);
    mz_jlayout_free(a->jlayout);
    mz_reading_deinit(&a->reading);
    free(a);
    call->state = NULL;
}


/* true: the text stands, or reading.rc says why not. */

static bool
mz_resource_artifact_run(mz_call_t *call, mz_tool_event_t ev,
    mz_step_t *step)
{
    bool                 is_over;
    mz_resource_call_t  *a;

    if (ev == MZ_EV_START) {
        return mz_resource_artifact_open(call, step);
    }

    a = call->state;

    if (a->reading.query == NULL) {
        return mz_resource_artifact_begin(call, a, step);
    }

    is_over = mz_reading_feed(call, &a->reading, ev, step);

    /* All that is refused there is a chunk that expired. */

    if (!is_over && *step == MZ_STEP_FAULT) {
        *step = mz_resource_artifact_none(call);
    }

    return is_over;
}


static bool
mz_resource_artifact_open(mz_call_t *call, mz_step_t *step)
{
    call->state = calloc(1, sizeof(mz_resource_call_t));

    if (call->state == NULL) {
        *step = mz_call_error(call, MZ_NOMEM, "out of memory");
        return false;
    }

    if (!mz_reading_open(call, mz_json_get_str(call->args, "id"), step)) {
        *step = mz_resource_artifact_none(call);
    }

    return false;
}


static bool
mz_resource_artifact_begin(mz_call_t *call, mz_resource_call_t *a,
    mz_step_t *step)
{
    const mz_artifact_meta_t  *meta;

    if (!mz_reading_meta(call, &a->reading, 0,
                         mz_json_get_str(call->args, "id"), NULL, step))
    {
        if (*step == MZ_STEP_FAULT) {
            *step = mz_resource_artifact_none(call);
        }

        return false;
    }

    meta = &a->reading.meta;
    a->type = mz_artifact_type(meta->kind);

    if (a->type == NULL) {
        *step = mz_call_refuse(call, "Artifact %s is of kind \"%.*s\", which "
                               "is not read as a resource. inspect_artifact "
                               "says what it is.", meta->id.s,
                               (int) meta->kind.len, meta->kind.data);
        return false;
    }

    return a->type->is_plain ? mz_resource_artifact_json(call, a, step)
                             : mz_resource_artifact_table(call, a, step);
}


static bool
mz_resource_artifact_table(mz_call_t *call, mz_resource_call_t *a,
    mz_step_t *step)
{
    json_t    *layout;
    mz_rc_t    rc;
    mz_err_t   err;

    layout = mz_reading_layout(call, &a->reading, step);
    if (layout == NULL) {
        return false;
    }

    rc = mz_layout_from_json(layout, &a->layout, &err);
    json_decref(layout);

    if (rc != MZ_OK) {
        *step = mz_call_error(call, rc == MZ_NOMEM ? rc : MZ_INTERNAL,
                              "layout of artifact %s: %s",
                              a->reading.meta.id.s, err.msg);
        return false;
    }

    rc = mz_thead_new(a->layout, call->conf->result_max, &a->thead, &err);

    if (rc != MZ_OK) {
        return mz_resource_artifact_bad(call, &err, step);
    }

    return mz_reading_start(call, &a->reading, &mz_reader_thead, a->thead,
                            step);
}


static bool
mz_resource_artifact_json(mz_call_t *call, mz_resource_call_t *a,
    mz_step_t *step)
{
    mz_rc_t   rc;
    mz_err_t  err;

    if (!mz_reading_jlayout(call, &a->reading, &a->jlayout, step)) {
        return false;
    }

    rc = mz_jhead_new(a->jlayout, call->conf->result_max, &a->jhead, &err);

    if (rc != MZ_OK) {
        return mz_resource_artifact_bad(call, &err, step);
    }

    return mz_reading_start(call, &a->reading, &mz_reader_jhead, a->jhead,
                            step);
}


static bool
mz_resource_artifact_bad(mz_call_t *call, const mz_err_t *err,
    mz_step_t *step)
{
    *step = (err->rc == MZ_LIMIT)
            ? mz_call_refuse(call, "%s. query_table_artifact reads some of "
                             "them.", err->msg)
            : mz_call_error(call, err->rc, "%s", err->msg);

    return false;
}


/* Unknown, expired, foreign: the same for all of them. */

static mz_step_t
mz_resource_artifact_none(mz_call_t *call)
{
    mz_str_t  uri, shown;

    uri = mz_json_get_str(call->args, "uri");
    shown = mz_utf8_prefix_bytes(uri, MZ_RESOURCE_SHOW_MAX);

    return mz_call_fault(call, MZ_RPC_NO_RESOURCE,
                         json_pack("{s:o}", "uri", mz_json_str_new(uri)),
                         "there is no resource \"%.*s\" here: the artifact "
                         "may have expired, or belong to another user or "
                         "project", (int) shown.len,
                         shown.len ? shown.data : "");
}


static mz_step_t
mz_resource_artifact_done(mz_call_t *call, const mz_resource_call_t *a)
{
    mz_buf_t         *out;
    const mz_head_t  *head;

    head = a->thead ? mz_thead_result(a->thead) : mz_jhead_result(a->jhead);
    out = &call->result.members;

    mz_buf_add_c(out, "\"contents\":[{\"uri\":");
    mz_buf_add_json_str(out, mz_json_get_str(call->args, "uri"));
    mz_buf_add_c(out, ",\"mimeType\":");
    mz_buf_add_json_str(out, a->type->mime_type);
    mz_buf_add_c(out, ",\"text\":");
    mz_buf_add_json_str(out, head->text);

    if (head->is_cut) {
        mz_resource_artifact_cut(a, head, out);
    }

    mz_buf_add_c(out, "}]");

    if (out->rc != MZ_OK) {
        return mz_call_error(call, out->rc, "out of memory");
    }

    call->result.cache.ttl_ms = MZ_RESOURCE_TTL_MS;
    call->result.cache.scope = mz_str("private");
    call->status = "ok";

    return MZ_STEP_DONE;
}


static void
mz_resource_artifact_cut(const mz_resource_call_t *a, const mz_head_t *head,
    mz_buf_t *out)
{
    mz_buf_addf(out, ",\"_meta\":{\"mitzu/truncated\":true,"
                "\"mitzu/rows\":%llu,\"mitzu/total_rows\":%lld,"
                "\"mitzu/note\":\"Cut behind row %llu: %s with artifact_id "
                "%s and offset %llu reads on.\"}",
                (unsigned long long) head->rows,
                (long long) a->reading.meta.rows,
                (unsigned long long) head->rows,
                a->thead ? "query_table_artifact" : "read_json_artifact",
                a->reading.meta.id.s, (unsigned long long) head->rows);
}
