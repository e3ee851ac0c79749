
#include "store/run.h"
#include "store/cmd.h"
#include "store/reply.h"
#include "base/mz_sha256.h"
#include "base/mz_str.h"


static const char *const  mz_run_names[] = {
    [MZ_RUN_QUEUED]    = "queued",
    [MZ_RUN_RUNNING]   = "running",
    [MZ_RUN_COMPLETED] = "completed",
    [MZ_RUN_FAILED]    = "failed",
    [MZ_RUN_CANCELLED] = "cancelled",
    [MZ_RUN_LOST]      = "lost"
};

static const char *const  mz_run_outcomes[] = {
    [MZ_SUBMIT_RUNNING]         = "running",
    [MZ_SUBMIT_ATTACHED]        = "attached",
    [MZ_SUBMIT_BUSY]            = "busy",
    [MZ_SUBMIT_NO_CONVERSATION] = "no_conversation",
    [MZ_SUBMIT_LIMITED]         = "limited",
    [MZ_SUBMIT_ADMIT]           = "admit"
};

static const char *const  mz_limit_reasons[] = {
    [MZ_LIMIT_RATE]       = "rate",
    [MZ_LIMIT_CONCURRENT] = "concurrent",
    [MZ_LIMIT_QUEUE]      = "queue"
};

#define MZ_RUN_AT(field)  offsetof(mz_run_t, field)

static const mz_reply_map_t  mz_run_map[] = {
    { "attempt",      MZ_REPLY_INT,  MZ_RUN_AT(attempt) },
    { "max_attempts", MZ_REPLY_INT,  MZ_RUN_AT(max_attempts) },
    { "seq",          MZ_REPLY_INT,  MZ_RUN_AT(seq) },
    { "created",      MZ_REPLY_INT,  MZ_RUN_AT(created_ms) },
    { "started",      MZ_REPLY_INT,  MZ_RUN_AT(started_ms) },
    { "updated",      MZ_REPLY_INT,  MZ_RUN_AT(updated_ms) },
    { "finished",     MZ_REPLY_INT,  MZ_RUN_AT(finished_ms) },
    { "lease",        MZ_REPLY_INT,  MZ_RUN_AT(lease_ms) },
    { "retention",    MZ_REPLY_INT,  MZ_RUN_AT(retention_s) },
    { "cancel",       MZ_REPLY_BOOL, MZ_RUN_AT(is_cancelled) },
    { "conv",         MZ_REPLY_CONV, MZ_RUN_AT(conv) },
    { "prompt",       MZ_REPLY_STR,  MZ_RUN_AT(prompt) },
    { "worker",       MZ_REPLY_STR,  MZ_RUN_AT(worker) },
    { "phase",        MZ_REPLY_STR,  MZ_RUN_AT(phase) },
    { "answer",       MZ_REPLY_STR,  MZ_RUN_AT(answer) },
    { "result",       MZ_REPLY_STR,  MZ_RUN_AT(result) },
    { "error",        MZ_REPLY_STR,  MZ_RUN_AT(error) },
    { "trace",        MZ_REPLY_STR,  MZ_RUN_AT(trace) },
    { "project",      MZ_REPLY_STR,  MZ_RUN_AT(project) }
};

#define MZ_RUN_EVENT_AT(field)  offsetof(mz_run_event_t, field)

static const mz_reply_map_t  mz_run_event_map[] = {
    { "at",           MZ_REPLY_INT,  MZ_RUN_EVENT_AT(at_ms) },
    { "type",         MZ_REPLY_STR,  MZ_RUN_EVENT_AT(type) },
    { "phase",        MZ_REPLY_STR,  MZ_RUN_EVENT_AT(phase) },
    { "text",         MZ_REPLY_STR,  MZ_RUN_EVENT_AT(text) },
    { "data",         MZ_REPLY_STR,  MZ_RUN_EVENT_AT(data) }
};


const char *
mz_run_status_name(mz_run_status_t status)
{
    return (size_t) status < MZ_ARRAY_LEN(mz_run_names)
           ? mz_run_names[status] : "unknown";
}


mz_rc_t
mz_run_status_parse(mz_str_t s, mz_run_status_t *status)
{
    size_t  i;

    for (i = 0; i < MZ_ARRAY_LEN(mz_run_names); i++) {
        if (mz_str_eq_c(s, mz_run_names[i])) {
            *status = (mz_run_status_t) i;
            return MZ_OK;
        }
    }

    *status = MZ_RUN_QUEUED;

    return MZ_INVALID;
}


bool
mz_run_status_is_terminal(mz_run_status_t status)
{
    return status >= MZ_RUN_COMPLETED;
}


void
mz_run_submit(mz_cmds_t *c, const mz_store_conf_t *conf, mz_str_t scope,
    const mz_submit_args_t *args)
{
    char           digest[MZ_SHA256_HEX_LEN + 1];
    mz_str_t       prompt;
    mz_cmd_args_t  a;

    prompt = mz_str_trim(args->prompt);

    /* Without a digest the prompt is only never found again. */
    if (mz_sha256_hex(prompt, digest) != MZ_OK) {
        digest[0] = '\0';
    }

    a.n = 0;
    a.nints = 0;

    mz_cmd_args_add_int(&a, args->now_ms);
    mz_cmd_args_add_id(&a, &args->conv);
    mz_cmd_args_add_int(&a, args->is_new);
    mz_cmd_args_add_id(&a, &args->run);
    mz_cmd_args_add(&a, prompt);
    mz_cmd_args_add(&a, args->title);
    mz_cmd_args_add_int(&a, args->cancel_running);
    mz_cmd_args_add(&a, mz_str_from(digest));
    mz_cmd_args_add_int(&a, args->attach_s);
    mz_cmd_args_add_int(&a, args->retention_s);
    mz_cmd_args_add_int(&a, args->max_attempts ? args->max_attempts
                                               : MZ_RUN_MAX_ATTEMPTS);
    mz_cmd_args_add_int(&a, args->lease_ms ? args->lease_ms
                                           : MZ_RUN_LEASE_MS);
    mz_cmd_args_add(&a, args->trace);
    mz_cmd_args_add(&a, args->project.len ? args->project : scope);
    mz_cmd_args_add_int(&a, args->limit.interval_us);
    mz_cmd_args_add_int(&a, args->limit.burst);
    mz_cmd_args_add_int(&a, args->limit.concurrent);
    mz_cmd_args_add_int(&a, args->max_queued);
    mz_cmd_args_add_int(&a, args->queued_elsewhere);
    mz_cmd_args_add_int(&a, !args->asks_first);

    c->is_durable = true;
    mz_cmd_call(c, conf, MZ_SCRIPT_SUBMIT, scope, &a);
}


mz_rc_t
mz_run_submit_decode(const redisReply *r, mz_submit_reply_t *out,
    mz_err_t *err)
{
    size_t    i, n;
    mz_rc_t   rc;
    mz_str_t  word;

    memset(out, 0, sizeof(mz_submit_reply_t));

    rc = mz_reply_array(r, "a submit", &n, err);
    if (rc != MZ_OK) {
        return rc;
    }

    word = mz_reply_str(mz_reply_at(r, 0));

    for (i = 0; i < MZ_ARRAY_LEN(mz_run_outcomes); i++) {
        if (mz_str_eq_c(word, mz_run_outcomes[i])) {
            break;
        }
    }

    if (i == MZ_ARRAY_LEN(mz_run_outcomes)) {
        return mz_reply_odd("a submit", err);
    }

    out->outcome = (mz_submit_outcome_t) i;

    switch (out->outcome) {

    case MZ_SUBMIT_NO_CONVERSATION:
    case MZ_SUBMIT_ADMIT:
        return MZ_OK;

    case MZ_SUBMIT_LIMITED:
        out->wait_ms = mz_reply_int(mz_reply_at(r, 2), -1);

        return mz_limit_reason_parse(mz_reply_str(mz_reply_at(r, 1)),
                                     &out->reason) == MZ_OK
               && out->wait_ms >= 0 ? MZ_OK : mz_reply_odd("a submit", err);

    default:
        break;
    }

    if (!mz_reply_id(mz_reply_at(r, 1), MZ_ID_CONV, &out->conv)
        || !mz_reply_id(mz_reply_at(r, 2), MZ_ID_RUN, &out->run))
    {
        return mz_reply_odd("a submit", err);
    }

    return MZ_OK;
}


mz_rc_t
mz_limit_reason_parse(mz_str_t s, mz_limit_reason_t *reason)
{
    size_t  i;

    for (i = 0; i < MZ_ARRAY_LEN(mz_limit_reasons); i++) {
        if (mz_str_eq_c(s, mz_limit_reasons[i])) {
            *reason = (mz_limit_reason_t) i;
            return MZ_OK;
        }
    }

    return MZ_INVALID;
}


void
mz_run_get(mz_cmds_t *c, const mz_store_conf_t *conf, mz_str_t scope,
    const mz_id_t *run)
{
    mz_key_t  key;

    mz_key(&key, conf, MZ_KEY_RUN, 0, scope, run->s, 0);

    mz_cmd_begin(c, 2);
    mz_cmd_arg(c, mz_str("HGETALL"));
    mz_cmd_arg(c, mz_key_str(&key));
}


mz_rc_t
mz_run_decode(const redisReply *r, mz_run_t *out, mz_err_t *err)
{
    size_t   n;
    mz_rc_t  rc;

    memset(out, 0, sizeof(mz_run_t));

    rc = mz_reply_array(r, "a run", &n, err);
    if (rc != MZ_OK) {
        return rc;
    }

    if (n == 0) {
        return mz_fail(err, MZ_NOT_FOUND, "there is no such run");
    }

    mz_reply_fill(r, mz_run_map, MZ_ARRAY_LEN(mz_run_map), out);

    if (mz_run_status_parse(mz_reply_field(r, "status"), &out->status) != MZ_OK
        || out->conv.s[0] == '\0')
    {
        return mz_reply_odd("a run", err);
    }

    return MZ_OK;
}


void
mz_run_events(mz_cmds_t *c, const mz_store_conf_t *conf, mz_str_t scope,
    const mz_id_t *run, int64_t after, int64_t count)
{
    mz_key_t  key;

    if (after < 0) {
        after = 0;
    }

    mz_key(&key, conf, MZ_KEY_EVENTS, 0, scope, run->s, 0);

    mz_cmd_begin(c, 6);
    mz_cmd_arg(c, mz_str("XRANGE"));
    mz_cmd_arg(c, mz_key_str(&key));
    mz_cmd_arg_int(c, after < INT64_MAX ? after + 1 : after);
    mz_cmd_arg(c, mz_str("+"));
    mz_cmd_arg(c, mz_str("COUNT"));
    mz_cmd_arg_int(c, count);
}


mz_rc_t
mz_run_events_decode(const redisReply *r, size_t *n, mz_err_t *err)
{
    return mz_reply_array(r, "events", n, err);
}


mz_rc_t
mz_run_event_decode(const redisReply *r, size_t i, mz_run_event_t *out,
    mz_err_t *err)
{
    const redisReply  *fields;

    memset(out, 0, sizeof(mz_run_event_t));

    if (mz_reply_entry(mz_reply_at(r, i), &out->seq, &out->attempt, &fields)
        != MZ_OK)
    {
        return mz_reply_odd("an event", err);
    }

    mz_reply_fill(fields, mz_run_event_map, MZ_ARRAY_LEN(mz_run_event_map),
                  out);

    return out->type.len ? MZ_OK : mz_reply_odd("an event", err);
}


void
mz_run_cancel(mz_cmds_t *c, const mz_store_conf_t *conf, mz_str_t scope,
    const mz_id_t *run, int64_t now_ms, mz_str_t reason)
{
    mz_cmd_args_t  a;

    a.n = 0;
    a.nints = 0;

    mz_cmd_args_add_int(&a, now_ms);
    mz_cmd_args_add_id(&a, run);
    mz_cmd_args_add(&a, reason);

    mz_cmd_call(c, conf, MZ_SCRIPT_CANCEL, scope, &a);
}


mz_rc_t
mz_run_cancel_decode(const redisReply *r, mz_run_status_t *status,
    mz_err_t *err)
{
    size_t    n;
    mz_rc_t   rc;
    mz_str_t  word;

    *status = MZ_RUN_CANCELLED;

    rc = mz_reply_array(r, "a cancellation", &n, err);
    if (rc != MZ_OK) {
        return rc;
    }

    word = mz_reply_str(mz_reply_at(r, 0));

    if (mz_str_eq_c(word, "gone")) {
        return mz_fail(err, MZ_NOT_FOUND, "there is no such run");
    }

    if (mz_str_eq_c(word, "cancelled")) {
        return MZ_OK;
    }

    if (mz_str_eq_c(word, "terminal")
        && mz_run_status_parse(mz_reply_str(mz_reply_at(r, 1)), status)
           == MZ_OK)
    {
        return MZ_OK;
    }

    return mz_reply_odd("a cancellation", err);
}
