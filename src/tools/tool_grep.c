
/*
 * grep_json_artifact: regular expression search over the rows of a JSON
 * artifact.
 */

#include "tools/tools.h"

#include "base/mz_str.h"
#include "query/jlines.h"
#include "tools/reading.h"


#define MZ_GREP_MARGIN  1024

typedef struct {
    mz_reading_t    reading;
    mz_jlayout_t   *layout;
    mz_jgrep_t     *grep;
} mz_grep_call_t;


static mz_step_t mz_tool_grep_step(mz_call_t *call, mz_tool_event_t ev);
static void mz_tool_grep_release(mz_call_t *call);
static mz_step_t mz_tool_grep_start(mz_call_t *call);
static bool mz_tool_grep_begin(mz_call_t *call, mz_grep_call_t *g,
    mz_step_t *step);
static mz_step_t mz_tool_grep_done(mz_call_t *call,
    const mz_jgrep_result_t *res);


const mz_tool_t  mz_tool_grep = {
    .op = {
        .name = mz_str("grep_json_artifact"),
        .flags = MZ_OP_REPEATABLE,
        .step = mz_tool_grep_step,
        .release = mz_tool_grep_release
    },
    .title = mz_str("Search a JSON artifact"),
    .description = mz_str(
        "Search the rows of a JSON artifact with a regular expression "
        "(PCRE2). Without path, each row is searched as its compact JSON "
        "text; with path (a JSON Pointer inside a row, such as /country) "
        "only that value. Returns the matching rows with their index, and "
        "rows around them when context is given. When next_offset is given, "
        "call again with it as offset."),
    .input_schema = MZ_JSON_TEXT({
        "type": "object",
        "properties": {
            "artifact_id": { "type": "string" },
            "pattern": {
                "type": "string",
                "minLength": 1,
                "maxLength": 1000,
                "description": "PCRE2 regular expression."
            },
            "path": {
                "type": "string",
                "maxLength": 1000,
                "description": "JSON Pointer in each row; default: all of it."
            },
            "ignore_case": { "type": "boolean", "default": false },
            "limit": {
                "type": "integer",
                "minimum": 1,
                "maximum": 500,
                "default": 50
            },
            "offset": { "type": "integer", "minimum": 0, "default": 0 },
            "context": {
                "type": "integer",
                "minimum": 0,
                "maximum": 20,
                "default": 0,
                "description": "Rows to show before and after each match."
            }
        },
        "required": ["artifact_id", "pattern"],
        "additionalProperties": false
    }),
    .output_schema = MZ_JSON_TEXT({
        "type": "object",
        "properties": {
            "matches": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "index": { "type": "integer" },
                        "row": {},
                        "before": { "type": "array" },
                        "after": { "type": "array" }
                    },
                    "required": ["index", "row"]
                }
            },
            "total_matches": { "type": "integer" },
            "searched_rows": { "type": "integer" },
            "total_rows": { "type": "integer" },
            "offset": { "type": "integer" },
            "next_offset": { "type": "integer" },
            "truncated": { "type": "boolean" },
            "note": { "type": "string" }
        },
        "required": ["matches", "total_matches", "truncated"]
    }),
    .hints = MZ_TOOL_READ_ONLY|MZ_TOOL_IDEMPOTENT
};


static mz_step_t
mz_tool_grep_step(mz_call_t *call, mz_tool_event_t ev)
{
    bool             done;
    mz_step_t        step;
    mz_grep_call_t  *g;

    if (ev == MZ_EV_START) {
        return mz_tool_grep_start(call);
    }

    g = call->state;

    if (g->grep == NULL) {
        done = mz_tool_grep_begin(call, g, &step);

    } else {
        done = mz_reading_feed(call, &g->reading, ev, &step);
    }

    if (!done) {
        return step;
    }

    if (g->reading.rc != MZ_OK) {
        return mz_reading_failed(call, &g->reading);
    }

    return mz_tool_grep_done(call, mz_jgrep_result(g->grep));
}


static void
mz_tool_grep_release(mz_call_t *call)
{
    mz_grep_call_t  *g;

    g = call->state;
    if (g == NULL) {
        return;
    }

    mz_jgrep_free(g->grep);
    mz_jlayout_free(g->layout);
    mz_reading_deinit(&g->reading);
    free(g);
    call->state = NULL;
}


static mz_step_t
mz_tool_grep_start(mz_call_t *call)
{
    mz_step_t  step;

    call->state = calloc(1, sizeof(mz_grep_call_t));

    if (call->state == NULL) {
        return mz_call_error(call, MZ_NOMEM, "out of memory");
    }

    mz_reading_open(call, mz_json_get_str(call->args, "artifact_id"), &step);

    return step;
}


static bool
mz_tool_grep_begin(mz_call_t *call, mz_grep_call_t *g, mz_step_t *step)
{
    mz_rc_t              rc;
    mz_err_t             err;
    mz_jlines_limits_t   lim;

    if (!mz_reading_meta(call, &g->reading, 0,
                         mz_json_get_str(call->args, "artifact_id"), "json",
                         step)
        || !mz_reading_jlayout(call, &g->reading, &g->layout, step))
    {
        return false;
    }

    memset(&lim, 0, sizeof(mz_jlines_limits_t));
    lim.value_max = (call->conf->result_max > 2 * MZ_GREP_MARGIN)
                    ? call->conf->result_max - MZ_GREP_MARGIN
                    : MZ_GREP_MARGIN;

    rc = mz_jgrep_parse(g->layout, call->args, &lim, &g->grep, &err);

    if (rc == MZ_NOMEM) {
        *step = mz_call_error(call, rc, "out of memory");
        return false;
    }

    if (rc != MZ_OK) {
        *step = mz_call_refuse(call, "%s", err.msg);
        return false;
    }

    return mz_reading_start(call, &g->reading, &mz_reader_jgrep, g->grep,
                            step);
}


static mz_step_t
mz_tool_grep_done(mz_call_t *call, const mz_jgrep_result_t *res)
{
    mz_buf_t  *out;

    out = &call->result.structured;

    mz_buf_add_c(out, "{\"matches\":");
    mz_buf_add_str(out, res->matches);
    mz_buf_addf(out, ",\"total_matches\":%llu,\"searched_rows\":%llu,"
                "\"total_rows\":%llu,\"offset\":%llu",
                (unsigned long long) res->total_matches,
                (unsigned long long) res->searched_rows,
                (unsigned long long) res->total_rows,
                (unsigned long long) res->offset);

    if (res->next_offset >= 0) {
        mz_buf_addf(out, ",\"next_offset\":%lld",
                    (long long) res->next_offset);
    }

    mz_buf_addf(out, ",\"truncated\":%s", res->truncated ? "true" : "false");

    if (res->note.len != 0) {
        mz_buf_add_c(out, ",\"note\":");
        mz_buf_add_json_str(out, res->note);
    }

    mz_buf_add_char(out, '}');

    return mz_call_done_text(call);
}
