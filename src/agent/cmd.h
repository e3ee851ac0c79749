
/*
 * cmd: the subcommands of mitzu-agent.  main.c picks one from a table; each
 * gets the arguments from its own name on (argv[0] is "work", ..), reads
 * them with agent/options.h, writes results to stdout and all else to
 * stderr, and returns the exit code of the program.
 */

#ifndef MZ_CMD_H
#define MZ_CMD_H

#include "base/mz_base.h"


#define MZ_AGENT_NAME     "mitzu-agent"
#define MZ_AGENT_VERSION  "0.1.0"

#define MZ_EXIT_OK           0
#define MZ_EXIT_FAILED       1      /* the thing asked for did not work */
#define MZ_EXIT_USAGE        2      /* arguments: see --help */
#define MZ_EXIT_UNAVAILABLE  69     /* warehouse or Redis away: try later */


int mz_cmd_work(int argc, char **argv);
int mz_cmd_queue(int argc, char **argv);
int mz_cmd_ask(int argc, char **argv);
int mz_cmd_plan(int argc, char **argv);
int mz_cmd_query(int argc, char **argv);
int mz_cmd_catalog(int argc, char **argv);
int mz_cmd_sample(int argc, char **argv);

/* Prints "mitzu-agent: <message>" to stderr; the exit code of err->rc. */
int mz_cmd_fail(const mz_err_t *err);


#endif /* MZ_CMD_H */
