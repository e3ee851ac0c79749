
#include "tools/state.h"

#include "auth/seal.h"
#include "base/mz_sha256.h"
#include "base/mz_str.h"


/* What is kept may hold answers, which are as deep as a body may be. */
#define MZ_STATE_DEPTH_MAX   (2 * MZ_JSON_DEPTH_MAX)

#define MZ_STATE_LATER       "requestState cannot be read now"
#define MZ_STATE_START_OVER  "; send the request again without requestState"


typedef struct {
    const char    *key;
    const json_t  *value;
} mz_state_member_t;


static mz_rc_t mz_state_digest(const mz_mcp_request_t *req,
    char digest[MZ_SHA256_HEX_LEN + 1]);
static void mz_state_canonical(mz_buf_t *out, const json_t *v);
static void mz_state_canonical_object(mz_buf_t *out, const json_t *v);
static int mz_state_compare(const void *a, const void *b);
static mz_rc_t mz_state_check(const json_t *root,
    const mz_mcp_request_t *req, mz_err_t *err);


mz_rc_t
mz_state_seal(const mz_call_t *call, mz_buf_t *out)
{
    char                     digest[MZ_SHA256_HEX_LEN + 1];
    json_t                  *root;
    mz_rc_t                  rc;
    mz_buf_t                 payload;
    const mz_mcp_request_t  *req;

    req = call->req;

    if (call->conf->seal == NULL) {
        return MZ_UNAVAILABLE;
    }

    rc = mz_state_digest(req, digest);
    if (rc != MZ_OK) {
        return rc;
    }

    mz_buf_init(&payload, 0);
    root = json_object();

    if (mz_json_set_str(root, "m", req->method) != MZ_OK
        || mz_json_set_str(root, "t", req->target) != MZ_OK
        || mz_json_set_str(root, "a", mz_str_from(digest)) != MZ_OK
        || (call->kept != NULL
            && mz_json_set(root, "k", json_incref(call->kept)) != MZ_OK))
    {
        rc = MZ_NOMEM;
    }

    if (rc == MZ_OK) {
        mz_json_dump(&payload, root);
        rc = payload.rc;
    }

    if (rc == MZ_OK) {
        rc = mz_seal_make(call->conf->seal, MZ_SEAL_STATE,
                          (mz_str_t) { call->principal->scope, MZ_SCOPE_LEN },
                          call->now_ms / 1000 + MZ_STATE_TTL_S,
                          mz_buf_view(&payload), out);
    }

    json_decref(root);
    mz_buf_free(&payload);

    return rc;
}


mz_rc_t
mz_state_open(const mz_tool_conf_t *conf, const mz_principal_t *principal,
    const mz_mcp_request_t *req, int64_t now_ms, json_t **kept,
    mz_err_t *err)
{
    json_t            *root;
    mz_rc_t            rc;
    int64_t            expires_s;
    mz_buf_t           payload;
    mz_json_limits_t   lim = { MZ_SEAL_TOKEN_MAX, MZ_STATE_DEPTH_MAX };

    *kept = NULL;

    if (req->request_state.data == NULL) {
        return MZ_OK;
    }

    if (conf->seal == NULL) {
        return mz_fail(err, MZ_UNAVAILABLE, MZ_STATE_LATER);
    }

    mz_buf_init(&payload, 0);
    root = NULL;

    rc = mz_seal_open(conf->seal, MZ_SEAL_STATE,
                      (mz_str_t) { principal->scope, MZ_SCOPE_LEN },
                      now_ms / 1000, req->request_state, &payload,
                      &expires_s);

    switch (rc) {

    case MZ_OK:
        rc = mz_json_load(mz_buf_view(&payload), &lim, &root, err);
        break;

    case MZ_NOT_FOUND:
        rc = mz_fail(err, MZ_INVALID, "requestState has expired: it is good "
                     "for %d seconds" MZ_STATE_START_OVER, MZ_STATE_TTL_S);
        break;

    case MZ_INVALID:
        mz_fail(err, rc, "requestState is not one that this server gave to "
                "this caller" MZ_STATE_START_OVER);
        break;

    default:
        mz_fail(err, rc, MZ_STATE_LATER);
    }

    mz_buf_free(&payload);

    if (rc == MZ_OK) {
        rc = mz_state_check(root, req, err);
    }

    if (rc == MZ_OK) {
        *kept = json_incref(json_object_get(root, "k"));
    }

    json_decref(root);

    return rc;
}


static mz_rc_t
mz_state_check(const json_t *root, const mz_mcp_request_t *req,
    mz_err_t *err)
{
    char     digest[MZ_SHA256_HEX_LEN + 1];
    mz_rc_t  rc;

    rc = mz_state_digest(req, digest);
    if (rc != MZ_OK) {
        return mz_fail(err, rc, MZ_STATE_LATER);
    }

    if (!mz_str_eq(mz_json_get_str(root, "m"), req->method)
        || !mz_str_eq(mz_json_get_str(root, "t"), req->target)
        || !mz_str_eq_c(mz_json_get_str(root, "a"), digest))
    {
        return mz_fail(err, MZ_INVALID, "requestState belongs to another "
                       "request: repeat the method, the name and the "
                       "arguments of the one it came for, or send this one "
                       "without requestState");
    }

    return MZ_OK;
}


/* Of the arguments as a value: their order and spaces may change. */

static mz_rc_t
mz_state_digest(const mz_mcp_request_t *req,
    char digest[MZ_SHA256_HEX_LEN + 1])
{
    mz_rc_t   rc;
    mz_buf_t  text;

    mz_buf_init(&text, 0);

    if (json_object_size(req->arguments) == 0) {
        mz_buf_add_c(&text, "{}");

    } else {
        mz_state_canonical(&text, req->arguments);
    }

    rc = text.rc;

    if (rc == MZ_OK) {
        rc = mz_sha256_hex(mz_buf_view(&text), digest);
    }

    mz_buf_free(&text);

    return rc;
}


/* As deep as the body, which the loader bounds. */

static void
mz_state_canonical(mz_buf_t *out, const json_t *v)
{
    size_t  i;

    if (json_is_object(v)) {
        mz_state_canonical_object(out, v);
        return;
    }

    if (!json_is_array(v)) {
        mz_json_dump(out, v);
        return;
    }

    mz_buf_add_char(out, '[');

    for (i = 0; i < json_array_size(v); i++) {
        if (i != 0) {
            mz_buf_add_char(out, ',');
        }

        mz_state_canonical(out, json_array_get(v, i));
    }

    mz_buf_add_char(out, ']');
}


static void
mz_state_canonical_object(mz_buf_t *out, const json_t *v)
{
    void               *iter;
    json_t             *object;
    size_t              i, n;
    mz_state_member_t  *members;

    object = (json_t *) v;
    n = json_object_size(object);

    members = calloc(n + 1, sizeof(mz_state_member_t));
    if (members == NULL) {
        out->rc = MZ_NOMEM;
        return;
    }

    i = 0;

    for (iter = json_object_iter(object); iter != NULL && i < n;
         iter = json_object_iter_next(object, iter))
    {
        members[i].key = json_object_iter_key(iter);
        members[i].value = json_object_iter_value(iter);
        i++;
    }

    qsort(members, n, sizeof(mz_state_member_t), mz_state_compare);

    for (i = 0; i < n; i++) {
        mz_buf_add_char(out, i == 0 ? '{' : ',');
        mz_buf_add_json_str(out, mz_str_from(members[i].key));
        mz_buf_add_char(out, ':');
        mz_state_canonical(out, members[i].value);
    }

    mz_buf_add_c(out, n == 0 ? "{}" : "}");

    free(members);
}


static int
mz_state_compare(const void *a, const void *b)
{
    const mz_state_member_t  *x = a;
    const mz_state_member_t  *y = b;

    return strcmp(x->key, y->key);
}
