
#include <ctype.h>
#include <errno.h>
#include <sys/random.h>
#include <unistd.h>

#include "agent/cmd.h"
#include "agent/log.h"
#include "agent/options.h"
#include "agent/warehouse/warehouse.h"
#include "agent/work/redis_options.h"
#include "agent/work/supervisor.h"
#include "base/mz_str.h"
#include "base/mz_time.h"
#include "store/run.h"


typedef struct {
    mz_redis_options_t   redis;
    const char          *warehouse;
    const char          *catalog;
    const char          *log_level;
    bool                 no_catalog;
    bool                 no_publish;
    int64_t              runners;
    int64_t              wait_replicas;
    int64_t              wait_replicas_ms;
    int64_t              lease_ms;
    int64_t              max_run_ms;
    int64_t              drain_ms;
    int64_t              memory;
    int64_t              rows_max;
    int64_t              threads;
    int64_t              now_ms;
} mz_cmd_work_t;

#define mz_work_opt(field)  offsetof(mz_cmd_work_t, field)

static const mz_option_t  mz_cmd_work_options[] = {
    MZ_REDIS_OPTIONS(mz_cmd_work_t, redis),
    { "warehouse", MZ_OPT_STRING, mz_work_opt(warehouse), "MITZU_WAREHOUSE",
      "ADDR", "where the events are: duckdb:/path/file.duckdb", 0, 0 },
    { "catalog", MZ_OPT_STRING, mz_work_opt(catalog), "MITZU_CATALOG",
      "FILE", "cache of the catalog (default: beside the file)", 0, 0 },
    { "no-catalog-cache", MZ_OPT_FLAG, mz_work_opt(no_catalog), NULL, NULL,
      "scan the warehouse for each run", 0, 0 },
    { "no-publish", MZ_OPT_FLAG, mz_work_opt(no_publish), NULL, NULL,
      "keep names of the catalog out of Redis: no completion", 0, 0 },
    { "runners", MZ_OPT_INT, mz_work_opt(runners), "MITZU_RUNNERS", "N",
      "processes, each with one run at a time (default 2)", 1,
      MZ_WORK_RUNNERS_MAX },
    { "wait-replicas", MZ_OPT_INT, mz_work_opt(wait_replicas),
      "MITZU_WAIT_REPLICAS", "N",
      "a run is begun once N replicas know of it (0)", 0,
      MZ_WORK_REPLICAS_MAX },
    { "wait-replicas-timeout", MZ_OPT_DURATION,
      mz_work_opt(wait_replicas_ms), "MITZU_WAIT_REPLICAS_TIMEOUT", "TIME",
      "else it is handed back after it (1s)", 1, MZ_WORK_REPLICAS_MS_MAX },
    { "lease", MZ_OPT_DURATION, mz_work_opt(lease_ms), "MITZU_LEASE", "TIME",
      "a silent worker's run is taken over after it (30s)", 1000,
      MZ_HOUR_MS },
    { "max-run", MZ_OPT_DURATION, mz_work_opt(max_run_ms), "MITZU_MAX_RUN",
      "TIME", "a longer run fails (default 10m)", 1000, MZ_DAY_MS },
    { "drain", MZ_OPT_DURATION, mz_work_opt(drain_ms), "MITZU_DRAIN", "TIME",
      "runs may finish so long at shutdown (default 20s)", 0, MZ_HOUR_MS },
    { "memory", MZ_OPT_SIZE, mz_work_opt(memory), "MITZU_MEMORY", "SIZE",
      "of one query; hard limit of a runner: 2g more (1g)",
      (int64_t) 64 << 20, (int64_t) 1 << 40 },
    { "rows-max", MZ_OPT_INT, mz_work_opt(rows_max), "MITZU_ROWS_MAX", "N",
      "rows of a result (default 1000000)", 1, 100000000 },
    { "threads", MZ_OPT_INT, mz_work_opt(threads), "MITZU_THREADS", "N",
      "of one query (default: one for each core)", 0, 1024 },
    { "now", MZ_OPT_TIME, mz_work_opt(now_ms), "MITZU_NOW", "TIME",
      "the clock of the questions, RFC 3339 (default: now)", 0, 0 },
    { "log-level", MZ_OPT_STRING, mz_work_opt(log_level), "MITZU_LOG_LEVEL",
      "LEVEL", "error, warn, info or debug (default info)", 0, 0 },
};

static const mz_options_t  mz_cmd_work_usage = {
    "work",
    "--redis URL --warehouse ADDR [options]",
    "Serves the queue in Redis: claims runs, answers them from the "
    "warehouse, writes\nprogress, artifacts and answers.  SIGTERM drains, "
    "SIGQUIT ends at once.\n\n" MZ_REDIS_OPTIONS_ABOUT,
    mz_cmd_work_options, MZ_ARRAY_LEN(mz_cmd_work_options), 0, 0
};

static void mz_cmd_work_look(const char *address);
static mz_rc_t mz_cmd_work_conf(const mz_cmd_work_t *o, mz_work_t *work,
    mz_err_t *err);
static mz_rc_t mz_cmd_work_name(mz_work_t *work, mz_err_t *err);


int
mz_cmd_work(int argc, char **argv)
{
    int             rc, first;
    char           *cache;
    mz_err_t        err;
    mz_work_t       work;
    mz_cmd_work_t   o;
    mz_log_level_t  level;

    memset(&o, 0, sizeof(o));
    mz_redis_options_init(&o.redis);
    o.log_level = "info";
    o.runners = 2;
    o.wait_replicas_ms = MZ_SECOND_MS;
    o.lease_ms = MZ_RUN_LEASE_MS;
    o.max_run_ms = 10 * MZ_MINUTE_MS;
    o.drain_ms = 20 * MZ_SECOND_MS;
    o.memory = (int64_t) 1 << 30;
    o.rows_max = 1000000;
    o.now_ms = MZ_NOW_CLOCK;

    rc = mz_options_parse(&mz_cmd_work_usage, &o, argc, argv, &first);
    if (rc != MZ_OPTIONS_CONTINUE) {
        return rc;
    }

    memset(&work, 0, sizeof(work));

    if (mz_log_parse_level(o.log_level, &level) != MZ_OK) {
        mz_fail(&err, MZ_INVALID, "--log-level is error, warn, info or "
                "debug");
        mz_cmd_fail(&err);
        return MZ_EXIT_USAGE;
    }

    mz_log_set_level(level);

    if (mz_cmd_work_conf(&o, &work, &err) != MZ_OK) {
        mz_cmd_fail(&err);
        return err.rc == MZ_INVALID ? MZ_EXIT_USAGE : MZ_EXIT_FAILED;
    }

    mz_cmd_work_look(o.warehouse);

    cache = NULL;
    if (o.catalog == NULL && !o.no_catalog) {
        cache = mz_catalog_cache_path(work.warehouse);
        work.catalog = cache;
    }

    rc = mz_supervisor_main(&work);
    free(cache);

    return rc;
}


static mz_rc_t
mz_cmd_work_conf(const mz_cmd_work_t *o, mz_work_t *work, mz_err_t *err)
{
    mz_rc_t  rc;

    rc = mz_redis_options_take(&o->redis, &work->redis, &work->store, err);
    if (rc != MZ_OK) {
        return rc;
    }

    if (o->warehouse == NULL) {
        return mz_fail(err, MZ_INVALID, "work needs --warehouse or "
                       "MITZU_WAREHOUSE (see `" MZ_AGENT_NAME " work --help`)");
    }

    work->warehouse = o->warehouse;
    work->catalog = o->no_catalog ? NULL : o->catalog;
    work->runners = (unsigned) o->runners;
    work->wait_replicas = o->wait_replicas;
    work->wait_replicas_ms = o->wait_replicas_ms;
    work->no_publish = o->no_publish;
    work->lease_ms = o->lease_ms;
    work->max_run_ms = o->max_run_ms;
    work->drain_ms = o->drain_ms;
    work->now_ms = o->now_ms;
    work->limits.timeout_ms = o->max_run_ms;
    work->limits.memory_bytes = (size_t) o->memory;
    work->limits.rows_max = (size_t) o->rows_max;
    work->limits.threads = (int) o->threads;

    return mz_cmd_work_name(work, err);
}


/* The file may come later, so that a missing one is worth a word only. */

static void
mz_cmd_work_look(const char *address)
{
    const char  *file;

    file = mz_warehouse_file(address);

    if (file != NULL && access(file, R_OK) != 0) {
        mz_log(MZ_LOG_WARN, "the warehouse %s cannot be read (%s): questions "
               "will fail until it is there", file, strerror(errno));
    }
}


/* "host:pid:random": unlike any other, also after a restart in a container. */

static mz_rc_t
mz_cmd_work_name(mz_work_t *work, mz_err_t *err)
{
    char      host[48];
    size_t    i;
    uint32_t  random;

    if (getrandom(&random, sizeof(random), 0) != (ssize_t) sizeof(random)) {
        return mz_fail(err, MZ_INTERNAL, "no randomness");
    }

    if (gethostname(host, sizeof(host)) != 0) {
        snprintf(host, sizeof(host), "host");
    }

    host[sizeof(host) - 1] = '\0';

    for (i = 0; host[i] != '\0'; i++) {
        if (!isalnum((unsigned char) host[i]) && host[i] != '.') {
            host[i] = '-';
        }
    }

    snprintf(work->name, sizeof(work->name), "%s:%d:%08x", host,
             (int) getpid(), (unsigned) random);

    return MZ_OK;
}
