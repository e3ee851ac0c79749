
#include "tools/asking.h"

#include "base/mz_str.h"
#include "base/mz_time.h"
#include "tools/tools.h"


#define MZ_ASKING_COME_BACK_MS  5000    /* when no time can be told */


static mz_step_t mz_asking_submit(mz_call_t *call, mz_asking_t *a);
static mz_step_t mz_asking_submitted(mz_call_t *call, mz_asking_t *a);
static mz_step_t mz_asking_admit(mz_call_t *call, mz_asking_t *a);
static mz_step_t mz_asking_admitted(mz_call_t *call, mz_asking_t *a);
static mz_step_t mz_asking_full(mz_call_t *call, mz_asking_t *a);
static mz_step_t mz_asking_looked(mz_call_t *call, mz_asking_t *a);
static mz_step_t mz_asking_refused(mz_asking_t *a, mz_limit_reason_t reason,
    int64_t wait_ms);


mz_step_t
mz_asking_start(mz_call_t *call, mz_asking_t *a)
{
    const mz_tool_conf_t  *conf;

    conf = call->conf;

    a->args.attach_s = conf->attach_s;
    a->args.retention_s = conf->retention_s;
    a->args.max_attempts = conf->max_attempts;
    a->args.lease_ms = conf->lease_ms;
    a->args.project = mz_str_from(call->principal->project_id);
    a->args.limit = conf->run_limit;
    a->args.max_queued = conf->max_queued;
    a->args.asks_first = mz_admit_is_needed(&conf->project_limit,
                                            conf->max_queued);

    a->admit.project = a->args.project;
    a->admit.scope = mz_tool_scope(call);
    a->admit.run = a->args.run;
    a->admit.limit = conf->project_limit;
    a->admit.ttl_s = conf->retention_s;

    return mz_asking_submit(call, a);
}


mz_step_t
mz_asking_next(mz_call_t *call, mz_asking_t *a)
{
    switch (a->phase) {

    case MZ_ASKING_SUBMIT:
        return mz_asking_submitted(call, a);

    case MZ_ASKING_ADMIT:
    case MZ_ASKING_CLEAR:
        return mz_asking_admitted(call, a);

    case MZ_ASKING_LOOK:
        return mz_asking_looked(call, a);

    case MZ_ASKING_RELEASE:
    case MZ_ASKING_DECIDED:
        break;
    }

    a->phase = MZ_ASKING_DECIDED;

    return MZ_STEP_DONE;
}


void
mz_asking_deinit(mz_asking_t *a)
{
    free(a->full.places);
    a->full.places = NULL;
}


mz_step_t
mz_asking_limited(mz_call_t *call, const mz_asking_t *a)
{
    long long           wait;
    mz_step_t           step;
    const mz_limit_reason_t  reason = a->reply.reason;

    wait = (a->reply.wait_ms + MZ_SECOND_MS - 1) / MZ_SECOND_MS;
    wait = (wait > 0) ? wait : 1;

    if (reason == MZ_LIMIT_QUEUE) {
        step = mz_call_refuse(call, "The analytics agent has too many "
                              "questions in line and takes no more just now. "
                              "Wait %lld seconds, then ask again.", wait);

    } else if (reason == MZ_LIMIT_RATE) {
        step = mz_call_refuse(call, "%s asked as many questions as the rate "
                              "limit allows. Wait %lld seconds, then ask "
                              "again.",
                              a->is_projects ? "Your project has"
                                             : "You have", wait);

    } else {
        step = mz_call_refuse(call, "%s as many questions running as the "
                              "limit allows. Wait until one of them has "
                              "ended (get_analytics_agent_status), or %lld "
                              "seconds, then ask again.",
                              a->is_projects ? "Your project has"
                                             : "You have", wait);
    }

    call->status = "limited";

    return step;
}


static mz_step_t
mz_asking_submit(mz_call_t *call, mz_asking_t *a)
{
    a->phase = MZ_ASKING_SUBMIT;

    mz_run_submit(&call->cmds, &call->conf->store, a->admit.scope, &a->args);

    return MZ_STEP_STORE;
}


static mz_step_t
mz_asking_submitted(mz_call_t *call, mz_asking_t *a)
{
    mz_err_t  err;

    if (mz_run_submit_decode(call->replies[0], &a->reply, &err) != MZ_OK) {
        return mz_call_error(call, err.rc, "%s", err.msg);
    }

    if (a->reply.outcome == MZ_SUBMIT_ADMIT) {
        return mz_asking_admit(call, a);
    }

    a->phase = MZ_ASKING_DECIDED;

    if (!a->has_place || a->reply.outcome == MZ_SUBMIT_RUNNING) {
        return MZ_STEP_DONE;
    }

    /* Something else of this user came in between. */

    a->phase = MZ_ASKING_RELEASE;
    mz_admit_release(&call->cmds, &call->conf->store, &a->admit);

    return MZ_STEP_STORE;
}


static mz_step_t
mz_asking_admit(mz_call_t *call, mz_asking_t *a)
{
    a->phase = MZ_ASKING_ADMIT;

    (void) mz_admit(&call->cmds, &call->conf->store, &a->admit,
                    a->args.max_queued);

    return MZ_STEP_STORE;
}


static mz_step_t
mz_asking_admitted(mz_call_t *call, mz_asking_t *a)
{
    size_t            at;
    mz_err_t          err;
    mz_admit_reply_t  rep;

    /* What was cleared has a reply that says nothing. */

    at = (a->phase == MZ_ASKING_CLEAR) ? 1 : 0;

    if (mz_admit_is_needed(&a->admit.limit, 0)) {

        if (mz_admit_decode(call->replies[at++], &rep, &err) != MZ_OK) {
            return mz_call_error(call, err.rc, "%s", err.msg);
        }

        if (rep.outcome == MZ_ADMIT_LIMITED) {
            a->is_projects = true;
            return mz_asking_refused(a, MZ_LIMIT_RATE, rep.wait_ms);
        }

        if (rep.outcome == MZ_ADMIT_FULL) {
            mz_asking_deinit(a);
            a->full = rep;
            return mz_asking_full(call, a);
        }

        a->has_place = true;
    }

    if (a->args.max_queued != 0
        && mz_admit_queued_decode(&call->conf->store, call->replies + at,
                                  a->admit.scope, &a->args.queued_elsewhere,
                                  &err) != MZ_OK)
    {
        return mz_call_error(call, err.rc, "%s", err.msg);
    }

    a->args.asks_first = false;

    return mz_asking_submit(call, a);
}


/* The second time it is really full. */

static mz_step_t
mz_asking_full(mz_call_t *call, mz_asking_t *a)
{
    a->is_projects = true;

    if (a->phase == MZ_ASKING_CLEAR || a->full.n == 0) {
        return mz_asking_refused(a, MZ_LIMIT_CONCURRENT,
                                 MZ_ASKING_COME_BACK_MS);
    }

    a->phase = MZ_ASKING_LOOK;
    mz_admit_look(&call->cmds, &call->conf->store, &a->full);

    return MZ_STEP_STORE;
}


static mz_step_t
mz_asking_looked(mz_call_t *call, mz_asking_t *a)
{
    if (!mz_admit_clear(&call->cmds, &call->conf->store, a->admit.project,
                        &a->full, call->replies))
    {
        return mz_asking_refused(a, MZ_LIMIT_CONCURRENT,
                                 MZ_ASKING_COME_BACK_MS);
    }

    a->phase = MZ_ASKING_CLEAR;
    a->is_projects = false;

    (void) mz_admit(&call->cmds, &call->conf->store, &a->admit,
                    a->args.max_queued);

    return MZ_STEP_STORE;
}


static mz_step_t
mz_asking_refused(mz_asking_t *a, mz_limit_reason_t reason, int64_t wait_ms)
{
    a->phase = MZ_ASKING_DECIDED;
    a->reply.outcome = MZ_SUBMIT_LIMITED;
    a->reply.reason = reason;
    a->reply.wait_ms = wait_ms;

    return MZ_STEP_DONE;
}
