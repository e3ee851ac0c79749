
/*
 * redis_url: where Redis is and how to get in, from a URL:
 *
 *     "redis://[[user]:password@]host[:port][/db]"    host may be [v6]
 *     "rediss://.."                                   the same through TLS
 *     "unix:/path[?db=N&user=NAME]"
 *     "redis+sentinel://[[user]:password@]h1[:26379][,h2..]/master[/db]"
 *     "rediss+sentinel://.."                          TLS to both kinds
 *
 * User and password are those of Redis, also behind Sentinels, which have
 * their own.  They may be percent-encoded.  Passwords may come from a file
 * or the environment instead.  Nothing here is ever logged but label.
 */

#ifndef MZ_REDIS_URL_H
#define MZ_REDIS_URL_H

#include "base/mz_base.h"


#define MZ_REDIS_PORT        6379
#define MZ_REDIS_SENTINEL    26379
#define MZ_REDIS_TEXT_MAX    512    /* bytes of a path, user, password */
#define MZ_REDIS_HOST_MAX    256
#define MZ_REDIS_LABEL_MAX   (MZ_REDIS_TEXT_MAX + 48)
#define MZ_REDIS_ADDRS_MAX   16     /* Sentinels */
#define MZ_REDIS_DB_MAX      65535

typedef struct {
    char  host[MZ_REDIS_HOST_MAX];
    int   port;
} mz_redis_addr_t;

/* Files and a name, borrowed; NULL: not given. */

typedef struct {
    const char  *ca;                    /* NULL: what the system trusts */
    const char  *cert;
    const char  *key;
    const char  *name;                  /* NULL: the host of the address */
    bool         is_insecure;           /* whoever answers will do */
} mz_redis_tls_t;

typedef struct {
    mz_redis_addr_t  addrs[MZ_REDIS_ADDRS_MAX];     /* Redis or Sentinels */
    size_t           n_addrs;           /* 0 for a unix socket */
    char             path[MZ_REDIS_TEXT_MAX];       /* "" for TCP */
    char             master[MZ_REDIS_HOST_MAX];     /* "": no Sentinels */
    char             user[MZ_REDIS_TEXT_MAX];       /* "": the default user */
    char             password[MZ_REDIS_TEXT_MAX];   /* "": no AUTH */
    char             sentinel_user[MZ_REDIS_TEXT_MAX];
    char             sentinel_password[MZ_REDIS_TEXT_MAX];
    char             label[MZ_REDIS_LABEL_MAX];     /* address for logs */
    int              db;
    bool             is_tls;
    mz_redis_tls_t   tls;               /* not part of the URL */
} mz_redis_url_t;


/* MZ_INVALID: err says what is wrong without repeating the URL. */
mz_rc_t mz_redis_url_parse(mz_redis_url_t *u, mz_str_t url, mz_err_t *err);

/*
 * A password as a string, or in the first line of a file; out is one of the
 * two of *u; whose is "Redis" or "Sentinel" for the words of err.
 */
mz_rc_t mz_redis_url_password(char out[MZ_REDIS_TEXT_MAX], const char *whose,
    mz_str_t password, mz_err_t *err);
mz_rc_t mz_redis_url_password_file(char out[MZ_REDIS_TEXT_MAX],
    const char *whose, const char *path, mz_err_t *err);


#endif /* MZ_REDIS_URL_H */
