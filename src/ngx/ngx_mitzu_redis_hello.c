
/*
 * hello: what happens between connect() and the first operation: sign in,
 * choose the database, say who we are, make sure that it is the master that
 * the sentinels told of, and that the deployment in this Redis is the one of
 * our configuration.
 * The first worker also looks at Redis's durability, and says what it thinks
 * of it.
 */

#include "ngx/ngx_mitzu_redis.h"

#include "store/meta.h"


#define NGX_MITZU_HELLO_MAX   5

#define NGX_MITZU_KEY_PAUSE   1000          /* ms, between two looks */


static void ngx_mitzu_redis_greeted(ngx_mitzu_op_t *op, mz_rc_t rc);
static ngx_uint_t ngx_mitzu_redis_greeting(ngx_mitzu_redis_t *rc,
    mz_cmds_t *cmds, const char *steps[NGX_MITZU_HELLO_MAX]);
static ngx_uint_t ngx_mitzu_redis_sign_in(ngx_mitzu_redis_t *rc,
    mz_cmds_t *cmds);
static ngx_uint_t ngx_mitzu_redis_step_is_bad(const char *step,
    const redisReply *reply, u_char reason[NGX_MITZU_REASON_MAX]);
static void ngx_mitzu_redis_meta(ngx_mitzu_redis_t *rc, mz_cmds_t *cmds);
static void ngx_mitzu_redis_key_seen(ngx_mitzu_op_t *op, mz_rc_t rc);
static void ngx_mitzu_redis_misfit(ngx_mitzu_redis_t *rc,
    const mz_err_t *err);
static void ngx_mitzu_redis_look(ngx_mitzu_redis_t *rc);
static void ngx_mitzu_redis_looked(ngx_mitzu_op_t *op, mz_rc_t rc);


void
ngx_mitzu_redis_hello(ngx_mitzu_redis_t *rc)
{
    mz_cmds_t    cmds;
    const char  *steps[NGX_MITZU_HELLO_MAX];

    mz_cmds_init(&cmds);
    ngx_mitzu_redis_greeting(rc, &cmds, steps);

    if (rc->class != NGX_MITZU_SENTINEL) {
        ngx_mitzu_redis_meta(rc, &cmds);
    }

    if (ngx_mitzu_redis_send_now(rc, &cmds, ngx_mitzu_redis_greeted, rc)
        == NULL)
    {
        ngx_mitzu_redis_fail(rc, 0, "no memory");
    }
}


/* The key is kept only if this deployment has none yet. */

static void
ngx_mitzu_redis_meta(ngx_mitzu_redis_t *rc, mz_cmds_t *cmds)
{
    u_char    random[NGX_MITZU_KEY_HEX / 2], hex[NGX_MITZU_KEY_HEX];
    mz_str_t  key;

    ngx_mitzu_random(random, sizeof(random));
    ngx_hex_dump(hex, random, sizeof(random));

    key.data = (char *) hex;
    key.len = sizeof(hex);

    mz_meta_check(cmds, &rc->conf->store, key);
}


void
ngx_mitzu_redis_ask_key(ngx_mitzu_pool_t *pool)
{
    mz_cmds_t           cmds;
    ngx_mitzu_redis_t  *rc;

    rc = &pool->conns[NGX_MITZU_FAST];

    if (rc->state != NGX_MITZU_REDIS_READY
        || (pool->has_asked
            && ngx_current_msec - pool->asked_at < NGX_MITZU_KEY_PAUSE))
    {
        return;
    }

    pool->has_asked = 1;
    pool->asked_at = ngx_current_msec;

    mz_cmds_init(&cmds);
    ngx_mitzu_redis_meta(rc, &cmds);

    (void) ngx_mitzu_redis_send(rc, &cmds, ngx_mitzu_redis_key_seen, rc);
}


static void
ngx_mitzu_redis_key_seen(ngx_mitzu_op_t *op, mz_rc_t rc)
{
    mz_err_t            err;
    mz_str_t            key;
    ngx_mitzu_redis_t  *conn;

    conn = op->data;

    if (rc == MZ_OK
        && mz_meta_decode(&conn->conf->store, op->replies, &key, &err)
           == MZ_OK)
    {
        ngx_mitzu_key_found(conn->conf, key);
    }
}


/* Adds the commands; steps are their names, in order.  Their number. */

static ngx_uint_t
ngx_mitzu_redis_greeting(ngx_mitzu_redis_t *rc, mz_cmds_t *cmds,
    const char *steps[NGX_MITZU_HELLO_MAX])
{
    u_char       name[NGX_INT64_LEN + sizeof("mitzu-nginx-")];
    u_char       db[NGX_INT64_LEN];
    mz_str_t     argv[3];
    ngx_uint_t   n;

    n = 0;

    if (ngx_mitzu_redis_sign_in(rc, cmds)) {
        steps[n++] = "AUTH";
    }

    if (rc->conf->db && rc->class != NGX_MITZU_SENTINEL) {
        argv[0] = mz_str("SELECT");
        argv[1].data = (char *) db;
        argv[1].len = ngx_sprintf(db, "%ui", rc->conf->db) - db;
        mz_cmds_add(cmds, 2, argv);
        steps[n++] = "SELECT";
    }

    argv[0] = mz_str("CLIENT");
    argv[1] = mz_str("SETNAME");
    argv[2].data = (char *) name;
    argv[2].len = ngx_sprintf(name, "mitzu-nginx-%P", ngx_pid) - name;
    mz_cmds_add(cmds, 3, argv);
    steps[n++] = NULL;          /* an ACL may forbid it: no harm */

    argv[0] = mz_str("PING");
    mz_cmds_add(cmds, 1, argv);
    steps[n++] = "PING";

    if (rc->conf->master.len && rc->class != NGX_MITZU_SENTINEL) {
        argv[0] = mz_str("ROLE");
        mz_cmds_add(cmds, 1, argv);
        steps[n++] = "ROLE";
    }

    return n;
}


static ngx_uint_t
ngx_mitzu_redis_sign_in(ngx_mitzu_redis_t *rc, mz_cmds_t *cmds)
{
    mz_str_t    argv[3];
    ngx_str_t  *user, *password;

    user = &rc->conf->user;
    password = &rc->conf->password;

    if (rc->class == NGX_MITZU_SENTINEL) {
        user = &rc->conf->sentinel_user;
        password = &rc->conf->sentinel_password;
    }

    if (password->len == 0) {
        return 0;
    }

    argv[0] = mz_str("AUTH");
    argv[1] = ngx_mitzu_str(user);
    argv[2] = ngx_mitzu_str(password);

    if (user->len != 0) {
        mz_cmds_add(cmds, 3, argv);

    } else {
        argv[1] = argv[2];
        mz_cmds_add(cmds, 2, argv);
    }

    return 1;
}


/* The name of a step, or NULL for one that nothing hangs on. */

static ngx_uint_t
ngx_mitzu_redis_step_is_bad(const char *step, const redisReply *reply,
    u_char reason[NGX_MITZU_REASON_MAX])
{
    mz_str_t  role;

    if (step == NULL) {
        return 0;
    }

    if (reply->type == REDIS_REPLY_ERROR) {
        (void) ngx_snprintf(reason, NGX_MITZU_REASON_MAX,
                            "%s refused: %s%Z", step, reply->str);
        reason[NGX_MITZU_REASON_MAX - 1] = '\0';
        return 1;
    }

    role = mz_reply_str(mz_reply_at(reply, 0));

    if (ngx_strcmp(step, "ROLE") == 0 && !mz_str_eq_c(role, "master")) {
        ngx_cpystrn(reason, (u_char *) "redis is no master any more, or not "
                    "yet", NGX_MITZU_REASON_MAX);
        return 1;
    }

    return 0;
}


static void
ngx_mitzu_redis_greeted(ngx_mitzu_op_t *op, mz_rc_t rc)
{
    u_char              reason[NGX_MITZU_REASON_MAX];
    mz_err_t            err;
    mz_str_t            key;
    mz_cmds_t           cmds;
    ngx_uint_t          i, n;
    const char         *steps[NGX_MITZU_HELLO_MAX];
    ngx_mitzu_redis_t  *conn;

    if (rc != MZ_OK) {
        return;
    }

    conn = op->data;

    mz_cmds_init(&cmds);
    n = ngx_mitzu_redis_greeting(conn, &cmds, steps);
    mz_cmds_free(&cmds);

    for (i = 0; i < n; i++) {
        if (ngx_mitzu_redis_step_is_bad(steps[i], op->replies[i], reason)) {
            ngx_mitzu_redis_fail(conn, 0, (char *) reason);
            return;
        }
    }

    if (conn->class != NGX_MITZU_SENTINEL) {
        if (mz_meta_decode(&conn->conf->store, &op->replies[n], &key, &err)
            != MZ_OK)
        {
            ngx_mitzu_redis_misfit(conn, &err);
            return;
        }

        conn->pool->is_misfit = 0;
        ngx_mitzu_key_found(conn->conf, key);
    }

    ngx_mitzu_redis_ready(conn);

    if (conn->class == NGX_MITZU_FAST) {
        ngx_mitzu_redis_look(conn);
    }
}


/*
 * Somebody has to do something, and an outage may have begun otherwise: this
 * is said once, and not by each attempt to come back.
 */

static void
ngx_mitzu_redis_misfit(ngx_mitzu_redis_t *rc, const mz_err_t *err)
{
    ngx_mitzu_pool_t  *pool;

    pool = rc->pool;

    if (pool->is_out && !pool->is_misfit && err->rc == MZ_INVALID) {
        ngx_log_error(NGX_LOG_ERR, pool->log, 0, "mitzu mcp: redis %V: %s",
                      &pool->conf->url, err->msg);
    }

    pool->is_misfit = (err->rc == MZ_INVALID);

    ngx_mitzu_redis_fail(rc, 0, err->msg);
}


static void
ngx_mitzu_redis_look(ngx_mitzu_redis_t *rc)
{
    mz_str_t   argv[2];
    mz_cmds_t  cmds;

    if (rc->pool->is_looked_at || ngx_worker != 0) {
        return;
    }

    rc->pool->is_looked_at = 1;

    mz_cmds_init(&cmds);

    argv[0] = mz_str("INFO");
    argv[1] = mz_str("persistence");
    mz_cmds_add(&cmds, 2, argv);

    argv[1] = mz_str("memory");
    mz_cmds_add(&cmds, 2, argv);

    (void) ngx_mitzu_redis_send(rc, &cmds, ngx_mitzu_redis_looked, rc);
}


/* An accepted run is as durable as Redis is, so this is worth a warning. */

static void
ngx_mitzu_redis_looked(ngx_mitzu_op_t *op, mz_rc_t rc)
{
    mz_str_t            info;
    ngx_mitzu_redis_t  *conn;

    if (rc != MZ_OK) {
        return;
    }

    conn = op->data;

    info = mz_reply_str(op->replies[0]);

    if (mz_str_find(info, mz_str("aof_enabled:0"), 0) != SIZE_MAX) {
        ngx_log_error(NGX_LOG_WARN, &conn->log, 0,
                      "mitzu mcp: redis has no append-only file: a restart "
                      "of redis loses runs; set \"appendonly yes\"");
    }

    info = mz_reply_str(op->replies[1]);

    if (mz_str_find(info, mz_str("maxmemory_policy:"), 0) != SIZE_MAX
        && mz_str_find(info, mz_str("maxmemory_policy:noeviction"), 0)
           == SIZE_MAX)
    {
        ngx_log_error(NGX_LOG_WARN, &conn->log, 0,
                      "mitzu mcp: redis may evict runs when memory is full; "
                      "set \"maxmemory-policy noeviction\"");
    }
}
