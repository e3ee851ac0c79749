
#include "auth/jwt_int.h"
#include "base/mz_str.h"


/* RFC 7519 5.1, RFC 9068 2.1; the prefix "application/" may be left out. */

static const char *const  mz_jwt_types[] = {
    "JWT", "at+jwt"
};


static bool mz_jwt_header_is_type(const json_t *typ);
static bool mz_jwt_header_is_critical(const json_t *json);
static bool mz_jwt_header_kid(const json_t *json, mz_jwt_header_t *h);


/* jku, jwk, x5u and x5c are the sender's own word: nobody looks at them. */

mz_jwt_reason_t
mz_jwt_header_read(mz_str_t text, mz_jwt_header_t *h)
{
    json_t           *json;
    const json_t     *alg;
    mz_jwt_reason_t   reason;

    memset(h, 0, sizeof(mz_jwt_header_t));

    reason = mz_jwt_load(text, &json);
    if (reason != MZ_JWT_OK) {
        return reason;
    }

    alg = json_object_get(json, "alg");

    if (!json_is_string(alg)
        || !mz_jwt_header_is_type(json_object_get(json, "typ"))
        || !mz_jwt_header_kid(json, h))
    {
        reason = MZ_JWT_MALFORMED;

    } else if (mz_jwt_header_is_critical(json)) {
        reason = MZ_JWT_CRIT;

    } else {
        h->alg = mz_jwt_alg_parse(mz_json_str(alg));
        reason = h->alg ? MZ_JWT_OK : MZ_JWT_ALG;
    }

    json_decref(json);

    return reason;
}


mz_jwt_reason_t
mz_jwt_load(mz_str_t text, json_t **out)
{
    mz_rc_t           rc;
    mz_json_limits_t  lim = { text.len, MZ_JWT_DEPTH_MAX };

    rc = mz_json_load(text, &lim, out, NULL);

    if (rc != MZ_OK) {
        return rc == MZ_NOMEM ? MZ_JWT_INTERNAL : MZ_JWT_MALFORMED;
    }

    if (!json_is_object(*out)) {
        json_decref(*out);
        *out = NULL;
        return MZ_JWT_MALFORMED;
    }

    return MZ_JWT_OK;
}


static bool
mz_jwt_header_is_type(const json_t *typ)
{
    size_t    i;
    mz_str_t  s, prefix;

    if (typ == NULL) {
        return true;
    }

    s = mz_json_str(typ);
    prefix = mz_str("application/");

    if (s.len > prefix.len
        && mz_str_ieq((mz_str_t) { s.data, prefix.len }, prefix))
    {
        s.data += prefix.len;
        s.len -= prefix.len;
    }

    for (i = 0; i < MZ_ARRAY_LEN(mz_jwt_types); i++) {
        if (mz_str_ieq(s, mz_str_from(mz_jwt_types[i]))) {
            return true;
        }
    }

    return false;
}


/* b64 without crit would be a payload as it is, from a careless signer. */

static bool
mz_jwt_header_is_critical(const json_t *json)
{
    const json_t  *b64;

    b64 = json_object_get(json, "b64");

    return json_object_get(json, "crit") != NULL
           || (b64 != NULL && !json_is_true(b64));
}


static bool
mz_jwt_header_kid(const json_t *json, mz_jwt_header_t *h)
{
    mz_str_t       s;
    const json_t  *kid;

    kid = json_object_get(json, "kid");
    if (kid == NULL) {
        return true;
    }

    s = mz_json_str(kid);

    if (!mz_jwk_is_kid(s)) {
        return false;
    }

    memcpy(h->kid, s.data, s.len);
    h->kid_len = s.len;

    return true;
}
