
/*
 * fuzz_resume: Last-Event-ID.  The first byte, a digit, chooses what is done
 * with the rest: as it is, as the header; its parts as payload and number
 * of a genuine token; a genuine token whose number is the rest.  A request
 * that comes out is one that is sealed again and comes out the same.
 */

#include "fuzz.h"
#include "tools/resume.h"


#define FUZZ_NOW_S  (FUZZ_NOW / 1000)


static void fuzz_load(void);
static void fuzz_header(mz_str_t id);
static void fuzz_payload(mz_str_t payload, mz_str_t seq);
static void fuzz_number(mz_str_t seq);
static void fuzz_again(const mz_mcp_request_t *req);
static void fuzz_same(const mz_mcp_request_t *a, const mz_mcp_request_t *b);


static mz_seal_t       fuzz_keys;
static mz_tool_conf_t  fuzz_conf;
static mz_principal_t  fuzz_who;


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned  what;
    mz_str_t  in, first, rest;

    fuzz_load();

    in = (mz_str_t) { (const char *) data, size };
    what = (fuzz_byte(&in) - '0') % 3;

    if (what == 1) {
        first = fuzz_part(&in);
        rest = fuzz_copy(in);
        fuzz_payload(first, rest);
        fuzz_free(rest);

    } else {
        first = fuzz_copy(in);

        if (what == 0) {
            fuzz_header(first);

        } else {
            fuzz_number(first);
        }
    }

    fuzz_free(first);

    return 0;
}


static void
fuzz_load(void)
{
    mz_err_t  err;

    if (fuzz_keys.n != 0) {
        return;
    }

    FUZZ_HOLD(mz_seal_add(&fuzz_keys,
                          mz_str("one secret for the fuzzer's tokens"), &err)
              == MZ_OK, "%s", err.msg);
    FUZZ_HOLD(mz_principal_development(&fuzz_who) == MZ_OK, "principal");
    fuzz_conf.seal = &fuzz_keys;
}


/* Nobody guesses a MAC: no input is genuine. */

static void
fuzz_header(mz_str_t id)
{
    int64_t            after;
    mz_rc_t            rc;
    mz_mcp_request_t   req;

    static const mz_session_t  session;

    rc = mz_resume_open(&fuzz_conf, &fuzz_who, NULL, FUZZ_NOW_S, id, &req,
                        &after);
    FUZZ_HOLD(rc == MZ_INVALID, "%s", mz_rc_name(rc));

    rc = mz_resume_open(&fuzz_conf, &fuzz_who, &session, FUZZ_NOW_S, id,
                        &req, &after);
    FUZZ_HOLD(rc == MZ_INVALID, "%s", mz_rc_name(rc));
}


static void
fuzz_payload(mz_str_t payload, mz_str_t seq)
{
    int64_t            after;
    mz_rc_t            rc;
    mz_buf_t           id;
    mz_mcp_request_t   req;

    mz_buf_init(&id, 0);

    if (mz_seal_make(&fuzz_keys, MZ_SEAL_STREAM,
                     mz_str_from(fuzz_who.scope), FUZZ_NOW_S + 60, payload,
                     &id)
        != MZ_OK)
    {
        mz_buf_free(&id);
        return;
    }

    mz_buf_add_char(&id, '.');
    mz_buf_add_str(&id, seq);

    rc = mz_resume_open(&fuzz_conf, &fuzz_who, NULL, FUZZ_NOW_S,
                        mz_buf_view(&id), &req, &after);
    FUZZ_HOLD(rc == MZ_OK || rc == MZ_INVALID, "%s", mz_rc_name(rc));

    if (rc == MZ_OK) {
        FUZZ_HOLD(id.len <= MZ_RESUME_ID_MAX, "%zu", id.len);
        FUZZ_HOLD(after >= 0 && after <= INT64_C(1) << 53, "%lld",
                  (long long) after);
        fuzz_again(&req);
        mz_mcp_request_free(&req);
    }

    mz_buf_free(&id);
}


/* Only one way to write a number is taken, and it is that number. */

static void
fuzz_number(mz_str_t seq)
{
    char               text[32];
    int64_t            after;
    mz_buf_t           id;
    mz_mcp_request_t   req;

    mz_buf_init(&id, 0);
    FUZZ_HOLD(mz_seal_make(&fuzz_keys, MZ_SEAL_STREAM,
                           mz_str_from(fuzz_who.scope), FUZZ_NOW_S + 60,
                           mz_str("{\"i\":\"1\",\"v\":\"2025-11-25\","
                                  "\"s\":\"\",\"m\":\"tasks/list\"}"), &id)
              == MZ_OK, "seal");
    mz_buf_add_char(&id, '.');
    mz_buf_add_str(&id, seq);

    if (mz_resume_open(&fuzz_conf, &fuzz_who, NULL, FUZZ_NOW_S,
                       mz_buf_view(&id), &req, &after)
        == MZ_OK)
    {
        snprintf(text, sizeof(text), "%lld", (long long) after);
        FUZZ_HOLD(mz_str_eq_c(seq, text), "%s", text);
        mz_mcp_request_free(&req);
    }

    mz_buf_free(&id);
}


static void
fuzz_again(const mz_mcp_request_t *req)
{
    int64_t           after;
    mz_rc_t           rc;
    mz_buf_t          id;
    mz_call_t         call;
    mz_mcp_request_t  again;

    memset(&call, 0, sizeof(mz_call_t));
    call.conf = &fuzz_conf;
    call.principal = &fuzz_who;
    call.req = req;
    call.now_ms = FUZZ_NOW;

    mz_buf_init(&id, 0);
    rc = mz_resume_token(&call, &id);

    if (rc == MZ_OK) {
        mz_buf_add_c(&id, ".7");
        FUZZ_HOLD(id.len <= MZ_RESUME_ID_MAX, "%zu", id.len);
        rc = mz_resume_open(&fuzz_conf, &fuzz_who, NULL, FUZZ_NOW_S,
                            mz_buf_view(&id), &again, &after);
        FUZZ_HOLD(rc == MZ_OK && after == 7, "%s", mz_rc_name(rc));
        fuzz_same(req, &again);
        mz_mcp_request_free(&again);

    } else {
        FUZZ_HOLD(rc == MZ_LIMIT && id.len == 0, "%s", mz_rc_name(rc));
    }

    mz_buf_free(&id);
}


static void
fuzz_same(const mz_mcp_request_t *a, const mz_mcp_request_t *b)
{
    FUZZ_HOLD(a->what == b->what && a->what > MZ_MCP_DO_INITIALIZE
              && a->what < MZ_MCP_DOES, "%d, %d", (int) a->what,
              (int) b->what);
    FUZZ_HOLD(a->era == b->era, "%d", (int) a->era);
    FUZZ_HOLD(a->id[0] != '\0' && strcmp(a->id, b->id) == 0, "%s, %s", a->id,
              b->id);
    FUZZ_HOLD(mz_str_eq(a->version, b->version), "%.*s",
              (int) a->version.len, a->version.data);
    FUZZ_HOLD(mz_str_eq(a->method, b->method), "%.*s", (int) a->method.len,
              a->method.data);
    FUZZ_HOLD(mz_str_eq(a->target, b->target), "%zu, %zu", a->target.len,
              b->target.len);
    FUZZ_HOLD(a->params == NULL ? b->params == NULL
                                : mz_json_equal(a->params, b->params),
              "params of %s", a->id);
}
