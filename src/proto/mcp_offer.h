
/*
 * mcp_offer: what initialize and server/discover say of the server, in the
 * words of the revision spoken.  Internal to src/proto.
 */

#ifndef MZ_MCP_OFFER_H
#define MZ_MCP_OFFER_H

#include "proto/mcp.h"


/* The ServerCapabilities object. */
void mz_mcp_offer_write(const mz_mcp_server_t *srv,
    const mz_mcp_request_t *req, mz_buf_t *out);

/* The member instructions, if there are any. */
void mz_mcp_offer_instructions(const mz_mcp_server_t *srv, mz_buf_t *out);


#endif /* MZ_MCP_OFFER_H */
