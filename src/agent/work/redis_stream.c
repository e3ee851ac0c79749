
#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/work/redis_stream.h"
#include "agent/work/redis_tls.h"
#include "agent/work/work.h"


/* A peer that vanished without a word is noticed within half a minute. */

#define MZ_REDIS_ALIVE_IDLE_S   15
#define MZ_REDIS_ALIVE_EVERY_S  5
#define MZ_REDIS_ALIVE_TIMES    3

static mz_rc_t mz_redis_stream_dial(mz_redis_stream_t *s,
    const struct sockaddr *sa, socklen_t len, int64_t until, mz_err_t *err);
static void mz_redis_stream_tcp(int fd);
static mz_rc_t mz_redis_stream_secure(mz_redis_stream_t *s, const char *host,
    const mz_redis_tls_t *tls, int64_t until, mz_err_t *err);
static mz_rc_t mz_redis_stream_try_write(mz_redis_stream_t *s, mz_str_t data,
    size_t *n, short *events, mz_err_t *err);
static mz_rc_t mz_redis_stream_try_read(mz_redis_stream_t *s, char *buf,
    size_t size, size_t *n, short *events, mz_err_t *err);
static mz_rc_t mz_redis_stream_wait(int fd, short events, int64_t until);


void
mz_redis_stream_init(mz_redis_stream_t *s)
{
    s->fd = -1;
    s->ssl = NULL;
}


mz_rc_t
mz_redis_stream_open(mz_redis_stream_t *s, const mz_redis_addr_t *a,
    const mz_redis_tls_t *tls, int64_t wait_ms, mz_err_t *err)
{
    int               e;
    char              port[16];
    int64_t           until, now, n;
    mz_rc_t           rc;
    struct addrinfo   hints, *list, *ai;

    memset(&hints, 0, sizeof(hints));
    hints.ai_socktype = SOCK_STREAM;
    snprintf(port, sizeof(port), "%d", a->port);

    e = getaddrinfo(a->host, port, &hints, &list);
    if (e != 0) {
        return mz_fail(err, MZ_UNAVAILABLE, "cannot connect: %s",
                       e == EAI_SYSTEM ? strerror(errno) : gai_strerror(e));
    }

    n = 0;
    for (ai = list; ai != NULL; ai = ai->ai_next) {
        n++;
    }

    until = mz_work_clock_ms() + wait_ms;
    rc = mz_fail(err, MZ_UNAVAILABLE, "cannot connect: no address");

    for (ai = list; ai != NULL && rc != MZ_OK; ai = ai->ai_next) {

        /* the silence of one address must not use up the time of others */
        now = mz_work_clock_ms();
        rc = mz_redis_stream_dial(s, ai->ai_addr, ai->ai_addrlen,
                                  now + (until - now) / n--, err);
    }

    freeaddrinfo(list);

    if (rc != MZ_OK) {
        return rc;
    }

    mz_redis_stream_tcp(s->fd);

    if (tls != NULL) {
        rc = mz_redis_stream_secure(s, a->host, tls, until, err);
        if (rc != MZ_OK) {
            mz_redis_stream_close(s);
        }
    }

    return rc;
}


mz_rc_t
mz_redis_stream_open_unix(mz_redis_stream_t *s, const char *path,
    int64_t wait_ms, mz_err_t *err)
{
    struct sockaddr_un  sa;

    memset(&sa, 0, sizeof(sa));
    sa.sun_family = AF_UNIX;

    if (strlen(path) >= sizeof(sa.sun_path)) {
        return mz_fail(err, MZ_INVALID, "the path of the socket is longer "
                       "than %zu bytes", sizeof(sa.sun_path) - 1);
    }

    snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);

    return mz_redis_stream_dial(s, (struct sockaddr *) &sa, sizeof(sa),
                                mz_work_clock_ms() + wait_ms, err);
}


void
mz_redis_stream_close(mz_redis_stream_t *s)
{
    if (s->ssl != NULL) {
        mz_redis_tls_free(s->ssl);
        s->ssl = NULL;
    }

    if (s->fd >= 0) {
        close(s->fd);
        s->fd = -1;
    }
}


mz_rc_t
mz_redis_stream_write(mz_redis_stream_t *s, mz_str_t data, int64_t wait_ms,
    mz_err_t *err)
{
    short    events;
    size_t   n;
    int64_t  until;
    mz_rc_t  rc;

    until = mz_work_clock_ms() + wait_ms;

    while (data.len > 0) {
        rc = mz_redis_stream_try_write(s, data, &n, &events, err);

        if (rc == MZ_OK) {
            data = (mz_str_t) { data.data + n, data.len - n };
            until = mz_work_clock_ms() + wait_ms;
            continue;
        }

        if (rc != MZ_AGAIN) {
            return rc;
        }

        if (mz_redis_stream_wait(s->fd, events, until) != MZ_OK) {
            return mz_fail(err, MZ_UNAVAILABLE, "timed out");
        }
    }

    return MZ_OK;
}


mz_rc_t
mz_redis_stream_read(mz_redis_stream_t *s, char *buf, size_t size, size_t *n,
    int64_t wait_ms, mz_err_t *err)
{
    short    events;
    int64_t  until;
    mz_rc_t  rc;

    until = mz_work_clock_ms() + wait_ms;

    for ( ;; ) {
        rc = mz_redis_stream_try_read(s, buf, size, n, &events, err);

        if (rc != MZ_AGAIN || wait_ms == 0) {
            return rc;
        }

        if (mz_redis_stream_wait(s->fd, events, until) != MZ_OK) {
            return MZ_AGAIN;
        }
    }
}


static mz_rc_t
mz_redis_stream_dial(mz_redis_stream_t *s, const struct sockaddr *sa,
    socklen_t len, int64_t until, mz_err_t *err)
{
    int        fd, e;
    socklen_t  size;

    fd = socket(sa->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return mz_fail(err, MZ_UNAVAILABLE, "cannot connect: %s",
                       strerror(errno));
    }

    e = connect(fd, sa, len) == 0 ? 0 : errno;

    if (e == EINPROGRESS) {
        size = sizeof(e);

        if (mz_redis_stream_wait(fd, POLLOUT, until) != MZ_OK) {
            e = ETIMEDOUT;

        } else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &e, &size) != 0) {
            e = errno;
        }
    }

    if (e != 0) {
        close(fd);
        return mz_fail(err, MZ_UNAVAILABLE, "cannot connect: %s",
                       strerror(e));
    }

    s->fd = fd;

    return MZ_OK;
}


/* What cannot be set is no loss. */

static void
mz_redis_stream_tcp(int fd)
{
    size_t  i;

    static const struct {
        int  level;
        int  name;
        int  value;
    } options[] = {
        { IPPROTO_TCP, TCP_NODELAY,   1 },
        { IPPROTO_TCP, TCP_KEEPIDLE,  MZ_REDIS_ALIVE_IDLE_S },
        { IPPROTO_TCP, TCP_KEEPINTVL, MZ_REDIS_ALIVE_EVERY_S },
        { IPPROTO_TCP, TCP_KEEPCNT,   MZ_REDIS_ALIVE_TIMES },
        { SOL_SOCKET,  SO_KEEPALIVE,  1 },
    };

    for (i = 0; i < MZ_ARRAY_LEN(options); i++) {
        (void) setsockopt(fd, options[i].level, options[i].name,
                          &options[i].value, sizeof(int));
    }
}


static mz_rc_t
mz_redis_stream_secure(mz_redis_stream_t *s, const char *host,
    const mz_redis_tls_t *tls, int64_t until, mz_err_t *err)
{
    short    events;
    mz_rc_t  rc;

    rc = mz_redis_tls_new(tls, host, s->fd, &s->ssl, err);
    if (rc != MZ_OK) {
        /* the files were good at start: they may be in the making anew */
        return rc == MZ_INVALID ? MZ_UNAVAILABLE : rc;
    }

    for ( ;; ) {
        rc = mz_redis_tls_handshake(s->ssl, &events, err);
        if (rc != MZ_AGAIN) {
            return rc;
        }

        if (mz_redis_stream_wait(s->fd, events, until) != MZ_OK) {
            return mz_fail(err, MZ_UNAVAILABLE, "TLS: timed out");
        }
    }
}


/* MZ_AGAIN: when events are there. */

static mz_rc_t
mz_redis_stream_try_write(mz_redis_stream_t *s, mz_str_t data, size_t *n,
    short *events, mz_err_t *err)
{
    ssize_t  sent;

    if (s->ssl != NULL) {
        return mz_redis_tls_write(s->ssl, data, n, events, err);
    }

    *events = POLLOUT;

    sent = send(s->fd, data.data, data.len, MSG_NOSIGNAL);
    if (sent >= 0) {
        *n = (size_t) sent;
        return MZ_OK;
    }

    if (errno == EAGAIN || errno == EINTR) {
        return MZ_AGAIN;
    }

    return mz_fail(err, MZ_UNAVAILABLE, "%s", strerror(errno));
}


static mz_rc_t
mz_redis_stream_try_read(mz_redis_stream_t *s, char *buf, size_t size,
    size_t *n, short *events, mz_err_t *err)
{
    ssize_t  got;

    if (s->ssl != NULL) {
        return mz_redis_tls_read(s->ssl, buf, size, n, events, err);
    }

    *events = POLLIN;

    got = recv(s->fd, buf, size, 0);
    if (got > 0) {
        *n = (size_t) got;
        return MZ_OK;
    }

    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        return MZ_AGAIN;
    }

    return mz_fail(err, MZ_UNAVAILABLE, "%s", got < 0
                   ? strerror(errno) : "the connection was closed");
}


/* Errors of the socket are for the call that comes next to find. */

static mz_rc_t
mz_redis_stream_wait(int fd, short events, int64_t until)
{
    int            n;
    int64_t        left;
    struct pollfd  pfd;

    for ( ;; ) {
        left = until - mz_work_clock_ms();
        left = left < 0 ? 0 : left;
        left = left > INT_MAX ? INT_MAX : left;

        pfd = (struct pollfd) { fd, events, 0 };
        n = poll(&pfd, 1, (int) left);

        if (n > 0) {
            return MZ_OK;
        }

        if (n == 0 || errno != EINTR) {
            return MZ_AGAIN;
        }
    }
}
