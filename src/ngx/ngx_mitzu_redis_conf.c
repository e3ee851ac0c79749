
/*
 * The directive mitzu_mcp_redis:
 *
 *     mitzu_mcp_redis <url> [user=name] [password_file=path] [prefix=name]
 *                     [partitions=n] [connect_timeout=time] [timeout=time];
 *
 * The URL is that of a host, a port and a database, or unix:/path?db=n.
 *
 * The same words twice are the same Redis: its connections are shared.
 */

#include "ngx/ngx_mitzu_redis.h"

#include "store/meta.h"


#define NGX_MITZU_REDIS_PORT    6379
#define NGX_MITZU_REDIS_DB_MAX  65535
#define NGX_MITZU_PASSWORD_MAX  512


typedef char *(*ngx_mitzu_param_pt)(ngx_conf_t *cf,
    ngx_mitzu_redis_conf_t *rcf, ngx_str_t *value);

typedef struct {
    ngx_str_t            name;          /* with its "=" */
    ngx_mitzu_param_pt   set;
} ngx_mitzu_param_t;


static char *ngx_mitzu_redis_conf_create(ngx_conf_t *cf,
    ngx_mitzu_redis_conf_t *rcf);
static ngx_mitzu_redis_conf_t *ngx_mitzu_redis_conf_find(ngx_conf_t *cf,
    ngx_mitzu_main_conf_t *mmcf, ngx_str_t *words);
static ngx_int_t ngx_mitzu_redis_conf_words(ngx_conf_t *cf, ngx_str_t *words);
static char *ngx_mitzu_redis_conf_url(ngx_conf_t *cf,
    ngx_mitzu_redis_conf_t *rcf, ngx_str_t *value);
static char *ngx_mitzu_redis_conf_db(ngx_mitzu_redis_conf_t *rcf,
    u_char *text, size_t len);
static char *ngx_mitzu_redis_conf_user(ngx_conf_t *cf,
    ngx_mitzu_redis_conf_t *rcf, ngx_str_t *value);
static char *ngx_mitzu_redis_conf_password(ngx_conf_t *cf,
    ngx_mitzu_redis_conf_t *rcf, ngx_str_t *value);
static char *ngx_mitzu_redis_conf_prefix(ngx_conf_t *cf,
    ngx_mitzu_redis_conf_t *rcf, ngx_str_t *value);
static char *ngx_mitzu_redis_conf_partitions(ngx_conf_t *cf,
    ngx_mitzu_redis_conf_t *rcf, ngx_str_t *value);
static char *ngx_mitzu_redis_conf_connect(ngx_conf_t *cf,
    ngx_mitzu_redis_conf_t *rcf, ngx_str_t *value);
static char *ngx_mitzu_redis_conf_timeout(ngx_conf_t *cf,
    ngx_mitzu_redis_conf_t *rcf, ngx_str_t *value);
static char *ngx_mitzu_redis_conf_msec(ngx_str_t *value, ngx_msec_t *msec);


static const ngx_mitzu_param_t  ngx_mitzu_redis_params[] = {
    { ngx_string("user="),            ngx_mitzu_redis_conf_user },
    { ngx_string("password_file="),   ngx_mitzu_redis_conf_password },
    { ngx_string("prefix="),          ngx_mitzu_redis_conf_prefix },
    { ngx_string("partitions="),      ngx_mitzu_redis_conf_partitions },
    { ngx_string("connect_timeout="), ngx_mitzu_redis_conf_connect },
    { ngx_string("timeout="),         ngx_mitzu_redis_conf_timeout },
    { ngx_null_string,                NULL }
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
    char                     *rv;
    mz_err_t                  err;
    ngx_str_t                *value, rest;
    ngx_uint_t                i;
    const ngx_mitzu_param_t  *param;

    rcf->port = NGX_MITZU_REDIS_PORT;
    rcf->connect_timeout = 2000;
    rcf->timeout = 3000;
    rcf->store.partitions = MZ_STORE_PARTITIONS;
    ngx_cpystrn((u_char *) rcf->store.prefix, (u_char *) "mitzu",
                sizeof(rcf->store.prefix));

    value = cf->args->elts;

    rv = ngx_mitzu_redis_conf_url(cf, rcf, &value[1]);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    for (i = 2; i < cf->args->nelts; i++) {

        for (param = ngx_mitzu_redis_params; param->set != NULL; param++) {
            if (ngx_strncmp(value[i].data, param->name.data, param->name.len)
                == 0)
            {
                break;
            }
        }

        if (param->set == NULL) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\"", &value[i]);
            return NGX_CONF_ERROR;
        }

        rest.data = value[i].data + param->name.len;
        rest.len = value[i].len - param->name.len;

        rv = param->set(cf, rcf, &rest);
        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    if (rcf->user.len && rcf->password.len == 0) {
        return "has user= but no password_file=";
    }

    if (mz_meta_conf_check(&rcf->store, &err) != MZ_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s", err.msg);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_mitzu_redis_conf_url(ngx_conf_t *cf, ngx_mitzu_redis_conf_t *rcf,
    ngx_str_t *value)
{
    char       *rv;
    u_char     *p, *last, mark;
    ngx_url_t   u;

    ngx_memzero(&u, sizeof(ngx_url_t));

    rcf->url = *value;
    u.url = *value;
    mark = '?';

    if (ngx_strncmp(value->data, "redis://", 8) == 0) {
        u.url.data += 8;
        u.url.len -= 8;
        mark = '/';

    } else if (ngx_strncmp(value->data, "rediss://", 9) == 0) {
        return "has no TLS in this version: use a socket, a private network "
               "or a tunnel";

    } else if (ngx_strncmp(value->data, "unix:", 5) != 0) {
        return "takes \"redis://host:port/db\" or \"unix:/path?db=n\"";
    }

    last = u.url.data + u.url.len;

    if (mark == '/' && ngx_strlchr(u.url.data, last, '@') != NULL) {
        ngx_str_set(&rcf->url, "..");
        return "takes no password in its URL, which many can read: use "
               "user= and password_file=";
    }

    p = ngx_strlchr(u.url.data, last, mark);

    if (p != NULL) {
        u.url.len = p - u.url.data;
        p++;

        if (mark == '?') {
            if (ngx_strncmp(p, "db=", 3) != 0) {
                return "takes \"unix:/path?db=n\"";
            }

            p += 3;
        }

        if (p < last) {
            rv = ngx_mitzu_redis_conf_db(rcf, p, last - p);
            if (rv != NGX_CONF_OK) {
                return rv;
            }
        }
    }

    u.default_port = NGX_MITZU_REDIS_PORT;
    u.no_resolve = 1;

    if (ngx_parse_url(cf->pool, &u) != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s in \"%V\"",
                           u.err ? u.err : "error", value);
        return NGX_CONF_ERROR;
    }

    rcf->host = u.host;
    rcf->port = u.port;
    rcf->addrs = u.addrs;
    rcf->naddrs = u.naddrs;

    return NGX_CONF_OK;
}


static char *
ngx_mitzu_redis_conf_db(ngx_mitzu_redis_conf_t *rcf, u_char *text, size_t len)
{
    ngx_int_t  n;

    n = ngx_atoi(text, len);

    if (n == NGX_ERROR || n > NGX_MITZU_REDIS_DB_MAX) {
        return "has no valid database number";
    }

    rcf->db = n;

    return NGX_CONF_OK;
}


static char *
ngx_mitzu_redis_conf_user(ngx_conf_t *cf, ngx_mitzu_redis_conf_t *rcf,
    ngx_str_t *value)
{
    rcf->user = *value;

    return (value->len == 0) ? "has an empty user=" : NGX_CONF_OK;
}


/* The first line of the file, read while we may still be root. */

static char *
ngx_mitzu_redis_conf_password(ngx_conf_t *cf, ngx_mitzu_redis_conf_t *rcf,
    ngx_str_t *value)
{
    u_char     *p;
    ssize_t     n;
    ngx_fd_t    fd;
    ngx_str_t   path;

    path = *value;

    if (ngx_conf_full_name(cf->cycle, &path, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    rcf->password.data = ngx_pnalloc(cf->pool, NGX_MITZU_PASSWORD_MAX);
    if (rcf->password.data == NULL) {
        return NGX_CONF_ERROR;
    }

    fd = ngx_open_file(path.data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_open_file_n " \"%V\" failed", &path);
        return NGX_CONF_ERROR;
    }

    n = ngx_read_fd(fd, rcf->password.data, NGX_MITZU_PASSWORD_MAX);

    if (ngx_close_file(fd) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_ALERT, cf, ngx_errno,
                           ngx_close_file_n " \"%V\" failed", &path);
    }

    for (p = rcf->password.data; n > 0 && *p != CR && *p != LF; n--) {
        p++;
    }

    rcf->password.len = p - rcf->password.data;

    if (rcf->password.len == 0
        || rcf->password.len == NGX_MITZU_PASSWORD_MAX)
    {
        return "password_file= must hold a password of 1 to 511 bytes in its "
               "first line";
    }

    return NGX_CONF_OK;
}


static char *
ngx_mitzu_redis_conf_prefix(ngx_conf_t *cf, ngx_mitzu_redis_conf_t *rcf,
    ngx_str_t *value)
{
    if (value->len > MZ_STORE_PREFIX_MAX) {
        return "has a prefix= of over 32 bytes";
    }

    ngx_cpystrn((u_char *) rcf->store.prefix, value->data, value->len + 1);

    return NGX_CONF_OK;
}


static char *
ngx_mitzu_redis_conf_partitions(ngx_conf_t *cf, ngx_mitzu_redis_conf_t *rcf,
    ngx_str_t *value)
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
ngx_mitzu_redis_conf_connect(ngx_conf_t *cf, ngx_mitzu_redis_conf_t *rcf,
    ngx_str_t *value)
{
    return ngx_mitzu_redis_conf_msec(value, &rcf->connect_timeout);
}


static char *
ngx_mitzu_redis_conf_timeout(ngx_conf_t *cf, ngx_mitzu_redis_conf_t *rcf,
    ngx_str_t *value)
{
    return ngx_mitzu_redis_conf_msec(value, &rcf->timeout);
}


static char *
ngx_mitzu_redis_conf_msec(ngx_str_t *value, ngx_msec_t *msec)
{
    ngx_int_t  n;

    n = ngx_parse_time(value, 0);

    if (n == NGX_ERROR || n == 0) {
        return "has a time that is none, like \"500ms\" or \"2s\"";
    }

    *msec = (ngx_msec_t) n;

    return NGX_CONF_OK;
}
