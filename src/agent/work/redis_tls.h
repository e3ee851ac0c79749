
/*
 * redis_tls: the client's end of TLS to Redis and its Sentinels, by OpenSSL:
 * 1.2 or later, the certificate and the name in it are verified.  The files
 * are read for each connection, so that renewed ones need no restart.
 */

#ifndef MZ_REDIS_TLS_H
#define MZ_REDIS_TLS_H

#include "agent/work/redis_url.h"


struct ssl_st;

/* MZ_INVALID: a file cannot be used, or the pair is none. */
mz_rc_t mz_redis_tls_check(const mz_redis_tls_t *tls, mz_err_t *err);

/*
 * A client that has not spoken yet, on the socket fd, which stays the
 * caller's; host is whom the certificate must be for, unless tls names
 * another.  Freeing it says nothing to the other side.
 */
mz_rc_t mz_redis_tls_new(const mz_redis_tls_t *tls, const char *host, int fd,
    struct ssl_st **out, mz_err_t *err);
void mz_redis_tls_free(struct ssl_st *ssl);

/*
 * On a socket that does not block.  MZ_AGAIN: after *events of poll();
 * MZ_DENIED: one side does not believe the other; MZ_UNAVAILABLE: broken.
 */
mz_rc_t mz_redis_tls_handshake(struct ssl_st *ssl, short *events,
    mz_err_t *err);
mz_rc_t mz_redis_tls_write(struct ssl_st *ssl, mz_str_t data, size_t *n,
    short *events, mz_err_t *err);
mz_rc_t mz_redis_tls_read(struct ssl_st *ssl, char *buf, size_t size,
    size_t *n, short *events, mz_err_t *err);


#endif /* MZ_REDIS_TLS_H */
