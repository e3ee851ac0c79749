
/*
 * sample_rand: the random numbers of the sample warehouse: xoshiro256**
 * seeded by splitmix64 (Blackman and Vigna).  Whole numbers only, so that a
 * seed gives the same rows on every machine.
 */

#ifndef MZ_SAMPLE_RAND_H
#define MZ_SAMPLE_RAND_H

#include "base/mz_base.h"


typedef struct {
    uint64_t  s[4];
} mz_sample_rand_t;


/* stream: independent sequences of one seed, one per user. */
void mz_sample_rand_init(mz_sample_rand_t *r, uint64_t seed,
    uint64_t stream);

uint64_t mz_sample_rand_next(mz_sample_rand_t *r);

/* 0 .. n - 1; n > 0. */
int64_t mz_sample_rand_below(mz_sample_rand_t *r, int64_t n);

/* true in permille of 1000 cases. */
bool mz_sample_rand_chance(mz_sample_rand_t *r, int permille);

/* An exponential waiting time with that mean. */
int64_t mz_sample_rand_wait(mz_sample_rand_t *r, int64_t mean);


#endif /* MZ_SAMPLE_RAND_H */
