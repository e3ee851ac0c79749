
/*
 * reply: checked access to reply trees, for the decoders of this layer.
 * Private to src/store (the general part is in store/store.h).  Whatever
 * shape a reply has, these never touch what is not there.
 */

#ifndef MZ_REPLY_H
#define MZ_REPLY_H

#include "store/store.h"


typedef enum {
    MZ_REPLY_STR,               /* mz_str_t */
    MZ_REPLY_INT,               /* int64_t */
    MZ_REPLY_BOOL,              /* bool: "1" */
    MZ_REPLY_CONV,              /* mz_id_t; empty when it is no such id */
    MZ_REPLY_RUN,
    MZ_REPLY_ARTIFACT
} mz_reply_kind_t;

/* Where a field of a hash or stream entry goes in a struct. */

typedef struct {
    const char       *name;
    mz_reply_kind_t   kind;
    size_t            offset;
} mz_reply_map_t;


/* MZ_OK, or why the reply is none: an error reply, or no reply at all. */
mz_rc_t mz_reply_check(const redisReply *r, mz_err_t *err);

/* Whether it is an error reply that begins with that word. */
bool mz_reply_is_error(const redisReply *r, const char *word);

/* mz_fail() for a reply that is not what the contract says. */
mz_rc_t mz_reply_odd(const char *what, mz_err_t *err);

/* As mz_reply_check(), and an array; *n its elements. */
mz_rc_t mz_reply_array(const redisReply *r, const char *what, size_t *n,
    mz_err_t *err);

/* Fields that the map has go to *out, which the caller has cleared. */
void mz_reply_fill(const redisReply *r, const mz_reply_map_t *map, size_t n,
    void *out);

/* The same of values alone, in the order of the map (HMGET). */
void mz_reply_fill_values(const redisReply *r, const mz_reply_map_t *map,
    size_t n, void *out);

/* "<ms>-<seq>" of a stream entry, and its fields. */
mz_rc_t mz_reply_entry(const redisReply *entry, int64_t *hi, int64_t *lo,
    const redisReply **fields);

/* An id of that kind, or the empty id and false. */
bool mz_reply_id(const redisReply *r, char kind, mz_id_t *id);


#endif /* MZ_REPLY_H */
