
#include "tools/tools.h"

#include "store/artifact.h"

#include "base/mz_str.h"
#include "base/mz_time.h"
#include "base/mz_utf8.h"


#define MZ_SHOWN_ID_MAX  64     /* bytes of a bad id that are repeated */
#define MZ_MEMBER_MAX    (256 * 1024)   /* bytes of a spec or range */


mz_str_t
mz_tool_scope(const mz_call_t *call)
{
    return (mz_str_t) { call->principal->scope, MZ_SCOPE_LEN };
}


mz_rc_t
mz_tool_set_ids(mz_call_t *call, json_t *out)
{
    mz_rc_t   rc;
    mz_buf_t  url;

    rc = mz_json_set_str(out, "conversation_id",
                         mz_str_from(call->conversation.s));

    if (rc == MZ_OK) {
        rc = mz_json_set_str(out, "prompt_id", mz_str_from(call->run.s));
    }

    if (rc != MZ_OK) {
        return rc;
    }

    mz_buf_init(&url, 0);
    call->conversation_url(call, mz_str_from(call->conversation.s), &url);

    rc = url.rc;
    if (rc == MZ_OK) {
        rc = mz_json_set_str(out, "conversation_url", mz_buf_view(&url));
    }

    mz_buf_free(&url);

    return rc;
}


mz_rc_t
mz_tool_set_time(json_t *out, const char *key, int64_t ms)
{
    mz_rc_t   rc;
    mz_buf_t  text;

    mz_buf_init(&text, 0);
    mz_time_rfc3339(&text, ms);

    rc = text.rc;
    if (rc == MZ_OK) {
        rc = mz_json_set_str(out, key, mz_buf_view(&text));
    }

    mz_buf_free(&text);

    return rc;
}


mz_rc_t
mz_tool_set_object(json_t *out, const char *key, mz_str_t text)
{
    mz_rc_t            rc;
    json_t            *value;
    mz_json_limits_t   lim;

    lim.bytes_max = MZ_MEMBER_MAX;
    lim.depth_max = MZ_JSON_DEPTH_MAX;

    rc = mz_json_load(text, &lim, &value, NULL);

    if (rc != MZ_OK) {
        return rc == MZ_NOMEM ? rc : MZ_OK;
    }

    /* what a worker wrote may be JSON and yet break the output schema */

    if (!json_is_object(value)) {
        json_decref(value);
        return MZ_OK;
    }

    return mz_json_set(out, key, value);
}


bool
mz_tool_was_stored(mz_call_t *call, size_t at, size_t n, mz_step_t *step)
{
    size_t             i;
    mz_rc_t            rc;
    const redisReply  *r;

    for (i = at; i < at + n && i < call->nreplies; i++) {
        r = call->replies[i];

        if (r == NULL || r->type == REDIS_REPLY_ERROR) {
            rc = (r == NULL || mz_reply_is_unavailable(r)) ? MZ_UNAVAILABLE
                                                           : MZ_INTERNAL;
            *step = mz_call_error(call, rc, "Redis: %s",
                                  r != NULL ? r->str : "no reply");
            return false;
        }
    }

    return true;
}


mz_step_t
mz_tool_no_conversation(mz_call_t *call)
{
    mz_str_t  id;

    id = mz_utf8_prefix_bytes(mz_json_get_str(call->args, "conversation_id"),
                              MZ_SHOWN_ID_MAX);

    return mz_call_refuse(call, "There is no conversation \"%.*s\" here: it "
                          "may have expired, or belong to another user or "
                          "project. Call run_analytics_agent without "
                          "conversation_id to start a new one.",
                          (int) id.len, id.len ? id.data : "");
}


mz_step_t
mz_tool_no_artifact(mz_call_t *call, mz_str_t id)
{
    id = mz_utf8_prefix_bytes(id, MZ_SHOWN_ID_MAX);

    return mz_call_refuse(call, "There is no artifact \"%.*s\" here: it may "
                          "have expired, or belong to another user or "
                          "project. list_agent_artifacts lists those there "
                          "are; artifact ids look like a_ and 26 characters.",
                          (int) id.len, id.len ? id.data : "");
}


mz_rc_t
mz_tool_get_listed(mz_call_t *call, size_t *n, int64_t *total, mz_err_t *err)
{
    size_t               i;
    mz_rc_t              rc;
    mz_artifact_entry_t  entry;

    rc = mz_artifact_total_decode(call->replies[1], total, err);

    if (rc == MZ_OK) {
        rc = mz_artifact_list_decode(call->replies[0], n, err);
    }

    for (i = 0; rc == MZ_OK && i < *n; i++) {
        rc = mz_artifact_entry_decode(call->replies[0], i, &entry, err);

        if (rc == MZ_OK) {
            mz_artifact_head(&call->cmds, &call->conf->store,
                             mz_tool_scope(call), &entry.id);
        }
    }

    return rc;
}
