
#include "agent/work/redis_link.h"
#include "base/mz_str.h"
#include "store/reply.h"


#define MZ_REDIS_LINK_BUF  16384        /* as much as a record of TLS */

static void mz_redis_link_hello_cmds(const mz_redis_hello_t *hello,
    mz_cmds_t *c);
static mz_rc_t mz_redis_link_hello_judge(const mz_redis_hello_t *hello,
    const mz_replies_t *replies, mz_err_t *err);


void
mz_redis_link_init(mz_redis_link_t *l)
{
    mz_redis_stream_init(&l->stream);
    l->reader = NULL;
}


mz_rc_t
mz_redis_link_open(mz_redis_link_t *l, const mz_redis_url_t *u,
    const mz_redis_addr_t *addr, int64_t wait_ms, mz_err_t *err)
{
    mz_rc_t  rc;

    rc = addr == NULL
         ? mz_redis_stream_open_unix(&l->stream, u->path, wait_ms, err)
         : mz_redis_stream_open(&l->stream, addr,
                                u->is_tls ? &u->tls : NULL, wait_ms, err);
    if (rc != MZ_OK) {
        return rc;
    }

    l->reader = redisReaderCreate();
    if (l->reader == NULL) {
        mz_redis_link_close(l);
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    return MZ_OK;
}


void
mz_redis_link_close(mz_redis_link_t *l)
{
    if (l->reader != NULL) {
        redisReaderFree(l->reader);
        l->reader = NULL;
    }

    mz_redis_stream_close(&l->stream);
}


bool
mz_redis_link_is_open(const mz_redis_link_t *l)
{
    return l->reader != NULL;
}


mz_rc_t
mz_redis_link_send(mz_redis_link_t *l, const mz_cmds_t *c, int64_t wait_ms,
    mz_err_t *err)
{
    mz_rc_t  rc;

    if (c->buf.rc != MZ_OK) {
        return mz_fail(err, c->buf.rc, "cannot build a command");
    }

    rc = mz_redis_stream_write(&l->stream, mz_buf_view(&c->buf), wait_ms,
                               err);
    if (rc != MZ_OK) {
        mz_redis_link_close(l);
    }

    return rc;
}


mz_rc_t
mz_redis_link_reply(mz_redis_link_t *l, int64_t wait_ms, redisReply **out,
    mz_err_t *err)
{
    char      buf[MZ_REDIS_LINK_BUF];
    void     *reply;
    size_t    n;
    mz_rc_t   rc;

    *out = NULL;

    for ( ;; ) {
        reply = NULL;

        if (redisReaderGetReply(l->reader, &reply) != REDIS_OK) {
            rc = mz_fail(err, MZ_UNAVAILABLE, "what answers is not Redis: %s",
                         l->reader->errstr);
            break;
        }

        if (reply != NULL) {
            *out = reply;
            return MZ_OK;
        }

        rc = mz_redis_stream_read(&l->stream, buf, sizeof(buf), &n, wait_ms,
                                  err);
        if (rc == MZ_AGAIN) {
            return rc;
        }

        if (rc != MZ_OK) {
            break;
        }

        if (redisReaderFeed(l->reader, buf, n) != REDIS_OK) {
            rc = mz_fail(err, MZ_NOMEM, "out of memory");
            break;
        }
    }

    mz_redis_link_close(l);

    return rc;
}


mz_rc_t
mz_redis_link_run(mz_redis_link_t *l, const mz_cmds_t *c, int64_t wait_ms,
    mz_replies_t *out, mz_err_t *err)
{
    mz_rc_t  rc;

    memset(out, 0, sizeof(*out));

    rc = mz_redis_link_send(l, c, wait_ms, err);
    if (rc != MZ_OK) {
        return rc;
    }

    out->replies = calloc(c->n + 1, sizeof(redisReply *));
    if (out->replies == NULL) {
        mz_redis_link_close(l);
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    while (out->n < c->n) {
        rc = mz_redis_link_reply(l, wait_ms, &out->replies[out->n], err);

        if (rc != MZ_OK) {

            if (rc == MZ_AGAIN) {
                /* what comes later would answer the wrong question */
                mz_redis_link_close(l);
                rc = mz_fail(err, MZ_UNAVAILABLE, "no reply: timed out");
            }

            mz_replies_free(out);
            return rc;
        }

        out->n++;
    }

    return MZ_OK;
}


mz_rc_t
mz_redis_link_hello(mz_redis_link_t *l, const mz_redis_hello_t *hello,
    int64_t wait_ms, mz_err_t *err)
{
    mz_rc_t       rc;
    mz_cmds_t     c;
    mz_replies_t  out;

    mz_cmds_init(&c);
    mz_redis_link_hello_cmds(hello, &c);
    rc = mz_redis_link_run(l, &c, wait_ms, &out, err);
    mz_cmds_free(&c);

    if (rc != MZ_OK) {
        return rc;
    }

    rc = mz_redis_link_hello_judge(hello, &out, err);
    mz_replies_free(&out);

    if (rc != MZ_OK) {
        mz_redis_link_close(l);
    }

    return rc;
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


static void
mz_redis_link_hello_cmds(const mz_redis_hello_t *hello, mz_cmds_t *c)
{
    char      db[16];
    size_t    n;
    mz_str_t  argv[3];

    if (hello->password[0] != '\0') {
        n = 0;
        argv[n++] = mz_str("AUTH");
        if (hello->user[0] != '\0') {
            argv[n++] = mz_str_from(hello->user);
        }

        argv[n++] = mz_str_from(hello->password);
        mz_cmds_add(c, n, argv);
    }

    if (hello->db != 0) {
        snprintf(db, sizeof(db), "%d", hello->db);
        argv[0] = mz_str("SELECT");
        argv[1] = mz_str_from(db);
        mz_cmds_add(c, 2, argv);
    }

    argv[0] = mz_str("CLIENT");
    argv[1] = mz_str("SETNAME");
    argv[2] = mz_str_from(hello->name);
    mz_cmds_add(c, 3, argv);
}


static mz_rc_t
mz_redis_link_hello_judge(const mz_redis_hello_t *hello,
    const mz_replies_t *replies, mz_err_t *err)
{
    size_t             i;
    const redisReply  *reply;

    for (i = 0; i < replies->n; i++) {
        reply = replies->replies[i];

        if (reply->type != REDIS_REPLY_ERROR) {
            continue;
        }

        if (mz_reply_is_unavailable(reply)) {
            return mz_fail(err, MZ_UNAVAILABLE, "%s", reply->str);
        }

        if (mz_reply_is_error(reply, "NOAUTH")) {
            return mz_fail(err, MZ_DENIED, "it wants a password: %s",
                           hello->advice);
        }

        /* the name is a courtesy: an ACL may forbid it */
        if (i + 1 == replies->n) {
            break;
        }

        if (i > 0 || hello->password[0] == '\0') {
            return mz_fail(err, MZ_DENIED, "the database is refused: %s",
                           reply->str);
        }

        /* Redis repeats the arguments of what it does not know */
        return mz_fail(err, MZ_DENIED, "user or password is refused: %s",
                       mz_reply_is_error(reply, "ERR unknown command")
                       ? "it knows no AUTH" : reply->str);
    }

    return MZ_OK;
}
