
/*
 * mcp_http: the rules of MCP about HTTP headers: media types, Accept, and
 * the headers that mirror the body.  Proxies in front decide on the mirrored
 * ones, so they must tell the truth in both modes and both eras.
 */

#ifndef MZ_MCP_HTTP_H
#define MZ_MCP_HTTP_H

#include "proto/mcp.h"


/* Content-Type names JSON; parameters are allowed. */
bool mz_mcp_http_is_json(mz_str_t content_type);

/*
 * Whether an Accept value takes a media type such as "application/json": by
 * the most specific range that matches, and q above 0.  Absent takes all.
 */
bool mz_mcp_http_accepts(mz_str_t accept, mz_str_t type);

/*
 * A mirrored header against its value in the body.  MZ_OK when equal, or
 * absent and not required; else MZ_INVALID and err says what differs.
 * is_encoded: the value may have the form =?base64?...?=.  Numbers compare
 * by value: 42.0 is 42.
 */
typedef struct {
    const char    *header;      /* its name, for messages */
    mz_str_t       value;       /* of the header; null string: absent */
    mz_str_t       body;        /* of the body */
    const json_t  *number;      /* the same if it is a number; or NULL */
    bool           is_duplicate;
    bool           is_required;
    bool           is_encoded;
} mz_mcp_mirror_t;

mz_rc_t mz_mcp_http_check_mirror(const mz_mcp_mirror_t *m, mz_err_t *err);

/*
 * The header Mcp-Param-<name> against the argument it mirrors (NULL: absent,
 * which JSON null is as well): equal text, equal number, true or false.
 * MZ_INVALID: -32020, and err says why.  An array or object mirrors nothing:
 * the schema of the tool refuses it.
 */
mz_rc_t mz_mcp_http_check_param(const mz_mcp_http_t *http, mz_str_t name,
    const json_t *value, mz_err_t *err);


#endif /* MZ_MCP_HTTP_H */
