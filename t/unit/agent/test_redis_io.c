
#include <sys/socket.h>
#include <sys/un.h>

#include "agent/work/redis_check.h"
#include "agent/work/work.h"
#include "store/fixture.h"


static mz_redis_url_t  url;

static mz_rc_t run_words(mz_redis_t *r, const char *a, const char *b,
    const char *c, mz_replies_t *out, mz_err_t *err);
static int listen_at(const char *path);


static void
test_nobody_there(void)
{
    mz_err_t         err;
    mz_redis_t      *r;
    mz_replies_t     out;
    mz_redis_url_t   nowhere;

    nowhere = url;
    snprintf(nowhere.path, sizeof(nowhere.path), "%s/none", fx.dir);
    r = mz_redis_new(&nowhere, "test");

    CHECK(run_words(r, "PING", NULL, NULL, &out, &err) == MZ_UNAVAILABLE);
    CHECK(out.n == 0 && out.replies == NULL);
    CHECK(strstr(err.msg, "cannot connect") != NULL);
    CHECK(mz_redis_fd(r) == -1);

    mz_redis_free(r);
}


static void
test_replies_in_order(void)
{
    mz_err_t       err;
    mz_cmds_t      c;
    mz_redis_t    *r;
    mz_replies_t   out;
    mz_str_t       ping[] = { mz_str("PING") };
    mz_str_t       echo[] = { mz_str("ECHO"), mz_str("two") };
    mz_str_t       bad[] = { mz_str("NO-SUCH-COMMAND") };

    r = mz_redis_new(&url, "test");
    mz_cmds_init(&c);
    mz_cmds_add(&c, 1, ping);
    mz_cmds_add(&c, 1, bad);
    mz_cmds_add(&c, 2, echo);

    CHECK(mz_redis_run(r, &c, 0, &out, &err) == MZ_OK);
    CHECK(out.n == 3);
    CHECK_STR(mz_reply_str(mz_replies_at(&out, 0)), "PONG");
    CHECK(mz_replies_at(&out, 1)->type == REDIS_REPLY_ERROR);
    CHECK_STR(mz_reply_str(mz_replies_at(&out, 2)), "two");
    CHECK(mz_replies_at(&out, 3) == NULL);

    mz_replies_free(&out);
    mz_cmds_free(&c);
    mz_redis_free(r);
}


static void
test_noscript(void)
{
    int                 i;
    mz_err_t            err;
    mz_id_t             run;
    mz_cmds_t           c;
    mz_redis_t         *r;
    mz_replies_t        out;
    mz_worker_reply_t   reply;

    r = mz_redis_new(&url, "test");
    run = fx_id(MZ_ID_RUN);

    for (i = 0; i < 2; i++) {
        fx_do("SCRIPT", "FLUSH", NULL, NULL, NULL);

        mz_cmds_init(&c);
        mz_worker_claim(&c, &fx.conf, fx_scope(), &run, 0, mz_str("w"), 1000);
        CHECK(mz_redis_run(r, &c, 0, &out, &err) == MZ_OK);
        CHECK(mz_worker_decode(mz_replies_at(&out, 0), &reply, &err)
              == MZ_OK);
        CHECK(reply.outcome == MZ_WORKER_GONE);

        mz_replies_free(&out);
        mz_cmds_free(&c);
    }

    mz_redis_free(r);
}


static void
test_password(void)
{
    size_t          i;
    mz_rc_t         rc;
    mz_err_t        err;
    mz_redis_t     *r;
    mz_replies_t    out;
    mz_redis_url_t  u;

    static const struct {
        const char  *user;
        const char  *password;
        mz_rc_t      rc;
    } rows[] = {
        { "",        "",       MZ_DENIED },
        { "",        "wrong1", MZ_DENIED },
        { "nobody",  "s3cret", MZ_DENIED },
        { "default", "s3cret", MZ_OK },
        { "",        "s3cret", MZ_OK },
    };

    fx_do("CONFIG", "SET", "requirepass", "s3cret", NULL);

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        u = url;
        snprintf(u.user, sizeof(u.user), "%s", rows[i].user);
        snprintf(u.password, sizeof(u.password), "%s", rows[i].password);

        r = mz_redis_new(&u, "test");
        rc = run_words(r, "PING", NULL, NULL, &out, &err);
        CHECK_ROW(rc == rows[i].rc, "row %zu", i);

        if (rc != MZ_OK) {
            CHECK_ROW(strstr(err.msg, "s3cret") == NULL
                      && strstr(err.msg, "wrong1") == NULL, "%s", err.msg);
        }

        mz_replies_free(&out);
        mz_redis_free(r);
    }

    fx_do("AUTH", "s3cret", NULL, NULL, NULL);
    fx_do("CONFIG", "SET", "requirepass", "", NULL);
}


static void
test_database(void)
{
    mz_err_t         err;
    mz_redis_t      *r;
    mz_replies_t     out;
    mz_redis_url_t   u;

    u = url;
    u.db = 3;
    r = mz_redis_new(&u, "test");
    CHECK(run_words(r, "SET", "where", "three", &out, &err) == MZ_OK);
    mz_replies_free(&out);
    mz_redis_free(r);

    CHECK(fx_do("GET", "where", NULL, NULL, NULL)->type == REDIS_REPLY_NIL);

    u.db = 9999;
    r = mz_redis_new(&u, "test");
    CHECK(run_words(r, "PING", NULL, NULL, &out, &err) == MZ_DENIED);
    mz_redis_free(r);
}


static void
test_reconnect(void)
{
    mz_err_t       err;
    mz_redis_t    *r;
    mz_replies_t   out;

    r = mz_redis_new(&url, "test-kill");
    CHECK(run_words(r, "PING", NULL, NULL, &out, &err) == MZ_OK);
    mz_replies_free(&out);

    fx_do("CLIENT", "KILL", "TYPE", "normal", NULL);
    CHECK(run_words(r, "PING", NULL, NULL, &out, &err) == MZ_UNAVAILABLE);
    CHECK(mz_redis_fd(r) == -1);
    CHECK(run_words(r, "PING", NULL, NULL, &out, &err) == MZ_OK);

    mz_replies_free(&out);
    mz_redis_free(r);
}


/* Accepts by its backlog and never says a word. */

static void
test_silence_and_rubbish(void)
{
    int             fd, client;
    int64_t         began;
    mz_err_t        err;
    mz_redis_t     *r;
    mz_replies_t    out;
    mz_redis_url_t  u;

    u = url;
    snprintf(u.path, sizeof(u.path), "%s/mute", fx.dir);
    fd = listen_at(u.path);
    r = mz_redis_new(&u, "test");

    if (fork() == 0) {
        client = accept(fd, NULL, NULL);
        if (write(client, "HTTP/1.1 200 OK\r\n\r\n", 19) != 19) {
            _exit(1);
        }

        usleep(500000);
        _exit(0);
    }

    CHECK(run_words(r, "PING", NULL, NULL, &out, &err) == MZ_UNAVAILABLE);
    CHECK(out.n == 0);
    wait(NULL);

    began = mz_work_clock_ms();
    CHECK(run_words(r, "PING", NULL, NULL, &out, &err) == MZ_UNAVAILABLE);
    CHECK(mz_work_clock_ms() - began < 2 * MZ_REDIS_REPLY_MS);
    CHECK(strstr(err.msg, "timed out") != NULL);

    mz_redis_free(r);
    close(fd);
    unlink(u.path);
}


static void
test_listen(void)
{
    int          i;
    mz_rc_t      rc;
    mz_err_t     err;
    mz_str_t     argv[] = { mz_str("SUBSCRIBE"), mz_str("news") };
    mz_cmds_t    c;
    mz_redis_t  *r;
    redisReply  *reply;

    r = mz_redis_new(&url, "test");
    mz_cmds_init(&c);
    mz_cmds_add(&c, 2, argv);

    CHECK(mz_redis_receive(r, &reply, &err) == MZ_UNAVAILABLE);
    CHECK(mz_redis_connect(r, &err) == MZ_OK);
    CHECK(mz_redis_send(r, &c, &err) == MZ_OK);
    usleep(100000);

    fx_do("PUBLISH", "news", "1", NULL, NULL);
    fx_do("PUBLISH", "news", "2", NULL, NULL);
    usleep(100000);

    for (i = 0; i < 3; i++) {
        CHECK(mz_redis_receive(r, &reply, &err) == MZ_OK);
        CHECK_STR(mz_reply_str(mz_reply_at(reply, 0)),
                  i == 0 ? "subscribe" : "message");
        mz_reply_free(reply);
    }

    CHECK(mz_redis_receive(r, &reply, &err) == MZ_AGAIN);

    fx_do("CLIENT", "KILL", "TYPE", "pubsub", NULL);
    for (i = 0, rc = MZ_AGAIN; i < 100 && rc == MZ_AGAIN; i++) {
        usleep(10000);
        rc = mz_redis_receive(r, &reply, &err);
    }

    CHECK(rc == MZ_UNAVAILABLE);

    mz_cmds_free(&c);
    mz_redis_free(r);
}


static void
test_check(void)
{
    mz_err_t          err;
    mz_redis_t       *r;
    mz_store_conf_t   other;

    fx_reset();
    r = mz_redis_new(&url, "test");

    CHECK(mz_redis_check_server(r, &err) == MZ_OK);
    CHECK(mz_redis_check_store(r, &fx.conf, &err) == MZ_OK);
    CHECK(mz_redis_check_store(r, &fx.conf, &err) == MZ_OK);

    other = fx.conf;
    other.partitions++;
    CHECK(mz_redis_check_store(r, &other, &err) == MZ_INVALID);

    mz_redis_free(r);
}


static void
test_backoff(void)
{
    int           i;
    int64_t       ms, floor_ms;
    mz_backoff_t  b;

    mz_backoff_reset(&b);
    floor_ms = 50;

    for (i = 0; i < 12; i++) {
        ms = mz_backoff_next_ms(&b);
        CHECK_ROW(ms >= floor_ms && ms <= floor_ms + floor_ms / 4,
                  "%d: %lld", i, (long long) ms);
        floor_ms = floor_ms * 2 > 2000 ? 2000 : floor_ms * 2;
    }

    mz_backoff_reset(&b);
    CHECK(mz_backoff_next_ms(&b) <= 63);
}


static mz_rc_t
run_words(mz_redis_t *r, const char *a, const char *b, const char *c,
    mz_replies_t *out, mz_err_t *err)
{
    size_t     n;
    mz_rc_t    rc;
    mz_str_t   argv[3];
    mz_cmds_t  cmds;

    n = 0;
    argv[n++] = mz_str_from(a);
    if (b != NULL) {
        argv[n++] = mz_str_from(b);
    }

    if (c != NULL) {
        argv[n++] = mz_str_from(c);
    }

    mz_cmds_init(&cmds);
    mz_cmds_add(&cmds, n, argv);
    rc = mz_redis_run(r, &cmds, 0, out, err);
    mz_cmds_free(&cmds);

    return rc;
}


static int
listen_at(const char *path)
{
    int                 fd;
    struct sockaddr_un  sa;

    memset(&sa, 0, sizeof(sa));
    sa.sun_family = AF_UNIX;
    snprintf(sa.sun_path, sizeof(sa.sun_path), "%.100s", path);

    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK(fd >= 0);
    CHECK(bind(fd, (struct sockaddr *) &sa, sizeof(sa)) == 0);
    CHECK(listen(fd, 4) == 0);

    return fd;
}


static void
test_start(void)
{
    char      text[128];
    mz_err_t  err;

    signal(SIGPIPE, SIG_IGN);
    fx_start();
    snprintf(text, sizeof(text), "unix:%s", fx.sock);
    CHECK(mz_redis_url_parse(&url, mz_str_from(text), &err) == MZ_OK);
}


static const mz_test_t  tests[] = {
    { "a server of our own", test_start },
    { "nobody there", test_nobody_there },
    { "replies in order, errors among them", test_replies_in_order },
    { "NOSCRIPT loads and sends again", test_noscript },
    { "passwords", test_password },
    { "databases", test_database },
    { "a broken connection is made anew", test_reconnect },
    { "silence and rubbish", test_silence_and_rubbish },
    { "listening", test_listen },
    { "what is asked of a server", test_check },
    { "back-off", test_backoff },
};

MZ_TEST_MAIN(tests)
