
#include "tools/table_call.h"

#include "base/mz_str.h"
#include "tools/tools.h"


static bool mz_table_call_open(mz_call_t *call, mz_step_t *step);
static bool mz_table_call_layout(mz_call_t *call, mz_table_call_t *t,
    mz_step_t *step);
static bool mz_table_call_begin(mz_call_t *call, mz_table_call_t *t,
    const json_t *args, mz_step_t *step);
static bool mz_table_call_has_regex(const json_t *args);


bool
mz_table_call_step(mz_call_t *call, mz_tool_event_t ev,
    mz_table_head_pt head, const json_t *args, mz_table_call_t **out,
    mz_step_t *step)
{
    mz_table_call_t  *t;

    if (ev == MZ_EV_START) {
        return mz_table_call_open(call, step);
    }

    t = call->state;
    *out = t;

    if (t->query != NULL) {
        return mz_reading_feed(call, &t->reading, ev, step);
    }

    return mz_table_call_layout(call, t, step)
           && head(call, t, step)
           && mz_table_call_begin(call, t, args, step);
}


void
mz_table_call_release(mz_call_t *call)
{
    mz_table_call_t  *t;

    t = call->state;
    if (t == NULL) {
        return;
    }

    mz_tquery_free(t->query);
    mz_layout_free(t->layout);
    mz_reading_deinit(&t->reading);
    free(t);
    call->state = NULL;
}


static bool
mz_table_call_open(mz_call_t *call, mz_step_t *step)
{
    call->state = calloc(1, sizeof(mz_table_call_t));

    if (call->state == NULL) {
        *step = mz_call_error(call, MZ_NOMEM, "out of memory");
        return false;
    }

    mz_reading_open(call, mz_json_get_str(call->args, "artifact_id"), step);

    return false;
}


static bool
mz_table_call_layout(mz_call_t *call, mz_table_call_t *t, mz_step_t *step)
{
    json_t    *layout;
    mz_rc_t    rc;
    mz_err_t   err;

    if (!mz_reading_meta(call, &t->reading, 0,
                         mz_json_get_str(call->args, "artifact_id"), "table",
                         step))
    {
        return false;
    }

    layout = mz_reading_layout(call, &t->reading, step);
    if (layout == NULL) {
        return false;
    }

    rc = mz_layout_from_json(layout, &t->layout, &err);
    json_decref(layout);

    if (rc != MZ_OK) {
        *step = mz_call_error(call, rc == MZ_NOMEM ? rc : MZ_INTERNAL,
                              "layout of artifact %s: %s",
                              t->reading.meta.id.s, err.msg);
        return false;
    }

    return true;
}


static bool
mz_table_call_begin(mz_call_t *call, mz_table_call_t *t, const json_t *args,
    mz_step_t *step)
{
    size_t               used;
    mz_rc_t              rc;
    mz_err_t             err;
    mz_tquery_limits_t   lim;

    used = call->result.structured.len + MZ_TABLE_TAIL;

    memset(&lim, 0, sizeof(mz_tquery_limits_t));
    lim.work_max = MZ_READING_BYTES_MAX;

    /* 0 would be the default: two bytes hold no row */

    lim.rows_max = (call->conf->result_max > used + 2)
                   ? call->conf->result_max - used : 2;

    rc = mz_tquery_parse(t->layout, args, &lim, &t->query, &err);

    if (rc == MZ_NOMEM) {
        *step = mz_call_error(call, rc, "out of memory");
        return false;
    }

    if (rc != MZ_OK) {
        *step = mz_call_refuse(call, "%s", err.msg);
        return false;
    }

    return mz_reading_start(call, &t->reading,
                            mz_table_call_has_regex(args)
                            ? &mz_reader_tmatch : &mz_reader_tquery,
                            t->query, step);
}


static bool
mz_table_call_has_regex(const json_t *args)
{
    size_t         i;
    const json_t  *filters;

    filters = json_object_get(args, "filters");

    for (i = 0; i < json_array_size(filters); i++) {
        if (mz_str_eq_c(mz_json_get_str(json_array_get(filters, i), "op"),
                        "matches"))
        {
            return true;
        }
    }

    return false;
}
