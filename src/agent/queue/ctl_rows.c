
#include "agent/queue/ctl_rows.h"
#include "agent/queue/ctl_find.h"
#include "base/mz_str.h"


typedef struct {
    mz_ctl_rows_t  *rows;
    mz_rc_t         rc;
} mz_ctl_rows_add_t;

static bool mz_ctl_rows_add_live(void *data, const mz_overview_run_t *who);
static bool mz_ctl_rows_add_dead(void *data, const mz_overview_dead_t *dead,
    unsigned part);
static mz_ctl_row_t *mz_ctl_rows_push(mz_ctl_rows_add_t *add,
    const mz_overview_run_t *who);
static void mz_ctl_rows_unique(mz_ctl_rows_t *rows);
static mz_rc_t mz_ctl_rows_page(mz_ctl_t *ctl, mz_ctl_rows_t *rows,
    size_t from, size_t n, size_t *kept, mz_err_t *err);
static mz_rc_t mz_ctl_rows_batch(mz_ctl_t *ctl, const mz_ctl_row_t **batch,
    size_t n, mz_ctl_row_pt visit, void *data, mz_err_t *err);
static mz_rc_t mz_ctl_rows_visit(const mz_ctl_row_t *row,
    const redisReply *r, mz_ctl_row_pt visit, void *data, mz_err_t *err);
static int mz_ctl_rows_by_id(const void *a, const void *b);
static int mz_ctl_rows_by_age(const void *a, const void *b);
static int mz_ctl_rows_by_news(const void *a, const void *b);


const char *
mz_ctl_state_name(mz_ctl_state_t state)
{
    static const char *const  names[] = {
        [MZ_CTL_RUNNING] = "running",
        [MZ_CTL_QUEUED]  = "queued",
        [MZ_CTL_DEAD]    = "dead"
    };

    return state < MZ_CTL_STATES ? names[state] : "unknown";
}


mz_rc_t
mz_ctl_rows_live(mz_ctl_t *ctl, mz_ctl_rows_t *rows, mz_err_t *err)
{
    mz_rc_t            rc;
    mz_ctl_rows_add_t  add;

    add.rows = rows;
    add.rc = MZ_OK;

    rc = mz_ctl_walk_live(ctl, NULL, mz_ctl_rows_add_live, &add, err);

    if (rc == MZ_OK && add.rc != MZ_OK) {
        rc = mz_fail(err, add.rc, "out of memory");
    }

    if (rc == MZ_OK) {
        mz_ctl_rows_unique(rows);
        rc = mz_ctl_rows_refresh(ctl, rows, err);
    }

    if (rc == MZ_OK && rows->n > 0) {
        qsort(rows->v, rows->n, sizeof(mz_ctl_row_t), mz_ctl_rows_by_age);
    }

    return rc;
}


mz_rc_t
mz_ctl_rows_dead(mz_ctl_t *ctl, mz_ctl_rows_t *rows, int64_t limit,
    mz_err_t *err)
{
    size_t             live, i;
    mz_rc_t            rc;
    mz_ctl_rows_add_t  add;

    live = rows->n;
    add.rows = rows;
    add.rc = MZ_OK;

    rc = mz_ctl_walk_dead(ctl, limit, true, mz_ctl_rows_add_dead, &add, err);

    if (rc == MZ_OK && add.rc != MZ_OK) {
        rc = mz_fail(err, add.rc, "out of memory");
    }

    if (rc != MZ_OK || rows->n == live) {
        return rc;
    }

    qsort(rows->v + live, rows->n - live, sizeof(mz_ctl_row_t),
          mz_ctl_rows_by_news);

    for (i = live + (size_t) limit; i < rows->n; i++) {
        free(rows->v[i].reason);
    }

    if (rows->n > live + (size_t) limit) {
        rows->n = live + (size_t) limit;
    }

    return MZ_OK;
}


void
mz_ctl_rows_free(mz_ctl_rows_t *rows)
{
    size_t  i;

    for (i = 0; i < rows->n; i++) {
        free(rows->v[i].reason);
    }

    free(rows->v);
    memset(rows, 0, sizeof(mz_ctl_rows_t));
}


mz_rc_t
mz_ctl_rows_read(mz_ctl_t *ctl, const mz_ctl_rows_t *rows,
    const bool wanted[MZ_CTL_STATES], size_t n, mz_ctl_row_pt visit,
    void *data, mz_err_t *err)
{
    size_t               i, k;
    mz_rc_t              rc;
    const mz_ctl_row_t  *batch[MZ_CTL_BATCH];

    k = 0;
    rc = MZ_OK;

    for (i = 0; i < rows->n && n > 0 && rc == MZ_OK; i++) {

        if (!wanted[rows->v[i].state]) {
            continue;
        }

        batch[k++] = &rows->v[i];
        n--;

        if (k == MZ_CTL_BATCH) {
            rc = mz_ctl_rows_batch(ctl, batch, k, visit, data, err);
            k = 0;
        }
    }

    if (rc == MZ_OK && k > 0) {
        rc = mz_ctl_rows_batch(ctl, batch, k, visit, data, err);
    }

    return rc;
}


mz_rc_t
mz_ctl_rows_refresh(mz_ctl_t *ctl, mz_ctl_rows_t *rows, mz_err_t *err)
{
    size_t   i, n, kept;
    mz_rc_t  rc;

    kept = 0;
    rc = MZ_OK;

    for (i = 0; i < rows->n && rc == MZ_OK; i += n) {
        n = rows->n - i < MZ_OVERVIEW_PAGE ? rows->n - i : MZ_OVERVIEW_PAGE;
        rc = mz_ctl_rows_page(ctl, rows, i, n, &kept, err);
    }

    if (rc == MZ_OK) {
        rows->n = kept;
    }

    return rc;
}


static bool
mz_ctl_rows_add_live(void *data, const mz_overview_run_t *who)
{
    mz_ctl_rows_add_t  *add;

    add = data;

    if (add->rows->n == MZ_CTL_ROWS_MAX) {
        add->rows->is_cut = true;
        return false;
    }

    return mz_ctl_rows_push(add, who) != NULL;
}


static bool
mz_ctl_rows_add_dead(void *data, const mz_overview_dead_t *dead,
    unsigned part)
{
    mz_ctl_row_t       *row;
    mz_ctl_rows_add_t  *add;

    (void) part;
    add = data;

    row = mz_ctl_rows_push(add, &dead->who);
    if (row == NULL) {
        return false;
    }

    row->state = MZ_CTL_DEAD;
    row->at_ms = dead->at_ms;
    row->reason = mz_str_dup(dead->reason);

    if (row->reason == NULL) {
        add->rc = MZ_NOMEM;
        return false;
    }

    return true;
}


static mz_ctl_row_t *
mz_ctl_rows_push(mz_ctl_rows_add_t *add, const mz_overview_run_t *who)
{
    size_t          cap;
    mz_ctl_row_t   *v;
    mz_ctl_rows_t  *rows;

    rows = add->rows;

    if (rows->n == rows->cap) {
        cap = rows->cap ? 2 * rows->cap : 256;
        v = realloc(rows->v, cap * sizeof(mz_ctl_row_t));

        if (v == NULL) {
            add->rc = MZ_NOMEM;
            return NULL;
        }

        rows->v = v;
        rows->cap = cap;
    }

    v = &rows->v[rows->n++];
    memset(v, 0, sizeof(mz_ctl_row_t));
    v->who = *who;

    return v;
}


/* A walk may come by twice. */

static void
mz_ctl_rows_unique(mz_ctl_rows_t *rows)
{
    size_t  i, n;

    if (rows->n == 0) {
        return;
    }

    qsort(rows->v, rows->n, sizeof(mz_ctl_row_t), mz_ctl_rows_by_id);

    for (i = 1, n = 1; i < rows->n; i++) {
        if (mz_ctl_rows_by_id(&rows->v[n - 1], &rows->v[i]) != 0) {
            rows->v[n++] = rows->v[i];
        }
    }

    rows->n = n;
}


static mz_rc_t
mz_ctl_rows_page(mz_ctl_t *ctl, mz_ctl_rows_t *rows, size_t from, size_t n,
    size_t *kept, mz_err_t *err)
{
    size_t         i;
    mz_rc_t        rc;
    mz_run_t       run;
    mz_cmds_t      c;
    mz_ctl_row_t   row;
    mz_replies_t   replies;

    mz_cmds_init(&c);

    for (i = 0; i < n; i++) {
        mz_overview_brief(&c, &ctl->store, &rows->v[from + i].who);
    }

    rc = mz_ctl_run(ctl, &c, &replies, err);

    for (i = 0; i < n && rc == MZ_OK; i++) {
        rc = mz_overview_brief_decode(mz_replies_at(&replies, i), &run, err);

        if (rc == MZ_NOT_FOUND) {
            rc = MZ_OK;
            continue;
        }

        if (rc != MZ_OK || mz_run_status_is_terminal(run.status)) {
            continue;
        }

        row = rows->v[from + i];
        row.state = run.status == MZ_RUN_RUNNING ? MZ_CTL_RUNNING
                                                 : MZ_CTL_QUEUED;
        row.at_ms = run.created_ms;
        row.lease_ms = run.lease_ms;
        snprintf(row.project, sizeof(row.project), "%.*s",
                 mz_store_is_scope(run.project) ? MZ_SCOPE_LEN : 0,
                 run.project.data ? run.project.data : "");
        rows->v[(*kept)++] = row;
    }

    mz_replies_free(&replies);

    return rc;
}


static mz_rc_t
mz_ctl_rows_batch(mz_ctl_t *ctl, const mz_ctl_row_t **batch, size_t n,
    mz_ctl_row_pt visit, void *data, mz_err_t *err)
{
    size_t        i;
    mz_rc_t       rc;
    mz_cmds_t     c;
    mz_replies_t  replies;

    mz_cmds_init(&c);

    for (i = 0; i < n; i++) {
        mz_overview_row(&c, &ctl->store, &batch[i]->who);
    }

    rc = mz_ctl_run(ctl, &c, &replies, err);

    for (i = 0; i < n && rc == MZ_OK; i++) {
        rc = mz_ctl_rows_visit(batch[i], mz_replies_at(&replies, i), visit,
                               data, err);
    }

    mz_replies_free(&replies);

    return rc;
}


/* What it is now counts, if it changed since it was collected. */

static mz_rc_t
mz_ctl_rows_visit(const mz_ctl_row_t *row, const redisReply *r,
    mz_ctl_row_pt visit, void *data, mz_err_t *err)
{
    mz_rc_t       rc;
    mz_run_t      run;
    mz_ctl_row_t  now;

    rc = mz_overview_row_decode(r, &run, err);

    if (rc == MZ_NOT_FOUND) {
        return row->state == MZ_CTL_DEAD ? visit(data, row, NULL, err)
                                         : MZ_OK;
    }

    if (rc != MZ_OK) {
        return rc;
    }

    now = *row;

    if (row->state != MZ_CTL_DEAD) {

        if (mz_run_status_is_terminal(run.status)) {
            return MZ_OK;
        }

        now.state = run.status == MZ_RUN_RUNNING ? MZ_CTL_RUNNING
                                                 : MZ_CTL_QUEUED;
    }

    return visit(data, &now, &run, err);
}


static int
mz_ctl_rows_by_id(const void *a, const void *b)
{
    int                  order;
    const mz_ctl_row_t  *x, *y;

    x = a;
    y = b;
    order = strcmp(x->who.run.s, y->who.run.s);

    return order ? order : strcmp(x->who.scope, y->who.scope);
}


static int
mz_ctl_rows_by_age(const void *a, const void *b)
{
    const mz_ctl_row_t  *x, *y;

    x = a;
    y = b;

    if (x->state != y->state) {
        return x->state < y->state ? -1 : 1;
    }

    if (x->at_ms != y->at_ms) {
        return x->at_ms < y->at_ms ? -1 : 1;
    }

    return mz_ctl_rows_by_id(a, b);
}


static int
mz_ctl_rows_by_news(const void *a, const void *b)
{
    const mz_ctl_row_t  *x, *y;

    x = a;
    y = b;

    if (x->at_ms != y->at_ms) {
        return x->at_ms > y->at_ms ? -1 : 1;
    }

    return mz_ctl_rows_by_id(a, b);
}
