
/*
 * artifact: metadata and chunks of artifacts as the tools read them.  They
 * are written by a worker (store/worker.h).  Decoders lend views into the
 * reply; errors as in store/run.h.
 */

#ifndef MZ_ARTIFACT_H
#define MZ_ARTIFACT_H

#include "store/store.h"


#define MZ_ARTIFACT_CHUNK_MAX   (4 * 1024 * 1024)   /* bytes */
#define MZ_ARTIFACT_CHUNKS_MAX  10000

typedef struct {
    mz_id_t   id;
    mz_id_t   conv;
    mz_id_t   run;
    mz_str_t  kind;             /* "table", "json", "chart" */
    mz_str_t  name;
    mz_str_t  title;
    mz_str_t  digest;           /* SHA-256 hex over the chunks in order */
    mz_str_t  layout;           /* JSON */
    mz_str_t  spec;             /* JSON; these three may be empty */
    mz_str_t  sql;
    mz_str_t  range;            /* JSON: from, to */
    mz_str_t  timezone;
    int64_t   rows;
    int64_t   bytes;
    int64_t   chunks;
    int64_t   attempt;
    int64_t   created_ms;
    int64_t   expires_ms;
    bool      is_truncated;
} mz_artifact_meta_t;

typedef struct {
    mz_id_t  id;
    int64_t  created_ms;
} mz_artifact_entry_t;


/* One reply.  Decode: MZ_NOT_FOUND when there is no such artifact. */
void mz_artifact_get(mz_cmds_t *c, const mz_store_conf_t *conf,
    mz_str_t scope, const mz_id_t *id);
mz_rc_t mz_artifact_decode(const redisReply *r, mz_artifact_meta_t *out,
    mz_err_t *err);

/* The same for a list: without digest, layout, spec, sql, range, timezone and
 * chunks, which may be long. */
void mz_artifact_head(mz_cmds_t *c, const mz_store_conf_t *conf,
    mz_str_t scope, const mz_id_t *id);
mz_rc_t mz_artifact_head_decode(const redisReply *r, mz_artifact_meta_t *out,
    mz_err_t *err);

/*
 * Two replies: ids of the scope, the newest first, and how many there are
 * in all.  An id may be listed a little longer than its metadata lives:
 * skip those that mz_artifact_head_decode() does not find.
 */
void mz_artifact_list(mz_cmds_t *c, const mz_store_conf_t *conf,
    mz_str_t scope, int64_t offset, int64_t limit);

/* How many ids the first of the two replies has; id i of it. */
mz_rc_t mz_artifact_list_decode(const redisReply *r, size_t *n,
    mz_err_t *err);
mz_rc_t mz_artifact_entry_decode(const redisReply *r, size_t i,
    mz_artifact_entry_t *out, mz_err_t *err);

/* The second of the two replies. */
mz_rc_t mz_artifact_total_decode(const redisReply *r, int64_t *total,
    mz_err_t *err);

/* One reply; sets c->is_bulk.  Decode: MZ_NOT_FOUND when it is gone. */
void mz_artifact_chunk(mz_cmds_t *c, const mz_store_conf_t *conf,
    mz_str_t scope, const mz_id_t *id, unsigned n);
mz_rc_t mz_artifact_chunk_decode(const redisReply *r, mz_str_t *bytes,
    mz_err_t *err);


#endif /* MZ_ARTIFACT_H */
