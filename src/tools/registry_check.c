
#include "tools/registry_check.h"

#include "base/mz_str.h"
#include "base/mz_utf8.h"
#include "tools/uri_template.h"


#define MZ_REGISTRY_NAME_MAX         64
#define MZ_REGISTRY_LABEL_MAX        256    /* name of a resource */
#define MZ_REGISTRY_DESCRIPTION_MAX  2048
#define MZ_REGISTRY_SCHEMA_MAX       16384  /* clients drop larger ones */


static mz_rc_t mz_registry_check_op(const char *what, const mz_op_t *op,
    mz_str_t title, mz_str_t description, mz_err_t *err);
static mz_rc_t mz_registry_check_name(const char *what, mz_str_t name,
    mz_err_t *err);
static json_t *mz_registry_check_schema(mz_str_t text, mz_err_t *err);
static mz_rc_t mz_registry_check_arguments(const mz_op_t *op,
    const mz_argument_t *args, size_t n, mz_err_t *err);


mz_rc_t
mz_registry_check_tool(const mz_tool_t *tool, mz_registry_tool_t *out,
    mz_err_t *err)
{
    json_t   *output;
    mz_rc_t   rc;

    memset(out, 0, sizeof(mz_registry_tool_t));

    rc = mz_registry_check_name("tool", tool->op.name, err);

    if (rc == MZ_OK) {
        rc = mz_registry_check_op("tool", &tool->op, tool->title,
                                  tool->description, err);
    }

    if (rc != MZ_OK) {
        return rc;
    }

    if (tool->output_schema.len != 0) {
        output = mz_registry_check_schema(tool->output_schema, err);
        if (output == NULL) {
            return MZ_INVALID;
        }

        json_decref(output);
    }

    out->tool = tool;
    out->input_schema = mz_registry_check_schema(tool->input_schema, err);

    if (out->input_schema == NULL) {
        return MZ_INVALID;
    }

    rc = mz_registry_headers(out, err);
    if (rc != MZ_OK) {
        mz_registry_check_free(out);
    }

    return rc;
}


void
mz_registry_check_free(mz_registry_tool_t *entry)
{
    size_t  i;

    for (i = 0; i < entry->nheaders; i++) {
        free(entry->headers[i].pointer);
    }

    json_decref(entry->input_schema);
    memset(entry, 0, sizeof(mz_registry_tool_t));
}


mz_rc_t
mz_registry_check_resource(const mz_resource_t *resource, mz_err_t *err)
{
    size_t    i;
    mz_rc_t   rc;
    mz_str_t  name, uri;

    uri = resource->uri;
    name = resource->op.name;

    if (name.len == 0 || name.len > MZ_REGISTRY_LABEL_MAX
        || !mz_utf8_is_valid(name))
    {
        return mz_fail(err, MZ_INVALID, "the name of a resource is 1 to %d "
                       "bytes of UTF-8", MZ_REGISTRY_LABEL_MAX);
    }

    rc = mz_registry_check_op("resource", &resource->op, resource->title,
                              resource->description, err);

    if (rc == MZ_OK && mz_uri_template_is(uri)) {
        rc = mz_uri_template_check(uri, err);
    }

    if (rc != MZ_OK) {
        return rc;
    }

    if (mz_str_find(uri, mz_str(":"), 0) == SIZE_MAX
        || uri.len > MZ_CONTROL_URI_MAX || !mz_utf8_is_valid(uri))
    {
        return mz_fail(err, MZ_INVALID, "the URI of resource \"%.*s\" must "
                       "have a scheme and at most %d bytes", (int) name.len,
                       name.data, MZ_CONTROL_URI_MAX);
    }

    for (i = 0; i < resource->nvariables; i++) {
        if (!mz_uri_template_has(uri, resource->variables[i].name)) {
            return mz_fail(err, MZ_INVALID, "the URI of resource \"%.*s\" has "
                           "no variable {%.*s}", (int) name.len, name.data,
                           (int) resource->variables[i].name.len,
                           resource->variables[i].name.data);
        }
    }

    return mz_registry_check_arguments(&resource->op, resource->variables,
                                       resource->nvariables, err);
}


mz_rc_t
mz_registry_check_prompt(const mz_prompt_t *prompt, mz_err_t *err)
{
    mz_rc_t  rc;

    rc = mz_registry_check_name("prompt", prompt->op.name, err);

    if (rc == MZ_OK) {
        rc = mz_registry_check_op("prompt", &prompt->op, prompt->title,
                                  prompt->description, err);
    }

    if (rc == MZ_OK) {
        rc = mz_registry_check_arguments(&prompt->op, prompt->arguments,
                                         prompt->narguments, err);
    }

    return rc;
}


mz_rc_t
mz_registry_check_kind(const mz_task_kind_t *kind, mz_err_t *err)
{
    if (kind->letter < 'a' || kind->letter > 'z') {
        return mz_fail(err, MZ_INVALID, "the letter of a kind of tasks is one "
                       "of a-z");
    }

    if (kind->read == NULL || kind->decode == NULL) {
        return mz_fail(err, MZ_INVALID, "tasks of kind \"%c\" cannot be read",
                       kind->letter);
    }

    return MZ_OK;
}


static mz_rc_t
mz_registry_check_op(const char *what, const mz_op_t *op, mz_str_t title,
    mz_str_t description, mz_err_t *err)
{
    if (op->step == NULL) {
        return mz_fail(err, MZ_INVALID, "%s \"%.*s\" has no step function",
                       what, (int) op->name.len, op->name.data);
    }

    if (description.len > MZ_REGISTRY_DESCRIPTION_MAX) {
        return mz_fail(err, MZ_LIMIT, "the description of %s \"%.*s\" is over "
                       "%d bytes", what, (int) op->name.len, op->name.data,
                       MZ_REGISTRY_DESCRIPTION_MAX);
    }

    if (!mz_utf8_is_valid(title) || !mz_utf8_is_valid(description)) {
        return mz_fail(err, MZ_INVALID, "the texts of %s \"%.*s\" are not "
                       "UTF-8", what, (int) op->name.len, op->name.data);
    }

    return MZ_OK;
}


static mz_rc_t
mz_registry_check_name(const char *what, mz_str_t name, mz_err_t *err)
{
    char    c;
    size_t  i;

    for (i = 0; i < name.len; i++) {
        c = name.data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-'))
        {
            break;
        }
    }

    if (i < name.len || name.len < 1 || name.len > MZ_REGISTRY_NAME_MAX) {
        return mz_fail(err, MZ_INVALID, "the name of a %s is 1 to %d of the "
                       "characters A-Z, a-z, 0-9, \"_\", \".\" and \"-\"",
                       what, MZ_REGISTRY_NAME_MAX);
    }

    return MZ_OK;
}


static json_t *
mz_registry_check_schema(mz_str_t text, mz_err_t *err)
{
    json_t            *schema;
    mz_json_limits_t   lim;

    lim.bytes_max = MZ_REGISTRY_SCHEMA_MAX;
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


static mz_rc_t
mz_registry_check_arguments(const mz_op_t *op, const mz_argument_t *args,
    size_t n, mz_err_t *err)
{
    size_t  i, j;

    for (i = 0; i < n; i++) {
        if (args[i].name.len == 0 || !mz_utf8_is_valid(args[i].name)
            || !mz_utf8_is_valid(args[i].title)
            || !mz_utf8_is_valid(args[i].description))
        {
            return mz_fail(err, MZ_INVALID, "argument %zu of \"%.*s\" has no "
                           "name, or words that are not UTF-8", i + 1,
                           (int) op->name.len, op->name.data);
        }

        for (j = 0; j < i; j++) {
            if (mz_str_eq(args[i].name, args[j].name)) {
                return mz_fail(err, MZ_INVALID, "\"%.*s\" has the argument "
                               "\"%.*s\" twice", (int) op->name.len,
                               op->name.data, (int) args[i].name.len,
                               args[i].name.data);
            }
        }
    }

    return MZ_OK;
}
