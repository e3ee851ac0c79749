
/*
 * keys_file: a key set in a local file.  It is read with the configuration,
 * and by each worker when it has changed: a stat() now and then, and a small
 * read.
 */

#include "ngx/ngx_mitzu_keys.h"


/* A file may change twice within one tick of its clock. */

#define NGX_MITZU_KEYS_SETTLE  2        /* s */


static ngx_int_t ngx_mitzu_keys_file_text(ngx_mitzu_keys_t *keys,
    ngx_file_t *file, mz_buf_t *text, mz_err_t *err);
static ngx_int_t ngx_mitzu_keys_file_failed(mz_err_t *err, const char *what);


mz_jwks_t *
ngx_mitzu_keys_file_read(ngx_mitzu_keys_t *keys, ngx_log_t *log,
    mz_err_t *err)
{
    mz_buf_t    text;
    mz_jwks_t  *set;
    ngx_int_t   rc;
    ngx_file_t  file;

    ngx_memzero(&file, sizeof(ngx_file_t));
    file.name = keys->path;
    file.log = log;

    file.fd = ngx_open_file(file.name.data, NGX_FILE_RDONLY|NGX_FILE_NONBLOCK,
                            NGX_FILE_OPEN, 0);

    if (file.fd == NGX_INVALID_FILE) {
        (void) ngx_mitzu_keys_file_failed(err, ngx_open_file_n);
        return NULL;
    }

    mz_buf_init(&text, MZ_JWKS_BYTES_MAX);

    rc = ngx_mitzu_keys_file_text(keys, &file, &text, err);

    if (ngx_close_file(file.fd) == NGX_FILE_ERROR) {
        ngx_log_error(NGX_LOG_ALERT, log, ngx_errno,
                      ngx_close_file_n " \"%V\" failed", &file.name);
    }

    set = NULL;

    if (rc == NGX_OK
        && mz_jwks_parse(mz_buf_view(&text), &set, err) != MZ_OK)
    {
        set = NULL;
    }

    mz_buf_free(&text);

    return set;
}


static ngx_int_t
ngx_mitzu_keys_file_text(ngx_mitzu_keys_t *keys, ngx_file_t *file,
    mz_buf_t *text, mz_err_t *err)
{
    off_t            size;
    char            *p;
    ssize_t          n;
    ngx_file_info_t  fi;

    if (ngx_fd_info(file->fd, &fi) == NGX_FILE_ERROR) {
        return ngx_mitzu_keys_file_failed(err, ngx_fd_info_n);
    }

    if (!ngx_is_file(&fi)) {
        (void) mz_fail(err, MZ_INVALID, "it is not a file");
        return NGX_ERROR;
    }

    size = ngx_file_size(&fi);

    keys->mtime = ngx_file_mtime(&fi);
    keys->size = size;
    keys->uniq = ngx_file_uniq(&fi);

    if (ngx_time() - keys->mtime < NGX_MITZU_KEYS_SETTLE) {
        keys->mtime = 0;
    }

    if (size > MZ_JWKS_BYTES_MAX) {
        (void) mz_fail(err, MZ_LIMIT, "it is larger than %d KB",
                       MZ_JWKS_BYTES_MAX / 1024);
        return NGX_ERROR;
    }

    p = mz_buf_reserve(text, (size_t) size);
    if (p == NULL && size != 0) {
        (void) mz_fail(err, MZ_NOMEM, "out of memory");
        return NGX_ERROR;
    }

    n = (size == 0) ? 0 : ngx_read_file(file, (u_char *) p, (size_t) size, 0);

    if (n == NGX_ERROR) {
        return ngx_mitzu_keys_file_failed(err, ngx_read_file_n);
    }

    text->len = (size_t) n;

    return NGX_OK;
}


ngx_int_t
ngx_mitzu_keys_file_look(ngx_mitzu_keys_t *keys, mz_err_t *err)
{
    ngx_file_info_t  fi;

    if (ngx_file_info(keys->path.data, &fi) == NGX_FILE_ERROR) {
        return ngx_mitzu_keys_file_failed(err, ngx_file_info_n);
    }

    return (ngx_file_mtime(&fi) == keys->mtime
            && ngx_file_size(&fi) == keys->size
            && ngx_file_uniq(&fi) == keys->uniq)
           ? NGX_OK : NGX_DECLINED;
}


static ngx_int_t
ngx_mitzu_keys_file_failed(mz_err_t *err, const char *what)
{
    u_char     text[NGX_MAX_CONF_ERRSTR / 4];
    ngx_err_t  e;

    e = ngx_errno;

    *ngx_strerror(e, text, sizeof(text) - 1) = '\0';

    (void) mz_fail(err, MZ_UNAVAILABLE, "%s failed (%d: %s)", what, (int) e,
                   (char *) text);

    return NGX_ERROR;
}
