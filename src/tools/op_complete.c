
#include "tools/ops.h"

#include "base/mz_str.h"
#include "store/artifact.h"
#include "tools/complete.h"
#include "tools/tools.h"


/* As people say them; the planner understands all of these. */

static const mz_str_t  mz_op_complete_words[] = {
    mz_str("last 30 days"),
    mz_str("last 7 days"),
    mz_str("last 14 days"),
    mz_str("last 90 days"),
    mz_str("last 8 weeks"),
    mz_str("last 12 weeks"),
    mz_str("last 6 months"),
    mz_str("last 12 months"),
    mz_str("today"),
    mz_str("yesterday"),
    mz_str("this week"),
    mz_str("last week"),
    mz_str("this month"),
    mz_str("last month"),
    mz_str("this quarter"),
    mz_str("last quarter"),
    mz_str("this year"),
    mz_str("last year")
};


static mz_step_t mz_op_complete_none(mz_call_t *call, mz_tool_event_t ev);
static mz_step_t mz_op_complete_ranges(mz_call_t *call, mz_tool_event_t ev);
static mz_step_t mz_op_complete_artifacts(mz_call_t *call,
    mz_tool_event_t ev);
static mz_step_t mz_op_complete_listed(mz_call_t *call);
static mz_rc_t mz_op_complete_pick(const redisReply *r, mz_str_t prefix,
    json_t *values, size_t *matched, mz_err_t *err);
static bool mz_op_complete_begins(mz_str_t s, mz_str_t prefix);


const mz_op_t  mz_op_complete_nothing = {
    .name = mz_str("complete_nothing"),
    .flags = MZ_OP_REPEATABLE,
    .step = mz_op_complete_none
};

const mz_op_t  mz_complete_ranges = {
    .name = mz_str("complete_ranges"),
    .flags = MZ_OP_REPEATABLE,
    .step = mz_op_complete_ranges
};

const mz_op_t  mz_complete_artifacts = {
    .name = mz_str("complete_artifacts"),
    .flags = MZ_OP_REPEATABLE,
    .step = mz_op_complete_artifacts
};


static mz_step_t
mz_op_complete_none(mz_call_t *call, mz_tool_event_t ev)
{
    (void) ev;

    return mz_call_completed(call, json_array(), 0, false);
}


static mz_step_t
mz_op_complete_ranges(mz_call_t *call, mz_tool_event_t ev)
{
    size_t     i;
    json_t    *values;
    mz_str_t   prefix;

    (void) ev;

    prefix = mz_json_get_str(call->args, "value");
    values = json_array();

    for (i = 0; i < MZ_ARRAY_LEN(mz_op_complete_words); i++) {
        if (mz_op_complete_begins(mz_op_complete_words[i], prefix)
            && json_array_append_new(values,
                   mz_json_str_new(mz_op_complete_words[i])) != 0)
        {
            json_decref(values);
            return mz_call_error(call, MZ_NOMEM, "out of memory");
        }
    }

    return mz_call_completed(call, values, (int64_t) json_array_size(values),
                             false);
}


static mz_step_t
mz_op_complete_artifacts(mz_call_t *call, mz_tool_event_t ev)
{
    if (ev != MZ_EV_START) {
        return mz_op_complete_listed(call);
    }

    mz_artifact_list(&call->cmds, &call->conf->store, mz_tool_scope(call), 0,
                     MZ_COMPLETE_SCAN);

    return MZ_STEP_STORE;
}


static mz_step_t
mz_op_complete_listed(mz_call_t *call)
{
    bool       is_all;
    size_t     matched;
    json_t    *values;
    mz_rc_t    rc;
    int64_t    total;
    mz_err_t   err;

    values = json_array();
    if (values == NULL) {
        return mz_call_error(call, MZ_NOMEM, "out of memory");
    }

    rc = mz_artifact_total_decode(call->replies[1], &total, &err);

    if (rc == MZ_OK) {
        rc = mz_op_complete_pick(call->replies[0],
                                 mz_json_get_str(call->args, "value"),
                                 values, &matched, &err);
    }

    if (rc != MZ_OK) {
        json_decref(values);
        return mz_call_error(call, rc, "%s", err.msg);
    }

    is_all = total <= MZ_COMPLETE_SCAN;

    return mz_call_completed(call, values, is_all ? (int64_t) matched : -1,
                             !is_all || matched > MZ_COMPLETE_MAX);
}


static mz_rc_t
mz_op_complete_pick(const redisReply *r, mz_str_t prefix, json_t *values,
    size_t *matched, mz_err_t *err)
{
    size_t               i, n;
    mz_rc_t              rc;
    mz_str_t             id;
    mz_artifact_entry_t  entry;

    *matched = 0;
    rc = mz_artifact_list_decode(r, &n, err);

    for (i = 0; rc == MZ_OK && i < n; i++) {

        rc = mz_artifact_entry_decode(r, i, &entry, err);
        id = mz_str_from(entry.id.s);

        if (rc != MZ_OK || !mz_op_complete_begins(id, prefix)) {
            continue;
        }

        if (++*matched <= MZ_COMPLETE_MAX
            && json_array_append_new(values, mz_json_str_new(id)) != 0)
        {
            rc = mz_fail(err, MZ_NOMEM, "out of memory");
        }
    }

    return rc;
}


static bool
mz_op_complete_begins(mz_str_t s, mz_str_t prefix)
{
    return prefix.len <= s.len
           && mz_str_ieq((mz_str_t) { s.data, prefix.len }, prefix);
}
