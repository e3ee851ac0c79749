
#include "tools/host.h"

#include "base/mz_str.h"


#define MZ_ANSWER_AWAY                                                        \
    "The analytics service is not available at the moment. Nothing is lost: " \
    "try again in a few seconds."

#define MZ_ANSWER_FAILED                                                      \
    "This failed inside the server. Its log says why."


static int mz_answer_error(const mz_call_t *call, mz_buf_t *out);
static int mz_answer_fault(const mz_call_t *call, mz_buf_t *out);
static int mz_answer_tool(const mz_call_t *call, mz_buf_t *out);
static int mz_answer_members(const mz_call_t *call, mz_buf_t *out);


/* Only rungs of the modern ladder have a status of their own. */

static const struct {
    int  code;
    int  status;
} mz_answer_statuses[] = {
    { MZ_RPC_METHOD, 404 },
    { MZ_RPC_HEADER_MISMATCH, 400 },
    { MZ_RPC_CAPABILITY, 400 },
    { MZ_RPC_VERSION, 400 }
};


int
mz_call_answer(mz_call_t *call, mz_step_t step, mz_buf_t *out)
{
    if (step == MZ_STEP_ERROR) {
        return mz_answer_error(call, out);
    }

    if (call->fault != 0) {
        return mz_answer_fault(call, out);
    }

    if (call->op->flags & MZ_OP_QUIET) {
        return 202;
    }

    /* What ended the session was no JSON-RPC message. */

    if (call->req->what == MZ_MCP_DO_END_SESSION) {
        return 200;
    }

    if (call->tool != NULL && call->result.type == NULL) {
        return mz_answer_tool(call, out);
    }

    return mz_answer_members(call, out);
}


static int
mz_answer_error(const mz_call_t *call, mz_buf_t *out)
{
    bool      is_away;
    mz_str_t  text;

    is_away = (call->err.rc == MZ_UNAVAILABLE);
    text = is_away ? mz_str(MZ_ANSWER_AWAY) : mz_str(MZ_ANSWER_FAILED);

    mz_mcp_write_error(call->req, MZ_RPC_INTERNAL, text, mz_null_str, out);

    if (is_away) {
        return 503;
    }

    /* 200 would say that the notification was a request. */

    return (call->op->flags & MZ_OP_QUIET) ? 500 : 200;
}


static int
mz_answer_fault(const mz_call_t *call, mz_buf_t *out)
{
    int       code;
    size_t    i;
    bool      is_quiet, is_modern;
    mz_buf_t  data;

    code = call->fault;
    is_quiet = (call->op->flags & MZ_OP_QUIET);
    is_modern = (call->req->era == MZ_MCP_MODERN);

    if (is_modern && code == MZ_RPC_NO_RESOURCE) {
        code = MZ_RPC_PARAMS;
    }

    mz_buf_init(&data, 0);

    if (call->fault_data != NULL) {
        mz_json_dump(&data, call->fault_data);
    }

    /* What is no request has no id, and no answer but its status. */

    mz_mcp_write_error(is_quiet ? NULL : call->req, code,
                       mz_str_from(call->err.msg), mz_buf_view(&data), out);

    if (data.rc != MZ_OK) {
        out->rc = data.rc;
    }

    mz_buf_free(&data);

    if (is_quiet) {
        return 400;
    }

    for (i = 0; is_modern && i < MZ_ARRAY_LEN(mz_answer_statuses); i++) {
        if (mz_answer_statuses[i].code == code) {
            return mz_answer_statuses[i].status;
        }
    }

    return 200;
}


/* Blocks of content stand for themselves: no twin of the structure. */

static int
mz_answer_tool(const mz_call_t *call, mz_buf_t *out)
{
    mz_mcp_result_t  res;

    res.structured = mz_call_structured(call);
    res.is_error = call->result.is_error;

    if (call->result.content.len != 0) {
        res.content = mz_buf_view(&call->result.content);
        res.text = mz_buf_view(&call->result.text);

    } else {
        res.content = mz_null_str;
        res.text = mz_call_text(call);
    }

    mz_mcp_write_result(call->conf->server, call->req, &res, out);

    return 200;
}


static int
mz_answer_members(const mz_call_t *call, mz_buf_t *out)
{
    const char            *type;
    const mz_mcp_cache_t  *cache;

    type = call->result.type;
    cache = (type == NULL && call->result.cache.ttl_ms >= 0)
            ? &call->result.cache : NULL;

    mz_mcp_write_members(call->conf->server, call->req,
                         type != NULL ? type : "complete", cache,
                         mz_buf_view(&call->result.members), out);

    return 200;
}
