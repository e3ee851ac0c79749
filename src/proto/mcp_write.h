
/*
 * mcp_write: the parts that all results are made of.  What differs between
 * the eras (resultType, cache hints, serverInfo) is in one writer per era, so
 * that no handler can forget it.  Internal to src/proto; the public writers
 * are in mcp.h.
 */

#ifndef MZ_MCP_WRITE_H
#define MZ_MCP_WRITE_H

#include "proto/mcp.h"


/* {"jsonrpc":..,"id":..,"result":{ and the era's first members. */
void mz_mcp_write_open(const mz_mcp_request_t *req, const char *type,
    const mz_mcp_cache_t *cache, mz_buf_t *out);

/* The key of the next member of the object being written. */
void mz_mcp_write_member(mz_buf_t *out, const char *key);

/* The era's last members and the closing braces. */
void mz_mcp_write_close(const mz_mcp_server_t *srv,
    const mz_mcp_request_t *req, mz_buf_t *out);

/* Name, title and version of the server as an object. */
void mz_mcp_write_server_info(const mz_mcp_server_t *srv, mz_buf_t *out);


#endif /* MZ_MCP_WRITE_H */
