
/*
 * principal: who asks.  The verified identity of a request and the scope
 * that is part of every Redis key: scope = the first 32 hex digits of
 * SHA-256(issuer "\n" subject "\n" project).  The queue is fair among
 * projects: project_id = the first 32 hex digits of SHA-256(issuer "\n"
 * project), or the scope of somebody who has no project.  A principal borrows
 * its strings; its owner keeps them alive.
 */

#ifndef MZ_PRINCIPAL_H
#define MZ_PRINCIPAL_H

#include "base/mz_base.h"


#define MZ_SCOPE_LEN  32

typedef struct {
    mz_str_t  issuer;
    mz_str_t  subject;
    mz_str_t  project;
    mz_str_t  scopes;                   /* space separated OAuth scopes */
    char      scope[MZ_SCOPE_LEN + 1];  /* of keys; NUL-terminated hex */
    char      project_id[MZ_SCOPE_LEN + 1];     /* likewise */
} mz_principal_t;


/* Computes p->scope and p->project_id; MZ_INTERNAL on a digest failure. */
mz_rc_t mz_principal_set_scope(mz_principal_t *p);

/* The one fixed principal of `mitzu_mcp_auth off`. */
mz_rc_t mz_principal_development(mz_principal_t *p);

/* Whether the space separated list scopes has this scope. */
bool mz_principal_has(const mz_principal_t *p, mz_str_t scope);


#endif /* MZ_PRINCIPAL_H */
