
#include "base/mz_str.h"
#include "proto/jsonscan.h"
#include "proto/mcp_method.h"
#include "proto/mcp_session.h"
#include "proto/mcp_version.h"


#define MZ_MCP_BATCH_VERSION  "2025-03-26"


static mz_mcp_outcome_t mz_mcp_batch_check(mz_mcp_ctx_t *ctx);
static mz_mcp_outcome_t mz_mcp_batch_cut(mz_mcp_ctx_t *ctx, mz_str_t body,
    mz_mcp_batch_t *batch);
static mz_mcp_outcome_t mz_mcp_batch_check_item(mz_mcp_ctx_t *ctx,
    const mz_mcp_batch_t *batch, size_t i);
static mz_mcp_outcome_t mz_mcp_batch_invalid(mz_mcp_ctx_t *ctx,
    const char *message);


bool
mz_mcp_is_batch(mz_str_t body)
{
    size_t  pos;

    pos = mz_jsonscan_space(body, 0);

    return pos < body.len && body.data[pos] == '[';
}


mz_rc_t
mz_mcp_batch_open(const mz_mcp_server_t *srv, const mz_mcp_http_t *http,
    mz_str_t body, mz_mcp_batch_t *batch, mz_mcp_reply_t *reply)
{
    size_t            i;
    mz_mcp_ctx_t      ctx;
    mz_mcp_request_t  req;
    mz_mcp_outcome_t  outcome;

    memset(batch, 0, sizeof(mz_mcp_batch_t));
    mz_mcp_begin(&ctx, srv, http, &req, reply);

    batch->items = calloc(MZ_MCP_BATCH_MAX, sizeof(mz_str_t));

    if (batch->items == NULL) {
        reply->body.rc = MZ_NOMEM;
        outcome = MZ_MCP_ANSWER;

    } else if (!mz_mcp_check_size(&ctx, body.len)) {
        outcome = MZ_MCP_ANSWER;

    } else {
        outcome = mz_mcp_batch_check(&ctx);
    }

    if (outcome == MZ_MCP_CALL) {
        outcome = mz_mcp_batch_cut(&ctx, body, batch);
    }

    for (i = 0; i < batch->n && outcome == MZ_MCP_CALL; i++) {
        outcome = mz_mcp_batch_check_item(&ctx, batch, i);
    }

    outcome = mz_mcp_end(&ctx, outcome);
    mz_mcp_request_free(&req);

    if (outcome == MZ_MCP_CALL) {
        return MZ_OK;
    }

    mz_mcp_batch_free(batch);

    return MZ_INVALID;
}


mz_mcp_outcome_t
mz_mcp_batch_receive(const mz_mcp_server_t *srv, const mz_mcp_http_t *http,
    const mz_mcp_batch_t *batch, size_t i, mz_mcp_request_t *req,
    mz_mcp_reply_t *reply)
{
    return mz_mcp_receive(srv, http, batch->items[i], req, reply);
}


void
mz_mcp_batch_free(mz_mcp_batch_t *batch)
{
    free(batch->items);
    memset(batch, 0, sizeof(mz_mcp_batch_t));
}


/* What is the same for all items, so that the whole has one status. */

static mz_mcp_outcome_t
mz_mcp_batch_check(mz_mcp_ctx_t *ctx)
{
    bool      is_doubled, is_modern;
    mz_str_t  header;

    header = mz_mcp_session_header(ctx->http, &is_doubled);
    is_modern = mz_mcp_version_kind(header) == MZ_MCP_VERSION_MODERN;

    if (!is_modern && !mz_mcp_session_check(ctx)) {
        return MZ_MCP_ANSWER;
    }

    if (is_modern || !mz_str_eq_c(ctx->req->version, MZ_MCP_BATCH_VERSION)) {
        return mz_mcp_batch_invalid(ctx, "Batches exist in "
                                    MZ_MCP_BATCH_VERSION " only: send one "
                                    "message per POST");
    }

    if (ctx->http->mcp_method.data != NULL || ctx->http->mcp_name.data != NULL)
    {
        return mz_mcp_method_refuse(ctx, 400, MZ_RPC_HEADER_MISMATCH, "Header "
                                    "mismatch: a batch has no one Mcp-Method "
                                    "or Mcp-Name");
    }

    return MZ_MCP_CALL;
}


static mz_mcp_outcome_t
mz_mcp_batch_cut(mz_mcp_ctx_t *ctx, mz_str_t body, mz_mcp_batch_t *batch)
{
    size_t  pos, start;

    pos = mz_jsonscan_space(body, 0);

    do {
        start = mz_jsonscan_space(body, pos + 1);
        pos = mz_jsonscan_value(body, start);

        if (pos == start) {
            break;
        }

        if (batch->n == MZ_MCP_BATCH_MAX) {
            return mz_mcp_batch_invalid(ctx, "The batch is too long: send at "
                                        "most 100 messages");
        }

        batch->items[batch->n].data = body.data + start;
        batch->items[batch->n].len = pos - start;
        batch->n++;

        pos = mz_jsonscan_space(body, pos);

    } while (pos < body.len && body.data[pos] == ',');

    /* Without a value it ends where it begins, but not behind a comma. */

    if (pos >= body.len || body.data[pos] != ']'
        || (pos == start && batch->n > 0)
        || mz_jsonscan_space(body, pos + 1) != body.len)
    {
        return mz_mcp_method_refuse(ctx, 400, MZ_RPC_PARSE, "not valid JSON: "
                                    "the array does not end as it should");
    }

    if (batch->n == 0) {
        return mz_mcp_batch_invalid(ctx, "The batch is empty");
    }

    return MZ_MCP_CALL;
}


static mz_mcp_outcome_t
mz_mcp_batch_check_item(mz_mcp_ctx_t *ctx, const mz_mcp_batch_t *batch,
    size_t i)
{
    int               code;
    mz_rc_t           rc;
    mz_err_t          err;
    const json_t     *meta;
    mz_jsonrpc_msg_t  msg;
    mz_mcp_outcome_t  outcome;

    outcome = MZ_MCP_CALL;
    rc = mz_jsonrpc_parse(batch->items[i], MZ_MCP_DEPTH_MAX, &msg, &code,
                          &err);
    meta = json_object_get(msg.params, "_meta");

    if (rc != MZ_OK) {
        outcome = mz_mcp_method_refuse(ctx, rc == MZ_NOMEM ? 500 : 400, code,
                                       "Message %zu of the batch: %s", i + 1,
                                       err.msg);

    } else if (mz_str_eq_c(msg.method, "initialize")) {
        outcome = mz_mcp_batch_invalid(ctx, "initialize must not be part of a "
                                       "batch");

    } else if (json_object_get(meta, MZ_MCP_META_VERSION) != NULL) {
        outcome = mz_mcp_batch_invalid(ctx, "A message of the batch is of a "
                                       "revision without batches");
    }

    mz_jsonrpc_free(&msg);

    return outcome;
}


static mz_mcp_outcome_t
mz_mcp_batch_invalid(mz_mcp_ctx_t *ctx, const char *message)
{
    return mz_mcp_method_refuse(ctx, 400, MZ_RPC_INVALID_REQUEST, "%s",
                                message);
}
