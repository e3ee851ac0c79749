
/*
 * auth_conf: the directives of sign-in that belong to an endpoint:
 * mitzu_mcp_auth, mitzu_mcp_auth_set, mitzu_mcp_scopes and
 * mitzu_mcp_resource_metadata.
 */

#include "ngx/ngx_mitzu_auth.h"


typedef struct {
    ngx_str_t  name;
    size_t     offset;
} ngx_mitzu_word_t;


static char *ngx_mitzu_auth_off(ngx_conf_t *cf, ngx_mitzu_loc_conf_t *mlcf);
static size_t ngx_mitzu_auth_word(const ngx_mitzu_word_t *words,
    ngx_str_t *name);
static ngx_int_t ngx_mitzu_split(ngx_str_t *word, ngx_str_t *name,
    ngx_str_t *value);
static ngx_int_t ngx_mitzu_resource_set(mz_resource_conf_t *resource,
    ngx_str_t *name, mz_str_t value);


static const ngx_mitzu_word_t  ngx_mitzu_auth_names[] = {
    { ngx_string("user"), offsetof(mz_principal_t, subject) },
    { ngx_string("project"), offsetof(mz_principal_t, project) },
    { ngx_string("scopes"), offsetof(mz_principal_t, scopes) },
    { ngx_string("issuer"), offsetof(mz_principal_t, issuer) },
    { ngx_null_string, 0 }
};

static const ngx_mitzu_word_t  ngx_mitzu_scope_names[] = {
    { ngx_string("read"), offsetof(ngx_mitzu_loc_conf_t, scope_read) },
    { ngx_string("run"), offsetof(ngx_mitzu_loc_conf_t, scope_run) },
    { ngx_null_string, 0 }
};

static const ngx_mitzu_word_t  ngx_mitzu_resource_names[] = {
    { ngx_string("resource"), offsetof(mz_resource_conf_t, resource) },
    { ngx_string("scopes"), offsetof(mz_resource_conf_t, scopes) },
    { ngx_string("name"), offsetof(mz_resource_conf_t, name) },
    { ngx_string("documentation"),
      offsetof(mz_resource_conf_t, documentation) },
    { ngx_null_string, 0 }
};

#define NGX_MITZU_NO_WORD  ((size_t) -1)


char *
ngx_mitzu_auth_conf(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_mitzu_loc_conf_t  *mlcf = conf;

    ngx_str_t  *value;

    if (mlcf->auth != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        return ngx_mitzu_auth_off(cf, mlcf);
    }

    if (value[1].data[0] != '/' || cf->args->nelts != 2) {
        return "takes \"off\" [\"insecure\"], or the URI of an internal "
               "location such as \"/_auth\"";
    }

    mlcf->auth = NGX_MITZU_AUTH_URI;
    mlcf->auth_uri = value[1];

    return NGX_CONF_OK;
}


static char *
ngx_mitzu_auth_off(ngx_conf_t *cf, ngx_mitzu_loc_conf_t *mlcf)
{
    ngx_str_t  *value;

    value = cf->args->elts;
    mlcf->auth = NGX_MITZU_AUTH_OFF;

    if (cf->args->nelts == 3) {
        if (ngx_strcmp(value[2].data, "insecure") != 0) {
            return "takes no other parameter than \"insecure\"";
        }

        mlcf->auth = NGX_MITZU_AUTH_INSECURE;
    }

    return NGX_CONF_OK;
}


char *
ngx_mitzu_auth_set_conf(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_mitzu_loc_conf_t  *mlcf = conf;

    size_t                             offset;
    ngx_str_t                         *value;
    ngx_mitzu_auth_set_t              *set;
    ngx_http_compile_complex_value_t   ccv;

    value = cf->args->elts;
    offset = ngx_mitzu_auth_word(ngx_mitzu_auth_names, &value[1]);

    if (offset == NGX_MITZU_NO_WORD) {
        return "sets \"user\", \"project\", \"scopes\" or \"issuer\"";
    }

    if (mlcf->auth_sets == NGX_CONF_UNSET_PTR) {
        mlcf->auth_sets = ngx_array_create(cf->pool, 4,
                                           sizeof(ngx_mitzu_auth_set_t));
        if (mlcf->auth_sets == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    set = ngx_array_push(mlcf->auth_sets);
    if (set == NULL) {
        return NGX_CONF_ERROR;
    }

    set->offset = offset;

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));
    ccv.cf = cf;
    ccv.value = &value[2];
    ccv.complex_value = &set->value;

    return (ngx_http_compile_complex_value(&ccv) == NGX_OK) ? NGX_CONF_OK
                                                            : NGX_CONF_ERROR;
}


char *
ngx_mitzu_scopes_conf(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_mitzu_loc_conf_t  *mlcf = conf;

    size_t      offset;
    mz_str_t   *scope;
    ngx_str_t  *value, name, text;
    ngx_uint_t  i;

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        if (ngx_mitzu_split(&value[i], &name, &text) != NGX_OK
            || (offset = ngx_mitzu_auth_word(ngx_mitzu_scope_names, &name))
               == NGX_MITZU_NO_WORD)
        {
            return "takes \"read=<scope>\" and \"run=<scope>\"";
        }

        scope = (mz_str_t *) (void *) ((u_char *) mlcf + offset);

        if (scope->data != NULL) {
            return "names a scope twice";
        }

        *scope = ngx_mitzu_str(&text);
    }

    return NGX_CONF_OK;
}


char *
ngx_mitzu_resource_conf(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_mitzu_loc_conf_t  *mlcf = conf;

    mz_err_t             err;
    ngx_str_t           *value, name, text;
    ngx_uint_t           i;
    mz_resource_conf_t  *resource;

    if (mlcf->resource != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    resource = ngx_pcalloc(cf->pool, sizeof(mz_resource_conf_t));
    if (resource == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        if (ngx_mitzu_split(&value[i], &name, &text) != NGX_OK
            || ngx_mitzu_resource_set(resource, &name, ngx_mitzu_str(&text))
               != NGX_OK)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\": resource=, "
                               "authorization_server=, scopes=, name= and "
                               "documentation= are known", &value[i]);
            return NGX_CONF_ERROR;
        }
    }

    if (mz_resource_check(resource, &err) != MZ_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"mitzu_mcp_resource_metadata\": %s", err.msg);
        return NGX_CONF_ERROR;
    }

    mlcf->resource = resource;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_mitzu_resource_set(mz_resource_conf_t *resource, ngx_str_t *name,
    mz_str_t value)
{
    size_t     offset;
    mz_str_t  *member;

    if (name->len == sizeof("authorization_server") - 1
        && ngx_strncmp(name->data, "authorization_server", name->len) == 0)
    {
        if (resource->nservers == MZ_RESOURCE_SERVERS_MAX) {
            return NGX_ERROR;
        }

        resource->servers[resource->nservers++] = value;
        return NGX_OK;
    }

    offset = ngx_mitzu_auth_word(ngx_mitzu_resource_names, name);

    if (offset == NGX_MITZU_NO_WORD) {
        return NGX_ERROR;
    }

    member = (mz_str_t *) (void *) ((u_char *) resource + offset);

    if (member->data != NULL) {
        return NGX_ERROR;
    }

    *member = value;

    return NGX_OK;
}


static size_t
ngx_mitzu_auth_word(const ngx_mitzu_word_t *words, ngx_str_t *name)
{
    ngx_uint_t  i;

    for (i = 0; words[i].name.len != 0; i++) {
        if (words[i].name.len == name->len
            && ngx_strncmp(words[i].name.data, name->data, name->len) == 0)
        {
            return words[i].offset;
        }
    }

    return NGX_MITZU_NO_WORD;
}


/* "name=value", with a value. */

static ngx_int_t
ngx_mitzu_split(ngx_str_t *word, ngx_str_t *name, ngx_str_t *value)
{
    u_char  *p;

    p = ngx_strlchr(word->data, word->data + word->len, '=');

    if (p == NULL || p + 1 == word->data + word->len) {
        return NGX_ERROR;
    }

    name->data = word->data;
    name->len = p - word->data;
    value->data = p + 1;
    value->len = word->data + word->len - value->data;

    return NGX_OK;
}
