
#include "agent/work/redis_sentinel.h"
#include "base/mz_str.h"


static mz_rc_t mz_redis_sentinel_read(const mz_redis_url_t *u,
    const redisReply *r, mz_redis_addr_t *out, mz_err_t *err);


mz_rc_t
mz_redis_sentinel_ask(const mz_redis_url_t *u, size_t i,
    mz_redis_addr_t *out, mz_err_t *err)
{
    mz_rc_t           rc;
    mz_str_t          argv[3];
    mz_cmds_t         c;
    mz_replies_t      replies;
    mz_redis_link_t   link;
    mz_redis_hello_t  hello;

    mz_redis_link_init(&link);

    rc = mz_redis_link_open(&link, u, &u->addrs[i], MZ_REDIS_ASK_MS, err);
    if (rc != MZ_OK) {
        return rc;
    }

    hello.user = u->sentinel_user;
    hello.password = u->sentinel_password;
    hello.name = "mitzu-agent";
    hello.db = 0;
    hello.advice = "give it in MITZU_SENTINEL_PASSWORD or "
                   "--sentinel-password-file";

    rc = mz_redis_link_hello(&link, &hello, MZ_REDIS_ASK_MS, err);
    if (rc != MZ_OK) {
        return rc;
    }

    argv[0] = mz_str("SENTINEL");
    argv[1] = mz_str("GET-MASTER-ADDR-BY-NAME");
    argv[2] = mz_str_from(u->master);

    mz_cmds_init(&c);
    mz_cmds_add(&c, 3, argv);
    rc = mz_redis_link_run(&link, &c, MZ_REDIS_ASK_MS, &replies, err);
    mz_cmds_free(&c);

    if (rc == MZ_OK) {
        rc = mz_redis_sentinel_read(u, mz_replies_at(&replies, 0), out, err);
        mz_replies_free(&replies);
    }

    mz_redis_link_close(&link);

    return rc;
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
mz_redis_sentinel_read(const mz_redis_url_t *u, const redisReply *r,
    mz_redis_addr_t *out, mz_err_t *err)
{
    int64_t   port;
    mz_str_t  host;

    if (r->type == REDIS_REPLY_ERROR) {
        return mz_fail(err, mz_reply_is_unavailable(r) ? MZ_UNAVAILABLE
                                                       : MZ_DENIED,
                       "%s", r->str);
    }

    if (r->type == REDIS_REPLY_NIL) {
        return mz_fail(err, MZ_NOT_FOUND, "knows no master %s", u->master);
    }

    host = mz_reply_str(mz_reply_at(r, 0));

    if (host.len == 0 || host.len >= sizeof(out->host)
        || mz_str_to_int(mz_reply_str(mz_reply_at(r, 1)), &port) != MZ_OK
        || port < 1 || port > 65535)
    {
        return mz_fail(err, MZ_UNAVAILABLE, "its answer is no address");
    }

    memcpy(out->host, host.data, host.len);
    out->host[host.len] = '\0';
    out->port = (int) port;

    return MZ_OK;
}
