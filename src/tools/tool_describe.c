
/*
 * describe_table_artifact: columns with their statistics, and first rows.
 */

#include "tools/tools.h"

#include "base/mz_str.h"
#include "tools/table_call.h"


static mz_step_t mz_tool_describe_step(mz_call_t *call, mz_tool_event_t ev);
static json_t *mz_tool_describe_args(const mz_call_t *call);
static void mz_tool_describe_columns(const mz_layout_t *layout,
    mz_buf_t *out);


const mz_tool_t  mz_tool_describe = {
    .name = mz_str("describe_table_artifact"),
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
            "truncated": { "type": "boolean" }
        },
        "required": ["row_count", "columns", "head"]
    }),
    .hints = MZ_TOOL_READ_ONLY|MZ_TOOL_IDEMPOTENT,
    .step = mz_tool_describe_step,
    .release = mz_table_call_release
};


static mz_step_t
mz_tool_describe_step(mz_call_t *call, mz_tool_event_t ev)
{
    bool                       done;
    json_t                    *args;
    mz_buf_t                  *out;
    mz_step_t                  step;
    mz_table_call_t           *t;
    const mz_tquery_result_t  *res;

    args = mz_tool_describe_args(call);
    if (args == NULL) {
        return mz_call_error(call, MZ_NOMEM, "out of memory");
    }

    done = mz_table_call_step(call, ev, args, &t, &step);
    json_decref(args);

    if (!done) {
        return step;
    }

    res = mz_tquery_result(t->query);
    out = &call->result.structured;

    mz_buf_addf(out, "{\"row_count\":%llu,\"columns\":",
                (unsigned long long) t->layout->rows);
    mz_tool_describe_columns(t->layout, out);
    mz_buf_add_c(out, ",\"head\":");

    if (mz_json_get_int(call->args, "head", 1) == 0) {
        mz_buf_add_c(out, "[]");
    } else {
        mz_buf_add_str(out, res->rows);
    }

    mz_buf_addf(out, ",\"truncated\":%s}", res->truncated ? "true" : "false");

    return mz_call_done_text(call);
}


/* The head is a query of the first rows; a limit of 0 is no query. */

static json_t *
mz_tool_describe_args(const mz_call_t *call)
{
    int64_t  head;

    head = mz_json_get_int(call->args, "head", 5);

    return json_pack("{s:I}", "limit", (json_int_t) (head > 0 ? head : 1));
}


static void
mz_tool_describe_columns(const mz_layout_t *layout, mz_buf_t *out)
{
    size_t                     i;
    const mz_layout_column_t  *col;

    mz_buf_add_char(out, '[');

    for (i = 0; i < layout->ncolumns; i++) {
        col = &layout->columns[i];

        mz_buf_add_c(out, i == 0 ? "{\"name\":" : ",{\"name\":");
        mz_buf_add_json_str(out, col->name);
        mz_buf_addf(out, ",\"dtype\":\"%s\"", mz_dtype_name(col->dtype));

        if (col->nulls >= 0) {
            mz_buf_addf(out, ",\"nulls\":%lld", (long long) col->nulls);
        }

        mz_buf_add_c(out, ",\"min\":");
        mz_json_dump(out, col->min);
        mz_buf_add_c(out, ",\"max\":");
        mz_json_dump(out, col->max);

        if (col->distinct >= 0) {
            mz_buf_addf(out, ",\"distinct\":%lld",
                        (long long) col->distinct);
        }

        mz_buf_add_char(out, '}');
    }

    mz_buf_add_char(out, ']');
}
