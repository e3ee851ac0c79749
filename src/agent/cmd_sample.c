
#include <unistd.h>

#include "agent/cmd.h"
#include "agent/options.h"
#include "agent/sample/sample.h"


typedef struct {
    int64_t      now_ms;
    int64_t      events;
    int64_t      users;
    int64_t      seed;
    const char  *output;
    bool         is_forced;
    bool         has_progress;
} mz_cmd_sample_t;

#define OFF(m)  offsetof(mz_cmd_sample_t, m)

static const mz_option_t  mz_cmd_sample_options[] = {
    { "output", MZ_OPT_STRING, OFF(output), NULL, "FILE",
      "what to write (sample.duckdb)", 0, 0 },
    { "force", MZ_OPT_FLAG, OFF(is_forced), NULL, NULL,
      "replace the file", 0, 0 },
    { "now", MZ_OPT_TIME, OFF(now_ms), "MITZU_NOW", "TIME",
      "the sample ends with the day before (the clock)", 0, 0 },
    { "events", MZ_OPT_INT, OFF(events), NULL, "N",
      "about so many events (1000000)",
      MZ_SAMPLE_EVENTS_MIN, MZ_SAMPLE_EVENTS_MAX },
    { "users", MZ_OPT_INT, OFF(users), NULL, "N",
      "so many users (20000)", MZ_SAMPLE_USERS_MIN, MZ_SAMPLE_USERS_MAX },
    { "seed", MZ_OPT_INT, OFF(seed), NULL, "N",
      "another sample for another number (1)", 0, INT64_MAX },
    { "progress", MZ_OPT_FLAG, OFF(has_progress), NULL, NULL,
      "say how far it is, also when stderr is no terminal", 0, 0 },
};

static const mz_options_t  mz_cmd_sample_usage = {
    "sample", "[options]",
    "Writes a DuckDB file with made-up events of a shop with a paid service:\n"
    "19 events with their properties over a year and a half, to try\n"
    "everything out on.  The same options give the same rows.",
    mz_cmd_sample_options, MZ_ARRAY_LEN(mz_cmd_sample_options), 0, 0
};

static void mz_cmd_sample_progress(void *data, size_t done, size_t total);


int
mz_cmd_sample(int argc, char **argv)
{
    int                rc, first, percent;
    mz_err_t           err;
    mz_sample_t        sample;
    mz_cmd_sample_t    opt;
    mz_sample_conf_t   conf;

    memset(&opt, 0, sizeof(opt));
    opt.now_ms = MZ_NOW_CLOCK;
    opt.events = 1000000;
    opt.users = 20000;
    opt.seed = 1;
    opt.output = "sample.duckdb";

    rc = mz_options_parse(&mz_cmd_sample_usage, &opt, argc, argv, &first);
    if (rc != MZ_OPTIONS_CONTINUE) {
        return rc;
    }

    opt.has_progress |= isatty(STDERR_FILENO) == 1;

    conf.now_ms = mz_options_now(opt.now_ms);
    conf.events = opt.events;
    conf.users = opt.users;
    conf.seed = (uint64_t) opt.seed;

    if (opt.has_progress) {
        fprintf(stderr, "making %lld users\n", (long long) opt.users);
    }

    if (mz_sample_make(&conf, &sample, &err) != MZ_OK) {
        (void) mz_cmd_fail(&err);
        return err.rc == MZ_INVALID ? MZ_EXIT_USAGE : MZ_EXIT_FAILED;
    }

    percent = -1;
    rc = MZ_EXIT_OK;

    if (mz_sample_write(&sample, opt.output, opt.is_forced,
                        opt.has_progress ? mz_cmd_sample_progress : NULL,
                        &percent, &err)
        != MZ_OK)
    {
        rc = mz_cmd_fail(&err);

    } else {
        printf("%zu events of %lld users in %s\n", sample.n,
               (long long) opt.users, opt.output);
    }

    mz_sample_free(&sample);

    return rc;
}


static void
mz_cmd_sample_progress(void *data, size_t done, size_t total)
{
    int  percent, *last;

    last = data;
    percent = (int) (done * 100 / total);

    if (percent / 10 != *last / 10 || *last < 0) {
        fprintf(stderr, "writing %zu events: %d %%\n", total, percent);
        *last = percent;
    }
}
