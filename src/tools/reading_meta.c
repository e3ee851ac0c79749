
#include "tools/reading.h"

#include "base/mz_str.h"
#include "tools/tools.h"


/* 1000 columns with the longest names and statistics. */
#define MZ_READING_LAYOUT_MAX  (4 * 1024 * 1024)


bool
mz_reading_open(mz_call_t *call, mz_str_t id, mz_step_t *step)
{
    mz_id_t  aid;

    if (mz_id_parse(&aid, MZ_ID_ARTIFACT, id) != MZ_OK) {
        *step = mz_tool_no_artifact(call, id);
        return false;
    }

    mz_artifact_get(&call->cmds, &call->conf->store, mz_tool_scope(call),
                    &aid);
    *step = MZ_STEP_STORE;

    return true;
}


bool
mz_reading_meta(mz_call_t *call, mz_reading_t *rd, size_t i, mz_str_t id,
    const char *kind, mz_step_t *step)
{
    mz_rc_t   rc;
    mz_err_t  err;

    rd->reply = call->replies[i];
    call->replies[i] = NULL;

    rc = mz_artifact_decode(rd->reply, &rd->meta, &err);

    if (rc == MZ_NOT_FOUND) {
        *step = mz_tool_no_artifact(call, id);
        return false;
    }

    if (rc != MZ_OK) {
        *step = mz_call_error(call, rc, "%s", err.msg);
        return false;
    }

    call->conversation = rd->meta.conv;
    call->run = rd->meta.run;

    if (kind != NULL && !mz_str_eq_c(rd->meta.kind, kind)) {
        *step = mz_call_refuse(call, "Artifact %s is of kind \"%.*s\", and "
                               "this tool reads kind \"%s\": use %s.",
                               rd->meta.id.s, (int) rd->meta.kind.len,
                               rd->meta.kind.data, kind,
                               mz_str_eq_c(rd->meta.kind, "table")
                               ? "describe_table_artifact or "
                                 "query_table_artifact"
                               : "read_json_artifact or grep_json_artifact");
        return false;
    }

    return true;
}


json_t *
mz_reading_layout(mz_call_t *call, const mz_reading_t *rd, mz_step_t *step)
{
    json_t            *layout;
    mz_err_t           err;
    mz_json_limits_t   lim;

    lim.bytes_max = MZ_READING_LAYOUT_MAX;
    lim.depth_max = MZ_JSON_DEPTH_MAX;

    if (mz_json_load(rd->meta.layout, &lim, &layout, &err) != MZ_OK) {
        *step = mz_call_error(call, err.rc == MZ_NOMEM ? MZ_NOMEM
                                                       : MZ_INTERNAL,
                              "layout of artifact %s: %s", rd->meta.id.s,
                              err.msg);
        return NULL;
    }

    return layout;
}


bool
mz_reading_jlayout(mz_call_t *call, const mz_reading_t *rd,
    mz_jlayout_t **layout, mz_step_t *step)
{
    json_t    *json;
    mz_rc_t    rc;
    mz_err_t   err;

    json = mz_reading_layout(call, rd, step);
    if (json == NULL) {
        return false;
    }

    rc = mz_jlayout_from_json(json, layout, &err);
    json_decref(json);

    if (rc != MZ_OK) {
        *step = mz_call_error(call, MZ_INTERNAL, "layout of artifact %s: %s",
                              rd->meta.id.s, err.msg);
        return false;
    }

    return true;
}
