
/*
 * main: the program mitzu-agent, one table of subcommands.
 *
 *     mitzu-agent work            serves the queue
 *       supervisor.c              forks and minds the runners, sweeps
 *         runner.c                one run at a time: claim, answer, finish
 *           keeper.c              thread: renews the lease, interrupts
 *           agent.c               question -> spec -> rows -> answer
 *             planner*.c          question -> spec
 *             warehouse*.c        SQL -> rows
 *             answer.c            rows -> words
 *           sink_redis.c          progress, artifacts, fenced by attempt
 *     mitzu-agent queue           looks at the runs, and interferes (queue/)
 *     mitzu-agent ask             the same agent.c with sink_terminal.c
 */

#include <errno.h>

#include "agent/cmd.h"


typedef struct {
    const char   *name;
    int         (*run)(int argc, char **argv);
    const char   *about;
} mz_main_cmd_t;

static const mz_main_cmd_t  mz_main_cmds[] = {
    { "work",    mz_cmd_work,    "serve the queue: answer runs from Redis" },
    { "queue",   mz_cmd_queue,   "for operators: what waits, runs, is lost" },
    { "ask",     mz_cmd_ask,     "answer one question in the terminal" },
    { "plan",    mz_cmd_plan,    "turn a question into an analysis spec" },
    { "query",   mz_cmd_query,   "run an analysis spec and print its table" },
    { "catalog", mz_cmd_catalog, "scan a warehouse for events, properties" },
    { "sample",  mz_cmd_sample,  "write the sample warehouse" },
};

static int mz_main_end(int code);
static int mz_main_version(int argc, char **argv);
static int mz_main_help(int argc, char **argv);
static void mz_main_usage(FILE *out);

static const mz_main_cmd_t  mz_main_flags[] = {
    { "--help",    mz_main_help,    NULL },
    { "-h",        mz_main_help,    NULL },
    { "help",      mz_main_help,    NULL },
    { "--version", mz_main_version, NULL },
    { "-V",        mz_main_version, NULL },
};


int
main(int argc, char **argv)
{
    size_t  i;

    if (argc < 2) {
        mz_main_usage(stderr);
        return MZ_EXIT_USAGE;
    }

    for (i = 0; i < MZ_ARRAY_LEN(mz_main_cmds); i++) {
        if (strcmp(argv[1], mz_main_cmds[i].name) == 0) {
            return mz_main_end(mz_main_cmds[i].run(argc - 1, argv + 1));
        }
    }

    for (i = 0; i < MZ_ARRAY_LEN(mz_main_flags); i++) {
        if (strcmp(argv[1], mz_main_flags[i].name) == 0) {
            return mz_main_end(mz_main_flags[i].run(argc - 1, argv + 1));
        }
    }

    fprintf(stderr, MZ_AGENT_NAME ": unknown subcommand; there are:");
    for (i = 0; i < MZ_ARRAY_LEN(mz_main_cmds); i++) {
        fprintf(stderr, " %s", mz_main_cmds[i].name);
    }
    fprintf(stderr, "\n");

    return MZ_EXIT_USAGE;
}


/* A result that a full disk swallowed is no success. */

static int
mz_main_end(int code)
{
    bool  is_lost;

    is_lost = ferror(stdout) != 0;
    is_lost |= fflush(stdout) != 0;

    if (!is_lost || code != MZ_EXIT_OK) {
        return code;
    }

    fprintf(stderr, MZ_AGENT_NAME ": cannot write the output: %s\n",
            strerror(errno));

    return MZ_EXIT_FAILED;
}


static int
mz_main_help(int argc, char **argv)
{
    (void) argc;
    (void) argv;

    mz_main_usage(stdout);

    return MZ_EXIT_OK;
}


static int
mz_main_version(int argc, char **argv)
{
    (void) argc;
    (void) argv;

    printf(MZ_AGENT_NAME " " MZ_AGENT_VERSION "\n");

    return MZ_EXIT_OK;
}


static void
mz_main_usage(FILE *out)
{
    size_t  i;

    fprintf(out, "usage: " MZ_AGENT_NAME " SUBCOMMAND [options]\n\n"
            "Answers product questions in English from a warehouse of "
            "events.\n\nsubcommands:\n");

    for (i = 0; i < MZ_ARRAY_LEN(mz_main_cmds); i++) {
        fprintf(out, "  %-9s%s\n", mz_main_cmds[i].name,
                mz_main_cmds[i].about);
    }

    fprintf(out, "\n`" MZ_AGENT_NAME " SUBCOMMAND --help` lists the options "
            "of one; --version prints the version.\n"
            "exit codes: 0 done, 1 failed, 2 wrong arguments, 69 warehouse "
            "or Redis away: try later\n");
}
