
/*
 * inspect_artifact: metadata and provenance of one artifact.
 */

#include "tools/tools.h"

#include "base/mz_str.h"
#include "tools/fit.h"
#include "tools/reading.h"


#define MZ_INSPECT_NAME_MAX  600        /* bytes of a name or title */

/* "truncated" is about the artifact: what is left out here is in "note". */
#define MZ_INSPECT_NOTE_MAX  128

static const mz_fit_rule_t  mz_inspect_rules[] = {
    { "spec", MZ_FIT_DROP, 10, NULL },
    { "sql", MZ_FIT_CUT, 10, "\n-- (the rest was cut off)" },
    { "range", MZ_FIT_DROP, 0, NULL },
    { "spec", MZ_FIT_DROP, 0, NULL },
    { "sql", MZ_FIT_CUT, 0, "\n-- (the rest was cut off)" }
};


static mz_step_t mz_tool_inspect_step(mz_call_t *call, mz_tool_event_t ev);
static void mz_tool_inspect_release(mz_call_t *call);
static json_t *mz_tool_inspect_result(mz_call_t *call,
    const mz_artifact_meta_t *meta);
static mz_rc_t mz_tool_inspect_texts(const mz_call_t *call, json_t *out,
    const mz_artifact_meta_t *meta);
static mz_rc_t mz_tool_inspect_rest(json_t *out,
    const mz_artifact_meta_t *meta);
static mz_rc_t mz_tool_inspect_fit(const mz_call_t *call, json_t *out);


const mz_tool_t  mz_tool_inspect = {
    .op = {
        .name = mz_str("inspect_artifact"),
        .flags = MZ_OP_REPEATABLE,
        .step = mz_tool_inspect_step,
        .release = mz_tool_inspect_release
    },
    .title = mz_str("Inspect an artifact"),
    .description = mz_str(
        "Where an artifact comes from and what it is: kind, title, rows, "
        "bytes, the question's analysis spec and SQL, the time range and "
        "timezone it covers, whether it was truncated, its digest, and when "
        "it expires. For the columns of a table use "
        "describe_table_artifact; for its rows query_table_artifact."),
    .input_schema = MZ_JSON_TEXT({
        "type": "object",
        "properties": {
            "artifact_id": {
                "type": "string",
                "description": "From an answer, or list_agent_artifacts."
            }
        },
        "required": ["artifact_id"],
        "additionalProperties": false
    }),
    .output_schema = MZ_JSON_TEXT({
        "type": "object",
        "properties": {
            "artifact_id": { "type": "string" },
            "kind": { "type": "string" },
            "name": { "type": "string" },
            "title": { "type": "string" },
            "rows": { "type": "integer" },
            "bytes": { "type": "integer" },
            "created_at": { "type": "string" },
            "expires_at": { "type": "string" },
            "conversation_id": { "type": "string" },
            "prompt_id": { "type": "string" },
            "conversation_url": { "type": "string" },
            "digest": { "type": "string" },
            "truncated": { "type": "boolean" },
            "timezone": { "type": "string" },
            "range": { "type": "object" },
            "spec": { "type": "object" },
            "sql": { "type": "string" },
            "note": { "type": "string" }
        },
        "required": ["artifact_id", "kind", "name", "title", "rows", "bytes",
                     "created_at", "conversation_id", "prompt_id",
                     "truncated"]
    }),
    .hints = MZ_TOOL_READ_ONLY|MZ_TOOL_IDEMPOTENT
};


static mz_step_t
mz_tool_inspect_step(mz_call_t *call, mz_tool_event_t ev)
{
    mz_str_t       id;
    mz_step_t      step;
    mz_reading_t  *rd;

    id = mz_json_get_str(call->args, "artifact_id");

    if (ev == MZ_EV_START) {
        mz_reading_open(call, id, &step);
        return step;
    }

    rd = calloc(1, sizeof(mz_reading_t));
    if (rd == NULL) {
        return mz_call_error(call, MZ_NOMEM, "out of memory");
    }

    call->state = rd;

    if (!mz_reading_meta(call, rd, 0, id, NULL, &step)) {
        return step;
    }

    return mz_call_done(call, mz_tool_inspect_result(call, &rd->meta));
}


static void
mz_tool_inspect_release(mz_call_t *call)
{
    if (call->state != NULL) {
        mz_reading_deinit(call->state);
        free(call->state);
        call->state = NULL;
    }
}


static json_t *
mz_tool_inspect_result(mz_call_t *call, const mz_artifact_meta_t *meta)
{
    json_t  *out;

    out = json_object();

    if (mz_tool_inspect_texts(call, out, meta) != MZ_OK
        || mz_tool_set_ids(call, out) != MZ_OK
        || mz_tool_inspect_rest(out, meta) != MZ_OK
        || mz_tool_inspect_fit(call, out) != MZ_OK)
    {
        json_decref(out);
        return NULL;
    }

    return out;
}


static mz_rc_t
mz_tool_inspect_texts(const mz_call_t *call, json_t *out,
    const mz_artifact_meta_t *meta)
{
    size_t   i;
    mz_rc_t  rc;

    const struct {
        const char  *key;
        mz_str_t     value;
        size_t       max;
    } texts[] = {
        { "artifact_id", { meta->id.s, MZ_ID_LEN }, MZ_ID_LEN },
        { "kind", meta->kind, MZ_INSPECT_NAME_MAX },
        { "name", meta->name, MZ_INSPECT_NAME_MAX },
        { "title", meta->title, MZ_INSPECT_NAME_MAX },
        { "digest", meta->digest, MZ_INSPECT_NAME_MAX },
        { "timezone", meta->timezone, MZ_INSPECT_NAME_MAX },
        { "sql", meta->sql, call->conf->result_max }
    };

    rc = MZ_OK;

    for (i = 0; i < MZ_ARRAY_LEN(texts) && rc == MZ_OK; i++) {
        if (texts[i].value.len != 0 || i < 4) {
            rc = mz_fit_set_str(out, texts[i].key, texts[i].value,
                                texts[i].max, " ..");
        }
    }

    return rc;
}


static mz_rc_t
mz_tool_inspect_rest(json_t *out, const mz_artifact_meta_t *meta)
{
    mz_rc_t  rc;

    rc = mz_json_set(out, "rows", json_integer(meta->rows));

    if (rc == MZ_OK) {
        rc = mz_json_set(out, "bytes", json_integer(meta->bytes));
    }

    if (rc == MZ_OK) {
        rc = mz_json_set(out, "truncated", json_boolean(meta->is_truncated));
    }

    if (rc == MZ_OK) {
        rc = mz_tool_set_time(out, "created_at", meta->created_ms);
    }

    if (rc == MZ_OK && meta->expires_ms > 0) {
        rc = mz_tool_set_time(out, "expires_at", meta->expires_ms);
    }

    if (rc == MZ_OK) {
        rc = mz_tool_set_object(out, "range", meta->range);
    }

    if (rc == MZ_OK) {
        rc = mz_tool_set_object(out, "spec", meta->spec);
    }

    return rc;
}


static mz_rc_t
mz_tool_inspect_fit(const mz_call_t *call, json_t *out)
{
    bool     is_cut;
    mz_rc_t  rc;

    rc = mz_fit(out, mz_inspect_rules, MZ_ARRAY_LEN(mz_inspect_rules),
                call->conf->result_max - MZ_INSPECT_NOTE_MAX, &is_cut);

    if (rc == MZ_OK && is_cut) {
        rc = mz_json_set_str(out, "note", mz_str("The SQL was cut, or the "
                             "spec left out, to fit."));
    }

    return rc;
}
