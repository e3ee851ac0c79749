
/*
 * describe_table_artifact: columns with their statistics, and first rows.
 */

#include "tools/tools.h"

#include "base/mz_str.h"
#include "tools/table_call.h"


#define MZ_DESCRIBE_HEAD_DEFAULT  5
#define MZ_DESCRIBE_ROOM          64        /* less has no room for a row */

/* How much is said of a column, so that a wide table fits. */

typedef enum {
    MZ_DESCRIBE_ALL,
    MZ_DESCRIBE_COUNTS,                     /* without min and max */
    MZ_DESCRIBE_NAMES,                      /* and of those what fits */
    MZ_DESCRIBE_LEVELS
} mz_describe_level_t;

static const char  *const mz_describe_notes[] = {
    [MZ_DESCRIBE_ALL] = NULL,
    [MZ_DESCRIBE_COUNTS] = "min and max were left out to fit",
    [MZ_DESCRIBE_NAMES] = "statistics, and columns that did not fit, were "
                          "left out"
};


static mz_step_t mz_tool_describe_step(mz_call_t *call, mz_tool_event_t ev);
static mz_step_t mz_tool_describe_end(mz_call_t *call,
    const mz_table_call_t *t, mz_str_t rows, bool is_cut);
static bool mz_tool_describe_head(mz_call_t *call, mz_table_call_t *t,
    mz_step_t *step);
static json_t *mz_tool_describe_args(const mz_call_t *call);
static size_t mz_tool_describe_columns(const mz_layout_t *layout,
    mz_describe_level_t level, size_t max, mz_buf_t *out);
static void mz_tool_describe_column(const mz_layout_column_t *col,
    mz_describe_level_t level, mz_buf_t *out);


const mz_tool_t  mz_tool_describe = {
    .op = {
        .name = mz_str("describe_table_artifact"),
        .flags = MZ_OP_REPEATABLE,
        .step = mz_tool_describe_step,
        .release = mz_table_call_release
    },
    .title = mz_str("Describe a table artifact"),
    .description = mz_str(
        "Row count of a table artifact, its columns with dtype (string, "
        "int64, float64, bool, timestamp, date), number of nulls, smallest "
        "and largest value and number of distinct values, and the first "
        "rows. Call it before query_table_artifact when the columns are not "
        "known."),
    .input_schema = MZ_JSON_TEXT({
        "type": "object",
        "properties": {
            "artifact_id": { "type": "string" },
            "head": {
                "type": "integer",
                "minimum": 0,
                "maximum": 50,
                "default": 5,
                "description": "How many rows to show."
            }
        },
        "required": ["artifact_id"],
        "additionalProperties": false
    }),
    .output_schema = MZ_JSON_TEXT({
        "type": "object",
        "properties": {
            "row_count": { "type": "integer" },
            "columns": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "name": { "type": "string" },
                        "dtype": {
                            "type": "string",
                            "enum": ["string", "int64", "float64", "bool",
                                     "timestamp", "date"]
                        },
                        "nulls": { "type": ["integer", "null"] },
                        "min": {},
                        "max": {},
                        "distinct": { "type": ["integer", "null"] }
                    },
                    "required": ["name", "dtype"]
                }
            },
            "head": { "type": "array", "items": { "type": "array" } },
            "truncated": { "type": "boolean" },
            "note": { "type": "string" }
        },
        "required": ["row_count", "columns", "head"]
    }),
    .hints = MZ_TOOL_READ_ONLY|MZ_TOOL_IDEMPOTENT
};


static mz_step_t
mz_tool_describe_step(mz_call_t *call, mz_tool_event_t ev)
{
    bool                       done;
    json_t                    *args;
    mz_step_t                  step;
    mz_table_call_t           *t;
    const mz_tquery_result_t  *res;

    args = mz_tool_describe_args(call);
    if (args == NULL) {
        return mz_call_error(call, MZ_NOMEM, "out of memory");
    }

    done = mz_table_call_step(call, ev, mz_tool_describe_head, args, &t,
                              &step);
    json_decref(args);

    if (!done) {
        return step;
    }

    /* Rows that are too large are no reason not to name the columns. */

    if (t->reading.rc == MZ_LIMIT) {
        return mz_tool_describe_end(call, t, mz_str("[]"), true);
    }

    if (t->reading.rc != MZ_OK) {
        return mz_reading_failed(call, &t->reading);
    }

    res = mz_tquery_result(t->query);

    return mz_tool_describe_end(call, t, res->rows, res->truncated);
}


static mz_step_t
mz_tool_describe_end(mz_call_t *call, const mz_table_call_t *t, mz_str_t rows,
    bool is_cut)
{
    mz_buf_t  *out;

    out = &call->result.structured;

    mz_buf_add_str(out, rows);
    mz_buf_addf(out, ",\"truncated\":%s",
                is_cut || t->note ? "true" : "false");

    if (t->note != NULL) {
        mz_buf_addf(out, ",\"note\":\"%s\"", t->note);
    }

    mz_buf_add_char(out, '}');

    return mz_call_done_text(call);
}


static bool
mz_tool_describe_head(mz_call_t *call, mz_table_call_t *t, mz_step_t *step)
{
    bool                 is_none;
    size_t               max, len, n;
    mz_buf_t            *out;
    mz_describe_level_t  level;

    out = &call->result.structured;
    mz_buf_addf(out, "{\"row_count\":%llu,\"columns\":",
                (unsigned long long) t->layout->rows);

    len = out->len;
    max = call->conf->result_max - MZ_TABLE_TAIL;

    for (level = MZ_DESCRIBE_ALL; level < MZ_DESCRIBE_LEVELS; level++) {
        out->len = len;
        t->note = mz_describe_notes[level];
        n = mz_tool_describe_columns(t->layout, level, max, out);

        if (n == t->layout->ncolumns) {
            break;
        }
    }

    mz_buf_add_c(out, ",\"head\":");

    is_none = (mz_json_get_int(call->args, "head", 1) == 0);

    if (is_none || out->len + MZ_DESCRIBE_ROOM > max) {
        *step = mz_tool_describe_end(call, t, mz_str("[]"), !is_none);
        return false;
    }

    return true;
}


/* The head is a query of the first rows. */

static json_t *
mz_tool_describe_args(const mz_call_t *call)
{
    int64_t  head;

    head = mz_json_get_int(call->args, "head", MZ_DESCRIBE_HEAD_DEFAULT);

    return json_pack("{s:I}", "limit", (json_int_t) head);
}


/* Stops before out is longer than max; how many columns are in it. */

static size_t
mz_tool_describe_columns(const mz_layout_t *layout, mz_describe_level_t level,
    size_t max, mz_buf_t *out)
{
    size_t  i, len;

    mz_buf_add_char(out, '[');

    for (i = 0; i < layout->ncolumns && out->rc == MZ_OK; i++) {
        len = out->len;
        mz_buf_add_c(out, i == 0 ? "" : ",");
        mz_tool_describe_column(&layout->columns[i], level, out);

        if (out->len + 1 > max) {
            out->len = len;
            break;
        }
    }

    mz_buf_add_char(out, ']');

    return i;
}


static void
mz_tool_describe_column(const mz_layout_column_t *col,
    mz_describe_level_t level, mz_buf_t *out)
{
    mz_buf_add_c(out, "{\"name\":");
    mz_buf_add_json_str(out, col->name);
    mz_buf_addf(out, ",\"dtype\":\"%s\"", mz_dtype_name(col->dtype));

    if (col->nulls >= 0 && level < MZ_DESCRIBE_NAMES) {
        mz_buf_addf(out, ",\"nulls\":%lld", (long long) col->nulls);
    }

    if (level == MZ_DESCRIBE_ALL) {
        mz_buf_add_c(out, ",\"min\":");
        mz_json_dump(out, col->min);
        mz_buf_add_c(out, ",\"max\":");
        mz_json_dump(out, col->max);
    }

    if (col->distinct >= 0 && level < MZ_DESCRIBE_NAMES) {
        mz_buf_addf(out, ",\"distinct\":%lld", (long long) col->distinct);
    }

    mz_buf_add_char(out, '}');
}
