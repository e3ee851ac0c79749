
/*
 * fixture: a real redis-server of the test's own, on a unix socket in a
 * temporary directory, and short forms of what the tests of the scripts do
 * and look at.  hiredis' blocking calls are used here and nowhere in src.
 */

#ifndef MZ_FIXTURE_H
#define MZ_FIXTURE_H

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mz_sha256.h"
#include "base/mz_str.h"
#include "store/conv.h"
#include "store/meta.h"
#include "store/queue.h"
#include "store/worker.h"
#include "test.h"


#define FX_LEASE      1000          /* ms */
#define FX_RETENTION  7200          /* s */
#define FX_ATTACH     60            /* s */
#define FX_T0         INT64_C(1700000000000)

typedef struct {
    char              dir[64];
    char              sock[96];
    pid_t             pid;
    redisContext     *ctx;
    mz_store_conf_t   conf;
    mz_cmds_t         cmds;
    redisReply       *last;         /* what decoded views borrow from */
    int64_t           now;
    unsigned          ids;
} fx_t;

static fx_t  fx;

static const char  fx_scope_text[] = "0000000b0123456789abcdef01234567";


static inline void
fx_bail(const char *what)
{
    printf("Bail out! %s\n", what);
    exit(1);
}


static inline mz_str_t
fx_scope(void)
{
    return mz_str_from(fx_scope_text);
}


/* --- the server --- */

static inline void
fx_stop(void)
{
    mz_reply_free(fx.last);
    fx.last = NULL;

    if (fx.ctx) {
        redisFree(fx.ctx);
        fx.ctx = NULL;
    }

    mz_cmds_free(&fx.cmds);

    if (fx.pid > 0) {
        kill(fx.pid, SIGTERM);
        waitpid(fx.pid, NULL, 0);
        fx.pid = 0;
    }

    unlink(fx.sock);
    rmdir(fx.dir);
}


static inline void
fx_exec(void)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);

    if (freopen("/dev/null", "w", stdout) == NULL) {
        _exit(126);
    }

    /* Hash tables move on being read; fx_snapshot() needs them still. */

    execlp("redis-server", "redis-server", "--port", "0", "--unixsocket",
           fx.sock, "--dir", fx.dir, "--save", "", "--appendonly", "no",
           "--hash-max-ziplist-value", "100000", (char *) NULL);
    _exit(127);
}


static inline redisContext *
fx_connect(void)
{
    redisContext  *ctx;

    ctx = redisConnectUnix(fx.sock);

    if (ctx && ctx->err) {
        redisFree(ctx);
        ctx = NULL;
    }

    return ctx;
}


static inline void
fx_start(void)
{
    int          i, status;
    const char  *tmp;

    memset(&fx, 0, sizeof(fx));
    tmp = getenv("TMPDIR");
    snprintf(fx.dir, sizeof(fx.dir), "%.40s/mz-XXXXXX", tmp ? tmp : "/tmp");

    if (mkdtemp(fx.dir) == NULL) {
        fx_bail("no temporary directory");
    }

    snprintf(fx.sock, sizeof(fx.sock), "%s/s", fx.dir);
    snprintf(fx.conf.prefix, sizeof(fx.conf.prefix), "mz-test");
    fx.conf.partitions = 4;
    mz_cmds_init(&fx.cmds);
    fflush(stdout);

    fx.pid = fork();

    if (fx.pid == 0) {
        fx_exec();
    }

    if (fx.pid < 0) {
        fx_bail("fork failed");
    }

    for (i = 0; i < 1000 && fx.ctx == NULL; i++) {
        if (waitpid(fx.pid, &status, WNOHANG) == fx.pid) {
            fx.pid = 0;
            rmdir(fx.dir);
            fx_bail("redis-server does not run; install it (Debian: "
                    "apt-get install redis-server)");
        }

        usleep(10000);
        fx.ctx = fx_connect();
    }

    if (fx.ctx == NULL) {
        fx_stop();
        fx_bail("redis-server does not answer");
    }

    atexit(fx_stop);
}


/* --- commands --- */

/* Sends fx.cmds; replies[] get what comes back. */
static inline void
fx_send(redisReply **replies, size_t n)
{
    void    *r;
    size_t   i;

    if (fx.cmds.buf.rc != MZ_OK || fx.cmds.n != n) {
        fx_bail("a pipeline is not what was asked for");
    }

    redisAppendFormattedCommand(fx.ctx, fx.cmds.buf.data, fx.cmds.buf.len);

    for (i = 0; i < n; i++) {
        if (redisGetReply(fx.ctx, &r) != REDIS_OK) {
            fx_bail("redis-server went away");
        }

        replies[i] = r;
    }

    mz_cmds_reset(&fx.cmds);
}


/* One command; the reply lives until the next. */
static inline redisReply *
fx_run(void)
{
    mz_reply_free(fx.last);
    fx.last = NULL;
    fx_send(&fx.last, 1);

    return fx.last;
}


static inline void
fx_load(void)
{
    size_t       i;
    redisReply  *replies[MZ_SCRIPTS];

    mz_cmds_add_load(&fx.cmds);
    fx_send(replies, MZ_SCRIPTS);

    for (i = 0; i < MZ_SCRIPTS; i++) {
        CHECK_STR(mz_reply_str(replies[i]), mz_scripts[i].sha1);
        mz_reply_free(replies[i]);
    }
}


/* The first test of every program. */
static inline void
fx_test_start(void)
{
    fx_start();
    fx_load();
}


/* An ad hoc command of words; the reply lives until the next. */
static inline redisReply *
fx_do(const char *a, const char *b, const char *c, const char *d,
    const char *e)
{
    size_t       n;
    mz_str_t     argv[5];
    const char  *words[5] = { a, b, c, d, e };

    for (n = 0; n < 5 && words[n]; n++) {
        argv[n] = mz_str_from(words[n]);
    }

    mz_cmds_add(&fx.cmds, n, argv);

    return fx_run();
}


static inline const char *
fx_key(mz_key_kind_t kind, const char *id)
{
    static mz_key_t  keys[4];
    static unsigned  i;

    i = (i + 1) % 4;
    mz_key(&keys[i], &fx.conf, kind,
           mz_store_partition(&fx.conf, fx_scope()), fx_scope(), id, 0);

    return keys[i].s;
}


/* Empties Redis and starts the clock again. */
static inline void
fx_reset(void)
{
    fx_do("FLUSHALL", NULL, NULL, NULL, NULL);
    fx.now = FX_T0;
}


static inline mz_id_t
fx_id(char kind)
{
    mz_id_t        id;
    unsigned char  random[MZ_ID_RANDOM] = { 0 };

    fx.ids++;
    memcpy(random, &fx.ids, sizeof(fx.ids));
    mz_id_make(&id, kind, random);

    return id;
}


/* --- what the scripts do, in short --- */

static inline mz_submit_args_t
fx_args(const mz_id_t *conv, const char *prompt)
{
    mz_submit_args_t  args;

    memset(&args, 0, sizeof(args));
    args.now_ms = fx.now;
    args.is_new = conv == NULL;
    args.conv = conv ? *conv : fx_id(MZ_ID_CONV);
    args.run = fx_id(MZ_ID_RUN);
    args.prompt = mz_str_from(prompt);
    args.title = mz_str("A title");
    args.attach_s = FX_ATTACH;
    args.retention_s = FX_RETENTION;
    args.lease_ms = FX_LEASE;
    args.trace = mz_str("00-11-22-01");

    return args;
}


static inline mz_submit_reply_t
fx_submit(const mz_submit_args_t *args)
{
    mz_err_t           err = { 0 };
    mz_submit_reply_t  out;

    mz_run_submit(&fx.cmds, &fx.conf, fx_scope(), args);
    CHECK_ROW(mz_run_submit_decode(fx_run(), &out, &err) == MZ_OK, "%s",
              err.msg);

    return out;
}


static inline void
fx_create_groups(void)
{
    unsigned     i;
    redisReply  *replies[MZ_STORE_PARTITIONS_MAX];

    mz_queue_create(&fx.cmds, &fx.conf);
    fx_send(replies, fx.conf.partitions);

    for (i = 0; i < fx.conf.partitions; i++) {
        CHECK(mz_queue_create_decode(replies[i], NULL) == MZ_OK);
        mz_reply_free(replies[i]);
    }
}


/* The decoded reply of the worker's command that was just added. */
static inline mz_worker_reply_t
fx_worker(void)
{
    mz_err_t           err = { 0 };
    mz_worker_reply_t  out;

    CHECK_ROW(mz_worker_decode(fx_run(), &out, &err) == MZ_OK, "%s",
              err.msg);

    return out;
}


static inline mz_worker_reply_t
fx_claim(const mz_id_t *run)
{
    mz_worker_claim(&fx.cmds, &fx.conf, fx_scope(), run, fx.now,
                    mz_str("w1"), FX_LEASE);

    return fx_worker();
}


static inline mz_attempt_t
fx_attempt(const mz_id_t *run, int64_t attempt)
{
    return (mz_attempt_t) { .scope = fx_scope(), .run = *run,
                            .attempt = attempt };
}


static inline mz_worker_reply_t
fx_renew(const mz_id_t *run, int64_t attempt)
{
    mz_attempt_t  a = fx_attempt(run, attempt);

    mz_worker_renew(&fx.cmds, &fx.conf, &a, fx.now, FX_LEASE);

    return fx_worker();
}


static inline mz_worker_reply_t
fx_event(const mz_id_t *run, int64_t attempt, const char *phase)
{
    mz_attempt_t  a = fx_attempt(run, attempt);

    mz_worker_event(&fx.cmds, &fx.conf, &a, fx.now, mz_str_from(phase),
                    mz_str("Some text"), mz_str(""));

    return fx_worker();
}


static inline mz_worker_reply_t
fx_chunk(const mz_id_t *run, int64_t attempt, const mz_id_t *aid, unsigned n,
    mz_str_t bytes)
{
    mz_attempt_t  a = fx_attempt(run, attempt);

    mz_worker_chunk(&fx.cmds, &fx.conf, &a, aid, n, bytes);

    return fx_worker();
}


static inline mz_worker_reply_t
fx_artifact(const mz_id_t *run, int64_t attempt, const mz_id_t *aid,
    unsigned chunks)
{
    mz_attempt_t             a = fx_attempt(run, attempt);
    static const mz_field_t  fields[] = {
        { mz_str("kind"), mz_str("table") },
        { mz_str("name"), mz_str("steps") },
        { mz_str("title"), mz_str("Steps of \"the\" funnel\n") },
        { mz_str("rows"), mz_str("42") },
        { mz_str("layout"), mz_str("{\"groups\":[42]}") }
    };

    mz_worker_artifact(&fx.cmds, &fx.conf, &a, fx.now, aid, chunks, fields,
                       MZ_ARRAY_LEN(fields));

    return fx_worker();
}


static inline mz_worker_reply_t
fx_finish(const mz_id_t *run, int64_t attempt, mz_run_status_t status)
{
    mz_finish_t   f;
    mz_attempt_t  a = fx_attempt(run, attempt);

    memset(&f, 0, sizeof(f));
    f.status = status;
    f.answer = mz_str("**12 %**");
    f.result = mz_str("{\"sql\":\"SELECT 1\"}");
    f.spec = mz_str("{\"kind\":\"funnel\",\"steps\":[]}");
    f.error = mz_str("{\"code\":\"x\",\"message\":\"y\"}");
    mz_worker_finish(&fx.cmds, &fx.conf, &a, fx.now, &f);

    return fx_worker();
}


static inline mz_worker_reply_t
fx_handback(const mz_id_t *run, int64_t attempt)
{
    mz_attempt_t  a = fx_attempt(run, attempt);

    mz_worker_handback(&fx.cmds, &fx.conf, &a, fx.now, FX_LEASE);

    return fx_worker();
}


/* MZ_OK, MZ_NOT_FOUND; *status is what the run has now. */
static inline mz_rc_t
fx_cancel(const mz_id_t *run, mz_run_status_t *status)
{
    mz_run_cancel(&fx.cmds, &fx.conf, fx_scope(), run, fx.now,
                  mz_str("no \"longer\" wanted"));

    return mz_run_cancel_decode(fx_run(), status, NULL);
}


static inline mz_swept_t
fx_sweep(void)
{
    mz_err_t    err = { 0 };
    mz_swept_t  out;

    mz_queue_sweep(&fx.cmds, &fx.conf,
                   mz_store_partition(&fx.conf, fx_scope()), fx.now, 100,
                   FX_LEASE);
    CHECK_ROW(mz_queue_sweep_decode(fx_run(), &out, &err) == MZ_OK, "%s",
              err.msg);

    return out;
}


static inline mz_rc_t
fx_get(const mz_id_t *run, mz_run_t *out)
{
    mz_run_get(&fx.cmds, &fx.conf, fx_scope(), run);

    return mz_run_decode(fx_run(), out, NULL);
}


static inline mz_rc_t
fx_conv(const mz_id_t *conv, mz_conv_t *out)
{
    mz_conv_get(&fx.cmds, &fx.conf, fx_scope(), conv);

    return mz_conv_decode(fx_run(), out, NULL);
}


/* --- what is in Redis --- */

/* The phases of all events, checking order, attempts and the end. */
static inline void
fx_events(const mz_id_t *run, char *phases, size_t size)
{
    size_t           i, n, len;
    bool             ended;
    int64_t          attempt;
    mz_run_event_t   ev;

    mz_run_events(&fx.cmds, &fx.conf, fx_scope(), run, 0, 10000);
    CHECK(mz_run_events_decode(fx_run(), &n, NULL) == MZ_OK);

    len = 0;
    attempt = 0;
    ended = false;
    phases[0] = '\0';

    for (i = 0; i < n; i++) {
        CHECK(mz_run_event_decode(fx.last, i, &ev, NULL) == MZ_OK);
        CHECK_ROW(ev.seq == (int64_t) i + 1, "event %zu", i);
        CHECK_ROW(ev.attempt >= attempt, "event %zu", i);
        CHECK_ROW(!ended, "event %zu is behind the end", i);
        attempt = ev.attempt;
        ended = mz_str_eq_c(ev.type, "end");

        if (len < size) {
            len += (size_t) snprintf(phases + len, size - len, "%s%.*s",
                                     i ? " " : "", (int) ev.phase.len,
                                     ev.phase.data);
        }
    }
}


static inline int
fx_cmp(const void *a, const void *b)
{
    const redisReply  *x, *y;

    x = *(redisReply *const *) a;
    y = *(redisReply *const *) b;

    return mz_str_cmp(mz_reply_str(x), mz_reply_str(y));
}


/* A digest of all keys and values; equal when nothing was written. */
static inline void
fx_snapshot(char hex[MZ_SHA256_HEX_LEN + 1])
{
    size_t        i;
    mz_str_t      argv[2];
    redisReply   *keys, *dump;
    mz_sha256_t  *h;

    fx_do("KEYS", "*", NULL, NULL, NULL);
    keys = fx.last;
    fx.last = NULL;

    if (keys->elements) {
        qsort(keys->element, keys->elements, sizeof(keys->element[0]),
              fx_cmp);
    }

    h = mz_sha256_new();

    for (i = 0; i < keys->elements; i++) {
        argv[0] = mz_str("DUMP");
        argv[1] = mz_reply_str(keys->element[i]);
        mz_sha256_update(h, argv[1]);
        mz_cmds_add(&fx.cmds, 2, argv);
        dump = fx_run();
        mz_sha256_update(h, mz_reply_str(dump));
    }

    mz_reply_free(keys);
    CHECK(mz_sha256_final(h, hex) == MZ_OK);
}


#endif /* MZ_FIXTURE_H */
