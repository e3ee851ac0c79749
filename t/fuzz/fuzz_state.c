
/*
 * fuzz_state: requestState as clients hand it back.  The first byte, a
 * digit, chooses: the rest as it is, as a token; as a payload that is sealed;
 * arguments and what is kept, there and back; two arguments, of which one
 * has the token of the other.
 */

#include "auth/seal.h"
#include "fuzz.h"
#include "tools/state.h"


static void fuzz_load(void);
static void fuzz_request(mz_mcp_request_t *req, json_t *arguments);
static void fuzz_token(mz_str_t token);
static void fuzz_payload(mz_str_t payload);
static mz_rc_t fuzz_seal(json_t *arguments, json_t *kept, mz_buf_t *token);
static void fuzz_kept(json_t *arguments, json_t *kept);
static void fuzz_two(json_t *a, json_t *b);
static bool fuzz_has_real(const json_t *v);


static mz_seal_t       fuzz_key, fuzz_unused;
static mz_tool_conf_t  fuzz_conf;
static mz_principal_t  fuzz_who;


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t    *a, *b;
    unsigned   what;
    mz_str_t   in, rest;

    fuzz_load();

    in = (mz_str_t) { (const char *) data, size };
    what = (fuzz_byte(&in) - '0') % 4;

    if (what < 2) {
        rest = fuzz_copy(in);

        if (what == 0) {
            fuzz_token(rest);

        } else {
            fuzz_payload(rest);
        }

        fuzz_free(rest);
        return 0;
    }

    a = fuzz_json(&in);
    b = fuzz_json(&in);

    if (json_is_object(a) && what == 2) {
        fuzz_kept(a, b);
    }

    if (json_is_object(a) && json_is_object(b) && what == 3) {
        fuzz_two(a, b);
    }

    json_decref(a);
    json_decref(b);

    return 0;
}


static void
fuzz_load(void)
{
    mz_err_t  err;

    if (fuzz_key.n != 0) {
        return;
    }

    FUZZ_HOLD(mz_seal_add(&fuzz_key, mz_str("one secret for the fuzzer's "
                                            "request states"), &err) == MZ_OK
              && mz_seal_add(&fuzz_unused, mz_str("one that no token was ever "
                                                  "made with"), &err)
                 == MZ_OK, "%s", err.msg);
    FUZZ_HOLD(mz_principal_development(&fuzz_who) == MZ_OK, "%s", "who");
    fuzz_conf.seal = &fuzz_key;
}


static void
fuzz_request(mz_mcp_request_t *req, json_t *arguments)
{
    memset(req, 0, sizeof(mz_mcp_request_t));
    req->era = MZ_MCP_MODERN;
    req->method = mz_str("tools/call");
    req->target = mz_str("ask");
    req->arguments = arguments;
}


static void
fuzz_token(mz_str_t token)
{
    json_t            *kept;
    mz_rc_t            rc;
    mz_err_t           err;
    mz_tool_conf_t     conf;
    mz_mcp_request_t   req;

    conf = fuzz_conf;
    conf.seal = &fuzz_unused;
    fuzz_request(&req, NULL);
    req.request_state = token;

    rc = mz_state_open(&conf, &fuzz_who, &req, FUZZ_NOW, &kept, &err);
    FUZZ_HOLD(rc == MZ_INVALID && kept == NULL, "%s", mz_rc_name(rc));
    fuzz_check_err(rc, &err);
}


/* Made with our key, but not by us: of any shape. */

static void
fuzz_payload(mz_str_t payload)
{
    json_t            *kept;
    mz_rc_t            rc;
    mz_err_t           err;
    mz_buf_t           token;
    mz_mcp_request_t   req;

    mz_buf_init(&token, 0);
    fuzz_request(&req, NULL);

    if (mz_seal_make(&fuzz_key, MZ_SEAL_STATE,
                     (mz_str_t) { fuzz_who.scope, MZ_SCOPE_LEN },
                     FUZZ_NOW / 1000 + 1, payload, &token) == MZ_OK)
    {
        req.request_state = mz_buf_view(&token);
        rc = mz_state_open(&fuzz_conf, &fuzz_who, &req, FUZZ_NOW, &kept,
                           &err);

        if (rc != MZ_OK) {
            FUZZ_HOLD(kept == NULL, "%s", mz_rc_name(rc));
            fuzz_check_err(rc, &err);
        }

        json_decref(kept);
    }

    mz_buf_free(&token);
}


static mz_rc_t
fuzz_seal(json_t *arguments, json_t *kept, mz_buf_t *token)
{
    mz_rc_t            rc;
    mz_call_t          call;
    mz_mcp_request_t   req;

    fuzz_request(&req, arguments);
    memset(&call, 0, sizeof(mz_call_t));
    call.conf = &fuzz_conf;
    call.principal = &fuzz_who;
    call.req = &req;
    call.now_ms = FUZZ_NOW;
    call.kept = kept;

    rc = mz_state_seal(&call, token);
    FUZZ_HOLD(rc == MZ_OK || rc == MZ_LIMIT, "%s", mz_rc_name(rc));

    return rc;
}


static void
fuzz_kept(json_t *arguments, json_t *kept)
{
    json_t            *back;
    mz_rc_t            rc;
    mz_err_t           err;
    mz_buf_t           token;
    mz_mcp_request_t   req;

    mz_buf_init(&token, 0);

    if (fuzz_seal(arguments, kept, &token) == MZ_OK) {
        fuzz_request(&req, arguments);
        req.request_state = mz_buf_view(&token);
        rc = mz_state_open(&fuzz_conf, &fuzz_who, &req, FUZZ_NOW, &back,
                           &err);
        FUZZ_HOLD(rc == MZ_OK, "%s", mz_rc_name(rc));
        FUZZ_HOLD(kept == NULL || mz_json_equal(kept, back), "%s",
                  mz_buf_cstr(&token));
        json_decref(back);
    }

    mz_buf_free(&token);
}


/* The token of one is good for the other if they are equal. */

static void
fuzz_two(json_t *a, json_t *b)
{
    bool               is_equal;
    json_t            *back;
    mz_rc_t            rc;
    mz_err_t           err;
    mz_buf_t           token;
    mz_mcp_request_t   req;

    mz_buf_init(&token, 0);

    if (fuzz_seal(a, NULL, &token) == MZ_OK) {
        fuzz_request(&req, b);
        req.request_state = mz_buf_view(&token);
        rc = mz_state_open(&fuzz_conf, &fuzz_who, &req, FUZZ_NOW, &back,
                           &err);
        is_equal = mz_json_equal(a, b);

        FUZZ_HOLD(rc != MZ_OK || is_equal, "%s", mz_buf_cstr(&token));
        FUZZ_HOLD(rc == MZ_OK || !is_equal || fuzz_has_real(a)
                  || fuzz_has_real(b), "%s", mz_rc_name(rc));
    }

    mz_buf_free(&token);
}


/* One number may be written in two ways. */

static bool
fuzz_has_real(const json_t *v)
{
    void    *iter;
    json_t  *object;
    size_t   i;

    object = (json_t *) v;

    for (iter = json_object_iter(object); iter != NULL;
         iter = json_object_iter_next(object, iter))
    {
        if (fuzz_has_real(json_object_iter_value(iter))) {
            return true;
        }
    }

    for (i = 0; i < json_array_size(v); i++) {
        if (fuzz_has_real(json_array_get(v, i))) {
            return true;
        }
    }

    return json_is_real(v);
}
