
#include "agent/cmd.h"
#include "agent/options.h"
#include "agent/read_file.h"
#include "agent/answer/sink.h"
#include "base/mz_str.h"
#include "base/mz_time.h"


#define MZ_ASK_SPEC_MAX  (64 * 1024)    /* bytes of a --parent file */

typedef struct {
    const char  *warehouse;
    const char  *catalog;
    const char  *parent;
    bool         no_catalog;
    bool         is_json;
    bool         is_quiet;
    int64_t      memory;
    int64_t      rows_max;
    int64_t      threads;
    int64_t      timeout_ms;
    int64_t      now_ms;
} mz_cmd_ask_t;

#define mz_ask_opt(field)  offsetof(mz_cmd_ask_t, field)

static const mz_option_t  mz_cmd_ask_options[] = {
    { "warehouse", MZ_OPT_STRING, mz_ask_opt(warehouse), "MITZU_WAREHOUSE",
      "ADDR", "where the events are: duckdb:/path/file.duckdb", 0, 0 },
    { "catalog", MZ_OPT_STRING, mz_ask_opt(catalog), "MITZU_CATALOG", "FILE",
      "cache of the catalog (default: beside the file)", 0, 0 },
    { "no-catalog-cache", MZ_OPT_FLAG, mz_ask_opt(no_catalog), NULL, NULL,
      "scan the warehouse each time", 0, 0 },
    { "parent", MZ_OPT_STRING, mz_ask_opt(parent), NULL, "FILE",
      "spec of the answer before, for \"now by country\"", 0, 0 },
    { "now", MZ_OPT_TIME, mz_ask_opt(now_ms), "MITZU_NOW", "TIME",
      "the clock of the question, RFC 3339 (default: now)", 0, 0 },
    { "json", MZ_OPT_FLAG, mz_ask_opt(is_json), NULL, NULL,
      "print spec, SQL, facts and answer as one JSON object", 0, 0 },
    { "quiet", MZ_OPT_FLAG, mz_ask_opt(is_quiet), NULL, NULL,
      "no progress on stderr", 0, 0 },
    { "timeout", MZ_OPT_DURATION, mz_ask_opt(timeout_ms), NULL, "TIME",
      "of one statement (default 10m)", 1, MZ_DAY_MS },
    { "memory", MZ_OPT_SIZE, mz_ask_opt(memory), "MITZU_MEMORY", "SIZE",
      "of one query (default 1g)", (int64_t) 64 << 20, (int64_t) 1 << 40 },
    { "rows-max", MZ_OPT_INT, mz_ask_opt(rows_max), "MITZU_ROWS_MAX", "N",
      "rows of a result (default 1000000)", 1, 100000000 },
    { "threads", MZ_OPT_INT, mz_ask_opt(threads), "MITZU_THREADS", "N",
      "of one query (default: one for each core)", 0, 1024 },
};

static const mz_options_t  mz_cmd_ask_usage = {
    "ask",
    "--warehouse ADDR [options] QUESTION",
    "Answers one question from the warehouse, without Redis: progress on "
    "stderr, the\nanswer on stdout.",
    mz_cmd_ask_options, MZ_ARRAY_LEN(mz_cmd_ask_options), 1, 1
};

static mz_rc_t mz_cmd_ask_run(const mz_cmd_ask_t *o, mz_str_t question,
    mz_err_t *err);
static mz_rc_t mz_cmd_ask_answer(const mz_cmd_ask_t *o, mz_warehouse_t *wh,
    mz_str_t question, const json_t *parent, mz_err_t *err);
static mz_rc_t mz_cmd_ask_print(const mz_cmd_ask_t *o, mz_answer_t *answer,
    mz_err_t *err);


int
mz_cmd_ask(int argc, char **argv)
{
    int           rc, first;
    mz_err_t      err;
    mz_cmd_ask_t  o;

    memset(&o, 0, sizeof(o));
    o.now_ms = MZ_NOW_CLOCK;
    o.memory = (int64_t) 1 << 30;
    o.rows_max = 1000000;
    o.timeout_ms = 10 * MZ_MINUTE_MS;

    rc = mz_options_parse(&mz_cmd_ask_usage, &o, argc, argv, &first);
    if (rc != MZ_OPTIONS_CONTINUE) {
        return rc;
    }

    if (o.warehouse == NULL) {
        mz_fail(&err, MZ_INVALID, "ask needs --warehouse or "
                "MITZU_WAREHOUSE");
        mz_cmd_fail(&err);
        return MZ_EXIT_USAGE;
    }

    if (mz_cmd_ask_run(&o, mz_str_from(argv[first]), &err) != MZ_OK) {
        return mz_cmd_fail(&err);
    }

    return MZ_EXIT_OK;
}


static mz_rc_t
mz_cmd_ask_run(const mz_cmd_ask_t *o, mz_str_t question, mz_err_t *err)
{
    json_t                 *parent;
    mz_rc_t                 rc;
    mz_warehouse_t         *wh;
    mz_warehouse_limits_t   limits;

    parent = NULL;

    if (o->parent != NULL) {
        rc = mz_read_json_file(o->parent, MZ_ASK_SPEC_MAX, &parent, err);
        if (rc != MZ_OK) {
            return rc;
        }
    }

    memset(&limits, 0, sizeof(limits));
    limits.timeout_ms = o->timeout_ms;
    limits.memory_bytes = (size_t) o->memory;
    limits.rows_max = (size_t) o->rows_max;
    limits.threads = (int) o->threads;

    rc = mz_warehouse_open(o->warehouse, &limits, &wh, err);

    if (rc == MZ_OK) {
        rc = mz_cmd_ask_answer(o, wh, question, parent, err);
        wh->ops->close(wh);
    }

    json_decref(parent);

    return rc;
}


static mz_rc_t
mz_cmd_ask_answer(const mz_cmd_ask_t *o, mz_warehouse_t *wh,
    mz_str_t question, const json_t *parent, mz_err_t *err)
{
    char                *cache;
    mz_rc_t              rc;
    const char          *path;
    mz_answer_t          answer;
    mz_catalog_t        *cat;
    mz_sink_terminal_t   sink;

    cache = NULL;
    path = o->catalog;

    if (path == NULL && !o->no_catalog) {
        cache = mz_catalog_cache_path(o->warehouse);
        path = cache;
    }

    rc = mz_catalog_open(wh, o->warehouse, o->no_catalog ? NULL : path,
                         &cat, err);
    free(cache);

    if (rc != MZ_OK) {
        return rc;
    }

    mz_sink_terminal_init(&sink, o->is_quiet);
    rc = mz_agent_answer(wh, cat, question, parent,
                         mz_options_now(o->now_ms), &sink.sink, &answer,
                         err);
    if (rc == MZ_OK) {
        rc = mz_cmd_ask_print(o, &answer, err);
        mz_answer_free(&answer);
    }

    mz_catalog_free(cat);

    return rc;
}


static mz_rc_t
mz_cmd_ask_print(const mz_cmd_ask_t *o, mz_answer_t *answer, mz_err_t *err)
{
    mz_rc_t   rc;
    mz_buf_t  b;

    if (!o->is_json) {
        fputs(answer->answer, stdout);
        return MZ_OK;
    }

    rc = mz_json_set_str(answer->result, "answer",
                         mz_str_from(answer->answer));

    mz_buf_init(&b, 0);
    mz_json_dump(&b, answer->result);

    if (rc != MZ_OK || b.rc != MZ_OK) {
        rc = mz_fail(err, MZ_NOMEM, "out of memory");

    } else {
        printf("%s\n", mz_buf_cstr(&b));
    }

    mz_buf_free(&b);

    return rc;
}
