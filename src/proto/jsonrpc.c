
#include "base/mz_str.h"
#include "proto/jsonrpc.h"


/* More digits than this may not fit an int64, which is all jansson reads. */

#define MZ_JSONRPC_INT_DIGITS  18


static mz_rc_t mz_jsonrpc_load(mz_str_t text, mz_str_t id, size_t depth_max,
    json_t **root, mz_err_t *err);
static mz_rc_t mz_jsonrpc_check(mz_jsonrpc_msg_t *msg, mz_err_t *err);
static mz_rc_t mz_jsonrpc_check_id(const mz_jsonrpc_msg_t *msg,
    mz_str_t token, mz_err_t *err);
static mz_rc_t mz_jsonrpc_keep_id(mz_jsonrpc_msg_t *msg, mz_str_t token);
static mz_str_t mz_jsonrpc_find_id(mz_str_t text);
static bool mz_jsonrpc_is_integer(mz_str_t token);
static size_t mz_jsonrpc_skip_space(mz_str_t text, size_t pos);
static size_t mz_jsonrpc_skip_string(mz_str_t text, size_t pos);
static size_t mz_jsonrpc_skip_value(mz_str_t text, size_t pos);


mz_rc_t
mz_jsonrpc_parse(mz_str_t text, size_t depth_max, mz_jsonrpc_msg_t *msg,
    int *code, mz_err_t *err)
{
    mz_rc_t   rc;
    mz_str_t  id;

    memset(msg, 0, sizeof(mz_jsonrpc_msg_t));

    *code = MZ_RPC_PARSE;
    id = mz_jsonrpc_find_id(text);

    rc = mz_jsonrpc_load(text, id, depth_max, &msg->root, err);
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

    rc = mz_jsonrpc_keep_id(msg, id);
    if (rc != MZ_OK) {
        return mz_fail(err, rc, "The id is longer than %d bytes",
                       MZ_JSONRPC_ID_MAX);
    }

    return mz_jsonrpc_check(msg, err);
}


void
mz_jsonrpc_free(mz_jsonrpc_msg_t *msg)
{
    json_decref(msg->root);
    msg->root = NULL;
    msg->params = NULL;
    msg->method = mz_null_str;
}


/* An id too large for jansson is hidden from it behind a zero. */

static mz_rc_t
mz_jsonrpc_load(mz_str_t text, mz_str_t id, size_t depth_max, json_t **root,
    mz_err_t *err)
{
    char              *copy;
    size_t             at;
    mz_rc_t            rc;
    mz_json_limits_t   lim;

    lim.bytes_max = SIZE_MAX;
    lim.depth_max = depth_max;

    if (id.len <= MZ_JSONRPC_INT_DIGITS || !mz_jsonrpc_is_integer(id)) {
        return mz_json_load(text, &lim, root, err);
    }

    *root = NULL;

    copy = mz_str_dup(text);
    if (copy == NULL) {
        return mz_fail(err, MZ_NOMEM, "Out of memory");
    }

    at = (size_t) (id.data - text.data);
    memset(copy + at, ' ', id.len);
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

    if (!mz_str_eq_c(mz_json_get_str(msg->root, "jsonrpc"), "2.0")) {
        return mz_fail(err, MZ_INVALID, "Not JSON-RPC 2.0: the member "
                       "\"jsonrpc\" must be \"2.0\"");
    }

    method = json_object_get(msg->root, "method");
    msg->params = json_object_get(msg->root, "params");
    is_answer = json_object_get(msg->root, "result") != NULL
                || json_object_get(msg->root, "error") != NULL;

    if (method == NULL && is_answer) {
        msg->kind = MZ_JSONRPC_RESPONSE;
        return MZ_OK;
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


static mz_rc_t
mz_jsonrpc_check_id(const mz_jsonrpc_msg_t *msg, mz_str_t token, mz_err_t *err)
{
    const json_t  *id;

    id = json_object_get(msg->root, "id");

    if (id == NULL || json_is_string(id)) {
        return MZ_OK;
    }

    if (json_is_integer(id) && (token.len == 0
                                || mz_jsonrpc_is_integer(token)))
    {
        return MZ_OK;
    }

    /* An error response to what could not be read carries a null id. */

    if (json_is_null(id) && json_object_get(msg->root, "error") != NULL) {
        return MZ_OK;
    }

    return mz_fail(err, MZ_INVALID, "The id must be a string or an integer");
}


static mz_rc_t
mz_jsonrpc_keep_id(mz_jsonrpc_msg_t *msg, mz_str_t token)
{
    mz_buf_t       b;
    mz_rc_t        rc;
    const json_t  *id;

    id = json_object_get(msg->root, "id");

    if (id == NULL || json_is_null(id)) {
        return MZ_OK;
    }

    mz_buf_init(&b, MZ_JSONRPC_ID_MAX);

    /* The key may be spelt with escapes, and the token not be found then. */

    if (token.len > 0) {
        mz_buf_add_str(&b, token);

    } else {
        mz_json_dump(&b, id);
    }

    rc = b.rc;

    if (rc == MZ_OK) {
        memcpy(msg->id, mz_buf_cstr(&b), b.len + 1);
    }

    mz_buf_free(&b);

    return rc;
}


/*
 * The token behind the first "id" of the outermost object, or the null
 * string.  Trusts nothing: the text has not been parsed yet.
 */

static mz_str_t
mz_jsonrpc_find_id(mz_str_t text)
{
    size_t  pos, start, end;

    pos = mz_jsonrpc_skip_space(text, 0);

    if (pos == text.len || text.data[pos] != '{') {
        return mz_null_str;
    }

    do {
        start = mz_jsonrpc_skip_space(text, pos + 1);
        end = mz_jsonrpc_skip_string(text, start);
        pos = mz_jsonrpc_skip_space(text, end);

        if (end == start || pos == text.len || text.data[pos] != ':') {
            return mz_null_str;
        }

        pos = mz_jsonrpc_skip_space(text, pos + 1);

        if (end - start == 4 && memcmp(text.data + start, "\"id\"", 4) == 0) {
            end = mz_jsonrpc_skip_value(text, pos);
            return (mz_str_t) { text.data + pos, end - pos };
        }

        pos = mz_jsonrpc_skip_value(text, pos);
        pos = mz_jsonrpc_skip_space(text, pos);

    } while (pos < text.len && text.data[pos] == ',');

    return mz_null_str;
}


static bool
mz_jsonrpc_is_integer(mz_str_t token)
{
    size_t  i;

    i = token.len > 0 && token.data[0] == '-';

    if (i == token.len || (token.data[i] == '0' && token.len > i + 1)) {
        return false;
    }

    for ( /* void */ ; i < token.len; i++) {
        if (token.data[i] < '0' || token.data[i] > '9') {
            return false;
        }
    }

    return true;
}


static size_t
mz_jsonrpc_skip_space(mz_str_t text, size_t pos)
{
    while (pos < text.len
           && (text.data[pos] == ' ' || text.data[pos] == '\t'
               || text.data[pos] == '\r' || text.data[pos] == '\n'))
    {
        pos++;
    }

    return pos < text.len ? pos : text.len;
}


/* Behind the closing quote; pos itself when no string starts there. */

static size_t
mz_jsonrpc_skip_string(mz_str_t text, size_t pos)
{
    size_t  i;

    if (pos >= text.len || text.data[pos] != '"') {
        return pos;
    }

    for (i = pos + 1; i < text.len; i++) {
        if (text.data[i] == '"') {
            return i + 1;
        }

        if (text.data[i] == '\\') {
            i++;
        }
    }

    return text.len;
}


static size_t
mz_jsonrpc_skip_value(mz_str_t text, size_t pos)
{
    char    c;
    size_t  depth;

    depth = 0;

    while (pos < text.len) {
        c = text.data[pos];

        if (c == '"') {
            pos = mz_jsonrpc_skip_string(text, pos);

        } else if (c == '{' || c == '[') {
            depth++;
            pos++;

        } else if (depth > 0) {
            depth -= c == '}' || c == ']';
            pos++;

        } else if (c == ',' || c == '}' || c == ']'
                   || mz_jsonrpc_skip_space(text, pos) != pos)
        {
            return pos;

        } else {
            pos++;
            continue;
        }

        if (depth == 0) {
            return pos;
        }
    }

    return text.len;
}
