
/*
 * redis_link: one connection that speaks the protocol of Redis, to a server
 * or to a Sentinel: commands out, replies in.  redis_io makes of it the
 * connection that finds its server again; redis_sentinel asks through one.
 * A failed call closes it.  Words in err are bare, as those of redis_stream.
 */

#ifndef MZ_REDIS_LINK_H
#define MZ_REDIS_LINK_H

#include "agent/work/redis_stream.h"
#include "store/store.h"


#define MZ_REDIS_CONNECT_MS  2000
#define MZ_REDIS_REPLY_MS    5000       /* default wait for a reply */

typedef struct {
    mz_redis_stream_t    stream;
    struct redisReader  *reader;        /* NULL: closed */
} mz_redis_link_t;

/* Who we are; "": no AUTH, no name; db 0: no SELECT. */

typedef struct {
    const char  *user;
    const char  *password;
    const char  *name;
    const char  *advice;                /* where a password would go */
    int          db;
} mz_redis_hello_t;

/* Replies of one pipeline, in its order; freed by mz_replies_free(). */

typedef struct {
    redisReply  **replies;
    size_t        n;
} mz_replies_t;


void mz_redis_link_init(mz_redis_link_t *l);

/* addr NULL: the unix socket of u; TLS as u says. */
mz_rc_t mz_redis_link_open(mz_redis_link_t *l, const mz_redis_url_t *u,
    const mz_redis_addr_t *addr, int64_t wait_ms, mz_err_t *err);
void mz_redis_link_close(mz_redis_link_t *l);
bool mz_redis_link_is_open(const mz_redis_link_t *l);

mz_rc_t mz_redis_link_send(mz_redis_link_t *l, const mz_cmds_t *c,
    int64_t wait_ms, mz_err_t *err);

/* MZ_AGAIN: nothing whole within wait_ms, and the link stays open. */
mz_rc_t mz_redis_link_reply(mz_redis_link_t *l, int64_t wait_ms,
    redisReply **out, mz_err_t *err);

/* Sends, and waits for a reply to each; *out is empty or complete. */
mz_rc_t mz_redis_link_run(mz_redis_link_t *l, const mz_cmds_t *c,
    int64_t wait_ms, mz_replies_t *out, mz_err_t *err);

/* Signs in; MZ_DENIED: not with this password, user or database. */
mz_rc_t mz_redis_link_hello(mz_redis_link_t *l, const mz_redis_hello_t *hello,
    int64_t wait_ms, mz_err_t *err);

void mz_replies_free(mz_replies_t *replies);

/* Reply i; NULL when there are not so many. */
const redisReply *mz_replies_at(const mz_replies_t *replies, size_t i);


#endif /* MZ_REDIS_LINK_H */
