
/*
 * name: which texts of a token or a key may become part of keys, logs and
 * headers.  Used by jwk.c, jwt_claims.c and challenge.c.
 */

#ifndef MZ_NAME_H
#define MZ_NAME_H

#include "base/mz_base.h"


/* Not empty, and no control character (C0, DEL, C1) in it.  Given UTF-8. */
bool mz_name_is_plain(mz_str_t s);

/* scope-token *( SP scope-token ) of RFC 6749 3.3. */
bool mz_name_is_scopes(mz_str_t s);

/* One scope-token. */
bool mz_name_is_scope(mz_str_t s);


#endif /* MZ_NAME_H */
