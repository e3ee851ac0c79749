
/*
 * host: a synchronous host for calls in tests: a real redis-server on a unix
 * socket, commands sent one pipeline at a time, waits that pass at once.
 * What a request is about is found as in earnest, by mz_dispatch().  Every
 * result of a tool is held against the tool's own output schema.
 */

#ifndef MZ_TEST_HOST_H
#define MZ_TEST_HOST_H

#include <signal.h>
#include <sys/prctl.h>
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
#include "tools/host.h"
#include "tools/registry.h"


#define HOST_NOW  ((int64_t) 1781524800000)     /* 2026-06-15T12:00:00Z */

typedef struct {
    redisContext     *redis;
    pid_t             pid;
    char              dir[64];
    mz_registry_t     reg;
    mz_tool_conf_t    conf;
    mz_mcp_server_t   server;
    mz_seal_t         seal;
    mz_principal_t    who;
    mz_session_t     *session;      /* of the calls to come; or NULL */
    mz_mcp_http_t     http;         /* their headers */
    mz_mcp_request_t  req;          /* their era, version, client, .. */
    unsigned          stores;       /* pipelines of the last call */
    unsigned          waits;
    size_t            cmds_max;     /* of one pipeline of the last call */
    size_t            work_bytes;   /* the most it said of one work() */
    int64_t           now_ms;
    bool              is_driving;   /* a tool is at it */
    void            (*on_wait)(unsigned n);
} host_t;

static host_t  host;


static inline void
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


static inline void
host_url(mz_call_t *call, mz_str_t cid, mz_buf_t *out)
{
    (void) call;
    mz_buf_add_c(out, "http://example.test/conversations/");
    mz_buf_add_str(out, cid);
}


static inline void
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


static inline void
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
        prctl(PR_SET_PDEATHSIG, SIGKILL);
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

    if (mz_seal_add(&host.seal, mz_str("a key for the tests of tools, only"),
                    &err) != MZ_OK)
    {
        fprintf(stderr, "seal: %s\n", err.msg);
        exit(1);
    }

    host.server.name = mz_str("mitzu");
    host.server.version = mz_str("1");
    host.server.offers = mz_registry_offers(&host.reg);

    host.req.era = MZ_MCP_LEGACY;
    host.req.version = mz_str("2025-11-25");
    host.req.log_level = MZ_MCP_LOG_OFF;
    host.req.task_ttl_ms = -1;
    snprintf(host.req.id, sizeof(host.req.id), "1");

    snprintf(host.conf.store.prefix, sizeof(host.conf.store.prefix), "mitzu");
    host.conf.registry = &host.reg;
    host.conf.server = &host.server;
    host.conf.seal = &host.seal;
    host.conf.session_s = 86400;
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


static inline void
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

static inline void
host_become(const char *subject)
{
    host.who.subject = mz_str_from(subject);
    mz_principal_set_scope(&host.who);
}


/*
 * A request of host.req's kind with these params (taken), from dispatch to
 * mz_call_init().  false: *reply is the refusal.  Else host_end() the call.
 */

static inline bool
host_begin(mz_call_t *call, mz_mcp_do_t what, const char *method,
    const char *target, json_t *params, mz_mcp_reply_t *reply)
{
    mz_dispatch_t      d;
    mz_mcp_request_t  *req;

    req = malloc(sizeof(mz_mcp_request_t));
    *req = host.req;
    req->root = json_pack("{s:s,s:s,s:o}", "target", target, "token", "t",
                          "params", params);
    req->what = what;
    req->method = mz_str_from(method);
    req->target = mz_json_get_str(req->root, "target");
    req->params = params;
    req->arguments = json_object_get(params, "arguments");
    req->progress_token = json_object_get(req->root, "token");

    if (req->era == MZ_MCP_MODERN) {
        req->input_responses = json_object_get(params, "inputResponses");
        req->request_state = mz_json_get_str(params, "requestState");
    }

    if (mz_dispatch(&host.conf, &host.who, &host.http, req, host.now_ms, &d,
                    reply) != MZ_OK)
    {
        mz_mcp_request_free(req);
        free(req);
        return false;
    }

    mz_mcp_reply_free(reply);
    mz_call_init(call, &host.conf, &host.who, req, host.session, &d);
    call->host = req;
    call->conversation_url = host_url;
    call->can_stream = true;
    call->now_ms = host.now_ms;

    return true;
}


static inline void
host_end(mz_call_t *call)
{
    mz_mcp_request_t  *req;

    req = call->host;
    mz_call_deinit(call);
    mz_mcp_request_free(req);
    free(req);
}


/* A tool, with arguments as JSON text. */

static inline bool
host_begin_tool(mz_call_t *call, const char *tool, const char *args,
    mz_mcp_reply_t *reply)
{
    json_t    *arguments;
    mz_err_t   err;

    if (mz_json_load(mz_str_from(args), NULL, &arguments, &err) != MZ_OK) {
        fprintf(stderr, "%s %s: %s\n", tool, args, err.msg);
        exit(1);
    }

    return host_begin(call, MZ_MCP_DO_TOOL, "tools/call", tool,
                      json_pack("{s:o}", "arguments", arguments), reply);
}


/* Does what the call asked for, and steps on. */

static inline mz_step_t
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
        step = mz_call_step(call, MZ_EV_REPLIES);

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
        return mz_call_step(call, MZ_EV_TIMER);

    case MZ_STEP_WORK:
        if (call->work_bytes > host.work_bytes) {
            host.work_bytes = call->work_bytes;
        }

        call->work(call);
        return mz_call_step(call, MZ_EV_WORKED);

    default:
        return step;
    }
}


static inline mz_step_t
host_drive(mz_call_t *call)
{
    mz_step_t  step;

    host.stores = 0;
    host.waits = 0;
    host.cmds_max = 0;
    host.work_bytes = 0;
    host.is_driving = true;

    call->now_ms = host.now_ms;
    step = mz_call_step(call, MZ_EV_START);

    while (step == MZ_STEP_STORE || step == MZ_STEP_WAIT
           || step == MZ_STEP_WORK)
    {
        step = host_step(call, step);
    }

    host.is_driving = false;

    return step;
}


/*
 * What a refusal of dispatch says: {"schema": text} of an isError result, or
 * {"status", "code", "message", "data"} of a JSON-RPC error.  Frees reply.
 */

static inline json_t *
host_refusal(mz_mcp_reply_t *reply)
{
    json_t    *body, *out, *e;
    mz_err_t   err;

    if (mz_json_load(mz_buf_view(&reply->body), NULL, &body, &err) != MZ_OK) {
        CHECK_ROW(0, "%s: %s", mz_buf_cstr(&reply->body), err.msg);
        body = NULL;
    }

    e = json_object_get(body, "error");

    if (e != NULL) {
        out = json_deep_copy(e);
        json_object_set_new(out, "status", json_integer(reply->status));

    } else {
        e = json_object_get(body, "result");
        CHECK(mz_json_get_bool(e, "isError", false));
        e = json_array_get(json_object_get(e, "content"), 0);
        out = json_pack("{s:O}", "schema", json_object_get(e, "text"));
    }

    json_decref(body);
    mz_mcp_reply_free(reply);

    return out;
}


/* The result of a tool against its schema. */

static inline json_t *
host_result(const mz_call_t *call, const char *args)
{
    json_t           *out, *schema;
    mz_err_t          err;
    const mz_tool_t  *t;

    t = call->tool;
    out = NULL;

    if (mz_json_load(mz_call_structured(call), NULL, &out, &err) != MZ_OK) {
        CHECK_ROW(0, "%s: %s", t->op.name.data, err.msg);
    }

    CHECK_ROW(mz_call_text(call).len <= host.conf.result_max,
              "%s %.100s: %zu bytes", t->op.name.data, args,
              mz_call_text(call).len);

    if (mz_json_load(t->output_schema, NULL, &schema, &err) == MZ_OK) {
        CHECK_ROW(mz_schema_validate(schema, out, &err) == MZ_OK,
                  "%s: %s", t->op.name.data, err.msg);
        json_decref(schema);
    }

    return out;
}


/*
 * Calls a tool with arguments as JSON text.  The result: an object; or
 * {"refused": text}; or {"error": rc, "message": ..}; or what host_refusal()
 * says.  *notes (may be NULL) gets the number of progress notes.
 */

static inline json_t *
host_call(const char *tool, const char *args, unsigned *notes)
{
    json_t          *out;
    mz_call_t        call;
    mz_step_t        step;
    mz_note_t       *note;
    mz_mcp_reply_t   reply;

    if (!host_begin_tool(&call, tool, args, &reply)) {
        return host_refusal(&reply);
    }

    step = host_drive(&call);

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
        out = host_result(&call, args);
    }

    host_end(&call);

    return out;
}


#endif /* MZ_TEST_HOST_H */
