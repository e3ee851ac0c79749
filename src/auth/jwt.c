
#include "auth/jwt_int.h"
#include "base/mz_b64.h"
#include "base/mz_str.h"


/* A token's three parts, decoded. */

typedef struct {
    mz_str_t  text;             /* what is signed: the first two, encoded */
    mz_str_t  header;
    mz_str_t  payload;
    mz_str_t  sig;
    mz_buf_t  bytes;            /* what the last three point into */
} mz_jwt_parts_t;


static mz_jwt_reason_t mz_jwt_check(const mz_jwt_conf_t *conf,
    const mz_jwks_t *keys, const mz_jwt_parts_t *parts, int64_t now_s,
    mz_jwt_t *jwt);
static mz_jwt_reason_t mz_jwt_split(mz_str_t token, size_t token_max,
    mz_jwt_parts_t *parts);
static mz_rc_t mz_jwt_decode(mz_str_t *rest, mz_buf_t *out, mz_str_t *part);
static mz_jwt_reason_t mz_jwt_find_key(const mz_jwks_t *keys,
    const mz_jwt_header_t *h, const mz_jwk_t **key);


static const char *const  mz_jwt_reason_names[] = {
    [MZ_JWT_OK] = "ok",
    [MZ_JWT_TOO_LARGE] = "too_large",
    [MZ_JWT_MALFORMED] = "malformed",
    [MZ_JWT_ALG] = "alg",
    [MZ_JWT_CRIT] = "crit",
    [MZ_JWT_UNKNOWN_KEY] = "unknown_key",
    [MZ_JWT_SIGNATURE] = "signature",
    [MZ_JWT_ISSUER] = "issuer",
    [MZ_JWT_AUDIENCE] = "audience",
    [MZ_JWT_EXPIRED] = "expired",
    [MZ_JWT_NOT_YET] = "not_yet",
    [MZ_JWT_CLAIM] = "claim",
    [MZ_JWT_SCOPE] = "scope",
    [MZ_JWT_INTERNAL] = "internal"
};


mz_jwt_reason_t
mz_jwt_verify(const mz_jwt_conf_t *conf, const mz_jwks_t *keys,
    mz_str_t token, int64_t now_s, mz_jwt_t *jwt)
{
    mz_jwt_parts_t   parts;
    mz_jwt_reason_t  reason;

    memset(jwt, 0, sizeof(mz_jwt_t));

    reason = mz_jwt_split(token, conf->token_max, &parts);

    if (reason == MZ_JWT_OK) {
        reason = mz_jwt_check(conf, keys, &parts, now_s, jwt);
    }

    mz_buf_free(&parts.bytes);

    return reason;
}


void
mz_jwt_free(mz_jwt_t *jwt)
{
    free(jwt->data);
    memset(jwt, 0, sizeof(mz_jwt_t));
}


void
mz_jwt_kid(mz_str_t token, size_t token_max, char *kid, size_t size)
{
    mz_jwt_parts_t   parts;
    mz_jwt_header_t  h;

    if (size == 0) {
        return;
    }

    kid[0] = '\0';

    if (mz_jwt_split(token, token_max, &parts) == MZ_JWT_OK
        && mz_jwt_header_read(parts.header, &h) == MZ_JWT_OK
        && h.kid_len < size)
    {
        memcpy(kid, h.kid, h.kid_len + 1);
    }

    mz_buf_free(&parts.bytes);
}


const char *
mz_jwt_reason_name(mz_jwt_reason_t reason)
{
    if ((unsigned) reason >= MZ_JWT_REASONS) {
        return "unknown";
    }

    return mz_jwt_reason_names[reason];
}


mz_rc_t
mz_jwt_principal(const mz_jwt_t *jwt, mz_principal_t *p)
{
    p->issuer = jwt->issuer;
    p->subject = jwt->subject;
    p->project = jwt->project;
    p->scopes = jwt->scopes;

    return mz_principal_set_scope(p);
}


static mz_jwt_reason_t
mz_jwt_check(const mz_jwt_conf_t *conf, const mz_jwks_t *keys,
    const mz_jwt_parts_t *parts, int64_t now_s, mz_jwt_t *jwt)
{
    json_t           *claims;
    const mz_jwk_t   *key;
    mz_jwt_header_t   h;
    mz_jwt_reason_t   reason;

    reason = mz_jwt_header_read(parts->header, &h);
    if (reason != MZ_JWT_OK) {
        return reason;
    }

    if ((h.alg & conf->algs) == 0) {
        return MZ_JWT_ALG;
    }

    reason = mz_jwt_find_key(keys, &h, &key);
    if (reason != MZ_JWT_OK) {
        return reason;
    }

    reason = mz_jwt_sig_verify(key, h.alg, parts->text, parts->sig);
    if (reason != MZ_JWT_OK) {
        return reason;
    }

    reason = mz_jwt_load(parts->payload, &claims);
    if (reason != MZ_JWT_OK) {
        return reason;
    }

    reason = mz_jwt_claims_check(conf, claims, now_s, jwt);

    json_decref(claims);

    return reason;
}


/* All of the form is looked at before any work with keys is done. */

static mz_jwt_reason_t
mz_jwt_split(mz_str_t token, size_t token_max, mz_jwt_parts_t *parts)
{
    mz_str_t  rest;

    memset(parts, 0, sizeof(mz_jwt_parts_t));

    if (token.len > token_max) {
        return MZ_JWT_TOO_LARGE;
    }

    /* Room for all: later parts do not move earlier ones. */

    mz_buf_init(&parts->bytes, 0);

    if (mz_buf_reserve(&parts->bytes, token.len) == NULL) {
        return MZ_JWT_INTERNAL;
    }

    rest = token;

    if (mz_jwt_decode(&rest, &parts->bytes, &parts->header) != MZ_OK
        || mz_jwt_decode(&rest, &parts->bytes, &parts->payload) != MZ_OK)
    {
        return MZ_JWT_MALFORMED;
    }

    parts->text.data = token.data;
    parts->text.len = token.len - rest.len - 1;

    if (rest.data == NULL
        || mz_jwt_decode(&rest, &parts->bytes, &parts->sig) != MZ_OK
        || rest.data != NULL)
    {
        return MZ_JWT_MALFORMED;
    }

    return MZ_JWT_OK;
}


static mz_rc_t
mz_jwt_decode(mz_str_t *rest, mz_buf_t *out, mz_str_t *part)
{
    size_t    at;
    mz_rc_t   rc;
    mz_str_t  text;

    if (!mz_str_split(rest, '.', &text)) {
        return MZ_INVALID;
    }

    at = out->len;
    rc = mz_b64url_decode(out, text);

    *part = (mz_str_t) { out->data + at, out->len - at };

    return rc;
}


/*
 * By kid and algorithm; a token without a kid may mean the only key there is
 * for its algorithm.
 */

static mz_jwt_reason_t
mz_jwt_find_key(const mz_jwks_t *keys, const mz_jwt_header_t *h,
    const mz_jwk_t **key)
{
    bool             is_there;
    size_t           i, fit;
    mz_str_t         kid;
    const mz_jwk_t  *k;

    fit = 0;
    is_there = false;
    kid = (mz_str_t) { h->kid, h->kid_len };

    for (i = 0; i < mz_jwks_count(keys); i++) {
        k = mz_jwks_at(keys, i);

        if (kid.len > 0 && !mz_str_eq(k->kid, kid)) {
            continue;
        }

        is_there = kid.len > 0;

        if (k->algs & h->alg) {
            *key = k;
            fit++;
        }
    }

    if (fit == 1) {
        return MZ_JWT_OK;
    }

    return is_there ? MZ_JWT_ALG : MZ_JWT_UNKNOWN_KEY;
}
