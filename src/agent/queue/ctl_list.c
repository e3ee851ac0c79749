
#include "agent/queue/ctl_list.h"
#include "agent/queue/ctl_text.h"
#include "base/mz_str.h"


#define MZ_CTL_LIST_PROMPT  60      /* characters of a prompt */

typedef struct {
    mz_buf_t  *b;
    json_t    *rows;
    int64_t    now_ms;
} mz_ctl_list_out_t;

static mz_rc_t mz_ctl_list_projects(mz_ctl_list_t *list, mz_err_t *err);
static void mz_ctl_list_shares(mz_buf_t *b, const mz_ctl_list_t *list);
static void mz_ctl_list_more(mz_buf_t *b, const mz_ctl_list_t *list,
    const bool wanted[MZ_CTL_STATES], int64_t limit);
static mz_rc_t mz_ctl_list_row(void *data, const mz_ctl_row_t *row,
    const mz_run_t *run, mz_err_t *err);
static int mz_ctl_list_json(mz_ctl_t *ctl, const mz_ctl_list_t *list,
    const bool wanted[MZ_CTL_STATES], int64_t limit);
static json_t *mz_ctl_list_head(const mz_ctl_t *ctl,
    const mz_ctl_list_t *list);
static json_t *mz_ctl_list_head_projects(const mz_ctl_list_t *list);
static mz_rc_t mz_ctl_list_json_row(void *data, const mz_ctl_row_t *row,
    const mz_run_t *run, mz_err_t *err);
static int mz_ctl_list_by_project(const void *a, const void *b);
static int mz_ctl_list_by_share(const void *a, const void *b);


int
mz_ctl_list(mz_ctl_t *ctl, const mz_ctl_options_t *o, const mz_id_t *run)
{
    int            code;
    bool           wanted[MZ_CTL_STATES];
    mz_rc_t        rc;
    mz_buf_t       b;
    mz_err_t       err;
    mz_ctl_list_t  list;

    (void) run;

    if (mz_ctl_list_state(o->state, wanted, &err) != MZ_OK) {
        (void) mz_ctl_fail(&err);
        return MZ_EXIT_USAGE;
    }

    rc = mz_ctl_list_read(ctl, &list, o->limit, &err);
    if (rc != MZ_OK) {
        return mz_ctl_fail(&err);
    }

    if (o->json) {
        code = mz_ctl_list_json(ctl, &list, wanted, o->limit);

    } else {
        mz_buf_init(&b, 0);
        rc = mz_ctl_list_text(ctl, &list, wanted, o->limit, &b, &err);
        code = rc == MZ_OK ? mz_ctl_print(ctl, &b) : mz_ctl_fail(&err);
        mz_buf_free(&b);
    }

    mz_ctl_list_free(&list);

    return code;
}


mz_rc_t
mz_ctl_list_state(const char *state, bool wanted[MZ_CTL_STATES],
    mz_err_t *err)
{
    int   i;
    bool  is_one;

    is_one = false;

    for (i = 0; i < MZ_CTL_STATES; i++) {
        wanted[i] = strcmp(state, "all") == 0
                    || strcmp(state, mz_ctl_state_name(i)) == 0;
        is_one |= wanted[i];
    }

    return is_one ? MZ_OK
                  : mz_fail(err, MZ_INVALID, "--state is queued, running, "
                            "dead or all");
}


mz_rc_t
mz_ctl_list_read(mz_ctl_t *ctl, mz_ctl_list_t *list, int64_t limit,
    mz_err_t *err)
{
    mz_rc_t  rc;

    memset(list, 0, sizeof(mz_ctl_list_t));

    rc = mz_ctl_counts(ctl, &list->counts, err);

    if (rc == MZ_OK) {
        rc = mz_ctl_rows_live(ctl, &list->rows, err);
    }

    if (rc == MZ_OK) {
        rc = mz_ctl_list_projects(list, err);
    }

    if (rc == MZ_OK) {
        rc = mz_ctl_rows_dead(ctl, &list->rows, limit, err);
    }

    list->now_ms = mz_ctl_now(ctl);

    if (rc != MZ_OK) {
        mz_ctl_list_free(list);
    }

    return rc;
}


void
mz_ctl_list_free(mz_ctl_list_t *list)
{
    mz_ctl_rows_free(&list->rows);
    free(list->projects);
    list->projects = NULL;
}


void
mz_ctl_list_counts(mz_buf_t *b, const mz_overview_counts_t *counts,
    int64_t now_ms)
{
    mz_buf_addf(b, "queued %lld", (long long) counts->queued);

    if (counts->oldest_ms > 0) {
        mz_buf_add_c(b, " (oldest ");
        mz_ctl_text_span(b, now_ms - counts->oldest_ms);
        mz_buf_add_c(b, ")");
    }

    mz_buf_addf(b, "  running %lld  dead %lld  workers %lld",
                (long long) (counts->live > counts->queued
                             ? counts->live - counts->queued : 0),
                (long long) counts->dead, (long long) counts->workers);

    if (counts->paused > 0) {
        mz_buf_add_c(b, "  paused for ");
        mz_ctl_text_span(b, now_ms - counts->paused_ms);
    }
}


mz_rc_t
mz_ctl_list_text(mz_ctl_t *ctl, const mz_ctl_list_t *list,
    const bool wanted[MZ_CTL_STATES], int64_t limit, mz_buf_t *b,
    mz_err_t *err)
{
    mz_rc_t            rc;
    mz_ctl_list_out_t  out;

    mz_ctl_list_counts(b, &list->counts, list->now_ms);

    if (list->counts.paused > 0
        && list->counts.paused < ctl->store.partitions)
    {
        mz_buf_addf(b, " (%u of %u partitions)", list->counts.paused,
                    ctl->store.partitions);
    }

    if (list->counts.is_partial || list->rows.is_cut) {
        mz_buf_add_c(b, "  (there are more than were counted)");
    }

    mz_buf_add_char(b, '\n');
    mz_ctl_list_shares(b, list);

    memset(&out, 0, sizeof(out));
    out.b = b;
    out.now_ms = list->now_ms;

    mz_buf_add_c(b, "\nRUN                           STATE    TRY   AGE   "
                 "LEASE  PHASE       WORKER / PROMPT / REASON\n");

    rc = mz_ctl_rows_read(ctl, &list->rows, wanted, (size_t) limit,
                          mz_ctl_list_row, &out, err);
    mz_ctl_list_more(b, list, wanted, limit);

    if (rc == MZ_OK && b->rc != MZ_OK) {
        rc = mz_fail(err, b->rc, "out of memory");
    }

    return rc;
}


/* Sorts a copy of the rows' projects together, and counts them. */

static mz_rc_t
mz_ctl_list_projects(mz_ctl_list_t *list, mz_err_t *err)
{
    size_t             i, n;
    mz_ctl_project_t  *p;

    if (list->rows.n == 0) {
        return MZ_OK;
    }

    p = calloc(list->rows.n, sizeof(mz_ctl_project_t));
    if (p == NULL) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    for (i = 0; i < list->rows.n; i++) {
        memcpy(p[i].id, list->rows.v[i].project, sizeof(p[i].id));
        p[i].queued = list->rows.v[i].state == MZ_CTL_QUEUED;
        p[i].running = list->rows.v[i].state == MZ_CTL_RUNNING;
    }

    qsort(p, list->rows.n, sizeof(mz_ctl_project_t), mz_ctl_list_by_project);

    for (i = 1, n = 0; i < list->rows.n; i++) {

        if (strcmp(p[n].id, p[i].id) == 0) {
            p[n].queued += p[i].queued;
            p[n].running += p[i].running;

        } else {
            p[++n] = p[i];
        }
    }

    list->projects = p;
    list->n_projects = n + 1;
    qsort(p, n + 1, sizeof(mz_ctl_project_t), mz_ctl_list_by_share);

    return MZ_OK;
}


static void
mz_ctl_list_shares(mz_buf_t *b, const mz_ctl_list_t *list)
{
    size_t                   i;
    int64_t                  all;
    const mz_ctl_project_t  *p;

    all = 0;

    for (i = 0; i < list->n_projects; i++) {
        all += list->projects[i].queued + list->projects[i].running;
    }

    if (all > 0) {
        mz_buf_add_c(b, "\nPROJECT                           QUEUED  RUNNING"
                     "  SHARE\n");
    }

    for (i = 0; i < list->n_projects && i < MZ_CTL_LIST_PROJECTS; i++) {
        p = &list->projects[i];

        mz_buf_addf(b, "%-32s  %6lld  %7lld  %4lld%%\n",
                    p->id[0] ? p->id : "-", (long long) p->queued,
                    (long long) p->running,
                    (long long) (100 * (p->queued + p->running) / all));
    }

    if (list->n_projects > MZ_CTL_LIST_PROJECTS) {
        mz_buf_addf(b, "and %zu more projects\n",
                    list->n_projects - MZ_CTL_LIST_PROJECTS);
    }
}


static void
mz_ctl_list_more(mz_buf_t *b, const mz_ctl_list_t *list,
    const bool wanted[MZ_CTL_STATES], int64_t limit)
{
    size_t   i;
    int64_t  n;

    n = wanted[MZ_CTL_DEAD] ? list->counts.dead : 0;

    for (i = 0; i < list->rows.n; i++) {
        n += list->rows.v[i].state != MZ_CTL_DEAD
             && wanted[list->rows.v[i].state];
    }

    if (n > limit) {
        mz_buf_addf(b, "and %lld more (--limit, --state)\n",
                    (long long) (n - limit));
    }
}


static mz_rc_t
mz_ctl_list_row(void *data, const mz_ctl_row_t *row, const mz_run_t *run,
    mz_err_t *err)
{
    size_t              at;
    mz_buf_t           *b;
    mz_ctl_list_out_t  *out;

    (void) err;
    out = data;
    b = out->b;

    mz_buf_addf(b, "%s  %-7s  ", row->who.run.s,
                mz_ctl_state_name(row->state));

    at = b->len;

    if (run != NULL) {
        mz_buf_addf(b, "%lld/%lld", (long long) run->attempt,
                    (long long) run->max_attempts);
    } else {
        mz_buf_add_char(b, '-');
    }

    mz_ctl_text_pad(b, at, 6);

    at = b->len;
    mz_ctl_text_span(b, out->now_ms - row->at_ms);
    mz_ctl_text_pad(b, at, 6);

    at = b->len;

    if (row->state != MZ_CTL_RUNNING || run == NULL) {
        mz_buf_add_char(b, '-');

    } else if (run->lease_ms > out->now_ms) {
        mz_ctl_text_span(b, run->lease_ms - out->now_ms);

    } else {
        mz_buf_add_c(b, "over");
    }

    mz_ctl_text_pad(b, at, 7);

    at = b->len;
    mz_ctl_text_add(b, run != NULL && run->phase.len ? run->phase
                                                     : mz_str("-"), 20);
    mz_ctl_text_pad(b, at, 12);

    if (row->state == MZ_CTL_RUNNING && run != NULL) {
        mz_ctl_text_add(b, run->worker, 64);
        mz_buf_add_c(b, "  ");
    }

    if (run != NULL) {
        mz_ctl_text_quote(b, run->prompt, MZ_CTL_LIST_PROMPT);
    } else {
        mz_buf_add_c(b, "(expired)");
    }

    if (row->reason != NULL) {
        mz_buf_add_c(b, "  ");
        mz_ctl_text_add(b, mz_str_from(row->reason), 0);
    }

    mz_buf_add_char(b, '\n');

    return MZ_OK;
}


static int
mz_ctl_list_json(mz_ctl_t *ctl, const mz_ctl_list_t *list,
    const bool wanted[MZ_CTL_STATES], int64_t limit)
{
    json_t             *root;
    mz_rc_t             rc;
    mz_err_t            err;
    mz_ctl_list_out_t   out;

    memset(&out, 0, sizeof(out));
    out.now_ms = list->now_ms;
    out.rows = json_array();

    rc = mz_ctl_rows_read(ctl, &list->rows, wanted, (size_t) limit,
                          mz_ctl_list_json_row, &out, &err);
    if (rc != MZ_OK) {
        json_decref(out.rows);
        return mz_ctl_fail(&err);
    }

    root = mz_ctl_list_head(ctl, list);

    if (mz_json_set(root, "runs", out.rows) != MZ_OK) {
        json_decref(root);
        root = NULL;
    }

    return mz_ctl_print_json(ctl, root);
}


static json_t *
mz_ctl_list_head(const mz_ctl_t *ctl, const mz_ctl_list_t *list)
{
    json_t                      *root;
    int64_t                      running;
    const mz_overview_counts_t  *c;

    c = &list->counts;
    running = c->live > c->queued ? c->live - c->queued : 0;
    root = json_object();

    if (mz_json_set(root, "at", json_integer(list->now_ms)) != MZ_OK
        || mz_json_set(root, "partitions", json_integer(ctl->store.partitions))
           != MZ_OK
        || mz_json_set(root, "queued", json_integer(c->queued)) != MZ_OK
        || mz_json_set(root, "running", json_integer(running)) != MZ_OK
        || mz_json_set(root, "dead", json_integer(c->dead)) != MZ_OK
        || mz_json_set(root, "workers", json_integer(c->workers)) != MZ_OK
        || mz_ctl_text_set_time(root, "oldest", c->oldest_ms) != MZ_OK
        || mz_ctl_text_set_time(root, "paused", c->paused_ms) != MZ_OK
        || mz_json_set(root, "paused_partitions", json_integer(c->paused))
           != MZ_OK
        || mz_json_set(root, "complete",
                       json_boolean(!c->is_partial && !list->rows.is_cut))
           != MZ_OK
        || mz_json_set(root, "projects", mz_ctl_list_head_projects(list))
           != MZ_OK)
    {
        json_decref(root);
        return NULL;
    }

    return root;
}


static json_t *
mz_ctl_list_head_projects(const mz_ctl_list_t *list)
{
    size_t                   i;
    json_t                  *all, *one;
    const mz_ctl_project_t  *p;

    all = json_array();

    for (i = 0; i < list->n_projects; i++) {
        p = &list->projects[i];
        one = json_object();

        if (mz_json_set_str(one, "project", mz_str_from(p->id)) != MZ_OK
            || mz_json_set(one, "queued", json_integer(p->queued)) != MZ_OK
            || mz_json_set(one, "running", json_integer(p->running)) != MZ_OK)
        {
            json_decref(one);
            one = NULL;
        }

        if (json_array_append_new(all, one) != 0) {
            json_decref(all);
            return NULL;
        }
    }

    return all;
}


static mz_rc_t
mz_ctl_list_json_row(void *data, const mz_ctl_row_t *row,
    const mz_run_t *run, mz_err_t *err)
{
    json_t             *v;
    mz_run_t            none;
    mz_ctl_list_out_t  *out;

    out = data;
    memset(&none, 0, sizeof(none));
    run = run != NULL ? run : &none;
    v = json_object();

    if (mz_json_set_str(v, "run", mz_str_from(row->who.run.s)) != MZ_OK
        || mz_json_set_str(v, "scope", mz_str_from(row->who.scope)) != MZ_OK
        || mz_json_set_str(v, "state",
                           mz_str_from(mz_ctl_state_name(row->state)))
           != MZ_OK
        || mz_json_set(v, "attempt", json_integer(run->attempt)) != MZ_OK
        || mz_json_set(v, "max_attempts", json_integer(run->max_attempts))
           != MZ_OK
        || mz_ctl_text_set_time(v, "created", run->created_ms) != MZ_OK
        || mz_ctl_text_set_time(v, "started", run->started_ms) != MZ_OK
        || mz_ctl_text_set_time(v, "updated", run->updated_ms) != MZ_OK
        || mz_ctl_text_set_time(v, "lease", run->lease_ms) != MZ_OK
        || mz_ctl_text_set_time(v, "died", row->state == MZ_CTL_DEAD
                                           ? row->at_ms : 0) != MZ_OK
        || mz_ctl_text_set(v, "worker", run->worker) != MZ_OK
        || mz_ctl_text_set(v, "phase", run->phase) != MZ_OK
        || mz_ctl_text_set(v, "project", run->project) != MZ_OK
        || mz_ctl_text_set(v, "conversation", run->conv.s[0]
                           ? mz_str_from(run->conv.s) : mz_null_str) != MZ_OK
        || mz_ctl_text_set(v, "prompt", run->prompt) != MZ_OK
        || mz_ctl_text_set(v, "reason", mz_str_from(row->reason)) != MZ_OK
        || json_array_append(out->rows, v) != 0)
    {
        json_decref(v);
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    json_decref(v);

    return MZ_OK;
}


static int
mz_ctl_list_by_project(const void *a, const void *b)
{
    return strcmp(((const mz_ctl_project_t *) a)->id,
                  ((const mz_ctl_project_t *) b)->id);
}


static int
mz_ctl_list_by_share(const void *a, const void *b)
{
    int64_t                  m, n;
    const mz_ctl_project_t  *x, *y;

    x = a;
    y = b;
    m = x->queued + x->running;
    n = y->queued + y->running;

    if (m != n) {
        return m > n ? -1 : 1;
    }

    return mz_ctl_list_by_project(a, b);
}
