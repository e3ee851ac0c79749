
/*
 * registry_check: what may be registered: names, texts, schemas and their
 * annotations.  Called by registry.c at configuration time only; names that
 * are taken are its business.
 */

#ifndef MZ_REGISTRY_CHECK_H
#define MZ_REGISTRY_CHECK_H

#include "tools/registry.h"


/* MZ_OK: *out is the entry of the tool; mz_registry_check_free() it. */
mz_rc_t mz_registry_check_tool(const mz_tool_t *tool, mz_registry_tool_t *out,
    mz_err_t *err);
void mz_registry_check_free(mz_registry_tool_t *entry);

mz_rc_t mz_registry_check_resource(const mz_resource_t *resource,
    mz_err_t *err);
mz_rc_t mz_registry_check_prompt(const mz_prompt_t *prompt, mz_err_t *err);
mz_rc_t mz_registry_check_kind(const mz_task_kind_t *kind, mz_err_t *err);

/* The annotations x-mcp-header of entry->input_schema. */
mz_rc_t mz_registry_headers(mz_registry_tool_t *entry, mz_err_t *err);


#endif /* MZ_REGISTRY_CHECK_H */
