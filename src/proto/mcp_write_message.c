
#include "base/mz_str.h"
#include "proto/mcp_write.h"


static void mz_mcp_write_head(mz_str_t method, mz_buf_t *out);


void
mz_mcp_write_progress(const mz_mcp_request_t *req, int64_t progress,
    int64_t total, mz_str_t message, mz_buf_t *out)
{
    mz_mcp_write_head(mz_str("notifications/progress"), out);
    mz_buf_add_c(out, ",\"params\":{\"progressToken\":");
    mz_json_dump(out, req->progress_token);
    mz_buf_add_c(out, ",\"progress\":");
    mz_buf_add_int(out, progress);

    if (total >= 0) {
        mz_buf_add_c(out, ",\"total\":");
        mz_buf_add_int(out, total);
    }

    if (message.len > 0) {
        mz_buf_add_c(out, ",\"message\":");
        mz_buf_add_json_str(out, message);
    }

    mz_buf_add(out, "}}", 2);
}


void
mz_mcp_write_log(mz_mcp_log_t level, mz_str_t logger, mz_str_t data,
    mz_buf_t *out)
{
    mz_mcp_write_head(mz_str("notifications/message"), out);
    mz_buf_add_c(out, ",\"params\":{\"level\":");
    mz_buf_add_json_str(out, mz_str_from(mz_mcp_log_name(level)));

    if (logger.len > 0) {
        mz_buf_add_c(out, ",\"logger\":");
        mz_buf_add_json_str(out, logger);
    }

    mz_buf_add_c(out, ",\"data\":");
    mz_buf_add_str(out, data.len > 0 ? data : mz_str("null"));
    mz_buf_add(out, "}}", 2);
}


void
mz_mcp_write_notification(mz_str_t method, mz_str_t params, mz_buf_t *out)
{
    mz_mcp_write_head(method, out);

    if (params.len > 0) {
        mz_buf_add_c(out, ",\"params\":");
        mz_buf_add_str(out, params);
    }

    mz_buf_add_char(out, '}');
}


void
mz_mcp_write_request(mz_str_t id, mz_str_t method, mz_str_t params,
    mz_buf_t *out)
{
    mz_buf_add_c(out, "{\"jsonrpc\":\"2.0\",\"id\":");
    mz_buf_add_json_str(out, id);
    mz_buf_add_c(out, ",\"method\":");
    mz_buf_add_json_str(out, method);

    if (params.len > 0) {
        mz_buf_add_c(out, ",\"params\":");
        mz_buf_add_str(out, params);
    }

    mz_buf_add_char(out, '}');
}


static void
mz_mcp_write_head(mz_str_t method, mz_buf_t *out)
{
    mz_buf_add_c(out, "{\"jsonrpc\":\"2.0\",\"method\":");
    mz_buf_add_json_str(out, method);
}
