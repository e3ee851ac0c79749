
/*
 * op: one pipeline on its way.  It keeps its bytes until the replies are
 * there, so that commands whose script Redis does not know (a fresh or
 * failed-over server) can be sent once more, and only those: their
 * neighbours have been executed.
 */

#include "ngx/ngx_mitzu_redis.h"


static void ngx_mitzu_op_set_bytes(ngx_mitzu_op_t *op);
static size_t ngx_mitzu_op_command_len(mz_str_t bytes);
static size_t ngx_mitzu_op_number(mz_str_t bytes, size_t *value);


ngx_mitzu_op_t *
ngx_mitzu_op_create(mz_cmds_t *cmds, ngx_mitzu_op_pt handler, void *data,
    ngx_log_t *log)
{
    ngx_mitzu_op_t  *op;

    if (cmds->buf.rc != MZ_OK || cmds->n > NGX_MITZU_OP_CMDS_MAX) {
        mz_cmds_free(cmds);
        return NULL;
    }

    op = ngx_calloc(sizeof(ngx_mitzu_op_t) + cmds->n * sizeof(redisReply *),
                    log);
    if (op == NULL) {
        mz_cmds_free(cmds);
        return NULL;
    }

    op->cmds = *cmds;
    mz_cmds_init(cmds);

    op->n = op->cmds.n;
    op->missing = op->n;
    op->handler = handler;
    op->data = data;

    ngx_mitzu_op_set_bytes(op);

    return op;
}


void
ngx_mitzu_op_free(ngx_mitzu_op_t *op)
{
    ngx_uint_t  i;

    for (i = 0; i < op->n; i++) {
        mz_reply_free(op->replies[i]);
    }

    mz_cmds_free(&op->cmds);
    ngx_free(op);
}


void
ngx_mitzu_op_finish(ngx_mitzu_op_t *op, mz_rc_t rc)
{
    if (op->handler != NULL) {
        op->handler(op, rc);
    }

    ngx_mitzu_op_free(op);
}


void
ngx_mitzu_op_cancel(ngx_mitzu_op_t *op)
{
    op->handler = NULL;
    op->data = NULL;
}


ngx_int_t
ngx_mitzu_op_reply(ngx_mitzu_op_t *op, redisReply *reply)
{
    while (op->replies[op->next] != NULL) {
        op->next++;
    }

    op->replies[op->next++] = reply;
    op->missing--;

    return (op->missing == 0) ? NGX_OK : NGX_AGAIN;
}


ngx_uint_t
ngx_mitzu_op_needs_scripts(ngx_mitzu_op_t *op)
{
    size_t      len;
    mz_buf_t    again;
    mz_str_t    rest;
    ngx_uint_t  i, n;

    if (op->is_retried || op->handler == NULL) {
        return 0;
    }

    n = 0;
    rest = mz_buf_view(&op->cmds.buf);
    mz_buf_init(&again, 0);

    for (i = 0; i < op->n; i++) {
        len = ngx_mitzu_op_command_len(rest);

        if (mz_reply_is_noscript(op->replies[i])) {
            mz_buf_add(&again, rest.data, len);
            n++;
        }

        rest.data += len;
        rest.len -= len;
    }

    if (n == 0 || again.rc != MZ_OK) {
        mz_buf_free(&again);
        return 0;
    }

    for (i = 0; i < op->n; i++) {
        if (mz_reply_is_noscript(op->replies[i])) {
            mz_reply_free(op->replies[i]);
            op->replies[i] = NULL;
        }
    }

    mz_buf_free(&op->cmds.buf);
    op->cmds.buf = again;
    op->next = 0;
    op->missing = n;
    op->is_retried = 1;

    ngx_mitzu_op_set_bytes(op);

    return 1;
}


const char *
ngx_mitzu_op_refusal(ngx_mitzu_op_t *op)
{
    ngx_uint_t   i;
    redisReply  *reply;

    for (i = 0; i < op->n; i++) {
        reply = op->replies[i];

        if (reply->type == REDIS_REPLY_ERROR
            && mz_reply_is_unavailable(reply))
        {
            return reply->str;
        }
    }

    return NULL;
}


static void
ngx_mitzu_op_set_bytes(ngx_mitzu_op_t *op)
{
    ngx_memzero(&op->buf, sizeof(ngx_buf_t));

    op->buf.pos = (u_char *) op->cmds.buf.data;
    op->buf.last = op->buf.pos + op->cmds.buf.len;
    op->buf.start = op->buf.pos;
    op->buf.end = op->buf.last;
    op->buf.memory = 1;

    op->out.buf = &op->buf;
    op->out.next = NULL;
}


/* Length of the first command: "*2\r\n$3\r\nGET\r\n$1\r\na\r\n" .. */

static size_t
ngx_mitzu_op_command_len(mz_str_t bytes)
{
    size_t    argc, len, n, pos;
    mz_str_t  rest;

    pos = ngx_mitzu_op_number(bytes, &argc);

    while (argc-- > 0) {
        rest.data = bytes.data + pos;
        rest.len = bytes.len - pos;
        n = ngx_mitzu_op_number(rest, &len);

        if (n == 0 || len + 2 > rest.len - n) {
            return bytes.len;
        }

        pos += n + len + 2;
    }

    return pos;
}


/* "*123\r\n" or "$123\r\n": its length, or 0. */

static size_t
ngx_mitzu_op_number(mz_str_t bytes, size_t *value)
{
    size_t  i;

    *value = 0;

    for (i = 1; i < bytes.len && i < 12; i++) {
        if (bytes.data[i] == '\r') {
            return i + 2;
        }

        *value = *value * 10 + (size_t) (bytes.data[i] - '0');
    }

    return 0;
}
