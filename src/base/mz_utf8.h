
/*
 * mz_utf8: UTF-8 (RFC 3629) validation, counting and safe truncation.
 */

#ifndef MZ_UTF8_H
#define MZ_UTF8_H

#include "base/mz_base.h"


bool mz_utf8_is_valid(mz_str_t s);

/* Number of code points; ill-formed bytes count one each. */
size_t mz_utf8_count(mz_str_t s);

/* The longest prefix of at most max code points that ends on a boundary. */
mz_str_t mz_utf8_prefix(mz_str_t s, size_t max);

/* The longest prefix of at most max bytes that ends on a boundary. */
mz_str_t mz_utf8_prefix_bytes(mz_str_t s, size_t max);

/* Code point at s.data[*pos] and *pos moved on; U+FFFD for an ill byte. */
uint32_t mz_utf8_next(mz_str_t s, size_t *pos);


#endif /* MZ_UTF8_H */
