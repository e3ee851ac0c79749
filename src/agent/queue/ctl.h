
/*
 * ctl: `mitzu-agent queue`: what its subcommands share: options, the
 * connection to a deployment that is there already, output.  cmd_queue.c
 * picks the subcommand from a table and opens; each is a function in one of
 * the files here that writes results to stdout, all else to stderr, and
 * returns the exit code.
 */

#ifndef MZ_CTL_H
#define MZ_CTL_H

#include "agent/cmd.h"
#include "agent/work/redis_io.h"
#include "agent/work/redis_options.h"
#include "base/mz_json.h"
#include "store/overview.h"


#define MZ_CTL_EXIT_NO_RUN   3      /* there is no such run */
#define MZ_CTL_EXIT_REFUSED  4      /* not possible with a run as it is */

#define MZ_CTL_LIST_MAX      1000   /* --limit */
#define MZ_CTL_BATCH         100    /* runs with their texts in a pipeline */

typedef struct {
    mz_redis_options_t   redis;
    const char          *state;
    const char          *reason;
    int64_t              limit;
    int64_t              timeout_ms;
    int64_t              interval_ms;
    int64_t              count;
    bool                 json;
    bool                 no_wait;
} mz_ctl_options_t;

typedef struct {
    mz_redis_url_t    url;
    mz_store_conf_t   store;
    mz_redis_t       *redis;
    int64_t           ahead_ms;     /* the clock of Redis, of ours */
    void            (*pipe)(int);   /* SIGPIPE as we found it */
} mz_ctl_t;

typedef int (*mz_ctl_pt)(mz_ctl_t *ctl, const mz_ctl_options_t *o,
    const mz_id_t *run);


/*
 * Connects, and takes the number of partitions from the deployment.
 * MZ_EXIT_OK, or the exit code: why was said, and nothing is open.
 */
int mz_ctl_open(mz_ctl_t *ctl, const mz_ctl_options_t *o);
void mz_ctl_close(mz_ctl_t *ctl);

/* Sends *c, which is freed, and waits for the replies. */
mz_rc_t mz_ctl_run(mz_ctl_t *ctl, mz_cmds_t *c, mz_replies_t *out,
    mz_err_t *err);

/* The time by the clock of Redis, which all times in it are of. */
int64_t mz_ctl_now(const mz_ctl_t *ctl);

/* How many runs wait, and so on. */
mz_rc_t mz_ctl_counts(mz_ctl_t *ctl, mz_overview_counts_t *out,
    mz_err_t *err);

/* Says what went wrong; the exit code. */
int mz_ctl_fail(const mz_err_t *err);

/* "mitzu-agent queue: .." to stderr. */
void mz_ctl_say(const char *fmt, ...) MZ_PRINTF(1, 2);

/*
 * Writes b, which is freed, to stdout.  A reader that went away ends the
 * process as it does any other.  MZ_EXIT_OK or MZ_EXIT_FAILED.
 */
int mz_ctl_print(const mz_ctl_t *ctl, mz_buf_t *b);

/* The same for *v, which is taken, as a line of JSON. */
int mz_ctl_print_json(const mz_ctl_t *ctl, json_t *v);


int mz_ctl_list(mz_ctl_t *ctl, const mz_ctl_options_t *o, const mz_id_t *run);
int mz_ctl_show(mz_ctl_t *ctl, const mz_ctl_options_t *o, const mz_id_t *run);
int mz_ctl_cancel(mz_ctl_t *ctl, const mz_ctl_options_t *o,
    const mz_id_t *run);
int mz_ctl_requeue(mz_ctl_t *ctl, const mz_ctl_options_t *o,
    const mz_id_t *run);
int mz_ctl_drop(mz_ctl_t *ctl, const mz_ctl_options_t *o, const mz_id_t *run);
int mz_ctl_drain(mz_ctl_t *ctl, const mz_ctl_options_t *o,
    const mz_id_t *run);
int mz_ctl_resume(mz_ctl_t *ctl, const mz_ctl_options_t *o,
    const mz_id_t *run);
int mz_ctl_watch(mz_ctl_t *ctl, const mz_ctl_options_t *o,
    const mz_id_t *run);


#endif /* MZ_CTL_H */
