
#include "agent/cmd.h"
#include "agent/cmd_warehouse.h"
#include "agent/read_file.h"
#include "agent/rset_print.h"
#include "base/mz_str.h"


typedef struct {
    mz_cmd_warehouse_t   warehouse;
    int64_t              now_ms;
    const char          *format;
    bool                 is_sql;
} mz_cmd_query_t;

/* The parts of one answer, freed together. */

typedef struct {
    mz_warehouse_t      *wh;
    mz_catalog_t        *cat;
    mz_spec_t           *spec;
    mz_query_t           query;
    mz_rset_t          **rows;
    mz_result_t          result;
} mz_cmd_query_run_t;

typedef struct {
    const char  *name;
    mz_rc_t    (*print)(const mz_cmd_query_run_t *r, mz_buf_t *out);
} mz_cmd_query_format_t;

static mz_rc_t mz_cmd_query_table(const mz_cmd_query_run_t *r,
    mz_buf_t *out);
static mz_rc_t mz_cmd_query_csv(const mz_cmd_query_run_t *r, mz_buf_t *out);
static mz_rc_t mz_cmd_query_json(const mz_cmd_query_run_t *r, mz_buf_t *out);

static const mz_cmd_query_format_t  mz_cmd_query_formats[] = {
    { "table", mz_cmd_query_table },
    { "json",  mz_cmd_query_json },
    { "csv",   mz_cmd_query_csv },
};

#define OFF(m)  offsetof(mz_cmd_query_t, m)

static const mz_option_t  mz_cmd_query_options[] = {
    MZ_CMD_WAREHOUSE_OPTIONS(OFF(warehouse)),
    { "now", MZ_OPT_TIME, OFF(now_ms), "MITZU_NOW", "TIME",
      "the clock of the analysis, RFC 3339 (default: now)", 0, 0 },
    { "format", MZ_OPT_STRING, OFF(format), NULL, "NAME",
      "table (default), json or csv", 0, 0 },
    { "sql", MZ_OPT_FLAG, OFF(is_sql), NULL, NULL,
      "print the statements, do not run them", 0, 0 },
};

static const mz_options_t  mz_cmd_query_usage = {
    "query", "--warehouse ADDR [options] [SPEC.json]",
    "Runs an analysis spec (docs/analysis-spec.md) from a file or stdin and\n"
    "prints its table.",
    mz_cmd_query_options, MZ_ARRAY_LEN(mz_cmd_query_options), 0, 1
};

static const mz_cmd_query_format_t *mz_cmd_query_format(const char *name);
static mz_rc_t mz_cmd_query_run(const mz_cmd_query_t *o, const char *path,
    mz_cmd_query_run_t *r, mz_buf_t *out, mz_err_t *err);
static mz_rc_t mz_cmd_query_rows(mz_cmd_query_run_t *r, mz_err_t *err);
static void mz_cmd_query_sql(const mz_cmd_query_run_t *r, mz_buf_t *out);
static void mz_cmd_query_free(mz_cmd_query_run_t *r);


int
mz_cmd_query(int argc, char **argv)
{
    int                  rc, first;
    mz_buf_t             out;
    mz_err_t             err;
    mz_cmd_query_t       o;
    mz_cmd_query_run_t   r;

    memset(&o, 0, sizeof(o));
    mz_cmd_warehouse_init(&o.warehouse);
    o.now_ms = MZ_NOW_CLOCK;
    o.format = mz_cmd_query_formats[0].name;

    rc = mz_options_parse(&mz_cmd_query_usage, &o, argc, argv, &first);
    if (rc != MZ_OPTIONS_CONTINUE) {
        return rc;
    }

    if (mz_cmd_query_format(o.format) == NULL) {
        mz_fail(&err, MZ_INVALID, "--format is table, json or csv");
        mz_cmd_fail(&err);
        return MZ_EXIT_USAGE;
    }

    memset(&r, 0, sizeof(r));
    mz_buf_init(&out, 0);

    if (mz_cmd_query_run(&o, first < argc ? argv[first] : "-", &r, &out,
                         &err)
        != MZ_OK)
    {
        rc = mz_cmd_fail(&err);
        rc = o.warehouse.address == NULL ? MZ_EXIT_USAGE : rc;

    } else {
        fwrite(out.data, 1, out.len, stdout);
        rc = MZ_EXIT_OK;
    }

    mz_buf_free(&out);
    mz_cmd_query_free(&r);

    return rc;
}


static const mz_cmd_query_format_t *
mz_cmd_query_format(const char *name)
{
    size_t  i;

    for (i = 0; i < MZ_ARRAY_LEN(mz_cmd_query_formats); i++) {
        if (strcmp(mz_cmd_query_formats[i].name, name) == 0) {
            return &mz_cmd_query_formats[i];
        }
    }

    return NULL;
}


static mz_rc_t
mz_cmd_query_run(const mz_cmd_query_t *o, const char *path,
    mz_cmd_query_run_t *r, mz_buf_t *out, mz_err_t *err)
{
    json_t   *j;
    mz_rc_t   rc;

    rc = mz_cmd_warehouse_open(&o->warehouse, &r->wh, err);
    if (rc != MZ_OK) {
        return rc;
    }

    rc = mz_read_spec_file(path, &j, err);
    if (rc != MZ_OK) {
        return rc;
    }

    rc = mz_cmd_warehouse_catalog(&o->warehouse, r->wh, false, NULL, &r->cat,
                                  err);
    if (rc == MZ_OK) {
        rc = mz_spec_parse(j, r->cat, mz_options_now(o->now_ms), &r->spec,
                           err);
    }

    json_decref(j);

    if (rc == MZ_OK) {
        rc = mz_spec_compile(r->spec, r->wh->ops->dialect, &r->query, err);
    }

    if (rc != MZ_OK) {
        return rc;
    }

    if (o->is_sql) {
        mz_cmd_query_sql(r, out);
        rc = out->rc;

    } else {
        rc = mz_cmd_query_rows(r, err);
        if (rc != MZ_OK) {
            return rc;
        }

        rc = mz_cmd_query_format(o->format)->print(r, out);
    }

    return rc == MZ_OK ? MZ_OK : mz_fail(err, rc, "out of memory");
}


static mz_rc_t
mz_cmd_query_rows(mz_cmd_query_run_t *r, mz_err_t *err)
{
    size_t   i;
    mz_rc_t  rc;

    r->rows = calloc(r->query.n + 1, sizeof(mz_rset_t *));
    if (r->rows == NULL) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    for (i = 0; i < r->query.n; i++) {
        rc = r->wh->ops->query(r->wh, &r->query.statements[i], &r->rows[i],
                               err);
        if (rc != MZ_OK) {
            return rc;
        }
    }

    return mz_spec_shape(r->spec, r->rows, r->query.n, &r->result, err);
}


static mz_rc_t
mz_cmd_query_table(const mz_cmd_query_run_t *r, mz_buf_t *out)
{
    mz_rset_print_table(out, r->result.table);

    if (mz_rset_is_truncated(r->result.table)) {
        mz_buf_add_c(out, "(there are more rows than --rows-max)\n");
    }

    mz_buf_add_char(out, '\n');
    mz_spec_definition(r->spec, out);
    mz_buf_add_char(out, '\n');

    return out->rc;
}


static mz_rc_t
mz_cmd_query_csv(const mz_cmd_query_run_t *r, mz_buf_t *out)
{
    mz_rset_print_csv(out, r->result.table);

    return out->rc;
}


/* {"spec":..,"definition":..,"facts":..,"table":..} */

static mz_rc_t
mz_cmd_query_json(const mz_cmd_query_run_t *r, mz_buf_t *out)
{
    json_t    *spec;
    mz_buf_t   words;

    spec = mz_spec_to_json(r->spec);
    if (spec == NULL) {
        return MZ_NOMEM;
    }

    mz_buf_init(&words, 0);
    mz_spec_definition(r->spec, &words);

    mz_buf_add_c(out, "{\"spec\":");
    mz_json_dump(out, spec);
    mz_buf_add_c(out, ",\"definition\":");
    mz_buf_add_json_str(out, mz_buf_view(&words));
    mz_buf_add_c(out, ",\"facts\":");
    mz_json_dump(out, r->result.facts);
    mz_buf_add_c(out, ",\"table\":");
    mz_rset_print_json(out, r->result.table);
    mz_buf_add_c(out, "}\n");

    if (words.rc != MZ_OK) {
        out->rc = words.rc;
    }

    mz_buf_free(&words);
    json_decref(spec);

    return out->rc;
}


/* Each statement with its parameters as comments. */

static void
mz_cmd_query_sql(const mz_cmd_query_run_t *r, mz_buf_t *out)
{
    size_t                 i, k;
    const mz_param_t      *p;
    const mz_statement_t  *st;

    for (i = 0; i < r->query.n; i++) {
        st = &r->query.statements[i];

        mz_buf_add_str(out, mz_buf_view(&st->sql));
        mz_buf_add_c(out, ";\n");

        for (k = 0; k < st->nparams; k++) {
            p = &st->params[k];
            mz_buf_addf(out, "-- $%zu = ", k + 1);
            mz_value_write_json(out, p->dtype, &p->value);
            mz_buf_addf(out, " (%s)\n", mz_dtype_name(p->dtype));
        }

        mz_buf_add_c(out, i + 1 < r->query.n ? "\n" : "");
    }
}


static void
mz_cmd_query_free(mz_cmd_query_run_t *r)
{
    size_t  i;

    for (i = 0; r->rows != NULL && i < r->query.n; i++) {
        mz_rset_free(r->rows[i]);
    }

    free(r->rows);
    mz_result_free(&r->result);
    mz_query_free(&r->query);
    mz_spec_free(r->spec);
    mz_catalog_free(r->cat);

    if (r->wh != NULL) {
        r->wh->ops->close(r->wh);
    }
}
