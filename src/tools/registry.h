
/*
 * registry: the tools of one server, in the order of tools/list.  Filled at
 * configuration time, read only afterwards.
 */

#ifndef MZ_REGISTRY_H
#define MZ_REGISTRY_H

#include "tools/tool.h"


#define MZ_REGISTRY_MAX  64

typedef struct {
    const mz_tool_t  *tools[MZ_REGISTRY_MAX];
    json_t           *input_schemas[MZ_REGISTRY_MAX];
    size_t            n;
} mz_registry_t;


/* The eight tools of the analytics agent, in their documented order. */
mz_rc_t mz_registry_init(mz_registry_t *reg, mz_err_t *err);
void mz_registry_deinit(mz_registry_t *reg);

/*
 * Adds a tool; it must outlive the registry.  MZ_INVALID: bad name, taken
 * name, or a schema that is no JSON object; MZ_LIMIT: registry full.
 */
mz_rc_t mz_registry_add(mz_registry_t *reg, const mz_tool_t *tool,
    mz_err_t *err);

/* Appends the JSON array of tools/list, the same for every caller. */
mz_rc_t mz_registry_tools_json(const mz_registry_t *reg, mz_buf_t *out);

/* NULL when unknown. */
const mz_tool_t *mz_registry_find(const mz_registry_t *reg, mz_str_t name);

/* Parsed input schema of a registered tool; borrowed. */
const json_t *mz_registry_input_schema(const mz_registry_t *reg,
    const mz_tool_t *tool);


#endif /* MZ_REGISTRY_H */
