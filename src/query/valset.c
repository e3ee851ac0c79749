
#include "base/mz_str.h"
#include "query/valset.h"


#define MZ_VALSET_FIRST   256
#define MZ_VALSET_PROBES  16        /* collisions allowed per value, .. */
#define MZ_VALSET_SLACK   4096      /* .. and in all before that counts */


static mz_rc_t mz_valset_add(mz_valset_t *set, const mz_valset_key_t *key,
    uint32_t *i);
static bool mz_valset_is_same(const mz_valset_key_t *a,
    const mz_valset_key_t *b);
static mz_rc_t mz_valset_grow(mz_valset_t *set);
static uint64_t mz_valset_hash(mz_str_t s);
static uint64_t mz_valset_mix(uint64_t h);


void
mz_valset_init(mz_valset_t *set, size_t max)
{
    memset(set, 0, sizeof(mz_valset_t));
    set->max = max;
}


void
mz_valset_free(mz_valset_t *set)
{
    free(set->keys);
    free(set->table);
    mz_valset_init(set, set->max);
}


void
mz_valset_reset(mz_valset_t *set)
{
    if (set->table != NULL) {
        memset(set->table, 0, (set->mask + 1) * sizeof(uint32_t));
    }

    set->n = 0;
    set->probes = 0;
    set->adds = 0;
}


mz_rc_t
mz_valset_add_str(mz_valset_t *set, mz_str_t s, uint32_t *i)
{
    mz_valset_key_t  key;

    key.str = s;
    key.word = 0;
    key.hash = mz_valset_hash(s);

    return mz_valset_add(set, &key, i);
}


mz_rc_t
mz_valset_add_word(mz_valset_t *set, uint64_t word, uint32_t *i)
{
    mz_valset_key_t  key;

    key.str = mz_null_str;
    key.word = word;
    key.hash = mz_valset_mix(word);

    return mz_valset_add(set, &key, i);
}


static mz_rc_t
mz_valset_add(mz_valset_t *set, const mz_valset_key_t *key, uint32_t *i)
{
    size_t   slot;
    mz_rc_t  rc;

    *i = 0;

    if (set->n == set->cap) {
        rc = mz_valset_grow(set);
        if (rc != MZ_OK) {
            return rc;
        }
    }

    set->adds++;

    for (slot = key->hash & set->mask;
         set->table[slot] != 0;
         slot = (slot + 1) & set->mask)
    {
        *i = set->table[slot] - 1;

        if (mz_valset_is_same(&set->keys[*i], key)) {
            return MZ_OK;
        }

        set->probes++;
    }

    if (set->n == set->max
        || set->probes > set->adds * MZ_VALSET_PROBES + MZ_VALSET_SLACK)
    {
        return MZ_LIMIT;
    }

    *i = (uint32_t) set->n;
    set->keys[set->n] = *key;
    set->table[slot] = (uint32_t) ++set->n;

    return MZ_OK;
}


static bool
mz_valset_is_same(const mz_valset_key_t *a, const mz_valset_key_t *b)
{
    return a->hash == b->hash && a->word == b->word
           && mz_str_eq(a->str, b->str);
}


/* The table is at most half full. */

static mz_rc_t
mz_valset_grow(mz_valset_t *set)
{
    size_t            cap, i, slot;
    uint32_t         *table;
    mz_valset_key_t  *keys;

    if (set->cap > UINT32_MAX / 4) {
        return MZ_LIMIT;
    }

    cap = set->cap ? set->cap * 2 : MZ_VALSET_FIRST;

    keys = reallocarray(set->keys, cap, sizeof(mz_valset_key_t));
    if (keys == NULL) {
        return MZ_NOMEM;
    }

    set->keys = keys;

    table = calloc(cap * 2, sizeof(uint32_t));
    if (table == NULL) {
        return MZ_NOMEM;
    }

    free(set->table);
    set->table = table;
    set->mask = cap * 2 - 1;
    set->cap = cap;

    for (i = 0; i < set->n; i++) {
        slot = keys[i].hash & set->mask;

        while (table[slot] != 0) {
            slot = (slot + 1) & set->mask;
        }

        table[slot] = (uint32_t) i + 1;
    }

    return MZ_OK;
}


static uint64_t
mz_valset_hash(mz_str_t s)
{
    uint64_t  h, word;

    h = s.len * 0x9e3779b97f4a7c15ull;

    while (s.len >= 8) {
        memcpy(&word, s.data, 8);
        h = mz_valset_mix(h ^ word);
        s.data += 8;
        s.len -= 8;
    }

    if (s.len > 0) {
        word = 0;
        memcpy(&word, s.data, s.len);
        h = mz_valset_mix(h ^ word);
    }

    return h;
}


static uint64_t
mz_valset_mix(uint64_t h)
{
    h ^= h >> 32;
    h *= 0xd6e8feb86659fd93ull;
    h ^= h >> 32;
    h *= 0xd6e8feb86659fd93ull;
    h ^= h >> 32;

    return h;
}
