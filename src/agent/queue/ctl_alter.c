
#include "agent/queue/ctl_find.h"
#include "agent/queue/ctl_text.h"
#include "base/mz_str.h"
#include "base/mz_utf8.h"
#include "store/operate.h"
#include "store/worker.h"


static int mz_ctl_cancel_run(mz_ctl_t *ctl, const mz_ctl_found_t *f,
    mz_str_t reason);
static int mz_ctl_requeue_run(mz_ctl_t *ctl, const mz_ctl_found_t *f);
static int mz_ctl_requeue_live(mz_ctl_t *ctl, const mz_ctl_found_t *f);
static int mz_ctl_again(mz_ctl_t *ctl, const mz_ctl_found_t *f);
static int mz_ctl_again_before(mz_ctl_t *ctl, const mz_ctl_found_t *f,
    const mz_id_t *again, const mz_run_t *run);
static int mz_ctl_again_done(mz_ctl_t *ctl, const mz_ctl_found_t *f,
    const mz_id_t *again, const mz_submit_reply_t *reply);
static int mz_ctl_drop_run(mz_ctl_t *ctl, const mz_ctl_found_t *f,
    mz_str_t reason);
static mz_rc_t mz_ctl_alter_bury(mz_ctl_t *ctl, const mz_ctl_found_t *f,
    mz_err_t *err);
static int mz_ctl_alter_send(mz_ctl_t *ctl, mz_cmds_t *c,
    const mz_ctl_found_t *f);
static mz_rc_t mz_ctl_alter_reason(const mz_ctl_options_t *o,
    const char *dflt, mz_str_t *reason, mz_err_t *err);
static int mz_ctl_alter_ended(const mz_ctl_found_t *f, const char *what);
static int mz_ctl_alter_said(const mz_ctl_t *ctl, mz_buf_t *b);
static void mz_ctl_alter_worker(mz_buf_t *b, const mz_run_t *run);


int
mz_ctl_cancel(mz_ctl_t *ctl, const mz_ctl_options_t *o, const mz_id_t *run)
{
    int             code;
    mz_err_t        err;
    mz_str_t        reason;
    mz_ctl_found_t  found;

    if (mz_ctl_alter_reason(o, "Cancelled by an operator", &reason, &err)
        != MZ_OK)
    {
        (void) mz_ctl_fail(&err);
        return MZ_EXIT_USAGE;
    }

    if (mz_ctl_find(ctl, run, &found, &err) != MZ_OK) {
        return mz_ctl_fail(&err);
    }

    code = mz_ctl_cancel_run(ctl, &found, reason);
    mz_ctl_find_free(&found);

    return code;
}


int
mz_ctl_requeue(mz_ctl_t *ctl, const mz_ctl_options_t *o, const mz_id_t *run)
{
    int             code;
    mz_err_t        err;
    mz_ctl_found_t  found;

    (void) o;

    if (mz_ctl_find(ctl, run, &found, &err) != MZ_OK) {
        return mz_ctl_fail(&err);
    }

    code = mz_ctl_requeue_run(ctl, &found);
    mz_ctl_find_free(&found);

    return code;
}


int
mz_ctl_drop(mz_ctl_t *ctl, const mz_ctl_options_t *o, const mz_id_t *run)
{
    int             code;
    mz_err_t        err;
    mz_str_t        reason;
    mz_ctl_found_t  found;

    if (mz_ctl_alter_reason(o, "Dropped by an operator. Ask again to start "
                            "over.", &reason, &err) != MZ_OK)
    {
        (void) mz_ctl_fail(&err);
        return MZ_EXIT_USAGE;
    }

    if (mz_ctl_find(ctl, run, &found, &err) != MZ_OK) {
        return mz_ctl_fail(&err);
    }

    code = mz_ctl_drop_run(ctl, &found, reason);
    mz_ctl_find_free(&found);

    return code;
}


static int
mz_ctl_cancel_run(mz_ctl_t *ctl, const mz_ctl_found_t *f, mz_str_t reason)
{
    mz_rc_t          rc;
    mz_buf_t         b;
    mz_err_t         err;
    mz_cmds_t        c;
    mz_replies_t     replies;
    mz_run_status_t  status;

    if (f->is_gone || mz_run_status_is_terminal(f->run.status)) {
        return mz_ctl_alter_ended(f, "cancelled");
    }

    mz_cmds_init(&c);
    mz_run_cancel(&c, &ctl->store, mz_str_from(f->who.scope), &f->who.run, 0,
                  reason);

    rc = mz_ctl_run(ctl, &c, &replies, &err);

    if (rc == MZ_OK) {
        rc = mz_run_cancel_decode(mz_replies_at(&replies, 0), &status, &err);
        mz_replies_free(&replies);
    }

    if (rc != MZ_OK) {
        return mz_ctl_fail(&err);
    }

    if (status != MZ_RUN_CANCELLED) {
        mz_ctl_say("%s ended meanwhile: it is %s", f->who.run.s,
                   mz_run_status_name(status));
        return MZ_CTL_EXIT_REFUSED;
    }

    mz_buf_init(&b, 0);
    mz_buf_addf(&b, "%s cancelled (it was %s", f->who.run.s,
                mz_run_status_name(f->run.status));
    mz_ctl_alter_worker(&b, &f->run);
    mz_buf_add_c(&b, ")");

    return mz_ctl_alter_said(ctl, &b);
}


static int
mz_ctl_requeue_run(mz_ctl_t *ctl, const mz_ctl_found_t *f)
{
    if (f->is_gone) {
        mz_ctl_say("%s has expired, and its prompt with it: only its dead "
                   "letter is left (`" MZ_AGENT_NAME " queue drop` removes "
                   "it)", f->who.run.s);
        return MZ_CTL_EXIT_REFUSED;
    }

    switch (f->run.status) {

    case MZ_RUN_QUEUED:
    case MZ_RUN_RUNNING:
        return mz_ctl_requeue_live(ctl, f);

    case MZ_RUN_FAILED:
    case MZ_RUN_LOST:
        return mz_ctl_again(ctl, f);

    default:
        return mz_ctl_alter_ended(f, "queued again");
    }
}


static int
mz_ctl_requeue_live(mz_ctl_t *ctl, const mz_ctl_found_t *f)
{
    int        code;
    mz_buf_t   b;
    mz_cmds_t  c;

    mz_cmds_init(&c);
    mz_operate_requeue(&c, &ctl->store, &f->who, 0, MZ_RUN_LEASE_MS,
                       mz_str("An operator queued it again"));

    code = mz_ctl_alter_send(ctl, &c, f);
    if (code != MZ_EXIT_OK) {
        return code;
    }

    mz_buf_init(&b, 0);

    if (f->run.status == MZ_RUN_QUEUED) {
        mz_buf_addf(&b, "%s was queued already: workers were woken again",
                    f->who.run.s);

    } else {
        mz_buf_addf(&b, "%s queued again (attempt %lld does not count",
                    f->who.run.s, (long long) f->run.attempt);
        mz_ctl_alter_worker(&b, &f->run);
        mz_buf_add_c(&b, ")");
    }

    return mz_ctl_alter_said(ctl, &b);
}


/*
 * A run that is over stays so: its prompt becomes another run.  The id of
 * that one follows from this one's, so that whatever breaks in between,
 * asking for it again does not make a third.
 */

static int
mz_ctl_again(mz_ctl_t *ctl, const mz_ctl_found_t *f)
{
    int                code;
    mz_rc_t            rc;
    mz_id_t            again;
    mz_run_t           before;
    mz_err_t           err;
    mz_cmds_t          c;
    mz_replies_t       replies;
    mz_submit_reply_t  reply;

    if (mz_operate_again_id(&f->who.run, &again) != MZ_OK) {
        mz_ctl_say("out of memory");
        return MZ_EXIT_FAILED;
    }

    mz_cmds_init(&c);
    mz_run_get(&c, &ctl->store, mz_str_from(f->who.scope), &again);
    rc = mz_ctl_run(ctl, &c, &replies, &err);

    if (rc == MZ_OK) {
        rc = mz_run_decode(mz_replies_at(&replies, 0), &before, &err);
    }

    if (rc == MZ_OK) {
        code = mz_ctl_again_before(ctl, f, &again, &before);
        mz_replies_free(&replies);
        return code;
    }

    mz_replies_free(&replies);

    if (rc != MZ_NOT_FOUND) {
        return mz_ctl_fail(&err);
    }

    mz_cmds_init(&c);
    mz_operate_again(&c, &ctl->store, &f->who, &f->run, &again, 0);
    rc = mz_ctl_run(ctl, &c, &replies, &err);

    if (rc == MZ_OK) {
        rc = mz_run_submit_decode(mz_replies_at(&replies, 0), &reply, &err);
        mz_replies_free(&replies);
    }

    return rc == MZ_OK ? mz_ctl_again_done(ctl, f, &again, &reply)
                       : mz_ctl_fail(&err);
}


/* The second time; the first may have been cut off before its end. */

static int
mz_ctl_again_before(mz_ctl_t *ctl, const mz_ctl_found_t *f,
    const mz_id_t *again, const mz_run_t *run)
{
    mz_err_t  err;

    if (mz_ctl_alter_bury(ctl, f, &err) != MZ_OK) {
        return mz_ctl_fail(&err);
    }

    mz_ctl_say("%s was asked again before, as %s, which is %s%s",
               f->who.run.s, again->s, mz_run_status_name(run->status),
               run->status == MZ_RUN_FAILED || run->status == MZ_RUN_LOST
               ? ": requeue that one" : "");

    return MZ_CTL_EXIT_REFUSED;
}


static int
mz_ctl_again_done(mz_ctl_t *ctl, const mz_ctl_found_t *f,
    const mz_id_t *again, const mz_submit_reply_t *reply)
{
    mz_buf_t  b;
    mz_err_t  err;

    switch (reply->outcome) {

    case MZ_SUBMIT_RUNNING:
        break;

    case MZ_SUBMIT_ATTACHED:
        mz_ctl_say("%s is not asked again: its conversation %s works on the "
                   "same prompt, as %s", f->who.run.s, reply->conv.s,
                   reply->run.s);
        return MZ_CTL_EXIT_REFUSED;

    case MZ_SUBMIT_BUSY:
        mz_ctl_say("%s cannot be asked again now: its conversation %s is "
                   "busy with %s", f->who.run.s, reply->conv.s,
                   reply->run.s);
        return MZ_CTL_EXIT_REFUSED;

    case MZ_SUBMIT_NO_CONVERSATION:
        mz_ctl_say("%s cannot be asked again: its conversation %s is gone",
                   f->who.run.s, f->run.conv.s);
        return MZ_CTL_EXIT_REFUSED;

    default:
        mz_ctl_say("%s was not asked again: Redis refused",
                   f->who.run.s);
        return MZ_EXIT_FAILED;
    }

    mz_buf_init(&b, 0);
    mz_buf_addf(&b, "%s asked again as %s in conversation %s", f->who.run.s,
                again->s, reply->conv.s);

    if (mz_ctl_alter_bury(ctl, f, &err) != MZ_OK) {
        (void) mz_ctl_alter_said(ctl, &b);
        return mz_ctl_fail(&err);
    }

    mz_buf_add_c(&b, f->is_dead ? "; its dead letter was removed" : "");

    return mz_ctl_alter_said(ctl, &b);
}


static int
mz_ctl_drop_run(mz_ctl_t *ctl, const mz_ctl_found_t *f, mz_str_t reason)
{
    int        code;
    mz_buf_t   b;
    mz_err_t   err;
    mz_cmds_t  c;

    mz_buf_init(&b, 0);

    if (f->is_dead) {

        if (mz_ctl_alter_bury(ctl, f, &err) != MZ_OK) {
            return mz_ctl_fail(&err);
        }

        mz_buf_addf(&b, "%s: its dead letter was removed (the run %s)",
                    f->who.run.s, f->is_gone ? "has expired" : "stays lost");

        return mz_ctl_alter_said(ctl, &b);
    }

    if (mz_run_status_is_terminal(f->run.status)) {
        return mz_ctl_alter_ended(f, "dropped");
    }

    mz_cmds_init(&c);
    mz_operate_drop(&c, &ctl->store, &f->who, 0, reason);

    code = mz_ctl_alter_send(ctl, &c, f);
    if (code != MZ_EXIT_OK) {
        return code;
    }

    mz_buf_addf(&b, "%s dropped: it ended as lost, with a dead letter (it "
                "was %s", f->who.run.s, mz_run_status_name(f->run.status));
    mz_ctl_alter_worker(&b, &f->run);
    mz_buf_add_c(&b, ")");

    return mz_ctl_alter_said(ctl, &b);
}


static mz_rc_t
mz_ctl_alter_bury(mz_ctl_t *ctl, const mz_ctl_found_t *f, mz_err_t *err)
{
    mz_rc_t       rc;
    mz_cmds_t     c;
    mz_replies_t  replies;

    if (!f->is_dead) {
        return MZ_OK;
    }

    mz_cmds_init(&c);
    mz_operate_bury(&c, &ctl->store, f->part, &f->entry);
    rc = mz_ctl_run(ctl, &c, &replies, err);

    if (rc == MZ_OK) {
        rc = mz_operate_bury_decode(mz_replies_at(&replies, 0), err);
        mz_replies_free(&replies);
    }

    return rc;
}


/* requeue and drop: MZ_EXIT_OK, or why not was said. */

static int
mz_ctl_alter_send(mz_ctl_t *ctl, mz_cmds_t *c, const mz_ctl_found_t *f)
{
    mz_rc_t            rc;
    mz_err_t           err;
    mz_replies_t       replies;
    mz_worker_reply_t  reply;

    rc = mz_ctl_run(ctl, c, &replies, &err);

    if (rc == MZ_OK) {
        rc = mz_worker_decode(mz_replies_at(&replies, 0), &reply, &err);
        mz_replies_free(&replies);
    }

    if (rc != MZ_OK) {
        return mz_ctl_fail(&err);
    }

    switch (reply.outcome) {

    case MZ_WORKER_OK:
        return MZ_EXIT_OK;

    case MZ_WORKER_TERMINAL:
        mz_ctl_say("%s ended meanwhile: it is %s", f->who.run.s,
                   mz_run_status_name(reply.status));
        return MZ_CTL_EXIT_REFUSED;

    default:
        mz_ctl_say("run %s has expired", f->who.run.s);
        return MZ_CTL_EXIT_NO_RUN;
    }
}


/* Clients read it. */

static mz_rc_t
mz_ctl_alter_reason(const mz_ctl_options_t *o, const char *dflt,
    mz_str_t *reason, mz_err_t *err)
{
    size_t    pos;
    uint32_t  c;

    *reason = mz_str_trim(mz_str_from(o->reason ? o->reason : dflt));

    if (reason->len == 0 || reason->len > MZ_OPERATE_REASON_MAX
        || !mz_utf8_is_valid(*reason))
    {
        return mz_fail(err, MZ_INVALID, "--reason is 1 to %d bytes of UTF-8",
                       MZ_OPERATE_REASON_MAX);
    }

    for (pos = 0; pos < reason->len; /* void */) {
        c = mz_utf8_next(*reason, &pos);

        if (c < 0x20 || (c >= 0x7f && c < 0xa0)) {
            return mz_fail(err, MZ_INVALID, "--reason is one line, without "
                           "control characters");
        }
    }

    return MZ_OK;
}


static int
mz_ctl_alter_ended(const mz_ctl_found_t *f, const char *what)
{
    if (f->is_gone) {
        mz_ctl_say("%s has expired", f->who.run.s);

    } else {
        mz_ctl_say("%s cannot be %s: it is %s, and that never changes",
                   f->who.run.s, what, mz_run_status_name(f->run.status));
    }

    return MZ_CTL_EXIT_REFUSED;
}


static int
mz_ctl_alter_said(const mz_ctl_t *ctl, mz_buf_t *b)
{
    mz_buf_add_char(b, '\n');

    return mz_ctl_print(ctl, b);
}


static void
mz_ctl_alter_worker(mz_buf_t *b, const mz_run_t *run)
{
    if (run->status == MZ_RUN_RUNNING) {
        mz_buf_add_c(b, "; worker ");
        mz_ctl_text_add(b, run->worker, 128);
    }
}
