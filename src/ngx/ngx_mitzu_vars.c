
/*
 * vars: what the access log, limits and maps may know of a request.  The
 * values are the module's own words or checked ids, never a client's text.
 */

#include "ngx/ngx_mitzu.h"


static ngx_int_t ngx_mitzu_var_str(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_mitzu_var_id(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_mitzu_var_tolerated(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_mitzu_var_principal(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);


static ngx_http_variable_t  ngx_mitzu_vars[] = {

    { ngx_string("mitzu_mcp_method"), NULL, ngx_mitzu_var_str,
      offsetof(ngx_mitzu_ctx_t, method), NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("mitzu_mcp_tool"), NULL, ngx_mitzu_var_str,
      offsetof(ngx_mitzu_ctx_t, tool), NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("mitzu_mcp_status"), NULL, ngx_mitzu_var_str,
      offsetof(ngx_mitzu_ctx_t, status), NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("mitzu_mcp_era"), NULL, ngx_mitzu_var_str,
      offsetof(ngx_mitzu_ctx_t, era), NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("mitzu_mcp_conversation"), NULL, ngx_mitzu_var_id,
      offsetof(ngx_mitzu_ctx_t, conversation), NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("mitzu_mcp_run"), NULL, ngx_mitzu_var_id,
      offsetof(ngx_mitzu_ctx_t, run), NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("mitzu_mcp_tolerated"), NULL, ngx_mitzu_var_tolerated,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("mitzu_mcp_user"), NULL, ngx_mitzu_var_principal,
      offsetof(mz_principal_t, subject), NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("mitzu_mcp_project"), NULL, ngx_mitzu_var_principal,
      offsetof(mz_principal_t, project), NGX_HTTP_VAR_NOCACHEABLE, 0 },

      ngx_http_null_variable
};


ngx_int_t
ngx_mitzu_vars_add(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var, *v;

    for (v = ngx_mitzu_vars; v->name.len != 0; v++) {
        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_mitzu_var_set(ngx_http_variable_value_t *v, mz_str_t value)
{
    if (value.len == 0) {
        v->not_found = 1;
        return NGX_OK;
    }

    v->data = (u_char *) value.data;
    v->len = value.len;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}


static ngx_int_t
ngx_mitzu_var_str(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    ngx_mitzu_ctx_t  *ctx;

    ctx = ngx_mitzu_ctx_get(r);

    return ngx_mitzu_var_set(v, (ctx == NULL) ? mz_null_str
                           : *(mz_str_t *) (void *) ((char *) ctx + data));
}


static ngx_int_t
ngx_mitzu_var_id(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    mz_id_t          *id;
    ngx_mitzu_ctx_t  *ctx;

    ctx = ngx_mitzu_ctx_get(r);

    if (ctx == NULL) {
        return ngx_mitzu_var_set(v, mz_null_str);
    }

    id = (mz_id_t *) (void *) ((char *) ctx + data);

    return ngx_mitzu_var_set(v, mz_str_from(id->s));
}


/* "accept,version_absent" */

static ngx_int_t
ngx_mitzu_var_tolerated(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    u_char           *p;
    size_t            size;
    mz_str_t          value;
    ngx_uint_t        i;
    ngx_mitzu_ctx_t  *ctx;

    ctx = ngx_mitzu_ctx_get(r);

    size = 0;

    for (i = 0; ctx != NULL && i < MZ_MCP_TOLERANCES; i++) {
        if (ctx->tolerated & 1u << i) {
            size += ngx_strlen(mz_mcp_tolerance_name((mz_mcp_tolerance_t) i))
                    + 1;
        }
    }

    if (size == 0) {
        return ngx_mitzu_var_set(v, mz_null_str);
    }

    p = ngx_pnalloc(r->pool, size);
    if (p == NULL) {
        return NGX_ERROR;
    }

    value.data = (char *) p;

    for (i = 0; i < MZ_MCP_TOLERANCES; i++) {
        if (ctx->tolerated & 1u << i) {
            p = ngx_sprintf(p, "%s,",
                            mz_mcp_tolerance_name((mz_mcp_tolerance_t) i));
        }
    }

    value.len = size - 1;

    return ngx_mitzu_var_set(v, value);
}


static ngx_int_t
ngx_mitzu_var_principal(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    char             *p;
    ngx_mitzu_ctx_t  *ctx;

    ctx = ngx_mitzu_ctx_get(r);

    if (ctx == NULL || ctx->principal == NULL) {
        return ngx_mitzu_var_set(v, mz_null_str);
    }

    p = (char *) ctx->principal + data;

    return ngx_mitzu_var_set(v, *(mz_str_t *) (void *) p);
}
