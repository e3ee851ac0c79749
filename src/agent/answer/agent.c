
#include "agent/answer/agent.h"
#include "agent/answer/answer.h"
#include "base/mz_str.h"


#define MZ_AGENT_JSON_ROWS_MAX  100000      /* larger: the table only */

/* One question under way; everything here is freed by mz_agent_free(). */

typedef struct {
    mz_warehouse_t      *wh;
    const mz_catalog_t  *cat;
    mz_sink_t           *sink;
    int64_t              now_ms;

    mz_plan_t            plan;
    mz_spec_t           *spec;
    json_t              *spec_json;     /* with its defaults */
    mz_query_t           query;
    mz_rset_t          **rows;          /* of each statement */
    mz_result_t          result;
    mz_buf_t             sql;
    json_t              *artifacts;
    mz_buf_t             headline;
    mz_buf_t             text;
} mz_agent_t;

static mz_rc_t mz_agent_run(mz_agent_t *ag, mz_str_t question,
    const json_t *parent, mz_answer_t *out, mz_err_t *err);
static mz_rc_t mz_agent_analyse(mz_agent_t *ag, mz_answer_t *out,
    mz_err_t *err);
static mz_rc_t mz_agent_query(mz_agent_t *ag, mz_err_t *err);
static mz_rc_t mz_agent_write(mz_agent_t *ag, mz_err_t *err);
static mz_rc_t mz_agent_artifact(mz_agent_t *ag, const char *kind,
    const char *title, mz_err_t *err);
static mz_rc_t mz_agent_refuse(mz_agent_t *ag, const char *why,
    mz_answer_t *out, mz_err_t *err);
static mz_rc_t mz_agent_finish(mz_agent_t *ag, mz_answer_t *out,
    mz_err_t *err);
static void mz_agent_sql(mz_agent_t *ag);
static bool mz_agent_is_analysis(const json_t *plan);
static mz_rc_t mz_agent_progress(mz_agent_t *ag, const char *phase,
    const char *text, mz_err_t *err);
static void mz_agent_free(mz_agent_t *ag);


mz_rc_t
mz_agent_answer(mz_warehouse_t *wh, const mz_catalog_t *cat,
    mz_str_t question, const json_t *parent_spec, int64_t now_ms,
    mz_sink_t *sink, mz_answer_t *out, mz_err_t *err)
{
    mz_rc_t     rc;
    mz_agent_t  ag;

    memset(out, 0, sizeof(*out));
    memset(&ag, 0, sizeof(ag));

    ag.wh = wh;
    ag.cat = cat;
    ag.sink = sink;
    ag.now_ms = now_ms;
    mz_buf_init(&ag.sql, 0);
    mz_buf_init(&ag.headline, 0);
    mz_buf_init(&ag.text, 0);

    rc = mz_agent_run(&ag, question, parent_spec, out, err);
    if (rc != MZ_OK) {
        mz_answer_free(out);
    }

    mz_agent_free(&ag);

    return rc;
}


void
mz_answer_free(mz_answer_t *a)
{
    free(a->answer);
    json_decref(a->result);
    json_decref(a->spec);
    memset(a, 0, sizeof(*a));
}


static mz_rc_t
mz_agent_run(mz_agent_t *ag, mz_str_t question, const json_t *parent,
    mz_answer_t *out, mz_err_t *err)
{
    mz_rc_t  rc;

    rc = mz_agent_progress(ag, "planning", "Planning the analysis", err);
    if (rc != MZ_OK) {
        return rc;
    }

    rc = mz_planner_plan(ag->cat, question, parent, ag->now_ms, &ag->plan,
                         err);
    if (rc != MZ_OK) {
        return rc;
    }

    if (!mz_agent_is_analysis(ag->plan.spec)) {
        return mz_agent_refuse(ag, NULL, out, err);
    }

    rc = mz_spec_parse(ag->plan.spec, ag->cat, ag->now_ms, &ag->spec, err);
    if (rc == MZ_OK) {
        rc = mz_spec_compile(ag->spec, ag->wh->ops->dialect, &ag->query,
                             err);
    }

    if (rc == MZ_INVALID || rc == MZ_NOT_FOUND) {
        return mz_agent_refuse(ag, err->msg, out, err);
    }

    return rc == MZ_OK ? mz_agent_analyse(ag, out, err) : rc;
}


static mz_rc_t
mz_agent_analyse(mz_agent_t *ag, mz_answer_t *out, mz_err_t *err)
{
    mz_rc_t         rc;
    mz_answer_in_t  in;

    ag->spec_json = mz_spec_to_json(ag->spec);
    ag->artifacts = json_array();
    if (ag->spec_json == NULL || ag->artifacts == NULL) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    rc = mz_agent_query(ag, err);
    if (rc != MZ_OK) {
        return rc;
    }

    rc = mz_spec_shape(ag->spec, ag->rows, ag->query.n, &ag->result, err);
    if (rc != MZ_OK) {
        return rc;
    }

    rc = mz_agent_write(ag, err);
    if (rc != MZ_OK) {
        return rc;
    }

    memset(&in, 0, sizeof(in));
    in.spec = ag->spec;
    in.cat = ag->cat;
    in.facts = ag->result.facts;
    in.table = ag->result.table;
    in.assumptions = ag->plan.assumptions;
    in.artifacts = ag->artifacts;

    rc = mz_answer_write(&in, &ag->headline, &ag->text, err);
    if (rc != MZ_OK) {
        return rc;
    }

    return mz_agent_finish(ag, out, err);
}


static mz_rc_t
mz_agent_query(mz_agent_t *ag, mz_err_t *err)
{
    size_t       i;
    mz_rc_t      rc;
    const char  *what;

    ag->rows = calloc(ag->query.n + 1, sizeof(mz_rset_t *));
    if (ag->rows == NULL) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    mz_agent_sql(ag);

    for (i = 0; i < ag->query.n; i++) {
        what = ag->query.statements[i].what;

        rc = mz_agent_progress(ag, "querying", what != NULL ? what
                               : "Querying the warehouse", err);
        if (rc != MZ_OK) {
            return rc;
        }

        rc = ag->wh->ops->query(ag->wh, &ag->query.statements[i],
                                &ag->rows[i], err);
        if (rc != MZ_OK) {
            return rc;
        }
    }

    return MZ_OK;
}


static mz_rc_t
mz_agent_write(mz_agent_t *ag, mz_err_t *err)
{
    int64_t   from, to;
    mz_rc_t   rc;
    mz_buf_t  title;

    rc = mz_agent_progress(ag, "writing", "Writing the table", err);
    if (rc != MZ_OK) {
        return rc;
    }

    mz_buf_init(&title, 0);
    mz_spec_range(ag->spec, &from, &to);
    mz_answer_title(&title, ag->spec_json, from, to);

    rc = mz_agent_artifact(ag, "table", mz_buf_cstr(&title), err);

    if (rc == MZ_OK
        && mz_rset_rows(ag->result.table) <= MZ_AGENT_JSON_ROWS_MAX)
    {
        rc = mz_agent_artifact(ag, "json", mz_buf_cstr(&title), err);
    }

    mz_buf_free(&title);

    return rc;
}


static mz_rc_t
mz_agent_artifact(mz_agent_t *ag, const char *kind, const char *title,
    mz_err_t *err)
{
    json_t         *o;
    mz_id_t         id;
    mz_rc_t         rc;
    mz_artifact_t   a;

    memset(&a, 0, sizeof(a));
    a.kind = kind;
    a.name = mz_spec_kind(ag->spec);
    a.title = title;
    a.table = ag->result.table;
    a.spec = ag->spec_json;
    a.sql = mz_buf_cstr(&ag->sql);
    a.is_truncated = mz_rset_is_truncated(ag->result.table);
    mz_spec_range(ag->spec, &a.from_ms, &a.to_ms);

    memset(&id, 0, sizeof(id));
    rc = ag->sink->ops->artifact(ag->sink, &a, &id, err);
    if (rc != MZ_OK || id.s[0] == '\0') {
        return rc;
    }

    o = json_object();
    rc = mz_json_set_str(o, "artifact_id", mz_str_from(id.s));

    if (rc == MZ_OK) {
        rc = mz_json_set_str(o, "kind", mz_str_from(a.kind));
    }

    if (rc == MZ_OK) {
        rc = mz_json_set_str(o, "name", mz_str_from(a.name));
    }

    if (rc == MZ_OK) {
        rc = mz_json_set_str(o, "title", mz_str_from(a.title));
    }

    if (rc == MZ_OK) {
        rc = mz_json_set(o, "rows", json_integer((json_int_t)
                                                 mz_rset_rows(a.table)));
    }

    if (json_array_append_new(ag->artifacts, o) != 0 || rc != MZ_OK) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    return MZ_OK;
}


/* The answer of a question that has none; why may be the text of err. */

static mz_rc_t
mz_agent_refuse(mz_agent_t *ag, const char *why, mz_answer_t *out,
    mz_err_t *err)
{
    char     reason[MZ_ERR_MAX];
    mz_rc_t  rc;

    if (why != NULL) {
        snprintf(reason, sizeof(reason), "%s", why);
        why = reason;
    }

    rc = mz_answer_words(ag->plan.spec, ag->plan.assumptions, why,
                         &ag->headline, &ag->text, err);
    if (rc != MZ_OK) {
        return rc;
    }

    return mz_agent_finish(ag, out, err);
}


static mz_rc_t
mz_agent_finish(mz_agent_t *ag, mz_answer_t *out, mz_err_t *err)
{
    json_t    *spec, *r;
    mz_rc_t    rc;

    spec = ag->spec_json != NULL ? ag->spec_json : ag->plan.spec;
    r = json_object();

    rc = mz_json_set(r, "spec", json_incref(spec));

    if (rc == MZ_OK && ag->sql.len > 0) {
        rc = mz_json_set_str(r, "sql", mz_buf_view(&ag->sql));
    }

    if (rc == MZ_OK) {
        rc = mz_json_set(r, "assumptions", ag->plan.assumptions != NULL
                         ? json_incref(ag->plan.assumptions)
                         : json_array());
    }

    if (rc == MZ_OK) {
        rc = mz_json_set(r, "artifacts", ag->artifacts != NULL
                         ? json_incref(ag->artifacts) : json_array());
    }

    if (rc == MZ_OK) {
        rc = mz_json_set_str(r, "headline", mz_buf_view(&ag->headline));
    }

    if (rc == MZ_OK && ag->result.facts != NULL) {
        rc = mz_json_set(r, "facts", json_incref(ag->result.facts));
    }

    out->result = r;
    out->spec = ag->spec_json != NULL ? json_incref(ag->spec_json) : NULL;
    out->answer = mz_buf_take(&ag->text, NULL);

    if (rc != MZ_OK || out->answer == NULL || ag->sql.rc != MZ_OK) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    return MZ_OK;
}


/*
 * What was run, so that it can be run again: each statement with its
 * parameters as comments.  Strings are JSON there, which has no line ends.
 */

static void
mz_agent_sql(mz_agent_t *ag)
{
    size_t           i, j;
    mz_statement_t  *st;

    for (i = 0; i < ag->query.n; i++) {
        st = &ag->query.statements[i];

        if (i > 0) {
            mz_buf_add_c(&ag->sql, ";\n\n");
        }

        for (j = 0; j < st->nparams; j++) {
            mz_buf_addf(&ag->sql, "-- $%zu = ", j + 1);
            mz_value_write_json(&ag->sql, st->params[j].dtype,
                                &st->params[j].value);
            mz_buf_add_char(&ag->sql, '\n');
        }

        mz_buf_add_str(&ag->sql, mz_str_trim(mz_buf_view(&st->sql)));
    }
}


static bool
mz_agent_is_analysis(const json_t *plan)
{
    mz_str_t  kind;

    kind = mz_json_get_str(plan, "kind");

    return !mz_str_eq_c(kind, "clarify") && !mz_str_eq_c(kind, "plan")
           && !mz_str_eq_c(kind, "unsupported");
}


static mz_rc_t
mz_agent_progress(mz_agent_t *ag, const char *phase, const char *text,
    mz_err_t *err)
{
    return ag->sink->ops->progress(ag->sink, phase, text, err);
}


static void
mz_agent_free(mz_agent_t *ag)
{
    size_t  i;

    for (i = 0; ag->rows != NULL && i < ag->query.n; i++) {
        mz_rset_free(ag->rows[i]);
    }

    free(ag->rows);
    mz_result_free(&ag->result);
    mz_query_free(&ag->query);
    mz_spec_free(ag->spec);
    mz_plan_free(&ag->plan);
    json_decref(ag->spec_json);
    json_decref(ag->artifacts);
    mz_buf_free(&ag->sql);
    mz_buf_free(&ag->headline);
    mz_buf_free(&ag->text);
}
