
#include "auth/principal.h"
#include "base/mz_sha256.h"
#include "base/mz_str.h"


#define MZ_PRINCIPAL_NAMES  3


static mz_rc_t mz_principal_digest(char id[MZ_SCOPE_LEN + 1],
    const mz_str_t *names, size_t n);


mz_rc_t
mz_principal_set_scope(mz_principal_t *p)
{
    mz_rc_t   rc;
    mz_str_t  names[MZ_PRINCIPAL_NAMES];

    p->project_id[0] = '\0';

    names[0] = p->issuer;
    names[1] = p->subject;
    names[2] = p->project;

    rc = mz_principal_digest(p->scope, names, 3);
    if (rc != MZ_OK) {
        return rc;
    }

    if (p->project.len == 0) {
        memcpy(p->project_id, p->scope, sizeof(p->project_id));
        return MZ_OK;
    }

    names[1] = p->project;

    return mz_principal_digest(p->project_id, names, 2);
}


mz_rc_t
mz_principal_development(mz_principal_t *p)
{
    p->issuer = mz_str("mitzu:development");
    p->subject = mz_str("developer");
    p->project = mz_str("development");
    p->scopes = mz_str("");

    return mz_principal_set_scope(p);
}


bool
mz_principal_has(const mz_principal_t *p, mz_str_t scope)
{
    mz_str_t  rest, part;

    rest = p->scopes;

    while (mz_str_split(&rest, ' ', &part)) {
        if (part.len > 0 && mz_str_eq(part, scope)) {
            return true;
        }
    }

    return false;
}


/* The names with a newline between them. */

static mz_rc_t
mz_principal_digest(char id[MZ_SCOPE_LEN + 1], const mz_str_t *names, size_t n)
{
    char          hex[MZ_SHA256_HEX_LEN + 1];
    size_t        i;
    mz_rc_t       rc;
    mz_sha256_t  *h;

    id[0] = '\0';

    h = mz_sha256_new();
    if (h == NULL) {
        return MZ_INTERNAL;
    }

    for (i = 0; i < n; i++) {
        if (i != 0) {
            mz_sha256_update(h, mz_str("\n"));
        }

        mz_sha256_update(h, names[i]);
    }

    rc = mz_sha256_final(h, hex);

    if (rc == MZ_OK) {
        memcpy(id, hex, MZ_SCOPE_LEN);
        id[MZ_SCOPE_LEN] = '\0';
    }

    return rc;
}
