
#include <math.h>

#include "auth/jwt_int.h"
#include "auth/name.h"
#include "base/mz_str.h"


#define MZ_JWT_TIME_MAX       253402300799      /* the end of year 9999 */
#define MZ_JWT_TOKEN_AUD_MAX  64                /* audiences of a token */

typedef enum {
    MZ_JWT_TIME_ABSENT,
    MZ_JWT_TIME_BAD,
    MZ_JWT_TIME_OK
} mz_jwt_time_t;

/* Views of the claims; scopes is made anew. */

typedef struct {
    mz_str_t  issuer;
    mz_str_t  subject;
    mz_str_t  project;
    mz_str_t  client_id;
    mz_buf_t  scopes;
} mz_jwt_names_t;


static mz_jwt_reason_t mz_jwt_claims_names(const mz_jwt_conf_t *conf,
    const json_t *claims, int64_t now_s, mz_jwt_t *jwt,
    mz_jwt_names_t *names);
static mz_jwt_reason_t mz_jwt_claims_audience(const mz_jwt_conf_t *conf,
    const json_t *aud, bool *is_by_client_id);
static bool mz_jwt_claims_is_audience(const mz_jwt_conf_t *conf, mz_str_t s);
static mz_str_t mz_jwt_claims_no_slash(mz_str_t s);
static mz_jwt_reason_t mz_jwt_claims_times(const mz_jwt_conf_t *conf,
    const json_t *claims, int64_t now_s, int64_t *expires_s);
static mz_jwt_time_t mz_jwt_claims_time(const json_t *claims,
    const char *name, int64_t *out);
static bool mz_jwt_claims_name(const json_t *v, mz_str_t *out);
static mz_jwt_reason_t mz_jwt_claims_project(const mz_jwt_conf_t *conf,
    const json_t *claims, mz_str_t *out);
static mz_jwt_reason_t mz_jwt_claims_client(const json_t *claims,
    mz_str_t *out);
static mz_jwt_reason_t mz_jwt_claims_scopes(const json_t *claims,
    mz_buf_t *out);
static mz_jwt_reason_t mz_jwt_claims_required(const mz_jwt_conf_t *conf,
    const json_t *claims);
static bool mz_jwt_claims_is_value(const json_t *v, mz_str_t value);
static bool mz_jwt_claims_covers(mz_str_t have, mz_str_t needed);
static const json_t *mz_jwt_claims_get(const json_t *claims, mz_str_t name);
static mz_jwt_reason_t mz_jwt_claims_keep(const mz_jwt_names_t *names,
    mz_jwt_t *jwt);
static mz_str_t mz_jwt_claims_copy(char **p, mz_str_t s);


mz_jwt_reason_t
mz_jwt_claims_check(const mz_jwt_conf_t *conf, const json_t *claims,
    int64_t now_s, mz_jwt_t *jwt)
{
    mz_jwt_names_t   names;
    mz_jwt_reason_t  reason;

    memset(&names, 0, sizeof(mz_jwt_names_t));
    mz_buf_init(&names.scopes, MZ_JWT_SCOPES_MAX);

    reason = mz_jwt_claims_names(conf, claims, now_s, jwt, &names);

    if (reason == MZ_JWT_OK) {
        reason = mz_jwt_claims_keep(&names, jwt);
    }

    mz_buf_free(&names.scopes);

    return reason;
}


/* Scopes are last: only who is otherwise welcome may ask for more of them. */

static mz_jwt_reason_t
mz_jwt_claims_names(const mz_jwt_conf_t *conf, const json_t *claims,
    int64_t now_s, mz_jwt_t *jwt, mz_jwt_names_t *names)
{
    mz_jwt_reason_t  reason;

    if (!mz_jwt_claims_name(json_object_get(claims, "iss"), &names->issuer)
        || !mz_str_eq(names->issuer, conf->issuer))
    {
        return MZ_JWT_ISSUER;
    }

    reason = mz_jwt_claims_audience(conf, json_object_get(claims, "aud"),
                                    &jwt->is_by_client_id);

    if (reason == MZ_JWT_OK) {
        reason = mz_jwt_claims_times(conf, claims, now_s, &jwt->expires_s);
    }

    if (reason == MZ_JWT_OK
        && !mz_jwt_claims_name(json_object_get(claims, "sub"),
                               &names->subject))
    {
        reason = MZ_JWT_CLAIM;
    }

    if (reason == MZ_JWT_OK) {
        reason = mz_jwt_claims_project(conf, claims, &names->project);
    }

    if (reason == MZ_JWT_OK) {
        reason = mz_jwt_claims_client(claims, &names->client_id);
    }

    if (reason == MZ_JWT_OK) {
        reason = mz_jwt_claims_required(conf, claims);
    }

    if (reason == MZ_JWT_OK) {
        reason = mz_jwt_claims_scopes(claims, &names->scopes);
    }

    if (reason == MZ_JWT_OK
        && !mz_jwt_claims_covers(mz_buf_view(&names->scopes), conf->scopes))
    {
        reason = MZ_JWT_SCOPE;
    }

    return reason;
}


static mz_jwt_reason_t
mz_jwt_claims_audience(const mz_jwt_conf_t *conf, const json_t *aud,
    bool *is_by_client_id)
{
    bool           is_ours, is_client;
    size_t         i, n;
    mz_str_t       s;
    const json_t  *v;

    is_ours = false;
    is_client = false;
    n = json_is_array(aud) ? json_array_size(aud) : 1;

    if (n > MZ_JWT_TOKEN_AUD_MAX) {
        return MZ_JWT_AUDIENCE;
    }

    for (i = 0; i < n; i++) {
        v = json_is_array(aud) ? json_array_get(aud, i) : aud;
        s = mz_json_str(v);

        if (s.len == 0) {
            return MZ_JWT_AUDIENCE;
        }

        is_ours |= mz_jwt_claims_is_audience(conf, s);
        is_client |= mz_str_eq(s, conf->client_id);
    }

    *is_by_client_id = is_client && !is_ours;

    return is_ours || is_client ? MZ_JWT_OK : MZ_JWT_AUDIENCE;
}


static bool
mz_jwt_claims_is_audience(const mz_jwt_conf_t *conf, mz_str_t s)
{
    size_t  i;

    for (i = 0; i < conf->naudiences; i++) {
        if (mz_str_eq(mz_jwt_claims_no_slash(s),
                      mz_jwt_claims_no_slash(conf->audiences[i])))
        {
            return true;
        }
    }

    return false;
}


static mz_str_t
mz_jwt_claims_no_slash(mz_str_t s)
{
    if (s.len > 1 && s.data[s.len - 1] == '/') {
        s.len--;
    }

    return s;
}


static mz_jwt_reason_t
mz_jwt_claims_times(const mz_jwt_conf_t *conf, const json_t *claims,
    int64_t now_s, int64_t *expires_s)
{
    size_t         i;
    int64_t        from;
    mz_jwt_time_t  rc;

    static const char *const  froms[] = { "nbf", "iat" };

    if (mz_jwt_claims_time(claims, "exp", expires_s) != MZ_JWT_TIME_OK) {
        return MZ_JWT_CLAIM;
    }

    if (*expires_s + conf->leeway_s <= now_s) {
        return MZ_JWT_EXPIRED;
    }

    for (i = 0; i < MZ_ARRAY_LEN(froms); i++) {
        rc = mz_jwt_claims_time(claims, froms[i], &from);

        if (rc == MZ_JWT_TIME_BAD) {
            return MZ_JWT_CLAIM;
        }

        if (rc == MZ_JWT_TIME_OK && from - conf->leeway_s > now_s) {
            return MZ_JWT_NOT_YET;
        }
    }

    return MZ_JWT_OK;
}


/* Seconds, perhaps with a fraction; milliseconds are beyond the year 9999. */

static mz_jwt_time_t
mz_jwt_claims_time(const json_t *claims, const char *name, int64_t *out)
{
    double         d;
    const json_t  *v;

    v = json_object_get(claims, name);

    if (v == NULL) {
        return MZ_JWT_TIME_ABSENT;
    }

    if (!json_is_number(v)) {
        return MZ_JWT_TIME_BAD;
    }

    d = json_number_value(v);

    if (!(d >= 0 && d <= (double) MZ_JWT_TIME_MAX)) {
        return MZ_JWT_TIME_BAD;
    }

    *out = json_is_integer(v) ? json_integer_value(v) : (int64_t) floor(d);

    return MZ_JWT_TIME_OK;
}


/* Names become parts of keys, which are joined by a line feed. */

static bool
mz_jwt_claims_name(const json_t *v, mz_str_t *out)
{
    *out = mz_json_str(v);

    return out->len <= MZ_JWT_CLAIM_MAX && mz_name_is_plain(*out);
}


/* A template of claims writes null for a user who is in no organization. */

static mz_jwt_reason_t
mz_jwt_claims_project(const mz_jwt_conf_t *conf, const json_t *claims,
    mz_str_t *out)
{
    const json_t  *v;

    v = mz_jwt_claims_get(claims, conf->project_claim);

    if (v == NULL || json_is_null(v)
        || (json_is_string(v) && json_string_length(v) == 0))
    {
        *out = mz_str("");
        return conf->is_project_required ? MZ_JWT_CLAIM : MZ_JWT_OK;
    }

    return mz_jwt_claims_name(v, out) ? MZ_JWT_OK : MZ_JWT_CLAIM;
}


static mz_jwt_reason_t
mz_jwt_claims_client(const json_t *claims, mz_str_t *out)
{
    const json_t  *v;

    v = json_object_get(claims, "client_id");

    if (v == NULL) {
        v = json_object_get(claims, "azp");
    }

    if (v == NULL) {
        *out = mz_null_str;
        return MZ_JWT_OK;
    }

    return mz_jwt_claims_name(v, out) ? MZ_JWT_OK : MZ_JWT_CLAIM;
}


static mz_jwt_reason_t
mz_jwt_claims_scopes(const json_t *claims, mz_buf_t *out)
{
    size_t         i, n;
    mz_str_t       s;
    const json_t  *v;

    v = json_object_get(claims, "scope");

    if (v == NULL) {
        v = json_object_get(claims, "scp");
    }

    if (v == NULL) {
        return MZ_JWT_OK;
    }

    if (json_is_string(v)) {
        s = mz_json_str(v);

        if (s.len != 0 && !mz_name_is_scopes(s)) {
            return MZ_JWT_CLAIM;
        }

        mz_buf_add_str(out, s);

    } else if (!json_is_array(v)) {
        return MZ_JWT_CLAIM;
    }

    n = json_array_size(v);

    for (i = 0; i < n && out->rc == MZ_OK; i++) {
        s = mz_json_str(json_array_get(v, i));

        if (!mz_name_is_scope(s)) {
            return MZ_JWT_CLAIM;
        }

        mz_buf_add(out, " ", i > 0);
        mz_buf_add_str(out, s);
    }

    if (out->rc != MZ_OK) {
        return out->rc == MZ_LIMIT ? MZ_JWT_CLAIM : MZ_JWT_INTERNAL;
    }

    return MZ_JWT_OK;
}


static mz_jwt_reason_t
mz_jwt_claims_required(const mz_jwt_conf_t *conf, const json_t *claims)
{
    size_t         i;
    const json_t  *v;

    for (i = 0; i < conf->nclaims; i++) {
        v = mz_jwt_claims_get(claims, conf->claims[i].name);

        if (!mz_jwt_claims_is_value(v, conf->claims[i].value)) {
            return MZ_JWT_CLAIM;
        }
    }

    return MZ_JWT_OK;
}


static bool
mz_jwt_claims_is_value(const json_t *v, mz_str_t value)
{
    size_t  i, n;

    if (value.data == NULL) {
        return v != NULL && !json_is_null(v);
    }

    if (json_is_string(v)) {
        return mz_str_eq(mz_json_str(v), value);
    }

    n = json_array_size(v);

    for (i = 0; i < n; i++) {
        if (json_is_string(json_array_get(v, i))
            && mz_str_eq(mz_json_str(json_array_get(v, i)), value))
        {
            return true;
        }
    }

    return false;
}


static bool
mz_jwt_claims_covers(mz_str_t have, mz_str_t needed)
{
    mz_str_t        part;
    mz_principal_t  p;

    memset(&p, 0, sizeof(mz_principal_t));
    p.scopes = have;

    while (mz_str_split(&needed, ' ', &part)) {
        if (part.len > 0 && !mz_principal_has(&p, part)) {
            return false;
        }
    }

    return true;
}


/* By a name without a NUL behind it. */

static const json_t *
mz_jwt_claims_get(const json_t *claims, mz_str_t name)
{
    void    *iter;
    json_t  *obj;

    obj = (json_t *) (uintptr_t) claims;

    for (iter = json_object_iter(obj); iter != NULL && name.len > 0;
         iter = json_object_iter_next(obj, iter))
    {
        if (mz_str_eq_c(name, json_object_iter_key(iter))) {
            return json_object_iter_value(iter);
        }
    }

    return NULL;
}


static mz_jwt_reason_t
mz_jwt_claims_keep(const mz_jwt_names_t *names, mz_jwt_t *jwt)
{
    char      *p;
    mz_str_t   scopes;

    scopes = mz_buf_view(&names->scopes);

    p = malloc(names->issuer.len + names->subject.len + names->project.len
               + names->client_id.len + scopes.len + 1);
    if (p == NULL) {
        return MZ_JWT_INTERNAL;
    }

    jwt->data = p;
    jwt->issuer = mz_jwt_claims_copy(&p, names->issuer);
    jwt->subject = mz_jwt_claims_copy(&p, names->subject);
    jwt->project = mz_jwt_claims_copy(&p, names->project);
    jwt->scopes = mz_jwt_claims_copy(&p, scopes);

    if (names->client_id.len > 0) {
        jwt->client_id = mz_jwt_claims_copy(&p, names->client_id);
    }

    return MZ_JWT_OK;
}


static mz_str_t
mz_jwt_claims_copy(char **p, mz_str_t s)
{
    mz_str_t  copy;

    copy = (mz_str_t) { *p, s.len };

    if (s.len > 0) {
        memcpy(*p, s.data, s.len);
        *p += s.len;
    }

    return copy;
}
