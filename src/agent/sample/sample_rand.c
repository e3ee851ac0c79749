
#include "agent/sample/sample_rand.h"


static uint64_t mz_sample_rand_mix(uint64_t *state);
static uint64_t mz_sample_rand_rotl(uint64_t x, int k);
static uint64_t mz_sample_rand_scale(uint64_t x, uint64_t n);


void
mz_sample_rand_init(mz_sample_rand_t *r, uint64_t seed, uint64_t stream)
{
    size_t    i;
    uint64_t  state;

    state = seed;
    state = mz_sample_rand_mix(&state) ^ stream;

    for (i = 0; i < MZ_ARRAY_LEN(r->s); i++) {
        r->s[i] = mz_sample_rand_mix(&state);
    }
}


/* xoshiro256** */

uint64_t
mz_sample_rand_next(mz_sample_rand_t *r)
{
    uint64_t  result, t;

    result = mz_sample_rand_rotl(r->s[1] * 5, 7) * 9;
    t = r->s[1] << 17;

    r->s[2] ^= r->s[0];
    r->s[3] ^= r->s[1];
    r->s[1] ^= r->s[2];
    r->s[0] ^= r->s[3];
    r->s[2] ^= t;
    r->s[3] = mz_sample_rand_rotl(r->s[3], 45);

    return result;
}


int64_t
mz_sample_rand_below(mz_sample_rand_t *r, int64_t n)
{
    return (int64_t) mz_sample_rand_scale(mz_sample_rand_next(r),
                                          (uint64_t) n);
}


bool
mz_sample_rand_chance(mz_sample_rand_t *r, int permille)
{
    return mz_sample_rand_below(r, 1000) < permille;
}


/*
 * Von Neumann's method, which needs comparisons only: the length of a
 * descending run of uniform numbers decides whether its first one is the
 * fraction, or one more whole mean has passed.
 */

int64_t
mz_sample_rand_wait(mz_sample_rand_t *r, int64_t mean)
{
    int       run;
    int64_t   whole;
    uint64_t  first, last, u;

    for (whole = 0; /* void */; whole++) {
        first = mz_sample_rand_next(r);
        last = first;

        for (run = 1; (u = mz_sample_rand_next(r)) < last; run++) {
            last = u;
        }

        if (run % 2 == 1) {
            return whole * mean
                   + (int64_t) mz_sample_rand_scale(first, (uint64_t) mean);
        }
    }
}


/* splitmix64 */

static uint64_t
mz_sample_rand_mix(uint64_t *state)
{
    uint64_t  z;

    *state += 0x9e3779b97f4a7c15ULL;
    z = *state;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ z >> 27) * 0x94d049bb133111ebULL;

    return z ^ z >> 31;
}


static uint64_t
mz_sample_rand_rotl(uint64_t x, int k)
{
    return x << k | x >> (64 - k);
}


/* x / 2^64 * n: the high word of a 128-bit product. */

static uint64_t
mz_sample_rand_scale(uint64_t x, uint64_t n)
{
    __extension__ typedef unsigned __int128  wide_t;

    return (uint64_t) ((wide_t) x * n >> 64);
}
