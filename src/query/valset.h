
/*
 * valset: a set of values that numbers them in the order of their first
 * appearance.  The writer makes dictionaries and counts distinct values with
 * it.  Keys are strings (borrowed: they must outlive the set) or 64-bit
 * words; one set holds one kind.
 *
 * Values come from outside and the hash is fixed, so the sum of collisions is
 * bounded: a crafted column makes the set give up, not the writer crawl.
 */

#ifndef MZ_VALSET_H
#define MZ_VALSET_H

#include "base/mz_base.h"


typedef struct {
    uint64_t   hash;
    uint64_t   word;
    mz_str_t   str;
} mz_valset_key_t;

typedef struct {
    mz_valset_key_t  *keys;         /* by number */
    uint32_t         *table;        /* number + 1, or 0 */
    size_t            n;
    size_t            cap;
    size_t            mask;
    size_t            max;          /* bound on n */
    uint64_t          probes;       /* collisions so far */
    uint64_t          adds;
} mz_valset_t;


/* No memory is taken before the first value. */
void mz_valset_init(mz_valset_t *set, size_t max);
void mz_valset_free(mz_valset_t *set);

/* Empties it and keeps the memory. */
void mz_valset_reset(mz_valset_t *set);

/* MZ_OK: *i is the value's number.  MZ_LIMIT: too many, or too alike. */
mz_rc_t mz_valset_add_str(mz_valset_t *set, mz_str_t s, uint32_t *i);
mz_rc_t mz_valset_add_word(mz_valset_t *set, uint64_t word, uint32_t *i);


#endif /* MZ_VALSET_H */
