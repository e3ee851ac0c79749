
#include "tools/status_result.h"

#include "base/mz_str.h"
#include "base/mz_time.h"
#include "base/mz_utf8.h"
#include "tools/tools.h"


#define MZ_NO_WORKER_MS   15000     /* heartbeats come every 5 s */
#define MZ_HINT_MAX       256

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


static json_t *mz_status_entry(const mz_run_event_t *ev);
static mz_rc_t mz_status_fill(mz_status_t *st, mz_call_t *call,
    const mz_run_t *run, json_t *out);
static mz_rc_t mz_status_fill_end(const mz_run_t *run, json_t *out);
static void mz_status_hint(const mz_status_t *st, const mz_call_t *call,
    const mz_run_t *run, char *hint);
static mz_rc_t mz_status_fit(const mz_call_t *call, json_t *out);
static mz_rc_t mz_status_cut_answer(json_t *out, size_t over);
static size_t mz_status_size(const json_t *out);


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

        st->seq = ev.seq;

        if (ev.text.len == 0) {
            continue;
        }

        mz_call_progress(call, ev.seq, ev.text);

        if (json_array_append_new(st->progress, mz_status_entry(&ev)) != 0) {
            return mz_fail(err, MZ_NOMEM, "out of memory");
        }

        if (json_array_size(st->progress) > MZ_STATUS_PROGRESS_MAX) {
            json_array_remove(st->progress, 0);
        }
    }

    *more = (n == MZ_STATUS_EVENTS_MAX);

    return MZ_OK;
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
        || mz_json_set_str(entry, "phase", ev->phase) != MZ_OK
        || mz_json_set_str(entry, "text", ev->text) != MZ_OK)
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
        rc = mz_json_set_str(out, "phase", run->phase);
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
        rc = mz_status_fill_end(run, out);
    }

    if (rc == MZ_OK) {
        mz_status_hint(st, call, run, hint);
        rc = mz_json_set_str(out, "hint", mz_str_from(hint));
    }

    return rc;
}


static mz_rc_t
mz_status_fill_end(const mz_run_t *run, json_t *out)
{
    size_t       i;
    json_t      *result, *value;
    mz_rc_t      rc;

    static const char  *const members[] = {
        "spec", "sql", "assumptions", "artifacts"
    };

    rc = MZ_OK;

    if (run->status == MZ_RUN_COMPLETED) {
        rc = mz_json_set_str(out, "answer", run->answer);
    }

    if (rc == MZ_OK && run->error.len != 0) {
        rc = mz_tool_set_json(out, "error", run->error);
    }

    if (rc != MZ_OK || run->result.len == 0
        || mz_json_load(run->result, NULL, &result, NULL) != MZ_OK)
    {
        return rc;
    }

    for (i = 0; i < MZ_ARRAY_LEN(members) && rc == MZ_OK; i++) {
        value = json_object_get(result, members[i]);

        if (value != NULL && !json_is_null(value)) {
            rc = mz_json_set(out, members[i], json_incref(value));
        }
    }

    json_decref(result);

    return rc;
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
                 "has ever been seen: an operator must start mitzu-agent "
                 "work. The run is kept meanwhile.");

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
    size_t   i, max, size;
    json_t  *progress;

    static const char  *const dispensable[] = { "sql", "spec" };

    max = call->conf->result_max;
    size = mz_status_size(out);

    for (i = 0; i < MZ_ARRAY_LEN(dispensable) && size > max; i++) {
        json_object_del(out, dispensable[i]);
        size = mz_status_size(out);
    }

    progress = json_object_get(out, "progress");

    while (size > max && json_array_size(progress) != 0) {
        json_array_remove(progress, 0);
        size = mz_status_size(out);
    }

    return (size > max) ? mz_status_cut_answer(out, size - max) : MZ_OK;
}


static mz_rc_t
mz_status_cut_answer(json_t *out, size_t over)
{
    mz_rc_t   rc;
    mz_buf_t  text;
    mz_str_t  answer;

    static const char  note[] = "\n\n(The rest of this answer was cut off.)";

    answer = mz_json_get_str(out, "answer");
    over += sizeof(note) + 4;     /* its line ends are two bytes each */

    answer = mz_utf8_prefix_bytes(answer,
                                  answer.len > over ? answer.len - over : 0);

    mz_buf_init(&text, 0);
    mz_buf_add_str(&text, answer);
    mz_buf_add_c(&text, note);

    rc = text.rc;
    if (rc == MZ_OK) {
        rc = mz_json_set_str(out, "answer", mz_buf_view(&text));
    }

    mz_buf_free(&text);

    return rc;
}


static size_t
mz_status_size(const json_t *out)
{
    size_t    size;
    mz_buf_t  text;

    mz_buf_init(&text, 0);
    mz_json_dump(&text, out);
    size = text.len;
    mz_buf_free(&text);

    return size;
}
