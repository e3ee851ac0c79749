
#include <sys/random.h>

#include "agent/work/redis_io.h"
#include "agent/work/redis_sentinel.h"
#include "base/mz_str.h"


#define MZ_REDIS_NAME_MAX      64
#define MZ_BACKOFF_FIRST_MS    50
#define MZ_BACKOFF_MAX_MS      2000

struct mz_redis_s {
    const mz_redis_url_t  *url;
    mz_redis_link_t        link;
    mz_redis_sentinel_t    sentinel;
    mz_redis_addr_t        addr;        /* as a Sentinel said */
    size_t                 first;       /* the one that was right last */
    char                   name[MZ_REDIS_NAME_MAX];
    char                   label[MZ_REDIS_LABEL_MAX];
};

static mz_rc_t mz_redis_find(mz_redis_t *r, mz_err_t *err);
static void mz_redis_follow(mz_redis_t *r);
static mz_rc_t mz_redis_reach(mz_redis_t *r, const mz_redis_addr_t *addr,
    mz_err_t *err);
static mz_rc_t mz_redis_exchange(mz_redis_t *r, const mz_cmds_t *c,
    int64_t wait_ms, mz_replies_t *out, mz_err_t *err);
static mz_rc_t mz_redis_load(mz_redis_t *r, mz_err_t *err);
static mz_rc_t mz_redis_said(const mz_redis_t *r, mz_rc_t rc, mz_err_t *err);
static mz_rc_t mz_redis_closed(const mz_redis_t *r, mz_err_t *err);
static mz_rc_t mz_redis_later(mz_redis_t *r, mz_replies_t *replies,
    mz_err_t *err);
static bool mz_redis_has_noscript(const mz_replies_t *replies);


mz_redis_t *
mz_redis_new(const mz_redis_url_t *url, const char *name)
{
    mz_redis_t  *r;

    r = calloc(1, sizeof(*r));
    if (r == NULL) {
        return NULL;
    }

    r->url = url;
    mz_redis_link_init(&r->link);
    mz_redis_sentinel_init(&r->sentinel);
    snprintf(r->name, sizeof(r->name), "%s", name);
    snprintf(r->label, sizeof(r->label), "%s", url->label);

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
    mz_redis_link_close(&r->link);
    mz_redis_sentinel_close(&r->sentinel);
}


const char *
mz_redis_label(const mz_redis_t *r)
{
    return r->label;
}


mz_rc_t
mz_redis_connect(mz_redis_t *r, mz_err_t *err)
{
    mz_rc_t  rc;

    if (mz_redis_link_is_open(&r->link)) {
        return MZ_OK;
    }

    if (r->url->master[0] != '\0') {
        return mz_redis_find(r, err);
    }

    rc = mz_redis_reach(r, r->url->n_addrs == 0 ? NULL : r->url->addrs, err);

    return rc == MZ_OK ? MZ_OK : mz_redis_said(r, rc, err);
}


mz_rc_t
mz_redis_run(mz_redis_t *r, const mz_cmds_t *c, int64_t wait_ms,
    mz_replies_t *out, mz_err_t *err)
{
    mz_rc_t  rc;

    memset(out, 0, sizeof(*out));
    mz_redis_follow(r);

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


mz_rc_t
mz_redis_wait_replicas(mz_redis_t *r, int64_t n, int64_t timeout_ms,
    mz_err_t *err)
{
    char               count[24], timeout[24];
    mz_rc_t            rc;
    mz_str_t           argv[3];
    mz_cmds_t          c;
    mz_replies_t       replies;
    const redisReply  *reply;

    if (n <= 0) {
        return MZ_OK;
    }

    /* on another connection, maybe to another server, it would say nothing */
    mz_redis_follow(r);

    if (!mz_redis_link_is_open(&r->link)) {
        return mz_redis_closed(r, err);
    }

    snprintf(count, sizeof(count), "%lld", (long long) n);
    snprintf(timeout, sizeof(timeout), "%lld", (long long) timeout_ms);

    argv[0] = mz_str("WAIT");
    argv[1] = mz_str_from(count);
    argv[2] = mz_str_from(timeout);

    mz_cmds_init(&c);
    mz_cmds_add(&c, 3, argv);
    rc = mz_redis_exchange(r, &c, timeout_ms + MZ_REDIS_REPLY_MS, &replies,
                           err);
    mz_cmds_free(&c);

    if (rc == MZ_OK) {
        rc = mz_redis_later(r, &replies, err);
    }

    if (rc != MZ_OK) {
        return rc;
    }

    reply = mz_replies_at(&replies, 0);

    if (reply->type == REDIS_REPLY_ERROR) {
        rc = mz_fail(err, MZ_DENIED, "Redis %s refuses WAIT: %s", r->label,
                     reply->str);

    } else if (reply->type != REDIS_REPLY_INTEGER || reply->integer < n) {
        rc = mz_fail(err, MZ_UNAVAILABLE, "Redis %s: %lld of %s replicas "
                     "answered within %s ms", r->label, reply->integer, count,
                     timeout);
    }

    mz_replies_free(&replies);

    return rc;
}


int
mz_redis_fd(const mz_redis_t *r)
{
    return r->link.stream.fd;
}


mz_rc_t
mz_redis_send(mz_redis_t *r, const mz_cmds_t *c, mz_err_t *err)
{
    mz_rc_t  rc;

    mz_redis_follow(r);

    if (!mz_redis_link_is_open(&r->link)) {
        return mz_redis_closed(r, err);
    }

    rc = mz_redis_link_send(&r->link, c, MZ_REDIS_REPLY_MS, err);

    return rc == MZ_OK ? MZ_OK : mz_redis_said(r, rc, err);
}


mz_rc_t
mz_redis_receive(mz_redis_t *r, redisReply **out, mz_err_t *err)
{
    mz_rc_t  rc;

    *out = NULL;
    mz_redis_follow(r);

    if (!mz_redis_link_is_open(&r->link)) {
        return mz_redis_closed(r, err);
    }

    rc = mz_redis_link_reply(&r->link, 0, out, err);

    return rc == MZ_OK || rc == MZ_AGAIN ? rc : mz_redis_said(r, rc, err);
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


/*
 * Each Sentinel is asked until one names a server that says of itself that
 * it is the master: one that was cut off names an old one.  Nothing is
 * remembered but whom to ask first.
 */

static mz_rc_t
mz_redis_find(mz_redis_t *r, mz_err_t *err)
{
    bool              is_denied;
    size_t            i, n, at;
    mz_rc_t           rc;
    mz_err_t          why;
    mz_redis_addr_t   failed;

    n = r->url->n_addrs;
    is_denied = true;
    memset(&failed, 0, sizeof(failed));
    memset(&why, 0, sizeof(why));

    for (i = 0; i < n; i++) {
        at = (r->first + i) % n;

        rc = mz_redis_sentinel_ask(&r->sentinel, r->url, at, &r->addr, err);

        if (rc != MZ_OK) {
            is_denied = is_denied && rc == MZ_DENIED;

            /* to be refused is more of a reason than to find nobody */
            if (why.rc != MZ_DENIED || rc == MZ_DENIED) {
                mz_fail(&why, rc, "Sentinel %s:%d: %.300s",
                        r->url->addrs[at].host, r->url->addrs[at].port,
                        err->msg);
            }

            continue;
        }

        if (r->addr.port == failed.port
            && strcmp(r->addr.host, failed.host) == 0)
        {
            continue;
        }

        snprintf(r->label, sizeof(r->label), "%.200s at %.255s:%d",
                 r->url->master, r->addr.host, r->addr.port);

        rc = mz_redis_reach(r, &r->addr, err);

        if (rc == MZ_OK) {
            r->first = at;
            return MZ_OK;
        }

        is_denied = is_denied && rc == MZ_DENIED;
        mz_fail(&why, rc, "%s:%d: %.300s", r->addr.host, r->addr.port,
                err->msg);
        failed = r->addr;
    }

    mz_redis_close(r);

    return mz_fail(err, is_denied ? MZ_DENIED : MZ_UNAVAILABLE, "Redis %s: "
                   "no master: %s", r->url->label, why.msg);
}


/* Leaves a master that is one no more, before it is told anything. */

static void
mz_redis_follow(mz_redis_t *r)
{
    if (r->url->master[0] != '\0' && mz_redis_link_is_open(&r->link)
        && mz_redis_sentinel_moved(&r->sentinel, r->url, &r->addr))
    {
        mz_redis_close(r);
    }
}


static mz_rc_t
mz_redis_reach(mz_redis_t *r, const mz_redis_addr_t *addr, mz_err_t *err)
{
    mz_rc_t           rc;
    mz_redis_hello_t  hello;

    rc = mz_redis_link_open(&r->link, r->url, addr, MZ_REDIS_CONNECT_MS, err);

    if (rc == MZ_OK) {
        hello.user = r->url->user;
        hello.password = r->url->password;
        hello.name = r->name;
        hello.db = r->url->db;
        hello.advice = "give it in the URL, MITZU_REDIS_PASSWORD or "
                       "--redis-password-file";
        rc = mz_redis_link_hello(&r->link, &hello, MZ_REDIS_REPLY_MS, err);
    }

    if (rc == MZ_OK && r->url->master[0] != '\0') {
        rc = mz_redis_sentinel_is_master(&r->link, err);
    }

    return rc;
}


static mz_rc_t
mz_redis_exchange(mz_redis_t *r, const mz_cmds_t *c, int64_t wait_ms,
    mz_replies_t *out, mz_err_t *err)
{
    mz_rc_t  rc;

    rc = mz_redis_link_run(&r->link, c,
                           wait_ms > 0 ? wait_ms : MZ_REDIS_REPLY_MS, out,
                           err);

    return rc == MZ_OK ? MZ_OK : mz_redis_said(r, rc, err);
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
                         "%s: %s", r->label,
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


/* Puts in front of the bare words of err whom they are about. */

static mz_rc_t
mz_redis_said(const mz_redis_t *r, mz_rc_t rc, mz_err_t *err)
{
    char  words[MZ_ERR_MAX];

    snprintf(words, sizeof(words), "%s", err->msg);

    return mz_fail(err, rc, "Redis %s: %s", r->label, words);
}


static mz_rc_t
mz_redis_closed(const mz_redis_t *r, mz_err_t *err)
{
    return mz_fail(err, MZ_UNAVAILABLE, "Redis %s: not connected", r->label);
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
            mz_fail(err, MZ_UNAVAILABLE, "Redis %s: %s", r->label,
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
