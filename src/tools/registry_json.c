
#include "tools/registry.h"

#include "base/mz_str.h"
#include "tools/uri_template.h"


static void mz_registry_json_tool(const mz_tool_t *tool, bool with_tasks,
    mz_buf_t *out);
static void mz_registry_json_resource(const mz_resource_t *resource,
    const char *key, mz_buf_t *out);
static void mz_registry_json_prompt(const mz_prompt_t *prompt,
    mz_buf_t *out);
static void mz_registry_json_argument(const mz_argument_t *arg,
    mz_buf_t *out);
static void mz_registry_json_text(const char *key, mz_str_t text,
    mz_buf_t *out);


static const struct {
    const char  *name;
    unsigned     hint;
} mz_registry_hints[] = {
    { "readOnlyHint", MZ_TOOL_READ_ONLY },
    { "destructiveHint", MZ_TOOL_DESTRUCTIVE },
    { "idempotentHint", MZ_TOOL_IDEMPOTENT },
    { "openWorldHint", MZ_TOOL_OPEN_WORLD }
};

/* By mz_task_support_t; what is forbidden is the default. */

static const char  *const mz_registry_supports[] = {
    NULL, "optional", "required"
};


mz_rc_t
mz_registry_tools_json(const mz_registry_t *reg, bool with_tasks,
    mz_buf_t *out)
{
    size_t  i;

    mz_buf_add_char(out, '[');

    for (i = 0; i < reg->ntools; i++) {
        if (i != 0) {
            mz_buf_add_char(out, ',');
        }

        mz_registry_json_tool(reg->tools[i].tool, with_tasks, out);
    }

    mz_buf_add_char(out, ']');

    return out->rc;
}


mz_rc_t
mz_registry_templates_json(const mz_registry_t *reg, mz_buf_t *out)
{
    size_t                i, start;
    const mz_resource_t  *resource;

    mz_buf_add_char(out, '[');
    start = out->len;

    for (i = 0; i < reg->nresources; i++) {
        resource = reg->resources[i];

        if (resource->is_hidden || !mz_uri_template_is(resource->uri)) {
            continue;
        }

        if (out->len != start) {
            mz_buf_add_char(out, ',');
        }

        mz_registry_json_resource(resource, "uriTemplate", out);
    }

    mz_buf_add_char(out, ']');

    return out->rc;
}


mz_rc_t
mz_registry_resources_json(const mz_registry_t *reg, mz_buf_t *out)
{
    size_t                i, start;
    const mz_resource_t  *resource;

    start = out->len;

    for (i = 0; i < reg->nresources; i++) {
        resource = reg->resources[i];

        if (resource->is_hidden || mz_uri_template_is(resource->uri)) {
            continue;
        }

        if (out->len != start) {
            mz_buf_add_char(out, ',');
        }

        mz_registry_json_resource(resource, "uri", out);
    }

    return out->rc;
}


mz_rc_t
mz_registry_prompts_json(const mz_registry_t *reg, mz_buf_t *out)
{
    size_t  i;

    mz_buf_add_char(out, '[');

    for (i = 0; i < reg->nprompts; i++) {
        if (i != 0) {
            mz_buf_add_char(out, ',');
        }

        mz_registry_json_prompt(reg->prompts[i], out);
    }

    mz_buf_add_char(out, ']');

    return out->rc;
}


/* The schemas go out as their authors wrote them, whatever they say. */

static void
mz_registry_json_tool(const mz_tool_t *tool, bool with_tasks, mz_buf_t *out)
{
    size_t  i;

    mz_buf_add_c(out, "{\"name\":");
    mz_buf_add_json_str(out, tool->op.name);
    mz_registry_json_text("title", tool->title, out);
    mz_registry_json_text("description", tool->description, out);
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

    mz_buf_add_char(out, '}');

    if (with_tasks && tool->task != MZ_TASK_NEVER) {
        mz_buf_addf(out, ",\"execution\":{\"taskSupport\":\"%s\"}",
                    mz_registry_supports[tool->task]);
    }

    mz_buf_add_char(out, '}');
}


static void
mz_registry_json_resource(const mz_resource_t *resource, const char *key,
    mz_buf_t *out)
{
    mz_buf_addf(out, "{\"%s\":", key);
    mz_buf_add_json_str(out, resource->uri);
    mz_registry_json_text("name", resource->op.name, out);
    mz_registry_json_text("title", resource->title, out);
    mz_registry_json_text("description", resource->description, out);
    mz_registry_json_text("mimeType", resource->mime_type, out);
    mz_buf_add_char(out, '}');
}


static void
mz_registry_json_prompt(const mz_prompt_t *prompt, mz_buf_t *out)
{
    size_t  i;

    mz_buf_add_c(out, "{\"name\":");
    mz_buf_add_json_str(out, prompt->op.name);
    mz_registry_json_text("title", prompt->title, out);
    mz_registry_json_text("description", prompt->description, out);

    for (i = 0; i < prompt->narguments; i++) {
        mz_buf_add_c(out, i == 0 ? ",\"arguments\":[" : ",");
        mz_registry_json_argument(&prompt->arguments[i], out);
    }

    mz_buf_add_c(out, prompt->narguments == 0 ? "}" : "]}");
}


static void
mz_registry_json_argument(const mz_argument_t *arg, mz_buf_t *out)
{
    mz_buf_add_c(out, "{\"name\":");
    mz_buf_add_json_str(out, arg->name);
    mz_registry_json_text("title", arg->title, out);
    mz_registry_json_text("description", arg->description, out);
    mz_buf_addf(out, ",\"required\":%s}", arg->is_required ? "true" : "false");
}


/* One more member; none for an empty text. */

static void
mz_registry_json_text(const char *key, mz_str_t text, mz_buf_t *out)
{
    if (text.len != 0) {
        mz_buf_addf(out, ",\"%s\":", key);
        mz_buf_add_json_str(out, text);
    }
}
