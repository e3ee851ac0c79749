
#include <getopt.h>
#include <time.h>

#include "agent/cmd.h"
#include "agent/options.h"
#include "base/mz_str.h"
#include "base/mz_time.h"


#define MZ_OPTIONS_COLUMN  30       /* where the words of --help begin */

typedef struct {
    const char  *suffix;
    int64_t      factor;
} mz_opt_unit_t;

static const mz_opt_unit_t  mz_opt_sizes[] = {
    { "",  1 },
    { "k", (int64_t) 1 << 10 },
    { "m", (int64_t) 1 << 20 },
    { "g", (int64_t) 1 << 30 },
    { "t", (int64_t) 1 << 40 },
};

static const mz_opt_unit_t  mz_opt_durations[] = {
    { "ms", 1 },
    { "s",  MZ_SECOND_MS },
    { "m",  MZ_MINUTE_MS },
    { "h",  MZ_HOUR_MS },
    { "d",  MZ_DAY_MS },
    { "",   MZ_SECOND_MS },
};

static int mz_options_getopt(const mz_options_t *opts, void *conf, int argc,
    char **argv);
static mz_rc_t mz_options_env(const mz_options_t *opts, void *conf,
    mz_err_t *err);
static void mz_options_help(const mz_options_t *opts);
static int mz_options_usage(const mz_options_t *opts, const char *what,
    const char *msg);
static mz_rc_t mz_options_number(mz_str_t s, const mz_opt_unit_t *units,
    size_t n, int64_t *out);


int
mz_options_parse(const mz_options_t *opts, void *conf, int argc,
    char **argv, int *first)
{
    int       rc, n;
    mz_err_t  err;

    if (mz_options_env(opts, conf, &err) != MZ_OK) {
        return mz_options_usage(opts, "", err.msg);
    }

    rc = mz_options_getopt(opts, conf, argc, argv);
    if (rc != MZ_OPTIONS_CONTINUE) {
        return rc;
    }

    n = argc - optind;
    if (n < opts->args_min) {
        return mz_options_usage(opts, "", "an argument is missing");
    }

    if (n > opts->args_max) {
        return mz_options_usage(opts, "", "too many arguments (quote text "
                                "that has spaces)");
    }

    *first = optind;

    return MZ_OPTIONS_CONTINUE;
}


mz_rc_t
mz_options_value(const mz_option_t *opt, const char *text, void *value,
    mz_err_t *err)
{
    int64_t      v;
    mz_rc_t      rc;
    const char  *want;

    v = 0;
    rc = MZ_OK;
    want = "";

    switch (opt->kind) {

    case MZ_OPT_FLAG:
        *(bool *) value = true;
        return MZ_OK;

    case MZ_OPT_STRING:
        *(const char **) value = text;
        return MZ_OK;

    case MZ_OPT_INT:
        rc = mz_str_to_int(mz_str_from(text), &v);
        want = "a whole number";
        break;

    case MZ_OPT_SIZE:
        rc = mz_options_number(mz_str_from(text), mz_opt_sizes,
                               MZ_ARRAY_LEN(mz_opt_sizes), &v);
        want = "a size such as 64m or 2g";
        break;

    case MZ_OPT_DURATION:
        rc = mz_options_number(mz_str_from(text), mz_opt_durations,
                               MZ_ARRAY_LEN(mz_opt_durations), &v);
        want = "a duration such as 250ms, 30s, 10m or 30d";
        break;

    case MZ_OPT_TIME:
        rc = mz_time_parse(mz_str_from(text), &v);
        want = "a time such as 2026-06-15T12:00:00Z";
        break;
    }

    if (rc != MZ_OK) {
        return mz_fail(err, MZ_INVALID, "--%s wants %s", opt->name, want);
    }

    if (opt->kind != MZ_OPT_TIME
        && (v < opt->min || (opt->max != 0 && v > opt->max)))
    {
        return mz_fail(err, MZ_INVALID, "--%s is out of bounds: %lld..%lld%s",
                       opt->name, (long long) opt->min, (long long) opt->max,
                       opt->kind == MZ_OPT_DURATION ? " ms" : "");
    }

    *(int64_t *) value = v;

    return MZ_OK;
}


int64_t
mz_options_now(int64_t now_ms)
{
    struct timespec  ts;

    if (now_ms != MZ_NOW_CLOCK) {
        return now_ms;
    }

    clock_gettime(CLOCK_REALTIME, &ts);

    return (int64_t) ts.tv_sec * MZ_SECOND_MS + ts.tv_nsec / 1000000;
}


int
mz_cmd_fail(const mz_err_t *err)
{
    fprintf(stderr, MZ_AGENT_NAME ": %s\n", err->msg);

    return err->rc == MZ_UNAVAILABLE ? MZ_EXIT_UNAVAILABLE : MZ_EXIT_FAILED;
}


/* getopt keeps its place in globals; 0 makes glibc start afresh. */

static int
mz_options_getopt(const mz_options_t *opts, void *conf, int argc,
    char **argv)
{
    int                 c;
    size_t              i;
    mz_err_t            err;
    struct option       longs[MZ_OPTIONS_MAX + 2];
    const mz_option_t  *o;

    if (opts->n > MZ_OPTIONS_MAX) {
        return mz_options_usage(opts, "", "too many options in its table");
    }

    memset(longs, 0, sizeof(longs));
    for (i = 0; i < opts->n; i++) {
        longs[i].name = opts->options[i].name;
        longs[i].has_arg = opts->options[i].kind == MZ_OPT_FLAG
                           ? no_argument : required_argument;
        longs[i].val = (int) i + 256;
    }

    longs[i].name = "help";
    longs[i].val = 'h';

    opterr = 0;
    optind = 0;

    while ((c = getopt_long(argc, argv, ":h", longs, NULL)) != -1) {

        switch (c) {

        case 'h':
            mz_options_help(opts);
            return MZ_EXIT_OK;

        case ':':
            return mz_options_usage(opts, argv[optind - 1],
                                    " wants a value");

        case '?':
            return mz_options_usage(opts, argv[optind - 1],
                                    " is not an option here");

        default:
            o = &opts->options[c - 256];
            if (mz_options_value(o, optarg, (char *) conf + o->offset, &err)
                != MZ_OK)
            {
                return mz_options_usage(opts, "", err.msg);
            }
        }
    }

    return MZ_OPTIONS_CONTINUE;
}


static mz_rc_t
mz_options_env(const mz_options_t *opts, void *conf, mz_err_t *err)
{
    char                msg[MZ_ERR_MAX];
    size_t              i;
    const char         *text;
    const mz_option_t  *o;

    for (i = 0; i < opts->n; i++) {
        o = &opts->options[i];

        text = o->env != NULL ? getenv(o->env) : NULL;
        if (text == NULL || text[0] == '\0') {
            continue;
        }

        if (mz_options_value(o, text, (char *) conf + o->offset, err)
            != MZ_OK)
        {
            snprintf(msg, sizeof(msg), "%s", err->msg);
            return mz_fail(err, MZ_INVALID, "environment %s: %s", o->env,
                           msg);
        }
    }

    return MZ_OK;
}


static void
mz_options_help(const mz_options_t *opts)
{
    int                 n;
    size_t              i;
    const mz_option_t  *o;

    printf("usage: " MZ_AGENT_NAME " %s %s\n\n%s\n\noptions:\n", opts->name,
           opts->synopsis, opts->about);

    for (i = 0; i < opts->n; i++) {
        o = &opts->options[i];

        n = printf("  --%s%s%s", o->name, o->metavar != NULL ? " " : "",
                   o->metavar != NULL ? o->metavar : "");
        if (n >= MZ_OPTIONS_COLUMN) {
            n = 0;
            printf("\n");
        }

        printf("%*s%s", MZ_OPTIONS_COLUMN - n, "", o->help);
        if (o->env != NULL) {
            printf(" [%s]", o->env);
        }

        printf("\n");
    }

    printf("  -h, --help%*sthis text\n", MZ_OPTIONS_COLUMN - 12, "");
}


/* Never echoes a value: it may be a secret. */

static int
mz_options_usage(const mz_options_t *opts, const char *what, const char *msg)
{
    size_t  name;

    name = strcspn(what, "=");

    fprintf(stderr, MZ_AGENT_NAME " %s: %.*s%s (see `" MZ_AGENT_NAME
            " %s --help`)\n", opts->name, (int) name, what, msg, opts->name);

    return MZ_EXIT_USAGE;
}


static mz_rc_t
mz_options_number(mz_str_t s, const mz_opt_unit_t *units, size_t n,
    int64_t *out)
{
    size_t    i;
    int64_t   v;
    mz_str_t  digits, suffix;

    digits = s;
    for (i = 0; i < s.len && s.data[i] >= '0' && s.data[i] <= '9'; i++) {
        /* void */
    }

    digits.len = i;
    suffix.data = s.data + i;
    suffix.len = s.len - i;

    if (mz_str_to_int(digits, &v) != MZ_OK) {
        return MZ_INVALID;
    }

    for (i = 0; i < n; i++) {
        if (mz_str_ieq(suffix, mz_str_from(units[i].suffix))) {
            if (v > INT64_MAX / units[i].factor) {
                return MZ_INVALID;
            }

            *out = v * units[i].factor;
            return MZ_OK;
        }
    }

    return MZ_INVALID;
}
