
#include "tools/registry.h"

#include "base/mz_str.h"
#include "tools/tools.h"


#define MZ_TOOL_NAME_MAX         64
#define MZ_TOOL_DESCRIPTION_MAX  2048
#define MZ_TOOL_SCHEMA_MAX       16384      /* clients drop larger ones */


/* The order of tools/list: what most clients need comes first. */

static const mz_tool_t  *const mz_registry_tools[] = {
    &mz_tool_run,
    &mz_tool_status,
    &mz_tool_list,
    &mz_tool_inspect,
    &mz_tool_describe,
    &mz_tool_query,
    &mz_tool_read,
    &mz_tool_grep
};

static const struct {
    const char  *name;
    unsigned     hint;
} mz_registry_hints[] = {
    { "readOnlyHint", MZ_TOOL_READ_ONLY },
    { "destructiveHint", MZ_TOOL_DESTRUCTIVE },
    { "idempotentHint", MZ_TOOL_IDEMPOTENT },
    { "openWorldHint", MZ_TOOL_OPEN_WORLD }
};


static mz_rc_t mz_registry_check(const mz_registry_t *reg,
    const mz_tool_t *tool, mz_err_t *err);
static bool mz_registry_name_ok(mz_str_t name);
static json_t *mz_registry_schema(mz_str_t text, mz_err_t *err);
static void mz_registry_write(const mz_tool_t *tool, mz_buf_t *out);


mz_rc_t
mz_registry_init(mz_registry_t *reg, mz_err_t *err)
{
    size_t   i;
    mz_rc_t  rc;

    memset(reg, 0, sizeof(mz_registry_t));

    for (i = 0; i < MZ_ARRAY_LEN(mz_registry_tools); i++) {
        rc = mz_registry_add(reg, mz_registry_tools[i], err);
        if (rc != MZ_OK) {
            mz_registry_deinit(reg);
            return rc;
        }
    }

    return MZ_OK;
}


void
mz_registry_deinit(mz_registry_t *reg)
{
    size_t  i;

    for (i = 0; i < reg->n; i++) {
        json_decref(reg->input_schemas[i]);
    }

    reg->n = 0;
}


mz_rc_t
mz_registry_add(mz_registry_t *reg, const mz_tool_t *tool, mz_err_t *err)
{
    json_t   *input, *output;
    mz_rc_t   rc;

    rc = mz_registry_check(reg, tool, err);
    if (rc != MZ_OK) {
        return rc;
    }

    input = mz_registry_schema(tool->input_schema, err);
    if (input == NULL) {
        return MZ_INVALID;
    }

    if (tool->output_schema.len != 0) {
        output = mz_registry_schema(tool->output_schema, err);
        if (output == NULL) {
            json_decref(input);
            return MZ_INVALID;
        }

        json_decref(output);
    }

    reg->tools[reg->n] = tool;
    reg->input_schemas[reg->n] = input;
    reg->n++;

    return MZ_OK;
}


mz_rc_t
mz_registry_tools_json(const mz_registry_t *reg, mz_buf_t *out)
{
    size_t  i;

    mz_buf_add_char(out, '[');

    for (i = 0; i < reg->n; i++) {
        if (i != 0) {
            mz_buf_add_char(out, ',');
        }

        mz_registry_write(reg->tools[i], out);
    }

    mz_buf_add_char(out, ']');

    return out->rc;
}


const mz_tool_t *
mz_registry_find(const mz_registry_t *reg, mz_str_t name)
{
    size_t  i;

    for (i = 0; i < reg->n; i++) {
        if (mz_str_eq(reg->tools[i]->name, name)) {
            return reg->tools[i];
        }
    }

    return NULL;
}


const json_t *
mz_registry_input_schema(const mz_registry_t *reg, const mz_tool_t *tool)
{
    size_t  i;

    for (i = 0; i < reg->n; i++) {
        if (reg->tools[i] == tool) {
            return reg->input_schemas[i];
        }
    }

    return NULL;
}


static mz_rc_t
mz_registry_check(const mz_registry_t *reg, const mz_tool_t *tool,
    mz_err_t *err)
{
    if (reg->n == MZ_REGISTRY_MAX) {
        return mz_fail(err, MZ_LIMIT, "more than %d tools", MZ_REGISTRY_MAX);
    }

    if (!mz_registry_name_ok(tool->name)) {
        return mz_fail(err, MZ_INVALID,
                       "a tool name must be 1 to %d characters of a-z, 0-9 "
                       "and _", MZ_TOOL_NAME_MAX);
    }

    if (mz_registry_find(reg, tool->name) != NULL) {
        return mz_fail(err, MZ_INVALID, "tool \"%.*s\" is registered twice",
                       (int) tool->name.len, tool->name.data);
    }

    if (tool->step == NULL) {
        return mz_fail(err, MZ_INVALID, "tool \"%.*s\" has no step function",
                       (int) tool->name.len, tool->name.data);
    }

    if (tool->description.len > MZ_TOOL_DESCRIPTION_MAX) {
        return mz_fail(err, MZ_LIMIT,
                       "description of tool \"%.*s\" is over %d bytes",
                       (int) tool->name.len, tool->name.data,
                       MZ_TOOL_DESCRIPTION_MAX);
    }

    return MZ_OK;
}


static bool
mz_registry_name_ok(mz_str_t name)
{
    char    c;
    size_t  i;

    for (i = 0; i < name.len; i++) {
        c = name.data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_')) {
            return false;
        }
    }

    return name.len >= 1 && name.len <= MZ_TOOL_NAME_MAX;
}


static json_t *
mz_registry_schema(mz_str_t text, mz_err_t *err)
{
    json_t            *schema;
    mz_json_limits_t   lim;

    lim.bytes_max = MZ_TOOL_SCHEMA_MAX;
    lim.depth_max = MZ_JSON_DEPTH_MAX;

    if (mz_json_load(text, &lim, &schema, err) != MZ_OK) {
        return NULL;
    }

    if (!mz_str_eq(mz_json_get_str(schema, "type"), mz_str("object"))) {
        json_decref(schema);
        mz_fail(err, MZ_INVALID, "a tool schema must have type \"object\"");
        return NULL;
    }

    return schema;
}


static void
mz_registry_write(const mz_tool_t *tool, mz_buf_t *out)
{
    size_t  i;

    mz_buf_add_c(out, "{\"name\":");
    mz_buf_add_json_str(out, tool->name);
    mz_buf_add_c(out, ",\"title\":");
    mz_buf_add_json_str(out, tool->title);
    mz_buf_add_c(out, ",\"description\":");
    mz_buf_add_json_str(out, tool->description);
    mz_buf_add_c(out, ",\"inputSchema\":");
    mz_buf_add_str(out, tool->input_schema);

    if (tool->output_schema.len != 0) {
        mz_buf_add_c(out, ",\"outputSchema\":");
        mz_buf_add_str(out, tool->output_schema);
    }

    mz_buf_add_c(out, ",\"annotations\":{");

    for (i = 0; i < MZ_ARRAY_LEN(mz_registry_hints); i++) {
        mz_buf_addf(out, "%s\"%s\":%s", i == 0 ? "" : ",",
                    mz_registry_hints[i].name,
                    (tool->hints & mz_registry_hints[i].hint) ? "true"
                                                              : "false");
    }

    mz_buf_add_c(out, "}}");
}
