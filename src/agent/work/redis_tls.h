
/*
 * redis_tls: the client's end of TLS to Redis and its Sentinels, by OpenSSL:
 * 1.2 or later, the certificate and the name in it are verified.  The files
 * are read for each connection, so that renewed ones need no restart.
 */

#ifndef MZ_REDIS_TLS_H
#define MZ_REDIS_TLS_H

#include <openssl/ssl.h>

#include "agent/work/redis_url.h"


/* MZ_INVALID: a file cannot be used, or the pair is none. */
mz_rc_t mz_redis_tls_check(const mz_redis_tls_t *tls, mz_err_t *err);

/*
 * A client that has not spoken yet, on the socket fd, for SSL_free(); host
 * is whom the certificate must be for, unless tls names another.
 */
mz_rc_t mz_redis_tls_new(const mz_redis_tls_t *tls, const char *host, int fd,
    SSL **out, mz_err_t *err);

/*
 * What a failed call on ssl died of, which returned ret: MZ_DENIED when one
 * side does not believe the other, else MZ_UNAVAILABLE.
 */
mz_rc_t mz_redis_tls_failed(SSL *ssl, int ret, mz_err_t *err);


#endif /* MZ_REDIS_TLS_H */
