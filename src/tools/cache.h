
/*
 * cache: bounded LRU of artifact chunks, one per nginx worker.  Chunks are
 * immutable, so an entry is never wrong, only old.  A key is the chunk's
 * Redis key: it carries the scope, so one caller can never be served
 * another's bytes.  Blobs are counted; a pinned blob outlives its entry.
 * Single-threaded: references are taken and dropped on the event loop only.
 */

#ifndef MZ_CACHE_H
#define MZ_CACHE_H

#include "store/store.h"
#include "tools/tool.h"


typedef struct mz_blob_s  mz_blob_t;


/* bytes_max bounds the bytes held; NULL when out of memory. */
mz_cache_t *mz_cache_new(size_t bytes_max);

/* Entries that are still pinned by a call are freed by their last user. */
void mz_cache_free(mz_cache_t *cache);

/* A new reference, or NULL; cache may be NULL. */
mz_blob_t *mz_cache_get(mz_cache_t *cache, mz_str_t key);

/* Adds an entry (its own reference); too large ones are not kept. */
void mz_cache_put(mz_cache_t *cache, mz_str_t key, mz_blob_t *blob);

size_t mz_cache_bytes(const mz_cache_t *cache);

/* Wraps a string reply without a copy; takes it, also on failure (NULL). */
mz_blob_t *mz_blob_from_reply(redisReply *r);
mz_str_t mz_blob_str(const mz_blob_t *b);

/* Other bytes for a blob nobody else holds yet; empties bytes. */
void mz_blob_replace(mz_blob_t *b, mz_buf_t *bytes);

void mz_blob_unref(mz_blob_t *b);


#endif /* MZ_CACHE_H */
