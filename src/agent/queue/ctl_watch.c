
#include <errno.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "agent/queue/ctl_list.h"
#include "base/mz_str.h"
#include "base/mz_time.h"


#define MZ_CTL_WATCH_LINES  24      /* of a terminal that does not say */
#define MZ_CTL_WATCH_HEAD   6       /* lines above and below the tables */

static mz_rc_t mz_ctl_watch_line(mz_ctl_t *ctl, mz_buf_t *b, mz_err_t *err);
static mz_rc_t mz_ctl_watch_page(mz_ctl_t *ctl, mz_buf_t *b, mz_err_t *err);
static void mz_ctl_watch_screen(mz_buf_t *out, mz_str_t page);
static int mz_ctl_watch_lines(void);


int
mz_ctl_watch(mz_ctl_t *ctl, const mz_ctl_options_t *o, const mz_id_t *run)
{
    bool             is_tty;
    int64_t          n;
    mz_rc_t          rc;
    mz_buf_t         b;
    mz_err_t         err;
    struct timespec  ts;

    (void) run;

    is_tty = isatty(STDOUT_FILENO) == 1;
    ts.tv_sec = (time_t) (o->interval_ms / MZ_SECOND_MS);
    ts.tv_nsec = (long) (o->interval_ms % MZ_SECOND_MS) * 1000000;
    rc = MZ_OK;

    for (n = 1; o->count == 0 || n <= o->count; n++) {
        mz_buf_init(&b, 0);
        rc = is_tty ? mz_ctl_watch_page(ctl, &b, &err)
                    : mz_ctl_watch_line(ctl, &b, &err);

        if (rc == MZ_UNAVAILABLE) {
            /* it may come back, and that is worth watching */
            mz_buf_free(&b);
            (void) mz_ctl_fail(&err);

        } else if (rc != MZ_OK) {
            mz_buf_free(&b);
            return mz_ctl_fail(&err);

        } else if (mz_ctl_print(ctl, &b) != MZ_EXIT_OK) {
            return MZ_EXIT_FAILED;
        }

        if (n != o->count) {
            (void) nanosleep(&ts, NULL);
        }
    }

    return rc == MZ_OK ? MZ_EXIT_OK : MZ_EXIT_UNAVAILABLE;
}


static mz_rc_t
mz_ctl_watch_line(mz_ctl_t *ctl, mz_buf_t *b, mz_err_t *err)
{
    int64_t               now;
    mz_rc_t               rc;
    mz_overview_counts_t  counts;

    rc = mz_ctl_counts(ctl, &counts, err);

    if (rc == MZ_OK) {
        now = mz_ctl_now(ctl);
        mz_time_rfc3339(b, now / MZ_SECOND_MS * MZ_SECOND_MS);
        mz_buf_add_c(b, "  ");
        mz_ctl_list_counts(b, &counts, now);
        mz_buf_add_char(b, '\n');
    }

    return rc;
}


static mz_rc_t
mz_ctl_watch_page(mz_ctl_t *ctl, mz_buf_t *b, mz_err_t *err)
{
    mz_rc_t            rc;
    mz_buf_t           page;
    mz_ctl_list_t      list;
    static const bool  all[MZ_CTL_STATES] = { true, true, true };

    rc = mz_ctl_list_read(ctl, &list, mz_ctl_watch_lines(), err);
    if (rc != MZ_OK) {
        return rc;
    }

    mz_buf_init(&page, 0);
    rc = mz_ctl_list_text(ctl, &list, all, mz_ctl_watch_lines(), &page, err);

    if (rc == MZ_OK) {
        mz_ctl_watch_screen(b, mz_buf_view(&page));
    }

    mz_buf_free(&page);
    mz_ctl_list_free(&list);

    return rc;
}


/*
 * Over what is there, line by line, so that nothing flickers; no line wraps
 * (DECAWM), and what was below is erased.
 */

static void
mz_ctl_watch_screen(mz_buf_t *out, mz_str_t page)
{
    int       left;
    mz_str_t  line;

    left = mz_ctl_watch_lines() - 1;
    mz_buf_add_c(out, "\x1b[H\x1b[?7l");

    while (left-- > 0 && mz_str_split(&page, '\n', &line)) {
        mz_buf_add_str(out, line);
        mz_buf_add_c(out, "\x1b[K\n");
    }

    mz_buf_add_c(out, "\x1b[?7h\x1b[J");
}


static int
mz_ctl_watch_lines(void)
{
    struct winsize  w;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) != 0
        || w.ws_row < MZ_CTL_WATCH_HEAD || w.ws_row > MZ_CTL_LIST_MAX)
    {
        return MZ_CTL_WATCH_LINES;
    }

    return w.ws_row;
}
