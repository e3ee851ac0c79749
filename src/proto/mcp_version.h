
/*
 * mcp_version: the protocol revisions served, and which era a revision
 * string belongs to.  A revision is a date; from 2026-07-28 on it is modern.
 */

#ifndef MZ_MCP_VERSION_H
#define MZ_MCP_VERSION_H

#include "base/mz_buf.h"


typedef enum {
    MZ_MCP_VERSION_ABSENT,
    MZ_MCP_VERSION_LEGACY,      /* one we serve */
    MZ_MCP_VERSION_MODERN,      /* any modern date, served or not */
    MZ_MCP_VERSION_OTHER
} mz_mcp_version_kind_t;


mz_mcp_version_kind_t mz_mcp_version_kind(mz_str_t s);

/* The same as static text when it is served, else the null string. */
mz_str_t mz_mcp_version_legacy(mz_str_t s);
mz_str_t mz_mcp_version_modern(mz_str_t s);

/* What initialize offers for a revision we do not have. */
mz_str_t mz_mcp_version_newest_legacy(void);

/* What a legacy request without a version header speaks. */
mz_str_t mz_mcp_version_default(void);

/* The modern revisions as a JSON array. */
void mz_mcp_version_write_supported(mz_buf_t *out);


#endif /* MZ_MCP_VERSION_H */
