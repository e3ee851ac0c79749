
/*
 * jwt: the content handler of an internal location that says who an access
 * token is of: 204, or why it is nobody.  mitzu_mcp_auth asks it in the
 * access phase and takes the principal from the request; to auth_request and
 * anything else it is the status that counts.
 *
 *     Authorization ──> token cache ── hit ─────────────────┐
 *                          │ miss                           v
 *                          └──> keys ──> mz_jwt_verify() ──> 204
 *                                ^          │ unknown key
 *                                └── fetch <┘
 *
 * The fetch that a request waits for may be one that was under way, and have
 * begun before the key was there: so it may wait for a second one.  How often
 * the source is asked is bounded there.
 */

#include "ngx/ngx_mitzu_auth.h"
#include "ngx/ngx_mitzu_response.h"


/* What a reason is to the client; words that say nothing of the token. */

typedef struct {
    ngx_mitzu_auth_state_t  state;
    const char             *description;
} ngx_mitzu_jwt_verdict_t;

static ngx_int_t ngx_mitzu_jwt_run(ngx_http_request_t *r,
    ngx_mitzu_keys_pt next);
static void ngx_mitzu_jwt_second(ngx_http_request_t *r);
static void ngx_mitzu_jwt_third(ngx_http_request_t *r);
static ngx_int_t ngx_mitzu_jwt_wait(ngx_http_request_t *r,
    ngx_mitzu_jwt_conf_t *conf, ngx_mitzu_keys_pt next);
static ngx_mitzu_auth_state_t ngx_mitzu_jwt_token(ngx_http_request_t *r,
    ngx_str_t *token);
static mz_jwt_reason_t ngx_mitzu_jwt_verify(ngx_http_request_t *r,
    ngx_mitzu_jwt_conf_t *conf, const mz_jwks_t *keys, ngx_str_t *token,
    mz_jwt_t *jwt);
static ngx_int_t ngx_mitzu_jwt_verdict(ngx_http_request_t *r,
    mz_jwt_reason_t reason, mz_jwt_t *jwt);
static ngx_int_t ngx_mitzu_jwt_accept(ngx_http_request_t *r, mz_jwt_t *jwt);
static ngx_int_t ngx_mitzu_jwt_refuse(ngx_http_request_t *r,
    ngx_mitzu_auth_state_t state, ngx_uint_t counter,
    const char *description);
static ngx_int_t ngx_mitzu_jwt_send(ngx_http_request_t *r,
    ngx_uint_t status);




static const ngx_mitzu_jwt_verdict_t  ngx_mitzu_jwt_verdicts[] = {

    [MZ_JWT_OK] = { NGX_MITZU_AUTH_OK, NULL },

    [MZ_JWT_TOO_LARGE] = { NGX_MITZU_AUTH_TOKEN, "the token is too long" },

    [MZ_JWT_MALFORMED] = { NGX_MITZU_AUTH_TOKEN, "the token is malformed" },

    [MZ_JWT_ALG] = { NGX_MITZU_AUTH_TOKEN,
                     "the token is signed in a way that is not accepted" },

    [MZ_JWT_CRIT] = { NGX_MITZU_AUTH_TOKEN,
                      "the token asks for more than is understood" },

    [MZ_JWT_UNKNOWN_KEY] = { NGX_MITZU_AUTH_TOKEN,
                             "the token is signed by an unknown key" },

    [MZ_JWT_SIGNATURE] = { NGX_MITZU_AUTH_TOKEN,
                           "the signature of the token is wrong" },

    [MZ_JWT_ISSUER] = { NGX_MITZU_AUTH_TOKEN,
                        "the token is of another issuer" },

    [MZ_JWT_AUDIENCE] = { NGX_MITZU_AUTH_TOKEN,
                          "the token is for another resource" },

    [MZ_JWT_EXPIRED] = { NGX_MITZU_AUTH_TOKEN, "the token has expired" },

    [MZ_JWT_NOT_YET] = { NGX_MITZU_AUTH_TOKEN,
                         "the token is not valid yet" },

    [MZ_JWT_CLAIM] = { NGX_MITZU_AUTH_TOKEN,
                       "the token lacks a claim that is needed here" },

    [MZ_JWT_SCOPE] = { NGX_MITZU_AUTH_SCOPE, "the token lacks a scope" },

    [MZ_JWT_INTERNAL] = { NGX_MITZU_AUTH_UNAVAILABLE, NULL }
};


ngx_int_t
ngx_mitzu_jwt_handler(ngx_http_request_t *r)
{
    ngx_int_t  rc;

    rc = ngx_http_discard_request_body(r);

    return (rc != NGX_OK) ? rc : ngx_mitzu_jwt_run(r, ngx_mitzu_jwt_second);
}


static void
ngx_mitzu_jwt_second(ngx_http_request_t *r)
{
    ngx_http_finalize_request(r, ngx_mitzu_jwt_run(r, ngx_mitzu_jwt_third));
}


static void
ngx_mitzu_jwt_third(ngx_http_request_t *r)
{
    ngx_http_finalize_request(r, ngx_mitzu_jwt_run(r, NULL));
}


/*
 * next: goes on when there are other keys; NULL: no more of it.  NGX_DONE:
 * the request waits for that; finalise with the result in any case.
 */

static ngx_int_t
ngx_mitzu_jwt_run(ngx_http_request_t *r, ngx_mitzu_keys_pt next)
{
    mz_jwt_t                 jwt;
    ngx_int_t                rc;
    ngx_str_t                token;
    const mz_jwks_t         *keys;
    mz_jwt_reason_t          reason;
    ngx_mitzu_loc_conf_t    *mlcf;
    ngx_mitzu_auth_state_t   state;

    mlcf = ngx_http_get_module_loc_conf(r, ngx_mitzu_mcp_module);

    state = ngx_mitzu_jwt_token(r->main, &token);

    if (state != NGX_MITZU_AUTH_NONE) {
        return ngx_mitzu_jwt_refuse(r, state,
                                    (state == NGX_MITZU_AUTH_MISSING)
                                    ? NGX_MITZU_COUNT_TOKEN_MISSING
                                    : NGX_MITZU_COUNT_TOKEN_REQUEST, NULL);
    }

    keys = ngx_mitzu_keys_get(mlcf->jwt->keys);
    reason = MZ_JWT_UNKNOWN_KEY;

    if (keys != NULL) {
        reason = ngx_mitzu_jwt_verify(r, mlcf->jwt, keys, &token, &jwt);
    }

    if (reason == MZ_JWT_UNKNOWN_KEY && next != NULL) {
        rc = ngx_mitzu_jwt_wait(r, mlcf->jwt, next);

        if (rc != NGX_DECLINED) {
            return rc;
        }
    }

    if (keys == NULL) {
        ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                      "mitzu jwt: there are no keys yet");

        return ngx_mitzu_jwt_refuse(r, NGX_MITZU_AUTH_UNAVAILABLE,
                                    NGX_MITZU_COUNT_TOKEN_UNAVAILABLE, NULL);
    }

    return ngx_mitzu_jwt_verdict(r, reason, &jwt);
}


/* NGX_DECLINED: there is nothing to wait for. */

static ngx_int_t
ngx_mitzu_jwt_wait(ngx_http_request_t *r, ngx_mitzu_jwt_conf_t *conf,
    ngx_mitzu_keys_pt next)
{
    switch (ngx_mitzu_keys_fetch(r, conf->keys, next)) {

    case NGX_AGAIN:
        return NGX_DONE;

    case NGX_BUSY:
        ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                      "mitzu jwt: too many requests wait for keys");

        return ngx_mitzu_jwt_refuse(r, NGX_MITZU_AUTH_UNAVAILABLE,
                                    NGX_MITZU_COUNT_TOKEN_UNAVAILABLE, NULL);

    case NGX_ERROR:
        return NGX_HTTP_INTERNAL_SERVER_ERROR;

    default: /* NGX_DECLINED */
        return NGX_DECLINED;
    }
}


static ngx_mitzu_auth_state_t
ngx_mitzu_jwt_token(ngx_http_request_t *r, ngx_str_t *token)
{
    u_char           *p, *last;
    ngx_table_elt_t  *found;

    if (ngx_mitzu_auth_header(r, &found) != NGX_OK) {
        return NGX_MITZU_AUTH_REQUEST;
    }

    if (found == NULL || found->value.len <= sizeof("Bearer ") - 1
        || ngx_strncasecmp(found->value.data, (u_char *) "Bearer ",
                           sizeof("Bearer ") - 1)
           != 0)
    {
        return NGX_MITZU_AUTH_MISSING;
    }

    last = found->value.data + found->value.len;

    for (p = found->value.data + sizeof("Bearer ") - 1;
         p < last && *p == ' ';
         p++)
    {
        /* void */
    }

    token->data = p;
    token->len = last - p;

    return (token->len != 0) ? NGX_MITZU_AUTH_NONE : NGX_MITZU_AUTH_MISSING;
}


static mz_jwt_reason_t
ngx_mitzu_jwt_verify(ngx_http_request_t *r, ngx_mitzu_jwt_conf_t *conf,
    const mz_jwks_t *keys, ngx_str_t *token, mz_jwt_t *jwt)
{
    mz_jwt_reason_t         reason;
    const unsigned char    *print;
    ngx_mitzu_main_conf_t  *mmcf;

    print = mz_jwks_print(keys);
    mmcf = ngx_http_get_module_main_conf(r, ngx_mitzu_mcp_module);

    /* What is too long has no entry, and is not worth a digest. */

    if (conf->cache != NULL && token->len <= conf->jwt.token_max) {

        if (ngx_mitzu_token_find(conf, token, print, jwt) == NGX_OK) {
            ngx_mitzu_count(mmcf, NGX_MITZU_COUNT_CACHE_HIT, 1);
            return MZ_JWT_OK;
        }

        ngx_mitzu_count(mmcf, NGX_MITZU_COUNT_CACHE_MISS, 1);
    }

    reason = mz_jwt_verify(&conf->jwt, keys, ngx_mitzu_str(token),
                           (int64_t) ngx_time(), jwt);

    if (reason == MZ_JWT_OK && conf->cache != NULL) {
        ngx_mitzu_token_keep(conf, token, print, jwt);
    }

    return reason;
}


static ngx_int_t
ngx_mitzu_jwt_verdict(ngx_http_request_t *r, mz_jwt_reason_t reason,
    mz_jwt_t *jwt)
{
    ngx_int_t                       rc;
    ngx_uint_t                      level;
    const ngx_mitzu_jwt_verdict_t  *verdict;

    if (reason == MZ_JWT_OK) {
        rc = ngx_mitzu_jwt_accept(r, jwt);
        mz_jwt_free(jwt);

        return rc;
    }

    level = (reason == MZ_JWT_INTERNAL) ? NGX_LOG_ERR : NGX_LOG_INFO;

    ngx_log_error(level, r->connection->log, 0, "mitzu jwt: %s",
                  mz_jwt_reason_name(reason));

    verdict = &ngx_mitzu_jwt_verdicts[reason];

    return ngx_mitzu_jwt_refuse(r, verdict->state,
                                NGX_MITZU_COUNT_TOKEN + reason,
                                verdict->description);
}


static ngx_int_t
ngx_mitzu_jwt_accept(ngx_http_request_t *r, mz_jwt_t *jwt)
{
    ngx_mitzu_main_conf_t  *mmcf;

    mmcf = ngx_http_get_module_main_conf(r, ngx_mitzu_mcp_module);

    ngx_mitzu_count(mmcf, NGX_MITZU_COUNT_TOKEN + MZ_JWT_OK, 1);
    ngx_mitzu_count(mmcf,
                    jwt->is_by_client_id ? NGX_MITZU_COUNT_BY_CLIENT_ID
                                         : NGX_MITZU_COUNT_BY_RESOURCE, 1);

    if (ngx_mitzu_auth_set_jwt(r, jwt) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_mitzu_jwt_send(r, NGX_HTTP_NO_CONTENT);
}


static ngx_int_t
ngx_mitzu_jwt_refuse(ngx_http_request_t *r, ngx_mitzu_auth_state_t state,
    ngx_uint_t counter, const char *description)
{
    mz_str_t                    scopes;
    ngx_mitzu_loc_conf_t       *mlcf;
    const ngx_mitzu_refusal_t  *refusal;

    refusal = ngx_mitzu_auth_refusal(state);

    ngx_mitzu_count(ngx_http_get_module_main_conf(r, ngx_mitzu_mcp_module),
                    counter, 1);
    ngx_mitzu_auth_set_state(r, state, description);

    if (refusal->status == NGX_HTTP_SERVICE_UNAVAILABLE) {
        return (ngx_mitzu_response_retry(r) == NGX_OK)
               ? ngx_mitzu_jwt_send(r, refusal->status)
               : NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    mlcf = ngx_http_get_module_loc_conf(r, ngx_mitzu_mcp_module);
    scopes = (state == NGX_MITZU_AUTH_SCOPE) ? mlcf->jwt->jwt.scopes
                                             : mz_null_str;

    /* For auth_request, which hands it on; mitzu_mcp_auth writes its own. */

    if (ngx_mitzu_challenge(r, NULL, refusal->challenge, scopes, description)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_mitzu_jwt_send(r, refusal->status);
}


static ngx_int_t
ngx_mitzu_jwt_send(ngx_http_request_t *r, ngx_uint_t status)
{
    r->headers_out.status = status;
    r->header_only = 1;

    if (status == NGX_HTTP_NO_CONTENT) {
        ngx_http_clear_content_length(r);

    } else {
        r->headers_out.content_length_n = 0;
    }

    return ngx_http_send_header(r);
}
