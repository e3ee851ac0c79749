
#include "agent/work/redis_sentinel.h"
#include "agent/work/work.h"
#include "base/mz_str.h"


#define MZ_REDIS_SWITCH_WORDS  5        /* name, old host, port, new ones */

static mz_rc_t mz_redis_sentinel_greet(mz_redis_sentinel_t *s,
    const mz_redis_url_t *u, mz_err_t *err);
static mz_rc_t mz_redis_sentinel_read(const mz_redis_url_t *u,
    const redisReply *r, mz_redis_addr_t *out, mz_err_t *err);
static void mz_redis_sentinel_heard(const mz_redis_url_t *u,
    const redisReply *r, const mz_redis_addr_t *addr, bool *is_moved);
static mz_rc_t mz_redis_sentinel_addr(mz_str_t host, mz_str_t port,
    mz_redis_addr_t *out);
static bool mz_redis_sentinel_eq(const mz_redis_addr_t *a,
    const mz_redis_addr_t *b);


void
mz_redis_sentinel_init(mz_redis_sentinel_t *s)
{
    memset(s, 0, sizeof(*s));
    mz_redis_link_init(&s->link);
}


void
mz_redis_sentinel_close(mz_redis_sentinel_t *s)
{
    mz_redis_link_close(&s->link);
}


mz_rc_t
mz_redis_sentinel_ask(mz_redis_sentinel_t *s, const mz_redis_url_t *u,
    size_t at, mz_redis_addr_t *out, mz_err_t *err)
{
    mz_rc_t       rc;
    mz_str_t      ask[3], listen[2];
    mz_cmds_t     c;
    mz_replies_t  replies;

    mz_redis_link_close(&s->link);
    s->at = at;
    s->retry_at = mz_work_clock_ms() + MZ_REDIS_WATCH_MS;

    rc = mz_redis_sentinel_greet(s, u, err);
    if (rc != MZ_OK) {
        return rc;
    }

    ask[0] = mz_str("SENTINEL");
    ask[1] = mz_str("GET-MASTER-ADDR-BY-NAME");
    ask[2] = mz_str_from(u->master);
    listen[0] = mz_str("SUBSCRIBE");
    listen[1] = mz_str("+switch-master");

    mz_cmds_init(&c);
    mz_cmds_add(&c, 3, ask);
    mz_cmds_add(&c, 2, listen);
    rc = mz_redis_link_run(&s->link, &c, MZ_REDIS_ASK_MS, &replies, err);
    mz_cmds_free(&c);

    if (rc != MZ_OK) {
        return rc;
    }

    rc = mz_redis_sentinel_read(u, mz_replies_at(&replies, 0), out, err);

    /* one that lets nobody listen is asked now and then */
    if (rc != MZ_OK
        || mz_replies_at(&replies, 1)->type == REDIS_REPLY_ERROR)
    {
        mz_redis_link_close(&s->link);
    }

    mz_replies_free(&replies);

    return rc;
}


bool
mz_redis_sentinel_moved(mz_redis_sentinel_t *s, const mz_redis_url_t *u,
    const mz_redis_addr_t *addr)
{
    bool              is_moved;
    mz_rc_t           rc;
    mz_err_t          err;
    redisReply       *r;
    mz_redis_addr_t   now;

    is_moved = false;

    while (mz_redis_link_is_open(&s->link)) {

        rc = mz_redis_link_reply(&s->link, 0, &r, &err);

        if (rc == MZ_AGAIN) {
            return is_moved;
        }

        if (rc != MZ_OK) {
            /* it was lost: the next one at once, then after a while */
            s->retry_at = 0;
            break;
        }

        mz_redis_sentinel_heard(u, r, addr, &is_moved);
        mz_reply_free(r);
    }

    if (is_moved || mz_work_clock_ms() < s->retry_at) {
        return is_moved;
    }

    return mz_redis_sentinel_ask(s, u, (s->at + 1) % u->n_addrs, &now, &err)
           == MZ_OK && !mz_redis_sentinel_eq(&now, addr);
}


mz_rc_t
mz_redis_sentinel_is_master(mz_redis_link_t *l, mz_err_t *err)
{
    mz_rc_t            rc;
    mz_str_t           role;
    mz_str_t           argv[1];
    mz_cmds_t          c;
    mz_replies_t       replies;
    const redisReply  *r;

    argv[0] = mz_str("ROLE");
    mz_cmds_init(&c);
    mz_cmds_add(&c, 1, argv);
    rc = mz_redis_link_run(l, &c, MZ_REDIS_REPLY_MS, &replies, err);
    mz_cmds_free(&c);

    if (rc != MZ_OK) {
        return rc;
    }

    r = mz_replies_at(&replies, 0);
    role = mz_reply_str(mz_reply_at(r, 0));

    if (r->type == REDIS_REPLY_ERROR) {
        rc = mz_reply_is_unavailable(r)
             ? mz_fail(err, MZ_UNAVAILABLE, "%s", r->str)
             : mz_fail(err, MZ_DENIED, "behind Sentinels the user needs the "
                       "command ROLE (+role): %s", r->str);

    } else if (!mz_str_eq_c(role, "master")) {
        rc = mz_fail(err, MZ_UNAVAILABLE, "no master (%.*s), a failover may "
                     "be under way", (int) role.len, role.data);
    }

    mz_replies_free(&replies);

    if (rc != MZ_OK) {
        mz_redis_link_close(l);
    }

    return rc;
}


static mz_rc_t
mz_redis_sentinel_greet(mz_redis_sentinel_t *s, const mz_redis_url_t *u,
    mz_err_t *err)
{
    mz_rc_t           rc;
    mz_redis_hello_t  hello;

    rc = mz_redis_link_open(&s->link, u, &u->addrs[s->at], MZ_REDIS_ASK_MS,
                            err);
    if (rc != MZ_OK) {
        return rc;
    }

    hello.user = u->sentinel_user;
    hello.password = u->sentinel_password;
    hello.name = "mitzu-agent";
    hello.db = 0;
    hello.advice = "give it in MITZU_SENTINEL_PASSWORD or "
                   "--sentinel-password-file";

    return mz_redis_link_hello(&s->link, &hello, MZ_REDIS_ASK_MS, err);
}


static mz_rc_t
mz_redis_sentinel_read(const mz_redis_url_t *u, const redisReply *r,
    mz_redis_addr_t *out, mz_err_t *err)
{
    if (r->type == REDIS_REPLY_ERROR) {
        return mz_fail(err, mz_reply_is_unavailable(r) ? MZ_UNAVAILABLE
                                                       : MZ_DENIED,
                       "%s", r->str);
    }

    if (r->type == REDIS_REPLY_NIL) {
        return mz_fail(err, MZ_NOT_FOUND, "knows no master %s", u->master);
    }

    if (mz_redis_sentinel_addr(mz_reply_str(mz_reply_at(r, 0)),
                               mz_reply_str(mz_reply_at(r, 1)), out)
        != MZ_OK)
    {
        return mz_fail(err, MZ_UNAVAILABLE, "its answer is no address");
    }

    return MZ_OK;
}


/*
 * "message", the channel, "<name> <host> <port> <new host> <new port>".  The
 * newest of our master counts; Sentinels watch others, too, and tell of them.
 */

static void
mz_redis_sentinel_heard(const mz_redis_url_t *u, const redisReply *r,
    const mz_redis_addr_t *addr, bool *is_moved)
{
    size_t           n;
    mz_str_t         text, words[MZ_REDIS_SWITCH_WORDS];
    mz_redis_addr_t  now;

    text = mz_reply_str(mz_reply_at(r, 2));

    for (n = 0; n < MZ_REDIS_SWITCH_WORDS
                && mz_str_split(&text, ' ', &words[n]); n++)
    {
        /* void */
    }

    if (n == MZ_REDIS_SWITCH_WORDS && mz_str_eq_c(words[0], u->master)
        && mz_redis_sentinel_addr(words[3], words[4], &now) == MZ_OK)
    {
        *is_moved = !mz_redis_sentinel_eq(&now, addr);
    }
}


static mz_rc_t
mz_redis_sentinel_addr(mz_str_t host, mz_str_t port, mz_redis_addr_t *out)
{
    int64_t  v;

    if (host.len == 0 || host.len >= sizeof(out->host)
        || mz_str_to_int(port, &v) != MZ_OK || v < 1 || v > 65535)
    {
        return MZ_INVALID;
    }

    memcpy(out->host, host.data, host.len);
    out->host[host.len] = '\0';
    out->port = (int) v;

    return MZ_OK;
}


static bool
mz_redis_sentinel_eq(const mz_redis_addr_t *a, const mz_redis_addr_t *b)
{
    return a->port == b->port && strcmp(a->host, b->host) == 0;
}
