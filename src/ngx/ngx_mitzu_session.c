
/*
 * session: Mcp-Session-Id of the handshake revisions (MCP 2025-11-25,
 * "Session Management").  An id says itself what was negotiated and is bound
 * to its owner, so any node knows it without asking; only that it was ended
 * has to be known besides.
 */

#include "ngx/ngx_mitzu.h"
#include "ngx/ngx_mitzu_redis.h"
#include "ngx/ngx_mitzu_response.h"


void
ngx_mitzu_session_find(ngx_mitzu_ctx_t *ctx)
{
    mz_rc_t            rc;
    mz_str_t           id;
    ngx_mitzu_pool_t  *pool;
    mz_mcp_session_t  *found;

    found = &ctx->http.session;
    id = mz_str_trim(ctx->http.session_id);

    if (ctx->http.session_id.data == NULL) {
        found->state = MZ_MCP_SESSION_NONE;
        return;
    }

    found->state = MZ_MCP_SESSION_GONE;

    if (ctx->http.duplicates & MZ_HTTP_DUP_SESSION) {
        return;
    }

    rc = mz_session_read(&ctx->session, ngx_mitzu_key_get(ctx->conf),
                         mz_str_from(ctx->principal->scope),
                         (int64_t) ngx_time(), id);

    if (rc == MZ_UNAVAILABLE) {
        found->state = MZ_MCP_SESSION_UNSURE;
        return;
    }

    pool = ctx->conf->redis->pool;

    if (rc != MZ_OK && pool != NULL && ctx->conf->keys == NULL) {
        ngx_mitzu_redis_ask_key(pool);
    }

    if (rc != MZ_OK
        || (pool != NULL
            && ngx_mitzu_ended_has(&pool->ended,
                                   mz_str_from(ctx->session.name))))
    {
        return;
    }

    found->state = MZ_MCP_SESSION_VALID;
    found->version = mz_str_from(ctx->session.version);
    found->client = ctx->session.client;
}


ngx_int_t
ngx_mitzu_session_create(ngx_http_request_t *r, ngx_mitzu_ctx_t *ctx)
{
    mz_rc_t        rc;
    mz_buf_t       id;
    ngx_str_t      value;
    mz_session_t   session;
    unsigned char  random[MZ_SESSION_RANDOM];

    ngx_mitzu_random(random, sizeof(random));
    mz_buf_init(&id, 0);

    rc = mz_session_make(&session, ctx->mcp.version, ctx->mcp.client,
                         (int64_t) (ngx_time()
                                    + ctx->conf->session_timeout),
                         random);

    if (rc == MZ_OK) {
        rc = mz_session_write(&session, ngx_mitzu_key_get(ctx->conf),
                              mz_str_from(ctx->principal->scope), &id);
    }

    if (rc == MZ_UNAVAILABLE) {

        /* Redis was never seen: a client works without a session, too. */

        mz_buf_free(&id);
        return NGX_OK;
    }

    value.len = id.len;
    value.data = (rc == MZ_OK) ? ngx_pnalloc(r->pool, id.len) : NULL;

    if (value.data == NULL) {
        mz_buf_free(&id);
        return NGX_ERROR;
    }

    ngx_memcpy(value.data, id.data, id.len);
    mz_buf_free(&id);

    ngx_mitzu_count(ctx->conf->main, NGX_MITZU_COUNT_SESSIONS_CREATED, 1);

    return ngx_mitzu_response_header(r, "Mcp-Session-Id", &value);
}
