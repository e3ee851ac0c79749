
#include <arpa/inet.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/work/redis_io.h"
#include "agent/work/redis_sentinel.h"
#include "agent/work/work.h"
#include "base/mz_str.h"
#include "test.h"


#define SERVERS   4
#define WAIT_MS   10000                 /* far more than anything takes */
#define SWITCH    "*3\r\n$7\r\nmessage\r\n$14\r\n+switch-master\r\n"
#define MASTER    "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n"
#define REPLICA   "*5\r\n$5\r\nslave\r\n$1\r\nh\r\n:1\r\n$4\r\nsync\r\n:0\r\n"

/*
 * Small servers: what each says of a command is in memory that the test
 * shares with them, and may be changed at any time.  'P' and a digit stand
 * for the port of that server.
 */

typedef struct {
    char  sentinel[128];                /* to SENTINEL .. */
    char  role[128];                    /* to ROLE */
    char  hello[64];                    /* to CLIENT SETNAME */
    char  wait[32];                     /* to WAIT */
    char  listen[64];                   /* to SUBSCRIBE */
    char  push[256];                    /* said once, unasked */
    bool  is_silent;
    int   asked;
} script_t;

static script_t        *scripts;
static pid_t            pids[SERVERS];
static int              ports[SERVERS];
static mz_redis_url_t   url;

static void serve(int fd, int me);
static void serve_client(int fd, int me);
static bool is_command(const char *at, const char *command);
static void say(int fd, const char *text);
static void naming(char *out, size_t size, int port);
static mz_rc_t ping(mz_redis_t *r, mz_err_t *err);
static void fresh(void);
static void stop_one(int i);
static void push(int i, const char *text);


static void
test_who_is_believed(void)
{
    size_t       i, k;
    mz_rc_t      rc;
    int64_t      began;
    mz_err_t     err;
    mz_redis_t  *r;

    /* Sentinels 0 and 1; servers 2 and 3. */

    static const struct {
        const char  *first;             /* NULL: silent */
        const char  *second;
        const char  *role2;
        const char  *role3;
        mz_rc_t      rc;
        int          port;              /* the server that is met */
        const char  *says;
    } rows[] = {
        { "P2", "P2", MASTER, MASTER, MZ_OK, 2, "" },
        { NULL, "P3", MASTER, MASTER, MZ_OK, 3, "" },
        { "*-1\r\n", "P3", MASTER, MASTER, MZ_OK, 3, "" },
        { "-ERR no\r\n", "P2", MASTER, MASTER, MZ_OK, 2, "" },
        { "P2", "P3", REPLICA, MASTER, MZ_OK, 3, "" },
        { "P2", "P2", REPLICA, MASTER, MZ_UNAVAILABLE, 0,
          "no master (slave)" },
        { "P2", "P3", REPLICA, REPLICA, MZ_UNAVAILABLE, 0, "no master" },
        { "P2", "P2", "-NOPERM no role\r\n", MASTER, MZ_DENIED, 0, "+role" },
        { "P2", "P2", "-LOADING now\r\n", MASTER, MZ_UNAVAILABLE, 0,
          "LOADING" },
        { "P2", "P2", "*0\r\n", MASTER, MZ_UNAVAILABLE, 0, "no master" },
        { "P2", "P2", ":1\r\n", MASTER, MZ_UNAVAILABLE, 0, "no master" },
        { "*-1\r\n", "*-1\r\n", MASTER, MASTER, MZ_UNAVAILABLE, 0,
          "knows no master mz" },
        { "$-1\r\n", "*-1\r\n", MASTER, MASTER, MZ_UNAVAILABLE, 0,
          "knows no master mz" },
        { "-NOPERM no\r\n", "-NOPERM no\r\n", MASTER, MASTER, MZ_DENIED, 0,
          "NOPERM" },
        { "-NOPERM no\r\n", NULL, MASTER, MASTER, MZ_UNAVAILABLE, 0,
          "NOPERM" },
        { "*0\r\n", "*1\r\n$1\r\nh\r\n", MASTER, MASTER, MZ_UNAVAILABLE, 0,
          "no address" },
        { "*2\r\n$0\r\n\r\n$1\r\n1\r\n", "*2\r\n$1\r\nh\r\n$5\r\n99999\r\n",
          MASTER, MASTER, MZ_UNAVAILABLE, 0, "no address" },
        { "*2\r\n$1\r\nh\r\n$1\r\nx\r\n", "+OK\r\n", MASTER, MASTER,
          MZ_UNAVAILABLE, 0, "no address" },
        { "HTTP/1.1 400\r\n", "HTTP/1.1 400\r\n", MASTER, MASTER,
          MZ_UNAVAILABLE, 0, "not Redis" },
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        fresh();
        memset(&err, 0, sizeof(err));

        for (k = 0; k < 2; k++) {
            const char  *text = k == 0 ? rows[i].first : rows[i].second;

            scripts[k].is_silent = text == NULL;
            if (text != NULL && text[0] == 'P') {
                naming(scripts[k].sentinel, sizeof(scripts[k].sentinel),
                       ports[text[1] - '0']);

            } else if (text != NULL) {
                snprintf(scripts[k].sentinel, sizeof(scripts[k].sentinel),
                         "%s", text);
            }
        }

        snprintf(scripts[2].role, sizeof(scripts[2].role), "%s",
                 rows[i].role2);
        snprintf(scripts[3].role, sizeof(scripts[3].role), "%s",
                 rows[i].role3);

        r = mz_redis_new(&url, "test");
        began = mz_work_clock_ms();
        rc = mz_redis_connect(r, &err);

        CHECK_ROW(rc == rows[i].rc, "row %zu: %s: %s", i, mz_rc_name(rc),
                  err.msg);
        CHECK_ROW(strstr(err.msg, rows[i].says) != NULL, "row %zu: %s", i,
                  err.msg);
        CHECK_ROW(mz_work_clock_ms() - began < WAIT_MS, "row %zu", i);
        CHECK_ROW((mz_redis_fd(r) >= 0) == (rc == MZ_OK), "row %zu", i);

        if (rc == MZ_OK) {
            char  label[64];

            snprintf(label, sizeof(label), "mz at 127.0.0.1:%d",
                     ports[rows[i].port]);
            CHECK_ROW(strcmp(mz_redis_label(r), label) == 0, "row %zu: %s",
                      i, mz_redis_label(r));
        }

        mz_redis_free(r);
    }
}


/* The one that was right is asked first the next time. */

static void
test_order(void)
{
    int          asked;
    mz_err_t     err;
    mz_redis_t  *r;

    fresh();
    snprintf(scripts[0].sentinel, sizeof(scripts[0].sentinel), "*-1\r\n");
    naming(scripts[1].sentinel, sizeof(scripts[1].sentinel), ports[2]);

    r = mz_redis_new(&url, "test");
    CHECK(mz_redis_connect(r, &err) == MZ_OK);
    asked = scripts[0].asked;
    CHECK(asked == 1);

    mz_redis_close(r);
    CHECK(mz_redis_connect(r, &err) == MZ_OK);
    CHECK(scripts[0].asked == asked);
    CHECK(scripts[1].asked == 2);

    mz_redis_free(r);
}


static void
test_switch(void)
{
    int          i;
    char         text[256], words[128];
    size_t       k;
    mz_err_t     err;
    mz_redis_t  *r;
    redisReply  *reply;

    /* Of these none says that our master is another. */

    static const char *const  others[] = {
        "other 127.0.0.1 1 127.0.0.1 2", "mz 127.0.0.1 1", "", "mz",
        "mz 127.0.0.1 1 127.0.0.1 x", "mz 127.0.0.1 1  2",
        "mz 127.0.0.1 1 127.0.0.1 0",
    };

    fresh();
    naming(scripts[0].sentinel, sizeof(scripts[0].sentinel), ports[2]);
    r = mz_redis_new(&url, "test");
    CHECK(ping(r, &err) == MZ_OK);

    for (k = 0; k < MZ_ARRAY_LEN(others); k++) {
        snprintf(text, sizeof(text), SWITCH "$%zu\r\n%s\r\n",
                 strlen(others[k]), others[k]);
        push(0, text);
        CHECK_ROW(ping(r, &err) == MZ_OK, "%s", others[k]);
        CHECK_ROW(scripts[0].asked == 1, "%s", others[k]);
    }

    push(0, "+rubbish\r\n");
    CHECK(ping(r, &err) == MZ_OK);
    CHECK(scripts[0].asked == 1);

    /* This does: three times, each through another call. */

    for (i = 0; i < 3; i++) {
        naming(scripts[0].sentinel, sizeof(scripts[0].sentinel),
               ports[i % 2 == 0 ? 3 : 2]);
        snprintf(words, sizeof(words), "mz 127.0.0.1 %d 127.0.0.1 %d",
                 ports[i % 2 == 0 ? 2 : 3], ports[i % 2 == 0 ? 3 : 2]);
        /* another that moves with it must not hide it */
        snprintf(text, sizeof(text), SWITCH "$%zu\r\n%s\r\n" SWITCH
                 "$31\r\nother 127.0.0.1 1 127.0.0.1 222\r\n",
                 strlen(words), words);
        push(0, text);

        if (i == 0) {
            /* what was written was written elsewhere */
            CHECK(mz_redis_wait_replicas(r, 1, 100, &err) == MZ_UNAVAILABLE);
            CHECK(strstr(err.msg, "not connected") != NULL);

        } else if (i == 1) {
            CHECK(mz_redis_receive(r, &reply, &err) == MZ_UNAVAILABLE);
        }

        if (i < 2) {
            CHECK(mz_redis_fd(r) == -1);
        }

        CHECK(ping(r, &err) == MZ_OK);
        snprintf(text, sizeof(text), "mz at 127.0.0.1:%d",
                 ports[i % 2 == 0 ? 3 : 2]);
        CHECK_ROW(strcmp(mz_redis_label(r), text) == 0, "%d: %s", i,
                  mz_redis_label(r));
    }

    mz_redis_free(r);
}


/* The next Sentinel takes over, and knows what was missed. */

static void
test_sentinel_dies(void)
{
    char         label[64];
    mz_err_t     err;
    mz_redis_t  *r;

    fresh();
    naming(scripts[0].sentinel, sizeof(scripts[0].sentinel), ports[2]);
    naming(scripts[1].sentinel, sizeof(scripts[1].sentinel), ports[2]);
    r = mz_redis_new(&url, "test");
    CHECK(ping(r, &err) == MZ_OK);
    CHECK(scripts[1].asked == 0);

    naming(scripts[1].sentinel, sizeof(scripts[1].sentinel), ports[3]);
    stop_one(0);
    usleep(100000);
    CHECK(ping(r, &err) == MZ_OK);

    snprintf(label, sizeof(label), "mz at 127.0.0.1:%d", ports[3]);
    CHECK(strcmp(mz_redis_label(r), label) == 0);

    /* with none left the connection is as good as it was */
    stop_one(1);
    usleep(100000);
    CHECK(ping(r, &err) == MZ_OK);
    CHECK(ping(r, &err) == MZ_OK);
    CHECK(mz_redis_fd(r) >= 0);

    mz_redis_free(r);
}


static void
test_nobody_may_listen(void)
{
    mz_err_t     err;
    mz_redis_t  *r;

    fresh();
    naming(scripts[0].sentinel, sizeof(scripts[0].sentinel), ports[2]);
    snprintf(scripts[0].listen, sizeof(scripts[0].listen), "-NOPERM\r\n");
    r = mz_redis_new(&url, "test");
    CHECK(ping(r, &err) == MZ_OK);
    CHECK(ping(r, &err) == MZ_OK);
    CHECK(scripts[0].asked == 1);

    mz_redis_free(r);
}


static void
test_wait(void)
{
    size_t       i;
    mz_rc_t      rc;
    mz_err_t     err;
    mz_redis_t  *r;

    static const struct {
        const char  *reply;
        int64_t      n;
        mz_rc_t      rc;
        const char  *says;
        bool         is_open;
    } rows[] = {
        { ":0\r\n", 0, MZ_OK, "", true },
        { ":1\r\n", 1, MZ_OK, "", true },
        { ":3\r\n", 2, MZ_OK, "", true },
        { ":0\r\n", 1, MZ_UNAVAILABLE, "0 of 1 replicas", true },
        { ":1\r\n", 2, MZ_UNAVAILABLE, "1 of 2 replicas", true },
        { "+1\r\n", 1, MZ_UNAVAILABLE, "replicas", true },
        { "-NOPERM no wait\r\n", 1, MZ_DENIED, "refuses WAIT", true },
        { "-READONLY now\r\n", 1, MZ_UNAVAILABLE, "READONLY", false },
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        fresh();
        naming(scripts[0].sentinel, sizeof(scripts[0].sentinel), ports[2]);
        snprintf(scripts[2].wait, sizeof(scripts[2].wait), "%s",
                 rows[i].reply);
        memset(&err, 0, sizeof(err));

        r = mz_redis_new(&url, "test");
        CHECK_ROW(mz_redis_wait_replicas(r, rows[i].n, 100, &err)
                  == (rows[i].n == 0 ? MZ_OK : MZ_UNAVAILABLE),
                  "row %zu: before it is connected", i);
        memset(&err, 0, sizeof(err));
        CHECK_ROW(ping(r, &err) == MZ_OK, "row %zu", i);

        rc = mz_redis_wait_replicas(r, rows[i].n, 100, &err);
        CHECK_ROW(rc == rows[i].rc, "row %zu: %s", i, mz_rc_name(rc));
        CHECK_ROW(strstr(err.msg, rows[i].says) != NULL, "row %zu: %s", i,
                  err.msg);
        CHECK_ROW((mz_redis_fd(r) >= 0) == rows[i].is_open, "row %zu", i);

        mz_redis_free(r);
    }
}


/* --- the servers --- */

static void
serve(int fd, int me)
{
    int  client;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGCHLD, SIG_IGN);

    for ( ;; ) {
        client = accept(fd, NULL, NULL);

        if (fork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            close(fd);
            serve_client(client, me);
            _exit(0);
        }

        close(client);
    }
}


static void
serve_client(int fd, int me)
{
    char             buf[4096];
    char            *at;
    ssize_t          n;
    size_t           i;
    script_t        *s;
    struct timeval   tick;

    const struct {
        const char  *command;
        const char  *reply;
    } says[] = {
        { "CLIENT",    scripts[me].hello },
        { "SENTINEL",  scripts[me].sentinel },
        { "SUBSCRIBE", scripts[me].listen },
        { "ROLE",      scripts[me].role },
        { "WAIT",      scripts[me].wait },
        { "PING",      "+PONG\r\n" },
    };

    s = &scripts[me];
    tick.tv_sec = 0;
    tick.tv_usec = 10000;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tick, sizeof(tick));

    for ( ;; ) {

        if (s->push[0] != '\0') {
            say(fd, s->push);
            s->push[0] = '\0';
        }

        n = recv(fd, buf, sizeof(buf) - 1, 0);
        if (n == 0) {
            return;
        }

        if (n < 0 || s->is_silent) {
            continue;
        }

        buf[n] = '\0';

        /* pipelines come in one piece: they are short */
        for (at = buf; (at = strchr(at, '*')) != NULL; at++) {
            s->asked += is_command(at, "SENTINEL");

            for (i = 0; i < MZ_ARRAY_LEN(says); i++) {
                if (is_command(at, says[i].command)) {
                    say(fd, says[i].reply);
                }
            }
        }
    }
}


/* at: "*n", a line end, "$n", a line end, the command */

static bool
is_command(const char *at, const char *command)
{
    at = strchr(at, '$');
    at = at != NULL ? strchr(at, '\n') : NULL;

    return at != NULL && strncmp(at + 1, command, strlen(command)) == 0;
}


static void
say(int fd, const char *text)
{
    if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0) {
        _exit(0);
    }
}


static void
naming(char *out, size_t size, int port)
{
    char  digits[16];

    snprintf(digits, sizeof(digits), "%d", port);
    snprintf(out, size, "*2\r\n$9\r\n127.0.0.1\r\n$%zu\r\n%s\r\n",
             strlen(digits), digits);
}


static mz_rc_t
ping(mz_redis_t *r, mz_err_t *err)
{
    mz_rc_t       rc;
    mz_str_t      argv[] = { mz_str("PING") };
    mz_cmds_t     c;
    mz_replies_t  out;

    mz_cmds_init(&c);
    mz_cmds_add(&c, 1, argv);
    rc = mz_redis_run(r, &c, 0, &out, err);
    mz_cmds_free(&c);
    mz_replies_free(&out);

    return rc;
}


/* All servers anew, on ports of their own, and nothing asked yet. */

static void
fresh(void)
{
    int                 i, fd;
    socklen_t           len;
    struct sockaddr_in  sa;

    memset(scripts, 0, SERVERS * sizeof(script_t));

    for (i = 0; i < SERVERS; i++) {
        stop_one(i);

        snprintf(scripts[i].hello, sizeof(scripts[i].hello), "+OK\r\n");
        snprintf(scripts[i].role, sizeof(scripts[i].role), MASTER);
        snprintf(scripts[i].sentinel, sizeof(scripts[i].sentinel),
                 "*-1\r\n");
        snprintf(scripts[i].listen, sizeof(scripts[i].listen),
                 "*3\r\n$9\r\nsubscribe\r\n$14\r\n+switch-master\r\n:1\r\n");

        memset(&sa, 0, sizeof(sa));
        sa.sin_family = AF_INET;
        sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        len = sizeof(sa);
        fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        CHECK(bind(fd, (struct sockaddr *) &sa, len) == 0);
        CHECK(listen(fd, 16) == 0);
        CHECK(getsockname(fd, (struct sockaddr *) &sa, &len) == 0);
        ports[i] = ntohs(sa.sin_port);

        fflush(stdout);
        pids[i] = fork();
        if (pids[i] == 0) {
            serve(fd, i);
        }

        close(fd);
    }

    memset(&url, 0, sizeof(url));
    snprintf(url.master, sizeof(url.master), "mz");
    snprintf(url.label, sizeof(url.label), "mz (of Sentinel)");
    url.n_addrs = 2;

    for (i = 0; i < 2; i++) {
        snprintf(url.addrs[i].host, sizeof(url.addrs[i].host), "127.0.0.1");
        url.addrs[i].port = ports[i];
    }
}


/* Its children go with it. */

static void
stop_one(int i)
{
    if (pids[i] > 0) {
        kill(pids[i], SIGKILL);
        waitpid(pids[i], NULL, 0);
        pids[i] = 0;
    }
}


static void
push(int i, const char *text)
{
    int  tries;

    snprintf(scripts[i].push, sizeof(scripts[i].push), "%s", text);

    for (tries = 0; tries < 500 && scripts[i].push[0] != '\0'; tries++) {
        usleep(10000);
    }

    CHECK(scripts[i].push[0] == '\0');
    usleep(20000);
}


static void
test_start(void)
{
    signal(SIGPIPE, SIG_IGN);
    scripts = mmap(NULL, SERVERS * sizeof(script_t), PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(scripts != MAP_FAILED);
}


static void
test_end(void)
{
    int  i;

    for (i = 0; i < SERVERS; i++) {
        stop_one(i);
    }

    munmap(scripts, SERVERS * sizeof(script_t));
}


static const mz_test_t  tests[] = {
    { "memory to share", test_start },
    { "who is believed", test_who_is_believed },
    { "the one that was right is asked first", test_order },
    { "+switch-master", test_switch },
    { "a Sentinel that dies", test_sentinel_dies },
    { "one that lets nobody listen", test_nobody_may_listen },
    { "waiting for replicas", test_wait },
    { "the end", test_end },
};

MZ_TEST_MAIN(tests)
