
/*
 * jpointer: JSON Pointer (RFC 6901) as a cursor over its text.  "" is the
 * whole value; "/a/0" goes down; ~1 and ~0 stand for / and ~.
 */

#ifndef MZ_JPOINTER_H
#define MZ_JPOINTER_H

#include "base/mz_json.h"


#define MZ_JPOINTER_MAX  1024           /* bytes of a pointer */


/* MZ_INVALID: does not start with "/", a stray "~", or too long. */
mz_rc_t mz_jpointer_check(mz_str_t path, mz_err_t *err);

/*
 * Takes the first token of a checked pointer: *rest moves on, *token is
 * reset and gets the unescaped bytes.  false: there was none.
 */
bool mz_jpointer_next(mz_str_t *rest, mz_buf_t *token);

/* The other way: appends "/" and the escaped token. */
void mz_jpointer_add(mz_buf_t *path, mz_str_t token);

/* MZ_INVALID unless token is 0 or digits without a leading zero. */
mz_rc_t mz_jpointer_index(mz_str_t token, uint64_t *index);

/*
 * The value at path inside root, borrowed.  MZ_NOT_FOUND: err (may be NULL)
 * says which token failed and what there is instead.  path is checked.
 */
mz_rc_t mz_jpointer_get(json_t *root, mz_str_t path, json_t **value,
    mz_err_t *err);


#endif /* MZ_JPOINTER_H */
