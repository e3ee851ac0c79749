
#include "tools/registry.h"

#include "base/mz_str.h"
#include "tools/ops.h"
#include "tools/registry_check.h"
#include "tools/tools.h"
#include "tools/uri_template.h"


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


static mz_rc_t mz_registry_fill(mz_registry_t *reg, mz_err_t *err);
static mz_rc_t mz_registry_taken(const char *what, mz_str_t name,
    mz_err_t *err);
static mz_rc_t mz_registry_full(const char *what, int max, mz_err_t *err);
static unsigned mz_registry_offers_tools(const mz_registry_t *reg);
static unsigned mz_registry_offers_prompts(const mz_registry_t *reg);
static unsigned mz_registry_offers_resources(const mz_registry_t *reg);
static unsigned mz_registry_offers_op(const mz_op_t *op,
    const mz_argument_t *args, size_t n);


mz_rc_t
mz_registry_init(mz_registry_t *reg, mz_err_t *err)
{
    mz_rc_t  rc;

    memset(reg, 0, sizeof(mz_registry_t));

    rc = mz_registry_fill(reg, err);

    if (rc != MZ_OK) {
        mz_registry_deinit(reg);
    }

    return rc;
}


static mz_rc_t
mz_registry_fill(mz_registry_t *reg, mz_err_t *err)
{
    size_t   i;
    mz_rc_t  rc;

    for (i = 0; i < MZ_ARRAY_LEN(mz_registry_tools); i++) {
        rc = mz_registry_add(reg, mz_registry_tools[i], err);
        if (rc != MZ_OK) {
            return rc;
        }
    }

    for (i = 0; mz_prompts[i] != NULL; i++) {
        rc = mz_registry_add_prompt(reg, mz_prompts[i], err);
        if (rc != MZ_OK) {
            return rc;
        }
    }

    rc = mz_registry_add_resource(reg, &mz_resource_artifact, err);
    if (rc != MZ_OK) {
        return rc;
    }

    return mz_registry_add_kind(reg, &mz_task_run, err);
}


void
mz_registry_deinit(mz_registry_t *reg)
{
    size_t  i;

    for (i = 0; i < reg->ntools; i++) {
        mz_registry_check_free(&reg->tools[i]);
    }

    memset(reg, 0, sizeof(mz_registry_t));
}


mz_rc_t
mz_registry_add(mz_registry_t *reg, const mz_tool_t *tool, mz_err_t *err)
{
    mz_rc_t  rc;

    if (reg->ntools == MZ_REGISTRY_MAX) {
        return mz_registry_full("tools", MZ_REGISTRY_MAX, err);
    }

    if (mz_registry_find(reg, tool->op.name) != NULL) {
        return mz_registry_taken("tool", tool->op.name, err);
    }

    rc = mz_registry_check_tool(tool, &reg->tools[reg->ntools], err);

    if (rc == MZ_OK) {
        reg->ntools++;
    }

    return rc;
}


mz_rc_t
mz_registry_add_resource(mz_registry_t *reg, const mz_resource_t *resource,
    mz_err_t *err)
{
    size_t   i;
    mz_rc_t  rc;

    if (reg->nresources == MZ_REGISTRY_MAX) {
        return mz_registry_full("resources", MZ_REGISTRY_MAX, err);
    }

    for (i = 0; i < reg->nresources; i++) {
        if (mz_str_eq(reg->resources[i]->uri, resource->uri)) {
            return mz_registry_taken("resource", resource->uri, err);
        }
    }

    rc = mz_registry_check_resource(resource, err);

    if (rc == MZ_OK) {
        reg->resources[reg->nresources++] = resource;
    }

    return rc;
}


mz_rc_t
mz_registry_add_prompt(mz_registry_t *reg, const mz_prompt_t *prompt,
    mz_err_t *err)
{
    mz_rc_t  rc;

    if (reg->nprompts == MZ_REGISTRY_MAX) {
        return mz_registry_full("prompts", MZ_REGISTRY_MAX, err);
    }

    if (mz_registry_find_prompt(reg, prompt->op.name) != NULL) {
        return mz_registry_taken("prompt", prompt->op.name, err);
    }

    rc = mz_registry_check_prompt(prompt, err);

    if (rc == MZ_OK) {
        reg->prompts[reg->nprompts++] = prompt;
    }

    return rc;
}


mz_rc_t
mz_registry_add_kind(mz_registry_t *reg, const mz_task_kind_t *kind,
    mz_err_t *err)
{
    size_t   i;
    mz_rc_t  rc;

    if (reg->nkinds == MZ_REGISTRY_KINDS_MAX) {
        return mz_registry_full("kinds of tasks", MZ_REGISTRY_KINDS_MAX, err);
    }

    rc = mz_registry_check_kind(kind, err);
    if (rc != MZ_OK) {
        return rc;
    }

    for (i = 0; i < reg->nkinds; i++) {
        if (reg->kinds[i]->letter == kind->letter) {
            return mz_registry_taken("kind of tasks",
                                     (mz_str_t) { &kind->letter, 1 }, err);
        }
    }

    reg->kinds[reg->nkinds++] = kind;

    return MZ_OK;
}


static mz_rc_t
mz_registry_taken(const char *what, mz_str_t name, mz_err_t *err)
{
    return mz_fail(err, MZ_INVALID, "%s \"%.*s\" is registered twice", what,
                   (int) name.len, name.len ? name.data : "");
}


static mz_rc_t
mz_registry_full(const char *what, int max, mz_err_t *err)
{
    return mz_fail(err, MZ_LIMIT, "more than %d %s", max, what);
}


unsigned
mz_registry_offers(const mz_registry_t *reg)
{
    return mz_registry_offers_tools(reg) | mz_registry_offers_prompts(reg)
           | mz_registry_offers_resources(reg);
}


static unsigned
mz_registry_offers_tools(const mz_registry_t *reg)
{
    size_t            i;
    unsigned          offers;
    const mz_tool_t  *tool;

    offers = 0;

    for (i = 0; i < reg->ntools; i++) {
        tool = reg->tools[i].tool;
        offers |= mz_registry_offers_op(&tool->op, NULL, 0);

        if (tool->changes & MZ_CONTROL_TOOLS) {
            offers |= MZ_MCP_OFFERS_TOOLS_CHANGE;
        }

        if (tool->changes & MZ_CONTROL_PROMPTS && reg->nprompts != 0) {
            offers |= MZ_MCP_OFFERS_PROMPTS_CHANGE;
        }

        if (tool->task != MZ_TASK_NEVER && reg->nkinds != 0) {
            offers |= MZ_MCP_OFFERS_TASKS;
        }
    }

    return offers;
}


static unsigned
mz_registry_offers_prompts(const mz_registry_t *reg)
{
    size_t              i;
    unsigned            offers;
    const mz_prompt_t  *prompt;

    offers = (reg->nprompts != 0) ? MZ_MCP_OFFERS_PROMPTS : 0;

    for (i = 0; i < reg->nprompts; i++) {
        prompt = reg->prompts[i];
        offers |= mz_registry_offers_op(&prompt->op, prompt->arguments,
                                        prompt->narguments);
    }

    return offers;
}


/* Artifacts are resources that come and go. */

static unsigned
mz_registry_offers_resources(const mz_registry_t *reg)
{
    size_t                i;
    unsigned              offers;
    const mz_resource_t  *resource;

    offers = (reg->nresources != 0)
             ? MZ_MCP_OFFERS_RESOURCES|MZ_MCP_OFFERS_RESOURCES_CHANGE : 0;

    for (i = 0; i < reg->nresources; i++) {
        resource = reg->resources[i];
        offers |= mz_registry_offers_op(&resource->op, resource->variables,
                                        resource->nvariables);

        if (resource->is_watchable) {
            offers |= MZ_MCP_OFFERS_SUBSCRIBE;
        }
    }

    return offers;
}


static unsigned
mz_registry_offers_op(const mz_op_t *op, const mz_argument_t *args, size_t n)
{
    size_t    i;
    unsigned  offers;

    offers = (op->flags & MZ_OP_LOGS) ? MZ_MCP_OFFERS_LOGGING : 0;

    for (i = 0; i < n; i++) {
        if (args[i].complete != NULL) {
            offers |= MZ_MCP_OFFERS_COMPLETIONS;
        }
    }

    return offers;
}


const mz_registry_tool_t *
mz_registry_find(const mz_registry_t *reg, mz_str_t name)
{
    size_t  i;

    for (i = 0; i < reg->ntools; i++) {
        if (mz_str_eq(reg->tools[i].tool->op.name, name)) {
            return &reg->tools[i];
        }
    }

    return NULL;
}


const mz_prompt_t *
mz_registry_find_prompt(const mz_registry_t *reg, mz_str_t name)
{
    size_t  i;

    for (i = 0; i < reg->nprompts; i++) {
        if (mz_str_eq(reg->prompts[i]->op.name, name)) {
            return reg->prompts[i];
        }
    }

    return NULL;
}


const mz_task_kind_t *
mz_registry_find_kind(const mz_registry_t *reg, mz_str_t task_id)
{
    size_t   i;
    mz_id_t  id;

    for (i = 0; i < reg->nkinds; i++) {
        if (mz_id_parse(&id, reg->kinds[i]->letter, task_id) == MZ_OK) {
            return reg->kinds[i];
        }
    }

    return NULL;
}


/* What is named in full comes before what a template would take it for. */

const mz_resource_t *
mz_registry_find_resource(const mz_registry_t *reg, mz_str_t uri,
    json_t *vars)
{
    size_t    i;
    mz_str_t  own;

    if (uri.len > MZ_CONTROL_URI_MAX) {
        return NULL;
    }

    for (i = 0; i < reg->nresources; i++) {
        own = reg->resources[i]->uri;

        if (!mz_uri_template_is(own) && mz_str_eq(own, uri)) {
            return reg->resources[i];
        }
    }

    for (i = 0; i < reg->nresources; i++) {
        own = reg->resources[i]->uri;

        if (mz_uri_template_is(own)
            && mz_uri_template_match(own, uri, NULL) == MZ_OK)
        {
            return (vars == NULL
                    || mz_uri_template_match(own, uri, vars) == MZ_OK)
                   ? reg->resources[i] : NULL;
        }
    }

    return NULL;
}


const mz_resource_t *
mz_registry_find_template(const mz_registry_t *reg, mz_str_t uri_template)
{
    size_t  i;

    for (i = 0; i < reg->nresources; i++) {
        if (mz_uri_template_is(uri_template)
            && mz_str_eq(reg->resources[i]->uri, uri_template))
        {
            return reg->resources[i];
        }
    }

    return NULL;
}
