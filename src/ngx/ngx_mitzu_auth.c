
/*
 * auth: the access phase of an endpoint (see ngx_mitzu_auth.h).  It runs
 * before the body is read, and composes with allow, deny and satisfy: what
 * gets in by address alone is served as one anonymous principal.
 *
 * With "satisfy all" a refusal is answered here, with its challenge; with
 * "satisfy any" another module may still let the request in, so that nginx
 * answers in the end, with the challenge's header.
 */

#include "ngx/ngx_mitzu_auth.h"
#include "ngx/ngx_mitzu_response.h"


static ngx_int_t ngx_mitzu_auth_start(ngx_http_request_t *r,
    ngx_mitzu_ctx_t *ctx);
static ngx_int_t ngx_mitzu_auth_subrequest(ngx_http_request_t *r,
    ngx_mitzu_ctx_t *ctx);
static ngx_int_t ngx_mitzu_auth_done(ngx_http_request_t *r, void *data,
    ngx_int_t rc);
static ngx_int_t ngx_mitzu_auth_judge(ngx_http_request_t *r,
    ngx_mitzu_ctx_t *ctx);
static ngx_int_t ngx_mitzu_auth_names(ngx_http_request_t *r,
    ngx_mitzu_ctx_t *ctx);
static ngx_int_t ngx_mitzu_auth_copy(ngx_http_request_t *r, mz_str_t *to,
    const mz_str_t *from);
static ngx_mitzu_auth_state_t ngx_mitzu_auth_state(ngx_http_request_t *r,
    ngx_mitzu_auth_t *auth);
static ngx_int_t ngx_mitzu_auth_refuse(ngx_http_request_t *r,
    ngx_mitzu_ctx_t *ctx);


/* The last one answers for whatever went wrong otherwise. */

static const ngx_mitzu_refusal_t  ngx_mitzu_refusals[] = {

    { NGX_MITZU_AUTH_MISSING, NGX_HTTP_UNAUTHORIZED, MZ_CHALLENGE_NONE,
      "send an access token as Authorization: Bearer" },

    { NGX_MITZU_AUTH_REQUEST, NGX_HTTP_BAD_REQUEST, MZ_CHALLENGE_REQUEST,
      "send one access token, in one Authorization header" },

    { NGX_MITZU_AUTH_TOKEN, NGX_HTTP_UNAUTHORIZED, MZ_CHALLENGE_TOKEN,
      "the access token is not valid here; refresh it or sign in again" },

    { NGX_MITZU_AUTH_SCOPE, NGX_HTTP_FORBIDDEN, MZ_CHALLENGE_SCOPE,
      "the access token lacks a scope" },

    { NGX_MITZU_AUTH_DENIED, NGX_HTTP_FORBIDDEN, MZ_CHALLENGE_NONE,
      "you may not use this endpoint" },

    { NGX_MITZU_AUTH_UNAVAILABLE, NGX_HTTP_SERVICE_UNAVAILABLE,
      MZ_CHALLENGE_NONE,
      "sign-in cannot be checked at the moment" }
};


ngx_int_t
ngx_mitzu_auth_handler(ngx_http_request_t *r)
{
    ngx_mitzu_ctx_t       *ctx;
    ngx_mitzu_loc_conf_t  *mlcf;

    mlcf = ngx_http_get_module_loc_conf(r, ngx_mitzu_mcp_module);

    if (mlcf->auth != NGX_MITZU_AUTH_URI
        || (mlcf->enable != NGX_MITZU_ON && mlcf->enable != NGX_MITZU_STRICT)
        || r->method == NGX_HTTP_OPTIONS || ngx_mitzu_error_is_page(r))
    {
        return NGX_DECLINED;
    }

    ctx = ngx_mitzu_ctx_create(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ctx->auth == NULL) {
        return ngx_mitzu_auth_start(r, ctx);
    }

    return ctx->auth->is_done ? ngx_mitzu_auth_judge(r, ctx) : NGX_AGAIN;
}


static ngx_int_t
ngx_mitzu_auth_start(ngx_http_request_t *r, ngx_mitzu_ctx_t *ctx)
{
    ngx_table_elt_t  *h;

    ctx->auth = ngx_pcalloc(r->pool, sizeof(ngx_mitzu_auth_t));
    if (ctx->auth == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_mitzu_auth_header(r, &h) != NGX_OK) {
        ctx->auth->state = NGX_MITZU_AUTH_REQUEST;
        return ngx_mitzu_auth_refuse(r, ctx);
    }

    return ngx_mitzu_auth_subrequest(r, ctx);
}


ngx_int_t
ngx_mitzu_auth_header(ngx_http_request_t *r, ngx_table_elt_t **found)
{
    ngx_str_t         value;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    *found = NULL;

    if (ngx_http_arg(r, (u_char *) "access_token", 12, &value) == NGX_OK) {
        return NGX_DECLINED;
    }

    for (part = &r->headers_in.headers.part; part != NULL; part = part->next) {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (h[i].key.len != sizeof("authorization") - 1
                || ngx_strncmp(h[i].lowcase_key, "authorization",
                               h[i].key.len)
                   != 0)
            {
                continue;
            }

            if (*found != NULL) {
                return NGX_DECLINED;
            }

            *found = &h[i];
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_mitzu_auth_subrequest(ngx_http_request_t *r, ngx_mitzu_ctx_t *ctx)
{
    ngx_http_request_t          *sr;
    ngx_http_post_subrequest_t  *ps;

    ps = ngx_palloc(r->pool, sizeof(ngx_http_post_subrequest_t));
    if (ps == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ps->handler = ngx_mitzu_auth_done;
    ps->data = ctx->auth;

    if (ngx_http_subrequest(r, &ctx->conf->auth_uri, NULL, &sr, ps,
                            NGX_HTTP_SUBREQUEST_WAITED)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /*
     * An empty body of its own, so that the real one is left alone; how long
     * that is is no matter of the location (client_max_body_size).
     */

    sr->request_body = ngx_pcalloc(r->pool, sizeof(ngx_http_request_body_t));
    if (sr->request_body == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    sr->headers_in.content_length_n = -1;
    sr->headers_in.chunked = 0;

    sr->header_only = 1;
    ctx->auth->subrequest = sr;

    return NGX_AGAIN;
}


static ngx_int_t
ngx_mitzu_auth_done(ngx_http_request_t *r, void *data, ngx_int_t rc)
{
    ngx_mitzu_auth_t  *auth = data;

    auth->is_done = 1;
    auth->status = r->headers_out.status;

    /* It failed before there was an answer. */

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE || rc == NGX_ERROR) {
        auth->status = (rc == NGX_ERROR) ? NGX_HTTP_INTERNAL_SERVER_ERROR
                                         : (ngx_uint_t) rc;
    }

    return rc;
}


ngx_int_t
ngx_mitzu_auth_set_jwt(ngx_http_request_t *r, const mz_jwt_t *jwt)
{
    mz_principal_t     p;
    ngx_mitzu_ctx_t   *ctx;
    ngx_mitzu_auth_t  *auth;

    ctx = ngx_http_get_module_ctx(r->main, ngx_mitzu_mcp_module);

    if (ctx == NULL || ctx->auth == NULL) {
        return NGX_OK;
    }

    auth = ctx->auth;

    if (mz_jwt_principal(jwt, &p) != MZ_OK) {
        return NGX_ERROR;
    }

    auth->principal = p;
    auth->expires_s = jwt->expires_s;

    if (ngx_mitzu_auth_copy(r, &auth->principal.issuer, &p.issuer) != NGX_OK
        || ngx_mitzu_auth_copy(r, &auth->principal.subject, &p.subject)
           != NGX_OK
        || ngx_mitzu_auth_copy(r, &auth->principal.project, &p.project)
           != NGX_OK
        || ngx_mitzu_auth_copy(r, &auth->principal.scopes, &p.scopes)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    auth->state = NGX_MITZU_AUTH_OK;

    return NGX_OK;
}


static ngx_int_t
ngx_mitzu_auth_copy(ngx_http_request_t *r, mz_str_t *to, const mz_str_t *from)
{
    u_char  *p;

    p = ngx_pnalloc(r->main->pool, from->len + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    *ngx_cpymem(p, from->len ? from->data : "", from->len) = '\0';

    to->data = (char *) p;
    to->len = from->len;

    return NGX_OK;
}


void
ngx_mitzu_auth_set_state(ngx_http_request_t *r, ngx_mitzu_auth_state_t state,
    const char *description)
{
    ngx_mitzu_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r->main, ngx_mitzu_mcp_module);

    if (ctx != NULL && ctx->auth != NULL) {
        ctx->auth->state = state;
        ctx->auth->description = description;
    }
}


static ngx_int_t
ngx_mitzu_auth_judge(ngx_http_request_t *r, ngx_mitzu_ctx_t *ctx)
{
    ngx_int_t          rc;
    ngx_mitzu_auth_t  *auth;

    auth = ctx->auth;

    if (auth->status >= NGX_HTTP_OK
        && auth->status < NGX_HTTP_SPECIAL_RESPONSE)
    {
        rc = (auth->state == NGX_MITZU_AUTH_OK) ? NGX_OK
                                                : ngx_mitzu_auth_names(r, ctx);
        if (rc == NGX_OK) {
            auth->state = NGX_MITZU_AUTH_OK;
            return NGX_OK;
        }

        if (rc == NGX_ERROR) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        auth->state = NGX_MITZU_AUTH_DENIED;

    } else {
        auth->state = ngx_mitzu_auth_state(r, auth);
    }

    return ngx_mitzu_auth_refuse(r, ctx);
}


/* What a service of the operator's own says (mitzu_mcp_auth_set). */

static ngx_int_t
ngx_mitzu_auth_names(ngx_http_request_t *r, ngx_mitzu_ctx_t *ctx)
{
    ngx_str_t              value;
    ngx_uint_t             i;
    mz_principal_t        *p;
    ngx_mitzu_auth_set_t  *set;

    p = &ctx->auth->principal;
    p->issuer = ngx_mitzu_str(&ctx->conf->auth_uri);

    set = (ctx->conf->auth_sets != NULL) ? ctx->conf->auth_sets->elts : NULL;

    for (i = 0; set != NULL && i < ctx->conf->auth_sets->nelts; i++) {

        /* Variables of the subrequest: the headers of its answer. */

        if (ngx_http_complex_value(ctx->auth->subrequest, &set[i].value,
                                   &value)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        *(mz_str_t *) (void *) ((u_char *) p + set[i].offset)
            = ngx_mitzu_str(&value);
    }

    if (p->subject.len == 0 || p->subject.len > MZ_JWT_CLAIM_MAX
        || p->project.len > MZ_JWT_CLAIM_MAX
        || p->issuer.len > MZ_JWT_CLAIM_MAX)
    {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "mitzu mcp: %V lets a request in but names no user, or "
                      "one that is too long (mitzu_mcp_auth_set user)",
                      &ctx->conf->auth_uri);
        return NGX_DECLINED;
    }

    return (mz_principal_set_scope(p) == MZ_OK) ? NGX_OK : NGX_ERROR;
}


/* A service says it by its status; our own handler has said more already. */

static ngx_mitzu_auth_state_t
ngx_mitzu_auth_state(ngx_http_request_t *r, ngx_mitzu_auth_t *auth)
{
    if (auth->state != NGX_MITZU_AUTH_NONE
        && auth->state != NGX_MITZU_AUTH_OK)
    {
        return auth->state;
    }

    switch (auth->status) {

    case NGX_HTTP_BAD_REQUEST:
        return NGX_MITZU_AUTH_REQUEST;

    case NGX_HTTP_UNAUTHORIZED:
        return (r->headers_in.authorization != NULL)
               ? NGX_MITZU_AUTH_TOKEN : NGX_MITZU_AUTH_MISSING;

    case NGX_HTTP_FORBIDDEN:
        return NGX_MITZU_AUTH_DENIED;

    default:
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "mitzu mcp: the sign-in of a request failed: the "
                      "location of \"mitzu_mcp_auth\" answered %ui",
                      auth->status);

        return NGX_MITZU_AUTH_UNAVAILABLE;
    }
}


const ngx_mitzu_refusal_t *
ngx_mitzu_auth_refusal(ngx_mitzu_auth_state_t state)
{
    ngx_uint_t  i, last;

    last = sizeof(ngx_mitzu_refusals) / sizeof(ngx_mitzu_refusal_t) - 1;

    for (i = 0; i < last; i++) {
        if (ngx_mitzu_refusals[i].state == state) {
            break;
        }
    }

    return &ngx_mitzu_refusals[i];
}


static ngx_int_t
ngx_mitzu_auth_refuse(ngx_http_request_t *r, ngx_mitzu_ctx_t *ctx)
{
    ngx_int_t                   rc;
    const ngx_mitzu_refusal_t  *refusal;
    ngx_http_core_loc_conf_t   *clcf;

    refusal = ngx_mitzu_auth_refusal(ctx->auth->state);

    if (refusal->status != NGX_HTTP_SERVICE_UNAVAILABLE
        && refusal->state != NGX_MITZU_AUTH_DENIED
        && ngx_mitzu_challenge(r, ctx->conf->resource, refusal->challenge,
                               mz_null_str, ctx->auth->description)
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (clcf->satisfy == NGX_HTTP_SATISFY_ANY) {
        return refusal->status;
    }

    if (refusal->status == NGX_HTTP_SERVICE_UNAVAILABLE
        && ngx_mitzu_response_retry(r) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->status = mz_str("unauthorized");

    rc = ngx_mitzu_handler_discard(r);

    if (rc == NGX_OK) {
        rc = ngx_mitzu_response_error(r, refusal->status, refusal->hint);
    }

    ngx_http_finalize_request(r, rc);

    return NGX_DONE;
}


/*
 * Who it is, for a request that got past the access phase.  Without a
 * sign-in, another module of that phase let it in by "satisfy any".
 */

const mz_principal_t *
ngx_mitzu_auth_principal(ngx_mitzu_ctx_t *ctx)
{
    if (ctx->conf->auth == NGX_MITZU_AUTH_URI && ctx->auth != NULL
        && ctx->auth->state == NGX_MITZU_AUTH_OK)
    {
        return &ctx->auth->principal;
    }

    return &ctx->conf->principal;
}


mz_str_t
ngx_mitzu_auth_lacks(ngx_mitzu_ctx_t *ctx, const mz_op_t *op)
{
    mz_str_t  needed;

    needed = (op->flags & MZ_OP_STARTS) ? ctx->conf->scope_run
                                        : ctx->conf->scope_read;

    if (needed.len == 0 || ctx->conf->auth != NGX_MITZU_AUTH_URI
        || mz_principal_has(ctx->principal, needed))
    {
        return mz_null_str;
    }

    return needed;
}
