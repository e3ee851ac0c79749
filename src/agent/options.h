
/*
 * options: command line and environment of a subcommand, from one table that
 * also makes its --help.  Values land in a struct of the subcommand, which
 * is filled with its defaults before; the environment overrides those, the
 * command line overrides both.  Strings borrow from argv or the environment.
 *
 *     static const mz_option_t  options[] = {
 *         { "warehouse", MZ_OPT_STRING, offsetof(conf_t, warehouse),
 *           "MITZU_WAREHOUSE", "ADDR", "where the events are", 0, 0 },
 *     };
 */

#ifndef MZ_OPTIONS_H
#define MZ_OPTIONS_H

#include "base/mz_base.h"


#define MZ_OPTIONS_MAX       48
#define MZ_OPTIONS_CONTINUE  (-1)
#define MZ_NOW_CLOCK         INT64_MIN  /* a time that was not given */

typedef enum {
    MZ_OPT_FLAG,            /* bool; takes no value */
    MZ_OPT_STRING,          /* const char * */
    MZ_OPT_INT,             /* int64_t */
    MZ_OPT_SIZE,            /* int64_t bytes: "64k", "1g" */
    MZ_OPT_DURATION,        /* int64_t ms: "250ms", "30s", "10m", "30d" */
    MZ_OPT_TIME             /* int64_t ms since 1970: RFC 3339 or a date */
} mz_opt_kind_t;

typedef struct {
    const char     *name;       /* without the dashes */
    mz_opt_kind_t   kind;
    size_t          offset;     /* in the struct of the subcommand */
    const char     *env;        /* NULL: command line only */
    const char     *metavar;    /* NULL for flags */
    const char     *help;       /* one line */
    int64_t         min;        /* of INT, SIZE and DURATION; both 0: */
    int64_t         max;        /* any value that is not negative */
} mz_option_t;

typedef struct {
    const char         *name;       /* "ask" */
    const char         *synopsis;   /* "[options] QUESTION" */
    const char         *about;      /* paragraph of --help */
    const mz_option_t  *options;
    size_t              n;
    int                 args_min;   /* positional arguments */
    int                 args_max;
} mz_options_t;


/*
 * MZ_OPTIONS_CONTINUE: go on; positional arguments are argv[*first] on.  All
 * else is the exit code: --help was printed, or what is wrong was said.
 */
int mz_options_parse(const mz_options_t *opts, void *conf, int argc,
    char **argv, int *first);

/* The value of one kind from its text; MZ_INVALID says what is expected. */
mz_rc_t mz_options_value(const mz_option_t *opt, const char *text,
    void *value, mz_err_t *err);

/* now_ms as given, or the clock for MZ_NOW_CLOCK. */
int64_t mz_options_now(int64_t now_ms);


#endif /* MZ_OPTIONS_H */
