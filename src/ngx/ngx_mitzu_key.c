
/*
 * key: the secrets that sessions, request states and event ids are sealed
 * with.  Every node must have the same: from files (mitzu_mcp_key), the first
 * of which seals, or else from the record mitzu:meta of the Redis they share,
 * where the first node that came put one.
 */

#include "ngx/ngx_mitzu.h"
#include "ngx/ngx_mitzu_redis.h"


#define NGX_MITZU_KEY_FILE_MAX  4096


static ngx_int_t ngx_mitzu_key_add(ngx_conf_t *cf, mz_seal_t *seal,
    ngx_str_t *path);
static ngx_int_t ngx_mitzu_key_read(ngx_conf_t *cf, ngx_file_t *file,
    u_char *buf, size_t *len);


char *
ngx_mitzu_key_conf(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_mitzu_loc_conf_t  *mlcf = conf;

    ngx_str_t   *value;
    ngx_uint_t   i;

    if (mlcf->keys != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    mlcf->keys = ngx_pcalloc(cf->pool, sizeof(mz_seal_t));
    if (mlcf->keys == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {
        if (ngx_conf_full_name(cf->cycle, &value[i], 1) != NGX_OK
            || ngx_mitzu_key_add(cf, mlcf->keys, &value[i]) != NGX_OK)
        {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_mitzu_key_add(ngx_conf_t *cf, mz_seal_t *seal, ngx_str_t *path)
{
    u_char      buf[NGX_MITZU_KEY_FILE_MAX];
    mz_rc_t     rc;
    mz_err_t    err;
    mz_str_t    secret;
    ngx_file_t  file;

    ngx_memzero(&file, sizeof(ngx_file_t));
    file.name = *path;
    file.log = cf->log;

    secret.data = (char *) buf;

    if (ngx_mitzu_key_read(cf, &file, buf, &secret.len) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = mz_seal_add(seal, secret, &err);

    ngx_explicit_memzero(buf, sizeof(buf));

    if (rc != MZ_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"mitzu_mcp_key\" %V: %s",
                           path, err.msg);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_mitzu_key_read(ngx_conf_t *cf, ngx_file_t *file, u_char *buf, size_t *len)
{
    ssize_t  n;

    file->fd = ngx_open_file(file->name.data, NGX_FILE_RDONLY, NGX_FILE_OPEN,
                             0);

    if (file->fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_open_file_n " \"%V\" failed", &file->name);
        return NGX_ERROR;
    }

    n = ngx_read_file(file, buf, NGX_MITZU_KEY_FILE_MAX, 0);

    if (ngx_close_file(file->fd) == NGX_FILE_ERROR) {
        ngx_log_error(NGX_LOG_ALERT, cf->log, ngx_errno,
                      ngx_close_file_n " \"%V\" failed", &file->name);
    }

    if (n == NGX_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_read_file_n " \"%V\" failed", &file->name);
        return NGX_ERROR;
    }

    *len = n;

    return NGX_OK;
}


const mz_seal_t *
ngx_mitzu_key_get(ngx_mitzu_loc_conf_t *mlcf)
{
    return (mlcf->keys != NULL) ? mlcf->keys : &mlcf->redis->seal;
}


void
ngx_mitzu_key_found(ngx_mitzu_redis_conf_t *rcf, mz_str_t secret)
{
    mz_err_t   err;
    mz_seal_t  seal;

    if (secret.len != NGX_MITZU_KEY_HEX) {
        return;
    }

    if (rcf->seal.n != 0
        && ngx_memcmp(rcf->key, secret.data, NGX_MITZU_KEY_HEX) == 0)
    {
        return;
    }

    ngx_memzero(&seal, sizeof(mz_seal_t));

    if (mz_seal_add(&seal, secret, &err) != MZ_OK) {
        return;
    }

    ngx_memcpy(rcf->key, secret.data, NGX_MITZU_KEY_HEX);
    rcf->seal = seal;

    ngx_mitzu_settle_look(rcf->pool);
}
