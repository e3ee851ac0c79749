
#include <errno.h>
#include <signal.h>

#include "agent/queue/ctl.h"
#include "agent/queue/ctl_text.h"
#include "agent/log.h"
#include "base/mz_str.h"


#define MZ_CTL_SAY_MAX  2048

static int mz_ctl_look(mz_ctl_t *ctl);


int
mz_ctl_open(mz_ctl_t *ctl, const mz_ctl_options_t *o)
{
    int       code;
    mz_err_t  err;

    memset(ctl, 0, sizeof(mz_ctl_t));

    if (mz_redis_options_take(&o->redis, &ctl->url, &ctl->store, &err)
        != MZ_OK)
    {
        (void) mz_ctl_fail(&err);
        return err.rc == MZ_INVALID ? MZ_EXIT_USAGE : MZ_EXIT_FAILED;
    }

    /* a connection that closes is an error, here and nowhere else */
    ctl->pipe = signal(SIGPIPE, SIG_IGN);
    ctl->redis = mz_redis_new(&ctl->url, "mitzu-agent-queue");

    if (ctl->redis == NULL) {
        (void) mz_fail(&err, MZ_NOMEM, "out of memory");
        return mz_ctl_fail(&err);
    }

    code = mz_ctl_look(ctl);

    if (code != MZ_EXIT_OK) {
        mz_ctl_close(ctl);
    }

    return code;
}


void
mz_ctl_close(mz_ctl_t *ctl)
{
    mz_redis_free(ctl->redis);
    ctl->redis = NULL;
    (void) signal(SIGPIPE, ctl->pipe == SIG_ERR ? SIG_DFL : ctl->pipe);
}


mz_rc_t
mz_ctl_run(mz_ctl_t *ctl, mz_cmds_t *c, mz_replies_t *out, mz_err_t *err)
{
    mz_rc_t  rc;

    memset(out, 0, sizeof(mz_replies_t));

    rc = c->buf.rc == MZ_OK
         ? mz_redis_run(ctl->redis, c, 0, out, err)
         : mz_fail(err, c->buf.rc, c->buf.rc == MZ_NOMEM
                   ? "out of memory" : "too much to ask for at once");
    mz_cmds_free(c);

    return rc;
}


int64_t
mz_ctl_now(const mz_ctl_t *ctl)
{
    return mz_options_now(MZ_NOW_CLOCK) + ctl->ahead_ms;
}


mz_rc_t
mz_ctl_counts(mz_ctl_t *ctl, mz_overview_counts_t *out, mz_err_t *err)
{
    mz_rc_t       rc;
    mz_cmds_t     c, lines;
    mz_replies_t  replies;

    mz_cmds_init(&c);
    mz_cmds_init(&lines);
    mz_overview_look(&c, &ctl->store, mz_ctl_now(ctl));
    rc = mz_ctl_run(ctl, &c, &replies, err);

    if (rc == MZ_OK) {
        rc = mz_overview_look_decode(&ctl->store, replies.replies, replies.n,
                                     out, &lines, err);
        mz_replies_free(&replies);
    }

    if (rc != MZ_OK || lines.n == 0) {
        mz_cmds_free(&lines);
        return rc;
    }

    rc = mz_ctl_run(ctl, &lines, &replies, err);

    if (rc == MZ_OK) {
        rc = mz_overview_lines_decode(replies.replies, replies.n, out, err);
        mz_replies_free(&replies);
    }

    return rc;
}


int
mz_ctl_fail(const mz_err_t *err)
{
    mz_ctl_say("%s", err->msg);

    switch (err->rc) {

    case MZ_NOT_FOUND:
        return MZ_CTL_EXIT_NO_RUN;

    case MZ_UNAVAILABLE:
        return MZ_EXIT_UNAVAILABLE;

    default:
        return MZ_EXIT_FAILED;
    }
}


/* Some of it may be what a server said that is not ours. */

void
mz_ctl_say(const char *fmt, ...)
{
    char      text[MZ_CTL_SAY_MAX];
    va_list   ap;
    mz_buf_t  b;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);

    mz_buf_init(&b, 0);
    mz_ctl_text_add(&b, mz_str_from(text), 0);
    fprintf(stderr, MZ_AGENT_NAME " queue: %.*s\n", (int) b.len, b.data);
    mz_buf_free(&b);
}


int
mz_ctl_print(const mz_ctl_t *ctl, mz_buf_t *b)
{
    bool  ok;

    if (b->rc != MZ_OK) {
        mz_ctl_say("out of memory");
        mz_buf_free(b);
        return MZ_EXIT_FAILED;
    }

    (void) signal(SIGPIPE, ctl->pipe == SIG_ERR ? SIG_DFL : ctl->pipe);

    ok = fwrite(b->data, 1, b->len, stdout) == b->len;
    ok = fflush(stdout) == 0 && ok;

    (void) signal(SIGPIPE, SIG_IGN);
    mz_buf_free(b);

    if (!ok) {
        mz_ctl_say("cannot write the output: %s", strerror(errno));
    }

    return ok ? MZ_EXIT_OK : MZ_EXIT_FAILED;
}


int
mz_ctl_print_json(const mz_ctl_t *ctl, json_t *v)
{
    mz_buf_t  b;

    if (v == NULL) {
        mz_ctl_say("out of memory");
        return MZ_EXIT_FAILED;
    }

    mz_buf_init(&b, 0);
    mz_json_dump(&b, v);
    mz_buf_add_char(&b, '\n');
    json_decref(v);

    return mz_ctl_print(ctl, &b);
}


/* Whether there is a deployment, and what time it is there. */

static int
mz_ctl_look(mz_ctl_t *ctl)
{
    int64_t       now;
    mz_rc_t       rc;
    mz_err_t      err;
    mz_cmds_t     c;
    mz_replies_t  replies;

    mz_cmds_init(&c);
    mz_overview_meta(&c, &ctl->store);
    mz_overview_time(&c);

    rc = mz_ctl_run(ctl, &c, &replies, &err);
    if (rc != MZ_OK) {
        return mz_ctl_fail(&err);
    }

    rc = mz_overview_meta_decode(&ctl->store, mz_replies_at(&replies, 0),
                                 &err);
    now = mz_overview_time_decode(mz_replies_at(&replies, 1));
    mz_replies_free(&replies);

    if (rc != MZ_OK) {
        (void) mz_ctl_fail(&err);
        return MZ_EXIT_FAILED;
    }

    /* without TIME (an ACL) our clock must do */
    ctl->ahead_ms = now > 0 ? now - mz_options_now(MZ_NOW_CLOCK) : 0;

    return MZ_EXIT_OK;
}
