
/*
 * registry: what one server offers: tools, resources, prompts and kinds of
 * tasks, in the order of their lists.  Filled at configuration time, read
 * only afterwards.
 */

#ifndef MZ_REGISTRY_H
#define MZ_REGISTRY_H

#include "tools/tool.h"


#define MZ_REGISTRY_MAX        128      /* tools, resources, prompts each */
#define MZ_REGISTRY_KINDS_MAX  8
#define MZ_REGISTRY_HEADERS    8        /* x-mcp-header of one tool */

/* A parameter that is mirrored in a header Mcp-Param-<name>. */

typedef struct {
    mz_str_t   name;                    /* borrowed from the schema */
    char      *pointer;                 /* to the argument, JSON Pointer */
} mz_registry_header_t;

typedef struct {
    const mz_tool_t       *tool;
    json_t                *input_schema;
    mz_registry_header_t   headers[MZ_REGISTRY_HEADERS];
    size_t                 nheaders;
} mz_registry_tool_t;

struct mz_registry_s {
    mz_registry_tool_t     tools[MZ_REGISTRY_MAX];
    size_t                 ntools;
    const mz_resource_t   *resources[MZ_REGISTRY_MAX];
    size_t                 nresources;
    const mz_prompt_t     *prompts[MZ_REGISTRY_MAX];
    size_t                 nprompts;
    const mz_task_kind_t  *kinds[MZ_REGISTRY_KINDS_MAX];
    size_t                 nkinds;
};


/* All that the analytics agent offers, in its documented order. */
mz_rc_t mz_registry_init(mz_registry_t *reg, mz_err_t *err);
void mz_registry_deinit(mz_registry_t *reg);

/*
 * These must outlive the registry.  MZ_INVALID: a bad or taken name, or a
 * schema that is no JSON object of type "object"; MZ_LIMIT: no room.
 */
mz_rc_t mz_registry_add(mz_registry_t *reg, const mz_tool_t *tool,
    mz_err_t *err);
mz_rc_t mz_registry_add_resource(mz_registry_t *reg,
    const mz_resource_t *resource, mz_err_t *err);
mz_rc_t mz_registry_add_prompt(mz_registry_t *reg, const mz_prompt_t *prompt,
    mz_err_t *err);
mz_rc_t mz_registry_add_kind(mz_registry_t *reg, const mz_task_kind_t *kind,
    mz_err_t *err);

/* MZ_MCP_OFFERS_* of what is registered; without TASKS_LIST. */
unsigned mz_registry_offers(const mz_registry_t *reg);

/* Append the JSON arrays of the lists, the same for every caller. */
mz_rc_t mz_registry_tools_json(const mz_registry_t *reg, bool with_tasks,
    mz_buf_t *out);
mz_rc_t mz_registry_templates_json(const mz_registry_t *reg, mz_buf_t *out);
mz_rc_t mz_registry_prompts_json(const mz_registry_t *reg, mz_buf_t *out);

/* The fixed, listed resources, as JSON objects between commas; maybe none. */
mz_rc_t mz_registry_resources_json(const mz_registry_t *reg, mz_buf_t *out);

/* NULL when unknown. */
const mz_registry_tool_t *mz_registry_find(const mz_registry_t *reg,
    mz_str_t name);
const mz_prompt_t *mz_registry_find_prompt(const mz_registry_t *reg,
    mz_str_t name);
const mz_task_kind_t *mz_registry_find_kind(const mz_registry_t *reg,
    mz_str_t task_id);

/* By URI, of at most MZ_CONTROL_URI_MAX bytes; a template's variables are set
 * in vars (an object; may be NULL). */
const mz_resource_t *mz_registry_find_resource(const mz_registry_t *reg,
    mz_str_t uri, json_t *vars);

/* By the uriTemplate as it is listed. */
const mz_resource_t *mz_registry_find_template(const mz_registry_t *reg,
    mz_str_t uri_template);


#endif /* MZ_REGISTRY_H */
