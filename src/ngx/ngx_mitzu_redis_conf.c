
/*
 * The directive mitzu_mcp_redis:
 *
 *     mitzu_mcp_redis <url> [user=name] [password_file=path]
 *                     [sentinel_user=name] [sentinel_password_file=path]
 *                     [prefix=name] [partitions=n]
 *                     [connect_timeout=time] [timeout=time]
 *                     [wait_replicas=n] [wait_timeout=time]
 *                     [ssl_verify=on|off] [ssl_name=name]
 *                     [ssl_trusted_certificate=file]
 *                     [ssl_certificate=file] [ssl_certificate_key=file];
 *
 * The same words twice are the same Redis: its connections are shared.
 */

#include "ngx/ngx_mitzu_redis.h"

#include "store/meta.h"


#define NGX_MITZU_PASSWORD_MAX  512
#define NGX_MITZU_REPLICAS_MAX  10


/* A setter writes what it makes of the value to the field at offset. */

typedef char *(*ngx_mitzu_param_pt)(ngx_conf_t *cf,
    ngx_mitzu_redis_conf_t *rcf, ngx_str_t *value, void *field);

typedef struct {
    ngx_str_t            name;          /* with its "=" */
    ngx_mitzu_param_pt   set;
    size_t               offset;
} ngx_mitzu_param_t;


static char *ngx_mitzu_redis_conf_create(ngx_conf_t *cf,
    ngx_mitzu_redis_conf_t *rcf);
static char *ngx_mitzu_redis_conf_param(ngx_conf_t *cf,
    ngx_mitzu_redis_conf_t *rcf, ngx_str_t *word);
static char *ngx_mitzu_redis_conf_check(ngx_conf_t *cf,
    ngx_mitzu_redis_conf_t *rcf);
static ngx_mitzu_redis_conf_t *ngx_mitzu_redis_conf_find(ngx_conf_t *cf,
    ngx_mitzu_main_conf_t *mmcf, ngx_str_t *words);
static ngx_int_t ngx_mitzu_redis_conf_words(ngx_conf_t *cf, ngx_str_t *words);
static char *ngx_mitzu_redis_conf_str(ngx_conf_t *cf,
    ngx_mitzu_redis_conf_t *rcf, ngx_str_t *value, void *field);
static char *ngx_mitzu_redis_conf_password(ngx_conf_t *cf,
    ngx_mitzu_redis_conf_t *rcf, ngx_str_t *value, void *field);
static char *ngx_mitzu_redis_conf_prefix(ngx_conf_t *cf,
    ngx_mitzu_redis_conf_t *rcf, ngx_str_t *value, void *field);
static char *ngx_mitzu_redis_conf_partitions(ngx_conf_t *cf,
    ngx_mitzu_redis_conf_t *rcf, ngx_str_t *value, void *field);
static char *ngx_mitzu_redis_conf_replicas(ngx_conf_t *cf,
    ngx_mitzu_redis_conf_t *rcf, ngx_str_t *value, void *field);
static char *ngx_mitzu_redis_conf_msec(ngx_conf_t *cf,
    ngx_mitzu_redis_conf_t *rcf, ngx_str_t *value, void *field);
static char *ngx_mitzu_redis_conf_flag(ngx_conf_t *cf,
    ngx_mitzu_redis_conf_t *rcf, ngx_str_t *value, void *field);


static const ngx_mitzu_param_t  ngx_mitzu_redis_params[] = {

    { ngx_string("user="), ngx_mitzu_redis_conf_str,
      offsetof(ngx_mitzu_redis_conf_t, user) },

    { ngx_string("password_file="), ngx_mitzu_redis_conf_password,
      offsetof(ngx_mitzu_redis_conf_t, password) },

    { ngx_string("sentinel_user="), ngx_mitzu_redis_conf_str,
      offsetof(ngx_mitzu_redis_conf_t, sentinel_user) },

    { ngx_string("sentinel_password_file="), ngx_mitzu_redis_conf_password,
      offsetof(ngx_mitzu_redis_conf_t, sentinel_password) },

    { ngx_string("prefix="), ngx_mitzu_redis_conf_prefix, 0 },

    { ngx_string("partitions="), ngx_mitzu_redis_conf_partitions, 0 },

    { ngx_string("connect_timeout="), ngx_mitzu_redis_conf_msec,
      offsetof(ngx_mitzu_redis_conf_t, connect_timeout) },

    { ngx_string("timeout="), ngx_mitzu_redis_conf_msec,
      offsetof(ngx_mitzu_redis_conf_t, timeout) },

    { ngx_string("wait_replicas="), ngx_mitzu_redis_conf_replicas, 0 },

    { ngx_string("wait_timeout="), ngx_mitzu_redis_conf_msec,
      offsetof(ngx_mitzu_redis_conf_t, wait_timeout) },

    { ngx_string("ssl_verify="), ngx_mitzu_redis_conf_flag,
      offsetof(ngx_mitzu_redis_conf_t, ssl_verify) },

    { ngx_string("ssl_name="), ngx_mitzu_redis_conf_str,
      offsetof(ngx_mitzu_redis_conf_t, ssl_name) },

    { ngx_string("ssl_trusted_certificate="), ngx_mitzu_redis_conf_str,
      offsetof(ngx_mitzu_redis_conf_t, ssl_trusted_certificate) },

    { ngx_string("ssl_certificate="), ngx_mitzu_redis_conf_str,
      offsetof(ngx_mitzu_redis_conf_t, ssl_certificate) },

    { ngx_string("ssl_certificate_key="), ngx_mitzu_redis_conf_str,
      offsetof(ngx_mitzu_redis_conf_t, ssl_certificate_key) },

    { ngx_null_string, NULL, 0 }
};


char *
ngx_mitzu_redis_conf(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_mitzu_loc_conf_t  *mlcf = conf;

    char                     *rv;
    ngx_str_t                 words;
    ngx_mitzu_main_conf_t    *mmcf;
    ngx_mitzu_redis_conf_t   *rcf, **rcfp;

    if (mlcf->redis != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    mmcf = ngx_http_conf_get_module_main_conf(cf, ngx_mitzu_mcp_module);

    if (ngx_mitzu_redis_conf_words(cf, &words) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    mlcf->redis = ngx_mitzu_redis_conf_find(cf, mmcf, &words);

    if (mlcf->redis != NULL) {
        return NGX_CONF_OK;
    }

    rcf = ngx_pcalloc(cf->pool, sizeof(ngx_mitzu_redis_conf_t));
    rcfp = ngx_array_push(&mmcf->redises);

    if (rcf == NULL || rcfp == NULL) {
        return NGX_CONF_ERROR;
    }

    mlcf->redis = rcf;
    *rcfp = rcf;
    rcf->words = words;

    rv = ngx_mitzu_redis_conf_create(cf, rcf);

    if (rv != NGX_CONF_OK && rv != NGX_CONF_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"mitzu_mcp_redis\" %s", rv);
        return NGX_CONF_ERROR;
    }

    return rv;
}


static ngx_int_t
ngx_mitzu_redis_conf_words(ngx_conf_t *cf, ngx_str_t *words)
{
    u_char      *p;
    ngx_str_t   *value;
    ngx_uint_t   i;

    value = cf->args->elts;
    words->len = 0;

    for (i = 1; i < cf->args->nelts; i++) {
        words->len += value[i].len + 1;
    }

    words->data = ngx_pnalloc(cf->pool, words->len);
    if (words->data == NULL) {
        return NGX_ERROR;
    }

    p = words->data;

    for (i = 1; i < cf->args->nelts; i++) {
        p = ngx_cpymem(p, value[i].data, value[i].len);
        *p++ = ' ';
    }

    return NGX_OK;
}


static ngx_mitzu_redis_conf_t *
ngx_mitzu_redis_conf_find(ngx_conf_t *cf, ngx_mitzu_main_conf_t *mmcf,
    ngx_str_t *words)
{
    ngx_uint_t                i;
    ngx_mitzu_redis_conf_t  **rcfp;

    rcfp = mmcf->redises.elts;

    for (i = 0; i < mmcf->redises.nelts; i++) {
        if (rcfp[i]->words.len == words->len
            && ngx_memcmp(rcfp[i]->words.data, words->data, words->len) == 0)
        {
            return rcfp[i];
        }
    }

    return NULL;
}


static char *
ngx_mitzu_redis_conf_create(ngx_conf_t *cf, ngx_mitzu_redis_conf_t *rcf)
{
    char        *rv;
    ngx_str_t   *value;
    ngx_uint_t   i;

    rcf->connect_timeout = 2000;
    rcf->timeout = 3000;
    rcf->wait_timeout = 1000;
    rcf->ssl_verify = 1;
    rcf->store.partitions = MZ_STORE_PARTITIONS;
    ngx_cpystrn((u_char *) rcf->store.prefix, (u_char *) "mitzu",
                sizeof(rcf->store.prefix));

    value = cf->args->elts;

    rv = ngx_mitzu_redis_url(cf, rcf, &value[1]);

    for (i = 2; rv == NGX_CONF_OK && i < cf->args->nelts; i++) {
        rv = ngx_mitzu_redis_conf_param(cf, rcf, &value[i]);
    }

    if (rv == NGX_CONF_OK) {
        rv = ngx_mitzu_redis_conf_check(cf, rcf);
    }

    return (rv == NGX_CONF_OK) ? ngx_mitzu_tls_conf(cf, rcf) : rv;
}


static char *
ngx_mitzu_redis_conf_param(ngx_conf_t *cf, ngx_mitzu_redis_conf_t *rcf,
    ngx_str_t *word)
{
    ngx_str_t                 rest;
    const ngx_mitzu_param_t  *param;

    for (param = ngx_mitzu_redis_params; param->set != NULL; param++) {
        if (ngx_strncmp(word->data, param->name.data, param->name.len) == 0) {
            break;
        }
    }

    if (param->set == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid parameter \"%V\"",
                           word);
        return NGX_CONF_ERROR;
    }

    rest.data = word->data + param->name.len;
    rest.len = word->len - param->name.len;

    if (rest.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "empty parameter \"%V\"",
                           word);
        return NGX_CONF_ERROR;
    }

    return param->set(cf, rcf, &rest, (u_char *) rcf + param->offset);
}


static char *
ngx_mitzu_redis_conf_check(ngx_conf_t *cf, ngx_mitzu_redis_conf_t *rcf)
{
    mz_err_t  err;

    if (rcf->user.len && rcf->password.len == 0) {
        return "has user= but no password_file=";
    }

    if (rcf->sentinel_user.len && rcf->sentinel_password.len == 0) {
        return "has sentinel_user= but no sentinel_password_file=";
    }

    if (rcf->sentinel_password.len && rcf->master.len == 0) {
        return "has sentinel_password_file= but no sentinels: their URL is "
               "\"redis+sentinel://host,host,host/master/db\"";
    }

    if (mz_meta_conf_check(&rcf->store, &err) != MZ_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s", err.msg);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_mitzu_redis_conf_str(ngx_conf_t *cf, ngx_mitzu_redis_conf_t *rcf,
    ngx_str_t *value, void *field)
{
    *(ngx_str_t *) field = *value;

    return NGX_CONF_OK;
}


/* The first line of the file, read while we may still be root. */

static char *
ngx_mitzu_redis_conf_password(ngx_conf_t *cf, ngx_mitzu_redis_conf_t *rcf,
    ngx_str_t *value, void *field)
{
    u_char     *p;
    ssize_t     n;
    ngx_fd_t    fd;
    ngx_str_t   path, *password;

    path = *value;
    password = field;

    if (ngx_conf_full_name(cf->cycle, &path, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    password->data = ngx_pnalloc(cf->pool, NGX_MITZU_PASSWORD_MAX);
    if (password->data == NULL) {
        return NGX_CONF_ERROR;
    }

    fd = ngx_open_file(path.data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_open_file_n " \"%V\" failed", &path);
        return NGX_CONF_ERROR;
    }

    n = ngx_read_fd(fd, password->data, NGX_MITZU_PASSWORD_MAX);

    if (ngx_close_file(fd) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_ALERT, cf, ngx_errno,
                           ngx_close_file_n " \"%V\" failed", &path);
    }

    for (p = password->data; n > 0 && *p != CR && *p != LF; n--) {
        p++;
    }

    password->len = p - password->data;

    if (password->len == 0
        || password->len == NGX_MITZU_PASSWORD_MAX)
    {
        return "password_file= must hold a password of 1 to 511 bytes in its "
               "first line";
    }

    return NGX_CONF_OK;
}


static char *
ngx_mitzu_redis_conf_prefix(ngx_conf_t *cf, ngx_mitzu_redis_conf_t *rcf,
    ngx_str_t *value, void *field)
{
    if (value->len > MZ_STORE_PREFIX_MAX) {
        return "has a prefix= of over 32 bytes";
    }

    ngx_cpystrn((u_char *) rcf->store.prefix, value->data, value->len + 1);

    return NGX_CONF_OK;
}


static char *
ngx_mitzu_redis_conf_partitions(ngx_conf_t *cf, ngx_mitzu_redis_conf_t *rcf,
    ngx_str_t *value, void *field)
{
    ngx_int_t  n;

    n = ngx_atoi(value->data, value->len);

    if (n < 1 || n > MZ_STORE_PARTITIONS_MAX) {
        return "takes partitions= from 1 to 100";
    }

    rcf->store.partitions = (unsigned) n;

    return NGX_CONF_OK;
}


static char *
ngx_mitzu_redis_conf_replicas(ngx_conf_t *cf, ngx_mitzu_redis_conf_t *rcf,
    ngx_str_t *value, void *field)
{
    ngx_int_t  n;

    n = ngx_atoi(value->data, value->len);

    if (n < 0 || n > NGX_MITZU_REPLICAS_MAX) {
        return "takes wait_replicas= from 0 to 10";
    }

    rcf->wait_replicas = n;

    return NGX_CONF_OK;
}


static char *
ngx_mitzu_redis_conf_msec(ngx_conf_t *cf, ngx_mitzu_redis_conf_t *rcf,
    ngx_str_t *value, void *field)
{
    ngx_int_t  n;

    n = ngx_parse_time(value, 0);

    if (n == NGX_ERROR || n == 0) {
        return "has a time that is none, like \"500ms\" or \"2s\"";
    }

    *(ngx_msec_t *) field = (ngx_msec_t) n;

    return NGX_CONF_OK;
}


static char *
ngx_mitzu_redis_conf_flag(ngx_conf_t *cf, ngx_mitzu_redis_conf_t *rcf,
    ngx_str_t *value, void *field)
{
    ngx_uint_t  *flag = field;

    if (value->len == 2 && ngx_strncmp(value->data, "on", 2) == 0) {
        *flag = 1;

    } else if (value->len == 3 && ngx_strncmp(value->data, "off", 3) == 0) {
        *flag = 0;

    } else {
        return "takes \"on\" or \"off\" for ssl_verify=";
    }

    return NGX_CONF_OK;
}


void
ngx_mitzu_redis_budget(ngx_mitzu_redis_conf_t *rcf, ngx_log_t *log)
{
    ngx_uint_t        n;
    ngx_core_conf_t  *ccf;

    ccf = (ngx_core_conf_t *) ngx_get_conf(ngx_cycle->conf_ctx,
                                           ngx_core_module);
    n = ngx_mitzu_pool_size(rcf);

    ngx_log_error(NGX_LOG_NOTICE, log, 0,
                  "mitzu mcp: redis %V: %ui connections of each of %i "
                  "workers, %ui of this node%s", &rcf->url, n,
                  ccf->worker_processes, n * ccf->worker_processes,
                  rcf->master.len ? ", and one of each to a sentinel" : "");
}
