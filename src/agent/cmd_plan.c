
#include "agent/cmd.h"
#include "agent/cmd_warehouse.h"
#include "agent/plan/planner.h"
#include "agent/read_file.h"
#include "base/mz_str.h"


#define MZ_CMD_PLAN_FILE_MAX  (64 * 1024 * 1024)

typedef struct {
    mz_cmd_warehouse_t   warehouse;
    const char          *parent;
    const char          *batch;
    int64_t              now_ms;
} mz_cmd_plan_t;

#define OFF(m)  offsetof(mz_cmd_plan_t, m)

static const mz_option_t  mz_cmd_plan_options[] = {
    { "catalog", MZ_OPT_STRING, OFF(warehouse.catalog), "MITZU_CATALOG",
      "FILE", "catalog as `catalog --json` prints it", 0, 0 },
    { "warehouse", MZ_OPT_STRING, OFF(warehouse.address), "MITZU_WAREHOUSE",
      "ADDR", "take the catalog of this warehouse instead", 0, 0 },
    { "now", MZ_OPT_TIME, OFF(now_ms), "MITZU_NOW", "TIME",
      "the clock of the question, RFC 3339 (default: now)", 0, 0 },
    { "parent", MZ_OPT_STRING, OFF(parent), NULL, "FILE",
      "spec of the answer before, for a follow-up", 0, 0 },
    { "batch", MZ_OPT_STRING, OFF(batch), NULL, "FILE",
      "plan {\"id\",\"question\",\"follows\"} lines", 0, 0 },
};

static const mz_options_t  mz_cmd_plan_usage = {
    "plan", "(--catalog FILE | --warehouse ADDR) [options] [QUESTION]",
    "Turns a question in English into an analysis spec, offline, and prints\n"
    "{\"spec\",\"assumptions\"}.  With --batch it prints {\"id\",\"spec\"} "
    "lines; the\nparent of a question is the spec planned for what it "
    "follows.",
    mz_cmd_plan_options, MZ_ARRAY_LEN(mz_cmd_plan_options), 0, 1
};

static mz_rc_t mz_cmd_plan_catalog(const mz_cmd_plan_t *o,
    mz_catalog_t **out, mz_err_t *err);
static mz_rc_t mz_cmd_plan_one(const mz_cmd_plan_t *o,
    const mz_catalog_t *cat, mz_str_t question, mz_err_t *err);
static mz_rc_t mz_cmd_plan_batch(const mz_cmd_plan_t *o,
    const mz_catalog_t *cat, mz_err_t *err);
static mz_rc_t mz_cmd_plan_line(const mz_cmd_plan_t *o,
    const mz_catalog_t *cat, const json_t *line, json_t *specs,
    mz_err_t *err);
static mz_rc_t mz_cmd_plan_print(const json_t *v, mz_err_t *err);


int
mz_cmd_plan(int argc, char **argv)
{
    int             code, first;
    mz_rc_t         rc;
    mz_err_t        err;
    mz_catalog_t   *cat;
    mz_cmd_plan_t   o;

    memset(&o, 0, sizeof(o));
    mz_cmd_warehouse_init(&o.warehouse);
    o.now_ms = MZ_NOW_CLOCK;

    code = mz_options_parse(&mz_cmd_plan_usage, &o, argc, argv, &first);
    if (code != MZ_OPTIONS_CONTINUE) {
        return code;
    }

    if ((o.batch == NULL) == (first == argc)
        || (o.warehouse.catalog == NULL && o.warehouse.address == NULL))
    {
        mz_fail(&err, MZ_INVALID, "plan wants a question or --batch, and "
                "--catalog or --warehouse (see `" MZ_AGENT_NAME
                " plan --help`)");
        mz_cmd_fail(&err);
        return MZ_EXIT_USAGE;
    }

    o.now_ms = mz_options_now(o.now_ms);

    rc = mz_cmd_plan_catalog(&o, &cat, &err);
    if (rc != MZ_OK) {
        return mz_cmd_fail(&err);
    }

    rc = o.batch != NULL
         ? mz_cmd_plan_batch(&o, cat, &err)
         : mz_cmd_plan_one(&o, cat, mz_str_from(argv[first]), &err);

    mz_catalog_free(cat);

    return rc == MZ_OK ? MZ_EXIT_OK : mz_cmd_fail(&err);
}


static mz_rc_t
mz_cmd_plan_catalog(const mz_cmd_plan_t *o, mz_catalog_t **out,
    mz_err_t *err)
{
    json_t          *j;
    mz_rc_t          rc;
    mz_warehouse_t  *wh;

    *out = NULL;

    if (o->warehouse.address == NULL) {
        rc = mz_read_json_file(o->warehouse.catalog, MZ_CMD_PLAN_FILE_MAX, &j,
                               err);
        if (rc == MZ_OK) {
            rc = mz_catalog_from_json(j, out, err);
            json_decref(j);
        }

        return rc;
    }

    rc = mz_cmd_warehouse_open(&o->warehouse, &wh, err);
    if (rc == MZ_OK) {
        rc = mz_cmd_warehouse_catalog(&o->warehouse, wh, false, NULL, out,
                                      err);
        wh->ops->close(wh);
    }

    return rc;
}


static mz_rc_t
mz_cmd_plan_one(const mz_cmd_plan_t *o, const mz_catalog_t *cat,
    mz_str_t question, mz_err_t *err)
{
    json_t     *parent, *both;
    mz_rc_t     rc;
    mz_plan_t   plan;

    parent = NULL;

    if (o->parent != NULL) {
        rc = mz_read_spec_file(o->parent, &parent, err);
        if (rc != MZ_OK) {
            return rc;
        }
    }

    rc = mz_planner_plan(cat, question, parent, o->now_ms, &plan, err);
    json_decref(parent);

    if (rc != MZ_OK) {
        return rc;
    }

    both = json_pack("{s:O,s:O}", "spec", plan.spec, "assumptions",
                     plan.assumptions);
    rc = mz_cmd_plan_print(both, err);

    json_decref(both);
    mz_plan_free(&plan);

    return rc;
}


static mz_rc_t
mz_cmd_plan_batch(const mz_cmd_plan_t *o, const mz_catalog_t *cat,
    mz_err_t *err)
{
    json_t    *specs, *line;
    mz_rc_t    rc;
    mz_buf_t   b;
    mz_str_t   rest, text;

    specs = json_object();
    if (specs == NULL) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    mz_buf_init(&b, MZ_CMD_PLAN_FILE_MAX);
    rc = mz_read_file(o->batch, &b, err);
    rest = mz_buf_view(&b);

    while (rc == MZ_OK && mz_str_split(&rest, '\n', &text)) {
        if (mz_str_trim(text).len == 0) {
            continue;
        }

        rc = mz_json_load(text, NULL, &line, err);
        if (rc == MZ_OK) {
            rc = mz_cmd_plan_line(o, cat, line, specs, err);
            json_decref(line);
        }
    }

    mz_buf_free(&b);
    json_decref(specs);

    return rc;
}


/* Plans one question, prints it and keeps its spec for those after it. */

static mz_rc_t
mz_cmd_plan_line(const mz_cmd_plan_t *o, const mz_catalog_t *cat,
    const json_t *line, json_t *specs, mz_err_t *err)
{
    json_t      *out, *parent;
    mz_rc_t      rc;
    mz_plan_t    plan;
    const char  *id, *follows;

    id = json_string_value(json_object_get(line, "id"));
    follows = json_string_value(json_object_get(line, "follows"));

    if (id == NULL) {
        return mz_fail(err, MZ_INVALID, "a line of the batch has no \"id\"");
    }

    parent = follows != NULL ? json_object_get(specs, follows) : NULL;

    rc = mz_planner_plan(cat, mz_json_get_str(line, "question"), parent,
                         o->now_ms, &plan, err);
    if (rc != MZ_OK) {
        return rc;
    }

    if (json_object_set(plan.spec, "_assumptions", plan.assumptions) != 0
        || json_object_set(specs, id, plan.spec) != 0)
    {
        mz_plan_free(&plan);
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    out = json_pack("{s:s,s:O}", "id", id, "spec", plan.spec);
    rc = mz_cmd_plan_print(out, err);

    json_decref(out);
    mz_plan_free(&plan);

    return rc;
}


static mz_rc_t
mz_cmd_plan_print(const json_t *v, mz_err_t *err)
{
    mz_rc_t   rc;
    mz_buf_t  b;

    if (v == NULL) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    mz_buf_init(&b, 0);
    mz_json_dump(&b, v);
    mz_buf_add_char(&b, '\n');

    rc = b.rc == MZ_OK ? MZ_OK : mz_fail(err, b.rc, "out of memory");
    if (rc == MZ_OK) {
        fwrite(b.data, 1, b.len, stdout);
    }

    mz_buf_free(&b);

    return rc;
}
