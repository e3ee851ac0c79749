
#include "agent/queue/ctl_find.h"
#include "base/mz_str.h"
#include "base/mz_utf8.h"


/* One walk over the dead letters: where it is in each partition. */

typedef struct {
    mz_queue_id_t   before[MZ_STORE_PARTITIONS_MAX];
    bool            is_over[MZ_STORE_PARTITIONS_MAX];
    int64_t         page;
    mz_ctl_dead_pt  visit;
    void           *data;
} mz_ctl_dead_walk_t;

static mz_rc_t mz_ctl_live_page(const redisReply *r,
    mz_overview_cursor_t *cursor, mz_ctl_live_pt visit, void *data,
    bool *is_enough, mz_err_t *err);
static mz_rc_t mz_ctl_dead_round(mz_ctl_t *ctl, mz_ctl_dead_walk_t *w,
    bool *is_more, mz_err_t *err);
static mz_rc_t mz_ctl_dead_page(const redisReply *r, mz_ctl_dead_walk_t *w,
    unsigned part, mz_err_t *err);
static bool mz_ctl_found_live(void *data, const mz_overview_run_t *who);
static bool mz_ctl_found_dead(void *data, const mz_overview_dead_t *dead,
    unsigned part);
static mz_rc_t mz_ctl_find_key(mz_ctl_t *ctl, const mz_id_t *run,
    mz_ctl_found_t *out, mz_err_t *err);
static mz_rc_t mz_ctl_find_read(mz_ctl_t *ctl, mz_ctl_found_t *out,
    mz_err_t *err);


mz_rc_t
mz_ctl_walk_live(mz_ctl_t *ctl, const mz_id_t *only, mz_ctl_live_pt visit,
    void *data, mz_err_t *err)
{
    bool                  is_enough, is_more;
    size_t                n;
    mz_rc_t               rc;
    unsigned              i;
    mz_cmds_t             c;
    mz_replies_t          replies;
    mz_overview_cursor_t  cursors[MZ_STORE_PARTITIONS_MAX];

    memset(cursors, 0, sizeof(cursors));
    is_enough = false;

    do {
        mz_cmds_init(&c);

        for (i = 0; i < ctl->store.partitions; i++) {
            if (!cursors[i].is_over) {
                mz_overview_live(&c, &ctl->store, i, &cursors[i], only);
            }
        }

        rc = mz_ctl_run(ctl, &c, &replies, err);
        is_more = false;
        n = 0;

        for (i = 0; i < ctl->store.partitions && rc == MZ_OK; i++) {
            if (!cursors[i].is_over) {
                rc = mz_ctl_live_page(mz_replies_at(&replies, n++),
                                      &cursors[i], visit, data, &is_enough,
                                      err);
                is_more |= !cursors[i].is_over;
            }
        }

        mz_replies_free(&replies);

    } while (rc == MZ_OK && is_more && !is_enough);

    return rc;
}


mz_rc_t
mz_ctl_walk_dead(mz_ctl_t *ctl, int64_t page, bool is_one,
    mz_ctl_dead_pt visit, void *data, mz_err_t *err)
{
    bool                 is_more;
    size_t               n;
    mz_rc_t              rc;
    mz_ctl_dead_walk_t  *w;

    w = calloc(1, sizeof(mz_ctl_dead_walk_t));
    if (w == NULL) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    w->page = page;
    w->visit = visit;
    w->data = data;
    n = 0;

    do {
        rc = mz_ctl_dead_round(ctl, w, &is_more, err);
    } while (rc == MZ_OK && is_more && !is_one && ++n < MZ_CTL_DEAD_PAGES);

    free(w);

    return rc;
}


mz_rc_t
mz_ctl_find(mz_ctl_t *ctl, const mz_id_t *run, mz_ctl_found_t *out,
    mz_err_t *err)
{
    mz_rc_t  rc;

    memset(out, 0, sizeof(mz_ctl_found_t));
    out->who.run = *run;

    rc = mz_ctl_walk_live(ctl, run, mz_ctl_found_live, out, err);

    if (rc == MZ_OK && out->who.scope[0] == '\0') {
        rc = mz_ctl_walk_dead(ctl, MZ_OVERVIEW_PAGE, false,
                              mz_ctl_found_dead, out, err);
    }

    if (rc == MZ_OK && out->who.scope[0] == '\0') {
        rc = mz_ctl_find_key(ctl, run, out, err);
    }

    if (rc == MZ_OK) {
        out->part = mz_store_partition(&ctl->store,
                                       mz_str_from(out->who.scope));
        rc = mz_ctl_find_read(ctl, out, err);
    }

    if (rc != MZ_OK) {
        mz_ctl_find_free(out);
    }

    return rc;
}


void
mz_ctl_find_free(mz_ctl_found_t *found)
{
    mz_replies_free(&found->replies);
}


static mz_rc_t
mz_ctl_live_page(const redisReply *r, mz_overview_cursor_t *cursor,
    mz_ctl_live_pt visit, void *data, bool *is_enough, mz_err_t *err)
{
    size_t             i, n;
    mz_rc_t            rc;
    mz_overview_run_t  who;

    rc = mz_overview_live_decode(r, cursor, &n, err);

    for (i = 0; rc == MZ_OK && i < n && !*is_enough; i++) {
        if (mz_overview_live_at(r, i, &who)) {
            *is_enough = !visit(data, &who);
        }
    }

    return rc;
}


static mz_rc_t
mz_ctl_dead_round(mz_ctl_t *ctl, mz_ctl_dead_walk_t *w, bool *is_more,
    mz_err_t *err)
{
    size_t        n;
    mz_rc_t       rc;
    unsigned      i;
    mz_cmds_t     c;
    mz_replies_t  replies;

    mz_cmds_init(&c);

    for (i = 0; i < ctl->store.partitions; i++) {
        if (!w->is_over[i]) {
            mz_overview_dead(&c, &ctl->store, i, w->before[i].s[0]
                             ? &w->before[i] : NULL, w->page);
        }
    }

    rc = mz_ctl_run(ctl, &c, &replies, err);
    *is_more = false;
    n = 0;

    for (i = 0; i < ctl->store.partitions && rc == MZ_OK; i++) {
        if (!w->is_over[i]) {
            rc = mz_ctl_dead_page(mz_replies_at(&replies, n++), w, i, err);
            *is_more |= !w->is_over[i];
        }
    }

    mz_replies_free(&replies);

    return rc;
}


static mz_rc_t
mz_ctl_dead_page(const redisReply *r, mz_ctl_dead_walk_t *w, unsigned part,
    mz_err_t *err)
{
    size_t              i, n;
    mz_rc_t             rc;
    mz_overview_dead_t  dead;

    rc = mz_overview_dead_decode(r, &n, err);
    w->is_over[part] = rc != MZ_OK || (int64_t) n < w->page;

    for (i = 0; rc == MZ_OK && i < n; i++) {
        if (mz_overview_dead_at(r, i, &dead) == MZ_OK
            && !w->visit(w->data, &dead, part))
        {
            memset(w->is_over, true, sizeof(w->is_over));
            return MZ_OK;
        }

        w->before[part] = dead.entry;
    }

    return rc;
}


static bool
mz_ctl_found_live(void *data, const mz_overview_run_t *who)
{
    mz_ctl_found_t  *found;

    found = data;

    if (strcmp(who->run.s, found->who.run.s) != 0) {
        return true;
    }

    found->who = *who;

    return false;
}


static bool
mz_ctl_found_dead(void *data, const mz_overview_dead_t *dead, unsigned part)
{
    mz_str_t         reason;
    mz_ctl_found_t  *found;

    (void) part;
    found = data;

    if (strcmp(dead->who.run.s, found->who.run.s) != 0) {
        return true;
    }

    reason = mz_utf8_prefix_bytes(dead->reason, MZ_CTL_REASON_MAX);

    found->who = dead->who;
    found->is_dead = true;
    found->entry = dead->entry;
    found->dead_ms = dead->at_ms;
    snprintf(found->reason, sizeof(found->reason), "%.*s", (int) reason.len,
             reason.data);

    return false;
}


/* Of a run that is over and has no dead letter nothing but its keys say whose
 * it is. */

static mz_rc_t
mz_ctl_find_key(mz_ctl_t *ctl, const mz_id_t *run, mz_ctl_found_t *out,
    mz_err_t *err)
{
    size_t                n;
    mz_rc_t               rc;
    mz_cmds_t             c;
    mz_replies_t          replies;
    mz_overview_cursor_t  cursor;

    memset(&cursor, 0, sizeof(cursor));

    for (n = 0; n < MZ_CTL_SCAN_STEPS; n++) {
        mz_cmds_init(&c);
        mz_overview_scan(&c, &ctl->store, &cursor, run);

        rc = mz_ctl_run(ctl, &c, &replies, err);

        if (rc == MZ_OK) {
            rc = mz_overview_scan_decode(&ctl->store,
                                         mz_replies_at(&replies, 0), &cursor,
                                         &out->who, err);
            mz_replies_free(&replies);
        }

        if (rc != MZ_NOT_FOUND) {
            return rc;
        }

        if (cursor.is_over) {
            return mz_fail(err, MZ_NOT_FOUND, "there is no run %s (ended "
                           "ones are kept for the retention)", run->s);
        }
    }

    return mz_fail(err, MZ_LIMIT, "run %s is not among the first %lld keys",
                   run->s, (long long) MZ_CTL_SCAN_STEPS * MZ_OVERVIEW_PAGE);
}


static mz_rc_t
mz_ctl_find_read(mz_ctl_t *ctl, mz_ctl_found_t *out, mz_err_t *err)
{
    mz_rc_t    rc;
    mz_cmds_t  c;

    mz_cmds_init(&c);
    mz_run_get(&c, &ctl->store, mz_str_from(out->who.scope), &out->who.run);

    rc = mz_ctl_run(ctl, &c, &out->replies, err);

    if (rc == MZ_OK) {
        rc = mz_run_decode(mz_replies_at(&out->replies, 0), &out->run, err);
    }

    if (rc == MZ_NOT_FOUND && out->is_dead) {
        out->is_gone = true;
        return MZ_OK;
    }

    if (rc == MZ_NOT_FOUND) {
        return mz_fail(err, MZ_NOT_FOUND, "run %s has expired",
                       out->who.run.s);
    }

    return rc;
}
