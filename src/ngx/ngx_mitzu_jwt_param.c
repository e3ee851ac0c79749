
/*
 * jwt_param: the parameters of mitzu_jwt, one function each.
 */

#include "ngx/ngx_mitzu_auth.h"


#define NGX_MITZU_JWT_TOKEN_MIN   512
#define NGX_MITZU_JWT_TOKEN_CEIL  (64 * 1024)
#define NGX_MITZU_JWT_LEEWAY_MAX  600           /* s */


/* NULL: it was good; NGX_CONF_ERROR: the reason is logged. */
typedef char *(*ngx_mitzu_jwt_param_pt)(ngx_conf_t *cf,
    ngx_mitzu_jwt_conf_t *conf, ngx_str_t *value);

typedef struct {
    ngx_str_t               name;
    ngx_mitzu_jwt_param_pt  set;
} ngx_mitzu_jwt_param_t;


static char *ngx_mitzu_jwt_issuer(ngx_conf_t *cf, ngx_mitzu_jwt_conf_t *conf,
    ngx_str_t *value);
static char *ngx_mitzu_jwt_audience(ngx_conf_t *cf,
    ngx_mitzu_jwt_conf_t *conf, ngx_str_t *value);
static char *ngx_mitzu_jwt_client_id(ngx_conf_t *cf,
    ngx_mitzu_jwt_conf_t *conf, ngx_str_t *value);
static char *ngx_mitzu_jwt_alg(ngx_conf_t *cf, ngx_mitzu_jwt_conf_t *conf,
    ngx_str_t *value);
static char *ngx_mitzu_jwt_alg_one(ngx_conf_t *cf, ngx_mitzu_jwt_conf_t *conf,
    mz_str_t name);
static char *ngx_mitzu_jwt_leeway(ngx_conf_t *cf, ngx_mitzu_jwt_conf_t *conf,
    ngx_str_t *value);
static char *ngx_mitzu_jwt_project_claim(ngx_conf_t *cf,
    ngx_mitzu_jwt_conf_t *conf, ngx_str_t *value);
static char *ngx_mitzu_jwt_project(ngx_conf_t *cf, ngx_mitzu_jwt_conf_t *conf,
    ngx_str_t *value);
static char *ngx_mitzu_jwt_scope(ngx_conf_t *cf, ngx_mitzu_jwt_conf_t *conf,
    ngx_str_t *value);
static char *ngx_mitzu_jwt_claim(ngx_conf_t *cf, ngx_mitzu_jwt_conf_t *conf,
    ngx_str_t *value);
static char *ngx_mitzu_jwt_token_max(ngx_conf_t *cf,
    ngx_mitzu_jwt_conf_t *conf, ngx_str_t *value);
static char *ngx_mitzu_jwt_once(ngx_conf_t *cf, const char *name,
    mz_str_t *to, ngx_str_t *value);


static const ngx_mitzu_jwt_param_t  ngx_mitzu_jwt_params[] = {
    { ngx_string("issuer="), ngx_mitzu_jwt_issuer },
    { ngx_string("audience="), ngx_mitzu_jwt_audience },
    { ngx_string("client_id="), ngx_mitzu_jwt_client_id },
    { ngx_string("alg="), ngx_mitzu_jwt_alg },
    { ngx_string("leeway="), ngx_mitzu_jwt_leeway },
    { ngx_string("project_claim="), ngx_mitzu_jwt_project_claim },
    { ngx_string("project="), ngx_mitzu_jwt_project },
    { ngx_string("scope="), ngx_mitzu_jwt_scope },
    { ngx_string("claim="), ngx_mitzu_jwt_claim },
    { ngx_string("token_max="), ngx_mitzu_jwt_token_max },
    { ngx_null_string, NULL }
};


char *
ngx_mitzu_jwt_param(ngx_conf_t *cf, ngx_mitzu_jwt_conf_t *conf,
    ngx_str_t *param)
{
    ngx_str_t                     value;
    const ngx_mitzu_jwt_param_t  *p;

    for (p = ngx_mitzu_jwt_params; p->name.len != 0; p++) {

        if (param->len < p->name.len
            || ngx_strncmp(param->data, p->name.data, p->name.len) != 0)
        {
            continue;
        }

        value.data = param->data + p->name.len;
        value.len = param->len - p->name.len;

        if (value.len == 0) {
            return ngx_mitzu_jwt_bad(cf, "a parameter without a value",
                                     param);
        }

        return p->set(cf, conf, &value);
    }

    return ngx_mitzu_jwt_bad(cf, "an unknown parameter", param);
}


char *
ngx_mitzu_jwt_bad(ngx_conf_t *cf, const char *what, ngx_str_t *value)
{
    ngx_str_t  *directive;

    directive = cf->args->elts;

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"%V\" has %s: \"%V\"",
                       directive, what, value);

    return NGX_CONF_ERROR;
}


static char *
ngx_mitzu_jwt_once(ngx_conf_t *cf, const char *name, mz_str_t *to,
    ngx_str_t *value)
{
    if (to->len != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"mitzu_jwt\" has \"%s=\" twice", name);
        return NGX_CONF_ERROR;
    }

    *to = ngx_mitzu_str(value);

    return NGX_CONF_OK;
}


static char *
ngx_mitzu_jwt_issuer(ngx_conf_t *cf, ngx_mitzu_jwt_conf_t *conf,
    ngx_str_t *value)
{
    return ngx_mitzu_jwt_once(cf, "issuer", &conf->jwt.issuer, value);
}


static char *
ngx_mitzu_jwt_audience(ngx_conf_t *cf, ngx_mitzu_jwt_conf_t *conf,
    ngx_str_t *value)
{
    if (conf->jwt.naudiences == MZ_JWT_AUDIENCES_MAX) {
        return ngx_mitzu_jwt_bad(cf, "too many audiences", value);
    }

    conf->jwt.audiences[conf->jwt.naudiences++] = ngx_mitzu_str(value);

    return NGX_CONF_OK;
}


static char *
ngx_mitzu_jwt_client_id(ngx_conf_t *cf, ngx_mitzu_jwt_conf_t *conf,
    ngx_str_t *value)
{
    return ngx_mitzu_jwt_once(cf, "client_id", &conf->jwt.client_id, value);
}


/* "alg=RS256", more than once, or "alg=RS256 ES256" in quotes. */

static char *
ngx_mitzu_jwt_alg(ngx_conf_t *cf, ngx_mitzu_jwt_conf_t *conf,
    ngx_str_t *value)
{
    char      *rv;
    mz_str_t   rest, name;

    rest = ngx_mitzu_str(value);

    while (mz_str_split(&rest, ' ', &name)) {

        if (name.len == 0) {
            continue;
        }

        rv = ngx_mitzu_jwt_alg_one(cf, conf, name);

        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    return NGX_CONF_OK;
}


static char *
ngx_mitzu_jwt_alg_one(ngx_conf_t *cf, ngx_mitzu_jwt_conf_t *conf,
    mz_str_t name)
{
    unsigned   alg;
    ngx_str_t  text;

    alg = mz_jwt_alg_parse(name);

    if (alg != 0) {
        conf->jwt.algs |= alg;
        return NGX_CONF_OK;
    }

    text.data = (u_char *) name.data;
    text.len = name.len;

    if (mz_str_has_prefix(name, mz_str("HS"))) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"mitzu_jwt\" does not take \"alg=%V\": it is "
                           "symmetric, so that whoever can verify tokens "
                           "could make them, and published keys would be "
                           "secrets", &text);
        return NGX_CONF_ERROR;
    }

    if (mz_str_ieq(name, mz_str("none"))) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"mitzu_jwt\" does not take \"alg=none\": "
                           "anybody can make such tokens");
        return NGX_CONF_ERROR;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "\"mitzu_jwt\" does not know \"alg=%V\": it takes "
                       "RS256, RS384, RS512, PS256, PS384, PS512, ES256, "
                       "ES384 and EdDSA", &text);

    return NGX_CONF_ERROR;
}


static char *
ngx_mitzu_jwt_leeway(ngx_conf_t *cf, ngx_mitzu_jwt_conf_t *conf,
    ngx_str_t *value)
{
    ngx_int_t  n;

    n = ngx_parse_time(value, 1);

    if (n == NGX_ERROR || n > NGX_MITZU_JWT_LEEWAY_MAX) {
        return ngx_mitzu_jwt_bad(cf, "a leeway that is no time up to 10m",
                                 value);
    }

    conf->jwt.leeway_s = n;

    return NGX_CONF_OK;
}


static char *
ngx_mitzu_jwt_project_claim(ngx_conf_t *cf, ngx_mitzu_jwt_conf_t *conf,
    ngx_str_t *value)
{
    conf->jwt.project_claim = ngx_mitzu_str(value);

    return NGX_CONF_OK;
}


static char *
ngx_mitzu_jwt_project(ngx_conf_t *cf, ngx_mitzu_jwt_conf_t *conf,
    ngx_str_t *value)
{
    if (mz_str_eq_c(ngx_mitzu_str(value), "required")) {
        conf->jwt.is_project_required = true;
        return NGX_CONF_OK;
    }

    if (mz_str_eq_c(ngx_mitzu_str(value), "optional")) {
        conf->jwt.is_project_required = false;
        return NGX_CONF_OK;
    }

    return ngx_mitzu_jwt_bad(cf, "a \"project=\" that is neither "
                             "\"required\" nor \"optional\"", value);
}


/* All of them are needed; they are kept in one line. */

static char *
ngx_mitzu_jwt_scope(ngx_conf_t *cf, ngx_mitzu_jwt_conf_t *conf,
    ngx_str_t *value)
{
    u_char    *p, *q;
    mz_str_t  *scopes;

    scopes = &conf->jwt.scopes;

    if (scopes->len + 1 + value->len > MZ_JWT_SCOPES_MAX) {
        return ngx_mitzu_jwt_bad(cf, "too many scopes", value);
    }

    p = ngx_pnalloc(cf->pool, scopes->len + 1 + value->len);
    if (p == NULL) {
        return NGX_CONF_ERROR;
    }

    q = p;

    if (scopes->len != 0) {
        q = ngx_cpymem(q, scopes->data, scopes->len);
        *q++ = ' ';
    }

    q = ngx_cpymem(q, value->data, value->len);

    scopes->data = (char *) p;
    scopes->len = q - p;

    return NGX_CONF_OK;
}


/*
 * "claim=name:value" or "claim=name".  The name may be a URL: its own colon
 * is followed by slashes.
 */

static char *
ngx_mitzu_jwt_claim(ngx_conf_t *cf, ngx_mitzu_jwt_conf_t *conf,
    ngx_str_t *value)
{
    size_t           i;
    mz_str_t         text;
    mz_jwt_claim_t  *claim;

    if (conf->jwt.nclaims == MZ_JWT_CLAIMS_MAX) {
        return ngx_mitzu_jwt_bad(cf, "too many claims", value);
    }

    text = ngx_mitzu_str(value);
    claim = &conf->jwt.claims[conf->jwt.nclaims++];
    claim->name = text;
    claim->value = mz_null_str;

    for (i = 0; i < text.len; i++) {
        if (text.data[i] != ':'
            || (i + 2 < text.len && text.data[i + 1] == '/'
                && text.data[i + 2] == '/'))
        {
            continue;
        }

        claim->name.len = i;
        claim->value.data = text.data + i + 1;
        claim->value.len = text.len - i - 1;
        break;
    }

    if (claim->name.len == 0) {
        return ngx_mitzu_jwt_bad(cf, "a claim without a name", value);
    }

    return NGX_CONF_OK;
}


static char *
ngx_mitzu_jwt_token_max(ngx_conf_t *cf, ngx_mitzu_jwt_conf_t *conf,
    ngx_str_t *value)
{
    ssize_t  n;

    n = ngx_parse_size(value);

    if (n < NGX_MITZU_JWT_TOKEN_MIN || n > NGX_MITZU_JWT_TOKEN_CEIL) {
        return ngx_mitzu_jwt_bad(cf, "a \"token_max=\" that is no size from "
                                 "512 to 64k", value);
    }

    conf->jwt.token_max = (size_t) n;

    return NGX_CONF_OK;
}
