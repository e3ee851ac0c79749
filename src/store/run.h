
/*
 * run: one question and what becomes of it.  Called by the tools: submit,
 * read, follow, cancel.  What a worker does to a run is in store/worker.h.
 * Encoders append to *c; decoders lend views into the reply, which must
 * outlive them.  Decoders return MZ_UNAVAILABLE when Redis says "later" and
 * MZ_INTERNAL when a reply is none of the documented ones.
 */

#ifndef MZ_RUN_H
#define MZ_RUN_H

#include "store/store.h"


#define MZ_RUN_MAX_ATTEMPTS  2          /* defaults of mz_submit_args_t */
#define MZ_RUN_LEASE_MS      30000

typedef enum {
    MZ_RUN_QUEUED,
    MZ_RUN_RUNNING,
    MZ_RUN_COMPLETED,                   /* this and later: terminal */
    MZ_RUN_FAILED,
    MZ_RUN_CANCELLED,
    MZ_RUN_LOST
} mz_run_status_t;


/*
 * How often and how many at a time; GCRA: burst + 1 at once, then one every
 * interval.
 */

typedef struct {
    int64_t   interval_us;              /* between two; 0: any rate */
    int64_t   burst;                    /* 0 .. 1,000,000 */
    int64_t   concurrent;               /* not over; 0: any number */
} mz_run_limit_t;


/*
 * The same prompt again in the same conversation (or without one, within
 * attach_s) attaches to the run that is there.  A resent command with the
 * same run id changes nothing and is answered as the first time.  Limits of a
 * project and the length of the queue concern other partitions, too: with
 * asks_first a prompt that would become a run is answered MZ_SUBMIT_ADMIT
 * (store/admit.h).
 */

typedef struct {
    int64_t   now_ms;                   /* 0: the clock of Redis */
    mz_id_t   conv;                     /* existing, or a fresh id */
    bool      is_new;                   /* conv is a fresh id */
    mz_id_t   run;                      /* fresh id */
    mz_str_t  prompt;
    mz_str_t  title;                    /* of a new conversation */
    bool      cancel_running;           /* take over instead of busy */
    int64_t   attach_s;                 /* 0: never without conversation */
    int64_t   retention_s;              /* >= 1 */
    int64_t   max_attempts;             /* 0: MZ_RUN_MAX_ATTEMPTS */
    int64_t   lease_ms;                 /* 0: MZ_RUN_LEASE_MS */
    mz_str_t  trace;                    /* traceparent, or empty */
    mz_str_t  project;                  /* mz_principal_t.project_id;
                                           empty: the scope */
    mz_run_limit_t  limit;              /* of the user in this project */
    int64_t   max_queued;               /* of the deployment; 0: any */
    int64_t   queued_elsewhere;         /* in the other partitions */
    bool      asks_first;
} mz_submit_args_t;

typedef enum {
    MZ_SUBMIT_RUNNING,                  /* accepted: ids are of this run */
    MZ_SUBMIT_ATTACHED,                 /* ids are of the run found */
    MZ_SUBMIT_BUSY,                     /* run is the one that runs */
    MZ_SUBMIT_NO_CONVERSATION,          /* from here on ids are empty */
    MZ_SUBMIT_LIMITED,
    MZ_SUBMIT_ADMIT                     /* nothing was changed */
} mz_submit_outcome_t;

typedef enum {
    MZ_LIMIT_RATE,
    MZ_LIMIT_CONCURRENT,
    MZ_LIMIT_QUEUE                      /* of the deployment: it is full */
} mz_limit_reason_t;

typedef struct {
    mz_submit_outcome_t  outcome;
    mz_id_t              conv;
    mz_id_t              run;
    mz_limit_reason_t    reason;        /* LIMITED */
    int64_t              wait_ms;       /* LIMITED: when to ask again */
} mz_submit_reply_t;


typedef struct {
    mz_run_status_t  status;
    int64_t          attempt;
    int64_t          max_attempts;
    int64_t          seq;               /* of the newest event */
    int64_t          created_ms;
    int64_t          started_ms;        /* these are 0 before they happen */
    int64_t          updated_ms;
    int64_t          finished_ms;
    int64_t          lease_ms;          /* an instant */
    int64_t          retention_s;
    bool             is_cancelled;
    mz_id_t          conv;
    mz_str_t         prompt;            /* all views: null when absent */
    mz_str_t         worker;
    mz_str_t         phase;
    mz_str_t         answer;            /* Markdown; completed */
    mz_str_t         result;            /* JSON object; completed */
    mz_str_t         error;             /* JSON {"code","message"} */
    mz_str_t         trace;
    mz_str_t         project;
} mz_run_t;

typedef struct {
    int64_t   seq;
    int64_t   attempt;
    int64_t   at_ms;
    mz_str_t  type;                     /* progress artifact answer end */
    mz_str_t  phase;
    mz_str_t  text;
    mz_str_t  data;                     /* JSON or empty */
} mz_run_event_t;


const char *mz_run_status_name(mz_run_status_t status);
mz_rc_t mz_run_status_parse(mz_str_t s, mz_run_status_t *status);
bool mz_run_status_is_terminal(mz_run_status_t status);

/* One reply.  Marks *c as durable. */
void mz_run_submit(mz_cmds_t *c, const mz_store_conf_t *conf, mz_str_t scope,
    const mz_submit_args_t *args);
mz_rc_t mz_run_submit_decode(const redisReply *r, mz_submit_reply_t *out,
    mz_err_t *err);

/* "rate", "concurrent" or "queue". */
mz_rc_t mz_limit_reason_parse(mz_str_t s, mz_limit_reason_t *reason);

/* One reply.  Decode: MZ_NOT_FOUND when there is no such run. */
void mz_run_get(mz_cmds_t *c, const mz_store_conf_t *conf, mz_str_t scope,
    const mz_id_t *run);
mz_rc_t mz_run_decode(const redisReply *r, mz_run_t *out, mz_err_t *err);

/* One reply: an array of at most count events with seq > after. */
void mz_run_events(mz_cmds_t *c, const mz_store_conf_t *conf, mz_str_t scope,
    const mz_id_t *run, int64_t after, int64_t count);

/* How many events that reply has. */
mz_rc_t mz_run_events_decode(const redisReply *r, size_t *n, mz_err_t *err);

/* Event i of that reply; MZ_INTERNAL when it is malformed. */
mz_rc_t mz_run_event_decode(const redisReply *r, size_t i,
    mz_run_event_t *out, mz_err_t *err);

/*
 * One reply.  Decode: MZ_OK and the status the run has now (cancelled by
 * this call or before, or what it ended as); MZ_NOT_FOUND: no such run.
 */
void mz_run_cancel(mz_cmds_t *c, const mz_store_conf_t *conf, mz_str_t scope,
    const mz_id_t *run, int64_t now_ms, mz_str_t reason);
mz_rc_t mz_run_cancel_decode(const redisReply *r, mz_run_status_t *status,
    mz_err_t *err);


#endif /* MZ_RUN_H */
