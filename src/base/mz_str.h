
/*
 * mz_str: (pointer, length) strings.  Views borrow; mz_str_dup() owns.
 */

#ifndef MZ_STR_H
#define MZ_STR_H

#include "base/mz_base.h"


/* A view of a NUL-terminated string; NULL gives the null string. */
mz_str_t mz_str_from(const char *s);

bool mz_str_eq(mz_str_t a, mz_str_t b);
bool mz_str_eq_c(mz_str_t a, const char *b);

/* ASCII case only. */
bool mz_str_ieq(mz_str_t a, mz_str_t b);
int mz_str_cmp(mz_str_t a, mz_str_t b);
bool mz_str_has_prefix(mz_str_t s, mz_str_t prefix);
bool mz_str_has_suffix(mz_str_t s, mz_str_t suffix);

/* Offset of the first needle at or after from, or SIZE_MAX. */
size_t mz_str_find(mz_str_t s, mz_str_t needle, size_t from);

/* Without leading and trailing spaces, tabs, CR and LF. */
mz_str_t mz_str_trim(mz_str_t s);

/*
 * Takes the part of *rest before sep into *part and moves *rest behind sep.
 * false when *rest was the null string (nothing left).
 */
bool mz_str_split(mz_str_t *rest, char sep, mz_str_t *part);

/* Heap copy with a NUL behind it; NULL when out of memory.  free() it. */
char *mz_str_dup(mz_str_t s);

/* Whole string is a decimal int64 (optional '-'); no spaces, no overflow. */
mz_rc_t mz_str_to_int(mz_str_t s, int64_t *out);

/* Whole string is a finite decimal number, read in the C locale. */
mz_rc_t mz_str_to_double(mz_str_t s, double *out);


#endif /* MZ_STR_H */
