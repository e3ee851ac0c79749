
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

/* The names are views of the claims; scopes are made anew. */

typedef struct {
    const mz_jwt_conf_t  *conf;
    const json_t         *json;
    int64_t               now_s;
    int64_t               expires_s;
    bool                  is_by_client_id;
    mz_str_t              issuer;
    mz_str_t              subject;
    mz_str_t              project;
    mz_str_t              client_id;
    mz_buf_t              scopes;
} mz_jwt_claims_t;

typedef mz_jwt_reason_t (*mz_jwt_claims_pt)(mz_jwt_claims_t *c);


static mz_jwt_reason_t mz_jwt_claims_issuer(mz_jwt_claims_t *c);
static mz_jwt_reason_t mz_jwt_claims_audience(mz_jwt_claims_t *c);
static mz_jwt_reason_t mz_jwt_claims_times(mz_jwt_claims_t *c);
static mz_jwt_reason_t mz_jwt_claims_subject(mz_jwt_claims_t *c);
static mz_jwt_reason_t mz_jwt_claims_project(mz_jwt_claims_t *c);
static mz_jwt_reason_t mz_jwt_claims_client(mz_jwt_claims_t *c);
static mz_jwt_reason_t mz_jwt_claims_required(mz_jwt_claims_t *c);
static mz_jwt_reason_t mz_jwt_claims_scopes(mz_jwt_claims_t *c);
static mz_jwt_reason_t mz_jwt_claims_needed(mz_jwt_claims_t *c);
static bool mz_jwt_claims_is_audience(const mz_jwt_conf_t *conf, mz_str_t s);
static mz_str_t mz_jwt_claims_no_slash(mz_str_t s);
static mz_jwt_time_t mz_jwt_claims_time(const json_t *json, const char *name,
    int64_t *out);
static bool mz_jwt_claims_name(const json_t *v, mz_str_t *out);
static bool mz_jwt_claims_scope_words(const json_t *v, mz_buf_t *out);
static bool mz_jwt_claims_is_value(const json_t *v, mz_str_t value);
static const json_t *mz_jwt_claims_get(const json_t *json, mz_str_t name);
static mz_jwt_reason_t mz_jwt_claims_keep(const mz_jwt_claims_t *c,
    mz_jwt_t *jwt);
static mz_str_t mz_jwt_claims_copy(char **p, mz_str_t s);


/* Needed scopes are last: only who is otherwise welcome may ask for more. */

static const mz_jwt_claims_pt  mz_jwt_claims_checks[] = {
    mz_jwt_claims_issuer,
    mz_jwt_claims_audience,
    mz_jwt_claims_times,
    mz_jwt_claims_subject,
    mz_jwt_claims_project,
    mz_jwt_claims_client,
    mz_jwt_claims_required,
    mz_jwt_claims_scopes,
    mz_jwt_claims_needed
};


mz_jwt_reason_t
mz_jwt_claims_check(const mz_jwt_conf_t *conf, const json_t *claims,
    int64_t now_s, mz_jwt_t *jwt)
{
    size_t           i;
    mz_jwt_claims_t  c;
    mz_jwt_reason_t  reason;

    memset(&c, 0, sizeof(mz_jwt_claims_t));

    c.conf = conf;
    c.json = claims;
    c.now_s = now_s;
    mz_buf_init(&c.scopes, MZ_JWT_SCOPES_MAX);

    reason = MZ_JWT_OK;

    for (i = 0; i < MZ_ARRAY_LEN(mz_jwt_claims_checks) && reason == MZ_JWT_OK;
         i++)
    {
        reason = mz_jwt_claims_checks[i](&c);
    }

    if (reason == MZ_JWT_OK) {
        reason = mz_jwt_claims_keep(&c, jwt);
    }

    mz_buf_free(&c.scopes);

    return reason;
}


static mz_jwt_reason_t
mz_jwt_claims_issuer(mz_jwt_claims_t *c)
{
    if (!mz_jwt_claims_name(json_object_get(c->json, "iss"), &c->issuer)
        || !mz_str_eq(c->issuer, c->conf->issuer))
    {
        return MZ_JWT_ISSUER;
    }

    return MZ_JWT_OK;
}


static mz_jwt_reason_t
mz_jwt_claims_audience(mz_jwt_claims_t *c)
{
    bool           is_ours, is_client;
    size_t         i, n;
    mz_str_t       s;
    const json_t  *v, *aud;

    aud = json_object_get(c->json, "aud");
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

        is_ours |= mz_jwt_claims_is_audience(c->conf, s);
        is_client |= mz_str_eq(s, c->conf->client_id);
    }

    c->is_by_client_id = is_client && !is_ours;

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
mz_jwt_claims_times(mz_jwt_claims_t *c)
{
    size_t         i;
    int64_t        from, leeway;
    mz_jwt_time_t  rc;

    static const char *const  froms[] = { "nbf", "iat" };

    leeway = c->conf->leeway_s;
    rc = mz_jwt_claims_time(c->json, "exp", &c->expires_s);

    if (rc != MZ_JWT_TIME_OK) {
        return MZ_JWT_CLAIM;
    }

    if (c->expires_s + leeway <= c->now_s) {
        return MZ_JWT_EXPIRED;
    }

    for (i = 0; i < MZ_ARRAY_LEN(froms); i++) {
        rc = mz_jwt_claims_time(c->json, froms[i], &from);

        if (rc == MZ_JWT_TIME_BAD) {
            return MZ_JWT_CLAIM;
        }

        if (rc == MZ_JWT_TIME_OK && from - leeway > c->now_s) {
            return MZ_JWT_NOT_YET;
        }
    }

    return MZ_JWT_OK;
}


/* Seconds, perhaps with a fraction; milliseconds are beyond the year 9999. */

static mz_jwt_time_t
mz_jwt_claims_time(const json_t *json, const char *name, int64_t *out)
{
    double         d;
    const json_t  *v;

    v = json_object_get(json, name);

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


static mz_jwt_reason_t
mz_jwt_claims_subject(mz_jwt_claims_t *c)
{
    if (!mz_jwt_claims_name(json_object_get(c->json, "sub"), &c->subject)) {
        return MZ_JWT_CLAIM;
    }

    return MZ_JWT_OK;
}


/* A template of claims writes null for a user who is in no organization. */

static mz_jwt_reason_t
mz_jwt_claims_project(mz_jwt_claims_t *c)
{
    const json_t  *v;

    v = mz_jwt_claims_get(c->json, c->conf->project_claim);

    if (v == NULL || json_is_null(v)
        || (json_is_string(v) && json_string_length(v) == 0))
    {
        return c->conf->is_project_required ? MZ_JWT_CLAIM : MZ_JWT_OK;
    }

    return mz_jwt_claims_name(v, &c->project) ? MZ_JWT_OK : MZ_JWT_CLAIM;
}


static mz_jwt_reason_t
mz_jwt_claims_client(mz_jwt_claims_t *c)
{
    const json_t  *v;

    v = json_object_get(c->json, "client_id");

    if (v == NULL) {
        v = json_object_get(c->json, "azp");
    }

    if (v == NULL) {
        return MZ_JWT_OK;
    }

    return mz_jwt_claims_name(v, &c->client_id) ? MZ_JWT_OK : MZ_JWT_CLAIM;
}


/* Names become parts of keys, which are joined by a line feed. */

static bool
mz_jwt_claims_name(const json_t *v, mz_str_t *out)
{
    *out = mz_json_str(v);

    return out->len <= MZ_JWT_CLAIM_MAX && mz_name_is_plain(*out);
}


static mz_jwt_reason_t
mz_jwt_claims_required(mz_jwt_claims_t *c)
{
    size_t                 i;
    const json_t          *v;
    const mz_jwt_claim_t  *claim;

    for (i = 0; i < c->conf->nclaims; i++) {
        claim = &c->conf->claims[i];
        v = mz_jwt_claims_get(c->json, claim->name);

        if (!mz_jwt_claims_is_value(v, claim->value)) {
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


/* By a name without a NUL behind it. */

static const json_t *
mz_jwt_claims_get(const json_t *json, mz_str_t name)
{
    void    *iter;
    json_t  *obj;

    obj = (json_t *) (uintptr_t) json;

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
mz_jwt_claims_scopes(mz_jwt_claims_t *c)
{
    const json_t  *v;

    v = json_object_get(c->json, "scope");

    if (v == NULL) {
        v = json_object_get(c->json, "scp");
    }

    if (v != NULL && !mz_jwt_claims_scope_words(v, &c->scopes)) {
        return MZ_JWT_CLAIM;
    }

    if (c->scopes.rc != MZ_OK) {
        return c->scopes.rc == MZ_LIMIT ? MZ_JWT_CLAIM : MZ_JWT_INTERNAL;
    }

    return MZ_JWT_OK;
}


static bool
mz_jwt_claims_scope_words(const json_t *v, mz_buf_t *out)
{
    size_t    i, n;
    mz_str_t  s;

    if (json_is_string(v)) {
        s = mz_json_str(v);
        mz_buf_add_str(out, s);

        return s.len == 0 || mz_name_is_scopes(s);
    }

    n = json_array_size(v);

    for (i = 0; i < n && out->rc == MZ_OK; i++) {
        s = mz_json_str(json_array_get(v, i));

        if (!mz_name_is_scope(s)) {
            return false;
        }

        mz_buf_add(out, " ", i > 0);
        mz_buf_add_str(out, s);
    }

    return json_is_array(v);
}


static mz_jwt_reason_t
mz_jwt_claims_needed(mz_jwt_claims_t *c)
{
    mz_str_t        rest, scope;
    mz_principal_t  p;

    memset(&p, 0, sizeof(mz_principal_t));

    p.scopes = mz_buf_view(&c->scopes);
    rest = c->conf->scopes;

    while (mz_str_split(&rest, ' ', &scope)) {
        if (scope.len > 0 && !mz_principal_has(&p, scope)) {
            return MZ_JWT_SCOPE;
        }
    }

    return MZ_JWT_OK;
}


static mz_jwt_reason_t
mz_jwt_claims_keep(const mz_jwt_claims_t *c, mz_jwt_t *jwt)
{
    char      *p;
    mz_str_t   scopes;

    scopes = mz_buf_view(&c->scopes);

    p = malloc(c->issuer.len + c->subject.len + c->project.len
               + c->client_id.len + scopes.len + 1);
    if (p == NULL) {
        return MZ_JWT_INTERNAL;
    }

    jwt->data = p;
    jwt->expires_s = c->expires_s;
    jwt->is_by_client_id = c->is_by_client_id;
    jwt->issuer = mz_jwt_claims_copy(&p, c->issuer);
    jwt->subject = mz_jwt_claims_copy(&p, c->subject);
    jwt->project = mz_jwt_claims_copy(&p, c->project);
    jwt->scopes = mz_jwt_claims_copy(&p, scopes);

    if (c->client_id.len > 0) {
        jwt->client_id = mz_jwt_claims_copy(&p, c->client_id);
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
