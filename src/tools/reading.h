
/*
 * reading: what the tools that look into an artifact share.  Metadata first,
 * then a staged reader of src/query is fed: its chunks come from the cache
 * or Redis, its work is run by the host, until it is done.
 *
 *   mz_reading_open()    START: STORE metadata of one or more artifacts
 *   mz_reading_meta()    REPLIES: decoded and checked
 *   mz_reading_feed()    from then on, for every event, until it is over
 */

#ifndef MZ_READING_H
#define MZ_READING_H

#include "query/jlines.h"
#include "store/artifact.h"
#include "tools/cache.h"
#include "tools/tool.h"


#define MZ_READING_BYTES_MAX  ((size_t) 512 * 1024 * 1024)  /* fetched */

/* The staged readers of src/query, seen alike. */

typedef struct {
    const uint32_t  *(*needs)(const void *q, size_t *n);
    mz_rc_t          (*give)(void *q, uint32_t chunk, mz_str_t bytes);
    size_t           (*work)(const void *q);
    mz_rc_t          (*run)(void *q, mz_err_t *err);
    bool              is_streaming;     /* bytes are done with after run() */
    bool              is_table;         /* chunks may be packed */
    size_t            weight;           /* time of a byte, in those of a
                                           comparison: where to run it */
} mz_reader_ops_t;

typedef struct {
    redisReply           *reply;        /* owned; meta borrows from it */
    mz_artifact_meta_t    meta;

    const mz_reader_ops_t  *ops;
    void                   *query;      /* borrowed; the tool frees it */

    mz_blob_t           **blobs;        /* pinned, owned */
    size_t                nblobs;
    size_t                blobs_cap;
    uint32_t             *missing;      /* chunks asked of Redis */
    size_t                nmissing;
    size_t                nfresh;       /* the last blobs: first missing */
    size_t                nasked;       /* replies to come */
    size_t                fetched;      /* bytes so far, unpacked */

    mz_rc_t               rc;           /* of run(), or MZ_LIMIT */
    mz_err_t              err;
} mz_reading_t;

extern const mz_reader_ops_t  mz_reader_tquery;
extern const mz_reader_ops_t  mz_reader_tmatch;     /* with "matches" */
extern const mz_reader_ops_t  mz_reader_jread;
extern const mz_reader_ops_t  mz_reader_jgrep;
extern const mz_reader_ops_t  mz_reader_thead;
extern const mz_reader_ops_t  mz_reader_jhead;


/* reading_meta.c */

/* Asks for the metadata; false: *step is the refusal. */
bool mz_reading_open(mz_call_t *call, mz_str_t id, mz_step_t *step);

/*
 * Takes reply i as the metadata of a reading.  kind: what it must be, or
 * NULL.  false: *step is the refusal or the error.
 */
bool mz_reading_meta(mz_call_t *call, mz_reading_t *rd, size_t i,
    mz_str_t id, const char *kind, mz_step_t *step);

/* The layout, parsed; NULL: *step is the error. */
json_t *mz_reading_layout(mz_call_t *call, const mz_reading_t *rd,
    mz_step_t *step);

/* The layout of a JSON artifact; owned by the caller. */
bool mz_reading_jlayout(mz_call_t *call, const mz_reading_t *rd,
    mz_jlayout_t **layout, mz_step_t *step);

/* reading.c */

/* Begins to feed a query; then as mz_reading_feed(). */
bool mz_reading_start(mz_call_t *call, mz_reading_t *rd,
    const mz_reader_ops_t *ops, void *query, mz_step_t *step);

/*
 * false: *step is what the host must do next.  true: the query is over and
 * rd->rc says how (MZ_OK: its result stands; else rd->err).
 */
bool mz_reading_feed(mz_call_t *call, mz_reading_t *rd, mz_tool_event_t ev,
    mz_step_t *step);

/* What a query that ended with rd->rc != MZ_OK answers. */
mz_step_t mz_reading_failed(mz_call_t *call, const mz_reading_t *rd);

/* Lets go of the chunks; the query is not run or read any more. */
void mz_reading_unpin(mz_reading_t *rd);

void mz_reading_deinit(mz_reading_t *rd);


#endif /* MZ_READING_H */
