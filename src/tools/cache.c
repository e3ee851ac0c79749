
#include "tools/cache.h"


#define MZ_CACHE_BUCKETS   4096     /* power of two */
#define MZ_CACHE_OVERHEAD  (sizeof(mz_entry_t) + sizeof(mz_blob_t) + 128)

struct mz_blob_s {
    unsigned     refs;
    redisReply  *reply;         /* owns the bytes, or NULL: they are own */
    char        *own;
    mz_str_t     bytes;
};

typedef struct mz_entry_s  mz_entry_t;

struct mz_entry_s {
    mz_list_t    lru;           /* most recently used first */
    mz_entry_t  *next;          /* of the bucket */
    mz_blob_t   *blob;
    uint32_t     hash;
    size_t       key_len;
    char         key[];
};

struct mz_cache_s {
    mz_list_t    lru;
    size_t       bytes;
    size_t       bytes_max;
    mz_entry_t  *buckets[MZ_CACHE_BUCKETS];
};


static uint32_t mz_cache_hash(mz_str_t key);
static mz_entry_t **mz_cache_slot(mz_cache_t *cache, mz_str_t key,
    uint32_t hash);
static void mz_cache_drop(mz_cache_t *cache, mz_entry_t **slot);
static void mz_cache_make_room(mz_cache_t *cache, size_t need);
static size_t mz_entry_bytes(const mz_entry_t *e);


mz_cache_t *
mz_cache_new(size_t bytes_max)
{
    mz_cache_t  *cache;

    cache = calloc(1, sizeof(mz_cache_t));
    if (cache == NULL) {
        return NULL;
    }

    mz_list_init(&cache->lru);
    cache->bytes_max = bytes_max;

    return cache;
}


void
mz_cache_free(mz_cache_t *cache)
{
    if (cache == NULL) {
        return;
    }

    mz_cache_make_room(cache, cache->bytes_max + 1);
    free(cache);
}


mz_blob_t *
mz_cache_get(mz_cache_t *cache, mz_str_t key)
{
    mz_entry_t  *e;

    if (cache == NULL) {
        return NULL;
    }

    e = *mz_cache_slot(cache, key, mz_cache_hash(key));
    if (e == NULL) {
        return NULL;
    }

    mz_list_remove(&e->lru);
    mz_list_push_front(&cache->lru, &e->lru);
    e->blob->refs++;

    return e->blob;
}


void
mz_cache_put(mz_cache_t *cache, mz_str_t key, mz_blob_t *blob)
{
    size_t        need;
    uint32_t      hash;
    mz_entry_t   *e, **slot;

    if (cache == NULL) {
        return;
    }

    hash = mz_cache_hash(key);
    need = MZ_CACHE_OVERHEAD + key.len + blob->bytes.len;

    if (need > cache->bytes_max / 4
        || *mz_cache_slot(cache, key, hash) != NULL)
    {
        return;
    }

    e = malloc(sizeof(mz_entry_t) + key.len);
    if (e == NULL) {
        return;
    }

    mz_cache_make_room(cache, need);

    e->hash = hash;
    e->key_len = key.len;
    memcpy(e->key, key.data, key.len);
    e->blob = blob;
    blob->refs++;

    slot = &cache->buckets[hash & (MZ_CACHE_BUCKETS - 1)];
    e->next = *slot;
    *slot = e;
    mz_list_push_front(&cache->lru, &e->lru);
    cache->bytes += need;
}


size_t
mz_cache_bytes(const mz_cache_t *cache)
{
    return cache == NULL ? 0 : cache->bytes;
}


mz_blob_t *
mz_blob_from_reply(redisReply *r)
{
    mz_blob_t  *b;

    if (r == NULL || r->type != REDIS_REPLY_STRING) {
        mz_reply_free(r);
        return NULL;
    }

    b = malloc(sizeof(mz_blob_t));
    if (b == NULL) {
        mz_reply_free(r);
        return NULL;
    }

    b->refs = 1;
    b->reply = r;
    b->own = NULL;
    b->bytes = mz_reply_str(r);

    return b;
}


mz_str_t
mz_blob_str(const mz_blob_t *b)
{
    return b->bytes;
}


void
mz_blob_replace(mz_blob_t *b, mz_buf_t *bytes)
{
    size_t   len;
    char    *own;

    own = mz_buf_take(bytes, &len);
    if (own == NULL) {
        return;
    }

    mz_reply_free(b->reply);
    free(b->own);

    b->reply = NULL;
    b->own = own;
    b->bytes = (mz_str_t) { own, len };
}


void
mz_blob_unref(mz_blob_t *b)
{
    if (b == NULL || --b->refs != 0) {
        return;
    }

    mz_reply_free(b->reply);
    free(b->own);
    free(b);
}


/* FNV-1a: keys are ids made of random bits, nobody can aim at a bucket. */

static uint32_t
mz_cache_hash(mz_str_t key)
{
    size_t    i;
    uint32_t  h;

    h = 2166136261u;

    for (i = 0; i < key.len; i++) {
        h = (h ^ (unsigned char) key.data[i]) * 16777619u;
    }

    return h;
}


static mz_entry_t **
mz_cache_slot(mz_cache_t *cache, mz_str_t key, uint32_t hash)
{
    mz_entry_t  **slot;

    slot = &cache->buckets[hash & (MZ_CACHE_BUCKETS - 1)];

    while (*slot != NULL) {
        if ((*slot)->hash == hash && (*slot)->key_len == key.len
            && memcmp((*slot)->key, key.data, key.len) == 0)
        {
            break;
        }

        slot = &(*slot)->next;
    }

    return slot;
}


static void
mz_cache_drop(mz_cache_t *cache, mz_entry_t **slot)
{
    mz_entry_t  *e;

    e = *slot;
    *slot = e->next;
    mz_list_remove(&e->lru);
    cache->bytes -= mz_entry_bytes(e);
    mz_blob_unref(e->blob);
    free(e);
}


static void
mz_cache_make_room(mz_cache_t *cache, size_t need)
{
    mz_str_t     key;
    mz_entry_t  *e;

    while (!mz_list_is_empty(&cache->lru)
           && (need > cache->bytes_max
               || cache->bytes > cache->bytes_max - need))
    {
        e = mz_list_entry(cache->lru.prev, mz_entry_t, lru);
        key = (mz_str_t) { e->key, e->key_len };
        mz_cache_drop(cache, mz_cache_slot(cache, key, e->hash));
    }
}


static size_t
mz_entry_bytes(const mz_entry_t *e)
{
    return MZ_CACHE_OVERHEAD + e->key_len + e->blob->bytes.len;
}
