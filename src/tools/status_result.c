
#include "tools/status_result.h"

#include "base/mz_str.h"
#include "base/mz_time.h"
#include "tools/fit.h"
#include "tools/tools.h"


#define MZ_NO_WORKER_MS   15000     /* heartbeats come every 5 s */
#define MZ_HINT_MAX       256
#define MZ_STATUS_TEXT    512       /* bytes of one progress text */
#define MZ_STATUS_WORD    64        /* bytes of a phase or an error code */
#define MZ_STATUS_RESULT  (512 * 1024)  /* bytes of a run's result */
#define MZ_STATUS_CUT     "\n\n(The rest of this answer was cut off.)"
#define MZ_STATUS_MARGIN  32        /* "truncated": true */

/* What of a run's result is shown, and what the output schema has for it. */

static const struct {
    const char  *key;
    json_type    type;
    json_type    element;
} mz_status_members[] = {
    { "spec", JSON_OBJECT, JSON_NULL },
    { "sql", JSON_STRING, JSON_NULL },
    { "assumptions", JSON_ARRAY, JSON_STRING },
    { "artifacts", JSON_ARRAY, JSON_OBJECT }
};

static const mz_fit_rule_t  mz_status_rules[] = {
    { "sql", MZ_FIT_DROP, 0, NULL },
    { "spec", MZ_FIT_DROP, 0, NULL },
    { "progress", MZ_FIT_OLDEST, 10, NULL },
    { "assumptions", MZ_FIT_LAST, 10, NULL },
    { "artifacts", MZ_FIT_LAST, 40, NULL },
    { "answer", MZ_FIT_CUT, 0, MZ_STATUS_CUT },
    { "progress", MZ_FIT_OLDEST, 0, NULL }
};

static const struct {
    mz_run_status_t   status;
    const char       *hint;
} mz_status_hints[] = {
    { MZ_RUN_COMPLETED,
      "Done. For other rows, filters or sorting of the tables use "
      "query_table_artifact with an artifact_id of artifacts; for a new "
      "question call run_analytics_agent with this conversation_id." },
    { MZ_RUN_FAILED,
      "The run failed; error says why. Mend the question and call "
      "run_analytics_agent with this conversation_id again." },
    { MZ_RUN_CANCELLED,
      "The run was cancelled. Ask again with run_analytics_agent if the "
      "answer is still wanted." },
    { MZ_RUN_LOST,
      "The workers of this run died and it was given up. Call "
      "run_analytics_agent again with the same prompt." }
};


static mz_rc_t mz_status_take(mz_status_t *st, const mz_run_event_t *ev,
    mz_err_t *err);
static void mz_status_tell(mz_call_t *call, const mz_run_event_t *ev);
static json_t *mz_status_entry(const mz_run_event_t *ev);
static mz_rc_t mz_status_fill(mz_status_t *st, mz_call_t *call,
    const mz_run_t *run, json_t *out);
static mz_rc_t mz_status_fill_end(const mz_call_t *call, const mz_run_t *run,
    json_t *out);
static mz_rc_t mz_status_fill_error(const mz_call_t *call,
    const mz_run_t *run, json_t *out);
static mz_rc_t mz_status_fill_member(json_t *out, size_t i, json_t *value);
static void mz_status_hint(const mz_status_t *st, const mz_call_t *call,
    const mz_run_t *run, char *hint);
static mz_rc_t mz_status_fit(const mz_call_t *call, json_t *out);


mz_status_t *
mz_status_new(int64_t after)
{
    mz_status_t  *st;

    st = calloc(1, sizeof(mz_status_t));
    if (st == NULL) {
        return NULL;
    }

    st->seq = after;
    st->progress = json_array();

    if (st->progress == NULL) {
        free(st);
        return NULL;
    }

    return st;
}


void
mz_status_free(mz_status_t *st)
{
    if (st != NULL) {
        json_decref(st->progress);
        free(st);
    }
}


void
mz_status_rewind(mz_status_t *st)
{
    st->seq = 0;
    json_array_clear(st->progress);
}


mz_rc_t
mz_status_take_events(mz_status_t *st, mz_call_t *call,
    const redisReply *reply, bool *more, mz_err_t *err)
{
    size_t          i, n;
    mz_rc_t         rc;
    mz_run_event_t  ev;

    rc = mz_run_events_decode(reply, &n, err);
    if (rc != MZ_OK) {
        return rc;
    }

    for (i = 0; i < n; i++) {
        rc = mz_run_event_decode(reply, i, &ev, err);
        if (rc != MZ_OK) {
            return rc;
        }

        if (ev.seq <= st->seq) {
            continue;
        }

        mz_status_tell(call, &ev);

        rc = mz_status_take(st, &ev, err);
        if (rc != MZ_OK) {
            return rc;
        }
    }

    *more = (n == MZ_STATUS_EVENTS_MAX);

    return MZ_OK;
}


mz_rc_t
mz_status_take_newest(mz_status_t *st, const redisReply *reply, mz_err_t *err)
{
    size_t          i;
    mz_rc_t         rc;
    mz_run_event_t  ev;

    rc = mz_run_events_decode(reply, &i, err);

    while (rc == MZ_OK && i != 0) {
        i--;
        rc = mz_run_event_decode(reply, i, &ev, err);

        if (rc == MZ_OK) {
            rc = mz_status_take(st, &ev, err);
        }
    }

    return rc;
}


static mz_rc_t
mz_status_take(mz_status_t *st, const mz_run_event_t *ev, mz_err_t *err)
{
    st->seq = ev->seq;

    if (ev->text.len == 0) {
        return MZ_OK;
    }

    if (json_array_append_new(st->progress, mz_status_entry(ev)) != 0) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    if (json_array_size(st->progress) > MZ_STATUS_PROGRESS_MAX) {
        json_array_remove(st->progress, 0);
    }

    return MZ_OK;
}


/* A note of an event that is not new is not queued, and marks nothing. */

static void
mz_status_tell(mz_call_t *call, const mz_run_event_t *ev)
{
    if (ev->text.len == 0 || ev->seq <= call->resumed_after
        || ev->seq <= call->progress)
    {
        return;
    }

    mz_call_progress(call, ev->seq, ev->text);
    mz_call_mark(call, ev->seq);
}


json_t *
mz_status_result(mz_status_t *st, mz_call_t *call, const mz_run_t *run)
{
    json_t  *out;

    out = json_object();

    if (mz_status_fill(st, call, run, out) != MZ_OK
        || mz_status_fit(call, out) != MZ_OK)
    {
        json_decref(out);
        return NULL;
    }

    return out;
}


static json_t *
mz_status_entry(const mz_run_event_t *ev)
{
    json_t  *entry;

    entry = json_object();

    if (mz_json_set(entry, "seq", json_integer(ev->seq)) != MZ_OK
        || mz_tool_set_time(entry, "at", ev->at_ms) != MZ_OK
        || mz_fit_set_str(entry, "phase", ev->phase, MZ_STATUS_WORD, "")
           != MZ_OK
        || mz_fit_set_str(entry, "text", ev->text, MZ_STATUS_TEXT, " ..")
           != MZ_OK)
    {
        json_decref(entry);
        return NULL;
    }

    return entry;
}


static mz_rc_t
mz_status_fill(mz_status_t *st, mz_call_t *call, const mz_run_t *run,
    json_t *out)
{
    char     hint[MZ_HINT_MAX];
    mz_rc_t  rc;

    rc = mz_json_set_str(out, "status", mz_str_from(call->status));

    if (rc == MZ_OK && run->phase.len != 0) {
        rc = mz_fit_set_str(out, "phase", run->phase, MZ_STATUS_WORD, "");
    }

    if (rc == MZ_OK) {
        rc = mz_tool_set_ids(call, out);
    }

    if (rc == MZ_OK) {
        rc = mz_json_set(out, "progress", json_incref(st->progress));
    }

    if (rc == MZ_OK) {
        rc = mz_json_set(out, "after", json_integer(st->seq));
    }

    if (rc == MZ_OK) {
        rc = mz_status_fill_end(call, run, out);
    }

    if (rc == MZ_OK) {
        mz_status_hint(st, call, run, hint);
        rc = mz_json_set_str(out, "hint", mz_str_from(hint));
    }

    return rc;
}


static mz_rc_t
mz_status_fill_end(const mz_call_t *call, const mz_run_t *run, json_t *out)
{
    size_t             i;
    json_t            *result;
    mz_rc_t            rc;
    mz_json_limits_t   lim;

    rc = MZ_OK;

    if (run->status == MZ_RUN_COMPLETED) {
        rc = mz_fit_set_str(out, "answer", run->answer,
                            call->conf->result_max, MZ_STATUS_CUT);
    }

    if (rc == MZ_OK) {
        rc = mz_status_fill_error(call, run, out);
    }

    if (rc != MZ_OK) {
        return rc;
    }

    lim.bytes_max = MZ_STATUS_RESULT;
    lim.depth_max = MZ_JSON_DEPTH_MAX;

    rc = mz_json_load(run->result, &lim, &result, NULL);

    if (rc == MZ_LIMIT) {
        return mz_json_set(out, "truncated", json_true());
    }

    if (rc != MZ_OK) {
        return rc == MZ_NOMEM ? rc : MZ_OK;
    }

    for (i = 0; i < MZ_ARRAY_LEN(mz_status_members) && rc == MZ_OK; i++) {
        rc = mz_status_fill_member(out, i, json_object_get(result,
                                                 mz_status_members[i].key));
    }

    json_decref(result);

    return rc;
}


/* {"code", "message"}, whatever the worker wrote. */

static mz_rc_t
mz_status_fill_error(const mz_call_t *call, const mz_run_t *run, json_t *out)
{
    json_t    *error, *shown;
    mz_rc_t    rc;
    mz_str_t   code, message;

    if (run->error.len == 0 && run->status != MZ_RUN_FAILED) {
        return MZ_OK;
    }

    rc = mz_json_load(run->error, NULL, &error, NULL);
    if (rc == MZ_NOMEM) {
        return rc;
    }

    code = mz_json_get_str(error, "code");
    message = mz_json_get_str(error, "message");

    if (code.len == 0) {
        code = mz_str_from(mz_run_status_name(run->status));
    }

    if (message.len == 0) {
        message = json_is_string(error) ? mz_json_str(error) : run->error;
    }

    if (message.len == 0) {
        message = mz_str("The worker gave no reason.");
    }

    shown = json_object();
    rc = mz_fit_set_str(shown, "code", code, MZ_STATUS_WORD, "");

    if (rc == MZ_OK) {
        rc = mz_fit_set_str(shown, "message", message,
                            call->conf->result_max / 4, " ..");
    }

    json_decref(error);

    if (rc != MZ_OK) {
        json_decref(shown);
        return rc;
    }

    return mz_json_set(out, "error", shown);
}


/* Elements of another type than the schema says are left out. */

static mz_rc_t
mz_status_fill_member(json_t *out, size_t i, json_t *value)
{
    size_t  k;

    if (value == NULL || json_typeof(value) != mz_status_members[i].type) {
        return MZ_OK;
    }

    for (k = json_array_size(value); k != 0; k--) {
        if (json_typeof(json_array_get(value, k - 1))
            != mz_status_members[i].element)
        {
            json_array_remove(value, k - 1);
        }
    }

    return mz_json_set(out, mz_status_members[i].key, json_incref(value));
}


static void
mz_status_hint(const mz_status_t *st, const mz_call_t *call,
    const mz_run_t *run, char *hint)
{
    size_t   i;
    int64_t  unseen;

    for (i = 0; i < MZ_ARRAY_LEN(mz_status_hints); i++) {
        if (mz_status_hints[i].status == run->status) {
            snprintf(hint, MZ_HINT_MAX, "%s", mz_status_hints[i].hint);
            return;
        }
    }

    unseen = call->now_ms - st->worker_seen_ms;

    if (run->status == MZ_RUN_QUEUED && st->worker_seen_ms == 0) {
        snprintf(hint, MZ_HINT_MAX, "The question is queued, but no worker "
                 "is running: an operator must start mitzu-agent work. "
                 "The run is kept meanwhile.");

    } else if (run->status == MZ_RUN_QUEUED && unseen > MZ_NO_WORKER_MS) {
        snprintf(hint, MZ_HINT_MAX, "The question is queued, but no worker "
                 "has been seen for %lld s: an operator should look after "
                 "mitzu-agent. The run is kept meanwhile.",
                 (long long) (unseen / MZ_SECOND_MS));

    } else {
        snprintf(hint, MZ_HINT_MAX, "Still running. Call "
                 "get_analytics_agent_status again with the same ids and "
                 "after=%lld.", (long long) st->seq);
    }
}


static mz_rc_t
mz_status_fit(const mz_call_t *call, json_t *out)
{
    bool     is_cut;
    mz_rc_t  rc;

    rc = mz_fit(out, mz_status_rules, MZ_ARRAY_LEN(mz_status_rules),
                call->conf->result_max - MZ_STATUS_MARGIN, &is_cut);

    if (rc == MZ_OK && is_cut) {
        rc = mz_json_set(out, "truncated", json_true());
    }

    return rc;
}
