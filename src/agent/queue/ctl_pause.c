
#include <errno.h>
#include <time.h>

#include "agent/queue/ctl_rows.h"
#include "base/mz_str.h"
#include "base/mz_time.h"
#include "store/operate.h"


#define MZ_CTL_DRAIN_LOOK_MS  500
#define MZ_CTL_DRAIN_SAY_MS   10000
#define MZ_CTL_DRAIN_NAMES    10    /* runs that are named when it fails */

/* A lease that ran out so long ago holds nobody any more: its worker is gone
 * and there is none that sweeps. */
#define MZ_CTL_DRAIN_OVER_MS  (2 * MZ_RUN_LEASE_MS)

/* One drain: what still runs, and since when nobody may claim. */

typedef struct {
    mz_ctl_t       *ctl;
    mz_ctl_rows_t   rows;
    size_t          said;           /* how many, the last time */
    int64_t         say_ms;
    int64_t         end_ms;
    bool            is_away;        /* Redis was, the last time */
    bool            is_resumed;     /* by somebody else */
    mz_backoff_t    backoff;
} mz_ctl_drain_t;

static mz_rc_t mz_ctl_pause_set(mz_ctl_t *ctl, unsigned *changed,
    mz_err_t *err);
static int mz_ctl_drain_wait(mz_ctl_drain_t *d);
static mz_rc_t mz_ctl_drain_look(mz_ctl_drain_t *d, mz_err_t *err);
static void mz_ctl_drain_keep(mz_ctl_drain_t *d);
static void mz_ctl_drain_progress(mz_ctl_drain_t *d);
static int mz_ctl_drain_late(const mz_ctl_drain_t *d);
static mz_rc_t mz_ctl_resume_wake(mz_ctl_t *ctl, mz_err_t *err);
static int mz_ctl_pause_line(const mz_ctl_t *ctl, const char *text);
static void mz_ctl_pause_sleep(int64_t ms);
static int64_t mz_ctl_pause_clock(void);


int
mz_ctl_drain(mz_ctl_t *ctl, const mz_ctl_options_t *o, const mz_id_t *run)
{
    int             code;
    mz_err_t        err;
    unsigned        changed;
    mz_ctl_drain_t  d;

    (void) run;

    if (mz_ctl_pause_set(ctl, &changed, &err) != MZ_OK) {
        return mz_ctl_fail(&err);
    }

    code = mz_ctl_pause_line(ctl, changed > 0
                             ? "paused: no worker claims a run any more\n"
                             : "paused already\n");
    if (code != MZ_EXIT_OK || o->no_wait) {
        return code;
    }

    memset(&d, 0, sizeof(d));
    d.ctl = ctl;
    d.said = SIZE_MAX;
    d.end_ms = o->timeout_ms > 0 ? mz_ctl_pause_clock() + o->timeout_ms
                                 : INT64_MAX;

    /* After the pause no other run can begin: these are all. */

    if (mz_ctl_rows_live(ctl, &d.rows, &err) == MZ_OK) {
        code = mz_ctl_drain_wait(&d);

    } else {
        code = mz_ctl_fail(&err);
    }

    mz_ctl_rows_free(&d.rows);

    return code;
}


int
mz_ctl_resume(mz_ctl_t *ctl, const mz_ctl_options_t *o, const mz_id_t *run)
{
    mz_rc_t       rc;
    mz_err_t      err;
    mz_cmds_t     c;
    unsigned      changed;
    mz_replies_t  replies;

    (void) o;
    (void) run;

    mz_cmds_init(&c);
    mz_operate_resume(&c, &ctl->store);
    rc = mz_ctl_run(ctl, &c, &replies, &err);

    if (rc == MZ_OK) {
        rc = mz_operate_pause_decode(replies.replies, replies.n, &changed,
                                     &err);
        mz_replies_free(&replies);
    }

    if (rc == MZ_OK) {
        rc = mz_ctl_resume_wake(ctl, &err);
    }

    if (rc != MZ_OK) {
        return mz_ctl_fail(&err);
    }

    return mz_ctl_pause_line(ctl, changed > 0
                             ? "resumed: workers claim runs again\n"
                             : "was not paused\n");
}


static mz_rc_t
mz_ctl_pause_set(mz_ctl_t *ctl, unsigned *changed, mz_err_t *err)
{
    mz_rc_t       rc;
    mz_cmds_t     c;
    mz_replies_t  replies;

    mz_cmds_init(&c);
    mz_operate_pause(&c, &ctl->store, mz_ctl_now(ctl));
    rc = mz_ctl_run(ctl, &c, &replies, err);

    if (rc == MZ_OK) {
        rc = mz_operate_pause_decode(replies.replies, replies.n, changed,
                                     err);
        mz_replies_free(&replies);
    }

    return rc;
}


/* A Redis that is away for a while does not end it. */

static int
mz_ctl_drain_wait(mz_ctl_drain_t *d)
{
    int64_t   left, ms;
    mz_rc_t   rc;
    mz_err_t  err;

    for ( ;; ) {
        rc = mz_ctl_drain_look(d, &err);

        if (rc == MZ_OK && d->is_resumed) {
            mz_ctl_say("the queue is not paused any more (resumed, or lost "
                       "in a failover): not drained");
            return MZ_EXIT_FAILED;
        }

        if (rc == MZ_OK && d->rows.n == 0 && d->rows.is_cut) {
            mz_ctl_say("more runs wait than are looked at: whether one of "
                       "them is being worked on is not known; the queue "
                       "stays paused");
            return MZ_EXIT_FAILED;
        }

        if (rc == MZ_OK && d->rows.n == 0) {
            return mz_ctl_pause_line(d->ctl, "drained: no run is being "
                                     "worked on\n");
        }

        if (rc != MZ_OK && rc != MZ_UNAVAILABLE) {
            return mz_ctl_fail(&err);
        }

        ms = MZ_CTL_DRAIN_LOOK_MS;

        if (rc == MZ_UNAVAILABLE) {
            ms = mz_backoff_next_ms(&d->backoff);

            if (!d->is_away) {
                mz_ctl_say("%s: waiting for it", err.msg);
            }

        } else {
            mz_backoff_reset(&d->backoff);
            mz_ctl_drain_progress(d);
        }

        d->is_away = rc == MZ_UNAVAILABLE;
        left = d->end_ms - mz_ctl_pause_clock();

        if (left <= 0) {
            return d->is_away ? mz_ctl_fail(&err) : mz_ctl_drain_late(d);
        }

        mz_ctl_pause_sleep(ms < left ? ms : left);
    }
}


static mz_rc_t
mz_ctl_drain_look(mz_ctl_drain_t *d, mz_err_t *err)
{
    mz_rc_t               rc;
    mz_overview_counts_t  counts;

    rc = mz_ctl_counts(d->ctl, &counts, err);

    if (rc == MZ_OK) {
        d->is_resumed = counts.paused < d->ctl->store.partitions;
        rc = mz_ctl_rows_refresh(d->ctl, &d->rows, err);
    }

    if (rc == MZ_OK) {
        mz_ctl_drain_keep(d);
    }

    return rc;
}


/* What waits, waits until the queue is resumed. */

static void
mz_ctl_drain_keep(mz_ctl_drain_t *d)
{
    size_t         i, n;
    int64_t        now;
    mz_ctl_row_t  *row;

    now = mz_ctl_now(d->ctl);

    for (i = 0, n = 0; i < d->rows.n; i++) {
        row = &d->rows.v[i];

        if (row->state == MZ_CTL_RUNNING
            && row->lease_ms + MZ_CTL_DRAIN_OVER_MS > now)
        {
            d->rows.v[n++] = *row;
        }
    }

    d->rows.n = n;
}


static void
mz_ctl_drain_progress(mz_ctl_drain_t *d)
{
    int64_t  now;

    now = mz_ctl_pause_clock();

    if (d->rows.n == d->said && now < d->say_ms) {
        return;
    }

    d->said = d->rows.n;
    d->say_ms = now + MZ_CTL_DRAIN_SAY_MS;
    mz_ctl_say("%zu running", d->rows.n);
}


static int
mz_ctl_drain_late(const mz_ctl_drain_t *d)
{
    size_t  i;

    mz_ctl_say("time is up, %zu still running; the queue stays paused (`"
               MZ_AGENT_NAME " queue resume` ends that):", d->rows.n);

    for (i = 0; i < d->rows.n && i < MZ_CTL_DRAIN_NAMES; i++) {
        mz_ctl_say("  %s", d->rows.v[i].who.run.s);
    }

    return MZ_EXIT_FAILED;
}


static mz_rc_t
mz_ctl_resume_wake(mz_ctl_t *ctl, mz_err_t *err)
{
    mz_rc_t       rc;
    mz_cmds_t     c, next;
    mz_replies_t  replies;

    mz_cmds_init(&c);
    mz_cmds_init(&next);
    mz_operate_sleepers(&c, &ctl->store);
    rc = mz_ctl_run(ctl, &c, &replies, err);

    if (rc == MZ_OK) {
        rc = mz_operate_sleepers_read(&ctl->store, replies.replies, &next,
                                      err);
        mz_replies_free(&replies);
    }

    if (rc == MZ_OK && next.n > 0) {
        rc = mz_ctl_run(ctl, &next, &replies, err);
        mz_cmds_init(&next);

        if (rc == MZ_OK) {
            rc = mz_operate_sleepers_wake(&ctl->store, replies.replies,
                                          replies.n, &next, err);
            mz_replies_free(&replies);
        }

        if (rc == MZ_OK && next.n > 0) {
            rc = mz_ctl_run(ctl, &next, &replies, err);
            mz_replies_free(&replies);
        }
    }

    mz_cmds_free(&next);

    return rc;
}


static int
mz_ctl_pause_line(const mz_ctl_t *ctl, const char *text)
{
    mz_buf_t  b;

    mz_buf_init(&b, 0);
    mz_buf_add_c(&b, text);

    return mz_ctl_print(ctl, &b);
}


static void
mz_ctl_pause_sleep(int64_t ms)
{
    struct timespec  ts;

    ts.tv_sec = (time_t) (ms / MZ_SECOND_MS);
    ts.tv_nsec = (long) (ms % MZ_SECOND_MS) * 1000000;

    while (nanosleep(&ts, &ts) != 0 && errno == EINTR) {
        /* void */
    }
}


static int64_t
mz_ctl_pause_clock(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (int64_t) ts.tv_sec * MZ_SECOND_MS + ts.tv_nsec / 1000000;
}
