
/*
 * redis_url: where Redis is, from a URL:
 *
 *     "redis://[[user]:password@]host[:port][/db]"    host may be [v6]
 *     "unix:/path[?db=N&user=NAME]"
 *
 * User and password may be percent-encoded.  The password may come from a
 * file or the environment instead.  Nothing here is ever logged but
 * mz_redis_url_t.label.
 */

#ifndef MZ_REDIS_URL_H
#define MZ_REDIS_URL_H

#include "base/mz_base.h"


#define MZ_REDIS_PORT        6379
#define MZ_REDIS_TEXT_MAX    512     /* bytes of a host, path, password */
#define MZ_REDIS_DB_MAX      65535

typedef struct {
    char  host[MZ_REDIS_TEXT_MAX];      /* "" for a unix socket */
    char  path[MZ_REDIS_TEXT_MAX];      /* "" for TCP */
    char  user[MZ_REDIS_TEXT_MAX];      /* "": the default user */
    char  password[MZ_REDIS_TEXT_MAX];  /* "": no AUTH */
    char  label[MZ_REDIS_TEXT_MAX + 16];    /* address for logs */
    int   port;
    int   db;
} mz_redis_url_t;


/* MZ_INVALID: err says what is wrong without repeating the URL. */
mz_rc_t mz_redis_url_parse(mz_redis_url_t *u, mz_str_t url, mz_err_t *err);

/* The first line of a file becomes the password. */
mz_rc_t mz_redis_url_password_file(mz_redis_url_t *u, const char *path,
    mz_err_t *err);

mz_rc_t mz_redis_url_set_password(mz_redis_url_t *u, mz_str_t password,
    mz_err_t *err);


#endif /* MZ_REDIS_URL_H */
