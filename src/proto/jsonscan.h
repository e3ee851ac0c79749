
/*
 * jsonscan: where a value begins and ends in a JSON text, without parsing
 * it: for ids that must come back byte for byte, and for the items of a
 * batch.  Linear, without recursion, and trusting nothing: of a text that is
 * no JSON the answers are of no use, but lie within it.
 */

#ifndef MZ_JSONSCAN_H
#define MZ_JSONSCAN_H

#include "base/mz_base.h"


/* Behind white space; at most text.len. */
size_t mz_jsonscan_space(mz_str_t text, size_t pos);

/* Behind the value that starts at pos; pos itself when none does. */
size_t mz_jsonscan_value(mz_str_t text, size_t pos);

/*
 * The token of the first member of that name, or the null string.  members:
 * the text of an object behind its brace.  A name spelt with escapes is not
 * found.
 */
mz_str_t mz_jsonscan_member(mz_str_t members, const char *name);

/* The text of an object behind its brace; the null string: no object. */
mz_str_t mz_jsonscan_object(mz_str_t text);

/* Whether a token is an integer as JSON spells it, of any size. */
bool mz_jsonscan_is_integer(mz_str_t token);


#endif /* MZ_JSONSCAN_H */
