
/*
 * read_json_artifact: bounded slices of one or more JSON artifacts.  The
 * metadata of all reads is fetched in one pipeline; then the reads are done
 * one after the other, so that only one artifact's chunks are held.
 */

#include "tools/tools.h"

#include "base/mz_str.h"
#include "query/jlines.h"
#include "tools/reading.h"


#define MZ_READ_MARGIN  224         /* of one result beside path and value */
#define MZ_READ_VALUE   64          /* bytes: less says nothing */

typedef struct {
    mz_reading_t    readings[MZ_READS_MAX];
    size_t          nreads;
    size_t          current;
    mz_jlayout_t   *layout;         /* of the current read */
    mz_jread_t     *read;
} mz_read_call_t;


static mz_step_t mz_tool_read_step(mz_call_t *call, mz_tool_event_t ev);
static void mz_tool_read_release(mz_call_t *call);
static mz_step_t mz_tool_read_start(mz_call_t *call);
static bool mz_tool_read_metas(mz_call_t *call, mz_read_call_t *r,
    mz_step_t *step);
static bool mz_tool_read_begin(mz_call_t *call, mz_read_call_t *r,
    mz_step_t *step);
static size_t mz_tool_read_room(mz_call_t *call, const mz_read_call_t *r);
static mz_step_t mz_tool_read_refuse(mz_call_t *call,
    const mz_read_call_t *r, const mz_err_t *err);
static void mz_tool_read_add(mz_call_t *call, mz_read_call_t *r);
static void mz_tool_read_end(mz_read_call_t *r);
static const json_t *mz_tool_read_args(const mz_call_t *call, size_t i);


const mz_tool_t  mz_tool_read = {
    .op = {
        .name = mz_str("read_json_artifact"),
        .flags = MZ_OP_REPEATABLE,
        .step = mz_tool_read_step,
        .release = mz_tool_read_release
    },
    .title = mz_str("Read JSON artifacts"),
    .description = mz_str(
        "Read bounded slices of one or more JSON artifacts. An artifact is "
        "an array of rows; path is a JSON Pointer into it (\"\" is the whole "
        "array, \"/3\" its fourth row, \"/3/country\" a member), offset and "
        "limit slice the array or object it leads to. When next_offset is "
        "given, read again with it as offset. To search use "
        "grep_json_artifact; to filter and sort use query_table_artifact on "
        "the table artifact of the same answer."),
    .input_schema = MZ_JSON_TEXT({
        "type": "object",
        "properties": {
            "reads": {
                "type": "array",
                "minItems": 1,
                "maxItems": 10,
                "items": {
                    "type": "object",
                    "properties": {
                        "artifact_id": { "type": "string" },
                        "path": {
                            "type": "string",
                            "maxLength": 1000,
                            "default": "",
                            "description": "JSON Pointer, RFC 6901."
                        },
                        "offset": {
                            "type": "integer",
                            "minimum": 0,
                            "default": 0
                        },
                        "limit": {
                            "type": "integer",
                            "minimum": 1,
                            "maximum": 1000,
                            "default": 100
                        }
                    },
                    "required": ["artifact_id"],
                    "additionalProperties": false
                }
            }
        },
        "required": ["reads"],
        "additionalProperties": false
    }),
    .output_schema = MZ_JSON_TEXT({
        "type": "object",
        "properties": {
            "results": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "artifact_id": { "type": "string" },
                        "path": { "type": "string" },
                        "value": {},
                        "total": { "type": "integer" },
                        "offset": { "type": "integer" },
                        "next_offset": { "type": "integer" },
                        "truncated": { "type": "boolean" }
                    },
                    "required": ["artifact_id", "path", "value", "total",
                                 "truncated"]
                }
            }
        },
        "required": ["results"]
    }),
    .hints = MZ_TOOL_READ_ONLY|MZ_TOOL_IDEMPOTENT
};


static mz_step_t
mz_tool_read_step(mz_call_t *call, mz_tool_event_t ev)
{
    bool             over;
    mz_step_t        step;
    mz_reading_t    *rd;
    mz_read_call_t  *r;

    if (ev == MZ_EV_START) {
        return mz_tool_read_start(call);
    }

    r = call->state;

    if (r->read == NULL) {
        if (!mz_tool_read_metas(call, r, &step)) {
            return step;
        }

        over = mz_tool_read_begin(call, r, &step);

    } else {
        over = mz_reading_feed(call, &r->readings[r->current], ev, &step);
    }

    while (over) {
        rd = &r->readings[r->current];

        if (rd->rc == MZ_NOT_FOUND || rd->rc == MZ_LIMIT) {
            return mz_tool_read_refuse(call, r, &rd->err);
        }

        if (rd->rc != MZ_OK) {
            return mz_reading_failed(call, rd);
        }

        mz_tool_read_add(call, r);
        mz_tool_read_end(r);

        if (++r->current == r->nreads) {
            mz_buf_add_c(&call->result.structured, "]}");
            return mz_call_done_text(call);
        }

        over = mz_tool_read_begin(call, r, &step);
    }

    return step;
}


static void
mz_tool_read_release(mz_call_t *call)
{
    size_t           i;
    mz_read_call_t  *r;

    r = call->state;
    if (r == NULL) {
        return;
    }

    mz_tool_read_end(r);

    for (i = 0; i < MZ_READS_MAX; i++) {
        mz_reading_deinit(&r->readings[i]);
    }

    free(r);
    call->state = NULL;
}


static mz_step_t
mz_tool_read_start(mz_call_t *call)
{
    size_t           i;
    mz_step_t        step;
    mz_read_call_t  *r;

    r = calloc(1, sizeof(mz_read_call_t));
    if (r == NULL) {
        return mz_call_error(call, MZ_NOMEM, "out of memory");
    }

    call->state = r;
    r->nreads = json_array_size(json_object_get(call->args, "reads"));
    step = MZ_STEP_STORE;

    for (i = 0; i < r->nreads; i++) {
        if (!mz_reading_open(call, mz_json_get_str(mz_tool_read_args(call, i),
                                                   "artifact_id"), &step))
        {
            break;
        }
    }

    return step;
}


static bool
mz_tool_read_metas(mz_call_t *call, mz_read_call_t *r, mz_step_t *step)
{
    size_t    i;
    mz_str_t  id;

    for (i = 0; i < r->nreads; i++) {
        id = mz_json_get_str(mz_tool_read_args(call, i), "artifact_id");

        if (!mz_reading_meta(call, &r->readings[i], i, id, "json", step)) {
            return false;
        }
    }

    return true;
}


static bool
mz_tool_read_begin(mz_call_t *call, mz_read_call_t *r, mz_step_t *step)
{
    mz_rc_t              rc;
    mz_err_t             err;
    mz_reading_t        *rd;
    mz_jlines_limits_t   lim;

    rd = &r->readings[r->current];

    if (!mz_reading_jlayout(call, rd, &r->layout, step)) {
        return false;
    }

    memset(&lim, 0, sizeof(mz_jlines_limits_t));
    lim.value_max = mz_tool_read_room(call, r);

    if (lim.value_max < MZ_READ_VALUE) {
        *step = mz_call_refuse(call, "These reads do not fit into the %zu "
                               "bytes of a result: give fewer reads at once, "
                               "or shorter paths.", call->conf->result_max);
        return false;
    }

    rc = mz_jread_parse(r->layout, mz_tool_read_args(call, r->current), &lim,
                        &r->read, &err);

    if (rc == MZ_NOMEM) {
        *step = mz_call_error(call, rc, "out of memory");
        return false;
    }

    if (rc != MZ_OK) {
        *step = mz_tool_read_refuse(call, r, &err);
        return false;
    }

    return mz_reading_start(call, rd, &mz_reader_jread, r->read, step);
}


/* What is left is shared evenly by the reads that are left. */

static size_t
mz_tool_read_room(mz_call_t *call, const mz_read_call_t *r)
{
    size_t    used, share;
    mz_buf_t  path;

    mz_buf_init(&path, 0);
    mz_buf_add_json_str(&path, mz_json_get_str(mz_tool_read_args(call,
                                                   r->current), "path"));

    used = call->result.structured.len;
    share = (call->conf->result_max > used)
            ? (call->conf->result_max - used) / (r->nreads - r->current) : 0;
    used = path.len + MZ_READ_MARGIN;
    mz_buf_free(&path);

    return (share > used) ? share - used : 0;
}


static mz_step_t
mz_tool_read_refuse(mz_call_t *call, const mz_read_call_t *r,
    const mz_err_t *err)
{
    return mz_call_refuse(call, "reads[%zu]: %s%s", r->current, err->msg,
                          err->rc == MZ_LIMIT && r->nreads > 1
                          ? ". The reads of one call share the room: fewer "
                            "at once have more" : "");
}


static void
mz_tool_read_add(mz_call_t *call, mz_read_call_t *r)
{
    mz_str_t                  path;
    mz_buf_t                 *out;
    const mz_jread_result_t  *res;

    res = mz_jread_result(r->read);
    out = &call->result.structured;
    path = mz_json_get_str(mz_tool_read_args(call, r->current), "path");

    mz_buf_add_c(out, r->current == 0 ? "{\"results\":[" : ",");
    mz_buf_addf(out, "{\"artifact_id\":\"%s\",\"path\":",
                r->readings[r->current].meta.id.s);
    mz_buf_add_json_str(out, path);
    mz_buf_add_c(out, ",\"value\":");
    mz_buf_add_str(out, res->value);
    mz_buf_addf(out, ",\"total\":%llu,\"offset\":%llu",
                (unsigned long long) res->total,
                (unsigned long long) res->offset);

    if (res->next_offset >= 0) {
        mz_buf_addf(out, ",\"next_offset\":%lld",
                    (long long) res->next_offset);
    }

    mz_buf_addf(out, ",\"truncated\":%s}", res->truncated ? "true" : "false");
}


static void
mz_tool_read_end(mz_read_call_t *r)
{
    mz_jread_free(r->read);
    mz_jlayout_free(r->layout);

    r->read = NULL;
    r->layout = NULL;

    if (r->current < r->nreads) {
        mz_reading_unpin(&r->readings[r->current]);
    }
}


static const json_t *
mz_tool_read_args(const mz_call_t *call, size_t i)
{
    return json_array_get(json_object_get(call->args, "reads"), i);
}
