
#include "tools/ask_step.h"

#include "base/mz_str.h"
#include "tools/host.h"
#include "tools/state.h"


static mz_step_t mz_ask_check(mz_call_t *call);
static mz_step_t mz_ask_undeclared(mz_call_t *call, uint32_t missing);
static mz_step_t mz_ask_modern(mz_call_t *call);
static mz_step_t mz_ask_no_memory(mz_call_t *call);


mz_step_t
mz_ask_begin(mz_call_t *call)
{
    mz_step_t  step;

    step = mz_ask_check(call);
    if (step != MZ_STEP_ASK) {
        return step;
    }

    return call->req->era == MZ_MCP_MODERN ? mz_ask_modern(call)
                                           : mz_ask_legacy(call);
}


/* MZ_STEP_ASK: the client may be asked all of it. */

static mz_step_t
mz_ask_check(mz_call_t *call)
{
    size_t       n;
    json_t      *ask;
    uint32_t     needed, missing;
    const char  *key;

    n = json_object_size(call->asks);

    if (n == 0 || n > MZ_ASKS_MAX) {
        return mz_call_error(call, MZ_INTERNAL, "%zu questions to the client",
                             n);
    }

    missing = 0;

    json_object_foreach(call->asks, key, ask) {
        needed = mz_mcp_client_needed(mz_json_get_str(ask, "method"),
                                      json_object_get(ask, "params"));

        if (needed == 0) {
            return mz_call_error(call, MZ_INTERNAL,
                                 "no client answers the question \"%s\"",
                                 key);
        }

        missing |= needed & ~call->req->client;
    }

    return missing ? mz_ask_undeclared(call, missing) : MZ_STEP_ASK;
}


static mz_step_t
mz_ask_undeclared(mz_call_t *call, uint32_t missing)
{
    json_t    *data, *needed;
    mz_buf_t   text;
    mz_step_t  step;

    mz_buf_init(&text, 0);
    mz_mcp_client_write(missing, &text);

    if (text.rc != MZ_OK) {
        step = mz_ask_no_memory(call);

    } else if (call->req->era == MZ_MCP_MODERN) {
        needed = NULL;
        (void) mz_json_load(mz_buf_view(&text), NULL, &needed, NULL);
        data = json_object();

        if (mz_json_set(data, "requiredCapabilities", needed) == MZ_OK) {
            step = mz_call_fault(call, MZ_RPC_CAPABILITY, data,
                                 "Missing required client capability");

        } else {
            json_decref(data);
            step = mz_ask_no_memory(call);
        }

    } else if (call->tool != NULL) {
        step = mz_call_refuse(call, "This needs something from the client "
                              "that it did not declare: %s. Use a client "
                              "that can be asked, or a new session in which "
                              "it declares these capabilities.",
                              mz_buf_cstr(&text));

    } else {
        step = mz_call_fault(call, MZ_RPC_PARAMS, NULL, "this needs client "
                             "capabilities that were not declared: %s",
                             mz_buf_cstr(&text));
    }

    mz_buf_free(&text);

    return step;
}


static mz_step_t
mz_ask_modern(mz_call_t *call)
{
    mz_rc_t    rc;
    mz_buf_t  *out;

    if (call->req->what != MZ_MCP_DO_TOOL
        && call->req->what != MZ_MCP_DO_PROMPT
        && call->req->what != MZ_MCP_DO_READ)
    {
        return mz_call_error(call, MZ_INTERNAL,
                             "this method may not ask the client");
    }

    out = &call->result.members;
    mz_buf_reset(out);

    mz_buf_add_c(out, "\"inputRequests\":");
    mz_json_dump(out, call->asks);
    mz_buf_add_c(out, ",\"requestState\":\"");

    rc = mz_state_seal(call, out);

    if (rc == MZ_UNAVAILABLE) {
        return mz_call_error(call, rc, "no key to seal a requestState with "
                             "is known yet");
    }

    if (rc == MZ_LIMIT) {
        return mz_call_error(call, MZ_INTERNAL,
                             "what is kept over a question is too large");
    }

    mz_buf_add_char(out, '"');

    if (rc != MZ_OK || out->rc != MZ_OK) {
        return mz_ask_no_memory(call);
    }

    call->result.type = "input_required";

    if (call->status[0] == '\0') {
        call->status = "input_required";
    }

    return MZ_STEP_DONE;
}


static mz_step_t
mz_ask_no_memory(mz_call_t *call)
{
    return mz_call_error(call, MZ_NOMEM, "out of memory");
}
