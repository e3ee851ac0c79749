
#include "agent/cmd.h"
#include "agent/cmd_warehouse.h"
#include "agent/read_file.h"
#include "agent/answer/sink.h"
#include "base/mz_str.h"
#include "base/mz_time.h"


typedef struct {
    mz_cmd_warehouse_t   warehouse;
    const char          *parent;
    bool                 is_json;
    bool                 is_quiet;
    int64_t              now_ms;
} mz_cmd_ask_t;

#define mz_ask_opt(field)  offsetof(mz_cmd_ask_t, field)

static const mz_option_t  mz_cmd_ask_options[] = {
    MZ_CMD_WAREHOUSE_OPTIONS(mz_ask_opt(warehouse)),
    { "parent", MZ_OPT_STRING, mz_ask_opt(parent), NULL, "FILE",
      "spec of the answer before, or its --json", 0, 0 },
    { "now", MZ_OPT_TIME, mz_ask_opt(now_ms), "MITZU_NOW", "TIME",
      "the clock of the question, RFC 3339 (default: now)", 0, 0 },
    { "json", MZ_OPT_FLAG, mz_ask_opt(is_json), NULL, NULL,
      "print spec, SQL, facts and answer as one JSON object", 0, 0 },
    { "quiet", MZ_OPT_FLAG, mz_ask_opt(is_quiet), NULL, NULL,
      "no progress on stderr", 0, 0 },
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
    mz_cmd_warehouse_init(&o.warehouse);

    rc = mz_options_parse(&mz_cmd_ask_usage, &o, argc, argv, &first);
    if (rc != MZ_OPTIONS_CONTINUE) {
        return rc;
    }

    if (mz_cmd_ask_run(&o, mz_str_from(argv[first]), &err) != MZ_OK) {
        rc = mz_cmd_fail(&err);
        return o.warehouse.address == NULL ? MZ_EXIT_USAGE : rc;
    }

    return MZ_EXIT_OK;
}


static mz_rc_t
mz_cmd_ask_run(const mz_cmd_ask_t *o, mz_str_t question, mz_err_t *err)
{
    json_t          *parent;
    mz_rc_t          rc;
    mz_warehouse_t  *wh;

    parent = NULL;

    if (o->parent != NULL) {
        rc = mz_read_spec_file(o->parent, &parent, err);
        if (rc != MZ_OK) {
            return rc;
        }
    }

    rc = mz_cmd_warehouse_open(&o->warehouse, &wh, err);

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
    mz_rc_t              rc;
    mz_answer_t          answer;
    mz_catalog_t        *cat;
    mz_sink_terminal_t   sink;

    rc = mz_cmd_warehouse_catalog(&o->warehouse, wh, false, NULL, &cat, err);
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
