
/*
 * mcp_client: what a client declared it can do, as bits: from the
 * capabilities of initialize (legacy, kept in the session id) or from the
 * _meta of every request (modern).
 */

#ifndef MZ_MCP_CLIENT_H
#define MZ_MCP_CLIENT_H

#include "base/mz_json.h"


#define MZ_MCP_CAN_SAMPLING   0x01
#define MZ_MCP_CAN_ELICIT     0x02      /* forms; elicitation: {} means them */
#define MZ_MCP_CAN_ELICIT_URL 0x04
#define MZ_MCP_CAN_ROOTS      0x08
#define MZ_MCP_CAN_TASKS      0x10      /* io.modelcontextprotocol/tasks */
#define MZ_MCP_CAN_UI         0x20      /* io.modelcontextprotocol/ui */

#define MZ_MCP_EXT_TASKS      "io.modelcontextprotocol/tasks"
#define MZ_MCP_EXT_UI         "io.modelcontextprotocol/ui"


/* Unknown members are ignored; NULL or no object: 0. */
uint32_t mz_mcp_client_parse(const json_t *capabilities);

/* The ClientCapabilities object of these bits, as JSON text. */
void mz_mcp_client_write(uint32_t bits, mz_buf_t *out);

/* The bit a request of a server to a client needs, by its method
 * ("sampling/createMessage", "elicitation/create", "roots/list") and params
 * (mode "url"); 0: no such request. */
uint32_t mz_mcp_client_needed(mz_str_t method, const json_t *params);


#endif /* MZ_MCP_CLIENT_H */
