
/*
 * worker: what a worker does to the run it holds.  Each write carries the
 * attempt; Redis refuses it when another attempt is current or the run has
 * ended.  SUPERSEDED, TERMINAL and GONE mean: stop, write nothing more.
 * How a worker comes to a run is in store/queue.h.
 */

#ifndef MZ_WORKER_H
#define MZ_WORKER_H

#include "store/artifact.h"
#include "store/run.h"


#define MZ_WORKER_FIELDS_MAX  32        /* of artifact metadata */

#define MZ_WORKER_NAME_MAX    128       /* bytes of a worker's name */

/*
 * Who writes: the key of the fence.  scope and holder are borrowed.  holder
 * is the name under which the run was claimed: after a failover Redis may
 * give a number twice, and only one of the two may go on.  Without it only
 * the number counts.
 */

typedef struct {
    mz_str_t  scope;
    mz_id_t   run;
    int64_t   attempt;
    mz_str_t  holder;
} mz_attempt_t;

typedef enum {
    MZ_WORKER_OK,
    MZ_WORKER_CLAIMED,
    MZ_WORKER_LEASED,           /* somebody else holds it */
    MZ_WORKER_TERMINAL,
    MZ_WORKER_SUPERSEDED,
    MZ_WORKER_GONE,
    MZ_WORKER_INCOMPLETE,       /* artifact: a chunk is missing */
    MZ_WORKER_PAUSED            /* the operators let nobody claim */
} mz_worker_outcome_t;

typedef struct {
    mz_worker_outcome_t  outcome;
    mz_run_status_t      status;        /* TERMINAL */
    int64_t              attempt;       /* CLAIMED, SUPERSEDED */
    int64_t              seq;           /* OK of event and artifact */
    int64_t              chunk;         /* INCOMPLETE: the first missing */
    mz_id_t              conv;          /* CLAIMED; so are these: */
    mz_str_t             prompt;        /* borrowed from the reply */
    mz_str_t             trace;
} mz_worker_reply_t;

typedef struct {
    mz_str_t  name;
    mz_str_t  value;
} mz_field_t;


/* Every encoder below owes one reply, and this decodes it. */
mz_rc_t mz_worker_decode(const redisReply *r, mz_worker_reply_t *out,
    mz_err_t *err);

/* now_ms 0 is the clock of Redis, here and below. */
void mz_worker_claim(mz_cmds_t *c, const mz_store_conf_t *conf,
    mz_str_t scope, const mz_id_t *run, int64_t now_ms, mz_str_t worker,
    int64_t lease_ms);

void mz_worker_renew(mz_cmds_t *c, const mz_store_conf_t *conf,
    const mz_attempt_t *attempt, int64_t now_ms, int64_t lease_ms);

/* A progress event; data is JSON or empty. */
void mz_worker_event(mz_cmds_t *c, const mz_store_conf_t *conf,
    const mz_attempt_t *attempt, int64_t now_ms, mz_str_t phase, mz_str_t text,
    mz_str_t data);

/* At most MZ_ARTIFACT_CHUNK_MAX bytes; lives an hour until committed. */
void mz_worker_chunk(mz_cmds_t *c, const mz_store_conf_t *conf,
    const mz_attempt_t *attempt, const mz_id_t *artifact, unsigned n,
    mz_str_t bytes);

/*
 * Commits chunks 0 .. chunks - 1 with their metadata: kind, name, title,
 * rows, digest, layout, spec, sql, range, timezone, truncated.  id, bytes,
 * chunks, created, conv, run, attempt, expires are filled in by the script.
 * More than MZ_WORKER_FIELDS_MAX fields mark *c MZ_LIMIT.
 */
void mz_worker_artifact(mz_cmds_t *c, const mz_store_conf_t *conf,
    const mz_attempt_t *attempt, int64_t now_ms, const mz_id_t *artifact,
    unsigned chunks, const mz_field_t *fields, size_t nfields);

typedef struct {
    mz_run_status_t  status;    /* MZ_RUN_COMPLETED or MZ_RUN_FAILED */
    mz_str_t         answer;    /* completed: Markdown */
    mz_str_t         result;    /* completed: JSON object */
    mz_str_t         spec;      /* completed: JSON, for the next question */
    mz_str_t         error;     /* failed: JSON {"code","message"} */
} mz_finish_t;

void mz_worker_finish(mz_cmds_t *c, const mz_store_conf_t *conf,
    const mz_attempt_t *attempt, int64_t now_ms, const mz_finish_t *f);

/* Puts the run back, unfinished; lease_ms as in the submit. */
void mz_worker_handback(mz_cmds_t *c, const mz_store_conf_t *conf,
    const mz_attempt_t *attempt, int64_t now_ms, int64_t lease_ms);


#endif /* MZ_WORKER_H */
