
#include "base/mz_str.h"
#include "base/mz_utf8.h"
#include "proto/mcp_session.h"
#include "proto/mcp_version.h"


#define MZ_MCP_SESSION_QUOTE_MAX  32    /* code points in a message */


static bool mz_mcp_session_check_state(mz_mcp_ctx_t *ctx);
static bool mz_mcp_session_check_version(mz_mcp_ctx_t *ctx);
static void mz_mcp_session_set_version(mz_mcp_ctx_t *ctx, mz_str_t header);
static mz_mcp_outcome_t mz_mcp_session_get(mz_mcp_ctx_t *ctx);
static mz_mcp_outcome_t mz_mcp_session_delete(mz_mcp_ctx_t *ctx);
static mz_mcp_outcome_t mz_mcp_session_wrong_method(mz_mcp_ctx_t *ctx,
    const char *message);


mz_str_t
mz_mcp_session_header(const mz_mcp_http_t *http, bool *is_doubled)
{
    mz_str_t  rest, first;

    rest = http->protocol_version;
    first = mz_null_str;

    (void) mz_str_split(&rest, ',', &first);

    *is_doubled = rest.data != NULL
                  || (http->duplicates & MZ_HTTP_DUP_VERSION) != 0;

    return mz_str_trim(first);
}


bool
mz_mcp_session_check(mz_mcp_ctx_t *ctx)
{
    return mz_mcp_session_check_state(ctx)
           && mz_mcp_session_check_version(ctx);
}


static bool
mz_mcp_session_check_state(mz_mcp_ctx_t *ctx)
{
    if (ctx->http->duplicates & MZ_HTTP_DUP_SESSION) {
        (void) mz_mcp_method_refuse(ctx, 400, MZ_RPC_SERVER, "Mcp-Session-Id "
                                    "is given more than once");
        return false;
    }

    switch (ctx->http->session.state) {

    case MZ_MCP_SESSION_VALID:
        ctx->req->client = ctx->http->session.client;
        return true;

    case MZ_MCP_SESSION_GONE:
        (void) mz_mcp_method_refuse(ctx, 404, MZ_RPC_SESSION, "Session not "
                                    "found: send initialize for a new one");
        return false;

    case MZ_MCP_SESSION_UNSURE:
        ctx->reply->retry_after = true;
        (void) mz_mcp_method_refuse(ctx, 503, MZ_RPC_INTERNAL, "Sessions "
                                    "cannot be verified for now: try again "
                                    "later");
        return false;

    default:
        break;
    }

    if (mz_mcp_tolerate(ctx, MZ_MCP_TOL_SESSION_ABSENT)) {
        return true;
    }

    (void) mz_mcp_method_refuse(ctx, 400, MZ_RPC_SERVER, "Mcp-Session-Id is "
                                "missing: send the one initialize answered "
                                "with");
    return false;
}


/*
 * What was negotiated goes before the header.  A header that names a modern
 * revision has been judged before.
 */

static bool
mz_mcp_session_check_version(mz_mcp_ctx_t *ctx)
{
    bool                   is_doubled;
    mz_str_t               header, quote;
    mz_mcp_version_kind_t  kind;

    header = mz_mcp_session_header(ctx->http, &is_doubled);
    kind = mz_mcp_version_kind(header);

    mz_mcp_session_set_version(ctx, header);

    if (is_doubled && !mz_mcp_tolerate(ctx, MZ_MCP_TOL_VERSION_DOUBLED)) {
        (void) mz_mcp_method_refuse(ctx, 400, MZ_RPC_SERVER, "The header "
                                    "MCP-Protocol-Version is given more than "
                                    "once");
        return false;
    }

    quote = mz_utf8_prefix(header, MZ_MCP_SESSION_QUOTE_MAX);

    if (kind == MZ_MCP_VERSION_OTHER
        && !mz_mcp_tolerate(ctx, MZ_MCP_TOL_VERSION_UNKNOWN))
    {
        (void) mz_mcp_method_refuse(ctx, 400, MZ_RPC_SERVER, "Unsupported "
                                    "MCP-Protocol-Version: %.*s",
                                    (int) quote.len, quote.data);
        return false;
    }

    if (kind == MZ_MCP_VERSION_LEGACY
        && !mz_str_eq(header, ctx->req->version)
        && !mz_mcp_tolerate(ctx, MZ_MCP_TOL_VERSION_DIFFERS))
    {
        (void) mz_mcp_method_refuse(ctx, 400, MZ_RPC_SERVER, "Unsupported "
                                    "MCP-Protocol-Version: %.*s, this session "
                                    "speaks %s", (int) quote.len, quote.data,
                                    ctx->req->version.data);
        return false;
    }

    return true;
}


/* A client that names a modern revision without its envelope is a new one. */

static void
mz_mcp_session_set_version(mz_mcp_ctx_t *ctx, mz_str_t header)
{
    mz_str_t  version;

    version = header;

    if (ctx->http->session.state == MZ_MCP_SESSION_VALID) {
        version = ctx->http->session.version;
    }

    ctx->req->version = mz_mcp_version_legacy(version);

    if (ctx->req->version.len == 0) {
        ctx->req->version = mz_mcp_version_kind(version)
                            == MZ_MCP_VERSION_MODERN
                            ? mz_mcp_version_newest_legacy()
                            : mz_mcp_version_default();
    }
}


/* A session outweighs a modern header, but only where that is tolerated. */

mz_mcp_outcome_t
mz_mcp_session_stream(mz_mcp_ctx_t *ctx)
{
    bool      is_doubled;
    mz_str_t  header;

    header = mz_mcp_session_header(ctx->http, &is_doubled);

    if (mz_mcp_version_kind(header) == MZ_MCP_VERSION_MODERN
        && (ctx->http->session.state != MZ_MCP_SESSION_VALID
            || !mz_mcp_tolerate(ctx, MZ_MCP_TOL_VERSION_DIFFERS)))
    {
        return mz_mcp_session_wrong_method(ctx, "Method not allowed: send "
                                           "JSON-RPC messages by POST");
    }

    switch (ctx->http->method) {

    case MZ_HTTP_GET:
        return mz_mcp_session_get(ctx);

    case MZ_HTTP_DELETE:
        return mz_mcp_session_delete(ctx);

    default:
        return mz_mcp_session_wrong_method(ctx, "Method not allowed: send "
                                           "JSON-RPC messages by POST");
    }
}


static mz_mcp_outcome_t
mz_mcp_session_get(mz_mcp_ctx_t *ctx)
{
    bool  resumes;

    resumes = mz_str_trim(ctx->http->last_event_id).len > 0;

    if (!ctx->req->accepts_sse) {
        return mz_mcp_turn_away(ctx, 406, "Accept must allow "
                                "text/event-stream");
    }

    /* Clients of HTTP+SSE look for their endpoint event this way. */

    if (ctx->http->session.state == MZ_MCP_SESSION_NONE && !resumes
        && !ctx->http->is_strict)
    {
        return mz_mcp_session_wrong_method(ctx, "No stream without a session: "
                                           "send initialize by POST first");
    }

    if (!mz_mcp_session_check(ctx)) {
        return MZ_MCP_ANSWER;
    }

    if (ctx->http->duplicates & MZ_HTTP_DUP_LAST_EVENT) {
        return mz_mcp_method_refuse(ctx, 400, MZ_RPC_SERVER, "Last-Event-ID "
                                    "is given more than once");
    }

    ctx->req->what = resumes ? MZ_MCP_DO_RESUME : MZ_MCP_DO_LISTEN;

    return MZ_MCP_CALL;
}


static mz_mcp_outcome_t
mz_mcp_session_delete(mz_mcp_ctx_t *ctx)
{
    if (ctx->http->session.state == MZ_MCP_SESSION_NONE) {
        return mz_mcp_method_refuse(ctx, 400, MZ_RPC_SERVER, "Mcp-Session-Id "
                                    "is missing: there is nothing to end");
    }

    if (!mz_mcp_session_check(ctx)) {
        return MZ_MCP_ANSWER;
    }

    ctx->req->what = MZ_MCP_DO_END_SESSION;

    return MZ_MCP_CALL;
}


static mz_mcp_outcome_t
mz_mcp_session_wrong_method(mz_mcp_ctx_t *ctx, const char *message)
{
    ctx->reply->allow = "GET, POST, DELETE, OPTIONS";

    return mz_mcp_turn_away(ctx, 405, message);
}
