
/*
 * query_table_artifact: filter, sort, project and page a table artifact.
 */

#include "tools/tools.h"

#include "base/mz_str.h"
#include "tools/table_call.h"


static mz_step_t mz_tool_query_step(mz_call_t *call, mz_tool_event_t ev);
static bool mz_tool_query_head(mz_call_t *call, mz_table_call_t *t,
    mz_step_t *step);


const mz_tool_t  mz_tool_query = {
    .op = {
        .name = mz_str("query_table_artifact"),
        .flags = MZ_OP_REPEATABLE,
        .step = mz_tool_query_step,
        .release = mz_table_call_release
    },
    .title = mz_str("Query a table artifact"),
    .description = mz_str(
        "Read rows of a table artifact: choose columns, filter, sort and "
        "page. Much faster than another agent run. Rows come as arrays in "
        "the order of columns. Filters are ANDed; ops: eq, ne, lt, le, gt, "
        "ge, in, not_in (value: a list), between (value: [from, to]), "
        "contains, starts_with, matches (PCRE2 regex), is_null, not_null "
        "(no value). Timestamps and dates are compared with strings like "
        "2026-06-15 (midnight UTC) or 2026-06-15T12:00:00Z. When "
        "next_offset is given, call again with it as offset for the next "
        "page. "
        "describe_table_artifact lists the columns."),
    .input_schema = MZ_JSON_TEXT({
        "type": "object",
        "properties": {
            "artifact_id": { "type": "string" },
            "columns": {
                "type": "array",
                "items": { "type": "string" },
                "minItems": 1,
                "maxItems": 1000,
                "description": "What to return, in this order; default: all."
            },
            "filters": {
                "type": "array",
                "maxItems": 32,
                "items": {
                    "type": "object",
                    "properties": {
                        "column": { "type": "string" },
                        "op": {
                            "type": "string",
                            "enum": ["eq", "ne", "lt", "le", "gt", "ge",
                                     "in", "not_in", "contains",
                                     "starts_with", "matches", "is_null",
                                     "not_null", "between"]
                        },
                        "value": {
                            "description": "A list for in, not_in and between."
                        }
                    },
                    "required": ["column", "op"],
                    "additionalProperties": false
                }
            },
            "sort": {
                "type": "array",
                "maxItems": 8,
                "items": {
                    "type": "object",
                    "properties": {
                        "column": { "type": "string" },
                        "desc": { "type": "boolean", "default": false }
                    },
                    "required": ["column"],
                    "additionalProperties": false
                }
            },
            "limit": {
                "type": "integer",
                "minimum": 1,
                "maximum": 1000,
                "default": 100
            },
            "offset": { "type": "integer", "minimum": 0, "default": 0 }
        },
        "required": ["artifact_id"],
        "additionalProperties": false
    }),
    .output_schema = MZ_JSON_TEXT({
        "type": "object",
        "properties": {
            "columns": { "type": "array", "items": { "type": "string" } },
            "rows": { "type": "array", "items": { "type": "array" } },
            "total_rows": { "type": "integer" },
            "matched_rows": { "type": "integer" },
            "offset": { "type": "integer" },
            "next_offset": { "type": "integer" },
            "truncated": { "type": "boolean" }
        },
        "required": ["columns", "rows", "total_rows", "matched_rows",
                     "offset", "truncated"]
    }),
    .hints = MZ_TOOL_READ_ONLY|MZ_TOOL_IDEMPOTENT
};


static mz_step_t
mz_tool_query_step(mz_call_t *call, mz_tool_event_t ev)
{
    mz_buf_t                  *out;
    mz_step_t                  step;
    mz_table_call_t           *t;
    const mz_tquery_result_t  *res;

    if (!mz_table_call_step(call, ev, mz_tool_query_head, call->args, &t,
                            &step))
    {
        return step;
    }

    if (t->reading.rc != MZ_OK) {
        return mz_reading_failed(call, &t->reading);
    }

    res = mz_tquery_result(t->query);
    out = &call->result.structured;

    mz_buf_add_str(out, res->rows);
    mz_buf_addf(out, ",\"total_rows\":%llu,\"matched_rows\":%llu,"
                "\"offset\":%llu",
                (unsigned long long) res->total_rows,
                (unsigned long long) res->matched_rows,
                (unsigned long long) res->offset);

    if (res->next_offset >= 0) {
        mz_buf_addf(out, ",\"next_offset\":%lld",
                    (long long) res->next_offset);
    }

    mz_buf_addf(out, ",\"truncated\":%s}", res->truncated ? "true" : "false");

    return mz_call_done_text(call);
}


/* Of the arguments, or all: that they exist the query finds out. */

static bool
mz_tool_query_head(mz_call_t *call, mz_table_call_t *t, mz_step_t *step)
{
    size_t         i, n;
    mz_buf_t      *out;
    const json_t  *names;

    out = &call->result.structured;
    names = json_object_get(call->args, "columns");
    n = json_array_size(names);

    if (n == 0) {
        names = NULL;
        n = t->layout->ncolumns;
    }

    mz_buf_add_c(out, "{\"columns\":[");

    for (i = 0; i < n; i++) {
        mz_buf_add_c(out, i == 0 ? "" : ",");
        mz_buf_add_json_str(out, names ? mz_json_str(json_array_get(names, i))
                                       : t->layout->columns[i].name);
    }

    mz_buf_add_c(out, "],\"rows\":");

    if (out->len + MZ_TABLE_TAIL + 2 > call->conf->result_max) {
        *step = mz_call_refuse(call, "The names of %zu columns alone do not "
                               "fit into the %zu bytes of a result: name "
                               "fewer columns.", n, call->conf->result_max);
        return false;
    }

    return true;
}
