
#include "base/mz_str.h"
#include "proto/mcp_write.h"


typedef struct {
    int          status;
    int          code;
    const char  *text;
} mz_mcp_http_error_t;


/* nginx's own 494 is 431 to the client, but only after the error page. */

static const mz_mcp_http_error_t  mz_mcp_http_errors[] = {
    { 400, MZ_RPC_INVALID_REQUEST, "Bad request" },
    { 401, MZ_RPC_INVALID_REQUEST, "Sign-in needed" },
    { 403, MZ_RPC_INVALID_REQUEST, "Not allowed" },
    { 404, MZ_RPC_INVALID_REQUEST, "No MCP endpoint at this address" },
    { 405, MZ_RPC_INVALID_REQUEST, "Send JSON-RPC messages by POST" },
    { 408, MZ_RPC_INVALID_REQUEST, "The request did not arrive in time" },
    { 413, MZ_RPC_INVALID_REQUEST, "The request body is too large" },
    { 414, MZ_RPC_INVALID_REQUEST, "The request address is too long" },
    { 415, MZ_RPC_INVALID_REQUEST, "Content-Type must be application/json" },
    { 429, MZ_RPC_INVALID_REQUEST, "Too many requests: try again later" },
    { 431, MZ_RPC_INVALID_REQUEST, "The request headers are too large" },
    { 494, MZ_RPC_INVALID_REQUEST, "The request headers are too large" },
    { 500, MZ_RPC_INTERNAL, "Internal error" },
    { 502, MZ_RPC_INTERNAL, "A server behind this one failed" },
    { 503, MZ_RPC_INTERNAL, "Unavailable for now: try again later" },
    { 504, MZ_RPC_INTERNAL, "A server behind this one did not answer in time" }
};


void
mz_mcp_write_http_error(int status, mz_str_t hint, mz_buf_t *out)
{
    size_t                      i;
    mz_buf_t                    text;
    mz_mcp_http_error_t         other;
    const mz_mcp_http_error_t  *e;

    other.code = status < 500 ? MZ_RPC_INVALID_REQUEST : MZ_RPC_INTERNAL;
    other.text = status < 500 ? "Request refused" : "Internal error";
    e = &other;

    for (i = 0; i < MZ_ARRAY_LEN(mz_mcp_http_errors); i++) {
        if (mz_mcp_http_errors[i].status == status) {
            e = &mz_mcp_http_errors[i];
            break;
        }
    }

    mz_buf_init(&text, 0);
    mz_buf_add_c(&text, e->text);

    if (hint.len > 0) {
        mz_buf_add_c(&text, ": ");
        mz_buf_add_str(&text, hint);
    }

    mz_mcp_write_error(NULL, e->code, mz_buf_view(&text), mz_null_str, out);

    mz_buf_free(&text);
}
