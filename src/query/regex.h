
/*
 * regex: PCRE2 for patterns and texts from outside; the only file pair that
 * includes pcre2.h.  Pattern length, nesting, match steps, depth and heap
 * are bounded, and so is the sum over all texts one regex meets: a match
 * first gets steps for its length only; those that need more share an
 * allowance.
 *
 * Texts are UTF-8.  Ill-formed bytes never match; what is between them is
 * searched.  One regex belongs to one thread at a time.
 */

#ifndef MZ_REGEX_H
#define MZ_REGEX_H

#include "base/mz_base.h"


#define MZ_REGEX_PATTERN_MAX  1000      /* bytes */
#define MZ_REGEX_NEST_MAX     50        /* parentheses */
#define MZ_REGEX_STEPS_MAX    100000    /* of one match */
#define MZ_REGEX_DEPTH_MAX    10000
#define MZ_REGEX_HEAP_KB      4096
#define MZ_REGEX_HEAVY_MAX    1000      /* matches that may take STEPS_MAX */

typedef struct mz_regex_s  mz_regex_t;


/*
 * many: it will meet many texts, so that compiling to machine code pays.
 * MZ_INVALID: err->msg holds the reason and the offset in the pattern.
 */
mz_rc_t mz_regex_new(mz_str_t pattern, bool ignore_case, bool many,
    mz_regex_t **re, mz_err_t *err);
void mz_regex_free(mz_regex_t *re);

/*
 * MZ_OK: found; MZ_NOT_FOUND: not.  MZ_LIMIT: the search was given up, and
 * err->msg says so in words for the asker.
 */
mz_rc_t mz_regex_search(mz_regex_t *re, mz_str_t text, mz_err_t *err);


#endif /* MZ_REGEX_H */
