
#include "auth/principal.h"
#include "base/mz_sha256.h"
#include "base/mz_str.h"


mz_rc_t
mz_principal_set_scope(mz_principal_t *p)
{
    char          hex[MZ_SHA256_HEX_LEN + 1];
    mz_rc_t       rc;
    mz_sha256_t  *h;

    p->scope[0] = '\0';

    h = mz_sha256_new();
    if (h == NULL) {
        return MZ_INTERNAL;
    }

    mz_sha256_update(h, p->issuer);
    mz_sha256_update(h, mz_str("\n"));
    mz_sha256_update(h, p->subject);
    mz_sha256_update(h, mz_str("\n"));
    mz_sha256_update(h, p->project);

    rc = mz_sha256_final(h, hex);
    if (rc != MZ_OK) {
        return rc;
    }

    memcpy(p->scope, hex, MZ_SCOPE_LEN);
    p->scope[MZ_SCOPE_LEN] = '\0';

    return MZ_OK;
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
