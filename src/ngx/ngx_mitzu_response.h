
/*
 * response: whole answers and streams.  Functions that send return what the
 * caller finalises the request with; nothing here finalises but the stream's
 * own write handler.
 */

#ifndef NGX_MITZU_RESPONSE_H
#define NGX_MITZU_RESPONSE_H

#include "ngx/ngx_mitzu.h"


/*
 * Sends a whole JSON answer.  The bytes of body are taken.  A client that
 * accepts nothing but a stream gets a status 200 as the one event of it.
 */
ngx_int_t ngx_mitzu_response_json(ngx_http_request_t *r, ngx_uint_t status,
    mz_buf_t *body);

/*
 * Sends a whole answer whose other headers have been added; the bytes of
 * body are taken.
 */
ngx_int_t ngx_mitzu_response_send(ngx_http_request_t *r, ngx_uint_t status,
    ngx_str_t *type, mz_buf_t *body);

/* A public JSON document, 200; likewise. */
ngx_int_t ngx_mitzu_response_document(ngx_http_request_t *r, mz_buf_t *body);

/* Status and headers only. */
ngx_int_t ngx_mitzu_response_empty(ngx_http_request_t *r, ngx_uint_t status);

/* The JSON-RPC body for a status that has nothing to do with a message. */
ngx_int_t ngx_mitzu_response_error(ngx_http_request_t *r, ngx_uint_t status,
    const char *hint);

/* One header of the answer; NGX_ERROR: out of memory. */
ngx_int_t ngx_mitzu_response_header(ngx_http_request_t *r, const char *key,
    ngx_str_t *value);

/* When to come back, of a 503. */
ngx_int_t ngx_mitzu_response_retry(ngx_http_request_t *r);

/* Cache-Control and the CORS headers every answer carries. */
ngx_int_t ngx_mitzu_response_common(ngx_http_request_t *r,
    const char *cache_control);

/* Makes a buffer of the bytes (taken); freed with the request. */
ngx_buf_t *ngx_mitzu_response_adopt(ngx_http_request_t *r, mz_buf_t *bytes);


struct ngx_mitzu_sse_s {
    ngx_http_request_t  *request;
    ngx_chain_t         *free;
    ngx_chain_t         *busy;
    ngx_msec_t           sent_at;       /* when we last wrote */
};


/*
 * Starts the stream: status, headers and a first comment.  NGX_OK; else what
 * to finalise with.
 */
ngx_int_t ngx_mitzu_sse_start(ngx_mitzu_ctx_t *ctx);

/* Sends one JSON-RPC message; id: of its event, or empty.  NGX_ERROR: give
 * up the request. */
ngx_int_t ngx_mitzu_sse_message(ngx_mitzu_sse_t *sse, mz_str_t id,
    mz_str_t json);

/* Says where to take the stream up, and when. */
ngx_int_t ngx_mitzu_sse_prime(ngx_mitzu_sse_t *sse, mz_str_t id);

/* A comment, unless the client is slow to take what it has. */
ngx_int_t ngx_mitzu_sse_heartbeat(ngx_mitzu_sse_t *sse);

/* The last message; the bytes are taken.  Finalise with the result. */
ngx_int_t ngx_mitzu_sse_end(ngx_mitzu_sse_t *sse, mz_buf_t *json);

/* The end without a message; retry: with a hint when to come back. */
ngx_int_t ngx_mitzu_sse_close(ngx_mitzu_sse_t *sse, ngx_uint_t retry);

/* Whether the client has not taken all yet. */
ngx_uint_t ngx_mitzu_sse_is_behind(ngx_mitzu_sse_t *sse);


#endif /* NGX_MITZU_RESPONSE_H */
