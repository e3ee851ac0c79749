
/*
 * nearest: the names most like a misspelt one, for error messages.  Trigram
 * likeness and edit distance, ASCII case ignored; deterministic.
 */

#ifndef MZ_NEAREST_H
#define MZ_NEAREST_H

#include "base/mz_base.h"


#define MZ_NEAREST_MAX   3

typedef struct {
    mz_str_t  query;
    mz_str_t  names[MZ_NEAREST_MAX];    /* best first; borrowed */
    double    scores[MZ_NEAREST_MAX];   /* 0..1 */
    size_t    n;
} mz_nearest_t;


void mz_nearest_init(mz_nearest_t *near, mz_str_t query);

/* Offers a candidate; equal scores keep the order of offering. */
void mz_nearest_offer(mz_nearest_t *near, mz_str_t name);

/* 0: nothing alike, 1: equal but for case. */
double mz_nearest_score(mz_str_t a, mz_str_t b);

/* "; nearest: \"a\", \"b\"" or "" into out, always NUL-terminated. */
void mz_nearest_words(const mz_nearest_t *near, char *out, size_t size);


#endif /* MZ_NEAREST_H */
