
#include "base/mz_str.h"
#include "proto/jsonrpc.h"
#include "proto/jsonscan.h"


/* More digits than this may not fit an int64, which is all jansson reads. */

#define MZ_JSONRPC_INT_DIGITS  18


static void mz_jsonrpc_find(mz_str_t text, mz_str_t *id, mz_str_t *ref);
static mz_rc_t mz_jsonrpc_load(mz_str_t text, mz_str_t token,
    size_t depth_max, json_t **root, mz_err_t *err);
static mz_rc_t mz_jsonrpc_check(mz_jsonrpc_msg_t *msg, mz_err_t *err);
static mz_rc_t mz_jsonrpc_check_response(const mz_jsonrpc_msg_t *msg,
    mz_err_t *err);
static mz_rc_t mz_jsonrpc_check_id(const mz_jsonrpc_msg_t *msg,
    mz_str_t token, mz_err_t *err);
static mz_rc_t mz_jsonrpc_keep(const json_t *value, mz_str_t token,
    char *kept);


mz_rc_t
mz_jsonrpc_parse(mz_str_t text, size_t depth_max, mz_jsonrpc_msg_t *msg,
    int *code, mz_err_t *err)
{
    mz_rc_t   rc;
    mz_str_t  id, ref;

    memset(msg, 0, sizeof(mz_jsonrpc_msg_t));

    *code = MZ_RPC_PARSE;
    mz_jsonrpc_find(text, &id, &ref);

    rc = mz_jsonrpc_load(text, id.data ? id : ref, depth_max, &msg->root, err);
    if (rc != MZ_OK) {
        if (rc == MZ_LIMIT) {
            *code = MZ_RPC_INVALID_REQUEST;

        } else if (rc == MZ_NOMEM) {
            *code = MZ_RPC_INTERNAL;
        }

        return rc;
    }

    *code = MZ_RPC_INVALID_REQUEST;

    if (json_is_array(msg->root)) {
        return mz_fail(err, MZ_INVALID, "Batches are not accepted: send one "
                       "message per POST");
    }

    if (!json_is_object(msg->root)) {
        return mz_fail(err, MZ_INVALID, "The body must be one JSON-RPC object");
    }

    rc = mz_jsonrpc_check_id(msg, id, err);
    if (rc != MZ_OK) {
        return rc;
    }

    rc = mz_jsonrpc_keep(json_object_get(msg->root, "id"), id, msg->id);
    if (rc != MZ_OK) {
        return mz_fail(err, rc, "The id is longer than %d bytes",
                       MZ_JSONRPC_ID_MAX);
    }

    rc = mz_jsonrpc_check(msg, err);

    if (rc == MZ_OK && msg->kind == MZ_JSONRPC_NOTIFICATION) {

        /* One that is too long is the id of no request of ours. */

        (void) mz_jsonrpc_keep(json_object_get(msg->params, "requestId"), ref,
                               msg->ref);
    }

    return rc;
}


void
mz_jsonrpc_free(mz_jsonrpc_msg_t *msg)
{
    json_decref(msg->root);
    msg->root = NULL;
    msg->params = NULL;
    msg->method = mz_null_str;
}


/* Only what has no id itself, a notification, names that of another. */

static void
mz_jsonrpc_find(mz_str_t text, mz_str_t *id, mz_str_t *ref)
{
    mz_str_t  members, params;

    members = mz_jsonscan_object(text);
    *id = mz_jsonscan_member(members, "id");
    *ref = mz_null_str;

    if (id->data == NULL) {
        params = mz_jsonscan_object(mz_jsonscan_member(members, "params"));
        *ref = mz_jsonscan_member(params, "requestId");
    }
}


/* An id too large for jansson is hidden from it behind a zero. */

static mz_rc_t
mz_jsonrpc_load(mz_str_t text, mz_str_t token, size_t depth_max,
    json_t **root, mz_err_t *err)
{
    char              *copy;
    size_t             at;
    mz_rc_t            rc;
    mz_json_limits_t   lim;

    lim.bytes_max = SIZE_MAX;
    lim.depth_max = depth_max;

    if (token.len <= MZ_JSONRPC_INT_DIGITS || !mz_jsonscan_is_integer(token)) {
        return mz_json_load(text, &lim, root, err);
    }

    *root = NULL;

    copy = mz_str_dup(text);
    if (copy == NULL) {
        return mz_fail(err, MZ_NOMEM, "Out of memory");
    }

    at = (size_t) (token.data - text.data);
    memset(copy + at, ' ', token.len);
    copy[at] = '0';

    rc = mz_json_load((mz_str_t) { copy, text.len }, &lim, root, err);

    free(copy);

    return rc;
}


static mz_rc_t
mz_jsonrpc_check(mz_jsonrpc_msg_t *msg, mz_err_t *err)
{
    bool           is_answer;
    const json_t  *method;

    method = json_object_get(msg->root, "method");
    msg->params = json_object_get(msg->root, "params");
    is_answer = json_object_get(msg->root, "result") != NULL
                || json_object_get(msg->root, "error") != NULL;

    if (method == NULL && is_answer) {
        msg->kind = MZ_JSONRPC_RESPONSE;
    }

    if (!mz_str_eq_c(mz_json_get_str(msg->root, "jsonrpc"), "2.0")) {
        return mz_fail(err, MZ_INVALID, "Not JSON-RPC 2.0: the member "
                       "\"jsonrpc\" must be \"2.0\"");
    }

    if (msg->kind == MZ_JSONRPC_RESPONSE) {
        return mz_jsonrpc_check_response(msg, err);
    }

    if (!json_is_string(method) || is_answer) {
        return mz_fail(err, MZ_INVALID, "Not a JSON-RPC message: it needs "
                       "either a string \"method\", or \"result\" or "
                       "\"error\"");
    }

    msg->method = mz_json_str(method);
    msg->kind = msg->id[0] ? MZ_JSONRPC_REQUEST : MZ_JSONRPC_NOTIFICATION;

    return MZ_OK;
}


/* An error to what could not be read has no id, or null. */

static mz_rc_t
mz_jsonrpc_check_response(const mz_jsonrpc_msg_t *msg, mz_err_t *err)
{
    const json_t  *result, *error;

    result = json_object_get(msg->root, "result");
    error = json_object_get(msg->root, "error");

    if (result != NULL && error != NULL) {
        return mz_fail(err, MZ_INVALID, "A response has either \"result\" or "
                       "\"error\", not both");
    }

    if (result != NULL && msg->id[0] == '\0') {
        return mz_fail(err, MZ_INVALID, "A response with \"result\" needs the "
                       "\"id\" of its request");
    }

    if (result != NULL && !json_is_object(result)) {
        return mz_fail(err, MZ_INVALID, "\"result\" must be an object");
    }

    if (error != NULL
        && !(json_is_integer(json_object_get(error, "code"))
             && json_is_string(json_object_get(error, "message"))))
    {
        return mz_fail(err, MZ_INVALID, "\"error\" must be an object with an "
                       "integer \"code\" and a string \"message\"");
    }

    return MZ_OK;
}


static mz_rc_t
mz_jsonrpc_check_id(const mz_jsonrpc_msg_t *msg, mz_str_t token, mz_err_t *err)
{
    const json_t  *id;

    id = json_object_get(msg->root, "id");

    if (id == NULL || json_is_string(id)) {
        return MZ_OK;
    }

    if (json_is_integer(id) && (token.len == 0
                                || mz_jsonscan_is_integer(token)))
    {
        return MZ_OK;
    }

    if (json_is_null(id) && json_object_get(msg->root, "error") != NULL) {
        return MZ_OK;
    }

    return mz_fail(err, MZ_INVALID, "The id must be a string or an integer");
}


/*
 * Keeps an id as it stands in the text.  Its name may be spelt with escapes,
 * and the token not be found then.
 */

static mz_rc_t
mz_jsonrpc_keep(const json_t *value, mz_str_t token, char *kept)
{
    mz_buf_t  b;
    mz_rc_t   rc;

    if (!json_is_string(value) && !json_is_integer(value)) {
        return MZ_OK;
    }

    mz_buf_init(&b, MZ_JSONRPC_ID_MAX);

    if (token.len > 0) {
        mz_buf_add_str(&b, token);

    } else {
        mz_json_dump(&b, value);
    }

    rc = b.rc;

    if (rc == MZ_OK) {
        memcpy(kept, mz_buf_cstr(&b), b.len + 1);
    }

    mz_buf_free(&b);

    return rc;
}
