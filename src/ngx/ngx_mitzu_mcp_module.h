
/*
 * ngx_mitzu_mcp_module: the public interface for other nginx modules, which
 * may add MCP tools of their own.  Load ours first (load_module order), and
 * include this file with src/ in the include path.
 *
 * A tool is a mz_tool_t (tools/tool.h).  It does no I/O itself: the module
 * drives it, runs its Redis commands, its waiting and its heavy work.  Of
 * the functions declared below src/, exports.map lists those that other
 * modules may call.
 */

#ifndef NGX_MITZU_MCP_MODULE_H
#define NGX_MITZU_MCP_MODULE_H

#include <ngx_config.h>
#include <ngx_core.h>

#include "tools/tool.h"


#define NGX_MITZU_MCP_VERSION  "0.1.0"


/*
 * Adds a tool to every endpoint of this configuration.  Call it from the
 * preconfiguration or postconfiguration of an HTTP module; the tool must
 * live as long as the configuration.  NGX_ERROR: the reason is logged.
 */
ngx_int_t ngx_mitzu_mcp_add_tool(ngx_conf_t *cf, const mz_tool_t *tool);


#endif /* NGX_MITZU_MCP_MODULE_H */
