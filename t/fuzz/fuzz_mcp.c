
/*
 * fuzz_mcp: an HTTP request's headers and body through the protocol, in both
 * modes, and the writers on what was read.  The first seven bytes choose
 * headers and session, as digits '0'..; header values that come from the
 * input follow, each ended by the separator; what is left is the body.
 *
 * The modes belong together: what lenient mode passes without counting a
 * tolerance, strict mode passes with the same outcome; what it counts, strict
 * mode refuses (or drops, if a notification).
 */

#include "fuzz_mcp.h"


#define FUZZ_OWN  6             /* header values from the input */

typedef struct {
    mz_rc_t            precheck;
    mz_mcp_outcome_t   outcome;
    mz_mcp_request_t   req;
    mz_mcp_reply_t     reply;
} fuzz_run_t;


static void fuzz_headers(mz_mcp_http_t *http, mz_str_t *in, mz_str_t *own);
static mz_str_t fuzz_header(const char *const *table, size_t n, unsigned c,
    mz_str_t *in, mz_str_t *own);
static void fuzz_run(const mz_mcp_server_t *srv, mz_mcp_http_t *http,
    bool is_strict, mz_str_t body, fuzz_run_t *run);
static void fuzz_modes(const fuzz_run_t *lenient, const fuzz_run_t *strict);
static bool fuzz_is_refused(const fuzz_run_t *run);
static void fuzz_free_run(fuzz_run_t *run);
static void fuzz_writers(const mz_mcp_server_t *srv,
    const mz_mcp_request_t *req, mz_str_t text);
static void fuzz_written(mz_buf_t *out, const char *id);


/* NULL: without; the digit behind the last takes the value of the input. */

static const char *const  fuzz_types[] = {
    "application/json", NULL, "application/json; charset=utf-8", "text/plain"
};

static const char *const  fuzz_accepts[] = {
    "application/json, text/event-stream", NULL, "*/*", "application/json",
    "text/event-stream", "application/*;q=0.5, text/*;q=0", "text/html"
};

static const char *const  fuzz_versions[] = {
    NULL, "2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26",
    "2024-11-05", "1999-01-01"
};

static const char *const  fuzz_methods[] = {
    NULL, "tools/call", "tools/list", "initialize", "ping",
    "server/discover"
};

static const char *const  fuzz_names[] = {
    NULL, "inspect", "=?base64?aW5zcGVjdA==?="
};


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t           i;
    mz_str_t         in, body, own[FUZZ_OWN];
    fuzz_run_t       lenient, strict;
    mz_mcp_http_t    http;
    mz_mcp_server_t  srv;

    in = (mz_str_t) { (const char *) data, size };
    memset(own, 0, sizeof(own));
    srv = fuzz_make_server(FUZZ_ALL);
    fuzz_headers(&http, &in, own);
    body = fuzz_copy(in);

    fuzz_run(&srv, &http, false, body, &lenient);
    fuzz_run(&srv, &http, true, body, &strict);
    fuzz_modes(&lenient, &strict);

    if (lenient.req.id[0] != '\0') {
        fuzz_writers(&srv, &lenient.req, body);
    }

    fuzz_free_run(&lenient);
    fuzz_free_run(&strict);
    fuzz_free(body);

    for (i = 0; i < MZ_ARRAY_LEN(own); i++) {
        fuzz_free(own[i]);
    }

    return 0;
}


static void
fuzz_headers(mz_mcp_http_t *http, mz_str_t *in, mz_str_t *own)
{
    size_t    i;
    unsigned  c[7];

    for (i = 0; i < MZ_ARRAY_LEN(c); i++) {
        c[i] = (fuzz_byte(in) - '0') & 0x3f;
    }

    memset(http, 0, sizeof(mz_mcp_http_t));
    http->method = c[0] & 2 ? (mz_http_method_t) ((c[0] >> 2) % 5)
                            : MZ_HTTP_POST;
    http->content_type = fuzz_header(fuzz_types, MZ_ARRAY_LEN(fuzz_types),
                                     c[1], in, &own[0]);
    http->accept = fuzz_header(fuzz_accepts, MZ_ARRAY_LEN(fuzz_accepts), c[2],
                               in, &own[1]);
    http->protocol_version = fuzz_header(fuzz_versions,
                                         MZ_ARRAY_LEN(fuzz_versions), c[3],
                                         in, &own[2]);
    http->mcp_method = fuzz_header(fuzz_methods, MZ_ARRAY_LEN(fuzz_methods),
                                   c[4], in, &own[3]);
    http->mcp_name = fuzz_header(fuzz_names, MZ_ARRAY_LEN(fuzz_names), c[5],
                                 in, &own[4]);
    http->duplicates = (c[5] / 8) | ((c[4] / 8) << 3);
    http->session.state = (mz_mcp_session_state_t) (c[6] % 4);
    http->session.version = mz_str_from(
        fuzz_versions[2 + (c[6] / 4) % 4]);

    if (c[6] & 32) {
        own[5] = fuzz_part(in);
        http->last_event_id = own[5];
    }
}


static mz_str_t
fuzz_header(const char *const *table, size_t n, unsigned c, mz_str_t *in,
    mz_str_t *own)
{
    c %= 8;

    if (c < n) {
        return mz_str_from(table[c]);
    }

    if (c > n) {
        return mz_str_from(table[0]);
    }

    *own = fuzz_part(in);

    return *own;
}


static void
fuzz_run(const mz_mcp_server_t *srv, mz_mcp_http_t *http, bool is_strict,
    mz_str_t body, fuzz_run_t *run)
{
    mz_mcp_reply_t    before;
    mz_mcp_request_t  none;

    http->is_strict = is_strict;
    memset(&none, 0, sizeof(none));

    run->precheck = mz_mcp_precheck(srv, http, (int64_t) body.len, &before);

    if (run->precheck != MZ_OK) {
        fuzz_check_answer(&none, &before);
        FUZZ_HOLD(before.status >= 400, "%d", before.status);

    } else {
        FUZZ_HOLD(before.status == 200 && before.body.len == 0, "%d",
                  before.status);
    }

    mz_mcp_reply_free(&before);

    run->outcome = mz_mcp_receive(srv, http, body, &run->req, &run->reply);

    fuzz_check_request(&run->req, run->outcome);
    FUZZ_HOLD(!is_strict || run->req.tolerated == 0, "%x",
              run->req.tolerated);

    switch (run->outcome) {

    case MZ_MCP_ANSWER:
        fuzz_check_answer(&run->req, &run->reply);
        break;

    case MZ_MCP_ACCEPTED:
        FUZZ_HOLD(run->reply.status == 202 && run->reply.body.len == 0
                  && run->req.id[0] == '\0', "%d", run->reply.status);
        break;

    case MZ_MCP_CALL:
        FUZZ_HOLD(run->reply.status == 200 && run->reply.body.len == 0, "%d",
                  run->reply.status);
        break;
    }

    /* What needs no body is judged alike with and without it. */

    FUZZ_HOLD(http->method == MZ_HTTP_POST
              || (run->precheck == MZ_OK) == (run->outcome == MZ_MCP_CALL),
              "%d", run->reply.status);
}


static void
fuzz_modes(const fuzz_run_t *lenient, const fuzz_run_t *strict)
{
    if (fuzz_is_refused(lenient) || lenient->req.tolerated != 0) {
        FUZZ_HOLD(fuzz_is_refused(strict)
                  || strict->outcome == MZ_MCP_ACCEPTED, "%d %x: %d",
                  lenient->reply.status, lenient->req.tolerated,
                  strict->reply.status);
        return;
    }

    FUZZ_HOLD(strict->precheck == MZ_OK, "%d", strict->reply.status);
    FUZZ_HOLD(strict->outcome == lenient->outcome
              && strict->reply.status == lenient->reply.status
              && strict->req.what == lenient->req.what
              && mz_str_eq(strict->req.version, lenient->req.version),
              "%d: %d", lenient->reply.status, strict->reply.status);
    FUZZ_HOLD(mz_str_eq(mz_buf_view(&strict->reply.body),
                        mz_buf_view(&lenient->reply.body)), "the answer");
}


static bool
fuzz_is_refused(const fuzz_run_t *run)
{
    return run->precheck != MZ_OK || run->reply.status >= 400;
}


static void
fuzz_free_run(fuzz_run_t *run)
{
    mz_mcp_request_free(&run->req);
    mz_mcp_reply_free(&run->reply);
}


static void
fuzz_writers(const mz_mcp_server_t *srv, const mz_mcp_request_t *req,
    mz_str_t text)
{
    mz_buf_t         out, data;
    mz_mcp_result_t  res;

    mz_buf_init(&out, 0);
    mz_buf_init(&data, 0);
    memset(&res, 0, sizeof(res));

    res.structured = mz_str("{\"a\":[1,\"\\u00e9\"]}");
    res.text = text;
    mz_mcp_write_result(srv, req, &res, &out);
    fuzz_written(&out, req->id);

    res.content = mz_str("{\"type\":\"image\"}");
    res.is_error = true;
    mz_mcp_write_result(srv, req, &res, &out);
    fuzz_written(&out, req->id);

    mz_mcp_write_members(srv, req, "complete", NULL,
                         mz_str("\"_meta\":{\"a\":1}"), &out);
    fuzz_written(&out, req->id);

    mz_mcp_write_error(req, MZ_RPC_PARAMS, text, mz_null_str, &out);
    fuzz_written(&out, req->id);

    if (req->progress_token != NULL) {
        mz_mcp_write_progress(req, 3, (int64_t) text.len, text, &out);
        fuzz_written(&out, NULL);
    }

    mz_buf_add_json_str(&data, text);
    mz_mcp_write_log((mz_mcp_log_t) (text.len % MZ_MCP_LOG_OFF), text,
                     mz_buf_view(&data), &out);
    fuzz_written(&out, NULL);

    mz_mcp_write_notification(text, mz_str("{}"), &out);
    fuzz_written(&out, NULL);

    mz_mcp_write_request(text, text, mz_null_str, &out);
    fuzz_written(&out, NULL);

    mz_mcp_write_http_error(503, text, &out);
    fuzz_written(&out, NULL);

    mz_buf_free(&data);
    mz_buf_free(&out);
}


static void
fuzz_written(mz_buf_t *out, const char *id)
{
    json_decref(fuzz_message(mz_buf_view(out), id));
    mz_buf_reset(out);
}
