
/*
 * fuzz_schema: arguments of tools/call against the schemas of the eight
 * tools; what a schema lets through starts the tool.  The first byte, a
 * digit, chooses the tool; the rest is JSON.
 */

#include "fuzz.h"
#include "proto/schema.h"
#include "tools/host.h"
#include "tools/registry.h"


static void fuzz_load(void);
static void fuzz_start(const mz_tool_t *tool, json_t *args);
static void fuzz_random(void *buf, size_t n);
static void fuzz_url(mz_call_t *call, mz_str_t cid, mz_buf_t *out);


static mz_registry_t   fuzz_registry;
static mz_tool_conf_t  fuzz_conf;


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t                    *args;
    mz_rc_t                    rc;
    mz_err_t                   err;
    mz_str_t                   in;
    const mz_registry_tool_t  *tool;

    fuzz_load();

    in = (mz_str_t) { (const char *) data, size };
    tool = &fuzz_registry.tools[(fuzz_byte(&in) - '0')
                                % fuzz_registry.ntools];

    args = fuzz_json(&in);
    if (args == NULL) {
        return 0;
    }

    rc = mz_schema_validate(tool->input_schema, args, &err);
    if (rc != MZ_OK) {
        FUZZ_HOLD(rc == MZ_INVALID, "%s", mz_rc_name(rc));
        fuzz_check_err(rc, &err);

    } else {
        FUZZ_HOLD(json_is_object(args), "arguments");
        fuzz_start(tool->tool, json_incref(args));
    }

    json_decref(args);

    return 0;
}


static void
fuzz_load(void)
{
    mz_err_t  err;

    if (fuzz_registry.ntools != 0) {
        return;
    }

    FUZZ_HOLD(mz_registry_init(&fuzz_registry, &err) == MZ_OK, "%s", err.msg);

    fuzz_conf.store.partitions = MZ_STORE_PARTITIONS;
    memcpy(fuzz_conf.store.prefix, "mitzu", sizeof("mitzu"));
    fuzz_conf.result_max = 80 * 1024;
    fuzz_conf.wait_default_s = 25;
    fuzz_conf.wait_max_s = 50;
    fuzz_conf.retention_s = 86400;
    fuzz_conf.attach_s = 60;
    fuzz_conf.max_attempts = 2;
    fuzz_conf.lease_ms = 30000;
    fuzz_conf.random = fuzz_random;
}


/* The first step asks the store, or refuses in words. */

static void
fuzz_start(const mz_tool_t *tool, json_t *args)
{
    mz_step_t         step;
    mz_call_t         call;
    mz_dispatch_t     d;
    mz_principal_t    who;
    mz_mcp_request_t  req;

    memset(&who, 0, sizeof(who));
    memcpy(who.scope, "0000000b0123456789abcdef01234567", MZ_SCOPE_LEN);

    memset(&req, 0, sizeof(req));
    req.what = MZ_MCP_DO_TOOL;
    req.version = mz_str("2025-11-25");

    memset(&d, 0, sizeof(d));
    d.op = &tool->op;
    d.tool = tool;
    d.args = args;

    mz_call_init(&call, &fuzz_conf, &who, &req, NULL, &d);
    call.conversation_url = fuzz_url;
    call.now_ms = FUZZ_NOW;

    step = mz_call_step(&call, MZ_EV_START);

    switch (step) {

    case MZ_STEP_STORE:
        FUZZ_HOLD(call.cmds.n > 0 && call.cmds.buf.rc == MZ_OK, "commands");
        (void) fuzz_touch(mz_buf_view(&call.cmds.buf));
        break;

    case MZ_STEP_DONE:
        FUZZ_HOLD(mz_call_text(&call).len > 0, "no text");
        FUZZ_HOLD(mz_utf8_is_valid(mz_call_text(&call)), "%.*s",
                  (int) mz_call_text(&call).len, mz_call_text(&call).data);
        break;

    default:
        FUZZ_HOLD(false, "step %d: %s", (int) step, call.err.msg);
    }

    mz_call_deinit(&call);
}


static void
fuzz_random(void *buf, size_t n)
{
    memset(buf, 7, n);
}


static void
fuzz_url(mz_call_t *call, mz_str_t cid, mz_buf_t *out)
{
    (void) call;
    mz_buf_add_c(out, "http://example.test/conversations/");
    mz_buf_add_str(out, cid);
}
