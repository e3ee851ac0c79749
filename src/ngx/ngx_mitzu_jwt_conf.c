
/*
 * jwt_conf: mitzu_jwt, mitzu_jwt_keys and mitzu_jwt_cache, of a location
 * that says who an access token is of.
 */

#include "ngx/ngx_mitzu_auth.h"

#include "base/mz_sha256.h"


#define NGX_MITZU_JWT_CACHE_MIN   (8 * ngx_pagesize)
#define NGX_MITZU_JWT_CACHE_SIZE  (1024 * 1024)

#define NGX_MITZU_KEYS_CHECK      10000         /* ms; of a file */
#define NGX_MITZU_KEYS_THROTTLE   30000
#define NGX_MITZU_KEYS_TIMEOUT    10000


typedef struct {
    ngx_str_t               name;
    size_t                  offset;     /* of a ngx_msec_t */
} ngx_mitzu_keys_param_t;


static ngx_mitzu_jwt_conf_t *ngx_mitzu_jwt_get(ngx_conf_t *cf,
    ngx_mitzu_loc_conf_t *mlcf);
static char *ngx_mitzu_jwt_missing(ngx_conf_t *cf,
    ngx_mitzu_jwt_conf_t *conf, const char *what);
static char *ngx_mitzu_jwt_cache_default(ngx_conf_t *cf,
    ngx_mitzu_jwt_conf_t *conf);
static ngx_int_t ngx_mitzu_jwt_id(ngx_mitzu_jwt_conf_t *conf);
static void ngx_mitzu_jwt_id_add(mz_buf_t *text, mz_str_t s);
static char *ngx_mitzu_jwt_keys_param(ngx_conf_t *cf,
    ngx_mitzu_keys_conf_t *keys, ngx_str_t *param);


static const ngx_mitzu_keys_param_t  ngx_mitzu_keys_params[] = {
    { ngx_string("refresh="), offsetof(ngx_mitzu_keys_conf_t, refresh) },
    { ngx_string("throttle="), offsetof(ngx_mitzu_keys_conf_t, throttle) },
    { ngx_string("timeout="), offsetof(ngx_mitzu_keys_conf_t, timeout) },
    { ngx_null_string, 0 }
};

static ngx_str_t  ngx_mitzu_jwt_zone = ngx_string("mitzu_jwt");


char *
ngx_mitzu_jwt_conf(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char                      *rv;
    ngx_str_t                 *value;
    ngx_uint_t                 i;
    ngx_mitzu_jwt_conf_t      *jcf;
    ngx_mitzu_main_conf_t     *mmcf;
    ngx_http_core_loc_conf_t  *clcf;

    jcf = ngx_mitzu_jwt_get(cf, conf);
    if (jcf == NULL) {
        return NGX_CONF_ERROR;
    }

    if (jcf->has_jwt) {
        return "is duplicate";
    }

    jcf->has_jwt = 1;
    jcf->file = cf->conf_file->file.name;
    jcf->line = cf->conf_file->line;

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        rv = ngx_mitzu_jwt_param(cf, jcf, &value[i]);

        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    if (jcf->jwt.issuer.len == 0) {
        return "needs \"issuer=\": what the claim \"iss\" of your tokens is, "
               "exactly";
    }

    if (jcf->jwt.naudiences == 0) {
        return "needs \"audience=\": the URL of this resource, as the claim "
               "\"aud\" of tokens for it says it";
    }

    if (jcf->jwt.algs == 0) {
        jcf->jwt.algs = MZ_JWT_RS256;
    }

    mmcf = ngx_http_conf_get_module_main_conf(cf, ngx_mitzu_mcp_module);
    mmcf->needs_zone = 1;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_mitzu_jwt_handler;

    return NGX_CONF_OK;
}


/* The settings of a location; the directives come in any order. */

static ngx_mitzu_jwt_conf_t *
ngx_mitzu_jwt_get(ngx_conf_t *cf, ngx_mitzu_loc_conf_t *mlcf)
{
    ngx_mitzu_jwt_conf_t  *jcf;

    if (mlcf->jwt != NULL) {
        return mlcf->jwt;
    }

    jcf = ngx_pcalloc(cf->pool, sizeof(ngx_mitzu_jwt_conf_t));
    if (jcf == NULL) {
        return NULL;
    }

    jcf->file = cf->conf_file->file.name;
    jcf->line = cf->conf_file->line;
    jcf->jwt.leeway_s = MZ_JWT_LEEWAY_S;
    jcf->jwt.token_max = MZ_JWT_TOKEN_MAX;
    jcf->jwt.project_claim = mz_str("org_id");

    mlcf->jwt = jcf;

    return jcf;
}


char *
ngx_mitzu_jwt_keys_conf(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char                   *rv;
    ngx_str_t              *value;
    ngx_uint_t              i;
    ngx_mitzu_jwt_conf_t   *jcf;
    ngx_mitzu_keys_conf_t   keys;

    jcf = ngx_mitzu_jwt_get(cf, conf);
    if (jcf == NULL) {
        return NGX_CONF_ERROR;
    }

    if (jcf->keys != NULL) {
        return "is duplicate";
    }

    value = cf->args->elts;

    ngx_memzero(&keys, sizeof(ngx_mitzu_keys_conf_t));
    keys.source = value[1];
    keys.throttle = NGX_MITZU_KEYS_THROTTLE;
    keys.timeout = NGX_MITZU_KEYS_TIMEOUT;

    for (i = 2; i < cf->args->nelts; i++) {
        rv = ngx_mitzu_jwt_keys_param(cf, &keys, &value[i]);

        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    /* Of a URI, its answers may say how long they are good for. */

    if (keys.refresh == 0 && value[1].data[0] != '/') {
        keys.refresh = NGX_MITZU_KEYS_CHECK;
    }

    jcf->keys = ngx_mitzu_keys_add(cf, &keys);

    return (jcf->keys == NULL) ? NGX_CONF_ERROR : NGX_CONF_OK;
}


static char *
ngx_mitzu_jwt_keys_param(ngx_conf_t *cf, ngx_mitzu_keys_conf_t *keys,
    ngx_str_t *param)
{
    ngx_int_t                      n;
    ngx_str_t                      value;
    const ngx_mitzu_keys_param_t  *p;

    for (p = ngx_mitzu_keys_params; p->name.len != 0; p++) {

        if (param->len < p->name.len
            || ngx_strncmp(param->data, p->name.data, p->name.len) != 0)
        {
            continue;
        }

        value.data = param->data + p->name.len;
        value.len = param->len - p->name.len;

        n = ngx_parse_time(&value, 0);

        if (n == NGX_ERROR || n == 0) {
            return ngx_mitzu_jwt_bad(cf, "an invalid time", param);
        }

        *(ngx_msec_t *) ((char *) keys + p->offset) = (ngx_msec_t) n;

        return NGX_CONF_OK;
    }

    return ngx_mitzu_jwt_bad(cf, "an unknown parameter", param);
}


char *
ngx_mitzu_jwt_cache_conf(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    u_char                *colon;
    ssize_t                size;
    ngx_str_t             *value, name, text;
    ngx_mitzu_jwt_conf_t  *jcf;

    jcf = ngx_mitzu_jwt_get(cf, conf);
    if (jcf == NULL) {
        return NGX_CONF_ERROR;
    }

    if (jcf->has_cache) {
        return "is duplicate";
    }

    jcf->has_cache = 1;
    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        return NGX_CONF_OK;
    }

    name = value[1];
    colon = (u_char *) ngx_strchr(name.data, ':');

    if (colon == NULL || colon == name.data) {
        return ngx_mitzu_jwt_bad(cf, "an invalid zone, which is written like "
                                 "\"mitzu_jwt:1m\"", &value[1]);
    }

    name.len = colon - name.data;

    text.data = colon + 1;
    text.len = value[1].data + value[1].len - text.data;
    size = ngx_parse_size(&text);

    if (size == NGX_ERROR || size < (ssize_t) NGX_MITZU_JWT_CACHE_MIN) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid size of zone \"%V\": it takes %uzk or "
                           "more", &value[1],
                           (size_t) NGX_MITZU_JWT_CACHE_MIN / 1024);
        return NGX_CONF_ERROR;
    }

    jcf->cache = ngx_mitzu_token_zone(cf, &name, size);

    return (jcf->cache == NULL) ? NGX_CONF_ERROR : NGX_CONF_OK;
}


char *
ngx_mitzu_jwt_merge(ngx_conf_t *cf, ngx_mitzu_loc_conf_t *prev,
    ngx_mitzu_loc_conf_t *conf)
{
    ngx_mitzu_jwt_conf_t      *jcf;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    /* "if" and "limit_except" make locations that are to go on as theirs. */

    if (conf->jwt == NULL && prev->jwt != NULL && clcf->noname
        && clcf->handler == NULL)
    {
        conf->jwt = prev->jwt;
        clcf->handler = ngx_mitzu_jwt_handler;

        return NGX_CONF_OK;
    }

    jcf = conf->jwt;

    if (jcf == NULL) {
        return NGX_CONF_OK;
    }

    if (!jcf->has_jwt) {
        return ngx_mitzu_jwt_missing(cf, jcf, "\"mitzu_jwt issuer=.. "
                                     "audience=..\" beside its keys or cache");
    }

    if (jcf->keys == NULL) {
        return ngx_mitzu_jwt_missing(cf, jcf, "\"mitzu_jwt_keys\" beside "
                                     "\"mitzu_jwt\"");
    }

    if (clcf->handler != ngx_mitzu_jwt_handler) {
        return ngx_mitzu_jwt_missing(cf, jcf, "a location of its own for "
                                     "\"mitzu_jwt\", without another handler");
    }

    if (!clcf->internal && !clcf->named) {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "the location of \"mitzu_jwt\" in %V:%ui is not "
                      "\"internal\": anybody may try tokens there",
                      &jcf->file, jcf->line);
    }

    if (!jcf->has_cache
        && ngx_mitzu_jwt_cache_default(cf, jcf) != NGX_CONF_OK)
    {
        return NGX_CONF_ERROR;
    }

    return (ngx_mitzu_jwt_id(jcf) == NGX_OK) ? NGX_CONF_OK : NGX_CONF_ERROR;
}


static char *
ngx_mitzu_jwt_missing(ngx_conf_t *cf, ngx_mitzu_jwt_conf_t *conf,
    const char *what)
{
    ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "the location in %V:%ui needs %s",
                  &conf->file, conf->line, what);

    return NGX_CONF_ERROR;
}


static char *
ngx_mitzu_jwt_cache_default(ngx_conf_t *cf, ngx_mitzu_jwt_conf_t *conf)
{
    conf->cache = ngx_mitzu_token_zone(cf, &ngx_mitzu_jwt_zone, 0);

    if (conf->cache == NULL) {
        return NGX_CONF_ERROR;
    }

    /* Another location may have given a zone of this name its size. */

    if (conf->cache->shm.size == 0) {
        conf->cache->shm.size = NGX_MITZU_JWT_CACHE_SIZE;
    }

    return NGX_CONF_OK;
}


/*
 * What a token was judged by: with other settings it is judged anew, also
 * when they came with a reload, which keeps the cache.
 */

static ngx_int_t
ngx_mitzu_jwt_id(ngx_mitzu_jwt_conf_t *conf)
{
    size_t          i;
    mz_rc_t         rc;
    mz_buf_t        text;
    mz_jwt_conf_t  *jwt;
    unsigned char   md[MZ_SHA256_LEN];

    jwt = &conf->jwt;
    mz_buf_init(&text, 0);

    mz_buf_addf(&text, "1 %x %lld %d %zu", jwt->algs,
                (long long) jwt->leeway_s, (int) jwt->is_project_required,
                jwt->token_max);
    ngx_mitzu_jwt_id_add(&text, jwt->issuer);
    ngx_mitzu_jwt_id_add(&text, jwt->client_id);
    ngx_mitzu_jwt_id_add(&text, jwt->project_claim);
    ngx_mitzu_jwt_id_add(&text, jwt->scopes);

    for (i = 0; i < jwt->naudiences; i++) {
        ngx_mitzu_jwt_id_add(&text, jwt->audiences[i]);
    }

    mz_buf_add_c(&text, " claims");

    for (i = 0; i < jwt->nclaims; i++) {
        ngx_mitzu_jwt_id_add(&text, jwt->claims[i].name);
        ngx_mitzu_jwt_id_add(&text, jwt->claims[i].value);
    }

    rc = (text.rc == MZ_OK) ? mz_sha256(mz_buf_view(&text), md) : text.rc;

    mz_buf_free(&text);

    if (rc != MZ_OK) {
        return NGX_ERROR;
    }

    ngx_memcpy(conf->id, md, sizeof(conf->id));

    return NGX_OK;
}


/* With its length: two settings never look like one. */

static void
ngx_mitzu_jwt_id_add(mz_buf_t *text, mz_str_t s)
{
    mz_buf_addf(text, " %c%zu:", s.data == NULL ? '-' : '+', s.len);
    mz_buf_add_str(text, s);
}
