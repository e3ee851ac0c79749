
/*
 * redis_stream: the bytes to and from one Redis or Sentinel: a TCP or unix
 * socket, plain or under TLS.  Nothing blocks longer than it was told, but
 * for the system's look-up of a host name.  What arrives is never left in
 * here while somebody polls the socket: a read takes all there is before it
 * says MZ_AGAIN.  Words in err are bare ("timed out"): who it was about the
 * caller adds.
 */

#ifndef MZ_REDIS_STREAM_H
#define MZ_REDIS_STREAM_H

#include "agent/work/redis_url.h"


struct ssl_st;

typedef struct {
    int             fd;                 /* -1: closed */
    struct ssl_st  *ssl;                /* NULL: plain */
} mz_redis_stream_t;


void mz_redis_stream_init(mz_redis_stream_t *s);

/* All addresses of a host are tried, within wait_ms; tls NULL: plain. */
mz_rc_t mz_redis_stream_open(mz_redis_stream_t *s, const mz_redis_addr_t *a,
    const mz_redis_tls_t *tls, int64_t wait_ms, mz_err_t *err);
mz_rc_t mz_redis_stream_open_unix(mz_redis_stream_t *s, const char *path,
    int64_t wait_ms, mz_err_t *err);

/* Says nothing to the other side: the socket may be a forked child's copy. */
void mz_redis_stream_close(mz_redis_stream_t *s);

/*
 * All of data, or what has come; wait_ms: how long for the next bytes to
 * move.  A read gives MZ_AGAIN after it, with wait_ms 0 at once.  After any
 * other failure the stream is of no more use.
 */
mz_rc_t mz_redis_stream_write(mz_redis_stream_t *s, mz_str_t data,
    int64_t wait_ms, mz_err_t *err);
mz_rc_t mz_redis_stream_read(mz_redis_stream_t *s, char *buf, size_t size,
    size_t *n, int64_t wait_ms, mz_err_t *err);


#endif /* MZ_REDIS_STREAM_H */
