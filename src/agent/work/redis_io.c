
#include <errno.h>
#include <poll.h>
#include <sys/random.h>
#include <sys/time.h>

#include "agent/work/redis_io.h"
#include "base/mz_str.h"


#define MZ_REDIS_NAME_MAX      64
#define MZ_REDIS_HELLO_MAX     3        /* AUTH, SELECT, CLIENT SETNAME */
#define MZ_BACKOFF_FIRST_MS    50
#define MZ_BACKOFF_MAX_MS      2000

struct mz_redis_s {
    const mz_redis_url_t  *url;
    redisContext          *ctx;         /* NULL: closed */
    char                   name[MZ_REDIS_NAME_MAX];
};

static mz_rc_t mz_redis_hello(mz_redis_t *r, mz_err_t *err);
static mz_rc_t mz_redis_exchange(mz_redis_t *r, const mz_cmds_t *c,
    int64_t wait_ms, mz_replies_t *out, mz_err_t *err);
static mz_rc_t mz_redis_read(mz_redis_t *r, size_t n, mz_replies_t *out,
    mz_err_t *err);
static mz_rc_t mz_redis_load(mz_redis_t *r, mz_err_t *err);
static mz_rc_t mz_redis_broken(mz_redis_t *r, const char *what,
    mz_err_t *err);
static mz_rc_t mz_redis_later(mz_redis_t *r, mz_replies_t *replies,
    mz_err_t *err);
static bool mz_redis_has_noscript(const mz_replies_t *replies);
static struct timeval mz_redis_timeval(int64_t ms);


mz_redis_t *
mz_redis_new(const mz_redis_url_t *url, const char *name)
{
    mz_redis_t  *r;

    r = calloc(1, sizeof(*r));
    if (r == NULL) {
        return NULL;
    }

    r->url = url;
    snprintf(r->name, sizeof(r->name), "%s", name);

    return r;
}


void
mz_redis_free(mz_redis_t *r)
{
    if (r != NULL) {
        mz_redis_close(r);
        free(r);
    }
}


void
mz_redis_close(mz_redis_t *r)
{
    if (r->ctx != NULL) {
        redisFree(r->ctx);
        r->ctx = NULL;
    }
}


mz_rc_t
mz_redis_connect(mz_redis_t *r, mz_err_t *err)
{
    struct timeval  tv;

    if (r->ctx != NULL) {
        return MZ_OK;
    }

    if (r->url->is_tls || r->url->master[0] != '\0') {
        return mz_fail(err, MZ_INVALID, "TLS and Sentinel come next");
    }

    tv = mz_redis_timeval(MZ_REDIS_CONNECT_MS);

    r->ctx = r->url->path[0] != '\0'
             ? redisConnectUnixWithTimeout(r->url->path, tv)
             : redisConnectWithTimeout(r->url->addrs[0].host,
                                       r->url->addrs[0].port, tv);

    if (r->ctx == NULL) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    if (r->ctx->err != 0) {
        return mz_redis_broken(r, "cannot connect", err);
    }

    if (r->url->path[0] == '\0') {
        /* a peer that vanished is noticed; failing to set it is no loss */
        redisEnableKeepAlive(r->ctx);
    }

    return mz_redis_hello(r, err);
}


mz_rc_t
mz_redis_run(mz_redis_t *r, const mz_cmds_t *c, int64_t wait_ms,
    mz_replies_t *out, mz_err_t *err)
{
    mz_rc_t  rc;

    memset(out, 0, sizeof(*out));

    rc = mz_redis_connect(r, err);
    if (rc != MZ_OK) {
        return rc;
    }

    rc = mz_redis_exchange(r, c, wait_ms, out, err);

    if (rc == MZ_OK && mz_redis_has_noscript(out)) {
        mz_replies_free(out);

        rc = mz_redis_load(r, err);
        if (rc == MZ_OK) {
            rc = mz_redis_exchange(r, c, wait_ms, out, err);
        }
    }

    if (rc != MZ_OK) {
        return rc;
    }

    return mz_redis_later(r, out, err);
}


void
mz_replies_free(mz_replies_t *replies)
{
    size_t  i;

    for (i = 0; i < replies->n; i++) {
        mz_reply_free(replies->replies[i]);
    }

    free(replies->replies);
    memset(replies, 0, sizeof(*replies));
}


const redisReply *
mz_replies_at(const mz_replies_t *replies, size_t i)
{
    return i < replies->n ? replies->replies[i] : NULL;
}


int
mz_redis_fd(const mz_redis_t *r)
{
    return r->ctx != NULL ? r->ctx->fd : -1;
}


mz_rc_t
mz_redis_send(mz_redis_t *r, const mz_cmds_t *c, mz_err_t *err)
{
    int  is_done;

    if (c->buf.rc != MZ_OK) {
        return mz_fail(err, c->buf.rc, "cannot build a Redis command");
    }

    if (r->ctx == NULL) {
        return mz_fail(err, MZ_UNAVAILABLE, "Redis %s: not connected",
                       r->url->label);
    }

    if (redisAppendFormattedCommand(r->ctx, c->buf.data, c->buf.len)
        != REDIS_OK)
    {
        mz_redis_close(r);
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    do {
        if (redisBufferWrite(r->ctx, &is_done) != REDIS_OK) {
            return mz_redis_broken(r, "cannot send", err);
        }
    } while (!is_done);

    return MZ_OK;
}


mz_rc_t
mz_redis_receive(mz_redis_t *r, redisReply **out, mz_err_t *err)
{
    int            n;
    void          *reply;
    struct pollfd  pfd;

    *out = NULL;

    if (r->ctx == NULL) {
        return mz_fail(err, MZ_UNAVAILABLE, "Redis %s: not connected",
                       r->url->label);
    }

    for ( ;; ) {
        reply = NULL;

        if (redisReaderGetReply(r->ctx->reader, &reply) != REDIS_OK) {
            return mz_redis_broken(r, "cannot read", err);
        }

        if (reply != NULL) {
            *out = reply;
            return MZ_OK;
        }

        pfd.fd = r->ctx->fd;
        pfd.events = POLLIN;

        n = poll(&pfd, 1, 0);
        if (n <= 0) {
            return MZ_AGAIN;
        }

        if (redisBufferRead(r->ctx) != REDIS_OK) {
            return mz_redis_broken(r, "cannot read", err);
        }
    }
}


void
mz_backoff_reset(mz_backoff_t *b)
{
    b->next_ms = 0;
}


int64_t
mz_backoff_next_ms(mz_backoff_t *b)
{
    int64_t   ms;
    uint16_t  r;

    ms = b->next_ms == 0 ? MZ_BACKOFF_FIRST_MS : b->next_ms;
    b->next_ms = ms * 2 > MZ_BACKOFF_MAX_MS ? MZ_BACKOFF_MAX_MS : ms * 2;

    /* apart, so that a fleet does not come back in step */
    if (getrandom(&r, sizeof(r), GRND_NONBLOCK) != (ssize_t) sizeof(r)) {
        r = 0;
    }

    return ms + ms * r / 4 / UINT16_MAX;
}


static mz_rc_t
mz_redis_hello(mz_redis_t *r, mz_err_t *err)
{
    char               db[16];
    size_t             i, n;
    mz_rc_t            rc;
    mz_str_t           argv[3];
    mz_cmds_t          c;
    mz_replies_t       out;
    const redisReply  *reply;

    mz_cmds_init(&c);
    n = 0;

    if (r->url->password[0] != '\0') {
        argv[n++] = mz_str("AUTH");
        if (r->url->user[0] != '\0') {
            argv[n++] = mz_str_from(r->url->user);
        }

        argv[n++] = mz_str_from(r->url->password);
        mz_cmds_add(&c, n, argv);
    }

    if (r->url->db != 0) {
        snprintf(db, sizeof(db), "%d", r->url->db);
        argv[0] = mz_str("SELECT");
        argv[1] = mz_str_from(db);
        mz_cmds_add(&c, 2, argv);
    }

    argv[0] = mz_str("CLIENT");
    argv[1] = mz_str("SETNAME");
    argv[2] = mz_str_from(r->name);
    mz_cmds_add(&c, 3, argv);

    rc = mz_redis_exchange(r, &c, 0, &out, err);
    mz_cmds_free(&c);

    if (rc != MZ_OK) {
        return rc;
    }

    /* the name is a courtesy: an ACL may forbid it */
    for (i = 0; i + 1 < out.n && rc == MZ_OK; i++) {
        reply = out.replies[i];

        if (reply->type == REDIS_REPLY_ERROR
            && !mz_reply_is_unavailable(reply))
        {
            rc = mz_fail(err, MZ_DENIED, "Redis %s refuses %s: %s",
                         r->url->label,
                         i == 0 && r->url->password[0] != '\0'
                         ? "user or password" : "the database", reply->str);
        }
    }

    if (rc == MZ_OK) {
        reply = out.replies[out.n - 1];

        if (reply->type == REDIS_REPLY_ERROR
            && strncmp(reply->str, "NOAUTH", 6) == 0)
        {
            rc = mz_fail(err, MZ_DENIED, "Redis %s wants a password: give "
                         "one in the URL, MITZU_REDIS_PASSWORD or "
                         "--redis-password-file", r->url->label);
        }
    }

    if (rc != MZ_OK) {
        mz_replies_free(&out);
        mz_redis_close(r);
        return rc;
    }

    rc = mz_redis_later(r, &out, err);
    mz_replies_free(&out);

    return rc;
}


static mz_rc_t
mz_redis_exchange(mz_redis_t *r, const mz_cmds_t *c, int64_t wait_ms,
    mz_replies_t *out, mz_err_t *err)
{
    mz_rc_t         rc;
    struct timeval  tv;

    memset(out, 0, sizeof(*out));
    tv = mz_redis_timeval(wait_ms > 0 ? wait_ms : MZ_REDIS_REPLY_MS);

    if (redisSetTimeout(r->ctx, tv) != REDIS_OK) {
        return mz_redis_broken(r, "cannot set a time-out", err);
    }

    rc = mz_redis_send(r, c, err);
    if (rc != MZ_OK) {
        return rc;
    }

    rc = mz_redis_read(r, c->n, out, err);
    if (rc != MZ_OK) {
        mz_replies_free(out);
    }

    return rc;
}


static mz_rc_t
mz_redis_read(mz_redis_t *r, size_t n, mz_replies_t *out, mz_err_t *err)
{
    void  *reply;

    out->replies = calloc(n + 1, sizeof(redisReply *));
    if (out->replies == NULL) {
        mz_redis_close(r);
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    while (out->n < n) {
        reply = NULL;

        if (redisGetReply(r->ctx, &reply) != REDIS_OK || reply == NULL) {
            return mz_redis_broken(r, "no reply", err);
        }

        out->replies[out->n++] = reply;
    }

    return MZ_OK;
}


static mz_rc_t
mz_redis_load(mz_redis_t *r, mz_err_t *err)
{
    size_t        i;
    mz_rc_t       rc;
    mz_cmds_t     c;
    mz_replies_t  out;

    mz_cmds_init(&c);
    mz_cmds_add_load(&c);

    rc = mz_redis_exchange(r, &c, 0, &out, err);
    mz_cmds_free(&c);

    if (rc != MZ_OK) {
        return rc;
    }

    for (i = 0; i < out.n && rc == MZ_OK; i++) {
        if (out.replies[i]->type == REDIS_REPLY_ERROR
            && !mz_reply_is_unavailable(out.replies[i]))
        {
            rc = mz_fail(err, MZ_INTERNAL, "Redis %s does not load script "
                         "%s: %s", r->url->label,
                         i < MZ_SCRIPTS ? mz_scripts[i].name : "?",
                         out.replies[i]->str);
        }
    }

    if (rc == MZ_OK) {
        rc = mz_redis_later(r, &out, err);
    }

    mz_replies_free(&out);

    return rc;
}


/* Says what the connection died of, and closes it. */

static mz_rc_t
mz_redis_broken(mz_redis_t *r, const char *what, mz_err_t *err)
{
    const char  *why;

    why = r->ctx->errstr[0] != '\0' ? r->ctx->errstr : strerror(errno);

    if (r->ctx->err == REDIS_ERR_IO
        && (errno == EAGAIN || errno == EINPROGRESS))
    {
        why = "timed out";
    }

    mz_fail(err, MZ_UNAVAILABLE, "Redis %s: %s: %s", r->url->label, what,
            why);
    mz_redis_close(r);

    return MZ_UNAVAILABLE;
}


/*
 * A reply that says "later" makes the whole pipeline unavailable, and the
 * connection new: after a failover the name may lead to another server.
 */

static mz_rc_t
mz_redis_later(mz_redis_t *r, mz_replies_t *replies, mz_err_t *err)
{
    size_t  i;

    for (i = 0; i < replies->n; i++) {

        if (mz_reply_is_unavailable(replies->replies[i])) {
            mz_fail(err, MZ_UNAVAILABLE, "Redis %s: %s", r->url->label,
                    replies->replies[i]->str);
            mz_replies_free(replies);
            mz_redis_close(r);

            return MZ_UNAVAILABLE;
        }
    }

    return MZ_OK;
}


static bool
mz_redis_has_noscript(const mz_replies_t *replies)
{
    size_t  i;

    for (i = 0; i < replies->n; i++) {
        if (mz_reply_is_noscript(replies->replies[i])) {
            return true;
        }
    }

    return false;
}


static struct timeval
mz_redis_timeval(int64_t ms)
{
    struct timeval  tv;

    tv.tv_sec = ms / 1000;
    tv.tv_usec = ms % 1000 * 1000;

    return tv;
}
