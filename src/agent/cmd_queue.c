
#include "agent/cmd.h"
#include "agent/queue/ctl.h"
#include "base/mz_str.h"
#include "base/mz_time.h"


typedef struct {
    const mz_options_t  *usage;
    mz_ctl_pt            run;
    const char          *about;
} mz_cmd_queue_t;

#define OFF(m)  offsetof(mz_ctl_options_t, m)

#define MZ_CMD_QUEUE_REDIS  MZ_REDIS_OPTIONS_MET(mz_ctl_options_t, redis)

#define MZ_CMD_QUEUE_JSON                                                    \
    { "json", MZ_OPT_FLAG, OFF(json), NULL, NULL, "one line of JSON", 0, 0 }

#define MZ_CMD_QUEUE_REASON                                                  \
    { "reason", MZ_OPT_STRING, OFF(reason), NULL, "TEXT",                    \
      "one line; the user reads it", 0, 0 }

static const mz_option_t  mz_cmd_queue_list_options[] = {
    { "state", MZ_OPT_STRING, OFF(state), NULL, "STATE",
      "queued, running, dead or all (default)", 0, 0 },
    { "limit", MZ_OPT_INT, OFF(limit), NULL, "N",
      "runs that are shown (default 50)", 1, MZ_CTL_LIST_MAX },
    MZ_CMD_QUEUE_JSON,
    MZ_CMD_QUEUE_REDIS
};

static const mz_option_t  mz_cmd_queue_show_options[] = {
    MZ_CMD_QUEUE_JSON,
    MZ_CMD_QUEUE_REDIS
};

static const mz_option_t  mz_cmd_queue_reason_options[] = {
    MZ_CMD_QUEUE_REASON,
    MZ_CMD_QUEUE_REDIS
};

static const mz_option_t  mz_cmd_queue_plain_options[] = {
    MZ_CMD_QUEUE_REDIS
};

static const mz_option_t  mz_cmd_queue_drain_options[] = {
    { "timeout", MZ_OPT_DURATION, OFF(timeout_ms), NULL, "TIME",
      "longest wait, 0 for ever (default 15m)", 0, 7 * MZ_DAY_MS },
    { "no-wait", MZ_OPT_FLAG, OFF(no_wait), NULL, NULL,
      "pause only", 0, 0 },
    MZ_CMD_QUEUE_REDIS
};

static const mz_option_t  mz_cmd_queue_watch_options[] = {
    { "interval", MZ_OPT_DURATION, OFF(interval_ms), NULL, "TIME",
      "between two looks (default 2s)", 100, MZ_DAY_MS },
    { "count", MZ_OPT_INT, OFF(count), NULL, "N",
      "looks; 0, the default: until it is ended", 0, 0 },
    MZ_CMD_QUEUE_REDIS
};

#define MZ_CMD_QUEUE_USAGE(name, synopsis, about, options, args)             \
    { "queue " name, synopsis, about "\n\n" MZ_REDIS_OPTIONS_ABOUT,          \
      options, MZ_ARRAY_LEN(options), args, args }

static const mz_options_t  mz_cmd_queue_list_usage = MZ_CMD_QUEUE_USAGE(
    "list", "--redis URL [options]",
    "Shows how many runs wait, run and were given up, how they are spread "
    "over\nprojects, and the runs: running ones, then queued ones, the oldest "
    "first, then\nthe newest dead letters.  TRY is the attempt of how many; "
    "LEASE is left of a\nworker's lease.  JSON: an object with at, "
    "partitions, queued, running, dead,\nworkers, oldest, paused, "
    "paused_partitions, complete, projects [project, queued,\nrunning] and "
    "runs [run, scope, state, attempt, max_attempts, created, started,\n"
    "updated, lease, died, worker, phase, project, conversation, prompt, "
    "reason];\ntimes are ms since 1970, what is not there is null.",
    mz_cmd_queue_list_options, 0);

static const mz_options_t  mz_cmd_queue_show_usage = MZ_CMD_QUEUE_USAGE(
    "show", "--redis URL [options] RUN",
    "Shows everything there is of a run (p_ and 26 characters), whoever's it "
    "is: its\nfields, events, artifacts, and the newest turns of its "
    "conversation.  JSON: one\nobject, the same with times in ms since 1970; "
    "dead is null or [entry, at, reason].",
    mz_cmd_queue_show_options, 1);

static const mz_options_t  mz_cmd_queue_cancel_usage = MZ_CMD_QUEUE_USAGE(
    "cancel", "--redis URL [options] RUN",
    "Ends a queued or running run as cancelled; its worker stops within a "
    "second or so.",
    mz_cmd_queue_reason_options, 1);

static const mz_options_t  mz_cmd_queue_requeue_usage = MZ_CMD_QUEUE_USAGE(
    "requeue", "--redis URL [options] RUN",
    "A running run is taken from its worker and queued again; the attempt "
    "does not\ncount.  A lost or failed run stays what it is: its prompt is "
    "asked again in the\nsame conversation, as a new run, whose id is "
    "printed, and its dead letter is\nremoved.",
    mz_cmd_queue_plain_options, 1);

static const mz_options_t  mz_cmd_queue_drop_usage = MZ_CMD_QUEUE_USAGE(
    "drop", "--redis URL [options] RUN",
    "Ends a queued or running run as lost, with a dead letter.  Of a run that "
    "was\ngiven up before, removes the dead letter.",
    mz_cmd_queue_reason_options, 1);

static const mz_options_t  mz_cmd_queue_drain_usage = MZ_CMD_QUEUE_USAGE(
    "drain", "--redis URL [options]",
    "Lets no worker claim a run any more, and waits until none is being "
    "worked on.\nQuestions are still accepted, and wait.  The pause lasts "
    "until `queue resume`,\nalso when the wait is ended.",
    mz_cmd_queue_drain_options, 0);

static const mz_options_t  mz_cmd_queue_resume_usage = MZ_CMD_QUEUE_USAGE(
    "resume", "--redis URL [options]",
    "Ends the pause of `queue drain`: workers claim runs again.",
    mz_cmd_queue_plain_options, 0);

static const mz_options_t  mz_cmd_queue_watch_usage = MZ_CMD_QUEUE_USAGE(
    "watch", "--redis URL [options]",
    "Shows `queue list` again and again; not on a terminal, a line of counts "
    "each time.",
    mz_cmd_queue_watch_options, 0);

static const mz_cmd_queue_t  mz_cmd_queues[] = {
    { &mz_cmd_queue_list_usage,    mz_ctl_list,
      "what waits, runs, and was given up" },
    { &mz_cmd_queue_show_usage,    mz_ctl_show,
      "everything of one run" },
    { &mz_cmd_queue_cancel_usage,  mz_ctl_cancel,
      "end a run as cancelled" },
    { &mz_cmd_queue_requeue_usage, mz_ctl_requeue,
      "queue a run again, or ask a lost or failed one anew" },
    { &mz_cmd_queue_drop_usage,    mz_ctl_drop,
      "give a run up, or remove a dead letter" },
    { &mz_cmd_queue_drain_usage,   mz_ctl_drain,
      "let no worker claim, and wait until nothing runs" },
    { &mz_cmd_queue_resume_usage,  mz_ctl_resume,
      "let workers claim again" },
    { &mz_cmd_queue_watch_usage,   mz_ctl_watch,
      "see it live" },
};

static int mz_cmd_queue_run(const mz_cmd_queue_t *cmd, int argc,
    char **argv);
static void mz_cmd_queue_help(FILE *out);
static const char *mz_cmd_queue_name(const mz_cmd_queue_t *cmd);


int
mz_cmd_queue(int argc, char **argv)
{
    size_t  i;

    if (argc < 2) {
        mz_cmd_queue_help(stderr);
        return MZ_EXIT_USAGE;
    }

    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0
        || strcmp(argv[1], "help") == 0)
    {
        mz_cmd_queue_help(stdout);
        return MZ_EXIT_OK;
    }

    for (i = 0; i < MZ_ARRAY_LEN(mz_cmd_queues); i++) {
        if (strcmp(argv[1], mz_cmd_queue_name(&mz_cmd_queues[i])) == 0) {
            return mz_cmd_queue_run(&mz_cmd_queues[i], argc - 1, argv + 1);
        }
    }

    mz_ctl_say(argv[1][0] == '-'
               ? "options go behind the subcommand (see `" MZ_AGENT_NAME
                 " queue --help`)"
               : "unknown subcommand (see `" MZ_AGENT_NAME
                 " queue --help`)");

    return MZ_EXIT_USAGE;
}


static int
mz_cmd_queue_run(const mz_cmd_queue_t *cmd, int argc, char **argv)
{
    int                code, first;
    mz_id_t            run;
    mz_ctl_t           ctl;
    mz_ctl_options_t   o;

    memset(&o, 0, sizeof(o));
    memset(&run, 0, sizeof(run));
    mz_redis_options_init(&o.redis);
    o.state = "all";
    o.limit = 50;
    o.timeout_ms = 15 * MZ_MINUTE_MS;
    o.interval_ms = 2 * MZ_SECOND_MS;

    code = mz_options_parse(cmd->usage, &o, argc, argv, &first);
    if (code != MZ_OPTIONS_CONTINUE) {
        return code;
    }

    if (cmd->usage->args_max > 0
        && mz_id_parse(&run, MZ_ID_RUN, mz_str_from(argv[first])) != MZ_OK)
    {
        mz_ctl_say("the id of a run is p_ and 26 characters of a-z and 2-7");
        return MZ_EXIT_USAGE;
    }

    code = mz_ctl_open(&ctl, &o);
    if (code != MZ_EXIT_OK) {
        return code;
    }

    code = cmd->run(&ctl, &o, &run);
    mz_ctl_close(&ctl);

    return code;
}


static void
mz_cmd_queue_help(FILE *out)
{
    size_t  i;

    fprintf(out, "usage: " MZ_AGENT_NAME " queue SUBCOMMAND --redis URL "
            "[options]\n\nFor operators: looks at the runs of a deployment, "
            "and interferes.\n\nsubcommands:\n");

    for (i = 0; i < MZ_ARRAY_LEN(mz_cmd_queues); i++) {
        fprintf(out, "  %-9s%s\n", mz_cmd_queue_name(&mz_cmd_queues[i]),
                mz_cmd_queues[i].about);
    }

    fprintf(out, "\n`" MZ_AGENT_NAME " queue SUBCOMMAND --help` lists the "
            "options of one.\nexit codes: 0 done, 1 failed, 2 wrong "
            "arguments, %d no such run, %d not possible\nwith the run as it "
            "is, %d Redis away: try later\n", MZ_CTL_EXIT_NO_RUN,
            MZ_CTL_EXIT_REFUSED, MZ_EXIT_UNAVAILABLE);
}


/* Behind "queue ". */

static const char *
mz_cmd_queue_name(const mz_cmd_queue_t *cmd)
{
    return strchr(cmd->usage->name, ' ') + 1;
}
