
/*
 * fuzz_mcp_batch: a body that is an array, cut by our scanner, against the
 * same array read by jansson: the same arrays are batches, of the same
 * messages in the same order.
 */

#include "fuzz_mcp.h"


#define FUZZ_VERSION  "2025-03-26"


static void fuzz_items(const mz_mcp_server_t *srv, const mz_mcp_http_t *http,
    mz_str_t body, const mz_mcp_batch_t *batch);
static void fuzz_gap(mz_str_t body, const char *from, const char *to,
    const char *mark);
static bool fuzz_compare(mz_str_t body, const mz_mcp_batch_t *batch);
static bool fuzz_is_batch(const json_t *array);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mz_rc_t           rc;
    mz_str_t          body;
    mz_mcp_http_t     http;
    mz_mcp_batch_t    batch;
    mz_mcp_reply_t    reply;
    mz_mcp_server_t   srv;
    mz_mcp_request_t  none;

    body = fuzz_copy((mz_str_t) { (const char *) data, size });
    srv = fuzz_make_server(FUZZ_ALL);
    srv.body_max = 0;
    http = fuzz_make_http(true, mz_str(FUZZ_VERSION));
    memset(&none, 0, sizeof(none));

    if (mz_mcp_is_batch(body)) {
        rc = mz_mcp_batch_open(&srv, &http, body, &batch, &reply);

        if (rc == MZ_OK) {
            FUZZ_HOLD(reply.body.len == 0 && batch.n > 0
                      && batch.n <= MZ_MCP_BATCH_MAX, "%zu", batch.n);
            fuzz_items(&srv, &http, body, &batch);

        } else {
            FUZZ_HOLD(batch.n == 0 && batch.items == NULL, "%zu", batch.n);
            FUZZ_HOLD(reply.status == 400, "%d", reply.status);
            fuzz_check_answer(&none, &reply);
        }

        (void) fuzz_compare(body, &batch);

        mz_mcp_batch_free(&batch);
        mz_mcp_reply_free(&reply);

    } else {

        /* Then it is not for us, and jansson knows no array either. */

        batch.n = 0;
        FUZZ_HOLD(!fuzz_compare(body, &batch), "an array");
    }

    fuzz_free(body);

    return 0;
}


/* In order, apart, and each the message it is alone. */

static void
fuzz_items(const mz_mcp_server_t *srv, const mz_mcp_http_t *http,
    mz_str_t body, const mz_mcp_batch_t *batch)
{
    size_t            i;
    const char       *end;
    mz_mcp_reply_t    reply;
    mz_mcp_request_t  req;
    mz_mcp_outcome_t  outcome;

    end = body.data;

    for (i = 0; i < batch->n; i++) {
        fuzz_gap(body, end, batch->items[i].data, i == 0 ? "[" : ",");
        end = batch->items[i].data + batch->items[i].len;

        outcome = mz_mcp_batch_receive(srv, http, batch, i, &req, &reply);
        fuzz_check_request(&req, outcome);

        if (outcome == MZ_MCP_ANSWER) {
            fuzz_check_answer(&req, &reply);
        }

        FUZZ_HOLD(req.era == MZ_MCP_LEGACY
                  && req.what != MZ_MCP_DO_INITIALIZE, "%d", (int) req.what);
        FUZZ_HOLD(mz_str_eq_c(req.version, FUZZ_VERSION), "%.*s",
                  (int) req.version.len, req.version.data);
        FUZZ_HOLD(reply.status < 400, "%d", reply.status);

        mz_mcp_request_free(&req);
        mz_mcp_reply_free(&reply);
    }

    fuzz_gap(body, end, body.data + body.len, "]");
}


/* White space and one mark. */

static void
fuzz_gap(mz_str_t body, const char *from, const char *to, const char *mark)
{
    mz_str_t  gap;

    FUZZ_HOLD(from >= body.data && from <= to
              && to <= body.data + body.len, "a gap");

    gap = mz_str_trim((mz_str_t) { from, (size_t) (to - from) });
    FUZZ_HOLD(mz_str_eq_c(gap, mark), "%.*s", (int) gap.len, gap.data);
}


/* Whether jansson reads an array; then both must say the same of it. */

static bool
fuzz_compare(mz_str_t body, const mz_mcp_batch_t *batch)
{
    size_t             i;
    json_t            *array, *item;
    mz_err_t           err;
    mz_json_limits_t   lim;

    lim.bytes_max = SIZE_MAX;
    lim.depth_max = MZ_MCP_DEPTH_MAX + 1;

    if (mz_json_load(body, &lim, &array, &err) != MZ_OK) {
        return false;
    }

    if (!json_is_array(array)) {
        json_decref(array);
        return false;
    }

    FUZZ_HOLD((batch->n > 0) == fuzz_is_batch(array), "%zu: %zu", batch->n,
              json_array_size(array));

    for (i = 0; i < batch->n; i++) {
        item = fuzz_made_json(batch->items[i]);
        FUZZ_HOLD(mz_json_equal(item, json_array_get(array, i)), "%zu", i);
        json_decref(item);
    }

    FUZZ_HOLD(batch->n == 0 || batch->n == json_array_size(array), "%zu",
              batch->n);
    json_decref(array);

    return true;
}


/* Every element is a message, none of them initialize or modern. */

static bool
fuzz_is_batch(const json_t *array)
{
    int                code;
    bool               is_good;
    char              *text;
    size_t             i;
    mz_err_t           err;
    const json_t      *item, *meta;
    mz_jsonrpc_msg_t   msg;

    is_good = json_array_size(array) > 0
              && json_array_size(array) <= MZ_MCP_BATCH_MAX;

    for (i = 0; is_good && i < json_array_size(array); i++) {
        item = json_array_get(array, i);
        meta = json_object_get(json_object_get(item, "params"), "_meta");

        /* Not by mz_json_dump(): the id 1.0 would be 1. */

        text = json_dumps(item, JSON_ENCODE_ANY|JSON_COMPACT);
        is_good = mz_jsonrpc_parse(mz_str_from(text), MZ_MCP_DEPTH_MAX, &msg,
                                   &code, &err) == MZ_OK
                  && !mz_str_eq_c(mz_json_get_str(item, "method"),
                                  "initialize")
                  && json_object_get(meta,
                         "io.modelcontextprotocol/protocolVersion") == NULL;
        mz_jsonrpc_free(&msg);
        free(text);
    }

    return is_good;
}
