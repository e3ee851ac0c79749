
/*
 * host: a synchronous host for tools in tests: a real redis-server on a unix
 * socket, commands sent one pipeline at a time, waits that pass at once.
 * Every result is held against the tool's own output schema.
 */

#ifndef MZ_TEST_HOST_H
#define MZ_TEST_HOST_H

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mz_str.h"
#include "base/mz_utf8.h"
#include "proto/schema.h"
#include "store/meta.h"
#include "store/worker.h"
#include "test.h"
#include "tools/cache.h"
#include "tools/registry.h"


#define HOST_NOW  ((int64_t) 1781524800000)     /* 2026-06-15T12:00:00Z */

typedef struct {
    redisContext     *redis;
    pid_t             pid;
    char              dir[64];
    mz_registry_t     reg;
    mz_tool_conf_t    conf;
    mz_principal_t    who;
    unsigned          stores;       /* pipelines of the last call */
    unsigned          waits;
    size_t            cmds_max;     /* of one pipeline of the last call */
    size_t            work_bytes;   /* the most it said of one work() */
    int64_t           now_ms;
    bool              is_driving;   /* a tool is at it */
    void            (*on_wait)(unsigned n);
} host_t;

static host_t  host;


static void
host_random(void *buf, size_t n)
{
    size_t         i;
    unsigned char *p = buf;

    static uint64_t  seed = 88172645463325252u;

    for (i = 0; i < n; i++) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        p[i] = (unsigned char) seed;
    }
}


static void
host_url(mz_call_t *call, mz_str_t cid, mz_buf_t *out)
{
    (void) call;
    mz_buf_add_c(out, "http://example.test/conversations/");
    mz_buf_add_str(out, cid);
}


static void
host_exec(mz_cmds_t *cmds, redisReply **replies)
{
    size_t  i, n;
    void   *r;

    n = cmds->n;

    if (cmds->buf.rc != MZ_OK
        || redisAppendFormattedCommand(host.redis, cmds->buf.data,
                                       cmds->buf.len) != REDIS_OK)
    {
        fprintf(stderr, "cannot send\n");
        exit(1);
    }

    for (i = 0; i < n; i++) {
        if (redisGetReply(host.redis, &r) != REDIS_OK) {
            fprintf(stderr, "redis: %s\n", host.redis->errstr);
            exit(1);
        }

        replies[i] = r;
    }

    mz_cmds_reset(cmds);
}


static void
host_start(void)
{
    int        i;
    char       sock[96];
    mz_err_t   err;
    mz_cmds_t  cmds;

    static redisReply  *replies[MZ_SCRIPTS];

    snprintf(host.dir, sizeof(host.dir), "/tmp/mitzu-tools-XXXXXX");
    if (mkdtemp(host.dir) == NULL) {
        exit(1);
    }

    snprintf(sock, sizeof(sock), "%s/redis.sock", host.dir);

    host.pid = fork();
    if (host.pid == 0) {
        execlp("redis-server", "redis-server", "--port", "0", "--unixsocket",
               sock, "--save", "", "--appendonly", "no", "--loglevel",
               "warning", "--logfile", "redis.log", "--dir", host.dir,
               (char *) NULL);
        _exit(127);
    }

    for (i = 0; i < 500; i++) {
        host.redis = redisConnectUnix(sock);
        if (host.redis != NULL && host.redis->err == 0) {
            break;
        }

        redisFree(host.redis);
        host.redis = NULL;
        usleep(10000);
    }

    if (host.redis == NULL) {
        fprintf(stderr, "redis-server does not start\n");
        exit(1);
    }

    mz_cmds_init(&cmds);
    mz_cmds_add_load(&cmds);
    host_exec(&cmds, replies);
    for (i = 0; i < MZ_SCRIPTS; i++) {
        mz_reply_free(replies[i]);
    }
    mz_cmds_free(&cmds);

    if (mz_registry_init(&host.reg, &err) != MZ_OK) {
        fprintf(stderr, "registry: %s\n", err.msg);
        exit(1);
    }

    snprintf(host.conf.store.prefix, sizeof(host.conf.store.prefix), "mitzu");
    host.conf.store.partitions = 4;
    host.conf.result_max = 80 * 1024;
    host.conf.wait_default_s = 25;
    host.conf.wait_max_s = 50;
    host.conf.retention_s = 3600;
    host.conf.attach_s = 60;
    host.conf.max_attempts = 2;
    host.conf.lease_ms = 30000;
    host.conf.cache = mz_cache_new(1 << 20);
    host.conf.random = host_random;
    host.now_ms = HOST_NOW;

    mz_principal_development(&host.who);
}


static void
host_stop(void)
{
    char  cmd[128];

    mz_cache_free(host.conf.cache);
    mz_registry_deinit(&host.reg);
    redisFree(host.redis);
    kill(host.pid, SIGTERM);
    waitpid(host.pid, NULL, 0);

    snprintf(cmd, sizeof(cmd), "rm -rf '%s'", host.dir);
    if (system(cmd) != 0) {
        fprintf(stderr, "cannot remove %s\n", host.dir);
    }
}


/* Becomes another user. */

static void
host_become(const char *subject)
{
    host.who.subject = mz_str_from(subject);
    mz_principal_set_scope(&host.who);
}


/* Does what the tool asked for, and steps on. */

static mz_step_t
host_step(mz_call_t *call, mz_step_t step)
{
    size_t        i, n;
    redisReply  **replies;

    switch (step) {

    case MZ_STEP_STORE:
        host.stores++;
        n = call->cmds.n;
        CHECK(n > 0);
        host.cmds_max = n > host.cmds_max ? n : host.cmds_max;
        replies = calloc(n + 1, sizeof(redisReply *));
        host_exec(&call->cmds, replies);
        call->replies = replies;
        call->nreplies = n;
        step = call->tool->step(call, MZ_EV_REPLIES);

        for (i = 0; i < n; i++) {
            mz_reply_free(replies[i]);
        }

        free(replies);
        return step;

    case MZ_STEP_WAIT:
        host.now_ms += call->wait_ms;
        call->now_ms = host.now_ms;

        if (host.on_wait != NULL) {
            host.on_wait(host.waits);
        }

        host.waits++;
        return call->tool->step(call, MZ_EV_TIMER);

    case MZ_STEP_WORK:
        if (call->work_bytes > host.work_bytes) {
            host.work_bytes = call->work_bytes;
        }

        call->work(call);
        return call->tool->step(call, MZ_EV_WORKED);

    default:
        return step;
    }
}


static mz_step_t
host_drive(mz_call_t *call)
{
    mz_step_t  step;

    call->now_ms = host.now_ms;
    step = call->tool->step(call, MZ_EV_START);

    while (step != MZ_STEP_DONE && step != MZ_STEP_ERROR) {
        step = host_step(call, step);
    }

    return step;
}


/*
 * Calls a tool with arguments as JSON text.  The result: an object; or
 * {"refused": text}; or {"error": rc, "message": ..}.  *notes (may be NULL)
 * gets the number of progress notes.
 */

static json_t *
host_call(const char *tool, const char *args, unsigned *notes)
{
    json_t           *out, *schema;
    mz_err_t          err;
    mz_call_t         call;
    mz_step_t         step;
    mz_note_t        *note;
    const mz_tool_t  *t;

    t = mz_registry_find(&host.reg, mz_str_from(tool));
    out = NULL;

    if (t == NULL
        || mz_json_load(mz_str_from(args), NULL, &out, &err) != MZ_OK)
    {
        fprintf(stderr, "%s %s: %s\n", tool, args, err.msg);
        exit(1);
    }

    if (mz_schema_validate(mz_registry_input_schema(&host.reg, t), out, &err)
        != MZ_OK)
    {
        json_decref(out);
        return json_pack("{s:s}", "schema", err.msg);
    }

    mz_call_init(&call, t, &host.conf, &host.who, out);
    call.conversation_url = host_url;
    host.stores = 0;
    host.waits = 0;
    host.cmds_max = 0;
    host.work_bytes = 0;

    host.is_driving = true;
    step = host_drive(&call);
    host.is_driving = false;

    if (notes != NULL) {
        *notes = 0;
    }

    while ((note = mz_call_next_note(&call)) != NULL) {
        if (notes != NULL) {
            (*notes)++;
        }
        mz_note_free(note);
    }

    if (step == MZ_STEP_ERROR) {
        out = json_pack("{s:s,s:s}", "error", mz_rc_name(call.err.rc),
                        "message", call.err.msg);

    } else if (call.result.is_error) {
        CHECK(mz_call_structured(&call).len == 0);
        CHECK(mz_utf8_is_valid(mz_call_text(&call)));
        out = json_pack("{s:s%}", "refused", mz_call_text(&call).data,
                        mz_call_text(&call).len);

    } else {
        out = NULL;
        if (mz_json_load(mz_call_structured(&call), NULL, &out, &err)
            != MZ_OK)
        {
            CHECK_ROW(0, "%s: %s", tool, err.msg);
        }

        CHECK_ROW(mz_call_text(&call).len <= host.conf.result_max,
                  "%s %.100s: %zu bytes", tool, args,
                  mz_call_text(&call).len);
        if (mz_json_load(t->output_schema, NULL, &schema, &err) == MZ_OK) {
            CHECK_ROW(mz_schema_validate(schema, out, &err) == MZ_OK,
                      "%s: %s", tool, err.msg);
            json_decref(schema);
        }
    }

    mz_call_deinit(&call);

    return out;
}


#endif /* MZ_TEST_HOST_H */
