
/*
 * rpc: any method through dispatch and op, for tests of what is no tool.
 */

#ifndef MZ_TEST_RPC_H
#define MZ_TEST_RPC_H

#include "case.h"


/* Of the last rpc(). */

static mz_mcp_cache_t  rpc_cache;


/*
 * The members of the result; or {"code", "message", "data"?} of a fault, or
 * {"error", "message"}.  params is JSON text with ' for ".
 */

static inline json_t *
rpc(mz_mcp_do_t what, const char *method, const char *target,
    const char *params)
{
    char            *p, *text;
    json_t          *args_json;
    mz_err_t         err;
    mz_buf_t         members;
    mz_call_t        c;
    mz_step_t        step;
    mz_mcp_reply_t   reply;

    text = strdup(params);

    for (p = text; *p != '\0'; p++) {
        *p = (*p == '\'') ? '"' : *p;
    }

    CHECK_ROW(mz_json_load(mz_str_from(text), NULL, &args_json, &err)
              == MZ_OK, "%s: %s", params, err.msg);
    free(text);

    json_decref(r);
    r = NULL;

    if (!host_begin(&c, what, method, target, args_json, &reply)) {
        r = host_refusal(&reply);
        return r;
    }

    step = host_drive(&c);
    rpc_cache = c.result.cache;

    if (step == MZ_STEP_DONE && c.fault == 0) {
        mz_buf_init(&members, 0);
        mz_buf_addf(&members, "{%.*s}", (int) c.result.members.len,
                    c.result.members.data);
        CHECK_ROW(mz_json_load(mz_buf_view(&members), NULL, &r, &err)
                  == MZ_OK, "%s: %s", method, err.msg);
        mz_buf_free(&members);

    } else if (c.fault != 0) {
        r = json_pack("{s:i,s:s,s:O?}", "code", c.fault, "message",
                      c.err.msg, "data", c.fault_data);

    } else {
        r = json_pack("{s:s,s:s}", "error", mz_rc_name(c.err.rc), "message",
                      c.err.msg);
    }

    host_end(&c);

    return r;
}


/* Commands of the test's own: words. */

static inline void
redis_do(const char *a0, const char *a1, const char *a2, const char *a3)
{
    size_t       n;
    mz_cmds_t    c;
    mz_str_t     argv[4];
    redisReply  *reply;
    const char  *all[4] = { a0, a1, a2, a3 };

    for (n = 0; n < 4 && all[n] != NULL; n++) {
        argv[n] = mz_str_from(all[n]);
    }

    mz_cmds_init(&c);
    mz_cmds_add(&c, n, argv);
    host_exec(&c, &reply);
    mz_reply_free(reply);
    mz_cmds_free(&c);
}


#endif /* MZ_TEST_RPC_H */
