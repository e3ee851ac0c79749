
/*
 * ngx_mitzu_mcp_module: the public interface for other nginx modules, which
 * may add MCP tools, resources, prompts and kinds of tasks of their own.
 * Load ours first (load_module order), and include this file with src/ in
 * the include path.
 *
 * Each is a structure of tools/tool.h with an op, which does no I/O itself:
 * the module drives it, runs its Redis commands, its waiting, its questions
 * to the client and its heavy work, in both eras of the protocol.  Of the
 * functions declared below src/, exports.map lists those that other modules
 * may call.
 */

#ifndef NGX_MITZU_MCP_MODULE_H
#define NGX_MITZU_MCP_MODULE_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "tools/tool.h"


#define NGX_MITZU_MCP_VERSION  "0.1.0"


/*
 * Adds to every endpoint of this configuration.  Call these from the
 * postconfiguration of an HTTP module; what is added must live as long as
 * the configuration.  NGX_ERROR: the reason is logged.
 */
ngx_int_t ngx_mitzu_mcp_add_tool(ngx_conf_t *cf, const mz_tool_t *tool);
ngx_int_t ngx_mitzu_mcp_add_resource(ngx_conf_t *cf,
    const mz_resource_t *resource);
ngx_int_t ngx_mitzu_mcp_add_prompt(ngx_conf_t *cf, const mz_prompt_t *prompt);
ngx_int_t ngx_mitzu_mcp_add_task_kind(ngx_conf_t *cf,
    const mz_task_kind_t *kind);


#endif /* NGX_MITZU_MCP_MODULE_H */
